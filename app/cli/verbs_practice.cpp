// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/discharge.h"
#include "app/cli/practice_systems.h"
#include "app/cli/run_watch.h"
#include "app/cli/verbs.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/base/process_identity.h"
#include "core/base/text.h"
#include "core/practice/practice_keys.h"

#include <algorithm>

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

using namespace std::chrono_literals;

bool isStarted(Session &session, const PracticeSystem &practice)
{
    return session.service.system(practice.systemName()).has_value() && practice.isMade();
}

/// The one that the command line names.
Result<std::unique_ptr<PracticeSystem>> wanted(const Session &session)
{
    const QString type = session.arguments.word(0);
    for (auto &practice : practiceSystems()) {
        if (practice->type() == type)
            return std::move(practice);
    }
    const QStringList types = practiceTypes();
    const QString near = nearest(type, types);
    return fail(ErrorCode::NotFound, tr("There is nothing to practise “%1” with").arg(type),
                near.isEmpty() ? tr("it can be %1").arg(types.join(QStringLiteral(", ")))
                               : tr("did you mean “%1”?").arg(near),
                tr("“lifeboat-cli practice list” lists them"));
}

/// What --port and --fault say, held against what this type has.
Result<PracticeSimulators> simulatorsWanted(const Session &session, const PracticeSystem &practice)
{
    PracticeSimulators simulators;
    if (session.arguments.has("port")) {
        const int port = session.arguments.value("port").toInt();
        if (!practice.hasPort())
            return fail(ErrorCode::BadInput, tr("“%1” listens on no port").arg(practice.type()));
        if (port < 1024 || port > 65535)
            return fail(ErrorCode::BadInput, tr("--port wants a number from 1024 to 65535"),
                        session.arguments.value("port"));
        simulators.port = quint16(port);
    }
    const QStringList known = practice.faultNames();
    for (const QString &fault : session.arguments.values("fault")) {
        if (known.contains(fault)) {
            simulators.faults << fault;
            continue;
        }
        const QString near = nearest(fault, known);
        return fail(ErrorCode::BadInput, tr("“%1” has no fault “%2”").arg(practice.type(), fault),
                    known.isEmpty()  ? tr("it has none")
                    : near.isEmpty() ? tr("it can be %1").arg(known.join(QStringLiteral(", ")))
                                     : tr("did you mean “%1”?").arg(near));
    }
    return simulators;
}

/// A store whose secret parts are encrypted to keys of the practice system's own.
Result<PracticeKeys> prepareStore(Session &session, const PracticeSystem &practice)
{
    TRY_VALUE(const PracticeKeys keys, makePracticeKeys(practice.home() + QStringLiteral("/keys")));
    TRY_VALUE(const auto stores, session.service.stores());
    const QString name = practice.systemName();
    if (std::none_of(stores.begin(), stores.end(),
                     [&](const StoreProfile &store) { return store.name == name; }))
        TRY(session.service.addStore({name,
                                      practice.home() + QStringLiteral("/restore-points"),
                                      {keys.recipient},
                                      keys.recoveryRecipient}));
    return keys;
}

/// Everything stands and runs, and the system with it.
Result<void> start(Session &session, PracticeSystem &practice,
                   const std::optional<PracticeSimulators> &simulators = {})
{
    const auto known = session.service.system(practice.systemName());
    const auto types = session.service.systemTypes();
    // Before anything is started that nothing could use.
    if (std::none_of(types.begin(), types.end(),
                     [&](const SystemType &type) { return type.id == practice.type(); }))
        return fail(ErrorCode::NotFound,
                    tr("There is no runbook for systems of type “%1”").arg(practice.type()));
    TRY_VALUE(const auto inputs, practice.start(known ? &known->inputs : nullptr, simulators));
    const QString name = practice.systemName();
    QMap<QString, QStringList> secrets = practice.secretPrograms();
    if (known && practice.hasPort()) {
        TRY(session.service.setSystem(name, inputs));
    } else if (!known) {
        QString store = kDefaultStore;
        if (practice.hasSecretParts()) {
            TRY_VALUE(const PracticeKeys keys, prepareStore(session, practice));
            secrets.insert(QStringLiteral("age_identity"),
                           {QStringLiteral("cat"), keys.identityFile});
            store = name;
        }
        TRY(session.service.addSystem(name, practice.type(), inputs, store));
    }
    for (auto secret = secrets.begin(); secret != secrets.end(); ++secret)
        TRY(session.service.setSecretProgram(name, secret.key(), secret.value()));
    return {};
}

void note(const Session &session, const QString &line)
{
    if (!session.json())
        say(line);
}

