// SPDX-License-Identifier: GPL-3.0-or-later
// The exchange of a plugin's files (sheet §4.3): what the documents advise, without their traps.
#include "core/actions/elasticsearch_work.h"
#include "core/actions/tree_work.h"
#include "core/archive/folder_pack.h"
#include "core/archive/tree_remove.h"
#include "core/base/atomic_file.h"
#include "core/base/json.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>

#include <sys/stat.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

constexpr char kRecord[] = "plugin";

/// One folder that is exchanged. All three lie on one file system.
struct Exchange
{
    QString live, old, fresh;
};

/// `content` is the unpacked plugin; `ui` a copy of its pages, made only when it is uploaded, so
/// that whoever exchanges the files must exchange it too (PluginManager of both tags).
std::array<Exchange, 2> exchanges(const ElasticsearchCall &call, const QString &pathId)
{
    const QString plugins = QDir(call.dataFolder).filePath(QStringLiteral("work/plugins/"));
    const QString own = call.folder.display();
    return {Exchange{plugins + QStringLiteral("content/") + pathId,
                     own + QStringLiteral("/content"), own + QStringLiteral("/new")},
            Exchange{plugins + QStringLiteral("ui/") + pathId, own + QStringLiteral("/ui"),
                     own + QStringLiteral("/new-ui/ui")}};
}

Result<void> moveFolder(const QString &from, const QString &to)
{
    if (::rename(QFile::encodeName(from).constData(), QFile::encodeName(to).constData()) != 0)
        return failErrno(tr("Cannot move %1 to %2").arg(from, to), errno);
    TRY(syncFolder(QFileInfo(from).path()));
    return syncFolder(QFileInfo(to).path());
}

Result<void> unpackPlugin(const ElasticsearchCall &call, const QString &into, bool onlyPages)
{
    TRY(makeFolders(into));
    UnpackLimits limits;
    limits.bytes = 1ULL << 30;
    limits.hasOneTop = false;
    limits.fits = [](const QByteArray &, bool) { return true; };
    TRY(unpackFiles(call.file, into, limits));
    if (!onlyPages)
        return {};
    for (const QFileInfo &one :
         QDir(into).entryInfoList(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden)) {
        if (one.fileName() != QLatin1String("ui"))
            TRY(one.isDir() ? removeTree(one.filePath())
                : QFile::remove(one.filePath())
                    ? Result<void>()
                    : failErrno(tr("Cannot remove %1").arg(one.filePath()), errno));
    }
    return {};
}

/// As readable as the old ones, and of the same owner where we may give it.
Result<void> giveAs(const QString &folder, const QString &like)
{
    struct stat old = {};
    if (::stat(QFile::encodeName(like).constData(), &old) != 0)
        return failErrno(tr("Cannot look at %1").arg(like), errno);
    QDirIterator all(folder, QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden,
                     QDirIterator::Subdirectories);
    QStringList paths{folder};
    while (all.hasNext())
        paths << all.next();
    for (const QString &path : std::as_const(paths)) {
        const QByteArray name = QFile::encodeName(path);
        const bool isFolder = QFileInfo(path).isDir();
        const mode_t mode = isFolder ? old.st_mode & 07777 : 0644;
        if (::chmod(name.constData(), mode) != 0 ||
            (::geteuid() == 0 && ::chown(name.constData(), old.st_uid, old.st_gid) != 0))
            return failErrno(tr("Cannot set owner and mode of %1").arg(path), errno);
    }
    return {};
}

/// Which plugin of the installation a zip is a version of: its `pluginPathId`.
Result<QString> pathIdOf(ElasticsearchJob &job, const QString &unpacked)
{
    const QString file = unpacked + QStringLiteral("/META-INF/plugin.yml");
    if (!QFileInfo::exists(file))
        return fail(
            ErrorCode::BadInput, tr("%1 is no plugin of Alien").arg(job.call.file),
            tr("it holds no META-INF/plugin.yml"),
            tr("Nothing was changed. Choose the zip of the orchestrator's plugin for 1.2.0"));
    if (!job.context.readYaml)
        return fail(ErrorCode::Internal, tr("Nobody reads YAML here"));
    TRY_VALUE(const QJsonValue descriptor, job.context.readYaml(file));
    const QString id = descriptor[QLatin1String("id")].toString();
    TRY_VALUE(const QByteArray body, job.ask("documents", tr("Cannot read the plugins")));
    TRY_VALUE(const auto documents, readHits(body));
    QStringList found, names;
    for (const SearchHit &hit : documents) {
        names << hit.id;
        // A document's id is `DESCRIPTOR:VERSION`.
        if (hit.id.section(QLatin1Char(':'), 0, 0) == id)
            found << hit.source.value(QLatin1String("pluginPathId")).toString();
    }
    if (found.size() == 1 && !found.front().isEmpty() && !found.front().contains(QLatin1Char('/')))
        return found.front();
    return fail(found.isEmpty() ? ErrorCode::NotFound : ErrorCode::Conflict,
                found.isEmpty() ? tr("No plugin here is called %1").arg(id)
                                : tr("Which plugin is meant is not clear: %1").arg(id),
                tr("there are %1").arg(names.join(QStringLiteral(", "))),
                tr("Nothing was changed. Choose the zip of a plugin that is there once"));
}

} // namespace

