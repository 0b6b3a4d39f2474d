// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/action_lint.h"

#include "core/model/toolchain_call.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Config)

QString mustStand()
{
    return tr("this must stand in the plan");
}

/// Keys whose text the plan must know whole.
bool mustBeKnown(const ActionSpec &spec, const ParamSpec &param)
{
    static const QStringList keys{QStringLiteral("program"), QStringLiteral("as"),
                                  QStringLiteral("server"),  QStringLiteral("user"),
                                  QStringLiteral("name"),    QStringLiteral("database"),
                                  QStringLiteral("folder"),  QStringLiteral("exclude")};
    switch (param.type) {
    case ParamType::Host:
    case ParamType::Number:
    case ParamType::Duration:
    case ParamType::Size:
    case ParamType::Part:
    case ParamType::Mode:
    case ParamType::PathList:
        return true;
    case ParamType::Path:
        return spec.kind != ActionKind::WriteFile;
    default:
        return keys.contains(QLatin1String(param.key));
    }
}

} // namespace

void ActionLint::checkSecret(const YamlNode &node)
{
    if (const YamlNode *name = node.get(QLatin1String("secret")))
        useSecret(*name);
}

void ActionLint::useSecret(const YamlNode &name)
{
    QStringList names;
    for (const SecretSpec &secret : m_runbook.secrets)
        names << secret.name;
    m_uses.secrets.insert(name.text);
    if (!names.contains(name.text))
        m_findings.error(name.place, tr("The secret “%1” is not declared").arg(name.text),
                         didYouMean(name.text, names));
}

void ActionLint::checkPart(const ActionSpec &spec, const YamlNode &node, const LintScope &scope)
{
    if (!node.isScalar())
        return;
    if (node.text.contains(QLatin1String("{{"))) {
        m_references.checkText(node, scope, Wanted::Text);
        return;
    }
    QStringList ids;
    for (const PartSpec &part : m_runbook.parts)
        ids << part.id;
    if (!ids.contains(node.text)) {
        m_findings.error(node.place, tr("The part “%1” is not declared").arg(node.text),
                         didYouMean(node.text, ids));
        return;
    }
    const bool makes =
        spec.kind == ActionKind::TreeSave || spec.kind == ActionKind::PostgresDump ||
        spec.kind == ActionKind::PostgresGlobals || spec.kind == ActionKind::ElasticsearchSave ||
        spec.kind == ActionKind::ElasticsearchAdopt ||
        spec.kind == ActionKind::Alien4CloudAdoptFiles ||
        spec.kind == ActionKind::ElasticsearchDescribe || spec.kind == ActionKind::ToolchainSave;
    if (!makes)
        return;
    if (m_uses.madeParts.contains(node.text))
        m_findings.error(node.place, tr("The part “%1” is made by two steps").arg(node.text),
                         tr("Declare a part for each, or use for_each"));
    else
        m_uses.madeParts.insert(node.text, node.place);
}

void ActionLint::checkParam(const ActionSpec &spec, const ParamSpec &param, const YamlNode &node,
                            LintScope scope)
{
    if (scope.slotsRefused.isEmpty() && mustBeKnown(spec, param))
        scope.slotsRefused = mustStand();
    switch (param.type) {
    case ParamType::Command: {
        if (wholeReference(node.text))
            m_references.checkText(node, scope, Wanted::Command);
        LintScope program = scope;
        program.slotsRefused = mustStand();
        for (const YamlNode &item : node.items)
            m_references.checkText(item, &item == &node.items[0] ? program : scope, Wanted::Text);
        return;
    }
    case ParamType::TextList:
    case ParamType::PathList:
        m_references.checkText(node, scope, Wanted::List);
        for (const YamlNode &item : node.items)
            m_references.checkText(item, scope, Wanted::Text);
        return;
    case ParamType::Environment:
    case ParamType::TextMap:
        for (const YamlNode::Member &member : node.members) {
            m_references.checkText(member.value, scope, Wanted::Text);
            checkSecret(member.value);
        }
        return;
    case ParamType::Sensitive:
    case ParamType::SecretName:
        m_references.checkText(node, scope, Wanted::Text);
        checkSecret(node);
        return;
    case ParamType::Json:
        m_references.checkTree(node, scope);
        return;
    case ParamType::Part:
        checkPart(spec, node, scope);
        return;
    case ParamType::Text:
        if (spec.kind == ActionKind::Secret)
            useSecret(node);
        // The check for a program may name a command: its first word is what is looked for.
        m_references.checkText(node, scope,
                               spec.kind == ActionKind::Program ? Wanted::Any : Wanted::Text);
        return;
    case ParamType::Match:
    case ParamType::ReadAction:
        return;
    case ParamType::Path:
    case ParamType::Host:
    case ParamType::Number:
    case ParamType::YesNo:
    case ParamType::Choice:
    case ParamType::Duration:
    case ParamType::Size:
    case ParamType::StatusList:
    case ParamType::Mode:
        m_references.checkText(node, scope, Wanted::Text);
        return;
    }
}

void ActionLint::check(const YamlNode &owner, const LintScope &given)
{
    const FoundAction found = findActionIn(owner);
    if (found.spec == nullptr)
        return;
    LintScope scope = given;
    if (found.spec->kind == ActionKind::Confirm)
        scope.slotsRefused = tr("this is asked before the run begins");
    for (const ParamSpec &param : found.spec->params) {
        if (const YamlNode *value = found.node->get(QLatin1String(param.key)))
            checkParam(*found.spec, param, *value, scope);
    }
    // Where the services answer is said once, by the system.
    if (QLatin1String(found.spec->key).startsWith(QLatin1String("toolchain_"))) {
        for (const QString &input : toolchainServiceInputs())
            m_references.use(input);
    }
    if (found.spec->kind == ActionKind::Secret) {
        if (const YamlNode *name = found.node->get(QLatin1String("name"))) {
            YamlNode reference;
            reference.members.push_back({QStringLiteral("secret"), name->place, *name});
            checkSecret(reference);
        }
    }
    if (found.spec->kind == ActionKind::WaitUntil) {
        check(*found.node, scope);
        checkRule(*found.node, "done_when", scope);
    }
}

void ActionLint::checkRule(const YamlNode &owner, const char *key, const LintScope &scope)
{
    const YamlNode *rule = owner.get(QLatin1String(key));
    const FoundAction found = findActionIn(owner);
    if (rule == nullptr || found.spec == nullptr)
        return;
    LintScope known = scope;
    known.slotsRefused = mustStand();
    for (const YamlNode::Member &member : rule->members) {
        m_references.checkTree(member.value, known);
        const bool program =
            found.spec->kind == ActionKind::Run || found.spec->kind == ActionKind::Ssh;
        const bool http = found.spec->kind == ActionKind::Http;
        if ((member.key == QLatin1String("exit_status") && !program) ||
            (member.key == QLatin1String("status") && !http))
            m_findings.error(member.place, tr("“%1” has no %2: this never holds")
                                               .arg(QLatin1String(found.spec->key), member.key));
    }
}

} // namespace lb
