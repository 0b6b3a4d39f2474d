// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/alien_simulator.h"

#include "core/base/json.h"
#include "core/practice/alien4cloud_contents.h"
#include "core/practice/http_server.h"
#include "core/practice/loopback_http.h"

#include <QDir>
#include <QFileInfo>
#include <QMap>
#include <QUuid>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Practice)

using namespace practice;

const QString kStaysDisabled = QStringLiteral("orchestrator-stays-disabled");
const QString kEnabled = QStringLiteral("enabled");
const QString kState = QStringLiteral("state");
const QString kPluginId = QStringLiteral("pluginId");
const QString kDisabled = QStringLiteral("DISABLED");
const QString kConnected = QStringLiteral("CONNECTED");
/// How often an orchestrator is seen connecting before it is connected.
constexpr int kPollsToConnect = 2;

/// The codes that §3.2 names.
enum Code
{
    kNotLoggedIn = 100,
    kPluginLoading = 351,
    kUnknown = 500,
    kNotFound = 504,
    kIllegalState = 505,
};

struct Refusal
{
    Code code = kUnknown;
    QString message;
};

template <class T>
using Answered = tl::expected<T, Refusal>;

tl::unexpected<Refusal> refuse(Code code, const QString &message)
{
    return tl::unexpected(Refusal{code, message});
}

/// Most errors come with 200 (§3.2): whoever looks at the status only is fooled, as by the real
/// one.
HttpAnswer enveloped(const Answered<QJsonValue> &answered, int status = 200)
{
    QJsonObject body{{QStringLiteral("data"), answered.value_or(QJsonValue())},
                     {QStringLiteral("error"), QJsonValue::Null}};
    if (!answered)
        body.insert(QStringLiteral("error"),
                    QJsonObject{{QStringLiteral("code"), answered.error().code},
                                {QStringLiteral("message"), answered.error().message}});
    return {status, toJson(body), "application/json;charset=UTF-8", {}};
}

HttpAnswer redirect(const QByteArray &place, HeaderLines headers = {})
{
    headers.prepend({"Location", place});
    return {302, {}, "text/plain", headers};
}

QJsonObject page(const std::vector<QJsonObject> &found, const HttpRequest &request)
{
    const size_t from = request.parameter("from").toUInt();
    const size_t size = request.parameter("size", QStringLiteral("50")).toUInt();
    QJsonArray shown;
    for (size_t n = from; n < found.size() && n - from < size; ++n)
        shown << found[n];
    return {{QStringLiteral("data"), shown},
            {QStringLiteral("totalResults"), qint64(found.size())}};
}

} // namespace

struct AlienSimulator::Private
{
    HttpAnswer handle(const HttpRequest &request);
    HttpAnswer login(const HttpRequest &request);
    bool isLogged(const HttpRequest &request) const;
    QJsonObject status(bool isLogged) const;
    Answered<QJsonValue> plugins(const HttpRequest &request, const QStringList &path);
    Answered<QJsonValue> orchestrators(const HttpRequest &request, const QStringList &path);
    bool hasFiles(const QJsonObject &plugin) const;
    /// One that connects gets on by being looked at.
    Answered<QJsonObject> seen(QJsonObject orchestrator);
    Answered<void> boot();
    Answered<void> makeIndices() const;

    // Everything is read and written where it is; nothing is kept here.
    Answered<std::vector<QJsonObject>> all(const char *index) const;
    Answered<QJsonObject> one(const char *index, const QString &id) const;
    Answered<void> save(const char *index, const QJsonObject &document) const;

    Options options;
    QString session;
    QMap<QString, int> connecting; ///< orchestrator → polls so far
    std::unique_ptr<HttpServer> server;
};

HttpAnswer AlienSimulator::Private::handle(const HttpRequest &request)
{
    QStringList path = request.path;
    if (path == QStringList{QStringLiteral("login")} && request.method == "POST")
        return login(request);
    if (path.value(0) != QLatin1String("rest"))
        return {404, "not found\n", "text/plain", {}};
    path.removeFirst();
    if (path.value(0) == QLatin1String("latest") || path.value(0) == QLatin1String("v1"))
        path.removeFirst();
    if (path == QStringList{QStringLiteral("auth"), QStringLiteral("status")})
        return enveloped(QJsonValue(status(isLogged(request))));
    if (path.value(0) == QLatin1String("auth") || !isLogged(request))
        return enveloped(refuse(kNotLoggedIn, QStringLiteral("Authentication required")), 401);
    if (path.value(0) == QLatin1String("plugins"))
        return enveloped(plugins(request, path));
    if (path.value(0) == QLatin1String("orchestrators"))
        return enveloped(orchestrators(request, path));
    return enveloped(refuse(kNotFound, QStringLiteral("The simulator does not play /rest/") +
                                           path.join(QLatin1Char('/'))));
}

