// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QDateTime>
#include <QMutex>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QStringList>
#include <QVariantList>

#include <atomic>
#include <functional>

namespace lb {

enum class DatabaseAccess
{
    Write,
    Read, ///< in a folder that cannot be written to, where SQLite cannot make its own files
};

/// The SQLite file behind an Inventory: one connection a thread, statements with bound values,
/// transactions, damage noted for the next open. Any thread.
class InventoryDatabase
{
public:
    InventoryDatabase(QString path, DatabaseAccess access);
    ~InventoryDatabase();
    InventoryDatabase(const InventoryDatabase &) = delete;
    InventoryDatabase &operator=(const InventoryDatabase &) = delete;

    /// Connects, and makes the tables in an empty file. Corrupt or Unsupported when the file is no
    /// inventory that this Lifeboat can use.
    Result<void> prepare();
    /// Runs one statement; rows are read forward only.
    Result<QSqlQuery> run(const QString &sql, const QVariantList &values = {}) const;
    /// After the last row that next() gave: was it the end, or an error? next() tells no
    /// difference.
    Result<void> atEnd(const QSqlQuery &query) const;
    /// All of `work` or nothing of it. Takes the write lock first, so that it never has to give up
    /// half-way because another process wrote meanwhile.
    Result<void> inTransaction(const std::function<Result<void>()> &work) const;
    /// True once SQLite found the file damaged; a note beside it makes the next open move it aside.
    bool isDamaged() const { return m_damaged; }
    static QString damageNote(const QString &path);
    /// True when the note is about the file that stands there now.
    static bool wasFoundDamaged(const QString &path);

private:
    Result<QSqlDatabase> connection() const;
    Result<int> schema() const;
    Result<void> makeTables() const;
    Error errorOf(const QString &what, const QSqlError &error) const;

    const QString m_path;
    const DatabaseAccess m_access;
    const quint64 m_instance;
    const QByteArray m_file; ///< which file stood there when it was opened
    mutable std::atomic<bool> m_damaged{false};
    mutable QMutex m_mutex;
    mutable QStringList m_names; ///< of every connection made, for the destructor
};

/// Bound as it is, a null QString becomes NULL, which equals nothing.
inline QString notNull(const QString &text)
{
    return text.isNull() ? QLatin1String("") : text;
}

/// Times stand as milliseconds since 1970, or NULL.
QVariant milliseconds(const QDateTime &time);
QDateTime timeOf(const QVariant &value);

} // namespace lb
