// SPDX-License-Identifier: GPL-3.0-or-later
// The simulator's answers, call by call, as real servers (1.7.6 and 6.8.23) gave theirs, and what
// its named faults do. Names of nodes, uuids, sizes and times are not compared.
#include "core/practice/elasticsearch_simulator.h"
#include "core/practice/loopback_http.h"
#include "simulator_thread.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

using namespace lb;
using namespace lb::practice;
using namespace std::chrono_literals;

namespace {

const char *const kDone = R"({"acknowledged":true})";
const char *const kAccepted = R"({"accepted":true})";
const char *const kSnapshotOver =
    R"("start_time":"*","start_time_in_millis":-1,"end_time":"*","end_time_in_millis":-1,"duration_in_millis":-1,)"
    R"("failures":[],"shards":{"total":2,"failed":0,"successful":2}})";

/// Why `actual` is not `expected`, in which "*" stands for any text and -1 for any number.
QString difference(const QJsonValue &expected, const QJsonValue &actual)
{
    if (expected.isString() && expected.toString() == QLatin1String("*"))
        return actual.isString() ? QString() : QStringLiteral("no text");
    if (expected.isDouble() && expected.toDouble() == -1)
        return actual.isDouble() ? QString() : QStringLiteral("no number");
    if (expected.isObject() && actual.isObject()) {
        const QJsonObject wanted = expected.toObject();
        const QJsonObject given = actual.toObject();
        for (const QString &key : wanted.keys() + given.keys()) {
            if (!wanted.contains(key) || !given.contains(key))
                return key + QLatin1String(wanted.contains(key) ? " is missing" : " is too many");
            const QString why = difference(wanted.value(key), given.value(key));
            if (!why.isEmpty())
                return key + QStringLiteral(": ") + why;
        }
        return {};
    }
    if (expected.isArray() && actual.isArray() &&
        expected.toArray().size() == actual.toArray().size()) {
        for (qsizetype n = 0; n < expected.toArray().size(); ++n) {
            const QString why = difference(expected[n], actual[n]);
            if (!why.isEmpty())
                return why;
        }
        return {};
    }
    return expected == actual
               ? QString()
               : QString::fromUtf8(
                     QJsonDocument(QJsonArray{expected, actual}).toJson(QJsonDocument::Compact));
}

} // namespace

class TestElasticsearchSimulator : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void oldServer();
    void laterServer();
    void documentsPassUnchanged();
    void livesOn();
    void damagedShareIsRefused();
    void partialSnapshot();
    void busyUntilAborted();
    void pathRepoEmpty();
    void secondNodeIsBlind();
    void stuckRestores_data();
    void stuckRestores();
    void cutDuringCreate();
    void othersAreRefused();

private:
    void start(const QStringList &faults = {});
    void makeBooks();
    LoopbackAnswer ask(const char *method, const char *path, const QByteArray &body = {})
    {
        return askLoopback(m_server->port(), method, path, body).value_or(LoopbackAnswer());
    }
    QJsonObject json(const char *path)
    {
        return QJsonDocument::fromJson(ask("GET", path).body).object();
    }
    /// `REPO` is the share, in both.
    void answers(const char *method, const char *path, const char *body, int status,
                 const QByteArray &expected);
    /// As somebody who polls would wait for it.
    void waitUntilOver(const char *path, const char *word)
    {
        QTRY_VERIFY(!ask("GET", path).body.contains(word));
    }

    std::unique_ptr<QTemporaryDir> m_home;
    std::unique_ptr<SimulatorThread<ElasticsearchSimulator>> m_server;
};

void TestElasticsearchSimulator::init()
{
    m_server.reset();
    m_home = std::make_unique<QTemporaryDir>();
}

void TestElasticsearchSimulator::start(const QStringList &faults)
{
    m_server.reset();
    ElasticsearchSimulator::Options options;
    options.clusterName = QStringLiteral("probe");
    options.pathRepo = m_home->filePath(QStringLiteral("share"));
    options.dataFolder = m_home->filePath(QStringLiteral("data"));
    options.faults = faults;
    options.step = 50ms;
    m_server = std::make_unique<SimulatorThread<ElasticsearchSimulator>>(options);
    QVERIFY(m_server->port() != 0);
}

