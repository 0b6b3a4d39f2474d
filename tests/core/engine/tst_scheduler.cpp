// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/scheduler.h"
#include "short_plan.h"
#include "tests/core/model/folded_events.h"

#include <QTest>

using namespace lb;
using namespace lb::test;

/// What may begin next, as a table: a plan, what has happened, what follows.
class TestScheduler : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void nextStepsFollow_data();
    void nextStepsFollow();
    void atMostEightBeginTogether();
    void pausedRunsBeginNothing();
    void conditionsAreAskedInTime();
    void plannedSkipsAreTold();
    void tableKeepsUpWithTheRun();
    void onlyFinallyIsCaughtUp_data();
    void onlyFinallyIsCaughtUp();
    void whatWasNotPutRightIsNamed_data();
    void whatWasNotPutRightIsNamed();
    void whatMayHaveBegunIsUnknown_data();
    void whatMayHaveBegunIsUnknown();
    void everyPlanComesToItsEnd_data();
    void everyPlanComesToItsEnd();

private:
    static Schedule next(const Plan &plan, const RunState &state, bool finallyOnly = false);
    static QString shown(const Schedule &schedule);
};

namespace {

const auto kHolds = [](const PlannedStep &) { return true; };

/// Those that an executor works on, or that wait.
QSet<QString> activeIn(const RunState &state)
{
    QSet<QString> active;
    for (const StepRecord &record : state.steps) {
        if (record.state == StepState::Running || record.state == StepState::Waiting ||
            record.state == StepState::Unknown)
            active.insert(record.id);
    }
    return active;
}

} // namespace

Schedule TestScheduler::next(const Plan &plan, const RunState &state, bool finallyOnly)
{
    const StepTable table(plan, state);
    return nextSteps({plan, state, table, activeIn(state), true, finallyOnly, kHolds});
}

/// `steps: a b`, `finally: -c` (skipped), `over:`.
QString TestScheduler::shown(const Schedule &schedule)
{
    static const QStringList phases{QStringLiteral("steps:"), QStringLiteral("finally:"),
                                    QStringLiteral("closing:"), QStringLiteral("over:")};
    QStringList words{phases.at(int(schedule.phase))};
    words += schedule.start;
    for (const auto &[step, reason] : schedule.skip)
        words << QLatin1Char('-') + step;
    return words.join(u' ');
}

