// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/alien4cloud/document_transform.h"

#include "core/base/format.h"
#include "core/base/json_text.h"
#include "core/systems/alien4cloud/bulk_lines.h"

#include <QJsonArray>

namespace lb {

namespace {

LB_TRANSLATE(Alien4CloudTransform)

struct TypeRule
{
    QByteArrayView index, type;
    TransformRule rule;
};

// Fact sheet, §1.3 (what there is) and §4.1 (what changed).
constexpr TypeRule kRules[] = {
    {"toscaelement", "indexedtoscaelement", TransformRule::Unchanged}, // has no properties
    {"toscaelement", "indexednodetype", TransformRule::ToscaType},
    {"toscaelement", "indexedcapabilitytype", TransformRule::ToscaType},
    {"toscaelement", "indexedrelationshiptype", TransformRule::ToscaType},
    {"toscaelement", "indexedartifacttype", TransformRule::ToscaType},
    {"toscaelement", "indexedartifacttoscaelement", TransformRule::ToscaType},
    {"toscaelement", "indexeddatatype", TransformRule::ToscaType},
    {"toscaelement", "primitiveindexeddatatype", TransformRule::ToscaType},
    {"csar", "csar", TransformRule::Unchanged},
    {"csargitrepository", "csargitrepository", TransformRule::Unchanged},
    {"application", "application", TransformRule::Unchanged},
    {"applicationversion", "applicationversion", TransformRule::Unchanged},
    {"applicationenvironment", "applicationenvironment", TransformRule::Unchanged},
    {"topology", "topology", TransformRule::Topology},
    {"topologytemplate", "topologytemplate", TransformRule::TopologyTemplate},
    {"topologytemplateversion", "topologytemplateversion", TransformRule::Unchanged},
    {"deploymenttopology", "deploymenttopology", TransformRule::DeploymentTopology},
    {"deployedtopologies", "deploymenttopology", TransformRule::DeploymentTopology},
    {"deployment", "deployment", TransformRule::Unchanged},
    {"orchestrator", "orchestrator", TransformRule::Unchanged},
    {"orchestratorconfiguration", "orchestratorconfiguration", TransformRule::Unchanged},
    {"location", "location", TransformRule::Unchanged},
    {"locationresourcetemplate", "locationresourcetemplate", TransformRule::LocationResource},
    {"plugin", "plugin", TransformRule::Unchanged},
    {"pluginconfiguration", "pluginconfiguration", TransformRule::Unchanged},
    {"metapropconfiguration", "metapropconfiguration", TransformRule::MetaProperty},
    {"deploymentmonitorevents", "abstractmonitorevent", TransformRule::Unchanged},
    {"deploymentmonitorevents", "paasdeploymentstatusmonitorevent", TransformRule::Unchanged},
    {"deploymentmonitorevents", "paasinstancestatemonitorevent", TransformRule::Unchanged},
    {"deploymentmonitorevents", "paasmessagemonitorevent", TransformRule::Unchanged},
    {"deploymentmonitorevents", "paasinstancepersistentresourcemonitorevent",
     TransformRule::Unchanged},
    {"deploymentmonitorevents", "paasworkflowstepmonitorevent", TransformRule::Unchanged},
    {"deploymentmonitorevents", "paasworkflowmonitorevent", TransformRule::Unchanged},
    {"imagedata", "imagedata", TransformRule::Unchanged},
    {"alienaudit", "audittrace", TransformRule::Unchanged},
    {"alienaudit", "auditconfiguration", TransformRule::AuditConfiguration},
    {"user", "user", TransformRule::Unchanged},
    {"group", "group", TransformRule::Unchanged},
    {"suggestion", "abstractsuggestionentry", TransformRule::Unchanged},
    {"suggestion", "suggestionentry", TransformRule::Unchanged},
    {"suggestion", "simplesuggestionentry", TransformRule::Unchanged},
    {"paasdeploymentlog", "paasdeploymentlog", TransformRule::Unchanged},
};

constexpr char kSingleton[] = "singleton";

/// Reads one source by its rule and notes what has to change. Recurses only where the rule names
/// a place, at most a handful of levels; everything else is passed over.
class ChangeFinder
{
public:
    ChangeFinder(const DocumentName &name, QByteArrayView source) : m_name(name), m_cursor(source)
    {
    }

    Result<DocumentChange> find(TransformRule rule);

private:
    using Done = Result<void>;

