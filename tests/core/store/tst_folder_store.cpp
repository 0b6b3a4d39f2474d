// SPDX-License-Identifier: GPL-3.0-or-later
#include "store_fixture.h"

#include "core/base/process_identity.h"

#include <atomic>
#include <thread>

#include <sys/wait.h>

using namespace lb;
using namespace lb::test;

class TestFolderStore : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_folder = m_dir->filePath(QStringLiteral("store"));
    }

    void opensOnlyAStore()
    {
        StoreProfile profile{QStringLiteral("disk"), m_folder};
        VERIFY_FAILS(FolderStore::open(profile, OpenStore::Existing), ErrorCode::NotFound);
        QDir().mkpath(m_folder);
        VERIFY_FAILS(FolderStore::open(profile, OpenStore::Existing), ErrorCode::NotFound);
        VERIFY_OK(FolderStore::open(profile, OpenStore::OrCreate));
        VERIFY_OK(FolderStore::open(profile, OpenStore::Existing));
        QVERIFY(writeFile(m_folder + QStringLiteral("/.lifeboat-store"), "{\"format\": 2}"));
        VERIFY_FAILS(FolderStore::open(profile, OpenStore::OrCreate), ErrorCode::Unsupported);
        profile.folder = QStringLiteral("relative");
        VERIFY_FAILS(FolderStore::open(profile, OpenStore::OrCreate), ErrorCode::BadInput);
    }

    void testLeavesNothingBehind()
    {
        const FolderStore store = openStore(m_folder);
        const auto status = store.test();
        VERIFY_OK(status);
        QVERIFY2(status->writable, qPrintable(status->notWritable));
        QVERIFY(status->freeBytes > 0 && status->totalBytes >= status->freeBytes);
        const auto entries =
            QDir(m_folder).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
        QCOMPARE(entries, QStringList{QStringLiteral(".lifeboat-store")});
    }

    void publishesWhatWasWritten()
    {
        const FolderStore store = openStore(m_folder);
        const PointId id = newPointId();
        const RunId run = newRunId();
        {
            auto writer = store.beginPoint(kSystem, id, run);
            VERIFY_OK(writer);
            QVERIFY(!writer->isContinued());
            QVERIFY(writeParts(*writer));
            QVERIFY(store.list()->empty());
            VERIFY_FAILS(store.read(id), ErrorCode::NotFound);
            VERIFY_OK(writer->publish(plannedPoint(id, run)));
            QVERIFY(writer->isPublished());
        }
        const auto read = store.read(id);
        VERIFY_OK(read);
        QCOMPARE(read->problem, QString());
        QCOMPARE(name(read->completeness()), QStringLiteral("complete"));
        QCOMPARE(name(read->proof), QStringLiteral("listed"));
        QCOMPARE(read->store, QStringLiteral("local"));
        QCOMPARE(read->parts[0].storedBytes, 3050);
        QCOMPARE(read->parts[1].sha256.size(), 64);
        QCOMPARE(read->identity.text, QStringLiteral("harbour@here"));
        const auto entries =
            QDir(read->folder)
                .entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot, QDir::Name);
        QCOMPARE(entries.join(QLatin1Char(' ')),
                 QStringLiteral("RESTORE.md SHA256SUMS manifest.json parts"));
        QVERIFY(store.leftovers().empty());

        const auto sums = store.checkSums(id);
        VERIFY_OK(sums);
        QVERIFY2(sums->isClean(), qPrintable(sums->summary()));
        QCOMPARE(sums->files, 5);
        // What anyone can check without Lifeboat.
        QCOMPARE(runIn(read->folder, "sha256sum --strict --quiet -c SHA256SUMS"), 0);
    }

    void publishingAgainChangesNothing()
    {
        const FolderStore store = openStore(m_folder);
        const PointId id = newPointId();
        const RunId run = newRunId();
        const auto first = save(store, id, run);
        VERIFY_OK(first);
        const QByteArray sums = contentOf(first->folder + QStringLiteral("/SHA256SUMS"));
        auto writer = store.beginPoint(kSystem, id, run);
        VERIFY_OK(writer);
        QVERIFY(writer->isPublished());
        VERIFY_OK(writer->publish(plannedPoint(id, run)));
        VERIFY_FAILS(writer->abandon(), ErrorCode::Conflict);
        QCOMPARE(contentOf(first->folder + QStringLiteral("/SHA256SUMS")), sums);
        VERIFY_FAILS(store.beginPoint(kSystem, id, newRunId()), ErrorCode::Conflict);
    }

    void goesOnWithItsOwnOnly()
    {
        const FolderStore store = openStore(m_folder);
        const PointId id = newPointId();
        const RunId run = newRunId();
        QString parts;
        {
            auto writer = store.beginPoint(kSystem, id, run);
            VERIFY_OK(writer);
            parts = writer->partsFolder();
            QVERIFY(writeFile(parts + QStringLiteral("/b.tar.zst.part"), "torn"));
            // Another process would be refused as well: the lock is the open file's.
            VERIFY_FAILS(store.beginPoint(kSystem, id, run), ErrorCode::Conflict);
            QVERIFY(store.leftovers().empty());
        }
        const auto left = store.leftovers();
        QCOMPARE(left.size(), size_t(1));
        QCOMPARE(left[0].run.value(), run.value());
        QCOMPARE(left[0].point.value(), id.value());
        VERIFY_FAILS(store.beginPoint(kSystem, id, newRunId()), ErrorCode::Conflict);
        auto writer = store.beginPoint(kSystem, id, run);
        VERIFY_OK(writer);
        QVERIFY(writer->isContinued());
        QVERIFY(writeParts(*writer));
        const auto point = writer->publish(plannedPoint(id, run));
        VERIFY_OK(point);
        QVERIFY(!QFile::exists(point->folder + QStringLiteral("/parts/b.tar.zst.part")));
        QVERIFY(store.checkSums(id)->isClean());
    }

    void abandonsAndClearsLeftovers()
    {
        const FolderStore store = openStore(m_folder);
        const PointId id = newPointId();
        {
            auto writer = store.beginPoint(kSystem, id, newRunId());
            VERIFY_OK(writer);
            QVERIFY(writeParts(*writer));
            VERIFY_OK(writer->abandon());
        }
        QVERIFY(store.leftovers().empty());
        {
            auto writer = store.beginPoint(kSystem, id, newRunId());
            VERIFY_OK(writer);
            QVERIFY(writeParts(*writer));
            const Leftover live{Leftover::Kind::Partial, kSystem, id, {}, 0, {}};
            VERIFY_FAILS(store.removeLeftover(live), ErrorCode::Conflict);
        }
        const auto left = store.leftovers();
        QCOMPARE(left.size(), size_t(1));
        QVERIFY(left[0].bytes >= 5050);
        VERIFY_OK(store.removeLeftover(left[0]));
        QVERIFY(store.leftovers().empty());
        QVERIFY(!QFile::exists(left[0].folder));
    }

    void refusesWhatIsNoName_data()
    {
        QTest::addColumn<QString>("system");
        QTest::addColumn<QString>("id");
        const QString good = newPointId().value();
        QTest::newRow("dots") << QStringLiteral("..") << good;
        QTest::newRow("slash") << QStringLiteral("a/b") << good;
        QTest::newRow("hidden") << QStringLiteral(".locks") << good;
        QTest::newRow("empty") << QString() << good;
        QTest::newRow("newline") << QStringLiteral("a\nb") << good;
        QTest::newRow("run id") << kSystem << newRunId().value();
        QTest::newRow("climbing id") << kSystem << QStringLiteral("../../etc");
        QTest::newRow("no id") << kSystem << QString();
    }
    void refusesWhatIsNoName()
    {
        QFETCH(QString, system);
        QFETCH(QString, id);
        const FolderStore store = openStore(m_folder);
        VERIFY_FAILS(store.beginPoint(system, PointId(id), newRunId()), ErrorCode::BadInput);
    }

    void refusesAManifestThatIsNotItsOwn()
    {
        const FolderStore store = openStore(m_folder);
        const PointId id = newPointId();
        const RunId run = newRunId();
        auto writer = store.beginPoint(kSystem, id, run);
        VERIFY_OK(writer);
        QVERIFY(writeParts(*writer));
        VERIFY_FAILS(writer->publish(plannedPoint(newPointId(), run)), ErrorCode::Internal);
        RestorePoint hostile = plannedPoint(id, run);
        hostile.parts[1].file = QStringLiteral("parts/../../../evil");
        VERIFY_FAILS(writer->publish(hostile), ErrorCode::BadInput);
        RestorePoint twice = plannedPoint(id, run);
        twice.parts[1].file = twice.parts[0].file;
        VERIFY_FAILS(writer->publish(twice), ErrorCode::Internal);
        QVERIFY(QFile::remove(writer->partsFolder() + QStringLiteral("/b.tar.zst")));
        VERIFY_FAILS(writer->publish(plannedPoint(id, run)), ErrorCode::NotFound);
        QVERIFY(store.list()->empty());
        QVERIFY(writeParts(*writer));
        VERIFY_OK(writer->publish(plannedPoint(id, run)));
    }

    void listsNewestFirst()
    {
        const FolderStore store = openStore(m_folder);
        QStringList ids;
        for (int i = 0; i < 3; ++i) {
            const PointId id(QStringLiteral("p2026010%1-000000-00000a").arg(i + 1));
            const RunId run = newRunId();
            auto writer = store.beginPoint(kSystem, id, run);
            VERIFY_OK(writer);
            QVERIFY(writeParts(*writer));
            RestorePoint point = plannedPoint(id, run);
            point.madeAt = utcNow().addDays(i);
            VERIFY_OK(writer->publish(point));
            ids.prepend(id.value());
        }
        QCOMPARE(words(*store.list()), ids.join(QStringLiteral(", ")));
        QCOMPARE(store.list(kSystem)->size(), size_t(3));
        QVERIFY(store.list(QStringLiteral("other"))->empty());
        QCOMPARE(store.systems(), QStringList{kSystem});
    }

    void doesNotRemoveWhatIsUsed()
    {
        const FolderStore store = openStore(m_folder);
        const PointId id = newPointId();
        VERIFY_OK(save(store, id, newRunId()));
        {
            const auto first = store.use(id, QStringLiteral("run r1"));
            const auto second = store.use(id, QStringLiteral("run r2"));
            VERIFY_OK(first);
            VERIFY_OK(second);
            const auto removed = store.remove(id);
            VERIFY_FAILS(removed, ErrorCode::Conflict);
            QVERIFY2(removed.error().detail.contains(QStringLiteral("run r1")),
                     qPrintable(removed.error().sentence()));
            QVERIFY(removed.error().detail.contains(QStringLiteral("run r2")));
            QVERIFY(removed.error().detail.contains(currentHostName()));
            QVERIFY(store.checkSums(id)->isClean());
        }
        VERIFY_OK(store.remove(id));
        VERIFY_FAILS(store.read(id), ErrorCode::NotFound);
        VERIFY_FAILS(store.remove(id), ErrorCode::NotFound);
        const QDir system(m_folder + QLatin1Char('/') + kSystem);
        QVERIFY(system.entryList(QDir::AllEntries | QDir::NoDotAndDotDot).isEmpty());
        QVERIFY(QDir(system.filePath(QStringLiteral(".locks"))).isEmpty());
    }

    void aDeadUserHoldsNothing()
    {
        const FolderStore store = openStore(m_folder);
        const PointId id = newPointId();
        VERIFY_OK(save(store, id, newRunId()));
        const pid_t child = ::fork();
        if (child == 0) {
            const auto use = store.use(id, QStringLiteral("run r3"));
            ::_exit(use ? 0 : 1); // as killed: no destructor
        }
        int status = 0;
        QCOMPARE(::waitpid(child, &status, 0), child);
        QCOMPARE(status, 0);
        const QDir locks(m_folder + QStringLiteral("/harbour/.locks"));
        QCOMPARE(locks.entryList({QStringLiteral("*.json")}).size(), 1);
        VERIFY_OK(store.remove(id));
        QVERIFY(locks.isEmpty());
    }

    void goesOnWithARemoval()
    {
        const FolderStore store = openStore(m_folder);
        const PointId id = newPointId();
        const auto point = save(store, id, newRunId());
        VERIFY_OK(point);
        const QString system = m_folder + QLatin1Char('/') + kSystem;
        QVERIFY(QDir().rename(point->folder, system + QStringLiteral("/.removing-") + id.value()));
        QVERIFY(store.list()->empty());
        const auto left = store.leftovers();
        QCOMPARE(left.size(), size_t(1));
        QVERIFY(left[0].kind == Leftover::Kind::Removing);
        VERIFY_OK(store.remove(id));
        QVERIFY(store.leftovers().empty());
    }

    void proofsRaiseAndLower()
    {
        const FolderStore store = openStore(m_folder);
        const PointId id = newPointId();
        VERIFY_OK(save(store, id, newRunId()));
        const auto add = [&](ProofLevel level, bool passed, int minute) {
            const QDateTime at = fromJsonTime(
                QStringLiteral("2026-11-21T03:%1:00.000Z").arg(minute, 2, 10, QLatin1Char('0')));
            return store.addProof(id, {level, passed, at, QStringLiteral("r"), QStringLiteral("me"),
                                       passed ? QString() : QStringLiteral("parts/a is bad")});
        };
        const auto shown = [&] {
            const auto point = store.read(id);
            return QStringLiteral("%1 %2 %3")
                .arg(name(point->proof))
                .arg(point->proofAt.isValid() ? point->proofAt.time().minute() : -1)
                .arg(name(point->completeness()));
        };
        QCOMPARE(shown(), QStringLiteral("listed -1 complete"));
        VERIFY_OK(add(ProofLevel::Read, true, 1));
        QCOMPARE(shown(), QStringLiteral("read 1 complete"));
        VERIFY_OK(add(ProofLevel::Checksummed, true, 2));
        QCOMPARE(shown(), QStringLiteral("read 1 complete"));
        VERIFY_OK(add(ProofLevel::Read, false, 3));
        QCOMPARE(shown(), QStringLiteral("checksummed 2 unknown"));
        QVERIFY(store.read(id)->problem.contains(QStringLiteral("parts/a is bad")));
        // The sums alone do not clear what reading found.
        VERIFY_OK(add(ProofLevel::Checksummed, true, 4));
        QCOMPARE(shown(), QStringLiteral("checksummed 4 unknown"));
        VERIFY_OK(add(ProofLevel::Checksummed, false, 5));
        QCOMPARE(shown(), QStringLiteral("listed -1 unknown"));
        VERIFY_OK(add(ProofLevel::Restored, true, 6));
        QCOMPARE(shown(), QStringLiteral("restored 6 complete"));
        QCOMPARE(store.proofs(id).size(), size_t(6));

        // A writer killed inside a line: dropped, and the next line is whole.
        const QString path =
            m_folder + QStringLiteral("/harbour/.proofs/") + id.value() + QStringLiteral(".jsonl");
        const QByteArray whole = contentOf(path);
        for (qsizetype cut = 1; cut < whole.size(); cut += 37) {
            QVERIFY(writeFile(path, whole.left(cut)));
            QVERIFY(store.proofs(id).size() <= size_t(whole.left(cut).count('\n')));
        }
        QVERIFY(writeFile(path, whole.chopped(20)));
        VERIFY_OK(add(ProofLevel::Checksummed, true, 7));
        const auto proofs = store.proofs(id);
        QVERIFY(proofs.back().passed && proofs.back().at.time().minute() == 7);
    }

    void listsWhileOthersPublishAndRemove()
    {
        const FolderStore store = openStore(m_folder);
        const PointId kept = newPointId();
        VERIFY_OK(save(store, kept, newRunId()));
        std::atomic<bool> done{false};
        std::atomic<int> failures{0};
        std::thread writer([&] {
            for (int i = 0; i < 25; ++i) {
                const PointId id = newPointId();
                failures += save(store, id, newRunId()) ? 0 : 1;
                failures += store.remove(id) ? 0 : 1;
            }
            done = true;
        });
        int lists = 0;
        QString wrong;
        while (!done) {
            const auto points = store.list();
            bool found = false;
            for (const RestorePoint &point : points ? *points : std::vector<RestorePoint>()) {
                found = found || point.id == kept.value();
                if (!point.problem.isEmpty())
                    wrong = words({point});
            }
            if (!found)
                wrong = QStringLiteral("the older point was not listed");
            ++lists;
        }
        writer.join();
        QCOMPARE(wrong, QString());
        QCOMPARE(failures.load(), 0);
        QVERIFY(lists > 10);
        QCOMPARE(store.list()->size(), size_t(1));
    }

private:
    static int runIn(const QString &folder, const char *command)
    {
        const QByteArray line = "cd '" + QFile::encodeName(folder) + "' && " + command;
        return std::system(line.constData());
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    QString m_folder;
};

QTEST_GUILESS_MAIN(TestFolderStore)
#include "tst_folder_store.moc"
