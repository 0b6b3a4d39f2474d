// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/paths.h"
#include "core/base/process_identity.h"
#include "core/engine/leases.h"
#include "tests/core/base/result_words.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace lb;
using namespace lb::test;

/// Who may work on a target: identity and scope, held by kernel locks.
class TestLeases : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void scopesOverlap_data();
    void scopesOverlap();
    void secondHolderIsJudged_data();
    void secondHolderIsJudged();
    void refusalNamesTheHolder();
    void askingTakesNothing();
    void deadHolderIsTakenOverAtOnce();
    void resumedRunTakesItsOwnAgain();
    void liveRunIsNotTakenTwice();
    void otherDataFoldersSeeTheFolderLock();
    void stagedFolderCanBeAdded();
    void brokenLeaseOfNobodyIsInNobodysWay();

private:
    Identity target(const QString &facts, const QStringList &scope) const;
    Identity shop() const { return target(QStringLiteral("mA"), {folder(QStringLiteral("shop"))}); }
    QString folder(const QString &name) const { return m_root->filePath(name); }
    void useDataFolder(const char *name) const
    {
        qputenv("XDG_DATA_HOME", folder(QString::fromLatin1(name)).toUtf8());
    }
    static QStringList leaseFiles()
    {
        return QDir(paths::leasesFolder()).entryList({QStringLiteral("*.json")}, QDir::Files);
    }

    std::unique_ptr<QTemporaryDir> m_root;
    QByteArray m_dataHome;
};

namespace {

const RunId kFirst(QStringLiteral("r20261121-030405-000001"));
const RunId kSecond(QStringLiteral("r20261121-030406-000002"));

/// A process that holds a lease until it is killed.
class Holder
{
public:
    Holder(const RunId &run, const Identity &identity, LeaseMode mode)
    {
        int ready[2];
        if (::pipe(ready) != 0)
            qFatal("no pipe");
        m_pid = ::fork();
        if (m_pid == 0) {
            const auto lease = Lease::take(run, identity, mode);
            const char answer = lease ? 'y' : 'n';
            if (::write(ready[1], &answer, 1) == 1)
                ::pause();
            ::_exit(0);
        }
        ::close(ready[1]);
        char answer = 0;
        m_holds = ::read(ready[0], &answer, 1) == 1 && answer == 'y';
        ::close(ready[0]);
    }
    Holder(const Holder &) = delete;
    Holder &operator=(const Holder &) = delete;
    ~Holder() { kill(); }

