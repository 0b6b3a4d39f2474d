// SPDX-License-Identifier: GPL-3.0-or-later
// POST setup/deploy: reads the template out of its repository and makes the toolchain
// (systems/ibm-toolchain.md §6.2).
#include "core/practice/ibm_template.h"

namespace lb::practice::ibm {

namespace {

tl::unexpected<Response> refuseDeploy(const QString &description, int status = 400)
{
    return refuse(json(
        object({{"description", description}, {"details", QJsonObject()}, {"status", "error"}}),
        status));
}

using Files = QMap<QString, QByteArray>;

/// `branch` is `master` when nobody says otherwise, which GitLab does not make any more (§6.1).
Outcome<Files> templateFiles(const World &world, const QMap<QString, QString> &form,
                             const QString &region)
{
    const auto place = repositoryPlace(form.value(QStringLiteral("repository")));
    if (!place)
        return refuseDeploy(QStringLiteral("Template repository URL is not valid"));
    // A private repository of another region is not reached with a token (§6.2).
    const QJsonObject project = findProject(world, place->region, place->path);
    if (place->region != region || project.isEmpty() ||
        findGitToken(world, place->region, form.value(QStringLiteral("repository_token")))
            .isEmpty())
        return refuseDeploy(QStringLiteral("Cannot read the template repository"));
    const QString branch = form.value(QStringLiteral("branch"), QStringLiteral("master"));
    const QJsonObject branches = objectOf(project, "branches");
    if (!branches.contains(branch))
        return refuseDeploy(QStringLiteral("The template repository has no branch %1").arg(branch));
    const QJsonObject kept = objectOf(branches.value(branch).toObject(), "files");
    Files files;
    for (auto it = kept.begin(); it != kept.end(); ++it)
        files.insert(it.key(), QByteArray::fromBase64(it.value().toString().toLatin1()));
    return files;
}

/// `hostedgit` means the region's own GitLab, and `link` a repository that is there (§3.5).
Outcome<void> checkRepository(const World &world, const TemplateTool &tool, const QString &region)
{
    if (tool.type != QLatin1String("hostedgit"))
        return {};
    const QString type = textOf(tool.parameters, "type");
    const QString url = textOf(tool.parameters, "repo_url");
    const auto place = repositoryPlace(url);
    const bool isLink = type.isEmpty() || type == QLatin1String("link");
    if (isLink) {
        if (!place || place->region != region || findProject(world, region, place->path).isEmpty())
            return refuseDeploy(QStringLiteral("Repository URL is not valid: %1").arg(url));
        return {};
    }
    QString name = textOf(tool.parameters, "repo_name");
    if (name.isEmpty() && place)
        name = place->path.section(QLatin1Char('/'), -1);
    const QString path = world.options().user + QLatin1Char('/') + name;
    const bool mayExist = type.endsWith(QLatin1String("_if_not_exists"));
    if (!mayExist && !findProject(world, region, path).isEmpty())
        return refuseDeploy(QStringLiteral("A non-empty repository already exists: %1").arg(path));
    return {};
}

/// A new, empty one for `new`, `clone` and `fork`; where it is from then on.
void makeRepository(World &world, TemplateTool &tool, const QString &region)
{
    const QString type = textOf(tool.parameters, "type");
    if (tool.type != QLatin1String("hostedgit") || type.isEmpty() || type == QLatin1String("link"))
        return;
    const QString name = textOf(tool.parameters, "repo_name");
    const QString path = world.options().user + QLatin1Char('/') + name;
    if (findProject(world, region, path).isEmpty()) {
        const QJsonObject project = object({{"id", 1000 + world.nextNumber()},
                                            {"region", region},
                                            {"name", name},
                                            {"path", name},
                                            {"path_with_namespace", path},
                                            {"visibility", "private"},
                                            {"default_branch", "main"},
                                            {"created_at", now()},
                                            {"branches", QJsonObject()}});
        world.put(kProjects, projectId(project), project);
    }
    tool.parameters.insert(QStringLiteral("repo_url"), repositoryUrl(region, path));
}

bool isTekton(const TemplateTool &tool)
{
    return textOf(tool.parameters, "type") == QLatin1String("tekton");
}

/// `configuration.execute`: true, false, or a manual trigger's name. That false keeps the first run
/// from starting is not confirmed (§6.2), so a fault does otherwise.
void startFirstRun(World &world, const TemplateTool &tool, const QString &pipeline)
{
    const bool isHeld = tool.execute.kind == DataValue::Kind::Boolean && !tool.execute.boolean;
    if (isHeld && !world.has("deploy-ignores-execute-false"))
        return;
    QString trigger = tool.execute.isText() ? tool.execute.text : QString();
    if (trigger.isEmpty()) {
        const auto triggers = world.listBy(kTriggers, "owner", pipeline);
        trigger = triggers.empty() ? QString() : textOf(triggers.front(), "name");
    }
    startRun(world, pipeline, trigger, object({{"_first", true}}));
}

Result<void> makePipeline(World &world, const ToolchainTemplate &whole, const TemplateTool &tool,
                          const QMap<QString, QString> &tools, const QString &toolchain)
{
    const QString id = tools.value(tool.name);
    const QJsonObject pipeline = object({{"id", id},
                                         {"name", tool.name},
                                         {"toolchain_id", toolchain},
                                         {"is_tekton", isTekton(tool)},
                                         {"created_at", now()}});
    TRY(isTekton(tool) ? makeTekton(world, whole, tool, tools, pipeline)
                       : makeClassic(world, whole, tool, pipeline));
    startFirstRun(world, tool, id);
    return {};
}

/// All of it or nothing. The toolchain's id.
Outcome<QString> create(World &world, ToolchainTemplate whole, const QString &region,
                        const QString &group)
{
    for (TemplateTool &tool : whole.tools)
        makeRepository(world, tool, region);
    QJsonObject toolchain =
        makeToolchain(world, region, whole.toolchainName, whole.description, group);
    toolchain.insert(QStringLiteral("template"), object({{"name", whole.name}}));
    if (world.has("deploy-shows-late"))
        toolchain.insert(QStringLiteral("_late"), true);
    const QString id = textOf(toolchain, "id");
    world.put(kToolchains, id, toolchain);
    QMap<QString, QString> tools;
    for (const TemplateTool &tool : whole.tools) {
        const QJsonObject made = makeTool(toolchain, tool.type, tool.name, tool.parameters);
        tools.insert(tool.name, textOf(made, "id"));
        world.put(kTools, textOf(made, "id"), made);
    }
    for (const TemplateTool &tool : whole.tools) {
        if (tool.type != QLatin1String("pipeline") || tool.pipeline.isNull())
            continue;
        if (const auto done = makePipeline(world, whole, tool, tools, id); !done) {
            removeToolchain(world, id);
            return refuseDeploy(done.error().summary);
        }
    }
    return id;
}

Outcome<void> checkPlace(const World &world, const Call &call, const QString &group)
{
    switch (regionState(call.region)) {
    case RegionState::Stays:
        break;
    case RegionState::Closing:
        return refuseDeploy(
            QStringLiteral("New resources cannot be created in region %1").arg(call.region));
    case RegionState::Gone:
    case RegionState::Unknown:
        return refuseDeploy(QStringLiteral("Region is not valid: %1").arg(call.region));
    }
    const QJsonObject found = world.find(kFacts, QStringLiteral("group/") + group);
    if (group.isEmpty() || found.isEmpty())
        return refuseDeploy(QStringLiteral("Resource group is missing or not known"));
    return {};
}

} // namespace

Handled deployCall(World &world, const Call &call)
{
    if (world.has("deploy-302") || !world.isAuthorised(call.request))
        return loginPage();
    const QMap<QString, QString> form = formOf(call.request);
    if (form.value(QStringLiteral("autocreate")) != QLatin1String("true"))
        return html("<h1>Create a toolchain</h1>");
    if (world.has("deploy-400"))
        return refuseDeploy(QStringLiteral("The toolchain could not be created"));
    if (world.has("deploy-cut-before-creating"))
        return Response{{}, Response::Way::Cut};
    const QString group = form.value(QStringLiteral("resourceGroupId"));
    TRY(checkPlace(world, call, group));
    TRY_VALUE(const Files files, templateFiles(world, form, call.region));
    const auto whole = evaluateTemplate(files, form);
    if (!whole)
        return refuseDeploy(whole.error().summary + QLatin1Char(' ') + whole.error().detail);
    for (const TemplateTool &tool : whole->tools)
        TRY(checkRepository(world, tool, call.region));
    TRY_VALUE(const QString id, create(world, *whole, call.region, group));
    if (world.has("deploy-cut-after-creating"))
        return Response{{}, Response::Way::Cut};
    Response response = html("<h1>Created</h1>", 201);
    response.answer.headers = {
        {"Location", QStringLiteral("%1/devops/toolchains/%2?env_id=ibm:yp:%3")
                         .arg(call.base, id, call.region)
                         .toUtf8()}};
    return response;
}

} // namespace lb::practice::ibm
