// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/plan.h"
#include "core/plan/references.h"

#include <QSet>

namespace lb {

/// How an action is to be read besides what it says.
struct CallContext
{
    bool needsText = false;    ///< facts, discovery: output none becomes text
    bool startsDaemon = false; ///< of the step
    bool destroys = false;     ///< a destroying step: no slot anywhere in its target
};

/// One action's one call: every action but tree_save and tree_restore. Unsupported names what is
/// not there yet.
Result<Call> callOf(const Action &action, const References &references,
                    const CallContext &context = {});

/// The server that an action on PostgreSQL names. Its local socket (no server, or a folder) asks
/// for no password: who connects is known by the kernel (manual, 21.9 Peer Authentication).
Result<PostgresServer> postgresServer(const Action &action, const References &references);

/// Reads, checks and clearing away on an Elasticsearch cluster.
Result<Call> elasticsearchCall(const Action &action, const References &references);
/// Reads, checks and changes of toolchains; all but saving one.
Result<Call> toolchainCall(const Action &action, const References &references);

/// The action's undo by itself: of write_file, and of what makes a copy of a toolchain.
std::vector<Call> builtInUndo(const Call &call);

Result<Match> filledMatch(const Match &match, const References &references);

/// Paths of the slots in a call.
QSet<QString> slotPaths(const Call &call);

} // namespace lb
