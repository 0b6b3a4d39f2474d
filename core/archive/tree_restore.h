// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/tree_types.h"

#include <stop_token>

namespace lb {

struct RestoreOptions
{
    TreeArchive archive;
    QString staging;       ///< made (0700) when missing; must be empty
    bool sync = true;      ///< one sync of the file system at the end
    bool keepSetId = true; ///< setuid and setgid as the index lists them
    int workers = 2;
};

struct RestoreReport
{
    quint64 entries = 0;
    quint64 bytes = 0;
    NoteList refused;         ///< entries that were not created because they are not safe
    NoteList warnings;        ///< metadata that this user or file system could not set
    quint64 ownersNotSet = 0; ///< also one of the warnings
};

/// Extracts beneath the staging folder and verifies every byte on the way; metadata of folders
/// comes last. Corrupt (naming what is damaged) means that the staging folder must not be used.
/// Never writes outside of it: names are resolved one by one from its descriptor, links are made
/// after all files. Blocks; flat memory.
Result<RestoreReport> restoreTree(const RestoreOptions &options,
                                  const TreeProgressFn &progress = {}, std::stop_token stop = {});

struct ExtractOptions
{
    TreeArchive archive;
    std::vector<QByteArray> paths; ///< files, or folders with everything below; "." is all
    QString destination;           ///< exists; paths are kept below it; existing files are refused
    bool keepSetId = false;
};

/// Pulls single files or folders out, reading only the frames they are in. NotFound names a path
/// that is not in the archive. A hard link whose first name is not among the paths becomes a file.
Result<RestoreReport> extractPaths(const ExtractOptions &options,
                                   const TreeProgressFn &progress = {}, std::stop_token stop = {});

} // namespace lb
