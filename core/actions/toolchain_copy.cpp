// SPDX-License-Identifier: GPL-3.0-or-later
// What is done with a copy once it is there: compared, its secrets put back, its triggers switched,
// its pipelines run.
#include "core/actions/answer_output.h"
#include "core/actions/saved_toolchain.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/systems/ibm_toolchain/compare_copy.h"

#include <QJsonArray>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

const QString kToolchainFile = QStringLiteral(".bluemix/toolchain.yml");

using namespace std::chrono_literals;

/// A pipeline takes as long as it takes; an hour is what classic jobs may run (sheet §8).
constexpr auto kLongestRun = 60min;
constexpr auto kRunPause = 2s;
const QString kPipeline = QStringLiteral("pipeline");
const QString kTrigger = QStringLiteral("trigger");

/// The copy of the call's name in the target region, or the toolchain that is named.
Result<QString> findCopy(ToolchainJob &job)
{
    const ToolchainCall &call = job.call;
    if (!call.toolchains.empty())
        return call.toolchains.front().id;
    TRY_VALUE(const QStringList ids, namesakes(job));
    if (ids.size() == 1)
        return ids.front();
    return fail(
        ids.isEmpty() ? ErrorCode::NotFound : ErrorCode::Conflict,
        ids.isEmpty() ? tr("There is no toolchain called %1 in %2").arg(call.name, call.region)
                      : tr("%n toolchains are called %1 in %2", nullptr, int(ids.size()))
                            .arg(call.name, call.region),
        listed(ids),
        ids.isEmpty() ? tr("Make the copy first, or say in name_suffix what it was called")
                      : tr("Nobody knows which one is the copy: rename or delete the others"));
}

Result<std::vector<ToolchainTool>> pipelinesOf(ToolchainJob &job, const QString &copy)
{
    TRY_VALUE(std::vector<ToolchainTool> tools, readTools(job, copy));
    const auto isOther = [](const ToolchainTool &tool) { return !isTekton(tool); };
    tools.erase(std::remove_if(tools.begin(), tools.end(), isOther), tools.end());
    return tools;
}

Result<std::vector<TektonTrigger>> triggersOf(ToolchainJob &job, const ToolchainTool &pipeline)
{
    TRY_VALUE(const DataValue answer,
              askData(job, QStringLiteral("triggers"),
                      tr("The triggers of pipeline %1 cannot be read").arg(pipeline.name),
                      {{kPipeline, pipeline.id}}));
    return readTriggers(answer);
}

/// What the saved part says of the slot.
Result<QJsonObject> slotOf(const ToolchainCall &call)
{
    for (const QJsonValue slot : call.details.value(QLatin1String("slots")).toArray()) {
        if (slot[QLatin1String("id")].toString() == call.slotId)
            return slot.toObject();
    }
    return fail(ErrorCode::NotFound, tr("The restore point knows no place “%1”").arg(call.slotId));
}

/// The secret as a JSON text, between what the plan has before and after it.
Result<ToolchainBody> secretBody(ToolchainJob &job, const QByteArray &before,
                                 const QByteArray &after)
{
    TRY_VALUE(const SecretHandle secret, secretOf(job.call.secret, job.context));
    QByteArray text = before;
    secret->reveal([&](QByteArrayView bytes) {
        QByteArray value =
            writeJsonData(DataValue::ofText(QString::fromUtf8(bytes.data(), bytes.size())));
        while (value.endsWith('\n'))
            value.chop(1);
        text += value;
        wipe(value);
    });
    text += after;
    ToolchainBody body;
    body.secret = std::make_shared<const SecretString>(std::move(text));
    return body;
}

bool isSet(const DataValue &property)
{
    return !property.textOf(QStringLiteral("value")).isEmpty();
}

