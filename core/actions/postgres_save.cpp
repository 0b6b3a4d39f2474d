// SPDX-License-Identifier: GPL-3.0-or-later
// Reading a PostgreSQL server: what it has, and saving databases and roles.
#include "core/actions/fill_call.h"
#include "core/actions/point_session.h"
#include "core/actions/postgres_work.h"
#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/model/age.h"
#include "core/model/restore_point.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QRegularExpression>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

/// Tables whose rows pg_dump saves: not those of the system, of extensions (they bring their own)
/// and of other servers.
const QString kTables = QStringLiteral(
    "SELECT n.nspname, c.relname, has_table_privilege(c.oid, 'SELECT') "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' "
    "AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT 1 FROM pg_depend d "
    "WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') "
    "ORDER BY 1, 2");

/// What CREATE DATABASE must say again, and what pg_restore without --create leaves out.
const QString kDatabase = QStringLiteral(
    "SELECT json_build_object('database', d.datname, 'owner', pg_get_userbyid(d.datdba), "
    "'encoding', pg_encoding_to_char(d.encoding), 'collate', d.datcollate, 'ctype', d.datctype, "
    "'connection_limit', d.datconnlimit, 'comment', shobj_description(d.oid, 'pg_database'), "
    "'tablespace', t.spcname, "
    "'bytes', pg_database_size(d.oid), %1, "
    "'settings', (SELECT coalesce(json_agg(json_build_object('role', r.rolname, 'config', "
    "s.setconfig)), '[]') FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole "
    "WHERE s.setdatabase = d.oid), "
    "'acl', CASE WHEN d.datacl IS NOT NULL THEN (SELECT coalesce(json_agg(json_build_object("
    "'role', CASE WHEN a.grantee <> 0 THEN pg_get_userbyid(a.grantee) END, 'privilege', "
    "a.privilege_type, 'grantable', a.is_grantable)), '[]') FROM aclexplode(d.datacl) a) END, "
    "'extensions', (SELECT coalesce(json_agg(json_build_object('name', e.extname, 'version', "
    "e.extversion) ORDER BY e.extname), '[]') FROM pg_extension e))::text "
    "FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace "
    "WHERE d.datname = current_database()");
/// Since PostgreSQL 15 (release notes, E.19.3.1.9).
const QString kLocale15 = QStringLiteral(
    "'locale_provider', d.datlocprovider, 'icu_locale', d.daticulocale, 'collation_version', "
    "d.datcollversion");

const QString kRoles = QStringLiteral(
    "SELECT coalesce(json_agg(json_build_object('name', r.rolname, 'superuser', r.rolsuper, "
    "'inherit', r.rolinherit, 'createrole', r.rolcreaterole, 'createdb', r.rolcreatedb, 'login', "
    "r.rolcanlogin, 'replication', r.rolreplication, 'bypassrls', r.rolbypassrls, "
    "'connection_limit', r.rolconnlimit, 'valid_until', r.rolvaliduntil::text, "
    "'settings', (SELECT coalesce(s.setconfig, '{}') FROM pg_db_role_setting s WHERE s.setrole = "
    "r.oid AND s.setdatabase = 0), "
    "'member_of', (SELECT coalesce(json_agg(json_build_object('role', pg_get_userbyid(m.roleid), "
    "'admin', m.admin_option)), '[]') FROM pg_auth_members m WHERE m.member = r.oid)) "
    "ORDER BY r.rolname), '[]')::text FROM pg_roles r WHERE r.rolname !~ '^pg_'");

