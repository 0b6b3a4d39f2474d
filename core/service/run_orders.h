// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/run_request.h"
#include "core/model/runbook.h"
#include "core/service/service.h"

namespace lb {

/// True when a run of it works on a restore point that somebody has to choose.
bool needsRestorePoint(const Runbook &runbook);

/// Texts given with `--set` held against the runbook's inputs: typed values for what was given.
/// All findings in one BadInput error, a line each in its detail.
Result<QJsonObject> parseInputs(const std::vector<InputSpec> &specs,
                                const QMap<QString, QStringList> &set, const QString &owner);

/// What every request holds, whoever asks for what.
RunRequest newRequest(RunMode mode, const Runbook &runbook);

} // namespace lb
