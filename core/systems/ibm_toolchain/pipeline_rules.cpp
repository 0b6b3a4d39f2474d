// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/ibm_toolchain/pipeline_secrets.h"
#include "core/systems/ibm_toolchain/secret_names.h"
#include "core/systems/ibm_toolchain/template_rules.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(ToolchainTemplate)

using Severity = Template::Finding::Severity;

const QString kName = QStringLiteral("name");
const QString kType = QStringLiteral("type");
const QString kUrl = QStringLiteral("url");
const QString kService = QStringLiteral("service");
const QString kTriggers = QStringLiteral("triggers");
const QString kInputs = QStringLiteral("inputs");
const QString kProperties = QStringLiteral("properties");

bool isOfType(const DataValue &value, std::initializer_list<const char *> types)
{
    const QString type = value.textOf(kType);
    return std::any_of(types.begin(), types.end(), [&](const char *one) {
        return type.compare(QLatin1String(one), Qt::CaseInsensitive) == 0;
    });
}

DataValue variable(const QString &name)
{
    return DataValue::ofText(QStringLiteral("${%1}").arg(name));
}

QString itemPointer(const QString &base, const QString &list, std::size_t index)
{
    return base + QLatin1Char('/') + list + QLatin1Char('/') + QString::number(index);
}

/// A trigger as it is kept for the way back: what was masked anyway does not go with it.
DataValue withoutValues(const DataValue &trigger)
{
    DataValue pipeline = DataValue::ofMap({{kTriggers, DataValue::ofList({trigger})}});
    return pipelineWithoutSecrets(pipeline).value.get(kTriggers)->items.front();
}

} // namespace

const QStringList &sourceIdKeys()
{
    static const QStringList keys = QStringLiteral("id href hookId hook_id webhookId webhook_id "
                                                   "webhookUrl webhook_url serviceInstanceId "
                                                   "service_instance_id toolId tool_id pipelineId "
                                                   "pipeline_id toolchainId toolchain_id")
                                        .split(QLatin1Char(' '));
    return keys;
}

void addSorted(QStringList &list, const QString &text)
{
    const auto at =
        std::lower_bound(list.begin(), list.end(), text, [](const QString &a, const QString &b) {
            return a.toUtf8() < b.toUtf8();
        });
    if (at == list.end() || *at != text)
        list.insert(at, text);
}

/// Classic takes the plain name, Tekton a variable (official templates; toolchain-to-template.sh).
QString PipelineRules::serviceText(const QString &service) const
{
    return m_pipeline.isTekton() ? QStringLiteral("${%1}").arg(service) : service;
}

DataValue PipelineRules::rewrite(DataValue exported)
{
    dropSecretAddresses(exported);
    return m_pipeline.isTekton() ? tekton(std::move(exported)) : classic(exported);
}

DataValue PipelineRules::classic(const DataValue &exported)
{
    static const QStringList kept{QStringLiteral("stages"), kProperties,
                                  QStringLiteral("private_worker"),
                                  // The script loses it, but official templates carry it.
                                  QStringLiteral("defaultBaseImageVersion")};
    DataValue pipeline = DataValue::ofMap();
    for (const DataValue::Member &member : exported.members) {
        const bool isHooks = member.key == QLatin1String("hooks");
        // A list that is null in the export must not become one in the template.
        if (kept.contains(member.key) && !member.value.isNull())
            pipeline.set(member.key, member.value);
        else
            m_notes.dropped(isHooks ? "C1" : "C2", QLatin1Char('/') + pointerStep(member.key));
    }
    worker(pipeline, "private_worker", {}, "C7");
    if (DataValue *stages = pipeline.get(QStringLiteral("stages"))) {
        for (std::size_t i = 0; i < stages->items.size(); ++i)
            stage(stages->items[i], QStringLiteral("/stages/%1").arg(i));
    }
    blankSecrets(pipeline);
    return pipeline;
}

void PipelineRules::stage(DataValue &stage, const QString &pointer)
{
    if (DataValue *inputs = stage.get(kInputs)) {
        for (std::size_t i = 0; i < inputs->items.size(); ++i) {
            if (isOfType(inputs->items[i], {"git"}))
                repository(inputs->items[i], itemPointer(pointer, kInputs, i), "C3");
        }
    }
    if (m_options.quiet)
        silenceStage(stage, pointer);
    completeEvents(stage, pointer);
    worker(stage, "worker", pointer, "C6");
}

/// There is no public call that makes a classic stage manual; one without triggers is.
void PipelineRules::silenceStage(DataValue &stage, const QString &pointer)
{
    DataValue *triggers = stage.get(kTriggers);
    if (!triggers || triggers->items.empty())
        return;
    std::vector<DataValue> left;
    for (std::size_t i = 0; i < triggers->items.size(); ++i) {
        const DataValue &trigger = triggers->items[i];
        if (!isOfType(trigger, {"git", "commit", "timer"})) {
            left.push_back(trigger);
            continue;
        }
        const DataValue kept = withoutValues(trigger);
        m_notes.change("Q1", itemPointer(pointer, kTriggers, i), &kept, nullptr);
        m_notes.removed({m_pipeline.name, stage.textOf(kName), i, kept});
    }
    if (left.empty())
        stage.remove(kTriggers);
    else
        triggers->items = std::move(left);
}

