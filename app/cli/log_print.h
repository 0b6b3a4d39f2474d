// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/session.h"

namespace lb::cli {

/// The log files of a run, or of one step, as they are; on a terminal made safe to show.
void printLogs(Service &service, const RunId &run, const QString &step);

/// The same, and what comes until the run has ended; its exit status.
int followLog(Session &session, const RunId &run, const QString &step);

/// What cancelling would leave, as its runner says it; empty when it says nothing.
QString cancelLeaves(const RunId &run);

} // namespace lb::cli
