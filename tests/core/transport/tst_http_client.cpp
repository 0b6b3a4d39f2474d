// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/transport/http_client.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <QUrl>

#include <thread>

using namespace lb;
using namespace std::chrono_literals;

namespace {

const QByteArray kToken = "canary-t0ken-&<\"x";

SecretHandle secret(QByteArray value)
{
    value.detach();
    return std::make_shared<const SecretString>(std::move(value));
}

QByteArray readFile(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(no file)");
}

} // namespace

/// The client against real TLS servers that do all that a server can do wrong (F29).
class TestHttpClient : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void init() { m_notes.clear(); }

    void requestsArriveAsTheyWereMeant();
    void statusesAreSorted_data();
    void statusesAreSorted();
    void whatTheServerSaysIsQuotedWithoutSecrets();
    void patienceIsBounded_data();
    void patienceIsBounded();
    void anotherStatusCanBeSuccess();
    void aLostConnectionIsTriedAgainOnlyWhereThatIsHarmless_data();
    void aLostConnectionIsTriedAgainOnlyWhereThatIsHarmless();
    void cutAnswersAreNoAnswers_data();
    void cutAnswersAreNoAnswers();
    void redirectsOnOneServerAreFollowed();
    void noSecretGoesToAnotherOrigin_data();
    void noSecretGoesToAnotherOrigin();
    void someRedirectsAreRefused_data();
    void someRedirectsAreRefused();
    void certificatesAreLookedAt_data();
    void certificatesAreLookedAt();
    void clientCertificatesSignIn();
    void slownessHasLimits_data();
    void slownessHasLimits();
    void sizeHasLimits_data();
    void sizeHasLimits();
    void brokenAnswersAreErrors_data();
    void brokenAnswersAreErrors();
    void filesAreStreamed();
    void filesAreWholeOrAbsent_data();
    void filesAreWholeOrAbsent();
    void aStopEndsItAtOnce();
    void badInputIsRefusedBeforeAnythingIsSent_data();
    void badInputIsRefusedBeforeAnythingIsSent();

private:
    QString path(const QString &name) const { return QDir(m_folder.path()).filePath(name); }
    QString url(const char *server, const QString &to) const
    {
        const QLatin1String name(server);
        return QStringLiteral("%1://127.0.0.1:%2%3")
            .arg(name == QLatin1String("plain") ? QStringLiteral("http") : QStringLiteral("https"))
            .arg(m_ports.value(name).toInt())
            .arg(to);
    }
    HttpRequest request(const char *server, const QString &to) const
    {
        HttpRequest made;
        made.url = url(server, to);
        made.caFile = path(QStringLiteral("ca.pem"));
        made.wait = 10ms;
        made.longestWait = 3s;
        return made;
    }
    Result<HttpAnswer> send(const HttpRequest &what)
    {
        return sendHttp(what, {}, {{}, [this](const QString &line) { m_notes << line; }});
    }
    /// What arrived at the servers whose path begins like this.
    QList<QJsonObject> arrived(const QString &begin)
    {
        const auto answer = sendHttp(request("plain", QStringLiteral("/log")));
        QList<QJsonObject> found;
        for (const QJsonValue entry : QJsonDocument::fromJson(answer.value().body).array()) {
            if (entry[QLatin1String("path")].toString().startsWith(begin))
                found << entry.toObject();
        }
        return found;
    }

    QTemporaryDir m_folder;
    QProcess m_server;
    QJsonObject m_ports;
    QStringList m_notes;
};

