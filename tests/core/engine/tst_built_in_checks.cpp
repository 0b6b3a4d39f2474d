// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/built_in_checks.h"

#include <QTest>

using namespace lb;

/// What is said before anything is touched, and what it weighs.
class TestBuiltInChecks : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void onlyWhatAppliesIsChecked();
    void identityIsHeldAgainstThePinned_data();
    void identityIsHeldAgainstThePinned();
    void missingFactsAreNamed();
    void versionsFit_data();
    void versionsFit();
    void provenVersions_data();
    void provenVersions();
    void roomInTheStore_data();
    void roomInTheStore();
    void roomAtTheTarget_data();
    void roomAtTheTarget();
    void roomOnOneDiskCountsTogether();
    void wholePoints_data();
    void wholePoints();
    void swapsThatCannotBeMade();
    void lostInstallationIsForAPersonToProve();
    void heldLeaseFails();
    void secretPartsNeedRecipients_data();
    void secretPartsNeedRecipients();

private:
    static QString verdict(const CheckFacts &facts, const char *id, QString *evidence = nullptr);
};

namespace {

/// Facts as letters: `mA hB` = machine id A, host name B.
Identity identity(const QString &facts)
{
    Identity made;
    for (const QString &fact : facts.split(u' ', Qt::SkipEmptyParts))
        made.facts.insert(fact.left(1), fact.mid(1));
    made.text = QStringLiteral("shop@web1");
    return made;
}

/// Nothing known yet beside the plan and the request.
CheckFacts factsFor(const Plan &plan, const RunRequest &request)
{
    return {plan, request, {}, {}, {}, {}, -1, -1, {}, {}};
}

constexpr qint64 kMiB = 1024 * 1024;

} // namespace

/// The word of the one check of this id; empty when there is none.
QString TestBuiltInChecks::verdict(const CheckFacts &facts, const char *id, QString *evidence)
{
    QStringList found;
    for (const CheckRecord &check : builtInChecks(facts)) {
        if (check.id != QLatin1String(id))
            continue;
        found << name(check.verdict);
        if (evidence)
            *evidence = check.evidence;
    }
    return found.join(u' ');
}

void TestBuiltInChecks::onlyWhatAppliesIsChecked()
{
    const Plan plan;
    const RunRequest request;
    QVERIFY(builtInChecks(factsFor(plan, request)).empty());
}

void TestBuiltInChecks::identityIsHeldAgainstThePinned_data()
{
    QTest::addColumn<QString>("purpose");
    QTest::addColumn<QString>("target");
    QTest::addColumn<QString>("pinned");
    QTest::addColumn<QString>("live");
    QTest::addColumn<QString>("result");
    const auto row = [](const char *name, const char *purpose, const char *target,
                        const char *pinned, const char *live, const char *result) {
        QTest::newRow(name) << QString::fromLatin1(purpose) << QString::fromLatin1(target)
                            << QString::fromLatin1(pinned) << QString::fromLatin1(live)
                            << QString::fromLatin1(result);
    };
    row("the same", "restore", "same", "mA kA", "mA kA", "passed");
    row("the same, with more to see", "restore", "same", "mA kA", "mA kA hA", "passed");
    row("another", "restore", "same", "mA kA", "mB kB", "failed");
    row("renamed", "restore", "same", "mA kA hA", "mA kA hB", "failed");
    row("only one agrees", "save", "same", "mA kA", "mA hA", "failed");
    row("only one can be read", "save", "same", "mA kA", "mA", "failed");
    row("first save", "save", "same", "", "mA kA", "passed");
    row("restore onto what was never pinned", "restore", "same", "", "mA kA", "warned");
    row("repair of what was never pinned", "repair", "same", "", "mA kA", "warned");
    row("replaced by another", "restore", "replacement", "mA kA", "mB kB", "passed");
    row("replaced by itself", "restore", "replacement", "mA kA", "mA kA", "failed");
    row("replaced by itself, renamed", "restore", "replacement", "mA kA hA", "mA kA hB", "failed");
    row("replaced by nobody knows what", "restore", "replacement", "mA kA", "mA hA", "failed");
    row("rehearsed elsewhere", "rehearse", "rehearsal", "mA kA", "mB kB", "passed");
    row("rehearsed beside", "rehearse", "rehearsal", "mA kA", "mA kA", "passed"); // scope decides
}

