// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/board_page.h"

#include "core/base/clock.h"
#include "core/base/format.h"

#include <QEvent>
#include <QGridLayout>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace lb {

namespace {

const RunSummary *waitingForPerson(const SystemOverview &overview)
{
    for (const RunSummary &run : overview.activeRuns)
        if (run.state == RunStateName::Waiting &&
            (!run.waiting || run.waiting->reason == WaitingFor::Person ||
             run.waiting->reason == WaitingFor::Credential))
            return &run;
    return nullptr;
}

const RunSummary *inState(const SystemOverview &overview,
                          std::initializer_list<RunStateName> states)
{
    for (const RunStateName state : states)
        for (const RunSummary &run : overview.activeRuns)
            if (run.state == state)
                return &run;
    return nullptr;
}

/// The run that the card speaks of: what needs a person comes before what goes by itself.
const RunSummary *foremost(const SystemOverview &overview)
{
    if (const RunSummary *run = inState(overview, {RunStateName::Interrupted}))
        return run;
    if (const RunSummary *run = waitingForPerson(overview))
        return run;
    if (const RunSummary *run = inState(overview, {RunStateName::Running, RunStateName::Finishing,
                                                   RunStateName::Waiting, RunStateName::Paused,
                                                   RunStateName::Preparing}))
        return run;
    return inState(overview, {RunStateName::Ready, RunStateName::Draft});
}

} // namespace

SystemCard::SystemCard(QWidget *parent)
    : Card(parent),
      m_name(named(new PlainLabel(PlainLabel::Role::Heading, this), "cardName")),
      m_type(named(new PlainLabel(PlainLabel::Role::Muted, this), "cardType")),
      m_cause(named(new PlainLabel(PlainLabel::Role::Body, this), "cardCause")),
      m_verdict(named(new StateLabel(this, true), "cardVerdict")),
      m_badge(named(new Badge(this), "cardBadge")),
      m_undo(named(new StateLabel(this), "cardUndo")),
      m_advice(new QVBoxLayout),
      m_running(named(new QWidget(this), "cardRunning")),
      m_runText(named(new PlainLabel(PlainLabel::Role::Body, m_running), "cardRun")),
      m_progress(named(new QProgressBar(m_running), "cardProgress", tr("Progress of the run"))),
      m_primary(named(new QPushButton(this), "cardPrimary")),
      m_second(named(new QPushButton(this), "cardSecond")),
      m_more(named(new QToolButton(this), "cardMore", tr("More for this system")))
{
    m_name->setWordWrap(false);
    m_type->setWordWrap(false);
    makePrimary(m_primary);
    m_more->setIcon(lifeboatIcon(QStringLiteral("more")));
    m_more->setPopupMode(QToolButton::InstantPopup);
    m_more->setToolTip(tr("More for this system"));
    m_more->setAutoRaise(true);
    m_more->setMinimumSize(28, 28);
    auto *menu = named(new QMenu(m_more), "cardMenu", tr("More for this system"));
    menu->addAction(tr("&Save…"), this, [this] { Q_EMIT act(Act::Save); });
    menu->addAction(tr("&Recover…"), this, [this] { Q_EMIT act(Act::Recover); });
    menu->addSeparator();
    menu->addAction(tr("Restore &points"), this, &SystemCard::pointsRequested);
    menu->addAction(tr("R&uns"), this, &SystemCard::runsRequested);
    menu->addSeparator();
    menu->addAction(tr("&Edit…"), this, &SystemCard::editRequested);
    menu->addAction(tr("Re&move…"), this, &SystemCard::removeRequested);
    m_more->setMenu(menu);

    auto *grid = new QGridLayout(this);
    grid->setContentsMargins(16, 14, 16, 14);
    grid->setHorizontalSpacing(24);
    grid->setVerticalSpacing(8);
    auto *title = new QHBoxLayout;
    title->setSpacing(10);
    title->addWidget(m_name);
    title->addWidget(m_type);
    title->addWidget(m_badge);
    title->addStretch(1);
    grid->addLayout(title, 0, 0);
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addStretch(1);
    buttons->addWidget(m_second);
    buttons->addWidget(m_primary);
    buttons->addWidget(m_more);
    grid->addLayout(buttons, 0, 1, 1, 1, Qt::AlignTop);
    auto *verdict = new QHBoxLayout;
    verdict->setSpacing(10);
    verdict->addWidget(m_verdict, 0, Qt::AlignTop);
    verdict->addWidget(m_cause, 1);
    verdict->addWidget(m_undo, 0, Qt::AlignTop);
    grid->addLayout(verdict, 1, 0, 1, 2);
    grid->addLayout(m_advice, 2, 0, 1, 2);

    auto *facts = new QGridLayout;
    facts->setHorizontalSpacing(32);
    facts->setVerticalSpacing(2);
    m_proven = addFact(facts, 0, tr("Newest proven"), "cardProven");
    m_newest = addFact(facts, 1, tr("Newest"), "cardNewest");
    m_last = addFact(facts, 2, tr("Last run"), "cardLast");
    // The same columns on every card, so that the eye can run down them.
    for (int column = 0; column < 3; ++column)
        facts->setColumnStretch(column, 1);
    grid->addLayout(facts, 3, 0, 1, 2);

    auto *running = new QHBoxLayout(m_running);
    running->setContentsMargins(0, 0, 0, 0);
    running->setSpacing(12);
    running->addWidget(m_runText, 1);
    running->addWidget(m_progress, 1);
    m_progress->setRange(0, 0);
    m_progress->setTextVisible(false);
    m_progress->setFixedHeight(8);
    grid->addWidget(m_running, 4, 0, 1, 2);
    grid->setColumnStretch(0, 1);

    connect(m_primary, &QPushButton::clicked, this, [this] { Q_EMIT act(actOf(m_overview)); });
    connect(m_second, &QPushButton::clicked, this,
            [this] { Q_EMIT act(actOf(m_overview) == Act::Recover ? Act::Save : Act::Recover); });
    m_primary->installEventFilter(this);
}

