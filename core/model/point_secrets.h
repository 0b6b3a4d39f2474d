// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/restore_point.h"

namespace lb {

/// A secret that a restore of one point needs: to sign in with, or to be put back in its place.
/// Never a value.
struct PointSecret
{
    QString name;
    QString title;
    QString part;   ///< in which its place is; empty: the restore itself uses it
    QString source; ///< `keychain`, `program` or `person`, who sets it where it belongs
    QString state;  ///< as `secrets list` has it; `by_hand` of what a person sets
};

/// What a restore of the point has to put back, in the order of its parts, those first that a run
/// sets by itself; state `unknown` where a keychain may have it.
std::vector<PointSecret> secretsToPutBack(const RestorePoint &point);

/// “12 secrets for a restore: 9 in the keychain, 2 missing, 1 by hand”; empty without secrets.
QString pointSecretsText(const std::vector<PointSecret> &secrets);
/// What somebody has to find or to do, one line each: name and place of each that is missing or
/// set by hand.
QStringList pointSecretsToDo(const std::vector<PointSecret> &secrets);
/// Whether any is missing for sure.
bool isAnyMissing(const std::vector<PointSecret> &secrets);

} // namespace lb
