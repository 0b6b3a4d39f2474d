// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/tree_save.h"

#include "core/archive/frame_writer.h"
#include "core/archive/hard_links.h"
#include "core/archive/index_writer.h"
#include "core/archive/metadata.h"
#include "core/archive/own_names.h"
#include "core/archive/path_pattern.h"
#include "core/archive/progress_meter.h"
#include "core/archive/tar_header.h"
#include "core/archive/tree_walker.h"
#include "core/base/atomic_file.h"
#include "core/base/clock.h"

#include <QFile>
#include <QFileInfo>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

namespace lb {

namespace {

LB_TRANSLATE(Archive)

constexpr size_t kReadBytes = 256 * 1024;
constexpr size_t kMaxExtents = 65536;

QString errnoText(int number)
{
    return QString::fromLocal8Bit(std::strerror(number));
}

/// What cannot be read is noted and the save goes on. Where the lack is ours it is not the tree
/// that is at fault: the next attempt may have what this one had not, so the save fails.
Result<void> noteUnread(TreeSummary &summary, const QByteArray &path, int error,
                        const QString &what = {})
{
    for (const int lack : {EMFILE, ENFILE, ENOMEM, ENOBUFS, EBADF}) {
        if (error == lack)
            return failErrno(tr("%1 could not be read").arg(QString::fromUtf8(path)), error);
    }
    const QString words = errnoText(error);
    summary.errors.add(path, what.isEmpty() ? words : what.arg(words));
    return {};
}

/// Kernel interfaces that look like folders: reading them proves nothing and may never end.
bool isKernelFileSystem(int fd)
{
    struct statfs fs = {};
    if (::fstatfs(fd, &fs) != 0)
        return false;
    constexpr long kConfigFs = 0x62656570, kFuseCtl = 0x65735543, kMqueue = 0x19800202;
    const long kinds[] = {PROC_SUPER_MAGIC, SYSFS_MAGIC,        DEBUGFS_MAGIC,
                          TRACEFS_MAGIC,    CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
                          SECURITYFS_MAGIC, BPF_FS_MAGIC,       DEVPTS_SUPER_MAGIC,
                          PSTOREFS_MAGIC,   BINFMTFS_MAGIC,     EFIVARFS_MAGIC,
                          kConfigFs,        kFuseCtl,           kMqueue};
    return std::find(std::begin(kinds), std::end(kinds), long(fs.f_type)) != std::end(kinds);
}

/// What is in scope of a save: the walk with everything left out that is to be left out.
class ScopedWalk
{
public:
    ScopedWalk(const SaveOptions &options, TreeSummary &summary)
        : m_options(options), m_patterns(options.exclude), m_summary(summary)
    {
    }

    Result<void> open()
    {
        TRY(m_walker.open(m_options.folder, m_options.shape));
        for (const QString &folder : m_options.skipFolders) {
            struct stat st = {};
            if (::stat(QFile::encodeName(folder).constData(), &st) == 0)
                m_skipped.emplace(st.st_dev, st.st_ino);
        }
        return {};
    }

    /// The next entry that belongs to the tree. A folder's content follows unless it cannot be
    /// read, which is then an error in the summary. enteredFd() is that folder if `entered`.
    Result<std::optional<WalkEntry>> next(bool &entered)
    {
        while (true) {
            TRY_VALUE(std::optional<WalkEntry> entry, m_walker.next());
            entered = false;
            if (!entry)
                return entry;
            if (entry->error != 0) {
                if (entry->error == ENOENT)
                    m_summary.vanished.add(entry->path, tr("gone before it could be read"));
                else
                    TRY(noteUnread(m_summary, entry->path, entry->error));
                continue;
            }
            const bool isFolder = S_ISDIR(entry->st.st_mode);
            const bool isRoot = entry->path == ".";
            if (!isRoot && m_patterns.fits(entry->path, isFolder)) {
                m_summary.excluded.add(entry->path, tr("left out by a pattern"));
                continue;
            }
            if (!isFolder)
                return entry;
            if (!isRoot && isLeftOut(*entry))
                continue;
            TRY_VALUE(const int error, m_walker.enter());
            if (error == 0)
                entry->st = m_walker.enteredStat();
            if (error == 0 && entry->otherFileSystem) {
                if (isKernelFileSystem(m_walker.enteredFd())) {
                    m_summary.limits.add(entry->path,
                                         tr("a file system of the kernel; its content is not in"));
                    m_walker.leave();
                } else {
                    m_summary.limits.add(entry->path,
                                         tr("another file system is mounted here; its content is "
                                            "in, the mount is not"));
                    entered = true;
                }
            } else if (error == ENOENT) {
                m_summary.vanished.add(entry->path, tr("gone before it could be read"));
                continue;
            } else if (error != 0) {
                TRY(noteUnread(m_summary, entry->path, error, tr("content not read: %1")));
            } else {
                entered = true;
            }
            return entry;
        }
    }
    int enteredFd() const { return m_walker.enteredFd(); }

private:
    bool isLeftOut(const WalkEntry &entry)
    {
        if (m_skipped.contains({entry.st.st_dev, entry.st.st_ino})) {
            m_summary.limits.add(entry.path, tr("the store itself; not in"));
            return true;
        }
        if (isOwnName(entry.name)) {
            m_summary.limits.add(entry.path, tr("left by a restore of Lifeboat; not in"));
            return true;
        }
        return false;
    }

