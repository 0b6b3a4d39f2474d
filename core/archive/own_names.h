// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArrayView>

namespace lb {

inline constexpr char kStagePrefix[] = ".lifeboat-stage-";
inline constexpr char kAsidePrefix[] = ".lifeboat-aside-";
inline constexpr char kIncomingPrefix[] = ".lifeboat-incoming-";
inline constexpr char kSavedPrefix[] = ".lifeboat-saved-"; ///< a restore point refers to it

/// True for what a run leaves beside or inside a target: never saved, never compared.
inline bool isOwnName(QByteArrayView name)
{
    return name.startsWith(kStagePrefix) || name.startsWith(kAsidePrefix) ||
           name.startsWith(kIncomingPrefix) || name.startsWith(kSavedPrefix);
}

} // namespace lb
