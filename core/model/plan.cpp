// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/plan.h"

#include "core/base/digest.h"
#include "core/base/json.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

constexpr int kFormat = 1;

tl::unexpected<Error> corrupt(const QString &what, const QString &found)
{
    return fail(ErrorCode::Corrupt, tr("The plan is damaged: %1").arg(what), found,
                tr("Make a new plan; nothing was changed"));
}

/// A word of a closed list; a plan with another word is not run.
template <class T>
Result<T> word(const QJsonObject &object, const char *key)
{
    const QString text = object.value(QLatin1String(key)).toString();
    const auto value = fromWord<T>(text);
    if (!value)
        return corrupt(tr("“%1” has an unknown value").arg(QLatin1String(key)), text);
    return *value;
}

/// Inserts only what differs from the default, so that a plan of many steps stays small.
class Fields
{
public:
    void text(const char *key, const QString &value)
    {
        if (!value.isEmpty())
            m_object.insert(QLatin1String(key), value);
    }
    void list(const char *key, const QStringList &value)
    {
        if (!value.isEmpty())
            m_object.insert(QLatin1String(key), toJsonArray(value));
    }
    void flag(const char *key, bool value)
    {
        if (value)
            m_object.insert(QLatin1String(key), true);
    }
    void json(const char *key, const QJsonValue &value)
    {
        m_object.insert(QLatin1String(key), value);
    }
    template <class Items, class Convert>
    void array(const char *key, const Items &items, Convert convert)
    {
        QJsonArray array;
        for (const auto &item : items)
            array.append(convert(item));
        if (!array.isEmpty())
            m_object.insert(QLatin1String(key), array);
    }
    const QJsonObject &object() const { return m_object; }

private:
    QJsonObject m_object;
};

Result<std::vector<Call>> callsFromJson(const QJsonValue &array)
{
    std::vector<Call> calls;
    for (const QJsonValue item : array.toArray()) {
        TRY_VALUE(Call call, callFromJson(item.toObject()));
        calls.push_back(std::move(call));
    }
    return calls;
}

QJsonObject obligationToJson(const ObligationSpec &spec)
{
    return {{QStringLiteral("id"), spec.id},
            {QStringLiteral("title"), spec.title},
            {QStringLiteral("by"), spec.by}};
}

ObligationSpec obligationFromJson(const QJsonValue &value)
{
    return {value[QLatin1String("id")].toString(), value[QLatin1String("title")].toString(),
            value[QLatin1String("by")].toString()};
}

QJsonObject retryToJson(const RetrySpec &retry)
{
    QJsonArray codes;
    for (const ErrorCode code : retry.on)
        codes.append(errorCodeName(code));
    return {{QStringLiteral("times"), retry.times},
            {QStringLiteral("wait_ms"), qint64(retry.wait.count())},
            {QStringLiteral("on"), codes}};
}

RetrySpec retryFromJson(const QJsonValue &value)
{
    RetrySpec retry;
    retry.times = value[QLatin1String("times")].toInt();
    retry.wait = std::chrono::milliseconds(value[QLatin1String("wait_ms")].toInteger());
    for (const QJsonValue code : value[QLatin1String("on")].toArray())
        retry.on.push_back(errorCodeFromName(code.toString()));
    return retry;
}

QJsonObject stepToJson(const PlannedStep &step)
{
    Fields fields;
    fields.text("id", step.id);
    fields.text("title", step.title);
    fields.text("phase", step.phase);
    fields.text("action", step.action);
    fields.text("section", name(step.section));
    fields.text("effect", name(step.effect));
    fields.array("calls", step.calls, callToJson);
    fields.list("needs", step.needs);
    fields.text("resume", name(step.resume));
    if (step.probe)
        fields.json(
            "probe",
            QJsonObject{{QStringLiteral("call"), callToJson(step.probe->call)},
                        {QStringLiteral("done_when"), step.probe->doneWhen.toJson()},
                        {QStringLiteral("not_done_when"), step.probe->notDoneWhen.toJson()}});
    fields.array("undo", step.undo, callToJson);
    if (step.obliges)
        fields.json("obliges", obligationToJson(*step.obliges));
    if (step.section == PlanSection::Finally || step.finallyWhen != FinallyWhen::Always)
        fields.text("finally_when", name(step.finallyWhen));
    if (step.timeout)
        fields.json("timeout_ms", qint64(step.timeout->count()));
    if (step.grace != PlannedStep().grace)
        fields.json("grace_ms", qint64(step.grace.count()));
    if (step.retry.times != 0 || step.retry.wait.count() != 0 || !step.retry.on.empty())
        fields.json("retry", retryToJson(step.retry));
    fields.text("skip_reason", step.skipReason);
    if (!step.when.isNull() && !step.when.isUndefined())
        fields.json("when", step.when);
    fields.text("part", step.part);
    return fields.object();
}

