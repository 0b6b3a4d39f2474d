// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/transport/guard_protocol.h"
#include "core/transport/local_process.h"
#include "core/transport/process_tree.h"

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"

#include <QFile>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Program)

// Where programs are when our own environment does not say.
constexpr char kDefaultPath[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

QByteArray searchPath()
{
    const QByteArray path = qgetenv("PATH");
    return path.isEmpty() ? QByteArray(kDefaultPath) : path;
}

/// 0, or why this file cannot be run.
int whyNotRunnable(const QByteArray &file)
{
    struct stat info
    {
    };
    if (::stat(file.constData(), &info) != 0)
        return errno;
    if (S_ISDIR(info.st_mode))
        return EISDIR;
    return ::faccessat(AT_FDCWD, file.constData(), X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

Error notRunnable(const QString &file, int reason)
{
    if (reason == EISDIR)
        return {ErrorCode::Denied, tr("Cannot run %1").arg(file), tr("it is a folder"), {}};
    if (reason == EACCES)
        return {ErrorCode::Denied,
                tr("Cannot run %1").arg(file),
                tr("it is not executable for this user"),
                {}};
    return systemError(tr("Cannot run %1").arg(file), reason);
}

} // namespace

std::vector<std::pair<QString, QByteArray>> minimalEnvironment()
{
    std::vector<std::pair<QString, QByteArray>> environment;
    environment.emplace_back(QStringLiteral("PATH"), searchPath());
    for (const char *name : {"HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TMPDIR",
                             "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK", "TZ"}) {
        if (qEnvironmentVariableIsSet(name))
            environment.emplace_back(QLatin1String(name), qgetenv(name));
    }
    return environment;
}

Result<QString> findProgram(const QString &name)
{
    if (name.isEmpty())
        return fail(ErrorCode::BadInput, tr("The name of the program is empty"));
    if (name.contains(QLatin1Char('/'))) {
        const int reason = whyNotRunnable(QFile::encodeName(name));
        if (reason != 0)
            return tl::unexpected(notRunnable(name, reason));
        return name;
    }
    std::optional<Error> nearly;
    for (const QByteArray &folder : searchPath().split(':')) {
        if (!folder.startsWith('/'))
            continue; // an empty or relative entry would run what lies in the working folder
        const QByteArray file = folder + '/' + QFile::encodeName(name);
        const int reason = whyNotRunnable(file);
        if (reason == 0)
            return QFile::decodeName(file);
        if (reason != ENOENT && reason != ENOTDIR && !nearly)
            nearly = notRunnable(QFile::decodeName(file), reason);
    }
    if (nearly)
        return tl::unexpected(*nearly);
    return fail(ErrorCode::NotFound, tr("The program %1 is not installed").arg(name),
                tr("it is in no folder of PATH (%1)").arg(QFile::decodeName(searchPath())),
                tr("Install it or give its full path"));
}

QList<ProcessIdentity> findStepProcesses(const QString &marker)
{
    QList<ProcessIdentity> found;
    if (marker.isEmpty())
        return found;
    const std::string wanted = marker.toStdString();
    const ProcTable table = ProcTable::read();
    for (const ProcEntry &entry : table.entries()) {
        if (entry.pid == ::getpid() || entry.isDead() ||
            environmentOf(entry.pid, kStepVariable) != wanted)
            continue;
        if (const auto identity = ProcessIdentity::of(entry.pid))
            found << *identity;
    }
    return found;
}

bool endProcessTree(const ProcessIdentity &process, std::chrono::milliseconds grace)
{
    if (process.bootId != currentBootId())
        return true; // of an earlier life of this machine
    ProcTree tree{process.pid, process.startTime, {}};
    if (process.isAlive())
        tree.marker = environmentOf(process.pid, kStepVariable);
    constexpr std::chrono::milliseconds kAfterKill{900};
    const auto killAt = bootTime() + grace;
    std::optional<std::chrono::nanoseconds> killedAt; // only then we may give up
    Signaller signaller;
    for (;;) {
        const auto left = ProcTable::read().members(tree);
        if (left.empty())
            return true;
        if (killedAt && bootTime() >= *killedAt + kAfterKill)
            return false;
        const bool kill = bootTime() >= killAt;
        signaller.send(left, kill ? SIGKILL : SIGTERM);
        if (kill && !killedAt)
            killedAt = bootTime();
        ::poll(nullptr, 0, 10);
    }
}

} // namespace lb