void TestScheduler::nextStepsFollow_data()
{
    QTest::addColumn<QString>("plan");
    QTest::addColumn<QString>("state");
    QTest::addColumn<QString>("follows");
    const auto row = [](const char *name, const char *plan, const char *state,
                        const char *follows) {
        QTest::newRow(name) << QString::fromLatin1(plan) << QString::fromLatin1(state)
                            << QString::fromLatin1(follows);
    };
    // Order and needs.
    row("first", "a b<a c<b", "", "steps: a");
    row("one after the other", "a b<a c<b", "a", "steps: b");
    row("side by side, as printed", "c b a", "", "steps: c b a");
    row("needs two", "a b c<a,b", "a b=running", "steps:");
    row("needs two, both there", "a b c<a,b", "a b", "steps: c");
    row("a warning is good enough", "a b<a", "a=warned", "steps: b");
    row("a skipped step stops nobody", "a b<a", "a=skipped", "steps: b");
    row("running ones are not begun again", "a b", "a=running", "steps: b");
    row("waiting for a person holds up only its own", "a b<a c", "a=waiting", "steps: c");
    row("tried again", "a b<a", "a=retried", "steps: a");
    row("unknown is settled first", "a b<a", "a=unknown", "steps:");

    // Barriers.
    row("waits for all that is not after it", "a b d!", "a b=running", "steps:");
    row("waits for the free ones too", "a d!<a", "", "steps: a");
    row("begins when they have ended well", "a b d!", "a b", "steps: d");
    row("not for those after it", "a d!<a b<d", "a", "steps: d");
    row("never beside a failure", "a b d!<a", "a b=failed", "over:");
    row("waits for a free one that runs", "d! b<d c", "c=running", "steps:");
    row("two go one after the other", "d! e!", "", "steps: d");
    row("then the other", "d! e!", "d", "steps: e");
    row("two, each with a proof behind it", "d! a<d e! b<e", "", "steps: d");

    // A failure spreads.
    row("nothing new after a failure", "a b c", "a=failed", "over:");
    row("what runs is waited for", "a b c<b", "a=failed b=running", "steps:");
    row("then it is over", "a b c<b", "a=failed b", "over:");
    row("the same after a cancel", "a b<a", "a=running cancel", "steps:");
    row("cancelled", "a b<a | start*", "a=cancelled cancel", "finally: start");

    // Finally: always, proven, and in order.
    row("after the steps", "a | start*", "a=running", "steps:");
    row("always after success", "a | start*", "a", "finally: start");
    row("always after failure", "a | start*", "a=failed", "finally: start");
    row("proven after success", "a~ | start+", "a", "finally: start");
    row("proven not after failure", "a~ b | start+", "a b=failed", "over:");
    row("proven not after a cancel", "a~ b | start+", "a b cancel", "over:");
    row("one at a time", "a | x* y*", "a", "finally: x");
    row("waits for the one before", "a | x* y*", "a x=running", "finally:");
    row("goes on after a failure in finally", "a | x* y*", "a x=failed", "finally: y");
    row("passes by what is not proven", "a~ b | x+ y*", "a b=failed", "finally: y");
    row("not for what was never stopped", "a stop~@start<a | start*", "a=failed",
        "finally: -start");
    row("for what was stopped", "stop~@start b<stop | start*", "stop b=failed", "finally: start");
    row("for what may have been stopped", "stop~@start | start*", "stop=failed", "finally: start");
    row("proven: nothing was changed", "a | start+", "a", "finally: -start");
    row("for what was lost with the journal's end", "stop~@start | start*", "cancel stop=lost",
        "finally: start");
    row("for none of several", "a stop~@start<a | start[x]* start[y]*", "a=failed",
        "finally: -start[x]");

    // What closes the run.
    row("publishes at last", "a | x* | publish<a", "a x", "closing: publish");
    row("publishes nothing after a failure", "a | x* | publish<a", "a=failed x", "over:");
    row("publishes nothing after a cancel", "a | x* | publish<a", "a x cancel", "over:");
    row("over", "a | x* | publish<a", "a x publish", "over:");
    row("an empty plan", "", "", "over:");
}

void TestScheduler::nextStepsFollow()
{
    QFETCH(const QString, plan);
    QFETCH(const QString, state);
    QFETCH(const QString, follows);
    QCOMPARE(shown(next(shortPlan(plan), shortState(state))), follows);
}

void TestScheduler::atMostEightBeginTogether()
{
    const Plan plan = shortPlan(QStringLiteral("a b c d e f g h i j k l"));
    QCOMPARE(shown(next(plan, shortState(QString()))), QStringLiteral("steps: a b c d e f g h"));
    QCOMPARE(shown(next(plan, shortState(QStringLiteral("a=running b c=waiting")))),
             QStringLiteral("steps: d e f g h i"));
}

void TestScheduler::pausedRunsBeginNothing()
{
    for (const char *text : {"a b", "a | start*"}) {
        const Plan plan = shortPlan(QString::fromLatin1(text));
        const RunState state = shortState(QStringLiteral("a"));
        const StepTable table(plan, state);
        const Schedule schedule = nextSteps({plan, state, table, {}, false, false, kHolds});
        QVERIFY2(schedule.start.isEmpty(), text);
        QVERIFY2(schedule.phase != Schedule::Phase::Over, text); // there is something left
    }
}

