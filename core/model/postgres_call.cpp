// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/postgres_call.h"

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/model/age.h"
#include "core/model/plan.h"

#include <QRegularExpression>

#include <array>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

struct Word
{
    PostgresWork work;
    const char *name;
};

constexpr std::array kWords{
    Word{PostgresWork::List, "list"},
    Word{PostgresWork::SystemId, "system_id"},
    Word{PostgresWork::ReadySave, "ready_save"},
    Word{PostgresWork::ReadyRestore, "ready_restore"},
    Word{PostgresWork::Dump, "dump"},
    Word{PostgresWork::Globals, "globals"},
    Word{PostgresWork::Roles, "roles"},
    Word{PostgresWork::RolesBack, "roles_back"},
    Word{PostgresWork::Stage, "stage"},
    Word{PostgresWork::Swap, "swap"},
    Word{PostgresWork::SwapBack, "swap_back"},
    Word{PostgresWork::Drop, "drop"},
};

/// Longest name of a database in bytes: NAMEDATALEN - 1 (manual, 4.1.1 Identifiers).
constexpr qsizetype kLongestName = 63;
/// Of a run's id.
constexpr qsizetype kRunIdSize = 23;
const QString kOwnMark = QStringLiteral("_lifeboat_");

QString text(const QJsonValue &object, const char *key)
{
    return object[QLatin1String(key)].toString();
}

ProcessCall program(const PostgresCall &call, const char *name)
{
    ProcessCall program;
    program.program = QString::fromLatin1(name);
    if (!call.at.password.isEmpty())
        program.environment.emplace_back(QStringLiteral("PGPASSWORD"), SecretRef{call.at.password});
    program.environment.emplace_back(QStringLiteral("PGCONNECT_TIMEOUT"),
                                     TemplateText(QStringLiteral("15")));
    return program;
}

void connectTo(ProcessCall &program, const PostgresServer &at, const TemplateText &database)
{
    if (!at.server.isEmpty())
        program.arguments.emplace_back(QStringLiteral("--host=") + at.server);
    program.arguments.emplace_back(QStringLiteral("--port=%1").arg(at.port));
    if (!at.user.isEmpty())
        program.arguments.emplace_back(QStringLiteral("--username=") + at.user);
    program.arguments.emplace_back(QStringLiteral("--no-password"));
    program.arguments.push_back(database);
}

/// `dump` writes the part's file, or lets age write it: no clear text comes near the store then.
std::vector<ProcessCall> written(ProcessCall dump, const PostgresCall &call,
                                 const QString &database)
{
    if (!call.encrypted)
        dump.arguments.push_back(inPoint(QStringLiteral("--file="), call.file));
    connectTo(dump, call.at, QStringLiteral("--dbname=") + conninfo(database));
    if (!call.encrypted)
        return {dump};
    dump.pipes = true;
    return {dump, ageEncrypt(call.recipients, inPoint({}, call.file))};
}

} // namespace

QString PostgresServer::text() const
{
    return QStringLiteral("%1:%2")
        .arg(server.isEmpty() ? QStringLiteral("localhost") : server)
        .arg(port);
}

QString PostgresCall::scope() const
{
    return QStringLiteral("postgresql://%1/%2").arg(at.text(), database);
}

QJsonObject PostgresCall::toJson() const
{
    QJsonObject object{{QStringLiteral("call"), QStringLiteral("postgres")},
                       {QStringLiteral("port"), at.port}};
    for (const Word &word : kWords) {
        if (word.work == work)
            object.insert(QStringLiteral("work"), QLatin1String(word.name));
    }
    const auto text = [&](const char *key, const QString &value) {
        if (!value.isEmpty())
            object.insert(QLatin1String(key), value);
    };
    text("server", at.server);
    text("user", at.user);
    text("connect_to", at.database);
    text("secret", at.password);
    text("database", database);
    text("part", part);
    text("point", point);
    text("file", file);
    text("title", title);
    if (!properties.isEmpty())
        object.insert(QStringLiteral("properties"), properties);
    if (!staging.isEmpty())
        object.insert(QStringLiteral("staging"), staging.toJson());
    if (!aside.isEmpty())
        object.insert(QStringLiteral("aside"), aside.toJson());
    if (targetExists)
        object.insert(QStringLiteral("target_exists"), true);
    if (encrypted)
        object.insert(QStringLiteral("encrypted"), true);
    if (!recipients.isEmpty())
        object.insert(QStringLiteral("recipients"), QJsonArray::fromStringList(recipients));
    return object;
}

