// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/boot_timer.h"
#include "core/engine/run_environment.h"

namespace lb {

/// When a step looks whether the target is still the installation of the plan.
enum class ReadIdentity
{
    IfItDestroys,
    Always,
};

/// One attempt of one step: its calls one after the other, its timeout, its identity check before
/// it destroys. Main thread. Journals what it observes; its outcome is the engine's to journal.
class StepRun : public QObject
{
    Q_OBJECT
public:
    StepRun(const PlannedStep &step, int attempt, std::vector<Call> filled, const Secrets &secrets,
            const RunEnvironment &environment, std::function<Identity()> expected, QObject *parent);

    void start(ReadIdentity when);
    /// Ends a read at once, a program with TERM and KILL; a swap is finished first.
    void cancel();
    const PlannedStep &step() const { return m_step; }
    int attempt() const { return m_attempt; }

Q_SIGNALS:
    void progress(const QString &step, const lb::CallProgress &progress);
    void finished(const lb::CallEnd &end);

private:
    void checkIdentity(size_t index);
    void readFact(size_t index, const Secrets &secrets);
    void startCallAt(size_t index);
    void onCallFinished(const Result<CallOutcome> &outcome);
    void end(const Result<CallOutcome> &outcome);

    PlannedStep m_step;
    int m_attempt;
    std::vector<Call> m_calls;
    const RunEnvironment &m_environment;
    const std::function<Identity()> m_expected;
    ActionContext m_context;
    BootTimer m_timeout;
    Execution *m_execution = nullptr;
    size_t m_index = 0;
    CallOutcome m_outcome;
    QJsonObject m_factsNow;
    bool m_timedOut = false, m_cancelled = false, m_ended = false;
};

} // namespace lb
