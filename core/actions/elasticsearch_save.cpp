// SPDX-License-Identifier: GPL-3.0-or-later
// Snapshots of a cluster: taking one, watching it, judging it, copying it, taking it away.
#include "core/actions/elasticsearch_work.h"
#include "core/actions/point_session.h"
#include "core/actions/reference_part.h"
#include "core/actions/tree_work.h"
#include "core/archive/tree_remove.h"
#include "core/base/atomic_file.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/model/restore_point.h"

#include <QElapsedTimer>
#include <QFileInfo>

#include <cerrno>
#include <cstdio>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

using namespace std::chrono_literals;

/// While it is finished or begun, a snapshot is on no list for a moment.
constexpr auto kIdle = 3s;
/// Looked at often at first, for small ones are soon done, and then more and more seldom.
constexpr auto kFirstLook = 100ms;
constexpr auto kLongestLook = 1000ms;

/// What is asked for must be there and open, or the snapshot would be 200, SUCCESS and lack it.
Result<int> shardsOf(ElasticsearchJob &job, const QStringList &wanted)
{
    TRY_VALUE(const auto indices, clusterIndices(job));
    int shards = 0;
    QStringList missing, closed;
    for (const QString &name : wanted) {
        const auto found = std::find_if(indices.begin(), indices.end(),
                                        [&](const auto &index) { return index.name == name; });
        if (found == indices.end())
            missing << name;
        else if (!found->isOpen)
            closed << name;
        else
            shards += found->shards;
    }
    if (!missing.isEmpty())
        return fail(
            ErrorCode::NotFound,
            tr("%n index(es) missing at %1", nullptr, int(missing.size())).arg(job.call.at.text()),
            missing.join(QStringLiteral(", ")),
            tr("Somebody has deleted them since the plan was made. Plan again, or restore "
               "them"));
    if (!closed.isEmpty())
        return fail(ErrorCode::Conflict,
                    tr("%n closed index(es), which cannot be saved", nullptr, int(closed.size())),
                    closed.join(QStringLiteral(", ")),
                    tr("A restore that did not end leaves them so. Restore them, or open them"));
    return shards;
}

/// The run's snapshot, whatever became of it; nothing when there is none.
Result<std::optional<SnapshotState>> lookForSnapshot(ElasticsearchJob &job)
{
    TRY_VALUE(const auto body, job.askIfThere("look", tr("Cannot look for the snapshot")));
    if (!body)
        return std::optional<SnapshotState>();
    TRY_VALUE(const auto list, readSnapshots(*body));
    if (list.empty())
        return std::optional<SnapshotState>();
    return std::optional(list.front());
}

/// Every node must have written to the share; one that did not would leave its shards out.
Result<void> registerRepository(ElasticsearchJob &job)
{
    const QString doing =
        tr("The nodes cannot use %1 for a snapshot").arg(job.call.folder.display());
    TRY(job.ask("register", doing));
    TRY_VALUE(const QByteArray verified, job.ask("verify", doing));
    TRY_VALUE(const QStringList seen, readVerifiedNodes(verified));
    TRY_VALUE(const QByteArray all, job.ask("nodes", tr("Cannot read the nodes")));
    TRY_VALUE(const auto nodes, readNodes(all));
    QStringList blind;
    for (const ClusterNode &node : nodes) {
        if (!seen.contains(node.name))
            blind << node.name;
    }
    if (blind.isEmpty())
        return {};
    return fail(ErrorCode::Denied, doing,
                tr("not seen by %1").arg(blind.join(QStringLiteral(", "))),
                tr("Mount the share on every node at the same path"));
}

/// A cluster that was restarted in the middle goes on saying IN_PROGRESS of a snapshot that nobody
/// takes any more: only what it lists as running is.
Result<bool> isTaken(ElasticsearchJob &job)
{
    TRY_VALUE(const QByteArray body, job.ask("running", tr("Cannot read what runs")));
    TRY_VALUE(const auto list, readSnapshotProgress(body));
    return std::any_of(list.begin(), list.end(), [&](const SnapshotProgress &running) {
        return running.repository == job.call.repository.display();
    });
}

