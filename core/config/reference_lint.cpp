// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/reference_lint.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Config)

QString inBraces(const Reference &reference)
{
    return QStringLiteral("“{{ %1 }}”").arg(reference.text);
}

template <class List>
QStringList namesIn(const List &list)
{
    QStringList names;
    for (const auto &entry : list)
        names << entry.name;
    return names;
}

QStringList idsIn(const std::vector<StepSpec> &steps)
{
    QStringList ids;
    for (const StepSpec &step : steps)
        ids << step.id;
    return ids;
}

const StepSpec *findStep(const Runbook &runbook, const QString &id)
{
    for (const auto *list : {&runbook.steps, &runbook.finallySteps}) {
        for (const StepSpec &step : *list) {
            if (step.id == id)
                return &step;
        }
    }
    return nullptr;
}

bool saysOutput(const Action &action, const char *kind)
{
    return action.params.value(QLatin1String("output")).toString() == QLatin1String(kind);
}

bool readsProgram(const Action &action)
{
    return action.kind == ActionKind::Run || action.kind == ActionKind::Ssh ||
           action.kind == ActionKind::Http;
}

/// What a discovery's value is.
ValueKind discoveredKind(const Action &action)
{
    if (action.kind == ActionKind::PostgresList || saysOutput(action, "lines"))
        return ValueKind::List;
    if (action.kind == ActionKind::ElasticsearchSurvey ||
        action.kind == ActionKind::ToolchainSurvey ||
        action.kind == ActionKind::ToolchainProjects || saysOutput(action, "json"))
        return ValueKind::Anything;
    return ValueKind::Text;
}

bool holdsReference(const QString &text)
{
    const auto pieces = splitReferences(text);
    return pieces && std::any_of(pieces->begin(), pieces->end(), [](const TextPiece &piece) {
               return std::holds_alternative<Reference>(piece);
           });
}

} // namespace

ReferenceLint::ReferenceLint(const Runbook &runbook, Findings &findings)
    : m_runbook(runbook), m_findings(findings)
{
}

std::optional<ValueKind> ReferenceLint::resolveInput(const Reference &reference,
                                                     const YamlNode &node)
{
    const InputSpec *input = m_runbook.input(reference.name);
    if (input == nullptr) {
        m_findings.error(node.place,
                         tr("%1 names an input that is not declared").arg(inBraces(reference)),
                         didYouMean(reference.name, namesIn(m_runbook.inputs)));
        return std::nullopt;
    }
    m_used.insert(QStringLiteral("inputs.") + reference.name);
    const bool command = input->type == InputType::Command;
    ValueKind kind = command && input->isList ? ValueKind::Commands
                     : command                ? ValueKind::Command
                     : input->isList          ? ValueKind::List
                                              : ValueKind::Text;
    for (const QString &word : reference.path) {
        bool index = false;
        word.toUInt(&index);
        if (!index || kind == ValueKind::Text) {
            m_findings.error(node.place, tr("%1 goes on after the value").arg(inBraces(reference)),
                             tr("An item of a list is inputs.%1.0").arg(reference.name));
            return std::nullopt;
        }
        kind = kind == ValueKind::Commands ? ValueKind::Command : ValueKind::Text;
    }
    return kind;
}

std::optional<ValueKind> ReferenceLint::outputKind(const Action &action,
                                                   const QString &output) const
{
    if (!readsProgram(action))
        return ValueKind::Anything;
    const QString status =
        action.kind == ActionKind::Http ? QStringLiteral("status") : QStringLiteral("exit_status");
    if (output == status)
        return ValueKind::Text;
    // A JSON object's members are outputs of their own beside `json`.
    if (saysOutput(action, "json"))
        return ValueKind::Anything;
    if (saysOutput(action, "lines") && output == QLatin1String("lines"))
        return ValueKind::List;
    if (saysOutput(action, "text") && output == QLatin1String("text"))
        return ValueKind::Text;
    return std::nullopt;
}

