// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/scheduler.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Engine)

StepState stateOf(const RunState &state, const QString &id)
{
    const StepRecord *record = state.step(id);
    return record ? record->state : StepState::Pending;
}

bool endedWell(StepState state)
{
    return state == StepState::Succeeded || state == StepState::Warned ||
           state == StepState::Skipped;
}

bool wasBegun(const RunState &state, const QString &id)
{
    const StepRecord *record = state.step(id);
    return record && record->attempts > 0;
}

/// All steps that come after `id` by their needs, directly or not.
QSet<QString> stepsAfter(const Plan &plan, const QString &id)
{
    QSet<QString> after{id};
    bool grew = true;
    while (grew) {
        grew = false;
        for (const PlannedStep &step : plan.steps) {
            if (after.contains(step.id))
                continue;
            if (std::any_of(step.needs.begin(), step.needs.end(),
                            [&](const QString &need) { return after.contains(need); })) {
                after.insert(step.id);
                grew = true;
            }
        }
    }
    after.remove(id);
    return after;
}

bool barrierIsOpen(const Plan &plan, const RunState &state, const PlannedStep &destroying)
{
    const QSet<QString> after = stepsAfter(plan, destroying.id);
    return std::all_of(plan.steps.begin(), plan.steps.end(), [&](const PlannedStep &step) {
        if (step.section != PlanSection::Steps || step.id == destroying.id ||
            after.contains(step.id))
            return true;
        // Two barriers that do not depend on each other go one after the other, as printed.
        if (step.barrier() && &step > &destroying)
            return true;
        return endedWell(stateOf(state, step.id));
    });
}

bool needsMet(const RunState &state, const PlannedStep &step)
{
    return std::all_of(step.needs.begin(), step.needs.end(),
                       [&](const QString &need) { return endedWell(stateOf(state, need)); });
}

/// Puts the step under `start` or `skip`.
void offer(const ScheduleInput &input, const PlannedStep &step, Schedule &schedule)
{
    if (!step.skipReason.isEmpty()) {
        schedule.skip.emplace_back(step.id, step.skipReason);
        return;
    }
    if (!step.when.isNull() && !step.when.isUndefined() && !input.holds(step)) {
        schedule.skip.emplace_back(step.id, tr("its condition does not hold"));
        return;
    }
    schedule.start << step.id;
}

std::vector<const PlannedStep *> obligingSteps(const Plan &plan, const QString &finallyId)
{
    std::vector<const PlannedStep *> steps;
    for (const PlannedStep &step : plan.steps) {
        if (step.obliges && step.obliges->by == finallyId)
            steps.push_back(&step);
    }
    return steps;
}

/// Has something been begun that this finally step puts right?
bool isDue(const Plan &plan, const RunState &state, const PlannedStep &step)
{
    const auto obliging = obligingSteps(plan, step.id);
    if (!obliging.empty())
        return std::any_of(obliging.begin(), obliging.end(), [&](const PlannedStep *candidate) {
            return wasBegun(state, candidate->id);
        });
    if (step.finallyWhen == FinallyWhen::Always)
        return true;
    return std::any_of(plan.steps.begin(), plan.steps.end(), [&](const PlannedStep &candidate) {
        return candidate.section == PlanSection::Steps && candidate.effect != Effect::Read &&
               wasBegun(state, candidate.id);
    });
}

/// The first step of the section that is not done with: started, skipped, or waited for. False
/// when the section is over.
bool offerNextOf(PlanSection section, const ScheduleInput &input, Schedule &schedule)
{
    for (const PlannedStep &step : input.plan.steps) {
        if (step.section != section)
            continue;
        const StepState state = stateOf(input.state, step.id);
        if (isEnded(state))
            continue;
        if (input.active.contains(step.id) || state != StepState::Pending)
            return true;
        if (section == PlanSection::Finally) {
            const bool proven =
                stepsProven(input.plan, input.state) && !input.state.cancelRequested;
            if (step.finallyWhen == FinallyWhen::Proven && !proven && !input.finallyOnly)
                continue; // stays undone: see unmetFinally()
            if (!isDue(input.plan, input.state, step)) {
                schedule.skip.emplace_back(step.id, tr("there is nothing that it would put right"));
                return true;
            }
        } else if (!needsMet(input.state, step)) {
            continue;
        }
        offer(input, step, schedule);
        return true;
    }
    return false;
}

} // namespace

bool stepsProven(const Plan &plan, const RunState &state)
{
    return std::all_of(plan.steps.begin(), plan.steps.end(), [&](const PlannedStep &step) {
        return step.section != PlanSection::Steps || endedWell(stateOf(state, step.id));
    });
}

