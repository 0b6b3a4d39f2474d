// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace lb {

/// Makes `:/lifeboat/runbooks/*.yaml` and `:/lifeboat/schemas/*.json` readable. Call it in main(),
/// before anything loads a runbook; calling it again does nothing.
void initResources();

} // namespace lb
