// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/run_draft.h"

#include <QWizard>

namespace lb {

/// From a goal to a started run, for any runbook: goal, target and identity, restore point, inputs,
/// secrets, checks, exact plan, go. Owns the draft. Closing it leaves a draft that the list of runs
/// shows.
class RunWizard : public QWizard
{
    Q_OBJECT
public:
    enum PageId
    {
        Goal,
        Target,
        Point,
        Inputs,
        Secrets,
        Checks,
        Plan,
        Go
    };

    explicit RunWizard(RunDraft *draft, QWidget *parent = nullptr);
    RunDraft *draft() const { return m_draft; }

private:
    RunDraft *m_draft;
};

} // namespace lb
