// SPDX-License-Identifier: GPL-3.0-or-later
// Restoring indices from a snapshot: over the live ones, back again, and beside.
#include "core/actions/elasticsearch_work.h"
#include "core/base/format.h"
#include "core/base/json.h"

#include <QElapsedTimer>
#include <QFileInfo>

#include <set>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

using namespace std::chrono_literals;

/// Nothing moves and something is missing for so long: it is stuck.
constexpr auto kStuck = 90s;

/// A shard that cannot be restored is tried again for ever by 1.x; so long that a share which was
/// away for a moment is back.
constexpr auto kFailing = 10s;

/// Names as the cluster has them: with the rehearsal's prefix.
QStringList liveNames(const ElasticsearchCall &call)
{
    QStringList names;
    for (const QString &index : call.indices)
        names << call.prefix.display() + index;
    return names;
}

/// An undo: from what Keep kept.
bool isBack(const ElasticsearchCall &call)
{
    return call.work == ElasticsearchWork::RestoreBack || call.work == ElasticsearchWork::PutBack;
}

int shardsOf(const QJsonObject &details)
{
    int shards = 0;
    for (const QJsonValue index : details.value(QLatin1String("indices")).toObject())
        shards += index[QLatin1String("shards")].toInt();
    return shards;
}

/// The cluster must read the snapshot, and it must be the one that was saved.
Result<int> judgeStaged(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    const QString doing = tr("The nodes cannot read the snapshot in %1").arg(call.folder.display());
    // One that an earlier attempt registered stays: it may be in use by the restore it began.
    TRY_VALUE(auto body, job.askIfThere("look", doing));
    if (!body) {
        TRY(job.ask("register", doing));
        TRY_VALUE(body, job.ask("look", doing));
    }
    TRY_VALUE(const auto list, readSnapshots(*body));
    if (list.empty())
        return fail(ErrorCode::NotFound,
                    tr("There is no snapshot in %1").arg(call.folder.display()), {},
                    tr("Somebody has deleted it while the run was under way. Run it again: it is "
                       "made anew"));
    const int shards = isBack(call) ? list.front().total : shardsOf(call.details);
    // One that others have taken may hold more than is the system's.
    const QJsonValue all = call.details.value(QLatin1String("snapshot_indices"));
    TRY(all.isArray() ? judgeSnapshot(list.front(), toStringList(all),
                                      call.details.value(QLatin1String("snapshot_shards")).toInt())
                      : judgeSnapshot(list.front(), call.indices, shards));
    return shards;
}

struct Watch
{
    qint64 bytes = 0, total = 0;
    int done = 0;
    bool isActive = false;
    std::set<QString> whole; ///< indices with a shard that is done
};

/// How far the shards of our repository are.
Result<Watch> look(ElasticsearchJob &job)
{
    Watch watch;
    const auto asked = job.askIfThere("recovering", tr("Cannot watch the restore"));
    // Closed by an attempt that was killed before it began the restore.
    if (!asked && asked.error().code == ErrorCode::Conflict)
        return watch;
    TRY_VALUE(const auto body, asked);
    if (!body)
        return watch;
    TRY_VALUE(const auto shards, readRecoveries(*body));
    const QString ours = job.call.repository.display();
    std::set<std::pair<QString, int>> seen;
    for (const ShardRecovery &shard : shards) {
        // Replicas come from their primaries; they may be missing on a single node (yellow).
        if (shard.repository != ours)
            continue;
        watch.bytes += shard.bytes;
        watch.total += shard.totalBytes;
        if (shard.stage == QLatin1String("DONE")) {
            seen.emplace(shard.index, shard.shard);
            watch.whole.insert(shard.index);
        } else {
            watch.isActive = true;
        }
    }
    watch.done = int(seen.size());
    return watch;
}

/// A primary shard that the cluster has given up on.
struct FailedShard
{
    QString index;
    int number = 0;
    QString words; ///< the cluster's last ones: `CorruptIndexException[…`
};

