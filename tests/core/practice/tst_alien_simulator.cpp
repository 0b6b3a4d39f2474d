// SPDX-License-Identifier: GPL-3.0-or-later
// Alien's REST interface over documents that a simulated Elasticsearch holds.
#include "core/practice/alien_simulator.h"
#include "core/practice/elasticsearch_simulator.h"
#include "core/practice/loopback_http.h"
#include "simulator_thread.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

using namespace lb;
using namespace lb::practice;

class TestAlienSimulator : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void statusNeedsNoLogin();
    void stateChangesByGet();
    void missingFilesDisableAPluginAtBoot();
    void orchestratorConnectsOverPolls();
    void orchestratorMayStayDisabled();
    void needsItsIndices();

private:
    void start(const QStringList &faults = {});
    void addPlugin();
    void put(const char *path, const QByteArray &source);
    QJsonObject document(const char *path);
    /// What comes back, head and body.
    QByteArray ask(const QByteArray &method, const QByteArray &path, const QByteArray &body = {});
    QJsonObject call(const QByteArray &method, const QByteArray &path);
    QString state()
    {
        return call("GET", "/orchestrators/o1")[QLatin1String("data")][QLatin1String("state")]
            .toString();
    }

    std::unique_ptr<QTemporaryDir> m_home;
    std::unique_ptr<SimulatorThread<ElasticsearchSimulator>> m_elasticsearch;
    std::unique_ptr<SimulatorThread<AlienSimulator>> m_alien;
    QByteArray m_cookie;
};

void TestAlienSimulator::init()
{
    m_alien.reset();
    m_elasticsearch.reset();
    m_cookie.clear();
    m_home = std::make_unique<QTemporaryDir>();
    ElasticsearchSimulator::Options options;
    options.dataFolder = m_home->filePath(QStringLiteral("elasticsearch"));
    m_elasticsearch = std::make_unique<SimulatorThread<ElasticsearchSimulator>>(options);
    QVERIFY(m_elasticsearch->port() != 0);
}

void TestAlienSimulator::put(const char *path, const QByteArray &source)
{
    QVERIFY(askLoopbackJson(m_elasticsearch->port(), "PUT", path, source));
}

QJsonObject TestAlienSimulator::document(const char *path)
{
    return askLoopbackJson(m_elasticsearch->port(), "GET", QByteArray(path) + "/_source")
        .value_or(QJsonObject());
}

/// With its files, and an orchestrator that uses it.
void TestAlienSimulator::addPlugin()
{
    put("/plugin/plugin/ferry%3A1.0", R"({"id":"ferry:1.0","pluginPathId":"p1","enabled":true})");
    put("/orchestrator/orchestrator/o1",
        R"({"id":"o1","pluginId":"ferry:1.0","state":"CONNECTED"})");
    const QString folder = m_home->filePath(QStringLiteral("work/plugins/content/p1/META-INF"));
    QVERIFY(QDir().mkpath(folder));
    QFile file(folder + QStringLiteral("/plugin.yml"));
    QVERIFY(file.open(QIODevice::WriteOnly));
}

void TestAlienSimulator::start(const QStringList &faults)
{
    m_alien = std::make_unique<SimulatorThread<AlienSimulator>>(
        AlienSimulator::Options{m_elasticsearch->port(), m_home->path(), QStringLiteral("admin"),
                                QStringLiteral("säcret & more"), faults});
    QVERIFY(m_alien->port() != 0);
    const QByteArray answer = ask("POST", "/login", "username=admin&password=s%C3%A4cret+%26+more");
    QVERIFY2(answer.contains("Location: /rest/auth/status"), answer.constData());
    m_cookie = answer.mid(answer.indexOf("JSESSIONID=")).split(';').first();
}