std::optional<PostgresCall> PostgresCall::fromJson(const QJsonObject &object)
{
    const auto text = [&](const char *key) { return object.value(QLatin1String(key)).toString(); };
    const QString wanted = text("work");
    for (const Word &word : kWords) {
        if (wanted != QLatin1String(word.name))
            continue;
        PostgresCall call;
        call.work = word.work;
        call.at = {text("server"), object.value(QLatin1String("port")).toInt(5432), text("user"),
                   text("connect_to"), text("secret")};
        call.database = text("database");
        call.part = text("part");
        call.point = text("point");
        call.file = text("file");
        call.title = text("title");
        call.properties = object.value(QLatin1String("properties")).toObject();
        call.staging = TemplateText::fromJson(object.value(QLatin1String("staging")));
        call.aside = TemplateText::fromJson(object.value(QLatin1String("aside")));
        call.targetExists = object.value(QLatin1String("target_exists")).toBool();
        call.encrypted = object.value(QLatin1String("encrypted")).toBool();
        call.recipients = object.value(QLatin1String("recipients")).toVariant().toStringList();
        return call;
    }
    return std::nullopt;
}

QStringList PostgresCall::describe() const
{
    switch (work) {
    case PostgresWork::List:
        return {tr("List the databases of the PostgreSQL server %1").arg(at.text())};
    case PostgresWork::SystemId:
        return {tr("Read the system identifier of the PostgreSQL server %1").arg(at.text())};
    case PostgresWork::ReadySave:
        return {tr("See that the database %1 of %2 can be saved: version of the tools, rights on "
                   "every table")
                    .arg(database, at.text())};
    case PostgresWork::ReadyRestore:
        return {tr("See that part %1 can be restored to %2: version of the tools, rights, "
                   "extensions")
                    .arg(part, at.text())};
    case PostgresWork::Dump:
        return {tr("Save the database %1 of %2 as %3, with the number of rows of each table in the "
                   "same snapshot")
                    .arg(database, at.text(), file)};
    case PostgresWork::Globals:
        return {
            encrypted
                ? tr("Save the roles of %1 and their passwords, encrypted, as %2")
                      .arg(at.text(), file)
                : tr("Save the roles of %1 as %2, without their passwords").arg(at.text(), file)};
    case PostgresWork::Roles:
        return {tr("Create the roles of part %1 that %2 does not have; those that it has stay as "
                   "they are")
                    .arg(part, at.text())};
    case PostgresWork::RolesBack:
        return {tr("Drop the roles that this run created on %1").arg(at.text())};
    case PostgresWork::Stage:
        return {tr("Restore part %1 of restore point %2 into the new database %3 of %4, then count "
                   "the rows of each table and compare")
                    .arg(part, point, staging.display(), at.text()),
                tr("The database %1 is not touched").arg(database)};
    case PostgresWork::Swap:
        return targetExists
                   ? QStringList{tr("End the sessions of the database %1 of %2, then put the "
                                    "restored one in its place")
                                     .arg(database, at.text()),
                                 tr("Two renames in one transaction; the old one is kept as %1")
                                     .arg(aside.display())}
                   : QStringList{tr("Give the restored database of %1 its name, %2")
                                     .arg(at.text(), database)};
    case PostgresWork::SwapBack:
        return {targetExists ? tr("Put the old database %1 of %2 back from %3")
                                   .arg(database, at.text(), aside.display())
                             : tr("Drop the restored database %1 of %2; before, there was none")
                                   .arg(database, at.text())};
    case PostgresWork::Drop:
        return {tr("Drop the database %1 of %2").arg(staging.display(), at.text())};
    }
    return {};
}

QStringList PostgresCall::statements() const
{
    const auto exchange = [](const DatabaseNames &names) {
        QStringList lines;
        for (const auto &name : names)
            lines << allowConnections(name.first, false) << endSessionsOf(name.first);
        lines += renameDatabases(names);
        for (const auto &name : names)
            lines << allowConnections(name.second, true);
        return lines;
    };
    const auto drop = [](const QString &name) {
        return QStringLiteral("DROP DATABASE IF EXISTS %1 WITH (FORCE)").arg(sqlName(name));
    };
    const QString old = aside.display();
    const QString fresh = staging.display();
    switch (work) {
    case PostgresWork::Stage:
        return {createDatabase(fresh, properties)};
    case PostgresWork::Swap:
        return exchange(targetExists ? DatabaseNames{{database, old}, {fresh, database}}
                                     : DatabaseNames{{fresh, database}});
    case PostgresWork::SwapBack:
        return exchange(targetExists ? DatabaseNames{{database, fresh}, {old, database}}
                                     : DatabaseNames{{database, fresh}})
               << drop(fresh);
    case PostgresWork::Drop:
        return {drop(fresh)};
    case PostgresWork::List:
    case PostgresWork::SystemId:
    case PostgresWork::ReadySave:
    case PostgresWork::ReadyRestore:
    case PostgresWork::Dump:
    case PostgresWork::Globals:
    case PostgresWork::Roles:
    case PostgresWork::RolesBack:
        break;
    }
    return {};
}

