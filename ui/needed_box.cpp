// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/needed_box.h"

#include "core/base/format.h"
#include "core/base/json.h"

#include <QFileDialog>
#include <QGridLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace lb {

namespace {

QString stepTitle(const RunView &view, const QString &id)
{
    if (view.plan)
        if (const PlannedStep *step = view.plan->step(id))
            return displayText(step->title.isEmpty() ? id : step->title);
    return displayText(id);
}

QString shown(const QJsonValue &value)
{
    return displayText(
        value.isString()
            ? value.toString()
            : QString::fromUtf8(
                  toJson(QJsonObject{{QStringLiteral("v"), value}}).mid(5).chopped(1)));
}

/// What stands in the plan under `finally: proven` and was not run: the service is off until then.
bool hasUnfinishedFinally(const RunView &view)
{
    if (!view.plan)
        return false;
    for (const PlannedStep &step : view.plan->steps) {
        if (step.section != PlanSection::Finally || step.finallyWhen != FinallyWhen::Proven ||
            !step.skipReason.isEmpty())
            continue;
        const StepRecord *record = view.state.step(step.id);
        if (!record || record->state == StepState::Pending || record->state == StepState::Failed ||
            record->state == StepState::Unknown || record->state == StepState::Cancelled ||
            record->state == StepState::Skipped)
            return true;
    }
    return false;
}

/// Something was changed and every such change can be taken back. What runs at the end starts what
/// the steps stopped; going back has its own way with that.
bool canGoBack(const RunView &view)
{
    if (!view.plan)
        return false;
    bool changed = false;
    for (const PlannedStep &step : view.plan->steps) {
        const StepRecord *record = view.state.step(step.id);
        if (step.section != PlanSection::Steps || step.effect == Effect::Read || !record ||
            (record->state != StepState::Succeeded && record->state != StepState::Warned))
            continue;
        if (!step.reversible())
            return false;
        changed = true;
    }
    return changed;
}

} // namespace

NeededBox::NeededBox(QWidget *parent)
    : InlineMessage(parent),
      m_fields(named(new QWidget(this), "neededFields")),
      m_value(named(new SecretField(m_fields), "neededValue")),
      m_valueLabel(named(new QLabel(tr("S&ecret"), m_fields), "neededValueLabel")),
      m_note(named(new QLineEdit(m_fields), "neededNote", tr("Note"))),
      m_fileRow(named(new QWidget(m_fields), "neededFileRow")),
      m_file(named(new QLineEdit(m_fileRow), "neededFile", tr("Evidence file"))),
      m_noteLabel(named(new QLabel(tr("&Note"), m_fields), "neededNoteLabel")),
      m_problem(named(new PlainLabel(PlainLabel::Role::Body, m_fields), "neededProblem"))
{
    setObjectName(QStringLiteral("neededBox"));
    auto *grid = new QGridLayout(m_fields);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setColumnStretch(1, 1);
    m_value->line()->setObjectName(QStringLiteral("neededSecret"));
    m_valueLabel->setTextFormat(Qt::PlainText);
    m_valueLabel->setBuddy(m_value);
    m_noteLabel->setTextFormat(Qt::PlainText);
    m_noteLabel->setBuddy(m_note);
    grid->addWidget(m_valueLabel, 0, 0);
    grid->addWidget(m_value, 0, 1);
    grid->addWidget(m_noteLabel, 1, 0);
    grid->addWidget(m_note, 1, 1);
    auto *file = new QHBoxLayout(m_fileRow);
    file->setContentsMargins(0, 0, 0, 0);
    file->addWidget(m_file, 1);
    auto *browse = named(new QPushButton(tr("Browse…"), m_fileRow), "neededBrowse",
                         tr("Browse for the evidence file"));
    file->addWidget(browse);
    auto *fileLabel = named(new QLabel(tr("&Evidence file"), m_fields), "neededFileLabel");
    fileLabel->setTextFormat(Qt::PlainText);
    fileLabel->setBuddy(m_file);
    grid->addWidget(fileLabel, 2, 0);
    grid->addWidget(m_fileRow, 2, 1);
    grid->addWidget(m_problem, 3, 1);
    m_problem->setTone(Tone::Bad);
    m_problem->hide();
    body()->addWidget(m_fields);
    connect(browse, &QPushButton::clicked, this, [this] {
        auto *dialog = named(new QFileDialog(this, tr("Evidence file")), "neededBrowseDialog");
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setFileMode(QFileDialog::ExistingFile);
        connect(dialog, &QFileDialog::fileSelected, m_file, &QLineEdit::setText);
        dialog->open();
    });
    fileLabel->setVisible(false);
    m_fileRow->setVisible(false);
}

