// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/ids.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "tests/core/base/result_words.h"

#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <cerrno>

using namespace lb;
using namespace lb::test;

class TestBaseValues : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void idsSayWhenTheyWereMade();
    void idsSortByTime();
    void idsFromOutsideAreChecked_data();
    void idsFromOutsideAreChecked();
    void digestsAreSha256_data();
    void digestsAreSha256();
    void timesAreUtcWithMilliseconds_data();
    void timesAreUtcWithMilliseconds();
    void errorCodesAreTheirWords();
    void systemErrorsHaveTheCodeToActOn_data();
    void systemErrorsHaveTheCodeToActOn();
    void sentencesLeaveOutWhatIsEmpty();
    void newerDocumentsAreRefused_data();
    void newerDocumentsAreRefused();
    void brokenJsonIsRefused_data();
    void brokenJsonIsRefused();
    void foldersFollowXdg_data();
    void foldersFollowXdg();
    void socketsStandInAPrivateFolder();
};

namespace {

/// `r20261121-030405-2a6…` → 2026-11-21T03:04:05.678Z.
QDateTime madeAt(const QString &id)
{
    const QDateTime time(QDate::fromString(id.mid(1, 8), QStringLiteral("yyyyMMdd")),
                         QTime::fromString(id.mid(10, 6), QStringLiteral("HHmmss")), Qt::UTC);
    return time.addMSecs(id.mid(17).toInt(nullptr, 16) >> 12);
}

} // namespace

void TestBaseValues::idsSayWhenTheyWereMade()
{
    const QDateTime before = utcNow();
    const QString run = newRunId().value();
    const QString point = newPointId().value();
    const QDateTime after = utcNow();
    QVERIFY(run.startsWith(u'r'));
    QVERIFY(point.startsWith(u'p'));
    for (const QString &id : {run, point}) {
        QVERIFY2(isValidId(id), qPrintable(id));
        QVERIFY2(before <= madeAt(id) && madeAt(id) <= after, qPrintable(id));
    }
}

void TestBaseValues::idsSortByTime()
{
    RunId before = newRunId();
    // Three milliseconds go by in this loop.
    for (int changes = 0; changes < 3;) {
        const RunId now = newRunId();
        if (madeAt(now.value()) == madeAt(before.value()))
            continue;
        QVERIFY2(before < now, qPrintable(before.value() + QLatin1Char(' ') + now.value()));
        before = now;
        ++changes;
    }
}

void TestBaseValues::idsFromOutsideAreChecked_data()
{
    QTest::addColumn<QString>("id");
    QTest::addColumn<bool>("valid");
    const auto row = [](const char *id, bool valid) {
        QTest::newRow(id) << QString::fromUtf8(id) << valid;
    };
    row("r20261121-030405-a1b2c3", true);
    row("p20261121-030405-a1b2c3", true);
    row("", false);
    row("20261121-030405-a1b2c3", false);
    row("x20261121-030405-a1b2c3", false);
    row("r20261121-030405-A1B2C3", false);
    row("r20261121-030405-a1b2c", false);
    row("r20261121-030405-a1b2c3d", false);
    row("r20261121-030405-a1b2c3\n", false);
    row("r20261121-030405-a1b2c3/..", false);
    row("../../r20261121-030405-a1b2c3", false);
    row("r٢٠٢٦١١٢١-030405-a1b2c3", false);
}

void TestBaseValues::idsFromOutsideAreChecked()
{
    QFETCH(const QString, id);
    QFETCH(const bool, valid);
    QCOMPARE(isValidId(id), valid);
}

