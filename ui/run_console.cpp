// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/run_console.h"

#include "core/base/clock.h"
#include "core/base/format.h"
#include "ui/log_file.h"
#include "ui/pages.h"

#include <QClipboard>
#include <QFileDialog>
#include <QGridLayout>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace lb {

namespace {

bool canSteer(RunStateName state)
{
    switch (state) {
    case RunStateName::Preparing:
    case RunStateName::Running:
    case RunStateName::Paused:
    case RunStateName::Waiting:
    case RunStateName::Finishing:
        return true;
    default:
        return false;
    }
}

/// A row of what is still to undo: title, where it stands, and a way to close it.
class UndoRow : public QWidget
{
public:
    /// `busy`: a runner works on the run; then a person has nothing to close yet.
    UndoRow(const Obligation &obligation, bool busy, RunConsole *console, QWidget *parent)
        : QWidget(parent)
    {
        setObjectName(QStringLiteral("undoRow"));
        const QString kept = obligation.kept();
        const qint64 bytes = obligation.detail.value(QLatin1String("bytes")).toInteger(-1);
        auto *grid = new QGridLayout(this);
        grid->setContentsMargins(0, 0, 0, 0);
        grid->setVerticalSpacing(2);
        grid->setColumnStretch(0, 1);
        auto *state = named(new StateLabel(this), "undoState");
        state->setState(QStringLiteral("bad"), displayText(obligation.title), Tone::Bad);
        state->setWrapping();
        grid->addWidget(state, 0, 0);
        auto *done = named(new QPushButton(kept.isEmpty() ? RunConsole::tr("Mark as done…")
                                                          : RunConsole::tr("Delete it…"),
                                           this),
                           "undoDone");
        //: button and what it is about, for screen readers
        done->setAccessibleName(
            RunConsole::tr("%1 %2").arg(done->text(), displayText(obligation.title)));
        grid->addWidget(done, 0, 1, 2, 1, Qt::AlignVCenter);
        done->setVisible(!busy);
        QStringList facts;
        if (!kept.isEmpty() && !obligation.title.contains(kept))
            facts << displayText(kept);
        if (bytes >= 0)
            facts << formatSize(bytes);
        facts << RunConsole::tr("open since %1").arg(timeAndAge(obligation.openedAt));
        if (busy)
            facts << RunConsole::tr("the run goes on and may do it itself");
        auto *muted = named(new PlainLabel(PlainLabel::Role::Muted, this), "undoFacts");
        muted->setText(facts.join(QStringLiteral("  ·  ")));
        grid->addWidget(muted, 1, 0);
        auto *panel = named(new QWidget(this), "undoPanel");
        auto *fields = new QHBoxLayout(panel);
        fields->setContentsMargins(0, 4, 0, 0);
        auto *note = named(new QLineEdit(panel), "undoNote", RunConsole::tr("Note"));
        note->setPlaceholderText(kept.isEmpty()
                                     ? RunConsole::tr("How was it undone? (goes into the journal)")
                                     : RunConsole::tr("Note (goes into the journal)"));
        auto *send = named(new QPushButton(kept.isEmpty() ? RunConsole::tr("It is done")
                                                          : RunConsole::tr("Delete for good"),
                                           panel),
                           "undoSend");
        send->setEnabled(!kept.isEmpty());
        fields->addWidget(note, 1);
        fields->addWidget(send);
        panel->hide();
        grid->addWidget(panel, 2, 0, 1, 2);
        QObject::connect(done, &QPushButton::clicked, console, [console, panel, note] {
            panel->setVisible(!panel->isVisible());
            console->fitUndoList();
            note->setFocus();
        });
        // Somebody's word alone closes it, so there has to be one.
        if (kept.isEmpty())
            QObject::connect(note, &QLineEdit::textChanged, send, [send](const QString &text) {
                send->setEnabled(!text.trimmed().isEmpty());
            });
        QObject::connect(send, &QPushButton::clicked, console,
                         [console, note, kept, id = obligation.id] {
                             Q_EMIT console->dischargeRequested(id, kept, note->text());
                         });
        QObject::connect(note, &QLineEdit::returnPressed, send, &QPushButton::click);
    }
};

} // namespace