Result<CallOutcome> checkPluginZip(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    const QTemporaryDir place;
    if (!place.isValid())
        return fail(ErrorCode::Failed, tr("Cannot unpack %1 to look at it").arg(call.file),
                    place.errorString(), tr("See the folder for temporary files, and its room"));
    if (!QFileInfo(call.file).isFile())
        return fail(ErrorCode::NotFound, tr("%1 is no file").arg(call.file), {},
                    tr("Choose the zip of the orchestrator's plugin for 1.2.0"));
    const QString unpacked = place.filePath(QStringLiteral("plugin"));
    if (auto read = unpackPlugin(call, unpacked, false); !read) {
        Error error = read.error();
        error.advice = tr("Nothing was changed. Choose the zip of the orchestrator's plugin for "
                          "1.2.0");
        return tl::unexpected(error);
    }
    TRY_VALUE(const QString pathId, pathIdOf(job, unpacked));
    const QString live = exchanges(call, pathId)[0].live;
    if (!QFileInfo(live).isDir())
        return fail(ErrorCode::NotFound, tr("The plugin of %1 has no files").arg(call.file),
                    tr("%1 is not there").arg(live),
                    tr("Restore the files of Alien first, or see alien_dir"));
    return holds(tr("%1 takes the place of %2").arg(call.file, live));
}

Result<CallOutcome> swapPlugin(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    const QString own = call.folder.display();
    auto record = job.onRecord(kRecord);
    if (!record) {
        // Left by an attempt that ended before anything was moved.
        if (QFileInfo::exists(own) && isOwnFolderName(own))
            TRY(removeTree(own, {}, job.stop));
        TRY(makeFolders(own));
        const QString fresh = own + QStringLiteral("/new");
        TRY(unpackPlugin(call, fresh, false));
        TRY_VALUE(const QString pathId, pathIdOf(job, fresh));
        const auto both = exchanges(call, pathId);
        TRY(giveAs(fresh, both[0].live));
        const bool hasPages = QFileInfo(fresh + QStringLiteral("/ui")).isDir();
        if (hasPages) {
            TRY(unpackPlugin(call, own + QStringLiteral("/new-ui"), true));
            TRY(giveAs(both[1].fresh, both[0].live));
        }
        record = QJsonObject{{QStringLiteral("path_id"), pathId},
                             {QStringLiteral("new_pages"), hasPages},
                             {QStringLiteral("old_pages"), QFileInfo::exists(both[1].live)}};
        job.record(kRecord, *record);
    }
    const QString pathId = record->value(QLatin1String("path_id")).toString();
    const auto both = exchanges(call, pathId);
    const bool hadPages = record->value(QLatin1String("old_pages")).toBool();
    for (const Exchange &one : both) {
        const bool isPages = &one == &both[1];
        if ((!isPages || hadPages) && !QFileInfo::exists(one.old))
            TRY(moveFolder(one.live, one.old));
        if ((!isPages || record->value(QLatin1String("new_pages")).toBool()) &&
            !QFileInfo::exists(one.live))
            TRY(moveFolder(one.fresh, one.live));
    }
    CallOutcome outcome;
    outcome.outputs = {{QStringLiteral("aside"), own}, {QStringLiteral("plugin"), pathId}};
    return outcome;
}

Result<CallOutcome> swapPluginBack(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    const QString own = call.folder.display();
    if (const auto record = job.onRecord(kRecord)) {
        const auto both = exchanges(call, record->value(QLatin1String("path_id")).toString());
        const bool hadPages = record->value(QLatin1String("old_pages")).toBool();
        for (const Exchange &one : both) {
            const bool isMoved = QFileInfo::exists(one.old) ||
                                 (&one == &both[1] && !hadPages && QFileInfo::exists(one.live) &&
                                  !QFileInfo::exists(one.fresh));
            if (!isMoved)
                continue;
            if (QFileInfo::exists(one.live))
                TRY(moveFolder(one.live, one.fresh));
            if (QFileInfo::exists(one.old))
                TRY(moveFolder(one.old, one.live));
        }
    }
    if (QFileInfo::exists(own) && isOwnFolderName(own))
        TRY(removeTree(own, {}, job.stop));
    return CallOutcome{};
}

} // namespace lb
