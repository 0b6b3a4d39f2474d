// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/service/service.h"
#include "ui/toolchain_template.h"

namespace lb::samples {

/// A name as hostile as data can be: markup, ANSI, bidi override, newline, mnemonic.
QString hostileText();

SystemProfile profile(const QString &name);
RestorePoint point(const QString &id, int hoursAgo, ProofLevel proof, bool complete = true);
RunSummary run(const QString &id, RunStateName state, Purpose purpose);
/// One of each verdict.
std::vector<SystemOverview> board();
/// A system with a long name, one of whose regions is gone and one is being closed.
SystemOverview closing();
std::vector<RunSummary> runs();
std::vector<RestorePoint> points();
Runbook restoreRunbook();
std::vector<InputSpec> inputs();
Plan restorePlan();
/// A restore in this state, with checks, steps and what belongs to it.
RunView view(RunStateName state);
/// The same, waiting at a step of this action.
RunView waiting(const QString &action);
QString planText();
/// One secret of each kind; what the keychain holds is in this state.
std::vector<SecretStatus> secrets(const QString &state);
/// With two toolchains, each with a secret to put back and one that a person sets.
RestorePoint toolchainPoint();
/// What it needs; one secret is missing.
std::vector<PointSecret> pointSecrets();
/// Of one of them: a file with a source, one without, a change of each sort and each severity.
ToolchainTemplate toolchainTemplate();

} // namespace lb::samples
