// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/answers.h"
#include "app/cli/ask_go.h"
#include "app/cli/event_lines.h"
#include "app/cli/run_watch.h"
#include "app/cli/verbs.h"
#include "core/base/json.h"
#include "core/base/process_identity.h"
#include "core/model/words.h"

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

Result<GoAnswer> goFromOptions(const Arguments &given)
{
    GoAnswer go;
    go.yes = given.has("yes");
    go.confirm = given.value("confirm");
    go.planSha256 = given.value("plan-sha256");
    go.by = currentUserName();
    TRY_VALUE(const auto reasons, keyValues(given.values("accept"), QStringLiteral("--accept")));
    for (auto it = reasons.begin(); it != reasons.end(); ++it) {
        if (it.value().join(QLatin1Char(' ')).trimmed().isEmpty())
            return fail(ErrorCode::BadInput, tr("--accept %1 needs a reason").arg(it.key()));
        go.accept.insert(it.key(), it.value().join(QStringLiteral("; ")));
    }
    return go;
}

Result<RunOrder> orderFromOptions(const Session &session, RunMode mode)
{
    const Arguments &given = session.arguments;
    RunOrder order;
    order.mode = mode;
    order.runbook = given.word(0);
    order.system = given.value("system");
    if (order.system.isEmpty())
        return fail(ErrorCode::BadInput,
                    tr("“%1” needs --system NAME").arg(QString::fromLatin1(given.verb->name)), {},
                    tr("“lifeboat-cli systems list” lists them"));
    order.restorePoint = given.value("restore-point");
    order.only = given.values("only");
    if (given.has("max-loss")) {
        const auto loss = parseDuration(given.value("max-loss"));
        if (!loss)
            return fail(ErrorCode::BadInput, tr("--max-loss wants a time such as 30m, 4h or 1d"),
                        given.value("max-loss"));
        order.maxLoss = *loss;
    }
    if (given.has("target")) {
        order.target = fromWord<TargetKind>(given.value("target"));
        if (!order.target)
            return fail(
                ErrorCode::BadInput,
                tr("--target wants %1").arg(wordsOf<TargetKind>().join(QStringLiteral(", "))),
                given.value("target"));
    }
    TRY_VALUE(order.set, keyValues(given.values("set"), QStringLiteral("--set")));
    TRY_VALUE(order.go, goFromOptions(given));
    return order;
}

/// Restores need to know the restore points before anything is chosen.
Result<RunId> startOrder(Session &session, const RunOrder &order)
{
    TRY(session.await(session.service.ensureInventory()));
    return session.await(session.service.start(order));
}

} // namespace

int assess(Session &session)
{
    auto order = orderFromOptions(session, RunMode::Run);
    if (!order)
        return session.failed(order.error());
    const auto profile = session.service.system(order->system);
    if (!profile)
        return session.failed(profile.error());
    for (const RunbookInfo &book : session.service.runbooks()) {
        if (book.system == profile->type && book.purpose == Purpose::Assess && book.builtIn)
            order->runbook = book.id;
    }
    if (order->runbook.isEmpty())
        return session.failed(Error{ErrorCode::NotFound,
                                    tr("Systems of type %1 have no assessment").arg(profile->type),
                                    {},
                                    {}});
    order->go.yes = true;
    // What is wrong is the answer here, not an obstacle.
    const auto run = startOrder(session, *order);
    if (!run)
        return session.failed(run.error());
    WatchOptions options;
    options.quiet = true;
    options.go = order->go;
    RunWatch watch(session, *run, options);
    const int status = watch.exec();
    const RunView &view = watch.view();
    const RestoreReadiness ready = restoreReadiness(session.service, profile->name);
    QJsonObject found;
    for (const QString &id : view.state.stepOrder)
        found.insert(id, view.state.step(id)->outputs);
    if (session.json()) {
        QJsonObject document = view.toJson();
        document.insert(QStringLiteral("found"), found);
        document.insert(QStringLiteral("could_restore"), ready.could);
        document.insert(QStringLiteral("missing"), toJsonArray(ready.missing));
        sayJson(document);
    } else {
        sayChecks(session, view);
        for (const QString &warning : view.state.warnings)
            say(warning);
        for (const Obligation &obligation : session.service.obligations(profile->name))
            say(tr("still to undo: %1 (run %2)").arg(obligation.title, obligation.run));
        say(ready.sentence);
    }
    if (status == kGood && (!ready.could || !view.state.warnings.isEmpty()))
        return kWarned;
    return status == kWaits ? int(kWarned) : status;
}

int check(Session &session)
{
    const auto order = orderFromOptions(session, RunMode::Check);
    if (!order)
        return session.failed(order.error());
    const auto run = startOrder(session, *order);
    if (!run)
        return session.failed(run.error());
    WatchOptions options;
    options.quiet = true;
    RunWatch watch(session, *run, options);
    watch.exec();
    return sayChecks(session, watch.view());
}