void TestBaseValues::digestsAreSha256_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("digest");
    // FIPS 180-2, appendix B.
    QTest::newRow("nothing")
        << QByteArray()
        << QByteArray("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    QTest::newRow("abc") << QByteArray("abc")
                         << QByteArray(
                                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    QTest::newRow("a million")
        << QByteArray(1'000'000, 'a')
        << QByteArray("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

void TestBaseValues::digestsAreSha256()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const QByteArray, digest);
    QCOMPARE(Sha256::hex(bytes), digest);
    Sha256 hash;
    for (int round = 0; round < 2; ++round) { // anew after it was read
        for (qsizetype from = 0; from < bytes.size(); from += 977)
            hash.add(QByteArrayView(bytes).sliced(from, qMin<qsizetype>(977, bytes.size() - from)));
        Sha256 moved(std::move(hash));
        QCOMPARE(moved.finishHex(), digest);
        hash = std::move(moved);
    }
}

void TestBaseValues::timesAreUtcWithMilliseconds_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("again"); // empty: no time
    const auto row = [](const char *text, const char *again) {
        QTest::newRow(text) << QString::fromLatin1(text) << QString::fromLatin1(again);
    };
    row("2026-11-21T03:04:05.678Z", "2026-11-21T03:04:05.678Z");
    row("2026-11-21T03:04:05Z", "2026-11-21T03:04:05.000Z");
    row("2026-11-21T04:04:05.678+01:00", "2026-11-21T03:04:05.678Z");
    row("", "");
    row("yesterday", "");
    row("2026-13-21T03:04:05.678Z", "");
    row("2026-11-21T25:04:05.678Z", "");
}

void TestBaseValues::timesAreUtcWithMilliseconds()
{
    QFETCH(const QString, text);
    QFETCH(const QString, again);
    QCOMPARE(toJsonTime(fromJsonTime(text)), again);
}

void TestBaseValues::errorCodesAreTheirWords()
{
    // As `retry.on` and JSON spell them.
    const QStringList words{
        QStringLiteral("bad_input"),   QStringLiteral("not_found"), QStringLiteral("denied"),
        QStringLiteral("unreachable"), QStringLiteral("timed_out"), QStringLiteral("conflict"),
        QStringLiteral("no_space"),    QStringLiteral("corrupt"),   QStringLiteral("unsupported"),
        QStringLiteral("failed"),      QStringLiteral("internal")};
    for (qsizetype i = 0; i < words.size(); ++i) {
        QCOMPARE(errorCodeName(ErrorCode(i)), words.at(i));
        QCOMPARE(errorCodeFromName(words.at(i)), ErrorCode(i));
    }
    QCOMPARE(errorCodeFromName(QStringLiteral("nonsense")), ErrorCode::Internal);
}

void TestBaseValues::systemErrorsHaveTheCodeToActOn_data()
{
    QTest::addColumn<int>("number");
    QTest::addColumn<QString>("code");
    QTest::newRow("full") << ENOSPC << QStringLiteral("no_space");
    QTest::newRow("quota") << EDQUOT << QStringLiteral("no_space");
    QTest::newRow("read only") << EROFS << QStringLiteral("denied");
    QTest::newRow("forbidden") << EACCES << QStringLiteral("denied");
    QTest::newRow("missing") << ENOENT << QStringLiteral("not_found");
    QTest::newRow("there already") << EEXIST << QStringLiteral("conflict");
    QTest::newRow("refused") << ECONNREFUSED << QStringLiteral("unreachable");
    QTest::newRow("no route") << EHOSTUNREACH << QStringLiteral("unreachable");
    QTest::newRow("slow") << ETIMEDOUT << QStringLiteral("timed_out");
    QTest::newRow("broken disk") << EIO << QStringLiteral("failed");
}

void TestBaseValues::systemErrorsHaveTheCodeToActOn()
{
    QFETCH(const int, number);
    QFETCH(const QString, code);
    const Error error = systemError(QStringLiteral("It did not work"), number);
    QCOMPARE(errorCodeName(error.code), code);
    QCOMPARE(error.detail, QString::fromLocal8Bit(std::strerror(number)));
}

