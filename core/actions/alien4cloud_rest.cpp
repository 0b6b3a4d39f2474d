// SPDX-License-Identifier: GPL-3.0-or-later
// What a running Alien says of itself (sheet §3.2, §3.3 and §6.4).
#include "core/actions/answer_output.h"
#include "core/actions/elasticsearch_work.h"
#include "core/actions/http_work.h"
#include "core/base/json.h"

#include <QJsonDocument>
#include <QUrl>

namespace lb {

namespace {

LB_TRANSLATE(Alien4Cloud)

using namespace std::chrono_literals;

/// From switching on to CONNECTED.
constexpr int kConnectLooks = 150;
constexpr auto kConnectPause = 2s;
const QString kCloudify = QStringLiteral("alien-cloudify-3-orchestrator");

QString seeLog()
{
    return tr("Alien's own log says why; mend it there, then resume");
}

/// Signed in to Alien; asks only what the plan names.
class AlienSession
{
public:
    explicit AlienSession(ElasticsearchJob &job) : m_job(job) {}

    Result<void> signIn()
    {
        const ElasticsearchCall &call = m_job.call;
        TRY_VALUE(HttpRequest login, request("login"));
        TRY_VALUE(const SecretHandle password, secretOf(call.alienPassword, m_job.context));
        QByteArray form = "username=" + QUrl::toPercentEncoding(call.alienUser) + "&password=";
        password->reveal([&](QByteArrayView bytes) {
            QByteArray encoded = bytes.toByteArray().toPercentEncoding();
            form += encoded;
            wipe(encoded);
        });
        login.body = std::make_shared<const SecretString>(std::move(form));
        login.bodyType = "application/x-www-form-urlencoded";
        login.followRedirects = false;
        TRY_VALUE(HttpAnswer answer, sendHttp(login, m_job.stop));
        // Both ways it redirects; only where to says which (AuthController).
        const bool isRefused = answer.status == 401 || answer.status == 403 ||
                               answer.location.contains("authenticationfailed");
        if (isRefused || answer.cookies.isEmpty())
            return fail(isRefused ? ErrorCode::Denied : ErrorCode::Failed,
                        tr("%1 does not let %2 in").arg(call.alienUrl, call.alienUser),
                        isRefused ? QString()
                                  : tr("it gave no session (HTTP %1)").arg(answer.status),
                        tr("See alien_user and the secret alien_password"));
        m_cookie = std::make_shared<const SecretString>(std::move(answer.cookies));
        return {};
    }

    /// What the answer's `data` holds. Errors come inside of HTTP 200, too.
    Result<QJsonValue> ask(const char *purpose, const QString &doing,
                           const ElasticsearchJob::Values &values = {}, const QByteArray &body = {})
    {
        TRY_VALUE(HttpRequest asked, request(purpose, values));
        asked.headers.emplace_back("Cookie", m_cookie);
        if (!body.isEmpty()) {
            asked.body = body;
            asked.bodyType = "application/json";
        }
        TRY_VALUE(const HttpAnswer answer, sendHttp(asked, m_job.stop));
        m_job.log(QStringLiteral("%1 %2: %3")
                      .arg(QString::fromLatin1(asked.method), asked.url)
                      .arg(answer.status));
        const QJsonObject envelope = QJsonDocument::fromJson(answer.body).object();
        const QJsonValue error = envelope.value(QLatin1String("error"));
        if (error.isObject())
            return fail(ErrorCode::Failed, doing,
                        tr("%1 (code %2)")
                            .arg(error[QLatin1String("message")].toString())
                            .arg(error[QLatin1String("code")].toInt()),
                        seeLog());
        if (answer.status < 200 || answer.status >= 300)
            return fail(answer.status == 503 ? ErrorCode::Unreachable : ErrorCode::Failed, doing,
                        tr("the server answered %1").arg(answer.status), seeLog());
        return envelope.value(QLatin1String("data"));
    }

