// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/secrets/keychain.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>
#include <QPointer>
#include <QPromise>
#include <QRandomGenerator>
#include <QTimer>

#include <qt6keychain/keychain.h>

// Qt's keyword and GLib's member are the same word.
#undef signals
#include <gio/gio.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Keychain)

constexpr int kBusMilliseconds = 3000;
constexpr QLatin1String kService("lifeboat");
constexpr QLatin1String kSecretService("org.freedesktop.secrets");
constexpr QLatin1String kWalletService("org.kde.kwalletd5");

/// What one QtKeychain job brought.
struct JobEnd
{
    QKeychain::Error error = QKeychain::NoError;
    QString text;
    SecretHandle value;   ///< of a read
    bool inTime = true;   ///< false: it still runs, and nobody waits for it any more
    bool prompts = false; ///< the keychain was alive all the while: it must be asking somebody
};

QString keyOf(const QString &system, const QString &secret)
{
    return system + QLatin1Char('/') + secret;
}

template <class T>
struct Answer
{
    std::shared_ptr<QPromise<Result<T>>> promise = std::make_shared<QPromise<Result<T>>>();

    Answer() { promise->start(); }
    void give(Result<T> result) const
    {
        promise->addResult(std::move(result));
        promise->finish();
    }
};

/// A message on the session bus; `then` gets its arguments, or nothing when there was no answer.
void callBus(QObject *owner, const QDBusMessage &message,
             std::function<void(std::optional<QVariantList>)> then)
{
    auto *watcher = new QDBusPendingCallWatcher(
        QDBusConnection::sessionBus().asyncCall(message, kBusMilliseconds), owner);
    QObject::connect(
        watcher, &QDBusPendingCallWatcher::finished, owner, [watcher, then = std::move(then)] {
            const QDBusMessage reply = watcher->reply();
            watcher->deleteLater();
            then(reply.type() == QDBusMessage::ReplyMessage ? std::optional(reply.arguments())
                                                            : std::nullopt);
        });
}

void hasOwner(QObject *owner, QLatin1String service, std::function<void(bool)> then)
{
    QDBusMessage ask = QDBusMessage::createMethodCall(
        QStringLiteral("org.freedesktop.DBus"), QStringLiteral("/org/freedesktop/DBus"),
        QStringLiteral("org.freedesktop.DBus"), QStringLiteral("NameHasOwner"));
    ask << QString(service);
    callBus(owner, ask, [then = std::move(then)](const std::optional<QVariantList> &answer) {
        then(answer && !answer->isEmpty() && answer->first().toBool());
    });
}

void ping(QObject *owner, QLatin1String service, std::function<void(bool)> then)
{
    QDBusMessage ask = QDBusMessage::createMethodCall(service, QStringLiteral("/"),
                                                      QStringLiteral("org.freedesktop.DBus.Peer"),
                                                      QStringLiteral("Ping"));
    ask.setAutoStartService(false);
    callBus(owner, ask, [then = std::move(then)](const std::optional<QVariantList> &answer) {
        then(answer.has_value());
    });
}

/// Whether any keychain on the bus answers at all.
void isAlive(QObject *owner, std::function<void(bool)> then)
{
    ping(owner, kSecretService, [owner, then = std::move(then)](bool answers) {
        if (answers)
            then(true);
        else
            ping(owner, kWalletService, then);
    });
}

/// Whether the Secret Service says that its default collection is locked; nothing when it does
/// not say.
void isLocked(QObject *owner, std::function<void(std::optional<bool>)> then)
{
    QDBusMessage ask = QDBusMessage::createMethodCall(
        kSecretService, QStringLiteral("/org/freedesktop/secrets/aliases/default"),
        QStringLiteral("org.freedesktop.DBus.Properties"), QStringLiteral("Get"));
    ask << QStringLiteral("org.freedesktop.Secret.Collection") << QStringLiteral("Locked");
    ask.setAutoStartService(false);
    callBus(owner, ask, [then = std::move(then)](const std::optional<QVariantList> &answer) {
        if (!answer || answer->isEmpty())
            then(std::nullopt);
        else
            then(answer->first().value<QDBusVariant>().variant().toBool());
    });
}

