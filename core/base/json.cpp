// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"

#include <QJsonDocument>

namespace lb {

namespace {

LB_TRANSLATE(Json)

} // namespace

QByteArray toJson(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

QByteArray toJsonDocument(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Indented);
}

Result<QJsonObject> parseJsonObject(QByteArrayView bytes, const QString &what)
{
    QJsonParseError error;
    const QJsonDocument document =
        QJsonDocument::fromJson(QByteArray::fromRawData(bytes.data(), bytes.size()), &error);
    if (error.error != QJsonParseError::NoError)
        return fail(ErrorCode::Corrupt, tr("%1 is not valid JSON").arg(what),
                    tr("%1 at byte %2").arg(error.errorString()).arg(error.offset));
    if (!document.isObject())
        return fail(ErrorCode::Corrupt, tr("%1 is not a JSON object").arg(what));
    return document.object();
}

QStringList toStringList(const QJsonValue &array)
{
    QStringList list;
    for (const QJsonValue &value : array.toArray())
        list << value.toString();
    return list;
}

QJsonArray toJsonArray(const QStringList &list)
{
    return QJsonArray::fromStringList(list);
}

Result<void> checkFormat(const QJsonObject &document, int newest, const QString &what)
{
    const int format = document.value(QLatin1String("format")).toInt(0);
    if (format < 1)
        return fail(ErrorCode::Corrupt, tr("%1 does not say which format it has").arg(what));
    if (format > newest)
        return fail(ErrorCode::Unsupported, tr("%1 was written by a newer Lifeboat").arg(what),
                    tr("it has format %1, this Lifeboat reads up to %2").arg(format).arg(newest),
                    tr("Update Lifeboat; nothing was changed"));
    return {};
}

} // namespace lb
