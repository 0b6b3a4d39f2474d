// SPDX-License-Identifier: GPL-3.0-or-later
// Restoring roles and databases: staged beside, compared, then two renames.
#include "core/actions/encrypted_part.h"
#include "core/actions/point_session.h"
#include "core/actions/postgres_work.h"
#include "core/base/json.h"
#include "core/store/folder_store.h"

#include <thread>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

using namespace std::chrono_literals;

constexpr auto kSessionsLimit = 20s; ///< until the last session has gone
constexpr qsizetype kNamed = 5;      ///< of a list in a sentence

struct SavedPart
{
    PointUse use;
    PartRecord part;
};

Result<SavedPart> savedPart(const PostgresJob &job)
{
    const PointId id(job.call.point);
    TRY_VALUE(const FolderStore store, FolderStore::open(job.context.store, OpenStore::Existing));
    TRY_VALUE(PointUse use, store.use(id, job.context.run.value()));
    TRY_VALUE(const RestorePoint point, store.read(id));
    TRY_VALUE(const PartRecord *part, point.neededPart(job.call.part));
    return SavedPart{std::move(use), *part};
}

Result<bool> exists(PostgresSession &session, const QString &database)
{
    TRY_VALUE(
        const QString found,
        session.value(QStringLiteral("SELECT 1 FROM pg_database WHERE datname = $1"), {database}));
    return !found.isNull();
}

QString text(const QJsonValue &object, const char *key)
{
    return object[QLatin1String(key)].toString();
}

QString some(const QStringList &list)
{
    QString shown = list.mid(0, kNamed).join(QStringLiteral(", "));
    return list.size() > kNamed ? shown + QStringLiteral(", …") : shown;
}

QString createRole(const QJsonValue &role)
{
    const auto flag = [&](const char *key, const char *yes) {
        return (role[QLatin1String(key)].toBool() ? QStringLiteral(" ") : QStringLiteral(" NO")) +
               QLatin1String(yes);
    };
    QString sql = QStringLiteral("CREATE ROLE %1").arg(sqlName(text(role, "name"))) +
                  flag("superuser", "SUPERUSER") + flag("inherit", "INHERIT") +
                  flag("createrole", "CREATEROLE") + flag("createdb", "CREATEDB") +
                  flag("login", "LOGIN") + flag("replication", "REPLICATION") +
                  flag("bypassrls", "BYPASSRLS") +
                  QStringLiteral(" CONNECTION LIMIT %1")
                      .arg(role[QLatin1String("connection_limit")].toInt(-1));
    if (const QString until = text(role, "valid_until"); !until.isEmpty())
        sql += QStringLiteral(" VALID UNTIL ") + sqlText(until);
    return sql;
}

/// Role → its password as the server keeps it (a SCRAM verifier or an MD5 hash), out of what
/// pg_dumpall wrote. Let go with this object.
class RolePasswords
{
public:
    explicit RolePasswords(const SecretString &dump)
    {
        dump.reveal([this](QByteArrayView text) {
            qsizetype from = 0;
            while (from < text.size()) {
                qsizetype end = from;
                while (end < text.size() && text[end] != '\n')
                    ++end;
                takeLine(text.sliced(from, end - from));
                from = end + 1;
            }
        });
    }
    ~RolePasswords()
    {
        for (auto &[role, password] : m_passwords)
            wipe(password);
    }
    Q_DISABLE_COPY_MOVE(RolePasswords)

    /// Empty: it had none.
    QByteArray of(const QString &role) const
    {
        for (const auto &[known, password] : m_passwords) {
            if (known == role.toUtf8() || known == sqlName(role).toUtf8())
                return password;
        }
        return {};
    }

private:
    /// `ALTER ROLE app WITH … PASSWORD 'SCRAM-SHA-256$…' …;`, one line a role.
    void takeLine(QByteArrayView line)
    {
        static const QByteArray begin("ALTER ROLE "), with(" WITH "), word(" PASSWORD '");
        if (!line.startsWith(begin))
            return;
        const qsizetype options = line.lastIndexOf(with);
        const qsizetype password = line.lastIndexOf(word);
        if (options < begin.size() || password < options)
            return;
        const QByteArrayView rest = line.sliced(password + word.size());
        const qsizetype end = rest.indexOf('\'');
        if (rest.startsWith("SCRAM-SHA-256$") || rest.startsWith("md5"))
            m_passwords.emplace_back(
                line.sliced(begin.size(), options - begin.size()).toByteArray(),
                rest.first(std::max<qsizetype>(end, 0)).toByteArray());
    }

