// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/redactor.h"
#include "tests/core/base/result_words.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRandomGenerator>
#include <QTest>
#include <QUrl>

using namespace lb;

class TestRedactor : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void takesOutEveryForm_data();
    void takesOutEveryForm();
    void takesOutJsonThatLeavesControlsAsTheyAre();
    void takesOutHexOfDigitsAlone();
    void takesOutBase64AtEveryOffset();
    void piecesOfAnySizeGiveTheSame();
    void overlappingSecretsGoAsOne();
    void anEndlessOverlapIsNotKept();
    void linesOfAKeyGoAlone();
    void harmlessTextStaysByteForByte();
    void keepsBackOnlyWhatCouldBeASecret();
    void aSecretThatComesInTheMiddleCounts();
    void refusesWhatIsTooShort();
    void noPlainCopyStaysInMemory();
};

namespace {

SecretString secret(const char *text)
{
    return SecretString(QByteArray(text));
}

/// Holds what every encoding treats in its own way.
constexpr char kValue[] = "can'ary \"K&7\"/<\xc3\xa4>\\+$x?9";

} // namespace

void TestRedactor::takesOutEveryForm_data()
{
    QTest::addColumn<QByteArray>("form");
    const QByteArray value(kValue);
    const QString text = QString::fromUtf8(value);
    QByteArray json = QJsonDocument(QJsonArray{text}).toJson(QJsonDocument::Compact);
    json = json.sliced(2, json.size() - 4);
    QByteArray again =
        QJsonDocument(QJsonArray{QString::fromUtf8(json)}).toJson(QJsonDocument::Compact);
    QTest::newRow("plain") << value;
    QTest::newRow("JSON") << json;
    QTest::newRow("JSON in JSON") << again.sliced(2, again.size() - 4);
    QTest::newRow("JSON, ASCII only") << QByteArray("can'ary \\\"K&7\\\"/<\\u00e4>\\\\+$x?9");
    QTest::newRow("JSON, escaped slash") << QByteArray(json).replace("/", "\\/");
    QTest::newRow("shell, single quotes") << QByteArray(value).replace("'", "'\\''");
    QTest::newRow("shell, shlex") << QByteArray(value).replace("'", "'\"'\"'");
    QTest::newRow("shell, double quotes")
        << QByteArray("can'ary \\\"K&7\\\"/<\xc3\xa4>\\\\+\\$x?9");
    QTest::newRow("shell, printf %q")
        << QByteArray("can\\'ary\\ \\\"K\\&7\\\"/\\<\xc3\xa4\\>\\\\+\\$x\\?9");
    QTest::newRow("URL") << QUrl::toPercentEncoding(text);
    QTest::newRow("URL, small digits") << QUrl::toPercentEncoding(text)
                                              .replace("%2B", "%2b")
                                              .replace("%3C", "%3c")
                                              .replace("%3E", "%3e")
                                              .replace("%5C", "%5c")
                                              .replace("%2F", "%2f")
                                              .replace("%C3%A4", "%c3%a4")
                                              .replace("%3F", "%3f");
    QTest::newRow("URL form") << QUrl::toPercentEncoding(text).replace("%20", "+");
    QTest::newRow("XML") << text.toHtmlEscaped().toUtf8();
    QTest::newRow("hex") << value.toHex();
    QTest::newRow("hex, capitals") << value.toHex().toUpper();
    QTest::newRow("base64") << value.toBase64().left(value.size() * 8 / 6);
    QTest::newRow("base64 for URLs")
        << value.toBase64(QByteArray::Base64UrlEncoding).left(value.size() * 8 / 6);
}

void TestRedactor::takesOutEveryForm()
{
    QFETCH(QByteArray, form);
    Redactor redactor;
    QCOMPARE(test::codeOf(redactor.add(QStringLiteral("db"), secret(kValue))),
             QStringLiteral("ok"));
    const QByteArray out = redactor.redacted(QByteArrayView("before " + form + " after"));
    QVERIFY2(!out.contains(form), out.constData());
    QVERIFY2(out.startsWith("before [secret db]"), out.constData());
    QVERIFY2(out.endsWith(" after"), out.constData());
}

/// No JSON may hold them; careless programs escape the usual characters and nothing else.
void TestRedactor::takesOutJsonThatLeavesControlsAsTheyAre()
{
    Redactor redactor;
    QCOMPARE(test::codeOf(redactor.add(QStringLiteral("S"), secret("can\001ary\tof/it"))),
             QStringLiteral("ok"));
    for (const char *form :
         {"can\001ary\\tof/it", "can\001ary\\tof\\/it", "can\\u0001ary\\tof/it"}) {
        const QByteArray text = QByteArray("a ") + form + " b";
        QCOMPARE(redactor.redacted(QByteArrayView(text)), QByteArray("a [secret S] b"));
    }
}

