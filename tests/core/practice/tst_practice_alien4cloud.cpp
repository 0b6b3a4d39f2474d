// SPDX-License-Identifier: GPL-3.0-or-later
// The whole practice installation: made, found again, damaged, compared, removed.
#include "core/practice/alien4cloud_contents.h"
#include "core/practice/background_process.h"
#include "core/practice/loopback_http.h"
#include "core/practice/practice_alien4cloud.h"
#include "core/systems/alien4cloud/installation.h"

#include <QDir>
#include <QFileInfo>
#include <QHostAddress>
#include <QJsonDocument>
#include <QProcess>
#include <QSet>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace lb;
using namespace lb::practice;

namespace {

const QString kProgram = QStringLiteral(PRACTICE_PROGRAM);

} // namespace

class TestPracticeAlien4Cloud : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void documentsAndFilesFitTogether();
    void madeAndFoundAgain();
    void damageIsSeenAndUndone();
    void faultsComeAndGo();
    void takenPortIsTold();
    void alienStopsAndStarts();
    void processesEndWithTheirFolder();

private:
    Result<PracticeAlien4Cloud> begin(const std::optional<PracticeSimulators> &simulators = {})
    {
        return startPracticeAlien4Cloud(m_folder, kProgram, simulators);
    }

    std::unique_ptr<QTemporaryDir> m_home;
    QString m_folder;
};

void TestPracticeAlien4Cloud::init()
{
    m_home = std::make_unique<QTemporaryDir>();
    m_folder = m_home->filePath(QStringLiteral("alien4cloud"));
}

void TestPracticeAlien4Cloud::cleanup()
{
    const auto removed = removePracticeAlien4Cloud(m_folder);
    QVERIFY2(removed, removed ? "" : qPrintable(removed.error().sentence()));
    QVERIFY(!QFileInfo::exists(m_folder));
}

void TestPracticeAlien4Cloud::documentsAndFilesFitTogether()
{
    const AlienContents contents = inventAlien4Cloud();
    QSet<QString> indices, ids;
    std::vector<SearchHit> hits;
    QByteArray all;
    for (const AlienDocument &document : contents.documents) {
        indices << document.index;
        ids << document.index + QLatin1Char('/') + document.type + QLatin1Char('/') + document.id;
        QVERIFY2(!document.source.contains('\n'), "one line in a bulk request");
        hits.push_back({document.index, document.type, document.id,
                        QJsonDocument::fromJson(document.source).object()});
        QVERIFY2(!hits.back().source.isEmpty(), document.source.constData());
        all += document.source;
    }
    QCOMPARE(size_t(ids.size()), contents.documents.size());
    QCOMPARE(indices, QSet<QString>(alienIndices().begin(), alienIndices().end()));
    for (const char *number : {":1.0}", "12345678901234567890", ":-0.0", ":0.10"})
        QVERIFY2(all.contains(number), number);
    QStringList paths;
    for (const QString &file : contents.files.keys()) {
        const QStringList parts = file.split(QLatin1Char('/'));
        if (file.startsWith(QLatin1String("csar/")))
            paths << parts.mid(0, 3).join(QLatin1Char('/'));
        else if (file.startsWith(QLatin1String("work/plugins/content/")))
            paths << parts.mid(0, 4).join(QLatin1Char('/'));
        else if (file.startsWith(QLatin1String("images/")))
            paths << file << file.chopped(4);
    }
    paths.removeDuplicates();
    const CrossReferences compared = compareReferences(hits, paths);
    QCOMPARE(compared.missingFiles, QStringList());
    QCOMPARE(compared.unknownFolders, QStringList());
    QVERIFY(compared.checked >= 20);
}

void TestPracticeAlien4Cloud::madeAndFoundAgain()
{
    QVERIFY(!findPracticeAlien4Cloud(m_folder));
    const auto first = begin();
    QVERIFY2(first, first ? "" : qPrintable(first.error().sentence()));
    QVERIFY(isRunning(*first));
    const auto elasticsearch = findBackground(m_folder + QStringLiteral("/elasticsearch"));
    QVERIFY(elasticsearch);
    QVERIFY(begin());
    QCOMPARE(findBackground(m_folder + QStringLiteral("/elasticsearch"))->identity,
             elasticsearch->identity); // the same process
    const auto read = readPracticeAlien4Cloud(*first);
    QVERIFY2(read, read ? "" : qPrintable(read.error().sentence()));
    QCOMPARE(size_t(read->documents), inventAlien4Cloud().documents.size());
    QVERIFY(read->tree.files > 90);

    // Killed, as by a power cut: what it held is there again, on the same port.
    QCOMPARE(::kill(elasticsearch->identity.pid, SIGKILL), 0);
    QVERIFY(elasticsearch->identity.waitForEnd(std::chrono::seconds(10)));
    QVERIFY(!isRunning(*first));
    const auto again = begin();
    QVERIFY2(again, again ? "" : qPrintable(again.error().sentence()));
    QCOMPARE(again->elasticsearchPort, first->elasticsearchPort);
    const auto after = readPracticeAlien4Cloud(*again);
    QVERIFY(after);
    QCOMPARE(compareSnapshots(read->tree, after->tree), QStringList());
}

