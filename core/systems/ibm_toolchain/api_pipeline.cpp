// SPDX-License-Identifier: GPL-3.0-or-later
// A Tekton pipeline's definition in a template → the bodies of pipeline API v2. The export spells
// its fields in camel case (systems/ibm-toolchain.md §2.4, §7.4), the API in snake case: both are
// taken.
#include "core/systems/ibm_toolchain/api_copy.h"
#include "core/systems/ibm_toolchain/secret_names.h"
#include "core/systems/ibm_toolchain/template_rules.h"

#include <QSet>

namespace lb {

namespace {

LB_TRANSLATE(ToolchainTemplate)

const QString kName = QStringLiteral("name");
const QString kType = QStringLiteral("type");
const QString kValue = QStringLiteral("value");
const QString kEnabled = QStringLiteral("enabled");
const QString kProperties = QStringLiteral("properties");
const QString kListener = QStringLiteral("event_listener");
const QString kManual = QStringLiteral("manual");

/// `maxConcurrentRuns` of max_concurrent_runs.
QString camelCase(const QString &name)
{
    QString made;
    for (const QString &word : name.split(QLatin1Char('_')))
        made += made.isEmpty() ? word : word.left(1).toUpper() + word.mid(1);
    return made;
}

QString scalarText(const DataValue &value)
{
    switch (value.kind) {
    case DataValue::Kind::Boolean:
        return value.boolean ? QStringLiteral("true") : QStringLiteral("false");
    case DataValue::Kind::Null:
        return {};
    case DataValue::Kind::List:
    case DataValue::Kind::Map:
        return QString::fromUtf8(writeJsonData(value)).trimmed();
    default:
        return value.text;
    }
}

/// The members of a map, each taken by its name in the API. What nobody takes is told of.
class Fields
{
public:
    Fields(const DataValue &map, QString place, QStringList &left)
        : m_map(map), m_place(std::move(place)), m_left(left)
    {
    }
    Fields(const Fields &) = delete;
    Fields &operator=(const Fields &) = delete;
    ~Fields()
    {
        for (const DataValue::Member &member : m_map.members) {
            if (!m_taken.contains(member.key) && !member.value.isNull() &&
                !sourceIdKeys().contains(member.key))
                m_left << tr("%1: the API has no field “%2”").arg(m_place, member.key);
        }
    }

