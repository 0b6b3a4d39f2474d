// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/steps_model.h"

#include "core/base/clock.h"
#include "core/base/format.h"

#include <QApplication>

#include <algorithm>

namespace lb {

namespace {

/// A phase's name as words: `clean_up` is an id.
QString phaseWords(QString phase)
{
    return phase.replace(QLatin1Char('_'), QLatin1Char(' '));
}

} // namespace

void StepsModel::setView(const RunView &view)
{
    std::vector<Row> rows;
    const auto addStep = [&](const QString &id, const QString &title) {
        Row row;
        row.id = id;
        row.title = title.isEmpty() ? id : title;
        if (const StepRecord *record = view.state.step(id)) {
            row.state = record->state;
            row.attempts = record->attempts;
            row.startedAt = record->startedAt;
            row.endedAt = record->endedAt;
        }
        // One that waits for a secret has not begun yet.
        if (row.state == StepState::Pending && view.state.waiting && view.state.waiting->step == id)
            row.state = StepState::Waiting;
        rows.push_back(row);
    };
    if (view.plan) {
        QString phase;
        for (size_t i = 0; i < view.plan->steps.size(); ++i) {
            const PlannedStep &step = view.plan->steps[i];
            const QString heading = !step.phase.isEmpty()                  ? phaseWords(step.phase)
                                    : step.section == PlanSection::Finally ? tr("At the end")
                                    : step.section == PlanSection::Closing ? tr("Closing")
                                                                           : QString();
            if (heading != phase && !heading.isEmpty()) {
                Row row;
                row.kind = RowKind::Phase;
                row.title = heading;
                rows.push_back(row);
            }
            phase = heading;
            if (view.plan->lineOfNoReturn == int(i)) {
                Row row;
                row.kind = RowKind::NoReturn;
                rows.push_back(row);
            }
            addStep(step.id, step.title);
        }
    } else {
        for (const QString &id : view.state.stepOrder)
            addStep(id, {});
    }
    const bool sameShape =
        std::equal(rows.begin(), rows.end(), m_rows.begin(), m_rows.end(),
                   [](const Row &a, const Row &b) { return a.kind == b.kind && a.id == b.id; });
    if (!sameShape) {
        beginResetModel();
        m_rows = std::move(rows);
        endResetModel();
        return;
    }
    // Only rows that changed are told: a run of 10,000 steps must not repaint them all.
    for (size_t i = 0; i < rows.size(); ++i) {
        if (rows[i] == m_rows[i])
            continue;
        m_rows[i] = rows[i];
        Q_EMIT dataChanged(index(int(i), 0), index(int(i), Count - 1));
    }
}

void StepsModel::tick()
{
    for (size_t i = 0; i < m_rows.size(); ++i)
        if (m_rows[i].state == StepState::Running || m_rows[i].state == StepState::Waiting)
            Q_EMIT dataChanged(index(int(i), Time), index(int(i), Time));
}

const StepsModel::Row *StepsModel::at(int row) const
{
    return row >= 0 && row < int(m_rows.size()) ? &m_rows[size_t(row)] : nullptr;
}

int StepsModel::rowOf(const QString &step) const
{
    const auto found = std::find_if(m_rows.begin(), m_rows.end(), [&](const Row &row) {
        return row.kind == RowKind::Step && row.id == step;
    });
    return found == m_rows.end() ? -1 : int(found - m_rows.begin());
}

int StepsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int StepsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : Count;
}

QString StepsModel::cell(const Row &row, int column) const
{
    if (row.kind == RowKind::NoReturn)
        return column == Step ? tr("Line of no return: no going back below") : QString();
    if (row.kind == RowKind::Phase)
        return column == Step ? displayText(row.title) : QString();
    switch (column) {
    case Step:
        return displayText(row.title);
    case State:
        return row.attempts > 1
                   //: state of a step and how often it was tried
                   ? tr("%1 (%2)").arg(wordOf(row.state),
                                       tr("%n attempt(s)", nullptr, row.attempts))
                   : wordOf(row.state);
    case Time: {
        if (!row.startedAt.isValid())
            return {};
        const bool goesOn = row.state == StepState::Running || row.state == StepState::Waiting;
        if (!goesOn && !row.endedAt.isValid())
            return {};
        const QDateTime end = goesOn ? utcNow() : row.endedAt;
        return formatDuration(std::chrono::milliseconds(row.startedAt.msecsTo(end)));
    }
    }
    return {};
}

QVariant StepsModel::data(const QModelIndex &index, int role) const
{
    const Row *row = index.isValid() ? at(index.row()) : nullptr;
    if (!row)
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return cell(*row, index.column());
    case Qt::AccessibleTextRole:
        return index.column() == Step && row->kind == RowKind::Step
                   ? tr("%1: %2").arg(cell(*row, Step), cell(*row, State))
                   : cell(*row, index.column());
    case Qt::DecorationRole:
        if (index.column() != Step)
            return {};
        if (row->kind == RowKind::NoReturn)
            return lifeboatIcon(QStringLiteral("noreturn"), Tone::Warn);
        if (row->kind == RowKind::Step)
            return lifeboatIcon(iconOf(row->state), toneOf(row->state));
        return {};
    case Qt::FontRole:
        if (row->kind != RowKind::Step) {
            QFont font = QApplication::font("QAbstractItemView");
            font.setWeight(QFont::DemiBold);
            return font;
        }
        return {};
    case Qt::ForegroundRole:
        if (row->kind == RowKind::NoReturn)
            return toneColor(Tone::Warn, QApplication::palette());
        if (row->kind == RowKind::Phase)
            return mutedColor(QApplication::palette());
        return {};
    case Qt::TextAlignmentRole:
        return index.column() == Time ? int(Qt::AlignTrailing | Qt::AlignVCenter)
                                      : int(Qt::AlignLeading | Qt::AlignVCenter);
    case Qt::ToolTipRole:
        return toolTipText(cell(*row, index.column()));
    }
    return {};
}

QVariant StepsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (role == Qt::TextAlignmentRole && orientation == Qt::Horizontal && section == Time)
        return int(Qt::AlignTrailing | Qt::AlignVCenter);
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Step:
        return tr("Step");
    case State:
        return tr("State");
    case Time:
        return tr("Time");
    }
    return {};
}

Qt::ItemFlags StepsModel::flags(const QModelIndex &index) const
{
    const Row *row = at(index.row());
    if (!index.isValid() || !row)
        return Qt::NoItemFlags;
    return row->kind == RowKind::Step
               ? Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren
               : Qt::ItemIsEnabled | Qt::ItemNeverHasChildren;
}

} // namespace lb
