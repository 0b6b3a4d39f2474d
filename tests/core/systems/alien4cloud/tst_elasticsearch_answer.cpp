// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/alien4cloud/elasticsearch_answer.h"
#include "core/systems/alien4cloud/installation.h"

#include <QTest>

using namespace lb;

namespace {

/// JSON is easier to read with single quotes here; moc loses its way in raw literals.
QByteArray json(const char *text)
{
    return QByteArray(text).replace('\'', '"');
}

} // namespace

/// Answers as the real servers 1.7.6 and 6.8.23 give them.
class TestElasticsearchAnswer : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void errors_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("type");
        QTest::addColumn<QString>("reason");
        QTest::addColumn<int>("code");
        const auto row = [](const char *name, const QByteArray &body, const char *type,
                            const char *reason, ErrorCode code) {
            QTest::newRow(name) << body << QString::fromLatin1(type) << QString::fromLatin1(reason)
                                << int(code);
        };
        row("1.7 repository missing",
            json("{'error':'RepositoryMissingException[[backup] missing]','status':404}"),
            "repository_missing_exception", "RepositoryMissingException[[backup] missing]",
            ErrorCode::NotFound);
        row("6.8 repository missing",
            json("{'error':{'root_cause':[{'type':'repository_missing_exception','reason':'[backup]"
                 " missing'}],'type':'repository_missing_exception','reason':'[backup] "
                 "missing'},'status':404}"),
            "repository_missing_exception", "[backup] missing", ErrorCode::NotFound);
        row("1.7 outside path.repo",
            json("{'error':'RepositoryException[[bad] failed to create repository]; nested: "
                 "CreationException[Guice creation errors:\\n\\n1) Error injecting constructor, "
                 "org.elasticsearch.repositories.RepositoryException: [bad] location [/tmp/x] "
                 "doesn\\u0027t match any of the locations specified by path.repo\\n  at y]; "
                 "','status':500}"),
            "repository_exception",
            "location [/tmp/x] doesn't match any of the locations specified by path.repo",
            ErrorCode::Failed);
        row("6.8 outside path.repo",
            json("{'error':{'type':'repository_exception','reason':'[bad] failed to create "
                 "repository','caused_by':{'type':'repository_exception','reason':'[bad] location "
                 "[/tmp/x] doesn\\u0027t match any of the locations specified by "
                 "path.repo'}},'status':500}"),
            "repository_exception",
            "[bad] failed to create repository: [bad] location [/tmp/x] doesn't match any of the "
            "locations specified by path.repo",
            ErrorCode::Failed);
        row("1.7 busy",
            json("{'error':'ConcurrentSnapshotExecutionException[[slow2:s1] a snapshot is already "
                 "running]','status':503}"),
            "concurrent_snapshot_execution_exception",
            "ConcurrentSnapshotExecutionException[[slow2:s1] a snapshot is already running]",
            ErrorCode::Conflict);
        row("1.7 open index",
            json("{'error':'SnapshotRestoreException[[backup:snap1] cannot restore index [books] "
                 "because it\\u0027s open]','status':500}"),
            "snapshot_restore_exception",
            "SnapshotRestoreException[[backup:snap1] cannot restore index [books] because it's "
            "open]",
            ErrorCode::Failed);
        row("1.7 closed index",
            json("{'error':'ClusterBlockException[blocked by: [FORBIDDEN/4/index "
                 "closed];]','status':403}"),
            "cluster_block_exception",
            "ClusterBlockException[blocked by: [FORBIDDEN/4/index closed];]", ErrorCode::Conflict);
        row("6.8 closed index",
            json("{'error':{'root_cause':[],'type':'index_closed_exception','reason':'closed',"
                 "'index':'csar'},'status':400}"),
            "index_closed_exception", "closed [csar]", ErrorCode::Conflict);
        row("1.7 no master",
            json("{'error':'ClusterBlockException[blocked by: [SERVICE_UNAVAILABLE/2/no "
                 "master];]','status':503}"),
            "cluster_block_exception",
            "ClusterBlockException[blocked by: [SERVICE_UNAVAILABLE/2/no master];]",
            ErrorCode::Unreachable);
        row("1.7 file cut off",
            json("{'error':'SnapshotException[[b:s] failed to get snapshots]; nested: "
                 "LZFException[EOF in 162 byte (compressed) block: could only read 78 bytes]; "
                 "','status':500}"),
            "snapshot_exception",
            "SnapshotException[[b:s] failed to get snapshots]; nested: LZFException[EOF in 162 "
            "byte (compressed) block: could only read 78 bytes];",
            ErrorCode::Corrupt);
        row("1.7 no folder",
            json("{'error':'RepositoryException[[b] failed to create repository]; nested: "
                 "CreationException[Guice creation errors:\\n\\n1) Error injecting constructor, "
                 "BlobStoreException: Path is not a directory at [/x]\\n at y]; nested: "
                 "BlobStoreException[Path is not a directory at [/x]]; ','status':500}"),
            "repository_exception", "BlobStoreException[Path is not a directory at [/x]]",
            ErrorCode::Failed);
    }
    void errors()
    {
        QFETCH(QByteArray, body);
        const auto error = elasticsearchError(body);
        QVERIFY(error);
        QTEST(error->type, "type");
        QTEST(error->reason, "reason");
        QTEST(int(elasticsearchFailure(*error, QStringLiteral("x")).code), "code");
    }

    void noErrors()
    {
        QVERIFY(!elasticsearchError(json("{'acknowledged':true}")));
        QVERIFY(!elasticsearchError("<html>"));
        // Alien's envelope says so when all is well.
        QVERIFY(!elasticsearchError(json("{'data':1,'error':null}")));
        QVERIFY(!elasticsearchError(json("{'data':null,'error':{'code':504,'message':'gone'}}")));
    }

    void advice()
    {
        const auto outside = elasticsearchError(
            json("{'error':'RepositoryException[[b] location [/x] doesn\\u0027t match any of the "
                 "locations specified by path.repo]','status':500}"));
        QVERIFY(elasticsearchFailure(*outside, {}).advice.contains(QLatin1String("path.repo")));
        // Every kind of the sheet's table says what to do.
        for (const char *type :
             {"repository_missing_exception", "repository_exception",
              "repository_verification_exception", "snapshot_missing_exception",
              "invalid_snapshot_name_exception", "concurrent_snapshot_execution_exception",
              "snapshot_restore_exception", "index_not_found_exception", "index_closed_exception",
              "security_exception", "master_not_discovered_exception"}) {
            const ElasticsearchError error{QString::fromLatin1(type), QStringLiteral("x"), 500};
            QVERIFY2(!elasticsearchFailure(error, {}).advice.isEmpty(), type);
        }
    }

    void root()
    {
        const auto old = readClusterRoot(json(
            "{'status':200,'name':'n1','cluster_name':'probe17','version':{'number':'1.7.6'}}"));
        QVERIFY(old);
        QCOMPARE(old->cluster, QStringLiteral("probe17"));
        QCOMPARE(old->major(), 1);
        const auto plain = readClusterRoot("This is not a HTTP port");
        QVERIFY(!plain);
        QVERIFY(plain.error().advice.contains(QLatin1String("9300")));
    }

    void nodes()
    {
        const auto read = readNodes(
            json("{'cluster_name':'c','nodes':{'b':{'name':'n2','host':'h2','settings':{'path':{'"
                 "data':'/d'}}},"
                 "'a':{'name':'n1','host':'h1','settings':{'path':{'repo':'/srv/es, /srv/other'}}},"
                 "'c':{'name':'n3','host':'h3','settings':{'path':{'repo':{'0':'/a','1':'/b'}}}},"
                 "'d':{'name':'n4','host':'h4','settings':{'path.repo.0':'/a','path.repo.1':'/b'}},"
                 "'e':{'name':'n5','host':'h5','settings':{'path':{'repo':['/a','/b']}}}}}"));
        QVERIFY(read);
        const QStringList two{QStringLiteral("/a"), QStringLiteral("/b")};
        QCOMPARE(read->size(), size_t(5));
        QCOMPARE(read->at(0).pathRepo,
                 (QStringList{QStringLiteral("/srv/es"), QStringLiteral("/srv/other")}));
        QVERIFY(read->at(1).pathRepo.isEmpty());
        for (size_t i = 2; i < 5; ++i)
            QCOMPARE(read->at(i).pathRepo, two);
        QVERIFY(read->at(0).mindsDisk);
        for (const char *off : {"{'cluster.routing.allocation.disk.threshold_enabled':'false'}",
                                "{'cluster':{'routing':{'allocation':{'disk':{'threshold_enabled':"
                                "false}}}}}"}) {
            const auto careless =
                readNodes(json("{'nodes':{'a':{'name':'n1','settings':") + json(off) + "}}}");
            QVERIFY(careless && !careless->front().mindsDisk);
        }
    }

    void indices()
    {
        const auto read =
            readIndices(json("{'metadata':{'indices':{'csar':{'state':'open','settings':{'index':{'"
                             "uuid':'u1','number_of_shards':'1','number_of_replicas':'0'}}},"
                             "'user':{'state':'close','settings':{'index':{'uuid':'u2','number_of_"
                             "shards':'5','number_of_replicas':'1'}}}}}}"));
        QVERIFY(read);
        QCOMPARE(read->size(), size_t(2));
        QCOMPARE(read->at(0).uuid, QStringLiteral("u1"));
        QVERIFY(read->at(0).isOpen);
        QVERIFY(!read->at(1).isOpen);
        QCOMPARE(read->at(1).shards, 5);
    }

    void snapshots()
    {
        const auto read = readSnapshots(
            json("{'snapshots':[{'snapshot':'s9','version':'1.7.6','indices':['big'],'state':'"
                 "PARTIAL','failures':[{'node_id':'x','index':'big','reason':'closed','shard_id':1}"
                 "],'shards':{'total':2,'failed':1,'successful':1}}]}"));
        QVERIFY(read);
        const SnapshotState &snapshot = read->front();
        QVERIFY(!snapshot.isRunning());
        const auto judged = judgeSnapshot(snapshot, {QStringLiteral("big")}, 2);
        QVERIFY(!judged);
        QVERIFY(judged.error().detail.contains(QLatin1String("PARTIAL")));
        QVERIFY(judged.error().detail.contains(QLatin1String("big[1]: closed")));
    }

    /// 1.7 answers 200 and SUCCESS for a snapshot of an index that is not there.
    void emptySnapshotIsNoSuccess()
    {
        const auto read =
            readSnapshots(json("{'snapshots':[{'snapshot':'s','indices':[],'state':'SUCCESS','"
                               "failures':[],'shards':{'total':0,'failed':0,'successful':0}}]}"));
        QVERIFY(read);
        const auto judged = judgeSnapshot(read->front(), {QStringLiteral("csar")}, 1);
        QVERIFY(!judged);
        QVERIFY(judged.error().detail.contains(QLatin1String("csar")));
    }

    void wholeSnapshot()
    {
        const auto read =
            readSnapshots(json("{'snapshots':[{'snapshot':'s','indices':['b','a'],'state':'SUCCESS'"
                               ",'failures':[],'shards':{'total':6,'failed':0,'successful':6}}]}"));
        QVERIFY(judgeSnapshot(read->front(), {QStringLiteral("a"), QStringLiteral("b")}, 6));
        QVERIFY(!judgeSnapshot(read->front(), {QStringLiteral("a"), QStringLiteral("b")}, 5));
        QVERIFY(!judgeSnapshot(read->front(), {QStringLiteral("a")}, 6));
    }

    void progress()
    {
        const auto old = readSnapshotProgress(
            json("{'snapshots':[{'snapshot':'s1','repository':'r','state':'STARTED','shards_stats':"
                 "{'done':1,'failed':0,'total':2},'stats':{'total_size_in_bytes':100,'processed_"
                 "size_in_bytes':40}}]}"));
        QVERIFY(old);
        QCOMPARE(old->front().bytes, 40);
        QCOMPARE(old->front().totalBytes, 100);
        QCOMPARE(old->front().shardsDone, 1);
        const auto begun = readSnapshotProgress(
            json("{'snapshots':[{'snapshot':'s1','repository':'r','state':'STARTED','stats':{'"
                 "total_size_in_bytes':0,'processed_size_in_bytes':0}}]}"));
        QCOMPARE(begun->front().totalBytes, -1);
        const auto newer = readSnapshotProgress(
            json("{'snapshots':[{'snapshot':'s1','repository':'r','state':'STARTED','stats':{'"
                 "incremental':{'size_in_bytes':100},'processed':{'size_in_bytes':30}}}]}"));
        QCOMPARE(newer->front().bytes, 30);
        QCOMPARE(newer->front().totalBytes, 100);
    }

    void recoveries()
    {
        const auto read = readRecoveries(
            json("{'big':{'shards':[{'id':0,'type':'SNAPSHOT','stage':'INDEX','primary':true,'"
                 "source':{'repository':'slow2','snapshot':'s1','index':'big'},'index':{'size':{'"
                 "total_in_bytes':13949475,'recovered_in_bytes':37097}}}]}}"));
        QVERIFY(read);
        QCOMPARE(read->front().index, QStringLiteral("big"));
        QCOMPARE(read->front().repository, QStringLiteral("slow2"));
        QCOMPARE(read->front().bytes, 37097);
        QVERIFY(readRecoveries("{}")->empty());
    }

    void restores()
    {
        const QStringList one{QStringLiteral("x")};
        QCOMPARE(*readRestores(json("{'metadata':{'restore':{'snapshots':[{'snapshot':'s',"
                                    "'repository':'x','state':'INIT'}]}}}")),
                 one);
        QCOMPARE(*readRestores(json("{'metadata':{},'restore':{'snapshots':[{'snapshot':'s',"
                                    "'repository':'x','state':'INIT'}]}}")),
                 one);
        QVERIFY(readRestores(json("{'metadata':{'restore':{'snapshots':[]}}}"))->isEmpty());
    }

    /// During a restore 1.7 gives an ordinary count that counts nothing.
    void countOfMissingShards()
    {
        QVERIFY(!readCount(json("{'count':0,'_shards':{'total':2,'successful':0,'failed':0}}")));
        QCOMPARE(*readCount(json("{'count':7,'_shards':{'total':2,'successful':2,'failed':0}}")),
                 7);
    }

    void searchWithMissingShards()
    {
        QVERIFY(!readHits(json(
            "{'_shards':{'total':2,'successful':1,'failed':1},'hits':{'total':0,'hits':[]}}")));
        const auto read =
            readHits(json("{'_shards':{'total':1,'successful':1,'failed':0},'hits':{'total':1,'"
                          "hits':[{'_index':'csar','_type':'csar','_id':'ferry:1.0','_source':{'"
                          "name':'ferry','version':'1.0'}}]}}"));
        QVERIFY(read);
        QCOMPARE(referredPath(read->front()), QStringLiteral("csar/ferry/1.0"));
    }

    void whoseIndices()
    {
        const auto index = [](const char *name, bool open = true) {
            ClusterIndex made;
            made.name = QString::fromLatin1(name);
            made.isOpen = open;
            return made;
        };
        const IndexSurvey survey = surveyIndices(
            {index("csar"), index("plugin", false), index("foreign-shop"), index("suggestion"),
             index("premium"), index("rehearse_r20261122-044610-abcdef_csar")},
            {QStringLiteral("premium")});
        QCOMPARE(survey.open, (QStringList{QStringLiteral("csar"), QStringLiteral("suggestion"),
                                           QStringLiteral("premium")}));
        QCOMPARE(survey.closed, QStringList{QStringLiteral("plugin")});
        QCOMPARE(survey.foreign, QStringList{QStringLiteral("foreign-shop")});
        QCOMPARE(survey.rehearsals,
                 QStringList{QStringLiteral("rehearse_r20261122-044610-abcdef_csar")});
        QVERIFY(survey.missing.contains(QLatin1String("user")));
        QVERIFY(!survey.missing.contains(QLatin1String("suggestion")));
        QCOMPARE(alienIndices().size(), 24);
    }

    void references()
    {
        const auto document = [](const char *index, const char *id, QJsonObject source) {
            return SearchHit{
                QString::fromLatin1(index), {}, QString::fromLatin1(id), std::move(source)};
        };
        const QString name = QStringLiteral("name");
        const CrossReferences compared = compareReferences(
            {document("csar", "ferry:1.0",
                      {{name, QStringLiteral("ferry")},
                       {QStringLiteral("version"), QStringLiteral("1.0")}}),
             document("plugin", "p:1",
                      {{QStringLiteral("pluginPathId"), QStringLiteral("uuid-1")}}),
             document("imagedata", "img-1", {}), document("user", "admin", {})},
            {QStringLiteral("csar/ferry/1.0"), QStringLiteral("images/img-1"),
             QStringLiteral("images/64-img-1"), QStringLiteral("work/plugins/content/uuid-2")});
        QCOMPARE(compared.checked, 3);
        QCOMPARE(compared.missingFiles,
                 QStringList{QStringLiteral("work/plugins/content/uuid-1 (plugin p:1)")});
        QCOMPARE(compared.unknownFolders,
                 QStringList{QStringLiteral("work/plugins/content/uuid-2")});
    }

    void config()
    {
        const QJsonObject nested{
            {QStringLiteral("directories"),
             QJsonObject{{QStringLiteral("alien"), QStringLiteral("runtime")}}},
            {QStringLiteral("elasticSearch"),
             QJsonObject{{QStringLiteral("clusterName"), QStringLiteral("escluster")},
                         {QStringLiteral("resetData"), true},
                         {QStringLiteral("local"), false},
                         {QStringLiteral("client"), false}}}};
        AlienConfig read = readAlienConfig(nested);
        QCOMPARE(read.dataFolder, QStringLiteral("runtime"));
        QCOMPARE(read.clusterName, QStringLiteral("escluster"));
        QVERIFY(read.resetsData);
        QVERIFY(read.isEmbedded); // as the distribution ships it
        QVERIFY(!read.usesHosts);
        const QJsonObject dotted{
            {QStringLiteral("directories.alien"), QStringLiteral("/data")},
            {QStringLiteral("elasticSearch.client"), QStringLiteral("yes")},
            {QStringLiteral("elasticSearch"),
             QJsonObject{{QStringLiteral("transportClient"), QStringLiteral("true")}}}};
        read = readAlienConfig(dotted);
        QCOMPARE(read.dataFolder, QStringLiteral("/data"));
        QVERIFY(!read.resetsData);
        QVERIFY(!read.isEmbedded);
        QVERIFY(read.usesHosts);
        // The file always says it; what does not, is not of Alien4Cloud.
        QVERIFY(!readAlienConfig(QJsonObject()).isEmbedded);
    }
};

QTEST_APPLESS_MAIN(TestElasticsearchAnswer)
#include "tst_elasticsearch_answer.moc"
