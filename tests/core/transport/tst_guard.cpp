// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"
#include "tests/core/transport/process_probe.h"

#include <QProcess>
#include <QTemporaryDir>

#include <csignal>
#include <cstdio>

using namespace lb;
using namespace lb::test;
using namespace std::chrono_literals;

namespace {

// Each leaves something behind that is hard to find: $1 is the argument of its `sleep`. All end
// both at once and when what they leave has settled ($2 seconds later).
constexpr const char *kForksAway =
    "(setsid sh -c 'trap \"\" TERM HUP; sleep '$1' & wait' &) & sleep $2";
constexpr const char *kForksAwayClean =
    "(setsid env -i setsid sh -c '(sleep '$1' &) & exit' &) & sleep $2";
constexpr const char *kHoldsPipe = "sleep $1 & sleep $2";
constexpr const char *kIgnoresTerm = "trap '' TERM; sleep $1 & while :; do wait; sleep 1; done";

std::chrono::milliseconds since(std::chrono::nanoseconds begin)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(bootTime() - begin);
}

/// What `--runner` does: starts the scripts and says so; is killed by the test.
int runnerMain(const QStringList &scripts)
{
    Guard guard;
    std::vector<std::unique_ptr<LocalProcess>> processes;
    int waiting = int(scripts.size());
    for (const QString &script : scripts) {
        processes.push_back(std::make_unique<LocalProcess>(&guard));
        QObject::connect(processes.back().get(), &LocalProcess::started, &guard, [&] {
            if (--waiting == 0) {
                std::printf("guard %d\n", int(guard.process()->pid));
                std::fflush(stdout);
            }
        });
        const QStringList parts = script.split(QLatin1Char('|'));
        ProcessStart what = shell(parts.at(2), {parts.at(1)});
        what.marker = QStringLiteral("test/%1").arg(parts.at(1));
        what.startsDaemon = parts.at(0) == QStringLiteral("daemon");
        processes.back()->start(what);
    }
    return QCoreApplication::exec();
}

} // namespace

