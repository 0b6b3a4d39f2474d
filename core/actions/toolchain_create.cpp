// SPDX-License-Identifier: GPL-3.0-or-later
// Having a copy made by setup/deploy, never a second one (sheet §6.2, §9), and comparing it.
#include "core/actions/answer_output.h"
#include "core/actions/saved_toolchain.h"
#include "core/base/format.h"
#include "core/base/json.h"

#include <QUrl>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

using namespace std::chrono_literals;

/// A copy whose answer was lost is looked for so long: the service makes it all the same.
constexpr int kLooks = 12;
constexpr auto kLookPause = 2500ms;
/// Tools are set up one after the other.
constexpr int kToolLooks = 120;
constexpr auto kToolPause = 1500ms;

/// One that was not there before.
Result<QString> newOne(ToolchainJob &job, const QStringList &before)
{
    TRY_VALUE(const QStringList now, namesakes(job));
    for (const QString &id : now) {
        if (!before.contains(id))
            return id;
    }
    return QString();
}

Result<QString> lookFor(ToolchainJob &job, const QStringList &before)
{
    for (int look = 0; look < kLooks; ++look) {
        TRY_VALUE(const QString id, newOne(job, before));
        if (!id.isEmpty())
            return id;
        TRY(job.pause(kLookPause));
    }
    return QString();
}

/// The form with the token in its body: never in an address.
Result<ToolchainBody> form(ToolchainJob &job, const QString &repository)
{
    TRY_VALUE(const SecretHandle token, secretOf(job.call.at.gitToken, job.context));
    const auto encoded = [](const QString &text) { return QUrl::toPercentEncoding(text); };
    QByteArray text = "autocreate=true&branch=" + encoded(job.call.branch) +
                      "&resourceGroupId=" + encoded(job.call.group) +
                      "&repository=" + encoded(repository) + "&repository_token=";
    token->reveal([&](QByteArrayView bytes) {
        QByteArray value = bytes.toByteArray().toPercentEncoding();
        text += value;
        wipe(value);
    });
    ToolchainBody body;
    body.secret = std::make_shared<const SecretString>(std::move(text));
    body.isUnbroken = true;
    return body;
}

Result<QString> postOnce(ToolchainJob &job, const QStringList &before)
{
    const QString doing = tr("No copy of %1 was made in %2").arg(job.call.name, job.call.region);
    TRY_VALUE(const auto project, findProject(job));
    if (!project)
        return fail(ErrorCode::NotFound, doing,
                    tr("the project %1 is gone").arg(job.call.project.display()),
                    tr("Run it again"));
    TRY_VALUE(const ToolchainBody body, form(job, project->url));
    const auto reply = job.send(QStringLiteral("create"), doing, {}, body);
    const bool isLost = !reply && (reply.error().code == ErrorCode::Unreachable ||
                                   reply.error().code == ErrorCode::TimedOut);
    if (!reply && !isLost)
        return tl::unexpected(reply.error());
    if (reply && reply->status == 201) {
        const QString id = createdToolchainId(reply->location);
        if (!id.isEmpty())
            return id;
    } else if (reply) {
        return tl::unexpected(
            withAdvice(toolchainFailure(*reply, doing, job.context.redactor.get()),
                       tr("No copy was made; run it again when that is mended")));
    }
    job.log(tr("The answer was lost or says nothing; looking for a new toolchain called %1")
                .arg(job.call.name));
    TRY_VALUE(const QString id, lookFor(job, before));
    if (!id.isEmpty())
        return id;
    return fail(
        ErrorCode::Failed,
        tr("Nobody knows whether a copy of %1 was made in %2").arg(job.call.name, job.call.region),
        reply ? tr("the answer names no toolchain") : reply.error().detail,
        tr("Look at the toolchains of %1 in the console. A resume looks again before it "
           "asks a second time")
            .arg(job.call.region));
}

Result<QString> makeOrFind(ToolchainJob &job)
{
    if (const auto made = job.onRecord("created"))
        return made->value(QLatin1String("id")).toString();
    QStringList before;
    if (const auto asked = job.onRecord("asked")) {
        // The attempt before this one was killed when it may have asked already.
        before = toStringList(asked->value(QLatin1String("before")));
        TRY_VALUE(const QString id, lookFor(job, before));
        if (!id.isEmpty())
            return id;
    } else {
        TRY_VALUE(before, namesakes(job));
        job.record("asked", {{QStringLiteral("before"), toJsonArray(before)}});
    }
    return postOnce(job, before);
}

/// Waits until no tool is being set up any more.
Result<std::vector<ToolchainTool>> settledTools(ToolchainJob &job, const QString &id,
                                                QStringList &warnings)
{
    std::vector<ToolchainTool> tools;
    QStringList busy;
    for (int look = 0; look < kToolLooks; ++look) {
        TRY_VALUE(tools, readTools(job, id));
        busy.clear();
        for (const ToolchainTool &tool : tools) {
            if (tool.state == ToolchainTool::State::Configuring)
                busy << tool.name;
        }
        job.report({0, -1, qint64(tools.size()) - busy.size(), qint64(tools.size())});
        if (busy.isEmpty())
            return tools;
        TRY(job.pause(kToolPause));
    }
    warnings << tr("Still being set up after %1: %2")
                    .arg(formatDuration(std::chrono::milliseconds(kToolPause) * kToolLooks),
                         listed(busy));
    return tools;
}

