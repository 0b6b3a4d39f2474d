// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/config/reference_lint.h"
#include "core/config/shape_check.h"

namespace lb {

/// What actions use beside references, over the whole runbook.
struct ActionUses
{
    QSet<QString> secrets;
    QHash<QString, YamlPlace> madeParts; ///< part → the first step that makes it
};

/// References, secrets and parts in one action. `scope` is that of its step, check or fact.
class ActionLint
{
public:
    ActionLint(const Runbook &runbook, ReferenceLint &references, Findings &findings)
        : m_runbook(runbook), m_references(references), m_findings(findings)
    {
    }

    /// `owner`: the object in which the action stands under its own key.
    void check(const YamlNode &owner, const LintScope &scope);
    /// A rule of done_when: its references, and whether the action can give such an answer.
    void checkRule(const YamlNode &owner, const char *key, const LintScope &scope);
    const ActionUses &uses() const { return m_uses; }

private:
    void checkParam(const ActionSpec &spec, const ParamSpec &param, const YamlNode &node,
                    LintScope scope);
    void checkPart(const ActionSpec &spec, const YamlNode &node, const LintScope &scope);
    void checkSecret(const YamlNode &node);
    void useSecret(const YamlNode &name);

    const Runbook &m_runbook;
    ReferenceLint &m_references;
    Findings &m_findings;
    ActionUses m_uses;
};

} // namespace lb
