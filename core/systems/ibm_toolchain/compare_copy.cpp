// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/ibm_toolchain/compare_copy.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(ToolchainCopy)

using State = ToolchainTool::State;

const QString kServices = QStringLiteral("services");

/// The tools that are not taken yet, for finding each only once.
class ToolPool
{
public:
    explicit ToolPool(const std::vector<ToolchainTool> &tools)
    {
        for (const ToolchainTool &tool : tools)
            m_left.push_back(&tool);
    }

    /// nullptr when none is left that fits. Without a name, the first of the type.
    const ToolchainTool *take(const QString &type, const QString &name)
    {
        const auto found = std::find_if(m_left.begin(), m_left.end(), [&](const auto *tool) {
            return tool->type == type && (name.isEmpty() || tool->name == name);
        });
        if (found == m_left.end())
            return nullptr;
        const ToolchainTool *tool = *found;
        m_left.erase(found);
        return tool;
    }
    const std::vector<const ToolchainTool *> &left() const { return m_left; }

private:
    std::vector<const ToolchainTool *> m_left;
};

/// Only its own parameters leave a tool unconfigured (sheet §8): not the properties of its
/// pipeline, and not the token of a repository that is opened by OAuth.
bool awaitsSecret(const QString &service, const std::vector<Template::SecretSlot> &secretSlots)
{
    return std::any_of(secretSlots.begin(), secretSlots.end(), [&](const auto &slot) {
        return slot.service == service && slot.isNeeded && slot.reference.isEmpty() &&
               slot.kind == Template::SecretSlot::Kind::ToolParameter;
    });
}

bool pointsAnywhereAtRegion(const DataValue &parameters, const QString &region)
{
    return std::any_of(
        parameters.members.begin(), parameters.members.end(), [&](const DataValue::Member &member) {
            return member.value.isText() && pointsAtRegion(member.value.text, region);
        });
}

void judge(CopyComparison &comparison, const QString &name, const ToolchainTool &tool,
           const std::vector<Template::SecretSlot> &secretSlots, const QString &sourceRegion)
{
    if (tool.state == State::Configuring)
        comparison.configuring << name;
    else if (tool.state != State::Configured && awaitsSecret(name, secretSlots))
        comparison.needsSecret << name;
    else if (tool.state != State::Configured)
        comparison.unconfigured << name;
    const bool isRepository = tool.parameters.get(QStringLiteral("repo_url"));
    if (isRepository && pointsAnywhereAtRegion(tool.parameters, sourceRegion))
        comparison.sourceRegion << name;
}

std::optional<Template::SecretSlot::Kind> kindNamed(const QString &name)
{
    using Kind = Template::SecretSlot::Kind;
    for (const Kind kind : {Kind::ToolParameter, Kind::ClassicProperty, Kind::StageProperty,
                            Kind::TektonProperty, Kind::TriggerProperty, Kind::TriggerSecret}) {
        if (secretSlotKindName(kind) == name)
            return kind;
    }
    return std::nullopt;
}

} // namespace

CopyComparison compareCopy(const DataValue &toolchainFile,
                           const std::vector<Template::SecretSlot> &secretSlots,
                           const std::vector<ToolchainTool> &tools, const QString &sourceRegion)
{
    CopyComparison comparison;
    ToolPool pool(tools);
    std::vector<std::pair<QString, QString>> unnamed;
    const DataValue *services = toolchainFile.get(kServices);
    const std::vector<DataValue::Member> none;
    for (const DataValue::Member &service : services ? services->members : none) {
        const QString type = service.value.textOf(QStringLiteral("service_id"));
        if (const ToolchainTool *tool = pool.take(type, service.key))
            judge(comparison, service.key, *tool, secretSlots, sourceRegion);
        else
            unnamed.emplace_back(type, service.key);
    }
    // A tool may have another name in the copy, for not all types of tools have one of their own.
    for (const auto &[type, name] : unnamed) {
        if (const ToolchainTool *tool = pool.take(type, {}))
            judge(comparison, name, *tool, secretSlots, sourceRegion);
        else
            comparison.missing << name;
    }
    for (const ToolchainTool *tool : pool.left())
        comparison.unexpected << (tool->type + QLatin1Char(' ') + tool->name).trimmed();
    return comparison;
}

Result<std::vector<Template::SecretSlot>> readSecretSlots(const DataValue &data)
{
    const DataValue *format = data.get(QStringLiteral("format"));
    const DataValue *list = data.get(QStringLiteral("slots"));
    if (!format || !list || !list->isList())
        return fail(ErrorCode::Corrupt, tr("The list of secrets cannot be read"));
    if (format->text != QLatin1String("1"))
        return fail(ErrorCode::Unsupported,
                    tr("The list of secrets is of a newer format: %1").arg(format->text));
    std::vector<Template::SecretSlot> secretSlots;
    for (const DataValue &item : list->items) {
        const auto text = [&](const char *key) { return item.textOf(QString::fromLatin1(key)); };
        const auto kind = kindNamed(text("kind"));
        if (!kind || text("id").isEmpty())
            return fail(ErrorCode::Corrupt, tr("The list of secrets cannot be read"), text("id"));
        Template::SecretSlot slot;
        slot.id = text("id");
        slot.kind = *kind;
        slot.service = text("service");
        slot.type = text("type");
        slot.scope = text("scope");
        slot.name = text("name");
        slot.file = text("file");
        slot.pointer = text("pointer");
        slot.reference = text("reference");
        const DataValue *needed = item.get(QStringLiteral("needed"));
        slot.isNeeded = !needed || needed->boolean;
        secretSlots.push_back(std::move(slot));
    }
    return secretSlots;
}

} // namespace lb
