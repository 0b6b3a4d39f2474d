// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan_samples.h"

#include <QFile>
#include <QRegularExpression>
#include <QTest>

#include <ctime>

namespace lb {

using namespace samples;

/// How a runbook's steps become a plan's: expansion, order, staging, the line, what is added.
class TestPlanner : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void saveIsPublishedAndVerified();
    void restoreIsStagedBeforeAnythingStops();
    void restoreWithoutServiceStagesFirst();
    void restoreBelowIsARehearsal();
    void rehearsalMustStayAwayFromLive_data();
    void rehearsalMustStayAwayFromLive();
    void targetsInEachOtherAreRefused();
    void samePlanSameBytes();
    void planSurvivesItsJson();
    void plansAreAsPrinted_data();
    void plansAreAsPrinted();
    void onlyChoosesParts();
    void needsFollowTheSteps();
    void emptyListsPassNeedsOn();
    void badNeedsAreRefused_data();
    void badNeedsAreRefused();
    void conditionsAreDecidedOrKept();
    void lineOfNoReturnStandsBeforeWhatCannotBeUndone_data();
    void lineOfNoReturnStandsBeforeWhatCannotBeUndone();
    void partNamesAreUnique();
    void databasesAreStagedBeforeAnythingIsStopped();
    void indicesAreRestoredOneByOneName();
    void onlyNamesOfOneIndexAreTaken_data();
    void onlyNamesOfOneIndexAreTaken();
    void aDatabaseThatIsNotThereIsOnlyNamed();
    void whatIsNotThereYetSaysSo_data();
    void whatIsNotThereYetSaysSo();
    void confirmationIsAskedForWhatDestroys();
    void scopeNamesWhatIsTouched();
    void outputsNeedAnOrder();
    void inputsAreResolved();
    void tenThousandStepsArePlannedQuickly();
};

static Plan planned(const PlanInputs &in)
{
    auto plan = makePlan(in);
    if (!plan)
        qWarning("%s", qPrintable(plan.error().sentence()));
    return plan ? *plan : Plan();
}

