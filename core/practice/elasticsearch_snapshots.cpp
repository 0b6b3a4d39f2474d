// SPDX-License-Identifier: GPL-3.0-or-later
// Repositories and snapshots: what is in the share is read anew for every call.
#include "core/practice/elasticsearch_simulator_private.h"

#include "core/base/clock.h"
#include "core/base/json.h"

#include <QDateTime>
#include <QDir>
#include <QRegularExpression>

#include <algorithm>

namespace lb {

namespace {

const QString kInProgress = QStringLiteral("IN_PROGRESS");
const QString kSuccess = QStringLiteral("SUCCESS");
const QString kPartial = QStringLiteral("PARTIAL");
const QString kStatus = QStringLiteral("_status");
const QString kSnapshots = QStringLiteral("snapshots");

qint64 now()
{
    return QDateTime::currentMSecsSinceEpoch();
}

QString timeText(qint64 time)
{
    return toJsonTime(QDateTime::fromMSecsSinceEpoch(time, Qt::UTC));
}

/// Numbers of one shard, or of several together, as `_status` shows them.
struct Stats
{
    int initializing = 0, started = 0, done = 0, failed = 0;
    qint64 bytes = 0, processed = 0;

    void add(const Stats &other)
    {
        initializing += other.initializing;
        started += other.started;
        done += other.done;
        failed += other.failed;
        bytes += other.bytes;
        processed += other.processed;
    }
    QString stage() const
    {
        return failed > 0    ? QStringLiteral("FAILURE")
               : done > 0    ? QStringLiteral("DONE")
               : started > 0 ? QStringLiteral("STARTED")
                             : QStringLiteral("INIT");
    }
    QJsonObject shards() const
    {
        return {{QStringLiteral("initializing"), initializing},
                {QStringLiteral("started"), started},
                {QStringLiteral("finalizing"), 0},
                {QStringLiteral("done"), done},
                {QStringLiteral("failed"), failed},
                {QStringLiteral("total"), initializing + started + done + failed}};
    }
    /// One file a shard.
    QJsonObject numbers(const SnapshotInfo &info, bool isOld) const
    {
        const int files = started + done;
        QJsonObject facts{
            {QStringLiteral("number_of_files"), files},
            {QStringLiteral("processed_files"), done},
            {QStringLiteral("total_size_in_bytes"), bytes},
            {QStringLiteral("processed_size_in_bytes"), processed},
            {QStringLiteral("start_time_in_millis"), files > 0 ? info.start : 0},
            {QStringLiteral("time_in_millis"), info.end > info.start ? info.end - info.start : 0}};
        if (isOld)
            return facts;
        const auto pair = [](int count, qint64 size) {
            return QJsonObject{{QStringLiteral("file_count"), count},
                               {QStringLiteral("size_in_bytes"), size}};
        };
        facts.insert(QStringLiteral("incremental"), pair(files, bytes));
        facts.insert(QStringLiteral("total"), pair(files, bytes));
        if (started > 0)
            facts.insert(QStringLiteral("processed"), pair(done, processed));
        return facts;
    }
};

/// All of `_status` for one snapshot. `node`: where a running one is taken.
QJsonObject statusObject(const SnapshotInfo &info, const QString &repository, const QString &state,
                         const QMap<QString, QMap<int, Stats>> &shards, bool isOld,
                         const QString &node)
{
    Stats all;
    QJsonObject indices;
    for (auto index = shards.begin(); index != shards.end(); ++index) {
        Stats together;
        QJsonObject list;
        for (auto it = index->begin(); it != index->end(); ++it) {
            together.add(*it);
            QJsonObject shard{{QStringLiteral("stage"), it->stage()},
                              {QStringLiteral("stats"), it->numbers(info, isOld)}};
            if (!node.isEmpty())
                shard.insert(QStringLiteral("node"), node);
            list.insert(QString::number(it.key()), shard);
        }
        all.add(together);
        indices.insert(index.key(),
                       QJsonObject{{QStringLiteral("shards_stats"), together.shards()},
                                   {QStringLiteral("stats"), together.numbers(info, isOld)},
                                   {QStringLiteral("shards"), list}});
    }
    QJsonObject body{{QStringLiteral("snapshot"), info.name},
                     {QStringLiteral("repository"), repository},
                     {QStringLiteral("state"), state},
                     {QStringLiteral("shards_stats"), all.shards()},
                     {QStringLiteral("stats"), all.numbers(info, isOld)},
                     {QStringLiteral("indices"), indices}};
    if (!isOld) {
        body.insert(QStringLiteral("uuid"), info.uuid);
        body.insert(QStringLiteral("include_global_state"), info.globalState);
    }
    return body;
}

} // namespace

/// `/_snapshot/_status`, `/_snapshot/REPOSITORY[/NAME[/_restore|_status]]`.
ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::snapshotCalls(const Call &call)
{
    const QString repository = call.at(1);
    const QString name = call.at(2);
    const QString what = call.at(3);
    const qsizetype depth = call.depth();
    if (depth == 2 && repository == kStatus && call.is("GET"))
        return snapshotStatus({}, {});
    if (depth == 2 || (depth == 3 && name == QLatin1String("_verify")))
        return repositoryCalls(call);
    if (depth == 3 && call.is("PUT"))
        return createSnapshot(call, repository, name);
    if (depth == 3 && call.is("GET"))
        return getSnapshots(repository, name);
    if (depth == 3 && call.is("DELETE"))
        return deleteSnapshot(call, repository, name);
    if (depth == 4 && what == kStatus && call.is("GET"))
        return snapshotStatus(repository, name);
    if (depth == 4 && what == QLatin1String("_restore") && call.is("POST"))
        return restore(call, repository, name);
    return refuseToPlay(call);
}

ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::repositoryCalls(const Call &call)
{
    const QString name = call.at(1);
    if (call.at(2) == QLatin1String("_verify") && call.is("POST")) {
        TRY(verify(name));
        QJsonObject list;
        for (const Node &node : nodes)
            list.insert(node.id, QJsonObject{{QStringLiteral("name"), node.name}});
        return jsonAnswer({{QStringLiteral("nodes"), list}});
    }
    if (call.is("PUT")) {
        TRY_VALUE(const QJsonObject body, bodyOf(call));
        TRY(registerRepository(name, body,
                               call.request.parameter("verify") != QLatin1String("false")));
        return acknowledged();
    }
    if (!repositories.contains(name))
        return refuse(404, "repository_missing_exception",
                      QStringLiteral("[%1] missing").arg(name));
    if (call.is("GET"))
        return jsonAnswer(
            {{name, QJsonObject{{QStringLiteral("type"), repositories[name].type},
                                {QStringLiteral("settings"), repositories[name].settings}}}});
    if (!call.is("DELETE"))
        return refuseToPlay(call);
    // The files stay; a snapshot under way goes on.
    repositories.remove(name);
    saveCluster();
    return acknowledged();
}

Outcome<void> ElasticsearchSimulator::Private::registerRepository(const QString &name,
                                                                  const QJsonObject &body,
                                                                  bool isVerified)
{
    const QString type = body.value(QLatin1String("type")).toString();
    const QString failed = QStringLiteral("[%1] failed to create repository").arg(name);
    if (type != QLatin1String("fs"))
        return refuse(500,
                      QStringLiteral("RepositoryException[%1]; nested: NoClassSettingsException["
                                     "failed to load class with value [%2]]; ")
                          .arg(failed, type),
                      "repository_exception",
                      QStringLiteral("[%1] repository type [%2] does not exist").arg(name, type),
                      {});
    Repository made{type, {}};
    const QJsonObject given = body.value(QLatin1String("settings")).toObject();
    for (auto it = given.begin(); it != given.end(); ++it)
        made.settings.insert(it.key(), it.value().toVariant().toString());
    const QString location = made.settings.value(QLatin1String("location")).toString();
    const QString top = QDir::cleanPath(options.pathRepo);
    const QString place = QDir::cleanPath(QDir(top).filePath(location));
    QString why;
    if (location.isEmpty())
        why = QStringLiteral("missing location");
    else if (has("path-repo-empty") || (place != top && !place.startsWith(top + QLatin1Char('/'))))
        why = QStringLiteral("location [%1] doesn't match any of the locations specified by "
                             "path.repo%2")
                  .arg(location, has("path-repo-empty")
                                     ? QStringLiteral(" because this setting is empty")
                                     : QString());
    if (!why.isEmpty()) {
        why = QStringLiteral("[%1] %2").arg(name, why);
        // 1.7 shows the whole text of its dependency injection.
        return refuse(500,
                      QStringLiteral("RepositoryException[%1]; nested: CreationException[Guice "
                                     "creation errors:\n\n1) Error injecting constructor, "
                                     "org.elasticsearch.repositories.RepositoryException: %2\n  at "
                                     "org.elasticsearch.repositories.fs.FsRepository.<init>("
                                     "Unknown Source)\n  while locating "
                                     "org.elasticsearch.repositories.fs.FsRepository\n  while "
                                     "locating org.elasticsearch.repositories.Repository\n\n1 "
                                     "error]; nested: RepositoryException[%2]; ")
                          .arg(failed, why),
                      "repository_exception", failed, why);
    }
    // It is known before it is verified, and stays known when that fails.
    repositories.insert(name, made);
    saveCluster();
    if (isVerified)
        TRY(verify(name));
    return {};
}

Outcome<void> ElasticsearchSimulator::Private::verify(const QString &name) const
{
    TRY_VALUE(const Share place, share(name));
    const char *const type = "repository_verification_exception";
    if (!place.canBeWritten())
        return refuse(500, type,
                      QStringLiteral("[%1] path  is not accessible on master node").arg(name));
    for (size_t n = 0; n < nodes.size(); ++n) {
        if (nodes[n].seesShare)
            continue;
        const QString node = nodes[n].name;
        const QString address = transportAddress(n);
        const QString why =
            QStringLiteral("[%1] a file written by master to the store [%2] cannot be accessed on "
                           "the node [[%3][%4][localhost][%5]]. This might indicate that the store "
                           "[%2] is not shared between this node and the master node or that "
                           "permissions on the store don't allow reading files written by the "
                           "master node")
                .arg(name, place.location(), node, nodes[n].id, address);
        return refuse(500, type,
                      QStringLiteral("[%1] [[%2, 'RemoteTransportException[[%3][%4]"
                                     "[internal:admin/repository/verify]]; nested: "
                                     "RepositoryVerificationException[%5]; ']]")
                          .arg(name, nodes[n].id, node, address, why));
    }
    return {};
}

Outcome<Share> ElasticsearchSimulator::Private::share(const QString &repository) const
{
    const auto known = repositories.constFind(repository);
    // A server that was set up without path.repo lists its repositories and can open none
    // (elastic/elasticsearch 12033).
    if (known == repositories.constEnd() || has("path-repo-empty"))
        return refuse(404, "repository_missing_exception",
                      QStringLiteral("[%1] missing").arg(repository));
    const QString location = known->settings.value(QLatin1String("location")).toString();
    return Share(QDir::cleanPath(QDir(options.pathRepo).filePath(location)));
}

Outcome<void> ElasticsearchSimulator::Private::checkSnapshotName(const QString &repository,
                                                                 const QString &name) const
{
    static const QRegularExpression blank(QStringLiteral("\\s"));
    static const QRegularExpression forbidden(QStringLiteral("[\\\\/*?\"<>|]"));
    const QString why =
        name.contains(blank)                ? QStringLiteral("must not contain whitespace")
        : name.contains(QLatin1Char(','))   ? QStringLiteral("must not contain ','")
        : name.contains(QLatin1Char('#'))   ? QStringLiteral("must not contain '#'")
        : name.startsWith(QLatin1Char('_')) ? QStringLiteral("must not start with '_'")
        : name != name.toLower()            ? QStringLiteral("must be lowercase")
        : name.contains(forbidden) ? QStringLiteral("must not contain the following characters "
                                                    "[\\, /, *, ?, \", <, >, |,  , ,]")
                                   : QString();
    if (why.isEmpty())
        return {};
    return refuse(
        400, "invalid_snapshot_name_exception",
        QStringLiteral("[%1:%2] Invalid snapshot name [%2], %3").arg(repository, name, why));
}

/// Of one that is over.
Outcome<SnapshotInfo> ElasticsearchSimulator::Private::read(const QString &repository,
                                                            const QString &name) const
{
    TRY_VALUE(const Share place, share(repository));
    TRY(checkSnapshotName(repository, name));
    auto info = place.read(name);
    if (info)
        return *std::move(info);
    if (info.error().code == ErrorCode::NotFound) {
        const QString sentence = QStringLiteral("[%1:%2] is missing").arg(repository, name);
        return refuse(404,
                      QStringLiteral("SnapshotMissingException[%1]; nested: FileNotFoundException["
                                     "%2/snapshot-%3 (No such file or directory)]; ")
                          .arg(sentence, place.location(), name),
                      "snapshot_missing_exception", sentence, {});
    }
    return refuse(500,
                  QStringLiteral("ElasticsearchParseException[failed to read snapshot]; nested: "
                                 "EOFException[%1]; ")
                      .arg(info.error().detail),
                  "snapshot_exception",
                  QStringLiteral("[%1:%2] failed to get snapshots").arg(repository, name),
                  QStringLiteral("EOFException: ") + info.error().detail);
}

bool ElasticsearchSimulator::Private::isRunning(const QString &repository,
                                                const QString &name) const
{
    return snapshot && snapshot->repository == repository && snapshot->info.name == name;
}

ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::createSnapshot(const Call &call, const QString &repository,
                                                const QString &name)
{
    TRY_VALUE(const Share place, share(repository));
    TRY(checkSnapshotName(repository, name));
    TRY_VALUE(const QJsonObject body, bodyOf(call));
    // 1.7 leaves out what is missing unless it is told not to.
    TRY_VALUE(const QStringList names,
              resolve(body.value(QLatin1String("indices")).toString(),
                      body.value(QLatin1String("ignore_unavailable")).toBool(isOld())));
    RunningSnapshot run{repository, place, {}, {}, {}, 0, false, false, {}};
    for (const QString &index : names) {
        if (!indices[index].isOpen)
            return refuse(403, "cluster_block_exception",
                          QStringLiteral("blocked by: [FORBIDDEN/4/index closed];"));
        run.indices.push_back(indices[index]);
    }
    const bool isTaken = place.names().contains(name) || isRunning(repository, name);
    // Which of the two is said first differs (replies 66).
    if (snapshot && !(isTaken && !isOld()))
        return refuse(503, "concurrent_snapshot_execution_exception",
                      QStringLiteral("[%1:%2] %3a snapshot is already running")
                          .arg(repository, name, isOld() ? QString() : QStringLiteral(" ")));
    if (isTaken)
        return refuse(400, "invalid_snapshot_name_exception",
                      QStringLiteral("[%1:%2] Invalid snapshot name [%2], snapshot with %3 name "
                                     "already exists")
                          .arg(repository, name,
                               isOld() ? QStringLiteral("such") : QStringLiteral("the same")));
    run.info.name = name;
    run.info.uuid = base64Uuid();
    run.info.version = version();
    run.info.indices = names;
    run.info.state = kInProgress;
    run.info.start = now();
    run.info.globalState = body.value(QLatin1String("include_global_state")).toBool(true);
    for (const Index &index : run.indices) {
        for (int shard = 0; shard < index.shards(); ++shard) {
            ShardCopy copy{index.name, shard, shard == 0 ? index.bytes() : 0, {}};
            if (index.state != ShardState::Started)
                copy.failure = QStringLiteral("primary shard is not allocated");
            run.shards.push_back(copy);
        }
    }
    if (has("snapshot-partial") && !run.shards.empty())
        run.shards.back().failure =
            QStringLiteral("IndexShardSnapshotFailedException[[%1][%2] Failed to snapshot]; "
                           "nested: IOException[No space left on device]; ")
                .arg(run.shards.back().index)
                .arg(run.shards.back().number);
    if (isOld() && !place.write(run.info))
        return refuse(500, "snapshot_creation_exception",
                      QStringLiteral("[%1:%2] failed to create snapshot").arg(repository, name));
    snapshot = std::move(run);
    ticks.start();
    if (has("cut-during-create")) {
        call.reply.cut();
        return std::nullopt;
    }
    if (call.request.parameter("wait_for_completion") != QLatin1String("true"))
        return jsonAnswer({{QStringLiteral("accepted"), true}});
    snapshot->whenOver.push_back([this, reply = call.reply](const SnapshotInfo &over) {
        reply.send(jsonAnswer({{QStringLiteral("snapshot"), shown(over)}}));
    });
    return std::nullopt;
}

void ElasticsearchSimulator::Private::advanceSnapshot()
{
    if (!snapshot || (snapshot->isStalled && !snapshot->isAborted))
        return;
    if (snapshot->isAborted || ++snapshot->step >= kSteps)
        finishSnapshot();
}

void ElasticsearchSimulator::Private::finishSnapshot()
{
    RunningSnapshot run = std::move(*snapshot);
    snapshot.reset();
    SnapshotInfo &info = run.info;
    info.end = now();
    info.totalShards = int(run.shards.size());
    info.state = kSuccess;
    for (const ShardCopy &shard : run.shards) {
        if (shard.failure.isEmpty())
            continue;
        info.failures << QJsonObject{
            {QStringLiteral("index"), shard.index},
            {QStringLiteral("shard_id"), shard.number},
            {QStringLiteral("reason"), shard.failure},
            {QStringLiteral("node_id"), nodes[0].id},
            {QStringLiteral("status"), QStringLiteral("INTERNAL_SERVER_ERROR")}};
        info.state = kPartial;
    }
    if (run.isAborted) {
        run.share.remove(info);
    } else {
        Result<void> written;
        for (const Index &index : run.indices) {
            if (written)
                written = run.share.writeIndex(info.name, index);
        }
        if (written)
            written = run.share.write(info);
        if (!written && !diskError)
            diskError = written.error();
    }
    for (const auto &tell : run.whenOver)
        tell(info);
}

QJsonObject ElasticsearchSimulator::Private::shown(const SnapshotInfo &info) const
{
    const bool isOver = info.state != kInProgress;
    const QStringList parts = info.version.split(QLatin1Char('.'));
    const int failed = int(info.failures.size());
    QJsonObject body{{QStringLiteral("snapshot"), info.name},
                     {QStringLiteral("version_id"), parts.value(0).toInt() * 1'000'000 +
                                                        parts.value(1).toInt() * 10'000 +
                                                        parts.value(2).toInt() * 100 + 99},
                     {QStringLiteral("version"), info.version},
                     {QStringLiteral("indices"), toJsonArray(info.indices)},
                     {QStringLiteral("state"), info.state},
                     {QStringLiteral("start_time"), timeText(info.start)},
                     {QStringLiteral("start_time_in_millis"), info.start},
                     {QStringLiteral("failures"), info.failures},
                     {QStringLiteral("shards"),
                      QJsonObject{{QStringLiteral("total"), info.totalShards},
                                  {QStringLiteral("failed"), failed},
                                  {QStringLiteral("successful"), info.totalShards - failed}}}};
    if (!isOld()) {
        body.insert(QStringLiteral("uuid"), info.uuid);
        body.insert(QStringLiteral("include_global_state"), info.globalState);
    }
    // While it runs 1.7 says nothing of an end, and later ones that it was in 1970.
    if (isOver || !isOld()) {
        body.insert(QStringLiteral("end_time"), timeText(info.end));
        body.insert(QStringLiteral("end_time_in_millis"), info.end);
        body.insert(QStringLiteral("duration_in_millis"), isOver ? info.end - info.start : 0);
    }
    return body;
}

ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::getSnapshots(const QString &repository, const QString &name) const
{
    TRY_VALUE(const Share place, share(repository));
    const bool isAll = name == QLatin1String("_all");
    QJsonArray list;
    for (const QString &one : isAll ? place.names() : QStringList{name}) {
        if (isRunning(repository, one))
            continue;
        TRY_VALUE(const SnapshotInfo info, read(repository, one));
        list << shown(info);
    }
    if (snapshot && snapshot->repository == repository && (isAll || snapshot->info.name == name))
        list << shown(snapshot->info);
    return jsonAnswer({{kSnapshots, list}});
}

ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::snapshotStatus(const QString &repository,
                                                const QString &name) const
{
    QMap<QString, QMap<int, Stats>> shards;
    if (snapshot && (repository.isEmpty() || isRunning(repository, name))) {
        for (const ShardCopy &copy : snapshot->shards) {
            Stats stats;
            if (!copy.failure.isEmpty()) {
                stats.failed = 1;
            } else if (snapshot->step == 0) {
                stats.initializing = 1;
            } else {
                stats.started = 1;
                stats.bytes = copy.bytes;
                stats.processed = copy.bytes * snapshot->step / kSteps;
            }
            shards[copy.index].insert(copy.number, stats);
        }
        const QJsonObject status = statusObject(snapshot->info, snapshot->repository,
                                                snapshot->isAborted ? QStringLiteral("ABORTED")
                                                                    : QStringLiteral("STARTED"),
                                                shards, isOld(), nodes[0].id);
        return jsonAnswer({{kSnapshots, QJsonArray{status}}});
    }
    if (repository.isEmpty())
        return jsonAnswer({{kSnapshots, QJsonArray()}});
    TRY_VALUE(const SnapshotInfo info, read(repository, name));
    TRY_VALUE(const Share place, share(repository));
    for (const QString &index : info.indices) {
        const auto saved = place.readIndex(name, index);
        if (!saved)
            return refuse(500,
                          QStringLiteral("IndexShardRestoreFailedException[[%1][0] failed to read "
                                         "shard snapshot file]; nested: EOFException[null]; ")
                              .arg(index),
                          "snapshot_exception",
                          QStringLiteral("[%1:%2] failed to read shard snapshot file for [%3][0]")
                              .arg(repository, name, index),
                          QStringLiteral("EOFException"));
        for (int shard = 0; shard < saved->shards(); ++shard) {
            Stats stats;
            (info.lacks(index, shard) ? stats.failed : stats.done) = 1;
            stats.bytes = stats.processed = shard == 0 ? saved->bytes() : 0;
            shards[index].insert(shard, stats);
        }
    }
    // To this call a partial one is a success: only the shards tell.
    return jsonAnswer(
        {{kSnapshots,
          QJsonArray{statusObject(info, repository, info.state == kPartial ? kSuccess : info.state,
                                  shards, isOld(), {})}}});
}

/// Of one under way: aborts it; the answer comes when it is gone.
ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::deleteSnapshot(const Call &call, const QString &repository,
                                                const QString &name)
{
    if (isRunning(repository, name)) {
        snapshot->isAborted = true;
        snapshot->whenOver.push_back(
            [reply = call.reply](const SnapshotInfo &) { reply.send(acknowledged()); });
        ticks.start();
        return std::nullopt;
    }
    TRY_VALUE(const SnapshotInfo info, read(repository, name));
    if (snapshot)
        return refuse(503, "concurrent_snapshot_execution_exception",
                      QStringLiteral("[%1:%2] another snapshot is currently running cannot delete")
                          .arg(repository, name));
    TRY_VALUE(const Share place, share(repository));
    place.remove(info);
    return acknowledged();
}

} // namespace lb
