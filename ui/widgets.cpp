// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets.h"

#include "core/base/format.h"

#include <QAccessible>
#include <QAction>
#include <QBoxLayout>
#include <QEvent>
#include <QFontDatabase>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QStyle>

namespace lb {

namespace {

bool isLookChange(const QEvent *event)
{
    return event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange ||
           event->type() == QEvent::StyleChange;
}

/// Set only when it differs: setting a palette or font inside changeEvent() sends the next one.
void setTextColor(QWidget *widget, const QColor &color)
{
    QPalette palette = widget->palette();
    if (palette.color(QPalette::WindowText) == color)
        return;
    palette.setColor(QPalette::WindowText, color);
    widget->setPalette(palette);
}

void setFill(QWidget *widget, const QColor &color)
{
    QPalette palette = widget->palette();
    if (palette.color(QPalette::Window) == color)
        return;
    palette.setColor(QPalette::Window, color);
    widget->setPalette(palette);
}

/// What the widget would look like without our own colours.
QPalette outerPalette(const QWidget *widget)
{
    return widget->window() && widget->window() != widget ? widget->window()->palette()
                                                          : widget->palette();
}

} // namespace

PlainLabel::PlainLabel(Role role, QWidget *parent) : QLabel(parent), m_role(role)
{
    setTextFormat(Qt::PlainText);
    setWordWrap(true);
    restyle();
}

void PlainLabel::setTone(Tone tone)
{
    m_tone = tone;
    restyle();
}

void PlainLabel::changeEvent(QEvent *event)
{
    QLabel::changeEvent(event);
    if (event->type() == QEvent::ParentChange || isLookChange(event))
        restyle();
}

void PlainLabel::restyle()
{
    const QPalette outer = outerPalette(this);
    if (m_tone != Tone::Neutral)
        setTextColor(this, toneColor(m_tone, outer));
    else if (m_role == Role::Muted)
        setTextColor(this, mutedColor(outer));
    else if (testAttribute(Qt::WA_SetPalette))
        setTextColor(this, outer.color(QPalette::WindowText));
    QFont wanted = parentWidget() ? parentWidget()->font() : font();
    switch (m_role) {
    case Role::Body:
    case Role::Muted:
        return;
    case Role::Title:
        wanted.setPointSizeF(wanted.pointSizeF() * 1.55);
        wanted.setWeight(QFont::DemiBold);
        break;
    case Role::Heading:
        wanted.setPointSizeF(wanted.pointSizeF() * 1.2);
        wanted.setWeight(QFont::DemiBold);
        break;
    case Role::Strong:
        wanted.setWeight(QFont::DemiBold);
        break;
    case Role::Mono:
        wanted = QFontDatabase::systemFont(QFontDatabase::FixedFont);
        break;
    }
    if (font() != wanted)
        setFont(wanted);
}

ElidedLabel::ElidedLabel(Role role, QWidget *parent) : PlainLabel(role, parent)
{
    setWordWrap(false);
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
}

void ElidedLabel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    style()->drawItemText(
        &painter, contentsRect(), Qt::AlignVCenter | Qt::AlignLeading, palette(), isEnabled(),
        fontMetrics().elidedText(text(), Qt::ElideRight, contentsRect().width()), foregroundRole());
}

StateLabel::StateLabel(QWidget *parent, bool large)
    : QWidget(parent),
      m_icon(named(new QLabel(this), "stateIcon")),
      m_word(
          named(new PlainLabel(large ? PlainLabel::Role::Heading : PlainLabel::Role::Strong, this),
                "stateWord"))
{
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(6);
    row->addWidget(m_icon);
    row->addWidget(m_word, 1);
    m_word->setWordWrap(false);
}

void StateLabel::setState(const QString &icon, const QString &word, Tone tone)
{
    m_iconName = icon;
    m_tone = tone;
    m_word->setText(word);
    m_word->setTone(tone);
    setAccessibleName(word);
    repaintIcon();
}

void StateLabel::setWrapping()
{
    m_word->setWordWrap(true);
    static_cast<QHBoxLayout *>(layout())->setAlignment(m_icon, Qt::AlignTop);
}

void StateLabel::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (isLookChange(event))
        repaintIcon();
}

void StateLabel::repaintIcon()
{
    if (m_iconName.isEmpty())
        return;
    const int side = qMax(16, m_word->fontMetrics().height());
    m_icon->setPixmap(
        lifeboatIcon(m_iconName, m_tone).pixmap(QSize(side, side), devicePixelRatioF()));
}

Badge::Badge(QWidget *parent) : QLabel(parent)
{
    setTextFormat(Qt::PlainText);
    setAlignment(Qt::AlignCenter);
    setContentsMargins(8, 2, 8, 2);
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    setFont(bold);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    hide();
}

void Badge::setBadge(const QString &word, Tone tone)
{
    m_tone = tone;
    setText(word);
    setTextColor(this, toneColor(tone, outerPalette(this)));
    setVisible(!word.isEmpty());
}

void Badge::changeEvent(QEvent *event)
{
    QLabel::changeEvent(event);
    if (isLookChange(event))
        setTextColor(this, toneColor(m_tone, outerPalette(this)));
}

void Badge::paintEvent(QPaintEvent *event)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor color = toneColor(m_tone, outerPalette(this));
    painter.setPen(QPen(color, 1));
    painter.setBrush(toneFill(m_tone, outerPalette(this)));
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    painter.end();
    QLabel::paintEvent(event);
}

