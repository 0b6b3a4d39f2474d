// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/words.h"

#include <QAbstractTableModel>

namespace lb {

/// Runs as a table, newest first as given.
class RunsModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column
    {
        State,
        System,
        What,
        Started,
        Took,
        Undo,
        Count
    };
    using QAbstractTableModel::QAbstractTableModel;

    /// Rows that stay keep their place, so that a selection survives a refresh.
    void setRuns(std::vector<RunSummary> runs);
    const RunSummary *at(int row) const;
    int rowOf(const QString &run) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString cell(const RunSummary &run, int column) const;
    std::vector<RunSummary> m_runs;
};

} // namespace lb
