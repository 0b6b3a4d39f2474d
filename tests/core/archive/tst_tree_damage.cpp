// SPDX-License-Identifier: GPL-3.0-or-later
#include "tree_fixture.h"

#include "core/archive/frame_writer.h"
#include "core/archive/index_writer.h"
#include "core/archive/tar_header.h"
#include "core/archive/tree_restore.h"
#include "core/archive/tree_save.h"
#include "core/archive/tree_verify.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QRandomGenerator>
#include <QtTest>

#include <fcntl.h>
#include <stdio.h> // renameat2
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

using namespace lb;

namespace {

#define VERIFY_OK(expression)                                                                      \
    do {                                                                                           \
        const auto &checked = (expression);                                                        \
        QVERIFY2(checked, checked ? "" : qPrintable(checked.error().sentence()));                  \
    } while (false)

/// Writes archives that saveTree() never would: any entries, in any order, with hashes that fit.
class HostileArchive
{
public:
    explicit HostileArchive(const TreeArchive &archive) : m_frames(1)
    {
        if (!m_frames.open(archive.part) || !m_index.open(archive.index))
            qFatal("the archive could not be made");
        add(".", EntryType::Folder);
    }

    void add(const QByteArray &path, EntryType type, const QByteArray &content = {},
             quint32 mode = 0755)
    {
        IndexEntry entry;
        entry.path = path;
        entry.type = type;
        entry.mode = mode;
        entry.uid = ::geteuid();
        entry.gid = ::getegid();
        if (type == EntryType::File)
            entry.size = quint64(content.size());
        else
            entry.target = content;
        add(entry, content);
    }

    void add(IndexEntry entry, const QByteArray &content)
    {
        entry.frame = m_frames.frame();
        entry.frameOffset = quint32(m_frames.filled());
        if (entry.type == EntryType::File) {
            Sha256 hash;
            hash.add(content);
            entry.sha256 = hash.finish();
            m_bytes += entry.size;
        }
        const QByteArray header = tarHeader(entry);
        if (m_end.isEmpty())
            m_end = header;
        const QByteArray stored = entry.type == EntryType::File ? content : QByteArray();
        if (!m_frames.write(header) || !m_frames.write(stored) ||
            !m_frames.zeros(tarPadding(quint64(stored.size()))) || !m_index.add(entry))
            qFatal("the archive could not be written");
        ++m_entries;
    }

    void finish()
    {
        if (!m_frames.endFrame() || !m_frames.write(m_end) || !m_frames.zeros(kTarEnd) ||
            !m_frames.finish() ||
            !m_index.finish(m_frames.frames(),
                            {m_entries, m_bytes, m_frames.frames().size(), m_frames.size()}))
            qFatal("the archive could not be finished");
    }

private:
    FrameWriter m_frames;
    IndexWriter m_index;
    QByteArray m_end;
    quint64 m_entries = 0;
    quint64 m_bytes = 0;
};

QByteArrayList namesBelow(const QString &folder)
{
    QByteArrayList names;
    QDirIterator it(folder, QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot,
                    QDirIterator::Subdirectories);
    while (it.hasNext())
        names << QFile::encodeName(it.next().mid(folder.size() + 1));
    std::sort(names.begin(), names.end());
    return names;
}

RestoreOptions into(const Scratch &scratch, const QString &staging)
{
    RestoreOptions options;
    options.archive = scratch.archive();
    options.staging = scratch.path(staging);
    options.sync = false;
    return options;
}

} // namespace

class TestTreeDamage : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyFlippedBitIsFound();
    void truncatedAndExtended();
    void swappedFrames();
    void hostileEntries_data();
    void hostileEntries();
    void hostileOrder();
    void wrongSizes();
    void bombStopsAtDeclaredSize();
    void unknownLineIsRefused();
    void stagingMustBeEmpty();
    void swappedFoldersWhileRestoring();
};

