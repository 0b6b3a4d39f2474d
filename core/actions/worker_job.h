// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/worker_execution.h"
#include "core/actions/worker_programs.h"

#include <mutex>

namespace lb {

/// What every call at work in a worker has: whom it tells, what it remembers, and when it must
/// stop. Everything but onRecord() may be used by several threads at once.
class WorkerJob
{
public:
    WorkerJob(const ActionContext &context, std::shared_ptr<WorkerPrograms> programs,
              const WorkerExecution::Report &report, std::stop_token stop);

    const ActionContext &context;
    const std::shared_ptr<WorkerPrograms> programs;
    const WorkerExecution::Report &report;
    const std::stop_token stop;

    /// Cancelled when somebody wants it to stop; otherwise waits a moment.
    Result<void> pause(std::chrono::milliseconds time = std::chrono::milliseconds(500)) const;
    void log(const QString &line) const;
    /// What an earlier attempt of this step, or the step that is undone, had put on record under
    /// this word; with `index`, about that one.
    std::optional<QJsonObject> onRecord(const char *what, const QString &index = {}) const;
    bool isOnRecord(const char *what) const { return onRecord(what).has_value(); }
    void record(const char *what, QJsonObject details = {}) const;

private:
    mutable std::mutex m_mutex; ///< of the log
};

/// The error of a part of the work as one of the whole: `doing` is what failed.
Error inContext(Error error, const QString &doing);
/// The same error, saying what is now true and what to do beside its own advice.
Error withAdvice(Error error, const QString &now);

} // namespace lb