Result<PlannedStep> stepFromJson(const QJsonObject &object)
{
    const auto text = [&](const char *key) { return object.value(QLatin1String(key)).toString(); };
    PlannedStep step;
    step.id = text("id");
    if (step.id.isEmpty())
        return corrupt(tr("a step has no id"), QString::fromUtf8(toJson(object)));
    step.title = text("title");
    step.phase = text("phase");
    step.action = text("action");
    TRY_VALUE(step.section, word<PlanSection>(object, "section"));
    TRY_VALUE(step.effect, word<Effect>(object, "effect"));
    TRY_VALUE(step.calls, callsFromJson(object.value(QLatin1String("calls"))));
    step.needs = toStringList(object.value(QLatin1String("needs")));
    TRY_VALUE(step.resume, word<ResumePolicy>(object, "resume"));
    if (const QJsonValue probe = object.value(QLatin1String("probe")); probe.isObject()) {
        TRY_VALUE(Call call, callFromJson(probe[QLatin1String("call")].toObject()));
        step.probe = std::make_shared<const PlannedProbe>(PlannedProbe{
            std::move(call), Match::fromJson(probe[QLatin1String("done_when")].toObject()),
            Match::fromJson(probe[QLatin1String("not_done_when")].toObject())});
    }
    TRY_VALUE(step.undo, callsFromJson(object.value(QLatin1String("undo"))));
    if (object.contains(QLatin1String("obliges")))
        step.obliges = obligationFromJson(object.value(QLatin1String("obliges")));
    if (object.contains(QLatin1String("finally_when"))) {
        TRY_VALUE(step.finallyWhen, word<FinallyWhen>(object, "finally_when"));
    }
    if (object.contains(QLatin1String("timeout_ms")))
        step.timeout =
            std::chrono::milliseconds(object.value(QLatin1String("timeout_ms")).toInteger());
    step.grace = std::chrono::milliseconds(
        object.value(QLatin1String("grace_ms")).toInteger(step.grace.count()));
    step.retry = retryFromJson(object.value(QLatin1String("retry")));
    step.skipReason = text("skip_reason");
    step.when = object.value(QLatin1String("when"));
    step.part = text("part");
    return step;
}

QJsonObject checkToJson(const PlannedCheck &check)
{
    Fields fields;
    fields.text("id", check.id);
    fields.text("title", check.title);
    fields.text("hint", check.hint);
    fields.json("call", callToJson(check.call));
    if (!check.doneWhen.isEmpty())
        fields.json("done_when", check.doneWhen.toJson());
    fields.flag("warn_only", check.warnOnly);
    return fields.object();
}

QJsonObject namedToJson(const NamedCall &named)
{
    return {{QStringLiteral("name"), named.name}, {QStringLiteral("call"), callToJson(named.call)}};
}

Result<std::vector<NamedCall>> namedFromJson(const QJsonValue &array)
{
    std::vector<NamedCall> list;
    for (const QJsonValue item : array.toArray()) {
        TRY_VALUE(Call call, callFromJson(item[QLatin1String("call")].toObject()));
        list.push_back({item[QLatin1String("name")].toString(), std::move(call)});
    }
    return list;
}

QJsonObject deviationToJson(const Deviation &deviation)
{
    return {{QStringLiteral("document"), deviation.document},
            {QStringLiteral("lifeboat"), deviation.lifeboat},
            {QStringLiteral("why"), deviation.why}};
}

QJsonObject closesToJson(const ClosesSpec &closes)
{
    return {{QStringLiteral("obligation"), closes.obligation},
            {QStringLiteral("runbook"), closes.runbook},
            {QStringLiteral("same"), toJsonArray(closes.same)}};
}

} // namespace

bool Plan::needsConfirmation() const
{
    return std::any_of(steps.begin(), steps.end(), [this](const PlannedStep &step) {
        return step.skipReason.isEmpty() &&
               (step.effect == Effect::Destroy || (isProtected && step.effect == Effect::Change));
    });
}

const PlannedStep *Plan::step(const QString &id) const
{
    const auto found = std::find_if(steps.begin(), steps.end(),
                                    [&](const PlannedStep &step) { return step.id == id; });
    return found == steps.end() ? nullptr : &*found;
}

