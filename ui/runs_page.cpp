// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/runs_page.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QTableView>

namespace lb {

RunsPage::RunsPage(QWidget *parent)
    : Page(tr("Runs"), "runsPage", parent),
      m_model(new RunsModel(this)),
      m_sorted(new SortedRows(m_model, this)),
      m_filter(makeFilter(this, "runsFilter", tr("Filter runs"))),
      m_empty(named(new PlainLabel(PlainLabel::Role::Muted, this), "runsEmpty")),
      m_open(named(new QPushButton(tr("&Open"), this), "runOpen")),
      m_resume(named(new QPushButton(tr("&Continue…"), this), "runResume")),
      m_takeUp(named(new QPushButton(tr("Review and &start…"), this), "runTakeUp")),
      m_undo(named(new QPushButton(tr("&Go back…"), this), "runUndo")),
      m_remove(named(new QPushButton(tr("Re&move…"), this), "runRemove"))
{
    m_sorted->filterBy(m_filter);
    m_table = makeTable(this, "runsTable", tr("Runs"), m_sorted);
    m_table->sortByColumn(RunsModel::Started, Qt::DescendingOrder);
    fitColumns(m_table, RunsModel::What);
    makePrimary(m_open);

    header()->addWidget(m_filter);
    content()->addWidget(m_table, 1);
    content()->addWidget(m_empty);
    auto *buttons = new QHBoxLayout;
    for (QPushButton *button : {m_open, m_resume, m_takeUp, m_undo})
        buttons->addWidget(button);
    buttons->addStretch(1);
    buttons->addWidget(m_remove);
    content()->addLayout(buttons);

    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &RunsPage::updateButtons);
    connect(m_sorted, &QAbstractItemModel::modelReset, this, &RunsPage::updateButtons);
    connect(m_table, &QTableView::activated, m_open, &QPushButton::click);
    const auto with = [this](auto signal) {
        return [this, signal] {
            if (const RunSummary *run = current())
                Q_EMIT(this->*signal)(run->id);
        };
    };
    connect(m_open, &QPushButton::clicked, this, with(&RunsPage::openRequested));
    connect(m_resume, &QPushButton::clicked, this, with(&RunsPage::resumeRequested));
    connect(m_takeUp, &QPushButton::clicked, this, with(&RunsPage::takeUpRequested));
    connect(m_undo, &QPushButton::clicked, this, with(&RunsPage::undoRequested));
    connect(m_remove, &QPushButton::clicked, this, with(&RunsPage::removeRequested));
    setRuns({});
}

void RunsPage::setRuns(std::vector<RunSummary> runs)
{
    const RunSummary *before = current();
    const QString id = before ? before->id : QString();
    m_empty->setText(tr("No runs yet. A save, restore, check or proof that you start shows up "
                        "here and stays, also when the window is closed."));
    m_empty->setVisible(runs.empty());
    m_table->setVisible(!runs.empty());
    m_model->setRuns(std::move(runs));
    const QModelIndex row = m_sorted->mapFromSource(m_model->index(m_model->rowOf(id), 0));
    if (row.isValid())
        m_table->selectRow(row.row());
    else if (m_sorted->rowCount())
        m_table->selectRow(0);
    updateButtons();
}

void RunsPage::setFilter(const QString &text)
{
    m_filter->setText(text);
}

QWidget *RunsPage::filterField()
{
    return m_filter;
}

void RunsPage::focusContent()
{
    m_table->setFocus();
}

const RunSummary *RunsPage::current() const
{
    const QModelIndexList rows = m_table->selectionModel()->selectedRows();
    return rows.isEmpty() ? nullptr : m_model->at(m_sorted->mapToSource(rows.first()).row());
}

void RunsPage::updateButtons()
{
    const RunSummary *run = current();
    const bool ended = run && isEnded(run->state);
    m_open->setEnabled(run);
    m_resume->setVisible(run && run->state == RunStateName::Interrupted);
    m_takeUp->setVisible(run &&
                         (run->state == RunStateName::Ready || run->state == RunStateName::Draft));
    m_undo->setVisible(ended && !run->hidden && !makesPoint(run->purpose) &&
                       run->purpose != Purpose::Assess);
    m_remove->setEnabled((ended || (run && run->state == RunStateName::Draft)) &&
                         !run->openObligations);
    m_remove->setToolTip(run && run->openObligations ? tr("Something of this run is still to undo")
                                                     : QString());
}

} // namespace lb
