// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/practice_systems.h"

#include "core/base/atomic_file.h"
#include "core/base/paths.h"
#include "core/base/text.h"
#include "core/practice/practice_cluster.h"
#include "core/practice/practice_ibm_toolchain.h"
#include "core/practice/practice_tree.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

/// A folder, and a database where a server is installed.
class FilesPractice : public PracticeSystem
{
public:
    FilesPractice() : PracticeSystem(QStringLiteral("files")) {}

    QString what() const override
    {
        return canPractiseDatabase() ? tr("a folder with all kinds of files, and a database")
                                     : tr("a folder with all kinds of files");
    }
    QString folder() const override { return home() + QStringLiteral("/shop"); }
    bool isMade() const override { return QFileInfo::exists(folder()); }

    Result<QMap<QString, QStringList>> start(const QJsonObject *known,
                                             const std::optional<PracticeSimulators> &) override
    {
        if (!isMade()) {
            TRY(makeFolders(home()));
            TRY(makePracticeTree(folder()));
        }
        QMap<QString, QStringList> inputs{{QStringLiteral("folder"), {folder()}}};
        // One that was set up before there was a server stays without.
        if (canPractiseDatabase() &&
            (!known || known->contains(QLatin1String("postgres_database")))) {
            TRY_VALUE(m_cluster, startPracticeCluster(home()));
            inputs.insert(QStringLiteral("postgres_host"), {m_cluster->folder});
            inputs.insert(QStringLiteral("postgres_user"), {m_cluster->user});
            inputs.insert(QStringLiteral("postgres_database"), {m_cluster->database});
        }
        return inputs;
    }

    Result<QStringList> damage() override
    {
        TRY_VALUE(QStringList done, damagePracticeTree(folder()));
        if (m_cluster) {
            TRY_VALUE(const QStringList more, damagePracticeCluster(*m_cluster));
            done += more;
        }
        return done;
    }

    Result<PracticeContents> read() override
    {
        PracticeContents contents;
        TRY_VALUE(contents.tree, takeSnapshot(folder()));
        if (m_cluster) {
            TRY_VALUE(const QByteArray rows, readPracticeCluster(*m_cluster));
            contents.others.insert(tr("the database"), rows);
            contents.databases = 1;
        }
        return contents;
    }

    Result<void> remove() override
    {
        TRY(removePracticeCluster(home()));
        return removePracticeTree(home());
    }

private:
    std::optional<PracticeCluster> m_cluster;
};

class Alien4CloudPractice : public PracticeSystem
{
public:
    Alien4CloudPractice() : PracticeSystem(QStringLiteral("alien4cloud")) {}

    QString what() const override
    {
        return tr(
            "Alien4Cloud 1.1.0: simulators of Elasticsearch 1.7 and of Alien, and their files");
    }
    QString folder() const override { return home(); }
    bool isMade() const override { return findPracticeAlien4Cloud(home()).has_value(); }
    bool isRunning() const override
    {
        const auto found = findPracticeAlien4Cloud(home());
        return found && lb::isRunning(*found);
    }
    QStringList faultNames() const override { return alien4CloudFaultNames(); }
    bool hasPort() const override { return true; }
    bool hasSecretParts() const override { return true; }

    Result<QMap<QString, QStringList>>
    start(const QJsonObject *, const std::optional<PracticeSimulators> &simulators) override
    {
        const QString program = QCoreApplication::applicationFilePath();
        TRY_VALUE(m_installation, startPracticeAlien4Cloud(home(), program, simulators));
        const auto address = [](quint16 port) {
            return QStringLiteral("http://127.0.0.1:%1").arg(port);
        };
        return QMap<QString, QStringList>{
            {QStringLiteral("elasticsearch_url"), {address(m_installation->elasticsearchPort)}},
            {QStringLiteral("cluster_name"), {m_installation->clusterName()}},
            {QStringLiteral("alien_dir"), {m_installation->dataFolder()}},
            {QStringLiteral("config_dir"), {m_installation->configFolder()}},
            {QStringLiteral("snapshot_dir"), {m_installation->shareFolder()}},
            {QStringLiteral("alien_url"), {address(m_installation->alienPort)}},
            {QStringLiteral("start_command"), {command("start-alien")}},
            {QStringLiteral("stop_command"), {command("stop-alien")}}};
    }

