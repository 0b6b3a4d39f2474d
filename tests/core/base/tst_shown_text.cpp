// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/english_plurals.h"
#include "core/base/format.h"
#include "core/base/text.h"

#include <QCoreApplication>
#include <QLocale>
#include <QProcess>
#include <QTest>

using namespace lb;

/// What people read and copy: numbers, ages, foreign text, commands.
class TestShownText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void countedWordsAreEnglish_data();
    void countedWordsAreEnglish();
    void sizes_data();
    void sizes();
    void durations_data();
    void durations();
    void ages_data();
    void ages();
    void foreignTextIsHarmless_data();
    void foreignTextIsHarmless();
    void foreignBytesAreHarmless_data();
    void foreignBytesAreHarmless();
    void linesAreWrapped_data();
    void linesAreWrapped();
    void commandsSurviveAShell_data();
    void commandsSurviveAShell();
    void nearMissesAreFound_data();
    void nearMissesAreFound();
};

void TestShownText::initTestCase()
{
    QLocale::setDefault(QLocale::c());
    installEnglishPlurals(QCoreApplication::instance());
}

void TestShownText::countedWordsAreEnglish_data()
{
    QTest::addColumn<QByteArray>("source");
    QTest::addColumn<int>("count");
    QTest::addColumn<QString>("shown");
    QTest::newRow("none") << QByteArray("%n file(s)") << 0 << QStringLiteral("0 files");
    QTest::newRow("one") << QByteArray("%n file(s)") << 1 << QStringLiteral("1 file");
    QTest::newRow("two") << QByteArray("%n file(s)") << 2 << QStringLiteral("2 files");
    QTest::newRow("twice") << QByteArray("%n file(s), step(s)") << 1
                           << QStringLiteral("1 file, step");
    QTest::newRow("not counted") << QByteArray("file(s)") << -1 << QStringLiteral("file(s)");
    QTest::newRow("es") << QByteArray("%n process(es)") << 2 << QStringLiteral("2 processes");
}

void TestShownText::countedWordsAreEnglish()
{
    QFETCH(const QByteArray, source);
    QFETCH(const int, count);
    QFETCH(const QString, shown);
    QCOMPARE(QCoreApplication::translate("Test", source.constData(), nullptr, count), shown);
}

void TestShownText::sizes_data()
{
    QTest::addColumn<qint64>("bytes");
    QTest::addColumn<QString>("shown");
    QTest::newRow("0") << qint64(0) << QStringLiteral("0 bytes");
    QTest::newRow("1023") << qint64(1023) << QStringLiteral("1023 bytes");
    QTest::newRow("1024") << qint64(1024) << QStringLiteral("1.0 KiB");
    QTest::newRow("1536") << qint64(1536) << QStringLiteral("1.5 KiB");
    QTest::newRow("2 GiB") << (qint64(2) << 30) << QStringLiteral("2.0 GiB");
    QTest::newRow("5 TiB") << (qint64(5) << 40) << QStringLiteral("5.0 TiB");
}

void TestShownText::sizes()
{
    QFETCH(const qint64, bytes);
    QFETCH(const QString, shown);
    QCOMPARE(formatSize(bytes), shown);
}

