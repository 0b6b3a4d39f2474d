// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard_pages.h"

#include "core/base/clock.h"
#include "core/base/format.h"
#include "ui/pages.h"
#include "ui/run_wizard.h"

#include <QButtonGroup>
#include <QHeaderView>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QRadioButton>
#include <QScrollArea>
#include <QTableView>
#include <QVBoxLayout>

namespace lb {

namespace {

/// A scroll area whose content grows downwards; no stop of the Tab key itself.
QVBoxLayout *addScroll(QVBoxLayout *into, QWidget *parent, const char *name,
                       const QString &accessibleName)
{
    auto *area = named(new QScrollArea(parent), name, accessibleName);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setFocusPolicy(Qt::NoFocus);
    auto *inner = named(new QWidget(area), "scrolled");
    auto *column = new QVBoxLayout(inner);
    column->setContentsMargins(0, 0, 6, 0);
    column->setSpacing(10);
    area->setWidget(inner);
    into->addWidget(area, 1);
    return column;
}

QString targetMeaning(TargetKind target)
{
    switch (target) {
    case TargetKind::Same:
        return RunWizard::tr("The installation that was saved still exists. Its identity must be "
                             "the pinned one, else nothing starts.");
    case TargetKind::Replacement:
        return RunWizard::tr("The old one is lost and this one takes its place. Its identity must "
                             "differ; it is pinned as part of this run.");
    case TargetKind::Rehearsal:
        return RunWizard::tr("Beside the live system, under names of its own. Names that are live "
                             "are refused.");
    }
    return {};
}

QString targetTitle(TargetKind target)
{
    switch (target) {
    case TargetKind::Same:
        return RunWizard::tr("The &same installation");
    case TargetKind::Replacement:
        return RunWizard::tr("A &replacement of a lost one");
    case TargetKind::Rehearsal:
        return RunWizard::tr("A re&hearsal");
    }
    return {};
}

QString deviationText(const Deviation &deviation)
{
    return RunWizard::tr("The document: %1\nLifeboat: %2\nWhy: %3")
        .arg(displayText(deviation.document), displayText(deviation.lifeboat),
             displayText(deviation.why));
}

} // namespace

WizardPage::WizardPage(RunDraft *draft, const char *objectName, const QString &title,
                       const QString &subtitle)
    : m_draft(draft),
      m_content(new QVBoxLayout),
      m_reasonLabel(named(new PlainLabel(PlainLabel::Role::Body, this), "pageReason"))
{
    setObjectName(QLatin1String(objectName));
    setAccessibleName(title);
    setTitle(title);
    setSubTitle(subtitle);
    auto *column = new QVBoxLayout(this);
    column->setSpacing(10);
    m_content->setSpacing(10);
    column->addLayout(m_content, 1);
    column->addWidget(m_reasonLabel);
    m_reasonLabel->setAlignment(Qt::AlignTrailing | Qt::AlignVCenter);
    m_reasonLabel->setTone(Tone::Warn);
    m_reasonLabel->hide();
}

void WizardPage::setReason(const QString &reason)
{
    const bool same = reason == m_reason;
    m_reason = reason;
    m_reasonLabel->setText(reason);
    m_reasonLabel->setVisible(!reason.isEmpty());
    if (!same)
        Q_EMIT completeChanged();
}

GoalPage::GoalPage(RunDraft *draft)
    : WizardPage(draft, "goalPage", tr("What do you want to do?"),
                 tr("Nothing is changed before the last page.")),
      m_list(named(new QListWidget(this), "goalList", tr("Runbooks"))),
      m_description(named(new PlainLabel(PlainLabel::Role::Body, this), "goalDescription")),
      m_needs(named(new PlainLabel(PlainLabel::Role::Muted, this), "goalNeeds")),
      m_source(named(new PlainLabel(PlainLabel::Role::Muted, this), "goalSource")),
      m_problem(named(new InlineMessage(this), "goalProblem")),
      m_deviations(named(new QWidget(this), "goalDeviations")),
      m_deviationRows(new QVBoxLayout(m_deviations))
{
    m_list->setMinimumHeight(m_list->fontMetrics().height() * 7);
    m_list->setSpacing(2);
    m_deviationRows->setContentsMargins(0, 0, 0, 0);
    m_deviationRows->setSpacing(6);
    content()->addWidget(m_list, 1);
    content()->addWidget(m_problem);
    QVBoxLayout *detail = addScroll(content(), this, "goalScroll", tr("About the runbook"));
    detail->addWidget(m_description);
    detail->addWidget(m_needs);
    detail->addWidget(m_source);
    detail->addWidget(m_deviations);
    detail->addStretch(1);
    connect(m_list, &QListWidget::currentRowChanged, this, &GoalPage::choose);
}

void GoalPage::initializePage()
{
    if (m_list->count())
        return;
    for (const RunbookInfo &info : draft()->offered()) {
        //: a runbook in the list: purpose and title
        auto *item = new QListWidgetItem(
            tr("%1: %2").arg(wordOf(info.purpose), displayText(info.title)), m_list);
        item->setData(Qt::UserRole, info.id);
        if (!info.builtIn)
            item->setText(tr("%1 (your own)").arg(item->text()));
        if (!info.diagnostics.empty())
            item->setIcon(lifeboatIcon(QStringLiteral("bad"), Tone::Bad));
    }
    int row = 0;
    for (int i = 0; i < m_list->count(); ++i)
        if (m_list->item(i)->data(Qt::UserRole).toString() == draft()->preferredRunbook())
            row = i;
    m_list->setCurrentRow(row);
    m_list->setFocus();
    if (!m_list->count())
        setReason(tr("There is no runbook for this type of system."));
}

void GoalPage::choose()
{
    const int row = m_list->currentRow();
    if (row < 0)
        return;
    m_problem->clear();
    const RunbookInfo &info = draft()->offered()[size_t(row)];
    Result<void> chosen;
    if (info.diagnostics.empty())
        chosen = draft()->chooseRunbook(info.id);
    while (QLayoutItem *item = m_deviationRows->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    m_description->clear();
    m_needs->clear();
    m_source->clear();
    if (!info.diagnostics.empty()) {
        m_problem->showMessage(Tone::Bad, tr("This runbook has mistakes and cannot be run"),
                               displayText(info.diagnostics.front().text()));
        return setReason(tr("The runbook has mistakes."));
    }
    if (!chosen || !draft()->runbook()) {
        if (!chosen)
            m_problem->showMessage(Tone::Bad, displayText(chosen.error().summary),
                                   displayText(chosen.error().detail));
        return setReason(tr("The runbook cannot be read."));
    }
    const Runbook &runbook = *draft()->runbook();
    m_description->setText(displayText(runbook.description, true));
    m_description->setVisible(!runbook.description.isEmpty());
    QStringList needs;
    for (const PartSpec &part : runbook.parts)
        needs << displayText(part.title);
    m_needs->setText(tr("Parts: %1").arg(needs.join(QStringLiteral(", "))));
    m_needs->setVisible(!needs.isEmpty());
    const QString document =
        QStringList{runbook.source.document, runbook.source.section}.join(QStringLiteral(", "));
    m_source->setText(tr("Follows: %1").arg(displayText(document)));
    m_source->setVisible(!runbook.source.document.isEmpty());
    if (!runbook.deviations.empty()) {
        auto *title =
            named(new PlainLabel(PlainLabel::Role::Strong, m_deviations), "deviationsTitle");
        title->setText(tr("Where we do otherwise than the document (%n)", nullptr,
                          int(runbook.deviations.size())));
        m_deviationRows->addWidget(title);
        for (const Deviation &deviation : runbook.deviations) {
            auto *text = named(new PlainLabel(PlainLabel::Role::Body, m_deviations), "deviation");
            text->setText(deviationText(deviation));
            m_deviationRows->addWidget(text);
        }
    }
    setReason({});
}

int GoalPage::nextId() const
{
    return RunWizard::Target;
}

TargetPage::TargetPage(RunDraft *draft)
    : WizardPage(draft, "targetPage", tr("Which installation is it?"),
                 tr("The identity is read live by the checks and again before anything is "
                    "overwritten.")),
      m_group(new QButtonGroup(this)),
      m_pinned(named(new PlainLabel(PlainLabel::Role::Heading, this), "targetPinned")),
      m_facts(named(new PlainLabel(PlainLabel::Role::Muted, this), "targetFacts"))
{
    for (const TargetKind target :
         {TargetKind::Same, TargetKind::Replacement, TargetKind::Rehearsal}) {
        auto *holder = named(new QWidget(this), "targetHolder");
        auto *column = new QVBoxLayout(holder);
        column->setContentsMargins(0, 0, 0, 0);
        column->setSpacing(2);
        auto *radio = named(new QRadioButton(targetTitle(target), holder), "targetChoice");
        radio->setAccessibleDescription(targetMeaning(target));
        m_group->addButton(radio, int(target));
        auto *meaning = named(new PlainLabel(PlainLabel::Role::Muted, holder), "targetMeaning");
        meaning->setText(targetMeaning(target));
        meaning->setContentsMargins(26, 0, 0, 0);
        column->addWidget(radio);
        column->addWidget(meaning);
        content()->addWidget(holder);
        m_choices << holder;
    }
    content()->addSpacing(12);
    auto *caption = named(new PlainLabel(PlainLabel::Role::Muted, this), "targetCaption");
    caption->setText(tr("Pinned identity"));
    content()->addWidget(caption);
    content()->addWidget(m_pinned);
    content()->addWidget(m_facts);
    content()->addStretch(1);
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse);
    connect(m_group, &QButtonGroup::idToggled, this, [this](int id, bool on) {
        if (on)
            this->draft()->chooseTarget(static_cast<TargetKind>(id));
    });
}

void TargetPage::initializePage()
{
    // A save has nothing to rehearse.
    m_choices[int(TargetKind::Rehearsal)]->setVisible(draft()->usesPoint());
    if (!draft()->usesPoint() && draft()->target() == TargetKind::Rehearsal)
        draft()->chooseTarget(TargetKind::Same);
    m_group->button(int(draft()->target()))->setChecked(true);
    const Identity &pinned = draft()->system().pinned;
    if (pinned.isEmpty()) {
        m_pinned->setText(tr("none yet"));
        m_facts->setText(tr("The first save that you let go pins what is read live then."));
        return;
    }
    m_pinned->setText(displayText(pinned.text));
    QStringList facts;
    for (auto fact = pinned.facts.begin(); fact != pinned.facts.end(); ++fact)
        facts << QStringLiteral("%1  %2").arg(displayText(fact.key()),
                                              displayText(fact.value().toVariant().toString()));
    if (!pinned.scope.isEmpty())
        facts << tr("Scope: %1").arg(displayText(pinned.scope.join(QStringLiteral(", "))));
    m_facts->setText(facts.join(QLatin1Char('\n')));
}

int TargetPage::nextId() const
{
    if (draft()->usesPoint())
        return RunWizard::Point;
    return draft()->runbook() && draft()->runbook()->inputs.empty() ? RunWizard::Checks
                                                                    : RunWizard::Inputs;
}

PointPage::PointPage(RunDraft *draft)
    : WizardPage(draft, "pointPage", tr("From which restore point?"),
                 tr("Best first: complete, highest proof, newest.")),
      m_model(new PointsModel(this)),
      m_message(named(new InlineMessage(this), "pointMessage")),
      m_detail(named(new PointDetail(this), "pointDetail"))
{
    content()->addWidget(m_message);
    m_table = makeTable(this, "pointTable", tr("Restore points"), m_model);
    m_table->setSortingEnabled(false);
    for (const int column :
         {PointsModel::System, PointsModel::Store, PointsModel::Size, PointsModel::Parts})
        m_table->hideColumn(column);
    fitColumns(m_table, PointsModel::Proof);
    content()->addWidget(m_table, 3);
    content()->addWidget(m_detail, 2);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &PointPage::chosen);
}