void TestHttpClient::initTestCase()
{
    // A proxy of the environment must not be asked.
    qputenv("https_proxy", "http://127.0.0.1:1/");
    qputenv("http_proxy", "http://127.0.0.1:1/");
    m_server.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_server.start(QStringLiteral("python3"),
                   {QStringLiteral("-B"), QStringLiteral(HTTP_SERVER), m_folder.path()});
    QTRY_VERIFY_WITH_TIMEOUT(m_server.canReadLine(), 60'000);
    m_ports = QJsonDocument::fromJson(m_server.readLine()).object();
    QVERIFY(m_ports.contains(QStringLiteral("main")));
}

void TestHttpClient::cleanupTestCase()
{
    m_server.closeWriteChannel();
    QVERIFY(m_server.waitForFinished(10'000));
}

void TestHttpClient::requestsArriveAsTheyWereMeant()
{
    HttpRequest post = request("main", QStringLiteral("/echo/full"));
    post.method = "POST";
    post.headers = {{"X-Plain", QByteArray("a b")}, {"X-Token", secret(kToken)}};
    post.user = QStringLiteral("saver");
    post.password = secret("p4ss:w0rd");
    post.body = secret("{\"pin\": 1}");
    post.bodyType = "application/json";
    const auto answer = send(post);
    QVERIFY2(answer, answer ? "" : qPrintable(answer.error().sentence()));
    QCOMPARE(answer->status, 200);
    const QJsonObject said = QJsonDocument::fromJson(answer->body).object();
    const QJsonObject headers = said.value(QLatin1String("headers")).toObject();
    QCOMPARE(said.value(QLatin1String("method")).toString(), QStringLiteral("POST"));
    QCOMPARE(said.value(QLatin1String("body")).toString(), QStringLiteral("{\"pin\": 1}"));
    QCOMPARE(headers.value(QLatin1String("x-plain")).toString(), QStringLiteral("a b"));
    QCOMPARE(headers.value(QLatin1String("x-token")).toString().toUtf8(), kToken);
    QCOMPARE(headers.value(QLatin1String("content-type")).toString(),
             QStringLiteral("application/json"));
    QCOMPARE(headers.value(QLatin1String("authorization")).toString().toUtf8(),
             "Basic " + QByteArray("saver:p4ss:w0rd").toBase64());

    HttpRequest get = request("main", QStringLiteral("/echo/bearer"));
    get.bearer = secret(kToken);
    QVERIFY(send(get));
    QCOMPARE(arrived(QStringLiteral("/echo/bearer"))
                 .first()[QLatin1String("headers")][QLatin1String("authorization")]
                 .toString()
                 .toUtf8(),
             "Bearer " + kToken);
    for (const char *method : {"HEAD", "PUT", "PATCH", "DELETE"}) {
        HttpRequest other = request("main", QStringLiteral("/nothing/") + QLatin1String(method));
        other.method = method;
        const auto none = send(other);
        QVERIFY2(none, none ? "" : qPrintable(none.error().sentence()));
        QCOMPARE(none->status, 204);
        QCOMPARE(arrived(QStringLiteral("/nothing/") + QLatin1String(method)).size(), 1);
    }
    // Cookies are not kept.
    QVERIFY(send(request("main", QStringLiteral("/text"))));
    QVERIFY(send(request("main", QStringLiteral("/echo/cookie"))));
    QVERIFY(!arrived(QStringLiteral("/echo/cookie"))
                 .first()[QLatin1String("headers")]
                 .toObject()
                 .contains(QStringLiteral("cookie")));
}

void TestHttpClient::statusesAreSorted_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("code");
    const std::vector<std::pair<int, const char *>> rows{
        {400, "bad_input"},   {401, "denied"},      {403, "denied"},      {404, "not_found"},
        {408, "timed_out"},   {409, "conflict"},    {410, "not_found"},   {412, "conflict"},
        {418, "failed"},      {422, "bad_input"},   {429, "unreachable"}, {500, "failed"},
        {501, "unsupported"}, {503, "unreachable"}, {507, "no_space"}};
    for (const auto &[status, code] : rows)
        QTest::newRow(qPrintable(QString::number(status))) << status << QString::fromLatin1(code);
}

void TestHttpClient::statusesAreSorted()
{
    QFETCH(int, status);
    QFETCH(QString, code);
    HttpRequest what = request("main", QStringLiteral("/status/%1?key=geheim#x").arg(status));
    const auto answer = send(what);
    QVERIFY(!answer);
    QCOMPARE(errorCodeName(answer.error().code), code);
    QVERIFY2(answer.error().summary.contains(QString::number(status)),
             qPrintable(answer.error().summary));
    QVERIFY2(answer.error().detail.contains(QStringLiteral("the server says")),
             qPrintable(answer.error().sentence()));
    QVERIFY(!answer.error().sentence().contains(QStringLiteral("geheim")));
    QVERIFY(!m_notes.join(QLatin1Char('\n')).contains(QStringLiteral("geheim")));
    what.anyStatus = true;
    what.method = "POST";
    what.body = QByteArray("text");
    const auto looked = send(what);
    QVERIFY2(looked, looked ? "" : qPrintable(looked.error().sentence()));
    QCOMPARE(looked->status, status);
}

void TestHttpClient::whatTheServerSaysIsQuotedWithoutSecrets()
{
    Redactor redactor;
    QVERIFY(redactor.add(QStringLiteral("token"), *secret(kToken)));
    // Of many lines one stands where the quotation ends.
    for (const int lines : {1, 20, 40, 60, 3000}) {
        HttpRequest what =
            request("main", QStringLiteral("/status/500/quoted?lines=%1").arg(lines));
        what.bearer = secret(kToken);
        what.redactor = &redactor;
        const auto answer = send(what);
        QVERIFY(!answer);
        const QString words = answer.error().detail;
        QVERIFY2(words.contains(QStringLiteral("[secret token]")), qPrintable(words));
        QVERIFY(!words.contains(QStringLiteral("canary")));
        QVERIFY(words.size() <= 2100);
    }
}

void TestHttpClient::patienceIsBounded_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QString>("to");
    QTest::addColumn<bool>("comesThrough");
    QTest::addColumn<int>("requests");
    QTest::addColumn<int>("atLeastMs");
    const auto row = [](const char *name, const char *method, const char *to, bool through,
                        int requests, int atLeast) {
        QTest::newRow(name) << QByteArray(method) << QString::fromLatin1(to) << through << requests
                            << atLeast;
    };
    row("429, then fine", "GET", "/retry/429/1/a?after=1", true, 2, 1000);
    row("a date", "GET", "/retry/503/1/b?after=date", true, 2, 900);
    row("502, then fine", "PUT", "/retry/502/2/c", true, 3, 30);
    row("504, then fine", "DELETE", "/retry/504/3/d", true, 4, 70);
    row("for ever", "GET", "/retry/503/999/e", false, 4, 70);
    row("asks for too much", "GET", "/retry/503/1/f?after=86400", true, 2, 3000);
    row("nonsense", "GET", "/retry/503/1/g?after=soon", true, 2, 10);
    row("500 is no answer to wait for", "GET", "/retry/500/1/h", false, 1, 0);
    row("POST is sent once", "POST", "/retry/503/1/i", false, 1, 0);
    row("PATCH is sent once", "PATCH", "/retry/429/1/j?after=1", false, 1, 0);
    row("what was refused may be sent again", "POST", "/retry/429/1/refused?after=1", true, 2,
        1000);
    row("what may have been done is not", "POST", "/retry/503/1/refused", false, 1, 0);
}

void TestHttpClient::patienceIsBounded()
{
    QFETCH(QByteArray, method);
    QFETCH(QString, to);
    QFETCH(bool, comesThrough);
    QFETCH(int, requests);
    QFETCH(int, atLeastMs);
    HttpRequest what = request("main", to);
    what.method = method;
    what.isRefusalRepeatable = to.contains(QLatin1String("/refused"));
    QElapsedTimer took;
    took.start();
    const auto answer = send(what);
    QCOMPARE(answer.has_value(), comesThrough);
    QCOMPARE(arrived(to).size(), requests);
    QVERIFY2(took.elapsed() >= atLeastMs, qPrintable(QString::number(took.elapsed())));
    QVERIFY(took.elapsed() < 30'000);
}

void TestHttpClient::anotherStatusCanBeSuccess()
{
    HttpRequest what = request("main", QStringLiteral("/retry/503/9/success"));
    what.success = {503};
    QCOMPARE(send(what).value().status, 503);
    what.url = url("main", QStringLiteral("/redirect/302?to=/echo"));
    what.success = {302};
    QCOMPARE(send(what).value().status, 302);
}

void TestHttpClient::aLostConnectionIsTriedAgainOnlyWhereThatIsHarmless_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("body");
    for (const char *way : {"close", "reset"}) {
        for (const char *method : {"GET", "POST", "PATCH", "PUT"}) {
            for (const char *body : {"", "text"})
                QTest::addRow("%s %s %s", way, method, body)
                    << QByteArray(method) << QByteArray(body);
        }
    }
}

void TestHttpClient::aLostConnectionIsTriedAgainOnlyWhereThatIsHarmless()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, body);
    const QString tag = QString::fromLatin1(QTest::currentDataTag());
    const QString to = QLatin1Char('/') + QString(tag).replace(QLatin1Char(' '), QLatin1Char('/')) +
                       QStringLiteral("/end");
    HttpRequest what = request("main", to);
    what.method = method;
    what.body = body;
    what.tries = 3;
    const auto answer = send(what);
    QVERIFY(!answer);
    QCOMPARE(errorCodeName(answer.error().code), QStringLiteral("unreachable"));
    const bool once = method == "POST" || method == "PATCH";
    const auto came = arrived(to).size();
    QVERIFY2(once ? came == 1 : came >= 3 && came <= 12, qPrintable(QString::number(came)));
    QCOMPARE(answer.error().advice.contains(QStringLiteral("not known")), method != "GET");
    if (body.isEmpty()) {
        what = request("nobody", QStringLiteral("/"));
        what.tries = 2;
        m_notes.clear();
        QCOMPARE(errorCodeName(send(what).error().code), QStringLiteral("unreachable"));
        QCOMPARE(m_notes.filter(QStringLiteral("follows in")).size(), 1);
    }
}

