// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/execution.h"

namespace lb {

/// What a program printed or a server answered as outputs and answer, as `output:` wants it.
/// Failed when JSON is wanted and `what` (“The program's output”) is none.
Result<void> addOutput(OutputKind kind, QByteArray output, const QString &what,
                       CallOutcome &outcome);

/// The outcome of a check that holds, and why.
CallOutcome holds(const QString &evidence);
/// The outcome of a fact or another read that is one value.
CallOutcome readOutcome(const QJsonValue &value);
/// The first names of a list, and how many more there are.
QString listed(const QStringList &names);

/// A filled value's bytes, or those of its secret.
Result<QByteArray> plainValue(const Sensitive &value, const ActionContext &context);
/// Internal when it was not fetched before the call began.
Result<SecretHandle> secretOf(const QString &name, const ActionContext &context);

} // namespace lb
