// SPDX-License-Identifier: GPL-3.0-or-later
// Running the Tekton pipelines of a copy, each once (sheet §7.2): a second run deploys twice.
#include "core/actions/answer_output.h"
#include "core/actions/toolchain_work.h"
#include "core/base/format.h"
#include "core/base/json.h"

#include <QScopedValueRollback>

#include <algorithm>
#include <thread>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

using namespace std::chrono_literals;

/// A pipeline takes as long as it takes; an hour is what classic jobs may run (sheet §8).
constexpr auto kLongestRun = 60min;
/// Between two looks at a run, at first and at last.
constexpr auto kFirstPause = 500ms, kLastPause = 5000ms;
/// A look at a run that fails says nothing about the run.
constexpr int kMostMisses = 5;
/// A run whose answer was lost is looked for so long: the service starts it all the same.
constexpr int kLooks = 5;
constexpr auto kLookPause = 2s;

/// Runs of this run of ours are known by it.
QString markOf(const ToolchainJob &job)
{
    return QStringLiteral("Lifeboat ") + job.context.run.value();
}

/// The pipeline's run that this run of ours has started; nothing when there is none yet. A cancel
/// waits for it.
Result<QString> lookFor(ToolchainJob &job, const ToolchainTool &pipeline)
{
    const QScopedValueRollback<bool> unbroken(job.isUnbroken, true);
    for (int look = 1;; ++look) {
        TRY_VALUE(const std::vector<DataValue> runs, readRuns(job, pipeline));
        for (const DataValue &run : runs) {
            if (run.textOf(QStringLiteral("description")) == markOf(job))
                return run.textOf(QStringLiteral("id"));
        }
        if (look == kLooks)
            return QString();
        std::this_thread::sleep_for(kLookPause);
    }
}

Result<QString> start(ToolchainJob &job, const ToolchainTool &pipeline,
                      const TektonTrigger &trigger)
{
    const QString doing =
        tr("Pipeline %1 cannot be run by trigger %2").arg(pipeline.name, trigger.name);
    ToolchainBody body{
        toJson({{QStringLiteral("trigger"), QJsonObject{{QStringLiteral("name"), trigger.name}}},
                {QStringLiteral("description"), markOf(job)}})};
    body.isUnbroken = true;
    const auto reply =
        job.send(QStringLiteral("start"), doing, {{QStringLiteral("pipeline"), pipeline.id}}, body);
    if (!reply && reply.error().code == ErrorCode::Cancelled)
        return tl::unexpected(reply.error());
    if (reply && reply->status >= 300 && reply->status < 500)
        return tl::unexpected(withState(toolchainFailure(*reply, doing, job.context.redactor.get()),
                                        tr("It was not run")));
    const Error error =
        !reply ? reply.error() : toolchainFailure(*reply, doing, job.context.redactor.get());
    if (reply && reply->isGood()) {
        const auto answer = readJsonData(reply->body, doing);
        const auto begun =
            answer ? readPipelineRun(*answer) : Result<PipelineRun>(tl::unexpected(answer.error()));
        if (begun)
            return begun->id;
    }
    job.log(tr("The answer was lost or says nothing; looking for the run of pipeline %1")
                .arg(pipeline.name));
    const auto found = lookFor(job, pipeline);
    if (found && !found->isEmpty())
        return found;
    // Unreachable is waited for, and looked for again before anything is started.
    return tl::unexpected(
        withState(Error{error.code,
                        tr("Nobody knows whether pipeline %1 was run").arg(pipeline.name),
                        error.sentence(),
                        {}},
                  tr("See its runs in the console before you run this again: one that is described "
                     "as “%1” is ours")
                      .arg(markOf(job))));
}

/// On record, in the service when the attempt before was killed between the two, or started now.
Result<QString> startOrFind(ToolchainJob &job, const ToolchainTool &pipeline,
                            const TektonTrigger &trigger)
{
    if (const auto begun = job.onRecord("pipeline_run", pipeline.id))
        return begun->value(QLatin1String("id")).toString();
    QString id;
    if (job.onRecord("pipeline_asked", pipeline.id)) {
        TRY_VALUE(id, lookFor(job, pipeline));
    } else {
        job.record("pipeline_asked", {{QStringLiteral("index"), pipeline.id},
                                      {QStringLiteral("name"), pipeline.name}});
    }
    if (id.isEmpty()) {
        TRY_VALUE(id, start(job, pipeline, trigger));
    }
    job.record("pipeline_run", {{QStringLiteral("index"), pipeline.id},
                                {QStringLiteral("id"), id},
                                {QStringLiteral("name"), pipeline.name}});
    return id;
}

