// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/practice/practice_simulators.h"
#include "core/practice/tree_snapshot.h"

#include <optional>

namespace lb {

/// An invented installation of Alien4Cloud 1.1.0, with Elasticsearch and Alien each played by a
/// process of its own on 127.0.0.1. All of it is below one folder; nothing of it is worth anything.
struct PracticeAlien4Cloud
{
    QString home;
    quint16 elasticsearchPort = 0, alienPort = 0;

    QString clusterName() const { return QStringLiteral("practice"); }
    QString dataFolder() const { return home + QStringLiteral("/data"); } ///< directories.alien
    QString configFolder() const { return home + QStringLiteral("/config"); }
    QString shareFolder() const { return home + QStringLiteral("/share"); } ///< path.repo
    /// Where 1.2.0 is installed beside, with nothing in it but its configuration.
    QString newProgramFolder() const { return home + QStringLiteral("/alien4cloud-1.2.0"); }
    /// Where a migration may put documents.
    QString exportFolder() const { return home + QStringLiteral("/export"); }
};

/// Of both simulators.
QStringList alien4CloudFaultNames();

/// What is set up there; nothing before the first start.
std::optional<PracticeAlien4Cloud> findPracticeAlien4Cloud(const QString &home);
/// True when both simulators run.
bool isRunning(const PracticeAlien4Cloud &installation);

/// Makes the installation when there is none, and starts what does not run; `program` is
/// lifeboat-cli. Without `simulators` they are left as they are. Blocks for some seconds.
Result<PracticeAlien4Cloud>
startPracticeAlien4Cloud(const QString &home, const QString &program,
                         const std::optional<PracticeSimulators> &simulators = {});

/// Breaks indices, documents and files as accidents do. What was done, one sentence each.
Result<QStringList> damagePracticeAlien4Cloud(const PracticeAlien4Cloud &installation);

/// All that a restore has to bring back, read through Elasticsearch's API and with plain system
/// calls: every document (its source byte for byte), what the indices are like, and the tree
/// without uploads. Nothing of what saves and restores is used, so that it can judge them.
struct Alien4CloudContents
{
    TreeSnapshot tree; ///< documents are entries `index/INDEX/TYPE/ID` of it
    int documents = 0;
};
Result<Alien4CloudContents> readPracticeAlien4Cloud(const PracticeAlien4Cloud &installation);

/// Ends the simulators and deletes all of it. Gone already is good.
Result<void> removePracticeAlien4Cloud(const QString &home);

enum class PracticeServer
{
    Elasticsearch,
    Alien,
    NewAlien ///< 1.2.0
};

/// Alien alone, as a system's start and stop commands do it. Running or gone already is good.
Result<void> startPracticeAlien(const QString &home, const QString &program,
                                PracticeServer version = PracticeServer::Alien);
Result<void> stopPracticeAlien(const QString &home);

/// The life of a simulator's process: serves until TERM, or until its folder is gone. Needs a
/// QCoreApplication and runs its event loop. The exit status.
int servePractice(PracticeServer server, const QString &home);

} // namespace lb
