// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/inventory/database.h"
#include "core/inventory/inventory.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Inventory)

QJsonValue timeOrNull(const QDateTime &time)
{
    return time.isValid() ? QJsonValue(toJsonTime(time)) : QJsonValue();
}

const QString kColumns = QStringLiteral(
    "id, runbook, title, system, purpose, state, started_at, ended_at, hidden, restore_point, "
    "waiting_for, waiting_step, waiting_text, waiting_since, runner_pid, runner_start, "
    "runner_boot, runner_host, open_obligations");

/// An empty value does not filter.
void addEqual(QStringList &conditions, QVariantList &values, const char *column,
              const QString &value)
{
    if (value.isEmpty())
        return;
    conditions << QLatin1String(column) + QStringLiteral("=?");
    values << value;
}

RunSummary runOf(const QSqlQuery &row)
{
    int column = 0;
    const auto next = [&] { return row.value(column++); };
    RunSummary run;
    run.id = RunId(next().toString());
    run.runbook = next().toString();
    run.title = next().toString();
    run.system = next().toString();
    run.purpose = fromWord<Purpose>(next().toString()).value_or(Purpose::Assess);
    run.state = fromWord<RunStateName>(next().toString()).value_or(RunStateName::Interrupted);
    run.startedAt = timeOf(next());
    run.endedAt = timeOf(next());
    run.hidden = next().toBool();
    run.restorePoint = next().toString();
    const auto reason = fromWord<WaitingFor>(next().toString());
    Waiting waiting;
    waiting.step = next().toString();
    waiting.text = next().toString();
    waiting.since = timeOf(next());
    if (reason) {
        waiting.reason = *reason;
        run.waiting = waiting;
    }
    run.runner.pid = pid_t(next().toInt());
    run.runner.startTime = next().toString().toULongLong();
    run.runner.bootId = next().toString();
    run.runnerHost = next().toString();
    run.openObligations = next().toInt();
    return run;
}

} // namespace

RunSummary RunSummary::of(const RunState &state, const Plan *plan)
{
    RunSummary run;
    run.id = state.request.id;
    run.runbook = state.request.runbookId;
    run.title = plan ? plan->title : QString();
    run.system = state.request.system.name;
    run.purpose = plan ? plan->purpose : Purpose::Assess;
    run.state = state.state;
    run.startedAt = state.startedAt;
    run.endedAt = state.endedAt;
    run.hidden = state.request.hidden;
    run.restorePoint = state.restorePoint;
    run.waiting = state.waiting;
    run.runner = state.runner;
    run.runnerHost = state.runnerHost;
    run.openObligations =
        int(std::count_if(state.obligations.begin(), state.obligations.end(),
                          [](const Obligation &o) { return o.state == ObligationState::Open; }));
    return run;
}

RunStateName RunSummary::shown() const
{
    const bool needsRunner = !isEnded(state) && state != RunStateName::Draft;
    // Another host's processes cannot be seen from here.
    const bool canSee = runnerHost.isEmpty() || runnerHost == currentHostName();
    return needsRunner && canSee && !runner.isAlive() ? RunStateName::Interrupted : state;
}

QJsonObject RunSummary::toJson() const
{
    const RunStateName now = shown();
    const bool alive =
        !isEnded(now) && now != RunStateName::Draft && now != RunStateName::Interrupted;
    QJsonValue runnerValue;
    if (alive)
        runnerValue = QJsonObject{{QStringLiteral("pid"), int(runner.pid)},
                                  {QStringLiteral("host"), runnerHost}};
    QJsonValue waitingValue;
    if (waiting)
        waitingValue = QJsonObject{{QStringLiteral("for"), name(waiting->reason)},
                                   {QStringLiteral("step"), waiting->step},
                                   {QStringLiteral("since"), timeOrNull(waiting->since)},
                                   {QStringLiteral("text"), waiting->text}};
    return {{QStringLiteral("id"), id.value()},
            {QStringLiteral("runbook"), runbook},
            {QStringLiteral("title"), title},
            {QStringLiteral("system"), system},
            {QStringLiteral("purpose"), name(purpose)},
            {QStringLiteral("state"), name(now)},
            {QStringLiteral("started_at"), timeOrNull(startedAt)},
            {QStringLiteral("ended_at"), timeOrNull(endedAt)},
            {QStringLiteral("hidden"), hidden},
            {QStringLiteral("runner"), runnerValue},
            {QStringLiteral("waiting"), waitingValue},
            {QStringLiteral("open_obligations"), openObligations},
            {QStringLiteral("restore_point"),
             restorePoint.isEmpty() ? QJsonValue() : QJsonValue(restorePoint)}};
}