static QStringList words(const char *text)
{
    return QString::fromUtf8(text).split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

void TestPlanner::saveIsPublishedAndVerified()
{
    const Plan plan = planned(filesSave());
    QCOMPARE(ids(plan), words("quiesce save[/srv/shop] save[/srv/mail] resume publish verify"));
    QCOMPARE(plan.step(QStringLiteral("save[/srv/shop]"))->needs, words("quiesce"));
    QCOMPARE(plan.step(QStringLiteral("save[/srv/mail]"))->needs, words("save[/srv/shop]"));
    QCOMPARE(plan.step(QStringLiteral("publish"))->needs, words("save[/srv/shop] save[/srv/mail]"));
    QCOMPARE(plan.step(QStringLiteral("resume"))->section, PlanSection::Finally);
    QCOMPARE(plan.step(QStringLiteral("verify"))->section, PlanSection::Closing);
    const auto &save =
        *callAs<TreeSaveCall>(plan.step(QStringLiteral("save[/srv/mail]"))->calls[0]);
    QCOMPARE(save.file, QStringLiteral("parts/mail.tar.zst"));
    QCOMPARE(save.title, QStringLiteral("Folder /srv/mail"));
    QCOMPARE(save.exclude, words("*.tmp -x"));
    QCOMPARE(plan.step(QStringLiteral("save[/srv/mail]"))->title, QStringLiteral("Save /srv/mail"));
    QCOMPARE(plan.checks.size(), size_t(2));
    QCOMPARE(plan.checks[1].id, QStringLiteral("folder[/srv/mail]"));
    QCOMPARE(plan.checks[1].hint, QStringLiteral("Mount /srv/mail"));
    QCOMPARE(plan.lineOfNoReturn, -1);
    QCOMPARE(plan.facts.size(), size_t(2));
    const auto &process = *callAs<ProcessCall>(plan.steps[0].calls[0]);
    QCOMPARE(process.program, QStringLiteral("systemctl"));
    QCOMPARE(process.arguments[1].literal(), QStringLiteral("--now"));
}

void TestPlanner::restoreIsStagedBeforeAnythingStops()
{
    const Plan plan = planned(filesRestore());
    QCOMPARE(ids(plan), words("restore[shop]/stage restore[mail]/stage quiesce restore[shop] "
                              "restore[mail] restore_below[shop] restore_below[mail] resume"));
    const auto need = [&](const char *id) { return plan.step(QString::fromUtf8(id))->needs; };
    QCOMPARE(need("restore[shop]/stage"), QStringList());
    QCOMPARE(need("restore[mail]/stage"), words("restore[shop]/stage"));
    QCOMPARE(need("quiesce"), words("restore[shop]/stage restore[mail]/stage"));
    QCOMPARE(need("restore[shop]"), words("quiesce restore[shop]/stage restore[mail]/stage"));
    QCOMPARE(need("restore[mail]"), words("restore[shop] restore[shop]/stage restore[mail]/stage"));

    const auto &swap = *callAs<TreeSwapCall>(plan.step(QStringLiteral("restore[shop]"))->calls[0]);
    QCOMPARE(swap.staging.display(), QStringLiteral("/srv/.lifeboat-stage-‹run›-shop"));
    QCOMPARE(swap.aside.display(), QStringLiteral("/srv/.lifeboat-aside-‹run›-shop"));
    const auto &inside =
        *callAs<TreeSwapCall>(plan.step(QStringLiteral("restore[mail]"))->calls[0]);
    QCOMPARE(inside.staging.display(), QStringLiteral("/srv/mail/.lifeboat-stage-‹run›"));
    QCOMPARE(inside.aside.display(), QStringLiteral("/srv/mail/.lifeboat-aside-‹run›"));
    const PlannedStep *step = plan.step(QStringLiteral("restore[shop]"));
    QCOMPARE(step->effect, Effect::Destroy);
    QVERIFY(callAs<TreeSwapBackCall>(step->undo.at(0)));
    const PlannedStep *stage = plan.step(QStringLiteral("restore[shop]/stage"));
    QCOMPARE(stage->effect, Effect::Change);
    QCOMPARE(callAs<TreeRemoveCall>(stage->undo.at(0))->folder.display(), swap.staging.display());
    QCOMPARE(callAs<TreeStageCall>(stage->calls.at(0))->entries, 12);

    QCOMPARE(plan.announced.size(), size_t(2));
    QCOMPARE(plan.announced[0].id, QStringLiteral("aside:restore[shop]"));
    QCOMPARE(plan.announced[0].title, QStringLiteral("Delete the old copy of /srv/shop kept at "
                                                     "/srv/.lifeboat-aside-‹run›-shop"));
    QCOMPARE(plan.lineOfNoReturn, -1);
    QVERIFY(!plan.step(QStringLiteral("restore_below[shop]"))->skipReason.isEmpty());
    QCOMPARE(plan.step(QStringLiteral("resume"))->finallyWhen, FinallyWhen::Proven);
    QCOMPARE(treeTargets(filesRestore()), words("/srv/shop /srv/mail"));

    // A target that is not there is made, not destroyed, and leaves nothing aside.
    PlanInputs in = filesRestore();
    in.swaps[0].exists = false;
    const Plan fresh = planned(in);
    QCOMPARE(fresh.step(QStringLiteral("restore[shop]"))->effect, Effect::Change);
    QCOMPARE(fresh.announced.size(), size_t(1));

    in.swaps[1].problem = QStringLiteral("a mount point lies below it");
    QVERIFY(refusal(in).startsWith(QStringLiteral("conflict: Step “restore[mail]”")));
    QVERIFY(refusal(in).contains(QStringLiteral("a mount point lies below it")));
}

void TestPlanner::restoreWithoutServiceStagesFirst()
{
    PlanInputs in = filesRestore();
    in.runbook.steps.erase(in.runbook.steps.begin());
    StepSpec note = step("note", ActionKind::Run, "{'program': 'true'}", Effect::Change);
    in.runbook.steps.insert(in.runbook.steps.begin(), note);
    const Plan plan = planned(in);
    QCOMPARE(ids(plan).mid(0, 4),
             words("note restore[shop]/stage restore[mail]/stage restore[shop]"));
    QCOMPARE(plan.step(QStringLiteral("restore[shop]/stage"))->needs, words("note"));
    QCOMPARE(plan.lineOfNoReturn, 0);
}

void TestPlanner::restoreBelowIsARehearsal()
{
    PlanInputs in = filesRestore();
    in.inputs.insert(QStringLiteral("into_folder"), QStringLiteral("/tmp/look"));
    QCOMPARE(effectiveTarget(in), TargetKind::Rehearsal);
    QCOMPARE(treeTargets(in), words("/tmp/look/shop /tmp/look/mail"));
    in.swaps = {{QStringLiteral("/tmp/look/shop"), false, SwapWay::Exchange, {}, 0},
                {QStringLiteral("/tmp/look/mail"), false, SwapWay::Exchange, {}, 0}};
    const Plan plan = planned(in);
    QCOMPARE(plan.target, TargetKind::Rehearsal);
    QVERIFY(!plan.step(QStringLiteral("quiesce"))->skipReason.isEmpty());
    QVERIFY(!plan.step(QStringLiteral("resume"))->skipReason.isEmpty());
    QVERIFY(plan.step(QStringLiteral("restore[shop]/stage")) == nullptr);
    QVERIFY(plan.step(QStringLiteral("restore_below[shop]/stage")) != nullptr);
    QCOMPARE(plan.identity.scope, words("/tmp/look/shop /tmp/look/mail"));
    QVERIFY(plan.remarks.contains(QStringLiteral("/srv/shop goes to /tmp/look/shop")));
    QVERIFY(plan.announced.empty());
}

void TestPlanner::rehearsalMustStayAwayFromLive_data()
{
    QTest::addColumn<QString>("into");
    QTest::addColumn<bool>("refused");
    QTest::newRow("inside") << "/srv/shop/copy" << true;
    QTest::newRow("above") << "/srv" << true;
    QTest::newRow("dotted") << "/tmp/../srv/mail" << true;
    QTest::newRow("pinned only") << "/data/old" << true;
    QTest::newRow("same beginning of a name") << "/srv/shop2" << false;
    QTest::newRow("elsewhere") << "/tmp" << false;
}

void TestPlanner::rehearsalMustStayAwayFromLive()
{
    QFETCH(QString, into);
    QFETCH(bool, refused);
    PlanInputs in = filesRestore();
    in.point->parts.pop_back();
    in.system.pinned.scope = words("/data/old");
    in.inputs.insert(QStringLiteral("into_folder"), into);
    for (const QString &target : treeTargets(in))
        in.swaps.push_back({target, false, SwapWay::Exchange, {}, 0});
    QCOMPARE(refusal(in).startsWith(QStringLiteral("conflict: A rehearsal must stay away")),
             refused);
}

void TestPlanner::targetsInEachOtherAreRefused()
{
    PlanInputs in = filesRestore();
    in.point->parts[1].source = QStringLiteral("/srv/shop/mail");
    in.swaps[1].into = QStringLiteral("/srv/shop/mail");
    QVERIFY(refusal(in).startsWith(QStringLiteral("conflict: Two parts would be restored")));

    // Equal last names go side by side below another folder.
    in = filesRestore();
    in.point->parts[1].source = QStringLiteral("/old/shop");
    in.inputs.insert(QStringLiteral("into_folder"), QStringLiteral("/tmp/look"));
    const QStringList targets = treeTargets(in);
    QCOMPARE(targets.size(), 2);
    QVERIFY(targets[0].startsWith(QStringLiteral("/tmp/look/shop-")));
    QVERIFY(targets[0] != targets[1]);
}

void TestPlanner::samePlanSameBytes()
{
    for (const PlanInputs &in : {filesSave(), filesRestore()}) {
        const Plan first = planned(in);
        PlanInputs again = in;
        for (SwapFact &swap : again.swaps)
            swap.bytesNow = 123456; // must not stand in a plan
        QCOMPARE(planned(again).bytes(), first.bytes());
        QCOMPARE(planned(again).sha256(), first.sha256());
        QCOMPARE(first.sha256().size(), 64);
    }
    PlanInputs other = filesSave();
    other.inputs.insert(QStringLiteral("exclude"), QJsonArray());
    QVERIFY(planned(other).sha256() != planned(filesSave()).sha256());
}

void TestPlanner::planSurvivesItsJson()
{
    for (const PlanInputs &in : {filesSave(), filesRestore()}) {
        const Plan plan = planned(in);
        const auto again = Plan::fromJson(plan.toJson());
        QVERIFY2(again.has_value(), again ? "" : qPrintable(again.error().sentence()));
        QCOMPARE(again->bytes(), plan.bytes());
    }
}

void TestPlanner::plansAreAsPrinted_data()
{
    QTest::addColumn<QString>("file");
    for (const char *file : {"save", "restore", "own"})
        QTest::newRow(file) << QString::fromLatin1(file);
}

/// LIFEBOAT_WRITE_GOLDEN=1 writes the files anew; look at the difference before committing it.
void TestPlanner::plansAreAsPrinted()
{
    QFETCH(QString, file);
    const PlanInputs in = file == QLatin1String("save")      ? filesSave()
                          : file == QLatin1String("restore") ? filesRestore()
                                                             : ownRunbook();
    const QByteArray bytes = planned(in).bytes();
    QFile golden(QStringLiteral(GOLDEN_FOLDER "/%1.plan.json").arg(file));
    if (qEnvironmentVariableIsSet("LIFEBOAT_WRITE_GOLDEN")) {
        QVERIFY(golden.open(QIODevice::WriteOnly));
        golden.write(bytes);
        golden.close();
    }
    QVERIFY(golden.open(QIODevice::ReadOnly));
    QCOMPARE(bytes, golden.readAll());
}

void TestPlanner::onlyChoosesParts()
{
    PlanInputs in = filesRestore();
    in.only = words("mail");
    const Plan plan = planned(in);
    QVERIFY(plan.step(QStringLiteral("restore[shop]")) == nullptr);
    QVERIFY(plan.step(QStringLiteral("restore[mail]")) != nullptr);
    QVERIFY(plan.remarks.join(QLatin1Char('\n')).contains(QStringLiteral("may not fit: shop")));

    in.only = words("mial");
    QVERIFY(refusal(in).contains(QStringLiteral("Did you mean “mail”?")));

    // A step that names its part is skipped, and nothing is staged for it.
    in.only = words("mail");
    in.runbook.steps = {
        step("one", ActionKind::TreeRestore, "{'part': 'shop', 'into': '/srv/shop'}"),
        step("two", ActionKind::TreeRestore, "{'part': 'mail', 'into': '/srv/mail'}")};
    const Plan named = planned(in);
    QCOMPARE(ids(named), words("one two/stage two resume"));
    QVERIFY(!named.step(QStringLiteral("one"))->skipReason.isEmpty());

    PlanInputs save = filesSave();
    save.only = words("shop");
    QVERIFY(refusal(save).startsWith(QStringLiteral("bad_input: --only")));
}

void TestPlanner::needsFollowTheSteps()
{
    PlanInputs in = empty();
    in.runbook.inputs = {input("list", InputType::Text, true)};
    in.inputs = json("{'list': ['x', 'y']}").toObject();
    const char *run = "{'program': 'true'}";
    StepSpec group = step("group", ActionKind::Run, run);
    group.forEach = QStringLiteral("inputs.list");
    StepSpec together = group;
    together.id = QStringLiteral("together");
    together.needs = words("a");
    StepSpec freed = step("freed", ActionKind::Run, run);
    freed.needs = QStringList();
    StepSpec one = step("one", ActionKind::Run, run);
    one.needs = words("together[y] freed");
    in.runbook.steps = {step("a", ActionKind::Run, run),
                        group,
                        step("b", ActionKind::Run, run),
                        together,
                        freed,
                        one};
    const Plan plan = planned(in);
    const auto need = [&](const char *id) { return plan.step(QString::fromUtf8(id))->needs; };
    QCOMPARE(need("a"), QStringList());
    QCOMPARE(need("group[x]"), words("a"));
    QCOMPARE(need("group[y]"), words("group[x]"));
    QCOMPARE(need("b"), words("group[x] group[y]"));
    QCOMPARE(need("together[x]"), words("a"));
    QCOMPARE(need("together[y]"), words("a"));
    QCOMPARE(need("freed"), QStringList());
    QCOMPARE(need("one"), words("together[y] freed"));
}

void TestPlanner::emptyListsPassNeedsOn()
{
    PlanInputs in = empty();
    in.runbook.inputs = {input("list", InputType::Text, true)};
    in.inputs = json("{'list': []}").toObject();
    StepSpec group = step("group", ActionKind::Run, "{'program': 'true'}");
    group.forEach = QStringLiteral("inputs.list");
    in.runbook.steps = {step("a", ActionKind::Run, "{'program': 'true'}"), group,
                        step("b", ActionKind::Run, "{'program': 'true'}")};
    const Plan plan = planned(in);
    QCOMPARE(ids(plan), words("a b"));
    QCOMPARE(plan.step(QStringLiteral("b"))->needs, words("a"));
}

void TestPlanner::badNeedsAreRefused_data()
{
    QTest::addColumn<QStringList>("needsOfA");
    QTest::addColumn<QString>("says");
    QTest::newRow("unknown") << words("bb") << "Did you mean “b”?";
    QTest::newRow("itself") << words("a") << "in a circle";
    QTest::newRow("circle") << words("b") << "in a circle";
}

void TestPlanner::badNeedsAreRefused()
{
    QFETCH(QStringList, needsOfA);
    QFETCH(QString, says);
    PlanInputs in = empty();
    StepSpec a = step("a", ActionKind::Run, "{'program': 'true'}");
    a.needs = needsOfA;
    in.runbook.steps = {a, step("b", ActionKind::Run, "{'program': 'true'}")};
    QVERIFY2(refusal(in).contains(says), qPrintable(refusal(in)));
}

void TestPlanner::conditionsAreDecidedOrKept()
{
    PlanInputs in = empty();
    in.runbook.inputs = {input("word", InputType::Text), input("n", InputType::Number)};
    in.inputs = json("{'word': '{{ steps.a.outputs.text }}', 'n': 3}").toObject();
    StepSpec a = step("a", ActionKind::Run, "{'program': 'true'}");
    StepSpec b = a;
    b.id = QStringLiteral("b");
    const auto withCondition = [&](const char *condition) {
        b.when = json(condition);
        in.runbook.steps = {a, b};
        return planned(in);
    };
    QVERIFY(withCondition("{'equals': ['{{ inputs.n }}', 3]}").steps[1].skipReason.isEmpty());
    QVERIFY(withCondition("{'equals': ['{{ inputs.n }}', '3']}").steps[1].skipReason.isEmpty());
    QCOMPARE(withCondition("{'equals': ['{{ inputs.n }}', 4]}").steps[1].skipReason,
             QStringLiteral("only when inputs.n is 4"));
    QVERIFY(
        !withCondition("{'not': {'present': '{{ inputs.word }}'}}").steps[1].skipReason.isEmpty());
    QVERIFY(withCondition("{'any': [{'equals': ['{{ inputs.n }}', 3]},"
                          " {'present': '{{ steps.a.outputs.text }}'}]}")
                .steps[1]
                .when.isNull());

    const Plan open =
        withCondition("{'all': [{'equals': ['{{ inputs.n }}', 3]},"
                      " {'equals': ['{{ steps.a.outputs.text }}', '{{ inputs.word }}']}]}");
    QVERIFY(open.steps[1].skipReason.isEmpty());
    const auto again = Plan::fromJson(open.toJson());
    const Condition when = again->steps[1].when;
    QVERIFY(!when.isNull());
    const auto answer = [&](const char *text) {
        QStringList asked;
        const auto result = evaluate(when, [&](const QString &path) -> Result<QJsonValue> {
            asked << path;
            return QJsonValue(QString::fromUtf8(text));
        });
        // The input's own braces are its value and were not read as a reference.
        return result && *result && asked == words("steps.a.outputs.text");
    };
    QVERIFY(answer("{{ steps.a.outputs.text }}"));
    QVERIFY(!answer("other"));
    const auto gone = evaluate(when, [](const QString &) -> Result<QJsonValue> {
        return fail(ErrorCode::NotFound, QStringLiteral("none"));
    });
    QVERIFY(gone.has_value() && !*gone);
    const auto broken = evaluate(when, [](const QString &) -> Result<QJsonValue> {
        return fail(ErrorCode::Corrupt, QStringLiteral("torn"));
    });
    QVERIFY(!broken.has_value());
    QVERIFY(*evaluate(Condition(), {}));
}

void TestPlanner::lineOfNoReturnStandsBeforeWhatCannotBeUndone_data()
{
    QTest::addColumn<Effect>("effect");
    QTest::addColumn<bool>("undo");
    QTest::addColumn<QString>("by");
    QTest::addColumn<int>("line");
    QTest::newRow("read") << Effect::Read << false << "" << -1;
    QTest::newRow("change") << Effect::Change << false << "" << 1;
    QTest::newRow("change with undo") << Effect::Change << true << "" << -1;
    QTest::newRow("change with a finally step") << Effect::Change << false << "back" << -1;
    QTest::newRow("obligation without step") << Effect::Change << false << "nobody" << 1;
    QTest::newRow("destroy") << Effect::Destroy << false << "back" << 1;
    QTest::newRow("destroy with undo") << Effect::Destroy << true << "" << -1;
}

void TestPlanner::lineOfNoReturnStandsBeforeWhatCannotBeUndone()
{
    QFETCH(Effect, effect);
    QFETCH(bool, undo);
    QFETCH(QString, by);
    QFETCH(int, line);
    PlanInputs in = empty();
    StepSpec second = step("second", ActionKind::Run, "{'program': 'true'}", effect);
    if (undo)
        second.undo = action(ActionKind::Run, "{'program': 'false'}");
    if (!by.isEmpty())
        second.obliges = {QStringLiteral("o"), QStringLiteral("Back"), by};
    in.runbook.steps = {step("first", ActionKind::Run, "{'program': 'true'}"), second};
    in.runbook.finallySteps = {
        step("back", ActionKind::Run, "{'program': 'true'}", Effect::Change)};
    QCOMPARE(planned(in).lineOfNoReturn, line);
}

void TestPlanner::partNamesAreUnique()
{
    PlanInputs in = filesSave();
    in.inputs.insert(QStringLiteral("folder"),
                     json("['/a/data', '/b/data', '/srv/Grüße & co', '/']"));
    const Plan plan = planned(in);
    QStringList files;
    for (const PlannedStep &made : plan.steps) {
        if (!made.calls.empty() && callAs<TreeSaveCall>(made.calls[0]))
            files << callAs<TreeSaveCall>(made.calls[0])->file;
    }
    QCOMPARE(files.size(), 4);
    QCOMPARE(files[0], QStringLiteral("parts/data.tar.zst"));
    QVERIFY(files[1].startsWith(QStringLiteral("parts/data-")));
    QVERIFY(files[2].startsWith(QStringLiteral("parts/Gr-e-co-")));
    QCOMPARE(files[3], QStringLiteral("parts/root.tar.zst"));
    static const QRegularExpression safe(QStringLiteral("\\Aparts/[A-Za-z0-9._-]+\\z"));
    for (const QString &file : files)
        QVERIFY(safe.match(file).hasMatch());
    QCOMPARE(plan.parts.size(), size_t(4));
    QVERIFY(plan.parts[1].needed);
}

/// Restores one folder, one database and the server's roles.
PlanInputs databaseRestore(const char *server)
{
    PlanInputs in = filesRestore();
    const auto at = [&](const char *more) {
        return QByteArray("{'server': '") + server +
               "', 'password': {'secret': 'db_password'}, 'part': '{{ item.id }}'" + more + "}";
    };
    StepSpec roles = step("roles", ActionKind::PostgresRestore, at("").constData());
    roles.forEach = QStringLiteral("point.roles");
    StepSpec database = step("database", ActionKind::PostgresRestore,
                             at(", 'into': '{{ item.source }}'").constData());
    database.forEach = QStringLiteral("point.databases");
    in.runbook.steps.insert(in.runbook.steps.begin(), roles);
    in.runbook.steps.push_back(database);
    for (StepSpec &one : in.runbook.steps) {
        if (one.forEach == QLatin1String("point.parts"))
            one.forEach = QStringLiteral("point.trees");
    }
    in.runbook.secrets = {{QStringLiteral("db_password"), {}, {}, {}},
                          {QStringLiteral("other"), {}, {}, {}}};
    PartRecord part;
    part.id = QStringLiteral("roles");
    part.kind = QStringLiteral("globals");
    in.point->parts.push_back(part);
    part.id = QStringLiteral("database-shop");
    part.kind = QStringLiteral("postgres");
    part.source = QStringLiteral("shop");
    in.point->parts.push_back(part);
    for (const PostgresCall &target : databaseTargets(in))
        in.databases.push_back({target.scope(), true});
    return in;
}

void TestPlanner::databasesAreStagedBeforeAnythingIsStopped()
{
    const PlanInputs in = databaseRestore("db.example.test");
    QCOMPARE(in.databases.size(), size_t(1));
    QCOMPARE(in.databases[0].scope, QStringLiteral("postgresql://db.example.test:5432/shop"));
    const Plan plan = planned(in);
    QStringList ids;
    for (const PlannedStep &one : plan.steps)
        ids << one.id;
    const auto at = [&](const char *id) { return ids.indexOf(QLatin1String(id)); };
    QVERIFY(at("roles[roles]") >= 0);
    QVERIFY2(at("roles[roles]") < at("database[database-shop]/stage"), qPrintable(ids.join(u' ')));
    QVERIFY(at("database[database-shop]/stage") < at("quiesce"));
    QVERIFY(at("quiesce") < at("database[database-shop]"));
    const PlannedStep *swap = plan.step(QStringLiteral("database[database-shop]"));
    QCOMPARE(swap->effect, Effect::Destroy);
    QVERIFY(swap->needs.contains(QStringLiteral("database[database-shop]/stage")));
    QCOMPARE(swap->undo.size(), size_t(1));
    QVERIFY(plan.needsConfirmation());
    QVERIFY(plan.identity.scope.contains(in.databases[0].scope));
    QCOMPARE(plan.announced.back().id, QStringLiteral("aside:database[database-shop]"));
    // A host asks for the password; what is only declared is not asked for.
    QCOMPARE(plan.secrets, QStringList{QStringLiteral("db_password")});
    QVERIFY(planned(databaseRestore("/run/postgresql")).secrets.isEmpty());
    QVERIFY(planned(databaseRestore("")).secrets.isEmpty());
}

/// Restores one folder and two indices, of which one is there.
PlanInputs indexRestore(const char *present)
{
    PlanInputs in = filesRestore();
    const QByteArray at = QByteArray("{'url': ['http://es1:9200/'], 'share': '/share', 'part': "
                                     "'{{ item.id }}', 'present': ['") +
                          present + "']}";
    StepSpec indices = step("indices", ActionKind::ElasticsearchRestore, at.constData());
    indices.forEach = QStringLiteral("point.snapshots");
    in.runbook.steps.push_back(indices);
    for (StepSpec &one : in.runbook.steps) {
        if (one.forEach == QLatin1String("point.parts"))
            one.forEach = QStringLiteral("point.trees");
    }
    PartRecord part;
    part.id = QStringLiteral("snapshot");
    part.kind = QStringLiteral("elasticsearch");
    part.details = {{QStringLiteral("snapshot"), QStringLiteral("r1")},
                    {QStringLiteral("indices"), json("{'csar': {'shards': 1}, 'user': {}}")}};
    in.point->parts.push_back(part);
    return in;
}

void TestPlanner::indicesAreRestoredOneByOneName()
{
    const Plan plan = planned(indexRestore("csar"));
    QStringList ids;
    for (const PlannedStep &one : plan.steps)
        ids << one.id;
    const auto at = [&](const char *id) { return ids.indexOf(QLatin1String(id)); };
    QVERIFY2(at("indices[snapshot]/stage") >= 0, qPrintable(ids.join(u' ')));
    QVERIFY(at("indices[snapshot]/stage") < at("quiesce"));
    QVERIFY(at("quiesce") < at("indices[snapshot]"));
    const PlannedStep *restore = plan.step(QStringLiteral("indices[snapshot]"));
    QCOMPARE(restore->effect, Effect::Destroy);
    const auto &call = *callAs<ElasticsearchCall>(restore->calls.front());
    QCOMPARE(call.indices, (QStringList{QStringLiteral("csar"), QStringLiteral("user")}));
    QStringList sent;
    for (const PlannedRequest &request : requestsOf(call))
        sent << request.call.method + QLatin1Char(' ') + request.call.url.display();
    // What is not there is not closed, and nothing that is not named is touched.
    QVERIFY2(sent.contains(QStringLiteral("POST http://es1:9200/csar/_close")),
             qPrintable(sent.join(u'\n')));
    QVERIFY(!sent.join(u' ').contains(QLatin1String("_all")));
    QVERIFY(!sent.join(u' ').contains(QLatin1Char('*')));
    const auto &back = *callAs<ElasticsearchCall>(restore->undo.front());
    QCOMPARE(back.indices, QStringList{QStringLiteral("csar")});
    QCOMPARE(back.made, QStringList{QStringLiteral("user")});
    QVERIFY(plan.identity.scope.contains(QStringLiteral("elasticsearch://es1:9200/csar")));
    // No user: no password is asked for.
    QVERIFY(plan.secrets.isEmpty());
}

void TestPlanner::onlyNamesOfOneIndexAreTaken_data()
{
    QTest::addColumn<QByteArray>("name");
    for (const char *name :
         {"*", "_all", "csar,user", "-csar", "csar*", "CSAR", "../csar", "a b", ""})
        QTest::newRow(name) << QByteArray(name);
}

void TestPlanner::onlyNamesOfOneIndexAreTaken()
{
    QFETCH(QByteArray, name);
    const auto plan = makePlan(indexRestore(name.constData()));
    QVERIFY(!plan);
    QCOMPARE(plan.error().code, ErrorCode::BadInput);
}

void TestPlanner::aDatabaseThatIsNotThereIsOnlyNamed()
{
    PlanInputs in = databaseRestore("");
    in.databases[0].exists = false;
    const Plan plan = planned(in);
    QCOMPARE(plan.step(QStringLiteral("database[database-shop]"))->effect, Effect::Change);
    for (const ObligationSpec &kept : plan.announced)
        QVERIFY(!kept.id.contains(QStringLiteral("database")));
    in.databases.clear();
    QVERIFY(refusal(in).contains(QStringLiteral("Nobody has looked")));
    in = databaseRestore("");
    in.only = {QStringLiteral("shop")};
    const Plan part = planned(in);
    QVERIFY(!part.step(QStringLiteral("database[database-shop]")));
}

void TestPlanner::whatIsNotThereYetSaysSo_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<QByteArray>("params");
    const auto row = [](const char *name, ActionKind kind, const char *params) {
        QTest::newRow(name) << int(kind) << QByteArray(params);
    };
    row("ssh", ActionKind::Ssh, "{'host': 'web2', 'program': 'true'}");
    row("http via", ActionKind::Http, "{'url': 'https://a.example/', 'via': ['web2']}");
    row("database elsewhere", ActionKind::PostgresDump,
        "{'host': 'web2', 'database': 'a', 'part': 'b'}");
    row("other host", ActionKind::TreeSave, "{'host': 'web2', 'folder': '/a', 'part': 'b'}");
}

