// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/worker_execution.h"
#include "core/actions/worker_programs.h"
#include "core/transport/postgres_session.h"

namespace lb {

/// Everything that a PostgresCall can say.
WorkerExecution::Work postgresWork(const PostgresCall &call, const ActionContext &context,
                                   const std::shared_ptr<WorkerPrograms> &programs);

/// What the works on one server share while one of them goes on.
struct PostgresJob
{
    const PostgresCall &call;
    const ActionContext &context;
    WorkerPrograms &worker;
    const WorkerExecution::Report &report;
    std::stop_token stop;

    Result<PostgresSession> open(const QString &database) const;
    /// To the database that the call connects to, or to template1 where that one does not exist.
    Result<PostgresSession> openAny() const;
    /// The call's programs with their slots filled.
    std::vector<ProcessCall> programs(const QString &pointFolder,
                                      const QString &snapshot = {}) const;
    /// The major version of the call's program, which only says its version: 15.
    Result<int> toolVersion() const;
};

/// A part's rows by table and its large objects, as they are counted in `session`'s snapshot.
Result<QJsonObject> postgresCounts(PostgresSession &session, const std::stop_token &stop);

/// The server's roles but its own (pg_…), with their settings and memberships, by name.
Result<QJsonArray> postgresRoles(PostgresSession &session, const std::stop_token &stop);

Result<CallOutcome> readyToSave(const PostgresJob &job);
Result<CallOutcome> saveDatabase(const PostgresJob &job);
Result<CallOutcome> saveGlobals(const PostgresJob &job);

Result<CallOutcome> readyToRestore(const PostgresJob &job);
Result<CallOutcome> restoreRoles(const PostgresJob &job);
Result<CallOutcome> dropNewRoles(const PostgresJob &job);
Result<CallOutcome> stageDatabase(const PostgresJob &job);
Result<CallOutcome> swapDatabase(const PostgresJob &job);
Result<CallOutcome> swapDatabaseBack(const PostgresJob &job);
Result<CallOutcome> dropDatabase(const PostgresJob &job);

} // namespace lb
