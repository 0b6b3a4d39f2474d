// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/ids.h"

#include <QString>

namespace lb {

/// Where Lifeboat's files are (XDG base directories, read from the environment at each call).
/// None of these creates anything.
namespace paths {

QString configFolder();       ///< $XDG_CONFIG_HOME/lifeboat
QString systemsFolder();      ///< …/systems: one YAML file a system
QString userRunbooksFolder(); ///< …/runbooks: the admin's own
QString storesFile();         ///< …/stores.yaml
QString dataFolder();         ///< $XDG_DATA_HOME/lifeboat
QString runsFolder();         ///< …/runs
QString runFolder(const RunId &run);
QString leasesFolder();
QString defaultStoreFolder(); ///< …/restore-points, the store `local`
QString practiceFolder();     ///< …/practice
QString inventoryFile();      ///< …/inventory.db
QString stateFolder();        ///< $XDG_STATE_HOME/lifeboat: window state, logs of crashes

/// The 0700 folder for sockets: $XDG_RUNTIME_DIR/lifeboat, else /tmp/lifeboat-UID. Creates it and
/// checks that it is ours alone; Denied when somebody else owns it.
Result<QString> runtimeFolder();

} // namespace paths
} // namespace lb
