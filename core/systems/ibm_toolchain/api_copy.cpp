// SPDX-License-Identifier: GPL-3.0-or-later
// Which tools a copy has, in which order; api_pipeline.cpp says what is in its pipelines.
#include "core/systems/ibm_toolchain/api_copy.h"

#include "core/systems/ibm_toolchain/secret_names.h"
#include "core/systems/ibm_toolchain/toolchain_answer.h"

#include <QRegularExpression>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(ToolchainTemplate)

const QString kToolchainFile = QStringLiteral(".bluemix/toolchain.yml");
const QString kName = QStringLiteral("name");
const QString kParameters = QStringLiteral("parameters");
/// Toolchain API v2: longest texts.
constexpr qsizetype kLongestName = 128, kLongestDescription = 500;

/// Repositories, private workers, secrets, notifications, the rest, pipelines: whoever names
/// another tool comes after it.
int rankOf(const ToolToMake &tool)
{
    static const QStringList order[]{
        {QStringLiteral("hostedgit"), QStringLiteral("gitlab"),
         QStringLiteral("githubconsolidated"), QStringLiteral("github_integrated"),
         QStringLiteral("bitbucketgit")},
        {QStringLiteral("private_worker")},
        {QStringLiteral("secretsmanager"), QStringLiteral("keyprotect"),
         QStringLiteral("hashicorpvault")},
        {QStringLiteral("slack"), QStringLiteral("pagerduty"),
         QStringLiteral("eventnotifications")}};
    int rank = 0;
    for (const QStringList &types : order) {
        if (types.contains(tool.type))
            return rank;
        ++rank;
    }
    return tool.isPipeline() ? rank + 1 : rank;
}

/// Removes what a JSON pointer names.
void removeAt(DataValue &value, const QStringList &steps)
{
    DataValue *place = &value;
    for (qsizetype i = 0; i + 1 < steps.size() && place; ++i) {
        const QString &step = steps[i];
        if (place->isList())
            place = step.toUInt() < place->items.size() ? &place->items[step.toUInt()] : nullptr;
        else
            place = place->get(step);
    }
    if (place && place->isMap())
        place->remove(steps.last());
}

QStringList stepsOf(const QString &pointer)
{
    QStringList steps = pointer.mid(1).split(QLatin1Char('/'));
    for (QString &step : steps)
        step.replace(QLatin1String("~1"), QLatin1String("/"))
            .replace(QLatin1String("~0"), QLatin1String("~"));
    return steps;
}

/// Empty ones are not sent: the service would keep the empty text as the secret.
void leaveSecretsOut(DataValue &services, const Template &made)
{
    for (const Template::SecretSlot &slot : made.secretSlots) {
        if (slot.kind == Template::SecretSlot::Kind::ToolParameter && slot.reference.isEmpty())
            removeAt(services, stepsOf(slot.pointer).mid(1));
    }
}

ToolToMake toolOf(const DataValue::Member &service)
{
    ToolToMake tool{service.key, service.value.textOf(QStringLiteral("service_id")), {}, {}};
    const DataValue *parameters = service.value.get(kParameters);
    tool.parameters = parameters ? *parameters : DataValue::ofMap();
    if (!tool.isPipeline())
        return tool;
    const DataValue *configuration = tool.parameters.get(QStringLiteral("configuration"));
    const DataValue *content =
        configuration ? configuration->get(QStringLiteral("content")) : nullptr;
    if (content)
        tool.file = QStringLiteral(".bluemix/") + content->textOf(QStringLiteral("$text"));
    tool.parameters.remove(QStringLiteral("configuration"));
    tool.parameters.remove(QStringLiteral("services"));
    return tool;
}

/// They name what exists in the source only.
void dropSourceIds(ToolToMake &tool)
{
    for (const char *key : {"repo_id", "toolchain_id", "dashboard_url"})
        tool.parameters.remove(QLatin1String(key));
}

/// Letters, digits, blanks, `-._` and what is not ASCII.
Result<void> checkName(const QString &name)
{
    static const QRegularExpression allowed(
        QStringLiteral("\\A(?:[A-Za-z0-9 ._-]|[^\\x00-\\x7f])+\\z"));
    if (allowed.match(name).hasMatch() && name.size() <= kLongestName)
        return {};
    return fail(ErrorCode::BadInput, tr("No toolchain can be called “%1”").arg(name),
                tr("the API takes letters, digits, blanks and -._ only, at most %1 characters")
                    .arg(kLongestName),
                tr("Choose another name_suffix, such as “ eu-de”"));
}

} // namespace

