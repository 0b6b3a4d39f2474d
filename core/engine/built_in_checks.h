// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/survey.h"
#include "core/model/restore_point.h"
#include "core/model/run_state.h"
#include "core/plan/planner.h"

namespace lb {

/// What the built-in checks look at; read beforehand.
struct CheckFacts
{
    const Plan &plan;
    const RunRequest &request;
    QString appliesTo;                 ///< the runbook's rule; empty = any version
    QStringList missingFacts;          ///< identity facts that could not be read, with the reason
    std::optional<RestorePoint> point; ///< of a restore
    std::vector<SwapFact> swaps;
    qint64 sourceBytes = -1; ///< of a save: what is to be saved; -1 = not counted
    qint64 storeFree = -1;
    QMap<QString, DiskRoom> targetRoom; ///< target folder → its disk
    std::optional<Error> leaseProblem;
};

/// The checks that every run has (design §7 names their ids): identity, lease, room, applies_to,
/// proof, old_off; only those that apply. Pure.
std::vector<CheckRecord> builtInChecks(const CheckFacts &facts);

/// `>=1.1 <1.3` against `1.2.5`; nothing when the rule cannot be read.
std::optional<bool> versionFits(const QString &rule, const QString &version);

} // namespace lb
