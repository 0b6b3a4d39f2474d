// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/arguments.h"
#include "app/cli/completion.h"
#include "app/cli/event_lines.h"
#include "app/cli/session.h"
#include "resources/resources.h"

#include <QTemporaryDir>
#include <QTest>

using namespace lb;
using namespace lb::cli;

class TestCliArguments : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyVerbTakesItsOwnLine_data();
    void everyVerbTakesItsOwnLine();
    void wrongUseSaysWhatIsWrong_data();
    void wrongUseSaysWhatIsWrong();
    void everyExampleParses();
    void helpTeachesAndFits();
    void jsonStandsAnywhere();
    void keysAndValues();
    void completionKnowsTheTable();
    void tablesFit_data();
    void tablesFit();
    void progressFitsNarrowTerminals_data();
    void progressFitsNarrowTerminals();
};

namespace {

QString nameOf(const VerbSpec &verb)
{
    return QString::fromLatin1(verb.name);
}

/// Words as a shell would cut the examples: quotes hold together.
QStringList shellWords(const QString &line)
{
    QStringList words{QString()};
    QChar quote;
    for (const QChar c : line) {
        if (!quote.isNull() && c == quote)
            quote = QChar();
        else if (quote.isNull() && c == QLatin1Char('\''))
            quote = c;
        else if (quote.isNull() && c == QLatin1Char(' '))
            words << QString();
        else
            words.last() += c;
    }
    return words;
}

void addVerbRows()
{
    QTest::addColumn<QString>("verb");
    for (const VerbSpec &verb : verbTable())
        QTest::newRow(verb.name) << nameOf(verb);
}

} // namespace

void TestCliArguments::everyVerbTakesItsOwnLine_data()
{
    addVerbRows();
}

void TestCliArguments::everyVerbTakesItsOwnLine()
{
    QFETCH(const QString, verb);
    const VerbSpec &spec = *findVerb(verb);
    QStringList line = verb.split(QLatin1Char(' '));
    for (const ArgumentSpec &argument : spec.arguments)
        line << QString::fromLatin1(argument.name).toLower();
    for (const OptionSpec &option : spec.options) {
        line << QStringLiteral("--") + QString::fromLatin1(option.name);
        if (option.value)
            line << QStringLiteral("a=b");
    }
    const auto good = parseArguments(line);
    QVERIFY2(good, good ? "" : qPrintable(good.error().sentence()));
    QCOMPARE(good->verb, &spec);
    QCOMPARE(good->words.size(), qsizetype(spec.arguments.size()));
    for (const OptionSpec &option : spec.options)
        QCOMPARE(good->value(option.name), option.value ? QStringLiteral("a=b") : QString());

    // One word too few, an unknown option, an option twice.
    const QStringList bare = verb.split(QLatin1Char(' '));
    if (!spec.arguments.empty() && !spec.arguments[0].optional) {
        const auto fewer = parseArguments(bare);
        QVERIFY(!fewer);
        QVERIFY(fewer.error().sentence().contains(
            QStringLiteral("needs %1").arg(QString::fromLatin1(spec.arguments[0].name))));
        QVERIFY(fewer.error().sentence().contains(usageLine(spec)));
    }
    const auto unknown = parseArguments(QStringList(line) << QStringLiteral("--nonsense"));
    QVERIFY(!unknown);
    QVERIFY(unknown.error().sentence().contains(QStringLiteral("no option --nonsense")));
    const bool endless = std::any_of(spec.arguments.begin(), spec.arguments.end(),
                                     [](const ArgumentSpec &a) { return a.repeat; });
    const auto more = parseArguments(QStringList(line) << QStringLiteral("extra"));
    QCOMPARE(more.has_value(), endless);
    for (const OptionSpec &option : spec.options) {
        QStringList twice = line;
        twice << QStringLiteral("--") + QString::fromLatin1(option.name);
        if (option.value)
            twice << QStringLiteral("c=d");
        QCOMPARE(parseArguments(twice).has_value(), option.repeat);
    }
}

