// SPDX-License-Identifier: GPL-3.0-or-later
// Steps that save and restore PostgreSQL databases and roles.
#include "core/model/age.h"
#include "core/plan/step_builder.h"

namespace lb {

namespace {

LB_TRANSLATE(Plan)

} // namespace

Result<void> StepBuilder::addPostgresSave(PlannedStep &step, const StepInstance &instance,
                                          const References &references)
{
    const Action &action = instance.spec->action;
    const bool isGlobals = action.kind == ActionKind::PostgresGlobals;
    PostgresCall call;
    TRY_VALUE(call.at, postgresServer(action, references));
    PartSpec part;
    if (isGlobals) {
        call.work = PostgresWork::Globals;
        TRY_VALUE(part,
                  takePart(step, action, references,
                           {QString::fromLatin1(kGlobalsPart), instance.key, call.at.text()}));
        call.file = QStringLiteral("parts/%1.sql").arg(part.id);
    } else {
        call.work = PostgresWork::Dump;
        TRY_VALUE(call.database, literalParam(action, "database", references, kNoOption));
        if (call.database.isEmpty())
            return fail(ErrorCode::BadInput, tr("It does not say which database to save"));
        const QString key =
            instance.key.isEmpty() ? instance.key : QStringLiteral("database-") + instance.key;
        TRY_VALUE(part, takePart(step, action, references,
                                 {QString::fromLatin1(kPostgresPart), key, call.database}));
        call.file = QStringLiteral("parts/%1.dump").arg(part.id);
    }
    call.part = part.id;
    call.title = part.title;
    call.encrypted = part.secret;
    if (part.secret) {
        call.recipients = m_in.store.allRecipients();
        call.file += kAgeSuffix;
    }
    step.calls.emplace_back(std::move(call));
    return {};
}

Result<std::optional<PostgresCall>> StepBuilder::databaseTarget(const StepInstance &instance) const
{
    const StepSpec &spec = *instance.spec;
    if (spec.action.kind != ActionKind::PostgresRestore)
        return std::nullopt;
    const References references = m_references.withItem(instance.item, instance.key);
    if (spec.when) {
        TRY_VALUE(const PlannedCondition condition, planCondition(*spec.when, references));
        if (condition.decided == false)
            return std::nullopt;
    }
    PostgresCall call;
    call.work = PostgresWork::List;
    TRY_VALUE(call.at, postgresServer(spec.action, references));
    TRY_VALUE(call.database, literalParam(spec.action, "into", references, kNoOption));
    if (call.database.isEmpty())
        return std::nullopt; // roles
    return call;
}

Result<std::optional<PlannedStep>> StepBuilder::addPostgresRestore(PlannedStep &step,
                                                                   const StepSpec &spec,
                                                                   const References &references)
{
    if (!step.when.isNull() && !step.when.isUndefined())
        return fail(ErrorCode::BadInput,
                    tr("Whether it restores must be known when the plan is made: it is staged "
                       "before anything else is changed"));
    TRY_VALUE(const PartRecord *part, chosenPart(step, spec.action, references));
    if (part == nullptr)
        return std::optional<PlannedStep>();
    PostgresCall call;
    TRY_VALUE(call.at, postgresServer(spec.action, references));
    TRY_VALUE(call.database, literalParam(spec.action, "into", references, kNoOption));
    call.part = part->id;
    call.point = m_in.point->id;
    call.file = part->file;
    call.encrypted = !part->encryption.isEmpty();
    step.part = part->id;
    step.resume = ResumePolicy::Repeat;
    if (part->kind == QLatin1String(kGlobalsPart)) {
        call.work = PostgresWork::Roles;
        step.effect = Effect::Change;
        step.undo = {call};
        callAs<PostgresCall>(step.undo.front())->work = PostgresWork::RolesBack;
        step.calls = {call};
        return std::optional<PlannedStep>();
    }
    if (part->kind != QLatin1String(kPostgresPart))
        return fail(ErrorCode::BadInput,
                    tr("Part “%1” holds no database, it is of kind %2").arg(part->id, part->kind));
    if (call.database.isEmpty())
        return fail(ErrorCode::BadInput, tr("It does not say which database to restore"));
    const auto fact =
        std::find_if(m_in.databases.begin(), m_in.databases.end(),
                     [&](const DatabaseFact &known) { return known.scope == call.scope(); });
    if (fact == m_in.databases.end())
        return fail(ErrorCode::Internal,
                    tr("Nobody has looked whether the database %1 exists").arg(call.database));
    call.targetExists = fact->exists;
    call.properties = part->details;
    for (const char *counted : {"rows", "large_objects"})
        call.properties.remove(QLatin1String(counted));
    call.staging = ownDatabase(call.database, QStringLiteral("stage"));
    call.aside = ownDatabase(call.database, QStringLiteral("aside"));

    PlannedStep stage = step;
    stage.id = step.id + QStringLiteral("/stage");
    stage.title = tr("%1: into a new database, and compare").arg(step.title);
    stage.phase = QStringLiteral("stage");
    stage.action = QStringLiteral("postgres_stage");
    stage.effect = Effect::Change;
    stage.probe.reset();
    stage.obliges.reset();
    call.work = PostgresWork::Stage;
    stage.calls = {call};
    call.work = PostgresWork::Drop;
    stage.undo = {call};

    step.effect = fact->exists ? Effect::Destroy : Effect::Change;
    call.work = PostgresWork::Swap;
    step.calls = {call};
    call.work = PostgresWork::SwapBack;
    step.undo = {call};
    if (fact->exists)
        m_announced.push_back(
            {QStringLiteral("aside:%1").arg(step.id),
             tr("Drop the old database %1 kept as %2").arg(call.database, call.aside.display()),
             QString()});
    return std::optional(std::move(stage));
}

} // namespace lb
