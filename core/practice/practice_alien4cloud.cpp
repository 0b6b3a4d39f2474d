// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/practice_alien4cloud.h"

#include "core/base/atomic_file.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/practice/alien4cloud_contents.h"
#include "core/practice/alien_simulator.h"
#include "core/practice/background_process.h"
#include "core/practice/elasticsearch_simulator.h"
#include "core/practice/loopback_http.h"
#include "core/practice/practice_tree.h"

#include <QDir>
#include <QFileInfo>

namespace lb {

namespace {

LB_TRANSLATE(Practice)

using namespace practice;

/// Alien's own folders that a backup keeps (systems/alien4cloud.md §1.2).
const char *const kKept[] = {"csar", "artifacts", "images", "plugins", "work"};
const QString kAdmin = QStringLiteral("admin");
/// The binary port beside the HTTP port, as 9300 is beside 9200.
constexpr int kTransportOffset = 100;

QString settingsFile(const QString &home)
{
    return home + QStringLiteral("/settings.json");
}

QString elasticsearchFolder(const QString &home)
{
    return home + QStringLiteral("/elasticsearch");
}

QString alienFolder(const QString &home)
{
    return home + QStringLiteral("/alien");
}

struct Settings
{
    quint16 elasticsearchPort = 0, alienPort = 0;
    QStringList faults;
    bool isFilled = false; ///< everything invented is in place
};

std::optional<Settings> readSettings(const QString &home)
{
    const auto bytes = readWholeFile(settingsFile(home));
    const auto object = bytes ? parseJsonObject(*bytes, settingsFile(home))
                              : Result<QJsonObject>(tl::unexpected(bytes.error()));
    if (!object)
        return std::nullopt;
    return Settings{quint16(object->value(QLatin1String("elasticsearch_port")).toInt()),
                    quint16(object->value(QLatin1String("alien_port")).toInt()),
                    toStringList(object->value(QLatin1String("faults"))),
                    object->value(QLatin1String("filled")).toBool()};
}

Result<void> writeSettings(const QString &home, const Settings &settings)
{
    TRY(makeFolders(home));
    return writeFileAtomically(
        settingsFile(home),
        toJsonDocument({{QStringLiteral("format"), 1},
                        {QStringLiteral("elasticsearch_port"), int(settings.elasticsearchPort)},
                        {QStringLiteral("alien_port"), int(settings.alienPort)},
                        {QStringLiteral("faults"), toJsonArray(settings.faults)},
                        {QStringLiteral("filled"), settings.isFilled}}));
}

Result<void> writeFile(const QString &path, const QByteArray &content, unsigned mode = 0644)
{
    TRY(makeFolders(QFileInfo(path).path(), 0755));
    return writeFileAtomically(path, content, mode);
}

/// The vendor's files, as far as they decide about a backup (§1.1).
Result<void> writeConfiguration(const PracticeAlien4Cloud &installation)
{
    const QString alien = QStringLiteral("server:\n"
                                         "  port: %1\n"
                                         "\n"
                                         "directories:\n"
                                         "  alien: %2\n"
                                         "  csar_repository: csar\n"
                                         "  artifact_repository: artifacts\n"
                                         "  upload_temp: upload\n"
                                         "  images: images\n"
                                         "\n"
                                         "elasticSearch:\n"
                                         "  local: false\n"
                                         "  client: true\n"
                                         "  transportClient: true\n"
                                         "  resetData: false\n"
                                         "  clusterName: %3\n"
                                         "  hosts: 127.0.0.1:%4\n"
                                         "\n"
                                         "alien_security:\n"
                                         "  admin:\n"
                                         "    ensure: true\n"
                                         "    username: %5\n"
                                         "    password: %5\n")
                              .arg(installation.alienPort)
                              .arg(installation.dataFolder(), installation.clusterName())
                              .arg(installation.elasticsearchPort + kTransportOffset)
                              .arg(kAdmin);
    const QString client = QStringLiteral("cluster.name: %1\n"
                                          "index.number_of_shards: 1\n"
                                          "index.number_of_replicas: 0\n")
                               .arg(installation.clusterName());
    for (const QString &folder :
         {installation.configFolder(), installation.newProgramFolder() + QStringLiteral("/config")})
        TRY(writeFile(folder + QStringLiteral("/alien4cloud-config.yml"), alien.toUtf8(), 0640));
    TRY(makeFolders(installation.exportFolder()));
    return writeFile(installation.configFolder() + QStringLiteral("/elasticsearch.yml"),
                     client.toUtf8());
}

QByteArray encoded(const QString &text)
{
    return text.toUtf8().toPercentEncoding();
}

QByteArray placeOf(const AlienDocument &document)
{
    return '/' + encoded(document.index) + '/' + encoded(document.type) + '/' +
           encoded(document.id);
}

/// From the beginning, whatever an earlier attempt left. `isLater`: that server knows one type of
/// an index only.
Result<void> fill(const PracticeAlien4Cloud &installation, bool isLater)
{
    const AlienContents contents = inventAlien4Cloud();
    TRY(removePracticeTree(installation.dataFolder()));
    for (auto it = contents.files.begin(); it != contents.files.end(); ++it)
        TRY(writeFile(installation.dataFolder() + QLatin1Char('/') + it.key(), it.value()));
    TRY(makeFolders(installation.shareFolder(), 0755));

    const quint16 port = installation.elasticsearchPort;
    QMap<QString, QJsonObject> mappings;
    QByteArray bulk;
    for (const AlienDocument &document : contents.documents) {
        const QString type = isLater ? document.index : document.type;
        mappings[document.index].insert(
            type,
            QJsonObject{
                {QStringLiteral("properties"),
                 QJsonObject{{QStringLiteral("alienScore"),
                              QJsonObject{{QStringLiteral("type"), QStringLiteral("long")}}}}}});
        const QJsonObject head{{QStringLiteral("_index"), document.index},
                               {QStringLiteral("_type"), type},
                               {QStringLiteral("_id"), document.id}};
        bulk += toJson({{QStringLiteral("index"), head}}) + '\n' + document.source + '\n';
    }
    const QJsonObject settings{{QStringLiteral("number_of_shards"), 1},
                               {QStringLiteral("number_of_replicas"), 0}};
    for (auto it = mappings.begin(); it != mappings.end(); ++it) {
        TRY(askLoopback(port, "DELETE", '/' + encoded(it.key())));
        TRY(askLoopbackJson(port, "PUT", '/' + encoded(it.key()),
                            toJson({{QStringLiteral("settings"), settings},
                                    {QStringLiteral("mappings"), it.value()}})));
    }
    TRY_VALUE(const QJsonObject done, askLoopbackJson(port, "POST", "/_bulk", bulk));
    if (done.value(QLatin1String("errors")).toBool(true))
        return fail(ErrorCode::Internal, tr("The simulator did not take all documents"),
                    QString::fromUtf8(toJson(done).left(500)));
    return {};
}

/// Every document of an open index.
Result<void> readDocuments(quint16 port, const QString &index, Alien4CloudContents *into)
{
    TRY_VALUE(
        const QJsonObject found,
        askLoopbackJson(port, "GET", '/' + encoded(index) + "/_search?size=10000&_source=false"));
    for (const QJsonValue hit :
         found.value(QLatin1String("hits"))[QLatin1String("hits")].toArray()) {
        const QByteArray place = placeOf({index,
                                          hit[QLatin1String("_type")].toString(),
                                          hit[QLatin1String("_id")].toString(),
                                          {}});
        TRY_VALUE(const LoopbackAnswer source, askLoopback(port, "GET", place + "/_source"));
        if (source.status != 200)
            return fail(ErrorCode::Corrupt, tr("%1 cannot be read").arg(QString::fromUtf8(place)));
        into->tree.entries.insert("index" + place, "sha256=" + Sha256::hex(source.body));
        ++into->documents;
    }
    return {};
}

PracticeAlien4Cloud installationAt(const QString &home, const Settings &settings)
{
    return {home, settings.elasticsearchPort, settings.alienPort};
}

} // namespace

QStringList alien4CloudFaultNames()
{
    return ElasticsearchSimulator::faultNames() + AlienSimulator::faultNames();
}

std::optional<PracticeAlien4Cloud> findPracticeAlien4Cloud(const QString &home)
{
    const auto settings = readSettings(home);
    if (!settings || !settings->isFilled)
        return std::nullopt;
    return installationAt(home, *settings);
}

bool isRunning(const PracticeAlien4Cloud &installation)
{
    return findBackground(elasticsearchFolder(installation.home)) &&
           findBackground(alienFolder(installation.home));
}

Result<PracticeAlien4Cloud>
startPracticeAlien4Cloud(const QString &home, const QString &program,
                         const std::optional<PracticeSimulators> &simulators)
{
    Settings settings = readSettings(home).value_or(Settings());
    const Settings before = settings;
    if (simulators) {
        settings.faults = simulators->faults;
        if (simulators->port != 0)
            settings.elasticsearchPort = simulators->port;
    }
    if (settings.elasticsearchPort == 0) {
        TRY_VALUE(settings.elasticsearchPort, freePort());
    }
    while (settings.alienPort == 0 || settings.alienPort == settings.elasticsearchPort) {
        TRY_VALUE(settings.alienPort, freePort());
    }
    if (settings.faults != before.faults ||
        settings.elasticsearchPort != before.elasticsearchPort) {
        TRY(stopBackground(alienFolder(home)));
        TRY(stopBackground(elasticsearchFolder(home)));
    }
    TRY(writeSettings(home, settings));
    const PracticeAlien4Cloud installation = installationAt(home, settings);
    const auto served = startBackground(
        elasticsearchFolder(home), program,
        {QStringLiteral("--practice"), QStringLiteral("serve-elasticsearch"), home});
    if (!served) {
        // The port may be what was wrong with it: the next start is to take the old one, or
        // another.
        TRY(writeSettings(home, before));
        return tl::unexpected(served.error());
    }
    if (!settings.isFilled || settings.elasticsearchPort != before.elasticsearchPort)
        TRY(writeConfiguration(installation));
    if (!settings.isFilled) {
        TRY(fill(installation, settings.faults.contains(QLatin1String("later-version"))));
        settings.isFilled = true;
        TRY(writeSettings(home, settings));
    }
    TRY(startPracticeAlien(home, program));
    return installation;
}

Result<QStringList> damagePracticeAlien4Cloud(const PracticeAlien4Cloud &installation)
{
    const quint16 port = installation.elasticsearchPort;
    QStringList done;
    TRY(askLoopback(port, "DELETE", "/csar"));
    done << tr("deleted the index csar");
    int number = 0;
    QString plugin;
    for (const AlienDocument &document : inventAlien4Cloud().documents) {
        ++number;
        if (document.index == QLatin1String("topology") && number % 3 == 0) {
            TRY(askLoopbackJson(port, "PUT", placeOf(document), R"({"delegateId":"nobody"})"));
            done << tr("overwrote topology %1").arg(document.id);
        } else if (document.index == QLatin1String("application") && number % 3 == 0) {
            TRY(askLoopback(port, "DELETE", placeOf(document)));
            done << tr("deleted application %1").arg(document.id);
        } else if (document.index == QLatin1String("plugin") && plugin.isEmpty()) {
            TRY_VALUE(const QJsonObject source, parseJsonObject(document.source, document.id));
            plugin = source.value(QLatin1String("pluginPathId")).toString();
        }
    }
    TRY(askLoopbackJson(port, "PUT", "/user/user/stowaway", R"({"username":"stowaway"})"));
    done << tr("added the user stowaway");

    const QString data = installation.dataFolder();
    const auto firstOf = [&](const char *folder) {
        const QDir place(data + QLatin1Char('/') + QLatin1String(folder));
        return place.filePath(place.entryList(QDir::Files, QDir::Name).value(0));
    };
    TRY(removePracticeTree(data + QStringLiteral("/csar/ferry")));
    done << tr("deleted the archives of ferry");
    TRY(removePracticeTree(QDir(data).filePath(QStringLiteral("work/plugins/content/") + plugin)));
    done << tr("deleted the files of a plugin");
    const QString image = firstOf("images");
    if (!QFile::resize(image, 20))
        return fail(ErrorCode::Failed, tr("Cannot damage %1").arg(image));
    done << tr("cut off an image");
    TRY(writeFile(firstOf("artifacts"), "overwritten\n"));
    done << tr("overwrote an artifact");
    TRY(writeFile(data + QStringLiteral("/artifacts/ransom-note.txt"), "pay\n"));
    done << tr("added artifacts/ransom-note.txt");
    return done;
}

Result<Alien4CloudContents> readPracticeAlien4Cloud(const PracticeAlien4Cloud &installation)
{
    Alien4CloudContents found;
    const quint16 port = installation.elasticsearchPort;
    TRY_VALUE(const QJsonObject state, askLoopbackJson(port, "GET", "/_cluster/state/metadata"));
    const QJsonObject indices =
        state.value(QLatin1String("metadata"))[QLatin1String("indices")].toObject();
    for (auto it = indices.begin(); it != indices.end(); ++it) {
        QJsonObject facts = it.value().toObject();
        // An index that was deleted comes back with another.
        QJsonObject settings =
            facts.value(QLatin1String("settings"))[QLatin1String("index")].toObject();
        settings.remove(QStringLiteral("uuid"));
        facts.insert(QStringLiteral("settings"), settings);
        found.tree.entries.insert("index/" + it.key().toUtf8(), toJson(facts));
        if (facts.value(QLatin1String("state")) == QLatin1String("open"))
            TRY(readDocuments(port, it.key(), &found));
    }
    for (const char *folder : kKept) {
        const QString place = installation.dataFolder() + QLatin1Char('/') + QLatin1String(folder);
        if (!QFileInfo::exists(place))
            continue; // all of it will be missing in the comparison
        TRY_VALUE(const TreeSnapshot tree, takeSnapshot(place));
        for (auto it = tree.entries.begin(); it != tree.entries.end(); ++it)
            found.tree.entries.insert(QByteArray(folder) + '/' + it.key(), it.value());
        found.tree.files += tree.files;
        found.tree.bytes += tree.bytes;
    }
    return found;
}

Result<void> removePracticeAlien4Cloud(const QString &home)
{
    TRY(stopBackground(alienFolder(home)));
    TRY(stopBackground(elasticsearchFolder(home)));
    return removePracticeTree(home);
}

Result<void> startPracticeAlien(const QString &home, const QString &program, PracticeServer version)
{
    const QString life = version == PracticeServer::NewAlien ? QStringLiteral("serve-new-alien")
                                                             : QStringLiteral("serve-alien");
    TRY(startBackground(alienFolder(home), program, {QStringLiteral("--practice"), life, home}));
    return {};
}

Result<void> stopPracticeAlien(const QString &home)
{
    return stopBackground(alienFolder(home));
}

int servePractice(PracticeServer server, const QString &home)
{
    const QString folder =
        server == PracticeServer::Elasticsearch ? elasticsearchFolder(home) : alienFolder(home);
    return serveSimulator(folder, [&](std::unique_ptr<QObject> *simulator) -> Result<quint16> {
        const auto settings = readSettings(home);
        if (!settings)
            return fail(ErrorCode::NotFound, tr("%1 is missing").arg(settingsFile(home)));
        const PracticeAlien4Cloud installation = installationAt(home, *settings);
        if (server == PracticeServer::Elasticsearch) {
            ElasticsearchSimulator::Options options;
            options.clusterName = installation.clusterName();
            options.pathRepo = installation.shareFolder();
            options.dataFolder = folder + QStringLiteral("/data");
            options.faults = settings->faults;
            auto made = std::make_unique<ElasticsearchSimulator>(options);
            TRY_VALUE(const quint16 port, made->listen(settings->elasticsearchPort));
            *simulator = std::move(made);
            return port;
        }
        auto made = std::make_unique<AlienSimulator>(
            AlienSimulator::Options{settings->elasticsearchPort, installation.dataFolder(), kAdmin,
                                    kAdmin, settings->faults, server == PracticeServer::NewAlien});
        TRY(made->boot());
        TRY_VALUE(const quint16 port, made->listen(settings->alienPort));
        *simulator = std::move(made);
        return port;
    });
}

} // namespace lb
