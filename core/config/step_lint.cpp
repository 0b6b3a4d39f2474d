// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/step_lint.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Config)

constexpr size_t kNone = size_t(-1);

YamlPlace placeOf(const YamlNode &node, const char *key)
{
    for (const YamlNode::Member &member : node.members) {
        if (member.key == QLatin1String(key))
            return member.value.place;
    }
    return node.place;
}

bool has(const YamlNode &node, const char *key)
{
    return node.get(QLatin1String(key)) != nullptr;
}

} // namespace

bool isReservedName(const QString &id)
{
    static const QSet<QString> names{QStringLiteral("identity"),   QStringLiteral("host_key"),
                                     QStringLiteral("lease"),      QStringLiteral("secrets"),
                                     QStringLiteral("room"),       QStringLiteral("clock"),
                                     QStringLiteral("applies_to"), QStringLiteral("recipients"),
                                     QStringLiteral("proof"),      QStringLiteral("old_off")};
    return names.contains(id);
}

StepLint::StepLint(const Runbook &runbook, const YamlDocument &document, ReferenceLint &references,
                   ActionLint &actions, Findings &findings)
    : m_runbook(runbook),
      m_document(document),
      m_references(references),
      m_actions(actions),
      m_findings(findings)
{
    collect(runbook.steps, false);
    collect(runbook.finallySteps, true);
}

void StepLint::collect(const std::vector<StepSpec> &steps, bool inFinally)
{
    for (const StepSpec &step : steps) {
        const YamlNode *node = m_document.at(step.pointer);
        if (node && node->isMap())
            m_entries.push_back({&step, node, inFinally, {}});
    }
}

void StepLint::check()
{
    checkIds();
    linkNeeds();
    checkCycles();
    for (size_t index = 0; index < m_entries.size(); ++index)
        checkStep(index);
}

void StepLint::checkIds()
{
    QSet<QString> ids;
    for (const Entry &entry : m_entries) {
        const QString &id = entry.step->id;
        if (id.isEmpty())
            continue;
        if (ids.contains(id))
            m_findings.error(placeOf(*entry.node, "id"),
                             tr("The id “%1” belongs to a step above").arg(id));
        if (isReservedName(id))
            m_findings.error(placeOf(*entry.node, "id"),
                             tr("The id “%1” has a meaning of its own").arg(id),
                             tr("Choose another name"));
        ids.insert(id);
    }
}

void StepLint::checkNeed(Entry &entry, const YamlNode &need)
{
    QStringList ids;
    size_t found = kNone;
    for (size_t index = 0; index < m_entries.size(); ++index) {
        const Entry &other = m_entries[index];
        if (other.inFinally == entry.inFinally)
            ids << other.step->id;
        if (other.step->id == need.text)
            found = std::min(found, index);
    }
    ids.removeAll(entry.step->id);
    if (found == kNone)
        m_findings.error(need.place, tr("There is no step “%1” to need").arg(need.text),
                         didYouMean(need.text, ids));
    else if (need.text == entry.step->id)
        m_findings.error(need.place, tr("The step “%1” needs itself").arg(need.text));
    else if (m_entries[found].inFinally && !entry.inFinally)
        m_findings.error(need.place,
                         tr("“%1” is a step of finally: it comes after all others").arg(need.text));
    else if (entry.inFinally && !m_entries[found].inFinally)
        m_findings.error(need.place,
                         tr("“%1” has ended before any step of finally begins").arg(need.text),
                         tr("Leave it out"));
    else
        entry.needs.push_back(found);
}

void StepLint::linkNeeds()
{
    for (size_t index = 0; index < m_entries.size(); ++index) {
        Entry &entry = m_entries[index];
        const YamlNode *needs = entry.node->get(QLatin1String("needs"));
        if (needs) {
            for (const YamlNode &need : needs->items)
                checkNeed(entry, need);
        } else if (index > 0 && m_entries[index - 1].inFinally == entry.inFinally) {
            entry.needs.push_back(index - 1);
        }
    }
}

