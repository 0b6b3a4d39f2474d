// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/metadata.h"

#include "core/base/format.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lb {

namespace {

LB_TRANSLATE(Archive)

bool isSaved(QByteArrayView name)
{
    return name.startsWith("user.") || name.startsWith("trusted.") ||
           name == "security.capability" || name == "system.posix_acl_access" ||
           name == "system.posix_acl_default";
}

template <class List, class Get>
Xattrs readAll(List list, Get get)
{
    QByteArray names(1024, Qt::Uninitialized);
    ssize_t size = list(names.data(), size_t(names.size()));
    if (size < 0 && errno == ERANGE) {
        names.resize(64 * 1024);
        size = list(names.data(), size_t(names.size()));
    }
    if (size > 0)
        names.truncate(size);
    Xattrs xattrs;
    if (size <= 0)
        return xattrs;
    for (const QByteArray &name : names.split('\0')) {
        if (!isSaved(name))
            continue;
        QByteArray value(256, Qt::Uninitialized);
        ssize_t length = get(name.constData(), value.data(), size_t(value.size()));
        if (length < 0 && errno == ERANGE) {
            value.resize(64 * 1024);
            length = get(name.constData(), value.data(), size_t(value.size()));
        }
        if (length < 0)
            continue;
        value.resize(length);
        xattrs.emplace_back(name, value);
    }
    std::sort(xattrs.begin(), xattrs.end());
    return xattrs;
}

QByteArray procPath(int folderFd, const char *name)
{
    return "/proc/self/fd/" + QByteArray::number(folderFd) + '/' + name;
}

void note(MetadataProblems &problems, const char *what)
{
    const QString text = tr("%1 could not be set: %2")
                             .arg(displayBytes(what), QString::fromLocal8Bit(std::strerror(errno)));
    problems.other += problems.other.isEmpty() ? text : QStringLiteral("; ") + text;
}

} // namespace

timespec toTimespec(qint64 ns)
{
    timespec time{};
    time.tv_sec = ns / 1000000000;
    time.tv_nsec = ns % 1000000000;
    if (time.tv_nsec < 0) {
        time.tv_nsec += 1000000000;
        --time.tv_sec;
    }
    return time;
}

Xattrs readXattrs(int fd)
{
    return readAll(
        [fd](char *to, size_t size) { return ::flistxattr(fd, to, size); },
        [fd](const char *name, char *to, size_t size) { return ::fgetxattr(fd, name, to, size); });
}

Xattrs readXattrsAt(int folderFd, const char *name)
{
    const QByteArray path = procPath(folderFd, name);
    return readAll([&](char *to, size_t size) { return ::llistxattr(path.constData(), to, size); },
                   [&](const char *key, char *to, size_t size) {
                       return ::lgetxattr(path.constData(), key, to, size);
                   });
}

MetadataProblems applyMetadata(int fd, const IndexEntry &entry, const MetadataRules &rules)
{
    MetadataProblems problems;
    struct stat now = {};
    if (::fstat(fd, &now) != 0) {
        note(problems, "stat");
        return problems;
    }
    bool owned = true;
    // The owner first: changing it clears setuid and file capabilities.
    if ((now.st_uid != entry.uid || now.st_gid != entry.gid) &&
        ::fchown(fd, entry.uid, entry.gid) != 0) {
        owned = false;
        ++problems.owners;
    }
    // A setuid file that belongs to another owner than the saved one would lend the wrong rights.
    const bool setId = rules.keepSetId && owned;
    const mode_t mode = entry.type == EntryType::Folder || setId ? entry.mode : entry.mode & 01777;
    if ((entry.mode & 06000) && !setId && entry.type != EntryType::Folder) {
        problems.other = tr("setuid and setgid were left off");
    }
    if ((now.st_mode & 07777) != mode || !owned || (mode & 06000)) {
        if (::fchmod(fd, mode) != 0)
            note(problems, "mode");
    }
    for (const auto &[name, value] : entry.xattrs) {
        if (::fsetxattr(fd, name.constData(), value.constData(), size_t(value.size()), 0) != 0)
            note(problems, name.constData());
    }
    const timespec times[2] = {{0, UTIME_OMIT}, toTimespec(entry.mtimeNs)};
    if (::futimens(fd, times) != 0)
        note(problems, "mtime");
    return problems;
}

IndexEntry readMetadata(int fd)
{
    IndexEntry entry;
    entry.path = ".";
    entry.type = EntryType::Folder;
    struct stat st = {};
    if (::fstat(fd, &st) == 0) {
        entry.mode = st.st_mode & 07777;
        entry.uid = st.st_uid;
        entry.gid = st.st_gid;
        entry.mtimeNs = toNanoseconds(st.st_mtim);
    }
    entry.xattrs = readXattrs(fd);
    return entry;
}

MetadataProblems replaceMetadata(int fd, const IndexEntry &entry)
{
    for (const auto &[name, value] : readXattrs(fd)) {
        const bool wanted =
            std::any_of(entry.xattrs.begin(), entry.xattrs.end(),
                        [&key = name](const auto &own) { return own.first == key; });
        if (!wanted)
            ::fremovexattr(fd, name.constData());
    }
    return applyMetadata(fd, entry, {});
}

MetadataProblems applyLinkMetadata(int folderFd, const char *name, const IndexEntry &entry)
{
    MetadataProblems problems;
    struct stat now = {};
    if (::fstatat(folderFd, name, &now, AT_SYMLINK_NOFOLLOW) != 0) {
        note(problems, "stat");
        return problems;
    }
    if ((now.st_uid != entry.uid || now.st_gid != entry.gid) &&
        ::fchownat(folderFd, name, entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) != 0)
        ++problems.owners;
    for (const auto &[key, value] : entry.xattrs) {
        if (::lsetxattr(procPath(folderFd, name).constData(), key.constData(), value.constData(),
                        size_t(value.size()), 0) != 0)
            note(problems, key.constData());
    }
    const timespec times[2] = {{0, UTIME_OMIT}, toTimespec(entry.mtimeNs)};
    if (::utimensat(folderFd, name, times, AT_SYMLINK_NOFOLLOW) != 0)
        note(problems, "mtime");
    return problems;
}

} // namespace lb
