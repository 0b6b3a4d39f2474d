// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/runbook_reader.h"
#include "core/config/yaml_document.h"

#include <QDir>
#include <QJsonArray>
#include <QRandomGenerator>
#include <QTest>

using namespace lb;

namespace {

const QString kData = QStringLiteral(LB_TEST_DATA);

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QByteArray said(const ReadRunbook &read)
{
    QByteArray lines;
    for (const Diagnostic &diagnostic : read.diagnostics)
        lines += diagnostic.text().toUtf8() + '\n';
    return lines;
}

ReadRunbook good(const char *name)
{
    const QString file = QLatin1String(name);
    return readRunbook(contentOf(kData + QStringLiteral("/good/") + file), file);
}

} // namespace

class TestRunbookReader : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void brokenSayExactlyWhatStandsBeside_data();
    void brokenSayExactlyWhatStandsBeside();
    void goodSayNothing_data();
    void goodSayNothing();
    void everythingIsRead();
    void defaultsAreSet();
    void remoteAndSecretsAreRead();
    void designSampleIsUsable();
    void truncatedIsNeverShorter();
    void damagedNeverCrashes();
    void resultHoldsAllDiagnostics();
};

void TestRunbookReader::brokenSayExactlyWhatStandsBeside_data()
{
    QTest::addColumn<QString>("name");
    const QDir folder(kData + QStringLiteral("/broken"));
    const QStringList names = folder.entryList({QStringLiteral("*.yaml")}, QDir::Files, QDir::Name);
    QVERIFY(names.size() >= 45);
    for (const QString &name : names)
        QTest::newRow(qPrintable(name)) << name;
}

void TestRunbookReader::brokenSayExactlyWhatStandsBeside()
{
    QFETCH(const QString, name);
    const QString path = kData + QStringLiteral("/broken/") + name;
    const QString expectedPath = path.chopped(5) + QStringLiteral(".expected");
    const QByteArray lines = said(readRunbook(contentOf(path), name));
    if (qEnvironmentVariableIsSet("LIFEBOAT_UPDATE_EXPECTED")) {
        QFile expected(expectedPath);
        QVERIFY(expected.open(QIODevice::WriteOnly));
        expected.write(lines);
    }
    QVERIFY(!lines.isEmpty());
    QCOMPARE(QString::fromUtf8(lines), QString::fromUtf8(contentOf(expectedPath)));
}

void TestRunbookReader::goodSayNothing_data()
{
    QTest::addColumn<QString>("name");
    const QDir folder(kData + QStringLiteral("/good"));
    for (const QString &name :
         folder.entryList({QStringLiteral("*.yaml")}, QDir::Files, QDir::Name))
        QTest::newRow(qPrintable(name)) << name;
}

void TestRunbookReader::goodSayNothing()
{
    QFETCH(const QString, name);
    const auto read = readRunbook(contentOf(kData + QStringLiteral("/good/") + name), name);
    QCOMPARE(QString::fromUtf8(said(read)), QString());
    QVERIFY(read.isUsable());
}