void TestRedactor::takesOutHexOfDigitsAlone()
{
    // Small and capital hex are the same text then.
    Redactor redactor;
    QCOMPARE(test::codeOf(redactor.add(QStringLiteral("pin"), secret("0123456789"))),
             QStringLiteral("ok"));
    QCOMPARE(redactor.redacted(QByteArrayView("x 30313233343536373839 y")),
             QByteArray("x [secret pin] y"));
}

void TestRedactor::takesOutBase64AtEveryOffset()
{
    Redactor redactor;
    QCOMPARE(test::codeOf(redactor.add(QStringLiteral("db"), secret(kValue))),
             QStringLiteral("ok"));
    for (int before = 0; before < 9; ++before) {
        const QByteArray text = (QByteArray(before, 'u') + kValue + "tail").toBase64();
        const QByteArray out = redactor.redacted(QByteArrayView(text));
        QVERIFY2(out.contains("[secret db]"), text.constData());
        // What is left at the border tells less than one byte at each end.
        const QByteArray left = QByteArray(out).replace("[secret db]", "");
        const qsizetype outside = ((before + 2) / 3 + 3) * 4;
        QVERIFY2(left.size() <= outside, out.constData());
    }
}

void TestRedactor::piecesOfAnySizeGiveTheSame()
{
    Redactor redactor;
    QCOMPARE(test::codeOf(redactor.add(QStringLiteral("one"), secret("hunter22"))),
             QStringLiteral("ok"));
    QCOMPARE(test::codeOf(redactor.add(QStringLiteral("two"), secret("hunter2hunter22x"))),
             QStringLiteral("ok"));
    QCOMPARE(test::codeOf(redactor.add(QStringLiteral("three"), secret("aaaaaa"))),
             QStringLiteral("ok"));
    const QByteArray text =
        "x hunter2hunter22 hunter2hunter22x aaaaaaaaaaaaa hunter2 aaaaa hunter22";
    const QByteArray whole = redactor.redacted(QByteArrayView(text));
    QVERIFY(!whole.contains("hunter22"));
    for (int size = 1; size < text.size(); ++size) {
        RedactorStream stream(redactor);
        QByteArray out;
        for (qsizetype at = 0; at < text.size(); at += size)
            out += stream.push(
                QByteArrayView(text).sliced(at, qMin<qsizetype>(size, text.size() - at)));
        out += stream.finish();
        QCOMPARE(out, whole);
    }
}

void TestRedactor::overlappingSecretsGoAsOne()
{
    Redactor redactor;
    QCOMPARE(test::codeOf(redactor.add(QStringLiteral("first"), secret("abcdefgh"))),
             QStringLiteral("ok"));
    QCOMPARE(test::codeOf(redactor.add(QStringLiteral("second"), secret("efghijkl"))),
             QStringLiteral("ok"));
    QCOMPARE(redactor.redacted(QByteArrayView("-abcdefghijkl-")), "-[secret first]-");
    // The longer one wins over a shorter one that begins it.
    QCOMPARE(test::codeOf(redactor.add(QStringLiteral("long"), secret("abcdefgh-and-more"))),
             QStringLiteral("ok"));
    QCOMPARE(redactor.redacted(QByteArrayView("abcdefgh-and-more!")), "[secret long]!");
    QCOMPARE(redactor.redacted(QByteArrayView("abcdefgh-and-less!")), "[secret first]-and-less!");
}

void TestRedactor::anEndlessOverlapIsNotKept()
{
    Redactor redactor;
    QCOMPARE(test::codeOf(redactor.add(QStringLiteral("a"), secret("aaaaaaaa"))),
             QStringLiteral("ok"));
    RedactorStream stream(redactor);
    QByteArray out;
    for (int i = 0; i < 1000; ++i)
        out += stream.push(QByteArray(1000, 'a'));
    out += stream.push("b");
    out += stream.finish();
    QCOMPARE(out, "[secret a]b");
}

void TestRedactor::linesOfAKeyGoAlone()
{
    Redactor redactor;
    QCOMPARE(test::codeOf(redactor.add(
                 QStringLiteral("key"),
                 secret("-----BEGIN KEY-----\nMIIBVgIBADANBg\nshort\nkqhkiG9w0BAQEF\n"))),
             QStringLiteral("ok"));
    const QByteArray out =
        redactor.redacted(QByteArrayView("> MIIBVgIBADANBg\r\n> short\n  kqhkiG9w0BAQEF;"));
    QCOMPARE(out, "> [secret key]\r\n> short\n  [secret key];");
}