void TestScheduler::conditionsAreAskedInTime()
{
    const Plan plan = shortPlan(QStringLiteral("a b<a? c<b"));
    QStringList asked;
    const auto no = [&asked](const PlannedStep &step) {
        asked << step.id;
        return false;
    };
    for (const char *text : {"", "a"}) {
        const RunState state = shortState(QString::fromLatin1(text));
        const StepTable table(plan, state);
        const Schedule schedule = nextSteps({plan, state, table, {}, true, false, no});
        QCOMPARE(shown(schedule), *text ? QStringLiteral("steps: -b") : QStringLiteral("steps: a"));
    }
    QCOMPARE(asked, QStringList(QStringLiteral("b"))); // never before what it looks at is there
}

void TestScheduler::plannedSkipsAreTold()
{
    Plan plan = shortPlan(QStringLiteral("a d! b<d"));
    plan.steps[1].skipReason = QStringLiteral("only with --only");
    const Schedule schedule = next(plan, shortState(QString()));
    QCOMPARE(shown(schedule), QStringLiteral("steps: a -d")); // it need not wait as a barrier
    QCOMPARE(schedule.skip.front().second, QStringLiteral("only with --only"));
}

void TestScheduler::tableKeepsUpWithTheRun()
{
    const Plan plan = shortPlan(QStringLiteral("a b<a"));
    StepTable table(plan, shortState(QString()));
    QCOMPARE(table.ready(), std::set<size_t>{0});
    QCOMPARE(table.left(), 2);
    table.update(QStringLiteral("a"), shortState(QStringLiteral("a")));
    QCOMPARE(table.ready(), std::set<size_t>{1});
    QCOMPARE(table.left(), 1);
    table.updateAll(shortState(QStringLiteral("a=failed b=unknown")));
    QVERIFY(table.ready().empty());
    QCOMPARE(table.left(), 1);
    QCOMPARE(table.broken(), 1);
    // Reopened: it begins again, and what needs it waits again.
    table.updateAll(shortState(QString()));
    QCOMPARE(table.ready(), std::set<size_t>{0});
    QCOMPARE(table.broken(), 0);
}

void TestScheduler::onlyFinallyIsCaughtUp_data()
{
    QTest::addColumn<QString>("plan");
    QTest::addColumn<QString>("state");
    QTest::addColumn<QString>("follows");
    const auto row = [](const char *name, const char *plan, const char *state,
                        const char *follows) {
        QTest::newRow(name) << QString::fromLatin1(plan) << QString::fromLatin1(state)
                            << QString::fromLatin1(follows);
    };
    row("proven, by a person's word", "stop~@start b<stop | start+", "stop b=failed finishing",
        "finally: start");
    row("no ordinary step", "a b | start*", "a", "finally: start");
    row("nothing is published", "a | start* | publish", "a start", "over:");
    row("what failed in finally", "a | x* start*", "a x start=failed", "finally: start");
}

void TestScheduler::onlyFinallyIsCaughtUp()
{
    QFETCH(const QString, plan);
    QFETCH(const QString, state);
    QFETCH(const QString, follows);
    RunState run = shortState(state);
    RunEvent reopened;
    reopened.kind = EventKind::RunReopened;
    const bool failed = state.contains(QLatin1String("start=failed"));
    reopened.data = json(failed ? "{'finally_only': true, 'again': ['start']}"
                                : "{'finally_only': true, 'again': []}");
    run.apply(reopened);
    QCOMPARE(shown(next(shortPlan(plan), run, true)), follows);
}

void TestScheduler::whatWasNotPutRightIsNamed_data()
{
    QTest::addColumn<QString>("plan");
    QTest::addColumn<QString>("state");
    QTest::addColumn<QString>("unmet");
    const auto row = [](const char *plan, const char *state, const char *unmet) {
        QTest::newRow(
            qPrintable(QStringLiteral("%1: %2").arg(QLatin1String(plan), QLatin1String(state))))
            << QString::fromLatin1(plan) << QString::fromLatin1(state)
            << QString::fromLatin1(unmet);
    };
    row("a~ | start+", "a=failed", "start");
    row("stop~@start b | start+", "stop b=failed", "start");
    row("stop~@start b | start+", "stop b start", "");
    row("a stop~@start<a | start+", "a=failed", ""); // nothing was stopped
    row("a | x* y*", "a x=failed y", "x");
    row("a | x* y*", "a=failed x=skipped", "y");
    row("a~ | x* y+", "a=cancelled x=unknown cancel", "x y");
}

