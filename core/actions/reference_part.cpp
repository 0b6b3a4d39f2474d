// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/reference_part.h"

#include "core/archive/safe_folder.h"
#include "core/base/atomic_file.h"
#include "core/base/digest.h"
#include "core/base/file_descriptor.h"

#include <QDirIterator>
#include <QFileInfo>

#include <cerrno>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

constexpr size_t kBuffer = 1024 * 1024;
constexpr int kHashDigits = 64;
/// As `sha256sum` writes it: hash, two spaces, name.
constexpr char kBetween[] = "  ";

/// Path below the folder → hash.
using FileList = std::map<QByteArray, QByteArray>;

/// Hands a file's bytes on, piece by piece. Never through a link: the folder is on a share that
/// others write to.
Result<void> readPieces(const QString &path,
                        const std::function<Result<void>(QByteArrayView)> &take,
                        const std::stop_token &stop)
{
    const QByteArray name = QFile::encodeName(path);
    const FileDescriptor file(::open(name.constData(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file.isOpen())
        return failErrno(tr("Cannot read %1").arg(path), errno);
    QByteArray buffer(qsizetype(kBuffer), Qt::Uninitialized);
    for (;;) {
        if (stop.stop_requested())
            return fail(ErrorCode::Cancelled, tr("Cancelled"));
        const ssize_t got = ::read(file.get(), buffer.data(), kBuffer);
        if (got == 0)
            return {};
        if (got < 0 && errno != EINTR)
            return failErrno(tr("Cannot read %1").arg(path), errno);
        if (got > 0)
            TRY(take(QByteArrayView(buffer.constData(), got)));
    }
}

Result<FileList> readList(const QString &pointFolder, const PartRecord &part)
{
    TRY_VALUE(const QByteArray bytes, readWholeFile(pointFolder + QLatin1Char('/') + part.file));
    if (Sha256::hex(bytes) != part.sha256)
        return fail(ErrorCode::Corrupt,
                    tr("%1 is not the list that was saved: its SHA-256 differs").arg(part.file));
    FileList files;
    for (const QByteArray &line : bytes.split('\n')) {
        if (line.isEmpty())
            continue;
        const QByteArray path = line.mid(kHashDigits + qsizetype(sizeof kBetween) - 1);
        if (line.mid(kHashDigits, qsizetype(sizeof kBetween) - 1) != kBetween || !isSafePath(path))
            return fail(ErrorCode::Corrupt,
                        tr("%1 holds a line that is none of such a list").arg(part.file));
        files.emplace(path, line.left(kHashDigits));
    }
    return files;
}

QString pathIn(const QString &folder, const QByteArray &name)
{
    return folder + QLatin1Char('/') + QFile::decodeName(name);
}

Error damaged(const QString &path)
{
    return {ErrorCode::Corrupt,
            tr("%1 is not what was saved: its SHA-256 differs").arg(path),
            {},
            tr("The part is by reference, so there is no other copy of it in this restore point. "
               "Choose another restore point")};
}

struct Progress
{
    const WorkerExecution::Report &report;
    qint64 total = 0, entries = 0;
    qint64 done = 0, files = 0;

    void add(qsizetype bytes)
    {
        done += bytes;
        report({done, total, files, entries});
    }
};

/// `to` as `from` is, with the folders above it: the nodes' user must get in, and may take away
/// what it no longer needs.
Result<void> makeFolderLike(const QString &from, const QString &to)
{
    const QByteArray made = QFile::encodeName(to);
    struct stat info
    {
    };
    if (::stat(made.constData(), &info) == 0)
        return {};
    if (::stat(QFile::encodeName(from).constData(), &info) != 0)
        return failErrno(tr("Cannot read %1").arg(from), errno);
    TRY(makeFolders(to, 0700));
    const bool isGiven = ::chown(made.constData(), info.st_uid, info.st_gid) == 0;
    // An ordinary user may not give things away; then everybody must be able to read them.
    if (::chmod(made.constData(), (info.st_mode & 0777) | (isGiven ? 0 : 0055)) != 0)
        return failErrno(tr("Cannot set the mode of %1").arg(to), errno);
    return {};
}

/// One file, with what the nodes' user needs to read it there.
Result<void> copyFile(const QString &from, const QByteArray &hash, const QString &to,
                      Progress &progress, const std::stop_token &stop)
{
    struct stat info
    {
    };
    if (::lstat(QFile::encodeName(from).constData(), &info) != 0)
        return failErrno(tr("Cannot read %1").arg(from), errno);
    const FileDescriptor file(::open(QFile::encodeName(to).constData(),
                                     O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.isOpen())
        return failErrno(tr("Cannot write %1").arg(to), errno);
    Sha256 sum;
    TRY(readPieces(
        from,
        [&](QByteArrayView bytes) -> Result<void> {
            sum.add(bytes);
            progress.add(bytes.size());
            for (qsizetype at = 0; at < bytes.size();) {
                const ssize_t put =
                    ::write(file.get(), bytes.data() + at, size_t(bytes.size() - at));
                if (put < 0 && errno != EINTR)
                    return failErrno(tr("Cannot write %1").arg(to), errno);
                at += put > 0 ? put : 0;
            }
            return {};
        },
        stop));
    if (sum.finishHex() != hash)
        return tl::unexpected(damaged(from));
    const bool isGiven = ::fchown(file.get(), info.st_uid, info.st_gid) == 0;
    if (::fchmod(file.get(), (info.st_mode & 0777) | (isGiven ? 0 : 0044)) != 0)
        return failErrno(tr("Cannot set the mode of %1").arg(to), errno);
    return {};
}

} // namespace

QString referenceOf(const PartRecord &part)
{
    return part.details.value(QLatin1String("reference")).toString();
}

Result<void> writeReference(const QString &folder, const QString &pointFolder, PartRecord &part,
                            const WorkerExecution::Report &report, const std::stop_token &stop)
{
    FileList files;
    Progress progress{report, -1, -1};
    QDirIterator found(folder, QDir::Files | QDir::Hidden | QDir::System | QDir::NoSymLinks,
                       QDirIterator::Subdirectories);
    while (found.hasNext()) {
        const QString path = found.next();
        const QByteArray name = QFile::encodeName(path.mid(folder.size() + 1));
        if (name.contains('\n') || name.contains('\\'))
            return fail(ErrorCode::Unsupported,
                        tr("%1 has a name that no list can hold").arg(path));
        Sha256 sum;
        TRY(readPieces(
            path,
            [&](QByteArrayView bytes) -> Result<void> {
                sum.add(bytes);
                progress.add(bytes.size());
                return {};
            },
            stop));
        ++progress.files;
        files.emplace(name, sum.finishHex());
    }
    if (files.empty())
        return fail(ErrorCode::NotFound, tr("There is nothing in %1").arg(folder));
    QByteArray list;
    for (const auto &[name, hash] : files)
        list += hash + kBetween + name + '\n';
    TRY(writeFileAtomically(pointFolder + QLatin1Char('/') + part.file, list));
    part.bytes = progress.done;
    part.storedBytes = list.size();
    part.entries = qint64(files.size());
    part.sha256 = Sha256::hex(list);
    part.details.insert(QStringLiteral("reference"), folder);
    return {};
}

Result<QStringList> referenceDamage(const QString &pointFolder, const PartRecord &part,
                                    ReferenceLook look, const WorkerExecution::Report &report,
                                    const std::stop_token &stop)
{
    const QString folder = referenceOf(part);
    TRY_VALUE(const FileList files, readList(pointFolder, part));
    if (!QFileInfo(folder).isDir())
        return QStringList{tr("%1 is not there, to which part %2 refers").arg(folder, part.id)};
    QStringList damage;
    Progress progress{report, part.bytes, part.entries};
    for (const auto &[name, hash] : files) {
        const QString path = pathIn(folder, name);
        ++progress.files;
        if (!QFileInfo(path).isFile()) {
            damage << tr("%1 is missing").arg(path);
            continue;
        }
        if (look == ReferenceLook::Names)
            continue;
        Sha256 sum;
        const auto read = readPieces(
            path,
            [&](QByteArrayView bytes) -> Result<void> {
                sum.add(bytes);
                progress.add(bytes.size());
                return {};
            },
            stop);
        if (!read && read.error().code == ErrorCode::Cancelled)
            return tl::unexpected(read.error());
        if (!read)
            damage << read.error().sentence();
        else if (sum.finishHex() != hash)
            damage << damaged(path).summary;
    }
    return damage;
}

Result<void> copyReference(const QString &pointFolder, const PartRecord &part, const QString &into,
                           const WorkerExecution::Report &report, const std::stop_token &stop)
{
    TRY_VALUE(const FileList files, readList(pointFolder, part));
    const QString folder = referenceOf(part);
    if (!QFileInfo(folder).isDir())
        return fail(ErrorCode::NotFound,
                    tr("%1 is not there, to which part %2 refers").arg(folder, part.id), {},
                    tr("Mount the share, or choose another restore point"));
    TRY(makeFolderLike(folder, into));
    Progress progress{report, part.bytes, part.entries};
    for (const auto &[name, hash] : files) {
        ++progress.files;
        // From the top down, so that each is as its pattern.
        for (qsizetype slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1))
            TRY(makeFolderLike(pathIn(folder, name.left(slash)), pathIn(into, name.left(slash))));
        TRY(copyFile(pathIn(folder, name), hash, pathIn(into, name), progress, stop));
    }
    return syncFolder(into);
}

} // namespace lb