void TestCliArguments::wrongUseSaysWhatIsWrong_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("says");
    const auto row = [](const char *line, const char *says) {
        QTest::newRow(line) << QString::fromUtf8(line) << QString::fromUtf8(says);
    };
    row("", "No verb was given");
    row("runz", "did you mean “run”?");
    row("runs", "“runs” needs one more word: list, show");
    row("runs sho", "did you mean “runs show”?");
    row("backups verfy p1", "did you mean “backups verify”?");
    row("runs show r1 --jsn", "did you mean --json?");
    row("run files.save --sytem shop", "did you mean --system?");
    row("run files.save --system", "--system needs NAME");
    row("run files.save --yes=no", "--yes takes no value");
    row("run files.save --system a --system b", "--system was given twice");
    row("runs show r1 r2", "does not take “r2”");
    row("--nonsense runs list", "cannot stand before the verb");
    row("systems set shop", "“systems set” needs KEY=VALUE");
}

void TestCliArguments::wrongUseSaysWhatIsWrong()
{
    QFETCH(const QString, line);
    QFETCH(const QString, says);
    const auto parsed = parseArguments(line.split(QLatin1Char(' '), Qt::SkipEmptyParts));
    QVERIFY(!parsed);
    QCOMPARE(exitOf(parsed.error()), int(kWrongUse));
    QVERIFY2(parsed.error().sentence().contains(says), qPrintable(parsed.error().sentence()));
}

void TestCliArguments::everyExampleParses()
{
    for (const VerbSpec &verb : verbTable()) {
        QVERIFY2(!verb.examples.empty(), verb.name);
        for (const Example &example : verb.examples) {
            const QString command =
                QString::fromUtf8(example.command).section(QStringLiteral(" > "), 0, 0);
            const auto parsed = parseArguments(shellWords(command));
            QVERIFY2(parsed, qPrintable(command));
        }
    }
}

void TestCliArguments::helpTeachesAndFits()
{
    for (const int width : {50, 80}) {
        for (const VerbSpec &verb : verbTable()) {
            const QString help = verbHelp(verb, width);
            for (const OptionSpec &option : verb.options)
                QVERIFY(help.contains(QStringLiteral("--") + QString::fromLatin1(option.name)));
            QVERIFY(help.contains(QStringLiteral("Examples:")));
            for (const QString &line : help.split(QLatin1Char('\n'))) {
                const bool isCommand = line.startsWith(QStringLiteral("  lifeboat-cli "));
                QVERIFY2(isCommand || line.size() <= width, qPrintable(line));
            }
        }
        for (const QString &line : generalHelp(width).split(QLatin1Char('\n')))
            QVERIFY2(line.size() <= width, qPrintable(line));
    }
    QVERIFY(generalHelp(80).contains(QStringLiteral("practice run files")));
}

void TestCliArguments::jsonStandsAnywhere()
{
    for (const char *line : {"--json runs list", "runs list --json", "runs --json"}) {
        const auto parsed = parseArguments(QString::fromLatin1(line).split(QLatin1Char(' ')));
        QCOMPARE(parsed.has_value(), QByteArray(line) != "runs --json");
        if (parsed)
            QVERIFY(parsed->json);
    }
    const auto literal =
        parseArguments({QStringLiteral("backups"), QStringLiteral("extract"), QStringLiteral("p1"),
                        QStringLiteral("--"), QStringLiteral("--json")});
    QVERIFY(literal);
    QVERIFY(!literal->json);
    QCOMPARE(literal->word(1), QStringLiteral("--json"));
}

void TestCliArguments::keysAndValues()
{
    const auto map =
        keyValues({QStringLiteral("a=1"), QStringLiteral("a=x=y"), QStringLiteral("b=")},
                  QStringLiteral("--set"));
    QVERIFY(map);
    QCOMPARE(map->value(QStringLiteral("a")),
             (QStringList{QStringLiteral("1"), QStringLiteral("x=y")}));
    QCOMPARE(map->value(QStringLiteral("b")), QStringList{QString()});
    QVERIFY(!keyValues({QStringLiteral("novalue")}, QStringLiteral("--set")));
    QVERIFY(!keyValues({QStringLiteral("=v")}, QStringLiteral("--set")));
}