void TestShownText::durations_data()
{
    QTest::addColumn<qint64>("ms");
    QTest::addColumn<QString>("shown");
    const auto row = [](qint64 ms, const char *shown) {
        QTest::newRow(shown) << ms << QString::fromLatin1(shown);
    };
    row(0, "0 ms");
    row(35, "35 ms");
    row(999, "999 ms");
    row(1000, "1.0 s");
    row(4200, "4.2 s");
    row(10'000, "10 s");
    row(59'999, "59 s");
    row(60'000, "1 min 0 s");
    row(200'000, "3 min 20 s");
    row(3'599'999, "59 min 59 s");
    row(4'320'000, "1 h 12 min");
    row(47 * 3'600'000LL, "47 h 0 min");
    row(51 * 3'600'000LL, "2 d 3 h");
    QTest::newRow("a clock that went back") << qint64(-5) << QStringLiteral("0 ms");
}

void TestShownText::durations()
{
    QFETCH(const qint64, ms);
    QFETCH(const QString, shown);
    QCOMPARE(formatDuration(std::chrono::milliseconds(ms)), shown);
}

void TestShownText::ages_data()
{
    QTest::addColumn<qint64>("seconds");
    QTest::addColumn<QString>("shown");
    const auto row = [](qint64 seconds, const char *shown) {
        QTest::newRow(qPrintable(QString::number(seconds)))
            << seconds << QString::fromLatin1(shown);
    };
    row(-3600, "just now"); // another computer's clock
    row(59, "just now");
    row(60, "1 minute ago");
    row(3599, "59 minutes ago");
    row(3600, "1 hour ago");
    row(86'399, "23 hours ago");
    row(86'400, "1 day ago");
    row(40 * 86'400, "40 days ago");
}

void TestShownText::ages()
{
    QFETCH(const qint64, seconds);
    QFETCH(const QString, shown);
    const QDateTime now(QDate(2026, 11, 21), QTime(3, 4, 5), Qt::UTC);
    QCOMPARE(formatAge(now.addSecs(-seconds), now), shown);
    QCOMPARE(formatAge({}, now), QStringLiteral("never"));
}

void TestShownText::foreignTextIsHarmless_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("keepLines");
    QTest::addColumn<QString>("shown");
    const auto row = [](const char *name, const QString &text, const char *shown,
                        bool keepLines = false) {
        QTest::newRow(name) << text << keepLines << QString::fromUtf8(shown);
    };
    row("plain", QStringLiteral("Übergabe 日本 😀"), "Übergabe 日本 😀");
    row("colour", QStringLiteral("\x1b[31mred"), "\\x1b[31mred");
    row("one-byte CSI", QStringLiteral("\u009b31m"), "\\x9b31m");
    row("NUL and DEL", QString::fromLatin1("a\0b\x7f", 4), "a\\x00b\\x7f");
    row("carriage return", QStringLiteral("yes\rno"), "yes\\x0dno");
    row("carriage return among lines", QStringLiteral("yes\rno\n"), "yes\\x0dno\n", true);
    row("lines", QStringLiteral("a\n\tb"), "a\\n\\tb");
    row("lines kept", QStringLiteral("a\n\tb"), "a\n\tb", true);
    row("right to left", QStringLiteral("a\u202egpj.exe"), "a\\u202egpj.exe");
    row("isolates", QStringLiteral("\u2066x\u2069"), "\\u2066x\\u2069");
    row("marks", QStringLiteral("\u200f\u061c"), "\\u200f\\u061c");
}

void TestShownText::foreignTextIsHarmless()
{
    QFETCH(const QString, text);
    QFETCH(const bool, keepLines);
    QFETCH(const QString, shown);
    QCOMPARE(displayText(text, keepLines), shown);
}

void TestShownText::foreignBytesAreHarmless_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("shown");
    const auto row = [](const char *name, const QByteArray &bytes, const char *shown) {
        QTest::newRow(name) << bytes << QString::fromUtf8(shown);
    };
    row("UTF-8", "Übergabe 😀", "Übergabe 😀");
    row("Latin-1 in the middle", "caf\xe9 au", "caf\\xe9 au");
    row("cut off at the end", "caf\xc3", "caf\\xc3");
    row("both kinds", "\xff\xc3\xa9\xfe", "\\xffé\\xfe");
    row("overlong", "\xc0\xaf", "\\xc0\\xaf");
    row("surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80");
    row("four bytes cut", "\xf0\x9f\x98", "\\xf0\\x9f\\x98");
    row("an escape between", "\x1b\xff\n", "\\x1b\\xff\\n");
    row("C1 as UTF-8", "\xc2\x9b", "\\x9b");
}

void TestShownText::foreignBytesAreHarmless()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const QString, shown);
    QCOMPARE(displayBytes(bytes), shown);
}

void TestShownText::linesAreWrapped_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("width");
    QTest::addColumn<bool>("keepLong");
    QTest::addColumn<QString>("shown"); // lines joined by |
    const auto row = [](const char *name, const char *text, int width, const char *shown,
                        bool keepLong = false) {
        QTest::newRow(name) << QString::fromUtf8(text) << width << keepLong
                            << QString::fromUtf8(shown);
    };
    row("fits", "one two", 20, "- one two");
    row("exactly", "one two", 9, "- one two");
    row("one too many", "one two", 8, "- one|  two");
    row("not broken", "one two three four five", 0, "- one two three four five");
    row("long word", "abcdefghijklmno", 10, "- abcdefgh|  ijklmno");
    row("long word behind", "one abcdefghijklmno", 10, "- one|  abcdefgh|  ijklmno");
    row("long word kept", "one abcdefghijklmno two", 10, "- one|  abcdefghijklmno|  two", true);
    row("nothing", "", 10, "- ");
}

void TestShownText::linesAreWrapped()
{
    QFETCH(const QString, text);
    QFETCH(const int, width);
    QFETCH(const bool, keepLong);
    QFETCH(const QString, shown);
    const QStringList lines = wrapText(text, width, QStringLiteral("- "), QStringLiteral("  "),
                                       keepLong ? LongWords::Keep : LongWords::Break);
    QCOMPARE(lines.join(u'|'), shown);
}

void TestShownText::commandsSurviveAShell_data()
{
    QTest::addColumn<QStringList>("words");
    const auto row = [](const char *name, const QStringList &words) {
        QTest::newRow(name) << words;
    };
    row("plain", {QStringLiteral("a-b_c/d.e")});
    row("empty", {QString(), QStringLiteral("x")});
    row("spaces", {QStringLiteral(" a  b ")});
    row("quotes", {QStringLiteral("it's \"so\"")});
    row("would run",
        {QStringLiteral("$(false)"), QStringLiteral("`false`"), QStringLiteral("; false")});
    row("would expand", {QStringLiteral("*"), QStringLiteral("~"), QStringLiteral("$HOME"),
                         QStringLiteral("{a,b}"), QStringLiteral("!!")});
    row("line break", {QStringLiteral("a\nb\\n")});
    row("not ASCII", {QStringLiteral("Über 日本")});
}

void TestShownText::commandsSurviveAShell()
{
    QFETCH(const QStringList, words);
    QProcess shell;
    shell.start(QStringLiteral("/bin/sh"),
                {QStringLiteral("-c"), shellLine(QStringLiteral("printf"),
                                                 QStringList(QStringLiteral("%s\\0")) + words)});
    QVERIFY(shell.waitForFinished());
    QCOMPARE(shell.exitCode(), 0);
    QCOMPARE(QString::fromUtf8(shell.readAllStandardOutput()),
             words.join(QChar(u'\0')) + QChar(u'\0'));
}

void TestShownText::nearMissesAreFound_data()
{
    QTest::addColumn<QString>("word");
    QTest::addColumn<QString>("found");
    QTest::newRow("swapped") << QStringLiteral("resotre") << QStringLiteral("restore");
    QTest::newRow("left out") << QStringLiteral("sav") << QStringLiteral("save");
    QTest::newRow("case") << QStringLiteral("SAVE") << QStringLiteral("save");
    QTest::newRow("something else") << QStringLiteral("kubernetes") << QString();
    QTest::newRow("nothing") << QString() << QString();
}

void TestShownText::nearMissesAreFound()
{
    QFETCH(const QString, word);
    QFETCH(const QString, found);
    QCOMPARE(nearest(word, {QStringLiteral("save"), QStringLiteral("restore"),
                            QStringLiteral("rehearse")}),
             found);
}

QTEST_GUILESS_MAIN(TestShownText)
#include "tst_shown_text.moc"
