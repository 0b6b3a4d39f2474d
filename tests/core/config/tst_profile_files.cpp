// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/paths.h"
#include "core/config/profile_files.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

using namespace lb;

namespace {

SystemProfile sample()
{
    SystemProfile profile;
    profile.name = QStringLiteral("shop-prod");
    profile.type = QStringLiteral("files");
    profile.inputs = {
        {QStringLiteral("folder"),
         QJsonArray{QStringLiteral("/srv/shop"), QStringLiteral("/srv/a: b#c")}},
        {QStringLiteral("host"), QString()},
        {QStringLiteral("quiesce_command"),
         QJsonArray{QStringLiteral("systemctl"), QStringLiteral("stop"), QStringLiteral("yes")}}};
    profile.store = QStringLiteral("second");
    profile.isProtected = true;
    profile.rto = QStringLiteral("4h");
    profile.networkLimit = QStringLiteral("30m");
    profile.holders = {{QStringLiteral("password"), QStringLiteral("Database team")}};
    profile.pinned.text = QStringLiteral("shop-prod@harbour");
    profile.pinned.facts = {{QStringLiteral("machine_id"), QStringLiteral("0123")},
                            {QStringLiteral("filesystem"), QStringLiteral("ef53-00e1")}};
    profile.pinned.scope = QStringList{QStringLiteral("/srv/shop")};
    return profile;
}

void write(const QString &path, const QByteArray &content)
{
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(content);
}

QString said(const std::vector<Diagnostic> &diagnostics)
{
    QStringList lines;
    for (const Diagnostic &diagnostic : diagnostics)
        lines << diagnostic.text();
    return lines.join(QLatin1Char('\n'));
}

} // namespace

class TestProfileFiles : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void profileComesBackEqual();
    void profileIsPrivateAndReplacedWhole();
    void brokenProfileIsRefusedWithPlaces();
    void brokenProfileHidesNoOther();
    void badNamesNeverBecomePaths_data();
    void badNamesNeverBecomePaths();
    void removedIsGone();
    void storesAlwaysHaveLocal();
    void storesAreWrittenAndRemoved();
    void brokenStoresAreNotOverwritten();

private:
    std::unique_ptr<QTemporaryDir> m_home;
};

void TestProfileFiles::init()
{
    m_home = std::make_unique<QTemporaryDir>();
    qputenv("XDG_CONFIG_HOME", QFile::encodeName(m_home->filePath(QStringLiteral("config"))));
    qputenv("XDG_DATA_HOME", QFile::encodeName(m_home->filePath(QStringLiteral("data"))));
}

void TestProfileFiles::profileComesBackEqual()
{
    const SystemProfile profile = sample();
    QVERIFY(writeProfile(profile));
    const auto read = readProfile(profile.name);
    QVERIFY2(read, read ? "" : qPrintable(read.error().sentence()));
    QCOMPARE(read->toJson(), profile.toJson());
    const auto all = readProfiles();
    QVERIFY(all && all->size() == 1);
    QCOMPARE(all->front().toJson(), profile.toJson());
}

void TestProfileFiles::profileIsPrivateAndReplacedWhole()
{
    SystemProfile profile = sample();
    QVERIFY(writeProfile(profile));
    profile.inputs.remove(QStringLiteral("host"));
    profile.pinned = Identity();
    QVERIFY(writeProfile(profile));
    QCOMPARE(readProfile(profile.name)->toJson(), profile.toJson());
    const QFileInfo file(profileFile(profile.name));
    QCOMPARE(int(file.permissions() & 0x77), 0); // group and others
    QCOMPARE(
        QDir(paths::systemsFolder()).entryList(QDir::Files | QDir::Hidden | QDir::System).size(),
        1);
}

void TestProfileFiles::brokenProfileIsRefusedWithPlaces()
{
    write(profileFile(QStringLiteral("shop")),
          "lifeboat: 1\ntype: files\ninputs: [a]\nstor: local\nprotected: maybe\nrto: soon\n"
          "holders: [a]\npinned: {text: x}\n");
    const auto read = readProfile(QStringLiteral("shop"));
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::BadInput);
    const QString detail = read.error().detail;
    for (const char *text : {"shop.yaml:3:9: error: “inputs” must be a map",
                             "shop.yaml:4:1: error: “stor” is not a key", "Did you mean “store”?",
                             "shop.yaml:5:12: error: “protected” must be yes or no",
                             "shop.yaml:6:6: error: “soon” is not a duration",
                             "“holders” must be a map", "pinned lacks “facts”"})
        QVERIFY2(detail.contains(QString::fromUtf8(text)), qPrintable(detail));
}

