// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/ibm_toolchain/pipeline_secrets.h"

#include "core/systems/ibm_toolchain/secret_names.h"

namespace lb {

namespace {

using Found = std::function<void(const PipelineSecret &)>;

bool isSecure(const DataValue &property)
{
    return property.textOf(QStringLiteral("type"))
               .compare(QLatin1String("secure"), Qt::CaseInsensitive) == 0;
}

/// Properties are a list, or a map by their names.
void walkProperties(DataValue &owner, const QString &key, const QString &base,
                    PipelineSecret::Holder kind, const Found &found)
{
    DataValue *properties = owner.get(key);
    if (!properties)
        return;
    const QString scope =
        kind == PipelineSecret::Holder::Pipeline ? QString() : owner.textOf(QStringLiteral("name"));
    const QString pointer = base + QLatin1Char('/') + key + QLatin1Char('/');
    for (std::size_t i = 0; i < properties->items.size(); ++i) {
        DataValue &property = properties->items[i];
        if (isSecure(property))
            found({kind, scope, property.textOf(QStringLiteral("name")),
                   pointer + QString::number(i), &property});
    }
    for (DataValue::Member &member : properties->members) {
        if (isSecure(member.value))
            found({kind, scope, member.key, pointer + pointerStep(member.key), &member.value});
    }
}

/// Pipeline API v2: a generic trigger's `secret` holds `value` for these types, and none for
/// internal_validation.
bool asksForValue(const DataValue &secret)
{
    const QString type = secret.textOf(QStringLiteral("type"));
    const DataValue *value = secret.get(QStringLiteral("value"));
    return (value && !value->isNull()) || type == QLatin1String("token_matches") ||
           type == QLatin1String("digest_matches");
}

} // namespace

void forEachPipelineSecret(DataValue &pipeline, const Found &found)
{
    using Holder = PipelineSecret::Holder;
    const QString properties = QStringLiteral("properties");
    walkProperties(pipeline, QStringLiteral("envProperties"), {}, Holder::Pipeline, found);
    walkProperties(pipeline, properties, {}, Holder::Pipeline, found);
    DataValue *stages = pipeline.get(QStringLiteral("stages"));
    for (std::size_t i = 0; stages && i < stages->items.size(); ++i)
        walkProperties(stages->items[i], properties, QStringLiteral("/stages/%1").arg(i),
                       Holder::Stage, found);
    DataValue *triggers = pipeline.get(QStringLiteral("triggers"));
    for (std::size_t i = 0; triggers && i < triggers->items.size(); ++i) {
        DataValue &trigger = triggers->items[i];
        const QString pointer = QStringLiteral("/triggers/%1").arg(i);
        walkProperties(trigger, properties, pointer, Holder::Trigger, found);
        DataValue *secret = trigger.get(QStringLiteral("secret"));
        if (secret && secret->isMap() && asksForValue(*secret))
            found({Holder::TriggerSecret, trigger.textOf(QStringLiteral("name")),
                   QStringLiteral("secret"), pointer + QStringLiteral("/secret"), secret});
    }
}

} // namespace lb
