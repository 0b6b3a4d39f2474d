// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/run_story.h"

#include "core/base/json.h"
#include "core/model/words.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(RunReport)

QString text(const RunEvent &event, const char *key)
{
    return event.data.value(QLatin1String(key)).toString();
}

QString requestNote(const RunEvent &event)
{
    const QJsonObject request = event.data.value(QLatin1String("request")).toObject();
    return tr("on %1, with Lifeboat %2")
        .arg(request.value(QLatin1String("host")).toString(),
             request.value(QLatin1String("version")).toString());
}

QString goNote(const GoAnswer &go)
{
    QStringList said;
    if (!go.confirm.isEmpty())
        said << tr("typed: %1").arg(go.confirm);
    for (auto reason = go.accept.begin(); reason != go.accept.end(); ++reason)
        said << tr("accepted the warning of %1: %2").arg(reason.key(), reason.value());
    if (!go.planSha256.isEmpty())
        said << tr("for the plan %1").arg(go.planSha256);
    return said.join(QLatin1Char('\n'));
}

QString withEvidence(const RunEvent &event)
{
    const QString file =
        event.data.value(QLatin1String("evidence"))[QLatin1String("file")].toString();
    QStringList said{text(event, "note")};
    if (!file.isEmpty())
        said << tr("evidence: %1").arg(file);
    said.removeAll(QString());
    return said.join(QLatin1Char('\n'));
}

QString failedStep(const RunView &view)
{
    for (const QString &id : view.state.stepOrder) {
        const StepRecord *record = view.state.step(id);
        if (record && record->state == StepState::Failed && record->error)
            return tr("It failed at the step “%1”: %2").arg(id, record->error->sentence());
    }
    return {};
}

QString stateText(const RunView &view)
{
    const RunState &state = view.state;
    switch (view.shown) {
    case RunStateName::Succeeded:
        return tr("It succeeded.");
    case RunStateName::Warned:
        return tr("It was completed with %n warning(s).", nullptr, int(state.warnings.size()));
    case RunStateName::Failed:
        if (const QString step = failedStep(view); !step.isEmpty())
            return step;
        return state.endError ? tr("It failed: %1").arg(state.endError->sentence())
                              : tr("It failed.");
    case RunStateName::Cancelled:
        return state.endError ? tr("It was cancelled: %1").arg(state.endError->sentence())
                              : tr("It was cancelled.");
    case RunStateName::Interrupted:
        return tr("It was interrupted: its runner was gone before it had ended.");
    case RunStateName::Draft:
        return tr("It is a plan that nobody let go; nothing was done.");
    case RunStateName::Preparing:
    case RunStateName::Ready:
    case RunStateName::Running:
    case RunStateName::Paused:
    case RunStateName::Waiting:
    case RunStateName::Finishing:
        break;
    }
    return tr("It had not ended when this was written: %1.").arg(wordOf(view.shown));
}

