// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/restore_point.h"

#include <QJsonArray>

namespace lb {

struct Runbook;

/// Places of a saved toolchain that need their secrets again, each with `part` and `toolchain`
/// beside what was saved of it: those that a run can fill by itself, and those that only a person
/// can. A place that refers to a secret manager needs nothing.
QJsonArray slotsByApi(const PartRecord &part);
QJsonArray slotsByHand(const PartRecord &part);

/// Which one it is, as a person finds it: “API_KEY of ci-run, harbor-ferry”.
QString slotTitle(const QJsonValue &slot, const QString &part);

/// True for a runbook whose steps fill places by themselves.
bool fillsSlots(const Runbook &runbook);

} // namespace lb