    QStringList moreCommands() const override
    {
        const QString set = QStringLiteral(" --set ");
        return {QStringLiteral("lifeboat-cli backups verify POINT --open"),
                QStringLiteral("lifeboat-cli run alien4cloud.migrate --system ") + systemName() +
                    QStringLiteral(" --restore-point latest") + set +
                    shellQuoted(QStringLiteral("export_dir=") + m_installation->exportFolder()) +
                    set +
                    shellQuoted(QStringLiteral("new_program_dir=") +
                                m_installation->newProgramFolder()) +
                    set +
                    shellQuoted(QStringLiteral("new_start_command=") + command("start-new-alien"))};
    }

    Result<QStringList> damage() override { return damagePracticeAlien4Cloud(*m_installation); }

    Result<PracticeContents> read() override
    {
        TRY_VALUE(const Alien4CloudContents found, readPracticeAlien4Cloud(*m_installation));
        return PracticeContents{found.tree, {}, 0, found.documents};
    }

    Result<void> remove() override { return removePracticeAlien4Cloud(home()); }

private:
    /// An input of this kind is one value: the list as JSON.
    QString command(const char *mode) const
    {
        const QJsonArray words{QCoreApplication::applicationFilePath(),
                               QStringLiteral("--practice"), QString::fromLatin1(mode), home()};
        return QString::fromUtf8(QJsonDocument(words).toJson(QJsonDocument::Compact));
    }

    std::optional<PracticeAlien4Cloud> m_installation;
};

/// What is comparable of the toolchains of a region, one text each.
QMap<QString, QByteArray> toolchainsIn(const QJsonObject &state, const QString &region)
{
    const QJsonArray tools = state.value(QLatin1String("tools")).toArray();
    QMap<QString, QByteArray> found;
    for (const QJsonValue toolchain : state.value(QLatin1String("toolchains")).toArray()) {
        if (toolchain[QLatin1String("location")].toString() != region)
            continue;
        QStringList lines;
        for (const QJsonValue tool : tools) {
            if (tool[QLatin1String("toolchain_id")] != toolchain[QLatin1String("id")])
                continue;
            // A tool that had no name of its own gets one in a copy; a pipeline always has one.
            const QString type = tool[QLatin1String("tool_type_id")].toString();
            lines << (type == QLatin1String("pipeline")
                          ? type + QLatin1Char(' ') + tool[QLatin1String("name")].toString()
                          : type);
        }
        lines.sort();
        found.insert(toolchain[QLatin1String("name")].toString(),
                     lines.join(QLatin1Char('\n')).toUtf8());
    }
    return found;
}

class IbmToolchainPractice : public PracticeSystem
{
public:
    IbmToolchainPractice() : PracticeSystem(QStringLiteral("ibm-toolchain")) {}

    QString what() const override
    {
        return tr("toolchains of IBM Cloud in a region that is being closed: a simulator of its "
                  "services");
    }
    QString folder() const override { return home(); }
    bool isMade() const override { return findPracticeIbmToolchain(home()).has_value(); }
    bool isRunning() const override
    {
        const auto found = findPracticeIbmToolchain(home());
        return found && lb::isRunning(*found);
    }
    QStringList faultNames() const override { return ibmToolchainFaultNames(); }
    bool hasPort() const override { return true; }
    TargetKind restoreTarget() const override { return TargetKind::Replacement; }
    /// The pipeline of “lost-anchor” uses a repository that is no tool: no copy can be made of it,
    /// and a save says so.
    QStringList restoredParts() const override
    {
        return {QStringLiteral("harbor-ferry"), QStringLiteral("tide-tables"),
                QStringLiteral("berth-planner"), QStringLiteral("signal-mast")};
    }

    Result<QMap<QString, QStringList>>
    start(const QJsonObject *, const std::optional<PracticeSimulators> &simulators) override
    {
        TRY_VALUE(m_installation, startPracticeIbmToolchain(
                                      home(), QCoreApplication::applicationFilePath(), simulators));
        TRY(writeFileAtomically(keyFile(), m_installation->apiKey().toUtf8()));
        TRY(provideToken());
        TRY(writeFileAtomically(sourceTokenFile(),
                                m_installation->gitToken(m_installation->sourceRegion()).toUtf8()));
        QStringList toolchains;
        for (const PracticeToolchain &toolchain : practiceToolchains(*m_installation))
            toolchains << toolchain.url;
        // The real hosts have the region in their names; here it is in the path.
        const QString regional = m_installation->url() + QStringLiteral("/REGION");
        return QMap<QString, QStringList>{
            {QStringLiteral("toolchain"), toolchains},
            {QStringLiteral("target_region"), {m_installation->targetRegion()}},
            {QStringLiteral("iam_url"), {m_installation->url()}},
            {QStringLiteral("console_url"), {m_installation->url()}},
            {QStringLiteral("toolchain_api_url"), {regional}},
            {QStringLiteral("pipeline_api_url"), {regional}},
            {QStringLiteral("git_url"), {regional}},
            {QStringLiteral("search_url"), {m_installation->url()}}};
    }

