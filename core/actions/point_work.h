// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/worker_execution.h"
#include "core/actions/worker_programs.h"

namespace lb {

/// What the calls on whole restore points do, each as work for a WorkerExecution.
WorkerExecution::Work publishWork(const PublishCall &call, const ActionContext &context);
/// PointVerify, PointFiles, PointExtract, PointRemove, InventoryRebuild.
WorkerExecution::Work pointWork(const PointCall &call, const ActionContext &context,
                                const std::shared_ptr<WorkerPrograms> &programs);

} // namespace lb
