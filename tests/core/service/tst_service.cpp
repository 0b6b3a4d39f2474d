// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"
#include "core/base/paths.h"
#include "core/journal/journal.h"
#include "core/journal/run_folder.h"
#include "core/model/accepted_checks.h"
#include "core/service/go_needs.h"
#include "core/service/service.h"
#include "resources/resources.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace lb;

class TestService : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { initResources(); }
    void init();
    void cleanup();
    void orderIsCheckedBeforeAnythingStarts_data();
    void orderIsCheckedBeforeAnythingStarts();
    void allWrongInputsAreSaidAtOnce();
    void startedRunIsListed();
    void runWithSomethingToUndoStays();
    void wordOfAPersonWaives();
    void interruptedRunStays();
    void oldHiddenRunsGo();
    void bitFlipIsNamed();
    void settingsAreChecked();
    void changedIsTold();
    void emptyHomeNeedsNoInventory();
    void goNeedsSayWhatIsMissing();
    void aGroupIsAcceptedAtOnce();
    void lentAdviceIsOnTheBoard();
    void secretsOfAPointAreCounted();
    void withoutAKeychainNothingIsMissing();

private:
    RunId writeRun(const std::vector<RunEvent> &events, bool hidden = false, int daysAgo = 0);
    Result<void> add(const QString &name);

    std::unique_ptr<QTemporaryDir> m_home;
    std::unique_ptr<Service> m_service;
    QList<pid_t> m_runners;
};