void TestElasticsearchSimulator::answers(const char *method, const char *path, const char *body,
                                         int status, const QByteArray &expected)
{
    const auto filled = [&](QByteArray text) {
        return text.replace("REPO", m_home->filePath(QStringLiteral("share")).toUtf8());
    };
    const LoopbackAnswer answer = ask(method, path, filled(body));
    const QByteArray call = QByteArray(method) + ' ' + path + " → " +
                            QByteArray::number(answer.status) + ' ' + answer.body;
    QVERIFY2(answer.status == status, call.constData());
    const QJsonDocument wanted = QJsonDocument::fromJson(filled(expected));
    QVERIFY2(wanted.isObject(), expected.constData());
    const QString why = difference(wanted.object(), QJsonDocument::fromJson(answer.body).object());
    QVERIFY2(why.isEmpty(), (call + " (" + why.toUtf8() + ')').constData());
}

/// An index of two shards with 1000 documents, and a repository with a snapshot of it.
void TestElasticsearchSimulator::makeBooks()
{
    QCOMPARE(ask("PUT", "/books", R"({"settings":{"number_of_shards":2,"number_of_replicas":0}})")
                 .status,
             200);
    QByteArray bulk;
    for (int n = 1; n <= 1000; ++n)
        bulk += R"({"index":{"_index":"books","_type":"doc","_id":")" + QByteArray::number(n) +
                "\"}}\n{\"title\":\"Doc number " + QByteArray::number(n) + "\",\"n\":1.0}\n";
    const LoopbackAnswer done = ask("POST", "/_bulk", bulk);
    QCOMPARE(done.status, 200);
    QVERIFY(done.body.contains("\"errors\":false"));
    QCOMPARE(ask("PUT", "/_snapshot/backup",
                 R"({"type":"fs","settings":{"location":"backup","compress":true}})")
                 .status,
             200);
    QCOMPARE(ask("PUT", "/_snapshot/backup/snap1?wait_for_completion=true",
                 R"({"indices":"books","include_global_state":false})")
                 .status,
             200);
}

