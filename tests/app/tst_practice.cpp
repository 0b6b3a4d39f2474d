// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/practice_tree.h"
#include "core/practice/tree_snapshot.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace lb;

class TestPractice : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void copyOfAnotherProgramIsEqual();
    void damageIsSeen();
    void everyKindOfChangeIsSeen_data();
    void everyKindOfChangeIsSeen();
    void removesWhateverItMade();
};

void TestPractice::copyOfAnotherProgramIsEqual()
{
    QTemporaryDir home;
    const QString tree = home.filePath(QStringLiteral("tree"));
    const auto made = makePracticeTree(tree);
    QVERIFY2(made, made ? "" : qPrintable(made.error().sentence()));
    QVERIFY(!makePracticeTree(tree)); // never over what is there
    const QString copy = home.filePath(QStringLiteral("copy"));
    QCOMPARE(QProcess::execute(QStringLiteral("cp"), {QStringLiteral("-a"), tree, copy}), 0);
    const auto before = takeSnapshot(tree);
    const auto after = takeSnapshot(copy);
    QVERIFY(before && after);
    QVERIFY(before->files > 250);
    QCOMPARE(compareSnapshots(*before, *after), QStringList());
    QVERIFY(removePracticeTree(tree));
    QVERIFY(removePracticeTree(copy));
}

void TestPractice::damageIsSeen()
{
    QTemporaryDir home;
    const QString tree = home.filePath(QStringLiteral("tree"));
    QVERIFY(makePracticeTree(tree));
    const auto before = takeSnapshot(tree);
    const auto done = damagePracticeTree(tree);
    QVERIFY(done);
    QVERIFY(done->size() >= 5);
    const auto after = takeSnapshot(tree);
    QVERIFY(before && after);
    const QString all = compareSnapshots(*before, *after, 1000).join(QLatin1Char('\n'));
    for (const char *path : {"orders/2026-03", "images/film.raw", "etc/shop.conf",
                             "images/photo-3.raw", "orders/ransom-note.txt", "bin/shop", "etc "})
        QVERIFY2(all.contains(QString::fromLatin1(path)), path);
    QVERIFY(compareSnapshots(*before, *after, 2).size() == 3); // two, and how many more
    QVERIFY(damagePracticeTree(tree));                         // again is no error
    QVERIFY(removePracticeTree(tree));
}

void TestPractice::everyKindOfChangeIsSeen_data()
{
    QTest::addColumn<QString>("kind");
    for (const char *kind : {"content", "mode", "time", "link", "hard link", "gone", "new"})
        QTest::newRow(kind) << QString::fromLatin1(kind);
}

void TestPractice::everyKindOfChangeIsSeen()
{
    QFETCH(const QString, kind);
    QTemporaryDir home;
    const QByteArray root = home.path().toUtf8();
    const auto write = [&](const char *name, const char *text) {
        QFile file(home.filePath(QString::fromLatin1(name)));
        return file.open(QIODevice::WriteOnly) && file.write(text) > 0;
    };
    const auto setTime = [&](const char *name, long nanoseconds) {
        const timespec times[2] = {{1'700'000'000, 0}, {1'700'000'000, nanoseconds}};
        return ::utimensat(AT_FDCWD, (root + '/' + name).constData(), times, AT_SYMLINK_NOFOLLOW) ==
               0;
    };
    QVERIFY(write("a", "one") && write("b", "two"));
    QVERIFY(::link((root + "/a").constData(), (root + "/c").constData()) == 0);
    QVERIFY(::symlink("a", (root + "/l").constData()) == 0);
    for (const char *name : {"a", "b", "l"})
        QVERIFY(setTime(name, 5));
    QVERIFY(setTime(".", 5));
    const auto before = takeSnapshot(home.path());
    if (kind == QLatin1String("content")) {
        QVERIFY(write("b", "owt"));
        QVERIFY(setTime("b", 5));
    } else if (kind == QLatin1String("mode")) {
        QVERIFY(::chmod((root + "/b").constData(), 0741) == 0);
    } else if (kind == QLatin1String("time")) {
        QVERIFY(setTime("b", 6));
    } else if (kind == QLatin1String("link")) {
        QVERIFY(QFile::remove(home.filePath(QStringLiteral("l"))));
        QVERIFY(::symlink("b", (root + "/l").constData()) == 0);
        QVERIFY(setTime("l", 5));
    } else if (kind == QLatin1String("hard link")) {
        QVERIFY(QFile::remove(home.filePath(QStringLiteral("c"))));
        QVERIFY(write("c", "one"));
        QVERIFY(setTime("c", 5));
    } else if (kind == QLatin1String("gone")) {
        QVERIFY(QFile::remove(home.filePath(QStringLiteral("b"))));
    } else {
        QVERIFY(write("n", "new"));
    }
    QVERIFY(setTime(".", 5));
    const auto after = takeSnapshot(home.path());
    QVERIFY(before && after);
    QVERIFY(!compareSnapshots(*before, *after).isEmpty());
    QVERIFY(compareSnapshots(*before, *before).isEmpty());
}

void TestPractice::removesWhateverItMade()
{
    QTemporaryDir home;
    const QString tree = home.filePath(QStringLiteral("tree"));
    QVERIFY(makePracticeTree(tree));
    QVERIFY(removePracticeTree(tree));
    QVERIFY(QDir(home.path()).isEmpty());
    QVERIFY(removePracticeTree(tree)); // gone already is good
}

QTEST_GUILESS_MAIN(TestPractice)
#include "tst_practice.moc"
