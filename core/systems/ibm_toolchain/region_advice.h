// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/advice.h"
#include "core/systems/ibm_toolchain/address.h"

namespace lb {

/// One sentence, without a full stop, about a region that is closing or gone, with its last day and
/// how many are left; empty for one that stays and for one that is not known.
QString regionEnd(const ToolchainRegion &region, const QDate &today);

/// Of each such region that a profile's toolchains are in; and of each that is gone and has
/// restore points, which then are all that is left.
std::vector<Advice> toolchainAdvice(const QJsonObject &inputs,
                                    const std::vector<RestorePoint> &points, const QDate &today);

} // namespace lb
