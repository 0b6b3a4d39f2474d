// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/transport/http_attempt.h"

#include "core/base/atomic_file.h"
#include "core/base/format.h"

#include <QBuffer>
#include <QFileInfo>
#include <QNetworkProxy>
#include <QSslCertificate>
#include <QSslError>
#include <QSslKey>

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Http)

using namespace std::chrono_literals;

constexpr qint64 kCertificateLimit = 4 * 1024 * 1024;
/// Of an answer that is an error only so much is read: its words are quoted.
constexpr qint64 kErrorBody = 64 * 1024;

bool isHeaderText(const QByteArray &text)
{
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

QByteArray revealed(const SecretHandle &secret)
{
    return secret->reveal([](QByteArrayView bytes) { return bytes.toByteArray(); });
}

Result<QList<QSslCertificate>> certificates(const QString &file)
{
    TRY_VALUE(const QByteArray content, readWholeFile(file, kCertificateLimit));
    const QList<QSslCertificate> found = QSslCertificate::fromData(content, QSsl::Pem);
    if (found.isEmpty())
        return fail(ErrorCode::BadInput, tr("%1 holds no certificate in PEM form").arg(file));
    return found;
}

Result<QSslKey> privateKey(const QString &file)
{
    TRY_VALUE(QByteArray content, readWholeFile(file, kCertificateLimit));
    QSslKey key;
    for (const QSsl::KeyAlgorithm kind : {QSsl::Rsa, QSsl::Ec, QSsl::Dsa}) {
        if (key.isNull())
            key = QSslKey(content, kind, QSsl::Pem, QSsl::PrivateKey);
    }
    wipe(content);
    if (key.isNull())
        return fail(ErrorCode::BadInput,
                    tr("%1 holds no private key that can be read without a passphrase").arg(file));
    return key;
}

} // namespace

QString shownUrl(const QUrl &url)
{
    return displayText(
        url.toDisplayString(QUrl::RemoveUserInfo | QUrl::RemoveQuery | QUrl::RemoveFragment));
}

OnceDevice::OnceDevice(QByteArray bytes)
    : m_bytes(std::move(bytes)), m_from(std::make_unique<QBuffer>(&m_bytes))
{
    m_from->open(QIODevice::ReadOnly);
    open(QIODevice::ReadOnly | QIODevice::Unbuffered);
}

OnceDevice::OnceDevice(std::unique_ptr<QIODevice> file) : m_from(std::move(file))
{
    open(QIODevice::ReadOnly | QIODevice::Unbuffered);
}

OnceDevice::~OnceDevice()
{
    m_from.reset();
    wipe(m_bytes);
}

HttpAttempt::HttpAttempt(const HttpRequest &request, const QUrl &url, const QByteArray &method,
                         bool isHome, const HttpListener &listener)
    : m_request(request), m_url(url), m_method(method), m_isHome(isHome), m_listener(listener)
{
    m_manager.setProxy(QNetworkProxy::NoProxy);
    for (QTimer *timer : {&m_whole, &m_idle})
        timer->setSingleShot(true);
    connect(&m_whole, &QTimer::timeout, this, [this] {
        give({ErrorCode::TimedOut,
              tr("%1 took longer than %2").arg(shownUrl(m_url), formatDuration(m_request.timeout)),
              tr("%1 had come until then").arg(formatSize(m_end.bytes)),
              {}});
    });
    connect(&m_idle, &QTimer::timeout, this, [this] {
        give({ErrorCode::TimedOut,
              tr("%1 said nothing for %2").arg(shownUrl(m_url), formatDuration(m_request.idle)),
              tr("%1 had come until then").arg(formatSize(m_end.bytes)),
              {}});
    });
}

HttpAttempt::~HttpAttempt()
{
    if (m_reply) {
        m_reply->disconnect(this);
        m_reply->abort();
        delete m_reply;
    }
    // What did not become the whole file is nothing.
    if (m_file.isOpen())
        ::unlink(m_part.constData());
}

HttpTry HttpAttempt::run(const std::stop_token &stop)
{
    const std::stop_callback onStop(stop, [this] {
        QMetaObject::invokeMethod(
            this,
            [this] {
                give({ErrorCode::Cancelled,
                      tr("The request to %1 was stopped").arg(shownUrl(m_url)),
                      {},
                      {}});
            },
            Qt::QueuedConnection);
    });
    if (const auto ready = setTls(); !ready)
        give(ready.error());
    else
        begin();
    if (!m_isEnded)
        m_loop.exec();
    return m_end;
}

