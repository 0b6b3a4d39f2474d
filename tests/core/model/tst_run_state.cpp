// SPDX-License-Identifier: GPL-3.0-or-later
#include "folded_events.h"

#include <QJsonArray>
#include <QTest>

using namespace lb;
using namespace lb::test;

/// The fold of a run's events is the only source of its state.
class TestRunState : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyEventHasItsWord();
    void eventsSurviveTheJournal();
    void eventsGiveTheState_data();
    void eventsGiveTheState();
    void stepsKeepWhatTheyDid();
    void failuresAreToldUntilTriedAgain();
    void observationsSayTheirAttempt();
    void waitingSaysForWhatAndSinceWhen();
    void reopenedForFinallyAloneStaysSo();
    void latestVerdictOfACheckCounts();
    void voidedPlanNeedsANewGo();
    void acceptedWarningsStayWarnings();
    void obligationsOutliveTheirSteps_data();
    void obligationsOutliveTheirSteps();
    void obligationsSayWhoseTheyAre();
    void restorePointIsTheOneMadeOrUsed();
    void reopenedRunsTryAgain_data();
    void reopenedRunsTryAgain();
    void deadRunnersLeaveUnknownSteps();
    void viewsSayNullForNothing();
    void exitStatuses_data();
    void exitStatuses();

private:
    static QString stepStates(const RunState &state);
};

namespace {

const QString kOpen = QStringLiteral("obligation_opened {'obligation': {'id': 'start', 'title': "
                                     "'Start it', 'by': 'start', 'detail': {'folder': '/srv'}}}");

} // namespace

/// `a=running b=failed`, in the order in which they were first seen.
QString TestRunState::stepStates(const RunState &state)
{
    QStringList words;
    for (const QString &id : state.stepOrder)
        words << id + QLatin1Char('=') + name(state.step(id)->state);
    return words.join(QLatin1Char(' '));
}

void TestRunState::everyEventHasItsWord()
{
    QStringList words;
    for (int kind = 0; kind <= int(EventKind::RunEnded); ++kind) {
        const QString word = name(EventKind(kind));
        QVERIFY2(!word.isEmpty() && !words.contains(word), qPrintable(QString::number(kind)));
        QCOMPARE(eventKindFromName(word), EventKind(kind));
        words << word;
    }
    QVERIFY(!eventKindFromName(QStringLiteral("step_exploded")));
}

void TestRunState::eventsSurviveTheJournal()
{
    RunEvent event;
    event.seq = 7;
    event.time = second(3).addMSecs(678);
    event.kind = EventKind::StepSucceeded;
    event.step = QStringLiteral("dump[a b]");
    event.attempt = 2;
    event.data = json("{'outputs': {'size': 5}}");
    QJsonObject line = event.toJson();
    QCOMPARE(line, json("{'seq': 7, 'time': '2026-11-21T03:04:08.678Z', 'event': 'step_succeeded', "
                        "'step': 'dump[a b]', 'attempt': 2, 'outputs': {'size': 5}}"));
    line.insert(QStringLiteral("prev"), QStringLiteral("00")); // the chain is not the event's
    line.insert(QStringLiteral("sha256"), QStringLiteral("11"));
    const auto read = RunEvent::fromJson(line);
    QVERIFY(read);
    QCOMPARE(read->toJson(), event.toJson());
    line.insert(QStringLiteral("event"), QStringLiteral("step_exploded"));
    QCOMPARE(RunEvent::fromJson(line).error().code, ErrorCode::Unsupported);
}