    std::vector<std::pair<QByteArray, QByteArray>> m_passwords; ///< by the name as it was written
};

/// The part's clear text, small: it stays in memory.
Result<SecretString> openedRoles(const PostgresJob &job, const SavedPart &saved)
{
    QByteArray text;
    if (!job.call.encrypted)
        return SecretString(std::move(text));
    text.reserve(saved.part.storedBytes); // not moved while it grows: no copy is left behind
    TRY(readEncrypted(job.worker, saved.part,
                      saved.use.folder() + QLatin1Char('/') + saved.part.file, job.stop,
                      [&text](QByteArrayView bytes) -> Result<void> {
                          text.append(bytes);
                          return {};
                      }));
    return SecretString(std::move(text));
}

/// The server's complaint could quote the statement; it is not passed on.
Result<void> setPassword(PostgresSession &session, const QString &role, const QByteArray &password)
{
    QString sql = QStringLiteral("ALTER ROLE %1 PASSWORD '%2'")
                      .arg(sqlName(role), QString::fromLatin1(password));
    const auto done = session.run(sql);
    if (done)
        return {};
    return fail(done.error().code, tr("The password of the role %1 cannot be set").arg(role), {},
                tr("Restore as a user who may alter roles"));
}

/// How a saved role differs from the one of that name on the server: a person decides.
QStringList differences(const QJsonValue &saved, const QJsonValue &now)
{
    QStringList different;
    for (const char *key : {"superuser", "inherit", "createrole", "createdb", "login",
                            "replication", "bypassrls", "connection_limit", "valid_until"}) {
        if (saved[QLatin1String(key)] != now[QLatin1String(key)])
            different << QStringLiteral("%1 %2 → %3")
                             .arg(QLatin1String(key),
                                  saved[QLatin1String(key)].toVariant().toString(),
                                  now[QLatin1String(key)].toVariant().toString());
    }
    return different;
}

/// Saved and restored rows, table by table.
Result<void> compareCounts(const QJsonObject &saved, const QJsonObject &now,
                           const QString &database)
{
    const QJsonObject savedRows = saved.value(QLatin1String("rows")).toObject();
    const QJsonObject rows = now.value(QLatin1String("rows")).toObject();
    QStringList different;
    for (auto it = savedRows.begin(); it != savedRows.end(); ++it) {
        if (rows.value(it.key()) != it.value())
            different << tr("%1 has %2 rows instead of %3")
                             .arg(it.key(),
                                  rows.contains(it.key())
                                      ? QString::number(rows.value(it.key()).toInteger())
                                      : tr("no", "… rows"),
                                  QString::number(it.value().toInteger()));
    }
    for (auto it = rows.begin(); it != rows.end(); ++it) {
        if (!savedRows.contains(it.key()))
            different << tr("%1 was not saved").arg(it.key());
    }
    if (now.value(QLatin1String("large_objects")) != saved.value(QLatin1String("large_objects")))
        different << tr("the number of large objects differs");
    if (different.isEmpty())
        return {};
    return fail(ErrorCode::Corrupt,
                tr("The restored database %1 is not the saved one").arg(database), some(different),
                tr("It was dropped again; the live one was not touched"));
}

