// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/service/service.h"
#include "ui/look.h"

namespace lb {

/// While the answer is awaited; the other states are those of SecretStatus::state.
inline constexpr QLatin1String kSecretLooking("looking");
/// Given to this run alone.
inline constexpr QLatin1String kSecretTyped("typed");

/// "present", "keychain locked"
QString secretWord(const QString &state);
Tone secretTone(const QString &state);
QString secretIcon(const QString &state);
/// What it means and what to do, in a sentence or two.
QString secretAdvice(const QString &state);
/// Its title, or its name when it has none.
QString secretTitle(const SecretStatus &secret);
/// "Keychain of the desktop", or the program with its arguments.
QString secretSource(const SecretStatus &secret);

/// True for what keeps all secrets of the keychain from being seen, not only one.
bool isKeychainTrouble(const QString &state);
/// That trouble in a headline.
QString keychainHeadline(const QString &state);

} // namespace lb
