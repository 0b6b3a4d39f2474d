// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/answers.h"
#include "app/cli/run_watch.h"
#include "app/cli/terminal.h"
#include "app/cli/verbs.h"
#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/json.h"

#include <QFile>

#include <algorithm>

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

/// The point, once the inventory knows all there are.
Result<RestorePoint> wantedPoint(Session &session)
{
    TRY(session.await(session.service.ensureInventory()));
    return session.service.point(session.arguments.word(0));
}

QString skewText(const RestorePoint &point)
{
    return tr("parts taken %1 apart").arg(formatDuration(point.skew()));
}

/// A built-in run on one restore point. Nothing when it went well.
std::optional<int> workOn(Session &session, const char *runbook, const RestorePoint &point,
                          QJsonObject inputs, RunId *run = nullptr)
{
    inputs.insert(QStringLiteral("point"), point.id);
    const auto started = session.await(
        session.service.startBuiltIn(QString::fromLatin1(runbook), point.system, inputs, {}));
    if (started && run)
        *run = *started;
    return followBuiltIn(session, started);
}

/// One line, whatever the name holds.
QString fileName(const QJsonObject &entry)
{
    const QJsonValue bytes = entry.value(QLatin1String("path_b64"));
    if (bytes.isString())
        return displayBytes(QByteArray::fromBase64(bytes.toString().toLatin1()));
    return displayText(entry.value(QLatin1String("path")).toString());
}

/// `~ path (content, mode)`, as programs like diffstat and rsync --itemize-changes have it.
QString differenceText(const QJsonObject &line)
{
    const QString change = line.value(QLatin1String("change")).toString();
    const QString mark = change == QLatin1String("added")     ? QStringLiteral("+")
                         : change == QLatin1String("removed") ? QStringLiteral("-")
                                                              : QStringLiteral("~");
    if (line.contains(QLatin1String("table")))
        return tr("%1 %2 (%3 rows before, %4 now)", "%1 is +, - or ~, %2 a table")
            .arg(mark, displayText(line.value(QLatin1String("table")).toString()),
                 QLocale().toString(line.value(QLatin1String("rows_before")).toInteger()),
                 QLocale().toString(line.value(QLatin1String("rows")).toInteger()));
    if (!line.contains(QLatin1String("path")) && !line.contains(QLatin1String("path_b64")))
        return tr("%1 part %2", "%1 is +, - or ~")
            .arg(mark, line.value(QLatin1String("part")).toString());
    const QStringList what = toStringList(line.value(QLatin1String("what")));
    if (what.isEmpty())
        return QStringLiteral("%1 %2").arg(mark, fileName(line));
    return tr("%1 %2 (%3)", "%1 is +, - or ~, %2 a path, %3 what differs")
        .arg(mark, fileName(line), what.join(QStringLiteral(", ")));
}

/// Says on stderr what an answer leaves out because nobody asked for the key.
void sayUnopened(const Session &session, const RestorePoint &point)
{
    if (session.arguments.has("open"))
        return;
    for (const PartRecord &part : point.parts) {
        if (part.kind == QLatin1String(kTreePart) && !part.encryption.isEmpty())
            complain(tr("part %1 is encrypted and was left out; --open opens it").arg(part.id));
    }
}

/// What a run wrote as JSON lines, one by one: a million of them must not stand in memory.
Result<void> visitLogLines(Session &session, const RunId &run,
                           const std::function<void(const QJsonObject &)> &visit)
{
    for (const QString &log : session.service.logFiles(run)) {
        QFile lines(log);
        if (!lines.open(QIODevice::ReadOnly))
            return fail(ErrorCode::Failed, tr("Cannot read %1").arg(log), lines.errorString());
        while (!lines.atEnd()) {
            if (const auto line = parseJsonObject(lines.readLine().trimmed(), log))
                visit(*line);
        }
    }
    return {};
}

QJsonArray secretsJson(const std::vector<PointSecret> &secrets)
{
    QJsonArray list;
    for (const PointSecret &secret : secrets)
        list.append(QJsonObject{{QStringLiteral("name"), secret.name},
                                {QStringLiteral("title"), secret.title},
                                {QStringLiteral("part"), secret.part},
                                {QStringLiteral("source"), secret.source},
                                {QStringLiteral("state"), secret.state}});
    return list;
}

