// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/journal/log_writer.h"
#include "core/journal/run_folder.h"
#include "tests/core/journal/journal_samples.h"

#include <QSet>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>
#include <sys/wait.h>

using namespace lb;
using namespace lb::test;

/// The run folder's names, its lock, and the log files in it.
class TestRunFolder : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_home = std::make_unique<QTemporaryDir>();
        QVERIFY(m_home->isValid());
        qputenv("XDG_DATA_HOME", m_home->path().toUtf8());
    }

    void isMadePrivateAndListed()
    {
        const RunId run = newRunId();
        const auto folder = RunFolder::create(run);
        VERIFY_RESULT(folder);
        for (const QString &path :
             {folder->path(), folder->logFolder(), folder->evidenceFolder()}) {
            struct stat info
            {
            };
            QCOMPARE(::stat(qPrintable(path), &info), 0);
            QCOMPARE(int(info.st_mode & 07777), 0700);
        }
        QCOMPARE(RunFolder::list(), QList<RunId>{run});
        QCOMPARE(folder->id(), run);
        const auto again = RunFolder::create(run);
        QVERIFY(!again);
        QCOMPARE(again.error().code, ErrorCode::Conflict);
        VERIFY_RESULT(folder->remove());
        QVERIFY(!folder->exists());
        QVERIFY(RunFolder::list().isEmpty());
    }

    void onlyRunFoldersAreRemoved()
    {
        const auto refused = RunFolder(m_home->path()).remove();
        QVERIFY(!refused);
        QVERIFY(QFileInfo::exists(m_home->path()));
    }

    void logNamesAreDifferentAndFlat()
    {
        const RunFolder folder(QStringLiteral("/runs/x"));
        QCOMPARE(folder.logFile(QStringLiteral("dump"), 2),
                 QStringLiteral("/runs/x/log/dump.2.log"));
        const QStringList ids{QStringLiteral("a/b[c]"),
                              QStringLiteral("a_b_c_"),
                              QStringLiteral("a b[c]"),
                              QStringLiteral(".."),
                              QStringLiteral("../../x"),
                              QStringLiteral("A\nb"),
                              QStringLiteral("A_b"),
                              QString(300, QLatin1Char('x')),
                              QString(301, QLatin1Char('x')),
                              QStringLiteral("ä"),
                              QStringLiteral("ö"),
                              QStringLiteral("")};
        QSet<QString> names;
        for (const QString &id : ids) {
            const QString file = folder.logFile(id, 1);
            QVERIFY(file.startsWith(QStringLiteral("/runs/x/log/")));
            QCOMPARE(file.count(QLatin1Char('/')), 4);
            QVERIFY(file.size() < 200);
            names << file;
        }
        QCOMPARE(names.size(), ids.size());
    }

    // F10: the second is told who has it; a dead owner is in nobody's way.
    void onlyOneHoldsItAndADeadOwnerDoesNot()
    {
        const auto folder = RunFolder::create(newRunId());
        VERIFY_RESULT(folder);
        QVERIFY(!folder->owner());
        int ready[2];
        QCOMPARE(::pipe(ready), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            const auto held = folder->lock();
            const char answer = held ? 'y' : 'n';
            if (::write(ready[1], &answer, 1) == 1)
                ::pause();
            ::_exit(0);
        }
        char answer = 0;
        QCOMPARE(::read(ready[0], &answer, 1), 1);
        QCOMPARE(answer, 'y');
        const auto second = folder->lock();
        QVERIFY(!second);
        QCOMPARE(second.error().code, ErrorCode::Conflict);
        QVERIFY2(second.error().detail.contains(QString::number(child)),
                 qPrintable(second.error().sentence()));
        QVERIFY(second.error().detail.contains(currentHostName()));
        const auto owner = folder->owner();
        QVERIFY(owner);
        QCOMPARE(owner->process.pid, child);

        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        QVERIFY(!folder->owner());
        const auto before = bootTime();
        const auto taken = folder->lock();
        VERIFY_RESULT(taken);
        QVERIFY(bootTime() - before < std::chrono::seconds(2));
        QCOMPARE(folder->owner()->process, ProcessIdentity::self());
        ::close(ready[0]);
        ::close(ready[1]);
    }

    void logKeepsEveryByte()
    {
        const QString file = m_home->filePath(QStringLiteral("x.log"));
        QByteArray expected;
        auto log = LogWriter::open(file);
        VERIFY_RESULT(log);
        for (int i = 0; i < 2000; ++i) {
            QByteArray piece(i * 7 % 3000 + (i % 97 == 0 ? 200'000 : 0), char(i));
            piece.append('\0').append("\r\xff");
            (*log)->write(piece);
            expected += piece;
        }
        (*log)->write({}); // idle: followers see all of it now
        QCOMPARE(readFile(file), expected);
        (*log)->write("end");
        VERIFY_RESULT((*log)->close());
        QCOMPARE(readFile(file), expected + "end");
        QCOMPARE((*log)->size(), expected.size() + 3);
    }

    void logGoesThroughItsFilter()
    {
        const QString file = m_home->filePath(QStringLiteral("x.log"));
        QByteArray held;
        int ends = 0;
        // Holds one byte back, as a redactor that waits for the end of a secret would.
        const LogFilter filter = [&](QByteArrayView bytes, bool last) {
            QByteArray out = held + bytes.toByteArray().toUpper();
            held = last ? QByteArray() : out.right(1);
            out.chop(held.size());
            ends += last ? 1 : 0;
            return out;
        };
        {
            auto log = LogWriter::open(file, filter);
            VERIFY_RESULT(log);
            for (const char *piece : {"a", "bc", "d"})
                (*log)->write(piece);
            VERIFY_RESULT((*log)->close());
        }
        QCOMPARE(readFile(file), "ABCD");
        QCOMPARE(ends, 1);
    }

private:
    std::unique_ptr<QTemporaryDir> m_home;
};

QTEST_GUILESS_MAIN(TestRunFolder)
#include "tst_run_folder.moc"