HttpAnswer AlienSimulator::Private::login(const HttpRequest &request)
{
    // A form's blanks are plus signs.
    const QUrlQuery form(QString::fromUtf8(QByteArray(request.body).replace('+', "%20")));
    if (form.queryItemValue(QStringLiteral("username"), QUrl::FullyDecoded) != options.user ||
        form.queryItemValue(QStringLiteral("password"), QUrl::FullyDecoded) != options.password)
        return redirect("/rest/auth/authenticationfailed");
    session = QUuid::createUuid().toString(QUuid::Id128).toUpper();
    return redirect("/rest/auth/status",
                    {{"Set-Cookie", "JSESSIONID=" + session.toLatin1() + "; Path=/; HttpOnly"}});
}

bool AlienSimulator::Private::isLogged(const HttpRequest &request) const
{
    return !session.isEmpty() &&
           request.header("cookie").contains("JSESSIONID=" + session.toLatin1());
}

QJsonObject AlienSimulator::Private::status(bool isLogged) const
{
    return {
        {QStringLiteral("isLogged"), isLogged},
        {QStringLiteral("username"), isLogged ? QJsonValue(options.user) : QJsonValue()},
        {QStringLiteral("roles"), isLogged ? QJsonArray{QStringLiteral("ADMIN")} : QJsonArray()},
        {QStringLiteral("groups"), QJsonArray()},
        {QStringLiteral("authSystem"), QStringLiteral("alien")}};
}

Answered<std::vector<QJsonObject>> AlienSimulator::Private::all(const char *index) const
{
    const auto found = askLoopbackJson(options.elasticsearchPort, "GET",
                                       '/' + QByteArray(index) + "/_search?size=1000");
    if (!found)
        return refuse(kUnknown, found.error().sentence());
    std::vector<QJsonObject> documents;
    for (const QJsonValue hit :
         found->value(QLatin1String("hits"))[QLatin1String("hits")].toArray())
        documents.push_back(hit[QLatin1String("_source")].toObject());
    return documents;
}

Answered<QJsonObject> AlienSimulator::Private::one(const char *index, const QString &id) const
{
    TRY_VALUE(const std::vector<QJsonObject> documents, all(index));
    for (const QJsonObject &document : documents) {
        if (document.value(QLatin1String("id")).toString() == id)
            return document;
    }
    return refuse(kNotFound, QStringLiteral("[%1] cannot be found").arg(id));
}

Answered<void> AlienSimulator::Private::save(const char *index, const QJsonObject &document) const
{
    const QByteArray name(index);
    const QByteArray id = document.value(QLatin1String("id")).toString().toUtf8();
    const auto saved =
        askLoopbackJson(options.elasticsearchPort, "PUT",
                        '/' + name + '/' + name + '/' + id.toPercentEncoding(), toJson(document));
    if (!saved)
        return refuse(kUnknown, saved.error().sentence());
    return {};
}

bool AlienSimulator::Private::hasFiles(const QJsonObject &plugin) const
{
    const QString path = plugin.value(QLatin1String("pluginPathId")).toString();
    return !path.isEmpty() &&
           QFileInfo::exists(QDir(options.dataFolder)
                                 .filePath(QStringLiteral("work/plugins/content/%1/META-INF/"
                                                          "plugin.yml")
                                               .arg(path)));
}

Answered<QJsonValue> AlienSimulator::Private::plugins(const HttpRequest &request,
                                                      const QStringList &path)
{
    if (path.size() == 1) {
        TRY_VALUE(const std::vector<QJsonObject> found, all("plugin"));
        return page(found, request);
    }
    const QString id = path.value(1);
    TRY_VALUE(QJsonObject plugin, one("plugin", id));
    const QString what = path.value(2);
    // A change by GET, as in the real one: never to be fetched in advance.
    const bool enables = what == QLatin1String("enable");
    if (request.method != "GET" || (!enables && what != QLatin1String("disable")))
        return refuse(kNotFound, QStringLiteral("There is no such call"));
    if (enables && !hasFiles(plugin))
        return refuse(kPluginLoading, QStringLiteral("Plugin [%1] failed to load").arg(id));
    plugin.insert(kEnabled, enables);
    TRY(save("plugin", plugin));
    return QJsonValue();
}

