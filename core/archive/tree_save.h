// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/tree_types.h"

#include <stop_token>

namespace lb {

struct SaveOptions
{
    QString folder;      ///< what to save
    TreeArchive archive; ///< files to write; begun anew when they exist
    /// Byte patterns: `*` and `?` stay inside one name, `**` crosses folders, `[…]`. One without a
    /// slash fits a name at any depth; one with a slash fits the path from the folder; a trailing
    /// slash fits folders only. What fits is left out with everything below it.
    std::vector<QByteArray> exclude;
    TreeShape shape;
    /// Folders never entered (the store itself); compared by device and inode.
    QStringList skipFolders;
    bool countFirst = false; ///< a quick walk beforehand, so that progress knows totals
    int workers = 2;
};

/// Saves a folder as seekable `.tar.zst` + index, both synced (with their folder) on return.
/// Blocks; call from a pool thread. Memory stays flat. Entries that cannot be saved never abort:
/// they are named in the summary. Errors: the folder cannot be opened, the output cannot be
/// written, Cancelled (half-written files stay for the caller to remove or replace).
Result<TreeSummary> saveTree(const SaveOptions &options, const TreeProgressFn &progress = {},
                             std::stop_token stop = {});

struct TreeCount
{
    quint64 entries = 0;
    quint64 bytes = 0;          ///< of content
    quint64 allocatedBytes = 0; ///< on disk
};
/// Counts what saveTree() would take; for room checks and progress. Names nothing.
Result<TreeCount> countTree(const SaveOptions &options, std::stop_token stop = {});

} // namespace lb
