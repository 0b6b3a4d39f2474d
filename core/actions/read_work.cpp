// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/read_work.h"

#include "core/actions/answer_output.h"
#include "core/actions/tree_work.h"
#include "core/archive/own_names.h"
#include "core/base/atomic_file.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/file_descriptor.h"
#include "core/base/format.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>

#include <cerrno>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

namespace lb {

namespace {

LB_TRANSLATE(Checks)

QString textParam(const ReadCall &call, const char *key)
{
    return TemplateText::fromJson(call.params.value(QLatin1String(key))).literal();
}

/// The path itself, or the nearest folder above it that exists.
QString existingPart(QString path)
{
    while (!QFileInfo::exists(path) && path != QLatin1String("/"))
        path = QFileInfo(path).absolutePath();
    return path;
}

Result<CallOutcome> diskFree(const ReadCall &call)
{
    const QString path = textParam(call, "path");
    const QJsonValue wanted = call.params.value(QLatin1String("at_least"));
    qint64 atLeast = wanted.toInteger();
    if (!wanted.isDouble()) {
        TRY_VALUE(atLeast, parseSize(textParam(call, "at_least")));
    }
    struct statvfs info
    {
    };
    if (::statvfs(QFile::encodeName(existingPart(path)).constData(), &info) != 0)
        return failErrno(tr("Cannot read the free space of %1").arg(path), errno);
    const qint64 free = qint64(info.f_bavail) * qint64(info.f_frsize);
    if (free < atLeast)
        return fail(
            ErrorCode::NoSpace,
            tr("%1 free at %2, %3 are needed").arg(formatSize(free), path, formatSize(atLeast)));
    return holds(
        tr("%1 free at %2, %3 are needed").arg(formatSize(free), path, formatSize(atLeast)));
}

Result<CallOutcome> program(const ReadCall &call)
{
    const QJsonValue given = call.params.value(QLatin1String("program"));
    const QString name =
        given.isArray() ? given.toArray().at(0).toString() : textParam(call, "program");
    TRY_VALUE(const QString found, findProgram(name));
    return holds(tr("%1 is %2").arg(name, found));
}

Result<CallOutcome> pathIs(const ReadCall &call)
{
    const QString path = textParam(call, "path");
    const QString is = textParam(call, "is");
    const QFileInfo info(path);
    const bool there = info.exists() || info.isSymLink();
    if (is == QLatin1String("absent")) {
        if (there)
            return fail(ErrorCode::Conflict, tr("%1 exists already").arg(path));
        return holds(tr("%1 does not exist").arg(path));
    }
    if (!there)
        return fail(ErrorCode::NotFound, tr("%1 does not exist").arg(path));
    if (is == QLatin1String("folder") && !info.isDir())
        return fail(ErrorCode::Failed, tr("%1 is not a folder").arg(path));
    if (is == QLatin1String("file") && !info.isFile())
        return fail(ErrorCode::Failed, tr("%1 is not a file").arg(path));
    if (is == QLatin1String("readable") && !info.isReadable())
        return fail(ErrorCode::Denied, tr("%1 cannot be read by %2").arg(path, currentUserName()));
    if (is == QLatin1String("writable") && !info.isWritable())
        return fail(ErrorCode::Denied,
                    tr("%1 cannot be written by %2").arg(path, currentUserName()));
    return holds(info.isDir() ? tr("%1 is a folder").arg(path) : tr("%1 is there").arg(path));
}

Result<CallOutcome> reachable(const ReadCall &call)
{
    QString host = textParam(call, "host");
    if (host.isEmpty())
        host = QStringLiteral("localhost");
    const int port = call.params.value(QLatin1String("port")).toInt();
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo *list = nullptr;
    const int failed = ::getaddrinfo(host.toUtf8().constData(),
                                     QByteArray::number(port).constData(), &hints, &list);
    if (failed != 0)
        return fail(ErrorCode::Unreachable, tr("%1 has no address").arg(host),
                    QString::fromLocal8Bit(::gai_strerror(failed)));
    int lastError = ECONNREFUSED;
    bool answered = false;
    for (const addrinfo *at = list; at && !answered; at = at->ai_next) {
        const FileDescriptor fd(
            ::socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (::connect(fd.get(), at->ai_addr, at->ai_addrlen) == 0) {
            answered = true;
        } else if (errno == EINPROGRESS) {
            pollfd wait{fd.get(), POLLOUT, 0};
            socklen_t size = sizeof lastError;
            if (::poll(&wait, 1, 5000) <= 0)
                lastError = ETIMEDOUT;
            else
                ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &lastError, &size);
            answered = lastError == 0;
        } else {
            lastError = errno;
        }
    }
    ::freeaddrinfo(list);
    if (!answered)
        return fail(ErrorCode::Unreachable, tr("%1 does not answer on port %2").arg(host).arg(port),
                    QString::fromLocal8Bit(std::strerror(lastError)));
    return holds(tr("%1 answers on port %2").arg(host).arg(port));
}

Result<CallOutcome> machineId()
{
    const auto read = readWholeFile(QStringLiteral("/etc/machine-id"), 4096);
    const QString id = read ? QString::fromLatin1(*read).trimmed() : QString();
    if (id.isEmpty())
        return fail(ErrorCode::NotFound, tr("This machine has no /etc/machine-id"), {},
                    tr("systemd-machine-id-setup makes one"));
    return readOutcome(id);
}

/// The public host keys in one digest: they tell machines apart that were cloned with their id.
Result<CallOutcome> hostKey()
{
    const QDir folder(QStringLiteral("/etc/ssh"));
    Sha256 hash;
    bool any = false;
    for (const QString &name :
         folder.entryList({QStringLiteral("ssh_host_*_key.pub")}, QDir::Files, QDir::Name)) {
        const auto key = readWholeFile(folder.filePath(name), 64 * 1024);
        if (!key)
            continue;
        hash.add(*key);
        any = true;
    }
    if (!any)
        return fail(ErrorCode::NotFound, tr("This machine has no SSH host keys"));
    return readOutcome(QStringLiteral("sha256:") + QString::fromLatin1(hash.finishHex()));
}

Result<CallOutcome> fileSystem(const ReadCall &call)
{
    const QString path = existingPart(textParam(call, "path"));
    struct statfs info
    {
    };
    if (::statfs(QFile::encodeName(path).constData(), &info) != 0)
        return failErrno(tr("Cannot read the file system of %1").arg(path), errno);
    quint64 id = 0;
    std::memcpy(&id, &info.f_fsid, sizeof id);
    if (id == 0)
        return fail(ErrorCode::NotFound, tr("The file system of %1 has no id").arg(path));
    return readOutcome(
        QStringLiteral("%1-%2").arg(quint64(info.f_type), 0, 16).arg(id, 16, 16, QLatin1Char('0')));
}

/// What earlier runs left beside or inside the folders.
Result<CallOutcome> assessTrees(const ReadCall &call)
{
    static const QRegularExpression runId(QStringLiteral("r[0-9]{8}-[0-9]{6}-[0-9a-f]{6}"));
    QStringList found;
    for (const QJsonValue folder : call.params.value(QLatin1String("folders")).toArray()) {
        const QString path = QDir::cleanPath(TemplateText::fromJson(folder).literal());
        for (const QString &place : {QFileInfo(path).absolutePath(), path}) {
            const QDir dir(place);
            for (const QString &name :
                 dir.entryList({QStringLiteral(".lifeboat-*")},
                               QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot)) {
                const bool ours =
                    place == path || name.endsWith(QLatin1Char('-') + QFileInfo(path).fileName());
                // What a restore point may refer to is no half-done work.
                if (!ours || !isOwnFolderName(dir.filePath(name)) ||
                    name.startsWith(QLatin1String(kSavedPrefix)))
                    continue;
                const QString run = runId.match(name).captured(0);
                found << (name.startsWith(QStringLiteral(".lifeboat-aside-"))
                              ? tr("%1 is the old copy that run %2 kept")
                              : tr("%1 is half-done work of run %2"))
                             .arg(dir.filePath(name), run);
            }
        }
    }
    found.removeDuplicates();
    if (!found.isEmpty())
        return fail(ErrorCode::Conflict,
                    tr("%n thing(s) that Lifeboat left stand there", nullptr, int(found.size())),
                    found.join(QStringLiteral("; ")),
                    tr("lifeboat-cli runs show RUN says what to do with it"));
    return holds(tr("nothing half-done stands there"));
}

} // namespace

WorkerExecution::Work readWork(const ReadCall &call)
{
    return [call](const WorkerExecution::Report &, std::stop_token) -> Result<CallOutcome> {
        if (!textParam(call, "host").isEmpty() && call.kind != ActionKind::Reachable)
            return fail(ErrorCode::Unsupported, tr("Only this machine can be looked at so far"));
        switch (call.kind) {
        case ActionKind::DiskFree:
            return diskFree(call);
        case ActionKind::Program:
            return program(call);
        case ActionKind::Path:
            return pathIs(call);
        case ActionKind::Reachable:
            return reachable(call);
        case ActionKind::Clock:
            return holds(tr("this machine's own clock"));
        case ActionKind::MachineId:
            return machineId();
        case ActionKind::HostKey:
            return hostKey();
        case ActionKind::HostName:
            return readOutcome(currentHostName());
        case ActionKind::FileSystem:
            return fileSystem(call);
        case ActionKind::TreeAssess:
            return assessTrees(call);
        case ActionKind::Secret: {
            // It was fetched before this call began.
            CallOutcome outcome;
            outcome.outputs.insert(QStringLiteral("evidence"),
                                   tr("the secret %1 can be had").arg(textParam(call, "name")));
            return outcome;
        }
        case ActionKind::Run:
        case ActionKind::Ssh:
        case ActionKind::Http:
        case ActionKind::TreeSave:
        case ActionKind::TreeRestore:
        case ActionKind::PostgresList:
        case ActionKind::PostgresDump:
        case ActionKind::PostgresRestore:
        case ActionKind::PostgresGlobals:
        case ActionKind::PostgresId:
        case ActionKind::PostgresReady:
        case ActionKind::ElasticsearchId:
        case ActionKind::ElasticsearchSurvey:
        case ActionKind::ElasticsearchDescribe:
        case ActionKind::ElasticsearchSave:
        case ActionKind::ElasticsearchKeep:
        case ActionKind::ElasticsearchRestore:
        case ActionKind::ElasticsearchRehearse:
        case ActionKind::ElasticsearchRelease:
        case ActionKind::ElasticsearchExport:
        case ActionKind::ElasticsearchClear:
        case ActionKind::ElasticsearchImport:
        case ActionKind::ElasticsearchPutBack:
        case ActionKind::ElasticsearchExportRemove:
        case ActionKind::ElasticsearchAdopt:
        case ActionKind::Alien4CloudAdoptFiles:
        case ActionKind::Alien4CloudTransform:
        case ActionKind::Alien4CloudConnect:
        case ActionKind::Alien4CloudPluginSwap:
        case ActionKind::ElasticsearchForget:
        case ActionKind::Alien4CloudCheck:
        case ActionKind::ToolchainFact:
        case ActionKind::ToolchainSurvey:
        case ActionKind::ToolchainCheck:
        case ActionKind::ToolchainSave:
        case ActionKind::ToolchainPublish:
        case ActionKind::ToolchainCreate:
        case ActionKind::ToolchainBuild:
        case ActionKind::ToolchainCompare:
        case ActionKind::ToolchainLocate:
        case ActionKind::ToolchainSetSecret:
        case ActionKind::ToolchainTriggers:
        case ActionKind::ToolchainProve:
        case ActionKind::ToolchainProjects:
        case ActionKind::ToolchainRevoke:
        case ActionKind::ToolchainUnpublish:
        case ActionKind::WriteFile:
        case ActionKind::WaitUntil:
        case ActionKind::Ask:
        case ActionKind::Confirm:
        case ActionKind::LeaseFree:
        case ActionKind::Identity:
        case ActionKind::PointVerify:
        case ActionKind::PointFiles:
        case ActionKind::PointDiff:
        case ActionKind::PointExtract:
        case ActionKind::PointRemove:
        case ActionKind::TreeRemove:
        case ActionKind::PostgresDrop:
        case ActionKind::InventoryRebuild:
            break;
        }
        return fail(ErrorCode::Unsupported,
                    tr("“%1” cannot be read here").arg(QLatin1String(specOf(call.kind).key)));
    };
}

} // namespace lb
