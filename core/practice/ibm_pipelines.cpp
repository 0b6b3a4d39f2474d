// SPDX-License-Identifier: GPL-3.0-or-later
// CD Tekton pipeline API v2: pipelines, definitions, properties and triggers
// (systems/ibm-toolchain.md §7.2).
#include "core/practice/ibm_world.h"

#include "core/base/json.h"

namespace lb::practice::ibm {

namespace {

/// Request bodies may be so large (§7.2).
constexpr qsizetype kLargestBody = 512 * 1024;

QJsonObject shownProperty(const QJsonObject &property)
{
    QJsonObject made = shown(property);
    if (textOf(property, "type") == QLatin1String("secure"))
        made.insert(QStringLiteral("value"), masked(textOf(property, "value")));
    return made;
}

QJsonArray shownProperties(const World &world, const QString &owner)
{
    QJsonArray all;
    for (const QJsonObject &property : world.listBy(kProperties, "owner", owner))
        all << shownProperty(property);
    return all;
}

QJsonObject shownTrigger(const World &world, const QJsonObject &trigger)
{
    QJsonObject made = shown(trigger);
    made.insert(QStringLiteral("properties"),
                shownProperties(world, textOf(trigger, "owner") + QLatin1Char('/') +
                                           textOf(trigger, "id")));
    QJsonObject secret = objectOf(made, "secret");
    if (!textOf(secret, "value").isEmpty()) {
        secret.insert(QStringLiteral("value"), masked(textOf(secret, "value")));
        made.insert(QStringLiteral("secret"), secret);
    }
    return made;
}

template <class Show>
QJsonArray shownAll(const std::vector<QJsonObject> &documents, Show show)
{
    QJsonArray all;
    for (const QJsonObject &document : documents)
        all << show(document);
    return all;
}

QJsonArray triggersOf(const World &world, const QString &pipeline)
{
    return shownAll(world.listBy(kTriggers, "owner", pipeline),
                    [&](const QJsonObject &trigger) { return shownTrigger(world, trigger); });
}

/// Of the toolchain's tools, the one that fits; empty when there is none.
QJsonObject findTool(const World &world, const QString &pipeline,
                     const std::function<bool(const QJsonObject &)> &fits)
{
    const QString toolchain = textOf(world.find(kPipelines, pipeline), "toolchain_id");
    for (const QJsonObject &tool : world.listBy(kTools, "toolchain_id", toolchain)) {
        if (fits(tool))
            return tool;
    }
    return {};
}

bool isToolOf(const World &world, const QString &pipeline, const QString &id)
{
    return !findTool(world, pipeline, [&](const QJsonObject &tool) {
                return textOf(tool, "id") == id;
            }).isEmpty();
}

/// `public`, or a private worker of the toolchain.
Outcome<void> checkWorker(const World &world, const QString &toolchain, const QJsonObject &body)
{
    const QString id = textOf(objectOf(body, "worker"), "id");
    const QJsonObject tool = world.find(kTools, id);
    const bool isOwn = textOf(tool, "toolchain_id") == toolchain &&
                       textOf(tool, "tool_type_id") == QLatin1String("private_worker");
    if (id.isEmpty() || id == QLatin1String("public") || id == QLatin1String("inherit") || isOwn)
        return {};
    return refuseApi(400, "bad_request", QStringLiteral("There is no worker %1").arg(id));
}

QJsonObject shownPipeline(const World &world, const QJsonObject &pipeline)
{
    const QString id = textOf(pipeline, "id");
    const QJsonObject toolchain = world.find(kToolchains, textOf(pipeline, "toolchain_id"));
    const QJsonArray definitions = shownAll(world.listBy(kDefinitions, "owner", id), shown);
    return object(
        {{"id", id},
         {"name", textOf(pipeline, "name")},
         {"status", definitions.isEmpty() ? "configuring" : "configured"},
         {"resource_group", object({{"id", textOf(toolchain, "resource_group_id")}})},
         {"toolchain",
          object({{"id", textOf(toolchain, "id")}, {"crn", textOf(toolchain, "crn")}})},
         {"definitions", definitions},
         {"properties", shownProperties(world, id)},
         {"triggers", triggersOf(world, id)},
         {"worker", pipeline.contains(QLatin1String("worker")) ? objectOf(pipeline, "worker")
                                                               : object({{"id", "public"}})},
         {"enabled", true},
         {"created_at", textOf(pipeline, "created_at")}});
}

/// The export is made anew once something has changed.
void touch(World &world, const QString &id)
{
    QJsonObject pipeline = world.find(kPipelines, id);
    pipeline.remove(QStringLiteral("yaml"));
    world.put(kPipelines, id, pipeline);
}

/// The tool of type `pipeline` gives the id (§6.3).
Handled addPipeline(World &world, const Call &call)
{
    TRY_VALUE(const QJsonObject body, apiBody(call.request));
    const QString id = textOf(body, "id");
    const QJsonObject tool = world.find(kTools, id);
    if (textOf(tool, "tool_type_id") != QLatin1String("pipeline") ||
        textOf(objectOf(tool, "parameters"), "type") != QLatin1String("tekton"))
        return refuseApi(404, "not_found", QStringLiteral("There is no such Tekton tool"));
    if (!world.find(kPipelines, id).isEmpty())
        return refuseApi(409, "conflict", QStringLiteral("The pipeline exists already"));
    QString name = textOf(tool, "name");
    if (name.isEmpty())
        name = textOf(objectOf(tool, "parameters"), "name");
    TRY(checkWorker(world, textOf(tool, "toolchain_id"), body));
    QJsonObject pipeline = object({{"id", id},
                                   {"name", name},
                                   {"toolchain_id", textOf(tool, "toolchain_id")},
                                   {"is_tekton", true},
                                   {"created_at", now()}});
    for (const char *key : {"worker", "enable_notifications", "enable_partial_cloning"}) {
        if (body.contains(QLatin1String(key)))
            pipeline.insert(QLatin1String(key), body.value(QLatin1String(key)));
    }
    world.put(kPipelines, id, pipeline);
    return json(shownPipeline(world, pipeline), 201);
}

Handled onePipeline(World &world, const Call &call, const QJsonObject &pipeline)
{
    const QString id = textOf(pipeline, "id");
    if (call.is("DELETE")) {
        removePipeline(world, id);
        return noContent();
    }
    if (call.is("PATCH")) {
        TRY_VALUE(const QJsonObject patch, mergePatchBody(call.request));
        world.put(kPipelines, id, mergePatched(pipeline, patch));
        touch(world, id);
    } else if (!call.is("GET")) {
        return notPlayed(call.request);
    }
    return json(shownPipeline(world, world.find(kPipelines, id)));
}

Handled definitionCalls(World &world, const Call &call, const QString &pipeline)
{
    if (call.path.isEmpty() && call.is("GET"))
        return json(object(
            {{"definitions", shownAll(world.listBy(kDefinitions, "owner", pipeline), shown)}}));
    const QString id = call.path.isEmpty() ? newId() : call.at(0);
    const QJsonObject known = world.find(kDefinitions, id);
    if (!call.path.isEmpty() && textOf(known, "owner") != pipeline)
        return refuseApi(404, "not_found", QStringLiteral("Definition not found"));
    if (call.is("GET"))
        return json(shown(known));
    touch(world, pipeline);
    if (call.is("DELETE")) {
        world.drop(kDefinitions, id);
        return noContent();
    }
    TRY_VALUE(QJsonObject body, apiBody(call.request));
    const QJsonObject source = objectOf(objectOf(body, "source"), "properties");
    for (const char *key : {"url", "path"}) {
        if (textOf(source, key).isEmpty())
            return refuseApi(
                400, "bad_request",
                QStringLiteral("source.properties.%1 is required").arg(QLatin1String(key)));
    }
    const QString tool = textOf(objectOf(source, "tool"), "id");
    if (!tool.isEmpty() && !isToolOf(world, pipeline, tool))
        return refuseApi(400, "bad_request", QStringLiteral("There is no tool %1").arg(tool));
    body.insert(QStringLiteral("id"), id);
    body.insert(QStringLiteral("owner"), pipeline);
    world.put(kDefinitions, id, body);
    return json(shown(body), call.is("POST") ? 201 : 200);
}

QJsonObject newTrigger(const QJsonObject &body, const QString &pipeline)
{
    const QJsonObject usual = object({{"enabled", true},
                                      {"favorite", false},
                                      {"limit_waiting_runs", false},
                                      {"tags", QJsonArray()}});
    QJsonObject trigger = mergePatched(usual, body);
    trigger.insert(QStringLiteral("id"), newId());
    trigger.insert(QStringLiteral("owner"), pipeline);
    trigger.remove(QStringLiteral("properties"));
    return trigger;
}

/// A commit trigger's repository is a tool of the toolchain, whose id the service finds itself.
Outcome<void> completeSource(const World &world, const QString &pipeline, QJsonObject &trigger)
{
    QJsonObject source = objectOf(trigger, "source");
    QJsonObject properties = objectOf(source, "properties");
    const QString url = textOf(properties, "url");
    const QJsonObject tool = findTool(world, pipeline, [&](const QJsonObject &one) {
        return !url.isEmpty() && textOf(objectOf(one, "parameters"), "repo_url") == url;
    });
    if (tool.isEmpty())
        return refuseApi(400, "bad_request",
                         QStringLiteral("The toolchain has no repository %1").arg(url));
    if (textOf(properties, "branch").isEmpty() == textOf(properties, "pattern").isEmpty())
        return refuseApi(400, "bad_request", QStringLiteral("Name either branch or pattern"));
    properties.insert(QStringLiteral("tool"), object({{"id", textOf(tool, "id")}}));
    source.insert(QStringLiteral("properties"), properties);
    trigger.insert(QStringLiteral("source"), source);
    return {};
}

Handled addTrigger(World &world, const Call &call, const QString &pipeline)
{
    TRY_VALUE(const QJsonObject body, apiBody(call.request));
    static const QStringList types{QStringLiteral("manual"), QStringLiteral("scm"),
                                   QStringLiteral("timer"), QStringLiteral("generic")};
    if (!types.contains(textOf(body, "type")) || textOf(body, "name").isEmpty() ||
        textOf(body, "event_listener").isEmpty())
        return refuseApi(400, "bad_request",
                         QStringLiteral("type, name and event_listener are required"));
    const QString toolchain = textOf(world.find(kPipelines, pipeline), "toolchain_id");
    TRY(checkWorker(world, toolchain, body));
    for (const QJsonObject &other : world.listBy(kTriggers, "owner", pipeline)) {
        if (textOf(other, "name") == textOf(body, "name"))
            return refuseApi(409, "conflict", QStringLiteral("The trigger exists already"));
    }
    QJsonObject trigger = newTrigger(body, pipeline);
    if (textOf(body, "type") == QLatin1String("scm"))
        TRY(completeSource(world, pipeline, trigger));
    if (textOf(body, "type") == QLatin1String("timer") && textOf(body, "cron").isEmpty())
        return refuseApi(400, "bad_request", QStringLiteral("cron is required"));
    const QString id = textOf(trigger, "id");
    world.put(kTriggers, id, trigger);
    for (const QJsonValue property : arrayOf(body, "properties"))
        keepProperty(world, pipeline + QLatin1Char('/') + id, property.toObject());
    touch(world, pipeline);
    return json(shownTrigger(world, trigger), 201);
}

Handled changeTrigger(World &world, const Call &call, const QJsonObject &trigger)
{
    TRY_VALUE(const QJsonObject patch, mergePatchBody(call.request));
    const QJsonObject changed = mergePatched(trigger, patch);
    if (!world.has("patch-ignored")) {
        world.put(kTriggers, textOf(trigger, "id"), changed);
        touch(world, textOf(trigger, "owner"));
    }
    return json(shownTrigger(world, changed));
}

/// What the service takes as a property, beside its name.
Outcome<void> checkProperty(const World &world, const QString &pipeline, const QJsonObject &body)
{
    static const QStringList types{QStringLiteral("secure"), QStringLiteral("text"),
                                   QStringLiteral("integration"), QStringLiteral("single_select"),
                                   QStringLiteral("appconfig")};
    const QString type = textOf(body, "type"), value = textOf(body, "value");
    if (!types.contains(type))
        return refuseApi(400, "bad_request", QStringLiteral("There is no type %1").arg(type));
    if (type == QLatin1String("secure") && value.isEmpty() &&
        world.has("api-refuses-empty-secrets"))
        return refuseApi(400, "bad_request", QStringLiteral("value is required"));
    if (type == QLatin1String("integration") && !isToolOf(world, pipeline, value))
        return refuseApi(400, "bad_request", QStringLiteral("There is no tool %1").arg(value));
    if (type == QLatin1String("single_select") &&
        !toStringList(body.value(QLatin1String("enum"))).contains(value))
        return refuseApi(400, "bad_request", QStringLiteral("value is none of enum"));
    return {};
}

} // namespace

Handled propertyCalls(World &world, const Call &call, const QString &owner, const QStringList &path)
{
    if (path.isEmpty() && call.is("GET"))
        return json(object({{"properties", shownProperties(world, owner)}}));
    const bool isNew = path.isEmpty();
    QJsonObject body;
    if (call.is("POST") || call.is("PUT")) {
        TRY_VALUE(body, apiBody(call.request));
    }
    const QString name = isNew ? textOf(body, "name") : path.first();
    const QString id = owner + QLatin1Char('/') + name;
    const QJsonObject known = world.find(kProperties, id);
    if (isNew != known.isEmpty())
        return isNew ? refuseApi(409, "conflict", QStringLiteral("The property exists already"))
                     : refuseApi(404, "not_found", QStringLiteral("Property not found"));
    if (call.is("GET"))
        return json(shownProperty(known));
    touch(world, owner.section(QLatin1Char('/'), 0, 0));
    if (call.is("DELETE")) {
        world.drop(kProperties, id);
        return noContent();
    }
    if (name.isEmpty() || textOf(body, "name") != name || textOf(body, "type").isEmpty())
        return refuseApi(400, "bad_request", QStringLiteral("name and type are required"));
    TRY(checkProperty(world, owner.section(QLatin1Char('/'), 0, 0), body));
    QJsonObject kept = body;
    if (world.has("secret-not-kept") && textOf(body, "type") == QLatin1String("secure"))
        kept.insert(QStringLiteral("value"), QString());
    keepProperty(world, owner, kept);
    return json(shownProperty(body), isNew ? 201 : 200);
}

Handled triggerCalls(World &world, const Call &call, const QJsonObject &pipeline)
{
    const QString owner = textOf(pipeline, "id");
    if (call.matches("GET", {}))
        return json(object({{"triggers", triggersOf(world, owner)}}));
    if (call.matches("POST", {}))
        return addTrigger(world, call, owner);
    const QString id = call.at(0);
    const QJsonObject trigger = world.find(kTriggers, id);
    if (textOf(trigger, "owner") != owner)
        return refuseApi(404, "not_found", QStringLiteral("Trigger not found"));
    if (call.matches("GET", {"*"}))
        return json(shownTrigger(world, trigger));
    if (call.matches("PATCH", {"*"}))
        return changeTrigger(world, call, trigger);
    if (call.matches("DELETE", {"*"})) {
        world.dropBy(kProperties, "owner", owner + QLatin1Char('/') + id);
        world.drop(kTriggers, id);
        touch(world, owner);
        return noContent();
    }
    if (call.at(1) == QLatin1String("properties"))
        return propertyCalls(world, call, owner + QLatin1Char('/') + id, call.path.mid(2));
    return notPlayed(call.request);
}

Handled pipelineCalls(World &world, const Call &call)
{
    if (!world.isAuthorised(call.request))
        return refuseApi(401, "unauthorized", QStringLiteral("The token is not valid"));
    if (call.request.body.size() > kLargestBody)
        return refuseApi(413, "payload_too_large", QStringLiteral("The body is too large"));
    if (call.matches("POST", {"tekton_pipelines"}))
        return addPipeline(world, call);
    const QJsonObject pipeline = world.find(kPipelines, call.at(1));
    const QJsonObject toolchain = world.find(kToolchains, textOf(pipeline, "toolchain_id"));
    if (call.at(0) != QLatin1String("tekton_pipelines") ||
        !pipeline.value(QLatin1String("is_tekton")).toBool() ||
        textOf(toolchain, "location") != call.region)
        return refuseApi(404, "not_found", QStringLiteral("Pipeline not found"));
    if (call.path.size() == 2)
        return onePipeline(world, call, pipeline);
    const QString what = call.at(2), id = textOf(pipeline, "id");
    Call inner = call;
    inner.path.remove(0, 3);
    if (what == QLatin1String("definitions"))
        return definitionCalls(world, inner, id);
    if (what == QLatin1String("properties"))
        return propertyCalls(world, inner, id, inner.path);
    if (what == QLatin1String("triggers"))
        return triggerCalls(world, inner, pipeline);
    if (what == QLatin1String("pipeline_runs"))
        return runCalls(world, inner, pipeline);
    return notPlayed(call.request);
}

} // namespace lb::practice::ibm