void TestElasticsearchSimulator::oldServer()
{
    start();
    answers("GET", "/", "", 200,
            R"({"status":200,"name":"n1","cluster_name":"probe","version":{"number":"1.7.6",
            "build_hash":"*","build_timestamp":"*","build_snapshot":false,"lucene_version":"4.10.4"},
            "tagline":"You Know, for Search"})");
    answers("GET", "/_cluster/health", "", 200,
            R"({"cluster_name":"probe","status":"green","timed_out":false,"number_of_nodes":1,
            "number_of_data_nodes":1,"active_primary_shards":0,"active_shards":0,
            "relocating_shards":0,"initializing_shards":0,"unassigned_shards":0,
            "delayed_unassigned_shards":0,"number_of_pending_tasks":0,"number_of_in_flight_fetch":0})");
    answers("GET", "/_snapshot/backup", "", 404,
            R"({"error":"RepositoryMissingException[[backup] missing]","status":404})");
    answers(
        "PUT", "/_snapshot/bad", R"({"type":"fs","settings":{"location":"/tmp/outside"}})", 500,
        R"({"error":"RepositoryException[[bad] failed to create repository]; nested: CreationException[Guice creation errors:\n\n1) Error injecting constructor, org.elasticsearch.repositories.RepositoryException: [bad] location [/tmp/outside] doesn't match any of the locations specified by path.repo\n  at org.elasticsearch.repositories.fs.FsRepository.<init>(Unknown Source)\n  while locating org.elasticsearch.repositories.fs.FsRepository\n  while locating org.elasticsearch.repositories.Repository\n\n1 error]; nested: RepositoryException[[bad] location [/tmp/outside] doesn't match any of the locations specified by path.repo]; ","status":500})");
    makeBooks();
    answers("GET", "/books/_count", "", 200,
            R"({"count":1000,"_shards":{"total":2,"successful":2,"failed":0}})");
    const char *const missing =
        R"({"error":"SnapshotMissingException[[backup:nosuch] is missing]; nested: FileNotFoundException[REPO/backup/snapshot-nosuch (No such file or directory)]; ","status":404})";
    answers("GET", "/_snapshot/backup/nosuch", "", 404, missing);
    answers("GET", "/_snapshot/backup/nosuch/_status", "", 404, missing);
    answers("DELETE", "/_snapshot/backup/nosuch", "", 404, missing);
    answers("POST", "/_snapshot/backup/nosuch/_restore", "{}", 404, missing);
    answers("GET", "/_snapshot/backup/snap1", "", 200,
            QByteArray(R"({"snapshots":[{"snapshot":"snap1","version_id":1070699,"version":"1.7.6",
            "indices":["books"],"state":"SUCCESS",)") +
                kSnapshotOver + "]}");
    answers(
        "PUT", "/_snapshot/backup/snap1", R"({"indices":"books"})", 400,
        R"({"error":"InvalidSnapshotNameException[[backup:snap1] Invalid snapshot name [snap1], snapshot with such name already exists]","status":400})");
    answers(
        "PUT", "/_snapshot/backup/Snap", R"({"indices":"books"})", 400,
        R"({"error":"InvalidSnapshotNameException[[backup:Snap] Invalid snapshot name [Snap], must be lowercase]","status":400})");
    answers("PUT", "/_snapshot/backup/snap2?wait_for_completion=true", R"({"indices":"nosuch"})",
            200,
            R"({"snapshot":{"snapshot":"snap2","version_id":1070699,"version":"1.7.6","indices":[],
            "state":"SUCCESS","start_time":"*","start_time_in_millis":-1,"end_time":"*",
            "end_time_in_millis":-1,"duration_in_millis":-1,"failures":[],
            "shards":{"total":0,"failed":0,"successful":0}}})");
    answers("PUT", "/_snapshot/backup/s3", R"({"indices":"books"})", 200, kAccepted);
    answers("GET", "/_snapshot/backup/s3", "", 200,
            R"({"snapshots":[{"snapshot":"s3","version_id":1070699,"version":"1.7.6",
            "indices":["books"],"state":"IN_PROGRESS","start_time":"*","start_time_in_millis":-1,
            "failures":[],"shards":{"total":0,"failed":0,"successful":0}}]})");
    answers(
        "PUT", "/_snapshot/backup/f1", R"({"indices":"books"})", 503,
        R"({"error":"ConcurrentSnapshotExecutionException[[backup:f1] a snapshot is already running]","status":503})");
    waitUntilOver("/_snapshot/_status", "STARTED");
    answers("GET", "/_snapshot/_status", "", 200, R"({"snapshots":[]})");

    const char *const restore = "/_snapshot/backup/snap1/_restore";
    answers(
        "POST", restore, R"({"indices":"books"})", 500,
        R"({"error":"SnapshotRestoreException[[backup:snap1] cannot restore index [books] because it's open]","status":500})");
    answers("POST", "/books/_close", "", 200, kDone);
    answers("GET", "/books/_count", "", 403,
            R"({"error":"IndexClosedException[[books] closed]","status":403})");
    answers(
        "PUT", "/_snapshot/backup/c1", R"({"indices":"books"})", 403,
        R"({"error":"ClusterBlockException[blocked by: [FORBIDDEN/4/index closed];]","status":403})");
    answers("POST", restore, R"({"indices":"books"})", 200, kAccepted);
    answers(
        "POST", restore, R"({"indices":"books"})", 503,
        R"({"error":"ConcurrentSnapshotExecutionException[[backup:snap1] Restore process is already running in this cluster]","status":503})");
    answers("GET", "/books/_count", "", 503,
            R"({"count":0,"_shards":{"total":2,"successful":0,"failed":0}})");
    QCOMPARE(json("/_cluster/state/metadata,customs")
                 .value(QLatin1String("metadata"))[QLatin1String("restore")][QLatin1String(
                     "snapshots")][0][QLatin1String("repository")]
                 .toString(),
             QStringLiteral("backup"));
    waitUntilOver("/_cluster/health/books", "\"red\"");
    const QJsonArray shards =
        json("/books/_recovery").value(QLatin1String("books"))[QLatin1String("shards")].toArray();
    QCOMPARE(shards.size(), 2);
    QCOMPARE(shards[1][QLatin1String("stage")].toString(), QStringLiteral("DONE"));
    QCOMPARE(shards[0][QLatin1String("source")],
             QJsonValue(QJsonObject{{QStringLiteral("repository"), QStringLiteral("backup")},
                                    {QStringLiteral("snapshot"), QStringLiteral("snap1")},
                                    {QStringLiteral("index"), QStringLiteral("books")}}));
    answers(
        "POST", "/_snapshot/backup/snap1/_restore?wait_for_completion=true",
        R"({"indices":"nosuch"})", 200,
        R"({"snapshot":{"snapshot":"snap1","indices":[],"shards":{"total":0,"failed":0,"successful":0}}})");
    answers("DELETE", "/books", "", 200, kDone);
    answers("GET", "/books/_count", "", 404,
            R"({"error":"IndexMissingException[[books] missing]","status":404})");
    answers("DELETE", "/_snapshot/backup", "", 200, kDone);
}

void TestElasticsearchSimulator::laterServer()
{
    start({QStringLiteral("later-version")});
    const auto error = [](const char *type, const char *reason) {
        const QByteArray one =
            R"("type":")" + QByteArray(type) + R"(","reason":")" + QByteArray(reason) + '"';
        return R"({"error":{"root_cause":[{)" + one + "}]," + one + R"(},"status":)";
    };
    answers("GET", "/", "", 200,
            R"({"name":"n1","cluster_name":"probe","cluster_uuid":"*","version":{"number":"6.8.23",
            "build_flavor":"default","build_type":"zip","build_hash":"*","build_date":"*",
            "build_snapshot":false,"lucene_version":"7.7.3",
            "minimum_wire_compatibility_version":"5.6.0",
            "minimum_index_compatibility_version":"5.0.0"},"tagline":"You Know, for Search"})");
    answers("GET", "/_snapshot/backup", "", 404,
            error("repository_missing_exception", "[backup] missing") + "404}");
    answers(
        "PUT", "/_snapshot/bad", R"({"type":"fs","settings":{}})", 500,
        R"({"error":{"root_cause":[{"type":"repository_exception","reason":"[bad] missing location"}],"type":"repository_exception","reason":"[bad] failed to create repository","caused_by":{"type":"repository_exception","reason":"[bad] missing location"}},"status":500})");
    makeBooks();
    answers("GET", "/books/_count", "", 200,
            R"({"count":1000,"_shards":{"total":2,"successful":2,"skipped":0,"failed":0}})");
    answers("GET", "/_snapshot/backup/snap1", "", 200,
            QByteArray(R"({"snapshots":[{"snapshot":"snap1","uuid":"*","version_id":6082399,
            "version":"6.8.23","indices":["books"],"include_global_state":false,"state":"SUCCESS",)") +
                kSnapshotOver + "]}");
    answers("PUT", "/_snapshot/backup/snap1", R"({"indices":"books"})", 400,
            error("invalid_snapshot_name_exception",
                  "[backup:snap1] Invalid snapshot name [snap1], snapshot with the same name "
                  "already exists") +
                "400}");
    const QByteArray gone =
        R"("type":"index_not_found_exception","reason":"no such index","resource.type":"index_or_alias","resource.id":"nosuch","index_uuid":"_na_","index":"nosuch")";
    answers("PUT", "/_snapshot/backup/s2", R"({"indices":"nosuch"})", 404,
            R"({"error":{"root_cause":[{)" + gone + "}]," + gone + R"(},"status":404})");
    answers("PUT", "/_snapshot/backup/s3", R"({"indices":"books","include_global_state":false})",
            200, kAccepted);
    answers("GET", "/_snapshot/backup/s3", "", 200,
            R"({"snapshots":[{"snapshot":"s3","uuid":"*","version_id":6082399,"version":"6.8.23",
            "indices":["books"],"include_global_state":false,"state":"IN_PROGRESS","start_time":"*",
            "start_time_in_millis":-1,"end_time":"1970-01-01T00:00:00.000Z","end_time_in_millis":0,
            "duration_in_millis":0,"failures":[],"shards":{"total":0,"failed":0,"successful":0}}]})");
    answers("PUT", "/_snapshot/backup/s4", R"({"indices":"books"})", 503,
            error("concurrent_snapshot_execution_exception",
                  "[backup:s4]  a snapshot is already running") +
                "503}");
    QCOMPARE(ask("DELETE", "/books").status, 400);
    waitUntilOver("/_snapshot/_status", "STARTED");
    answers("POST", "/_snapshot/backup/nosuch/_restore", "{}", 500,
            error("snapshot_restore_exception", "[backup:nosuch] snapshot does not exist") +
                "500}");
    answers("POST", "/books/_close", "", 200, kDone);
    QCOMPARE(ask("GET", "/books/_count").status, 400);
    answers(
        "POST", "/_snapshot/backup/snap1/_restore?wait_for_completion=true",
        R"({"indices":"books"})", 200,
        R"({"snapshot":{"snapshot":"snap1","indices":["books"],"shards":{"total":2,"failed":0,"successful":2}}})");
    answers("GET", "/books/_count", "", 200,
            R"({"count":1000,"_shards":{"total":2,"successful":2,"skipped":0,"failed":0}})");
}

