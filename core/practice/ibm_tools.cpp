// SPDX-License-Identifier: GPL-3.0-or-later
// Toolchains and tools as every service knows them, and where repositories are.
#include "core/practice/ibm_world.h"

#include <QDateTime>
#include <QUrl>
#include <QUuid>

namespace lb::practice::ibm {

namespace {

/// How often a new tool is seen configuring.
constexpr int kPollsToConfigure = 2;
const QString kPolls = QStringLiteral("_polls");

QString crnOf(const World &world, const QString &region, const QString &id)
{
    return QStringLiteral("crn:v1:bluemix:public:toolchain:%1:a/%2:%3::")
        .arg(region, world.options().account, id);
}

bool isRepository(const QString &type)
{
    static const QSet<QString> types{
        QStringLiteral("hostedgit"), QStringLiteral("gitlab"), QStringLiteral("githubconsolidated"),
        QStringLiteral("github_integrated"), QStringLiteral("bitbucketgit")};
    return types.contains(type);
}

/// Present and empty, or none that its type knows; a repository's token counts only with
/// `auth_type: pat` (§3.4).
bool lacksSecret(const World &world, const QJsonObject &tool)
{
    const QString type = textOf(tool, "tool_type_id");
    const QJsonObject parameters = objectOf(tool, "parameters");
    if (isRepository(type) && textOf(parameters, "auth_type") != QLatin1String("pat"))
        return type == QLatin1String("hostedgit") && world.has("no-oauth-grant");
    const QStringList secrets = secretParameters(type);
    const auto isThere = [&](const QString &name) { return parameters.contains(name); };
    if (!secrets.isEmpty() && std::none_of(secrets.begin(), secrets.end(), isThere))
        return true;
    return std::any_of(secrets.begin(), secrets.end(), [&](const QString &name) {
        return isThere(name) && parameters.value(name).toString().isEmpty();
    });
}

} // namespace

QString masked(const QString &value)
{
    const bool isReference = value.startsWith(QLatin1String("{vault::")) ||
                             value.startsWith(QLatin1String("ref://")) ||
                             (value.startsWith(QLatin1String("crn:v1:")) &&
                              value.contains(QLatin1String(":secrets-manager:")));
    return value.isEmpty() || isReference ? value : QStringLiteral("****");
}

QStringList secretParameters(const QString &toolType)
{
    static const QMap<QString, QStringList> names{
        {QStringLiteral("artifactory"), {QStringLiteral("token")}},
        {QStringLiteral("nexus"), {QStringLiteral("token")}},
        {QStringLiteral("cloudobjectstorage"),
         {QStringLiteral("cos_api_key"), QStringLiteral("hmac_access_key_id"),
          QStringLiteral("hmac_secret_access_key")}},
        {QStringLiteral("bitbucketgit"), {QStringLiteral("api_token")}},
        {QStringLiteral("hashicorpvault"),
         {QStringLiteral("token"), QStringLiteral("role_id"), QStringLiteral("secret_id"),
          QStringLiteral("password")}},
        {QStringLiteral("jenkins"), {QStringLiteral("api_token")}},
        {QStringLiteral("jira"), {QStringLiteral("password"), QStringLiteral("api_token")}},
        {QStringLiteral("pagerduty"), {QStringLiteral("service_key"), QStringLiteral("api_key")}},
        {QStringLiteral("private_worker"), {QStringLiteral("workerQueueCredentials")}},
        {QStringLiteral("saucelabs"), {QStringLiteral("key")}},
        {QStringLiteral("security_compliance"), {QStringLiteral("scc_api_key")}},
        {QStringLiteral("slack"), {QStringLiteral("api_token")}},
        {QStringLiteral("sonarqube"), {QStringLiteral("user_password")}},
    };
    if (isRepository(toolType))
        return {QStringLiteral("api_token"), QStringLiteral("access_token")};
    return names.value(toolType);
}

QString settledState(const World &world, const QJsonObject &tool)
{
    if (world.has("tools-stay-configuring") || tool.value(kPolls).toInt() > 0)
        return QStringLiteral("configuring");
    return world.has("tools-misconfigured") || lacksSecret(world, tool)
               ? QStringLiteral("misconfigured")
               : QStringLiteral("configured");
}

QString lookedAtState(World &world, const QJsonObject &tool)
{
    const QString state = settledState(world, tool);
    if (const int polls = tool.value(kPolls).toInt(); polls > 0) {
        QJsonObject next = tool;
        next.insert(kPolls, polls - 1);
        world.put(kTools, textOf(tool, "id"), next);
    }
    return state;
}

QJsonObject makeToolchain(const World &world, const QString &region, const QString &name,
                          const QString &description, const QString &group)
{
    const QString id = newId(), time = now();
    return object({{"id", id},
                   {"name", name},
                   {"description", description},
                   {"account_id", world.options().account},
                   {"location", region},
                   {"resource_group_id", group},
                   {"crn", crnOf(world, region, id)},
                   {"created_at", time},
                   {"updated_at", time},
                   {"created_by", "IBMid-000000AAAA"}});
}

QJsonObject makeTool(const QJsonObject &toolchain, const QString &type, const QString &name,
                     const QJsonObject &parameters)
{
    return object({{"id", newId()},
                   {"resource_group_id", textOf(toolchain, "resource_group_id")},
                   {"tool_type_id", type},
                   {"toolchain_id", textOf(toolchain, "id")},
                   {"toolchain_crn", textOf(toolchain, "crn")},
                   {"name", name},
                   {"updated_at", now()},
                   {"parameters", parameters},
                   {"_polls", kPollsToConfigure}});
}

std::vector<QJsonObject> propertiesBelow(const World &world, const QString &pipeline)
{
    return world.list(kProperties, [&](const QJsonObject &property) {
        const QString owner = textOf(property, "owner");
        return owner == pipeline || owner.startsWith(pipeline + QLatin1Char('/'));
    });
}

void keepProperty(World &world, const QString &owner, QJsonObject property)
{
    property.insert(QStringLiteral("owner"), owner);
    world.put(kProperties, owner + QLatin1Char('/') + textOf(property, "name"), property);
}

QJsonObject shown(QJsonObject document)
{
    for (const QString &key : document.keys()) {
        if (key.startsWith(QLatin1Char('_')) || key == QLatin1String("owner"))
            document.remove(key);
    }
    return document;
}

void removePipeline(World &world, const QString &id)
{
    for (const QJsonObject &property : propertiesBelow(world, id))
        world.dropBy(kProperties, "owner", textOf(property, "owner"));
    for (const char *kind : {kDefinitions, kTriggers, kRuns})
        world.dropBy(kind, "owner", id);
    world.drop(kPipelines, id);
}

void removeToolchain(World &world, const QString &id)
{
    for (const QJsonObject &tool : world.listBy(kTools, "toolchain_id", id))
        removePipeline(world, textOf(tool, "id"));
    world.dropBy(kTools, "toolchain_id", id);
    world.drop(kToolchains, id);
}

std::vector<QJsonObject> visibleToolchains(const World &world)
{
    std::vector<QJsonObject> all = world.list(kToolchains);
    if (!world.has("duplicate-name-in-target"))
        return all;
    const std::vector<QJsonObject> sources =
        world.listBy(kToolchains, "location", world.options().sourceRegion);
    for (QJsonObject twin : sources) {
        const QString region = QStringLiteral("eu-de");
        const QString id =
            QUuid::createUuidV5(QUuid(textOf(twin, "id")), region).toString(QUuid::WithoutBraces);
        twin.insert(QStringLiteral("id"), id);
        twin.insert(QStringLiteral("location"), region);
        twin.insert(QStringLiteral("crn"), crnOf(world, region, id));
        all.push_back(twin);
    }
    return all;
}

std::optional<RepositoryPlace> repositoryPlace(const QString &address)
{
    const QUrl url(address);
    QString path = url.path().mid(1);
    QString region;
    const QString tail = QStringLiteral(".git.cloud.ibm.com");
    if (url.host().endsWith(tail)) {
        region = url.host().chopped(tail.size());
    } else if (url.host() == QLatin1String("127.0.0.1") ||
               url.host() == QLatin1String("localhost")) {
        region = path.section(QLatin1Char('/'), 0, 0);
        path = path.section(QLatin1Char('/'), 1);
    }
    while (path.endsWith(QLatin1Char('/')))
        path.chop(1);
    if (path.endsWith(QLatin1String(".git")))
        path.chop(4);
    if (regionState(region) == RegionState::Unknown || !path.contains(QLatin1Char('/')))
        return std::nullopt;
    return RepositoryPlace{region, path};
}

QString repositoryUrl(const QString &region, const QString &path)
{
    return QStringLiteral("https://%1.git.cloud.ibm.com/%2.git").arg(region, path);
}

QJsonObject findProject(const World &world, const QString &region, const QString &path)
{
    bool isNumber = false;
    path.toInt(&isNumber);
    if (isNumber)
        return world.find(kProjects, region + QLatin1Char('/') + path);
    const auto found = world.list(kProjects, [&](const QJsonObject &project) {
        return textOf(project, "region") == region &&
               textOf(project, "path_with_namespace").compare(path, Qt::CaseInsensitive) == 0;
    });
    return found.empty() ? QJsonObject() : found.front();
}

QString projectId(const QJsonObject &project)
{
    return QStringLiteral("%1/%2")
        .arg(textOf(project, "region"))
        .arg(project.value(QLatin1String("id")).toInt());
}

QJsonObject findGitToken(const World &world, const QString &region, const QString &token)
{
    const QJsonObject known = token.isEmpty() ? QJsonObject() : world.find(kGitTokens, token);
    const QString today = QDate::currentDate().toString(Qt::ISODate);
    const QString expires = textOf(known, "expires_at");
    if (textOf(known, "region") != region || known.value(QLatin1String("revoked")).toBool() ||
        world.has("git-token-expired") || (!expires.isEmpty() && expires <= today))
        return {};
    return known;
}

QStringList scopesOf(const World &world, const QJsonObject &token)
{
    QStringList scopes;
    for (const QJsonValue scope : arrayOf(token, "scopes"))
        scopes << scope.toString();
    if (world.has("git-token-lacks-scope")) {
        scopes.removeAll(QStringLiteral("api"));
        scopes.removeAll(QStringLiteral("write_repository"));
    }
    return scopes;
}

} // namespace lb::practice::ibm
