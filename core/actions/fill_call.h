// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/plan.h"

namespace lb {

/// Every slot in a call, each once.
std::vector<Slot> slotsOf(const Call &call);

/// The same call with every slot filled: no slot is left, nothing else is changed. BadInput names
/// the slot whose value may not stand there.
Result<Call> filledCall(const Call &call, const TemplateText::Lookup &lookup);

} // namespace lb
