// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/plan.h"
#include "core/model/run_state.h"

namespace lb {

/// What a slot stood for in a run: `run`, `point`, or an output that a step left.
Result<QString> slotValue(const Slot &slot, const RunState &state);
/// The same for conditions, with its type.
Result<QJsonValue> slotJson(const QString &path, const RunState &state);

/// The restore point that a run makes: named after it, so that nothing has to be remembered.
PointId pointOf(const RunId &run);

/// The plan that walks back what a run did: its steps from the last to the first, each by its own
/// undo; what it had stopped is stopped first and started last. Slots are filled: the run is known.
/// Conflict when something beyond the line of no return was done, naming it.
Result<Plan> makeUndoPlan(const Plan &original, const RunState &state);

} // namespace lb