void NeededBox::offer(Tone tone, const QString &title, const QString &detail,
                      const QList<Offer> &offers, bool note, EvidenceKind evidence)
{
    const QString key = QStringList{m_run, m_step, title, detail}.join(QChar(0x1f));
    m_wanted = true;
    if (key == m_key)
        return show();
    m_key = key;
    m_evidenceKind = evidence;
    m_note->clear();
    m_file->clear();
    m_problem->hide();
    // What was typed and not given is not left behind in the field.
    m_value->take();
    m_value->setVisible(!m_secret.isEmpty());
    m_valueLabel->setVisible(!m_secret.isEmpty());
    m_noteLabel->setText(evidence == EvidenceKind::Text ? tr("&Evidence") : tr("&Note or reason"));
    m_note->setVisible(note);
    m_noteLabel->setVisible(note);
    m_fields->setVisible(note || !m_secret.isEmpty());
    const bool file = note && evidence == EvidenceKind::File;
    m_fileRow->setVisible(file);
    if (auto *label = findChild<QLabel *>(QStringLiteral("neededFileLabel")))
        label->setVisible(file);

    delete m_choices;
    m_choices = named(new QWidget(this), "neededChoices");
    auto *grid = new QGridLayout(m_choices);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(6);
    grid->setColumnStretch(1, 1);
    int row = 0;
    for (const Offer &one : offers) {
        auto *button = named(new QPushButton(one.verb, m_choices), "neededChoice");
        button->setProperty("choice", int(one.choice));
        button->setAccessibleDescription(one.meaning);
        if (one.primary)
            makePrimary(button);
        auto *meaning = named(new PlainLabel(PlainLabel::Role::Body, m_choices), "neededMeaning");
        meaning->setText(one.meaning);
        grid->addWidget(button, row, 0);
        grid->addWidget(meaning, row, 1);
        connect(button, &QPushButton::clicked, this,
                [this, choice = one.choice] { choose(choice); });
        ++row;
    }
    m_choices->setVisible(!offers.isEmpty());
    body()->addWidget(m_choices);
    showMessage(tone, title, detail);
    Q_EMIT rebuilt();
}

QList<QWidget *> NeededBox::stops() const
{
    QList<QWidget *> all{m_value->line(),
                         m_value->findChild<QWidget *>(QStringLiteral("secretShow")), m_note,
                         m_file, m_fileRow->findChild<QWidget *>(QStringLiteral("neededBrowse"))};
    if (m_choices)
        for (QPushButton *button : m_choices->findChildren<QPushButton *>())
            all << button;
    return all;
}