namespace {

template <class T>
Result<T> await(const Async<T> &future)
{
    std::optional<Result<T>> answer;
    QObject owner;
    onDone(&owner, future, [&](const Result<T> &result) { answer = result; });
    return QTest::qWaitFor([&] { return answer.has_value(); }, 20'000)
               ? *answer
               : fail(ErrorCode::TimedOut, QStringLiteral("no answer in the test"));
}

RunEvent line(EventKind kind, const QJsonObject &data = {}, const QString &step = {})
{
    RunEvent made;
    made.kind = kind;
    made.data = data;
    made.step = step;
    made.attempt = step.isEmpty() ? 0 : 1;
    return made;
}

RunEvent ended(const char *state)
{
    return line(EventKind::RunEnded, {{QStringLiteral("state"), QString::fromLatin1(state)}});
}

RunEvent opened(const QString &id, const QJsonObject &detail)
{
    return line(EventKind::ObligationOpened,
                {{QStringLiteral("obligation"),
                  QJsonObject{{QStringLiteral("id"), id},
                              {QStringLiteral("title"), QStringLiteral("Undo ") + id},
                              {QStringLiteral("detail"), detail}}}});
}

} // namespace

void TestService::init()
{
    m_home = std::make_unique<QTemporaryDir>();
    for (const char *variable : {"XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"})
        qputenv(variable, m_home->path().toUtf8());
    m_service = std::make_unique<Service>(QStringLiteral(FAKE_RUNNER));
    QVERIFY(add(QStringLiteral("shop")));
}

void TestService::cleanup()
{
    m_service.reset();
    for (const pid_t pid : std::as_const(m_runners))
        ::kill(pid, SIGKILL);
    m_runners.clear();
    m_home.reset();
}

Result<void> TestService::add(const QString &name)
{
    return m_service->addSystem(name, QStringLiteral("files"),
                                {{QStringLiteral("folder"), {QStringLiteral("/srv/shop")}}});
}

RunId TestService::writeRun(const std::vector<RunEvent> &events, bool hidden, int daysAgo)
{
    const RunId id = newRunId();
    RunRequest request;
    request.id = id;
    request.runbookId = QStringLiteral("files.save");
    request.system.name = QStringLiteral("shop");
    request.at = utcNow();
    request.hidden = hidden;
    const auto folder = RunFolder::create(id);
    auto journal = Journal::create(folder->path());
    const auto write = [&](RunEvent one) {
        one.time = utcNow().addDays(-daysAgo);
        if (!(*journal)->appendSynced(one))
            qFatal("the journal cannot be written");
    };
    write(line(EventKind::RunRequested,
               {{QStringLiteral("format"), 1}, {QStringLiteral("request"), request.toJson()}}));
    for (const RunEvent &one : events)
        write(one);
    return id;
}

void TestService::orderIsCheckedBeforeAnythingStarts_data()
{
    QTest::addColumn<QString>("runbook");
    QTest::addColumn<QString>("system");
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("point");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("says");
    const auto row = [](const char *name, const char *runbook, const char *system, const char *key,
                        const char *point, ErrorCode code, const char *says) {
        QTest::newRow(name) << QString::fromUtf8(runbook) << QString::fromUtf8(system)
                            << QString::fromUtf8(key) << QString::fromUtf8(point) << int(code)
                            << QString::fromUtf8(says);
    };
    row("runbook", "files.sav", "shop", "", "", ErrorCode::NotFound, "files.save");
    row("system", "files.save", "shopp", "", "", ErrorCode::NotFound, "shop");
    row("key", "files.save", "shop", "folde", "", ErrorCode::BadInput, "“folder”");
    row("value", "files.save", "shop", "folder", "", ErrorCode::BadInput, "");
    row("hidden", "lifeboat.verify", "shop", "", "", ErrorCode::BadInput, "by hand");
    row("needless point", "files.save", "shop", "", "best", ErrorCode::BadInput,
        "takes no restore point");
    row("no point", "files.restore", "shop", "", "", ErrorCode::BadInput, "no restore point");
    row("unknown point", "files.restore", "shop", "", "p20261121-030405-a1b2c3",
        ErrorCode::NotFound, "There is no restore point");
}

void TestService::orderIsCheckedBeforeAnythingStarts()
{
    QFETCH(const QString, runbook);
    QFETCH(const QString, system);
    QFETCH(const QString, key);
    QFETCH(const QString, point);
    QFETCH(const int, code);
    QFETCH(const QString, says);
    RunOrder order;
    order.runbook = runbook;
    order.system = system;
    order.restorePoint = point;
    if (!key.isEmpty())
        order.set.insert(key, {QStringLiteral("relative/path")});
    const auto started = await(m_service->start(order));
    QVERIFY(!started);
    QCOMPARE(int(started.error().code), code);
    QVERIFY2(started.error().sentence().contains(says), qPrintable(started.error().sentence()));
    QVERIFY(listRuns().isEmpty());
}

void TestService::allWrongInputsAreSaidAtOnce()
{
    RunOrder order;
    order.runbook = QStringLiteral("files.save");
    order.system = QStringLiteral("shop");
    order.set = {{QStringLiteral("folde"), {QStringLiteral("/a")}},
                 {QStringLiteral("exclud"), {QStringLiteral("/b")}}};
    const auto started = await(m_service->start(order));
    QVERIFY(!started);
    QCOMPARE(started.error().detail.count(QLatin1Char('\n')), 1);
}

void TestService::startedRunIsListed()
{
    RunOrder order;
    order.runbook = QStringLiteral("files.save");
    order.system = QStringLiteral("shop");
    order.set = {{QStringLiteral("exclude"), {QStringLiteral("*.tmp"), QStringLiteral("*.bak")}}};
    const auto id = await(m_service->start(order));
    QVERIFY2(id, id ? "" : qPrintable(id.error().sentence()));
    const auto view = m_service->run(*id);
    QVERIFY(view);
    m_runners << view->state.runner.pid;
    // The request is whole: nothing of it depends on files that may change meanwhile.
    const RunRequest &request = view->state.request;
    QVERIFY(request.runbookText.contains("id: files.save"));
    QCOMPARE(request.system.inputs.value(QLatin1String("folder")).toArray().size(), 1);
    QCOMPARE(request.inputs.value(QLatin1String("exclude")).toArray().size(), 2);
    QCOMPARE(request.store.name, QStringLiteral("local"));
    const auto runs = m_service->runs();
    QCOMPARE(runs.size(), size_t(1));
    QCOMPARE(runs[0].state, RunStateName::Ready);
    const auto removed = m_service->removeRun(*id);
    QVERIFY(!removed);
    QCOMPARE(removed.error().code, ErrorCode::Conflict);
    QVERIFY(!m_service->removeSystem(QStringLiteral("shop")));
}

void TestService::runWithSomethingToUndoStays()
{
    const QString aside = m_home->filePath(QStringLiteral("aside"));
    QVERIFY(QDir().mkpath(aside));
    const RunId id = writeRun({line(EventKind::Go),
                               opened(QStringLiteral("copy"), {{QStringLiteral("folder"), aside}}),
                               ended("succeeded")});
    const auto open = m_service->obligations();
    QCOMPARE(open.size(), size_t(1));
    QCOMPARE(open[0].run, id.value());
    QCOMPARE(m_service->obligations(QStringLiteral("other")).size(), size_t(0));
    const auto removed = m_service->removeRun(id);
    QVERIFY(!removed);
    QVERIFY(removed.error().sentence().contains(QStringLiteral("Undo copy")));
    // A word is not enough while the copy stands there.
    const auto early = await(m_service->discharge(id, QStringLiteral("copy"), {}, {}));
    QVERIFY(!early);
    QCOMPARE(early.error().code, ErrorCode::Conflict);
    QVERIFY(QDir(aside).removeRecursively());
    QVERIFY(await(m_service->discharge(id, QStringLiteral("copy"), {}, {})));
    QVERIFY(m_service->obligations().empty());
    QCOMPARE(m_service->run(id)->state.obligations[0].state, ObligationState::Closed);
    QVERIFY(await(m_service->discharge(id, QStringLiteral("copy"), {}, {}))); // again is no error
    QVERIFY(m_service->removeRun(id));
    QVERIFY(m_service->runs(true).empty());
}

void TestService::wordOfAPersonWaives()
{
    const RunId id =
        writeRun({line(EventKind::Go), opened(QStringLiteral("resume"), {}), ended("failed")});
    const QString shot = m_home->filePath(QStringLiteral("shot.png"));
    QFile file(shot);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("pixels") == 6);
    file.close();
    const auto unknown = await(m_service->discharge(id, QStringLiteral("resum"), {}, {}));
    QVERIFY(!unknown);
    QCOMPARE(unknown.error().code, ErrorCode::NotFound);
    const auto done = await(m_service->discharge(id, QStringLiteral("resume"),
                                                 QStringLiteral("started by hand"), shot));
    QVERIFY2(done, done ? "" : qPrintable(done.error().sentence()));
    const auto view = m_service->run(id);
    QCOMPARE(view->state.obligations[0].state, ObligationState::Waived);
    QCOMPARE(view->state.obligations[0].note, QStringLiteral("started by hand"));
    QCOMPARE(QDir(RunFolder::of(id).evidenceFolder()).entryList(QDir::Files).size(), 1);
    QVERIFY(m_service->verifyRun(id)->problems.isEmpty());
}

