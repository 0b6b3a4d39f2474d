// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/run_state.h"
#include "core/runner/messages.h"

namespace lb::cli {

/// One line about an event for a person who follows; empty for what only the journal needs.
/// `quiet`: only what is wrong or has to be answered.
QString eventLine(const RunEvent &event, const RunView &view, bool quiet);

/// What a person reads of one running step, in so many columns: id, share, time left, bytes, speed;
/// for how long, where nothing else is known.
QString progressLine(const Progress &progress, double bytesPerSecond,
                     std::chrono::milliseconds elapsed, int width);

/// What can be done about a run in this state: each a sentence with the exact command.
QStringList nextCommands(const RunView &view);

/// "succeeded in 3 min 20 s" and what is worth knowing of the end; one line each.
QStringList endLines(const RunView &view, bool quiet);

} // namespace lb::cli
