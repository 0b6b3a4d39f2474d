// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/ibm_world.h"

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/practice/loopback_http.h"

#include <QDateTime>
#include <QTimer>

namespace lb {

namespace {

using namespace practice;
using namespace practice::ibm;
using namespace std::chrono_literals;

constexpr int kSlowAnswerMs = 100;
constexpr auto kDrip = 5ms;
/// The oldest are forgotten.
constexpr size_t kLongestLog = 20'000;

/// What a value is, without saying it.
QJsonObject digested(const QJsonObject &property)
{
    const QString value = textOf(property, "value");
    QJsonObject told = property;
    told.remove(QStringLiteral("value"));
    told.insert(QStringLiteral("is_set"), !value.isEmpty());
    told.insert(QStringLiteral("value_sha256"), QString::fromLatin1(Sha256::hex(value.toUtf8())));
    return told;
}

QJsonObject withoutFiles(QJsonObject project)
{
    const QJsonObject branches = objectOf(project, "branches");
    QJsonObject files;
    for (auto it = branches.begin(); it != branches.end(); ++it)
        files.insert(it.key(), toJsonArray(objectOf(it.value().toObject(), "files").keys()));
    project.remove(QStringLiteral("branches"));
    project.insert(QStringLiteral("files"), files);
    return project;
}

QJsonArray listed(const World &world, const char *kind, QJsonObject (*shown)(QJsonObject) = nullptr)
{
    QJsonArray all;
    for (const QJsonObject &document : world.list(kind))
        all << (shown ? shown(document) : document);
    return all;
}

QJsonObject tellState(const World &world)
{
    QJsonArray properties, tools;
    for (const QJsonObject &property : world.list(kProperties))
        properties << digested(property);
    for (QJsonObject tool : world.list(kTools)) {
        tool.insert(QStringLiteral("state"), settledState(world, tool));
        tools << tool;
    }
    return object({{"toolchains", listed(world, kToolchains)},
                   {"tools", tools},
                   {"pipelines", listed(world, kPipelines)},
                   {"properties", properties},
                   {"definitions", listed(world, kDefinitions)},
                   {"triggers", listed(world, kTriggers)},
                   {"runs", listed(world, kRuns)},
                   {"projects", listed(world, kProjects, withoutFiles)},
                   {"git_tokens", listed(world, kGitTokens)},
                   {"faults", toJsonArray(world.options().faults)}});
}

using Calls = Handled (*)(World &, const Call &);

/// The faults of whatever the public APIs make, but runs: each kind once, or all of them.
Handled making(World &world, const Call &call, Calls calls)
{
    const QString kind = call.path.isEmpty() ? QString() : call.path.last();
    if (!call.is("POST") || call.path.contains(QLatin1String("pipeline_runs")))
        return calls(world, call);
    const auto isFirst = [&](const char *fault) {
        return world.has(fault) && world.count(QLatin1String(fault) + QLatin1Char(' ') + kind) == 1;
    };
    if (isFirst("api-429-first")) {
        auto refused = refuseApi(429, "too_many_requests", QStringLiteral("Slow down"));
        refused.value().answer.headers << HeaderLines::value_type{"Retry-After", "1"};
        return refused;
    }
    if (isFirst("api-500-first"))
        return refuseApi(500, "internal_error", QStringLiteral("Something went wrong"));
    if (isFirst("api-cut-before-creating-first"))
        return Response{{}, Response::Way::Cut};
    const Handled made = calls(world, call);
    if (made && world.has("api-cut-after-creating"))
        return Response{{}, Response::Way::Cut};
    return made;
}

struct LoggedRequest
{
    QByteArray method, target;
    QStringList headers; ///< names only: values may be secrets
    int status = 0;      ///< 0: not answered, or cut
    qint64 start = 0, end = 0;
};

} // namespace

struct IbmSimulator::Private
{
    explicit Private(Options options) : world(std::move(options)) {}

    void answer(const HttpRequest &request, const HttpReply &reply, size_t number);
    Handled route(const HttpRequest &request);
    Handled regional(Call call);
    Handled control(const Call &call);
    Handled fillClassic(const QJsonObject &wanted);
    Handled push(const QJsonObject &wanted);
    QJsonArray requests() const;

