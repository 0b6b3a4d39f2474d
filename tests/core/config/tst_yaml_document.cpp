// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/yaml_document.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QTest>

#include <ctime>
#include <sys/resource.h>

using namespace lb;

namespace {

constexpr double kMostTimes = 4; ///< of what the largest good text costs

QStringList texts(const YamlDocument &document)
{
    QStringList lines;
    for (const Diagnostic &diagnostic : document.diagnostics)
        lines << diagnostic.text();
    return lines;
}

QByteArray aliasBomb()
{
    QByteArray text = "a: &a [x,x,x,x,x,x,x,x,x]\n";
    for (char c = 'b'; c < 'n'; ++c) {
        const QByteArray alias = QByteArray("*") + char(c - 1);
        text += QByteArray(1, c) + ": &" + c + " [" + (alias + ",").repeated(8) + alias + "]\n";
    }
    return text;
}

double cpuSeconds()
{
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return double(time.tv_sec) + double(time.tv_nsec) / 1e9;
}

/// Processor time: how busy the machine is says nothing about the reader.
double cpuSecondsOf(const QByteArray &bytes)
{
    const double before = cpuSeconds();
    (void)parseYaml(bytes, QStringLiteral("f"));
    return cpuSeconds() - before;
}

qint64 peakKiB()
{
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

} // namespace

class TestYamlDocument : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void largestAllowedIsRead(); // first: it looks at the peak of memory
    void plainScalarsAreTyped();
    void textsKeepTheirCharacters();
    void placesCountCharacters();
    void pointersLeadToNodes();
    void hostileIsRefused_data();
    void hostileIsRefused();
    void everyCutOfAQuotedTextIsNoticed();
    void writtenYamlReadsBack();
};

void TestYamlDocument::plainScalarsAreTyped()
{
    const auto document = parseYaml(
        "[1, -3, 1.5, 1e3, 007, 0600, true, False, null, ~, yes, no, on, \"5\", 'true', .5, 0x1]",
        QStringLiteral("f"));
    QVERIFY(document.isUsable());
    const QJsonArray expected{1,
                              -3,
                              1.5,
                              1000,
                              QStringLiteral("007"),
                              QStringLiteral("0600"),
                              true,
                              false,
                              QJsonValue(),
                              QJsonValue(),
                              QStringLiteral("yes"),
                              QStringLiteral("no"),
                              QStringLiteral("on"),
                              QStringLiteral("5"),
                              QStringLiteral("true"),
                              QStringLiteral(".5"),
                              QStringLiteral("0x1")};
    QCOMPARE(document.root.toJson().toArray(), expected);
}

void TestYamlDocument::textsKeepTheirCharacters()
{
    const auto document =
        parseYaml("\xef\xbb\xbfversion: 1.10\r\nflag: True\r\n", QStringLiteral("f"));
    QCOMPARE(texts(document), QStringList());
    QCOMPARE(document.root.get(QLatin1String("version"))->text, QStringLiteral("1.10"));
    QCOMPARE(document.root.get(QLatin1String("flag"))->text, QStringLiteral("True"));
}

void TestYamlDocument::placesCountCharacters()
{
    // Two bytes each before the places that are asked for.
    const auto document = parseYaml("ä: ö\n\"éé\": {ü: &x 1, ß: 2}\n", QStringLiteral("f"));
    QCOMPARE(texts(document),
             QStringList(QStringLiteral("f:2:11: error: An anchor (&) is not allowed (Write the "
                                        "value out)")));
    const YamlNode *node = document.at(QStringLiteral("/éé/ß"));
    QVERIFY(node);
    QCOMPARE(node->place.line, 2);
    QCOMPARE(node->place.column, 20);
}

void TestYamlDocument::pointersLeadToNodes()
{
    const auto document = parseYaml("a:\n  - {b/c: 1}\n  - x~y: [2, 3]\n", QStringLiteral("f"));
    QCOMPARE(document.at(QStringLiteral("/a/0/b~1c"))->text, QStringLiteral("1"));
    QCOMPARE(document.at(QStringLiteral("/a/1/x~0y/1"))->text, QStringLiteral("3"));
    QVERIFY(!document.at(QStringLiteral("/a/2")));
    QCOMPARE(document.at(QString()), &document.root);
}