void TestRedactor::harmlessTextStaysByteForByte()
{
    Redactor redactor;
    QCOMPARE(test::codeOf(redactor.add(QStringLiteral("db"), secret(kValue))),
             QStringLiteral("ok"));
    QByteArray noise(200000, Qt::Uninitialized);
    QRandomGenerator random(20261121);
    for (char &c : noise)
        c = char(random.bounded(256));
    RedactorStream stream(redactor);
    QByteArray out;
    for (qsizetype at = 0; at < noise.size(); at += 777)
        out +=
            stream.push(QByteArrayView(noise).sliced(at, qMin<qsizetype>(777, noise.size() - at)));
    QCOMPARE(out + stream.finish(), noise);
}

void TestRedactor::keepsBackOnlyWhatCouldBeASecret()
{
    Redactor redactor;
    QCOMPARE(test::codeOf(redactor.add(QStringLiteral("db"), secret("Zhunter22"))),
             QStringLiteral("ok"));
    RedactorStream stream(redactor);
    QCOMPARE(stream.push("a line\n"), "a line\n");
    QCOMPARE(stream.push("prompt: Zhun"), "prompt: ");
    QCOMPARE(stream.push("dred\n"), "Zhundred\n");
    QCOMPARE(stream.finish(), QByteArray());
}

void TestRedactor::aSecretThatComesInTheMiddleCounts()
{
    Redactor redactor;
    QCOMPARE(test::codeOf(redactor.add(QStringLiteral("db"), secret("Zhunter22"))),
             QStringLiteral("ok"));
    RedactorStream stream(redactor);
    QByteArray out = stream.push("a token-4711 ");
    QCOMPARE(test::codeOf(redactor.add(QStringLiteral("token"), secret("token-4711"))),
             QStringLiteral("ok"));
    out += stream.push("b token-4711 c") + stream.finish();
    QCOMPARE(out, "a token-4711 b [secret token] c");
}

void TestRedactor::refusesWhatIsTooShort()
{
    Redactor redactor;
    QCOMPARE(test::codeOf(redactor.add(QStringLiteral("pin"), secret("12345"))),
             QStringLiteral("bad_input"));
    QCOMPARE(test::codeOf(redactor.add(QStringLiteral("pin"), secret("12345\n\n"))),
             QStringLiteral("bad_input"));
    QVERIFY(redactor.isEmpty());
    QCOMPARE(redactor.redacted(QByteArrayView("12345")), "12345");
}

void TestRedactor::noPlainCopyStaysInMemory()
{
    Redactor redactor;
    // Put together here, so that the program's own text does not hold it.
    QByteArray value;
    value.reserve(64);
    for (int i = 0; i < 24; ++i)
        value += char('A' + (i * 7 + 3) % 26);
    const QByteArray half = value.left(12);
    {
        const SecretString held(std::move(value));
        QCOMPARE(test::codeOf(redactor.add(QStringLiteral("db"), held)), QStringLiteral("ok"));
        QVERIFY(held.reveal([&](QByteArrayView bytes) { return bytes.startsWith(half); }));
    }
    QByteArray needle = half;
    const char *own = needle.constData();
    QFile maps(QStringLiteral("/proc/self/maps"));
    QVERIFY(maps.open(QIODevice::ReadOnly));
    QFile memory(QStringLiteral("/proc/self/mem"));
    QVERIFY(memory.open(QIODevice::ReadOnly | QIODevice::Unbuffered));
    int copies = 0;
    for (const QByteArray &line : maps.readAll().split('\n')) {
        if (!line.contains(" rw-p "))
            continue;
        const QList<QByteArray> range = line.left(line.indexOf(' ')).split('-');
        const qint64 begin = range.at(0).toLongLong(nullptr, 16);
        const qint64 end = range.at(1).toLongLong(nullptr, 16);
        memory.seek(begin);
        const QByteArray bytes = memory.read(end - begin);
        for (qsizetype at = 0; (at = bytes.indexOf(needle, at)) >= 0; ++at) {
            const qint64 place = begin + at;
            const bool isOurs =
                place == qint64(quintptr(own)) || place == qint64(quintptr(half.constData()));
            // The buffer that we read into is memory, too.
            const bool isBuffer = place >= qint64(quintptr(bytes.constData())) &&
                                  place < qint64(quintptr(bytes.constData())) + bytes.size();
            copies += isOurs || isBuffer ? 0 : 1;
        }
    }
    QCOMPARE(copies, 0);
}

QTEST_GUILESS_MAIN(TestRedactor)
#include "tst_redactor.moc"
