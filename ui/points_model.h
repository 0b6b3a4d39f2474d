// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/runs_model.h"

namespace lb {

/// Restore points as a table. With `loss` the wizard's ranked list: what would be lost is a column.
class PointsModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column
    {
        Made,
        System,
        Complete,
        Proof,
        Loss,
        Parts,
        Size,
        Store,
        Count
    };
    using QAbstractTableModel::QAbstractTableModel;

    void setPoints(std::vector<RestorePoint> points);
    const RestorePoint *at(int row) const;
    int rowOf(const QString &point) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString cell(const RestorePoint &point, int column) const;
    std::vector<RestorePoint> m_points;
};

/// The order in which a restore should consider points: what can be relied on and is complete
/// first, then by proof, then the newest.
void rank(std::vector<RestorePoint> &points);

} // namespace lb
