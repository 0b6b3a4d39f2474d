// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/boot_timer.h"
#include "core/engine/run_environment.h"

namespace lb {

/// Tells whoever the system's profile names that the run waits for a person or a credential: at
/// once, and every ten minutes until the wait is over. Main thread; never blocks. Telling that
/// fails is a warning of the run, once, and nothing more.
class Notifier : public QObject
{
    Q_OBJECT
public:
    explicit Notifier(const RunEnvironment &environment, QObject *parent = nullptr);
    /// Looks at what the run waits for now.
    void look();

private:
    void tell();
    void onTold(const Result<void> &told);

    const RunEnvironment &m_environment;
    std::optional<Waiting> m_told;
    BootTimer m_again;
    bool m_warned = false;
};

} // namespace lb
