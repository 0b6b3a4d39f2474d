// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonValue>
#include <QString>

#include <vector>

namespace lb {

/// Every value that stands under the path. To Spring and to Elasticsearch nested keys, keys with
/// dots in them and mixtures of both mean the same (`a: {b.c: 1}`, `a.b: {c: 1}`, `a.b.c: 1`), so
/// one name may be spelt in several ways in one document.
std::vector<QJsonValue> settingsAt(const QJsonValue &document, const QString &path);
/// The first of them; Undefined when there is none.
QJsonValue settingAt(const QJsonValue &document, const QString &path);
/// Yes as YAML 1.1 has it, which Java programs read.
bool isYes(const QJsonValue &value);

} // namespace lb
