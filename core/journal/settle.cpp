// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/journal/settle.h"

#include "core/journal/journal.h"
#include "core/journal/run_folder.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Journal)

} // namespace

Result<Obligation> settleObligation(const RunId &run, const QString &obligation,
                                    ObligationState how, const QString &by, const QString &note)
{
    const RunFolder folder = RunFolder::of(run);
    if (!folder.exists())
        return fail(ErrorCode::NotFound, tr("There is no run %1").arg(run.value()));
    TRY_VALUE(const RunLock lock, folder.lock());
    JournalContent content;
    TRY_VALUE(const std::unique_ptr<Journal> journal, Journal::open(folder.path(), &content));
    RunState state;
    for (const RunEvent &event : content.events)
        state.apply(event);
    RunEvent event;
    event.kind =
        how == ObligationState::Waived ? EventKind::ObligationWaived : EventKind::ObligationClosed;
    event.data = {{QStringLiteral("obligation"), obligation},
                  {QStringLiteral("by"), by},
                  {QStringLiteral("note"), note}};
    const auto isIt = [&](const Obligation &candidate) {
        return candidate.id == obligation && candidate.state == ObligationState::Open;
    };
    if (std::none_of(state.obligations.begin(), state.obligations.end(), isIt))
        return fail(ErrorCode::NotFound,
                    tr("Run %1 has no open obligation “%2”").arg(run.value(), obligation));
    TRY_VALUE(const RunEvent written, journal->appendSynced(event));
    state.apply(written);
    return *std::find_if(state.obligations.begin(), state.obligations.end(),
                         [&](const Obligation &candidate) { return candidate.id == obligation; });
}

} // namespace lb
