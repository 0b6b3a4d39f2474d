// SPDX-License-Identifier: GPL-3.0-or-later
// Having a copy made by setup/deploy, never a second one (sheet §6.2, §9), and comparing it.
#include "core/actions/answer_output.h"
#include "core/actions/saved_toolchain.h"
#include "core/base/format.h"
#include "core/base/json.h"

#include <QScopedValueRollback>
#include <QUrl>

#include <thread>

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

/// A cancel waits for it: a copy that nobody knows of would be nobody's.
Result<QString> lookFor(ToolchainJob &job, const QStringList &before)
{
    const QScopedValueRollback<bool> unbroken(job.isUnbroken, true);
    for (int look = 1;; ++look) {
        TRY_VALUE(const QString id, newOne(job, before));
        if (!id.isEmpty() || look == kLooks)
            return id;
        std::this_thread::sleep_for(kLookPause);
    }
}

/// What to do when it is not known whether there is a copy.
QString seeForYourself(const ToolchainCall &call)
{
    return tr("There may be a copy: look for a toolchain called %1 at "
              "%2/devops/toolchains?env_id=ibm:yp:%3. A new run asks before it makes a second one "
              "of that name")
        .arg(call.name, call.at.console, call.region);
}

/// Not cancelled, whatever was asked for: that would read as if nothing had been made.
Error unknownCopy(const ToolchainCall &call, const Error &why)
{
    return {why.code == ErrorCode::Cancelled ? ErrorCode::Failed : why.code,
            tr("Nobody knows whether a copy of %1 was made in %2").arg(call.name, call.region),
            why.sentence(), seeForYourself(call)};
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
    // A service or a proxy before it that fails may have made it all the same.
    QString detail = reply ? tr("the answer names no toolchain") : reply.error().detail;
    if (reply && reply->status >= 500)
        detail = toolchainFailure(*reply, doing, job.context.redactor.get()).detail;
    if (reply && reply->status == 201) {
        const QString id = createdToolchainId(reply->location);
        if (!id.isEmpty())
            return id;
    } else if (reply && reply->status < 500) {
        job.record("refused");
        return tl::unexpected(
            withAdvice(toolchainFailure(*reply, doing, job.context.redactor.get()),
                       tr("No copy was made; run it again when that is mended")));
    }
    job.log(tr("The answer was lost or says nothing; looking for a new toolchain called %1")
                .arg(job.call.name));
    const auto id = lookFor(job, before);
    if (!id)
        return tl::unexpected(unknownCopy(job.call, id.error()));
    if (!id->isEmpty())
        return id;
    return fail(
        ErrorCode::Failed,
        tr("Nobody knows whether a copy of %1 was made in %2").arg(job.call.name, job.call.region),
        detail, seeForYourself(job.call));
}

Result<QString> makeOrFind(ToolchainJob &job)
{
    if (const auto made = job.onRecord("created"))
        return made->value(QLatin1String("id")).toString();
    QStringList before;
    if (const auto asked = job.onRecord("asked")) {
        // The attempt before this one was killed when it may have asked already.
        before = toStringList(asked->value(QLatin1String("before")));
        const auto id = lookFor(job, before);
        if (!id)
            return tl::unexpected(unknownCopy(job.call, id.error()));
        if (!id->isEmpty())
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

/// The template has them off; that this is obeyed is not confirmed.
Result<void> endTriggers(ToolchainJob &job, const ToolchainTool &pipeline, QStringList &warnings)
{
    QStringList on;
    TRY(switchThere(job, pipeline, {}, on));
    if (!on.isEmpty())
        warnings << tr("Switched off, for the copy was made with it on: %1").arg(listed(on));
    return {};
}

/// A first run deploys when a reference brings its secret.
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

/// The copy's tools, once they are set up; nothing in it starts by itself.
Result<std::vector<ToolchainTool>> quietTools(ToolchainJob &job, const QString &id,
                                              QStringList &warnings)
{
    TRY_VALUE(const auto tools, settledTools(job, id, warnings));
    for (const ToolchainTool &tool : tools) {
        if (!isTekton(tool))
            continue;
        TRY(endTriggers(job, tool, warnings));
        TRY(endRuns(job, tool, warnings));
    }
    return tools;
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
    const QString page = QStringLiteral("%1/devops/toolchains/%2?env_id=ibm:yp:%3")
                             .arg(job.call.at.console, id, job.call.region);
    CallOutcome outcome;
    const auto tools = quietTools(job, id, outcome.warnings);
    if (!tools)
        return tl::unexpected(
            withState(tools.error(), tr("The copy is there: %1. Whether something starts by itself "
                                        "in it was not looked at to the end")
                                         .arg(page)));
    outcome.outputs = {{QStringLiteral("toolchain"), id},
                       {QStringLiteral("url"), page},
                       {QStringLiteral("tools"), int(tools->size())}};
    return outcome;
}

Result<CallOutcome> removeCopy(ToolchainJob &job)
{
    const auto made = job.onRecord("created");
    if (!made && (!job.isOnRecord("asked") || job.isOnRecord("refused")))
        return CallOutcome{};
    QString id;
    if (made) {
        id = made->value(QLatin1String("id")).toString();
    } else {
        const QStringList before =
            toStringList(job.onRecord("asked")->value(QLatin1String("before")));
        TRY_VALUE(id, newOne(job, before));
        if (id.isEmpty())
            return CallOutcome{};
        // Somebody else may have made it: what is not on record is not deleted.
        return fail(ErrorCode::Conflict,
                    tr("Nobody knows whether this run has made %1 in %2").arg(id, job.call.region),
                    tr("it is called %1, and was not there before").arg(job.call.name),
                    tr("See at %1/devops/toolchains/%2?env_id=ibm:yp:%3 what it is, and delete it "
                       "there. Nothing was deleted")
                        .arg(job.call.at.console, id, job.call.region));
    }
    const QString doing = tr("The copy %1 cannot be deleted").arg(id);
    TRY_VALUE(const ToolchainReply reply,
              job.send(QStringLiteral("remove"), doing, {{QStringLiteral("toolchain"), id}}));
    if (!reply.isGood() && !reply.isMissing())
        return tl::unexpected(toolchainFailure(reply, doing, job.context.redactor.get()));
    return CallOutcome{};
}

} // namespace lb
