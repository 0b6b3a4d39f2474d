// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/redactor.h"
#include "core/base/secret_string.h"

#include <QByteArray>
#include <QList>
#include <QString>

#include <chrono>
#include <functional>
#include <stop_token>
#include <utility>
#include <variant>
#include <vector>

namespace lb {

/// A value that may be a secret.
using HttpValue = std::variant<QByteArray, SecretHandle>;

/// One request as it is to be sent. Everything that may be a secret goes to this address's scheme,
/// host and port only, whatever redirects say.
struct HttpRequest
{
    QByteArray method = "GET";
    QString url;
    std::vector<std::pair<QByteArray, HttpValue>> headers;
    HttpValue body;
    QByteArray bodyType; ///< Content-Type, unless the headers have one
    QString fromFile;    ///< the body is this file, streamed
    QString caFile;      ///< only these certificates are trusted; empty: the system's
    QString clientCertificate, clientKey;
    QString user;
    SecretHandle password, bearer;
    std::chrono::milliseconds timeout{60'000}; ///< one try, from the first byte to the last
    std::chrono::milliseconds idle{30'000};    ///< without a byte either way
    QList<int> success;                        ///< empty: 200 to 299
    bool anyStatus = false; ///< a question: every status is an answer, and nothing is tried again
    bool followRedirects = true;
    QString toFile; ///< a new file; a cut answer never gets its name
    qint64 maxSize = 64 * 1024 * 1024;
    int tries = 4; ///< of GET, HEAD, PUT and DELETE; others are never sent twice but when
    bool isRepeatable = false; ///< it is said that a second one does nothing that one does not
    /// 429 says that nothing was done: any method is sent again then.
    bool isRefusalRepeatable = false;
    std::chrono::milliseconds wait{1'000};         ///< before the second try; then twice as long
    std::chrono::milliseconds longestWait{60'000}; ///< however long Retry-After asks for
    const Redactor *redactor = nullptr;            ///< of what errors quote
};

struct HttpAnswer
{
    int status = 0;
    QByteArray body; ///< empty when it went to a file
    qint64 bytes = 0;
    QByteArray location; ///< where a redirect leads that was not followed
    QByteArray cookies;  ///< as a Cookie header wants them; may be a secret
    QByteArray type;     ///< Content-Type
};

/// What a caller may want to hear meanwhile, in its own thread.
struct HttpListener
{
    std::function<void(qint64 done, qint64 total)> progress; ///< total -1: unknown
    std::function<void(const QString &line)> note;           ///< tries and redirects, for the log
};

/// Sends it and waits for the answer; for worker threads. Follows at most 5 redirects: to another
/// origin only to read, and with nothing of ours but Accept; never from https to http. Uses no
/// proxy, cookies, cache or environment. Errors are sorted by the answer's status and quote the
/// server's words; addresses in them have no user and no query.
Result<HttpAnswer> sendHttp(const HttpRequest &request, const std::stop_token &stop = {},
                            const HttpListener &listener = {});

} // namespace lb
