// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/worker_execution.h"
#include "core/transport/http_client.h"

namespace lb {

/// Sends one request. A question (probe, check, wait) takes any status for an answer; everything
/// else wants one of `success`.
WorkerExecution::Work httpWork(const HttpCall &call, const ActionContext &context);

/// The call as the transport wants it, with its secrets. No slot may be left.
Result<HttpRequest> httpRequest(const HttpCall &call, const ActionContext &context);

} // namespace lb
