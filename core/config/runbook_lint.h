// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/config/findings.h"

namespace lb {

/// What a runbook's parts must be to each other: references, order, effects, obligations, secrets.
/// The document's shape has been checked before.
void lintRunbook(const Runbook &runbook, const YamlDocument &document, Findings &findings);

} // namespace lb
