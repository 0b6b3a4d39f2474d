// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/widgets.h"

class QPlainTextEdit;

namespace lb {

/// The exact plan to read: fixed-width, not editable, with find and copy. The line of no return is
/// marked in the text.
class PlanView : public QWidget
{
    Q_OBJECT
public:
    explicit PlanView(QWidget *parent = nullptr);
    void setText(const QString &text);
    QString text() const;
    QPlainTextEdit *edit() const { return m_edit; }
    QLineEdit *findField() const { return m_find; }

protected:
    void changeEvent(QEvent *event) override;

private:
    void find(bool next);
    void mark();
    QPlainTextEdit *m_edit;
    QLineEdit *m_find;
    PlainLabel *m_status;
};

} // namespace lb
