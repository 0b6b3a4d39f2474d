// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/index_line.h"
#include "core/base/file_descriptor.h"

#include <memory>

struct ZSTD_DCtx_s;

namespace lb {

/// Reads an index in blocks, forward, backward or from a path on. One thread. Everything it gives
/// was parsed strictly; Corrupt errors name the block or line. Names are NOT checked for safety.
class IndexReader
{
public:
    IndexReader();
    ~IndexReader();

    /// Reads the list of blocks and the totals.
    Result<void> open(const QString &path);
    /// Reads all bytes: false when the hash in the trailer does not fit. Gives the file's SHA-256.
    Result<bool> checkHash(QByteArray *fileSha256 = nullptr);

    const IndexTotals &totals() const { return m_totals; }
    size_t blockCount() const { return m_entryBlocks; }
    /// The block in which `path` would stand.
    size_t blockOf(QByteArrayView path) const;
    Result<std::vector<IndexEntry>> entries(size_t block);
    Result<FrameInfo> frame(quint32 number);
    /// NotFound when there is no such entry.
    Result<IndexEntry> find(QByteArrayView path);

private:
    Result<QByteArray> lines(quint64 at, quint32 size, quint64 most, const QString &what);
    Result<void> readAt(void *to, size_t size, quint64 at);
    tl::unexpected<Error> corrupt(const QString &detail) const;

    QString m_path;
    FileDescriptor m_fd;
    quint64 m_size = 0;
    std::unique_ptr<ZSTD_DCtx_s, size_t (*)(ZSTD_DCtx_s *)> m_context;
    IndexTotals m_totals;
    std::vector<IndexBlock> m_blocks; ///< of entries first, then of frames
    size_t m_entryBlocks = 0;
    size_t m_frameBlock = 0; ///< the one in m_frames; 0 = none
    std::vector<FrameInfo> m_frames;
};

} // namespace lb
