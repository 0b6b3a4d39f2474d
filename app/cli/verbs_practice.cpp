// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/discharge.h"
#include "app/cli/run_watch.h"
#include "app/cli/verbs.h"
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include "core/base/paths.h"
#include "core/base/process_identity.h"
#include "core/base/text.h"
#include "core/practice/practice_cluster.h"
#include "core/practice/practice_tree.h"
#include "core/practice/tree_snapshot.h"

#include <QDir>
#include <QFileInfo>

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

using namespace std::chrono_literals;

const QString kType = QStringLiteral("files");

QString systemName()
{
    return QStringLiteral("practice-") + kType;
}

/// What copies are kept aside in, too: nothing of practice is outside it.
QString practiceHome()
{
    return paths::practiceFolder() + QLatin1Char('/') + kType;
}

QString practiceTree()
{
    return practiceHome() + QStringLiteral("/shop");
}

bool isStarted(Session &session)
{
    return session.service.system(systemName()).has_value() && QFileInfo::exists(practiceTree());
}

Result<void> checkType(const Session &session)
{
    const QString type = session.arguments.word(0);
    if (type == kType)
        return {};
    const QString near = nearest(type, {kType});
    return fail(ErrorCode::NotFound, tr("There is nothing to practise “%1” with").arg(type),
                near.isEmpty() ? tr("it can be %1").arg(kType) : tr("did you mean “%1”?").arg(near),
                tr("“lifeboat-cli practice list” lists them"));
}

/// What is practised with; the database only where a server is installed.
struct Started
{
    std::optional<PracticeCluster> cluster;
};

/// A practice system that was set up before there was a server stays without.
bool hasDatabase(Session &session)
{
    const auto known = session.service.system(systemName());
    return canPractiseDatabase() &&
           (!known || known->inputs.contains(QLatin1String("postgres_database")));
}

Result<Started> start(Session &session)
{
    if (!QFileInfo::exists(practiceTree())) {
        TRY(makeFolders(practiceHome()));
        TRY(makePracticeTree(practiceTree()));
    }
    Started started;
    QMap<QString, QStringList> inputs{{QStringLiteral("folder"), {practiceTree()}}};
    if (hasDatabase(session)) {
        TRY_VALUE(started.cluster, startPracticeCluster(practiceHome()));
        inputs.insert(QStringLiteral("postgres_host"), {started.cluster->folder});
        inputs.insert(QStringLiteral("postgres_user"), {started.cluster->user});
        inputs.insert(QStringLiteral("postgres_database"), {started.cluster->database});
    }
    if (!session.service.system(systemName()))
        TRY(session.service.addSystem(systemName(), kType, inputs, kDefaultStore));
    return started;
}

void note(const Session &session, const QString &line)
{
    if (!session.json())
        say(line);
}

/// One run of a runbook on the practice system, with every question answered. Its end.
Result<RunView> practiseRun(Session &session, const QString &runbook, const QString &point,
                            const QString &confirm)
{
    RunOrder order;
    order.runbook = runbook;
    order.system = systemName();
    order.restorePoint = point;
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
Result<void> endRuns(Session &session)
{
    for (const RunSummary &run : session.service.runs(true)) {
        const RunId id(run.id);
        const auto view = session.service.run(id);
        if (run.system != systemName() || !view || !view->runnerAlive)
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

/// All that the database holds; nothing where there is none.
Result<QByteArray> rowsOf(const Started &started)
{
    if (!started.cluster)
        return QByteArray();
    return readPracticeCluster(*started.cluster);
}

int sayResult(Session &session, const TreeSnapshot &before, const QStringList &differences,
              int databases, const RunView &restore)
{
    const bool equal = differences.isEmpty();
    const std::chrono::milliseconds took(restore.state.startedAt.msecsTo(restore.state.endedAt));
    if (session.json()) {
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("equal"), equal},
                 {QStringLiteral("files"), before.files},
                 {QStringLiteral("entries"), qint64(before.entries.size())},
                 {QStringLiteral("bytes"), before.bytes},
                 {QStringLiteral("databases"), databases},
                 {QStringLiteral("restore_ms"), qint64(took.count())},
                 {QStringLiteral("differences"), QJsonArray::fromStringList(differences)}});
        return equal ? kGood : kFailed;
    }
    for (const QString &difference : differences)
        say(QStringLiteral("  ") + difference);
    QString files = tr("%n file(s)", nullptr, int(before.files));
    if (databases > 0)
        files = tr("%1, %2", "list").arg(files, tr("%n database(s)", nullptr, databases));
    say(equal ? tr("practice: equal (%1, %2, restored in %3)")
                    .arg(files, formatSize(before.bytes), formatDuration(took))
              : tr("practice: different (%n difference(s) in %1)", nullptr, int(differences.size()))
                    .arg(files));
    return equal ? kGood : kFailed;
}

} // namespace