/// One run of a runbook on the practice system, with every question answered. Its end.
Result<RunView> practiseRun(Session &session, const PracticeSystem &practice, const char *what,
                            const QString &point, const QString &confirm)
{
    const QString runbook = practice.type() + QLatin1Char('.') + QLatin1String(what);
    RunOrder order;
    order.runbook = runbook;
    order.system = practice.systemName();
    order.restorePoint = point;
    if (!point.isEmpty()) {
        order.target = practice.restoreTarget();
        order.only = practice.restoredParts();
    }
    order.attended = true;
    TRY_VALUE(const RunId id, session.await(session.service.start(order)));
    note(session, tr("run %1: %2").arg(id.value(), runbook));
    WatchOptions options;
    options.sendGo = true;
    options.go.yes = true;
    options.go.confirm = confirm;
    options.acceptWarnings = tr("practice");
    options.quiet = session.json();
    RunWatch watch(session, id, options);
    const int status = watch.exec();
    if (status != kGood && status != kWarned)
        return fail(ErrorCode::Failed, tr("The practice stopped in run %1").arg(id.value()),
                    watch.view().state.endError ? watch.view().state.endError->sentence()
                                                : QString(),
                    tr("“lifeboat-cli runs show %1” says what is needed").arg(id.value()));
    return watch.view();
}

/// Cancels what still goes on with the practice system, and waits until its runners are gone.
Result<void> endRuns(Session &session, const QString &systemName)
{
    for (const RunSummary &run : session.service.runs(true)) {
        const RunId id(run.id);
        const auto view = session.service.run(id);
        if (run.system != systemName || !view || !view->runnerAlive)
            continue;
        RunCommand cancel;
        cancel.kind = CommandKind::Cancel;
        cancel.by = currentUserName();
        if (!isEnded(view->shown))
            TRY(session.await(session.service.command(id, cancel)));
        if (!view->state.runner.waitForEnd(30s))
            return fail(ErrorCode::TimedOut, tr("Run %1 does not end").arg(run.id), {},
                        tr("“lifeboat-cli runs show %1” says why").arg(run.id));
    }
    return {};
}

int sayResult(Session &session, const PracticeContents &before, const QStringList &differences,
              const RunView &restore)
{
    const bool equal = differences.isEmpty();
    const std::chrono::milliseconds took(restore.state.startedAt.msecsTo(restore.state.endedAt));
    const TreeSnapshot &tree = before.tree;
    if (session.json()) {
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("equal"), equal},
                 {QStringLiteral("files"), tree.files},
                 {QStringLiteral("entries"), qint64(tree.entries.size())},
                 {QStringLiteral("bytes"), tree.bytes},
                 {QStringLiteral("databases"), before.databases},
                 {QStringLiteral("documents"), before.documents},
                 {QStringLiteral("toolchains"), before.toolchains},
                 {QStringLiteral("restore_ms"), qint64(took.count())},
                 {QStringLiteral("differences"), QJsonArray::fromStringList(differences)}});
        return equal ? kGood : kFailed;
    }
    for (const QString &difference : differences)
        say(QStringLiteral("  ") + difference);
    QString what = before.toolchains > 0 ? tr("%n toolchain(s)", nullptr, before.toolchains)
                                         : tr("%n file(s)", nullptr, int(tree.files));
    if (before.databases > 0)
        what = tr("%1, %2", "list").arg(what, tr("%n database(s)", nullptr, before.databases));
    if (before.documents > 0)
        what = tr("%1, %2", "list").arg(what, tr("%n document(s)", nullptr, before.documents));
    say(equal ? tr("practice: equal (%1, %2, restored in %3)")
                    .arg(what, formatSize(tree.bytes), formatDuration(took))
              : tr("practice: different (%n difference(s) in %1)", nullptr, int(differences.size()))
                    .arg(what));
    return equal ? kGood : kFailed;
}

} // namespace

int practiceList(Session &session)
{
    QJsonArray rows;
    Table table({{tr("TYPE"), true}, {tr("SYSTEM"), true}, {tr("STATE")}, {tr("WHAT")}});
    for (const auto &practice : practiceSystems()) {
        const bool started = isStarted(session, *practice);
        const bool running = started && practice->isRunning();
        rows << QJsonObject{{QStringLiteral("type"), practice->type()},
                            {QStringLiteral("system"), practice->systemName()},
                            {QStringLiteral("folder"), practice->folder()},
                            {QStringLiteral("started"), started},
                            {QStringLiteral("running"), running},
                            {QStringLiteral("faults"), toJsonArray(practice->faultNames())}};
        table.add({practice->type(), practice->systemName(),
                   !started  ? tr("not set up")
                   : running ? tr("set up")
                             : tr("set up, not running"),
                   practice->what()});
    }
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("practice"), rows}});
    else
        table.print({});
    return kGood;
}