void NeededBox::setView(const RunView &view)
{
    m_run = view.state.request.id.value();
    m_step.clear();
    m_secret.clear();
    m_wanted = false;
    if (!view.journalProblem.isEmpty())
        return offer(Tone::Bad, tr("The journal of this run is damaged; it is shown read-only"),
                     displayText(view.journalProblem), {}, false);
    QStringList voided;
    switch (view.shown) {
    case RunStateName::Waiting:
        return forQuestion(view);
    case RunStateName::Preparing:
        if (view.state.waiting)
            return forQuestion(view);
        break;
    case RunStateName::Ready:
    case RunStateName::Draft:
        for (const QJsonObject &difference : view.state.planDifferences)
            voided << tr("%1: was %2, is now %3")
                          .arg(displayText(difference.value(QLatin1String("what")).toString()),
                               shown(difference.value(QLatin1String("before"))),
                               shown(difference.value(QLatin1String("now"))));
        return offer(Tone::Warn,
                     voided.isEmpty() ? tr("The plan is ready and waits for your go")
                                      : tr("The plan was voided at go: something is other now"),
                     (voided << tr("Nothing has been changed.")).join(QLatin1Char('\n')),
                     {{Choice::TakeUp, tr("&Review and start…"),
                       tr("Shows checks and the exact plan again. Starts only after that."), true}},
                     false);
    case RunStateName::Paused:
        return offer(
            Tone::Warn, tr("The run is paused"),
            tr("It holds at a safe point. What it stopped stays stopped until it goes on."),
            {{Choice::Continue, tr("&Continue"), tr("Goes on with the next step."), true}}, false);
    case RunStateName::Interrupted: {
        QStringList unknown;
        for (const QString &id : view.state.stepOrder) {
            const StepRecord *record = view.state.step(id);
            if (record &&
                (record->state == StepState::Running || record->state == StepState::Unknown ||
                 record->state == StepState::Waiting))
                unknown << stepTitle(view, id);
        }
        return offer(
            Tone::Bad, tr("The run was interrupted: its runner is gone"),
            unknown.isEmpty() ? tr("No step was under way.")
                              : tr("We do not know if this happened: %1.")
                                    .arg(unknown.join(QStringLiteral(", "))),
            {{Choice::Resume, tr("&Continue"),
              tr("Looks first whether it still goes on, then probes, then goes on at the right "
                 "step. Nothing is repeated blindly."),
              true}},
            false);
    }
    case RunStateName::Succeeded:
    case RunStateName::Warned:
    case RunStateName::Failed:
    case RunStateName::Cancelled:
        return forEnd(view);
    case RunStateName::Running:
    case RunStateName::Finishing:
        break;
    }
    m_key.clear();
    clear();
}

void NeededBox::forQuestion(const RunView &view)
{
    if (!view.state.waiting) {
        m_key.clear();
        return clear();
    }
    const Waiting &waiting = *view.state.waiting;
    m_step = waiting.step;
    m_secret = waiting.secret;
    const QString since = tr("Waiting since %1.").arg(timeAndAge(waiting.since));
    const QString text = displayText(waiting.text, true);
    const Offer skip{Choice::Skip, tr("S&kip"),
                     tr("Goes on without it; needs a reason and ends with warnings."), false};
    switch (waiting.reason) {
    case WaitingFor::Network:
        m_wanted = false;
        return offer(Tone::Warn, tr("Waits for the network"),
                     text + QLatin1Char('\n') + since + QLatin1Char(' ') +
                         tr("It goes on by itself when the target answers again."),
                     {}, false);
    case WaitingFor::Disk:
        return offer(Tone::Bad, tr("There is no room on the disk"),
                     text + QLatin1Char('\n') + since,
                     {{Choice::Retry, tr("&Try again"), tr("After you have made room."), true},
                      {Choice::Stop, tr("&Stop"), tr("Ends the run here and cleans up."), false}},
                     false);
    case WaitingFor::Credential: {
        QList<Offer> offers{
            {Choice::Give, tr("&Give it to this run"),
             tr("It stays in the runner's memory until the run ends, and nowhere else."), true},
            {Choice::Cancel, tr("&Cancel the run"), tr("Ends the run here and cleans up."), false}};
        // While the plan is made nothing can be left out.
        const bool canSkip = !waiting.step.isEmpty() && view.state.go;
        if (canSkip)
            offers.insert(1, skip);
        return offer(Tone::Warn,
                     canSkip ? tr("Needs a secret: %1").arg(stepTitle(view, waiting.step))
                             : tr("Needs the secret %1").arg(displayText(waiting.secret)),
                     text + QLatin1Char('\n') + since + QLatin1Char(' ') +
                         tr("It goes on by itself when the keychain has it."),
                     offers, canSkip);
    }
    case WaitingFor::Person:
        break;
    }
    const PlannedStep *step = view.plan ? view.plan->step(waiting.step) : nullptr;
    const StepRecord *record = view.state.step(waiting.step);
    const QString title = stepTitle(view, waiting.step);
    const Offer stop{Choice::Stop, tr("&Stop"),
                     tr("Ends the run here; what must be undone is undone or stays listed."),
                     false};
    if (step && step->action == QLatin1String("ask")) {
        const auto *ask = step->calls.empty() ? nullptr : callAs<AskCall>(step->calls.front());
        offer(Tone::Warn, tr("Your turn: %1").arg(title), text + QLatin1Char('\n') + since,
              {{Choice::Done, tr("&Done"), tr("I have done it and looked at the result."), true},
               skip,
               stop},
              true, ask ? ask->evidence : EvidenceKind::None);
    } else if (!step || step->action == QLatin1String("confirm")) {
        offer(Tone::Warn, tr("Confirm: %1").arg(title), text + QLatin1Char('\n') + since,
              {{Choice::Yes, tr("&Yes, go on"),
                tr("The answer goes into the journal with your "
                   "name."),
                true},
               stop},
              true);
    } else {
        const bool unknown = record && record->state == StepState::Unknown;
        QString detail = text;
        if (record && record->error)
            detail += QLatin1Char('\n') + displayText(record->error->sentence(), true);
        offer(unknown ? Tone::Warn : Tone::Bad,
              unknown ? tr("We do not know if this happened: %1").arg(title)
                      : tr("Failed: %1").arg(title),
              detail.trimmed() + QLatin1Char('\n') + since,
              {{Choice::Retry, unknown ? tr("Do it &again") : tr("Fix and &retry"),
                unknown ? tr("It did not happen.") : tr("After you have mended the cause."), true},
               {Choice::Done, tr("It is &done"), tr("It did happen; say what shows it."), false},
               skip,
               stop},
              true, EvidenceKind::Text);
    }
}