void TestElasticsearchSimulator::documentsPassUnchanged()
{
    start();
    const QByteArray source = R"({"z":1.0,"a":12345678901234567890,"z":-0.0})";
    QCOMPARE(ask("PUT", "/odd/kind/x%3A1%2F2", source).status, 201);
    QCOMPARE(ask("GET", "/odd/kind/x%3A1%2F2/_source").body, source);
    QCOMPARE(ask("PUT", "/odd/kind/x%3A1%2F2", source).status, 200);
    QCOMPARE(ask("PUT", "/odd/kind/broken", R"({"a":)").status, 400);
    QCOMPARE(ask("PUT", "/odd/other/y", R"({"name":"n","b":2,"version":"1"})").status, 201);
    answers("POST", "/odd/_search",
            R"({"size":10000,"_source":["name","version"],"query":{"match_all":{}}})", 200,
            R"({"took":-1,"timed_out":false,"_shards":{"total":5,"successful":5,"failed":0},
            "hits":{"total":2,"max_score":1,"hits":[
            {"_index":"odd","_type":"kind","_id":"x:1/2","_score":1,"_source":{}},
            {"_index":"odd","_type":"other","_id":"y","_score":1,"_source":{"name":"n","version":"1"}}]}})");
    answers("GET", "/odd/_search?size=1&_source=false", "", 200,
            R"({"took":-1,"timed_out":false,"_shards":{"total":5,"successful":5,"failed":0},
            "hits":{"total":2,"max_score":1,"hits":[
            {"_index":"odd","_type":"kind","_id":"x:1/2","_score":1}]}})");
    QCOMPARE(ask("PUT", "/_snapshot/r", R"({"type":"fs","settings":{"location":"r"}})").status,
             200);
    QCOMPARE(ask("PUT", "/_snapshot/r/s?wait_for_completion=true", "{}").status, 200);
    // Not there any more, but in the snapshot.
    QCOMPARE(ask("DELETE", "/odd/other/y").status, 200);
    QCOMPARE(
        ask("POST", "/_snapshot/r/s/_restore?wait_for_completion=true",
            R"x({"rename_pattern":"(.+)","rename_replacement":"copy_$1","index_settings":{"index.number_of_replicas":0}})x")
            .status,
        200);
    QCOMPARE(ask("GET", "/copy_odd/kind/x%3A1%2F2/_source").body, source);
    QCOMPARE(ask("GET", "/copy_odd/other/y/_source").status, 200);
    QCOMPARE(ask("GET", "/odd/other/y/_source").status, 404);
    QVERIFY(ask("GET", "/_cluster/health/copy_odd").body.contains("\"green\""));
    QVERIFY(ask("GET", "/_cluster/health/odd").body.contains("\"yellow\""));
}

