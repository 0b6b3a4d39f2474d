// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QDateTime>
#include <QJsonObject>
#include <QString>

#include <optional>

namespace lb {

/// Every kind of journal line. The word in the file is snake_case of the name.
enum class EventKind
{
    RunRequested,  ///< request{…}: first line, format 1
    RunnerStarted, ///< runner{pid,start_time,boot_id}, host, user, version, socket
    Prepared,      ///< fact: kind (identity|version|discovered|swap|point), name, value
    CheckDone,     ///< check, title, verdict, evidence, hint
    PlanFrozen,    ///< plan_sha256
    PlanVoided,    ///< differences[{what, before, now}]
    RunReady,
    RunDrafted,
    Go,               ///< plan_sha256, by, confirm, accept{check: reason}
    LeaseTaken,       ///< mode, scope[]
    StepIntended,     ///< step, attempt, fills{slot: value}
    StepObserved,     ///< step, attempt, what{…}: process identity, tree moves…
    StepSucceeded,    ///< step, attempt, outputs{…}
    StepWarned,       ///< as succeeded, plus warnings[]
    StepFailed,       ///< step, attempt, error{code,summary,detail,advice}, retry
    StepSkipped,      ///< step, reason
    StepCancelled,    ///< step, attempt, reason
    StepUnknown,      ///< step, attempt, evidence
    StepProbed,       ///< step, attempt, answer done|not_done|unclear, evidence
    ObligationOpened, ///< obligation{id,title,by,detail{…}}
    ObligationClosed, ///< obligation id, by
    ObligationWaived, ///< obligation id, by, note
    WaitingStarted,   ///< for, step, text; since, when that was earlier
    WaitingEnded,
    Answered, ///< step, answer, by, note, evidence{file,sha256}
    PauseRequested,
    Paused,
    Continued,
    CancelRequested, ///< by, leaves (the sentence shown beforehand)
    PointPublished,  ///< point, store
    WarningRaised,   ///< text
    RunFinishing,    ///< outcome of the steps so far
    RunReopened,     ///< by: resume of a failed run with work left in `finally`
    RunEnded,        ///< state, error{…} when no step says why
};
QString name(EventKind kind);
std::optional<EventKind> eventKindFromName(const QString &text);

/// One journal line without its chain. `data` holds the kind's own fields.
struct RunEvent
{
    quint64 seq = 0;
    QDateTime
        time; ///< by the runner's SteadyClock; `clock` in data: the computer's, since it was set
    EventKind kind = EventKind::RunRequested;
    QString step;
    int attempt = 0;
    QJsonObject data;

    QJsonObject toJson() const; ///< {seq, time, event, step?, attempt?, …data}
    static Result<RunEvent> fromJson(const QJsonObject &object);
};

QJsonObject errorToJson(const Error &error);
Error errorFromJson(const QJsonObject &object);

} // namespace lb
