// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/report/plan_words.h"

#include <QList>
#include <QStringList>

namespace lb {

/// A page of HTML that stands alone: no script, no link, nothing that is loaded; its policy forbids
/// all of that too. Every text that is given to it is shown, never interpreted.
class HtmlPage
{
public:
    enum class Tone
    {
        Plain,
        Good,
        Warning,
        Bad,
    };

    explicit HtmlPage(const QString &title);

    /// What the reader must know first, marked with its colour.
    void banner(Tone tone, const QString &text);
    void heading(const QString &text);
    void paragraph(const QString &text);
    /// Text whose lines and spaces stay.
    void verbatim(const QString &text);
    void list(const QStringList &texts);
    void facts(const std::vector<LabelledText> &rows);
    void table(const QStringList &heads, const QList<QStringList> &rows);

    /// The whole document.
    QByteArray document() const;

private:
    QString m_title, m_body;
};

} // namespace lb
