// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/run_watch.h"

#include "app/cli/ask_go.h"
#include "app/cli/event_lines.h"
#include "core/base/json.h"
#include "core/base/process_identity.h"
#include "core/model/words.h"
#include "core/service/go_needs.h"

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

using namespace std::chrono_literals;

constexpr auto kRedraw = 200ms;

/// Why a run did not end well, where it says so.
std::optional<Error> reasonOfEnd(const RunView &view)
{
    if (view.state.endError)
        return view.state.endError;
    for (const QString &id : view.state.stepOrder) {
        const StepRecord *step = view.state.step(id);
        if (step->state == StepState::Failed && step->error) {
            Error why = *step->error;
            why.summary = tr("%1: %2", "step and what failed in it").arg(id, why.summary);
            return why;
        }
    }
    return std::nullopt;
}

} // namespace

RunWatch::RunWatch(Session &session, const RunId &run, WatchOptions options)
    : m_session(session),
      m_options(std::move(options)),
      m_follower(session.service.follow(run, this))
{
    connect(m_follower, &RunFollower::event, this, &RunWatch::onEvent);
    connect(m_follower, &RunFollower::line, this, [this](const QByteArray &line) {
        if (m_session.json() && !m_options.quiet && !m_options.untilReady && !m_options.detach)
            sayRaw(line + '\n');
    });
    connect(m_follower, &RunFollower::progress, this, &RunWatch::onProgress);
    connect(m_follower, &RunFollower::changed, this, &RunWatch::decide);
    connect(m_follower, &RunFollower::runnerGone, this, &RunWatch::decide);
    connect(m_follower, &RunFollower::loaded, this, [this] {
        m_loaded = true;
        sayUnderWay();
        decide();
    });
    connect(&m_interrupt, &terminal::InterruptWatch::interrupted, this, &RunWatch::onInterrupt);
    connect(&m_draw, &QTimer::timeout, this, &RunWatch::drawProgress);
    if (!m_session.json() && terminal::outputIsTerminal())
        m_draw.start(kRedraw);
}

RunWatch::~RunWatch() = default;

int RunWatch::exec()
{
    if (!m_done)
        m_loop.exec();
    m_draw.stop();
    m_live.set({});
    // The runner's process goes a moment after the run's end; whoever removes the run next, or
    // starts another one on the same target, must not meet it.
    if (isEnded(view().shown))
        view().state.runner.waitForEnd(2s);
    return m_status;
}

void RunWatch::finish(int status)
{
    if (std::exchange(m_done, true))
        return;
    m_status = status;
    m_loop.quit();
}

void RunWatch::print(const QString &line)
{
    if (m_session.json() || line.isEmpty())
        return;
    m_live.clear();
    say(line);
    drawProgress();
}

/// Who comes to a run in the middle of a step is told which one; its begin was said to others.
void RunWatch::sayUnderWay()
{
    if (m_options.saidSeq == 0 || m_options.detach || m_options.quiet ||
        terminal::outputIsTerminal())
        return;
    for (auto step = m_running.begin(); step != m_running.end(); ++step)
        print(tr("%1 goes on", "a step").arg(step.key()));
}

void RunWatch::onEvent(const RunEvent &event)
{
    if (m_done)
        return;
    if (event.kind == EventKind::StepIntended) {
        m_running[event.step] = {};
        m_running[event.step].last.step = event.step;
        m_running[event.step].since.start();
    } else if (event.kind == EventKind::StepSucceeded || event.kind == EventKind::StepWarned ||
               event.kind == EventKind::StepFailed || event.kind == EventKind::StepSkipped ||
               event.kind == EventKind::StepCancelled || event.kind == EventKind::StepUnknown) {
        m_running.remove(event.step);
    }
    if (event.seq <= m_options.saidSeq)
        return;
    if (event.kind == EventKind::StepIntended && terminal::outputIsTerminal() && !m_session.json())
        return; // its line of progress says it
    if (!m_options.detach)
        print(eventLine(event, view(), m_options.quiet));
    if (event.kind == EventKind::PlanVoided) {
        // The go was for another plan.
        m_goSent = false;
        m_options.go.yes = false;
        m_options.go.planSha256.clear();
    }
    if (event.kind == EventKind::WarningRaised && m_goSent && !view().state.go) {
        // The checks that were run again at go stand against it.
        finish(kFailed);
    }
}

