// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/age.h"
#include "core/model/plan.h"

#include <QTest>

using namespace lb;

namespace {

const QString kRun = QStringLiteral("r20261121-193014-1c5826");

QString filled(const TemplateText &text)
{
    return *text.fill([](const Slot &) -> Result<QString> { return kRun; });
}

} // namespace

class TestPostgresCall : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void names_data()
    {
        QTest::addColumn<QString>("database");
        QTest::addColumn<bool>("asItIs");
        QTest::newRow("plain") << QStringLiteral("shop") << true;
        QTest::newRow("hostile") << QStringLiteral("a'b\"c=1 host=evil") << false;
        QTest::newRow("not ASCII") << QStringLiteral("Läden") << false;
        QTest::newRow("dash") << QStringLiteral("-Fc") << false;
        QTest::newRow("63 bytes") << QString(63, QLatin1Char('x')) << false;
        QTest::newRow("63 bytes of two each") << QString(31, QChar(0xe4)) << false;
    }

    void names()
    {
        QFETCH(QString, database);
        QFETCH(bool, asItIs);
        const QString stage = filled(ownDatabase(database, QStringLiteral("stage")));
        const QString aside = filled(ownDatabase(database, QStringLiteral("aside")));
        QVERIFY2(stage.toUtf8().size() <= 63, qPrintable(stage));
        QVERIFY(stage != aside);
        QVERIFY(isOwnDatabase(stage) && isOwnDatabase(aside));
        QVERIFY(!isOwnDatabase(database));
        QVERIFY(stage.endsWith(kRun));
        static const QRegularExpression plain(QStringLiteral("\\A[A-Za-z0-9_-]+\\z"));
        QVERIFY2(plain.match(stage).hasMatch(), qPrintable(stage));
        QCOMPARE(stage.startsWith(database + QStringLiteral("_lifeboat_")), asItIs);
    }

    void namesThatWereCutStayApart()
    {
        const QString head(40, QLatin1Char('x'));
        const auto stage = [](const QString &name) {
            return ownDatabase(name, QStringLiteral("stage")).display();
        };
        QVERIFY(stage(head + QStringLiteral("1")) != stage(head + QStringLiteral("2")));
        QVERIFY(stage(QStringLiteral("a b")) != stage(QStringLiteral("a_b")));
    }

    void quoting()
    {
        QCOMPARE(sqlName(QStringLiteral("a\"b")), QStringLiteral("\"a\"\"b\""));
        QCOMPARE(sqlText(QStringLiteral("it's")), QStringLiteral("'it''s'"));
        QCOMPARE(sqlText(QStringLiteral("a\\'")), QStringLiteral("E'a\\\\'''"));
        QCOMPARE(conninfo(QStringLiteral("a' host='b\\")),
                 QStringLiteral("dbname='a\\' host=\\'b\\\\'"));
        QCOMPARE(settingSql(QStringLiteral("search_path=data, \"$user\"")),
                 QStringLiteral("SET \"search_path\" TO data, \"$user\""));
        QCOMPARE(settingSql(QStringLiteral("app.flag=a=b'c")),
                 QStringLiteral("SET \"app\".\"flag\" TO 'a=b''c'"));
    }

    void whatIsTypedIsWhatIsRun()
    {
        PostgresCall call;
        call.work = PostgresWork::Stage;
        call.database = QStringLiteral("shop");
        call.staging = TemplateText(QStringLiteral("shop_new"));
        call.aside = TemplateText(QStringLiteral("shop_old"));
        call.targetExists = true;
        call.properties = {{QStringLiteral("encoding"), QStringLiteral("LATIN1")},
                           {QStringLiteral("collate"), QStringLiteral("C")},
                           {QStringLiteral("ctype"), QStringLiteral("C")},
                           {QStringLiteral("owner"), QStringLiteral("app")},
                           {QStringLiteral("connection_limit"), 30}};
        QCOMPARE(call.statements(),
                 QStringList{QStringLiteral("CREATE DATABASE \"shop_new\" TEMPLATE template0 "
                                            "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")});
        QCOMPARE(call.closing(),
                 (QStringList{QStringLiteral("ALTER DATABASE \"shop_new\" CONNECTION LIMIT 30"),
                              QStringLiteral("ALTER DATABASE \"shop_new\" OWNER TO \"app\"")}));

        call.work = PostgresWork::Swap;
        const QStringList swap = call.statements();
        QCOMPARE(swap.filter(QStringLiteral("ALLOW_CONNECTIONS false")).size(), 2);
        QCOMPARE(swap.filter(QStringLiteral("pg_terminate_backend")).size(), 2);
        // Who was shut out is let in under the new names.
        QCOMPARE(swap.mid(swap.indexOf(QStringLiteral("BEGIN"))),
                 (QStringList{QStringLiteral("BEGIN"),
                              QStringLiteral("ALTER DATABASE \"shop\" RENAME TO \"shop_old\""),
                              QStringLiteral("ALTER DATABASE \"shop_new\" RENAME TO \"shop\""),
                              QStringLiteral("COMMIT"),
                              QStringLiteral("ALTER DATABASE \"shop_old\" ALLOW_CONNECTIONS true"),
                              QStringLiteral("ALTER DATABASE \"shop\" ALLOW_CONNECTIONS true")}));
        QVERIFY(call.closing().isEmpty());
    }

    void everyWorkComesBackFromJson()
    {
        for (int i = 0; i <= int(PostgresWork::Drop); ++i) {
            PostgresCall call;
            call.work = PostgresWork(i);
            call.at = {QStringLiteral("db.example.test"), 5433, QStringLiteral("saver"),
                       QStringLiteral("postgres"), QStringLiteral("postgres_password")};
            call.database = QStringLiteral("shop");
            call.part = QStringLiteral("database-shop");
            call.point = QStringLiteral("p20261121-193014-1c5826");
            call.file = QStringLiteral("parts/database-shop.dump");
            call.title = QStringLiteral("Database shop");
            call.staging = ownDatabase(call.database, QStringLiteral("stage"));
            call.aside = ownDatabase(call.database, QStringLiteral("aside"));
            call.targetExists = i % 2 == 0;
            const auto back = PostgresCall::fromJson(call.toJson());
            QVERIFY(back);
            QCOMPARE(back->toJson(), call.toJson());
            QVERIFY(!call.describe().isEmpty());
            const std::vector<SecretUse> uses = secretsOf(call);
            QCOMPARE(uses.size(), size_t(1));
            QCOMPARE(uses.front().channel, QStringLiteral("environment"));
            // Never in an argument, whatever the program is.
            const std::vector<ProcessCall> programs = programsOf(call);
            for (const ProcessCall &program : programs) {
                for (const TemplateText &argument : program.arguments)
                    QVERIFY(!argument.display().contains(QStringLiteral("password=")));
            }
        }
        QVERIFY(!PostgresCall::fromJson({{QStringLiteral("work"), QStringLiteral("guess")}}));
    }

    /// What is encrypted has no file in clear, on no way.
    void encryptedPartsGoThroughAge()
    {
        const auto lines = [](const PostgresCall &call) {
            QStringList shown;
            for (const ProcessCall &program : programsOf(call)) {
                QStringList words{program.program};
                for (const TemplateText &argument : program.arguments)
                    words << argument.display();
                if (program.pipes)
                    words << QStringLiteral("|");
                shown << words.join(QLatin1Char(' '));
            }
            return shown;
        };
        PostgresCall call;
        call.encrypted = true;
        call.recipients = {QStringLiteral("age1a"), QStringLiteral("age1b")};
        call.file = QStringLiteral("parts/x.age");
        call.staging = QStringLiteral("stage");
        for (const PostgresWork work : {PostgresWork::Dump, PostgresWork::Globals}) {
            call.work = work;
            const QStringList shown = lines(call);
            QCOMPARE(shown.size(), 2);
            QVERIFY2(shown[0].endsWith(QStringLiteral(" |")), qPrintable(shown[0]));
            QVERIFY2(!shown[0].contains(QStringLiteral("--file")), qPrintable(shown[0]));
            QVERIFY2(!shown[0].contains(QStringLiteral("no-role-passwords")), qPrintable(shown[0]));
            QCOMPARE(shown[1], QStringLiteral("age --encrypt --recipient age1a --recipient age1b "
                                              "--output ‹point_folder›/parts/x.age"));
            QVERIFY(secretsOf(call).empty());
        }
        call.recipients.clear();
        for (const PostgresWork work : {PostgresWork::Roles, PostgresWork::Stage}) {
            call.work = work;
            QCOMPARE(lines(call).value(0),
                     QStringLiteral("age --decrypt --identity - ‹point_folder›/parts/x.age |"));
            QVERIFY(!lines(call).value(1).contains(QStringLiteral("parts/x.age")));
            const std::vector<SecretUse> uses = secretsOf(call);
            QCOMPARE(uses.size(), size_t(1));
            QCOMPARE(uses.front(), (SecretUse{kAgeIdentity, QStringLiteral("stdin")}));
        }
        const auto back = PostgresCall::fromJson(call.toJson());
        QVERIFY(back && back->encrypted);
    }

    void recipients_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("good");
        QTest::addColumn<bool>("goodForRecovery");
        const QString key =
            QStringLiteral("age14s4y06d9kpzzqr6snra6hlv5qs329r4mpaw3lrh0ul9jqsdrzvksjqqdjt");
        QTest::newRow("X25519") << key << true << true;
        QTest::newRow("mistyped") << QString(key).replace(u'9', u'8') << false << false;
        QTest::newRow("cut") << key.chopped(1) << false << false;
        QTest::newRow("of ssh") << QStringLiteral("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI") +
                                       QString(43, u'A')
                                << true << false;
        QTest::newRow("RSA") << QStringLiteral("ssh-rsa AAAA") << false << false;
        QTest::newRow("option") << QStringLiteral("--identity") << false << false;
        QTest::newRow("secret key") << QStringLiteral("AGE-SECRET-KEY-1QQQQ") << false << false;
    }

    void recipients()
    {
        QFETCH(QString, text);
        QTEST(checkAgeRecipient(text).has_value(), "good");
        QTEST(checkAgeRecipient(text, true).has_value(), "goodForRecovery");
        if (text.startsWith(QStringLiteral("AGE-SECRET")))
            QVERIFY(!checkAgeRecipient(text).error().sentence().contains(text));
    }

    void aSocketIsNoHost()
    {
        PostgresCall call;
        call.database = QStringLiteral("shop");
        QCOMPARE(call.scope(), QStringLiteral("postgresql://localhost:5432/shop"));
        call.work = PostgresWork::Dump;
        const ProcessCall dump = programsOf(call).front();
        for (const TemplateText &argument : dump.arguments)
            QVERIFY(!argument.display().startsWith(QStringLiteral("--host")));
    }
};

QTEST_GUILESS_MAIN(TestPostgresCall)
#include "tst_postgres_call.moc"