void TestRunState::eventsGiveTheState_data()
{
    QTest::addColumn<QString>("events");
    QTest::addColumn<QString>("state");
    QTest::addColumn<QString>("waiting");
    QTest::addColumn<QString>("steps");
    const auto row = [](const char *events, const char *state, const char *waiting = "",
                        const char *steps = "") {
        QTest::newRow(*events ? events : "requested")
            << QString::fromLatin1(events) << QString::fromLatin1(state)
            << QString::fromLatin1(waiting) << QString::fromLatin1(steps);
    };
    row("", "preparing");
    row("runner_started | prepared | check_done | plan_frozen", "preparing");
    row("plan_frozen | run_ready", "ready");
    row("plan_frozen | run_ready | run_drafted", "draft");
    row("run_ready | waiting_started {'for': 'person'}", "ready", "person");
    row("run_ready | plan_voided", "preparing");
    row("run_ready | go", "running");
    row("go | step_intended a", "running", "", "a=running");
    row("go | step_intended a | step_succeeded a", "running", "", "a=succeeded");
    row("go | step_intended a | step_warned a", "running", "", "a=warned");
    row("go | step_intended a | step_failed a", "running", "", "a=failed");
    row("go | step_intended a | step_failed a {'retry': true}", "running", "", "a=pending");
    row("go | step_intended a | step_failed a {'retry': true} | step_intended a", "running", "",
        "a=running");
    row("go | step_skipped a", "running", "", "a=skipped");
    row("go | step_intended a | step_cancelled a", "running", "", "a=cancelled");
    row("go | step_intended a | step_unknown a", "running", "", "a=unknown");
    row("go | step_intended a | step_unknown a | step_probed a | step_succeeded a", "running", "",
        "a=succeeded");
    row("go | step_intended a | waiting_started a {'for': 'person'}", "waiting", "person",
        "a=waiting");
    row("go | step_intended a | waiting_started a {'for': 'person'} | waiting_ended", "running", "",
        "a=running");
    row("go | step_unknown a | waiting_started a {'for': 'person'}", "waiting", "person",
        "a=unknown");
    row("go | step_intended a | step_intended b | waiting_started a {'for': 'credential'} | "
        "step_succeeded b",
        "waiting", "credential", "a=waiting b=succeeded");
    row("go | waiting_started {'for': 'network'}", "waiting", "network");
    row("go | waiting_started {'for': 'disk'} | waiting_ended", "running");
    row("go | pause_requested", "running");
    row("go | pause_requested | paused", "paused");
    row("go | pause_requested | paused | continued", "running");
    row("go | run_finishing", "finishing");
    row("go | run_finishing | waiting_started {'for': 'network'}", "waiting", "network");
    row("go | run_finishing | waiting_started {'for': 'network'} | waiting_ended", "finishing");
    row("go | run_finishing | pause_requested | paused | continued", "finishing");
    row("go | run_finishing | run_ended {'state': 'succeeded'}", "succeeded");
    row("go | run_ended {'state': 'warned'}", "warned");
    row("go | cancel_requested", "running");
    row("go | cancel_requested | run_ended {'state': 'cancelled'}", "cancelled");
    row("go | waiting_started {'for': 'person'} | run_ended {'state': 'failed'}", "failed");
    row("go | run_ended {'state': 'splendid'}", "failed"); // never green for a word not known
}

void TestRunState::eventsGiveTheState()
{
    QFETCH(const QString, events);
    QFETCH(const QString, state);
    QFETCH(const QString, waiting);
    QFETCH(const QString, steps);
    const RunState run = folded(events);
    QCOMPARE(name(run.state), state);
    QCOMPARE(run.waiting ? name(run.waiting->reason) : QString(), waiting);
    QCOMPARE(stepStates(run), steps);
    QCOMPARE(run.endedAt.isValid(), isEnded(run.state));
}

