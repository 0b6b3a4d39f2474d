// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/ids.h"

namespace lb::storepaths {

inline constexpr int kStoreFormat = 1;
inline constexpr QLatin1String kManifest{"manifest.json"};
inline constexpr QLatin1String kSums{"SHA256SUMS"};
inline constexpr QLatin1String kRestoreText{"RESTORE.md"};

QString marker(const QString &store);
/// Says which recovery keys have opened a point of the store.
QString recoveryKeys(const QString &store);
QString partial(const QString &systemFolder, const PointId &id);
QString removing(const QString &systemFolder, const PointId &id);
QString published(const QString &systemFolder, const PointId &id);
QString proofs(const QString &systemFolder, const PointId &id);
/// The folder of the lock files and of the notes that say who uses what.
QString locks(const QString &systemFolder);
/// The file inside a partial point that says which run writes it.
QString owner(const QString &partialFolder);

/// A system's name as one folder name: no separators, no hidden names, at most 200 bytes.
Result<void> checkSystemName(const QString &system);
/// A point's id as it may stand in a path.
Result<void> checkPointId(const PointId &id);
/// `parts/NAME`, one level or more, plain names: as a part's file may be called.
Result<void> checkPartPath(const QString &path);

} // namespace lb::storepaths
