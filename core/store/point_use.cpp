// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/point_use.h"

#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/base/process_identity.h"
#include "core/store/store_paths.h"

#include <QDir>
#include <QFile>

#include <atomic>
#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace lb {

namespace {

LB_TRANSLATE(Store)

// Locks are files beside the points, not the points' folders: NFS locks no folders.
QString lockFile(const QString &systemFolder, const PointId &id)
{
    return storepaths::locks(systemFolder) + QLatin1Char('/') + id.value();
}

bool isSameFile(int fd, const QByteArray &path)
{
    struct stat opened
    {
    };
    struct stat named
    {
    };
    return ::fstat(fd, &opened) == 0 && ::lstat(path.constData(), &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/// Opens and locks; a lock on a file that its remover has just unlinked is worth nothing, so it
/// looks whether the name still leads to it.
Result<FileDescriptor> openLocked(const QString &systemFolder, const PointId &id, int operation)
{
    TRY(makeFolders(storepaths::locks(systemFolder)));
    const QByteArray path = QFile::encodeName(lockFile(systemFolder, id));
    for (;;) {
        FileDescriptor fd(
            ::open(path.constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        const int number = errno;
        if (!fd.isOpen() && operation == LOCK_SH && (number == EROFS || number == EACCES))
            fd = FileDescriptor(::open(path.constData(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
        if (!fd.isOpen())
            return failErrno(tr("Cannot open the lock of restore point %1").arg(id.value()),
                             number);
        while (::flock(fd.get(), operation | LOCK_NB) != 0) {
            if (errno == EINTR)
                continue;
            if (errno != EWOULDBLOCK)
                return failErrno(tr("Cannot lock restore point %1").arg(id.value()), errno);
            return fail(ErrorCode::Conflict, tr("Restore point %1 is in use").arg(id.value()));
        }
        if (isSameFile(fd.get(), path))
            return fd;
    }
}

/// Who says to use the point, leaving out the dead of this machine.
QStringList usersOf(const QString &systemFolder, const PointId &id)
{
    QStringList users;
    const QDir folder(storepaths::locks(systemFolder));
    const auto notes = folder.entryList({id.value() + QStringLiteral(".*.json")}, QDir::Files);
    for (const QString &note : notes) {
        const auto bytes = readWholeFile(folder.filePath(note), 64 * 1024);
        const auto object = bytes ? parseJsonObject(*bytes, note) : tl::unexpected(bytes.error());
        if (!object)
            continue;
        const QString host = object->value(QLatin1String("host")).toString();
        const auto process =
            ProcessIdentity::fromJson(object->value(QLatin1String("process")).toObject());
        if (host == currentHostName() && !process.isAlive()) {
            QFile::remove(folder.filePath(note));
            continue;
        }
        users << tr("%1 (process %2 on %3)")
                     .arg(displayText(object->value(QLatin1String("who")).toString()))
                     .arg(process.pid)
                     .arg(displayText(host));
    }
    return users;
}

/// Says who uses it; without, a refused removal just cannot name the user. Not synced: after a
/// power loss nobody uses it any more.
QString writeNote(const QString &systemFolder, const PointId &id, const QString &who)
{
    static std::atomic<int> count{0};
    const QString note =
        lockFile(systemFolder, id) + QStringLiteral(".%1-%2.json").arg(::getpid()).arg(++count);
    const QJsonObject content{{QStringLiteral("host"), currentHostName()},
                              {QStringLiteral("process"), ProcessIdentity::self().toJson()},
                              {QStringLiteral("who"), who}};
    QFile file(note);
    const QByteArray bytes = toJsonDocument(content);
    if (!file.open(QIODevice::WriteOnly | QIODevice::NewOnly) || file.write(bytes) != bytes.size())
        return {};
    return note;
}

} // namespace

PointUse &PointUse::operator=(PointUse &&other) noexcept
{
    if (this != &other) {
        release();
        m_lock = std::move(other.m_lock);
        m_folder = std::exchange(other.m_folder, {});
        m_note = std::exchange(other.m_note, {});
    }
    return *this;
}

PointUse::PointUse(PointUse &&other) noexcept
    : m_lock(std::move(other.m_lock)),
      m_folder(std::exchange(other.m_folder, {})),
      m_note(std::exchange(other.m_note, {}))
{
}

PointUse::~PointUse()
{
    release();
}

void PointUse::release()
{
    if (!m_note.isEmpty())
        QFile::remove(m_note);
    m_note.clear();
    m_lock.reset();
}

Result<PointUse> PointUse::take(const QString &systemFolder, const PointId &id, const QString &who)
{
    PointUse use;
    use.m_folder = storepaths::published(systemFolder, id);
    auto lock = openLocked(systemFolder, id, LOCK_SH);
    if (lock) {
        use.m_lock = std::move(*lock);
        use.m_note = writeNote(systemFolder, id, who);
    } else if (lock.error().code == ErrorCode::Conflict) {
        return fail(ErrorCode::Conflict,
                    tr("Restore point %1 is being removed or written").arg(id.value()),
                    usersOf(systemFolder, id).join(QStringLiteral(", ")));
    } else if (lock.error().code != ErrorCode::Denied) {
        return tl::unexpected(lock.error());
    }
    // It may have been removed between finding and locking it.
    if (!QFileInfo(use.m_folder).isDir())
        return fail(ErrorCode::NotFound, tr("There is no restore point %1").arg(id.value()));
    return use;
}

Result<FileDescriptor> lockPointAlone(const QString &systemFolder, const PointId &id)
{
    auto lock = openLocked(systemFolder, id, LOCK_EX);
    if (!lock && lock.error().code == ErrorCode::Conflict) {
        const QStringList users = usersOf(systemFolder, id);
        lock.error().detail = users.isEmpty() ? tr("by a process that did not give its name")
                                              : tr("by %1").arg(users.join(QStringLiteral(", ")));
        lock.error().advice = tr("Nothing was changed; wait until it has ended, or cancel it");
    }
    return lock;
}

bool isPointLocked(const QString &systemFolder, const PointId &id)
{
    const FileDescriptor fd(::open(QFile::encodeName(lockFile(systemFolder, id)).constData(),
                                   O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    return fd.isOpen() && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

void removePointLock(const QString &systemFolder, const PointId &id)
{
    usersOf(systemFolder, id); // drops the notes of the dead
    QFile::remove(lockFile(systemFolder, id));
}

} // namespace lb
