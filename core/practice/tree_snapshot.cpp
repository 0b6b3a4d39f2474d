// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/tree_snapshot.h"

#include "core/base/digest.h"
#include "core/base/file_descriptor.h"
#include "core/base/format.h"

#include <QFile>
#include <QHash>

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(TreeSnapshot)

Error unreadable(const QByteArray &path, int number)
{
    return systemError(tr("Cannot read %1").arg(displayBytes(path)), number);
}

Result<QByteArray> contentHash(const QByteArray &path)
{
    const FileDescriptor file(::open(path.constData(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file.isOpen())
        return tl::unexpected(unreadable(path, errno));
    Sha256 hash;
    QByteArray buffer(256 * 1024, Qt::Uninitialized);
    while (true) {
        const ssize_t n = ::read(file.get(), buffer.data(), size_t(buffer.size()));
        if (n < 0 && errno != EINTR)
            return tl::unexpected(unreadable(path, errno));
        if (n == 0)
            return hash.finishHex();
        if (n > 0)
            hash.add(buffer.constData(), size_t(n));
    }
}

/// Names and values, sorted; a file system without xattrs has none.
QByteArray attributes(const QByteArray &path)
{
    QByteArray names(::llistxattr(path.constData(), nullptr, 0), '\0');
    const ssize_t size = ::llistxattr(path.constData(), names.data(), size_t(names.size()));
    if (size <= 0)
        return {};
    QByteArrayList list = names.left(size - 1).split('\0');
    std::sort(list.begin(), list.end());
    QByteArray text;
    for (const QByteArray &name : list) {
        QByteArray value(
            qMax<ssize_t>(0, ::lgetxattr(path.constData(), name.constData(), nullptr, 0)), '\0');
        ::lgetxattr(path.constData(), name.constData(), value.data(), size_t(value.size()));
        text += ' ' + name + '=' + value.toHex();
    }
    return text;
}

class Walk
{
public:
    explicit Walk(QByteArray root) : m_root(std::move(root)) {}

    Result<TreeSnapshot> take()
    {
        TRY(visit("."));
        return std::move(m_found);
    }

private:
    Result<void> visit(const QByteArray &relative)
    {
        const QByteArray path = m_root + '/' + relative;
        struct stat info
        {
        };
        if (::lstat(path.constData(), &info) != 0)
            return tl::unexpected(unreadable(path, errno));
        QByteArray facts = QByteArray::number(info.st_mode, 8) + ' ' +
                           QByteArray::number(info.st_uid) + ':' + QByteArray::number(info.st_gid) +
                           ' ' + QByteArray::number(qint64(info.st_mtim.tv_sec)) + '.' +
                           QByteArray::number(qint64(info.st_mtim.tv_nsec)) + attributes(path);
        if (S_ISREG(info.st_mode)) {
            TRY_VALUE(const QByteArray hash, contentHash(path));
            facts += " size=" + QByteArray::number(qint64(info.st_size)) + " sha256=" + hash +
                     group(info, relative);
            ++m_found.files;
            m_found.bytes += info.st_size;
        } else if (S_ISLNK(info.st_mode)) {
            QByteArray target(4096, '\0');
            const ssize_t n = ::readlink(path.constData(), target.data(), size_t(target.size()));
            facts += " to=" + target.left(qMax<ssize_t>(0, n));
        }
        m_found.entries.insert(relative, facts);
        return S_ISDIR(info.st_mode) ? children(relative, path) : Result<void>();
    }

    Result<void> children(const QByteArray &relative, const QByteArray &path)
    {
        const std::unique_ptr<DIR, int (*)(DIR *)> folder(::opendir(path.constData()), ::closedir);
        if (!folder)
            return tl::unexpected(unreadable(path, errno));
        QByteArrayList names;
        while (const dirent *entry = ::readdir(folder.get())) {
            const QByteArray name(entry->d_name);
            if (name != "." && name != "..")
                names << name;
        }
        // In a fixed order, so that the first name of a hard link is always the same.
        std::sort(names.begin(), names.end());
        for (const QByteArray &name : names)
            TRY(visit(relative == "." ? name : relative + '/' + name));
        return {};
    }

    /// Which names are one file: numbers of inodes change with a restore, groups must not.
    QByteArray group(const struct stat &info, const QByteArray &relative)
    {
        if (info.st_nlink < 2)
            return {};
        const auto key = qMakePair(quint64(info.st_dev), quint64(info.st_ino));
        if (!m_firstNames.contains(key))
            m_firstNames.insert(key, relative);
        return " same_as=" + m_firstNames.value(key);
    }

    QByteArray m_root;
    TreeSnapshot m_found;
    QHash<QPair<quint64, quint64>, QByteArray> m_firstNames;
};

} // namespace

Result<TreeSnapshot> takeSnapshot(const QString &folder)
{
    return Walk(QFile::encodeName(folder)).take();
}

QStringList compareSnapshots(const TreeSnapshot &before, const TreeSnapshot &after, int limit)
{
    QStringList found;
    int more = 0;
    const auto add = [&](const QString &sentence) {
        if (found.size() < limit)
            found << sentence;
        else
            ++more;
    };
    for (auto it = before.entries.begin(); it != before.entries.end(); ++it) {
        const QString path = displayBytes(it.key());
        const auto now = after.entries.find(it.key());
        if (now == after.entries.end())
            add(tr("%1 is missing").arg(path));
        else if (*now != *it)
            add(tr("%1 was “%2”, is “%3”").arg(path, displayBytes(*it), displayBytes(*now)));
    }
    for (auto it = after.entries.begin(); it != after.entries.end(); ++it) {
        if (!before.entries.contains(it.key()))
            add(tr("%1 was not there").arg(displayBytes(it.key())));
    }
    if (more > 0)
        found << tr("and %n more", nullptr, more);
    return found;
}

} // namespace lb
