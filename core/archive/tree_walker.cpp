// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/tree_walker.h"

#include <QFile>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lb {

namespace {

LB_TRANSLATE(Archive)

constexpr size_t kOpenLevels = 64;
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;

} // namespace

Result<int> listFolder(int fd, NameList &names)
{
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

Result<void> TreeWalker::open(const QString &folder)
{
    // The folder itself may be named through a link; nothing below it is followed.
    m_rootFd = FileDescriptor(
        ::open(QFile::encodeName(folder).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!m_rootFd.isOpen())
        return failErrno(tr("The folder %1 could not be opened").arg(folder), errno);
    m_levels.clear();
    m_last.reset();
    return {};
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
        if (::fstatat(entry.folderFd, entry.name.constData(), &entry.st,
                      AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0)
            entry.error = errno;
        else
            entry.otherFileSystem = S_ISDIR(entry.st.st_mode) && entry.st.st_dev != level.device;
        m_last = std::move(entry);
        return m_last;
    }
    return std::optional<WalkEntry>();
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
    level.device = st.st_dev;
    level.inode = st.st_ino;
    TRY_VALUE(const int error, listFolder(level.fd.get(), level.names));
    if (error != 0)
        return error;
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
    // the child in the meantime.
    Level &parent = m_levels.back();
    parent.fd = FileDescriptor(::openat(child.get(), "..", kFolderFlags));
    struct stat st = {};
    parent.lost = !parent.fd.isOpen() || ::fstat(parent.fd.get(), &st) != 0 ||
                  st.st_dev != parent.device || st.st_ino != parent.inode;
}

} // namespace lb
