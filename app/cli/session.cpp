// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/session.h"

#include "app/cli/terminal.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/base/text.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace lb::cli {

namespace {

constexpr int kGap = 2;
constexpr int kNarrowest = 8;
constexpr int kLeastForWrapped = 20; ///< less of a last column that is wrapped cannot be read

void write(std::FILE *stream, const QByteArray &bytes)
{
    std::fwrite(bytes.constData(), 1, size_t(bytes.size()), stream);
    std::fflush(stream);
}

QString cut(const QString &text, int width)
{
    return text.size() <= width ? text : text.left(width - 1) + QStringLiteral("…");
}

} // namespace

bool Session::canAsk() const
{
    return !json() && terminal::canAsk();
}

int exitOf(const Error &error)
{
    switch (error.code) {
    case ErrorCode::BadInput:
    case ErrorCode::NotFound:
        return kWrongUse;
    case ErrorCode::Cancelled:
        return kCancelled;
    case ErrorCode::Denied:
    case ErrorCode::Unreachable:
    case ErrorCode::TimedOut:
    case ErrorCode::Conflict:
    case ErrorCode::NoSpace:
    case ErrorCode::Corrupt:
    case ErrorCode::Unsupported:
    case ErrorCode::Failed:
    case ErrorCode::Internal:
        return kFailed;
    }
    return kFailed;
}

int Session::failed(const Error &error) const
{
    // Findings that came as lines keep their lines, below what failed.
    const QStringList lines = error.detail.split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    if (lines.size() < 2) {
        complain(error.sentence());
    } else {
        complain(error.summary + QLatin1Char(':'));
        for (const QString &line : lines)
            write(stderr, "  " + displayText(line).toUtf8() + '\n');
        if (!error.advice.isEmpty())
            write(stderr, "  " + displayText(error.advice).toUtf8() + '\n');
    }
    return exitOf(error);
}

void say(const QString &text)
{
    sayRaw(displayText(text).toUtf8() + '\n');
}

void sayLines(const QString &text)
{
    sayRaw(text.toUtf8());
}

void sayJson(const QJsonObject &object)
{
    sayRaw(toJson(object) + '\n');
}

void sayRaw(const QByteArray &bytes)
{
    write(stdout, bytes);
}

void complain(const QString &text)
{
    write(stderr, "lifeboat-cli: " + displayText(text).toUtf8() + '\n');
}

void Table::add(const QStringList &cells)
{
    QStringList safe;
    for (const QString &cell : cells)
        safe << displayText(cell);
    m_rows.push_back(safe);
}

QString Table::text(int width) const
{
    std::vector<int> widths;
    for (size_t c = 0; c < m_columns.size(); ++c) {
        qsizetype widest = m_columns[c].title.size();
        for (const QStringList &row : m_rows)
            widest = qMax(widest, row.value(qsizetype(c)).size());
        widths.push_back(int(widest));
    }
    const auto total = [&] {
        return std::accumulate(widths.begin(), widths.end(), 0) + kGap * int(widths.size() - 1);
    };
    const auto isCut = [&](int last) {
        return std::any_of(m_rows.begin(), m_rows.end(), [&](const QStringList &row) {
            return row.value(qsizetype(widths.size()) - 1).size() > last;
        });
    };
    // The widest column that may be cut gives way, down to what can still be read.
    while (width > 0 && total() > width) {
        int widest = -1;
        for (size_t c = 0; c < widths.size(); ++c) {
            if (!m_columns[c].fixed && widths[c] > kNarrowest &&
                (widest < 0 || widths[c] > widths[size_t(widest)]))
                widest = int(c);
        }
        if (widest < 0)
            break;
        --widths[size_t(widest)];
    }
    if (width > 0 &&
        (total() > width || (widths.back() < kLeastForWrapped && isCut(widths.back()))))
        return blocks(width);
    QStringList lines;
    const auto addLine = [&](const QStringList &cells) {
        QString line;
        for (size_t c = 0; c + 1 < widths.size(); ++c)
            line += cut(cells.value(qsizetype(c)), widths[c]).leftJustified(widths[c]) +
                    QString(kGap, QLatin1Char(' '));
        const QString indent(qMax(0, total() - widths.back()), QLatin1Char(' '));
        const QString last = cells.value(qsizetype(widths.size()) - 1);
        QStringList wrapped =
            wrapText(last, width > 0 ? int(indent.size()) + widths.back() : 0, indent, indent);
        wrapped.first().replace(0, indent.size(), line);
        for (QString &text : wrapped) {
            while (text.endsWith(QLatin1Char(' ')))
                text.chop(1);
            lines << text;
        }
    };
    QStringList titles;
    for (const Column &column : m_columns)
        titles << column.title;
    addLine(titles);
    for (const QStringList &row : m_rows)
        addLine(row);
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

QString Table::blocks(int width) const
{
    const QString indent(4, QLatin1Char(' '));
    QStringList lines;
    for (const QStringList &row : m_rows) {
        lines += wrapText(row.value(0).trimmed(), width, {}, indent);
        for (qsizetype c = 1; c < row.size(); ++c) {
            if (!row[c].isEmpty())
                lines +=
                    wrapText(m_columns[size_t(c)].title.toLower() + QStringLiteral(": ") + row[c],
                             width, QStringLiteral("  "), indent);
        }
    }
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

void Table::print(const QString &empty) const
{
    if (m_rows.empty())
        say(empty);
    else
        sayLines(text(terminal::width()));
}

} // namespace lb::cli
