// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QObject>
#include <QStringList>

#include <functional>
#include <memory>

namespace lb {

/// How a practice installation's simulators are to behave from now on.
struct PracticeSimulators
{
    quint16 port = 0; ///< of what is reached first; 0: the one it has, or a free one
    QStringList faults;
};

namespace practice {

/// Kept from now on, so that a profile that names it stays right.
Result<quint16> freePort();

/// Makes a simulator that listens; its port.
using MakeSimulator = std::function<Result<quint16>(std::unique_ptr<QObject> *simulator)>;

/// The life of a simulator's process: holds `folder`'s record and serves until TERM, or until that
/// folder is gone. Needs a QCoreApplication and runs its event loop. The exit status.
int serveSimulator(const QString &folder, const MakeSimulator &make);

} // namespace practice

} // namespace lb
