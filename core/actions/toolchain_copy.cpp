// SPDX-License-Identifier: GPL-3.0-or-later
// What is done with a copy once it is there: compared, its secrets put back. Its triggers and runs
// are in files of their own.
#include "core/actions/answer_output.h"
#include "core/actions/saved_toolchain.h"
#include "core/base/json.h"
#include "core/systems/ibm_toolchain/compare_copy.h"

#include <QJsonArray>
#include <QScopedValueRollback>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

const QString kToolchainFile = QStringLiteral(".bluemix/toolchain.yml");

const QString kPipeline = QStringLiteral("pipeline");
const QString kTrigger = QStringLiteral("trigger");

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

/// Writes the secret; by `make` where its place is not there yet, for it could not be made empty.
/// An error says whether it may be there all the same.
Result<void> put(ToolchainJob &job, const QString &purpose, const QString &make,
                 const QString &doing, const ToolchainJob::Values &which, ToolchainBody body)
{
    body.isRepeatable = true; // a value that is written twice is the same value
    body.isUnbroken = true;
    auto done = job.ask(purpose, doing, which, body);
    if (!done && done.error().code == ErrorCode::NotFound && !make.isEmpty()) {
        body.isRepeatable = false;
        done = job.ask(make, doing, which, body);
    }
    if (done)
        return {};
    const ErrorCode code = done.error().code;
    const bool isRefused = code == ErrorCode::BadInput || code == ErrorCode::Denied ||
                           code == ErrorCode::NotFound || code == ErrorCode::Conflict ||
                           code == ErrorCode::Cancelled;
    return tl::unexpected(withState(
        done.error(), isRefused ? tr("It was not set")
                                : tr("Nobody knows whether it is set now. Run it again: to set "
                                     "it twice does no harm")));
}

Error stillEmpty(const QString &doing)
{
    return {ErrorCode::Failed, doing, tr("it was accepted, and it is still empty"),
            tr("Set it in the console, and run this again")};
}

/// Whether a generic trigger has the secret that was put there: shown masked, or not at all.
Result<void> seeTriggerSecret(const DataValue &answer, const QString &id, const QString &doing,
                              CallOutcome &outcome)
{
    const DataValue *list = answer.get(QStringLiteral("triggers"));
    for (const DataValue &trigger : list ? list->items : std::vector<DataValue>()) {
        if (trigger.textOf(QStringLiteral("id")) != id)
            continue;
        const DataValue *secret = trigger.get(QStringLiteral("secret"));
        if (!secret || !secret->get(QStringLiteral("value")))
            outcome.warnings << tr("The service does not show whether the secret of trigger %1 is "
                                   "set: see it in the console")
                                    .arg(trigger.textOf(QStringLiteral("name")));
        else if (!isSet(*secret))
            return tl::unexpected(stillEmpty(doing));
        return {};
    }
    return fail(ErrorCode::NotFound, doing, tr("the trigger is gone"),
                tr("Compare the copy with its template"));
}

/// What the service has now. A cancel waits for it.
Result<CallOutcome> readBack(ToolchainJob &job, const QString &purpose, const QString &doing,
                             const ToolchainJob::Values &which, CallOutcome outcome)
{
    const QScopedValueRollback<bool> unbroken(job.isUnbroken, true);
    const auto now = askData(job, purpose, doing, which);
    if (!now)
        return tl::unexpected(
            withState(now.error(), tr("It was accepted, and nobody has seen it there. Run it "
                                      "again: to set it twice does no harm")));
    if (purpose == QLatin1String("triggers"))
        TRY(seeTriggerSecret(*now, which.at(kTrigger), doing, outcome));
    else if (!isSet(*now))
        return tl::unexpected(stillEmpty(doing));
    return outcome;
}

/// Adds a sentence with the names when there are any.
void tell(QStringList &warnings, const QString &sentence, const QStringList &names)
{
    if (!names.isEmpty())
        warnings << sentence.arg(listed(names));
}

} // namespace

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
    auto triggers = readTriggers(answer);
    if (!triggers)
        return tl::unexpected(inContext(
            triggers.error(), tr("The triggers of pipeline %1 cannot be read").arg(pipeline.name)));
    return triggers;
}

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

