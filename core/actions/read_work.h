// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/worker_execution.h"

namespace lb {

/// Built-in reads: checks and facts about this machine. A check that does not hold is an error
/// (Failed, NoSpace, NotFound…) whose detail is the evidence; one that holds has its evidence in
/// outputs.evidence, a fact its value in answer.value.
WorkerExecution::Work readWork(const ReadCall &call);

} // namespace lb
