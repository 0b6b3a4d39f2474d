// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/run_request.h"

#include "core/base/clock.h"
#include "core/base/json.h"

namespace lb {

namespace {

LB_TRANSLATE(Runs)

} // namespace

QString name(RunMode mode)
{
    switch (mode) {
    case RunMode::Check:
        return QStringLiteral("check");
    case RunMode::Plan:
        return QStringLiteral("plan");
    case RunMode::Run:
        return QStringLiteral("run");
    }
    return {};
}

QJsonObject GoAnswer::toJson() const
{
    QJsonObject reasons;
    for (auto it = accept.begin(); it != accept.end(); ++it)
        reasons.insert(it.key(), it.value());
    return {{QStringLiteral("yes"), yes},
            {QStringLiteral("plan_sha256"), planSha256},
            {QStringLiteral("confirm"), confirm},
            {QStringLiteral("accept"), reasons},
            {QStringLiteral("by"), by}};
}

GoAnswer GoAnswer::fromJson(const QJsonObject &object)
{
    GoAnswer go;
    go.yes = object.value(QLatin1String("yes")).toBool();
    go.planSha256 = object.value(QLatin1String("plan_sha256")).toString();
    go.confirm = object.value(QLatin1String("confirm")).toString();
    const QJsonObject reasons = object.value(QLatin1String("accept")).toObject();
    for (auto it = reasons.begin(); it != reasons.end(); ++it)
        go.accept.insert(it.key(), it.value().toString());
    go.by = object.value(QLatin1String("by")).toString();
    return go;
}

QJsonObject RunRequest::toJson() const
{
    QJsonObject object{{QStringLiteral("format"), 1},
                       {QStringLiteral("id"), id.value()},
                       {QStringLiteral("mode"), lb::name(mode)},
                       {QStringLiteral("runbook"), runbookId},
                       {QStringLiteral("runbook_text"), QString::fromUtf8(runbookText)},
                       {QStringLiteral("built_in"), runbookBuiltIn},
                       {QStringLiteral("hidden"), hidden},
                       {QStringLiteral("system"), system.toJson()},
                       {QStringLiteral("store"), store.toJson()},
                       {QStringLiteral("target"), lb::name(target)},
                       {QStringLiteral("target_given"), targetGiven},
                       {QStringLiteral("restore_point"), restorePoint},
                       {QStringLiteral("only"), toJsonArray(only)},
                       {QStringLiteral("inputs"), inputs},
                       {QStringLiteral("go"), go.toJson()},
                       {QStringLiteral("attended"), attended},
                       {QStringLiteral("undo_of"), undoOf},
                       {QStringLiteral("by"), by},
                       {QStringLiteral("host"), host},
                       {QStringLiteral("version"), version},
                       {QStringLiteral("at"), toJsonTime(at)}};
    if (!stores.empty()) {
        QJsonArray all;
        for (const StoreProfile &profile : stores)
            all.append(profile.toJson());
        object.insert(QStringLiteral("stores"), all);
    }
    if (maxLoss)
        object.insert(QStringLiteral("max_loss"), durationWord(*maxLoss));
    return object;
}

Result<RunRequest> RunRequest::fromJson(const QJsonObject &object)
{
    TRY(checkFormat(object, 1, tr("The run's request")));
    const auto text = [&object](const char *key) {
        return object.value(QLatin1String(key)).toString();
    };
    RunRequest request;
    request.id = RunId(text("id"));
    if (!isValidId(request.id.value()))
        return fail(ErrorCode::Corrupt, tr("The run's request has no valid id"),
                    request.id.value());
    const QString mode = text("mode");
    request.mode = mode == QLatin1String("check") ? RunMode::Check
                   : mode == QLatin1String("run") ? RunMode::Run
                                                  : RunMode::Plan;
    request.runbookId = text("runbook");
    request.runbookText = text("runbook_text").toUtf8();
    request.runbookBuiltIn = object.value(QLatin1String("built_in")).toBool();
    request.hidden = object.value(QLatin1String("hidden")).toBool();
    request.system = SystemProfile::fromJson(object.value(QLatin1String("system")).toObject());
    request.store = StoreProfile::fromJson(object.value(QLatin1String("store")).toObject());
    for (const QJsonValue &profile : object.value(QLatin1String("stores")).toArray())
        request.stores.push_back(StoreProfile::fromJson(profile.toObject()));
    request.target = fromWord<TargetKind>(text("target")).value_or(TargetKind::Same);
    request.targetGiven = object.value(QLatin1String("target_given")).toBool();
    request.restorePoint = text("restore_point");
    if (object.contains(QLatin1String("max_loss"))) {
        TRY_VALUE(request.maxLoss, parseDuration(text("max_loss")));
    }
    request.only = toStringList(object.value(QLatin1String("only")));
    request.inputs = object.value(QLatin1String("inputs")).toObject();
    request.go = GoAnswer::fromJson(object.value(QLatin1String("go")).toObject());
    request.attended = object.value(QLatin1String("attended")).toBool();
    request.undoOf = text("undo_of");
    request.by = text("by");
    request.host = text("host");
    request.version = text("version");
    request.at = fromJsonTime(text("at"));
    return request;
}

} // namespace lb