RunConsole::RunConsole(QWidget *parent)
    : QWidget(parent),
      m_title(named(new PlainLabel(PlainLabel::Role::Title, this), "runTitle")),
      m_subtitle(named(new PlainLabel(PlainLabel::Role::Muted, this), "runSubtitle")),
      m_times(named(new PlainLabel(PlainLabel::Role::Body, this), "runTimes")),
      m_badge(named(new Badge(this), "runBadge")),
      m_state(named(new StateLabel(this, true), "runState")),
      m_bar(named(new QProgressBar(this), "runProgress", tr("Progress of the run"))),
      m_message(named(new InlineMessage(this), "runMessage")),
      m_needed(new NeededBox(this)),
      m_steps(new StepsModel(this)),
      m_log(named(new LogView(this), "runLog")),
      m_splitter(named(new QSplitter(Qt::Horizontal, this), "runSplitter")),
      m_undoScroll(named(new QScrollArea(this), "undoScroll", tr("Still to undo"))),
      m_undoList(named(new QWidget, "undoList")),
      m_undoRows(new QVBoxLayout(m_undoList)),
      m_cancelPanel(named(new ConfirmPanel(this), "cancelPanel")),
      m_pause(named(new QPushButton(this), "runPause")),
      m_cancel(named(new QPushButton(tr("C&ancel…"), this), "runCancel")),
      m_report(named(new QPushButton(tr("Save &report…"), this), "runReport")),
      m_copy(named(new QPushButton(tr("Copy as co&mmand"), this), "runCopy"))
{
    setObjectName(QStringLiteral("runConsole"));
    setAccessibleName(tr("Run"));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(20, 16, 20, 16);
    column->setSpacing(10);

    auto *back = named(new QToolButton(this), "runBack", tr("Back to the runs"));
    back->setIcon(lifeboatIcon(QStringLiteral("back")));
    back->setToolTip(tr("Back to the runs; the run goes on"));
    back->setAutoRaise(true);
    back->setMinimumSize(28, 28);
    connect(back, &QToolButton::clicked, this, &RunConsole::backRequested);
    auto *head = new QHBoxLayout;
    head->setSpacing(10);
    head->addWidget(back, 0, Qt::AlignTop);
    auto *words = new QVBoxLayout;
    words->setSpacing(0);
    auto *titleRow = new QHBoxLayout;
    titleRow->setSpacing(12);
    titleRow->addWidget(m_title);
    titleRow->addWidget(m_badge);
    titleRow->addStretch(1);
    words->addLayout(titleRow);
    words->addWidget(m_subtitle);
    head->addLayout(words, 1);
    auto *states = new QVBoxLayout;
    states->setSpacing(0);
    states->addWidget(m_state, 0, Qt::AlignTrailing);
    states->addWidget(m_times, 0, Qt::AlignTrailing);
    head->addLayout(states);
    column->addLayout(head);
    m_title->setWordWrap(false);
    m_times->setWordWrap(false);
    m_bar->setTextVisible(false);
    m_bar->setFixedHeight(8);
    column->addWidget(m_bar);
    column->addWidget(m_message);
    column->addWidget(m_needed);

    m_table = makeTable(this, "runSteps", tr("Steps"), m_steps);
    m_table->setSortingEnabled(false);
    connect(m_steps, &QAbstractItemModel::modelReset, m_table, &QTableView::clearSpans);
    m_table->horizontalHeader()->setSectionResizeMode(StepsModel::Step, QHeaderView::Stretch);
    m_table->horizontalHeader()->setSectionResizeMode(StepsModel::State,
                                                      QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setSectionResizeMode(StepsModel::Time,
                                                      QHeaderView::ResizeToContents);
    m_splitter->addWidget(m_table);
    m_splitter->addWidget(m_log);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setStretchFactor(0, 6);
    m_splitter->setStretchFactor(1, 5);
    m_splitter->setHandleWidth(10);
    m_splitter->handle(1)->setObjectName(QStringLiteral("runHandle"));
    column->addWidget(m_splitter, 1);

    m_undoRows->setContentsMargins(0, 0, 0, 0);
    m_undoRows->setSpacing(8);
    m_undoScroll->setWidget(m_undoList);
    m_undoScroll->setWidgetResizable(true);
    m_undoScroll->setFrameShape(QFrame::NoFrame);
    m_undoScroll->setFocusPolicy(Qt::NoFocus);
    column->addWidget(m_undoScroll);
    column->addWidget(m_cancelPanel);
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_pause);
    buttons->addWidget(m_cancel);
    buttons->addStretch(1);
    buttons->addWidget(m_report);
    buttons->addWidget(m_copy);
    column->addLayout(buttons);

    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        const QModelIndexList rows = m_table->selectionModel()->selectedRows();
        const StepsModel::Row *row = rows.isEmpty() ? nullptr : m_steps->at(rows.first().row());
        if (!row || row->kind != StepsModel::RowKind::Step || row->id == m_shownStep)
            return;
        m_chosenByHand = true;
        m_shownStep = row->id;
        showLog();
    });
    connect(m_needed, &NeededBox::rebuilt, this, [this, back] { orderTabs(back); });
    connect(m_needed, &NeededBox::commandIssued, this, &RunConsole::commandIssued);
    connect(m_needed, &NeededBox::resumeRequested, this, &RunConsole::resumeRequested);
    connect(m_needed, &NeededBox::undoRequested, this, &RunConsole::undoRequested);
    connect(m_needed, &NeededBox::takeUpRequested, this, &RunConsole::takeUpRequested);
    connect(m_needed, &NeededBox::againRequested, this, &RunConsole::againRequested);
    connect(m_pause, &QPushButton::clicked, this, [this] {
        RunCommand command;
        command.kind = m_view.state.pauseRequested || m_view.shown == RunStateName::Paused
                           ? CommandKind::Continue
                           : CommandKind::Pause;
        Q_EMIT commandIssued(command);
    });
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        m_cancelPanel->ask(Tone::Warn, tr("Cancel this run?"),
                           m_leaves.isEmpty()
                               ? tr("It stops at the next safe point; steps that clean up still "
                                    "run.")
                               : displayText(m_leaves),
                           {}, tr("Cancel the run"), tr("Keep it running"));
    });
    connect(m_cancelPanel, &ConfirmPanel::confirmed, this, [this] {
        RunCommand command;
        command.kind = CommandKind::Cancel;
        Q_EMIT commandIssued(command);
    });
    connect(m_copy, &QPushButton::clicked, this, [this] {
        QGuiApplication::clipboard()->setText(QStringLiteral("lifeboat-cli runs show ") + m_run);
        m_message->showMessage(Tone::Neutral,
                               tr("Copied: %1").arg(QGuiApplication::clipboard()->text()));
    });
    m_report->setToolTip(tr("What was done, when, by whom, and what is still to undo, as one page "
                            "that needs no network"));
    connect(m_report, &QPushButton::clicked, this, &RunConsole::chooseReportFile);
    orderTabs(back);
    m_clock.setInterval(1000);
    connect(&m_clock, &QTimer::timeout, this, &RunConsole::tick);
}

