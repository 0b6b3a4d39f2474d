// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file_descriptor.h"
#include "core/base/ids.h"
#include "core/model/profiles.h"

#include <vector>

namespace lb {

enum class LeaseMode
{
    Shared,    ///< saves: beside other saves and reads
    Exclusive, ///< everything that changes the target
};

/// The right to work on identity + scope (design §5), held as kernel locks: gone with the object
/// or its process, so a dead owner is taken over at once. Two kinds together: a file a run in
/// Lifeboat's data folder (finds runs of other profiles, scopes that are no folders), and a lock on
/// each folder of the scope itself (finds other users and other data folders).
class Lease
{
public:
    /// Conflict names the run, process and host that hold what overlaps. Blocks shortly.
    static Result<Lease> take(const RunId &run, const Identity &identity, LeaseMode mode);
    /// The same question, taking nothing: evidence for the check `lease`.
    static Result<void> isFree(const RunId &run, const Identity &identity, LeaseMode mode);

    Lease(Lease &&) noexcept = default;
    Lease &operator=(Lease &&) noexcept = default;
    ~Lease();

    /// Locks a folder that this run has made and will swap into place, so that the target stays
    /// locked when its folder is another one.
    Result<void> add(const QString &folder);

private:
    Lease() = default;

    QString m_file;
    FileDescriptor m_lock;
    LeaseMode m_mode = LeaseMode::Shared;
    std::vector<FileDescriptor> m_folders;
};

/// True when a run on `a` could touch what a run on `b` works with: equal names, or one folder
/// inside the other.
bool scopesOverlap(const QStringList &a, const QStringList &b);

} // namespace lb
