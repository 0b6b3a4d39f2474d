// SPDX-License-Identifier: GPL-3.0-or-later
// Restoring indices from a snapshot, and watching it.
#include "core/practice/elasticsearch_simulator_private.h"

#include "core/base/json.h"

#include <QDateTime>
#include <QRegularExpression>

#include <algorithm>

namespace lb {

namespace {

qint64 now()
{
    return QDateTime::currentMSecsSinceEpoch();
}

QString percent(qint64 part, qint64 whole)
{
    return QStringLiteral("%1%").arg(whole == 0 ? 100.0 : 100.0 * double(part) / double(whole), 0,
                                     'f', 1);
}

/// Java writes `$1` where Qt wants `\1`.
QString renamed(QString name, const QString &pattern, QString replacement)
{
    static const QRegularExpression group(QStringLiteral("\\$([0-9])"));
    return name.replace(QRegularExpression(pattern),
                        replacement.replace(group, QStringLiteral("\\\\1")));
}

} // namespace

ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::restore(const Call &call, const QString &repository,
                                         const QString &name)
{
    TRY_VALUE(const Share place, share(repository));
    const auto read = this->read(repository, name);
    const QString uuid = read && !isOld() ? QLatin1Char('/') + read->uuid : QString();
    const auto refuseIt = [&](const QString &why) {
        return refuse(500, "snapshot_restore_exception",
                      QStringLiteral("[%1:%2%3] %4").arg(repository, name, uuid, why));
    };
    if (!read && read.error().status == 404 && !isOld())
        return refuseIt(QStringLiteral("snapshot does not exist"));
    TRY_VALUE(const SnapshotInfo info, read);
    TRY_VALUE(const QJsonObject body, bodyOf(call));
    if (isRunning(repository, name) || info.state == QLatin1String("IN_PROGRESS"))
        return refuseIt(QStringLiteral("unsupported snapshot state [IN_PROGRESS]"));
    if (isOld() && !restores.empty())
        return refuse(503, "concurrent_snapshot_execution_exception",
                      QStringLiteral("[%1:%2] Restore process is already running in this cluster")
                          .arg(repository, name));
    const QString wanted = body.value(QLatin1String("indices")).toString();
    const QString pattern = body.value(QLatin1String("rename_pattern")).toString();
    const QString replacement = body.value(QLatin1String("rename_replacement")).toString();
    // 1.7 leaves out what is missing unless it is told not to (replies 46).
    const bool mayMiss = body.value(QLatin1String("ignore_unavailable")).toBool(isOld());
    std::vector<std::pair<QString, Index>> made; // name in the snapshot, what it will be
    for (const QString &source :
         wanted.isEmpty() ? info.indices : wanted.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        if (!info.indices.contains(source)) {
            if (mayMiss)
                continue;
            if (isOld())
                return indexMissing(source);
            return refuse(404, "index_not_found_exception", QStringLiteral("no such index"),
                          {{QStringLiteral("index"), source},
                           {QStringLiteral("index_uuid"), QStringLiteral("_na_")}});
        }
        auto index = place.readIndex(name, source);
        for (int shard = 0; index && shard < index->shards(); ++shard) {
            if (info.lacks(source, shard))
                return refuseIt(
                    QStringLiteral("index [%1] wasn't fully snapshotted - cannot restore")
                        .arg(source));
        }
        // Damage shows before anything is touched: the settings of every index are read first.
        if (!index)
            return refuse(500,
                          QStringLiteral("SnapshotException[[%1:%2] failed to read metadata]; "
                                         "nested: EOFException[null]; ")
                              .arg(repository, name),
                          "snapshot_exception",
                          QStringLiteral("[%1:%2] failed to read metadata").arg(repository, name),
                          QStringLiteral("EOFException"));
        index->name = pattern.isEmpty() ? source : renamed(source, pattern, replacement);
        const auto given = flatSettings(body.value(QLatin1String("index_settings")).toObject());
        for (auto it = given.begin(); it != given.end(); ++it)
            index->settings.insert(it.key(), it.value());
        TRY(checkTarget(*index, source, refuseIt));
        made.emplace_back(source, *index);
    }
    RunningRestore run{repository, name, {}, 0, 0, {}};
    for (auto &[source, index] : made) {
        const auto before = indices.constFind(index.name);
        Recovery from;
        from.repository = repository;
        from.snapshot = name;
        from.version = info.version;
        from.uuid = base64Uuid();
        from.source = source;
        from.bytes = index.bytes();
        from.startedAt = now();
        from.isHeld = has("disk-watermark") || has("restore-stuck-red");
        from.documents = std::exchange(index.documents, {});
        // It stays the same index when it stands there closed.
        index.uuid = before == indices.constEnd() ? base64Uuid() : before->uuid;
        index.isOpen = true;
        index.state = has("disk-watermark") ? ShardState::Unassigned : ShardState::Restoring;
        run.indices << index.name;
        run.shards += index.shards();
        recovered.insert(index.name, from);
        indices.insert(index.name, index);
        save(index);
    }
    const bool waits = call.request.parameter("wait_for_completion") == QLatin1String("true");
    if (made.empty())
        return waits ? restoreAnswer(run) : jsonAnswer({{QStringLiteral("accepted"), true}});
    if (waits)
        run.whenOver = call.reply;
    restores.push_back(run);
    ticks.start();
    if (waits)
        return std::nullopt;
    return jsonAnswer({{QStringLiteral("accepted"), true}});
}

/// What stands there must be closed and have as many shards.
Outcome<void> ElasticsearchSimulator::Private::checkTarget(
    const Index &index, const QString &source,
    const std::function<Refusal(const QString &)> &refuseIt) const
{
    const auto before = indices.constFind(index.name);
    if (before == indices.constEnd())
        return {};
    if (before->isOpen)
        return refuseIt(
            isOld() ? QStringLiteral("cannot restore index [%1] because it's open").arg(index.name)
                    : QStringLiteral("cannot restore index [%1] because an open index with same "
                                     "name already exists in the cluster. Either close or delete "
                                     "the existing index or restore the index under a different "
                                     "name by providing a rename pattern and replacement name")
                          .arg(index.name));
    if (before->shards() == index.shards())
        return {};
    return refuseIt(isOld() ? QStringLiteral("cannot restore index [%1] with [%2] shard from "
                                             "snapshot with [%3] shards")
                                  .arg(index.name)
                                  .arg(before->shards())
                                  .arg(index.shards())
                            : QStringLiteral("cannot restore index [%1] with [%2] shards from a "
                                             "snapshot of index [%3] with [%4] shards")
                                  .arg(index.name)
                                  .arg(before->shards())
                                  .arg(source)
                                  .arg(index.shards()));
}

void ElasticsearchSimulator::Private::advanceRestores()
{
    for (auto run = restores.begin(); run != restores.end();) {
        const bool isHeld =
            std::any_of(run->indices.begin(), run->indices.end(),
                        [this](const QString &name) { return recovered[name].isHeld; });
        run->step = isHeld ? 1 : run->step + 1;
        for (const QString &name : std::as_const(run->indices)) {
            Recovery &from = recovered[name];
            from.recovered = from.bytes * run->step / kSteps;
            if (run->step < kSteps)
                continue;
            Index &index = indices[name];
            from.endedAt = now();
            index.documents = std::exchange(from.documents, {});
            index.state = ShardState::Started;
            save(index);
        }
        if (run->step < kSteps) {
            ++run;
            continue;
        }
        if (run->whenOver)
            run->whenOver->send(restoreAnswer(*run));
        run = restores.erase(run);
    }
}

HttpAnswer ElasticsearchSimulator::Private::restoreAnswer(const RunningRestore &run) const
{
    return jsonAnswer({{QStringLiteral("snapshot"),
                        QJsonObject{{QStringLiteral("snapshot"), run.snapshot},
                                    {QStringLiteral("indices"), toJsonArray(run.indices)},
                                    {QStringLiteral("shards"),
                                     QJsonObject{{QStringLiteral("total"), run.shards},
                                                 {QStringLiteral("failed"), 0},
                                                 {QStringLiteral("successful"), run.shards}}}}}});
}

/// Deleting an index that is being restored is how a restore is cancelled.
void ElasticsearchSimulator::Private::forgetRestore(const QString &index)
{
    recovered.remove(index);
    for (auto run = restores.begin(); run != restores.end();) {
        if (run->indices.removeAll(index) > 0 && run->indices.isEmpty())
            run = restores.erase(run);
        else
            ++run;
    }
}

QJsonArray ElasticsearchSimulator::Private::restoresUnderWay() const
{
    QJsonArray list;
    for (const RunningRestore &run : restores) {
        QJsonArray shards;
        for (const QString &name : run.indices) {
            for (int shard = 0; shard < indices[name].shards(); ++shard)
                shards << QJsonObject{{QStringLiteral("index"), name},
                                      {QStringLiteral("shard"), shard},
                                      {QStringLiteral("state"), QStringLiteral("INIT")}};
        }
        list << QJsonObject{{QStringLiteral("snapshot"), run.snapshot},
                            {QStringLiteral("repository"), run.repository},
                            {QStringLiteral("state"), QStringLiteral("STARTED")},
                            {QStringLiteral("indices"), toJsonArray(run.indices)},
                            {QStringLiteral("shards"), shards}};
    }
    return list;
}

/// Of an index that was not restored, how it came from the disk.
ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::recoveries(const QString &expression) const
{
    TRY_VALUE(const QStringList names, resolveOpen(expression));
    const QJsonObject here{{QStringLiteral("id"), nodes[0].id},
                           {QStringLiteral("host"), QStringLiteral("127.0.0.1")},
                           {QStringLiteral("transport_address"), transportAddress(0)},
                           {QStringLiteral("ip"), QStringLiteral("127.0.0.1")},
                           {QStringLiteral("name"), nodes[0].name}};
    const auto times = [](qint64 time) {
        return QJsonObject{{QStringLiteral("check_index_time_in_millis"), 0},
                           {QStringLiteral("total_time_in_millis"), time}};
    };
    QJsonObject all;
    for (const QString &name : names) {
        const Index &index = indices[name];
        const bool isRestored = recovered.contains(name);
        const Recovery from = recovered.value(name);
        if (index.state == ShardState::Unassigned)
            continue;
        const bool isOver = index.state == ShardState::Started;
        const qint64 time = (isOver ? from.endedAt : now()) - from.startedAt;
        QJsonObject source{{QStringLiteral("repository"), from.repository},
                           {QStringLiteral("snapshot"), from.snapshot},
                           {QStringLiteral("index"), from.source}};
        if (!isOld()) {
            source.insert(QStringLiteral("version"), from.version);
            source.insert(QStringLiteral("restoreUUID"), from.uuid);
        }
        QJsonArray shards;
        for (int shard = 0; shard < index.shards(); ++shard) {
            const qint64 bytes = shard == 0 ? from.bytes : 0;
            const qint64 done = isOver ? bytes : shard == 0 ? from.recovered : 0;
            const int file = bytes > 0 ? 1 : 0;
            QJsonObject one{
                {QStringLiteral("id"), shard},
                {QStringLiteral("type"), isRestored ? QStringLiteral("SNAPSHOT")
                                         : isOld()  ? QStringLiteral("GATEWAY")
                                                    : QStringLiteral("EMPTY_STORE")},
                {QStringLiteral("stage"),
                 isOver ? QStringLiteral("DONE") : QStringLiteral("INDEX")},
                {QStringLiteral("primary"), true},
                {QStringLiteral("start_time_in_millis"), from.startedAt},
                {QStringLiteral("total_time_in_millis"), time},
                {QStringLiteral("source"), isRestored ? source
                                           : isOld()  ? here
                                                      : QJsonObject()},
                {QStringLiteral("target"), here},
                {QStringLiteral("index"),
                 QJsonObject{
                     {QStringLiteral("size"),
                      QJsonObject{{QStringLiteral("total_in_bytes"), bytes},
                                  {QStringLiteral("reused_in_bytes"), 0},
                                  {QStringLiteral("recovered_in_bytes"), done},
                                  {QStringLiteral("percent"), percent(done, bytes)}}},
                     {QStringLiteral("files"),
                      QJsonObject{{QStringLiteral("total"), file},
                                  {QStringLiteral("reused"), 0},
                                  {QStringLiteral("recovered"), isOver ? file : 0},
                                  {QStringLiteral("percent"), percent(isOver ? file : 0, file)}}},
                     {QStringLiteral("total_time_in_millis"), time},
                     {QStringLiteral("source_throttle_time_in_millis"), 0},
                     {QStringLiteral("target_throttle_time_in_millis"), 0}}},
                {QStringLiteral("translog"),
                 QJsonObject{{QStringLiteral("recovered"), 0},
                             {QStringLiteral("total"), 0},
                             {QStringLiteral("percent"), QStringLiteral("100.0%")},
                             {QStringLiteral("total_on_start"), 0},
                             {QStringLiteral("total_time_in_millis"), 0}}},
                {isOld() ? QStringLiteral("start") : QStringLiteral("verify_index"), times(0)}};
            if (isOver)
                one.insert(QStringLiteral("stop_time_in_millis"), from.endedAt);
            shards << one;
        }
        all.insert(name, QJsonObject{{QStringLiteral("shards"), shards}});
    }
    return jsonAnswer(all);
}

} // namespace lb
