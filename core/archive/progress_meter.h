// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/tree_types.h"
#include "core/base/clock.h"

namespace lb {

/// Lets a progress function be called at most 20 times a second. One thread.
class ProgressMeter
{
public:
    explicit ProgressMeter(const TreeProgressFn &function) : m_function(function) {}

    void show(const TreeProgress &progress)
    {
        using namespace std::chrono_literals;
        if (!m_function)
            return;
        const auto now = bootTime();
        if (now - m_last < 50ms)
            return;
        m_last = now;
        m_function(progress);
    }
    void last(const TreeProgress &progress)
    {
        if (m_function)
            m_function(progress);
    }

private:
    const TreeProgressFn &m_function;
    std::chrono::nanoseconds m_last{0};
};

} // namespace lb