Result<void> dropOwn(PostgresSession &session, const QString &name)
{
    if (!isOwnDatabase(name))
        return fail(ErrorCode::Denied, tr("%1 is not a database that Lifeboat made").arg(name), {},
                    tr("Nothing was dropped"));
    TRY_VALUE(const bool isThere, exists(session, name));
    if (!isThere)
        return {};
    // Since 13 in one statement; before, its sessions are ended first (release notes, E.24.3.3).
    if (session.major() < 13) {
        TRY(session.rows(endSessionsOf(name)));
        return session.run(QStringLiteral("DROP DATABASE IF EXISTS ") + sqlName(name));
    }
    return session.run(
        QStringLiteral("DROP DATABASE IF EXISTS %1 WITH (FORCE)").arg(sqlName(name)));
}

/// Nobody is let in any more, and who is in has to go: a rename wants the database for itself.
Result<void> endSessions(PostgresSession &session, const QString &database,
                         const std::stop_token &stop)
{
    TRY(session.run(allowConnections(database, false), stop));
    const auto limit = std::chrono::steady_clock::now() + kSessionsLimit;
    for (;;) {
        TRY_VALUE(const auto left, session.rows(endSessionsOf(database), {}, stop));
        if (left.empty())
            return {};
        if (std::chrono::steady_clock::now() > limit)
            return fail(ErrorCode::Conflict,
                        tr("%n session(s) of the database %1 do not end", nullptr, int(left.size()))
                            .arg(database),
                        left.front().join(QLatin1Char(' ')),
                        tr("Nothing was renamed. Stop what uses the database, then start again"));
        std::this_thread::sleep_for(100ms);
    }
}

Result<void> letIn(PostgresSession &session, const QString &database)
{
    const QString sql = allowConnections(database, true);
    const auto done = session.run(sql);
    if (!done)
        return fail(done.error().code, tr("Nobody can connect to the database %1").arg(database),
                    done.error().detail, tr("As a superuser: %1").arg(sql));
    return {};
}

/// PostgresCall::statements() of a swap, with what has to be done when one of them fails: whatever
/// became of it, the databases let everybody in again. Both are renamed, or none.
Result<void> exchange(PostgresSession &session, const DatabaseNames &names,
                      const std::stop_token &stop)
{
    const auto renamed = [&]() -> Result<void> {
        for (const auto &name : names)
            TRY(endSessions(session, name.first, stop));
        for (const QString &sql : renameDatabases(names)) {
            const auto done = session.run(sql);
            if (!done) {
                (void)session.run(QStringLiteral("ROLLBACK")); // the connection's end does it too
                return done;
            }
        }
        return {};
    }();
    // All of them, also when one does not open.
    std::optional<Error> shut;
    for (const auto &[from, to] : names) {
        const auto open = letIn(session, renamed ? to : from);
        if (!open && !shut)
            shut = open.error();
    }
    if (shut && !renamed)
        shut->detail = renamed.error().sentence() + QStringLiteral("; ") + shut->detail;
    if (shut)
        return tl::unexpected(*shut);
    return renamed;
}

struct Present
{
    bool live = false, staged = false, aside = false;
};

Result<Present> whatIsThere(PostgresSession &session, const PostgresCall &call)
{
    Present present;
    TRY_VALUE(present.live, exists(session, call.database));
    TRY_VALUE(present.staged, exists(session, call.staging.literal()));
    TRY_VALUE(present.aside, exists(session, call.aside.literal()));
    return present;
}

/// Roles that earlier attempts put on record before they created them.
QStringList madeBefore(const ActionContext &context)
{
    QStringList names;
    for (const QJsonObject &what : context.observed) {
        if (text(what, "what") == QLatin1String("role"))
            names << text(what, "name");
    }
    return names;
}

bool isOnRecord(const ActionContext &context, const char *word)
{
    return std::any_of(
        context.observed.begin(), context.observed.end(),
        [&](const QJsonObject &what) { return text(what, "what") == QLatin1String(word); });
}

tl::unexpected<Error> unexpectedState(const PostgresCall &call, const Present &present)
{
    const auto word = [](bool isThere) { return isThere ? tr("is there") : tr("is missing"); };
    return fail(ErrorCode::Conflict,
                tr("The databases of %1 are not as they were left").arg(call.at.text()),
                tr("%1 %2, %3 %4, %5 %6")
                    .arg(call.database, word(present.live), call.staging.literal(),
                         word(present.staged), call.aside.literal(), word(present.aside)),
                tr("Nothing was renamed. Look at them by hand (psql --list)"));
}

} // namespace

