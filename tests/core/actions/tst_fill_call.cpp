// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/fill_call.h"
#include "core/base/json.h"
#include "tests/core/base/result_words.h"

#include <QTest>

using namespace lb;
using namespace lb::test;

/// Executed = planned with the slots filled, and nothing else changed.
class TestFillCall : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void onlySlotsAreFilled_data();
    void onlySlotsAreFilled();
    void slotsAreListedOnce();
    void missingValuesAreNamed_data();
    void missingValuesAreNamed();
    void dangerousValuesAreRefused_data();
    void dangerousValuesAreRefused();
    void secretsStayReferences();
    void valuesStayOneArgument();
};

namespace {

/// A call from plan.json with ' for ".
Call call(const char *text)
{
    const auto object =
        parseJsonObject(QByteArray(text).replace('\'', '"'), QStringLiteral("the call"));
    const auto made = object ? callFromJson(*object) : tl::unexpected(object.error());
    if (!made)
        qFatal("%s: %s", text, qPrintable(made.error().sentence()));
    return *made;
}

Result<QString> knownValue(const Slot &slot)
{
    if (slot.path == QLatin1String("run"))
        return QStringLiteral("r1");
    if (slot.path == QLatin1String("steps.a.outputs.size"))
        return QStringLiteral("5");
    return fail(ErrorCode::NotFound, QStringLiteral("There is no ‹%1›").arg(slot.path));
}

} // namespace

// Static proof that an argument cannot hold a secret.
static_assert(!std::is_constructible_v<TemplateText, SecretRef>);
static_assert(std::is_same_v<decltype(ProcessCall::arguments), std::vector<TemplateText>>);
static_assert(std::is_same_v<decltype(ProcessCall::program), QString>); // nor a program a slot

void TestFillCall::onlySlotsAreFilled_data()
{
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<QByteArray>("after");
    // @ stands for a text with a slot.
    const auto row = [](const char *name, const char *text) {
        QTest::newRow(name) << QByteArray(text).replace('@', "{'text': ['x-', {'slot': 'run'}]}")
                            << QByteArray(text).replace('@', "'x-r1'");
    };
    row("run", "{'call': 'run', 'program': 'p', 'folder': '/f', 'as': 'root', 'args': ['a', @, @],"
               " 'environment': [{'name': 'A', 'value': @}, {'name': 'B', 'value': 'b'}],"
               " 'input': @, 'success': [0, 3], 'output': 'json', 'starts_daemon': true}");
    row("ssh", "{'call': 'ssh', 'program': 'p', 'host': 'h', 'args': [@]}");
    row("http", "{'call': 'http', 'method': 'PUT', 'url': @, 'timeout_ms': 5, 'headers':"
                " [{'name': 'A', 'value': @}], 'json': {'a': [1, @], 'b': {'c': @}}, 'body': @}");
    row("write_file", "{'call': 'write_file', 'path': @, 'content': @, 'mode': 384, 'aside': @}");
    row("restore_file", "{'call': 'restore_file', 'path': @, 'aside': @}");
    row("tree_save", "{'call': 'tree_save', 'folder': '/f', 'exclude': ['*.tmp'], 'part': 'p',"
                     " 'file': 'f', 'title': 't'}");
    row("tree_stage", "{'call': 'tree_stage', 'part': 'p', 'point': 'p1', 'into': '/f', 'way':"
                      " 'children', 'staging': @, 'bytes': 5, 'entries': 6}");
    row("tree_swap", "{'call': 'tree_swap', 'part': 'p', 'into': '/f', 'way': 'exchange',"
                     " 'staging': @, 'aside': @, 'target_existed': true}");
    row("tree_swap_back", "{'call': 'tree_swap_back', 'part': 'p', 'into': '/f', 'way': 'rename',"
                          " 'staging': @, 'aside': @, 'target_existed': false}");
    row("tree_remove", "{'call': 'tree_remove', 'folder': @}");
    row("publish", "{'call': 'publish', 'parts': [{'id': 'p', 'title': 't', 'kind': 'tree',"
                   " 'needed': true, 'secret': false}]}");
    row("point_verify", "{'call': 'point_verify', 'params': {'point': @}}");
    row("point_extract",
        "{'call': 'point_extract', 'params': {'point': 'p1', 'paths': ['a', @], 'to': @}}");
    row("path", "{'call': 'path', 'params': {'path': @, 'is': 'folder'}}");
    row("disk_free", "{'call': 'disk_free', 'params': {'path': '/f', 'at_least': 5}}");
    row("wait_until", "{'call': 'wait_until', 'read': {'call': 'run', 'program': 'p', 'args': [@]},"
                      " 'done_when': {'exit_status': 0}, 'every_ms': 5000}");
    row("ask", "{'call': 'ask', 'text': @, 'evidence': 'text'}");
    row("confirm", "{'call': 'confirm', 'text': @}");
}

void TestFillCall::onlySlotsAreFilled()
{
    QFETCH(const QByteArray, before);
    QFETCH(const QByteArray, after);
    const Call planned = call(before.constData());
    const auto filled = filledCall(planned, knownValue);
    QCOMPARE(whyNot(filled), QString());
    QVERIFY(slotsOf(*filled).empty());
    QCOMPARE(callToJson(*filled), callToJson(call(after.constData())));
    QCOMPARE(callToJson(planned), callToJson(call(before.constData()))); // the plan is not touched
    QCOMPARE(slotsOf(planned).empty(), before == after);
}

