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
    // Without an attempt on record: its intent went with a torn tail.
    return record && (record->attempts > 0 || record->state == StepState::Unknown ||
                      record->state == StepState::Cancelled);
}

/// These steps and all that come after one of them by their needs, directly or not.
QSet<QString> withFollowers(const Plan &plan, QSet<QString> ids)
{
    bool grew = true;
    while (grew) {
        grew = false;
        for (const PlannedStep &step : plan.steps) {
            if (ids.contains(step.id))
                continue;
            if (std::any_of(step.needs.begin(), step.needs.end(),
                            [&](const QString &need) { return ids.contains(need); })) {
                ids.insert(step.id);
                grew = true;
            }
        }
    }
    return ids;
}

/// For a destroying step whose needs are met.
bool barrierIsOpen(const Plan &plan, const RunState &state, const PlannedStep &destroying)
{
    // Two barriers that do not depend on each other go one after the other, as printed; what stands
    // behind the later one waits with it.
    QSet<QString> held{destroying.id};
    for (const PlannedStep &step : plan.steps) {
        if (step.barrier() && &step > &destroying && !endedWell(stateOf(state, step.id)))
            held.insert(step.id);
    }
    held = withFollowers(plan, std::move(held));
    return std::all_of(plan.steps.begin(), plan.steps.end(), [&](const PlannedStep &step) {
        return step.section != PlanSection::Steps || held.contains(step.id) ||
               endedWell(stateOf(state, step.id));
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

std::vector<const PlannedStep *> obligingSteps(const Plan &plan, const PlannedStep &finallyStep)
{
    std::vector<const PlannedStep *> steps;
    for (const PlannedStep &step : plan.steps) {
        if (step.obliges && putsRight(finallyStep, *step.obliges))
            steps.push_back(&step);
    }
    return steps;
}

/// Has something been begun that this finally step puts right?
bool isDue(const Plan &plan, const RunState &state, const PlannedStep &step)
{
    const auto obliging = obligingSteps(plan, step);
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
    const bool stopped =
        state.cancelRequested ||
        std::any_of(plan.steps.begin(), plan.steps.end(), [&](const PlannedStep &step) {
            const StepState now = stateOf(state, step.id);
            return step.section == PlanSection::Steps &&
                   (now == StepState::Failed || now == StepState::Cancelled);
        });
    for (const PlannedStep &step : plan.steps) {
        if (stateOf(state, step.id) != StepState::Pending || unknown.contains(step.id))
            continue;
        const bool free = needsMet(state, step) &&
                          (step.section == PlanSection::Steps || stepsProven(plan, state) ||
                           state.finishing || (stopped && step.section == PlanSection::Finally));
        if (free && step.skipReason.isEmpty())
            unknown << step.id;
    }
    return unknown;
}

StepTable::StepTable(const Plan &plan, const RunState &state)
    : m_plan(&plan),
      m_followers(plan.steps.size()),
      m_unmet(plan.steps.size(), 0),
      m_states(plan.steps.size(), StepState::Pending)
{
    for (size_t i = 0; i < plan.steps.size(); ++i)
        m_index.insert(plan.steps[i].id, i);
    for (size_t i = 0; i < plan.steps.size(); ++i) {
        for (const QString &need : plan.steps[i].needs) {
            if (const auto at = m_index.constFind(need); at != m_index.constEnd()) {
                m_followers[*at].push_back(i);
                ++m_unmet[i];
            }
        }
    }
    for (size_t i = 0; i < plan.steps.size(); ++i) {
        if (plan.steps[i].section != PlanSection::Steps)
            continue;
        ++m_left;
        if (m_unmet[i] == 0)
            m_ready.insert(i);
    }
    updateAll(state);
}

const PlannedStep *StepTable::find(const QString &step) const
{
    const auto at = m_index.constFind(step);
    return at == m_index.constEnd() ? nullptr : &m_plan->steps[*at];
}

bool StepTable::isOrdinary(const QString &step) const
{
    const PlannedStep *found = find(step);
    return found && found->section == PlanSection::Steps;
}

void StepTable::update(const QString &step, const RunState &state)
{
    if (const auto at = m_index.constFind(step); at != m_index.constEnd())
        count(*at, m_states[*at], stateOf(state, step));
}

void StepTable::count(size_t index, StepState from, StepState to)
{
    if (from == to)
        return;
    m_states[index] = to;
    const auto settle = [this](size_t i) {
        const bool isReady = m_plan->steps[i].section == PlanSection::Steps &&
                             m_states[i] == StepState::Pending && m_unmet[i] == 0;
        if (isReady)
            m_ready.insert(i);
        else
            m_ready.erase(i);
    };
    settle(index);
    if (endedWell(from) != endedWell(to)) {
        for (const size_t follower : m_followers[index]) {
            m_unmet[follower] += endedWell(to) ? -1 : 1;
            settle(follower);
        }
    }
    if (m_plan->steps[index].section != PlanSection::Steps)
        return;
    const auto isBroken = [](StepState state) {
        return state == StepState::Failed || state == StepState::Cancelled;
    };
    m_left += (isEnded(to) ? 0 : 1) - (isEnded(from) ? 0 : 1);
    m_broken += (isBroken(to) ? 1 : 0) - (isBroken(from) ? 1 : 0);
}

void StepTable::updateAll(const RunState &state)
{
    for (const PlannedStep &step : m_plan->steps)
        update(step.id, state);
}

Schedule nextSteps(const ScheduleInput &input)
{
    Schedule schedule;
    const bool stopped =
        input.state.cancelRequested || input.finallyOnly || input.table.broken() > 0;
    if (input.table.left() > 0 && !stopped) {
        const qsizetype room = std::max<qsizetype>(0, kParallelSteps - input.active.size());
        for (const size_t i : input.table.ready()) {
            if (schedule.start.size() >= room)
                break;
            const PlannedStep &step = input.plan.steps[i];
            if (input.active.contains(step.id))
                continue;
            if (step.barrier() && step.skipReason.isEmpty() &&
                !barrierIsOpen(input.plan, input.state, step))
                continue;
            offer(input, step, schedule);
        }
        if (!input.mayStart)
            schedule.start.clear();
        return schedule;
    }
    const bool working =
        std::any_of(input.active.begin(), input.active.end(),
                    [&input](const QString &id) { return input.table.isOrdinary(id); });
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
