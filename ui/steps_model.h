// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/words.h"

#include <QAbstractTableModel>

namespace lb {

/// A run's steps in plan order with phase headings and the line of no return as rows of their own.
class StepsModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column
    {
        Step,
        State,
        Time,
        Count
    };
    enum class RowKind
    {
        Phase,
        Step,
        NoReturn
    };
    struct Row
    {
        RowKind kind = RowKind::Step;
        QString id, title;
        StepState state = StepState::Pending;
        int attempts = 0;
        QDateTime startedAt, endedAt;
        friend bool operator==(const Row &, const Row &) = default;
    };
    using QAbstractTableModel::QAbstractTableModel;

    void setView(const RunView &view);
    /// Running steps show a time that goes on.
    void tick();
    const Row *at(int row) const;
    int rowOf(const QString &step) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    Qt::ItemFlags flags(const QModelIndex &index) const override;

private:
    QString cell(const Row &row, int column) const;
    std::vector<Row> m_rows;
};

} // namespace lb