void TestRunbookReader::everythingIsRead()
{
    const Runbook runbook = good("everything.yaml").runbook;
    QCOMPARE(runbook.id, QStringLiteral("everything.change"));
    QCOMPARE(runbook.purpose, Purpose::Change);
    QCOMPARE(runbook.appliesTo, QStringLiteral(">=1.0 <3"));
    QCOMPARE(runbook.versionPattern, QStringLiteral("harbour ([0-9.]+)"));
    QCOMPARE(runbook.deviations.size(), size_t(1));
    QCOMPARE(runbook.inputs.size(), size_t(8));
    QVERIFY(!runbook.builtIn && !runbook.hidden);
    QCOMPARE(runbook.sha256.size(), 64);
    QCOMPARE(runbook.closes.size(), size_t(1));
    QCOMPARE(runbook.closes[0].obligation, QStringLiteral("start"));
    QCOMPARE(runbook.closes[0].runbook, QStringLiteral("harbour.save"));
    QCOMPARE(runbook.closes[0].same, QStringList({QStringLiteral("folder")}));

    const InputSpec *words = runbook.input(QStringLiteral("word"));
    QVERIFY(words && words->isList);
    QCOMPARE(words->defaultValue,
             QJsonValue(QJsonArray{QStringLiteral("one"), QStringLiteral("two")}));
    QCOMPARE(runbook.input(QStringLiteral("mode"))->choices,
             QStringList({QStringLiteral("calm"), QStringLiteral("storm")}));

    const auto step = [&](const char *id) {
        for (const auto *list : {&runbook.steps, &runbook.finallySteps}) {
            for (const StepSpec &one : *list) {
                if (one.id == QLatin1String(id))
                    return one;
            }
        }
        return StepSpec();
    };
    const StepSpec stop = step("stop");
    QCOMPARE(stop.resume, ResumePolicy::Probe);
    QVERIFY(stop.probe && stop.probe->doneWhen.exitStatus == 0 && stop.obliges);
    QCOMPARE(stop.obliges->by, QStringLiteral("start"));
    QCOMPARE(stop.timeout, std::chrono::seconds(30));
    QCOMPARE(stop.grace, std::chrono::seconds(2));
    QVERIFY(!stop.needs);
    QVERIFY(step("aside").needs && step("aside").needs->isEmpty());
    const StepSpec furnish = step("furnish");
    QCOMPARE(furnish.forEach, QStringLiteral("discovered.rooms"));
    QCOMPARE(furnish.action.params[QLatin1String("success")],
             QJsonValue(QJsonArray{QStringLiteral("0"), QStringLiteral("3")}));
    QVERIFY(furnish.undo && furnish.undo->kind == ActionKind::Run);
    const StepSpec flaky = step("flaky");
    QCOMPARE(flaky.retry.times, 2);
    QCOMPARE(flaky.retry.wait, std::chrono::milliseconds(100));
    QVERIFY(flaky.retry.on == std::vector{ErrorCode::Failed});
    QCOMPARE(step("note").action.params[QLatin1String("mode")], QJsonValue(QStringLiteral("0640")));
    const QJsonObject settle = step("settle").action.params;
    QVERIFY(settle.value(QLatin1String("run")).isObject());
    QVERIFY(settle.contains(QLatin1String("done_when")));
    const StepSpec praise = step("praise");
    QCOMPARE(praise.finallyWhen, FinallyWhen::Proven);
    QVERIFY(praise.when && praise.when->isObject());
    QVERIFY(step("start").startsDaemon);
    QCOMPARE(runbook.checks[4].forEach, QStringLiteral("inputs.word"));
    QVERIFY(runbook.checks[5].warnOnly && runbook.checks[5].when);
}

void TestRunbookReader::defaultsAreSet()
{
    const auto read = readRunbook(
        "lifeboat: 1\nid: a.b\nsystem: s\npurpose: save\ntitle: T\n"
        "identity: {facts: {a: {hostname: {}}, b: {machine_id: {}}}, text: x}\n"
        "parts: {p: {title: P}}\n"
        "steps:\n"
        "  - {id: one, effect: change, run: {program: stop}}\n"
        "  - {id: two, effect: read, run: {program: look, args: [-p, 5432, true]}}\n"
        "  - {id: three, tree_save: {folder: /srv, part: p}, retry: {times: 1}}\n"
        "  - {id: four, effect: change, run: {program: a}, probe: {run: {program: b}, done_when: "
        "{exit_status: 0}, not_done_when: {exit_status: 1}}}\n"
        "finally:\n  - {id: five, run: {program: start}}\n",
        QStringLiteral("f"));
    QCOMPARE(QString::fromUtf8(said(read)), QString());
    const Runbook &runbook = read.runbook;
    QCOMPARE(runbook.steps[0].title, QStringLiteral("one"));
    QCOMPARE(runbook.steps[0].resume, ResumePolicy::Ask);
    QCOMPARE(runbook.steps[1].resume, ResumePolicy::Repeat);
    // Numbers and words among arguments are the characters as written.
    QCOMPARE(runbook.steps[1].action.params[QLatin1String("args")],
             QJsonValue(
                 QJsonArray{QStringLiteral("-p"), QStringLiteral("5432"), QStringLiteral("true")}));
    QCOMPARE(runbook.steps[2].effect, Effect::Read);
    QVERIFY(runbook.steps[2].retry.on ==
            std::vector({ErrorCode::Unreachable, ErrorCode::TimedOut}));
    QCOMPARE(runbook.steps[3].resume, ResumePolicy::Probe);
    QCOMPARE(runbook.finallySteps[0].effect, Effect::Change);
    QCOMPARE(runbook.finallySteps[0].finallyWhen, FinallyWhen::Always);
    QCOMPARE(runbook.parts[0].kind, QStringLiteral("tree"));
}