void TestRunState::stepsKeepWhatTheyDid()
{
    const RunState run =
        folded(QStringLiteral("go | step_intended a {'fills': {'run': 'r1'}} | "
                              "step_failed a {'retry': true, 'error': {'code': 'timed_out'}} | "
                              "step_intended a {'fills': {'run': 'r2'}} | "
                              "step_warned a {'outputs': {'size': 5}, 'warnings': ['w']}"));
    const StepRecord &a = *run.step(QStringLiteral("a"));
    QCOMPARE(a.attempts, 2);
    QCOMPARE(a.startedAt, second(2)); // of the first attempt
    QCOMPARE(a.endedAt, second(5));
    QCOMPARE(a.fills, json("{'run': 'r2'}"));
    QCOMPARE(a.outputs, json("{'size': 5}"));
    QCOMPARE(a.warnings, QStringList(QStringLiteral("w")));
    QCOMPARE(run.warnings, QStringList(QStringLiteral("w")));
    QVERIFY(!a.error);
    QCOMPARE(run.lastSeq, quint64(6));
    QVERIFY(!run.step(QStringLiteral("b")));
}

void TestRunState::failuresAreToldUntilTriedAgain()
{
    const QString failed = QStringLiteral("go | step_intended a | step_failed a {'error': {'code': "
                                          "'no_space', 'summary': 's', 'advice': 'free some'}}");
    RunState run = folded(failed);
    const auto &error = run.step(QStringLiteral("a"))->error;
    QVERIFY(error);
    QCOMPARE(error->code, ErrorCode::NoSpace);
    QCOMPARE(error->advice, QStringLiteral("free some"));
    run = folded(failed + QStringLiteral(" | run_reopened {'again': ['a']} | step_intended a"));
    QVERIFY(!run.step(QStringLiteral("a"))->error);
    QVERIFY(!run.step(QStringLiteral("a"))->endedAt.isValid());
}

void TestRunState::observationsSayTheirAttempt()
{
    const RunState run =
        folded(QStringLiteral("go | step_intended a | step_observed a {'what': 'first'} | "
                              "step_failed a {'retry': true} | step_intended a | "
                              "step_observed a {'what': 'second'}"));
    const auto &observed = run.step(QStringLiteral("a"))->observed;
    QCOMPARE(observed, QList<QJsonObject>({json("{'what': 'first', 'attempt': 1}"),
                                           json("{'what': 'second', 'attempt': 2}")}));
}

void TestRunState::waitingSaysForWhatAndSinceWhen()
{
    RunView view;
    view.state = folded(QStringLiteral(
        "go | step_intended a | waiting_started a {'for': 'credential', 'text': 'TOKEN', "
        "'secret': 'token'}"));
    view.shown = view.state.state;
    QCOMPARE(view.toJson().value(QLatin1String("waiting")),
             QJsonValue(json("{'for': 'credential', 'step': 'a', 'text': 'TOKEN', "
                             "'since': '2026-11-21T03:04:08.000Z', 'secret': 'token'}")));
}

void TestRunState::reopenedForFinallyAloneStaysSo()
{
    const QString failed = QStringLiteral("go | step_intended a | step_failed a | "
                                          "step_intended z | step_failed z | "
                                          "run_ended {'state': 'failed'} | ");
    const RunState alone =
        folded(failed + QStringLiteral("run_reopened {'finally_only': true, 'again': ['z']}"));
    QVERIFY(alone.finallyOnly);
    QCOMPARE(alone.step(QStringLiteral("a"))->state, StepState::Failed);
    QCOMPARE(alone.step(QStringLiteral("z"))->state, StepState::Pending);
    // A journal from before the list was written: all that went wrong.
    const RunState all = folded(failed + QStringLiteral("run_reopened {'finally_only': false}"));
    QVERIFY(!all.finallyOnly);
    QCOMPARE(all.step(QStringLiteral("a"))->state, StepState::Pending);
}

void TestRunState::latestVerdictOfACheckCounts()
{
    const RunState run = folded(
        QStringLiteral("check_done {'check': 'room', 'verdict': 'failed', 'evidence': 'old'} | "
                       "check_done {'check': 'lease', 'verdict': 'passed'} | "
                       "check_done {'check': 'room', 'verdict': 'warned', 'evidence': 'new'} | "
                       "check_done {'check': 'clock', 'verdict': 'fine'}"));
    QCOMPARE(run.checks.size(), size_t(3));
    QCOMPARE(run.checks[0].id, QStringLiteral("room"));
    QCOMPARE(run.checks[0].verdict, CheckVerdict::Warned);
    QCOMPARE(run.checks[0].evidence, QStringLiteral("new"));
    QCOMPARE(run.checks[0].at, second(3));
    QCOMPARE(run.checks[2].verdict, CheckVerdict::Failed); // not a word: never a pass
}