Result<CallOutcome> readyToRestore(const PostgresJob &job)
{
    TRY_VALUE(const SavedPart saved, savedPart(job));
    const QJsonObject details = saved.part.details;
    TRY_VALUE(PostgresSession session, job.openAny());
    TRY_VALUE(const int tool, job.toolVersion());
    const int server = session.major();
    const int from =
        details.value(QLatin1String("server_version_num")).toInt() / PostgresSession::kPerMajor;
    if (server < from)
        return fail(ErrorCode::Unsupported,
                    tr("The database was saved from version %1, and this server is %2")
                        .arg(text(details, "server_version"), session.versionText()),
                    {}, tr("A database cannot go back to an older server; restore to a newer one"));
    if (tool < from)
        return fail(
            ErrorCode::Unsupported,
            tr("pg_restore %1 is older than the saved database, which is %2").arg(tool).arg(from),
            {}, tr("Install postgresql-client-%1 on this machine").arg(server));
    TRY_VALUE(const auto rights,
              session.rows(QStringLiteral("SELECT current_user, rolsuper, rolcreatedb "
                                          "FROM pg_roles WHERE rolname = current_user")));
    const QStringList user = rights.empty() ? QStringList() : rights.front();
    const bool isSuper = user.value(1) == QLatin1String("t");
    if (!isSuper && user.value(2) != QLatin1String("t"))
        return fail(ErrorCode::Denied, tr("%1 may not create databases").arg(user.value(0)), {},
                    tr("ALTER ROLE %1 CREATEDB, or restore as another user").arg(user.value(0)));
    TRY_VALUE(const auto owner,
              session.rows(QStringLiteral("SELECT pg_get_userbyid(datdba), "
                                          "pg_has_role(datdba, 'USAGE') FROM pg_database "
                                          "WHERE datname = $1"),
                           {job.call.database}));
    if (!isSuper && !owner.empty() && owner.front().value(1) != QLatin1String("t"))
        return fail(ErrorCode::Denied,
                    tr("%1 may not rename the database %2, which belongs to %3")
                        .arg(user.value(0), job.call.database, owner.front().value(0)),
                    {}, tr("Restore as its owner or as a superuser"));
    TRY_VALUE(const auto rows,
              session.rows(QStringLiteral("SELECT name FROM pg_available_extensions")));
    QStringList available;
    for (const QStringList &row : rows)
        available << row.value(0);
    QStringList missing;
    for (const QJsonValue extension : details.value(QLatin1String("extensions")).toArray()) {
        if (!available.contains(text(extension, "name")))
            missing << text(extension, "name");
    }
    if (!missing.isEmpty())
        return fail(ErrorCode::NotFound,
                    tr("The server lacks %n extension(s) that the database uses", nullptr,
                       int(missing.size())),
                    missing.join(QStringLiteral(", ")),
                    tr("Install them on the server's machine: postgresql-contrib-%1 or the "
                       "extension's own package")
                        .arg(server));
    CallOutcome outcome;
    outcome.outputs.insert(QStringLiteral("evidence"), tr("server %1, pg_restore %2, saved from %3")
                                                           .arg(session.versionText())
                                                           .arg(tool)
                                                           .arg(text(details, "server_version")));
    return outcome;
}