Result<CallOutcome> listDatabases(const PostgresJob &job)
{
    TRY_VALUE(PostgresSession session, job.openAny());
    TRY_VALUE(
        const auto rows,
        session.rows(QStringLiteral("SELECT datname, pg_get_userbyid(datdba), "
                                    "pg_encoding_to_char(encoding) FROM pg_database "
                                    "WHERE NOT datistemplate AND (datallowconn OR datname = $1) "
                                    "ORDER BY 1"),
                     {job.call.database}, job.stop));
    QJsonArray list;
    for (const QStringList &row : rows)
        list.append(QJsonObject{{QStringLiteral("name"), row.value(0)},
                                {QStringLiteral("owner"), row.value(1)},
                                {QStringLiteral("encoding"), row.value(2)}});
    CallOutcome outcome;
    outcome.answer.value = list;
    outcome.outputs.insert(QStringLiteral("databases"), list);
    return outcome;
}

Result<CallOutcome> systemId(const PostgresJob &job)
{
    TRY_VALUE(PostgresSession session, job.openAny());
    TRY_VALUE(const QString id,
              session.value(QStringLiteral("SELECT system_identifier FROM pg_control_system()")));
    CallOutcome outcome;
    outcome.answer.value = id;
    outcome.outputs.insert(QStringLiteral("text"), id);
    return outcome;
}

Result<QJsonObject> databaseFacts(PostgresSession &session, const std::stop_token &stop)
{
    const bool hasLocale = session.major() >= 15;
    TRY_VALUE(const QString text,
              session.value(
                  kDatabase.arg(hasLocale ? kLocale15 : QStringLiteral("'locale_provider', 'c'")),
                  {}, stop));
    return parseJsonObject(text.toUtf8(), tr("the server's answer"));
}

} // namespace

Result<PostgresSession> PostgresJob::open(const QString &database) const
{
    return PostgresSession::open(call.at, database, context.secrets.value(call.at.password));
}

Result<PostgresSession> PostgresJob::openAny() const
{
    const QString other = QStringLiteral("template1");
    // A database cannot be renamed from inside.
    if (call.at.database == call.database)
        return open(other);
    auto session = open(call.at.database);
    if (session || session.error().code != ErrorCode::NotFound)
        return session;
    return open(other);
}

std::vector<ProcessCall> PostgresJob::programs(const QString &pointFolder,
                                               const QString &snapshot) const
{
    std::vector<ProcessCall> list;
    for (const ProcessCall &program : programsOf(call)) {
        const auto filled = filledCall(program, [&](const Slot &slot) -> Result<QString> {
            return slot.path == QLatin1String("snapshot") ? snapshot : pointFolder;
        });
        list.push_back(*callAs<ProcessCall>(*filled)); // our own texts: no line breaks
    }
    return list;
}

Result<int> PostgresJob::toolVersion() const
{
    TRY_VALUE(const CallOutcome outcome, worker.run({programs({}).front()}, stop));
    static const QRegularExpression number(QStringLiteral("(\\d+)(\\.\\d+)?"));
    const QString text = outcome.outputs.value(QLatin1String("text")).toString();
    const auto match = number.match(text);
    if (!match.hasMatch())
        return fail(ErrorCode::Failed, tr("%1 does not say its version").arg(text));
    return match.captured(1).toInt();
}

Result<QJsonObject> postgresCounts(PostgresSession &session, const std::stop_token &stop)
{
    TRY_VALUE(const auto tables, session.rows(kTables, {}, stop));
    QJsonObject rows;
    for (const QStringList &table : tables) {
        const QString name = sqlName(table.value(0)) + QLatin1Char('.') + sqlName(table.value(1));
        TRY_VALUE(
            const QString count,
            session.value(QStringLiteral("SELECT count(*) FROM ONLY %1").arg(name), {}, stop));
        rows.insert(name, count.toLongLong());
    }
    TRY_VALUE(
        const QString objects,
        session.value(QStringLiteral("SELECT count(*) FROM pg_largeobject_metadata"), {}, stop));
    return QJsonObject{{QStringLiteral("rows"), rows},
                       {QStringLiteral("large_objects"), objects.toLongLong()}};
}

Result<QJsonArray> postgresRoles(PostgresSession &session, const std::stop_token &stop)
{
    TRY_VALUE(const QString text, session.value(kRoles, {}, stop));
    return QJsonDocument::fromJson(text.toUtf8()).array();
}

