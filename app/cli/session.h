// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/arguments.h"
#include "core/base/async.h"
#include "core/service/service.h"

#include <QEventLoop>
#include <QJsonObject>

#include <optional>

namespace lb::cli {

enum Exit
{
    kGood = 0,
    kFailed = 1,
    kWrongUse = 2,
    kWarned = 3,
    kWaits = 4,
    kCancelled = 5,
    kInterrupted = 6
};

/// What every verb works with: its arguments, the facade, and where answers go. Main thread.
class Session
{
public:
    Session(Service &facade, Arguments given) : service(facade), arguments(std::move(given)) {}

    Service &service;
    const Arguments arguments;

    bool json() const { return arguments.json; }
    /// True when a person can be asked: both ends are a terminal and no document is wanted.
    bool canAsk() const;

    /// Prints the error on stderr and gives the exit status that fits.
    int failed(const Error &error) const;

    /// Waits for an answer in the program's only event loop.
    template <class T>
    Result<T> await(const Async<T> &future)
    {
        QEventLoop loop;
        std::optional<Result<T>> answer;
        onDone(&loop, future, [&](const Result<T> &result) {
            answer = result;
            loop.quit();
        });
        loop.exec();
        return std::move(*answer);
    }
};

/// Exit status of an error: wrong input is 2, everything else 1.
int exitOf(const Error &error);

/// Standard output. Texts are made safe to show; `keepLines` leaves line breaks.
void say(const QString &text = {});
void sayLines(const QString &text); ///< already safe, ends in a newline
void sayJson(const QJsonObject &object);
void sayRaw(const QByteArray &bytes);
/// One line on standard error, beginning with the program's name.
void complain(const QString &text);

/// A table that fits the width: columns that may be cut are cut from the widest, ids never. The
/// last column is wrapped below itself. Where even that does not fit, each row becomes a block.
class Table
{
public:
    struct Column
    {
        QString title;
        bool fixed = false; ///< never cut
    };
    explicit Table(std::vector<Column> columns) : m_columns(std::move(columns)) {}
    void add(const QStringList &cells);
    QString text(int width) const;
    /// Prints it in the terminal's width, or says `empty`.
    void print(const QString &empty) const;

private:
    QString blocks(int width) const;

    std::vector<Column> m_columns;
    std::vector<QStringList> m_rows;
};

} // namespace lb::cli
