// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/age.h"
#include "core/service/service_private.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Service)

const QString kKeychain = QStringLiteral("keychain");
const QString kUnknown = QStringLiteral("unknown");

/// What the restore runbooks of the point's type sign in with.
std::vector<PointSecret> signInSecrets(Service &service, const RestorePoint &point)
{
    std::vector<PointSecret> secrets;
    const auto add = [&secrets](const SecretSpec &spec) {
        const bool isKnown =
            std::any_of(secrets.begin(), secrets.end(),
                        [&](const PointSecret &one) { return one.name == spec.name; });
        if (!isKnown)
            secrets.push_back({spec.name, spec.title, {}, kKeychain, kUnknown});
    };
    for (const RunbookInfo &info : service.runbooks()) {
        if (info.system != point.type || info.purpose != Purpose::Restore)
            continue;
        const auto book = service.runbook(info.id);
        for (const SecretSpec &spec : book ? book->secrets : std::vector<SecretSpec>()) {
            // One that no step needs is for a look beforehand, which can be left out.
            if (!spec.neededBy.isEmpty())
                add(spec);
        }
    }
    if (point.isEncrypted())
        add({kAgeIdentity, tr("Key that opens encrypted parts (age)"), {}, {}});
    return secrets;
}

/// What the keychain said, in the rows that asked it.
std::vector<PointSecret> answered(std::vector<PointSecret> secrets,
                                  const Result<KeychainHoldings> &holdings)
{
    for (PointSecret &secret : secrets) {
        if (secret.source != kKeychain || !holdings || !holdings->state)
            continue;
        if (*holdings->state != KeychainState::Open)
            secret.state = name(*holdings->state);
        else
            secret.state = holdings->secrets.contains(secret.name) ? QStringLiteral("present")
                                                                   : QStringLiteral("missing");
    }
    return secrets;
}

} // namespace

Async<std::vector<PointSecret>> Service::pointSecrets(const RestorePoint &point)
{
    const std::vector<PointSecret> places = secretsToPutBack(point);
    // Other systems put nothing back: what signs in is said by the checks of their restores.
    if (places.empty())
        return readyAnswer<std::vector<PointSecret>>(places);
    std::vector<PointSecret> secrets = signInSecrets(*this, point);
    secrets.insert(secrets.end(), places.begin(), places.end());
    const auto profile = system(point.system);
    QStringList asked;
    for (PointSecret &secret : secrets) {
        if (secret.source == kKeychain && profile && profile->secretPrograms.contains(secret.name))
            secret.source = secret.state = QStringLiteral("program");
        else if (secret.source == kKeychain)
            asked << secret.name;
    }
    if (asked.isEmpty())
        return readyAnswer<std::vector<PointSecret>>(secrets);
    return converted<std::vector<PointSecret>>(this, d->keychain().holdings(point.system, asked),
                                               [secrets](const Result<KeychainHoldings> &holdings) {
                                                   return Result<std::vector<PointSecret>>(
                                                       answered(secrets, holdings));
                                               });
}

} // namespace lb