/// It only says why: that a restore stands still is known without it, so an answer that cannot be
/// had is none.
std::vector<FailedShard> failedShards(ElasticsearchJob &job)
{
    const auto body = job.ask("shards", tr("Cannot read why"));
    const auto answer = body ? parseJsonObject(*body, tr("the cluster's state"))
                             : Result<QJsonObject>(QJsonObject{});
    const QJsonObject indices =
        answer ? answer->value(QLatin1String("routing_table"))[QLatin1String("indices")].toObject()
               : QJsonObject();
    std::vector<FailedShard> failed;
    for (auto it = indices.begin(); it != indices.end(); ++it) {
        for (const QJsonValue copies : it.value()[QLatin1String("shards")].toObject()) {
            for (const QJsonValue shard : copies.toArray()) {
                const QJsonValue why = shard[QLatin1String("unassigned_info")];
                if (!shard[QLatin1String("primary")].toBool() ||
                    shard[QLatin1String("state")].toString() == QLatin1String("STARTED") ||
                    why[QLatin1String("reason")].toString() != QLatin1String("ALLOCATION_FAILED"))
                    continue;
                // The cause comes last, before the lines of the program.
                const QString words =
                    why[QLatin1String("details")].toString().section(QLatin1Char('\n'), 0, 0);
                failed.push_back({it.key(), shard[QLatin1String("shard")].toInt(),
                                  words.section(QStringLiteral("nested: "), -1).left(400)});
            }
        }
    }
    return failed;
}

/// Saved indices of which no shard is there yet.
QString absent(const ElasticsearchJob &job, const Watch &watch)
{
    QStringList names;
    for (const QString &name : liveNames(job.call)) {
        if (watch.whole.find(name) == watch.whole.end())
            names << name;
    }
    return listed(names);
}

QString wayOn(const ElasticsearchCall &call)
{
    switch (call.work) {
    case ElasticsearchWork::Rehearse:
        return tr("Nothing live was touched");
    case ElasticsearchWork::Restore:
        return tr("Alien stays off. runs undo puts the old indices back");
    default:
        return tr("Alien stays off. Mend that and resume the run");
    }
}

Result<void> watchRestore(ElasticsearchJob &job, int shards)
{
    QElapsedTimer still;
    still.start();
    Watch last;
    for (;;) {
        TRY_VALUE(const Watch now, look(job));
        job.report({now.bytes, now.total > 0 ? now.total : -1, now.done, shards});
        if (now.done >= shards) {
            TRY_VALUE(const QByteArray body, job.ask("health", tr("Cannot read the health")));
            TRY_VALUE(const ClusterHealth health, readHealth(body));
            if (health.status != QLatin1String("red"))
                return {};
        }
        if (now.bytes != last.bytes || now.done != last.done)
            still.restart();
        last = now;
        if (still.hasExpired(std::chrono::milliseconds(kFailing).count())) {
            QStringList failed;
            for (const FailedShard &shard : failedShards(job))
                failed << QStringLiteral("%1[%2]: %3")
                              .arg(shard.index)
                              .arg(shard.number)
                              .arg(shard.words);
            if (!failed.isEmpty())
                return fail(ErrorCode::Corrupt,
                            tr("%n shard(s) cannot be restored at %1", nullptr, int(failed.size()))
                                .arg(job.call.at.text()),
                            failed.mid(0, 3).join(QStringLiteral("; ")),
                            tr("What is in the share is damaged, or a node cannot read it. See the "
                               "share, or restore another restore point. %1")
                                .arg(wayOn(job.call)));
        }
        if (still.hasExpired(std::chrono::milliseconds(kStuck).count())) {
            const auto body = job.ask("health", tr("Cannot read the health"));
            const auto health = body ? readHealth(*body) : Result<ClusterHealth>(ClusterHealth{});
            return fail(
                ErrorCode::Failed,
                tr("The restore stands still: %1 of %2 shards are there").arg(now.done).arg(shards),
                health ? tr("the indices are %1, %2 shards unassigned; nothing yet of %3")
                             .arg(health->status)
                             .arg(health->unassigned)
                             .arg(absent(job, now))
                       : absent(job, now),
                tr("Usually a disk is more than 85 % full, or cluster.routing.allocation.enable is "
                   "not “all”. Mend that and resume the run, or go back with runs undo"));
        }
        TRY(job.pause());
    }
}