bool ToolToMake::isTekton() const
{
    return isPipeline() && parameters.textOf(QStringLiteral("type")) == QLatin1String("tekton");
}

DataValue ToolToMake::body() const
{
    return DataValue::ofMap({{QStringLiteral("tool_type_id"), DataValue::ofText(type)},
                             {kName, DataValue::ofText(name)},
                             {kParameters, parameters}});
}

DataValue ToolchainToMake::body(const QString &group) const
{
    DataValue body =
        DataValue::ofMap({{kName, DataValue::ofText(name)},
                          {QStringLiteral("resource_group_id"), DataValue::ofText(group)}});
    if (!description.isEmpty())
        body.set(QStringLiteral("description"), DataValue::ofText(description));
    return body;
}

const ToolToMake *ToolchainToMake::find(const QString &tool) const
{
    const auto found = std::find_if(tools.begin(), tools.end(),
                                    [&](const ToolToMake &one) { return one.name == tool; });
    return found == tools.end() ? nullptr : &*found;
}

Result<ToolchainToMake> toolchainToMake(const Template &made)
{
    const Template::File *file = made.file(kToolchainFile);
    if (!file)
        return fail(ErrorCode::Internal, tr("The template has no %1").arg(kToolchainFile));
    TRY_VALUE(const DataValue whole, readYamlData(file->bytes, kToolchainFile));
    const DataValue *head = whole.get(QStringLiteral("toolchain"));
    const DataValue *about = whole.get(QStringLiteral("template"));
    const DataValue *given = whole.get(QStringLiteral("services"));
    if (!head || !given)
        return fail(ErrorCode::Corrupt, tr("%1 names no tools").arg(kToolchainFile));
    ToolchainToMake copy;
    copy.name = head->textOf(kName);
    TRY(checkName(copy.name));
    copy.description = about ? about->textOf(QStringLiteral("description")) : QString();
    if (copy.description.size() > kLongestDescription) {
        copy.description.truncate(kLongestDescription);
        copy.left << tr("The end of the description: the API takes %1 characters")
                         .arg(kLongestDescription);
    }
    for (const Template::Finding &finding : made.findings) {
        if (finding.code == QLatin1String("ended_service"))
            copy.left << tr("%1: %2", "%1 a tool, %2 a sentence why it is left out")
                             .arg(stepsOf(finding.pointer).last(), finding.message);
    }
    DataValue services = *given;
    leaveSecretsOut(services, made);
    for (const DataValue::Member &service : services.members) {
        copy.tools.push_back(toolOf(service));
        dropSourceIds(copy.tools.back());
    }
    std::stable_sort(
        copy.tools.begin(), copy.tools.end(),
        [](const ToolToMake &a, const ToolToMake &b) { return rankOf(a) < rankOf(b); });
    return copy;
}

Result<void> checkIsTekton(const ToolchainToMake &whole)
{
    QStringList classic, untyped;
    for (const ToolToMake &tool : whole.tools) {
        if (tool.isPipeline() && !tool.isTekton())
            classic << tool.name;
        if (tool.type.isEmpty() || !tool.parameters.isMap())
            untyped << tool.name;
    }
    if (!classic.isEmpty())
        return fail(
            ErrorCode::BadInput,
            tr("%1 has %n classic pipeline(s)", nullptr, int(classic.size())).arg(whole.name),
            tr("%1: no public API fills those").arg(classic.join(QStringLiteral(", "))),
            tr("Use ibm-toolchain.restore for it; --only names the others here"));
    if (!untyped.isEmpty())
        return fail(ErrorCode::BadInput,
                    tr("Tools of %1 have no type, or no parameters").arg(whole.name),
                    untyped.join(QStringLiteral(", ")), tr("Save it again"));
    return {};
}

QString ToolIds::find(const QString &word) const
{
    QString name = word;
    if (name.startsWith(QLatin1String("${")) && name.endsWith(QLatin1Char('}')))
        name = name.mid(2, name.size() - 3);
    auto found = made.find(name);
    if (const auto source = sources.find(name); found == made.end() && source != sources.end())
        found = made.find(source->second);
    return found == made.end() ? QString() : found->second;
}

std::map<QString, QString> sourceToolNames(const DataValue &answer)
{
    std::map<QString, QString> names;
    const auto services = toolchainServices(answer);
    if (!services)
        return names;
    for (const ToolchainService &service : *services) {
        if (!service.instance.isEmpty())
            names.emplace(service.instance, service.name);
        if (service.type == QLatin1String("private_worker"))
            names.emplace(service.parameter(kName), service.name);
    }
    return names;
}

} // namespace lb
