// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/action.h"
#include "core/model/input_spec.h"
#include "core/model/template_text.h"
#include "core/model/value_types.h"
#include "tests/core/base/result_words.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

using namespace lb;
using namespace lb::test;

/// Words, durations, sizes, filled texts, identities, choices: small values with large
/// consequences.
class TestModelValues : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void closedListsAreTheDesigns_data();
    void closedListsAreTheDesigns();
    void durationsAndSizes_data();
    void durationsAndSizes();
    void durationsAreWrittenInTheirLargestUnit_data();
    void durationsAreWrittenInTheirLargestUnit();
    void typedValuesAreChecked_data();
    void typedValuesAreChecked();
    void filledTextsStayOneValue_data();
    void filledTextsStayOneValue();
    void actionsHaveTheDesignsKeys_data();
    void actionsHaveTheDesignsKeys();
    void actionsFitTogether();
};

namespace {

QStringList words(const char *text)
{
    return QString::fromLatin1(text).split(u' ', Qt::SkipEmptyParts);
}

} // namespace

void TestModelValues::closedListsAreTheDesigns_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QStringList>("design");
    const auto row = [](const char *name, const QStringList &all, const char *design) {
        QTest::newRow(name) << all << words(design);
    };
    row("purpose", wordsOf<Purpose>(),
        "save restore rehearse migrate repair prepare import prove change cleanup assess");
    row("effect", wordsOf<Effect>(), "read change destroy");
    row("resume", wordsOf<ResumePolicy>(), "repeat probe ask");
    row("when", wordsOf<FinallyWhen>(), "always proven");
    row("target", wordsOf<TargetKind>(), "same replacement rehearsal");
    row("step", wordsOf<StepState>(),
        "pending running waiting succeeded warned failed skipped cancelled unknown");
    row("run", wordsOf<RunStateName>(),
        "preparing ready draft running paused waiting finishing succeeded warned failed cancelled "
        "interrupted");
    row("waiting.for", wordsOf<WaitingFor>(), "person credential network disk");
    row("completeness", wordsOf<Completeness>(), "complete incomplete unknown");
    row("proof", wordsOf<ProofLevel>(), "listed checksummed read restored"); // in this order
    row("obligation", wordsOf<ObligationState>(), "open closed waived");
    row("output", wordsOf<OutputKind>(), "none text lines json");
    row("evidence", wordsOf<EvidenceKind>(), "none text file");
    row("answer", wordsOf<AnswerKind>(), "done skip retry stop yes");
}

void TestModelValues::closedListsAreTheDesigns()
{
    QFETCH(const QStringList, words);
    QFETCH(const QStringList, design);
    QCOMPARE(words, design);
    QCOMPARE(fromWord<ProofLevel>(QStringLiteral("succeeded")), std::nullopt);
    QVERIFY(ProofLevel::Listed < ProofLevel::Restored);
}

