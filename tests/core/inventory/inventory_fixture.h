// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clock.h"
#include "core/inventory/inventory.h"

#include <QTemporaryDir>
#include <QTest>

namespace lb::test {

/// Fails the test with the error's words.
#define VERIFY_OK(result)                                                                          \
    do {                                                                                           \
        const auto &checked_ = (result);                                                           \
        QVERIFY2(checked_.has_value(), checked_ ? "" : qPrintable(checked_.error().sentence()));   \
    } while (false)

inline QDateTime day(int number)
{
    return QDateTime(QDate(2026, 1, 1), QTime(3, 4, 5, 678), Qt::UTC).addDays(number);
}

/// The number-th point; numbers differ in every field that a filter or an order looks at.
inline RestorePoint pointNumber(int number)
{
    RestorePoint point;
    point.id = QStringLiteral("p20260101-030405-%1").arg(number, 6, 16, QLatin1Char('0'));
    point.system = QStringLiteral("system-%1").arg(number % 7);
    point.type = number % 2 ? QStringLiteral("files") : QStringLiteral("entando");
    point.madeAt = day(number);
    point.store = QStringLiteral("local");
    point.run = QStringLiteral("r20260101-030405-000001");
    point.identity.text = QStringLiteral("shop-%1 10.0.1.25").arg(number % 7);
    point.identity.facts = {{QStringLiteral("machine_id"), QStringLiteral("m")},
                            {QStringLiteral("hostname"), QStringLiteral("h")}};
    point.neededParts = {QStringLiteral("a"), QStringLiteral("b")};
    for (const QString &id : {QStringLiteral("a"), QStringLiteral("b")}) {
        if (number % 5 == 0 && id == QLatin1String("b"))
            continue; // incomplete
        PartRecord part;
        part.id = id;
        part.title = QStringLiteral("Übergabe %1 %2").arg(id).arg(number);
        part.kind = QStringLiteral("tree");
        part.format = QStringLiteral("tar.zst");
        part.bytes = 1000 + number * 37 % 1001;
        part.storedBytes = part.bytes / 2;
        part.takenFrom = point.madeAt.addSecs(id == QLatin1String("b") ? number % 11 : 0);
        part.takenTo = part.takenFrom;
        part.sha256 = QByteArray(64, 'a');
        part.file = QStringLiteral("parts/%1.tar.zst").arg(id);
        part.source = QStringLiteral("/srv/") + id;
        point.parts.push_back(part);
    }
    point.limits = {QStringLiteral("sockets are not saved")};
    point.proof = static_cast<ProofLevel>(number % 4);
    if (number % 4)
        point.proofAt = point.madeAt.addDays(1);
    point.folder = QStringLiteral("/stores/local/") + point.id;
    if (number % 13 == 0)
        point.problem = QStringLiteral("manifest.json is missing");
    return point;
}

inline QString ids(const Result<std::vector<RestorePoint>> &points)
{
    if (!points)
        return points.error().sentence();
    QStringList list;
    for (const RestorePoint &point : *points)
        list << QString::number(point.id.right(6).toInt(nullptr, 16));
    return list.join(QLatin1Char(' '));
}

} // namespace lb::test
