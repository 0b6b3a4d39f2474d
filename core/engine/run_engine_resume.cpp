// SPDX-License-Identifier: GPL-3.0-or-later
// Taking a run up again after its runner died, and bringing a run to its end.
#include "core/engine/run_engine.h"

#include "core/actions/fill_call.h"
#include "core/actions/point_session.h"
#include "core/actions/worker_execution.h"
#include "core/base/atomic_file.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/engine/earlier_obligations.h"
#include "core/engine/undo_plan.h"
#include "core/journal/settle.h"

#include <sys/wait.h>

namespace lb {

namespace {

LB_TRANSLATE(Engine)

using namespace std::chrono_literals;

/// What Lifeboat does by itself can be done again: it looks first, or begins anew.
bool repeatsSafely(const PlannedStep &step)
{
    return std::none_of(step.calls.begin(), step.calls.end(), isAuthorsOwn);
}

/// The program that the guard put on record as running, before its runner could journal it.
std::optional<ProcessIdentity> runningBy(const QString &endFile)
{
    const auto kept = readWholeFile(endFile, 256);
    const QList<QByteArray> words = kept ? kept->trimmed().split(' ') : QList<QByteArray>();
    if (words.size() != 4 || words.at(0) != "running")
        return std::nullopt;
    return ProcessIdentity{words.at(1).toInt(), words.at(2).toULongLong(),
                           QString::fromLatin1(words.at(3))};
}

/// Waits for, and in the end ends, what an earlier attempt may have left running.
void outlive(const std::vector<ProcessIdentity> &known, const QStringList &markers, bool isRead,
             std::chrono::milliseconds patience, std::chrono::milliseconds grace,
             const std::stop_token &stop)
{
    std::vector<ProcessIdentity> processes = known;
    for (const QString &marker : markers) {
        for (const ProcessIdentity &found : findStepProcesses(marker))
            processes.push_back(found);
    }
    for (const ProcessIdentity &process : processes) {
        if (!isRead && process.waitForEnd(patience, stop))
            continue;
        if (stop.stop_requested())
            return;
        (void)endProcessTree(process, grace); // what survives even KILL is the kernel's
    }
}

} // namespace

void RunEngine::takeUp(bool tornTail)
{
    m_plan = m_environment.plan;
    m_table.emplace(*m_plan, state());
    if (const auto mode = leaseModeOf(*m_plan)) {
        auto lease = Lease::take(state().request.id, m_plan->identity, *mode);
        if (!lease) {
            // Not ended: the run can be resumed when the other one has let go.
            commit(EventKind::WarningRaised, {}, 0,
                   {{QStringLiteral("text"), lease.error().sentence()}}, [this] { Q_EMIT over(); });
            return;
        }
        m_lease.emplace(std::move(*lease));
    }
    if (state().waiting)
        commit(EventKind::WaitingEnded);
    if (state().state == RunStateName::Paused || state().pauseRequested)
        commit(EventKind::Continued);
    for (const PlannedStep &step : m_plan->steps) {
        const StepRecord *record = state().step(step.id);
        if (record && (record->state == StepState::Succeeded || record->state == StepState::Warned))
            conclude(step);
    }
    for (const QString &id : unknownSteps(*m_plan, state(), tornTail))
        settleUnknown(id);
    advanceSoon();
}

void RunEngine::reopen(bool finallyOnly)
{
    QStringList again;
    for (const PlannedStep &step : m_environment.plan->steps) {
        const StepRecord *record = state().step(step.id);
        if (record && (!finallyOnly || step.section == PlanSection::Finally) &&
            (record->state == StepState::Failed || record->state == StepState::Cancelled))
            again << step.id;
    }
    commit(EventKind::RunReopened, {}, 0,
           {{QStringLiteral("finally_only"), finallyOnly},
            {QStringLiteral("again"), toJsonArray(again)}});
    takeUp(false);
}

void RunEngine::settleUnknown(const QString &stepId)
{
    const PlannedStep step = *m_plan->step(stepId);
    m_unsettled.insert(stepId);
    const StepRecord *record = state().step(stepId);
    const int attempts = record ? record->attempts : 0;
    commit(EventKind::StepUnknown, stepId, attempts,
           {{QStringLiteral("evidence"),
             attempts > 0 ? tr("attempt %1 began and its end was not seen").arg(attempts)
                          : tr("the journal's end was lost; it may have begun")}});
    std::vector<ProcessIdentity> processes;
    QStringList markers;
    if (record) {
        for (const QJsonObject &what : record->observed) {
            if (what.value(QLatin1String("what")).toString() == QLatin1String("process"))
                processes.push_back(
                    ProcessIdentity::fromJson(what.value(QLatin1String("process")).toObject()));
        }
    }
    if (const auto running = runningBy(m_environment.folder.endFile(stepId, attempts)))
        processes.push_back(*running);
    for (int attempt = 1; attempt <= attempts + 1; ++attempt)
        markers << stepMarker(state().request.id, stepId, attempt);
    // A daemon that the step started is meant to live; it is no attempt that goes on.
    if (std::any_of(step.calls.begin(), step.calls.end(), [](const Call &call) {
            const auto *process = callAs<ProcessCall>(call);
            return process && process->startsDaemon;
        }))
        markers.clear();
    const auto patience = step.timeout.value_or(5min);
    auto *look = new WorkerExecution(
        [processes, markers, isRead = step.effect == Effect::Read, patience, grace = step.grace](
            const WorkerExecution::Report &, std::stop_token stop) -> Result<CallOutcome> {
            outlive(processes, markers, isRead, patience, grace, stop);
            return CallOutcome{};
        },
        this);
    connect(look, &Execution::finished, this, [this, look, step](const Result<CallOutcome> &) {
        look->deleteLater();
        if (m_unsettled.contains(step.id)) // not cancelled meanwhile
            settleByPolicy(step);
    });
}

bool RunEngine::adoptEnd(const PlannedStep &step)
{
    const StepRecord *record = state().step(step.id);
    const auto *call = step.calls.size() == 1 ? callAs<ProcessCall>(step.calls.front()) : nullptr;
    // What it printed went with the runner; a step whose output is needed is decided by its policy.
    if (!record || record->attempts == 0 || !call || call->output != OutputKind::None)
        return false;
    const int attempt = record->attempts;
    const auto kept = readWholeFile(m_environment.folder.endFile(step.id, attempt), 64);
    bool isNumber = false;
    const int status = kept && kept->endsWith('\n') ? kept->trimmed().toInt(&isNumber) : 0;
    if (!isNumber || !WIFEXITED(status))
        return false;
    const int exitStatus = WEXITSTATUS(status);
    m_unsettled.remove(step.id);
    commit(EventKind::StepProbed, step.id, attempt,
           {{QStringLiteral("answer"), QStringLiteral("done")},
            {QStringLiteral("evidence"),
             tr("its guard saw it end with exit status %1").arg(exitStatus)}});
    if (call->success.contains(exitStatus)) {
        CallOutcome outcome;
        outcome.outputs.insert(QStringLiteral("exit_status"), exitStatus);
        succeed(step, attempt, outcome);
    } else {
        failStep(step, attempt,
                 Error{ErrorCode::Failed,
                       tr("%1 ended with exit status %2").arg(call->program).arg(exitStatus),
                       tr("its output is in the step's log"),
                       {}});
    }
    return true;
}

void RunEngine::settleByPolicy(const PlannedStep &step)
{
    if (m_stopping) { // the next runner looks again
        m_unsettled.remove(step.id);
        advanceSoon();
        return;
    }
    if (adoptEnd(step))
        return;
    const ResumePolicy policy = repeatsSafely(step) ? ResumePolicy::Repeat : step.resume;
    switch (policy) {
    case ResumePolicy::Repeat:
        m_unsettled.remove(step.id);
        startStep(step);
        return;
    case ResumePolicy::Probe:
        probe(step);
        return;
    case ResumePolicy::Ask:
        waitForPerson(step.id, tr("We do not know if “%1” happened: its runner died meanwhile. "
                                  "Look at the target and answer done, retry, skip or stop.")
                                   .arg(step.title));
        return;
    }
}

void RunEngine::probe(const PlannedStep &step)
{
    if (!step.probe) {
        waitForPerson(step.id, tr("We do not know if “%1” happened.").arg(step.title));
        return;
    }
    obtain(secretNames({step.probe->call}), step.id, true,
           [this, step](const Result<Secrets> &secrets) {
               if (secrets && m_unsettled.contains(step.id))
                   askProbe(step, *secrets);
           });
}

void RunEngine::askProbe(const PlannedStep &step, const Secrets &secrets)
{
    ActionContext context = m_environment.readContext(QStringLiteral("probe:") + step.id);
    context.secrets = secrets;
    Execution *question = startCall(step.probe->call, context, this);
    connect(question, &Execution::finished, this,
            [this, question, step](const Result<CallOutcome> &outcome) {
                question->deleteLater();
                if (!m_unsettled.contains(step.id))
                    return;
                if (m_stopping) {
                    m_unsettled.remove(step.id);
                    advanceSoon();
                    return;
                }
                const bool done = outcome && matches(step.probe->doneWhen, outcome->answer);
                const bool notDone =
                    outcome && !done && matches(step.probe->notDoneWhen, outcome->answer);
                const QString evidence =
                    !outcome ? outcome.error().sentence()
                    : outcome->answer.status
                        ? tr("the probe was answered %1").arg(*outcome->answer.status)
                        : tr("the probe answered exit status %1")
                              .arg(outcome->answer.exitStatus.value_or(-1));
                const StepRecord *record = state().step(step.id);
                const int attempt = record ? record->attempts : 0;
                commit(EventKind::StepProbed, step.id, attempt,
                       {{QStringLiteral("answer"), done      ? QStringLiteral("done")
                                                   : notDone ? QStringLiteral("not_done")
                                                             : QStringLiteral("unclear")},
                        {QStringLiteral("evidence"), evidence}});
                if (done) {
                    m_unsettled.remove(step.id);
                    succeed(step, attempt, CallOutcome{});
                } else if (notDone) {
                    m_unsettled.remove(step.id);
                    startStep(step);
                } else {
                    waitForPerson(step.id,
                                  tr("We do not know if “%1” happened; %2. Look at the target and "
                                     "answer done, retry, skip or stop.")
                                      .arg(step.title, evidence));
                }
            });
}

// ---- The end ---------------------------------------------------------------------------------

void RunEngine::endRun()
{
    bool failed = false;
    bool cancelled = state().cancelRequested;
    bool warned = !state().warnings.isEmpty();
    for (const PlannedStep &step : m_plan->steps) {
        const StepRecord *record = state().step(step.id);
        if (!record)
            continue;
        failed = failed || record->state == StepState::Failed;
        warned = warned || record->state == StepState::Warned;
    }
    if (m_plan->purpose == Purpose::Assess) {
        for (const CheckRecord &check : state().checks) {
            failed = failed || check.verdict == CheckVerdict::Failed;
            warned = warned || check.verdict == CheckVerdict::Warned;
        }
    }
    // What must not be forgotten, though the run could not do it.
    for (const PlannedStep *step : unmetFinally(*m_plan, state())) {
        bool known = false;
        for (const Obligation &obligation : state().obligations)
            known = known || putsRight(*step, {obligation.id, obligation.title, obligation.by});
        if (!known)
            openObligation({step->id, step->title, step->id}, {});
    }
    for (const Obligation &obligation : state().obligations) {
        if (obligation.state == ObligationState::Open &&
            !obligation.detail.value(QLatin1String("announced")).toBool())
            warned = true;
    }
    const RunStateName outcome = failed      ? RunStateName::Failed
                                 : cancelled ? RunStateName::Cancelled
                                 : warned    ? RunStateName::Warned
                                             : RunStateName::Succeeded;
    afterEnd(outcome);
}

void RunEngine::afterEnd(RunStateName outcome)
{
    // What only a proven end may do: say that the point was restored and used; settle what an undo
    // took back.
    const bool proven = outcome == RunStateName::Succeeded || outcome == RunStateName::Warned;
    const bool usedPoint =
        proven && m_plan->undoOf.isEmpty() && !m_plan->restorePoint.isEmpty() &&
        m_plan->only.isEmpty() && // a part proves nothing of the rest
        std::any_of(m_plan->steps.begin(), m_plan->steps.end(), [](const PlannedStep &step) {
            return step.skipReason.isEmpty() && (step.action == QLatin1String("tree_restore") ||
                                                 step.action == QLatin1String("postgres_restore") ||
                                                 step.action == QLatin1String("toolchain_compare"));
        });
    // For the time left of later runs; what takes no time needs no estimate.
    struct Duration
    {
        QString step;
        qint64 bytes;
        std::chrono::milliseconds took;
    };
    std::vector<Duration> durations;
    for (const StepRecord &record : state().steps) {
        if (durations.size() < 500 && record.state == StepState::Succeeded &&
            record.startedAt.isValid())
            durations.push_back(
                {record.id, record.outputs.value(QLatin1String("bytes")).toInteger(),
                 std::chrono::milliseconds(record.startedAt.msecsTo(record.endedAt))});
    }
    std::vector<Obligation> settled;
    if (proven && m_environment.undone)
        settled = m_environment.undone->obligations;
    auto *work = new WorkerExecution(
        [this, usedPoint, proven, settled, durations, plan = m_plan,
         session = m_environment.session, run = state().request.id](
            const WorkerExecution::Report &, std::stop_token) -> Result<CallOutcome> {
            if (!proven && session)
                TRY(session->abandon());
            if (m_environment.inventory) {
                for (const auto &[step, bytes, took] : durations)
                    (void)m_environment.inventory->recordDuration(plan->runbook, step, bytes, took);
            }
            if (usedPoint) {
                TRY_VALUE(const FolderStore store,
                          FolderStore::open(plan->store, OpenStore::Existing));
                TRY(store.addProof(PointId(plan->restorePoint),
                                   {ProofLevel::Restored, true, utcNow(), run.value(),
                                    currentUserName() + QLatin1Char('@') + currentHostName(),
                                    tr("restored by run %1").arg(run.value())}));
                if (m_environment.inventory) {
                    if (const auto point = store.read(PointId(plan->restorePoint)))
                        TRY(m_environment.inventory->upsertPoint(*point));
                }
            }
            std::vector<Obligation> right = settled;
            if (proven) {
                const auto earlier = obligationsClosedBy(*plan);
                right.insert(right.end(), earlier.begin(), earlier.end());
            }
            for (Obligation obligation : right) {
                if (obligation.state == ObligationState::Open) {
                    TRY_VALUE(obligation,
                              settleObligation(RunId(obligation.run), obligation.id,
                                               ObligationState::Closed, run.value(), {}));
                }
                if (m_environment.inventory)
                    TRY(m_environment.inventory->upsertObligation(obligation));
            }
            return CallOutcome{};
        },
        this);
    connect(work, &Execution::finished, this, [this, outcome](const Result<CallOutcome> &done) {
        if (!done)
            commit(EventKind::WarningRaised, {}, 0,
                   {{QStringLiteral("text"), done.error().sentence()}});
        end(!done && outcome == RunStateName::Succeeded ? RunStateName::Warned : outcome);
    });
    m_over = true; // advance() has nothing more to decide
}

void RunEngine::end(RunStateName outcome, const std::optional<Error> &why)
{
    m_over = true;
    QJsonObject data{{QStringLiteral("state"), name(outcome)}};
    if (why)
        data.insert(QStringLiteral("error"), errorToJson(*why));
    commit(EventKind::RunEnded, {}, 0, data, [this] {
        m_lease.reset();
        Q_EMIT over();
    });
}

} // namespace lb
