// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/tree_remove.h"

#include "core/archive/own_names.h"
#include "core/archive/progress_meter.h"
#include "core/archive/spill_file.h"
#include "core/archive/tree_walker.h"
#include "core/base/format.h"

#include <QFile>
#include <QFileInfo>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace lb {

namespace {

LB_TRANSLATE(Archive)

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr size_t kOpenLevels = 64;

struct Level
{
    FileDescriptor fd;
    NameList names;
    QByteArray name; ///< in the level above
    dev_t device = 0;
    ino_t inode = 0;
};

class TreeRemover
{
public:
    TreeRemover(QString path, const TreeProgressFn &progress, std::stop_token stop)
        : m_path(std::move(path)), m_meter(progress), m_stop(std::move(stop))
    {
    }

    Result<void> run()
    {
        const QFileInfo info(m_path);
        m_top = FileDescriptor(::open(QFile::encodeName(info.absolutePath()).constData(),
                                      O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!m_top.isOpen())
            return errno == ENOENT ? Result<void>() : failed(errno);
        const QByteArray name = QFile::encodeName(info.fileName());
        struct stat st = {};
        if (::fstatat(m_top.get(), name.constData(), &st, AT_SYMLINK_NOFOLLOW) != 0)
            return errno == ENOENT ? Result<void>() : failed(errno);
        m_device = st.st_dev;
        // What a restore left beside or inside its target goes without a trace there.
        struct stat before = {};
        const bool quiet = isOwnName(name) && ::fstat(m_top.get(), &before) == 0;
        TRY(removeAll(name));
        if (quiet) {
            const timespec times[2] = {{0, UTIME_OMIT}, before.st_mtim};
            ::futimens(m_top.get(), times);
        }
        m_meter.last(m_progress);
        return {};
    }

private:
    Result<void> removeAll(const QByteArray &name)
    {
        TRY(removeName(m_top.get(), name));
        while (!m_levels.empty()) {
            if (m_stop.stop_requested())
                return fail(ErrorCode::Cancelled, tr("Removing %1 was cancelled").arg(m_path), {},
                            tr("part of it is gone; remove it again to finish"));
            TRY_VALUE(const QByteArrayView child, m_levels.back().names.next());
            if (child.isEmpty())
                TRY(leave());
            else
                TRY(removeName(m_levels.back().fd.get(), child.toByteArray()));
        }
        return {};
    }

    tl::unexpected<Error> failed(int number) const
    {
        return failErrno(tr("%1 could not be removed").arg(m_path), number,
                         tr("part of it may be gone; remove it again to finish"));
    }

    /// Removes a file, or goes into a folder.
    Result<void> removeName(int folder, const QByteArray &name)
    {
        if (::unlinkat(folder, name.constData(), 0) == 0) {
            ++m_progress.entriesDone;
            m_meter.show(m_progress);
            return {};
        }
        if (errno == ENOENT)
            return {};
        if (errno == EACCES && makeWritable(folder) && ::unlinkat(folder, name.constData(), 0) == 0)
            return {};
        if (errno != EISDIR && errno != EPERM && errno != EACCES)
            return failed(errno);
        Level level;
        level.name = name;
        level.fd = FileDescriptor(::openat(folder, name.constData(), kFolderFlags));
        if (!level.fd.isOpen() && errno == EACCES &&
            ::fchmodat(folder, name.constData(), 0700, 0) == 0)
            level.fd = FileDescriptor(::openat(folder, name.constData(), kFolderFlags));
        struct stat st = {};
        if (!level.fd.isOpen() || ::fstat(level.fd.get(), &st) != 0)
            return failed(errno);
        if (st.st_dev != m_device)
            return fail(ErrorCode::Conflict,
                        tr("Another file system is mounted below %1").arg(m_path),
                        displayBytes(name), tr("unmount it and remove again"));
        level.device = st.st_dev;
        level.inode = st.st_ino;
        TRY_VALUE(const int error, listFolder(level.fd.get(), level.names));
        if (error != 0)
            return failed(error);
        m_levels.push_back(std::move(level));
        if (m_levels.size() > kOpenLevels)
            m_levels[m_levels.size() - kOpenLevels - 1].fd.reset();
        return {};
    }

    static bool makeWritable(int folder)
    {
        struct stat st = {};
        return ::fstat(folder, &st) == 0 && (st.st_mode & 0700) != 0700 &&
               ::fchmod(folder, (st.st_mode & 07777) | 0700) == 0;
    }

    /// The folder is empty: back to its parent, and remove it there.
    Result<void> leave()
    {
        const Level done = std::move(m_levels.back());
        m_levels.pop_back();
        int parent = m_top.get();
        if (!m_levels.empty()) {
            Level &level = m_levels.back();
            if (!level.fd.isOpen()) {
                level.fd = FileDescriptor(::openat(done.fd.get(), "..", kFolderFlags));
                struct stat st = {};
                if (!level.fd.isOpen() || ::fstat(level.fd.get(), &st) != 0 ||
                    st.st_dev != level.device || st.st_ino != level.inode)
                    return fail(ErrorCode::Conflict,
                                tr("%1 was changed while being removed").arg(m_path));
            }
            parent = level.fd.get();
        }
        if (::unlinkat(parent, done.name.constData(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
            if (errno != EACCES || !makeWritable(parent) ||
                ::unlinkat(parent, done.name.constData(), AT_REMOVEDIR) != 0)
                return failed(errno);
        }
        ++m_progress.entriesDone;
        m_meter.show(m_progress);
        return {};
    }

    QString m_path;
    ProgressMeter m_meter;
    TreeProgress m_progress;
    std::stop_token m_stop;
    FileDescriptor m_top;
    dev_t m_device = 0;
    std::vector<Level> m_levels;
};

} // namespace

Result<void> removeTree(const QString &path, const TreeProgressFn &progress, std::stop_token stop)
{
    return TreeRemover(path, progress, std::move(stop)).run();
}

} // namespace lb
