// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/input_form.h"
#include "ui/plan_view.h"
#include "ui/points_page.h"
#include "ui/run_draft.h"

#include <QWizardPage>

class QButtonGroup;
class QFormLayout;
class QListWidget;
class QRadioButton;
class QTableView;

namespace lb {

/// Folders as they are, one on each line; of a server its address once, and then the names in it.
QString scopeText(const QStringList &scope);

/// A page that says why Next is disabled, next to the button.
class WizardPage : public QWizardPage
{
    Q_OBJECT
public:
    WizardPage(RunDraft *draft, const char *objectName, const QString &title,
               const QString &subtitle);
    bool isComplete() const override { return m_reason.isEmpty(); }

protected:
    RunDraft *draft() const { return m_draft; }
    QVBoxLayout *content() const { return m_content; }
    /// Empty = the page is complete.
    void setReason(const QString &reason);

private:
    RunDraft *m_draft;
    QVBoxLayout *m_content;
    PlainLabel *m_reasonLabel;
    QString m_reason;
};

/// Which runbook, what it does, and where it does otherwise than the vendor's document.
class GoalPage : public WizardPage
{
    Q_OBJECT
public:
    explicit GoalPage(RunDraft *draft);
    void initializePage() override;
    int nextId() const override;

private:
    void choose();
    QListWidget *m_list;
    PlainLabel *m_description, *m_needs, *m_source;
    InlineMessage *m_problem;
    QWidget *m_deviations;
    QVBoxLayout *m_deviationRows;
};

/// Which installation the run is aimed at, and how we know that it is that one.
class TargetPage : public WizardPage
{
    Q_OBJECT
public:
    explicit TargetPage(RunDraft *draft);
    void initializePage() override;
    int nextId() const override;

private:
    QButtonGroup *m_group;
    QList<QWidget *> m_choices;
    PlainLabel *m_pinned, *m_facts;
};

class PointPage : public WizardPage
{
    Q_OBJECT
public:
    explicit PointPage(RunDraft *draft);
    void initializePage() override;
    int nextId() const override;

private:
    void chosen();
    void partsChosen();
    PointsModel *m_model;
    QTableView *m_table;
    InlineMessage *m_message;
    PointDetail *m_detail;
};

class InputsPage : public WizardPage
{
    Q_OBJECT
public:
    explicit InputsPage(RunDraft *draft);
    void initializePage() override;
    int nextId() const override;

private:
    void check();
    InputForm *m_form;
    QString m_shown;
};

/// The secrets that the runbook needs, when it needs any: which are there, and the ways to give
/// those that are not. Entering it looks into the keychain, which can show a prompt of its own.
class NeededSecretsPage : public WizardPage
{
    Q_OBJECT
public:
    explicit NeededSecretsPage(RunDraft *draft);
    void initializePage() override;

private:
    class Row;
    void refresh();
    InlineMessage *m_keychain;
    PlainLabel *m_looking;
    QVBoxLayout *m_rows;
    QList<Row *> m_shown;
    QPushButton *m_again;
};

/// Checks as they come in while the runner prepares. Entering it starts the preparation; going
/// back throws the draft away.
class ChecksPage : public WizardPage
{
    Q_OBJECT
public:
    explicit ChecksPage(RunDraft *draft);
    void initializePage() override;
    void cleanupPage() override;

private:
    class CheckRow;
    void refresh();
    QList<qsizetype> unlike(const QString &id);
    void useForAll(const QString &id);
    InlineMessage *m_message, *m_question;
    QLineEdit *m_note;
    PlainLabel *m_identity, *m_waiting;
    QVBoxLayout *m_rows;
    QList<CheckRow *> m_shown;
    QPushButton *m_again;
    QTimer m_clock;
    bool m_inside = false;
};

/// The exact plan; accepting it is the commit.
class PlanPage : public WizardPage
{
    Q_OBJECT
public:
    explicit PlanPage(RunDraft *draft);
    void initializePage() override;

private:
    PlanView *m_plan;
    PlainLabel *m_summary, *m_deviations;
    InlineMessage *m_noReturn;
};

/// The last word: what will happen, to whom; typed where it destroys.
class GoPage : public WizardPage
{
    Q_OBJECT
public:
    explicit GoPage(RunDraft *draft);
    void initializePage() override;
    bool validatePage() override;

private:
    void refresh();
    InlineMessage *m_message;
    PlainLabel *m_what;
    QFormLayout *m_facts;
    PlainLabel *m_ask;
    QLineEdit *m_typed;
};

} // namespace lb