/// Whether a generic trigger has the secret that was put there: shown masked, or not at all.
Result<CallOutcome> readBackTriggerSecret(ToolchainJob &job, const ToolchainJob::Values &which,
                                          const QString &doing, CallOutcome outcome)
{
    TRY_VALUE(const DataValue answer, askData(job, QStringLiteral("triggers"), doing, which));
    const DataValue *list = answer.get(QStringLiteral("triggers"));
    for (const DataValue &trigger : list ? list->items : std::vector<DataValue>()) {
        if (trigger.textOf(QStringLiteral("id")) != which.at(kTrigger))
            continue;
        const DataValue *secret = trigger.get(QStringLiteral("secret"));
        if (!secret || !secret->get(QStringLiteral("value")))
            outcome.warnings << tr("The service does not show whether the secret of trigger %1 is "
                                   "set: see it in the console")
                                    .arg(trigger.textOf(QStringLiteral("name")));
        else if (!isSet(*secret))
            return fail(ErrorCode::Failed, doing, tr("it was accepted, and it is still empty"),
                        tr("Set it in the console, and run this again"));
        return outcome;
    }
    return fail(ErrorCode::NotFound, doing, tr("the trigger is gone"),
                tr("Compare the copy with its template"));
}

/// False for one that was switched off when it was saved.
bool wasOn(const DataValue &trigger)
{
    const DataValue *enabled = trigger.get(QStringLiteral("enabled"));
    const DataValue *disabled = trigger.get(QStringLiteral("disabled"));
    return (!enabled || enabled->boolean) && (!disabled || !disabled->boolean);
}

/// A trigger that the restore left out, as the pipeline API makes one (sheet §7.2).
QByteArray triggerToMake(const DataValue &saved,
                         const std::vector<std::pair<QString, QString>> &mirrors)
{
    const bool isTimer = saved.textOf(QStringLiteral("type")) == QLatin1String("timer");
    QJsonObject made{
        {QStringLiteral("name"), saved.textOf(QStringLiteral("name"))},
        {QStringLiteral("event_listener"), saved.textOf(QStringLiteral("eventListener"))},
        {QStringLiteral("type"), isTimer ? QStringLiteral("timer") : QStringLiteral("scm")},
        {QStringLiteral("enabled"), true}};
    if (isTimer) {
        made.insert(QStringLiteral("cron"), saved.textOf(QStringLiteral("cron")));
        made.insert(QStringLiteral("timezone"), saved.textOf(QStringLiteral("timezone")));
        return toJson(made);
    }
    QString url = saved.textOf(QStringLiteral("url"));
    for (const auto &[from, to] : mirrors) {
        if (isSameRepository(from, url)) {
            url = to;
            break;
        }
    }
    QJsonArray events;
    const DataValue *wanted = saved.get(QStringLiteral("events"));
    for (const char *event : {"push", "pull_request", "pull_request_closed"}) {
        const DataValue *one = wanted ? wanted->get(QLatin1String(event)) : nullptr;
        if (one && one->boolean)
            events.append(QLatin1String(event));
    }
    if (events.isEmpty())
        events.append(QStringLiteral("push"));
    made.insert(QStringLiteral("events"), events);
    made.insert(QStringLiteral("source"),
                QJsonObject{{QStringLiteral("type"), QStringLiteral("git")},
                            {QStringLiteral("properties"),
                             QJsonObject{{QStringLiteral("url"), url},
                                         {QStringLiteral("branch"),
                                          saved.textOf(QStringLiteral("branch"))}}}});
    return toJson(made);
}

/// Off: whatever starts by itself and is on. On: what was on when it was saved.
Result<QStringList> switchThere(ToolchainJob &job, const ToolchainTool &pipeline,
                                const QStringList &wanted)
{
    QStringList done;
    TRY_VALUE(const auto triggers, triggersOf(job, pipeline));
    for (const TektonTrigger &trigger : triggers) {
        const bool must = job.call.isOn ? wanted.contains(trigger.name) : trigger.isAutomatic();
        if (!must || trigger.isEnabled == job.call.isOn)
            continue;
        const QString doing =
            tr("Trigger %1 of pipeline %2 cannot be switched").arg(trigger.name, pipeline.name);
        job.record("trigger", {{QStringLiteral("pipeline"), pipeline.id},
                               {QStringLiteral("trigger"), trigger.id},
                               {QStringLiteral("was"), trigger.isEnabled}});
        TRY(job.ask(QStringLiteral("patch"), doing,
                    {{kPipeline, pipeline.id}, {kTrigger, trigger.id}},
                    {toJson({{QStringLiteral("enabled"), job.call.isOn}})}));
        done << QStringLiteral("%1/%2").arg(pipeline.name, trigger.name);
    }
    // What was said is not what is so.
    TRY_VALUE(const auto now, triggersOf(job, pipeline));
    for (const TektonTrigger &trigger : now) {
        const bool must = job.call.isOn ? wanted.contains(trigger.name) : trigger.isAutomatic();
        if (must && trigger.isEnabled != job.call.isOn)
            return fail(
                ErrorCode::Failed,
                job.call.isOn
                    ? tr("Trigger %1 of pipeline %2 is still off").arg(trigger.name, pipeline.name)
                    : tr("Trigger %1 of pipeline %2 is still on").arg(trigger.name, pipeline.name),
                tr("the server accepted the change and did not make it"),
                tr("Switch it in the console, and run this again"));
    }
    return done;
}

