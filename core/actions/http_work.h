// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/worker_execution.h"

namespace lb {

/// Sends one request. A question (probe, check, wait) takes any status for an answer; everything
/// else wants one of `success`.
WorkerExecution::Work httpWork(const HttpCall &call, const ActionContext &context);

} // namespace lb
