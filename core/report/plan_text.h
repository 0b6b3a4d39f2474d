// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/plan.h"

namespace lb {

enum class PlanStyle
{
    Plain,
    Ansi, ///< for a terminal that shows colours
};

/// The plan as people read it before they say go: every call, every file, every slot. Command lines
/// stand unbroken on lines of their own. `sha256`: hex, as Plan::sha256() gives it; may be empty.
/// `width` in characters; 0 = no wrapping. Pure; any thread.
QString planText(const Plan &plan, const QByteArray &sha256, int width = 80,
                 PlanStyle style = PlanStyle::Plain);

} // namespace lb
