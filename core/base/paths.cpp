// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/paths.h"

#include <QDir>
#include <QFile>

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

namespace lb::paths {

namespace {

LB_TRANSLATE(Paths)

QString xdg(const char *variable, const QString &fallback)
{
    const QString value = qEnvironmentVariable(variable);
    // The specification says that a relative path is to be ignored.
    const QString base =
        QDir::isAbsolutePath(value) ? value : QDir::homePath() + QLatin1Char('/') + fallback;
    return QDir::cleanPath(base) + QStringLiteral("/lifeboat");
}

Result<void> makePrivate(const QString &folder)
{
    const QByteArray name = QFile::encodeName(folder);
    if (::mkdir(name.constData(), 0700) != 0 && errno != EEXIST)
        return failErrno(tr("Cannot create the folder %1").arg(folder), errno);
    struct stat info
    {
    };
    if (::lstat(name.constData(), &info) != 0)
        return failErrno(tr("Cannot look at %1").arg(folder), errno);
    if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid() || (info.st_mode & 077) != 0)
        return fail(ErrorCode::Denied, tr("%1 is not a private folder of yours").arg(folder), {},
                    tr("Remove it or set XDG_RUNTIME_DIR"));
    return {};
}

} // namespace

QString configFolder()
{
    return xdg("XDG_CONFIG_HOME", QStringLiteral(".config"));
}

QString systemsFolder()
{
    return configFolder() + QStringLiteral("/systems");
}

QString userRunbooksFolder()
{
    return configFolder() + QStringLiteral("/runbooks");
}

QString storesFile()
{
    return configFolder() + QStringLiteral("/stores.yaml");
}

QString dataFolder()
{
    return xdg("XDG_DATA_HOME", QStringLiteral(".local/share"));
}

QString runsFolder()
{
    return dataFolder() + QStringLiteral("/runs");
}

QString runFolder(const RunId &run)
{
    return runsFolder() + QLatin1Char('/') + run.value();
}

QString leasesFolder()
{
    return dataFolder() + QStringLiteral("/leases");
}

QString defaultStoreFolder()
{
    return dataFolder() + QStringLiteral("/restore-points");
}

QString practiceFolder()
{
    return dataFolder() + QStringLiteral("/practice");
}

QString inventoryFile()
{
    return dataFolder() + QStringLiteral("/inventory.db");
}

QString stateFolder()
{
    return xdg("XDG_STATE_HOME", QStringLiteral(".local/state"));
}

Result<QString> runtimeFolder()
{
    const QString session = qEnvironmentVariable("XDG_RUNTIME_DIR");
    // A socket's path may have 107 bytes; a run's socket adds at most 30 to the folder.
    if (QDir::isAbsolutePath(session) && session.toUtf8().size() < 60 && QDir(session).exists()) {
        const QString folder = session + QStringLiteral("/lifeboat");
        if (makePrivate(folder))
            return folder;
    }
    const QString folder = QStringLiteral("/tmp/lifeboat-%1").arg(::geteuid());
    TRY(makePrivate(folder));
    return folder;
}

} // namespace lb::paths
