// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/run_state.h"

namespace lb {

/// The id of a check without the item that `for_each` gave it: `room` of `room[shop]`.
QString checkGroup(const QString &id);

/// The answer with each acceptance of a whole group (`room`) written out for those of its checks
/// that warned (`room[shop]`, `room[stock]`), so that the journal lists what was accepted. A reason
/// for a single check counts more than that of its group.
GoAnswer withEachAccepted(GoAnswer answer, const std::vector<CheckRecord> &checks);

} // namespace lb
