// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plan_view.h"

#include "core/base/format.h"

#include <QClipboard>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTextBlock>

namespace lb {

PlanView::PlanView(QWidget *parent)
    : QWidget(parent),
      m_edit(named(new QPlainTextEdit(this), "planText", tr("Exact plan"))),
      m_find(makeFilter(this, "planFind", tr("Find in the plan"))),
      m_status(named(new PlainLabel(PlainLabel::Role::Muted, this), "planStatus"))
{
    for (QWidget *part : m_edit->findChildren<QWidget *>())
        if (part->objectName().isEmpty())
            part->setObjectName(QStringLiteral("planPart"));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    auto *row = new QHBoxLayout;
    row->addWidget(m_find, 1);
    row->addWidget(m_status);
    row->addStretch(1);
    auto *copy = named(new QPushButton(tr("Copy the plan"), this), "planCopy");
    row->addWidget(copy);
    column->addLayout(row);
    column->addWidget(m_edit, 1);
    m_edit->setReadOnly(true);
    m_edit->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_edit->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_edit->setTabChangesFocus(true);
    m_edit->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_edit->document()->setDocumentMargin(10);
    connect(m_find, &QLineEdit::textChanged, this, [this] { find(false); });
    connect(m_find, &QLineEdit::returnPressed, this, [this] { find(true); });
    connect(copy, &QPushButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(m_edit->toPlainText()); });
}

void PlanView::setText(const QString &text)
{
    const QString safe = displayText(text, true);
    if (safe == m_edit->toPlainText())
        return;
    m_edit->setPlainText(safe);
    mark();
}

QString PlanView::text() const
{
    return m_edit->toPlainText();
}

void PlanView::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        mark();
}

void PlanView::mark()
{
    QList<QTextEdit::ExtraSelection> marks;
    for (QTextBlock block = m_edit->document()->begin(); block.isValid(); block = block.next()) {
        if (!block.text().contains(QLatin1String("no return"), Qt::CaseInsensitive))
            continue;
        QTextEdit::ExtraSelection line;
        line.cursor = QTextCursor(block);
        line.format.setBackground(toneFill(Tone::Warn, palette()));
        line.format.setForeground(toneColor(Tone::Warn, palette()));
        line.format.setProperty(QTextFormat::FullWidthSelection, true);
        marks << line;
    }
    m_edit->setExtraSelections(marks);
}

void PlanView::find(bool next)
{
    const QString wanted = m_find->text();
    m_status->clear();
    if (wanted.isEmpty())
        return;
    QTextCursor cursor = m_edit->textCursor();
    if (!next)
        cursor.setPosition(cursor.selectionStart());
    QTextCursor hit = m_edit->document()->find(wanted, cursor);
    if (hit.isNull())
        hit = m_edit->document()->find(wanted, 0);
    if (hit.isNull()) {
        m_status->setText(tr("Not found"));
        return;
    }
    m_edit->setTextCursor(hit);
}

} // namespace lb
