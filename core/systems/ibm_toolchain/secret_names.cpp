// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/ibm_toolchain/secret_names.h"

#include "core/systems/ibm_toolchain/pipeline_secrets.h"
#include "core/systems/ibm_toolchain/toolchain_answer.h"

#include <QRegularExpression>

#include <algorithm>

namespace lb {

namespace {

using Names = QSet<QString>;

Names names(std::initializer_list<const char *> list)
{
    Names names;
    for (const char *name : list)
        names.insert(QString::fromLatin1(name));
    return names;
}

/// IBM/continuous-delivery-tools, config.js, with the list that toolchain-to-template.sh used for
/// dedicated environments.
const Names &knownSecrets(const QString &toolType)
{
    static const std::map<QString, Names> table{
        {QStringLiteral("artifactory"), names({"token"})},
        {QStringLiteral("nexus"), names({"token"})},
        {QStringLiteral("cloudobjectstorage"),
         names({"cos_api_key", "hmac_access_key_id", "hmac_secret_access_key"})},
        {QStringLiteral("github_integrated"), names({"api_token", "access_token"})},
        {QStringLiteral("githubconsolidated"), names({"api_token", "access_token"})},
        {QStringLiteral("githubpublic"), names({"api_token", "access_token"})},
        {QStringLiteral("gitlab"), names({"api_token", "access_token"})},
        {QStringLiteral("hostedgit"), names({"api_token", "access_token"})},
        {QStringLiteral("bitbucketgit"), names({"api_token"})},
        {QStringLiteral("hashicorpvault"), names({"token", "role_id", "secret_id", "password"})},
        {QStringLiteral("jenkins"), names({"api_token"})},
        {QStringLiteral("jira"), names({"password", "api_token"})},
        {QStringLiteral("pagerduty"), names({"service_key", "api_key"})},
        {QStringLiteral("private_worker"), names({"workerQueueCredentials"})},
        {QStringLiteral("saucelabs"), names({"key"})},
        {QStringLiteral("security_compliance"), names({"scc_api_key"})},
        {QStringLiteral("slack"), names({"api_token"})},
        {QStringLiteral("sonarqube"), names({"user_password"})},
        {QStringLiteral("rationalteamconcert"), names({"password"})},
    };
    static const Names none;
    const auto found = table.find(toolType);
    return found == table.end() ? none : found->second;
}

/// toolchain-to-template.sh blanks these in every tool.
const Names &secretsOfAnyTool()
{
    static const Names names{QStringLiteral("token"), QStringLiteral("access_token"),
                             QStringLiteral("api_token"), QStringLiteral("password")};
    return names;
}

bool declaresPassword(const DataValue &declaration)
{
    if (declaration.isList())
        return std::any_of(declaration.items.begin(), declaration.items.end(), declaresPassword);
    return declaration.textOf(QStringLiteral("type")) == QLatin1String("password");
}

/// A parameter such as token_url says where something is.
bool isAddress(const QString &name, const QString &text)
{
    static const QRegularExpression byName(QStringLiteral("(?:url|uri)\\z"),
                                           QRegularExpression::CaseInsensitiveOption);
    static const QRegularExpression byValue(QStringLiteral("\\Ahttps?://[^\\s@?#]+\\z"));
    return byName.match(name).hasMatch() || byValue.match(text).hasMatch();
}

/// Walks parameters and finds what a name says to be a secret.
class NameWalk
{
public:
    explicit NameWalk(const std::function<void(const SecretParameter &)> &found) : m_found(found) {}

