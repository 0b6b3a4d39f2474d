// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/runner/read_run.h"

#include "core/base/atomic_file.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/journal/journal_reader.h"
#include "core/journal/run_folder.h"
#include "core/runner/runner_client.h"

#include <QFileInfo>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(ReadRun)

} // namespace

bool runnerLives(const RunId &run, const RunState &state)
{
    // A process that an imported journal names is none of this machine's, whatever its number.
    if (RunFolder::of(run).isImported())
        return false;
    if (state.runnerHost == currentHostName() && state.runner.isAlive())
        return true;
    return RunFolder::of(run).owner().has_value();
}

RunStateName shownState(const RunState &state, bool runnerAlive)
{
    if (isEnded(state.state) || runnerAlive)
        return state.state;
    if (state.state == RunStateName::Ready || state.state == RunStateName::Draft)
        return RunStateName::Draft;
    return RunStateName::Interrupted;
}

Result<Plan> readPlan(const RunId &run, const QString &sha256)
{
    return readPlan(RunFolder::of(run).planFile(), sha256);
}

Result<Plan> readPlan(const QString &file, const QString &sha256)
{
    TRY_VALUE(const QByteArray bytes, readWholeFile(file));
    if (QString::fromLatin1(Sha256::hex(bytes)) != sha256)
        return fail(ErrorCode::Corrupt, tr("%1 is not the plan that was frozen").arg(file));
    TRY_VALUE(const QJsonObject object, parseJsonObject(bytes, file));
    return Plan::fromJson(object);
}

Result<RunView> readRun(const RunId &run, ReadPlan which)
{
    const RunFolder folder = RunFolder::of(run);
    if (!isValidId(run.value()) || !folder.exists())
        return fail(ErrorCode::NotFound, tr("There is no run %1").arg(run.value()), {},
                    tr("“runs list --all” shows all of them"));
    const auto neverBegun = [&](const QString &why) {
        return fail(ErrorCode::Corrupt, tr("The run %1 was never begun").arg(run.value()), why,
                    tr("“runs remove” takes it away"));
    };
    // Killed, or out of room, between the folder and the first event.
    if (!QFileInfo::exists(folder.journalFile()))
        return neverBegun(tr("it has no journal"));
    TRY_VALUE(const JournalContent content, readJournal(folder.journalFile()));
    RunView view;
    for (const RunEvent &event : content.events)
        view.state.apply(event);
    if (content.problem)
        view.journalProblem = content.problem->sentence();
    if (content.events.empty() && view.journalProblem.isEmpty())
        return neverBegun(tr("its journal is empty"));
    view.runnerAlive = runnerLives(run, view.state);
    view.shown = shownState(view.state, view.runnerAlive);
    if (which == ReadPlan::Yes && !view.state.planSha256.isEmpty()) {
        auto plan = readPlan(run, view.state.planSha256);
        if (plan)
            view.plan = std::move(*plan);
        else if (view.journalProblem.isEmpty() && !view.runnerAlive)
            view.journalProblem = plan.error().sentence();
    }
    return view;
}

QList<RunId> listRuns()
{
    QList<RunId> runs = RunFolder::list();
    std::reverse(runs.begin(), runs.end());
    return runs;
}

} // namespace lb
