// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inventory/database.h"

#include <QFile>
#include <QFileInfo>
#include <QSqlError>
#include <QUrl>

#include <map>
#include <sys/stat.h>

namespace lb {

namespace {

LB_TRANSLATE(Inventory)

constexpr int kSchema = 1;
constexpr int kBusyMilliseconds = 5000;

// SQLite's own result codes (sqlite3.h), as QSqlError::nativeErrorCode() gives them.
constexpr int kBusy = 5;
constexpr int kReadOnly = 8;
constexpr int kCorrupt = 11;
constexpr int kFull = 13;
constexpr int kCannotOpen = 14;
constexpr int kNotADatabase = 26;

/// A thread's connections, closed in that thread when it ends: Qt lets no other thread use them,
/// and thread numbers are used again.
struct ThreadConnections
{
    std::map<quint64, QString> names;
    ~ThreadConnections()
    {
        for (const auto &[instance, name] : names)
            QSqlDatabase::removeDatabase(name);
    }
};
thread_local ThreadConnections t_connections;

std::atomic<quint64> s_instances{0};
std::atomic<quint64> s_connections{0};

const char *const kTables[] = {
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID",
    // Narrow, so that sorting and filtering read little; the manifests stand apart.
    "CREATE TABLE points (id TEXT, store TEXT, system TEXT, type TEXT, made_at INTEGER,"
    " run TEXT, bytes INTEGER, skew INTEGER, completeness INTEGER, proof INTEGER,"
    " proof_at INTEGER, folder TEXT, problem TEXT, search TEXT, PRIMARY KEY (id, store))"
    " WITHOUT ROWID",
    "CREATE INDEX points_by_time ON points (made_at, id)",
    "CREATE TABLE manifests (id TEXT, store TEXT, document BLOB, PRIMARY KEY (id, store))",
    "CREATE TABLE runs (id TEXT PRIMARY KEY, runbook TEXT, title TEXT, system TEXT, purpose TEXT,"
    " state TEXT, ended INTEGER, started_at INTEGER, ended_at INTEGER, hidden INTEGER,"
    " restore_point TEXT, waiting_for TEXT, waiting_step TEXT, waiting_text TEXT,"
    " waiting_since INTEGER, runner_pid INTEGER, runner_start TEXT, runner_boot TEXT,"
    " runner_host TEXT, open_obligations INTEGER) WITHOUT ROWID",
    "CREATE INDEX runs_by_time ON runs (started_at, id)",
    "CREATE TABLE obligations (run TEXT, id TEXT, system TEXT, state TEXT, opened_at INTEGER,"
    " document BLOB, PRIMARY KEY (run, id)) WITHOUT ROWID",
    "CREATE TABLE durations (runbook TEXT, step TEXT, bytes INTEGER, ms INTEGER)",
    "CREATE INDEX durations_by_step ON durations (runbook, step)",
};

/// Tells a file from the one that takes its name later; empty when there is none.
QByteArray fileNumber(const QString &path)
{
    struct stat info = {};
    if (::stat(QFile::encodeName(path).constData(), &info) != 0)
        return {};
    return QByteArray::number(quint64(info.st_ino));
}

} // namespace

QVariant milliseconds(const QDateTime &time)
{
    return time.isValid() ? QVariant(time.toMSecsSinceEpoch()) : QVariant();
}

QDateTime timeOf(const QVariant &value)
{
    return value.isNull() ? QDateTime()
                          : QDateTime::fromMSecsSinceEpoch(value.toLongLong(), Qt::UTC);
}

namespace {

/// Without a write-ahead log SQLite needs no file of its own beside the database when it is told
/// that nobody writes; one that a killed process left behind is read as it is.
QString readOnlyName(const QString &path)
{
    QUrl url = QUrl::fromLocalFile(path);
    const bool hasLog = QFileInfo(path + QStringLiteral("-wal")).size() > 0;
    url.setQuery(hasLog ? QStringLiteral("mode=ro") : QStringLiteral("immutable=1"));
    return url.toString(QUrl::FullyEncoded);
}

} // namespace

InventoryDatabase::InventoryDatabase(QString path, DatabaseAccess access)
    : m_path(std::move(path)),
      m_access(access),
      m_instance(++s_instances),
      m_file(fileNumber(m_path))
{
}

bool InventoryDatabase::wasFoundDamaged(const QString &path)
{
    QFile note(damageNote(path));
    if (!note.open(QIODevice::ReadOnly))
        return false;
    const QByteArray number = note.readAll();
    // Whoever was late with its note meant the file that has been moved aside since.
    return number.isEmpty() || number == fileNumber(path);
}

InventoryDatabase::~InventoryDatabase()
{
    t_connections.names.erase(m_instance);
    for (const QString &name : std::as_const(m_names))
        QSqlDatabase::removeDatabase(name);
}

QString InventoryDatabase::damageNote(const QString &path)
{
    return path + QStringLiteral(".is-damaged");
}

Error InventoryDatabase::errorOf(const QString &what, const QSqlError &error) const
{
    const int native = error.nativeErrorCode().toInt() & 0xff;
    Error result{ErrorCode::Failed, what, error.databaseText(),
                 tr("Runs go on without the inventory; it can be rebuilt with "
                    "doctor --rebuild-inventory")};
    switch (native) {
    case kBusy:
        result.code = ErrorCode::TimedOut;
        break;
    case kFull:
        result.code = ErrorCode::NoSpace;
        break;
    case kReadOnly:
    case kCannotOpen:
        result.code = ErrorCode::Denied;
        break;
    case kCorrupt:
    case kNotADatabase: {
        result.code = ErrorCode::Corrupt;
        m_damaged = true;
        QFile note(damageNote(m_path));
        if (!note.open(QIODevice::WriteOnly) || note.write(m_file) != m_file.size())
            result.detail += QStringLiteral("; ") + note.errorString();
        break;
    }
    default:
        break;
    }
    return result;
}

Result<QSqlDatabase> InventoryDatabase::connection() const
{
    const auto known = t_connections.names.find(m_instance);
    if (known != t_connections.names.end())
        return QSqlDatabase::database(known->second);

    const QString name = QStringLiteral("lifeboat-inventory-%1").arg(++s_connections);
    {
        const QMutexLocker locker(&m_mutex);
        m_names << name;
    }
    t_connections.names.emplace(m_instance, name);
    auto database = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), name);
    database.setDatabaseName(m_access == DatabaseAccess::Read ? readOnlyName(m_path) : m_path);
    database.setConnectOptions(
        m_access == DatabaseAccess::Read
            ? QStringLiteral("QSQLITE_OPEN_URI;QSQLITE_OPEN_READONLY")
            : QStringLiteral("QSQLITE_BUSY_TIMEOUT=%1").arg(kBusyMilliseconds));
    const auto forget = [&] {
        database = QSqlDatabase();
        QSqlDatabase::removeDatabase(name);
        t_connections.names.erase(m_instance);
    };
    if (!database.open()) {
        const Error error =
            errorOf(tr("Cannot open the inventory %1").arg(m_path), database.lastError());
        forget();
        return tl::unexpected(error);
    }
    if (m_access == DatabaseAccess::Read)
        return database;
    // WAL: readers and the writer do not wait for each other. NORMAL: a power loss may take the
    // last rows, never the file; they are rebuilt.
    for (const auto &pragma :
         {QStringLiteral("PRAGMA journal_mode=WAL"), QStringLiteral("PRAGMA synchronous=NORMAL")}) {
        QSqlQuery query(database);
        if (!query.exec(pragma)) {
            const Error error =
                errorOf(tr("Cannot open the inventory %1").arg(m_path), query.lastError());
            query = QSqlQuery();
            forget();
            return tl::unexpected(error);
        }
    }
    return database;
}

