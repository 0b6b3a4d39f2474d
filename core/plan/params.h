// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/plan.h"
#include "core/plan/references.h"

namespace lb {

// An action's keys, with their references filled. A key that is absent has the default that the
// table of actions gives it. Errors name the key and the action.

/// Nothing for a key that the action does not have.
const ParamSpec *paramSpec(const Action &action, const char *key);

/// As written, or the default of the table; undefined when there is neither.
QJsonValue rawParam(const Action &action, const char *key);

/// `“url” of http`, for sentences.
QString paramPlace(const Action &action, const char *key);
/// `“url” of http is empty`: BadInput.
tl::unexpected<Error> badParam(const Action &action, const char *key, const QString &what);
/// Unsupported: what this version does not do, and what to do instead.
tl::unexpected<Error> notThereYet(const QString &what);

Result<TemplateText> textParam(const Action &action, const char *key, const References &references,
                               FillRule rule);
/// A list's items: one text each. A whole reference in the list's place carries a list.
Result<std::vector<TemplateText>> listParam(const Action &action, const char *key,
                                            const References &references, FillRule rule);
/// The name of a secret, or a text. `what` names the place in errors.
Result<Sensitive> sensitiveValue(const QJsonValue &raw, const References &references, FillRule rule,
                                 const QString &what);
/// Numbers and ranges (`200-299`), one by one.
Result<QList<int>> statusListParam(const Action &action, const char *key);

/// Text of a key without slots.
Result<QString> literalParam(const Action &action, const char *key, const References &references,
                             FillRule rule = kArgument);
/// The same for a folder: absolute and clean, or empty.
Result<QString> pathParam(const Action &action, const char *key, const References &references);
Result<QStringList> textListParam(const Action &action, const char *key,
                                  const References &references, FillRule rule);
/// True, false, or a reference to one of them.
Result<bool> yesNoParam(const Action &action, const char *key, const References &references);
/// Unsupported when `host` or `via` names another machine.
Result<void> onlyThisMachine(const Action &action, const References &references);

} // namespace lb