QStringList PostgresCall::closing() const
{
    return work == PostgresWork::Stage ? databaseProperties(staging.display(), properties)
                                       : QStringList();
}

std::vector<ProcessCall> programsOf(const PostgresCall &call)
{
    switch (call.work) {
    case PostgresWork::ReadySave:
    case PostgresWork::ReadyRestore: {
        ProcessCall version =
            program(call, call.work == PostgresWork::ReadySave ? "pg_dump" : "pg_restore");
        version.environment.clear();
        version.arguments.emplace_back(QStringLiteral("--version"));
        version.output = OutputKind::Text;
        return {version};
    }
    case PostgresWork::Dump: {
        ProcessCall dump = program(call, "pg_dump");
        dump.arguments = {QStringLiteral("--format=custom"),
                          QStringLiteral("--lock-wait-timeout=120s")};
        TemplateText snapshot(QStringLiteral("--snapshot="));
        snapshot.append(Slot{QStringLiteral("snapshot")});
        dump.arguments.push_back(snapshot);
        return written(std::move(dump), call, call.database);
    }
    case PostgresWork::Globals: {
        ProcessCall dump = program(call, "pg_dumpall");
        dump.arguments = {QStringLiteral("--globals-only")};
        if (!call.encrypted)
            dump.arguments.emplace_back(QStringLiteral("--no-role-passwords"));
        return written(std::move(dump), call, call.at.database);
    }
    case PostgresWork::Stage: {
        ProcessCall restore = program(call, "pg_restore");
        restore.arguments = {QStringLiteral("--exit-on-error")};
        if (!call.encrypted) // what comes through a pipe is read in one go
            restore.arguments.emplace_back(QStringLiteral("--jobs=2"));
        TemplateText database(QStringLiteral("--dbname="));
        database.append(call.staging);
        connectTo(restore, call.at, database);
        if (!call.encrypted)
            restore.arguments.push_back(inPoint({}, call.file));
        // Without statistics its first hour would be slow, and that hour is now.
        ProcessCall analyze = program(call, "vacuumdb");
        analyze.arguments = {QStringLiteral("--analyze-only"), QStringLiteral("--quiet")};
        connectTo(analyze, call.at, database);
        if (call.encrypted)
            return {ageDecrypt(inPoint({}, call.file)), restore, analyze};
        return {restore, analyze};
    }
    case PostgresWork::Roles:
        if (call.encrypted)
            return {ageDecrypt(inPoint({}, call.file))};
        break;
    case PostgresWork::List:
    case PostgresWork::SystemId:
    case PostgresWork::RolesBack:
    case PostgresWork::Swap:
    case PostgresWork::SwapBack:
    case PostgresWork::Drop:
        break;
    }
    return {};
}

QString sqlName(const QString &name)
{
    return QLatin1Char('"') + QString(name).replace(QLatin1Char('"'), QStringLiteral("\"\"")) +
           QLatin1Char('"');
}

QString sqlText(const QString &text)
{
    const QString doubled = QString(text)
                                .replace(QLatin1Char('\\'), QStringLiteral("\\\\"))
                                .replace(QLatin1Char('\''), QStringLiteral("''"));
    return (text.contains(QLatin1Char('\\')) ? QStringLiteral("E'%1'") : QStringLiteral("'%1'"))
        .arg(doubled);
}

QString conninfo(const QString &database)
{
    QString escaped = database;
    escaped.replace(QLatin1Char('\\'), QStringLiteral("\\\\"))
        .replace(QLatin1Char('\''), QStringLiteral("\\'"));
    return QStringLiteral("dbname='%1'").arg(escaped);
}

QString settingSql(const QString &setting)
{
    const QString name = setting.section(QLatin1Char('='), 0, 0);
    const QString value = setting.section(QLatin1Char('='), 1);
    static const QStringList lists{QStringLiteral("search_path"),
                                   QStringLiteral("datestyle"),
                                   QStringLiteral("local_preload_libraries"),
                                   QStringLiteral("session_preload_libraries"),
                                   QStringLiteral("temp_tablespaces"),
                                   QStringLiteral("unix_socket_directories")};
    QStringList parts = name.split(QLatin1Char('.'));
    for (QString &part : parts)
        part = sqlName(part);
    const bool isList = lists.contains(name.toLower()) && !value.isEmpty();
    return QStringLiteral("SET %1 TO %2")
        .arg(parts.join(QLatin1Char('.')), isList ? value : sqlText(value));
}

