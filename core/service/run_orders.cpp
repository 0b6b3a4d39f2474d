// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/service/run_orders.h"

#include "core/base/clock.h"
#include "core/base/paths.h"
#include "core/base/process_identity.h"
#include "core/base/text.h"
#include "core/config/profile_files.h"
#include "core/journal/run_folder.h"
#include "core/service/service_private.h"

#include <QJsonDocument>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(RunOrders)

/// The profile's own values and what was given now, as the planner will see them; so that what is
/// missing or wrong is said before anything is started.
Result<void> checkResolved(const Runbook &runbook, const SystemProfile &profile,
                           const QJsonObject &given)
{
    QJsonObject values;
    for (const InputSpec &spec : runbook.inputs) {
        if (given.contains(spec.name))
            values.insert(spec.name, given.value(spec.name));
        else if (profile.inputs.contains(spec.name))
            values.insert(spec.name, profile.inputs.value(spec.name));
    }
    TRY(checkInputs(runbook.inputs, values));
    return {};
}

Result<QString> choosePoint(Service &service, const RunOrder &order, const SystemProfile &profile)
{
    const QString wanted =
        order.restorePoint.isEmpty() ? QStringLiteral("best") : order.restorePoint;
    if (wanted == QLatin1String("best")) {
        const BestPoint best = service.best(profile.name, order.maxLoss);
        if (best.chosen)
            return best.chosen->id;
        return fail(ErrorCode::BadInput,
                    tr("There is no restore point to take by default for %1").arg(profile.name),
                    best.reason,
                    best.proven ? tr("Name one with --restore-point ID, or allow the loss with "
                                     "--max-loss")
                                : tr("Save the system first, or name one of another system with "
                                     "--restore-point ID"));
    }
    if (wanted == QLatin1String("latest")) {
        for (const RestorePoint &point : service.points({profile.name})) {
            if (point.isWhole())
                return point.id;
        }
        return fail(ErrorCode::NotFound, tr("%1 has no complete restore point").arg(profile.name));
    }
    TRY_VALUE(const RestorePoint point, service.point(wanted));
    // One that could not be read the last time: the run reads it anew, and says what is wrong.
    if (point.problem.isEmpty() && point.type != profile.type)
        return fail(ErrorCode::BadInput,
                    tr("The restore point %1 is of a system of type %2").arg(wanted, point.type),
                    tr("%1 is of type %2").arg(profile.name, profile.type));
    return point.id;
}

} // namespace

bool needsRestorePoint(const Runbook &runbook)
{
    return runbook.purpose == Purpose::Restore || runbook.purpose == Purpose::Rehearse ||
           runbook.usesRestorePoint();
}

Result<QJsonObject> parseInputs(const std::vector<InputSpec> &specs,
                                const QMap<QString, QStringList> &set, const QString &owner)
{
    QStringList names;
    for (const InputSpec &spec : specs)
        names << spec.name;
    QJsonObject values;
    QStringList problems;
    for (auto it = set.begin(); it != set.end(); ++it) {
        const auto spec = std::find_if(specs.begin(), specs.end(),
                                       [&](const InputSpec &s) { return s.name == it.key(); });
        if (spec == specs.end()) {
            const QString near = nearest(it.key(), names);
            problems << (near.isEmpty()
                             ? tr("%1 has no input “%2” (it has %3)")
                                   .arg(owner, it.key(), names.join(QStringLiteral(", ")))
                             : tr("%1 has no input “%2”; did you mean “%3”?")
                                   .arg(owner, it.key(), near));
            continue;
        }
        const auto value = spec->parse(it.value());
        if (value)
            values.insert(it.key(), *value);
        else
            problems << value.error().sentence();
    }
    if (!problems.isEmpty())
        return fail(ErrorCode::BadInput, tr("Inputs cannot be taken"),
                    problems.join(QLatin1Char('\n')));
    return values;
}

RunRequest newRequest(RunMode mode, const Runbook &runbook)
{
    RunRequest request;
    request.id = newRunId();
    request.mode = mode;
    request.runbookId = runbook.id;
    request.runbookText = runbook.text;
    request.runbookBuiltIn = runbook.builtIn;
    request.hidden = runbook.hidden || mode == RunMode::Check || runbook.purpose == Purpose::Assess;
    request.by = currentUserName();
    request.host = currentHostName();
    request.version = QStringLiteral(LIFEBOAT_VERSION);
    request.at = utcNow();
    return request;
}

