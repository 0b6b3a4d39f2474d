// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/samples.h"
#include "ui/log_file.h"
#include "ui/points_model.h"
#include "ui/steps_model.h"

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace lb;

/// The models behind every list, held against Qt's own rules for models, and the log model against
/// files as long, as hostile and as alive as real ones.
class TestUiModels : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    QString file(const QString &name, const QByteArray &content)
    {
        QFile out(m_folder.filePath(name));
        if (!out.open(QIODevice::WriteOnly) || out.write(content) != content.size())
            qFatal("cannot write the log");
        return out.fileName();
    }

    static void append(const QString &name, const QByteArray &content)
    {
        QFile out(name);
        if (!out.open(QIODevice::Append) || out.write(content) != content.size())
            qFatal("cannot append to the log");
    }

private Q_SLOTS:
    void runsKeepTheirRowsOnRefresh()
    {
        RunsModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setRuns(samples::runs());
        QCOMPARE(model.rowCount(), 8);
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        auto runs = samples::runs();
        runs[0].state = RunStateName::Succeeded;
        model.setRuns(runs);
        QCOMPARE(reset.count(), 0);
        QCOMPARE(model.index(0, RunsModel::State).data().toString(), QStringLiteral("succeeded"));
        runs.pop_back();
        model.setRuns(runs);
        QCOMPARE(reset.count(), 1);
        QCOMPARE(model.rowCount(), 7);
    }

    void pointsAreRankedByWhatTheyAreWorth()
    {
        PointsModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        auto points = samples::points();
        points.push_back(samples::point(QStringLiteral("broken"), 1, ProofLevel::Restored));
        points.back().problem = QStringLiteral("a file is missing");
        rank(points);
        QStringList order;
        for (const RestorePoint &point : points)
            order << point.id.left(9);
        // Newest of all is damaged, the one of the 19th lacks a part: both after every complete
        // one.
        QCOMPARE(order, (QStringList{QStringLiteral("p20261120"), QStringLiteral("p20261121"),
                                     QStringLiteral("p20261118"), QStringLiteral("p20261119"),
                                     QStringLiteral("broken")}));
        model.setPoints(points);
        QVERIFY(model.index(3, PointsModel::Complete)
                    .data()
                    .toString()
                    .contains(QStringLiteral("missing: etc")));
        QVERIFY(model.index(4, PointsModel::Proof)
                    .data()
                    .toString()
                    .contains(QStringLiteral("cannot be relied on")));
    }

    void stepsShowPhasesAndTheLineOfNoReturn()
    {
        StepsModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setView(samples::view(RunStateName::Running));
        QStringList titles;
        for (int row = 0; row < model.rowCount(); ++row)
            titles << model.index(row, 0).data().toString().section(QLatin1Char(' '), 0, 2);
        QCOMPARE(titles,
                 (QStringList{QStringLiteral("quiesce"), QStringLiteral("Stop the shop"),
                              QStringLiteral("restore"), QStringLiteral("Stage /srv/shop and"),
                              QStringLiteral("Look at the"), QStringLiteral("Line of no"),
                              QStringLiteral("Swap /srv/shop in"), QStringLiteral("At the end"),
                              QStringLiteral("Start the shop")}));
        QVERIFY(!model.flags(model.index(5, 0)).testFlag(Qt::ItemIsSelectable));
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.setView(samples::waiting(QStringLiteral("ask")));
        QCOMPARE(reset.count(), 0);
        QVERIFY(changed.count() >= 1);
        QCOMPARE(
            model.index(model.rowOf(QStringLiteral("look")), StepsModel::State).data().toString(),
            QStringLiteral("waiting"));
    }

    void logOfThreeMillionLinesOpensInASecond()
    {
        QByteArray content;
        constexpr int kLines = 3'000'000;
        content.reserve(qsizetype(kLines) * 105);
        const QByteArray tail(84, 'x');
        for (int i = 0; i < kLines; ++i)
            content += QByteArray::number(i).rightJustified(12, '0') + ' ' + tail + '\n';
        content.replace(content.size() - 98 * 5, 6, "needle");
        const QString name = file(QStringLiteral("long"), content);
        const qint64 size = content.size();
        content = {};
        // What this machine needs at this moment only to read the file and count its lines.
        QElapsedTimer clock;
        clock.start();
        QFile bare(name);
        QVERIFY(bare.open(QIODevice::ReadOnly | QIODevice::Unbuffered));
        qint64 counted = 0;
        while (!bare.atEnd())
            counted += bare.read(1 << 20).count('\n');
        QCOMPARE(counted, qint64(kLines));
        const qint64 least = clock.elapsed();
        LogFileModel model;
        clock.start();
        model.setFiles({name}, false);
        // The first screen does not wait for the rest.
        QTRY_VERIFY_WITH_TIMEOUT(model.rowCount() > 1000, 5000);
        QVERIFY(model.line(7).startsWith(QStringLiteral("000000000007 ")));
        const qint64 first = clock.elapsed();
        QTRY_COMPARE_WITH_TIMEOUT(model.rowCount(), kLines, 60'000);
        const qint64 all = clock.elapsed();
        QVERIFY(model.line(kLines - 1).startsWith(QStringLiteral("000002999999 ")));
        QVERIFY(model.line(1'234'567).startsWith(QStringLiteral("000001234567 ")));
        qInfo("%lld bytes: first page after %lld ms, all lines after %lld ms, bare reading %lld ms",
              size, first, all, least);
        QVERIFY2(all < qMax<qint64>(1000, 5 * least),
                 "a log of 3 million lines must be open within a second");

        QSignalSpy found(&model, &LogFileModel::found);
        model.find(QStringLiteral("NEEDLE"), 0, false);
        QVERIFY(found.wait(60'000));
        QCOMPARE(found.first().first().toInt(), kLines - 5);
    }

    void logGrowsWhileItIsShown()
    {
        const QString name = file(QStringLiteral("live"), "one\ntwo");
        LogFileModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setFiles({name}, true);
        QTRY_COMPARE(model.rowCount(), 2);
        QCOMPARE(model.line(1), QStringLiteral("two"));
        append(name, " and a half\nthree\n");
        QTRY_COMPARE(model.rowCount(), 3);
        QCOMPARE(model.line(1), QStringLiteral("two and a half"));
        QByteArray flood;
        for (int i = 0; i < 1000; ++i)
            flood += QByteArray::number(i) + '\n';
        append(name, flood);
        QTRY_COMPARE(model.rowCount(), 1003);
        QCOMPARE(model.line(1002), QStringLiteral("999"));
        QFile shorter(name);
        QVERIFY(shorter.open(QIODevice::WriteOnly | QIODevice::Truncate));
        shorter.write("anew\n");
        shorter.close();
        QTRY_COMPARE(model.rowCount(), 1);
        QCOMPARE(model.line(0), QStringLiteral("anew"));
    }

    void logOfSeveralAttemptsIsOneList()
    {
        const QString one = file(QStringLiteral("one"), "a\nb");
        const QString two = file(QStringLiteral("two"), "");
        const QString three = file(QStringLiteral("three"), "c\n\nd\n");
        LogFileModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setFiles({one, two, three}, false);
        QTRY_COMPARE(model.rowCount(), 5);
        QStringList lines;
        for (int row = 0; row < model.rowCount(); ++row)
            lines << model.line(row);
        QCOMPARE(lines, (QStringList{QStringLiteral("a"), QStringLiteral("b"), QStringLiteral("c"),
                                     QString(), QStringLiteral("d")}));
        QSignalSpy found(&model, &LogFileModel::found);
        model.find(QStringLiteral("d"), 0, true);
        QTRY_COMPARE(found.count(), 1);
        QCOMPARE(found.takeFirst().first().toInt(), 4);
        model.find(QStringLiteral("nowhere"), 0, false);
        QTRY_COMPARE(found.count(), 1);
        QCOMPARE(found.takeFirst().first().toInt(), -1);
    }

    void logLinesAreCutAndHarmless()
    {
        QByteArray content(1 << 20, 'y');
        content += "\nshort \x1b[31mred\x1b[0m \xe2\x80\xae"
                   "evil \xff\xfe bytes\r\n";
        LogFileModel model;
        model.setFiles({file(QStringLiteral("hostile"), content)}, false);
        QTRY_COMPARE(model.rowCount(), 2);
        QVERIFY(model.line(0).size() < LogFileModel::kLongestLine + 100);
        QVERIFY(model.line(0).contains(QStringLiteral("cut for showing")));
        const QString line = model.line(1);
        QVERIFY2(line.startsWith(QStringLiteral("short \\x1b[31mred")), qPrintable(line));
        QVERIFY(line.contains(QStringLiteral("\\u202eevil")));
        QVERIFY(line.contains(QStringLiteral("\\xff\\xfe bytes")));
        QVERIFY(!line.contains(QLatin1Char('\r')));
    }

    void aLogThatCannotBeReadIsSaid()
    {
        LogFileModel model;
        QSignalSpy failed(&model, &LogFileModel::readFailed);
        model.setFiles({m_folder.filePath(QStringLiteral("not there"))}, false);
        QTRY_COMPARE(failed.count(), 1);
        QCOMPARE(model.rowCount(), 0);
    }
};

QTEST_MAIN(TestUiModels)
#include "tst_ui_models.moc"
