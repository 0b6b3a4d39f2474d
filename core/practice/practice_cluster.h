// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QString>
#include <QStringList>

namespace lb {

/// A private PostgreSQL server that only this user reaches: a socket in a folder of mode 0700, peer
/// authentication, no port. As root it runs as nobody, because a server refuses to run as root.
struct PracticeCluster
{
    QString folder;   ///< all of it; the socket too
    QString user;     ///< of the database
    QString database; ///< with tables, rows and large objects
};

/// False when no server is installed here (Debian's package postgresql): then there is none to
/// practise with.
bool canPractiseDatabase();

/// The cluster that `home` tells of, made and filled when there is none, started when it does not
/// run. Blocks for a few seconds the first time.
Result<PracticeCluster> startPracticeCluster(const QString &home);

/// Deletes rows, changes some and drops a table. What was done, one sentence each.
Result<QStringList> damagePracticeCluster(const PracticeCluster &cluster);

/// Everything in the database as pg_dump prints it: equal for equal databases. Nothing of what
/// saves and restores is used, so that it can judge them.
Result<QByteArray> readPracticeCluster(const PracticeCluster &cluster);

/// Stops the server and deletes it. Gone already is good.
Result<void> removePracticeCluster(const QString &home);

} // namespace lb