/// GLib, below QtKeychain, ends the process when the session bus goes away, as it does at logout:
/// not this one. Calls `then` when that is switched off, or when there is no bus to switch it off
/// for.
void keepAliveWithoutBus(std::function<void()> then)
{
    static bool isDone = false;
    if (isDone) {
        then();
        return;
    }
    g_bus_get(
        G_BUS_TYPE_SESSION, nullptr,
        [](GObject *, GAsyncResult *result, gpointer data) {
            const std::unique_ptr<std::function<void()>> next(
                static_cast<std::function<void()> *>(data));
            GDBusConnection *bus = g_bus_get_finish(result, nullptr);
            if (bus) {
                g_dbus_connection_set_exit_on_close(bus, FALSE);
                isDone = true; // and kept: it is GLib's shared one only as long as somebody does
            }
            (*next)();
        },
        new std::function<void()>(std::move(then)));
}

/// Runs a job with our own limits. A job that does not end is left alone: deleting a running one
/// crashes, and it deletes itself when it ends.
void runJob(QObject *owner, QKeychain::Job *job, const Keychain::Limits &limits,
            std::function<void(const JobEnd &)> then)
{
    job->setInsecureFallback(false);
    job->setAutoDelete(true);
    // Emptied with the answer: what a timer still holds must not keep a secret alive.
    const auto wait = std::make_shared<std::function<void(const JobEnd &)>>(std::move(then));
    const auto end = [wait](const JobEnd &how) {
        if (const auto next = std::exchange(*wait, {}))
            next(how);
    };
    QObject::connect(job, &QKeychain::Job::finished, owner, [end](QKeychain::Job *done) {
        JobEnd how{done->error(), done->errorString(), {}, true, false};
        if (const auto *read = qobject_cast<QKeychain::ReadPasswordJob *>(done)) {
            QByteArray bytes = read->binaryData(); // shares the job's buffer, which is wiped
            if (how.error == QKeychain::NoError)
                how.value = std::make_shared<const SecretString>(std::move(bytes));
            else
                wipe(bytes);
        }
        end(how);
    });
    const auto tooLate = [end](bool prompts) {
        end(JobEnd{QKeychain::OtherError, {}, {}, false, prompts});
    };
    QTimer::singleShot(limits.answer, owner, [owner, wait, limits, tooLate] {
        if (!*wait)
            return;
        isAlive(owner, [owner, wait, limits, tooLate](bool alive) {
            if (!alive)
                tooLate(false);
            else if (*wait)
                QTimer::singleShot(limits.prompt, owner, [tooLate] { tooLate(true); });
        });
    });
    keepAliveWithoutBus([job] { job->start(); });
}

QKeychain::ReadPasswordJob *readJob(const QString &key)
{
    auto *job = new QKeychain::ReadPasswordJob(kService);
    job->setKey(key);
    return job;
}

QKeychain::WritePasswordJob *writeJob(const QString &key, const SecretString &value)
{
    auto *job = new QKeychain::WritePasswordJob(kService);
    job->setKey(key);
    value.reveal([job](QByteArrayView bytes) { job->setBinaryData(bytes.toByteArray()); });
    return job;
}

QKeychain::DeletePasswordJob *deleteJob(const QString &key)
{
    auto *job = new QKeychain::DeletePasswordJob(kService);
    job->setKey(key);
    return job;
}

