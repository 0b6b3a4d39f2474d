// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/samples.h"

#include "core/base/clock.h"

#include <QJsonArray>

namespace lb::samples {

namespace {

QDateTime hours(double ago)
{
    return utcNow().addMSecs(-qint64(ago * 3'600'000));
}

PlannedStep step(const QString &id, const QString &phase, const QString &title,
                 const QString &action, Effect effect, PlanSection section = PlanSection::Steps)
{
    PlannedStep planned;
    planned.id = id;
    planned.phase = phase;
    planned.title = title;
    planned.action = action;
    planned.effect = effect;
    planned.section = section;
    if (effect == Effect::Change)
        planned.undo.push_back(ProcessCall{});
    return planned;
}

} // namespace

QString hostileText()
{
    return QStringLiteral("<b>bold</b><img src=x> \x1b[31mred\x1b[0m \u202Egnp.exe & \n&&next");
}

SystemProfile profile(const QString &name)
{
    SystemProfile profile;
    profile.name = name;
    profile.type = QStringLiteral("files");
    profile.inputs = {{QStringLiteral("folder"),
                       QJsonArray{QStringLiteral("/srv/shop"), QStringLiteral("/etc/shop")}}};
    profile.pinned.text = name + QStringLiteral("@harbour");
    profile.pinned.facts = {
        {QStringLiteral("machine_id"), QStringLiteral("4be0643f1d98573b97cdca98a65347dd")},
        {QStringLiteral("filesystem"), QStringLiteral("ext4 6a3f…c1")}};
    profile.pinned.scope = {QStringLiteral("/srv/shop"), QStringLiteral("/etc/shop")};
    return profile;
}

RestorePoint point(const QString &id, int hoursAgo, ProofLevel proof, bool complete)
{
    RestorePoint point;
    point.id = id;
    point.system = QStringLiteral("shop-files");
    point.type = QStringLiteral("files");
    point.madeAt = hours(hoursAgo);
    point.run = QStringLiteral("r20261121-020000-a1b2c3");
    point.store = QStringLiteral("local");
    point.identity.text = QStringLiteral("shop-files@harbour");
    point.proof = proof;
    point.proofAt = hours(hoursAgo / 2.0);
    point.neededParts = {QStringLiteral("shop"), QStringLiteral("etc")};
    PartRecord part;
    part.id = QStringLiteral("shop");
    part.title = QStringLiteral("/srv/shop");
    part.kind = QStringLiteral("tree");
    part.format = QStringLiteral("tar.zst");
    part.bytes = 3'456'789'012;
    part.storedBytes = 1'234'567'890;
    part.entries = 48'213;
    part.source = QStringLiteral("/srv/shop");
    part.takenFrom = hours(hoursAgo);
    part.takenTo = part.takenFrom.addSecs(95);
    point.parts.push_back(part);
    if (complete) {
        part.id = QStringLiteral("etc");
        part.title = part.source = QStringLiteral("/etc/shop");
        part.bytes = 48'213;
        part.storedBytes = 9'000;
        part.entries = 17;
        part.takenFrom = part.takenTo;
        part.takenTo = part.takenFrom.addSecs(2);
        point.parts.push_back(part);
    }
    point.limits = {QStringLiteral("/srv/shop/run/app.sock is a socket")};
    return point;
}

RunSummary run(const QString &id, RunStateName state, Purpose purpose)
{
    RunSummary run;
    run.id = id;
    run.runbook = QStringLiteral("files.restore");
    run.title = purpose == Purpose::Save ? QStringLiteral("Save folders")
                                         : QStringLiteral("Restore folders");
    run.system = QStringLiteral("shop-files");
    run.purpose = purpose;
    run.state = state;
    run.startedAt = hours(2);
    if (isEnded(state))
        run.endedAt = run.startedAt.addSecs(312);
    if (state == RunStateName::Waiting)
        run.waiting = Waiting{WaitingFor::Person, QStringLiteral("look"),
                              QStringLiteral("Look at the shop"), hours(0.1)};
    return run;
}

std::vector<SystemOverview> board()
{
    using Verdict = SystemOverview::Verdict;
    std::vector<SystemOverview> all;
    const auto add = [&](const QString &name, Verdict verdict,
                         const QString &cause) -> SystemOverview & {
        SystemOverview one;
        one.profile = profile(name);
        one.verdict = verdict;
        one.cause = cause;
        all.push_back(one);
        return all.back();
    };
    auto &waits = add(QStringLiteral("shop-files"), Verdict::Attention,
                      QStringLiteral("A restore waits for an answer since 3 minutes"));
    waits.profile.isProtected = true;
    waits.best = point(QStringLiteral("p20261121-020000-a1b2c3"), 6, ProofLevel::Restored);
    waits.newest = waits.best;
    waits.activeRuns = {
        run(QStringLiteral("r20261121-080000-000001"), RunStateName::Waiting, Purpose::Restore)};
    Obligation obligation;
    obligation.id = QStringLiteral("start");
    obligation.title = QStringLiteral("Start the shop again");
    waits.open = {obligation};
    waits.lastRun = run(QStringLiteral("r1"), RunStateName::Failed, Purpose::Restore);
    auto &busy = add(QStringLiteral("practice-files"), Verdict::Running,
                     QStringLiteral("Save folders is running since 20 seconds"));
    busy.activeRuns = {run(QStringLiteral("r2"), RunStateName::Running, Purpose::Save)};
    auto &proven =
        add(QStringLiteral("wiki"), Verdict::Proven, QStringLiteral("Read in full 2 hours ago"));
    proven.best = proven.newest = point(QStringLiteral("p3"), 3, ProofLevel::Read);
    proven.lastRun = run(QStringLiteral("r3"), RunStateName::Succeeded, Purpose::Save);
    auto &unproven = add(QStringLiteral("mail"), Verdict::NotProven,
                         QStringLiteral("Saved 2 days ago, never read back"));
    unproven.newest = point(QStringLiteral("p4"), 49, ProofLevel::Listed);
    auto &dead = add(QStringLiteral("ledger"), Verdict::Attention,
                     QStringLiteral("A save was interrupted 40 minutes ago"));
    dead.activeRuns = {run(QStringLiteral("r5"), RunStateName::Interrupted, Purpose::Save)};
    add(QStringLiteral("archive"), Verdict::NeverSaved, QStringLiteral("No restore point yet"));
    return all;
}

SystemOverview closing()
{
    SystemOverview one;
    one.profile = profile(QStringLiteral("harbour-ferries-and-timetables-production-europe-north"));
    one.profile.type = QStringLiteral("ibm-toolchain");
    one.verdict = SystemOverview::Verdict::Proven;
    one.cause = QStringLiteral("Read in full 2 hours ago");
    one.best = one.newest = point(QStringLiteral("p5"), 3, ProofLevel::Read);
    one.advice = {{true,
                   QStringLiteral("jp-osa is gone: what was in it is removed and can no longer be "
                                  "saved"),
                   QStringLiteral("3 restore points of it are left: restore into a region that "
                                  "stays"),
                   {}},
                  {false,
                   QStringLiteral("us-east is being closed: its service ends on 12 February 2027, "
                                  "in 82 days, perhaps earlier, and what is in it is removed"),
                   QStringLiteral("Save now, and restore into a region that stays"),
                   QDate(2027, 2, 12)}};
    return one;
}

std::vector<RunSummary> runs()
{
    std::vector<RunSummary> all;
    int n = 0;
    for (const RunStateName state :
         {RunStateName::Running, RunStateName::Waiting, RunStateName::Interrupted,
          RunStateName::Draft, RunStateName::Succeeded, RunStateName::Warned, RunStateName::Failed,
          RunStateName::Cancelled}) {
        RunSummary one = run(QStringLiteral("r20261121-08000%1-00000a").arg(n), state,
                             n % 2 ? Purpose::Save : Purpose::Restore);
        one.startedAt = hours(n * 7 + 1);
        if (isEnded(state))
            one.endedAt = one.startedAt.addSecs(60 + n * 100);
        one.openObligations = state == RunStateName::Failed ? 2 : 0;
        all.push_back(one);
        ++n;
    }
    return all;
}

std::vector<RestorePoint> points()
{
    return {point(QStringLiteral("p20261121-020000-a1b2c3"), 6, ProofLevel::Checksummed),
            point(QStringLiteral("p20261120-020000-a1b2c3"), 30, ProofLevel::Restored),
            point(QStringLiteral("p20261119-020000-a1b2c3"), 54, ProofLevel::Read, false),
            point(QStringLiteral("p20261118-020000-a1b2c3"), 78, ProofLevel::Listed)};
}

std::vector<InputSpec> inputs()
{
    const auto spec = [](const char *inputName, InputType type, const char *title,
                         const char *help) {
        InputSpec one;
        one.name = QLatin1String(inputName);
        one.type = type;
        one.title = QLatin1String(title);
        one.help = QLatin1String(help);
        return one;
    };
    std::vector<InputSpec> specs{
        spec("host", InputType::Host, "Server", "Where the folders are."),
        spec("folder", InputType::Path, "Folders", "What is saved, with everything in it."),
        spec("quiesce_command", InputType::Command, "Stop command", "Run before the save."),
        spec("keep", InputType::Number, "Keep", "How many restore points."),
        spec("fast", InputType::YesNo, "Fast", ""),
        spec("mode", InputType::Choice, "Mode", "")};
    specs[1].isList = specs[1].required = specs[5].required = true;
    specs[3].defaultValue = 7;
    specs[4].defaultValue = true;
    specs[5].choices = {QStringLiteral("all"), QStringLiteral("changed")};
    specs[5].defaultValue = QStringLiteral("all");
    return specs;
}

Runbook restoreRunbook()
{
    Runbook runbook;
    runbook.id = QStringLiteral("files.restore");
    runbook.system = QStringLiteral("files");
    runbook.title = QStringLiteral("Restore folders");
    runbook.description =
        QStringLiteral("Stages every folder beside its place, verifies each byte on the way, then "
                       "swaps it in. The old folder is kept aside until you let it go.");
    runbook.purpose = Purpose::Restore;
    runbook.inputs = inputs();
    runbook.source.document = QStringLiteral("Shop operations guide");
    runbook.source.section = QStringLiteral("Restore");
    runbook.deviations = {{QStringLiteral("extract over the live folder"),
                           QStringLiteral("stage beside, verify, swap"),
                           QStringLiteral("a broken archive would leave half of each")}};
    StepSpec restore;
    restore.id = QStringLiteral("stage");
    restore.action.kind = ActionKind::TreeRestore;
    runbook.steps = {restore};
    runbook.parts = {
        {QStringLiteral("shop"), QStringLiteral("/srv/shop"), QStringLiteral("tree"), true, false}};
    return runbook;
}

Plan restorePlan()
{
    Plan plan;
    plan.runbook = QStringLiteral("files.restore");
    plan.title = QStringLiteral("Restore folders");
    plan.type = QStringLiteral("files");
    plan.system = QStringLiteral("shop-files");
    plan.purpose = Purpose::Restore;
    plan.profile = profile(plan.system);
    plan.identity = plan.profile.pinned;
    plan.isProtected = true;
    plan.restorePoint = QStringLiteral("p20261121-020000-a1b2c3");
    plan.steps = {
        step(QStringLiteral("stop"), QStringLiteral("quiesce"), QStringLiteral("Stop the shop"),
             QStringLiteral("run"), Effect::Change),
        step(QStringLiteral("stage"), QStringLiteral("restore"),
             QStringLiteral("Stage /srv/shop and verify every byte"),
             QStringLiteral("tree_restore"), Effect::Change),
        step(QStringLiteral("look"), QStringLiteral("restore"),
             QStringLiteral("Look at the staged shop"), QStringLiteral("ask"), Effect::Read),
        step(QStringLiteral("swap"), QStringLiteral("restore"), QStringLiteral("Swap /srv/shop in"),
             QStringLiteral("tree_restore"), Effect::Destroy),
        step(QStringLiteral("start"), {}, QStringLiteral("Start the shop again"),
             QStringLiteral("run"), Effect::Change, PlanSection::Finally),
    };
    plan.steps.back().finallyWhen = FinallyWhen::Proven;
    AskCall ask;
    ask.evidence = EvidenceKind::Text;
    plan.steps[2].calls.push_back(ask);
    plan.lineOfNoReturn = 3;
    plan.deviations = restoreRunbook().deviations;
    plan.announced = {{QStringLiteral("aside"),
                       QStringLiteral("Delete the old copy of /srv/shop (3.2 GiB)"),
                       {}}};
    plan.remarks = {QStringLiteral("Restores to the same folder it was taken from.")};
    return plan;
}

RunView view(RunStateName state)
{
    RunView view;
    view.state.request.id = RunId(QStringLiteral("r20261121-080000-000001"));
    view.state.request.runbookId = QStringLiteral("files.restore");
    view.state.request.system = profile(QStringLiteral("shop-files"));
    view.state.request.system.isProtected = true;
    view.state.state = state;
    view.shown = state;
    view.runnerAlive =
        !isEnded(state) && state != RunStateName::Interrupted && state != RunStateName::Draft;
    view.state.startedAt = hours(0.06);
    view.state.checks = {{QStringLiteral("identity"),
                          QStringLiteral("It is the pinned installation"),
                          QStringLiteral("machine_id and filesystem agree: shop-files@harbour"),
                          {},
                          CheckVerdict::Passed,
                          hours(0.01)},
                         {QStringLiteral("room"), QStringLiteral("Room for old and new"),
                          QStringLiteral("/srv: 4.1 GiB free, 3.9 GiB needed"),
                          QStringLiteral("Free some room, or save the old to the store first."),
                          CheckVerdict::Warned, hours(0.01)},
                         {QStringLiteral("lease"),
                          QStringLiteral("Nobody else works on it"),
                          QStringLiteral("no lease on /srv/shop"),
                          {},
                          CheckVerdict::Passed,
                          hours(0.01)}};
    if (state == RunStateName::Preparing)
        return view;
    view.plan = restorePlan();
    view.state.planSha256 = QStringLiteral("8d5e957f297893487bd98fa830fa6413");
    int n = 0;
    const int failedAt = state == RunStateName::Failed ? 3 : 99;
    const int now = state == RunStateName::Running || state == RunStateName::Interrupted ? 1
                    : state == RunStateName::Waiting || state == RunStateName::Paused    ? 2
                    : state == RunStateName::Ready || state == RunStateName::Draft       ? 0
                                                                                         : 99;
    for (const PlannedStep &planned : view.plan->steps) {
        StepRecord record;
        record.id = planned.id;
        view.state.stepOrder << planned.id;
        if (n < now && n < failedAt) {
            record.state = StepState::Succeeded;
            record.attempts = n == 1 ? 2 : 1;
            record.startedAt = hours(0.05).addSecs(n * 20);
            record.endedAt = record.startedAt.addMSecs(1500 + n * 17'000);
        } else if (n == now) {
            record.startedAt = hours(0.02);
            record.attempts = 1;
            record.state = state == RunStateName::Waiting       ? StepState::Waiting
                           : state == RunStateName::Interrupted ? StepState::Unknown
                           : state == RunStateName::Running     ? StepState::Running
                                                                : StepState::Pending;
        } else if (n == failedAt) {
            record.state = StepState::Failed;
            record.attempts = 1;
            record.startedAt = hours(0.02);
            record.endedAt = hours(0.01);
            record.error = Error{ErrorCode::NoSpace, QStringLiteral("Cannot swap /srv/shop in"),
                                 QStringLiteral("renameat2: No space left on device"),
                                 QStringLiteral("The old folder is still in place. Free room, then "
                                                "go back or finish.")};
        }
        view.state.steps.insert(planned.id, record);
        ++n;
    }
    if (isEnded(state))
        view.state.endedAt = hours(0.01);
    if (state == RunStateName::Failed) {
        Obligation start;
        start.id = QStringLiteral("start");
        start.title = QStringLiteral("Start the shop again");
        start.openedAt = hours(0.05);
        view.state.obligations = {start};
    }
    if (state == RunStateName::Succeeded)
        view.state.restorePoint = view.plan->restorePoint;
    if (state == RunStateName::Warned)
        view.state.warnings = {QStringLiteral("2 files changed while they were read")};
    return view;
}

RunView waiting(const QString &action)
{
    RunView waits = view(RunStateName::Waiting);
    waits.plan->steps[2].action = action;
    waits.state.waiting = Waiting{WaitingFor::Person, QStringLiteral("look"),
                                  QStringLiteral("Open /srv/.shop.staging and look whether today's "
                                                 "orders are there."),
                                  hours(0.05)};
    return waits;
}

QString planText()
{
    QString text =
        QStringLiteral("Restore folders of shop-files, from p20261121-020000-a1b2c3\n"
                       "Target    shop-files@harbour (same installation), PROTECTED\n\n"
                       "quiesce\n"
                       "  1  stop        change   Stop the shop\n"
                       "     $ systemctl stop shop\n"
                       "     undo: $ systemctl start shop\n\n"
                       "restore\n"
                       "  2  stage       change   Stage /srv/shop and verify every byte\n"
                       "     extract parts/shop.tar.zst into /srv/.shop.lifeboat-‹run›\n"
                       "  3  look        read     Look at the staged shop\n"
                       "     ask: Open the staged folder and look\n\n"
                       "──────── line of no return: above you can go back, below you cannot "
                       "────────\n\n"
                       "  4  swap        destroy  Swap /srv/shop in\n"
                       "     exchange /srv/.shop.lifeboat-‹run› with /srv/shop\n\n"
                       "finally\n"
                       "  5  start       change   Start the shop again (when proven)\n"
                       "     $ systemctl start shop\n");
    return text;
}

std::vector<SecretStatus> secrets(const QString &state)
{
    const QString shop = QStringLiteral("shop-files");
    const bool isOpen = state == QLatin1String("present");
    return {{shop,
             QStringLiteral("db_password"),
             QStringLiteral("Database password"),
             QStringLiteral("Database team"),
             {},
             state,
             {QStringLiteral("Save folders"), QStringLiteral("Restore folders")}},
            {shop,
             QStringLiteral("sudo_password"),
             {},
             {},
             {},
             isOpen ? QStringLiteral("missing") : state,
             {QStringLiteral("Restore folders")}},
            {shop,
             QStringLiteral("api_token"),
             QStringLiteral("Token of the delivery service that carries the parcels of the shop "
                            "and of its sister shop overseas"),
             QStringLiteral("Platform team, on call"),
             {QStringLiteral("pass"), QStringLiteral("show"),
              QStringLiteral("shop/production/delivery-service/token-of-the-year")},
             QStringLiteral("program"),
             {QStringLiteral("Save folders")}}};
}

RestorePoint toolchainPoint()
{
    RestorePoint made = point(QStringLiteral("p20261121-030000-a1b2c3"), 5, ProofLevel::Read);
    made.type = QStringLiteral("ibm-toolchain");
    for (const char *name : {"harbor-ferry", "tide-tables"}) {
        PartRecord part;
        part.id = QLatin1String(name);
        part.title = QStringLiteral("Toolchain");
        part.kind = QLatin1String(kToolchainPart);
        QJsonArray places;
        for (const bool isByApi : {true, false})
            places.append(QJsonObject{
                {QStringLiteral("by_api"), isByApi},
                {QStringLiteral("needed"), true},
                {QStringLiteral("title"), isByApi ? QStringLiteral("API_KEY of build-web")
                                                  : QStringLiteral("webhook of Slack")},
                {QStringLiteral("secret"),
                 part.id + (isByApi ? QStringLiteral("-api-key") : QStringLiteral("-slack"))}});
        part.details = {{QStringLiteral("name"), QLatin1String(name)},
                        {QStringLiteral("slots"), places}};
        made.parts.push_back(part);
    }
    return made;
}

std::vector<PointSecret> pointSecrets()
{
    std::vector<PointSecret> secrets = secretsToPutBack(toolchainPoint());
    secrets[0].state = QStringLiteral("present");
    secrets[2].state = QStringLiteral("missing");
    return secrets;
}

ToolchainTemplate toolchainTemplate()
{
    const QString pipeline = QStringLiteral(".bluemix/pipeline_build-web.yml");
    const auto lines = [](const char *text) {
        return QString::fromLatin1(text).split(QLatin1Char('\n'));
    };
    ToolchainTemplate made;
    made.files = {
        {pipeline,
         lines("hooks:\n  - enabled: true\n    url: '(not shown)'\nstages:\n  - name: BUILD\n"
               "    inputs:\n      - type: git\n        branch: main\n"
               "        url: https://us-east.git.cloud.ibm.com/ann/ferry-web.git\n"
               "    triggers:\n      - type: git\n        events: null\n"
               "    worker: dock-runner\nproperties:\n  - name: API_KEY\n"
               "    value: '(not shown)'\n    type: secure"),
         lines("stages:\n  - name: BUILD\n    inputs:\n      - type: git\n        branch: main\n"
               "        service: web-src\n    triggers:\n      - type: git\n"
               "        events: '{\"push\":true}'\n    worker: ${private_worker02}\n"
               "properties:\n  - name: API_KEY\n    value: \"\"\n    type: secure")},
        {QStringLiteral("README.md"), {}, {QStringLiteral("# harbor-ferry")}}};
    const auto place = [&](const char *pointer, int line, int source) {
        return TemplatePlace{pipeline, QLatin1String(pointer), line, source};
    };
    made.changes = {{place("/properties/0/value", 13, 16),
                     QStringLiteral("P9"),
                     {},
                     QStringLiteral("\"\""),
                     true},
                    {place("/hooks", 1, 1), QStringLiteral("C1"), {}, {}, true},
                    {place("/stages/0/inputs/0/service", 6, 7),
                     QStringLiteral("C3"),
                     {},
                     QStringLiteral("\"web-src\""),
                     false},
                    {place("/stages/0/triggers/0/events", 9, 12), QStringLiteral("C5"),
                     QStringLiteral("null"), QStringLiteral("\"{\\\"push\\\":true}\""), false}};
    using Severity = TemplateFinding::Severity;
    made.findings = {
        {place("/stages/0", 2, 5), Severity::Note,
         QStringLiteral("IBM Cloud shows asterisks instead of this value"),
         QStringLiteral("Look at the parameter in the copy")},
        {place("/stages/0/inputs/0", 4, 7), Severity::Error,
         QStringLiteral("The repository %1 is used here, but is no tool").arg(hostileText()),
         QStringLiteral("Add the repository to the toolchain, and save again")},
        {place("/stages/0/worker", 10, 13), Severity::Warning,
         QStringLiteral("The worker “dock-runner” is no private worker"),
         QStringLiteral("Add the private worker if the job needs it")}};
    return made;
}

} // namespace lb::samples
