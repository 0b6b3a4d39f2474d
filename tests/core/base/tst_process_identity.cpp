// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/process_identity.h"

#include <QTest>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace lb;

/// Which process it is: numbers are used again.
class TestProcessIdentity : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void runningProcessIsAlive();
    void numbersUsedAgainAreNotAlive_data();
    void numbersUsedAgainAreNotAlive();
    void deadProcessIsNotAliveBeforeItIsReaped();
    void waitingEndsWithTheProcess();
};

namespace {

/// A process that lives until end().
class Child
{
public:
    Child()
    {
        if (::pipe(m_hold) != 0)
            qFatal("no pipe");
        m_pid = ::fork();
        if (m_pid != 0)
            return;
        ::close(m_hold[1]);
        char nothing = 0;
        ::_exit(::read(m_hold[0], &nothing, 1) == 0 ? 0 : 1);
    }
    Child(const Child &) = delete;
    Child &operator=(const Child &) = delete;
    ~Child()
    {
        if (m_hold[1] >= 0)
            ::close(m_hold[1]);
        ::close(m_hold[0]);
        reap();
    }

    pid_t pid() const { return m_pid; }
    /// Lets it end and waits for that, but does not reap it.
    bool end()
    {
        ::close(std::exchange(m_hold[1], -1));
        siginfo_t info{};
        return ::waitid(P_PID, id_t(m_pid), &info, WEXITED | WNOWAIT) == 0;
    }
    void reap()
    {
        if (!std::exchange(m_isReaped, true))
            ::waitpid(m_pid, nullptr, 0);
    }

private:
    int m_hold[2] = {-1, -1};
    pid_t m_pid = 0;
    bool m_isReaped = false;
};

} // namespace

void TestProcessIdentity::runningProcessIsAlive()
{
    const ProcessIdentity self = ProcessIdentity::self();
    QCOMPARE(self.pid, ::getpid());
    QVERIFY(self.isAlive());
    QCOMPARE(ProcessIdentity::fromJson(self.toJson()), self);
    // The name stands in the middle of the line that is read, and may look like its fields.
    char name[16] = {};
    ::prctl(PR_GET_NAME, name);
    ::prctl(PR_SET_NAME, ") Z 1 2) X (");
    const auto renamed = ProcessIdentity::of(::getpid());
    ::prctl(PR_SET_NAME, name);
    QVERIFY(renamed);
    QCOMPARE(*renamed, self);
}

void TestProcessIdentity::numbersUsedAgainAreNotAlive_data()
{
    const ProcessIdentity self = ProcessIdentity::self();
    QTest::addColumn<int>("pid");
    QTest::addColumn<quint64>("startTime");
    QTest::addColumn<QString>("bootId");
    QTest::newRow("began later") << int(self.pid) << self.startTime + 1 << self.bootId;
    QTest::newRow("before the last boot") << int(self.pid) << self.startTime
                                          << QStringLiteral("11111111-2222-3333-4444-555555555555");
    QTest::newRow("never written") << 0 << quint64(0) << self.bootId;
    QTest::newRow("a process group") << -1 << self.startTime << self.bootId;
}

void TestProcessIdentity::numbersUsedAgainAreNotAlive()
{
    QFETCH(const int, pid);
    QFETCH(const quint64, startTime);
    QFETCH(const QString, bootId);
    QVERIFY((!ProcessIdentity{pid_t(pid), startTime, bootId}.isAlive()));
}

void TestProcessIdentity::deadProcessIsNotAliveBeforeItIsReaped()
{
    Child child;
    const auto identity = ProcessIdentity::of(child.pid());
    QVERIFY(identity && identity->isAlive());
    QVERIFY(child.end()); // it stays a zombie
    QVERIFY(!ProcessIdentity::of(child.pid()));
    QVERIFY(!identity->isAlive());
    child.reap();
    QVERIFY(!identity->isAlive());
}

void TestProcessIdentity::waitingEndsWithTheProcess()
{
    Child child;
    const auto identity = ProcessIdentity::of(child.pid());
    QVERIFY(identity);
    QVERIFY(!identity->waitForEnd(std::chrono::milliseconds(0)));
    std::stop_source stop;
    stop.request_stop();
    QVERIFY(!identity->waitForEnd(std::chrono::hours(1), stop.get_token()));
    ProcessIdentity earlier = *identity;
    ++earlier.startTime;
    QVERIFY(earlier.waitForEnd(std::chrono::hours(1))); // its number is used again
    QVERIFY(child.end());
    QVERIFY(identity->waitForEnd(std::chrono::hours(1)));
}

QTEST_GUILESS_MAIN(TestProcessIdentity)
#include "tst_process_identity.moc"