std::vector<const PlannedStep *> unmetFinally(const Plan &plan, const RunState &state)
{
    std::vector<const PlannedStep *> unmet;
    for (const PlannedStep &step : plan.steps) {
        if (step.section == PlanSection::Finally && step.skipReason.isEmpty() &&
            !endedWell(stateOf(state, step.id)) && isDue(plan, state, step))
            unmet.push_back(&step);
    }
    return unmet;
}

QStringList unknownSteps(const Plan &plan, const RunState &state, bool tornTail)
{
    QStringList unknown;
    for (const PlannedStep &step : plan.steps) {
        const StepState now = stateOf(state, step.id);
        if (now == StepState::Running || now == StepState::Waiting || now == StepState::Unknown)
            unknown << step.id;
    }
    if (!tornTail || !state.go)
        return unknown;
    // What the lost lines may have said: any step that was free to begin, in whichever section.
    for (const PlannedStep &step : plan.steps) {
        if (stateOf(state, step.id) != StepState::Pending || unknown.contains(step.id))
            continue;
        const bool free = needsMet(state, step) && (step.section == PlanSection::Steps ||
                                                    stepsProven(plan, state) || state.finishing);
        if (free && step.skipReason.isEmpty())
            unknown << step.id;
    }
    return unknown;
}

StepTable::StepTable(const Plan &plan, const RunState &state)
    : m_plan(&plan), m_needs(plan.steps.size()), m_states(plan.steps.size(), StepState::Pending)
{
    for (size_t i = 0; i < plan.steps.size(); ++i)
        m_index.insert(plan.steps[i].id, i);
    for (size_t i = 0; i < plan.steps.size(); ++i) {
        for (const QString &need : plan.steps[i].needs) {
            if (const auto at = m_index.constFind(need); at != m_index.constEnd())
                m_needs[i].push_back(*at);
        }
    }
    updateAll(state);
}

void StepTable::update(const QString &step, const RunState &state)
{
    if (const auto at = m_index.constFind(step); at != m_index.constEnd())
        m_states[*at] = stateOf(state, step);
}

void StepTable::updateAll(const RunState &state)
{
    for (const PlannedStep &step : m_plan->steps)
        update(step.id, state);
}

bool StepTable::needsMet(size_t index) const
{
    return std::all_of(m_needs[index].begin(), m_needs[index].end(),
                       [this](size_t need) { return endedWell(m_states[need]); });
}

Schedule nextSteps(const ScheduleInput &input)
{
    Schedule schedule;
    const std::vector<PlannedStep> &steps = input.plan.steps;
    bool stopped = input.state.cancelRequested || input.finallyOnly;
    bool left = false;
    for (size_t i = 0; i < steps.size(); ++i) {
        if (steps[i].section != PlanSection::Steps)
            continue;
        const StepState state = input.table.at(i);
        stopped = stopped || state == StepState::Failed || state == StepState::Cancelled;
        left = left || !isEnded(state);
    }
    const bool working =
        std::any_of(input.active.begin(), input.active.end(), [&input](const QString &id) {
            const PlannedStep *step = input.plan.step(id);
            return step && step->section == PlanSection::Steps;
        });
    if (left && !stopped) {
        for (size_t i = 0; i < steps.size(); ++i) {
            const PlannedStep &step = steps[i];
            if (step.section != PlanSection::Steps || input.table.at(i) != StepState::Pending ||
                !input.table.needsMet(i) || input.active.contains(step.id))
                continue;
            if (step.barrier() && step.skipReason.isEmpty() &&
                !barrierIsOpen(input.plan, input.state, step))
                continue;
            offer(input, step, schedule);
        }
        const qsizetype room = std::max<qsizetype>(0, kParallelSteps - input.active.size());
        schedule.start = input.mayStart ? schedule.start.mid(0, room) : QStringList();
        return schedule;
    }
    if (working)
        return schedule;

    schedule.phase = Schedule::Phase::Finally;
    bool more = offerNextOf(PlanSection::Finally, input, schedule);
    if (!more && stepsProven(input.plan, input.state) && !input.state.cancelRequested &&
        !input.finallyOnly) {
        schedule.phase = Schedule::Phase::Closing;
        more = offerNextOf(PlanSection::Closing, input, schedule);
    }
    if (!more)
        schedule.phase = Schedule::Phase::Over;
    if (!input.mayStart)
        schedule.start.clear();
    return schedule;
}

} // namespace lb
