// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/input_spec.h"
#include "core/model/reference.h"
#include "core/model/runbook.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

using namespace lb;

namespace {

QJsonValue json(const char *text)
{
    return QJsonDocument::fromJson(QByteArray("[") + text + "]").array().at(0);
}

InputSpec spec(InputType type, bool isList = false)
{
    InputSpec one;
    one.name = QStringLiteral("x");
    one.type = type;
    one.isList = isList;
    one.choices = QStringList{QStringLiteral("calm"), QStringLiteral("storm")};
    return one;
}

} // namespace

class TestInputs : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void typedTextsAreParsed_data();
    void typedTextsAreParsed();
    void setIsCheckedAsAWhole();
    void displayIsForPeople();
    void referencesAreCut_data();
    void referencesAreCut();
    void answersAreHeldAgainstRules_data();
    void answersAreHeldAgainstRules();
    void rulesSurviveJson();
    void actionTableIsWhole();
};

void TestInputs::typedTextsAreParsed_data()
{
    QTest::addColumn<int>("type");
    QTest::addColumn<bool>("isList");
    QTest::addColumn<QStringList>("texts");
    QTest::addColumn<QJsonValue>("value"); // undefined: refused
    const auto row = [](InputType type, bool isList, const QStringList &texts, const char *value) {
        const QString name = QStringLiteral("%1 %2 %3")
                                 .arg(lb::name(type))
                                 .arg(isList)
                                 .arg(texts.join(QLatin1Char('|')));
        QTest::newRow(qPrintable(name))
            << int(type) << isList << texts
            << (*value ? json(value) : QJsonValue(QJsonValue::Undefined));
    };
    const auto t = [](const char *text) { return QStringList(QString::fromUtf8(text)); };
    row(InputType::Text, false, t("a b"), "\"a b\"");
    row(InputType::Text, false, t("a\nb"), "");
    row(InputType::Text, false, {QStringLiteral("a"), QStringLiteral("b")}, "");
    row(InputType::Text, true, {QStringLiteral("a"), QStringLiteral("b")}, R"(["a","b"])");
    row(InputType::Text, true, t("a"), R"(["a"])");
    row(InputType::Text, true, t(R"(["a","b"])"), R"(["a","b"])");
    row(InputType::Text, true, t("[a-z]*"), R"(["[a-z]*"])");
    row(InputType::Text, true, t(""), "[]");
    row(InputType::Text, true, {QStringLiteral("a"), QString()}, "");
    row(InputType::Number, false, t("42"), "42");
    row(InputType::Number, false, t("many"), "");
    row(InputType::YesNo, false, t("yes"), "true");
    row(InputType::YesNo, false, t("false"), "false");
    row(InputType::YesNo, false, t("maybe"), "");
    row(InputType::Choice, false, t("storm"), "\"storm\"");
    row(InputType::Choice, false, t("strom"), "");
    row(InputType::Path, false, t("/srv/a/"), "\"/srv/a\"");
    row(InputType::Path, false, t("/"), "\"/\"");
    row(InputType::Path, false, t("//srv///a"), "\"/srv/a\"");
    row(InputType::Path, false, t("srv"), "");
    row(InputType::Path, false, t("/srv/../etc"), "");
    row(InputType::Path, true, {QStringLiteral("/a"), QStringLiteral("/a/")}, "");
    row(InputType::Path, true, {QStringLiteral("/a"), QStringLiteral("/b")}, R"(["/a","/b"])");
    row(InputType::Host, false, t(""), "\"\"");
    row(InputType::Host, false, t("me@db-1.example.org:2222"), "\"me@db-1.example.org:2222\"");
    row(InputType::Host, false, t("[fe80::1]:22"), "\"[fe80::1]:22\"");
    row(InputType::Host, false, t("-oProxyCommand=x"), "");
    row(InputType::Host, false, t("a@-x"), "");
    row(InputType::Host, false, t("a:70000"), "");
    row(InputType::Host, false, t("a b"), "");
    row(InputType::Url, false, t("https://example.org/a?b=c"), "\"https://example.org/a?b=c\"");
    row(InputType::Url, false, t("https://me:pw@example.org/"), "");
    row(InputType::Url, false, t("example.org"), "");
    row(InputType::Command, false, t(R"(["systemctl","stop","h"])"), R"(["systemctl","stop","h"])");
    row(InputType::Command, false, t("systemctl stop h"), "");
    row(InputType::Command, false, t(R"(["-x"])"), "");
    row(InputType::Command, false, t(R"(["sh", 5])"), "");
    row(InputType::Command, false, t("[]"), "[]");
    row(InputType::Command, false, t(""), "[]");
    row(InputType::Command, true, t(R"(["a","b"])"), R"([["a","b"]])");
    row(InputType::Command, true, t(R"([["a"],["b"]])"), R"([["a"],["b"]])");
}

