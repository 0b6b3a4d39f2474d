// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"
#include "core/journal/journal_reader.h"
#include "core/journal/run_folder.h"
#include "core/runner/runner_client.h"

#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <cerrno>
#include <csignal>
#include <sys/wait.h>

using namespace lb;

class TestRunnerClient : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void runsAndIsFollowedOnce();
    void followsAcrossKillAndResume();
    void lateFollowerSeesTheSame();
    void frontEndsDeathLeavesTheRunner();
    void missingProgramIsSaid();
    void refusalIsPassedOn();
    void commandsWithoutRunnerAreRefused();
    void unknownRunIsNotFound();

private:
    RunId launch(const QString &script);
    void go(RunFollower &follower);

    std::unique_ptr<QTemporaryDir> m_home;
    QList<pid_t> m_runners;
};

namespace {

const QString kFake = QStringLiteral(FAKE_RUNNER);

template <class T>
Result<T> await(const Async<T> &future)
{
    std::optional<Result<T>> answer;
    QObject owner;
    onDone(&owner, future, [&](const Result<T> &result) { answer = result; });
    return QTest::qWaitFor([&] { return answer.has_value(); }, 20'000)
               ? *answer
               : fail(ErrorCode::TimedOut, QStringLiteral("no answer in the test"));
}

/// What a follower delivered, to be held against the journal.
struct Seen
{
    explicit Seen(RunFollower &follower)
    {
        QObject::connect(&follower, &RunFollower::event, &follower,
                         [this](const RunEvent &event) { seqs << event.seq; });
        QObject::connect(&follower, &RunFollower::line, &follower,
                         [this](const QByteArray &line) { lines << line; });
    }
    QList<quint64> seqs;
    QByteArrayList lines;
};

void everythingOnce(const Seen &seen, const RunId &run)
{
    const auto content = readJournal(RunFolder::of(run).journalFile());
    QVERIFY(content);
    QVERIFY(!content->problem);
    QList<quint64> expected;
    for (const RunEvent &event : content->events)
        expected << event.seq;
    QCOMPARE(seen.seqs, expected);
    QFile file(RunFolder::of(run).journalFile());
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(seen.lines.join('\n') + '\n', file.readAll());
}

} // namespace

void TestRunnerClient::init()
{
    m_home = std::make_unique<QTemporaryDir>();
    qputenv("XDG_DATA_HOME", m_home->path().toUtf8());
    qputenv("XDG_RUNTIME_DIR", m_home->path().toUtf8());
}

void TestRunnerClient::cleanup()
{
    for (const pid_t pid : std::as_const(m_runners)) {
        if (ProcessIdentity::of(pid))
            ::kill(pid, SIGKILL);
    }
    m_runners.clear();
    m_home.reset();
}

RunId TestRunnerClient::launch(const QString &script)
{
    RunRequest request;
    request.id = newRunId();
    request.runbookId = script;
    // Longer than a pipe holds: handing the order over must not wait for the runner.
    request.runbookText = QByteArray(300'000, '#');
    request.at = utcNow();
    RunnerOrder order;
    order.start = request;
    const auto greeting = await(launchRunner(kFake, order));
    if (!greeting) {
        QTest::qFail(qPrintable(greeting.error().sentence()), __FILE__, __LINE__);
        return request.id;
    }
    const auto view = readRun(greeting->run);
    if (view)
        m_runners << view->state.runner.pid;
    return greeting->run;
}

void TestRunnerClient::go(RunFollower &follower)
{
    RunCommand command;
    command.kind = CommandKind::Go;
    command.go.yes = true;
    const auto answer = await(follower.send(command));
    QVERIFY2(answer, answer ? "" : qPrintable(answer.error().sentence()));
}

void TestRunnerClient::runsAndIsFollowedOnce()
{
    const RunId run = launch(QStringLiteral("plain"));
    const auto before = readRun(run);
    QVERIFY(before);
    QVERIFY(before->runnerAlive);
    QCOMPARE(before->shown, RunStateName::Ready);
    const pid_t pid = before->state.runner.pid;
    QVERIFY(::getsid(pid) != ::getsid(0));

    RunFollower follower(run);
    Seen seen(follower);
    QSignalSpy gone(&follower, &RunFollower::runnerGone);
    QSignalSpy progress(&follower, &RunFollower::progress);
    go(follower);
    QTRY_COMPARE_WITH_TIMEOUT(follower.view().shown, RunStateName::Succeeded, 20'000);
    QTRY_COMPARE_WITH_TIMEOUT(gone.size(), 1, 20'000);
    everythingOnce(seen, run);
    QVERIFY(progress.size() > 0);
    QCOMPARE(listRuns(), QList<RunId>{run});
    // Not a zombie, and nobody's child that we would have to reap.
    QTRY_VERIFY(!ProcessIdentity::of(pid));
    QCOMPARE(::waitpid(-1, nullptr, WNOHANG), -1);
    QCOMPARE(errno, ECHILD);
}

void TestRunnerClient::followsAcrossKillAndResume()
{
    const RunId run = launch(QStringLiteral("hangs"));
    RunFollower follower(run);
    Seen seen(follower);
    QSignalSpy gone(&follower, &RunFollower::runnerGone);
    go(follower);
    QTRY_COMPARE_WITH_TIMEOUT(int(follower.view().state.stepOrder.size()), 20, 20'000);
    QVERIFY(::kill(m_runners.last(), SIGKILL) == 0);
    QTRY_COMPARE_WITH_TIMEOUT(gone.size(), 1, 20'000);
    QCOMPARE(follower.view().shown, RunStateName::Interrupted);
    QCOMPARE(readRun(run)->shown, RunStateName::Interrupted);

    RunnerOrder order;
    order.resume = run;
    const auto greeting = await(launchRunner(kFake, order));
    QVERIFY2(greeting, greeting ? "" : qPrintable(greeting.error().sentence()));
    m_runners << readRun(run)->state.runner.pid;
    QTRY_VERIFY_WITH_TIMEOUT(follower.view().runnerAlive, 20'000);
    // The new runner has another socket; it takes the command that lets the script go on.
    RunCommand on;
    on.kind = CommandKind::Pause;
    QVERIFY(await(follower.send(on)));
    QTRY_COMPARE_WITH_TIMEOUT(follower.view().shown, RunStateName::Succeeded, 20'000);
    QTRY_COMPARE_WITH_TIMEOUT(gone.size(), 2, 20'000);
    everythingOnce(seen, run);
}

void TestRunnerClient::lateFollowerSeesTheSame()
{
    const RunId run = launch(QStringLiteral("plain"));
    {
        RunFollower first(run);
        go(first);
    } // its end does not touch the run
    RunFollower late(run);
    Seen seen(late);
    QSignalSpy loaded(&late, &RunFollower::loaded);
    QTRY_COMPARE_WITH_TIMEOUT(late.view().shown, RunStateName::Succeeded, 20'000);
    QTRY_COMPARE(loaded.size(), 1);
    everythingOnce(seen, run);
}

void TestRunnerClient::frontEndsDeathLeavesTheRunner()
{
    QProcess client;
    client.start(kFake, {QStringLiteral("--client")});
    QVERIFY(client.waitForStarted());
    QTRY_VERIFY_WITH_TIMEOUT(client.canReadLine(), 20'000);
    const RunId run(QString::fromUtf8(client.readLine()).trimmed());
    const auto view = readRun(run);
    QVERIFY(view);
    m_runners << view->state.runner.pid;
    client.kill();
    QVERIFY(client.waitForFinished());

    QVERIFY(readRun(run)->runnerAlive);
    RunFollower follower(run);
    Seen seen(follower);
    go(follower);
    QTRY_COMPARE_WITH_TIMEOUT(follower.view().shown, RunStateName::Succeeded, 20'000);
    everythingOnce(seen, run);
}

void TestRunnerClient::missingProgramIsSaid()
{
    RunnerOrder order;
    order.resume = newRunId();
    const auto greeting = await(launchRunner(QStringLiteral("/nonexistent/lifeboat-cli"), order));
    QVERIFY(!greeting);
    QCOMPARE(greeting.error().code, ErrorCode::NotFound);
    QVERIFY(greeting.error().sentence().contains(QStringLiteral("/nonexistent/lifeboat-cli")));
    const auto silent = await(launchRunner(QStringLiteral("/bin/true"), order));
    QVERIFY(!silent);
    QCOMPARE(silent.error().code, ErrorCode::Failed);
}

void TestRunnerClient::refusalIsPassedOn()
{
    const RunId run = launch(QStringLiteral("plain"));
    RunnerOrder second;
    second.resume = run;
    const auto greeting = await(launchRunner(kFake, second));
    QVERIFY(!greeting);
    QCOMPARE(greeting.error().code, ErrorCode::Conflict);
}

void TestRunnerClient::commandsWithoutRunnerAreRefused()
{
    const RunId run = launch(QStringLiteral("hangs"));
    RunFollower follower(run);
    go(follower);
    RunCommand again;
    again.kind = CommandKind::Go;
    again.go.yes = true;
    const auto twice = await(follower.send(again));
    QVERIFY(!twice);
    QCOMPARE(twice.error().code, ErrorCode::Conflict);

    QSignalSpy gone(&follower, &RunFollower::runnerGone);
    QVERIFY(::kill(m_runners.last(), SIGKILL) == 0);
    QTRY_COMPARE_WITH_TIMEOUT(gone.size(), 1, 20'000);
    const auto dead = await(follower.send(again));
    QVERIFY(!dead);
    QCOMPARE(dead.error().code, ErrorCode::Unreachable);
}

void TestRunnerClient::unknownRunIsNotFound()
{
    for (const char *name : {"r20261121-030405-a1b2c3", "../../etc", "", "nonsense"}) {
        const auto view = readRun(RunId(QString::fromLatin1(name)));
        QVERIFY(!view);
        QCOMPARE(view.error().code, ErrorCode::NotFound);
    }
    QVERIFY(listRuns().isEmpty());
}

QTEST_GUILESS_MAIN(TestRunnerClient)
#include "tst_runner_client.moc"
