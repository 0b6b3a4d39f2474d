// SPDX-License-Identifier: GPL-3.0-or-later
// Backups that the documented manual script of Alien4Cloud 1.1.0 has made (sheet §2.4).
#include "core/actions/elasticsearch_work.h"
#include "core/actions/tree_work.h"
#include "core/base/atomic_file.h"
#include "core/base/json.h"

#include <QCollator>
#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <array>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

// What the script copies: into a folder that is there already, so that it lands a level too deep.
constexpr std::array kCopied{"csar", "artifacts", "plugins"};
// What it leaves out and a whole installation has.
constexpr std::array kLeftOut{"images", "work"};

template <size_t Size>
std::vector<QByteArray> bytesOf(const std::array<const char *, Size> &names)
{
    return {names.begin(), names.end()};
}

struct ScriptBackup
{
    QStringList there, nested;
    QStringList taken;   ///< not there, and taken from the installation
    QStringList missing; ///< not to be had
};

ScriptBackup lookAt(const ElasticsearchCall &call)
{
    const QString folder = call.folder.display();
    ScriptBackup backup;
    for (const char *each : kCopied) {
        const QString name = QLatin1String(each);
        const QDir inside(QDir(folder).filePath(name));
        if (!inside.exists()) {
            backup.missing << name;
            continue;
        }
        backup.there << name;
        const QStringList names =
            inside.entryList(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot);
        if (names == QStringList{name} && QFileInfo(inside.filePath(name)).isDir())
            backup.nested << name;
    }
    for (const char *each : kLeftOut) {
        const QString name = QLatin1String(each);
        if (QFileInfo(QDir(folder).filePath(name)).isDir())
            backup.there << name;
        else if (!call.dataFolder.isEmpty() &&
                 QFileInfo(QDir(call.dataFolder).filePath(name)).isDir())
            backup.taken << name;
        else
            backup.missing << name;
    }
    return backup;
}

/// The names of a repository's snapshots, as its files tell them; nothing when it is none. From
/// Elasticsearch 5 on the `index-N` with the highest number lists them; before, the list may be
/// compressed (LZF), and each has a file of its own name.
Result<std::optional<QStringList>> snapshotNames(const QString &folder)
{
    const QDir dir(folder);
    QStringList lists = dir.entryList({QStringLiteral("index-*")}, QDir::Files);
    QStringList names;
    if (!lists.isEmpty()) {
        QCollator byNumber(QLocale::c());
        byNumber.setNumericMode(true);
        std::sort(lists.begin(), lists.end(), byNumber);
        const QString file = dir.filePath(lists.last());
        TRY_VALUE(const QByteArray bytes, readWholeFile(file));
        TRY_VALUE(const QJsonObject list, parseJsonObject(bytes, file));
        for (const QJsonValue one : list.value(QLatin1String("snapshots")).toArray())
            names << one[QLatin1String("name")].toString();
        return std::optional(names);
    }
    if (!dir.exists(QStringLiteral("index")))
        return std::optional<QStringList>();
    const QString before = QStringLiteral("snapshot-");
    for (const QString &file : dir.entryList({before + QLatin1Char('*')}, QDir::Files, QDir::Name))
        names << file.mid(before.size());
    return std::optional(names);
}

} // namespace

Result<CallOutcome> checkRepository(ElasticsearchJob &job)
{
    const QString folder = job.call.folder.display();
    const QString advice = tr("repository_dir is the folder with the files index, snapshot-… and "
                              "metadata-…; the script's is named elasticsearch");
    if (!QFileInfo(folder).isDir())
        return fail(ErrorCode::NotFound, tr("There is no folder %1").arg(folder), {}, advice);
    TRY_VALUE(const auto found, snapshotNames(folder));
    if (!found)
        return fail(ErrorCode::NotFound, tr("%1 is no repository of Elasticsearch").arg(folder), {},
                    advice);
    const QStringList names = *found;
    if (names.isEmpty())
        return fail(ErrorCode::NotFound, tr("The repository %1 holds no snapshot").arg(folder), {},
                    advice);
    const QString wanted = job.call.snapshot.display();
    if (!wanted.isEmpty() && !names.contains(wanted))
        return fail(ErrorCode::NotFound, tr("There is no snapshot %1 in %2").arg(wanted, folder),
                    tr("it holds %1").arg(listed(names)), tr("Name one of them in snapshot"));
    return holds(tr("%n snapshot(s): %1", nullptr, int(names.size())).arg(listed(names)));
}

Result<CallOutcome> checkScriptFiles(ElasticsearchJob &job)
{
    const QString folder = job.call.folder.display();
    const ScriptBackup backup = lookAt(job.call);
    if (!backup.there.contains(QLatin1String("csar")))
        return fail(ErrorCode::NotFound, tr("%1 holds no folder csar").arg(folder), {},
                    tr("files_dir is the folder that holds csar, artifacts and plugins; the script "
                       "makes it as filesystem/NAME"));
    QStringList evidence{tr("there: %1").arg(backup.there.join(QStringLiteral(", ")))};
    if (!backup.nested.isEmpty())
        evidence << tr("a level too deep, which is put right: %1")
                        .arg(backup.nested.join(QStringLiteral(", ")));
    if (!backup.taken.isEmpty())
        evidence << tr("taken from %1 as they are now: %2")
                        .arg(job.call.dataFolder, backup.taken.join(QStringLiteral(", ")));
    if (!backup.missing.isEmpty())
        return fail(
            ErrorCode::Conflict,
            tr("The backup in %1 lacks %2").arg(folder, backup.missing.join(QStringLiteral(", "))),
            evidence.join(QStringLiteral("; ")),
            tr("A restore of it leaves them out: plugins without work/plugins do not load, "
               "and without images they are broken. missing_from takes them from an "
               "installation that still has them"));
    return holds(evidence.join(QStringLiteral("; ")));
}

Result<CallOutcome> adoptFiles(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    const ScriptBackup backup = lookAt(call);
    const TreeShape shape{bytesOf(kCopied), bytesOf(kLeftOut), call.dataFolder};
    TRY_VALUE(CallOutcome outcome, shapedTreeSaveWork(folderSave(call), shape, job.context,
                                                      job.programs)(job.report, job.stop));
    QStringList limits = toStringList(outcome.outputs.value(QLatin1String("limits")));
    for (const QString &name : backup.taken)
        limits << tr("%1 was not in the backup; it is that of %2 at the time of the import")
                      .arg(name, call.dataFolder);
    for (const QString &name : backup.missing)
        limits << tr("%1 is not in it: the backup did not have it").arg(name);
    outcome.outputs.insert(QStringLiteral("limits"), toJsonArray(limits));
    return outcome;
}

} // namespace lb