/// What is there against what was saved. A document that expires may be gone.
Result<void> compare(ElasticsearchJob &job, CallOutcome &outcome)
{
    const QJsonObject saved = job.call.details.value(QLatin1String("indices")).toObject();
    TRY_VALUE(const QJsonObject counts, countDocuments(job, saved.keys()));
    QStringList wrong, missing;
    qint64 documents = 0;
    int compared = 0, uncounted = 0;
    for (auto it = saved.begin(); it != saved.end(); ++it) {
        const QJsonValue index = it.value();
        const bool expires = index[QLatin1String("expires")].toBool();
        const qint64 now = counts.value(it.key()).toInteger();
        documents += now;
        // What was imported does not say how many there were.
        if (!index[QLatin1String("docs")].isDouble()) {
            ++uncounted;
            continue;
        }
        const qint64 before = index[QLatin1String("docs")].toInteger();
        const qint64 after = index[QLatin1String("docs_after")].toInteger(before);
        const bool fits =
            now <= std::max(before, after) && (expires || now >= std::min(before, after));
        if (!fits)
            wrong << tr("%1 has %2 documents instead of %3").arg(it.key()).arg(now).arg(before);
        for (const QJsonValue sample : index[QLatin1String("samples")].toArray()) {
            const QString id = sample[QLatin1String("id")].toString();
            TRY_VALUE(const auto hash,
                      hashDocument(job, it.key(), sample[QLatin1String("type")].toString(), id));
            if (!hash && expires)
                continue;
            ++compared;
            if (!hash || *hash != sample[QLatin1String("sha256")].toString())
                missing << QStringLiteral("%1/%2").arg(it.key(), id);
        }
    }
    if (!missing.isEmpty())
        wrong << tr("not as saved: %1").arg(missing.mid(0, 5).join(QStringLiteral(", ")));
    if (!wrong.isEmpty())
        return fail(ErrorCode::Corrupt, tr("The restored indices are not what was saved"),
                    wrong.join(QStringLiteral("; ")), wayOn(job.call));
    if (uncounted > 0)
        outcome.warnings << tr("The restore point was imported and does not say how many documents "
                               "were in %n index(es); now there are %1 in all",
                               nullptr, uncounted)
                                .arg(documents);
    outcome.outputs.insert(QStringLiteral("documents"), documents);
    outcome.outputs.insert(QStringLiteral("entries"), documents);
    outcome.outputs.insert(QStringLiteral("compared"), compared);
    outcome.outputs.insert(QStringLiteral("bytes"), job.call.bytes);
    return {};
}

/// Another number of shards cannot be restored over (sheet §5.3).
Result<void> checkShards(ElasticsearchJob &job, const std::vector<ClusterIndex> &live)
{
    const QJsonObject saved = job.call.details.value(QLatin1String("indices")).toObject();
    for (const ClusterIndex &index : live) {
        const int shards = saved.value(index.name)[QLatin1String("shards")].toInt();
        if (shards > 0 && shards != index.shards)
            return fail(ErrorCode::Conflict,
                        tr("%1 has %2 shards here and %3 in the snapshot")
                            .arg(index.name)
                            .arg(index.shards)
                            .arg(shards),
                        tr("at %1").arg(job.call.at.text()),
                        tr("Another number of shards cannot be restored over, and no index was "
                           "changed. Delete that one by hand and plan again"));
    }
    return {};
}

