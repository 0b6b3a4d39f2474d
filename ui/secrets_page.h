// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages.h"
#include "ui/secrets_model.h"
#include "ui/sorted_rows.h"

namespace lb {

/// The secrets that the systems' runbooks need: where each comes from and how it stands. Never a
/// value. Shows what it is given; asks by signals.
class SecretsPage : public Page
{
    Q_OBJECT
public:
    explicit SecretsPage(QWidget *parent = nullptr);
    /// Rows of the keychain carry `looking` until it has answered.
    void setSecrets(std::vector<SecretStatus> secrets);
    /// It shows a prompt of its own and waits for the person in front of it.
    void showAsks();
    /// The answer to "Test".
    void showTested(const QString &state, const QString &text);
    void setTesting(bool isTesting);
    QWidget *filterField() override;
    void focusContent() override;

Q_SIGNALS:
    void setRequested(const lb::SecretStatus &secret);
    void removeRequested(const lb::SecretStatus &secret);
    void testRequested();
    void unlockRequested();
    void lookRequested();

private:
    const SecretStatus *current() const;
    void showKeychain();
    void refresh();

    SecretsModel *m_model;
    SortedRows *m_sorted;
    QTableView *m_table;
    QLineEdit *m_filter;
    InlineMessage *m_keychain;
    PlainLabel *m_empty;
    Card *m_detail;
    PlainLabel *m_title, *m_advice, *m_facts;
    StateLabel *m_state;
    QPushButton *m_set, *m_test, *m_look, *m_remove;
    QPushButton *m_unlock = nullptr;
    bool m_asks = false;
};

} // namespace lb