QByteArray TestAlienSimulator::ask(const QByteArray &method, const QByteArray &path,
                                   const QByteArray &body)
{
    QTcpSocket socket;
    socket.connectToHost(QStringLiteral("127.0.0.1"), m_alien->port());
    socket.write(method + ' ' + path +
                 " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: " + m_cookie +
                 "\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body);
    QByteArray received;
    while (received.indexOf("\r\n\r\n") < 0 && socket.waitForReadyRead(20'000))
        received += socket.readAll();
    socket.waitForReadyRead(100);
    return received + socket.readAll();
}

QJsonObject TestAlienSimulator::call(const QByteArray &method, const QByteArray &path)
{
    const QByteArray answer = ask(method, "/rest/latest" + path);
    return QJsonDocument::fromJson(answer.mid(answer.indexOf("\r\n\r\n") + 4)).object();
}

void TestAlienSimulator::statusNeedsNoLogin()
{
    addPlugin();
    start();
    QVERIFY(ask("POST", "/login", "username=admin&password=wrong")
                .contains("/rest/auth/authenticationfailed"));
    const auto data = [&](const char *path) { return call("GET", path)[QLatin1String("data")]; };
    QCOMPARE(data("/auth/status")[QLatin1String("isLogged")], QJsonValue(true));
    QCOMPARE(data("/plugins?from=0&size=50")[QLatin1String("totalResults")].toInt(), 1);
    // Errors come inside of 200.
    const QByteArray missing = ask("GET", "/rest/latest/plugins/nosuch/enable");
    QVERIFY(missing.startsWith("HTTP/1.1 200") && missing.contains("\"code\":504"));
    m_cookie.clear();
    QCOMPARE(data("/auth/status")[QLatin1String("isLogged")], QJsonValue(false));
    QVERIFY(ask("GET", "/rest/latest/plugins").startsWith("HTTP/1.1 401"));
}

void TestAlienSimulator::stateChangesByGet()
{
    addPlugin();
    start();
    call("GET", "/plugins/ferry%3A1.0/disable");
    QCOMPARE(document("/plugin/plugin/ferry%3A1.0")[QLatin1String("enabled")], QJsonValue(false));
    call("GET", "/plugins/ferry%3A1.0/enable");
    QCOMPARE(document("/plugin/plugin/ferry%3A1.0")[QLatin1String("enabled")], QJsonValue(true));
}

void TestAlienSimulator::missingFilesDisableAPluginAtBoot()
{
    addPlugin();
    QVERIFY(QDir(m_home->filePath(QStringLiteral("work"))).removeRecursively());
    start();
    QCOMPARE(document("/plugin/plugin/ferry%3A1.0")[QLatin1String("enabled")], QJsonValue(false));
    QCOMPARE(document("/orchestrator/orchestrator/o1")[QLatin1String("state")].toString(),
             QStringLiteral("DISABLED"));
    QCOMPARE(
        call("GET", "/plugins/ferry%3A1.0/enable")[QLatin1String("error")][QLatin1String("code")]
            .toInt(),
        351);
}

void TestAlienSimulator::orchestratorConnectsOverPolls()
{
    addPlugin();
    start();
    QCOMPARE(state(), QStringLiteral("CONNECTING"));
    QCOMPARE(state(), QStringLiteral("CONNECTING"));
    QCOMPARE(state(), QStringLiteral("CONNECTED"));
    QCOMPARE(
        call("POST", "/orchestrators/o1/instance")[QLatin1String("error")][QLatin1String("code")]
            .toInt(),
        505);
}

void TestAlienSimulator::orchestratorMayStayDisabled()
{
    addPlugin();
    start({QStringLiteral("orchestrator-stays-disabled")});
    QTRY_COMPARE(state(), QStringLiteral("DISABLED"));
    QCOMPARE(document("/orchestrator/orchestrator/o1")[QLatin1String("state")].toString(),
             QStringLiteral("DISABLED"));
    QVERIFY(call("POST", "/orchestrators/o1/instance")[QLatin1String("error")].isNull());
    QCOMPARE(state(), QStringLiteral("CONNECTING"));
}

void TestAlienSimulator::needsItsIndices()
{
    AlienSimulator alien({m_elasticsearch->port(), m_home->path(), {}, {}, {}});
    const auto booted = alien.boot();
    QVERIFY(!booted);
    QVERIFY(booted.error().summary.contains(QLatin1String("Alien cannot start")));
}

QTEST_GUILESS_MAIN(TestAlienSimulator)
#include "tst_alien_simulator.moc"
