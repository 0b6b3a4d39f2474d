// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/runbook.h"

namespace lb {

/// A runbook and everything that is to be said about it, in the order of the lines.
struct ReadRunbook
{
    Runbook runbook; ///< complete only when isUsable(); id and title as far as they were readable
    std::vector<Diagnostic> diagnostics;

    bool isUsable() const { return !hasErrors(diagnostics); }
};

/// Reads and lints a runbook: all findings at once, with line, column and suggestion. `builtIn`
/// allows the actions and ids that only compiled-in runbooks have. Pure; any thread.
ReadRunbook readRunbook(const QByteArray &text, const QString &file, bool builtIn = false);

/// The diagnostics of an unusable runbook as one error (BadInput), for callers that need a Result.
Result<Runbook> usableRunbook(ReadRunbook read);

} // namespace lb