void TestModelValues::durationsAndSizes_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<qint64>("duration"); // milliseconds; -1: refused
    QTest::addColumn<qint64>("size");
    const auto row = [](const char *text, qint64 duration, qint64 size) {
        QTest::newRow(*text ? text : "nothing") << QString::fromUtf8(text) << duration << size;
    };
    row("500ms", 500, -1);
    row("30s", 30'000, -1);
    row("2m", 120'000, -1);
    row("4h", 14'400'000, -1);
    row("1d", 86'400'000, -1);
    row("0", -1, 0);
    row("17B", -1, 17);
    row("10KiB", -1, 10'240);
    row("500MB", -1, 500'000'000);
    row("2GiB", -1, qint64(2) << 30);
    row("3TiB", -1, qint64(3) << 40);
    row("", -1, -1);
    row("5", -1, 5);
    row("-5s", -1, -1);
    row("-5B", -1, -1);
    row("1.5GiB", -1, -1);
    row("2 GiB", -1, -1);
    row("2gib", -1, -1);
    row("2GiB\n", -1, -1);
    row("2s\n", -1, -1);
    row("999999999999TiB", -1, -1); // more than fits
    row("9999999999d", -1, -1);
}

void TestModelValues::durationsAndSizes()
{
    QFETCH(const QString, text);
    QFETCH(const qint64, duration);
    QFETCH(const qint64, size);
    QCOMPARE(parseDuration(text).value_or(std::chrono::milliseconds(-1)).count(), duration);
    QCOMPARE(parseSize(text).value_or(-1), size);
}

void TestModelValues::durationsAreWrittenInTheirLargestUnit_data()
{
    QTest::addColumn<qint64>("ms");
    for (const auto &[word, ms] : {std::pair<const char *, qint64>{"0ms", 0},
                                   {"1500ms", 1500},
                                   {"90s", 90'000},
                                   {"2m", 120'000},
                                   {"25h", 90'000'000},
                                   {"2d", 172'800'000}})
        QTest::newRow(word) << ms;
}

void TestModelValues::durationsAreWrittenInTheirLargestUnit()
{
    QFETCH(const qint64, ms);
    const QString word = durationWord(std::chrono::milliseconds(ms));
    QCOMPARE(word, QString::fromLatin1(QTest::currentDataTag()));
    QCOMPARE(parseDuration(word).value_or(std::chrono::milliseconds(-1)).count(), ms);
}

void TestModelValues::typedValuesAreChecked_data()
{
    // Beside what tests/core/config/tst_inputs.cpp holds: values that YAML or a form brings.
    QTest::addColumn<QString>("type");
    QTest::addColumn<bool>("required");
    QTest::addColumn<QJsonValue>("value");
    QTest::addColumn<QString>("code");
    const auto row = [](const char *type, bool required, const QJsonValue &value,
                        const char *code) {
        const QByteArray text = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
        QTest::newRow((QByteArray(type) + (required ? " needed " : " ") + text).constData())
            << QString::fromLatin1(type) << required << value << QString::fromLatin1(code);
    };
    const auto t = [](const char *text) { return QJsonValue(QString::fromUtf8(text)); };
    row("text", true, t(""), "bad_input");
    row("text", true, QJsonValue(QJsonValue::Null), "bad_input");
    row("text", false, QJsonValue(QJsonValue::Null), "ok");
    row("text", false, 5, "bad_input");
    row("text", false, QJsonArray{t("a")}, "bad_input");
    row("text", false, QJsonValue(QString(QChar(u'\0'))), "bad_input");
    row("number", false, 5, "ok");
    row("number", false, t("nan"), "bad_input");
    row("number", false, t("1e999"), "bad_input");
    row("number", false, true, "bad_input");
    row("yes_no", false, true, "ok");
    row("yes_no", true, false, "ok"); // no is an answer
    row("yes_no", false, 1, "bad_input");
    row("path", false, t("~/x"), "bad_input");
    row("path", false, t("/srv/./x"), "bad_input");
    row("path", false, t("/srv/a\nb"), "bad_input");
    row("host", false, t("a:0"), "bad_input");
    row("host", false, t("[::1]"), "ok");
    row("host", false, t("::1"), "bad_input"); // which colon is the port's?
    row("url", false, t("https://me@host/"), "bad_input");
    row("url", false, t("https://host/a b"), "bad_input");
    row("url", false, t("https://host/?mail=a@b"), "ok");
    row("command", false, t("systemctl stop"), "bad_input");
    row("command", false, QJsonArray{t("")}, "bad_input");
    row("command", false, QJsonArray{t("sh"), t("-c"), t("a\nb")}, "ok");
}

void TestModelValues::typedValuesAreChecked()
{
    QFETCH(const QString, type);
    QFETCH(const bool, required);
    QFETCH(const QJsonValue, value);
    QFETCH(const QString, code);
    InputSpec spec;
    spec.name = QStringLiteral("x");
    const auto known = inputTypeFromName(type);
    QVERIFY(known);
    spec.type = *known;
    spec.required = required;
    QCOMPARE(codeOf(spec.check(value)), code);
}

void TestModelValues::filledTextsStayOneValue_data()
{
    QTest::addColumn<QString>("before");
    QTest::addColumn<bool>("allowsLines");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("filled"); // null: refused
    const auto row = [](const char *name, const char *before, bool allowsLines,
                        const QString &value, const char *filled) {
        QTest::newRow(name) << QString::fromLatin1(before) << allowsLines << value
                            << (filled ? QString::fromUtf8(filled) : QString());
    };
    row("plain", "", false, QStringLiteral("x y"), "x y");
    row("shell words", "", false, QStringLiteral("$(rm -rf /); 'a' \"b\""),
        "$(rm -rf /); 'a' \"b\"");
    row("another slot's braces", "", false, QStringLiteral("{{ run }} ‹run›"), "{{ run }} ‹run›");
    row("an option", "", false, QStringLiteral("-rf"), nullptr);
    row("a minus behind", "--size=", false, QStringLiteral("-5"), "--size=-5");
    row("an option where lines are fine", "", true, QStringLiteral("-5\n"), "-5\n");
    row("a second line", "x", false, QStringLiteral("a\nb"), nullptr);
    row("a carriage return", "x", false, QStringLiteral("a\rb"), nullptr);
    row("NUL", "x", false, QString(QChar(u'\0')), nullptr);
    row("NUL where lines are fine", "x", true, QString(QChar(u'\0')), nullptr);
    row("nothing", "x", false, QLatin1String(""), "x");
}

void TestModelValues::filledTextsStayOneValue()
{
    QFETCH(const QString, before);
    QFETCH(const bool, allowsLines);
    QFETCH(const QString, value);
    QFETCH(const QString, filled);
    TemplateText text(before);
    text.append(Slot{QStringLiteral("steps.a.outputs.b"), allowsLines});
    QVERIFY(text.hasSlots());
    QCOMPARE(text.display(), before + QStringLiteral("‹steps.a.outputs.b›"));
    QCOMPARE(TemplateText::fromJson(text.toJson()), text);
    const auto result = text.fill([&](const Slot &slot) -> Result<QString> {
        return slot.path == QLatin1String("steps.a.outputs.b") ? value : QString();
    });
    QCOMPARE(codeOf(result), filled.isNull() ? QStringLiteral("bad_input") : QStringLiteral("ok"));
    if (result)
        QCOMPARE(*result, filled);
    else
        QVERIFY(result.error().summary.contains(QStringLiteral("‹steps.a.outputs.b›")));
    // A first slot that is empty does not hide what begins the text then.
    TemplateText two;
    two.append(Slot{QStringLiteral("none"), false});
    two.append(Slot{QStringLiteral("second"), false});
    const auto option = two.fill([](const Slot &slot) -> Result<QString> {
        return slot.path == QLatin1String("second") ? QStringLiteral("-x") : QString();
    });
    QCOMPARE(codeOf(option), QStringLiteral("bad_input"));
}

void TestModelValues::actionsHaveTheDesignsKeys_data()
{
    QTest::addColumn<QStringList>("keys"); // design §4, and `via` on every address
    QTest::addColumn<QString>("effect");   // empty: the step says it
    const auto row = [](const char *action, const char *keys, const char *effect) {
        QTest::newRow(action) << words(keys) << QString::fromLatin1(effect);
    };
    row("run", "program args command as folder environment input success output", "");
    row("ssh", "host via program args command as folder environment input success output", "");
    row("http",
        "method url headers body json from_file ca client_certificate client_key user password "
        "bearer timeout success output to_file max_size via",
        "");
    row("tree_save", "host via folder exclude part", "read");
    row("tree_restore", "host via part into", "destroy");
    row("postgres_list", "host via server port user database password", "read");
    row("postgres_dump", "host via server port user database password part", "read");
    row("postgres_restore", "host via server port user database password part into", "destroy");
    row("postgres_globals", "host via server port user database password part", "read");
    row("write_file", "host via path content mode", "change");
    row("wait_until", "action done_when every", "read");
    row("ask", "text evidence", "read");
    row("confirm", "text evidence", "read");
    row("disk_free", "host via path at_least", "read");
    row("program", "host via program", "read");
    row("reachable", "host via port", "read");
    row("path", "host via path is", "read");
    row("clock", "host via at_most", "read");
    row("lease_free", "", "read");
    row("secret", "name", "read");
    row("identity", "", "read");
    row("host_key", "host via", "read");
    row("machine_id", "host via", "read");
    row("hostname", "host via", "read");
    row("filesystem", "host via path", "read");
}

void TestModelValues::actionsHaveTheDesignsKeys()
{
    QFETCH(QStringList, keys);
    QFETCH(const QString, effect);
    const ActionSpec *spec = findAction(QString::fromLatin1(QTest::currentDataTag()));
    QVERIFY(spec);
    QStringList found;
    for (const ParamSpec &param : spec->params)
        found << QString::fromLatin1(param.key);
    found.sort();
    keys.sort();
    QCOMPARE(found, keys);
    QCOMPARE(spec->effect ? name(*spec->effect) : QString(), effect);
}

void TestModelValues::actionsFitTogether()
{
    for (const ActionSpec &spec : actionTable()) {
        QVERIFY2(!spec.canRead || spec.effect.value_or(Effect::Read) == Effect::Read, spec.key);
        QVERIFY2(!spec.isCheck || spec.canRead, spec.key);
        QStringList keys;
        for (const ParamSpec &param : spec.params) {
            const QByteArray where = QByteArray(spec.key) + '.' + param.key;
            QVERIFY2(!keys.contains(QLatin1String(param.key)), where.constData());
            keys << QString::fromLatin1(param.key);
            QVERIFY2(!param.required || !*param.defaultText, where.constData());
            if (param.type != ParamType::Choice)
                continue;
            const QStringList choices = QString::fromLatin1(param.choices).split(u'|');
            const QString standard = QString::fromLatin1(param.defaultText).remove(u'"');
            QVERIFY2(param.required || choices.contains(standard), where.constData());
        }
    }
}

QTEST_GUILESS_MAIN(TestModelValues)
#include "tst_model_values.moc"
