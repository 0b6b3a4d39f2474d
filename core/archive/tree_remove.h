// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/tree_types.h"

#include <stop_token>

namespace lb {

/// Deletes a folder with all below it, or a file, never following links and never entering
/// another file system (Conflict names the mount point). Can be called again after a crash; a
/// missing path is success. Blocks; flat memory.
Result<void> removeTree(const QString &path, const TreeProgressFn &progress = {},
                        std::stop_token stop = {});

} // namespace lb