void TestElasticsearchSimulator::livesOn()
{
    start();
    makeBooks();
    const QJsonValue before = json("/_cluster/state/metadata").value(QLatin1String("metadata"));
    QCOMPARE(ask("PUT", "/_snapshot/backup/half", R"({"indices":"books"})").status, 200);
    start();
    QCOMPARE(json("/_cluster/state/metadata").value(QLatin1String("metadata")), before);
    QVERIFY(ask("GET", "/books/_count").body.contains("1000"));
    // Nobody takes it any more, and 1.7 goes on saying otherwise.
    QVERIFY(ask("GET", "/_snapshot/backup/half").body.contains("IN_PROGRESS"));
    QCOMPARE(ask("GET", "/_snapshot/_status").body, QByteArray(R"({"snapshots":[]})"));
    QCOMPARE(ask("DELETE", "/_snapshot/backup/half").status, 200);
    // A restore that was under way is not.
    QCOMPARE(ask("POST", "/books/_close").status, 200);
    QCOMPARE(ask("POST", "/_snapshot/backup/snap1/_restore", R"({"indices":"books"})").status, 200);
    start();
    QVERIFY(ask("GET", "/_cluster/health/books").body.contains("\"red\""));
    QCOMPARE(ask("GET", "/books/_count").status, 503);
}