/// The state that a failed job tells of. Codes: QtKeychain 0.13.2 with gnome-keyring 42 says
/// OtherError without a bus and AccessDenied for a locked collection.
KeychainHealth healthOf(const JobEnd &end)
{
    if (!end.inTime)
        return {end.prompts ? KeychainState::Asks : KeychainState::Frozen, {}};
    switch (end.error) {
    case QKeychain::NoError:
    case QKeychain::EntryNotFound:
        return {KeychainState::Open, {}};
    case QKeychain::AccessDenied:
        return {end.text.contains(QLatin1String("locked"), Qt::CaseInsensitive)
                    ? KeychainState::Locked
                    : KeychainState::Denied,
                end.text};
    case QKeychain::AccessDeniedByUser:
        return {KeychainState::Denied, end.text};
    case QKeychain::CouldNotDeleteEntry:
    case QKeychain::NoBackendAvailable:
    case QKeychain::NotImplemented:
    case QKeychain::OtherError:
        break;
    }
    return {end.text.contains(QLatin1String("locked"), Qt::CaseInsensitive) ? KeychainState::Locked
                                                                            : KeychainState::Absent,
            end.text};
}

} // namespace

QString name(KeychainState state)
{
    switch (state) {
    case KeychainState::Open:
        return QStringLiteral("open");
    case KeychainState::Asks:
        return QStringLiteral("asks");
    case KeychainState::Locked:
        return QStringLiteral("locked");
    case KeychainState::Absent:
        return QStringLiteral("absent");
    case KeychainState::Denied:
        return QStringLiteral("denied");
    case KeychainState::Frozen:
        return QStringLiteral("frozen");
    }
    return {};
}

Error keychainError(const KeychainHealth &health)
{
    const QString instead = tr("Or type the secret for this run only, or let a program give it: "
                               "lifeboat-cli secrets set --help");
    switch (health.state) {
    case KeychainState::Open:
        return Error{ErrorCode::Failed, tr("The keychain is open"), health.text, {}};
    case KeychainState::Asks:
        return Error{ErrorCode::TimedOut, tr("The keychain asks, and nobody has answered"),
                     health.text, tr("Answer its prompt on the desktop. %1").arg(instead)};
    case KeychainState::Locked:
        return Error{ErrorCode::Denied, tr("The keychain is locked"), health.text,
                     tr("Unlock it, by signing in to the desktop. %1").arg(instead)};
    case KeychainState::Absent:
        return Error{ErrorCode::Unreachable, tr("There is no keychain here"), health.text,
                     tr("That is normal on a server. %1").arg(instead)};
    case KeychainState::Denied:
        return Error{ErrorCode::Denied, tr("The keychain refuses"), health.text, instead};
    case KeychainState::Frozen:
        return Error{ErrorCode::TimedOut, tr("The keychain does not answer"), health.text,
                     tr("Start it anew. %1").arg(instead)};
    }
    return {};
}

Keychain::Keychain(QObject *parent) : Keychain(Limits{}, parent) {}

Keychain::Keychain(Limits limits, QObject *parent) : QObject(parent), m_limits(limits) {}

Async<SecretHandle> Keychain::read(const QString &system, const QString &secret)
{
    const Answer<SecretHandle> answer;
    runJob(this, readJob(keyOf(system, secret)), m_limits,
           [this, answer, system, secret](const JobEnd &end) {
               if (end.inTime && end.error == QKeychain::NoError) {
                   answer.give(end.value);
                   return;
               }
               if (!end.inTime) {
                   answer.give(tl::unexpected(keychainError(healthOf(end))));
                   return;
               }
               onDone(
                   this, health(), [answer, system, secret](const Result<KeychainHealth> &health) {
                       if (!health)
                           answer.give(tl::unexpected(health.error()));
                       else if (health->state != KeychainState::Open)
                           answer.give(tl::unexpected(keychainError(*health)));
                       else
                           answer.give(
                               fail(ErrorCode::NotFound,
                                    tr("The keychain holds no secret %1 of %2").arg(secret, system),
                                    {}, tr("lifeboat-cli secrets set %1 %2").arg(system, secret)));
                   });
           });
    return answer.promise->future();
}

