// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/look.h"

#include <QApplication>
#include <QFile>
#include <QHash>
#include <QIconEngine>
#include <QPainter>
#include <QPixmap>
#include <QProxyStyle>
#include <QPushButton>
#include <QSvgRenderer>

#include <cmath>

// Must stand outside any namespace: it names a function that rcc makes.
static void initIcons()
{
    Q_INIT_RESOURCE(icons);
}

namespace lb {

namespace {

QColor mix(const QColor &a, const QColor &b, double share)
{
    return QColor::fromRgbF(float(a.redF() * share + b.redF() * (1 - share)),
                            float(a.greenF() * share + b.greenF() * (1 - share)),
                            float(a.blueF() * share + b.blueF() * (1 - share)));
}

/// The platform's style with room: nothing lower than 28 pixels that is to be hit.
class RoomyStyle : public QProxyStyle
{
public:
    QSize sizeFromContents(ContentsType type, const QStyleOption *option, const QSize &size,
                           const QWidget *widget) const override
    {
        QSize wanted = QProxyStyle::sizeFromContents(type, option, size, widget);
        switch (type) {
        case CT_PushButton:
            wanted.rwidth() += 12;
            [[fallthrough]];
        case CT_LineEdit:
        case CT_ComboBox:
        case CT_HeaderSection:
        case CT_ItemViewItem:
            wanted.setHeight(qMax(wanted.height(), kLowest));
            break;
        default:
            break;
        }
        return wanted;
    }

    int styleHint(StyleHint hint, const QStyleOption *option, const QWidget *widget,
                  QStyleHintReturn *data) const override
    {
        // Words say it; a theme's icons on two of four buttons do not.
        if (hint == SH_DialogButtonBox_ButtonsHaveIcons)
            return 0;
        return QProxyStyle::styleHint(hint, option, widget, data);
    }

private:
    static constexpr int kLowest = 28;
};

/// Draws an SVG whose strokes are black in the colour that the palette asks for at that moment.
class ToneIconEngine : public QIconEngine
{
public:
    ToneIconEngine(QString name, Tone tone) : m_name(std::move(name)), m_tone(tone) {}

    void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State) override
    {
        const QPalette palette = QApplication::palette();
        QColor color = m_tone == Tone::Neutral ? palette.color(QPalette::WindowText)
                                               : toneColor(m_tone, palette);
        if (mode == QIcon::Selected)
            color = palette.color(QPalette::HighlightedText);
        else if (mode == QIcon::Disabled)
            color = palette.color(QPalette::Disabled, QPalette::WindowText);
        QSvgRenderer renderer(source().replace("#000", color.name().toLatin1()));
        renderer.render(painter, QRectF(rect));
    }
    QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override
    {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, QRect(QPoint(0, 0), size), mode, state);
        return pixmap;
    }
    QIconEngine *clone() const override { return new ToneIconEngine(m_name, m_tone); }

private:
    QByteArray source() const
    {
        static QHash<QString, QByteArray> cache;
        auto found = cache.constFind(m_name);
        if (found == cache.constEnd()) {
            initIcons();
            QFile file(QStringLiteral(":/icons/%1.svg").arg(m_name));
            found = cache.insert(m_name,
                                 file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray());
        }
        return found.value();
    }

    QString m_name;
    Tone m_tone;
};

} // namespace

bool isDark(const QPalette &palette)
{
    return palette.color(QPalette::Window).lightness() < 128;
}

QColor toneColor(Tone tone, const QPalette &palette)
{
    const bool dark = isDark(palette);
    switch (tone) {
    case Tone::Neutral:
        return palette.color(QPalette::WindowText);
    case Tone::Good:
        return dark ? QColor(0x7a, 0xd8, 0x96) : QColor(0x17, 0x66, 0x32);
    case Tone::Warn:
        return dark ? QColor(0xf2, 0xbd, 0x5e) : QColor(0x80, 0x4d, 0x00);
    case Tone::Bad:
        return dark ? QColor(0xff, 0x9d, 0x94) : QColor(0xab, 0x22, 0x1a);
    case Tone::Busy:
        return dark ? QColor(0x93, 0xbe, 0xf7) : QColor(0x17, 0x58, 0xa8);
    }
    return {};
}

QColor toneFill(Tone tone, const QPalette &palette)
{
    const QColor base = palette.color(QPalette::Base);
    if (tone == Tone::Neutral)
        return base;
    return mix(toneColor(tone, palette), base, isDark(palette) ? 0.12 : 0.08);
}

QColor mutedColor(const QPalette &palette)
{
    return mix(palette.color(QPalette::WindowText), palette.color(QPalette::Window), 0.72);
}

QIcon lifeboatIcon(const QString &name, Tone tone)
{
    return QIcon(new ToneIconEngine(name, tone));
}

QString toneIcon(Tone tone)
{
    switch (tone) {
    case Tone::Neutral:
        return QStringLiteral("neutral");
    case Tone::Good:
        return QStringLiteral("good");
    case Tone::Warn:
        return QStringLiteral("warn");
    case Tone::Bad:
        return QStringLiteral("bad");
    case Tone::Busy:
        return QStringLiteral("busy");
    }
    return {};
}

void applyLook()
{
    QApplication::setStyle(new RoomyStyle);
    // Some styles' highlight is too light for the text on it.
    QPalette palette = QApplication::palette();
    if (contrast(palette.color(QPalette::Highlight), palette.color(QPalette::HighlightedText)) <
        4.5) {
        palette.setColor(QPalette::Highlight, accentColor());
        palette.setColor(QPalette::HighlightedText, Qt::white);
        QApplication::setPalette(palette);
    }
}

QColor accentColor()
{
    return {0x1a, 0x5f, 0xb4};
}

void makePrimary(QPushButton *button)
{
    // Styles tint and lighten a button's palette colour until white text can no longer be read on
    // it; only a style sheet says exactly which colour.
    button->setStyleSheet(
        QStringLiteral("QPushButton { background: #1a5fb4; color: white; border: 1px solid #154d92;"
                       " border-radius: 3px; padding: 5px 16px; min-height: 17px; min-width: 56px;"
                       " font-weight: 600; }"
                       "QPushButton:hover { background: #2468bd; }"
                       "QPushButton:pressed { background: #154d92; }"
                       "QPushButton:focus { border: 2px solid palette(text); padding: 4px 15px; }"
                       "QPushButton:disabled { background: palette(button); color: palette(mid);"
                       " border-color: palette(mid); }"));
}

double contrast(const QColor &a, const QColor &b)
{
    const auto luminance = [](const QColor &color) {
        const auto channel = [](double value) {
            return value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
        };
        return 0.2126 * channel(color.redF()) + 0.7152 * channel(color.greenF()) +
               0.0722 * channel(color.blueF());
    };
    const double one = luminance(a), two = luminance(b);
    return (std::max(one, two) + 0.05) / (std::min(one, two) + 0.05);
}

} // namespace lb