void TestElasticsearchSimulator::damagedShareIsRefused()
{
    start();
    makeBooks();
    QFile file(m_home->filePath(QStringLiteral("share/backup/indices/books/snapshot-snap1")));
    QVERIFY(file.resize(file.size() - 5));
    QCOMPARE(ask("POST", "/books/_close").status, 200);
    const LoopbackAnswer refused =
        ask("POST", "/_snapshot/backup/snap1/_restore", R"({"indices":"books"})");
    QCOMPARE(refused.status, 500);
    QVERIFY(refused.body.contains("EOFException"));
    QCOMPARE(ask("GET", "/_snapshot/backup/snap1/_status").status, 500);
    QFile list(m_home->filePath(QStringLiteral("share/backup/snapshot-snap1")));
    QVERIFY(list.resize(10));
    QCOMPARE(ask("GET", "/_snapshot/backup/snap1").status, 500);
}

void TestElasticsearchSimulator::partialSnapshot()
{
    start({QStringLiteral("snapshot-partial")});
    makeBooks();
    const QJsonValue snapshot =
        json("/_snapshot/backup/snap1").value(QLatin1String("snapshots"))[0];
    QCOMPARE(snapshot[QLatin1String("state")].toString(), QStringLiteral("PARTIAL"));
    QCOMPARE(snapshot[QLatin1String("shards")][QLatin1String("failed")].toInt(), 1);
    QCOMPARE(snapshot[QLatin1String("failures")][0][QLatin1String("shard_id")].toInt(), 1);
    QCOMPARE(ask("POST", "/books/_close").status, 200);
    QVERIFY(ask("POST", "/_snapshot/backup/snap1/_restore", R"({"indices":"books"})")
                .body.contains("wasn't fully snapshotted"));
}

