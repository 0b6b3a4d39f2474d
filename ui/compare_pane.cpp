// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/compare_pane.h"

#include "core/base/format.h"
#include "ui/widgets.h"

#include <QFontDatabase>
#include <QMimeData>
#include <QPainter>
#include <QScrollBar>
#include <QTextBlock>

#include <algorithm>

namespace lb {

namespace {

constexpr int kGap = 6;
constexpr int kFaint = 70; ///< of 255

/// Laying out a line of a megabyte takes seconds.
constexpr qsizetype kLongestLine = 10'000;

QString shortened(const QString &line)
{
    if (line.size() <= kLongestLine)
        return line;
    return line.left(kLongestLine) +
           ComparePane::tr("… (%n more character(s))", nullptr, int(line.size() - kLongestLine));
}

/// Beside the colour, which not everybody can tell apart.
QString signOf(CompareLine::Mark mark, ComparePane::Side side)
{
    switch (mark) {
    case CompareLine::Mark::Same:
    case CompareLine::Mark::Filler:
        return {};
    case CompareLine::Mark::Changed:
        return QStringLiteral("~");
    case CompareLine::Mark::Alone:
        return side == ComparePane::Side::Before ? QStringLiteral("−") : QStringLiteral("+");
    }
    return {};
}

} // namespace

/// Line numbers and signs, at the leading side of the text.
class ComparePane::Margin : public QWidget
{
public:
    explicit Margin(ComparePane *pane) : QWidget(pane), m_pane(pane) {}
    QSize sizeHint() const override { return {m_pane->marginWidth(), 0}; }

protected:
    void paintEvent(QPaintEvent *event) override { m_pane->paintMargin(event); }

private:
    ComparePane *m_pane;
};

ComparePane::ComparePane(Side side, QWidget *parent)
    : QPlainTextEdit(parent), m_side(side), m_margin(named(new Margin(this), "compareMargin"))
{
    setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    setReadOnly(true);
    setUndoRedoEnabled(false);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setLineWrapMode(QPlainTextEdit::NoWrap);
    setTabChangesFocus(true);
    // One side alone with a bar would show fewer rows than the other.
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    // YAML is read from left to right in every language.
    setLayoutDirection(Qt::LeftToRight);
    for (QWidget *part : findChildren<QWidget *>())
        if (part->objectName().isEmpty())
            part->setObjectName(QStringLiteral("comparePart"));
    connect(this, &QPlainTextEdit::updateRequest, this, [this](const QRect &rect, int dy) {
        if (dy)
            m_margin->scroll(0, dy);
        else
            m_margin->update(0, rect.y(), m_margin->width(), rect.height());
    });
    connect(this, &QPlainTextEdit::cursorPositionChanged, this, [this] {
        const int row = textCursor().blockNumber();
        if (m_isShowing || row == m_current)
            return;
        setCurrentRow(row);
        Q_EMIT rowChosen(row);
    });
    layOutMargin();
}

void ComparePane::setLines(std::vector<CompareLine> lines)
{
    m_isShowing = true;
    m_lines = std::move(lines);
    m_noted.clear();
    QStringList texts;
    for (const CompareLine &line : m_lines)
        texts << shortened(displayText(line.text));
    setPlainText(texts.join(QLatin1Char('\n')));
    m_isShowing = false;
    setCurrentRow(0);
    layOutMargin();
}

void ComparePane::setNoted(const QHash<int, Tone> &lines)
{
    m_noted = lines;
    m_margin->update();
}

int ComparePane::rowOf(int number) const
{
    if (number <= 0)
        return -1;
    const auto found = std::find_if(m_lines.begin(), m_lines.end(),
                                    [&](const CompareLine &line) { return line.number == number; });
    return found == m_lines.end() ? -1 : int(found - m_lines.begin());
}

void ComparePane::setCurrentRow(int row)
{
    m_current = row;
    viewport()->update();
    m_margin->update();
}

void ComparePane::showRow(int row)
{
    const QTextBlock block = document()->findBlockByNumber(row);
    if (!block.isValid())
        return;
    m_isShowing = true;
    setTextCursor(QTextCursor(block));
    m_isShowing = false;
    horizontalScrollBar()->setValue(0);
    centerCursor();
    setCurrentRow(row);
}

int ComparePane::marginWidth() const
{
    const int most = m_lines.empty() ? 1 : int(m_lines.size());
    const int digits = std::max<int>(3, int(QString::number(most).size()));
    return fontMetrics().horizontalAdvance(QLatin1Char('9')) * (digits + 1) + 3 * kGap +
           fontMetrics().height();
}

void ComparePane::layOutMargin()
{
    setViewportMargins(marginWidth(), 0, 0, 0);
    const QRect inner = contentsRect();
    m_margin->setGeometry(inner.left(), inner.top(), marginWidth(), viewport()->height());
    m_margin->update();
}

void ComparePane::resizeEvent(QResizeEvent *event)
{
    QPlainTextEdit::resizeEvent(event);
    layOutMargin();
}

void ComparePane::changeEvent(QEvent *event)
{
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::FontChange && m_margin)
        layOutMargin();
}

