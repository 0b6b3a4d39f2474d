// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/async.h"
#include "core/model/run_state.h"
#include "core/runner/messages.h"

#include <QObject>

#include <memory>

namespace lb {

/// Starts a detached runner process (own session, `lifeboat-cli` in its hidden mode) and hands it
/// the order. Done when the runner has answered that it stands, or why not. `program`: the
/// lifeboat-cli to run.
Async<RunnerGreeting> launchRunner(const QString &program, const RunnerOrder &order);

enum class ReadPlan
{
    Yes,
    No, ///< takes half the time
};
/// Everything that is on disk about a run, folded; whether its runner lives (lock + process
/// identity). Never writes. NotFound for an unknown id.
Result<RunView> readRun(const RunId &run, ReadPlan which = ReadPlan::Yes);
/// Ids of all runs in the runs folder, newest first.
QList<RunId> listRuns();

/// Follows one run: past events from the journal, then live ones from the runner's socket, each
/// exactly once and in order; goes on when a resumed runner makes a new socket. GUI or main thread;
/// never blocks it. Deleting it never touches the run.
class RunFollower : public QObject
{
    Q_OBJECT
public:
    explicit RunFollower(const RunId &run, QObject *parent = nullptr);
    ~RunFollower() override;

    RunId run() const;
    const RunView &view() const; ///< the fold of all events delivered so far
    QString cancelLeaves() const;
    /// Sends a command; Unreachable when no runner lives.
    Async<void> send(RunCommand command);

Q_SIGNALS:
    void loaded(); ///< the past has been delivered
    void event(const lb::RunEvent &event);
    void line(const QByteArray &line); ///< the same event as it stands in the journal
    void changed();                    ///< view() is another one
    void progress(const lb::Progress &progress);
    void runnerGone(); ///< ended or interrupted: look at view().shown

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace lb
