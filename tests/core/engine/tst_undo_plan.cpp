// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/undo_plan.h"
#include "short_plan.h"
#include "tests/core/base/result_words.h"
#include "tests/core/model/folded_events.h"

#include <QTest>

using namespace lb;
using namespace lb::test;

/// Going back: what was done, from the last to the first, and nothing that cannot be.
class TestUndoPlan : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void stepsAreWalkedBack_data();
    void stepsAreWalkedBack();
    void refusalsNameWhatIsInTheWay_data();
    void refusalsNameWhatIsInTheWay();
    void whatFinallyHasDoneIsLeft();
    void factsThatNeedMoreSecretsAreLeft();
    void undoKeepsWhatSaysWhere();
    void stepsWaitForTheOneBefore();
    void resumeIsAskedWhereItMatters_data();
    void resumeIsAskedWhereItMatters();
    void slotsAreFilledFromTheRun();
    void missingOutputsAreNamed();
    void slotValues_data();
    void slotValues();
    void pointIsNamedAfterItsRun();
};

namespace {

/// A change step whose undo is one call.
Plan oneStep(Call undo, ResumePolicy resume)
{
    Plan plan = shortPlan(QStringLiteral("write~"));
    plan.steps[0].undo = {std::move(undo)};
    plan.steps[0].resume = resume;
    return plan;
}

TemplateText slotted(const char *before, const char *path)
{
    TemplateText text(QString::fromLatin1(before));
    text.append(Slot{QString::fromLatin1(path), false});
    return text;
}

} // namespace

void TestUndoPlan::stepsAreWalkedBack_data()
{
    QTest::addColumn<QString>("plan");
    QTest::addColumn<QString>("state");
    QTest::addColumn<QString>("back");
    const auto row = [](const char *name, const char *plan, const char *state, const char *back) {
        QTest::newRow(name) << QString::fromLatin1(plan) << QString::fromLatin1(state)
                            << QString::fromLatin1(back);
    };
    row("last first", "a~^ b~^ c!^", "a b c", "undo/c undo/b undo/a");
    row("reads need nothing", "a~^ r b~^", "a r b", "undo/b undo/a");
    row("what was not begun is left", "a~^ b~^", "a", "undo/a");
    row("what failed may have acted", "a~^ b~^", "a b=failed", "undo/b undo/a");
    row("what was cancelled may have acted", "a~^ b~^", "a b=cancelled cancel", "undo/b undo/a");
    row("what nobody knows may have acted", "a~^ b~^", "a b=unknown", "undo/b undo/a");
    row("lost with the journal's end", "a~^ b~^", "a cancel b=lost", "undo/b undo/a");
    row("skipped before it began", "a~^ b~^", "a b=skipped", "undo/a");
    row("unknown, then skipped by a person", "a~^ b~^", "a b=unknown b=skipped", "undo/b undo/a");
    row("what cannot be undone and was not done", "a~^ d!<a", "a", "undo/a");
    row("the service is stopped first and started last", "stop~@start a~^ b!^ | start+",
        "stop a b start", "stop undo/b undo/a start");
    row("it was stopped, nothing else", "stop~@start a~^ | start*", "stop a=skipped start",
        "stop start");
    row("it was never stopped", "a~^ stop~@start | start+", "a", "undo/a");
    row("two were stopped, one starts both", "s~@start t~@start a~^ | start+", "s t a",
        "s t undo/a start");
    row("started by several", "stop~@start a~^ | start[x]+ start[y]+", "stop a",
        "stop undo/a start[x] start[y]");
}

void TestUndoPlan::stepsAreWalkedBack()
{
    QFETCH(const QString, plan);
    QFETCH(const QString, state);
    QFETCH(const QString, back);
    const auto undo = makeUndoPlan(shortPlan(plan), shortState(state));
    QCOMPARE(whyNot(undo), QString());
    QStringList ids;
    for (const PlannedStep &step : undo->steps) {
        ids << step.id;
        const auto &call = *callAs<ProcessCall>(step.calls.front());
        QCOMPARE(call.program,
                 step.id.startsWith(QStringLiteral("undo/")) ? QStringLiteral("back") : step.id);
    }
    QCOMPARE(ids.join(u' '), back);
}

void TestUndoPlan::refusalsNameWhatIsInTheWay_data()
{
    QTest::addColumn<QString>("plan");
    QTest::addColumn<QString>("state");
    QTest::addColumn<QString>("said");
    QTest::newRow("a destroying step was done")
        << QStringLiteral("a~^ drop!<a") << QStringLiteral("a drop") << QStringLiteral("drop");
    QTest::newRow("it may have been done")
        << QStringLiteral("a~^ drop!<a") << QStringLiteral("a drop=unknown")
        << QStringLiteral("drop");
    QTest::newRow("a change without a way back")
        << QStringLiteral("tell~ a~^") << QStringLiteral("tell a") << QStringLiteral("tell");
    QTest::newRow("nothing was done") << QStringLiteral("r a~^") << QStringLiteral("r") << kRun;
}