/// No program outlives its step, its run or its runner, unless it is declared to.
class TestGuard : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // F30: dead at most one second after the grace.
    void endsWhatIgnoresTerm()
    {
        const QByteArray seconds = uniqueSeconds();
        Guard guard;
        LocalProcess process(&guard);
        Finished finished(process);
        QSignalSpy started(&process, &LocalProcess::started);
        process.start(shell(QLatin1String(kIgnoresTerm), {QString::fromLatin1(seconds)}));
        QVERIFY(started.wait());
        QVERIFY(waitForProcesses(seconds, 2)); // sh -c and its sleep
        const auto begun = bootTime();
        process.terminate(300ms);
        QVERIFY(finished.wait());
        QVERIFY2(since(begun) >= 290ms && since(begun) < limit(1300ms),
                 qPrintable(QString::number(since(begun).count())));
        QCOMPARE(finished.end().signal, SIGKILL);
        QVERIFY(finished.end().terminated);
        QCOMPARE(finished.end().survivors, 0);
        QVERIFY(processesWithArgument(seconds).isEmpty());
        QVERIFY(!process.isRunning());
    }

    void termIsEnoughForAProgramThatListens()
    {
        Guard guard;
        LocalProcess process(&guard);
        Finished finished(process);
        ProcessStart what = shell(
            QStringLiteral("trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.01; done"));
        what.capture = true;
        QByteArray log;
        bool up = false;
        what.log = [&](QByteArrayView bytes) {
            log.append(bytes);
            if (log.contains("up") && !up) {
                up = true;
                QMetaObject::invokeMethod(&process, [&process] { process.terminate(10s); });
            }
        };
        process.start(what);
        QVERIFY(finished.wait());
        QCOMPARE(finished.end().exitStatus, 7);
        QCOMPARE(finished.end().output, "up\nbye\n");
    }

    // Terminated before the guard has even answered: it ends all the same.
    void canBeTerminatedAtOnce()
    {
        const QByteArray seconds = uniqueSeconds();
        Guard guard;
        LocalProcess process(&guard);
        Finished finished(process);
        process.start(shell(QStringLiteral("exec sleep $1"), {QString::fromLatin1(seconds)}));
        process.terminate(0ms);
        QVERIFY(finished.wait());
        QVERIFY(finished.end().signal);
        QVERIFY(processesWithArgument(seconds).isEmpty());
    }

    void nothingStaysBehindAStep_data()
    {
        QTest::addColumn<QString>("script");
        QTest::addColumn<QString>("settle");
        for (const char *settle : {"0", "0.2"}) {
            QTest::addRow("forks away, ignores TERM, %s", settle) << kForksAway << settle;
            QTest::addRow("empty environment, %s", settle) << kForksAwayClean << settle;
            QTest::addRow("holds the pipe open, %s", settle) << kHoldsPipe << settle;
        }
    }
    void nothingStaysBehindAStep()
    {
        QFETCH(QString, script);
        QFETCH(QString, settle);
        const QByteArray seconds = uniqueSeconds();
        Guard guard;
        const auto begun = bootTime();
        ProcessStart what = shell(script, {QString::fromLatin1(seconds), settle});
        what.marker = QStringLiteral("test/stays");
        const ProcessEnd end = run(guard, what);
        QCOMPARE(end.exitStatus, 0);
        QVERIFY(since(begun) < limit(2s));
        QCOMPARE(processesWithArgument(seconds), QList<pid_t>()); // at once, not sometime later
    }

    // A step that runs meanwhile is not taken for a leftover of another.
    void otherStepsAreLeftAlone()
    {
        const QByteArray seconds = uniqueSeconds();
        Guard guard;
        LocalProcess other(&guard);
        Finished finished(other);
        ProcessStart what =
            shell(QStringLiteral("(setsid env -i sleep $1 &) & while :; do sleep 0.05; done"),
                  {QString::fromLatin1(seconds)});
        what.marker = QStringLiteral("test/other");
        other.start(what);
        QVERIFY(waitForProcesses(seconds, 1, "sleep"));
        for (int i = 0; i < 5; ++i)
            QCOMPARE(run(guard, shell(QStringLiteral("(sleep 0.01 &) & exit 0"))).exitStatus, 0);
        QCOMPARE(processesWithArgument(seconds, "sleep").size(), 1);
        other.terminate(100ms);
        QVERIFY(finished.wait());
        QVERIFY(waitForProcesses(seconds, 0, {}, limit(1500ms)));
    }

    void aDeclaredDaemonStaysAndDoesNotHoldTheStepUp()
    {
        const QByteArray seconds = uniqueSeconds();
        {
            Guard guard;
            ProcessStart what =
                shell(QStringLiteral("setsid sleep $1 & exit 0"), {QString::fromLatin1(seconds)});
            what.marker = QStringLiteral("test/") + QString::fromLatin1(seconds);
            what.startsDaemon = true;
            const auto begun = bootTime();
            const ProcessEnd end = run(guard, what);
            QCOMPARE(end.exitStatus, 0);
            QVERIFY(since(begun) < limit(1s)); // although it has our pipe
            for (int i = 0; i < 3; ++i)
                run(guard, shell(QStringLiteral("(true &) & exit 0")));
            QVERIFY(waitForProcesses(seconds, 1));
        } // the guard is gone
        QCOMPARE(processesWithArgument(seconds).size(), 1);
        const auto left = findStepProcesses(QStringLiteral("test/") + QString::fromLatin1(seconds));
        QCOMPARE(left.size(), 1);
        QVERIFY(!left.at(0).waitForEnd(20ms));
        QVERIFY(endProcessTree(left.at(0), 500ms));
        QVERIFY(left.at(0).waitForEnd(1s));
        QVERIFY(processesWithArgument(seconds).isEmpty());
    }

    // F2, F10: kill -9 of the runner.
    void aDeadRunnerLeavesOnlyItsDaemons()
    {
        QList<QByteArray> ends, stays;
        QStringList arguments{QStringLiteral("--runner")};
        const auto add = [&](const char *kind, const char *script) {
            const QByteArray seconds = uniqueSeconds();
            (qstrcmp(kind, "daemon") == 0 ? stays : ends) << seconds;
            arguments << QStringLiteral("%1|%2|%3")
                             .arg(QLatin1String(kind), QString::fromLatin1(seconds),
                                  QLatin1String(script));
        };
        add("step", kIgnoresTerm);
        add("step", "(setsid env -i sleep $1 &) & wait; while :; do sleep 1; done");
        add("step",
            "(setsid sh -c 'trap \"\" TERM; sleep '$1'; sleep 1' &) & while :; do sleep 1; done");
        QProcess runner;
        runner.start(QCoreApplication::applicationFilePath(), arguments);
        QVERIFY(runner.waitForReadyRead());
        const QByteArray said = runner.readLine();
        QVERIFY2(said.startsWith("guard "), said.constData());
        const auto guard = ProcessIdentity::of(said.mid(6).trimmed().toInt());
        QVERIFY(guard);
        for (const QByteArray &seconds : ends)
            QTRY_VERIFY(!processesWithArgument(seconds).isEmpty());
        const auto begun = bootTime();
        ::kill(pid_t(runner.processId()), SIGKILL);
        QVERIFY(runner.waitForFinished());
        QVERIFY(guard->waitForEnd(limit(2s)));
        for (const QByteArray &seconds : ends)
            QVERIFY2(processesWithArgument(seconds).isEmpty(), seconds.constData());
        qInfo("all dead %lld ms after the runner", qint64(since(begun).count()));
        QVERIFY(since(begun) < limit(2s));
    }

    void aDaemonStepIsNotCutOffByADeadRunner()
    {
        const QByteArray seconds = uniqueSeconds();
        QProcess runner;
        runner.start(QCoreApplication::applicationFilePath(),
                     {QStringLiteral("--runner"),
                      QStringLiteral("daemon|%1|setsid sleep $1 & sleep 0.3; exit 0")
                          .arg(QString::fromLatin1(seconds))});
        QVERIFY(runner.waitForReadyRead());
        const auto guard = ProcessIdentity::of(runner.readLine().mid(6).trimmed().toInt());
        QVERIFY(guard);
        QTRY_VERIFY(!processesWithArgument(seconds).isEmpty());
        ::kill(pid_t(runner.processId()), SIGKILL);
        QVERIFY(runner.waitForFinished());
        QVERIFY(guard->waitForEnd(limit(2s)));
        const QList<pid_t> left = processesWithArgument(seconds);
        QVERIFY(!left.isEmpty());
        QVERIFY(endProcessTree(*ProcessIdentity::of(left.at(0)), 100ms));
    }

    // Runner and guard both killed: the next runner finds and ends what is left by its marker.
    void aKilledGuardIsReportedAndItsProgramsAreFound()
    {
        const QByteArray seconds = uniqueSeconds();
        Guard guard;
        QSignalSpy died(&guard, &Guard::died);
        LocalProcess process(&guard);
        Finished finished(process);
        QSignalSpy started(&process, &LocalProcess::started);
        ProcessStart what = shell(QLatin1String(kIgnoresTerm), {QString::fromLatin1(seconds)});
        what.marker = QStringLiteral("test/") + QString::fromLatin1(seconds);
        process.start(what);
        QVERIFY(started.wait());
        QVERIFY(waitForProcesses(seconds, 2));
        ::kill(guard.process()->pid, SIGKILL);
        QVERIFY(finished.wait());
        QCOMPARE(died.size(), 1);
        QVERIFY(finished.end().error);
        QVERIFY(!finished.end().exitStatus);
        const auto left = findStepProcesses(what.marker);
        QVERIFY(left.contains(*process.identity()));
        QVERIFY(endProcessTree(*process.identity(), 100ms));
        QVERIFY(findStepProcesses(what.marker).isEmpty());
        QVERIFY(processesWithArgument(seconds).isEmpty());
        QCOMPARE(run(guard, shell(QStringLiteral("exit 4"))).exitStatus, 4); // by a new guard
    }

    void aMissingGuardProgramIsAnError()
    {
        Guard guard(QStringLiteral("/no/such/guard"));
        const ProcessEnd end = run(guard, shell(QStringLiteral("true")));
        QVERIFY(end.error);
        QVERIFY(end.error->summary.contains(QStringLiteral("/no/such/guard")));
    }

    void deletingARunningProcessEndsIt()
    {
        const QByteArray seconds = uniqueSeconds();
        Guard guard;
        {
            LocalProcess process(&guard);
            QSignalSpy started(&process, &LocalProcess::started);
            process.start(shell(QLatin1String(kIgnoresTerm), {QString::fromLatin1(seconds)}));
            QVERIFY(started.wait());
            QVERIFY(waitForProcesses(seconds, 2));
        }
        QVERIFY(waitForProcesses(seconds, 0, {}, limit(1500ms)));
    }

    void theGuardHasNothingOfOurs()
    {
        Guard guard;
        QCOMPARE(run(guard, shell(QStringLiteral("true"))).exitStatus, 0);
        const pid_t pid = guard.process()->pid;
        const QDir open(QStringLiteral("/proc/%1/fd").arg(pid));
        // 0, 1, 2, the socket, the signal descriptor
        QCOMPARE(open.entryList(QDir::Files | QDir::System | QDir::NoDotAndDotDot).size(), 5);
        QCOMPARE(::getsid(pid), pid);
        ::kill(pid, SIGTERM);
        ::kill(pid, SIGHUP);
        QCOMPARE(run(guard, shell(QStringLiteral("true"))).exitStatus, 0);
        QCOMPARE(guard.process()->pid, pid);
    }
};

int main(int argc, char **argv)
{
    if (argc == 3 && std::strcmp(argv[1], "--guard") == 0)
        return guardMain(std::atoi(argv[2]));
    QCoreApplication app(argc, argv);
    if (argc > 2 && std::strcmp(argv[1], "--runner") == 0)
        return runnerMain(QCoreApplication::arguments().mid(2));
    TestGuard test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_guard.moc"