void saySecrets(const RestorePoint &point, const std::vector<PointSecret> &secrets)
{
    if (secrets.empty())
        return;
    say(pointSecretsText(secrets));
    for (const QString &line : pointSecretsToDo(secrets))
        say(QStringLiteral("  ") + line);
    const QStringList open{QStringLiteral("unknown"), QStringLiteral("locked"),
                           QStringLiteral("frozen")};
    const bool isOpen = std::any_of(secrets.begin(), secrets.end(), [&](const PointSecret &secret) {
        return open.contains(secret.state);
    });
    if (isOpen)
        say(QStringLiteral("  ") +
            tr("Ask the keychain: lifeboat-cli secrets list %1").arg(point.system));
}

void sayPoint(const RestorePoint &point, const std::vector<PointSecret> &secrets)
{
    say(tr("restore point %1 of %2").arg(point.id, point.system));
    say(tr("made %1, by run %2").arg(formatTime(point.madeAt), point.run));
    say(tr("store %1: %2").arg(point.store, point.folder));
    say(tr("completeness: %1").arg(completenessText(point)));
    saySecrets(point, secrets);
    if (point.parts.size() > 1)
        say(skewText(point));
    say(tr("proof: %1").arg(proofText(point)));
    say(tr("identity: %1").arg(point.identity.text));
    say(tr("size: %1, stored %2").arg(formatSize(point.bytes()), formatSize(point.storedBytes())));
    if (!point.problem.isEmpty())
        say(tr("PROBLEM: %1").arg(point.problem));
    say();
    Table table({{tr("PART"), true},
                 {tr("KIND"), true},
                 {tr("SIZE"), true},
                 {tr("ENTRIES"), true},
                 {tr("FROM")}});
    for (const PartRecord &part : point.parts)
        table.add({part.id, part.kind, formatSize(part.bytes), QString::number(part.entries),
                   part.source});
    table.print(tr("no parts"));
    for (const QString &limit : point.limits)
        say(tr("limit: %1").arg(limit));
    for (const QString &warning : point.warnings)
        say(tr("warning: %1").arg(warning));
}

} // namespace

int backupsList(Session &session)
{
    if (const auto known = session.await(session.service.ensureInventory()); !known)
        return session.failed(known.error());
    const QString system = session.arguments.value("system");
    const auto points = session.service.points({system});
    if (session.json()) {
        QJsonArray list;
        for (const RestorePoint &point : points)
            list.append(point.toListJson());
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("restore_points"), list}});
        return kGood;
    }
    Table table({{tr("RESTORE POINT"), true},
                 {tr("SYSTEM")},
                 {tr("MADE"), true},
                 {tr("SIZE"), true},
                 {tr("WORTH")}});
    for (const RestorePoint &point : points)
        table.add({point.id, point.system, formatAge(point.madeAt, utcNow()),
                   formatSize(point.storedBytes()),
                   tr("%1, %2").arg(completenessText(point), proofText(point))});
    table.print(tr("No restore points yet."));
    return kGood;
}

int backupsShow(Session &session)
{
    const auto point = wantedPoint(session);
    if (!point)
        return session.failed(point.error());
    const auto secrets = session.await(session.service.pointSecrets(*point));
    if (!secrets)
        return session.failed(secrets.error());
    if (session.json()) {
        QJsonObject document = point->toListJson();
        document.insert(QStringLiteral("format"), 1);
        document.insert(QStringLiteral("secrets"), secretsJson(*secrets));
        sayJson(document);
    } else {
        sayPoint(*point, *secrets);
    }
    return kGood;
}

int backupsFiles(Session &session)
{
    const auto point = wantedPoint(session);
    if (!point)
        return session.failed(point.error());
    RunId run;
    if (const auto status = workOn(session, "lifeboat.files", *point,
                                   {{QStringLiteral("pattern"), session.arguments.word(1)},
                                    {QStringLiteral("open"), session.arguments.has("open")}},
                                   &run))
        return *status;
    QJsonArray files;
    const auto visited = visitLogLines(session, run, [&](const QJsonObject &entry) {
        if (session.json())
            files.append(entry);
        else
            say(fileName(entry));
    });
    if (!visited)
        return session.failed(visited.error());
    sayUnopened(session, *point);
    if (session.json())
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("restore_point"), point->id},
                 {QStringLiteral("files"), files}});
    return kGood;
}

