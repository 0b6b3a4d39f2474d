// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/answers.h"
#include "app/cli/discharge.h"
#include "app/cli/event_lines.h"
#include "app/cli/log_print.h"
#include "app/cli/run_watch.h"
#include "app/cli/terminal.h"
#include "app/cli/verbs.h"
#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/process_identity.h"
#include "core/base/text.h"
#include "core/model/words.h"

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

QJsonValue timeJson(const QDateTime &time)
{
    return time.isValid() ? QJsonValue(toJsonTime(time)) : QJsonValue();
}

QJsonObject summaryJson(const RunSummary &run)
{
    QJsonValue waiting;
    if (run.waiting)
        waiting = QJsonObject{{QStringLiteral("for"), name(run.waiting->reason)},
                              {QStringLiteral("since"), timeJson(run.waiting->since)},
                              {QStringLiteral("text"), run.waiting->text}};
    return {{QStringLiteral("id"), run.id},
            {QStringLiteral("runbook"), run.runbook},
            {QStringLiteral("title"), run.title},
            {QStringLiteral("system"), run.system},
            {QStringLiteral("purpose"), name(run.purpose)},
            {QStringLiteral("state"), name(run.state)},
            {QStringLiteral("started_at"), timeJson(run.startedAt)},
            {QStringLiteral("ended_at"), timeJson(run.endedAt)},
            {QStringLiteral("restore_point"),
             run.restorePoint.isEmpty() ? QJsonValue() : QJsonValue(run.restorePoint)},
            {QStringLiteral("waiting"), waiting},
            {QStringLiteral("open_obligations"), run.openObligations},
            {QStringLiteral("hidden"), run.hidden}};
}

void saySteps(const RunView &view)
{
    Table table({{tr("STEP")}, {tr("STATE"), true}, {tr("TOOK"), true}, {tr("WHAT")}});
    const auto add = [&](const QString &id, const QString &title) {
        const StepRecord *record = view.state.step(id);
        StepState state = record ? record->state : StepState::Pending;
        if (view.shown == RunStateName::Interrupted &&
            (state == StepState::Running || state == StepState::Waiting))
            state = StepState::Unknown;
        QString took;
        if (record && record->startedAt.isValid() && record->endedAt.isValid())
            took = formatDuration(
                std::chrono::milliseconds(record->startedAt.msecsTo(record->endedAt)));
        QString what = title;
        if (record && record->error && state == StepState::Failed)
            what += QStringLiteral(": ") + record->error->sentence();
        else if (record && !record->reason.isEmpty())
            what += QStringLiteral(": ") + record->reason;
        if (record && record->attempts > 1)
            what += tr(" (%n attempt(s))", nullptr, record->attempts);
        table.add({id, wordOf(state), took, what});
    };
    if (view.plan) {
        for (const PlannedStep &step : view.plan->steps)
            add(step.id, step.title);
    } else {
        for (const QString &id : view.state.stepOrder)
            add(id, {});
    }
    table.print(tr("no steps yet"));
}

