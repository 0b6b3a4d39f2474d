// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/value_types.h"

#include <QRegularExpression>

#include <array>

namespace lb {

namespace {

LB_TRANSLATE(Values)

template <class T, size_t N>
using Words = std::array<std::pair<T, const char *>, N>;

template <class T, size_t N>
QString wordOf(const Words<T, N> &words, T value)
{
    for (const auto &[candidate, text] : words) {
        if (candidate == value)
            return QString::fromLatin1(text);
    }
    return {};
}

template <class T, size_t N>
std::optional<T> valueOf(const Words<T, N> &words, const QString &text)
{
    for (const auto &[value, word] : words) {
        if (text == QLatin1String(word))
            return value;
    }
    return std::nullopt;
}

template <class T, size_t N>
QStringList allWords(const Words<T, N> &words)
{
    QStringList list;
    for (const auto &[value, word] : words)
        list << QString::fromLatin1(word);
    return list;
}

constexpr Words<Purpose, 11> kPurpose{{{Purpose::Save, "save"},
                                       {Purpose::Restore, "restore"},
                                       {Purpose::Rehearse, "rehearse"},
                                       {Purpose::Migrate, "migrate"},
                                       {Purpose::Repair, "repair"},
                                       {Purpose::Prepare, "prepare"},
                                       {Purpose::Import, "import"},
                                       {Purpose::Prove, "prove"},
                                       {Purpose::Change, "change"},
                                       {Purpose::Cleanup, "cleanup"},
                                       {Purpose::Assess, "assess"}}};
constexpr Words<Effect, 3> kEffect{
    {{Effect::Read, "read"}, {Effect::Change, "change"}, {Effect::Destroy, "destroy"}}};
constexpr Words<ResumePolicy, 3> kResumePolicy{
    {{ResumePolicy::Repeat, "repeat"}, {ResumePolicy::Probe, "probe"}, {ResumePolicy::Ask, "ask"}}};
constexpr Words<FinallyWhen, 2> kFinallyWhen{
    {{FinallyWhen::Always, "always"}, {FinallyWhen::Proven, "proven"}}};
constexpr Words<TargetKind, 3> kTargetKind{{{TargetKind::Same, "same"},
                                            {TargetKind::Replacement, "replacement"},
                                            {TargetKind::Rehearsal, "rehearsal"}}};
constexpr Words<CheckVerdict, 4> kCheckVerdict{{{CheckVerdict::Passed, "passed"},
                                                {CheckVerdict::Warned, "warned"},
                                                {CheckVerdict::Failed, "failed"},
                                                {CheckVerdict::Skipped, "skipped"}}};
constexpr Words<StepState, 9> kStepState{{{StepState::Pending, "pending"},
                                          {StepState::Running, "running"},
                                          {StepState::Waiting, "waiting"},
                                          {StepState::Succeeded, "succeeded"},
                                          {StepState::Warned, "warned"},
                                          {StepState::Failed, "failed"},
                                          {StepState::Skipped, "skipped"},
                                          {StepState::Cancelled, "cancelled"},
                                          {StepState::Unknown, "unknown"}}};
constexpr Words<RunStateName, 12> kRunStateName{{{RunStateName::Preparing, "preparing"},
                                                 {RunStateName::Ready, "ready"},
                                                 {RunStateName::Draft, "draft"},
                                                 {RunStateName::Running, "running"},
                                                 {RunStateName::Paused, "paused"},
                                                 {RunStateName::Waiting, "waiting"},
                                                 {RunStateName::Finishing, "finishing"},
                                                 {RunStateName::Succeeded, "succeeded"},
                                                 {RunStateName::Warned, "warned"},
                                                 {RunStateName::Failed, "failed"},
                                                 {RunStateName::Cancelled, "cancelled"},
                                                 {RunStateName::Interrupted, "interrupted"}}};
constexpr Words<WaitingFor, 4> kWaitingFor{{{WaitingFor::Person, "person"},
                                            {WaitingFor::Credential, "credential"},
                                            {WaitingFor::Network, "network"},
                                            {WaitingFor::Disk, "disk"}}};
constexpr Words<ObligationState, 3> kObligationState{{{ObligationState::Open, "open"},
                                                      {ObligationState::Closed, "closed"},
                                                      {ObligationState::Waived, "waived"}}};
constexpr Words<Completeness, 3> kCompleteness{{{Completeness::Complete, "complete"},
                                                {Completeness::Incomplete, "incomplete"},
                                                {Completeness::Unknown, "unknown"}}};
constexpr Words<ProofLevel, 4> kProofLevel{{{ProofLevel::Listed, "listed"},
                                            {ProofLevel::Checksummed, "checksummed"},
                                            {ProofLevel::Read, "read"},
                                            {ProofLevel::Restored, "restored"}}};
constexpr Words<OutputKind, 4> kOutputKind{{{OutputKind::None, "none"},
                                            {OutputKind::Text, "text"},
                                            {OutputKind::Lines, "lines"},
                                            {OutputKind::Json, "json"}}};
constexpr Words<EvidenceKind, 3> kEvidenceKind{
    {{EvidenceKind::None, "none"}, {EvidenceKind::Text, "text"}, {EvidenceKind::File, "file"}}};
constexpr Words<AnswerKind, 5> kAnswerKind{{{AnswerKind::Done, "done"},
                                            {AnswerKind::Skip, "skip"},
                                            {AnswerKind::Retry, "retry"},
                                            {AnswerKind::Stop, "stop"},
                                            {AnswerKind::Yes, "yes"}}};
constexpr Words<PlanSection, 3> kPlanSection{{{PlanSection::Steps, "steps"},
                                              {PlanSection::Finally, "finally"},
                                              {PlanSection::Closing, "closing"}}};

} // namespace

#define LB_WORDS(Type)                                                                             \
    QString name(Type value)                                                                       \
    {                                                                                              \
        return wordOf(k##Type, value);                                                             \
    }                                                                                              \
    std::optional<Type> fromName(const QString &text, Type *)                                      \
    {                                                                                              \
        return valueOf(k##Type, text);                                                             \
    }                                                                                              \
    QStringList namesOf(Type *)                                                                    \
    {                                                                                              \
        return allWords(k##Type);                                                                  \
    }
LB_WORDS(Purpose)
LB_WORDS(Effect)
LB_WORDS(ResumePolicy)
LB_WORDS(FinallyWhen)
LB_WORDS(TargetKind)
LB_WORDS(CheckVerdict)
LB_WORDS(StepState)
LB_WORDS(RunStateName)
LB_WORDS(WaitingFor)
LB_WORDS(ObligationState)
LB_WORDS(Completeness)
LB_WORDS(ProofLevel)
LB_WORDS(OutputKind)
LB_WORDS(EvidenceKind)
LB_WORDS(AnswerKind)
LB_WORDS(PlanSection)
#undef LB_WORDS

bool isEnded(RunStateName state)
{
    return state == RunStateName::Succeeded || state == RunStateName::Warned ||
           state == RunStateName::Failed || state == RunStateName::Cancelled;
}

bool isEnded(StepState state)
{
    return state == StepState::Succeeded || state == StepState::Warned ||
           state == StepState::Failed || state == StepState::Skipped ||
           state == StepState::Cancelled;
}

bool needsProof(Purpose purpose)
{
    return purpose == Purpose::Restore || purpose == Purpose::Migrate || purpose == Purpose::Repair;
}

bool makesPoint(Purpose purpose)
{
    return purpose == Purpose::Save || purpose == Purpose::Import;
}

Result<std::chrono::milliseconds> parseDuration(const QString &text)
{
    static const QRegularExpression pattern(QStringLiteral("\\A([0-9]{1,9})(ms|s|m|h|d)\\z"));
    const auto match = pattern.match(text);
    if (!match.hasMatch())
        return fail(ErrorCode::BadInput, tr("“%1” is not a duration").arg(text), {},
                    tr("Write a number with ms, s, m, h or d, such as 30s or 2m"));
    const qint64 number = match.captured(1).toLongLong();
    const QString unit = match.captured(2);
    const qint64 factor = unit == QLatin1String("ms")  ? 1
                          : unit == QLatin1String("s") ? 1000
                          : unit == QLatin1String("m") ? 60'000
                          : unit == QLatin1String("h") ? 3'600'000
                                                       : 86'400'000;
    return std::chrono::milliseconds(number * factor);
}

QString durationWord(std::chrono::milliseconds duration)
{
    const qint64 ms = duration.count();
    static constexpr std::array<std::pair<qint64, const char *>, 4> kUnits{
        {{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1000, "s"}}};
    for (const auto &[factor, unit] : kUnits) {
        if (ms >= factor && ms % factor == 0)
            return QString::number(ms / factor) + QLatin1String(unit);
    }
    return QString::number(ms) + QStringLiteral("ms");
}

Result<qint64> parseSize(const QString &text)
{
    static const QRegularExpression pattern(
        QStringLiteral("\\A([0-9]{1,12})(?:([KMGT])(i?)B|B)?\\z"));
    const auto match = pattern.match(text);
    if (!match.hasMatch())
        return fail(ErrorCode::BadInput, tr("“%1” is not a size").arg(text), {},
                    tr("Write a number with B, KiB, MiB, GiB or TiB, such as 2GiB"));
    qint64 bytes = match.captured(1).toLongLong();
    const QString unit = match.captured(2);
    if (!unit.isEmpty()) {
        const qint64 base = match.captured(3).isEmpty() ? 1000 : 1024;
        for (int power = int(QStringLiteral("KMGT").indexOf(unit)); power >= 0; --power) {
            if (bytes > (Q_INT64_C(1) << 62) / base)
                return fail(ErrorCode::BadInput, tr("“%1” is too large").arg(text));
            bytes *= base;
        }
    }
    return bytes;
}

} // namespace lb
