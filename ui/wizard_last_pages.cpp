// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/model/accepted_checks.h"
#include "ui/run_wizard.h"
#include "ui/wizard_pages.h"
#include "ui/words.h"

#include <QFormLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace lb {

/// One check: verdict, what, evidence, hint and age; a field for the reason where it warned.
class ChecksPage::CheckRow : public Card
{
public:
    CheckRow(const QString &id, RunDraft *draft, QWidget *parent)
        : Card(parent),
          m_state(named(new StateLabel(this), "checkState")),
          m_title(named(new PlainLabel(PlainLabel::Role::Strong, this), "checkTitle")),
          m_evidence(named(new PlainLabel(PlainLabel::Role::Body, this), "checkEvidence")),
          m_hint(named(new PlainLabel(PlainLabel::Role::Body, this), "checkHint")),
          m_age(named(new PlainLabel(PlainLabel::Role::Muted, this), "checkAge")),
          m_reason(named(new QLineEdit(this), "checkReason")),
          m_same(named(new QPushButton(this), "checkSame"))
    {
        setObjectName(QStringLiteral("check_") + id);
        auto *grid = new QGridLayout(this);
        grid->setContentsMargins(12, 8, 12, 8);
        grid->setHorizontalSpacing(16);
        grid->setVerticalSpacing(3);
        m_state->setFixedWidth(m_state->fontMetrics().horizontalAdvance(tr("not tested")) + 60);
        grid->addWidget(m_state, 0, 0, Qt::AlignTop);
        grid->addWidget(m_title, 0, 1);
        grid->addWidget(m_age, 0, 2, Qt::AlignTrailing | Qt::AlignTop);
        grid->addWidget(m_evidence, 1, 1, 1, 2);
        grid->addWidget(m_hint, 2, 1, 1, 2);
        grid->addWidget(m_reason, 3, 1, 1, 2);
        grid->addWidget(m_same, 4, 1, 1, 2, Qt::AlignLeading);
        m_same->hide();
        grid->setColumnStretch(1, 1);
        m_age->setWordWrap(false);
        m_evidence->setTextInteractionFlags(Qt::TextSelectableByMouse);
        m_reason->setPlaceholderText(tr("Why is this acceptable? (goes into the journal)"));
        connect(m_reason, &QLineEdit::textChanged, draft,
                [draft, id](const QString &text) { draft->setReason(id, text); });
    }
    void show(const CheckRecord &check)
    {
        const QString title = displayText(check.title.isEmpty() ? check.id : check.title);
        m_state->setState(iconOf(check.verdict), wordOf(check.verdict), toneOf(check.verdict));
        m_title->setText(title);
        m_evidence->setText(displayText(check.evidence, true));
        m_evidence->setVisible(!check.evidence.isEmpty());
        const bool bad =
            check.verdict == CheckVerdict::Failed || check.verdict == CheckVerdict::Warned;
        m_hint->setText(displayText(check.hint));
        m_hint->setVisible(bad && !check.hint.isEmpty());
        m_at = check.at;
        m_reason->setVisible(check.verdict == CheckVerdict::Warned);
        m_reason->setAccessibleName(tr("Reason for going on: %1").arg(title));
        setAccessibleName(tr("%1: %2").arg(title, wordOf(check.verdict)));
        age();
    }
    QPushButton *same() const { return m_same; }
    void setReason(const QString &reason) { m_reason->setText(reason); }
    /// Offers to give the reason to so many others.
    void offerSame(int others)
    {
        m_same->setText(tr("Same reason for %n more check(s) like this", nullptr, others));
        m_same->setVisible(others > 0);
    }
    void age() { m_age->setText(m_at.isValid() ? formatAge(m_at, utcNow()) : QString()); }

private:
    StateLabel *m_state;
    PlainLabel *m_title, *m_evidence, *m_hint, *m_age;
    QLineEdit *m_reason;
    QPushButton *m_same;
    QDateTime m_at;
};

