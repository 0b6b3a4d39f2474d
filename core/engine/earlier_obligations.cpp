// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/earlier_obligations.h"

#include "core/journal/run_folder.h"
#include "core/runner/runner_client.h"

#include <algorithm>

namespace lb {

namespace {

/// What was done for some parts puts nothing right for others.
bool coversParts(const Plan &plan, const Plan &earlier)
{
    return plan.only.isEmpty() ||
           (!earlier.only.isEmpty() &&
            std::all_of(earlier.only.begin(), earlier.only.end(),
                        [&](const QString &part) { return plan.only.contains(part); }));
}

bool closes(const ClosesSpec &spec, const Obligation &obligation, const Plan &plan,
            const Plan &earlier)
{
    const auto isSame = [&](const QString &input) {
        return plan.inputs.value(input) == earlier.inputs.value(input);
    };
    // A step for each item obliges once for each: project[harbor-ferry].
    const bool isCalledSo = obligation.id == spec.obligation ||
                            obligation.id.startsWith(spec.obligation + QLatin1Char('['));
    return obligation.state != ObligationState::Waived && isCalledSo &&
           earlier.runbook == spec.runbook && earlier.system == plan.system &&
           coversParts(plan, earlier) && std::all_of(spec.same.begin(), spec.same.end(), isSame);
}

} // namespace

std::vector<Obligation> obligationsClosedBy(const Plan &plan)
{
    std::vector<Obligation> closed;
    if (plan.closes.empty())
        return closed;
    for (const RunId &run : listRuns()) {
        // What an imported one says is true of another machine.
        if (RunFolder::of(run).isImported())
            continue;
        const auto view = readRun(run);
        if (!view || !view->plan)
            continue;
        for (const Obligation &obligation : view->state.obligations) {
            if (std::any_of(plan.closes.begin(), plan.closes.end(), [&](const ClosesSpec &spec) {
                    return closes(spec, obligation, plan, *view->plan);
                }))
                closed.push_back(obligation);
        }
    }
    return closed;
}

} // namespace lb
