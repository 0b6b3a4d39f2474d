// SPDX-License-Identifier: GPL-3.0-or-later
#include "inventory_fixture.h"

#include <QFile>
#include <QProcess>

#include <atomic>
#include <thread>

using namespace lb;
using namespace lb::test;

namespace {

constexpr int kProcesses = 4;
constexpr int kRowsEach = 100;

/// What each of the processes does: `first` tells their rows apart.
int writeRows(const QString &path, int first)
{
    const auto opened = Inventory::open(path);
    if (!opened)
        return 10;
    Inventory &inventory = **opened;
    for (int i = first; i < first + kRowsEach; ++i) {
        if (!inventory.upsertPoint(pointNumber(i)))
            return 11;
        RunSummary run;
        run.id = RunId(QStringLiteral("r20260101-030405-%1").arg(i, 6, 16, QLatin1Char('0')));
        run.state = RunStateName::Running;
        run.startedAt = day(i);
        if (!inventory.upsertRun(run))
            return 12;
        run.state = RunStateName::Succeeded;
        if (!inventory.upsertRun(run))
            return 13;
        if (!inventory.recordDuration(QStringLiteral("b"), QStringLiteral("s"), 10,
                                      std::chrono::milliseconds(5)))
            return 14;
        const auto back = inventory.point(PointId(pointNumber(i).id));
        if (!back || !*back)
            return 15;
    }
    return 0;
}

} // namespace

/// Several threads and several processes use one inventory at once.
class TestInventorySharing : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_path = m_dir->filePath(QStringLiteral("inventory.db"));
    }

    void processes_data()
    {
        QTest::addColumn<QByteArray>("before");
        QTest::newRow("no file") << QByteArray();
        QTest::newRow("a damaged file") << QByteArray(5000, 'x');
    }
    void processes()
    {
        QFETCH(QByteArray, before);
        if (!before.isEmpty()) {
            QFile file(m_path);
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write(before) == before.size());
        }
        std::vector<std::unique_ptr<QProcess>> children;
        for (int i = 0; i < kProcesses; ++i) {
            children.push_back(std::make_unique<QProcess>());
            children.back()->start(
                QCoreApplication::applicationFilePath(),
                {QStringLiteral("--write"), m_path, QString::number(1 + i * kRowsEach)});
        }
        for (const auto &child : children) {
            QVERIFY(child->waitForFinished(60'000));
            QCOMPARE(child->exitCode(), 0);
        }
        const auto opened = Inventory::open(m_path);
        VERIFY_OK(opened);
        QCOMPARE((*opened)->countPoints().value(), kProcesses * kRowsEach);
        RunFilter ended;
        ended.states = {RunStateName::Succeeded};
        QCOMPARE((*opened)->runs(ended)->size(), size_t(kProcesses * kRowsEach));
        QCOMPARE(QFile::exists(m_path + QStringLiteral(".damaged-1")), !before.isEmpty());
        QVERIFY(!QFile::exists(m_path + QStringLiteral(".damaged-2")));
    }

    void threads()
    {
        const auto opened = Inventory::open(m_path);
        VERIFY_OK(opened);
        Inventory &inventory = **opened;
        std::atomic<int> failures{0};
        // Twice, so that thread numbers come again with connections of their own.
        for (int round = 0; round < 2; ++round) {
            std::vector<std::thread> threads;
            for (int t = 0; t < 6; ++t) {
                threads.emplace_back([&inventory, &failures, round, t] {
                    for (int i = 0; i < 30; ++i) {
                        const int number = 1 + round * 1000 + t * 100 + i;
                        failures += inventory.upsertPoint(pointNumber(number)) ? 0 : 1;
                        const auto read = inventory.point(PointId(pointNumber(number).id));
                        failures += read && *read ? 0 : 1;
                    }
                });
            }
            for (std::thread &thread : threads)
                thread.join();
        }
        QCOMPARE(failures.load(), 0);
        QCOMPARE(inventory.countPoints().value(), 2 * 6 * 30);
    }

private:
    std::unique_ptr<QTemporaryDir> m_dir;
    QString m_path;
};

int main(int argc, char *argv[])
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = application.arguments();
    if (arguments.size() == 4 && arguments[1] == QLatin1String("--write"))
        return writeRows(arguments[2], arguments[3].toInt());
    TestInventorySharing test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_inventory_sharing.moc"
