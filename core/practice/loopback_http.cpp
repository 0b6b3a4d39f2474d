// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/loopback_http.h"

#include "core/base/json.h"

#include <QHostAddress>
#include <QTcpSocket>

namespace lb::practice {

namespace {

LB_TRANSLATE(Practice)

constexpr int kLimitMs = 20'000;

/// -1 while the head is not complete or says nothing of a length.
qsizetype wholeSize(const QByteArray &received)
{
    const qsizetype head = received.indexOf("\r\n\r\n");
    if (head < 0)
        return -1;
    if (received.startsWith("HTTP/1.1 204"))
        return head + 4; // never has a body, nor a length
    for (const QByteArray &line : received.left(head).split('\n')) {
        if (line.toLower().startsWith("content-length:"))
            return head + 4 + line.mid(15).trimmed().toLongLong();
    }
    return -1;
}

} // namespace

Result<LoopbackAnswer> askLoopback(quint16 port, const QByteArray &method, const QByteArray &path,
                                   const QByteArray &body)
{
    const QString what = tr("%1 %2 on port %3")
                             .arg(QString::fromLatin1(method), QString::fromLatin1(path))
                             .arg(port);
    QTcpSocket socket;
    socket.connectToHost(QHostAddress(QHostAddress::LocalHost), port);
    if (!socket.waitForConnected(kLimitMs))
        return fail(ErrorCode::Unreachable, tr("%1 was not answered").arg(what),
                    socket.errorString());
    socket.write(method + ' ' + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + QByteArray::number(port) +
                 "\r\nConnection: close\r\n" + kAsideHeader + ": 1\r\n" +
                 (body.isEmpty() ? "" : "Content-Type: application/json\r\n") +
                 "Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body);
    QByteArray received;
    while (wholeSize(received) < 0 || received.size() < wholeSize(received)) {
        if (socket.bytesAvailable() == 0 && !socket.waitForReadyRead(kLimitMs))
            break;
        received += socket.readAll();
    }
    const qsizetype head = received.indexOf("\r\n\r\n");
    if (!received.startsWith("HTTP/1.") || head < 0 || received.size() < wholeSize(received))
        return fail(ErrorCode::Failed, tr("%1 got no whole answer").arg(what),
                    socket.errorString());
    return LoopbackAnswer{received.mid(9, 3).toInt(), received.mid(head + 4)};
}

Result<QJsonObject> askLoopbackJson(quint16 port, const QByteArray &method, const QByteArray &path,
                                    const QByteArray &body)
{
    TRY_VALUE(const LoopbackAnswer answer, askLoopback(port, method, path, body));
    const QString what = QString::fromLatin1(method + ' ' + path);
    if (answer.status < 200 || answer.status > 299)
        return fail(answer.status == 404 ? ErrorCode::NotFound : ErrorCode::Failed,
                    tr("%1 was answered with %2").arg(what).arg(answer.status),
                    QString::fromUtf8(answer.body.left(500)));
    return parseJsonObject(answer.body, what);
}

} // namespace lb::practice