void sayView(const RunView &view, const QString &importedFrom)
{
    const RunState &state = view.state;
    say(tr("run %1: %2").arg(state.request.id.value(), wordOf(view.shown)));
    if (!importedFrom.isEmpty())
        say(tr("imported from %1: to look at only").arg(importedFrom));
    if (!view.journalProblem.isEmpty())
        say(tr("JOURNAL DAMAGED, shown as far as it can be read: %1").arg(view.journalProblem));
    say(tr("%1 on %2")
            .arg(state.request.runbookId, state.request.system.name.isEmpty()
                                              ? tr("no system")
                                              : state.request.system.name));
    if (view.plan && !view.plan->identity.isEmpty())
        say(tr("target: %1").arg(view.plan->identity.text));
    say(tr("begun %1 by %2").arg(formatTime(state.startedAt), state.request.by));
    if (state.endedAt.isValid())
        say(tr("ended %1, after %2")
                .arg(formatTime(state.endedAt), formatDuration(std::chrono::milliseconds(
                                                    state.startedAt.msecsTo(state.endedAt)))));
    if (view.runnerAlive)
        say(tr("runner: process %1 on %2").arg(state.runner.pid).arg(state.runnerHost));
    if (!state.planSha256.isEmpty())
        say(tr("plan %1").arg(state.planSha256));
    if (!state.restorePoint.isEmpty())
        say(tr("restore point %1").arg(state.restorePoint));
    if (state.endError)
        say(state.endError->sentence());
    say();
    for (const CheckRecord &check : state.checks) {
        if (check.verdict == CheckVerdict::Failed || check.verdict == CheckVerdict::Warned)
            say(tr("check %1 %2: %3").arg(check.id, name(check.verdict), check.evidence));
    }
    saySteps(view);
    for (const QString &warning : state.warnings)
        say(tr("warning: %1").arg(warning));
    if (state.waiting)
        say(tr("waits for %1 since %2: %3")
                .arg(name(state.waiting->reason), formatTime(state.waiting->since),
                     state.waiting->text));
    for (const Obligation &obligation : state.obligations) {
        if (obligation.state == ObligationState::Open)
            say(tr("still to undo: %1 (%2)").arg(obligation.title, dischargeCommand(obligation)));
    }
    const QStringList next = importedFrom.isEmpty() ? nextCommands(view) : QStringList();
    if (!next.isEmpty()) {
        say();
        say(tr("What is needed now:"));
        for (const QString &line : next)
            say(QStringLiteral("  ") + line);
    }
}

int sendPlain(Session &session, CommandKind kind, const QString &done)
{
    const RunId id(session.arguments.word(0));
    RunCommand command;
    command.kind = kind;
    command.by = currentUserName();
    if (const auto sent = session.await(session.service.command(id, command)); !sent)
        return session.failed(sent.error());
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("id"), id.value()}});
    else
        say(done);
    return kGood;
}

} // namespace

int runsList(Session &session)
{
    const QString system = session.arguments.value("system");
    QJsonArray list;
    Table table({{tr("RUN"), true},
                 {tr("STATE"), true},
                 {tr("BEGUN"), true},
                 {tr("SYSTEM")},
                 {tr("RUNBOOK")}});
    for (const RunSummary &run : session.service.runs(session.arguments.has("all"))) {
        if (!system.isEmpty() && run.system != system)
            continue;
        list.append(summaryJson(run));
        table.add({run.id, run.waiting ? name(RunStateName::Waiting) : name(run.state),
                   formatAge(run.startedAt, utcNow()), run.system, run.runbook});
    }
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("runs"), list}});
    else
        table.print(tr("No runs yet."));
    return kGood;
}

int runsShow(Session &session)
{
    const auto view = session.service.run(RunId(session.arguments.word(0)));
    if (!view)
        return session.failed(view.error());
    if (session.json())
        sayJson(view->toJson());
    else
        sayView(*view, session.service.importedFrom(view->state.request.id));
    return kGood;
}

int runsLog(Session &session)
{
    const RunId id(session.arguments.word(0));
    const auto view = session.service.run(id);
    if (!view)
        return session.failed(view.error());
    const QString step = session.arguments.value("step");
    QStringList known = view->state.stepOrder;
    for (const PlannedStep &planned : view->plan ? view->plan->steps : std::vector<PlannedStep>())
        known << planned.id;
    if (!step.isEmpty() && !known.contains(step)) {
        const QString near = nearest(step, known);
        return session.failed(Error{ErrorCode::NotFound,
                                    tr("Run %1 has no step “%2”").arg(id.value(), step),
                                    near.isEmpty() ? QString() : tr("did you mean “%1”?").arg(near),
                                    {}});
    }
    if (session.arguments.has("follow"))
        return followLog(session, id, step);
    printLogs(session.service, id, step);
    return kGood;
}

