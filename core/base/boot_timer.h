// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clock.h"

#include <QTimer>

#include <functional>

namespace lb {

/// How long this computer has slept since it was started; grows by each suspend.
std::chrono::nanoseconds sleepTime();

/// Fires once, by CLOCK_BOOTTIME: the time that the computer sleeps counts, which no QTimer does.
/// Up to two seconds late after waking. Lives in its owner's event loop.
class BootTimer : public QObject
{
    Q_OBJECT
public:
    using Clock = std::function<std::chrono::nanoseconds()>;

    /// `clock`: for tests.
    explicit BootTimer(QObject *parent = nullptr, Clock clock = &bootTime);
    /// From now on, whatever was under way before.
    void start(std::chrono::milliseconds duration);
    void stop() { m_look.stop(); }
    bool isActive() const { return m_look.isActive(); }

Q_SIGNALS:
    void timeout();

private:
    void look();

    Clock m_clock;
    std::chrono::nanoseconds m_due{0};
    QTimer m_look;
};

} // namespace lb