/// Watches it to its end; one that nobody takes any more comes back as it is, still running.
Result<SnapshotState> watchSnapshot(ElasticsearchJob &job, SnapshotState now)
{
    QElapsedTimer idle;
    std::chrono::milliseconds wait = kFirstLook;
    while (now.isRunning()) {
        TRY_VALUE(const bool taken, isTaken(job));
        if (taken)
            idle.invalidate();
        else if (!idle.isValid())
            idle.start();
        else if (idle.hasExpired(std::chrono::milliseconds(kIdle).count()))
            return now;
        const auto paused = job.pause(wait);
        wait = std::min(wait * 3 / 2, std::chrono::milliseconds(kLongestLook));
        if (!paused) {
            // What nobody waits for must not go on: the next one would be refused.
            (void)job.askIfThere("remove_snapshot", tr("Cannot end the snapshot"));
            return tl::unexpected(paused.error());
        }
        TRY_VALUE(const auto body, job.askIfThere("progress", tr("Cannot watch the snapshot")));
        if (body) {
            TRY_VALUE(const auto progress, readSnapshotProgress(*body));
            if (!progress.empty())
                job.report({progress.front().bytes, progress.front().totalBytes,
                            progress.front().shardsDone, progress.front().shardsTotal});
        }
        TRY_VALUE(const auto again, lookForSnapshot(job));
        if (!again)
            return fail(
                ErrorCode::NotFound, tr("The snapshot %1 is gone").arg(now.name),
                tr("repository %1 at %2").arg(job.call.repository.display(), job.call.at.text()),
                tr("Somebody has deleted it while it was taken; save again"));
        now = *again;
    }
    return now;
}

/// One that an earlier attempt had begun is found again by its name: it is never begun twice.
Result<SnapshotState> takeOrGoOn(ElasticsearchJob &job, const QStringList &indices)
{
    TRY_VALUE(const int shards, shardsOf(job, indices));
    TRY_VALUE(auto snapshot, lookForSnapshot(job));
    if (snapshot) {
        TRY_VALUE(snapshot, watchSnapshot(job, *snapshot));
    }
    // What a cluster that died left will never be whole.
    if (snapshot && !judgeSnapshot(*snapshot, indices, shards)) {
        TRY(job.askIfThere("remove_snapshot", tr("Cannot delete the unfinished snapshot")));
        snapshot.reset();
    }
    if (!snapshot) {
        TRY(registerRepository(job));
        job.record("snapshot", {{QStringLiteral("repository"), job.call.repository.display()},
                                {QStringLiteral("snapshot"), job.call.snapshot.display()}});
        const auto created =
            job.ask("create", tr("Cannot begin the snapshot at %1").arg(job.call.at.text()));
        // Cut off in the middle, it may go on all the same.
        const bool maybe = !created && (created.error().code == ErrorCode::Unreachable ||
                                        created.error().code == ErrorCode::TimedOut);
        if (!created && !maybe) {
            // An index that is gone or closed meanwhile has a name, which 1.x does not say.
            TRY(shardsOf(job, indices));
            return tl::unexpected(created.error());
        }
        for (int tries = 0; !snapshot && tries < 20; ++tries) {
            TRY_VALUE(snapshot, lookForSnapshot(job));
            if (!snapshot)
                TRY(job.pause());
        }
        if (!snapshot)
            return created
                       ? fail(ErrorCode::NotFound,
                              tr("The cluster at %1 accepted the snapshot %2 and does not know it")
                                  .arg(job.call.at.text(), job.call.snapshot.display()),
                              {},
                              tr("Somebody has deleted it at once, or the cluster has another "
                                 "master now; save again"))
                       : tl::unexpected(created.error());
    }
    TRY_VALUE(const SnapshotState done, watchSnapshot(job, *snapshot));
    TRY(judgeSnapshot(done, indices, shards));
    return done;
}

