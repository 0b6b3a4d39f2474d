// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/path_scope.h"
#include "plan_samples.h"

#include <QTest>

namespace lb {

using namespace samples;

/// One value stays one value: whatever stands in it, it fills its place and nothing else.
class TestPlanValues : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void valuesStayOneArgument_data();
    void valuesStayOneArgument();
    void dangerousValuesAreRefused_data();
    void dangerousValuesAreRefused();
    void valuesInContentAndInputMayHoldLines();
    void listsAreNotTexts();
    void commandsAreWhole();
    void keysAreChecked_data();
    void keysAreChecked();
    void slotsHoldOnlyWhatTheRunKnows();
    void writeFileBringsItsUndo();
    void undoAndProbeAreFrozen();
    void waitUntilHoldsOneRead();
    void pathsAreComparedByComponents();
    void missingValuesAreErrors();
};

static PlanInputs echo(const QString &value, const char *argument = "{{ inputs.value }}")
{
    PlanInputs in = empty();
    in.runbook.inputs = {input("value", InputType::Text)};
    in.inputs = QJsonObject{{QStringLiteral("value"), value}};
    StepSpec one = step("one", ActionKind::Run, "{'program': 'echo'}");
    one.action.params.insert(
        QStringLiteral("args"),
        QJsonArray{QStringLiteral("before"), QString::fromUtf8(argument), QStringLiteral("after")});
    in.runbook.steps = {one};
    return in;
}

void TestPlanValues::valuesStayOneArgument_data()
{
    QTest::addColumn<QString>("value");
    QTest::newRow("spaces") << "a b  c";
    QTest::newRow("single quote") << "it's";
    QTest::newRow("double quotes") << "\"a\" \"b\"";
    QTest::newRow("shell") << "$(rm -rf /); `id` && true | cat > x";
    QTest::newRow("reference") << "{{ inputs.other }}";
    QTest::newRow("braces only") << "{{";
    QTest::newRow("slot look-alike") << "‹run›";
    QTest::newRow("json look-alike") << R"({"text": [{"slot": "run"}]})";
    QTest::newRow("empty") << "";
    QTest::newRow("backslashes") << R"(\n\0\\)";
    QTest::newRow("control") << "a\x1b[31mb\tc";
    QTest::newRow("not latin") << QStringLiteral("Grüße 🚢 \u202e");
    QTest::newRow("dash later") << "a -rf";
}

void TestPlanValues::valuesStayOneArgument()
{
    QFETCH(QString, value);
    const auto plan = makePlan(echo(value));
    QVERIFY2(plan.has_value(), plan ? "" : qPrintable(plan.error().sentence()));
    const auto again = Plan::fromJson(plan->toJson());
    for (const Plan &one : {*plan, *again}) {
        const auto &call = *callAs<ProcessCall>(one.steps[0].calls[0]);
        QCOMPARE(call.arguments.size(), size_t(3));
        QVERIFY(!call.arguments[1].hasSlots());
        QCOMPARE(call.arguments[1].literal(), value);
        QCOMPARE(call.arguments[0].literal(), QStringLiteral("before"));
        QCOMPARE(call.arguments[2].literal(), QStringLiteral("after"));
    }
}

void TestPlanValues::dangerousValuesAreRefused_data()
{
    QTest::addColumn<QString>("value");
    QTest::addColumn<QByteArray>("argument");
    QTest::addColumn<bool>("refused");
    const QByteArray alone("{{ inputs.value }}");
    QTest::newRow("option") << "-rf" << alone << true;
    QTest::newRow("dash") << "-" << alone << true;
    QTest::newRow("option after an empty value")
        << "-rf" << QByteArray("{{ inputs.none }}{{ inputs.value }}") << true;
    QTest::newRow("option after a slot")
        << "-rf" << QByteArray("{{ run }}{{ inputs.value }}") << true;
    QTest::newRow("option behind fixed text")
        << "-rf" << QByteArray("--name={{ inputs.value }}") << false;
    QTest::newRow("newline") << "a\nb" << alone << true;
    QTest::newRow("newline behind fixed text")
        << "a\nb" << QByteArray("x{{ inputs.value }}") << true;
    QTest::newRow("carriage return") << "a\rb" << alone << true;
    QTest::newRow("nul") << QString(QChar(u'\0')) << alone << true;
}

