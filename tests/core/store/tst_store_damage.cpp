// SPDX-License-Identifier: GPL-3.0-or-later
#include "store_fixture.h"

#include <QDirIterator>
#include <QRandomGenerator>

using namespace lb;
using namespace lb::test;

/// Every damage to a published point is named; none hides it or ends the program.
class TestStoreDamage : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_store = std::make_unique<FolderStore>(openStore(m_dir->filePath(QStringLiteral("s"))));
        m_id = newPointId();
        const auto point = save(*m_store, m_id, newRunId());
        VERIFY_OK(point);
        m_folder = point->folder;
    }

    void manifestCutAtEachByte()
    {
        const QString path = file("manifest.json");
        const QByteArray whole = contentOf(path);
        for (qsizetype size = 0; size < whole.size(); ++size) {
            QVERIFY(writeFile(path, whole.left(size)));
            const auto points = m_store->list();
            VERIFY_OK(points);
            QCOMPARE(points->size(), size_t(1));
            const RestorePoint &point = points->front();
            QVERIFY2(!point.problem.isEmpty(), qPrintable(QString::number(size)));
            QCOMPARE(point.id, m_id.value());
            QCOMPARE(point.system, kSystem);
            QVERIFY(point.madeAt.isValid());
            QCOMPARE(name(point.completeness()), QStringLiteral("unknown"));
            const auto sums = lb::checkSums(m_folder);
            VERIFY_OK(sums);
            QCOMPARE(sums->mismatched, QStringList{QStringLiteral("manifest.json")});
        }
        qInfo("%lld cuts", static_cast<long long>(whole.size()));
    }

    void sumsCutAtEachByte()
    {
        const QString path = file("SHA256SUMS");
        const QByteArray whole = contentOf(path);
        for (qsizetype size = 0; size < whole.size(); ++size) {
            QVERIFY(writeFile(path, whole.left(size)));
            const auto sums = lb::checkSums(m_folder);
            VERIFY_OK(sums);
            QVERIFY2(!sums->isClean(), qPrintable(QString::number(size)));
            QVERIFY(!m_store->read(m_id)->problem.isEmpty());
        }
    }

    void everyFlippedBitIsNamed()
    {
        QStringList files;
        for (QDirIterator it(m_folder, QDir::Files, QDirIterator::Subdirectories); it.hasNext();)
            files << it.next();
        QCOMPARE(files.size(), 6);
        QRandomGenerator random(20261121);
        int flips = 0;
        for (const QString &path : std::as_const(files)) {
            const QByteArray whole = contentOf(path);
            const QString relative = path.mid(m_folder.size() + 1);
            for (int i = 0; i < 170; ++i, ++flips) {
                QByteArray bad = whole;
                const qsizetype at = qsizetype(random.bounded(quint32(whole.size())));
                bad[at] = static_cast<char>(bad[at] ^ (1 << random.bounded(8)));
                QVERIFY(writeFile(path, bad));
                const auto sums = lb::checkSums(m_folder);
                VERIFY_OK(sums);
                const QString at_ = QStringLiteral("%1 byte %2").arg(relative).arg(at);
                QVERIFY2(!sums->isClean(), qPrintable(at_));
                if (relative != QLatin1String("SHA256SUMS"))
                    QCOMPARE(sums->mismatched, QStringList{relative});
                // What a list reads, it checks.
                if (relative == QLatin1String("manifest.json"))
                    QVERIFY2(!m_store->read(m_id)->problem.isEmpty(), qPrintable(at_));
            }
            QVERIFY(writeFile(path, whole));
        }
        QVERIFY(m_store->checkSums(m_id)->isClean());
        qInfo("%d flips", flips);
    }

    void swappedFiles()
    {
        const QByteArray a = contentOf(file("parts/a.tar.zst"));
        QVERIFY(writeFile(file("parts/a.tar.zst"), contentOf(file("parts/b.tar.zst"))));
        QVERIFY(writeFile(file("parts/b.tar.zst"), a));
        const auto sums = lb::checkSums(m_folder);
        VERIFY_OK(sums);
        QCOMPARE(sums->mismatched, (QStringList{QStringLiteral("parts/a.tar.zst"),
                                                QStringLiteral("parts/b.tar.zst")}));
        // Their sizes differ, so even the list sees it.
        QVERIFY(!m_store->read(m_id)->problem.isEmpty());
    }

    void missingAndExtraFiles()
    {
        QVERIFY(QFile::remove(file("parts/b.tar.zst")));
        QVERIFY(writeFile(file("parts/c.tar.zst"), "more"));
        QVERIFY(QFile::link(QStringLiteral("/etc/passwd"), file("parts/link")));
        const auto sums = lb::checkSums(m_folder);
        VERIFY_OK(sums);
        QCOMPARE(sums->missing, QStringList{QStringLiteral("parts/b.tar.zst")});
        QCOMPARE(sums->extra,
                 (QStringList{QStringLiteral("parts/c.tar.zst"), QStringLiteral("parts/link")}));
        QVERIFY(sums->summary().contains(QStringLiteral("parts/b.tar.zst")));
        const auto point = m_store->read(m_id);
        QVERIFY2(point->problem.contains(QStringLiteral("parts/b.tar.zst")),
                 qPrintable(point->problem));
        QVERIFY(QFile::remove(file("SHA256SUMS")));
        QVERIFY(m_store->checkSums(m_id)->missing.contains(QStringLiteral("SHA256SUMS")));
    }

    void aLinkInAFilesPlaceIsNotFollowed()
    {
        const QString elsewhere = m_dir->filePath(QStringLiteral("copy"));
        QVERIFY(QFile::copy(file("parts/b.tar.zst"), elsewhere));
        QVERIFY(QFile::remove(file("parts/b.tar.zst")));
        QVERIFY(QFile::link(elsewhere, file("parts/b.tar.zst")));
        QCOMPARE(m_store->checkSums(m_id)->mismatched,
                 QStringList{QStringLiteral("parts/b.tar.zst")});
        QVERIFY(!m_store->read(m_id)->problem.isEmpty());
    }

    void anotherPointsManifest()
    {
        const PointId other = newPointId();
        const auto point = save(*m_store, other, newRunId());
        VERIFY_OK(point);
        for (const char *name : {"manifest.json", "SHA256SUMS"})
            QVERIFY(writeFile(file(name),
                              contentOf(point->folder + QLatin1Char('/') + QLatin1String(name))));
        const auto read = m_store->read(m_id);
        QVERIFY2(read->problem.contains(other.value()), qPrintable(read->problem));
        QCOMPARE(read->id, m_id.value());
        // Only the manifest: an older one replayed.
        const QByteArray manifest = contentOf(point->folder + QStringLiteral("/manifest.json"));
        QVERIFY(writeFile(file("manifest.json"), QByteArray(manifest).replace("here", "gone")));
        QVERIFY(!m_store->read(m_id)->problem.isEmpty());
        QVERIFY(m_store->checkSums(m_id)->mismatched.contains(QStringLiteral("manifest.json")));
    }

    void hostileManifests_data()
    {
        QTest::addColumn<QByteArray>("manifest");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("array") << QByteArray("[1,2]");
        QTest::newRow("deep") << QByteArray(100'000, '[');
        QTest::newRow("newer") << QByteArray("{\"format\":99}");
        QTest::newRow("binary") << QByteArray("\0\1\2\xff", 4);
        QTest::newRow("climbs") << QByteArray(
            "{\"format\":1,\"id\":\"x\",\"made_at\":\"2026-01-01T00:00:00.000Z\","
            "\"parts\":[{\"id\":\"a\",\"file\":\"parts/../../../../etc/passwd\"}]}");
        QTest::newRow("wrong types")
            << QByteArray("{\"format\":1,\"id\":7,\"made_at\":[],\"parts\":{},\"limits\":3}");
    }
    void hostileManifests()
    {
        QFETCH(QByteArray, manifest);
        QVERIFY(writeFile(file("manifest.json"), manifest));
        const auto points = m_store->list();
        VERIFY_OK(points);
        QCOMPARE(points->size(), size_t(1));
        QVERIFY(!points->front().problem.isEmpty());
    }

    void sumsThatAreNoSums_data()
    {
        QTest::addColumn<QByteArray>("text");
        const QByteArray hex(64, 'a');
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("short sum") << hex.left(63) + "  a\n";
        QTest::newRow("capitals") << hex.toUpper() + "  a\n";
        QTest::newRow("one space") << hex + " a\n";
        QTest::newRow("no end") << hex + "  a";
        QTest::newRow("climbs") << hex + "  ../a\n";
        QTest::newRow("absolute") << hex + "  /etc/passwd\n";
        QTest::newRow("twice") << hex + "  a\n" + hex + "  a\n";
        QTest::newRow("not UTF-8") << hex + "  \xff\n";
        QTest::newRow("carriage return") << QByteArray("\r\n");
    }
    void sumsThatAreNoSums()
    {
        QFETCH(QByteArray, text);
        QStringList malformed;
        parseSums(text, &malformed);
        QVERIFY(!malformed.isEmpty());
    }

    void doesNotReadAgainWhatIsKnown()
    {
        const QString part = QStringLiteral("parts/a.tar.zst");
        QMap<QString, QByteArray> known{{part, *hashFile(file("parts/a.tar.zst"))}};
        const auto whole = m_store->checkSums(m_id, {}, {}, known);
        VERIFY_OK(whole);
        QVERIFY(whole->isClean());
        QCOMPARE(whole->files, 5);
        known[part] = QByteArray(64, '0'); // what the caller read was something else
        QCOMPARE(m_store->checkSums(m_id, {}, {}, known)->mismatched, QStringList{part});
        QVERIFY(QFile::remove(file("parts/a.tar.zst")));
        QCOMPARE(m_store->checkSums(m_id, {}, {}, known)->missing, QStringList{part});
    }

    void checkingCanBeStopped()
    {
        std::stop_source stop;
        const auto stopped = m_store->checkSums(
            m_id, [&](qint64, qint64) { stop.request_stop(); }, stop.get_token());
        VERIFY_FAILS(stopped, ErrorCode::Cancelled);
    }

private:
    QString file(const char *name) const
    {
        return m_folder + QLatin1Char('/') + QLatin1String(name);
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<FolderStore> m_store;
    PointId m_id;
    QString m_folder;
};

QTEST_GUILESS_MAIN(TestStoreDamage)
#include "tst_store_damage.moc"