Result<SnapshotState> takeSnapshot(ElasticsearchJob &job, const QStringList &indices)
{
    const bool wasBegun = job.isOnRecord("snapshot");
    auto taken = takeOrGoOn(job, indices);
    if (taken || taken.error().code != ErrorCode::Corrupt || !wasBegun)
        return taken;
    // A node that died while it wrote has left half a file, which the cluster can neither read nor
    // delete. The folder is the run's own, so it goes whole and the snapshot is begun anew.
    job.log(taken.error().sentence());
    TRY(job.askIfThere("remove_repository", tr("Cannot take the repository away")));
    if (isOwnFolderName(job.call.folder.display()))
        TRY(removeTree(job.call.folder.display(), {}, job.stop));
    return takeOrGoOn(job, indices);
}

/// Takes the snapshot away, and with it what only the cluster knows of it. Half a snapshot is not
/// deleted by the cluster: its folder goes instead.
Result<void> dropSnapshot(ElasticsearchJob &job, const QString &doing)
{
    if (const auto removed = job.askIfThere("remove_snapshot", doing); !removed) {
        if (removed.error().code != ErrorCode::Corrupt)
            return tl::unexpected(removed.error());
        job.log(removed.error().sentence());
    }
    TRY(job.askIfThere("remove_repository", tr("Cannot take the repository away")));
    return {};
}

/// A few documents of an index and what they hash to, to be compared one by one after a restore.
Result<QJsonArray> sampleDocuments(ElasticsearchJob &job, const QString &index)
{
    TRY_VALUE(const QByteArray body,
              job.ask("sample_names", tr("Cannot read documents of %1").arg(index),
                      {{QStringLiteral("index"), index}}));
    TRY_VALUE(const auto hits, readHits(body));
    QJsonArray samples;
    for (const SearchHit &hit : hits) {
        TRY_VALUE(const auto hash, hashDocument(job, index, hit.type, hit.id));
        if (hash)
            samples.append(QJsonObject{{QStringLiteral("type"), hit.type},
                                       {QStringLiteral("id"), hit.id},
                                       {QStringLiteral("sha256"), *hash}});
    }
    return samples;
}

/// The same documents again; those that changed meanwhile say nothing about the snapshot.
Result<QJsonArray> stillTheSame(ElasticsearchJob &job, const QString &index, const QJsonArray &list)
{
    QJsonArray same;
    for (const QJsonValue sample : list) {
        TRY_VALUE(const auto hash,
                  hashDocument(job, index, sample[QLatin1String("type")].toString(),
                               sample[QLatin1String("id")].toString()));
        if (hash && *hash == sample[QLatin1String("sha256")].toString())
            same.append(sample);
    }
    return same;
}

/// Clears the share of what a run put there. Not being allowed to is told, not an error: the
/// folder belongs to the nodes' user.
void clearFolder(const ElasticsearchJob &job, CallOutcome &outcome)
{
    const QString folder = job.call.folder.display();
    if (!isOwnFolderName(folder) || !QFileInfo::exists(folder))
        return;
    if (const auto removed = removeTree(folder, {}, job.stop); !removed)
        outcome.warnings << tr("%1 stays in the share: %2").arg(folder, removed.error().detail);
}

/// What a restore must know of a repository that becomes a part.
struct RepositoryFacts
{
    QString source;
    QDateTime from, to; ///< of the snapshot
    QJsonObject details;
};

/// What every part of a snapshot says of itself.
void describePart(PartRecord &part, const RepositoryFacts &facts)
{
    part.kind = QString::fromLatin1(kElasticsearchPart);
    part.source = facts.source;
    if (facts.from.isValid() && facts.to.isValid()) {
        part.takenFrom = facts.from;
        part.takenTo = facts.to;
    }
    for (auto it = facts.details.begin(); it != facts.details.end(); ++it)
        part.details.insert(it.key(), it.value());
}

