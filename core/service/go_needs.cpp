// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/service/go_needs.h"

#include "core/model/accepted_checks.h"

namespace lb {

GoNeeds goNeeds(const RunView &view, const GoAnswer &answer)
{
    const GoAnswer given = withEachAccepted(answer, view.state.checks);
    GoNeeds needs;
    for (const CheckRecord &check : view.state.checks) {
        if (check.verdict == CheckVerdict::Failed)
            needs.failed.push_back(check);
        else if (check.verdict == CheckVerdict::Warned &&
                 given.accept.value(check.id).trimmed().isEmpty())
            needs.warned.push_back(check);
    }
    needs.yes = !given.yes;
    if (view.plan) {
        needs.identityText = view.plan->identity.text;
        needs.wrongConfirmation = !given.confirm.isEmpty() && given.confirm != needs.identityText;
        needs.confirmation = view.plan->needsConfirmation() && given.confirm.isEmpty();
    }
    needs.otherPlan = !given.planSha256.isEmpty() && given.planSha256 != view.state.planSha256;
    return needs;
}

} // namespace lb
