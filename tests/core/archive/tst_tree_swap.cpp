// SPDX-License-Identifier: GPL-3.0-or-later
#include "tree_fixture.h"

#include "core/archive/tree_compare.h"
#include "core/archive/tree_remove.h"
#include "core/archive/tree_restore.h"
#include "core/archive/tree_save.h"
#include "core/archive/tree_swap.h"
#include "core/base/json.h"

#include <QDir>
#include <QFile>
#include <QtTest>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

using namespace lb;

namespace {

#define VERIFY_OK(expression)                                                                      \
    do {                                                                                           \
        const auto &checked = (expression);                                                        \
        QVERIFY2(checked, checked ? "" : qPrintable(checked.error().sentence()));                  \
    } while (false)

void fill(const QByteArray &folder, const QByteArray &content)
{
    for (const char *sub : {"", "/same", "/same/deep", "/read-only"})
        ::mkdir((folder + sub).constData(), 0755);
    ::mkdir((folder + "/only-" + content).constData(), 0755);
    writeFile(folder + "/same/deep/file", content);
    writeFile(folder + "/file", content + content);
    writeFile(folder + "/read-only/file", content);
    must(::symlink("file", (folder + "/link").constData()));
    ::chmod((folder + "/read-only").constData(), 0555);
}

/// The folder that all tests restore, and its archive.
struct Saved
{
    Scratch scratch;
    QString folder = scratch.path(QStringLiteral("fresh"));

    Saved()
    {
        fill(scratch.bytes("fresh"), "n");
        ::chmod(scratch.bytes("fresh").constData(), 0711);
        const timespec times[2] = {{0, UTIME_OMIT}, {1600000000, 16}};
        ::utimensat(AT_FDCWD, scratch.bytes("fresh").constData(), times, 0);
        SaveOptions options;
        options.folder = folder;
        options.archive = scratch.archive();
        if (!saveTree(options))
            qFatal("saving failed");
    }
};
std::optional<Saved> s_saved;

/// A target with other content than the archive's, and a copy of that.
struct Place
{
    Scratch scratch;
    QString target = scratch.path(QStringLiteral("target"));
    QString old = scratch.path(QStringLiteral("old"));
    QString fresh = s_saved->folder;
    TreeArchive archive = s_saved->scratch.archive();

    explicit Place(bool withTarget = true)
    {
        fill(scratch.bytes("old"), "o");
        if (withTarget)
            outputOf(QStringLiteral("cp"), {QStringLiteral("-a"), old, target});
    }

