// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_file.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/paths.h"
#include "core/base/text.h"
#include "core/config/profile_files.h"
#include "core/journal/journal.h"
#include "core/journal/run_folder.h"
#include "core/runner/read_run.h"
#include "core/service/service_private.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(RunLists)

Result<RunView> knownRun(const RunId &id)
{
    auto view = readRun(id);
    if (view || view.error().code != ErrorCode::NotFound)
        return view;
    QStringList ids;
    for (const RunId &run : listRuns())
        ids << run.value();
    ids.removeAll(id.value());
    Error error = view.error();
    if (const QString near = nearest(id.value(), ids); !near.isEmpty())
        error.detail = tr("did you mean %1?").arg(near);
    return tl::unexpected(error);
}

/// Copies a person's evidence into the run's folder; its name there and its hash.
Result<QJsonObject> keepEvidence(const RunFolder &folder, const QString &file)
{
    TRY_VALUE(const QByteArray bytes, readWholeFile(file));
    const QString name = QString::fromLatin1(Sha256::hex(bytes).left(12)) + QLatin1Char('-') +
                         QFileInfo(file).fileName();
    TRY(writeFileAtomically(folder.evidenceFolder() + QLatin1Char('/') + name, bytes));
    return QJsonObject{{QStringLiteral("file"), name},
                       {QStringLiteral("sha256"), QString::fromLatin1(Sha256::hex(bytes))}};
}

Result<void> closeObligation(const RunId &run, const QString &id, const QString &note,
                             const QString &evidence)
{
    const RunFolder folder = RunFolder::of(run);
    TRY_VALUE(const RunView view, knownRun(run));
    TRY(folder.checkOwn());
    const auto &all = view.state.obligations;
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Obligation &o) { return o.id == id; });
    if (found == all.end()) {
        QStringList ids;
        for (const Obligation &obligation : all)
            ids << obligation.id;
        return fail(ErrorCode::NotFound, tr("Run %1 has no obligation “%2”").arg(run.value(), id),
                    ids.isEmpty() ? tr("it has none")
                                  : tr("it has %1").arg(ids.join(QStringLiteral(", "))));
    }
    if (found->state != ObligationState::Open)
        return {};
    if (view.runnerAlive)
        return fail(ErrorCode::Conflict, tr("Run %1 is still going").arg(run.value()),
                    tr("it may close “%1” by itself").arg(found->title),
                    tr("Try again when it has ended"));
    const QString kept = found->kept();
    if (found->detail.contains(QLatin1String("folder")) && QFileInfo::exists(kept))
        return fail(ErrorCode::Conflict, tr("“%1” is not done yet").arg(found->title),
                    tr("%1 is still there").arg(kept),
                    tr("“obligations discharge %1 %2” deletes it").arg(run.value(), id));
    TRY_VALUE(const RunLock lock, folder.lock());
    JournalContent content;
    TRY_VALUE(const std::unique_ptr<Journal> journal, Journal::open(folder.path(), &content));
    QJsonObject data{{QStringLiteral("obligation"), id},
                     {QStringLiteral("by"), currentUserName()},
                     {QStringLiteral("note"), note}};
    if (!evidence.isEmpty()) {
        TRY_VALUE(const QJsonObject keptEvidence, keepEvidence(folder, evidence));
        data.insert(QStringLiteral("evidence"), keptEvidence);
    }
    RunEvent event;
    // What a copy's absence or the run that dropped it proves is closed; a person's word alone is a
    // waiver.
    event.kind = kept.isEmpty() ? EventKind::ObligationWaived : EventKind::ObligationClosed;
    event.data = data;
    TRY(journal->appendSynced(event));
    return {};
}

} // namespace

RunFollower *Service::follow(const RunId &run, QObject *parent)
{
    return new RunFollower(run, parent);
}

Async<void> Service::command(const RunId &run, const RunCommand &command)
{
    const auto view = knownRun(run);
    if (!view)
        return readyAnswer<void>(tl::unexpected(view.error()));
    auto *follower = new RunFollower(run, this);
    return converted<void>(this, follower->send(command), [follower](const Result<void> &answer) {
        follower->deleteLater();
        return answer;
    });
}

