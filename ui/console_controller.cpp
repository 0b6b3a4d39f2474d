// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console_controller.h"

#include "core/base/format.h"
#include "ui/run_console.h"

namespace lb {

ConsoleController::ConsoleController(Service *service, RunConsole *console, QObject *parent)
    : QObject(parent), m_service(service), m_console(console)
{
    m_soon.setSingleShot(true);
    m_soon.setInterval(33);
    connect(&m_soon, &QTimer::timeout, this, &ConsoleController::show);
    connect(console, &RunConsole::commandIssued, this, [this](const RunCommand &command) {
        onDone(this, m_service->command(m_run, command), [this](const Result<void> &done) {
            if (!done)
                m_console->showProblem(done.error());
        });
    });
    connect(console, &RunConsole::resumeRequested, this,
            [this](bool finallyOnly) { resume(m_run.value(), finallyOnly); });
    connect(console, &RunConsole::undoRequested, this, &ConsoleController::undo);
    connect(console, &RunConsole::takeUpRequested, this,
            [this] { Q_EMIT takeUpRequested(m_run.value()); });
    connect(console, &RunConsole::againRequested, this, [this] {
        if (m_follower)
            Q_EMIT againRequested(m_follower->view().state.request.runbookId,
                                  m_follower->view().state.request.system.name);
    });
    connect(console, &RunConsole::reportRequested, this, [this](const QString &file) {
        const auto saved = m_service->saveReport(m_run, file, ReportForm::Html);
        if (saved)
            m_console->showNote(Tone::Good, tr("The report is in %1").arg(displayText(file)));
        else
            m_console->showProblem(saved.error());
    });
    connect(console, &RunConsole::dischargeRequested, this, &ConsoleController::discharge);
}

void ConsoleController::open(const QString &run)
{
    delete m_follower;
    m_run = RunId(run);
    m_console->setRun(run, [service = m_service, id = m_run](const QString &step) {
        return service->logFiles(id, step);
    });
    m_follower = m_service->follow(m_run, this);
    const auto soon = [this] {
        if (!m_soon.isActive())
            m_soon.start();
    };
    connect(m_follower, &RunFollower::changed, this, soon);
    connect(m_follower, &RunFollower::loaded, this, soon);
    connect(m_follower, &RunFollower::runnerGone, this, soon);
    connect(m_follower, &RunFollower::progress, m_console, &RunConsole::setProgress);
    show();
}

void ConsoleController::close()
{
    delete m_follower;
    m_soon.stop();
}

void ConsoleController::show()
{
    if (!m_follower)
        return;
    m_console->setCancelLeaves(m_follower->cancelLeaves());
    m_console->setView(m_follower->view());
}

void ConsoleController::resume(const QString &run, bool finallyOnly)
{
    // A runner outlives its run by a moment; until it has gone nobody else can take the run up.
    if (m_follower && m_follower->view().runnerAlive && isEnded(m_follower->view().shown)) {
        connect(m_follower, &RunFollower::runnerGone, this, [this, run, finallyOnly] {
            disconnect(m_follower, &RunFollower::runnerGone, this, nullptr);
            open(run);
            resume(run, finallyOnly);
        });
        return;
    }
    onDone(this, m_service->resume(RunId(run), finallyOnly), [this](const Result<RunId> &resumed) {
        if (!resumed)
            m_console->showProblem(resumed.error());
    });
}

void ConsoleController::undo()
{
    onDone(this, m_service->undo(m_run, {}, true), [this](const Result<RunId> &undone) {
        if (undone)
            Q_EMIT takeUpRequested(undone->value());
        else
            m_console->showProblem(undone.error());
    });
}

void ConsoleController::discharge(const QString &obligation, const QString &kept,
                                  const QString &note)
{
    const RunId run = m_run;
    if (kept.isEmpty() || !m_follower)
        return closeObligation(run, obligation, note);
    m_console->showNote(Tone::Busy, tr("Deleting %1…").arg(displayText(kept)));
    const auto &all = m_follower->view().state.obligations;
    const auto found = std::find_if(
        all.begin(), all.end(), [&](const Obligation &known) { return known.id == obligation; });
    if (found == all.end())
        return;
    onDone(
        this, m_service->deleteKept(*found),
        [this, run, obligation, note](const Result<RunId> &started) {
            if (!started)
                return m_console->showProblem(started.error());
            RunFollower *deleting = m_service->follow(*started, this);
            const auto look = [this, deleting, run, obligation, note] {
                const RunStateName state = deleting->view().shown;
                if (!isEnded(state) && state != RunStateName::Interrupted)
                    return;
                deleting->disconnect(this);
                deleting->deleteLater();
                if (state == RunStateName::Succeeded || state == RunStateName::Warned)
                    return closeObligation(run, obligation, note);
                m_console->showProblem(
                    {ErrorCode::Failed,
                     tr("It could not be deleted"),
                     {},
                     tr("The run %1 says why; it is still to undo.").arg(deleting->run().value())});
            };
            connect(deleting, &RunFollower::changed, this, look);
            connect(deleting, &RunFollower::loaded, this, look);
            connect(deleting, &RunFollower::runnerGone, this, look);
        });
}

void ConsoleController::closeObligation(const RunId &run, const QString &obligation,
                                        const QString &note)
{
    onDone(this, m_service->discharge(run, obligation, note, {}),
           [this, run](const Result<void> &done) {
               if (!done)
                   return m_console->showProblem(done.error());
               // The run itself has ended; its view is read anew.
               if (run == m_run && m_follower)
                   open(run.value());
               m_console->showNote(Tone::Good, tr("It is undone and no longer listed."));
           });
}

} // namespace lb
