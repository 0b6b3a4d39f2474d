// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/planner.h"

#include "core/base/format.h"
#include "core/plan/path_scope.h"
#include "core/plan/step_order.h"
#include "core/plan/sudo_checks.h"

namespace lb {

namespace {

LB_TRANSLATE(Plan)

const QString kIntoFolder = QStringLiteral("into_folder");
const QString kIntoSuffix = QStringLiteral("into_suffix");

/// What references are filled from: the parts list lives as long as this.
struct Sources
{
    explicit Sources(const PlanInputs &in)
        : parts(in.point ? pointParts(*in.point, in.only) : QJsonArray()), references(in, parts)
    {
    }
    Sources(const Sources &) = delete;
    Sources &operator=(const Sources &) = delete;

    QJsonArray parts;
    References references;
};

Error about(const QString &what, Error error)
{
    error.summary = QStringLiteral("%1: %2").arg(what, error.summary);
    return error;
}

Result<std::vector<NamedCall>> readsOf(const std::vector<FactSpec> &specs,
                                       const References &references, const QString &lead)
{
    std::vector<NamedCall> calls;
    for (const FactSpec &spec : specs) {
        if (spec.action.kind == ActionKind::PostgresId) {
            const auto used = textListParam(spec.action, "databases", references, kNoOption);
            if (used && used->isEmpty())
                continue;
        }
        auto call = callOf(spec.action, references, {.needsText = true});
        if (!call)
            return tl::unexpected(about(lead.arg(spec.name), call.error()));
        calls.push_back({spec.name, std::move(*call)});
    }
    return calls;
}

/// Texts as typed become values; the rest is checked as it is.
Result<QJsonObject> parsedInputs(const Runbook &runbook, const QJsonObject &given,
                                 QStringList &problems)
{
    QJsonObject values;
    for (auto it = given.begin(); it != given.end(); ++it) {
        const InputSpec *spec = runbook.input(it.key());
        if (spec == nullptr || !it.value().isString()) {
            values.insert(it.key(), it.value());
            continue;
        }
        InputSpec optional = *spec;
        optional.required = false; // what is missing is told with the rest
        if (const auto value = optional.parse({it.value().toString()}))
            values.insert(it.key(), *value);
        else
            problems << value.error().sentence();
    }
    return values;
}

/// Scopes of the databases that calls do this with.
QStringList databaseScopes(const std::vector<PlannedStep> &steps, PostgresWork work)
{
    QStringList scopes;
    for (const PlannedStep &step : steps) {
        for (const Call &call : step.calls) {
            const auto *server = callAs<PostgresCall>(call);
            if (server && server->work == work)
                scopes << server->scope();
        }
    }
    return scopes;
}

/// The same for the indices of clusters.
QStringList indexScopes(const std::vector<PlannedStep> &steps, ElasticsearchWork work)
{
    QStringList scopes;
    for (const PlannedStep &step : steps) {
        for (const Call &call : step.calls) {
            const auto *cluster = callAs<ElasticsearchCall>(call);
            if (cluster && cluster->work == work)
                scopes += cluster->scope();
        }
    }
    return scopes;
}

/// Toolchains, as scopes name them.
QStringList toolchainScopes(const std::vector<PlannedStep> &steps, ToolchainWork work)
{
    QStringList scopes;
    for (const PlannedStep &step : steps) {
        for (const Call &call : step.calls) {
            const auto *one = callAs<ToolchainCall>(call);
            if (one && one->work == work)
                scopes += one->scope();
        }
    }
    return scopes;
}

QStringList writtenPaths(const std::vector<PlannedStep> &steps)
{
    QStringList paths = databaseScopes(steps, PostgresWork::Swap) +
                        indexScopes(steps, ElasticsearchWork::Restore) +
                        indexScopes(steps, ElasticsearchWork::Clear);
    for (const PlannedStep &step : steps) {
        for (const Call &call : step.calls) {
            if (const auto *swap = callAs<TreeSwapCall>(call))
                paths << swap->into;
            else if (const auto *file = callAs<WriteFileCall>(call))
                paths << file->path.display();
        }
    }
    return paths;
}

QStringList swapTargets(const std::vector<PlannedStep> &steps)
{
    QStringList targets = databaseScopes(steps, PostgresWork::Swap) +
                          indexScopes(steps, ElasticsearchWork::Restore) +
                          indexScopes(steps, ElasticsearchWork::Clear);
    for (const PlannedStep &step : steps) {
        for (const Call &call : step.calls) {
            if (const auto *swap = callAs<TreeSwapCall>(call))
                targets << swap->into;
        }
    }
    return targets;
}

QStringList savedFolders(const std::vector<PlannedStep> &steps)
{
    QStringList folders = databaseScopes(steps, PostgresWork::Dump) +
                          indexScopes(steps, ElasticsearchWork::Save) +
                          toolchainScopes(steps, ToolchainWork::Save);
    for (const PlannedStep &step : steps) {
        for (const Call &call : step.calls) {
            if (const auto *save = callAs<TreeSaveCall>(call))
                folders << save->folder;
        }
    }
    return folders;
}

/// Two trees into one place would be swapped over each other.
Result<void> checkTargetsApart(const QStringList &targets)
{
    for (qsizetype i = 0; i < targets.size(); ++i) {
        const QStringList both = firstOverlap({targets.at(i)}, targets.mid(i + 1));
        if (!both.isEmpty())
            return fail(ErrorCode::Conflict,
                        tr("Two parts would be restored into folders that lie in each other"),
                        both.join(QStringLiteral(", ")),
                        tr("Nothing was changed. Restore one of them with --only, or each on its "
                           "own"));
    }
    return {};
}

Result<void> checkRehearsal(const PlanInputs &in, const std::vector<PlannedStep> &steps)
{
    const QStringList both =
        firstOverlap(writtenPaths(steps), in.system.pinned.scope + in.identity.scope);
    if (both.isEmpty())
        return {};
    return fail(ErrorCode::Conflict,
                tr("A rehearsal must stay away from what is live, and %1 overlaps %2")
                    .arg(both.at(0), both.at(1)),
                {},
                tr("Nothing was changed. Rehearse outside of it (into_folder for folders, "
                   "into_suffix for databases), leave it out with --only, or restore in place with "
                   "--target same"));
}

/// The scope names what a run touches: what the runbook says, and every folder that the plan
/// really works on. A rehearsal touches its own folders only.
QStringList touchedScope(const PlanInputs &in, TargetKind target,
                         const std::vector<PlannedStep> &steps)
{
    const QStringList swapped = swapTargets(steps);
    if (target == TargetKind::Rehearsal && !swapped.isEmpty())
        return swapped;
    QStringList scope = in.identity.scope;
    for (const QString &folder : swapped + savedFolders(steps)) {
        if (firstOverlap({folder}, scope).isEmpty())
            scope << folder;
    }
    return scope;
}

PlannedStep publishStep(const std::vector<PartSpec> &parts, const std::vector<PlannedStep> &steps)
{
    PlannedStep step;
    step.id = QStringLiteral("publish");
    step.title = tr("Publish the restore point");
    step.phase = QStringLiteral("publish");
    step.action = QStringLiteral("publish");
    step.section = PlanSection::Closing;
    step.resume = ResumePolicy::Repeat;
    step.calls = {PublishCall{parts}};
    for (const PlannedStep &maker : steps) {
        if (maker.section == PlanSection::Steps && !maker.part.isEmpty())
            step.needs << maker.id;
    }
    return step;
}

PlannedStep verifyStep()
{
    TemplateText point;
    point.append(Slot{QStringLiteral("point")});
    PlannedStep step;
    step.id = QStringLiteral("verify");
    step.title = tr("Verify the restore point");
    step.phase = QStringLiteral("verify");
    step.action = QString::fromLatin1(specOf(ActionKind::PointVerify).key);
    step.section = PlanSection::Closing;
    step.resume = ResumePolicy::Repeat;
    step.calls = {
        PointCall{ActionKind::PointVerify, QJsonObject{{QStringLiteral("point"), point.toJson()}}}};
    step.needs = {QStringLiteral("publish")};
    return step;
}

QStringList remarksOf(const PlanInputs &in, TargetKind target,
                      const std::vector<PlannedStep> &steps, bool makesParts)
{
    QStringList remarks;
    if (target == TargetKind::Rehearsal)
        remarks << tr("This is a rehearsal: nothing live is touched");
    if (makesPoint(in.runbook.purpose) && !makesParts)
        remarks << tr("No step saves anything, so there will be no restore point");
    for (const ClosesSpec &closes : in.runbook.closes)
        remarks << tr("A good end counts as done what runs of %1 have left open as “%2”",
                      "%1 a runbook, %2 the name of an obligation")
                       .arg(closes.runbook, closes.obligation);
    if (!in.point)
        return remarks;
    const RestorePoint &point = *in.point;
    if (point.system != in.system.name)
        remarks << tr("The restore point is of another system: %1").arg(point.system);
    else if (!in.identity.text.isEmpty() && !point.identity.text.isEmpty() &&
             point.identity.text != in.identity.text)
        remarks << tr("The restore point was taken from %1").arg(point.identity.text);
    if (const QStringList missing = point.missingParts(); !missing.isEmpty())
        remarks << tr("The restore point is not complete; missing: %1")
                       .arg(missing.join(QStringLiteral(", ")));
    if (!in.only.isEmpty()) {
        QStringList left;
        for (const PartRecord &part : point.parts) {
            if (!in.only.contains(part.id))
                left << part.id;
        }
        const bool restores =
            needsProof(in.runbook.purpose) || in.runbook.purpose == Purpose::Rehearse;
        if (!left.isEmpty())
            remarks << (restores
                            ? tr("Only a part is restored. These stay as they are now, and what "
                                 "refers to them or from them may not fit: %1. This does not count "
                                 "as a restore of the restore point")
                            : tr("These stay as they are now: %1"))
                           .arg(left.join(QStringLiteral(", ")));
    }
    for (const PlannedStep &step : steps) {
        const auto *swap = step.calls.empty() ? nullptr : callAs<TreeSwapCall>(step.calls.front());
        const PartRecord *part = swap ? point.part(swap->part) : nullptr;
        if (part && cleanPath(part->source) != swap->into)
            remarks << tr("%1 goes to %2").arg(part->source, swap->into);
        const auto *server =
            step.calls.empty() ? nullptr : callAs<PostgresCall>(step.calls.front());
        const bool names = server && server->work == PostgresWork::Swap;
        const PartRecord *dump = names ? point.part(server->part) : nullptr;
        if (dump && dump->source != server->database)
            remarks << tr("The database %1 goes to %2").arg(dump->source, server->database);
    }
    return remarks;
}

/// Declared is not used: what a system does not need, nobody is asked for.
/// Everything that a run of the plan may start.
std::vector<Call> callsOf(const Plan &plan)
{
    std::vector<Call> calls;
    for (const auto *reads : {&plan.facts, &plan.discover}) {
        for (const NamedCall &read : *reads)
            calls.push_back(read.call);
    }
    for (const PlannedCheck &check : plan.checks)
        calls.push_back(check.call);
    for (const PlannedStep &step : plan.steps) {
        if (!step.skipReason.isEmpty())
            continue;
        calls.insert(calls.end(), step.calls.begin(), step.calls.end());
        calls.insert(calls.end(), step.undo.begin(), step.undo.end());
        if (step.probe)
            calls.push_back(step.probe->call);
    }
    return calls;
}

Result<void> checkRestorePoint(const PlanInputs &in)
{
    if (in.point)
        return checkOnly(*in.point, in.only);
    if (!in.only.isEmpty())
        return fail(
            ErrorCode::BadInput,
            tr("--only chooses parts of a restore point, and “%1” uses none").arg(in.runbook.id));
    return {};
}

Result<std::vector<PlannedStep>> plannedSteps(const std::vector<StepSpec> &specs,
                                              PlanSection section,
                                              const std::vector<StepInstance> &instances,
                                              StepBuilder &builder)
{
    std::vector<BuiltStep> built;
    for (const StepInstance &instance : instances) {
        TRY_VALUE(BuiltStep step, builder.build(instance, section));
        built.push_back(std::move(step));
    }
    return orderSteps(specs, instances, std::move(built));
}

} // namespace

Result<QJsonObject> resolveInputs(const Runbook &runbook, const SystemProfile &system,
                                  const QJsonObject &set)
{
    QStringList problems;
    QJsonObject known;
    for (auto it = system.inputs.begin(); it != system.inputs.end(); ++it) {
        // A profile serves all runbooks of its type; each takes what it declares.
        if (runbook.input(it.key()) != nullptr)
            known.insert(it.key(), it.value());
    }
    TRY_VALUE(QJsonObject values, parsedInputs(runbook, known, problems));
    TRY_VALUE(const QJsonObject given, parsedInputs(runbook, set, problems));
    for (auto it = given.begin(); it != given.end(); ++it)
        values.insert(it.key(), it.value());
    auto checked = checkInputs(runbook.inputs, values);
    if (problems.isEmpty())
        return checked;
    if (!checked)
        problems += checked.error().detail.split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    return fail(ErrorCode::BadInput, tr("The inputs of “%1” are not right").arg(runbook.id),
                problems.join(QLatin1Char('\n')));
}

TargetKind effectiveTarget(const PlanInputs &in)
{
    if (in.runbook.purpose == Purpose::Rehearse)
        return TargetKind::Rehearsal;
    const auto isGiven = [&](const QString &input) {
        return in.runbook.input(input) != nullptr && !isEmptyValue(in.inputs.value(input));
    };
    // What would still be replaced in place, checkRehearsal() refuses.
    const bool elsewhere =
        in.runbook.purpose == Purpose::Restore && (isGiven(kIntoFolder) || isGiven(kIntoSuffix));
    return elsewhere ? TargetKind::Rehearsal : in.target;
}

Result<std::vector<NamedCall>> planFacts(const PlanInputs &in)
{
    const Sources sources(in);
    TRY_VALUE(auto calls, readsOf(in.runbook.facts, sources.references, tr("Identity fact “%1”")));
    if (in.runbook.version) {
        TRY_VALUE(auto version, readsOf({{QStringLiteral("version"), *in.runbook.version}},
                                        sources.references, tr("The read of the %1")));
        calls.push_back(std::move(version.front()));
    }
    return calls;
}

Result<std::vector<NamedCall>> planDiscovery(const PlanInputs &in)
{
    const Sources sources(in);
    return readsOf(in.runbook.discover, sources.references, tr("Discovery “%1”"));
}

Result<std::vector<PlannedCheck>> planChecks(const PlanInputs &in)
{
    const Sources sources(in);
    std::vector<PlannedCheck> checks;
    for (const CheckSpec &spec : in.runbook.checks) {
        const auto add = [&](const KeyedItem &item) -> Result<void> {
            const References references = sources.references.withItem(item.item, item.key);
            if (spec.when) {
                TRY_VALUE(const PlannedCondition condition, planCondition(*spec.when, references));
                if (!condition.decided.value_or(false))
                    return {};
            }
            const bool ownAnswer = specOf(spec.action.kind).isCheck;
            TRY_VALUE(Call call, callOf(spec.action, references, {.needsText = !ownAnswer}));
            TRY_VALUE(const QString title, references.display(spec.title));
            TRY_VALUE(const QString hint, references.display(spec.hint));
            TRY_VALUE(const Match doneWhen, filledMatch(spec.doneWhen, references));
            checks.push_back({instanceId(spec.id, item.key), title, hint, std::move(call), doneWhen,
                              spec.warnOnly});
            return {};
        };
        const auto items = expandItems(spec.forEach, spec.forEachKey, sources.references);
        if (!items)
            return tl::unexpected(about(tr("Check “%1”").arg(spec.id), items.error()));
        for (const KeyedItem &item : *items) {
            if (const auto added = add(item); !added)
                return tl::unexpected(about(tr("Check “%1”").arg(spec.id), added.error()));
        }
    }
    return checks;
}

Result<Identity> planIdentity(const PlanInputs &in, const QJsonObject &facts)
{
    const Sources sources(in);
    Identity identity;
    identity.facts = facts;
    TRY_VALUE(identity.text, sources.references.literal(in.runbook.identityText, kNoOption,
                                                        tr("The identity's text")));
    const QString what = tr("The identity's scope");
    for (const QJsonValue entry : in.runbook.scope) {
        TRY_VALUE(const QJsonValue value,
                  sources.references.value(entry.toString(), kNoOption, what));
        const QJsonArray names = value.isArray() ? value.toArray() : QJsonArray{value};
        for (const QJsonValue item : names) {
            TRY_VALUE(const QString text, plainText(item, what));
            if (!text.isEmpty())
                identity.scope << (text.startsWith(QLatin1Char('/')) ? cleanPath(text) : text);
        }
    }
    identity.scope.removeDuplicates();
    return identity;
}

QStringList treeTargets(const PlanInputs &in)
{
    const Sources sources(in);
    const StepBuilder builder(in, sources.references);
    const auto instances = expandSteps(in.runbook.steps, sources.references);
    QStringList targets;
    if (!instances)
        return targets;
    for (const StepInstance &instance : *instances) {
        if (const auto target = builder.treeTarget(instance); target && !target->isEmpty())
            targets << *target;
    }
    targets.removeDuplicates();
    return targets;
}

std::vector<PostgresCall> databaseTargets(const PlanInputs &in)
{
    const Sources sources(in);
    const StepBuilder builder(in, sources.references);
    std::vector<PostgresCall> targets;
    const auto instances = expandSteps(in.runbook.steps, sources.references);
    if (!instances)
        return targets;
    for (const StepInstance &instance : *instances) {
        if (const auto target = builder.databaseTarget(instance); target && *target)
            targets.push_back(**target);
    }
    return targets;
}

Result<Plan> makePlan(const PlanInputs &in)
{
    const Sources sources(in);
    TRY(checkRestorePoint(in));
    TRY_VALUE(const auto instances, expandSteps(in.runbook.steps, sources.references));
    TRY_VALUE(const auto lasts, expandSteps(in.runbook.finallySteps, sources.references));
    QHash<QString, QStringList> ids = instanceIds(in.runbook.steps, instances);
    ids.insert(instanceIds(in.runbook.finallySteps, lasts));
    const References references = sources.references.withSteps(ids);
    StepBuilder builder(in, references);

    Plan plan;
    plan.runbook = in.runbook.id;
    plan.title = in.runbook.title;
    plan.type = in.system.type.isEmpty() ? in.runbook.system : in.system.type;
    plan.system = in.system.name;
    plan.runbookSha256 = in.runbook.sha256;
    plan.purpose = in.runbook.purpose;
    plan.target = effectiveTarget(in);
    plan.identity = in.identity;
    plan.pins = in.runbook.pins;
    plan.isProtected = in.system.isProtected;
    plan.version = in.version;
    plan.restorePoint = in.point ? in.point->id : QString();
    plan.store = in.store;
    plan.profile = in.system;
    plan.inputs = in.inputs;
    plan.discovered = in.discovered;
    plan.only = in.only;
    TRY_VALUE(plan.facts, planFacts(in));
    TRY_VALUE(plan.discover, planDiscovery(in));
    TRY_VALUE(plan.checks, planChecks(in));
    plan.deviations = in.runbook.deviations;

    TRY_VALUE(plan.steps, plannedSteps(in.runbook.steps, PlanSection::Steps, instances, builder));
    TRY_VALUE(auto closing,
              plannedSteps(in.runbook.finallySteps, PlanSection::Finally, lasts, builder));
    std::move(closing.begin(), closing.end(), std::back_inserter(plan.steps));
    plan.parts = builder.madeParts();
    if (makesPoint(in.runbook.purpose) && !plan.parts.empty()) {
        plan.steps.push_back(publishStep(plan.parts, plan.steps));
        plan.steps.push_back(verifyStep());
    }
    plan.announced = builder.announced();
    plan.closes = in.runbook.closes;
    TRY(checkOrder(plan.steps));
    TRY(checkTargetsApart(swapTargets(plan.steps)));
    if (plan.target == TargetKind::Rehearsal)
        TRY(checkRehearsal(in, plan.steps));
    plan.identity.scope = touchedScope(in, plan.target, plan.steps);
    const auto permissions = sudoChecks(callsOf(plan), in);
    plan.checks.insert(plan.checks.end(), permissions.begin(), permissions.end());
    plan.secrets = secretNames(callsOf(plan));
    plan.lineOfNoReturn = lineOfNoReturn(plan.steps);
    plan.remarks = remarksOf(in, plan.target, plan.steps, !plan.parts.empty());
    return plan;
}

} // namespace lb
