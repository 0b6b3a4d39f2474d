// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/http_server.h"

#include <QHttpServerRequest>
#include <QTcpServer>
#include <QTimer>

namespace lb::practice {

namespace {

LB_TRANSLATE(Practice)

QByteArray reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 202:
        return "Accepted";
    case 204:
        return "No Content";
    case 302:
        return "Found";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 415:
        return "Unsupported Media Type";
    case 429:
        return "Too Many Requests";
    case 503:
        return "Service Unavailable";
    default:
        return status < 500 ? "Unknown" : "Internal Server Error";
    }
}

QByteArray methodName(QHttpServerRequest::Method method)
{
    switch (method) {
    case QHttpServerRequest::Method::Get:
        return "GET";
    case QHttpServerRequest::Method::Put:
        return "PUT";
    case QHttpServerRequest::Method::Post:
        return "POST";
    case QHttpServerRequest::Method::Delete:
        return "DELETE";
    case QHttpServerRequest::Method::Patch:
        return "PATCH";
    case QHttpServerRequest::Method::Head:
        return "HEAD";
    default:
        return "OTHER";
    }
}

/// RFC 9110 8.6: no length where there can be no body.
QByteArray written(const HttpAnswer &answer)
{
    QByteArray all =
        "HTTP/1.1 " + QByteArray::number(answer.status) + ' ' + reason(answer.status) + "\r\n";
    if (answer.status != 204)
        all += "Content-Type: " + answer.type +
               "\r\nContent-Length: " + QByteArray::number(answer.body.size()) + "\r\n";
    for (const auto &[key, value] : answer.headers)
        all += key + ": " + value + "\r\n";
    return all + "\r\n" + answer.body;
}

HttpRequest decoded(const QHttpServerRequest &request)
{
    HttpRequest plain;
    plain.method = methodName(request.method());
    const QByteArray path = request.url().path(QUrl::FullyEncoded).toUtf8();
    for (const QByteArray &segment : path.split('/')) {
        if (!segment.isEmpty())
            plain.path << QString::fromUtf8(QByteArray::fromPercentEncoding(segment));
    }
    plain.target = path;
    if (request.url().hasQuery())
        plain.target += '?' + request.url().query(QUrl::FullyEncoded).toUtf8();
    plain.query = QUrlQuery(request.url());
    plain.headers = request.headers();
    plain.body = request.body();
    return plain;
}

} // namespace

QString HttpRequest::parameter(const char *name, const QString &otherwise) const
{
    const QString key = QString::fromLatin1(name);
    return query.hasQueryItem(key) ? query.queryItemValue(key, QUrl::FullyDecoded) : otherwise;
}

QByteArray HttpRequest::header(QByteArrayView name) const
{
    for (const auto &[key, value] : headers) {
        if (key.compare(name, Qt::CaseInsensitive) == 0)
            return value;
    }
    return {};
}

void HttpReply::send(const HttpAnswer &answer) const
{
    if (m_socket && m_socket->isOpen())
        m_socket->write(written(answer));
}

void HttpReply::drip(const HttpAnswer &answer, std::chrono::milliseconds pause) const
{
    if (!m_socket || !m_socket->isOpen())
        return;
    const QByteArray all = written(answer);
    const qsizetype head = all.size() - answer.body.size();
    m_socket->write(all.left(head));
    auto *timer = new QTimer(m_socket);
    timer->setInterval(pause);
    QObject::connect(timer, &QTimer::timeout, m_socket,
                     [socket = m_socket.data(), timer, body = answer.body, at = 0]() mutable {
                         if (at >= body.size() || !socket->isOpen())
                             return timer->deleteLater();
                         socket->write(body.mid(at++, 1));
                         socket->flush();
                     });
    timer->start();
}

void HttpReply::cut() const
{
    // Later: the server is still reading from it.
    if (m_socket)
        QMetaObject::invokeMethod(m_socket.data(), &QAbstractSocket::abort, Qt::QueuedConnection);
}

HttpServer::HttpServer(Handler handler, QObject *parent)
    : QAbstractHttpServer(parent), m_handler(std::move(handler))
{
}

Result<quint16> HttpServer::listen(quint16 port)
{
    auto *server = new QTcpServer(this);
    if (!server->listen(QHostAddress::LocalHost, port)) {
        const QString why = server->errorString();
        delete server;
        return fail(ErrorCode::Conflict, tr("Cannot listen on port %1 of 127.0.0.1").arg(port), why,
                    tr("Choose another with --port"));
    }
    bind(server);
    return server->serverPort();
}

bool HttpServer::handleRequest(const QHttpServerRequest &request, QTcpSocket *socket)
{
    m_handler(decoded(request), HttpReply(socket));
    return true;
}

void HttpServer::missingHandler(const QHttpServerRequest &, QTcpSocket *) {}

} // namespace lb::practice