void NeededBox::forEnd(const RunView &view)
{
    const auto informed = [&](Tone tone, const QString &title, const QString &detail,
                              const QList<Offer> &offers) {
        offer(tone, title, detail, offers, false);
        m_wanted = false;
    };
    QStringList warnings, ofSteps;
    for (const QString &id : view.state.stepOrder)
        if (const StepRecord *record = view.state.step(id))
            for (const QString &warning : record->warnings) {
                ofSteps << warning;
                warnings << tr("%1: %2").arg(stepTitle(view, id), displayText(warning));
            }
    // What a step says is not said again without it.
    for (const QString &warning : view.state.warnings)
        if (!ofSteps.contains(warning))
            warnings << displayText(warning);
    warnings.removeDuplicates();
    const QString made = view.state.restorePoint.isEmpty()
                             ? QString()
                             : tr("Restore point: %1").arg(displayText(view.state.restorePoint));
    QList<Offer> after;
    if (view.plan && needsProof(view.plan->purpose) && canGoBack(view))
        after << Offer{Choice::GoBack, tr("&Go back…"),
                       tr("Puts back what was there before, by a plan that you see first."), false};
    if (view.shown == RunStateName::Succeeded)
        return informed(Tone::Good, tr("Done: every check after the work passed"), made, after);
    if (view.shown == RunStateName::Warned && warnings.isEmpty())
        for (const Obligation &obligation : view.state.obligations)
            if (obligation.state == ObligationState::Open && obligation.kept().isEmpty())
                warnings << tr("Still to undo: %1").arg(displayText(obligation.title));
    if (view.shown == RunStateName::Warned)
        return informed(Tone::Warn, tr("Completed with warnings"),
                        (warnings + QStringList{made}).join(QLatin1Char('\n')).trimmed(), after);

    QString detail;
    QString cause;
    for (const QString &id : view.state.stepOrder) {
        const StepRecord *record = view.state.step(id);
        if (!record || !record->error || record->state != StepState::Failed)
            continue;
        cause = stepTitle(view, id);
        detail = QStringList{displayText(record->error->summary),
                             displayText(record->error->detail, true),
                             displayText(record->error->advice)}
                     .join(QLatin1Char('\n'));
        break;
    }
    if (detail.isEmpty())
        for (const CheckRecord &check : view.state.checks)
            if (check.verdict == CheckVerdict::Failed) {
                cause = displayText(check.title.isEmpty() ? check.id : check.title);
                detail = QStringList{displayText(check.evidence), displayText(check.hint)}.join(
                    QLatin1Char('\n'));
                break;
            }
    while (detail.contains(QLatin1String("\n\n")))
        detail.replace(QLatin1String("\n\n"), QLatin1String("\n"));
    const bool failed = view.shown == RunStateName::Failed;
    if (detail.trimmed().isEmpty())
        detail = warnings.join(QLatin1Char('\n'));
    const QString title = !failed           ? tr("Cancelled")
                          : cause.isEmpty() ? tr("The run failed")
                                            : tr("Failed at: %1").arg(cause);
    const Tone tone = failed ? Tone::Bad : Tone::Neutral;
    const bool finallyLeft = hasUnfinishedFinally(view);
    const bool back = canGoBack(view);
    if (view.plan && needsProof(view.plan->purpose) && finallyLeft && m_left != m_run) {
        QList<Offer> offers{{Choice::Finish, tr("&Finish"),
                             tr("Runs the steps that let the system run again, as it stands now. "
                                "Afterwards the service is up; what was not restored stays so."),
                             false}};
        if (back)
            offers << Offer{Choice::GoBack, tr("&Go back…"),
                            tr("Puts back what was there before, by a plan of its own that you see "
                               "first. Afterwards the service is up with the old data."),
                            true};
        offers << Offer{Choice::Leave, tr("&Leave stopped"),
                        tr("Nothing more is done. The service stays down and stays listed as "
                           "still to undo."),
                        false};
        return offer(tone, title,
                     detail.trimmed() + QLatin1Char('\n') +
                         tr("The service has been left stopped. There are three ways from here:"),
                     offers, false);
    }
    QList<Offer> offers{{Choice::Again, tr("&Try again…"),
                         tr("Makes a new plan of the same work. Nothing starts before you have "
                            "seen it."),
                         true}};
    if (back)
        offers << Offer{Choice::GoBack, tr("&Go back…"),
                        tr("Puts back what was there before, by a plan that you see first."),
                        false};
    informed(tone, title, detail.trimmed(), offers);
}