void TestService::interruptedRunStays()
{
    const RunId id =
        writeRun({line(EventKind::Go), line(EventKind::StepIntended, {}, QStringLiteral("a"))});
    QCOMPARE(m_service->runs()[0].state, RunStateName::Interrupted);
    const auto removed = m_service->removeRun(id);
    QVERIFY(!removed);
    QVERIFY(removed.error().sentence().contains(QStringLiteral("runs resume")));
    const RunId draft = writeRun({line(EventKind::RunReady)});
    QCOMPARE(m_service->run(draft)->shown, RunStateName::Draft);
    QVERIFY(m_service->removeRun(draft));
}

void TestService::oldHiddenRunsGo()
{
    const RunId old = writeRun({ended("succeeded")}, true, 31);
    const RunId young = writeRun({ended("succeeded")}, true, 29);
    const RunId seen = writeRun({ended("succeeded")}, false, 31);
    const RunId owes = writeRun({opened(QStringLiteral("a"), {}), ended("failed")}, true, 31);
    RunOrder order;
    order.runbook = QStringLiteral("files.save");
    order.system = QStringLiteral("shop");
    const auto id = await(m_service->start(order));
    QVERIFY(id);
    m_runners << m_service->run(*id)->state.runner.pid;
    const QList<RunId> left = listRuns();
    QVERIFY(!left.contains(old));
    QVERIFY(left.contains(young) && left.contains(seen) && left.contains(owes));
}

void TestService::bitFlipIsNamed()
{
    const RunId id = writeRun({line(EventKind::Go), ended("succeeded")});
    QCOMPARE(m_service->verifyRun(id)->problems, QStringList());
    QFile file(RunFolder::of(id).journalFile());
    QVERIFY(file.open(QIODevice::ReadWrite));
    QByteArray content = file.readAll();
    const qsizetype second = content.indexOf('\n') + 30;
    content[second] = char(content[second] ^ 1);
    QVERIFY(file.seek(0) && file.write(content) == content.size());
    file.close();
    const auto report = m_service->verifyRun(id);
    QVERIFY(report);
    QCOMPARE(report->problems.size(), 1);
    QVERIFY2(report->problems[0].contains(QLatin1Char('2')), qPrintable(report->problems[0]));
    QVERIFY(!await(m_service->resume(id)));
}

