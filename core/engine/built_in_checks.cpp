// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/built_in_checks.h"

#include "core/base/clock.h"
#include "core/base/format.h"

#include <QRegularExpression>
#include <QVersionNumber>

namespace lb {

namespace {

LB_TRANSLATE(Checks)

CheckRecord record(const char *id, const QString &title, CheckVerdict verdict,
                   const QString &evidence, const QString &hint = {})
{
    return {QString::fromLatin1(id), title, evidence, hint, verdict, utcNow()};
}

CheckRecord identityCheck(const CheckFacts &facts)
{
    const QString title = tr("The target is the installation that is meant");
    const Plan &plan = facts.plan;
    const Identity &pinned = facts.request.system.pinned;
    const auto verdict = [&](CheckVerdict how, const QString &evidence, const QString &hint = {}) {
        return record("identity", title, how, evidence, hint);
    };
    if (plan.identity.facts.size() < 2)
        return verdict(CheckVerdict::Failed,
                       tr("%1 could be read, two facts are needed; missing: %2")
                           .arg(plan.identity.facts.keys().join(QStringLiteral(", ")),
                                facts.missingFacts.join(QStringLiteral("; "))),
                       tr("Make the missing facts readable"));
    if (pinned.isEmpty()) {
        if (!needsProof(plan.purpose) || plan.target != TargetKind::Same)
            return verdict(CheckVerdict::Passed,
                           tr("%1; pinned when you let this run go").arg(plan.identity.text));
        return verdict(
            CheckVerdict::Warned,
            tr("%1 was never pinned: nothing says that it is the same installation")
                .arg(plan.identity.text),
            tr("Save it once, or: lifeboat-cli systems pin %1 --confirm TEXT").arg(plan.system));
    }
    const IdentityComparison compared = compareIdentity(pinned, plan.identity);
    const QString differing = compared.differing.join(QStringLiteral(", "));
    if (plan.target == TargetKind::Replacement) {
        if (compared.same)
            return verdict(CheckVerdict::Failed,
                           tr("this is the pinned installation itself, not a replacement"),
                           tr("Choose the target “same”"));
        if (!compared.different)
            return verdict(CheckVerdict::Failed,
                           tr("nothing says that this is another installation; agreeing: %1")
                               .arg(compared.agreeing.join(QStringLiteral(", "))),
                           tr("Make more facts readable, or choose the target “same”"));
        return verdict(CheckVerdict::Passed, tr("another installation: %1 differ").arg(differing));
    }
    if (compared.same)
        return verdict(CheckVerdict::Passed,
                       tr("%1; agreeing: %2")
                           .arg(plan.identity.text, compared.agreeing.join(QStringLiteral(", "))));
    if (plan.target == TargetKind::Rehearsal)
        return verdict(CheckVerdict::Passed, tr("another installation: %1 differ").arg(differing));
    return verdict(
        CheckVerdict::Failed,
        tr("not as pinned: %1").arg(differing.isEmpty() ? tr("only one fact agrees") : differing),
        tr("If this machine replaces a lost one, choose the target “replacement”; if it "
           "was changed on purpose: lifeboat-cli systems pin %1 --confirm TEXT")
            .arg(plan.system));
}

CheckRecord saveRoom(const CheckFacts &facts)
{
    const QString title = tr("Room in the store");
    const QString evidence = facts.sourceBytes < 0 ? tr("%1 free").arg(formatSize(facts.storeFree))
                                                   : tr("%1 free, %2 to save before compression")
                                                         .arg(formatSize(facts.storeFree),
                                                              formatSize(facts.sourceBytes));
    const QString hint = tr("Free space, or choose another store");
    // Compression does not bring data below a twentieth in practice; above that nobody can tell.
    if (facts.storeFree >= 0 && facts.storeFree < facts.sourceBytes / 20 + 16 * 1024 * 1024)
        return record("room", title, CheckVerdict::Failed, evidence, hint);
    if (facts.storeFree >= 0 && facts.storeFree < facts.sourceBytes)
        return record("room", title, CheckVerdict::Warned, evidence, hint);
    return record("room", title, CheckVerdict::Passed, evidence);
}

CheckRecord restoreRoom(const CheckFacts &facts)
{
    const QString title = tr("Room for the old and the new content");
    // All folders are staged before the first one is swapped: what lies on one disk counts
    // together.
    struct Disk
    {
        QStringList folders;
        qint64 free = 0, need = 0;
    };
    QMap<quint64, Disk> disks;
    for (const PlannedStep &step : facts.plan.steps) {
        for (const Call &call : step.calls) {
            const auto *stage = callAs<TreeStageCall>(call);
            if (!stage || !facts.targetRoom.contains(stage->into))
                continue;
            const DiskRoom room = facts.targetRoom.value(stage->into);
            Disk &disk = disks[room.device];
            disk.folders << stage->into;
            disk.free = room.free;
            disk.need += stage->bytes + stage->entries * 4096 / 4;
        }
    }
    QStringList evidence;
    bool tooLittle = false;
    for (const Disk &disk : std::as_const(disks)) {
        tooLittle = tooLittle || disk.free < disk.need;
        evidence << tr("%1: %2 free, %3 needed")
                        .arg(disk.folders.join(QStringLiteral(", ")), formatSize(disk.free),
                             formatSize(disk.need));
    }
    return record("room", title, tooLittle ? CheckVerdict::Failed : CheckVerdict::Passed,
                  evidence.join(QStringLiteral("; ")),
                  tooLittle ? tr("Free space on the target's file system; the old copy stays "
                                 "beside the new one until you delete it")
                            : QString());
}

CheckRecord swapCheck(const CheckFacts &facts)
{
    QStringList problems, ways;
    for (const SwapFact &swap : facts.swaps) {
        if (!swap.problem.isEmpty())
            problems << swap.into + QStringLiteral(": ") + swap.problem;
        else
            ways << swap.into + QStringLiteral(": ") + name(swap.way);
    }
    return record("swap", tr("The restored folders can take their place"),
                  problems.isEmpty() ? CheckVerdict::Passed : CheckVerdict::Failed,
                  (problems.isEmpty() ? ways : problems).join(QStringLiteral("; ")),
                  problems.isEmpty() ? QString() : tr("Restore into another folder instead"));
}

CheckRecord proofCheck(const CheckFacts &facts)
{
    const RestorePoint &point = *facts.point;
    const QString title = tr("The restore point is whole");
    if (!point.isWhole())
        return record("proof", title,
                      facts.plan.only.isEmpty() ? CheckVerdict::Failed : CheckVerdict::Warned,
                      point.problem.isEmpty()
                          ? tr("missing: %1").arg(point.missingParts().join(QStringLiteral(", ")))
                          : point.problem,
                      tr("Choose another restore point, or single parts with --only"));
    const QString evidence =
        tr("%1, made %2, proof: %3").arg(point.id, formatTime(point.madeAt), name(point.proof));
    if (point.proof < ProofLevel::Checksummed)
        return record("proof", title, CheckVerdict::Passed,
                      evidence + QStringLiteral("; ") +
                          tr("every byte is verified before anything is replaced"));
    return record("proof", title, CheckVerdict::Passed, evidence);
}

/// Who can open what this save encrypts (design §6): a lost key must not be a lost restore point.
std::optional<CheckRecord> recipientsCheck(const Plan &plan)
{
    QStringList parts;
    for (const PartSpec &part : plan.parts) {
        if (part.secret)
            parts << part.id;
    }
    if (parts.isEmpty())
        return std::nullopt;
    const QString title = tr("Secret parts can be opened again");
    const QStringList recipients = plan.store.allRecipients();
    const QString hint = tr("lifeboat-cli stores add %1 … --recipient age1… --recovery-recipient "
                            "age1…; the recovery "
                            "key is kept away from this computer")
                             .arg(plan.store.name);
    if (recipients.isEmpty())
        return record("recipients", title, CheckVerdict::Failed,
                      tr("%1 must be encrypted, and the store %2 has nobody to encrypt for")
                          .arg(parts.join(QStringLiteral(", ")), plan.store.name),
                      hint);
    if (plan.store.recoveryRecipient.isEmpty())
        return record("recipients", title, CheckVerdict::Warned,
                      tr("%1: %n recipient(s), and none of them is a recovery key", nullptr,
                         int(recipients.size()))
                          .arg(parts.join(QStringLiteral(", "))),
                      hint);
    if (recipients.size() < 2)
        return record(
            "recipients", title, CheckVerdict::Warned,
            tr("%1: only the recovery key will open it").arg(parts.join(QStringLiteral(", "))),
            hint);
    return record(
        "recipients", title, CheckVerdict::Passed,
        tr("%1: %n recipient(s), one of them the recovery key", nullptr, int(recipients.size()))
            .arg(parts.join(QStringLiteral(", "))));
}

CheckRecord appliesCheck(const CheckFacts &facts)
{
    const QString title = tr("The runbook is proven on this version");
    const QString version = facts.plan.version;
    if (version.isEmpty())
        return record("applies_to", title, CheckVerdict::Warned,
                      tr("the version could not be read; proven on %1").arg(facts.appliesTo));
    if (versionFits(facts.appliesTo, version).value_or(false))
        return record("applies_to", title, CheckVerdict::Passed,
                      tr("%1 is within %2").arg(version, facts.appliesTo));
    return record("applies_to", title, CheckVerdict::Warned,
                  tr("not proven on %1, only on %2").arg(version, facts.appliesTo),
                  tr("Say why you go on all the same"));
}

bool comparisonHolds(const QString &op, int order)
{
    return op == QLatin1String(">=")   ? order >= 0
           : op == QLatin1String("<=") ? order <= 0
           : op == QLatin1String(">")  ? order > 0
           : op == QLatin1String("<")  ? order < 0
                                       : order == 0;
}

} // namespace

std::optional<bool> versionFits(const QString &rule, const QString &version)
{
    static const QRegularExpression term(
        QStringLiteral("\\A(>=|<=|>|<|=)?([0-9]+(?:\\.[0-9]+)*)\\z"));
    const QVersionNumber have = QVersionNumber::fromString(version);
    if (have.isNull())
        return std::nullopt;
    const QStringList terms = rule.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    for (const QString &one : terms) {
        const auto match = term.match(one);
        if (!match.hasMatch())
            return std::nullopt;
        const QVersionNumber want = QVersionNumber::fromString(match.captured(2));
        if (!comparisonHolds(match.captured(1),
                             QVersionNumber::compare(have.normalized(), want.normalized())))
            return false;
    }
    return true;
}

std::vector<CheckRecord> builtInChecks(const CheckFacts &facts)
{
    std::vector<CheckRecord> checks;
    const Plan &plan = facts.plan;
    if (!plan.facts.empty())
        checks.push_back(identityCheck(facts));
    if (!facts.appliesTo.isEmpty())
        checks.push_back(appliesCheck(facts));
    if (plan.target == TargetKind::Replacement)
        checks.push_back(record("old_off", tr("The old installation is off"), CheckVerdict::Warned,
                                tr("Lifeboat cannot see the lost installation"),
                                tr("Make sure that it cannot come back, and say how you know")));
    if (facts.leaseProblem)
        checks.push_back(record("lease", tr("No other run works on the target"),
                                CheckVerdict::Failed, facts.leaseProblem->sentence(),
                                facts.leaseProblem->advice));
    else if (!plan.identity.scope.isEmpty())
        checks.push_back(record("lease", tr("No other run works on the target"),
                                CheckVerdict::Passed,
                                plan.identity.scope.join(QStringLiteral(", "))));
    if (facts.storeFree >= 0)
        checks.push_back(saveRoom(facts));
    if (!facts.targetRoom.isEmpty())
        checks.push_back(restoreRoom(facts));
    if (!facts.swaps.empty())
        checks.push_back(swapCheck(facts));
    if (facts.point)
        checks.push_back(proofCheck(facts));
    if (const auto recipients = recipientsCheck(plan))
        checks.push_back(*recipients);
    return checks;
}

} // namespace lb
