// SPDX-License-Identifier: GPL-3.0-or-later
// What the simulated cluster says of itself: nodes, health, state, sizes.
#include "core/practice/elasticsearch_simulator_private.h"

#include <QDateTime>

namespace lb {

namespace {

constexpr qint64 kGiB = 1024LL * 1024 * 1024;
/// Disks are invented, too: a laptop that is nearly full is not what is practised.
constexpr qint64 kDiskSize = 100 * kGiB;
constexpr qint64 kDiskUsed = 40 * kGiB;
constexpr qint64 kDiskUsedAboveWatermark = 93 * kGiB;
constexpr int kTransportOffset = 100;

int rank(const QString &status)
{
    return status == QLatin1String("green") ? 0 : status == QLatin1String("yellow") ? 1 : 2;
}

} // namespace

HttpAnswer ElasticsearchSimulator::Private::root() const
{
    QJsonObject facts{{QStringLiteral("number"), version()},
                      {QStringLiteral("build_hash"), QStringLiteral("practice")},
                      {QStringLiteral("build_snapshot"), false},
                      {QStringLiteral("lucene_version"),
                       isOld() ? QStringLiteral("4.10.4") : QStringLiteral("7.7.3")}};
    QJsonObject body{{QStringLiteral("name"), nodes[0].name},
                     {QStringLiteral("cluster_name"), options.clusterName},
                     {QStringLiteral("tagline"), QStringLiteral("You Know, for Search")}};
    if (isOld()) {
        body.insert(QStringLiteral("status"), 200);
        facts.insert(QStringLiteral("build_timestamp"), QStringLiteral("2016-11-18T15:21:16Z"));
    } else {
        body.insert(QStringLiteral("cluster_uuid"), clusterUuid);
        facts.insert(QStringLiteral("build_flavor"), QStringLiteral("default"));
        facts.insert(QStringLiteral("build_type"), QStringLiteral("zip"));
        facts.insert(QStringLiteral("build_date"), QStringLiteral("2022-01-06T21:30:50.087716Z"));
        facts.insert(QStringLiteral("minimum_wire_compatibility_version"), QStringLiteral("5.6.0"));
        facts.insert(QStringLiteral("minimum_index_compatibility_version"),
                     QStringLiteral("5.0.0"));
    }
    body.insert(QStringLiteral("version"), facts);
    return jsonAnswer(body);
}

QString ElasticsearchSimulator::Private::transportAddress(size_t node) const
{
    const QString plain = QStringLiteral("127.0.0.1:%1").arg(port + kTransportOffset + int(node));
    return isOld() ? QStringLiteral("inet[/%1]").arg(plain) : plain;
}

/// `/_nodes/settings` and `/_nodes/stats/fs`.
ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::nodeCalls(const Call &call) const
{
    const bool isStats = call.at(1) == QLatin1String("stats") && call.at(2) == QLatin1String("fs");
    if (!isStats && call.at(1) != QLatin1String("settings"))
        return refuseToPlay(call);
    QJsonObject list;
    for (size_t n = 0; n < nodes.size(); ++n) {
        QJsonObject facts{{QStringLiteral("name"), nodes[n].name},
                          {QStringLiteral("transport_address"), transportAddress(n)},
                          {QStringLiteral("host"), QStringLiteral("127.0.0.1")}};
        if (!isOld())
            facts.insert(QStringLiteral("roles"),
                         QJsonArray{QStringLiteral("master"), QStringLiteral("data"),
                                    QStringLiteral("ingest")});
        if (isStats) {
            facts.insert(QStringLiteral("timestamp"), QDateTime::currentMSecsSinceEpoch());
            facts.insert(QStringLiteral("fs"), disk());
        } else {
            facts.insert(QStringLiteral("version"), version());
            facts.insert(QStringLiteral("settings"), nodeSettings(n));
        }
        list.insert(nodes[n].id, facts);
    }
    QJsonObject body{{QStringLiteral("cluster_name"), options.clusterName},
                     {QStringLiteral("nodes"), list}};
    if (!isOld())
        body.insert(QStringLiteral("_nodes"),
                    QJsonObject{{QStringLiteral("total"), list.size()},
                                {QStringLiteral("successful"), list.size()},
                                {QStringLiteral("failed"), 0}});
    return jsonAnswer(body);
}

QJsonObject ElasticsearchSimulator::Private::nodeSettings(size_t node) const
{
    QJsonObject settings{
        {QStringLiteral("cluster.name"), options.clusterName},
        {QStringLiteral("node.name"), nodes[node].name},
        {QStringLiteral("http.port"), QString::number(port + int(node))},
        {QStringLiteral("transport.tcp.port"),
         QString::number(port + kTransportOffset + int(node))},
        {QStringLiteral("network.host"), QStringLiteral("127.0.0.1")},
        {QStringLiteral("path.data"),
         isOld() ? QJsonValue(options.dataFolder) : QJsonValue(QJsonArray{options.dataFolder})},
        {QStringLiteral("client.type"), QStringLiteral("node")}};
    if (!has("path-repo-empty"))
        settings.insert(QStringLiteral("path.repo"), QJsonArray{options.pathRepo});
    return nestedSettings(settings);
}

QJsonObject ElasticsearchSimulator::Private::disk() const
{
    qint64 used = has("disk-watermark") ? kDiskUsedAboveWatermark : kDiskUsed;
    for (const Index &index : indices)
        used += index.bytes();
    const QJsonObject sizes{{QStringLiteral("total_in_bytes"), kDiskSize},
                            {QStringLiteral("free_in_bytes"), kDiskSize - used},
                            {QStringLiteral("available_in_bytes"), kDiskSize - used}};
    return {{QStringLiteral("timestamp"), QDateTime::currentMSecsSinceEpoch()},
            {QStringLiteral("total"), sizes}};
}

HttpAnswer ElasticsearchSimulator::Private::health(const QString &expression,
                                                   const QString &level) const
{
    const auto names = resolve(expression);
    // Of what is not there it is red, after a while in which it might have come.
    QString worst = names ? QStringLiteral("green") : QStringLiteral("red");
    int active = 0;
    int initializing = 0;
    int unassigned = 0;
    QJsonObject each;
    for (const QString &name : names.value_or(QStringList())) {
        const Index &index = indices[name];
        if (!index.isOpen)
            continue;
        const int activeBefore = active;
        const int initializingBefore = initializing;
        const int unassignedBefore = unassigned;
        QString status = index.replicas() > 0 ? QStringLiteral("yellow") : QStringLiteral("green");
        switch (index.state) {
        case ShardState::Started:
            active += index.shards();
            break;
        case ShardState::Restoring:
            // A primary that is being restored is red to 1.7 and no reason to worry to later ones.
            status = isOld() ? QStringLiteral("red") : QStringLiteral("yellow");
            initializing += index.shards();
            break;
        case ShardState::Unassigned:
            status = QStringLiteral("red");
            unassigned += index.shards();
            break;
        }
        // One node, or a second one that has no copy yet.
        unassigned += index.shards() * index.replicas();
        if (rank(status) > rank(worst))
            worst = status;
        each.insert(
            name,
            QJsonObject{{QStringLiteral("status"), status},
                        {QStringLiteral("number_of_shards"), index.shards()},
                        {QStringLiteral("number_of_replicas"), index.replicas()},
                        {QStringLiteral("active_primary_shards"), active - activeBefore},
                        {QStringLiteral("active_shards"), active - activeBefore},
                        {QStringLiteral("relocating_shards"), 0},
                        {QStringLiteral("initializing_shards"), initializing - initializingBefore},
                        {QStringLiteral("unassigned_shards"), unassigned - unassignedBefore}});
    }
    QJsonObject body{{QStringLiteral("cluster_name"), options.clusterName},
                     {QStringLiteral("status"), worst},
                     {QStringLiteral("timed_out"), !names.has_value()},
                     {QStringLiteral("number_of_nodes"), qint64(nodes.size())},
                     {QStringLiteral("number_of_data_nodes"), qint64(nodes.size())},
                     {QStringLiteral("active_primary_shards"), active},
                     {QStringLiteral("active_shards"), active},
                     {QStringLiteral("relocating_shards"), 0},
                     {QStringLiteral("initializing_shards"), initializing},
                     {QStringLiteral("unassigned_shards"), unassigned},
                     {QStringLiteral("delayed_unassigned_shards"), 0},
                     {QStringLiteral("number_of_pending_tasks"), 0},
                     {QStringLiteral("number_of_in_flight_fetch"), 0}};
    if (!isOld()) {
        const int all = active + initializing + unassigned;
        body.insert(QStringLiteral("task_max_waiting_in_queue_millis"), 0);
        body.insert(QStringLiteral("active_shards_percent_as_number"),
                    all == 0 ? 100.0 : 100.0 * active / all);
    }
    if (level == QLatin1String("indices"))
        body.insert(QStringLiteral("indices"), each);
    return jsonAnswer(body, names || isOld() ? 200 : 408);
}

/// `/_cluster/state/metadata[,customs]`.
ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::state(const Call &call) const
{
    const QStringList parts = call.at(2).split(QLatin1Char(','));
    if (!parts.contains(QStringLiteral("metadata")) || call.depth() > 3)
        return refuseToPlay(call);
    QJsonObject list;
    for (const Index &index : indices) {
        QJsonObject settings = index.settings;
        settings.insert(QStringLiteral("index.uuid"), index.uuid);
        QJsonObject facts{{QStringLiteral("state"),
                           index.isOpen ? QStringLiteral("open") : QStringLiteral("close")},
                          {QStringLiteral("settings"), nestedSettings(settings)},
                          {QStringLiteral("mappings"), index.mappings},
                          {QStringLiteral("aliases"), QJsonArray()}};
        list.insert(index.name, facts);
    }
    QJsonObject metadata{{QStringLiteral("templates"), QJsonObject()},
                         {QStringLiteral("indices"), list}};
    QJsonObject places;
    for (auto it = repositories.begin(); it != repositories.end(); ++it)
        places.insert(it.key(), QJsonObject{{QStringLiteral("type"), it->type},
                                            {QStringLiteral("settings"), it->settings}});
    if (!places.isEmpty())
        metadata.insert(QStringLiteral("repositories"), places);
    QJsonObject body{{QStringLiteral("cluster_name"), options.clusterName}};
    if (const QJsonArray running = restoresUnderWay(); !running.isEmpty()) {
        const QJsonObject restore{{QStringLiteral("snapshots"), running}};
        // 1.7 counts it among the metadata.
        if (isOld())
            metadata.insert(QStringLiteral("restore"), restore);
        else if (parts.contains(QStringLiteral("customs")))
            body.insert(QStringLiteral("restore"), restore);
    }
    if (!isOld()) {
        metadata.insert(QStringLiteral("cluster_uuid"), clusterUuid);
        body.insert(QStringLiteral("cluster_uuid"), clusterUuid);
    }
    body.insert(QStringLiteral("metadata"), metadata);
    return jsonAnswer(body);
}

HttpAnswer ElasticsearchSimulator::Private::storeSizes() const
{
    const auto facts = [](qint64 bytes) {
        const QJsonObject one{
            {QStringLiteral("store"), QJsonObject{{QStringLiteral("size_in_bytes"), bytes}}}};
        return QJsonObject{{QStringLiteral("primaries"), one}, {QStringLiteral("total"), one}};
    };
    QJsonObject each;
    qint64 bytes = 0;
    QStringList open;
    for (const Index &index : indices) {
        if (!index.isOpen)
            continue;
        open << index.name;
        if (index.state != ShardState::Started)
            continue;
        each.insert(index.name, facts(index.bytes()));
        bytes += index.bytes();
    }
    QJsonObject shards = shardsOf(open);
    shards.remove(QStringLiteral("skipped"));
    return jsonAnswer({{QStringLiteral("_shards"), shards},
                       {QStringLiteral("_all"), facts(bytes)},
                       {QStringLiteral("indices"), each}});
}

} // namespace lb
