// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages.h"

#include <QAbstractItemModel>
#include <QHeaderView>
#include <QPushButton>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QVBoxLayout>

namespace lb {

namespace {

/// Rows with some air, whatever the font.
class RoomyDelegate : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        QSize size = QStyledItemDelegate::sizeHint(option, index);
        size.setHeight(qMax(28, size.height() + 12));
        size.rwidth() += 16;
        return size;
    }
};

} // namespace

Page::Page(const QString &title, const char *objectName, QWidget *parent)
    : QWidget(parent),
      m_title(named(new PlainLabel(PlainLabel::Role::Title, this), "pageTitle")),
      m_header(new QHBoxLayout),
      m_message(named(new InlineMessage(this), "pageMessage")),
      m_confirm(named(new ConfirmPanel(this), "pageConfirm")),
      m_content(new QVBoxLayout)
{
    setObjectName(QLatin1String(objectName));
    setAccessibleName(title);
    m_title->setText(title);
    m_title->setWordWrap(false);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(20, 16, 20, 16);
    column->setSpacing(12);
    m_header->setSpacing(8);
    m_header->addWidget(m_title);
    m_header->addStretch(1);
    column->addLayout(m_header);
    column->addWidget(m_message);
    column->addWidget(m_confirm);
    column->addLayout(m_content, 1);
}

QTableView *makeTable(QWidget *parent, const char *objectName, const QString &accessibleName,
                      QAbstractItemModel *model)
{
    auto *table = named(new QTableView(parent), objectName, accessibleName);
    table->setModel(model);
    table->setItemDelegate(new RoomyDelegate(table));
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->setTabKeyNavigation(false);
    table->setSortingEnabled(true);
    table->setAlternatingRowColors(false);
    table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    table->verticalHeader()->hide();
    table->verticalHeader()->setObjectName(QStringLiteral("rowsHeader"));
    table->verticalHeader()->setDefaultSectionSize(qMax(28, table->fontMetrics().height() + 12));
    table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    QHeaderView *columns = table->horizontalHeader();
    columns->setObjectName(QStringLiteral("columnsHeader"));
    columns->setDefaultAlignment(Qt::AlignLeading | Qt::AlignVCenter);
    columns->setHighlightSections(false);
    columns->setResizeContentsPrecision(50);
    for (QWidget *child : table->findChildren<QWidget *>(QString(), Qt::FindDirectChildrenOnly))
        if (child->objectName().isEmpty())
            child->setObjectName(QStringLiteral("tablePart"));
    return table;
}

void fitColumns(QTableView *table, int stretchColumn)
{
    QHeaderView *columns = table->horizontalHeader();
    columns->setStretchLastSection(false);
    for (int column = 0; column < columns->count(); ++column)
        columns->setSectionResizeMode(
            column, column == stretchColumn ? QHeaderView::Stretch : QHeaderView::ResizeToContents);
}

} // namespace lb
