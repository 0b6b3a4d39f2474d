// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDateTime>
#include <QString>

#include <chrono>

namespace lb {

/// Now, in UTC. For people and records; never for measuring (clocks jump).
QDateTime utcNow();

/// RFC 3339 in UTC with milliseconds, as all JSON of Lifeboat has it: 2026-11-21T03:04:05.678Z.
QString toJsonTime(const QDateTime &time);
/// The reverse; invalid for a text that is no such time.
QDateTime fromJsonTime(const QString &text);

/// CLOCK_BOOTTIME: goes on during suspend and never jumps. For durations and time-outs.
std::chrono::nanoseconds bootTime();

/// Times whose differences are durations: the wall clock as it stood when this was made, and what
/// has passed since by bootTime(). A clock that is set meanwhile moves nothing.
class SteadyClock
{
public:
    SteadyClock() : m_wall(utcNow()), m_boot(bootTime()) {}
    QDateTime now() const;

private:
    QDateTime m_wall;
    std::chrono::nanoseconds m_boot;
};

} // namespace lb
