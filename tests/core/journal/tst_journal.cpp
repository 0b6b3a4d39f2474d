// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/journal/journal.h"
#include "tests/core/journal/journal_samples.h"

#include <QDir>
#include <QFileInfo>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <ctime>

using namespace lb;
using namespace lb::test;

/// What a journal keeps, refuses and sets aside, on good and on damaged files.
class TestJournal : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        // In memory where possible: damage does not depend on the disk, and thousands of openings
        // do.
        const bool onDisk = QTest::currentTestFunction() == QByteArray("syncedAppendCost");
        const QString memory = QStringLiteral("/dev/shm");
        const QString base = !onDisk && QFileInfo(memory).isWritable() ? memory : QDir::tempPath();
        m_folder = std::make_unique<QTemporaryDir>(base + QStringLiteral("/lifeboat-XXXXXX"));
        QVERIFY(m_folder->isValid());
        m_file = m_folder->filePath(QStringLiteral("journal.jsonl"));
    }

    void keepsEventsInOrderAndChained()
    {
        const auto events = runOf(20);
        QByteArray head;
        {
            auto journal = Journal::create(m_folder->path());
            VERIFY_RESULT(journal);
            QSignalSpy durable(journal->get(), &Journal::durable);
            QList<Async<RunEvent>> answers;
            for (const RunEvent &one : events)
                answers << (*journal)->append(one);
            VERIFY_RESULT((*journal)->flush());
            quint64 seq = 0;
            for (const auto &answer : answers) {
                QVERIFY(answer.isFinished());
                VERIFY_RESULT(answer.result());
                QCOMPARE(answer.result()->seq, ++seq);
            }
            head = (*journal)->head();
            QTRY_COMPARE(durable.size(), int(events.size()));
            QByteArray lines;
            for (const auto &signal : durable)
                lines += signal.at(1).toByteArray() + '\n';
            QCOMPARE(lines, readFile(m_file));
        }
        const auto content = readJournal(m_file);
        VERIFY_RESULT(content);
        QVERIFY(!content->problem);
        QCOMPARE(content->tornBytes, 0);
        QCOMPARE(content->head, head);
        QCOMPARE(content->events.size(), events.size());
        for (size_t i = 0; i < events.size(); ++i) {
            QCOMPARE(content->events[i].kind, events[i].kind);
            QCOMPARE(content->events[i].step, events[i].step);
            QCOMPARE(content->events[i].attempt, events[i].attempt);
            QCOMPARE(content->events[i].data, events[i].data);
            QVERIFY(content->events[i].time.isValid());
        }
    }

    // The format is a contract with other programs: checked here without our own reader.
    void linesHaveTheDocumentedForm()
    {
        auto journal = Journal::create(m_folder->path());
        VERIFY_RESULT(journal);
        for (const RunEvent &one : runOf(2))
            VERIFY_RESULT((*journal)->appendSynced(one));
        QList<QByteArray> lines = readFile(m_file).split('\n');
        QVERIFY(lines.takeLast().isEmpty());
        QByteArray prev(64, '0');
        int seq = 0;
        for (const QByteArray &line : lines) {
            const auto object = parseJsonObject(line, QStringLiteral("line"));
            VERIFY_RESULT(object);
            QCOMPARE(object->value(QStringLiteral("seq")).toInt(), ++seq);
            QCOMPARE(object->contains(QStringLiteral("format")), seq == 1);
            QCOMPARE(object->value(QStringLiteral("prev")).toString().toLatin1(), prev);
            const qsizetype at = line.lastIndexOf(",\"sha256\":");
            QCOMPARE(line.mid(at), ",\"sha256\":\"" + Sha256::hex(line.left(at)) + "\"}");
            prev = object->value(QStringLiteral("sha256")).toString().toLatin1();
        }
        QVERIFY(lines.at(1).startsWith("{\"seq\":2,\"time\":\"20"));
        QVERIFY(lines.at(1).contains(
            ",\"event\":\"step_intended\",\"step\":\"copy[folder 0]\",\"attempt\":1,\"fills\":"));
    }

    void strangeTextsSurvive()
    {
        const QString strange = QStringLiteral("a\"b\\c\nd\u2028é\U0001F6DF\t\u0001/");
        {
            auto journal = Journal::create(m_folder->path());
            VERIFY_RESULT(journal);
            VERIFY_RESULT((*journal)->appendSynced(
                newEvent(EventKind::RunRequested, strange,
                         {{strange, strange}, {QStringLiteral("prev"), 1}})));
        }
        const auto content = readJournal(m_file);
        VERIFY_RESULT(content);
        QVERIFY(!content->problem);
        QCOMPARE(content->events.at(0).step, strange);
        QCOMPARE(content->events.at(0).data, (QJsonObject{{strange, strange}}));
    }

    void continuesWhereItEnded()
    {
        const auto events = runOf(3);
        for (const RunEvent &one : events) {
            JournalContent content;
            auto journal = QFile::exists(m_file) ? Journal::open(m_folder->path(), &content)
                                                 : Journal::create(m_folder->path());
            VERIFY_RESULT(journal);
            VERIFY_RESULT((*journal)->appendSynced(one));
        }
        const auto content = readJournal(m_file);
        VERIFY_RESULT(content);
        QVERIFY(!content->problem);
        QCOMPARE(content->events.size(), events.size());
        const auto second = Journal::create(m_folder->path());
        QVERIFY(!second);
        QCOMPARE(second.error().code, ErrorCode::Conflict);
    }

    void newerFormatIsRefused()
    {
        QByteArray bytes = journalBytes(runOf(1));
        bytes.replace(0, 11, "{\"format\":2");
        writeFile(m_file, bytes);
        const auto content = readJournal(m_file);
        QVERIFY(!content);
        QCOMPARE(content.error().code, ErrorCode::Unsupported);
    }

    // F3: whatever a crash leaves of the last 64 KiB, the whole lines before it are there, and the
    // rest is kept beside the journal.
    void everyCutLeavesTheWholeLines()
    {
        const QByteArray bytes = journalBytes(runOf(120));
        QVERIFY(bytes.size() > 96 * 1024);
        const qsizetype step = full() ? 1 : 97;
        int cuts = 0;
        for (qsizetype size = bytes.size(); size >= bytes.size() - 64 * 1024;
             size -= step, ++cuts) {
            const QByteArray cut = bytes.left(size);
            const qsizetype whole = cut.lastIndexOf('\n') + 1;
            writeFile(m_file, cut);
            JournalContent content;
            QString torn;
            {
                auto journal = Journal::open(m_folder->path(), &content);
                VERIFY_RESULT(journal);
                torn = (*journal)->tornFile();
            }
            QCOMPARE(content.events.size(), size_t(cut.count('\n')));
            QCOMPARE(readFile(m_file), cut.left(whole));
            QCOMPARE(torn.isEmpty(), whole == size);
            if (!torn.isEmpty()) {
                QCOMPARE(readFile(torn), cut.mid(whole));
                QVERIFY(QFile::remove(torn));
            }
        }
        qInfo("%d cuts", cuts);
    }

    void zeroBytesAtTheEndAreATornTail()
    {
        const QByteArray bytes = journalBytes(runOf(3));
        writeFile(m_file, bytes + QByteArray(4096, '\0'));
        JournalContent content;
        auto journal = Journal::open(m_folder->path(), &content);
        VERIFY_RESULT(journal);
        QCOMPARE(content.tornBytes, 4096);
        VERIFY_RESULT((*journal)->appendSynced(newEvent(EventKind::RunReopened)));
        QVERIFY(readFile(m_file).startsWith(bytes));
        const auto again = readJournal(m_file);
        VERIFY_RESULT(again);
        QVERIFY(!again->problem);
        QCOMPARE(again->events.size(), content.events.size() + 1);
    }

    // F4: no flipped bit passes for a good line.
    void everyBitFlipIsFound()
    {
        const QByteArray bytes = journalBytes(runOf(40));
        const auto good = [&] {
            writeFile(m_file, bytes);
            return readJournal(m_file);
        }();
        VERIFY_RESULT(good);
        QRandomGenerator random(20261121);
        int damaged = 0, torn = 0, newer = 0;
        for (int i = 0; i < 1000; ++i) {
            QByteArray flipped = bytes;
            const qsizetype at = random.bounded(int(bytes.size()));
            flipped[at] = char(flipped[at] ^ (1 << random.bounded(8)));
            writeFile(m_file, flipped);
            JournalContent content;
            const auto journal = Journal::open(m_folder->path(), &content);
            const size_t line = size_t(bytes.left(at).count('\n'));
            if (journal) {
                // Only the newline of the last line can pass for an interrupted write.
                QCOMPARE(at, bytes.size() - 1);
                QVERIFY(!(*journal)->tornFile().isEmpty());
                ++torn;
                continue;
            }
            if (journal.error().code == ErrorCode::Unsupported) {
                QCOMPARE(line, size_t(0)); // "format":1 became a higher digit
                ++newer;
                continue;
            }
            ++damaged;
            QCOMPARE(journal.error().code, ErrorCode::Corrupt);
            QVERIFY2(journal.error().summary.contains(QString::number(line + 1)),
                     qPrintable(journal.error().sentence()));
            QCOMPARE(readFile(m_file), flipped); // looked at, never changed
            QVERIFY(content.events.size() == line);
            for (size_t e = 0; e < line; ++e)
                QCOMPARE(content.events[e].toJson(), good->events[e].toJson());
        }
        qInfo("1000 flips: %d damaged lines named, %d newer format, %d torn end, 0 silent", damaged,
              newer, torn);
    }

    void removedAndSwappedLinesAreFound()
    {
        QList<QByteArray> lines = journalBytes(runOf(5)).split('\n');
        QList<QByteArray> removed = lines, swapped = lines;
        removed.removeAt(4);
        swapped.swapItemsAt(3, 4);
        for (const auto &bad : {removed, swapped}) {
            writeFile(m_file, bad.join('\n'));
            const auto content = readJournal(m_file);
            VERIFY_RESULT(content);
            QVERIFY(content->problem);
            QVERIFY(content->events.size() == 3 || content->events.size() == 4);
        }
    }

    void followersSeeEachLineOnce()
    {
        const auto events = runOf(10);
        JournalTail tail(m_file, 3);
        VERIFY_RESULT(tail.poll());
        QCOMPARE(tail.poll()->size(), size_t(0)); // not there yet
        const QByteArray bytes = journalBytes(events);
        QList<quint64> seen;
        for (qsizetype size = 0; size <= bytes.size(); size += 113) {
            writeFile(m_file, bytes.left(size));
            const auto lines = tail.poll();
            VERIFY_RESULT(lines);
            for (const JournalLine &one : *lines)
                seen << one.event.seq;
        }
        // A rewritten file (another inode) does not repeat or lose anything.
        writeFile(m_file + QStringLiteral(".new"), bytes);
        QVERIFY(QFile::remove(m_file));
        QVERIFY(QFile::rename(m_file + QStringLiteral(".new"), m_file));
        const auto last = tail.poll();
        VERIFY_RESULT(last);
        for (const JournalLine &one : *last) {
            seen << one.event.seq;
            QVERIFY(bytes.contains(one.line + '\n'));
        }
        QList<quint64> expected;
        for (quint64 seq = 4; seq <= events.size(); ++seq)
            expected << seq;
        QCOMPARE(seen, expected);
    }

    void followersHearOfDamageAfterTheGoodLines()
    {
        QByteArray bytes = journalBytes(runOf(3));
        const qsizetype second = bytes.indexOf('\n') + 1;
        bytes[second + 30] = char(bytes[second + 30] ^ 1);
        writeFile(m_file, bytes);
        JournalTail tail(m_file);
        const auto good = tail.poll();
        VERIFY_RESULT(good);
        QCOMPARE(good->size(), size_t(1));
        for (int i = 0; i < 2; ++i) {
            const auto bad = tail.poll();
            QVERIFY(!bad);
            QVERIFY(bad.error().summary.contains(QStringLiteral("Line 2 ")));
        }
    }

    void readingThirtyThousandLinesIsFast()
    {
        writeFile(m_file, journalBytes(runOf(10'000)));
        qint64 best = std::numeric_limits<qint64>::max();
        for (int i = 0; i < 5; ++i) {
            // The thread's own time: other work on the machine is not our speed.
            const auto before = threadTime();
            const auto content = readJournal(m_file);
            best = qMin(best, qint64((threadTime() - before).count()));
            VERIFY_RESULT(content);
            QCOMPARE(content->events.size(), size_t(30'002));
        }
        qInfo("30,002 lines (%lld KiB) read and verified in %.0f ms",
              QFileInfo(m_file).size() / 1024, double(best) / 1e6);
        QVERIFY(best < 1'500'000'000); // a debug build beside other work; release: 150 ms
    }

    void theReserveIsGivenBack()
    {
        const QString reserve = m_folder->filePath(QStringLiteral("journal.reserve"));
        {
            auto journal = Journal::create(m_folder->path());
            VERIFY_RESULT(journal);
            QCOMPARE(QFileInfo(reserve).size(), 1024 * 1024);
        }
        QVERIFY(!QFile::exists(reserve)); // ended runs do not keep it
        JournalContent content;
        const auto again = Journal::open(m_folder->path(), &content);
        VERIFY_RESULT(again);
        QVERIFY(QFile::exists(reserve));
    }

    void syncedAppendCost()
    {
        auto journal = Journal::create(m_folder->path());
        VERIFY_RESULT(journal);
        const auto before = bootTime();
        for (const RunEvent &one : runOf(100))
            VERIFY_RESULT((*journal)->appendSynced(one));
        const auto synced = bootTime() - before;
        for (const RunEvent &one : runOf(1000))
            (*journal)->append(one);
        VERIFY_RESULT((*journal)->flush());
        const auto queued = bootTime() - before - synced;
        qInfo("appendSynced %.0f us each; queued %.1f us each", double(synced.count()) / 302e3,
              double(queued.count()) / 3002e3);
    }

private:
    static std::chrono::nanoseconds threadTime()
    {
        timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_file;
};

QTEST_GUILESS_MAIN(TestJournal)
#include "tst_journal.moc"