void TestInputs::typedTextsAreParsed()
{
    QFETCH(const int, type);
    QFETCH(const bool, isList);
    QFETCH(const QStringList, texts);
    QFETCH(const QJsonValue, value);
    const auto parsed = spec(InputType(type), isList).parse(texts);
    if (value.isUndefined()) {
        QVERIFY2(!parsed, parsed ? QJsonDocument(QJsonArray{*parsed}).toJson().constData() : "");
        QCOMPARE(parsed.error().code, ErrorCode::BadInput);
        QVERIFY(parsed.error().summary.startsWith(QLatin1String("x: ")));
    } else {
        QVERIFY2(parsed, parsed ? "" : qPrintable(parsed.error().sentence()));
        QCOMPARE(*parsed, value);
        // What was stored passes when it is read again.
        QCOMPARE(*spec(InputType(type), isList).check(*parsed), value);
    }
}

void TestInputs::setIsCheckedAsAWhole()
{
    InputSpec folder = spec(InputType::Path, true);
    folder.name = QStringLiteral("folder");
    folder.required = true;
    InputSpec stop = spec(InputType::Command), start = spec(InputType::Command);
    stop.name = QStringLiteral("stop");
    stop.with = start.name = QStringLiteral("start");
    start.with = stop.name;
    InputSpec mode = spec(InputType::Choice);
    mode.name = QStringLiteral("mode");
    mode.defaultValue = QStringLiteral("calm");
    const std::vector<InputSpec> specs{folder, stop, start, mode};

    const auto whole = checkInputs(specs, {{QStringLiteral("folder"), QStringLiteral("/srv/")}});
    QVERIFY(whole);
    QCOMPARE(QJsonValue(*whole), json(R"({"folder":["/srv"],"stop":[],"start":[],"mode":"calm"})"));
    const auto broken =
        checkInputs(specs, {{QStringLiteral("foldr"), QStringLiteral("/srv")},
                            {QStringLiteral("stop"), QJsonArray{QStringLiteral("halt")}}});
    QVERIFY(!broken);
    QCOMPARE(broken.error().detail.split(QLatin1Char('\n')),
             QStringList({QStringLiteral("folder: a value is needed"),
                          QStringLiteral("stop: it is given without “start”; give both or none"),
                          QStringLiteral("There is no input “foldr”; did you mean “folder”?")}));
    QVERIFY(checkInputs(specs, {}, false));
}

void TestInputs::displayIsForPeople()
{
    QCOMPARE(spec(InputType::Command).display(json(R"(["sh","-c","a b"])")),
             QStringLiteral("sh -c 'a b'"));
    QCOMPARE(spec(InputType::Path, true).display(json(R"(["/a","/b"])")), QStringLiteral("/a, /b"));
    QCOMPARE(spec(InputType::YesNo).display(true), QStringLiteral("yes"));
    QCOMPARE(spec(InputType::Number).display(5), QStringLiteral("5"));
}

void TestInputs::referencesAreCut_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("cut"); // fixed texts plain, references in <>; empty: refused
    const auto row = [](const char *text, const char *cut) {
        QTest::newRow(text) << QString::fromUtf8(text) << QString::fromUtf8(cut);
    };
    row("plain", "plain");
    row("{{ inputs.a }}", "<inputs.a>");
    row("x{{inputs.a}}y{{ item.b.c }}", "x<inputs.a>y<item.b.c>");
    row("{{ steps.a.outputs.b.c }}", "<steps.a.outputs.b.c>");
    row("{{ system }}@{{ hostname }}", "<system>@<hostname>");
    row("{{ '{{' }}.State}}", "{{.State}}");
    row("{ {a} }}", "{ {a} }}");
    row("{{ inputs }}", "");
    row("{{ inputs.a b }}", "");
    row("{{ steps.a.b }}", "");
    row("{{ steps.a.outputs }}", "");
    row("{{ nothing.a }}", "");
    row("{{ run.id }}", "");
    row("{{ inputs.a", "");
    row("{{}}", "");
}