void TestTreeDamage::everyFlippedBitIsFound()
{
    const int flips = qEnvironmentVariableIsSet("LIFEBOAT_TEST_FULL") ? 1000 : 300;
    const Scratch scratch;
    ::mkdir(scratch.bytes("tree").constData(), 0755);
    for (int i = 0; i < 60; ++i)
        writeFile(scratch.bytes("tree/f") + QByteArray::number(i),
                  noise(i * 101, quint32(i)) + QByteArray(i * 50, 'z'));
    writeFile(scratch.bytes("tree/big"), noise(4500000, 3));
    SaveOptions options;
    options.folder = scratch.path(QStringLiteral("tree"));
    options.archive = scratch.archive();
    VERIFY_OK(saveTree(options));
    QRandomGenerator random(20261121);
    for (int i = 0; i < flips; ++i) {
        // Every fourth flip in the index, which is much smaller.
        const QString file = i % 4 == 0 ? options.archive.index : options.archive.part;
        const int fd = ::open(QFile::encodeName(file).constData(), O_RDWR);
        struct stat st = {};
        ::fstat(fd, &st);
        const off_t at = off_t(random.bounded(qint64(st.st_size)));
        const char bit = char(1 << random.bounded(8));
        char byte = 0;
        QCOMPARE(::pread(fd, &byte, 1, at), 1);
        byte = char(byte ^ bit);
        QCOMPARE(::pwrite(fd, &byte, 1, at), 1);
        const auto report = verifyTree({options.archive, false, 2});
        const bool found = report && !report->isSound() && !report->damage.notes[0].path.isEmpty();
        QVERIFY2(found,
                 qPrintable(QStringLiteral("%1 byte %2 bit %3").arg(file).arg(at).arg(int(bit))));
        if (i % 20 == 0) {
            const auto restored = restoreTree(into(scratch, QStringLiteral("s%1").arg(i)));
            QVERIFY(!restored && restored.error().code == ErrorCode::Corrupt);
        }
        byte = char(byte ^ bit);
        QCOMPARE(::pwrite(fd, &byte, 1, at), 1);
        ::close(fd);
    }
    const auto report = verifyTree({options.archive, false, 2});
    QVERIFY(report && report->isSound());
}

void TestTreeDamage::truncatedAndExtended()
{
    const Scratch scratch;
    ::mkdir(scratch.bytes("tree").constData(), 0755);
    writeFile(scratch.bytes("tree/a"), noise(5000, 1));
    writeFile(scratch.bytes("tree/b"), noise(9 << 20, 2));
    SaveOptions options;
    options.folder = scratch.path(QStringLiteral("tree"));
    options.archive = scratch.archive();
    VERIFY_OK(saveTree(options));
    const QByteArray whole[2] = {readFile(options.archive.part), readFile(options.archive.index)};
    const QString files[2] = {options.archive.part, options.archive.index};
    for (int which = 0; which < 2; ++which) {
        QByteArrayList variants{whole[which] + '\0', whole[which] + whole[which], {}};
        for (const qsizetype cut : {1, 2, 7, 63, 64, 65, 200, 700})
            variants << whole[which].chopped(std::min(cut, whole[which].size()));
        for (const QByteArray &variant : variants) {
            writeFile(QFile::encodeName(files[which]), variant);
            const auto report = verifyTree({options.archive, false, 2});
            QVERIFY2(report && !report->isSound(),
                     qPrintable(QStringLiteral("%1: %2").arg(files[which]).arg(variant.size())));
        }
        writeFile(QFile::encodeName(files[which]), whole[which]);
    }
}

void TestTreeDamage::swappedFrames()
{
    // The archive of another tree with the same names: every frame of it is sound in itself.
    const Scratch scratch;
    ::mkdir(scratch.bytes("tree").constData(), 0755);
    writeFile(scratch.bytes("tree/a"), noise(5000, 1));
    SaveOptions options;
    options.folder = scratch.path(QStringLiteral("tree"));
    options.archive = scratch.archive();
    VERIFY_OK(saveTree(options));
    const QByteArray first = readFile(options.archive.part);
    const int fd = ::open(scratch.bytes("tree/a").constData(), O_WRONLY);
    QCOMPARE(::write(fd, "X", 1), 1);
    ::close(fd);
    VERIFY_OK(saveTree(options));
    writeFile(QFile::encodeName(options.archive.part), first);
    const auto report = verifyTree({options.archive, false, 2});
    VERIFY_OK(report);
    QVERIFY(!report->isSound());
    const auto restored = restoreTree(into(scratch, QStringLiteral("s")));
    QVERIFY(!restored && restored.error().code == ErrorCode::Corrupt);
}

