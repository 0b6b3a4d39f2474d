// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/config/profile_files.h"
#include "core/service/service_private.h"

namespace lb {

namespace {

LB_TRANSLATE(Overview)

using Verdict = SystemOverview::Verdict;

bool isActive(RunStateName state)
{
    return !isEnded(state) && state != RunStateName::Draft;
}

/// Green only on verified facts: each verdict is the first of these that holds.
void judge(SystemOverview &row, const QDateTime &now)
{
    for (const RunSummary &run : row.activeRuns) {
        if (run.state == RunStateName::Interrupted) {
            row.verdict = Verdict::Attention;
            row.cause = tr("Run %1 was interrupted and has to be resumed").arg(run.id);
            return;
        }
        if (run.waiting) {
            row.verdict = Verdict::Attention;
            row.cause = tr("Run %1 waits: %2").arg(run.id, run.waiting->text);
            return;
        }
    }
    if (!row.activeRuns.empty()) {
        row.verdict = Verdict::Running;
        row.cause = tr("%1 is going on").arg(row.activeRuns.front().title);
        return;
    }
    // Copies kept aside are announced and have time; what a run could not finish has not.
    for (const Obligation &obligation : row.open) {
        if (obligation.kept().isEmpty()) {
            row.verdict = Verdict::Attention;
            row.cause = tr("Still to undo: %1").arg(obligation.title);
            return;
        }
    }
    if (!row.newest) {
        row.verdict = Verdict::NeverSaved;
        row.cause = tr("There is no restore point");
        return;
    }
    const QString age = formatAge(row.newest->madeAt, now);
    if (const auto rpo = parseDuration(row.profile.rpo);
        rpo && !row.profile.rpo.isEmpty() && row.newest->madeAt.msecsTo(now) > rpo->count()) {
        row.verdict = Verdict::Overdue;
        row.cause = tr("The newest restore point was made %1; the goal is %2")
                        .arg(age, formatDuration(*rpo));
        return;
    }
    if (row.newest->completeness() != Completeness::Complete) {
        row.verdict = Verdict::NotProven;
        row.cause = row.newest->missingParts().isEmpty()
                        ? tr("The newest restore point is incomplete: %1")
                              .arg(row.newest->missing().join(QStringLiteral(", ")))
                        : tr("The newest restore point lacks %1")
                              .arg(row.newest->missingParts().join(QStringLiteral(", ")));
        return;
    }
    if (!row.best || row.best->proof < ProofLevel::Read) {
        row.verdict = Verdict::NotProven;
        row.cause = tr("No restore point was read in full or restored");
        return;
    }
    row.verdict = Verdict::Proven;
    row.cause =
        row.best->proof == ProofLevel::Restored
            ? tr("The restore point of %1 was restored and used").arg(formatTime(row.best->madeAt))
            : tr("The restore point of %1 was read in full").arg(formatTime(row.best->madeAt));
}

} // namespace

void Service::lendAdvice(const QString &type, AdviceSource source)
{
    d->advice.insert(type, std::move(source));
}

std::vector<Advice> Service::Private::adviceOn(const SystemProfile &system,
                                               const std::vector<RestorePoint> &points) const
{
    const AdviceSource source = advice.value(system.type);
    return source ? source(system.inputs, points, QDate::currentDate()) : std::vector<Advice>();
}

std::vector<Advice> Service::advice(const SystemProfile &system)
{
    return d->adviceOn(system, points({system.name}));
}

std::vector<SystemOverview> Service::overview()
{
    std::vector<SystemOverview> rows;
    const auto profiles = readProfiles();
    if (!profiles)
        return rows;
    const std::vector<RunSummary> allRuns = runs();
    const std::vector<Obligation> allOpen = obligations();
    const std::vector<RestorePoint> allPoints = points();
    const QDateTime now = utcNow();
    for (const SystemProfile &profile : *profiles) {
        SystemOverview row;
        row.profile = profile;
        std::vector<RestorePoint> own;
        for (const RestorePoint &point : allPoints) {
            if (point.system == profile.name)
                own.push_back(point);
        }
        std::optional<std::chrono::milliseconds> limit;
        if (const auto rpo = parseDuration(profile.rpo); rpo && !profile.rpo.isEmpty())
            limit = *rpo;
        const BestPoint best = chooseBest(own, limit);
        row.best = best.proven;
        row.bestReason = best.reason;
        for (const RestorePoint &point : own) {
            if (!row.newest || point.madeAt > row.newest->madeAt)
                row.newest = point;
        }
        for (const RunSummary &run : allRuns) {
            if (run.imported || run.system != profile.name)
                continue;
            if (isActive(run.state))
                row.activeRuns.push_back(run);
            else if (!row.lastRun && isEnded(run.state))
                row.lastRun = run;
        }
        for (const Obligation &obligation : allOpen) {
            if (obligation.system == profile.name)
                row.open.push_back(obligation);
        }
        row.advice = d->adviceOn(profile, own);
        judge(row, now);
        rows.push_back(std::move(row));
    }
    return rows;
}

} // namespace lb
