// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json_text.h"
#include "core/base/lossless_json.h"

#include <QTest>

using namespace lb;

namespace {

/// Tokens as letters and raw text, one after the other; ends with the problem's words.
QByteArray read(const QByteArray &text)
{
    static constexpr char kLetters[] = "{}[]k\"0tfn.!";
    QByteArray seen;
    JsonCursor cursor(text);
    for (;;) {
        const JsonToken token = cursor.next();
        seen += kLetters[int(token)];
        if (token == JsonToken::Bad)
            return seen + cursor.problemText().toUtf8();
        if (token == JsonToken::End)
            return seen;
        if (token == JsonToken::Key || token == JsonToken::String || token == JsonToken::Number)
            seen += cursor.raw().toByteArray() + ' ';
        if (text.mid(cursor.begin(), cursor.end() - cursor.begin()) != cursor.raw())
            return "the token does not stand where it says";
    }
}

QByteArray nested(int depth)
{
    return QByteArray(depth, '[') + QByteArray(depth, ']');
}

} // namespace

class TestLosslessJson : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tokens_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("tokens");
        const auto row = [](const char *text, const char *tokens) {
            QTest::newRow(text) << QByteArray(text) << QByteArray(tokens);
        };
        row("{}", "{}.");
        row(" [ ] \r\n\t", "[].");
        row("true", "t.");
        row("[null,false]", "[nf].");
        row(R"({"a":{"b":[1,"x"]},"a":2})", "{k\"a\" {k\"b\" [01 \"\"x\" ]}k\"a\" 02 }.");
        row(R"( { "a" : "b" , "c" : [ ] } )", "{k\"a\" \"\"b\" k\"c\" []}.");
        // Numbers are the text they are, of any size.
        row("[1.0,-0,0,1e400,-1E-400,12345678901234567890,0.10,1e+05]",
            "[01.0 0-0 00 01e400 0-1E-400 012345678901234567890 00.10 01e+05 ].");
        row("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00\"]",
            R"(["")"
            "\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00\" ].");
        row("\"\xc3\xa9\xff\"", "\"\"\xc3\xa9\xff\" ."); // not UTF-8: not ours to judge

        row("", "!at byte 0: the text ends in the middle");
        row("{", "{!at byte 1: the text ends in the middle");
        row("[1,", "[01 !at byte 3: the text ends in the middle");
        row("[1", "[01 !at byte 2: the text ends in the middle");
        row("[\"a", "[!at byte 3: the text ends in the middle");
        row("[\"a\\u00", "[!at byte 7: the text ends in the middle");
        row("{\"a\"", "{!at byte 4: the text ends in the middle");
        row("{\"a\":", "{k\"a\" !at byte 5: the text ends in the middle");
        row("[1.", "[!at byte 3: the text ends in the middle");
        row("nul", "!at byte 3: the text ends in the middle");
        row("[1 2]", "[01 !at byte 3: a comma or the closing bracket is missing");
        row("[1}", "[01 !at byte 2: a comma or the closing bracket is missing");
        row("[1,]", "[01 !at byte 3: there is no value where one must stand");
        row("{\"a\":1,}", "{k\"a\" 01 !at byte 7: there is no key where one must stand");
        row("{a:1}", "{!at byte 1: there is no key where one must stand");
        row("{\"a\" 1}", "{!at byte 5: a colon is missing");
        row("[01]", "[!at byte 2: a number is not written as one");
        row("[-]", "[!at byte 2: a number is not written as one");
        row("[1e]", "[!at byte 3: a number is not written as one");
        row("[.5]", "[!at byte 1: there is no value where one must stand");
        row("[+1]", "[!at byte 1: there is no value where one must stand");
        row("[NaN]", "[!at byte 1: there is no value where one must stand");
        row("[trux]", "[!at byte 4: there is no value where one must stand");
        row("[\"\\x\"]", "[!at byte 3: a string has an escape that there is not");
        row("[\"\\u12g4\"]", "[!at byte 6: a string has an escape that there is not");
        row("[\"a\nb\"]", "[!at byte 3: a string holds a control character that is not escaped");
        row("{} {}", "{}!at byte 3: something follows after the end");
        row("/* c */ {}", "!at byte 0: there is no value where one must stand");
    }

    void tokens()
    {
        QFETCH(QByteArray, text);
        QTEST(read(text), "tokens");
        // What is bad stays bad.
        JsonCursor cursor(text);
        JsonToken token = cursor.next();
        while (token != JsonToken::Bad && token != JsonToken::End)
            token = cursor.next();
        QCOMPARE(cursor.next(), token);
    }

    void zeroBytesEndNothing()
    {
        QCOMPARE(read(QByteArray("[\"a\0b\"]", 7)),
                 QByteArray("[!at byte 3: a string holds a control character that is not escaped"));
        QCOMPARE(read(QByteArray("[\"\\\0\"]", 6)),
                 QByteArray("[!at byte 3: a string has an escape that there is not"));
        QCOMPARE(read(QByteArray("[1]\0", 4)),
                 QByteArray("[01 ]!at byte 3: something follows after the end"));
    }

    void everyCutIsNoticed()
    {
        const QByteArray text = R"({"a":[1.5e3,{"b":"\u00e9\\"},true,null],"c":{}})";
        QVERIFY(read(text).endsWith('.'));
        for (qsizetype size = 0; size < text.size(); ++size) {
            const QByteArray seen = read(text.left(size));
            QVERIFY2(seen.endsWith("the text ends in the middle"), seen.constData());
        }
    }

    void depth()
    {
        QVERIFY(read(nested(kMaximumJsonDepth)).endsWith("]."));
        const QByteArray deep = "it is nested deeper than 1000 levels";
        QVERIFY(read(nested(kMaximumJsonDepth + 1)).endsWith(deep));
        QVERIFY(read(QByteArray(100'000, '[')).endsWith(deep));
        QByteArray objects;
        for (int i = 0; i < 100'000; ++i)
            objects += "{\"a\":";
        QVERIFY(read(objects).endsWith(deep));
        JsonCursor cursor(objects);
        QVERIFY(!cursor.skipValue());
        QCOMPARE(cursor.problem(QStringLiteral("x")).code, ErrorCode::Corrupt);
    }

    void wholeValues()
    {
        const QByteArray text = R"({"a": [1, {"b": 2}] , "c" :-0})";
        JsonCursor cursor(text);
        QCOMPARE(cursor.next(), JsonToken::ObjectBegin);
        QCOMPARE(cursor.next(), JsonToken::Key);
        QCOMPARE(cursor.raw(), QByteArrayView(R"("a")"));
        QCOMPARE(text.mid(cursor.valueBegin(), 1), QByteArray("["));
        QVERIFY(cursor.skipValue());
        QCOMPARE(cursor.raw(), QByteArrayView(R"([1, {"b": 2}])"));
        QCOMPARE(cursor.depth(), 1);
        QCOMPARE(cursor.next(), JsonToken::Key);
        QVERIFY(cursor.skipValue());
        QCOMPARE(cursor.raw(), QByteArrayView("-0"));
        QCOMPARE(cursor.next(), JsonToken::ObjectEnd);
        QCOMPARE(cursor.next(), JsonToken::End);
    }

    void hugeValues()
    {
        // Nothing is copied or kept, so size is no matter.
        QByteArray text =
            "{\"a\":\"" + QByteArray(64 << 20, 'x') + "\",\"n\":" + QByteArray(1 << 20, '9') + "}";
        JsonCursor cursor(text);
        QVERIFY(cursor.skipValue());
        QCOMPARE(cursor.raw().size(), text.size());
        QCOMPARE(cursor.next(), JsonToken::End);
    }

    void texts_data()
    {
        QTest::addColumn<QByteArray>("raw");
        QTest::addColumn<QByteArray>("text");
        const auto row = [](const char *raw, const char *text) {
            QTest::newRow(raw) << QByteArray(raw) << QByteArray(text);
        };
        row(R"("")", "");
        row(R"("plain")", "plain");
        row("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t");
        row(R"("caf\u00e9 \u20AC")", "caf\xc3\xa9 \xe2\x82\xac");
        row(R"("\ud83d\ude00!")", "\xf0\x9f\x98\x80!");
        row(R"("\ud83d")", "\xef\xbf\xbd");
        row(R"("\ud83d\u0041")", "\xef\xbf\xbd"
                                 "A");
        row(R"("\ude00x")", "\xef\xbf\xbdx");
        row("\"caf\xc3\xa9\"", "caf\xc3\xa9");
    }

    void texts()
    {
        QFETCH(QByteArray, raw);
        QFETCH(QByteArray, text);
        QCOMPARE(jsonText(raw), text);
        QVERIFY(jsonTextIs(raw, text));
        QVERIFY(!jsonTextIs(raw, text + 'x'));
        QVERIFY(!jsonTextIs(raw, "other"));
        QByteArray written;
        appendJsonString(written, text);
        QCOMPARE(jsonText(written), text);
        QVERIFY2(read(written).endsWith('.'), written.constData());
    }

    void textsAreComparedByWhatTheySay()
    {
        QVERIFY(jsonTextIs(R"("pa\u0074h")", "path"));
        QVERIFY(!jsonTextIs(R"("\n")", R"(\n)")); // a line end, not the two characters
        QVERIFY(jsonTextIs(R"("\\n")", R"(\n)"));
        QVERIFY(!jsonTextIs("12", ""));
    }

    void edits()
    {
        const QByteArray text = "0123456789";
        TextEdits edits;
        QVERIFY(edits.isEmpty());
        edits.insert(0, "<");
        edits.replace(2, 4, "xyz");
        edits.insert(4, "!");
        edits.remove(8, 9);
        edits.insert(10, ">");
        QByteArray out = "- ";
        edits.appendApplied(out, text);
        QCOMPARE(out, QByteArray("- <01xyz!45679>"));
    }

    void differences_data()
    {
        QTest::addColumn<QByteArray>("left");
        QTest::addColumn<QByteArray>("right");
        QTest::addColumn<QString>("pointer");
        const auto row = [](const char *left, const char *right, const char *pointer) {
            QTest::addRow("%s | %s", left, right)
                << QByteArray(left) << QByteArray(right)
                << (pointer ? QString::fromUtf8(pointer) : QString());
        };
        row(R"({"a":[1,2]})", R"( { "a" : [ 1 , 2 ] } )", nullptr);
        row(R"({"\u00e9":"\/"})", "{\"\xc3\xa9\":\"/\"}", nullptr);
        row(R"([1.0])", R"([1])", "/0");
        row(R"({"a":-0})", R"({"a":0})", "/a");
        row(R"({"a":{"b/c~":[0,{"d":1}]}})", R"({"a":{"b/c~":[0,{"d":2}]}})", "/a/b~1c~0/1/d");
        row(R"({"a":1,"b":2})", R"({"b":2,"a":1})", "");
        row(R"({"a":1,"a":1})", R"({"a":1})", "");
        row(R"({"x":[1]})", R"({"x":[1,2]})", "/x");
        row(R"({"x":[1,[2]]})", R"({"x":[1,{}]})", "/x/1");
        row(R"([[],[1]])", R"([[],["1"]])", "/1/0");
        row("1", "2", "");
    }

    void differences()
    {
        QFETCH(QByteArray, left);
        QFETCH(QByteArray, right);
        QFETCH(QString, pointer);
        const auto found = jsonDifference(left, right);
        QVERIFY(found);
        QCOMPARE(found->has_value(), !pointer.isNull());
        QCOMPARE(found->value_or(QString()), pointer);
    }

    void whatIsNoJsonCannotBeCompared()
    {
        QVERIFY(!jsonDifference("[1]", "[1]]"));
        QVERIFY(!jsonDifference("[1", "[1]"));
        QVERIFY(!jsonDifference(QByteArray(100'000, '['), QByteArray(100'000, '[')));
    }
};

QTEST_GUILESS_MAIN(TestLosslessJson)
#include "tst_lossless_json.moc"
