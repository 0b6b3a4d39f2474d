// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/step_order.h"

#include "core/base/text.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

constexpr QLatin1String kQuiesce("quiesce");

/// What a step without `needs`, or with, has to wait for, in ids of the plan.
class Needs
{
public:
    Needs(const std::vector<StepSpec> &specs, const QHash<QString, QStringList> &instances)
        : m_specs(specs), m_instances(instances)
    {
    }

    /// Of the first instance of a spec, or of all when they do not chain.
    Result<QStringList> of(size_t index)
    {
        const StepSpec &spec = m_specs[index];
        if (!spec.needs)
            return index == 0 ? Result<QStringList>(QStringList()) : ending(index - 1);
        QStringList needs;
        for (const QString &name : *spec.needs) {
            TRY_VALUE(const QStringList ids, named(spec, name));
            needs += ids;
        }
        needs.removeDuplicates();
        return needs;
    }

private:
    /// All instances of a spec; one without any passes on what it would have needed itself.
    Result<QStringList> ending(size_t index)
    {
        const QStringList ids = m_instances.value(m_specs[index].id);
        if (!ids.isEmpty())
            return ids;
        if (++m_depth > m_specs.size())
            return fail(ErrorCode::BadInput, tr("Steps need each other in a circle"));
        auto needs = of(index);
        --m_depth;
        return needs;
    }

    Result<QStringList> named(const StepSpec &spec, const QString &name)
    {
        for (size_t i = 0; i < m_specs.size(); ++i) {
            if (m_specs[i].id == name)
                return ending(i);
        }
        QStringList known;
        for (const QStringList &ids : m_instances)
            known += ids;
        if (known.contains(name))
            return QStringList{name};
        known.sort();
        const QString close = nearest(name, known);
        return fail(ErrorCode::BadInput,
                    tr("Step “%1” needs “%2”, which is no step of the plan").arg(spec.id, name), {},
                    close.isEmpty() ? QString() : tr("Did you mean “%1”?").arg(close));
    }

    const std::vector<StepSpec> &m_specs;
    const QHash<QString, QStringList> &m_instances;
    size_t m_depth = 0;
};

void addNeeds(PlannedStep &step, const QStringList &more)
{
    step.needs += more;
    step.needs.removeDuplicates();
}

/// The steps with their needs, and for each whether it is one of several that start together.
struct Linked
{
    std::vector<PlannedStep> steps;
    std::vector<PlannedStep> stages; ///< `needs` hold whether they chain: empty or the one before
    QStringList stageIds;
};

Result<Linked> link(const std::vector<StepSpec> &specs, const std::vector<StepInstance> &instances,
                    std::vector<BuiltStep> built)
{
    const QHash<QString, QStringList> ids = instanceIds(specs, instances);
    Needs needs(specs, ids);
    Linked linked;
    size_t next = 0;
    for (size_t i = 0; i < specs.size(); ++i) {
        TRY_VALUE(const QStringList first, needs.of(i));
        const bool together = specs[i].needs.has_value();
        QString before;
        for (; next < instances.size() && instances[next].spec == &specs[i]; ++next) {
            PlannedStep &step = built[next].step;
            step.needs = together || before.isEmpty() ? first : QStringList{before};
            before = step.id;
            if (built[next].stage) {
                PlannedStep &stage = *built[next].stage;
                if (!together && !linked.stageIds.isEmpty())
                    stage.needs = {linked.stageIds.last()};
                linked.stageIds << stage.id;
                linked.stages.push_back(std::move(stage));
            }
            linked.steps.push_back(std::move(step));
        }
    }
    return linked;
}

bool isSwap(const PlannedStep &step)
{
    if (step.calls.empty())
        return false;
    const auto *server = callAs<PostgresCall>(step.calls.front());
    const auto *cluster = callAs<ElasticsearchCall>(step.calls.front());
    return callAs<TreeSwapCall>(step.calls.front()) ||
           (server && server->work == PostgresWork::Swap) ||
           (cluster && (cluster->work == ElasticsearchWork::Restore ||
                        cluster->work == ElasticsearchWork::Rehearse));
}

std::vector<PlannedStep> hoistStages(Linked linked)
{
    std::vector<PlannedStep> &steps = linked.steps;
    const auto swap = std::find_if(steps.begin(), steps.end(), isSwap);
    if (swap == steps.end())
        return std::move(steps);
    const auto at = std::find_if(steps.begin(), swap,
                                 [](const PlannedStep &step) { return step.phase == kQuiesce; });
    const QStringList base = at->needs;
    QSet<QString> after;
    for (auto step = at; step != steps.end(); ++step)
        after.insert(step->id);
    for (auto step = at; step != steps.end(); ++step) {
        const bool waitsForLater =
            std::any_of(step->needs.begin(), step->needs.end(),
                        [&](const QString &id) { return after.contains(id); });
        // A freed change would otherwise begin while something is still being staged.
        if (isSwap(*step) || (!waitsForLater && step->effect != Effect::Read))
            addNeeds(*step, linked.stageIds);
    }
    for (PlannedStep &stage : linked.stages) {
        if (stage.needs.isEmpty())
            stage.needs = base;
    }
    steps.insert(at, std::make_move_iterator(linked.stages.begin()),
                 std::make_move_iterator(linked.stages.end()));
    return std::move(steps);
}