void TestScheduler::whatWasNotPutRightIsNamed()
{
    QFETCH(const QString, plan);
    QFETCH(const QString, state);
    QFETCH(const QString, unmet);
    const Plan made = shortPlan(plan);
    QStringList found;
    for (const PlannedStep *step : unmetFinally(made, shortState(state)))
        found << step->id;
    QCOMPARE(found.join(u' '), unmet);
}

void TestScheduler::whatMayHaveBegunIsUnknown_data()
{
    QTest::addColumn<QString>("plan");
    QTest::addColumn<QString>("state");
    QTest::addColumn<QString>("whole"); // the journal ends with a whole line
    QTest::addColumn<QString>("torn");  // its tail was set aside
    const auto row = [](const char *plan, const char *state, const char *whole, const char *torn) {
        QTest::newRow(
            qPrintable(QStringLiteral("%1: %2").arg(QLatin1String(plan), QLatin1String(state))))
            << QString::fromLatin1(plan) << QString::fromLatin1(state) << QString::fromLatin1(whole)
            << QString::fromLatin1(torn);
    };
    row("a b<a c", "", "", "a c");
    row("a b<a c", "a=running", "a", "a c");
    row("a b<a c", "a=waiting", "a", "a c");
    row("a b<a c", "a c", "", "b");
    row("a b<a c", "a=retried", "", "a c");
    row("a b<a c", "a=unknown", "a", "a c");
    row("a | x*", "a", "", "x");
    row("a | x*", "a=running", "a", "a");
    row("a b<a | x*", "a=failed finishing", "", "x");
    row("a b<a | x*", "a=failed", "", "x"); // that it finishes went with the tail
    row("a | x* | publish<a", "a x=running", "x", "x publish");
}

void TestScheduler::whatMayHaveBegunIsUnknown()
{
    QFETCH(const QString, plan);
    QFETCH(const QString, state);
    QFETCH(const QString, whole);
    QFETCH(const QString, torn);
    const Plan made = shortPlan(plan);
    const RunState run = shortState(state);
    QCOMPARE(unknownSteps(made, run, false).join(u' '), whole);
    QCOMPARE(unknownSteps(made, run, true).join(u' '), torn);
}

void TestScheduler::everyPlanComesToItsEnd_data()
{
    QTest::addColumn<QString>("plan");
    for (const char *plan : {"a b<a c<b", "a b c d!<a e<d | x* y*", "d! e! f!", "a d!<a b e!<b",
                             "stop~@start d!<stop | start+ | publish", "d! a<d e!<a b<e"})
        QTest::newRow(plan) << QString::fromLatin1(plan);
}

/// With every step that may begin succeeding at once, all of them are done, each after its needs.
void TestScheduler::everyPlanComesToItsEnd()
{
    QFETCH(const QString, plan);
    const Plan made = shortPlan(plan);
    QStringList done;
    for (Schedule schedule = next(made, shortState({})); schedule.phase != Schedule::Phase::Over;
         schedule = next(made, shortState(done.join(u' ')))) {
        QVERIFY2(!schedule.start.isEmpty(),
                 qPrintable(QStringLiteral("stands after ") + done.join(u' ')));
        for (const QString &id : schedule.start) {
            for (const QString &need : made.step(id)->needs)
                QVERIFY2(done.contains(need), qPrintable(id));
        }
        done += schedule.start;
    }
    QCOMPARE(done.size(), qsizetype(made.steps.size()));
}

QTEST_GUILESS_MAIN(TestScheduler)
#include "tst_scheduler.moc"