SystemCard::Fact SystemCard::addFact(QGridLayout *grid, int column, const QString &caption,
                                     const char *name)
{
    Fact fact{named(new PlainLabel(PlainLabel::Role::Muted, this), "cardCaption"),
              named(new PlainLabel(PlainLabel::Role::Body, this), name)};
    fact.caption->setText(caption);
    fact.caption->setWordWrap(false);
    grid->addWidget(fact.caption, 0, column);
    grid->addWidget(fact.value, 1, column);
    return fact;
}

bool SystemCard::eventFilter(QObject *watched, QEvent *event)
{
    // Tab through cards must bring the whole card into view, not only its button.
    if (event->type() == QEvent::FocusIn && watched == m_primary)
        for (QWidget *up = parentWidget(); up; up = up->parentWidget())
            if (auto *scroll = qobject_cast<QScrollArea *>(up))
                scroll->ensureWidgetVisible(this, 0, 12);
    return Card::eventFilter(watched, event);
}

SystemCard::Act SystemCard::actOf(const SystemOverview &overview)
{
    if (const RunSummary *run = foremost(overview)) {
        switch (run->state) {
        case RunStateName::Interrupted:
            return Act::Resume;
        case RunStateName::Ready:
        case RunStateName::Draft:
            return Act::TakeUp;
        default:
            return run == waitingForPerson(overview) ? Act::Answer : Act::Open;
        }
    }
    switch (overview.verdict) {
    case SystemOverview::Verdict::NotProven:
        return overview.newest ? Act::Verify : Act::Save;
    case SystemOverview::Verdict::Attention:
        return overview.best || overview.newest ? Act::Recover : Act::Save;
    case SystemOverview::Verdict::NeverSaved:
    case SystemOverview::Verdict::Overdue:
    case SystemOverview::Verdict::Proven:
    case SystemOverview::Verdict::Running:
        break;
    }
    return Act::Save;
}