void StepLint::checkCycles()
{
    enum Mark
    {
        White,
        Open,
        Done
    };
    std::vector<Mark> marks(m_entries.size(), White);
    std::vector<size_t> path;
    const auto visit = [&](const auto &self, size_t index) -> void {
        marks[index] = Open;
        path.push_back(index);
        for (const size_t next : m_entries[index].needs) {
            if (marks[next] == White) {
                self(self, next);
            } else if (marks[next] == Open) {
                QStringList names;
                for (auto at = std::find(path.begin(), path.end(), next); at != path.end(); ++at)
                    names << m_entries[*at].step->id;
                names << m_entries[next].step->id;
                m_findings.error(placeOf(*m_entries[index].node, "needs"),
                                 tr("These steps wait for each other: %1")
                                     .arg(names.join(QStringLiteral(" → "))));
            }
        }
        path.pop_back();
        marks[index] = Done;
    };
    for (size_t index = 0; index < m_entries.size(); ++index) {
        if (marks[index] == White)
            visit(visit, index);
    }
}

QSet<QString> StepLint::outputsBefore(size_t index) const
{
    QSet<QString> ids;
    std::vector<size_t> open = m_entries[index].needs;
    std::vector<bool> seen(m_entries.size(), false);
    while (!open.empty()) {
        const size_t next = open.back();
        open.pop_back();
        if (seen[next])
            continue;
        seen[next] = true;
        ids.insert(m_entries[next].step->id);
        open.insert(open.end(), m_entries[next].needs.begin(), m_entries[next].needs.end());
    }
    if (m_entries[index].inFinally) {
        for (const Entry &entry : m_entries) {
            if (!entry.inFinally)
                ids.insert(entry.step->id);
        }
    }
    ids.remove(m_entries[index].step->id);
    return ids;
}

void StepLint::checkEffect(const Entry &entry)
{
    const StepSpec &step = *entry.step;
    const FoundAction action = findActionIn(*entry.node);
    if (action.spec == nullptr)
        return;
    const bool said = has(*entry.node, "effect");
    const auto implied = action.spec->effect;
    if (!implied && !said && !entry.inFinally)
        m_findings.error(
            action.place,
            tr("“%1” does not say what it does to the target").arg(QLatin1String(action.spec->key)),
            tr("Add effect: read, change or destroy"));
    if (said && implied && step.effect < *implied)
        m_findings.error(placeOf(*entry.node, "effect"),
                         tr("“%1” always has the effect %2")
                             .arg(QLatin1String(action.spec->key), name(*implied)));
    const Purpose purpose = m_runbook.purpose;
    const bool looks = purpose == Purpose::Assess;
    if ((makesPoint(purpose) && step.effect == Effect::Destroy) ||
        (looks && step.effect != Effect::Read))
        m_findings.error(said ? placeOf(*entry.node, "effect") : action.place,
                         looks ? tr("A runbook that assesses may only read")
                               : tr("A runbook that saves may not destroy"));
    const bool program =
        action.spec->kind == ActionKind::Run || action.spec->kind == ActionKind::Ssh;
    if (step.startsDaemon && !program)
        m_findings.error(placeOf(*entry.node, "starts_daemon"),
                         tr("“%1” starts no program").arg(QLatin1String(action.spec->key)));
}

