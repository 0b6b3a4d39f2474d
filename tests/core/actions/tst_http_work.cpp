// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/http_work.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace lb;

namespace {

const QByteArray kToken = "CAN\"ARY-pa55'w0rd-&<T";

} // namespace

/// A planned request as it is sent to a real TLS server, and what becomes of its answer.
class TestHttpWork : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();

    void everythingIsSentAsPlanned();
    void answersBecomeOutputs();
    void errorsAndLogsShowNoSecret();
    void onlyAQuestionTakesAnyStatus();
    void secretsMustHaveBeenFetched();

private:
    HttpCall call(const QString &path) const
    {
        HttpCall made;
        made.url = QStringLiteral("https://127.0.0.1:%1%2").arg(m_port).arg(path);
        made.ca = QDir(m_folder.path()).filePath(QStringLiteral("ca.pem"));
        return made;
    }
    Result<CallOutcome> send(const HttpCall &call) const
    {
        return httpWork(call, m_context)([](const CallProgress &) {}, {});
    }

    QTemporaryDir m_folder;
    QProcess m_server;
    int m_port = 0;
    ActionContext m_context;
    QByteArray m_log;
};

void TestHttpWork::initTestCase()
{
    m_server.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_server.start(QStringLiteral("python3"),
                   {QStringLiteral("-B"), QStringLiteral(HTTP_SERVER), m_folder.path()});
    QTRY_VERIFY_WITH_TIMEOUT(m_server.canReadLine(), 60'000);
    m_port = QJsonDocument::fromJson(m_server.readLine())[QLatin1String("main")].toInt();
    QVERIFY(m_port > 0);
    QByteArray bytes = kToken;
    bytes.detach();
    const auto token = std::make_shared<const SecretString>(std::move(bytes));
    const auto redactor = std::make_shared<Redactor>();
    QVERIFY(redactor->add(QStringLiteral("token"), *token));
    m_context.secrets.insert(QStringLiteral("token"), token);
    m_context.redactor = redactor;
    m_context.log = [this](QByteArrayView line) { m_log += line; };
}

void TestHttpWork::cleanupTestCase()
{
    m_server.closeWriteChannel();
    QVERIFY(m_server.waitForFinished(10'000));
}

void TestHttpWork::everythingIsSentAsPlanned()
{
    HttpCall post = call(QStringLiteral("/echo"));
    post.method = QStringLiteral("POST");
    post.headers = {{QStringLiteral("X-Token"), SecretRef{QStringLiteral("token")}},
                    {QStringLiteral("X-Plain"), TemplateText(QStringLiteral("a"))}};
    post.bearer = QStringLiteral("token");
    post.body = SecretRef{QStringLiteral("token")};
    post.output = OutputKind::Json;
    const auto sent = send(post);
    QVERIFY2(sent, sent ? "" : qPrintable(sent.error().sentence()));
    const QJsonValue headers = sent->answer.value[QLatin1String("headers")];
    QCOMPARE(headers[QLatin1String("x-token")].toString().toUtf8(), kToken);
    QCOMPARE(headers[QLatin1String("x-plain")].toString(), QStringLiteral("a"));
    QCOMPARE(headers[QLatin1String("authorization")].toString().toUtf8(), "Bearer " + kToken);
    QCOMPARE(sent->answer.value[QLatin1String("body")].toString().toUtf8(), kToken);

    HttpCall put = call(QStringLiteral("/echo"));
    put.method = QStringLiteral("PUT");
    put.user = QStringLiteral("saver");
    put.password = QStringLiteral("token");
    put.json = QJsonObject{{QStringLiteral("a\"b"), QJsonArray{1, QJsonValue()}}};
    put.output = OutputKind::Json;
    const auto basic = send(put);
    QVERIFY2(basic, basic ? "" : qPrintable(basic.error().sentence()));
    QCOMPARE(basic->outputs.value(QLatin1String("body")).toString(),
             QStringLiteral("{\"a\\\"b\":[1,null]}"));
    const QJsonValue names = basic->outputs.value(QLatin1String("headers"));
    QCOMPARE(names[QLatin1String("authorization")].toString().toUtf8(),
             "Basic " + QByteArray("saver:" + kToken).toBase64());
    QCOMPARE(names[QLatin1String("content-type")].toString(), QStringLiteral("application/json"));
}

void TestHttpWork::answersBecomeOutputs()
{
    HttpCall get = call(QStringLiteral("/text"));
    QCOMPARE(send(get)->outputs, (QJsonObject{{QStringLiteral("status"), 200}}));
    get.output = OutputKind::Text;
    QCOMPARE(send(get)->outputs.value(QLatin1String("text")).toString(),
             QStringLiteral("<html>not JSON</html>"));
    get.output = OutputKind::Lines;
    QCOMPARE(send(get)->outputs.value(QLatin1String("lines")).toArray().size(), 1);
    get.output = OutputKind::Json;
    const auto broken = send(get);
    QVERIFY(!broken);
    QVERIFY2(broken.error().summary.contains(QStringLiteral("is not JSON")),
             qPrintable(broken.error().sentence()));
    QCOMPARE(send(call(QStringLiteral("/nothing")))->answer.status, 204);
}

void TestHttpWork::errorsAndLogsShowNoSecret()
{
    HttpCall get = call(QStringLiteral("/status/403?x=hidden"));
    get.bearer = QStringLiteral("token");
    m_log.clear();
    const auto refused = send(get);
    QVERIFY(!refused);
    QCOMPARE(errorCodeName(refused.error().code), QStringLiteral("denied"));
    const QString said = refused.error().sentence();
    QVERIFY2(said.contains(QStringLiteral("the server says 403 to Bearer [secret token]")),
             qPrintable(said));
    QVERIFY(!said.contains(QStringLiteral("hidden")) && !said.contains(QStringLiteral("ARY")));
    QVERIFY2(m_log.contains("answered 403") && !m_log.contains("hidden") && !m_log.contains("ARY"),
             m_log.constData());
}

void TestHttpWork::onlyAQuestionTakesAnyStatus()
{
    const HttpCall get = call(QStringLiteral("/status/404"));
    QVERIFY(!send(get));
    ActionContext question = m_context;
    question.isQuestion = true;
    const auto answer = httpWork(get, question)([](const CallProgress &) {}, {});
    QVERIFY2(answer, answer ? "" : qPrintable(answer.error().sentence()));
    Match match;
    match.status = 404;
    QVERIFY(matches(match, answer->answer));
    match.status = 200;
    QVERIFY(!matches(match, answer->answer));
}

void TestHttpWork::secretsMustHaveBeenFetched()
{
    HttpCall get = call(QStringLiteral("/echo"));
    get.bearer = QStringLiteral("other");
    QCOMPARE(errorCodeName(send(get).error().code), QStringLiteral("internal"));
}

QTEST_GUILESS_MAIN(TestHttpWork)
#include "tst_http_work.moc"
