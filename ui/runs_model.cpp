// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/runs_model.h"

#include "core/base/clock.h"
#include "core/base/format.h"
#include "ui/sorted_rows.h"

#include <algorithm>

namespace lb {

void RunsModel::setRuns(std::vector<RunSummary> runs)
{
    const bool sameRows =
        std::equal(runs.begin(), runs.end(), m_runs.begin(), m_runs.end(),
                   [](const RunSummary &a, const RunSummary &b) { return a.id == b.id; });
    if (sameRows) {
        m_runs = std::move(runs);
        if (!m_runs.empty())
            Q_EMIT dataChanged(index(0, 0), index(int(m_runs.size()) - 1, Count - 1));
        return;
    }
    beginResetModel();
    m_runs = std::move(runs);
    endResetModel();
}

const RunSummary *RunsModel::at(int row) const
{
    return row >= 0 && row < int(m_runs.size()) ? &m_runs[size_t(row)] : nullptr;
}

int RunsModel::rowOf(const QString &run) const
{
    const auto found = std::find_if(m_runs.begin(), m_runs.end(),
                                    [&](const RunSummary &one) { return one.id == run; });
    return found == m_runs.end() ? -1 : int(found - m_runs.begin());
}

int RunsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_runs.size());
}

int RunsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : Count;
}

QString RunsModel::cell(const RunSummary &run, int column) const
{
    switch (column) {
    case State:
        if (run.state == RunStateName::Waiting && run.waiting) {
            switch (run.waiting->reason) {
            case WaitingFor::Person:
                return tr("waits for an answer");
            case WaitingFor::Credential:
                return tr("waits for a credential");
            case WaitingFor::Network:
                return tr("waits for the network");
            case WaitingFor::Disk:
                return tr("waits for room on the disk");
            }
        }
        return wordOf(run.state);
    case System:
        return displayText(run.system);
    case What:
        return displayText(run.title.isEmpty() ? run.runbook : run.title);
    case Started:
        return shortTimeAndAge(run.startedAt);
    case Took:
        return run.startedAt.isValid() && run.endedAt.isValid()
                   ? formatDuration(std::chrono::milliseconds(run.startedAt.msecsTo(run.endedAt)))
                   : QString();
    case Undo:
        return run.openObligations ? tr("%n still to undo", nullptr, run.openObligations)
                                   : QString();
    }
    return {};
}

QVariant RunsModel::data(const QModelIndex &index, int role) const
{
    const RunSummary *run = index.isValid() ? at(index.row()) : nullptr;
    if (!run)
        return {};
    switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
        return cell(*run, index.column());
    case Qt::DecorationRole:
        if (index.column() == State)
            return lifeboatIcon(iconOf(run->state), toneOf(run->state));
        if (index.column() == Undo && run->openObligations)
            return lifeboatIcon(QStringLiteral("undo"), Tone::Bad);
        return {};
    case kSortRole:
        if (index.column() == Started)
            return run->startedAt;
        if (index.column() == Took)
            return run->startedAt.msecsTo(run->endedAt);
        if (index.column() == State)
            return int(run->state);
        if (index.column() == Undo)
            return run->openObligations;
        return cell(*run, index.column());
    case kFilterRole: {
        QStringList words{run->id, run->runbook};
        for (int column = 0; column < Count; ++column)
            words << cell(*run, column);
        return words.join(QLatin1Char(' '));
    }
    }
    return {};
}

QVariant RunsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case State:
        return tr("State");
    case System:
        return tr("System");
    case What:
        return tr("What");
    case Started:
        return tr("Started (%1)").arg(zoneWord());
    case Took:
        return tr("Took");
    case Undo:
        return tr("Still to undo");
    }
    return {};
}

} // namespace lb