void TestBuiltInChecks::identityIsHeldAgainstThePinned()
{
    QFETCH(const QString, purpose);
    QFETCH(const QString, target);
    QFETCH(const QString, pinned);
    QFETCH(const QString, live);
    QFETCH(const QString, result);
    Plan plan;
    plan.purpose = fromWord<Purpose>(purpose).value();
    plan.target = fromWord<TargetKind>(target).value();
    plan.identity = identity(live);
    plan.facts = {{QStringLiteral("m"), ReadCall{}}};
    RunRequest request;
    request.system.pinned = identity(pinned);

    QCOMPARE(verdict(factsFor(plan, request), "identity"), result);
}

void TestBuiltInChecks::missingFactsAreNamed()
{
    Plan plan;
    plan.identity = identity(QStringLiteral("mA"));
    plan.facts = {{QStringLiteral("m"), ReadCall{}}};
    const RunRequest request;
    CheckFacts facts = factsFor(plan, request);
    facts.missingFacts = QStringList{QStringLiteral("k: no SSH host keys")};
    QString evidence;
    QCOMPARE(verdict(facts, "identity", &evidence), QStringLiteral("failed"));
    QVERIFY2(evidence.contains(facts.missingFacts.front()), qPrintable(evidence));
}

void TestBuiltInChecks::versionsFit_data()
{
    QTest::addColumn<QString>("rule");
    QTest::addColumn<QString>("version");
    QTest::addColumn<QString>("fits"); // yes, no, or ? = cannot be read
    const auto row = [](const char *rule, const char *version, const char *fits) {
        QTest::newRow(qPrintable(
            QStringLiteral("%2 with %1").arg(QLatin1String(rule), QLatin1String(version))))
            << QString::fromLatin1(rule) << QString::fromLatin1(version)
            << QString::fromLatin1(fits);
    };
    row(">=1.1 <1.3", "1.2.5", "yes");
    row(">=1.1 <1.3", "1.1", "yes");
    row(">=1.1 <1.3", "1.3", "no");
    row(">=1.1 <1.3", "1.0.9", "no");
    row(">=1.1 <1.3", "1.10", "no"); // numbers, not letters
    row("<=2", "2.0.1", "no");
    row(">1.2", "1.2.1", "yes");
    row("=1.2", "1.2", "yes");
    row("1.2", "1.3", "no");
    row("=1.2", "1.2.0", "yes");
    row(">1.2", "1.2.0", "no");
    row("<1.3.0", "1.3", "no");
    row(">=1.1", "unknown", "?");
    row("~1.1", "1.1", "?");
}

void TestBuiltInChecks::versionsFit()
{
    QFETCH(const QString, rule);
    QFETCH(const QString, version);
    QFETCH(const QString, fits);
    const auto found = lb::versionFits(rule, version);

    QCOMPARE(!found   ? QStringLiteral("?")
             : *found ? QStringLiteral("yes")
                      : QStringLiteral("no"),
             fits);
}

void TestBuiltInChecks::provenVersions_data()
{
    QTest::addColumn<QString>("version");
    QTest::addColumn<QString>("result");
    QTest::newRow("inside") << QStringLiteral("1.2") << QStringLiteral("passed");
    QTest::newRow("outside") << QStringLiteral("1.4") << QStringLiteral("warned");
    QTest::newRow("not read") << QString() << QStringLiteral("warned"); // not tested is no pass
    QTest::newRow("not a version") << QStringLiteral("latest") << QStringLiteral("warned");
}

void TestBuiltInChecks::provenVersions()
{
    QFETCH(const QString, version);
    QFETCH(const QString, result);
    Plan plan;
    plan.version = version;
    const RunRequest request;
    CheckFacts facts = factsFor(plan, request);
    facts.appliesTo = QStringLiteral(">=1.1 <1.3");
    QCOMPARE(verdict(facts, "applies_to"), result);
}

