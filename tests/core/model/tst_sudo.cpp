// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/plan.h"
#include "core/model/sudo.h"

#include <QTest>

using namespace lb;

namespace {

/// As sudo 1.9.13 prints it.
const QString kListing = QStringLiteral("Matching Defaults entries for me on vm:\n"
                                        "    env_reset, mail_badpass\n"
                                        "\n"
                                        "User me may run the following commands on vm:\n"
                                        "\n"
                                        "Sudoers entry:\n"
                                        "    RunAsUsers: ALL\n"
                                        "    RunAsGroups: ALL\n"
                                        "    Commands:\n"
                                        "\tALL\n"
                                        "\n"
                                        "Sudoers entry:\n"
                                        "    RunAsUsers: bob, eve\n"
                                        "    Options: setenv, !authenticate\n"
                                        "    Commands:\n"
                                        "\t/bin/echo *\n"
                                        "\t/usr/bin/id\n"
                                        "\t/bin/alone \"\"\n"
                                        "\t/opt/tools/\n"
                                        "\n"
                                        "Sudoers entry:\n"
                                        "    RunAsUsers: ALL, !bob\n"
                                        "    Options: !authenticate\n"
                                        "    Commands:\n"
                                        "\t/bin/sync\n"
                                        "\t!/bin/sync --all\n");

} // namespace

class TestSudo : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void asks_data()
    {
        QTest::addColumn<QString>("user");
        QTest::addColumn<QStringList>("command");
        QTest::addColumn<bool>("asks");
        const auto row = [](const char *name, const char *user, const char *command, bool asks) {
            QTest::newRow(name) << QString::fromLatin1(user)
                                << QString::fromLatin1(command).split(QLatin1Char(' ')) << asks;
        };
        row("the last that matches", "bob", "/bin/echo a/b c", false);
        row("any arguments", "eve", "/usr/bin/id -un", false);
        row("only for these users", "root", "/usr/bin/id", true);
        row("what the first allows", "bob", "/bin/cat x", true);
        row("only without arguments", "bob", "/bin/alone", false);
        row("without, but with", "bob", "/bin/alone x", true);
        row("all but one user", "root", "/bin/sync", false);
        row("that user", "bob", "/bin/sync", true);
        row("refused: no password helps", "root", "/bin/sync --all", false);
        row("a folder", "bob", "/opt/tools/a b", false);
        row("not below the folder", "bob", "/opt/tools/x/a", true);
    }

    void asks()
    {
        QFETCH(QString, user);
        QFETCH(QStringList, command);
        QFETCH(bool, asks);
        QCOMPARE(sudoAsks(kListing, user, command.first(), command.mid(1)), asks);
    }

    void whatNobodyAllowsIsNotAskedFor()
    {
        const QString one =
            QStringLiteral("Sudoers entry:\n    RunAsUsers: bob\n    Commands:\n\t/bin/echo\n");
        QVERIFY(sudoAsks(one, QStringLiteral("bob"), QStringLiteral("/bin/echo"), {}));
        QVERIFY(!sudoAsks(one, QStringLiteral("bob"), QStringLiteral("/bin/cat"), {}));
        // What we cannot read may allow it.
        QString digest = one;
        digest.replace(QStringLiteral("/bin/echo"), QStringLiteral("sha256:0a1b /bin/cat"));
        QVERIFY(sudoAsks(digest, QStringLiteral("bob"), QStringLiteral("/bin/cat"), {}));
    }

    void whoCannotLookIsAsked()
    {
        QVERIFY(sudoAsks({}, QStringLiteral("root"), QStringLiteral("/bin/true"), {}));
        QString never = kListing;
        never.replace(QStringLiteral("env_reset"), QStringLiteral("!authenticate"));
        QVERIFY(!sudoAsks(never, QStringLiteral("root"), QStringLiteral("/bin/cat"), {}));
    }

    void line()
    {
        QCOMPARE(sudoersLine(QStringLiteral("me"), QStringLiteral("bob"), QStringLiteral("/bin/a"),
                             {QStringLiteral("x,y"), QStringLiteral("b=*:\\")}, true),
                 QStringLiteral("me ALL=(bob) NOPASSWD:SETENV: /bin/a x\\,y b\\=\\*\\:\\\\"));
        QCOMPARE(sudoersLine(QStringLiteral("me"), QStringLiteral("bob"), QStringLiteral("/bin/a"),
                             {}, false),
                 QStringLiteral("me ALL=(bob) NOPASSWD: /bin/a \"\""));
    }

    void passwordAndInputNeverMeet()
    {
        ProcessCall call;
        call.program = QStringLiteral("/bin/load");
        call.arguments = {TemplateText(QStringLiteral("-x"))};
        call.environment = {{QStringLiteral("A"), TemplateText(QStringLiteral("1"))}};
        call.input = TemplateText(QStringLiteral("payload"));
        call.user = QStringLiteral("bob");
        call.asksPassword = true;
        const std::vector<ProcessCall> programs = programsOf(call);
        QCOMPARE(programs.size(), size_t(2));
        QCOMPARE(programs[0].program, QStringLiteral("sudo"));
        QCOMPARE(std::get<SecretRef>(programs[0].input).name, QLatin1String(kSudoPassword));
        QStringList words;
        for (const TemplateText &word : programs[1].arguments)
            words << word.literal();
        QCOMPARE(words.mid(3).join(QLatin1Char(' ')),
                 QLatin1String(kSudoPrompt) +
                     QStringLiteral(" -u bob --preserve-env=A -- /bin/load -x"));
        QVERIFY(programs[1].asksPassword); // after the prompt, before the payload
        QCOMPARE(std::get<TemplateText>(programs[1].input).literal(), QStringLiteral("payload"));
        QCOMPARE(secretNames({call}), QStringList(QLatin1String(kSudoPassword)));
        call.user.clear();
        call.asksPassword = false;
        QCOMPARE(programsOf(call).size(), size_t(1));
        QCOMPARE(programsOf(call).front().program, QStringLiteral("/bin/load"));
    }
};

QTEST_GUILESS_MAIN(TestSudo)
#include "tst_sudo.moc"