/// The snapshot stays in the share under a name that no later run takes for its own; the part is
/// the list of its files.
Result<CallOutcome> keepRepository(ElasticsearchJob &job, const RepositoryFacts &facts,
                                   QStringList warnings)
{
    const ElasticsearchCall &call = job.call;
    const QString kept = call.kept.display();
    // What the cluster has open it may change; after this it does not know the folder any more.
    TRY(job.askIfThere("remove_repository", tr("Cannot take the repository away")));
    if (::rename(QFile::encodeName(call.folder.display()).constData(),
                 QFile::encodeName(kept).constData()) != 0)
        return failErrno(
            tr("Cannot rename the snapshot's folder %1 to %2").arg(call.folder.display(), kept),
            errno,
            tr("Whoever runs Lifeboat must be allowed to write to the share; or set "
               "copy_snapshot to yes"));
    TRY(syncFolder(call.share));
    TRY_VALUE(const QString pointFolder, job.context.session->folder());
    PartRecord part;
    part.id = call.part;
    part.title = call.title;
    part.format = QStringLiteral("Elasticsearch fs repository in the share, sha256sum list");
    part.file = call.file;
    describePart(part, facts);
    TRY(makeFolders(QFileInfo(pointFolder + QLatin1Char('/') + part.file).absolutePath()));
    TRY(writeReference(kept, pointFolder, part, job.report, job.stop));
    CallOutcome outcome;
    outcome.warnings = std::move(warnings);
    outcome.outputs = {
        {QStringLiteral("part"), part.toJson()},
        {QStringLiteral("bytes"), part.bytes},
        {QStringLiteral("entries"), part.entries},
        {QStringLiteral("limits"),
         QJsonArray{tr("Part %1 is by reference: it is worth what %2 is, and is not in the store")
                        .arg(call.part, kept)}}};
    return outcome;
}

/// The folder is the snapshot: what is in it and nothing else brings the indices back.
Result<CallOutcome> copyRepository(ElasticsearchJob &job, const RepositoryFacts &facts,
                                   QStringList warnings)
{
    const ElasticsearchCall &call = job.call;
    TRY_VALUE(CallOutcome outcome,
              treeSaveWork(folderSave(call), job.context, job.programs)(job.report, job.stop));
    outcome.warnings = warnings + outcome.warnings;
    PartRecord part = PartRecord::fromJson(outcome.outputs.value(QLatin1String("part")).toObject());
    part.format = QStringLiteral("Elasticsearch fs repository, tar.zst");
    describePart(part, facts);
    outcome.outputs.insert(QStringLiteral("part"), part.toJson());
    outcome.outputs.insert(
        QStringLiteral("limits"),
        toJsonArray(
            toStringList(outcome.outputs.value(QLatin1String("limits")))
            << tr("Part %1 is not encrypted. It holds the password hashes of Alien's users, "
                  "and passwords of orchestrators as they stand in their configuration")
                   .arg(call.part)));
    return outcome;
}

