// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/point_secrets.h"

#include "core/model/toolchain_slots.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(PointSecrets)

const QString kKeychain = QStringLiteral("keychain");
const QString kUnknown = QStringLiteral("unknown");
const QString kMissing = QStringLiteral("missing");
const QString kByHand = QStringLiteral("by_hand");

/// How many are in a state, in words; the states as SecretStatus has them.
QString counted(const QString &state, int count)
{
    const std::pair<QLatin1String, QString> words[] = {
        {QLatin1String("present"), tr("%n in the keychain", nullptr, count)},
        {QLatin1String("program"), tr("%n from a program", nullptr, count)},
        {QLatin1String("missing"), tr("%n missing", nullptr, count)},
        {QLatin1String("by_hand"), tr("%n by hand", nullptr, count)},
        {QLatin1String("locked"), tr("%n not known (the keychain is locked)", nullptr, count)},
        {QLatin1String("absent"), tr("%n to be typed (there is no keychain)", nullptr, count)},
        {QLatin1String("frozen"),
         tr("%n not known (the keychain does not answer)", nullptr, count)},
    };
    for (const auto &[name, text] : words) {
        if (state == name)
            return text;
    }
    return tr("%n not known (only a prompt of the keychain could tell)", nullptr, count);
}

int countOf(const std::vector<PointSecret> &secrets, const QString &state)
{
    return int(std::count_if(secrets.begin(), secrets.end(),
                             [&](const PointSecret &one) { return one.state == state; }));
}

} // namespace

std::vector<PointSecret> secretsToPutBack(const RestorePoint &point)
{
    std::vector<PointSecret> secrets;
    for (const PartRecord &part : point.parts) {
        for (const QJsonValue slot : slotsByApi(part))
            secrets.push_back({slot[QLatin1String("secret")].toString(), slotTitle(slot, part.id),
                               part.id, kKeychain, kUnknown});
        for (const QJsonValue slot : slotsByHand(part))
            secrets.push_back({slot[QLatin1String("secret")].toString(), slotTitle(slot, part.id),
                               part.id, QStringLiteral("person"), kByHand});
    }
    return secrets;
}

QString pointSecretsText(const std::vector<PointSecret> &secrets)
{
    if (secrets.empty())
        return {};
    QStringList states{QStringLiteral("present"), QStringLiteral("program"), kMissing};
    for (const PointSecret &secret : secrets)
        states << secret.state;
    states.removeAll(kByHand);
    states << kByHand;
    states.removeDuplicates();
    QStringList counts;
    for (const QString &state : std::as_const(states)) {
        if (const int count = countOf(secrets, state))
            counts << counted(state, count);
    }
    return tr("%n secret(s) for a restore: %1", nullptr, int(secrets.size()))
        .arg(counts.join(QStringLiteral(", ")));
}

QStringList pointSecretsToDo(const std::vector<PointSecret> &secrets)
{
    QStringList lines;
    for (const PointSecret &secret : secrets) {
        if (secret.state == kMissing)
            lines << tr("Secret missing: %1 (%2)").arg(secret.name, secret.title);
    }
    for (const PointSecret &secret : secrets) {
        if (secret.state == kByHand)
            lines << tr("Secret by hand: %1").arg(secret.title);
    }
    return lines;
}

bool isAnyMissing(const std::vector<PointSecret> &secrets)
{
    return countOf(secrets, kMissing) > 0;
}

} // namespace lb