void TestPlanValues::dangerousValuesAreRefused()
{
    QFETCH(QString, value);
    QFETCH(QByteArray, argument);
    QFETCH(bool, refused);
    PlanInputs in = echo(value, argument.constData());
    in.runbook.inputs.push_back(input("none", InputType::Text));
    in.inputs.insert(QStringLiteral("none"), QString());
    const QString says = refusal(in);
    QCOMPARE(
        says.startsWith(QStringLiteral("bad_input: Step “one”: The value of {{ inputs.value }}")),
        refused);
    QCOMPARE(says.isEmpty(), !refused);
}

void TestPlanValues::valuesInContentAndInputMayHoldLines()
{
    PlanInputs in = echo(QStringLiteral("- a\n- b\n"));
    in.runbook.steps = {
        step("file", ActionKind::WriteFile,
             "{'path': '/etc/a.conf', 'content': '{{ inputs.value }}', 'mode': '0640'}"),
        step("stdin", ActionKind::Run,
             "{'program': 'cat', 'input': '{{ inputs.value }}{{ steps.file.outputs.x }}'}")};
    const auto plan = makePlan(in);
    QVERIFY2(plan.has_value(), plan ? "" : qPrintable(plan.error().sentence()));
    const auto &file = *callAs<WriteFileCall>(plan->steps[0].calls[0]);
    QCOMPARE(std::get<TemplateText>(file.content).literal(), QStringLiteral("- a\n- b\n"));
    QCOMPARE(file.mode, 0640);
    const auto &stdinText =
        std::get<TemplateText>(callAs<ProcessCall>(plan->steps[1].calls[0])->input);
    QVERIFY(stdinText.slotList().at(0).allowsLines);

    in.inputs.insert(QStringLiteral("value"), QString(QChar(u'\0')));
    QVERIFY(refusal(in).contains(QStringLiteral("holds a NUL")));
}

void TestPlanValues::listsAreNotTexts()
{
    PlanInputs in = echo({});
    in.runbook.inputs = {input("value", InputType::Text, true)};
    in.inputs = json("{'value': ['a', 'b c']}").toObject();
    QVERIFY2(refusal(in).contains(QStringLiteral("is a list")), qPrintable(refusal(in)));

    in.runbook.steps[0].action.params =
        json("{'program': 'echo', 'args': '{{ inputs.value }}'}").toObject();
    const auto plan = makePlan(in);
    QVERIFY(plan.has_value());
    const auto &call = *callAs<ProcessCall>(plan->steps[0].calls[0]);
    QCOMPARE(call.arguments.size(), size_t(2));
    QCOMPARE(call.arguments[1].literal(), QStringLiteral("b c"));

    in.inputs = json("{'value': ['a', '-x']}").toObject();
    QVERIFY(refusal(in).contains(QStringLiteral("begins with “-”")));
}

void TestPlanValues::commandsAreWhole()
{
    PlanInputs in = echo({});
    in.runbook.inputs = {input("value", InputType::Command)};
    in.inputs = json("{'value': ['sh', '-c', 'a b\\nc']}").toObject();
    in.runbook.steps[0].action.params = json("{'command': '{{ inputs.value }}'}").toObject();
    const auto plan = makePlan(in);
    QVERIFY(plan.has_value());
    const auto &call = *callAs<ProcessCall>(plan->steps[0].calls[0]);
    QCOMPARE(call.program, QStringLiteral("sh"));
    QCOMPARE(call.arguments[0].literal(), QStringLiteral("-c"));
    QCOMPARE(call.arguments[1].literal(), QStringLiteral("a b\nc"));

    in.inputs = json("{'value': []}").toObject();
    QVERIFY(refusal(in).contains(QStringLiteral("“command” of run is empty")));

    in.runbook.steps[0].action.params =
        json("{'command': ['{{ steps.one.outputs.text }}', 'x']}").toObject();
    QVERIFY2(refusal(in).contains(QStringLiteral("a program must stand in the plan")),
             qPrintable(refusal(in)));
    in.runbook.steps[0].action.params = json("{'program': '{{ run }}'}").toObject();
    QVERIFY2(refusal(in).contains(QStringLiteral("only the run will know")),
             qPrintable(refusal(in)));
}