/// Steps in an order in which each comes after what it needs; fewer than given when some go round
/// in a circle.
std::vector<size_t> sorted(const std::vector<PlannedStep> &steps)
{
    QHash<QString, size_t> index;
    for (size_t i = 0; i < steps.size(); ++i)
        index.insert(steps[i].id, i);
    std::vector<std::vector<size_t>> followers(steps.size());
    std::vector<int> missing(steps.size(), 0);
    for (size_t i = 0; i < steps.size(); ++i) {
        for (const QString &id : steps[i].needs) {
            followers[index.value(id, i)].push_back(i);
            ++missing[i];
        }
    }
    std::vector<size_t> order;
    for (size_t i = 0; i < steps.size(); ++i) {
        if (missing[i] == 0)
            order.push_back(i);
    }
    for (size_t next = 0; next < order.size(); ++next) {
        for (const size_t follower : followers[order[next]]) {
            if (--missing[follower] == 0)
                order.push_back(follower);
        }
    }
    return order;
}

/// `steps.dump[a].outputs.size` → `dump[a]`; empty for other slots.
QString stepOfSlot(const QString &path)
{
    const QString head = QStringLiteral("steps.");
    const qsizetype end = path.lastIndexOf(QLatin1String(".outputs."));
    return path.startsWith(head) && end > 0 ? path.mid(head.size(), end - head.size()) : QString();
}

void conditionSlots(const QJsonValue &value, QSet<QString> &found)
{
    if (value.isArray()) {
        for (const QJsonValue item : value.toArray())
            conditionSlots(item, found);
        return;
    }
    const QJsonObject object = value.toObject();
    if (object.contains(QLatin1String("value")))
        return;
    if (object.value(QLatin1String("slot")).isString())
        found.insert(object.value(QLatin1String("slot")).toString());
    for (const QJsonValue item : object)
        conditionSlots(item, found);
}

QSet<QString> usedSteps(const PlannedStep &step)
{
    QSet<QString> paths;
    for (const Call &call : step.calls)
        paths.unite(slotPaths(call));
    if (step.probe)
        paths.unite(slotPaths(step.probe->call));
    conditionSlots(step.when, paths);
    QSet<QString> own;
    for (const Call &call : step.undo)
        own.unite(slotPaths(call));
    QSet<QString> ids;
    for (const QString &path : paths)
        ids.insert(stepOfSlot(path));
    for (const QString &path : own) {
        // Its own outputs are there when it is undone.
        if (stepOfSlot(path) != step.id)
            ids.insert(stepOfSlot(path));
    }
    ids.remove(QString());
    return ids;
}

bool comesBefore(const QHash<QString, const PlannedStep *> &byId, const PlannedStep &step,
                 const QString &wanted)
{
    QStringList open = step.needs;
    QSet<QString> seen;
    while (!open.isEmpty()) {
        const QString id = open.takeLast();
        if (id == wanted)
            return true;
        if (seen.contains(id))
            continue;
        seen.insert(id);
        if (const PlannedStep *before = byId.value(id))
            open += before->needs;
    }
    return false;
}

} // namespace

QHash<QString, QStringList> instanceIds(const std::vector<StepSpec> &specs,
                                        const std::vector<StepInstance> &instances)
{
    QHash<QString, QStringList> ids;
    for (const StepSpec &spec : specs)
        ids.insert(spec.id, {});
    for (const StepInstance &instance : instances)
        ids[instance.spec->id] << instance.id;
    return ids;
}

Result<std::vector<PlannedStep>> orderSteps(const std::vector<StepSpec> &specs,
                                            const std::vector<StepInstance> &instances,
                                            std::vector<BuiltStep> built)
{
    TRY_VALUE(Linked linked, link(specs, instances, std::move(built)));
    return hoistStages(std::move(linked));
}

Result<void> checkOrder(const std::vector<PlannedStep> &steps)
{
    QHash<QString, const PlannedStep *> byId;
    for (const PlannedStep &step : steps) {
        if (byId.contains(step.id))
            return fail(ErrorCode::BadInput, tr("The plan has two steps “%1”").arg(step.id));
        byId.insert(step.id, &step);
    }
    const std::vector<size_t> order = sorted(steps);
    if (order.size() < steps.size()) {
        QSet<size_t> fine(order.begin(), order.end());
        QStringList circle;
        for (size_t i = 0; i < steps.size(); ++i) {
            if (!fine.contains(i))
                circle << steps[i].id;
        }
        return fail(ErrorCode::BadInput, tr("Steps need each other in a circle"),
                    circle.join(QStringLiteral(", ")));
    }
    for (const PlannedStep &step : steps) {
        for (const QString &id : usedSteps(step)) {
            const PlannedStep *source = byId.value(id);
            const QString lead = tr("Step “%1” uses an output of “%2”").arg(step.id, id);
            if (source == nullptr)
                return fail(ErrorCode::BadInput, lead, tr("the plan has no such step"));
            if (!source->skipReason.isEmpty())
                return fail(ErrorCode::BadInput, lead,
                            tr("that step is not done: %1").arg(source->skipReason));
            const bool earlierSection = source->section < step.section;
            if (!earlierSection && !comesBefore(byId, step, id))
                return fail(ErrorCode::BadInput, lead,
                            tr("nothing says that “%1” ends before it").arg(id),
                            tr("Name it under needs"));
        }
    }
    return {};
}

int lineOfNoReturn(const std::vector<PlannedStep> &steps)
{
    const auto takenBackBy = [&](const QString &id) {
        return std::any_of(steps.begin(), steps.end(), [&](const PlannedStep &step) {
            return step.section == PlanSection::Finally && step.skipReason.isEmpty() &&
                   (step.id == id || step.id.startsWith(id + QLatin1Char('[')));
        });
    };
    for (size_t i = 0; i < steps.size(); ++i) {
        const PlannedStep &step = steps[i];
        if (step.section != PlanSection::Steps || !step.skipReason.isEmpty() || step.reversible())
            continue;
        const bool owed = step.effect == Effect::Change && step.obliges &&
                          !step.obliges->by.isEmpty() && takenBackBy(step.obliges->by);
        if (!owed)
            return int(i);
    }
    return -1;
}

} // namespace lb
