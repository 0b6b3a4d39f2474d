// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFileSystemWatcher>
#include <QTimer>

#include <functional>

namespace lb {

/// Watches the files that lists are made from and calls back at most five times a second. Main
/// thread. Folders that do not exist yet are found when their parent changes.
class ChangeWatcher
{
public:
    explicit ChangeWatcher(std::function<void()> changed);

private:
    void watchAll();

    std::function<void()> m_changed;
    QFileSystemWatcher m_watcher;
    QTimer m_settle;
};

} // namespace lb
