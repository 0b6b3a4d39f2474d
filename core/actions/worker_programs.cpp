// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/worker_programs.h"

#include "core/actions/process_execution.h"

namespace lb {

namespace {

LB_TRANSLATE(Actions)

/// Longer than a program has between TERM and KILL.
constexpr auto kPatience = std::chrono::seconds(30);

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

std::future<Result<CallOutcome>> WorkerPrograms::start(const ProcessCall &call)
{
    auto answer = std::make_shared<std::promise<Result<CallOutcome>>>();
    auto future = answer->get_future();
    QMetaObject::invokeMethod(
        this, [this, call, answer] { begin(call, answer); }, Qt::QueuedConnection);
    return future;
}

void WorkerPrograms::begin(const ProcessCall &call,
                           std::shared_ptr<std::promise<Result<CallOutcome>>> answer)
{
    m_running = new ProcessExecution(call, m_context, this);
    connect(m_running, &Execution::observed, this, &WorkerPrograms::observed);
    connect(m_running, &Execution::finished, this,
            [this, answer](const Result<CallOutcome> &outcome) {
                m_running->deleteLater();
                m_running = nullptr;
                answer->set_value(outcome);
            });
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
                if (m_running)
                    m_running->cancel();
            },
            Qt::QueuedConnection);
    }
    return answer.get();
}

} // namespace lb
