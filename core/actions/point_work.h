// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/worker_execution.h"

namespace lb {

/// What the calls on whole restore points do, each as work for a WorkerExecution.
WorkerExecution::Work publishWork(const PublishCall &call, const ActionContext &context);
/// PointVerify, PointFiles, PointExtract, PointRemove, InventoryRebuild.
WorkerExecution::Work pointWork(const PointCall &call, const ActionContext &context);

} // namespace lb