/// Nothing of the copy may start by itself: a first run deploys when a reference brings its secret.
Result<void> endRuns(ToolchainJob &job, const ToolchainTool &pipeline, QStringList &warnings)
{
    TRY_VALUE(const std::vector<DataValue> runs, readRuns(job, pipeline));
    for (const DataValue &one : runs) {
        TRY_VALUE(const PipelineRun run, readPipelineRun(one));
        if (run.isOver()) {
            warnings << tr("Pipeline %1 has run by itself and %2: see what it did")
                            .arg(pipeline.name, run.status);
            continue;
        }
        TRY(job.ask(QStringLiteral("cancel"),
                    tr("A run of pipeline %1 cannot be ended").arg(pipeline.name),
                    {{QStringLiteral("pipeline"), pipeline.id},
                     {QStringLiteral("run of the pipeline"), run.id}},
                    {QByteArrayLiteral("{\"force\":true}")}));
        warnings << tr("Pipeline %1 began to run by itself; the run was ended").arg(pipeline.name);
    }
    return {};
}

} // namespace

bool isTekton(const ToolchainTool &tool)
{
    return tool.type == QLatin1String("pipeline") &&
           tool.parameters.textOf(QStringLiteral("type")) == QLatin1String("tekton");
}

Result<QStringList> namesakes(ToolchainJob &job)
{
    QStringList ids;
    TRY(eachPage(
        job, "toolchains",
        tr("The toolchains called %1 in %2 cannot be listed").arg(job.call.name, job.call.region),
        {{QStringLiteral("name"), job.call.name}}, [&](const DataValue &answer) -> Result<void> {
            TRY_VALUE(const ToolchainPage page, readToolchainPage(answer));
            for (const ToolchainEntry &one : page.toolchains) {
                if (one.name == job.call.name)
                    ids << one.id;
            }
            return {};
        }));
    return ids;
}

Result<std::vector<ToolchainTool>> readTools(ToolchainJob &job, const QString &toolchain)
{
    std::vector<ToolchainTool> tools;
    TRY(eachPage(job, "tools", tr("The tools of toolchain %1 cannot be read").arg(toolchain),
                 {{QStringLiteral("toolchain"), toolchain}},
                 [&](const DataValue &answer) -> Result<void> {
                     TRY_VALUE(const ToolPage page, readToolPage(answer));
                     tools.insert(tools.end(), page.tools.begin(), page.tools.end());
                     return {};
                 }));
    return tools;
}

Result<std::vector<DataValue>> readRuns(ToolchainJob &job, const ToolchainTool &pipeline)
{
    std::vector<DataValue> runs;
    TRY(eachPage(job, "runs", tr("The runs of pipeline %1 cannot be listed").arg(pipeline.name),
                 {{QStringLiteral("pipeline"), pipeline.id}},
                 [&](const DataValue &page) -> Result<void> {
                     if (const DataValue *list = page.get(QStringLiteral("pipeline_runs")))
                         runs.insert(runs.end(), list->items.begin(), list->items.end());
                     return {};
                 }));
    return runs;
}

Result<CallOutcome> createCopy(ToolchainJob &job)
{
    TRY_VALUE(const QString id, makeOrFind(job));
    if (!job.onRecord("created"))
        job.record("created", {{QStringLiteral("id"), id}});
    CallOutcome outcome;
    TRY_VALUE(const auto tools, settledTools(job, id, outcome.warnings));
    for (const ToolchainTool &tool : tools) {
        if (isTekton(tool))
            TRY(endRuns(job, tool, outcome.warnings));
    }
    outcome.outputs = {
        {QStringLiteral("toolchain"), id},
        {QStringLiteral("url"), QStringLiteral("%1/devops/toolchains/%2?env_id=ibm:yp:%3")
                                    .arg(job.call.at.console, id, job.call.region)},
        {QStringLiteral("tools"), int(tools.size())}};
    return outcome;
}

Result<CallOutcome> removeCopy(ToolchainJob &job)
{
    const auto made = job.onRecord("created");
    if (!made)
        return CallOutcome{};
    const QString id = made->value(QLatin1String("id")).toString();
    const QString doing = tr("The copy %1 cannot be deleted").arg(id);
    TRY_VALUE(const ToolchainReply reply,
              job.send(QStringLiteral("remove"), doing, {{QStringLiteral("toolchain"), id}}));
    if (!reply.isGood() && !reply.isMissing())
        return tl::unexpected(toolchainFailure(reply, doing, job.context.redactor.get()));
    return CallOutcome{};
}

} // namespace lb
