// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/answers.h"
#include "app/cli/discharge.h"
#include "app/cli/run_watch.h"
#include "app/cli/verbs.h"
#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/text.h"

#include <QFileInfo>

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

} // namespace

QString dischargeCommand(const Obligation &obligation)
{
    const QString command = QStringLiteral("obligations discharge %1 %2")
                                .arg(obligation.run, shellQuoted(obligation.id));
    return !obligation.kept().isEmpty()
               ? command
               : tr("%1 --note WHAT-YOU-DID", "a command line").arg(command);
}

std::optional<int> dischargeObligation(Session &session, const Obligation &obligation,
                                       const QString &note, const QString &evidence)
{
    const QString kept = obligation.kept();
    const bool isFolder = obligation.detail.contains(QLatin1String("folder"));
    if (!kept.isEmpty() && (!isFolder || QFileInfo::exists(kept))) {
        if (!session.json()) {
            const qint64 bytes = obligation.detail.value(QLatin1String("bytes")).toInteger(-1);
            say(bytes >= 0 ? tr("deleting %1 (%2)").arg(kept, formatSize(bytes))
                           : tr("deleting %1").arg(kept));
        }
        const auto run = session.await(session.service.deleteKept(obligation));
        if (const auto status = followBuiltIn(session, run))
            return status;
    }
    const auto done = session.await(
        session.service.discharge(RunId(obligation.run), obligation.id, note, evidence));
    if (!done)
        return session.failed(done.error());
    return std::nullopt;
}

int obligationsList(Session &session)
{
    const auto open = session.service.obligations(session.arguments.value("system"));
    if (session.json()) {
        QJsonArray list;
        for (const Obligation &obligation : open)
            list.append(obligation.toJson());
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("obligations"), list}});
        return kGood;
    }
    if (open.empty()) {
        say(tr("Nothing is left to undo."));
        return kGood;
    }
    for (const Obligation &obligation : open) {
        const QDateTime now = utcNow();
        say(tr("%1: %2 (%3)", "system, what and since when")
                .arg(obligation.system, obligation.title, formatAge(obligation.openedAt, now)));
        const QString kept = obligation.kept();
        const qint64 bytes = obligation.detail.value(QLatin1String("bytes")).toInteger(-1);
        if (!kept.isEmpty())
            say(QStringLiteral("  ") +
                (bytes >= 0 ? tr("%1, %2").arg(kept, formatSize(bytes)) : kept));
        const QDateTime until =
            fromJsonTime(obligation.detail.value(QLatin1String("delete_after")).toString());
        if (until.isValid())
            say(QStringLiteral("  ") + tr("to be deleted after %1").arg(formatTime(until)));
        say(QStringLiteral("  lifeboat-cli ") + dischargeCommand(obligation));
    }
    return kGood;
}

int obligationsDischarge(Session &session)
{
    const RunId run(session.arguments.word(0));
    const QString id = session.arguments.word(1);
    const auto view = session.service.run(run);
    if (!view)
        return session.failed(view.error());
    Obligation wanted;
    wanted.id = id;
    wanted.run = run.value();
    for (const Obligation &obligation : view->state.obligations) {
        if (obligation.id == id)
            wanted = obligation;
    }
    if (const auto status = dischargeObligation(session, wanted, session.arguments.value("note"),
                                                absolutePath(session.arguments.value("evidence"))))
        return *status;
    if (session.json())
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("run"), run.value()},
                 {QStringLiteral("discharged"), id}});
    else
        say(tr("Done: %1").arg(wanted.title));
    return kGood;
}

int leasesList(Session &session)
{
    const QJsonArray leases = session.service.leases();
    if (session.json()) {
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("leases"), leases}});
        return kGood;
    }
    Table table({{tr("RUN"), true}, {tr("TARGET")}, {tr("MODE"), true}, {tr("SCOPE")}});
    for (const QJsonValue value : leases) {
        QStringList scope;
        for (const QJsonValue name : value[QLatin1String("scope")].toArray())
            scope << name.toString();
        table.add({value[QLatin1String("run")].toString(),
                   value[QLatin1String("identity")].toString(),
                   value[QLatin1String("mode")].toString(), scope.join(QStringLiteral(", "))});
    }
    table.print(tr("No run holds a target."));
    return kGood;
}

} // namespace lb::cli
