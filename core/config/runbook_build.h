// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/config/yaml_document.h"

namespace lb {

/// The runbook that a document describes. What has the wrong type is left out: checkShape() has
/// said so. References are not resolved.
Runbook buildRunbook(const YamlNode &root);

/// The action in an object, with its keys as the planner takes them.
std::optional<Action> buildAction(const YamlNode &object);

} // namespace lb
