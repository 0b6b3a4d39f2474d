// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/words.h"

#include "core/base/clock.h"
#include "core/base/format.h"

namespace lb {

namespace {
LB_TRANSLATE(Words)
} // namespace

QString wordOf(SystemOverview::Verdict verdict)
{
    switch (verdict) {
    case SystemOverview::Verdict::NeverSaved:
        return tr("Never saved");
    case SystemOverview::Verdict::NotProven:
        return tr("Saved, not proven");
    case SystemOverview::Verdict::Proven:
        return tr("Proven");
    case SystemOverview::Verdict::Overdue:
        return tr("Overdue");
    case SystemOverview::Verdict::Attention:
        return tr("Needs you");
    case SystemOverview::Verdict::Running:
        return tr("Running");
    }
    return {};
}

Tone toneOf(RunStateName state)
{
    switch (state) {
    case RunStateName::Preparing:
    case RunStateName::Running:
    case RunStateName::Finishing:
        return Tone::Busy;
    case RunStateName::Ready:
    case RunStateName::Paused:
    case RunStateName::Waiting:
    case RunStateName::Warned:
        return Tone::Warn;
    case RunStateName::Draft:
    case RunStateName::Cancelled:
        return Tone::Neutral;
    case RunStateName::Succeeded:
        return Tone::Good;
    case RunStateName::Failed:
    case RunStateName::Interrupted:
        return Tone::Bad;
    }
    return Tone::Neutral;
}

Tone toneOf(StepState state)
{
    switch (state) {
    case StepState::Pending:
    case StepState::Skipped:
    case StepState::Cancelled:
        return Tone::Neutral;
    case StepState::Running:
        return Tone::Busy;
    case StepState::Succeeded:
        return Tone::Good;
    case StepState::Waiting:
    case StepState::Warned:
    case StepState::Unknown:
        return Tone::Warn;
    case StepState::Failed:
        return Tone::Bad;
    }
    return Tone::Neutral;
}

Tone toneOf(CheckVerdict verdict)
{
    switch (verdict) {
    case CheckVerdict::Passed:
        return Tone::Good;
    case CheckVerdict::Warned:
        return Tone::Warn;
    case CheckVerdict::Failed:
        return Tone::Bad;
    case CheckVerdict::Skipped:
        return Tone::Neutral;
    }
    return Tone::Neutral;
}

Tone toneOf(Completeness completeness)
{
    switch (completeness) {
    case Completeness::Complete:
        return Tone::Good;
    case Completeness::Incomplete:
        return Tone::Bad;
    case Completeness::Unknown:
        return Tone::Warn;
    }
    return Tone::Neutral;
}

Tone toneOf(ProofLevel level)
{
    switch (level) {
    case ProofLevel::Listed:
        return Tone::Warn;
    case ProofLevel::Checksummed:
        return Tone::Neutral;
    case ProofLevel::Read:
    case ProofLevel::Restored:
        return Tone::Good;
    }
    return Tone::Neutral;
}

Tone toneOf(SystemOverview::Verdict verdict)
{
    switch (verdict) {
    case SystemOverview::Verdict::NeverSaved:
    case SystemOverview::Verdict::Overdue:
    case SystemOverview::Verdict::Attention:
        return Tone::Bad;
    case SystemOverview::Verdict::NotProven:
        return Tone::Warn;
    case SystemOverview::Verdict::Proven:
        return Tone::Good;
    case SystemOverview::Verdict::Running:
        return Tone::Busy;
    }
    return Tone::Neutral;
}

QString iconOf(RunStateName state)
{
    switch (state) {
    case RunStateName::Ready:
    case RunStateName::Waiting:
        return QStringLiteral("wait");
    case RunStateName::Paused:
        return QStringLiteral("pause");
    case RunStateName::Draft:
        return QStringLiteral("pending");
    case RunStateName::Cancelled:
        return QStringLiteral("cancelled");
    case RunStateName::Interrupted:
        return QStringLiteral("unknown");
    case RunStateName::Preparing:
    case RunStateName::Running:
    case RunStateName::Finishing:
    case RunStateName::Succeeded:
    case RunStateName::Warned:
    case RunStateName::Failed:
        break;
    }
    return toneIcon(toneOf(state));
}

QString iconOf(StepState state)
{
    switch (state) {
    case StepState::Pending:
        return QStringLiteral("pending");
    case StepState::Waiting:
        return QStringLiteral("wait");
    case StepState::Skipped:
        return QStringLiteral("skipped");
    case StepState::Cancelled:
        return QStringLiteral("cancelled");
    case StepState::Unknown:
        return QStringLiteral("unknown");
    case StepState::Running:
    case StepState::Succeeded:
    case StepState::Warned:
    case StepState::Failed:
        break;
    }
    return toneIcon(toneOf(state));
}

QString iconOf(CheckVerdict verdict)
{
    return verdict == CheckVerdict::Skipped ? QStringLiteral("skipped") : toneIcon(toneOf(verdict));
}

QString proofText(const RestorePoint &point)
{
    if (!point.problem.isEmpty())
        return tr("cannot be relied on");
    if (point.proof == ProofLevel::Listed || !point.proofAt.isValid())
        return wordOf(point.proof);
    //: proof level and its age: "read in full, 2 days ago"
    return tr("%1, %2").arg(wordOf(point.proof), formatAge(point.proofAt, utcNow()));
}

QString completenessText(const RestorePoint &point)
{
    if (!point.problem.isEmpty())
        return tr("not known: %1").arg(displayText(point.problem));
    const QStringList parts = point.missingParts();
    if (point.completeness() == Completeness::Incomplete && !parts.isEmpty())
        return tr("missing: %1").arg(displayText(parts.join(QStringLiteral(", "))));
    if (point.completeness() == Completeness::Incomplete)
        return tr("incomplete: %1").arg(displayText(point.missing().join(QStringLiteral(", "))));
    return wordOf(point.completeness());
}

QString skewText(const RestorePoint &point)
{
    if (point.parts.size() < 2)
        return {};
    return tr("parts taken %1 apart").arg(formatDuration(point.skew()));
}

QString timeAndAge(const QDateTime &time)
{
    if (!time.isValid())
        return tr("never");
    //: a time and its age in brackets
    return tr("%1 (%2)").arg(formatTime(time), formatAge(time, utcNow()));
}

namespace {

QString shortTime(const QDateTime &time)
{
    const QDateTime local = time.toLocalTime();
    const bool thisYear = local.date().year() == QDate::currentDate().year();
    return QLocale().toString(local, thisYear ? QStringLiteral("d MMM HH:mm")
                                              : QStringLiteral("d MMM yyyy HH:mm"));
}

} // namespace

QString shortTimeAndAge(const QDateTime &time)
{
    return time.isValid() ? tr("%1 (%2)").arg(shortTime(time), formatAge(time, utcNow()))
                          : tr("never");
}

QString zonedTimeAndAge(const QDateTime &time)
{
    //: time, zone, age: "20 Nov 22:34 CET (15 hours ago)"
    return time.isValid() ? tr("%1 %2 (%3)")
                                .arg(shortTime(time), time.toLocalTime().timeZoneAbbreviation(),
                                     formatAge(time, utcNow()))
                          : tr("never");
}

QString zoneWord()
{
    return QDateTime::currentDateTime().timeZoneAbbreviation();
}

QString startVerb(Purpose purpose)
{
    switch (purpose) {
    case Purpose::Save:
        return tr("Start save");
    case Purpose::Restore:
        return tr("Start restore");
    case Purpose::Rehearse:
        return tr("Start rehearsal");
    case Purpose::Migrate:
        return tr("Start migration");
    case Purpose::Repair:
        return tr("Start repair");
    case Purpose::Import:
        return tr("Start import");
    case Purpose::Prove:
        return tr("Start proof");
    case Purpose::Cleanup:
        return tr("Start clean-up");
    case Purpose::Assess:
        return tr("Start assessment");
    case Purpose::Prepare:
    case Purpose::Change:
        return tr("Start change");
    }
    return {};
}

bool canBeRehearsed(const Runbook &runbook)
{
    for (const StepSpec &step : runbook.steps)
        if (step.action.kind == ActionKind::TreeRestore ||
            step.action.kind == ActionKind::PostgresRestore)
            return true;
    return runbook.purpose == Purpose::Restore || runbook.purpose == Purpose::Rehearse;
}

bool isPractice(const QString &system)
{
    return system.startsWith(QLatin1String("practice-"));
}

QString buttonText(const QString &data)
{
    return displayText(data).replace(QLatin1Char('&'), QStringLiteral("&&"));
}

QString toolTipText(const QString &data)
{
    return data.isEmpty() ? QString()
                          : QStringLiteral("<qt>%1</qt>").arg(displayText(data).toHtmlEscaped());
}

} // namespace lb