void TestUndoPlan::refusalsNameWhatIsInTheWay()
{
    QFETCH(const QString, plan);
    QFETCH(const QString, state);
    QFETCH(const QString, said);
    const auto undo = makeUndoPlan(shortPlan(plan), shortState(state));
    QCOMPARE(codeOf(undo), QStringLiteral("conflict"));
    QVERIFY2(undo.error().summary.contains(said), qPrintable(undo.error().summary));
}

/// A temporary project is deleted at the end of its run: nobody has to delete it once more.
void TestUndoPlan::whatFinallyHasDoneIsLeft()
{
    Plan plan = shortPlan(QStringLiteral("a~^ publish~@gone | gone*"));
    const Call away{RestoreFileCall{QStringLiteral("/a"), QStringLiteral("/b")}};
    plan.steps[1].calls = {RestoreFileCall{QStringLiteral("/x"), QStringLiteral("/y")}};
    plan.steps[1].undo = {away};
    plan.steps[2].calls = {away};
    const auto idsOf = [&](const char *state) {
        QStringList ids;
        const auto undo = makeUndoPlan(plan, shortState(QString::fromLatin1(state)));
        for (const PlannedStep &step : undo ? undo->steps : std::vector<PlannedStep>())
            ids << step.id;
        return ids.join(u' ');
    };
    QCOMPARE(idsOf("a publish gone"), QStringLiteral("undo/a"));
    QCOMPARE(idsOf("a publish gone=failed"), QStringLiteral("undo/publish undo/a"));
    QCOMPARE(idsOf("a publish"), QStringLiteral("undo/publish undo/a"));
    plan.steps[2].calls = {RestoreFileCall{QStringLiteral("/another"), QStringLiteral("/b")}};
    QCOMPARE(idsOf("a publish gone"), QStringLiteral("undo/publish undo/a"));
}

/// A token that was revoked at the run's end must not be needed to look whose the target is.
void TestUndoPlan::factsThatNeedMoreSecretsAreLeft()
{
    Plan plan = shortPlan(QStringLiteral("a~^"));
    HttpCall asks;
    asks.headers.emplace_back(QStringLiteral("PRIVATE-TOKEN"), SecretRef{QStringLiteral("gone")});
    const NamedCall machine{QStringLiteral("machine_id"), ReadCall{ActionKind::MachineId, {}}};
    const NamedCall host{QStringLiteral("host"), ReadCall{ActionKind::HostName, {}}};
    const NamedCall user{QStringLiteral("git_user"), asks};
    const auto factsOf = [&](std::vector<NamedCall> facts) {
        plan.facts = std::move(facts);
        QStringList names;
        const auto undo = makeUndoPlan(plan, shortState(QStringLiteral("a")));
        for (const NamedCall &fact : undo ? undo->facts : std::vector<NamedCall>())
            names << fact.name;
        return names.join(u' ');
    };
    QCOMPARE(factsOf({machine, host, user}), QStringLiteral("machine_id host"));
    // One alone says too little.
    QCOMPARE(factsOf({machine, user}), QStringLiteral("machine_id git_user"));
}

void TestUndoPlan::undoKeepsWhatSaysWhere()
{
    Plan plan = shortPlan(QStringLiteral("a~^"));
    plan.purpose = Purpose::Restore;
    plan.system = QStringLiteral("shop");
    plan.isProtected = true;
    plan.restorePoint = QStringLiteral("p1");
    plan.identity = {json("{'machine_id': 'm'}"), QStringLiteral("shop@web1"),
                     QStringList{QStringLiteral("/srv/shop")}};
    plan.facts = {{QStringLiteral("machine_id"), ReadCall{ActionKind::MachineId, {}}}};
    const auto undo = makeUndoPlan(plan, shortState(QStringLiteral("a")));
    QCOMPARE(whyNot(undo), QString());
    QCOMPARE(undo->undoOf, kRun);
    QCOMPARE(undo->system, plan.system);
    QCOMPARE(undo->identity.toJson(), plan.identity.toJson());
    QCOMPARE(undo->facts.size(), plan.facts.size()); // it is looked at again
    QVERIFY(undo->needsConfirmation());              // as its protected system wants it
}

void TestUndoPlan::stepsWaitForTheOneBefore()
{
    const auto undo = makeUndoPlan(shortPlan(QStringLiteral("stop~@start a~^ b~^ | start+")),
                                   shortState(QStringLiteral("stop a b")));
    QCOMPARE(whyNot(undo), QString());
    QString before;
    for (const PlannedStep &step : undo->steps) {
        const bool isStart = step.id == QLatin1String("start");
        QCOMPARE(step.section, isStart ? PlanSection::Finally : PlanSection::Steps);
        QCOMPARE(step.needs, isStart || before.isEmpty() ? QStringList() : QStringList(before));
        before = step.id;
    }
    // Half taken back lets nothing run.
    QCOMPARE(undo->steps.back().finallyWhen, FinallyWhen::Proven);
}