Result<CallOutcome> readyToSave(const PostgresJob &job)
{
    TRY_VALUE(PostgresSession session, job.open(job.call.database));
    TRY_VALUE(const int tool, job.toolVersion());
    const int server = session.major();
    if (tool < server)
        return fail(ErrorCode::Unsupported,
                    tr("pg_dump %1 is older than the server, which is %2")
                        .arg(tool)
                        .arg(session.versionText()),
                    {}, tr("Install postgresql-client-%1 on this machine").arg(server));
    TRY_VALUE(const auto tables, session.rows(kTables, {}, job.stop));
    QStringList forbidden;
    for (const QStringList &table : tables) {
        if (table.value(2) != QLatin1String("t"))
            forbidden << table.value(0) + QLatin1Char('.') + table.value(1);
    }
    if (!forbidden.isEmpty())
        return fail(ErrorCode::Denied,
                    tr("%n table(s) of %1 cannot be read", nullptr, int(forbidden.size()))
                        .arg(job.call.database),
                    forbidden.mid(0, 5).join(QStringLiteral(", ")),
                    tr("GRANT pg_read_all_data TO the user, or save as another one"));
    TRY_VALUE(const QString bytes,
              session.value(QStringLiteral("SELECT pg_database_size(current_database())")));
    CallOutcome outcome;
    outcome.outputs.insert(QStringLiteral("evidence"),
                           tr("%1 in %2, server %3, pg_dump %4")
                               .arg(formatSize(bytes.toLongLong()),
                                    tr("%n table(s)", nullptr, int(tables.size())),
                                    session.versionText())
                               .arg(tool));
    return outcome;
}

Result<CallOutcome> saveDatabase(const PostgresJob &job)
{
    const PostgresCall &call = job.call;
    TRY_VALUE(const QString folder, job.context.session->folder());
    const QString file = folder + QLatin1Char('/') + call.file;
    TRY_VALUE(PostgresSession session, job.open(call.database));
    // One snapshot for pg_dump, the counts and the facts: they fit together whatever is written
    // meanwhile (manual, 9.27.5 Snapshot Synchronization Functions).
    TRY(session.run(QStringLiteral("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")));
    TRY_VALUE(const QString snapshot, session.value(QStringLiteral("SELECT pg_export_snapshot()")));
    PartRecord part;
    part.takenFrom = utcNow();
    auto dumping = job.worker.start(job.programs(folder, snapshot));
    const auto counted = postgresCounts(session, job.stop);
    const auto facts = databaseFacts(session, job.stop);
    // Whatever became of the counts: the program is waited for before anything else is done.
    const auto dumped = job.worker.wait(std::move(dumping), job.stop, [&] {
        job.report({QFileInfo(file).size(), -1, 0, -1});
    });
    part.takenTo = utcNow();
    if (!dumped) {
        Error error = dumped.error();
        // pg_dump has one exit status for everything.
        if (error.detail.contains(QLatin1String("No space left on device")))
            error.code = ErrorCode::NoSpace;
        return tl::unexpected(error);
    }
    if (!counted)
        return tl::unexpected(counted.error());
    if (!facts)
        return tl::unexpected(facts.error());
    QFile::setPermissions(file, QFile::ReadOwner | QFile::WriteOwner);

    QJsonObject details = *facts;
    for (auto it = counted->begin(); it != counted->end(); ++it)
        details.insert(it.key(), it.value());
    details.insert(QStringLiteral("server_version"), session.versionText());
    details.insert(QStringLiteral("server_version_num"), session.version());
    details.insert(QStringLiteral("server"), call.at.text());
    part.id = call.part;
    part.title = call.title;
    part.kind = QString::fromLatin1(kPostgresPart);
    part.format = QStringLiteral("pg_dump custom");
    part.bytes = facts->value(QLatin1String("bytes")).toInteger();
    part.entries = details.value(QLatin1String("rows")).toObject().size();
    part.file = call.file;
    part.encryption = call.encrypted ? QString(kAge) : QString();
    part.source = call.database;
    if (call.encrypted)
        details.insert(QStringLiteral("recipients"), toJsonArray(call.recipients));
    part.details = details;
    CallOutcome outcome;
    outcome.outputs = {{QStringLiteral("part"), part.toJson()},
                       {QStringLiteral("bytes"), part.bytes},
                       {QStringLiteral("entries"), part.entries}};
    return outcome;
}