void PipelineRules::completeEvents(DataValue &stage, const QString &pointer)
{
    DataValue *triggers = stage.get(kTriggers);
    if (!triggers)
        return;
    static const QString key = QStringLiteral("events");
    for (std::size_t i = 0; i < triggers->items.size(); ++i) {
        DataValue &trigger = triggers->items[i];
        const DataValue *events = trigger.get(key);
        if (!isOfType(trigger, {"git"}) || (events && !events->isNull()))
            continue;
        const DataValue push = DataValue::ofText(QStringLiteral("{\"push\":true}"));
        m_notes.change("C5", itemPointer(pointer, kTriggers, i) + QStringLiteral("/events"), events,
                       &push);
        trigger.set(key, push);
    }
}

void PipelineRules::worker(DataValue &owner, const char *member, const QString &pointer,
                           const char *rule)
{
    const QString key = QString::fromLatin1(member);
    const DataValue *given = owner.get(key);
    if (!given)
        return;
    const DataValue before = *given;
    const QString place = pointer + QLatin1Char('/') + key;
    const QString name = owner.textOf(key);
    const ToolchainService *service = privateWorker(m_services, name);
    if (service) {
        addSorted(m_workers, service->name);
        const DataValue after = variable(service->name);
        owner.set(key, after);
        m_notes.change(rule, place, &before, &after);
        return;
    }
    owner.remove(key);
    m_notes.change(rule, place, &before, nullptr);
    if (!name.isEmpty() && !name.startsWith(QLatin1String("IBM Managed"), Qt::CaseInsensitive))
        m_notes.find("worker_unmatched", Severity::Warning, place,
                     tr("The worker “%1” is no private worker of the toolchain; IBM's own workers "
                        "will run this")
                         .arg(name),
                     tr("Add the private worker to the toolchain if the job needs it"));
}

void PipelineRules::repository(DataValue &holder, const QString &pointer, const char *rule)
{
    const DataValue *given = holder.get(kUrl);
    if (!holder.get(QStringLiteral("branch")) && !holder.get(QStringLiteral("pattern")) &&
        !holder.get(QStringLiteral("tag")))
        m_notes.find("branch_missing", Severity::Warning, pointer,
                     tr("No branch is named; IBM Cloud then takes “master”"),
                     tr("Name the branch in the pipeline"));
    if (!given)
        return;
    const QString url = withoutUserInfo(holder.textOf(kUrl));
    const DataValue before = DataValue::ofText(url);
    holder.remove(kUrl);
    m_notes.change(m_pipeline.isTekton() ? rule : "C4", pointer + QStringLiteral("/url"), &before,
                   nullptr);
    const auto found = repositoriesAt(m_services, url);
    if (found.empty()) {
        m_notes.find("repository_unmatched", Severity::Error, pointer,
                     tr("The repository %1 is used here, but is no tool of the toolchain").arg(url),
                     tr("Add the repository to the toolchain, and save again"));
        return;
    }
    if (found.size() > 1)
        m_notes.find("repository_ambiguous", Severity::Warning, pointer,
                     tr("Several tools of the toolchain have the repository %1; “%2” is taken")
                         .arg(url, found.front()->name),
                     tr("Remove the tools that are there twice"));
    addSorted(m_repositories, found.front()->name);
    const DataValue after = DataValue::ofText(serviceText(found.front()->name));
    holder.set(kService, after);
    m_notes.change(rule, pointer + QStringLiteral("/service"), nullptr, &after);
}

DataValue PipelineRules::tekton(DataValue pipeline)
{
    renameProperties(pipeline);
    worker(pipeline, "private_worker", {}, "K4");
    if (m_options.quiet)
        silencePipeline(pipeline);
    for (const auto &[list, rule] : {std::pair{kInputs, "K2"}, std::pair{kTriggers, "K3"}}) {
        DataValue *items = pipeline.get(list);
        for (std::size_t i = 0; items && i < items->items.size(); ++i) {
            const QString pointer = itemPointer({}, list, i);
            if (list == kTriggers)
                dropSourceIds(items->items[i], pointer);
            if (isOfType(items->items[i], {"git", "scm"}))
                repository(items->items[i], pointer, rule);
        }
    }
    blankSecrets(pipeline);
    return pipeline;
}

