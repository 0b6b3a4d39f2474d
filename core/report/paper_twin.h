// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/plan.h"

namespace lb {

/// The plan on paper, in Markdown: the same data as planText(), boxes to tick, and for each step
/// the commands that do it by hand when Lifeboat is not there. Pure; any thread.
QString paperTwin(const Plan &plan, const QByteArray &sha256);

} // namespace lb
