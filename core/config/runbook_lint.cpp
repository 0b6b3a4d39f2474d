// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/runbook_lint.h"

#include "core/config/step_lint.h"

#include <QJsonDocument>
#include <QRegularExpression>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Config)

/// One pass over a runbook. Lives for one call of lintRunbook().
class RunbookLint
{
public:
    RunbookLint(const Runbook &runbook, const YamlDocument &document, Findings &findings)
        : m_runbook(runbook),
          m_document(document),
          m_findings(findings),
          m_references(runbook, findings),
          m_actions(runbook, m_references, findings)
    {
    }

    void check()
    {
        checkHead();
        checkInputs();
        checkIdentity();
        checkVersion();
        checkChecks();
        checkDiscover();
        if (m_runbook.steps.empty() && section("steps") && section("steps")->isList())
            m_findings.error(section("steps")->place, tr("There are no steps"));
        StepLint(m_runbook, m_document, m_references, m_actions, m_findings).check();
        checkSecrets();
        checkParts();
        checkCloses();
        m_references.warnUnused(m_document);
    }

private:
    const YamlNode *section(const char *key) const
    {
        return m_document.root.get(QLatin1String(key));
    }

    const YamlNode *at(const char *key, const QString &id) const
    {
        const YamlNode *map = section(key);
        return map ? map->get(id) : nullptr;
    }

    static LintScope before()
    {
        LintScope scope;
        scope.hostName = false;
        scope.discovered = false;
        return scope;
    }

    void checkHead()
    {
        if (!m_runbook.builtIn && m_runbook.id.startsWith(QLatin1String("lifeboat.")))
            m_findings.error(section("id")->place,
                             tr("Ids beginning with lifeboat. are Lifeboat's own"),
                             tr("Choose another first word"));
        if (!m_runbook.builtIn && m_runbook.system == QLatin1String("lifeboat"))
            m_findings.error(section("system")->place,
                             tr("The system type “lifeboat” is Lifeboat's own"));
    }

    void checkInputs()
    {
        QStringList names;
        for (const InputSpec &input : m_runbook.inputs)
            names << input.name;
        for (const InputSpec &input : m_runbook.inputs) {
            const YamlNode *node = at("inputs", input.name);
            if (node == nullptr)
                continue;
            if (input.type == InputType::Choice && input.choices.isEmpty())
                m_findings.error(node->place, tr("The choice “%1” has no choices").arg(input.name));
            if (input.type != InputType::Choice && !input.choices.isEmpty())
                m_findings.error(node->get(QLatin1String("choices"))->place,
                                 tr("Only an input of type choice has choices"));
            if (!input.with.isEmpty() &&
                (!names.contains(input.with) || input.with == input.name)) {
                QStringList others = names;
                others.removeAll(input.name);
                m_findings.error(node->get(QLatin1String("with"))->place,
                                 tr("There is no other input “%1”").arg(input.with),
                                 didYouMean(input.with, others));
            }
            const YamlNode *value = node->get(QLatin1String("default"));
            if (value == nullptr)
                continue;
            if (const auto checked = input.check(input.defaultValue); !checked)
                m_findings.add(checked.error(), value->place);
        }
    }

    void checkCloses()
    {
        const YamlNode *list = section("closes");
        QStringList inputs;
        for (const InputSpec &input : m_runbook.inputs)
            inputs << input.name;
        for (size_t i = 0; list && i < list->items.size() && i < m_runbook.closes.size(); ++i) {
            for (const QString &name : std::as_const(m_runbook.closes[i].same)) {
                if (!inputs.contains(name))
                    m_findings.error(list->items[i].get(QLatin1String("same"))->place,
                                     tr("There is no input “%1”").arg(name),
                                     didYouMean(name, inputs));
            }
        }
    }

    void checkIdentity()
    {
        const YamlNode *identity = section("identity");
        if (identity == nullptr) {
            if (m_runbook.system != QLatin1String("lifeboat"))
                m_findings.warning(m_document.root.place,
                                   tr("Nothing says which installation this is: every run will "
                                      "fail its check of the identity"),
                                   tr("Add identity with at least two facts"));
            return;
        }
        if (!identity->isMap())
            return;
        QSet<QByteArray> sources;
        for (const FactSpec &fact : m_runbook.facts) {
            const YamlNode *node = at2(*identity, "facts", fact.name);
            if (node)
                m_actions.check(*node, before());
            sources.insert(QByteArray(specOf(fact.action.kind).key) +
                           QJsonDocument(fact.action.params).toJson(QJsonDocument::Compact));
        }
        const YamlNode *facts = identity->get(QLatin1String("facts"));
        if (facts && sources.size() < 2)
            m_findings.warning(facts->place,
                               tr("Fewer than two facts from different sources cannot say which "
                                  "installation this is"));
        LintScope scope = before();
        scope.hostName = true;
        if (const YamlNode *text = identity->get(QLatin1String("text")))
            m_references.checkText(*text, scope, Wanted::Text);
        if (const YamlNode *names = identity->get(QLatin1String("scope"))) {
            m_references.checkText(*names, scope, Wanted::Any);
            for (const YamlNode &item : names->items)
                m_references.checkText(item, scope, Wanted::Text);
        }
    }

    static const YamlNode *at2(const YamlNode &object, const char *key, const QString &id)
    {
        const YamlNode *map = object.get(QLatin1String(key));
        return map ? map->get(id) : nullptr;
    }

