// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clock.h"
#include "core/store/folder_store.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

namespace lb::test {

/// Fails the test with the error's words.
#define VERIFY_OK(result)                                                                          \
    do {                                                                                           \
        const auto &checked_ = (result);                                                           \
        QVERIFY2(checked_.has_value(), checked_ ? "" : qPrintable(checked_.error().sentence()));   \
    } while (false)
#define VERIFY_FAILS(result, expected)                                                             \
    do {                                                                                           \
        const auto &checked_ = (result);                                                           \
        QVERIFY2(!checked_, "it succeeded");                                                       \
        QCOMPARE(errorCodeName(checked_.error().code), errorCodeName(expected));                   \
    } while (false)

inline const QString kSystem = QStringLiteral("harbour");

inline bool writeFile(const QString &path, const QByteArray &content)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(content) == content.size();
}

inline QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArrayLiteral("<unreadable>");
}

inline FolderStore openStore(const QString &folder)
{
    StoreProfile profile;
    profile.name = QStringLiteral("local");
    profile.folder = folder;
    return FolderStore::open(profile, OpenStore::OrCreate).value();
}

/// A point with two parts, one with an index, as the actions hand it to publish().
inline RestorePoint plannedPoint(const PointId &id, const RunId &run)
{
    RestorePoint point;
    point.id = id.value();
    point.run = run.value();
    point.system = kSystem;
    point.type = QStringLiteral("files");
    point.madeAt = utcNow();
    point.lifeboatVersion = QStringLiteral("0.1.0");
    point.planSha256 = QStringLiteral("ab");
    point.identity.text = QStringLiteral("harbour@here");
    point.identity.facts = {{QStringLiteral("machine_id"), QStringLiteral("m1")},
                            {QStringLiteral("hostname"), QStringLiteral("here")}};
    point.neededParts = {QStringLiteral("a"), QStringLiteral("b")};
    for (const QString &name : std::as_const(point.neededParts)) {
        PartRecord part;
        part.id = name;
        part.title = QStringLiteral("Part ") + name;
        part.kind = QStringLiteral("tree");
        part.format = QStringLiteral("tar.zst");
        part.file = QStringLiteral("parts/%1.tar.zst").arg(name);
        part.source = QStringLiteral("/srv/") + name;
        part.takenFrom = part.takenTo = point.madeAt;
        part.bytes = 100;
        part.entries = 3;
        point.parts.push_back(part);
    }
    point.parts[0].index = QStringLiteral("parts/a.index.zst");
    return point;
}

inline bool writeParts(const PointWriter &writer)
{
    return writeFile(writer.partsFolder() + QStringLiteral("/a.tar.zst"), QByteArray(3000, 'a')) &&
           writeFile(writer.partsFolder() + QStringLiteral("/a.index.zst"), QByteArray(50, 'i')) &&
           writeFile(writer.partsFolder() + QStringLiteral("/b.tar.zst"), QByteArray(2000, 'b'));
}

/// A whole save of two parts into the store.
inline Result<RestorePoint> save(const FolderStore &store, const PointId &id, const RunId &run)
{
    TRY_VALUE(PointWriter writer, store.beginPoint(kSystem, id, run));
    if (!writer.isPublished() && !writeParts(writer))
        return fail(ErrorCode::NoSpace, QStringLiteral("parts not written"));
    return writer.publish(plannedPoint(id, run));
}

inline QString words(const std::vector<RestorePoint> &points)
{
    QStringList ids;
    for (const RestorePoint &point : points)
        ids << point.id + (point.problem.isEmpty()
                               ? QString()
                               : QStringLiteral(" (") + point.problem + QLatin1Char(')'));
    return ids.join(QStringLiteral(", "));
}

} // namespace lb::test