int plan(Session &session)
{
    auto order = orderFromOptions(session, RunMode::Plan);
    if (!order)
        return session.failed(order.error());
    // The plan then stays ready for half an hour, for a go that follows soon.
    order->attended = true;
    const auto run = startOrder(session, *order);
    if (!run)
        return session.failed(run.error());
    WatchOptions options;
    options.untilReady = true;
    options.quiet = true;
    RunWatch watch(session, *run, options);
    const int status = watch.exec();
    const RunView &view = watch.view();
    if (!view.plan) {
        if (view.state.endError)
            return session.failed(*view.state.endError);
        return session.failed(Error{ErrorCode::Failed, tr("There is no plan"), wordOf(view.shown),
                                    tr("“runs show %1” has the details").arg(run->value())});
    }
    if (session.json()) {
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("run"), run->value()},
                 {QStringLiteral("plan_sha256"), view.state.planSha256},
                 {QStringLiteral("plan"), view.plan->toJson()}});
        return status;
    }
    say(tr("run %1").arg(run->value()));
    say();
    sayPlan(session, view);
    return status;
}

int run(Session &session)
{
    auto order = orderFromOptions(session, RunMode::Run);
    if (!order)
        return session.failed(order.error());
    order->attended = session.canAsk() && !session.arguments.has("detach");
    const auto id = startOrder(session, *order);
    if (!id)
        return session.failed(id.error());
    WatchOptions options;
    options.go = order->go;
    options.detach = session.arguments.has("detach");
    return followRun(session, *id, options);
}

int runsGo(Session &session)
{
    const RunId id(session.arguments.word(0));
    const auto view = session.service.run(id);
    if (!view)
        return session.failed(view.error());
    auto go = goFromOptions(session.arguments);
    if (!go)
        return session.failed(go.error());
    go->yes = !go->planSha256.isEmpty();
    if (!go->yes && !session.canAsk())
        return session.failed(Error{ErrorCode::BadInput,
                                    tr("“runs go” needs --plan-sha256"),
                                    {},
                                    tr("“runs show %1” prints it").arg(id.value())});
    if (isEnded(view->shown) || view->state.go)
        return session.failed(
            Error{ErrorCode::BadInput, tr("Run %1 does not wait for go").arg(id.value()),
                  wordOf(view->shown), nextCommands(*view).join(QStringLiteral("; "))});
    // A draft has no runner: one takes it up, checks again and makes the plan again.
    const auto up = session.await(session.service.resume(id));
    if (!up)
        return session.failed(up.error());
    WatchOptions options;
    options.go = *go;
    options.sendGo = true;
    options.detach = session.arguments.has("detach");
    options.saidSeq = view->state.lastSeq;
    options.afterSeq = view->runnerAlive ? 0 : view->state.lastSeq;
    return followRun(session, id, options);
}

int runsResume(Session &session)
{
    const RunId id(session.arguments.word(0));
    const auto view = session.service.run(id);
    if (!view)
        return session.failed(view.error());
    const bool ended = isEnded(view->shown);
    const bool nothingLeft =
        ended && (view->shown == RunStateName::Succeeded || view->shown == RunStateName::Warned ||
                  !view->state.go || !view->state.hasOpenObligations());
    // A damaged journal may lack what came after: the runner says where.
    if (nothingLeft && view->journalProblem.isEmpty()) {
        if (session.json())
            sayJson(view->toJson());
        else
            say(tr("run %1 %2; nothing was changed").arg(id.value(), wordOf(view->shown)));
        return exitStatus(view->shown);
    }
    WatchOptions options;
    options.detach = session.arguments.has("detach");
    options.saidSeq = view->state.lastSeq;
    if (view->runnerAlive) {
        RunCommand goOn;
        goOn.kind = CommandKind::Continue;
        goOn.by = currentUserName();
        if (view->state.pauseRequested) {
            if (const auto done = session.await(session.service.command(id, goOn)); !done)
                return session.failed(done.error());
            options.afterSeq = view->state.lastSeq; // the pause that stands there is over
        }
    } else {
        options.afterSeq = view->state.lastSeq;
        const auto up =
            session.await(session.service.resume(id, session.arguments.has("finally-only")));
        if (!up)
            return session.failed(up.error());
    }
    // A go that was given in advance stands in the journal.
    options.go = view->state.request.go;
    return followRun(session, id, options);
}

int runsUndo(Session &session)
{
    const auto go = goFromOptions(session.arguments);
    if (!go)
        return session.failed(go.error());
    const bool attended = session.canAsk() && !session.arguments.has("detach");
    const auto id =
        session.await(session.service.undo(RunId(session.arguments.word(0)), *go, attended));
    if (!id)
        return session.failed(id.error());
    WatchOptions options;
    options.go = *go;
    options.detach = session.arguments.has("detach");
    return followRun(session, *id, options);
}

} // namespace lb::cli