void NeededBox::choose(Choice choice)
{
    RunCommand command;
    command.kind = CommandKind::Answer;
    command.step = m_step;
    command.note = m_note->text();
    command.evidence = m_file->text();
    const auto needs = [&](const QString &problem, QWidget *field = nullptr) {
        m_problem->setText(problem);
        m_problem->show();
        (field ? field : m_note)->setFocus();
    };
    switch (choice) {
    case Choice::Yes:
        command.answer = AnswerKind::Yes;
        break;
    case Choice::Done:
        if (m_evidenceKind == EvidenceKind::Text && command.note.trimmed().isEmpty())
            return needs(tr("Say what shows that it is done."));
        if (m_evidenceKind == EvidenceKind::File && command.evidence.isEmpty())
            return needs(tr("Name the file that shows that it is done."));
        command.answer = AnswerKind::Done;
        break;
    case Choice::Skip:
        if (command.note.trimmed().isEmpty())
            return needs(tr("Skipping needs a reason."));
        command.answer = AnswerKind::Skip;
        break;
    case Choice::Retry:
        command.answer = AnswerKind::Retry;
        break;
    case Choice::Stop:
        command.answer = AnswerKind::Stop;
        break;
    case Choice::Give: {
        if (m_value->isEmpty())
            return needs(tr("Type the secret."), m_value);
        command = {};
        command.kind = CommandKind::Secret;
        command.secret = m_secret;
        command.value = m_value->take();
        break;
    }
    case Choice::Cancel:
        command = {};
        command.kind = CommandKind::Cancel;
        break;
    case Choice::Continue:
        command = {};
        command.kind = CommandKind::Continue;
        break;
    case Choice::Resume:
        return Q_EMIT resumeRequested(false);
    case Choice::Finish:
        return Q_EMIT resumeRequested(true);
    case Choice::GoBack:
        return Q_EMIT undoRequested();
    case Choice::Leave:
        m_left = m_run;
        m_key.clear();
        return clear();
    case Choice::TakeUp:
        return Q_EMIT takeUpRequested();
    case Choice::Again:
        return Q_EMIT againRequested();
    }
    m_problem->hide();
    Q_EMIT commandIssued(command);
}

} // namespace lb