void RunConsole::orderTabs(QWidget *first)
{
    QList<QWidget *> order{first};
    order << m_needed->stops() << m_table << m_log->stops() << m_undoList << m_pause << m_cancel
          << m_report << m_copy;
    for (qsizetype i = 1; i < order.size(); ++i)
        setTabOrder(order[i - 1], order[i]);
}

void RunConsole::setRun(const QString &run, LogFiles files)
{
    m_run = run;
    m_files = std::move(files);
    m_view = {};
    m_progress = {};
    m_leaves.clear();
    m_shownStep.clear();
    m_shownFiles.clear();
    m_logKey.clear();
    m_chosenByHand = false;
    m_undoKey.clear();
    m_undoList->setProperty("filled", false); // it may still show those of the run before
    m_message->clear();
    m_cancelPanel->clear();
    m_log->setFiles({}, false);
    setView({});
}

void RunConsole::setView(const RunView &view)
{
    // A plan may have thousands of steps and events come by the hundred: it is copied once.
    const bool samePlan = m_view.plan && view.plan && !view.state.planSha256.isEmpty() &&
                          m_view.state.planSha256 == view.state.planSha256;
    m_view.state = view.state;
    m_view.shown = view.shown;
    m_view.runnerAlive = view.runnerAlive;
    m_view.journalProblem = view.journalProblem;
    if (!samePlan)
        m_view.plan = view.plan;
    showHead();
    m_needed->setView(m_view);
    showSteps();
    showObligations();
    showButtons();
    if (isEnded(m_view.shown) || m_view.shown == RunStateName::Interrupted) {
        m_clock.stop();
        m_cancelPanel->hide();
    } else if (!m_clock.isActive()) {
        m_clock.start();
    }
}

