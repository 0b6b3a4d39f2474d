// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/ibm_toolchain/address.h"

#include <QTest>

using namespace lb;

namespace {

const QString kId = QStringLiteral("11111111-2222-4333-8444-555555555555");

/// "id region account console" of an address; "! code" of one that is refused.
QString read(const QString &text, const QString &console = {})
{
    const auto address = readToolchainAddress(text, console);
    return address
               ? QStringList{address->id, address->region, address->account, address->console}.join(
                     QLatin1Char(' '))
               : QStringLiteral("! ") + errorCodeName(address.error().code);
}

} // namespace

class TestToolchainAddress : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void addresses_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("expected");
        const QString good = kId + QStringLiteral(" us-south  https://cloud.ibm.com");
        const auto row = [](const char *name, const QString &text, const QString &expected) {
            QTest::newRow(name) << text << expected;
        };
        const QString page = QStringLiteral("https://cloud.ibm.com/devops/toolchains/") + kId;
        const QString bad = QStringLiteral("! bad_input");
        row("plain", page + QStringLiteral("?env_id=ibm:yp:us-south"), good);
        row("encoded", page + QStringLiteral("?env_id=ibm%3Ayp%3Aus-south"), good);
        row("more", page + QStringLiteral("/settings?x=1&env_id=ibm:yp:us-south&y=2#top"), good);
        row("space", QStringLiteral("  %1?env_id=ibm:yp:us-south\n").arg(page), good);
        row("upper case host",
            QStringLiteral("https://Cloud.IBM.com/devops/toolchains/%1?env_id=ibm:yp:us-south")
                .arg(kId),
            good);
        row("test cloud",
            QStringLiteral("https://test.cloud.ibm.com/devops/toolchains/%1?env_id=ibm:yp:us-south")
                .arg(kId),
            kId + QStringLiteral(" us-south  https://test.cloud.ibm.com"));
        row("CRN",
            QStringLiteral("crn:v1:bluemix:public:toolchain:us-south:a/0123456789abcdef:%1::")
                .arg(kId),
            kId + QStringLiteral(" us-south 0123456789abcdef https://cloud.ibm.com"));
        row("CRN of a pipeline",
            QStringLiteral("crn:v1:bluemix:public:continuous-delivery:us-south:a/01:%1::").arg(kId),
            bad);
        row("no region", page, bad);
        row("another environment", page + QStringLiteral("?env_id=us-south"), bad);
        row("another host",
            QStringLiteral(
                "https://cloud.ibm.com.example.test/devops/toolchains/%1?env_id=ibm:yp:us-south")
                .arg(kId),
            bad);
        row("not encrypted",
            QStringLiteral("http://cloud.ibm.com/devops/toolchains/%1?env_id=ibm:yp:us-south")
                .arg(kId),
            bad);
        row("a user",
            QStringLiteral("https://ann@cloud.ibm.com/devops/toolchains/%1?env_id=ibm:yp:us-south")
                .arg(kId),
            bad);
        row("no id",
            QStringLiteral("https://cloud.ibm.com/devops/toolchains?env_id=ibm:yp:us-south"), bad);
        row("not version 4",
            QStringLiteral("https://cloud.ibm.com/devops/toolchains/"
                           "11111111-2222-3333-8444-555555555555?env_id=ibm:yp:us-south"),
            bad);
        row("nothing", QString(), bad);
    }
    void addresses()
    {
        QFETCH(QString, text);
        QTEST(read(text), "expected");
    }

    void aProfileMayNameItsConsole()
    {
        const QString page =
            QStringLiteral("http://127.0.0.1:8080/devops/toolchains/%1?env_id=ibm:yp:eu-de")
                .arg(kId);
        QCOMPARE(read(page), QStringLiteral("! bad_input"));
        QCOMPARE(read(page, QStringLiteral("http://127.0.0.1:8080/")),
                 kId + QStringLiteral(" eu-de  http://127.0.0.1:8080"));
        QCOMPARE(read(page, QStringLiteral("http://127.0.0.1:8081")),
                 QStringLiteral("! bad_input"));
        const auto address = readToolchainAddress(page, QStringLiteral("http://127.0.0.1:8080"));
        QCOMPARE(address->url(), page);
    }

    void regions()
    {
        using State = ToolchainRegion::State;
        QCOMPARE(toolchainRegions().size(), std::size_t(11));
        QVERIFY(toolchainRegion(QStringLiteral("eu-gb")).state == State::Staying);
        QVERIFY(toolchainRegion(QStringLiteral("us-east")).state == State::Closing);
        QCOMPARE(toolchainRegion(QStringLiteral("us-east")).end, QDate(2027, 2, 12));
        QVERIFY(toolchainRegion(QStringLiteral("eu-es")).state == State::Gone);
        QVERIFY(toolchainRegion(QStringLiteral("xx-yyy")).state == State::Unknown);
        QVERIFY(checkTargetRegion(QStringLiteral("jp-tok")));
        for (const char *name : {"us-east", "jp-osa", "xx-yyy"})
            QVERIFY(!checkTargetRegion(QString::fromLatin1(name)));
        QVERIFY(checkSourceRegion(QStringLiteral("us-east")));
        QVERIFY(!checkSourceRegion(QStringLiteral("ca-mon")));
    }

    void mirrors()
    {
        const auto mirror = [](const char *url) {
            return mirrorUrl(QString::fromLatin1(url), QStringLiteral("us-south"),
                             QStringLiteral("eu-de"));
        };
        QCOMPARE(mirror("https://us-south.git.cloud.ibm.com/ann/web.git"),
                 QStringLiteral("https://eu-de.git.cloud.ibm.com/ann/web.git"));
        QCOMPARE(mirror("https://ann:x@us-south.git.cloud.ibm.com/ann/a%20b"),
                 QStringLiteral("https://eu-de.git.cloud.ibm.com/ann/a%20b"));
        QVERIFY(mirror("https://eu-gb.git.cloud.ibm.com/ann/web.git").isEmpty());
        QVERIFY(mirror("https://github.com/ann/us-south.git").isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestToolchainAddress)
#include "tst_toolchain_address.moc"
