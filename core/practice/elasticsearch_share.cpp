// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/elasticsearch_share.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"

#include <QDir>
#include <QFile>
#include <QUuid>

#include <algorithm>

namespace lb::practice {

namespace {

LB_TRANSLATE(Practice)

/// Whoever backs the share up has to read what the server's user wrote.
constexpr unsigned kFileMode = 0644;
constexpr unsigned kFolderMode = 0755;
constexpr qint64 kLargest = 1024LL * 1024 * 1024;
const QString kPrefix = QStringLiteral("snapshot-");

} // namespace

bool SnapshotInfo::lacks(const QString &index, int shard) const
{
    return std::any_of(failures.begin(), failures.end(), [&](const QJsonValue failure) {
        return failure[QLatin1String("index")].toString() == index &&
               failure[QLatin1String("shard_id")].toInt() == shard;
    });
}

QJsonObject SnapshotInfo::toJson() const
{
    return {{QStringLiteral("name"), name},
            {QStringLiteral("uuid"), uuid},
            {QStringLiteral("version"), version},
            {QStringLiteral("indices"), toJsonArray(indices)},
            {QStringLiteral("state"), state},
            {QStringLiteral("start"), start},
            {QStringLiteral("end"), end},
            {QStringLiteral("total_shards"), totalShards},
            {QStringLiteral("failures"), failures},
            {QStringLiteral("include_global_state"), globalState}};
}

SnapshotInfo SnapshotInfo::fromJson(const QJsonObject &object)
{
    SnapshotInfo info;
    info.name = object.value(QLatin1String("name")).toString();
    info.uuid = object.value(QLatin1String("uuid")).toString();
    info.version = object.value(QLatin1String("version")).toString();
    info.indices = toStringList(object.value(QLatin1String("indices")));
    info.state = object.value(QLatin1String("state")).toString();
    info.start = object.value(QLatin1String("start")).toInteger();
    info.end = object.value(QLatin1String("end")).toInteger();
    info.totalShards = object.value(QLatin1String("total_shards")).toInt();
    info.failures = object.value(QLatin1String("failures")).toArray();
    info.globalState = object.value(QLatin1String("include_global_state")).toBool();
    return info;
}

QString Share::fileOf(const QString &snapshot) const
{
    return m_location + QLatin1Char('/') + kPrefix + snapshot;
}

QString Share::fileOf(const QString &snapshot, const QString &index) const
{
    return QStringLiteral("%1/indices/%2/%3%4").arg(m_location, index, kPrefix, snapshot);
}

QStringList Share::names() const
{
    QStringList names;
    for (const QString &file :
         QDir(m_location).entryList({kPrefix + QLatin1Char('*')}, QDir::Files))
        names << file.mid(kPrefix.size());
    return names;
}

Result<SnapshotInfo> Share::read(const QString &snapshot) const
{
    const QString path = fileOf(snapshot);
    if (!QFile::exists(path))
        return fail(ErrorCode::NotFound, tr("%1 is missing").arg(path));
    TRY_VALUE(const QByteArray bytes, readWholeFile(path));
    TRY_VALUE(const QJsonObject object, parseJsonObject(bytes, path));
    return SnapshotInfo::fromJson(object);
}

std::optional<Index> Share::readIndex(const QString &snapshot, const QString &index) const
{
    const auto bytes = readWholeFile(fileOf(snapshot, index), kLargest);
    return bytes ? Index::fromBytes(*bytes) : std::nullopt;
}

Result<void> Share::write(const SnapshotInfo &info) const
{
    TRY(makeFolders(m_location, kFolderMode));
    TRY(writeFileAtomically(fileOf(info.name), toJson(info.toJson()), kFileMode));
    return writeList();
}

/// What 1.7 keeps beside the snapshots, here never compressed.
Result<void> Share::writeList() const
{
    return writeFileAtomically(m_location + QStringLiteral("/index"),
                               toJson({{QStringLiteral("snapshots"), toJsonArray(names())}}),
                               kFileMode);
}

Result<void> Share::writeIndex(const QString &snapshot, const Index &index) const
{
    TRY(makeFolders(QFileInfo(fileOf(snapshot, index.name)).path(), kFolderMode));
    return writeFileAtomically(fileOf(snapshot, index.name), index.toBytes(), kFileMode);
}

void Share::remove(const SnapshotInfo &info) const
{
    QFile::remove(fileOf(info.name));
    (void)writeList(); // a list of what is gone harms as little as the rest that may stay
    for (const QString &index : info.indices) {
        QFile::remove(fileOf(info.name, index));
        QDir(m_location + QStringLiteral("/indices")).rmdir(index); // when it was the last in it
    }
}

bool Share::canBeWritten() const
{
    if (!makeFolders(m_location, kFolderMode))
        return false;
    QFile file(m_location + QStringLiteral("/tests-") + QUuid::createUuid().toString(QUuid::Id128));
    const bool isGood = file.open(QIODevice::WriteOnly) && file.write("test") == 4;
    file.close();
    return file.remove() && isGood;
}

} // namespace lb::practice