void TestService::settingsAreChecked()
{
    const QString shop = QStringLiteral("shop");
    const auto set = [&](const char *key, const char *value) {
        return m_service->setSystem(shop,
                                    {{QString::fromLatin1(key), {QString::fromLatin1(value)}}});
    };
    QVERIFY(set(".rpo", "4h"));
    QVERIFY(set(".protected", "yes"));
    QVERIFY(set(".holder.db", "ann"));
    QVERIFY(!set(".rpo", "soon"));
    QVERIFY(!set(".store", "nowhere"));
    QVERIFY(!set(".nothing", "x"));
    QVERIFY(!set("folder", "relative"));
    QVERIFY(!set("folder", "")); // needed
    const auto profile = m_service->system(shop);
    QCOMPARE(profile->rpo, QStringLiteral("4h"));
    QVERIFY(profile->isProtected);
    QCOMPARE(profile->holders.value(QStringLiteral("db")), QStringLiteral("ann"));
    QVERIFY(!add(shop)); // there already
    QVERIFY(!add(QStringLiteral("../x")));
    QVERIFY(!m_service->removeStore(QStringLiteral("local")));
    QVERIFY(m_service->testStore(QStringLiteral("local")));
}

void TestService::changedIsTold()
{
    QSignalSpy changed(m_service.get(), &Service::changed);
    QVERIFY(add(QStringLiteral("another")));
    QTRY_VERIFY(changed.size() > 0);
    changed.clear();
    writeRun({ended("succeeded")});
    QTRY_VERIFY(changed.size() > 0);
}

void TestService::emptyHomeNeedsNoInventory()
{
    QVERIFY(await(m_service->ensureInventory()));
    QVERIFY(listRuns().isEmpty());
    QVERIFY(m_service->points().empty());
    const auto rows = m_service->overview();
    QCOMPARE(rows.size(), size_t(1));
    QCOMPARE(rows[0].verdict, SystemOverview::Verdict::NeverSaved);
    // A run that was interrupted, or something to undo, is said before anything else.
    writeRun({line(EventKind::Go)});
    QCOMPARE(m_service->overview()[0].verdict, SystemOverview::Verdict::Attention);
}

void TestService::goNeedsSayWhatIsMissing()
{
    RunView view;
    view.state.planSha256 = QStringLiteral("abc");
    view.plan.emplace();
    view.plan->identity.text = QStringLiteral("shop@web");
    PlannedStep step;
    step.id = QStringLiteral("swap");
    step.effect = Effect::Destroy;
    view.plan->steps.push_back(step);
    CheckRecord warned;
    warned.id = QStringLiteral("room");
    warned.verdict = CheckVerdict::Warned;
    view.state.checks.push_back(warned);

    GoAnswer go;
    GoNeeds needs = goNeeds(view, go);
    QVERIFY(needs.yes && needs.confirmation && !needs.isEmpty());
    QCOMPARE(needs.warned.size(), size_t(1));
    QCOMPARE(needs.identityText, QStringLiteral("shop@web"));
    go.yes = true;
    go.accept.insert(QStringLiteral("room"), QStringLiteral("  "));
    go.confirm = QStringLiteral("shop@wep");
    go.planSha256 = QStringLiteral("abd");
    needs = goNeeds(view, go);
    QVERIFY(!needs.yes && needs.wrongConfirmation && needs.otherPlan);
    QCOMPARE(needs.warned.size(), size_t(1)); // blanks are no reason
    go.accept.insert(QStringLiteral("room"), QStringLiteral("enough"));
    go.confirm = QStringLiteral("shop@web");
    go.planSha256 = QStringLiteral("abc");
    QVERIFY(goNeeds(view, go).isEmpty());
    view.state.checks[0].verdict = CheckVerdict::Failed;
    QCOMPARE(goNeeds(view, go).failed.size(), size_t(1)); // cannot be accepted
}

void TestService::aGroupIsAcceptedAtOnce()
{
    RunView view;
    for (const char *id : {"seen[a]", "seen[b]", "seen[c]", "seenother", "room"}) {
        CheckRecord check;
        check.id = QLatin1String(id);
        check.verdict =
            check.id == QLatin1String("seen[c]") ? CheckVerdict::Passed : CheckVerdict::Warned;
        view.state.checks.push_back(check);
    }
    GoAnswer go;
    go.accept = {{QStringLiteral("seen"), QStringLiteral("closed")},
                 {QStringLiteral("seen[b]"), QStringLiteral("known")},
                 {QStringLiteral("room"), QStringLiteral("enough")}};
    const GoNeeds needs = goNeeds(view, go);
    QCOMPARE(needs.warned.size(), size_t(1));
    QCOMPARE(needs.warned[0].id, QStringLiteral("seenother"));
    // What is written down names each, and only what warned.
    const QMap<QString, QString> each{{QStringLiteral("seen[a]"), QStringLiteral("closed")},
                                      {QStringLiteral("seen[b]"), QStringLiteral("known")},
                                      {QStringLiteral("room"), QStringLiteral("enough")}};
    QCOMPARE(withEachAccepted(go, view.state.checks).accept, each);
}

