// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "ui/secret_words.h"
#include "ui/wizard_pages.h"

#include <QGridLayout>
#include <QPushButton>

namespace lb {

/// One secret: name, state, what it means, and the ways to give it.
class NeededSecretsPage::Row : public Card
{
public:
    Row(const QString &name, RunDraft *draft, QWidget *parent)
        : Card(parent),
          m_title(named(new PlainLabel(PlainLabel::Role::Strong, this), "neededSecretTitle")),
          m_state(named(new StateLabel(this), "neededSecretState")),
          m_advice(named(new PlainLabel(PlainLabel::Role::Body, this), "neededSecretAdvice")),
          m_facts(named(new PlainLabel(PlainLabel::Role::Muted, this), "neededSecretFacts")),
          m_set(named(new QPushButton(this), "neededSecretSet")),
          m_type(named(new QPushButton(tr("Type for this run…"), this), "neededSecretType"))
    {
        setObjectName(QStringLiteral("secret_") + name);
        auto *grid = new QGridLayout(this);
        grid->setContentsMargins(12, 10, 12, 10);
        grid->setHorizontalSpacing(16);
        grid->setVerticalSpacing(4);
        grid->addWidget(m_title, 0, 0);
        grid->addWidget(m_state, 0, 1, Qt::AlignTrailing);
        grid->addWidget(m_advice, 1, 0, 1, 2);
        grid->addWidget(m_facts, 2, 0, 1, 2);
        auto *buttons = new QHBoxLayout;
        buttons->setSpacing(8);
        buttons->setContentsMargins(0, 6, 0, 0);
        buttons->addWidget(m_set);
        buttons->addWidget(m_type);
        buttons->addStretch(1);
        grid->addLayout(buttons, 3, 0, 1, 2);
        grid->setColumnStretch(0, 1);
        connect(m_set, &QPushButton::clicked, draft,
                [this, draft] { draft->editSecret(m_secret, false); });
        connect(m_type, &QPushButton::clicked, draft,
                [this, draft] { draft->editSecret(m_secret, true); });
    }
    void show(const SecretStatus &secret)
    {
        m_secret = secret;
        const QString title = secretTitle(secret);
        m_title->setText(title);
        m_state->setState(secretIcon(secret.state), secretWord(secret.state),
                          secretTone(secret.state));
        m_advice->setText(secretAdvice(secret.state));
        // What the message above says about the keychain is not said again on every row.
        m_advice->setVisible(!isKeychainTrouble(secret.state));
        QStringList facts{tr("Name: %1").arg(displayText(secret.name)),
                          tr("Comes from: %1").arg(secretSource(secret))};
        if (!secret.holder.isEmpty())
            facts << tr("Who has it: %1").arg(displayText(secret.holder));
        m_facts->setText(facts.join(QStringLiteral("  ·  ")));
        m_set->setText(secret.state == QLatin1String("present") || !secret.program.isEmpty()
                           ? tr("Change…")
                           : tr("Set…"));
        m_set->setAccessibleName(tr("Set %1").arg(title));
        m_type->setAccessibleName(tr("Type %1 for this run").arg(title));
        setAccessibleName(tr("%1: %2").arg(title, secretWord(secret.state)));
    }

private:
    SecretStatus m_secret;
    PlainLabel *m_title;
    StateLabel *m_state;
    PlainLabel *m_advice, *m_facts;
    QPushButton *m_set, *m_type;
};

NeededSecretsPage::NeededSecretsPage(RunDraft *draft)
    : WizardPage(draft, "neededSecretsPage", tr("Are the secrets at hand?"),
                 tr("Only names and states are shown. What is missing can also be given later: "
                    "the checks will say so.")),
      m_keychain(named(new InlineMessage(this), "neededKeychain")),
      m_looking(named(new PlainLabel(PlainLabel::Role::Muted, this), "neededLooking")),
      m_again(named(new QPushButton(tr("&Look again"), this), "neededAgain"))
{
    m_again->setIcon(lifeboatIcon(QStringLiteral("refresh")));
    content()->addWidget(m_keychain);
    auto *row = new QHBoxLayout;
    row->addWidget(m_looking, 1);
    row->addWidget(m_again);
    content()->addLayout(row);
    m_rows = addScroll(content(), this, "neededSecretsScroll", tr("Secrets"));
    m_rows->addStretch(1);
    connect(draft, &RunDraft::secretsChanged, this, &NeededSecretsPage::refresh);
    connect(m_again, &QPushButton::clicked, draft, &RunDraft::lookForSecrets);
}

void NeededSecretsPage::initializePage()
{
    draft()->lookForSecrets();
}

void NeededSecretsPage::refresh()
{
    const std::vector<SecretStatus> &secrets = draft()->secrets();
    // Rows stay where they are, so that the focus survives the next answer.
    while (m_shown.size() > qsizetype(secrets.size()))
        delete m_shown.takeLast();
    QString trouble;
    QStringList missing;
    bool isLooking = secrets.empty();
    for (qsizetype i = 0; i < qsizetype(secrets.size()); ++i) {
        const SecretStatus &secret = secrets[size_t(i)];
        if (i >= m_shown.size() ||
            m_shown[i]->objectName() != QStringLiteral("secret_") + secret.name) {
            auto *row = new Row(secret.name, draft(), this);
            m_rows->insertWidget(int(i), row);
            if (i < m_shown.size())
                delete std::exchange(m_shown[i], row);
            else
                m_shown << row;
        }
        m_shown[i]->show(secret);
        isLooking = isLooking || secret.state == kSecretLooking;
        if (secretTone(secret.state) == Tone::Bad || secretTone(secret.state) == Tone::Warn)
            missing << secretTitle(secret);
        if (isKeychainTrouble(secret.state))
            trouble = secret.state;
    }
    m_again->setEnabled(!isLooking);
    // Their rows may lie below the edge.
    m_looking->setText(isLooking ? tr("Asking the keychain…")
                       : missing.isEmpty()
                           ? tr("All are at hand.")
                           //: %1 the titles of these secrets
                           : tr("%n secret(s) not at hand: %1", nullptr, int(missing.size()))
                                 .arg(missing.join(QStringLiteral("; "))));
    if (draft()->keychainAsks())
        m_keychain->showMessage(Tone::Warn, tr("The keychain asks"),
                                tr("Answer its prompt on the desktop; it may be behind another "
                                   "window. Or type the secret for this run."));
    else if (!trouble.isEmpty())
        m_keychain->showMessage(secretTone(trouble), keychainHeadline(trouble),
                                secretAdvice(trouble));
    else
        m_keychain->clear();
}

} // namespace lb