/// The share's snapshot and a copy of the tree bring all of it back.
void TestPracticeAlien4Cloud::damageIsSeenAndUndone()
{
    const auto installation = begin();
    QVERIFY(installation);
    const quint16 port = installation->elasticsearchPort;
    const auto before = readPracticeAlien4Cloud(*installation);
    QVERIFY(before);
    QVERIFY(askLoopbackJson(port, "PUT", "/_snapshot/r",
                            R"({"type":"fs","settings":{"location":"saved"}})"));
    QVERIFY(askLoopbackJson(port, "PUT", "/_snapshot/r/s1?wait_for_completion=true"));
    const QString copy = m_home->filePath(QStringLiteral("copy"));
    QCOMPARE(QProcess::execute(QStringLiteral("cp"),
                               {QStringLiteral("-a"), installation->dataFolder(), copy}),
             0);

    const auto done = damagePracticeAlien4Cloud(*installation);
    QVERIFY2(done, done ? "" : qPrintable(done.error().sentence()));
    const auto damaged = readPracticeAlien4Cloud(*installation);
    QVERIFY(damaged);
    const QString found =
        compareSnapshots(before->tree, damaged->tree, 1000).join(QLatin1Char('\n'));
    for (const char *place :
         {"index/csar is missing", "index/topology/topology/", "index/application/application/",
          "index/user/user/stowaway was not there", "csar/ferry/1.0.0 is missing", "images/",
          "artifacts/ransom-note.txt was not there", "work/plugins/content/"})
        QVERIFY2(found.contains(QString::fromLatin1(place)), place);
    QVERIFY(damagePracticeAlien4Cloud(*installation)); // again is no error

    for (const QString &index : alienIndices())
        QVERIFY(askLoopback(port, "POST", '/' + index.toUtf8() + "/_close"));
    QVERIFY(askLoopbackJson(port, "POST", "/_snapshot/r/s1/_restore?wait_for_completion=true"));
    QVERIFY(QDir(installation->dataFolder()).removeRecursively());
    QVERIFY(QDir().rename(copy, installation->dataFolder()));
    const auto after = readPracticeAlien4Cloud(*installation);
    QVERIFY(after);
    QCOMPARE(compareSnapshots(before->tree, after->tree), QStringList());
    QCOMPARE(after->documents, before->documents);
}

void TestPracticeAlien4Cloud::faultsComeAndGo()
{
    PracticeSimulators simulators;
    simulators.faults = QStringList{QStringLiteral("verify-fails-on-node-2"),
                                    QStringLiteral("orchestrator-stays-disabled")};
    const auto faulty = begin(simulators);
    QVERIFY2(faulty, faulty ? "" : qPrintable(faulty.error().sentence()));
    const auto nodesOf = [](quint16 port) {
        const auto nodes = askLoopbackJson(port, "GET", "/_nodes/settings");
        return nodes ? nodes->value(QLatin1String("nodes")).toObject().size() : -1;
    };
    QCOMPARE(nodesOf(faulty->elasticsearchPort), 2);
    QVERIFY(begin()); // as it is
    QCOMPARE(nodesOf(faulty->elasticsearchPort), 2);
    QVERIFY(begin(PracticeSimulators())); // without
    QCOMPARE(nodesOf(faulty->elasticsearchPort), 1);
    QVERIFY(simulators.faults.size() < alien4CloudFaultNames().size());
}

void TestPracticeAlien4Cloud::takenPortIsTold()
{
    QTcpServer holder;
    QVERIFY(holder.listen(QHostAddress::LocalHost));
    PracticeSimulators simulators;
    simulators.port = holder.serverPort();
    const auto refused = begin(simulators);
    QVERIFY(!refused);
    QVERIFY2(refused.error().sentence().contains(QString::number(holder.serverPort())),
             qPrintable(refused.error().sentence()));
    QVERIFY(refused.error().advice.contains(QLatin1String("--port")));
    holder.close();
    const auto taken = begin(simulators);
    QVERIFY2(taken, taken ? "" : qPrintable(taken.error().sentence()));
    QCOMPARE(taken->elasticsearchPort, simulators.port);
}

void TestPracticeAlien4Cloud::alienStopsAndStarts()
{
    const auto installation = begin();
    QVERIFY(installation);
    const quint16 port = installation->alienPort;
    QVERIFY(askLoopbackJson(port, "GET", "/rest/latest/auth/status"));
    QVERIFY(stopPracticeAlien(m_folder));
    QVERIFY(stopPracticeAlien(m_folder)); // gone already is good
    QVERIFY(!askLoopback(port, "GET", "/rest/latest/auth/status"));
    QVERIFY(startPracticeAlien(m_folder, kProgram));
    QVERIFY(askLoopbackJson(port, "GET", "/rest/latest/auth/status"));
    // Without what it stands on it does not start, and says so.
    QVERIFY(stopPracticeAlien(m_folder));
    QVERIFY(stopBackground(m_folder + QStringLiteral("/elasticsearch")));
    const auto refused = startPracticeAlien(m_folder, kProgram);
    QVERIFY(!refused);
    QVERIFY(refused.error().summary.contains(QLatin1String("Alien cannot start")));
}

void TestPracticeAlien4Cloud::processesEndWithTheirFolder()
{
    const auto installation = begin();
    QVERIFY(installation);
    const auto elasticsearch = findBackground(m_folder + QStringLiteral("/elasticsearch"));
    const auto alien = findBackground(m_folder + QStringLiteral("/alien"));
    QVERIFY(elasticsearch && alien);
    QVERIFY(QDir(m_folder).removeRecursively());
    QVERIFY(elasticsearch->identity.waitForEnd(std::chrono::seconds(20)));
    QVERIFY(alien->identity.waitForEnd(std::chrono::seconds(20)));
}

QTEST_GUILESS_MAIN(TestPracticeAlien4Cloud)
#include "tst_practice_alien4cloud.moc"
