// SPDX-License-Identifier: GPL-3.0-or-later
#include "inventory_fixture.h"

#include <QElapsedTimer>

#include <algorithm>
#include <functional>

using namespace lb;
using namespace lb::test;

/// Ten thousand restore points: the first page within 150 ms of opening the file, sorting and
/// filtering within 50 ms. The limits are for builds with optimisation, and are held against the
/// best of five, so that a busy machine does not fail it; the printed figures are the reading.
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
            QElapsedTimer timer;
            timer.start();
            VERIFY_OK((*inventory)->upsertPoints(points));
            qInfo("indexed %d points in %lld ms", kPoints, timer.elapsed());
        }
        PointFilter page;
        page.limit = 200;
        QElapsedTimer timer;
        timer.start();
        const auto opened = Inventory::open(path);
        VERIFY_OK(opened);
        const Inventory &inventory = **opened;
        QCOMPARE(inventory.points(page)->size(), size_t(200));
        const qint64 first = timer.elapsed();
        qInfo("open and first page of 200: %lld ms", first);

        qint64 slowest = 0;
        const auto read = [&](const char *what, const PointFilter &filter) {
            std::vector<qint64> took;
            for (int i = 0; i < 5; ++i) {
                QElapsedTimer each;
                each.start();
                const auto points = inventory.points(filter);
                const auto count = inventory.countPoints(filter);
                took.push_back(each.nsecsElapsed() / 1000);
                if (!points || points->empty() || !count)
                    qFatal("no answer for %s", what);
            }
            std::sort(took.begin(), took.end());
            qInfo("%-28s best %6.1f ms, median %6.1f ms", what, double(took[0]) / 1000,
                  double(took[2]) / 1000);
            slowest = std::max(slowest, took[0] / 1000);
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