Result<CallOutcome> saveGlobals(const PostgresJob &job)
{
    const PostgresCall &call = job.call;
    TRY_VALUE(const QString folder, job.context.session->folder());
    TRY_VALUE(PostgresSession session, job.openAny());
    PartRecord part;
    part.takenFrom = utcNow();
    TRY_VALUE(const QJsonArray roles, postgresRoles(session, job.stop));
    const auto dumped = job.worker.run(job.programs(folder), job.stop);
    if (!dumped && call.encrypted && dumped.error().detail.contains(QLatin1String("pg_authid")))
        return fail(ErrorCode::Denied, tr("Only a superuser can read the passwords of the roles"),
                    dumped.error().detail,
                    tr("Save as a superuser; or to a store without recipients, where the passwords "
                       "are left out"));
    TRY(dumped);
    part.takenTo = utcNow();
    const QString file = folder + QLatin1Char('/') + call.file;
    QFile::setPermissions(file, QFile::ReadOwner | QFile::WriteOwner);
    part.id = call.part;
    part.title = call.title;
    part.kind = QString::fromLatin1(kGlobalsPart);
    part.format = QStringLiteral("pg_dumpall --globals-only");
    part.bytes = QFileInfo(file).size();
    part.entries = roles.size();
    part.file = call.file;
    part.encryption = call.encrypted ? QString(kAge) : QString();
    part.source = call.at.text();
    part.details = {{QStringLiteral("roles"), roles},
                    {QStringLiteral("server_version"), session.versionText()}};
    if (call.encrypted)
        part.details.insert(QStringLiteral("recipients"), toJsonArray(call.recipients));
    CallOutcome outcome;
    outcome.outputs = {{QStringLiteral("part"), part.toJson()},
                       {QStringLiteral("bytes"), part.bytes},
                       {QStringLiteral("entries"), part.entries}};
    if (!call.encrypted) {
        outcome.outputs.insert(
            QStringLiteral("limits"),
            QJsonArray{tr("Passwords of the database roles are not saved: the store has nobody to "
                          "encrypt them for")});
    }
    return outcome;
}

WorkerExecution::Work postgresWork(const PostgresCall &call, const ActionContext &context,
                                   const std::shared_ptr<WorkerPrograms> &programs)
{
    return [call, context, programs](const WorkerExecution::Report &report,
                                     std::stop_token stop) -> Result<CallOutcome> {
        const PostgresJob job{call, context, *programs, report, stop};
        switch (call.work) {
        case PostgresWork::List:
            return listDatabases(job);
        case PostgresWork::SystemId:
            return systemId(job);
        case PostgresWork::ReadySave:
            return readyToSave(job);
        case PostgresWork::ReadyRestore:
            return readyToRestore(job);
        case PostgresWork::Dump:
            return saveDatabase(job);
        case PostgresWork::Globals:
            return saveGlobals(job);
        case PostgresWork::Roles:
            return restoreRoles(job);
        case PostgresWork::RolesBack:
            return dropNewRoles(job);
        case PostgresWork::Stage:
            return stageDatabase(job);
        case PostgresWork::Swap:
            return swapDatabase(job);
        case PostgresWork::SwapBack:
            return swapDatabaseBack(job);
        case PostgresWork::Drop:
            return dropDatabase(job);
        }
        return fail(ErrorCode::Internal, tr("This is no work on a server"));
    };
}

} // namespace lb
