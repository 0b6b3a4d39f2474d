// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/plan.h"

namespace lb {

/// PartRecord::encryption of what `age` encrypted, and what its file's name ends in.
inline constexpr QLatin1String kAge{"age"};
inline constexpr QLatin1String kAgeSuffix{".age"};
/// The secret that opens encrypted parts: the text of an identity, `AGE-SECRET-KEY-1…`.
inline constexpr QLatin1String kAgeIdentity{"age_identity"};

/// BadInput for what `age --recipient` would not take: `age1…` (X25519, Bech32) and
/// `ssh-ed25519 …`. A recovery key must be of the first kind: only of those can be told which
/// identity opens them.
Result<void> checkAgeRecipient(const QString &recipient, bool isRecovery = false);

/// Reads standard input and writes the encrypted file.
ProcessCall ageEncrypt(const QStringList &recipients, TemplateText file);
/// Writes the clear text to standard output; takes the identity from standard input.
ProcessCall ageDecrypt(TemplateText file);
/// Prints the recipient of the identity that it takes from standard input.
ProcessCall ageRecipient();

} // namespace lb
