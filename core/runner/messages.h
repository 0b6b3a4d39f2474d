// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/secret_string.h"
#include "core/model/run_event.h"
#include "core/model/run_request.h"
#include "core/model/value_types.h"

#include <QByteArray>
#include <QString>

#include <optional>

namespace lb {

/// What a front end can tell a runner. One JSON line each on the run's socket.
enum class CommandKind
{
    Go,
    Pause,
    Continue,
    Cancel,
    Answer,
    Secret,
    Status
};

struct RunCommand
{
    CommandKind kind = CommandKind::Status;
    int id = 0;   ///< the reply carries it
    GoAnswer go;  ///< Go
    QString step; ///< Answer: a step id, or a built-in check id while preparing
    AnswerKind answer = AnswerKind::Yes;
    QString note;
    QString evidence;   ///< a file's path; the runner copies and hashes it
    QString secret;     ///< Secret: its name
    SecretHandle value; ///< Secret: typed for this run; leaves only by this line
    QString by;

    QByteArray toLine() const;
    static Result<RunCommand> fromLine(QByteArrayView line);
};

/// How far a step is. Not journalled; at most 20 a second.
struct Progress
{
    QString step;
    qint64 bytesDone = 0, bytesTotal = -1; ///< -1: unknown
    qint64 itemsDone = 0, itemsTotal = -1;
    qint64 runRemainingMs = -1; ///< time left of the whole run, learned from past runs
    qint64 stepRemainingMs = -1;
    QString note;
};

/// What a runner says. `Hello` comes first; events with seq ≤ hello.seq are read from the journal.
struct RunnerMessage
{
    enum class Kind
    {
        Hello,
        Event,
        Progress,
        Reply
    };
    Kind kind = Kind::Hello;
    quint64 seq = 0;      ///< Hello
    QString cancelLeaves; ///< Hello and Reply(Status): what cancelling now would leave
    QJsonObject line;     ///< Event: the journal line as it is on disk
    lb::Progress progress;
    int replyTo = 0; ///< Reply
    std::optional<Error> error;

    QByteArray toLine() const;
    static Result<RunnerMessage> fromLine(QByteArrayView line);
};

/// First line on a new runner's standard input: start anew, or take a run up again.
struct RunnerOrder
{
    std::optional<RunRequest> start;
    RunId resume;
    bool finallyOnly = false;
    QString by;

    QByteArray toLine() const;
    static Result<RunnerOrder> fromLine(QByteArrayView line);
};

/// The one line a new runner prints on standard output once its journal holds the request and its
/// socket listens (or why it cannot).
struct RunnerGreeting
{
    RunId run;
    QString socket;
    std::optional<Error> error;

    QByteArray toLine() const;
    static Result<RunnerGreeting> fromLine(QByteArrayView line);
};

} // namespace lb
