// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/worker_execution.h"

namespace lb {

/// Writes a file atomically; what stood there is kept aside first.
WorkerExecution::Work writeFileWork(const WriteFileCall &call, const ActionContext &context);
/// Undo: the old file back from aside, or, when there was none, the written one removed.
WorkerExecution::Work restoreFileWork(const RestoreFileCall &call, const ActionContext &context);

} // namespace lb