InlineMessage::InlineMessage(QWidget *parent)
    : QFrame(parent),
      m_icon(named(new QLabel(this), "messageIcon")),
      m_text(named(new PlainLabel(PlainLabel::Role::Strong, this), "messageText")),
      m_detail(named(new PlainLabel(PlainLabel::Role::Body, this), "messageDetail")),
      m_body(new QVBoxLayout),
      m_buttons(new QHBoxLayout)
{
    setAutoFillBackground(true);
    setFrameShape(QFrame::StyledPanel);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(12, 10, 12, 10);
    row->setSpacing(10);
    row->addWidget(m_icon, 0, Qt::AlignTop);
    row->addLayout(m_body, 1);
    m_body->setSpacing(6);
    m_body->addWidget(m_text);
    m_body->addWidget(m_detail);
    m_body->addLayout(m_buttons);
    m_buttons->addStretch(1);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_detail->setTextInteractionFlags(Qt::TextSelectableByMouse);
    hide();
}

void InlineMessage::showMessage(Tone tone, const QString &text, const QString &detail)
{
    m_tone = tone;
    m_text->setText(text);
    m_detail->setText(detail);
    m_detail->setVisible(!detail.isEmpty());
    const bool news = accessibleName() != text || accessibleDescription() != detail;
    setAccessibleName(text);
    setAccessibleDescription(detail);
    restyle();
    show();
    if (news) {
        QAccessibleEvent event(this, QAccessible::Alert);
        QAccessible::updateAccessibility(&event);
    }
}

void InlineMessage::clear()
{
    hide();
    m_text->clear();
    m_detail->clear();
    for (QPushButton *button : findChildren<QPushButton *>(QStringLiteral("messageAction")))
        button->deleteLater();
}

QString InlineMessage::text() const
{
    return m_text->text();
}

QPushButton *InlineMessage::addAction(const QString &text)
{
    auto *button = named(new QPushButton(text, this), "messageAction");
    m_buttons->insertWidget(m_buttons->count() - 1, button);
    return button;
}

void InlineMessage::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (isLookChange(event))
        restyle();
}

void InlineMessage::restyle()
{
    const QPalette outer = outerPalette(this);
    setFill(this, toneFill(m_tone, outer));
    const int side = qMax(16, fontMetrics().height());
    m_icon->setPixmap(
        lifeboatIcon(toneIcon(m_tone), m_tone).pixmap(QSize(side, side), devicePixelRatioF()));
}

Card::Card(QWidget *parent) : QFrame(parent)
{
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    restyle();
}

void Card::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::ParentChange || isLookChange(event))
        restyle();
}

void Card::restyle()
{
    setFill(this, outerPalette(this).color(QPalette::Base));
}

QLineEdit *makeFilter(QWidget *parent, const char *objectName, const QString &placeholder)
{
    auto *edit = named(new QLineEdit(parent), objectName, placeholder);
    edit->setPlaceholderText(placeholder);
    edit->setClearButtonEnabled(true);
    edit->addAction(lifeboatIcon(QStringLiteral("search")), QLineEdit::LeadingPosition);
    edit->setMinimumWidth(220);
    for (QWidget *child : edit->findChildren<QWidget *>())
        if (child->objectName().isEmpty())
            child->setObjectName(QLatin1String(objectName) + QStringLiteral("Part"));
    return edit;
}

QVBoxLayout *addScroll(QBoxLayout *into, QWidget *parent, const char *name,
                       const QString &accessibleName)
{
    auto *area = named(new QScrollArea(parent), name, accessibleName);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setFocusPolicy(Qt::NoFocus);
    auto *inner = named(new QWidget(area), "scrolled");
    auto *column = new QVBoxLayout(inner);
    column->setContentsMargins(0, 0, 6, 0);
    column->setSpacing(10);
    area->setWidget(inner);
    into->addWidget(area, 1);
    return column;
}

ConfirmPanel::ConfirmPanel(QWidget *parent)
    : InlineMessage(parent),
      m_row(named(new QWidget(this), "confirmRow")),
      m_prompt(named(new PlainLabel(PlainLabel::Role::Body, m_row), "confirmPrompt")),
      m_typed(named(new QLineEdit(m_row), "confirmTyped", tr("Text to confirm"))),
      m_go(named(new QPushButton(tr("Confirm"), m_row), "confirmGo")),
      m_keep(named(new QPushButton(tr("Keep it"), m_row), "confirmKeep"))
{
    auto *column = new QVBoxLayout(m_row);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_prompt);
    column->addWidget(m_typed);
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_go);
    buttons->addWidget(m_keep);
    buttons->addStretch(1);
    column->addLayout(buttons);
    body()->addWidget(m_row);
    connect(m_typed, &QLineEdit::textChanged, this,
            [this](const QString &text) { m_go->setEnabled(text == m_needs); });
    connect(m_typed, &QLineEdit::returnPressed, m_go, &QPushButton::click);
    connect(m_go, &QPushButton::clicked, this, [this] {
        hide();
        Q_EMIT confirmed(m_typed->text());
    });
    connect(m_keep, &QPushButton::clicked, this, [this] {
        hide();
        Q_EMIT dismissed();
    });
}

void ConfirmPanel::ask(Tone tone, const QString &text, const QString &detail, const QString &needs,
                       const QString &verb, const QString &keep)
{
    m_needs = needs;
    m_typed->clear();
    m_typed->setVisible(!needs.isEmpty());
    m_prompt->setVisible(!needs.isEmpty());
    m_prompt->setText(tr("Type %1 to confirm:").arg(displayText(needs)));
    m_go->setText(verb);
    m_go->setEnabled(needs.isEmpty());
    m_keep->setText(keep);
    showMessage(tone, text, detail);
    (needs.isEmpty() ? static_cast<QWidget *>(m_keep) : m_typed)->setFocus();
}

} // namespace lb
