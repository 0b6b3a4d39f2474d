// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/transport/postgres_session.h"

#include <array>
#include <libpq-fe.h>
#include <thread>

namespace lb {

namespace {

LB_TRANSLATE(Transport)

/// Classes and codes of SQLSTATE, the longer first.
struct State
{
    const char *begin;
    ErrorCode code;
};
constexpr std::array kStates{
    State{"42501", ErrorCode::Denied},      // insufficient_privilege
    State{"28", ErrorCode::Denied},         // invalid authorization
    State{"3D000", ErrorCode::NotFound},    // invalid_catalog_name
    State{"42P01", ErrorCode::NotFound},    // undefined_table
    State{"42704", ErrorCode::NotFound},    // undefined_object
    State{"53100", ErrorCode::NoSpace},     // disk_full
    State{"57014", ErrorCode::Cancelled},   // query_canceled
    State{"57P", ErrorCode::Unreachable},   // shut down, or not ready yet
    State{"08", ErrorCode::Unreachable},    // connection
    State{"53", ErrorCode::Unreachable},    // too many connections, out of memory
    State{"55006", ErrorCode::Conflict},    // object_in_use
    State{"42P04", ErrorCode::Conflict},    // duplicate_database
    State{"42710", ErrorCode::Conflict},    // duplicate_object
    State{"0A000", ErrorCode::Unsupported}, // feature_not_supported
};

ErrorCode codeOf(const char *state)
{
    for (const State &known : kStates) {
        if (state && QByteArrayView(state).startsWith(known.begin))
            return known.code;
    }
    return ErrorCode::Failed;
}

/// libpq gives no SQLSTATE for a connection that was refused, only the server's words, and these
/// are English before somebody is logged in unless the server was set up otherwise.
ErrorCode codeOfRefusal(pg_conn *connection, const QString &words)
{
    if (PQconnectionNeedsPassword(connection) || words.contains(QLatin1String("authentication")) ||
        words.contains(QLatin1String("pg_hba.conf")) ||
        words.contains(QLatin1String("permission denied for database")) ||
        (words.contains(QLatin1String("role \"")) &&
         words.contains(QLatin1String("does not exist"))))
        return ErrorCode::Denied;
    if (words.contains(QLatin1String("database \"")) &&
        words.contains(QLatin1String("does not exist")))
        return ErrorCode::NotFound;
    if (words.contains(QLatin1String("not currently accepting connections")))
        return ErrorCode::Conflict;
    return ErrorCode::Unreachable;
}

/// Those of them that this version of the server has. A filtered table would be counted wrong.
constexpr const char *kSettings =
    "SELECT pg_catalog.set_config(name, CASE name WHEN 'row_security' THEN 'off' ELSE '0' END, "
    "false) FROM pg_catalog.pg_settings WHERE name IN ('row_security', 'statement_timeout', "
    "'lock_timeout', 'idle_session_timeout', 'idle_in_transaction_session_timeout')";

QString hintFor(ErrorCode refusal, const QString &database)
{
    switch (refusal) {
    case ErrorCode::Denied:
        return tr("Look at user, password and pg_hba.conf of the server");
    case ErrorCode::NotFound:
        return tr("“psql --list” shows the server's databases; correct the system's settings");
    case ErrorCode::Conflict:
        return tr("Its superuser can let everybody in again: %1")
            .arg(allowConnections(database, true));
    default:
        return tr("See that the server runs, and that its host and port are right");
    }
}

QString wordsOf(const char *message)
{
    return QString::fromUtf8(message).simplified();
}

} // namespace

void PostgresSession::Close::operator()(pg_conn *connection) const
{
    PQfinish(connection);
}

Result<PostgresSession> PostgresSession::open(const PostgresServer &at, const QString &database,
                                              const SecretHandle &password)
{
    const QByteArray host = at.server.toUtf8();
    const QByteArray port = QByteArray::number(at.port);
    const QByteArray user = at.user.toUtf8();
    const QByteArray name = database.toUtf8();
    const auto connect = [&](const char *secret) {
        // Empty values are as if they were not there.
        const char *const keys[] = {"host",
                                    "port",
                                    "user",
                                    "dbname",
                                    "password",
                                    "connect_timeout",
                                    "options",
                                    "client_encoding",
                                    "application_name",
                                    "keepalives_idle",
                                    nullptr};
        const char *const values[] = {host.constData(),
                                      port.constData(),
                                      user.constData(),
                                      name.constData(),
                                      secret,
                                      "15",
                                      "-c search_path=",
                                      "UTF8",
                                      "lifeboat",
                                      "30",
                                      nullptr};
        return PQconnectdbParams(keys, values, 0);
    };
    pg_conn *connection = nullptr;
    if (password) {
        password->reveal([&](QByteArrayView bytes) {
            QByteArray terminated(bytes.data(), bytes.size());
            connection = connect(terminated.constData());
            wipe(terminated);
        });
    } else {
        connection = connect("");
    }
    const QString place = QStringLiteral("postgresql://%1/%2").arg(at.text(), database);
    PostgresSession session(connection, place);
    if (PQstatus(connection) == CONNECTION_OK) {
        TRY(session.run(QString::fromLatin1(kSettings)));
        return session;
    }
    const QString words = wordsOf(PQerrorMessage(connection));
    const ErrorCode code = codeOfRefusal(connection, words);
    return fail(code, tr("Cannot connect to %1").arg(place), words, hintFor(code, database));
}

int PostgresSession::version() const
{
    return PQserverVersion(m_connection.get());
}

QString PostgresSession::versionText() const
{
    return QString::fromUtf8(PQparameterStatus(m_connection.get(), "server_version"));
}

Result<std::vector<QStringList>> PostgresSession::rows(const QString &sql,
                                                       const QStringList &parameters,
                                                       const std::stop_token &stop)
{
    if (stop.stop_requested())
        return fail(ErrorCode::Cancelled, tr("Stopped before the server was asked"));
    std::vector<QByteArray> bytes;
    for (const QString &parameter : parameters)
        bytes.push_back(parameter.toUtf8());
    std::vector<const char *> values;
    for (const QByteArray &value : bytes)
        values.push_back(value.constData());

    const std::shared_ptr<PGcancel> handle(PQgetCancel(m_connection.get()), &PQfreeCancel);
    const std::stop_callback cancel(stop, [handle] {
        // It connects to the server: not in the thread that asks for the stop.
        std::thread([handle] {
            std::array<char, 256> why{};
            PQcancel(handle.get(), why.data(), int(why.size()));
        }).detach();
    });
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(
        PQexecParams(m_connection.get(), sql.toUtf8().constData(), int(values.size()), nullptr,
                     values.data(), nullptr, nullptr, 0),
        &PQclear);
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        const char *state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
        const ErrorCode code = state ? codeOf(state) : ErrorCode::Unreachable;
        return fail(code, tr("%1 refused a statement").arg(m_place),
                    wordsOf(state ? PQresultErrorMessage(result.get())
                                  : PQerrorMessage(m_connection.get())));
    }
    std::vector<QStringList> rows;
    for (int row = 0; row < PQntuples(result.get()); ++row) {
        QStringList columns;
        for (int column = 0; column < PQnfields(result.get()); ++column)
            columns << (PQgetisnull(result.get(), row, column)
                            ? QString()
                            : QString::fromUtf8(PQgetvalue(result.get(), row, column),
                                                PQgetlength(result.get(), row, column)));
        rows.push_back(std::move(columns));
    }
    return rows;
}

Result<QString> PostgresSession::value(const QString &sql, const QStringList &parameters,
                                       const std::stop_token &stop)
{
    TRY_VALUE(const auto found, rows(sql, parameters, stop));
    return found.empty() ? QString() : found.front().value(0);
}

Result<void> PostgresSession::run(const QString &sql, const std::stop_token &stop)
{
    TRY(rows(sql, {}, stop));
    return {};
}

} // namespace lb