void TestRunbookReader::remoteAndSecretsAreRead()
{
    const Runbook runbook = good("harbour.save.yaml").runbook;
    QCOMPARE(runbook.secrets.size(), size_t(3));
    QCOMPARE(runbook.secrets[0].neededBy, QStringLiteral("dump"));
    // Its steps run as root: sudo may ask.
    QCOMPARE(runbook.secrets[2].name, QStringLiteral("sudo_password"));
    QCOMPARE(runbook.steps[0].action.kind, ActionKind::Ssh);
    QCOMPARE(runbook.steps[1].action.kind, ActionKind::Http);
    QCOMPARE(runbook.steps[1].action.params[QLatin1String("json")][QLatin1String("state")],
             QJsonValue(QStringLiteral("down")));
    QCOMPARE(runbook.discover[0].action.params[QLatin1String("password")][QLatin1String("secret")],
             QJsonValue(QStringLiteral("db_password")));
    QVERIFY(runbook.parts[1].secret);
}

void TestRunbookReader::designSampleIsUsable()
{
    // Parts that no step makes and a range without a version are doubtful, not wrong.
    QByteArray text = contentOf(kData + QStringLiteral("/good/harbour.save.yaml"));
    text.replace("  files: {title: Files, needed: true}\n",
                 "  files: {title: Files, needed: true}\n  keys: {title: Keys, needed: true}\n");
    const auto read = readRunbook(text, QStringLiteral("f"));
    QVERIFY(read.isUsable());
    QCOMPARE(read.diagnostics.size(), size_t(1));
    QCOMPARE(read.diagnostics[0].severity, Diagnostic::Severity::Warning);
}

void TestRunbookReader::truncatedIsNeverShorter()
{
    // A runbook that lost its end must not run as a shorter one. Where a cut falls between two
    // whole steps no reader can know; everywhere else it must be an error.
    const QByteArray whole = contentOf(kData + QStringLiteral("/good/small.yaml"));
    QVERIFY(readRunbook(whole, QStringLiteral("f")).isUsable());
    for (qsizetype size = 0; size < whole.size() - 1; ++size)
        QVERIFY2(!readRunbook(whole.left(size), QStringLiteral("f")).isUsable(),
                 whole.left(size).constData());
}

void TestRunbookReader::damagedNeverCrashes()
{
    const QByteArray whole = contentOf(kData + QStringLiteral("/good/everything.yaml"));
    QRandomGenerator random(20261121);
    for (int round = 0; round < 300; ++round) {
        QByteArray damaged = whole;
        for (int change = random.bounded(1, 6); change > 0; --change) {
            const qsizetype at = random.bounded(int(damaged.size()));
            switch (random.bounded(3)) {
            case 0:
                damaged[at] = char(random.bounded(32, 127));
                break;
            case 1:
                damaged.remove(at, random.bounded(1, 60));
                break;
            default:
                damaged.insert(at, whole.mid(random.bounded(int(whole.size())), 40));
                break;
            }
        }
        for (const Diagnostic &diagnostic : readRunbook(damaged, QStringLiteral("f")).diagnostics) {
            QVERIFY(diagnostic.line >= 1 && diagnostic.column >= 1);
            QVERIFY(!diagnostic.message.isEmpty());
        }
    }
}

void TestRunbookReader::resultHoldsAllDiagnostics()
{
    const QString path = kData + QStringLiteral("/broken/many-at-once.yaml");
    const auto result = usableRunbook(readRunbook(contentOf(path), QStringLiteral("many")));
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::BadInput);
    QVERIFY(result.error().detail.split(QLatin1Char('\n')).size() >= 10);
    QVERIFY(usableRunbook(good("small.yaml")));
}

QTEST_GUILESS_MAIN(TestRunbookReader)
#include "tst_runbook_reader.moc"
