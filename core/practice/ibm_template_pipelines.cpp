// SPDX-License-Identifier: GPL-3.0-or-later
// How a template's pipelines become pipelines, and back (systems/ibm-toolchain.md §2.4, §3.2,
// §3.3).
#include "core/practice/ibm_template.h"

#include <QJsonDocument>

namespace lb::practice::ibm {

namespace {

LB_TRANSLATE(Practice)

/// The items of a member, to be changed; none when it is missing.
std::vector<DataValue> *itemsOf(DataValue &value, const char *key)
{
    static std::vector<DataValue> none;
    DataValue *list = value.get(QLatin1String(key));
    return list && list->isList() ? &list->items : &none;
}

QString plain(const DataValue *value)
{
    if (!value || value->isNull())
        return {};
    if (value->kind == DataValue::Kind::Boolean)
        return value->boolean ? QStringLiteral("true") : QStringLiteral("false");
    return value->isList() || value->isMap() ? QString::fromUtf8(writeJsonData(*value))
                                             : value->text;
}

Result<QString> addressOf(const ToolchainTemplate &whole, const TemplateTool &pipeline,
                          const DataValue &input)
{
    if (pipeline.isExported)
        return input.textOf(QStringLiteral("url"));
    const QString service = input.textOf(QStringLiteral("service"));
    const TemplateTool *tool = whole.find(service);
    if (!tool || !tool->isRepository() || !pipeline.services.contains(service))
        return fail(
            ErrorCode::BadInput,
            tr("Pipeline %1 uses %2, which is no repository of it").arg(pipeline.name, service));
    return textOf(tool->parameters, "repo_url");
}

/// A worker is known by its name; that it is one of this toolchain's is our reading of §3.2 C6.
Result<void> checkWorker(const ToolchainTemplate &whole, const TemplateTool &pipeline,
                         const QString &worker)
{
    if (worker.isEmpty())
        return {};
    for (const TemplateTool &tool : whole.tools) {
        if (tool.type == QLatin1String("private_worker") &&
            textOf(tool.parameters, "name") == worker)
            return {};
    }
    return fail(
        ErrorCode::BadInput,
        tr("Pipeline %1 asks for the worker %2, which is not there").arg(pipeline.name, worker));
}

void keepProperties(World &world, DataValue &place, const char *key, const QString &owner)
{
    for (DataValue &property : *itemsOf(place, key)) {
        const QString type = property.textOf(QStringLiteral("type")).toLower();
        const QString value = plain(property.get(QStringLiteral("value")));
        QJsonObject kept = object({{"name", property.textOf(QStringLiteral("name"))},
                                   {"type", type.isEmpty() ? QStringLiteral("text") : type},
                                   {"value", value}});
        for (const char *more : {"enum", "path", "locked"}) {
            if (const DataValue *given = property.get(QLatin1String(more)))
                kept.insert(QLatin1String(more), toJsonValue(*given));
        }
        keepProperty(world, owner, kept);
        if (type == QLatin1String("secure"))
            property.set(QStringLiteral("value"), DataValue::ofText(masked(value)));
    }
}

/// `{push: true}`, a list, or JSON in a text → the list that pipeline v2 has.
QJsonArray eventsOf(const DataValue *given)
{
    QJsonArray events;
    if (!given)
        return events;
    QJsonValue value = toJsonValue(*given);
    if (value.isString())
        value = QJsonDocument::fromJson(value.toString().toUtf8()).object();
    if (value.isArray())
        return value.toArray();
    const QJsonObject map = value.toObject();
    for (auto it = map.begin(); it != map.end(); ++it) {
        if (it.value().toBool())
            events << it.key();
    }
    return events;
}

/// Which tool an input or trigger is of; the console's export says its address only.
QString toolOf(const ToolchainTemplate &whole, const QMap<QString, QString> &tools,
               const DataValue &input, const QString &url)
{
    const QString service = input.textOf(QStringLiteral("service"));
    for (const TemplateTool &tool : whole.tools) {
        if (service.isEmpty() ? textOf(tool.parameters, "repo_url") == url : tool.name == service)
            return tools.value(tool.name);
    }
    return {};
}

QJsonObject sourceOf(const QString &url, const DataValue &input, const QString &tool)
{
    QJsonObject properties = object({{"url", url}, {"tool", object({{"id", tool}})}});
    for (const char *key : {"branch", "pattern", "tag", "path"}) {
        const QString text = input.textOf(QLatin1String(key));
        if (!text.isEmpty())
            properties.insert(QLatin1String(key), text);
    }
    return object({{"type", "git"}, {"properties", properties}});
}

bool isOff(const DataValue &trigger)
{
    const DataValue *enabled = trigger.get(QStringLiteral("enabled"));
    const DataValue *disabled = trigger.get(QStringLiteral("disabled"));
    return (enabled && !enabled->boolean) || (disabled && disabled->boolean);
}

/// That a template's `disabled` is obeyed is not confirmed, so a fault does otherwise.
QJsonObject triggerOf(const World &world, const DataValue &given, const QString &owner)
{
    const QString type = given.textOf(QStringLiteral("type"));
    QJsonObject trigger =
        object({{"id", newId()},
                {"owner", owner},
                {"type", type == QLatin1String("git") ? QStringLiteral("scm") : type},
                {"name", given.textOf(QStringLiteral("name"))},
                {"event_listener", given.textOf(QStringLiteral("eventListener"))},
                {"tags", QJsonArray()},
                {"enabled", !isOff(given) || world.has("deploy-ignores-disabled")},
                {"favorite", false},
                {"limit_waiting_runs", false}});
    for (const char *key : {"cron", "timezone", "filter", "secret"}) {
        if (const DataValue *value = given.get(QLatin1String(key)))
            trigger.insert(QLatin1String(key), toJsonValue(*value));
    }
    if (type == QLatin1String("git"))
        trigger.insert(QStringLiteral("events"), eventsOf(given.get(QStringLiteral("events"))));
    return trigger;
}

Result<void> makeTriggers(World &world, const ToolchainTemplate &whole, const TemplateTool &tool,
                          const QMap<QString, QString> &tools, DataValue &content,
                          const QString &id)
{
    for (DataValue &given : *itemsOf(content, "triggers")) {
        QJsonObject trigger = triggerOf(world, given, id);
        if (given.textOf(QStringLiteral("type")) == QLatin1String("git")) {
            TRY_VALUE(const QString url, addressOf(whole, tool, given));
            trigger.insert(QStringLiteral("source"),
                           sourceOf(url, given, toolOf(whole, tools, given, url)));
        }
        const QString own = textOf(trigger, "id");
        world.put(kTriggers, own, trigger);
        keepProperties(world, given, "properties", id + QLatin1Char('/') + own);
    }
    return {};
}

QJsonArray exportProperties(const World &world, const QString &owner)
{
    QJsonArray all;
    for (const QJsonObject &property : world.listBy(kProperties, "owner", owner)) {
        const QString type = textOf(property, "type"), value = textOf(property, "value");
        const bool isSecure = type == QLatin1String("secure");
        QJsonObject made = object({{"name", textOf(property, "name")},
                                   {"type", type.toUpper()},
                                   {"value", isSecure ? masked(value) : value}});
        for (const char *key : {"enum", "path", "locked"}) {
            if (property.contains(QLatin1String(key)))
                made.insert(QLatin1String(key), property.value(QLatin1String(key)));
        }
        all << made;
    }
    return all;
}

QJsonObject exportSource(const QJsonObject &source)
{
    QJsonObject properties = objectOf(source, "properties");
    properties.remove(QStringLiteral("tool"));
    properties.insert(QStringLiteral("type"), QStringLiteral("git"));
    return properties;
}

QJsonObject exportTrigger(const World &world, const QString &pipeline, const QJsonObject &trigger)
{
    const bool isCommit = textOf(trigger, "type") == QLatin1String("scm");
    QJsonObject made = isCommit ? exportSource(objectOf(trigger, "source"))
                                : object({{"type", textOf(trigger, "type")}});
    made.insert(QStringLiteral("name"), textOf(trigger, "name"));
    made.insert(QStringLiteral("eventListener"), textOf(trigger, "event_listener"));
    // Names a tool of this toolchain: means nothing in a copy (§3.3 K8).
    const QString tool =
        textOf(objectOf(objectOf(objectOf(trigger, "source"), "properties"), "tool"), "id");
    if (!tool.isEmpty())
        made.insert(QStringLiteral("serviceInstanceId"), tool);
    for (const char *key : {"cron", "timezone", "filter"}) {
        if (trigger.contains(QLatin1String(key)))
            made.insert(QLatin1String(key), textOf(trigger, key));
    }
    QJsonObject events;
    for (const QJsonValue event : arrayOf(trigger, "events"))
        events.insert(event.toString(), true);
    if (isCommit)
        made.insert(QStringLiteral("events"), events);
    if (QJsonObject secret = objectOf(trigger, "secret"); !secret.isEmpty()) {
        secret.insert(QStringLiteral("value"), masked(textOf(secret, "value")));
        made.insert(QStringLiteral("secret"), secret);
    }
    for (const auto &[key, exported] :
         {std::pair{"max_concurrent_runs", "maxConcurrentRuns"}, std::pair{"worker", "worker"},
          std::pair{"enable_events_from_forks", "enableEventsFromForks"}}) {
        if (trigger.contains(QLatin1String(key)))
            made.insert(QLatin1String(exported), trigger.value(QLatin1String(key)));
    }
    if (const QJsonArray tags = arrayOf(trigger, "tags"); !tags.isEmpty())
        made.insert(QStringLiteral("tags"), tags);
    if (!trigger.value(QLatin1String("enabled")).toBool(true))
        made.insert(QStringLiteral("disabled"), true);
    const QJsonArray properties =
        exportProperties(world, pipeline + QLatin1Char('/') + textOf(trigger, "id"));
    if (!properties.isEmpty())
        made.insert(QStringLiteral("properties"), properties);
    return made;
}

} // namespace

Result<void> makeClassic(World &world, const ToolchainTemplate &whole, const TemplateTool &tool,
                         QJsonObject pipeline)
{
    const QString id = textOf(pipeline, "id");
    DataValue content = tool.pipeline;
    if (!content.get(QStringLiteral("stages")))
        return fail(ErrorCode::BadInput, tr("Pipeline %1 has no stages").arg(tool.name));
    TRY(checkWorker(whole, tool, content.textOf(QStringLiteral("private_worker"))));
    keepProperties(world, content, "properties", id);
    for (DataValue &stage : *itemsOf(content, "stages")) {
        TRY(checkWorker(whole, tool, stage.textOf(QStringLiteral("worker"))));
        const QString name = stage.textOf(QStringLiteral("name"));
        keepProperties(world, stage, "properties", id + QLatin1Char('/') + name);
        for (DataValue &input : *itemsOf(stage, "inputs")) {
            if (input.textOf(QStringLiteral("type")) != QLatin1String("git"))
                continue;
            TRY_VALUE(const QString url, addressOf(whole, tool, input));
            input.remove(QStringLiteral("service"));
            input.set(QStringLiteral("url"), DataValue::ofText(url));
        }
    }
    pipeline.insert(QStringLiteral("yaml"), QString::fromUtf8(writeYamlData(content)));
    world.put(kPipelines, id, pipeline);
    return {};
}

Result<void> makeTekton(World &world, const ToolchainTemplate &whole, const TemplateTool &tool,
                        const QMap<QString, QString> &tools, QJsonObject pipeline)
{
    const QString id = textOf(pipeline, "id");
    DataValue content = tool.pipeline;
    TRY(checkWorker(whole, tool, content.textOf(QStringLiteral("private_worker"))));
    for (const char *key : {"envProperties", "properties"})
        keepProperties(world, content, key, id);
    for (const DataValue &input : *itemsOf(content, "inputs")) {
        TRY_VALUE(const QString url, addressOf(whole, tool, input));
        const QString definition = newId();
        world.put(kDefinitions, definition,
                  object({{"id", definition},
                          {"owner", id},
                          {"source", sourceOf(url, input, toolOf(whole, tools, input, url))}}));
    }
    TRY(makeTriggers(world, whole, tool, tools, content, id));
    for (const char *key : {"envProperties", "properties", "inputs", "triggers"})
        content.remove(QLatin1String(key));
    pipeline.insert(QStringLiteral("document"), toJsonValue(content));
    world.put(kPipelines, id, pipeline);
    return {};
}

QByteArray exportTekton(const World &world, const QJsonObject &pipeline)
{
    const QString id = textOf(pipeline, "id");
    QJsonArray inputs, triggers;
    for (const QJsonObject &definition : world.listBy(kDefinitions, "owner", id))
        inputs << exportSource(objectOf(definition, "source"));
    for (const QJsonObject &trigger : world.listBy(kTriggers, "owner", id))
        triggers << exportTrigger(world, id, trigger);
    QJsonObject document = objectOf(pipeline, "document");
    const QJsonObject worker = world.find(kTools, textOf(objectOf(pipeline, "worker"), "id"));
    if (!worker.isEmpty())
        document.insert(QStringLiteral("private_worker"),
                        textOf(objectOf(worker, "parameters"), "name"));
    document.insert(QStringLiteral("envProperties"), exportProperties(world, id));
    document.insert(QStringLiteral("inputs"), inputs);
    document.insert(QStringLiteral("triggers"), triggers);
    return writeYamlData(toDataValue(document));
}

} // namespace lb::practice::ibm
