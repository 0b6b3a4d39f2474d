// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/look.h"

#include <QFrame>
#include <QLabel>
#include <QPointer>
#include <QTimer>

class QBoxLayout;
class QHBoxLayout;
class QLineEdit;
class QPushButton;
class QToolButton;
class QVBoxLayout;

namespace lb {

/// Names a widget for tests and, where it shows no text of its own, for screen readers.
template <class W>
W *named(W *widget, const char *objectName, const QString &accessibleName = {})
{
    widget->setObjectName(QLatin1String(objectName));
    if (!accessibleName.isEmpty())
        widget->setAccessibleName(accessibleName);
    return widget;
}

/// A label that never takes its text as markup and wraps. Data goes through displayText() first.
class PlainLabel : public QLabel
{
    Q_OBJECT
public:
    enum class Role
    {
        Body,
        Muted,
        Title,
        Heading,
        Strong,
        Mono
    };
    explicit PlainLabel(Role role = Role::Body, QWidget *parent = nullptr);
    /// Draws the text in the tone's colour.
    void setTone(Tone tone);

protected:
    void changeEvent(QEvent *event) override;

private:
    void restyle();
    Role m_role;
    Tone m_tone = Tone::Neutral;
};

/// One line that gives way: what does not fit ends in an ellipsis.
class ElidedLabel : public PlainLabel
{
    Q_OBJECT
public:
    explicit ElidedLabel(Role role = Role::Body, QWidget *parent = nullptr);

protected:
    void paintEvent(QPaintEvent *event) override;
};

/// Icon + word in a tone: the one way a state is shown outside tables.
class StateLabel : public QWidget
{
    Q_OBJECT
public:
    explicit StateLabel(QWidget *parent = nullptr, bool large = false);
    void setState(const QString &icon, const QString &word, Tone tone);
    /// For sentences instead of words.
    void setWrapping();

protected:
    void changeEvent(QEvent *event) override;

private:
    void repaintIcon();
    QLabel *m_icon;
    PlainLabel *m_word;
    QString m_iconName;
    Tone m_tone = Tone::Neutral;
};

/// A short word on a filled ground: PROTECTED, REHEARSAL, PRACTICE.
class Badge : public QLabel
{
    Q_OBJECT
public:
    explicit Badge(QWidget *parent = nullptr);
    void setBadge(const QString &word, Tone tone);

protected:
    void changeEvent(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    Tone m_tone = Tone::Neutral;
};

/// A message in the layout, near its cause; hidden while it has nothing to say. Never modal.
class InlineMessage : public QFrame
{
    Q_OBJECT
public:
    explicit InlineMessage(QWidget *parent = nullptr);
    void showMessage(Tone tone, const QString &text, const QString &detail = {});
    void clear();
    QString text() const;
    /// Adds a button; it stays until clear().
    QPushButton *addAction(const QString &text);
    /// A place below the text for further widgets.
    QVBoxLayout *body() const { return m_body; }

protected:
    void changeEvent(QEvent *event) override;

private:
    void restyle();
    QLabel *m_icon;
    PlainLabel *m_text, *m_detail;
    QVBoxLayout *m_body;
    QHBoxLayout *m_buttons;
    Tone m_tone = Tone::Neutral;
};

/// A quiet frame on base colour that groups what belongs together.
class Card : public QFrame
{
    Q_OBJECT
public:
    explicit Card(QWidget *parent = nullptr);

protected:
    void changeEvent(QEvent *event) override;

private:
    void restyle();
};

/// A filter field: Esc empties it, `changed` comes when typing rests for 120 ms.
QLineEdit *makeFilter(QWidget *parent, const char *objectName, const QString &placeholder);

/// A scroll area whose content grows downwards; no stop of the Tab key itself. Gives the layout to
/// fill.
QVBoxLayout *addScroll(QBoxLayout *into, QWidget *parent, const char *name,
                       const QString &accessibleName);

/// Asks in the layout, not in a window of its own, before something that cannot be taken back.
/// `needs`: text that must be typed; empty = a button is enough.
class ConfirmPanel : public InlineMessage
{
    Q_OBJECT
public:
    explicit ConfirmPanel(QWidget *parent = nullptr);
    void ask(Tone tone, const QString &text, const QString &detail, const QString &needs,
             const QString &verb, const QString &keep);

Q_SIGNALS:
    void confirmed(const QString &typed);
    void dismissed();

private:
    QWidget *m_row;
    PlainLabel *m_prompt;
    QLineEdit *m_typed;
    QPushButton *m_go, *m_keep;
    QString m_needs;
};

} // namespace lb