void TestRunState::voidedPlanNeedsANewGo()
{
    const RunState run =
        folded(QStringLiteral("plan_frozen {'plan_sha256': 'aa'} | run_ready | go {'by': 'ann'} | "
                              "plan_voided {'differences': [{'what': 'check room'}]}"));
    QVERIFY(run.planSha256.isEmpty());
    QVERIFY(!run.go);
    QCOMPARE(run.planDifferences, QList<QJsonObject>{json("{'what': 'check room'}")});
}

void TestRunState::acceptedWarningsStayWarnings()
{
    const RunState run = folded(
        QStringLiteral("go {'accept': {'room': 'enough here'}, 'by': 'ann', 'plan_sha256': 'aa'}"));
    QCOMPARE(run.warnings, QStringList(QStringLiteral("“room” warned, accepted: enough here")));
    QCOMPARE(run.go->by, QStringLiteral("ann"));
    QCOMPARE(run.go->planSha256, QStringLiteral("aa"));
}

void TestRunState::obligationsOutliveTheirSteps_data()
{
    QTest::addColumn<QString>("events"); // after it was opened
    QTest::addColumn<QString>("state");
    QTest::addColumn<QString>("note");
    const auto row = [](const char *events, const char *state, const char *note = "") {
        QTest::newRow(*events ? events : "opened")
            << QString::fromLatin1(events) << QString::fromLatin1(state)
            << QString::fromLatin1(note);
    };
    row("", "open");
    row("step_failed stop | run_ended {'state': 'failed'}", "open");
    row("obligation_closed {'obligation': 'other'}", "open");
    row("obligation_closed {'obligation': 'start', 'by': 'start'}", "closed");
    row("obligation_waived {'obligation': 'start', 'note': 'gone'}", "waived", "gone");
    row("obligation_closed {'obligation': 'start'} | obligation_waived {'obligation': 'start', "
        "'note': 'late'}",
        "closed");
}

void TestRunState::obligationsOutliveTheirSteps()
{
    QFETCH(const QString, events);
    QFETCH(const QString, state);
    QFETCH(const QString, note);
    const RunState run = folded(QStringLiteral("go | %1 | %2").arg(kOpen, events));
    QCOMPARE(run.obligations.size(), size_t(1));
    const Obligation &obligation = run.obligations.front();
    QCOMPARE(name(obligation.state), state);
    QCOMPARE(obligation.note, note);
    QCOMPARE(obligation.closedAt, state == QLatin1String("open") ? QDateTime() : second(3));
    QCOMPARE(run.hasOpenObligations(), state == QLatin1String("open"));
}

void TestRunState::obligationsSayWhoseTheyAre()
{
    // Opened twice (a resumed step) it is one; closed and opened again it is open again.
    const RunState run = folded(QStringLiteral("%1 | %1 | obligation_closed {'obligation': 'start'}"
                                               " | %1")
                                    .arg(kOpen));
    QCOMPARE(run.obligations.size(), size_t(1));
    const QJsonObject shown = run.obligations.front().toJson();
    QCOMPARE(shown, json("{'id': 'start', 'run': '" + kRun.toLatin1() +
                         "', 'system': 'shop', 'title': 'Start it', 'by': 'start', 'state': 'open',"
                         " 'detail': {'folder': '/srv'}, 'opened_at': '2026-11-21T03:04:09.000Z',"
                         " 'closed_at': null, 'note': ''}"));
    QCOMPARE(Obligation::fromJson(shown).toJson(), shown);
}

