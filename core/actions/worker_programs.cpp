// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/worker_programs.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

/// Longer than a program has between TERM and KILL.
constexpr auto kPatience = std::chrono::seconds(30);

Result<ProcessPipes> newPipe()
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return failErrno(tr("Cannot make a pipe"), errno);
    return ProcessPipes{std::make_shared<FileDescriptor>(ends[0]),
                        std::make_shared<FileDescriptor>(ends[1])};
}

/// It only failed because what it wrote to had ended before it.
bool lostItsReader(const Error &error)
{
    return error.detail.contains(QLatin1String("broken pipe"), Qt::CaseInsensitive) ||
           error.summary.contains(QLatin1String("Broken pipe"));
}

} // namespace

std::shared_ptr<WorkerPrograms> WorkerPrograms::make(const ActionContext &context)
{
    return {new WorkerPrograms(context), [](WorkerPrograms *gone) { gone->deleteLater(); }};
}

WorkerPrograms::WorkerPrograms(const ActionContext &context) : m_context(context)
{
    // Its end is not the step's: what it was about is looked at again (resume: repeat).
    m_context.endFile.clear();
    m_context.isQuestion = false;
}

struct WorkerPrograms::Line
{
    std::vector<ProcessCall> calls;
    std::vector<std::optional<Error>> errors; ///< one a call
    size_t left = 0;
    CallOutcome last;
    std::promise<Result<CallOutcome>> answer;
};

std::future<Result<CallOutcome>> WorkerPrograms::start(std::vector<ProcessCall> line)
{
    return startBetween(std::move(line), {});
}

std::future<Result<CallOutcome>> WorkerPrograms::startBetween(std::vector<ProcessCall> calls,
                                                              ProcessPipes ends)
{
    auto line = std::make_shared<Line>();
    line->calls = std::move(calls);
    auto future = line->answer.get_future();
    QMetaObject::invokeMethod(
        this, [this, line, ends = std::move(ends)]() mutable { begin(line, std::move(ends)); },
        Qt::QueuedConnection);
    return future;
}

void WorkerPrograms::begin(const std::shared_ptr<Line> &line, ProcessPipes ends)
{
    line->left = line->calls.size();
    line->errors.resize(line->left);
    std::vector<ProcessPipes> pipes(line->left);
    for (size_t i = 0; i + 1 < pipes.size(); ++i) {
        auto pipe = newPipe();
        if (!pipe) {
            line->answer.set_value(tl::unexpected(pipe.error()));
            return;
        }
        pipes[i].to = std::move(pipe->to);
        pipes[i + 1].from = std::move(pipe->from);
    }
    pipes.front().from = std::move(ends.from);
    pipes.back().to = std::move(ends.to);
    m_running.clear();
    for (size_t i = 0; i < pipes.size(); ++i) {
        auto *execution =
            new ProcessExecution(line->calls[i], m_context, this, std::move(pipes[i]));
        m_running.push_back(execution);
        connect(execution, &Execution::observed, this, &WorkerPrograms::observed);
        connect(execution, &Execution::finished, this,
                [this, line, i, execution](const Result<CallOutcome> &outcome) {
                    execution->deleteLater();
                    std::erase(m_running, execution);
                    ended(line, i, outcome);
                });
    }
}

void WorkerPrograms::ended(const std::shared_ptr<Line> &line, size_t number,
                           const Result<CallOutcome> &outcome)
{
    if (!outcome)
        line->errors[number] = outcome.error();
    else if (number + 1 == line->calls.size())
        line->last = *outcome;
    if (--line->left > 0)
        return;
    const Error *blamed = nullptr;
    for (const std::optional<Error> &error : line->errors) {
        if (error && (!blamed || (lostItsReader(*blamed) && !lostItsReader(*error))))
            blamed = &*error;
    }
    if (blamed)
        line->answer.set_value(tl::unexpected(*blamed));
    else
        line->answer.set_value(line->last);
}

Result<void> WorkerPrograms::read(const ProcessCall &call, const std::stop_token &stop,
                                  const std::function<Result<void>(QByteArrayView)> &take)
{
    TRY_VALUE(ProcessPipes pipe, newPipe());
    auto answer = startBetween({call}, {{}, std::move(pipe.to)});
    std::array<char, 64 * 1024> bytes;
    Result<void> taken;
    while (taken && !stop.stop_requested()) {
        pollfd ready{pipe.from->get(), POLLIN, 0};
        if (::poll(&ready, 1, 200) == 0)
            continue;
        const ssize_t n = ::read(pipe.from->get(), bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        taken = take(QByteArrayView(bytes.data(), n));
    }
    ::explicit_bzero(bytes.data(), bytes.size());
    pipe.from->reset();
    const auto ended = wait(std::move(answer), stop);
    TRY(taken);
    TRY(ended);
    return {};
}

Result<CallOutcome> WorkerPrograms::feed(const ProcessCall &call,
                                         std::shared_ptr<FileDescriptor> from,
                                         const std::stop_token &stop)
{
    return wait(startBetween({call}, {std::move(from), {}}), stop);
}

Result<CallOutcome> WorkerPrograms::wait(std::future<Result<CallOutcome>> answer,
                                         const std::stop_token &stop,
                                         const std::function<void()> &meanwhile)
{
    std::optional<std::chrono::steady_clock::time_point> told;
    while (answer.wait_for(std::chrono::milliseconds(200)) != std::future_status::ready) {
        if (meanwhile)
            meanwhile();
        if (!stop.stop_requested())
            continue;
        // Nobody takes answers any more when the runner ends; its guard ends the program.
        if (told && std::chrono::steady_clock::now() > *told + kPatience)
            return fail(ErrorCode::Cancelled, tr("Nobody waited for the end of a program"));
        if (std::exchange(told, told.value_or(std::chrono::steady_clock::now())))
            continue;
        QMetaObject::invokeMethod(
            this,
            [this] {
                for (Execution *execution : m_running)
                    execution->cancel();
            },
            Qt::QueuedConnection);
    }
    return answer.get();
}

} // namespace lb
