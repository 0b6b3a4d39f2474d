// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <system_error>
#include <thread>
#include <vector>

namespace lb {

/// Starts up to `wanted` threads that each call `work(number)`, at least one. Where the system
/// gives no more, the work is done by those that are there: an exception now would wait for ever
/// for the ones that have begun. Throws std::system_error when there is not even one.
template <class Work>
void startWorkers(std::vector<std::jthread> &threads, int wanted, Work work)
{
    threads.reserve(size_t(std::max(1, wanted)));
    for (int i = 0; i < std::max(1, wanted); ++i) {
        try {
            threads.emplace_back([work, i] { work(i); });
        } catch (const std::system_error &) {
            if (threads.empty())
                throw;
            return;
        }
    }
}

} // namespace lb
