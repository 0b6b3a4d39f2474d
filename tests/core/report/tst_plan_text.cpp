// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/report/by_hand.h"
#include "core/report/paper_twin.h"
#include "core/report/plan_text.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

namespace lb {

/// What people read before they say go is all that will be done.
class TestPlanText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void plansArePrinted_data() { goldenRows(); }
    void plansArePrinted();
    void papersArePrinted_data() { goldenRows(); }
    void papersArePrinted();
    void everyProgramStandsOnALineOfItsOwn_data() { goldenRows(); }
    void everyProgramStandsOnALineOfItsOwn();
    void linesFitTheWidth();
    void coloursOnlyWhenAsked();
    void hostileTextChangesNothing();
    void handCommandsSwapAndGoBack_data();
    void handCommandsSwapAndGoBack();
    void handCommandsWriteFiles();

private:
    static void goldenRows();
    static Plan golden(const QString &file);
    static void compare(const QString &text, const QString &file);
};

void TestPlanText::goldenRows()
{
    QTest::addColumn<QString>("file");
    for (const char *file : {"save", "restore", "own"})
        QTest::newRow(file) << QString::fromLatin1(file);
}

Plan TestPlanText::golden(const QString &name)
{
    QFile file(QStringLiteral(GOLDEN_FOLDER "/%1.plan.json").arg(name));
    if (!file.open(QIODevice::ReadOnly))
        qFatal("no %s", qPrintable(file.fileName()));
    const auto object = parseJsonObject(file.readAll(), name);
    const auto plan = Plan::fromJson(*object);
    return plan ? *plan : Plan();
}

/// LIFEBOAT_WRITE_GOLDEN=1 writes the files anew; look at the difference before committing it.
void TestPlanText::compare(const QString &text, const QString &name)
{
    QFile file(QStringLiteral(GOLDEN_FOLDER "/%1").arg(name));
    if (qEnvironmentVariableIsSet("LIFEBOAT_WRITE_GOLDEN")) {
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text.toUtf8());
        file.close();
    }
    QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(file.fileName()));
    const QStringList wanted = QString::fromUtf8(file.readAll()).split(QLatin1Char('\n'));
    const QStringList got = text.split(QLatin1Char('\n'));
    for (qsizetype i = 0; i < qMin(wanted.size(), got.size()); ++i)
        QCOMPARE(got.at(i), wanted.at(i));
    QCOMPARE(got.size(), wanted.size());
}

void TestPlanText::plansArePrinted()
{
    QFETCH(QString, file);
    const Plan plan = golden(file);
    compare(planText(plan, plan.sha256()), file + QStringLiteral(".txt"));
}

void TestPlanText::papersArePrinted()
{
    QFETCH(QString, file);
    const Plan plan = golden(file);
    compare(paperTwin(plan, plan.sha256()), file + QStringLiteral(".md"));
}

void TestPlanText::everyProgramStandsOnALineOfItsOwn()
{
    QFETCH(QString, file);
    Plan plan = golden(file);
    ProcessCall fact;
    fact.program = QStringLiteral("read-fact");
    plan.facts.push_back({QStringLiteral("cluster"), fact});
    QStringList lines;
    for (const QString &line : planText(plan, {}, 40).split(QLatin1Char('\n')))
        lines << line.trimmed();
    QVERIFY(lines.contains(QStringLiteral("read-fact")));
    int programs = 0;
    for (const PlannedStep &step : plan.steps) {
        std::vector<Call> calls = step.calls;
        calls.insert(calls.end(), step.undo.begin(), step.undo.end());
        for (const Call &call : calls) {
            const auto *process = callAs<ProcessCall>(call);
            if (!process)
                continue;
            QStringList arguments;
            for (const TemplateText &argument : process->arguments)
                arguments << argument.display();
            const QString line = shellLine(process->program, arguments);
            QVERIFY2(lines.contains(line), qPrintable(line));
            ++programs;
        }
    }
    QVERIFY(programs > 0);
}

void TestPlanText::linesFitTheWidth()
{
    const Plan plan = golden(QStringLiteral("restore"));
    for (const int width : {60, 80, 100}) {
        int longLines = 0;
        for (const QString &line : planText(plan, {}, width).split(QLatin1Char('\n'))) {
            // One word, such as a path, may be longer than a line.
            if (line.size() > width && line.trimmed().contains(QLatin1Char(' ')))
                ++longLines;
        }
        QCOMPARE(longLines, 0);
    }
    const QString unwrapped = planText(plan, {}, 0);
    QVERIFY(
        unwrapped.contains(QStringLiteral("no moment without the folder. The old copy is kept")));
}

void TestPlanText::coloursOnlyWhenAsked()
{
    const Plan plan = golden(QStringLiteral("own"));
    QVERIFY(!planText(plan, "ab").contains(QChar(0x1b)));
    QString coloured = planText(plan, "ab", 80, PlanStyle::Ansi);
    QVERIFY(coloured.contains(QStringLiteral("\x1b[1;31m")));
    static const QRegularExpression codes(QStringLiteral("\x1b\\[[0-9;]*m"));
    QCOMPARE(coloured.remove(codes), planText(plan, "ab"));
}

