// SPDX-License-Identifier: GPL-3.0-or-later
// Toolchain API v2 (systems/ibm-toolchain.md §7.1).
#include "core/practice/ibm_template.h"

#include <QRegularExpression>

namespace lb::practice::ibm {

namespace {

constexpr int kPageSize = 2;

/// Two at most, whatever is asked for: whoever forgets `next.start` sees it. `start` says how many
/// came before.
Handled paged(const Call &call, const char *key, const std::vector<QJsonObject> &all)
{
    const QString asked = call.request.parameter("limit", QString::number(kPageSize));
    const size_t limit = size_t(qBound(1, asked.toInt(), kPageSize));
    const size_t from = call.request.parameter("start").toUInt();
    QJsonArray found;
    for (size_t at = from; at < all.size() && at < from + limit; ++at)
        found << all[at];
    const QString href = call.base + QLatin1Char('/') + call.request.path.join(QLatin1Char('/'));
    QJsonObject answer = object({{"total_count", qint64(all.size())},
                                 {"limit", qint64(limit)},
                                 {"first", object({{"href", href}})},
                                 {"last", object({{"href", href}})},
                                 {key, found}});
    if (from + limit < all.size()) {
        const QString start = QString::number(from + limit);
        answer.insert(
            QStringLiteral("next"),
            object({{"start", start}, {"href", QStringLiteral("%1?start=%2").arg(href, start)}}));
    }
    return json(answer);
}

QJsonObject shownToolchain(const Call &call, const QJsonObject &toolchain)
{
    QJsonObject made = shown(toolchain);
    made.remove(QStringLiteral("template"));
    const QString id = textOf(toolchain, "id"), region = textOf(toolchain, "location");
    made.insert(QStringLiteral("href"),
                QStringLiteral("%1/%2/toolchain/v2/toolchains/%3").arg(call.base, region, id));
    made.insert(
        QStringLiteral("ui_href"),
        QStringLiteral("%1/devops/toolchains/%2?env_id=ibm:yp:%3").arg(call.base, id, region));
    return made;
}

QJsonObject shownTool(World &world, const QJsonObject &tool)
{
    QJsonObject made = shown(tool);
    QJsonObject parameters = objectOf(tool, "parameters");
    for (const QString &name : secretParameters(textOf(tool, "tool_type_id"))) {
        if (parameters.contains(name))
            parameters.insert(name, masked(parameters.value(name).toString()));
    }
    made.insert(QStringLiteral("parameters"), parameters);
    made.insert(QStringLiteral("state"), lookedAtState(world, tool));
    return made;
}

/// Letters, digits, blanks and -._ (§7.1).
Outcome<void> checkName(const QString &name)
{
    static const QRegularExpression allowed(QStringLiteral("^[\\p{L}\\p{N} ._-]{1,128}$"),
                                            QRegularExpression::UseUnicodePropertiesOption);
    if (!allowed.match(name).hasMatch())
        return refuseApi(400, "bad_request", QStringLiteral("name is missing or not valid"));
    return {};
}

/// One that was made just now, of which lists do not know yet.
bool isLate(World &world, const QJsonObject &toolchain)
{
    constexpr int looks = 2;
    return toolchain.contains(QLatin1String("_late")) &&
           world.count(QStringLiteral("late ") + textOf(toolchain, "id")) <= looks;
}

Handled listToolchains(World &world, const Call &call)
{
    const QString group = call.request.parameter("resource_group_id");
    if (group.isEmpty())
        return refuseApi(400, "bad_request", QStringLiteral("resource_group_id is required"));
    const QString name = call.request.parameter("name");
    std::vector<QJsonObject> found;
    for (const QJsonObject &toolchain : visibleToolchains(world)) {
        if (textOf(toolchain, "location") == call.region &&
            textOf(toolchain, "resource_group_id") == group &&
            (name.isEmpty() || textOf(toolchain, "name") == name) && !isLate(world, toolchain))
            found.push_back(shownToolchain(call, toolchain));
    }
    return paged(call, "toolchains", found);
}

Handled addToolchain(World &world, const Call &call)
{
    TRY_VALUE(const QJsonObject body, apiBody(call.request));
    TRY(checkName(textOf(body, "name")));
    if (regionState(call.region) != RegionState::Stays)
        return refuseApi(403, "forbidden",
                         QStringLiteral("New resources cannot be created in this region"));
    const QString group = textOf(body, "resource_group_id");
    if (world.find(kFacts, QStringLiteral("group/") + group).isEmpty())
        return refuseApi(400, "bad_request", QStringLiteral("resource_group_id is not known"));
    const QJsonObject made =
        makeToolchain(world, call.region, textOf(body, "name"), textOf(body, "description"), group);
    world.put(kToolchains, textOf(made, "id"), made);
    return json(shownToolchain(call, made), 201);
}

Handled oneToolchain(World &world, const Call &call, QJsonObject toolchain)
{
    const QString id = textOf(toolchain, "id");
    if (call.is("GET"))
        return json(shownToolchain(call, toolchain));
    if (call.is("DELETE")) {
        removeToolchain(world, id);
        return noContent();
    }
    if (!call.is("PATCH"))
        return notPlayed(call.request);
    TRY_VALUE(const QJsonObject patch, mergePatchBody(call.request));
    toolchain = mergePatched(toolchain, patch);
    TRY(checkName(textOf(toolchain, "name")));
    toolchain.insert(QStringLiteral("updated_at"), now());
    world.put(kToolchains, id, toolchain);
    return json(shownToolchain(call, toolchain));
}

Handled addTool(World &world, const Call &call, const QJsonObject &toolchain)
{
    TRY_VALUE(const QJsonObject body, apiBody(call.request));
    const QString type = textOf(body, "tool_type_id");
    if (type.isEmpty())
        return refuseApi(400, "bad_request", QStringLiteral("tool_type_id is required"));
    const QJsonObject parameters = objectOf(body, "parameters");
    const auto place = repositoryPlace(textOf(parameters, "repo_url"));
    if (type == QLatin1String("hostedgit") &&
        (!place || place->region != call.region ||
         findProject(world, place->region, place->path).isEmpty()))
        return refuseApi(400, "bad_request", QStringLiteral("Repository URL is not valid"));
    if (!knownServices().contains(type))
        return refuseApi(400, "bad_request", QStringLiteral("There is no tool type %1").arg(type));
    const QJsonObject made = makeTool(toolchain, type, textOf(body, "name"), parameters);
    world.put(kTools, textOf(made, "id"), made);
    return json(shownTool(world, made), 201);
}

Handled oneTool(World &world, const Call &call, QJsonObject tool)
{
    const QString id = textOf(tool, "id");
    if (call.is("GET"))
        return json(shownTool(world, tool));
    if (call.is("DELETE")) {
        removePipeline(world, id);
        world.drop(kTools, id);
        return noContent();
    }
    if (!call.is("PATCH"))
        return notPlayed(call.request);
    TRY_VALUE(const QJsonObject patch, mergePatchBody(call.request));
    tool = mergePatched(tool, patch);
    tool.insert(QStringLiteral("updated_at"), now());
    world.put(kTools, id, tool);
    return json(shownTool(world, tool));
}

Handled toolCalls(World &world, const Call &call, const QJsonObject &toolchain)
{
    const QString id = textOf(toolchain, "id");
    if (call.matches("GET", {"toolchains", "*", "tools"})) {
        std::vector<QJsonObject> found;
        for (const QJsonObject &tool : world.listBy(kTools, "toolchain_id", id))
            found.push_back(shownTool(world, tool));
        return paged(call, "tools", found);
    }
    if (call.matches("POST", {"toolchains", "*", "tools"}))
        return addTool(world, call, toolchain);
    const QJsonObject tool = world.find(kTools, call.at(3));
    if (call.path.size() != 4 || textOf(tool, "toolchain_id") != id)
        return refuseApi(404, "not_found", QStringLiteral("Tool not found"));
    return oneTool(world, call, tool);
}

} // namespace

Handled toolchainCalls(World &world, const Call &call)
{
    if (!world.isAuthorised(call.request))
        return refuseApi(401, "unauthorized", QStringLiteral("The token is not valid"));
    if (call.matches("GET", {"toolchains"}))
        return listToolchains(world, call);
    if (call.matches("POST", {"toolchains"}))
        return addToolchain(world, call);
    const QJsonObject toolchain = world.find(kToolchains, call.at(1));
    if (call.at(0) != QLatin1String("toolchains") || call.path.size() < 2 ||
        textOf(toolchain, "location") != call.region)
        return refuseApi(404, "not_found", QStringLiteral("Toolchain not found"));
    if (call.path.size() == 2)
        return oneToolchain(world, call, toolchain);
    return call.at(2) == QLatin1String("tools") ? toolCalls(world, call, toolchain)
                                                : notPlayed(call.request);
}

} // namespace lb::practice::ibm
