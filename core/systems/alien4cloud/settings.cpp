// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/alien4cloud/settings.h"

#include <QStringList>

namespace lb {

std::vector<QJsonValue> settingsAt(const QJsonValue &document, const QString &path)
{
    std::vector<QJsonValue> found;
    if (!document.isObject())
        return found;
    if (const QJsonValue whole = document[path]; !whole.isUndefined())
        found.push_back(whole);
    for (qsizetype dot = path.indexOf(QLatin1Char('.')); dot > 0;
         dot = path.indexOf(QLatin1Char('.'), dot + 1)) {
        const auto below = settingsAt(document[path.left(dot)], path.mid(dot + 1));
        found.insert(found.end(), below.begin(), below.end());
    }
    return found;
}

QJsonValue settingAt(const QJsonValue &document, const QString &path)
{
    const auto found = settingsAt(document, path);
    return found.empty() ? QJsonValue(QJsonValue::Undefined) : found.front();
}

bool isYes(const QJsonValue &value)
{
    static const QStringList yes{QStringLiteral("true"), QStringLiteral("yes"),
                                 QStringLiteral("on")};
    return value.toBool() || yes.contains(value.toString().toLower());
}

} // namespace lb
