// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/systems/ibm_toolchain/answers.h"
#include "core/systems/ibm_toolchain/template.h"

namespace lb {

/// What a copy is like beside the template it was made from. Names are those of the template, but
/// for tools that it does not have.
struct CopyComparison
{
    QStringList missing;      ///< in the template, not in the copy
    QStringList unexpected;   ///< the other way round: "type name"
    QStringList needsSecret;  ///< not configured, as is to be expected before secrets are put back
    QStringList unconfigured; ///< not configured without such a reason
    QStringList configuring;  ///< not yet
    QStringList sourceRegion; ///< repositories that still point at the source region

    /// Nothing is wrong with it that putting secrets back does not mend.
    bool isGood() const
    {
        return missing.isEmpty() && unexpected.isEmpty() && unconfigured.isEmpty() &&
               sourceRegion.isEmpty();
    }
};

/// `toolchainFile` is what toolchain.yml holds, `sourceRegion` where the template was saved.
CopyComparison compareCopy(const DataValue &toolchainFile,
                           const std::vector<Template::SecretSlot> &secretSlots,
                           const std::vector<ToolchainTool> &tools, const QString &sourceRegion);

/// Reads what secretSlotsData() wrote.
Result<std::vector<Template::SecretSlot>> readSecretSlots(const DataValue &data);

} // namespace lb