void StepLint::checkResume(const Entry &entry, const LintScope &scope)
{
    const YamlNode &node = *entry.node;
    if (entry.step->resume == ResumePolicy::Probe && !entry.step->probe)
        m_findings.error(placeOf(node, "resume"), tr("The step has no probe to ask"),
                         tr("Add probe with done_when and not_done_when"));
    if (entry.step->probe && entry.step->resume != ResumePolicy::Probe)
        m_findings.warning(
            placeOf(node, "probe"),
            tr("This probe is never asked: resume is %1").arg(name(entry.step->resume)));
    if (const YamlNode *probe = node.get(QLatin1String("probe"))) {
        m_actions.check(*probe, scope);
        m_actions.checkRule(*probe, "done_when", scope);
        m_actions.checkRule(*probe, "not_done_when", scope);
        if (entry.step->probe && !entry.step->probe->doneWhen.isEmpty() &&
            entry.step->probe->doneWhen.toJson() == entry.step->probe->notDoneWhen.toJson())
            m_findings.error(placeOf(*probe, "not_done_when"),
                             tr("Done and not done have the same answer"));
    }
    if (const YamlNode *undo = node.get(QLatin1String("undo"))) {
        if (entry.step->effect == Effect::Read)
            m_findings.warning(undo->place, tr("A step that only reads has nothing to undo"));
        // What the step itself gave out is known when it is taken back.
        LintScope after = scope;
        after.outputs.insert(entry.step->id);
        m_actions.check(*undo, after);
    }
}

void StepLint::checkObligation(const Entry &entry, const LintScope &scope)
{
    const YamlNode *obliges = entry.node->get(QLatin1String("obliges"));
    if (obliges == nullptr || !entry.step->obliges)
        return;
    const ObligationSpec &obligation = *entry.step->obliges;
    if (const YamlNode *title = obliges->get(QLatin1String("title")))
        m_references.checkText(*title, scope, Wanted::Text);
    if (m_obligations.contains(obligation.id))
        m_findings.error(placeOf(*obliges, "id"),
                         tr("The obligation “%1” belongs to a step above").arg(obligation.id));
    m_obligations.insert(obligation.id);
    if (obligation.by.isEmpty())
        return;
    QStringList ids;
    bool inSteps = false;
    for (const Entry &other : m_entries) {
        if (other.inFinally)
            ids << other.step->id;
        else
            inSteps = inSteps || other.step->id == obligation.by;
    }
    if (ids.contains(obligation.by))
        return;
    if (inSteps)
        m_findings.error(
            placeOf(*obliges, "by"),
            tr("“%1” is not a step of finally: a failure would leave it out").arg(obligation.by),
            tr("Move it to finally"));
    else
        m_findings.error(placeOf(*obliges, "by"),
                         tr("There is no step “%1” in finally").arg(obligation.by),
                         didYouMean(obligation.by, ids));
}

void StepLint::checkFinally(const Entry &entry)
{
    if (!entry.inFinally)
        return;
    if (needsProof(m_runbook.purpose) && entry.step->effect != Effect::Read &&
        !has(*entry.node, "when"))
        m_findings.error(entry.node->place,
                         tr("In a runbook to %1, a step of finally that changes something must say "
                            "when")
                             .arg(name(m_runbook.purpose)),
                         tr("when: proven lets a system run again; when: always takes power away"));
}

void StepLint::checkStep(size_t index)
{
    const Entry &entry = m_entries[index];
    const YamlNode &node = *entry.node;
    LintScope scope;
    scope.atRun = true;
    scope.outputs = outputsBefore(index);
    if (const YamlNode *forEach = node.get(QLatin1String("for_each"))) {
        scope.hasItem = true;
        scope.item = m_references.checkForEach(*forEach, scope);
    } else if (has(node, "for_each_key")) {
        m_findings.error(placeOf(node, "for_each_key"), tr("“for_each_key” without “for_each”"));
    }
    if (const YamlNode *title = node.get(QLatin1String("title")))
        m_references.checkText(*title, scope, Wanted::Text);
    if (const YamlNode *when = node.get(QLatin1String("when")))
        m_references.checkCondition(
            entry.inFinally && when->members.size() == 1 ? when->members[0].value : *when, scope);
    if (entry.step->effect == Effect::Destroy)
        scope.slotsRefused = tr("what is destroyed must stand in the plan");
    m_actions.check(node, scope);
    scope.slotsRefused.clear();
    checkEffect(entry);
    checkResume(entry, scope);
    checkObligation(entry, scope);
    checkFinally(entry);
}

} // namespace lb
