// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/text_page.h"

namespace lb {

namespace {

constexpr int kRuleWidth = 72;
/// Below this there is no use in wrapping: every word would stand alone.
constexpr qsizetype kLeastRoom = 20;

} // namespace

void TextPage::wrapped(const QString &first, const QString &text)
{
    const QString hang(first.size(), QLatin1Char(' '));
    const qsizetype room = qMax(kLeastRoom, m_width - first.size());
    QString line;
    bool isFirst = true;
    const auto flush = [&] {
        m_lines << (isFirst ? first : hang) + line;
        isFirst = false;
        line.clear();
    };
    for (const QString &word : text.split(QLatin1Char(' '))) {
        if (m_width > 0 && !line.isEmpty() && line.size() + 1 + word.size() > room)
            flush();
        if (!line.isEmpty())
            line += QLatin1Char(' ');
        line += word;
    }
    flush();
}

void TextPage::verbatim(int indent, const QString &text)
{
    m_lines << QString(indent, QLatin1Char(' ')) + text;
}

void TextPage::heading(const QString &text)
{
    gap();
    m_lines << (m_ansi ? QStringLiteral("\x1b[1m%1\x1b[0m").arg(text) : text);
}

void TextPage::rule(const QString &text)
{
    const qsizetype width = m_width > 0 ? qMin(m_width, kRuleWidth) : kRuleWidth;
    const qsizetype dashes = qMax(qsizetype(4), (width - text.size() - 2) / 2);
    const QString side(dashes, QChar(u'─'));
    const QString line = QStringLiteral("%1 %2 %1").arg(side, text);
    m_lines << (m_ansi ? QStringLiteral("\x1b[1;31m%1\x1b[0m").arg(line) : line);
}

void TextPage::gap()
{
    if (!m_lines.isEmpty() && !m_lines.last().isEmpty())
        m_lines << QString();
}

QString TextPage::text() const
{
    return m_lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

} // namespace lb
