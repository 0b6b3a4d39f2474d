// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QJsonObject>
#include <QObject>
#include <QUrl>

#include <chrono>
#include <functional>

namespace lb {

/// Posts one JSON document. Follows no redirect; the answer's body is not read. Main thread; never
/// blocks. `then` comes once from the event loop, unless `owner` is gone. Errors name the host
/// alone: what stands behind it in a webhook's URL is often what lets one in.
void postJson(QObject *owner, const QUrl &url, const QJsonObject &body,
              std::chrono::milliseconds limit, std::function<void(const Result<void> &)> then);

} // namespace lb