void TestTreeDamage::hostileEntries_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<int>("type");
    QTest::addColumn<QByteArray>("content");
    const auto file = int(EntryType::File);
    QTest::newRow("parent") << QByteArray("../escaped") << file << QByteArray("x");
    QTest::newRow("parent inside") << QByteArray("in/../../escaped") << file << QByteArray("x");
    QTest::newRow("two dots") << QByteArray("..") << int(EntryType::Folder) << QByteArray();
    QTest::newRow("absolute") << QByteArray("/escaped") << file << QByteArray("x");
    QTest::newRow("dot") << QByteArray("in/./escaped") << file << QByteArray("x");
    QTest::newRow("empty name") << QByteArray("in//escaped") << file << QByteArray("x");
    QTest::newRow("trailing slash") << QByteArray("in/") << file << QByteArray("x");
    QTest::newRow("300 bytes") << QByteArray(300, 'n') << file << QByteArray("x");
    QTest::newRow("below a file") << QByteArray("file/inside") << file << QByteArray("x");
    QTest::newRow("below a link") << QByteArray("link/escaped") << file << QByteArray("x");
    QTest::newRow("folder below a link")
        << QByteArray("link/sub") << int(EntryType::Folder) << QByteArray();
    QTest::newRow("folder nobody made") << QByteArray("missing/file") << file << QByteArray("x");
    QTest::newRow("hard link out")
        << QByteArray("z") << int(EntryType::HardLink) << QByteArray("../outside");
    QTest::newRow("hard link absolute")
        << QByteArray("z") << int(EntryType::HardLink) << QByteArray("/etc/passwd");
    QTest::newRow("hard link through a link")
        << QByteArray("z") << int(EntryType::HardLink) << QByteArray("link/outside");
    QTest::newRow("hard link to nothing")
        << QByteArray("z") << int(EntryType::HardLink) << QByteArray("nothing");
    QTest::newRow("hard link to a folder")
        << QByteArray("z") << int(EntryType::HardLink) << QByteArray("in");
    QTest::newRow("hard link to a later one")
        << QByteArray("y") << int(EntryType::HardLink) << QByteArray("z");
    QTest::newRow("link without target")
        << QByteArray("z") << int(EntryType::Symlink) << QByteArray();
    QTest::newRow("root as a file") << QByteArray(".") << file << QByteArray("x");
}

void TestTreeDamage::hostileEntries()
{
    QFETCH(const QByteArray, path);
    QFETCH(const int, type);
    QFETCH(const QByteArray, content);
    const Scratch scratch;
    ::mkdir(scratch.bytes("parent").constData(), 0755);
    writeFile(scratch.bytes("parent/outside"), "untouched");
    HostileArchive archive(scratch.archive());
    // Sorted around the hostile one, so that its name alone is the reason.
    const auto hostile = [&] { archive.add(path, EntryType(type), content); };
    bool placed = false;
    const auto before = [&](const QByteArray &next) {
        if (!placed && comparePaths(path, next) < 0) {
            hostile();
            placed = true;
        }
    };
    before("file");
    archive.add("file", EntryType::File, "good");
    before("in");
    archive.add("in", EntryType::Folder);
    before("in/good");
    archive.add("in/good", EntryType::File, "good");
    before("link");
    archive.add("link", EntryType::Symlink, scratch.bytes("parent"));
    before("zz");
    archive.add("zz", EntryType::File, "good");
    if (!placed)
        hostile();
    archive.finish();
    const auto report = restoreTree(into(scratch, QStringLiteral("parent/staging")));
    VERIFY_OK(report);
    QCOMPARE(report->refused.count, 1u);
    QCOMPARE(report->refused.notes[0].path, path);
    QCOMPARE(namesBelow(scratch.path(QStringLiteral("parent/staging"))),
             QByteArrayList({"file", "in", "in/good", "link", "zz"}));
    QCOMPARE(QDir(scratch.path(QStringLiteral("parent")))
                 .entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot),
             QStringList({QStringLiteral("outside"), QStringLiteral("staging")}));
    QCOMPARE(readFile(scratch.path(QStringLiteral("parent/outside"))), QByteArray("untouched"));
    struct stat st = {};
    ::stat(scratch.bytes("parent/outside").constData(), &st);
    QCOMPARE(st.st_nlink, nlink_t(1));
}

