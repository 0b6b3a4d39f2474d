// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clock.h"
#include "core/engine/built_in_checks.h"
#include "core/engine/leases.h"
#include "core/engine/run_environment.h"

#include <deque>

namespace lb {

/// What a preparation found: the frozen plan and the verdict on every check.
struct Prepared
{
    Plan plan;
    std::vector<CheckRecord> checks;
};

/// Reads everything a plan depends on and makes it: identity, restore point, discovery, ways of
/// swapping, plan, checks (design §3 `preparing`). Changes nothing on any target. Main thread;
/// blocking reads go to the workers. Journals what it reads. Use once.
class Preparation : public QObject
{
    Q_OBJECT
public:
    Preparation(const RunEnvironment &environment, QObject *parent);
    void start();

Q_SIGNALS:
    /// Exactly one of the two.
    void finished(const lb::Prepared &prepared);
    void failed(const lb::Error &error);

private:
    using Next = std::function<void()>;
    using Answers = QMap<QString, Result<CallOutcome>>;

    void readRequest();
    void choosePoint();
    void askSudo();
    void readFacts();
    void discover();
    void probeSwaps();
    void lookForDatabases();
    void makeThePlan();
    void runChecks();
    void askSecrets(QStringList names);
    void askChecks();
    void judge();
    CheckRecord secretsCheck() const;
    CheckRecord missingSecrets(CheckRecord check) const;

    /// Runs calls one after the other; `then` gets every answer.
    void ask(std::vector<NamedCall> calls, const QString &kind,
             std::function<void(const Answers &)> then);
    void askNext();
    void askOne(const NamedCall &next, const Secrets &secrets);
    /// Blocking work in a worker; `then` in the main thread.
    void work(std::function<Result<void>()> what, Next then);
    void give(const Result<Prepared> &result);
    void note(const QString &kind, const QString &name, const QJsonValue &value);

    const RunEnvironment &m_environment;
    PlanInputs m_in;
    QStringList m_missingFacts;
    QJsonObject m_factValues;
    Prepared m_prepared;
    qint64 m_sourceBytes = -1, m_storeFree = -1;
    QMap<QString, DiskRoom> m_targetRoom;
    std::optional<Error> m_leaseProblem;
    std::vector<std::pair<QString, Error>> m_missingSecrets; ///< by name
    bool m_done = false;

    std::deque<NamedCall> m_queue;
    QString m_kind;
    Answers m_answers;
    std::function<void(const Answers &)> m_then;
};

/// How the lease of such a plan is held; nothing for a plan that only reads.
std::optional<LeaseMode> leaseModeOf(const Plan &plan);

} // namespace lb
