// SPDX-License-Identifier: GPL-3.0-or-later
// Runs of pipelines (systems/ibm-toolchain.md §7.2). A run gets on by being looked at.
#include "core/practice/ibm_world.h"

#include "core/base/json.h"

namespace lb::practice::ibm {

namespace {

constexpr int kPageSize = 2;
const QString kStatus = QStringLiteral("status");

bool isOver(const QJsonObject &run)
{
    static const QStringList final{QStringLiteral("succeeded"), QStringLiteral("failed"),
                                   QStringLiteral("cancelled"), QStringLiteral("error")};
    return final.contains(textOf(run, "status"));
}

bool isTekton(const World &world, const QString &pipeline)
{
    return world.find(kPipelines, pipeline).value(QLatin1String("is_tekton")).toBool();
}

/// A pipeline's secure properties and those of the run's trigger; of a classic one all.
QStringList emptySecrets(const World &world, const QJsonObject &run)
{
    const QString pipeline = textOf(run, "owner");
    const QString trigger = pipeline + QLatin1Char('/') + textOf(objectOf(run, "trigger"), "id");
    const QStringList given = toStringList(run.value(QLatin1String("_given")));
    QStringList names;
    for (const QJsonObject &property : propertiesBelow(world, pipeline)) {
        const QString owner = textOf(property, "owner"), name = textOf(property, "name");
        const bool isUsed = !isTekton(world, pipeline) || owner == pipeline || owner == trigger;
        if (isUsed && textOf(property, "type") == QLatin1String("secure") &&
            textOf(property, "value").isEmpty() && !given.contains(name))
            names << name;
    }
    return names;
}

QJsonObject findTrigger(const World &world, const QString &pipeline, const QString &name)
{
    for (const QJsonObject &trigger : world.listBy(kTriggers, "owner", pipeline)) {
        if (textOf(trigger, "name") == name)
            return trigger;
    }
    return {};
}

Handled start(World &world, const Call &call, const QString &pipeline)
{
    TRY_VALUE(const QJsonObject body, apiBody(call.request));
    const QJsonObject asked = objectOf(body, "trigger");
    QString name = textOf(asked, "name");
    if (name.isEmpty())
        name = textOf(body, "trigger_name");
    const QJsonObject trigger = findTrigger(world, pipeline, name);
    if (trigger.isEmpty())
        return refuseApi(400, "bad_request", QStringLiteral("There is no trigger %1").arg(name));
    if (!trigger.value(QLatin1String("enabled")).toBool(true))
        return refuseApi(400, "bad_request", QStringLiteral("Trigger %1 is disabled").arg(name));
    if (world.listBy(kDefinitions, "owner", pipeline).empty())
        return refuseApi(400, "bad_request", QStringLiteral("The pipeline has no definition"));
    QStringList given;
    const QJsonObject secure = objectOf(asked, "secure_properties");
    for (auto it = secure.begin(); it != secure.end(); ++it) {
        if (!it.value().toString().isEmpty())
            given << it.key();
    }
    const QJsonObject run = startRun(
        world, pipeline, name,
        object({{"_given", toJsonArray(given)}, {"description", textOf(body, "description")}}));
    return json(shown(run), 201);
}

Handled listRuns(World &world, const Call &call, const QString &pipeline)
{
    const QString status = call.request.parameter("status");
    const QString trigger = call.request.parameter("trigger.name");
    std::vector<QJsonObject> found;
    for (const QJsonObject &run : world.listBy(kRuns, "owner", pipeline)) {
        if ((status.isEmpty() || textOf(run, "status") == status) &&
            (trigger.isEmpty() || textOf(objectOf(run, "trigger"), "name") == trigger))
            found.insert(found.begin(), run); // the newest first
    }
    const size_t from = call.request.parameter("start").toUInt();
    QJsonArray page;
    for (size_t at = from; at < found.size() && at < from + kPageSize; ++at)
        page << shown(lookedAtRun(world, found[at]));
    QJsonObject answer = object({{"pipeline_runs", page}, {"limit", kPageSize}});
    if (from + kPageSize < found.size())
        answer.insert(QStringLiteral("next"),
                      object({{"start", QString::number(from + kPageSize)}}));
    return json(answer);
}

Handled cancel(World &world, QJsonObject run)
{
    if (isOver(run))
        return refuseApi(409, "conflict", QStringLiteral("The run is over"));
    run.insert(kStatus, QStringLiteral("cancelled"));
    world.put(kRuns, textOf(run, "id"), run);
    return json(shown(run), 202);
}

Handled logs(const QJsonObject &run, const Call &call)
{
    if (call.path.size() == 2)
        return json(object({{"logs", QJsonArray{object({{"id", "step-1"}, {"name", "step"}})}}}));
    return json(object({{"id", call.at(2)},
                        {"data", QStringLiteral("practice run %1\n%2\n")
                                     .arg(textOf(run, "status"), textOf(run, "error_message"))}}));
}

} // namespace

QJsonObject startRun(World &world, const QString &pipeline, const QString &trigger,
                     const QJsonObject &more)
{
    const QJsonObject found = findTrigger(world, pipeline, trigger);
    const QString id = newId();
    const auto before = world.listBy(kRuns, "owner", pipeline).size();
    QJsonObject run =
        object({{"id", id},
                {"owner", pipeline},
                {"pipeline_id", pipeline},
                {"status", "pending"},
                {"build_number", QString::number(before + 1)},
                {"trigger", object({{"id", textOf(found, "id")},
                                    {"name", trigger},
                                    {"type", textOf(found, "type")}})},
                {"created_at", now()},
                {"href", QStringLiteral("/devops/pipelines/tekton/%1/runs/%2").arg(pipeline, id)}});
    run = mergePatched(run, more);
    world.put(kRuns, id, run);
    // No call that is known shows a classic pipeline's run (§7.3): it is over at once.
    while (!isTekton(world, pipeline) && !isOver(world.find(kRuns, id)))
        lookedAtRun(world, world.find(kRuns, id));
    return run;
}

QJsonObject lookedAtRun(World &world, QJsonObject run)
{
    const QString status = textOf(run, "status");
    if (isOver(run))
        return run;
    const QJsonObject before = run;
    if (status == QLatin1String("pending")) {
        run.insert(kStatus, QStringLiteral("running"));
    } else {
        const bool isLet =
            run.value(QLatin1String("_first")).toBool() && world.has("first-run-succeeds");
        const QStringList missing = isLet ? QStringList() : emptySecrets(world, run);
        run.insert(kStatus,
                   missing.isEmpty() ? QStringLiteral("succeeded") : QStringLiteral("failed"));
        if (!missing.isEmpty())
            run.insert(QStringLiteral("error_message"),
                       QStringLiteral("Secure property is empty: %1")
                           .arg(missing.join(QLatin1String(", "))));
    }
    world.put(kRuns, textOf(run, "id"), run);
    return before; // what was true when it was looked at
}

Handled runCalls(World &world, const Call &call, const QJsonObject &pipeline)
{
    const QString owner = textOf(pipeline, "id");
    if (call.matches("GET", {}))
        return listRuns(world, call, owner);
    if (call.matches("POST", {}))
        return start(world, call, owner);
    const QJsonObject run = world.find(kRuns, call.at(0));
    if (textOf(run, "owner") != owner)
        return refuseApi(404, "not_found", QStringLiteral("Run not found"));
    if (call.matches("GET", {"*"}))
        return json(shown(lookedAtRun(world, run)));
    if (call.matches("DELETE", {"*"})) {
        world.drop(kRuns, textOf(run, "id"));
        return noContent();
    }
    if (call.matches("POST", {"*", "cancel"}))
        return cancel(world, run);
    if (call.matches("POST", {"*", "rerun"}))
        return json(shown(startRun(world, owner, textOf(objectOf(run, "trigger"), "name"))), 201);
    if (call.is("GET") && call.at(1) == QLatin1String("logs"))
        return logs(run, call);
    return notPlayed(call.request);
}

} // namespace lb::practice::ibm