void SystemCard::setSystem(const SystemOverview &overview, const QString &typeTitle)
{
    m_overview = overview;
    const QString name = displayText(overview.profile.name);
    setObjectName(QStringLiteral("card_") + overview.profile.name);
    setAccessibleName(name);
    m_name->setText(name);
    m_type->setText(displayText(typeTitle.isEmpty() ? overview.profile.type : typeTitle));
    if (isPractice(overview.profile.name))
        m_badge->setBadge(tr("PRACTICE"), Tone::Busy);
    else if (overview.profile.isProtected)
        m_badge->setBadge(tr("PROTECTED"), Tone::Warn);
    else
        m_badge->setBadge({}, Tone::Neutral);
    const Tone tone = toneOf(overview.verdict);
    m_verdict->setState(toneIcon(tone), wordOf(overview.verdict), tone);
    m_cause->setText(displayText(overview.cause));

    const bool proven = overview.best && overview.best->proof >= ProofLevel::Read;
    m_proven.value->setText(proven ? zonedTimeAndAge(overview.best->madeAt) : tr("none"));
    m_newest.value->setText(overview.newest ? zonedTimeAndAge(overview.newest->madeAt)
                                            : tr("none"));
    m_last.value->setText(
        overview.lastRun
            //: last run: what it was, how it ended, when: "Restore: succeeded, 2 hours ago"
            ? tr("%1: %2, %3")
                  .arg(wordOf(overview.lastRun->purpose), wordOf(overview.lastRun->state),
                       formatAge(overview.lastRun->endedAt.isValid() ? overview.lastRun->endedAt
                                                                     : overview.lastRun->startedAt,
                                 utcNow()))
            : tr("none"));
    const int open = int(overview.open.size());
    if (open)
        m_undo->setState(QStringLiteral("bad"), tr("Still to undo (%n)", nullptr, open), Tone::Bad);
    m_undo->setVisible(open);

    showAdvice(overview.advice);

    const RunSummary *run = foremost(overview);
    m_running->setVisible(run);
    if (run) {
        m_runText->setText(tr("%1: %2").arg(
            displayText(run->title.isEmpty() ? run->runbook : run->title), wordOf(run->state)));
        m_progress->setVisible(run->state == RunStateName::Running ||
                               run->state == RunStateName::Finishing ||
                               run->state == RunStateName::Preparing);
    }
    QString primary;
    switch (actOf(overview)) {
    case Act::Save:
        primary = tr("Save now");
        break;
    case Act::Recover:
        primary = tr("Recover…");
        break;
    case Act::Verify:
        primary = tr("Verify now");
        break;
    case Act::Resume:
        primary = tr("Continue…");
        break;
    case Act::Answer:
        primary = tr("Answer…");
        break;
    case Act::TakeUp:
        primary = tr("Review and start…");
        break;
    case Act::Open:
        primary = tr("Watch");
        break;
    }
    m_primary->setText(primary);
    //: button of one system for screen readers: "Save now: shop-files"
    m_primary->setAccessibleName(tr("%1: %2").arg(primary, name));
    const bool recover = actOf(overview) == Act::Recover;
    m_second->setText(recover ? tr("Save now") : tr("Recover…"));
    m_second->setAccessibleName(tr("%1: %2").arg(m_second->text(), name));
    m_second->setVisible(recover || overview.newest);
    m_more->setAccessibleName(tr("More for %1").arg(name));
}

void SystemCard::showAdvice(const std::vector<Advice> &advice)
{
    while (m_adviceLines.size() > qsizetype(advice.size()))
        delete m_adviceLines.takeLast();
    for (size_t i = 0; i < advice.size(); ++i) {
        if (i >= size_t(m_adviceLines.size())) {
            m_adviceLines << named(new StateLabel(this), "cardAdvice");
            m_adviceLines.back()->setWrapping();
            m_advice->addWidget(m_adviceLines.back());
        }
        const Tone tone = advice[i].isUrgent ? Tone::Bad : Tone::Warn;
        m_adviceLines[qsizetype(i)]->setState(toneIcon(tone), displayText(advice[i].sentences()),
                                              tone);
    }
}

void SystemCard::setProgress(const Progress &progress)
{
    if (progress.bytesTotal > 0) {
        m_progress->setRange(0, 1000);
        m_progress->setValue(int(progress.bytesDone * 1000 / progress.bytesTotal));
    } else {
        m_progress->setRange(0, 0);
    }
    m_progress->setToolTip(
        progress.runRemainingMs >= 0
            ? tr("%1 left").arg(formatDuration(std::chrono::milliseconds(progress.runRemainingMs)))
            : QString());
}

