// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"

#include <QRegularExpression>

#include <vector>

namespace lb {

namespace {

int editDistance(const QString &a, const QString &b)
{
    std::vector<int> row(size_t(b.size()) + 1);
    for (size_t j = 0; j < row.size(); ++j)
        row[j] = int(j);
    for (qsizetype i = 1; i <= a.size(); ++i) {
        int diagonal = row[0];
        row[0] = int(i);
        for (qsizetype j = 1; j <= b.size(); ++j) {
            const int above = row[size_t(j)];
            const int change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[size_t(j)] = std::min({above + 1, row[size_t(j) - 1] + 1, change});
            diagonal = above;
        }
    }
    return row.back();
}

} // namespace

QString nearest(const QString &word, const QStringList &candidates)
{
    QString best;
    int bestDistance = int(word.size()) / 3 + 2;
    for (const QString &candidate : candidates) {
        const int distance = editDistance(word.toLower(), candidate.toLower());
        if (distance < bestDistance) {
            bestDistance = distance;
            best = candidate;
        }
    }
    return best;
}

QStringList wrapText(const QString &text, int width, const QString &first, const QString &next,
                     LongWords longWords)
{
    if (width <= 0)
        return {first + text};
    QStringList lines;
    QString current = first;
    bool fresh = true; // nothing but the indent stands on the line
    const auto room = [&] { return qMax(8, width) - int(current.size()); };
    for (QString word : text.split(QLatin1Char(' '))) {
        if (!fresh && room() < word.size() + 1) {
            lines << current;
            current = next;
            fresh = true;
        }
        if (!fresh)
            current += QLatin1Char(' ');
        while (longWords == LongWords::Break && word.size() > room() && room() > 0) {
            lines << current + word.left(room());
            word.remove(0, room());
            current = next;
        }
        current += word;
        fresh = false;
    }
    lines << current;
    return lines;
}

QString shellQuoted(const QString &argument)
{
    static const QRegularExpression plain(QStringLiteral("\\A[A-Za-z0-9_@%+=:,./-]+\\z"));
    if (plain.match(argument).hasMatch())
        return argument;
    QString quoted = argument;
    quoted.replace(QLatin1Char('\''), QStringLiteral("'\\''"));
    return QLatin1Char('\'') + quoted + QLatin1Char('\'');
}

QString shellLine(const QString &program, const QStringList &arguments)
{
    QStringList words{shellQuoted(program)};
    for (const QString &argument : arguments)
        words << shellQuoted(argument);
    return words.join(QLatin1Char(' '));
}

} // namespace lb
