// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/step_builder.h"

#include "core/model/age.h"

#include "core/base/format.h"
#include "core/plan/path_scope.h"

namespace lb {

namespace {

LB_TRANSLATE(Plan)

Result<QString> keyOf(const QJsonValue &item, const QString &forEachKey, const QString &forEach)
{
    QJsonValue key = item;
    if (item.isObject()) {
        const QString field = forEachKey.isEmpty() ? QStringLiteral("name") : forEachKey;
        key = item.toObject().value(field);
        if (key.isUndefined())
            return fail(ErrorCode::BadInput,
                        tr("An item of %1 has no “%2” to tell it apart").arg(forEach, field), {},
                        tr("Name another field with for_each_key"));
    }
    TRY_VALUE(const QString text, plainText(key, forEach));
    if (text.isEmpty())
        return fail(ErrorCode::BadInput, tr("An item of %1 is empty").arg(forEach));
    TRY(checkFilled(text, forEach, kNoOption, true));
    return text;
}

tl::unexpected<Error> inStep(const QString &id, Error error)
{
    error.summary = tr("Step “%1”: %2").arg(displayText(id), error.summary);
    return tl::unexpected(std::move(error));
}

/// Steps of a migration.
bool migrates(ActionKind kind)
{
    return kind == ActionKind::ElasticsearchExport || kind == ActionKind::ElasticsearchClear ||
           kind == ActionKind::ElasticsearchImport || kind == ActionKind::Alien4CloudTransform ||
           kind == ActionKind::Alien4CloudPluginSwap;
}

/// Actions that make a part of what others have saved.
bool adopts(ActionKind kind)
{
    return kind == ActionKind::ElasticsearchAdopt || kind == ActionKind::Alien4CloudAdoptFiles;
}

/// Actions that make or use a part, or what comes of one.
bool worksOnPart(ActionKind kind)
{
    return kind == ActionKind::TreeSave || kind == ActionKind::TreeRestore ||
           kind == ActionKind::PostgresDump || kind == ActionKind::PostgresGlobals ||
           kind == ActionKind::PostgresRestore || kind == ActionKind::ElasticsearchDescribe ||
           kind == ActionKind::ElasticsearchSave || kind == ActionKind::ElasticsearchKeep ||
           adopts(kind) || kind == ActionKind::ElasticsearchRestore ||
           kind == ActionKind::ElasticsearchRehearse || kind == ActionKind::ToolchainSave ||
           migrates(kind);
}

} // namespace

QString instanceId(const QString &id, const QString &key)
{
    return key.isEmpty() ? id : QStringLiteral("%1[%2]").arg(id, key);
}

Result<std::vector<KeyedItem>> expandItems(const QString &forEach, const QString &forEachKey,
                                           const References &references)
{
    if (forEach.isEmpty())
        return std::vector<KeyedItem>{KeyedItem{}};
    TRY_VALUE(const QJsonArray list, references.list(forEach));
    std::vector<KeyedItem> items;
    QSet<QString> seen;
    for (const QJsonValue item : list) {
        TRY_VALUE(const QString key, keyOf(item, forEachKey, forEach));
        if (seen.contains(key))
            return fail(ErrorCode::BadInput, tr("%1 holds “%2” twice").arg(forEach, key), {},
                        tr("Name a field that is different for each with for_each_key"));
        seen.insert(key);
        items.push_back({key, item});
    }
    return items;
}

Result<std::vector<StepInstance>> expandSteps(const std::vector<StepSpec> &specs,
                                              const References &references)
{
    std::vector<StepInstance> instances;
    for (const StepSpec &spec : specs) {
        const auto items = expandItems(spec.forEach, spec.forEachKey, references);
        if (!items)
            return inStep(spec.id, items.error());
        for (const KeyedItem &item : *items)
            instances.push_back({&spec, instanceId(spec.id, item.key), item.key, item.item});
    }
    return instances;
}

StepBuilder::StepBuilder(const PlanInputs &in, const References &references)
    : m_in(in), m_references(references), m_partNames(in.runbook)
{
}

Result<PlannedStep> StepBuilder::frame(const StepInstance &instance, PlanSection section,
                                       const References &references) const
{
    const StepSpec &spec = *instance.spec;
    PlannedStep step;
    step.id = instance.id;
    TRY_VALUE(step.title, references.display(spec.title));
    step.phase = spec.phase;
    step.action = QString::fromLatin1(specOf(spec.action.kind).key);
    step.section = section;
    step.effect = spec.effect;
    step.resume = spec.resume;
    step.finallyWhen = spec.finallyWhen;
    step.timeout = spec.timeout;
    step.grace = spec.grace;
    step.retry = spec.retry;
    if (spec.obliges) {
        step.obliges = *spec.obliges;
        step.obliges->id = instanceId(spec.obliges->id, instance.key);
        TRY_VALUE(step.obliges->title, references.display(spec.obliges->title));
    }
    if (spec.when) {
        TRY_VALUE(const PlannedCondition condition, planCondition(*spec.when, references));
        if (condition.decided == false)
            step.skipReason = tr("only when %1").arg(displayText(conditionText(*spec.when)));
        step.when = condition.open;
    }
    return step;
}

void StepBuilder::keepApart(WriteFileCall &file)
{
    const int before = m_asides[file.aside.display()]++;
    if (before > 0)
        file.aside.append(QStringLiteral("-%1").arg(before + 1));
}

Result<void> StepBuilder::addCalls(PlannedStep &step, const StepSpec &spec,
                                   const References &references)
{
    TRY_VALUE(Call call, callOf(spec.action, references,
                                {.startsDaemon = spec.startsDaemon,
                                 .destroys = spec.effect == Effect::Destroy}));
    if (auto *file = callAs<WriteFileCall>(call)) {
        keepApart(*file);
        m_announced.push_back(
            {QStringLiteral("aside:%1").arg(step.id),
             tr("Delete the old %1 kept at %2").arg(file->path.display(), file->aside.display()),
             QString()});
    }
    step.undo = builtInUndo(call);
    step.calls.push_back(std::move(call));
    // What it leaves half done, its executor finds out by itself.
    if (spec.action.kind == ActionKind::WriteFile ||
        callAs<ElasticsearchCall>(step.calls.front()) || callAs<ToolchainCall>(step.calls.front()))
        step.resume = ResumePolicy::Repeat;
    return {};
}

Result<PartSpec> StepBuilder::takePart(PlannedStep &step, const Action &action,
                                       const References &references, const SavedThing &what)
{
    TRY_VALUE(const QString written, literalParam(action, "part", references, kNoOption));
    PartSpec part = m_partNames.take(written, what.key, what.source);
    part.kind = what.kind;
    // Roles are worth more with their passwords, and those leave the server encrypted or not at
    // all.
    if (what.kind == QLatin1String(kGlobalsPart) && !m_in.store.allRecipients().isEmpty())
        part.secret = true;
    step.part = part.id;
    step.resume = ResumePolicy::Repeat;
    m_madeParts.push_back(part);
    return part;
}

Result<void> StepBuilder::addTreeSave(PlannedStep &step, const StepInstance &instance,
                                      const References &references)
{
    const Action &action = instance.spec->action;
    TRY(onlyThisMachine(action, references));
    TreeSaveCall call;
    TRY_VALUE(call.folder, pathParam(action, "folder", references));
    if (call.folder.isEmpty())
        return fail(ErrorCode::BadInput, tr("It does not say which folder to save"));
    TRY_VALUE(call.exclude, textListParam(action, "exclude", references, kNoOption));
    TRY_VALUE(const PartSpec part,
              takePart(step, action, references,
                       {QString::fromLatin1(kTreePart), instance.key, call.folder}));
    call.part = part.id;
    call.file = treePartFile(part.id);
    call.title = part.title;
    call.encrypted = part.secret;
    if (part.secret) {
        call.recipients = m_in.store.allRecipients();
        call.file += kAgeSuffix;
    }
    step.calls.emplace_back(std::move(call));
    return {};
}

Result<QString> StepBuilder::treeTarget(const StepInstance &instance) const
{
    if (instance.spec->action.kind != ActionKind::TreeRestore)
        return QString();
    const References references = m_references.withItem(instance.item, instance.key);
    if (instance.spec->when) {
        TRY_VALUE(const PlannedCondition condition,
                  planCondition(*instance.spec->when, references));
        if (condition.decided == false)
            return QString();
    }
    return pathParam(instance.spec->action, "into", references);
}

Result<const PartRecord *> StepBuilder::chosenPart(PlannedStep &step, const Action &action,
                                                   const References &references) const
{
    TRY_VALUE(const QString id, literalParam(action, "part", references, kNoOption));
    if (!m_in.point)
        return fail(ErrorCode::BadInput, tr("It needs a restore point"), {},
                    tr("Choose one with --restore-point"));
    if (!m_in.only.isEmpty() && !m_in.only.contains(id)) {
        step.skipReason = tr("part %1 was not chosen").arg(id);
        return nullptr;
    }
    TRY_VALUE(const PartRecord *part, m_in.point->neededPart(id));
    if (!part->encryption.isEmpty() && part->encryption != kAge)
        return fail(ErrorCode::Unsupported,
                    tr("Part “%1” is encrypted in a way that this Lifeboat does not know: %2")
                        .arg(id, part->encryption));
    return part;
}

Result<std::optional<PlannedStep>>
StepBuilder::addTreeRestore(PlannedStep &step, const StepSpec &spec, const References &references)
{
    if (!step.when.isNull() && !step.when.isUndefined())
        return fail(ErrorCode::BadInput,
                    tr("Whether it restores must be known when the plan is made: it is staged "
                       "before anything else is changed"));
    TRY(onlyThisMachine(spec.action, references));
    TRY_VALUE(const QString into, pathParam(spec.action, "into", references));
    if (into.isEmpty())
        return fail(ErrorCode::BadInput, tr("It does not say into which folder to restore"));
    TRY_VALUE(const PartRecord *part, chosenPart(step, spec.action, references));
    if (part == nullptr)
        return std::optional<PlannedStep>();
    const QString partId = part->id;
    const auto fact = std::find_if(m_in.swaps.begin(), m_in.swaps.end(), [&](const SwapFact &swap) {
        return cleanPath(swap.into) == into;
    });
    if (fact == m_in.swaps.end())
        return fail(ErrorCode::Internal,
                    tr("Nobody has tried whether %1 can be swapped").arg(into));
    if (!fact->problem.isEmpty())
        return fail(ErrorCode::Conflict, tr("%1 cannot be replaced").arg(into), fact->problem,
                    tr("Nothing was changed. Remove the obstacle, or restore into another folder"));

    const bool inside = fact->way == SwapWay::Children;
    const QString stageWord = QStringLiteral("stage");
    const QString asideWord = QStringLiteral("aside");
    const TemplateText staging = inside ? childOf(into, stageWord) : siblingOf(into, stageWord);
    const TemplateText aside = inside ? childOf(into, asideWord) : siblingOf(into, asideWord);

    PlannedStep stage = step;
    stage.id = step.id + QStringLiteral("/stage");
    stage.title = tr("%1: extract beside it and verify").arg(step.title);
    stage.phase = QStringLiteral("stage");
    stage.action = QStringLiteral("tree_stage");
    stage.effect = Effect::Change;
    stage.resume = ResumePolicy::Repeat;
    stage.probe.reset();
    stage.obliges.reset();
    stage.part = partId;
    stage.calls = {TreeStageCall{partId, m_in.point->id, into, fact->way, staging, part->bytes,
                                 part->entries,
                                 part->encryption.isEmpty() ? QString() : part->file}};
    stage.undo = {TreeRemoveCall{staging}};

    step.part = partId;
    step.effect = fact->exists ? Effect::Destroy : Effect::Change;
    step.resume = ResumePolicy::Repeat;
    step.calls = {TreeSwapCall{partId, into, fact->way, staging, aside, fact->exists}};
    step.undo = {TreeSwapBackCall{partId, into, fact->way, staging, aside, fact->exists}};
    if (fact->exists)
        m_announced.push_back(
            {QStringLiteral("aside:%1").arg(step.id),
             tr("Delete the old copy of %1 kept at %2").arg(into, aside.display()), QString()});
    return std::optional(std::move(stage));
}

Result<BuiltStep> StepBuilder::buildChecked(const StepInstance &instance, PlanSection section)
{
    const StepSpec &spec = *instance.spec;
    const References references = m_references.withItem(instance.item, instance.key);
    BuiltStep built;
    TRY_VALUE(built.step, frame(instance, section, references));
    PlannedStep &step = built.step;
    // A step that is not done needs no values: they may well be missing.
    if (!step.skipReason.isEmpty())
        return built;
    if (worksOnPart(spec.action.kind) && section != PlanSection::Steps)
        return fail(ErrorCode::BadInput,
                    tr("Trees, databases and indices can only be saved and restored in steps"));
    if (spec.action.kind == ActionKind::TreeSave) {
        TRY(addTreeSave(step, instance, references));
    } else if (spec.action.kind == ActionKind::TreeRestore) {
        TRY_VALUE(built.stage, addTreeRestore(step, spec, references));
        return built;
    } else if (spec.action.kind == ActionKind::PostgresDump ||
               spec.action.kind == ActionKind::PostgresGlobals) {
        TRY(addPostgresSave(step, instance, references));
    } else if (spec.action.kind == ActionKind::PostgresRestore) {
        TRY_VALUE(built.stage, addPostgresRestore(step, spec, references));
        return built;
    } else if (spec.action.kind == ActionKind::ElasticsearchRestore ||
               spec.action.kind == ActionKind::ElasticsearchRehearse) {
        TRY_VALUE(built.stage, addElasticsearchRestore(step, spec, references));
        return built;
    } else if (spec.action.kind == ActionKind::ElasticsearchKeep) {
        TRY(addElasticsearchKeep(step, spec, references));
        return built;
    } else if (spec.action.kind == ActionKind::ElasticsearchSave ||
               spec.action.kind == ActionKind::ElasticsearchDescribe) {
        TRY(addElasticsearchSave(step, instance, references));
    } else if (spec.action.kind == ActionKind::ToolchainSave) {
        TRY(addToolchainSave(step, instance, references));
    } else if (adopts(spec.action.kind)) {
        TRY(addAdoption(step, instance, references));
    } else if (migrates(spec.action.kind)) {
        TRY(addMigration(step, spec, references));
        return built;
    } else {
        TRY(addCalls(step, spec, references));
    }
    if (spec.undo) {
        TRY_VALUE(Call undo, callOf(*spec.undo, references));
        step.undo = {std::move(undo)};
    }
    if (spec.probe) {
        TRY_VALUE(Call call, callOf(spec.probe->action, references, {.needsText = true}));
        TRY_VALUE(const Match done, filledMatch(spec.probe->doneWhen, references));
        TRY_VALUE(const Match notDone, filledMatch(spec.probe->notDoneWhen, references));
        step.probe =
            std::make_shared<const PlannedProbe>(PlannedProbe{std::move(call), done, notDone});
    }
    return built;
}

Result<BuiltStep> StepBuilder::build(const StepInstance &instance, PlanSection section)
{
    auto built = buildChecked(instance, section);
    if (!built)
        return inStep(instance.id, built.error());
    return built;
}

} // namespace lb