void TestYamlDocument::hostileIsRefused_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");
    const auto row = [](const char *name, const QByteArray &bytes, const char *says) {
        QTest::newRow(name) << bytes << QString::fromUtf8(says);
    };
    constexpr qsizetype kMiB = 1024 * 1024;
    row("alias bomb", aliasBomb(), "alias");
    row("self reference", "&a [*a]\n", "alias");
    row("self reference in map", "a: &a {b: *a}\n", "alias");
    row("merge key", "a: &a {b: 1}\nc: {<<: *a}\n", "alias");
    row("anchor alone", "a: &a 1\n", "anchor");
    row("tag", "a: !!binary aGk=\n", "tag");
    row("local tag", "a: !command rm\n", "tag");
    row("bare tag", "a: ! x\n", "tag");
    row("tag of a map", "!!omap\na: 1\n", "tag");
    row("duplicate key", "a: 1\nb: 2\na: 3\n", "“a” stands here twice");
    row("duplicate key deep", "x: [{y: {a: 1, 'a': 2}}]\n", "“a” stands here twice");
    row("list as key", "? [a]\n: b\n", "key must be");
    row("map as key", "? {a: b}\n: c\n", "key must be");
    row("null key", "? ~\n: c\n", "key must be");
    row("65 deep", QByteArray(65, '[') + QByteArray(65, ']'), "nested more than 64");
    row("deep lists", QByteArray(kYamlMaxLine, '['), "nested more than 64");
    row("deep lists in lines", QByteArray("[[[[[[[[[[\n").repeated(100'000), "nested more than 64");
    row("deep maps", QByteArray(kYamlMaxLine, '{'), "nested more than 64");
    row("deep dashes", QByteArray("- ").repeated(kYamlMaxLine / 2), "nested more than 64");
    row("deep maps with keys", QByteArray("{a: ").repeated(10'000), "nested more than 64");
    row("one endless line", QByteArray(kYamlMaxLine + 1, '['), "longer than 64 KiB");
    row("50 MB", "a: " + QByteArray(50 * kMiB, 'x'), "larger than 2 MiB");
    row("100001 items", QByteArray("- 1\n").repeated(100'001), "more than 100000 values");
    row("items of a list", "[" + QByteArray("1,1,1,\n").repeated(200'000) + "]",
        "more than 100000");
    row("maps of a list", "[" + QByteArray("{},{},\n").repeated(200'000) + "]", "more than 100000");
    row("duplicate keys for ever", QByteArray("a: 1\n").repeated(200'000), "twice");
    row("cut in double quotes", "a: b\nc: \"def", "cut off|not valid YAML");
    row("cut after an escape", "c: \"d\\\"", "cut off|not valid YAML");
    row("cut in a key", "\"abc", "cut off|not valid YAML");
    row("cut in single quotes", "c: 'd''", "cut off|not valid YAML");
    row("cut in a quoted item", "a: [\"x\", \"y", "cut off|not valid YAML");
    row("cut in quotes, newline", "a: \"b\n", "cut off|not valid YAML");
    row("cut in a list", "a: [1, 2", "not valid YAML");
    row("cut in a map", "a: {b: 1", "not valid YAML");
    row("UTF-16 LE",
        QByteArray("\xff\xfe"
                   "a\0:\0 \0"
                   "1\0",
                   10),
        "not UTF-8");
    row("UTF-16 BE",
        QByteArray("\xfe\xff\0a\0:\0 \0"
                   "1",
                   10),
        "not UTF-8");
    row("UTF-16 without mark",
        QByteArray("a\0:\0 \0"
                   "1\0",
                   8),
        "not UTF-8");
    row("UTF-32", QByteArray("\xff\xfe\0\0a\0\0\0", 8), "not UTF-8");
    row("NUL", QByteArray("abcdef: \0", 9), "control character U+0000");
    row("escape", "a: \x1b[31m\n", "control character U+001b");
    row("C1 control",
        "a: \xc2\x9b"
        "31m\n",
        "control character U+009b");
    row("invalid UTF-8", "a: ok\nb: \xff\xfe\n", "bytes that are not UTF-8");
    row("overlong UTF-8", "a: \xc0\xaf\n", "bytes that are not UTF-8");
    row("surrogate", "a: \xed\xa0\x80\n", "bytes that are not UTF-8");
    row("binary",
        QByteArray("\x7f"
                   "ELF\x02\x01\x01",
                   7),
        "control character U+007f");
    row("two documents", "a: 1\n---\nb: 2\n", "holds one document");
    row("half a million documents", QByteArray("---\n").repeated(500'000), "holds one document");
    row("tab", "a:\n\t- b\n", "not valid YAML");
    row("colons", QByteArray(kYamlMaxLine, ':'), "not valid YAML");
    row("exclamation", QByteArray(kYamlMaxLine, '!'), "not valid YAML");
    row("quotes", QByteArray(kYamlMaxLine - 1, '"'), "not valid YAML|holds one document|cut off");
}

void TestYamlDocument::hostileIsRefused()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const QString, says);
    const auto document = parseYaml(bytes, QStringLiteral("f"));
    const QStringList lines = texts(document);
    QVERIFY(!document.isUsable());
    bool said = false;
    for (const QString &word : says.split(QLatin1Char('|')))
        said = said || !lines.filter(word).isEmpty();
    QVERIFY2(said, qPrintable(lines.mid(0, 5).join(QLatin1Char('\n'))));
    QVERIFY(lines.size() <= 201);
    for (const Diagnostic &diagnostic : document.diagnostics)
        QVERIFY(diagnostic.line >= 1 && diagnostic.column >= 1);
#if !defined(__SANITIZE_ADDRESS__)
    // No text costs more than a few times what the largest good one does on this machine now.
    const QByteArray largest = QByteArray("- 1\n").repeated(99'999);
    double good = cpuSecondsOf(largest), took = cpuSecondsOf(bytes);
    for (int again = 0; again < 2 && took > kMostTimes * good; ++again) {
        good = std::min(good, cpuSecondsOf(largest));
        took = std::min(took, cpuSecondsOf(bytes));
    }
    QVERIFY2(took <= kMostTimes * good,
             qPrintable(QStringLiteral("%1 s, a good one %2 s").arg(took).arg(good)));
#endif
}

void TestYamlDocument::largestAllowedIsRead()
{
    const QByteArray line = "  " + QByteArray(kYamlMaxLine - 2, 'x') + "\n";
    const QByteArray bytes = "a: |\n" + line.repeated(31);
    QVERIFY(bytes.size() > kYamlMaxBytes - kYamlMaxLine && bytes.size() <= kYamlMaxBytes);
    const qint64 before = peakKiB();
    const auto document = parseYaml(bytes, QStringLiteral("f"));
    QCOMPARE(document.diagnostics.size(), size_t(0));
    QCOMPARE(document.root.get(QLatin1String("a"))->text.size(), 31 * (kYamlMaxLine - 1));
    const auto items = parseYaml(QByteArray("- 1\n").repeated(99'999), QStringLiteral("f"));
    QVERIFY(items.isUsable());
    QCOMPARE(items.root.items.size(), size_t(99'999));
#if !defined(__SANITIZE_ADDRESS__)
    QVERIFY2(peakKiB() - before <= 64 * 1024, qPrintable(QString::number(peakKiB() - before)));
#else
    Q_UNUSED(before)
#endif
}

void TestYamlDocument::everyCutOfAQuotedTextIsNoticed()
{
    // A text that ends in quotes: whatever is missing at its end, the rest is never taken whole.
    const QByteArray whole = "a: 1\nlast: \"two 'words' and a \\\"quote\\\" more\"";
    QVERIFY(parseYaml(whole, QStringLiteral("f")).isUsable());
    const qsizetype opened = whole.indexOf('"');
    for (qsizetype size = opened + 1; size < whole.size(); ++size)
        QVERIFY2(!parseYaml(whole.left(size), QStringLiteral("f")).isUsable(),
                 whole.left(size).constData());
}

void TestYamlDocument::writtenYamlReadsBack()
{
    const std::vector<std::pair<QString, QJsonValue>> members{
        {QStringLiteral("plain"), QStringLiteral("two words")},
        {QStringLiteral("number"), 42},
        {QStringLiteral("yes"), QStringLiteral("yes")},
        {QStringLiteral("text_number"), QStringLiteral("1.10")},
        {QStringLiteral("null_text"), QStringLiteral("null")},
        {QStringLiteral("nothing"), QJsonValue()},
        {QStringLiteral("flag"), true},
        {QStringLiteral("empty"), QString()},
        {QStringLiteral("path"), QStringLiteral("/srv/a b")},
        {QStringLiteral("strange"), QStringLiteral("- x: {y} # \"z\"\n\t\u009b\u007f ü ")},
        {QStringLiteral("list"), QJsonArray{QStringLiteral("a"), 1, QStringLiteral("*x"), false}},
        {QStringLiteral("empty_list"), QJsonArray()},
        {QStringLiteral("empty_map"), QJsonObject()},
        {QStringLiteral("commands"),
         QJsonArray{QJsonArray{QStringLiteral("a"), QStringLiteral("b c")}}},
        {QStringLiteral("map"),
         QJsonObject{{QStringLiteral("inner"), QJsonObject{{QStringLiteral("x y"), 1}}}}}};
    const QByteArray text = toYaml(members);
    const auto document = parseYaml(text, QStringLiteral("f"));
    QVERIFY2(document.isUsable(), text.constData());
    QCOMPARE(document.root.members.size(), members.size());
    for (size_t i = 0; i < members.size(); ++i) {
        QCOMPARE(document.root.members[i].key, members[i].first);
        QCOMPARE(document.root.members[i].value.toJson(), members[i].second);
    }
}

QTEST_GUILESS_MAIN(TestYamlDocument)
#include "tst_yaml_document.moc"