Answered<QJsonValue> AlienSimulator::Private::orchestrators(const HttpRequest &request,
                                                            const QStringList &path)
{
    if (path.size() == 1) {
        TRY_VALUE(std::vector<QJsonObject> found, all("orchestrator"));
        for (QJsonObject &orchestrator : found) {
            TRY_VALUE(orchestrator, seen(orchestrator));
        }
        return page(found, request);
    }
    const QString id = path.value(1);
    TRY_VALUE(const QJsonObject orchestrator, one("orchestrator", id));
    if (path.size() == 2 && request.method == "GET") {
        TRY_VALUE(const QJsonObject now, seen(orchestrator));
        return now;
    }
    if (path.value(2) != QLatin1String("instance") || request.method != "POST")
        return refuse(kNotFound, QStringLiteral("There is no such call"));
    if (connecting.contains(id) || orchestrator.value(kState) != kDisabled)
        return refuse(kIllegalState, QStringLiteral("The orchestrator is not disabled"));
    TRY_VALUE(const QJsonObject plugin, one("plugin", orchestrator.value(kPluginId).toString()));
    if (!plugin.value(kEnabled).toBool())
        return refuse(kPluginLoading, QStringLiteral("The orchestrator's plugin is disabled"));
    connecting.insert(id, 0);
    return QJsonValue();
}

Answered<QJsonObject> AlienSimulator::Private::seen(QJsonObject orchestrator)
{
    const QString id = orchestrator.value(QLatin1String("id")).toString();
    if (!connecting.contains(id))
        return orchestrator;
    if (++connecting[id] <= kPollsToConnect) {
        orchestrator.insert(kState, QStringLiteral("CONNECTING"));
        return orchestrator;
    }
    connecting.remove(id);
    const QString now = options.faults.contains(kStaysDisabled) ? kDisabled : kConnected;
    if (orchestrator.value(kState) != now) {
        orchestrator.insert(kState, now);
        TRY(save("orchestrator", orchestrator));
    }
    return orchestrator;
}

/// Its mappings are invented: those of the real one were never seen.
Answered<void> AlienSimulator::Private::makeIndices() const
{
    QMap<QString, QStringList> types{
        {QStringLiteral("suggestion"), {QStringLiteral("abstractsuggestionentry")}},
        {QStringLiteral("paasdeploymentlog"), {QStringLiteral("paasdeploymentlog")}}};
    for (const AlienDocument &document : inventAlien4Cloud().documents) {
        QStringList &known = types[document.index];
        if (!known.contains(document.type))
            known << document.type;
    }
    const QJsonObject mapping{
        {QStringLiteral("properties"),
         QJsonObject{{QStringLiteral("alienScore"),
                      QJsonObject{{QStringLiteral("type"), QStringLiteral("long")}}}}}};
    for (auto it = types.begin(); it != types.end(); ++it) {
        QJsonObject mappings;
        for (const QString &type : it.value())
            mappings.insert(type, mapping);
        const QByteArray place = '/' + it.key().toUtf8();
        const auto there = askLoopback(options.elasticsearchPort, "GET", place);
        if (there && there->status == 200)
            continue;
        const auto made =
            askLoopbackJson(options.elasticsearchPort, "PUT", place,
                            toJson({{QStringLiteral("settings"),
                                     QJsonObject{{QStringLiteral("number_of_shards"), 1},
                                                 {QStringLiteral("number_of_replicas"), 0}}},
                                    {QStringLiteral("mappings"), mappings}}));
        if (!made)
            return refuse(kUnknown, made.error().sentence());
    }
    return {};
}

Answered<void> AlienSimulator::Private::boot()
{
    if (options.isNew)
        TRY(makeIndices());
    TRY_VALUE(const std::vector<QJsonObject> plugins, all("plugin"));
    for (QJsonObject plugin : plugins) {
        if (!plugin.value(kEnabled).toBool() || hasFiles(plugin))
            continue;
        plugin.insert(kEnabled, false);
        TRY(save("plugin", plugin));
    }
    TRY_VALUE(const std::vector<QJsonObject> orchestrators, all("orchestrator"));
    for (QJsonObject orchestrator : orchestrators) {
        if (orchestrator.value(kState) == kDisabled)
            continue;
        const auto plugin = one("plugin", orchestrator.value(kPluginId).toString());
        if (plugin && plugin->value(kEnabled).toBool()) {
            connecting.insert(orchestrator.value(QLatin1String("id")).toString(), 0);
            continue;
        }
        orchestrator.insert(kState, kDisabled);
        TRY(save("orchestrator", orchestrator));
    }
    return {};
}

QStringList AlienSimulator::faultNames()
{
    return {kStaysDisabled};
}

AlienSimulator::AlienSimulator(Options options, QObject *parent)
    : QObject(parent), d(std::make_unique<Private>())
{
    d->options = std::move(options);
    d->server =
        std::make_unique<HttpServer>([this](const HttpRequest &request, const HttpReply &reply) {
            reply.send(d->handle(request));
        });
}

AlienSimulator::~AlienSimulator() = default;

Result<void> AlienSimulator::boot()
{
    if (const auto done = d->boot(); !done)
        return fail(ErrorCode::Failed, tr("Alien cannot start: its indices cannot be read"),
                    done.error().message, tr("Elasticsearch must run and hold them"));
    return {};
}

Result<quint16> AlienSimulator::listen(quint16 port)
{
    return d->server->listen(port);
}

} // namespace lb
