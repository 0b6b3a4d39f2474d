// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/base/paths.h"
#include "core/config/profile_files.h"
#include "core/service/service_private.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>
#include <QStorageInfo>

#include <array>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Doctor)

using Level = DoctorFinding::Level;

/// Programs that runbooks call, and the Debian package that brings each.
constexpr std::array<std::pair<const char *, const char *>, 13> kPrograms{{
    {"tar", "tar"},
    {"zstd", "zstd"},
    {"sha256sum", "coreutils"},
    {"age", "age"},
    {"git", "git"},
    {"ssh", "openssh-client"},
    {"pg_dump", "postgresql-client"},
    {"pg_restore", "postgresql-client"},
    {"mysqldump", "default-mysql-client"},
    {"restic", "restic"},
    {"kubectl", "kubernetes-client"},
    {"helm", "helm"},
    {"aws", "awscli"},
}};

/// The first folder above a path that exists: what decides whether the path can be made.
QString standing(QString path)
{
    while (!path.isEmpty() && path != QLatin1String("/") && !QFileInfo::exists(path))
        path = QFileInfo(path).path();
    return path;
}

bool canWrite(const QString &path)
{
    return ::access(QFile::encodeName(standing(path)).constData(), W_OK) == 0;
}

DoctorFinding folderFinding(const QString &what, const QString &path)
{
    const QFileInfo info(path);
    if (!canWrite(path))
        return {Level::Problem, what, tr("%1 cannot be written").arg(path),
                tr("Give this user the right to write there, or set the XDG variables")};
    constexpr auto kOthers = QFile::ReadGroup | QFile::WriteGroup | QFile::ExeGroup |
                             QFile::ReadOther | QFile::WriteOther | QFile::ExeOther;
    if (info.exists() && (info.permissions() & kOthers))
        return {Level::Note, what, tr("%1 can be entered by other users").arg(path),
                tr("chmod 700 %1").arg(path)};
    return {Level::Good, what, info.exists() ? path : tr("%1 (will be made)").arg(path), {}};
}

} // namespace

std::vector<DoctorFinding> Service::doctor()
{
    std::vector<DoctorFinding> found;
    found.push_back(folderFinding(tr("Configuration folder"), paths::configFolder()));
    found.push_back(folderFinding(tr("Data folder"), paths::dataFolder()));
    found.push_back(folderFinding(tr("Runs folder"), paths::runsFolder()));
    if (const auto runtime = paths::runtimeFolder())
        found.push_back({Level::Good, tr("Folder for sockets"), *runtime, {}});
    else
        found.push_back({Level::Problem, tr("Folder for sockets"), runtime.error().sentence(),
                         tr("Without it no run can be started")});

    const QFileInfo runner(d->program);
    if (runner.isExecutable())
        found.push_back({Level::Good, tr("Runner program"), d->program, {}});
    else
        found.push_back({Level::Problem, tr("Runner program"),
                         tr("%1 is missing or cannot be started").arg(d->program),
                         tr("Install lifeboat-cli beside the window")});

    const QStorageInfo disk(standing(paths::dataFolder()));
    const qint64 free = disk.bytesAvailable();
    found.push_back(
        {free < 256 * 1024 * 1024 ? Level::Problem : Level::Good, tr("Room for runs and logs"),
         tr("%1 free").arg(formatSize(free)),
         free < 256 * 1024 * 1024 ? tr("Free space: journals must always be written") : QString()});

    std::vector<Diagnostic> broken;
    if (const auto profiles = readProfiles(&broken); !profiles)
        found.push_back({Level::Problem, tr("Systems"), profiles.error().sentence(), {}});
    else if (broken.empty())
        found.push_back(
            {Level::Good, tr("Systems"), tr("%n system(s)", nullptr, int(profiles->size())), {}});
    for (const Diagnostic &diagnostic : broken)
        found.push_back({Level::Problem, tr("System file"), diagnostic.text(),
                         tr("Mend the line; the system is not listed until then")});

    for (const RunbookInfo &book : runbooks(true)) {
        for (const Diagnostic &diagnostic : book.diagnostics) {
            const bool error = diagnostic.severity == Diagnostic::Severity::Error;
            found.push_back({error ? Level::Problem : Level::Note,
                             tr("Runbook %1").arg(book.id),
                             diagnostic.text(),
                             {}});
        }
    }

    const auto stores = readStores();
    for (const StoreProfile &store : stores.value_or(std::vector<StoreProfile>())) {
        if (!canWrite(store.folder))
            found.push_back({Level::Problem, tr("Store %1").arg(store.name),
                             tr("%1 cannot be written").arg(store.folder),
                             tr("“stores test %1” tries it").arg(store.name)});
        else
            found.push_back(
                {Level::Good,
                 tr("Store %1").arg(store.name),
                 tr("%1, %2 free")
                     .arg(store.folder,
                          formatSize(QStorageInfo(standing(store.folder)).bytesAvailable())),
                 {}});
    }
    if (stores) {
        if (const auto why = d->index.outOfDate(*stores))
            found.push_back({Level::Note, tr("Inventory"), *why,
                             tr("“doctor --rebuild-inventory” reads it anew")});
        else
            found.push_back({Level::Good, tr("Inventory"), paths::inventoryFile(), {}});
    }

    for (const RunSummary &run : runs(true)) {
        if (run.state == RunStateName::Interrupted && !run.imported)
            found.push_back({Level::Problem, tr("Run %1").arg(run.id), tr("was interrupted"),
                             tr("“runs resume %1”").arg(run.id)});
    }
    if (const auto open = obligations(); !open.empty())
        found.push_back({Level::Note, tr("Still to undo"),
                         tr("%n thing(s)", nullptr, int(open.size())), tr("“obligations list”")});

    for (const auto &[program, package] : kPrograms) {
        const QString name = QString::fromLatin1(program);
        const QString path = QStandardPaths::findExecutable(name);
        if (path.isEmpty())
            found.push_back(
                {Level::Note, tr("Program %1").arg(name), tr("not installed"),
                 tr("Runbooks that need it say so; package %1").arg(QString::fromLatin1(package))});
        else
            found.push_back({Level::Good, tr("Program %1").arg(name), path, {}});
    }
    return found;
}

} // namespace lb