Async<RunId> Service::start(const RunOrder &order)
{
    const auto request = [&]() -> Result<RunRequest> {
        TRY_VALUE(const Runbook book, d->library().load(order.runbook));
        if (book.hidden)
            return fail(ErrorCode::BadInput,
                        tr("%1 is not for starting by hand").arg(order.runbook));
        TRY_VALUE(const SystemProfile profile, readProfile(order.system));
        if (book.system != profile.type)
            return fail(ErrorCode::BadInput,
                        tr("%1 is for systems of type %2").arg(book.id, book.system),
                        tr("%1 is of type %2").arg(profile.name, profile.type),
                        tr("“runbooks list --type %1” shows what fits").arg(profile.type));
        RunRequest made = newRequest(order.mode, book);
        made.system = profile;
        TRY_VALUE(made.store, readStore(profile.store));
        TRY_VALUE(made.inputs, parseInputs(book.inputs, order.set, book.id));
        TRY(checkResolved(book, profile, made.inputs));
        if (needsRestorePoint(book)) {
            TRY_VALUE(made.restorePoint, choosePoint(*this, order, profile));
            TRY_VALUE(const RestorePoint chosen, point(made.restorePoint));
            TRY_VALUE(made.store, readStore(chosen.store));
            for (const QString &part : order.only) {
                QStringList parts;
                for (const PartRecord &record : chosen.parts)
                    parts << record.id;
                if (!parts.contains(part))
                    return fail(ErrorCode::BadInput,
                                tr("The restore point %1 has no part “%2”").arg(chosen.id, part),
                                tr("it has %1").arg(parts.join(QStringLiteral(", "))));
            }
        } else if (!order.restorePoint.isEmpty()) {
            return fail(ErrorCode::BadInput, tr("%1 takes no restore point").arg(book.id));
        }
        made.maxLoss = order.maxLoss;
        made.target = order.target.value_or(TargetKind::Same);
        made.targetGiven = order.target.has_value();
        made.only = order.only;
        made.go = order.go;
        made.go.by = made.by;
        made.attended = order.attended;
        made.hidden = made.hidden || order.hidden;
        return made;
    }();
    if (!request)
        return readyAnswer<RunId>(tl::unexpected(request.error()));
    return d->launch({*request, {}, false, request->by});
}

Async<RunId> Service::startBuiltIn(const QString &runbook, const QString &system,
                                   const QJsonObject &inputs, const GoAnswer &go)
{
    const auto request = [&]() -> Result<RunRequest> {
        TRY_VALUE(const Runbook book, d->library().load(runbook));
        TRY(checkInputs(book.inputs, inputs));
        RunRequest made = newRequest(RunMode::Run, book);
        made.hidden = true;
        made.inputs = inputs;
        made.system.name = system;
        if (const auto profile = readProfile(system))
            made.system = *profile;
        QString store = made.system.store;
        bool isEncrypted = false;
        if (const QString id = inputs.value(QLatin1String("point")).toString(); !id.isEmpty()) {
            TRY_VALUE(const RestorePoint used, point(id));
            store = used.store;
            isEncrypted = used.isEncrypted();
        }
        TRY_VALUE(made.store, readStore(store));
        if (const QString other = inputs.value(QLatin1String("other")).toString();
            !other.isEmpty()) {
            TRY_VALUE(const RestorePoint used, point(other));
            TRY_VALUE(const StoreProfile holds, readStore(used.store));
            made.stores = {holds};
            isEncrypted = isEncrypted || used.isEncrypted();
        }
        // Or the run would wait for a key that nothing needs.
        if (!isEncrypted && inputs.contains(QLatin1String("open")))
            made.inputs.insert(QStringLiteral("open"), false);
        if (runbook == QLatin1String("lifeboat.inventory")) {
            TRY_VALUE(made.stores, readStores());
        }
        made.go = go;
        made.go.yes = true;
        made.go.by = made.by;
        return made;
    }();
    if (!request)
        return readyAnswer<RunId>(tl::unexpected(request.error()));
    return d->launch({*request, {}, false, request->by});
}