    World world;
    std::vector<LoggedRequest> log;
    size_t forgotten = 0; ///< requests that are not in the log any more
    quint16 port = 0;
    std::unique_ptr<HttpServer> server;
};

QJsonArray IbmSimulator::Private::requests() const
{
    QJsonArray all;
    for (const LoggedRequest &request : log)
        all << object({{"method", QString::fromLatin1(request.method)},
                       {"target", QString::fromLatin1(request.target)},
                       {"headers", toJsonArray(request.headers)},
                       {"status", request.status},
                       {"start_ms", request.start},
                       {"end_ms", request.end}});
    return all;
}

Handled IbmSimulator::Private::fillClassic(const QJsonObject &wanted)
{
    const QString pipeline = textOf(wanted, "pipeline");
    const QJsonObject values = objectOf(wanted, "properties");
    for (auto it = values.begin(); it != values.end(); ++it) {
        const QString id = pipeline + QLatin1Char('/') + it.key();
        QJsonObject property = world.find(kProperties, id);
        if (property.isEmpty())
            return refuseApi(404, "not_found", id);
        property.insert(QStringLiteral("value"), it.value());
        world.put(kProperties, id, property);
    }
    return noContent();
}

/// `git push` of every branch of a repository into the one of the same path in another region.
Handled IbmSimulator::Private::push(const QJsonObject &wanted)
{
    const QString path = textOf(wanted, "path");
    const QJsonObject from = findProject(world, textOf(wanted, "from"), path);
    QJsonObject to = findProject(world, textOf(wanted, "to"), path);
    if (from.isEmpty() || to.isEmpty())
        return refuseApi(404, "not_found", path);
    to.insert(QStringLiteral("branches"), from.value(QLatin1String("branches")));
    world.put(kProjects, projectId(to), to);
    return noContent();
}

Handled IbmSimulator::Private::control(const Call &call)
{
    if (call.matches("GET", {"requests"}))
        return json(object({{"requests", requests()}}));
    if (call.matches("GET", {"state"}))
        return json(tellState(world));
    TRY_VALUE(const QJsonObject body, jsonBody(call.request));
    if (call.matches("POST", {"faults"})) {
        const QStringList faults = toStringList(body.value(QLatin1String("faults")));
        for (const QString &fault : faults) {
            if (!faultNames().contains(fault))
                return refuseApi(400, "bad_request", fault);
        }
        world.setFaults(faults);
        world.setLatency(body.value(QLatin1String("latency_ms")).toInt());
        const QJsonObject aim = objectOf(body, "aim");
        world.setAim({textOf(aim, "method").toLatin1(), textOf(aim, "path").toLatin1(),
                      aim.value(QLatin1String("skip")).toInt(),
                      aim.value(QLatin1String("times")).toInt()});
        return noContent();
    }
    if (call.matches("POST", {"git-tokens"})) {
        const QString token = makeGitToken(world, textOf(body, "region"),
                                           QStringLiteral("practice"), textOf(body, "scopes"));
        return json(object({{"token", token}}), 201);
    }
    if (call.matches("POST", {"push"}))
        return push(body);
    if (call.matches("POST", {"classic"}))
        return fillClassic(body);
    return notPlayed(call.request);
}

/// What has the region in its host name; here it begins the path.
Handled IbmSimulator::Private::regional(Call call)
{
    const QString service = call.at(0) + QLatin1Char('/') + call.at(1);
    if (call.path.size() < 2 || regionState(call.region) == RegionState::Gone)
        return notPlayed(call.request);
    call.path.remove(0, 2);
    if (service == QLatin1String("api/v4"))
        return gitlabCalls(world, call);
    if (service == QLatin1String("-/user_settings"))
        return gitTokenPage(world, call);
    if (service == QLatin1String("toolchain/v2"))
        return withApiFaults(world, call, [](World &its, const Call &asked) {
            return making(its, asked, toolchainCalls);
        });
    if (service == QLatin1String("pipeline/v2"))
        return withApiFaults(world, call, [](World &its, const Call &asked) {
            return making(its, asked, pipelineCalls);
        });
    return notPlayed(call.request);
}

Handled IbmSimulator::Private::route(const HttpRequest &request)
{
    Call call{request, regionOf(request.parameter("env_id")), request.path,
              QStringLiteral("http://127.0.0.1:%1").arg(port)};
    if (call.path.isEmpty())
        return notPlayed(request);
    const bool isRegional = regionState(call.at(0)) != RegionState::Unknown;
    if (isRegional)
        call.region = call.at(0);
    if (world.has("region-lost") && call.region == world.options().sourceRegion)
        return refuse(html("<h1>503 Service Unavailable</h1>", 503));
    const QString first = call.path.takeFirst();
    if (isRegional)
        return regional(call);
    if (first == QLatin1String("-"))
        return control(call);
    if (first == QLatin1String("identity") || first == QLatin1String("v1"))
        return iamCalls(world, call);
    if (first == QLatin1String("v3"))
        return searchCalls(world, call);
    if (first == QLatin1String("devops"))
        return consoleCalls(world, call);
    if (first == QLatin1String("login"))
        return html("<h1>Log in to IBM Cloud</h1>");
    return notPlayed(request);
}

void IbmSimulator::Private::answer(const HttpRequest &request, const HttpReply &reply,
                                   size_t number)
{
    const Handled handled = route(request);
    Response response = handled ? *handled : handled.error();
    if (const auto saved = world.save(); !saved)
        response = html(saved.error().sentence().toUtf8(), 500);
    if (number >= forgotten && number - forgotten < log.size()) {
        LoggedRequest &logged = log[number - forgotten];
        logged.status = response.way == Response::Way::Cut ? 0 : response.answer.status;
        logged.end = QDateTime::currentMSecsSinceEpoch();
    }
    switch (response.way) {
    case Response::Way::Whole:
        reply.send(response.answer);
        break;
    case Response::Way::Drip:
        reply.drip(response.answer, kDrip);
        break;
    case Response::Way::Cut:
        reply.cut();
        break;
    }
}

QStringList IbmSimulator::faultNames()
{
    static const char *const names[] = {"iam-429-first",
                                        "iam-429-always",
                                        "iam-bad-key",
                                        "token-expires-soon",
                                        "pipeline-401",
                                        "pipeline-403-html",
                                        "pipeline-empty",
                                        "pipeline-null",
                                        "pipeline-drip",
                                        "pipeline-html-200",
                                        "toolchain-302-login",
                                        "toolchain-html",
                                        "toolchain-404",
                                        "slow-answers",
                                        "deploy-400",
                                        "deploy-302",
                                        "deploy-cut-after-creating",
                                        "deploy-cut-before-creating",
                                        "deploy-shows-late",
                                        "deploy-ignores-execute-false",
                                        "deploy-ignores-disabled",
                                        "api-429-first",
                                        "api-500-first",
                                        "api-cut-before-creating-first",
                                        "api-cut-after-creating",
                                        "api-refuses-empty-secrets",
                                        "tools-stay-configuring",
                                        "tools-misconfigured",
                                        "git-delayed-deletion",
                                        "git-commit-refused",
                                        "git-commit-corrupt",
                                        "git-token-lacks-scope",
                                        "git-token-expired",
                                        "git-project-name-taken",
                                        "mirror-lagging",
                                        "mirror-error",
                                        "no-oauth-grant",
                                        "search-empty",
                                        "duplicate-name-in-target",
                                        "first-run-succeeds",
                                        "patch-ignored",
                                        "secret-not-kept",
                                        "revoke-ignored",
                                        "region-lost",
                                        "api-401",
                                        "api-429",
                                        "api-500",
                                        "api-html",
                                        "api-empty",
                                        "api-drip",
                                        "api-cut-before",
                                        "api-cut-after"};
    QStringList all;
    for (const char *name : names)
        all << QString::fromLatin1(name);
    return all;
}

IbmSimulator::IbmSimulator(Options options, QObject *parent)
    : QObject(parent), d(std::make_unique<Private>(std::move(options)))
{
    d->server =
        std::make_unique<HttpServer>([this](const HttpRequest &request, const HttpReply &reply) {
            const bool isAside = request.path.value(0) == QLatin1String("-");
            if (isAside)
                return d->answer(request, reply, size_t(-1));
            QStringList headers;
            for (const auto &[name, value] : request.headers)
                headers << QString::fromLatin1(name).toLower();
            if (d->log.size() >= kLongestLog) {
                d->log.erase(d->log.begin());
                ++d->forgotten;
            }
            d->log.push_back({request.method, request.target, headers, 0,
                              QDateTime::currentMSecsSinceEpoch(), 0});
            const size_t number = d->forgotten + d->log.size() - 1;
            const int wait =
                d->world.options().latencyMs + (d->world.has("slow-answers") ? kSlowAnswerMs : 0);
            if (wait == 0)
                return d->answer(request, reply, number);
            QTimer::singleShot(
                wait, this, [this, request, reply, number] { d->answer(request, reply, number); });
        });
}

IbmSimulator::~IbmSimulator() = default;

Result<quint16> IbmSimulator::listen(quint16 port)
{
    TRY(d->world.load());
    TRY(d->world.save());
    TRY_VALUE(d->port, d->server->listen(port));
    return d->port;
}

} // namespace lb
