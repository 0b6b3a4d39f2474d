// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_file.h"

#include "core/base/file_descriptor.h"
#include "core/base/secret_string.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QScopeGuard>

#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Files)

Result<void> writeAll(int fd, const QByteArray &content, const QString &path)
{
    qsizetype done = 0;
    while (done < content.size()) {
        const ssize_t n = ::write(fd, content.constData() + done, size_t(content.size() - done));
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return failErrno(tr("Cannot write %1").arg(path), errno);
        }
        done += n;
    }
    return {};
}

Result<void> writePart(const QString &part, const QByteArray &content, unsigned mode)
{
    const QByteArray name = QFile::encodeName(part);
    ::unlink(name.constData()); // a part left by a crash is ours to replace
    const FileDescriptor fd(
        ::open(name.constData(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!fd.isOpen())
        return failErrno(tr("Cannot create %1").arg(part), errno);
    if (::fchmod(fd.get(), mode) != 0)
        return failErrno(tr("Cannot set the mode of %1").arg(part), errno);
    TRY(writeAll(fd.get(), content, part));
    if (::fsync(fd.get()) != 0)
        return failErrno(tr("Cannot sync %1").arg(part), errno);
    return {};
}

/// Beside the file, and never longer than a name may be.
QString partOf(const QString &path)
{
    const QString ending = QStringLiteral(".part");
    QString name = QFileInfo(path).fileName();
    while (QFile::encodeName(name + ending).size() > NAME_MAX)
        name.chop(1);
    return QFileInfo(path).path() + QLatin1Char('/') + name + ending;
}

} // namespace

Result<void> writeFileAtomically(const QString &path, const QByteArray &content, unsigned mode)
{
    const QString part = partOf(path);
    auto written = writePart(part, content, mode);
    if (written) {
        auto back = readWholeFile(part, content.size() + 1);
        if (!back)
            written = tl::unexpected(back.error());
        else if (*back != content)
            written = fail(ErrorCode::Corrupt, tr("%1 does not read back as written").arg(part));
        if (back)
            wipe(*back); // it may be a secret
    }
    if (written &&
        ::rename(QFile::encodeName(part).constData(), QFile::encodeName(path).constData()) != 0)
        written = failErrno(tr("Cannot rename %1 to %2").arg(part, path), errno);
    if (!written) {
        ::unlink(QFile::encodeName(part).constData());
        return written;
    }
    return syncFolder(QFileInfo(path).absolutePath());
}

Result<QByteArray> readWholeFile(const QString &path, qint64 limit)
{
    const FileDescriptor fd(
        ::open(QFile::encodeName(path).constData(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!fd.isOpen())
        return failErrno(tr("Cannot open %1").arg(path), errno);
    QByteArray content;
    QByteArray buffer(256 * 1024, Qt::Uninitialized);
    const auto wiped = qScopeGuard([&buffer] { wipe(buffer); });
    for (;;) {
        const ssize_t n = ::read(fd.get(), buffer.data(), size_t(buffer.size()));
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return failErrno(tr("Cannot read %1").arg(path), errno);
        }
        if (n == 0)
            return content;
        if (content.size() + n > limit)
            return fail(ErrorCode::BadInput, tr("%1 is too large").arg(path),
                        tr("more than %n bytes", nullptr, int(qMin<qint64>(limit, INT_MAX))));
        content.append(buffer.constData(), n);
    }
}

Result<void> makeFolders(const QString &path, unsigned mode)
{
    const QString clean = QDir::cleanPath(path);
    const QByteArray name = QFile::encodeName(clean);
    if (::mkdir(name.constData(), mode) == 0)
        return syncFolder(QFileInfo(clean).absolutePath());
    if (errno == EEXIST) {
        struct stat info
        {
        };
        if (::stat(name.constData(), &info) == 0 && S_ISDIR(info.st_mode))
            return {};
        return failErrno(tr("%1 is in the way: it is not a folder").arg(clean), ENOTDIR);
    }
    if (errno != ENOENT)
        return failErrno(tr("Cannot create the folder %1").arg(clean), errno);
    const QString parent = QFileInfo(clean).absolutePath();
    if (parent == clean)
        return failErrno(tr("Cannot create the folder %1").arg(clean), ENOENT);
    TRY(makeFolders(parent, mode));
    if (::mkdir(name.constData(), mode) != 0 && errno != EEXIST)
        return failErrno(tr("Cannot create the folder %1").arg(clean), errno);
    return syncFolder(parent);
}

Result<void> syncFolder(const QString &path)
{
    const FileDescriptor fd(
        ::open(QFile::encodeName(path).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.isOpen())
        return failErrno(tr("Cannot open the folder %1").arg(path), errno);
    // EINVAL: a file system that cannot sync folders; nothing more can be done there.
    if (::fsync(fd.get()) != 0 && errno != EINVAL)
        return failErrno(tr("Cannot sync the folder %1").arg(path), errno);
    return {};
}

} // namespace lb
