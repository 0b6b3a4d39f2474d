// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/model/restore_point.h"

namespace lb {

/// Reads a published point: manifest, its sum, the parts' presence and size, the proofs. Never
/// fails: what is wrong with it stands in `problem`. Does not read the parts' content.
RestorePoint readPoint(const QString &systemFolder, const PointId &id, const QString &store);

} // namespace lb