std::optional<ValueKind> ReferenceLint::resolveOutput(const Reference &reference,
                                                      const YamlNode &node, const LintScope &scope)
{
    const StepSpec *step = findStep(m_runbook, reference.name);
    if (step == nullptr) {
        m_findings.error(node.place,
                         tr("%1 names a step that is not there").arg(inBraces(reference)),
                         didYouMean(reference.name, idsIn(m_runbook.steps)));
        return std::nullopt;
    }
    if (!scope.atRun) {
        m_findings.error(node.place,
                         tr("%1 is only known while the run goes on").arg(inBraces(reference)),
                         tr("Read it in discover, so that it can stand in the plan"));
        return std::nullopt;
    }
    if (!scope.outputs.contains(reference.name)) {
        m_findings.error(
            node.place,
            tr("%1 names a step that need not have ended before this one").arg(inBraces(reference)),
            tr("Put it before, or name it in needs"));
        return std::nullopt;
    }
    const auto kind = outputKind(step->action, reference.path.first());
    if (!kind) {
        const QString wanted = step->action.params.value(QLatin1String("output")).toString();
        m_findings.error(
            node.place,
            tr("%1 names an output that the step does not have").arg(inBraces(reference)),
            wanted.isEmpty() || wanted == QLatin1String("none")
                ? tr("Give step “%1” an output: text, lines or json").arg(step->id)
                : tr("There are %1 and %2")
                      .arg(wanted, step->action.kind == ActionKind::Http
                                       ? QStringLiteral("status")
                                       : QStringLiteral("exit_status")));
        return std::nullopt;
    }
    return reference.path.size() > 1 ? ValueKind::Anything : *kind;
}

std::optional<ValueKind> ReferenceLint::resolve(const Reference &reference, const YamlNode &node,
                                                const LintScope &scope)
{
    const auto tooEarly = [&]() -> std::optional<ValueKind> {
        m_findings.error(node.place, tr("%1 is not known here yet").arg(inBraces(reference)));
        return std::nullopt;
    };
    using Root = Reference::Root;
    switch (reference.root) {
    case Root::Input:
        return resolveInput(reference, node);
    case Root::Discovered: {
        const auto found =
            std::find_if(m_runbook.discover.begin(), m_runbook.discover.end(),
                         [&](const FactSpec &fact) { return fact.name == reference.name; });
        if (found == m_runbook.discover.end()) {
            m_findings.error(node.place,
                             tr("%1 names a discovery that is not there").arg(inBraces(reference)),
                             didYouMean(reference.name, namesIn(m_runbook.discover)));
            return std::nullopt;
        }
        m_used.insert(QStringLiteral("discover.") + reference.name);
        if (!scope.discovered)
            return tooEarly();
        return reference.path.isEmpty() ? discoveredKind(found->action) : ValueKind::Anything;
    }
    case Root::Item:
        if (!scope.hasItem) {
            m_findings.error(node.place,
                             tr("%1 stands where there is no for_each").arg(inBraces(reference)));
            return std::nullopt;
        }
        if (!reference.path.isEmpty() && scope.item == ValueKind::Text) {
            m_findings.error(node.place,
                             tr("%1 asks for a field of a plain text").arg(inBraces(reference)),
                             tr("Write {{ item }}"));
            return std::nullopt;
        }
        return reference.path.isEmpty() ? scope.item : ValueKind::Anything;
    case Root::System:
        return ValueKind::Text;
    case Root::HostName:
        return scope.hostName ? std::optional(ValueKind::Text) : tooEarly();
    case Root::Run:
    case Root::Point:
        return scope.atRun ? std::optional(ValueKind::Text) : tooEarly();
    case Root::PointParts:
        m_findings.error(node.place, tr("%1 is a list").arg(inBraces(reference)),
                         tr("Use it with for_each: point.parts"));
        return std::nullopt;
    case Root::StepOutput:
        return resolveOutput(reference, node, scope);
    }
    return std::nullopt;
}

bool ReferenceLint::isSlot(const Reference &reference) const
{
    using Root = Reference::Root;
    return reference.root == Root::StepOutput || reference.root == Root::Run ||
           (reference.root == Root::Point && makesPoint(m_runbook.purpose));
}

void ReferenceLint::checkOne(const Reference &reference, bool whole, const YamlNode &node,
                             const LintScope &scope, Wanted wanted)
{
    const auto kind = resolve(reference, node, scope);
    if (!kind)
        return;
    if (!scope.slotsRefused.isEmpty() && isSlot(reference)) {
        m_findings.error(node.place,
                         tr("%1 is only known while the run goes on, and %2")
                             .arg(inBraces(reference), scope.slotsRefused),
                         tr("Read it in discover, so that it can stand in the plan"));
        return;
    }
    if (*kind == ValueKind::Anything || wanted == Wanted::Any)
        return;
    const bool command = *kind == ValueKind::Command || *kind == ValueKind::Commands;
    if (wanted == Wanted::Command) {
        if (*kind != ValueKind::Command)
            m_findings.error(node.place, tr("%1 is not of type command").arg(inBraces(reference)));
    } else if (command) {
        m_findings.error(
            node.place,
            tr("%1 is a command: it can only be a whole “command:”").arg(inBraces(reference)));
    } else if (wanted == Wanted::List && whole) {
        if (*kind != ValueKind::List)
            m_findings.error(node.place, tr("%1 is not a list").arg(inBraces(reference)));
    } else if (*kind == ValueKind::List) {
        m_findings.error(node.place,
                         tr("%1 is a list, and one text is wanted").arg(inBraces(reference)),
                         tr("Use for_each, or one item: {{ %1.0 }}").arg(reference.text));
    }
}