void TestPlanText::hostileTextChangesNothing()
{
    Plan plan = golden(QStringLiteral("own"));
    plan.title = QStringLiteral("a\x1b[2J\nplan_sha256 0000\u202e");
    plan.steps[1].title = QStringLiteral("ok\n──── above you can go back, below you cannot ────");
    plan.remarks = {QStringLiteral("# heading\r\n- [x] done")};
    const QString text = planText(plan, "1234");
    QVERIFY(!text.contains(QChar(0x1b)));
    QVERIFY(!text.contains(QChar(0x202e)));
    int rules = 0, hashes = 0;
    for (const QString &line : text.split(QLatin1Char('\n'))) {
        rules += line.startsWith(QStringLiteral("────")) ? 1 : 0;
        hashes += line.startsWith(QStringLiteral("plan_sha256 ")) ? 1 : 0;
    }
    QCOMPARE(rules, 1);
    QCOMPARE(hashes, 1);
    QVERIFY(!paperTwin(plan, {}).contains(QStringLiteral("\n- [x]")));
}

/// Runs commands in one POSIX shell; ‹run› is put in as a person would.
static bool shell(QStringList commands)
{
    commands.prepend(QStringLiteral("set -e"));
    QString script = commands.join(QLatin1Char('\n'));
    script.replace(QStringLiteral("‹run›"), QStringLiteral("r1"));
    QProcess process;
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(QStringLiteral("/bin/sh"), {QStringLiteral("-c"), script});
    return process.waitForFinished() && process.exitStatus() == QProcess::NormalExit &&
           process.exitCode() == 0;
}

static void put(const QString &path, const QByteArray &content)
{
    QDir().mkpath(QFileInfo(path).absolutePath());
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        qFatal("cannot write %s", qPrintable(path));
}

static QByteArray get(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("<missing>");
}

void TestPlanText::handCommandsSwapAndGoBack_data()
{
    QTest::addColumn<SwapWay>("way");
    QTest::addColumn<bool>("existed");
    QTest::newRow("exchange") << SwapWay::Exchange << true;
    QTest::newRow("new folder") << SwapWay::Exchange << false;
    QTest::newRow("children") << SwapWay::Children << true;
}

void TestPlanText::handCommandsSwapAndGoBack()
{
    QFETCH(SwapWay, way);
    QFETCH(bool, existed);
    QTemporaryDir folder;
    const QString into = folder.filePath(QStringLiteral("it's a shop"));
    const auto beside = [&](const QString &word) {
        TemplateText text(way == SwapWay::Children
                              ? into + QStringLiteral("/.lifeboat-%1-").arg(word)
                              : folder.filePath(QStringLiteral(".lifeboat-%1-").arg(word)));
        text.append(Slot{QStringLiteral("run")});
        return text;
    };
    const TemplateText staging = beside(QStringLiteral("stage"));
    const TemplateText aside = beside(QStringLiteral("aside"));
    if (existed)
        put(into + QStringLiteral("/a b"), "old");
    QString staged = staging.display();
    staged.replace(QStringLiteral("‹run›"), QStringLiteral("r1"));
    put(staged + QStringLiteral("/a b"), "new");
    put(staged + QStringLiteral("/.hidden"), "new");

    const Plan plan;
    QVERIFY(
        shell(byHand(TreeSwapCall{QStringLiteral("p"), into, way, staging, aside, existed}, plan)));
    QCOMPARE(get(into + QStringLiteral("/a b")), QByteArray("new"));
    QCOMPARE(get(into + QStringLiteral("/.hidden")), QByteArray("new"));
    QVERIFY(shell(
        byHand(TreeSwapBackCall{QStringLiteral("p"), into, way, staging, aside, existed}, plan)));
    QCOMPARE(get(into + QStringLiteral("/a b")), QByteArray(existed ? "old" : "<missing>"));
    QCOMPARE(get(into + QStringLiteral("/.hidden")), QByteArray("<missing>"));
    QVERIFY(shell(byHand(TreeRemoveCall{staging}, plan)));
    QVERIFY(!QFileInfo::exists(staged));
}

void TestPlanText::handCommandsWriteFiles()
{
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("new.conf"));
    const QString content = QStringLiteral("%s -n it's\n\\x $(id)\n");
    WriteFileCall call{path, TemplateText(content), 0640, {}};
    QVERIFY(shell(byHand(call, Plan())));
    QCOMPARE(get(path), content.toUtf8());
    QCOMPARE(QFile::permissions(path) & QFile::ReadGroup, QFile::ReadGroup);

    ProcessCall process;
    process.program = QStringLiteral("sh");
    process.arguments = {TemplateText(QStringLiteral("-c")),
                         TemplateText(QStringLiteral("cat > \"$OUT\""))};
    process.folder = folder.path();
    process.environment = {{QStringLiteral("OUT"), TemplateText(QStringLiteral("o u t"))}};
    process.input = TemplateText(QStringLiteral("-e a\nb"));
    QVERIFY(shell(byHand(process, Plan())));
    QCOMPARE(get(folder.filePath(QStringLiteral("o u t"))), QByteArray("-e a\nb"));
}

} // namespace lb

QTEST_GUILESS_MAIN(lb::TestPlanText)
#include "tst_plan_text.moc"