void TestService::lentAdviceIsOnTheBoard()
{
    QVERIFY(m_service->overview().front().advice.empty());
    QJsonObject asked;
    m_service->lendAdvice(QStringLiteral("files"),
                          [&](const QJsonObject &inputs, const std::vector<RestorePoint> &points,
                              const QDate &today) {
                              asked = inputs;
                              return points.empty() && today.isValid()
                                         ? std::vector<Advice>{{true, QStringLiteral("It ends"),
                                                                QStringLiteral("Save it"), today}}
                                         : std::vector<Advice>();
                          });
    const SystemOverview row = m_service->overview().front();
    QCOMPARE(asked, row.profile.inputs);
    QCOMPARE(row.advice.size(), size_t(1));
    QCOMPARE(row.advice[0].sentences(), QStringLiteral("It ends. Save it."));
    QCOMPARE(m_service->advice(row.profile).size(), size_t(1));
    SystemProfile other = row.profile;
    other.type = QStringLiteral("alien4cloud");
    QVERIFY(m_service->advice(other).empty());
}

/// Three places that a run fills, one for a person; one that nothing needs and one in a vault.
static RestorePoint pointWithPlaces()
{
    QJsonArray places;
    const auto add = [&](const char *name, bool byApi, bool needed = true, const char *vault = "") {
        places.append(QJsonObject{{QStringLiteral("secret"), QLatin1String(name)},
                                  {QStringLiteral("title"), QLatin1String(name)},
                                  {QStringLiteral("by_api"), byApi},
                                  {QStringLiteral("needed"), needed},
                                  {QStringLiteral("reference"), QLatin1String(vault)}});
    };
    add("one", true);
    add("two", true);
    add("three", true);
    add("hook", false);
    add("unused", true, false);
    add("vaulted", true, true, "crn:v1:vault");
    PartRecord part;
    part.id = QStringLiteral("ferry");
    part.kind = QString::fromLatin1(kToolchainPart);
    part.details = {{QStringLiteral("slots"), places}};
    RestorePoint point;
    point.id = QStringLiteral("p1");
    point.system = QStringLiteral("ferries");
    point.type = QStringLiteral("ibm-toolchain");
    point.parts = {part};
    return point;
}

void TestService::secretsOfAPointAreCounted()
{
    std::vector<PointSecret> secrets = secretsToPutBack(pointWithPlaces());
    QCOMPARE(secrets.size(), size_t(4));
    QCOMPARE(pointSecretsText(secrets),
             QStringLiteral("4 secret(s) for a restore: 3 not known (only a prompt of the keychain "
                            "could tell), 1 by hand"));
    QVERIFY(!isAnyMissing(secrets));
    secrets[0].state = QStringLiteral("present");
    secrets[1].state = QStringLiteral("missing");
    secrets[2].state = QStringLiteral("program");
    QCOMPARE(
        pointSecretsText(secrets),
        QStringLiteral("4 secret(s) for a restore: 1 in the keychain, 1 from a program, 1 missing, "
                       "1 by hand"));
    QVERIFY(isAnyMissing(secrets));
    const QStringList toDo{QStringLiteral("Secret missing: two (two, ferry)"),
                           QStringLiteral("Secret by hand: hook, ferry")};
    QCOMPARE(pointSecretsToDo(secrets), toDo);
    QVERIFY(pointSecretsText({}).isEmpty());
}

void TestService::withoutAKeychainNothingIsMissing()
{
    // The tests have no session bus (tests/support/session.py): that is an answer, not an error.
    const auto secrets = await(m_service->pointSecrets(pointWithPlaces()));
    QVERIFY(secrets);
    QMap<QString, QString> states;
    for (const PointSecret &secret : *secrets)
        states.insert(secret.name, secret.state);
    QCOMPARE(states.value(QStringLiteral("one")), QStringLiteral("absent"));
    QCOMPARE(states.value(QStringLiteral("hook")), QStringLiteral("by_hand"));
    // What the restore itself signs in with is needed as well.
    QCOMPARE(states.value(QStringLiteral("ibm_api_key")), QStringLiteral("absent"));
    QVERIFY(!states.contains(QStringLiteral("unused")) &&
            !states.contains(QStringLiteral("vaulted")));
    RestorePoint none;
    none.type = QStringLiteral("files");
    const auto nothing = await(m_service->pointSecrets(none));
    QVERIFY(nothing && nothing->empty());
}

QTEST_GUILESS_MAIN(TestService)
#include "tst_service.moc"
