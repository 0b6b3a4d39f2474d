// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/plan_words.h"

#include "core/base/format.h"
#include "core/model/condition_text.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Report)

constexpr qsizetype kMostNames = 5;

QString targetText(TargetKind target)
{
    switch (target) {
    case TargetKind::Same:
        return tr("the same installation");
    case TargetKind::Replacement:
        return tr("the replacement of a lost installation");
    case TargetKind::Rehearsal:
        return tr("a rehearsal beside the live system");
    }
    return {};
}

/// A step of a long list may need thousands; the first ones say enough.
QString someOf(const QStringList &names)
{
    const QString shown = displayText(names.mid(0, kMostNames).join(QStringLiteral(", ")));
    const qsizetype more = names.size() - kMostNames;
    return more > 0 ? tr("%1 and %n more", nullptr, int(more)).arg(shown) : shown;
}

bool changesTarget(const PlannedStep &step)
{
    return step.effect != Effect::Read && step.skipReason.isEmpty();
}

bool writesStore(const PlannedStep &step)
{
    return std::any_of(step.calls.begin(), step.calls.end(), [](const Call &call) {
        return callAs<TreeSaveCall>(call) || callAs<PublishCall>(call);
    });
}

QString operandText(const QJsonValue &operand)
{
    const QJsonObject object = operand.toObject();
    const QJsonValue value = object.value(QLatin1String("value"));
    if (!value.isUndefined()) {
        const QByteArray json = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
        return value.isString() ? QStringLiteral("“%1”").arg(value.toString())
                                : QString::fromUtf8(json.mid(1, json.size() - 2));
    }
    const QJsonValue slot = object.value(QLatin1String("slot"));
    return slot.isString() ? QStringLiteral("‹%1›").arg(slot.toString())
                           : QStringLiteral("“%1”").arg(TemplateText::fromJson(operand).display());
}

QString orderText(const Plan &plan, size_t index)
{
    const PlannedStep &step = plan.steps[index];
    const PlannedStep *before = index > 0 ? &plan.steps[index - 1] : nullptr;
    const bool firstOfSection = !before || before->section != step.section;
    if (step.needs.isEmpty())
        return firstOfSection ? QString() : tr("Waits for no other step");
    if (!firstOfSection && step.needs == QStringList{before->id})
        return {};
    return tr("After %1").arg(someOf(step.needs));
}

QString retryText(const RetrySpec &retry)
{
    if (retry.times <= 0)
        return {};
    QStringList codes;
    for (const ErrorCode code : retry.on)
        codes << errorCodeName(code);
    const QString text = tr("Tried again up to %n times, %1 apart", nullptr, retry.times)
                             .arg(durationWord(retry.wait));
    return codes.isEmpty() ? text : tr("%1, on %2").arg(text, codes.join(QStringLiteral(", ")));
}

QString timeoutText(const PlannedStep &step)
{
    if (!step.timeout)
        return {};
    return tr("At most %1; then it is asked to end, and ended %2 later")
        .arg(durationWord(*step.timeout), durationWord(step.grace));
}

QStringList interruptionNotes(const PlannedStep &step)
{
    if (!changesTarget(step))
        return {};
    switch (step.resume) {
    case ResumePolicy::Repeat:
        return {tr("After an interruption: continued; doing it again is harmless")};
    case ResumePolicy::Ask:
        return {tr("After an interruption: a person says whether it was done")};
    case ResumePolicy::Probe:
        break;
    }
    if (!step.probe)
        return {tr("After an interruption: looked at before it is done again")};
    QStringList notes{tr("After an interruption: probed. Done when %1; not done when %2; "
                         "anything else is asked")
                          .arg(displayText(step.probe->doneWhen.display()),
                               displayText(step.probe->notDoneWhen.display()))};
    return notes + describeCall(step.probe->call);
}

QStringList undoNotes(const Plan &plan, const PlannedStep &step)
{
    if (!changesTarget(step) || step.section != PlanSection::Steps)
        return {};
    if (step.undo.empty()) {
        const bool owed = step.obliges && plan.step(step.obliges->by) != nullptr;
        return {owed ? tr("Undo: by the step %1").arg(displayText(step.obliges->by))
                     : tr("Undo: none")};
    }
    QStringList notes;
    for (const Call &call : step.undo) {
        QStringList lines = describeCall(call);
        lines.first() = tr("Undo: %1").arg(lines.first());
        notes += lines;
    }
    return notes;
}

} // namespace