    void walk(DataValue &value, const QString &pointer, const QString &secretName = {})
    {
        for (DataValue::Member &member : value.members)
            walk(member.value, pointer + QLatin1Char('/') + pointerStep(member.key),
                 isSecretName(member.key) ? member.key : QString());
        for (std::size_t i = 0; i < value.items.size(); ++i)
            walk(value.items[i], pointer + QLatin1Char('/') + QString::number(i), secretName);
        if (value.isText() && !secretName.isEmpty() && !isAddress(secretName, value.text))
            m_found({pointer, secretName, &value});
    }

private:
    const std::function<void(const SecretParameter &)> &m_found;
};

void empty(DataValue &value)
{
    value = DataValue::ofText(QString());
}

/// Removes user and password from every address in it.
void emptyUserInfo(DataValue &value, const QString &pointer, QStringList &places)
{
    if (value.isText()) {
        const QString clean = withoutUserInfo(value.text);
        if (clean != value.text)
            places << pointer;
        value.text = clean;
    }
    for (std::size_t i = 0; i < value.items.size(); ++i)
        emptyUserInfo(value.items[i], pointer + QLatin1Char('/') + QString::number(i), places);
    for (DataValue::Member &member : value.members)
        emptyUserInfo(member.value, pointer + QLatin1Char('/') + pointerStep(member.key), places);
}

} // namespace

QString pointerStep(const QString &key)
{
    QString step = key;
    step.replace(QLatin1Char('~'), QLatin1String("~0"));
    step.replace(QLatin1Char('/'), QLatin1String("~1"));
    return step;
}

BrokerSecrets brokerSecrets(const DataValue &answer)
{
    BrokerSecrets secrets;
    const DataValue *brokers = brokerCatalogue(answer);
    if (!brokers)
        return secrets;
    for (const DataValue &broker : brokers->items) {
        const DataValue *entity = broker.get(QStringLiteral("entity"));
        const QString type = entity ? entity->textOf(QStringLiteral("unique_id")) : QString();
        const DataValue *at = broker.get(QStringLiteral("metadata"));
        at = at ? at->get(QStringLiteral("parameters")) : nullptr;
        at = at ? at->get(QStringLiteral("properties")) : nullptr;
        if (type.isEmpty() || !at)
            continue;
        for (const DataValue::Member &property : at->members) {
            if (declaresPassword(property.value))
                secrets[type].insert(property.key);
        }
    }
    return secrets;
}

bool isSecretReference(const QString &text)
{
    static const QRegularExpression reference(
        QStringLiteral("\\A(?:\\{vault::[^{}]+\\}"
                       "|crn:v1:[^:]*:[^:]*:secrets-manager:[^:]*:a/[^:]*:[^:]*:secret:\\S+"
                       "|ref://secrets-manager\\.\\S+)\\z"));
    return reference.match(text).hasMatch();
}

bool isRedacted(const DataValue &value)
{
    return value.isText() && !value.text.isEmpty() &&
           std::all_of(value.text.begin(), value.text.end(),
                       [](QChar c) { return c == QLatin1Char('*'); });
}

bool looksSecret(const QString &text)
{
    // A password that a variable fills is none.
    static const QRegularExpression secret(
        QStringLiteral("https?://[^\\s/@:\"'$]*:(?!\\$)[^\\s/@\"']+@"
                       "|\\bgh[pousr]_[A-Za-z0-9]{20,}|\\bglpat-[A-Za-z0-9_-]{16,}"
                       "|\\bxox[abprs]-[A-Za-z0-9-]{10,}|\\bAKIA[0-9A-Z]{16}\\b"
                       "|\\beyJ[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}\\."
                       "|-----BEGIN [A-Z ]*PRIVATE KEY-----"));
    return secret.match(text).hasMatch();
}

bool isSecretName(const QString &name)
{
    static const QRegularExpression pattern(
        QStringLiteral("secret|token|password|passwd|api[-_]?key|credential"),
        QRegularExpression::CaseInsensitiveOption);
    return pattern.match(name).hasMatch();
}

QString withoutUserInfo(const QString &url)
{
    static const QRegularExpression userInfo(
        QStringLiteral("\\A([A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*@"));
    return QString(url).replace(userInfo, QStringLiteral("\\1"));
}

void forEachSecretParameter(const QString &toolType, const BrokerSecrets &brokers,
                            DataValue &parameters,
                            const std::function<void(const SecretParameter &)> &found)
{
    const auto declared = brokers.find(toolType);
    for (DataValue::Member &member : parameters.members) {
        const QString pointer = QLatin1Char('/') + pointerStep(member.key);
        const bool isSecret = knownSecrets(toolType).contains(member.key) ||
                              secretsOfAnyTool().contains(member.key) ||
                              (declared != brokers.end() && declared->second.contains(member.key));
        if (!isSecret)
            NameWalk(found).walk(member.value, pointer,
                                 isSecretName(member.key) ? member.key : QString());
        else if (!member.value.isNull())
            found({pointer, member.key, &member.value});
    }
}

StrippedAnswer withoutSecrets(const DataValue &answer)
{
    StrippedAnswer stripped{answer, {}};
    const BrokerSecrets brokers = brokerSecrets(answer);
    const QString base = toolchainPointer(answer);
    DataValue *toolchain = toolchainIn(stripped.value);
    if (!toolchain)
        return stripped;
    QString prefix = base;
    const auto strip = [&](const SecretParameter &secret) {
        const bool keep = secret.value->isText() &&
                          (secret.value->text.isEmpty() || isSecretReference(secret.value->text));
        if (keep)
            return;
        empty(*secret.value);
        stripped.places << prefix + secret.pointer;
    };
    const std::function<void(const SecretParameter &)> found = strip;
    DataValue *services = toolchain->get(QStringLiteral("services"));
    for (std::size_t i = 0; services && i < services->items.size(); ++i) {
        DataValue &service = services->items[i];
        DataValue *parameters = service.get(QStringLiteral("parameters"));
        prefix = base + QStringLiteral("/services/%1/parameters").arg(i);
        if (parameters)
            forEachSecretParameter(service.textOf(QStringLiteral("service_id")), brokers,
                                   *parameters, found);
        // Only where addresses are expected: names must stay what they are.
        for (const char *name : {"parameters", "url", "dashboard_url"}) {
            const QString key = QString::fromLatin1(name);
            if (DataValue *value = service.get(key))
                emptyUserInfo(*value, base + QStringLiteral("/services/%1/%2").arg(i).arg(key),
                              stripped.places);
        }
    }
    prefix = base;
    NameWalk(found).walk(*toolchain, QString());
    return stripped;
}

QStringList dropSecretAddresses(DataValue &pipeline)
{
    QStringList places;
    for (const char *list : {"inputs", "triggers"}) {
        const QString key = QString::fromLatin1(list);
        if (DataValue *sources = pipeline.get(key))
            emptyUserInfo(*sources, QLatin1Char('/') + key, places);
    }
    DataValue *stages = pipeline.get(QStringLiteral("stages"));
    for (std::size_t i = 0; stages && i < stages->items.size(); ++i) {
        if (DataValue *inputs = stages->items[i].get(QStringLiteral("inputs")))
            emptyUserInfo(*inputs, QStringLiteral("/stages/%1/inputs").arg(i), places);
    }
    DataValue *hooks = pipeline.get(QStringLiteral("hooks"));
    for (std::size_t i = 0; hooks && i < hooks->items.size(); ++i) {
        DataValue *url = hooks->items[i].get(QStringLiteral("url"));
        if (!url || !url->isText() || url->text.isEmpty())
            continue;
        empty(*url);
        places << QStringLiteral("/hooks/%1/url").arg(i);
    }
    return places;
}

StrippedAnswer pipelineWithoutSecrets(const DataValue &pipeline)
{
    StrippedAnswer stripped{pipeline, {}};
    stripped.places = dropSecretAddresses(stripped.value);
    forEachPipelineSecret(stripped.value, [&](const PipelineSecret &secret) {
        DataValue *value = secret.holder->get(QStringLiteral("value"));
        const bool keep =
            !value || value->isNull() ||
            (value->isText() && (value->text.isEmpty() || isSecretReference(value->text)));
        if (keep)
            return;
        empty(*value);
        stripped.places << secret.pointer + QStringLiteral("/value");
    });
    return stripped;
}

} // namespace lb
