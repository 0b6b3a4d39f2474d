// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/runbook.h"

namespace lb {

/// The secret that sudo asks for: the password of the user who runs Lifeboat.
inline constexpr char kSudoPassword[] = "sudo_password";

/// What sudo prints before it reads the password.
inline constexpr char kSudoPrompt[] = "[lifeboat asks for sudo] ";

/// The words between `sudo` and what it is to do.
QStringList sudoOptions(const QString &user, bool asksPassword);

/// The programs that a runbook starts as another user, as they are written; empty: none is.
QStringList programsWithUser(const Runbook &runbook);

/// Whether sudo wants a password before it runs this. `listing` is what `sudo -n -ll` printed
/// under LC_ALL=C (sudo(8), sudoers(5)); empty when even that was refused. Yes when in doubt: the
/// password is then asked for in vain, instead of missing when the run goes on.
bool sudoAsks(const QString &listing, const QString &user, const QString &program,
              const QStringList &arguments);

/// The line for sudoers that lets `me` run this as `user` without a password. `program` is an
/// absolute path; `keepsVariables`: the call passes variables on.
QString sudoersLine(const QString &me, const QString &user, const QString &program,
                    const QStringList &arguments, bool keepsVariables);

/// A name that can stand after `sudo -u`.
bool isUserName(const QString &name);

} // namespace lb
