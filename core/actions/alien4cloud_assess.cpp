// SPDX-License-Identifier: GPL-3.0-or-later
// What stands half-done, or was switched off without a word: checks of the assessment.
#include "core/actions/elasticsearch_work.h"
#include "core/actions/reference_part.h"
#include "core/archive/own_names.h"
#include "core/store/folder_store.h"

#include <QDir>
#include <QFileInfo>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

/// Left in the share by saves whose restore point is not there: never made, or removed while the
/// share was away.
Result<QStringList> unknownSnapshots(ElasticsearchJob &job)
{
    QStringList found;
    const QDir share(job.call.share);
    if (job.call.share.isEmpty() || !share.exists())
        return found;
    for (const QString &name : share.entryList({QLatin1String(kSavedPrefix) + QLatin1Char('*')},
                                               QDir::Dirs | QDir::Hidden | QDir::NoDotAndDotDot))
        found << share.filePath(name);
    if (found.isEmpty())
        return found;
    if (const auto store = FolderStore::open(job.context.store, OpenStore::Existing)) {
        TRY_VALUE(const auto points, store->list());
        for (const RestorePoint &point : points) {
            for (const PartRecord &part : point.parts)
                found.removeAll(referenceOf(part));
        }
    }
    return found;
}

/// The plugins that were switched on when the newest restore point was saved.
struct SavedPlugins
{
    QString point; ///< empty: there is none
    QStringList on;
};

Result<SavedPlugins> savedPlugins(const ElasticsearchJob &job)
{
    const auto store = FolderStore::open(job.context.store, OpenStore::Existing);
    if (!store)
        return SavedPlugins{};
    TRY_VALUE(const auto points, store->list(job.context.system.name));
    for (const RestorePoint &point : points) {
        for (const PartRecord &part : point.parts) {
            const QJsonValue plugins = part.details.value(QLatin1String("plugins"));
            if (!plugins.isArray())
                continue;
            SavedPlugins saved{point.id, {}};
            for (const QJsonValue plugin : plugins.toArray()) {
                if (plugin[QLatin1String("enabled")].toBool())
                    saved.on << plugin[QLatin1String("id")].toString();
            }
            return saved;
        }
    }
    return SavedPlugins{};
}

} // namespace

Result<CallOutcome> checkLeftovers(ElasticsearchJob &job)
{
    TRY_VALUE(const auto live, clusterIndices(job));
    const IndexSurvey survey = surveyIndices(live, job.call.extra);
    QStringList found;
    if (!survey.closed.isEmpty())
        found << tr("closed: %1").arg(listed(survey.closed));
    if (!survey.rehearsals.isEmpty())
        found << tr("left by a rehearsal: %1").arg(listed(survey.rehearsals));
    TRY_VALUE(const QStringList unknown, unknownSnapshots(job));
    if (!unknown.isEmpty())
        found << tr("snapshots to which no restore point refers: %1").arg(listed(unknown));
    if (!found.isEmpty())
        return fail(ErrorCode::Conflict, tr("Half-done work stands in the cluster"),
                    found.join(QStringLiteral("; ")),
                    tr("lifeboat-cli runs list --all names the run; runs resume or undo it"));
    return holds(tr("no closed index, nothing of a rehearsal"));
}

/// Alien's start saves a plugin whose files are missing as switched off, and tells nobody (sheet
/// §3.1). One that was off when it was saved too was somebody's wish.
Result<CallOutcome> checkSwitchedOff(ElasticsearchJob &job)
{
    TRY_VALUE(const auto body, job.askIfThere("documents", tr("Cannot read the plugins")));
    TRY_VALUE(const SavedPlugins saved, savedPlugins(job));
    const QDir contents(QDir(job.call.dataFolder).filePath(QStringLiteral("work/plugins/content")));
    QStringList wrong, off;
    int on = 0;
    const auto hits = body ? readHits(*body) : Result<std::vector<SearchHit>>();
    if (!hits)
        return tl::unexpected(hits.error());
    for (const SearchHit &hit : *hits) {
        if (hit.source.value(QLatin1String("enabled")).toBool(true)) {
            ++on;
            continue;
        }
        const QString path = hit.source.value(QLatin1String("pluginPathId")).toString();
        if (path.isEmpty() || !QFileInfo(contents.filePath(path)).isDir())
            wrong << tr("%1 has no files").arg(hit.id);
        else if (saved.on.contains(hit.id))
            wrong << tr("%1 was on when %2 was saved").arg(hit.id, saved.point);
        else
            off << hit.id;
    }
    if (!wrong.isEmpty())
        return fail(
            ErrorCode::Conflict,
            tr("%n plugin(s) switched off, perhaps by Alien itself", nullptr, int(wrong.size())),
            listed(wrong),
            tr("Alien switches a plugin off at its start when it does not find its files, "
               "and never on again. Restore the files, or upload the plugin again; then "
               "switch it on in Alien's administration"));
    if (off.isEmpty())
        return holds(tr("%n plugin(s), all of them switched on", nullptr, on));
    return holds(
        tr("%n plugin(s) switched on; switched off, with their files there: %1", nullptr, on)
            .arg(listed(off)));
}

} // namespace lb
