// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/boot_timer.h"

#include <QSignalSpy>
#include <QTest>

using namespace lb;
using namespace std::chrono_literals;

/// Waiting that goes on while the computer sleeps.
class TestBootTimer : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void firesOnce();
    void timeAsleepCounts();
    void notBeforeItsTime();
    void stoppedIsStopped();

private:
    std::chrono::nanoseconds m_now = 100h;
    BootTimer::Clock clock()
    {
        return [this] { return m_now; };
    }
};

void TestBootTimer::firesOnce()
{
    BootTimer timer;
    QSignalSpy fired(&timer, &BootTimer::timeout);
    const auto begun = bootTime();
    timer.start(20ms);
    QTRY_COMPARE(fired.count(), 1);
    QVERIFY(bootTime() - begun >= 20ms);
    QVERIFY(!timer.isActive());
}

void TestBootTimer::timeAsleepCounts()
{
    BootTimer timer(nullptr, clock());
    QSignalSpy fired(&timer, &BootTimer::timeout);
    timer.start(30min);
    m_now += 31min; // the lid was closed
    QTRY_COMPARE(fired.count(), 1);
}

void TestBootTimer::notBeforeItsTime()
{
    BootTimer timer(nullptr, clock());
    QSignalSpy fired(&timer, &BootTimer::timeout);
    timer.start(1ms);
    // Its clock stands still: every look finds the time not come, however often it looks.
    QTimer ordinary;
    ordinary.setSingleShot(true);
    QSignalSpy later(&ordinary, &QTimer::timeout);
    ordinary.start(100ms);
    QTRY_COMPARE(later.count(), 1);
    QCOMPARE(fired.count(), 0);
    m_now += 1ms;
    QTRY_COMPARE(fired.count(), 1);
}

void TestBootTimer::stoppedIsStopped()
{
    BootTimer timer;
    QSignalSpy fired(&timer, &BootTimer::timeout);
    timer.start(1ms);
    timer.stop();
    QTimer ordinary;
    ordinary.setSingleShot(true);
    QSignalSpy later(&ordinary, &QTimer::timeout);
    ordinary.start(50ms);
    QTRY_COMPARE(later.count(), 1);
    QCOMPARE(fired.count(), 0);
}

QTEST_GUILESS_MAIN(TestBootTimer)
#include "tst_boot_timer.moc"
