// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/config/findings.h"
#include "core/model/action.h"

namespace lb {

/// Holds an action's keys against the action table: unknown, missing, wrong types, and what one
/// action demands of its keys together. References are not resolved here.
void checkAction(const YamlNode &node, const ActionSpec &spec, bool builtIn, Findings &findings);

} // namespace lb
