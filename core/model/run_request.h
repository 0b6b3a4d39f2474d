// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/model/profiles.h"
#include "core/model/value_types.h"

#include <QJsonObject>
#include <QMap>

#include <optional>
#include <vector>

namespace lb {

/// How far a runner goes by itself.
enum class RunMode
{
    Check, ///< checks only; ends then
    Plan,  ///< to `ready`, then waits for go; a draft after 30 min
    Run,   ///< the same, and goes when `go` was given in advance and nothing stands against it
};
QString name(RunMode mode);

/// A person's *go*. `accept`: warned check id → reason.
struct GoAnswer
{
    bool yes = false;
    QString planSha256; ///< empty with yes: whatever was planned
    QString confirm;
    QMap<QString, QString> accept;
    QString by;

    QJsonObject toJson() const;
    static GoAnswer fromJson(const QJsonObject &object);
};

/// Everything a runner needs to know; the journal's first event. Self-contained: the runbook's
/// text, the resolved profile and store travel with it.
struct RunRequest
{
    RunId id;
    RunMode mode = RunMode::Plan;
    QString runbookId;
    QByteArray runbookText;
    bool runbookBuiltIn = false;
    bool hidden = false; ///< lifeboat.* and `check`: not in lists, kept 30 days
    SystemProfile system;
    StoreProfile store;
    std::vector<StoreProfile> stores; ///< all there are, for `inventory_rebuild` only
    TargetKind target = TargetKind::Same;
    bool targetGiven = false;
    QString restorePoint; ///< id, `best`, `latest`, or empty
    std::optional<std::chrono::milliseconds> maxLoss;
    QStringList only;
    QJsonObject inputs; ///< from --set, over the profile's
    GoAnswer go;
    bool attended = false; ///< somebody can answer now (terminal or window)
    QString undoOf;        ///< run id
    QString by, host, version;
    QDateTime at;

    QJsonObject toJson() const; ///< format 1
    static Result<RunRequest> fromJson(const QJsonObject &object);
};

} // namespace lb
