// SPDX-License-Identifier: GPL-3.0-or-later
// What must hold before an installation is saved, restored or rehearsed (sheet §6).
#include "core/actions/elasticsearch_work.h"
#include "core/actions/http_work.h"
#include "core/actions/reference_part.h"
#include "core/actions/saved_tree.h"
#include "core/archive/tree_compare.h"
#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/store/folder_store.h"
#include "core/systems/alien4cloud/settings.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QVariant>

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cmath>

namespace lb {

namespace {

LB_TRANSLATE(Checks)

/// Above it Elasticsearch moves no shard to a node: 85 %; a margin below it.
constexpr double kFullest = 0.8;
/// How old the restore point may be that a migration goes back to (sheet §6.5: “of today”).
constexpr auto kNewest = std::chrono::hours(24);

Result<qint64> freeAt(const QString &folder)
{
    struct statvfs info
    {
    };
    if (::statvfs(QFile::encodeName(folder).constData(), &info) != 0)
        return failErrno(tr("Cannot read the free space of %1").arg(folder), errno);
    return qint64(info.f_bavail) * qint64(info.f_frsize);
}

/// Bytes of the primaries of the system's own indices.
Result<qint64> ownBytes(ElasticsearchJob &job)
{
    TRY_VALUE(const auto indices, clusterIndices(job));
    const IndexSurvey survey = surveyIndices(indices, job.call.extra);
    TRY_VALUE(const QByteArray body, job.ask("sizes", tr("Cannot read the size of the indices")));
    TRY_VALUE(const QJsonObject sizes, readStoreSizes(body));
    qint64 bytes = 0;
    for (const QString &name : survey.open)
        bytes += sizes.value(name).toInteger();
    return bytes;
}

Result<CallOutcome> cluster(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    TRY_VALUE(const QByteArray body, job.ask("root", tr("%1 does not answer").arg(call.at.text())));
    TRY_VALUE(const ClusterRoot root, readClusterRoot(body));
    if (!call.clusterName.isEmpty() && root.cluster != call.clusterName)
        return fail(ErrorCode::Conflict,
                    tr("The cluster at %1 is called %2, and %3 was expected")
                        .arg(call.at.text(), root.cluster, call.clusterName),
                    {}, tr("Correct elasticsearch_url or cluster_name of the system"));
    const QString evidence =
        tr("%1, Elasticsearch %2 at %3").arg(root.cluster, root.version, call.at.text());
    if (!root.version.startsWith(QLatin1String("1.7.")))
        return fail(ErrorCode::Unsupported, evidence,
                    tr("Alien4Cloud 1.1 and 1.2 use Elasticsearch 1.7"),
                    tr("Go on only when you know that Alien works with it"));
    return holds(evidence);
}

Result<CallOutcome> health(ElasticsearchJob &job)
{
    TRY_VALUE(const QByteArray body, job.ask("health", tr("Cannot read the cluster's health")));
    TRY_VALUE(const ClusterHealth health, readHealth(body));
    const QString evidence = tr("%1, %n node(s), %2 shards unassigned", nullptr, health.nodes)
                                 .arg(health.status)
                                 .arg(health.unassigned);
    if (health.status != QLatin1String("red"))
        return holds(evidence);
    TRY_VALUE(const QJsonObject answer, parseJsonObject(body, tr("the cluster's health")));
    const QJsonObject each = answer.value(QLatin1String("indices")).toObject();
    QStringList red;
    for (auto it = each.begin(); it != each.end(); ++it) {
        if (it.value()[QLatin1String("status")].toString() == QLatin1String("red"))
            red << it.key();
    }
    return fail(ErrorCode::Failed,
                tr("The cluster at %1 is red: a primary shard is missing").arg(job.call.at.text()),
                red.isEmpty() ? evidence : tr("of %1; %2").arg(listed(red), evidence),
                tr("GET /_cat/shards?v names the shard, and the log of its node says why. Bring "
                   "that node or its disk back, or restore the index: a snapshot now would be "
                   "without it"));
}

/// The share here: a folder, and a mount point, or a full disk of this machine is next.
Result<CallOutcome> share(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    TRY_VALUE(const QByteArray all, job.ask("nodes", tr("Cannot read the nodes")));
    TRY_VALUE(const auto nodes, readNodes(all));
    QStringList without;
    for (const ClusterNode &node : nodes) {
        const bool has =
            std::any_of(node.pathRepo.begin(), node.pathRepo.end(), [&](const QString &allowed) {
                return call.share == QDir::cleanPath(allowed) ||
                       call.share.startsWith(QDir::cleanPath(allowed) + QLatin1Char('/'));
            });
        if (!has)
            without
                << (node.pathRepo.isEmpty()
                        ? tr("%1 has none").arg(node.name)
                        : tr("%1 has %2").arg(node.name, node.pathRepo.join(QStringLiteral(", "))));
    }
    if (!without.isEmpty())
        return fail(ErrorCode::Denied,
                    tr("%1 is not in path.repo of %n node(s)", nullptr, int(without.size()))
                        .arg(call.share),
                    without.join(QStringLiteral("; ")),
                    tr("Put it into elasticsearch.yml of every node and restart the nodes one by "
                       "one; the runbook alien4cloud.prepare does it"));
    const QString doing = tr("Not every node can use %1").arg(call.share);
    const auto registered = job.ask("register", doing);
    const auto verified = registered ? job.ask("verify", doing) : registered;
    const auto removed =
        job.askIfThere("remove_repository", tr("Cannot take the check's repository away"));
    if (!verified)
        return tl::unexpected(verified.error());
    TRY(removed);
    TRY_VALUE(const QStringList seen, readVerifiedNodes(*verified));
    QStringList blind;
    for (const ClusterNode &node : nodes) {
        if (!seen.contains(node.name))
            blind << node.name;
    }
    if (!blind.isEmpty())
        return fail(ErrorCode::Denied, doing,
                    tr("not seen by %1").arg(blind.join(QStringLiteral(", "))),
                    tr("Mount the share on every node at the same path, and let the user "
                       "elasticsearch write there"));
    const QFileInfo here(call.share);
    if (!here.isDir())
        return fail(ErrorCode::NotFound, tr("%1 is no folder on this machine").arg(call.share),
                    tr("the nodes see it"),
                    tr("Mount the share here too: the snapshot is copied from it"));
    QString evidence = tr("%n node(s) wrote to %1: %2", nullptr, int(seen.size()))
                           .arg(call.share, seen.join(QStringLiteral(", ")));
    struct stat self
    {
    };
    struct stat above
    {
    };
    const QByteArray path = QFile::encodeName(call.share);
    if (nodes.size() > 1 && ::stat(path.constData(), &self) == 0 &&
        ::stat((path + "/..").constData(), &above) == 0 && self.st_dev == above.st_dev)
        evidence += QStringLiteral("; ") + tr("it is no mount point on this machine");
    return holds(evidence);
}

Result<CallOutcome> idle(ElasticsearchJob &job)
{
    TRY_VALUE(const QByteArray body, job.ask("running", tr("Cannot read what runs")));
    TRY_VALUE(const auto snapshots, readSnapshotProgress(body));
    QStringList busy;
    for (const SnapshotProgress &one : snapshots)
        busy << tr("snapshot %1 in repository %2").arg(one.name, one.repository);
    TRY_VALUE(const QByteArray state, job.ask("restoring", tr("Cannot read what runs")));
    TRY_VALUE(const QStringList restores, readRestores(state));
    for (const QString &repository : restores)
        busy << tr("restore from repository %1").arg(repository);
    busy.removeDuplicates();
    if (!busy.isEmpty())
        return fail(ErrorCode::Conflict, tr("The cluster at %1 is busy").arg(job.call.at.text()),
                    listed(busy),
                    tr("Wait for it. One that is stuck for good ends when the nodes are restarted "
                       "one by one"));
    return holds(tr("no snapshot and no restore runs"));
}

Result<CallOutcome> room(ElasticsearchJob &job)
{
    TRY_VALUE(const qint64 bytes, ownBytes(job));
    TRY_VALUE(const qint64 free, freeAt(job.call.share));
    const QString evidence = tr("%1 free at %2, the indices have %3")
                                 .arg(formatSize(free), job.call.share, formatSize(bytes));
    if (free < bytes)
        return fail(ErrorCode::NoSpace, tr("There is no room for what the indices hold"), evidence,
                    tr("Free space there, or use another folder"));
    return holds(evidence);
}

/// Named of those that differ.
constexpr int kMostFiles = 12;

const QString kDisk = QStringLiteral("cluster.routing.allocation.disk.");

/// What the cluster goes by: what was set at run time, else what the nodes' own files say.
Result<QString> clusterSetting(ElasticsearchJob &job, const QString &key)
{
    TRY_VALUE(const QByteArray body, job.ask("settings", tr("Cannot read the settings")));
    TRY_VALUE(const QJsonObject all, parseJsonObject(body, tr("the cluster's settings")));
    for (const char *kind : {"transient", "persistent"}) {
        const QJsonValue value = settingAt(all.value(QLatin1String(kind)), key);
        if (!value.isUndefined())
            return value.toVariant().toString();
    }
    TRY_VALUE(const QByteArray own, job.ask("nodes", tr("Cannot read the nodes")));
    TRY_VALUE(const QJsonObject answer, parseJsonObject(own, tr("the cluster's nodes")));
    for (const QJsonValue node : answer.value(QLatin1String("nodes")).toObject()) {
        const QJsonValue value = settingAt(node[QLatin1String("settings")], key);
        if (!value.isUndefined())
            return value.toVariant().toString();
    }
    return QString();
}

/// A node fuller than this gets no shard: `85%`, or `0.85`; 1 when it is given as bytes that must
/// stay free, which is returned in `bytes`.
double watermark(const QString &text, qint64 *bytes)
{
    static const QRegularExpression size(QStringLiteral("\\A([0-9.]+)([kmgtp]?)b?\\z"),
                                         QRegularExpression::CaseInsensitiveOption);
    bool isNumber = false;
    if (text.endsWith(QLatin1Char('%')))
        return text.chopped(1).toDouble(&isNumber) / 100;
    const double ratio = text.toDouble(&isNumber);
    if (isNumber && ratio <= 1)
        return ratio;
    if (const auto match = size.match(text.trimmed()); match.hasMatch()) {
        const int power =
            match.captured(2).isEmpty()
                ? 0
                : int(QStringLiteral("kmgtp").indexOf(match.captured(2).toLower())) + 1;
        *bytes = qint64(match.captured(1).toDouble() * std::pow(1024.0, power));
    }
    return 1;
}

/// A full node takes no shard: a restore would stay red.
Result<CallOutcome> restoreRoom(ElasticsearchJob &job)
{
    TRY_VALUE(const QByteArray body, job.ask("disks", tr("Cannot read the nodes' disks")));
    TRY_VALUE(const auto disks, readDisks(body));
    TRY_VALUE(const QByteArray settings, job.ask("nodes", tr("Cannot read the nodes")));
    TRY_VALUE(const auto nodes, readNodes(settings));
    TRY_VALUE(const QString threshold,
              clusterSetting(job, kDisk + QStringLiteral("threshold_enabled")));
    const bool isMinded = threshold.isEmpty()
                              ? std::any_of(nodes.begin(), nodes.end(),
                                            [](const ClusterNode &node) { return node.mindsDisk; })
                              : threshold != QLatin1String("false");
    TRY_VALUE(const QString low, clusterSetting(job, kDisk + QStringLiteral("watermark.low")));
    qint64 leave = 0;
    const double most = low.isEmpty() ? kFullest : std::min(kFullest, watermark(low, &leave));
    const qint64 bytes = job.call.bytes;
    QStringList full, all;
    for (const NodeDisk &disk : disks) {
        if (disk.total <= 0)
            continue;
        const double after = double(disk.total - disk.available + bytes) / double(disk.total);
        const QString text = tr("%1: %2 % used afterwards, %3 free now")
                                 .arg(disk.node)
                                 .arg(qRound(after * 100))
                                 .arg(formatSize(disk.available));
        all << text;
        if (isMinded && (after > most || disk.available - bytes < leave))
            full << text;
    }
    if (!full.isEmpty()) {
        const QString evidence = listed(full);
        return fail(
            ErrorCode::NoSpace,
            leave > 0
                ? tr("%n node(s) with less than %1 free afterwards", nullptr, int(full.size()))
                      .arg(formatSize(leave))
                : tr("%n node(s) over %1 % full afterwards", nullptr, int(full.size()))
                      .arg(qRound(most * 100)),
            low.isEmpty() ? evidence : tr("%1; %2watermark.low is %3").arg(evidence, kDisk, low),
            low.isEmpty() ? tr("Above 85 % Elasticsearch gives a node no shard, and the restore "
                               "stays red: free space there")
                          : tr("Above its watermark Elasticsearch gives a node no shard, and the "
                               "restore stays red: free space there, or raise the watermark"));
    }
    return holds(listed(all));
}

Result<CallOutcome> indices(ElasticsearchJob &job)
{
    TRY_VALUE(const auto live, clusterIndices(job));
    const IndexSurvey survey = surveyIndices(live, job.call.extra);
    if (!survey.closed.isEmpty())
        return fail(ErrorCode::Conflict,
                    tr("%n closed index(es)", nullptr, int(survey.closed.size())),
                    listed(survey.closed),
                    tr("A closed index cannot be saved. A restore that did not end leaves them so: "
                       "restore again, or open them"));
    if (!survey.missing.isEmpty())
        return fail(ErrorCode::NotFound,
                    tr("%n index(es) of Alien missing", nullptr, int(survey.missing.size())),
                    listed(survey.missing),
                    tr("Alien makes missing ones at its next start, empty. Is this the right "
                       "cluster?"));
    QString evidence = tr("%n index(es) of Alien", nullptr, int(survey.open.size()));
    if (!survey.foreign.isEmpty())
        evidence +=
            QStringLiteral("; ") + tr("not Alien's, never touched: %1").arg(listed(survey.foreign));
    return holds(evidence);
}

/// The folders and files that documents may name, as referredPath() writes them.
QStringList presentPaths(const QString &dataFolder)
{
    QStringList paths;
    const auto folders = [&](const QString &below) {
        return QDir(dataFolder + QLatin1Char('/') + below)
            .entryList(QDir::Dirs | QDir::NoDotAndDotDot | QDir::Hidden);
    };
    for (const QString &plugin : folders(QStringLiteral("work/plugins/content")))
        paths << QStringLiteral("work/plugins/content/") + plugin;
    for (const QString &name : folders(QStringLiteral("csar"))) {
        for (const QString &version : folders(QStringLiteral("csar/") + name))
            paths << QStringLiteral("csar/%1/%2").arg(name, version);
    }
    for (const QString &image :
         QDir(dataFolder + QStringLiteral("/images")).entryList(QDir::Files)) {
        paths << QStringLiteral("images/") + image;
        paths << QStringLiteral("images/") + QFileInfo(image).completeBaseName();
    }
    return paths;
}

Result<CallOutcome> references(ElasticsearchJob &job)
{
    const QString folder = job.call.dataFolder;
    for (const QString &needed : alienFolders()) {
        if (!QFileInfo(folder + QLatin1Char('/') + needed).isDir())
            return fail(ErrorCode::NotFound, tr("%1 holds no %2").arg(folder, needed), {},
                        tr("alien_dir must be what directories.alien in alien4cloud-config.yml "
                           "names; a relative one counts from the folder Alien is started in"));
    }
    TRY_VALUE(const QByteArray body,
              job.ask("documents", tr("Cannot read plugins, archives and images")));
    TRY_VALUE(const auto documents, readHits(body));
    const CrossReferences compared = compareReferences(documents, presentPaths(folder));
    const QString evidence =
        tr("%n document(s) name files in %1", nullptr, compared.checked).arg(folder);
    const QString unknown =
        compared.unknownFolders.isEmpty()
            ? QString()
            : tr("named by no document: %1").arg(listed(compared.unknownFolders));
    if (!compared.missingFiles.isEmpty()) {
        const QString missing = tr("not there: %1").arg(listed(compared.missingFiles));
        return fail(ErrorCode::Conflict,
                    tr("Documents and files in %1 do not fit together").arg(folder),
                    unknown.isEmpty() ? missing : missing + QStringLiteral("; ") + unknown,
                    tr("Put the files back, or restore both: an archive or an image cannot be "
                       "opened without them, and a plugin is switched off by Alien's next start, "
                       "and stays so"));
    }
    if (unknown.isEmpty())
        return holds(evidence + QStringLiteral(", ") + tr("all of them are there"));
    if (job.context.isQuestion)
        return fail(ErrorCode::Conflict,
                    tr("Documents and files in %1 do not fit together").arg(folder), unknown,
                    tr("They harm nothing. If this is the right cluster, delete them when you know "
                       "that nobody needs them"));
    // What was saved so comes back so, and nothing fails for want of it.
    CallOutcome outcome = holds(evidence);
    outcome.warnings << tr("In %1, %2").arg(folder, unknown);
    return outcome;
}

Result<CallOutcome> config(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    const QString file = call.configFolder + QStringLiteral("/alien4cloud-config.yml");
    if (!job.context.readYaml)
        return fail(ErrorCode::Internal, tr("Nobody reads YAML here"));
    const auto read = job.context.readYaml(file);
    if (!read) {
        Error error = read.error();
        if (error.advice.isEmpty())
            error.advice =
                tr("config_dir must be the folder with Alien's own alien4cloud-config.yml, "
                   "and whoever runs Lifeboat must be able to read it");
        return tl::unexpected(error);
    }
    const QJsonValue &document = *read;
    const AlienConfig config = readAlienConfig(document);
    if (config.resetsData)
        return fail(ErrorCode::Conflict,
                    tr("elasticSearch.resetData is true in %1: Alien wipes its data at its next "
                       "start")
                        .arg(file),
                    {}, tr("Set it to false before anything else"));
    if (config.isEmbedded)
        return fail(ErrorCode::Unsupported,
                    tr("Elasticsearch is embedded in Alien (elasticSearch.client is false in %1)")
                        .arg(file),
                    {},
                    tr("It stops with Alien, and a restore needs it while Alien is off. Move the "
                       "data to a server of its own first"));
    if (!config.clusterName.isEmpty() && !call.clusterName.isEmpty() &&
        config.clusterName != call.clusterName)
        return fail(ErrorCode::Conflict,
                    tr("%1 names the cluster %2, and the system says %3")
                        .arg(file, config.clusterName, call.clusterName),
                    {},
                    tr("Correct cluster_name of the system, or config_dir when that is the file of "
                       "another Alien"));
    if (config.dataFolder.startsWith(QLatin1Char('/')) &&
        QDir::cleanPath(config.dataFolder) != call.dataFolder)
        return fail(ErrorCode::Conflict,
                    tr("directories.alien is %1 in %2, and the system says %3")
                        .arg(config.dataFolder, file, call.dataFolder),
                    {},
                    tr("Correct alien_dir of the system, or config_dir when that is the file of "
                       "another Alien"));
    return holds(tr("%1: data in %2, resetData is false").arg(file, config.dataFolder));
}

Result<CallOutcome> stopped(ElasticsearchJob &job)
{
    const QString url = job.call.alienUrl;
    const HttpCall *planned = job.find("alien");
    if (planned == nullptr)
        return fail(ErrorCode::Internal, tr("The plan does not ask Alien"));
    TRY_VALUE(HttpRequest request, httpRequest(*planned, job.context));
    request.anyStatus = true;
    const auto answer = sendHttp(request, job.stop);
    if (!answer) {
        if (answer.error().code == ErrorCode::Cancelled)
            return tl::unexpected(answer.error());
        return holds(tr("nothing answers at %1").arg(url));
    }
    return fail(ErrorCode::Conflict, tr("Alien answers at %1").arg(url),
                tr("HTTP status %1").arg(answer->status),
                tr("Stop it, or set stop_command so that the run does it. While it runs, documents "
                   "and files may not fit together"));
}

/// What a part by reference refers to must be there before anything is stopped for it.
Result<void> seeReference(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    if (!call.details.contains(QLatin1String("reference")))
        return {};
    TRY_VALUE(const FolderStore store, FolderStore::open(job.context.store, OpenStore::Existing));
    TRY_VALUE(const PointUse use, store.use(PointId(call.point), job.context.run.value()));
    TRY_VALUE(const RestorePoint point, store.read(PointId(call.point)));
    TRY_VALUE(const PartRecord *part, point.neededPart(call.part));
    TRY_VALUE(const QStringList damage,
              referenceDamage(use.folder(), *part, ReferenceLook::Names, job.report, job.stop));
    if (damage.isEmpty())
        return {};
    return fail(ErrorCode::NotFound,
                tr("The restore point refers to a snapshot in the share that is not whole"),
                listed(damage),
                tr("Mount the share as it was when it was saved, or choose another restore point"));
}

Result<CallOutcome> restorable(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    TRY_VALUE(const QByteArray body, job.ask("root", tr("%1 does not answer").arg(call.at.text())));
    TRY_VALUE(const ClusterRoot root, readClusterRoot(body));
    const QString from = call.details.value(QLatin1String("server_version")).toString();
    const int fromMajor = from.section(QLatin1Char('.'), 0, 0).toInt();
    // N to N and to the next generation: 1, 2, 5, 6, 7, 8 (sheet §5.6).
    const int next = fromMajor == 2 ? 5 : fromMajor + 1;
    if (root.major() != fromMajor && root.major() != next)
        return fail(
            ErrorCode::Unsupported,
            tr("A snapshot of Elasticsearch %1 cannot be restored on %2").arg(from, root.version),
            tr("%1 answers at %2").arg(root.cluster, call.at.text()),
            tr("Restore it on the generation it was made on, or the next one: Alien4Cloud 1.1 and "
               "1.2 use Elasticsearch 1.7"));
    TRY_VALUE(const auto live, clusterIndices(job));
    const QJsonObject saved = call.details.value(QLatin1String("indices")).toObject();
    QStringList wrong;
    for (const ClusterIndex &index : live) {
        const int shards = saved.value(index.name)[QLatin1String("shards")].toInt();
        if (shards > 0 && shards != index.shards)
            wrong << tr("%1 has %2 shards here and %3 in the snapshot")
                         .arg(index.name)
                         .arg(index.shards)
                         .arg(shards);
    }
    if (!wrong.isEmpty())
        return fail(ErrorCode::Conflict,
                    tr("%n index(es) of other shards", nullptr, int(wrong.size())), listed(wrong),
                    tr("Another number of shards cannot be restored over. Delete them by hand "
                       "(DELETE /INDEX), then plan again"));
    const QString enable = QStringLiteral("cluster.routing.allocation.enable");
    TRY_VALUE(const QString allocation, clusterSetting(job, enable));
    if (allocation == QLatin1String("none"))
        return fail(ErrorCode::Conflict,
                    tr("The cluster at %1 gives no shard to any node").arg(call.at.text()),
                    tr("%1 is “none”").arg(enable),
                    tr("Set it to “all” with PUT /_cluster/settings, or the restore stays red"));
    const IndexSurvey survey = surveyIndices(live, call.extra);
    QStringList newer;
    for (const QString &name : survey.open + survey.closed) {
        if (!saved.contains(name))
            newer << name;
    }
    TRY(seeReference(job));
    QString evidence =
        tr("%n index(es), saved from %1 by Elasticsearch %2", nullptr, int(saved.size()))
            .arg(call.details.value(QLatin1String("cluster")).toString(), from);
    if (!newer.isEmpty())
        evidence += QStringLiteral("; ") +
                    tr("not in the restore point, stay as they are: %1").arg(listed(newer));
    return holds(evidence);
}

/// Today's, so that what a failed migration goes back to is not last month's.
Result<CallOutcome> backup(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    const auto madeAt = fromJsonTime(call.details.value(QLatin1String("made_at")).toString());
    const auto proof = fromWord<ProofLevel>(call.details.value(QLatin1String("proof")).toString())
                           .value_or(ProofLevel::Listed);
    const QString problem = call.details.value(QLatin1String("problem")).toString();
    if (!problem.isEmpty() || !call.details.value(QLatin1String("is_whole")).toBool())
        return fail(ErrorCode::Corrupt, tr("The restore point %1 is not whole").arg(call.point),
                    problem, tr("Save again with alien4cloud.save, and verify it"));
    if (proof < ProofLevel::Read)
        return fail(ErrorCode::Conflict, tr("Nobody has verified %1 yet").arg(call.point), {},
                    tr("lifeboat-cli backups verify %1 --open").arg(call.point));
    const auto age = std::chrono::milliseconds(madeAt.msecsTo(utcNow()));
    if (age > kNewest)
        return fail(ErrorCode::Conflict, tr("The restore point %1 is too old").arg(call.point),
                    tr("saved %1 ago").arg(formatDuration(age)),
                    tr("Save again with alien4cloud.save, and verify it"));
    return holds(tr("%1, saved %2 ago, verified").arg(call.point, formatDuration(age)));
}

struct Check
{
    const char *name;
    Result<CallOutcome> (*holds)(ElasticsearchJob &);
};

constexpr std::array kChecks{
    Check{"cluster", cluster},
    Check{"health", health},
    Check{"share", share},
    Check{"idle", idle},
    Check{"room", room},
    Check{"restore_room", restoreRoom},
    Check{"indices", indices},
    Check{"leftovers", checkLeftovers},
    Check{"references", references},
    Check{"config", config},
    Check{"stopped", stopped},
    Check{"restorable", restorable},
    Check{"backup", backup},
    Check{"converted", checkConverted},
    Check{"source_version", checkSourceVersion},
    Check{"plugin_zip", checkPluginZip},
    Check{"plugins", checkPlugins},
    Check{"orchestrators", checkOrchestrators},
    Check{"repository", checkRepository},
    Check{"script_files", checkScriptFiles},
    Check{"saved_config", checkSavedConfig},
    Check{"switched_off", checkSwitchedOff},
};

} // namespace

Result<CallOutcome> checkSavedConfig(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    TRY_VALUE(const FolderStore store, FolderStore::open(job.context.store, OpenStore::Existing));
    TRY_VALUE(const PointUse use, store.use(PointId(call.point), job.context.run.value()));
    TRY_VALUE(const RestorePoint point, store.read(PointId(call.point)));
    TRY_VALUE(const PartRecord *part, point.neededPart(call.part));
    TRY_VALUE(const SavedTree tree, SavedTree::open(use.folder(), *part, *job.programs, job.stop,
                                                    SavedTree::Files::Index));
    // Owners and times differ on a replacement and decide nothing; of the rest the names are
    // enough: what is in these files is secret.
    const CompareOptions options{call.configFolder, tree.archive().index, false, false};
    TRY_VALUE(const CompareReport report, compareTree(options, {}, job.stop));
    const QStringList changed = report.differences.sentences(kMostFiles);
    if (changed.isEmpty())
        return holds(tr("%1 is as it was saved").arg(call.configFolder));
    return fail(ErrorCode::Conflict,
                tr("A restore of the configuration changes %n thing(s) in %1", nullptr,
                   int(report.differences.count))
                    .arg(call.configFolder),
                changed.join(QStringLiteral("; ")),
                tr("Host names, addresses and passwords in it may have changed since. Accept it to "
                   "restore it all the same; the old files are kept. Or leave restore_config off, "
                   "and take single files out with backups extract"));
}

Result<CallOutcome> checkAlien(ElasticsearchJob &job)
{
    for (const Check &check : kChecks) {
        if (job.call.check == QLatin1String(check.name))
            return check.holds(job);
    }
    return fail(ErrorCode::Internal, tr("There is no check “%1”").arg(job.call.check));
}

} // namespace lb
