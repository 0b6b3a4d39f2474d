// SPDX-License-Identifier: GPL-3.0-or-later
// The practice's IBM Cloud: made, found again, killed, damaged, removed.
#include "core/practice/background_process.h"
#include "core/practice/loopback_http.h"
#include "core/practice/practice_ibm_toolchain.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace lb;
using namespace lb::practice;

namespace {

const QString kProgram = QStringLiteral(PRACTICE_PROGRAM);

} // namespace

class TestPracticeIbmToolchain : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void madeAndFoundAgain();
    void damageStays();
    void faultsComeAndGo();
    void takenPortIsTold();
    void processEndsWithItsFolder();

private:
    Result<PracticeIbmToolchain> begin(const std::optional<PracticeSimulators> &simulators = {})
    {
        return startPracticeIbmToolchain(m_folder, kProgram, simulators);
    }
    std::optional<BackgroundProcess> process() const
    {
        return findBackground(m_folder + QStringLiteral("/ibm"));
    }

    std::unique_ptr<QTemporaryDir> m_home;
    QString m_folder;
};

void TestPracticeIbmToolchain::init()
{
    m_home = std::make_unique<QTemporaryDir>();
    m_folder = m_home->filePath(QStringLiteral("ibm-toolchain"));
}

void TestPracticeIbmToolchain::cleanup()
{
    const auto removed = removePracticeIbmToolchain(m_folder);
    QVERIFY2(removed, removed ? "" : qPrintable(removed.error().sentence()));
    QVERIFY(!QFileInfo::exists(m_folder));
}

void TestPracticeIbmToolchain::madeAndFoundAgain()
{
    QVERIFY(!findPracticeIbmToolchain(m_folder));
    const auto first = begin();
    QVERIFY2(first, first ? "" : qPrintable(first.error().sentence()));
    QVERIFY(isRunning(*first));
    QCOMPARE(practiceToolchains(*first).size(), size_t(5));
    const auto running = process();
    QVERIFY(running);
    QVERIFY(begin());
    QCOMPARE(process()->identity, running->identity); // the same process
    const auto token = newPracticeGitToken(*first, first->targetRegion());
    QVERIFY(token && *token != first->gitToken(first->targetRegion()));
    const auto before = readPracticeIbmToolchain(*first);
    QVERIFY(before);
    QCOMPARE(before->value(QLatin1String("toolchains")).toArray().size(), 5);

    // Killed, as by a power cut: what it held is there again, on the same port.
    QCOMPARE(::kill(running->identity.pid, SIGKILL), 0);
    QVERIFY(running->identity.waitForEnd(std::chrono::seconds(10)));
    QVERIFY(!isRunning(*first));
    const auto again = begin();
    QVERIFY2(again, again ? "" : qPrintable(again.error().sentence()));
    QCOMPARE(again->port, first->port);
    QCOMPARE(readPracticeIbmToolchain(*again).value_or(QJsonObject()), *before);
}

void TestPracticeIbmToolchain::damageStays()
{
    const auto installation = begin();
    QVERIFY(installation);
    const auto status = [&](const char *path) {
        const auto answer = askLoopback(installation->port, "GET", path);
        return answer ? answer->status : 0;
    };
    QCOMPARE(status("/us-east/api/v4/user"), 401);
    const auto done = damagePracticeIbmToolchain(*installation);
    QVERIFY(done && done->size() == 1);
    QCOMPARE(status("/us-east/api/v4/user"), 503);
    QCOMPARE(status("/eu-de/api/v4/user"), 401);
    QVERIFY(stopPracticeIbmToolchain(m_folder));
    QVERIFY(begin());
    QCOMPARE(status("/us-east/api/v4/user"), 503);
    QVERIFY(begin(PracticeSimulators()));
    QCOMPARE(status("/us-east/api/v4/user"), 401);
}

void TestPracticeIbmToolchain::faultsComeAndGo()
{
    PracticeSimulators simulators;
    simulators.faults = QStringList{QStringLiteral("iam-429-always")};
    const auto faulty = begin(simulators);
    QVERIFY2(faulty, faulty ? "" : qPrintable(faulty.error().sentence()));
    const auto status = [&] {
        const auto answer = askLoopback(faulty->port, "POST", "/identity/token", "{}");
        return answer ? answer->status : 0;
    };
    QCOMPARE(status(), 429);
    QVERIFY(begin()); // as it is
    QCOMPARE(status(), 429);
    QVERIFY(begin(PracticeSimulators())); // without
    QCOMPARE(status(), 400);
    QVERIFY(ibmToolchainFaultNames().contains(QStringLiteral("iam-429-always")));
}

void TestPracticeIbmToolchain::takenPortIsTold()
{
    QTcpServer holder;
    QVERIFY(holder.listen(QHostAddress::LocalHost));
    PracticeSimulators simulators;
    simulators.port = holder.serverPort();
    const auto refused = begin(simulators);
    QVERIFY(!refused);
    QVERIFY2(refused.error().sentence().contains(QString::number(holder.serverPort())),
             qPrintable(refused.error().sentence()));
    holder.close();
    const auto taken = begin(simulators);
    QVERIFY2(taken, taken ? "" : qPrintable(taken.error().sentence()));
    QCOMPARE(taken->port, simulators.port);
}

void TestPracticeIbmToolchain::processEndsWithItsFolder()
{
    QVERIFY(begin());
    const auto running = process();
    QVERIFY(running);
    QVERIFY(QDir(m_folder).removeRecursively());
    QVERIFY(running->identity.waitForEnd(std::chrono::seconds(20)));
}

QTEST_GUILESS_MAIN(TestPracticeIbmToolchain)
#include "tst_practice_ibm_toolchain.moc"
