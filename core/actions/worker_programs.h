// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/execution.h"

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

    /// Starts it; the answer comes when it has ended. Worker threads only.
    std::future<Result<CallOutcome>> start(const ProcessCall &call);
    /// Waits for the answer, ends the program when a stop is asked for, and calls `meanwhile` every
    /// 200 ms.
    Result<CallOutcome> wait(std::future<Result<CallOutcome>> answer, const std::stop_token &stop,
                             const std::function<void()> &meanwhile = {});
    Result<CallOutcome> run(const ProcessCall &call, const std::stop_token &stop)
    {
        return wait(start(call), stop);
    }

Q_SIGNALS:
    void observed(const QJsonObject &what); ///< process identity

private:
    explicit WorkerPrograms(const ActionContext &context);
    void begin(const ProcessCall &call, std::shared_ptr<std::promise<Result<CallOutcome>>> answer);

    ActionContext m_context;
    Execution *m_running = nullptr;
};

} // namespace lb