void RunConsole::showHead()
{
    const RunRequest &request = m_view.state.request;
    const QString title = m_view.plan ? m_view.plan->title : request.runbookId;
    m_title->setText(displayText(request.system.name));
    QStringList subtitle{displayText(title)};
    if (m_view.plan && !m_view.plan->identity.text.isEmpty())
        subtitle << displayText(m_view.plan->identity.text);
    subtitle << m_run;
    m_subtitle->setText(subtitle.join(QStringLiteral("  ·  ")));
    const TargetKind target = m_view.plan ? m_view.plan->target : request.target;
    if (isPractice(request.system.name))
        m_badge->setBadge(tr("PRACTICE"), Tone::Busy);
    else if (target == TargetKind::Rehearsal)
        m_badge->setBadge(tr("REHEARSAL"), Tone::Busy);
    else if (request.system.isProtected)
        m_badge->setBadge(tr("PROTECTED"), Tone::Warn);
    else
        m_badge->setBadge({}, Tone::Neutral);
    m_state->setState(iconOf(m_view.shown), wordOf(m_view.shown), toneOf(m_view.shown));
    tick();

    int done = 0, all = 0;
    if (m_view.plan) {
        for (const PlannedStep &step : m_view.plan->steps) {
            if (!step.skipReason.isEmpty())
                continue;
            ++all;
            const StepRecord *record = m_view.state.step(step.id);
            if (record && isEnded(record->state))
                ++done;
        }
    }
    double share = 0;
    if (all)
        share = done;
    if (m_progress.bytesTotal > 0)
        if (const StepRecord *record = m_view.state.step(m_progress.step);
            record && record->state == StepState::Running)
            share += double(m_progress.bytesDone) / double(m_progress.bytesTotal);
    const bool unknown = !all && !isEnded(m_view.shown);
    m_bar->setRange(0, unknown && m_view.runnerAlive ? 0 : 1000);
    m_bar->setValue(all ? int(1000 * share / all) : 0);
    m_bar->setVisible(!isEnded(m_view.shown));
}