void TestTreeDamage::hostileOrder()
{
    const Scratch scratch;
    HostileArchive archive(scratch.archive());
    archive.add("a", EntryType::File, "first");
    archive.add("a", EntryType::File, "second");
    archive.add("c", EntryType::Folder);
    archive.add("b", EntryType::File, "late");
    archive.finish();
    const auto verified = verifyTree({scratch.archive(), false, 2});
    VERIFY_OK(verified);
    QCOMPARE(verified->damage.count, 2u);
    const auto report = restoreTree(into(scratch, QStringLiteral("staging")));
    VERIFY_OK(report);
    QCOMPARE(report->refused.count, 2u);
    QCOMPARE(readFile(scratch.path(QStringLiteral("staging/a"))), QByteArray("first"));
    QCOMPARE(namesBelow(scratch.path(QStringLiteral("staging"))), QByteArrayList({"a", "c"}));
}

void TestTreeDamage::wrongSizes()
{
    for (const quint64 size :
         {quint64(0), quint64(4), quint64(6), quint64(5000), quint64(1) << 62}) {
        const Scratch scratch;
        HostileArchive archive(scratch.archive());
        IndexEntry entry;
        entry.path = "lies";
        entry.mode = 0644;
        entry.size = size;
        archive.add(entry, "12345");
        archive.finish();
        const auto verified = verifyTree({scratch.archive(), false, 2});
        VERIFY_OK(verified);
        QVERIFY2(!verified->isSound(), QByteArray::number(size).constData());
        const auto report = restoreTree(into(scratch, QStringLiteral("staging")));
        QVERIFY(!report && report.error().code == ErrorCode::Corrupt);
    }
}

void TestTreeDamage::bombStopsAtDeclaredSize()
{
    // A frame of 4 MiB of zeros whose line in the index says 512 bytes.
    const Scratch scratch;
    FrameWriter frames(1);
    IndexWriter index;
    VERIFY_OK(frames.open(scratch.archive().part));
    VERIFY_OK(index.open(scratch.archive().index));
    IndexEntry root;
    root.path = ".";
    root.type = EntryType::Folder;
    root.mode = 0755;
    VERIFY_OK(frames.write(tarHeader(root)));
    VERIFY_OK(frames.zeros(kFrameBytes - 512));
    VERIFY_OK(frames.endFrame());
    VERIFY_OK(frames.write(tarHeader(root)));
    VERIFY_OK(frames.zeros(kTarEnd));
    VERIFY_OK(frames.finish());
    VERIFY_OK(index.add(root));
    std::vector<FrameInfo> infos = frames.frames();
    infos[0].raw = 512;
    VERIFY_OK(index.finish(infos, {1, 0, infos.size(), frames.size()}));
    const auto verified = verifyTree({scratch.archive(), false, 2});
    VERIFY_OK(verified);
    QVERIFY(!verified->isSound());
    const auto report = restoreTree(into(scratch, QStringLiteral("staging")));
    QVERIFY(!report && report.error().code == ErrorCode::Corrupt);
}