    void kill()
    {
        if (m_pid <= 0)
            return;
        ::kill(m_pid, SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
        m_pid = 0;
    }
    bool holds() const { return m_holds; }
    pid_t pid() const { return m_pid; }

private:
    pid_t m_pid = 0;
    bool m_holds = false;
};

} // namespace

void TestLeases::init()
{
    m_root = std::make_unique<QTemporaryDir>();
    QVERIFY(m_root->isValid());
    m_dataHome = qgetenv("XDG_DATA_HOME");
    useDataFolder("data");
    for (const char *name : {"shop/sub", "shop2", "other"})
        QVERIFY(QDir(m_root->path()).mkpath(QString::fromLatin1(name)));
}

void TestLeases::cleanup()
{
    qputenv("XDG_DATA_HOME", m_dataHome);
}

/// Facts as letters: `mA hB` = machine id A, host name B.
Identity TestLeases::target(const QString &facts, const QStringList &scope) const
{
    Identity identity;
    for (const QString &fact : facts.split(u' ', Qt::SkipEmptyParts))
        identity.facts.insert(fact.left(1), fact.mid(1));
    identity.text = QStringLiteral("shop@web1");
    identity.scope = scope;
    return identity;
}

void TestLeases::scopesOverlap_data()
{
    QTest::addColumn<QStringList>("a");
    QTest::addColumn<QStringList>("b");
    QTest::addColumn<bool>("overlap");
    const auto row = [](const char *a, const char *b, bool overlap) {
        QTest::newRow(
            qPrintable(QStringLiteral("%1 with %2").arg(QLatin1String(a), QLatin1String(b))))
            << QString::fromLatin1(a).split(u';', Qt::SkipEmptyParts)
            << QString::fromLatin1(b).split(u';', Qt::SkipEmptyParts) << overlap;
    };
    row("/srv/shop", "/srv/shop", true);
    row("/srv", "/srv/shop", true);
    row("/srv/shop/data", "/srv/shop", true);
    row("/", "/srv", true);
    row("/srv/shop", "/srv/shop2", false);
    row("/srv/shop", "/srv/mail", false);
    row("database shop", "database shop", true);
    row("database shop", "database shop2", false);
    row("database shop;/srv/shop", "/srv/mail;database shop", true);
    row("", "/srv", false);
}

void TestLeases::scopesOverlap()
{
    QFETCH(const QStringList, a);
    QFETCH(const QStringList, b);
    QFETCH(const bool, overlap);
    QCOMPARE(lb::scopesOverlap(a, b), overlap);
    QCOMPARE(lb::scopesOverlap(b, a), overlap);
}

void TestLeases::secondHolderIsJudged_data()
{
    QTest::addColumn<QString>("first"); // mode, facts; then scope: folders or `database …`
    QTest::addColumn<QString>("second");
    QTest::addColumn<QString>("code");
    const auto row = [](const char *name, const char *first, const char *second, const char *code) {
        QTest::newRow(name) << QString::fromLatin1(first) << QString::fromLatin1(second)
                            << QString::fromLatin1(code);
    };
    row("two saves", "shared|mA|shop", "shared|mA|shop", "ok");
    row("a save, then a restore", "shared|mA|shop", "exclusive|mA|shop", "conflict");
    row("a restore, then a save", "exclusive|mA|shop", "shared|mA|shop", "conflict");
    row("two restores", "exclusive|mA|shop", "exclusive|mA|shop", "conflict");
    row("inside", "exclusive|mA|shop", "shared|mA|shop/sub", "conflict");
    row("around", "exclusive|mA|shop/sub", "shared|mA|shop", "conflict");
    row("a name that begins alike", "exclusive|mA|shop", "exclusive|mA|shop2", "ok");
    row("elsewhere", "exclusive|mA|shop", "exclusive|mA|other", "ok");
    row("the same database", "exclusive|mA|=database", "shared|mA|=database", "conflict");
    row("its name on another machine", "exclusive|mA|=database", "exclusive|mB|=database", "ok");
    row("one fact in common", "exclusive|mA hA|=database", "exclusive|mA hB|=database", "conflict");
    row("no facts, the same text", "exclusive||=database", "exclusive||=database", "conflict");
    row("told apart by facts, but one folder here", "exclusive|mA|shop", "exclusive|mB|shop",
        "conflict");
}

void TestLeases::secondHolderIsJudged()
{
    QFETCH(const QString, first);
    QFETCH(const QString, second);
    QFETCH(const QString, code);
    const auto take = [this](const RunId &run, const QString &text) {
        const QString where = text.section(u'|', 2, 2);
        const QString scope = where.startsWith(u'=') ? where.mid(1) : folder(where);
        const LeaseMode mode =
            text.startsWith(QLatin1String("shared")) ? LeaseMode::Shared : LeaseMode::Exclusive;
        return Lease::take(run, target(text.section(u'|', 1, 1), {scope}), mode);
    };
    {
        const auto one = take(kFirst, first);
        QCOMPARE(whyNot(one), QString());
        QCOMPARE(codeOf(take(kSecond, second)), code);
        QVERIFY(leaseFiles().contains(kFirst.value() + QStringLiteral(".json")));
        QVERIFY(code == QLatin1String("ok") || leaseFiles().size() == 1); // nothing half taken
    }
    QCOMPARE(leaseFiles(), QStringList());
    QCOMPARE(codeOf(take(kSecond, second)), QStringLiteral("ok")); // gone with its object
}

void TestLeases::refusalNamesTheHolder()
{
    const Identity identity = target(QStringLiteral("mA"), {QStringLiteral("database")});
    const Holder holder(kFirst, identity, LeaseMode::Exclusive);
    QVERIFY(holder.holds());
    const auto refused = Lease::take(kSecond, identity, LeaseMode::Shared);
    QCOMPARE(codeOf(refused), QStringLiteral("conflict"));
    const QString said = refused.error().sentence();
    for (const QString &word :
         {kFirst.value(), QString::number(holder.pid()), currentHostName(), QStringLiteral("shop")})
        QVERIFY2(said.contains(word), qPrintable(word + QStringLiteral(" is not in ") + said));
}

void TestLeases::askingTakesNothing()
{
    for (const LeaseMode mode : {LeaseMode::Exclusive, LeaseMode::Shared}) {
        QCOMPARE(whyNot(Lease::isFree(kFirst, shop(), mode)), QString());
        QCOMPARE(leaseFiles(), QStringList());
    }
    const Holder holder(kFirst, shop(), LeaseMode::Shared);
    QVERIFY(holder.holds());
    QCOMPARE(codeOf(Lease::isFree(kSecond, shop(), LeaseMode::Shared)), QStringLiteral("ok"));
    QCOMPARE(codeOf(Lease::isFree(kSecond, shop(), LeaseMode::Exclusive)),
             QStringLiteral("conflict"));
}

void TestLeases::deadHolderIsTakenOverAtOnce()
{
    Holder holder(kFirst, shop(), LeaseMode::Exclusive);
    QVERIFY(holder.holds());
    QCOMPARE(codeOf(Lease::take(kSecond, shop(), LeaseMode::Exclusive)),
             QStringLiteral("conflict"));
    holder.kill();
    QCOMPARE(leaseFiles().size(), 1); // nobody was there to remove it
    const auto taken = Lease::take(kSecond, shop(), LeaseMode::Exclusive);
    QCOMPARE(whyNot(taken), QString());
    QCOMPARE(leaseFiles(), QStringList(kSecond.value() + QStringLiteral(".json")));
}

void TestLeases::resumedRunTakesItsOwnAgain()
{
    Holder holder(kFirst, shop(), LeaseMode::Exclusive);
    QVERIFY(holder.holds());
    holder.kill();
    const auto again = Lease::take(kFirst, shop(), LeaseMode::Exclusive);
    QCOMPARE(whyNot(again), QString());
    QCOMPARE(codeOf(Lease::isFree(kSecond, shop(), LeaseMode::Shared)), QStringLiteral("conflict"));
}

void TestLeases::liveRunIsNotTakenTwice()
{
    const Holder holder(kFirst, shop(), LeaseMode::Shared);
    QVERIFY(holder.holds());
    QVERIFY(!Lease::take(kFirst, shop(), LeaseMode::Shared));
}

void TestLeases::otherDataFoldersSeeTheFolderLock()
{
    const Holder holder(kFirst, shop(), LeaseMode::Exclusive);
    QVERIFY(holder.holds());
    useDataFolder("data of another user");
    const auto refused = Lease::take(kSecond, shop(), LeaseMode::Shared);
    QCOMPARE(codeOf(refused), QStringLiteral("conflict"));
    QVERIFY(refused.error().summary.contains(folder(QStringLiteral("shop"))));
    QCOMPARE(leaseFiles(), QStringList());
}

void TestLeases::stagedFolderCanBeAdded()
{
    auto lease = Lease::take(kFirst, shop(), LeaseMode::Exclusive);
    QCOMPARE(whyNot(lease), QString());
    QCOMPARE(whyNot(lease->add(folder(QStringLiteral("other")))), QString());
    QCOMPARE(whyNot(lease->add(folder(QStringLiteral("not there")))), QString());
    useDataFolder("data of another user");
    const Identity other = target(QStringLiteral("mA"), {folder(QStringLiteral("other"))});
    QCOMPARE(codeOf(Lease::take(kSecond, other, LeaseMode::Shared)), QStringLiteral("conflict"));
}

void TestLeases::brokenLeaseOfNobodyIsInNobodysWay()
{
    QVERIFY(QDir().mkpath(paths::leasesFolder()));
    QFile torn(paths::leasesFolder() + QStringLiteral("/r20200101-000000-000000.json"));
    QVERIFY(torn.open(QIODevice::WriteOnly));
    torn.write("{\"run\": \"r2020");
    torn.close();
    QCOMPARE(whyNot(Lease::take(kFirst, shop(), LeaseMode::Exclusive)), QString());
    QVERIFY(!torn.exists());
}

QTEST_GUILESS_MAIN(TestLeases)
#include "tst_leases.moc"