/// The pipeline's run that this run of ours has started: on record, in the service when the attempt
/// before was killed between the two, or started now. A second one would deploy a second time.
Result<QString> startOrFind(ToolchainJob &job, const ToolchainTool &pipeline,
                            const TektonTrigger &trigger, const QString &doing)
{
    if (const auto begun = job.onRecord("pipeline_run", pipeline.id))
        return begun->value(QLatin1String("id")).toString();
    const QString mark = QStringLiteral("Lifeboat ") + job.context.run.value();
    TRY_VALUE(const std::vector<DataValue> runs, readRuns(job, pipeline));
    const auto ours = std::find_if(runs.begin(), runs.end(), [&](const DataValue &run) {
        return run.textOf(QStringLiteral("description")) == mark;
    });
    DataValue answer;
    if (ours != runs.end()) {
        answer = *ours;
    } else {
        ToolchainBody start{toJson({{kTrigger, QJsonObject{{QStringLiteral("name"), trigger.name}}},
                                    {QStringLiteral("description"), mark}})};
        start.isUnbroken = true;
        TRY_VALUE(answer,
                  askData(job, QStringLiteral("start"), doing, {{kPipeline, pipeline.id}}, start));
    }
    TRY_VALUE(const PipelineRun begun, readPipelineRun(answer));
    job.record("pipeline_run",
               {{QStringLiteral("index"), pipeline.id}, {QStringLiteral("id"), begun.id}});
    return begun.id;
}

/// Runs a pipeline by its first manual trigger, to its end.
Result<PipelineRun> runOnce(ToolchainJob &job, const ToolchainTool &pipeline,
                            const TektonTrigger &trigger)
{
    const QString doing =
        tr("Pipeline %1 cannot be run by trigger %2").arg(pipeline.name, trigger.name);
    ToolchainJob::Values which{{kPipeline, pipeline.id}};
    TRY_VALUE(const QString id, startOrFind(job, pipeline, trigger, doing));
    which[QStringLiteral("run of the pipeline")] = id;
    for (auto left = std::chrono::milliseconds(kLongestRun); left > 0ms; left -= kRunPause) {
        TRY_VALUE(const DataValue answer, askData(job, QStringLiteral("run"), doing, which));
        TRY_VALUE(const PipelineRun now, readPipelineRun(answer));
        if (now.isOver())
            return now;
        TRY(job.pause(kRunPause));
    }
    return fail(ErrorCode::TimedOut, tr("Pipeline %1 still runs").arg(pipeline.name),
                tr("after %1").arg(formatDuration(kLongestRun)), tr("See it in the console"));
}

/// Adds a sentence with the names when there are any.
void tell(QStringList &warnings, const QString &sentence, const QStringList &names)
{
    if (!names.isEmpty())
        warnings << sentence.arg(listed(names));
}

} // namespace

