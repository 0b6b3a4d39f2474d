// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"

#include <ctime>

namespace lb {

QDateTime utcNow()
{
    return QDateTime::currentDateTimeUtc();
}

QString toJsonTime(const QDateTime &time)
{
    return time.isValid() ? time.toUTC().toString(Qt::ISODateWithMs) : QString();
}

QDateTime fromJsonTime(const QString &text)
{
    return QDateTime::fromString(text, Qt::ISODateWithMs);
}

std::chrono::nanoseconds bootTime()
{
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

QDateTime SteadyClock::now() const
{
    return m_wall.addMSecs(
        std::chrono::duration_cast<std::chrono::milliseconds>(bootTime() - m_boot).count());
}

} // namespace lb
