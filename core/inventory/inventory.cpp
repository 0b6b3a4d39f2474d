// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inventory/inventory.h"

#include "core/base/atomic_file.h"
#include "core/base/file_descriptor.h"
#include "core/inventory/database.h"

#include <QDeadlineTimer>
#include <QFile>
#include <QFileInfo>
#include <QThread>

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Inventory)

/// Only one process at a time makes the first file or moves a damaged one; otherwise the second
/// would move the first one's new file. Waits a few seconds at most: a stopped process that holds
/// it must not stop others.
Result<FileDescriptor> lockOpening(const QString &path)
{
    FileDescriptor fd(::open(QFile::encodeName(path + QStringLiteral(".lock")).constData(),
                             O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd.isOpen())
        return failErrno(tr("Cannot open the inventory %1").arg(path), errno);
    QDeadlineTimer limit(5000);
    while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EINTR && errno != EWOULDBLOCK)
            return failErrno(tr("Cannot lock the inventory %1").arg(path), errno);
        if (limit.hasExpired())
            return failErrno(tr("Cannot lock the inventory %1").arg(path), ETIMEDOUT);
        QThread::msleep(10);
    }
    return fd;
}

/// Makes an empty file of mode 0600; SQLite would take the umask's, and gives its own files (-wal,
/// -shm) the mode of this one.
Result<void> makeFile(const QString &path)
{
    const FileDescriptor fd(::open(QFile::encodeName(path).constData(),
                                   O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd.isOpen() || ::fchmod(fd.get(), 0600) != 0)
        return failErrno(tr("Cannot create the inventory %1").arg(path), errno);
    return {};
}

Result<std::unique_ptr<InventoryDatabase>> openFile(const QString &path)
{
    if (InventoryDatabase::wasFoundDamaged(path))
        return fail(ErrorCode::Corrupt, tr("The inventory was found damaged"));
    TRY(makeFile(path));
    auto database = std::make_unique<InventoryDatabase>(path, DatabaseAccess::Write);
    TRY(database->prepare());
    return database;
}

/// On a read-only disk what is known can still be shown.
bool isReadOnly(const QString &path)
{
    return QFileInfo::exists(path) &&
           ::access(QFile::encodeName(QFileInfo(path).absolutePath()).constData(), W_OK) != 0;
}

bool isUnusable(const Error &error)
{
    return error.code == ErrorCode::Corrupt || error.code == ErrorCode::Unsupported;
}

Result<QString> moveAside(const QString &path)
{
    int number = 1;
    QString target;
    do
        target = path + QStringLiteral(".damaged-%1").arg(number++);
    while (QFileInfo::exists(target));
    for (const auto &suffix : {QStringLiteral("-wal"), QStringLiteral("-shm"), QString()}) {
        const QByteArray from = QFile::encodeName(path + suffix);
        if (::rename(from.constData(), QFile::encodeName(target + suffix).constData()) != 0 &&
            errno != ENOENT)
            return failErrno(tr("Cannot move the damaged inventory %1 aside").arg(path), errno);
    }
    QFile::remove(InventoryDatabase::damageNote(path));
    return target;
}

} // namespace

Inventory::Inventory(std::unique_ptr<InventoryDatabase> database, QString movedAside)
    : m_database(std::move(database)), m_movedAside(std::move(movedAside))
{
}

Inventory::~Inventory() = default;

Result<std::unique_ptr<Inventory>> Inventory::open(const QString &path)
{
    if (isReadOnly(path)) {
        auto database = std::make_unique<InventoryDatabase>(path, DatabaseAccess::Read);
        TRY(database->prepare());
        return std::unique_ptr<Inventory>(new Inventory(std::move(database), {}));
    }
    TRY(makeFolders(QFileInfo(path).absolutePath()));
    if (QFileInfo(path).size() > 0) {
        auto database = openFile(path);
        if (database)
            return std::unique_ptr<Inventory>(new Inventory(std::move(*database), {}));
        if (!isUnusable(database.error()))
            return tl::unexpected(database.error());
    }
    TRY_VALUE(const FileDescriptor lock, lockOpening(path));
    QString aside;
    auto database = openFile(path); // another process may have mended it meanwhile
    if (!database && isUnusable(database.error())) {
        TRY_VALUE(aside, moveAside(path));
        database = openFile(path);
    }
    if (!database)
        return tl::unexpected(database.error());
    return std::unique_ptr<Inventory>(new Inventory(std::move(*database), aside));
}

bool Inventory::needsRebuild() const
{
    if (m_database->isDamaged())
        return true;
    auto built = m_database->run(QStringLiteral("SELECT value FROM meta WHERE name='built'"));
    return !built || !built->next();
}

Result<void> Inventory::markRebuilt()
{
    TRY(m_database->run(QStringLiteral("INSERT OR REPLACE INTO meta VALUES ('built', '1')")));
    return {};
}

Result<void> Inventory::clear()
{
    // Durations stay: they cannot be found again in the stores, and do no harm.
    return m_database->inTransaction([this]() -> Result<void> {
        for (const char *table : {"meta", "points", "manifests", "runs", "obligations"})
            TRY(m_database->run(QStringLiteral("DELETE FROM %1").arg(QLatin1String(table))));
        return {};
    });
}

Result<void> Inventory::recordDuration(const QString &runbook, const QString &step, qint64 bytes,
                                       std::chrono::milliseconds took)
{
    return m_database->inTransaction([&]() -> Result<void> {
        TRY(m_database->run(QStringLiteral("INSERT INTO durations VALUES (?, ?, ?, ?)"),
                            {runbook, step, bytes, qint64(took.count())}));
        // Old machines and old data sizes must not slow down what is learned.
        TRY(m_database->run(
            QStringLiteral("DELETE FROM durations WHERE runbook=? AND step=? AND rowid NOT IN "
                           "(SELECT rowid FROM durations WHERE runbook=? AND step=? "
                           "ORDER BY rowid DESC LIMIT 5)"),
            {runbook, step, runbook, step}));
        return {};
    });
}

Result<std::optional<std::chrono::milliseconds>>
Inventory::estimate(const QString &runbook, const QString &step, qint64 bytes) const
{
    TRY_VALUE(QSqlQuery query,
              m_database->run(QStringLiteral("SELECT count(*), sum(ms), sum(bytes) FROM durations "
                                             "WHERE runbook=? AND step=?"),
                              {runbook, step}));
    if (!query.next() || query.value(0).toInt() == 0)
        return std::optional<std::chrono::milliseconds>();
    const double count = query.value(0).toDouble();
    const double milliseconds = query.value(1).toDouble();
    const double known = query.value(2).toDouble();
    const double took =
        bytes > 0 && known > 0 ? milliseconds * double(bytes) / known : milliseconds / count;
    return std::optional(std::chrono::milliseconds(qint64(took)));
}

} // namespace lb
