// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/journal/journal_reader.h"
#include "core/journal/run_folder.h"
#include "tests/core/journal/journal_samples.h"

#include <QMap>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

using namespace lb;
using namespace lb::test;

/// The journal under real faults: its writer killed at every durable system call, disks that fail
/// and disks that are full. The faults are strace's; journal_probe is the writer.
class TestJournalFaults : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_probe = QCoreApplication::applicationDirPath() + QStringLiteral("/journal_probe");
        QVERIFY(QFile::exists(m_probe));
        m_strace = QStandardPaths::findExecutable(QStringLiteral("strace"));
    }

    void init()
    {
        // In memory where possible: kills do not depend on the disk, and hundreds of runs do.
        const QString memory = QStringLiteral("/dev/shm");
        const QString base = QFileInfo(memory).isWritable() ? memory : QDir::tempPath();
        m_home = std::make_unique<QTemporaryDir>(base + QStringLiteral("/lifeboat-XXXXXX"));
        QVERIFY(m_home->isValid());
        qputenv("XDG_DATA_HOME", m_home->path().toUtf8());
        if (QTest::currentTestFunction() != QByteArray("aFullDiskIsSaidAndSurvived") &&
            !straceWorks())
            QSKIP("strace cannot trace here (not installed, or ptrace is not allowed)");
    }

    // F1
    void killedAtEveryDurableCall()
    {
        constexpr int kEvents = 190;
        int points = 0;
        for (const char *call : {"pwrite64", "fdatasync", "fsync", "mkdir", "fallocate"}) {
            // Sampled by a step that is no divisor of the pattern; the first calls always.
            for (int n = 1;; n += full() || n < 4 ? 1 : 23) {
                const RunId run = newRunId();
                const auto killed = probe(run, kEvents, {killAt(call, n)});
                if (killed.finished)
                    break; // fewer calls than n
                ++points;
                checkAfterFault(run, kEvents, killed.acknowledged,
                                QStringLiteral("%1 %2").arg(QLatin1String(call)).arg(n));
                if (QTest::currentTestFailed())
                    return;
            }
        }
        qInfo("killed at %d points", points);
        QVERIFY(points >= (full() ? 300 : 20));
    }

    // The same while a torn end is set aside, and while the file is written anew.
    void killedWhileRepairing_data()
    {
        QTest::addColumn<bool>("torn");
        QTest::newRow("a torn end is set aside") << true;
        QTest::newRow("the file is rewritten after a failed sync") << false;
    }
    void killedWhileRepairing()
    {
        QFETCH(bool, torn);
        int points = 0;
        for (const char *call :
             {"write", "fsync", "rename", "ftruncate", "fdatasync", "unlink", "pwrite64"}) {
            for (int n = 1; n < 20; ++n) {
                const RunId run = newRunId();
                QMap<int, int> acknowledged;
                QStringList faults{killAt(call, n)};
                if (torn) {
                    acknowledged = probe(run, 5, {}).acknowledged;
                    QCOMPARE(acknowledged.size(), 5);
                    QFile file(RunFolder::of(run).journalFile());
                    QVERIFY(file.open(QIODevice::Append) && file.write("{\"seq\":6,\"ti") > 0);
                } else {
                    faults.prepend(QStringLiteral("inject=fdatasync:error=EIO:when=3"));
                    if (qstrcmp(call, "fdatasync") == 0)
                        break; // one call can have one fault only
                }
                const auto killed = probe(run, 12, faults);
                acknowledged.insert(killed.acknowledged);
                if (killed.finished)
                    break;
                ++points;
                checkAfterFault(run, 12, acknowledged,
                                QStringLiteral("%1 %2").arg(QLatin1String(call)).arg(n));
                if (QTest::currentTestFailed())
                    return;
            }
        }
        qInfo("killed at %d points", points);
        QVERIFY(points >= 8);
    }

    // F6: after an error of the disk nothing is believed that was not verified again.
    void aDiskThatFailsOnceIsWrittenAroundAndNamed_data()
    {
        QTest::addColumn<QString>("fault");
        QTest::newRow("sync") << "inject=fdatasync:error=EIO:when=4";
        QTest::newRow("write") << "inject=pwrite64:error=EIO:when=4";
    }
    void aDiskThatFailsOnceIsWrittenAroundAndNamed()
    {
        QFETCH(QString, fault);
        const RunId run = newRunId();
        const auto done = probe(run, 20, {fault});
        QVERIFY2(done.finished, done.complaint.constData());
        QCOMPARE(done.acknowledged.size(), 20);
        const auto content = checkAfterFault(run, 20, done.acknowledged, fault);
        int warnings = 0;
        for (const RunEvent &event : content.events)
            warnings += event.kind == EventKind::WarningRaised ? 1 : 0;
        QCOMPARE(warnings, 1);
    }

    void aDiskThatKeepsFailingStopsTheJournal()
    {
        const RunId run = newRunId();
        const auto failed = probe(run, 20,
                                  {QStringLiteral("inject=fdatasync:error=EIO:when=4+"),
                                   QStringLiteral("inject=fsync:error=EIO:when=8+")});
        QVERIFY(!failed.finished);
        QCOMPARE(failed.exitCode, 3);
        QVERIFY2(failed.complaint.contains("sync"), failed.complaint.constData());
        QVERIFY(failed.acknowledged.size() < 20);
        checkAfterFault(run, 20, failed.acknowledged, QStringLiteral("EIO for good"));
    }

    // F9: an event is called durable only after a sync that followed its write.
    void nothingIsAcknowledgedBeforeItsSync()
    {
        const RunId run = newRunId();
        const QString record = m_home->filePath(QStringLiteral("record"));
        QProcess process;
        process.start(m_strace,
                      {QStringLiteral("-f"), QStringLiteral("-qq"), QStringLiteral("-o"), record,
                       QStringLiteral("-s"), QStringLiteral("64"), QStringLiteral("-e"),
                       QStringLiteral("trace=pwrite64,fdatasync,writev"), m_probe,
                       QStringLiteral("write"), run.value(), QStringLiteral("60")});
        QVERIFY(process.waitForFinished(60'000));
        QCOMPARE(process.exitCode(), 0);
        QList<qint64> ends; // of line n in the journal
        qint64 size = 0;
        for (const QByteArray &line : readFile(RunFolder::of(run).journalFile()).split('\n'))
            ends << (size += line.size() + 1);
        static const QRegularExpression write(
            QStringLiteral("pwrite64\\((\\d+), .*, (\\d+), (\\d+)( <unfinished|\\))"));
        static const QRegularExpression said(QStringLiteral("writev\\(1, .*iov_base=\"(\\d+) "));
        QMap<QString, qint64> written, synced; // descriptor → bytes
        int syncs = 0, acknowledged = 0;
        for (const QByteArray &call : readFile(record).split('\n')) {
            const QString text = QString::fromLatin1(call);
            if (const auto match = write.match(text); match.hasMatch())
                written[match.captured(1)] =
                    match.captured(2).toLongLong() + match.captured(3).toLongLong();
            // In strace's order a finished sync stands where it returned.
            if (text.contains(QStringLiteral("fdatasync")) &&
                text.contains(QStringLiteral("= 0"))) {
                ++syncs;
                synced = written;
            }
            if (const auto match = said.match(text); match.hasMatch()) {
                ++acknowledged;
                const qint64 end = ends.at(match.captured(1).toInt() - 1);
                const bool durable = std::any_of(synced.begin(), synced.end(),
                                                 [end](qint64 bytes) { return bytes >= end; });
                QVERIFY2(durable, call.constData());
            }
        }
        QCOMPARE(acknowledged, 60);
        QVERIFY(syncs > 30 && syncs <= 60); // queued events may share one
    }

    // F5
    void aFullDiskIsSaidAndSurvived()
    {
        if (::geteuid() != 0)
            QSKIP("needs root to mount a small file system in a name space of its own");
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start(
            QStringLiteral("unshare"),
            {QStringLiteral("-m"), QStringLiteral("sh"), QStringLiteral("-c"),
             QStringLiteral("mount -t tmpfs -o size=4m,mode=0700 tmpfs \"$1\" || exit 77; "
                            "exec \"$2\" fill \"$1\""),
             QStringLiteral("sh"), m_home->path(), m_probe});
        QVERIFY(process.waitForFinished(60'000));
        if (process.exitCode() == 77)
            QSKIP("may not mount a tmpfs here");
        const QByteArray said = process.readAll();
        QVERIFY2(process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0,
                 said.constData());
    }

private:
    struct Outcome
    {
        bool finished = false;
        int exitCode = -1;
        QMap<int, int> acknowledged; ///< event number → pid of its writer
        QByteArray complaint;
    };

    static QString killAt(const char *call, int n)
    {
        return QStringLiteral("inject=%1:signal=KILL:when=%2").arg(QLatin1String(call)).arg(n);
    }

    bool straceWorks() const
    {
        return !m_strace.isEmpty() &&
               QProcess::execute(m_strace, {QStringLiteral("-qq"), QStringLiteral("-o"),
                                            QStringLiteral("/dev/null"), QStringLiteral("true")}) ==
                   0;
    }

    Outcome probe(const RunId &run, int events, const QStringList &faults) const
    {
        QStringList arguments;
        if (!faults.isEmpty()) {
            arguments << QStringLiteral("-f") << QStringLiteral("-qq") << QStringLiteral("-o")
                      << QStringLiteral("/dev/null");
            for (const QString &fault : faults)
                arguments << QStringLiteral("-e") << fault;
            arguments << m_probe;
        }
        arguments << QStringLiteral("write") << run.value() << QString::number(events);
        QProcess process;
        process.start(faults.isEmpty() ? m_probe : m_strace, arguments);
        process.waitForFinished(60'000);
        Outcome outcome;
        outcome.exitCode = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
        outcome.finished = outcome.exitCode == 0;
        outcome.complaint = process.readAllStandardError();
        for (const QByteArray &line : process.readAllStandardOutput().split('\n')) {
            const QList<QByteArray> words = line.split(' ');
            if (words.size() == 2)
                outcome.acknowledged[words.at(0).toInt()] = words.at(1).toInt();
        }
        return outcome;
    }

    /// Lets the probe go on to the end and looks: every acknowledged event is there as it was
    /// acknowledged, and every number once and in order.
    JournalContent checkAfterFault(const RunId &run, int events, const QMap<int, int> &acknowledged,
                                   const QString &where)
    {
        JournalContent content;
        const auto check = [&] {
            const Outcome rest = probe(run, events, {});
            QVERIFY2(rest.finished,
                     qPrintable(where + QStringLiteral(": ") + QString::fromUtf8(rest.complaint)));
            const auto read = readJournal(RunFolder::of(run).journalFile());
            VERIFY_RESULT(read);
            QVERIFY2(!read->problem && read->tornBytes == 0, qPrintable(where));
            int n = 0;
            for (const RunEvent &event : read->events) {
                if (event.kind != EventKind::StepIntended)
                    continue;
                QCOMPARE(event.data.value(QLatin1String("n")).toInt(), ++n);
                if (acknowledged.contains(n))
                    QCOMPARE(event.data.value(QLatin1String("pid")).toInt(), acknowledged.value(n));
            }
            QCOMPARE(n, events);
            content = *read;
        };
        check();
        return content;
    }

    std::unique_ptr<QTemporaryDir> m_home;
    QString m_probe, m_strace;
};

QTEST_GUILESS_MAIN(TestJournalFaults)
#include "tst_journal_faults.moc"