    QMap<QString, QStringList> secretPrograms() const override
    {
        return {{QStringLiteral("ibm_api_key"), {QStringLiteral("cat"), keyFile()}},
                {QStringLiteral("git_token"), {QStringLiteral("cat"), tokenFile()}},
                {QStringLiteral("source_git_token"), {QStringLiteral("cat"), sourceTokenFile()}}};
    }

    QStringList moreCommands() const override
    {
        QString copies =
            QStringLiteral(" --system ") + systemName() + QStringLiteral(" --restore-point latest");
        for (const QString &part : restoredParts())
            copies += QStringLiteral(" --only ") + part;
        const QString run = QStringLiteral("lifeboat-cli run ibm-toolchain.");
        return {run + QStringLiteral("secrets") + copies,
                run + QStringLiteral("triggers-on") + copies + QStringLiteral(" --set stay=bridge"),
                run + QStringLiteral("prove") + copies};
    }

    Result<QStringList> damage() override { return damagePracticeIbmToolchain(*m_installation); }

    /// Before the region is lost what is there, afterwards what stands in the other one.
    Result<PracticeContents> read() override
    {
        TRY_VALUE(const QJsonObject state, readPracticeIbmToolchain(*m_installation));
        const bool isLost =
            state.value(QLatin1String("faults")).toArray().contains(QStringLiteral("region-lost"));
        PracticeContents contents;
        const auto there = toolchainsIn(state, isLost ? m_installation->targetRegion()
                                                      : m_installation->sourceRegion());
        for (const QString &name : restoredParts())
            contents.others.insert(name, there.value(name));
        contents.toolchains = int(contents.others.size());
        return contents;
    }

    Result<void> remove() override { return removePracticeIbmToolchain(home()); }

private:
    QString keyFile() const { return home() + QStringLiteral("/api_key"); }
    QString tokenFile() const { return home() + QStringLiteral("/git_token"); }
    QString sourceTokenFile() const { return home() + QStringLiteral("/source_git_token"); }

    /// A restore revokes the token; the next one needs another, as a person would make it.
    Result<void> provideToken() const
    {
        TRY_VALUE(const QJsonObject state, readPracticeIbmToolchain(*m_installation));
        const auto kept = readWholeFile(tokenFile());
        for (const QJsonValue token : state.value(QLatin1String("git_tokens")).toArray()) {
            if (kept && !token[QLatin1String("revoked")].toBool() &&
                token[QLatin1String("region")].toString() == m_installation->targetRegion())
                return {};
        }
        QString token = m_installation->gitToken(m_installation->targetRegion());
        if (kept) {
            TRY_VALUE(token, newPracticeGitToken(*m_installation, m_installation->targetRegion()));
        }
        return writeFileAtomically(tokenFile(), token.toUtf8());
    }

    std::optional<PracticeIbmToolchain> m_installation;
};

} // namespace

QStringList differencesOf(const PracticeContents &before, const PracticeContents &after)
{
    QStringList differences = compareSnapshots(before.tree, after.tree);
    for (auto it = before.others.begin(); it != before.others.end(); ++it) {
        if (after.others.value(it.key()) != it.value())
            differences << tr("%1 is not as it was").arg(it.key());
    }
    return differences;
}

QString PracticeSystem::home() const
{
    return paths::practiceFolder() + QLatin1Char('/') + m_type;
}

std::vector<std::unique_ptr<PracticeSystem>> practiceSystems()
{
    std::vector<std::unique_ptr<PracticeSystem>> systems;
    systems.push_back(std::make_unique<FilesPractice>());
    systems.push_back(std::make_unique<Alien4CloudPractice>());
    systems.push_back(std::make_unique<IbmToolchainPractice>());
    return systems;
}

QStringList practiceTypes()
{
    QStringList types;
    for (const auto &system : practiceSystems())
        types << system->type();
    return types;
}

} // namespace lb::cli
