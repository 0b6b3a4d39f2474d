// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArrayView>

namespace lb {

inline constexpr char kStagePrefix[] = ".lifeboat-stage-";
inline constexpr char kAsidePrefix[] = ".lifeboat-aside-";
inline constexpr char kIncomingPrefix[] = ".lifeboat-incoming-";

/// True for what a restore leaves beside or inside a target: never saved, never compared.
inline bool isOwnName(QByteArrayView name)
{
    return name.startsWith(kStagePrefix) || name.startsWith(kAsidePrefix) ||
           name.startsWith(kIncomingPrefix);
}

} // namespace lb