void TestHttpClient::cutAnswersAreNoAnswers_data()
{
    QTest::addColumn<QString>("to");
    QTest::newRow("shorter than it said") << QStringLiteral("/cut/a");
    QTest::newRow("without the last chunk") << QStringLiteral("/cutchunk/a");
}

void TestHttpClient::cutAnswersAreNoAnswers()
{
    QFETCH(QString, to);
    HttpRequest what = request("main", to);
    what.tries = 2;
    const auto answer = send(what);
    QVERIFY(!answer);
    QVERIFY2(answer.error().summary.contains(QStringLiteral("cut off")),
             qPrintable(answer.error().sentence()));
    QCOMPARE(arrived(to).size(), 2);
    QCOMPARE(send(request("main", QStringLiteral("/cut/b?times=1"))).value().body,
             QByteArray("whole"));
}

void TestHttpClient::redirectsOnOneServerAreFollowed()
{
    HttpRequest what = request("main", QStringLiteral("/redirect/302?to=/echo/here"));
    what.method = "POST";
    what.body = QByteArray("text");
    what.bearer = secret(kToken);
    QVERIFY(send(what));
    QJsonObject came = arrived(QStringLiteral("/echo/here")).first();
    QCOMPARE(came.value(QLatin1String("method")).toString(), QStringLiteral("GET"));
    QCOMPARE(came[QLatin1String("headers")][QLatin1String("authorization")].toString().toUtf8(),
             "Bearer " + kToken);
    what.url = url("main", QStringLiteral("/redirect/307?to=/echo/there"));
    QVERIFY(send(what));
    came = arrived(QStringLiteral("/echo/there")).first();
    QCOMPARE(came.value(QLatin1String("method")).toString(), QStringLiteral("POST"));
    QCOMPARE(came.value(QLatin1String("bytes")).toInt(), 4);
}