void TestBaseValues::sentencesLeaveOutWhatIsEmpty()
{
    const Error error{ErrorCode::Failed, QStringLiteral("what"), {}, QStringLiteral("do this")};
    QCOMPARE(error.sentence(), QStringLiteral("what: do this"));
}

void TestBaseValues::newerDocumentsAreRefused_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("code");
    const auto row = [](const char *text, const char *code) {
        QTest::newRow(text) << QByteArray(text) << QString::fromLatin1(code);
    };
    row(R"({"format":1})", "ok");
    row(R"({"format":2})", "ok");
    row(R"({"format":3})", "unsupported");
    row(R"({"format":0})", "corrupt");
    row(R"({"format":"1"})", "corrupt");
    row("{}", "corrupt");
}

void TestBaseValues::newerDocumentsAreRefused()
{
    QFETCH(const QByteArray, text);
    QFETCH(const QString, code);
    const auto object = parseJsonObject(text, QStringLiteral("it"));
    QCOMPARE(whyNot(object), QString());
    const auto checked = checkFormat(*object, 2, QStringLiteral("The plan"));
    QCOMPARE(codeOf(checked), code);
    if (!checked)
        QVERIFY(checked.error().summary.startsWith(QStringLiteral("The plan ")));
}

void TestBaseValues::brokenJsonIsRefused_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char *text : {"", "{", "[]", "5", "{\"a\":1} x", "{\"a\":1", "{'a':1}"})
        QTest::newRow(*text ? text : "nothing") << QByteArray(text);
}

void TestBaseValues::brokenJsonIsRefused()
{
    QFETCH(const QByteArray, text);
    const auto object = parseJsonObject(text, QStringLiteral("plan.json"));
    QCOMPARE(codeOf(object), QStringLiteral("corrupt"));
    QVERIFY(object.error().summary.contains(QStringLiteral("plan.json")));
}

void TestBaseValues::foldersFollowXdg_data()
{
    QTest::addColumn<QByteArray>("given");
    QTest::addColumn<QString>("data");
    QTest::newRow("set") << QByteArray("/var/my") << QStringLiteral("/var/my/lifeboat");
    QTest::newRow("trailing slash") << QByteArray("/var/my/") << QStringLiteral("/var/my/lifeboat");
    QTest::newRow("empty") << QByteArray("") << QStringLiteral("/home/ann/.local/share/lifeboat");
    QTest::newRow("relative is ignored")
        << QByteArray("my") << QStringLiteral("/home/ann/.local/share/lifeboat");
}

void TestBaseValues::foldersFollowXdg()
{
    QFETCH(const QByteArray, given);
    QFETCH(const QString, data);
    const QByteArray home = qgetenv("HOME"), before = qgetenv("XDG_DATA_HOME");
    qputenv("HOME", "/home/ann");
    qputenv("XDG_DATA_HOME", given);
    const QString found = paths::dataFolder();
    qputenv("HOME", home);
    qputenv("XDG_DATA_HOME", before);
    QCOMPARE(found, data);
}

void TestBaseValues::socketsStandInAPrivateFolder()
{
    const QTemporaryDir session;
    const QByteArray before = qgetenv("XDG_RUNTIME_DIR");
    qputenv("XDG_RUNTIME_DIR", session.path().toUtf8());
    const auto folder = paths::runtimeFolder();
    const auto again = paths::runtimeFolder();
    qputenv("XDG_RUNTIME_DIR", before);
    QCOMPARE(whyNot(folder), QString());
    QCOMPARE(*folder, session.filePath(QStringLiteral("lifeboat")));
    QCOMPARE(again.value_or(QString()), *folder);
    const auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ExeGroup | QFile::ReadOther |
                        QFile::WriteOther | QFile::ExeOther;
    QVERIFY(!(QFileInfo(*folder).permissions() & others));
}

QTEST_GUILESS_MAIN(TestBaseValues)
#include "tst_base_values.moc"