Result<CallOutcome> restoreRoles(const PostgresJob &job)
{
    TRY_VALUE(const SavedPart saved, savedPart(job));
    // The key first: a wrong one must not leave roles behind.
    TRY_VALUE(const SecretString opened, openedRoles(job, saved));
    const RolePasswords passwords(opened);
    TRY_VALUE(PostgresSession session, job.openAny());
    const QJsonArray roles = saved.part.details.value(QLatin1String("roles")).toArray();
    TRY_VALUE(const QJsonArray known, postgresRoles(session, job.stop));
    QJsonObject now; // by name
    for (const QJsonValue role : known)
        now.insert(text(role, "name"), role);
    CallOutcome outcome;
    QStringList created = madeBefore(job.context);
    for (const QJsonValue role : roles) {
        const QString name = text(role, "name");
        if (now.contains(name)) {
            if (created.contains(name))
                continue; // by an attempt that was killed
            const QStringList different = differences(role, now.value(name));
            if (!different.isEmpty())
                outcome.warnings << tr("The role %1 stays as it is, and differs from the saved "
                                       "one: %2")
                                        .arg(name, different.join(QStringLiteral(", ")));
            continue;
        }
        // On record first: only what this run made is dropped by its undo.
        job.context.record(
            {{QStringLiteral("what"), QStringLiteral("role")}, {QStringLiteral("name"), name}});
        const auto made = session.run(createRole(role));
        if (!made && made.error().code == ErrorCode::Denied)
            return fail(ErrorCode::Denied,
                        tr("The role %1 is missing, and cannot be created").arg(name),
                        made.error().detail,
                        tr("Create it by hand, or restore as a user who may create roles"));
        TRY(made);
        if (!created.contains(name))
            created << name;
        for (const QJsonValue setting : role[QLatin1String("settings")].toArray())
            TRY(session.run(QStringLiteral("ALTER ROLE %1 ").arg(sqlName(name)) +
                            settingSql(setting.toString())));
    }
    for (const QJsonValue role : roles) {
        if (!created.contains(text(role, "name")))
            continue;
        for (const QJsonValue parent : role[QLatin1String("member_of")].toArray())
            TRY(session.run(QStringLiteral("GRANT %1 TO %2%3")
                                .arg(sqlName(text(parent, "role")), sqlName(text(role, "name")),
                                     parent[QLatin1String("admin")].toBool()
                                         ? QStringLiteral(" WITH ADMIN OPTION")
                                         : QString())));
        const QByteArray password = passwords.of(text(role, "name"));
        if (!password.isEmpty())
            TRY(setPassword(session, text(role, "name"), password));
        else if (role[QLatin1String("login")].toBool() && !job.call.encrypted)
            outcome.warnings << tr("The role %1 was created without a password: set it with ALTER "
                                   "ROLE, or nobody can log in as it")
                                    .arg(text(role, "name"));
    }
    outcome.outputs.insert(QStringLiteral("created"), toJsonArray(created));
    return outcome;
}

Result<CallOutcome> dropNewRoles(const PostgresJob &job)
{
    TRY_VALUE(PostgresSession session, job.openAny());
    CallOutcome outcome;
    for (const QString &name : madeBefore(job.context)) {
        if (const auto dropped =
                session.run(QStringLiteral("DROP ROLE IF EXISTS ") + sqlName(name));
            !dropped)
            outcome.warnings << tr("The role %1 stays: %2").arg(name, dropped.error().detail);
    }
    return outcome;
}

Result<CallOutcome> stageDatabase(const PostgresJob &job)
{
    TRY_VALUE(const SavedPart saved, savedPart(job));
    const QJsonObject details = saved.part.details;
    const QString name = job.call.staging.literal();
    TRY_VALUE(PostgresSession session, job.openAny());
    // Left by an attempt that was killed: ours by its name, begun anew.
    TRY(dropOwn(session, name));
    for (const QString &sql : job.call.statements())
        TRY(session.run(sql, job.stop));
    CallOutcome outcome;
    const auto filled = [&]() -> Result<void> {
        std::vector<ProcessCall> line;
        for (const ProcessCall &program : job.programs(saved.use.folder())) {
            line.push_back(program);
            if (program.pipes)
                continue;
            const auto ran = job.worker.run(std::exchange(line, {}), job.stop);
            if (!ran)
                return tl::unexpected(explainedAge(ran.error(), job.call.part));
        }
        for (const QString &sql : job.call.closing())
            TRY(session.run(sql, job.stop));
        TRY_VALUE(PostgresSession inside, job.open(name));
        TRY_VALUE(const QJsonObject counts, postgresCounts(inside, job.stop));
        TRY(compareCounts(details, counts, name));
        return {};
    }();
    if (!filled) {
        (void)dropOwn(session, name); // what is left is dropped by the next attempt or the undo
        Error error = filled.error();
        if (error.detail.contains(QLatin1String("No space left on device")))
            error.code = ErrorCode::NoSpace;
        return tl::unexpected(error);
    }
    outcome.outputs = {{QStringLiteral("bytes"), saved.part.bytes},
                       {QStringLiteral("entries"), saved.part.entries}};
    return outcome;
}