void PointPage::initializePage()
{
    m_model->setPoints(draft()->points());
    m_message->clear();
    const BestPoint &best = draft()->best();
    if (!best.chosen && best.proven && best.newest) {
        const QDateTime now = utcNow();
        const auto loss = [&](const RestorePoint &point) {
            return tr("%1: %2, loses %3")
                .arg(formatTime(point.madeAt), proofText(point),
                     formatDuration(std::chrono::milliseconds(point.madeAt.msecsTo(now))));
        };
        m_message->showMessage(Tone::Warn, tr("There is no default: choose what you can bear"),
                               displayText(best.reason) + QLatin1Char('\n') + loss(*best.proven) +
                                   QLatin1Char('\n') + loss(*best.newest));
    } else if (!best.chosen && !draft()->points().empty()) {
        m_message->showMessage(Tone::Bad, tr("No restore point is complete"),
                               displayText(best.reason));
    }
    const int row = m_model->rowOf(draft()->point());
    if (row >= 0)
        m_table->selectRow(row);
    m_table->setFocus();
    chosen();
}

void PointPage::chosen()
{
    const QModelIndexList rows = m_table->selectionModel()->selectedRows();
    const RestorePoint *point = rows.isEmpty() ? nullptr : m_model->at(rows.first().row());
    m_detail->setPoint(point);
    if (point)
        draft()->choosePoint(point->id);
    if (!m_model->rowCount())
        setReason(tr("There is no restore point of this system yet."));
    else if (!point)
        setReason(tr("Choose a restore point."));
    else if (!point->problem.isEmpty())
        setReason(tr("This restore point cannot be relied on."));
    else
        setReason({});
}

