// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/index_line.h"
#include "core/base/file_descriptor.h"

#include <memory>

struct ZSTD_CCtx_s;

namespace lb {

inline constexpr char kIndexTrailerName[] = "LBTREE01";
inline constexpr quint32 kSkippableMagic = 0x184D2A5B;
inline constexpr size_t kIndexTrailerSize = 64;
/// A block of entries ends with the line that brings it to so many bytes or more.
inline constexpr qsizetype kIndexBlockBytes = 128 * 1024;

/// Writes `NAME.index.zst`: blocks of entry lines, blocks of frame lines, one block that lists the
/// blocks, and a skippable frame of 64 bytes (name, place and size of that block, SHA-256 of all
/// before it), which `zstd -d` passes over. One thread.
class IndexWriter
{
public:
    IndexWriter();
    ~IndexWriter();

    /// `follows`: the path may be a link (TreeArchive::isInMemory).
    Result<void> open(const QString &path, bool follows = false);
    Result<void> add(const IndexEntry &entry);
    /// Writes the rest and syncs the file.
    Result<void> finish(const std::vector<FrameInfo> &frames, const IndexTotals &totals);

    quint64 size() const { return m_size; }
    QByteArray sha256() const { return m_sha256; }

private:
    Result<void> write(QByteArrayView bytes);
    Result<void> flushBlock();

    QString m_path;
    FileDescriptor m_fd;
    std::unique_ptr<ZSTD_CCtx_s, size_t (*)(ZSTD_CCtx_s *)> m_context;
    QByteArray m_lines;
    QByteArray m_packed;
    IndexBlock m_block;
    std::vector<IndexBlock> m_blocks;
    Sha256 m_hash; ///< of all but the trailer's own hash
    Sha256 m_fileHash;
    QByteArray m_sha256;
    quint64 m_size = 0;
};

} // namespace lb