Result<CallOutcome> compareWithTemplate(ToolchainJob &job)
{
    TRY_VALUE(const ToolchainExport saved, readSavedToolchain(job));
    TRY_VALUE(const Template made, restoreTemplate(saved, job.call));
    const Template::File *file = made.file(kToolchainFile);
    if (!file)
        return fail(ErrorCode::Internal, tr("The template has no %1").arg(kToolchainFile));
    TRY_VALUE(const DataValue wanted, readYamlData(file->bytes, kToolchainFile));
    TRY_VALUE(const auto tools, readTools(job, job.call.copy.literal()));
    const CopyComparison compared =
        compareCopy(wanted, made.secretSlots, tools,
                    job.call.details.value(QLatin1String("region")).toString());
    CallOutcome outcome;
    tell(outcome.warnings, tr("In the template and not in the copy: %1"), compared.missing);
    tell(outcome.warnings, tr("In the copy and not in the template: %1"), compared.unexpected);
    tell(outcome.warnings, tr("Not set up, and not for want of a secret: %1"),
         compared.unconfigured);
    tell(outcome.warnings, tr("Still being set up: %1"), compared.configuring);
    tell(outcome.warnings, tr("Still pointing at the source's region: %1"), compared.sourceRegion);
    outcome.outputs = {{QStringLiteral("tools"), int(tools.size())},
                       {QStringLiteral("needs_secret"), toJsonArray(compared.needsSecret)},
                       {QStringLiteral("missing"), toJsonArray(compared.missing)},
                       {QStringLiteral("unexpected"), toJsonArray(compared.unexpected)}};
    outcome.answer.value = compared.isGood();
    if (!compared.needsSecret.isEmpty())
        job.log(tr("Waiting for their secrets, as was to be expected: %1")
                    .arg(listed(compared.needsSecret)));
    return outcome;
}

Result<CallOutcome> setToolchainSecret(ToolchainJob &job)
{
    const ToolchainCall &call = job.call;
    TRY_VALUE(const QJsonObject slot, slotOf(call));
    const auto text = [&](const char *key) { return slot.value(QLatin1String(key)).toString(); };
    const QString doing = tr("%1 of %2 cannot be set").arg(text("name"), text("service"));
    TRY_VALUE(const QString copy, findCopy(job));
    TRY_VALUE(const auto pipelines, pipelinesOf(job, copy));
    const auto pipeline =
        std::find_if(pipelines.begin(), pipelines.end(),
                     [&](const ToolchainTool &tool) { return tool.name == text("service"); });
    if (pipeline == pipelines.end())
        return fail(ErrorCode::NotFound, doing,
                    tr("the copy %1 has no pipeline of that name").arg(copy),
                    tr("Compare the copy with its template"));
    ToolchainJob::Values which{{kPipeline, pipeline->id},
                               {QStringLiteral("property"), text("name")}};
    CallOutcome outcome;
    outcome.outputs = {{QStringLiteral("slot"), call.slotId},
                       {QStringLiteral("copy"), copy},
                       {QStringLiteral("pipeline"), pipeline->id}};
    const bool isOfTrigger = !text("scope").isEmpty();
    if (isOfTrigger) {
        TRY_VALUE(const auto triggers, triggersOf(job, *pipeline));
        const auto trigger =
            std::find_if(triggers.begin(), triggers.end(),
                         [&](const TektonTrigger &one) { return one.name == text("scope"); });
        if (trigger == triggers.end()) {
            // Left out because it would start by itself.
            outcome.warnings << tr("%1 of %2 was not set: its trigger %3 is not in the copy yet")
                                    .arg(text("name"), text("service"), text("scope"));
            return outcome;
        }
        which[kTrigger] = trigger->id;
    }
    if (text("kind") == secretSlotKindName(Template::SecretSlot::Kind::TriggerSecret)) {
        TRY_VALUE(const ToolchainBody body, secretBody(job, "{\"secret\":{\"value\":", "}}"));
        TRY(job.ask(QStringLiteral("patch"), doing, which, body));
        return readBackTriggerSecret(job, which, doing, std::move(outcome));
    }
    const QByteArray name = writeJsonData(DataValue::ofText(text("name"))).trimmed();
    TRY_VALUE(const ToolchainBody body,
              secretBody(job, "{\"type\":\"secure\",\"name\":" + name + ",\"value\":", "}"));
    TRY(job.ask(isOfTrigger ? QStringLiteral("put_trigger_property")
                            : QStringLiteral("put_property"),
                doing, which, body));
    TRY_VALUE(const DataValue now,
              askData(job,
                      isOfTrigger ? QStringLiteral("trigger_property") : QStringLiteral("property"),
                      doing, which));
    if (!isSet(now))
        return fail(ErrorCode::Failed, doing, tr("it was accepted, and it is still empty"),
                    tr("Set it in the console, and run this again"));
    return outcome;
}