/// The one that is asked for, or the newest whole one.
Result<SnapshotState> wantedSnapshot(const ElasticsearchJob &job,
                                     const std::vector<SnapshotState> &snapshots,
                                     QStringList &warnings)
{
    const QString where = job.call.folder.display();
    const QString wanted = job.call.snapshot.display();
    const auto isWhole = [](const SnapshotState &one) {
        return one.state == QLatin1String("SUCCESS") && one.failed == 0;
    };
    const SnapshotState *chosen = nullptr;
    QStringList names, broken;
    for (const SnapshotState &one : snapshots) {
        names << tr("%1 (%2)", "%1 a snapshot's name, %2 its state").arg(one.name, one.state);
        if (wanted.isEmpty() && !isWhole(one)) {
            broken << names.last();
            continue;
        }
        const bool fits =
            wanted.isEmpty() ? !chosen || one.begun >= chosen->begun : one.name == wanted;
        if (fits)
            chosen = &one;
    }
    if (!chosen)
        return fail(ErrorCode::NotFound,
                    wanted.isEmpty() ? tr("No snapshot in %1 is whole").arg(where)
                                     : tr("There is no snapshot %1 in %2").arg(wanted, where),
                    names.isEmpty() ? tr("the repository is empty")
                                    : tr("it holds %1").arg(listed(names)),
                    tr("Name one of them in snapshot, or correct repository_dir"));
    if (!isWhole(*chosen))
        return fail(ErrorCode::Corrupt,
                    tr("The snapshot %1 in %2 is not whole").arg(chosen->name, where),
                    tr("it is %1, %2 of %3 shards failed")
                        .arg(chosen->state)
                        .arg(chosen->failed)
                        .arg(chosen->total),
                    tr("Choose another one: the repository holds %1").arg(listed(names)));
    if (!broken.isEmpty())
        warnings << tr("Passed over, because they are not whole: %1").arg(listed(broken));
    return *chosen;
}

} // namespace

Result<CallOutcome> saveIndices(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    // Renamed by an attempt that was killed before it had the list: the run's own, begun anew.
    if (!call.kept.isEmpty() && isOwnFolderName(call.kept.display()))
        TRY(removeTree(call.kept.display(), {}, job.stop));
    TRY_VALUE(const QByteArray body,
              job.ask("root", tr("Cannot read what answers at %1").arg(call.at.text())));
    TRY_VALUE(const ClusterRoot root, readClusterRoot(body));
    TRY_VALUE(const auto live, clusterIndices(job));
    TRY_VALUE(const QJsonObject before, countDocuments(job, call.indices));
    QJsonObject facts;
    for (const ClusterIndex &index : live) {
        if (!call.indices.contains(index.name))
            continue;
        TRY_VALUE(const QJsonArray samples, sampleDocuments(job, index.name));
        facts.insert(index.name, QJsonObject{{QStringLiteral("docs"), before.value(index.name)},
                                             {QStringLiteral("shards"), index.shards},
                                             {QStringLiteral("replicas"), index.replicas},
                                             {QStringLiteral("uuid"), index.uuid},
                                             {QStringLiteral("samples"), samples}});
    }
    const QDateTime from = utcNow();
    TRY_VALUE(const SnapshotState snapshot, takeSnapshot(job, call.indices));
    const QDateTime to = utcNow();
    TRY_VALUE(const QJsonObject after, countDocuments(job, call.indices));
    CallOutcome outcome;
    QStringList changing;
    qint64 documents = 0;
    for (const QString &name : facts.keys()) {
        QJsonObject index = facts.value(name).toObject();
        TRY_VALUE(const QJsonArray same,
                  stillTheSame(job, name, index.value(QLatin1String("samples")).toArray()));
        index.insert(QStringLiteral("samples"), same);
        documents += index.value(QLatin1String("docs")).toInteger();
        if (before.value(name) != after.value(name)) {
            changing << name;
            index.insert(QStringLiteral("docs_after"), after.value(name));
        }
        if (expiringIndices().contains(name))
            index.insert(QStringLiteral("expires"), true);
        facts.insert(name, index);
    }
    if (!changing.isEmpty())
        outcome.warnings << tr("Written to while the snapshot was taken: %1. Documents and files "
                               "may not fit together")
                                .arg(changing.join(QStringLiteral(", ")));

    const RepositoryFacts repository{root.cluster,
                                     from,
                                     to,
                                     {{QStringLiteral("cluster"), root.cluster},
                                      {QStringLiteral("server_version"), root.version},
                                      {QStringLiteral("snapshot"), snapshot.name},
                                      {QStringLiteral("state"), snapshot.state},
                                      {QStringLiteral("documents"), documents},
                                      {QStringLiteral("indices"), facts}}};
    return call.kept.isEmpty() ? copyRepository(job, repository, std::move(outcome.warnings))
                               : keepRepository(job, repository, std::move(outcome.warnings));
}

