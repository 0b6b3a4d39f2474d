// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command_table.h"
#include "core/base/error.h"

#include <QMap>
#include <QStringList>

namespace lb::cli {

/// A command line held against the table.
struct Arguments
{
    const VerbSpec *verb = nullptr;
    QStringList words;                  ///< after the verb
    QMap<QString, QStringList> options; ///< values; a flag has one empty value
    bool json = false;
    bool help = false; ///< of `verb`, or of everything when there is none
    QString group;     ///< help of one group: `runs --help`

    bool has(const char *option) const { return options.contains(QLatin1String(option)); }
    QString value(const char *option) const { return values(option).value(0); }
    QStringList values(const char *option) const { return options.value(QLatin1String(option)); }
    QString word(int index) const { return words.value(index); }
};

/// `words`: without the program's name. BadInput says what is wrong and what was meant.
Result<Arguments> parseArguments(const QStringList &words);

/// KEY=VALUE texts as a map; BadInput for one without `=`. An empty value of a single `KEY=` stays
/// one empty text: it empties.
Result<QMap<QString, QStringList>> keyValues(const QStringList &texts, const QString &option);

/// Help of a verb, of a group, or of everything, wrapped to the width.
QString verbHelp(const VerbSpec &verb, int width);
QString groupHelp(const QString &group, int width);
QString generalHelp(int width);
/// `lifeboat-cli runs show RUN [--json]`
QString usageLine(const VerbSpec &verb);

/// The completion script for bash, zsh or fish.
Result<QString> completionScript(const QString &shell);

} // namespace lb::cli