void TestHttpClient::noSecretGoesToAnotherOrigin_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("method");
    for (const int status : {301, 302, 303, 307, 308})
        QTest::addRow("GET %d", status) << status << QByteArray("GET");
    QTest::addRow("POST 302") << 302 << QByteArray("POST");
    QTest::addRow("PUT 303") << 303 << QByteArray("PUT");
}

void TestHttpClient::noSecretGoesToAnotherOrigin()
{
    QFETCH(int, status);
    QFETCH(QByteArray, method);
    const QString end = QStringLiteral("/echo/%1/%2").arg(status).arg(QString::fromLatin1(method));
    // The second server sends it back to the first: there it is a stranger too.
    const QString back =
        QString::fromLatin1(QUrl::toPercentEncoding(url("main", end + QStringLiteral("/back"))));
    const QString middle = url("other", QStringLiteral("/redirect/302/%1/%2?to=%3")
                                            .arg(status)
                                            .arg(QString::fromLatin1(method), back));
    HttpRequest what =
        request("main", QStringLiteral("/redirect/%1?to=%2")
                            .arg(status)
                            .arg(QString::fromLatin1(QUrl::toPercentEncoding(middle))));
    what.method = method;
    if (method != "GET")
        what.body = secret(kToken);
    what.headers = {{"X-Token", secret(kToken)},
                    {"X-Plain", QByteArray("canary-plain")},
                    {"Accept", QByteArray("text/x")}};
    what.user = QStringLiteral("canary-user");
    what.password = secret(kToken);
    const auto answer = send(what);
    QVERIFY2(answer, answer ? "" : qPrintable(answer.error().sentence()));
    const auto middles =
        arrived(QStringLiteral("/redirect/302/%1/%2").arg(status).arg(QString::fromLatin1(method)));
    QCOMPARE(middles.size(), 1);
    for (const QJsonObject &came : {middles.first(), arrived(end).first()}) {
        const QByteArray all = QJsonDocument(came).toJson();
        QVERIFY2(!all.contains("canary") && !all.contains("authorization"), all.constData());
        QVERIFY(all.contains("text/x"));
        QCOMPARE(came.value(QLatin1String("bytes")).toInt(), 0);
    }
}

