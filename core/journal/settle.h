// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/model/run_state.h"

namespace lb {

/// Closes or waives an obligation of a run that has ended, in that run's own journal: an undo or a
/// person's word settles what the run left. Takes the run's lock; Conflict while a runner holds
/// it, NotFound when the run has no such open obligation. Blocks. Returns the settled obligation.
Result<Obligation> settleObligation(const RunId &run, const QString &obligation,
                                    ObligationState how, const QString &by, const QString &note);

} // namespace lb