Async<RunId> Service::deleteKept(const Obligation &obligation)
{
    if (const auto own = RunFolder::of(RunId(obligation.run)).checkOwn(); !own)
        return readyAnswer<RunId>(tl::unexpected(own.error()));
    QJsonObject inputs;
    const auto take = [&](const char *key, const QString &input) {
        const QJsonValue value = obligation.detail.value(QLatin1String(key));
        if (!value.isUndefined())
            inputs.insert(input, value);
    };
    take("folder", QStringLiteral("kept_folder"));
    take("database", QStringLiteral("kept_database"));
    take("server", QStringLiteral("postgres_host"));
    take("port", QStringLiteral("postgres_port"));
    take("user", QStringLiteral("postgres_user"));
    take("snapshot_folder", QStringLiteral("kept_snapshot"));
    take("snapshot_run", QStringLiteral("kept_by_run"));
    take("urls", QStringLiteral("elasticsearch_url"));
    take("ca", QStringLiteral("elasticsearch_ca"));
    take("cluster_user", QStringLiteral("elasticsearch_user"));
    return startBuiltIn(QStringLiteral("lifeboat.discharge"), obligation.system, inputs, {});
}

Async<RunId> Service::resume(const RunId &id, bool finallyOnly)
{
    // The runner reads and verifies the journal; only where it cannot, we look as well.
    if (!isValidId(id.value()))
        return readyAnswer<RunId>(tl::unexpected(readRun(id).error()));
    if (const auto own = RunFolder::of(id).checkOwn(); !own)
        return readyAnswer<RunId>(tl::unexpected(own.error()));
    if (RunFolder::of(id).owner())
        return readyAnswer<RunId>(id);
    const auto explained = [id](const Result<RunId> &launched) -> Result<RunId> {
        if (launched)
            return launched;
        const auto view = readRun(id);
        if (!view)
            return tl::unexpected(view.error());
        // Somebody else was faster; ours may not have ended yet, so the lock alone says nothing.
        if (view->runnerAlive && launched.error().code == ErrorCode::Conflict)
            return id;
        if (view->journalProblem.isEmpty())
            return launched;
        return fail(ErrorCode::Corrupt, tr("Run %1 cannot be taken up").arg(id.value()),
                    view->journalProblem,
                    tr("Its records stay readable; “assess --system %1” shows what stands on the "
                       "target")
                        .arg(view->state.request.system.name));
    };
    return converted<RunId>(this, d->launch({std::nullopt, id, finallyOnly, currentUserName()}),
                            explained);
}

Async<RunId> Service::undo(const RunId &id, const GoAnswer &go, bool attended)
{
    const auto request = [&]() -> Result<RunRequest> {
        TRY_VALUE(const RunView view, readRun(id));
        TRY(RunFolder::of(id).checkOwn());
        if (view.runnerAlive && !isEnded(view.shown))
            return fail(ErrorCode::Conflict, tr("Run %1 is still going").arg(id.value()), {},
                        tr("Cancel it first: “runs cancel %1”").arg(id.value()));
        if (!view.plan)
            return fail(ErrorCode::BadInput,
                        tr("Run %1 has done nothing that could be undone").arg(id.value()));
        Runbook book;
        if (auto found = d->library().load(QStringLiteral("lifeboat.undo")))
            book = std::move(*found);
        book.id = QStringLiteral("lifeboat.undo");
        book.builtIn = true;
        RunRequest made = newRequest(RunMode::Run, book);
        made.hidden = false;
        made.undoOf = id.value();
        made.system = view.state.request.system;
        // What the run has changed of it on purpose is pinned since; another machine is not.
        if (const auto now = readProfile(made.system.name);
            now && compareIdentity(made.system.pinned, now->pinned).agreeing.size() >= 2)
            made.system.pinned = now->pinned;
        made.store = view.state.request.store;
        made.target = view.plan->target;
        made.targetGiven = true;
        made.restorePoint = view.state.restorePoint;
        made.go = go;
        made.go.by = made.by;
        made.attended = attended;
        return made;
    }();
    if (!request)
        return readyAnswer<RunId>(tl::unexpected(request.error()));
    return d->launch({*request, {}, false, request->by});
}

} // namespace lb
