// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/run_state.h"

namespace lb {

/// What a run's events tell, in words; not yet made safe to show.

/// Something that a person did.
struct RunAct
{
    QDateTime at;
    QString by, what, note;
};
std::vector<RunAct> actsOf(const std::vector<RunEvent> &events);

/// Something that happened to the run or to one of its steps.
struct RunHappening
{
    QDateTime at;
    QString step;
    int attempt = 0;
    QString event; ///< the journal's word
    QString text;
};
std::vector<RunHappening> happeningsOf(const std::vector<RunEvent> &events);

/// How it ended, or that it has not, in one sentence.
QString outcomeText(const RunView &view);
/// The state of a step as people see it: what ran when the runner died is unknown.
StepState shownState(const RunView &view, const StepRecord *record);

} // namespace lb