void TestPlanner::whatIsNotThereYetSaysSo()
{
    QFETCH(int, kind);
    QFETCH(QByteArray, params);
    PlanInputs in = empty();
    in.runbook.steps = {step("now", ActionKind(kind), params.constData())};
    const QString says = refusal(in);
    QVERIFY2(says.startsWith(QStringLiteral("unsupported: Step “now”: ")), qPrintable(says));
    QVERIFY2(says.contains(QStringLiteral("is not there yet")), qPrintable(says));
}

void TestPlanner::confirmationIsAskedForWhatDestroys()
{
    QVERIFY(planned(filesRestore()).needsConfirmation());
    QVERIFY(!planned(filesSave()).needsConfirmation());
    PlanInputs guarded = filesSave();
    guarded.system.isProtected = true;
    QVERIFY(planned(guarded).needsConfirmation());
    guarded.inputs.insert(QStringLiteral("quiesce_command"), QJsonArray());
    guarded.inputs.insert(QStringLiteral("resume_command"), QJsonArray());
    QVERIFY(!planned(guarded).needsConfirmation());
}

void TestPlanner::scopeNamesWhatIsTouched()
{
    PlanInputs in = filesRestore();
    in.point->parts[1].source = QStringLiteral("/opt/mail");
    in.swaps[1].into = QStringLiteral("/opt/mail");
    QCOMPARE(planned(in).identity.scope, words("/srv/shop /srv/mail /opt/mail"));
    const auto identity = planIdentity(in, in.identity.facts);
    QCOMPARE(identity->text, QStringLiteral("shop@web1"));
    QCOMPARE(identity->scope, words("/srv/shop /srv/mail"));
}