    const SaveOptions &m_options;
    PathPatterns m_patterns;
    TreeSummary &m_summary;
    TreeWalker m_walker;
    std::set<std::pair<dev_t, ino_t>> m_skipped;
};

/// Where a file has data. Holes too small for the map to stay short are stored as zeros.
std::vector<IndexEntry::Extent> dataExtents(int fd, quint64 size)
{
    std::vector<IndexEntry::Extent> extents;
    quint64 smallestGap = 1;
    for (off_t at = 0; quint64(at) < size;) {
        const off_t data = ::lseek(fd, at, SEEK_DATA);
        if (data < 0 || quint64(data) >= size)
            break;
        off_t hole = ::lseek(fd, data, SEEK_HOLE);
        if (hole < 0 || quint64(hole) > size)
            hole = off_t(size);
        if (!extents.empty() &&
            quint64(data) - extents.back().first - extents.back().second < smallestGap)
            extents.back().second = quint64(hole) - extents.back().first;
        else
            extents.emplace_back(quint64(data), quint64(hole - data));
        while (extents.size() > kMaxExtents) {
            smallestGap *= 2;
            std::vector<IndexEntry::Extent> fewer;
            for (const IndexEntry::Extent &extent : extents) {
                if (!fewer.empty() &&
                    extent.first - fewer.back().first - fewer.back().second < smallestGap)
                    fewer.back().second = extent.first + extent.second - fewer.back().first;
                else
                    fewer.push_back(extent);
            }
            extents = std::move(fewer);
        }
        at = hole;
    }
    return extents;
}

class TreeSaver
{
public:
    TreeSaver(const SaveOptions &options, const TreeProgressFn &progress, std::stop_token stop)
        : m_options(options),
          m_stop(std::move(stop)),
          m_meter(progress),
          m_walk(options, m_summary),
          m_frames(std::max(1, options.workers))
    {
    }

    Result<TreeSummary> run()
    {
        m_summary.takenFrom = utcNow();
        if (m_options.countFirst) {
            TRY_VALUE(const TreeCount count, countTree(m_options, m_stop));
            m_progress.entriesTotal = count.entries;
            m_progress.bytesTotal = count.bytes;
        }
        TRY(m_walk.open());
        TRY(m_frames.open(m_options.archive.part, m_options.archive.isInMemory));
        TRY(m_index.open(m_options.archive.index, m_options.archive.isInMemory));
        while (true) {
            if (m_stop.stop_requested())
                return fail(ErrorCode::Cancelled, tr("The save was cancelled"));
            bool entered = false;
            TRY_VALUE(const std::optional<WalkEntry> entry, m_walk.next(entered));
            if (!entry)
                break;
            TRY(save(*entry, entered));
            ++m_progress.entriesDone;
            m_meter.show(m_progress);
        }
        TRY(finish());
        m_meter.last(m_progress);
        return m_summary;
    }

private:
    Result<void> save(const WalkEntry &found, bool entered)
    {
        const mode_t kind = found.st.st_mode & S_IFMT;
        IndexEntry entry;
        entry.path = found.path;
        takeStat(entry, found.st);
        if (kind == S_IFDIR) {
            entry.type = EntryType::Folder;
            if (entered)
                entry.xattrs = readXattrs(m_walk.enteredFd());
            else
                entry.xattrs = readXattrsAt(found.folderFd, found.name.constData());
            ++m_summary.folders;
            TRY(put(entry));
            if (entry.path == ".")
                m_rootHeader = tarHeader(entry);
            return {};
        }
        if (kind != S_IFREG && kind != S_IFLNK) {
            m_summary.limits.add(found.path, specialKind(kind));
            return {};
        }
        if (found.st.st_nlink > 1) {
            TRY_VALUE(entry.target, m_links.find(found.st));
            if (!entry.target.isEmpty()) {
                entry.type = EntryType::HardLink;
                ++m_summary.hardLinks;
                return put(entry);
            }
        }
        if (kind == S_IFREG)
            return saveFile(found, entry);
        entry.type = EntryType::Symlink;
        entry.target.resize(4096);
        const ssize_t length = ::readlinkat(found.folderFd, found.name.constData(),
                                            entry.target.data(), size_t(entry.target.size()));
        if (length <= 0) {
            m_summary.vanished.add(found.path, tr("gone before it could be read"));
            return {};
        }
        entry.target.truncate(length);
        entry.xattrs = readXattrsAt(found.folderFd, found.name.constData());
        ++m_summary.symlinks;
        TRY(put(entry));
        return m_links.remember(found.st, found.path);
    }

