// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/undo_plan.h"

#include "core/actions/fill_call.h"
#include "core/base/json.h"
#include "core/model/reference.h"

#include <QLocale>

namespace lb {

namespace {

LB_TRANSLATE(Undo)

/// Did the step change anything, as far as the journal knows?
bool mayHaveActed(const StepRecord *record)
{
    // Skipped by a person's word after an attempt, or lost with a torn tail: it may have acted.
    return record && (record->attempts > 0 || record->state == StepState::Unknown ||
                      record->state == StepState::Cancelled);
}

std::vector<const PlannedStep *> finallyOf(const Plan &plan, const PlannedStep &step)
{
    std::vector<const PlannedStep *> found;
    if (!step.obliges)
        return found;
    for (const PlannedStep &other : plan.steps) {
        if (putsRight(other, *step.obliges))
            found.push_back(&other);
    }
    return found;
}

Result<std::vector<Call>> filledCalls(const std::vector<Call> &calls, const RunState &state)
{
    const auto lookup = [&state](const Slot &slot) { return slotValue(slot, state); };
    std::vector<Call> filled;
    for (const Call &call : calls) {
        TRY_VALUE(Call one, filledCall(call, lookup));
        filled.push_back(std::move(one));
    }
    return filled;
}

/// The step that takes one back.
Result<PlannedStep> wayBack(const PlannedStep &step, const RunState &state)
{
    PlannedStep walk;
    walk.id = QStringLiteral("undo/") + step.id;
    walk.title = tr("Undo: %1").arg(step.title);
    walk.phase = QStringLiteral("undo");
    walk.action = step.action;
    walk.effect = Effect::Change;
    walk.resume = ResumePolicy::Repeat; // built-in undos look at what is there first
    walk.grace = step.grace;
    walk.timeout = step.timeout;
    walk.part = step.id;
    TRY_VALUE(walk.calls, filledCalls(step.undo, state));
    if (std::any_of(walk.calls.begin(), walk.calls.end(), isAuthorsOwn))
        walk.resume =
            step.resume == ResumePolicy::Repeat ? ResumePolicy::Repeat : ResumePolicy::Ask;
    return walk;
}

QByteArray bytesOf(const std::vector<Call> &calls)
{
    QByteArray bytes;
    for (const Call &call : calls)
        bytes += toJson(callToJson(call));
    return bytes;
}

/// Its partner in finally has done already what the way back would do, such as the deletion of a
/// temporary project, whose token is gone by now.
Result<bool> isTakenBack(const Plan &plan, const PlannedStep &step, const RunState &state)
{
    TRY_VALUE(const std::vector<Call> back, filledCalls(step.undo, state));
    for (const PlannedStep *partner : finallyOf(plan, step)) {
        const StepRecord *record = state.step(partner->id);
        if (!record ||
            (record->state != StepState::Succeeded && record->state != StepState::Warned))
            continue;
        TRY_VALUE(const std::vector<Call> done, filledCalls(partner->calls, state));
        if (bytesOf(done) == bytesOf(back))
            return true;
    }
    return false;
}

/// The facts that can be read with the secrets that the way back needs anyway, or with none; all of
/// them when that leaves fewer than two, which cannot say which installation it is.
std::vector<NamedCall> factsFor(const Plan &undo)
{
    std::vector<NamedCall> facts;
    for (const NamedCall &fact : undo.facts) {
        const QStringList needed = secretNames({fact.call});
        if (std::all_of(needed.begin(), needed.end(),
                        [&](const QString &name) { return undo.secrets.contains(name); }))
            facts.push_back(fact);
    }
    return facts.size() < 2 ? undo.facts : facts;
}

} // namespace

PointId pointOf(const RunId &run)
{
    return PointId(QLatin1Char('p') + run.value().mid(1));
}

Result<QJsonValue> slotJson(const QString &path, const RunState &state)
{
    if (path == QLatin1String("run"))
        return QJsonValue(state.request.id.value());
    if (path == QLatin1String("point"))
        return QJsonValue(pointOf(state.request.id).value());
    static const QString kBefore = QStringLiteral("steps.");
    static const QString kBetween = QStringLiteral(".outputs.");
    const qsizetype split = path.lastIndexOf(kBetween);
    if (!path.startsWith(kBefore) || split < 0)
        return fail(ErrorCode::Internal, tr("‹%1› is not a value that a run has").arg(path));
    const QString step = path.mid(kBefore.size(), split - kBefore.size());
    const QString output = path.mid(split + kBetween.size());
    const StepRecord *record = state.step(step);
    const QJsonValue value =
        atPath(record ? record->outputs : QJsonObject(), output.split(QLatin1Char('.')));
    if (value.isUndefined())
        return fail(ErrorCode::NotFound, tr("The step %1 left no value “%2”").arg(step, output));
    return value;
}

Result<QString> slotValue(const Slot &slot, const RunState &state)
{
    TRY_VALUE(const QJsonValue value, slotJson(slot.path, state));
    if (value.isString())
        return value.toString();
    if (value.isDouble())
        return value.toDouble() == double(value.toInteger())
                   ? QString::number(value.toInteger())
                   : QString::number(value.toDouble(), 'g', QLocale::FloatingPointShortest);
    if (value.isBool())
        return value.toBool() ? QStringLiteral("true") : QStringLiteral("false");
    return fail(ErrorCode::BadInput,
                tr("The value of ‹%1› is not one text or number").arg(slot.path));
}

Result<Plan> makeUndoPlan(const Plan &original, const RunState &state)
{
    Plan undo;
    undo.runbook = QStringLiteral("lifeboat.undo");
    undo.title = tr("Go back: undo %1").arg(original.title);
    undo.type = original.type;
    undo.system = original.system;
    undo.purpose = Purpose::Change;
    undo.target = original.target;
    undo.identity = original.identity;
    undo.isProtected = original.isProtected;
    undo.restorePoint = original.restorePoint;
    undo.store = original.store;
    undo.profile = original.profile;
    undo.inputs = original.inputs;
    undo.facts = original.facts;
    undo.undoOf = state.request.id.value();

    std::vector<PlannedStep> last;
    QStringList stopped;
    QString previous;
    const auto add = [&](PlannedStep step) {
        step.needs = previous.isEmpty() ? QStringList() : QStringList{previous};
        previous = step.id;
        undo.steps.push_back(std::move(step));
    };

    // What was stopped for the work is stopped again before the work is taken back.
    for (const PlannedStep &step : original.steps) {
        const auto starts = finallyOf(original, step);
        // Only what the author has stopped with a program or a request: work of ours with a step
        // that clears up after it is taken back, not done again.
        if (starts.empty() || !mayHaveActed(state.step(step.id)) || step.calls.empty() ||
            !isAuthorsOwn(step.calls.front()))
            continue;
        PlannedStep again = step;
        TRY_VALUE(again.calls, filledCalls(step.calls, state));
        again.resume = ResumePolicy::Repeat; // it was declared safe to be undone by its partner
        again.skipReason.clear();
        again.when = {};
        stopped << step.id;
        add(std::move(again));
        // Its own way back starts what was stopped: its partner in finally may start another
        // version, and lends only its place.
        if (!step.undo.empty()) {
            PlannedStep start = *starts.front();
            TRY_VALUE(start.calls, filledCalls(step.undo, state));
            start.title = tr("Undo: %1").arg(step.title);
            start.needs.clear();
            start.when = {};
            start.skipReason.clear();
            start.obliges.reset();
            last.push_back(std::move(start));
            continue;
        }
        for (const PlannedStep *starting : starts) {
            if (std::any_of(last.begin(), last.end(),
                            [&](const PlannedStep &s) { return s.id == starting->id; }))
                continue;
            PlannedStep start = *starting;
            TRY_VALUE(start.calls, filledCalls(starting->calls, state));
            // `proven` stays: data that was only half taken back lets nothing run.
            start.needs.clear();
            start.when = {};
            start.skipReason.clear();
            last.push_back(std::move(start));
        }
    }

    for (auto it = original.steps.rbegin(); it != original.steps.rend(); ++it) {
        const PlannedStep &step = *it;
        if (step.section != PlanSection::Steps || step.effect == Effect::Read ||
            stopped.contains(step.id) || !mayHaveActed(state.step(step.id)))
            continue;
        if (step.undo.empty()) {
            // A staging that was never swapped in leaves nothing to go back to.
            if (step.action == QLatin1String("tree_stage"))
                continue;
            return fail(ErrorCode::Conflict, tr("The step %1 cannot be undone").arg(step.id),
                        tr("it stands below the line of no return"),
                        tr("Nothing was changed; restore an earlier point instead"));
        }
        TRY_VALUE(const bool isDone, isTakenBack(original, step, state));
        if (isDone)
            continue;
        TRY_VALUE(PlannedStep walk, wayBack(step, state));
        add(std::move(walk));
    }
    for (PlannedStep &step : last)
        undo.steps.push_back(std::move(step));
    if (undo.steps.empty())
        return fail(ErrorCode::Conflict, tr("There is nothing to undo in run %1").arg(undo.undoOf),
                    tr("no step of it changed anything"));
    for (const PlannedStep &step : undo.steps) {
        for (const QString &name : secretNames(step.calls)) {
            if (!undo.secrets.contains(name))
                undo.secrets << name;
        }
    }
    undo.facts = factsFor(undo);
    return undo;
}

} // namespace lb
