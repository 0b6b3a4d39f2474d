// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/restore_point.h"

namespace lb {

/// The text of RESTORE.md: how to check and restore every part by hand, without Lifeboat, with
/// commands that can be pasted into a POSIX shell. Pure.
QByteArray restoreText(const RestorePoint &point);

} // namespace lb
