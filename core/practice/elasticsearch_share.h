// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/practice/elasticsearch_index.h"

#include <QJsonArray>
#include <QStringList>

namespace lb::practice {

struct SnapshotInfo
{
    QString name, uuid;
    QString version; ///< of the server that made it
    QStringList indices;
    QString state;             ///< IN_PROGRESS, SUCCESS, PARTIAL, FAILED
    qint64 start = 0, end = 0; ///< milliseconds since 1970
    int totalShards = 0;
    QJsonArray failures; ///< one of each shard that failed
    bool globalState = true;

    /// True for a shard that it names as failed.
    bool lacks(const QString &index, int shard) const;
    QJsonObject toJson() const;
    static SnapshotInfo fromJson(const QJsonObject &object);
};

/// A repository's folder in the share: `snapshot-NAME` tells of a snapshot, and
/// `indices/INDEX/snapshot-NAME` holds an index of it. The names are a 1.7 server's; the contents
/// are ours. Nothing is kept in memory: whatever is copied, cut or taken away there shows at the
/// next call.
class Share
{
public:
    explicit Share(QString location) : m_location(std::move(location)) {}

    const QString &location() const { return m_location; }

    QStringList names() const;
    /// NotFound, or Corrupt.
    Result<SnapshotInfo> read(const QString &snapshot) const;
    /// Nothing when it is missing or damaged.
    std::optional<Index> readIndex(const QString &snapshot, const QString &index) const;

    Result<void> write(const SnapshotInfo &info) const;
    Result<void> writeIndex(const QString &snapshot, const Index &index) const;
    void remove(const SnapshotInfo &info) const;
    bool canBeWritten() const;

private:
    Result<void> writeList() const;
    QString fileOf(const QString &snapshot) const;
    QString fileOf(const QString &snapshot, const QString &index) const;

    QString m_location;
};

} // namespace lb::practice
