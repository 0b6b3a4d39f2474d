// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QDateTime>
#include <QHash>
#include <QJsonObject>
#include <QStringList>

#include <optional>
#include <vector>

namespace lb {

/// What an Elasticsearch server answers, read. Elasticsearch 1.7 to 8 and OpenSearch; where their
/// shapes differ, as the real servers 1.7.6 and 6.8.23 answer.

/// What a server says went wrong, in one form for all generations.
struct ElasticsearchError
{
    QString type; ///< `snapshot_missing_exception`; empty when the text has none
    QString reason;
    int status = 0;

    bool is(const char *wanted) const { return type == QLatin1String(wanted); }
};

/// Nothing when the body is no error. 1.x: one text, `SnapshotMissingException[[repo:snap] is
/// missing]`; later: an object with type and reason.
std::optional<ElasticsearchError> elasticsearchError(const QByteArray &body);
/// Sorted by what the server says, not by its status, which differs between versions.
Error elasticsearchFailure(const ElasticsearchError &error, const QString &what);

struct ClusterRoot
{
    QString cluster, version;
    bool isOpenSearch = false;

    int major() const;
};
/// `GET /`. Unsupported when something else answers there.
Result<ClusterRoot> readClusterRoot(const QByteArray &body);

struct ClusterNode
{
    QString id, name, host;
    QStringList pathRepo; ///< `path.repo`: where repositories may lie
    /// False when `cluster.routing.allocation.disk.threshold_enabled` is: a full disk keeps no
    /// shard away then.
    bool mindsDisk = true;
};
/// `GET /_nodes/settings`, by name.
Result<std::vector<ClusterNode>> readNodes(const QByteArray &body);

struct ClusterIndex
{
    QString name, uuid;
    bool isOpen = true;
    int shards = 0, replicas = 0;
};
/// `GET /_cluster/state/metadata`, by name.
Result<std::vector<ClusterIndex>> readIndices(const QByteArray &body);

struct ClusterHealth
{
    QString status; ///< green, yellow, red
    int nodes = 0;
    int initializing = 0, unassigned = 0, relocating = 0;
};
/// `GET /_cluster/health`.
Result<ClusterHealth> readHealth(const QByteArray &body);

struct SnapshotState
{
    QString name, state; ///< IN_PROGRESS, SUCCESS, FAILED, PARTIAL, INCOMPATIBLE
    QString version;
    QStringList indices, failures;
    int total = 0, failed = 0, successful = 0; ///< shards
    QDateTime begun, ended;                    ///< invalid when it does not say

    bool isRunning() const { return state == QLatin1String("IN_PROGRESS"); }
};
/// `GET /_snapshot/REPOSITORY/NAME` or `_all`.
Result<std::vector<SnapshotState>> readSnapshots(const QByteArray &body);

/// `{index: shards}` of one snapshot, from its `_status`.
Result<QHash<QString, int>> readSnapshotShards(const QByteArray &body);

/// Whether a snapshot is what was asked for. Its state and the status of the answer say little: a
/// snapshot of an index that is not there is 200, SUCCESS and empty on 1.7.
Result<void> judgeSnapshot(const SnapshotState &snapshot, const QStringList &indices, int shards);

struct SnapshotProgress
{
    QString repository, name, state;
    qint64 bytes = 0, totalBytes = -1;
    int shardsDone = 0, shardsTotal = 0;
};
/// `GET /_snapshot/_status` or of one snapshot.
Result<std::vector<SnapshotProgress>> readSnapshotProgress(const QByteArray &body);

struct ShardRecovery
{
    QString index;
    int shard = 0;
    bool isPrimary = false;
    QString stage;                ///< INIT, INDEX, START, TRANSLOG, FINALIZE, DONE
    QString repository, snapshot; ///< of one from a snapshot
    qint64 bytes = 0, totalBytes = 0;
};
/// `GET /INDEX,…/_recovery`.
Result<std::vector<ShardRecovery>> readRecoveries(const QByteArray &body);

/// Repositories that the cluster restores from right now, before its shards say so too:
/// `GET /_cluster/state/metadata,customs`. On 1.x they stand under the metadata, later beside it.
Result<QStringList> readRestores(const QByteArray &body);

struct SearchHit
{
    QString index, type, id;
    QJsonObject source;
};
/// `POST /INDEX/_search`; Failed when a shard did not answer.
Result<std::vector<SearchHit>> readHits(const QByteArray &body);

/// `GET /INDEX/_count`. A count while shards are missing is none.
Result<qint64> readCount(const QByteArray &body);

/// Names of the nodes that have seen the share: `POST /_snapshot/REPOSITORY/_verify`.
Result<QStringList> readVerifiedNodes(const QByteArray &body);

struct NodeDisk
{
    QString node;
    qint64 total = 0, available = 0;
};
/// `GET /_nodes/stats/fs`.
Result<std::vector<NodeDisk>> readDisks(const QByteArray &body);

/// `GET /INDEX,…/_stats/store`: bytes of the primaries, by index.
Result<QJsonObject> readStoreSizes(const QByteArray &body);

} // namespace lb
