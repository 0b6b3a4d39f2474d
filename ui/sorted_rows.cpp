// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/sorted_rows.h"

#include <QLineEdit>

namespace lb {

SortedRows::SortedRows(QAbstractItemModel *source, QObject *parent) : QSortFilterProxyModel(parent)
{
    setSourceModel(source);
    setSortRole(kSortRole);
    setFilterRole(kFilterRole);
    setFilterCaseSensitivity(Qt::CaseInsensitive);
    setFilterKeyColumn(0);
}

void SortedRows::filterBy(QLineEdit *field)
{
    connect(field, &QLineEdit::textChanged, this, &QSortFilterProxyModel::setFilterFixedString);
}

} // namespace lb
