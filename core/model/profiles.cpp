// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/profiles.h"

#include "core/base/json.h"

#include <algorithm>

namespace lb {

QJsonObject Identity::toJson() const
{
    return {{QStringLiteral("text"), text},
            {QStringLiteral("facts"), facts},
            {QStringLiteral("scope"), toJsonArray(scope)}};
}

Identity Identity::fromJson(const QJsonObject &object)
{
    return {object.value(QLatin1String("facts")).toObject(),
            object.value(QLatin1String("text")).toString(),
            toStringList(object.value(QLatin1String("scope")))};
}

namespace {

/// A list is what an installation has, and some of it may be lost or new: one thing in common is
/// enough to know it by.
bool agrees(const QJsonValue &pinned, const QJsonValue &live)
{
    if (!pinned.isArray() || !live.isArray())
        return pinned == live;
    const QJsonArray known = pinned.toArray();
    const QJsonArray found = live.toArray();
    return std::any_of(found.begin(), found.end(),
                       [&](const QJsonValue &one) { return known.contains(one); });
}

} // namespace

IdentityComparison compareIdentity(const Identity &pinned, const Identity &live)
{
    IdentityComparison result;
    for (auto it = pinned.facts.begin(); it != pinned.facts.end(); ++it) {
        if (!live.facts.contains(it.key()))
            result.missing << it.key();
        else if (agrees(it.value(), live.facts.value(it.key())))
            result.agreeing << it.key();
        else
            result.differing << it.key();
    }
    // Two facts are what makes an identity (design §2). A single fact may change in a life (a
    // renamed host, a new disk) but then the person decides: it is neither same nor different.
    result.same = result.agreeing.size() >= 2 && result.differing.isEmpty();
    result.different = !result.differing.isEmpty() && result.agreeing.size() < 2;
    return result;
}

QJsonObject SystemProfile::toJson() const
{
    QJsonObject holderMap;
    for (auto it = holders.begin(); it != holders.end(); ++it)
        holderMap.insert(it.key(), it.value());
    QJsonObject programMap;
    for (auto it = secretPrograms.begin(); it != secretPrograms.end(); ++it)
        programMap.insert(it.key(), toJsonArray(it.value()));
    return {{QStringLiteral("name"), name},
            {QStringLiteral("type"), type},
            {QStringLiteral("inputs"), inputs},
            {QStringLiteral("store"), store},
            {QStringLiteral("protected"), isProtected},
            {QStringLiteral("rto"), rto},
            {QStringLiteral("rpo"), rpo},
            {QStringLiteral("via"), via},
            {QStringLiteral("notify"), notify},
            {QStringLiteral("network_limit"), networkLimit},
            {QStringLiteral("holders"), holderMap},
            {QStringLiteral("secret_programs"), programMap},
            {QStringLiteral("pinned"), pinned.toJson()}};
}

SystemProfile SystemProfile::fromJson(const QJsonObject &object)
{
    SystemProfile profile;
    const auto text = [&object](const char *key) {
        return object.value(QLatin1String(key)).toString();
    };
    profile.name = text("name");
    profile.type = text("type");
    profile.inputs = object.value(QLatin1String("inputs")).toObject();
    profile.store = text("store");
    profile.isProtected = object.value(QLatin1String("protected")).toBool();
    profile.rto = text("rto");
    profile.rpo = text("rpo");
    profile.via = text("via");
    profile.notify = text("notify");
    profile.networkLimit = text("network_limit");
    const QJsonObject holderMap = object.value(QLatin1String("holders")).toObject();
    for (auto it = holderMap.begin(); it != holderMap.end(); ++it)
        profile.holders.insert(it.key(), it.value().toString());
    const QJsonObject programMap = object.value(QLatin1String("secret_programs")).toObject();
    for (auto it = programMap.begin(); it != programMap.end(); ++it)
        profile.secretPrograms.insert(it.key(), toStringList(it.value()));
    profile.pinned = Identity::fromJson(object.value(QLatin1String("pinned")).toObject());
    return profile;
}

QStringList StoreProfile::allRecipients() const
{
    QStringList all = recipients;
    if (!recoveryRecipient.isEmpty() && !all.contains(recoveryRecipient))
        all << recoveryRecipient;
    return all;
}

QJsonObject StoreProfile::toJson() const
{
    QJsonObject object{{QStringLiteral("name"), name}, {QStringLiteral("folder"), folder}};
    // Only where there are some: a plan of before reads back to the same bytes.
    if (!recipients.isEmpty())
        object.insert(QStringLiteral("recipients"), toJsonArray(recipients));
    if (!recoveryRecipient.isEmpty())
        object.insert(QStringLiteral("recovery_recipient"), recoveryRecipient);
    return object;
}

StoreProfile StoreProfile::fromJson(const QJsonObject &object)
{
    return {object.value(QLatin1String("name")).toString(),
            object.value(QLatin1String("folder")).toString(),
            toStringList(object.value(QLatin1String("recipients"))),
            object.value(QLatin1String("recovery_recipient")).toString()};
}

} // namespace lb