void TestBuiltInChecks::roomInTheStore_data()
{
    QTest::addColumn<qint64>("toSave");
    QTest::addColumn<qint64>("free");
    QTest::addColumn<QString>("result");
    QTest::newRow("plenty") << 1000 * kMiB << 2000 * kMiB << QStringLiteral("passed");
    QTest::newRow("if it compresses") << 1000 * kMiB << 500 * kMiB << QStringLiteral("warned");
    QTest::newRow("hopeless") << 1000 * kMiB << 20 * kMiB << QStringLiteral("failed");
    QTest::newRow("not counted") << qint64(-1) << 500 * kMiB << QStringLiteral("passed");
    QTest::newRow("not counted, full") << qint64(-1) << kMiB << QStringLiteral("failed");
    QTest::newRow("nothing to save") << qint64(0) << qint64(0) << QStringLiteral("failed");
    QTest::newRow("not a save") << qint64(-1) << qint64(-1) << QString();
}

void TestBuiltInChecks::roomInTheStore()
{
    QFETCH(const qint64, toSave);
    QFETCH(const qint64, free);
    QFETCH(const QString, result);
    const Plan plan;
    const RunRequest request;
    CheckFacts facts = factsFor(plan, request);
    facts.sourceBytes = toSave;
    facts.storeFree = free;
    QCOMPARE(verdict(facts, "room"), result);
}

void TestBuiltInChecks::roomAtTheTarget_data()
{
    QTest::addColumn<qint64>("bytes");
    QTest::addColumn<qint64>("entries");
    QTest::addColumn<qint64>("free");
    QTest::addColumn<QString>("result");
    QTest::newRow("enough") << 100 * kMiB << qint64(10) << 200 * kMiB << QStringLiteral("passed");
    QTest::newRow("too little") << 100 * kMiB << qint64(10) << 99 * kMiB
                                << QStringLiteral("failed");
    QTest::newRow("a million of small ones")
        << kMiB << qint64(1'000'000) << 100 * kMiB << QStringLiteral("failed");
}

void TestBuiltInChecks::roomAtTheTarget()
{
    QFETCH(const qint64, bytes);
    QFETCH(const qint64, entries);
    QFETCH(const qint64, free);
    QFETCH(const QString, result);
    TreeStageCall stage;
    stage.into = QStringLiteral("/srv/shop");
    stage.bytes = bytes;
    stage.entries = entries;
    Plan plan;
    plan.steps.emplace_back();
    plan.steps.back().calls = {stage};
    const RunRequest request;
    CheckFacts facts = factsFor(plan, request);
    facts.targetRoom = {{stage.into, {free, 1}}};
    QString evidence;
    QCOMPARE(verdict(facts, "room", &evidence), result);
    QVERIFY2(evidence.contains(stage.into), qPrintable(evidence));
}

void TestBuiltInChecks::roomOnOneDiskCountsTogether()
{
    TreeStageCall one, other;
    one.into = QStringLiteral("/srv/a");
    other.into = QStringLiteral("/srv/b");
    one.bytes = other.bytes = 60 * kMiB;
    Plan plan;
    plan.steps.resize(2);
    plan.steps[0].calls = {one};
    plan.steps[1].calls = {other};
    const RunRequest request;
    CheckFacts facts = factsFor(plan, request);
    facts.targetRoom = {{one.into, {100 * kMiB, 1}}, {other.into, {100 * kMiB, 1}}};
    QCOMPARE(verdict(facts, "room"), QStringLiteral("failed"));
    facts.targetRoom = {{one.into, {100 * kMiB, 1}}, {other.into, {100 * kMiB, 2}}};
    QCOMPARE(verdict(facts, "room"), QStringLiteral("passed"));
}

void TestBuiltInChecks::wholePoints_data()
{
    QTest::addColumn<bool>("whole");
    QTest::addColumn<QString>("problem");
    QTest::addColumn<bool>("only");
    QTest::addColumn<QString>("result");
    QTest::newRow("whole") << true << QString() << false << QStringLiteral("passed");
    QTest::newRow("a part is missing") << false << QString() << false << QStringLiteral("failed");
    QTest::newRow("a part is missing, others are wanted")
        << false << QString() << true << QStringLiteral("warned");
    QTest::newRow("damaged") << true << QStringLiteral("its manifest does not match its sum")
                             << false << QStringLiteral("failed");
}

