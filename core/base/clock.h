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

} // namespace lb
