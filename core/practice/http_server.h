// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QAbstractHttpServer>
#include <QByteArray>
#include <QPointer>
#include <QStringList>
#include <QTcpSocket>
#include <QUrlQuery>

#include <chrono>
#include <functional>

namespace lb::practice {

using HeaderLines = QList<QPair<QByteArray, QByteArray>>;

struct HttpRequest
{
    QByteArray method;
    QByteArray target; ///< path and query as they came
    QStringList path;  ///< decoded, without empty segments
    QUrlQuery query;
    HeaderLines headers;
    QByteArray body;

    /// A parameter of the query, decoded; `otherwise` when it is not there.
    QString parameter(const char *name, const QString &otherwise = {}) const;
    /// The first header of that name in any case; empty when there is none.
    QByteArray header(QByteArrayView name) const;
};

struct HttpAnswer
{
    int status = 200;
    QByteArray body;
    QByteArray type = "application/json; charset=UTF-8";
    HeaderLines headers; ///< beside type and length
};

/// Where one answer goes; may be kept and used later, once, from the server's thread. A client that
/// has gone meanwhile is no error.
class HttpReply
{
public:
    explicit HttpReply(QTcpSocket *socket) : m_socket(socket) {}
    void send(const HttpAnswer &answer) const;
    /// The head, then the body a byte at a time.
    void drip(const HttpAnswer &answer, std::chrono::milliseconds pause) const;
    /// Ends the connection without a word, as a proxy or a network that gives up does.
    void cut() const;

private:
    QPointer<QTcpSocket> m_socket;
};

/// HTTP on 127.0.0.1 alone. One handler gets every request and answers at once or later. It writes
/// its answers itself: QHttpServerResponder of Qt 6.4 keeps a bare pointer to a socket that may
/// have gone by the time of a late answer. Main thread.
class HttpServer : public QAbstractHttpServer
{
public:
    using Handler = std::function<void(const HttpRequest &, const HttpReply &)>;

    explicit HttpServer(Handler handler, QObject *parent = nullptr);

    /// Port 0 takes a free one. The port; Conflict when it is taken.
    Result<quint16> listen(quint16 port);

protected:
    bool handleRequest(const QHttpServerRequest &request, QTcpSocket *socket) override;
    void missingHandler(const QHttpServerRequest &request, QTcpSocket *socket) override;

private:
    Handler m_handler;
};

} // namespace lb::practice
