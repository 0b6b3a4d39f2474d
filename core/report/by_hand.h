// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/plan.h"

namespace lb {

/// The shell lines that do what a call does, without Lifeboat; empty where a person only looks or
/// answers. Slots stand as ‹path›: put in what they stand for.
QStringList byHand(const Call &call, const Plan &plan);

} // namespace lb
