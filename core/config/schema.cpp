// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/schema.h"

#include "core/base/json.h"
#include "core/config/shapes.h"

#include <QJsonDocument>

namespace lb {

namespace {

QJsonObject typed(const char *type)
{
    return {{QStringLiteral("type"), QLatin1String(type)}};
}

/// Where a text is wanted, any scalar gives the characters as written.
QJsonObject textSchema()
{
    return {
        {QStringLiteral("type"), toJsonArray({QStringLiteral("string"), QStringLiteral("number"),
                                              QStringLiteral("boolean")})}};
}

QJsonObject patternSchema(const char *pattern)
{
    return {{QStringLiteral("type"), QStringLiteral("string")},
            {QStringLiteral("pattern"), QLatin1String(pattern)}};
}

QJsonObject wordSchema(const QStringList &words)
{
    return {{QStringLiteral("enum"), toJsonArray(words)}};
}

QJsonObject listSchema(const QJsonObject &items)
{
    return {{QStringLiteral("type"), QStringLiteral("array")}, {QStringLiteral("items"), items}};
}

QJsonObject mapSchema(const QJsonObject &values)
{
    return {{QStringLiteral("type"), QStringLiteral("object")},
            {QStringLiteral("propertyNames"), patternSchema(kIdPattern)},
            {QStringLiteral("additionalProperties"), values}};
}

QJsonObject anyOf(const QJsonArray &schemas)
{
    return {{QStringLiteral("anyOf"), schemas}};
}

QJsonObject reference(const QString &name)
{
    return {{QStringLiteral("$ref"), QStringLiteral("#/$defs/") + name}};
}

/// A value, or a text with a reference in its place.
QJsonObject orReference(const QJsonObject &schema)
{
    return anyOf({schema, patternSchema("\\{\\{")});
}

QJsonObject secretSchema()
{
    return {{QStringLiteral("type"), QStringLiteral("object")},
            {QStringLiteral("additionalProperties"), false},
            {QStringLiteral("required"), toJsonArray({QStringLiteral("secret")})},
            {QStringLiteral("properties"),
             QJsonObject{{QStringLiteral("secret"), patternSchema(kIdPattern)}}}};
}

const char *const kDurationPattern = "^[0-9]{1,9}(ms|s|m|h|d)$";
const char *const kSizePattern = "^[0-9]{1,12}([KMGT]i?B|B)?$";

QJsonObject paramSchema(const ParamSpec &param)
{
    const QString key = QLatin1String(param.key);
    switch (param.type) {
    case ParamType::Text:
    case ParamType::Path:
    case ParamType::Host:
    case ParamType::Part:
        return textSchema();
    case ParamType::Number:
        return orReference(typed("integer"));
    case ParamType::YesNo:
        return orReference(typed("boolean"));
    case ParamType::Choice:
        return wordSchema(QString::fromLatin1(param.choices).split(QLatin1Char('|')));
    case ParamType::TextList:
        // One value can never become several arguments.
        if (key == QLatin1String("args"))
            return listSchema(textSchema());
        return orReference(listSchema(textSchema()));
    case ParamType::PathList:
    case ParamType::Command:
        return orReference(listSchema(textSchema()));
    case ParamType::Duration:
        return orReference(patternSchema(kDurationPattern));
    case ParamType::Size:
        return anyOf({typed("integer"), patternSchema(kSizePattern), patternSchema("\\{\\{")});
    case ParamType::StatusList:
        return listSchema(anyOf({typed("integer"), patternSchema("^[0-9]{1,3}(-[0-9]{1,3})?$")}));
    case ParamType::Environment:
        return {{QStringLiteral("type"), QStringLiteral("object")},
                {QStringLiteral("additionalProperties"), anyOf({textSchema(), secretSchema()})}};
    case ParamType::Sensitive:
        return anyOf({textSchema(), secretSchema()});
    case ParamType::SecretName:
        return secretSchema();
    case ParamType::Json:
    case ParamType::ReadAction:
        return {};
    case ParamType::TextMap:
        return mapSchema(textSchema());
    case ParamType::Match:
        return reference(QStringLiteral("done_when"));
    case ParamType::Mode:
        return anyOf({typed("integer"), patternSchema("^[0-7]{3,4}$")});
    }
    return {};
}

QString actionDef(const ActionSpec &action)
{
    return QStringLiteral("action_") + QLatin1String(action.key);
}

QJsonArray oneActionEach(ActionPlace place)
{
    QJsonArray each;
    for (const ActionSpec &action : actionTable()) {
        if (mayStand(action, place, false))
            each.append(QJsonObject{
                {QStringLiteral("required"), toJsonArray({QLatin1String(action.key)})}});
    }
    return each;
}

void addActionProperties(QJsonObject &properties, ActionPlace place)
{
    for (const ActionSpec &action : actionTable()) {
        if (mayStand(action, place, false))
            properties.insert(QLatin1String(action.key), reference(actionDef(action)));
    }
}

QJsonObject actionSchema(const ActionSpec &action)
{
    QJsonObject properties;
    QJsonArray required;
    QJsonObject schema{{QStringLiteral("description"), QLatin1String(action.help)},
                       {QStringLiteral("type"), QStringLiteral("object")},
                       {QStringLiteral("additionalProperties"), false}};
    for (const ParamSpec &param : action.params) {
        if (param.type == ParamType::ReadAction) {
            addActionProperties(properties, ActionPlace::Read);
            schema.insert(QStringLiteral("oneOf"), oneActionEach(ActionPlace::Read));
            continue;
        }
        QJsonObject property = paramSchema(param);
        property.insert(QStringLiteral("description"), QLatin1String(param.help));
        if (*param.defaultText != '\0') {
            const QByteArray list = QByteArray("[") + param.defaultText + ']';
            property.insert(QStringLiteral("default"), QJsonDocument::fromJson(list).array().at(0));
        }
        properties.insert(QLatin1String(param.key), property);
        if (param.required)
            required.append(QLatin1String(param.key));
    }
    schema.insert(QStringLiteral("properties"), properties);
    if (!required.isEmpty())
        schema.insert(QStringLiteral("required"), required);
    if (action.kind == ActionKind::Run || action.kind == ActionKind::Ssh)
        schema.insert(QStringLiteral("oneOf"),
                      QJsonArray{QJsonObject{{QStringLiteral("required"),
                                              toJsonArray({QStringLiteral("program")})}},
                                 QJsonObject{{QStringLiteral("required"),
                                              toJsonArray({QStringLiteral("command")})}}});
    return schema;
}

QJsonObject matchSchema()
{
    const QJsonObject json{
        {QStringLiteral("type"), QStringLiteral("object")},
        {QStringLiteral("additionalProperties"), false},
        {QStringLiteral("required"),
         toJsonArray({QStringLiteral("pointer"), QStringLiteral("equals")})},
        {QStringLiteral("properties"), QJsonObject{{QStringLiteral("pointer"), patternSchema("^/")},
                                                   {QStringLiteral("equals"), QJsonObject()}}}};
    return {{QStringLiteral("description"), QStringLiteral("All that are given must hold")},
            {QStringLiteral("type"), QStringLiteral("object")},
            {QStringLiteral("additionalProperties"), false},
            {QStringLiteral("minProperties"), 1},
            {QStringLiteral("properties"),
             QJsonObject{{QStringLiteral("exit_status"), typed("integer")},
                         {QStringLiteral("status"), typed("integer")},
                         {QStringLiteral("equals"), QJsonObject()},
                         {QStringLiteral("contains"), textSchema()},
                         {QStringLiteral("json"), json}}}};
}

QJsonObject conditionSchema()
{
    QJsonObject conditions = listSchema(reference(QStringLiteral("condition")));
    conditions.insert(QStringLiteral("minItems"), 1);
    return {{QStringLiteral("description"), QStringLiteral("A condition: exactly one of these")},
            {QStringLiteral("type"), QStringLiteral("object")},
            {QStringLiteral("additionalProperties"), false},
            {QStringLiteral("minProperties"), 1},
            {QStringLiteral("maxProperties"), 1},
            {QStringLiteral("properties"),
             QJsonObject{{QStringLiteral("equals"),
                          QJsonObject{{QStringLiteral("type"), QStringLiteral("array")},
                                      {QStringLiteral("minItems"), 2},
                                      {QStringLiteral("maxItems"), 2}}},
                         {QStringLiteral("not"), reference(QStringLiteral("condition"))},
                         {QStringLiteral("any"), conditions},
                         {QStringLiteral("all"), conditions},
                         {QStringLiteral("present"), patternSchema("\\{\\{")}}}};
}

QJsonObject finallyWhenSchema()
{
    QJsonArray ways{wordSchema(wordsOf<FinallyWhen>())};
    for (const QString &word : wordsOf<FinallyWhen>())
        ways.append(QJsonObject{{QStringLiteral("type"), QStringLiteral("object")},
                                {QStringLiteral("additionalProperties"), false},
                                {QStringLiteral("required"), toJsonArray({word})},
                                {QStringLiteral("properties"),
                                 QJsonObject{{word, reference(QStringLiteral("condition"))}}}});
    return anyOf(ways);
}

/// Makes schemas of shapes; each shape once, under $defs.
class ShapeSchemas
{
public:
    QJsonObject document(const Shape &shape, const char *title, bool withActions)
    {
        QJsonObject schema = objectSchema(shape);
        schema.insert(QStringLiteral("$schema"),
                      QStringLiteral("https://json-schema.org/draft/2020-12/schema"));
        schema.insert(QStringLiteral("title"), QLatin1String(title));
        if (withActions) {
            m_defs.insert(QStringLiteral("done_when"), matchSchema());
            m_defs.insert(QStringLiteral("condition"), conditionSchema());
            for (const ActionSpec &action : actionTable()) {
                if (!action.builtInOnly)
                    m_defs.insert(actionDef(action), actionSchema(action));
            }
        }
        if (!m_defs.isEmpty())
            schema.insert(QStringLiteral("$defs"), m_defs);
        return schema;
    }

private:
    QJsonObject define(const Shape &shape)
    {
        const QString name = QLatin1String(shape.name);
        if (!m_defs.contains(name)) {
            m_defs.insert(name, QJsonObject()); // a shape may hold itself
            m_defs.insert(name, objectSchema(shape));
        }
        return reference(name);
    }

