// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/text_page.h"

#include "core/base/text.h"

namespace lb {

namespace {

constexpr int kRuleWidth = 72;
/// Below this there is no use in wrapping: every word would stand alone.
constexpr int kLeastRoom = 20;

} // namespace

void TextPage::wrapped(const QString &first, const QString &text)
{
    const int width = m_width > 0 ? qMax(m_width, int(first.size()) + kLeastRoom) : 0;
    m_lines +=
        wrapText(text, width, first, QString(first.size(), QLatin1Char(' ')), LongWords::Keep);
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
