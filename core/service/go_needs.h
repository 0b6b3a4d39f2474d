// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/run_state.h"

namespace lb {

/// What stands between a ready run and its going, given the answers so far. Wizard, console and
/// command line ask for exactly these.
struct GoNeeds
{
    std::vector<CheckRecord> failed; ///< cannot be accepted
    std::vector<CheckRecord> warned; ///< a reason is needed for each
    bool confirmation = false;       ///< the identity's text has to be typed
    QString identityText;
    bool wrongConfirmation = false; ///< something was typed and it is not the text
    bool otherPlan = false;         ///< the hash that was given is not this plan's
    bool yes = false;               ///< the go itself is missing

    /// True when the run may go now.
    bool isEmpty() const
    {
        return failed.empty() && warned.empty() && !confirmation && !wrongConfirmation &&
               !otherPlan && !yes;
    }
};
GoNeeds goNeeds(const RunView &view, const GoAnswer &answer);

} // namespace lb
