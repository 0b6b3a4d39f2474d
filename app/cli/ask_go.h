// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/session.h"
#include "core/service/go_needs.h"

namespace lb::cli {

/// Shows the plan and asks for everything that its go needs: reasons, the identity's text, go.
/// Nothing when the person does not want it.
std::optional<GoAnswer> askForGo(Session &session, const RunView &view, GoAnswer given);

/// Asks what a waiting step needs; the answer as a command. Nothing: later.
std::optional<RunCommand> askForAnswer(const RunView &view, const Waiting &waiting);

/// The command that lets exactly this plan go, after the program's name, with every option it
/// needs.
QString goCommand(const RunView &view);

/// What is missing, each with the option that gives it.
QStringList missingAnswers(const RunView &view, const GoNeeds &needs);

/// The plan and its hash, in the terminal's width.
void sayPlan(Session &session, const RunView &view);

} // namespace lb::cli
