// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/log_view.h"

#include "ui/log_file.h"

#include <QAccessible>
#include <QCheckBox>
#include <QClipboard>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPainter>
#include <QScrollBar>
#include <QStyle>

namespace lb {

namespace {
constexpr int kMargin = 8;
constexpr int kCopiedLines = 100'000;
} // namespace

LogLines::LogLines(LogFileModel *model, QWidget *parent)
    : QAbstractScrollArea(parent), m_model(model)
{
    setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    setFocusPolicy(Qt::StrongFocus);
    viewport()->setBackgroundRole(QPalette::Base);
    viewport()->setCursor(Qt::IBeamCursor);
    connect(m_model, &QAbstractItemModel::modelReset, this, [this] {
        m_current = m_anchor = m_widest = 0;
        updateRange();
        viewport()->update();
    });
    connect(m_model, &LogFileModel::grown, this, [this] {
        updateRange();
        viewport()->update();
    });
}

int LogLines::lineHeight() const
{
    return qMax(1, fontMetrics().lineSpacing());
}

void LogLines::setFollowing(bool following)
{
    if (following == m_following)
        return;
    m_following = following;
    if (following)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    Q_EMIT followingChanged(following);
}

void LogLines::showRow(int row)
{
    setFollowing(false);
    moveTo(row, false);
}

QString LogLines::selectedText() const
{
    QStringList lines;
    const int from = qMin(m_current, m_anchor);
    const int to = qMin(qMax(m_current, m_anchor), from + kCopiedLines);
    for (int row = from; row <= to && row < m_model->rowCount(); ++row)
        lines << m_model->line(row);
    return lines.join(QLatin1Char('\n'));
}

void LogLines::updateRange()
{
    const int page = qMax(1, viewport()->height() / lineHeight());
    verticalScrollBar()->setPageStep(page);
    verticalScrollBar()->setRange(0, qMax(0, m_model->rowCount() - page));
    const int columns =
        qMax(1, (viewport()->width() - 2 * kMargin) / qMax(1, fontMetrics().averageCharWidth()));
    horizontalScrollBar()->setPageStep(columns);
    horizontalScrollBar()->setRange(0, qMax(0, m_widest - columns));
    if (m_following) {
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
        m_current = m_anchor = qMax(0, m_model->rowCount() - 1);
    }
}

void LogLines::paintEvent(QPaintEvent *)
{
    QPainter painter(viewport());
    painter.setFont(font());
    const int height = lineHeight();
    const int first = verticalScrollBar()->value();
    const int column = horizontalScrollBar()->value();
    const int width = viewport()->width();
    // Shaping a very long line costs; only what can be in sight is drawn.
    const int columns = width / qMax(1, fontMetrics().averageCharWidth()) + 64;
    const int from = qMin(m_current, m_anchor), to = qMax(m_current, m_anchor);
    int widest = m_widest;
    for (int y = 0, row = first; y < viewport()->height() && row < m_model->rowCount();
         y += height, ++row) {
        const QString line = m_model->line(row);
        widest = qMax(widest, int(line.size()));
        const bool selected =
            row >= from && row <= to && ((hasFocus() && !m_following) || from != to);
        if (selected)
            painter.fillRect(0, y, width, height, palette().brush(QPalette::Highlight));
        painter.setPen(palette().color(selected ? QPalette::HighlightedText : QPalette::Text));
        QTextOption option;
        painter.drawText(QPoint(kMargin, y + fontMetrics().ascent()), line.mid(column, columns));
    }
    if (m_model->rowCount() == 0) {
        painter.setPen(mutedColor(palette()));
        painter.drawText(viewport()->rect().adjusted(kMargin, kMargin, -kMargin, -kMargin),
                         Qt::AlignTop | Qt::AlignLeading, tr("No output."));
    }
    if (widest != m_widest) {
        m_widest = widest;
        QMetaObject::invokeMethod(this, &LogLines::updateRange, Qt::QueuedConnection);
    }
}

void LogLines::resizeEvent(QResizeEvent *event)
{
    QAbstractScrollArea::resizeEvent(event);
    updateRange();
}

void LogLines::scrollContentsBy(int, int)
{
    viewport()->update();
    const bool atEnd = verticalScrollBar()->value() >= verticalScrollBar()->maximum();
    // Scrolling up by hand stops following; the wheel back to the end starts it again.
    if (m_following && !atEnd && !m_model->rowCount())
        return;
    if (m_following && !atEnd && verticalScrollBar()->isVisible())
        setFollowing(false);
}

int LogLines::rowAt(int y) const
{
    return qBound(0, verticalScrollBar()->value() + y / lineHeight(),
                  qMax(0, m_model->rowCount() - 1));
}

void LogLines::moveTo(int row, bool extend)
{
    m_current = qBound(0, row, qMax(0, m_model->rowCount() - 1));
    if (!extend)
        m_anchor = m_current;
    const int page = verticalScrollBar()->pageStep();
    if (m_current < verticalScrollBar()->value())
        verticalScrollBar()->setValue(m_current);
    else if (m_current >= verticalScrollBar()->value() + page)
        verticalScrollBar()->setValue(m_current - page + 1);
    setAccessibleDescription(m_model->line(m_current).left(1000));
    QAccessibleEvent event(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&event);
    viewport()->update();
}

void LogLines::keyPressEvent(QKeyEvent *event)
{
    const bool extend = event->modifiers().testFlag(Qt::ShiftModifier);
    const int page = verticalScrollBar()->pageStep();
    const auto go = [&](int row) {
        if (row < m_model->rowCount() - 1)
            setFollowing(false);
        moveTo(row, extend);
    };
    if (event->matches(QKeySequence::Copy))
        return QGuiApplication::clipboard()->setText(selectedText());
    if (event->matches(QKeySequence::SelectAll)) {
        m_anchor = 0;
        return moveTo(m_model->rowCount() - 1, true);
    }
    switch (event->key()) {
    case Qt::Key_Up:
        return go(m_current - 1);
    case Qt::Key_Down:
        return go(m_current + 1);
    case Qt::Key_PageUp:
        return go(m_current - page);
    case Qt::Key_PageDown:
        return go(m_current + page);
    case Qt::Key_Home:
        return go(0);
    case Qt::Key_End:
        moveTo(m_model->rowCount() - 1, extend);
        return setFollowing(true);
    case Qt::Key_Left:
        return horizontalScrollBar()->setValue(horizontalScrollBar()->value() - 8);
    case Qt::Key_Right:
        return horizontalScrollBar()->setValue(horizontalScrollBar()->value() + 8);
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

void LogLines::mousePressEvent(QMouseEvent *event)
{
    if (event->button() == Qt::LeftButton) {
        setFollowing(false);
        moveTo(rowAt(int(event->position().y())), event->modifiers().testFlag(Qt::ShiftModifier));
    }
}

void LogLines::mouseMoveEvent(QMouseEvent *event)
{
    if (event->buttons().testFlag(Qt::LeftButton))
        moveTo(rowAt(int(event->position().y())), true);
}

void LogLines::changeEvent(QEvent *event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        updateRange();
}

LogView::LogView(QWidget *parent)
    : QWidget(parent),
      m_model(new LogFileModel(this)),
      m_lines(named(new LogLines(m_model, this), "logLines", tr("Log"))),
      m_title(named(new ElidedLabel(PlainLabel::Role::Strong, this), "logTitle")),
      m_status(named(new PlainLabel(PlainLabel::Role::Muted, this), "logStatus")),
      m_search(makeFilter(this, "logSearch", tr("Search the log"))),
      m_follow(named(new QCheckBox(tr("Fo&llow"), this), "logFollow"))
{
    for (QWidget *part : m_lines->findChildren<QWidget *>())
        if (part->objectName().isEmpty())
            part->setObjectName(QStringLiteral("logPart"));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    auto *row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(m_title, 1);
    row->addWidget(m_status);
    row->addWidget(m_search);
    row->addWidget(m_follow);
    column->addLayout(row);
    column->addWidget(m_lines, 1);
    m_status->setWordWrap(false);
    m_search->setMinimumWidth(140);
    m_follow->setChecked(true);
    m_follow->setToolTip(tr("Stay at the newest line"));

    connect(m_follow, &QCheckBox::toggled, m_lines, &LogLines::setFollowing);
    connect(m_lines, &LogLines::followingChanged, m_follow, &QCheckBox::setChecked);
    connect(m_search, &QLineEdit::textChanged, this, [this] { search(false, false); });
    connect(m_search, &QLineEdit::returnPressed, this, [this] {
        search(true, QGuiApplication::keyboardModifiers().testFlag(Qt::ShiftModifier));
    });
    connect(m_model, &LogFileModel::found, this, [this](int found) {
        const bool missed = found < 0 && !m_search->text().isEmpty();
        m_status->setText(missed ? tr("Not found") : QString());
        m_status->setTone(missed ? Tone::Bad : Tone::Neutral);
        if (found >= 0)
            m_lines->showRow(found);
    });
    connect(m_model, &LogFileModel::readFailed, this,
            [this] { m_status->setText(tr("The log cannot be read")); });
    connect(m_model, &LogFileModel::grown, this, [this] {
        m_lines->setAccessibleName(tr("Log, %n line(s)", nullptr, m_model->rowCount()));
    });
}

void LogView::setTitle(const QString &title)
{
    m_title->setText(title);
}

void LogView::setFiles(const QStringList &files, bool growing)
{
    m_status->clear();
    m_model->setFiles(files, growing);
    m_lines->setFollowing(true);
}

void LogView::setGrowing(bool growing)
{
    m_model->setGrowing(growing);
}

QWidget *LogView::searchField() const
{
    return m_search;
}

QList<QWidget *> LogView::stops() const
{
    return {m_search, m_follow, m_lines};
}

void LogView::search(bool next, bool backwards)
{
    if (m_search->text().isEmpty()) {
        m_status->clear();
        return;
    }
    m_model->find(m_search->text(), m_lines->currentRow() + (next ? (backwards ? -1 : 1) : 0),
                  backwards);
}

} // namespace lb
