// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/shape_check.h"

#include "core/config/action_check.h"
#include "core/model/runbook.h"

#include <QRegularExpression>

namespace lb {

namespace {

LB_TRANSLATE(Config)

bool fits(const QString &text, const char *pattern)
{
    return QRegularExpression(QLatin1String(pattern)).match(text).hasMatch() &&
           !text.endsWith(QLatin1Char('\n'));
}

/// One line of text that says something; the kinds of scalars that are texts with a rule.
void checkText(const FieldSpec &field, const YamlNode &node, Findings &findings)
{
    if (!node.isScalar()) {
        findings.error(node.place, tr("“%1” must be a text").arg(QLatin1String(field.key)));
        return;
    }
    const QString &text = node.text;
    switch (field.type) {
    case FieldType::Id:
        if (!fits(text, kIdPattern))
            findings.error(node.place, tr("“%1” is not a name").arg(text),
                           tr("Use small letters, digits, - and _, beginning with a letter"));
        return;
    case FieldType::RunbookId:
        if (!fits(text, kRunbookIdPattern))
            findings.error(node.place, tr("“%1” is not a runbook's id").arg(text),
                           tr("Use small letters, digits, -, _ and dots between words"));
        return;
    case FieldType::Profile:
        if (!fits(text, kProfilePattern))
            findings.error(node.place, tr("“%1” is not a name").arg(text),
                           tr("Use small letters, digits and -, at most 63"));
        return;
    case FieldType::Word:
        if (const QStringList words = field.words(); !words.contains(text))
            findings.error(
                node.place,
                tr("“%1” is no value of “%2”; there are %3")
                    .arg(text, QLatin1String(field.key), words.join(QStringLiteral(", "))),
                didYouMean(text, words));
        return;
    case FieldType::Duration:
        if (const auto duration = parseDuration(text); !duration)
            findings.add(duration.error(), node.place);
        return;
    case FieldType::Path:
        if (!text.startsWith(QLatin1Char('/')))
            findings.error(node.place, tr("“%1” is not an absolute path").arg(text));
        return;
    default:
        if (text.trimmed().isEmpty())
            findings.error(node.place, tr("“%1” is empty").arg(QLatin1String(field.key)));
        return;
    }
}

void checkYesNo(const FieldSpec &field, const YamlNode &node, Findings &findings)
{
    const QStringList words{QStringLiteral("true"), QStringLiteral("false"), QStringLiteral("yes"),
                            QStringLiteral("no")};
    if (!node.isScalar() || !words.contains(node.text))
        findings.error(node.place, tr("“%1” must be yes or no").arg(QLatin1String(field.key)));
}

void checkWholeNumber(const FieldSpec &field, const YamlNode &node, Findings &findings)
{
    const double number = node.toJson().toDouble(-1);
    if (number < 1 || number > 100 || number != double(int(number)))
        findings.error(
            node.place,
            tr("“%1” must be a whole number from 1 to 100").arg(QLatin1String(field.key)));
}

void checkFormat(const YamlNode &node, Findings &findings)
{
    const double format = node.toJson().toDouble(-1);
    if (format > 1)
        findings.error(node.place,
                       tr("This was written for a newer Lifeboat (format %1)").arg(format),
                       tr("Update Lifeboat, or write it for format 1"));
    else if (format != 1)
        findings.error(node.place, tr("“lifeboat” must be 1"));
}

bool wantList(const FieldSpec &field, const YamlNode &node, Findings &findings)
{
    if (!node.isList())
        findings.error(node.place, tr("“%1” must be a list").arg(QLatin1String(field.key)));
    return node.isList();
}

void checkItems(const FieldSpec &field, FieldType type, const YamlNode &node, Findings &findings)
{
    if (!wantList(field, node, findings))
        return;
    FieldSpec one = field;
    one.type = type;
    for (const YamlNode &item : node.items)
        checkText(one, item, findings);
}

void checkFinallyWhen(const YamlNode &node, Findings &findings)
{
    const QStringList words = wordsOf<FinallyWhen>();
    if (node.isScalar() && words.contains(node.text))
        return;
    if (node.isMap() && node.members.size() == 1 && words.contains(node.members[0].key)) {
        checkCondition(node.members[0].value, findings);
        return;
    }
    findings.error(node.place,
                   tr("“when” in finally must be always, proven, or one of them with a condition"),
                   node.isScalar() ? didYouMean(node.text, words)
                                   : tr("Write {always: CONDITION} or {proven: CONDITION}"));
}

void checkField(const FieldSpec &field, const YamlNode &node, bool builtIn, Findings &findings)
{
    switch (field.type) {
    case FieldType::Text:
    case FieldType::RunbookId:
    case FieldType::Id:
    case FieldType::Word:
    case FieldType::Duration:
    case FieldType::Profile:
    case FieldType::Path:
        checkText(field, node, findings);
        return;
    case FieldType::YesNo:
        checkYesNo(field, node, findings);
        return;
    case FieldType::WholeNumber:
        checkWholeNumber(field, node, findings);
        return;
    case FieldType::Any:
        return;
    case FieldType::TextList:
        checkItems(field, FieldType::Text, node, findings);
        return;
    case FieldType::IdList:
        checkItems(field, FieldType::Id, node, findings);
        return;
    case FieldType::WordList:
        checkItems(field, FieldType::Word, node, findings);
        return;
    case FieldType::TextOrList:
        if (node.isScalar())
            checkText(field, node, findings);
        else
            checkItems(field, FieldType::Text, node, findings);
        return;
    case FieldType::Object:
        checkShape(node, *field.shape, builtIn, findings);
        return;
    case FieldType::ObjectList:
        if (wantList(field, node, findings)) {
            for (const YamlNode &item : node.items)
                checkShape(item, *field.shape, builtIn, findings);
        }
        return;
    case FieldType::ObjectMap:
    case FieldType::TextMap:
        if (!node.isMap()) {
            findings.error(node.place,
                           tr("“%1” must be a map of names").arg(QLatin1String(field.key)));
            return;
        }
        for (const YamlNode::Member &member : node.members) {
            if (!fits(member.key, kIdPattern))
                findings.error(member.place, tr("“%1” is not a name").arg(member.key),
                               tr("Use small letters, digits, - and _, beginning with a letter"));
            if (field.type == FieldType::ObjectMap)
                checkShape(member.value, *field.shape, builtIn, findings);
            else if (!member.value.isScalar())
                findings.error(member.value.place, tr("“%1” must be a text").arg(member.key));
        }
        return;
    case FieldType::When:
        checkCondition(node, findings);
        return;
    case FieldType::FinallyWhen:
        checkFinallyWhen(node, findings);
        return;
    case FieldType::Match:
        checkMatch(node, findings);
        return;
    case FieldType::Format:
        checkFormat(node, findings);
        return;
    }
}

QStringList actionKeys(ActionPlace place, bool builtIn)
{
    QStringList keys;
    for (const ActionSpec &action : actionTable()) {
        if (mayStand(action, place, builtIn))
            keys << QLatin1String(action.key);
    }
    return keys;
}

void checkActionMember(const YamlNode::Member &member, const ActionSpec &spec, const Shape &shape,
                       bool builtIn, Findings &findings)
{
    if (spec.builtInOnly && !builtIn)
        findings.error(member.place,
                       tr("Only runbooks that come with Lifeboat may use “%1”").arg(member.key));
    else if (!mayStand(spec, shape.actions, builtIn))
        findings.error(
            member.place,
            shape.actions == ActionPlace::Undo ? tr("“%1” cannot take a step back").arg(member.key)
                                               : tr("“%1” is not a read action").arg(member.key),
            tr("There are %1").arg(actionKeys(shape.actions, builtIn).join(QStringLiteral(", "))));
    checkAction(member.value, spec, builtIn, findings);
}

} // namespace

void checkShape(const YamlNode &node, const Shape &shape, bool builtIn, Findings &findings)
{
    const QString what = QLatin1String(shape.name);
    if (!node.isMap()) {
        findings.error(node.place, tr("“%1” must be a map of keys").arg(what));
        return;
    }
    QStringList keys;
    for (const FieldSpec &field : shape.fields)
        keys << QLatin1String(field.key);
    const YamlNode::Member *action = nullptr;
    bool maybeAction = false; // a mistyped one has been said already
    for (const YamlNode::Member &member : node.members) {
        const qsizetype index = keys.indexOf(member.key);
        if (index >= 0) {
            checkField(shape.fields[size_t(index)], member.value, builtIn, findings);
            continue;
        }
        const ActionSpec *spec =
            shape.actions == ActionPlace::None ? nullptr : findAction(member.key);
        if (spec == nullptr) {
            maybeAction = maybeAction || member.value.isMap();
            // {why: one, two} is read as two keys by every reader of YAML.
            const bool comma = member.value.isNull() && member.key.contains(QLatin1Char(' '));
            findings.error(member.place, tr("“%1” is not a key of %2").arg(member.key, what),
                           comma
                               ? tr("A text with a comma needs quotes inside of { }")
                               : didYouMean(member.key, keys + actionKeys(shape.actions, builtIn)));
        } else if (action != nullptr) {
            findings.error(member.place,
                           tr("“%1” is a second action beside “%2”").arg(member.key, action->key),
                           tr("Write one action each"));
        } else {
            action = &member;
            checkActionMember(member, *spec, shape, builtIn, findings);
        }
    }
    for (const FieldSpec &field : shape.fields) {
        if (field.required && node.get(QLatin1String(field.key)) == nullptr)
            findings.error(node.place, tr("%1 lacks “%2”").arg(what, QLatin1String(field.key)));
    }
    if (shape.actions != ActionPlace::None && action == nullptr && !maybeAction)
        findings.error(
            node.place, tr("%1 lacks an action").arg(what),
            shape.actions == ActionPlace::Step
                ? QString()
                : tr("There are %1")
                      .arg(actionKeys(shape.actions, builtIn).join(QStringLiteral(", "))));
}

FoundAction findActionIn(const YamlNode &node)
{
    for (const YamlNode::Member &member : node.members) {
        if (const ActionSpec *spec = findAction(member.key))
            return {spec, &member.value, member.place};
    }
    return {};
}

bool checkMatch(const YamlNode &node, Findings &findings)
{
    const QStringList keys{QStringLiteral("exit_status"), QStringLiteral("status"),
                           QStringLiteral("equals"), QStringLiteral("contains"),
                           QStringLiteral("json")};
    if (!node.isMap() || node.members.empty()) {
        findings.error(node.place, tr("This rule says nothing"),
                       tr("Give at least one of %1").arg(keys.join(QStringLiteral(", "))));
        return false;
    }
    for (const YamlNode::Member &member : node.members) {
        const YamlNode &value = member.value;
        const double number = value.toJson().toDouble(-1);
        if (!keys.contains(member.key)) {
            findings.error(member.place, tr("“%1” is not a key of this rule").arg(member.key),
                           didYouMean(member.key, keys));
        } else if (member.key == keys[0] || member.key == keys[1]) {
            if (number != double(int(number)) || number < 0 || number > 999)
                findings.error(value.place, tr("“%1” must be a whole number").arg(member.key));
        } else if (member.key == QLatin1String("contains")) {
            if (!value.isScalar() || value.text.isEmpty())
                findings.error(value.place, tr("“contains” must be a text"));
        } else if (member.key == QLatin1String("json")) {
            const YamlNode *pointer = value.get(QLatin1String("pointer"));
            const bool whole = value.isMap() && value.members.size() == 2 && pointer != nullptr &&
                               value.get(QLatin1String("equals")) != nullptr;
            if (!whole)
                findings.error(value.place, tr("“json” must be {pointer: /a/b, equals: VALUE}"));
            else if (!pointer->text.startsWith(QLatin1Char('/')))
                findings.error(pointer->place, tr("A JSON pointer begins with /"));
        }
    }
    return true;
}

void checkCondition(const YamlNode &node, Findings &findings)
{
    const QStringList keys{QStringLiteral("equals"), QStringLiteral("not"), QStringLiteral("any"),
                           QStringLiteral("all"), QStringLiteral("present")};
    if (!node.isMap() || node.members.size() != 1) {
        findings.error(node.place, tr("A condition is a map with one key"),
                       tr("There are %1").arg(keys.join(QStringLiteral(", "))));
        return;
    }
    const YamlNode::Member &member = node.members[0];
    const YamlNode &value = member.value;
    if (!keys.contains(member.key)) {
        findings.error(member.place, tr("“%1” is not a condition").arg(member.key),
                       didYouMean(member.key, keys));
    } else if (member.key == QLatin1String("not")) {
        checkCondition(value, findings);
    } else if (member.key == QLatin1String("equals")) {
        if (!value.isList() || value.items.size() != 2)
            findings.error(value.place, tr("“equals” compares exactly two values"));
    } else if (member.key == QLatin1String("present")) {
        if (!value.isScalar())
            findings.error(value.place, tr("“present” must be a text with a reference"));
    } else if (!value.isList() || value.items.empty()) {
        findings.error(value.place, tr("“%1” must be a list of conditions").arg(member.key));
    } else {
        for (const YamlNode &item : value.items)
            checkCondition(item, findings);
    }
}

} // namespace lb