    Result<SwapRecord> stage(const SwapPlan &plan) const
    {
        RestoreOptions options;
        options.archive = archive;
        options.staging = plan.staging;
        options.sync = false;
        TRY(restoreTree(options));
        return TreeSwap::prepare(plan);
    }
};

/// Applies or goes back in a child that dies at the n-th report; true when it ended by itself.
bool diesAt(const SwapRecord &record, int n, bool back)
{
    const pid_t child = ::fork();
    if (child == 0) {
        int reports = 0;
        const SwapObserver observer = [&](const SwapMove &) -> Result<void> {
            if (reports++ == n)
                ::_exit(9);
            return {};
        };
        const TreeSwap swap(record);
        const Result<void> result = back ? swap.undo(observer) : swap.apply(observer);
        ::_exit(result ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// Differences of the target from a folder; Lifeboat's own folders in it do not count.
QString targetDiffers(const QString &wanted, const QString &target)
{
    return outputOf(QStringLiteral("rsync"),
                    {QStringLiteral("-naicHAX"), QStringLiteral("--numeric-ids"),
                     QStringLiteral("--modify-window=-1"), QStringLiteral("--delete"),
                     QStringLiteral("--exclude=/.lifeboat-*"), wanted + QLatin1Char('/'),
                     target + QLatin1Char('/')});
}

} // namespace

class TestTreeSwap : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { s_saved.emplace(); }
    void cleanupTestCase() { s_saved.reset(); }
    void probing();
    void swapAndBack_data();
    void swapAndBack();
    void killedAnywhere_data();
    void killedAnywhere();
    void mountPoint();
    void mountBelow();
    void overlay();
    void unwritableParent();
    void foreignChangesAreConflicts();
    void observerCanStop();

private:
    static SwapPlan childrenPlan(const Place &place);
    static SwapPlan planFor(const Place &place, SwapWay way);
};

SwapPlan TestTreeSwap::childrenPlan(const Place &place)
{
    SwapPlan plan;
    plan.way = SwapWay::Children;
    plan.target = QDir(place.target).canonicalPath();
    plan.staging = plan.target + QStringLiteral("/.lifeboat-stage-r1");
    plan.aside = plan.target + QStringLiteral("/.lifeboat-aside-r1");
    return plan;
}

SwapPlan TestTreeSwap::planFor(const Place &place, SwapWay way)
{
    if (way == SwapWay::Children)
        return childrenPlan(place);
    const auto plan = probeSwap(place.target, QStringLiteral("r1"));
    if (!plan || plan->way != way)
        qFatal("another way than expected");
    return *plan;
}

void TestTreeSwap::probing()
{
    const Place place;
    const QStringList before =
        QDir(place.scratch.path(QStringLiteral("."))).entryList(QDir::AllEntries | QDir::Hidden);
    const auto plan = probeSwap(place.target, QStringLiteral("r1"));
    VERIFY_OK(plan);
    QCOMPARE(plan->way, SwapWay::Exchange);
    QVERIFY(!plan->why.isEmpty());
    QCOMPARE(QFileInfo(plan->staging).absolutePath(), QFileInfo(plan->target).absolutePath());
    QCOMPARE(
        QDir(place.scratch.path(QStringLiteral("."))).entryList(QDir::AllEntries | QDir::Hidden),
        before);
    QCOMPARE(differencesOf(place.old, place.target), QString());
    const auto missing =
        probeSwap(place.scratch.path(QStringLiteral("nothing")), QStringLiteral("r1"));
    VERIFY_OK(missing);
    QCOMPARE(missing->way, SwapWay::Rename);
    QVERIFY(!probeSwap(place.scratch.path(QStringLiteral("no/parent")), QStringLiteral("r1")));
    QVERIFY(!probeSwap(place.scratch.path(QStringLiteral("old/file")), QStringLiteral("r1")));
    QVERIFY(!probeSwap(QStringLiteral("/"), QStringLiteral("r1")));
    must(::symlink(QFile::encodeName(place.target).constData(),
                   place.scratch.bytes("link").constData()));
    const auto link = probeSwap(place.scratch.path(QStringLiteral("link")), QStringLiteral("r1"));
    VERIFY_OK(link);
    QCOMPARE(link->target, plan->target);
    const auto copy = SwapPlan::fromJson(plan->toJson());
    VERIFY_OK(copy);
    QCOMPARE(copy->toJson(), plan->toJson());
}

void TestTreeSwap::swapAndBack_data()
{
    QTest::addColumn<int>("way");
    QTest::newRow("exchange") << int(SwapWay::Exchange);
    QTest::newRow("rename") << int(SwapWay::Rename);
    QTest::newRow("children") << int(SwapWay::Children);
}

void TestTreeSwap::swapAndBack()
{
    QFETCH(const int, way);
    const Place place(SwapWay(way) != SwapWay::Rename);
    const SwapPlan plan = planFor(place, SwapWay(way));
    const auto prepared = place.stage(plan);
    VERIFY_OK(prepared);
    // As it comes out of a journal.
    const auto record = SwapRecord::fromJson(
        *parseJsonObject(toJson(prepared->toJson()), QStringLiteral("record")));
    VERIFY_OK(record);
    const TreeSwap swap(*record);
    QCOMPARE(*swap.state(), SwapState::NotApplied);
    int begun = 0, done = 0;
    VERIFY_OK(swap.apply([&](const SwapMove &move) -> Result<void> {
        ++(move.done ? done : begun);
        return {};
    }));
    QVERIFY(begun > 0 && begun == done);
    QCOMPARE(*swap.state(), SwapState::Applied);
    QCOMPARE(targetDiffers(place.fresh, place.target), QString());
    const auto compared = compareTree({place.target, place.archive.index, true});
    VERIFY_OK(compared);
    QCOMPARE(compared->differences.sentences(), QStringList());
    if (SwapWay(way) != SwapWay::Rename) {
        QCOMPARE(differencesOf(place.old, plan.aside), QString());
        QVERIFY(!QFile::exists(plan.staging));
    }
    VERIFY_OK(swap.apply());
    VERIFY_OK(swap.undo());
    QCOMPARE(*swap.state(), SwapState::NotApplied);
    QCOMPARE(targetDiffers(place.fresh, plan.staging), QString());
    VERIFY_OK(swap.undo());
    VERIFY_OK(removeTree(plan.staging));
    if (SwapWay(way) == SwapWay::Rename)
        QVERIFY(!QFile::exists(place.target));
    else
        QCOMPARE(differencesOf(place.old, place.target), QString());
}

void TestTreeSwap::killedAnywhere_data()
{
    swapAndBack_data();
}

void TestTreeSwap::killedAnywhere()
{
    QFETCH(const int, way);
    // Dies at the n-th report of going on, or of going back, then goes either way.
    for (const bool back : {false, true}) {
        for (const bool thenBack : {false, true}) {
            bool ended = false;
            for (int n = 0; !ended; ++n) {
                QVERIFY(n < 200);
                const Place place(SwapWay(way) != SwapWay::Rename);
                const SwapPlan plan = planFor(place, SwapWay(way));
                const auto record = place.stage(plan);
                VERIFY_OK(record);
                const TreeSwap swap(*record);
                if (back)
                    VERIFY_OK(swap.apply());
                ended = diesAt(*record, n, back);
                const Result<void> result = thenBack ? swap.undo() : swap.apply();
                VERIFY_OK(result);
                QCOMPARE(*swap.state(), thenBack ? SwapState::NotApplied : SwapState::Applied);
                if (thenBack) {
                    VERIFY_OK(removeTree(plan.staging));
                    if (SwapWay(way) == SwapWay::Rename)
                        QVERIFY(!QFile::exists(place.target));
                    else
                        QCOMPARE(differencesOf(place.old, place.target), QString());
                } else {
                    QCOMPARE(targetDiffers(place.fresh, place.target), QString());
                    if (SwapWay(way) != SwapWay::Rename)
                        QCOMPARE(differencesOf(place.old, plan.aside), QString());
                }
            }
        }
    }
}

void TestTreeSwap::mountPoint()
{
    if (!isRoot())
        QSKIP("mounting needs root");
    const Place place(false);
    ::mkdir(QFile::encodeName(place.target).constData(), 0755);
    if (::mount("lifeboat-test", QFile::encodeName(place.target).constData(), "tmpfs", 0,
                "size=8m") != 0)
        QSKIP("tmpfs cannot be mounted here");
    const auto unmount =
        qScopeGuard([&] { ::umount2(QFile::encodeName(place.target).constData(), MNT_DETACH); });
    // Without the window, rsync leaves times alone that differ by less than a second.
    outputOf(QStringLiteral("rsync"),
             {QStringLiteral("-aHAX"), QStringLiteral("--modify-window=-1"),
              place.old + QLatin1Char('/'), place.target + QLatin1Char('/')});
    const auto plan = probeSwap(place.target, QStringLiteral("r1"));
    VERIFY_OK(plan);
    QCOMPARE(plan->way, SwapWay::Children);
    QCOMPARE(differencesOf(place.old, place.target), QString()); // its time, too
    const auto record = place.stage(*plan);
    VERIFY_OK(record);
    const TreeSwap swap(*record);
    VERIFY_OK(swap.apply());
    QCOMPARE(targetDiffers(place.fresh, place.target), QString());
    VERIFY_OK(swap.undo());
    VERIFY_OK(removeTree(plan->staging));
    QCOMPARE(differencesOf(place.old, place.target), QString());
    VERIFY_OK(place.stage(*plan));
    VERIFY_OK(TreeSwap(*TreeSwap::prepare(*plan)).apply());
    VERIFY_OK(removeTree(plan->aside));
    QCOMPARE(differencesOf(place.fresh, place.target), QString());
}

void TestTreeSwap::mountBelow()
{
    if (!isRoot())
        QSKIP("mounting needs root");
    const Place place;
    const QByteArray below = QFile::encodeName(place.target) + "/same/deep";
    if (::mount("lifeboat-test", below.constData(), "tmpfs", 0, "size=1m") != 0)
        QSKIP("tmpfs cannot be mounted here");
    const auto plan = probeSwap(place.target, QStringLiteral("r1"));
    const auto removed = removeTree(place.target);
    ::umount2(below.constData(), MNT_DETACH);
    QVERIFY(!plan && plan.error().code == ErrorCode::Conflict);
    QVERIFY(plan.error().detail.contains(QStringLiteral("same/deep")));
    QVERIFY(!removed && removed.error().code == ErrorCode::Conflict);
}

void TestTreeSwap::overlay()
{
    if (!isRoot())
        QSKIP("mounting needs root");
    const Scratch scratch;
    for (const char *name : {"lower", "lower/target", "lower/target/sub", "store", "merged"})
        ::mkdir(scratch.bytes(name).constData(), 0755);
    writeFile(scratch.bytes("lower/target/file"), "x");
    // The upper layer on a file system that overlayfs takes as one.
    if (::mount("lifeboat-test", scratch.bytes("store").constData(), "tmpfs", 0, "size=4m") != 0)
        QSKIP("tmpfs cannot be mounted here");
    ::mkdir(scratch.bytes("store/upper").constData(), 0755);
    ::mkdir(scratch.bytes("store/work").constData(), 0755);
    const QByteArray layers = "redirect_dir=off,lowerdir=" + scratch.bytes("lower") +
                              ",upperdir=" + scratch.bytes("store/upper") +
                              ",workdir=" + scratch.bytes("store/work");
    const bool mounted = ::mount("overlay", scratch.bytes("merged").constData(), "overlay", 0,
                                 layers.constData()) == 0;
    const auto unmount = qScopeGuard([&] {
        ::umount2(scratch.bytes("merged").constData(), MNT_DETACH);
        ::umount2(scratch.bytes("store").constData(), MNT_DETACH);
    });
    if (!mounted)
        QSKIP("overlayfs cannot be mounted here");
    const auto plan =
        probeSwap(scratch.path(QStringLiteral("merged/target")), QStringLiteral("r1"));
    // The folder of the lower layer cannot be renamed, nor can the one in it.
    QVERIFY(!plan);
    QCOMPARE(plan.error().code, ErrorCode::Unsupported);
    QVERIFY(plan.error().detail.contains(QStringLiteral("sub")));
    ::rmdir(scratch.bytes("merged/target/sub").constData());
    const auto without =
        probeSwap(scratch.path(QStringLiteral("merged/target")), QStringLiteral("r1"));
    VERIFY_OK(without);
    QCOMPARE(without->way, SwapWay::Children);
}

void TestTreeSwap::unwritableParent()
{
    const Scratch scratch;
    ::mkdir(scratch.bytes("parent").constData(), 0755);
    ::mkdir(scratch.bytes("parent/target").constData(), 0777);
    ::chmod(scratch.bytes("parent/target").constData(), 0777);
    ::chmod(scratch.bytes(".").constData(), 0755);
    ::chmod(scratch.bytes("parent").constData(), 0555);
    const pid_t child = ::fork();
    if (child == 0) {
        if (isRoot() && (::setgid(65534) != 0 || ::setuid(65534) != 0))
            ::_exit(2);
        const auto plan =
            probeSwap(scratch.path(QStringLiteral("parent/target")), QStringLiteral("r1"));
        ::_exit(plan && plan->way == SwapWay::Children ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    QCOMPARE(WEXITSTATUS(status), 0);
}

void TestTreeSwap::foreignChangesAreConflicts()
{
    const Place place;
    const SwapPlan plan = planFor(place, SwapWay::Exchange);
    const auto record = place.stage(plan);
    VERIFY_OK(record);
    const TreeSwap swap(*record);
    // Somebody put another folder there.
    QVERIFY(::rename(QFile::encodeName(place.target).constData(),
                     place.scratch.bytes("moved").constData()) == 0);
    ::mkdir(QFile::encodeName(place.target).constData(), 0755);
    const auto applied = swap.apply();
    QVERIFY(!applied && applied.error().code == ErrorCode::Conflict);
    const auto undone = swap.undo();
    QVERIFY(!undone && undone.error().code == ErrorCode::Conflict);
    QVERIFY(QFile::exists(plan.staging));
}

void TestTreeSwap::observerCanStop()
{
    const Place place;
    const SwapPlan plan = childrenPlan(place);
    const auto record = place.stage(plan);
    VERIFY_OK(record);
    const TreeSwap swap(*record);
    int moves = 0;
    const auto stopped = swap.apply([&](const SwapMove &) -> Result<void> {
        if (++moves == 4)
            return fail(ErrorCode::NoSpace, QStringLiteral("journal full"));
        return {};
    });
    QVERIFY(!stopped && stopped.error().code == ErrorCode::NoSpace);
    QCOMPARE(*swap.state(), SwapState::Partly);
    VERIFY_OK(swap.apply());
    QCOMPARE(targetDiffers(place.fresh, place.target), QString());
}

QTEST_GUILESS_MAIN(TestTreeSwap)
#include "tst_tree_swap.moc"
