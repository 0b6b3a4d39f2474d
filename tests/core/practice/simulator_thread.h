// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QSemaphore>
#include <QThread>

namespace lb {

/// A simulator in a thread of its own, for clients that block.
template <class Simulator>
class SimulatorThread : public QThread
{
public:
    explicit SimulatorThread(typename Simulator::Options options) : m_options(std::move(options))
    {
        start();
        m_ready.acquire();
    }
    ~SimulatorThread() override
    {
        quit();
        wait();
    }
    quint16 port() const { return m_port; }

protected:
    void run() override
    {
        Simulator simulator(m_options);
        Result<void> booted;
        if constexpr (requires { simulator.boot(); })
            booted = simulator.boot();
        m_port = booted ? simulator.listen().value_or(0) : 0;
        m_ready.release();
        exec();
    }

private:
    typename Simulator::Options m_options;
    QSemaphore m_ready;
    quint16 m_port = 0;
};

} // namespace lb
