// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/run_state.h"

#include "core/base/clock.h"
#include "core/base/json.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(RunState)

QJsonValue timeOrNull(const QDateTime &time)
{
    return time.isValid() ? QJsonValue(toJsonTime(time)) : QJsonValue();
}

Waiting waitingFrom(const RunEvent &event)
{
    // A wait that is tried again and again goes back to its first time.
    const QDateTime since = fromJsonTime(event.data.value(QLatin1String("since")).toString());
    return {fromWord<WaitingFor>(event.data.value(QLatin1String("for")).toString())
                .value_or(WaitingFor::Person),
            event.step, event.data.value(QLatin1String("text")).toString(),
            since.isValid() ? since : event.time,
            event.data.value(QLatin1String("secret")).toString()};
}

void endStep(StepRecord &record, StepState state, const RunEvent &event)
{
    record.state = state;
    record.endedAt = event.time;
    record.reason = event.data.value(QLatin1String("reason")).toString();
    if (event.data.contains(QLatin1String("outputs")))
        record.outputs = event.data.value(QLatin1String("outputs")).toObject();
    record.warnings += toStringList(event.data.value(QLatin1String("warnings")));
    if (state == StepState::Failed) {
        record.error = errorFromJson(event.data.value(QLatin1String("error")).toObject());
        // Another attempt follows after the wait that the step declares.
        if (event.data.value(QLatin1String("retry")).toBool())
            record.state = StepState::Pending;
    }
}

} // namespace

QString Obligation::kept() const
{
    for (const char *key : {"folder", "database", "snapshot_folder"}) {
        if (const QString what = detail.value(QLatin1String(key)).toString(); !what.isEmpty())
            return what;
    }
    return {};
}

QJsonObject Obligation::toJson() const
{
    return {{QStringLiteral("id"), id},
            {QStringLiteral("run"), run},
            {QStringLiteral("system"), system},
            {QStringLiteral("title"), title},
            {QStringLiteral("by"), by},
            {QStringLiteral("detail"), detail},
            {QStringLiteral("state"), name(state)},
            {QStringLiteral("opened_at"), timeOrNull(openedAt)},
            {QStringLiteral("closed_at"), timeOrNull(closedAt)},
            {QStringLiteral("note"), note}};
}

Obligation Obligation::fromJson(const QJsonObject &object)
{
    Obligation obligation;
    const auto text = [&object](const char *key) {
        return object.value(QLatin1String(key)).toString();
    };
    obligation.id = text("id");
    obligation.run = text("run");
    obligation.system = text("system");
    obligation.title = text("title");
    obligation.by = text("by");
    obligation.detail = object.value(QLatin1String("detail")).toObject();
    obligation.state = fromWord<ObligationState>(text("state")).value_or(ObligationState::Open);
    obligation.openedAt = fromJsonTime(text("opened_at"));
    obligation.closedAt = fromJsonTime(text("closed_at"));
    obligation.note = text("note");
    return obligation;
}

