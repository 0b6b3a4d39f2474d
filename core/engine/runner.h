// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/point_session.h"
#include "core/engine/command_server.h"
#include "core/engine/run_engine.h"

#include <QSet>
#include <QThreadPool>

namespace lb {

class Inhibitor;
class Notifier;

/// One run in one process: opens or makes its folder, journal and socket, and lets the engine work.
/// Main thread. Holds the run's lock for its whole life.
class Runner : public QObject
{
    Q_OBJECT
public:
    explicit Runner(RunnerHooks hooks, QObject *parent = nullptr);
    ~Runner() override;

    /// Stands when this returns: the request is on disk and the socket listens. Work begins with
    /// the event loop.
    Result<RunnerGreeting> begin(const RunnerOrder &order);
    /// SIGTERM.
    void stopAtSafePoint();

Q_SIGNALS:
    /// Everything is on disk; the process can end.
    void over();

private:
    Result<RunnerGreeting> start(const RunRequest &request);
    Result<RunnerGreeting> resume(const RunnerOrder &order);
    Result<RunnerGreeting> stand(std::unique_ptr<Journal> journal, RunState state,
                                 const std::optional<RunRequest> &request);
    Result<void> readUndone(const QString &run);
    Result<void> onCommand(const RunCommand &command);
    void onDurable(const RunEvent &event, const QByteArray &line);
    void followDesktop(const RunEvent &event);
    void remember(bool obligationsToo);
    RunnerMessage hello() const;
    void finish();

    RunnerHooks m_hooks;
    RunFolder m_folder{QString()};
    std::optional<RunLock> m_lock;
    std::unique_ptr<RunLog> m_log;
    std::unique_ptr<Guard> m_guard;
    std::unique_ptr<Inventory> m_inventory;
    RunEnvironment m_environment;
    std::unique_ptr<CommandServer> m_server;
    std::unique_ptr<RunEngine> m_engine;
    std::unique_ptr<Notifier> m_notifier;
    std::unique_ptr<Inhibitor> m_inhibitor;
    QSet<QString> m_open; ///< steps that are under way
    QThreadPool m_index;  ///< one thread: writes to the inventory in order
    RunStateName m_rememberedState = RunStateName::Preparing;
    bool m_ended = false;
};

} // namespace lb
