// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/widgets.h"

#include <QWidget>

class QAbstractItemModel;
class QHBoxLayout;
class QTableView;
class QVBoxLayout;

namespace lb {

/// A place that the navigation leads to: title, its own buttons at the right, messages below the
/// title, then the content.
class Page : public QWidget
{
    Q_OBJECT
public:
    Page(const QString &title, const char *objectName, QWidget *parent);
    InlineMessage *message() const { return m_message; }
    ConfirmPanel *confirm() const { return m_confirm; }
    /// Where Ctrl+F goes; nullptr when there is nothing to filter.
    virtual QWidget *filterField() { return nullptr; }
    virtual void focusContent() {}

protected:
    PlainLabel *titleLabel() const { return m_title; }
    QHBoxLayout *header() const { return m_header; }
    QVBoxLayout *content() const { return m_content; }

private:
    PlainLabel *m_title;
    QHBoxLayout *m_header;
    InlineMessage *m_message;
    ConfirmPanel *m_confirm;
    QVBoxLayout *m_content;
};

/// A table as all our lists are: whole rows, sorted by clicking, no grid, keyboard through rows.
QTableView *makeTable(QWidget *parent, const char *objectName, const QString &accessibleName,
                      QAbstractItemModel *model);
/// Columns as wide as what they show, once there is something to show; the given one takes the
/// rest.
void fitColumns(QTableView *table, int stretchColumn);

} // namespace lb
