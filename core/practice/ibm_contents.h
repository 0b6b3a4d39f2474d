// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/practice/ibm_simulator.h"

namespace lb::practice::ibm {

/// Five invented toolchains in us-east, which is closing, with repositories that are mirrored to
/// eu-de. Secrets are marked values that mean nothing anywhere; whoever finds one where it does not
/// belong has found a leak.
IbmSimulator::Options inventIbmCloud();

/// Begins every invented secret.
inline constexpr char kCanary[] = "canary-";
/// Of the region's Git token.
QString inventedGitToken(const QString &region);
QString inventedApiKey();
QString inventedResourceGroup();
/// Id and name.
std::vector<std::pair<QString, QString>> inventedToolchains();

} // namespace lb::practice::ibm
