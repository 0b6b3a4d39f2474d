// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/ibm_toolchain/region_advice.h"

#include <QJsonArray>
#include <QTest>

using namespace lb;

namespace {

const QDate kEnd(2027, 2, 12); // of all regions that are being closed (sheet, chapter 0)

QString addressIn(const QString &region)
{
    return QStringLiteral("https://cloud.ibm.com/devops/toolchains/"
                          "11111111-2222-4333-8444-555555555555?env_id=ibm:yp:") +
           region;
}

QJsonObject inputs(const QStringList &regions)
{
    QJsonArray addresses;
    for (const QString &region : regions)
        addresses.append(addressIn(region));
    return {{QStringLiteral("toolchain"), addresses}};
}

RestorePoint pointOf(const QString &region)
{
    RestorePoint point;
    PartRecord part;
    part.kind = QString::fromLatin1(kToolchainPart);
    part.details = {{QStringLiteral("region"), region}};
    point.parts = {part, part};
    return point;
}

/// `!` before what is urgent.
QStringList told(const QJsonObject &given, const QDate &today,
                 const std::vector<RestorePoint> &points = {})
{
    QStringList lines;
    for (const Advice &advice : toolchainAdvice(given, points, today))
        lines << (advice.isUrgent ? QStringLiteral("!") : QString()) + advice.sentences();
    return lines;
}

} // namespace

class TestRegionAdvice : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale::c()); }

    void daysAreCounted_data()
    {
        QTest::addColumn<int>("days");
        QTest::addColumn<QString>("expected");
        const auto closing = [](const char *when) {
            return QStringLiteral("us-east is being closed: its service ends %1")
                .arg(QLatin1String(when));
        };
        QTest::newRow("long before") << 82 << closing("on Friday, 12 February 2027, in 82 day(s)");
        QTest::newRow("30 days") << 30 << closing("on Friday, 12 February 2027, in 30 day(s)");
        QTest::newRow("29 days") << 29
                                 << u'!' + closing("on Friday, 12 February 2027, in 29 day(s)");
        QTest::newRow("the day") << 0
                                 << u'!' + closing("today, and what is in it is removed. Save");
        QTest::newRow("the day after")
            << -1
            << QStringLiteral("!us-east is gone since Friday, 12 February 2027: what was in it "
                              "is removed and can no longer be saved. Nothing was saved");
    }

    void daysAreCounted()
    {
        QFETCH(int, days);
        QFETCH(QString, expected);
        const QStringList lines = told(
            inputs({QStringLiteral("us-east"), QStringLiteral("us-east")}), kEnd.addDays(-days));
        QCOMPARE(lines.size(), 1); // one region, however many toolchains
        QVERIFY2(lines.first().startsWith(expected), qPrintable(lines.first()));
    }

    void onlyRegionsThatEnd()
    {
        const QDate today = kEnd.addDays(-100);
        QVERIFY(
            told(inputs({QStringLiteral("eu-de"), QStringLiteral("xx-none")}), today).isEmpty());
        QVERIFY(
            told({{QStringLiteral("toolchain"), QStringLiteral("no address")}}, today).isEmpty());
        QVERIFY(told({}, today).isEmpty());
        // One address alone, as a text; and the urgent ones first.
        QCOMPARE(told({{QStringLiteral("toolchain"), addressIn(QStringLiteral("ca-tor"))}}, today)
                     .size(),
                 1);
        const QStringList both =
            told(inputs({QStringLiteral("au-syd"), QStringLiteral("jp-osa")}), today);
        QCOMPARE(both.size(), 2);
        QVERIFY(both.first().startsWith(QStringLiteral("!jp-osa is gone: ")));
        QVERIFY(both.last().startsWith(QStringLiteral("au-syd is being closed")));
    }

    void whatWasSavedIsLeft()
    {
        const std::vector<RestorePoint> points{pointOf(QStringLiteral("us-east")),
                                               pointOf(QStringLiteral("us-east"))};
        // While the region is there its points are nothing to speak of.
        QVERIFY(told(inputs({QStringLiteral("eu-de")}), kEnd, points).isEmpty());
        const QStringList lines = told(inputs({QStringLiteral("eu-de")}), kEnd.addDays(1), points);
        QCOMPARE(lines.size(), 1);
        QVERIFY2(lines.first().contains(QStringLiteral("2 restore point(s) of it are left")),
                 qPrintable(lines.first()));
    }

    void theDayIsKept()
    {
        const auto closing =
            toolchainAdvice(inputs({QStringLiteral("us-east")}), {}, kEnd.addDays(-50));
        QCOMPARE(closing.front().endsOn, kEnd);
        const auto gone = toolchainAdvice(inputs({QStringLiteral("eu-es")}), {}, kEnd);
        QVERIFY(gone.front().isUrgent && !gone.front().endsOn.isValid());
    }

    void aPracticeConsoleCounts()
    {
        const QString page = QStringLiteral("http://127.0.0.1:8080/devops/toolchains/"
                                            "11111111-2222-4333-8444-555555555555"
                                            "?env_id=ibm:yp:us-east");
        QJsonObject given{{QStringLiteral("toolchain"), QJsonArray{page}}};
        QVERIFY(told(given, kEnd).isEmpty());
        given.insert(QStringLiteral("console_url"), QStringLiteral("http://127.0.0.1:8080"));
        QCOMPARE(told(given, kEnd).size(), 1);
    }
};

QTEST_APPLESS_MAIN(TestRegionAdvice)
#include "tst_region_advice.moc"
