// SPDX-License-Identifier: GPL-3.0-or-later
// Alien4Cloud's own settings files → inputs of a profile and what is said about them.
#include "core/systems/alien4cloud/vendor_files.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

using namespace lb;

namespace {

/// Where an installed file lies: in `config` below the program's folder.
const QString kProgram = QStringLiteral("/opt/alien4cloud/alien4cloud-premium");

VendorFile file(const QString &path, const QByteArray &json)
{
    const QJsonDocument document = QJsonDocument::fromJson(json);
    if (!document.isObject())
        qFatal("not a document: %s", json.constData());
    return {path, document.object()};
}

VendorFile alien(const QByteArray &json, const QString &program = kProgram)
{
    return file(program + QStringLiteral("/config/alien4cloud-config.yml"), json);
}

VendorFile tool(const QByteArray &json)
{
    return file(QStringLiteral("/opt/tool/config/admin-tool-config.yml"), json);
}

VendorFile node(const QByteArray &json)
{
    return file(QStringLiteral("/etc/elasticsearch/elasticsearch.yml"), json);
}

Result<FilledInputs> read(const std::vector<VendorFile> &files, const QString &host = {})
{
    return alien4CloudFiles().read(files, host);
}

FilledInputs filled(const std::vector<VendorFile> &files, const QString &host = {})
{
    const auto answer = read(files, host);
    if (!answer)
        qWarning("%s", qPrintable(answer.error().sentence()));
    return answer.value_or(FilledInputs());
}

/// Everything that is said, one remark a line.
QString said(const FilledInputs &filled)
{
    QStringList lines;
    for (const Remark &remark : filled.remarks)
        lines << (remark.isWarning ? QStringLiteral("warning: ") : QStringLiteral("note: ")) +
                     remark.sentence();
    return lines.join(QLatin1Char('\n'));
}

QString input(const FilledInputs &filled, const char *name)
{
    const QJsonValue value = filled.inputs.value(QLatin1String(name));
    return value.toVariant().toStringList().join(QLatin1Char(' '));
}

} // namespace

#define SAYS(filled, part)                                                                         \
    QVERIFY2(said(filled).contains(QString::fromUtf8(part)), qPrintable(said(filled)))