void RunConsole::tick()
{
    QStringList times;
    if (m_view.state.startedAt.isValid()) {
        const bool over = m_view.state.endedAt.isValid();
        const QDateTime end = over ? m_view.state.endedAt : utcNow();
        const QString length =
            formatDuration(std::chrono::milliseconds(m_view.state.startedAt.msecsTo(end)));
        times << (over ? tr("took %1").arg(length) : tr("%1 elapsed").arg(length));
        if (!over && m_progress.runRemainingMs >= 0)
            times << tr("about %1 left")
                         .arg(formatDuration(std::chrono::milliseconds(m_progress.runRemainingMs)));
        else if (!over && m_view.shown == RunStateName::Running)
            times << tr("time left not known yet");
        if (over)
            times << formatTime(m_view.state.endedAt);
    }
    m_times->setText(times.join(QStringLiteral("  ·  ")));
    m_steps->tick();
}

void RunConsole::setProgress(const Progress &progress)
{
    m_progress = progress;
    showHead();
    if (progress.step == m_shownStep && progress.bytesTotal > 0) {
        //: progress of a step: done of total
        m_message->setAccessibleDescription(
            tr("%1 of %2").arg(formatSize(progress.bytesDone), formatSize(progress.bytesTotal)));
    }
}

void RunConsole::setCancelLeaves(const QString &sentence)
{
    m_leaves = sentence;
}

void RunConsole::showProblem(const Error &error)
{
    m_message->showMessage(
        Tone::Bad, displayText(error.summary),
        displayText(QStringList{error.detail, error.advice}.join(QLatin1Char('\n')).trimmed(),
                    true));
}

void RunConsole::showNote(Tone tone, const QString &text)
{
    m_message->showMessage(tone, text);
}

QString RunConsole::stepToShow() const
{
    // A failed or waiting step opens itself; else the one that runs; else the last that ran.
    QString running, last, bad;
    QStringList order = m_view.state.stepOrder;
    for (const QString &id : order) {
        const StepRecord *record = m_view.state.step(id);
        if (!record)
            continue;
        if (record->state == StepState::Failed && bad.isEmpty())
            bad = id;
        if (record->state == StepState::Running || record->state == StepState::Waiting ||
            record->state == StepState::Unknown)
            running = id;
        if (record->startedAt.isValid())
            last = id;
    }
    if (!running.isEmpty())
        return running;
    return bad.isEmpty() ? last : bad;
}

void RunConsole::showSteps()
{
    m_steps->setView(m_view);
    for (int row = 0; row < m_steps->rowCount(); ++row) {
        const bool wide = m_steps->at(row)->kind != StepsModel::RowKind::Step;
        if (wide && m_table->columnSpan(row, 0) == 1)
            m_table->setSpan(row, 0, 1, StepsModel::Count);
    }
    const QString wanted = m_chosenByHand ? m_shownStep : stepToShow();
    const int row = m_steps->rowOf(wanted);
    if (row >= 0 && (wanted != m_shownStep || !m_table->currentIndex().isValid())) {
        // Told to the selection first: a choice of ours is none by hand.
        m_shownStep = wanted;
        m_table->selectRow(row);
        // After the layout has made room for what is needed now.
        QTimer::singleShot(0, m_table, [this] { m_table->scrollTo(m_table->currentIndex()); });
    }
    showLog();
}

void RunConsole::showLog()
{
    const StepRecord *record = m_view.state.step(m_shownStep);
    const bool growing =
        record && (record->state == StepState::Running || record->state == StepState::Waiting) &&
        m_view.runnerAlive;
    const StepsModel::Row *row = m_steps->at(m_steps->rowOf(m_shownStep));
    m_log->setTitle(row ? tr("Log: %1").arg(displayText(row->title)) : tr("Log"));
    // Looking for files costs; they are others only after one of these has changed.
    const QString key =
        QStringLiteral("%1/%2/%3").arg(m_shownStep).arg(record ? record->attempts : 0).arg(growing);
    if (key == m_logKey && !m_shownFiles.isEmpty())
        return;
    m_logKey = key;
    const QStringList files = m_files ? m_files(m_shownStep) : QStringList();
    if (files != m_shownFiles) {
        m_shownFiles = files;
        m_log->setFiles(files, growing);
    } else {
        m_log->setGrowing(growing);
    }
}