Result<PipelineRun> lookAt(ToolchainJob &job, const ToolchainTool &pipeline, const QString &run)
{
    const QString doing = tr("Run %1 of pipeline %2 cannot be seen").arg(run, pipeline.name);
    TRY_VALUE(const DataValue answer, askData(job, QStringLiteral("run"), doing,
                                              {{QStringLiteral("pipeline"), pipeline.id},
                                               {QStringLiteral("run of the pipeline"), run}}));
    auto now = readPipelineRun(answer);
    if (!now)
        return tl::unexpected(inContext(now.error(), doing));
    return now;
}

Result<PipelineRun> waitFor(ToolchainJob &job, const ToolchainTool &pipeline, const QString &run)
{
    int misses = 0;
    std::chrono::milliseconds pause = kFirstPause;
    for (auto left = std::chrono::milliseconds(kLongestRun); left > 0ms; left -= pause) {
        const auto now = lookAt(job, pipeline, run);
        if (now && now->isOver())
            return now;
        misses = now ? 0 : misses + 1;
        if (misses == kMostMisses)
            return tl::unexpected(now.error());
        TRY(job.pause(pause));
        pause = std::min<std::chrono::milliseconds>(2 * pause, kLastPause);
    }
    return fail(ErrorCode::TimedOut, tr("Pipeline %1 still runs").arg(pipeline.name),
                tr("after %1").arg(formatDuration(kLongestRun)), tr("See it in the console"));
}

/// Runs a pipeline by its first manual trigger, to its end.
Result<PipelineRun> runOnce(ToolchainJob &job, const ToolchainTool &pipeline,
                            const TektonTrigger &trigger)
{
    TRY_VALUE(const QString id, startOrFind(job, pipeline, trigger));
    const auto ended = waitFor(job, pipeline, id);
    if (!ended)
        // To end a deployment in the middle may be worse than to let it go on.
        return tl::unexpected(
            withState(ended.error(), tr("Run %1 of pipeline %2 was begun and goes on in IBM Cloud: "
                                        "see it in the console, or end it there")
                                         .arg(id, pipeline.name)));
    return ended;
}

} // namespace

Result<CallOutcome> provePipelines(ToolchainJob &job)
{
    TRY_VALUE(const QString copy, findCopy(job));
    TRY_VALUE(const auto pipelines, pipelinesOf(job, copy));
    CallOutcome outcome;
    QStringList proven, failed;
    const auto stopped = [&](const Error &error) {
        return tl::unexpected(
            withState(error, proven.isEmpty()
                                 ? tr("No pipeline of %1 had succeeded by then").arg(job.call.name)
                                 : tr("Succeeded by then: %1").arg(listed(proven))));
    };
    for (const ToolchainTool &pipeline : pipelines) {
        const auto triggers = triggersOf(job, pipeline);
        if (!triggers)
            return stopped(triggers.error());
        const auto manual = std::find_if(triggers->begin(), triggers->end(), [](const auto &one) {
            return one.type == QLatin1String("manual") && one.isEnabled;
        });
        if (manual == triggers->end()) {
            outcome.warnings
                << tr("Pipeline %1 has no manual trigger: nobody has run it").arg(pipeline.name);
            continue;
        }
        const auto run = runOnce(job, pipeline, *manual);
        if (!run)
            return stopped(run.error());
        if (run->isSucceeded())
            proven << pipeline.name;
        else
            failed << tr("%1 (%2)", "%1 a pipeline, %2 how its run ended")
                          .arg(pipeline.name, run->status);
        job.report({0, -1, proven.size() + failed.size(), qint64(pipelines.size())});
    }
    if (!failed.isEmpty())
        return fail(ErrorCode::Failed,
                    tr("%n pipeline(s) of %1 did not succeed", nullptr, int(failed.size()))
                        .arg(job.call.name),
                    listed(failed),
                    tr("A run fails when a secret is empty or a reference does not resolve; its "
                       "log in the console says which"));
    outcome.outputs = {{QStringLiteral("copy"), copy},
                       {QStringLiteral("succeeded"), toJsonArray(proven)}};
    return outcome;
}

} // namespace lb
