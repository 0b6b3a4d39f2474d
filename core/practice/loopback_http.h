// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QByteArray>
#include <QJsonObject>

namespace lb::practice {

/// Sent with every such request: it makes ready or judges what is practised and is no part of it,
/// so a slow simulator answers it at once.
inline constexpr char kAsideHeader[] = "X-Practice-Aside";

struct LoopbackAnswer
{
    int status = 0;
    QByteArray body;
};

/// One request to a server on 127.0.0.1 on a connection of its own. Blocks for at most 20 s; no
/// event loop. Nothing of what Lifeboat's own requests are made with is used, so that it can judge
/// them. `path` is encoded already.
Result<LoopbackAnswer> askLoopback(quint16 port, const QByteArray &method, const QByteArray &path,
                                   const QByteArray &body = {});

/// The same, for an answer that must be 2xx and one JSON object.
Result<QJsonObject> askLoopbackJson(quint16 port, const QByteArray &method, const QByteArray &path,
                                    const QByteArray &body = {});

} // namespace lb::practice