void TestCliArguments::completionKnowsTheTable()
{
    initResources();
    QTemporaryDir home;
    qputenv("XDG_DATA_HOME", home.path().toUtf8());
    qputenv("XDG_CONFIG_HOME", home.path().toUtf8());
    Service service;
    const auto complete = [&](const char *line) {
        return completionWords(service, QString::fromUtf8(line).split(QLatin1Char(' ')));
    };
    QVERIFY(complete("ru").contains(QStringLiteral("runs")));
    QVERIFY(complete("runs re").contains(QStringLiteral("resume")));
    QVERIFY(!complete("runs re").contains(QStringLiteral("show")));
    QVERIFY(complete("run ").contains(QStringLiteral("files.save")));
    QVERIFY(complete("run files.save --ye").contains(QStringLiteral("--yes")));
    QVERIFY(complete("run files.save --target ").contains(QStringLiteral("rehearsal")));
    QVERIFY(complete("completion ").contains(QStringLiteral("fish")));
    QVERIFY(complete("runs answer r s ").contains(QStringLiteral("retry")));
    QVERIFY(service.addSystem(QStringLiteral("shop"), QStringLiteral("files"),
                              {{QStringLiteral("folder"), {QStringLiteral("/srv")}}}));
    QCOMPARE(complete("systems show s"), QStringList{QStringLiteral("shop")});
    QCOMPARE(complete("run files.save --system "), QStringList{QStringLiteral("shop")});
    for (const char *shell : {"bash", "zsh", "fish"}) {
        const auto script = completionScript(QString::fromLatin1(shell));
        QVERIFY(script);
        QVERIFY(script->contains(QStringLiteral("--complete")));
    }
    QVERIFY(!completionScript(QStringLiteral("tcsh")));
}

void TestCliArguments::tablesFit_data()
{
    QTest::addColumn<int>("width");
    QTest::newRow("40") << 40;
    QTest::newRow("60") << 60;
    QTest::newRow("80") << 80;
}

void TestCliArguments::tablesFit()
{
    QFETCH(const int, width);
    const QString id = QStringLiteral("r20261121-030405-a1b2c3");
    Table table({{QStringLiteral("RUN"), true},
                 {QStringLiteral("STATE"), true},
                 {QStringLiteral("SYSTEM")},
                 {QStringLiteral("WHAT")}});
    table.add({id, QStringLiteral("interrupted"), QString(40, QLatin1Char('s')),
               QStringLiteral("many words that are wrapped below themselves, and \x1b[2J a trap")});
    const QString text = table.text(width);
    QVERIFY2(text.contains(id), qPrintable(text));
    QVERIFY(!text.contains(QLatin1Char('\x1b')));
    for (const QString &line : text.split(QLatin1Char('\n')))
        QVERIFY2(line.size() <= width, qPrintable(line));
}

void TestCliArguments::progressFitsNarrowTerminals_data()
{
    tablesFit_data();
}

void TestCliArguments::progressFitsNarrowTerminals()
{
    QFETCH(const int, width);
    Progress progress;
    progress.step = QStringLiteral("save[/srv/a/folder/with/a/long/name]");
    progress.bytesDone = qint64(1) << 30;
    progress.bytesTotal = qint64(4) << 30;
    progress.stepRemainingMs = 90'000;
    progress.itemsDone = 1234;
    const QString line =
        progressLine(progress, 300.0 * 1024 * 1024, std::chrono::seconds(10), width);
    QVERIFY2(line.size() < width, qPrintable(line));
    QVERIFY2(line.contains(QStringLiteral("25%")), qPrintable(line));
    if (width >= 60)
        QVERIFY2(line.contains(QStringLiteral("left")), qPrintable(line));
    if (width >= 80)
        QVERIFY2(line.contains(QStringLiteral("GiB")), qPrintable(line));
    Progress unknown;
    unknown.step = QStringLiteral("quiesce");
    QVERIFY(progressLine(unknown, 0, std::chrono::seconds(75), width)
                .contains(QStringLiteral("1 min 15 s")));
}

QTEST_GUILESS_MAIN(TestCliArguments)
#include "tst_cli_arguments.moc"
