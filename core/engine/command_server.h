// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/runner/messages.h"

#include <QLocalServer>
#include <QLocalSocket>
#include <QTimer>

#include <functional>

namespace lb {

/// The runner's end of the run's socket: JSON lines, events out, commands in. Main thread. Any
/// number of front ends; one that does not read is dropped, never waited for. The socket is made
/// anew when it vanishes.
class CommandServer : public QObject
{
    Q_OBJECT
public:
    /// What a command brings: nothing, or why not.
    using Handler = std::function<Result<void>(const RunCommand &)>;

    CommandServer(QString run, Handler handler, QObject *parent);
    Result<QString> listen(); ///< the socket's path
    /// The message every new front end gets first.
    void setHello(std::function<RunnerMessage()> hello) { m_hello = std::move(hello); }
    void send(const RunnerMessage &message);
    void close();

Q_SIGNALS:
    void moved(const QString &socket);

private:
    void onConnection();
    void onReadable(QLocalSocket *client);
    void dropIfStuck(QLocalSocket *client);

    QString m_run, m_path;
    Handler m_handler;
    std::function<RunnerMessage()> m_hello;
    QLocalServer m_server;
    QList<QLocalSocket *> m_clients;
    QTimer m_watch;
};

} // namespace lb
