// SPDX-License-Identifier: GPL-3.0-or-later
#include "inventory_fixture.h"

#include <QFile>
#include <QSqlDatabase>
#include <QSqlQuery>

using namespace lb;
using namespace lb::test;

class TestInventory : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_path = m_dir->filePath(QStringLiteral("data/inventory.db"));
    }

    void beginsEmptyAndPrivate()
    {
        const auto inventory = Inventory::open(m_path);
        VERIFY_OK(inventory);
        QVERIFY((*inventory)->needsRebuild());
        QVERIFY((*inventory)->movedAside().isEmpty());
        QVERIFY((*inventory)->points()->empty());
        QVERIFY((*inventory)->runs()->empty());
        VERIFY_OK((*inventory)->upsertPoint(pointNumber(1)));
        for (const char *suffix : {"", "-wal", "-shm"})
            QCOMPARE(
                QFile::permissions(m_path + QLatin1String(suffix)) &
                    (QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther),
                QFile::Permissions());
        VERIFY_OK((*inventory)->markRebuilt());
        QVERIFY(!(*inventory)->needsRebuild());
        VERIFY_OK((*inventory)->clear());
        QVERIFY((*inventory)->needsRebuild());
        QVERIFY((*inventory)->points()->empty());
    }

    void keepsAPointWhole()
    {
        const RestorePoint before = pointNumber(26);
        {
            const auto inventory = Inventory::open(m_path);
            VERIFY_OK(inventory);
            VERIFY_OK((*inventory)->upsertPoint(before));
            VERIFY_OK((*inventory)->upsertPoint(before)); // again: the same row
            VERIFY_OK((*inventory)->markRebuilt());
        }
        const auto inventory = Inventory::open(m_path);
        VERIFY_OK(inventory);
        QVERIFY(!(*inventory)->needsRebuild());
        const auto point = (*inventory)->point(PointId(before.id));
        VERIFY_OK(point);
        QVERIFY(point->has_value());
        QCOMPARE((*point)->toListJson(), before.toListJson());
        QCOMPARE((*point)->folder, before.folder);
        QCOMPARE((*point)->problem, before.problem);
        QCOMPARE((*inventory)->countPoints().value(), 1);
        QVERIFY(!(*inventory)->point(newPointId())->has_value());
    }

    void keepsADamagedPoint()
    {
        RestorePoint damaged;
        damaged.id = newPointId().value();
        damaged.system = QStringLiteral("harbour");
        damaged.problem = QStringLiteral("manifest.json is cut");
        const auto inventory = Inventory::open(m_path);
        VERIFY_OK(inventory);
        VERIFY_OK((*inventory)->upsertPoint(damaged));
        const auto points = (*inventory)->points();
        VERIFY_OK(points);
        QCOMPARE(points->size(), size_t(1));
        QCOMPARE(points->front().id, damaged.id);
        QCOMPARE(points->front().system, damaged.system);
        QCOMPARE(points->front().problem, damaged.problem);
        QCOMPARE(name(points->front().completeness()), QStringLiteral("unknown"));
    }

    void filtersAndSorts()
    {
        const auto opened = Inventory::open(m_path);
        VERIFY_OK(opened);
        Inventory &inventory = **opened;
        std::vector<RestorePoint> points;
        for (int i = 1; i <= 20; ++i)
            points.push_back(pointNumber(i));
        VERIFY_OK(inventory.upsertPoints(points));

        PointFilter filter;
        filter.limit = 3;
        QCOMPARE(ids(inventory.points(filter)), QStringLiteral("20 19 18"));
        filter.offset = 18;
        QCOMPARE(ids(inventory.points(filter)), QStringLiteral("2 1"));
        QCOMPARE(inventory.countPoints(filter).value(), 20);
        filter = {};
        filter.system = QStringLiteral("system-3");
        QCOMPARE(ids(inventory.points(filter)), QStringLiteral("17 10 3"));
        filter.ascending = true;
        QCOMPARE(ids(inventory.points(filter)), QStringLiteral("3 10 17"));
        filter = {};
        filter.completeness = Completeness::Incomplete;
        QCOMPARE(ids(inventory.points(filter)), QStringLiteral("20 15 10 5"));
        filter.completeness = Completeness::Unknown;
        QCOMPARE(ids(inventory.points(filter)), QStringLiteral("13"));
        filter = {};
        filter.type = QStringLiteral("files");
        filter.atLeast = ProofLevel::Restored;
        QCOMPARE(ids(inventory.points(filter)), QStringLiteral("19 15 11 7 3"));
        filter = {};
        filter.text = QStringLiteral("üBERGABE b 1");
        filter.order = PointFilter::Order::System;
        filter.ascending = true;
        QCOMPARE(ids(inventory.points(filter)), QStringLiteral("14 1 16 17 18 11 19 12 13"));
        filter = {};
        filter.text = QStringLiteral("100%'; DROP TABLE points; --");
        QCOMPARE(ids(inventory.points(filter)), QString());
        filter = {};
        filter.order = PointFilter::Order::Bytes;
        filter.limit = 2;
        filter.ascending = true;
        QCOMPARE(ids(inventory.points(filter)), QStringLiteral("5 10"));
        filter.order = PointFilter::Order::Skew;
        filter.ascending = false;
        filter.limit = 1;
        QCOMPARE(ids(inventory.points(filter)), QStringLiteral("9"));

        VERIFY_OK(inventory.removePoint(PointId(points[19].id)));
        filter = {};
        filter.limit = 1;
        QCOMPARE(ids(inventory.points(filter)), QStringLiteral("19"));
    }

    void aPointMayLieInTwoStores()
    {
        const auto opened = Inventory::open(m_path);
        VERIFY_OK(opened);
        Inventory &inventory = **opened;
        RestorePoint point = pointNumber(1);
        VERIFY_OK(inventory.upsertPoint(point));
        point.store = QStringLiteral("usb");
        VERIFY_OK(inventory.upsertPoint(point));
        QCOMPARE(inventory.points()->size(), size_t(2));
        VERIFY_OK(inventory.removePoint(PointId(point.id), QStringLiteral("local")));
        QCOMPARE(inventory.points()->size(), size_t(1));
        QCOMPARE(inventory.points()->front().store, QStringLiteral("usb"));
        VERIFY_OK(inventory.removePoint(PointId(point.id)));
        QVERIFY(inventory.points()->empty());
    }

    void keepsRuns()
    {
        const auto opened = Inventory::open(m_path);
        VERIFY_OK(opened);
        Inventory &inventory = **opened;
        const auto add = [&](int number, RunStateName state, bool hidden) {
            RunSummary run;
            run.id = RunId(QStringLiteral("r20260101-030405-00000%1").arg(number));
            run.runbook = QStringLiteral("files.save");
            run.system = QStringLiteral("harbour");
            run.purpose = Purpose::Save;
            run.state = state;
            run.startedAt = day(number);
            run.hidden = hidden;
            run.runner = ProcessIdentity::self();
            run.runnerHost = currentHostName();
            if (state == RunStateName::Waiting)
                run.waiting = Waiting{WaitingFor::Credential, QStringLiteral("dump"),
                                      QStringLiteral("password"), day(number)};
            return inventory.upsertRun(run);
        };
        VERIFY_OK(add(1, RunStateName::Succeeded, false));
        VERIFY_OK(add(2, RunStateName::Running, false));
        VERIFY_OK(add(3, RunStateName::Succeeded, true));
        VERIFY_OK(add(4, RunStateName::Waiting, false));
        VERIFY_OK(add(5, RunStateName::Draft, false));
        const auto numbers = [&](const RunFilter &filter) {
            QStringList list;
            const auto runs = inventory.runs(filter);
            for (const RunSummary &run : runs ? *runs : std::vector<RunSummary>())
                list << run.id.value().right(1);
            return list.join(QLatin1Char(' '));
        };
        QCOMPARE(numbers({}), QStringLiteral("5 4 2 1"));
        RunFilter filter;
        filter.withHidden = true;
        QCOMPARE(numbers(filter), QStringLiteral("5 4 3 2 1"));
        filter = {};
        filter.onlyUnended = true;
        QCOMPARE(numbers(filter), QStringLiteral("5 4 2"));
        filter = {};
        filter.states = {RunStateName::Succeeded};
        QCOMPARE(numbers(filter), QStringLiteral("1"));
        filter.states = {RunStateName::Interrupted};
        QCOMPARE(numbers(filter), QStringLiteral("5 4 2"));

        auto run = inventory.run(RunId(QStringLiteral("r20260101-030405-000004"))).value().value();
        QVERIFY(run.waiting && run.waiting->reason == WaitingFor::Credential);
        QCOMPARE(run.waiting->step, QStringLiteral("dump"));
        QVERIFY(run.runner == ProcessIdentity::self());
        QCOMPARE(name(run.shown()), QStringLiteral("waiting"));
        const QJsonObject json = run.toJson();
        QCOMPARE(json.value(QLatin1String("waiting")).toObject().value(QLatin1String("for")),
                 QJsonValue(QStringLiteral("credential")));
        QVERIFY(json.value(QLatin1String("runner")).isObject());
        run.runner.startTime += 1; // another process with the same number
        QCOMPARE(name(run.shown()), QStringLiteral("interrupted"));
        QVERIFY(run.toJson().value(QLatin1String("runner")).isNull());
        run.runnerHost = QStringLiteral("bastion");
        QCOMPARE(name(run.shown()), QStringLiteral("waiting"));

        VERIFY_OK(inventory.removeRun(run.id));
        QVERIFY(!inventory.run(run.id)->has_value());
    }

    void keepsObligations()
    {
        const auto opened = Inventory::open(m_path);
        VERIFY_OK(opened);
        Inventory &inventory = **opened;
        Obligation start;
        start.id = QStringLiteral("start");
        start.run = QStringLiteral("r1");
        start.system = QStringLiteral("harbour");
        start.title = QStringLiteral("Start the service again");
        start.openedAt = day(2);
        start.detail = {{QStringLiteral("folder"), QStringLiteral("/srv/x")}};
        Obligation token = start;
        token.id = QStringLiteral("token");
        token.run = QStringLiteral("r2");
        token.system = QStringLiteral("shop");
        token.openedAt = day(1);
        VERIFY_OK(inventory.upsertObligation(start));
        VERIFY_OK(inventory.upsertObligation(token));
        auto open = inventory.obligations();
        VERIFY_OK(open);
        QCOMPARE(open->size(), size_t(2));
        QCOMPARE(open->front().id, QStringLiteral("token"));
        QCOMPARE(open->back().toJson(), start.toJson());
        start.state = ObligationState::Closed;
        start.closedAt = day(3);
        VERIFY_OK(inventory.upsertObligation(start));
        QCOMPARE(inventory.obligations()->size(), size_t(1));
        ObligationFilter filter;
        filter.system = QStringLiteral("harbour");
        QVERIFY(inventory.obligations(filter)->empty());
        filter.openOnly = false;
        QCOMPARE(inventory.obligations(filter)->size(), size_t(1));
        VERIFY_OK(inventory.removeRun(RunId(QStringLiteral("r2"))));
        QVERIFY(inventory.obligations()->empty());
    }

    void learnsDurations()
    {
        const auto opened = Inventory::open(m_path);
        VERIFY_OK(opened);
        Inventory &inventory = **opened;
        const QString book = QStringLiteral("files.save");
        const QString step = QStringLiteral("save");
        const auto ms = [](int n) { return std::chrono::milliseconds(n); };
        QVERIFY(!inventory.estimate(book, step, 100)->has_value());
        VERIFY_OK(inventory.recordDuration(book, step, 1000, ms(500)));
        QCOMPARE(inventory.estimate(book, step, 4000)->value().count(), 2000);
        QVERIFY(!inventory.estimate(book, QStringLiteral("other"), 100)->has_value());
        // Six more on a faster disk: the first one no longer counts.
        for (int i = 0; i < 6; ++i)
            VERIFY_OK(inventory.recordDuration(book, step, 1000, ms(100)));
        QCOMPARE(inventory.estimate(book, step, 4000)->value().count(), 400);
        VERIFY_OK(inventory.recordDuration(book, QStringLiteral("stop"), 0, ms(40)));
        VERIFY_OK(inventory.recordDuration(book, QStringLiteral("stop"), 0, ms(60)));
        QCOMPARE(inventory.estimate(book, QStringLiteral("stop"), 0)->value().count(), 50);
        VERIFY_OK(inventory.clear());
        QVERIFY(inventory.estimate(book, step, 1)->has_value());
    }

    void movesWhatItCannotUseAside_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("sql");
        QTest::newRow("text") << QByteArray("this is no database at all, but long enough\n")
                              << QString();
        QTest::newRow("binary") << QByteArray(8192, '\xa5') << QString();
        QTest::newRow("cut") << QByteArray("SQLite format 3\0", 16) << QString();
        QTest::newRow("newer") << QByteArray() << QStringLiteral("PRAGMA user_version=99");
        QTest::newRow("table missing") << QByteArray() << QStringLiteral("DROP TABLE runs");
    }
    void movesWhatItCannotUseAside()
    {
        QFETCH(QByteArray, content);
        QFETCH(QString, sql);
        VERIFY_OK(Inventory::open(m_path));
        if (!sql.isEmpty()) {
            auto database =
                QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), QStringLiteral("raw"));
            database.setDatabaseName(m_path);
            QVERIFY(database.open() && QSqlQuery(database).exec(sql));
            database = {};
            QSqlDatabase::removeDatabase(QStringLiteral("raw"));
        } else {
            QFile file(m_path);
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
        }
        for (int i = 1; i <= 2; ++i) {
            const auto inventory = Inventory::open(m_path);
            VERIFY_OK(inventory);
            QVERIFY((*inventory)->needsRebuild());
            QCOMPARE((*inventory)->movedAside(),
                     i == 1 ? m_path + QStringLiteral(".damaged-1") : QString());
            VERIFY_OK((*inventory)->upsertPoint(pointNumber(i)));
        }
        QVERIFY(QFile::exists(m_path + QStringLiteral(".damaged-1")));
    }

    void damageFoundLaterIsRemembered()
    {
        {
            const auto inventory = Inventory::open(m_path);
            VERIFY_OK(inventory);
            std::vector<RestorePoint> points;
            for (int i = 1; i <= 300; ++i)
                points.push_back(pointNumber(i));
            VERIFY_OK((*inventory)->upsertPoints(points));
            VERIFY_OK((*inventory)->markRebuilt());
        } // closed: everything is in the one file
        QFile file(m_path);
        QVERIFY(file.open(QIODevice::ReadWrite));
        // Only pages with manifests, and not the first one: opening sees nothing of it.
        QByteArray content = file.readAll();
        int pages = 0;
        for (qsizetype page = 0; page < content.size(); page += 4096) {
            if (content.mid(page, 4096).contains("needed_parts") && ++pages > 50)
                content.replace(page, 4096, QByteArray(4096, '\xff'));
        }
        QVERIFY(pages > 60);
        QVERIFY(file.seek(0) && file.write(content) == content.size());
        file.close();
        {
            const auto inventory = Inventory::open(m_path);
            VERIFY_OK(inventory);
            QCOMPARE((*inventory)->movedAside(), QString());
            const auto points = (*inventory)->points();
            QVERIFY2(!points, points ? qPrintable(QString::number(points->size())) : "");
            QCOMPARE(errorCodeName(points.error().code), QStringLiteral("corrupt"));
            QVERIFY((*inventory)->needsRebuild());
        }
        const auto inventory = Inventory::open(m_path);
        VERIFY_OK(inventory);
        QCOMPARE((*inventory)->movedAside(), m_path + QStringLiteral(".damaged-1"));
        QVERIFY((*inventory)->points()->empty());
    }

    void everyCutIsSurvived()
    {
        {
            const auto inventory = Inventory::open(m_path);
            VERIFY_OK(inventory);
            for (int i = 1; i <= 5; ++i)
                VERIFY_OK((*inventory)->upsertPoint(pointNumber(i)));
        }
        QFile file(m_path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray whole = file.readAll();
        int usable = 0;
        for (int size = 1; size < whole.size(); size += 997) {
            const QTemporaryDir dir;
            const QString path = dir.filePath(QStringLiteral("inventory.db"));
            QFile cut(path);
            QVERIFY(cut.open(QIODevice::WriteOnly) && cut.write(whole.left(size)) == size);
            cut.close();
            const auto inventory = Inventory::open(path);
            VERIFY_OK(inventory);
            const auto points = (*inventory)->points();
            QVERIFY(points || (*inventory)->needsRebuild());
            VERIFY_OK(Inventory::open(path)); // and the next start
            ++usable;
        }
        qInfo("%d cuts", usable);
    }

private:
    std::unique_ptr<QTemporaryDir> m_dir;
    QString m_path;
};

QTEST_GUILESS_MAIN(TestInventory)
#include "tst_inventory.moc"