    const QString &place() const { return m_place; }
    /// nullptr when it is missing or null.
    const DataValue *take(const char *name)
    {
        const QString snake = QLatin1String(name), camel = camelCase(snake);
        m_taken << snake << camel;
        for (const QString &key : {snake, camel}) {
            if (const DataValue *found = m_map.get(key); found && !found->isNull())
                return found;
        }
        return nullptr;
    }
    QString text(const char *name)
    {
        const DataValue *found = take(name);
        return found ? scalarText(*found) : QString();
    }
    /// As it is, when it is there.
    void copy(const char *name, DataValue &to)
    {
        if (const DataValue *found = take(name))
            to.set(QLatin1String(name), *found);
    }
    void copyText(const char *name, DataValue &to)
    {
        const QString found = text(name);
        if (!found.isEmpty())
            to.set(QLatin1String(name), DataValue::ofText(found));
    }
    void tell(const QString &sentence) { m_left << sentence; }
    /// None of it goes into the copy.
    void leave(const QString &why)
    {
        tell(why);
        for (const DataValue::Member &member : m_map.members)
            m_taken << member.key;
    }

private:
    const DataValue &m_map;
    const QString m_place;
    QStringList &m_left;
    QSet<QString> m_taken;
};

/// A list, or a map by names, as a list whose items have their names.
std::vector<DataValue> namedItems(const DataValue *given)
{
    if (!given)
        return {};
    std::vector<DataValue> items = given->items;
    for (const DataValue::Member &member : given->members) {
        DataValue item = member.value;
        item.set(kName, DataValue::ofText(member.key));
        items.push_back(std::move(item));
    }
    return items;
}

DataValue gitSource(DataValue properties)
{
    return DataValue::ofMap(
        {{kType, DataValue::ofText(QStringLiteral("git"))}, {kProperties, std::move(properties)}});
}

/// Nothing when the API would refuse it.
std::optional<DataValue> propertyBody(const DataValue &given, const QString &owner,
                                      const ToolIds &ids, QStringList &left)
{
    static const QStringList types{QStringLiteral("secure"), QStringLiteral("text"),
                                   QStringLiteral("integration"), QStringLiteral("single_select"),
                                   QStringLiteral("appconfig")};
    const QString name = given.textOf(kName);
    Fields fields(given, owner + QLatin1Char('/') + name, left);
    QString type = fields.text("type").toLower();
    if (type.isEmpty())
        type = QStringLiteral("text");
    if (fields.text("name").isEmpty() || !types.contains(type)) {
        fields.leave(tr("%1: the API has no property of type “%2”").arg(fields.place(), type));
        return std::nullopt;
    }
    DataValue body =
        DataValue::ofMap({{kName, DataValue::ofText(name)}, {kType, DataValue::ofText(type)}});
    QString value = fields.text("value");
    // What the older API called the first choice.
    if (const QString first = fields.text("default"); value.isEmpty())
        value = first;
    if (type == QLatin1String("secure") && !isSecretReference(value))
        value.clear();
    body.set(kValue, DataValue::ofText(value));
    fields.copy("enum", body);
    fields.copyText("path", body);
    if (const DataValue *locked = fields.take("locked"))
        body.set(QStringLiteral("locked"),
                 DataValue::ofBoolean(scalarText(*locked) == QLatin1String("true")));
    if (type != QLatin1String("integration"))
        return body;
    // It names a tool: by its id in this toolchain.
    const QString id = ids.find(value);
    if (id.isEmpty()) {
        fields.leave(tr("%1: no tool of the toolchain is called “%2”").arg(fields.place(), value));
        return std::nullopt;
    }
    body.set(kValue, DataValue::ofText(id));
    return body;
}

/// A name is there once: the API refuses a second one.
std::vector<DataValue> propertyBodies(const DataValue *given, const QString &owner,
                                      const ToolIds &ids, QStringList &left)
{
    std::vector<DataValue> bodies;
    QSet<QString> names;
    for (const DataValue &one : namedItems(given)) {
        const auto body = propertyBody(one, owner, ids, left);
        if (!body)
            continue;
        const QString name = body->textOf(kName);
        if (names.contains(name))
            left << tr("%1/%2: there is another property of that name").arg(owner, name);
        else
            bodies.push_back(*body);
        names << name;
    }
    return bodies;
}

/// `{push: true}`, a list, or either as JSON in a text.
DataValue eventList(const DataValue *given)
{
    DataValue value = given ? *given : DataValue();
    if (value.isText())
        value = readJsonData(value.text.toUtf8(), kName).value_or(DataValue());
    DataValue events = DataValue::ofList(value.items);
    for (const char *event : {"push", "pull_request", "pull_request_closed"}) {
        const DataValue *one = value.get(QLatin1String(event));
        if (one && one->boolean)
            events.items.push_back(DataValue::ofText(QLatin1String(event)));
    }
    return events;
}

/// Of a pipeline or of one of its triggers: the id of a private worker's tool, or what the API
/// calls IBM's own.
void setWorker(Fields &fields, const char *name, DataValue &body, const ToolIds &ids)
{
    const DataValue *given = fields.take(name);
    if (!given)
        return;
    QString word = given->isMap() ? given->textOf(QStringLiteral("id")) : scalarText(*given);
    if (ids.find(word).isEmpty() && given->isMap() && !given->textOf(kName).isEmpty() &&
        word != QLatin1String("public") && word != QLatin1String("inherit"))
        word = given->textOf(kName);
    QString id = ids.find(word);
    if (word == QLatin1String("public") || word == QLatin1String("inherit"))
        id = word;
    if (!id.isEmpty())
        body.set(QStringLiteral("worker"),
                 DataValue::ofMap({{QStringLiteral("id"), DataValue::ofText(id)}}));
    else if (!word.startsWith(QLatin1String("IBM Managed"), Qt::CaseInsensitive))
        fields.tell(tr("%1: no private worker of the toolchain is called “%2”; IBM's own workers "
                       "will run it")
                        .arg(fields.place(), word));
}

void setCommit(Fields &fields, DataValue &body, const QString &url)
{
    DataValue properties = DataValue::ofMap({{QStringLiteral("url"), DataValue::ofText(url)}});
    fields.copyText("branch", properties);
    fields.copyText("pattern", properties);
    // Which IBM Cloud takes where none is named.
    if (properties.members.size() == 1)
        properties.set(QStringLiteral("branch"), DataValue::ofText(QStringLiteral("master")));
    body.set(QStringLiteral("source"), gitSource(std::move(properties)));
    DataValue events = eventList(fields.take("events"));
    const bool isFiltered = !fields.text("filter").isEmpty();
    if (events.items.empty() && !isFiltered)
        events.items.push_back(DataValue::ofText(QStringLiteral("push")));
    if (!events.items.empty())
        body.set(QStringLiteral("events"), std::move(events));
    fields.copyText("filter", body);
    fields.copy("enable_events_from_forks", body);
    fields.copy("disable_draft_events", body);
}

/// Without its value, which is put back like every secret.
void setTriggerSecret(Fields &fields, DataValue &body)
{
    const DataValue *given = fields.take("secret");
    if (!given || !given->isMap())
        return;
    DataValue secret = DataValue::ofMap();
    for (const DataValue::Member &member : given->members) {
        const bool isReference = member.value.isText() && isSecretReference(member.value.text);
        const QString key =
            member.key == QLatin1String("keyName") ? QStringLiteral("key_name") : member.key;
        if (key != kValue || isReference)
            secret.set(key, member.value);
    }
    body.set(QStringLiteral("secret"), std::move(secret));
}

} // namespace

bool isTriggerOn(const DataValue &saved)
{
    const DataValue *enabled = saved.get(kEnabled);
    const DataValue *disabled = saved.get(QStringLiteral("disabled"));
    return (!enabled || enabled->boolean) && (!disabled || !disabled->boolean);
}

TriggerToMake triggerToMake(const DataValue &saved, const QString &url, bool isOn,
                            const ToolIds &ids, QStringList &left)
{
    TriggerToMake made;
    made.name = saved.textOf(kName);
    Fields fields(saved, tr("trigger %1").arg(made.name), left);
    QString type = fields.text("type").toLower();
    if (type == QLatin1String("git"))
        type = QStringLiteral("scm");
    made.body = DataValue::ofMap({{kType, DataValue::ofText(type)},
                                  {kName, DataValue::ofText(fields.text("name"))},
                                  {kListener, DataValue::ofText(fields.text("event_listener"))},
                                  {kEnabled, DataValue::ofBoolean(isOn)}});
    for (const char *taken : {"enabled", "disabled", "url", "service", "blind_connection"})
        fields.take(taken);
    for (const char *name : {"tags", "max_concurrent_runs", "limit_waiting_runs", "favorite"})
        fields.copy(name, made.body);
    setWorker(fields, "worker", made.body, ids);
    if (type == QLatin1String("scm"))
        setCommit(fields, made.body, url);
    fields.copyText("cron", made.body);
    fields.copyText("timezone", made.body);
    setTriggerSecret(fields, made.body);
    made.properties = propertyBodies(fields.take("properties"), fields.place(), ids, left);
    return made;
}

QString definitionKey(const DataValue &body)
{
    const DataValue *source = body.get(QStringLiteral("source"));
    const DataValue *properties = source ? source->get(kProperties) : nullptr;
    QStringList key;
    for (const char *name : {"url", "branch", "tag", "path"})
        key << (properties ? properties->textOf(QLatin1String(name)) : QString());
    return key.join(QLatin1Char('\n'));
}

namespace {

/// Makes the bodies of one pipeline.
class PipelineMaker
{
public:
    PipelineMaker(const ToolToMake &tool, const ToolchainToMake &whole, const ToolIds &ids)
        : m_tool(tool), m_whole(whole), m_ids(ids)
    {
    }