void RunState::apply(const RunEvent &event)
{
    lastSeq = event.seq;
    lastTime = event.time;
    const QJsonObject &data = event.data;
    const auto text = [&data](const char *key) {
        return data.value(QLatin1String(key)).toString();
    };
    const auto stepOf = [this, &event]() -> StepRecord & {
        if (!steps.contains(event.step)) {
            steps[event.step].id = event.step;
            stepOrder << event.step;
        }
        return steps[event.step];
    };
    const auto settle = [this, &data](ObligationState how, const RunEvent &at) {
        for (Obligation &obligation : obligations) {
            if (obligation.id == data.value(QLatin1String("obligation")).toString() &&
                obligation.state == ObligationState::Open) {
                obligation.state = how;
                obligation.closedAt = at.time;
                obligation.note = data.value(QLatin1String("note")).toString();
            }
        }
    };

    switch (event.kind) {
    case EventKind::RunRequested:
        if (auto parsed = RunRequest::fromJson(data.value(QLatin1String("request")).toObject()))
            request = *parsed;
        startedAt = event.time;
        restorePoint = request.restorePoint;
        break;
    case EventKind::RunnerStarted:
        runner = ProcessIdentity::fromJson(data.value(QLatin1String("runner")).toObject());
        runnerHost = text("host");
        socket = text("socket");
        break;
    case EventKind::Prepared: {
        QJsonObject kind = prepared.value(text("kind")).toObject();
        kind.insert(text("name"), data.value(QLatin1String("value")));
        prepared.insert(text("kind"), kind);
        if (text("kind") == QLatin1String("point"))
            restorePoint = data.value(QLatin1String("value"))[QLatin1String("id")].toString();
        break;
    }
    case EventKind::CheckDone: {
        CheckRecord record{text("check"),
                           text("title"),
                           text("evidence"),
                           text("hint"),
                           fromWord<CheckVerdict>(text("verdict")).value_or(CheckVerdict::Failed),
                           event.time};
        const auto old = std::find_if(checks.begin(), checks.end(),
                                      [&](const CheckRecord &c) { return c.id == record.id; });
        if (old == checks.end())
            checks.push_back(std::move(record));
        else
            *old = std::move(record);
        break;
    }
    case EventKind::PlanFrozen:
        planSha256 = text("plan_sha256");
        break;
    case EventKind::PlanVoided:
        planSha256.clear();
        go.reset();
        planDifferences.clear();
        for (const QJsonValue difference : data.value(QLatin1String("differences")).toArray())
            planDifferences << difference.toObject();
        state = RunStateName::Preparing;
        break;
    case EventKind::RunReady:
        state = RunStateName::Ready;
        break;
    case EventKind::RunDrafted:
        state = RunStateName::Draft;
        waiting.reset();
        break;
    case EventKind::Go:
        go = GoAnswer::fromJson(data);
        state = RunStateName::Running;
        for (auto reason = go->accept.begin(); reason != go->accept.end(); ++reason) {
            const auto check = std::find_if(checks.begin(), checks.end(), [&](const auto &one) {
                return one.id == reason.key() && !one.title.isEmpty();
            });
            //: a check, and the reason why its warning was accepted
            warnings << tr("“%1” warned, accepted: %2")
                            .arg(check == checks.end() ? reason.key() : check->title,
                                 reason.value());
        }
        break;
    case EventKind::LeaseTaken:
        break;
    case EventKind::StepIntended: {
        StepRecord &record = stepOf();
        record.state = StepState::Running;
        record.attempts = qMax(record.attempts, event.attempt);
        if (!record.startedAt.isValid())
            record.startedAt = event.time;
        record.endedAt = {};
        record.error.reset();
        record.fills = data.value(QLatin1String("fills")).toObject();
        break;
    }
    case EventKind::StepObserved: {
        QJsonObject observation = data;
        observation.insert(QStringLiteral("attempt"), event.attempt);
        stepOf().observed << observation;
        break;
    }
    case EventKind::StepSucceeded:
        endStep(stepOf(), StepState::Succeeded, event);
        // Which process it was matters only while nobody knows how it ended.
        stepOf().observed.removeIf([](const QJsonObject &what) {
            return what.value(QLatin1String("what")) == QLatin1String("process");
        });
        break;
    case EventKind::StepWarned:
        endStep(stepOf(), StepState::Warned, event);
        warnings += toStringList(data.value(QLatin1String("warnings")));
        break;
    case EventKind::StepFailed:
        endStep(stepOf(), StepState::Failed, event);
        break;
    case EventKind::StepSkipped:
        endStep(stepOf(), StepState::Skipped, event);
        break;
    case EventKind::StepCancelled:
        endStep(stepOf(), StepState::Cancelled, event);
        break;
    case EventKind::StepUnknown:
        stepOf().state = StepState::Unknown;
        stepOf().reason = text("evidence");
        break;
    case EventKind::StepProbed:
        stepOf().reason = text("evidence");
        break;
    case EventKind::ObligationOpened: {
        Obligation obligation =
            Obligation::fromJson(data.value(QLatin1String("obligation")).toObject());
        obligation.run = request.id.value();
        obligation.system = request.system.name;
        obligation.openedAt = event.time;
        obligation.state = ObligationState::Open;
        obligation.closedAt = {};
        const auto old = std::find_if(obligations.begin(), obligations.end(),
                                      [&](const Obligation &o) { return o.id == obligation.id; });
        if (old == obligations.end())
            obligations.push_back(std::move(obligation));
        else
            *old = std::move(obligation);
        break;
    }
    case EventKind::ObligationClosed:
        settle(ObligationState::Closed, event);
        break;
    case EventKind::ObligationWaived:
        settle(ObligationState::Waived, event);
        break;
    case EventKind::WaitingStarted:
        waiting = waitingFrom(event);
        if (steps.contains(event.step) && steps[event.step].state == StepState::Running)
            steps[event.step].state = StepState::Waiting;
        if (state == RunStateName::Running || state == RunStateName::Finishing)
            state = RunStateName::Waiting;
        break;
    case EventKind::WaitingEnded:
        if (waiting && steps.contains(waiting->step) &&
            steps[waiting->step].state == StepState::Waiting)
            steps[waiting->step].state = StepState::Running;
        waiting.reset();
        if (state == RunStateName::Waiting)
            state = finishing ? RunStateName::Finishing : RunStateName::Running;
        break;
    case EventKind::Answered: {
        QJsonObject answer = data;
        answer.insert(QStringLiteral("step"), event.step);
        answer.insert(QStringLiteral("time"), toJsonTime(event.time));
        answers << answer;
        break;
    }
    case EventKind::PauseRequested:
        pauseRequested = true;
        break;
    case EventKind::Paused:
        state = RunStateName::Paused;
        break;
    case EventKind::Continued:
        pauseRequested = false;
        state = finishing ? RunStateName::Finishing : RunStateName::Running;
        break;
    case EventKind::CancelRequested:
        cancelRequested = true;
        break;
    case EventKind::PointPublished:
        restorePoint = text("point");
        break;
    case EventKind::WarningRaised:
        warnings << text("text");
        break;
    case EventKind::RunFinishing:
        finishing = true;
        state = RunStateName::Finishing;
        break;
    case EventKind::RunReopened:
        endError.reset();
        finishing = false;
        finallyOnly = data.value(QLatin1String("finally_only")).toBool();
        // Journals of 0.1.0 do not say which: everything that went wrong, then.
        if (!data.contains(QLatin1String("again")) && !finallyOnly) {
            for (StepRecord &record : steps) {
                if (record.state == StepState::Failed || record.state == StepState::Cancelled)
                    record.state = StepState::Pending;
            }
        }
        for (const QString &id : toStringList(data.value(QLatin1String("again")))) {
            if (const auto record = steps.find(id); record != steps.end())
                record->state = StepState::Pending;
        }
        cancelRequested = false;
        endedAt = {};
        state = RunStateName::Running;
        break;
    case EventKind::RunEnded:
        state = fromWord<RunStateName>(text("state")).value_or(RunStateName::Failed);
        endedAt = event.time;
        waiting.reset();
        if (data.contains(QLatin1String("error")))
            endError = errorFromJson(data.value(QLatin1String("error")).toObject());
        break;
    }
}