QJsonObject Plan::toJson() const
{
    Fields fields;
    fields.json("format", kFormat);
    fields.text("runbook", runbook);
    fields.text("runbook_sha256", QString::fromLatin1(runbookSha256));
    fields.text("title", title);
    fields.text("type", type);
    fields.text("system", system);
    fields.text("purpose", name(purpose));
    fields.text("target", name(target));
    fields.json("identity", identity.toJson());
    fields.flag("protected", isProtected);
    if (!pins)
        fields.json("pins", false);
    fields.text("version", version);
    fields.text("restore_point", restorePoint);
    fields.json("store", store.toJson());
    fields.json("profile", profile.toJson());
    fields.json("inputs", inputs);
    fields.json("discovered", discovered);
    fields.list("only", only);
    fields.list("secrets", secrets);
    fields.array("facts", facts, namedToJson);
    fields.array("discover", discover, namedToJson);
    fields.array("checks", checks, checkToJson);
    fields.array("parts", parts, partSpecToJson);
    fields.array("steps", steps, stepToJson);
    if (lineOfNoReturn >= 0)
        fields.json("line_of_no_return", lineOfNoReturn);
    fields.array("deviations", deviations, deviationToJson);
    fields.array("announced", announced, obligationToJson);
    fields.array("closes", closes, closesToJson);
    fields.list("remarks", remarks);
    fields.text("undo_of", undoOf);
    return fields.object();
}

Result<Plan> Plan::fromJson(const QJsonObject &object)
{
    TRY(checkFormat(object, kFormat, tr("The plan")));
    const auto value = [&](const char *key) { return object.value(QLatin1String(key)); };
    const auto text = [&](const char *key) { return value(key).toString(); };
    Plan plan;
    plan.runbook = text("runbook");
    plan.runbookSha256 = text("runbook_sha256").toLatin1();
    plan.title = text("title");
    plan.type = text("type");
    plan.system = text("system");
    TRY_VALUE(plan.purpose, word<Purpose>(object, "purpose"));
    TRY_VALUE(plan.target, word<TargetKind>(object, "target"));
    plan.identity = Identity::fromJson(value("identity").toObject());
    plan.pins = value("pins").toBool(true);
    plan.isProtected = value("protected").toBool();
    plan.version = text("version");
    plan.restorePoint = text("restore_point");
    plan.store = StoreProfile::fromJson(value("store").toObject());
    plan.profile = SystemProfile::fromJson(value("profile").toObject());
    plan.inputs = value("inputs").toObject();
    plan.discovered = value("discovered").toObject();
    plan.only = toStringList(value("only"));
    plan.secrets = toStringList(value("secrets"));
    TRY_VALUE(plan.facts, namedFromJson(value("facts")));
    TRY_VALUE(plan.discover, namedFromJson(value("discover")));
    for (const QJsonValue item : value("checks").toArray()) {
        TRY_VALUE(Call call, callFromJson(item[QLatin1String("call")].toObject()));
        plan.checks.push_back({item[QLatin1String("id")].toString(),
                               item[QLatin1String("title")].toString(),
                               item[QLatin1String("hint")].toString(), std::move(call),
                               Match::fromJson(item[QLatin1String("done_when")].toObject()),
                               item[QLatin1String("warn_only")].toBool()});
    }
    for (const QJsonValue item : value("parts").toArray())
        plan.parts.push_back(partSpecFromJson(item.toObject()));
    for (const QJsonValue item : value("steps").toArray()) {
        TRY_VALUE(PlannedStep step, stepFromJson(item.toObject()));
        plan.steps.push_back(std::move(step));
    }
    plan.lineOfNoReturn = value("line_of_no_return").toInt(-1);
    for (const QJsonValue item : value("deviations").toArray())
        plan.deviations.push_back({item[QLatin1String("document")].toString(),
                                   item[QLatin1String("lifeboat")].toString(),
                                   item[QLatin1String("why")].toString()});
    for (const QJsonValue item : value("announced").toArray())
        plan.announced.push_back(obligationFromJson(item));
    for (const QJsonValue item : value("closes").toArray())
        plan.closes.push_back({item[QLatin1String("obligation")].toString(),
                               item[QLatin1String("runbook")].toString(),
                               toStringList(item[QLatin1String("same")])});
    plan.remarks = toStringList(value("remarks"));
    plan.undoOf = text("undo_of");
    return plan;
}

QByteArray Plan::sha256() const
{
    return Sha256::hex(bytes());
}

QByteArray Plan::toJsonDocumentBytes() const
{
    return toJsonDocument(toJson());
}

} // namespace lb
