// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/runbook.h"

#include <functional>
#include <optional>

namespace lb {

class References;

/// A slot's value while a run goes on, by its path (`steps.dump.outputs.size`). NotFound: there is
/// none, as of a step that was skipped.
using ConditionLookup = std::function<Result<QJsonValue>(const QString &path)>;

/// Decides what the planner left open (PlannedStep::when). Only for conditions out of a plan.
Result<bool> evaluate(const Condition &planned, const ConditionLookup &lookup);

/// A condition with everything filled that is known when the plan is made. `decided` is set when
/// nothing is open any more; else `open` is what PlannedStep::when keeps. In it a value is
/// {"value": V}, {"slot": PATH} or {"text": […]}, so that a value with braces stays a value.
struct PlannedCondition
{
    std::optional<bool> decided;
    Condition open;
};
Result<PlannedCondition> planCondition(const Condition &written, const References &references);

/// The condition as a person reads it: “inputs.folder is given”.
QString conditionText(const Condition &written);

} // namespace lb
