// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/html_page.h"

#include "core/base/format.h"

#include <QLocale>

namespace lb {

namespace {

/// Colours by the reader's own setting; on paper always dark on white.
constexpr char kStyle[] = R"(
:root { color-scheme: light dark; --text: #1b1f24; --page: #ffffff; --faint: #57606a;
  --line: #d0d7de; --block: #f6f8fa; --good: #1a7f37; --warning: #9a6700; --bad: #cf222e; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --page: #0d1117; --faint: #9198a1; --line: #3d444d;
    --block: #161b22; --good: #3fb950; --warning: #d29922; --bad: #f85149; } }
@media print {
  :root { color-scheme: light; --text: #000000; --page: #ffffff; --faint: #333333;
    --line: #999999; --block: #ffffff; --good: #000000; --warning: #000000; --bad: #000000; }
  h2 { break-after: avoid; } tr, .banner { break-inside: avoid; } }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; background: var(--page);
  color: var(--text); font: 15px/1.5 sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0;
  border-bottom: 1px solid var(--line); white-space: pre-wrap; }
th { color: var(--faint); font-weight: normal; }
thead th { border-bottom-width: 2px; }
tbody th { width: 11rem; }
pre { background: var(--block); border: 1px solid var(--line); padding: 1rem;
  white-space: pre-wrap; font: 13px/1.4 monospace; }
.banner { border-left: .4rem solid var(--faint); background: var(--block); padding: .6rem 1rem;
  font-weight: bold; white-space: pre-wrap; }
.good { border-color: var(--good); } .warning { border-color: var(--warning); }
.bad { border-color: var(--bad); }
)";

/// Controls become visible first, then what HTML would read as its own.
QString shown(const QString &text)
{
    return displayText(text, true)
        .toHtmlEscaped()
        .replace(QLatin1Char('\''), QStringLiteral("&#39;"));
}

QString element(const QString &name, const QString &text)
{
    return QStringLiteral("<%1>%2</%1>\n").arg(name, shown(text));
}

const char *classOf(HtmlPage::Tone tone)
{
    switch (tone) {
    case HtmlPage::Tone::Plain:
        break;
    case HtmlPage::Tone::Good:
        return "banner good";
    case HtmlPage::Tone::Warning:
        return "banner warning";
    case HtmlPage::Tone::Bad:
        return "banner bad";
    }
    return "banner";
}

} // namespace

HtmlPage::HtmlPage(const QString &title) : m_title(title)
{
    m_body = element(QStringLiteral("h1"), title);
}

void HtmlPage::banner(Tone tone, const QString &text)
{
    m_body += QStringLiteral("<p class=\"%1\">%2</p>\n")
                  .arg(QString::fromLatin1(classOf(tone)), shown(text));
}

void HtmlPage::heading(const QString &text)
{
    m_body += element(QStringLiteral("h2"), text);
}

void HtmlPage::paragraph(const QString &text)
{
    m_body += element(QStringLiteral("p"), text);
}

void HtmlPage::verbatim(const QString &text)
{
    m_body += element(QStringLiteral("pre"), text);
}

void HtmlPage::list(const QStringList &texts)
{
    m_body += QStringLiteral("<ul>\n");
    for (const QString &text : texts)
        m_body += element(QStringLiteral("li"), text);
    m_body += QStringLiteral("</ul>\n");
}

void HtmlPage::facts(const std::vector<LabelledText> &rows)
{
    m_body += QStringLiteral("<table><tbody>\n");
    for (const LabelledText &row : rows)
        m_body += QStringLiteral("<tr><th scope=\"row\">%1</th><td>%2</td></tr>\n")
                      .arg(shown(row.label), shown(row.text));
    m_body += QStringLiteral("</tbody></table>\n");
}

void HtmlPage::table(const QStringList &heads, const QList<QStringList> &rows)
{
    m_body += QStringLiteral("<table><thead><tr>");
    for (const QString &head : heads)
        m_body += QStringLiteral("<th scope=\"col\">%1</th>").arg(shown(head));
    m_body += QStringLiteral("</tr></thead><tbody>\n");
    for (const QStringList &row : rows) {
        m_body += QStringLiteral("<tr>");
        for (const QString &cell : row)
            m_body += QStringLiteral("<td>%1</td>").arg(shown(cell));
        m_body += QStringLiteral("</tr>\n");
    }
    m_body += QStringLiteral("</tbody></table>\n");
}

QByteArray HtmlPage::document() const
{
    const QString language =
        QLocale().language() == QLocale::C ? QStringLiteral("en") : QLocale().bcp47Name();
    // Never arg() over the body: it may hold texts such as %1.
    return QStringLiteral("<!DOCTYPE html>\n<html lang=\"%1\">\n<head>\n<meta charset=\"utf-8\">\n"
                          "<meta http-equiv=\"Content-Security-Policy\" "
                          "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
                          "<meta name=\"viewport\" content=\"width=device-width\">\n")
               .arg(language)
               .toUtf8() +
           element(QStringLiteral("title"), m_title).toUtf8() + "<style>" + kStyle +
           "</style>\n</head>\n<body>\n" + m_body.toUtf8() + "</body>\n</html>\n";
}

} // namespace lb
