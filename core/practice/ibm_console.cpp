// SPDX-License-Identifier: GPL-3.0-or-later
// The console's own calls: a toolchain with its catalogue, pipelines as YAML, the Git grant
// (systems/ibm-toolchain.md §2.3, §2.4, §7.5).
#include "core/practice/ibm_world.h"

#include "core/base/json.h"
#include "core/practice/ibm_template.h"

namespace lb::practice::ibm {

namespace {

QJsonObject brokerOf(const QString &type)
{
    QJsonObject properties;
    // Not all that are secrets are declared so: that list has holes (§3.4).
    static const QMap<QString, QString> declared{
        {QStringLiteral("pagerduty"), QStringLiteral("service_key")},
        {QStringLiteral("sonarqube"), QStringLiteral("user_password")},
        {QStringLiteral("jira"), QStringLiteral("password")}};
    if (declared.contains(type))
        properties.insert(declared.value(type), object({{"type", "password"}}));
    return object({{"entity", object({{"unique_id", type}})},
                   {"metadata", object({{"parameters", object({{"properties", properties}})}})}});
}

QJsonObject serviceOf(const World &world, const QJsonObject &tool, const QString &region,
                      const QString &state)
{
    const QString id = textOf(tool, "id");
    const QString environment = QStringLiteral("ibm:yp:") + region;
    QJsonObject service = object({{"service_id", textOf(tool, "tool_type_id")},
                                  {"broker_id", "practice"},
                                  {"instance_id", id},
                                  {"region_id", environment},
                                  {"description", ""},
                                  {"url", ""},
                                  {"tags", QJsonArray()},
                                  {"updated_at", textOf(tool, "updated_at")},
                                  {"container", object({{"guid", textOf(tool, "resource_group_id")},
                                                        {"type", "resource_group_id"}})},
                                  {"status", object({{"state", state}})},
                                  {"parameters", objectOf(tool, "parameters")}});
    if (const QString name = textOf(tool, "name"); !name.isEmpty())
        service.insert(QStringLiteral("toolchain_binding"),
                       object({{"name", name}, {"status", object({{"state", state}})}}));
    const QJsonObject pipeline = world.find(kPipelines, id);
    if (!pipeline.isEmpty())
        service.insert(QStringLiteral("dashboard_url"),
                       (pipeline.value(QLatin1String("is_tekton")).toBool()
                            ? QStringLiteral("/devops/pipelines/tekton/")
                            : QStringLiteral("/devops/pipelines/")) +
                           id);
    return service;
}

QJsonObject whole(World &world, const QJsonObject &toolchain, bool withServices)
{
    const QString region = textOf(toolchain, "location");
    QJsonObject shown =
        object({{"toolchain_guid", textOf(toolchain, "id")},
                {"name", textOf(toolchain, "name")},
                {"description", textOf(toolchain, "description")},
                {"crn", textOf(toolchain, "crn")},
                {"region_id", QStringLiteral("ibm:yp:") + region},
                {"container", object({{"guid", textOf(toolchain, "resource_group_id")},
                                      {"type", "resource_group_id"}})},
                {"created", textOf(toolchain, "created_at")},
                {"updated_at", textOf(toolchain, "updated_at")},
                {"creator", textOf(toolchain, "created_by")},
                {"generator", "otc-ui"},
                {"tags", QJsonArray()}});
    if (toolchain.contains(QLatin1String("template")))
        shown.insert(QStringLiteral("template"), objectOf(toolchain, "template"));
    if (!withServices)
        return object({{"toolchain", shown}});
    QJsonArray services, brokers;
    for (const QJsonObject &tool : world.listBy(kTools, "toolchain_id", textOf(toolchain, "id")))
        services << serviceOf(world, tool, region, lookedAtState(world, tool));
    for (const QString &type : knownServices())
        brokers << brokerOf(type);
    shown.insert(QStringLiteral("services"), services);
    return object({{"toolchain", shown}, {"services", brokers}});
}

Handled toolchain(World &world, const Call &call)
{
    if (world.has("toolchain-302-login"))
        return loginPage();
    if (world.has("toolchain-html"))
        return html("<h1>IBM Cloud</h1><p>Log in</p>");
    if (!world.isAuthorised(call.request))
        return refuse(json(object({{"description", "Authentication required"}}), 401));
    const QJsonObject found = world.find(kToolchains, call.at(1));
    // No access looks the same (§10).
    if (world.has("toolchain-404") || found.isEmpty() || textOf(found, "location") != call.region)
        return refuse(json(object({{"description", "Toolchain not found"}}), 404));
    const bool isAll = call.request.header("include") == "everything" ||
                       call.request.parameter("include").contains(QLatin1String("services"));
    return json(whole(world, found, isAll));
}

Handled yamlAnswer(const World &world, const QByteArray &yaml, bool isTekton)
{
    Response response{{200, yaml, "application/x-yaml", {}}, Response::Way::Whole};
    if (world.has("pipeline-empty"))
        response.answer.body.clear();
    else if (world.has("pipeline-null"))
        response.answer.body = isTekton ? "null\n" : "stages: null\nproperties: null\n";
    else if (world.has("pipeline-drip"))
        response.way = Response::Way::Drip;
    return response;
}

Handled pipelineYaml(World &world, const Call &call, const QString &id, bool isTekton)
{
    if (world.has("pipeline-401") || !world.isAuthorised(call.request))
        return refuse(json(object({{"description", "Authentication required"}}), 401));
    if (world.has("pipeline-403-html"))
        return refuse(html("<h1>403 Forbidden</h1>", 403));
    if (world.has("pipeline-html-200"))
        return html("<h1>IBM Cloud</h1><p>Log in</p>");
    const QJsonObject pipeline = world.find(kPipelines, id);
    const QJsonObject owner = world.find(kToolchains, textOf(pipeline, "toolchain_id"));
    if (owner.isEmpty() || textOf(owner, "location") != call.region ||
        pipeline.value(QLatin1String("is_tekton")).toBool() != isTekton)
        return refuse(json(object({{"description", "Pipeline not found"}}), 404));
    const QString kept = textOf(pipeline, "yaml");
    return yamlAnswer(world, kept.isEmpty() ? exportTekton(world, pipeline) : kept.toUtf8(),
                      isTekton);
}

/// 200 with a live token, or 401 with the page where the grant is given (§7.5).
Handled gitGrant(World &world, const Call &call)
{
    if (!world.isAuthorised(call.request))
        return refuse(json(object({{"description", "Authentication required"}}), 401));
    if (world.has("no-oauth-grant"))
        return refuse(
            json(object({{"authorizationURI",
                          QStringLiteral("%1/%2/oauth/authorize").arg(call.base, call.region)}}),
                 401));
    const QString token = QStringLiteral("practice-oauth-") + call.region;
    world.put(kGitTokens, token,
              object({{"region", call.region},
                      {"name", "oauth"},
                      {"scopes", QJsonArray{QStringLiteral("api")}},
                      {"revoked", false}}));
    return json(object({{"access_token", token}}));
}

} // namespace

Handled consoleCalls(World &world, const Call &call)
{
    if (call.matches("GET", {"toolchains", "*"}))
        return toolchain(world, call);
    if (call.matches("GET", {"pipelines", "*", "yaml"}))
        return pipelineYaml(world, call, call.at(1), false);
    if (call.matches("GET", {"pipelines", "tekton", "*", "yaml"}))
        return pipelineYaml(world, call, call.at(2), true);
    if (call.matches("GET", {"git", "api", "v1", "tokens"}))
        return gitGrant(world, call);
    if (call.matches("POST", {"setup", "deploy"}))
        return deployCall(world, call);
    if (call.matches("GET", {"setup", "deploy"}))
        return html("<h1>Create a toolchain</h1>");
    return notPlayed(call.request);
}

} // namespace lb::practice::ibm