    static void takeStat(IndexEntry &entry, const struct stat &st)
    {
        entry.mode = st.st_mode & 07777;
        entry.uid = st.st_uid;
        entry.gid = st.st_gid;
        entry.mtimeNs = toNanoseconds(st.st_mtim);
    }

    static QString specialKind(mode_t kind)
    {
        switch (kind) {
        case S_IFBLK:
            return tr("block device; not in");
        case S_IFCHR:
            return tr("character device; not in");
        case S_IFIFO:
            return tr("FIFO; not in");
        case S_IFSOCK:
            return tr("socket; not in");
        default:
            return tr("of a kind that cannot be saved; not in");
        }
    }

    /// Places the header; a folder, link or empty file never begins in the rest of a frame.
    Result<void> put(IndexEntry &entry)
    {
        TRY(putHeader(entry));
        return addToIndex(entry);
    }

    Result<void> putHeader(IndexEntry &entry)
    {
        const QByteArray header = tarHeader(entry);
        const quint64 stored = entry.storedSize();
        const quint64 whole = quint64(header.size()) + stored + tarPadding(stored);
        if (whole > m_frames.left())
            TRY(m_frames.endFrame());
        entry.frame = m_frames.frame();
        entry.frameOffset = quint32(m_frames.filled());
        return m_frames.write(header);
    }

    Result<void> addToIndex(const IndexEntry &entry)
    {
        ++m_summary.entries;
        return m_index.add(entry);
    }

    FileDescriptor openFile(const WalkEntry &found)
    {
        // O_NONBLOCK: the name may have become a FIFO since it was looked at.
        constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
        FileDescriptor fd(::openat(found.folderFd, found.name.constData(), kFlags | O_NOATIME));
        if (!fd.isOpen() && errno == EPERM)
            fd = FileDescriptor(::openat(found.folderFd, found.name.constData(), kFlags));
        return fd;
    }

    Result<void> saveFile(const WalkEntry &found, IndexEntry &entry)
    {
        const FileDescriptor fd = openFile(found);
        struct stat before = {};
        if (!fd.isOpen() || ::fstat(fd.get(), &before) != 0) {
            if (errno == ENOENT || errno == ESTALE)
                m_summary.vanished.add(found.path, tr("gone before it could be read"));
            else
                TRY(noteUnread(m_summary, found.path, errno));
            return {};
        }
        if (!S_ISREG(before.st_mode)) {
            m_summary.vanished.add(found.path, tr("became something else while being saved"));
            return {};
        }
        takeStat(entry, before);
        entry.size = quint64(before.st_size);
        entry.xattrs = readXattrs(fd.get());
        entry.sparse = quint64(before.st_blocks) * 512 < entry.size;
        if (entry.sparse) {
            entry.extents = dataExtents(fd.get(), entry.size);
            // A compressing or inlining file system has fewer blocks without a hole.
            const bool whole = entry.extents.size() == 1 && entry.extents[0].first == 0 &&
                               entry.extents[0].second == entry.size;
            if (whole) {
                entry.sparse = false;
                entry.extents.clear();
            }
        }
        TRY(putHeader(entry));
        TRY(copyContent(fd.get(), entry));
        noteChanges(fd.get(), before, entry);
        ++m_summary.files;
        m_summary.bytes += entry.size;
        if (entry.mode & 06000)
            m_summary.setId.add(entry.path, tr("mode %1").arg(entry.mode, 4, 8, QLatin1Char('0')));
        TRY(addToIndex(entry));
        return before.st_nlink > 1 ? m_links.remember(before, found.path) : Result<void>();
    }

