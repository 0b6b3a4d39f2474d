// SPDX-License-Identifier: GPL-3.0-or-later
#include "store_fixture.h"
#include "traced_child.h"

#include <cerrno>

using namespace lb;
using namespace lb::test;

/// The store's process is killed, or its disk fails, at every system call that changes something.
class TestStoreCrash : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_store = std::make_unique<FolderStore>(openStore(m_dir->filePath(QStringLiteral("s"))));
        m_older = newPointId();
        VERIFY_OK(save(*m_store, m_older, newRunId()));
    }

    void killedAtEveryStepOfASave()
    {
        int kills = 0;
        int visible = 0;
        for (;; ++kills) {
            const PointId id = newPointId();
            const RunId run = newRunId();
            const TracedEnd end = runTraced([&] { return save(*m_store, id, run) ? 0 : 1; },
                                            {Disturbance::Kind::Kill, kills + 1, 0});
            if (!end.traced)
                QSKIP("This machine does not allow ptrace");
            if (!end.disturbed) {
                QCOMPARE(end.exitStatus, 0);
                break;
            }
            olderIsUntouched();
            const auto points = m_store->list();
            VERIFY_OK(points);
            QVERIFY2(points->size() <= 2, qPrintable(words(*points)));
            const bool there = points->size() == 2;
            visible += there ? 1 : 0;
            // What is visible is whole.
            if (there)
                QVERIFY(m_store->checkSums(id)->isClean());
            // The same run goes on, whatever stands there, and no lock is in its way.
            VERIFY_OK(save(*m_store, id, run));
            const auto sums = m_store->checkSums(id);
            VERIFY_OK(sums);
            QVERIFY2(sums->isClean() && sums->files == 5, qPrintable(sums->summary()));
            QCOMPARE(m_store->read(id)->problem, QString());
            QVERIFY(m_store->leftovers().empty());
            VERIFY_OK(m_store->remove(id));
        }
        qInfo("killed at %d calls, visible after %d of them", kills, visible);
        QVERIFY2(kills > 30, qPrintable(QString::number(kills)));
        QVERIFY(visible > 0 && visible < kills);
    }

    void killedAtEveryStepOfARemoval()
    {
        int kills = 0;
        for (;; ++kills) {
            const PointId id = newPointId();
            VERIFY_OK(save(*m_store, id, newRunId()));
            VERIFY_OK(m_store->addProof(id, {ProofLevel::Read, true, utcNow(), {}, {}, {}}));
            const TracedEnd end = runTraced([&] { return m_store->remove(id) ? 0 : 1; },
                                            {Disturbance::Kind::Kill, kills + 1, 0});
            if (!end.traced)
                QSKIP("This machine does not allow ptrace");
            olderIsUntouched();
            const auto points = m_store->list();
            VERIFY_OK(points);
            if (points->size() == 2) // whole or gone
                QVERIFY(m_store->checkSums(id)->isClean());
            const auto removed = m_store->remove(id);
            QVERIFY2(removed || removed.error().code == ErrorCode::NotFound,
                     removed ? "" : qPrintable(removed.error().sentence()));
            QCOMPARE(m_store->list()->size(), size_t(1));
            QVERIFY(m_store->leftovers().empty());
            if (!end.disturbed)
                break;
        }
        qInfo("killed at %d calls", kills);
        QVERIFY2(kills > 8, qPrintable(QString::number(kills)));
    }

    void diskErrorAtEveryCall_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("error");
        QTest::newRow("fsync fails") << int(Disturbance::Kind::FailSync) << EIO;
        QTest::newRow("write fails") << int(Disturbance::Kind::FailWrite) << EIO;
        QTest::newRow("disk full") << int(Disturbance::Kind::FailWrite) << ENOSPC;
    }
    void diskErrorAtEveryCall()
    {
        QFETCH(int, kind);
        QFETCH(int, error);
        int failures = 0;
        for (;; ++failures) {
            const PointId id = newPointId();
            const RunId run = newRunId();
            const auto work = [&]() -> int {
                auto writer = m_store->beginPoint(kSystem, id, run);
                if (!writer)
                    return 1;
                // Written before the disk went bad: only the store's own calls are to fail.
                const auto done = writer->publish(plannedPoint(id, run));
                if (done)
                    return 0;
                return done.error().code == ErrorCode::Failed ||
                               done.error().code == ErrorCode::NoSpace
                           ? 1
                           : 2;
            };
            {
                auto writer = m_store->beginPoint(kSystem, id, run);
                VERIFY_OK(writer);
                QVERIFY(writeParts(*writer));
            }
            const TracedEnd end = runTraced(work, {Disturbance::Kind(kind), failures + 1, error});
            if (!end.traced)
                QSKIP("This machine does not allow ptrace");
            if (!end.disturbed) {
                QCOMPARE(end.exitStatus, 0);
                break;
            }
            // The last sync is after the rename: the point is there, and its run was told to go on.
            QCOMPARE(end.exitStatus, 1);
            olderIsUntouched();
            const bool visible = m_store->list()->size() == 2;
            if (visible)
                QVERIFY(m_store->checkSums(id)->isClean());
            // A part whose sync failed is lost: publishing alone must not bring it back.
            const auto again = runAgain(id, run);
            QVERIFY2(again || again.error().code == ErrorCode::NotFound,
                     again ? "" : qPrintable(again.error().sentence()));
            if (!again)
                VERIFY_OK(save(*m_store, id, run));
            QVERIFY(m_store->checkSums(id)->isClean());
            VERIFY_OK(m_store->remove(id));
        }
        qInfo("failed %d calls", failures);
        QVERIFY2(failures >= 3, qPrintable(QString::number(failures)));
    }

    void aFailedSyncLosesThePart()
    {
        const PointId id = newPointId();
        const RunId run = newRunId();
        int lost = 0;
        for (bool again = false; !again; lost += again ? 0 : 1) {
            {
                auto writer = m_store->beginPoint(kSystem, id, run);
                VERIFY_OK(writer);
                QVERIFY(writeParts(*writer));
            }
            const TracedEnd end = runTraced([&] { return runAgain(id, run) ? 0 : 1; },
                                            {Disturbance::Kind::FailSync, lost + 1, EIO});
            if (!end.traced)
                QSKIP("This machine does not allow ptrace");
            QVERIFY(end.disturbed && end.exitStatus == 1);
            again = runAgain(id, run).has_value();
        }
        QCOMPARE(lost, 3); // each of the three part files, when its own sync failed
    }

private:
    void olderIsUntouched()
    {
        const auto sums = m_store->checkSums(m_older);
        VERIFY_OK(sums);
        QVERIFY2(sums->isClean() && sums->files == 5, qPrintable(sums->summary()));
    }

    Result<RestorePoint> runAgain(const PointId &id, const RunId &run)
    {
        TRY_VALUE(PointWriter writer, m_store->beginPoint(kSystem, id, run));
        return writer.publish(plannedPoint(id, run));
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<FolderStore> m_store;
    PointId m_older;
};

QTEST_GUILESS_MAIN(TestStoreCrash)
#include "tst_store_crash.moc"
