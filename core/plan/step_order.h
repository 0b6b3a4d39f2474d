// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/plan/step_builder.h"

namespace lb {

/// Ids of the steps that each step of the runbook became.
QHash<QString, QStringList> instanceIds(const std::vector<StepSpec> &specs,
                                        const std::vector<StepInstance> &instances);

/// Fills `needs` of one section's steps (one built step for each instance, in the same order), and
/// for the section `steps` puts every stage step before the first one that stops something: nothing
/// is stopped before all is staged and verified, nothing is swapped before all is staged.
Result<std::vector<PlannedStep>> orderSteps(const std::vector<StepSpec> &specs,
                                            const std::vector<StepInstance> &instances,
                                            std::vector<BuiltStep> built);

/// Refuses needs that go round in a circle, and slots whose step is not certain to have ended
/// before.
Result<void> checkOrder(const std::vector<PlannedStep> &steps);

/// Index of the first step that cannot be taken back; -1: none. A change that a finally step takes
/// back by way of an obligation can.
int lineOfNoReturn(const std::vector<PlannedStep> &steps);

} // namespace lb