Result<CallOutcome> switchTriggers(ToolchainJob &job)
{
    TRY_VALUE(const QString copy, findCopy(job));
    TRY_VALUE(const auto pipelines, pipelinesOf(job, copy));
    TRY_VALUE(const ToolchainExport saved, readSavedToolchain(job));
    TRY_VALUE(const Template made, restoreTemplate(saved, job.call));
    const auto mirrors = mirrorsOf(saved, job.call);
    const bool isSource = !job.call.toolchains.empty();
    CallOutcome outcome;
    QStringList done;
    for (const ToolchainTool &pipeline : pipelines) {
        QStringList wanted;
        TRY_VALUE(const auto there, triggersOf(job, pipeline));
        for (const Template::RemovedTrigger &removed : made.removed) {
            if (removed.service != pipeline.name || !wasOn(removed.trigger))
                continue;
            const QString name = removed.trigger.textOf(QStringLiteral("name"));
            wanted << name;
            const bool isThere =
                std::any_of(there.begin(), there.end(),
                            [&](const TektonTrigger &one) { return one.name == name; });
            if (!job.call.isOn || isThere)
                continue;
            if (isSource) {
                // Somebody has deleted it since; that is not ours to take back.
                outcome.warnings << tr("%1 has no trigger %2 any more", "%1 a pipeline")
                                        .arg(pipeline.name, name);
                continue;
            }
            TRY(job.ask(QStringLiteral("make_trigger"),
                        tr("Trigger %1 of pipeline %2 cannot be made").arg(name, pipeline.name),
                        {{kPipeline, pipeline.id}}, {triggerToMake(removed.trigger, mirrors)}));
            done << QStringLiteral("%1/%2").arg(pipeline.name, name);
        }
        TRY_VALUE(const QStringList switched, switchThere(job, pipeline, wanted));
        done += switched;
    }
    outcome.outputs = {{isSource ? QStringLiteral("source") : QStringLiteral("copy"), copy},
                       {QStringLiteral("triggers"), toJsonArray(done)}};
    QStringList classic;
    for (const Template::RemovedTrigger &removed : made.removed) {
        if (!removed.stage.isEmpty())
            classic << QStringLiteral("%1/%2").arg(removed.service, removed.stage);
    }
    classic.removeDuplicates();
    if ((job.call.isOn || isSource) && !classic.isEmpty())
        outcome.warnings << tr("Stages of classic pipelines are switched in the console only: %1")
                                .arg(listed(classic));
    return outcome;
}

Result<CallOutcome> provePipelines(ToolchainJob &job)
{
    TRY_VALUE(const QString copy, findCopy(job));
    TRY_VALUE(const auto pipelines, pipelinesOf(job, copy));
    CallOutcome outcome;
    QStringList proven, failed;
    for (const ToolchainTool &pipeline : pipelines) {
        TRY_VALUE(const auto triggers, triggersOf(job, pipeline));
        const auto manual = std::find_if(triggers.begin(), triggers.end(), [](const auto &one) {
            return one.type == QLatin1String("manual") && one.isEnabled;
        });
        if (manual == triggers.end()) {
            outcome.warnings
                << tr("Pipeline %1 has no manual trigger: nobody has run it").arg(pipeline.name);
            continue;
        }
        TRY_VALUE(const PipelineRun run, runOnce(job, pipeline, *manual));
        if (run.isSucceeded())
            proven << pipeline.name;
        else
            failed << tr("%1 (%2)", "%1 a pipeline, %2 how its run ended")
                          .arg(pipeline.name, run.status);
        job.report({0, -1, proven.size() + failed.size(), qint64(pipelines.size())});
    }
    if (!failed.isEmpty())
        return fail(ErrorCode::Failed,
                    tr("%n pipeline(s) of %1 did not succeed", nullptr, int(failed.size()))
                        .arg(job.call.name),
                    listed(failed),
                    tr("A run fails when a secret is empty or a reference does not resolve; its "
                       "log in the console says which"));
    outcome.outputs = {{QStringLiteral("copy"), copy},
                       {QStringLiteral("succeeded"), toJsonArray(proven)}};
    return outcome;
}

} // namespace lb
