// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/value_types.h"

namespace lb {

/// The closed lists as people read them, in window and terminal alike. One word = one meaning.
QString wordOf(RunStateName state);
QString wordOf(StepState state);
QString wordOf(CheckVerdict verdict);
QString wordOf(Completeness completeness);
QString wordOf(ProofLevel level);
QString wordOf(Purpose purpose);
QString wordOf(TargetKind target);

} // namespace lb