void TestElasticsearchSimulator::busyUntilAborted()
{
    start({QStringLiteral("busy")});
    QVERIFY(ask("GET", "/_snapshot/_status").body.contains("\"nightly\""));
    QCOMPARE(ask("PUT", "/_snapshot/r", R"({"type":"fs","settings":{"location":"r"}})").status,
             200);
    QCOMPARE(ask("PUT", "/_snapshot/r/s", "{}").status, 503);
    QCOMPARE(ask("DELETE", "/_snapshot/others/nightly").status, 200);
    QCOMPARE(ask("PUT", "/_snapshot/r/s?wait_for_completion=true", "{}").status, 200);
}

void TestElasticsearchSimulator::pathRepoEmpty()
{
    start({QStringLiteral("path-repo-empty")});
    QVERIFY(!ask("GET", "/_nodes/settings").body.contains("\"repo\""));
    const LoopbackAnswer refused =
        ask("PUT", "/_snapshot/r", R"({"type":"fs","settings":{"location":"r"}})");
    QCOMPARE(refused.status, 500);
    QVERIFY(refused.body.contains("because this setting is empty"));
}

void TestElasticsearchSimulator::secondNodeIsBlind()
{
    start({QStringLiteral("verify-fails-on-node-2")});
    QCOMPARE(json("/_nodes/settings").value(QLatin1String("nodes")).toObject().size(), 2);
    const LoopbackAnswer refused =
        ask("PUT", "/_snapshot/r", R"({"type":"fs","settings":{"location":"r"}})");
    QCOMPARE(refused.status, 500);
    QVERIFY(refused.body.contains("RepositoryVerificationException[[r] ["));
    QVERIFY(refused.body.contains("[n2]") && !refused.body.contains("[n1]"));
}

void TestElasticsearchSimulator::stuckRestores_data()
{
    QTest::addColumn<QString>("fault");
    QTest::addColumn<QByteArray>("health");
    QTest::newRow("red") << QStringLiteral("restore-stuck-red")
                         << QByteArray("\"initializing_shards\":2");
    QTest::newRow("full") << QStringLiteral("disk-watermark")
                          << QByteArray("\"unassigned_shards\":2");
}

void TestElasticsearchSimulator::stuckRestores()
{
    QFETCH(QString, fault);
    QFETCH(QByteArray, health);
    start({fault});
    makeBooks();
    QCOMPARE(ask("POST", "/books/_close").status, 200);
    QCOMPARE(ask("POST", "/_snapshot/backup/snap1/_restore", R"({"indices":"books"})").status, 200);
    QTest::qWait(500);
    const LoopbackAnswer said = ask("GET", "/_cluster/health/books");
    QVERIFY2(said.body.contains("\"red\"") && said.body.contains(health), said.body.constData());
    QVERIFY(!ask("GET", "/books/_recovery").body.contains("DONE"));
    // Deleting what is being restored ends it, as in the real server.
    QCOMPARE(ask("DELETE", "/books").status, 200);
    QVERIFY(!ask("GET", "/_cluster/state/metadata").body.contains("\"restore\""));
}

void TestElasticsearchSimulator::cutDuringCreate()
{
    start({QStringLiteral("cut-during-create")});
    QCOMPARE(ask("PUT", "/_snapshot/r", R"({"type":"fs","settings":{"location":"r"}})").status,
             200);
    QVERIFY(!askLoopback(m_server->port(), "PUT", "/_snapshot/r/s", "{}"));
    waitUntilOver("/_snapshot/r/s", "IN_PROGRESS");
    QVERIFY(ask("GET", "/_snapshot/r/s").body.contains("SUCCESS"));
}

void TestElasticsearchSimulator::othersAreRefused()
{
    start();
    makeBooks();
    for (const char *path : {"/_cat/indices", "/books/_mapping", "/_nodes", "/_cluster/state",
                             "/books/_search?q=title:1"})
        QVERIFY2(ask("GET", path).body.contains("does not play"), path);
    QVERIFY(ask("POST", "/books/_search", R"({"query":{"term":{"n":1}}})")
                .body.contains("does not play"));
}

QTEST_GUILESS_MAIN(TestElasticsearchSimulator)
#include "tst_elasticsearch_simulator.moc"
