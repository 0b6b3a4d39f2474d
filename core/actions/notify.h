// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QJsonObject>
#include <QObject>

#include <functional>

namespace lb {

class Guard;

/// Gives the facts to what a profile's `notify` names: a program (as JSON on its standard input and
/// as LIFEBOAT_… in its environment) or a webhook. At most 30 s. Main thread; never blocks. `then`
/// comes once from the event loop, or at once for a setting that is unusable.
void notifySomebody(QObject *owner, Guard *guard, const QString &notify, const QJsonObject &facts,
                    std::function<void(const Result<void> &)> then);

} // namespace lb