Result<void> HttpAttempt::setTls()
{
    m_tls = QSslConfiguration::defaultConfiguration();
    m_tls.setProtocol(QSsl::TlsV1_2OrLater);
    m_tls.setPeerVerifyMode(QSslSocket::VerifyPeer);
    if (!m_request.caFile.isEmpty()) {
        TRY_VALUE(const QList<QSslCertificate> trusted, certificates(m_request.caFile));
        m_tls.setCaCertificates(trusted);
    }
    if (m_isHome && !m_request.clientCertificate.isEmpty()) {
        TRY_VALUE(const QList<QSslCertificate> chain, certificates(m_request.clientCertificate));
        TRY_VALUE(const QSslKey key, privateKey(m_request.clientKey));
        m_tls.setLocalCertificateChain(chain);
        m_tls.setPrivateKey(key);
    }
    return {};
}

Result<void> HttpAttempt::setHeaders(QNetworkRequest &request) const
{
    request.setHeader(QNetworkRequest::UserAgentHeader, QStringLiteral("lifeboat"));
    // Only of what comes as it is can the length be compared; and no bomb can be in it.
    request.setRawHeader("Accept-Encoding", "identity");
    if (m_body && !m_request.bodyType.isEmpty())
        request.setRawHeader("Content-Type", m_request.bodyType);
    else if (m_body)
        request.setRawHeader("Content-Type", "application/octet-stream");
    for (const auto &[name, value] : m_request.headers) {
        if (!m_isHome && name.compare("accept", Qt::CaseInsensitive) != 0)
            continue;
        const auto *secret = std::get_if<SecretHandle>(&value);
        QByteArray text = secret ? revealed(*secret) : std::get<QByteArray>(value);
        if (!isHeaderText(text) || !isHeaderText(name)) {
            wipe(text);
            return fail(
                ErrorCode::BadInput,
                tr("The value of the header %1 holds a line break").arg(QString::fromLatin1(name)));
        }
        request.setRawHeader(name, text);
    }
    if (!m_isHome)
        return {};
    QByteArray sign;
    if (m_request.password) {
        QByteArray pair = m_request.user.toUtf8() + ':' + revealed(m_request.password);
        sign = "Basic " + pair.toBase64();
        wipe(pair);
    } else if (m_request.bearer) {
        sign = "Bearer " + revealed(m_request.bearer);
    }
    if (!isHeaderText(sign))
        return fail(ErrorCode::BadInput, tr("The token holds a line break"), {},
                    tr("Set it again: lifeboat-cli secrets set"));
    if (!sign.isEmpty())
        request.setRawHeader("Authorization", sign);
    return {};
}

Result<std::unique_ptr<QIODevice>> HttpAttempt::body() const
{
    const bool takesBody = m_method != "GET" && m_method != "HEAD";
    if (!takesBody)
        return std::unique_ptr<QIODevice>();
    if (!m_request.fromFile.isEmpty()) {
        auto file = std::make_unique<QFile>(m_request.fromFile);
        if (!file->open(QIODevice::ReadOnly | QIODevice::Unbuffered))
            return fail(ErrorCode::NotFound, tr("Cannot read %1").arg(m_request.fromFile),
                        file->errorString());
        return std::unique_ptr<QIODevice>(std::make_unique<OnceDevice>(std::move(file)));
    }
    const auto *secret = std::get_if<SecretHandle>(&m_request.body);
    QByteArray bytes = secret ? revealed(*secret) : std::get<QByteArray>(m_request.body);
    bytes.detach(); // it is wiped
    // A DELETE without a body has none; POST, PUT and PATCH always have one.
    if (bytes.isEmpty() && m_method == "DELETE")
        return std::unique_ptr<QIODevice>();
    return std::unique_ptr<QIODevice>(std::make_unique<OnceDevice>(std::move(bytes)));
}

void HttpAttempt::begin()
{
    QNetworkRequest request(m_url);
    request.setAttribute(QNetworkRequest::RedirectPolicyAttribute,
                         QNetworkRequest::ManualRedirectPolicy);
    request.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::AuthenticationReuseAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::CacheLoadControlAttribute,
                         QNetworkRequest::AlwaysNetwork);
    request.setAttribute(QNetworkRequest::CacheSaveControlAttribute, false);
    request.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
    request.setSslConfiguration(m_tls);
    auto made = body();
    if (!made) {
        give(made.error());
        return;
    }
    m_body = std::move(*made);
    if (const auto set = setHeaders(request); !set) {
        give(set.error());
        return;
    }
    m_whole.start(m_request.timeout);
    m_idle.start(m_request.idle);
    m_reply = m_manager.sendCustomRequest(request, m_method, m_body.get());
    // A server that is faster than we are waits; the answer is not heaped up in memory.
    m_reply->setReadBufferSize(1024 * 1024);
    connect(m_reply, &QNetworkReply::sslErrors, this, [this](const QList<QSslError> &errors) {
        for (const QSslError &error : errors)
            m_distrust << error.errorString();
    });
    connect(m_reply, &QNetworkReply::uploadProgress, this, [this] { m_idle.start(); });
    connect(m_reply, &QNetworkReply::metaDataChanged, this, &HttpAttempt::onMetaData);
    connect(m_reply, &QNetworkReply::readyRead, this, &HttpAttempt::onReadyRead);
    connect(m_reply, &QNetworkReply::finished, this, &HttpAttempt::onFinished);
}