const StepRecord *RunState::step(const QString &id) const
{
    const auto found = steps.find(id);
    return found == steps.end() ? nullptr : &*found;
}

bool RunState::hasOpenObligations() const
{
    return std::any_of(obligations.begin(), obligations.end(), [](const Obligation &obligation) {
        return obligation.state == ObligationState::Open;
    });
}

QJsonObject RunView::toJson() const
{
    QJsonArray stepList;
    const auto addStep = [&](const QString &id, const QString &title, const QString &phase,
                             const QString &action, const QString &effect) {
        const StepRecord *record = state.step(id);
        StepState stepState = record ? record->state : StepState::Pending;
        // What was running when the runner died is not running now.
        if (shown == RunStateName::Interrupted &&
            (stepState == StepState::Running || stepState == StepState::Waiting))
            stepState = StepState::Unknown;
        QJsonObject step{
            {QStringLiteral("id"), id},
            {QStringLiteral("title"), title},
            {QStringLiteral("phase"), phase},
            {QStringLiteral("action"), action},
            {QStringLiteral("effect"), effect},
            {QStringLiteral("state"), name(stepState)},
            {QStringLiteral("attempts"), record ? record->attempts : 0},
            {QStringLiteral("started_at"), timeOrNull(record ? record->startedAt : QDateTime())},
            {QStringLiteral("ended_at"), timeOrNull(record ? record->endedAt : QDateTime())},
            {QStringLiteral("error"), QJsonValue()}};
        if (record && record->error && stepState == StepState::Failed)
            step.insert(QStringLiteral("error"), errorToJson(*record->error));
        if (record && !record->reason.isEmpty())
            step.insert(QStringLiteral("reason"), record->reason);
        stepList.append(step);
    };
    if (plan) {
        for (const PlannedStep &step : plan->steps)
            addStep(step.id, step.title, step.phase, step.action, name(step.effect));
    } else {
        for (const QString &id : state.stepOrder)
            addStep(id, id, {}, {}, {});
    }
    QJsonArray obligationList;
    for (const Obligation &obligation : state.obligations)
        obligationList.append(obligation.toJson());
    QJsonValue waitingValue;
    if (state.waiting)
        waitingValue =
            QJsonObject{{QStringLiteral("for"), name(state.waiting->reason)},
                        {QStringLiteral("step"), state.waiting->step},
                        {QStringLiteral("since"), timeOrNull(state.waiting->since)},
                        {QStringLiteral("text"), state.waiting->text},
                        {QStringLiteral("secret"),
                         state.waiting->secret.isEmpty() ? QJsonValue() : state.waiting->secret}};
    QJsonArray checkList;
    for (const CheckRecord &check : state.checks)
        checkList.append(QJsonObject{{QStringLiteral("id"), check.id},
                                     {QStringLiteral("title"), check.title},
                                     {QStringLiteral("verdict"), name(check.verdict)},
                                     {QStringLiteral("evidence"), check.evidence},
                                     {QStringLiteral("hint"), check.hint},
                                     {QStringLiteral("at"), timeOrNull(check.at)}});
    return {{QStringLiteral("format"), 1},
            {QStringLiteral("id"), state.request.id.value()},
            {QStringLiteral("runbook"), state.request.runbookId},
            {QStringLiteral("system"), state.request.system.name},
            {QStringLiteral("purpose"), plan ? QJsonValue(name(plan->purpose)) : QJsonValue()},
            {QStringLiteral("target"), name(plan ? plan->target : state.request.target)},
            {QStringLiteral("state"), name(shown)},
            {QStringLiteral("started_at"), timeOrNull(state.startedAt)},
            {QStringLiteral("ended_at"), timeOrNull(state.endedAt)},
            {QStringLiteral("runner"),
             runnerAlive ? QJsonValue(QJsonObject{{QStringLiteral("pid"), int(state.runner.pid)},
                                                  {QStringLiteral("host"), state.runnerHost}})
                         : QJsonValue()},
            {QStringLiteral("plan_sha256"),
             state.planSha256.isEmpty() ? QJsonValue() : QJsonValue(state.planSha256)},
            {QStringLiteral("steps"), stepList},
            {QStringLiteral("checks"), checkList},
            {QStringLiteral("obligations"), obligationList},
            {QStringLiteral("waiting"), waitingValue},
            {QStringLiteral("warnings"), toJsonArray(state.warnings)},
            {QStringLiteral("restore_point"),
             state.restorePoint.isEmpty() ? QJsonValue() : QJsonValue(state.restorePoint)}};
}

int exitStatus(RunStateName state)
{
    switch (state) {
    case RunStateName::Succeeded:
    case RunStateName::Ready:
    case RunStateName::Draft:
    case RunStateName::Preparing:
    case RunStateName::Running:
    case RunStateName::Finishing:
        return 0;
    case RunStateName::Failed:
        return 1;
    case RunStateName::Warned:
        return 3;
    case RunStateName::Paused:
    case RunStateName::Waiting:
        return 4;
    case RunStateName::Cancelled:
        return 5;
    case RunStateName::Interrupted:
        return 6;
    }
    return 1;
}

} // namespace lb
