// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/runbook_build.h"

#include "core/config/shape_check.h"
#include "core/model/reference.h"
#include "core/model/restore_point.h"
#include "core/model/sudo.h"

namespace lb {

namespace {

LB_TRANSLATE(Runbook)

QString textAt(const YamlNode &node, const char *key)
{
    const YamlNode *value = node.get(QLatin1String(key));
    return value && value->isScalar() ? value->text : QString();
}

bool yesAt(const YamlNode &node, const char *key)
{
    const QString text = textAt(node, key);
    return text == QLatin1String("true") || text == QLatin1String("yes");
}

QStringList listAt(const YamlNode &node, const char *key)
{
    QStringList list;
    if (const YamlNode *value = node.get(QLatin1String(key))) {
        for (const YamlNode &item : value->items)
            list << item.text;
    }
    return list;
}

std::optional<std::chrono::milliseconds> durationAt(const YamlNode &node, const char *key)
{
    const auto duration = parseDuration(textAt(node, key));
    return duration ? std::optional(*duration) : std::nullopt;
}

/// Calls `add(id, node)` for each member of a map, or each map of a list.
template <class Add>
void forMembers(const YamlNode &root, const char *key, Add add)
{
    const YamlNode *map = root.get(QLatin1String(key));
    if (map == nullptr)
        return;
    for (const YamlNode::Member &member : map->members)
        add(member.key, member.value);
}

template <class Add>
void forItems(const YamlNode &root, const char *key, Add add)
{
    const YamlNode *list = root.get(QLatin1String(key));
    if (list == nullptr)
        return;
    for (const YamlNode &item : list->items)
        add(item);
}

Match matchAt(const YamlNode &node, const char *key)
{
    const YamlNode *rule = node.get(QLatin1String(key));
    if (rule == nullptr)
        return {};
    Match match = Match::fromJson(rule->toJson().toObject());
    // `contains: 5` means the characters as written.
    if (const YamlNode *contains = rule->get(QLatin1String("contains")))
        match.contains = contains->text;
    return match;
}

/// `for_each` with or without braces around.
QString listReference(const QString &text)
{
    const auto whole = wholeReference(text);
    return whole ? whole->text : text.trimmed();
}

InputSpec buildInput(const QString &name, const YamlNode &node)
{
    InputSpec input;
    input.name = name;
    input.type = inputTypeFromName(textAt(node, "type")).value_or(InputType::Text);
    input.title = textAt(node, "title");
    input.help = textAt(node, "help");
    input.isList = yesAt(node, "list");
    input.required = yesAt(node, "required");
    input.choices = listAt(node, "choices");
    input.perRun = yesAt(node, "per_run");
    input.with = textAt(node, "with");
    input.defaultValue = QJsonValue(QJsonValue::Undefined);
    if (const YamlNode *value = node.get(QLatin1String("default"))) {
        const bool number = input.type == InputType::Number || input.type == InputType::YesNo;
        input.defaultValue =
            value->isScalar() && !number ? QJsonValue(value->text) : value->toJson();
    }
    return input;
}

CheckSpec buildCheck(const YamlNode &node)
{
    CheckSpec check;
    check.id = textAt(node, "id");
    check.title = textAt(node, "title");
    check.hint = textAt(node, "hint");
    check.action = buildAction(node).value_or(Action());
    check.doneWhen = matchAt(node, "done_when");
    check.warnOnly = textAt(node, "level") == QLatin1String("warning");
    check.forEach = listReference(textAt(node, "for_each"));
    check.forEachKey = textAt(node, "for_each_key");
    if (const YamlNode *when = node.get(QLatin1String("when")))
        check.when = when->toJson();
    return check;
}

RetrySpec buildRetry(const YamlNode &node)
{
    RetrySpec retry;
    retry.times = textAt(node, "times").toInt();
    retry.wait = durationAt(node, "wait").value_or(std::chrono::seconds(5));
    for (const QString &code : listAt(node, "on"))
        retry.on.push_back(errorCodeFromName(code));
    if (retry.on.empty())
        retry.on = {ErrorCode::Unreachable, ErrorCode::TimedOut};
    return retry;
}

void buildWhen(StepSpec &step, const YamlNode &when, bool inFinally)
{
    if (!inFinally) {
        step.when = when.toJson();
        return;
    }
    const bool bare = when.members.empty();
    step.finallyWhen =
        fromWord<FinallyWhen>(bare ? when.text : when.members[0].key).value_or(FinallyWhen::Always);
    if (!bare)
        step.when = when.members[0].value.toJson();
}

StepSpec buildStep(const YamlNode &node, bool inFinally)
{
    StepSpec step;
    step.pointer = node.pointer;
    step.id = textAt(node, "id");
    step.phase = textAt(node, "phase");
    step.title = textAt(node, "title");
    if (step.title.isEmpty())
        step.title = step.id;
    step.action = buildAction(node).value_or(Action());
    const Effect unsaid = inFinally ? Effect::Change : Effect::Read;
    step.effect = fromWord<Effect>(textAt(node, "effect"))
                      .value_or(specOf(step.action.kind).effect.value_or(unsaid));
    const YamlNode *probe = node.get(QLatin1String("probe"));
    const ResumePolicy policy = step.effect == Effect::Read ? ResumePolicy::Repeat
                                : probe != nullptr          ? ResumePolicy::Probe
                                                            : ResumePolicy::Ask;
    step.resume = fromWord<ResumePolicy>(textAt(node, "resume")).value_or(policy);
    if (probe)
        step.probe = ProbeSpec{buildAction(*probe).value_or(Action()), matchAt(*probe, "done_when"),
                               matchAt(*probe, "not_done_when")};
    if (const YamlNode *undo = node.get(QLatin1String("undo")))
        step.undo = buildAction(*undo);
    if (const YamlNode *obliges = node.get(QLatin1String("obliges")))
        step.obliges = ObligationSpec{textAt(*obliges, "id"), textAt(*obliges, "title"),
                                      textAt(*obliges, "by")};
    if (node.get(QLatin1String("needs")))
        step.needs = listAt(node, "needs");
    if (const YamlNode *when = node.get(QLatin1String("when")))
        buildWhen(step, *when, inFinally);
    step.forEach = listReference(textAt(node, "for_each"));
    step.forEachKey = textAt(node, "for_each_key");
    step.timeout = durationAt(node, "timeout");
    step.grace = durationAt(node, "grace").value_or(step.grace);
    if (const YamlNode *retry = node.get(QLatin1String("retry")))
        step.retry = buildRetry(*retry);
    step.startsDaemon = yesAt(node, "starts_daemon");
    return step;
}

QJsonArray buildScope(const YamlNode *scope)
{
    QJsonArray list;
    if (scope && scope->isScalar())
        list.append(scope->text);
    if (scope) {
        for (const YamlNode &item : scope->items)
            list.append(item.text);
    }
    return list;
}

FactSpec buildFact(const QString &name, const YamlNode &node)
{
    return {name, buildAction(node).value_or(Action())};
}

} // namespace

std::optional<Action> buildAction(const YamlNode &object)
{
    const FoundAction found = findActionIn(object);
    if (found.spec == nullptr)
        return std::nullopt;
    Action action;
    action.kind = found.spec->kind;
    action.pointer = found.node->pointer;
    for (const YamlNode::Member &member : found.node->members) {
        bool known = false;
        for (const ParamSpec &param : found.spec->params) {
            if (member.key != QLatin1String(param.key))
                continue;
            action.params.insert(member.key, paramValue(param, member.value));
            known = true;
        }
        // The read action inside of wait_until, under its own key.
        if (const ActionSpec *nested = known ? nullptr : findAction(member.key)) {
            YamlNode holder;
            holder.kind = YamlNode::Kind::Map;
            holder.members.push_back(member);
            if (const auto inner = buildAction(holder))
                action.params.insert(QLatin1String(nested->key), inner->params);
        }
    }
    return action;
}

Runbook buildRunbook(const YamlNode &root)
{
    Runbook runbook;
    runbook.id = textAt(root, "id");
    runbook.system = textAt(root, "system");
    runbook.title = textAt(root, "title");
    runbook.description = textAt(root, "description");
    runbook.purpose = fromWord<Purpose>(textAt(root, "purpose")).value_or(Purpose::Change);
    runbook.appliesTo = textAt(root, "applies_to");
    if (const YamlNode *source = root.get(QLatin1String("source"))) {
        runbook.source.document = textAt(*source, "document");
        runbook.source.section = textAt(*source, "section");
    }
    forItems(root, "deviations", [&](const YamlNode &node) {
        runbook.deviations.push_back(
            {textAt(node, "document"), textAt(node, "lifeboat"), textAt(node, "why")});
    });
    forMembers(root, "inputs", [&](const QString &name, const YamlNode &node) {
        runbook.inputs.push_back(buildInput(name, node));
    });
    forMembers(root, "secrets", [&](const QString &name, const YamlNode &node) {
        runbook.secrets.push_back(
            {name, textAt(node, "title"), textAt(node, "holder"), textAt(node, "needed_by")});
    });
    if (const YamlNode *identity = root.get(QLatin1String("identity"))) {
        forMembers(*identity, "facts", [&](const QString &name, const YamlNode &node) {
            runbook.facts.push_back(buildFact(name, node));
        });
        runbook.identityText = textAt(*identity, "text");
        runbook.pins = !identity->get(QLatin1String("pins")) || yesAt(*identity, "pins");
        runbook.scope = buildScope(identity->get(QLatin1String("scope")));
    }
    if (const YamlNode *version = root.get(QLatin1String("version"))) {
        runbook.version = buildAction(*version);
        runbook.versionPattern = textAt(*version, "pattern");
    }
    forItems(root, "checks",
             [&](const YamlNode &node) { runbook.checks.push_back(buildCheck(node)); });
    forMembers(root, "discover", [&](const QString &name, const YamlNode &node) {
        runbook.discover.push_back(buildFact(name, node));
    });
    forMembers(root, "parts", [&](const QString &name, const YamlNode &node) {
        PartSpec part{name, textAt(node, "title"), textAt(node, "kind"), yesAt(node, "needed"),
                      yesAt(node, "secret")};
        if (part.kind.isEmpty())
            part.kind = QString::fromLatin1(kTreePart);
        runbook.parts.push_back(std::move(part));
    });
    forItems(root, "steps",
             [&](const YamlNode &node) { runbook.steps.push_back(buildStep(node, false)); });
    forItems(root, "finally",
             [&](const YamlNode &node) { runbook.finallySteps.push_back(buildStep(node, true)); });
    forItems(root, "closes", [&](const YamlNode &node) {
        runbook.closes.push_back(
            {textAt(node, "obligation"), textAt(node, "runbook"), listAt(node, "same")});
    });
    const auto isSudo = [](const SecretSpec &secret) {
        return secret.name == QLatin1String(kSudoPassword);
    };
    // Every runbook that starts something as another user may be asked for it by sudo.
    if (!programsWithUser(runbook).isEmpty() &&
        std::none_of(runbook.secrets.begin(), runbook.secrets.end(), isSudo))
        runbook.secrets.push_back({QString::fromLatin1(kSudoPassword),
                                   tr("Password for sudo"),
                                   tr("Who runs Lifeboat"),
                                   {}});
    return runbook;
}

} // namespace lb
