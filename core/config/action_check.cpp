// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/action_check.h"

#include "core/config/shape_check.h"
#include "core/model/input_spec.h"
#include "core/model/reference.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QRegularExpression>

namespace lb {

namespace {

LB_TRANSLATE(Config)

QString keyOf(const ParamSpec &param)
{
    return QLatin1String(param.key);
}

bool holdsReference(const QString &text)
{
    return text.contains(QLatin1String("{{"));
}

bool isSecretRef(const YamlNode &node)
{
    const YamlNode *name = node.get(QLatin1String("secret"));
    return node.isMap() && node.members.size() == 1 && name != nullptr && name->isScalar();
}

/// A value that may only be a text; says it in the words of what was written instead.
bool wantText(const QString &key, const YamlNode &node, Findings &findings)
{
    if (node.isScalar())
        return true;
    if (isSecretRef(node))
        findings.error(node.place,
                       tr("A secret cannot stand in “%1”: everybody could read it there").arg(key),
                       tr("Give it by input, environment, headers or password"));
    else
        findings.error(node.place, tr("“%1” must be a text").arg(key));
    return false;
}

template <class T>
void checkParsed(const Result<T> &result, const YamlNode &node, Findings &findings)
{
    if (!result && !holdsReference(node.text))
        findings.add(result.error(), node.place);
}

void checkInputLike(InputType type, const QString &key, const YamlNode &node, Findings &findings)
{
    if (!wantText(key, node, findings) || holdsReference(node.text) || node.text.isEmpty())
        return;
    InputSpec spec;
    spec.name = key;
    spec.type = type;
    checkParsed(spec.check(QJsonValue(node.text)), node, findings);
}

void checkTextItems(const ParamSpec &param, const YamlNode &node, Findings &findings)
{
    const QString key = keyOf(param);
    if (node.isScalar()) {
        if (!wholeReference(node.text))
            findings.error(node.place, tr("“%1” must be a list").arg(key),
                           tr("Write [%1]").arg(node.text));
        return;
    }
    if (!node.isList()) {
        findings.error(node.place, tr("“%1” must be a list").arg(key));
        return;
    }
    for (const YamlNode &item : node.items) {
        if (param.type == ParamType::PathList)
            checkInputLike(InputType::Path, key, item, findings);
        else
            wantText(key, item, findings);
    }
}

void checkCommand(const ParamSpec &param, const YamlNode &node, Findings &findings)
{
    if (node.isScalar() && !wholeReference(node.text)) {
        findings.error(node.place,
                       tr("“command” must be a list, or one reference to an input of type command"),
                       tr("No shell reads it: write each argument as an item of the list"));
        return;
    }
    if (node.isList() && node.items.empty())
        findings.error(node.place, tr("“command” is empty"));
    checkTextItems(param, node, findings);
}

void checkStatusList(const ParamSpec &param, const YamlNode &node, Findings &findings)
{
    static const QRegularExpression pattern(QStringLiteral("\\A[0-9]{1,3}(?:-[0-9]{1,3})?\\z"));
    if (!node.isList() || node.items.empty()) {
        findings.error(node.place,
                       tr("“%1” must be a list, such as [0, 3] or [200-299]").arg(keyOf(param)));
        return;
    }
    for (const YamlNode &item : node.items) {
        if (!item.isScalar() || !pattern.match(item.text).hasMatch())
            findings.error(item.place, tr("This is no status and no range of them"));
    }
}

void checkEnvironment(const ParamSpec &param, const YamlNode &node, Findings &findings)
{
    static const QRegularExpression variable(QStringLiteral("\\A[A-Za-z_][A-Za-z0-9_]*\\z"));
    static const QRegularExpression header(QStringLiteral("\\A[A-Za-z0-9-]+\\z"));
    const bool headers = keyOf(param) == QLatin1String("headers");
    if (!node.isMap()) {
        findings.error(node.place, tr("“%1” must be a map of names").arg(keyOf(param)));
        return;
    }
    for (const YamlNode::Member &member : node.members) {
        if (!(headers ? header : variable).match(member.key).hasMatch())
            findings.error(member.place,
                           headers ? tr("“%1” is not the name of a header").arg(member.key)
                                   : tr("“%1” is not the name of a variable").arg(member.key));
        if (!member.value.isScalar() && !isSecretRef(member.value))
            findings.error(member.value.place,
                           tr("“%1” must be a text or {secret: NAME}").arg(member.key));
    }
}

void checkNumber(const ParamSpec &param, const YamlNode &node, Findings &findings)
{
    if (node.isScalar() && wholeReference(node.text))
        return;
    const double number = node.isScalar() ? node.toJson().toDouble(-1) : -1;
    const bool port = keyOf(param) == QLatin1String("port");
    if (number < 0 || number != double(qint64(number)))
        findings.error(node.place, tr("“%1” must be a whole number").arg(keyOf(param)));
    else if (port && (number < 1 || number > 65535))
        findings.error(node.place, tr("A port is a number from 1 to 65535"));
}

/// The route to an address: SSH hosts, a service in Kubernetes, or a proxy.
void checkVia(const YamlNode &node, Findings &findings)
{
    const QStringList service{QStringLiteral("kubeconfig"), QStringLiteral("context"),
                              QStringLiteral("namespace"), QStringLiteral("service"),
                              QStringLiteral("port")};
    const QString proxy = QStringLiteral("proxy");
    if (node.isScalar()) {
        checkInputLike(InputType::Host, QStringLiteral("via"), node, findings);
        return;
    }
    if (node.isList()) {
        for (const YamlNode &item : node.items)
            checkInputLike(InputType::Host, QStringLiteral("via"), item, findings);
        return;
    }
    for (const YamlNode::Member &member : node.members) {
        if (member.key != proxy && !service.contains(member.key))
            findings.error(member.place, tr("“%1” is not a key of via").arg(member.key),
                           didYouMean(member.key, service + QStringList{proxy}));
        else
            wantText(member.key, member.value, findings);
    }
    const bool whole = node.get(proxy) != nullptr
                           ? node.members.size() == 1
                           : node.get(service[1]) && node.get(service[2]) && node.get(service[3]);
    if (!whole)
        findings.error(node.place,
                       tr("“via” must be SSH hosts, {proxy: URL}, or {context, namespace, service} "
                          "of Kubernetes"));
}

void checkReadAction(const YamlNode &owner, bool builtIn, Findings &findings)
{
    static constexpr Shape kInner{"wait_until", "", {}, ActionPlace::Read};
    YamlNode inner;
    inner.kind = YamlNode::Kind::Map;
    inner.place = owner.place;
    for (const YamlNode::Member &member : owner.members) {
        if (findAction(member.key) != nullptr)
            inner.members.push_back(member);
    }
    checkShape(inner, kInner, builtIn, findings);
}

void checkParam(const ParamSpec &param, const YamlNode &node, Findings &findings)
{
    const QString key = keyOf(param);
    switch (param.type) {
    case ParamType::Text:
    case ParamType::Part:
        wantText(key, node, findings);
        return;
    case ParamType::Path:
        checkInputLike(InputType::Path, key, node, findings);
        return;
    case ParamType::Host:
        checkInputLike(InputType::Host, key, node, findings);
        return;
    case ParamType::Number:
        checkNumber(param, node, findings);
        return;
    case ParamType::YesNo:
        if (!node.toJson().isBool() && !wholeReference(node.text))
            findings.error(node.place, tr("“%1” must be yes or no").arg(key));
        return;
    case ParamType::Choice: {
        const QStringList words = QString::fromLatin1(param.choices).split(QLatin1Char('|'));
        if (!words.contains(node.text))
            findings.error(node.place,
                           tr("“%1” is no value of “%2”; there are %3")
                               .arg(node.text, key, words.join(QStringLiteral(", "))),
                           didYouMean(node.text, words));
        return;
    }
    case ParamType::TextList:
    case ParamType::PathList:
        checkTextItems(param, node, findings);
        return;
    case ParamType::Command:
        checkCommand(param, node, findings);
        return;
    case ParamType::Duration:
        if (wantText(key, node, findings))
            checkParsed(parseDuration(node.text), node, findings);
        return;
    case ParamType::Size:
        if (wantText(key, node, findings))
            checkParsed(parseSize(node.text), node, findings);
        return;
    case ParamType::StatusList:
        checkStatusList(param, node, findings);
        return;
    case ParamType::Environment:
        checkEnvironment(param, node, findings);
        return;
    case ParamType::Sensitive:
        if (!node.isScalar() && !isSecretRef(node))
            findings.error(node.place, tr("“%1” must be a text or {secret: NAME}").arg(key));
        return;
    case ParamType::SecretName:
        if (!isSecretRef(node))
            findings.error(node.place, tr("“%1” must be {secret: NAME}").arg(key),
                           tr("A secret never stands in a runbook itself"));
        return;
    case ParamType::Json:
        if (key == QLatin1String("via"))
            checkVia(node, findings);
        return;
    case ParamType::TextMap:
        if (!node.isMap())
            findings.error(node.place, tr("“%1” must be a map of names").arg(key));
        return;
    case ParamType::Match:
        checkMatch(node, findings);
        return;
    case ParamType::ReadAction:
        return;
    case ParamType::Mode: {
        static const QRegularExpression mode(QStringLiteral("\\A[0-7]{3,4}\\z"));
        if (!node.isScalar() || !mode.match(node.text).hasMatch())
            findings.error(node.place, tr("“%1” must be an octal mode such as 0600").arg(key));
        return;
    }
    }
}

/// What `run` and `ssh` demand of their keys together.
/// `mistyped`: a key that is none was said already; it may be the one that lacks.
void checkProgramKeys(const YamlNode &node, bool mistyped, Findings &findings)
{
    const YamlNode *program = node.get(QLatin1String("program"));
    const YamlNode *args = node.get(QLatin1String("args"));
    const YamlNode *command = node.get(QLatin1String("command"));
    if (program && command)
        findings.error(command->place, tr("“command” stands beside “program”"),
                       tr("Write program and args, or command"));
    else if (!program && !command && !mistyped)
        findings.error(node.place, tr("Neither “program” nor “command” says what to start"));
    else if (args && command)
        findings.error(args->place, tr("“args” stands beside “command”"),
                       tr("A command is the whole list"));
    const YamlNode *name = program;
    if (command && command->isList() && !command->items.empty())
        name = &command->items[0];
    if (name == nullptr || !name->isScalar() || holdsReference(name->text))
        return;
    if (name->text.isEmpty() || name->text.startsWith(QLatin1Char('-')))
        findings.error(name->place, tr("“%1” is not a program").arg(name->text));
    else if (!name->text.startsWith(QLatin1Char('/')) && name->text.contains(QLatin1Char(' ')))
        findings.error(name->place, tr("“%1” is not a program: no shell reads it").arg(name->text),
                       tr("Write the arguments as a list under args"));
    else if (!name->text.startsWith(QLatin1Char('/')) && name->text.contains(QLatin1Char('/')))
        findings.error(name->place,
                       tr("“%1” depends on the folder it is started in").arg(name->text),
                       tr("Write a name or an absolute path"));
    if (args && args->isScalar())
        findings.error(args->place, tr("One value cannot become several arguments"),
                       tr("Write a list; each item stays one argument"));
}

/// The plan shows what `json` holds.
void refuseSecrets(const QString &key, const YamlNode &node, Findings &findings)
{
    if (isSecretRef(node)) {
        wantText(key, node, findings);
        return;
    }
    for (const YamlNode::Member &member : node.members)
        refuseSecrets(key, member.value, findings);
    for (const YamlNode &item : node.items)
        refuseSecrets(key, item, findings);
}

/// Keys of `http` of which one wants the other, or stands in its way.
void checkHttpPairs(const YamlNode &node, Findings &findings)
{
    const auto at = [&node](const char *key) { return node.get(QLatin1String(key)); };
    const auto alone = [&](const char *key, const char *other) {
        if (at(key) && at(other))
            findings.error(
                at(key)->place,
                tr("“%1” stands beside “%2”").arg(QLatin1String(key), QLatin1String(other)),
                tr("Write one of them"));
    };
    const auto together = [&](const char *key, const char *other) {
        if (at(key) && !at(other))
            findings.error(
                at(key)->place,
                tr("“%1” wants “%2” beside it").arg(QLatin1String(key), QLatin1String(other)));
    };
    alone("json", "body");
    alone("from_file", "body");
    alone("from_file", "json");
    alone("bearer", "password");
    alone("to_file", "output");
    together("user", "password");
    together("password", "user");
    together("client_certificate", "client_key");
    together("client_key", "client_certificate");
}

void checkHttpKeys(const YamlNode &node, Findings &findings)
{
    checkHttpPairs(node, findings);
    if (const YamlNode *json = node.get(QLatin1String("json")))
        refuseSecrets(QStringLiteral("json"), *json, findings);
    const YamlNode *url = node.get(QLatin1String("url"));
    static const QRegularExpression user(QStringLiteral("\\A[a-z]+://[^/?#]*@"));
    static const QRegularExpression scheme(QStringLiteral("\\Ahttps?://"));
    if (url && url->isScalar()) {
        if (user.match(url->text).hasMatch())
            findings.error(url->place, tr("The URL holds a user name or password"),
                           tr("Give it by user and password"));
        else if (!url->text.startsWith(QLatin1String("{{")) && !scheme.match(url->text).hasMatch())
            findings.error(url->place, tr("The URL does not begin with http:// or https://"));
    }
    const YamlNode *headers = node.get(QLatin1String("headers"));
    if (headers == nullptr)
        return;
    for (const YamlNode::Member &member : headers->members) {
        const QString name = member.key.toLower();
        if (name == QLatin1String("authorization") &&
            (node.get(QLatin1String("bearer")) || node.get(QLatin1String("password"))))
            findings.error(member.place,
                           tr("“%1” stands beside bearer or password").arg(member.key),
                           tr("Write one of them"));
        if (member.value.isScalar() &&
            (name == QLatin1String("authorization") || name == QLatin1String("x-api-key")))
            findings.error(member.value.place,
                           tr("The header “%1” holds a secret as plain text").arg(member.key),
                           tr("Write {secret: NAME}"));
    }
}

} // namespace

void checkAction(const YamlNode &node, const ActionSpec &spec, bool builtIn, Findings &findings)
{
    const QString what = QLatin1String(spec.key);
    const bool empty = node.isNull() || (node.isMap() && node.members.empty());
    if (!node.isMap() && !empty) {
        findings.error(node.place, tr("“%1” must be a map of keys").arg(what));
        return;
    }
    QStringList keys;
    bool readsAction = false;
    bool mistyped = false;
    for (const ParamSpec &param : spec.params) {
        readsAction = readsAction || param.type == ParamType::ReadAction;
        if (param.type != ParamType::ReadAction)
            keys << keyOf(param);
    }
    for (const YamlNode::Member &member : node.members) {
        const auto param = std::find_if(spec.params.begin(), spec.params.end(),
                                        [&](const ParamSpec &p) { return keyOf(p) == member.key; });
        if (param != spec.params.end() && param->type != ParamType::ReadAction) {
            checkParam(*param, member.value, findings);
        } else if (!readsAction || findAction(member.key) == nullptr) {
            mistyped = true;
            findings.error(member.place, tr("“%1” is not a key of %2").arg(member.key, what),
                           didYouMean(member.key, keys));
        }
    }
    if (readsAction)
        checkReadAction(node, builtIn, findings);
    for (const ParamSpec &param : spec.params) {
        if (param.required && param.type != ParamType::ReadAction &&
            node.get(QLatin1String(param.key)) == nullptr)
            findings.error(node.place, tr("%1 lacks “%2”").arg(what, keyOf(param)));
    }
    if (spec.kind == ActionKind::Run || spec.kind == ActionKind::Ssh)
        checkProgramKeys(node, mistyped, findings);
    if (spec.kind == ActionKind::Http)
        checkHttpKeys(node, findings);
}

QJsonValue paramValue(const ParamSpec &spec, const YamlNode &node)
{
    switch (spec.type) {
    case ParamType::Number:
        return wholeReference(node.text) ? QJsonValue(node.text) : node.toJson();
    case ParamType::YesNo:
    case ParamType::Json:
    case ParamType::Match:
    case ParamType::ReadAction:
    case ParamType::SecretName:
        return node.toJson();
    default:
        break;
    }
    // Everywhere else a scalar is the text as written: [-p, 5432] are two texts.
    if (node.isScalar())
        return node.text;
    if (node.isList()) {
        QJsonArray list;
        for (const YamlNode &item : node.items)
            list.append(item.isScalar() ? QJsonValue(item.text) : item.toJson());
        return list;
    }
    QJsonObject map;
    for (const YamlNode::Member &member : node.members)
        map.insert(member.key,
                   member.value.isScalar() ? QJsonValue(member.value.text) : member.value.toJson());
    return map;
}

} // namespace lb
