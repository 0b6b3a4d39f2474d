// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/tree_walker.h"

#include <QFile>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lb {

namespace {

LB_TRANSLATE(Archive)

constexpr size_t kOpenLevels = 64;
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;

Result<FileDescriptor> openTop(const QString &folder)
{
    // The folder itself may be named through a link; nothing below it is followed.
    FileDescriptor fd(
        ::open(QFile::encodeName(folder).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.isOpen())
        return failErrno(tr("The folder %1 could not be opened").arg(folder), errno);
    return fd;
}

/// `csar` when `csar/csar` is all that it holds; its names are in `names` then.
Result<bool> unnest(FileDescriptor &fd, const QByteArray &name, NameList &names)
{
    NameList inside;
    TRY_VALUE(const int error, listFolder(fd.get(), inside));
    if (error != 0)
        return false;
    TRY_VALUE(const QByteArrayView first, inside.next());
    const bool isOwn = first == name;
    TRY_VALUE(const QByteArrayView second, inside.next());
    if (!isOwn || !second.isEmpty())
        return false;
    FileDescriptor inner(::openat(fd.get(), name.constData(), kFolderFlags));
    if (!inner.isOpen())
        return false;
    TRY_VALUE(const int failed, listFolder(inner.get(), names));
    if (failed != 0)
        return false;
    fd = std::move(inner);
    return true;
}

} // namespace

Result<int> listFolder(int fd, NameList &names, const std::vector<QByteArray> &more)
{
    for (const QByteArray &name : more)
        TRY(names.add(name));
    ::lseek(fd, 0, SEEK_SET); // it may have been listed before
    alignas(dirent64) char buffer[32 * 1024];
    while (true) {
        const ssize_t size = ::getdents64(fd, buffer, sizeof buffer);
        if (size < 0)
            return errno;
        if (size == 0)
            break;
        for (ssize_t at = 0; at < size;) {
            const auto *entry = reinterpret_cast<const dirent64 *>(buffer + at);
            at += entry->d_reclen;
            const QByteArrayView name(entry->d_name);
            if (name != "." && name != "..")
                TRY(names.add(name));
        }
    }
    TRY(names.sort());
    return 0;
}

Result<void> TreeWalker::open(const QString &folder, const TreeShape &shape)
{
    m_shape = shape;
    TRY_VALUE(m_rootFd, openTop(folder));
    if (!shape.elsewhere.isEmpty()) {
        TRY_VALUE(m_elsewhereFd, openTop(shape.elsewhere));
    }
    m_levels.clear();
    m_last.reset();
    return {};
}

bool TreeWalker::isLacking(const QByteArray &name) const
{
    struct stat st = {};
    return ::fstatat(m_rootFd.get(), name.constData(), &st, AT_SYMLINK_NOFOLLOW) != 0 &&
           errno == ENOENT &&
           ::fstatat(m_elsewhereFd.get(), name.constData(), &st, AT_SYMLINK_NOFOLLOW) == 0;
}

Result<std::optional<WalkEntry>> TreeWalker::next()
{
    if (!m_last) {
        WalkEntry root;
        root.path = root.name = ".";
        root.folderFd = m_rootFd.get();
        if (::fstat(m_rootFd.get(), &root.st) != 0)
            root.error = errno;
        m_last = root;
        return m_last;
    }
    while (!m_levels.empty()) {
        Level &level = m_levels.back();
        QByteArrayView name;
        if (!level.lost) {
            TRY_VALUE(name, level.names.next());
        }
        if (name.isEmpty()) {
            leave();
            continue;
        }
        m_path.truncate(level.pathLength);
        if (!m_path.isEmpty())
            m_path += '/';
        m_path += name;
        WalkEntry entry;
        entry.path = m_path;
        entry.name = name.toByteArray();
        entry.folderFd = level.fd.get();
        const bool isElsewhere =
            isTop() && std::find(m_lacking.begin(), m_lacking.end(), entry.name) != m_lacking.end();
        if (isElsewhere)
            entry.folderFd = m_elsewhereFd.get();
        if (::fstatat(entry.folderFd, entry.name.constData(), &entry.st,
                      AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0)
            entry.error = errno;
        else
            entry.otherFileSystem =
                S_ISDIR(entry.st.st_mode) && !isElsewhere && entry.st.st_dev != level.device;
        m_last = std::move(entry);
        return m_last;
    }
    return std::optional<WalkEntry>();
}

/// The top's own names and those that come from elsewhere.
Result<int> TreeWalker::listTop(int fd, NameList &names)
{
    m_lacking.clear();
    for (const QByteArray &name : m_shape.lacking) {
        if (!m_shape.elsewhere.isEmpty() && isLacking(name))
            m_lacking.push_back(name);
    }
    return listFolder(fd, names, m_lacking);
}

Result<int> TreeWalker::enter()
{
    Level level;
    if (m_last->path == ".") {
        level.fd = FileDescriptor(::openat(m_rootFd.get(), ".", kFolderFlags));
    } else {
        level.fd = FileDescriptor(
            ::openat(m_last->folderFd, m_last->name.constData(), kFolderFlags | O_NOATIME));
        if (!level.fd.isOpen() && errno == EPERM) // O_NOATIME is the owner's alone
            level.fd =
                FileDescriptor(::openat(m_last->folderFd, m_last->name.constData(), kFolderFlags));
        level.pathLength = m_last->path.size();
    }
    if (!level.fd.isOpen())
        return errno;
    struct stat st = {};
    if (::fstat(level.fd.get(), &st) != 0)
        return errno;
    bool isUnnested = false;
    if (isTop() && std::find(m_shape.unnested.begin(), m_shape.unnested.end(), m_last->name) !=
                       m_shape.unnested.end()) {
        TRY_VALUE(isUnnested, unnest(level.fd, m_last->name, level.names));
        if (isUnnested && ::fstat(level.fd.get(), &st) != 0)
            return errno;
    }
    m_enteredStat = st;
    level.device = st.st_dev;
    level.inode = st.st_ino;
    if (!isUnnested) {
        TRY_VALUE(const int error, m_levels.empty() ? listTop(level.fd.get(), level.names)
                                                    : listFolder(level.fd.get(), level.names));
        if (error != 0)
            return error;
    }
    m_levels.push_back(std::move(level));
    if (m_levels.size() > kOpenLevels)
        m_levels[m_levels.size() - kOpenLevels - 1].fd.reset();
    return 0;
}

void TreeWalker::leave()
{
    const FileDescriptor child = std::move(m_levels.back().fd);
    m_levels.pop_back();
    if (m_levels.empty() || m_levels.back().fd.isOpen())
        return;
    // The parent was closed to spare descriptors; it is the child's "..", unless somebody moved
    // the child in the meantime. What is at the top may have come from elsewhere.
    Level &parent = m_levels.back();
    parent.fd = FileDescriptor(isTop() ? ::openat(m_rootFd.get(), ".", kFolderFlags)
                                       : ::openat(child.get(), "..", kFolderFlags));
    struct stat st = {};
    parent.lost = !parent.fd.isOpen() || ::fstat(parent.fd.get(), &st) != 0 ||
                  st.st_dev != parent.device || st.st_ino != parent.inode;
}

} // namespace lb