std::vector<facade::RunSummary> Service::runs(bool withHidden)
{
    std::vector<RunSummary> list;
    for (RunIndex::Row &row : d->index.runs(withHidden))
        list.push_back(std::move(row.summary));
    return list;
}

Result<RunView> Service::run(const RunId &run)
{
    return knownRun(run);
}

QStringList Service::logFiles(const RunId &run, const QString &step)
{
    const RunFolder folder = RunFolder::of(run);
    const auto view = readRun(run);
    if (!view)
        return {};
    QStringList order = view->state.stepOrder;
    if (view->plan) {
        order.clear();
        for (const PlannedStep &planned : view->plan->steps)
            order << planned.id;
    }
    QStringList files;
    for (const QString &id : order) {
        const StepRecord *record = view->state.step(id);
        if (!record || (!step.isEmpty() && id != step))
            continue;
        for (int attempt = 1; attempt <= record->attempts; ++attempt) {
            const QString file = folder.logFile(id, attempt);
            if (QFileInfo::exists(file))
                files << file;
        }
    }
    return files;
}

Result<JournalReport> Service::verifyRun(const RunId &run)
{
    const RunFolder folder = RunFolder::of(run);
    TRY_VALUE(const RunView view, knownRun(run));
    TRY_VALUE(const JournalContent content, readJournal(folder.journalFile()));
    JournalReport report;
    report.events = qint64(content.events.size());
    report.head = content.head;
    report.tornBytes = content.tornBytes;
    if (content.problem)
        report.problems << content.problem->sentence();
    if (!view.state.planSha256.isEmpty()) {
        if (const auto plan = readPlan(run, view.state.planSha256); !plan)
            report.problems << plan.error().sentence();
    }
    return report;
}

Result<void> Service::removeRun(const RunId &run)
{
    const RunFolder folder = RunFolder::of(run);
    const auto view = knownRun(run);
    // A folder without one whole line is what a crash at the very start leaves.
    const bool neverBegun =
        !view && view.error().code == ErrorCode::Corrupt && isValidId(run.value());
    if (!view && !neverBegun)
        return tl::unexpected(view.error());
    // What an imported run left to do is to be done where it ran.
    const bool isOwn = !folder.isImported();
    if (isOwn && view && view->state.hasOpenObligations()) {
        QStringList titles;
        for (const Obligation &obligation : view->state.obligations) {
            if (obligation.state == ObligationState::Open)
                titles << obligation.title;
        }
        return fail(ErrorCode::Conflict, tr("Run %1 has something still to undo").arg(run.value()),
                    titles.join(QStringLiteral(", ")),
                    tr("“obligations list” names it, “obligations discharge” ends it"));
    }
    if (isOwn && view && view->shown == RunStateName::Interrupted && view->state.go)
        return fail(ErrorCode::Conflict,
                    tr("Run %1 was interrupted while it worked").arg(run.value()), {},
                    tr("“runs resume %1” first: what it left may still have to be undone")
                        .arg(run.value()));
    TRY_VALUE(const RunLock lock, folder.lock());
    TRY(folder.remove());
    d->index.forget(run);
    return {};
}

std::vector<Obligation> Service::obligations(const QString &system)
{
    std::vector<Obligation> open;
    for (const RunIndex::Row &row : d->index.runs(true)) {
        if (row.summary.imported)
            continue;
        for (const Obligation &obligation : row.obligations) {
            if (obligation.state == ObligationState::Open &&
                (system.isEmpty() || row.summary.system == system))
                open.push_back(obligation);
        }
    }
    std::stable_sort(open.begin(), open.end(), [](const Obligation &a, const Obligation &b) {
        return a.openedAt < b.openedAt;
    });
    return open;
}

Async<void> Service::discharge(const RunId &run, const QString &obligation, const QString &note,
                               const QString &evidence)
{
    const Result<void> done = closeObligation(run, obligation, note, evidence);
    if (done) {
        if (const auto view = readRun(run))
            d->index.remember(*view);
        Q_EMIT changed();
    }
    return readyAnswer<void>(done);
}

