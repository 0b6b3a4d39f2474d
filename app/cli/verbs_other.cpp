// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/run_watch.h"
#include "app/cli/verbs.h"

#include <QCoreApplication>

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

QString word(DoctorFinding::Level level)
{
    switch (level) {
    case DoctorFinding::Level::Good:
        return QStringLiteral("good");
    case DoctorFinding::Level::Note:
        return QStringLiteral("note");
    case DoctorFinding::Level::Problem:
        return QStringLiteral("problem");
    }
    return {};
}

int rebuildInventory(Session &session)
{
    const auto run = session.await(
        session.service.startBuiltIn(QStringLiteral("lifeboat.inventory"), {}, {}, {}));
    if (const auto status = followBuiltIn(session, run))
        return *status;
    const int points = int(session.service.points().size());
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("restore_points"), points}});
    else
        say(tr("The inventory was read anew: %n restore point(s).", nullptr, points));
    return kGood;
}

} // namespace

int doctor(Session &session)
{
    if (session.arguments.has("rebuild-inventory"))
        return rebuildInventory(session);
    const auto findings = session.service.doctor();
    bool problem = false;
    QJsonArray list;
    Table table({{tr("STATE"), true}, {tr("WHAT")}, {tr("EVIDENCE")}});
    for (const DoctorFinding &finding : findings) {
        problem = problem || finding.level == DoctorFinding::Level::Problem;
        list.append(QJsonObject{{QStringLiteral("level"), word(finding.level)},
                                {QStringLiteral("what"), finding.what},
                                {QStringLiteral("evidence"), finding.evidence},
                                {QStringLiteral("advice"), finding.advice}});
        const QString level =
            finding.level == DoctorFinding::Level::Problem ? tr("PROBLEM") : word(finding.level);
        table.add({level, finding.what,
                   finding.advice.isEmpty() ? finding.evidence
                                            : tr("%1: %2").arg(finding.evidence, finding.advice)});
    }
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("findings"), list}});
    else
        table.print({});
    return problem ? kFailed : kGood;
}

int completion(Session &session)
{
    const auto script = completionScript(session.arguments.word(0));
    if (!script)
        return session.failed(script.error());
    sayLines(*script);
    return kGood;
}

int version(Session &session)
{
    const QString number = QCoreApplication::applicationVersion();
    if (session.json())
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("name"), QStringLiteral("lifeboat-cli")},
                 {QStringLiteral("version"), number},
                 {QStringLiteral("qt"), QString::fromLatin1(qVersion())}});
    else
        say(QStringLiteral("lifeboat-cli ") + number);
    return kGood;
}

} // namespace lb::cli