BoardPage::BoardPage(QWidget *parent)
    : Page(tr("Board"), "boardPage", parent),
      m_stack(named(new QStackedWidget(this), "boardStack")),
      m_scroll(named(new QScrollArea(m_stack), "boardScroll", tr("Systems"))),
      m_list(named(new QWidget, "boardList")),
      m_cards(new QVBoxLayout(m_list)),
      m_add(named(new QPushButton(tr("&New system…"), this), "boardAdd")),
      m_broken(named(new InlineMessage(this), "boardBroken"))
{
    m_add->setIcon(lifeboatIcon(QStringLiteral("add")));
    header()->addWidget(m_add);
    connect(m_add, &QPushButton::clicked, this, &BoardPage::addRequested);
    content()->addWidget(m_broken);
    content()->addWidget(m_stack, 1);
    m_cards->setContentsMargins(0, 0, 6, 0);
    m_cards->setSpacing(12);
    m_cards->addStretch(1);
    m_scroll->setWidget(m_list);
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    // Only the cards are stops of the Tab key.
    m_scroll->setFocusPolicy(Qt::NoFocus);
    m_stack->addWidget(m_scroll);
    m_stack->addWidget(makeEmpty());
    setSystems({}, {});
}

QWidget *BoardPage::makeEmpty()
{
    auto *page = named(new QWidget(m_stack), "boardEmpty");
    auto *column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(14);
    auto *intro = named(new PlainLabel(PlainLabel::Role::Body, page), "emptyIntro");
    intro->setText(tr("No system is set up yet. Lifeboat saves what you name, proves that it can "
                      "be restored, and walks you through the restore when you need it."));
    column->addWidget(intro);
    const auto choice = [&](const QString &title, const QString &text, const QString &verb,
                            const char *name, bool primary) {
        auto *card = named(new Card(page), "emptyChoice");
        auto *row = new QHBoxLayout(card);
        row->setContentsMargins(18, 16, 18, 16);
        row->setSpacing(24);
        auto *words = new QVBoxLayout;
        auto *head = named(new PlainLabel(PlainLabel::Role::Heading, card), "choiceTitle");
        auto *body = named(new PlainLabel(PlainLabel::Role::Body, card), "choiceText");
        head->setText(title);
        body->setText(text);
        words->setSpacing(4);
        head->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
        words->addWidget(head);
        words->addWidget(body);
        words->addStretch(1);
        row->addLayout(words, 1);
        auto *button = named(new QPushButton(verb, card), name);
        button->setMinimumWidth(170);
        if (primary)
            makePrimary(button);
        row->addWidget(button, 0, Qt::AlignVCenter);
        column->addWidget(card);
        return button;
    };
    connect(choice(tr("Add a system"),
                   tr("Name the folders, say where restore points go, then save for the first "
                      "time."),
                   tr("&Add a system…"), "emptyAdd", true),
            &QPushButton::clicked, this, &BoardPage::addRequested);
    auto *practice =
        choice(tr("Practise first"),
               tr("Makes a throw-away folder and a system “practice-files”. Save it, damage it, "
                  "restore it: nothing of yours is touched."),
               tr("&Start practice"), "emptyPractice", false);
    connect(practice, &QPushButton::clicked, this, &BoardPage::practiceRequested);
    m_practice << practice;
    auto *import = choice(tr("Import restore points"),
                          tr("Restore points that another Lifeboat made are found in its store, "
                             "which is added on the command line: lifeboat-cli stores add NAME "
                             "--folder DIR. The window cannot import yet."),
                          tr("&Import…"), "emptyImport", false);
    import->setEnabled(false);
    import->setAccessibleDescription(tr("The window cannot import yet"));
    column->addStretch(1);
    return page;
}

