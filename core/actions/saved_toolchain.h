// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/toolchain_work.h"
#include "core/systems/ibm_toolchain/template.h"

namespace lb {

/// What the part of the call's restore point holds. It is read in full and compared with its sums
/// on the way.
Result<ToolchainExport> readSavedToolchain(ToolchainJob &job);

/// Which repository of the target region stands for which of the source: what is said before what
/// is guessed.
std::vector<std::pair<QString, QString>> mirrorsOf(const ToolchainExport &saved,
                                                   const ToolchainCall &call);

/// The template of a copy in the call's region: its repositories mapped and linked. Nothing in it
/// starts by itself, but for a Build, which switches that off as it makes it. BadInput when it has
/// a finding with which no copy can be made.
Result<Template> restoreTemplate(const ToolchainExport &saved, const ToolchainCall &call);

} // namespace lb