void TestPlanner::outputsNeedAnOrder()
{
    PlanInputs in = empty();
    in.runbook.inputs = {input("list", InputType::Text, true)};
    in.inputs = json("{'list': ['x', 'y']}").toObject();
    StepSpec size = step("size", ActionKind::Run, "{'program': 'du', 'output': 'text'}");
    StepSpec use = step("use", ActionKind::Run,
                        "{'program': 'echo', 'args': ['{{ steps.size.outputs.text }}']}");
    in.runbook.steps = {size, use};
    const Plan plan = planned(in);
    const auto &call = *callAs<ProcessCall>(plan.steps[1].calls[0]);
    QCOMPARE(call.arguments[0].display(), QStringLiteral("‹steps.size.outputs.text›"));

    use.needs = QStringList();
    in.runbook.steps = {size, use};
    QVERIFY2(refusal(in).contains(QStringLiteral("Name it under needs")), qPrintable(refusal(in)));

    // Within the same list each uses its own.
    size.forEach = use.forEach = QStringLiteral("inputs.list");
    use.needs = words("size");
    in.runbook.steps = {size, use};
    const Plan each = planned(in);
    QCOMPARE(
        callAs<ProcessCall>(each.step(QStringLiteral("use[y]"))->calls[0])->arguments[0].display(),
        QStringLiteral("‹steps.size[y].outputs.text›"));
    use.forEach.clear();
    in.runbook.steps = {size, use};
    QVERIFY(refusal(in).contains(QStringLiteral("once for each item")));

    size.forEach.clear();
    size.when = json("{'equals': [1, 2]}");
    use.needs = words("size");
    in.runbook.steps = {size, use};
    QVERIFY(refusal(in).contains(QStringLiteral("that step is not done")));

    StepSpec destroy =
        step("rm", ActionKind::Run, "{'program': 'rm', 'args': ['{{ steps.size.outputs.text }}']}",
             Effect::Destroy);
    size.when.reset();
    in.runbook.steps = {size, destroy};
    QVERIFY2(refusal(in).contains(QStringLiteral("must stand in the plan")),
             qPrintable(refusal(in)));
}