void TestPlanValues::keysAreChecked_data()
{
    QTest::addColumn<QByteArray>("list");
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("says");
    QTest::newRow("twice") << QByteArray("['a', 'a']") << ""
                           << "holds “a” twice";
    QTest::newRow("empty") << QByteArray("['']") << ""
                           << "is empty";
    QTest::newRow("line") << QByteArray("['a\\nb']") << ""
                          << "line break";
    QTest::newRow("no name") << QByteArray("[{'id': 1}]") << ""
                             << "has no “name”";
    QTest::newRow("key twice") << QByteArray("[{'id': 1}, {'id': 1}]") << "id"
                               << "holds “1” twice";
    QTest::newRow("no list") << QByteArray("'a'") << ""
                             << "is not a list";
    QTest::newRow("good") << QByteArray("[{'id': 1}, {'id': 2}]") << "id"
                          << "";
}

void TestPlanValues::keysAreChecked()
{
    QFETCH(QByteArray, list);
    QFETCH(QString, key);
    QFETCH(QString, says);
    PlanInputs in = empty();
    in.discovered = QJsonObject{{QStringLiteral("things"), json(list.constData())}};
    StepSpec each = step("each", ActionKind::Run, "{'program': 'true'}");
    each.forEach = QStringLiteral("discovered.things");
    each.forEachKey = key;
    in.runbook.steps = {each};
    const QString refused = refusal(in);
    QVERIFY2(says.isEmpty() ? refused.isEmpty() : refused.contains(says), qPrintable(refused));
}

void TestPlanValues::slotsHoldOnlyWhatTheRunKnows()
{
    PlanInputs save = empty(Purpose::Save);
    save.runbook.steps = {
        step("one", ActionKind::Run,
             "{'program': 'echo', 'args': ['{{ run }}', '{{ point }}', '{{ system }}',"
             " '{{ hostname }}', 'x{{ run }}y']}")};
    const auto plan = makePlan(save);
    QVERIFY(plan.has_value());
    QStringList shown;
    for (const TemplateText &text : callAs<ProcessCall>(plan->steps[0].calls[0])->arguments)
        shown << text.display();
    QCOMPARE(shown, QStringList({QStringLiteral("‹run›"), QStringLiteral("‹point›"),
                                 QStringLiteral("shop"), QStringLiteral("web1"),
                                 QStringLiteral("x‹run›y")}));

    PlanInputs restore = save;
    restore.runbook.purpose = Purpose::Restore;
    QVERIFY(refusal(restore).contains(QStringLiteral("needs a restore point")));
    restore.point = twoFolders();
    QCOMPARE(callAs<ProcessCall>(makePlan(restore)->steps[0].calls[0])->arguments[1].literal(),
             restore.point->id);

    save.runbook.steps = {
        step("one", ActionKind::TreeSave, "{'folder': '/srv/{{ run }}', 'part': 'a'}")};
    QVERIFY2(refusal(save).contains(QStringLiteral("only the run will know")),
             qPrintable(refusal(save)));
}

void TestPlanValues::writeFileBringsItsUndo()
{
    PlanInputs in = empty();
    in.runbook.steps = {
        step("file", ActionKind::WriteFile, "{'path': '/etc/a.conf', 'content': 'x'}")};
    const auto plan = makePlan(in);
    QVERIFY(plan.has_value());
    const auto &undo = *callAs<RestoreFileCall>(plan->steps[0].undo.at(0));
    QCOMPARE(undo.path.literal(), QStringLiteral("/etc/a.conf"));
    QCOMPARE(undo.aside.display(), QStringLiteral("/etc/.lifeboat-aside-‹run›-a.conf"));
    QCOMPARE(callAs<WriteFileCall>(plan->steps[0].calls[0])->mode, 0600);
    QCOMPARE(plan->lineOfNoReturn, -1);

    // Two steps that write one file keep two old ones.
    in.runbook.steps.push_back(
        step("again", ActionKind::WriteFile, "{'path': '/etc/a.conf', 'content': 'y'}"));
    const auto both = makePlan(in);
    QVERIFY(both.has_value());
    QCOMPARE(callAs<RestoreFileCall>(both->steps[1].undo.at(0))->aside.display(),
             QStringLiteral("/etc/.lifeboat-aside-‹run›-a.conf-2"));
}

