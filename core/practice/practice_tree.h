// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QString>
#include <QStringList>

namespace lb {

/// Makes a folder with what real folders hold: small and larger files, sparse ones, hard and
/// symbolic links, odd names, times to the nanosecond, modes, xattrs where the file system has
/// them. A few hundred entries, about 20 MiB. Conflict when the folder exists.
Result<void> makePracticeTree(const QString &folder);

/// Breaks it as accidents do: deletes, overwrites, shortens and adds files. What was done, one
/// sentence each.
Result<QStringList> damagePracticeTree(const QString &folder);

/// Deletes a folder with all in it, whatever its names and modes are. Gone already is good.
Result<void> removePracticeTree(const QString &folder);

} // namespace lb
