// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan_samples.h"

#include <QTest>

using namespace lb;
using namespace lb::samples;

/// What a plan holds and shows of an HTTP request.
class TestHttpPlan : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void requestsStandInThePlan();
    void secretsAreNamesWithTheirWay();
    void onlyTheRunKnows();
    void broken_data();
    void broken();
};

namespace {

Result<HttpCall> planned(const char *params)
{
    PlanInputs in = empty();
    in.runbook.steps = {step("first", ActionKind::Run, "{'program': 'a', 'output': 'json'}"),
                        step("now", ActionKind::Http, params)};
    TRY_VALUE(const Plan plan, makePlan(in));
    return *callAs<HttpCall>(plan.step(QStringLiteral("now"))->calls.front());
}

} // namespace

void TestHttpPlan::requestsStandInThePlan()
{
    const auto call = planned("{'url': 'https://a.example/x?y=1', 'method': 'POST',"
                              " 'headers': {'X-Plain': 'a'}, 'json': {'a': [1, true, 'b\\\\c']},"
                              " 'ca': '/etc/ca.pem', 'timeout': '90s', 'success': ['200-202', 404],"
                              " 'output': 'json', 'max_size': '1MiB'}");
    QVERIFY2(call, call ? "" : qPrintable(call.error().sentence()));
    const QString shown = describeCall(*call).join(QLatin1Char('\n'));
    for (const char *line : {"    POST https://a.example/x?y=1", "with the header X-Plain: a",
                             "/etc/ca.pem and no others", "    | {\"a\":[1,true,\"b\\\\c\"]}",
                             "answer 200-202, 404 is success", "kept as json"})
        QVERIFY2(shown.contains(QLatin1String(line)), qPrintable(shown));
    QCOMPARE(call->maxSize, 1024 * 1024);
    QCOMPARE(call->timeout, std::chrono::milliseconds(90'000));
    QVERIFY(!shown.contains(QStringLiteral("not encrypted")));
    const auto plain = planned("{'url': 'https://a.example/'}");
    QCOMPARE(plain->success, HttpCall::goodStatuses());
}

void TestHttpPlan::secretsAreNamesWithTheirWay()
{
    const auto call =
        planned("{'url': 'http://a.example/', 'method': 'PUT', 'headers': {'X-T': {'secret': 'h'}},"
                " 'user': 'saver', 'password': {'secret': 'p'}, 'body': {'secret': 'b'}}");
    QVERIFY2(call, call ? "" : qPrintable(call.error().sentence()));
    const std::vector<SecretUse> wanted{{QStringLiteral("h"), QStringLiteral("header")},
                                        {QStringLiteral("p"), QStringLiteral("header")},
                                        {QStringLiteral("b"), QStringLiteral("body")}};
    QCOMPARE(secretsOf(*call), wanted);
    QVERIFY(call->showsSecrets());
    const QString shown = describeCall(*call).join(QLatin1Char('\n'));
    for (const char *line : {"with the header X-T from the secret h",
                             "the password from the secret p", "| secret b", "not encrypted"})
        QVERIFY2(shown.contains(QLatin1String(line)), qPrintable(shown));
    const auto bearer = planned("{'url': 'https://a.example/', 'bearer': {'secret': 't'}}");
    QCOMPARE(secretNames({*bearer}), QStringList{QStringLiteral("t")});
}

void TestHttpPlan::onlyTheRunKnows()
{
    const auto call = planned("{'url': 'https://a.example/{{ steps.first.outputs.id }}',"
                              " 'method': 'PUT', 'json': {'n': '{{ steps.first.outputs.n }}'}}");
    QVERIFY2(call, call ? "" : qPrintable(call.error().sentence()));
    QCOMPARE(call->url.display(), QStringLiteral("https://a.example/‹steps.first.outputs.id›"));
    QCOMPARE(jsonBody(*call).display(), QStringLiteral("{\"n\":\"‹steps.first.outputs.n›\"}"));
}

void TestHttpPlan::broken_data()
{
    QTest::addColumn<QByteArray>("params");
    QTest::addColumn<QString>("says");
    const auto row = [](const char *name, const char *params, const char *says) {
        QTest::newRow(name) << QByteArray(params) << QString::fromUtf8(says);
    };
    const char *const url = "without user and password";
    row("no scheme", "{'url': 'a.example/'}", url);
    row("another scheme", "{'url': 'ftp://a.example/'}", url);
    row("a user", "{'url': 'https://a:b@a.example/'}", url);
    row("another server behind a backslash", "{'url': 'https://a.example\\\\@b.example/'}", url);
    row("who is asked is not known", "{'url': 'https://{{ steps.first.outputs.h }}/'}", url);
    row("nor the end of its name", "{'url': 'https://a{{ steps.first.outputs.h }}/'}", url);
    row("nor its port", "{'url': 'https://a:{{ steps.first.outputs.h }}'}", url);
    row("user alone", "{'url': 'https://a/', 'user': 'a'}", "wants “password” beside it");
    row("key alone", "{'url': 'https://a/', 'client_key': '/k'}",
        "wants “client_certificate” beside it");
    row("status", "{'url': 'https://a/', 'success': ['x']}", "no status and no range");
    row("looks like a slot", "{'url': 'https://a/', 'json': {'text': ['a']}}",
        "only key is “text”");
    row("relative file", "{'url': 'https://a/', 'to_file': 'a'}", "absolute path");
}

void TestHttpPlan::broken()
{
    QFETCH(QByteArray, params);
    QFETCH(QString, says);
    const auto call = planned(params.constData());
    QVERIFY(!call);
    QVERIFY2(call.error().sentence().contains(says), qPrintable(call.error().sentence()));
}

QTEST_GUILESS_MAIN(TestHttpPlan)
#include "tst_http_plan.moc"
