// SPDX-License-Identifier: GPL-3.0-or-later
// Every document of an index, page by page: scan and scroll of 1.7 (later ones have another way).
#include "core/practice/elasticsearch_simulator_private.h"

#include "core/base/json.h"

namespace lb {

namespace {

/// Sources pass byte for byte, so they are no QJsonObject here.
QByteArray hitText(const QString &index, const DocumentKey &key, const Document &document)
{
    QByteArray head = toJson({{QStringLiteral("_index"), index},
                              {QStringLiteral("_type"), key.type},
                              {QStringLiteral("_id"), key.id},
                              {QStringLiteral("_version"), document.version}});
    head.chop(1);
    return head + ",\"_score\":0.0,\"_source\":" + document.source + '}';
}

HttpAnswer pageText(const QString &id, const QJsonObject &shards, qint64 total,
                    const QByteArrayList &hits)
{
    QByteArray head = toJson({{QStringLiteral("_scroll_id"), id},
                              {QStringLiteral("took"), 1},
                              {QStringLiteral("timed_out"), false},
                              {QStringLiteral("_shards"), shards}});
    head.chop(1);
    HttpAnswer answer;
    answer.body = head + ",\"hits\":{\"total\":" + QByteArray::number(total) +
                  ",\"max_score\":0.0,\"hits\":[" + hits.join(',') + "]}}";
    return answer;
}

} // namespace

HttpAnswer ElasticsearchSimulator::Private::page(const QString &id, const QByteArrayList &hits,
                                                 const Scroll &scroll) const
{
    const QJsonObject shards{{QStringLiteral("total"), scroll.shards},
                             {QStringLiteral("successful"), scroll.shards},
                             {QStringLiteral("failed"), 0}};
    return pageText(id, shards, scroll.total, hits);
}

/// Every shard says that it does not know it any more; all of them together are a 404.
HttpAnswer ElasticsearchSimulator::Private::pageOfEnded(const QString &id,
                                                        const Scroll &scroll) const
{
    QJsonArray failures;
    for (int shard = 1; shard <= scroll.shards; ++shard)
        failures << QJsonObject{
            {QStringLiteral("status"), 404},
            {QStringLiteral("reason"), QStringLiteral("SearchContextMissingException[No search "
                                                      "context found for id [%1]]")
                                           .arg(shard)}};
    const QJsonObject shards{{QStringLiteral("total"), scroll.shards},
                             {QStringLiteral("successful"), 0},
                             {QStringLiteral("failed"), scroll.shards},
                             {QStringLiteral("failures"), failures}};
    HttpAnswer answer = pageText(id, shards, scroll.total, {});
    answer.status = 404;
    return answer;
}

ElasticsearchSimulator::Private::Handled ElasticsearchSimulator::Private::scan(const Call &call)
{
    if (!isOld() || call.request.parameter("scroll").isEmpty())
        return refuseToPlay(call);
    TRY_VALUE(const QJsonObject body, bodyOf(call));
    TRY_VALUE(const QStringList names, resolveOpen(call.at(0)));
    if (names.size() != 1)
        return refuseToPlay(call);
    const Index &index = indices[names.first()];
    Scroll made;
    made.index = index.name;
    made.left = index.documents;
    made.total = index.documents.size();
    made.size = qint64(qMax(1, body.value(QLatin1String("size")).toInt(10))) * index.shards();
    made.shards = index.shards();
    const QString id = base64Uuid();
    scrolls.insert(id, made);
    // The first answer has no documents.
    return page(id, {}, made);
}

/// The id is the whole body.
ElasticsearchSimulator::Private::Handled ElasticsearchSimulator::Private::scroll(const Call &call)
{
    const QString id = QString::fromLatin1(call.request.body);
    const auto found = scrolls.find(id);
    if (!isOld() || found == scrolls.end())
        return refuseToPlay(call);
    if (call.is("DELETE")) {
        // One that has given everything has ended by itself.
        const bool isOver = found->isEnded || found->shards == 0;
        found->isEnded = true;
        return jsonAnswer({}, isOver ? 404 : 200);
    }
    if (found->isEnded && found->shards > 0)
        return pageOfEnded(id, *found);
    QByteArrayList hits;
    Documents &left = found->left;
    while (!left.isEmpty() && hits.size() < found->size) {
        hits << hitText(found->index, left.firstKey(), left.first());
        left.erase(left.begin());
    }
    const HttpAnswer answer = page(id, hits, *found);
    if (hits.isEmpty())
        found->shards = 0;
    return answer;
}

} // namespace lb
