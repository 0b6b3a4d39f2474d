// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/condition_text.h"

#include "core/base/error.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QStringList>

namespace lb {

namespace {

LB_TRANSLATE(Conditions)

} // namespace

QString conditionText(const QJsonValue &condition, const OperandText &operandText)
{
    const QJsonObject object = condition.toObject();
    const QString key = object.isEmpty() ? QString() : object.begin().key();
    const QJsonValue body = object.value(key);
    if (key == QLatin1String("present"))
        return tr("%1 is given").arg(operandText(body));
    if (key == QLatin1String("equals"))
        return tr("%1 is %2")
            .arg(operandText(body.toArray().at(0)), operandText(body.toArray().at(1)));
    if (key == QLatin1String("not")) {
        const QJsonObject inner = body.toObject();
        if (inner.contains(QLatin1String("present")))
            return tr("%1 is not given").arg(operandText(inner.value(QLatin1String("present"))));
        return tr("not (%1)").arg(conditionText(body, operandText));
    }
    QStringList parts;
    for (const QJsonValue item : body.toArray())
        parts << conditionText(item, operandText);
    return parts.join(key == QLatin1String("any") ? tr(" or ") : tr(" and "));
}

} // namespace lb