void TestFillCall::slotsAreListedOnce()
{
    const auto found = slotsOf(
        call("{'call': 'run', 'program': 'p', 'args': [{'text': [{'slot': 'run'}, '/', {'slot': "
             "'steps.a.outputs.size'}]}, {'text': [{'slot': 'run'}]}], 'input': {'text': "
             "[{'slot': 'run', 'lines': true}]}}"));
    const std::vector<Slot> wanted{{QStringLiteral("run"), false},
                                   {QStringLiteral("steps.a.outputs.size"), false},
                                   {QStringLiteral("run"), true}};
    QVERIFY(found == wanted);
}

void TestFillCall::missingValuesAreNamed_data()
{
    QTest::addColumn<QByteArray>("text");
    const QByteArray slot = "{'text': [{'slot': 'steps.b.outputs.id'}]}";
    QTest::newRow("argument") << "{'call': 'run', 'program': 'p', 'args': ['a', " + slot + "]}";
    QTest::newRow("environment")
        << "{'call': 'run', 'program': 'p', 'environment': [{'name': 'A', 'value': " + slot + "}]}";
    QTest::newRow("input") << "{'call': 'run', 'program': 'p', 'input': " + slot + "}";
    QTest::newRow("content") << "{'call': 'write_file', 'path': '/f', 'content': " + slot + "}";
    QTest::newRow("params") << "{'call': 'path', 'params': {'path': " + slot + "}}";
    QTest::newRow("wait_until") << "{'call': 'wait_until', 'read': {'call': 'path', 'params': "
                                   "{'path': " +
                                       slot + "}}}";
    QTest::newRow("question") << "{'call': 'ask', 'text': " + slot + "}";
}

void TestFillCall::missingValuesAreNamed()
{
    QFETCH(const QByteArray, text);
    const auto filled = filledCall(call(text.constData()), knownValue);
    QCOMPARE(codeOf(filled), QStringLiteral("not_found"));
    QVERIFY(filled.error().summary.contains(QStringLiteral("steps.b.outputs.id")));
}

void TestFillCall::dangerousValuesAreRefused_data()
{
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("asArgument");
    QTest::addColumn<QString>("asInput"); // lines are fine there
    const auto row = [](const char *name, const QString &value, const char *asArgument,
                        const char *asInput) {
        QTest::newRow(name) << value << QString::fromLatin1(asArgument)
                            << QString::fromLatin1(asInput);
    };
    row("a word", QStringLiteral("x"), "ok", "ok");
    row("shell text", QStringLiteral("a; rm -rf /"), "ok", "ok");
    row("an option", QStringLiteral("--force"), "bad_input", "ok");
    row("a line break", QStringLiteral("a\nb"), "bad_input", "ok");
    row("NUL", QString::fromLatin1("a\0b", 3), "bad_input", "bad_input");
}

void TestFillCall::dangerousValuesAreRefused()
{
    QFETCH(const QString, value);
    QFETCH(const QString, asArgument);
    QFETCH(const QString, asInput);
    const auto give = [&](const Slot &) -> Result<QString> { return value; };
    QCOMPARE(codeOf(filledCall(call("{'call': 'run', 'program': 'p', 'args': [{'text': [{'slot': "
                                    "'run'}]}]}"),
                               give)),
             asArgument);
    QCOMPARE(codeOf(filledCall(call("{'call': 'run', 'program': 'p', 'input': {'text': [{'slot': "
                                    "'run', 'lines': true}]}}"),
                               give)),
             asInput);
}

void TestFillCall::secretsStayReferences()
{
    const Call planned = call("{'call': 'run', 'program': 'psql', 'args': [{'text': ['-d', "
                              "{'slot': 'run'}]}], 'environment': [{'name': 'PGPASSWORD', "
                              "'value': {'secret': 'pw'}}], 'input': {'secret': 'token'}}");
    const auto filled = filledCall(planned, knownValue);
    QCOMPARE(whyNot(filled), QString());
    const auto &process = *callAs<ProcessCall>(*filled);
    QCOMPARE(std::get<SecretRef>(process.input).name, QStringLiteral("token"));
    QCOMPARE(std::get<SecretRef>(process.environment.front().second).name, QStringLiteral("pw"));
    QCOMPARE(process.arguments, std::vector<TemplateText>{QStringLiteral("-dr1")});
}

void TestFillCall::valuesStayOneArgument()
{
    const QString value = QStringLiteral("a b' \"c\" $(d) * {'text': [{'slot': 'run'}]}");
    const auto filled = filledCall(
        call("{'call': 'run', 'program': 'p', 'args': ['x', {'text': [{'slot': 'run'}]}, 'y']}"),
        [&](const Slot &) -> Result<QString> { return value; });
    QCOMPARE(whyNot(filled), QString());
    const auto &arguments = callAs<ProcessCall>(*filled)->arguments;
    QCOMPARE(arguments.size(), size_t(3));
    QCOMPARE(arguments[1].literal(), value);
    QVERIFY(slotsOf(*filled).empty()); // what a value looks like is never read
}

QTEST_GUILESS_MAIN(TestFillCall)
#include "tst_fill_call.moc"
