// SPDX-License-Identifier: GPL-3.0-or-later
// Calls and steps about toolchains of IBM Cloud Continuous Delivery.
#include "core/plan/action_calls.h"
#include "core/plan/params.h"
#include "core/plan/parts.h"
#include "core/plan/step_builder.h"
#include "core/systems/ibm_toolchain/address.h"

#include <QRegularExpression>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

/// A base address of the system's inputs, or IBM's own.
Result<QString> baseUrl(const References &references, const char *input, const QString &region,
                        const QString &own)
{
    // A path is for a proxy that stands before several services.
    static const QRegularExpression form(
        QStringLiteral("\\Ahttps?://[^/?#@\\\\\\s‹›]+(?:/[^?#@\\\\\\s‹›]*)?\\z"));
    QString url = references.inputs().inputs.value(QLatin1String(input)).toString();
    if (url.isEmpty())
        return own;
    while (url.endsWith(QLatin1Char('/')))
        url.chop(1);
    // One proxy before the hosts of several regions.
    url.replace(QLatin1String("/REGION"), QLatin1Char('/') + region);
    if (!form.match(url).hasMatch())
        return fail(ErrorCode::BadInput,
                    tr("%1 must be like https://host:443, without user, and is “%2”")
                        .arg(QLatin1String(input), url));
    return url;
}

/// Hosts of the public cloud: sheet §2.2, §2.3, §5, §7.
Result<ToolchainServices> servicesAt(const References &references, const QString &region)
{
    const QString api = QStringLiteral("https://api.%1.devops.cloud.ibm.com").arg(region);
    ToolchainServices at;
    TRY_VALUE(at.iam,
              baseUrl(references, "iam_url", region, QStringLiteral("https://iam.cloud.ibm.com")));
    TRY_VALUE(at.console,
              baseUrl(references, "console_url", region, QStringLiteral("https://cloud.ibm.com")));
    TRY_VALUE(at.toolchain, baseUrl(references, "toolchain_api_url", region, api));
    TRY_VALUE(at.pipeline, baseUrl(references, "pipeline_api_url", region, api));
    TRY_VALUE(at.git, baseUrl(references, "git_url", region,
                              QStringLiteral("https://%1.git.cloud.ibm.com").arg(region)));
    TRY_VALUE(at.search,
              baseUrl(references, "search_url", region,
                      QStringLiteral("https://api.global-search-tagging.cloud.ibm.com")));
    at.ca = references.inputs().inputs.value(QLatin1String("services_ca")).toString();
    return at;
}

QString secretParam(const Action &action, const char *key)
{
    return rawParam(action, key)[QLatin1String("secret")].toString();
}

Result<QString> optional(const Action &action, const char *key, const References &references)
{
    return paramSpec(action, key) ? literalParam(action, key, references, kNoOption)
                                  : Result<QString>(QString());
}

Result<std::vector<ToolchainPlace>> placesOf(const Action &action, const References &references)
{
    std::vector<ToolchainPlace> places;
    if (!paramSpec(action, "toolchain"))
        return places;
    const QString console =
        references.inputs().inputs.value(QLatin1String("console_url")).toString();
    TRY_VALUE(const QStringList texts, textListParam(action, "toolchain", references, kNoOption));
    for (const QString &text : texts) {
        auto address = readToolchainAddress(text, console);
        // A console of one's own stands for IBM's, whose address people copy.
        if (!address && !console.isEmpty())
            address = readToolchainAddress(text);
        if (!address)
            return badParam(action, "toolchain",
                            tr("names no toolchain: %1").arg(address.error().sentence()));
        const ToolchainPlace place{address->id, address->region};
        if (std::find(places.begin(), places.end(), place) == places.end())
            places.push_back(place);
    }
    return places;
}

ToolchainWork workOf(ActionKind kind)
{
    switch (kind) {
    case ActionKind::ToolchainFact:
        return ToolchainWork::Fact;
    case ActionKind::ToolchainCheck:
        return ToolchainWork::Check;
    case ActionKind::ToolchainPublish:
        return ToolchainWork::Publish;
    case ActionKind::ToolchainCreate:
        return ToolchainWork::Create;
    case ActionKind::ToolchainBuild:
        return ToolchainWork::Build;
    case ActionKind::ToolchainCompare:
        return ToolchainWork::Compare;
    case ActionKind::ToolchainLocate:
        return ToolchainWork::Locate;
    case ActionKind::ToolchainSetSecret:
        return ToolchainWork::SetSecret;
    case ActionKind::ToolchainTriggers:
        return ToolchainWork::Triggers;
    case ActionKind::ToolchainProve:
        return ToolchainWork::Prove;
    case ActionKind::ToolchainProjects:
        return ToolchainWork::Projects;
    case ActionKind::ToolchainRevoke:
        return ToolchainWork::Revoke;
    case ActionKind::ToolchainUnpublish:
        return ToolchainWork::Unpublish;
    case ActionKind::ToolchainSave:
        return ToolchainWork::Save;
    default:
        return ToolchainWork::Survey;
    }
}

/// `FROM=TO`, both whole addresses.
Result<QStringList> repositoryPairs(const Action &action, const References &references)
{
    QStringList pairs;
    if (!paramSpec(action, "repositories"))
        return pairs;
    TRY_VALUE(pairs, textListParam(action, "repositories", references, kNoOption));
    for (const QString &pair : std::as_const(pairs)) {
        const int at = pair.indexOf(QLatin1String("=http"));
        if (at <= 0 || !pair.startsWith(QLatin1String("http")))
            return badParam(action, "repositories",
                            tr("must hold pairs like https://SOURCE/x.git=https://TARGET/x.git, "
                               "and holds “%1”")
                                .arg(pair));
    }
    return pairs;
}