int practiceList(Session &session)
{
    const bool started = isStarted(session);
    if (session.json()) {
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("practice"),
                  QJsonArray{QJsonObject{{QStringLiteral("type"), kType},
                                         {QStringLiteral("system"), systemName()},
                                         {QStringLiteral("folder"), practiceTree()},
                                         {QStringLiteral("started"), started}}}}});
        return kGood;
    }
    Table table({{tr("TYPE"), true}, {tr("SYSTEM"), true}, {tr("STATE")}, {tr("WHAT")}});
    table.add({kType, systemName(), started ? tr("set up") : tr("not set up"),
               canPractiseDatabase() ? tr("a folder with all kinds of files, and a database")
                                     : tr("a folder with all kinds of files")});
    table.print({});
    return kGood;
}

int practiceStart(Session &session)
{
    if (const auto known = checkType(session); !known)
        return session.failed(known.error());
    if (const auto started = start(session); !started)
        return session.failed(started.error());
    if (session.json()) {
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("system"), systemName()},
                 {QStringLiteral("folder"), practiceTree()}});
        return kGood;
    }
    say(tr("%1 is set up on %2. Now:").arg(systemName(), practiceTree()));
    say(QStringLiteral("  lifeboat-cli run files.save --system ") + systemName());
    say(QStringLiteral("  lifeboat-cli practice damage files"));
    say(QStringLiteral("  lifeboat-cli run files.restore --system ") + systemName());
    say(tr("or all of it: lifeboat-cli practice run files"));
    return kGood;
}

int practiceDamage(Session &session)
{
    if (const auto known = checkType(session); !known)
        return session.failed(known.error());
    const auto done = [&]() -> Result<QStringList> {
        TRY_VALUE(QStringList damage, damagePracticeTree(practiceTree()));
        if (hasDatabase(session)) {
            TRY_VALUE(const PracticeCluster cluster, startPracticeCluster(practiceHome()));
            TRY_VALUE(const QStringList more, damagePracticeCluster(cluster));
            damage += more;
        }
        return damage;
    }();
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
        TRY(checkType(session));
        TRY_VALUE(const Started started, start(session));
        TRY_VALUE(const QByteArray rowsBefore, rowsOf(started));
        TRY_VALUE(const TreeSnapshot before, takeSnapshot(practiceTree()));
        TRY_VALUE(const RunView saved, practiseRun(session, QStringLiteral("files.save"), {}, {}));
        TRY_VALUE(QStringList damage, damagePracticeTree(practiceTree()));
        if (started.cluster) {
            TRY_VALUE(const QStringList more, damagePracticeCluster(*started.cluster));
            damage += more;
        }
        for (const QString &line : damage)
            note(session, tr("damage: %1").arg(line));
        TRY_VALUE(const RunView restored,
                  practiseRun(session, QStringLiteral("files.restore"), saved.state.restorePoint,
                              saved.plan ? saved.plan->identity.text : QString()));
        TRY_VALUE(const TreeSnapshot after, takeSnapshot(practiceTree()));
        for (const Obligation &obligation : session.service.obligations(systemName())) {
            if (obligation.run != restored.state.request.id.value())
                continue;
            if (const auto status = dischargeObligation(session, obligation, tr("practice"), {}))
                return *status;
        }
        TRY_VALUE(const QByteArray rowsAfter, rowsOf(started));
        QStringList differences = compareSnapshots(before, after);
        if (rowsBefore != rowsAfter)
            differences << tr("the database is not as it was");
        return sayResult(session, before, differences, started.cluster ? 1 : 0, restored);
    };
    const auto status = work();
    return status ? *status : session.failed(status.error());
}

int practiceStop(Session &session)
{
    if (const auto known = checkType(session); !known)
        return session.failed(known.error());
    if (const auto ended = endRuns(session); !ended)
        return session.failed(ended.error());
    int points = 0;
    int runs = 0;
    for (const Obligation &obligation : session.service.obligations(systemName())) {
        if (const auto status = dischargeObligation(session, obligation, tr("practice"), {}))
            return *status;
    }
    if (const auto known = session.await(session.service.ensureInventory()); !known)
        return session.failed(known.error());
    for (const RestorePoint &point : session.service.points({systemName()})) {
        const auto run = session.await(
            session.service.startBuiltIn(QStringLiteral("lifeboat.remove"), systemName(),
                                         {{QStringLiteral("point"), point.id}}, {}));
        if (const auto status = followBuiltIn(session, run))
            return *status;
        ++points;
    }
    for (const RunSummary &run : session.service.runs(true)) {
        if (run.system != systemName())
            continue;
        if (const auto removed = session.service.removeRun(RunId(run.id)); !removed)
            return session.failed(removed.error());
        runs += run.hidden ? 0 : 1;
    }
    if (session.service.system(systemName())) {
        if (const auto removed = session.service.removeSystem(systemName()); !removed)
            return session.failed(removed.error());
    }
    if (const auto removed = removePracticeCluster(practiceHome()); !removed)
        return session.failed(removed.error());
    if (const auto removed = removePracticeTree(practiceHome()); !removed)
        return session.failed(removed.error());
    if (session.json())
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("removed"), systemName()},
                 {QStringLiteral("restore_points"), points},
                 {QStringLiteral("runs"), runs}});
    else
        say(tr("%1 is gone: its folder, %2 and %3.")
                .arg(systemName(), tr("%n restore point(s)", nullptr, points),
                     tr("%n run(s)", nullptr, runs)));
    return kGood;
}

} // namespace lb::cli
