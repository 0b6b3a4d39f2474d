// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/inventory/inventory.h"
#include "core/model/restore_point.h"
#include "core/model/run_request.h"
#include "core/plan/planner.h"

namespace lb {

/// What a preparation must know about disks and stores before it can plan. All of these block and
/// change nothing but throw-away names; call them in a worker.

/// The restore point that a request means: an id, `latest`, or the best one. BadInput when the
/// choice is a person's (design §6 “Choosing”).
Result<RestorePoint> choosePoint(const RunRequest &request);

/// How the folder could be swapped for a restored one, found by trying.
SwapFact probeTarget(const QString &into, const RunId &run);

/// The disk at a path, or at the nearest folder above it that exists.
struct DiskRoom
{
    qint64 free = 0;    ///< bytes for this user
    quint64 device = 0; ///< equal for paths on one file system
};
DiskRoom roomAt(const QString &path);

/// What a save will read, and the room there is for it.
struct SaveSurvey
{
    qint64 sourceBytes = 0;
    qint64 storeFree = 0;
};
/// Makes the store when it is new.
Result<SaveSurvey> surveySave(const StoreProfile &store, const Inventory *inventory,
                              const std::vector<TreeSaveCall> &saves);

} // namespace lb
