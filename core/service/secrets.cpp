// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/config/profile_files.h"
#include "core/model/age.h"
#include "core/model/toolchain_slots.h"
#include "core/service/service_private.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Service)

const QString kUnknown = QStringLiteral("unknown");

/// Asks the keychain for one secret after the other.
struct Looking
{
    std::vector<SecretStatus> rows;
    size_t next = 0;
    std::shared_ptr<QPromise<Result<std::vector<SecretStatus>>>> promise;
};

void lookAtNext(Service *service, Keychain &keychain, const std::shared_ptr<Looking> &looking)
{
    while (looking->next < looking->rows.size() && looking->rows[looking->next].state != kUnknown)
        ++looking->next;
    if (looking->next == looking->rows.size()) {
        looking->promise->addResult(looking->rows);
        looking->promise->finish();
        return;
    }
    const SecretStatus &row = looking->rows[looking->next];
    onDone(service, keychain.read(row.system, row.name),
           [service, &keychain, looking](const Result<SecretHandle> &value) {
               const bool isMissing = !value && value.error().code == ErrorCode::NotFound;
               looking->rows[looking->next++].state = value       ? QStringLiteral("present")
                                                      : isMissing ? QStringLiteral("missing")
                                                                  : kUnknown;
               lookAtNext(service, keychain, looking);
           });
}

} // namespace

Keychain &Service::Private::keychain()
{
    if (!secretKeeper) {
        secretKeeper = std::make_unique<Keychain>();
        QObject::connect(secretKeeper.get(), &Keychain::asks, q, &Service::keychainAsks);
    }
    return *secretKeeper;
}

std::vector<Service::Private::DeclaredSecret>
Service::Private::declaredSecrets(const SystemProfile &system)
{
    std::vector<DeclaredSecret> declared;
    QStringList fillers;
    for (const RunbookInfo &info : q->runbooks()) {
        if (info.system != system.type || hasErrors(info.diagnostics))
            continue;
        const auto book = q->runbook(info.id);
        if (!book)
            continue;
        if (fillsSlots(*book))
            fillers << book->title;
        for (const SecretSpec &secret : book->secrets) {
            const auto known =
                std::find_if(declared.begin(), declared.end(), [&](const DeclaredSecret &one) {
                    return one.spec.name == secret.name;
                });
            if (known == declared.end())
                declared.push_back({secret, {book->title}});
            else
                known->runbooks << book->title;
        }
    }
    // A restore of the newest point puts these back by itself.
    const std::vector<RestorePoint> points = q->points({system.name});
    for (const PointSecret &place :
         points.empty() ? std::vector<PointSecret>() : secretsToPutBack(points.front())) {
        if (place.source == QLatin1String("keychain"))
            declared.push_back({{place.name, place.title, {}, {}}, fillers});
    }
    // What a store encrypts, any of its systems may have to open.
    const auto store = readStore(system.store);
    if (store && !store->allRecipients().isEmpty())
        declared.push_back(
            {{kAgeIdentity, tr("Key that opens encrypted parts (age)"), {}, {}}, {}});
    return declared;
}

Result<SystemProfile> Service::Private::systemWith(const QString &system, const QString &secret)
{
    TRY_VALUE(SystemProfile profile, readProfile(system));
    QStringList names;
    for (const DeclaredSecret &declared : declaredSecrets(profile))
        names << declared.spec.name;
    // A restore point of elsewhere may be encrypted whatever this home's stores are.
    if (names.contains(secret) || secret == kAgeIdentity)
        return profile;
    const QString near = nearest(secret, names);
    return fail(ErrorCode::NotFound,
                tr("No runbook of type %1 has a secret “%2”").arg(profile.type, secret),
                !near.isEmpty()   ? tr("did you mean “%1”?").arg(near)
                : names.isEmpty() ? tr("they have none")
                                  : tr("they have %1").arg(names.join(QStringLiteral(", "))));
}

