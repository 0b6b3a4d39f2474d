// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/service/plan_text.h"
#include "core/service/service.h"

#include <QTest>

using namespace lb;

class TestPlanPrinting : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void wrapsWithoutLosingAnything_data();
    void wrapsWithoutLosingAnything();
    void printsWhatWillBeDone();
    void nothingInAPlanReachesTheTerminal();
};

namespace {

Plan somePlan()
{
    Plan plan;
    plan.runbook = QStringLiteral("shop.repair");
    plan.title = QStringLiteral("Repair the shop");
    plan.system = QStringLiteral("shop");
    plan.identity.text = QStringLiteral("shop@web");
    plan.identity.facts = {{QStringLiteral("hostname"), QStringLiteral("web")}};
    plan.secrets = {QStringLiteral("db_password")};
    PlannedStep stop;
    stop.id = QStringLiteral("stop");
    stop.title = QStringLiteral("Stop the service");
    stop.effect = Effect::Change;
    ProcessCall call;
    call.program = QStringLiteral("systemctl");
    call.arguments = {TemplateText(QStringLiteral("stop")), TemplateText(QStringLiteral("shop"))};
    stop.calls.push_back(call);
    stop.undo.push_back(call);
    PlannedStep drop = stop;
    drop.id = QStringLiteral("drop");
    drop.effect = Effect::Destroy;
    drop.undo.clear();
    PlannedStep skipped = stop;
    skipped.id = QStringLiteral("skipped");
    skipped.skipReason = QStringLiteral("not wanted");
    PlannedStep finish = stop;
    finish.id = QStringLiteral("finish");
    finish.section = PlanSection::Finally;
    finish.finallyWhen = FinallyWhen::Proven;
    plan.steps = {stop, drop, skipped, finish};
    plan.lineOfNoReturn = 1;
    plan.announced = {{QStringLiteral("aside"), QStringLiteral("Delete the old copy"), {}}};
    plan.deviations = {{QStringLiteral("stops last"), QStringLiteral("stops first"),
                        QStringLiteral("files must fit together")}};
    plan.remarks = {QStringLiteral("The host name stays")};
    return plan;
}

} // namespace

void TestPlanPrinting::wrapsWithoutLosingAnything_data()
{
    QTest::addColumn<int>("width");
    for (const int width : {0, 12, 40, 80})
        QTest::newRow(qPrintable(QString::number(width))) << width;
}

void TestPlanPrinting::wrapsWithoutLosingAnything()
{
    QFETCH(const int, width);
    const QString text = QStringLiteral("one two  three averyveryverylongword-without-any-space "
                                        "and the end");
    const QStringList lines = wrapText(text, width, QStringLiteral("- "), QStringLiteral("  "));
    QString joined;
    for (const QString &line : lines) {
        QVERIFY2(width == 0 || line.size() <= width, qPrintable(line));
        joined += line.mid(2);
    }
    QCOMPARE(joined.remove(QLatin1Char(' ')), QString(text).remove(QLatin1Char(' ')));
    QVERIFY(lines.first().startsWith(QStringLiteral("- one")));
}

void TestPlanPrinting::printsWhatWillBeDone()
{
    Service service(QStringLiteral("/nonexistent"));
    const QString text = service.planText(somePlan(), 0);
    for (const char *part :
         {"Repair the shop (shop.repair)", "shop@web", "db_password", "systemctl stop shop",
          "skipped: not wanted", "only when proven", "Delete the old copy", "stops first",
          "The host name stays", "cannot be undone"})
        QVERIFY2(text.contains(QString::fromUtf8(part)), part);
    const qsizetype line = text.indexOf(QStringLiteral("line of no return"));
    QVERIFY(line > text.indexOf(QStringLiteral("1. stop")));
    QVERIFY(line < text.indexOf(QStringLiteral("2. drop")));
    for (const QString &wrapped : service.planText(somePlan(), 50).split(QLatin1Char('\n')))
        QVERIFY2(wrapped.size() <= 50, qPrintable(wrapped));
}

void TestPlanPrinting::nothingInAPlanReachesTheTerminal()
{
    Plan plan = somePlan();
    plan.title = QStringLiteral("\x1b[2Jtrap\x07");
    plan.steps[0].title = QStringLiteral("two\nlines");
    Service service(QStringLiteral("/nonexistent"));
    const QString text = service.planText(plan, 80);
    QVERIFY(!text.contains(QLatin1Char('\x1b')));
    QVERIFY(!text.contains(QLatin1Char('\x07')));
    QVERIFY(text.contains(QStringLiteral("two\\nlines")));
}

QTEST_GUILESS_MAIN(TestPlanPrinting)
#include "tst_plan_printing.moc"
