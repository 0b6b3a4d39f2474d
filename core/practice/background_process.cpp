// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/background_process.h"

#include "core/base/atomic_file.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/model/run_event.h"

#include <QFile>
#include <QProcess>
#include <QThread>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/file.h>

namespace lb::practice {

namespace {

LB_TRANSLATE(Practice)

using namespace std::chrono_literals;

constexpr auto kStartLimit = 30s;
constexpr auto kStopLimit = 10s;

QString recordFile(const QString &folder)
{
    return folder + QStringLiteral("/process.json");
}

QString logFile(const QString &folder)
{
    return folder + QStringLiteral("/log");
}

Result<FileDescriptor> openLock(const QString &folder, const char *name)
{
    FileDescriptor lock(
        ::open(QFile::encodeName(folder + QLatin1Char('/') + QLatin1String(name)).constData(),
               O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock.isOpen())
        return failErrno(tr("Cannot write into %1").arg(folder), errno);
    return lock;
}

/// True also while a process is still getting ready.
bool isServed(const QString &folder)
{
    const auto lock = openLock(folder, "lock");
    return lock && ::flock(lock->get(), LOCK_EX | LOCK_NB) != 0;
}

QJsonObject readRecord(const QString &folder)
{
    const auto bytes = readWholeFile(recordFile(folder));
    return bytes ? parseJsonObject(*bytes, recordFile(folder)).value_or(QJsonObject())
                 : QJsonObject();
}

} // namespace

std::optional<BackgroundProcess> findBackground(const QString &folder)
{
    const QJsonObject record = readRecord(folder);
    const BackgroundProcess found{
        ProcessIdentity::fromJson(record.value(QLatin1String("process")).toObject()),
        quint16(record.value(QLatin1String("port")).toInt())};
    if (found.port == 0 || !found.identity.isAlive())
        return std::nullopt;
    return found;
}

Result<BackgroundProcess> startBackground(const QString &folder, const QString &program,
                                          const QStringList &arguments)
{
    TRY(makeFolders(folder));
    // One starter at a time: the record of a process that gets ready just now must not be removed.
    TRY_VALUE(const FileDescriptor starting, openLock(folder, "start.lock"));
    if (::flock(starting.get(), LOCK_EX) != 0)
        return failErrno(tr("Cannot lock %1").arg(folder), errno);
    if (const auto running = findBackground(folder))
        return *running;
    QFile::remove(recordFile(folder));
    QProcess process;
    process.setProgram(program);
    process.setArguments(arguments);
    process.setWorkingDirectory(QStringLiteral("/"));
    process.setStandardInputFile(QProcess::nullDevice());
    process.setStandardOutputFile(QProcess::nullDevice());
    process.setStandardErrorFile(logFile(folder), QIODevice::Truncate);
    qint64 pid = 0;
    if (!process.startDetached(&pid))
        return fail(ErrorCode::NotFound, tr("%1 cannot be started").arg(program),
                    process.errorString());
    const auto deadline = bootTime() + kStartLimit;
    while (bootTime() < deadline) {
        if (const auto running = findBackground(folder))
            return *running;
        const QJsonObject error = readRecord(folder).value(QLatin1String("error")).toObject();
        if (!error.isEmpty())
            return tl::unexpected(errorFromJson(error));
        if (!ProcessIdentity::of(pid_t(pid)) && readRecord(folder).isEmpty() && !isServed(folder))
            break;
        QThread::msleep(10);
    }
    const auto said = readWholeFile(logFile(folder));
    return fail(ErrorCode::Failed, tr("The simulator did not start"),
                said ? QString::fromUtf8(*said).trimmed().right(500) : QString(),
                tr("%1 holds what it said").arg(logFile(folder)));
}

Result<void> stopBackground(const QString &folder)
{
    const auto running = findBackground(folder);
    if (!running)
        return {};
    const pid_t pid = running->identity.pid;
    if (::kill(pid, SIGTERM) != 0 && errno != ESRCH)
        return failErrno(tr("Cannot end the simulator (process %1)").arg(pid), errno);
    if (!running->identity.waitForEnd(kStopLimit)) {
        ::kill(pid, SIGKILL);
        if (!running->identity.waitForEnd(kStopLimit))
            return fail(ErrorCode::TimedOut,
                        tr("The simulator (process %1) does not end").arg(pid));
    }
    return {};
}

Result<BackgroundRecord> BackgroundRecord::claim(const QString &folder)
{
    TRY(makeFolders(folder));
    TRY_VALUE(FileDescriptor lock, openLock(folder, "lock"));
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
        return fail(ErrorCode::Conflict, tr("Another simulator serves %1").arg(folder));
    return BackgroundRecord(folder, std::move(lock));
}

Result<void> BackgroundRecord::ready(quint16 port)
{
    return writeFileAtomically(
        recordFile(m_folder), toJson({{QStringLiteral("format"), 1},
                                      {QStringLiteral("process"), ProcessIdentity::self().toJson()},
                                      {QStringLiteral("port"), int(port)}}));
}

void BackgroundRecord::failed(const Error &error)
{
    // Who waits gives up without it, too.
    (void)writeFileAtomically(
        recordFile(m_folder),
        toJson({{QStringLiteral("format"), 1}, {QStringLiteral("error"), errorToJson(error)}}));
}

void BackgroundRecord::gone()
{
    const auto known = findBackground(m_folder);
    if (known && known->identity == ProcessIdentity::self())
        QFile::remove(recordFile(m_folder));
}

} // namespace lb::practice