std::vector<SecretStatus> Service::declaredSecrets(const SystemProfile &system)
{
    std::vector<SecretStatus> rows;
    for (const auto &[secret, runbooks] : d->declaredSecrets(system)) {
        SecretStatus row{system.name,
                         secret.name,
                         secret.title,
                         system.holders.value(secret.name, secret.holder),
                         system.secretPrograms.value(secret.name),
                         kUnknown,
                         runbooks};
        if (!row.program.isEmpty())
            row.state = QStringLiteral("program");
        rows.push_back(std::move(row));
    }
    return rows;
}

Async<std::vector<SecretStatus>> Service::secrets(const QString &system)
{
    const auto profiles = systems();
    if (!profiles)
        return readyAnswer<std::vector<SecretStatus>>(tl::unexpected(profiles.error()));
    if (!system.isEmpty()) {
        if (const auto one = readProfile(system); !one)
            return readyAnswer<std::vector<SecretStatus>>(tl::unexpected(one.error()));
    }
    const auto looking = std::make_shared<Looking>();
    looking->promise = std::make_shared<QPromise<Result<std::vector<SecretStatus>>>>();
    looking->promise->start();
    bool needsKeychain = false;
    for (const SystemProfile &profile : *profiles) {
        if (!system.isEmpty() && profile.name != system)
            continue;
        for (SecretStatus &row : declaredSecrets(profile)) {
            needsKeychain = needsKeychain || row.program.isEmpty();
            looking->rows.push_back(std::move(row));
        }
    }
    if (!needsKeychain) {
        lookAtNext(this, d->keychain(), looking);
        return looking->promise->future();
    }
    onDone(this, d->keychain().health(), [this, looking](const Result<KeychainHealth> &health) {
        const KeychainState state = health ? health->state : KeychainState::Absent;
        for (SecretStatus &row : looking->rows) {
            if (row.state == kUnknown && state != KeychainState::Open)
                row.state = name(state);
        }
        lookAtNext(this, d->keychain(), looking);
    });
    return looking->promise->future();
}

Async<void> Service::setSecret(const QString &system, const QString &secret, SecretHandle value)
{
    const auto profile = d->systemWith(system, secret);
    if (!profile)
        return readyAnswer<void>(tl::unexpected(profile.error()));
    if (!value || value->isEmpty())
        return readyAnswer<void>(fail(ErrorCode::BadInput, tr("A secret cannot be empty")));
    if (profile->secretPrograms.contains(secret))
        return readyAnswer<void>(fail(
            ErrorCode::Conflict, tr("The secret %1 of %2 comes from a program").arg(secret, system),
            profile->secretPrograms.value(secret).join(QLatin1Char(' ')),
            tr("First “secrets remove %1 %2”; the keychain is asked again then")
                .arg(system, secret)));
    return d->keychain().write(system, secret, std::move(value));
}

Result<void> Service::setSecretProgram(const QString &system, const QString &secret,
                                       const QStringList &program)
{
    TRY_VALUE(SystemProfile profile, d->systemWith(system, secret));
    if (program.isEmpty() || program.first().isEmpty())
        return fail(ErrorCode::BadInput, tr("The program for %1 is empty").arg(secret));
    profile.secretPrograms.insert(secret, program);
    return writeProfile(profile);
}

Async<void> Service::removeSecret(const QString &system, const QString &secret)
{
    auto profile = readProfile(system);
    if (!profile)
        return readyAnswer<void>(tl::unexpected(profile.error()));
    if (profile->secretPrograms.remove(secret) > 0)
        return readyAnswer<void>(writeProfile(*profile));
    return d->keychain().remove(system, secret);
}

Async<KeychainHealth> Service::testKeychain()
{
    return d->keychain().health();
}

Async<KeychainHealth> Service::unlockKeychain()
{
    return d->keychain().unlock();
}

} // namespace lb
