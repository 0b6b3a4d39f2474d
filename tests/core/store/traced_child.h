// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

namespace lb::test {

/// What to do to a child at the N-th of its system calls that can change a disk.
struct Disturbance
{
    enum class Kind
    {
        None,
        Kill,
        FailSync,
        FailWrite
    };
    Kind kind = Kind::None;
    int at = 0; ///< counts from 1: calls of the kind that is disturbed
    int error = 0;
};

struct TracedEnd
{
    bool traced = false;    ///< false: this machine allows no tracing; skip
    bool disturbed = false; ///< the N-th call came
    int exitStatus = -1;    ///< of a child that ended by itself
    int calls = 0;          ///< that can change a disk
};

/// Runs `work` in a forked child under ptrace. Killing happens before the call, so every state
/// between two changes of the disk is reached.
TracedEnd runTraced(const std::function<int()> &work, const Disturbance &disturbance);

} // namespace lb::test
