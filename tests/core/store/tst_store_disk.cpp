// SPDX-License-Identifier: GPL-3.0-or-later
#include "store_fixture.h"

#include <cstdio>

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

using namespace lb;
using namespace lb::test;

namespace {

/// What a child found out, in its own mount namespace; empty: all as expected.
using InNamespace = QString (*)(const QString &folder);

constexpr int kNoNamespace = 77;

/// Runs `work` in a forked child with a small tmpfs mounted on `folder`. Returns its answer.
QString onSmallDisk(const QString &folder, const char *options, const InNamespace &work,
                    bool *possible)
{
    int pipe[2];
    if (::pipe(pipe) != 0)
        return QStringLiteral("no pipe");
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(pipe[0]);
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("none", QFile::encodeName(folder).constData(), "tmpfs", 0, options) != 0)
            ::_exit(kNoNamespace);
        const QByteArray answer = work(folder).toUtf8();
        const ssize_t told = ::write(pipe[1], answer.constData(), size_t(answer.size()));
        ::_exit(told == answer.size() ? 0 : 1);
    }
    ::close(pipe[1]);
    QByteArray answer;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(pipe[0], buffer, sizeof buffer)) > 0;)
        answer.append(buffer, n);
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    *possible = !(WIFEXITED(status) && WEXITSTATUS(status) == kNoNamespace);
    if (*possible && status != 0)
        return QStringLiteral("the child ended with %1").arg(status);
    return QString::fromUtf8(answer);
}

bool fillUp(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly | QIODevice::Unbuffered))
        return false;
    const QByteArray block(4096, 'x');
    while (file.write(block) == block.size()) {
    }
    return true;
}

QString fullDisk(const QString &folder)
{
    const FolderStore store = openStore(folder + QStringLiteral("/store"));
    const PointId older = newPointId();
    if (!save(store, older, newRunId()))
        return QStringLiteral("the first save failed");
    const PointId id = newPointId();
    const RunId run = newRunId();
    auto writer = store.beginPoint(kSystem, id, run);
    if (!writer || !writeParts(*writer) || !fillUp(folder + QStringLiteral("/filler")))
        return QStringLiteral("could not prepare");
    const auto failed = writer->publish(plannedPoint(id, run));
    if (failed || failed.error().code != ErrorCode::NoSpace)
        return failed ? QStringLiteral("published on a full disk") : failed.error().sentence();
    if (failed.error().advice.isEmpty())
        return QStringLiteral("no advice");
    const auto points = store.list();
    if (!points || points->size() != 1 || !points->front().problem.isEmpty())
        return QStringLiteral("the older point is not as it was");
    QFile::remove(folder + QStringLiteral("/filler"));
    const auto again = writer->publish(plannedPoint(id, run));
    if (!again)
        return QStringLiteral("after space was freed: ") + again.error().sentence();
    const auto sums = store.checkSums(id);
    return sums && sums->isClean() && store.list()->size() == 2 ? QString()
                                                                : QStringLiteral("not whole");
}

QString readOnlyStore(const QString &folder)
{
    StoreProfile profile{QStringLiteral("disk"), folder + QStringLiteral("/store")};
    const FolderStore store = openStore(profile.folder);
    const PointId id = newPointId();
    if (!save(store, id, newRunId()))
        return QStringLiteral("the save failed");
    if (::mount("none", QFile::encodeName(folder).constData(), nullptr, MS_REMOUNT | MS_RDONLY,
                nullptr) != 0)
        return QStringLiteral("could not make it read-only");
    const auto opened = FolderStore::open(profile, OpenStore::OrCreate);
    if (!opened)
        return opened.error().sentence();
    const auto status = opened->test();
    if (!status || status->writable || status->notWritable.isEmpty())
        return QStringLiteral("test() does not say that it is read-only");
    const auto points = opened->list();
    if (!points || points->size() != 1 || !points->front().problem.isEmpty())
        return QStringLiteral("the point is not listed");
    const auto use = opened->use(id, QStringLiteral("a test"));
    if (!use)
        return use.error().sentence();
    const auto sums = opened->checkSums(id);
    if (!sums || !sums->isClean())
        return QStringLiteral("the sums cannot be checked");
    if (const auto begun = opened->beginPoint(kSystem, newPointId(), newRunId());
        begun || begun.error().code != ErrorCode::Denied)
        return QStringLiteral("beginPoint: wrong answer");
    if (const auto removed = opened->remove(id); removed || opened->list()->size() != 1)
        return QStringLiteral("remove: wrong answer");
    if (const auto proof = opened->addProof(id, {ProofLevel::Read, true, utcNow(), {}, {}, {}});
        proof || proof.error().code != ErrorCode::Denied)
        return QStringLiteral("addProof: wrong answer");
    return {};
}

QString diskGone(const QString &folder)
{
    StoreProfile profile{QStringLiteral("disk"), folder};
    const FolderStore store = openStore(folder);
    if (!save(store, newPointId(), newRunId()))
        return QStringLiteral("the save failed");
    if (::umount(QFile::encodeName(folder).constData()) != 0)
        return QStringLiteral("could not unmount");
    // Nothing may be written into the empty mount point, and no list may look empty.
    if (store.list() || store.test())
        return QStringLiteral("an unmounted store looks like an empty one");
    const auto begun = store.beginPoint(kSystem, newPointId(), newRunId());
    if (begun || begun.error().code != ErrorCode::NotFound)
        return QStringLiteral("a point was begun beneath the mount point");
    return QDir(folder).isEmpty() ? QString() : QStringLiteral("something was written");
}

} // namespace

/// Real file systems in a mount namespace of the test's own.
class TestStoreDisk : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void disk_data()
    {
        QTest::addColumn<InNamespace>("work");
        QTest::newRow("full") << InNamespace(&fullDisk);
        QTest::newRow("read-only") << InNamespace(&readOnlyStore);
        QTest::newRow("gone") << InNamespace(&diskGone);
    }
    void disk()
    {
        QFETCH(InNamespace, work);
        const QTemporaryDir folder;
        bool possible = false;
        const QString wrong = onSmallDisk(folder.path(), "size=256k,mode=0700", work, &possible);
        if (!possible)
            QSKIP("Needs root and a mount namespace (unshare, tmpfs)");
        QCOMPARE(wrong, QString());
    }
};

QTEST_GUILESS_MAIN(TestStoreDisk)
#include "tst_store_disk.moc"
