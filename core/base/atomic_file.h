// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QByteArray>

namespace lb {

/// Writes a whole file so that a reader or a crash sees the old or the new content, never half:
/// part file beside it, sync, read back and compare, rename, sync of the folder.
/// The folder must exist. `mode` is the new file's mode (default 0600).
Result<void> writeFileAtomically(const QString &path, const QByteArray &content,
                                 unsigned mode = 0600);

/// Reads a whole file of at most `limit` bytes; larger is BadInput.
Result<QByteArray> readWholeFile(const QString &path, qint64 limit = 64 * 1024 * 1024);

/// mkdir -p with the given mode for every folder it makes; each new folder's parent is synced.
Result<void> makeFolders(const QString &path, unsigned mode = 0700);

/// fsync of a folder, so that names made or renamed in it survive a power loss.
Result<void> syncFolder(const QString &path);

} // namespace lb