bool HttpAttempt::isGood(int status) const
{
    return m_request.success.isEmpty() ? status >= 200 && status < 300
                                       : m_request.success.contains(status);
}

void HttpAttempt::onMetaData()
{
    m_idle.start();
    m_end.status = m_reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    m_end.location = m_reply->rawHeader("Location");
    m_end.type = m_reply->rawHeader("Content-Type");
    m_end.retryAfter = m_reply->rawHeader("Retry-After");
    for (const QByteArray &cookie : m_reply->rawHeader("Set-Cookie").split('\n')) {
        const QByteArray pair = cookie.left(cookie.indexOf(';')).trimmed();
        if (pair.contains('='))
            m_end.cookies += (m_end.cookies.isEmpty() ? QByteArray() : QByteArray("; ")) + pair;
    }
    bool ok = false;
    const qint64 length = m_reply->rawHeader("Content-Length").toLongLong(&ok);
    m_expected = ok && length >= 0 ? length : -1;
    if (!isGood(m_end.status))
        return;
    const QByteArray encoding = m_reply->rawHeader("Content-Encoding").toLower();
    if (!encoding.isEmpty() && encoding != "identity" && m_request.toFile.isEmpty())
        give({ErrorCode::Unsupported,
              tr("%1 sent its answer compressed (%2) although it was asked not to")
                  .arg(shownUrl(m_url), displayBytes(encoding)),
              {},
              tr("Let it go to a file: it is kept as it comes")});
    else if (m_expected > m_request.maxSize && m_method != "HEAD")
        give({ErrorCode::BadInput,
              tr("The answer of %1 is larger than %2")
                  .arg(shownUrl(m_url), formatSize(m_request.maxSize)),
              tr("it would be %1").arg(formatSize(m_expected)), tr("max_size allows more")});
    else if (!m_request.toFile.isEmpty() && m_expected < 0 &&
             !m_reply->rawHeader("Transfer-Encoding").toLower().contains("chunked"))
        give({ErrorCode::Unsupported,
              tr("%1 does not say how long its answer is").arg(shownUrl(m_url)),
              {},
              tr("A file that was cut off could not be told from a whole one")});
}

void HttpAttempt::onReadyRead()
{
    if (m_isEnded)
        return;
    m_idle.start();
    while (!m_isEnded && m_reply->bytesAvailable() > 0) {
        if (const auto taken = take(m_reply->read(256 * 1024)); !taken)
            give(taken.error());
    }
    if (m_listener.progress && !m_isEnded &&
        (!m_sinceProgress.isValid() || m_sinceProgress.elapsed() > 100)) {
        m_sinceProgress.start();
        m_listener.progress(m_end.bytes, m_expected);
    }
}

