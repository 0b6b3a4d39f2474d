// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/widgets.h"

#include <QAbstractScrollArea>

class QCheckBox;

namespace lb {

class LogFileModel;

/// Draws only the lines in sight, whatever the length of the log. One line is current (keyboard,
/// screen reader, copying); a range can be selected with Shift.
class LogLines : public QAbstractScrollArea
{
    Q_OBJECT
public:
    explicit LogLines(LogFileModel *model, QWidget *parent = nullptr);
    void setFollowing(bool following);
    bool isFollowing() const { return m_following; }
    int currentRow() const { return m_current; }
    void showRow(int row);
    QString selectedText() const;

Q_SIGNALS:
    void followingChanged(bool following);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void changeEvent(QEvent *event) override;
    void scrollContentsBy(int dx, int dy) override;

private:
    void updateRange();
    void moveTo(int row, bool extend);
    int rowAt(int y) const;
    int lineHeight() const;

    LogFileModel *m_model;
    int m_current = 0, m_anchor = 0;
    int m_widest = 0; ///< columns of the longest line seen so far
    bool m_following = true;
};

/// The log of a step with its search field.
class LogView : public QWidget
{
    Q_OBJECT
public:
    explicit LogView(QWidget *parent = nullptr);
    void setTitle(const QString &title);
    void setFiles(const QStringList &files, bool growing);
    void setGrowing(bool growing);
    LogFileModel *model() const { return m_model; }
    LogLines *lines() const { return m_lines; }
    QWidget *searchField() const;
    /// What the Tab key stops at, in order.
    QList<QWidget *> stops() const;

private:
    void search(bool next, bool backwards);

    LogFileModel *m_model;
    LogLines *m_lines;
    PlainLabel *m_title, *m_status;
    QLineEdit *m_search;
    QCheckBox *m_follow;
};

} // namespace lb
