// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/journal/run_folder.h"

#include "core/base/atomic_file.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/paths.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonObject>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(RunFolder)

constexpr qsizetype kLongestName = 120; // of a step's log, far below what file systems take

QString describe(const LockOwner &owner)
{
    return tr("process %1 of %2 on %3")
        .arg(QString::number(owner.process.pid), owner.user, owner.host);
}

Result<void> makeFolder(const QString &path)
{
    if (::mkdir(QFile::encodeName(path).constData(), 0700) == 0)
        return {};
    if (errno == EEXIST)
        return fail(ErrorCode::Conflict, tr("The run folder %1 exists already").arg(path));
    return failErrno(tr("Cannot create the folder %1").arg(path), errno);
}

} // namespace

RunLock::~RunLock()
{
    if (m_fd.isOpen() && ::ftruncate(m_fd.get(), 0) != 0)
        qWarning("cannot empty a run's lock file"); // then its owner seems to hold it until it ends
}

RunFolder RunFolder::of(const RunId &run)
{
    return RunFolder(paths::runFolder(run));
}

Result<RunFolder> RunFolder::create(const RunId &run)
{
    const RunFolder folder = of(run);
    TRY(makeFolders(paths::runsFolder()));
    TRY(makeFolder(folder.path()));
    TRY(makeFolder(folder.logFolder()));
    TRY(makeFolder(folder.evidenceFolder()));
    TRY(syncFolder(folder.path()));
    TRY(syncFolder(paths::runsFolder()));
    return folder;
}

QList<RunId> RunFolder::list()
{
    QList<RunId> runs;
    const QStringList names =
        QDir(paths::runsFolder())
            .entryList(QDir::Dirs | QDir::NoDotAndDotDot | QDir::NoSymLinks, QDir::Name);
    for (const QString &name : names) {
        if (isValidId(name))
            runs << RunId(name);
    }
    return runs;
}

RunId RunFolder::id() const
{
    return RunId(QFileInfo(m_path).fileName());
}

bool RunFolder::exists() const
{
    return QFileInfo(m_path).isDir();
}

QString RunFolder::logFile(const QString &step, int attempt) const
{
    QString name;
    for (const QChar c : step) {
        const ushort u = c.unicode();
        const bool plain = (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') ||
                           (u >= '0' && u <= '9') || u == '_' || u == '-' ||
                           (u == '.' && !name.isEmpty());
        name += plain ? c : QLatin1Char('_');
    }
    name.truncate(kLongestName);
    if (name != step)
        name += QLatin1Char('-') + QString::fromLatin1(Sha256::hex(step.toUtf8()).left(12));
    return QStringLiteral("%1/%2.%3.log").arg(logFolder(), name).arg(attempt);
}

QString RunFolder::endFile(const QString &step, int attempt) const
{
    QString file = logFile(step, attempt);
    file.chop(3);
    return file + QStringLiteral("end");
}

Result<RunLock> RunFolder::lock() const
{
    FileDescriptor fd(::open(QFile::encodeName(lockFile()).constData(),
                             O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd.isOpen())
        return failErrno(tr("Cannot open %1").arg(lockFile()), errno);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return failErrno(tr("Cannot lock %1").arg(lockFile()), errno);
        const auto holder = owner();
        return fail(ErrorCode::Conflict, tr("Run %1 is in other hands").arg(id().value()),
                    holder ? tr("held by %1").arg(describe(*holder)) : QString(),
                    tr("Nothing was changed here; follow that run or wait until it has ended"));
    }
    const QJsonObject mine{{QStringLiteral("format"), 1},
                           {QStringLiteral("process"), ProcessIdentity::self().toJson()},
                           {QStringLiteral("host"), currentHostName()},
                           {QStringLiteral("user"), currentUserName()}};
    const QByteArray text = toJson(mine);
    if (::pwrite(fd.get(), text.constData(), size_t(text.size()), 0) != text.size() ||
        ::ftruncate(fd.get(), text.size()) != 0)
        return failErrno(tr("Cannot write %1").arg(lockFile()), errno);
    return RunLock(std::move(fd));
}

std::optional<LockOwner> RunFolder::owner() const
{
    const auto text = readWholeFile(lockFile(), 64 * 1024);
    if (!text)
        return std::nullopt;
    const auto object = parseJsonObject(*text, lockFile());
    if (!object)
        return std::nullopt;
    const LockOwner found{
        ProcessIdentity::fromJson(object->value(QLatin1String("process")).toObject()),
        object->value(QLatin1String("host")).toString(),
        object->value(QLatin1String("user")).toString()};
    // The kernel drops the lock with the process, so its life is the answer; trying the lock would
    // be in the way of somebody who takes it just now.
    if (!found.process.isAlive())
        return std::nullopt;
    return found;
}

bool RunFolder::isRecord(const QByteArray &path, bool isFolder)
{
    if (isFolder)
        return path == "log" || path == "evidence";
    const qsizetype slash = path.indexOf('/');
    if (slash > 0)
        return isRecord(path.left(slash), true) && slash + 1 < path.size() &&
               path.indexOf('/', slash + 1) < 0;
    return path == "plan.json" || path == "journal.jsonl" || path.startsWith("journal.torn-");
}

std::vector<QByteArray> RunFolder::records() const
{
    std::vector<QByteArray> paths;
    for (const QString &below : {QString(), QStringLiteral("log/"), QStringLiteral("evidence/")}) {
        const QDir folder(m_path + QLatin1Char('/') + below);
        for (const QString &name :
             folder.entryList(QDir::Files | QDir::Hidden | QDir::NoSymLinks, QDir::Name)) {
            if (const QByteArray path = QFile::encodeName(below + name); isRecord(path, false))
                paths.push_back(path);
        }
    }
    return paths;
}

bool RunFolder::isImported() const
{
    return ::access(QFile::encodeName(importFile()).constData(), F_OK) == 0;
}

Result<void> RunFolder::checkOwn() const
{
    if (!isImported())
        return {};
    return fail(ErrorCode::Conflict, tr("Run %1 was imported").arg(id().value()),
                tr("it is a record of work on another machine or at another time"),
                tr("It can be looked at, exported and removed here, and only taken up where it "
                   "ran"));
}

Result<void> RunFolder::remove() const
{
    if (!exists())
        return fail(ErrorCode::NotFound, tr("There is no run folder %1").arg(m_path));
    if (!isValidId(id().value()))
        return fail(ErrorCode::BadInput, tr("%1 is not a run folder").arg(m_path));
    if (!QDir(m_path).removeRecursively())
        return fail(ErrorCode::Failed, tr("Cannot remove all of %1").arg(m_path), {},
                    tr("What is left there can be removed by hand"));
    return syncFolder(QFileInfo(m_path).absolutePath());
}

} // namespace lb
