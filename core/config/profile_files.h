// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/profiles.h"
#include "core/model/runbook.h"

namespace lb {

/// True for a name of a system or store: [a-z0-9][a-z0-9-]{0,62}.
bool isProfileName(const QString &name);

/// One `systems/NAME.yaml` as read; the inputs are not yet held against the type (checkInputs() in
/// core/model).
struct ReadProfile
{
    SystemProfile profile;
    std::vector<Diagnostic> diagnostics;
};
ReadProfile readProfileText(const QByteArray &text, const QString &file);

/// All profiles by name; what is broken is in `broken` and hides nothing else. An absent folder is
/// no profiles.
Result<std::vector<SystemProfile>> readProfiles(std::vector<Diagnostic> *broken = nullptr);
/// NotFound with a suggestion; BadInput with all diagnostics.
Result<SystemProfile> readProfile(const QString &name);
/// Writes the profile whole; comments of the old file are lost. BadInput for a bad name.
Result<void> writeProfile(const SystemProfile &profile);
Result<void> removeProfile(const QString &name);
QString profileFile(const QString &name);

/// The stores of `stores.yaml`, by name. `local` is always there (default folder unless the file
/// says otherwise).
Result<std::vector<StoreProfile>> readStores(std::vector<Diagnostic> *broken = nullptr);
Result<StoreProfile> readStore(const QString &name);
/// Adds the store or replaces the one of that name.
Result<void> writeStore(const StoreProfile &store);
/// Conflict for `local`.
Result<void> removeStore(const QString &name);

} // namespace lb