void TestRunState::restorePointIsTheOneMadeOrUsed()
{
    QCOMPARE(folded(QStringLiteral("prepared {'kind': 'point', 'name': 'point', 'value': {'id': "
                                   "'p1'}}"))
                 .restorePoint,
             QStringLiteral("p1"));
    QCOMPARE(folded(QStringLiteral("go | point_published {'point': 'p2'}")).restorePoint,
             QStringLiteral("p2"));
}

void TestRunState::reopenedRunsTryAgain_data()
{
    QTest::addColumn<QString>("reopened");
    QTest::addColumn<QString>("steps");
    QTest::newRow("all") << QStringLiteral("run_reopened {'again': ['b', 'c']}")
                         << QStringLiteral("a=succeeded b=pending c=pending d=skipped");
    QTest::newRow("finally only")
        << QStringLiteral("run_reopened {'finally_only': true, 'again': ['c', 'none']}")
        << QStringLiteral("a=succeeded b=failed c=pending d=skipped");
    QTest::newRow("nothing") << QStringLiteral("run_reopened {'again': []}")
                             << QStringLiteral("a=succeeded b=failed c=cancelled d=skipped");
}

void TestRunState::reopenedRunsTryAgain()
{
    QFETCH(const QString, reopened);
    QFETCH(const QString, steps);
    const RunState run = folded(
        QStringLiteral("go | step_intended a | step_succeeded a | step_intended b | step_failed b |"
                       " step_intended c | cancel_requested | step_cancelled c | step_skipped d | "
                       "run_finishing | run_ended {'state': 'failed', 'error': {'code': 'failed'}}"
                       " | ") +
        reopened);
    QCOMPARE(stepStates(run), steps);
    QCOMPARE(run.state, RunStateName::Running);
    QVERIFY(!run.finishing && !run.cancelRequested && !run.endError && !run.endedAt.isValid());
    QVERIFY(run.go); // a person's go holds for the same plan
}

void TestRunState::deadRunnersLeaveUnknownSteps()
{
    RunView view;
    view.state = folded(QStringLiteral("go | step_intended a | step_succeeded a | step_intended b |"
                                       " step_intended c | waiting_started c {'for': 'person'}"));
    view.shown = RunStateName::Interrupted;
    QStringList states;
    for (const QJsonValue step : view.toJson().value(QLatin1String("steps")).toArray())
        states << step[QLatin1String("state")].toString();
    QCOMPARE(states, QStringList({QStringLiteral("succeeded"), QStringLiteral("unknown"),
                                  QStringLiteral("unknown")}));
    QCOMPARE(view.toJson().value(QLatin1String("state")),
             QJsonValue(QStringLiteral("interrupted")));
}

void TestRunState::viewsSayNullForNothing()
{
    RunView view;
    view.state = folded(QString());
    const QJsonObject shown = view.toJson();
    for (const char *key : {"ended_at", "runner", "plan_sha256", "waiting", "restore_point"})
        QVERIFY2(shown.value(QLatin1String(key)).isNull(), key);
    QCOMPARE(shown.value(QLatin1String("format")), QJsonValue(1));
    QCOMPARE(shown.value(QLatin1String("id")), QJsonValue(kRun));
}

void TestRunState::exitStatuses_data()
{
    QTest::addColumn<int>("status");
    QTest::newRow("ready") << 0;
    QTest::newRow("running") << 0;
    QTest::newRow("succeeded") << 0;
    QTest::newRow("failed") << 1;
    QTest::newRow("warned") << 3;
    QTest::newRow("waiting") << 4;
    QTest::newRow("cancelled") << 5;
    QTest::newRow("interrupted") << 6;
}

void TestRunState::exitStatuses()
{
    QFETCH(const int, status);
    const auto state = fromWord<RunStateName>(QString::fromLatin1(QTest::currentDataTag()));
    QVERIFY(state);
    QCOMPARE(exitStatus(*state), status);
}

QTEST_GUILESS_MAIN(TestRunState)
#include "tst_run_state.moc"