void TestHttpClient::someRedirectsAreRefused_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QString>("to");
    QTest::addColumn<QString>("code");
    const auto row = [](const char *name, const char *method, const QString &to, const char *code) {
        QTest::newRow(name) << QByteArray(method) << to << QString::fromLatin1(code);
    };
    const auto to = [this](const char *server, const char *where) {
        return QString::fromLatin1(
            QUrl::toPercentEncoding(url(server, QString::fromLatin1(where))));
    };
    row("to an open connection", "GET",
        QStringLiteral("/redirect/302?to=") + to("plain", "/refused/open"), "denied");
    row("a body elsewhere", "POST",
        QStringLiteral("/redirect/307?to=") + to("other", "/refused/body"), "denied");
    row("a change elsewhere", "DELETE",
        QStringLiteral("/redirect/308?to=") + to("other", "/refused/change"), "denied");
    row("to a file", "GET", QStringLiteral("/redirect/302?to=file:///etc/passwd"), "failed");
    row("to a user", "GET",
        QStringLiteral("/redirect/302?to=https%3A%2F%2Fa%3Ab%40localhost%2Frefused"), "failed");
    row("nowhere", "GET", QStringLiteral("/redirect/302?to=%20"), "failed");
    row("for ever", "GET", QStringLiteral("/redirect/302?to=%3Fto%3D"), "failed");
}

void TestHttpClient::someRedirectsAreRefused()
{
    QFETCH(QByteArray, method);
    QFETCH(QString, to);
    QFETCH(QString, code);
    HttpRequest what = request("main", to);
    if (QTest::currentDataTag() == QByteArray("for ever")) {
        QString where = QStringLiteral("/echo");
        for (int i = 0; i < 8; ++i)
            where = QStringLiteral("/redirect/302?to=") +
                    QString::fromLatin1(QUrl::toPercentEncoding(where));
        what.url = url("main", where);
    }
    what.method = method;
    what.bearer = secret(kToken);
    const auto answer = send(what);
    QVERIFY(!answer);
    QCOMPARE(errorCodeName(answer.error().code), code);
    QCOMPARE(arrived(QStringLiteral("/refused")).size(), 0);
}

