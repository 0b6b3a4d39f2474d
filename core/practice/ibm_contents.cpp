// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/ibm_contents.h"

#include "core/base/json.h"
#include "core/practice/ibm_contents_pipelines.h"
#include "core/practice/ibm_template.h"

#include <QCryptographicHash>
#include <QDate>
#include <QUuid>

namespace lb::practice::ibm {

namespace {

const QString kSource = QStringLiteral("us-east");
const QString kTarget = QStringLiteral("eu-de");
const QString kGroup = QStringLiteral("0123456789abcdef0123456789abcdef");

struct InventedTool
{
    const char *type, *name; ///< a name may be missing
    QJsonObject parameters;
    const char *pipeline = nullptr; ///< as the console would export it, but with its secrets
};

struct InventedToolchain
{
    const char *id, *name, *description, *templateName;
    std::vector<InventedTool> tools;
};

QJsonObject repository(const char *name)
{
    const QString path = QStringLiteral("ann/") + QLatin1String(name);
    return object({{"repo_name", name},
                   {"repo_url", repositoryUrl(kSource, path)},
                   {"git_id", "hostedgit"},
                   {"type", "link"},
                   {"api_root_url", "https://us-east.git.cloud.ibm.com"},
                   {"token_url", "https://otc.example.test/token"},
                   {"has_issues", true},
                   {"enable_traceability", false},
                   {"private_repo", true},
                   {"auth_type", "oauth"},
                   {"api_token", ""}});
}

QJsonObject classic(const char *name)
{
    return object({{"name", name},
                   {"ui-pipeline", true},
                   {"external_api_url", "****"},
                   {"services", QJsonArray{QStringLiteral("stale")}}});
}

QJsonObject tekton(const char *name)
{
    return object({{"name", name}, {"type", "tekton"}, {"external_api_url", "****"}});
}

QJsonObject worker(const char *name)
{
    return object({{"name", name},
                   {"workerQueueCredentials", "canary-worker-queue-key"},
                   {"workerQueueIdentifier", "q-1"}});
}

QJsonObject slack(const char *channel)
{
    return object({{"channel_name", channel},
                   {"api_token", "https://hooks.example.test/canary-slack-hook"},
                   {"team_url", "ferries"}});
}

/// systems/ibm-toolchain.md §4.
InventedToolchain harborFerry()
{
    return {"11111111-2222-4333-8444-555555555555",
            "harbor-ferry",
            "Ferry timetable delivery",
            "Ferry starter",
            {{"hostedgit", "web-src", repository("ferry-web")},
             {"hostedgit", "ci-tasks", repository("ci-tasks")},
             {"private_worker", nullptr, worker("dock-runner")},
             {"pipeline", "build-web", classic("build-web"), kBuildWeb},
             {"pipeline", "ci-run", tekton("ci-run"), kCiRun},
             {"slack", "chat", slack("ferries")},
             {"pagerduty", "pager",
              object({{"service_key", "canary-pager-service-key"},
                      {"service_url", "https://p.example.test"}})}}};
}

InventedToolchain tideTables()
{
    return {"22222222-3333-4444-8555-666666666666",
            "tide-tables",
            "Says \"high\" and \"low\"",
            nullptr,
            {{"hostedgit", "tables-src", repository("tide-tables")},
             {"private_worker", "pool", worker("pool")},
             {"private_worker", "pool-b", worker("pool-b")},
             {"pipeline", "tables", classic("tables"), kTables}}};
}

InventedToolchain berthPlanner()
{
    return {"33333333-4444-4555-8666-777777777777",
            "berth-planner",
            "Tekton alone",
            nullptr,
            {{"hostedgit", "planner-src", repository("berth-planner")},
             {"hostedgit", "planner-tasks", repository("berth-tasks")},
             {"hashicorpvault", "harbour-vault",
              object({{"name", "harbour-vault"},
                      {"server_url", "https://vault.example.test"},
                      {"authentication_method", "approle"},
                      {"role_id", "canary-vault-role"},
                      {"secret_id", "canary-vault-secret"}})},
             {"pipeline", "plan-ci", tekton("plan-ci"), kPlanCi},
             {"pipeline", "plan-cd", tekton("plan-cd"), kPlanCd}}};
}

InventedToolchain lostAnchor()
{
    return {"44444444-5555-4666-8777-888888888888",
            "lost-anchor",
            "Its pipeline uses a repository that is no tool",
            nullptr,
            {{"hostedgit", "anchor-src", repository("anchor")},
             {"pipeline", "anchor-build", classic("anchor-build"), kAnchor}}};
}

InventedToolchain signalMast()
{
    return {"55555555-6666-4777-8888-999999999999",
            "signal-mast",
            "Tells of ships",
            "Signals",
            {{"hostedgit", "mast-src", repository("signal-mast")},
             {"slack", "uses dock-runner", slack("signals")},
             {"pagerduty", "night-watch",
              object({{"service_key", "{vault::harbour-vault.pager-key}"},
                      {"service_url", "https://p.example.test"}})},
             {"artifactory", "store",
              object({{"name", "store"},
                      {"type", "docker"},
                      {"repository_url", "https://store.example.test"},
                      {"token", "canary-store-token"}})},
             {"pipeline", "mast-build", classic("mast-build"), kMastBuild},
             {"pipeline", "mast-ci", tekton("mast-ci"), kMastCi}}};
}

std::vector<InventedToolchain> toolchains()
{
    return {harborFerry(), tideTables(), berthPlanner(), lostAnchor(), signalMast()};
}

QString fixedId(const QString &of, const QString &name)
{
    return QUuid::createUuidV5(QUuid(of), name).toString(QUuid::WithoutBraces);
}

void addPipeline(World &world, const ToolchainTemplate &whole, const TemplateTool &tool,
                 const QMap<QString, QString> &ids, const QString &toolchain)
{
    const QString id = ids.value(tool.name);
    const bool isTekton = textOf(tool.parameters, "type") == QLatin1String("tekton");
    const QJsonObject pipeline = object({{"id", id},
                                         {"name", tool.name},
                                         {"toolchain_id", toolchain},
                                         {"is_tekton", isTekton},
                                         {"created_at", now()}});
    const auto done = isTekton ? makeTekton(world, whole, tool, ids, pipeline)
                               : makeClassic(world, whole, tool, pipeline);
    Q_ASSERT(done);
}

void addToolchain(World &world, const InventedToolchain &invented)
{
    const QString id = QLatin1String(invented.id);
    QJsonObject toolchain = makeToolchain(world, kSource, QString::fromUtf8(invented.name),
                                          QString::fromUtf8(invented.description), kGroup);
    toolchain.insert(QStringLiteral("crn"),
                     textOf(toolchain, "crn").replace(textOf(toolchain, "id"), id));
    toolchain.insert(QStringLiteral("id"), id);
    if (invented.templateName)
        toolchain.insert(QStringLiteral("template"), object({{"name", invented.templateName}}));
    world.put(kToolchains, id, toolchain);
    ToolchainTemplate whole;
    QMap<QString, QString> ids;
    for (const InventedTool &one : invented.tools) {
        TemplateTool tool;
        tool.name = QString::fromUtf8(one.name);
        tool.type = QLatin1String(one.type);
        tool.parameters = one.parameters;
        tool.isExported = true;
        if (one.pipeline)
            tool.pipeline = readYamlData(one.pipeline, tool.name).value_or(DataValue());
        QJsonObject made = makeTool(toolchain, tool.type, tool.name, tool.parameters);
        made.remove(QStringLiteral("_polls"));
        const QString toolId = fixedId(id, QString::number(whole.tools.size()));
        made.insert(QStringLiteral("id"), toolId);
        world.put(kTools, toolId, made);
        ids.insert(tool.name, toolId);
        whole.tools.push_back(tool);
    }
    for (const TemplateTool &tool : whole.tools) {
        if (!tool.pipeline.isNull())
            addPipeline(world, whole, tool, ids, id);
    }
}

QJsonObject mirrorTo(const QString &path, int number)
{
    const QString url = QStringLiteral("https://ann:canary-mirror-token@eu-de.git.cloud.ibm.com/"
                                       "%1.git")
                            .arg(path);
    return object({{"id", number},
                   {"url", url},
                   {"enabled", true},
                   {"only_protected_branches", false},
                   {"keep_divergent_refs", false},
                   {"auth_method", "password"},
                   {"update_status", "finished"},
                   {"last_error", QJsonValue::Null},
                   {"last_update_at", now()},
                   {"last_successful_update_at", now()}});
}

/// The same commit in both regions, as a mirror has it.
void addProject(World &world, const QString &region, const char *name, bool isMirrored)
{
    const QString path = QStringLiteral("ann/") + QLatin1String(name);
    const QByteArray readme = "# " + QByteArray(name) + "\n";
    const QString commit = QString::fromLatin1(
        QCryptographicHash::hash(path.toUtf8(), QCryptographicHash::Sha1).toHex());
    const QJsonObject branch =
        object({{"id", commit},
                {"message", "Begin"},
                {"created_at", "2026-05-04T08:00:00.000Z"},
                {"files", object({{"README.md", QString::fromLatin1(readme.toBase64())}})}});
    const int number = world.nextNumber();
    QJsonArray mirrors;
    if (isMirrored && region == kSource)
        mirrors << mirrorTo(path, number);
    const QJsonObject project = object({{"id", number},
                                        {"region", region},
                                        {"name", name},
                                        {"path", name},
                                        {"path_with_namespace", path},
                                        {"description", ""},
                                        {"visibility", "private"},
                                        {"default_branch", "main"},
                                        {"created_at", "2026-01-05T10:00:00.000Z"},
                                        {"branches", object({{"main", branch}})},
                                        {"mirrors", mirrors}});
    world.put(kProjects, projectId(project), project);
}

void addGitToken(World &world, const QString &region)
{
    world.put(kGitTokens, inventedGitToken(region),
              object({{"region", region},
                      {"name", "practice"},
                      {"scopes",
                       toJsonArray({QStringLiteral("api"), QStringLiteral("read_user"),
                                    QStringLiteral("read_api"), QStringLiteral("read_repository"),
                                    QStringLiteral("write_repository")})},
                      {"expires_at", QDate::currentDate().addDays(365).toString(Qt::ISODate)},
                      {"revoked", false}}));
}

/// What the global search finds beside toolchains (§7.5).
void addFacts(World &world)
{
    const QString group = QStringLiteral("group/") + kGroup;
    world.put(
        kFacts, group,
        object({{"type", "resource-group"},
                {"name", "Default"},
                {"doc", object({{"id", kGroup}, {"name", "Default"}, {"state", "ACTIVE"}})}}));
    for (const QString &region : {kSource, kTarget})
        for (const char *service : {"continuous-delivery", "secrets-manager"})
            world.put(kFacts, QLatin1String(service) + QLatin1Char('/') + region,
                      object({{"type", "resource-instance"},
                              {"service_name", service},
                              {"name", QLatin1String(service) + QLatin1Char('-') + region},
                              {"region", region},
                              {"doc", object({{"state", "ACTIVE"},
                                              {"region_id", region},
                                              {"resource_group_id", kGroup}})}}));
}

} // namespace

QString inventedGitToken(const QString &region)
{
    return QStringLiteral("canary-git-token-") + region;
}

QString inventedApiKey()
{
    return QStringLiteral("canary-api-key");
}

QString inventedResourceGroup()
{
    return kGroup;
}

std::vector<std::pair<QString, QString>> inventedToolchains()
{
    std::vector<std::pair<QString, QString>> all;
    for (const InventedToolchain &toolchain : toolchains())
        all.emplace_back(QLatin1String(toolchain.id), QLatin1String(toolchain.name));
    return all;
}

IbmSimulator::Options inventIbmCloud()
{
    IbmSimulator::Options options;
    options.apiKey = inventedApiKey();
    options.account = QStringLiteral("fedcba9876543210fedcba9876543210");
    options.user = QStringLiteral("ann");
    options.sourceRegion = kSource;
    World world(options);
    addFacts(world);
    for (const char *name : {"ferry-web", "ci-tasks", "tide-tables", "berth-planner", "berth-tasks",
                             "anchor", "signal-mast"})
        for (const QString &region : {kSource, kTarget})
            addProject(world, region, name, true);
    addProject(world, kSource, "adrift", false);
    for (const QString &region : {kSource, kTarget})
        addGitToken(world, region);
    for (const InventedToolchain &toolchain : toolchains())
        addToolchain(world, toolchain);
    options.contents = world.documents();
    return options;
}

} // namespace lb::practice::ibm
