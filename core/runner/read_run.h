// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/run_state.h"

namespace lb {

/// Whether somebody works on the run: the process that its journal names, or whoever holds its
/// lock (a runner that has just taken it up and not yet said so).
bool runnerLives(const RunId &run, const RunState &state);

/// The state as people see it: not ended and nobody alive = draft or interrupted.
RunStateName shownState(const RunState &state, bool runnerAlive);

/// plan.json of a run, if it is the one with this hash.
Result<Plan> readPlan(const RunId &run, const QString &sha256);
Result<Plan> readPlan(const QString &file, const QString &sha256);

} // namespace lb
