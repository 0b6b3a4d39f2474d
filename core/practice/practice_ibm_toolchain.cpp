// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/practice_ibm_toolchain.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/practice/background_process.h"
#include "core/practice/ibm_contents.h"
#include "core/practice/ibm_simulator.h"
#include "core/practice/loopback_http.h"
#include "core/practice/practice_tree.h"

#include <QJsonArray>

namespace lb {

namespace {

LB_TRANSLATE(Practice)

using namespace practice;

QString settingsFile(const QString &home)
{
    return home + QStringLiteral("/settings.json");
}

QString serverFolder(const QString &home)
{
    return home + QStringLiteral("/ibm");
}

struct Settings
{
    quint16 port = 0;
    QStringList faults;
};

std::optional<Settings> readSettings(const QString &home)
{
    const auto bytes = readWholeFile(settingsFile(home));
    const auto object = bytes ? parseJsonObject(*bytes, settingsFile(home))
                              : Result<QJsonObject>(tl::unexpected(bytes.error()));
    if (!object)
        return std::nullopt;
    return Settings{quint16(object->value(QLatin1String("port")).toInt()),
                    toStringList(object->value(QLatin1String("faults")))};
}

Result<void> writeSettings(const QString &home, const Settings &settings)
{
    TRY(makeFolders(home));
    return writeFileAtomically(
        settingsFile(home),
        toJsonDocument({{QStringLiteral("format"), 1},
                        {QStringLiteral("port"), int(settings.port)},
                        {QStringLiteral("faults"), toJsonArray(settings.faults)}}));
}

Result<void> ask(quint16 port, const QByteArray &path, const QJsonObject &body)
{
    TRY_VALUE(const LoopbackAnswer answer, askLoopback(port, "POST", path, toJson(body)));
    if (answer.status != 204)
        return fail(ErrorCode::Failed,
                    tr("%1 was answered with %2").arg(QString::fromLatin1(path)).arg(answer.status),
                    QString::fromUtf8(answer.body.left(500)));
    return {};
}

} // namespace

QString PracticeIbmToolchain::resourceGroup() const
{
    return ibm::inventedResourceGroup();
}

QString PracticeIbmToolchain::apiKey() const
{
    return ibm::inventedApiKey();
}

QString PracticeIbmToolchain::gitToken(const QString &region) const
{
    return ibm::inventedGitToken(region);
}

std::vector<PracticeToolchain> practiceToolchains(const PracticeIbmToolchain &installation)
{
    std::vector<PracticeToolchain> all;
    for (const auto &[id, name] : ibm::inventedToolchains())
        all.push_back({name, QStringLiteral("%1/devops/toolchains/%2?env_id=ibm:yp:%3")
                                 .arg(installation.url(), id, installation.sourceRegion())});
    return all;
}

QStringList ibmToolchainFaultNames()
{
    return IbmSimulator::faultNames();
}

std::optional<PracticeIbmToolchain> findPracticeIbmToolchain(const QString &home)
{
    const auto settings = readSettings(home);
    if (!settings)
        return std::nullopt;
    return PracticeIbmToolchain{home, settings->port};
}

bool isRunning(const PracticeIbmToolchain &installation)
{
    return findBackground(serverFolder(installation.home)).has_value();
}

Result<PracticeIbmToolchain>
startPracticeIbmToolchain(const QString &home, const QString &program,
                          const std::optional<PracticeSimulators> &simulators)
{
    const auto before = readSettings(home);
    Settings settings = before.value_or(Settings());
    if (simulators) {
        settings.faults = simulators->faults;
        if (simulators->port != 0)
            settings.port = simulators->port;
    }
    if (settings.port == 0) {
        TRY_VALUE(settings.port, freePort());
    }
    if (before && (before->port != settings.port || before->faults != settings.faults))
        TRY(stopBackground(serverFolder(home)));
    TRY(writeSettings(home, settings));
    const auto served = startBackground(
        serverFolder(home), program,
        {QStringLiteral("--practice"), QStringLiteral("serve-ibm-toolchain"), home});
    if (!served) {
        // The port may be what was wrong with it: the next start is to take the old one, or
        // another.
        TRY(writeSettings(home, before.value_or(Settings())));
        return tl::unexpected(served.error());
    }
    return PracticeIbmToolchain{home, settings.port};
}

Result<void> stopPracticeIbmToolchain(const QString &home)
{
    return stopBackground(serverFolder(home));
}

Result<QStringList> damagePracticeIbmToolchain(const PracticeIbmToolchain &installation)
{
    auto settings = readSettings(installation.home);
    if (!settings)
        return fail(ErrorCode::NotFound, tr("%1 is missing").arg(settingsFile(installation.home)));
    const QString lost = QStringLiteral("region-lost");
    if (!settings->faults.contains(lost))
        settings->faults << lost;
    TRY(writeSettings(installation.home, *settings));
    if (isRunning(installation))
        TRY(ask(installation.port, "/-/faults",
                {{QStringLiteral("faults"), toJsonArray(settings->faults)}}));
    return QStringList{tr("took the region %1 away").arg(installation.sourceRegion())};
}

Result<QString> newPracticeGitToken(const PracticeIbmToolchain &installation, const QString &region)
{
    TRY_VALUE(const QJsonObject made,
              askLoopbackJson(installation.port, "POST", "/-/git-tokens",
                              toJson({{QStringLiteral("region"), region}})));
    return made.value(QLatin1String("token")).toString();
}

Result<QJsonObject> readPracticeIbmToolchain(const PracticeIbmToolchain &installation)
{
    return askLoopbackJson(installation.port, "GET", "/-/state");
}

Result<void> removePracticeIbmToolchain(const QString &home)
{
    TRY(stopBackground(serverFolder(home)));
    return removePracticeTree(home);
}

int servePracticeIbmToolchain(const QString &home)
{
    return serveSimulator(
        serverFolder(home), [&](std::unique_ptr<QObject> *simulator) -> Result<quint16> {
            const auto settings = readSettings(home);
            if (!settings)
                return fail(ErrorCode::NotFound, tr("%1 is missing").arg(settingsFile(home)));
            IbmSimulator::Options options = ibm::inventIbmCloud();
            options.stateFile = serverFolder(home) + QStringLiteral("/state.json");
            options.faults = settings->faults;
            auto made = std::make_unique<IbmSimulator>(options);
            TRY_VALUE(const quint16 port, made->listen(settings->port));
            *simulator = std::move(made);
            return port;
        });
}

} // namespace lb
