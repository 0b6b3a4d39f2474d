// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file_descriptor.h"
#include "core/base/ids.h"
#include "core/model/restore_point.h"

namespace lb {

/// Keeps a restore point from being removed while it is used; gone with the object or the process.
/// Move-only. Shared: any number of users at once.
class PointUse
{
public:
    PointUse(PointUse &&other) noexcept;
    PointUse &operator=(PointUse &&other) noexcept;
    PointUse(const PointUse &) = delete;
    PointUse &operator=(const PointUse &) = delete;
    ~PointUse();

    /// The folder of the point, absolute.
    const QString &folder() const { return m_folder; }

    /// Locks the point with this id in `systemFolder`. Without a lock where the store is read-only
    /// to us and nothing could be removed by us either.
    static Result<PointUse> take(const QString &systemFolder, const PointId &id,
                                 const QString &who);

private:
    PointUse() = default;
    void release();

    FileDescriptor m_lock;
    QString m_folder;
    QString m_note; ///< file that says who uses it; empty on a read-only store
};

/// Takes the exclusive lock of a point, as its writer and its remover need it. Conflict, with the
/// names of those who hold it, when it is taken.
Result<FileDescriptor> lockPointAlone(const QString &systemFolder, const PointId &id);
/// True when a live process holds any lock on the point.
bool isPointLocked(const QString &systemFolder, const PointId &id);
/// Deletes the lock file; the caller holds the exclusive lock.
void removePointLock(const QString &systemFolder, const PointId &id);

} // namespace lb
