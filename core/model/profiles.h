// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QDateTime>
#include <QJsonObject>
#include <QMap>
#include <QString>
#include <QStringList>

namespace lb {

/// The store that is always there.
inline constexpr QLatin1String kDefaultStore("local");

/// Which installation something is: at least two facts read from different sources, a short text
/// that people type, and the names inside it that a run touches (design §2).
struct Identity
{
    QJsonObject facts; ///< fact name → value; facts that could not be read are absent
    QString text;
    QStringList scope;

    bool isEmpty() const { return facts.isEmpty(); }
    QJsonObject toJson() const; ///< {text, facts{}, scope[]}
    static Identity fromJson(const QJsonObject &object);
};

/// How a live identity compares with a pinned one.
struct IdentityComparison
{
    bool same = false;      ///< at least two facts in common and none that differs
    bool different = false; ///< at least one machine-telling fact differs
    QStringList agreeing, differing, missing;
};
IdentityComparison compareIdentity(const Identity &pinned, const Identity &live);

/// One system that an admin set up: `systems/NAME.yaml`. Holds no secret.
struct SystemProfile
{
    QString name;
    QString type;
    QJsonObject inputs; ///< checked by the type's InputSpecs
    QString store = kDefaultStore;
    bool isProtected = false;
    QString rto, rpo; ///< durations as written; empty = not set
    QString via;
    QString notify;
    QString networkLimit;                      ///< duration; default 4h
    QMap<QString, QString> holders;            ///< secret name → who has it
    QMap<QString, QStringList> secretPrograms; ///< secret name → the program that prints it
    Identity pinned;                           ///< empty until the first save was let go

    QJsonObject toJson() const;
    static SystemProfile fromJson(const QJsonObject &object);
};

/// One place where restore points live. Kinds other than a folder come later.
struct StoreProfile
{
    QString name;
    QString folder;
    QStringList recipients{};    ///< age keys that secret parts are encrypted to, besides the next
    QString recoveryRecipient{}; ///< whose identity is kept away from this computer; empty: none

    /// All that a secret part is encrypted to.
    QStringList allRecipients() const;

    QJsonObject toJson() const;
    static StoreProfile fromJson(const QJsonObject &object);
};

} // namespace lb
