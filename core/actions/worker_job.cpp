// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/worker_job.h"

#include <algorithm>
#include <condition_variable>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

} // namespace

WorkerJob::WorkerJob(const ActionContext &given, std::shared_ptr<WorkerPrograms> worker,
                     const WorkerExecution::Report &progress, std::stop_token asked)
    : context(given), programs(std::move(worker)), report(progress), stop(std::move(asked))
{
}

Result<void> WorkerJob::pause(std::chrono::milliseconds time) const
{
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, time, [] { return false; });
    if (stop.stop_requested())
        return fail(ErrorCode::Cancelled, tr("It was cancelled"));
    return {};
}

void WorkerJob::log(const QString &line) const
{
    const std::lock_guard lock(m_mutex);
    if (context.log)
        context.log(line.toUtf8() + '\n');
}

std::optional<QJsonObject> WorkerJob::onRecord(const char *what, const QString &index) const
{
    const auto found =
        std::find_if(context.observed.begin(), context.observed.end(), [&](const auto &seen) {
            return seen.value(QLatin1String("what")).toString() == QLatin1String(what) &&
                   (index.isEmpty() || seen.value(QLatin1String("index")).toString() == index);
        });
    return found == context.observed.end() ? std::nullopt : std::optional(*found);
}

void WorkerJob::record(const char *what, QJsonObject details) const
{
    details.insert(QStringLiteral("what"), QLatin1String(what));
    if (context.record)
        context.record(details);
}

Error inContext(Error error, const QString &doing)
{
    if (error.code == ErrorCode::Cancelled)
        return error;
    error.detail = error.detail.isEmpty() ? error.summary
                                          : error.summary + QStringLiteral(": ") + error.detail;
    error.summary = doing;
    return error;
}

Error withAdvice(Error error, const QString &now)
{
    if (error.code != ErrorCode::Cancelled)
        error.advice = error.advice.isEmpty() ? now : error.advice + QStringLiteral(". ") + now;
    return error;
}

} // namespace lb
