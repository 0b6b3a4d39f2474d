// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_file.h"
#include "core/base/file_descriptor.h"
#include "tests/core/base/result_words.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <functional>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace lb;
using namespace lb::test;

/// Writes into the folder in a way that must fail.
using Attempt = std::function<Result<void>(const QString &folder)>;
Q_DECLARE_METATYPE(Attempt)

/// A reader sees the old file or the new one, whatever happens in between.
class TestAtomicFile : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void contentTakesThePlaceOfTheOld_data();
    void contentTakesThePlaceOfTheOld();
    void modeIsTheOneAskedFor_data();
    void modeIsTheOneAskedFor();
    void readersOfTheOldFileKeepIt();
    void partsOfACrashAreReplaced_data();
    void partsOfACrashAreReplaced();
    void failuresLeaveTheOldFile_data();
    void failuresLeaveTheOldFile();
    void longNamesCanBeWritten();
    void wholeFilesHaveALimit();
    void foldersAreMade();
    void whatIsInTheWayIsNamed();

private:
    QString path(const char *name) const { return m_folder->filePath(QString::fromUtf8(name)); }
    QByteArray content(const char *name) const;
    QStringList names() const;
    void put(const char *name, const QByteArray &bytes) const;

    std::unique_ptr<QTemporaryDir> m_folder;
};

namespace {

struct stat statOf(const QString &file)
{
    struct stat info
    {
    };
    ::lstat(QFile::encodeName(file).constData(), &info);
    return info;
}

/// Does `work` as somebody who may not write there: root may write everywhere.
template <class Work>
auto asNobody(const Work &work)
{
    const bool isRoot = ::geteuid() == 0;
    if (isRoot && ::seteuid(65534) != 0)
        qFatal("cannot become nobody");
    const auto result = work();
    if (isRoot && ::seteuid(0) != 0)
        qFatal("cannot become root again");
    return result;
}

/// False where root is the only user there is.
bool mayBecomeNobody()
{
    return ::geteuid() != 0 || (::seteuid(65534) == 0 && ::seteuid(0) == 0);
}

/// Does `work` while no file may become larger than `bytes`: the write stops in its middle.
template <class Work>
auto withRoomFor(rlim_t bytes, const Work &work)
{
    const auto before = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old{};
    ::getrlimit(RLIMIT_FSIZE, &old);
    const rlimit small{bytes, old.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const auto result = work();
    ::setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, before);
    return result;
}

} // namespace

void TestAtomicFile::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(m_folder->isValid());
}

