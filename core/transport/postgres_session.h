// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/secret_string.h"
#include "core/model/postgres_call.h"

#include <QStringList>

#include <memory>
#include <stop_token>
#include <vector>

struct pg_conn;

namespace lb {

/// One connection to a PostgreSQL server. Blocks; for worker threads. Names are looked up in
/// pg_catalog only, so that nothing in a hostile database is run by ours (CVE-2018-1058).
class PostgresSession
{
public:
    /// Of the numbers that servers give for their versions.
    static constexpr int kPerMajor = 10'000;

    /// `password` may be missing. Denied, NotFound or Unreachable.
    static Result<PostgresSession> open(const PostgresServer &at, const QString &database,
                                        const SecretHandle &password);

    /// 150018 is 15.18.
    int version() const;
    int major() const { return version() / kPerMajor; } ///< 15
    QString versionText() const;

    /// A row holds texts; NULL is a null QString. Ends early when a stop is asked for: Cancelled.
    /// Errors carry the server's words and are sorted by its SQLSTATE (manual, appendix A).
    Result<std::vector<QStringList>> rows(const QString &sql, const QStringList &parameters = {},
                                          const std::stop_token &stop = {});
    /// The first column of the first row; null when there is none.
    Result<QString> value(const QString &sql, const QStringList &parameters = {},
                          const std::stop_token &stop = {});
    Result<void> run(const QString &sql, const std::stop_token &stop = {});

private:
    struct Close
    {
        void operator()(pg_conn *connection) const;
    };
    explicit PostgresSession(pg_conn *connection, QString place)
        : m_connection(connection), m_place(std::move(place))
    {
    }

    std::unique_ptr<pg_conn, Close> m_connection;
    QString m_place; ///< for errors
};

} // namespace lb
