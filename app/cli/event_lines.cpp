// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/event_lines.h"

#include "app/cli/ask_go.h"
#include "app/cli/discharge.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/model/words.h"

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

using namespace std::chrono_literals;

QString text(const RunEvent &event, const char *key)
{
    return event.data.value(QLatin1String(key)).toString();
}

QString took(const QDateTime &from, const QDateTime &to)
{
    return formatDuration(std::chrono::milliseconds(from.msecsTo(to)));
}

QString stepTook(const RunEvent &event, const RunView &view)
{
    const StepRecord *record = view.state.step(event.step);
    return record && record->startedAt.isValid() ? took(record->startedAt, event.time) : QString();
}

QString checkLine(const RunEvent &event)
{
    const QString verdict = text(event, "verdict");
    if (verdict == name(CheckVerdict::Passed) || verdict == name(CheckVerdict::Skipped))
        return {};
    const bool failed = verdict == name(CheckVerdict::Failed);
    QString line = (failed ? tr("check %1 failed: %2") : tr("check %1 warned: %2"))
                       .arg(text(event, "check"), text(event, "evidence"));
    if (const QString hint = text(event, "hint"); !hint.isEmpty())
        line += tr(" (%1)").arg(hint);
    return line;
}

QString answerWords(const RunView &view, const QString &step)
{
    return tr("lifeboat-cli runs answer %1 %2 done|skip|retry|stop")
        .arg(view.state.request.id.value(), shellQuoted(step));
}

} // namespace

QString eventLine(const RunEvent &event, const RunView &view, bool quiet)
{
    switch (event.kind) {
    case EventKind::CheckDone:
        return checkLine(event);
    case EventKind::PlanVoided: {
        QStringList parts;
        for (const QJsonValue value : event.data.value(QLatin1String("differences")).toArray())
            parts << tr("%1 was %2, is %3")
                         .arg(value[QLatin1String("what")].toString(),
                              value[QLatin1String("before")].toString(),
                              value[QLatin1String("now")].toString());
        return tr("the plan does not fit any more: %1").arg(parts.join(QStringLiteral("; ")));
    }
    case EventKind::StepFailed: {
        const Error error = errorFromJson(event.data.value(QLatin1String("error")).toObject());
        return event.data.value(QLatin1String("retry")).toBool()
                   ? tr("%1 failed and will be tried again: %2").arg(event.step, error.sentence())
                   : tr("%1 failed: %2").arg(event.step, error.sentence());
    }
    case EventKind::StepWarned:
        return tr("%1 ended with warnings: %2")
            .arg(event.step, toStringList(event.data.value(QLatin1String("warnings")))
                                 .join(QStringLiteral("; ")));
    case EventKind::StepUnknown:
        return tr("%1: we do not know if this happened; look at: %2")
            .arg(event.step, text(event, "evidence"));
    case EventKind::WaitingStarted: {
        const QString reason = text(event, "for");
        const QString line = tr("waits for %1: %2").arg(reason, text(event, "text"));
        return event.step.isEmpty() || reason != name(WaitingFor::Person)
                   ? line
                   : tr("%1 (%2)").arg(line, answerWords(view, event.step));
    }
    case EventKind::WarningRaised:
        return tr("warning: %1").arg(text(event, "text"));
    case EventKind::PauseRequested:
        return tr("pausing at the next safe point");
    case EventKind::Paused:
        return tr("paused; lifeboat-cli runs resume %1").arg(view.state.request.id.value());
    case EventKind::CancelRequested:
        return tr("cancelling at the next safe point");
    default:
        break;
    }
    if (quiet)
        return {};
    switch (event.kind) {
    case EventKind::StepIntended:
        return event.attempt > 1 ? tr("%1 (attempt %2)").arg(event.step).arg(event.attempt)
                                 : event.step;
    case EventKind::StepSucceeded:
        return tr("%1 done in %2").arg(event.step, stepTook(event, view));
    case EventKind::StepSkipped:
        return tr("%1 skipped: %2").arg(event.step, text(event, "reason"));
    case EventKind::StepCancelled:
        return tr("%1 cancelled: %2").arg(event.step, text(event, "reason"));
    case EventKind::StepProbed:
        return tr("%1 probed: %2").arg(event.step, text(event, "answer"));
    case EventKind::WaitingEnded:
        return tr("goes on");
    case EventKind::Continued:
        return tr("goes on");
    case EventKind::PointPublished:
        return tr("restore point %1 is in store %2")
            .arg(text(event, "point"), text(event, "store"));
    default:
        return {};
    }
}

