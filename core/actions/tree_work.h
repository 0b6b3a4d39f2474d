// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/worker_execution.h"
#include "core/actions/worker_programs.h"
#include "core/archive/tree_types.h"

namespace lb {

/// What the tree calls do, each as work for a WorkerExecution.
WorkerExecution::Work treeSaveWork(const TreeSaveCall &call, const ActionContext &context,
                                   const std::shared_ptr<WorkerPrograms> &programs);
WorkerExecution::Work shapedTreeSaveWork(const TreeSaveCall &call, const TreeShape &shape,
                                         const ActionContext &context,
                                         const std::shared_ptr<WorkerPrograms> &programs);
WorkerExecution::Work treeStageWork(const TreeStageCall &call, const ActionContext &context,
                                    const std::shared_ptr<WorkerPrograms> &programs);
WorkerExecution::Work treeSwapWork(const TreeSwapCall &call, const ActionContext &context);
WorkerExecution::Work treeSwapBackWork(const TreeSwapBackCall &call, const ActionContext &context);
WorkerExecution::Work treeRemoveWork(const TreeRemoveCall &call, const ActionContext &context);

/// True for a name that Lifeboat gives to its own staging and aside folders.
bool isOwnFolderName(const QString &folder);

} // namespace lb
