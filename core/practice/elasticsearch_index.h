// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QMap>
#include <QString>

#include <optional>

namespace lb::practice {

struct DocumentKey
{
    QString type, id;
    friend bool operator==(const DocumentKey &, const DocumentKey &) = default;
    friend bool operator<(const DocumentKey &a, const DocumentKey &b)
    {
        return a.type != b.type ? a.type < b.type : a.id < b.id;
    }
};

/// The source is kept byte for byte: numbers, key orders and repeated keys pass unchanged, as in
/// the real server.
struct Document
{
    QByteArray source;
    qint64 version = 1;
};

using Documents = QMap<DocumentKey, Document>;

/// How the shards of an open index stand.
enum class ShardState
{
    Started,
    Restoring,
    Unassigned, ///< no node may take them
};

/// An index with its documents, all of which are in its first shard.
struct Index
{
    QString name, uuid;
    bool isOpen = true;
    ShardState state = ShardState::Started;
    QJsonObject settings; ///< flat, all texts: `index.number_of_shards` → `1`
    QJsonObject mappings; ///< type → mapping
    Documents documents;

    int shards() const;
    int replicas() const;
    qint64 bytes() const;

    /// All of it as a file: SHA-256 of what follows, one line of facts, the documents.
    QByteArray toBytes() const;
    /// Nothing for a file that was cut off or changed.
    static std::optional<Index> fromBytes(QByteArrayView bytes);
};

/// `{"index":{"number_of_shards":1}}`, `{"number_of_shards":1}`, `{"index.number_of_shards":"1"}`
/// → `index.number_of_shards` → `1`.
QJsonObject flatSettings(const QJsonObject &given);
/// The other way: `a.b` → `{"a":{"b":…}}`.
QJsonObject nestedSettings(const QJsonObject &flat);

/// Sixteen random bytes as the servers write them.
QString base64Uuid();

} // namespace lb::practice