void ReferenceLint::checkText(const YamlNode &node, const LintScope &scope, Wanted wanted)
{
    if (!node.isScalar())
        return;
    static const QLatin1String secrets("secrets.");
    const auto pieces = splitReferences(node.text);
    if (!pieces) {
        // Said in its own words: filling a secret into a text is the mistake that leaks it.
        if (node.text.contains(secrets))
            m_findings.error(node.place, tr("A secret cannot be filled into a text"),
                             tr("Write {secret: NAME} as the whole value of input, content, "
                                "environment, headers, body or password"));
        else
            m_findings.add(pieces.error(), node.place);
        return;
    }
    for (const TextPiece &piece : *pieces) {
        if (const auto *reference = std::get_if<Reference>(&piece))
            checkOne(*reference, pieces->size() == 1, node, scope, wanted);
    }
}

ValueKind ReferenceLint::checkForEach(const YamlNode &node, const LintScope &scope)
{
    const auto whole = wholeReference(node.text);
    const auto reference = whole ? Result<Reference>(*whole) : parseReference(node.text);
    if (!reference) {
        m_findings.add(reference.error(), node.place);
        return ValueKind::Anything;
    }
    using Root = Reference::Root;
    if (reference->root == Root::PointParts)
        return ValueKind::Anything;
    LintScope known = scope;
    known.atRun = false;
    const auto kind = resolve(*reference, node, known);
    if (!kind)
        return ValueKind::Anything;
    if (*kind == ValueKind::Text || *kind == ValueKind::Command) {
        m_findings.error(node.place, tr("%1 is not a list").arg(inBraces(*reference)),
                         reference->root == Root::Input
                             ? tr("Give the input list: yes")
                             : tr("Give the discovery output: lines or json"));
        return ValueKind::Anything;
    }
    if (*kind == ValueKind::Commands)
        return ValueKind::Command;
    const bool texts =
        *kind == ValueKind::List &&
        (reference->root == Root::Input ||
         std::any_of(m_runbook.discover.begin(), m_runbook.discover.end(),
                     [&](const FactSpec &fact) {
                         return fact.name == reference->name && saysOutput(fact.action, "lines");
                     }));
    return texts ? ValueKind::Text : ValueKind::Anything;
}

void ReferenceLint::checkTree(const YamlNode &node, const LintScope &scope)
{
    checkText(node, scope, Wanted::Any);
    for (const YamlNode &item : node.items)
        checkTree(item, scope);
    for (const YamlNode::Member &member : node.members)
        checkTree(member.value, scope);
}

void ReferenceLint::checkCondition(const YamlNode &node, const LintScope &scope)
{
    if (!node.isMap() || node.members.size() != 1)
        return;
    const QString &key = node.members[0].key;
    const YamlNode &value = node.members[0].value;
    if (key == QLatin1String("present")) {
        if (value.isScalar() && !holdsReference(value.text) && parseReference(value.text))
            m_findings.error(value.place,
                             tr("“%1” is a plain text and so always there").arg(value.text),
                             tr("Write \"{{ %1 }}\"").arg(value.text));
        else if (value.isScalar() && !value.text.contains(QLatin1String("{{")))
            m_findings.error(value.place, tr("“present” needs a reference"));
        checkText(value, scope, Wanted::Any);
    } else if (key == QLatin1String("equals")) {
        if (value.items.size() == 2 &&
            std::none_of(value.items.begin(), value.items.end(), [](const YamlNode &item) {
                return item.text.contains(QLatin1String("{{"));
            }))
            m_findings.error(value.place, tr("“equals” compares two fixed values"),
                             tr("One of them should be a reference in {{ }}"));
        for (const YamlNode &item : value.items)
            checkText(item, scope, Wanted::Any);
    } else {
        checkCondition(value, scope);
        for (const YamlNode &item : value.items)
            checkCondition(item, scope);
    }
}

void ReferenceLint::warnUnused(const YamlDocument &document)
{
    for (const char *section : {"inputs", "discover"}) {
        const YamlNode *map = document.root.get(QLatin1String(section));
        if (map == nullptr)
            continue;
        for (const YamlNode::Member &member : map->members) {
            const QString name = QLatin1String(section) + QLatin1Char('.') + member.key;
            if (!m_used.contains(name))
                m_findings.warning(member.place, tr("Nothing uses “%1”").arg(member.key));
        }
    }
}

} // namespace lb