void RunWatch::onProgress(const Progress &progress)
{
    const auto running = m_running.find(progress.step);
    if (running == m_running.end())
        return;
    if (running->last.bytesDone == 0 || progress.bytesDone < running->last.bytesDone) {
        running->since.restart();
        running->bytesAtStart = progress.bytesDone;
    }
    running->last = progress;
}

void RunWatch::drawProgress()
{
    if (m_session.json() || m_done || m_asking)
        return;
    QStringList lines;
    for (const Speed &speed : std::as_const(m_running)) {
        const double seconds = double(speed.since.elapsed()) / 1000.0;
        const double perSecond =
            seconds > 0.5 ? double(speed.last.bytesDone - speed.bytesAtStart) / seconds : 0;
        lines << progressLine(speed.last, perSecond,
                              std::chrono::milliseconds(speed.since.elapsed()), terminal::width());
    }
    m_live.set(lines);
}

/// Looks where the run stands, after every change.
void RunWatch::decide()
{
    if (m_done || !m_loaded || m_asking)
        return;
    const RunView &now = view();
    const bool endIsOld =
        m_options.afterSeq > 0 && now.state.lastSeq <= m_options.afterSeq && now.runnerAlive;
    if (endIsOld)
        return;
    if (!now.journalProblem.isEmpty() && !now.runnerAlive) {
        finish(m_session.failed(
            Error{ErrorCode::Corrupt,
                  tr("The journal of run %1 is damaged").arg(m_follower->run().value()),
                  now.journalProblem,
                  {}}));
        return;
    }
    if (isEnded(now.shown)) {
        // A reopened run still carries its old end until its runner has said so.
        if (m_options.afterSeq > 0 && now.state.endedAt.isValid() && now.runnerAlive &&
            now.state.endedAt < now.state.lastTime)
            return;
        finish(finishedStatus());
        return;
    }
    if (!now.runnerAlive) {
        if (now.shown == RunStateName::Draft && m_options.untilReady)
            finish(kGood);
        else if (now.shown == RunStateName::Draft)
            finish(kWaits);
        else
            finish(kInterrupted);
        return;
    }
    if (now.state.state == RunStateName::Ready) {
        atReady();
        return;
    }
    if (now.state.waiting) {
        atWaiting();
        return;
    }
    if (m_options.detach && now.state.go) {
        finish(now.state.state == RunStateName::Paused ? kWaits : kGood);
        return;
    }
    if (now.state.state == RunStateName::Paused)
        finish(kWaits);
}

int RunWatch::finishedStatus() const
{
    const RunState &state = view().state;
    // What was wrong with the order itself: a typed text, a hash.
    if (state.state == RunStateName::Failed && !state.go && state.endError)
        return exitOf(*state.endError);
    return exitStatus(view().shown);
}

