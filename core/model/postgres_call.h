// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/template_text.h"

#include <QJsonObject>
#include <QStringList>

#include <optional>

namespace lb {

/// What one call does with a PostgreSQL server (PostgreSQL 15 manual, chapters 26 and 27).
enum class PostgresWork
{
    List,      ///< names of the databases that can be connected to
    SystemId,  ///< the cluster's system identifier: a fact
    ReadySave, ///< tools, version and rights are enough to save
    ReadyRestore,
    Dump,      ///< pg_dump in a snapshot of our own, with the counts of that snapshot
    Globals,   ///< roles and tablespaces
    Roles,     ///< creates the saved roles that are missing
    RolesBack, ///< drops those that Roles created
    Stage,     ///< into a new database beside, compared with the counts of the save
    Swap,      ///< ends sessions, then two renames in one transaction
    SwapBack,
    Drop, ///< a database with a name of ours; nothing else
};

/// Which server and as whom; `server` as libpq takes it: a host, or a folder with a socket.
struct PostgresServer
{
    QString server;
    int port = 5432;
    QString user;
    QString database; ///< to connect to when the work is about no single one
    QString password; ///< the secret's name; empty: none is needed

    /// `db.example.test:5432`; the local socket is `localhost`.
    QString text() const;
};

struct PostgresCall
{
    PostgresWork work = PostgresWork::List;
    PostgresServer at;
    QString database;            ///< that is saved, or the name that the restored one gets
    QString part, point;         ///< of a restore
    QString file, title;         ///< of a save: below the point's folder
    QJsonObject properties;      ///< of the saved database, as createDatabase() wants them
    TemplateText staging, aside; ///< names of databases beside
    bool targetExists = false;
    bool encrypted = false; ///< the part's file is what `age` made of it
    QStringList recipients; ///< of a save

    /// `postgresql://SERVER:PORT/DATABASE`, for scopes.
    QString scope() const;

    QJsonObject toJson() const;
    /// Nothing when a word is unknown.
    static std::optional<PostgresCall> fromJson(const QJsonObject &object);
    /// What a person reads in a plan, without the programs.
    QStringList describe() const;
    /// The SQL of the work, in one session of the database that is connected to: what comes before
    /// the call's programs, and what comes after them. A person can type it as it is.
    QStringList statements() const;
    QStringList closing() const;
};

/// Databases and the names that they get.
using DatabaseNames = std::vector<std::pair<QString, QString>>;

/// An SQL identifier, quoted.
QString sqlName(const QString &name);
/// An SQL string constant, quoted for any setting of standard_conforming_strings.
QString sqlText(const QString &text);
/// A libpq connection string that names the database whatever characters its name has.
QString conninfo(const QString &database);

/// `name=value` of pg_db_role_setting as the end of ALTER … SET. A list stays a list: its items are
/// quoted already (manual, SET).
QString settingSql(const QString &setting);
/// Whether a database lets anybody in.
QString allowConnections(const QString &name, bool allow);
/// Ends the sessions of a database that a person or a program opened; a worker of autovacuum gives
/// way by itself, and only a superuser may end it. Gives a row for each.
QString endSessionsOf(const QString &name);
/// Both or none: renames of databases can stand in a transaction.
QStringList renameDatabases(const DatabaseNames &names);
/// `saved`: the details of a part of kind postgres. An ICU locale needs PostgreSQL 15.
QString createDatabase(const QString &name, const QJsonObject &saved);
/// What pg_restore leaves out without --create: the database's own settings, limit, comment, owner
/// and rights.
QStringList databaseProperties(const QString &name, const QJsonObject &saved);

/// `shop` → `shop_lifeboat_stage_‹run›`: at most 63 bytes (NAMEDATALEN), of plain characters; told
/// apart by a hash when it had to be cut or cleaned.
TemplateText ownDatabase(const QString &database, const QString &word);
/// True for a name that ownDatabase() makes.
bool isOwnDatabase(const QString &name);

} // namespace lb