Result<QSqlQuery> InventoryDatabase::run(const QString &sql, const QVariantList &values) const
{
    TRY_VALUE(const QSqlDatabase database, connection());
    QSqlQuery query(database);
    query.setForwardOnly(true);
    if (query.prepare(sql)) {
        for (const QVariant &value : values)
            query.addBindValue(value);
        if (query.exec())
            return query;
    }
    return tl::unexpected(errorOf(tr("The inventory could not answer"), query.lastError()));
}

Result<void> InventoryDatabase::atEnd(const QSqlQuery &query) const
{
    if (query.lastError().isValid())
        return tl::unexpected(errorOf(tr("The inventory could not answer"), query.lastError()));
    return {};
}

Result<void> InventoryDatabase::inTransaction(const std::function<Result<void>()> &work) const
{
    TRY(run(QStringLiteral("BEGIN IMMEDIATE")));
    auto done = work();
    if (done) {
        if (const auto committed = run(QStringLiteral("COMMIT")); !committed)
            done = tl::unexpected(committed.error());
    }
    if (!done)
        (void)run(QStringLiteral("ROLLBACK")); // its failure adds nothing to the first one
    return done;
}

Result<int> InventoryDatabase::schema() const
{
    TRY_VALUE(QSqlQuery query, run(QStringLiteral("PRAGMA user_version")));
    return query.next() ? query.value(0).toInt() : 0;
}

Result<void> InventoryDatabase::makeTables() const
{
    TRY_VALUE(const int now, schema());
    if (now != 0)
        return {}; // another process was faster
    for (const char *table : kTables)
        TRY(run(QString::fromLatin1(table)));
    TRY(run(QStringLiteral("PRAGMA user_version=%1").arg(kSchema)));
    return {};
}

Result<void> InventoryDatabase::prepare()
{
    TRY_VALUE(const int before, schema());
    if (before > kSchema)
        return fail(ErrorCode::Unsupported, tr("The inventory was written by a newer Lifeboat"));
    if (before == 0)
        TRY(inTransaction([this] { return makeTables(); }));
    // Touches every table: a file that is another program's, or cut, shows here.
    for (const char *table : {"meta", "points", "manifests", "runs", "obligations", "durations"}) {
        const auto looked =
            run(QStringLiteral("SELECT * FROM %1 LIMIT 1").arg(QLatin1String(table)));
        if (!looked && looked.error().code == ErrorCode::Failed) // no such table
            return fail(ErrorCode::Corrupt, looked.error().summary, looked.error().detail);
        if (!looked)
            return tl::unexpected(looked.error());
    }
    return {};
}

} // namespace lb