std::vector<LabelledText> planHeader(const Plan &plan)
{
    std::vector<LabelledText> rows;
    const auto row = [&](const QString &label, const QString &text) {
        if (!text.isEmpty())
            rows.push_back({label, displayText(text)});
    };
    row(tr("Runbook"), plan.runbook);
    row(tr("System"),
        plan.type.isEmpty() ? plan.system : tr("%1 (type %2)").arg(plan.system, plan.type));
    row(tr("Identity"), plan.identity.text);
    row(tr("Target"), targetText(plan.target));
    row(tr("Touches"), plan.identity.scope.join(QStringLiteral(", ")));
    row(tr("Version"), plan.version);
    row(tr("Restore point"), plan.restorePoint);
    row(tr("Only"), plan.only.join(QStringLiteral(", ")));
    row(tr("Store"), plan.store.folder.isEmpty()
                         ? plan.store.name
                         : tr("%1 (%2)").arg(plan.store.name, plan.store.folder));
    row(tr("Takes back"), plan.undoOf);
    row(tr("Secrets"), plan.secrets.join(QStringLiteral(", ")));
    if (plan.isProtected)
        row(tr("Protected"), tr("yes: changes need the identity's text typed"));
    if (plan.needsConfirmation())
        row(tr("To type at go"), plan.identity.text);
    return rows;
}

std::vector<LabelledLines> planReads(const Plan &plan)
{
    std::vector<LabelledLines> reads;
    for (const NamedCall &fact : plan.facts)
        reads.push_back({fact.name, describeCall(fact.call)});
    for (const NamedCall &discovery : plan.discover)
        reads.push_back({discovery.name, describeCall(discovery.call)});
    return reads;
}

QString effectText(const PlannedStep &step)
{
    switch (step.effect) {
    case Effect::Read:
        if (step.calls.empty() || !writesStore(step))
            return tr("reads");
        return step.section == PlanSection::Closing ? tr("writes to the store")
                                                    : tr("reads; writes to the store");
    case Effect::Change:
        return tr("changes");
    case Effect::Destroy:
        return tr("destroys");
    }
    return {};
}

QString finallyText(const PlannedStep &step)
{
    if (step.section != PlanSection::Finally)
        return {};
    return step.finallyWhen == FinallyWhen::Always ? tr("however the run ends")
                                                   : tr("only when everything before is proven");
}

QStringList stepNotes(const Plan &plan, size_t index)
{
    const PlannedStep &step = plan.steps[index];
    if (!step.skipReason.isEmpty())
        return {tr("Skipped: %1").arg(displayText(step.skipReason))};
    QStringList notes{orderText(plan, index)};
    if (!step.when.isNull() && !step.when.isUndefined())
        notes << tr("Done only when %1").arg(displayText(conditionText(step.when, operandText)));
    if (step.barrier())
        notes << tr("Begins only when every step before it has succeeded");
    notes << timeoutText(step) << retryText(step.retry);
    notes += interruptionNotes(step);
    if (step.obliges)
        notes << (step.obliges->by.isEmpty()
                      ? tr("Leaves to undo: %1").arg(displayText(step.obliges->title))
                      : tr("Leaves to undo: %1 (by the step %2)")
                            .arg(displayText(step.obliges->title), displayText(step.obliges->by)));
    notes += undoNotes(plan, step);
    notes.removeAll(QString());
    return notes;
}

QStringList checkNotes(const PlannedCheck &check)
{
    QStringList notes = describeCall(check.call);
    if (!check.doneWhen.isEmpty())
        notes << tr("Passes when %1").arg(displayText(check.doneWhen.display()));
    if (check.warnOnly)
        notes << tr("Otherwise a warning");
    if (!check.hint.isEmpty())
        notes << tr("Hint: %1").arg(displayText(check.hint));
    return notes;
}

QString returnText(const Plan &plan)
{
    if (plan.lineOfNoReturn >= 0 && size_t(plan.lineOfNoReturn) < plan.steps.size())
        return tr("From the step %1 on there is no way back; until then “runs undo” takes "
                  "everything back.")
            .arg(displayText(plan.steps[size_t(plan.lineOfNoReturn)].id));
    const bool changes = std::any_of(plan.steps.begin(), plan.steps.end(), changesTarget);
    return changes ? tr("There is no line of no return: “runs undo” takes every step back, also "
                        "after the end, as long as the old copies are kept.")
                   : tr("Nothing on the target is changed, so there is nothing to take back.");
}

QString returnLineText()
{
    return tr("above you can go back, below you cannot");
}

QString sectionTitle(const Plan &plan, PlanSection section)
{
    switch (section) {
    case PlanSection::Steps:
        return tr("Steps");
    case PlanSection::Finally:
        return tr("Finally");
    case PlanSection::Closing:
        return makesPoint(plan.purpose) ? tr("To make it a restore point") : tr("Closing");
    }
    return {};
}

} // namespace lb