    QJsonObject fieldSchema(const FieldSpec &field)
    {
        switch (field.type) {
        case FieldType::Text:
            return textSchema();
        case FieldType::RunbookId:
            return patternSchema(kRunbookIdPattern);
        case FieldType::Id:
            return patternSchema(kIdPattern);
        case FieldType::Profile:
            return patternSchema(kProfilePattern);
        case FieldType::Path:
            return patternSchema("^/");
        case FieldType::Word:
            return wordSchema(field.words());
        case FieldType::YesNo:
            return anyOf(
                {typed("boolean"), wordSchema({QStringLiteral("yes"), QStringLiteral("no")})});
        case FieldType::WholeNumber:
            return {{QStringLiteral("type"), QStringLiteral("integer")},
                    {QStringLiteral("minimum"), 1},
                    {QStringLiteral("maximum"), 100}};
        case FieldType::Duration:
            return patternSchema(kDurationPattern);
        case FieldType::Any:
            return {};
        case FieldType::TextList:
            return listSchema(textSchema());
        case FieldType::IdList:
            return listSchema(patternSchema(kIdPattern));
        case FieldType::WordList:
            return listSchema(wordSchema(field.words()));
        case FieldType::TextOrList:
            return anyOf({textSchema(), listSchema(textSchema())});
        case FieldType::Object:
            return define(*field.shape);
        case FieldType::ObjectList:
            return listSchema(define(*field.shape));
        case FieldType::ObjectMap:
            return mapSchema(define(*field.shape));
        case FieldType::TextMap:
            return mapSchema(textSchema());
        case FieldType::When:
            return reference(QStringLiteral("condition"));
        case FieldType::FinallyWhen:
            return finallyWhenSchema();
        case FieldType::Match:
            return reference(QStringLiteral("done_when"));
        case FieldType::Format:
            return {{QStringLiteral("const"), 1}};
        }
        return {};
    }

