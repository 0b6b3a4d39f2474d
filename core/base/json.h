// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QByteArray>
#include <QJsonArray>
#include <QJsonObject>
#include <QJsonValue>
#include <QStringList>

namespace lb {

/// Compact JSON with keys sorted (QJsonObject sorts), so equal objects give equal bytes.
QByteArray toJson(const QJsonObject &object);
/// The same, indented, ending in a newline: for documents people may read.
QByteArray toJsonDocument(const QJsonObject &object);

/// Parses one JSON object; Corrupt with the place otherwise. `what` names it in the error.
Result<QJsonObject> parseJsonObject(QByteArrayView bytes, const QString &what);

QStringList toStringList(const QJsonValue &array);
QJsonArray toJsonArray(const QStringList &list);

/// Refuses a document of ours whose `format` is newer than `newest` (Unsupported, with the reason).
Result<void> checkFormat(const QJsonObject &document, int newest, const QString &what);

} // namespace lb
