// SPDX-License-Identifier: GPL-3.0-or-later
#include "inventory_fixture.h"

#include <QElapsedTimer>

#include <algorithm>
#include <ctime>

using namespace lb;
using namespace lb::test;

namespace {

/// Milliseconds that passed, and those of them in which this process computed. The file is in the
/// page cache, so on an idle machine both are about equal; on a busy one only the second says
/// something about us.
class Stopwatch
{
public:
    Stopwatch() { m_wall.start(); }
    double wall() const { return double(m_wall.nsecsElapsed()) / 1e6; }
    double cpu() const { return double(std::clock() - m_cpu) * 1000 / CLOCKS_PER_SEC; }

private:
    QElapsedTimer m_wall;
    std::clock_t m_cpu = std::clock();
};

} // namespace

/// Ten thousand restore points: the first page within 150 ms of opening the file, sorting and
/// filtering within 50 ms (of computing, in builds with optimisation).
class TestInventorySpeed : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tenThousandPoints()
    {
        const QTemporaryDir dir;
        const QString path = dir.filePath(QStringLiteral("inventory.db"));
        constexpr int kPoints = 10'000;
        {
            std::vector<RestorePoint> points;
            for (int i = 1; i <= kPoints; ++i)
                points.push_back(pointNumber(i));
            const auto inventory = Inventory::open(path);
            VERIFY_OK(inventory);
            const Stopwatch watch;
            VERIFY_OK((*inventory)->upsertPoints(points));
            qInfo("indexed %d points in %.0f ms", kPoints, watch.wall());
        }
        PointFilter page;
        page.limit = 200;
        const Stopwatch opening;
        const auto opened = Inventory::open(path);
        VERIFY_OK(opened);
        const Inventory &inventory = **opened;
        QCOMPARE(inventory.points(page)->size(), size_t(200));
        const double first = opening.cpu();
        qInfo("open and first page of 200: %.1f ms, computing %.1f ms", opening.wall(), first);

        double slowest = 0;
        const auto read = [&](const char *what, const PointFilter &filter) {
            std::vector<double> wall;
            std::vector<double> cpu;
            for (int i = 0; i < 5; ++i) {
                const Stopwatch watch;
                const auto points = inventory.points(filter);
                const auto count = inventory.countPoints(filter);
                wall.push_back(watch.wall());
                cpu.push_back(watch.cpu());
                if (!points || points->empty() || !count)
                    qFatal("no answer for %s", what);
            }
            std::sort(wall.begin(), wall.end());
            std::sort(cpu.begin(), cpu.end());
            qInfo("%-28s median %6.1f ms, computing %6.1f ms", what, wall[2], cpu[2]);
            slowest = std::max(slowest, cpu[2]);
        };
        for (const auto &[what, order] :
             {std::pair{"by time", PointFilter::Order::MadeAt},
              std::pair{"by system", PointFilter::Order::System},
              std::pair{"by size", PointFilter::Order::Bytes},
              std::pair{"by proof", PointFilter::Order::Proof},
              std::pair{"by completeness", PointFilter::Order::Completeness},
              std::pair{"by skew", PointFilter::Order::Skew}}) {
            PointFilter filter = page;
            filter.order = order;
            read(what, filter);
        }
        PointFilter filter = page;
        filter.text = QStringLiteral("übergabe b 77");
        read("text", filter);
        filter = page;
        filter.system = QStringLiteral("system-3");
        filter.atLeast = ProofLevel::Read;
        filter.order = PointFilter::Order::Bytes;
        read("system and proof, by size", filter);
        filter = page;
        filter.completeness = Completeness::Incomplete;
        filter.offset = 1500;
        read("incomplete, a late page", filter);
#ifdef NDEBUG
        QVERIFY2(first <= 150, qPrintable(QString::number(first)));
        QVERIFY2(slowest <= 50, qPrintable(QString::number(slowest)));
#else
        QVERIFY2(first <= 1500 && slowest <= 500,
                 "ten times over the limit even for a debug build");
#endif
    }
};

QTEST_GUILESS_MAIN(TestInventorySpeed)
#include "tst_inventory_speed.moc"