template <class Visit>
void ComparePane::forVisibleRows(const Visit &visit) const
{
    QTextBlock block = firstVisibleBlock();
    QRectF rect = blockBoundingGeometry(block).translated(contentOffset());
    while (block.isValid() && rect.top() <= viewport()->height()) {
        const size_t row = size_t(block.blockNumber());
        if (row < m_lines.size())
            visit(row, rect.toAlignedRect());
        const qreal bottom = rect.bottom();
        block = block.next();
        rect = blockBoundingRect(block).translated(contentOffset().x(), bottom);
    }
}

Tone ComparePane::toneOf(const CompareLine &line) const
{
    switch (line.mark) {
    case CompareLine::Mark::Same:
    case CompareLine::Mark::Filler:
        return Tone::Neutral;
    case CompareLine::Mark::Changed:
        return Tone::Busy;
    case CompareLine::Mark::Alone:
        return m_side == Side::Before ? Tone::Bad : Tone::Good;
    }
    return Tone::Neutral;
}

void ComparePane::paintEvent(QPaintEvent *event)
{
    {
        QPainter painter(viewport());
        QColor hatch = mutedColor(palette());
        hatch.setAlpha(kFaint);
        const int width = viewport()->width();
        forVisibleRows([&](size_t row, const QRect &rect) {
            const CompareLine &line = m_lines[row];
            const QRect whole(0, rect.top(), width, rect.height());
            if (line.mark == CompareLine::Mark::Filler)
                painter.fillRect(whole, QBrush(hatch, Qt::BDiagPattern));
            else if (line.mark != CompareLine::Mark::Same)
                painter.fillRect(whole, toneFill(toneOf(line), palette()));
            if (int(row) == m_current) {
                painter.setPen(toneColor(Tone::Busy, palette()));
                painter.drawRect(whole.adjusted(-1, 0, 1, -1));
            }
        });
    }
    QPlainTextEdit::paintEvent(event);
}

void ComparePane::paintMargin(QPaintEvent *)
{
    QPainter painter(m_margin);
    painter.fillRect(m_margin->rect(), palette().color(QPalette::Window));
    painter.setFont(font());
    const int height = fontMetrics().height(); // the last block is higher than its line
    const int signWidth = fontMetrics().horizontalAdvance(QLatin1Char('9')) + kGap;
    const int signLeft = m_margin->width() - signWidth;
    forVisibleRows([&](size_t row, const QRect &rect) {
        const CompareLine &line = m_lines[row];
        if (!line.number)
            return;
        if (const auto noted = m_noted.find(line.number); noted != m_noted.end())
            lifeboatIcon(toneIcon(*noted), *noted)
                .paint(&painter, QRect(kGap / 2, rect.top(), height, height));
        const bool isNow = int(row) == m_current;
        painter.setPen(isNow ? palette().color(QPalette::WindowText) : mutedColor(palette()));
        painter.drawText(QRect(0, rect.top(), signLeft - kGap, height),
                         Qt::AlignRight | Qt::AlignVCenter, QString::number(line.number));
        painter.setPen(toneColor(toneOf(line), palette()));
        painter.drawText(QRect(signLeft, rect.top(), signWidth, height),
                         Qt::AlignHCenter | Qt::AlignVCenter, signOf(line.mark, m_side));
    });
}

QMimeData *ComparePane::createMimeDataFromSelection() const
{
    // Fillers are no lines of the text: what is copied is as it stands in the file.
    const QTextCursor cursor = textCursor();
    const QStringList rows =
        cursor.selectedText().split(QChar(QChar::ParagraphSeparator), Qt::KeepEmptyParts);
    const size_t first = size_t(document()->findBlock(cursor.selectionStart()).blockNumber());
    QStringList kept;
    for (qsizetype i = 0; i < rows.size(); ++i) {
        const size_t row = first + size_t(i);
        if (row >= m_lines.size() || m_lines[row].mark != CompareLine::Mark::Filler)
            kept << rows[i];
    }
    auto *copied = new QMimeData;
    copied->setText(kept.join(QLatin1Char('\n')));
    return copied;
}

} // namespace lb