int runsPause(Session &session)
{
    return sendPlain(session, CommandKind::Pause,
                     tr("It pauses at the next safe point. Let it go on: lifeboat-cli runs resume "
                        "%1")
                         .arg(session.arguments.word(0)));
}

int runsCancel(Session &session)
{
    const RunId id(session.arguments.word(0));
    const auto view = session.service.run(id);
    if (!view)
        return session.failed(view.error());
    if (isEnded(view->shown))
        return session.failed(Error{ErrorCode::Conflict,
                                    tr("Run %1 has ended already").arg(id.value()),
                                    wordOf(view->shown),
                                    {}});
    if (!view->runnerAlive && view->shown == RunStateName::Draft)
        return session.failed(Error{ErrorCode::Conflict,
                                    tr("Run %1 is a draft: nothing goes on").arg(id.value()),
                                    {},
                                    tr("“runs remove %1” takes it away").arg(id.value())});
    if (!session.arguments.has("yes") && session.canAsk()) {
        const QString leaves = cancelLeaves(id);
        if (!leaves.isEmpty())
            say(leaves);
        if (terminal::askLetter(tr("Cancel it? [y/N]"), QStringLiteral("yn"), QLatin1Char('n')) !=
            QLatin1Char('y'))
            return kGood;
    }
    return sendPlain(session, CommandKind::Cancel, tr("It is cancelled at the next safe point."));
}

int runsAnswer(Session &session)
{
    const Arguments &given = session.arguments;
    RunCommand command;
    command.kind = CommandKind::Answer;
    command.step = given.word(1);
    const auto answer = fromWord<AnswerKind>(given.word(2));
    if (!answer)
        return session.failed(
            Error{ErrorCode::BadInput,
                  tr("“%1” is no answer").arg(given.word(2)),
                  tr("it is one of %1").arg(wordsOf<AnswerKind>().join(QStringLiteral(", "))),
                  {}});
    command.answer = *answer;
    command.note = given.value("note");
    if (*answer == AnswerKind::Skip && command.note.isEmpty())
        return session.failed(
            Error{ErrorCode::BadInput, tr("Skipping a step needs --note with the reason"), {}, {}});
    command.evidence = absolutePath(given.value("evidence"));
    command.by = currentUserName();
    const RunId id(given.word(0));
    if (const auto sent = session.await(session.service.command(id, command)); !sent)
        return session.failed(sent.error());
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("id"), id.value()}});
    else
        say(tr("Answered. lifeboat-cli runs show %1").arg(id.value()));
    return kGood;
}

int runsVerify(Session &session)
{
    const RunId id(session.arguments.word(0));
    const auto report = session.service.verifyRun(id);
    if (!report)
        return session.failed(report.error());
    if (session.json()) {
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("id"), id.value()},
                 {QStringLiteral("events"), report->events},
                 {QStringLiteral("head"), QString::fromLatin1(report->head)},
                 {QStringLiteral("torn_bytes"), report->tornBytes},
                 {QStringLiteral("problems"), QJsonArray::fromStringList(report->problems)}});
    } else {
        say(tr("%n event(s), head %1", nullptr, int(report->events))
                .arg(QString::fromLatin1(report->head)));
        if (report->tornBytes > 0)
            say(tr("The last line was cut off by a crash (%n byte(s)); it counts as not written.",
                   nullptr, int(report->tornBytes)));
        say(report->problems.isEmpty() ? tr("Every line is as it was written.")
                                       : report->problems.join(QStringLiteral("; ")));
    }
    return report->problems.isEmpty() ? kGood : kFailed;
}

int runsRemove(Session &session)
{
    const RunId id(session.arguments.word(0));
    if (const auto done = session.service.removeRun(id); !done)
        return session.failed(done.error());
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("removed"), id.value()}});
    else
        say(tr("%1 was removed.").arg(id.value()));
    return kGood;
}

} // namespace lb::cli