int backupsDiff(Session &session)
{
    const auto before = wantedPoint(session);
    if (!before)
        return session.failed(before.error());
    const auto after = session.service.point(session.arguments.word(1));
    if (!after)
        return session.failed(after.error());
    RunId run;
    if (const auto status = workOn(session, "lifeboat.diff", *before,
                                   {{QStringLiteral("other"), after->id},
                                    {QStringLiteral("open"), session.arguments.has("open")}},
                                   &run))
        return *status;
    QJsonArray list;
    const auto visited = visitLogLines(session, run, [&](const QJsonObject &line) {
        if (session.json())
            list.append(line);
        else
            say(differenceText(line));
    });
    if (!visited)
        return session.failed(visited.error());
    sayUnopened(session, *after);
    const auto view = session.service.run(run);
    const StepRecord *step = view ? view->state.step(QStringLiteral("compare")) : nullptr;
    const auto count = [&](const char *key) {
        return step ? step->outputs.value(QLatin1String(key)).toInteger() : 0;
    };
    if (session.json())
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("before"), before->id},
                 {QStringLiteral("after"), after->id},
                 {QStringLiteral("added"), count("added")},
                 {QStringLiteral("removed"), count("removed")},
                 {QStringLiteral("changed"), count("changed")},
                 {QStringLiteral("differences"), list}});
    else
        say(tr("%1 added, %2 removed, %3 changed", "entries of two restore points")
                .arg(QLocale().toString(count("added")), QLocale().toString(count("removed")),
                     QLocale().toString(count("changed"))));
    return kGood;
}

int backupsVerify(Session &session)
{
    const auto point = wantedPoint(session);
    if (!point)
        return session.failed(point.error());
    if (const auto status = workOn(session, "lifeboat.verify", *point,
                                   {{QStringLiteral("open"), session.arguments.has("open")}}))
        return *status;
    const auto now = session.service.point(point->id);
    if (!now)
        return session.failed(now.error());
    if (session.json()) {
        QJsonObject document = now->toListJson();
        document.insert(QStringLiteral("format"), 1);
        sayJson(document);
    } else {
        if (!now->isEncrypted() && session.arguments.has("open"))
            say(tr("Nothing of it is encrypted: no key was needed"));
        if (now->isEncrypted() && !session.arguments.has("open"))
            say(tr("Encrypted parts were compared with their checksums only; with a key: "
                   "lifeboat-cli backups verify %1 --open")
                    .arg(point->id));
        say(tr("%1: every byte is as it was written (%2, %3)")
                .arg(point->id, formatSize(now->storedBytes()), proofText(*now)));
    }
    return kGood;
}

int backupsExtract(Session &session)
{
    if (!session.arguments.has("to"))
        return session.failed(
            Error{ErrorCode::BadInput, tr("“backups extract” needs --to DIR"), {}, {}});
    const auto point = wantedPoint(session);
    if (!point)
        return session.failed(point.error());
    const QString to = absolutePath(session.arguments.value("to"));
    const QStringList paths = session.arguments.words.mid(1);
    if (const auto status = workOn(session, "lifeboat.extract", *point,
                                   {{QStringLiteral("paths"), QJsonArray::fromStringList(paths)},
                                    {QStringLiteral("to"), to},
                                    {QStringLiteral("open"), session.arguments.has("open")}}))
        return *status;
    if (session.json())
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("restore_point"), point->id},
                 {QStringLiteral("to"), to},
                 {QStringLiteral("paths"), QJsonArray::fromStringList(paths)}});
    else
        say(tr("%n path(s) taken out to %1, every byte verified", nullptr, int(paths.size()))
                .arg(to));
    return kGood;
}

int backupsRemove(Session &session)
{
    const auto point = wantedPoint(session);
    if (!point)
        return session.failed(point.error());
    if (!session.arguments.has("yes")) {
        if (!session.canAsk())
            return session.failed(Error{ErrorCode::BadInput,
                                        tr("“backups remove” needs --yes without a terminal"),
                                        {},
                                        {}});
        sayPoint(*point, {});
        if (terminal::askLetter(tr("Remove it for good? [y/N]"), QStringLiteral("yn"),
                                QLatin1Char('n')) != QLatin1Char('y'))
            return kGood;
    }
    if (const auto status = workOn(session, "lifeboat.remove", *point, {}))
        return *status;
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("removed"), point->id}});
    else
        say(tr("%1 was removed.").arg(point->id));
    return kGood;
}

} // namespace lb::cli
