// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QByteArray>
#include <QMap>
#include <QStringList>

namespace lb {

/// Everything that can be told of a tree, read with plain system calls: nothing of what saves and
/// restores is used, so that it can judge them. Path (bytes, relative, "." is the folder) → one
/// line of facts: kind, mode, owner, time to the nanosecond, size, link text, hard-link group,
/// xattrs with ACLs, SHA-256.
struct TreeSnapshot
{
    QMap<QByteArray, QByteArray> entries;
    qint64 files = 0;
    qint64 bytes = 0;
};

/// Reads a folder whole. Blocks; any thread.
Result<TreeSnapshot> takeSnapshot(const QString &folder);

/// What differs, one sentence each, at most `limit` of them and then how many more.
QStringList compareSnapshots(const TreeSnapshot &before, const TreeSnapshot &after, int limit = 20);

} // namespace lb
