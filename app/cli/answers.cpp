// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/answers.h"

#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/json.h"

#include <QFileInfo>

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

QString word(CheckVerdict verdict)
{
    switch (verdict) {
    case CheckVerdict::Passed:
        return tr("passed");
    case CheckVerdict::Warned:
        return tr("WARNED");
    case CheckVerdict::Failed:
        return tr("FAILED");
    case CheckVerdict::Skipped:
        return tr("skipped");
    }
    return {};
}

} // namespace

QString absolutePath(const QString &path)
{
    return path.isEmpty() ? path : QFileInfo(path).absoluteFilePath();
}

QJsonObject inputJson(const InputSpec &input)
{
    return {{QStringLiteral("name"), input.name},
            {QStringLiteral("type"), name(input.type)},
            {QStringLiteral("list"), input.isList},
            {QStringLiteral("required"), input.required},
            {QStringLiteral("title"), input.title},
            {QStringLiteral("help"), input.help},
            {QStringLiteral("choices"), toJsonArray(input.choices)}};
}

void sayInputs(const std::vector<InputSpec> &inputs)
{
    Table table({{tr("  INPUT"), true}, {tr("TYPE"), true}, {tr("MEANING")}});
    for (const InputSpec &input : inputs) {
        QString type = name(input.type);
        if (input.isList)
            type = tr("%1, several").arg(type);
        const QString meaning =
            input.help.isEmpty() ? input.title : tr("%1: %2").arg(input.title, input.help);
        table.add({QStringLiteral("  ") + input.name, type,
                   input.required ? tr("%1 (needed)").arg(meaning) : meaning});
    }
    table.print(tr("  no inputs"));
}

int sayChecks(Session &session, const RunView &view)
{
    const RunState &state = view.state;
    int status = kGood;
    QJsonArray list;
    const QDateTime now = utcNow();
    for (const CheckRecord &check : state.checks) {
        if (check.verdict == CheckVerdict::Failed)
            status = kFailed;
        else if (check.verdict == CheckVerdict::Warned && status == kGood)
            status = kWarned;
        list.append(QJsonObject{{QStringLiteral("id"), check.id},
                                {QStringLiteral("title"), check.title},
                                {QStringLiteral("verdict"), name(check.verdict)},
                                {QStringLiteral("evidence"), check.evidence},
                                {QStringLiteral("hint"), check.hint},
                                {QStringLiteral("at"), toJsonTime(check.at)}});
    }
    if (state.endError) {
        if (status == kGood || status == kWarned)
            status = exitOf(*state.endError);
        session.failed(*state.endError);
    } else if (!isEnded(view.shown)) {
        status = exitStatus(view.shown);
    }
    if (session.json()) {
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("run"), state.request.id.value()},
                 {QStringLiteral("runbook"), state.request.runbookId},
                 {QStringLiteral("system"), state.request.system.name},
                 {QStringLiteral("state"), name(view.shown)},
                 {QStringLiteral("checks"), list}});
        return status;
    }
    Table table({{tr("CHECK"), true}, {tr("VERDICT"), true}, {tr("AGE"), true}, {tr("EVIDENCE")}});
    for (const CheckRecord &check : state.checks) {
        const bool good =
            check.verdict == CheckVerdict::Passed || check.verdict == CheckVerdict::Skipped;
        QString evidence = check.evidence.isEmpty() ? check.title : check.evidence;
        if (!good && !check.hint.isEmpty())
            evidence = tr("%1. %2").arg(evidence, check.hint);
        table.add({check.id, word(check.verdict), formatAge(check.at, now), evidence});
    }
    table.print(tr("no checks"));
    return status;
}

QString proofText(const RestorePoint &point)
{
    const QString age = formatAge(point.proofAt, utcNow());
    switch (point.proof) {
    case ProofLevel::Listed:
        return tr("listed only");
    case ProofLevel::Checksummed:
        return tr("checksummed, %1").arg(age);
    case ProofLevel::Read:
        return tr("read in full, %1").arg(age);
    case ProofLevel::Restored:
        return tr("restored and used, %1").arg(age);
    }
    return {};
}

QString completenessText(const RestorePoint &point)
{
    switch (point.completeness()) {
    case Completeness::Complete:
        return tr("complete");
    case Completeness::Incomplete:
        if (point.missingParts().isEmpty())
            return tr("incomplete: %1").arg(point.missing().join(QStringLiteral(", ")));
        return tr("lacks %1").arg(point.missingParts().join(QStringLiteral(", ")));
    case Completeness::Unknown:
        return point.problem.isEmpty() ? tr("unknown") : point.problem;
    }
    return {};
}

RestoreReadiness restoreReadiness(Service &service, const QString &system)
{
    RestoreReadiness answer;
    const BestPoint best = service.best(system);
    const std::optional<RestorePoint> point = best.chosen ? best.chosen : best.proven;
    if (!best.proven && !best.newest)
        answer.missing << tr("no complete restore point");
    else if (!best.chosen)
        answer.missing << best.reason;
    const QString verify = point
                               ? QStringLiteral("backups verify ") + point->id +
                                     (point->isEncrypted() ? QStringLiteral(" --open") : QString())
                               : QString();
    if (point && point->proof < ProofLevel::Read)
        answer.missing
            << tr("no restore point was read in full (%1)", "%1 is a command").arg(verify);
    if (point && point->isRecoveryKeyUntried)
        answer.missing << tr("the recovery key has not opened one yet (%1 with it)",
                             "%1 is a command")
                              .arg(verify);
    for (const Obligation &obligation : service.obligations(system)) {
        if (obligation.kept().isEmpty())
            answer.missing << tr("still to undo: %1").arg(obligation.title);
    }
    for (const RunSummary &run : service.runs()) {
        if (run.system == system && run.state == RunStateName::Interrupted)
            answer.missing << tr("run %1 was interrupted").arg(run.id);
    }
    answer.could = answer.missing.isEmpty();
    answer.sentence = answer.could
                          ? tr("Could it be restored tonight? Yes, from %1 of %2.")
                                .arg(point->id, formatTime(point->madeAt))
                          : tr("Could it be restored tonight? No: %n thing(s) missing: %1.",
                               nullptr, int(answer.missing.size()))
                                .arg(answer.missing.join(QStringLiteral("; ")));
    return answer;
}

} // namespace lb::cli