    Result<void> copyContent(int fd, IndexEntry &entry)
    {
        const std::vector<IndexEntry::Extent> whole{{0, entry.size}};
        bool ended = false; // the file has less than declared: the rest is zeros
        for (const auto &[offset, length] : entry.sparse ? entry.extents : whole) {
            for (quint64 done = 0; done < length;) {
                if (m_stop.stop_requested())
                    return fail(ErrorCode::Cancelled, tr("The save was cancelled"));
                TRY_VALUE(char *to, m_frames.space());
                const size_t want =
                    size_t(std::min<quint64>({m_frames.left(), length - done, kReadBytes}));
                ssize_t n = ended ? 0 : ::pread(fd, to, want, off_t(offset + done));
                if (n < 0 && errno == EINTR)
                    continue;
                if (n < 0) {
                    TRY(noteUnread(m_summary, entry.path, errno));
                    entry.unreadable = true;
                }
                if (n <= 0) {
                    entry.shrank = entry.shrank || (n == 0 && !ended);
                    ended = true;
                    std::memset(to, 0, want);
                    n = ssize_t(want);
                }
                m_hash.add(to, size_t(n));
                m_frames.advance(size_t(n));
                done += quint64(n);
                m_progress.bytesDone += quint64(n);
                if (length > kReadBytes)
                    m_meter.show(m_progress);
            }
        }
        entry.sha256 = m_hash.finish();
        const quint64 stored = entry.storedSize();
        TRY(m_frames.zeros(tarPadding(stored)));
        // A file that went over a frame's end has its frames for itself, so that the others begin
        // at file borders.
        return m_frames.frame() != entry.frame ? m_frames.endFrame() : Result<void>();
    }

    void noteChanges(int fd, const struct stat &before, IndexEntry &entry)
    {
        struct stat after = {};
        const bool read = ::fstat(fd, &after) == 0;
        const bool grew = read && after.st_size > before.st_size;
        entry.changed = !read || after.st_size != before.st_size ||
                        toNanoseconds(after.st_mtim) != toNanoseconds(before.st_mtim) ||
                        entry.shrank;
        if (!entry.changed)
            return;
        m_summary.changed.add(entry.path,
                              entry.shrank ? tr("shrank while being read; filled up with zeros")
                              : grew       ? tr("grew while being read; saved up to its first size")
                                           : tr("changed while being read"));
    }

    Result<void> finish()
    {
        // The folder itself once more: bsdtar sets the times of a folder that exists already when
        // it meets it, so that only the last entry leaves the root's as they were.
        TRY(m_frames.endFrame());
        TRY(m_frames.write(m_rootHeader));
        TRY(m_frames.zeros(kTarEnd));
        TRY(m_frames.finish());
        IndexTotals totals;
        totals.entries = m_summary.entries;
        totals.bytes = m_summary.bytes;
        totals.frames = m_frames.frames().size();
        totals.partBytes = m_frames.size();
        TRY(m_index.finish(m_frames.frames(), totals));
        if (!m_options.archive.isInMemory) {
            for (const QString &file : {m_options.archive.part, m_options.archive.index})
                TRY(syncFolder(QFileInfo(file).absolutePath()));
        }
        m_summary.storedBytes = m_frames.size();
        m_summary.frames = totals.frames;
        m_summary.sha256 = m_frames.sha256();
        m_summary.indexBytes = m_index.size();
        m_summary.indexSha256 = m_index.sha256();
        m_summary.takenTo = utcNow();
        return {};
    }

    const SaveOptions &m_options;
    std::stop_token m_stop;
    ProgressMeter m_meter;
    TreeProgress m_progress;
    TreeSummary m_summary;
    ScopedWalk m_walk;
    FrameWriter m_frames;
    IndexWriter m_index;
    HardLinks m_links;
    Sha256 m_hash;
    QByteArray m_rootHeader;
};

} // namespace

Result<TreeSummary> saveTree(const SaveOptions &options, const TreeProgressFn &progress,
                             std::stop_token stop)
{
    return TreeSaver(options, progress, std::move(stop)).run();
}

Result<TreeCount> countTree(const SaveOptions &options, std::stop_token stop)
{
    TreeSummary unused;
    ScopedWalk walk(options, unused);
    TRY(walk.open());
    TreeCount count;
    while (!stop.stop_requested()) {
        bool entered = false;
        TRY_VALUE(const std::optional<WalkEntry> entry, walk.next(entered));
        if (!entry)
            return count;
        ++count.entries;
        count.allocatedBytes += quint64(entry->st.st_blocks) * 512;
        if (S_ISREG(entry->st.st_mode))
            count.bytes += quint64(entry->st.st_size);
    }
    return fail(ErrorCode::Cancelled, tr("Counting was cancelled"));
}

} // namespace lb
