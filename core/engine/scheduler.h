// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/run_state.h"

#include <QHash>
#include <QSet>

#include <functional>
#include <set>

namespace lb {

/// What may happen next in a run. Pure: the same plan and state give the same answer.
struct Schedule
{
    enum class Phase
    {
        Steps,
        Finally,
        Closing,
        Over
    };
    Phase phase = Phase::Steps;
    QStringList start; ///< steps that may begin now, in the plan's order
    std::vector<std::pair<QString, QString>> skip; ///< steps to be skipped now, and why
};

/// A plan's steps by number, what state each is in, and which of them wait for nothing any more:
/// what the scheduler looks at after every step, so that a plan of ten thousand steps costs no more
/// than a glance.
class StepTable
{
public:
    StepTable(const Plan &plan, const RunState &state);
    void update(const QString &step, const RunState &state);
    void updateAll(const RunState &state);

    /// Ordinary steps that are pending and whose needs are met, in the plan's order.
    const std::set<size_t> &ready() const { return m_ready; }
    /// Ordinary steps that have not ended.
    qsizetype left() const { return m_left; }
    /// Ordinary steps that failed or were cancelled.
    qsizetype broken() const { return m_broken; }
    bool isOrdinary(const QString &step) const;
    /// The plan's step; nullptr when it has no such one.
    const PlannedStep *find(const QString &step) const;

private:
    void count(size_t index, StepState from, StepState to);

    const Plan *m_plan;
    QHash<QString, size_t> m_index;
    std::vector<std::vector<size_t>> m_followers; ///< who needs it
    std::vector<int> m_unmet;                     ///< needs that have not ended well
    std::vector<StepState> m_states;
    std::set<size_t> m_ready;
    qsizetype m_left = 0, m_broken = 0;
};

struct ScheduleInput
{
    const Plan &plan;
    const RunState &state;
    const StepTable &table;
    QSet<QString> active;     ///< steps that an executor is working on, or that wait
    bool mayStart = true;     ///< false while paused: nothing begins, but phases are still told
    bool finallyOnly = false; ///< `runs resume --finally-only`: no further ordinary step
    /// Decides a condition that the plan had to leave open.
    std::function<bool(const PlannedStep &)> holds;
};

/// Order, barriers, stop at the first failure or cancel, then `finally`, then what closes the run
/// (design §4). At most kParallelSteps begin at once.
Schedule nextSteps(const ScheduleInput &input);

/// True when every ordinary step ended well: succeeded, with warnings, or skipped.
bool stepsProven(const Plan &plan, const RunState &state);

/// A `proven` finally step that was not run and must not be forgotten: what it undoes was begun.
std::vector<const PlannedStep *> unmetFinally(const Plan &plan, const RunState &state);

/// Steps that may have been running when the journal's last good line was written: those without
/// outcome, and, when a torn tail was set aside, all that could have been next.
QStringList unknownSteps(const Plan &plan, const RunState &state, bool tornTail);

inline constexpr int kParallelSteps = 8;

} // namespace lb
