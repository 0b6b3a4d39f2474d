// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/alien4cloud/elasticsearch_answer.h"

#include "core/base/json.h"
#include "core/systems/alien4cloud/settings.h"

#include <QJsonDocument>
#include <QRegularExpression>

#include <algorithm>
#include <array>

namespace lb {

namespace {

LB_TRANSLATE(Alien4Cloud)

QString text(const QJsonValue &value, const char *key)
{
    return value[QLatin1String(key)].toString();
}

Result<QJsonObject> parsed(const QByteArray &body, const QString &what)
{
    return parseJsonObject(body, tr("Elasticsearch's answer about %1").arg(what));
}

/// `SnapshotMissingException` → `snapshot_missing_exception`, as later versions write it.
QString snakeCase(const QString &name)
{
    QString snake;
    for (const QChar c : name) {
        if (c.isUpper() && !snake.isEmpty())
            snake += QLatin1Char('_');
        snake += c.toLower();
    }
    return snake;
}

/// One text, or a list of them. 1.x gives a list as `path.repo.0`, `path.repo.1`.
QStringList textsOf(const QJsonValue &value)
{
    if (value.isString()) {
        QStringList list;
        for (const QString &one : value.toString().split(QLatin1Char(','), Qt::SkipEmptyParts))
            list << one.trimmed();
        return list;
    }
    if (value.isObject()) {
        QStringList list;
        for (const QJsonValue one : value.toObject())
            list << one.toString();
        return list;
    }
    return toStringList(value);
}

/// Settings are texts on 1.x.
int number(const QJsonValue &value)
{
    return value.isString() ? value.toString().toInt() : value.toInt();
}

struct Sorting
{
    const char *type;
    ErrorCode code;
};

/// What the server's words mean for what can be done next (sheet §5.5).
constexpr std::array kSorting{
    Sorting{"repository_missing_exception", ErrorCode::NotFound},
    Sorting{"snapshot_missing_exception", ErrorCode::NotFound},
    Sorting{"index_missing_exception", ErrorCode::NotFound},
    Sorting{"index_not_found_exception", ErrorCode::NotFound},
    Sorting{"invalid_snapshot_name_exception", ErrorCode::Conflict},
    Sorting{"concurrent_snapshot_execution_exception", ErrorCode::Conflict},
    Sorting{"snapshot_in_progress_exception", ErrorCode::Conflict},
    Sorting{"elasticsearch_parse_exception", ErrorCode::Corrupt},
    Sorting{"repository_verification_exception", ErrorCode::Denied},
    Sorting{"security_exception", ErrorCode::Denied},
    Sorting{"authentication_exception", ErrorCode::Denied},
    Sorting{"cluster_block_exception", ErrorCode::Conflict},
    Sorting{"index_closed_exception", ErrorCode::Conflict},
    Sorting{"index_primary_shard_not_allocated_exception", ErrorCode::Conflict},
    Sorting{"search_context_missing_exception", ErrorCode::TimedOut},
    Sorting{"process_cluster_event_timeout_exception", ErrorCode::TimedOut},
    Sorting{"master_not_discovered_exception", ErrorCode::Unreachable},
    Sorting{"no_shard_available_action_exception", ErrorCode::Unreachable},
};

/// Files of a repository that hold less than was written, as 1.7.6 and 6.8.23 say it of a snapshot,
/// of its lists and of a shard (sheet §5.5).
bool meansDamage(const ElasticsearchError &error)
{
    static const QStringList words{QStringLiteral("EOFException"), QStringLiteral("LZFException"),
                                   QStringLiteral("CorruptIndex"),
                                   QStringLiteral("Failed to derive xcontent"),
                                   QStringLiteral("codec footer mismatch")};
    return std::any_of(words.begin(), words.end(),
                       [&](const QString &word) { return error.reason.contains(word); });
}

/// No node leads: the cluster is there and can do nothing.
bool hasNoMaster(const ElasticsearchError &error)
{
    return error.is("master_not_discovered_exception") ||
           (error.is("cluster_block_exception") &&
            error.reason.contains(QLatin1String("SERVICE_UNAVAILABLE")));
}

QString adviceFor(const ElasticsearchError &error)
{
    const auto says = [&](const char *words) {
        return error.reason.contains(QLatin1String(words));
    };
    if (says("path.repo"))
        return tr("Put the folder of the share into path.repo in elasticsearch.yml of every node "
                  "and restart the nodes one by one; the runbook alien4cloud.prepare does it");
    if (says("No space left on device"))
        return tr("Free space there, then resume");
    if (hasNoMaster(error))
        return tr("The nodes that may lead the cluster are away. See that all of them run and see "
                  "each other, and wait until GET /_cluster/health answers");
    if (meansDamage(error))
        return tr("Files of the repository are damaged or cut off. Restore another restore point, "
                  "and look at the disk of the share");
    if (error.is("repository_verification_exception"))
        return tr("A node does not see the share or may not write to it: mount it on every node at "
                  "the same path, and let the user elasticsearch write there");
    if (error.is("repository_exception") || says("blob container") || says("blob store"))
        return tr("It must be a folder that the user elasticsearch may write to, at the same path "
                  "on every node");
    if (error.is("concurrent_snapshot_execution_exception") ||
        error.is("snapshot_in_progress_exception") || says("already running"))
        return tr("Another snapshot or restore is running; wait for it. One that is stuck for good "
                  "ends when the nodes are restarted one by one");
    if (says("primary shards"))
        return tr("A red index cannot be saved, nor kept before a restore. Bring its node or disk "
                  "back; or, when its data is lost, delete it by hand and plan again");
    if (error.is("repository_missing_exception"))
        return tr("The repository is not registered: somebody has taken it away, and the run "
                  "registers it again when it is resumed. After an upgrade to 1.6 or later that is "
                  "so while path.repo is missing");
    if (error.is("snapshot_missing_exception"))
        return tr("Somebody has deleted the snapshot or its files in the share. Run it again: it "
                  "is made anew");
    if (error.is("invalid_snapshot_name_exception"))
        return tr("A snapshot of the run's name is there and the run has not made it. Run it "
                  "again: each run has a name of its own");
    if (error.is("snapshot_restore_exception"))
        return says("open") ? tr("Somebody has opened the index again: see that Alien and all "
                                 "others are stopped, then resume")
                            : tr("An index here is not made as the saved one. Delete it by hand, "
                                 "then plan again");
    if (error.is("index_primary_shard_not_allocated_exception"))
        return tr("An index that was never whole cannot be closed. Delete it by hand, then resume");
    if (error.is("index_missing_exception") || error.is("index_not_found_exception"))
        return tr("Somebody has deleted it, or this is another cluster: see cluster_name and the "
                  "list of indices, GET /_cat/indices");
    if (error.is("index_closed_exception") || says("index closed"))
        return tr("A restore that did not end leaves indices closed: restore again, or open them "
                  "(POST /INDEX/_open)");
    if (error.is("cluster_block_exception") && says("read-only"))
        return tr("The cluster takes no change: set cluster.blocks.read_only and "
                  "index.blocks.read_only_allow_delete to false. A disk that was nearly full sets "
                  "the latter, so make room first");
    if (error.is("security_exception") || error.is("authentication_exception"))
        return tr("See elasticsearch_user and the secret elasticsearch_password. The user needs "
                  "the rights to manage snapshots and to read, close and restore the indices");
    if (error.is("search_context_missing_exception"))
        return tr("The scroll's lease ran out before the next page was asked for");
    if (error.is("process_cluster_event_timeout_exception"))
        return tr("The cluster is too busy to answer in time: wait until GET /_cluster/health is "
                  "calm, then resume");
    return {};
}

/// What the injection library of 1.x wraps into pages of text: the last cause says it all.
QString withoutInjection(const QString &whole)
{
    if (!whole.contains(QLatin1String("Guice")))
        return whole;
    static const QRegularExpression last(
        QStringLiteral("nested: (\\w+Exception\\[.*\\])\\s*;?\\s*\\z"),
        QRegularExpression::DotMatchesEverythingOption);
    const qsizetype from = whole.lastIndexOf(QLatin1String("nested: "));
    const auto match = from < 0 ? QRegularExpressionMatch() : last.match(whole.mid(from));
    return match.hasMatch() ? match.captured(1) : whole;
}

} // namespace

std::optional<ElasticsearchError> elasticsearchError(const QByteArray &body)
{
    const QJsonObject answer = QJsonDocument::fromJson(body).object();
    const QJsonValue error = answer.value(QLatin1String("error"));
    if (error.isUndefined() || error.isNull())
        return std::nullopt;
    ElasticsearchError read;
    read.status = answer.value(QLatin1String("status")).toInt();
    if (error.isObject()) {
        read.type = text(error, "type");
        read.reason = text(error, "reason");
        // Another program's, such as Alien's own {code, message}.
        if (read.type.isEmpty() && read.reason.isEmpty())
            return std::nullopt;
        // The index is named beside “no such index” and “closed”.
        if (const QString index = text(error, "index");
            !index.isEmpty() && !read.reason.contains(index))
            read.reason += QStringLiteral(" [%1]").arg(index);
        // The cause says more: “failed to create repository” names no reason.
        QStringList reasons{read.reason};
        for (QJsonValue cause = error[QLatin1String("caused_by")]; cause.isObject();
             cause = cause[QLatin1String("caused_by")]) {
            if (!reasons.contains(text(cause, "reason")))
                reasons << text(cause, "reason");
        }
        reasons.removeAll(QString());
        read.reason = reasons.join(QStringLiteral(": "));
        return read;
    }
    const QString whole = error.toString();
    // A remote node's own words stand after its name: `RemoteTransportException[[n1][…]];
    // nested: X[…]`.
    static const QRegularExpression form(
        QStringLiteral("\\A(?:RemoteTransportException\\[.*?\\]\\]?; nested: )*"
                       "([A-Za-z]+Exception)\\[(.*)\\]\\s*;?\\s*\\z"),
        QRegularExpression::DotMatchesEverythingOption);
    const auto match = form.match(whole);
    read.reason = withoutInjection(whole.simplified());
    if (match.hasMatch())
        read.type = snakeCase(match.captured(1));
    else if (const qsizetype bracket = whole.indexOf(QLatin1Char('['));
             bracket > 0 && whole.left(bracket).endsWith(QLatin1String("Exception")))
        read.type = snakeCase(whole.left(bracket));
    // The sentence about path.repo stands in the middle of text of the injection library.
    static const QRegularExpression place(
        QStringLiteral("location \\[[^\\]]*\\] doesn't match any of the locations specified by "
                       "path\\.repo"));
    if (const auto found = place.match(whole); found.hasMatch())
        read.reason = found.captured(0);
    return read;
}

Error elasticsearchFailure(const ElasticsearchError &error, const QString &what)
{
    ErrorCode code = ErrorCode::Failed;
    for (const Sorting &sorting : kSorting) {
        if (error.is(sorting.type))
            code = sorting.code;
    }
    if (error.reason.contains(QLatin1String("No space left on device")))
        code = ErrorCode::NoSpace;
    else if (hasNoMaster(error))
        code = ErrorCode::Unreachable;
    else if (meansDamage(error))
        code = ErrorCode::Corrupt;
    const QString words = error.type.isEmpty() || error.reason.contains(QLatin1String("Exception["))
                              ? error.reason
                              : QStringLiteral("%1: %2").arg(error.type, error.reason);
    return {code, what, words.left(600), adviceFor(error)};
}

int ClusterRoot::major() const
{
    return version.section(QLatin1Char('.'), 0, 0).toInt();
}

Result<ClusterRoot> readClusterRoot(const QByteArray &body)
{
    const QJsonObject answer = QJsonDocument::fromJson(body).object();
    const QJsonValue version = answer.value(QLatin1String("version"));
    ClusterRoot root{text(answer, "cluster_name"), text(version, "number"),
                     text(version, "distribution") == QLatin1String("opensearch")};
    if (root.version.isEmpty())
        return fail(ErrorCode::Unsupported, tr("What answers there is no Elasticsearch"),
                    QString::fromUtf8(body.left(200)).simplified(),
                    tr("Alien's files name the port 9300, over which nodes speak with each other; "
                       "HTTP is usually on 9200"));
    return root;
}

Result<std::vector<ClusterNode>> readNodes(const QByteArray &body)
{
    TRY_VALUE(const QJsonObject answer, parsed(body, tr("its nodes")));
    const QJsonObject nodes = answer.value(QLatin1String("nodes")).toObject();
    std::vector<ClusterNode> list;
    for (auto it = nodes.begin(); it != nodes.end(); ++it) {
        const QJsonValue node = it.value();
        const QJsonObject settings = node[QLatin1String("settings")].toObject();
        ClusterNode read{it.key(), text(node, "name"), text(node, "host"),
                         textsOf(settingAt(settings, QStringLiteral("path.repo")))};
        if (read.pathRepo.isEmpty()) {
            // Flat and listed: path.repo.0, path.repo.1.
            for (auto at = settings.begin(); at != settings.end(); ++at) {
                if (at.key().startsWith(QLatin1String("path.repo.")))
                    read.pathRepo << at.value().toString();
            }
        }
        const QJsonValue threshold = settingAt(
            settings, QStringLiteral("cluster.routing.allocation.disk.threshold_enabled"));
        read.mindsDisk = threshold.toVariant().toString() != QLatin1String("false");
        list.push_back(std::move(read));
    }
    std::sort(list.begin(), list.end(),
              [](const ClusterNode &a, const ClusterNode &b) { return a.name < b.name; });
    return list;
}

Result<std::vector<ClusterIndex>> readIndices(const QByteArray &body)
{
    TRY_VALUE(const QJsonObject answer, parsed(body, tr("its indices")));
    const QJsonObject indices =
        answer.value(QLatin1String("metadata"))[QLatin1String("indices")].toObject();
    std::vector<ClusterIndex> list;
    for (auto it = indices.begin(); it != indices.end(); ++it) {
        const QJsonValue settings = it.value()[QLatin1String("settings")];
        const auto read = [&](const char *key) {
            return settingAt(settings, QLatin1String("index.") + QLatin1String(key));
        };
        list.push_back({it.key(), read("uuid").toString(),
                        text(it.value(), "state") != QLatin1String("close"),
                        number(read("number_of_shards")), number(read("number_of_replicas"))});
    }
    return list; // QJsonObject is sorted by key
}

Result<ClusterHealth> readHealth(const QByteArray &body)
{
    TRY_VALUE(const QJsonObject answer, parsed(body, tr("its health")));
    const auto count = [&](const char *key) { return answer.value(QLatin1String(key)).toInt(); };
    ClusterHealth health{text(answer, "status"), count("number_of_nodes"),
                         count("initializing_shards"), count("unassigned_shards"),
                         count("relocating_shards")};
    if (health.status.isEmpty())
        return fail(ErrorCode::Failed, tr("Elasticsearch does not say how healthy it is"),
                    QString::fromUtf8(body.left(200)));
    return health;
}

Result<std::vector<SnapshotState>> readSnapshots(const QByteArray &body)
{
    TRY_VALUE(const QJsonObject answer, parsed(body, tr("a snapshot")));
    std::vector<SnapshotState> list;
    for (const QJsonValue one : answer.value(QLatin1String("snapshots")).toArray()) {
        const QJsonValue shards = one[QLatin1String("shards")];
        SnapshotState snapshot;
        snapshot.name = text(one, "snapshot");
        snapshot.state = text(one, "state");
        snapshot.version = text(one, "version");
        snapshot.indices = toStringList(one[QLatin1String("indices")]);
        snapshot.total = shards[QLatin1String("total")].toInt();
        snapshot.failed = shards[QLatin1String("failed")].toInt();
        snapshot.successful = shards[QLatin1String("successful")].toInt();
        const auto time = [&](const char *key) {
            const qint64 ms = one[QLatin1String(key)].toInteger();
            return ms > 0 ? QDateTime::fromMSecsSinceEpoch(ms, Qt::UTC) : QDateTime();
        };
        snapshot.begun = time("start_time_in_millis");
        snapshot.ended = time("end_time_in_millis");
        for (const QJsonValue failure : one[QLatin1String("failures")].toArray())
            snapshot.failures << QStringLiteral("%1[%2]: %3")
                                     .arg(text(failure, "index"))
                                     .arg(failure[QLatin1String("shard_id")].toInt())
                                     .arg(text(failure, "reason"));
        list.push_back(snapshot);
    }
    return list;
}

Result<QHash<QString, int>> readSnapshotShards(const QByteArray &body)
{
    TRY_VALUE(const QJsonObject answer, parsed(body, tr("a snapshot's shards")));
    QHash<QString, int> shards;
    const QJsonObject indices =
        answer.value(QLatin1String("snapshots"))[0][QLatin1String("indices")].toObject();
    for (auto it = indices.begin(); it != indices.end(); ++it)
        shards.insert(it.key(),
                      it.value()[QLatin1String("shards_stats")][QLatin1String("total")].toInt());
    return shards;
}

Result<void> judgeSnapshot(const SnapshotState &snapshot, const QStringList &indices, int shards)
{
    QStringList wanted = indices;
    QStringList got = snapshot.indices;
    wanted.sort();
    got.sort();
    QStringList wrong;
    if (snapshot.state != QLatin1String("SUCCESS"))
        wrong << tr("its state is %1").arg(snapshot.state);
    QStringList missing;
    for (const QString &index : wanted) {
        if (!got.contains(index))
            missing << index;
    }
    if (!missing.isEmpty())
        wrong << tr("it lacks %1").arg(missing.join(QStringLiteral(", ")));
    if (missing.isEmpty() && got != wanted)
        wrong
            << tr("it holds other indices than asked for: %1").arg(got.join(QStringLiteral(", ")));
    if (snapshot.failed > 0)
        wrong << tr("%n shard(s) failed", nullptr, snapshot.failed);
    if (snapshot.total != shards || snapshot.successful != shards)
        wrong << tr("%1 of %2 shards are in it").arg(snapshot.successful).arg(shards);
    wrong += snapshot.failures.mid(0, 3);
    if (wrong.isEmpty())
        return {};
    return fail(ErrorCode::Failed, tr("The snapshot %1 is not whole").arg(snapshot.name),
                wrong.join(QStringLiteral("; ")),
                tr("It does not count as a backup. See that every index is open and green, then "
                   "save again"));
}

Result<std::vector<SnapshotProgress>> readSnapshotProgress(const QByteArray &body)
{
    TRY_VALUE(const QJsonObject answer, parsed(body, tr("a snapshot's progress")));
    std::vector<SnapshotProgress> list;
    for (const QJsonValue one : answer.value(QLatin1String("snapshots")).toArray()) {
        const QJsonValue shards = one[QLatin1String("shards_stats")];
        const QJsonValue stats = one[QLatin1String("stats")];
        SnapshotProgress progress;
        progress.repository = text(one, "repository");
        progress.name = text(one, "snapshot");
        progress.state = text(one, "state");
        const auto count = [&](const char *key) { return shards[QLatin1String(key)].toInt(); };
        progress.shardsDone = count("done") + count("failed");
        progress.shardsTotal = count("total");
        // From 7 on: incremental and total; before, flat.
        if (const QJsonValue part = stats[QLatin1String("incremental")];
            part.isObject() && !stats[QLatin1String("total_size_in_bytes")].isDouble()) {
            progress.totalBytes = part[QLatin1String("size_in_bytes")].toInteger();
            progress.bytes =
                stats[QLatin1String("processed")][QLatin1String("size_in_bytes")].toInteger();
        } else {
            progress.totalBytes = stats[QLatin1String("total_size_in_bytes")].toInteger();
            progress.bytes = stats[QLatin1String("processed_size_in_bytes")].toInteger();
        }
        // Before the shards have counted their files it is 0, which is not “nothing to do”.
        if (progress.totalBytes == 0)
            progress.totalBytes = -1;
        list.push_back(progress);
    }
    return list;
}

Result<std::vector<ShardRecovery>> readRecoveries(const QByteArray &body)
{
    TRY_VALUE(const QJsonObject answer, parsed(body, tr("a recovery")));
    std::vector<ShardRecovery> list;
    for (auto it = answer.begin(); it != answer.end(); ++it) {
        for (const QJsonValue shard : it.value()[QLatin1String("shards")].toArray()) {
            const QJsonValue source = shard[QLatin1String("source")];
            const QJsonValue size = shard[QLatin1String("index")][QLatin1String("size")];
            list.push_back({it.key(), shard[QLatin1String("id")].toInt(),
                            shard[QLatin1String("primary")].toBool(), text(shard, "stage"),
                            text(source, "repository"), text(source, "snapshot"),
                            size[QLatin1String("recovered_in_bytes")].toInteger(),
                            size[QLatin1String("total_in_bytes")].toInteger()});
        }
    }
    return list;
}

Result<QStringList> readRestores(const QByteArray &body)
{
    TRY_VALUE(const QJsonObject answer, parsed(body, tr("restores")));
    const QString key = QStringLiteral("restore");
    QStringList repositories;
    for (const QJsonValue &where :
         {answer.value(key), QJsonValue(answer.value(QLatin1String("metadata"))[key])}) {
        for (const QJsonValue one : where[QLatin1String("snapshots")].toArray())
            repositories << text(one, "repository");
    }
    return repositories;
}

Result<std::vector<SearchHit>> readHits(const QByteArray &body)
{
    TRY_VALUE(const QJsonObject answer, parsed(body, tr("its documents")));
    if (const QJsonValue shards = answer.value(QLatin1String("_shards"));
        shards[QLatin1String("failed")].toInt() > 0 ||
        shards[QLatin1String("successful")].toInt() < shards[QLatin1String("total")].toInt())
        return fail(ErrorCode::Failed, tr("Not every part of an index could be searched"),
                    QString::fromUtf8(toJson(shards.toObject())));
    std::vector<SearchHit> hits;
    for (const QJsonValue hit :
         answer.value(QLatin1String("hits"))[QLatin1String("hits")].toArray())
        hits.push_back({text(hit, "_index"), text(hit, "_type"), text(hit, "_id"),
                        hit[QLatin1String("_source")].toObject()});
    return hits;
}

Result<qint64> readCount(const QByteArray &body)
{
    TRY_VALUE(const QJsonObject answer, parsed(body, tr("a count")));
    const QJsonValue shards = answer.value(QLatin1String("_shards"));
    if (!answer.value(QLatin1String("count")).isDouble() ||
        shards[QLatin1String("successful")].toInt() != shards[QLatin1String("total")].toInt())
        return fail(ErrorCode::Unreachable, tr("Not every part of an index could be counted"),
                    QString::fromUtf8(body.left(200)));
    return answer.value(QLatin1String("count")).toInteger();
}

Result<QStringList> readVerifiedNodes(const QByteArray &body)
{
    TRY_VALUE(const QJsonObject answer, parsed(body, tr("a repository")));
    QStringList names;
    for (const QJsonValue node : answer.value(QLatin1String("nodes")).toObject())
        names << text(node, "name");
    return names;
}

Result<std::vector<NodeDisk>> readDisks(const QByteArray &body)
{
    TRY_VALUE(const QJsonObject answer, parsed(body, tr("its disks")));
    std::vector<NodeDisk> list;
    for (const QJsonValue node : answer.value(QLatin1String("nodes")).toObject()) {
        const QJsonValue total = node[QLatin1String("fs")][QLatin1String("total")];
        list.push_back({text(node, "name"), total[QLatin1String("total_in_bytes")].toInteger(),
                        total[QLatin1String("available_in_bytes")].toInteger()});
    }
    return list;
}

Result<QJsonObject> readStoreSizes(const QByteArray &body)
{
    TRY_VALUE(const QJsonObject answer, parsed(body, tr("the size of its indices")));
    const QJsonObject indices = answer.value(QLatin1String("indices")).toObject();
    QJsonObject sizes;
    for (auto it = indices.begin(); it != indices.end(); ++it)
        sizes.insert(it.key(), it.value()[QLatin1String("primaries")][QLatin1String("store")]
                                         [QLatin1String("size_in_bytes")]);
    return sizes;
}

} // namespace lb