Result<CallOutcome> locateTool(ToolchainJob &job)
{
    const ToolchainCall &call = job.call;
    TRY_VALUE(const QString copy, findCopy(job));
    TRY_VALUE(const auto tools, readTools(job, copy));
    // A tool without a name of its own may have got another one.
    QString page = pageOf(call, copy);
    for (const ToolchainTool &tool : tools) {
        if (tool.name != call.tool)
            continue;
        if (!tool.page.isEmpty())
            page = tool.page;
        else if (tool.type == QLatin1String("pipeline"))
            page = QStringLiteral("%1/devops/pipelines/%2%3?env_id=ibm:yp:%4")
                       .arg(call.at.console, isTekton(tool) ? QStringLiteral("tekton/") : QString(),
                            tool.id, call.region);
    }
    CallOutcome outcome;
    outcome.outputs = {{QStringLiteral("url"), page}};
    return outcome;
}

Result<CallOutcome> setToolchainSecret(ToolchainJob &job)
{
    const ToolchainCall &call = job.call;
    TRY_VALUE(const QJsonObject slot, slotOf(call));
    const auto text = [&](const char *key) { return slot.value(QLatin1String(key)).toString(); };
    const QString doing =
        tr("%1 in the copy %2 cannot be set", "%1 such as “API_KEY of build, stage TEST”")
            .arg(text("title"), call.name);
    const auto notSet = [&](const Error &error) {
        return tl::unexpected(withState(inContext(error, doing), tr("It was not set")));
    };
    const auto copy = findCopy(job);
    if (!copy)
        return notSet(copy.error());
    const auto tools = pipelinesOf(job, *copy);
    if (!tools)
        return notSet(tools.error());
    const std::vector<ToolchainTool> &pipelines = *tools;
    const auto pipeline =
        std::find_if(pipelines.begin(), pipelines.end(),
                     [&](const ToolchainTool &tool) { return tool.name == text("service"); });
    if (pipeline == pipelines.end())
        return fail(ErrorCode::NotFound, doing,
                    tr("the copy %1 has no pipeline of that name").arg(*copy),
                    tr("Compare the copy with its template"));
    ToolchainJob::Values which{{kPipeline, pipeline->id},
                               {QStringLiteral("property"), text("name")}};
    CallOutcome outcome;
    outcome.outputs = {{QStringLiteral("slot"), call.slotId},
                       {QStringLiteral("copy"), *copy},
                       {QStringLiteral("pipeline"), pipeline->id}};
    const bool isOfTrigger = !text("scope").isEmpty();
    if (isOfTrigger) {
        const auto triggers = triggersOf(job, *pipeline);
        if (!triggers)
            return notSet(triggers.error());
        const auto trigger =
            std::find_if(triggers->begin(), triggers->end(),
                         [&](const TektonTrigger &one) { return one.name == text("scope"); });
        if (trigger == triggers->end()) {
            // Left out because it would start by itself.
            outcome.warnings << tr("%1 of %2 was not set: its trigger %3 is not in the copy yet. "
                                   "Run this again after ibm-toolchain.triggers-on")
                                    .arg(text("name"), text("service"), text("scope"));
            return outcome;
        }
        which[kTrigger] = trigger->id;
    }
    if (text("kind") == secretSlotKindName(Template::SecretSlot::Kind::TriggerSecret)) {
        TRY_VALUE(const ToolchainBody body, secretBody(job, "{\"secret\":{\"value\":", "}}"));
        TRY(put(job, QStringLiteral("patch"), {}, doing, which, body));
        return readBack(job, QStringLiteral("triggers"), doing, which, std::move(outcome));
    }
    const QByteArray name = writeJsonData(DataValue::ofText(text("name"))).trimmed();
    TRY_VALUE(const ToolchainBody body,
              secretBody(job, "{\"type\":\"secure\",\"name\":" + name + ",\"value\":", "}"));
    const QString place =
        isOfTrigger ? QStringLiteral("trigger_property") : QStringLiteral("property");
    TRY(put(job, QStringLiteral("put_") + place, QStringLiteral("make_") + place, doing, which,
            body));
    return readBack(job, place, doing, which, std::move(outcome));
}

} // namespace lb
