// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/arguments.h"
#include "core/base/text.h"

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

constexpr int kColumn = 28;

QString said(const char *text)
{
    return *text ? tr(text) : QString();
}

/// A term on the left, its meaning to the right; below it where the term is long.
void addRow(QStringList &lines, const QString &term, const QString &meaning, int width)
{
    const QString left = QStringLiteral("  ") + term;
    const QString indent(width < 60 ? 6 : kColumn, QLatin1Char(' '));
    if (left.size() + 2 > indent.size()) {
        lines << left;
        lines += wrapText(meaning, width, indent, indent);
    } else {
        lines += wrapText(meaning, width, left.leftJustified(indent.size()), indent);
    }
}

QString word(const ArgumentSpec &argument)
{
    QString text = QString::fromLatin1(argument.name);
    if (argument.repeat)
        text += QStringLiteral("…");
    return argument.optional ? QLatin1Char('[') + text + QLatin1Char(']') : text;
}

QString optionText(const OptionSpec &option)
{
    QString text = QStringLiteral("--") + QString::fromLatin1(option.name);
    if (option.value)
        text += QLatin1Char(' ') + QString::fromLatin1(option.value);
    return text;
}

} // namespace

QString usageLine(const VerbSpec &verb)
{
    QStringList words{QStringLiteral("lifeboat-cli"), QString::fromLatin1(verb.name)};
    for (const ArgumentSpec &argument : verb.arguments)
        words << word(argument);
    for (const OptionSpec &option : verb.options) {
        words << QLatin1Char('[') + optionText(option) + QLatin1Char(']') +
                     (option.repeat ? QStringLiteral("…") : QString());
    }
    return words.join(QLatin1Char(' '));
}

QString verbHelp(const VerbSpec &verb, int width)
{
    QStringList lines = wrapText(said(verb.summary) + QLatin1Char('.'), width);
    lines << QString();
    lines += wrapText(usageLine(verb), width, tr("usage: "), QString(7, QLatin1Char(' ')));
    const QString details = said(verb.details);
    for (const QString &paragraph : details.split(QStringLiteral("\n\n"), Qt::SkipEmptyParts)) {
        lines << QString();
        lines += wrapText(paragraph, width);
    }
    lines << QString() << tr("Options:");
    for (const OptionSpec &option : verb.options) {
        const QString times = option.repeat ? tr(" (may be repeated)") : QString();
        addRow(lines, optionText(option), said(option.help) + times, width);
    }
    addRow(lines, QStringLiteral("--json"), tr("One JSON document, or JSON lines of a run"), width);
    addRow(lines, QStringLiteral("--help"), tr("This text"), width);
    lines << QString() << tr("Examples:");
    for (const Example &example : verb.examples) {
        lines << QStringLiteral("  lifeboat-cli ") + QString::fromUtf8(example.command);
        const QString indent(6, QLatin1Char(' '));
        lines += wrapText(said(example.what), width, indent, indent);
    }
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

QString groupHelp(const QString &group, int width)
{
    QStringList lines{tr("usage: lifeboat-cli %1 VERB …").arg(group), QString()};
    for (const VerbSpec &verb : verbTable()) {
        const QString name = QString::fromLatin1(verb.name);
        if (name.startsWith(group + QLatin1Char(' ')))
            addRow(lines, name, said(verb.summary), width);
    }
    lines << QString();
    lines += wrapText(tr("“lifeboat-cli %1 VERB --help” explains one, with examples.").arg(group),
                      width);
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

QString generalHelp(int width)
{
    QStringList lines = wrapText(
        tr("Lifeboat saves, restores and repairs systems, and proves that it can."), width);
    lines << QString() << tr("usage: lifeboat-cli VERB … [--json]") << QString();
    for (const VerbSpec &verb : verbTable())
        addRow(lines, QString::fromLatin1(verb.name), said(verb.summary), width);
    lines << QString();
    lines +=
        wrapText(tr("“lifeboat-cli VERB --help” explains one, with examples. The first thing to "
                    "try: “lifeboat-cli practice run files”."),
                 width);
    lines << QString();
    lines += wrapText(tr("Exit status: 0 good, 1 failed, 2 wrong use or invalid input, 3 completed "
                         "with warnings, 4 waits for a person, 5 cancelled, 6 interrupted or "
                         "outcome unknown (“runs resume”)."),
                      width);
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

} // namespace lb::cli