/// `envProperties` becomes `properties`, its types lower case but for SECURE: so does
/// toolchain-to-template.sh.
void PipelineRules::renameProperties(DataValue &pipeline)
{
    static const QString key = QStringLiteral("envProperties");
    DataValue all = DataValue::ofList();
    for (const QString &list : {kProperties, key}) {
        if (const DataValue *given = pipeline.get(list); given && given->isMap())
            return; // of some other form, copied as it is
        else if (given)
            all.items.insert(all.items.end(), given->items.begin(), given->items.end());
    }
    const bool isRenamed = pipeline.remove(key);
    if (!isRenamed && !pipeline.get(kProperties))
        return;
    for (std::size_t i = 0; i < all.items.size(); ++i) {
        DataValue *type = all.items[i].get(kType);
        if (!type || !type->isText() || type->text == QLatin1String("SECURE"))
            continue;
        const DataValue before = *type;
        type->text = type->text.toLower();
        if (!(before == *type))
            m_notes.change("K1", itemPointer({}, kProperties, i) + QStringLiteral("/type"), &before,
                           type);
    }
    if (isRenamed) {
        const DataValue before = DataValue::ofText(key);
        const DataValue after = DataValue::ofText(kProperties);
        m_notes.change("K1", QLatin1Char('/') + kProperties, &before, &after);
        pipeline.remove(kProperties);
    }
    pipeline.set(kProperties, std::move(all));
}

/// A generic trigger stays, so that its secret can be put back before anybody may call it. Exports
/// say `disabled` (systems/ibm-toolchain.md §7.4), the pipeline API `enabled`.
DataValue PipelineRules::switchedOff(DataValue trigger, const QString &pointer)
{
    const QString disabled = QStringLiteral("disabled"), enabled = QStringLiteral("enabled");
    const auto set = [&](const QString &key, bool isTo) {
        const DataValue *given = trigger.get(key);
        if (given && given->kind == DataValue::Kind::Boolean && given->boolean == isTo)
            return;
        const std::optional<DataValue> before = given ? std::optional(*given) : std::nullopt;
        const DataValue after = DataValue::ofBoolean(isTo);
        trigger.set(key, after);
        m_notes.change("Q1", pointer + QLatin1Char('/') + key, before ? &*before : nullptr, &after);
    };
    set(disabled, true);
    if (trigger.get(enabled))
        set(enabled, false);
    return trigger;
}

void PipelineRules::silencePipeline(DataValue &pipeline)
{
    DataValue *triggers = pipeline.get(kTriggers);
    if (!triggers)
        return;
    std::vector<DataValue> left;
    bool hasManual = false;
    for (std::size_t i = 0; i < triggers->items.size(); ++i) {
        const DataValue &trigger = triggers->items[i];
        hasManual = hasManual || isOfType(trigger, {"manual"});
        const bool isGeneric = isOfType(trigger, {"generic"});
        if (!isGeneric && !isOfType(trigger, {"git", "scm", "timer"})) {
            left.push_back(trigger);
            continue;
        }
        const DataValue kept = withoutValues(trigger);
        m_notes.removed({m_pipeline.name, {}, i, kept, !isGeneric});
        if (isGeneric)
            left.push_back(switchedOff(trigger, itemPointer({}, kTriggers, left.size())));
        else
            m_notes.change("Q1", itemPointer({}, kTriggers, i), &kept, nullptr);
    }
    triggers->items = std::move(left);
    if (!hasManual)
        m_notes.find("manual_trigger_missing", Severity::Warning, QLatin1Char('/') + kTriggers,
                     tr("Without its automatic triggers nobody can start this pipeline"),
                     tr("Add a manual trigger to the copy to try it"));
}

void PipelineRules::dropSourceIds(DataValue &trigger, const QString &pointer)
{
    for (const QString &key : sourceIdKeys()) {
        if (trigger.remove(key))
            m_notes.dropped("K8", pointer + QLatin1Char('/') + key);
    }
}

void PipelineRules::blankSecrets(DataValue &pipeline)
{
    using Holder = PipelineSecret::Holder;
    using Kind = Template::SecretSlot::Kind;
    forEachPipelineSecret(pipeline, [&](const PipelineSecret &secret) {
        static const QString key = QStringLiteral("value");
        Template::SecretSlot slot;
        slot.kind = secret.kind == Holder::TriggerSecret ? Kind::TriggerSecret
                    : secret.kind == Holder::Trigger     ? Kind::TriggerProperty
                    : secret.kind == Holder::Stage       ? Kind::StageProperty
                    : m_pipeline.isTekton()              ? Kind::TektonProperty
                                                         : Kind::ClassicProperty;
        slot.service = m_pipeline.name;
        slot.type = m_pipeline.type;
        slot.scope = secret.scope;
        slot.name = secret.name;
        slot.pointer = secret.pointer + QStringLiteral("/value");
        const QString value = secret.holder->textOf(key);
        if (isSecretReference(value)) {
            slot.reference = value;
            m_notes.find("reference", Severity::Warning, slot.pointer,
                         tr("The secret “%1” lives elsewhere: %2").arg(secret.name, value),
                         tr("It must resolve from the target region, or no run starts"));
        } else {
            const DataValue *before = secret.holder->get(key);
            if (!before || !before->isText() || !before->text.isEmpty())
                m_notes.blanked("P9", slot.pointer);
            secret.holder->set(key, DataValue::ofText(QString()));
        }
        m_notes.slot(std::move(slot));
    });
}

} // namespace lb