    PipelineToMake make(const DataValue &definition)
    {
        take(definition);
        addManualTrigger();
        return std::move(m_made);
    }

private:
    void take(const DataValue &definition)
    {
        Fields fields(definition, m_tool.name, m_made.left);
        m_made.body =
            DataValue::ofMap({{QStringLiteral("id"), DataValue::ofText(m_ids.find(m_tool.name))}});
        for (const char *name :
             {"next_build_number", "enable_notifications", "enable_partial_cloning"})
            fields.copy(name, m_made.body);
        setWorker(fields, "private_worker", m_made.body, m_ids);
        for (const char *known : {"name", "type"})
            fields.take(known);
        for (const DataValue &input : namedItems(fields.take("inputs")))
            addDefinition(input);
        m_made.properties =
            propertyBodies(fields.take("properties"), m_tool.name, m_ids, m_made.left);
        for (const DataValue &trigger : namedItems(fields.take("triggers")))
            addTrigger(trigger);
    }

    QString place(const QString &what) const { return m_tool.name + QLatin1Char('/') + what; }
    /// Of the repository that a definition or a trigger names, as it is in the copy.
    QString urlOf(const DataValue &given, QString *id = nullptr) const
    {
        const QString name = given.textOf(QStringLiteral("service"));
        const QString plain = name.startsWith(QLatin1String("${")) ? name.mid(2).chopped(1) : name;
        if (id)
            *id = m_ids.find(plain);
        const ToolToMake *tool = m_whole.find(plain);
        return tool ? tool->parameters.textOf(QStringLiteral("repo_url")) : QString();
    }

