// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/session.h"

namespace lb::cli {

/// Ends one obligation: deletes the copy that was kept aside, if it is about one, then closes it.
/// Nothing when it is closed; else the exit status, after having said why.
std::optional<int> dischargeObligation(Session &session, const Obligation &obligation,
                                       const QString &note, const QString &evidence);

/// What to type to end it, after the program's name: a step that a person does needs a note.
QString dischargeCommand(const Obligation &obligation);

} // namespace lb::cli
