// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/plan/planner.h"

namespace lb {

/// One check for each program that one of these calls starts as another user: sudo allows it
/// (`sudo -l`), or the hint is the line that sudoers lacks.
std::vector<PlannedCheck> sudoChecks(const std::vector<Call> &calls, const PlanInputs &in);

} // namespace lb