void TestUndoPlan::resumeIsAskedWhereItMatters_data()
{
    QTest::addColumn<bool>("program");
    QTest::addColumn<int>("resume");
    QTest::addColumn<int>("undone");
    QTest::newRow("a program") << true << int(ResumePolicy::Ask) << int(ResumePolicy::Ask);
    QTest::newRow("a program with a probe for the step")
        << true << int(ResumePolicy::Probe) << int(ResumePolicy::Ask);
    QTest::newRow("a program that may be repeated")
        << true << int(ResumePolicy::Repeat) << int(ResumePolicy::Repeat);
    QTest::newRow("our own, which look first")
        << false << int(ResumePolicy::Ask) << int(ResumePolicy::Repeat);
}

void TestUndoPlan::resumeIsAskedWhereItMatters()
{
    QFETCH(const bool, program);
    QFETCH(const int, resume);
    QFETCH(const int, undone);
    ProcessCall process;
    process.program = QStringLiteral("back");
    const Call undoCall = program ? Call(process) : Call(RestoreFileCall{});
    const auto undo =
        makeUndoPlan(oneStep(undoCall, ResumePolicy(resume)), shortState(QStringLiteral("write")));
    QCOMPARE(whyNot(undo), QString());
    QCOMPARE(int(undo->steps.front().resume), undone);
}

void TestUndoPlan::slotsAreFilledFromTheRun()
{
    const Plan plan = oneStep(RestoreFileCall{slotted("/etc/", "steps.write.outputs.name"),
                                              slotted("/etc/.aside-", "run")},
                              ResumePolicy::Ask);
    const RunState state = folded(QStringLiteral(
        "go | step_intended write | step_succeeded write {'outputs': {'name': 'x'}}"));
    const auto undo = makeUndoPlan(plan, state);
    QCOMPARE(whyNot(undo), QString());
    const auto &call = *callAs<RestoreFileCall>(undo->steps.front().calls.front());
    QVERIFY(!call.path.hasSlots() && !call.aside.hasSlots());
    QCOMPARE(call.path.literal(), QStringLiteral("/etc/x"));
    QCOMPARE(call.aside.literal(), QStringLiteral("/etc/.aside-") + kRun);
}

void TestUndoPlan::missingOutputsAreNamed()
{
    const auto undo = makeUndoPlan(
        oneStep(RestoreFileCall{slotted("", "steps.write.outputs.name"), {}}, ResumePolicy::Ask),
        shortState(QStringLiteral("write=failed")));
    QCOMPARE(codeOf(undo), QStringLiteral("not_found"));
    QVERIFY(undo.error().summary.contains(QStringLiteral("write")));
    QVERIFY(undo.error().summary.contains(QStringLiteral("name")));
}

void TestUndoPlan::slotValues_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("value"); // or the error's code, in brackets
    const auto row = [](const char *path, const QString &value) {
        QTest::newRow(path) << QString::fromLatin1(path) << value;
    };
    row("run", kRun);
    row("point", QLatin1Char('p') + kRun.mid(1));
    row("steps.a[x.y].outputs.text", QStringLiteral("hello"));
    row("steps.a[x.y].outputs.size", QStringLiteral("5000000000"));
    row("steps.a[x.y].outputs.ready", QStringLiteral("true"));
    row("steps.a[x.y].outputs.half", QStringLiteral("0.5"));
    row("steps.a[x.y].outputs.version", QStringLiteral("2.3")); // as the program wrote it
    row("steps.a[x.y].outputs.json.items.1.id", QStringLiteral("second"));
    row("steps.a[x.y].outputs.json", QStringLiteral("[bad_input]"));
    row("steps.a[x.y].outputs.nothing", QStringLiteral("[bad_input]"));
    row("steps.a[x.y].outputs.other", QStringLiteral("[not_found]"));
    row("steps.b.outputs.text", QStringLiteral("[not_found]"));
    row("inputs.folder", QStringLiteral("[internal]"));
}

void TestUndoPlan::slotValues()
{
    QFETCH(const QString, path);
    QFETCH(const QString, value);
    const RunState state = folded(QStringLiteral(
        "go | step_intended a[x.y] | step_succeeded a[x.y] {'outputs': {'text': 'hello', 'size': "
        "5000000000, 'ready': true, 'half': 0.5, 'version': 2.3, 'nothing': null, 'json': "
        "{'items': [{'id': 'first'}, {'id': 'second'}]}}}"));
    const auto found = slotValue(Slot{path, false}, state);
    QCOMPARE(found ? *found : QStringLiteral("[%1]").arg(codeOf(found)), value);
}

void TestUndoPlan::pointIsNamedAfterItsRun()
{
    const PointId point = pointOf(RunId(kRun));
    QVERIFY(isValidId(point.value()));
    QCOMPARE(point.value(), QStringLiteral("p20261121-030405-a1b2c3"));
}

QTEST_GUILESS_MAIN(TestUndoPlan)
#include "tst_undo_plan.moc"