    QJsonObject objectSchema(const Shape &shape)
    {
        QJsonObject properties;
        QJsonArray required;
        for (const FieldSpec &field : shape.fields) {
            QJsonObject property = fieldSchema(field);
            property.insert(QStringLiteral("description"), QLatin1String(field.help));
            properties.insert(QLatin1String(field.key), property);
            if (field.required)
                required.append(QLatin1String(field.key));
        }
        QJsonObject schema{{QStringLiteral("description"), QLatin1String(shape.help)},
                           {QStringLiteral("type"), QStringLiteral("object")},
                           {QStringLiteral("additionalProperties"), false}};
        if (shape.actions != ActionPlace::None) {
            addActionProperties(properties, shape.actions);
            schema.insert(QStringLiteral("oneOf"), oneActionEach(shape.actions));
        }
        schema.insert(QStringLiteral("properties"), properties);
        if (!required.isEmpty())
            schema.insert(QStringLiteral("required"), required);
        return schema;
    }

    QJsonObject m_defs;
};

} // namespace

QByteArray runbookSchema()
{
    return toJsonDocument(ShapeSchemas().document(runbookShape(), "Lifeboat runbook", true));
}

QByteArray systemSchema()
{
    return toJsonDocument(ShapeSchemas().document(systemShape(), "Lifeboat system", false));
}

QByteArray storesSchema()
{
    return toJsonDocument(ShapeSchemas().document(storesShape(), "Lifeboat stores", false));
}

} // namespace lb
