// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/frame_reader.h"
#include "core/archive/metadata.h"
#include "core/archive/safe_folder.h"
#include "core/archive/tree_restore.h"

#include <set>

namespace lb {

/// Writes verified files beneath one open folder, with their metadata. A FrameSink: workers call
/// it; the notes are gathered under a lock.
class TreeFileWriter : public FrameSink
{
public:
    /// `strict`: the folder is ours alone, so that whatever is in the way is an error; otherwise
    /// such files are refused and named.
    TreeFileWriter(int rootFd, int workers, MetadataRules rules, bool strict);

    Result<void> file(const WantedEntry &wanted, const char *data, int worker) override;
    Result<std::unique_ptr<BigFile>> begin(const WantedEntry &wanted) override;
    Result<void> piece(BigFile &file, quint64 offset, const char *data, size_t size) override;
    Result<void> end(BigFile &file, bool sound) override;

    void note(const QByteArray &path, const MetadataProblems &problems);
    void refuse(const QByteArray &path, const QString &why);
    bool wasRefused(const QByteArray &path);
    /// Moves the notes and counts into a report.
    void report(RestoreReport &to);

private:
    struct OpenFile;

    Result<FileDescriptor> create(FolderCursor &cursor, const WantedEntry &wanted);
    Result<void> writeData(int fd, const IndexEntry &entry, quint64 offset, const char *data,
                           size_t size);

    std::vector<FolderCursor> m_cursors; ///< one a worker
    FolderCursor m_beginCursor;          ///< of the thread that hands in
    MetadataRules m_rules;
    bool m_strict = true;
    std::mutex m_mutex;
    RestoreReport m_report;
    std::set<QByteArray> m_refused; ///< all of them
};

} // namespace lb
