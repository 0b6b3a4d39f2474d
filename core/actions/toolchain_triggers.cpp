// SPDX-License-Identifier: GPL-3.0-or-later
// What starts pipelines of a copy by itself: made again, switched on and off (sheet §7.2).
#include "core/actions/answer_output.h"
#include "core/actions/saved_toolchain.h"
#include "core/base/json.h"
#include "core/systems/ibm_toolchain/api_copy.h"

#include <QJsonArray>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

const QString kPipeline = QStringLiteral("pipeline");
const QString kTrigger = QStringLiteral("trigger");
const QString kProperty = QStringLiteral("property");
const QString kName = QStringLiteral("name");

const TektonTrigger *named(const std::vector<TektonTrigger> &triggers, const QString &name)
{
    const auto found = std::find_if(triggers.begin(), triggers.end(),
                                    [&](const TektonTrigger &one) { return one.name == name; });
    return found == triggers.end() ? nullptr : &*found;
}

/// The repository of the copy that stands for the one of a saved trigger.
QString mirrorOf(const QString &url, const std::vector<std::pair<QString, QString>> &mirrors)
{
    for (const auto &[from, to] : mirrors) {
        if (isSameRepository(from, url))
            return to;
    }
    return url;
}

/// Switching triggers of one copy, or of its source, on or off.
class Switch
{
public:
    Switch(ToolchainJob &job, const ToolchainExport &saved, const Template &made)
        : m_job(job),
          m_mirrors(mirrorsOf(saved, job.call)),
          m_made(made),
          m_isSource(!job.call.toolchains.empty())
    {
    }

    Result<void> work(const ToolchainTool &pipeline)
    {
        QStringList wanted;
        if (m_job.call.isOn) {
            TRY_VALUE(wanted, makeWanted(pipeline));
        }
        return switchThere(m_job, pipeline, wanted, done);
    }

    QStringList done, warnings;

private:
    /// Makes all that a copy was made without; what somebody has deleted in the source since is not
    /// ours to take back. Those that were on when they were saved.
    Result<QStringList> makeWanted(const ToolchainTool &pipeline)
    {
        QStringList wanted;
        TRY_VALUE(const auto there, triggersOf(m_job, pipeline));
        for (const Template::RemovedTrigger &removed : m_made.removed) {
            if (removed.service != pipeline.name)
                continue;
            const QString name = removed.trigger.textOf(kName);
            const TektonTrigger *known = named(there, name);
            const bool isMade = removed.isLeftOut && !m_isSource;
            if (isMade && !(known && known->isEnabled))
                TRY(complete(pipeline, removed.trigger, known));
            if (!isTriggerOn(removed.trigger))
                continue;
            if (!known && !isMade)
                warnings << tr("Trigger %1 of pipeline %2 is not there any more: make it in the "
                               "console if it is needed")
                                .arg(name, pipeline.name);
            else if (known && known->lacksSecret && !known->isEnabled)
                warnings << tr("Trigger %1 of pipeline %2 was left off: its secret is empty, so "
                               "anybody could call it. Run ibm-toolchain.secrets, then this again")
                                .arg(name, pipeline.name);
            else
                wanted << name;
        }
        return wanted;
    }

    /// Made when it is not there, with each of its properties.
    Result<void> complete(const ToolchainTool &pipeline, const DataValue &saved,
                          const TektonTrigger *known)
    {
        const QString name = saved.textOf(kName);
        const QString doing =
            tr("Trigger %1 of pipeline %2 cannot be made").arg(name, pipeline.name);
        QStringList left;
        // Off: it is switched on when all of it is there.
        const TriggerToMake wanted = triggerToMake(
            saved, mirrorOf(saved.textOf(QStringLiteral("url")), m_mirrors), false, {}, left);
        QString id = known ? known->id : QString();
        if (!known) {
            ToolchainBody body{writeJsonData(wanted.body)};
            body.isUnbroken = true;
            TRY(m_job.ask(QStringLiteral("make_trigger"), doing, {{kPipeline, pipeline.id}}, body));
            TRY_VALUE(const auto now, triggersOf(m_job, pipeline));
            const TektonTrigger *made = named(now, name);
            if (!made)
                return fail(ErrorCode::Failed, doing,
                            tr("the server accepted it, and it is not there"),
                            tr("Run it again, or make it in the console"));
            id = made->id;
            warnings += left;
        }
        for (const DataValue &property : wanted.properties)
            TRY(addProperty(pipeline, name, id, property));
        return {};
    }

    Result<void> addProperty(const ToolchainTool &pipeline, const QString &trigger,
                             const QString &id, const DataValue &wanted)
    {
        const QString name = wanted.textOf(kName);
        const QString doing = tr("Property %1 of trigger %2 of pipeline %3 cannot be made")
                                  .arg(name, trigger, pipeline.name);
        const ToolchainJob::Values which{
            {kPipeline, pipeline.id}, {kTrigger, id}, {kProperty, name}};
        TRY_VALUE(const ToolchainReply there,
                  m_job.send(QStringLiteral("trigger_property"), doing, which));
        if (there.isGood())
            return {};
        if (!there.isMissing())
            return tl::unexpected(toolchainFailure(there, doing, m_job.context.redactor.get()));
        ToolchainBody body{writeJsonData(wanted)};
        body.isUnbroken = true;
        TRY(m_job.ask(QStringLiteral("make_trigger_property"), doing, which, body));
        if (wanted.textOf(QStringLiteral("type")) == QLatin1String("secure") &&
            wanted.textOf(QStringLiteral("value")).isEmpty())
            warnings << tr("%1 of trigger %2 of pipeline %3 is empty: run ibm-toolchain.secrets")
                            .arg(name, trigger, pipeline.name);
        return {};
    }

