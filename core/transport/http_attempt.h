// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file_descriptor.h"
#include "core/transport/http_client.h"

#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>
#include <QIODevice>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QSslConfiguration>
#include <QTimer>
#include <QUrl>

#include <memory>
#include <optional>

namespace lb {

/// A request's body that can be read once. Qt sends a request again by itself when the connection
/// ends before the answer, also a POST, unless its body cannot be rewound.
class OnceDevice : public QIODevice
{
public:
    explicit OnceDevice(QByteArray bytes);
    explicit OnceDevice(std::unique_ptr<QIODevice> file);
    ~OnceDevice() override;
    qint64 size() const override { return m_from->size(); }
    bool seek(qint64) override { return false; }
    bool reset() override { return false; }

protected:
    qint64 readData(char *data, qint64 most) override { return m_from->read(data, most); }
    qint64 writeData(const char *, qint64) override { return -1; }

private:
    QByteArray m_bytes; ///< wiped at the end
    std::unique_ptr<QIODevice> m_from;
};

/// How one try ended.
struct HttpTry
{
    int status = 0; ///< 0: there was no answer
    QByteArray body;
    qint64 bytes = 0;
    QByteArray location, retryAfter, cookies, type;
    std::optional<Error> error;
    bool canRetry = false; ///< the connection, not the request, was at fault
};

/// One request, one answer, no redirect. Lives in the thread that runs it.
class HttpAttempt : public QObject
{
    Q_OBJECT
public:
    /// `isHome`: to the origin that secrets are meant for.
    HttpAttempt(const HttpRequest &request, const QUrl &url, const QByteArray &method, bool isHome,
                const HttpListener &listener);
    ~HttpAttempt() override;

    HttpTry run(const std::stop_token &stop);

private:
    Result<void> setTls();
    Result<void> setHeaders(QNetworkRequest &request) const;
    Result<std::unique_ptr<QIODevice>> body() const;
    void begin();
    void onMetaData();
    void onReadyRead();
    Result<void> take(const QByteArray &piece);
    void onFinished();
    Result<void> keepFile();
    void end();
    bool isGood(int status) const;
    /// Ends it with this error.
    void give(Error error, bool canRetry = false);
    Error connectionError() const;

    const HttpRequest &m_request;
    const QUrl m_url;
    const QByteArray m_method;
    const bool m_isHome;
    const HttpListener &m_listener;
    QSslConfiguration m_tls;
    QNetworkAccessManager m_manager;
    std::unique_ptr<QIODevice> m_body;
    FileDescriptor m_file;
    QByteArray m_part; ///< its name until it is whole
    QNetworkReply *m_reply = nullptr;
    QTimer m_whole, m_idle;
    QElapsedTimer m_sinceProgress;
    QEventLoop m_loop;
    QStringList m_distrust; ///< why the certificate is refused
    qint64 m_expected = -1;
    bool m_isEnded = false;
    HttpTry m_end;
};

/// The address as errors may show it.
QString shownUrl(const QUrl &url);

} // namespace lb
