// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/ibm_template.h"

#include <QJsonDocument>
#include <QRegularExpression>

namespace lb::practice::ibm {

namespace {

LB_TRANSLATE(Practice)

const QString kFolder = QStringLiteral(".bluemix/");

/// Everything an expression can reach.
struct Scope
{
    const QMap<QString, QByteArray> &files;
    const QMap<QString, QString> &form;
    const DataValue &services;
};

Result<QString> valueOf(const Scope &scope, const QString &expression)
{
    static const QRegularExpression reference(
        QStringLiteral("^services\\.(.+)\\.parameters\\.([^.]+)$"));
    const auto match = reference.match(expression);
    if (!match.hasMatch())
        return scope.form.value(expression);
    const DataValue *service = scope.services.get(match.captured(1));
    const DataValue *parameters = service ? service->get(QStringLiteral("parameters")) : nullptr;
    const DataValue *value = parameters ? parameters->get(match.captured(2)) : nullptr;
    if (!value)
        return fail(ErrorCode::BadInput, tr("Cannot resolve {{%1}}").arg(expression));
    return value->text;
}

Result<QString> evaluateText(const Scope &scope, const QString &text)
{
    if (text.startsWith(QLatin1String("$env.")))
        return scope.form.value(text.mid(5));
    static const QRegularExpression braces(QStringLiteral("\\{\\{\\s*(.+?)\\s*\\}\\}"));
    QString done;
    qsizetype at = 0;
    for (auto found = braces.globalMatch(text); found.hasNext();) {
        const auto match = found.next();
        TRY_VALUE(const QString value, valueOf(scope, match.captured(1)));
        done += text.mid(at, match.capturedStart() - at) + value;
        at = match.capturedEnd();
    }
    return QString(done + text.mid(at));
}

Result<DataValue> evaluate(const Scope &scope, const DataValue &value)
{
    DataValue done = value;
    if (value.isText()) {
        TRY_VALUE(done.text, evaluateText(scope, value.text));
        return done;
    }
    if (const QString file = value.textOf(QStringLiteral("$text")); !file.isEmpty()) {
        if (!scope.files.contains(kFolder + file))
            return fail(ErrorCode::BadInput, tr("The template has no file %1").arg(file));
        return DataValue::ofText(QString::fromUtf8(scope.files.value(kFolder + file)));
    }
    for (DataValue &item : done.items) {
        TRY_VALUE(item, evaluate(scope, item));
    }
    for (DataValue::Member &member : done.members) {
        TRY_VALUE(member.value, evaluate(scope, member.value));
    }
    return done;
}

/// `${NAME}` in a pipeline file, from `configuration.env`; other names stay, as shell text needs
/// them (§3.3).
QString withEnvironment(QString text, const DataValue *environment)
{
    for (const DataValue::Member &member :
         environment ? environment->members : std::vector<DataValue::Member>())
        text.replace(QStringLiteral("${%1}").arg(member.key), member.value.text);
    return text;
}

QStringList textsOf(const DataValue *list)
{
    QStringList texts;
    for (const DataValue &item : list ? list->items : std::vector<DataValue>())
        texts << item.text;
    return texts;
}

Result<TemplateTool> toolOf(const QString &name, const DataValue &service)
{
    TemplateTool tool;
    tool.name = name;
    tool.type = service.textOf(QStringLiteral("service_id"));
    if (!knownServices().contains(tool.type))
        return fail(ErrorCode::BadInput, tr("Service %1 is not offered: %2").arg(name, tool.type));
    const DataValue *given = service.get(QStringLiteral("parameters"));
    DataValue parameters = given && given->isMap() ? *given : DataValue::ofMap();
    tool.services = textsOf(parameters.get(QStringLiteral("services")));
    if (const DataValue *configuration = parameters.get(QStringLiteral("configuration"))) {
        if (const DataValue *execute = configuration->get(QStringLiteral("execute")))
            tool.execute = *execute;
        if (const DataValue *content = configuration->get(QStringLiteral("content"))) {
            tool.pipeline = *content;
            if (content->isText()) {
                const QString text =
                    withEnvironment(content->text, configuration->get(QStringLiteral("env")));
                TRY_VALUE(tool.pipeline, readYamlData(text.toUtf8(), name));
            }
        }
    }
    parameters.remove(QStringLiteral("configuration"));
    tool.parameters = toJsonValue(parameters).toObject();
    return tool;
}

/// An empty list shows an error on the setup page (§3.1 T4).
Result<void> checkRequired(const ToolchainTemplate &whole)
{
    if (whole.required.isEmpty())
        return fail(ErrorCode::BadInput, tr("template.required names no service"));
    for (const QString &name : whole.required) {
        if (!whole.find(name))
            return fail(ErrorCode::BadInput, tr("Required service %1 is not there").arg(name));
    }
    return {};
}

} // namespace

QStringList knownServices()
{
    return {QStringLiteral("hostedgit"),
            QStringLiteral("gitlab"),
            QStringLiteral("githubconsolidated"),
            QStringLiteral("github_integrated"),
            QStringLiteral("bitbucketgit"),
            QStringLiteral("pipeline"),
            QStringLiteral("private_worker"),
            QStringLiteral("slack"),
            QStringLiteral("pagerduty"),
            QStringLiteral("hashicorpvault"),
            QStringLiteral("secretsmanager"),
            QStringLiteral("keyprotect"),
            QStringLiteral("artifactory"),
            QStringLiteral("nexus"),
            QStringLiteral("jira"),
            QStringLiteral("jenkins"),
            QStringLiteral("sonarqube"),
            QStringLiteral("saucelabs"),
            QStringLiteral("cloudobjectstorage"),
            QStringLiteral("security_compliance"),
            QStringLiteral("customtool"),
            QStringLiteral("eventnotifications"),
            QStringLiteral("appconfig"),
            QStringLiteral("orion")};
}

bool TemplateTool::isRepository() const
{
    return secretParameters(type).contains(QLatin1String("access_token")) ||
           type == QLatin1String("bitbucketgit");
}

const TemplateTool *ToolchainTemplate::find(const QString &tool) const
{
    for (const TemplateTool &one : tools) {
        if (one.name == tool)
            return &one;
    }
    return nullptr;
}

Result<ToolchainTemplate> evaluateTemplate(const QMap<QString, QByteArray> &files,
                                           const QMap<QString, QString> &form)
{
    const QString place = kFolder + QStringLiteral("toolchain.yml");
    if (!files.contains(place))
        return fail(ErrorCode::BadInput, tr("The repository has no %1").arg(place));
    TRY_VALUE(const DataValue document, readYamlData(files.value(place), place));
    const DataValue *services = document.get(QStringLiteral("services"));
    if (!services || !services->isMap())
        return fail(ErrorCode::BadInput, tr("The template has no services"));
    const Scope scope{files, form, *services};
    TRY_VALUE(const DataValue whole, evaluate(scope, document));
    ToolchainTemplate made;
    if (const DataValue *head = whole.get(QStringLiteral("template"))) {
        made.name = head->textOf(QStringLiteral("name"));
        made.description = head->textOf(QStringLiteral("description"));
        made.required = textsOf(head->get(QStringLiteral("required")));
    }
    const DataValue *toolchain = whole.get(QStringLiteral("toolchain"));
    made.toolchainName = toolchain ? toolchain->textOf(QStringLiteral("name")) : QString();
    if (made.toolchainName.isEmpty())
        return fail(ErrorCode::BadInput, tr("The template does not name its toolchain"));
    for (const DataValue::Member &member : whole.get(QStringLiteral("services"))->members) {
        TRY_VALUE(TemplateTool tool, toolOf(member.key, member.value));
        made.tools.push_back(std::move(tool));
    }
    TRY(checkRequired(made));
    return made;
}

QJsonValue toJsonValue(const DataValue &value)
{
    // A document of its own is needed: Qt reads no bare values.
    const QByteArray json = writeJsonData(DataValue::ofList({value}));
    return QJsonDocument::fromJson(json).array().first();
}

DataValue toDataValue(const QJsonObject &object)
{
    return readJsonData(QJsonDocument(object).toJson(QJsonDocument::Compact), {})
        .value_or(DataValue());
}

} // namespace lb::practice::ibm
