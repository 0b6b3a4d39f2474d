// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/config/findings.h"
#include "core/model/reference.h"

#include <QSet>

namespace lb {

/// What a reference gives, as far as the runbook alone tells.
enum class ValueKind
{
    Text,
    List,
    Command,
    Commands,
    Anything
};

/// What may be referred to in one place of a runbook.
struct LintScope
{
    bool hostName = true;   ///< not in facts: they come before it is known
    bool discovered = true; ///< not in facts, discover, version and identity
    bool atRun = false;     ///< in a step: slots are possible
    QSet<QString> outputs;  ///< ids of steps that have ended before this one begins
    bool hasItem = false;
    ValueKind item = ValueKind::Anything;
    QString slotsRefused; ///< not empty: why no slot may stand here
};

/// What the key wants from a reference.
enum class Wanted
{
    Text,    ///< one text; may be part of a longer one
    List,    ///< a whole list in the key's place
    Command, ///< a whole command in the key's place
    Any,     ///< `present`, `equals`
};

/// Checks references against what a runbook declares, and remembers what was used. Refers to the
/// runbook and findings it was made with.
class ReferenceLint
{
public:
    ReferenceLint(const Runbook &runbook, Findings &findings);

    /// Every reference in a scalar.
    void checkText(const YamlNode &node, const LintScope &scope, Wanted wanted);
    /// The list after `for_each:`; gives what one item is.
    ValueKind checkForEach(const YamlNode &node, const LintScope &scope);
    /// Every text below a node, as `json` has them.
    void checkTree(const YamlNode &node, const LintScope &scope);
    /// The values in a condition that checkCondition() has found well made.
    void checkCondition(const YamlNode &node, const LintScope &scope);
    /// An input that an action reads by itself.
    void use(const QString &input) { m_used.insert(QStringLiteral("inputs.") + input); }
    /// Says which inputs and discoveries nothing refers to.
    void warnUnused(const YamlDocument &document);

private:
    /// Nothing when it was refused, and that was said.
    std::optional<ValueKind> resolve(const Reference &reference, const YamlNode &node,
                                     const LintScope &scope);
    std::optional<ValueKind> resolveInput(const Reference &reference, const YamlNode &node);
    std::optional<ValueKind> resolveOutput(const Reference &reference, const YamlNode &node,
                                           const LintScope &scope);
    std::optional<ValueKind> outputKind(const Action &action, const QString &output) const;
    void checkOne(const Reference &reference, bool whole, const YamlNode &node,
                  const LintScope &scope, Wanted wanted);
    bool isSlot(const Reference &reference) const;

    const Runbook &m_runbook;
    Findings &m_findings;
    QSet<QString> m_used;
};

} // namespace lb
