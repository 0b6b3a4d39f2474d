// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/words.h"

#include "core/base/error.h"

namespace lb {

namespace {

LB_TRANSLATE(Words)

} // namespace

QString wordOf(RunStateName state)
{
    switch (state) {
    case RunStateName::Preparing:
        return tr("preparing");
    case RunStateName::Ready:
        return tr("waits for your go");
    case RunStateName::Draft:
        return tr("draft");
    case RunStateName::Running:
        return tr("running");
    case RunStateName::Paused:
        return tr("paused");
    case RunStateName::Waiting:
        return tr("waiting");
    case RunStateName::Finishing:
        return tr("finishing");
    case RunStateName::Succeeded:
        return tr("succeeded");
    case RunStateName::Warned:
        return tr("completed with warnings");
    case RunStateName::Failed:
        return tr("failed");
    case RunStateName::Cancelled:
        return tr("cancelled");
    case RunStateName::Interrupted:
        return tr("interrupted");
    }
    return {};
}

QString wordOf(StepState state)
{
    switch (state) {
    case StepState::Pending:
        return tr("not yet");
    case StepState::Running:
        return tr("running");
    case StepState::Waiting:
        return tr("waiting");
    case StepState::Succeeded:
        return tr("done");
    case StepState::Warned:
        return tr("done with warnings");
    case StepState::Failed:
        return tr("failed");
    case StepState::Skipped:
        return tr("skipped");
    case StepState::Cancelled:
        return tr("cancelled");
    case StepState::Unknown:
        return tr("not known");
    }
    return {};
}

QString wordOf(CheckVerdict verdict)
{
    switch (verdict) {
    case CheckVerdict::Passed:
        return tr("passed");
    case CheckVerdict::Warned:
        return tr("warning");
    case CheckVerdict::Failed:
        return tr("failed");
    case CheckVerdict::Skipped:
        return tr("not tested");
    }
    return {};
}

QString wordOf(Completeness completeness)
{
    switch (completeness) {
    case Completeness::Complete:
        return tr("complete");
    case Completeness::Incomplete:
        return tr("incomplete");
    case Completeness::Unknown:
        return tr("not known");
    }
    return {};
}

QString wordOf(ProofLevel level)
{
    switch (level) {
    case ProofLevel::Listed:
        return tr("only listed");
    case ProofLevel::Checksummed:
        return tr("checksummed");
    case ProofLevel::Read:
        return tr("read in full");
    case ProofLevel::Restored:
        return tr("restored and used");
    }
    return {};
}

QString wordOf(Purpose purpose)
{
    switch (purpose) {
    case Purpose::Save:
        return tr("Save");
    case Purpose::Restore:
        return tr("Restore");
    case Purpose::Rehearse:
        return tr("Rehearse");
    case Purpose::Migrate:
        return tr("Migrate");
    case Purpose::Repair:
        return tr("Repair");
    case Purpose::Prepare:
        return tr("Prepare");
    case Purpose::Import:
        return tr("Import");
    case Purpose::Prove:
        return tr("Prove");
    case Purpose::Change:
        return tr("Change");
    case Purpose::Cleanup:
        return tr("Clean up");
    case Purpose::Assess:
        return tr("Assess");
    }
    return {};
}

QString wordOf(TargetKind target)
{
    switch (target) {
    case TargetKind::Same:
        return tr("same installation");
    case TargetKind::Replacement:
        return tr("replacement of a lost one");
    case TargetKind::Rehearsal:
        return tr("rehearsal");
    }
    return {};
}

} // namespace lb