ChecksPage::ChecksPage(RunDraft *draft)
    : WizardPage(draft, "checksPage", tr("Can it work?"),
                 tr("Read-only checks against the target. Every one must pass; a warning needs a "
                    "reason.")),
      m_message(named(new InlineMessage(this), "checksMessage")),
      m_question(named(new InlineMessage(this), "checksQuestion")),
      m_note(named(new QLineEdit(m_question), "checksNote", tr("Note"))),
      m_identity(named(new PlainLabel(PlainLabel::Role::Strong, this), "checksIdentity")),
      m_waiting(named(new PlainLabel(PlainLabel::Role::Muted, this), "checksWaiting")),
      m_again(named(new QPushButton(tr("Check &again"), this), "checksAgain"))
{
    m_again->setIcon(lifeboatIcon(QStringLiteral("refresh")));
    content()->addWidget(m_message);
    content()->addWidget(m_question);
    m_note->setPlaceholderText(tr("Note (goes into the journal)"));
    m_question->body()->addWidget(m_note);
    auto *row = new QHBoxLayout;
    row->addWidget(m_identity, 1);
    row->addWidget(m_again);
    content()->addLayout(row);
    m_rows = addScroll(content(), this, "checksScroll", tr("Checks"));
    m_rows->addWidget(m_waiting);
    m_rows->addStretch(1);
    connect(draft, &RunDraft::changed, this, &ChecksPage::refresh);
    connect(m_again, &QPushButton::clicked, this, [this] {
        this->draft()->discard();
        this->draft()->prepare();
    });
    m_clock.setInterval(10'000);
    connect(&m_clock, &QTimer::timeout, this, [this] {
        for (CheckRow *check : std::as_const(m_shown))
            check->age();
    });
}

void ChecksPage::initializePage()
{
    m_inside = true;
    m_clock.start();
    draft()->prepare();
    refresh();
}

void ChecksPage::cleanupPage()
{
    m_inside = false;
    m_clock.stop();
    // A run that was taken up is not ours to throw away.
    if (!draft()->isTakenUp())
        draft()->discard();
}

/// Positions of those that warned like this one, for another item, and have another reason.
QList<qsizetype> ChecksPage::unlike(const QString &id)
{
    QList<qsizetype> others;
    const std::vector<CheckRecord> &checks = draft()->view()->state.checks;
    for (size_t i = 0; i < checks.size(); ++i) {
        if (checks[i].verdict == CheckVerdict::Warned && checks[i].id != id &&
            checkGroup(checks[i].id) == checkGroup(id) &&
            draft()->reason(checks[i].id) != draft()->reason(id))
            others << qsizetype(i);
    }
    return others;
}

void ChecksPage::useForAll(const QString &id)
{
    const QString reason = draft()->reason(id);
    for (const qsizetype row : unlike(id))
        m_shown.at(row)->setReason(reason);
}

void ChecksPage::refresh()
{
    if (!m_inside)
        return;
    const std::optional<RunView> &view = draft()->view();
    const std::vector<CheckRecord> none;
    const std::vector<CheckRecord> &checks = view ? view->state.checks : none;
    // Rows stay where they are, so that a half-typed reason survives the next check coming in.
    while (m_shown.size() > qsizetype(checks.size()))
        delete m_shown.takeLast();
    for (qsizetype i = 0; i < qsizetype(checks.size()); ++i) {
        const CheckRecord &check = checks[size_t(i)];
        if (i >= m_shown.size() ||
            m_shown[i]->objectName() != QStringLiteral("check_") + check.id) {
            auto *row = new CheckRow(check.id, draft(), this);
            connect(row->same(), &QPushButton::clicked, this,
                    [this, id = check.id] { useForAll(id); });
            m_rows->insertWidget(int(i), row);
            if (i < m_shown.size())
                delete std::exchange(m_shown[i], row);
            else
                m_shown << row;
        }
        m_shown[i]->show(check);
        m_shown[i]->offerSame(draft()->reason(check.id).isEmpty() ? 0
                                                                  : int(unlike(check.id).size()));
    }
    const bool going = !draft()->problem() && (!view || view->shown == RunStateName::Preparing);
    m_waiting->setText(tr("Checking…"));
    m_waiting->setVisible(going);
    m_again->setEnabled(!going);

    if (draft()->problem()) {
        m_message->showMessage(
            Tone::Bad, displayText(draft()->problem()->summary),
            displayText(QStringList{draft()->problem()->detail, draft()->problem()->advice}
                            .join(QLatin1Char('\n'))
                            .trimmed(),
                        true));
    } else if (view && (isEnded(view->shown) || view->shown == RunStateName::Interrupted) &&
               !view->plan) {
        m_message->showMessage(Tone::Bad, tr("There is no plan: the preparation has ended"),
                               displayText(view->state.warnings.join(QLatin1Char('\n')), true));
    } else {
        m_message->clear();
    }
    m_identity->setText(view && view->plan
                            ? tr("Live identity: %1").arg(displayText(view->plan->identity.text))
                            : QString());
    const bool asks = view && view->state.waiting && !isEnded(view->shown);
    if (asks) {
        if (!m_question->isVisible()) {
            const QString step = view->state.waiting->step;
            const auto reply = [this, step](AnswerKind kind) {
                return [this, step, kind] {
                    RunCommand command;
                    command.kind = CommandKind::Answer;
                    command.step = step;
                    command.answer = kind;
                    command.note = m_note->text();
                    draft()->answer(command);
                };
            };
            m_question->showMessage(Tone::Warn, tr("A question before it can go on"),
                                    displayText(view->state.waiting->text, true));
            connect(m_question->addAction(tr("&Yes, go on")), &QPushButton::clicked, this,
                    reply(AnswerKind::Yes));
            connect(m_question->addAction(tr("&Stop")), &QPushButton::clicked, this,
                    reply(AnswerKind::Stop));
        }
    } else {
        m_question->clear();
    }
    setReason(draft()->obstacle());
}

PlanPage::PlanPage(RunDraft *draft)
    : WizardPage(draft, "planPage", tr("This is exactly what will be done"),
                 tr("What you read here is what runs. ‹Names in angle quotes› are filled in by the "
                    "run and journalled.")),
      m_plan(named(new PlanView(this), "planView")),
      m_summary(named(new PlainLabel(PlainLabel::Role::Strong, this), "planSummary")),
      m_deviations(named(new PlainLabel(PlainLabel::Role::Body, this), "planDeviations")),
      m_noReturn(named(new InlineMessage(this), "planNoReturn"))
{
    setCommitPage(true);
    content()->addWidget(m_summary);
    content()->addWidget(m_noReturn);
    content()->addWidget(m_plan, 1);
    content()->addWidget(m_deviations);
}

void PlanPage::initializePage()
{
    if (!draft()->view() || !draft()->view()->plan)
        return setReason(tr("There is no plan."));
    const lb::Plan &plan = *draft()->view()->plan;
    m_plan->setText(draft()->planText());
    int changes = 0, destroys = 0, skipped = 0;
    for (const PlannedStep &step : plan.steps) {
        if (!step.skipReason.isEmpty()) {
            ++skipped;
            continue;
        }
        changes += step.effect == Effect::Change;
        destroys += step.effect == Effect::Destroy;
    }
    m_summary->setText(QStringList{tr("%n step(s)", nullptr, int(plan.steps.size()) - skipped),
                                   tr("changing: %1").arg(changes),
                                   tr("destroying: %1").arg(destroys)}
                           .join(QStringLiteral("  ·  ")));
    m_noReturn->clear();
    if (plan.lineOfNoReturn >= 0 && plan.lineOfNoReturn < int(plan.steps.size())) {
        const PlannedStep &step = plan.steps[size_t(plan.lineOfNoReturn)];
        m_noReturn->showMessage(Tone::Warn,
                                tr("Line of no return: before “%1”")
                                    .arg(displayText(step.title.isEmpty() ? step.id : step.title)),
                                tr("Up to there you can go back. From there on you cannot."));
    } else if (destroys > 0) {
        m_noReturn->showMessage(Tone::Good, tr("No line of no return"),
                                tr("What stood there before is kept aside: you can go back from "
                                   "every step."));
    }
    QStringList lines;
    for (const QString &remark : plan.remarks)
        lines << displayText(remark);
    for (const ObligationSpec &obligation : plan.announced)
        lines << tr("Will be left to undo later: %1").arg(displayText(obligation.title));
    // The plan itself says each with its reason; twice would leave it no room.
    if (!plan.deviations.empty())
        lines << tr("Otherwise than the document in %n place(s): the plan begins with them",
                    nullptr, int(plan.deviations.size()));
    m_deviations->setText(lines.join(QLatin1Char('\n')));
    m_deviations->setVisible(!lines.isEmpty());
    setReason({});
}

GoPage::GoPage(RunDraft *draft)
    : WizardPage(draft, "goPage", tr("Ready to start"),
                 tr("From here it goes on by itself, also when you close the window.")),
      m_message(named(new InlineMessage(this), "goMessage")),
      m_what(named(new PlainLabel(PlainLabel::Role::Heading, this), "goWhat")),
      m_facts(new QFormLayout),
      m_ask(named(new PlainLabel(PlainLabel::Role::Strong, this), "goAsk")),
      m_typed(named(new QLineEdit(this), "goTyped", tr("Identity of the target")))
{
    auto *card = named(new Card(this), "goCard");
    auto *column = new QVBoxLayout(card);
    column->setContentsMargins(16, 14, 16, 14);
    column->setSpacing(10);
    column->addWidget(m_what);
    m_facts->setHorizontalSpacing(20);
    m_facts->setVerticalSpacing(6);
    column->addLayout(m_facts);
    content()->addWidget(m_message);
    content()->addWidget(card);
    content()->addSpacing(8);
    content()->addWidget(m_ask);
    content()->addWidget(m_typed);
    content()->addStretch(1);
    setFinalPage(true);
    connect(m_typed, &QLineEdit::textChanged, draft, &RunDraft::setConfirm);
    connect(draft, &RunDraft::changed, this, &GoPage::refresh);
}

void GoPage::initializePage()
{
    const std::optional<RunView> &view = draft()->view();
    if (!view || !view->plan)
        return;
    const lb::Plan &plan = *view->plan;
    m_what->setText(tr("%1, on %2").arg(displayText(plan.title), displayText(plan.identity.text)));
    while (m_facts->rowCount())
        m_facts->removeRow(0);
    const auto fact = [this](const QString &caption, const QString &value) {
        auto *left = named(new PlainLabel(PlainLabel::Role::Muted, this), "goCaption");
        left->setText(caption);
        left->setWordWrap(false);
        auto *right = named(new PlainLabel(PlainLabel::Role::Body, this), "goFact");
        right->setText(value);
        m_facts->addRow(left, right);
    };
    fact(tr("Target"), wordOf(plan.target));
    if (!plan.restorePoint.isEmpty())
        fact(tr("Restore point"), displayText(plan.restorePoint));
    if (!plan.identity.scope.isEmpty())
        fact(tr("Touches"), displayText(scopeText(plan.identity.scope), true));
    for (const CheckRecord &check : view->state.checks)
        if (check.verdict == CheckVerdict::Warned)
            fact(tr("Accepted"), tr("%1 (%2)").arg(displayText(check.title),
                                                   displayText(draft()->reason(check.id))));
    for (const ObligationSpec &obligation : plan.announced)
        fact(tr("Left to undo"), displayText(obligation.title));
    fact(tr("Afterwards"), tr("The console opens; closing it or this window stops nothing."));
    const bool typed = plan.needsConfirmation();
    m_ask->setText(
        tr("Type the identity of the target to confirm: %1").arg(displayText(plan.identity.text)));
    m_ask->setVisible(typed);
    m_typed->setVisible(typed);
    if (typed)
        m_typed->setFocus();
    refresh();
}

void GoPage::refresh()
{
    const std::optional<RunView> &view = draft()->view();
    if (!view || !view->plan || wizard() == nullptr || wizard()->currentPage() != this)
        return;
    if (draft()->problem())
        m_message->showMessage(
            Tone::Bad, displayText(draft()->problem()->summary),
            displayText(QStringList{draft()->problem()->detail, draft()->problem()->advice}
                            .join(QLatin1Char('\n'))
                            .trimmed(),
                        true));
    else
        m_message->clear();
    if (draft()->isGoing())
        return setReason(tr("Starting…"));
    if (!draft()->isReady())
        return setReason(tr("The plan is no longer held: close this and take it up again from the "
                            "list of runs."));
    const bool typed = view->plan->needsConfirmation();
    setReason(typed && draft()->confirm() != view->plan->identity.text
                  ? tr("The typed text is not the identity yet.")
                  : QString());
}

bool GoPage::validatePage()
{
    // The wizard closes when the runner has taken the go.
    if (!draft()->isOff())
        draft()->go();
    return draft()->isOff();
}

} // namespace lb
