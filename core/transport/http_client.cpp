// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/transport/http_client.h"

#include "core/base/format.h"
#include "core/transport/http_attempt.h"

#include <QFileInfo>
#include <QLocale>

#include <array>
#include <condition_variable>
#include <mutex>

namespace lb {

namespace {

LB_TRANSLATE(Http)

using namespace std::chrono_literals;

constexpr int kMostRedirects = 5;
constexpr qsizetype kQuoted = 2048;

struct StatusCode
{
    int status;
    ErrorCode code;
};
constexpr std::array kCodes{
    StatusCode{400, ErrorCode::BadInput},    StatusCode{401, ErrorCode::Denied},
    StatusCode{403, ErrorCode::Denied},      StatusCode{404, ErrorCode::NotFound},
    StatusCode{408, ErrorCode::TimedOut},    StatusCode{409, ErrorCode::Conflict},
    StatusCode{410, ErrorCode::NotFound},    StatusCode{412, ErrorCode::Conflict},
    StatusCode{413, ErrorCode::BadInput},    StatusCode{415, ErrorCode::BadInput},
    StatusCode{422, ErrorCode::BadInput},    StatusCode{423, ErrorCode::Conflict},
    StatusCode{429, ErrorCode::Unreachable}, StatusCode{501, ErrorCode::Unsupported},
    StatusCode{502, ErrorCode::Unreachable}, StatusCode{503, ErrorCode::Unreachable},
    StatusCode{504, ErrorCode::Unreachable}, StatusCode{507, ErrorCode::NoSpace}};

ErrorCode codeOf(int status)
{
    for (const StatusCode &known : kCodes) {
        if (known.status == status)
            return known.code;
    }
    return ErrorCode::Failed;
}

bool asksForPatience(int status)
{
    return status == 429 || (status >= 502 && status <= 504);
}

bool isRedirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool isIdempotent(const QByteArray &method)
{
    return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE";
}

bool sameOrigin(const QUrl &a, const QUrl &b)
{
    const auto port = [](const QUrl &url) {
        return url.port(url.scheme() == QLatin1String("https") ? 443 : 80);
    };
    return a.scheme() == b.scheme() && a.host() == b.host() && port(a) == port(b);
}

Result<QUrl> parsedUrl(const QString &text)
{
    const QUrl url(text, QUrl::StrictMode);
    const bool isHttp =
        url.scheme() == QLatin1String("http") || url.scheme() == QLatin1String("https");
    if (!url.isValid() || !isHttp || url.host().isEmpty())
        return fail(ErrorCode::BadInput, tr("%1 is no address of HTTP").arg(shownUrl(url)));
    if (!url.userInfo().isEmpty())
        return fail(ErrorCode::BadInput,
                    tr("The address of %1 holds a user or password").arg(shownUrl(url)));
    return url;
}

/// The server's first words as plain text, secrets taken out. What could be the beginning of a
/// secret that was cut off at the end is left out.
QString quoted(const QByteArray &body, const Redactor *redactor)
{
    QByteArray text = body;
    if (redactor && !redactor->isEmpty())
        text = RedactorStream(*redactor).push(body);
    const QByteArray begin = text.trimmed().left(14).toLower();
    if (begin.startsWith("<!doctype html") || begin.startsWith("<html"))
        return tr("with a web page");
    text.truncate(kQuoted);
    return displayText(QString::fromUtf8(text).trimmed(), true);
}

Error statusError(const HttpTry &answer, const QUrl &url, const QByteArray &method,
                  const Redactor *redactor)
{
    return {codeOf(answer.status),
            tr("%1 answered %2 to %3")
                .arg(shownUrl(url))
                .arg(answer.status)
                .arg(QString::fromLatin1(method)),
            quoted(answer.body, redactor),
            {}};
}

/// Seconds, or an HTTP date.
std::optional<std::chrono::milliseconds> retryAfter(const QByteArray &text)
{
    bool ok = false;
    const qint64 seconds = text.trimmed().toLongLong(&ok);
    if (ok)
        return seconds < 0 ? std::nullopt
                           : std::optional(std::chrono::milliseconds(
                                 std::min<qint64>(seconds, 1'000'000) * 1000));
    QDateTime date = QLocale::c().toDateTime(QString::fromLatin1(text.trimmed()),
                                             QStringLiteral("ddd, dd MMM yyyy hh:mm:ss 'GMT'"));
    if (!date.isValid())
        return std::nullopt;
    date.setTimeSpec(Qt::UTC);
    return std::chrono::milliseconds(
        std::max<qint64>(QDateTime::currentDateTimeUtc().msecsTo(date), 0));
}

/// False when a stop was asked for meanwhile.
bool waited(std::chrono::milliseconds time, const std::stop_token &stop)
{
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

/// Where a request goes on, or why it does not.
struct Place
{
    QUrl url;
    QByteArray method;
    bool isHome = true;
};

Result<Place> redirected(const Place &from, const HttpTry &answer, const HttpRequest &request)
{
    const QUrl to = from.url.resolved(QUrl(QString::fromUtf8(answer.location), QUrl::StrictMode));
    const QString both = tr("%1 points to %2").arg(shownUrl(from.url), shownUrl(to));
    if (answer.location.isEmpty() || !parsedUrl(to.toString()))
        return fail(ErrorCode::Failed,
                    tr("%1 points to no address of HTTP").arg(shownUrl(from.url)));
    if (from.url.scheme() == QLatin1String("https") && to.scheme() == QLatin1String("http"))
        return fail(ErrorCode::Denied, both, tr("from an encrypted to an open connection"),
                    tr("It was not followed"));
    Place next{to, from.method, from.isHome && sameOrigin(from.url, to)};
    // As browsers and curl do it.
    const bool becomesGet = answer.status == 303 || (answer.status <= 302 && from.method == "POST");
    if (becomesGet && from.method != "HEAD")
        next.method = "GET";
    const bool reads = next.method == "GET" || next.method == "HEAD";
    if (!next.isHome && !reads)
        return fail(ErrorCode::Denied, both,
                    tr("%1 would change something on another server than that of the plan")
                        .arg(QString::fromLatin1(request.method)),
                    tr("It was not followed"));
    return next;
}

/// Tries one place until it answers or there were enough tries.
class Sender
{
public:
    Sender(const HttpRequest &request, const std::stop_token &stop, const HttpListener &listener)
        : m_request(request), m_stop(stop), m_listener(listener)
    {
    }

    HttpTry ask(const Place &place)
    {
        const int tries = m_request.anyStatus ? 1 : m_request.tries;
        std::chrono::milliseconds next = m_request.wait;
        for (int n = 1;; ++n) {
            HttpAttempt attempt(m_request, place.url, place.method, place.isHome, m_listener);
            HttpTry end = attempt.run(m_stop);
            note(place, end);
            const bool again =
                end.error ? end.canRetry
                          : asksForPatience(end.status) && !m_request.success.contains(end.status);
            if (!again || n >= tries || !mayRepeat(place, end))
                return end;
            const auto wait = std::min(std::max(next, retryAfter(end.retryAfter).value_or(next)),
                                       m_request.longestWait);
            if (m_listener.note)
                m_listener.note(tr("Try %1 of %2 follows in %3")
                                    .arg(n + 1)
                                    .arg(tries)
                                    .arg(formatDuration(wait)));
            if (!waited(wait, m_stop))
                return end;
            next *= 2;
        }
    }

private:
    bool mayRepeat(const Place &place, const HttpTry &end) const
    {
        const bool isRefused = !end.error && end.status == 429 && m_request.isRefusalRepeatable;
        return isIdempotent(place.method) || m_request.isRepeatable || isRefused;
    }
    void note(const Place &place, const HttpTry &end) const
    {
        if (!m_listener.note)
            return;
        const QString asked =
            QString::fromLatin1(place.method) + QLatin1Char(' ') + shownUrl(place.url);
        m_listener.note(end.error ? tr("%1: %2").arg(asked, end.error->sentence())
                                  : tr("%1: answered %2 with %3")
                                        .arg(asked)
                                        .arg(end.status)
                                        .arg(formatSize(end.bytes)));
    }

    const HttpRequest &m_request;
    const std::stop_token &m_stop;
    const HttpListener &m_listener;
};

} // namespace

Result<HttpAnswer> sendHttp(const HttpRequest &request, const std::stop_token &stop,
                            const HttpListener &listener)
{
    TRY_VALUE(const QUrl url, parsedUrl(request.url));
    if (!request.toFile.isEmpty() && QFileInfo::exists(request.toFile))
        return fail(ErrorCode::Conflict, tr("%1 is there already").arg(request.toFile), {},
                    tr("Nothing was sent. Move it away, or name another file"));
    Sender sender(request, stop, listener);
    Place place{url, request.method, true};
    for (int redirects = 0;; ++redirects) {
        const HttpTry end = sender.ask(place);
        if (stop.stop_requested())
            return fail(ErrorCode::Cancelled,
                        tr("The request to %1 was stopped").arg(shownUrl(place.url)));
        if (end.error)
            return tl::unexpected(*end.error);
        const bool isGood = request.success.isEmpty() ? end.status >= 200 && end.status < 300
                                                      : request.success.contains(end.status);
        if (!isGood && request.followRedirects && isRedirect(end.status)) {
            if (redirects == kMostRedirects)
                return fail(ErrorCode::Failed,
                            tr("%1 leads to more than %n redirect(s)", nullptr, kMostRedirects)
                                .arg(shownUrl(url)));
            TRY_VALUE(place, redirected(place, end, request));
            continue;
        }
        if (!isGood && !request.anyStatus)
            return tl::unexpected(statusError(end, place.url, place.method, request.redactor));
        return HttpAnswer{end.status, end.body, end.bytes, end.location, end.cookies, end.type};
    }
}

} // namespace lb
