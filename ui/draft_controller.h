// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/run_draft.h"

#include <QPointer>

namespace lb {

/// Carries a draft out on the facade: starts the run that only plans, follows it, throws it away
/// when the person goes back, sends the go. Child of the draft.
class DraftController : public QObject
{
    Q_OBJECT
public:
    DraftController(Service *service, RunDraft *draft);

    /// A draft for a system with its runbooks and restore points filled in.
    static RunDraft *makeDraft(Service *service, const SystemProfile &system, Purpose preferred,
                               const QString &point);

private:
    void prepare();
    void discard(const QString &run);
    void follow(const RunId &run);
    void send(const RunCommand &command);
    void lookForSecrets();
    void editSecret(const SecretStatus &secret, bool thisRunOnly);
    void giveSecret(const QString &name);
    void giveSecretsAgain();

    Service *m_service;
    RunDraft *m_draft;
    QPointer<RunFollower> m_follower;
    bool m_looking = false;
    bool m_gaveAgain = false;
    quint64 m_attempt = 0; ///< answers of an attempt that was given up are not for us
};

} // namespace lb
