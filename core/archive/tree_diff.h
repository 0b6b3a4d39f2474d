// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/tree_index.h"

#include <QStringList>

namespace lb {

/// One path that is not the same in two trees.
struct TreeDifference
{
    std::optional<IndexEntry> before, after; ///< without one: added, or removed
    /// What differs where both are there: kind, content, mode, owner, time, target, attributes.
    QStringList what;
};

/// Walks the indexes of two saved trees side by side, in their order; content is compared by size
/// and SHA-256. `visit` returns false to stop. Flat memory; reads no archive.
Result<void> diffTrees(const QString &before, const QString &after,
                       const std::function<bool(const TreeDifference &)> &visit,
                       std::stop_token stop = {});

} // namespace lb