    void addDefinition(const DataValue &input)
    {
        QString id;
        const QString url = urlOf(input, &id);
        Fields fields(input, place(tr("definition")), m_made.left);
        if (fields.text("type").toLower() != QLatin1String("git") || url.isEmpty()) {
            fields.leave(tr("%1: it is of no repository of the toolchain").arg(fields.place()));
            return;
        }
        for (const char *taken : {"url", "service", "blind_connection"})
            fields.take(taken);
        DataValue properties = DataValue::ofMap({{QStringLiteral("url"), DataValue::ofText(url)}});
        fields.copyText("branch", properties);
        fields.copyText("tag", properties);
        if (properties.members.size() == 1)
            properties.set(QStringLiteral("branch"), DataValue::ofText(QStringLiteral("master")));
        const QString path = fields.text("path");
        // The API wants one: the whole repository.
        properties.set(QStringLiteral("path"),
                       DataValue::ofText(path.isEmpty() ? QStringLiteral(".") : path));
        properties.set(QStringLiteral("tool"),
                       DataValue::ofMap({{QStringLiteral("id"), DataValue::ofText(id)}}));
        m_made.definitions.push_back(
            DataValue::ofMap({{QStringLiteral("source"), gitSource(std::move(properties))}}));
    }

    void addTrigger(const DataValue &given)
    {
        static const QStringList types{kManual, QStringLiteral("scm"), QStringLiteral("timer"),
                                       QStringLiteral("generic")};
        const QString name = given.textOf(kName);
        const bool isManual =
            given.textOf(kType).compare(kManual, Qt::CaseInsensitive) == 0 && isTriggerOn(given);
        QStringList left;
        TriggerToMake made = triggerToMake(given, urlOf(given), isManual, m_ids, left);
        const QString listener = made.body.textOf(kListener);
        if (m_listener.isEmpty())
            m_listener = listener;
        if (!types.contains(made.body.textOf(kType)) || name.isEmpty() || listener.isEmpty()) {
            m_made.left << tr("%1: the API makes no trigger without type, name and event listener")
                               .arg(place(tr("trigger %1").arg(name)));
            return;
        }
        if (m_names.contains(name)) {
            m_made.left << tr("%1: there is another trigger of that name")
                               .arg(place(tr("trigger %1").arg(name)));
            return;
        }
        for (const QString &sentence : std::as_const(left))
            m_made.left << place(sentence);
        m_names << name;
        m_hasManual = m_hasManual || isManual;
        m_made.triggers.push_back(std::move(made));
    }

    /// Without one nobody can try the pipeline before its automatic triggers are on.
    void addManualTrigger()
    {
        if (m_hasManual || m_listener.isEmpty())
            return;
        QString name = QStringLiteral("by-hand");
        for (int n = 2; m_names.contains(name); ++n)
            name = QStringLiteral("by-hand-%1").arg(n);
        m_made.addedTrigger = name;
        m_made.triggers.push_back({name,
                                   DataValue::ofMap({{kType, DataValue::ofText(kManual)},
                                                     {kName, DataValue::ofText(name)},
                                                     {kListener, DataValue::ofText(m_listener)},
                                                     {kEnabled, DataValue::ofBoolean(true)}}),
                                   {}});
    }

    const ToolToMake &m_tool;
    const ToolchainToMake &m_whole;
    const ToolIds &m_ids;
    PipelineToMake m_made;
    QSet<QString> m_names;
    QString m_listener; ///< the first that a trigger names
    bool m_hasManual = false;
};

} // namespace

PipelineToMake pipelineToMake(const ToolToMake &tool, const DataValue &definition,
                              const ToolchainToMake &whole, const ToolIds &ids)
{
    return PipelineMaker(tool, whole, ids).make(definition);
}

} // namespace lb
