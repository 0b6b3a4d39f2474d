// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/process_identity.h"
#include "core/model/plan.h"
#include "core/model/run_event.h"
#include "core/model/run_request.h"

#include <QMap>

#include <vector>

namespace lb {

struct StepRecord
{
    QString id;
    StepState state = StepState::Pending;
    int attempts = 0;
    QDateTime startedAt, endedAt;
    std::optional<Error> error;
    QStringList warnings;
    QString reason; ///< of a skip or cancel
    QJsonObject outputs;
    QJsonObject fills;           ///< slot path → value, of the last attempt
    QList<QJsonObject> observed; ///< of all attempts, in order; each says its `attempt`
};

struct CheckRecord
{
    QString id, title, evidence, hint;
    CheckVerdict verdict = CheckVerdict::Skipped;
    QDateTime at;
};

struct Obligation
{
    QString id, run, system, title, by;
    QJsonObject detail; ///< {folder, bytes, delete_after…}, or {database, server…}
    ObligationState state = ObligationState::Open;
    QDateTime openedAt, closedAt;
    QString note;

    /// The folder or database that is kept aside; empty for what a person or a step must do.
    QString kept() const;
    QJsonObject toJson() const; ///< {id, run, title, state, closed_at, …}
    static Obligation fromJson(const QJsonObject &object);
};

struct Waiting
{
    WaitingFor reason = WaitingFor::Person;
    QString step;
    QString text;
    QDateTime since;
    QString secret{}; ///< of Credential: the secret's name
};

/// The fold of a run's events: the only source of its state. Knows nothing of live processes;
/// `Interrupted` is what a reader makes of a state that has not ended and has no runner.
class RunState
{
public:
    /// Takes the next event. Events must come in order, beginning with RunRequested.
    void apply(const RunEvent &event);

    RunRequest request;
    RunStateName state = RunStateName::Preparing;
    QDateTime startedAt, endedAt;
    ProcessIdentity runner;
    QString runnerHost, socket;
    QString planSha256;
    std::optional<GoAnswer> go;
    QMap<QString, StepRecord> steps;
    QStringList stepOrder;           ///< as first seen; the plan's order where there is a plan
    std::vector<CheckRecord> checks; ///< the latest of each id
    QJsonObject prepared;            ///< kind → name → value
    std::vector<Obligation> obligations;
    std::optional<Waiting> waiting;
    QStringList warnings;
    QList<QJsonObject> answers;
    QList<QJsonObject> planDifferences; ///< of the last PlanVoided
    QString restorePoint;               ///< published or used
    bool pauseRequested = false, cancelRequested = false;
    bool finishing = false;
    bool finallyOnly = false;      ///< reopened for what is left in `finally` alone
    std::optional<Error> endError; ///< why it ended, when no step of its own says it (refused go…)
    quint64 lastSeq = 0;
    QDateTime lastTime;

    const StepRecord *step(const QString &id) const;
    bool hasOpenObligations() const;
};

/// The document of `runs show --json`, and what lists show.
struct RunView
{
    RunState state;
    std::optional<Plan> plan;
    RunStateName shown = RunStateName::Preparing; ///< with Interrupted
    bool runnerAlive = false;
    QString journalProblem; ///< not empty: the journal is damaged, opened read-only

    QJsonObject toJson() const;
};

/// Exit status of a run in this state (design §7).
int exitStatus(RunStateName state);

} // namespace lb
