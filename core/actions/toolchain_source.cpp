// SPDX-License-Identifier: GPL-3.0-or-later
// The source of a copy, as long as it still answers: whether it has changed since, and whether both
// would run at once.
#include "core/actions/answer_output.h"
#include "core/actions/toolchain_work.h"

#include <QJsonValue>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

/// A lost region is what copies are made for: nobody is to wait for it with each toolchain.
constexpr int kTries = 2;

/// Gone, as far as can be seen from here.
bool isLost(const Error &error)
{
    return error.code == ErrorCode::Unreachable || error.code == ErrorCode::NotFound ||
           error.code == ErrorCode::TimedOut;
}

QString sourceId(const ToolchainCall &call)
{
    return call.details.value(QLatin1String("id")).toString();
}

QString sourceRegion(const ToolchainCall &call)
{
    return call.details.value(QLatin1String("region")).toString();
}

} // namespace

Result<CallOutcome> sourceIsUnchanged(ToolchainJob &job)
{
    const QString saved = job.call.details.value(QLatin1String("updated_at")).toString();
    job.tries = kTries;
    const auto answer = readToolchain(job, {sourceId(job.call), sourceRegion(job.call)});
    if (!answer && isLost(answer.error()))
        return holds(tr("%1 does not answer for it any more; saved as of %2")
                         .arg(sourceRegion(job.call), saved));
    if (!answer)
        return tl::unexpected(answer.error());
    const QString now = lastChange(*answer);
    if (now == saved)
        return holds(tr("as it was saved (%1)").arg(saved));
    return fail(ErrorCode::Conflict, tr("%1 has changed since it was saved").arg(job.call.name),
                tr("saved as of %1, now of %2").arg(saved, now),
                tr("Save it again, or what was changed since is not in the copy"));
}

Result<CallOutcome> sourceIsSeen(ToolchainJob &job)
{
    job.tries = kTries;
    const QString region = sourceRegion(job.call);
    const auto tools = readTools(job, sourceId(job.call));
    if (tools)
        return holds(tr("%1 answers").arg(region));
    if (!isLost(tools.error()))
        return tl::unexpected(tools.error());
    return fail(
        tools.error().code,
        tr("Nobody can see whether triggers of the source in %1 are on").arg(region),
        tools.error().detail,
        tr("When its region is lost or the toolchain was deleted, say so; while it lives, a "
           "commit would start both"));
}

Result<CallOutcome> sourceIsQuiet(ToolchainJob &job)
{
    job.tries = kTries;
    const QString region = sourceRegion(job.call);
    const auto tools = readTools(job, sourceId(job.call));
    if (!tools && isLost(tools.error()))
        return holds(
            tr("%1 does not answer: nobody can see whether something starts there").arg(region));
    if (!tools)
        return tl::unexpected(tools.error());
    QStringList on;
    for (const ToolchainTool &tool : *tools) {
        if (!isTekton(tool))
            continue;
        TRY_VALUE(
            const DataValue answer,
            askData(job, QStringLiteral("triggers"),
                    tr("The triggers of pipeline %1 in %2 cannot be read").arg(tool.name, region),
                    {{QStringLiteral("pipeline"), tool.id}}));
        TRY_VALUE(const auto triggers, readTriggers(answer));
        for (const TektonTrigger &trigger : triggers) {
            if (trigger.isAutomatic() && trigger.isEnabled)
                on << QStringLiteral("%1/%2").arg(tool.name, trigger.name);
        }
    }
    if (on.isEmpty())
        return holds(tr("no Tekton trigger of %1 is on").arg(region));
    return fail(ErrorCode::Conflict,
                tr("%n trigger(s) of the source in %1 are on", nullptr, int(on.size())).arg(region),
                listed(on),
                tr("A commit or a call would start pipelines in both. Switch those off first: "
                   "ibm-toolchain.triggers-off with where=source; stages of classic pipelines in "
                   "the console of %1, for nobody can see them from here")
                    .arg(region));
}

} // namespace lb
