// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/elasticsearch_simulator_private.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/practice/loopback_http.h"

#include <QDateTime>
#include <QDir>
#include <QJsonDocument>

namespace lb {

namespace {

LB_TRANSLATE(Practice)

using namespace std::chrono_literals;

constexpr auto kSlowAnswer = 100ms;
constexpr int kSlowSteps = 10;
constexpr qint64 kLargest = 1024LL * 1024 * 1024;
/// The repository of whoever keeps the cluster busy.
const QString kLent = QStringLiteral("others");

/// `index_closed_exception` → `IndexClosedException`.
QString className(const char *type)
{
    QString name;
    for (const QString &word : QString::fromLatin1(type).split(QLatin1Char('_')))
        name += word.left(1).toUpper() + word.mid(1);
    return name;
}

QJsonObject causeOf(const char *type, const QString &reason)
{
    return {{QStringLiteral("type"), QString::fromLatin1(type)},
            {QStringLiteral("reason"), reason}};
}

HttpAnswer oldError(int status, const QString &text)
{
    return jsonAnswer({{QStringLiteral("error"), text}, {QStringLiteral("status"), status}},
                      status);
}

HttpAnswer laterError(int status, QJsonObject error, const QJsonObject &root)
{
    error.insert(QStringLiteral("root_cause"), QJsonArray{root});
    return jsonAnswer({{QStringLiteral("error"), error}, {QStringLiteral("status"), status}},
                      status);
}

} // namespace

HttpAnswer practice::jsonAnswer(const QJsonObject &body, int status)
{
    return {status, toJson(body), "application/json; charset=UTF-8", {}};
}

HttpAnswer practice::acknowledged()
{
    return jsonAnswer({{QStringLiteral("acknowledged"), true}});
}

ElasticsearchSimulator::Private::Private(Options given) : options(std::move(given))
{
    ticks.setInterval(has("slow") ? options.step * kSlowSteps : options.step);
    QObject::connect(&ticks, &QTimer::timeout, &ticks, [this] {
        advanceSnapshot();
        advanceRestores();
        if (!snapshot && restores.empty())
            ticks.stop();
    });
}

Result<void> ElasticsearchSimulator::Private::start()
{
    const QString file = options.dataFolder + QStringLiteral("/cluster.json");
    QJsonObject known;
    if (QFile::exists(file)) {
        TRY_VALUE(const QByteArray bytes, readWholeFile(file));
        TRY_VALUE(known, parseJsonObject(bytes, file));
    }
    const auto kept = [&](const char *key) {
        const QString text = known.value(QLatin1String(key)).toString();
        return text.isEmpty() ? base64Uuid() : text;
    };
    clusterUuid = kept("uuid");
    nodes.push_back({kept("node"), QStringLiteral("n1"), true});
    if (has("verify-fails-on-node-2"))
        nodes.push_back({base64Uuid(), QStringLiteral("n2"), false});
    const QJsonObject places = known.value(QLatin1String("repositories")).toObject();
    for (auto it = places.begin(); it != places.end(); ++it)
        repositories.insert(it.key(), {it.value()[QLatin1String("type")].toString(),
                                       it.value()[QLatin1String("settings")].toObject()});
    const QDir folder(options.dataFolder + QStringLiteral("/indices"));
    for (const QString &name : folder.entryList(QDir::Files)) {
        TRY_VALUE(const QByteArray bytes, readWholeFile(folder.filePath(name), kLargest));
        const auto index = Index::fromBytes(bytes);
        if (!index)
            return fail(ErrorCode::Corrupt, tr("%1 is damaged").arg(folder.filePath(name)));
        indices.insert(index->name, *index);
    }
    saveCluster();
    if (diskError)
        return tl::unexpected(*diskError);
    if (has("busy")) {
        const QString location = options.pathRepo + QLatin1Char('/') + kLent;
        repositories.insert(kLent,
                            {QStringLiteral("fs"), {{QStringLiteral("location"), location}}});
        RunningSnapshot run{kLent, Share(location), {}, {}, {}, 1, true, false, {}};
        run.info.name = QStringLiteral("nightly");
        run.info.uuid = base64Uuid();
        run.info.version = version();
        run.info.state = QStringLiteral("IN_PROGRESS");
        run.info.start = QDateTime::currentMSecsSinceEpoch();
        snapshot = std::move(run);
    }
    return {};
}

void ElasticsearchSimulator::Private::saveCluster()
{
    QJsonObject places;
    for (auto it = repositories.begin(); it != repositories.end(); ++it) {
        if (it.key() != kLent)
            places.insert(it.key(), QJsonObject{{QStringLiteral("type"), it->type},
                                                {QStringLiteral("settings"), it->settings}});
    }
    auto saved = makeFolders(options.dataFolder + QStringLiteral("/indices"));
    if (saved)
        saved = writeFileAtomically(options.dataFolder + QStringLiteral("/cluster.json"),
                                    toJson({{QStringLiteral("format"), 1},
                                            {QStringLiteral("uuid"), clusterUuid},
                                            {QStringLiteral("node"), nodes[0].id},
                                            {QStringLiteral("repositories"), places}}));
    if (!saved && !diskError)
        diskError = saved.error();
}

QString ElasticsearchSimulator::Private::fileOf(const QString &index) const
{
    return options.dataFolder + QStringLiteral("/indices/") + index;
}

void ElasticsearchSimulator::Private::save(const Index &index)
{
    const auto saved = writeFileAtomically(fileOf(index.name), index.toBytes());
    if (!saved && !diskError)
        diskError = saved.error();
}

void ElasticsearchSimulator::Private::handle(const HttpRequest &request, const HttpReply &reply)
{
    const Handled handled = route({request, reply});
    if (const auto error = std::exchange(diskError, std::nullopt))
        reply.send(refuse(500, "io_exception", error->sentence()).value());
    else if (!handled)
        reply.send(handled.error());
    else if (*handled)
        reply.send(**handled);
}

ElasticsearchSimulator::Private::Handled ElasticsearchSimulator::Private::route(const Call &call)
{
    const QString first = call.at(0);
    const QString last = call.request.path.isEmpty() ? QString() : call.request.path.last();
    const qsizetype depth = call.depth();
    const bool isGet = call.is("GET");
    if (depth == 0 && isGet)
        return root();
    if (first == QLatin1String("_snapshot"))
        return snapshotCalls(call);
    if (first == QLatin1String("_nodes") && isGet)
        return nodeCalls(call);
    if (first == QLatin1String("_cluster") && isGet) {
        if (call.at(1) == QLatin1String("health"))
            return health(call.at(2), call.request.parameter("level"));
        if (call.at(1) == QLatin1String("state"))
            return state(call);
        if (call.at(1) == QLatin1String("settings"))
            return jsonAnswer({{QStringLiteral("persistent"), QJsonObject()},
                               {QStringLiteral("transient"), QJsonObject()}});
    }
    if (first == QLatin1String("_stats") && last == QLatin1String("store") && isGet)
        return storeSizes();
    if (first == QLatin1String("_bulk") && call.is("POST"))
        return bulk(call);
    if (first == QLatin1String("_search") && last == QLatin1String("scroll"))
        return scroll(call);
    if (first.startsWith(QLatin1Char('_')))
        return refuseToPlay(call);
    if (depth == 1 && call.is("PUT")) {
        TRY_VALUE(const QJsonObject body, bodyOf(call));
        return createIndex(first, body);
    }
    if (depth == 1 && call.is("DELETE"))
        return deleteIndices(call);
    if (depth == 1 && isGet)
        return describe(first);
    if (depth == 2 && last == QLatin1String("_settings") && call.is("PUT"))
        return changeSettings(call);
    if (depth == 2 && call.is("POST") &&
        (last == QLatin1String("_refresh") || last == QLatin1String("_flush")))
        return settled(first);
    if (depth == 2 && last == QLatin1String("_close") && call.is("POST"))
        return closeIndices(call);
    if (depth == 2 && last == QLatin1String("_count") && isGet)
        return count(first);
    if (depth == 2 && last == QLatin1String("_search"))
        return call.request.parameter("search_type") == QLatin1String("scan") ? scan(call)
                                                                              : search(call);
    if (depth == 2 && last == QLatin1String("_recovery") && isGet)
        return recoveries(first);
    if (depth == 3 || (depth == 4 && last == QLatin1String("_source") && isGet))
        return document(call);
    return refuseToPlay(call);
}

QString ElasticsearchSimulator::Private::version() const
{
    return isOld() ? QStringLiteral("1.7.6") : QStringLiteral("6.8.23");
}

Outcome<QJsonObject> ElasticsearchSimulator::Private::bodyOf(const Call &call) const
{
    if (call.request.body.trimmed().isEmpty())
        return QJsonObject();
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(call.request.body, &error);
    if (!document.isObject())
        return refuse(400, "parse_exception",
                      QStringLiteral("Failed to derive xcontent: ") + error.errorString());
    return document.object();
}

ElasticsearchSimulator::Private::Refusal
ElasticsearchSimulator::Private::refuse(int status, const char *type, const QString &sentence,
                                        const QJsonObject &more) const
{
    if (isOld())
        return Refusal(oldError(status, QStringLiteral("%1[%2]").arg(className(type), sentence)));
    QJsonObject error = more;
    error.insert(QStringLiteral("type"), QString::fromLatin1(type));
    error.insert(QStringLiteral("reason"), sentence);
    return Refusal(laterError(status, error, error));
}

ElasticsearchSimulator::Private::Refusal
ElasticsearchSimulator::Private::refuse(int status, const QString &oldText, const char *type,
                                        const QString &sentence, const QString &cause) const
{
    if (isOld())
        return Refusal(oldError(status, oldText));
    QJsonObject error = causeOf(type, sentence);
    if (cause.isEmpty())
        return Refusal(laterError(status, error, error));
    error.insert(QStringLiteral("caused_by"), causeOf(type, cause));
    return Refusal(laterError(status, error, causeOf(type, cause)));
}

/// Not a word of the real servers: nobody may take it for one.
ElasticsearchSimulator::Private::Refusal
ElasticsearchSimulator::Private::refuseToPlay(const Call &call) const
{
    return refuse(400, "unsupported_operation_exception",
                  QStringLiteral("the simulator does not play %1 /%2")
                      .arg(QString::fromLatin1(call.request.method),
                           call.request.path.join(QLatin1Char('/'))));
}

ElasticsearchSimulator::Private::Refusal
ElasticsearchSimulator::Private::indexMissing(const QString &index) const
{
    if (isOld())
        return refuse(404, "index_missing_exception", QStringLiteral("[%1] missing").arg(index));
    return refuse(404, "index_not_found_exception", QStringLiteral("no such index"),
                  {{QStringLiteral("index"), index},
                   {QStringLiteral("index_uuid"), QStringLiteral("_na_")},
                   {QStringLiteral("resource.type"), QStringLiteral("index_or_alias")},
                   {QStringLiteral("resource.id"), index}});
}

QStringList ElasticsearchSimulator::faultNames()
{
    return {QStringLiteral("path-repo-empty"),   QStringLiteral("verify-fails-on-node-2"),
            QStringLiteral("snapshot-partial"),  QStringLiteral("busy"),
            QStringLiteral("restore-stuck-red"), QStringLiteral("disk-watermark"),
            QStringLiteral("cut-during-create"), QStringLiteral("slow"),
            QStringLiteral("later-version")};
}

ElasticsearchSimulator::ElasticsearchSimulator(Options options, QObject *parent)
    : QObject(parent), d(std::make_unique<Private>(std::move(options)))
{
    d->server =
        std::make_unique<HttpServer>([this](const HttpRequest &request, const HttpReply &reply) {
            if (d->has("slow") && request.header(kAsideHeader).isEmpty())
                QTimer::singleShot(kSlowAnswer, this,
                                   [this, request, reply] { d->handle(request, reply); });
            else
                d->handle(request, reply);
        });
}

ElasticsearchSimulator::~ElasticsearchSimulator() = default;

Result<quint16> ElasticsearchSimulator::listen(quint16 port)
{
    TRY(d->start());
    TRY_VALUE(d->port, d->server->listen(port));
    return d->port;
}

} // namespace lb
