// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/inventory/inventory.h"
#include "core/store/folder_store.h"

#include <mutex>
#include <optional>

namespace lb {

/// Opens the store that a save writes to. A new one comes into being here; one that is known to
/// hold restore points must be there, or its disk is not mounted and the save would land beside it.
/// `inventory` may be missing.
Result<FolderStore> openForSaving(const StoreProfile &profile, const Inventory *inventory);

/// The restore point that a run is making, shared by its parallel steps: begun with the first part,
/// held until the run ends. Any thread.
class PointSession
{
public:
    PointSession(StoreProfile store, const Inventory *inventory, QString system, PointId point,
                 RunId run)
        : m_store(std::move(store)),
          m_inventory(inventory),
          m_system(std::move(system)),
          m_point(std::move(point)),
          m_run(std::move(run))
    {
    }

    /// The folder that parts are written below (`parts/NAME` is relative to it).
    Result<QString> folder();
    Result<RestorePoint> publish(const RestorePoint &point);
    /// Deletes what was not published; nothing when nothing was begun.
    Result<void> abandon();

private:
    Result<void> begin();

    StoreProfile m_store;
    const Inventory *m_inventory;
    QString m_system;
    PointId m_point;
    RunId m_run;
    std::mutex m_mutex;
    std::optional<PointWriter> m_writer;
};

} // namespace lb