void TestPlanner::inputsAreResolved()
{
    PlanInputs in = filesRestore();
    in.runbook.inputs.push_back(input("count", InputType::Number, false, true));
    in.system.inputs = json("{'folder': ['/srv/shop'], 'unused_here': 'x'}").toObject();
    const auto resolve = [&](const char *set) {
        return resolveInputs(in.runbook, in.system, json(set).toObject());
    };
    const auto good = resolve("{'count': '7', 'into_folder': '/tmp/x',"
                              " 'quiesce_command': '[\\u0022stop\\u0022]'}");
    QVERIFY2(good.has_value(), good ? "" : qPrintable(good.error().sentence()));
    QCOMPARE(good->value(QLatin1String("count")), QJsonValue(7));
    QCOMPARE(good->value(QLatin1String("folder")), json("['/srv/shop']"));
    QCOMPARE(good->value(QLatin1String("quiesce_command")), json("['stop']"));
    QCOMPARE(good->value(QLatin1String("exclude")), QJsonValue(QJsonArray()));
    QVERIFY(!good->contains(QLatin1String("unused_here")));

    const auto over = resolve("{'count': 1, 'folder': ['/b', '/c']}");
    QCOMPARE(over->value(QLatin1String("folder")), json("['/b', '/c']"));

    const auto bad = resolve("{'folder': '', 'flder': 'x', 'into_folder': 'relative'}");
    QVERIFY(!bad.has_value());
    QCOMPARE(bad.error().code, ErrorCode::BadInput);
    for (const char *word : {"flder", "folder", "count", "relative"})
        QVERIFY2(bad.error().sentence().contains(QString::fromUtf8(word)),
                 qPrintable(bad.error().sentence()));
}

void TestPlanner::tenThousandStepsArePlannedQuickly()
{
    PlanInputs in = empty();
    in.runbook.inputs = {input("list", InputType::Text, true)};
    QJsonArray list;
    for (int i = 0; i < 10'000; ++i)
        list.append(QString::number(i));
    in.inputs = QJsonObject{{QStringLiteral("list"), list}};
    StepSpec group = step("each", ActionKind::Run, "{'program': 'true', 'args': ['{{ item }}']}");
    group.forEach = QStringLiteral("inputs.list");
    StepSpec last = step("last", ActionKind::Run, "{'program': 'true'}");
    in.runbook.steps = {group, last};
    const std::clock_t begin = std::clock();
    const Plan plan = planned(in);
    QCOMPARE(plan.steps.size(), size_t(10'001));
    QCOMPARE(plan.steps.back().needs.size(), 10'000);
    // Processor time: the machine may be busy. A quadratic planner needs minutes.
    const double seconds = double(std::clock() - begin) / CLOCKS_PER_SEC;
    QVERIFY2(seconds < 8, qPrintable(QString::number(seconds)));
}

} // namespace lb

QTEST_GUILESS_MAIN(lb::TestPlanner)
#include "tst_planner.moc"