QByteArray TestAtomicFile::content(const char *name) const
{
    QFile file(path(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("not there");
}

QStringList TestAtomicFile::names() const
{
    return QDir(m_folder->path())
        .entryList(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot);
}

void TestAtomicFile::put(const char *name, const QByteArray &bytes) const
{
    QFile file(path(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
}

void TestAtomicFile::contentTakesThePlaceOfTheOld_data()
{
    QTest::addColumn<QByteArray>("before"); // null: there is none
    QTest::addColumn<QByteArray>("after");
    QTest::newRow("new") << QByteArray() << QByteArray("first");
    QTest::newRow("shorter") << QByteArray(5000, 'x') << QByteArray("y");
    QTest::newRow("empty") << QByteArray("x") << QByteArray("");
    QTest::newRow("any bytes") << QByteArray("x") << QByteArray("a\0b\xff\n", 5);
    QTest::newRow("more than one read") << QByteArray("x") << QByteArray(700 * 1000, 'z');
}

void TestAtomicFile::contentTakesThePlaceOfTheOld()
{
    QFETCH(const QByteArray, before);
    QFETCH(const QByteArray, after);
    if (!before.isNull())
        put("f", before);
    QCOMPARE(whyNot(writeFileAtomically(path("f"), after)), QString());
    QCOMPARE(content("f"), after);
    QCOMPARE(names(), QStringList(QStringLiteral("f")));
}

void TestAtomicFile::modeIsTheOneAskedFor_data()
{
    QTest::addColumn<int>("mode"); // 0: not given
    QTest::addColumn<int>("mask");
    QTest::addColumn<int>("result");
    QTest::newRow("private unless asked") << 0 << 0 << 0600;
    QTest::newRow("wider than the umask") << 0644 << 077 << 0644;
    QTest::newRow("read only") << 0400 << 022 << 0400;
}

void TestAtomicFile::modeIsTheOneAskedFor()
{
    QFETCH(const int, mode);
    QFETCH(const int, mask);
    QFETCH(const int, result);
    put("f", "old");
    QVERIFY(QFile::setPermissions(path("f"), QFile::ReadOwner | QFile::ReadOther));
    const mode_t before = ::umask(mode_t(mask));
    const auto written = mode ? writeFileAtomically(path("f"), "new", unsigned(mode))
                              : writeFileAtomically(path("f"), "new");
    ::umask(before);
    QCOMPARE(whyNot(written), QString());
    QCOMPARE(int(statOf(path("f")).st_mode & 07777), result);
}

void TestAtomicFile::readersOfTheOldFileKeepIt()
{
    put("f", "the old content");
    QFile reader(path("f"));
    QVERIFY(reader.open(QIODevice::ReadOnly | QIODevice::Unbuffered));
    QCOMPARE(whyNot(writeFileAtomically(path("f"), "new")), QString());
    QCOMPARE(reader.readAll(), QByteArray("the old content"));
}

void TestAtomicFile::partsOfACrashAreReplaced_data()
{
    QTest::addColumn<QString>("left");
    QTest::newRow("half a file") << QStringLiteral("file");
    QTest::newRow("a link to somewhere else") << QStringLiteral("link");
}

void TestAtomicFile::partsOfACrashAreReplaced()
{
    QFETCH(const QString, left);
    put("victim", "not to be touched");
    put("f", "old");
    if (left == QLatin1String("file"))
        put("f.part", QByteArray(100, 'h'));
    else
        QVERIFY(QFile::link(path("victim"), path("f.part")));
    QCOMPARE(whyNot(writeFileAtomically(path("f"), "new")), QString());
    QCOMPARE(content("f"), QByteArray("new"));
    QCOMPARE(content("victim"), QByteArray("not to be touched"));
    QCOMPARE(names(), QStringList({QStringLiteral("f"), QStringLiteral("victim")}));
}

void TestAtomicFile::failuresLeaveTheOldFile_data()
{
    QTest::addColumn<Attempt>("attempt");
    QTest::addColumn<QString>("code");
    QTest::newRow("a folder that takes nothing new") << Attempt([](const QString &folder) {
        ::chmod(QFile::encodeName(folder).constData(), 0555);
        return asNobody([&] { return writeFileAtomically(folder + QStringLiteral("/f"), "new"); });
    }) << QStringLiteral("denied");
    QTest::newRow("room for less than the file") << Attempt([](const QString &folder) {
        return withRoomFor(4096, [&] {
            return writeFileAtomically(folder + QStringLiteral("/f"), QByteArray(64 * 1024, 'n'));
        });
    }) << QStringLiteral("failed");
    QTest::newRow("no such folder") << Attempt([](const QString &folder) {
        return writeFileAtomically(folder + QStringLiteral("/none/f"), "new");
    }) << QStringLiteral("not_found");
    QTest::newRow("a folder has the name") << Attempt([](const QString &folder) {
        QDir(folder).mkdir(QStringLiteral("d"));
        auto result = writeFileAtomically(folder + QStringLiteral("/d"), "new");
        QDir(folder).rmdir(QStringLiteral("d"));
        return result;
    }) << QStringLiteral("failed");
}

void TestAtomicFile::failuresLeaveTheOldFile()
{
    QFETCH(const Attempt, attempt);
    QFETCH(const QString, code);
    if (code == QLatin1String("denied") && !mayBecomeNobody())
        QSKIP("root cannot become another user here");
    put("f", "old");
    const ino_t before = statOf(path("f")).st_ino;
    const auto result = attempt(m_folder->path());
    ::chmod(QFile::encodeName(m_folder->path()).constData(), 0700);
    QCOMPARE(codeOf(result), code);
    QVERIFY2(result.error().summary.contains(m_folder->path()), qPrintable(result.error().summary));
    QCOMPARE(content("f"), QByteArray("old"));
    QCOMPARE(statOf(path("f")).st_ino, before);
    QCOMPARE(names(), QStringList(QStringLiteral("f")));
}

void TestAtomicFile::longNamesCanBeWritten()
{
    const QByteArray longest(255, 'n'); // NAME_MAX
    const auto written = writeFileAtomically(path(longest.constData()), "new");
    QCOMPARE(whyNot(written), QString());
    QCOMPARE(content(longest.constData()), QByteArray("new"));
}

void TestAtomicFile::wholeFilesHaveALimit()
{
    put("f", "12345");
    QCOMPARE(readWholeFile(path("f"), 5).value_or("error"), QByteArray("12345"));
    QCOMPARE(codeOf(readWholeFile(path("f"), 4)), QStringLiteral("bad_input"));
    QCOMPARE(codeOf(readWholeFile(path("none"))), QStringLiteral("not_found"));
    QCOMPARE(codeOf(readWholeFile(m_folder->path())), QStringLiteral("failed"));
}

void TestAtomicFile::foldersAreMade()
{
    const mode_t before = ::umask(0);
    const auto made = makeFolders(path("a/b/c/"));
    const auto again = makeFolders(path("a/b"), 0755);
    ::umask(before);
    QCOMPARE(whyNot(made), QString());
    QCOMPARE(whyNot(again), QString());
    for (const char *name : {"a", "a/b", "a/b/c"}) {
        QVERIFY2(S_ISDIR(statOf(path(name)).st_mode), name);
        QCOMPARE(int(statOf(path(name)).st_mode & 07777), 0700);
    }
    QCOMPARE(whyNot(syncFolder(path("a/b"))), QString());
    QCOMPARE(codeOf(syncFolder(path("none"))), QStringLiteral("not_found"));
}

void TestAtomicFile::whatIsInTheWayIsNamed()
{
    put("f", "old");
    for (const char *name : {"f", "f/below", "f/below/deeper"}) {
        const auto made = makeFolders(path(name));
        QVERIFY2(!made, name);
        QVERIFY2(made.error().summary.contains(path("f")), qPrintable(made.error().summary));
    }
    QCOMPARE(content("f"), QByteArray("old"));
}

QTEST_GUILESS_MAIN(TestAtomicFile)
#include "tst_atomic_file.moc"
