// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/safe_folder.h"

#include "core/archive/path_pattern.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace lb {

bool isSafePath(QByteArrayView path)
{
    if (path == ".")
        return true;
    for (qsizetype begin = 0; begin <= path.size();) {
        qsizetype end = path.indexOf('/', begin);
        if (end < 0)
            end = path.size();
        const QByteArrayView name = path.sliced(begin, end - begin);
        if (name.isEmpty() || name == "." || name == ".." || name.size() > 255 ||
            name.contains('\0'))
            return false;
        begin = end + 1;
    }
    return true;
}

QByteArrayView parentOf(QByteArrayView path)
{
    const qsizetype slash = path.lastIndexOf('/');
    return slash < 0 ? QByteArrayView(".") : path.first(slash);
}

QByteArray nameOf(QByteArrayView path)
{
    return path.sliced(path.lastIndexOf('/') + 1).toByteArray();
}

int FolderCursor::open(QByteArrayView folder)
{
    return resolve(folder, false);
}

int FolderCursor::resolve(QByteArrayView folder, bool make)
{
    if (folder == ".")
        return m_root;
    if (m_fd.isOpen() && folder == m_path)
        return m_fd.get();
    // From the remembered folder where it is on the way, else from the root.
    FileDescriptor current;
    qsizetype at = 0;
    if (m_fd.isOpen() && folder.size() > m_path.size() && isWithin(folder, m_path)) {
        at = m_path.size() + 1;
        current = std::move(m_fd);
    }
    m_fd.reset();
    while (at < folder.size()) {
        qsizetype end = folder.indexOf('/', at);
        if (end < 0)
            end = folder.size();
        const QByteArray name = folder.sliced(at, end - at).toByteArray();
        const int from = current.isOpen() ? current.get() : m_root;
        constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        int fd = ::openat(from, name.constData(), kFlags);
        if (fd < 0 && errno == ENOENT && make && ::mkdirat(from, name.constData(), 0755) == 0)
            fd = ::openat(from, name.constData(), kFlags);
        if (fd < 0)
            return -errno;
        current = FileDescriptor(fd);
        at = end + 1;
    }
    m_path = folder.toByteArray();
    m_fd = std::move(current);
    return m_fd.get();
}

} // namespace lb