void TestBuiltInChecks::wholePoints()
{
    QFETCH(const bool, whole);
    QFETCH(const QString, problem);
    QFETCH(const bool, only);
    QFETCH(const QString, result);
    RestorePoint point;
    point.id = QStringLiteral("p20261121-030405-a1b2c3");
    point.problem = problem;
    point.neededParts = QStringList{QStringLiteral("db"), QStringLiteral("files")};
    for (const QString &part : point.neededParts) {
        point.parts.emplace_back();
        point.parts.back().id = part;
    }
    if (!whole)
        point.parts.pop_back();
    Plan plan;
    if (only)
        plan.only = QStringList{QStringLiteral("db")};
    const RunRequest request;
    CheckFacts facts = factsFor(plan, request);
    facts.point = point;
    QString evidence;
    QCOMPARE(verdict(facts, "proof", &evidence), result);
    const QString wanted = !problem.isEmpty() ? problem
                           : whole            ? point.id
                                              : QStringLiteral("files");
    QVERIFY2(evidence.contains(wanted), qPrintable(evidence));
}

void TestBuiltInChecks::swapsThatCannotBeMade()
{
    const Plan plan;
    const RunRequest request;
    CheckFacts facts = factsFor(plan, request);
    facts.swaps = {{QStringLiteral("/srv/a"), true, SwapWay::Exchange, {}, 0}};
    QString evidence;
    QCOMPARE(verdict(facts, "swap", &evidence), QStringLiteral("passed"));
    QCOMPARE(evidence, QStringLiteral("/srv/a: exchange"));
    facts.swaps.push_back(
        {QStringLiteral("/srv/b"), true, SwapWay::Exchange, QStringLiteral("read only"), 0});
    QCOMPARE(verdict(facts, "swap", &evidence), QStringLiteral("failed"));
    QCOMPARE(evidence, QStringLiteral("/srv/b: read only"));
}

void TestBuiltInChecks::lostInstallationIsForAPersonToProve()
{
    Plan plan;
    const RunRequest request;
    QCOMPARE(verdict(factsFor(plan, request), "old_off"), QString());
    plan.target = TargetKind::Replacement;
    QCOMPARE(verdict(factsFor(plan, request), "old_off"), QStringLiteral("warned"));
}

void TestBuiltInChecks::heldLeaseFails()
{
    Plan plan;
    plan.identity.scope = QStringList{QStringLiteral("/srv/shop")};
    const RunRequest request;
    CheckFacts facts = factsFor(plan, request);
    QCOMPARE(verdict(facts, "lease"), QStringLiteral("passed"));
    facts.leaseProblem = Error{ErrorCode::Conflict, QStringLiteral("run r1 works on it"), {}, {}};
    QString evidence;
    QCOMPARE(verdict(facts, "lease", &evidence), QStringLiteral("failed"));
    QCOMPARE(evidence, QStringLiteral("run r1 works on it"));
}

void TestBuiltInChecks::secretPartsNeedRecipients_data()
{
    QTest::addColumn<bool>("secret");
    QTest::addColumn<QStringList>("recipients");
    QTest::addColumn<QString>("recovery");
    QTest::addColumn<QString>("verdictOf");
    const QStringList one{QStringLiteral("age1a")};
    const QString recovery = QStringLiteral("age1r");
    QTest::newRow("nothing secret") << false << QStringList() << QString() << QString();
    QTest::newRow("nobody") << true << QStringList() << QString() << QStringLiteral("failed");
    QTest::newRow("one") << true << one << QString() << QStringLiteral("warned");
    QTest::newRow("two, no recovery key") << true << one + QStringList{QStringLiteral("age1b")}
                                          << QString() << QStringLiteral("warned");
    QTest::newRow("recovery key only")
        << true << QStringList() << recovery << QStringLiteral("warned");
    QTest::newRow("the same twice")
        << true << QStringList{recovery} << recovery << QStringLiteral("warned");
    QTest::newRow("both") << true << one << recovery << QStringLiteral("passed");
}

void TestBuiltInChecks::secretPartsNeedRecipients()
{
    QFETCH(bool, secret);
    QFETCH(QStringList, recipients);
    QFETCH(QString, recovery);
    Plan plan;
    plan.store.name = QStringLiteral("local");
    plan.store.recipients = recipients;
    plan.store.recoveryRecipient = recovery;
    PartSpec part;
    part.id = QStringLiteral("db");
    part.secret = secret;
    plan.parts = {part};
    const RunRequest request;
    QTEST(verdict(factsFor(plan, request), "recipients"), "verdictOf");
}

QTEST_GUILESS_MAIN(TestBuiltInChecks)
#include "tst_built_in_checks.moc"