Result<CallOutcome> swapDatabase(const PostgresJob &job)
{
    const PostgresCall &call = job.call;
    const QString staging = call.staging.literal();
    const QString aside = call.aside.literal();
    TRY_VALUE(PostgresSession session, job.openAny());
    TRY_VALUE(Present present, whatIsThere(session, call));
    const bool isDone =
        present.live && !present.staged && (call.targetExists ? present.aside : !present.aside);
    if (!isDone) {
        if (!present.staged || present.aside || present.live != call.targetExists)
            return unexpectedState(call, present);
        job.context.record({{QStringLiteral("what"), QStringLiteral("swap")},
                            {QStringLiteral("database"), call.database}});
        DatabaseNames names{{staging, call.database}};
        if (call.targetExists)
            names.insert(names.begin(), {call.database, aside});
        TRY(exchange(session, names, job.stop));
    }
    // The attempt that renamed them may have been killed before this.
    TRY(letIn(session, call.database));
    CallOutcome outcome;
    if (!call.targetExists)
        return outcome;
    TRY(letIn(session, aside));
    TRY_VALUE(const QString bytes,
              session.value(QStringLiteral("SELECT pg_database_size($1)"), {aside}));
    outcome.outputs = {
        {QStringLiteral("aside_kept"), QJsonObject{{QStringLiteral("database"), aside},
                                                   {QStringLiteral("server"), call.at.server},
                                                   {QStringLiteral("port"), call.at.port},
                                                   {QStringLiteral("user"), call.at.user}}},
        {QStringLiteral("aside_bytes"), bytes.toLongLong()}};
    return outcome;
}

Result<CallOutcome> swapDatabaseBack(const PostgresJob &job)
{
    const PostgresCall &call = job.call;
    const QString staging = call.staging.literal();
    const QString aside = call.aside.literal();
    TRY_VALUE(PostgresSession session, job.openAny());
    // It is on record before anything was renamed.
    if (isOnRecord(job.context, "swap") && !isOnRecord(job.context, "swapped_back")) {
        TRY_VALUE(const Present present, whatIsThere(session, call));
        if (call.targetExists && present.aside) {
            if (present.live && present.staged)
                return unexpectedState(call, present);
            DatabaseNames names{{aside, call.database}};
            if (present.live)
                names.insert(names.begin(), {call.database, staging});
            TRY(exchange(session, names, job.stop));
        } else if (call.targetExists && !present.staged) {
            return fail(ErrorCode::NotFound,
                        tr("The old database %1 is not there any more").arg(call.database),
                        tr("it was kept as %1").arg(aside),
                        tr("Nothing was changed. Restore another restore point instead"));
        } else if (!call.targetExists && present.live && !present.staged) {
            TRY(exchange(session, {{call.database, staging}}, job.stop));
        }
        job.context.record({{QStringLiteral("what"), QStringLiteral("swapped_back")}});
    }
    if (isOnRecord(job.context, "swap")) {
        TRY_VALUE(const bool isLive, exists(session, call.database));
        if (isLive)
            TRY(letIn(session, call.database));
    }
    TRY(dropOwn(session, staging));
    return CallOutcome{};
}

Result<CallOutcome> dropDatabase(const PostgresJob &job)
{
    TRY_VALUE(PostgresSession session, job.openAny());
    TRY(dropOwn(session, job.call.staging.literal()));
    return CallOutcome{};
}

} // namespace lb
