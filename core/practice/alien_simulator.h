// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QObject>
#include <QStringList>

#include <memory>

namespace lb {

/// Plays the REST interface of Alien4Cloud 1.1 on 127.0.0.1 (systems/alien4cloud.md §3.2): status,
/// login, plugins and orchestrators, with errors inside HTTP 200 and changes by GET. What it shows
/// and changes are the documents of an Elasticsearch, and the plugins' files. Main thread.
class AlienSimulator : public QObject
{
    Q_OBJECT
public:
    struct Options
    {
        quint16 elasticsearchPort = 0;
        QString dataFolder; ///< directories.alien
        QString user, password;
        QStringList faults; ///< of faultNames()
        bool isNew = false; ///< 1.2.0, which makes the indices that it lacks
    };

    /// orchestrator-stays-disabled.
    static QStringList faultNames();

    explicit AlienSimulator(Options options, QObject *parent = nullptr);
    ~AlienSimulator() override;

    /// What a start of Alien does to its data (§3.1): an enabled plugin without files is saved as
    /// disabled, and so are orchestrators whose plugin is; the others begin to connect.
    Result<void> boot();
    /// Port 0 takes a free one.
    Result<quint16> listen(quint16 port = 0);

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace lb
