// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/config/findings.h"
#include "core/config/shapes.h"

#include <optional>

namespace lb {

/// Holds a node against a shape and everything below it: unknown and missing keys, wrong types,
/// words that are none, patterns, actions and their keys. Whoever builds from the node afterwards
/// may skip what has the wrong type: it has been said.
void checkShape(const YamlNode &node, const Shape &shape, bool builtIn, Findings &findings);

/// An action as it stands in an object.
struct FoundAction
{
    const ActionSpec *spec = nullptr;
    const YamlNode *node = nullptr;
    YamlPlace place; ///< of its key
};
/// The first action in the object, if any.
FoundAction findActionIn(const YamlNode &node);

/// The value of an action's key in the form the plan takes it: texts as written, numbers, lists.
QJsonValue paramValue(const ParamSpec &spec, const YamlNode &node);
/// Whether a rule of done_when says anything, and what is wrong with it.
bool checkMatch(const YamlNode &node, Findings &findings);
void checkCondition(const YamlNode &node, Findings &findings);

} // namespace lb
