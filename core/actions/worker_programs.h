// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/process_execution.h"

#include <future>
#include <memory>
#include <stop_token>

namespace lb {

/// Programs that blocking work in a worker starts: through the guard, logged, found again and ended
/// like those of any other step. Made in the main thread, for one step.
class WorkerPrograms : public QObject
{
    Q_OBJECT
public:
    /// Deleted in the main thread, whoever lets go last.
    static std::shared_ptr<WorkerPrograms> make(const ActionContext &context);

    /// Starts programs that write to each other (ProcessCall::pipes), or one alone; the last one's
    /// answer comes when all have ended, or the error of the one that the others failed for. Worker
    /// threads only; one line at a time.
    std::future<Result<CallOutcome>> start(std::vector<ProcessCall> line);
    /// Waits for the answer, ends the programs when a stop is asked for, and calls `meanwhile`
    /// every 200 ms.
    Result<CallOutcome> wait(std::future<Result<CallOutcome>> answer, const std::stop_token &stop,
                             const std::function<void()> &meanwhile = {});
    Result<CallOutcome> run(std::vector<ProcessCall> line, const std::stop_token &stop)
    {
        return wait(start(std::move(line)), stop);
    }
    /// Gives what the program writes to standard output to `take` and to nobody else: it may be
    /// secret. Of any size.
    /// An error of `take` ends the program and is given back.
    Result<void> read(const ProcessCall &call, const std::stop_token &stop,
                      const std::function<Result<void>(QByteArrayView)> &take);
    /// Gives it `from` as its standard input, from where that stands.
    Result<CallOutcome> feed(const ProcessCall &call, std::shared_ptr<FileDescriptor> from,
                             const std::stop_token &stop);

Q_SIGNALS:
    void observed(const QJsonObject &what); ///< process identity

private:
    struct Line;

    explicit WorkerPrograms(const ActionContext &context);
    /// `ends`: what the first one reads and the last one writes to.
    std::future<Result<CallOutcome>> startBetween(std::vector<ProcessCall> calls,
                                                  ProcessPipes ends);
    void begin(const std::shared_ptr<Line> &line, ProcessPipes ends);
    void ended(const std::shared_ptr<Line> &line, size_t number,
               const Result<CallOutcome> &outcome);

    ActionContext m_context;
    std::vector<Execution *> m_running;
};

} // namespace lb
