// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/run_state.h"

namespace lb::test {

/// A plan in short: `a b<a c!<a,b | start+ revoke* | publish<a`. Three sections: steps, finally,
/// closing. Behind a step's id, each at most once and in this order:
///   ~ change, ! destroy (else read) · ^ can be undone · + proven, * always · @ID obliges that
///   finally step · <A,B what it needs · ? its condition is decided at run time
/// Each step starts the program of its name; its undo starts `back`.
Plan shortPlan(const QString &text);

/// What happened, in short: `a b=failed c=running cancel` is go, then each step's events. After `=`
/// a word of StepState (`succeeded` may be left out), `retried` (failed, to be tried again) or
/// `lost` (its intent went with a torn tail, then the run was cancelled); `cancel` and `finishing`
/// are the run's.
RunState shortState(const QString &text);

} // namespace lb::test
