// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/leases.h"

#include "core/base/atomic_file.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/base/process_identity.h"
#include "core/model/value_types.h"

#include <QDir>
#include <QFile>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace lb {

namespace {

LB_TRANSLATE(Leases)

const char *modeName(LeaseMode mode)
{
    return mode == LeaseMode::Exclusive ? "exclusive" : "shared";
}

bool sameInstallation(const Identity &a, const Identity &b)
{
    // One fact in common is enough to be careful: too many leases only make somebody wait.
    if (!compareIdentity(a, b).agreeing.isEmpty())
        return true;
    return a.facts.isEmpty() && b.facts.isEmpty() && a.text == b.text;
}

bool inside(const QString &path, const QString &folder)
{
    return path == folder || folder == QLatin1String("/") ||
           path.startsWith(folder + QLatin1Char('/'));
}

FileDescriptor openLock(const QString &path, int flags)
{
    return FileDescriptor(::open(QFile::encodeName(path).constData(), flags | O_CLOEXEC, 0600));
}

/// Is somebody alive holding this lease file?
bool isHeld(const QString &file)
{
    const FileDescriptor fd = openLock(file, O_RDONLY);
    if (!fd.isOpen())
        return false;
    return ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

tl::unexpected<Error> heldBy(const QJsonObject &lease)
{
    const QJsonObject owner = lease.value(QLatin1String("owner")).toObject();
    return fail(ErrorCode::Conflict, tr("Another run works on the same target"),
                tr("run %1 of the system %2, process %3 on %4, since %5")
                    .arg(lease.value(QLatin1String("run")).toString(),
                         lease.value(QLatin1String("system")).toString())
                    .arg(owner.value(QLatin1String("pid")).toInt())
                    .arg(lease.value(QLatin1String("host")).toString(),
                         lease.value(QLatin1String("taken_at")).toString()),
                tr("Wait until it has ended, or look at it: lifeboat-cli runs show %1")
                    .arg(lease.value(QLatin1String("run")).toString()));
}

/// Looks at every lease file; those of dead owners are removed. The registry is locked.
Result<void> checkOthers(const RunId &run, const Identity &identity, LeaseMode mode)
{
    const QDir folder(paths::leasesFolder());
    for (const QString &name : folder.entryList({QStringLiteral("*.json")}, QDir::Files)) {
        const QString file = folder.filePath(name);
        if (!isHeld(file)) {
            QFile::remove(file);
            continue;
        }
        const auto bytes = readWholeFile(file, 1024 * 1024);
        const auto lease = bytes ? parseJsonObject(*bytes, file)
                                 : Result<QJsonObject>(tl::unexpected(bytes.error()));
        if (!lease || lease->value(QLatin1String("run")).toString() == run.value())
            continue;
        const Identity other =
            Identity::fromJson(lease->value(QLatin1String("identity")).toObject());
        const bool bothShared =
            mode == LeaseMode::Shared && lease->value(QLatin1String("mode")).toString() ==
                                             QLatin1String(modeName(LeaseMode::Shared));
        if (!bothShared && sameInstallation(identity, other) &&
            scopesOverlap(identity.scope, other.scope))
            return heldBy(*lease);
    }
    return {};
}

Result<FileDescriptor> lockFolder(const QString &path, LeaseMode mode)
{
    FileDescriptor fd = openLock(path, O_RDONLY | O_DIRECTORY);
    if (!fd.isOpen())
        return FileDescriptor(); // not there yet, not a folder, not readable: nothing to lock
    const int how = mode == LeaseMode::Exclusive ? LOCK_EX : LOCK_SH;
    if (::flock(fd.get(), how | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return fail(ErrorCode::Conflict, tr("%1 is in use by another run").arg(path),
                    tr("a process of another user or with another data folder holds its lock"),
                    tr("Wait until it has ended"));
    return fd;
}

Result<FileDescriptor> lockRegistry()
{
    TRY(makeFolders(paths::leasesFolder()));
    const QString file = paths::leasesFolder() + QStringLiteral("/registry.lock");
    FileDescriptor fd = openLock(file, O_RDWR | O_CREAT);
    if (!fd.isOpen())
        return failErrno(tr("Cannot open %1").arg(file), errno);
    if (::flock(fd.get(), LOCK_EX) != 0)
        return failErrno(tr("Cannot lock %1").arg(file), errno);
    return fd;
}

} // namespace

bool scopesOverlap(const QStringList &a, const QStringList &b)
{
    return std::any_of(a.begin(), a.end(), [&](const QString &x) {
        return std::any_of(b.begin(), b.end(), [&](const QString &y) {
            if (x.startsWith(QLatin1Char('/')) && y.startsWith(QLatin1Char('/')))
                return inside(x, y) || inside(y, x);
            return x == y;
        });
    });
}

Result<void> Lease::isFree(const RunId &run, const Identity &identity, LeaseMode mode)
{
    TRY_VALUE(const FileDescriptor registry, lockRegistry());
    TRY(checkOthers(run, identity, mode));
    for (const QString &name : identity.scope) {
        if (name.startsWith(QLatin1Char('/')))
            TRY(lockFolder(name, mode)); // let go at once
    }
    return {};
}

Result<Lease> Lease::take(const RunId &run, const Identity &identity, LeaseMode mode)
{
    TRY_VALUE(const FileDescriptor registry, lockRegistry());
    TRY(checkOthers(run, identity, mode));
    Lease lease;
    lease.m_mode = mode;
    lease.m_file = paths::leasesFolder() + QLatin1Char('/') + run.value() + QStringLiteral(".json");
    lease.m_lock = openLock(lease.m_file, O_RDWR | O_CREAT);
    if (!lease.m_lock.isOpen())
        return failErrno(tr("Cannot write %1").arg(lease.m_file), errno);
    if (::flock(lease.m_lock.get(), LOCK_EX | LOCK_NB) != 0)
        return failErrno(tr("Cannot lock %1").arg(lease.m_file), errno);
    const QJsonObject record{
        {QStringLiteral("format"), 1},
        {QStringLiteral("run"), run.value()},
        {QStringLiteral("system"), identity.text.section(QLatin1Char('@'), 0, 0)},
        {QStringLiteral("mode"), QString::fromLatin1(modeName(mode))},
        {QStringLiteral("identity"), identity.toJson()},
        {QStringLiteral("scope"), toJsonArray(identity.scope)},
        {QStringLiteral("owner"), ProcessIdentity::self().toJson()},
        {QStringLiteral("host"), currentHostName()},
        {QStringLiteral("user"), currentUserName()},
        {QStringLiteral("taken_at"), toJsonTime(utcNow())}};
    const QByteArray bytes = toJsonDocument(record);
    // In place: the lock is on this very file. A torn one is a lease of a dead owner.
    if (::ftruncate(lease.m_lock.get(), 0) != 0 ||
        ::pwrite(lease.m_lock.get(), bytes.constData(), size_t(bytes.size()), 0) != bytes.size())
        return failErrno(tr("Cannot write %1").arg(lease.m_file), errno);
    for (const QString &name : identity.scope) {
        if (name.startsWith(QLatin1Char('/')))
            TRY(lease.add(name));
    }
    return lease;
}

Result<void> Lease::add(const QString &folder)
{
    TRY_VALUE(FileDescriptor fd, lockFolder(folder, m_mode));
    if (fd.isOpen())
        m_folders.push_back(std::move(fd));
    return {};
}

Lease::~Lease()
{
    if (m_lock.isOpen())
        QFile::remove(m_file);
}

} // namespace lb