int PointPage::nextId() const
{
    return draft()->runbook() && draft()->runbook()->inputs.empty() ? RunWizard::Checks
                                                                    : RunWizard::Inputs;
}

InputsPage::InputsPage(RunDraft *draft)
    : WizardPage(draft, "inputsPage", tr("What should it work with?"),
                 tr("Values come from the system; a change here is for this run only.")),
      m_form(named(new InputForm(this), "inputsForm"))
{
    QVBoxLayout *column = addScroll(content(), this, "inputsScroll", tr("Inputs"));
    column->addWidget(m_form);
    column->addStretch(1);
    connect(m_form, &InputForm::changed, this, &InputsPage::check);
}

void InputsPage::initializePage()
{
    const std::optional<Runbook> &runbook = draft()->runbook();
    if (!runbook)
        return;
    // Coming here again keeps what was typed, unless it is another runbook now.
    if (m_shown != runbook->id) {
        m_shown = runbook->id;
        m_form->setSpecs(runbook->inputs, draft()->givenValues());
    }
    check();
}

void InputsPage::check()
{
    const QString problem = m_form->problem();
    draft()->setValues(m_form->changedTexts(), problem.isEmpty());
    setReason(problem);
}

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
          m_reason(named(new QLineEdit(this), "checkReason"))
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
    void age() { m_age->setText(m_at.isValid() ? formatAge(m_at, utcNow()) : QString()); }

