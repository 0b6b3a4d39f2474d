// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QIcon>
#include <QPalette>
#include <QString>

class QPushButton;

namespace lb {

/// What a fact means to the reader. Always shown as word + icon + colour, never colour alone.
enum class Tone
{
    Neutral,
    Good,
    Warn,
    Bad,
    Busy
};

/// True when the palette is a dark one (Qt 6.4 cannot say it otherwise).
bool isDark(const QPalette &palette);
/// Text colour of a tone; at least 4.5:1 on this palette's window and base.
QColor toneColor(Tone tone, const QPalette &palette);
/// A quiet background for a message of this tone; text on it is the palette's own.
QColor toneFill(Tone tone, const QPalette &palette);
/// Secondary text: captions, ages. Still 4.5:1.
QColor mutedColor(const QPalette &palette);

/// One of our own icons by file name, drawn in the colour of the tone (Neutral: the text's), sharp
/// at every scale, following the palette as it changes.
QIcon lifeboatIcon(const QString &name, Tone tone = Tone::Neutral);
QString toneIcon(Tone tone);

/// Our one change to the platform's style: controls and rows high enough to hit and to read. Call
/// once, before the first widget.
void applyLook();

QColor accentColor();
/// The one button of a group that is meant: filled with the accent colour, white text.
void makePrimary(QPushButton *button);

/// Contrast ratio of two opaque colours, 1 to 21.
double contrast(const QColor &a, const QColor &b);

} // namespace lb