Result<void> Inventory::upsertRun(const RunSummary &run)
{
    QVariantList waiting(4);
    if (run.waiting)
        waiting = {name(run.waiting->reason), run.waiting->step, run.waiting->text,
                   milliseconds(run.waiting->since)};
    TRY(m_database->run(QStringLiteral("INSERT OR REPLACE INTO runs (%1, ended) VALUES "
                                       "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
                            .arg(kColumns),
                        QVariantList{notNull(run.id.value()), run.runbook, run.title, run.system,
                                     name(run.purpose), name(run.state),
                                     milliseconds(run.startedAt), milliseconds(run.endedAt),
                                     run.hidden, run.restorePoint} +
                            waiting +
                            QVariantList{int(run.runner.pid), QString::number(run.runner.startTime),
                                         run.runner.bootId, run.runnerHost, run.openObligations,
                                         isEnded(run.state)}));
    return {};
}

Result<void> Inventory::removeRun(const RunId &id)
{
    return m_database->inTransaction([&]() -> Result<void> {
        TRY(m_database->run(QStringLiteral("DELETE FROM runs WHERE id=?"), {id.value()}));
        TRY(m_database->run(QStringLiteral("DELETE FROM obligations WHERE run=?"), {id.value()}));
        return {};
    });
}

Result<std::vector<RunSummary>> Inventory::runs(const RunFilter &filter) const
{
    QStringList conditions{QStringLiteral("1")};
    QVariantList values;
    addEqual(conditions, values, "system", filter.system);
    addEqual(conditions, values, "runbook", filter.runbook);
    addEqual(conditions, values, "restore_point", filter.restorePoint);
    if (!filter.withHidden)
        conditions << QStringLiteral("hidden=0");
    if (filter.onlyUnended)
        conditions << QStringLiteral("ended=0");
    // Interrupted is not stored: who asks for it gets the unended ones and looks at shown().
    const bool askedInterrupted = std::find(filter.states.begin(), filter.states.end(),
                                            RunStateName::Interrupted) != filter.states.end();
    if (!filter.states.empty()) {
        QStringList marks;
        for (const RunStateName state : filter.states) {
            marks << QStringLiteral("?");
            values << name(state);
        }
        conditions << QStringLiteral("(state IN (%1)%2)")
                          .arg(marks.join(QLatin1Char(',')),
                               askedInterrupted ? QStringLiteral(" OR ended=0") : QString());
    }
    TRY_VALUE(QSqlQuery rows,
              m_database->run(QStringLiteral("SELECT %1 FROM runs WHERE %2 ORDER BY started_at "
                                             "DESC, id DESC LIMIT ? OFFSET ?")
                                  .arg(kColumns, conditions.join(QStringLiteral(" AND "))),
                              values + QVariantList{filter.limit, filter.offset}));
    std::vector<RunSummary> runs;
    while (rows.next())
        runs.push_back(runOf(rows));
    TRY(m_database->atEnd(rows));
    return runs;
}

Result<std::optional<RunSummary>> Inventory::run(const RunId &id) const
{
    TRY_VALUE(QSqlQuery rows,
              m_database->run(QStringLiteral("SELECT %1 FROM runs WHERE id=?").arg(kColumns),
                              {id.value()}));
    std::optional<RunSummary> run;
    if (rows.next())
        run = runOf(rows);
    TRY(m_database->atEnd(rows));
    return run;
}

Result<void> Inventory::upsertObligation(const Obligation &obligation)
{
    TRY(m_database->run(QStringLiteral("INSERT OR REPLACE INTO obligations VALUES (?,?,?,?,?,?)"),
                        {notNull(obligation.run), notNull(obligation.id), obligation.system,
                         name(obligation.state), milliseconds(obligation.openedAt),
                         toJson(obligation.toJson())}));
    return {};
}

Result<std::vector<Obligation>> Inventory::obligations(const ObligationFilter &filter) const
{
    QStringList conditions{QStringLiteral("1")};
    QVariantList values;
    addEqual(conditions, values, "system", filter.system);
    addEqual(conditions, values, "run", filter.run);
    addEqual(conditions, values, "state",
             filter.openOnly ? name(ObligationState::Open) : QString());
    TRY_VALUE(QSqlQuery rows,
              m_database->run(QStringLiteral("SELECT document FROM obligations WHERE %1 "
                                             "ORDER BY opened_at, run, id")
                                  .arg(conditions.join(QStringLiteral(" AND "))),
                              values));
    std::vector<Obligation> obligations;
    while (rows.next()) {
        TRY_VALUE(const QJsonObject object,
                  parseJsonObject(rows.value(0).toByteArray(), tr("An obligation")));
        obligations.push_back(Obligation::fromJson(object));
    }
    TRY(m_database->atEnd(rows));
    return obligations;
}

} // namespace lb