/// Empty for what tells nothing by itself.
QString happeningText(const RunEvent &event)
{
    const auto error = [&event] {
        return errorFromJson(event.data.value(QLatin1String("error")).toObject()).sentence();
    };
    switch (event.kind) {
    case EventKind::RunnerStarted:
        return tr("a runner took it up on %1").arg(text(event, "host"));
    case EventKind::PlanFrozen:
        return tr("the plan was frozen: %1").arg(text(event, "plan_sha256"));
    case EventKind::PlanVoided:
        return tr("the plan was void: something it rests on had changed");
    case EventKind::LeaseTaken:
        return tr("the target was taken for this run");
    case EventKind::StepIntended:
        return tr("begun");
    case EventKind::StepSucceeded:
        return tr("succeeded");
    case EventKind::StepWarned:
        return tr("ended with warnings: %1")
            .arg(toStringList(event.data.value(QLatin1String("warnings")))
                     .join(QStringLiteral("; ")));
    case EventKind::StepFailed:
        return event.data.value(QLatin1String("retry")).toBool()
                   ? tr("failed, to be tried again: %1").arg(error())
                   : tr("failed: %1").arg(error());
    case EventKind::StepSkipped:
        return tr("skipped: %1").arg(text(event, "reason"));
    case EventKind::StepCancelled:
        return tr("cancelled: %1").arg(text(event, "reason"));
    case EventKind::StepUnknown:
        return tr("outcome unknown: %1").arg(text(event, "evidence"));
    case EventKind::StepProbed:
        return tr("probed, %1: %2").arg(text(event, "answer"), text(event, "evidence"));
    case EventKind::ObligationOpened:
        return tr("to undo: %1")
            .arg(event.data.value(QLatin1String("obligation"))[QLatin1String("title")].toString());
    case EventKind::ObligationClosed:
        return tr("undone: %1").arg(text(event, "obligation"));
    case EventKind::WaitingStarted:
        return tr("waits for %1: %2").arg(text(event, "for"), text(event, "text"));
    case EventKind::WaitingEnded:
    case EventKind::Continued:
        return tr("goes on");
    case EventKind::PauseRequested:
        return tr("a pause was asked for");
    case EventKind::Paused:
        return tr("paused");
    case EventKind::PointPublished:
        return tr("the restore point %1 is in the store %2")
            .arg(text(event, "point"), text(event, "store"));
    case EventKind::WarningRaised:
        return tr("warning: %1").arg(text(event, "text"));
    case EventKind::RunFinishing:
        return tr("the last steps begin");
    case EventKind::RunReopened:
        return tr("taken up again");
    case EventKind::RunEnded:
        return event.data.contains(QLatin1String("error"))
                   ? tr("ended, %1: %2").arg(text(event, "state"), error())
                   : tr("ended, %1").arg(text(event, "state"));
    // People's acts have a list of their own, checks a table.
    case EventKind::RunRequested:
    case EventKind::Prepared:
    case EventKind::CheckDone:
    case EventKind::RunReady:
    case EventKind::RunDrafted:
    case EventKind::Go:
    case EventKind::StepObserved:
    case EventKind::ObligationWaived:
    case EventKind::Answered:
    case EventKind::CancelRequested:
        break;
    }
    return {};
}

} // namespace

std::vector<RunAct> actsOf(const std::vector<RunEvent> &events)
{
    std::vector<RunAct> acts;
    for (const RunEvent &event : events) {
        const auto add = [&](const QString &what, const QString &note) {
            acts.push_back({event.time, text(event, "by"), what, note});
        };
        switch (event.kind) {
        case EventKind::RunRequested:
            add(tr("asked for it"), requestNote(event));
            acts.back().by =
                event.data.value(QLatin1String("request"))[QLatin1String("by")].toString();
            break;
        case EventKind::Go:
            add(tr("said go"), goNote(GoAnswer::fromJson(event.data)));
            break;
        case EventKind::Answered:
            add(tr("answered %1 for the step “%2”").arg(text(event, "answer"), event.step),
                withEvidence(event));
            break;
        case EventKind::CancelRequested:
            add(tr("cancelled it"), text(event, "leaves"));
            break;
        case EventKind::ObligationWaived:
            add(tr("ended by word “%1”").arg(text(event, "obligation")), withEvidence(event));
            break;
        default:
            break;
        }
    }
    return acts;
}

std::vector<RunHappening> happeningsOf(const std::vector<RunEvent> &events)
{
    std::vector<RunHappening> happenings;
    for (const RunEvent &event : events) {
        if (const QString said = happeningText(event); !said.isEmpty())
            happenings.push_back({event.time, event.step, event.attempt, name(event.kind), said});
    }
    return happenings;
}

QString outcomeText(const RunView &view)
{
    const auto &obligations = view.state.obligations;
    const auto open = std::count_if(obligations.begin(), obligations.end(), [](const auto &owed) {
        return owed.state == ObligationState::Open;
    });
    if (open == 0)
        return stateText(view);
    return tr("%1 %2").arg(stateText(view), tr("%n thing(s) still to undo.", nullptr, int(open)));
}

StepState shownState(const RunView &view, const StepRecord *record)
{
    if (!record)
        return StepState::Pending;
    const bool lost = view.shown == RunStateName::Interrupted &&
                      (record->state == StepState::Running || record->state == StepState::Waiting);
    return lost ? StepState::Unknown : record->state;
}

} // namespace lb