    Done readDocument(TransformRule rule);

    // Each of these reads one value, whole.
    Done skip();
    Done nodeTemplates();
    Done nodeTemplate();
    Done relationship();
    Done originalNodes();
    Done topologyTemplate();
    Done auditConfiguration();
    Done auditedMethods();
    Done auditedMethod();
    Done defaultValue();

    /// Reads an object; `member(key)` reads each value. Null passes.
    template <class Member>
    Done object(Member member);
    /// The members of an object whose beginning has been read.
    template <class Member>
    Done members(Member member);
    /// The items of a list whose beginning has been read; `item(token)` has the first of each.
    template <class Item>
    Done items(Item item);
    /// The same for a list of {key, value}; `value()` reads each value.
    template <class Value>
    Done entries(Value value);
    template <class Value>
    Done entry(Value value);
    /// Makes a list of a map, or reads what is a list already; null passes.
    template <class Value>
    Done mapToList(Value value);

    tl::unexpected<Error> refuse(const QString &why) const;
    tl::unexpected<Error> refuseToken(const QString &expected) const;

    DocumentName m_name;
    JsonCursor m_cursor;
    JsonPath m_path;
    DocumentChange m_change;
};

tl::unexpected<Error> ChangeFinder::refuse(const QString &why) const
{
    const QString pointer = m_path.pointer();
    return fail(
        ErrorCode::Corrupt,
        tr("The document %1 cannot be brought to the form of Alien4Cloud 1.2.0").arg(m_name.text()),
        tr("at %1: %2").arg(pointer.isEmpty() ? tr("the top") : displayText(pointer), why));
}

/// The token just read is not what must stand there.
tl::unexpected<Error> ChangeFinder::refuseToken(const QString &expected) const
{
    return refuse(m_cursor.token() == JsonToken::Bad ? m_cursor.problemText() : expected);
}

ChangeFinder::Done ChangeFinder::skip()
{
    if (!m_cursor.skipValue())
        return refuse(m_cursor.problemText());
    return {};
}

template <class Member>
ChangeFinder::Done ChangeFinder::members(Member member)
{
    while (m_cursor.next() == JsonToken::Key) {
        const QByteArrayView key = m_cursor.raw();
        m_path.pushKey(key);
        TRY(member(key));
        m_path.pop();
    }
    if (m_cursor.token() != JsonToken::ObjectEnd)
        return refuse(m_cursor.problemText());
    return {};
}

template <class Member>
ChangeFinder::Done ChangeFinder::object(Member member)
{
    switch (m_cursor.next()) {
    case JsonToken::Null:
        return {};
    case JsonToken::ObjectBegin:
        return members(member);
    default:
        return refuseToken(tr("an object must stand there"));
    }
}

template <class Item>
ChangeFinder::Done ChangeFinder::items(Item item)
{
    for (qsizetype i = 0;; ++i) {
        m_path.pushItem(i);
        const JsonToken token = m_cursor.next();
        if (token == JsonToken::ArrayEnd)
            break;
        if (token == JsonToken::Bad)
            return refuse(m_cursor.problemText());
        TRY(item(token));
        m_path.pop();
    }
    m_path.pop();
    return {};
}

template <class Value>
ChangeFinder::Done ChangeFinder::entry(Value value)
{
    bool hasKey = false;
    bool hasValue = false;
    TRY(members([&](QByteArrayView key) -> Done {
        if (jsonTextIs(key, "value")) {
            hasValue = true;
            return value();
        }
        if (!jsonTextIs(key, "key"))
            return skip();
        hasKey = true;
        if (m_cursor.next() != JsonToken::String)
            return refuseToken(tr("the key must be a text"));
        return {};
    }));
    if (!hasKey || !hasValue)
        return refuse(tr("the entry has no key or no value"));
    return {};
}

template <class Value>
ChangeFinder::Done ChangeFinder::entries(Value value)
{
    return items([&](JsonToken first) -> Done {
        if (first != JsonToken::ObjectBegin)
            return refuse(tr("an entry with key and value must stand there"));
        return entry(value);
    });
}

template <class Value>
ChangeFinder::Done ChangeFinder::mapToList(Value value)
{
    switch (m_cursor.next()) {
    case JsonToken::Null:
        return {};
    case JsonToken::ArrayBegin:
        return entries(value);
    case JsonToken::ObjectBegin:
        break;
    default:
        return refuseToken(tr("a map, or the list that it becomes, must stand there"));
    }
    TextEdits &edits = m_change.edits;
    edits.replace(m_cursor.begin(), m_cursor.end(), "[");
    const Done read = members([&](QByteArrayView) -> Done {
        edits.insert(m_cursor.begin(), "{\"key\":");
        edits.replace(m_cursor.end(), m_cursor.valueBegin(), ",\"value\":");
        TRY(value());
        edits.insert(m_cursor.end(), "}");
        return {};
    });
    TRY(read);
    edits.replace(m_cursor.begin(), m_cursor.end(), "]");
    return {};
}

ChangeFinder::Done ChangeFinder::nodeTemplates()
{
    // A list in both versions: an object would be a document that 1.1.0 did not write.
    switch (m_cursor.next()) {
    case JsonToken::Null:
        return {};
    case JsonToken::ArrayBegin:
        return entries([this] { return nodeTemplate(); });
    default:
        return refuseToken(tr("a list must stand there"));
    }
}

ChangeFinder::Done ChangeFinder::nodeTemplate()
{
    return object([this](QByteArrayView key) -> Done {
        if (jsonTextIs(key, "relationships"))
            return mapToList([this] { return relationship(); });
        if (jsonTextIs(key, "requirements") || jsonTextIs(key, "capabilities") ||
            jsonTextIs(key, "artifacts"))
            return mapToList([this] { return skip(); });
        return skip();
    });
}

ChangeFinder::Done ChangeFinder::relationship()
{
    return object([this](QByteArrayView key) -> Done {
        if (jsonTextIs(key, "artifacts"))
            return mapToList([this] { return skip(); });
        return skip();
    });
}

ChangeFinder::Done ChangeFinder::originalNodes()
{
    // Not indexed, so a map in 1.2.0 too; what it holds has the new form.
    return object([this](QByteArrayView) { return nodeTemplate(); });
}

ChangeFinder::Done ChangeFinder::topologyTemplate()
{
    TextEdits &edits = m_change.edits;
    bool kept = false;
    qsizetype removeFrom = -1; // until the next key: what is first takes its comma along
    qsizetype lastEnd = m_cursor.end();
    const Done read = members([&](QByteArrayView key) -> Done {
        const qsizetype begin = m_cursor.begin();
        if (removeFrom >= 0)
            edits.remove(removeFrom, begin);
        removeFrom = -1;
        TRY(skip());
        if (!jsonTextIs(key, "topologyId"))
            kept = true;
        else if (kept)
            edits.remove(lastEnd, m_cursor.end());
        else
            removeFrom = begin;
        lastEnd = m_cursor.end();
        return {};
    });
    TRY(read);
    if (removeFrom >= 0)
        edits.remove(removeFrom, m_cursor.begin());
    return {};
}

ChangeFinder::Done ChangeFinder::auditConfiguration()
{
    TextEdits &edits = m_change.edits;
    bool hasId = false;
    bool isEmpty = true;
    const Done read = members([&](QByteArrayView key) -> Done {
        isEmpty = false;
        if (jsonTextIs(key, "auditedMethods"))
            return auditedMethods();
        TRY(skip());
        if (!jsonTextIs(key, "id"))
            return {};
        hasId = true;
        if (!jsonTextIs(m_cursor.raw(), kSingleton))
            edits.replace(m_cursor.begin(), m_cursor.end(), "\"singleton\"");
        return {};
    });
    TRY(read);
    if (!hasId)
        edits.insert(m_cursor.begin(), isEmpty ? "\"id\":\"singleton\"" : ",\"id\":\"singleton\"");
    if (m_name.id != kSingleton)
        m_change.id = QByteArray(kSingleton);
    return {};
}

ChangeFinder::Done ChangeFinder::auditedMethods()
{
    switch (m_cursor.next()) {
    case JsonToken::Null:
        return {};
    case JsonToken::ArrayBegin:
        return items([this](JsonToken first) -> Done {
            if (first != JsonToken::ObjectBegin)
                return refuse(tr("an object must stand there"));
            return auditedMethod();
        });
    default:
        return refuseToken(tr("a list must stand there"));
    }
}

ChangeFinder::Done ChangeFinder::auditedMethod()
{
    bool hasPath = false;
    bool hasSignature = false;
    TRY(members([&](QByteArrayView key) -> Done {
        hasSignature = hasSignature || jsonTextIs(key, "signature");
        if (jsonTextIs(key, "path")) {
            hasPath = true;
            m_change.edits.replace(m_cursor.begin(), m_cursor.end(), "\"signature\"");
        }
        return skip();
    }));
    if (hasPath && hasSignature)
        return refuse(tr("the entry has both the old name “path” and the new one “signature”"));
    return {};
}

ChangeFinder::Done ChangeFinder::defaultValue()
{
    TextEdits &edits = m_change.edits;
    switch (m_cursor.next()) {
    case JsonToken::Null:
        return {};
    case JsonToken::String:
        edits.insert(m_cursor.begin(), "{\"value\":");
        edits.insert(m_cursor.end(), "}");
        return {};
    case JsonToken::Number:
    case JsonToken::True:
    case JsonToken::False:
        edits.insert(m_cursor.begin(), "{\"value\":\"");
        edits.insert(m_cursor.end(), "\"}");
        return {};
    case JsonToken::ObjectBegin: {
        bool hasValue = false;
        TRY(members([&](QByteArrayView key) -> Done {
            hasValue = hasValue || jsonTextIs(key, "value");
            return skip();
        }));
        if (!hasValue)
            return refuse(tr("the default is an object without a value"));
        return {};
    }
    default:
        return refuseToken(tr("a text, or the object that it becomes, must stand there"));
    }
}

ChangeFinder::Done ChangeFinder::readDocument(TransformRule rule)
{
    const auto member = [this](const char *name, auto read) {
        return members([this, name, read](QByteArrayView key) -> Done {
            return jsonTextIs(key, name) ? read() : skip();
        });
    };
    switch (rule) {
    case TransformRule::Unknown:
    case TransformRule::Unchanged:
        return members([this](QByteArrayView) { return skip(); });
    case TransformRule::Topology:
        return member("nodeTemplates", [this] { return nodeTemplates(); });
    case TransformRule::DeploymentTopology:
        return members([this](QByteArrayView key) -> Done {
            if (jsonTextIs(key, "nodeTemplates"))
                return nodeTemplates();
            return jsonTextIs(key, "originalNodes") ? originalNodes() : skip();
        });
    case TransformRule::LocationResource:
        return member("template", [this] { return nodeTemplate(); });
    case TransformRule::ToscaType:
        return member("properties", [this] { return mapToList([this] { return skip(); }); });
    case TransformRule::TopologyTemplate:
        return topologyTemplate();
    case TransformRule::AuditConfiguration:
        return auditConfiguration();
    case TransformRule::MetaProperty:
        return member("default", [this] { return defaultValue(); });
    }
    return {};
}

Result<DocumentChange> ChangeFinder::find(TransformRule rule)
{
    if (m_cursor.next() != JsonToken::ObjectBegin)
        return refuseToken(tr("the document must be an object"));
    TRY(readDocument(rule));
    if (m_cursor.next() != JsonToken::End)
        return refuse(m_cursor.problemText());
    return std::move(m_change);
}

} // namespace

TransformRule transformRule(QByteArrayView index, QByteArrayView type)
{
    for (const TypeRule &known : kRules) {
        if (known.index == index && known.type == type)
            return known.rule;
    }
    // All that this index can hold inherits from a class with properties, but its base class.
    return index == QByteArrayView("toscaelement") ? TransformRule::ToscaType
                                                   : TransformRule::Unknown;
}

QString DocumentName::text() const
{
    const QByteArray text = index.toByteArray() + '/' + type.toByteArray() + '/' + id.toByteArray();
    return displayText(QString::fromUtf8(text));
}

Result<DocumentChange> findChange(const DocumentName &name, QByteArrayView source)
{
    return ChangeFinder(name, source).find(transformRule(name.index, name.type));
}

Result<TransformedDocument> transformDocument(const DocumentName &name, const QByteArray &source)
{
    TRY_VALUE(const DocumentChange change, findChange(name, source));
    TransformedDocument document{source, change.id.value_or(name.id.toByteArray()),
                                 change.changes()};
    if (!change.edits.isEmpty()) {
        document.source = {};
        change.edits.appendApplied(document.source, source);
    }
    return document;
}

// --- report ---

QJsonObject TypeReport::toJson() const
{
    QJsonArray sentences;
    for (const Error &example : examples)
        sentences.append(example.sentence());
    return {{QStringLiteral("index"), index},
            {QStringLiteral("type"), type},
            {QStringLiteral("known"), rule != TransformRule::Unknown},
            {QStringLiteral("read"), read},
            {QStringLiteral("changed"), changed},
            {QStringLiteral("unchanged"), unchanged},
            {QStringLiteral("failed"), failed},
            {QStringLiteral("examples"), sentences}};
}

TypeReport TransformReport::sum() const
{
    TypeReport sum;
    for (const TypeReport &type : types) {
        sum.read += type.read;
        sum.changed += type.changed;
        sum.unchanged += type.unchanged;
        sum.failed += type.failed;
    }
    return sum;
}

QStringList TransformReport::lines() const
{
    const auto counts = [](const QString &of, const TypeReport &report) {
        return tr("%1: %2 read, %3 changed, %4 unchanged, %5 failed")
            .arg(of)
            .arg(report.read)
            .arg(report.changed)
            .arg(report.unchanged)
            .arg(report.failed);
    };
    QStringList lines;
    for (const TypeReport &type : types) {
        const QString name = displayText(type.index + QLatin1Char('/') + type.type);
        lines << counts(type.rule == TransformRule::Unknown
                            ? tr("%1 (not a type of Alien4Cloud 1.1.0; left as it is)").arg(name)
                            : name,
                        type);
        for (const Error &example : type.examples)
            lines << QStringLiteral("    ") + example.sentence();
    }
    return lines << counts(tr("All types"), sum());
}

QJsonObject TransformReport::toJson() const
{
    QJsonArray list;
    for (const TypeReport &type : types)
        list.append(type.toJson());
    const TypeReport all = sum();
    return {{QStringLiteral("types"), list},
            {QStringLiteral("read"), all.read},
            {QStringLiteral("changed"), all.changed},
            {QStringLiteral("unchanged"), all.unchanged},
            {QStringLiteral("failed"), all.failed}};
}

// --- exported lines ---

void ExportTransformer::failed(TypeReport &report, const Error &error) const
{
    ++report.failed;
    if (report.examples.size() < m_examples)
        report.examples.push_back(error);
}

ExportTransformer::Type &ExportTransformer::typeOf(QByteArrayView rawIndex, QByteArrayView rawType)
{
    if (m_last && m_last->rawIndex == rawIndex && m_last->rawType == rawType)
        return *m_last;
    const QByteArray index = jsonText(rawIndex);
    const QByteArray type = jsonText(rawType);
    Type &found = m_types[{index, type}];
    if (found.report.read == 0) {
        found.index = index;
        found.type = type;
        found.report.index = QString::fromUtf8(index);
        found.report.type = QString::fromUtf8(type);
        found.report.rule = transformRule(index, type);
    }
    found.rawIndex = rawIndex.toByteArray();
    found.rawType = rawType.toByteArray();
    m_last = &found;
    return found;
}

Result<void> ExportTransformer::take(QByteArrayView line, QByteArray &out)
{
    line = line.trimmed();
    TRY_VALUE(ExportLine document, readExportLine(line));
    Type &type = typeOf(document.index, document.type);
    TypeReport &report = type.report;
    ++report.read;
    const QByteArray id = jsonText(document.id);
    const DocumentName name{type.index, type.type, id};
    auto change = ChangeFinder(name, document.source).find(report.rule);
    if (!change) {
        failed(report, change.error());
        return {};
    }
    if (report.rule == TransformRule::AuditConfiguration &&
        !m_newNames.insert(type.index + '/' + change->id.value_or(id)).second) {
        failed(report,
               {ErrorCode::Conflict,
                tr("The document %1 is one too many: it would replace another").arg(name.text()),
                tr("Alien4Cloud 1.2.0 has one such document, with the id “%1”")
                    .arg(QLatin1String(kSingleton)),
                tr("Find out which of them is in use, and delete the others")});
        return {};
    }
    if (!change->changes()) {
        ++report.unchanged;
        out.append(line);
        out.append('\n');
        return {};
    }
    ++report.changed;
    QByteArray newId;
    if (change->id) {
        appendJsonString(newId, *change->id);
        document.id = newId;
    }
    appendExportHead(out, document);
    change->edits.appendApplied(out, document.source);
    out.append("}\n");
    return {};
}

TransformReport ExportTransformer::report() const
{
    TransformReport report;
    for (const auto &[name, type] : m_types)
        report.types.push_back(type.report);
    return report;
}

} // namespace lb