Result<CallOutcome> adoptSnapshot(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    const QString where = call.folder.display();
    TRY_VALUE(const QByteArray body,
              job.ask("root", tr("Cannot read what answers at %1").arg(call.at.text())));
    TRY_VALUE(const ClusterRoot root, readClusterRoot(body));
    TRY(job.ask("register", tr("The cluster cannot read the repository %1").arg(where)));
    TRY_VALUE(const QByteArray all,
              job.ask("snapshots", tr("Cannot read the snapshots in %1").arg(where)));
    TRY_VALUE(const auto snapshots, readSnapshots(all));
    CallOutcome outcome;
    TRY_VALUE(const SnapshotState taken, wantedSnapshot(job, snapshots, outcome.warnings));
    std::vector<ClusterIndex> held;
    for (const QString &name : taken.indices)
        held.push_back({name, {}, true, 0, 0});
    const IndexSurvey survey = surveyIndices(held, call.extra);
    if (survey.open.isEmpty())
        return fail(ErrorCode::NotFound,
                    tr("The snapshot %1 in %2 holds no index of Alien").arg(taken.name, where), {},
                    tr("Choose another snapshot, or name your indices in extra_index"));
    if (!survey.missing.isEmpty())
        outcome.warnings << tr("Not in the snapshot: %1").arg(listed(survey.missing));
    TRY_VALUE(const QByteArray status,
              job.ask("status", tr("Cannot read the shards of the snapshot %1").arg(taken.name),
                      {{QStringLiteral("snapshot"), taken.name}}));
    TRY_VALUE(const auto shards, readSnapshotShards(status));
    QJsonObject facts;
    for (const QString &name : survey.open) {
        QJsonObject index{{QStringLiteral("shards"), shards.value(name)}};
        if (expiringIndices().contains(name))
            index.insert(QStringLiteral("expires"), true);
        facts.insert(name, index);
    }
    return copyRepository(job,
                          {where,
                           taken.begun,
                           taken.ended,
                           {{QStringLiteral("cluster"), root.cluster},
                            {QStringLiteral("server_version"),
                             taken.version.isEmpty() ? root.version : taken.version},
                            {QStringLiteral("snapshot"), taken.name},
                            {QStringLiteral("snapshot_indices"), toJsonArray(taken.indices)},
                            {QStringLiteral("snapshot_shards"), taken.total},
                            {QStringLiteral("indices"), facts}}},
                          std::move(outcome.warnings));
}

Result<CallOutcome> keepIndices(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    TRY_VALUE(const SnapshotState snapshot, takeSnapshot(job, call.present));
    CallOutcome outcome;
    outcome.outputs = {{QStringLiteral("indices"), toJsonArray(snapshot.indices)},
                       {QStringLiteral("aside_kept"),
                        QJsonObject{{QStringLiteral("snapshot_folder"), call.folder.display()},
                                    {QStringLiteral("snapshot_run"), job.context.run.value()},
                                    {QStringLiteral("urls"), toJsonArray(call.at.urls)},
                                    {QStringLiteral("ca"), call.at.ca},
                                    {QStringLiteral("cluster_user"), call.at.user}}}};
    return outcome;
}

