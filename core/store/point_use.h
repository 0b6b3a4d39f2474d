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
    PointUse(PointUse &&) noexcept = default;
    PointUse &operator=(PointUse &&) noexcept;
    PointUse(const PointUse &) = delete;
    PointUse &operator=(const PointUse &) = delete;
    ~PointUse();

    /// The folder of the point, absolute.
    const QString &folder() const { return m_folder; }

private:
    friend class FolderStore;
    PointUse() = default;
    void release();

    FileDescriptor m_lock;
    QString m_folder;
    QString m_note; ///< file that says who uses it; empty on a read-only store
};

} // namespace lb
