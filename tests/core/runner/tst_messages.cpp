// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"
#include "core/runner/messages.h"

#include <QTest>

using namespace lb;

class TestMessages : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void commandsComeBackAsTheyWere();
    void runnerMessagesComeBackAsTheyWere();
    void ordersAndGreetingsComeBackAsTheyWere();
    void wrongLinesAreRefused_data();
    void wrongLinesAreRefused();
};

namespace {

/// Everything that a line holds, by what it says when it is written again.
template <class T>
void comesBack(const T &value)
{
    const QByteArray line = value.toLine();
    QVERIFY(line.endsWith('\n'));
    QCOMPARE(line.count('\n'), 1);
    const auto read = T::fromLine(line.chopped(1));
    QVERIFY2(read, read ? "" : qPrintable(read.error().sentence()));
    QCOMPARE(read->toLine(), line);
}

const QString kRunName = QStringLiteral("r20261121-030405-a1b2c3");

} // namespace

void TestMessages::commandsComeBackAsTheyWere()
{
    RunCommand command;
    command.id = 7;
    command.by = QStringLiteral("ann");
    for (const CommandKind kind : {CommandKind::Go, CommandKind::Pause, CommandKind::Continue,
                                   CommandKind::Cancel, CommandKind::Answer, CommandKind::Status}) {
        command.kind = kind;
        comesBack(command);
    }
    command.kind = CommandKind::Go;
    command.go = {true,
                  QStringLiteral("abc"),
                  QStringLiteral("shop@web\n1"),
                  {{QStringLiteral("room"), QStringLiteral("enough “here”")}},
                  {}};
    comesBack(command);
    const auto read = RunCommand::fromLine(command.toLine().chopped(1));
    QCOMPARE(read->go.confirm, command.go.confirm);
    QCOMPARE(read->go.accept, command.go.accept);
    command.kind = CommandKind::Answer;
    command.step = QStringLiteral("dns[a b]");
    command.answer = AnswerKind::Skip;
    command.note = QStringLiteral("not needed");
    command.evidence = QStringLiteral("/tmp/e.png");
    comesBack(command);
}

void TestMessages::runnerMessagesComeBackAsTheyWere()
{
    RunnerMessage message;
    message.seq = 4711;
    message.cancelLeaves = QStringLiteral("the service stopped");
    comesBack(message);
    message = {};
    message.kind = RunnerMessage::Kind::Event;
    message.line = {{QStringLiteral("seq"), 3}, {QStringLiteral("prev"), QStringLiteral("0")}};
    comesBack(message);
    message = {};
    message.kind = RunnerMessage::Kind::Progress;
    message.progress = {
        QStringLiteral("save[data]"), qint64(1) << 45, qint64(1) << 46, 5, -1, 12'000, 9'000,
        QStringLiteral("syncing")};
    comesBack(message);
    const auto read = RunnerMessage::fromLine(message.toLine().chopped(1));
    QCOMPARE(read->progress.bytesTotal, qint64(1) << 46);
    message = {};
    message.kind = RunnerMessage::Kind::Reply;
    message.replyTo = 9;
    message.error = Error{ErrorCode::Conflict, QStringLiteral("a"), QStringLiteral("b"), {}};
    comesBack(message);
    QCOMPARE(RunnerMessage::fromLine(message.toLine().chopped(1))->error->code,
             ErrorCode::Conflict);
}

void TestMessages::ordersAndGreetingsComeBackAsTheyWere()
{
    RunnerOrder order;
    order.resume = RunId(kRunName);
    order.finallyOnly = true;
    order.by = QStringLiteral("ann");
    comesBack(order);
    RunRequest request;
    request.id = RunId(kRunName);
    request.runbookText = "lifeboat: 1\n# caf\xC3\xA9\n";
    order = {request, {}, false, {}};
    comesBack(order);
    RunnerGreeting greeting;
    greeting.run = RunId(kRunName);
    greeting.socket = QStringLiteral("/run/user/0/lifeboat/s");
    comesBack(greeting);
    greeting.error = Error{ErrorCode::NoSpace, QStringLiteral("full"), {}, {}};
    comesBack(greeting);
}

void TestMessages::wrongLinesAreRefused_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QString>("says");
    const auto row = [](const char *name, const char *line, const char *says) {
        QTest::newRow(name) << QByteArray(line) << QString::fromUtf8(says);
    };
    row("no JSON", "go", "not valid JSON");
    row("a list", "[1]", "not a JSON object");
    row("nothing", "{}", "“command” is missing");
    row("unknown command", R"({"command":"explode","id":1})", "unknown: explode");
    row("no id", R"({"command":"pause"})", "“id” is missing");
    row("half an id", R"({"command":"pause","id":1.5})", "no whole number");
    row("wrong type", R"({"command":"pause","id":"1"})", "“id” has the wrong type");
    row("unknown member", R"({"command":"pause","id":1,"force":true})", "“force” is not known");
    row("unknown answer", R"({"command":"answer","id":1,"step":"a","answer":"maybe"})",
        "unknown: maybe");
    row("go without answers", R"({"command":"go","id":1})", "“go” is missing");
}

void TestMessages::wrongLinesAreRefused()
{
    QFETCH(const QByteArray, line);
    QFETCH(const QString, says);
    const auto read = RunCommand::fromLine(line);
    QVERIFY(!read);
    QVERIFY2(read.error().sentence().contains(says), qPrintable(read.error().sentence()));
    // Nobody can make a path of an order.
    QVERIFY(!RunnerOrder::fromLine(R"({"format":1,"resume":"../../etc"})"));
    QVERIFY(!RunnerOrder::fromLine(R"({"format":1})"));
    QVERIFY(!RunnerOrder::fromLine(R"({"format":2,"resume":"r20261121-030405-a1b2c3"})"));
}

QTEST_GUILESS_MAIN(TestMessages)
#include "tst_messages.moc"
