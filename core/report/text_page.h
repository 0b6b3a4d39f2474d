// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>

namespace lb {

/// Lines of plain text, wrapped at spaces; what is to be copied is never broken.
class TextPage
{
public:
    /// `width` 0 = no wrapping. `ansi`: headings and warnings stand out on a terminal.
    TextPage(int width, bool ansi) : m_width(width), m_ansi(ansi) {}

    /// Text after `first` on its first line and after as many spaces on the others.
    void wrapped(const QString &first, const QString &text);
    void verbatim(int indent, const QString &text);
    void heading(const QString &text);
    /// Drawn across the page.
    void rule(const QString &text);
    void gap();
    QString text() const;

private:
    int m_width;
    bool m_ansi;
    QStringList m_lines;
};

} // namespace lb