private:
    StateLabel *m_state;
    PlainLabel *m_title, *m_evidence, *m_hint, *m_age;
    QLineEdit *m_reason;
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
    draft()->discard();
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
            m_rows->insertWidget(int(i), row);
            if (i < m_shown.size())
                delete std::exchange(m_shown[i], row);
            else
                m_shown << row;
        }
        m_shown[i]->show(check);
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
    int changes = 0, destroys = 0;
    for (const PlannedStep &step : plan.steps) {
        changes += step.effect == Effect::Change;
        destroys += step.effect == Effect::Destroy;
    }
    m_summary->setText(QStringList{tr("%n step(s)", nullptr, int(plan.steps.size())),
                                   tr("%n of them change(s) something", nullptr, changes),
                                   tr("%n destroy(s) something", nullptr, destroys)}
                           .join(QStringLiteral("  ·  ")));
    m_noReturn->clear();
    if (plan.lineOfNoReturn >= 0 && plan.lineOfNoReturn < int(plan.steps.size())) {
        const PlannedStep &step = plan.steps[size_t(plan.lineOfNoReturn)];
        m_noReturn->showMessage(Tone::Warn,
                                tr("Line of no return: before “%1”")
                                    .arg(displayText(step.title.isEmpty() ? step.id : step.title)),
                                tr("Up to there you can go back. From there on you cannot."));
    }
    QStringList lines;
    for (const QString &remark : plan.remarks)
        lines << displayText(remark);
    for (const ObligationSpec &obligation : plan.announced)
        lines << tr("Will be left to undo later: %1").arg(displayText(obligation.title));
    for (const Deviation &deviation : plan.deviations)
        lines << tr("Otherwise than the document: %1 (%2)")
                     .arg(displayText(deviation.lifeboat), displayText(deviation.why));
    m_deviations->setText(lines.join(QLatin1Char('\n')));
    m_deviations->setVisible(!lines.isEmpty());
    setReason({});
}

GoPage::GoPage(RunDraft *draft)
    : WizardPage(draft, "goPage", tr("Go?"),
                 tr("The run goes on by itself from here, also when you close the window.")),
      m_message(named(new InlineMessage(this), "goMessage")),
      m_what(named(new PlainLabel(PlainLabel::Role::Body, this), "goWhat")),
      m_ask(named(new PlainLabel(PlainLabel::Role::Strong, this), "goAsk")),
      m_typed(named(new QLineEdit(this), "goTyped", tr("Identity of the target")))
{
    content()->addWidget(m_message);
    content()->addWidget(m_what);
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
    QStringList lines{
        tr("%1, on %2").arg(displayText(plan.title), displayText(plan.identity.text))};
    lines << tr("Target: %1").arg(wordOf(plan.target));
    if (!plan.restorePoint.isEmpty())
        lines << tr("From restore point %1").arg(displayText(plan.restorePoint));
    if (!plan.identity.scope.isEmpty())
        lines << tr("Touches: %1").arg(displayText(plan.identity.scope.join(QStringLiteral(", "))));
    for (const CheckRecord &check : view->state.checks)
        if (check.verdict == CheckVerdict::Warned)
            lines << tr("Accepted warning: %1 (%2)")
                         .arg(displayText(check.title), displayText(draft()->reason(check.id)));
    m_what->setText(lines.join(QLatin1Char('\n')));
    const bool typed = plan.needsConfirmation();
    m_ask->setText(tr("This replaces what is there. Type the identity of the target to confirm: %1")
                       .arg(displayText(plan.identity.text)));
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
    draft()->go();
    // The wizard closes when the runner has taken the go.
    return false;
}

} // namespace lb