Async<void> Keychain::write(const QString &system, const QString &secret, SecretHandle value)
{
    const Answer<void> answer;
    const QString key = keyOf(system, secret);
    runJob(this, writeJob(key, *value), m_limits, [this, answer, key, value](const JobEnd &end) {
        if (end.error != QKeychain::NoError || !end.inTime) {
            answer.give(tl::unexpected(keychainError(healthOf(end))));
            return;
        }
        runJob(this, readJob(key), m_limits, [answer, value](const JobEnd &back) {
            const bool same =
                back.inTime && back.value && back.value->reveal([&](QByteArrayView read) {
                    return value->reveal(
                        [read](QByteArrayView written) { return read == written; });
                });
            if (same)
                answer.give({});
            else
                answer.give(fail(ErrorCode::Failed,
                                 tr("The keychain did not give back what was written"), back.text));
        });
    });
    return answer.promise->future();
}

Async<void> Keychain::remove(const QString &system, const QString &secret)
{
    const Answer<void> answer;
    runJob(this, deleteJob(keyOf(system, secret)), m_limits, [this, answer](const JobEnd &end) {
        if (end.inTime && end.error == QKeychain::NoError) {
            answer.give({});
            return;
        }
        if (!end.inTime) {
            answer.give(tl::unexpected(keychainError(healthOf(end))));
            return;
        }
        // "Not found" is good news from an open keychain only.
        onDone(this, health(), [answer, end](const Result<KeychainHealth> &health) {
            if (health && health->state != KeychainState::Open)
                answer.give(tl::unexpected(keychainError(*health)));
            else if (end.error == QKeychain::EntryNotFound)
                answer.give({});
            else
                answer.give(fail(ErrorCode::Failed, tr("The keychain could not delete the secret"),
                                 end.text));
        });
    });
    return answer.promise->future();
}

Async<KeychainHealth> Keychain::health()
{
    const Answer<KeychainHealth> answer;
    if (!QDBusConnection::sessionBus().isConnected()) {
        answer.give(KeychainHealth{KeychainState::Absent, tr("there is no session bus")});
        return answer.promise->future();
    }
    const auto probe = [this, answer] {
        const QString key =
            QStringLiteral("probe-%1-%2")
                .arg(::getpid())
                .arg(QRandomGenerator::system()->generate(), 8, 16, QLatin1Char('0'));
        const auto value = std::make_shared<const SecretString>(key.toLatin1());
        runJob(this, writeJob(key, *value), m_limits,
               [this, answer, key, value](const JobEnd &end) {
                   if (end.error != QKeychain::NoError || !end.inTime) {
                       answer.give(healthOf(end));
                       return;
                   }
                   runJob(this, readJob(key), m_limits,
                          [this, answer, key, value](const JobEnd &back) {
                              runJob(this, deleteJob(key), m_limits, [](const JobEnd &) {});
                              const bool same =
                                  back.value && back.value->reveal([&](QByteArrayView read) {
                                      return value->reveal([read](QByteArrayView written) {
                                          return read == written;
                                      });
                                  });
                              if (same)
                                  answer.give(KeychainHealth{KeychainState::Open, {}});
                              else if (back.inTime && (back.error == QKeychain::NoError ||
                                                       back.error == QKeychain::EntryNotFound))
                                  answer.give(
                                      KeychainHealth{KeychainState::Locked,
                                                     tr("it does not give back what was written")});
                              else
                                  answer.give(healthOf(back));
                          });
               });
    };
    hasOwner(this, kSecretService, [this, answer, probe](bool isThere) {
        if (!isThere) {
            probe(); // KWallet, or a service that the bus starts on demand
            return;
        }
        ping(this, kSecretService, [this, answer, probe](bool answers) {
            if (!answers) {
                answer.give(KeychainHealth{KeychainState::Frozen, {}});
                return;
            }
            isLocked(this, [answer, probe](std::optional<bool> locked) {
                if (locked.value_or(false))
                    answer.give(KeychainHealth{KeychainState::Locked, {}});
                else
                    probe();
            });
        });
    });
    return answer.promise->future();
}

} // namespace lb
