// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

namespace lb {

/// Appends a JSON string that says `utf8`, with its quotes; for texts too many or too exact for
/// QJsonDocument. Bytes from 0x20 on stand as they are.
void appendJsonString(QByteArray &out, QByteArrayView utf8);

} // namespace lb
