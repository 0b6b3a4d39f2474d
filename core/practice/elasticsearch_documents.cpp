// SPDX-License-Identifier: GPL-3.0-or-later
// Indices and what is in them: made, filled, counted, searched, closed, deleted.
#include "core/practice/elasticsearch_simulator_private.h"

#include "core/base/json.h"

#include <QDateTime>
#include <QFile>
#include <QJsonDocument>
#include <QRegularExpression>

#include <algorithm>

namespace lb {

namespace {

constexpr int kDefaultSize = 10;
const QString kIndex = QStringLiteral("_index");
const QString kType = QStringLiteral("_type");
const QString kId = QStringLiteral("_id");
const QString kSource = QStringLiteral("_source");

/// What `_source` of a search leaves of a document.
QJsonObject filtered(const QByteArray &source, const QJsonValue &wanted)
{
    const QJsonObject whole = QJsonDocument::fromJson(source).object();
    if (!wanted.isArray())
        return whole;
    QJsonObject left;
    for (const QString &field : toStringList(wanted)) {
        if (whole.contains(field))
            left.insert(field, whole.value(field));
    }
    return left;
}

} // namespace

Outcome<QStringList> ElasticsearchSimulator::Private::resolve(const QString &expression,
                                                              bool mayMiss) const
{
    if (expression.isEmpty() || expression == QLatin1String("_all"))
        return QStringList(indices.keys());
    QStringList names;
    for (const QString &name : expression.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        if (indices.contains(name))
            names << name;
        else if (!mayMiss)
            return indexMissing(name);
    }
    names.removeDuplicates();
    return names;
}

Outcome<QStringList> ElasticsearchSimulator::Private::resolveOpen(const QString &expression) const
{
    TRY_VALUE(const QStringList names, resolve(expression));
    for (const QString &name : names) {
        if (indices[name].isOpen)
            continue;
        if (isOld())
            return refuse(403, "index_closed_exception", QStringLiteral("[%1] closed").arg(name));
        return refuse(
            400, "index_closed_exception", QStringLiteral("closed"),
            {{QStringLiteral("index"), name}, {QStringLiteral("index_uuid"), indices[name].uuid}});
    }
    return names;
}

ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::createIndex(const QString &name, const QJsonObject &body)
{
    static const QRegularExpression form(QStringLiteral("\\A[a-z0-9.][a-z0-9._-]*\\z"));
    if (!form.match(name).hasMatch()) {
        const QString why = QStringLiteral("Invalid index name [%1], must be lowercase").arg(name);
        return refuse(400, "invalid_index_name_exception",
                      isOld() ? QStringLiteral("[%1] %2").arg(name, why) : why);
    }
    if (indices.contains(name)) {
        const QString uuid = indices[name].uuid;
        if (isOld())
            return refuse(400, "index_already_exists_exception",
                          QStringLiteral("[%1] already exists").arg(name));
        return refuse(400, "resource_already_exists_exception",
                      QStringLiteral("index [%1/%2] already exists").arg(name, uuid),
                      {{QStringLiteral("index"), name}, {QStringLiteral("index_uuid"), uuid}});
    }
    Index index;
    index.name = name;
    index.uuid = base64Uuid();
    index.settings = flatSettings(body.value(QLatin1String("settings")).toObject());
    for (const auto &[key, value] :
         {std::pair("index.number_of_shards", "5"), std::pair("index.number_of_replicas", "1")}) {
        if (!index.settings.contains(QLatin1String(key)))
            index.settings.insert(QLatin1String(key), QLatin1String(value));
    }
    index.settings.insert(QStringLiteral("index.creation_date"),
                          QString::number(QDateTime::currentMSecsSinceEpoch()));
    index.settings.insert(QStringLiteral("index.version.created"),
                          isOld() ? QStringLiteral("1070699") : QStringLiteral("6082399"));
    index.mappings = body.value(QLatin1String("mappings")).toObject();
    if (!isOld() && index.mappings.size() > 1)
        return refuse(
            400, "illegal_argument_exception",
            QStringLiteral("Rejecting mapping update to [%1] as the final mapping would "
                           "have more than 1 type: [%2]")
                .arg(name, QStringList(index.mappings.keys()).join(QStringLiteral(", "))));
    indices.insert(name, index);
    save(index);
    if (isOld())
        return acknowledged();
    return jsonAnswer({{QStringLiteral("acknowledged"), true},
                       {QStringLiteral("shards_acknowledged"), true},
                       {QStringLiteral("index"), name}});
}

ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::deleteIndices(const Call &call)
{
    TRY_VALUE(const QStringList names, resolve(call.at(0)));
    const auto erase = [this, names] {
        for (const QString &name : names) {
            forgetRestore(name);
            indices.remove(name);
            QFile::remove(fileOf(name));
        }
    };
    const auto saved = std::find_if(names.begin(), names.end(), [&](const QString &name) {
        return snapshot && snapshot->info.indices.contains(name);
    });
    if (saved == names.end()) {
        erase();
        return acknowledged();
    }
    if (!isOld())
        return refuse(400, "snapshot_in_progress_exception",
                      QStringLiteral("Cannot delete indices that are being snapshotted: [[%1/%2]]. "
                                     "Try again after snapshot finishes or cancel the currently "
                                     "running snapshot.")
                          .arg(*saved, indices[*saved].uuid));
    // 1.7 answers only when the snapshot has ended.
    snapshot->whenOver.push_back([erase, reply = call.reply](const SnapshotInfo &) {
        erase();
        reply.send(acknowledged());
    });
    return std::nullopt;
}

ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::closeIndices(const Call &call)
{
    TRY_VALUE(const QStringList names, resolve(call.at(0)));
    for (const QString &name : names) {
        const Index &index = indices[name];
        const QString place = QStringLiteral("[[%1/%2]]").arg(name, index.uuid);
        if (index.isOpen && index.state != ShardState::Started && isOld())
            return refuse(500, "index_primary_shard_not_allocated_exception",
                          QStringLiteral("[%1] primary not allocated post api").arg(name));
        if (index.isOpen && index.state == ShardState::Restoring)
            return refuse(400, "illegal_argument_exception",
                          QStringLiteral("Cannot close indices that are being restored: ") + place);
        if (index.isOpen && !isOld() && snapshot && snapshot->info.indices.contains(name))
            return refuse(400, "snapshot_in_progress_exception",
                          QStringLiteral("Cannot close indices that are being snapshotted: %1. Try "
                                         "again after snapshot finishes or cancel the currently "
                                         "running snapshot.")
                              .arg(place));
    }
    for (const QString &name : names) {
        Index &index = indices[name];
        index.isOpen = false;
        recovered.remove(name);
        save(index);
        if (!snapshot)
            continue;
        // 1.7 lets an index be closed while it is being saved; its shards are lost to that.
        for (ShardCopy &shard : snapshot->shards) {
            if (shard.index == name)
                shard.failure = QStringLiteral("IndexShardSnapshotFailedException[[%1][%2] Failed "
                                               "to snapshot]; nested: EngineClosedException[[%1]"
                                               "[%2] CurrentState[CLOSED] ]; ")
                                    .arg(name)
                                    .arg(shard.number);
        }
    }
    return acknowledged();
}

/// `/INDEX/TYPE/ID`, and `/_source` behind it.
ElasticsearchSimulator::Private::Handled ElasticsearchSimulator::Private::document(const Call &call)
{
    const DocumentKey key{call.at(1), call.at(2)};
    const QJsonObject identity{{kIndex, call.at(0)}, {kType, key.type}, {kId, key.id}};
    const auto answer = [&](int status, const char *member, const QJsonValue &value,
                            qint64 version) {
        QJsonObject body = identity;
        body.insert(QStringLiteral("_version"), version);
        body.insert(QLatin1String(member), value);
        return jsonAnswer(body, status);
    };
    if (call.is("PUT")) {
        TRY_VALUE(const qint64 version, store(call.at(0), key, call.request.body));
        save(indices[call.at(0)]);
        const bool isNew = version == 1;
        return isOld()
                   ? answer(isNew ? 201 : 200, "created", isNew, version)
                   : answer(isNew ? 201 : 200, "result",
                            isNew ? QStringLiteral("created") : QStringLiteral("updated"), version);
    }
    TRY(resolveOpen(call.at(0)));
    Index &index = indices[call.at(0)];
    if (index.state != ShardState::Started)
        return refuse(503, "no_shard_available_action_exception",
                      isOld() ? QStringLiteral("[%1][0] null").arg(index.name)
                              : QStringLiteral("No shard available for [get [%1][%2][%3]: routing "
                                               "[null]]")
                                    .arg(index.name, key.type, key.id));
    const auto found = index.documents.constFind(key);
    const bool isThere = found != index.documents.constEnd();
    if (call.is("DELETE")) {
        const qint64 version = isThere ? found->version + 1 : 1;
        index.documents.remove(key);
        save(index);
        return isOld() ? answer(isThere ? 200 : 404, "found", isThere, version)
                       : answer(isThere ? 200 : 404, "result",
                                isThere ? QStringLiteral("deleted") : QStringLiteral("not_found"),
                                version);
    }
    if (call.depth() != 4)
        return refuseToPlay(call);
    if (isThere)
        return HttpAnswer{200, found->source, "application/json; charset=UTF-8", {}};
    if (isOld())
        return HttpAnswer{404, {}, "text/plain; charset=UTF-8", {}};
    return refuse(
        404, "resource_not_found_exception",
        QStringLiteral("Document not found [%1]/[%2]/[%3]").arg(index.name, key.type, key.id));
}

/// The version that it has now.
Outcome<qint64> ElasticsearchSimulator::Private::store(const QString &indexName,
                                                       const DocumentKey &key,
                                                       const QByteArray &source)
{
    const QByteArray text = source.trimmed();
    if (!text.startsWith('{') || !text.endsWith('}'))
        return refuse(400,
                      QStringLiteral("MapperParsingException[failed to parse]; nested: "
                                     "JsonEOFException[Unexpected end-of-input]; "),
                      "mapper_parsing_exception", QStringLiteral("failed to parse"), {});
    // As both servers do unless they are told not to.
    if (!indices.contains(indexName))
        TRY(createIndex(indexName, {}));
    TRY(resolveOpen(indexName));
    Index &index = indices[indexName];
    if (index.state != ShardState::Started)
        return refuse(503, "unavailable_shards_exception",
                      QStringLiteral("[%1][0] Primary shard is not active or isn't assigned to a "
                                     "known node.")
                          .arg(indexName));
    if (!index.mappings.contains(key.type))
        index.mappings.insert(key.type, QJsonObject());
    Document &document = index.documents[key];
    document.version = document.source.isEmpty() ? 1 : document.version + 1;
    document.source = source;
    return document.version;
}

ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::describe(const QString &name) const
{
    TRY(resolve(name));
    const Index &index = indices[name];
    QJsonObject settings = index.settings;
    settings.insert(QStringLiteral("index.uuid"), index.uuid);
    QJsonObject facts{{QStringLiteral("aliases"), QJsonObject()},
                      {QStringLiteral("mappings"), index.mappings},
                      {QStringLiteral("settings"), nestedSettings(settings)}};
    if (isOld())
        facts.insert(QStringLiteral("warmers"), QJsonObject());
    return jsonAnswer({{name, facts}});
}

ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::changeSettings(const Call &call)
{
    TRY_VALUE(const QStringList names, resolve(call.at(0)));
    TRY_VALUE(const QJsonObject body, bodyOf(call));
    const QJsonObject changed = flatSettings(body);
    for (const QString &name : names) {
        Index &index = indices[name];
        for (auto it = changed.begin(); it != changed.end(); ++it)
            index.settings.insert(it.key(), it.value());
        save(index);
    }
    return acknowledged();
}

ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::settled(const QString &expression) const
{
    TRY_VALUE(const QStringList names, resolveOpen(expression));
    QJsonObject shards = shardsOf(names);
    shards.remove(QStringLiteral("skipped")); // of searches only
    return jsonAnswer({{QStringLiteral("_shards"), shards}});
}

/// `index` only, with all of its place in the line before.
ElasticsearchSimulator::Private::Handled ElasticsearchSimulator::Private::bulk(const Call &call)
{
    const QByteArrayList lines = call.request.body.split('\n');
    QJsonArray items;
    QStringList changed;
    bool hasErrors = false;
    for (qsizetype n = 0; n + 1 < lines.size(); n += 2) {
        const QJsonObject head =
            QJsonDocument::fromJson(lines[n])[QLatin1String("index")].toObject();
        if (head.isEmpty())
            return refuseToPlay(call);
        const QString index = head.value(kIndex).toString();
        const DocumentKey key{head.value(kType).toString(), head.value(kId).toString()};
        auto version = store(index, key, lines[n + 1]);
        // A version of the client's own counts instead of ours.
        if (const QJsonValue own = head.value(QLatin1String("_version")); version && own.isDouble())
            version = indices[index].documents[key].version = own.toInteger();
        QJsonObject item{{kIndex, index}, {kType, key.type}, {kId, key.id}};
        if (version) {
            item.insert(QStringLiteral("_version"), *version);
            item.insert(QStringLiteral("status"), *version == 1 ? 201 : 200);
            if (!isOld()) {
                item.insert(QStringLiteral("result"),
                            *version == 1 ? QStringLiteral("created") : QStringLiteral("updated"));
                item.insert(QStringLiteral("_seq_no"), n / 2);
                item.insert(QStringLiteral("_primary_term"), 1);
                item.insert(QStringLiteral("_shards"),
                            QJsonObject{{QStringLiteral("total"), 1},
                                        {QStringLiteral("successful"), 1},
                                        {QStringLiteral("failed"), 0}});
            }
            changed << index;
        } else {
            hasErrors = true;
            item.insert(QStringLiteral("status"), version.error().status);
            item.insert(QStringLiteral("error"),
                        QJsonDocument::fromJson(version.error().body)[QLatin1String("error")]);
        }
        items.append(QJsonObject{{QStringLiteral("index"), item}});
    }
    changed.removeDuplicates();
    for (const QString &name : std::as_const(changed))
        save(indices[name]);
    return jsonAnswer({{QStringLiteral("took"), 1},
                       {QStringLiteral("errors"), hasErrors},
                       {QStringLiteral("items"), items}});
}

QJsonObject ElasticsearchSimulator::Private::shardsOf(const QStringList &names) const
{
    int total = 0;
    int started = 0;
    for (const QString &name : names) {
        const Index &index = indices[name];
        total += index.shards();
        if (index.state == ShardState::Started)
            started += index.shards();
    }
    QJsonObject shards{{QStringLiteral("total"), total},
                       {QStringLiteral("successful"), started},
                       {QStringLiteral("failed"), 0}};
    if (!isOld())
        shards.insert(QStringLiteral("skipped"), 0);
    return shards;
}

ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::count(const QString &expression) const
{
    TRY_VALUE(const QStringList names, resolveOpen(expression));
    qint64 count = 0;
    bool any = names.isEmpty();
    for (const QString &name : names) {
        const Index &index = indices[name];
        any = any || index.state == ShardState::Started;
        count += index.state == ShardState::Started ? index.documents.size() : 0;
    }
    if (!any && !isOld())
        return refuse(503, "search_phase_execution_exception", QStringLiteral("all shards failed"));
    // 1.7 gives an ordinary answer with a status that is none (replies 85).
    return jsonAnswer(
        {{QStringLiteral("count"), count}, {QStringLiteral("_shards"), shardsOf(names)}},
        any ? 200 : 503);
}

/// Everything, with `size` and `_source`; parameters stand for members of the body.
ElasticsearchSimulator::Private::Handled
ElasticsearchSimulator::Private::search(const Call &call) const
{
    TRY_VALUE(QJsonObject body, bodyOf(call));
    for (const auto &[name, value] : call.request.query.queryItems())
        body.insert(name, name == QLatin1String("size")     ? QJsonValue(value.toInt())
                          : value == QLatin1String("false") ? QJsonValue(false)
                                                            : QJsonValue(value));
    const QJsonValue everything = QJsonObject{{QStringLiteral("match_all"), QJsonObject()}};
    for (const QString &key : body.keys()) {
        if (key != QLatin1String("size") && key != kSource &&
            (key != QLatin1String("query") || body.value(key) != everything))
            return refuseToPlay(call);
    }
    TRY_VALUE(const QStringList names, resolveOpen(call.at(0)));
    const int size = body.value(QLatin1String("size")).toInt(kDefaultSize);
    const QJsonValue wanted = body.value(kSource);
    QJsonArray hits;
    qint64 total = 0;
    bool any = names.isEmpty();
    for (const QString &name : names) {
        const Index &index = indices[name];
        if (index.state != ShardState::Started)
            continue;
        any = true;
        total += index.documents.size();
        for (auto it = index.documents.begin(); it != index.documents.end() && hits.size() < size;
             ++it) {
            QJsonObject hit{{kIndex, name},
                            {kType, it.key().type},
                            {kId, it.key().id},
                            {QStringLiteral("_score"), 1.0}};
            if (wanted.toBool(true))
                hit.insert(kSource, filtered(it->source, wanted));
            hits.append(hit);
        }
    }
    if (!any)
        return refuse(503, "search_phase_execution_exception",
                      isOld() ? QStringLiteral("Failed to execute phase [query], all shards failed")
                              : QStringLiteral("all shards failed"));
    return jsonAnswer({{QStringLiteral("took"), 1},
                       {QStringLiteral("timed_out"), false},
                       {QStringLiteral("_shards"), shardsOf(names)},
                       {QStringLiteral("hits"), QJsonObject{{QStringLiteral("total"), total},
                                                            {QStringLiteral("max_score"),
                                                             hits.isEmpty() ? QJsonValue() : 1.0},
                                                            {QStringLiteral("hits"), hits}}}});
}

} // namespace lb