void RunWatch::atReady()
{
    if (m_options.untilReady) {
        finish(kGood);
        return;
    }
    if (m_goSent)
        return;
    if (!m_options.acceptWarnings.isEmpty()) {
        for (const CheckRecord &check : goNeeds(view(), m_options.go).warned)
            m_options.go.accept.insert(check.id, m_options.acceptWarnings);
    }
    const GoNeeds needs = goNeeds(view(), m_options.go);
    if (needs.isEmpty()) {
        if (m_options.sendGo)
            sendGo(m_options.go);
        return; // else the runner has the answers and goes by itself, or says why not
    }
    // What cannot be answered ends an unattended run by itself, and says why.
    const bool endsItself = !view().state.request.attended && !m_options.sendGo;
    if (endsItself && (needs.wrongConfirmation || needs.otherPlan || !needs.failed.empty()))
        return;
    if (needs.wrongConfirmation || needs.otherPlan) {
        const Error why =
            needs.otherPlan
                ? Error{ErrorCode::BadInput, tr("The plan is another one than you agreed to"),
                        tr("its hash is %1").arg(view().state.planSha256),
                        tr("Look at it again; nothing was changed")}
                : Error{ErrorCode::BadInput, tr("The confirmation does not name this target"),
                        tr("typed “%1”, the target is “%2”")
                            .arg(m_options.go.confirm, needs.identityText),
                        tr("Nothing was changed")};
        finish(m_session.failed(why));
        return;
    }
    if (!needs.failed.empty()) {
        QStringList ids;
        for (const CheckRecord &check : needs.failed)
            ids << check.id;
        finish(m_session.failed(Error{ErrorCode::Failed, tr("It cannot go"),
                                      tr("failed checks: %1").arg(ids.join(QStringLiteral(", "))),
                                      tr("Mend the cause and start again; nothing was changed")}));
        return;
    }
    if (m_session.canAsk() && !m_options.detach) {
        askAndGo();
        return;
    }
    // Without anybody there the runner itself notes what it waits for; then it is on record.
    if (!view().state.request.attended && !view().state.waiting)
        return;
    const QStringList missing = missingAnswers(view(), needs);
    const bool onlyGo = needs.yes && missing.size() == 1;
    if (!m_session.json() || !m_options.detach) {
        for (const QString &line : missing)
            complain(line);
    }
    finish(m_options.detach && onlyGo ? kGood : kWaits);
}

void RunWatch::askAndGo()
{
    m_asking = true;
    m_live.clear();
    const auto answer = askForGo(m_session, view(), m_options.go);
    m_asking = false;
    if (answer) {
        sendGo(*answer);
        return;
    }
    say(tr("Not started; nothing was changed. The plan stays:"));
    for (const QString &line : nextCommands(view()))
        say(QStringLiteral("  ") + line);
    finish(kWaits);
}

void RunWatch::sendGo(GoAnswer go)
{
    m_goSent = true;
    go.by = currentUserName();
    go.planSha256 = view().state.planSha256;
    RunCommand command;
    command.kind = CommandKind::Go;
    command.go = go;
    sendCommand(command);
}

void RunWatch::sendCommand(RunCommand command)
{
    command.by = currentUserName();
    onDone(this, m_follower->send(command), [this](const Result<void> &result) {
        if (!result && !m_done && !isEnded(view().shown))
            finish(m_session.failed(result.error()));
    });
}

void RunWatch::atWaiting()
{
    const Waiting waiting = *view().state.waiting;
    if (waiting.reason == WaitingFor::Network || waiting.reason == WaitingFor::Disk)
        return; // it goes on by itself; the line about it was printed
    if (waiting.since == m_askedAbout)
        return;
    if (waiting.reason == WaitingFor::Person && m_session.canAsk() && !m_options.detach &&
        !waiting.step.isEmpty()) {
        askPerson(waiting);
        return;
    }
    if (waiting.reason == WaitingFor::Credential && m_session.canAsk() && !m_options.detach) {
        askSecret(waiting);
        return;
    }
    complain(tr("Run %1 waits for %2: %3")
                 .arg(m_follower->run().value(), name(waiting.reason), waiting.text));
    for (const QString &line : nextCommands(view()))
        complain(line);
    finish(kWaits);
}

