// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/worker_execution.h"
#include "core/model/restore_point.h"

namespace lb {

// A part by reference: the files stay in the folder where they were made, and the restore point
// holds the list of them with their checksums, as `sha256sum -c` reads it. Ordinary files with
// names of ASCII only, as a snapshot's are. Worker threads; all of them block.

/// Writes the list of `folder` to the part's file below `pointFolder` and fills in what is known of
/// it: bytes, entries, checksum, `details.reference`.
Result<void> writeReference(const QString &folder, const QString &pointFolder, PartRecord &part,
                            const WorkerExecution::Report &report, const std::stop_token &stop);

/// The folder that a part refers to; empty when it lies in the store.
QString referenceOf(const PartRecord &part);

enum class ReferenceLook
{
    Names, ///< whether every file is there
    Bytes  ///< and whether it is what was saved
};

/// What is wrong in the folder, one sentence each; empty when nothing is. Corrupt when the list
/// itself is not the one that was saved.
Result<QStringList> referenceDamage(const QString &pointFolder, const PartRecord &part,
                                    ReferenceLook look, const WorkerExecution::Report &report,
                                    const std::stop_token &stop);

/// Copies the files to a new folder with owners and modes, verifying each on the way. Corrupt at
/// the first that is not what was saved; nothing is taken from the folder but what the list names.
Result<void> copyReference(const QString &pointFolder, const PartRecord &part, const QString &into,
                           const WorkerExecution::Report &report, const std::stop_token &stop);

} // namespace lb