/// What the saved part says of its toolchain.
Result<void> setPart(ToolchainCall &call, const Action &action, const References &references)
{
    TRY_VALUE(call.part, optional(action, "part", references));
    const auto &point = references.inputs().point;
    if (call.part.isEmpty() || !point)
        return {};
    TRY_VALUE(const PartRecord *part, point->neededPart(call.part));
    if (part->kind != QLatin1String(kToolchainPart))
        return badParam(action, "part",
                        tr("names part %1, which holds no toolchain").arg(part->id));
    call.point = point->id;
    call.details = part->details;
    TRY_VALUE(const QString suffix, optional(action, "suffix", references));
    call.name = part->details.value(QLatin1String("name")).toString() + suffix;
    call.group = part->details.value(QLatin1String("resource_group")).toString();
    call.project = QStringLiteral("lifeboat-");
    call.project.append(Slot{QStringLiteral("run")});
    call.project.append(QLatin1Char('-') + call.part);
    return {};
}

/// Checks that look at the source of a copy.
bool isOfSource(const QString &check)
{
    return check == QLatin1String("unchanged") || check.startsWith(QLatin1String("source_"));
}

} // namespace

Result<Call> toolchainCall(const Action &action, const References &references)
{
    ToolchainCall call;
    call.work = workOf(action.kind);
    TRY_VALUE(call.toolchains, placesOf(action, references));
    TRY_VALUE(call.region, optional(action, "region", references));
    const bool namesRegion =
        paramSpec(action, "region") && !rawParam(action, "region").toString().isEmpty();
    if (namesRegion && call.region.isEmpty())
        return badParam(action, "region", tr("is empty: set target_region, such as eu-de"));
    TRY_VALUE(
        call.check,
        optional(action, action.kind == ActionKind::ToolchainFact ? "fact" : "check", references));
    TRY(setPart(call, action, references));
    const QString sourceRegion = call.details.value(QLatin1String("region")).toString();
    TRY_VALUE(const QString where, optional(action, "where", references));
    // Of what the copy was saved from.
    if (isOfSource(call.check) || where == QLatin1String("source")) {
        call.toolchains = {{call.details.value(QLatin1String("id")).toString(), sourceRegion}};
        call.region = where.isEmpty() ? QString() : sourceRegion;
    }
    TRY_VALUE(const QString project, optional(action, "project", references));
    if (!project.isEmpty())
        call.project = TemplateText(project);
    const bool isInSource = call.region.isEmpty() && !call.toolchains.empty();
    TRY_VALUE(call.at,
              servicesAt(references, isInSource ? call.toolchains.front().region : call.region));
    call.at.apiKey = secretParam(action, "api_key");
    call.at.gitToken = secretParam(action, "git_token");
    call.at.sourceGitToken = secretParam(action, "source_git_token");
    if (!call.at.sourceGitToken.isEmpty()) {
        TRY_VALUE(const ToolchainServices source, servicesAt(references, sourceRegion));
        call.at.sourceGit = source.git;
    }
    TRY_VALUE(call.repositories, repositoryPairs(action, references));
    TRY_VALUE(call.branch, optional(action, "branch", references));
    TRY_VALUE(call.slotId, optional(action, "slot", references));
    TRY_VALUE(call.secret, optional(action, "secret", references));
    TRY_VALUE(call.tool, optional(action, "tool", references));
    if (paramSpec(action, "copy")) {
        TRY_VALUE(call.copy, textParam(action, "copy", references, kNoOption));
    }
    if (paramSpec(action, "by_person")) {
        TRY_VALUE(call.isByPerson, yesNoParam(action, "by_person", references));
    }
    if (paramSpec(action, "on")) {
        TRY_VALUE(call.isOn, yesNoParam(action, "on", references));
    }
    TRY_VALUE(const QString group, optional(action, "resource_group", references));
    if (!group.isEmpty())
        call.group = group;
    // Facts are read for all of a restore point's toolchains at once; they are of one account.
    if (const auto &point = references.inputs().point; point && call.group.isEmpty()) {
        for (const PartRecord &part : point->parts) {
            if (part.kind == QLatin1String(kToolchainPart) && call.group.isEmpty())
                call.group = part.details.value(QLatin1String("resource_group")).toString();
        }
    }
    return Call(std::move(call));
}

Result<void> StepBuilder::addToolchainSave(PlannedStep &step, const StepInstance &instance,
                                           const References &references)
{
    const Action &action = instance.spec->action;
    ToolchainCall call;
    call.work = ToolchainWork::Save;
    TRY_VALUE(call.toolchains, placesOf(action, references));
    if (call.toolchains.size() != 1)
        return badParam(action, "toolchain", tr("must name one: use for_each for several"));
    const ToolchainPlace &place = call.toolchains.front();
    TRY_VALUE(call.at, servicesAt(references, place.region));
    call.at.apiKey = secretParam(action, "api_key");
    TRY_VALUE(call.folder, pathParam(action, "folder", references));
    if (!call.folder.isEmpty() && !instance.key.isEmpty())
        call.folder += QLatin1Char('/') + instance.key;
    const QString source = QStringLiteral("%1/devops/toolchains/%2?env_id=%3")
                               .arg(call.at.console, place.id, place.environment());
    TRY_VALUE(const PartSpec part,
              takePart(step, action, references,
                       {QString::fromLatin1(kToolchainPart), instance.key, source}));
    if (part.secret)
        return fail(ErrorCode::Unsupported, tr("What is saved of a toolchain holds no secret"));
    call.part = part.id;
    call.title = part.title;
    call.file = treePartFile(part.id);
    call.name = source;
    step.calls.emplace_back(std::move(call));
    return {};
}

} // namespace lb
