// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/redactor.h"
#include "core/model/profiles.h"
#include "core/secrets/keychain.h"
#include "core/transport/local_process.h"

#include <QMap>

#include <functional>

namespace lb {

using Secrets = QMap<QString, SecretHandle>;

/// Gets a run's secrets when a step needs them: what was typed for this run, else what the program
/// prints that the profile names, else the keychain. What was typed stays until the run ends;
/// everything else is let go with the step. Every value is known to the redactor before anybody
/// gets it. Main thread; never blocks.
class SecretBox : public QObject
{
    Q_OBJECT
public:
    SecretBox(Guard *guard, Redactor *redactor, QObject *parent = nullptr);

    void setSystem(const SystemProfile &system) { m_system = system; }
    /// Typed for this run.
    void put(const QString &name, SecretHandle value);
    bool hasTyped() const { return !m_typed.isEmpty(); }
    /// Lets go of every other one that was typed; whoever still needs one asks again.
    void keepTyped(const QSet<QString> &names);
    /// All of these, or why one of them cannot be had, and which. `then` comes from the event loop,
    /// or at once when nothing is asked for; never after `owner` is gone.
    void fetch(const QStringList &names, QObject *owner,
               std::function<void(const Result<Secrets> &secrets, const QString &missing)> then);

Q_SIGNALS:
    /// Too short to be kept out of logs.
    void cannotHide(const QString &name);

private:
    struct Fetching;
    void fetchNext(const std::shared_ptr<Fetching> &fetching);
    void take(const std::shared_ptr<Fetching> &fetching, const Result<SecretHandle> &value);
    void readProgram(const QString &name, const QStringList &words,
                     std::function<void(const Result<SecretHandle> &)> then);
    void hide(const QString &name, const SecretHandle &value);

    Guard *m_guard;
    Redactor *m_redactor;
    Keychain m_keychain;
    SystemProfile m_system;
    Secrets m_typed;
    QStringList m_hidden; ///< names that the redactor knows in their present form
};

} // namespace lb
