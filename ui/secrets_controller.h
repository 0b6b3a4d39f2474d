// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/service/service.h"

namespace lb {

class SecretsPage;

/// Lets a person set one secret of a system, in a dialog that stays until the keychain has taken
/// it; then calls `saved`. Never opens a run's own copy.
void editSecret(Service *service, const SecretStatus &secret, QWidget *parent,
                const std::function<void()> &saved);

/// Fills the secrets page. The keychain is not touched before open() is called first.
class SecretsController : public QObject
{
    Q_OBJECT
public:
    SecretsController(Service *service, SecretsPage *page, QObject *parent);
    /// The page comes into view: looks anew.
    void open();
    /// Systems or runbooks may be others; looks only when they are, and when it was open once.
    void refresh();

private:
    std::vector<SecretStatus> declared();
    void look();
    void remove(const SecretStatus &secret);

    Service *m_service;
    SecretsPage *m_page;
    std::vector<SecretStatus> m_known;
    bool m_wasOpen = false;
    bool m_looking = false;
    bool m_again = false; ///< something changed while it looked
};

} // namespace lb
