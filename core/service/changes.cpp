// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/service/changes.h"

#include "core/base/paths.h"
#include "core/journal/run_folder.h"
#include "core/runner/runner_client.h"

#include <QFileInfo>
#include <QSet>

namespace lb {

namespace {

using namespace std::chrono_literals;

/// A run that ended or stands writes nothing; the newest ones are those that may be going on.
constexpr int kWatchedRuns = 64;

} // namespace

ChangeWatcher::ChangeWatcher(std::function<void()> changed) : m_changed(std::move(changed))
{
    m_settle.setSingleShot(true);
    m_settle.setInterval(200ms);
    QObject::connect(&m_settle, &QTimer::timeout, &m_watcher, [this] {
        watchAll();
        m_changed();
    });
    const auto settle = [this] {
        if (!m_settle.isActive())
            m_settle.start();
    };
    QObject::connect(&m_watcher, &QFileSystemWatcher::directoryChanged, &m_watcher, settle);
    QObject::connect(&m_watcher, &QFileSystemWatcher::fileChanged, &m_watcher, settle);
    watchAll();
}

void ChangeWatcher::watchAll()
{
    QStringList wanted{
        paths::configFolder(),       paths::systemsFolder(),
        paths::userRunbooksFolder(), paths::storesFile(),
        paths::dataFolder(),         paths::runsFolder(),
        paths::inventoryFile(),      paths::inventoryFile() + QStringLiteral("-wal")};
    const QList<RunId> runs = listRuns();
    for (const RunId &run : runs.first(qMin<qsizetype>(runs.size(), kWatchedRuns)))
        wanted << RunFolder::of(run).journalFile();
    const QStringList watched = m_watcher.files() + m_watcher.directories();
    const QSet<QString> already(watched.begin(), watched.end());
    QStringList fresh;
    for (const QString &path : wanted) {
        if (!already.contains(path) && QFileInfo::exists(path))
            fresh << path;
    }
    if (!fresh.isEmpty())
        m_watcher.addPaths(fresh);
}

} // namespace lb
