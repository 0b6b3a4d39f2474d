// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/tree_compare.h"

#include "core/archive/index_reader.h"
#include "core/archive/metadata.h"
#include "core/archive/own_names.h"
#include "core/archive/progress_meter.h"
#include "core/archive/safe_folder.h"
#include "core/archive/tree_walker.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lb {

namespace {

LB_TRANSLATE(Archive)

constexpr size_t kBuffer = 256 * 1024;

/// Gives the index's entries one by one.
class EntryStream
{
public:
    explicit EntryStream(IndexReader &index) : m_index(index) {}
    /// Null after the last.
    Result<const IndexEntry *> next()
    {
        while (m_at == m_entries.size()) {
            if (m_block == m_index.blockCount())
                return nullptr;
            TRY_VALUE(m_entries, m_index.entries(m_block++));
            m_at = 0;
        }
        return &m_entries[m_at++];
    }

private:
    IndexReader &m_index;
    size_t m_block = 0;
    std::vector<IndexEntry> m_entries;
    size_t m_at = 0;
};

class TreeComparer
{
public:
    TreeComparer(const CompareOptions &options, const TreeProgressFn &progress,
                 std::stop_token stop)
        : m_options(options), m_meter(progress), m_stop(std::move(stop))
    {
    }

    Result<CompareReport> run()
    {
        TRY(m_index.open(m_options.index));
        TRY(m_walker.open(m_options.folder));
        m_cursor = FolderCursor(m_walker.rootFd());
        m_progress.entriesTotal = m_index.totals().entries;
        m_progress.bytesTotal = m_index.totals().bytes;
        EntryStream stream(m_index);
        TRY_VALUE(const IndexEntry *wanted, stream.next());
        TRY_VALUE(std::optional<WalkEntry> found, nextFound());
        while (wanted || found) {
            if (m_stop.stop_requested())
                return fail(ErrorCode::Cancelled, tr("The comparison was cancelled"));
            const int order = !wanted ? 1 : !found ? -1 : comparePaths(wanted->path, found->path);
            if (order > 0) {
                differs(found->path, tr("is not in the restore point"));
            } else {
                ++m_report.entries;
                if (order < 0)
                    differs(wanted->path, tr("is missing"));
                else
                    compare(*wanted, *found);
                ++m_progress.entriesDone;
                m_meter.show(m_progress);
            }
            if (order <= 0) {
                TRY_VALUE(wanted, stream.next());
            }
            if (order >= 0) {
                TRY_VALUE(found, nextFound());
            }
        }
        m_meter.last(m_progress);
        return m_report;
    }

private:
    void differs(const QByteArray &path, const QString &text)
    {
        m_report.differences.add(path, text);
    }

    Result<std::optional<WalkEntry>> nextFound()
    {
        while (true) {
            TRY_VALUE(std::optional<WalkEntry> found, m_walker.next());
            m_entered = false;
            if (!found)
                return found;
            if (isOwnName(found->name))
                continue;
            if (S_ISDIR(found->st.st_mode)) {
                TRY_VALUE(const int error, m_walker.enter());
                m_entered = error == 0;
                if (error != 0)
                    differs(found->path, QString::fromLocal8Bit(std::strerror(error)));
            }
            return found;
        }
    }