/// What the restore that is taken back could not make whole: it cannot be closed (1.x), or keeps
/// the mark of its damage for what is restored over it. It goes first; the kept snapshot has been
/// judged by then. True when there was one.
Result<bool> dropFailed(ElasticsearchJob &job, std::vector<ClusterIndex> &live)
{
    if (!job.find("drop"))
        return false;
    std::set<QString> failed;
    for (const FailedShard &shard : failedShards(job)) {
        if (job.call.indices.contains(shard.index))
            failed.insert(shard.index);
    }
    for (const QString &index : failed)
        TRY(job.askIfThere("drop", tr("Cannot delete %1").arg(index),
                           {{QStringLiteral("index"), index}}));
    live.erase(std::remove_if(live.begin(), live.end(),
                              [&](const ClusterIndex &index) {
                                  return failed.find(index.name) != failed.end();
                              }),
               live.end());
    return !failed.empty();
}

/// Closes what is restored over, and no other.
Result<void> closeIndices(ElasticsearchJob &job, const std::vector<ClusterIndex> &live)
{
    const bool any = std::any_of(live.begin(), live.end(), [&](const ClusterIndex &index) {
        return job.call.indices.contains(index.name);
    });
    if (any && job.find("close"))
        TRY(job.ask("close", tr("Cannot close the indices at %1").arg(job.call.at.text())));
    return {};
}

Result<void> beginRestore(ElasticsearchJob &job, const std::vector<ClusterIndex> &live)
{
    TRY(closeIndices(job, live));
    const auto begun =
        job.ask("restore", tr("Cannot begin the restore at %1").arg(job.call.at.text()));
    if (begun)
        return {};
    Error error = begun.error();
    // Closed is not changed, but nobody can read them.
    if (job.find("close")) {
        QStringList advice{error.advice, tr("The indices stay closed until the run is resumed or "
                                            "taken back with runs undo")};
        advice.removeAll(QString());
        error.advice = advice.join(QStringLiteral(". "));
    }
    return tl::unexpected(error);
}

Result<void> deleteMade(ElasticsearchJob &job, const std::vector<ClusterIndex> &live)
{
    const bool any = std::any_of(live.begin(), live.end(), [&](const ClusterIndex &index) {
        return job.call.made.contains(index.name);
    });
    if (any && job.find("delete"))
        TRY(job.askIfThere("delete", tr("Cannot delete what the restore had made")));
    return {};
}

} // namespace

Result<CallOutcome> restoreIndices(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    CallOutcome outcome;
    TRY_VALUE(auto live, clusterIndices(job));
    if (call.work == ElasticsearchWork::RestoreBack && call.indices.isEmpty()) {
        TRY(deleteMade(job, live));
        return outcome;
    }
    TRY_VALUE(const int shards, judgeStaged(job));
    TRY_VALUE(const Watch before, look(job));
    TRY_VALUE(const QByteArray state, job.ask("restoring", tr("Cannot read what runs")));
    TRY_VALUE(const QStringList restores, readRestores(state));
    // One that an earlier attempt began goes on by itself, or has ended: never begun beside it, and
    // on 1.x the indices of a running one must not be closed (issue 16321 of Elasticsearch).
    TRY_VALUE(const bool hasFailed, dropFailed(job, live));
    const bool isRunning =
        !hasFailed && job.isOnRecord("restore") &&
        (restores.contains(call.repository.display()) || before.isActive || before.done >= shards);
    if (!isRunning) {
        if (call.work == ElasticsearchWork::PutBack)
            TRY(clearIndices(job));
        TRY(checkShards(job, live));
        job.record("restore", {{QStringLiteral("repository"), call.repository.display()},
                               {QStringLiteral("indices"), toJsonArray(liveNames(call))}});
        TRY(beginRestore(job, live));
    }
    TRY(watchRestore(job, shards));
    if (call.work == ElasticsearchWork::PutBack) {
        TRY_VALUE(const CallOutcome id, readClusterId(job));
        outcome.outputs.insert(QStringLiteral("facts"),
                               QJsonObject{{QStringLiteral("elasticsearch_id"), id.answer.value}});
        return outcome;
    }
    if (call.work == ElasticsearchWork::RestoreBack) {
        TRY_VALUE(live, clusterIndices(job));
        TRY(deleteMade(job, live));
        return outcome;
    }
    TRY(compare(job, outcome));
    return outcome;
}

} // namespace lb
