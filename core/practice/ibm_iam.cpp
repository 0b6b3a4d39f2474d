// SPDX-License-Identifier: GPL-3.0-or-later
// IAM (systems/ibm-toolchain.md §2.2) and the global search (§7.5).
#include "core/practice/ibm_world.h"

#include <QDateTime>
#include <QRegularExpression>

namespace lb::practice::ibm {

namespace {

constexpr int kLifeSeconds = 3600;
constexpr int kDefaultLimit = 10;

tl::unexpected<Response> refuseIam(int status, const char *code, const char *message)
{
    return refuse(json(object({{"errorCode", code}, {"errorMessage", message}}), status));
}

tl::unexpected<Response> tooMany()
{
    auto refused = refuseIam(429, "BXNIM0453E", "You have exceeded the user based rate limit");
    refused.value().answer.headers << HeaderLines::value_type{"Retry-After", "1"};
    return refused;
}

Handled giveToken(World &world, const Call &call)
{
    const int attempt = world.count(QStringLiteral("token"));
    if (world.has("iam-429-always") || (world.has("iam-429-first") && attempt == 1))
        return tooMany();
    const QMap<QString, QString> form = formOf(call.request);
    if (form.value(QStringLiteral("grant_type")) !=
        QLatin1String("urn:ibm:params:oauth:grant-type:apikey"))
        return refuseIam(400, "BXNIM0106E", "Property missing or unsupported: grant_type");
    if (world.has("iam-bad-key") || form.value(QStringLiteral("apikey")) != world.options().apiKey)
        return refuseIam(400, "BXNIM0415E", "Provided API key could not be found.");
    const QString token = QStringLiteral("practice-access-") + newId();
    const qint64 expiration = QDateTime::currentSecsSinceEpoch() + kLifeSeconds;
    world.put(kAccess, token, object({{"expiration", expiration}}));
    return json(object({{"access_token", token},
                        {"refresh_token", "not_supported"},
                        {"token_type", "Bearer"},
                        {"expires_in", kLifeSeconds},
                        {"expiration", expiration},
                        {"scope", "ibm openid"}}));
}

Handled tellKey(World &world, const Call &call)
{
    if (!world.isAuthorised(call.request))
        return refuseIam(401, "BXNIM0407E", "The token is not valid or has expired.");
    if (QString::fromUtf8(call.request.header("iam-apikey")) != world.options().apiKey)
        return refuseIam(404, "BXNIM0415E", "Provided API key could not be found.");
    return json(object({{"id", "ApiKey-practice"},
                        {"iam_id", "IBMid-000000AAAA"},
                        {"account_id", world.options().account},
                        {"name", "practice"}}));
}

/// What a toolchain or another resource is found by: the query's `key:value` terms.
QJsonObject searchable(const QJsonObject &toolchain)
{
    return object(
        {{"type", "toolchain"},
         {"service_name", "toolchain"},
         {"name", textOf(toolchain, "name")},
         {"region", textOf(toolchain, "location")},
         {"crn", textOf(toolchain, "crn")},
         {"doc", object({{"id", textOf(toolchain, "id")},
                         {"guid", textOf(toolchain, "id")},
                         {"name", textOf(toolchain, "name")},
                         {"state", "ACTIVE"},
                         {"region_id", textOf(toolchain, "location")},
                         {"created_at", textOf(toolchain, "created_at")},
                         {"resource_group_id", textOf(toolchain, "resource_group_id")}})}});
}

struct Term
{
    QString key, value;
};

std::vector<Term> termsOf(const QString &text)
{
    static const QRegularExpression term(
        QStringLiteral("([\\w.]+):(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s()]+))"));
    std::vector<Term> terms;
    auto found = term.globalMatch(text);
    while (found.hasNext()) {
        const auto match = found.next();
        QString value = match.captured(2).isEmpty() ? match.captured(3) : match.captured(2);
        value.replace(QLatin1String("\\\""), QLatin1String("\""));
        terms.push_back({match.captured(1), value});
    }
    return terms;
}

bool fits(const QJsonObject &item, const Term &term)
{
    const bool isInner = term.key.startsWith(QLatin1String("doc."));
    const QJsonObject place = isInner ? objectOf(item, "doc") : item;
    return place.value(isInner ? term.key.mid(4) : term.key).toString() == term.value;
}

/// The few forms of the query language that §7.5 shows: terms joined by AND, and one group in
/// parentheses joined by OR.
bool fits(const QJsonObject &item, const QString &query)
{
    const qsizetype open = query.indexOf(QRegularExpression(QStringLiteral("\\([\\w.]+:")));
    const qsizetype close = open < 0 ? -1 : query.indexOf(QLatin1Char(')'), open);
    QString all = query;
    std::vector<Term> any;
    if (close > open) {
        any = termsOf(query.mid(open + 1, close - open - 1));
        all.remove(open, close - open + 1);
    }
    const std::vector<Term> needed = termsOf(all);
    const auto has = [&](const Term &term) { return fits(item, term); };
    return std::all_of(needed.begin(), needed.end(), has) &&
           (any.empty() || std::any_of(any.begin(), any.end(), has));
}

} // namespace

Handled iamCalls(World &world, const Call &call)
{
    if (call.matches("POST", {"token"}))
        return giveToken(world, call);
    if (call.matches("GET", {"apikeys", "details"}))
        return tellKey(world, call);
    return notPlayed(call.request);
}

Handled searchCalls(World &world, const Call &call)
{
    if (!call.matches("POST", {"resources", "search"}))
        return notPlayed(call.request);
    if (!world.isAuthorised(call.request))
        return refuseApi(401, "unauthorized", QStringLiteral("The token is not valid"));
    if (call.request.parameter("account_id", world.options().account) != world.options().account)
        return refuseApi(403, "forbidden", QStringLiteral("Not a member of that account"));
    TRY_VALUE(const QJsonObject body, jsonBody(call.request));
    const QString query = textOf(body, "query");
    std::vector<QJsonObject> items = world.list(kFacts);
    for (const QJsonObject &toolchain : visibleToolchains(world))
        items.push_back(searchable(toolchain));
    // The API's own paging: `search_cursor` says where to go on.
    const int limit = call.request.parameter("limit", QString::number(kDefaultLimit)).toInt();
    const int from = textOf(body, "search_cursor").toInt();
    QJsonArray shown;
    int number = 0;
    QJsonObject answer;
    for (const QJsonObject &item : items) {
        if (world.has("search-empty") || !fits(item, query) || number++ < from)
            continue;
        if (shown.size() == limit) {
            answer.insert(QStringLiteral("search_cursor"), QString::number(from + limit));
            break;
        }
        shown << item;
    }
    answer.insert(QStringLiteral("items"), shown);
    answer.insert(QStringLiteral("limit"), limit);
    return json(answer);
}

} // namespace lb::practice::ibm
