// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/look.h"

#include <QPlainTextEdit>

#include <vector>

namespace lb {

/// One row of a text that is laid beside another.
struct CompareLine
{
    enum class Mark
    {
        Same,
        Changed, ///< the other text has another line here
        Alone,   ///< the other text has no line here
        Filler   ///< this text has no line here
    };

    int number = 0; ///< from 1; 0 for a filler
    QString text;
    Mark mark = Mark::Same;
};

/// A text to read and to copy from, with line numbers; what differs from the other side is marked
/// by a sign and a ground. Two panes with as many rows scroll together.
class ComparePane : public QPlainTextEdit
{
    Q_OBJECT
public:
    enum class Side
    {
        Before,
        After
    };
    ComparePane(Side side, QWidget *parent);
    void setLines(std::vector<CompareLine> lines);
    /// Lines that something is said about, by their number.
    void setNoted(const QHash<int, Tone> &lines);
    /// Makes the row the current one and puts it in the middle where possible.
    void showRow(int row);
    /// Marks the row without going there: the other pane's is the same.
    void setCurrentRow(int row);
    int currentRow() const { return m_current; }
    /// -1 when there is no line of this number.
    int rowOf(int number) const;
    const std::vector<CompareLine> &lines() const { return m_lines; }

Q_SIGNALS:
    /// By keyboard or mouse.
    void rowChosen(int row);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;
    QMimeData *createMimeDataFromSelection() const override;

private:
    class Margin;
    int marginWidth() const;
    void layOutMargin();
    void paintMargin(QPaintEvent *event);
    Tone toneOf(const CompareLine &line) const;
    /// Calls with the row and its rectangle for every row that the viewport shows.
    template <class Visit>
    void forVisibleRows(const Visit &visit) const;

    Side m_side;
    Margin *m_margin;
    std::vector<CompareLine> m_lines;
    QHash<int, Tone> m_noted;
    int m_current = 0;
    bool m_isShowing = false;
};

} // namespace lb