SystemCard *BoardPage::makeCard()
{
    auto *card = new SystemCard(m_list);
    connect(card, &SystemCard::act, this,
            [this, card](SystemCard::Act act) { carryOut(card->overview(), act); });
    connect(card, &SystemCard::editRequested, this,
            [this, card] { Q_EMIT editRequested(card->overview().profile.name); });
    connect(card, &SystemCard::removeRequested, this, [this, card] {
        const QString name = card->overview().profile.name;
        confirm()->disconnect(this);
        connect(confirm(), &ConfirmPanel::confirmed, this,
                [this, name] { Q_EMIT removeRequested(name); });
        confirm()->ask(Tone::Warn, tr("Take %1 off the board?").arg(displayText(name)),
                       tr("Its restore points and runs stay. Nothing on the system itself is "
                          "touched."),
                       {}, tr("Remove the system"), tr("Keep it"));
    });
    connect(card, &SystemCard::pointsRequested, this,
            [this, card] { Q_EMIT pointsRequested(card->overview().profile.name); });
    connect(card, &SystemCard::runsRequested, this,
            [this, card] { Q_EMIT runsRequested(card->overview().profile.name); });
    m_cards->insertWidget(m_cards->count() - 1, card);
    return card;
}

void BoardPage::setSystems(std::vector<SystemOverview> systems,
                           const QHash<QString, QString> &typeTitles)
{
    // Cards are used again in place, so that the focus and an open menu survive a refresh.
    while (m_shown.size() < systems.size())
        m_shown.push_back(makeCard());
    while (m_shown.size() > systems.size()) {
        m_shown.back()->deleteLater();
        m_shown.pop_back();
    }
    for (size_t i = 0; i < systems.size(); ++i)
        m_shown[i]->setSystem(systems[i], typeTitles.value(systems[i].profile.type));
    m_stack->setCurrentIndex(systems.empty() ? 1 : 0);
    m_add->setVisible(!systems.empty());
}

void BoardPage::setProgress(const QString &run, const Progress &progress)
{
    for (SystemCard *card : m_shown)
        if (const RunSummary *shown = foremost(card->overview()); shown && shown->id == run)
            card->setProgress(progress);
}

void BoardPage::setBroken(const std::vector<Diagnostic> &broken)
{
    if (broken.empty()) {
        m_broken->clear();
        return;
    }
    QStringList lines;
    for (const Diagnostic &one : broken)
        lines << displayText(one.text());
    m_broken->showMessage(Tone::Bad,
                          tr("%n system file(s) cannot be read", nullptr, int(broken.size())),
                          lines.join(QLatin1Char('\n')));
}

void BoardPage::setPracticeRunning(bool running)
{
    for (QPushButton *button : std::as_const(m_practice)) {
        button->setEnabled(!running);
        button->setText(running ? tr("Starting…") : tr("&Start practice"));
    }
}

void BoardPage::focusContent()
{
    if (m_shown.empty())
        findChild<QPushButton *>(QStringLiteral("emptyAdd"))->setFocus();
    else
        m_shown.front()->findChild<QPushButton *>(QStringLiteral("cardPrimary"))->setFocus();
}

void BoardPage::focusSystem(const QString &name)
{
    for (SystemCard *card : m_shown)
        if (card->overview().profile.name == name)
            card->findChild<QPushButton *>(QStringLiteral("cardPrimary"))->setFocus();
}

void BoardPage::carryOut(const SystemOverview &overview, SystemCard::Act act)
{
    const QString system = overview.profile.name;
    const RunSummary *run = foremost(overview);
    switch (act) {
    case SystemCard::Act::Save:
        Q_EMIT runRequested(system, Purpose::Save);
        break;
    case SystemCard::Act::Recover:
        Q_EMIT runRequested(system, Purpose::Restore);
        break;
    case SystemCard::Act::Verify:
        if (overview.newest)
            Q_EMIT verifyRequested(system, overview.newest->id);
        break;
    case SystemCard::Act::Resume:
        if (run)
            Q_EMIT resumeRequested(run->id);
        break;
    case SystemCard::Act::TakeUp:
        if (run)
            Q_EMIT takeUpRequested(run->id);
        break;
    case SystemCard::Act::Answer:
    case SystemCard::Act::Open:
        if (run)
            Q_EMIT openRunRequested(run->id);
        break;
    }
}

} // namespace lb