    /// Every item of a list, page by page.
    Result<QJsonArray> list(const char *kind)
    {
        QJsonArray all;
        for (;;) {
            TRY_VALUE(
                const QJsonValue data,
                ask(kind,
                    tr("Cannot read the %1 of %2").arg(QLatin1String(kind), m_job.call.alienUrl),
                    {{QStringLiteral("from"), QString::number(all.size())}}));
            const QJsonArray page = data[QLatin1String("data")].toArray();
            for (const QJsonValue item : page)
                all.append(item);
            if (page.isEmpty() || all.size() >= data[QLatin1String("totalResults")].toInt())
                return all;
        }
    }

private:
    Result<HttpRequest> request(const char *purpose,
                                const ElasticsearchJob::Values &values = {}) const
    {
        TRY_VALUE(HttpCall call, m_job.planned(purpose, values));
        call.body = TemplateText();
        TRY_VALUE(HttpRequest made, httpRequest(call, m_job.context));
        made.anyStatus = true;
        return made;
    }

    ElasticsearchJob &m_job;
    SecretHandle m_cookie;
};

QString textOf(const QJsonValue &value, const char *key)
{
    return value[QLatin1String(key)].toString();
}

/// Ids of those that were connected when the restore point was made.
QStringList onceConnected(const ElasticsearchCall &call)
{
    QStringList ids;
    for (const QJsonValue one : call.details.value(QLatin1String("orchestrators")).toArray()) {
        if (textOf(one, "state") == QLatin1String("CONNECTED"))
            ids << textOf(one, "id");
    }
    return ids;
}

/// What is there of them now; NotFound names one that is gone.
Result<QJsonArray> nowOf(AlienSession &session, const QStringList &ids)
{
    TRY_VALUE(const QJsonArray all, session.list("orchestrators"));
    QJsonArray now;
    for (const QString &id : ids) {
        const auto one = std::find_if(all.begin(), all.end(), [&](const QJsonValue &item) {
            return textOf(item, "id") == id;
        });
        if (one == all.end())
            return fail(ErrorCode::NotFound, tr("The orchestrator %1 is gone").arg(id), {},
                        tr("Alien does not know it any more: it was deleted since it was saved. "
                           "Restore again, or make it anew there"));
        now.append(*one);
    }
    return now;
}

/// What 1.2.0 demands and 1.1.0 does not have (source of alien4cloud-cloudify3-provider,
/// CloudConfiguration). The third key is of editions that show it themselves.
bool addDelays(QJsonObject &configuration)
{
    bool isChanged = false;
    const auto add = [&](const char *key, int seconds) {
        if (configuration.value(QLatin1String(key)).isDouble())
            return;
        configuration.insert(QLatin1String(key), seconds);
        isChanged = true;
    };
    add("delayBetweenDeploymentStatusPolling", 30);
    add("delayBetweenInProgressDeploymentStatusPolling", 5);
    if (configuration.contains(QLatin1String("delayBetweenLogPolling")))
        add("delayBetweenLogPolling", 2);
    return isChanged;
}

/// What was imported has no list of what was on, and a comparison with nothing would always hold.
std::optional<CallOutcome> cannotCompare(const ElasticsearchJob &job, const char *list)
{
    if (job.call.details.contains(QLatin1String(list)))
        return std::nullopt;
    CallOutcome outcome = holds(tr("Alien answers"));
    outcome.warnings << tr("The restore point does not say what was switched on and connected: "
                           "look at it in Alien");
    return outcome;
}

} // namespace

Result<CallOutcome> checkPlugins(ElasticsearchJob &job)
{
    AlienSession session(job);
    TRY(session.signIn());
    if (const auto unknown = cannotCompare(job, "plugins"))
        return *unknown;
    TRY_VALUE(const QJsonArray now, session.list("plugins"));
    QStringList off;
    int on = 0;
    for (const QJsonValue saved : job.call.details.value(QLatin1String("plugins")).toArray()) {
        if (!saved[QLatin1String("enabled")].toBool())
            continue;
        const QString id = textOf(saved, "id");
        const auto same = std::find_if(now.begin(), now.end(), [&](const QJsonValue &plugin) {
            return textOf(plugin, "id") == id;
        });
        if (same == now.end())
            off << tr("%1 is gone").arg(id);
        else if (!(*same)[QLatin1String("enabled")].toBool())
            off << tr("%1 is switched off").arg(id);
        else
            ++on;
    }
    if (!off.isEmpty())
        return fail(ErrorCode::Failed,
                    tr("%n plugin(s) not as they were saved", nullptr, int(off.size())),
                    off.join(QStringLiteral(", ")),
                    tr("Alien switches a plugin off that it cannot load, and it stays off: its log "
                       "says why. Upload it again when its files are not right"));
    return holds(tr("%n plugin(s) switched on, as saved", nullptr, on));
}

Result<CallOutcome> checkOrchestrators(ElasticsearchJob &job)
{
    AlienSession session(job);
    TRY(session.signIn());
    if (const auto unknown = cannotCompare(job, "orchestrators"))
        return *unknown;
    const QStringList ids = onceConnected(job.call);
    TRY_VALUE(const QJsonArray now, nowOf(session, ids));
    QStringList coming, off;
    for (const QJsonValue one : now) {
        const QString state = textOf(one, "state");
        const QString told =
            tr("%1 is %2", "name and state of an orchestrator").arg(textOf(one, "name"), state);
        if (state == QLatin1String("DISABLED"))
            off << told;
        else if (state != QLatin1String("CONNECTED"))
            coming << told;
    }
    if (!off.isEmpty())
        return fail(ErrorCode::Failed,
                    tr("%n orchestrator(s) switched off", nullptr, int(off.size())),
                    off.join(QStringLiteral(", ")),
                    tr("Alien switches one off that it cannot connect at its start, and it stays "
                       "off. Mend what its log says, and switch it on there"));
    if (!coming.isEmpty())
        return fail(ErrorCode::Conflict, tr("Not every orchestrator is connected yet"),
                    coming.join(QStringLiteral(", ")), seeLog());
    return holds(tr("%n orchestrator(s) connected, as saved", nullptr, int(ids.size())));
}

Result<CallOutcome> connectOrchestrators(ElasticsearchJob &job)
{
    AlienSession session(job);
    TRY(session.signIn());
    const QStringList ids = onceConnected(job.call);
    TRY_VALUE(const QJsonArray before, nowOf(session, ids));
    QStringList changed;
    for (const QJsonValue one : before) {
        const QString name = textOf(one, "name");
        const ElasticsearchJob::Values here{{QStringLiteral("id"), textOf(one, "id")}};
        if (textOf(one, "pluginId").startsWith(kCloudify)) {
            TRY_VALUE(const QJsonValue read,
                      session.ask("configuration",
                                  tr("Cannot read the configuration of %1").arg(name), here));
            QJsonObject configuration = read[QLatin1String("configuration")].toObject();
            if (addDelays(configuration)) {
                TRY(session.ask("configure", tr("Cannot configure %1").arg(name), here,
                                QJsonDocument(configuration).toJson(QJsonDocument::Compact)));
                changed << name;
            }
        }
    }
    // Alien may have given up on one before it had its settings: each is switched on once.
    QStringList switchedOn;
    for (int look = 0;; ++look) {
        TRY_VALUE(const QJsonArray now, nowOf(session, ids));
        QStringList waiting;
        for (const QJsonValue one : now) {
            const QString state = textOf(one, "state");
            if (state == QLatin1String("CONNECTED"))
                continue;
            waiting << tr("%1 is %2", "name and state of an orchestrator")
                           .arg(textOf(one, "name"), state);
            if (state != QLatin1String("DISABLED"))
                continue;
            const QString id = textOf(one, "id");
            if (switchedOn.contains(id))
                return fail(ErrorCode::Failed,
                            tr("Alien cannot connect %1").arg(textOf(one, "name")), {},
                            tr("Its log says why: usually the address or the password of the "
                               "manager. Mend it there, then resume"));
            switchedOn << id;
            TRY(session.ask("enable", tr("Cannot switch on %1").arg(textOf(one, "name")),
                            {{QStringLiteral("id"), id}}));
        }
        if (waiting.isEmpty())
            break;
        if (look == kConnectLooks)
            return fail(ErrorCode::TimedOut, tr("Not every orchestrator is connected"),
                        waiting.join(QStringLiteral(", ")), seeLog());
        job.report({0, -1, ids.size() - waiting.size(), ids.size()});
        TRY(job.pause(kConnectPause));
    }
    CallOutcome outcome = holds(tr("%n orchestrator(s) connected", nullptr, int(ids.size())));
    outcome.outputs.insert(QStringLiteral("configured"), toJsonArray(changed));
    outcome.outputs.insert(QStringLiteral("switched_on"), toJsonArray(switchedOn));
    return outcome;
}

} // namespace lb