class TestVendorFiles : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void allThreeFillTheProfile()
    {
        const FilledInputs got = filled(
            {node(R"({"cluster.name": "harbour", "path.repo": ["/mnt/backups", "/mnt/other"],
                      "discovery.zen.ping.unicast.hosts": ["es7"]})"),
             tool(
                 R"({"elasticsearch": {"cluster_name": "harbour", "addresses": "es2:9300,es1:9300"},
                      "exporter.dir": "/srv/export", "backup.files_dir": "/srv/files",
                      "alien4cloud.dir": "/srv/alien"})"),
             alien(R"({"server": {"port": 8088}, "directories": {"alien": "/srv/alien"},
                       "elasticSearch": {"clusterName": "harbour", "client": true,
                           "transportClient": true, "hosts": "es1:9300, es2:9300"},
                       "alien_security": {"admin": {"username": "captain", "password": "canary"}},
                       "ldap": {"password": "canary"}})")});
        const QJsonObject expected{
            {QStringLiteral("elasticsearch_url"),
             QJsonArray{QStringLiteral("http://es1:9200"), QStringLiteral("http://es2:9200")}},
            {QStringLiteral("cluster_name"), QStringLiteral("harbour")},
            {QStringLiteral("alien_dir"), QStringLiteral("/srv/alien")},
            {QStringLiteral("config_dir"), kProgram + QStringLiteral("/config")},
            {QStringLiteral("snapshot_dir"), QStringLiteral("/mnt/backups")},
            {QStringLiteral("alien_url"), QStringLiteral("http://localhost:8088")},
            {QStringLiteral("alien_user"), QStringLiteral("captain")}};
        QCOMPARE(got.inputs, expected);
        // The files agree, in whichever order they name the nodes, and nothing is dangerous.
        QVERIFY2(!said(got).contains(QStringLiteral("warning")), qPrintable(said(got)));
        SAYS(got,
             "note: elasticSearch.hosts names es1:9300, es2:9300, where Elasticsearch does not "
             "speak HTTP (9300 is the usual port of its own protocol). elasticsearch_url has "
             "port 9200 instead: change it where HTTP listens elsewhere. "
             "(/opt/alien4cloud/alien4cloud-premium/config/alien4cloud-config.yml)");
        SAYS(got, "alien_url is http://localhost:8088");
        SAYS(got, "path.repo names 2 folders; the first was taken.");
        SAYS(got, "backup.files_dir is not used");
        SAYS(got, "exporter.dir is not used");
        QVERIFY(!said(got).contains(QStringLiteral("canary")));
    }

    void nestedDottedAndMixedAreTheSame_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::newRow("nested") << QByteArray(
            R"({"elasticsearch": {"cluster_name": "c", "addresses": "a:9300"},
                "alien4cloud": {"dir": "/d"}})");
        QTest::newRow("dotted") << QByteArray(
            R"({"elasticsearch.cluster_name": "c", "elasticsearch.addresses": "a:9300",
                "alien4cloud.dir": "/d"})");
        QTest::newRow("mixed") << QByteArray(
            R"({"elasticsearch": {"cluster_name": "c"}, "elasticsearch.addresses": ["a:9300"],
                "alien4cloud.dir": "/d", "more": {"x": [1, {}]}})");
    }

    void nestedDottedAndMixedAreTheSame()
    {
        QFETCH(const QByteArray, json);
        const FilledInputs got = filled({tool(json)});
        const QJsonObject expected{
            {QStringLiteral("cluster_name"), QStringLiteral("c")},
            {QStringLiteral("elasticsearch_url"), QJsonArray{QStringLiteral("http://a:9200")}},
            {QStringLiteral("alien_dir"), QStringLiteral("/d")}};
        QCOMPARE(got.inputs, expected);
    }

    void addresses_data()
    {
        QTest::addColumn<QByteArray>("written");
        QTest::addColumn<QString>("expected");
        QTest::addColumn<QString>("says");
        const auto row = [](const char *written, const char *expected, const char *says) {
            QTest::newRow(written)
                << QByteArray(written) << QString::fromUtf8(expected) << QString::fromUtf8(says);
        };
        row(R"("es1:9300")", "http://es1:9200", "note: elasticsearch.addresses names es1:9300");
        row(R"("es1:9300,es2:9300 , es1:9300,")", "http://es1:9200 http://es2:9200", "note: ");
        row(R"(["es1:9300", "10.0.0.7:9300"])", "http://es1:9200 http://10.0.0.7:9200", "note: ");
        row(R"("[2001:db8::7]:9300")", "http://[2001:db8::7]:9200", "note: ");
        row(R"("es1")", "http://es1:9200", "note: ");
        row(R"("es1[9300-9400]")", "http://es1:9200", "note: ");
        row(R"("es1:9200")", "http://es1:9200", "");
        // Perhaps HTTP does not listen where it usually does, either.
        row(R"("es1:9300,es1:9301")", "http://es1:9200",
            "warning: elasticsearch.addresses names es1:9300, es1:9301");
        row(R"("es1:9300,es 2:9300")", "http://es1:9200",
            "warning: “es 2:9300” in elasticsearch.addresses was left out: it is not HOST:PORT");
        row(R"("-oProxyCommand:9300")", "", "it is not HOST:PORT");
        row(R"("<host_1_ip>:<port_1>")", "", "it is not HOST:PORT");
        row("\"sailor:canary@es1:9200\"", "", "“…@es1:9200” in elasticsearch.addresses");
        row(R"("${ES_HOSTS}")", "",
            "elasticsearch_url was not filled: elasticsearch.addresses is “${ES_HOSTS}”, "
            "which only the running program can fill in.");
        row(R"({"first": "es1"})", "", "is neither a text nor a list of texts");
        row(R"([["es1"]])", "", "is neither a text nor a list of texts");
        row("true", "", "is neither a text nor a list of texts");
        row("null", "", "");
        row("\"\"", "", "");
    }

    void addresses()
    {
        QFETCH(const QByteArray, written);
        QFETCH(const QString, expected);
        QFETCH(const QString, says);
        const FilledInputs got = filled({tool(R"({"elasticsearch.addresses": )" + written + '}')});
        QCOMPARE(input(got, "elasticsearch_url"), expected);
        SAYS(got, says.toUtf8().constData());
        QCOMPARE(said(got).isEmpty(), says.isEmpty());
        QVERIFY(!said(got).contains(QStringLiteral("canary")));
    }

    void nodesAnswerAsTheirFileSays()
    {
        const VendorFile addresses = tool(R"({"elasticsearch.addresses": "es1:9300"})");
        QCOMPARE(
            input(filled({addresses, node(R"({"http.port": "9210-9220"})")}), "elasticsearch_url"),
            QStringLiteral("http://es1:9210"));
        const FilledInputs odd = filled({addresses, node(R"({"http.port": "many"})")});
        QCOMPARE(input(odd, "elasticsearch_url"), QStringLiteral("http://es1:9200"));
        SAYS(odd, "warning: http.port “many” is none.");
        const FilledInputs tls =
            filled({addresses, node(R"({"cluster.name": "c", "searchguard.ssl.http.enabled": true,
                                 "searchguard.ssl.http.keystore_password": "canary"})")});
        QCOMPARE(input(tls, "elasticsearch_url"), QStringLiteral("https://es1:9200"));
        SAYS(tls, "elasticsearch_url begins with https. Give elasticsearch_ca");
        // With nothing else to go by, the nodes that others ask first.
        QCOMPARE(
            input(filled({node(R"({"discovery": {"zen.ping.unicast.hosts": ["es1", "es2"]}})")}),
                  "elasticsearch_url"),
            QStringLiteral("http://es1:9200 http://es2:9200"));
    }

    void filesThatDisagreeAreNamed()
    {
        const FilledInputs got =
            filled({tool(R"({"elasticsearch": {"cluster_name": "old", "addresses": "es9:9300"},
                      "alien4cloud.dir": "/old"})"),
                    alien(R"({"elasticSearch": {"clusterName": "new", "client": true,
                           "transportClient": true, "hosts": "es1:9300"},
                       "directories.alien": "/new"})")});
        // What Alien4Cloud itself runs with is believed, in whichever order the files were given.
        QCOMPARE(input(got, "cluster_name"), QStringLiteral("new"));
        SAYS(got, "warning: By this file cluster_name would be old; new, from "
                  "/opt/alien4cloud/alien4cloud-premium/config/alien4cloud-config.yml, was taken. "
                  "(/opt/tool/config/admin-tool-config.yml)");
        SAYS(got, "By this file alien_dir would be /old; /new");
        SAYS(got, "By this file elasticsearch_url would be http://es9:9200; http://es1:9200");
        // Nor is it guessed which of two spellings counts.
        const FilledInputs twice = filled({tool(R"({"elasticsearch": {"cluster_name": "one"},
            "elasticsearch.cluster_name": "two", "alien4cloud": {"dir": "/d"},
            "alien4cloud.dir": "/d"})")});
        QVERIFY(!twice.inputs.contains(QStringLiteral("cluster_name")));
        SAYS(twice, "elasticsearch.cluster_name stands there twice with different values");
        QCOMPARE(input(twice, "alien_dir"), QStringLiteral("/d"));
    }

    void relativeDataCountsFromTheProgram()
    {
        const QByteArray relative = R"({"directories.alien": "runtime"})";
        const FilledInputs installed = filled({alien(relative)});
        QCOMPARE(input(installed, "alien_dir"), kProgram + QStringLiteral("/runtime"));
        SAYS(installed, "note: directories.alien is “runtime”, which counts from "
                        "/opt/alien4cloud/alien4cloud-premium, where Alien is started.");
        // A copy, and a file of another machine, do not say where the program is.
        const VendorFile copy = file(QStringLiteral("/home/me/config/copy.yml"), relative);
        for (const FilledInputs &got :
             {filled({copy}), filled({alien(relative)}, QStringLiteral("alien1"))}) {
            QCOMPARE(got.inputs, QJsonObject());
            SAYS(got, "warning: alien_dir was not filled: directories.alien is “runtime”, which "
                      "counts from the folder that Alien is started in.");
            SAYS(got, "config_dir was not filled: this file is a copy");
        }
    }

    void dangerousSettingsAreWarnedOf()
    {
        const FilledInputs reset =
            filled({alien(R"({"directories.alien": "/d", "elasticSearch.resetData": "yes"})")});
        SAYS(reset, "warning: elasticSearch.resetData is true: Alien wipes its data");
        const FilledInputs embedded = filled({alien(
            R"({"elasticSearch": {"clusterName": "c", "client": false, "hosts": "stale:9300"}})")});
        SAYS(embedded,
             "warning: elasticSearch.client is false: Elasticsearch is embedded in Alien");
        QCOMPARE(input(embedded, "elasticsearch_url"), QString());
        const FilledInputs unused = filled({alien(
            R"({"elasticSearch": {"clusterName": "c", "client": true, "hosts": "stale:9300"}})")});
        SAYS(unused, "note: elasticSearch.hosts was not taken: Alien uses it only when");
        QCOMPARE(input(unused, "elasticsearch_url"), QString());
    }

    void addressOfAlien_data()
    {
        QTest::addColumn<QByteArray>("server");
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char *server, const char *host, const char *expected) {
            QTest::addRow("%s on %s", server, host)
                << QByteArray(server) << QString::fromUtf8(host) << QString::fromUtf8(expected);
        };
        row(R"({"port": 8088})", "", "http://localhost:8088");
        row(R"({"port": "8088"})", "me@alien1:2222", "http://alien1:8088");
        row(R"({"port": 8088})", "[2001:db8::7]:22", "http://[2001:db8::7]:8088");
        row(R"({"port": 8088})", "[2001:db8::7]", "http://[2001:db8::7]:8088");
        row(R"({"port": 8443, "ssl": {"key-store": "k", "key-password": "canary"}})", "",
            "https://localhost:8443");
        row(R"({"port": 0})", "", "");
        row(R"({"port": 1.5})", "", "");
        row(R"({"port": "${PORT}"})", "", "");
        row(R"({"port": 8088, "context-path": "/a4c"})", "", "");
    }

    void addressOfAlien()
    {
        QFETCH(const QByteArray, server);
        QFETCH(const QString, host);
        QFETCH(const QString, expected);
        const FilledInputs got =
            filled({alien(R"({"directories.alien": "/d", "server": )" + server + '}')}, host);
        QCOMPARE(input(got, "alien_url"), expected);
        SAYS(got,
             expected.isEmpty() ? "warning: alien_url was not filled: " : "note: alien_url is ");
        QVERIFY(!said(got).contains(QStringLiteral("canary")));
    }

    void anotherMachinesLoopbackIsNotThisOne()
    {
        const VendorFile local = tool(R"({"elasticsearch.addresses": "localhost:9300"})");
        QVERIFY(!said(filled({local})).contains(QStringLiteral("warning")));
        SAYS(filled({local}, QStringLiteral("alien1")),
             "warning: An address in elasticsearch.addresses means the machine of the file, which "
             "is alien1 and not this one");
    }

    void otherFilesAreSaid()
    {
        const VendorFile other = file(QStringLiteral("/srv/compose.yml"), R"({"services": {}})");
        const VendorFile empty{QStringLiteral("/etc/elasticsearch.yml"), {}}; // only comments
        const auto none = read({other, empty});
        QVERIFY(!none);
        QCOMPARE(none.error().code, ErrorCode::BadInput);
        QVERIFY(none.error().sentence().contains(
            QStringLiteral("alien4cloud-config.yml, admin-tool-config.yml, elasticsearch.yml")));
        const FilledInputs got = filled({other, empty, alien(R"({"directories.alien": "/d"})")});
        QCOMPARE(input(got, "alien_dir"), QStringLiteral("/d"));
        SAYS(got, "warning: The file holds no setting that is known; nothing was taken. "
                  "(/srv/compose.yml)");
        SAYS(got, "nothing was taken. (/etc/elasticsearch.yml)");
    }

    void hostileValuesCostLittle()
    {
        QJsonArray many;
        for (int i = 0; i < 60'000; ++i)
            many.append(QStringLiteral("h%1 :9300").arg(i));
        const QString endless(60'000, QLatin1Char('x'));
        const FilledInputs got =
            filled({{QStringLiteral("/t.yml"),
                     QJsonObject{{QStringLiteral("elasticsearch.addresses"), many},
                                 {QStringLiteral("alien4cloud.dir"), endless}}}});
        QCOMPARE(got.inputs, QJsonObject());
        SAYS(got, "elasticsearch_url was not filled: elasticsearch.addresses names more than 256");
        QVERIFY2(said(got).size() < 2000, qPrintable(said(got)));
    }
};

QTEST_APPLESS_MAIN(TestVendorFiles)
#include "tst_vendor_files.moc"
