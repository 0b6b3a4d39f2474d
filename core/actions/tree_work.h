// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/worker_execution.h"
#include "core/archive/tree_types.h"

namespace lb {

/// What the tree calls do, each as work for a WorkerExecution.
WorkerExecution::Work treeSaveWork(const TreeSaveCall &call, const ActionContext &context);
WorkerExecution::Work treeStageWork(const TreeStageCall &call, const ActionContext &context);
WorkerExecution::Work treeSwapWork(const TreeSwapCall &call, const ActionContext &context);
WorkerExecution::Work treeSwapBackWork(const TreeSwapBackCall &call, const ActionContext &context);
WorkerExecution::Work treeRemoveWork(const TreeRemoveCall &call, const ActionContext &context);

/// The files of a saved tree. Corrupt when the index is not the one that the manifest has: what it
/// says about the archive is not believed then.
Result<TreeArchive> treeArchive(const QString &pointFolder, const PartRecord &part);

/// True for a name that Lifeboat gives to its own staging and aside folders.
bool isOwnFolderName(const QString &folder);

} // namespace lb