Result<void> HttpAttempt::take(const QByteArray &piece)
{
    m_end.bytes += piece.size();
    if (!isGood(m_end.status) && !m_request.anyStatus) {
        m_end.body += piece.left(std::max<qint64>(kErrorBody - m_end.body.size(), 0));
        if (m_end.body.size() >= kErrorBody)
            end();
        return {};
    }
    if (m_end.bytes > m_request.maxSize)
        return fail(ErrorCode::BadInput,
                    tr("The answer of %1 is larger than %2")
                        .arg(shownUrl(m_url), formatSize(m_request.maxSize)),
                    {}, tr("max_size allows more"));
    if (m_request.toFile.isEmpty() || !isGood(m_end.status)) {
        m_end.body += piece;
        return {};
    }
    if (!m_file.isOpen()) {
        // A link that somebody put there is not followed; what a killed run left is used again.
        m_part = QFile::encodeName(m_request.toFile) + ".part";
        m_file = FileDescriptor(::open(
            m_part.constData(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!m_file.isOpen())
            return failErrno(tr("Cannot write %1").arg(QFile::decodeName(m_part)), errno);
    }
    for (QByteArrayView rest = piece; !rest.isEmpty();) {
        const ssize_t written = ::write(m_file.get(), rest.data(), size_t(rest.size()));
        if (written < 0 && errno != EINTR)
            return failErrno(tr("Cannot write %1").arg(QFile::decodeName(m_part)), errno);
        rest = rest.sliced(std::max<qsizetype>(written, 0));
    }
    return {};
}

Error HttpAttempt::connectionError() const
{
    const QNetworkReply::NetworkError kind = m_reply->error();
    QString words = displayText(m_reply->errorString());
    const bool isTls = kind == QNetworkReply::SslHandshakeFailedError ||
                       words.contains(QLatin1String("alert"), Qt::CaseInsensitive);
    if (!m_distrust.isEmpty())
        return {ErrorCode::Denied,
                tr("The certificate of %1 is not to be trusted").arg(shownUrl(m_url)),
                m_distrust.join(QStringLiteral("; ")),
                tr("Nothing was sent. Look whether it is the right server; the key “ca” names the "
                   "certificates to trust")};
    if (isTls)
        return {ErrorCode::Denied,
                tr("%1 does not agree to an encrypted connection").arg(shownUrl(m_url)), words,
                m_request.clientCertificate.isEmpty() ? tr("It may want a client certificate")
                                                      : QString()};
    if (kind == QNetworkReply::ProtocolFailure || kind == QNetworkReply::ProtocolUnknownError ||
        kind == QNetworkReply::ProtocolInvalidOperationError)
        return {ErrorCode::Failed,
                tr("%1 does not speak HTTP as it should").arg(shownUrl(m_url)),
                words,
                {}};
    if (m_end.status != 0)
        return {ErrorCode::Unreachable,
                tr("The answer of %1 was cut off").arg(shownUrl(m_url)),
                m_expected >= 0
                    ? tr("%1 of %2 came").arg(formatSize(m_end.bytes), formatSize(m_expected))
                    : tr("%1 came").arg(formatSize(m_end.bytes)),
                {}};
    // Qt could not send it a second time: the connection ended before the answer.
    if (kind == QNetworkReply::ContentReSendError)
        words = tr("the connection ended before there was an answer");
    return {ErrorCode::Unreachable, tr("%1 cannot be reached").arg(shownUrl(m_url)), words,
            m_body ? tr("If the request had arrived, it is not known what became of it")
                   : QString()};
}

void HttpAttempt::onFinished()
{
    if (m_isEnded)
        return;
    onReadyRead();
    if (m_isEnded)
        return;
    const QNetworkReply::NetworkError kind = m_reply->error();
    // What Qt makes of a status of 400 and more is an answer, whole or cut.
    const bool isStatusError = m_end.status >= 400 && kind >= QNetworkReply::ContentAccessDenied &&
                               kind <= QNetworkReply::UnknownServerError &&
                               kind != QNetworkReply::ProtocolFailure &&
                               kind != QNetworkReply::ContentReSendError;
    // It got these whole, and rewinds the body for them even when it is told not to follow.
    const bool isRedirect =
        (m_end.status == 307 || m_end.status == 308) && kind == QNetworkReply::ContentReSendError;
    if (kind != QNetworkReply::NoError && !isStatusError && !isRedirect) {
        const Error error = connectionError();
        give(error, error.code == ErrorCode::Unreachable);
        return;
    }
    if (m_expected >= 0 && m_end.bytes != m_expected && m_method != "HEAD" && m_end.status != 204 &&
        m_end.status != 304 && isGood(m_end.status)) {
        give(connectionError(), true);
        return;
    }
    if (const auto kept = keepFile(); !kept) {
        give(kept.error());
        return;
    }
    end();
}

void HttpAttempt::end()
{
    m_isEnded = true;
    m_loop.quit();
}

Result<void> HttpAttempt::keepFile()
{
    if (m_request.toFile.isEmpty() || !isGood(m_end.status))
        return {};
    if (!m_file.isOpen())
        TRY(take({})); // an empty answer is an empty file
    const QByteArray name = QFile::encodeName(m_request.toFile);
    if (::fsync(m_file.get()) != 0)
        return failErrno(tr("Cannot write %1").arg(m_request.toFile), errno);
    // Never over something that came there meanwhile.
    if (::renameat2(AT_FDCWD, m_part.constData(), AT_FDCWD, name.constData(), RENAME_NOREPLACE) !=
        0)
        return failErrno(tr("Cannot give %1 its name").arg(m_request.toFile), errno);
    m_file.reset();
    return syncFolder(QFileInfo(m_request.toFile).absolutePath());
}

void HttpAttempt::give(Error error, bool canRetry)
{
    if (m_isEnded)
        return;
    m_end.error = std::move(error);
    m_end.canRetry = canRetry;
    end();
}

} // namespace lb
