// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/boot_timer.h"
#include "core/engine/leases.h"
#include "core/engine/preparation.h"
#include "core/engine/scheduler.h"
#include "core/engine/step_run.h"

#include <QHash>

namespace lb {

/// Decides what a run does next: prepare, wait for go, run the steps, finish (design §3, §5). Main
/// thread; never blocks. Everything it decides is journalled before it has an effect. Does not know
/// sockets: commands come in as calls, news go out as signals and journal events.
class RunEngine : public QObject
{
    Q_OBJECT
public:
    RunEngine(RunEnvironment &environment, QObject *parent);
    ~RunEngine() override;

    /// A new run, or one that was interrupted before its go: makes (or makes again) the plan.
    void prepare();
    /// After go was journalled and the runner died: takes the steps up again. `tornTail`: the
    /// journal's end was lost.
    void takeUp(bool tornTail);
    /// A failed run with work left in `finally`.
    void reopen(bool finallyOnly);

    Result<void> go(const GoAnswer &answer);
    Result<void> pause();
    Result<void> goOn();
    Result<void> cancel(const QString &by);
    Result<void> answer(const RunCommand &command);
    /// A secret that was typed for this run only.
    Result<void> giveSecret(const QString &name, const SecretHandle &value);
    /// SIGTERM: no further step begins; over() follows at the next safe point, the run stays
    /// interrupted.
    void stopAtSafePoint();
    /// What cancelling now would leave, and whether the service is then up or down.
    QString cancelLeaves() const;

Q_SIGNALS:
    void progress(const lb::Progress &progress);
    /// Nothing more will happen in this process: ended, drafted, or stopped.
    void over();

private:
    void onPrepared(const Prepared &prepared);
    void recordChecks(const std::vector<CheckRecord> &checks);
    void freeze(const Prepared &prepared);
    QJsonArray differences(const Prepared &now) const;
    void useAdvanceGo();
    /// What stands against this go; nothing when it may go.
    std::optional<Error> objection(const GoAnswer &given) const;
    void begin(const GoAnswer &answer);
    void stopWaiting(WaitingFor reason, const QString &step);
    bool isAsked(const QString &step) const;
    /// One wait is shown at a time; further ones stand behind it.
    struct Wait
    {
        WaitingFor reason = WaitingFor::Person;
        QString step, text;
        QString secret{};  ///< of Credential
        QDateTime since{}; ///< when it was waited for already before
    };
    void waitFor(const Wait &wait);
    void waitForPerson(const QString &step, const QString &text);
    void askNextQuestion();

    /// A secret that could not be had yet.
    struct Need
    {
        QStringList names;
        QString step, missing;
        std::function<void(const Result<Secrets> &)> then;
    };
    void obtain(const QStringList &names, const QString &step, bool wait,
                const std::function<void(const Result<Secrets> &)> &then);
    void fetch(const Need &need);
    void tryNeedsAgain();

    void advance();
    void advanceSoon();
    void startStep(const PlannedStep &step);
    void startFilled(const PlannedStep &step, int attempt, const std::vector<Call> &calls,
                     const QJsonObject &fills, const Secrets &secrets);
    void onStepFinished(StepRun *run, const Result<CallOutcome> &outcome);
    void succeed(const PlannedStep &step, int attempt, const CallOutcome &outcome);
    /// What follows from a step that has ended well. Done again by the next runner, which cannot
    /// know how far the last one came; then only what is missing.
    /// Lets go of typed secrets that nothing uses which is still to be done.
    void forgetTyped();
    /// The plan's, with what steps of this run have changed on purpose.
    Identity expectedIdentity() const;
    /// What this run has made of the target is the installation from now on.
    void pinAgain();
    void conclude(const PlannedStep &step);
    void failStep(const PlannedStep &step, int attempt, const Error &error);
    void waitForDisk(const PlannedStep &step, int attempt, const Error &error);
    /// Unreachable is a wait; false when it has lasted as long as the profile allows.
    bool waitForNetwork(const PlannedStep &step, int attempt, const Error &error);
    void tryAgainAfter(std::chrono::milliseconds pause, WaitingFor reason, const QString &step);
    void openObligation(const ObligationSpec &spec, const QJsonObject &detail);
    void closeObligationsOf(const QString &finallyStep);

    void settleUnknown(const QString &stepId);
    /// A program that ended by itself before its runner heard of it: true when that decides it.
    bool adoptEnd(const PlannedStep &step);
    void settleByPolicy(const PlannedStep &step);
    void probe(const PlannedStep &step);
    void askProbe(const PlannedStep &step, const Secrets &secrets);

    void endRun();
    void afterEnd(RunStateName state);
    void end(RunStateName state, const std::optional<Error> &why = {});
    void onProgress(const QString &step, const CallProgress &done);
    /// What the steps still to come took in past runs; nothing when one of them never ran.
    std::optional<qint64> laterMs(const QString &current, qint64 bytes);

    RunEnvironment &m_environment;
    const RunState &state() const { return m_environment.state(); }
    RunLog &log() { return *m_environment.log; }
    void commit(EventKind kind, const QString &step = {}, int attempt = 0,
                const QJsonObject &data = {}, std::function<void()> then = {});

    std::shared_ptr<const Plan> m_plan;
    std::optional<StepTable> m_table;   ///< of m_plan, in step with the state
    QHash<QString, qint64> m_estimates; ///< ms of past runs by step; -1: none
    std::optional<Lease> m_lease;
    std::optional<GoAnswer> m_pendingGo; ///< while checks are run again at go
    QHash<QString, StepRun *> m_running; ///< null: journalled, not started yet, or waiting
    QSet<QString> m_unsettled;           ///< unknown steps that are being looked into
    QMap<QString, QString> m_answered;   ///< check id → reason, given while preparing
    std::deque<Wait> m_waits;            ///< behind the shown one
    SecretBox m_secrets;
    std::vector<Need> m_needs;
    QTimer m_needsAgain;
    /// A step whose target was away, until it ends.
    struct Away
    {
        QDateTime since;
        std::chrono::nanoseconds begun{0}; ///< by bootTime()
        std::chrono::milliseconds pause{0};
    };
    QHash<QString, Away> m_away;
    std::chrono::nanoseconds m_checkedAt{0};             ///< by bootTime()
    std::chrono::nanoseconds m_knownSleep = sleepTime(); ///< when a step last began
    BootTimer m_idle;
    bool m_stopping = false, m_over = false, m_advancing = false;
    bool m_isAgain = false; ///< the preparation under way is the one at go
};

} // namespace lb
