// SPDX-License-Identifier: GPL-3.0-or-later
#include "random_data.h"

#include <QTest>

#include <yaml-cpp/yaml.h>

using namespace lb;

namespace {

QByteArray json(const Result<DataValue> &value)
{
    return value ? writeJsonData(*value) : "! " + value.error().detail.toUtf8();
}

QByteArray fromYaml(const QByteArray &yaml)
{
    return json(readYamlData(yaml, QStringLiteral("it")));
}

QString plainText(const std::string &utf8)
{
    const QString text = QString::fromStdString(utf8);
    return utf8.starts_with("\xef\xbb\xbf") ? QChar(0xfeff) + text : text;
}

/// Whether yaml-cpp's own tree says the same. It has texts only, so types cannot be compared.
bool saysTheSame(const YAML::Node &node, const DataValue &value)
{
    if (value.isNull())
        return node.IsNull();
    if (value.isMap()) {
        if (!node.IsMap() || node.size() != value.members.size())
            return false;
        for (const auto &member : node) {
            const DataValue *mine = value.get(plainText(member.first.Scalar()));
            if (!mine || !saysTheSame(member.second, *mine))
                return false;
        }
        return true;
    }
    if (value.isList()) {
        if (!node.IsSequence() || node.size() != value.items.size())
            return false;
        for (std::size_t i = 0; i < node.size(); ++i) {
            if (!saysTheSame(node[i], value.items[i]))
                return false;
        }
        return true;
    }
    if (value.kind == DataValue::Kind::Boolean)
        return node.Scalar() == (value.boolean ? "true" : "false");
    return node.IsScalar() && plainText(node.Scalar()) == value.text;
}

} // namespace

