// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/elasticsearch_index.h"

#include "core/base/digest.h"
#include "core/base/json.h"

#include <QRandomGenerator>

namespace lb::practice {

namespace {

/// What a document costs on disk beside its source.
constexpr qint64 kOverhead = 40;
const QString kPrefix = QStringLiteral("index.");

void flatten(const QString &prefix, const QJsonObject &object, QJsonObject *into)
{
    for (auto it = object.begin(); it != object.end(); ++it) {
        const QString key = prefix.isEmpty() ? it.key() : prefix + QLatin1Char('.') + it.key();
        if (it.value().isObject())
            flatten(key, it.value().toObject(), into);
        else
            into->insert(key, it.value().toVariant().toString());
    }
}

void nest(QJsonObject *into, QStringList path, const QJsonValue &value)
{
    const QString first = path.takeFirst();
    if (path.isEmpty()) {
        into->insert(first, value);
        return;
    }
    QJsonObject inner = into->value(first).toObject();
    nest(&inner, path, value);
    into->insert(first, inner);
}

} // namespace

int Index::shards() const
{
    return settings.value(kPrefix + QStringLiteral("number_of_shards")).toString().toInt();
}

int Index::replicas() const
{
    return settings.value(kPrefix + QStringLiteral("number_of_replicas")).toString().toInt();
}

qint64 Index::bytes() const
{
    qint64 sum = 0;
    for (const Document &document : documents)
        sum += document.source.size() + kOverhead;
    return sum;
}

QByteArray Index::toBytes() const
{
    QByteArray bytes = toJson({{QStringLiteral("name"), name},
                               {QStringLiteral("uuid"), uuid},
                               {QStringLiteral("open"), isOpen},
                               {QStringLiteral("started"), state == ShardState::Started},
                               {QStringLiteral("settings"), settings},
                               {QStringLiteral("mappings"), mappings}}) +
                       '\n';
    for (auto it = documents.begin(); it != documents.end(); ++it)
        bytes += toJson({{QStringLiteral("type"), it.key().type},
                         {QStringLiteral("id"), it.key().id},
                         {QStringLiteral("version"), it->version},
                         {QStringLiteral("bytes"), it->source.size()}}) +
                 '\n' + it->source + '\n';
    return Sha256::hex(bytes) + '\n' + bytes;
}

std::optional<Index> Index::fromBytes(QByteArrayView bytes)
{
    const qsizetype sum = bytes.indexOf('\n');
    if (sum < 0 || Sha256::hex(bytes.sliced(sum + 1)) != bytes.first(sum))
        return std::nullopt;
    qsizetype at = sum + 1;
    const auto line = [&] {
        const qsizetype end = bytes.indexOf('\n', at);
        const auto object = parseJsonObject(bytes.sliced(at, end - at), QStringLiteral("line"));
        at = end + 1;
        return object.value_or(QJsonObject());
    };
    const QJsonObject facts = line();
    Index index;
    index.name = facts.value(QLatin1String("name")).toString();
    index.uuid = facts.value(QLatin1String("uuid")).toString();
    index.isOpen = facts.value(QLatin1String("open")).toBool();
    // A restore that was under way when the server ended does not go on.
    index.state = facts.value(QLatin1String("started")).toBool() ? ShardState::Started
                                                                 : ShardState::Unassigned;
    index.settings = facts.value(QLatin1String("settings")).toObject();
    index.mappings = facts.value(QLatin1String("mappings")).toObject();
    while (at < bytes.size()) {
        const QJsonObject head = line();
        const qint64 size = head.value(QLatin1String("bytes")).toInteger();
        index.documents.insert({head.value(QLatin1String("type")).toString(),
                                head.value(QLatin1String("id")).toString()},
                               {bytes.sliced(at, size).toByteArray(),
                                head.value(QLatin1String("version")).toInteger()});
        at += size + 1;
    }
    return index;
}

QJsonObject flatSettings(const QJsonObject &given)
{
    QJsonObject flat;
    flatten({}, given, &flat);
    QJsonObject named;
    for (auto it = flat.begin(); it != flat.end(); ++it)
        named.insert(it.key().startsWith(kPrefix) ? it.key() : kPrefix + it.key(), it.value());
    return named;
}

QJsonObject nestedSettings(const QJsonObject &flat)
{
    QJsonObject nested;
    for (auto it = flat.begin(); it != flat.end(); ++it)
        nest(&nested, it.key().split(QLatin1Char('.')), it.value());
    return nested;
}

QString base64Uuid()
{
    QByteArray bytes(16, Qt::Uninitialized);
    for (char &byte : bytes)
        byte = char(QRandomGenerator::system()->generate());
    return QString::fromLatin1(
        bytes.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals));
}

} // namespace lb::practice