    void compare(const IndexEntry &wanted, const WalkEntry &found)
    {
        const mode_t kind = found.st.st_mode & S_IFMT;
        const bool sameKind = wanted.type == EntryType::Folder    ? kind == S_IFDIR
                              : wanted.type == EntryType::Symlink ? kind == S_IFLNK
                              : wanted.type == EntryType::File    ? kind == S_IFREG
                                                                  : true;
        if (!sameKind)
            return differs(wanted.path, tr("is of another kind"));
        if (wanted.type == EntryType::HardLink)
            return compareHardLink(wanted, found);
        if (kind != S_IFLNK && (found.st.st_mode & 07777) != wanted.mode)
            differs(wanted.path, tr("mode %1 instead of %2")
                                     .arg(found.st.st_mode & 07777, 4, 8, QLatin1Char('0'))
                                     .arg(wanted.mode, 4, 8, QLatin1Char('0')));
        if (m_options.owners && (found.st.st_uid != wanted.uid || found.st.st_gid != wanted.gid))
            differs(wanted.path, tr("owner %1:%2 instead of %3:%4")
                                     .arg(found.st.st_uid)
                                     .arg(found.st.st_gid)
                                     .arg(wanted.uid)
                                     .arg(wanted.gid));
        if (m_options.times && toNanoseconds(found.st.st_mtim) != wanted.mtimeNs)
            differs(wanted.path, tr("another modification time"));
        Xattrs xattrs;
        if (kind == S_IFLNK) {
            char target[4096];
            const ssize_t size =
                ::readlinkat(found.folderFd, found.name.constData(), target, sizeof target);
            if (size < 0 || QByteArrayView(target, size) != wanted.target)
                differs(wanted.path, tr("leads elsewhere"));
            xattrs = readXattrsAt(found.folderFd, found.name.constData());
        } else if (kind == S_IFDIR) {
            if (m_entered)
                xattrs = readXattrs(m_walker.enteredFd());
        } else {
            const FileDescriptor fd(::openat(found.folderFd, found.name.constData(),
                                             O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
            if (!fd.isOpen())
                return differs(wanted.path, QString::fromLocal8Bit(std::strerror(errno)));
            xattrs = readXattrs(fd.get());
            ++m_report.files;
            if (quint64(found.st.st_size) != wanted.size)
                differs(wanted.path,
                        tr("%1 bytes instead of %2").arg(found.st.st_size).arg(wanted.size));
            else if (!sameContent(fd.get(), wanted))
                differs(wanted.path, tr("other content"));
        }
        if (xattrs != wanted.xattrs)
            differs(wanted.path, tr("other extended attributes or ACL"));
    }

    void compareHardLink(const IndexEntry &wanted, const WalkEntry &found)
    {
        const int folder = m_cursor.open(parentOf(wanted.target));
        struct stat st = {};
        if (folder < 0 ||
            ::fstatat(folder, nameOf(wanted.target).constData(), &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            st.st_dev != found.st.st_dev || st.st_ino != found.st.st_ino)
            differs(wanted.path, tr("is not the same file as its first name"));
    }

    /// Hash of the stored ranges; what a sparse file has beside them must be zeros.
    bool sameContent(int fd, const IndexEntry &wanted)
    {
        const std::vector<IndexEntry::Extent> whole{{0, wanted.size}};
        quint64 at = 0;
        bool good = true;
        for (const auto &[offset, length] : wanted.sparse ? wanted.extents : whole) {
            good = good && onlyZeros(fd, at, offset) && hashRange(fd, offset, length);
            at = offset + length;
        }
        good = good && onlyZeros(fd, at, wanted.size);
        return m_hash.finish() == wanted.sha256 && good;
    }

    bool hashRange(int fd, quint64 offset, quint64 length)
    {
        while (length > 0) {
            const ssize_t n = ::pread(fd, m_buffer.data(),
                                      size_t(std::min<quint64>(length, kBuffer)), off_t(offset));
            if (n <= 0)
                return false;
            m_hash.add(m_buffer.constData(), size_t(n));
            offset += quint64(n);
            length -= quint64(n);
            m_report.bytes += quint64(n);
            m_progress.bytesDone = m_report.bytes;
            m_meter.show(m_progress);
        }
        return true;
    }

    bool onlyZeros(int fd, quint64 begin, quint64 end)
    {
        while (begin < end) {
            const off_t data = ::lseek(fd, off_t(begin), SEEK_DATA);
            if (data < 0 || quint64(data) >= end)
                return true;
            begin = quint64(data);
            const ssize_t n =
                ::pread(fd, m_buffer.data(), size_t(std::min<quint64>(end - begin, kBuffer)), data);
            if (n <= 0 || std::any_of(m_buffer.cbegin(), m_buffer.cbegin() + n,
                                      [](char c) { return c != 0; }))
                return false;
            begin += quint64(n);
        }
        return true;
    }

    const CompareOptions &m_options;
    ProgressMeter m_meter;
    TreeProgress m_progress;
    std::stop_token m_stop;
    IndexReader m_index;
    TreeWalker m_walker;
    FolderCursor m_cursor;
    bool m_entered = false;
    CompareReport m_report;
    Sha256 m_hash;
    QByteArray m_buffer{qsizetype(kBuffer), Qt::Uninitialized};
};

} // namespace

Result<CompareReport> compareTree(const CompareOptions &options, const TreeProgressFn &progress,
                                  std::stop_token stop)
{
    return TreeComparer(options, progress, std::move(stop)).run();
}

} // namespace lb