QString progressLine(const Progress &progress, double bytesPerSecond,
                     std::chrono::milliseconds elapsed, int width)
{
    QStringList details;
    if (progress.bytesTotal > 0)
        details << tr("%1%").arg(
            std::clamp<qint64>(progress.bytesDone * 100 / progress.bytesTotal, 0, 100));
    if (progress.stepRemainingMs >= 0) {
        // Whole seconds: tenths that change with every look are noise.
        const qint64 seconds = (progress.stepRemainingMs + 999) / 1000;
        details << (seconds < 60
                        ? tr("%1 s left").arg(seconds)
                        : tr("%1 left").arg(formatDuration(std::chrono::seconds(seconds))));
    }
    if (progress.bytesTotal > 0)
        details
            << tr("%1 of %2").arg(formatSize(progress.bytesDone), formatSize(progress.bytesTotal));
    else if (progress.bytesDone > 0)
        details << formatSize(progress.bytesDone);
    if (progress.itemsTotal > 0)
        details << tr("%1/%2 items").arg(progress.itemsDone).arg(progress.itemsTotal);
    else if (progress.itemsDone > 0)
        details << tr("%n item(s)", nullptr, int(qMin<qint64>(progress.itemsDone, INT_MAX)));
    if (bytesPerSecond > 1)
        details << tr("%1/s").arg(formatSize(qint64(bytesPerSecond)));
    if (!progress.note.isEmpty())
        details << progress.note;
    if (details.isEmpty() && elapsed >= 1s)
        details << tr("for %1").arg(formatDuration(elapsed));
    // What matters most stands first; what does not fit is left out whole.
    // Of a long step id the beginning says what it does and the end on what.
    const int room = qMax(12, width * 2 / 5) - 2;
    QString line = QStringLiteral("  ") + (progress.step.size() <= room
                                               ? progress.step
                                               : progress.step.left(6) + QStringLiteral("…") +
                                                     progress.step.right(room - 7));
    for (const QString &detail : details) {
        if (line.size() + 2 + detail.size() < width)
            line += QStringLiteral("  ") + detail;
    }
    return line;
}

QStringList nextCommands(const RunView &view)
{
    const QString id = view.state.request.id.value();
    QStringList lines;
    const auto command = [&lines](const QString &what, const QString &words) {
        lines << tr("%1: lifeboat-cli %2").arg(what, words);
    };
    switch (view.shown) {
    case RunStateName::Ready:
    case RunStateName::Draft:
        command(tr("start exactly this plan"), goCommand(view));
        break;
    case RunStateName::Interrupted:
        command(tr("go on where it stopped"), tr("runs resume %1").arg(id));
        break;
    case RunStateName::Paused:
        command(tr("let it go on"), tr("runs resume %1").arg(id));
        break;
    case RunStateName::Preparing:
    case RunStateName::Running:
    case RunStateName::Waiting:
    case RunStateName::Finishing:
        if (view.state.waiting && view.state.waiting->reason == WaitingFor::Person &&
            !view.state.waiting->step.isEmpty())
            command(tr("answer"), tr("runs answer %1 %2 done|skip|retry|stop")
                                      .arg(id, shellQuoted(view.state.waiting->step)));
        break;
    case RunStateName::Failed:
    case RunStateName::Cancelled:
        if (!view.state.go)
            break;
        if (view.plan && needsProof(view.plan->purpose) && view.state.hasOpenObligations()) {
            command(tr("finish: do what is left and start what was stopped"),
                    tr("runs resume %1").arg(id));
            command(tr("go back: put everything as it was before"), tr("runs undo %1").arg(id));
            for (const Obligation &obligation : view.state.obligations) {
                // A copy kept aside is no service that stands still.
                if (obligation.state == ObligationState::Open && obligation.kept().isEmpty())
                    command(tr("leave it stopped: “%1” is off the list").arg(obligation.title),
                            dischargeCommand(obligation));
            }
        } else if (view.state.hasOpenObligations()) {
            command(tr("do what is left"), tr("runs resume %1").arg(id));
        }
        break;
    case RunStateName::Succeeded:
    case RunStateName::Warned:
        break;
    }
    return lines;
}

QStringList endLines(const RunView &view, bool quiet)
{
    QStringList lines;
    const RunState &state = view.state;
    QString end = wordOf(view.shown);
    if (state.startedAt.isValid() && state.endedAt.isValid())
        end = tr("%1 after %2").arg(end, took(state.startedAt, state.endedAt));
    const bool bad = view.shown == RunStateName::Failed || view.shown == RunStateName::Interrupted;
    if (!quiet || bad)
        lines << tr("run %1 %2").arg(state.request.id.value(), end);
    if (quiet)
        return lines;
    for (const Obligation &obligation : state.obligations) {
        if (obligation.state == ObligationState::Open)
            lines
                << tr("still to undo: %1 (%2)").arg(obligation.title, dischargeCommand(obligation));
    }
    return lines + nextCommands(view);
}

} // namespace lb::cli
