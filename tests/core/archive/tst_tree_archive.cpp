// SPDX-License-Identifier: GPL-3.0-or-later
#include "tree_fixture.h"

#include "core/archive/tree_compare.h"
#include "core/archive/tree_index.h"
#include "core/archive/tree_remove.h"
#include "core/archive/tree_restore.h"
#include "core/archive/tree_save.h"
#include "core/archive/tree_verify.h"
#include "core/base/digest.h"

#include <QDir>
#include <QFile>
#include <QStandardPaths>
#include <QtTest>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <thread>

using namespace lb;

namespace {

SaveOptions saveOptions(const Scratch &scratch, const QString &tree)
{
    SaveOptions options;
    options.folder = tree;
    options.archive = scratch.archive();
    return options;
}

RestoreOptions restoreOptions(const Scratch &scratch, const QString &staging)
{
    RestoreOptions options;
    options.archive = scratch.archive();
    options.staging = staging;
    return options;
}

#define VERIFY_OK(expression)                                                                      \
    do {                                                                                           \
        const auto &checked = (expression);                                                        \
        QVERIFY2(checked, checked ? "" : qPrintable(checked.error().sentence()));                  \
    } while (false)

/// Runs `work` in a child; false from it, or a crash, fails. The child's peak memory above that
/// at its start goes to `peakKib`.
bool inChild(const std::function<bool()> &work, qint64 *peakKib = nullptr)
{
    int pipes[2];
    if (::pipe(pipes) != 0)
        return false;
    const pid_t child = ::fork();
    if (child == 0) {
        const auto peak = [] {
            for (const QByteArray &line :
                 readFile(QStringLiteral("/proc/self/status")).split('\n')) {
                if (line.startsWith("VmHWM:"))
                    return line.mid(6).trimmed().split(' ').first().toLongLong();
            }
            return 0LL;
        };
        QFile reset(QStringLiteral("/proc/self/clear_refs"));
        if (reset.open(QIODevice::WriteOnly))
            reset.write("5");
        reset.close();
        const qint64 before = peak();
        const bool good = work();
        const qint64 above = peak() - before;
        const bool told = ::write(pipes[1], &above, sizeof above) == sizeof above;
        ::_exit(good && told ? 0 : 1);
    }
    ::close(pipes[1]);
    qint64 above = 0;
    const bool told = ::read(pipes[0], &above, sizeof above) == sizeof above;
    ::close(pipes[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (peakKib)
        *peakKib = above;
    return told && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

class TestTreeArchive : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyKindComesBack();
    void standardToolsRestoreIt_data();
    void standardToolsRestoreIt();
    void ordinaryUser();
    void specialFilesAreLimits();
    void anotherShape();
    void patterns_data();
    void patterns();
    void storeAndOwnFoldersAreLeftOut();
    void changesWhileReading();
    void unreadableFilesAreNamed();
    void listAndExtract();
    void extractRefusesWhatIsThere();
    void swapsInTheTargetLeadNowhere();
    void comparisonNamesDifferences();
    void cancelledAndProgress();
    void fullDisk();
    void memoryStaysFlat();
    void deepAndReadOnlyFoldersAreRemoved();
};

void TestTreeArchive::everyKindComesBack()
{
    const Scratch scratch;
    const QString tree = scratch.path(QStringLiteral("tree"));
    const QString back = scratch.path(QStringLiteral("back"));
    makeEveryKind(scratch.bytes("tree"), isRoot());
    if (!isRoot())
        ::chmod(scratch.bytes("tree/none").constData(), 0400);
    // GNU tar writes and reads the '=' in this name encoded, bsdtar does not.
    QCOMPARE(::setxattr(scratch.bytes("tree/a-b").constData(), "user.a=b%c", "odd", 3, 0), 0);

    const auto summary = saveTree(saveOptions(scratch, tree));
    VERIFY_OK(summary);
    QVERIFY2(summary->errors.isEmpty(),
             qPrintable(summary->errors.sentences().join(QLatin1Char('\n'))));
    QCOMPARE(summary->hardLinks, 2u);
    QVERIFY(summary->changed.isEmpty());
    QCOMPARE(summary->setId.count, isRoot() ? 1u : 0u);
    QCOMPARE(summary->sha256, Sha256::hex(readFile(scratch.archive().part)));
    QCOMPARE(summary->indexSha256, Sha256::hex(readFile(scratch.archive().index)));

    const auto verified = verifyTree({scratch.archive(), true, 2});
    VERIFY_OK(verified);
    QVERIFY2(verified->isSound(), qPrintable(verified->damage.sentences().join(QLatin1Char('\n'))));
    QCOMPARE(verified->sha256, summary->sha256);
    QCOMPARE(verified->indexSha256, summary->indexSha256);
    QCOMPARE(verified->entries, summary->entries);

    const auto restored = restoreTree(restoreOptions(scratch, back));
    VERIFY_OK(restored);
    QVERIFY(restored->refused.isEmpty());
    QVERIFY2(restored->warnings.isEmpty(),
             qPrintable(restored->warnings.sentences().join(QLatin1Char('\n'))));
    const auto compared = compareTree({back, scratch.archive().index, true});
    VERIFY_OK(compared);
    QCOMPARE(compared->differences.sentences().join(QLatin1Char('\n')), QString());
    QCOMPARE(compared->entries, summary->entries);
    // rsync cannot name the path that is longer than PATH_MAX; compareTree() did.
    const QString deep = QString(150, QLatin1Char('d'));
    VERIFY_OK(removeTree(tree + QLatin1Char('/') + deep));
    VERIFY_OK(removeTree(back + QLatin1Char('/') + deep));
    const timespec times[2] = {{0, UTIME_OMIT}, {1300000000, 77}};
    ::utimensat(AT_FDCWD, scratch.bytes("tree").constData(), times, 0);
    ::utimensat(AT_FDCWD, scratch.bytes("back").constData(), times, 0);
    QCOMPARE(differencesOf(tree, back), QString());
}

void TestTreeArchive::standardToolsRestoreIt_data()
{
    QTest::addColumn<QString>("command");
    QTest::newRow("bsdtar") << QStringLiteral("zstd -qdc \"$1\" | bsdtar -xpf - -C \"$2\"");
    QTest::newRow("GNU tar") << QStringLiteral(
        "tar --zstd -xpf \"$1\" -C \"$2\" --xattrs --xattrs-include='*' --acls --numeric-owner");
}

void TestTreeArchive::standardToolsRestoreIt()
{
    QFETCH(const QString, command);
    if (!isRoot())
        QSKIP("owners and trusted xattrs need root");
    const Scratch scratch;
    const QString tree = scratch.path(QStringLiteral("tree"));
    const QString back = scratch.path(QStringLiteral("back"));
    makeEveryKind(scratch.bytes("tree"), true);
    // GNU tar cannot make a path beyond PATH_MAX.
    VERIFY_OK(removeTree(tree + QLatin1Char('/') + QString(150, QLatin1Char('d'))));
    VERIFY_OK(saveTree(saveOptions(scratch, tree)));
    ::mkdir(scratch.bytes("back").constData(), 0700);
    const QString output =
        outputOf(QStringLiteral("sh"), {QStringLiteral("-c"), command, QStringLiteral("sh"),
                                        scratch.archive().part, back});
    QVERIFY2(!output.startsWith(QStringLiteral("exit")), qPrintable(output));
    QCOMPARE(differencesOf(tree, back), QString());
}

void TestTreeArchive::ordinaryUser()
{
    if (!isRoot())
        QSKIP("everyKindComesBack ran as an ordinary user");
    const Scratch scratch;
    makeEveryKind(scratch.bytes("tree"), true);
    const auto summary = saveTree(saveOptions(scratch, scratch.path(QStringLiteral("tree"))));
    VERIFY_OK(summary);
    for (const QString &file : {scratch.archive().part, scratch.archive().index})
        QVERIFY(::chmod(QFile::encodeName(file).constData(), 0644) == 0);
    QVERIFY(::chmod(scratch.bytes(".").constData(), 0777) == 0);
    QVERIFY(inChild([&] {
        if (::setgid(65534) != 0 || ::setuid(65534) != 0)
            return false;
        const auto restored =
            restoreTree(restoreOptions(scratch, scratch.path(QStringLiteral("back"))));
        if (!restored) {
            qWarning("%s", qPrintable(restored.error().sentence()));
            return false;
        }
        struct stat setuid = {};
        struct stat folder = {};
        ::stat(scratch.bytes("back/setuid").constData(), &setuid);
        ::stat(scratch.bytes("back/read-only").constData(), &folder);
        const auto compared =
            compareTree({scratch.path(QStringLiteral("back")), scratch.archive().index, false});
        if (compared) // trusted xattrs, capabilities, setuid and the file without rights
            qInfo("%s", qPrintable(compared->differences.sentences().join(QLatin1Char('\n'))));
        return restored->ownersNotSet > 300 && restored->refused.isEmpty() &&
               (setuid.st_mode & 06000) == 0 && (folder.st_mode & 07777) == 0555 && compared &&
               compared->differences.count <= 5;
    }));
}

void TestTreeArchive::specialFilesAreLimits()
{
    const Scratch scratch;
    ::mkdir(scratch.bytes("tree").constData(), 0755);
    ::mkfifo(scratch.bytes("tree/fifo").constData(), 0644);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const QByteArray name = scratch.bytes("tree/socket");
    qstrncpy(address.sun_path, name.constData(), sizeof address.sun_path);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    QCOMPARE(::bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
    ::close(fd);
    const bool device =
        ::mknod(scratch.bytes("tree/device").constData(), S_IFCHR | 0600, makedev(1, 3)) == 0;
    writeFile(scratch.bytes("tree/file"), "x");
    const auto summary = saveTree(saveOptions(scratch, scratch.path(QStringLiteral("tree"))));
    VERIFY_OK(summary);
    QCOMPARE(summary->limits.count, device ? 3u : 2u);
    QCOMPARE(summary->entries, 2u);
    QVERIFY(summary->errors.isEmpty());
}

void TestTreeArchive::anotherShape()
{
    const Scratch scratch;
    const QString sh = QStringLiteral("sh"), c = QStringLiteral("-c");
    // More folders deep than descriptors are kept open: each parent is found again.
    const QString made = outputOf(
        sh,
        {c,
         QStringLiteral(
             "cd \"$1\"; deep=$(printf 'd/%.0s' $(seq 80)); w=work; mkdir -p script here wanted\n"
             "mkdir -p script/csar/csar/ferry/1.0 script/csar/csar/$deep script/artifacts "
             "script/plugins/plugins script/plugins/more script/other/other\n"
             "echo a >script/csar/csar/ferry/1.0/a; echo b >script/csar/csar/${deep}b\n"
             "echo c >script/csar/csar/z; echo d >script/artifacts/artifacts\n"
             "echo e >script/plugins/plugins/e; echo f >script/plugins/more/f\n"
             "echo g >script/other/other/g; echo h >script/last\n"
             "mkdir -p here/images/$deep here/csar here/$w/plugins here/upload\n"
             "echo i >here/images/${deep}i; echo j >here/csar/j; echo k >here/$w/plugins/k\n"
             "echo l >here/upload/l; echo m >here/images/z\n"
             "cp -a script/. wanted; mv wanted/csar outer; mv outer/csar wanted/csar\n"
             "cp -a here/images here/work wanted; chmod 750 script/csar/csar wanted/csar\n"
             "chmod 500 outer script/csar; touch -r script wanted\n"),
         sh, scratch.path(QStringLiteral("."))});
    QCOMPARE(made, QString());
    SaveOptions options = saveOptions(scratch, scratch.path(QStringLiteral("script")));
    options.shape = {{"csar", "artifacts", "plugins"},
                     {"images", "work", "none"},
                     scratch.path(QStringLiteral("here"))};
    const auto count = countTree(options);
    VERIFY_OK(count);
    const auto summary = saveTree(options);
    VERIFY_OK(summary);
    QVERIFY2(summary->errors.isEmpty(),
             qPrintable(summary->errors.sentences().join(QLatin1Char('\n'))));
    QCOMPARE(summary->entries, count->entries);
    VERIFY_OK(verifyTree({scratch.archive(), true, 2}));
    VERIFY_OK(restoreTree(restoreOptions(scratch, scratch.path(QStringLiteral("back")))));
    const auto listOf = [&](const char *folder) {
        return outputOf(sh, {c,
                             QStringLiteral("cd \"$1\" && find . -type f -exec sha256sum {} + | "
                                            "sort -k 2 && find . -printf '%p %m %T@\\n' | sort"),
                             sh, scratch.path(QLatin1String(folder))});
    };
    QCOMPARE(listOf("back"), listOf("wanted"));
    QCOMPARE(listOf("back").count(QStringLiteral("  ./")), 11);
}

void TestTreeArchive::patterns_data()
{
    QTest::addColumn<QByteArray>("pattern");
    QTest::addColumn<QByteArray>("kept"); ///< of: a/x.log a/keep b/a/x.log b/tmp/t tmp.txt
    QTest::newRow("name anywhere") << QByteArray("*.log") << QByteArray("a/keep b/tmp/t tmp.txt");
    QTest::newRow("from the top") << QByteArray("a/*.log")
                                  << QByteArray("a/keep b/a/x.log b/tmp/t tmp.txt");
    QTest::newRow("leading slash") << QByteArray("/a") << QByteArray("b/a/x.log b/tmp/t tmp.txt");
    QTest::newRow("any depth") << QByteArray("**/a/*.log") << QByteArray("a/keep b/tmp/t tmp.txt");
    QTest::newRow("folders only") << QByteArray("tmp*/")
                                  << QByteArray("a/keep a/x.log b/a/x.log tmp.txt");
    QTest::newRow("set") << QByteArray("[a-a]") << QByteArray("b/tmp/t tmp.txt");
    QTest::newRow("one byte") << QByteArray("?") << QByteArray("tmp.txt");
    QTest::newRow("star stays in a name")
        << QByteArray("b*t") << QByteArray("a/keep a/x.log b/a/x.log b/tmp/t tmp.txt");
}

void TestTreeArchive::patterns()
{
    QFETCH(const QByteArray, pattern);
    QFETCH(const QByteArray, kept);
    const Scratch scratch;
    for (const char *name : {"tree", "tree/a", "tree/b", "tree/b/a", "tree/b/tmp"})
        ::mkdir(scratch.bytes(name).constData(), 0755);
    for (const char *name :
         {"tree/a/x.log", "tree/a/keep", "tree/b/a/x.log", "tree/b/tmp/t", "tree/tmp.txt"})
        writeFile(scratch.bytes(name), "x");
    SaveOptions options = saveOptions(scratch, scratch.path(QStringLiteral("tree")));
    options.exclude = {pattern};
    VERIFY_OK(saveTree(options));
    QByteArrayList files;
    VERIFY_OK(listTree(scratch.archive().index, {}, [&](const IndexEntry &entry) {
        if (entry.type == EntryType::File)
            files << entry.path;
        return true;
    }));
    QCOMPARE(files.join(' '), kept);
}

void TestTreeArchive::storeAndOwnFoldersAreLeftOut()
{
    const Scratch scratch;
    for (const char *name : {"tree", "tree/store", "tree/.lifeboat-aside-r1", "tree/data"}) {
        ::mkdir(scratch.bytes(name).constData(), 0755);
        writeFile(scratch.bytes(name) + "/file", "x");
    }
    SaveOptions options = saveOptions(scratch, scratch.path(QStringLiteral("tree")));
    options.skipFolders = {scratch.path(QStringLiteral("tree/data/../store"))};
    const auto summary = saveTree(options);
    VERIFY_OK(summary);
    QCOMPARE(summary->limits.count, 2u);
    QCOMPARE(summary->files, 2u);
}

void TestTreeArchive::changesWhileReading()
{
    const Scratch scratch;
    ::mkdir(scratch.bytes("tree").constData(), 0755);
    const QByteArray content = noise(24 << 20, 5);
    for (const char *name : {"grows", "shrinks", "written"})
        writeFile(scratch.bytes("tree/") + name, content);
    // The progress function runs between two reads of the saver, so each change falls into the
    // middle of its file for certain.
    std::atomic<int> file = 0;
    QByteArrayList done;
    SaveOptions options = saveOptions(scratch, scratch.path(QStringLiteral("tree")));
    const auto change = [&](const TreeProgress &progress) {
        const auto within =
            qint64(progress.bytesDone) - qint64(progress.entriesDone - 1) * content.size();
        const int number = int(progress.entriesDone) - 1; // the root came first
        if (progress.entriesDone == 0 || within <= 0 || within >= content.size() || file > number)
            return;
        file = number + 1;
        const QByteArray path = scratch.bytes("tree/") + (number == 0   ? "grows"
                                                          : number == 1 ? "shrinks"
                                                                        : "written");
        done << path;
        if (number == 1) {
            QVERIFY(::truncate(path.constData(), 1000) == 0);
            return;
        }
        const int fd = ::open(path.constData(), O_WRONLY | (number == 0 ? O_APPEND : 0));
        QVERIFY(::write(fd, "changed", 7) == 7);
        ::close(fd);
    };
    const auto summary = saveTree(options, change);
    VERIFY_OK(summary);
    if (done.size() < 3)
        QSKIP("the disk was too fast for progress to be shown within each file");
    QCOMPARE(summary->changed.count, 3u);
    QByteArrayList marked;
    VERIFY_OK(listTree(options.archive.index, {}, [&](const IndexEntry &entry) {
        if (entry.changed)
            marked << entry.path + (entry.shrank ? " shrank" : "");
        return true;
    }));
    QCOMPARE(marked.join(' '), QByteArray("grows shrinks shrank written"));
    const auto verified = verifyTree({options.archive, false, 2});
    VERIFY_OK(verified);
    QVERIFY(verified->isSound());
}

void TestTreeArchive::unreadableFilesAreNamed()
{
    const Scratch scratch;
    ::mkdir(scratch.bytes("tree").constData(), 0755);
    ::mkdir(scratch.bytes("tree/closed").constData(), 0755);
    writeFile(scratch.bytes("tree/closed/file"), "x");
    writeFile(scratch.bytes("tree/secret"), "x", 0000);
    writeFile(scratch.bytes("tree/open"), "x");
    ::chmod(scratch.bytes("tree/closed").constData(), 0000);
    ::chmod(scratch.bytes(".").constData(), 0777);
    const bool good = inChild([&] {
        if (isRoot() && (::setgid(65534) != 0 || ::setuid(65534) != 0))
            return false;
        const auto summary = saveTree(saveOptions(scratch, scratch.path(QStringLiteral("tree"))));
        return summary && summary->errors.count == 2 && summary->errors.notes[0].path == "closed" &&
               summary->errors.notes[1].path == "secret" && summary->files == 1 &&
               summary->folders == 2;
    });
    ::chmod(scratch.bytes("tree/closed").constData(), 0755);
    QVERIFY(good);
}

void TestTreeArchive::listAndExtract()
{
    const Scratch scratch;
    makeEveryKind(scratch.bytes("tree"), false);
    ::chmod(scratch.bytes("tree/none").constData(), 0400);
    VERIFY_OK(saveTree(saveOptions(scratch, scratch.path(QStringLiteral("tree")))));
    const auto list = [&](const QByteArray &pattern) {
        QByteArrayList found;
        const auto listed =
            listTree(scratch.archive().index, pattern, [&](const IndexEntry &entry) {
                found << entry.path;
                return true;
            });
        return listed ? found : QByteArrayList{"failed"};
    };
    QCOMPARE(list("a"), QByteArrayList({"a", "a/inner", "a/inner/file", "a/outside"}));
    QCOMPARE(list("many/file2?"),
             QByteArrayList({"many/file20", "many/file21", "many/file22", "many/file23",
                             "many/file24", "many/file25", "many/file26", "many/file27",
                             "many/file28", "many/file29"}));
    ::mkdir(scratch.bytes("out").constData(), 0755);
    ExtractOptions options;
    options.archive = scratch.archive();
    options.destination = scratch.path(QStringLiteral("out"));
    options.paths = {"./a/", "big", "many/hard", "sparse", "a/inner/file", "many/file299", "link"};
    const auto report = extractPaths(options);
    VERIFY_OK(report);
    QVERIFY2(report->refused.isEmpty(),
             qPrintable(report->refused.sentences().join(QLatin1Char('\n'))));
    for (const char *name : {"a/inner/file", "big", "many/hard", "sparse", "many/file299"}) {
        const QString path = QString::fromLatin1(name);
        QVERIFY2(readFile(scratch.path(QStringLiteral("out/") + path)) ==
                     readFile(scratch.path(QStringLiteral("tree/") + path)),
                 name);
    }
    QCOMPARE(QFile::symLinkTarget(scratch.path(QStringLiteral("out/link"))),
             scratch.path(QStringLiteral("out/a.txt")));
    struct stat st = {};
    QCOMPARE(::stat(scratch.bytes("out/sparse").constData(), &st), 0);
    QVERIFY(st.st_blocks * 512 < st.st_size / 10);
    options.paths = {"a/inner/nothing"};
    const auto missing = extractPaths(options);
    QVERIFY(!missing && missing.error().code == ErrorCode::NotFound);
    options.paths = {"../a"};
    const auto outside = extractPaths(options);
    QVERIFY(!outside && outside.error().code == ErrorCode::BadInput);
}

void TestTreeArchive::extractRefusesWhatIsThere()
{
    const Scratch scratch;
    for (const char *name : {"tree", "tree/sub", "out", "elsewhere"})
        ::mkdir(scratch.bytes(name).constData(), 0755);
    writeFile(scratch.bytes("tree/file"), "new");
    writeFile(scratch.bytes("tree/sub/inner"), "new");
    must(::link(scratch.bytes("tree/file").constData(), scratch.bytes("tree/second").constData()));
    VERIFY_OK(saveTree(saveOptions(scratch, scratch.path(QStringLiteral("tree")))));
    writeFile(scratch.bytes("out/file"), "old");
    must(::symlink(scratch.bytes("elsewhere").constData(), scratch.bytes("out/sub").constData()));
    ExtractOptions options;
    options.archive = scratch.archive();
    options.destination = scratch.path(QStringLiteral("out"));
    options.paths = {"file", "second"};
    const auto report = extractPaths(options);
    VERIFY_OK(report);
    QCOMPARE(report->refused.count, 2u); // the file, and the link to what was there before
    QCOMPARE(readFile(scratch.path(QStringLiteral("out/file"))), QByteArray("old"));
    options.paths = {"sub"};
    const auto through = extractPaths(options);
    QVERIFY(!through || !through->refused.isEmpty());
    QVERIFY(QDir(scratch.path(QStringLiteral("elsewhere"))).isEmpty());
}

/// Somebody puts a link in a folder's place while files are put into it (F16).
void TestTreeArchive::swapsInTheTargetLeadNowhere()
{
    constexpr int kSwaps = 10'000;
    const Scratch scratch;
    for (const char *name : {"tree", "tree/sub", "tree/sub/deep", "elsewhere", "elsewhere/deep"})
        ::mkdir(scratch.bytes(name).constData(), 0755);
    for (int i = 0; i < 40; ++i)
        writeFile(scratch.bytes("tree/sub/deep/f") + QByteArray::number(i),
                  noise(3000, quint32(i)));
    VERIFY_OK(saveTree(saveOptions(scratch, scratch.path(QStringLiteral("tree")))));
    ExtractOptions options;
    options.archive = scratch.archive();
    options.destination = scratch.path(QStringLiteral("out"));
    options.paths = {"sub"};
    const QByteArray folder = scratch.bytes("out/sub"), link = scratch.bytes("out/link");
    int swaps = 0, rounds = 0;
    qint64 written = 0;
    while (swaps < kSwaps && rounds < 5'000) {
        ++rounds;
        for (const char *name : {"out", "out/sub", "out/sub/deep"})
            ::mkdir(scratch.bytes(name).constData(), 0755);
        must(::symlink(scratch.bytes("elsewhere").constData(), link.constData()));
        std::atomic<bool> over = false;
        std::thread swapper([&] {
            while (!over) {
                must(::renameat2(AT_FDCWD, folder.constData(), AT_FDCWD, link.constData(),
                                 RENAME_EXCHANGE));
                ++swaps;
            }
        });
        const auto report = extractPaths(options);
        over = true;
        swapper.join();
        written += report ? qint64(report->entries) : 0;
        QVERIFY(QDir(options.destination).removeRecursively());
        // Neither files nor the owner, mode or time of what the link leads to.
        const QDir elsewhere(scratch.path(QStringLiteral("elsewhere/deep")));
        QVERIFY2(elsewhere.isEmpty(), qPrintable(elsewhere.entryList().join(QLatin1Char(' '))));
    }
    QVERIFY2(swaps >= kSwaps, qPrintable(QString::number(swaps)));
    QVERIFY2(written > 0, "the race was always lost: nothing was tried");
}

void TestTreeArchive::comparisonNamesDifferences()
{
    const Scratch scratch;
    makeEveryKind(scratch.bytes("tree"), false);
    ::chmod(scratch.bytes("tree/none").constData(), 0400);
    const QString tree = scratch.path(QStringLiteral("tree"));
    VERIFY_OK(saveTree(saveOptions(scratch, tree)));
    const auto differences = [&]() -> QStringList {
        const auto report = compareTree({tree, scratch.archive().index, true});
        return report ? report->differences.sentences() : QStringList{report.error().sentence()};
    };
    QCOMPARE(differences(), QStringList());
    const auto keepTime = [&](const char *name,
                              const std::function<void(const QByteArray &)> &work) {
        struct stat st = {};
        const QByteArray path = scratch.bytes("tree/") + name;
        ::lstat(path.constData(), &st);
        work(path);
        const timespec times[2] = {{0, UTIME_OMIT}, st.st_mtim};
        ::utimensat(AT_FDCWD, path.constData(), times, AT_SYMLINK_NOFOLLOW);
    };
    keepTime("a.txt", [](const QByteArray &path) {
        const int fd = ::open(path.constData(), O_WRONLY);
        QVERIFY(::pwrite(fd, "S", 1, 0) == 1);
        ::close(fd);
    });
    keepTime("sparse", [](const QByteArray &path) { // a byte in a hole
        const int fd = ::open(path.constData(), O_WRONLY);
        QVERIFY(::pwrite(fd, "S", 1, 2 << 20) == 1);
        ::close(fd);
    });
    keepTime("many", [](const QByteArray &path) {
        ::unlink((path + "/file7").constData());
        writeFile(path + "/more", "x");
    });
    keepTime("case", [](const QByteArray &path) { ::chmod(path.constData(), 0600); });
    ::removexattr(scratch.bytes("tree/a").constData(), "user.folder");
    QStringList paths;
    for (const QString &sentence : differences())
        paths << sentence.section(QLatin1Char(':'), 0, 0);
    QCOMPARE(paths.join(QLatin1Char(' ')),
             QStringLiteral("a a.txt case many/file7 many/more sparse"));
}

void TestTreeArchive::cancelledAndProgress()
{
    const Scratch scratch;
    makeEveryKind(scratch.bytes("tree"), false);
    SaveOptions options = saveOptions(scratch, scratch.path(QStringLiteral("tree")));
    options.countFirst = true;
    TreeProgress last;
    const auto summary = saveTree(options, [&](const TreeProgress &progress) { last = progress; });
    VERIFY_OK(summary);
    QCOMPARE(last.entriesDone, last.entriesTotal);
    QVERIFY(last.entriesTotal > 300 && last.bytesTotal >= last.bytesDone);
    std::stop_source stop;
    stop.request_stop();
    const auto cancelled = saveTree(options, {}, stop.get_token());
    QVERIFY(!cancelled && cancelled.error().code == ErrorCode::Cancelled);
    VERIFY_OK(saveTree(options));
    const auto restore = restoreTree(restoreOptions(scratch, scratch.path(QStringLiteral("back"))),
                                     {}, stop.get_token());
    QVERIFY(!restore && restore.error().code == ErrorCode::Cancelled);
    const auto verify = verifyTree({scratch.archive(), false, 2}, {}, stop.get_token());
    QVERIFY(!verify && verify.error().code == ErrorCode::Cancelled);
}

void TestTreeArchive::fullDisk()
{
    const Scratch scratch;
    makeEveryKind(scratch.bytes("tree"), false);
    ::chmod(scratch.bytes("tree/none").constData(), 0400);
    SaveOptions options = saveOptions(scratch, scratch.path(QStringLiteral("tree")));
    VERIFY_OK(saveTree(options));
    // A limit on the size of files is a full disk that needs no mount: EFBIG instead of ENOSPC.
    QVERIFY(inChild([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{1 << 20, 1 << 20};
        ::setrlimit(RLIMIT_FSIZE, &small);
        const auto restored =
            restoreTree(restoreOptions(scratch, scratch.path(QStringLiteral("back"))));
        SaveOptions other = options;
        other.archive.part = scratch.path(QStringLiteral("b.tar.zst"));
        other.archive.index = scratch.path(QStringLiteral("b.index.zst"));
        const auto saved = saveTree(other);
        return !restored && !saved && restored.error().code != ErrorCode::Corrupt &&
               !saved.error().detail.isEmpty();
    }));
}

void TestTreeArchive::memoryStaysFlat()
{
    const bool full = qEnvironmentVariableIsSet("LIFEBOAT_TEST_FULL");
    const int count = full ? 1000000 : 200000;
    const Scratch scratch;
    ::mkdir(scratch.bytes("tree").constData(), 0755);
    ::mkdir(scratch.bytes("tree/flat").constData(), 0755);
    const int folder = ::open(scratch.bytes("tree/flat").constData(), O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < count; ++i) {
        char name[64];
        // Long enough that a million of them do not stay in memory, in an order that is not theirs.
        std::snprintf(name, sizeof name, "an-entry-with-a-longer-name-%08d",
                      int(qint64(i) * 7919 % count));
        ::close(::openat(folder, name, O_CREAT | O_WRONLY, 0644));
    }
    ::close(folder);
    struct Work
    {
        const char *name;
        std::function<bool()> run;
    };
    const QString back = scratch.path(QStringLiteral("back"));
    quint64 compared = 0;
    const Work works[] = {
        {"save",
         [&] {
             return saveTree(saveOptions(scratch, scratch.path(QStringLiteral("tree"))))
                 .has_value();
         }},
        {"verify",
         [&] {
             return verifyTree({scratch.archive(), true, 2})->isSound();
         }},
        {"restore",
         [&] {
             RestoreOptions options = restoreOptions(scratch, back);
             options.sync = false;
             return restoreTree(options).has_value();
         }},
        {"compare",
         [&] {
             const auto report = compareTree({back, scratch.archive().index, true});
             compared = report ? report->entries : 0;
             return report && report->isEqual() && compared == quint64(count) + 2;
         }},
        {"remove", [&] { return removeTree(back).has_value() && !QDir(back).exists(); }},
    };
    for (const Work &work : works) {
        qint64 peakKib = 0;
        QVERIFY2(inChild(work.run, &peakKib), work.name);
        qInfo("%s of %d entries: %.1f MiB above idle", work.name, count, double(peakKib) / 1024);
        QVERIFY2(peakKib < 64 * 1024, work.name);
    }
}

void TestTreeArchive::deepAndReadOnlyFoldersAreRemoved()
{
    const Scratch scratch;
    makeEveryKind(scratch.bytes("tree"), false);
    ::mkdir(scratch.bytes("kept").constData(), 0755);
    writeFile(scratch.bytes("kept/file"), "x");
    must(::symlink(scratch.bytes("kept").constData(), scratch.bytes("tree/to-kept").constData()));
    VERIFY_OK(removeTree(scratch.path(QStringLiteral("tree"))));
    QVERIFY(!QFile::exists(scratch.path(QStringLiteral("tree"))));
    QVERIFY(QFile::exists(scratch.path(QStringLiteral("kept/file"))));
    VERIFY_OK(removeTree(scratch.path(QStringLiteral("tree"))));
}

QTEST_GUILESS_MAIN(TestTreeArchive)
#include "tst_tree_archive.moc"
