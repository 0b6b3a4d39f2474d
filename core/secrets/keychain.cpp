// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/secrets/keychain.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusMetaType>
#include <QDBusObjectPath>
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
    // Qt never says that a call is finished which it could not even begin.
    if (!QDBusConnection::sessionBus().isConnected()) {
        then(std::nullopt);
        return;
    }
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
void runJob(Keychain *owner, QKeychain::Job *job, const Keychain::Limits &limits,
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
            if (!alive) {
                tooLate(false);
            } else if (*wait) {
                QTimer::singleShot(limits.prompt, owner, [tooLate] { tooLate(true); });
                Q_EMIT owner->asks();
            }
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

/// The same, told apart from a keychain that is there and says no in words that QtKeychain has no
/// code for, as when somebody closes its prompt.
void judge(Keychain *owner, const JobEnd &end, std::function<void(const KeychainHealth &)> then)
{
    const KeychainHealth health = healthOf(end);
    if (health.state != KeychainState::Absent) {
        then(health);
        return;
    }
    isAlive(owner, [health, then = std::move(then)](bool alive) {
        then({alive ? KeychainState::Denied : KeychainState::Absent, health.text});
    });
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
            judge(this, end, [answer](const KeychainHealth &health) {
                answer.give(tl::unexpected(keychainError(health)));
            });
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
    const auto give = [answer](const KeychainHealth &health) { answer.give(health); };
    hasOwner(this, kSecretService, [this, give](bool isThere) {
        if (!isThere) {
            probe(give); // KWallet, or a service that the bus starts on demand
            return;
        }
        ping(this, kSecretService, [this, give](bool answers) {
            if (!answers) {
                give(KeychainHealth{KeychainState::Frozen, {}});
                return;
            }
            isLocked(this, [this, give](std::optional<bool> locked) {
                if (locked.value_or(false))
                    give(KeychainHealth{KeychainState::Locked, {}});
                else
                    probe(give);
            });
        });
    });
    return answer.promise->future();
}

Async<KeychainHoldings> Keychain::holdings(const QString &system, const QStringList &secrets)
{
    const Answer<KeychainHoldings> answer;
    const auto give = [answer](std::optional<KeychainState> state, const QStringList &held = {}) {
        answer.give(KeychainHoldings{state, held});
    };
    if (!QDBusConnection::sessionBus().isConnected()) {
        give(KeychainState::Absent);
        return answer.promise->future();
    }
    const auto look = [this, system, secrets, give] {
        isLocked(this, [this, system, secrets, give](std::optional<bool> locked) {
            if (locked.value_or(true))
                return give(locked ? std::optional(KeychainState::Locked) : std::nullopt);
            QStringList keys;
            for (const QString &secret : secrets)
                keys << keyOf(system, secret);
            search(keys, [secrets, keys, give](const std::optional<QStringList> &found) {
                if (!found)
                    return give(std::nullopt);
                QStringList held;
                for (qsizetype i = 0; i < keys.size(); ++i) {
                    if (found->contains(keys.at(i)))
                        held << secrets.at(i);
                }
                give(KeychainState::Open, held);
            });
        });
    };
    // Where there is a KWallet, QtKeychain may use that one, which shows nothing while it is
    // closed.
    hasOwner(this, kWalletService, [this, give, look](bool isWallet) {
        hasOwner(this, kSecretService, [this, give, look, isWallet](bool isThere) {
            if (isWallet || !isThere)
                return give(std::nullopt);
            ping(this, kSecretService, [give, look](bool answers) {
                if (answers)
                    look();
                else
                    give(KeychainState::Frozen);
            });
        });
    });
    return answer.promise->future();
}

/// Asks the Secret Service for items by their attributes, as QtKeychain 0.13.2 writes them; nothing
/// when it did not answer for each.
void Keychain::search(const QStringList &keys,
                      const std::function<void(std::optional<QStringList>)> &then)
{
    struct Search
    {
        QStringList found;
        qsizetype open = 0;
        bool isWhole = true;
    };
    qDBusRegisterMetaType<QMap<QString, QString>>();
    const auto all = std::make_shared<Search>();
    all->open = keys.size();
    for (const QString &key : keys) {
        QDBusMessage ask = QDBusMessage::createMethodCall(
            kSecretService, QStringLiteral("/org/freedesktop/secrets"),
            QStringLiteral("org.freedesktop.Secret.Service"), QStringLiteral("SearchItems"));
        ask << QVariant::fromValue(QMap<QString, QString>{
            {QStringLiteral("server"), QString(kService)}, {QStringLiteral("user"), key}});
        ask.setAutoStartService(false);
        callBus(this, ask, [all, key, then](const std::optional<QVariantList> &answer) {
            all->isWhole = all->isWhole && answer && !answer->isEmpty();
            for (const QVariant &items : answer.value_or(QVariantList())) {
                if (!qdbus_cast<QList<QDBusObjectPath>>(items).isEmpty())
                    all->found << key;
            }
            if (--all->open == 0)
                then(all->isWhole ? std::optional(all->found) : std::nullopt);
        });
    }
}

void Keychain::probe(const std::function<void(const KeychainHealth &)> &then)
{
    const QString key = QStringLiteral("probe-%1-%2")
                            .arg(::getpid())
                            .arg(QRandomGenerator::system()->generate(), 8, 16, QLatin1Char('0'));
    const auto value = std::make_shared<const SecretString>(key.toLatin1());
    runJob(this, writeJob(key, *value), m_limits, [this, then, key, value](const JobEnd &end) {
        if (end.error != QKeychain::NoError || !end.inTime) {
            judge(this, end, then);
            return;
        }
        runJob(this, readJob(key), m_limits, [this, then, key, value](const JobEnd &back) {
            runJob(this, deleteJob(key), m_limits, [](const JobEnd &) {});
            const bool same = back.value && back.value->reveal([&](QByteArrayView read) {
                return value->reveal([read](QByteArrayView written) { return read == written; });
            });
            if (same)
                then(KeychainHealth{KeychainState::Open, {}});
            else if (back.inTime &&
                     (back.error == QKeychain::NoError || back.error == QKeychain::EntryNotFound))
                then(KeychainHealth{KeychainState::Locked,
                                    tr("it does not give back what was written")});
            else
                judge(this, back, then);
        });
    });
}

Async<KeychainHealth> Keychain::unlock()
{
    const Answer<KeychainHealth> answer;
    const auto look = [this, answer] {
        onDone(this, health(),
               [answer](const Result<KeychainHealth> &health) { answer.give(health); });
    };
    qDBusRegisterMetaType<QList<QDBusObjectPath>>();
    QDBusMessage ask = QDBusMessage::createMethodCall(
        kSecretService, QStringLiteral("/org/freedesktop/secrets"),
        QStringLiteral("org.freedesktop.Secret.Service"), QStringLiteral("Unlock"));
    ask << QVariant::fromValue(QList<QDBusObjectPath>{
        QDBusObjectPath(QStringLiteral("/org/freedesktop/secrets/aliases/default"))});
    callBus(this, ask, [this, answer, look](const std::optional<QVariantList> &reply) {
        const QString prompt =
            reply && reply->size() == 2 ? reply->at(1).value<QDBusObjectPath>().path() : QString();
        if (prompt.size() < 2) { // "/": nothing to ask
            look();
            return;
        }
        const QString interface = QStringLiteral("org.freedesktop.Secret.Prompt");
        QDBusConnection::sessionBus().connect(kSecretService, prompt, interface,
                                              QStringLiteral("Completed"), this,
                                              SLOT(onPromptCompleted(bool)));
        auto *waiting = new QObject(this); // gone with the first answer
        connect(this, &Keychain::promptEnded, waiting, [answer, look, waiting](bool isDismissed) {
            delete waiting;
            if (isDismissed)
                answer.give(KeychainHealth{KeychainState::Locked, tr("its prompt was closed")});
            else
                look();
        });
        QTimer::singleShot(m_limits.prompt, waiting, [answer, waiting] {
            delete waiting;
            answer.give(KeychainHealth{KeychainState::Asks, {}});
        });
        QDBusMessage show = QDBusMessage::createMethodCall(kSecretService, prompt, interface,
                                                           QStringLiteral("Prompt"));
        show << QString();
        callBus(this, show, [](const std::optional<QVariantList> &) {});
        Q_EMIT asks();
    });
    return answer.promise->future();
}

} // namespace lb
