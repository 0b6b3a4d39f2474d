// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <QDBusUnixFileDescriptor>
#include <QObject>
#include <QTimer>

namespace lb {

/// Moves this process, and with it all it will start, into a systemd scope of its own, so that the
/// end of a terminal or of the desktop session does not end the run. For the start of a runner,
/// before it has children: waits at most three seconds. Without a systemd for this user nothing
/// happens; that is normal on a server.
void joinOwnScope(const RunId &run);

/// Keeps the computer from sleeping and shutting down while a step is open, by a lock of logind
/// (`block` where that is allowed, else `delay`). Main thread; never blocks. Without logind nothing
/// happens.
class Inhibitor : public QObject
{
    Q_OBJECT
public:
    explicit Inhibitor(const RunId &run, QObject *parent = nullptr);

    /// Steps follow each other quickly: the lock is let go a second after the last one.
    void setWanted(bool wanted);

private:
    void connectBus();
    void ask(const QString &mode);

    RunId m_run;
    QString m_bus; ///< the connection's name; empty: not tried yet
    QDBusUnixFileDescriptor m_lock;
    QTimer m_letGo;
    bool m_wanted = false, m_asking = false, m_absent = false;
};

} // namespace lb
