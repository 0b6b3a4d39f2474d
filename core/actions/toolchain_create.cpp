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
/// Seconds that the service's clock may be behind.
constexpr int kClocksApart = 600;

Result<std::vector<ToolchainEntry>> namedAsTheCopy(ToolchainJob &job)
{
    std::vector<ToolchainEntry> entries;
    TRY(eachPage(
        job, "toolchains",
        tr("The toolchains called %1 in %2 cannot be listed").arg(job.call.name, job.call.region),
        {{QStringLiteral("name"), job.call.name}}, [&](const DataValue &answer) -> Result<void> {
            TRY_VALUE(const ToolchainPage page, readToolchainPage(answer));
            for (const ToolchainEntry &one : page.toolchains) {
                if (one.name == job.call.name)
                    entries.push_back(one);
            }
            return {};
        }));
    return entries;
}

/// The one that somebody has had made in the browser since the run began.
Result<QString> madeByPerson(ToolchainJob &job)
{
    if (const auto made = job.onRecord("created"))
        return made->value(QLatin1String("id")).toString();
    TRY_VALUE(const auto entries, namedAsTheCopy(job));
    QDateTime since = QDateTime::fromString(job.context.run.value().mid(1, 15),
                                            QStringLiteral("yyyyMMdd-HHmmss"));
    since.setTimeSpec(Qt::UTC);
    QStringList found;
    for (const ToolchainEntry &one : entries) {
        if (!one.created.isValid() || one.created >= since.addSecs(-kClocksApart))
            found << one.id;
    }
    if (found.size() == 1) {
        job.record("created", {{QStringLiteral("id"), found.front()}});
        return found.front();
    }
    return fail(found.isEmpty() ? ErrorCode::NotFound : ErrorCode::Conflict,
                found.isEmpty() ? tr("No toolchain called %1 was made in %2 since the run began")
                                      .arg(job.call.name, job.call.region)
                                : tr("%n toolchains called %1 were made in %2 since the run began",
                                     nullptr, int(found.size()))
                                      .arg(job.call.name, job.call.region),
                listed(found),
                found.isEmpty() ? tr("Have it made in the browser, under this name, then resume")
                                : tr("Delete or rename all but one, then resume"));
}

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
Result<ToolchainBody> form(ToolchainJob &job, const QString &doing)
{
    TRY_VALUE(const auto project, findProject(job));
    if (!project)
        return fail(ErrorCode::NotFound, doing,
                    tr("the project %1 is gone").arg(job.call.project.display()),
                    tr("Run it again"));
    TRY_VALUE(const SecretHandle token, secretOf(job.call.at.gitToken, job.context));
    const auto encoded = [](const QString &text) { return QUrl::toPercentEncoding(text); };
    QByteArray text = "autocreate=true&branch=" + encoded(job.call.branch) +
                      "&resourceGroupId=" + encoded(job.call.group) +
                      "&repository=" + encoded(project->url) + "&repository_token=";
    token->reveal([&](QByteArrayView bytes) {
        QByteArray value = bytes.toByteArray().toPercentEncoding();
        text += value;
        wipe(value);
    });
    ToolchainBody body;
    body.secret = std::make_shared<const SecretString>(std::move(text));
    return body;
}

/// Why nobody knows, from an answer that is lost or says nothing.
QString whyLost(const ToolchainJob &job, const Result<ToolchainReply> &reply, const QString &doing)
{
    if (!reply)
        return reply.error().detail;
    // A service or a proxy before it that fails may have made it all the same.
    return reply->status >= 500 ? toolchainFailure(*reply, doing, job.context.redactor.get()).detail
                                : tr("the answer names no toolchain");
}

