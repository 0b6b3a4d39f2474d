// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/command_server.h"

#include "core/base/paths.h"

#include <QFile>

namespace lb {

namespace {

LB_TRANSLATE(Engine)

constexpr qint64 kMaxUnread = 16 * 1024 * 1024;
constexpr qint64 kMaxCommand = 1024 * 1024;

} // namespace

CommandServer::CommandServer(QString run, Handler handler, QObject *parent)
    : QObject(parent), m_run(std::move(run)), m_handler(std::move(handler))
{
    m_server.setSocketOptions(QLocalServer::UserAccessOption);
    connect(&m_server, &QLocalServer::newConnection, this, &CommandServer::onConnection);
    // Logging out takes the runtime folder away with everything in it.
    m_watch.setInterval(2000);
    connect(&m_watch, &QTimer::timeout, this, [this] {
        if (QFile::exists(m_path))
            return;
        m_server.close();
        if (const auto path = listen())
            Q_EMIT moved(*path);
    });
}

Result<QString> CommandServer::listen()
{
    TRY_VALUE(const QString folder, paths::runtimeFolder());
    m_path = folder + QLatin1Char('/') + m_run + QStringLiteral(".sock");
    QLocalServer::removeServer(m_path); // of a runner that was killed; we hold the run's lock
    if (!m_server.listen(m_path))
        return fail(ErrorCode::Failed, tr("Cannot listen on %1").arg(m_path),
                    m_server.errorString());
    m_watch.start();
    return m_path;
}

void CommandServer::close()
{
    m_watch.stop();
    for (QLocalSocket *client : std::as_const(m_clients)) {
        client->flush();
        client->disconnectFromServer();
    }
    m_server.close();
}

void CommandServer::send(const RunnerMessage &message)
{
    if (m_clients.isEmpty())
        return;
    const QByteArray line = message.toLine();
    const QList<QLocalSocket *> clients = m_clients;
    for (QLocalSocket *client : clients) {
        client->write(line);
        dropIfStuck(client);
    }
}

void CommandServer::dropIfStuck(QLocalSocket *client)
{
    // It finds everything in the journal when it comes back.
    if (client->bytesToWrite() > kMaxUnread)
        client->abort();
}

void CommandServer::onConnection()
{
    while (QLocalSocket *client = m_server.nextPendingConnection()) {
        m_clients << client;
        connect(client, &QLocalSocket::readyRead, this, [this, client] { onReadable(client); });
        connect(client, &QLocalSocket::disconnected, this, [this, client] {
            m_clients.removeAll(client);
            client->deleteLater();
        });
        client->write(m_hello().toLine());
    }
}

void CommandServer::onReadable(QLocalSocket *client)
{
    while (client->canReadLine()) {
        const QByteArray line = client->readLine();
        const auto command = RunCommand::fromLine(line);
        RunnerMessage reply;
        reply.kind = RunnerMessage::Kind::Reply;
        if (command) {
            reply.replyTo = command->id;
            const auto done = m_handler(*command);
            if (!done)
                reply.error = done.error();
            reply.cancelLeaves = m_hello().cancelLeaves;
        } else {
            reply.error = command.error();
        }
        client->write(reply.toLine());
    }
    if (client->bytesAvailable() > kMaxCommand)
        client->abort();
}

} // namespace lb
