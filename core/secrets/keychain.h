// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/async.h"
#include "core/base/secret_string.h"

#include <QStringList>

#include <chrono>
#include <functional>
#include <optional>

namespace lb {

/// How the keychain of the desktop stands. Closed list; the words of name() are in JSON output.
enum class KeychainState
{
    Open,
    Asks,   ///< it shows a prompt and waits for the person in front of it
    Locked, ///< it is there, and nobody has unlocked it
    Absent, ///< no session bus, or no keychain on it: normal on a server
    Denied, ///< it refuses us
    Frozen, ///< it does not answer
};
QString name(KeychainState state);

struct KeychainHealth
{
    KeychainState state = KeychainState::Absent;
    QString text; ///< what the keychain itself says; may be empty
};
/// Why a secret cannot be had in this state, and what to do. The codes: Denied for Locked and
/// Denied, TimedOut for Asks and Frozen, Unreachable for Absent.
Error keychainError(const KeychainHealth &health);

/// What a keychain lets be seen without a prompt.
struct KeychainHoldings
{
    std::optional<KeychainState> state; ///< nothing: only a prompt could tell
    QStringList secrets;                ///< of an open one: those of the asked that it holds
};

/// Secrets in the keychain of the desktop (Secret Service or KWallet, by QtKeychain), under the
/// service name `lifeboat`. Main thread; never blocks; every answer comes within the limits below.
/// Never falls back to a file. The first call can open a prompt of the desktop.
class Keychain : public QObject
{
    Q_OBJECT
public:
    struct Limits
    {
        std::chrono::milliseconds answer{6'500};   ///< and at most 3 s to see whether it is alive
        std::chrono::milliseconds prompt{120'000}; ///< while it shows a prompt
    };

    explicit Keychain(QObject *parent = nullptr);
    Keychain(Limits limits, QObject *parent);

    /// NotFound only when the keychain is open and holds no such secret: a locked one says
    /// "not found" too, and must not be taken at its word.
    Async<SecretHandle> read(const QString &system, const QString &secret);
    /// Read back and compared before it is said to be there.
    Async<void> write(const QString &system, const QString &secret, SecretHandle value);
    /// Nothing is wrong when it was not there.
    Async<void> remove(const QString &system, const QString &secret);
    /// Looks without a prompt; when that says nothing against it, writes, reads and deletes a
    /// marked value.
    Async<KeychainHealth> health();
    /// Which of a system's secrets it holds. Never opens a prompt, writes nothing, reads no value.
    Async<KeychainHoldings> holdings(const QString &system, const QStringList &secrets);
    /// Lets a locked keychain ask the person in front of it, then as health(). Locked when that
    /// person closes the prompt.
    Async<KeychainHealth> unlock();

Q_SIGNALS:
    /// It shows a prompt: what was called waits until somebody answers that.
    void asks();
    void promptEnded(bool isDismissed);

private Q_SLOTS:
    void onPromptCompleted(bool isDismissed) { Q_EMIT promptEnded(isDismissed); }

private:
    void search(const QStringList &keys,
                const std::function<void(std::optional<QStringList>)> &then);
    void probe(const std::function<void(const KeychainHealth &)> &then);

    Limits m_limits;
};

} // namespace lb
