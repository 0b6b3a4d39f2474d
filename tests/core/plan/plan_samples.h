// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/plan/planner.h"

#include <QJsonArray>

namespace lb::samples {

/// JSON text → value, for short tests: `json("{'a': 1}")` with ' for ".
QJsonValue json(const char *text);
Action action(ActionKind kind, const char *params);
StepSpec step(const char *id, ActionKind kind, const char *params, Effect effect = Effect::Read);
InputSpec input(const char *name, InputType type, bool isList = false, bool required = false);

/// A runbook `own.test` on system `shop` with the given purpose and nothing else.
PlanInputs empty(Purpose purpose = Purpose::Change);
/// As resources/runbooks/files.save.yaml and files.restore.yaml have them.
PlanInputs filesSave();
PlanInputs filesRestore();
/// A runbook of an admin with nearly everything a step can have.
PlanInputs ownRunbook();
/// Two folders: /srv/shop and /srv/mail.
RestorePoint twoFolders();

QStringList ids(const Plan &plan);
/// The sentence of a plan that must not succeed; empty when it does.
QString refusal(const PlanInputs &in);

} // namespace lb::samples
