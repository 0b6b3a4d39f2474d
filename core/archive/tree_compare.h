// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/tree_types.h"

#include <stop_token>

namespace lb {

struct CompareReport
{
    NoteList differences; ///< missing, extra, or what differs (content, mode, owner, time, …)
    quint64 entries = 0;  ///< in the index
    quint64 files = 0;
    quint64 bytes = 0;

    bool isEqual() const { return differences.isEmpty(); }
};

struct CompareOptions
{
    QString folder;
    QString index;
    bool owners = true; ///< off for a restore by an ordinary user
    bool times = true;  ///< off where only what is in the files counts
};

/// Reads a folder and compares it with an index: names, kinds, content (SHA-256), modes, owners,
/// times, links, xattrs and ACLs. Lifeboat's own aside and staging folders are not looked at.
Result<CompareReport> compareTree(const CompareOptions &options,
                                  const TreeProgressFn &progress = {}, std::stop_token stop = {});

} // namespace lb
