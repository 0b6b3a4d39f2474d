// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/restore_point.h"
#include "folded_events.h"

#include <QRegularExpression>
#include <QTest>

using namespace lb;
using namespace lb::test;

/// What travels and is compared as a whole: requests, identities, restore points.
class TestRecords : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void requestsSurviveTheJournal();
    void foreignRequestsAreRefused_data();
    void foreignRequestsAreRefused();
    void identitiesAreCompared_data();
    void identitiesAreCompared();
    void bestPointIsProvenAndRecent_data();
    void bestPointIsProvenAndRecent();
};

void TestRecords::requestsSurviveTheJournal()
{
    RunRequest request;
    request.id = RunId(kRun);
    request.mode = RunMode::Run;
    request.runbookId = QStringLiteral("own");
    request.runbookText = "lifeboat: 1\n# Übergabe\n";
    request.hidden = request.attended = request.targetGiven = true;
    request.system.name = QStringLiteral("shop");
    request.system.holders.insert(QStringLiteral("pw"), QStringLiteral("Database team"));
    request.system.pinned.facts = json("{'machine_id': 'm'}");
    request.store = {QStringLiteral("nas"), QStringLiteral("/mnt/nas")};
    request.target = TargetKind::Replacement;
    request.restorePoint = QStringLiteral("best");
    request.maxLoss = std::chrono::hours(4);
    request.only = QStringList{QStringLiteral("db")};
    request.inputs = json("{'folder': ['/srv']}");
    request.go.yes = true;
    request.go.accept.insert(QStringLiteral("room"), QStringLiteral("enough"));
    request.undoOf = kRun;
    request.at = second(0);
    const auto read = RunRequest::fromJson(request.toJson());
    QVERIFY2(read, read ? "" : qPrintable(read.error().sentence()));
    QCOMPARE(read->toJson(), request.toJson());
    QCOMPARE(read->runbookText, request.runbookText);
    QCOMPARE(read->maxLoss, request.maxLoss);
    QCOMPARE(read->mode, RunMode::Run);
    QVERIFY(read->hidden && read->attended && read->targetGiven);
}

void TestRecords::foreignRequestsAreRefused_data()
{
    QTest::addColumn<QByteArray>("change");
    QTest::addColumn<int>("code");
    const auto row = [](const char *change, ErrorCode code) {
        QTest::newRow(change) << QByteArray(change) << int(code);
    };
    row("{'format': 2}", ErrorCode::Unsupported);
    row("{'format': null}", ErrorCode::Corrupt);
    row("{'id': '../../etc'}", ErrorCode::Corrupt);
    row("{'id': ''}", ErrorCode::Corrupt);
    row("{'max_loss': 'much'}", ErrorCode::BadInput);
}

void TestRecords::foreignRequestsAreRefused()
{
    QFETCH(const QByteArray, change);
    QFETCH(const int, code);
    RunRequest request;
    request.id = RunId(kRun);
    QJsonObject object = request.toJson();
    const QJsonObject changes = json(change);
    for (auto it = changes.begin(); it != changes.end(); ++it)
        object.insert(it.key(), it.value());
    const auto read = RunRequest::fromJson(object);
    QVERIFY(!read);
    QCOMPARE(int(read.error().code), code);
}

void TestRecords::identitiesAreCompared_data()
{
    // Facts as letters: name and value, `mA` = machine id A.
    QTest::addColumn<QString>("pinned");
    QTest::addColumn<QString>("live");
    QTest::addColumn<bool>("same");
    QTest::addColumn<bool>("different");
    const auto row = [](const char *pinned, const char *live, bool same, bool different) {
        QTest::newRow(
            qPrintable(QStringLiteral("%1, %2").arg(QLatin1String(pinned), QLatin1String(live))))
            << QString::fromLatin1(pinned) << QString::fromLatin1(live) << same << different;
    };
    row("mA kA", "mA kA", true, false);
    row("mA kA hA", "mA kA", true, false);     // the third cannot be read
    row("mA kA", "mB kB", false, true);        // another machine
    row("mA kA hA", "mA kA hB", false, false); // renamed: a person decides
    row("mA kA", "mA kB", false, true);
    row("mA kA", "mA", false, false); // one fact is no identity
    row("mA kA", "hA", false, false);
    row("", "mA kA", false, false);
}

void TestRecords::identitiesAreCompared()
{
    QFETCH(const QString, pinned);
    QFETCH(const QString, live);
    QFETCH(const bool, same);
    QFETCH(const bool, different);
    const auto identity = [](const QString &facts) {
        Identity made;
        for (const QString &fact : facts.split(u' ', Qt::SkipEmptyParts))
            made.facts.insert(fact.left(1), fact.mid(1));
        return made;
    };
    const IdentityComparison compared = compareIdentity(identity(pinned), identity(live));
    QCOMPARE(compared.same, same);
    QCOMPARE(compared.different, different);
}

void TestRecords::bestPointIsProvenAndRecent_data()
{
    // Points: days ago, and l(isted) c(hecksummed) r(ead) R(estored); `-` = incomplete.
    QTest::addColumn<QString>("points");
    QTest::addColumn<int>("limit"); // days; -1: any age
    QTest::addColumn<QString>("chosen");
    const auto row = [](const char *name, const char *points, int limit, const char *chosen) {
        QTest::newRow(name) << QString::fromLatin1(points) << limit << QString::fromLatin1(chosen);
    };
    row("none", "", -1, "");
    row("newest of equals", "3c 1c 2c", 1, "1c");
    row("proven before new", "1l 2r", 7, "2r");
    row("highest proof", "1c 2R 3r", 7, "2R");
    row("incomplete never counts", "1R- 2l", 7, "2l");
    row("nothing complete", "1R- 2r-", 7, "");
    row("proven but too old: a person decides", "1l 28R", 7, "");
    row("just not too old", "1l 8R", 7, "8R");
    row("any age", "1l 28R", -1, "28R");
    row("too old but the newest too", "28R 30c", 7, "28R");
}

void TestRecords::bestPointIsProvenAndRecent()
{
    QFETCH(const QString, points);
    QFETCH(const int, limit);
    QFETCH(const QString, chosen);
    const QDateTime now(QDate(2026, 11, 21), QTime(3, 4, 5), Qt::UTC);
    std::vector<RestorePoint> made;
    for (const QString &word : points.split(u' ', Qt::SkipEmptyParts)) {
        RestorePoint point;
        point.id = word;
        const qsizetype level = word.indexOf(QRegularExpression(QStringLiteral("[lcrR]")));
        point.madeAt = now.addDays(-word.left(level).toInt());
        point.proof = ProofLevel(QStringLiteral("lcrR").indexOf(word.at(level)));
        point.neededParts = QStringList{QStringLiteral("db")};
        if (!word.endsWith(u'-')) {
            point.parts.emplace_back();
            point.parts.back().id = QStringLiteral("db");
        }
        made.push_back(point);
    }
    const auto allowed =
        limit < 0 ? std::nullopt
                  : std::make_optional<std::chrono::milliseconds>(std::chrono::hours(24 * limit));
    const BestPoint best = chooseBest(made, allowed);
    QCOMPARE(best.chosen ? best.chosen->id : QString(), chosen);
    QCOMPARE(best.reason.isEmpty(), best.chosen.has_value());
}

QTEST_GUILESS_MAIN(TestRecords)
#include "tst_records.moc"
