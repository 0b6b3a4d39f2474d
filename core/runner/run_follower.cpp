// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_file.h"
#include "core/base/process_identity.h"
#include "core/journal/journal_reader.h"
#include "core/journal/run_folder.h"
#include "core/runner/read_run.h"
#include "core/runner/runner_client.h"

#include <QHash>
#include <QLocalSocket>
#include <QPromise>
#include <QTimer>
#include <QtConcurrentRun>

#include <memory>

namespace lb {

namespace {

LB_TRANSLATE(RunFollower)

using namespace std::chrono_literals;

/// How soon a runner that appears, or dies without a word, is seen.
constexpr auto kLook = 500ms;
/// The runner may tell of an event just before the line can be read.
constexpr auto kLookAgain = 10ms;
constexpr auto kStatusEvery = 500ms;
constexpr int kReplyLimitMs = 30'000;

Async<void> ready(Result<void> result)
{
    QPromise<Result<void>> promise;
    promise.start();
    promise.addResult(std::move(result));
    promise.finish();
    return promise.future();
}

tl::unexpected<Error> noRunner(const RunId &run)
{
    return fail(ErrorCode::Unreachable, tr("Nobody works on run %1").arg(run.value()),
                tr("its runner has ended"), tr("“runs resume %1” goes on").arg(run.value()));
}

using Poll = Result<std::vector<JournalLine>>;

} // namespace

/// The journal alone says what happened, so each event comes once and in order whatever the socket
/// does; the socket says when to look, carries progress and takes commands.
struct RunFollower::Private : public QObject
{
    Private(RunFollower *follower, const RunId &id)
        : q(follower), run(id), tail(std::make_shared<JournalTail>(RunFolder::of(id).journalFile()))
    {
        look.setInterval(kLook);
        again.setSingleShot(true);
        statusSoon.setSingleShot(true);
        connect(&statusSoon, &QTimer::timeout, this, [this] {
            if (socket.state() == QLocalSocket::ConnectedState && !statusAsked)
                askStatus();
        });
        connect(&look, &QTimer::timeout, this, &Private::poll);
        connect(&again, &QTimer::timeout, this, &Private::poll);
        connect(&socket, &QLocalSocket::readyRead, this, &Private::read);
        connect(&socket, &QLocalSocket::connected, this, &Private::sendQueued);
        connect(&socket, &QLocalSocket::disconnected, this, &Private::lostSocket);
        connect(&socket, &QLocalSocket::errorOccurred, this, [this] {
            if (socket.state() == QLocalSocket::UnconnectedState)
                lostSocket();
        });
        // The past may be a million lines: not in this thread.
        const auto past = [tail = tail, id] {
            const bool lives = RunFolder::of(id).owner().has_value();
            return std::make_shared<std::pair<bool, Poll>>(lives, tail->poll());
        };
        auto *watcher = new QFutureWatcher<std::shared_ptr<std::pair<bool, Poll>>>(this);
        connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher] {
            watcher->deleteLater();
            const auto found = watcher->result();
            deliver(found->second, found->first);
            loaded = true;
            Q_EMIT q->loaded();
            look.start();
            poll();
        });
        watcher->setFuture(QtConcurrent::run(past));
    }

    void poll()
    {
        if (!loaded)
            return;
        // First who lives, then what was written: a dead runner's last words are not missed.
        const bool lives = runnerLives(run, view.state);
        deliver(tail->poll(), lives);
        if (lives)
            connectSocket();
        if (view.state.lastSeq < toldSeq && lives)
            again.start(kLookAgain);
        if (!lives && !toldGone) {
            toldGone = true;
            // It may have answered and ended before anybody looked into the socket.
            if (socket.state() == QLocalSocket::ConnectedState)
                socket.waitForReadyRead(0);
            read();
            failPending();
            Q_EMIT q->runnerGone();
        }
    }

    void deliver(const Poll &polled, bool lives)
    {
        const RunStateName before = view.shown;
        const bool livedBefore = view.runnerAlive;
        const QString problemBefore = view.journalProblem;
        bool stepMoved = false;
        if (polled) {
            for (const JournalLine &line : *polled) {
                view.state.apply(line.event);
                view.runnerAlive = lives;
                view.shown = shownState(view.state, lives);
                if (line.event.kind == EventKind::PlanFrozen)
                    takePlan();
                stepMoved = stepMoved || !line.event.step.isEmpty();
                Q_EMIT q->event(line.event);
                Q_EMIT q->line(line.line);
            }
        } else {
            view.journalProblem = polled.error().sentence();
        }
        view.runnerAlive = lives;
        view.shown = shownState(view.state, lives);
        if (lives)
            toldGone = false;
        // What cancelling would leave is asked for now and then: a run of many short steps has
        // better things to do than to say it after each.
        if (stepMoved && !statusSoon.isActive())
            statusSoon.start(kStatusEvery);
        if ((polled && !polled->empty()) || view.shown != before || lives != livedBefore ||
            view.journalProblem != problemBefore)
            Q_EMIT q->changed();
    }

    void takePlan()
    {
        auto plan = readPlan(run, view.state.planSha256);
        if (plan)
            view.plan = std::move(*plan);
        else
            view.plan.reset();
    }

    void connectSocket()
    {
        if (view.state.socket.isEmpty() || view.state.runnerHost != currentHostName() ||
            socket.state() != QLocalSocket::UnconnectedState)
            return;
        // The journal says where the runner began to listen, this file where it does now.
        const auto named = readWholeFile(RunFolder::of(run).socketFile(), 4096);
        const QString path = named ? QString::fromUtf8(*named) : view.state.socket;
        buffer.clear();
        socket.connectToServer(path);
    }

    void read()
    {
        buffer += socket.readAll();
        qsizetype from = 0;
        for (qsizetype end; (end = buffer.indexOf('\n', from)) >= 0; from = end + 1) {
            if (const auto message =
                    RunnerMessage::fromLine(QByteArrayView(buffer).sliced(from, end - from)))
                take(*message);
        }
        buffer.remove(0, from);
        if (view.state.lastSeq < toldSeq && !again.isActive())
            again.start(0ms);
    }

    void take(const RunnerMessage &message)
    {
        switch (message.kind) {
        case RunnerMessage::Kind::Hello:
            toldSeq = qMax(toldSeq, message.seq);
            setLeaves(message.cancelLeaves);
            break;
        case RunnerMessage::Kind::Event:
            toldSeq = qMax(toldSeq, quint64(message.line.value(QLatin1String("seq")).toInteger()));
            break;
        case RunnerMessage::Kind::Progress:
            Q_EMIT q->progress(message.progress);
            break;
        case RunnerMessage::Kind::Reply:
            if (message.replyTo == statusAsked) {
                statusAsked = 0;
                setLeaves(message.cancelLeaves);
            } else if (const auto promise = pending.take(message.replyTo)) {
                answer(*promise, message.error ? Result<void>(tl::unexpected(*message.error))
                                               : Result<void>());
            }
            break;
        }
    }

    void setLeaves(const QString &leaves)
    {
        if (leaves == cancelLeaves)
            return;
        cancelLeaves = leaves;
        Q_EMIT q->changed();
    }

    void askStatus()
    {
        RunCommand status;
        status.id = statusAsked = ++lastId;
        socket.write(status.toLine());
    }

    void sendQueued()
    {
        for (const QByteArray &line : std::exchange(queue, {}))
            socket.write(line);
        socket.flush();
    }

    void lostSocket()
    {
        statusAsked = 0;
        failPending();
        again.start(0ms);
    }

    static void answer(QPromise<Result<void>> &promise, Result<void> result)
    {
        promise.addResult(std::move(result));
        promise.finish();
    }

    void failPending()
    {
        // What still waits for a connection is not lost while the runner lives.
        if (!toldGone && !queue.isEmpty())
            return;
        queue.clear();
        const auto lost = std::exchange(pending, {});
        for (const auto &promise : lost)
            answer(*promise, noRunner(run));
    }

    Async<void> send(RunCommand command)
    {
        if (loaded ? !runnerLives(run, view.state) : !RunFolder::of(run).owner().has_value())
            return ready(noRunner(run));
        command.id = ++lastId;
        if (command.by.isEmpty())
            command.by = currentUserName();
        auto promise = std::make_shared<QPromise<Result<void>>>();
        promise->start();
        pending.insert(command.id, promise);
        if (socket.state() == QLocalSocket::ConnectedState)
            socket.write(command.toLine());
        else
            queue << command.toLine();
        QTimer::singleShot(kReplyLimitMs, this, [this, id = command.id] {
            if (const auto late = pending.take(id))
                answer(*late, fail(ErrorCode::TimedOut,
                                   tr("The runner of %1 did not answer").arg(run.value()), {},
                                   tr("It may still do what was asked: look at “runs show %1”")
                                       .arg(run.value())));
        });
        again.start(0ms);
        return promise->future();
    }

    RunFollower *q;
    RunId run;
    RunView view;
    std::shared_ptr<JournalTail> tail;
    QTimer look, again, statusSoon;
    QLocalSocket socket;
    QString cancelLeaves;
    QByteArray buffer;
    QByteArrayList queue; ///< commands that wait for the connection
    QHash<int, std::shared_ptr<QPromise<Result<void>>>> pending;
    quint64 toldSeq = 0; ///< the runner says that events up to here exist
    int lastId = 0, statusAsked = 0;
    bool loaded = false, toldGone = false;
};

RunFollower::RunFollower(const RunId &run, QObject *parent)
    : QObject(parent), d(std::make_unique<Private>(this, run))
{
}

RunFollower::~RunFollower()
{
    // The socket's own end would still call us while our members go.
    d->socket.disconnect(d.get());
}

RunId RunFollower::run() const
{
    return d->run;
}

const RunView &RunFollower::view() const
{
    return d->view;
}

QString RunFollower::cancelLeaves() const
{
    return d->cancelLeaves;
}

Async<void> RunFollower::send(RunCommand command)
{
    return d->send(std::move(command));
}

} // namespace lb