    ToolchainJob &m_job;
    const std::vector<std::pair<QString, QString>> m_mirrors;
    const Template &m_made;
    const bool m_isSource;
};

/// Stages of classic pipelines that the restore made manual.
QStringList quietStages(const Template &made)
{
    QStringList stages;
    for (const Template::RemovedTrigger &removed : made.removed) {
        if (!removed.stage.isEmpty())
            stages << QStringLiteral("%1/%2").arg(removed.service, removed.stage);
    }
    stages.removeDuplicates();
    return stages;
}

/// What is so when not all could be switched.
QString switchedSoFar(const ToolchainCall &call, const QStringList &done)
{
    if (done.isEmpty())
        return tr("No trigger of %1 was switched by then; run it again").arg(call.name);
    return call.isOn ? tr("Switched on in %1 by then: %2; run it again for the others")
                           .arg(call.name, listed(done))
                     : tr("Switched off in %1 by then: %2; run it again for the others")
                           .arg(call.name, listed(done));
}

} // namespace

Result<void> switchThere(ToolchainJob &job, const ToolchainTool &pipeline,
                         const QStringList &wanted, QStringList &done)
{
    const bool isOn = job.call.isOn;
    const auto mustBeSwitched = [&](const TektonTrigger &trigger) {
        return isOn ? wanted.contains(trigger.name) : trigger.isAutomatic();
    };
    TRY_VALUE(const auto triggers, triggersOf(job, pipeline));
    for (const TektonTrigger &trigger : triggers) {
        const bool isKnown = job.onRecord("trigger", trigger.id).has_value();
        const QString name = QStringLiteral("%1/%2").arg(pipeline.name, trigger.name);
        if (!mustBeSwitched(trigger))
            continue;
        if (trigger.isEnabled == isOn) {
            if (isKnown) // switched by an attempt before this one
                done << name;
            continue;
        }
        if (!isKnown)
            job.record("trigger", {{QStringLiteral("index"), trigger.id},
                                   {QStringLiteral("pipeline"), pipeline.id},
                                   {kName, name},
                                   {QStringLiteral("was"), trigger.isEnabled}});
        ToolchainBody body{toJson({{QStringLiteral("enabled"), isOn}})};
        body.isRepeatable = true; // it says how it is to be, not what is to change
        body.isUnbroken = true;
        TRY(job.ask(
            QStringLiteral("patch"),
            tr("Trigger %1 of pipeline %2 cannot be switched").arg(trigger.name, pipeline.name),
            {{kPipeline, pipeline.id}, {kTrigger, trigger.id}}, body));
        done << name;
    }
    // What was said is not what is so.
    TRY_VALUE(const auto now, triggersOf(job, pipeline));
    for (const TektonTrigger &trigger : now) {
        if (!mustBeSwitched(trigger) || trigger.isEnabled == isOn)
            continue;
        done.removeAll(QStringLiteral("%1/%2").arg(pipeline.name, trigger.name));
        return fail(
            ErrorCode::Failed,
            isOn ? tr("Trigger %1 of pipeline %2 is still off").arg(trigger.name, pipeline.name)
                 : tr("Trigger %1 of pipeline %2 is still on").arg(trigger.name, pipeline.name),
            tr("the server accepted the change and did not make it"),
            tr("Switch it in the console, and run this again"));
    }
    return {};
}

Result<CallOutcome> switchTriggers(ToolchainJob &job)
{
    TRY_VALUE(const QString copy, findCopy(job));
    TRY_VALUE(const auto pipelines, pipelinesOf(job, copy));
    TRY_VALUE(const ToolchainExport saved, readSavedToolchain(job));
    TRY_VALUE(const Template made, restoreTemplate(saved, job.call));
    Switch work(job, saved, made);
    for (const ToolchainTool &pipeline : pipelines) {
        if (const auto worked = work.work(pipeline); !worked)
            return tl::unexpected(withState(worked.error(), switchedSoFar(job.call, work.done)));
    }
    CallOutcome outcome;
    outcome.warnings = work.warnings;
    const bool isSource = !job.call.toolchains.empty();
    outcome.outputs = {{isSource ? QStringLiteral("source") : QStringLiteral("copy"), copy},
                       {QStringLiteral("triggers"), toJsonArray(work.done)}};
    const QStringList classic = quietStages(made);
    if ((job.call.isOn || isSource) && !classic.isEmpty())
        outcome.warnings << tr("Stages of classic pipelines are switched in the console only: %1")
                                .arg(listed(classic));
    return outcome;
}

} // namespace lb
