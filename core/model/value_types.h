// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QJsonValue>
#include <QList>
#include <QString>
#include <QStringList>

#include <chrono>
#include <optional>

namespace lb {

/// The closed word lists of design §2, §4 and §7. Each has `name()` (the word in YAML, JSON and the
/// journal) and `fromName()`; words of other lists do not parse.

enum class Purpose
{
    Save,
    Restore,
    Rehearse,
    Migrate,
    Repair,
    Prepare,
    Import,
    Prove,
    Change,
    Cleanup,
    Assess
};
enum class Effect
{
    Read,
    Change,
    Destroy
};
enum class ResumePolicy
{
    Repeat,
    Probe,
    Ask
};
enum class FinallyWhen
{
    Always,
    Proven
};
/// Which installation a run is aimed at (design §5).
enum class TargetKind
{
    Same,
    Replacement,
    Rehearsal
};
enum class CheckVerdict
{
    Passed,
    Warned,
    Failed,
    Skipped
};
enum class StepState
{
    Pending,
    Running,
    Waiting,
    Succeeded,
    Warned,
    Failed,
    Skipped,
    Cancelled,
    Unknown
};
/// Draft = frozen plan, nobody holds it; Interrupted = its runner is dead and it had not ended.
enum class RunStateName
{
    Preparing,
    Ready,
    Draft,
    Running,
    Paused,
    Waiting,
    Finishing,
    Succeeded,
    Warned,
    Failed,
    Cancelled,
    Interrupted
};
enum class WaitingFor
{
    Person,
    Credential,
    Network,
    Disk
};
enum class ObligationState
{
    Open,
    Closed,
    Waived
};
enum class Completeness
{
    Complete,
    Incomplete,
    Unknown
};
/// Ordered: a higher level includes the lower ones.
enum class ProofLevel
{
    Listed,
    Checksummed,
    Read,
    Restored
};
enum class OutputKind
{
    None,
    Text,
    Lines,
    Json
};
enum class EvidenceKind
{
    None,
    Text,
    File
};
enum class AnswerKind
{
    Done,
    Skip,
    Retry,
    Stop,
    Yes
};
enum class PlanSection
{
    Steps,
    Finally,
    Closing
};

#define LB_WORDS(Type)                                                                             \
    QString name(Type value);                                                                      \
    std::optional<Type> fromName(const QString &text, Type *);                                     \
    QStringList namesOf(Type *)
LB_WORDS(Purpose);
LB_WORDS(Effect);
LB_WORDS(ResumePolicy);
LB_WORDS(FinallyWhen);
LB_WORDS(TargetKind);
LB_WORDS(CheckVerdict);
LB_WORDS(StepState);
LB_WORDS(RunStateName);
LB_WORDS(WaitingFor);
LB_WORDS(ObligationState);
LB_WORDS(Completeness);
LB_WORDS(ProofLevel);
LB_WORDS(OutputKind);
LB_WORDS(EvidenceKind);
LB_WORDS(AnswerKind);
LB_WORDS(PlanSection);
#undef LB_WORDS

/// `fromWord<Purpose>(u"save")`.
template <class T>
std::optional<T> fromWord(const QString &text)
{
    return fromName(text, static_cast<T *>(nullptr));
}
/// All words of a list, in order, for suggestions and schemas.
template <class T>
QStringList wordsOf()
{
    return namesOf(static_cast<T *>(nullptr));
}

/// True for the states that a run does not leave by itself: succeeded, warned, failed, cancelled.
bool isEnded(RunStateName state);
/// True for succeeded, warned, failed, skipped, cancelled.
bool isEnded(StepState state);
/// Restore, migrate and repair: where a system may only be let run again when it is proven.
bool needsProof(Purpose purpose);
/// Save and import: a good end is a restore point.
bool makesPoint(Purpose purpose);

/// `2m`, `30s`, `500ms`, `4h`, `1d` ↔ milliseconds.
Result<std::chrono::milliseconds> parseDuration(const QString &text);
QString durationWord(std::chrono::milliseconds duration);
/// `2GiB`, `500MB`, `10KiB`, `0` → bytes.
Result<qint64> parseSize(const QString &text);

} // namespace lb
