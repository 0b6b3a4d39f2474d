// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/secrets_controller.h"

#include "ui/secret_dialog.h"
#include "ui/secrets_page.h"

#include <QPointer>

#include <algorithm>

namespace lb {

void editSecret(Service *service, const SecretStatus &secret, QWidget *parent,
                const std::function<void()> &saved)
{
    auto *dialog = new SecretDialog(secret, SecretDialog::Mode::Keep, parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(service, &Service::keychainAsks, dialog, &SecretDialog::showAsks);
    // A dialog that is closed meanwhile does not take the answer with it.
    const auto end = [guard = QPointer(dialog), saved](const Result<void> &done) {
        if (!done) {
            if (guard)
                guard->showProblem(done.error());
            return;
        }
        if (guard)
            guard->accept();
        saved();
    };
    QObject::connect(dialog, &SecretDialog::programGiven, service,
                     [service, secret, end](const QStringList &program) {
                         end(service->setSecretProgram(secret.system, secret.name, program));
                     });
    QObject::connect(dialog, &SecretDialog::valueGiven, service,
                     [service, secret, end](const SecretHandle &value) {
                         const auto write = [service, secret, value, end] {
                             onDone(service, service->setSecret(secret.system, secret.name, value),
                                    [service, secret, end](const Result<void> &done) {
                                        // The keychain did not take it: the program stays.
                                        if (!done && !secret.program.isEmpty())
                                            service->setSecretProgram(secret.system, secret.name,
                                                                      secret.program);
                                        end(done);
                                    });
                         };
                         if (secret.program.isEmpty())
                             return write();
                         onDone(service, service->removeSecret(secret.system, secret.name),
                                [end, write](const Result<void> &done) {
                                    if (done)
                                        write();
                                    else
                                        end(done);
                                });
                     });
    dialog->open();
}

SecretsController::SecretsController(Service *service, SecretsPage *page, QObject *parent)
    : QObject(parent), m_service(service), m_page(page)
{
    connect(service, &Service::keychainAsks, this, [this] {
        if (m_wasOpen)
            m_page->showAsks();
    });
    connect(page, &SecretsPage::lookRequested, this, &SecretsController::open);
    connect(page, &SecretsPage::removeRequested, this, &SecretsController::remove);
    connect(page, &SecretsPage::setRequested, this, [this](const SecretStatus &secret) {
        editSecret(m_service, secret, m_page->window(), [self = QPointer(this)] {
            if (self)
                self->look();
        });
    });
    connect(page, &SecretsPage::testRequested, this, [this] {
        m_page->setTesting(true);
        onDone(this, m_service->testKeychain(), [this](const Result<KeychainHealth> &health) {
            if (!health)
                return m_page->setTesting(false);
            m_page->showTested(name(health->state), health->text);
            look();
        });
    });
    connect(page, &SecretsPage::unlockRequested, this, [this] {
        onDone(this, m_service->unlockKeychain(),
               [this](const Result<KeychainHealth> &) { look(); });
    });
}

std::vector<SecretStatus> SecretsController::declared()
{
    std::vector<SecretStatus> rows;
    if (const auto systems = m_service->systems())
        for (const SystemProfile &system : *systems)
            for (SecretStatus &row : m_service->declaredSecrets(system))
                rows.push_back(std::move(row));
    return rows;
}

void SecretsController::open()
{
    m_wasOpen = true;
    look();
}

void SecretsController::refresh()
{
    if (!m_wasOpen)
        return;
    const std::vector<SecretStatus> now = declared();
    const bool same =
        std::equal(now.begin(), now.end(), m_known.begin(), m_known.end(),
                   [](const SecretStatus &a, const SecretStatus &b) {
                       return a.system == b.system && a.name == b.name && a.program == b.program;
                   });
    if (!same)
        look();
}

void SecretsController::look()
{
    // Never two at once: each could open a prompt of its own.
    if (std::exchange(m_looking, true)) {
        m_again = true;
        return;
    }
    m_known = declared();
    std::vector<SecretStatus> rows = m_known;
    for (SecretStatus &row : rows)
        if (row.program.isEmpty())
            row.state = kSecretLooking;
    m_page->setSecrets(std::move(rows));
    onDone(this, m_service->secrets(), [this](const Result<std::vector<SecretStatus>> &found) {
        m_looking = false;
        if (std::exchange(m_again, false))
            return look();
        m_page->setSecrets(found ? *found : m_known);
        if (!found)
            m_page->message()->showMessage(Tone::Bad, found.error().summary, found.error().detail);
    });
}

void SecretsController::remove(const SecretStatus &secret)
{
    onDone(this, m_service->removeSecret(secret.system, secret.name),
           [this](const Result<void> &done) {
               if (!done)
                   m_page->message()->showMessage(Tone::Bad, done.error().summary,
                                                  done.error().detail);
               look();
           });
}

} // namespace lb
