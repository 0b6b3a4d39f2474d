// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/run_wizard.h"

#include "core/base/format.h"
#include "ui/wizard_pages.h"
#include "ui/words.h"

#include <QAbstractButton>

namespace lb {

RunWizard::RunWizard(RunDraft *draft, QWidget *parent) : QWizard(parent), m_draft(draft)
{
    m_draft->setParent(this);
    setObjectName(QStringLiteral("runWizard"));
    setWindowTitle(tr("%1: new run").arg(displayText(draft->system().name)));
    setAccessibleName(windowTitle());
    setAttribute(Qt::WA_DeleteOnClose);
    setWizardStyle(QWizard::ModernStyle);
    setTitleFormat(Qt::PlainText);
    setSubTitleFormat(Qt::PlainText);
    setOption(QWizard::NoBackButtonOnStartPage);
    setOption(QWizard::NoDefaultButton, false);
    setPage(Goal, new GoalPage(draft));
    setPage(Target, new TargetPage(draft));
    setPage(Point, new PointPage(draft));
    setPage(Inputs, new InputsPage(draft));
    setPage(Secrets, new NeededSecretsPage(draft));
    setPage(Checks, new ChecksPage(draft));
    setPage(Plan, new PlanPage(draft));
    setPage(Go, new GoPage(draft));
    setStartId(!draft->isTakenUp() ? Goal : draft->needsSecrets() ? Secrets : Checks);
    setButtonText(QWizard::CommitButton, tr("&Accept this plan"));
    setButtonText(QWizard::CancelButton, tr("Close"));
    button(QWizard::CancelButton)
        ->setToolTip(tr("Nothing has been changed; a prepared plan stays in the list of runs"));
    const auto verb = [this] {
        setButtonText(QWizard::FinishButton, startVerb(m_draft->purpose()));
    };
    verb();
    connect(draft, &RunDraft::changed, this, verb);
    connect(draft, &RunDraft::started, this, [this] { QDialog::accept(); });
    resize(880, 680);
    // The parts that QWizard makes itself come and go with its pages.
    const auto nameParts = [this] {
        for (QWidget *part : findChildren<QWidget *>())
            if (part->objectName().isEmpty())
                part->setObjectName(QStringLiteral("wizardPart"));
    };
    nameParts();
    connect(this, &QWizard::currentIdChanged, this, nameParts);
}

} // namespace lb