    void checkVersion()
    {
        const YamlNode *appliesTo = section("applies_to");
        const YamlNode *version = section("version");
        static const QRegularExpression ranges(
            QStringLiteral("\\A\\s*(?:(?:>=|<=|>|<|=)?\\s*[0-9]+(?:\\.[0-9A-Za-z]+)*\\s*)+\\z"));
        if (appliesTo && version == nullptr)
            m_findings.warning(appliesTo->place, tr("Nothing reads the version for applies_to"),
                               tr("Add version with a read action"));
        if (appliesTo && !ranges.match(m_runbook.appliesTo).hasMatch())
            m_findings.error(appliesTo->place,
                             tr("“%1” is not a range of versions").arg(m_runbook.appliesTo),
                             tr("Write it like \">=1.1 <1.3\""));
        if (version == nullptr)
            return;
        m_actions.check(*version, before());
        const YamlNode *pattern = version->get(QLatin1String("pattern"));
        const QRegularExpression expression(m_runbook.versionPattern);
        if (pattern && !expression.isValid())
            m_findings.error(
                pattern->place,
                tr("This is not a regular expression: %1").arg(expression.errorString()));
        else if (pattern && expression.captureCount() < 1)
            m_findings.error(pattern->place, tr("The pattern has no group for the version"),
                             tr("Put the version's part in ( )"));
    }

    void checkChecks()
    {
        const YamlNode *checks = section("checks");
        if (checks == nullptr)
            return;
        QSet<QString> ids;
        for (const YamlNode &node : checks->items) {
            const YamlNode *id = node.get(QLatin1String("id"));
            if (id && ids.contains(id->text))
                m_findings.error(id->place,
                                 tr("The id “%1” belongs to a check above").arg(id->text));
            if (id && isReservedName(id->text))
                m_findings.error(id->place,
                                 tr("The id “%1” has a meaning of its own").arg(id->text),
                                 tr("Choose another name"));
            if (id)
                ids.insert(id->text);
            checkCheck(node);
        }
    }

    void checkCheck(const YamlNode &node)
    {
        LintScope scope;
        if (const YamlNode *forEach = node.get(QLatin1String("for_each"))) {
            scope.hasItem = true;
            scope.item = m_references.checkForEach(*forEach, scope);
        } else if (const YamlNode *key = node.get(QLatin1String("for_each_key"))) {
            m_findings.error(key->place, tr("“for_each_key” without “for_each”"));
        }
        for (const char *key : {"title", "hint"}) {
            if (const YamlNode *text = node.get(QLatin1String(key)))
                m_references.checkText(*text, scope, Wanted::Text);
        }
        if (const YamlNode *when = node.get(QLatin1String("when")))
            m_references.checkCondition(*when, scope);
        m_actions.check(node, scope);
        m_actions.checkRule(node, "done_when", scope);
        const FoundAction action = findActionIn(node);
        const YamlNode *rule = node.get(QLatin1String("done_when"));
        if (action.spec && !action.spec->isCheck && action.spec->canRead && rule == nullptr)
            m_findings.error(
                action.place,
                tr("“%1” needs done_when to be a check").arg(QLatin1String(action.spec->key)));
        if (action.spec && action.spec->isCheck && rule)
            m_findings.error(
                rule->place,
                tr("“%1” knows itself when it passes").arg(QLatin1String(action.spec->key)),
                tr("Leave done_when out"));
    }

    void checkDiscover()
    {
        LintScope scope = before();
        scope.hostName = true;
        for (const FactSpec &fact : m_runbook.discover) {
            const YamlNode *node = at("discover", fact.name);
            if (node == nullptr)
                continue;
            m_actions.check(*node, scope);
            const bool program = fact.action.kind == ActionKind::Run ||
                                 fact.action.kind == ActionKind::Ssh ||
                                 fact.action.kind == ActionKind::Http;
            const QString output = fact.action.params.value(QLatin1String("output")).toString();
            if (program && (output.isEmpty() || output == QLatin1String("none")))
                m_findings.error(node->place, tr("The discovery “%1” gives nothing").arg(fact.name),
                                 tr("Add output: text, lines or json"));
        }
    }

    void checkSecrets()
    {
        QStringList steps;
        for (const auto *list : {&m_runbook.steps, &m_runbook.finallySteps}) {
            for (const StepSpec &step : *list)
                steps << step.id;
        }
        for (const SecretSpec &secret : m_runbook.secrets) {
            const YamlNode *node = at("secrets", secret.name);
            if (node == nullptr || !node->isMap())
                continue;
            const YamlNode *neededBy = node->get(QLatin1String("needed_by"));
            if (neededBy && !steps.contains(secret.neededBy))
                m_findings.error(neededBy->place, tr("There is no step “%1”").arg(secret.neededBy),
                                 didYouMean(secret.neededBy, steps));
            if (!m_actions.uses().secrets.contains(secret.name))
                m_findings.warning(node->place,
                                   tr("Nothing uses the secret “%1”").arg(secret.name));
        }
    }

    void checkParts()
    {
        if (!makesPoint(m_runbook.purpose))
            return;
        for (const PartSpec &part : m_runbook.parts) {
            const YamlNode *node = at("parts", part.id);
            if (node == nullptr || m_actions.uses().madeParts.contains(part.id))
                continue;
            m_findings.warning(node->place, part.needed
                                                ? tr("No step makes the part “%1”: no restore "
                                                     "point would ever be complete")
                                                      .arg(part.id)
                                                : tr("No step makes the part “%1”").arg(part.id));
        }
        if (m_runbook.parts.empty())
            m_findings.warning(m_document.root.place,
                               tr("This save has no parts: it saves nothing"));
    }

    const Runbook &m_runbook;
    const YamlDocument &m_document;
    Findings &m_findings;
    ReferenceLint m_references;
    ActionLint m_actions;
};

} // namespace

void lintRunbook(const Runbook &runbook, const YamlDocument &document, Findings &findings)
{
    RunbookLint(runbook, document, findings).check();
}

} // namespace lb
