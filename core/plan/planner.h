// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/plan.h"
#include "core/model/restore_point.h"
#include "core/plan/condition.h"

#include <optional>
#include <vector>

namespace lb {

/// What the engine read about the folder that a restored tree is to replace.
struct SwapFact
{
    QString into;
    bool exists = false;
    SwapWay way = SwapWay::Exchange;
    QString problem;     ///< not empty: it cannot be swapped, and why
    qint64 bytesNow = 0; ///< for the engine's check of room; never in a plan
};

/// What the engine read about a database that is to be restored.
struct DatabaseFact
{
    QString scope; ///< PostgresCall::scope()
    bool exists = false;
};

/// Everything a plan depends on. Same inputs, same bytes.
struct PlanInputs
{
    Runbook runbook;
    SystemProfile system;
    StoreProfile store;
    QJsonObject inputs; ///< as resolveInputs() gave them
    TargetKind target = TargetKind::Same;
    std::optional<RestorePoint> point;
    QStringList only;
    Identity identity; ///< as planIdentity() gave it
    QJsonObject discovered;
    QString version, hostName;
    QString user;                     ///< who runs it
    QString sudoListing;              ///< see sudoAsks()
    QHash<QString, QString> programs; ///< where those that run as another user are
    std::vector<SwapFact> swaps;
    std::vector<DatabaseFact> databases;
};

/// The runbook's inputs: the profile's values, `set` over them, then defaults. `set` holds values
/// or texts as typed. BadInput names every unknown, wrong and missing one at once.
Result<QJsonObject> resolveInputs(const Runbook &runbook, const SystemProfile &system,
                                  const QJsonObject &set);

/// What the run is aimed at: a restore into another folder and a runbook that rehearses are a
/// rehearsal, whatever was asked for.
TargetKind effectiveTarget(const PlanInputs &in);

/// The reads that say which installation this is, and, last and named `version`, its version.
Result<std::vector<NamedCall>> planFacts(const PlanInputs &in);
Result<std::vector<NamedCall>> planDiscovery(const PlanInputs &in);
/// Checks whose condition holds; `for_each` is expanded.
Result<std::vector<PlannedCheck>> planChecks(const PlanInputs &in);
/// Text and scope for facts that were read.
Result<Identity> planIdentity(const PlanInputs &in, const QJsonObject &facts);
/// The folders that a restore replaces: each needs a SwapFact before makePlan(). Empty when the
/// steps cannot be planned; makePlan() says why.
QStringList treeTargets(const PlanInputs &in);

/// The databases that a restore makes or replaces: each needs a DatabaseFact. As treeTargets().
std::vector<PostgresCall> databaseTargets(const PlanInputs &in);

/// Expands and freezes. Pure. BadInput and Conflict name the step; Unsupported what is not there
/// yet.
Result<Plan> makePlan(const PlanInputs &in);

} // namespace lb