void TestTreeDamage::unknownLineIsRefused()
{
    const QByteArray good = R"({"path":"a","type":"file","mode":"0644","uid":0,"gid":0,)"
                            R"("mtime_ns":1,"size":0,"sha256":")" +
                            QByteArray(64, '0') + R"(","frame":0,"offset":0})";
    QVERIFY(parseEntryLine(good));
    const std::pair<const char *, const char *> changes[] = {
        {"\"file\"", "\"device\""},
        {"\"file\"", "\"fifo\""},
        {"\"size\":0", "\"size\":-1"},
        {"\"size\":0", "\"size\":99999999999999999999"},
        {"\"uid\":0", "\"uid\":4294967296"},
        {"\"0644\"", "\"10000\""},
        {"\"0644\"", "\"abc\""},
        {"\"size\"", "\"sise\""},
        {"000\",", "00\","},
        {"\"offset\":0}", "\"offset\":0"},
        {"\"offset\":0}", "\"offset\":0}}"},
        {"\"path\":\"a\"", "\"path\":\"\""},
        {"\"path\":\"a\"", "\"path\":\"\\u0"},
        {"\"path\":\"a\"", "\"path_b64\":\"!!\""},
        {"\"size\":0", "\"size\":9,\"extents\":[[8,2]]"},
        {"\"size\":0", "\"size\":9,\"extents\":[[4,2],[3,1]]"},
        {"\"size\":0", "\"size\":9,\"extents\":[[4,0]]"},
        {"\"size\":0", "\"size\":9,\"extents\":[[9223372036854775807,9223372036854775807]]"},
    };
    for (const auto &[from, to] : changes) {
        QByteArray bad = good;
        QVERIFY(bad.contains(from));
        bad.replace(from, to);
        QVERIFY2(!parseEntryLine(bad), bad.constData());
    }
    for (qsizetype cut = 0; cut < good.size(); ++cut)
        QVERIFY(!parseEntryLine(QByteArrayView(good).first(cut)));
    for (const QByteArray &path : {QByteArray("\x01\n\t\"\\/\x7f"), QByteArray("\xff\x00x", 3),
                                   QByteArray("caf\xc3\xa9"), QByteArray("\xed\xa0\x80")}) {
        IndexEntry entry;
        entry.path = path;
        QByteArray line;
        addEntryLine(line, entry);
        const auto back = parseEntryLine(QByteArrayView(line).chopped(1));
        QVERIFY(back);
        QCOMPARE(back->path, path);
    }
}

void TestTreeDamage::stagingMustBeEmpty()
{
    const Scratch scratch;
    HostileArchive archive(scratch.archive());
    archive.finish();
    ::mkdir(scratch.bytes("staging").constData(), 0755);
    writeFile(scratch.bytes("staging/there"), "x");
    const auto report = restoreTree(into(scratch, QStringLiteral("staging")));
    QVERIFY(!report && report.error().code == ErrorCode::Conflict);
    must(::symlink(scratch.bytes("staging").constData(), scratch.bytes("link").constData()));
    const auto link = restoreTree(into(scratch, QStringLiteral("link")));
    QVERIFY(!link);
}

void TestTreeDamage::swappedFoldersWhileRestoring()
{
    // Somebody who can write into the staging folder swaps one of its folders for a link to
    // elsewhere, all the time. The restore may fail; nothing may ever be written elsewhere.
    const Scratch scratch;
    ::mkdir(scratch.bytes("elsewhere").constData(), 0777);
    HostileArchive archive(scratch.archive());
    archive.add("d", EntryType::Folder);
    archive.add("d/e", EntryType::Folder);
    for (int i = 0; i < 3000; ++i)
        archive.add("d/e/" + QByteArray::number(10000 + i), EntryType::File, QByteArray(600, 'x'));
    archive.finish();
    std::atomic<bool> stop = false;
    std::atomic<int> swaps = 0;
    std::atomic<int> round = 0;
    std::thread swapper([&] {
        while (!stop) {
            const QByteArray staging = scratch.bytes("s") + QByteArray::number(round.load());
            if (::symlink(scratch.bytes("elsewhere").constData(), (staging + "/x").constData()) !=
                0)
                continue;
            for (const char *name : {"/d/e", "/d"}) {
                if (::renameat2(AT_FDCWD, (staging + "/x").constData(), AT_FDCWD,
                                (staging + name).constData(), RENAME_EXCHANGE) == 0) {
                    ++swaps;
                    ::renameat2(AT_FDCWD, (staging + "/x").constData(), AT_FDCWD,
                                (staging + name).constData(), RENAME_EXCHANGE);
                }
            }
            ::unlink((staging + "/x").constData());
        }
    });
    // Until there were many swaps in the middle of restores, not for some time.
    const int wanted = qEnvironmentVariableIsSet("LIFEBOAT_TEST_FULL") ? 10000 : 1000;
    while (swaps < wanted && round < 2000) {
        static_cast<void>(restoreTree(into(scratch, QStringLiteral("s%1").arg(round.load()))));
        ++round;
    }
    stop = true;
    swapper.join();
    qInfo("%d swaps during %d restores", swaps.load(), round.load());
    QVERIFY(swaps >= wanted);
    QVERIFY(QDir(scratch.path(QStringLiteral("elsewhere"))).isEmpty());
}

QTEST_GUILESS_MAIN(TestTreeDamage)
#include "tst_tree_damage.moc"
