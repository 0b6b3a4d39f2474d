// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/ibm_toolchain/template_places.h"

#include "core/systems/ibm_toolchain/toolchain_answer.h"

#include <set>

namespace lb {

namespace {

LB_TRANSLATE(ToolchainTemplate)

const QString kName = QStringLiteral("name");
const QString kDescription = QStringLiteral("description");
const QString kProperties = QStringLiteral("/properties");
const QString kOldProperties = QStringLiteral("/envProperties");

/// `template` and `toolchain` with what the source says of them itself.
DataValue head(const DataValue &toolchain)
{
    DataValue origin = DataValue::ofMap();
    const DataValue *old = toolchain.get(QStringLiteral("template"));
    if (const QString name = old ? old->textOf(kName) : QString(); !name.isEmpty())
        origin.set(kName, DataValue::ofText(name));
    if (const QString text = toolchain.textOf(kDescription); !text.isEmpty())
        origin.set(kDescription, DataValue::ofText(text));
    DataValue written = DataValue::ofMap();
    written.set(QStringLiteral("template"), origin);
    written.set(QStringLiteral("toolchain"),
                DataValue::ofMap({{kName, DataValue::ofText(toolchain.textOf(kName))}}));
    return written;
}

/// The toolchain as it was read, in the order of toolchain.yml: no rule has changed a value.
DataValue asRead(const DataValue &answer)
{
    const auto tools = toolchainServices(answer);
    const DataValue *toolchain = toolchainIn(answer);
    if (!tools || !toolchain)
        return {};
    DataValue services = DataValue::ofMap();
    for (const ToolchainService &tool : *tools) {
        DataValue entry = DataValue::ofMap();
        if (tool.parameters)
            entry.set(QStringLiteral("parameters"), *tool.parameters);
        entry.set(QStringLiteral("service_id"), DataValue::ofText(tool.type));
        services.set(tool.name, std::move(entry));
    }
    DataValue all = head(*toolchain);
    all.set(QStringLiteral("services"), std::move(services));
    return all;
}

int nearest(const PointerLines &lines, QString pointer)
{
    for (;;) {
        if (const auto found = lines.find(pointer); found != lines.end())
            return found->second;
        if (pointer.isEmpty())
            return 0;
        pointer.truncate(qMax<qsizetype>(0, pointer.lastIndexOf(QLatin1Char('/'))));
    }
}

/// Rule K1 puts `envProperties` behind what `properties` holds already.
QString beforeRenaming(const DataValue &read, const QString &pointer)
{
    const bool isProperty =
        pointer == kProperties || pointer.startsWith(kProperties + QLatin1Char('/'));
    if (!isProperty || !read.get(QStringLiteral("envProperties")))
        return pointer;
    const DataValue *kept = read.get(QStringLiteral("properties"));
    const QString index = pointer.section(QLatin1Char('/'), 2, 2);
    const int before = kept ? int(kept->items.size()) : 0;
    if (index.isEmpty())
        return kOldProperties;
    if (index.toInt() < before)
        return pointer;
    const QString rest = pointer.section(QLatin1Char('/'), 3);
    return QStringLiteral("%1/%2").arg(kOldProperties).arg(index.toInt() - before) +
           (rest.isEmpty() ? QString() : QLatin1Char('/') + rest);
}

/// nullptr when there is no such place.
DataValue *valueAt(DataValue &document, const QString &pointer)
{
    DataValue *at = &document;
    for (QString step : pointer.split(QLatin1Char('/')).mid(1)) {
        step.replace(QLatin1String("~1"), QLatin1String("/"));
        step.replace(QLatin1String("~0"), QLatin1String("~"));
        bool isIndex = false;
        const std::size_t index = step.toUInt(&isIndex);
        if (at->isList())
            at = isIndex && index < at->items.size() ? &at->items[index] : nullptr;
        else
            at = at->get(step);
        if (!at)
            return nullptr;
    }
    return at;
}

void hideTexts(DataValue &value)
{
    if (value.isText() || value.kind == DataValue::Kind::Number)
        value = DataValue::ofText(tr("(not shown)", "in place of a value that may be a secret"));
    for (DataValue &item : value.items)
        hideTexts(item);
    for (DataValue::Member &member : value.members)
        hideTexts(member.value);
}

} // namespace

TemplatePlaces::TemplatePlaces(const ToolchainExport &source, const Template &made)
{
    for (const Template::File &file : made.files) {
        if (!file.path.endsWith(QLatin1String(".yml")))
            continue;
        // Our own writer gives the same bytes for what was read from them, so the lines are right.
        if (const auto value = readYamlData(file.bytes, file.path))
            writeYamlData(*value, &m_lines[file.path]);
        const auto pipeline = source.pipelines.find(file.instance);
        m_read[file.path] =
            pipeline == source.pipelines.end() ? asRead(source.answer) : pipeline->second;
    }
    for (const Template::Change &change : changesWithSecrets(made)) {
        if (change.isSecret)
            hide(change.file, change.pointer);
    }
    for (const auto &[file, read] : m_read)
        m_sources.push_back({file, QStringLiteral("source/") + file.section(QLatin1Char('/'), -1),
                             writeYamlData(read, &m_sourceLines[file])});
}

void TemplatePlaces::hide(const QString &file, const QString &pointer)
{
    const auto read = m_read.find(file);
    if (read == m_read.end())
        return;
    if (DataValue *value = valueAt(read->second, beforeRenaming(read->second, pointer)))
        hideTexts(*value);
}

int TemplatePlaces::line(const QString &file, const QString &pointer) const
{
    const auto lines = m_lines.find(file);
    return lines == m_lines.end() ? 0 : nearest(lines->second, pointer);
}

int TemplatePlaces::sourceLine(const QString &file, const QString &pointer) const
{
    const auto lines = m_sourceLines.find(file);
    return lines == m_sourceLines.end()
               ? 0
               : nearest(lines->second, beforeRenaming(m_read.at(file), pointer));
}

std::vector<Template::Change> changesWithSecrets(const Template &made)
{
    std::vector<Template::Change> all = made.changes;
    std::set<std::pair<QString, QString>> known;
    for (const Template::Change &change : made.changes)
        known.emplace(change.file, change.pointer);
    for (const Template::SecretSlot &slot : made.secretSlots) {
        if (!slot.reference.isEmpty() || known.contains({slot.file, slot.pointer}))
            continue;
        const bool ofTool = slot.kind == Template::SecretSlot::Kind::ToolParameter;
        all.push_back({ofTool ? QStringLiteral("T12") : QStringLiteral("P9"), slot.file,
                       slot.pointer, QString(), QStringLiteral("\"\""), true});
    }
    return all;
}

} // namespace lb
