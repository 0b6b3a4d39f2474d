// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/run_event.h"

#include "core/base/clock.h"

#include <array>

namespace lb {

namespace {

LB_TRANSLATE(Journal)

constexpr std::array<std::pair<EventKind, const char *>, 34> kNames{{
    {EventKind::RunRequested, "run_requested"},
    {EventKind::RunnerStarted, "runner_started"},
    {EventKind::Prepared, "prepared"},
    {EventKind::CheckDone, "check_done"},
    {EventKind::PlanFrozen, "plan_frozen"},
    {EventKind::PlanVoided, "plan_voided"},
    {EventKind::RunReady, "run_ready"},
    {EventKind::RunDrafted, "run_drafted"},
    {EventKind::Go, "go"},
    {EventKind::LeaseTaken, "lease_taken"},
    {EventKind::StepIntended, "step_intended"},
    {EventKind::StepObserved, "step_observed"},
    {EventKind::StepSucceeded, "step_succeeded"},
    {EventKind::StepWarned, "step_warned"},
    {EventKind::StepFailed, "step_failed"},
    {EventKind::StepSkipped, "step_skipped"},
    {EventKind::StepCancelled, "step_cancelled"},
    {EventKind::StepUnknown, "step_unknown"},
    {EventKind::StepProbed, "step_probed"},
    {EventKind::ObligationOpened, "obligation_opened"},
    {EventKind::ObligationClosed, "obligation_closed"},
    {EventKind::ObligationWaived, "obligation_waived"},
    {EventKind::WaitingStarted, "waiting_started"},
    {EventKind::WaitingEnded, "waiting_ended"},
    {EventKind::Answered, "answered"},
    {EventKind::PauseRequested, "pause_requested"},
    {EventKind::Paused, "paused"},
    {EventKind::Continued, "continued"},
    {EventKind::CancelRequested, "cancel_requested"},
    {EventKind::PointPublished, "point_published"},
    {EventKind::WarningRaised, "warning_raised"},
    {EventKind::RunFinishing, "run_finishing"},
    {EventKind::RunReopened, "run_reopened"},
    {EventKind::RunEnded, "run_ended"},
}};

} // namespace

QString name(EventKind kind)
{
    for (const auto &[value, text] : kNames) {
        if (value == kind)
            return QString::fromLatin1(text);
    }
    return {};
}

std::optional<EventKind> eventKindFromName(const QString &text)
{
    for (const auto &[value, word] : kNames) {
        if (text == QLatin1String(word))
            return value;
    }
    return std::nullopt;
}

QJsonObject RunEvent::toJson() const
{
    QJsonObject object = data;
    object.insert(QStringLiteral("seq"), qint64(seq));
    object.insert(QStringLiteral("time"), toJsonTime(time));
    object.insert(QStringLiteral("event"), name(kind));
    if (!step.isEmpty()) {
        object.insert(QStringLiteral("step"), step);
        if (attempt > 0)
            object.insert(QStringLiteral("attempt"), attempt);
    }
    return object;
}

Result<RunEvent> RunEvent::fromJson(const QJsonObject &object)
{
    RunEvent event;
    event.seq = quint64(object.value(QLatin1String("seq")).toInteger());
    event.time = fromJsonTime(object.value(QLatin1String("time")).toString());
    const QString word = object.value(QLatin1String("event")).toString();
    const auto kind = eventKindFromName(word);
    if (!kind)
        return fail(ErrorCode::Unsupported, tr("The journal has an event that is not known"), word);
    event.kind = *kind;
    event.step = object.value(QLatin1String("step")).toString();
    event.attempt = object.value(QLatin1String("attempt")).toInt();
    event.data = object;
    for (const char *key : {"seq", "time", "event", "step", "attempt", "prev", "sha256", "format"})
        event.data.remove(QLatin1String(key));
    return event;
}

QJsonObject errorToJson(const Error &error)
{
    return {{QStringLiteral("code"), errorCodeName(error.code)},
            {QStringLiteral("summary"), error.summary},
            {QStringLiteral("detail"), error.detail},
            {QStringLiteral("advice"), error.advice}};
}

Error errorFromJson(const QJsonObject &object)
{
    return {errorCodeFromName(object.value(QLatin1String("code")).toString()),
            object.value(QLatin1String("summary")).toString(),
            object.value(QLatin1String("detail")).toString(),
            object.value(QLatin1String("advice")).toString()};
}

} // namespace lb
