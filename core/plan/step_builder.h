// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/plan/action_calls.h"
#include "core/plan/params.h"
#include "core/plan/parts.h"
#include "core/plan/planner.h"

namespace lb {

/// One step of a runbook for one item of its list, or for none.
struct StepInstance
{
    const StepSpec *spec = nullptr;
    QString id;  ///< `dump`, `dump[shop]`
    QString key; ///< what stands in the brackets
    QJsonValue item{QJsonValue::Undefined};
};

/// Items of a for_each with their keys; one entry without key when there is no for_each. Refuses
/// keys that are missing, double, or no plain text.
struct KeyedItem
{
    QString key;
    QJsonValue item{QJsonValue::Undefined};
};
Result<std::vector<KeyedItem>> expandItems(const QString &forEach, const QString &forEachKey,
                                           const References &references);
Result<std::vector<StepInstance>> expandSteps(const std::vector<StepSpec> &specs,
                                              const References &references);
QString instanceId(const QString &id, const QString &key);

/// A planned step; what restores a tree or a database also has the step that stages it.
struct BuiltStep
{
    PlannedStep step;
    std::optional<PlannedStep> stage;
};

/// Makes the calls of one step at a time, without `needs`.
class StepBuilder
{
public:
    StepBuilder(const PlanInputs &in, const References &references);

    /// Errors name the step.
    Result<BuiltStep> build(const StepInstance &instance, PlanSection section);
    /// The folder that a tree_restore replaces; empty for other steps and skipped ones.
    Result<QString> treeTarget(const StepInstance &instance) const;
    /// The same for a postgres_restore: the call that gives a database its name.
    Result<std::optional<PostgresCall>> databaseTarget(const StepInstance &instance) const;

    const std::vector<PartSpec> &madeParts() const { return m_madeParts; }
    const std::vector<ObligationSpec> &announced() const { return m_announced; }

private:
    Result<BuiltStep> buildChecked(const StepInstance &instance, PlanSection section);
    Result<PlannedStep> frame(const StepInstance &instance, PlanSection section,
                              const References &references) const;
    Result<void> addCalls(PlannedStep &step, const StepSpec &spec, const References &references);
    /// Two steps that write the same file keep two old ones.
    void keepApart(WriteFileCall &file);
    /// What a step saves as a part of its own.
    struct SavedThing
    {
        QString kind; ///< of the part
        QString key;  ///< of the step under for_each
        QString source;
    };
    /// Gives it its part.
    Result<PartSpec> takePart(PlannedStep &step, const Action &action, const References &references,
                              const SavedThing &what);
    Result<void> addTreeSave(PlannedStep &step, const StepInstance &instance,
                             const References &references);
    Result<std::optional<PlannedStep>> addTreeRestore(PlannedStep &step, const StepSpec &spec,
                                                      const References &references);

    Result<void> addPostgresSave(PlannedStep &step, const StepInstance &instance,
                                 const References &references);
    Result<std::optional<PlannedStep>> addPostgresRestore(PlannedStep &step, const StepSpec &spec,
                                                          const References &references);
    Result<void> addAdoption(PlannedStep &step, const StepInstance &instance,
                             const References &references);
    Result<void> addToolchainSave(PlannedStep &step, const StepInstance &instance,
                                  const References &references);
    Result<void> addElasticsearchSave(PlannedStep &step, const StepInstance &instance,
                                      const References &references);
    Result<void> addElasticsearchKeep(PlannedStep &step, const StepSpec &spec,
                                      const References &references);
    Result<void> addPluginSwap(PlannedStep &step, const Action &action,
                               const References &references);
    /// Export, transformation, clearing, import, and the exchange of a plugin's files.
    Result<void> addMigration(PlannedStep &step, const StepSpec &spec,
                              const References &references);
    Result<std::optional<PlannedStep>>
    addElasticsearchRestore(PlannedStep &step, const StepSpec &spec, const References &references);
    /// The part of the chosen restore point that a step restores; nothing when it was not chosen,
    /// which the step then says.
    Result<const PartRecord *> chosenPart(PlannedStep &step, const Action &action,
                                          const References &references) const;

    const PlanInputs &m_in;
    const References &m_references;
    PartNames m_partNames;
    std::vector<PartSpec> m_madeParts;
    std::vector<ObligationSpec> m_announced;
    QHash<QString, int> m_asides;
};

} // namespace lb