void TestInputs::referencesAreCut()
{
    QFETCH(const QString, text);
    QFETCH(const QString, cut);
    const auto pieces = splitReferences(text);
    QCOMPARE(bool(pieces), !cut.isEmpty());
    if (!pieces)
        return;
    QString joined;
    for (const TextPiece &piece : *pieces) {
        if (const auto *reference = std::get_if<Reference>(&piece))
            joined += QLatin1Char('<') + reference->text + QLatin1Char('>');
        else
            joined += std::get<QString>(piece);
    }
    QCOMPARE(joined, cut);
}

void TestInputs::answersAreHeldAgainstRules_data()
{
    QTest::addColumn<QByteArray>("rule");
    QTest::addColumn<QJsonValue>("value");
    QTest::addColumn<int>("exitStatus");
    QTest::addColumn<bool>("holds");
    const auto row = [](const char *rule, const char *value, int exitStatus, bool holds) {
        QTest::newRow(qPrintable(QStringLiteral("%1 %2 %3")
                                     .arg(QLatin1String(rule), QLatin1String(value))
                                     .arg(exitStatus)))
            << QByteArray(rule) << json(value) << exitStatus << holds;
    };
    row(R"({"exit_status":3})", "\"\"", 3, true);
    row(R"({"exit_status":3})", "\"\"", 0, false);
    row(R"({"equals":"active"})", R"("active\n")", 0, true);
    row(R"({"equals":"active"})", R"("inactive\n")", 0, false);
    row(R"({"equals":5})", R"("5\n")", 0, true);
    row(R"({"equals":true})", "true", 0, true);
    row(R"({"contains":"up"})", R"("it is up")", 0, true);
    row(R"({"contains":"up"})", R"(["down","up 3"])", 0, true);
    row(R"({"contains":"up"})", R"(["down"])", 0, false);
    row(R"({"json":{"pointer":"/a/1/b~1c","equals":2}})", R"({"a":[0,{"b/c":2}]})", 0, true);
    row(R"({"json":{"pointer":"/a/1/b~1c","equals":2}})", R"("{\"a\":[0,{\"b/c\":2}]}")", 0, true);
    row(R"({"json":{"pointer":"/a/7","equals":2}})", R"({"a":[0]})", 0, false);
    row(R"({"exit_status":0,"contains":"up"})", R"("up")", 1, false);
    row(R"({"exit_status":0,"contains":"up"})", R"("up")", 0, true);
    row("{}", "\"\"", 0, false);
}

void TestInputs::answersAreHeldAgainstRules()
{
    QFETCH(const QByteArray, rule);
    QFETCH(const QJsonValue, value);
    QFETCH(const int, exitStatus);
    QFETCH(const bool, holds);
    const Match match = Match::fromJson(QJsonDocument::fromJson(rule).object());
    ReadAnswer answer;
    answer.exitStatus = exitStatus;
    answer.value = value;
    QCOMPARE(matches(match, answer), holds);
    // A kill has no exit status, and no rule about it may hold.
    answer.exitStatus.reset();
    if (match.exitStatus)
        QVERIFY(!matches(match, answer));
}

void TestInputs::rulesSurviveJson()
{
    Match match;
    match.exitStatus = 3;
    match.contains = QStringLiteral("up");
    match.json = Match::JsonPointer{QStringLiteral("/a"), QJsonValue(QJsonValue::Null)};
    QCOMPARE(Match::fromJson(match.toJson()).toJson(), match.toJson());
    QCOMPARE(match.display(), QStringLiteral("exit status 3 and the answer contains “up” and /a in "
                                             "the answer is null"));
}

void TestInputs::actionTableIsWhole()
{
    QStringList keys;
    for (const ActionSpec &spec : actionTable()) {
        QCOMPARE(&specOf(spec.kind), &spec);
        QCOMPARE(findAction(QLatin1String(spec.key)), &spec);
        QVERIFY(!keys.contains(QLatin1String(spec.key)));
        QVERIFY(*spec.help);
        keys << QLatin1String(spec.key);
        for (const ParamSpec &param : spec.params) {
            QVERIFY2(*param.help, param.key);
            if (*param.defaultText)
                QVERIFY2(!json(param.defaultText).isUndefined(), param.key);
        }
    }
    QCOMPARE(keys.size(), int(ActionKind::TreeAssess) + 1);
    QVERIFY(!findAction(QStringLiteral("rum")));
}

QTEST_GUILESS_MAIN(TestInputs)
#include "tst_inputs.moc"
