// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/plan.h"

namespace lb {

/// Every slot in a call, each once.
std::vector<Slot> slotsOf(const Call &call);

/// The same call with every slot filled: no slot is left, nothing else is changed. BadInput names
/// the slot whose value may not stand there.
Result<Call> filledCall(const Call &call, const TemplateText::Lookup &lookup);

/// A secret in a call and the way it takes to the tool that needs it.
struct SecretUse
{
    QString name;
    QString channel; ///< `stdin`, `environment`, `file`, or `check` when it is only looked for

    friend bool operator==(const SecretUse &, const SecretUse &) = default;
};
/// Every secret that a call delivers.
std::vector<SecretUse> secretsOf(const Call &call);
/// The names in these calls, each once.
QStringList secretNames(const std::vector<Call> &calls);

} // namespace lb
