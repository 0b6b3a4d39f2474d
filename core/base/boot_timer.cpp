// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/boot_timer.h"

#include <algorithm>
#include <ctime>

namespace lb {

namespace {

using namespace std::chrono_literals;

/// QTimer goes by CLOCK_MONOTONIC, which stands still during suspend: so it never waits longer
/// than this without a look at the right clock.
constexpr std::chrono::milliseconds kLook = 2s;

} // namespace

std::chrono::nanoseconds sleepTime()
{
    timespec awake{};
    ::clock_gettime(CLOCK_MONOTONIC, &awake);
    return bootTime() - std::chrono::seconds(awake.tv_sec) -
           std::chrono::nanoseconds(awake.tv_nsec);
}

BootTimer::BootTimer(QObject *parent, Clock clock) : QObject(parent), m_clock(std::move(clock))
{
    m_look.setSingleShot(true);
    connect(&m_look, &QTimer::timeout, this, &BootTimer::look);
}

void BootTimer::start(std::chrono::milliseconds duration)
{
    m_due = m_clock() + duration;
    m_look.start(std::clamp(duration, 0ms, kLook));
}

void BootTimer::look()
{
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(m_due - m_clock());
    if (left > 0ms)
        m_look.start(std::min(left, kLook));
    else
        Q_EMIT timeout();
}

} // namespace lb