QJsonArray Service::leases()
{
    // A local lease is a kernel lock of a live runner, so live runs are the whole list.
    QJsonArray leases;
    for (const RunSummary &row : runs(true)) {
        if (isEnded(row.state) || row.state == RunStateName::Draft)
            continue;
        const auto view = readRun(RunId(row.id));
        if (!view || !view->runnerAlive || !view->state.go || !view->plan)
            continue;
        const auto changes = [](const PlannedStep &step) { return step.effect != Effect::Read; };
        const auto &steps = view->plan->steps;
        const bool exclusive =
            std::any_of(steps.begin(), steps.end(), changes) && !makesPoint(view->plan->purpose);
        leases.append(QJsonObject{
            {QStringLiteral("run"), row.id},
            {QStringLiteral("system"), row.system},
            {QStringLiteral("identity"), view->plan->identity.text},
            {QStringLiteral("scope"), QJsonArray::fromStringList(view->plan->identity.scope)},
            {QStringLiteral("mode"),
             exclusive ? QStringLiteral("exclusive") : QStringLiteral("shared")},
            {QStringLiteral("pid"), int(view->state.runner.pid)},
            {QStringLiteral("host"), view->state.runnerHost},
            {QStringLiteral("since"), toJsonTime(view->state.startedAt)}});
    }
    return leases;
}

std::vector<RestorePoint> Service::points(const facade::PointFilter &filter)
{
    return d->index.points(filter.system);
}

Result<RestorePoint> Service::point(const QString &id)
{
    QStringList ids;
    for (const RestorePoint &point : d->index.points({})) {
        if (point.id == id)
            return point;
        ids << point.id;
    }
    const QString near = nearest(id, ids);
    return fail(ErrorCode::NotFound, tr("There is no restore point %1").arg(id),
                near.isEmpty() ? QString() : tr("did you mean %1?").arg(near),
                tr("“backups list” shows all of them"));
}

BestPoint Service::best(const QString &system, std::optional<std::chrono::milliseconds> limit)
{
    if (!limit) {
        if (const auto profile = readProfile(system); profile && !profile->rpo.isEmpty()) {
            if (const auto rpo = parseDuration(profile->rpo))
                limit = *rpo;
        }
    }
    return chooseBest(points({system}), limit);
}

Async<void> Service::ensureInventory()
{
    const auto stores = readStores();
    if (!stores)
        return readyAnswer<void>(tl::unexpected(stores.error()));
    if (!d->index.outOfDate(*stores))
        return readyAnswer<void>({});
    auto promise = std::make_shared<QPromise<Result<void>>>();
    promise->start();
    const auto finish = [promise](Result<void> result) {
        promise->addResult(std::move(result));
        promise->finish();
    };
    onDone(
        this, startBuiltIn(QStringLiteral("lifeboat.inventory"), {}, {}, {}),
        [this, finish](const Result<RunId> &run) {
            if (!run) {
                finish(tl::unexpected(run.error()));
                return;
            }
            RunFollower *follower = follow(*run, this);
            auto answered = std::make_shared<bool>(false);
            const auto look = [follower, finish, answered] {
                const RunView &view = follower->view();
                if (*answered || (!isEnded(view.shown) && view.shown != RunStateName::Interrupted))
                    return;
                *answered = true;
                follower->deleteLater();
                if (exitStatus(view.shown) == 0 || view.shown == RunStateName::Warned)
                    finish({});
                else
                    finish(fail(ErrorCode::Failed, tr("The inventory could not be read anew"),
                                view.state.endError ? view.state.endError->sentence() : QString(),
                                tr("“runs show %1” has the details").arg(follower->run().value())));
            };
            connect(follower, &RunFollower::changed, this, look);
            connect(follower, &RunFollower::loaded, this, look);
            connect(follower, &RunFollower::runnerGone, this, look);
        });
    return promise->future();
}

} // namespace lb