void TestPlanValues::undoAndProbeAreFrozen()
{
    PlanInputs in = echo(QStringLiteral("unit"));
    StepSpec &spec = in.runbook.steps[0];
    spec.effect = Effect::Change;
    spec.undo =
        action(ActionKind::Run, "{'program': 'undo', 'args': ['{{ steps.one.outputs.text }}']}");
    spec.resume = ResumePolicy::Probe;
    ProbeSpec probe{
        action(ActionKind::Run, "{'program': 'is', 'args': ['{{ inputs.value }}']}"), {}, {}};
    probe.doneWhen.equals = QJsonValue(QStringLiteral("{{ inputs.value }}"));
    probe.notDoneWhen.exitStatus = 3;
    spec.probe = probe;
    const auto plan = makePlan(in);
    QVERIFY2(plan.has_value(), plan ? "" : qPrintable(plan.error().sentence()));
    const auto again = Plan::fromJson(plan->toJson());
    const PlannedStep &frozen = again->steps[0];
    QCOMPARE(callAs<ProcessCall>(frozen.undo.at(0))->arguments[0].display(),
             QStringLiteral("‹steps.one.outputs.text›"));
    QCOMPARE(*frozen.probe->doneWhen.equals, QJsonValue(QStringLiteral("unit")));
    QCOMPARE(*frozen.probe->notDoneWhen.exitStatus, 3);
    QCOMPARE(frozen.resume, ResumePolicy::Probe);
}

void TestPlanValues::waitUntilHoldsOneRead()
{
    PlanInputs in = empty();
    in.runbook.steps = {step("wait", ActionKind::WaitUntil,
                             "{'path': {'path': '/tmp/x', 'is': 'absent'},"
                             " 'done_when': {'equals': true}, 'every': '250ms'}")};
    const auto plan = makePlan(in);
    QVERIFY2(plan.has_value(), plan ? "" : qPrintable(plan.error().sentence()));
    const auto &wait = *callAs<WaitUntilCall>(plan->steps[0].calls[0]);
    QCOMPARE(wait.every.count(), 250);
    QCOMPARE(callAs<ReadCall>(*wait.read)->params.value(QLatin1String("is")),
             QJsonValue(QStringLiteral("absent")));
    in.runbook.steps[0].action.params =
        json("{'tree_save': {'folder': '/a', 'part': 'p'}, 'done_when': {'equals': true}}")
            .toObject();
    QVERIFY(refusal(in).contains(QStringLiteral("one read action")));
}

void TestPlanValues::pathsAreComparedByComponents()
{
    QVERIFY(pathsOverlap(QStringLiteral("/a/b"), QStringLiteral("/a/b/")));
    QVERIFY(pathsOverlap(QStringLiteral("/a"), QStringLiteral("/a/b")));
    QVERIFY(pathsOverlap(QStringLiteral("/a/b"), QStringLiteral("/a/./c/../")));
    QVERIFY(pathsOverlap(QStringLiteral("/"), QStringLiteral("/x")));
    QVERIFY(!pathsOverlap(QStringLiteral("/a/b"), QStringLiteral("/a/bc")));
    QCOMPARE(cleanPath(QStringLiteral("/../../a//b/")), QStringLiteral("/a/b"));
    QCOMPARE(baseName(QStringLiteral("/")), QStringLiteral("root"));
    const QString longName = QStringLiteral("/srv/") + QString(250, QLatin1Char('x'));
    const QString sibling = siblingOf(longName, QStringLiteral("stage")).display();
    QVERIFY(sibling.section(QLatin1Char('/'), -1).toUtf8().size() < 200);
    QVERIFY(sibling != siblingOf(longName.chopped(1), QStringLiteral("stage")).display());
}

void TestPlanValues::missingValuesAreErrors()
{
    PlanInputs in = echo(QStringLiteral("x"), "{{ inputs.nothing }}");
    QVERIFY(refusal(in).contains(QStringLiteral("{{ inputs.nothing }} has no value")));
    in = echo(QStringLiteral("x"), "{{ discovered.a.b }}");
    QVERIFY(refusal(in).contains(QStringLiteral("has no value")));
    in = echo(QStringLiteral("x"), "{{ steps.gone.outputs.text }}");
    QVERIFY(refusal(in).contains(QStringLiteral("a step that the plan does not have")));
    // Only values that are used must be there.
    in.runbook.steps[0].when = json("{'present': '{{ discovered.a.b }}'}");
    QCOMPARE(refusal(in), QString());
}

} // namespace lb

QTEST_GUILESS_MAIN(lb::TestPlanValues)
#include "tst_plan_values.moc"