QString allowConnections(const QString &name, bool allow)
{
    return QStringLiteral("ALTER DATABASE %1 ALLOW_CONNECTIONS %2")
        .arg(sqlName(name), allow ? QStringLiteral("true") : QStringLiteral("false"));
}

QString endSessionsOf(const QString &name)
{
    return QStringLiteral("SELECT pid, usename, application_name, pg_terminate_backend(pid) "
                          "FROM pg_stat_activity WHERE datname = %1 AND pid <> pg_backend_pid() "
                          "AND backend_type <> 'autovacuum worker'")
        .arg(sqlText(name));
}

QStringList renameDatabases(const DatabaseNames &names)
{
    QStringList lines{QStringLiteral("BEGIN")};
    for (const auto &[from, to] : names)
        lines << QStringLiteral("ALTER DATABASE %1 RENAME TO %2").arg(sqlName(from), sqlName(to));
    return lines << QStringLiteral("COMMIT");
}

QString createDatabase(const QString &name, const QJsonObject &saved)
{
    QString sql = QStringLiteral("CREATE DATABASE %1 TEMPLATE template0 ENCODING %2 LC_COLLATE %3 "
                                 "LC_CTYPE %4")
                      .arg(sqlName(name), sqlText(text(saved, "encoding")),
                           sqlText(text(saved, "collate")), sqlText(text(saved, "ctype")));
    if (text(saved, "locale_provider") == QLatin1String("i"))
        sql +=
            QStringLiteral(" LOCALE_PROVIDER icu ICU_LOCALE ") + sqlText(text(saved, "icu_locale"));
    return sql;
}

QStringList databaseProperties(const QString &name, const QJsonObject &saved)
{
    const QString database = sqlName(name);
    QStringList sql;
    for (const QJsonValue setting : saved.value(QLatin1String("settings")).toArray()) {
        const QString role = text(setting, "role");
        for (const QJsonValue one : setting[QLatin1String("config")].toArray())
            sql << (role.isEmpty() ? QStringLiteral("ALTER DATABASE %1 ").arg(database)
                                   : QStringLiteral("ALTER ROLE %1 IN DATABASE %2 ")
                                         .arg(sqlName(role), database)) +
                       settingSql(one.toString());
    }
    if (const int limit = saved.value(QLatin1String("connection_limit")).toInt(-1); limit >= 0)
        sql << QStringLiteral("ALTER DATABASE %1 CONNECTION LIMIT %2").arg(database).arg(limit);
    if (const QString comment = text(saved, "comment"); !comment.isEmpty())
        sql << QStringLiteral("COMMENT ON DATABASE %1 IS %2").arg(database, sqlText(comment));
    sql << QStringLiteral("ALTER DATABASE %1 OWNER TO %2")
               .arg(database, sqlName(text(saved, "owner")));
    if (saved.value(QLatin1String("acl")).isArray()) {
        sql << QStringLiteral("REVOKE ALL ON DATABASE %1 FROM PUBLIC").arg(database)
            << QStringLiteral("REVOKE ALL ON DATABASE %1 FROM %2")
                   .arg(database, sqlName(text(saved, "owner")));
        for (const QJsonValue right : saved.value(QLatin1String("acl")).toArray())
            sql << QStringLiteral("GRANT %1 ON DATABASE %2 TO %3%4")
                       .arg(text(right, "privilege"), database,
                            right[QLatin1String("role")].isString() ? sqlName(text(right, "role"))
                                                                    : QStringLiteral("PUBLIC"),
                            right[QLatin1String("grantable")].toBool()
                                ? QStringLiteral(" WITH GRANT OPTION")
                                : QString());
    }
    return sql;
}

TemplateText ownDatabase(const QString &database, const QString &word)
{
    const QString middle = kOwnMark + word + QLatin1Char('_');
    const qsizetype room = kLongestName - kRunIdSize - middle.size();
    static const QRegularExpression unsafe(QStringLiteral("[^A-Za-z0-9_]"));
    QString head = QString(database).replace(unsafe, QStringLiteral("_"));
    if (head != database || head.size() > room)
        head = head.left(room - 7) + QLatin1Char('_') +
               QString::fromLatin1(Sha256::hex(database.toUtf8()).left(6));
    TemplateText name(head + middle);
    name.append(Slot{QStringLiteral("run")});
    return name;
}

bool isOwnDatabase(const QString &name)
{
    return name.contains(kOwnMark + QLatin1String("stage_")) ||
           name.contains(kOwnMark + QLatin1String("aside_"));
}

} // namespace lb