void RunConsole::showObligations()
{
    QString key = m_view.runnerAlive ? QStringLiteral("busy") : QString();
    for (const Obligation &obligation : m_view.state.obligations)
        if (obligation.state == ObligationState::Open)
            key += obligation.id + QChar(0x1f);
    if (key == m_undoKey && m_undoList->property("filled").toBool())
        return;
    m_undoKey = key;
    m_undoList->setProperty("filled", true);
    while (QLayoutItem *item = m_undoRows->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    // While the run goes on, what it will close itself is no work for a person yet.
    const int open = int(key.count(QChar(0x1f)));
    m_undoScroll->setVisible(open);
    if (!open)
        return;
    auto *title = named(new PlainLabel(PlainLabel::Role::Heading, m_undoList), "undoTitle");
    title->setText(tr("Still to undo (%n)", nullptr, open));
    m_undoRows->addWidget(title);
    for (const Obligation &obligation : m_view.state.obligations)
        if (obligation.state == ObligationState::Open)
            m_undoRows->addWidget(new UndoRow(obligation, m_view.runnerAlive, this, m_undoList));
    // The layout shows new rows from the event loop; before that they have no height.
    QTimer::singleShot(0, this, &RunConsole::fitUndoList);
}

void RunConsole::fitUndoList()
{
    // Many of them scroll instead of pushing steps and log out of the window.
    const int wanted = m_undoRows->hasHeightForWidth()
                           ? m_undoRows->heightForWidth(qMax(200, m_undoScroll->width() - 4))
                           : m_undoRows->sizeHint().height();
    m_undoScroll->setFixedHeight(qMin(wanted + 2, height() / 3));
}

void RunConsole::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    fitUndoList();
}

void RunConsole::showButtons()
{
    const bool steer = canSteer(m_view.shown) && m_view.runnerAlive;
    const bool paused = m_view.shown == RunStateName::Paused || m_view.state.pauseRequested;
    m_pause->setText(paused ? tr("&Continue") : tr("&Pause"));
    m_pause->setIcon(lifeboatIcon(paused ? QStringLiteral("play") : QStringLiteral("pause")));
    m_pause->setToolTip(paused ? QString()
                               : tr("Holds at the next safe point. What is stopped stays stopped "
                                    "until the run goes on."));
    m_report->setVisible(isEnded(m_view.shown));
    m_pause->setVisible(!isEnded(m_view.shown));
    m_cancel->setVisible(!isEnded(m_view.shown));
    m_pause->setEnabled(steer && m_view.shown != RunStateName::Preparing);
    m_cancel->setEnabled(steer && !m_view.state.cancelRequested);
    m_cancel->setText(m_view.state.cancelRequested ? tr("Cancelling…") : tr("C&ancel…"));
}

void RunConsole::chooseReportFile()
{
    auto *dialog = named(new QFileDialog(this, tr("Save the report of this run")), "reportDialog");
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilter(tr("Web pages (*.html)"));
    dialog->setDefaultSuffix(QStringLiteral("html"));
    dialog->selectFile(QStringLiteral("lifeboat-%1.html").arg(m_run));
    // A report is never written over another file: that is said instead of asked.
    dialog->setOption(QFileDialog::DontConfirmOverwrite);
    connect(dialog, &QFileDialog::fileSelected, this, &RunConsole::reportRequested);
    dialog->open();
}

void RunConsole::focusContent()
{
    if (m_needed->isWanted())
        if (auto *button = m_needed->findChild<QPushButton *>(QStringLiteral("neededChoice")))
            return button->setFocus();
    m_table->setFocus();
}

QList<QWidget *> RunConsole::panes() const
{
    return {m_table, m_log->lines(), m_pause->isVisible() ? m_pause : m_copy};
}

} // namespace lb