void RunWatch::askSecret(const Waiting &waiting)
{
    m_asking = true;
    m_askedAbout = waiting.since;
    m_live.clear();
    auto typed = terminal::askHidden(
        tr("%1, for this run only (it is not shown):", "asks for a secret").arg(waiting.secret));
    m_asking = false;
    if (!typed || typed->isEmpty()) {
        complain(tr("Nothing was typed; the run waits. lifeboat-cli runs secret %1 %2")
                     .arg(m_follower->run().value(), waiting.secret));
        finish(kWaits);
        return;
    }
    RunCommand command;
    command.kind = CommandKind::Secret;
    command.secret = waiting.secret;
    command.value = std::make_shared<const SecretString>(std::move(*typed));
    command.by = currentUserName();
    sendCommand(command);
}

void RunWatch::askPerson(const Waiting &waiting)
{
    m_asking = true;
    m_askedAbout = waiting.since;
    m_live.clear();
    const auto answer = askForAnswer(view(), waiting);
    m_asking = false;
    if (answer) {
        sendCommand(*answer);
        return;
    }
    say(tr("The run goes on waiting."));
    for (const QString &line : nextCommands(view()))
        say(QStringLiteral("  ") + line);
    finish(kWaits);
}

void RunWatch::onInterrupt()
{
    if (m_done || m_asking)
        return;
    const QString id = m_follower->run().value();
    const auto leave = [&] {
        say(tr("The run goes on. Look at it: lifeboat-cli runs show %1").arg(id));
        finish(view().state.waiting ? kWaits : kGood);
    };
    m_live.clear();
    if (!m_session.canAsk()) {
        if (!m_session.json())
            leave();
        finish(kGood);
        return;
    }
    m_asking = true;
    const QString leaves = m_follower->cancelLeaves();
    say();
    if (!leaves.isEmpty())
        say(tr("Cancelling now: %1").arg(leaves));
    const QChar choice = terminal::askLetter(
        tr("Leave it running, pause it, or cancel it? [L]eave, [p]ause, [c]ancel:"),
        QStringLiteral("lpc"), QLatin1Char('l'));
    m_asking = false;
    if (choice == QLatin1Char('l')) {
        leave();
        return;
    }
    RunCommand command;
    command.kind = choice == QLatin1Char('p') ? CommandKind::Pause : CommandKind::Cancel;
    sendCommand(command);
    decide();
}

int followRun(Session &session, const RunId &run, WatchOptions options)
{
    const bool lines = session.json() && !options.untilReady;
    if (lines && !options.quiet)
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("event"), QStringLiteral("run")},
                 {QStringLiteral("id"), run.value()}});
    else if (!options.quiet && !options.detach && !options.untilReady)
        say(tr("run %1").arg(run.value()));
    const bool detach = options.detach;
    const bool quiet = options.quiet;
    const bool untilReady = options.untilReady;
    RunWatch watch(session, run, std::move(options));
    const int status = watch.exec();
    const RunView &view = watch.view();
    if (untilReady)
        return status;
    if (session.json()) {
        if (!detach && !quiet) {
            QJsonObject last = view.toJson();
            last.insert(QStringLiteral("event"), QStringLiteral("end"));
            sayJson(last);
        }
        return status;
    }
    if (detach) {
        say(tr("%1 %2", "run id and state").arg(run.value(), wordOf(view.shown)));
        return status;
    }
    if (isEnded(view.shown) || view.shown == RunStateName::Interrupted) {
        for (const QString &line : endLines(view, quiet))
            say(line);
        if (const auto why = reasonOfEnd(view))
            session.failed(*why);
    }
    return status;
}

std::optional<int> followBuiltIn(Session &session, const Result<RunId> &run)
{
    if (!run)
        return session.failed(run.error());
    WatchOptions options;
    options.quiet = true;
    options.go.yes = true;
    RunWatch watch(session, *run, options);
    const int status = watch.exec();
    if (status == kGood)
        return std::nullopt;
    const Error unsaid{ErrorCode::Failed,
                       tr("Run %1 %2").arg(run->value(), wordOf(watch.view().shown)),
                       {},
                       tr("“runs show %1” has the details").arg(run->value())};
    session.failed(reasonOfEnd(watch.view()).value_or(unsaid));
    return status;
}

} // namespace lb::cli