void TestProfileFiles::brokenProfileHidesNoOther()
{
    QVERIFY(writeProfile(sample()));
    write(profileFile(QStringLiteral("a")), "lifeboat: 1\n");
    write(profileFile(QStringLiteral("b")), "\xff");
    write(profileFile(QStringLiteral("Bad Name")), "lifeboat: 1\ntype: files\n");
    std::vector<Diagnostic> broken;
    const auto all = readProfiles(&broken);
    QVERIFY(all && all->size() == 1);
    QCOMPARE(broken.size(), size_t(3));
    QVERIFY2(said(broken).contains(QStringLiteral("a.yaml:1:1: error: system lacks “type”")),
             qPrintable(said(broken)));
    const auto missing = readProfile(QStringLiteral("shop-prd"));
    QVERIFY(!missing && missing.error().advice.contains(QStringLiteral("shop-prod")));
}

void TestProfileFiles::badNamesNeverBecomePaths_data()
{
    QTest::addColumn<QString>("name");
    for (const QString &name :
         {QString(), QStringLiteral(".."), QStringLiteral("a/b"), QStringLiteral("-a"),
          QStringLiteral("A"), QStringLiteral("a b"), QStringLiteral("ä"), QStringLiteral("a\n"),
          QString(64, QLatin1Char('a')), QStringLiteral("a.yaml")})
        QTest::newRow(qPrintable(QStringLiteral("<%1>").arg(name))) << name;
}

void TestProfileFiles::badNamesNeverBecomePaths()
{
    QFETCH(const QString, name);
    SystemProfile profile = sample();
    profile.name = name;
    QCOMPARE(writeProfile(profile).error().code, ErrorCode::BadInput);
    QCOMPARE(readProfile(name).error().code, ErrorCode::BadInput);
    QCOMPARE(removeProfile(name).error().code, ErrorCode::BadInput);
    StoreProfile store;
    store.name = name;
    store.folder = QStringLiteral("/srv");
    QCOMPARE(writeStore(store).error().code, ErrorCode::BadInput);
    QVERIFY(isProfileName(QString(63, QLatin1Char('a'))));
}

void TestProfileFiles::removedIsGone()
{
    QVERIFY(writeProfile(sample()));
    QVERIFY(removeProfile(QStringLiteral("shop-prod")));
    QVERIFY(readProfiles()->empty());
    QCOMPARE(removeProfile(QStringLiteral("shop-prod")).error().code, ErrorCode::NotFound);
}

void TestProfileFiles::storesAlwaysHaveLocal()
{
    const auto stores = readStores();
    QVERIFY(stores && stores->size() == 1);
    QCOMPARE(stores->front().name, QStringLiteral("local"));
    QCOMPARE(stores->front().folder, paths::defaultStoreFolder());
    QCOMPARE(removeStore(QStringLiteral("local")).error().code, ErrorCode::Conflict);
    const auto missing = readStore(QStringLiteral("other"));
    QVERIFY(!missing && missing.error().code == ErrorCode::NotFound);
}

void TestProfileFiles::storesAreWrittenAndRemoved()
{
    StoreProfile store;
    store.name = QStringLiteral("second");
    store.folder = QStringLiteral("/mnt/safe: place");
    QVERIFY(writeStore(store));
    QCOMPARE(readStore(store.name)->folder, store.folder);
    store.folder = QStringLiteral("/mnt/other");
    QVERIFY(writeStore(store));
    QCOMPARE(readStores()->size(), size_t(2));
    QCOMPARE(readStore(store.name)->folder, store.folder);
    QVERIFY(removeStore(store.name));
    QVERIFY(!readStore(store.name));
    store.folder = QStringLiteral("relative");
    QCOMPARE(writeStore(store).error().code, ErrorCode::BadInput);
    // `local` may be moved, but not lost.
    store.name = QStringLiteral("local");
    store.folder = QStringLiteral("/mnt/moved");
    QVERIFY(writeStore(store));
    QCOMPARE(readStore(store.name)->folder, store.folder);
}

void TestProfileFiles::brokenStoresAreNotOverwritten()
{
    const QByteArray text =
        "lifeboat: 1\nstores:\n  safe: {folder: /mnt/safe}\n  bad: {foldr: /x}\n";
    write(paths::storesFile(), text);
    std::vector<Diagnostic> broken;
    const auto stores = readStores(&broken);
    QVERIFY(stores);
    QCOMPARE(stores->size(), size_t(2)); // local and safe
    QVERIFY(said(broken).contains(QStringLiteral("Did you mean “folder”?")));
    StoreProfile store;
    store.name = QStringLiteral("new");
    store.folder = QStringLiteral("/mnt/new");
    QVERIFY(!writeStore(store));
    QFile file(paths::storesFile());
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), text);
}

QTEST_GUILESS_MAIN(TestProfileFiles)
#include "tst_profile_files.moc"
