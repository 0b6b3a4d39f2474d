// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QString>

namespace lb {

/// What a practice system's secret parts are encrypted to. The recovery key would be kept away from
/// this computer; what is encrypted here is invented.
struct PracticeKeys
{
    QString identityFile; ///< of the daily key
    QString recipient, recoveryRecipient;
};

/// Made with `age-keygen` in this folder at the first call. NotFound without that program.
Result<PracticeKeys> makePracticeKeys(const QString &folder);

} // namespace lb