Result<CallOutcome> describeIndices(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    TRY_VALUE(const QByteArray root,
              job.ask("root", tr("Cannot read what answers at %1").arg(call.at.text())));
    TRY_VALUE(const QByteArray state, job.ask("indices", tr("Cannot read the indices")));
    TRY_VALUE(const auto indices, readIndices(state));
    TRY_VALUE(const QJsonObject whole, parseJsonObject(state, tr("the cluster's state")));
    const IndexSurvey survey = surveyIndices(indices, call.extra);
    const QJsonObject described =
        whole.value(QLatin1String("metadata"))[QLatin1String("indices")].toObject();
    QJsonObject own;
    for (const QString &name : survey.open + survey.closed)
        own.insert(name, described.value(name));
    QJsonArray plugins, orchestrators;
    TRY_VALUE(const auto found, job.askIfThere("documents", tr("Cannot read plugins and "
                                                               "orchestrators")));
    if (found) {
        TRY_VALUE(const auto hits, readHits(*found));
        for (const SearchHit &hit : hits) {
            const auto field = [&](const char *key) {
                return hit.source.value(QLatin1String(key));
            };
            if (hit.index == QLatin1String("plugin"))
                plugins.append(QJsonObject{{QStringLiteral("id"), hit.id},
                                           {QStringLiteral("pluginPathId"), field("pluginPathId")},
                                           {QStringLiteral("enabled"), field("enabled")}});
            else
                orchestrators.append(QJsonObject{{QStringLiteral("id"), hit.id},
                                                 {QStringLiteral("name"), field("name")},
                                                 {QStringLiteral("pluginId"), field("pluginId")},
                                                 {QStringLiteral("state"), field("state")}});
        }
    }
    TRY_VALUE(const QJsonObject answered, parseJsonObject(root, tr("the cluster's answer")));
    const QByteArray document = toJsonDocument({{QStringLiteral("format"), 1},
                                                {QStringLiteral("cluster"), answered},
                                                {QStringLiteral("indices"), own},
                                                {QStringLiteral("plugins"), plugins},
                                                {QStringLiteral("orchestrators"), orchestrators}});
    TRY_VALUE(const QString folder, job.context.session->folder());
    TRY(writeFileAtomically(folder + QLatin1Char('/') + call.file, document));
    PartRecord part;
    part.id = call.part;
    part.title = call.title;
    part.kind = QString::fromLatin1(kFilePart);
    part.format = QStringLiteral("json");
    part.bytes = document.size();
    part.storedBytes = document.size();
    part.entries = own.size();
    part.takenFrom = part.takenTo = utcNow();
    part.sha256 = Sha256::hex(document);
    part.file = call.file;
    part.source = call.at.text();
    // What must be switched on and connected again after a restore.
    part.details = {{QStringLiteral("plugins"), plugins},
                    {QStringLiteral("orchestrators"), orchestrators}};
    CallOutcome outcome;
    outcome.outputs = {{QStringLiteral("part"), part.toJson()},
                       {QStringLiteral("bytes"), part.bytes},
                       {QStringLiteral("entries"), part.entries}};
    return outcome;
}

Result<CallOutcome> removeOwn(ElasticsearchJob &job)
{
    const QString prefix = job.call.prefix.display();
    TRY_VALUE(const auto indices, clusterIndices(job));
    CallOutcome outcome;
    QStringList removed;
    for (const ClusterIndex &index : indices) {
        // Twice: by the run's own prefix, and by the form that no name of people has.
        if (prefix.isEmpty() || !index.name.startsWith(prefix) || !isRehearsalIndex(index.name))
            continue;
        TRY(job.askIfThere("delete", tr("Cannot delete %1").arg(index.name),
                           {{QStringLiteral("index"), index.name.mid(prefix.size())}}));
        removed << index.name;
    }
    TRY(dropSnapshot(job, tr("Cannot delete the run's snapshot")));
    clearFolder(job, outcome);
    outcome.outputs.insert(QStringLiteral("removed"), toJsonArray(removed));
    return outcome;
}

Result<CallOutcome> forgetSnapshot(ElasticsearchJob &job)
{
    CallOutcome outcome;
    if (QFileInfo::exists(job.call.folder.display()))
        TRY(job.ask("register", tr("Cannot register the repository of the kept snapshot")));
    TRY(dropSnapshot(job, tr("Cannot delete the kept snapshot")));
    clearFolder(job, outcome);
    return outcome;
}

} // namespace lb
