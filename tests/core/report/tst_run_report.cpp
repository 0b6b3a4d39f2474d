// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"
#include "core/report/html_page.h"
#include "core/report/run_report.h"

#include <QRegularExpression>
#include <QTest>
#include <QXmlStreamReader>

using namespace lb;

namespace {

/// Everything that must be shown and never interpreted: tags, attributes, entities, placeholders of
/// our own texts, terminal and direction controls, a NUL.
const QString kHostile =
    QStringLiteral("</td></pre><script>alert('x')</script><img src=\"http://evil.example/\" "
                   "onerror='go()'> &lt; %1 %n \x1b[31mred\x07 ") +
    QChar(0x202E) + QStringLiteral("desrever") + QChar(0x2066) + QChar(0);

RunEvent event(quint64 seq, EventKind kind, const QJsonObject &data, const QString &step = {},
               int attempt = 0)
{
    RunEvent made;
    made.seq = seq;
    made.time = QDateTime(QDate(2026, 11, 21), QTime(3, 4, int(seq) % 60), Qt::UTC);
    made.kind = kind;
    made.data = data;
    made.step = step;
    made.attempt = attempt;
    return made;
}

/// A failed run with hostile text in every place that has text.
RunRecord hostileRecord()
{
    RunRequest request;
    request.id = RunId(QStringLiteral("r20261121-030405-a1b2c3"));
    request.runbookId = kHostile;
    request.system.name = kHostile;
    request.by = request.host = request.version = kHostile;
    Plan plan;
    plan.runbook = plan.title = plan.system = plan.type = kHostile;
    plan.identity = {{{kHostile, kHostile}}, kHostile, {kHostile}};
    plan.deviations.push_back({kHostile, kHostile, kHostile});
    plan.remarks << kHostile;
    PlannedStep step;
    step.id = step.title = kHostile;
    ProcessCall call;
    call.program = kHostile;
    step.calls.push_back(call);
    plan.steps.push_back(step);

    const QJsonObject error = errorToJson({ErrorCode::Failed, kHostile, kHostile, kHostile});
    RunRecord record;
    quint64 seq = 0;
    const auto add = [&](EventKind kind, const QJsonObject &data, int attempt = 0) {
        record.events.push_back(
            event(++seq, kind, data, attempt > 0 ? kHostile : QString(), attempt));
    };
    const QString sha(64, QLatin1Char('a'));
    add(EventKind::RunRequested, {{QStringLiteral("request"), request.toJson()}});
    add(EventKind::CheckDone, {{QStringLiteral("check"), kHostile},
                               {QStringLiteral("title"), kHostile},
                               {QStringLiteral("verdict"), QStringLiteral("warned")},
                               {QStringLiteral("evidence"), kHostile}});
    add(EventKind::PlanFrozen, {{QStringLiteral("plan_sha256"), sha}});
    GoAnswer go;
    go.yes = true;
    go.by = go.confirm = kHostile;
    go.accept.insert(kHostile, kHostile);
    add(EventKind::Go, go.toJson());
    add(EventKind::StepIntended, {}, 1);
    add(EventKind::StepFailed, {{QStringLiteral("error"), error}, {QStringLiteral("retry"), true}},
        1);
    add(EventKind::StepIntended, {}, 2);
    add(EventKind::ObligationOpened,
        {{QStringLiteral("obligation"),
          QJsonObject{{QStringLiteral("id"), kHostile}, {QStringLiteral("title"), kHostile}}}});
    add(EventKind::Answered,
        {{QStringLiteral("answer"), kHostile},
         {QStringLiteral("by"), kHostile},
         {QStringLiteral("note"), kHostile},
         {QStringLiteral("evidence"),
          QJsonObject{{QStringLiteral("file"), kHostile}, {QStringLiteral("sha256"), kHostile}}}},
        2);
    add(EventKind::StepFailed, {{QStringLiteral("error"), error}}, 2);
    add(EventKind::WarningRaised, {{QStringLiteral("text"), kHostile}});
    add(EventKind::RunEnded, {{QStringLiteral("state"), QStringLiteral("failed")}});
    for (const RunEvent &made : record.events)
        record.view.state.apply(made);
    record.view.plan = plan;
    record.view.shown = record.view.state.state;
    record.view.journalProblem = kHostile;
    record.head = QString(64, QLatin1Char('b'));
    record.evidence.push_back({kHostile, kHostile, kHostile, {}, kHostile, kHostile, 1});
    record.version = kHostile;
    return record;
}

QJsonObject runSchema()
{
    QFile file(QStringLiteral(LB_SCHEMAS "/run-report.schema.json"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    return parseJsonObject(file.readAll(), file.fileName()).value_or(QJsonObject());
}

QStringList fieldsOf(const QJsonObject &schema)
{
    return schema.value(QLatin1String("properties")).toObject().keys();
}

} // namespace

class TestRunReport : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void hostileTextIsOnlyShown();
    void everythingIsTold();
    void outcomeIsOneSentence_data();
    void outcomeIsOneSentence();
    void evidenceIsComparedWithTheJournal();
    void schemaNamesTheFields();
};

void TestRunReport::hostileTextIsOnlyShown()
{
    QByteArray page = runReportHtml(hostileRecord());
    // The page's own tags are XML but for the empty ones in its head.
    page.replace("<!DOCTYPE html>\n", "");
    static const QRegularExpression meta(QStringLiteral("(<meta [^>]*)>"));
    QXmlStreamReader reader(QString::fromUtf8(page).replace(meta, QStringLiteral("\\1/>")));
    const QStringList known{
        QStringLiteral("html"),  QStringLiteral("head"),  QStringLiteral("meta"),
        QStringLiteral("title"), QStringLiteral("style"), QStringLiteral("body"),
        QStringLiteral("h1"),    QStringLiteral("h2"),    QStringLiteral("p"),
        QStringLiteral("table"), QStringLiteral("thead"), QStringLiteral("tbody"),
        QStringLiteral("tr"),    QStringLiteral("th"),    QStringLiteral("td"),
        QStringLiteral("ul"),    QStringLiteral("li"),    QStringLiteral("pre")};
    const QStringList attributes{QStringLiteral("lang"),    QStringLiteral("charset"),
                                 QStringLiteral("content"), QStringLiteral("http-equiv"),
                                 QStringLiteral("name"),    QStringLiteral("class"),
                                 QStringLiteral("scope")};
    bool policy = false;
    while (!reader.atEnd()) {
        if (reader.readNext() != QXmlStreamReader::StartElement)
            continue;
        QVERIFY2(known.contains(reader.name()), qPrintable(reader.name().toString()));
        for (const QXmlStreamAttribute &attribute : reader.attributes()) {
            QVERIFY2(attributes.contains(attribute.name()),
                     qPrintable(attribute.name().toString()));
            QVERIFY(!attribute.value().contains(QLatin1String("evil")));
            policy = policy || attribute.value() ==
                                   QLatin1String("default-src 'none'; style-src 'unsafe-inline'");
        }
    }
    QVERIFY2(!reader.hasError(), qPrintable(reader.errorString()));
    QVERIFY(policy);
    const QString text = QString::fromUtf8(page);
    for (const QChar c : text)
        QVERIFY2(c == QLatin1Char('\n') ||
                     (c.unicode() >= 0x20 && c.unicode() != 0x202E && c.unicode() != 0x2066),
                 qPrintable(QString::number(c.unicode(), 16)));
    QVERIFY(text.contains(QStringLiteral("\\x1b[31mred")));
    QVERIFY(text.contains(QStringLiteral("\\u202edesrever")));
    QVERIFY(!text.contains(QStringLiteral("url(")));
    QVERIFY(!text.contains(QStringLiteral("@import")));
}

void TestRunReport::everythingIsTold()
{
    RunRecord record = hostileRecord();
    record.view.plan->deviations = {
        {QStringLiteral("their way"), QStringLiteral("our way"), QStringLiteral("the reason")}};
    const QString page = QString::fromUtf8(runReportHtml(record));
    for (const char *told : {"their way", "our way", "the reason", "r20261121-030405-a1b2c3",
                             "2026-11-21T03:04:01.000Z", "plan_sha256"})
        QVERIFY2(page.contains(QLatin1String(told)), told);
    QVERIFY(page.contains(record.head));
    QVERIFY(page.contains(record.view.state.planSha256));
    const QJsonObject document = runReportJson(record);
    QCOMPARE(document.value(QLatin1String("people")).toArray().size(), 3); // request, go, answer
    QCOMPARE(document.value(QLatin1String("journal"))[QLatin1String("head")].toString(),
             record.head);
    // Both attempts, not only the last.
    int failures = 0;
    for (const QJsonValue happened : document.value(QLatin1String("timeline")).toArray())
        failures += happened[QLatin1String("event")] == QLatin1String("step_failed") ? 1 : 0;
    QCOMPARE(failures, 2);
}

void TestRunReport::outcomeIsOneSentence_data()
{
    QTest::addColumn<RunStateName>("state");
    QTest::addColumn<QString>("sentence");
    QTest::newRow("succeeded") << RunStateName::Succeeded << QStringLiteral("It succeeded.");
    QTest::newRow("failed") << RunStateName::Failed
                            << QStringLiteral("It failed at the step “dump”: no room");
    QTest::newRow("cancelled") << RunStateName::Cancelled << QStringLiteral("It was cancelled.");
    QTest::newRow("interrupted")
        << RunStateName::Interrupted
        << QStringLiteral("It was interrupted: its runner was gone before it had ended.");
    QTest::newRow("draft") << RunStateName::Draft
                           << QStringLiteral("It is a plan that nobody let go; nothing was done.");
}

void TestRunReport::outcomeIsOneSentence()
{
    QFETCH(RunStateName, state);
    QFETCH(QString, sentence);
    RunRecord record;
    record.view.shown = state;
    StepRecord step;
    step.id = QStringLiteral("dump");
    step.state = StepState::Failed;
    step.error = Error{ErrorCode::NoSpace, QStringLiteral("no room"), {}, {}};
    record.view.state.steps.insert(step.id, step);
    record.view.state.stepOrder << step.id;
    QCOMPARE(runReportJson(record).value(QLatin1String("outcome")).toString(), sentence);
}

void TestRunReport::evidenceIsComparedWithTheJournal()
{
    RunRecord record;
    record.evidence = {
        {QStringLiteral("a"),
         QStringLiteral("s"),
         {},
         {},
         QStringLiteral("1"),
         QStringLiteral("1"),
         1},
        {QStringLiteral("b"),
         QStringLiteral("s"),
         {},
         {},
         QStringLiteral("1"),
         QStringLiteral("2"),
         1},
        {QStringLiteral("c"), QStringLiteral("s"), {}, {}, QStringLiteral("1"), {}, 0},
        {QStringLiteral("d"), {}, {}, {}, {}, QStringLiteral("4"), 1}};
    const QString page = QString::fromUtf8(runReportHtml(record));
    for (const char *standing :
         {"as recorded", "changed since", "missing", "not named in the journal"})
        QCOMPARE(page.count(QStringLiteral("<td>%1</td>").arg(QLatin1String(standing))), 1);
}

void TestRunReport::schemaNamesTheFields()
{
    const QJsonObject document = runReportJson(hostileRecord());
    const QJsonObject schema = runSchema();
    QCOMPARE(fieldsOf(schema), document.keys());
    const QJsonObject parts = schema.value(QLatin1String("$defs")).toObject();
    for (const auto &[list, part] :
         {std::pair{"people", "act"}, std::pair{"timeline", "happening"},
          std::pair{"deviations", "deviation"}, std::pair{"evidence", "evidence"}})
        QCOMPARE(fieldsOf(parts.value(QLatin1String(part)).toObject()),
                 document.value(QLatin1String(list)).toArray().first().toObject().keys());
    QCOMPARE(fieldsOf(parts.value(QLatin1String("journal")).toObject()),
             document.value(QLatin1String("journal")).toObject().keys());
}

QTEST_GUILESS_MAIN(TestRunReport)
#include "tst_run_report.moc"