int practiceStart(Session &session)
{
    const auto work = [&]() -> Result<int> {
        TRY_VALUE(const auto practice, wanted(session));
        TRY_VALUE(const PracticeSimulators simulators, simulatorsWanted(session, *practice));
        TRY(start(session, *practice, simulators));
        const QString &type = practice->type();
        const QString name = practice->systemName();
        if (session.json()) {
            sayJson({{QStringLiteral("format"), 1},
                     {QStringLiteral("system"), name},
                     {QStringLiteral("folder"), practice->folder()}});
            return kGood;
        }
        say(tr("%1 is set up on %2. Now:").arg(name, practice->folder()));
        say(QStringLiteral("  lifeboat-cli run %1.save --system %2").arg(type, name));
        if (session.service.runbook(type + QStringLiteral(".rehearse")))
            say(QStringLiteral("  lifeboat-cli run %1.rehearse --system %2").arg(type, name));
        say(QStringLiteral("  lifeboat-cli practice damage %1").arg(type));
        QString restore =
            QStringLiteral("  lifeboat-cli run %1.restore --system %2").arg(type, name);
        if (practice->restoreTarget() == TargetKind::Replacement)
            restore += QStringLiteral(" --target replacement");
        for (const QString &part : practice->restoredParts())
            restore += QStringLiteral(" --only ") + part;
        say(restore);
        for (const QString &line : practice->moreCommands())
            say(QStringLiteral("  ") + line);
        say(tr("or save, damage and restore at one go: lifeboat-cli practice run %1").arg(type));
        return kGood;
    };
    const auto status = work();
    return status ? *status : session.failed(status.error());
}

int practiceDamage(Session &session)
{
    const auto work = [&]() -> Result<QStringList> {
        TRY_VALUE(const auto practice, wanted(session));
        if (!practice->isMade())
            return fail(ErrorCode::NotFound, tr("%1 is not set up").arg(practice->systemName()), {},
                        tr("“lifeboat-cli practice start %1” does it").arg(practice->type()));
        TRY(start(session, *practice));
        return practice->damage();
    };
    const auto done = work();
    if (!done)
        return session.failed(done.error());
    if (session.json()) {
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("damage"), QJsonArray::fromStringList(*done)}});
        return kGood;
    }
    for (const QString &line : *done)
        say(line);
    return kGood;
}

int practiceRun(Session &session)
{
    const auto work = [&]() -> Result<int> {
        TRY_VALUE(const auto practice, wanted(session));
        TRY(start(session, *practice));
        TRY_VALUE(const PracticeContents before, practice->read());
        TRY_VALUE(const RunView saved, practiseRun(session, *practice, "save", {}, {}));
        TRY_VALUE(const QStringList damage, practice->damage());
        for (const QString &line : damage)
            note(session, tr("damage: %1").arg(line));
        TRY_VALUE(const RunView restored,
                  practiseRun(session, *practice, "restore", saved.state.restorePoint,
                              // Another installation has another name, and nothing is destroyed.
                              saved.plan && practice->restoreTarget() == TargetKind::Same
                                  ? saved.plan->identity.text
                                  : QString()));
        TRY_VALUE(const PracticeContents after, practice->read());
        for (const Obligation &obligation : session.service.obligations(practice->systemName())) {
            if (obligation.run != restored.state.request.id.value())
                continue;
            if (const auto status = dischargeObligation(session, obligation, tr("practice"), {}))
                return *status;
        }
        return sayResult(session, before, differencesOf(before, after), restored);
    };
    const auto status = work();
    return status ? *status : session.failed(status.error());
}

int practiceStop(Session &session)
{
    const auto practice = wanted(session);
    if (!practice)
        return session.failed(practice.error());
    const QString systemName = (*practice)->systemName();
    if (const auto ended = endRuns(session, systemName); !ended)
        return session.failed(ended.error());
    int points = 0;
    int runs = 0;
    for (const Obligation &obligation : session.service.obligations(systemName)) {
        if (const auto status = dischargeObligation(session, obligation, tr("practice"), {}))
            return *status;
    }
    if (const auto known = session.await(session.service.ensureInventory()); !known)
        return session.failed(known.error());
    for (const RestorePoint &point : session.service.points({systemName})) {
        const auto run = session.await(
            session.service.startBuiltIn(QStringLiteral("lifeboat.remove"), systemName,
                                         {{QStringLiteral("point"), point.id}}, {}));
        if (const auto status = followBuiltIn(session, run))
            return *status;
        ++points;
    }
    for (const RunSummary &run : session.service.runs(true)) {
        if (run.system != systemName)
            continue;
        if (const auto removed = session.service.removeRun(RunId(run.id)); !removed)
            return session.failed(removed.error());
        runs += run.hidden ? 0 : 1;
    }
    if (session.service.system(systemName)) {
        if (const auto removed = session.service.removeSystem(systemName); !removed)
            return session.failed(removed.error());
    }
    if ((*practice)->hasSecretParts())
        (void)session.service.removeStore(systemName); // gone already is good
    if (const auto removed = (*practice)->remove(); !removed)
        return session.failed(removed.error());
    if (session.json())
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("removed"), systemName},
                 {QStringLiteral("restore_points"), points},
                 {QStringLiteral("runs"), runs}});
    else
        say(tr("%1 is gone: its folder, %2 and %3.")
                .arg(systemName, tr("%n restore point(s)", nullptr, points),
                     tr("%n run(s)", nullptr, runs)));
    return kGood;
}

} // namespace lb::cli