void TestHttpClient::certificatesAreLookedAt_data()
{
    QTest::addColumn<QByteArray>("server");
    QTest::addColumn<QString>("ca");
    QTest::newRow("self-signed") << QByteArray("selfsigned") << QStringLiteral("ca.pem");
    QTest::newRow("another CA") << QByteArray("main") << QStringLiteral("stranger.pem");
    QTest::newRow("the system's CAs") << QByteArray("main") << QString();
    QTest::newRow("expired") << QByteArray("expired") << QStringLiteral("ca.pem");
    QTest::newRow("another name") << QByteArray("elsewhere") << QStringLiteral("ca.pem");
    QTest::newRow("wants a client certificate") << QByteArray("mutual") << QStringLiteral("ca.pem");
}

void TestHttpClient::certificatesAreLookedAt()
{
    QFETCH(QByteArray, server);
    QFETCH(QString, ca);
    HttpRequest what =
        request(server.constData(), QStringLiteral("/echo/tls/") + QString::fromLatin1(server));
    what.caFile = ca.isEmpty() ? QString() : path(ca);
    what.bearer = secret(kToken);
    const auto answer = send(what);
    QVERIFY(!answer);
    QVERIFY2(answer.error().code == ErrorCode::Denied, qPrintable(answer.error().sentence()));
    QVERIFY(!answer.error().detail.isEmpty());
    QCOMPARE(arrived(QStringLiteral("/echo/tls")).size(), 0);
    QVERIFY(m_notes.filter(QStringLiteral("follows in")).isEmpty());
}

void TestHttpClient::clientCertificatesSignIn()
{
    HttpRequest what = request("mutual", QStringLiteral("/echo/mutual"));
    what.clientCertificate = path(QStringLiteral("client.pem"));
    what.clientKey = path(QStringLiteral("client.key"));
    const auto answer = send(what);
    QVERIFY2(answer, answer ? "" : qPrintable(answer.error().sentence()));
    QCOMPARE(answer->status, 200);
    // Another server that leads there does not get it with us.
    what.url = url("main", QStringLiteral("/redirect/302?to=") +
                               QString::fromLatin1(QUrl::toPercentEncoding(
                                   url("mutual", QStringLiteral("/echo/mutual/again")))));
    QVERIFY(!send(what));
    QCOMPARE(arrived(QStringLiteral("/echo/mutual/again")).size(), 0);
    what.clientKey = path(QStringLiteral("ca.pem"));
    QCOMPARE(errorCodeName(send(what).error().code), QStringLiteral("bad_input"));
}

void TestHttpClient::slownessHasLimits_data()
{
    QTest::addColumn<QString>("to");
    QTest::addColumn<bool>("isWhole");
    QTest::newRow("one byte a second") << QStringLiteral("/slow") << true;
    QTest::newRow("stops in the middle") << QStringLiteral("/stall") << false;
    QTest::newRow("no answer") << QStringLiteral("/silent") << false;
    QTest::newRow("no answer at all in time") << QStringLiteral("/silent") << true;
}

