// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/config/action_lint.h"

namespace lb {

/// What the steps must be to each other: order, effects, probes, obligations.
class StepLint
{
public:
    StepLint(const Runbook &runbook, const YamlDocument &document, ReferenceLint &references,
             ActionLint &actions, Findings &findings);
    void check();

private:
    struct Entry
    {
        const StepSpec *step;
        const YamlNode *node;
        bool inFinally;
        std::vector<size_t> needs; ///< indexes of entries
    };

    void collect(const std::vector<StepSpec> &steps, bool inFinally);
    void checkIds();
    void linkNeeds();
    void checkNeed(Entry &entry, const YamlNode &need);
    void checkCycles();
    QSet<QString> outputsBefore(size_t index) const;
    void checkStep(size_t index);
    void checkEffect(const Entry &entry);
    void checkResume(const Entry &entry, const LintScope &scope);
    void checkObligation(const Entry &entry, const LintScope &scope);
    void checkFinally(const Entry &entry);

    const Runbook &m_runbook;
    const YamlDocument &m_document;
    ReferenceLint &m_references;
    ActionLint &m_actions;
    Findings &m_findings;
    std::vector<Entry> m_entries;
    QSet<QString> m_obligations;
};

/// Names that have a meaning of their own wherever a check or step is named.
bool isReservedName(const QString &id);

} // namespace lb
