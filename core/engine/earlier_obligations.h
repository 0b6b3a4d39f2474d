// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/plan.h"
#include "core/model/run_state.h"

namespace lb {

/// What earlier runs of the plan's system have left and a good end of this one puts right (`closes`
/// of its runbook). Those that are closed already are among them: who closed them may have died
/// before the inventory knew. Reads every run's journal: blocks. A run that cannot be read is left
/// out: it stays as it is.
std::vector<Obligation> obligationsClosedBy(const Plan &plan);

} // namespace lb
