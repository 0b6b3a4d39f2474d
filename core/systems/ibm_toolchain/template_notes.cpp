// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/ibm_toolchain/template_rules.h"

#include <QUrl>

namespace lb {

namespace {

using Kind = Template::SecretSlot::Kind;

QString shown(const DataValue *value)
{
    return value ? QString::fromUtf8(writeJsonData(*value)) : QString();
}

QString idStep(const QString &text)
{
    return QString::fromLatin1(QUrl::toPercentEncoding(text, QByteArrayLiteral(" ")));
}

/// Where in the pipeline or tool a slot is, in its id.
QString scopeWord(Kind kind)
{
    switch (kind) {
    case Kind::ToolParameter:
        return QStringLiteral("parameter");
    case Kind::ClassicProperty:
    case Kind::TektonProperty:
        return QStringLiteral("property");
    case Kind::StageProperty:
        return QStringLiteral("stage");
    case Kind::TriggerProperty:
    case Kind::TriggerSecret:
        return QStringLiteral("trigger");
    }
    return {};
}

} // namespace

void TemplateNotes::change(const char *rule, const QString &pointer, const DataValue *before,
                           const DataValue *after)
{
    m_written.changes.push_back(
        {QString::fromLatin1(rule), m_file, pointer, shown(before), shown(after), false});
}

void TemplateNotes::blanked(const char *rule, const QString &pointer)
{
    m_written.changes.push_back(
        {QString::fromLatin1(rule), m_file, pointer, {}, QStringLiteral("\"\""), true});
}

void TemplateNotes::dropped(const char *rule, const QString &pointer)
{
    m_written.changes.push_back({QString::fromLatin1(rule), m_file, pointer, {}, {}, true});
}

void TemplateNotes::find(const char *code, Template::Finding::Severity severity,
                         const QString &pointer, const QString &message, const QString &remedy)
{
    m_written.findings.push_back(
        {QString::fromLatin1(code), severity, m_file, pointer, message, remedy});
}

void TemplateNotes::slot(Template::SecretSlot slot)
{
    slot.file = m_file;
    QStringList steps{idStep(slot.service), scopeWord(slot.kind)};
    if (!slot.scope.isEmpty())
        steps << idStep(slot.scope);
    steps << idStep(slot.name);
    const QString wanted = steps.join(QLatin1Char('/'));
    slot.id = wanted;
    for (int i = 2; m_slotIds.contains(slot.id); ++i)
        slot.id = QStringLiteral("%1#%2").arg(wanted).arg(i);
    m_slotIds.insert(slot.id);
    m_written.secretSlots.push_back(std::move(slot));
}

QString secretSlotKindName(Kind kind)
{
    switch (kind) {
    case Kind::ToolParameter:
        return QStringLiteral("tool_parameter");
    case Kind::ClassicProperty:
        return QStringLiteral("classic_property");
    case Kind::StageProperty:
        return QStringLiteral("stage_property");
    case Kind::TektonProperty:
        return QStringLiteral("tekton_property");
    case Kind::TriggerProperty:
        return QStringLiteral("trigger_property");
    case Kind::TriggerSecret:
        return QStringLiteral("trigger_secret");
    }
    return {};
}

DataValue secretSlotsData(const std::vector<Template::SecretSlot> &secretSlots)
{
    const auto text = [](const QString &value) { return DataValue::ofText(value); };
    DataValue list = DataValue::ofList();
    for (const Template::SecretSlot &slot : secretSlots) {
        DataValue one =
            DataValue::ofMap({{QStringLiteral("id"), text(slot.id)},
                              {QStringLiteral("kind"), text(secretSlotKindName(slot.kind))},
                              {QStringLiteral("service"), text(slot.service)},
                              {QStringLiteral("type"), text(slot.type)}});
        if (!slot.scope.isEmpty())
            one.set(QStringLiteral("scope"), text(slot.scope));
        one.set(QStringLiteral("name"), text(slot.name));
        one.set(QStringLiteral("file"), text(slot.file));
        one.set(QStringLiteral("pointer"), text(slot.pointer));
        if (!slot.reference.isEmpty())
            one.set(QStringLiteral("reference"), text(slot.reference));
        one.set(QStringLiteral("needed"), DataValue::ofBoolean(slot.isNeeded));
        list.items.push_back(std::move(one));
    }
    return DataValue::ofMap(
        {{QStringLiteral("format"), DataValue::ofNumber(1)}, {QStringLiteral("slots"), list}});
}

} // namespace lb
