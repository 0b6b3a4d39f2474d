// SPDX-License-Identifier: GPL-3.0-or-later
// A runner without an engine: real journal, real lock, real socket, no work. As `--runner` it takes
// an order as the real one does; as `--client` it is a front end that starts a runner, says its id
// and waits to be killed.
//
// The runbook's id is its script: it waits for go, then makes kSteps steps; at `hangs` it stops in
// the middle and never goes on, so that a test can kill it there.
#include "core/base/clock.h"
#include "core/base/paths.h"
#include "core/journal/journal.h"
#include "core/journal/run_folder.h"
#include "core/runner/runner_client.h"

#include <QCoreApplication>
#include <QFile>
#include <QJsonDocument>
#include <QLocalServer>
#include <QLocalSocket>
#include <QTimer>

#include <cstdio>
#include <memory>

namespace {

using namespace lb;

constexpr int kSteps = 40;

class FakeRunner : public QObject
{
public:
    int run()
    {
        QFile in;
        if (!in.open(0, QIODevice::ReadOnly))
            return 1;
        const auto order = RunnerOrder::fromLine(in.readAll().trimmed());
        if (!order)
            return refuse(order.error());
        m_run = order->start ? order->start->id : order->resume;
        if (const auto begun = begin(*order); !begun)
            return refuse(begun.error());
        RunnerGreeting greeting;
        greeting.run = m_run;
        greeting.socket = m_server.fullServerName();
        std::fputs(greeting.toLine().constData(), stdout);
        std::fflush(stdout);
        return QCoreApplication::exec();
    }

private:
    static int refuse(const Error &error)
    {
        RunnerGreeting greeting;
        greeting.error = error;
        std::fputs(greeting.toLine().constData(), stdout);
        return 0;
    }

    Result<void> begin(const RunnerOrder &order)
    {
        JournalContent content;
        if (order.start) {
            TRY_VALUE(const RunFolder made, RunFolder::create(m_run));
            TRY_VALUE(RunLock lock, made.lock());
            m_lock.emplace(std::move(lock));
            TRY_VALUE(m_journal, Journal::create(made.path()));
        } else {
            const RunFolder folder = RunFolder::of(m_run);
            TRY_VALUE(RunLock lock, folder.lock());
            m_lock.emplace(std::move(lock));
            TRY_VALUE(m_journal, Journal::open(folder.path(), &content));
        }
        for (const RunEvent &event : content.events)
            m_state.apply(event);
        connect(m_journal.get(), &Journal::durable, this,
                [this](const RunEvent &, const QByteArray &line) { tell(line); });
        connect(&m_server, &QLocalServer::newConnection, this, [this] { greet(); });
        TRY_VALUE(const QString folder, paths::runtimeFolder());
        m_server.listen(folder + QLatin1Char('/') + m_run.value() +
                        QStringLiteral(".%1").arg(QCoreApplication::applicationPid()));
        if (order.start)
            write(EventKind::RunRequested, {},
                  {{QStringLiteral("format"), 1},
                   {QStringLiteral("request"), order.start->toJson()}});
        write(EventKind::RunnerStarted, {},
              {{QStringLiteral("runner"), ProcessIdentity::self().toJson()},
               {QStringLiteral("host"), currentHostName()},
               {QStringLiteral("socket"), m_server.fullServerName()}});
        if (m_state.go)
            QTimer::singleShot(0, this, [this] { nextStep(); });
        else
            write(EventKind::RunReady);
        return {};
    }

    void write(EventKind kind, const QString &step = {}, const QJsonObject &data = {})
    {
        RunEvent event;
        event.kind = kind;
        event.step = step;
        event.attempt = step.isEmpty() ? 0 : 1;
        event.data = data;
        const auto written = m_journal->appendSynced(event);
        if (!written)
            QCoreApplication::exit(1);
        else
            m_state.apply(*written);
    }

    void nextStep()
    {
        const int done = int(m_state.stepOrder.size());
        if (done >= kSteps) {
            write(EventKind::RunEnded, {},
                  {{QStringLiteral("state"), QStringLiteral("succeeded")}});
            QTimer::singleShot(0, this, [] { QCoreApplication::quit(); });
            return;
        }
        if (m_state.request.runbookId == QLatin1String("hangs") && done == kSteps / 2 &&
            !m_state.pauseRequested)
            return;
        const QString step = QStringLiteral("step%1").arg(done);
        write(EventKind::StepIntended, step);
        write(EventKind::StepSucceeded, step);
        RunnerMessage message;
        message.kind = RunnerMessage::Kind::Progress;
        message.progress.step = step;
        message.progress.itemsDone = done;
        send(message);
        QTimer::singleShot(1, this, [this] { nextStep(); });
    }

    void greet()
    {
        QLocalSocket *client = m_server.nextPendingConnection();
        m_clients << client;
        connect(client, &QLocalSocket::disconnected, this, [this, client] {
            m_clients.removeAll(client);
            client->deleteLater();
        });
        connect(client, &QLocalSocket::readyRead, this, [this, client] { obey(client); });
        RunnerMessage hello;
        hello.seq = m_state.lastSeq;
        hello.cancelLeaves = QStringLiteral("nothing");
        client->write(hello.toLine());
    }

    void obey(QLocalSocket *client)
    {
        while (client->canReadLine()) {
            const auto command = RunCommand::fromLine(client->readLine().trimmed());
            RunnerMessage reply;
            reply.kind = RunnerMessage::Kind::Reply;
            if (!command) {
                reply.error = command.error();
            } else {
                reply.replyTo = command->id;
                if (command->kind == CommandKind::Go && m_state.go) {
                    reply.error =
                        Error{ErrorCode::Conflict, QStringLiteral("it goes already"), {}, {}};
                } else if (command->kind == CommandKind::Go) {
                    write(EventKind::Go, {}, command->go.toJson());
                    QTimer::singleShot(0, this, [this] { nextStep(); });
                } else if (command->kind == CommandKind::Pause) {
                    write(EventKind::PauseRequested);
                    QTimer::singleShot(0, this, [this] { nextStep(); });
                }
            }
            client->write(reply.toLine());
        }
    }

    void tell(const QByteArray &line)
    {
        RunnerMessage message;
        message.kind = RunnerMessage::Kind::Event;
        message.line = QJsonDocument::fromJson(line).object();
        send(message);
    }

    void send(const RunnerMessage &message)
    {
        for (QLocalSocket *client : std::as_const(m_clients))
            client->write(message.toLine());
    }

    RunId m_run;
    RunState m_state;
    std::optional<RunLock> m_lock;
    std::unique_ptr<Journal> m_journal;
    QLocalServer m_server;
    QList<QLocalSocket *> m_clients;
};

int client()
{
    RunRequest request;
    request.id = newRunId();
    request.runbookId = QStringLiteral("plain");
    request.at = utcNow();
    RunnerOrder order;
    order.start = request;
    auto *owner = new QObject(QCoreApplication::instance());
    onDone(owner, launchRunner(QCoreApplication::applicationFilePath(), order),
           [](const Result<RunnerGreeting> &greeting) {
               std::printf("%s\n", greeting ? qPrintable(greeting->run.value())
                                            : qPrintable(greeting.error().sentence()));
               std::fflush(stdout);
           });
    return QCoreApplication::exec();
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList words = QCoreApplication::arguments();
    if (words.value(1) == QLatin1String("--client"))
        return client();
    return FakeRunner().run();
}
