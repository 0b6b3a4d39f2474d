// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSortFilterProxyModel>

class QLineEdit;

namespace lb {

/// Sort key of a cell, in all our tables.
inline constexpr int kSortRole = Qt::UserRole;
/// All words of a row in one text, for filters.
inline constexpr int kFilterRole = Qt::UserRole + 1;

/// A list sorted by what its cells mean and narrowed by what is typed.
class SortedRows : public QSortFilterProxyModel
{
    Q_OBJECT
public:
    SortedRows(QAbstractItemModel *source, QObject *parent);
    void filterBy(QLineEdit *field);
};

} // namespace lb