void TestHttpClient::slownessHasLimits()
{
    QFETCH(QString, to);
    QFETCH(bool, isWhole);
    HttpRequest what = request("main", to);
    what.timeout = isWhole ? 2500ms : 60s;
    what.idle = isWhole ? 60s : 1500ms;
    QElapsedTimer took;
    took.start();
    const auto answer = send(what);
    QVERIFY(!answer);
    QCOMPARE(errorCodeName(answer.error().code), QStringLiteral("timed_out"));
    QVERIFY2(took.elapsed() < 15'000, qPrintable(QString::number(took.elapsed())));
    QVERIFY(m_notes.filter(QStringLiteral("follows in")).isEmpty());
}

void TestHttpClient::sizeHasLimits_data()
{
    QTest::addColumn<QString>("to");
    QTest::addColumn<bool>("fits");
    QTest::newRow("just fits") << QStringLiteral("/big/1000000") << true;
    QTest::newRow("one byte more") << QStringLiteral("/big/1000001") << false;
    QTest::newRow("endless") << QStringLiteral("/endless") << false;
}

void TestHttpClient::sizeHasLimits()
{
    QFETCH(QString, to);
    QFETCH(bool, fits);
    HttpRequest what = request("main", to);
    what.maxSize = 1'000'000;
    const auto inMemory = send(what);
    what.toFile = path(QStringLiteral("big"));
    const auto inFile = send(what);
    for (const auto &answer : {inMemory, inFile}) {
        QVERIFY2(answer.has_value() == fits, answer ? "" : qPrintable(answer.error().sentence()));
        if (!fits)
            QVERIFY2(answer.error().summary.contains(QStringLiteral("larger than")),
                     qPrintable(answer.error().sentence()));
    }
    QCOMPARE(QFile::exists(what.toFile), fits);
    QVERIFY(!QFile::exists(what.toFile + QStringLiteral(".part")));
    QFile::remove(what.toFile);
}

void TestHttpClient::brokenAnswersAreErrors_data()
{
    QTest::addColumn<QString>("to");
    QTest::addColumn<QString>("code");
    QTest::newRow("endless headers") << QStringLiteral("/bighead") << QString();
    QTest::newRow("not HTTP") << QStringLiteral("/garbage") << QString();
    QTest::newRow("compressed") << QStringLiteral("/gzip") << QStringLiteral("unsupported");
}

void TestHttpClient::brokenAnswersAreErrors()
{
    QFETCH(QString, to);
    QFETCH(QString, code);
    HttpRequest what = request("main", to);
    what.timeout = 10s;
    what.tries = 1;
    const auto answer = send(what);
    QVERIFY(!answer);
    if (!code.isEmpty())
        QCOMPARE(errorCodeName(answer.error().code), code);
}

void TestHttpClient::filesAreStreamed()
{
    const QString source = path(QStringLiteral("source"));
    QFile file(source);
    QVERIFY(file.open(QIODevice::WriteOnly));
    for (int i = 0; i < 300; ++i)
        file.write(QByteArray(10'000, char('a' + i % 26)));
    file.close();
    HttpRequest put = request("main", QStringLiteral("/nothing/upload"));
    put.method = "PUT";
    put.fromFile = source;
    const auto sent = send(put);
    QVERIFY2(sent, sent ? "" : qPrintable(sent.error().sentence()));
    QCOMPARE(arrived(QStringLiteral("/nothing/upload")).first()[QLatin1String("bytes")].toInt(),
             3'000'000);
    put.fromFile = path(QStringLiteral("not there"));
    QCOMPARE(errorCodeName(send(put).error().code), QStringLiteral("not_found"));

    HttpRequest get = request("main", QStringLiteral("/big/3000000"));
    get.toFile = path(QStringLiteral("got"));
    qint64 seen = 0;
    const auto got = sendHttp(get, {}, {[&](qint64 done, qint64) { seen = done; }, {}});
    QVERIFY2(got, got ? "" : qPrintable(got.error().sentence()));
    QCOMPARE(got->bytes, 3'000'000);
    QVERIFY(got->body.isEmpty());
    QVERIFY(seen > 0);
    QCOMPARE(readFile(get.toFile), QByteArray(3'000'000, 'x'));
    QCOMPARE(QFile::permissions(get.toFile) & 0x77, QFile::Permissions());
    // What is there stays as it is.
    QCOMPARE(errorCodeName(send(get).error().code), QStringLiteral("conflict"));
    QCOMPARE(arrived(QStringLiteral("/big/3000000")).size(), 1);
}

void TestHttpClient::filesAreWholeOrAbsent_data()
{
    QTest::addColumn<QString>("to");
    QTest::addColumn<QByteArray>("content"); // null: there is no file
    QTest::newRow("cut") << QStringLiteral("/cut/file") << QByteArray();
    QTest::newRow("last chunk missing") << QStringLiteral("/cutchunk/file") << QByteArray();
    QTest::newRow("cut once") << QStringLiteral("/cut/file2?times=1") << QByteArray("whole");
    QTest::newRow("of no known length") << QStringLiteral("/nolength") << QByteArray();
    QTest::newRow("in chunks") << QStringLiteral("/chunks") << QByteArray("hello");
    QTest::newRow("empty") << QStringLiteral("/big/0") << QByteArray("");
    QTest::newRow("an error") << QStringLiteral("/status/404") << QByteArray();
}

void TestHttpClient::filesAreWholeOrAbsent()
{
    QFETCH(QString, to);
    QFETCH(QByteArray, content);
    HttpRequest what = request("main", to);
    what.toFile = path(QStringLiteral("file-") + QString::fromLatin1(QTest::currentDataTag()));
    const QString part = what.toFile + QStringLiteral(".part");
    QFile left(part); // of a killed run
    QVERIFY(left.open(QIODevice::WriteOnly));
    left.write("left over and long");
    left.close();
    what.tries = 2;
    const auto answer = send(what);
    QVERIFY2(answer.has_value() == !content.isNull(),
             answer ? "" : qPrintable(answer.error().sentence()));
    QCOMPARE(QFile::exists(what.toFile), !content.isNull());
    if (!content.isNull()) {
        QCOMPARE(readFile(what.toFile), content);
        QVERIFY(!QFile::exists(part));
    }
}

void TestHttpClient::aStopEndsItAtOnce()
{
    for (const char *to : {"/silent", "/retry/503/99/stopped?after=60"}) {
        HttpRequest what = request("main", QString::fromLatin1(to));
        what.longestWait = 60s;
        std::stop_source stop;
        QElapsedTimer took;
        took.start();
        std::jthread later([&stop, this, to] {
            // Not before it has arrived.
            while (arrived(QString::fromLatin1(to)).isEmpty())
                std::this_thread::yield();
            stop.request_stop();
        });
        const auto answer = sendHttp(what, stop.get_token());
        QVERIFY(!answer);
        QCOMPARE(errorCodeName(answer.error().code), QStringLiteral("cancelled"));
        QVERIFY(took.elapsed() < 20'000);
    }
}

void TestHttpClient::badInputIsRefusedBeforeAnythingIsSent_data()
{
    QTest::addColumn<QString>("address");
    QTest::addColumn<QByteArray>("header");
    const QString good = QStringLiteral("https://127.0.0.1:1/");
    QTest::newRow("no address") << QString() << QByteArray();
    QTest::newRow("another scheme") << QStringLiteral("ftp://a.example/") << QByteArray();
    QTest::newRow("a user") << QStringLiteral("https://geheim:x@a.example/") << QByteArray();
    QTest::newRow("no host") << QStringLiteral("https:///a") << QByteArray();
    QTest::newRow("a space") << QStringLiteral("https://a.example/a b") << QByteArray();
    QTest::newRow("line break") << good << QByteArray("a\r\nX-Other: b");
}

void TestHttpClient::badInputIsRefusedBeforeAnythingIsSent()
{
    QFETCH(QString, address);
    QFETCH(QByteArray, header);
    HttpRequest what;
    what.url = address;
    if (!header.isEmpty())
        what.headers = {{"X-Token", secret(header)}};
    const auto answer = send(what);
    QVERIFY(!answer);
    QCOMPARE(errorCodeName(answer.error().code), QStringLiteral("bad_input"));
    QVERIFY(!answer.error().sentence().contains(QStringLiteral("geheim")));
}

QTEST_GUILESS_MAIN(TestHttpClient)
#include "tst_http_client.moc"
