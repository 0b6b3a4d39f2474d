// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard_pages.h"

#include "core/base/clock.h"
#include "core/base/format.h"
#include "ui/pages.h"
#include "ui/run_wizard.h"

#include <QButtonGroup>
#include <QHeaderView>
#include <QJsonArray>
#include <QLineEdit>
#include <QListWidget>
#include <QMap>
#include <QPushButton>
#include <QRadioButton>
#include <QScrollArea>
#include <QTableView>
#include <QVBoxLayout>

namespace lb {

namespace {

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

/// Pages that have nothing to ask are left out.
int afterInputs(const RunDraft *draft)
{
    return draft->needsSecrets() ? RunWizard::Secrets : RunWizard::Checks;
}

int afterPoint(const RunDraft *draft)
{
    return draft->runbook() && draft->runbook()->inputs.empty() ? afterInputs(draft)
                                                                : RunWizard::Inputs;
}

QString deviationText(const Deviation &deviation)
{
    return RunWizard::tr("The document: %1\nLifeboat: %2\nWhy: %3")
        .arg(displayText(deviation.document), displayText(deviation.lifeboat),
             displayText(deviation.why));
}

} // namespace

QString scopeText(const QStringList &scope)
{
    QStringList lines, servers;
    QMap<QString, QStringList> names;
    for (const QString &one : scope) {
        if (!one.contains(QLatin1String("://"))) {
            lines << one;
            continue;
        }
        const qsizetype end = one.lastIndexOf(QLatin1Char('/'));
        const QString server = one.left(end);
        if (!names.contains(server))
            servers << server;
        names[server] << one.mid(end + 1);
    }
    for (const QString &server : std::as_const(servers))
        //: a server and the names of what is touched there: "elasticsearch://host:9200: user,
        //: plugin"
        lines << RunWizard::tr("%1: %2").arg(server,
                                             names.value(server).join(QStringLiteral(", ")));
    return lines.join(QLatin1Char('\n'));
}

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
    m_deviationRows->setContentsMargins(0, 0, 0, 0);
    m_deviationRows->setSpacing(6);
    content()->addWidget(m_list);
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
        const QString purpose = wordOf(info.purpose);
        const QString title = displayText(info.title);
        auto *item = new QListWidgetItem(title.startsWith(purpose)
                                             ? title
                                             //: a runbook in the list: purpose and title
                                             : tr("%1: %2").arg(purpose, title),
                                         m_list);
        item->setData(Qt::UserRole, info.id);
        if (!info.builtIn)
            item->setText(tr("%1 (your own)").arg(item->text()));
        if (hasErrors(info.diagnostics))
            item->setIcon(lifeboatIcon(QStringLiteral("bad"), Tone::Bad));
    }
    // As high as what it lists, so that the text about the choice has the room.
    m_list->setFixedHeight(qBound(2, m_list->count(), 8) * qMax(28, m_list->sizeHintForRow(0)) +
                           2 * m_list->frameWidth() + 4);
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
    const bool isRehearsed = draft()->runbook() && canBeRehearsed(*draft()->runbook());
    m_choices[int(TargetKind::Rehearsal)]->setVisible(isRehearsed);
    if (!isRehearsed && draft()->target() == TargetKind::Rehearsal)
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
    for (auto fact = pinned.facts.begin(); fact != pinned.facts.end(); ++fact) {
        const int many = int(fact.value().toArray().size());
        facts << QStringLiteral("%1  %2").arg(
            displayText(fact.key()), fact.value().isArray()
                                         ? tr("%n value(s)", nullptr, many)
                                         : displayText(fact.value().toVariant().toString()));
    }
    if (!pinned.scope.isEmpty())
        facts << tr("Scope: %1").arg(displayText(scopeText(pinned.scope), true));
    m_facts->setText(facts.join(QLatin1Char('\n')));
}

int TargetPage::nextId() const
{
    return draft()->usesPoint() ? RunWizard::Point : afterPoint(draft());
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
    for (const int column : {PointsModel::System, PointsModel::Store, PointsModel::Size})
        m_table->hideColumn(column);
    fitColumns(m_table, PointsModel::Complete);
    content()->addWidget(m_table, 3);
    content()->addWidget(m_detail, 2);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &PointPage::chosen);
    connect(m_detail, &PointDetail::partsChosen, this, &PointPage::partsChosen);
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
    if (point) {
        draft()->choosePoint(point->id);
        m_detail->chooseParts(draft()->only());
    }
    if (!m_model->rowCount())
        setReason(tr("There is no restore point of this system yet."));
    else if (!point)
        setReason(tr("Choose a restore point."));
    else if (!point->problem.isEmpty())
        setReason(tr("This restore point cannot be relied on."));
    else
        setReason({});
}

void PointPage::partsChosen()
{
    const QStringList parts = m_detail->chosenParts();
    draft()->chooseParts(parts);
    setReason(parts.isEmpty() ? tr("Choose at least one part.") : QString());
}

int PointPage::nextId() const
{
    return afterPoint(draft());
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

int InputsPage::nextId() const
{
    return afterInputs(draft());
}

void InputsPage::check()
{
    const QString problem = m_form->problem();
    draft()->setValues(m_form->changedTexts(), problem.isEmpty());
    setReason(problem);
}

} // namespace lb