/// Asks for it; again only when it is not to be found after an answer was lost.
Result<QString> askFor(ToolchainJob &job, const ToolchainRequest &request,
                       const QStringList &before)
{
    const QString doing = tr("No copy of %1 was made in %2").arg(job.call.name, job.call.region);
    for (int attempt = 1;; ++attempt) {
        TRY_VALUE(ToolchainBody body, request.body(doing));
        body.isUnbroken = true;
        const auto reply = job.send(request.purpose, doing, {}, body);
        if (!reply && !isLost(reply))
            return tl::unexpected(reply.error());
        const QString made = reply && reply->status == 201 ? request.idOf(*reply) : QString();
        if (!made.isEmpty())
            return made;
        if (!isLost(reply) && reply->status != 201) {
            job.record("refused");
            return tl::unexpected(
                withAdvice(toolchainFailure(*reply, doing, job.context.redactor.get()),
                           tr("No copy was made; run it again when that is mended")));
        }
        job.log(tr("The answer was lost or says nothing; looking for a new toolchain called %1")
                    .arg(job.call.name));
        const auto found = lookFor(job, before);
        if (!found)
            return tl::unexpected(unknownCopy(job.call, found.error()));
        if (!found->isEmpty())
            return found;
        if (attempt == request.tries)
            return tl::unexpected(
                unknownCopy(job.call, {ErrorCode::Failed, whyLost(job, reply, doing), {}, {}}));
    }
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

bool isLost(const Result<ToolchainReply> &reply)
{
    if (reply)
        return reply->status >= 500;
    return reply.error().code == ErrorCode::Unreachable ||
           reply.error().code == ErrorCode::TimedOut;
}

Result<QString> makeOrFindToolchain(ToolchainJob &job, const ToolchainRequest &request)
{
    if (const auto made = job.onRecord("created"))
        return made->value(QLatin1String("id")).toString();
    QStringList before;
    QString id;
    if (const auto asked = job.onRecord("asked")) {
        // The attempt before this one was killed when it may have asked already.
        before = toStringList(asked->value(QLatin1String("before")));
        const auto found = lookFor(job, before);
        if (!found)
            return tl::unexpected(unknownCopy(job.call, found.error()));
        id = *found;
    } else {
        TRY_VALUE(before, namesakes(job));
        job.record("asked", {{QStringLiteral("before"), toJsonArray(before)}});
    }
    if (id.isEmpty()) {
        TRY_VALUE(id, askFor(job, request, before));
    }
    job.record("created", {{QStringLiteral("id"), id}});
    return id;
}

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

QString pageOf(const ToolchainCall &call, const QString &id)
{
    return QStringLiteral("%1/devops/toolchains/%2?env_id=ibm:yp:%3")
        .arg(call.at.console, id, call.region);
}

QJsonObject madeToolchain(const ToolchainJob &job, const QString &id, size_t tools)
{
    return {{QStringLiteral("toolchain"), id},
            {QStringLiteral("url"), pageOf(job.call, id)},
            {QStringLiteral("tools"), int(tools)}};
}

bool isTekton(const ToolchainTool &tool)
{
    return tool.type == QLatin1String("pipeline") &&
           tool.parameters.textOf(QStringLiteral("type")) == QLatin1String("tekton");
}

Result<QStringList> namesakes(ToolchainJob &job)
{
    TRY_VALUE(const auto entries, namedAsTheCopy(job));
    QStringList ids;
    for (const ToolchainEntry &one : entries)
        ids << one.id;
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
                     const DataValue *list = page.get(QStringLiteral("pipeline_runs"));
                     // Taken for none, a second one would be started.
                     if (!list || !list->isList())
                         return fail(ErrorCode::Corrupt, tr("The answer names no runs"));
                     runs.insert(runs.end(), list->items.begin(), list->items.end());
                     return {};
                 }));
    return runs;
}

Result<CallOutcome> createCopy(ToolchainJob &job)
{
    const ToolchainRequest request{
        QStringLiteral("create"), [&job](const QString &doing) { return form(job, doing); },
        [](const ToolchainReply &reply) { return createdToolchainId(reply.location); }};
    TRY_VALUE(const QString id,
              job.call.isByPerson ? madeByPerson(job) : makeOrFindToolchain(job, request));
    CallOutcome outcome;
    const auto tools = quietTools(job, id, outcome.warnings);
    if (!tools)
        return tl::unexpected(
            withState(tools.error(), tr("The copy is there: %1. Whether something starts by itself "
                                        "in it was not looked at to the end")
                                         .arg(pageOf(job.call, id))));
    outcome.outputs = madeToolchain(job, id, tools->size());
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
                    tr("See at %1 what it is, and delete it there. Nothing was deleted")
                        .arg(pageOf(job.call, id)));
    }
    const QString doing = tr("The copy %1 cannot be deleted").arg(id);
    TRY_VALUE(const ToolchainReply reply,
              job.send(QStringLiteral("remove"), doing, {{QStringLiteral("toolchain"), id}}));
    if (!reply.isGood() && !reply.isMissing())
        return tl::unexpected(toolchainFailure(reply, doing, job.context.redactor.get()));
    return CallOutcome{};
}

} // namespace lb