class TestDataValue : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsJsonAsItIsWritten_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("expected");
        const auto same = [](const char *text) {
            QTest::newRow(text) << QByteArray(text) << QByteArray(text);
        };
        same("{\"b\":1,\"a\":[true,false,null,\"x\"]}");
        same("[9007199254740993,1e400,-0.0,1E5]");
        same("\"1\"");
        QTest::newRow("escapes") << QByteArray("\"\\u00e9\\/\\ufeff\"")
                                 << QByteArray("\"é/\ufeff\"");
        QTest::newRow("mark") << QByteArray("\xef\xbb\xbf[1]") << QByteArray("[1]");
        QTest::newRow("twice") << QByteArray("{\"a\":1,\"a\":2}")
                               << QByteArray("! The key “a” stands twice in one object");
        QTest::newRow("torn") << QByteArray("{\"a\":")
                              << QByteArray("! at byte 5: the text ends in the middle");
        QTest::newRow("empty") << QByteArray("")
                               << QByteArray("! at byte 0: the text ends in the middle");
        QTest::newRow("deep") << QByteArray(101, '[')
                              << QByteArray("! It is nested deeper than 100 levels");
    }
    void readsJsonAsItIsWritten()
    {
        QFETCH(QByteArray, text);
        QTEST(json(readJsonData(text, QStringLiteral("it"))), "expected");
    }

    void writesLines()
    {
        const DataValue value = *readYamlData(
            "a:\n- b: 1\n  c: |\n    x\n    y\n- [2, {d: 3}]\ne/f: {}\n", QStringLiteral("it"));
        PointerLines lines;
        QCOMPARE(writeYamlData(value, &lines),
                 QByteArray("a:\n  - b: 1\n    c: |\n      x\n      y\n  - - 2\n    - d: 3\n"
                            "e/f: {}\n"));
        const PointerLines expected{{QString(), 1},
                                    {QStringLiteral("/a"), 1},
                                    {QStringLiteral("/a/0"), 2},
                                    {QStringLiteral("/a/0/b"), 2},
                                    {QStringLiteral("/a/0/c"), 3},
                                    {QStringLiteral("/a/1"), 6},
                                    {QStringLiteral("/a/1/0"), 6},
                                    {QStringLiteral("/a/1/1"), 7},
                                    {QStringLiteral("/a/1/1/d"), 7},
                                    {QStringLiteral("/e~1f"), 8}};
        QVERIFY(lines == expected);
    }

    void readsYaml_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](const char *name, const QByteArray &text, const QByteArray &expected) {
            QTest::newRow(name) << text << expected;
        };
        row("words of the core schema", "[true, False, null, ~, yes, 'true', \"null\"]",
            "[true,false,null,null,\"yes\",\"true\",\"null\"]");
        row("numbers", "[1, -2, +3, 0.5, .5, 1., 1e3, 007, 0x1f, 0o17, 0.0.1, .inf, '1']",
            "[1,-2,3,0.5,0.5,1,1e3,7,31,15,\"0.0.1\",\".inf\",\"1\"]");
        row("dates are texts", "[2026-01-05, 12:30]", "[\"2026-01-05\",\"12:30\"]");
        row("empty", "a:\nb: ''\n", "{\"a\":null,\"b\":\"\"}");
        row("nothing", "", "null");
        row("blocks", "a: |\n  x\n   y\nb: |-\n  x\nc: |+\n  x\n\nd: >\n  x\n  y\n",
            "{\"a\":\"x\\u000a y\\u000a\",\"b\":\"x\",\"c\":\"x\\u000a\\u000a\",\"d\":\"x "
            "y\\u000a\"}");
        row("tags", "[!!str 1, !!int 2, ! 3]", "[\"1\",2,\"3\"]");
        row("alias", "a: &x {k: [1]}\nb: *x\n", "{\"a\":{\"k\":[1]},\"b\":{\"k\":[1]}}");
        row("merge", "a: &x {k: 1, m: 2}\nb: {<<: *x, m: 3}\n",
            "{\"a\":{\"k\":1,\"m\":2},\"b\":{\"k\":1,\"m\":3}}");
        row("merge of several", "a: &x {k: 1}\nb: &y {k: 2, l: 3}\nc: {<<: [*x, *y]}\n",
            "{\"a\":{\"k\":1},\"b\":{\"k\":2,\"l\":3},\"c\":{\"k\":1,\"l\":3}}");
        row("quoted is no merge", "{'<<': {k: 1}}", "{\"<<\":{\"k\":1}}");
        row("merge of a text", "{<<: x}", "! Line 1, column 6: only maps can be merged with <<");
        row("unknown tag", "!!binary aGk=",
            "! Line 1, column 1: the tag tag:yaml.org,2002:binary is not known here");
        row("itself", "&a [*a]", "! Line 1, column 5: a value holds itself");
        row("twice", "a: 1\na: 2\n", "! Line 2, column 1: the key “a” stands here twice");
        row("list as key", "? [a]\n: b\n", "! Line 1, column 3: a key must be a text");
        row("cut off", "a: 'text", "! Line 1, column 9: illegal EOF in scalar");
        row("cut off after a line", "a: &x 'text\n",
            "! Line 1, column 4: this quoted text has no end");
        row("second document", "a: 1\n---\nb: 2\n", "! More than one document stands in it");
        row("NUL", QByteArray("a: 1\n\0b: 2", 10), "! U+0000 at byte 5");
        row("end of text", "a: 1\n\x04 b", "! U+0004 at byte 5");
        row("not UTF-8", "a: \xff", "! ");
        row("no YAML", "a: [", "! Line 1, column 1: end of sequence flow not found");
    }
    void readsYaml()
    {
        QFETCH(QByteArray, text);
        QTEST(fromYaml(text), "expected");
    }

    void boundsWhatAliasesStandFor()
    {
        QByteArray laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
        for (int i = 1; i < 12; ++i) {
            const QByteArray before = "*a" + QByteArray::number(i - 1);
            const QByteArray name = 'a' + QByteArray::number(i);
            laughs += name + ": &" + name + " [" + QByteArrayList(10, before).join(", ") + "]\n";
        }
        QVERIFY(fromYaml(laughs).contains("too large with its aliases"));
        QByteArray deep = "a0: &a0 x\n";
        for (int i = 1; i < 120; ++i)
            deep += "a" + QByteArray::number(i) + ": &a" + QByteArray::number(i) + " [*a" +
                    QByteArray::number(i - 1) + "]\n";
        QVERIFY(fromYaml(deep).contains("nested deeper"));
        QVERIFY(fromYaml(QByteArray(100'000, '[')).startsWith("! "));
        QVERIFY(fromYaml(QByteArray(101, '[') + QByteArray(101, ']')).contains("nested deeper"));
        QVERIFY(fromYaml("a: \"" + QByteArray(200'000, 'x') + "\"").startsWith("{"));
    }

    void writesTextsThatNoReaderMistakes_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QByteArray>("written");
        const auto row = [](const char *text, const char *written) {
            QTest::newRow(text) << QString::fromUtf8(text) << QByteArray(written);
        };
        row("web-src", "web-src");
        row("${private_worker02}", "${private_worker02}");
        row("echo \"${REGION}\"", "echo \"${REGION}\"");
        row("https://a.example.test/b.git", "https://a.example.test/b.git");
        row("yes", "'yes'");
        row("0.0.1", "'0.0.1'");
        row("2026-01-05", "'2026-01-05'");
        row("<<", "'<<'");
        row("=", "'='");
        row("****", "'****'");
        row("it's: x", "'it''s: x'");
        row("", "\"\"");
        row("\ttab", "\"\\ttab\"");
        row("a\nb\n", "|\n    a\n    b");
        row("a\nb", "|-\n    a\n    b");
        row("a\n\n", "|+\n    a\n");
        row("\na", "\"\\na\"");
        row("\ta\nb", "\"\\ta\\nb\"");
        row("a \nb", "\"a \\nb\"");
        row("a\u2028b", "\"a\\u2028b\"");
    }
    void writesTextsThatNoReaderMistakes()
    {
        QFETCH(QString, text);
        const DataValue value =
            DataValue::ofMap({{QStringLiteral("k"), DataValue::ofList({DataValue::ofText(text)})}});
        QTEST(writeYamlData(value).mid(7).chopped(1), "written");
    }

    void whatIsWrittenIsReadBack()
    {
        for (quint32 seed = 0; seed < 3000; ++seed) {
            const DataValue value = RandomData(seed).value();
            const QByteArray yaml = writeYamlData(value);
            const auto again = readYamlData(yaml, QStringLiteral("it"));
            QVERIFY2(again, (again ? QByteArray() : again.error().detail.toUtf8() + '\n') + yaml);
            QVERIFY2(*again == value, yaml.constData());
            QVERIFY2(saysTheSame(YAML::Load(yaml.toStdString()), value), yaml.constData());
            const auto fromJson = readJsonData(writeJsonData(value), QStringLiteral("it"));
            QVERIFY(fromJson);
            QVERIFY(*fromJson == value);
        }
    }

    void orderOfKeysDoesNotCount()
    {
        const auto read = [](const char *text) {
            return *readJsonData(text, QStringLiteral("it"));
        };
        QVERIFY(read("{\"a\":1,\"b\":[1,2]}") == read("{\"b\":[1,2],\"a\":1}"));
        QVERIFY(!(read("[1,2]") == read("[2,1]")));
        QVERIFY(!(read("1") == read("\"1\"")));
        QVERIFY(!(read("{\"a\":1}") == read("{\"a\":1,\"b\":1}")));
    }

    void membersKeepTheirPlace()
    {
        DataValue map = DataValue::ofMap(
            {{QStringLiteral("a"), DataValue::ofNumber(1)}, {QStringLiteral("b"), {}}});
        map.set(QStringLiteral("a"), DataValue::ofText(QStringLiteral("x")));
        map.set(QStringLiteral("c"), DataValue::ofBoolean(true));
        QCOMPARE(writeJsonData(map), QByteArray("{\"a\":\"x\",\"b\":null,\"c\":true}"));
        QVERIFY(map.remove(QStringLiteral("a")));
        QVERIFY(!map.remove(QStringLiteral("a")));
        QCOMPARE(map.textOf(QStringLiteral("b")), QString());
        QVERIFY(!DataValue::ofText(QStringLiteral("x")).get(QStringLiteral("x")));
    }
};

QTEST_GUILESS_MAIN(TestDataValue)
#include "tst_data_value.moc"
