// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QByteArray>

#include <functional>
#include <vector>

namespace lb {

/// Packs files of a small folder as `.tar.zst` that any `tar --zstd -x` reads: below one folder
/// `top`, 0600. `paths` are relative; what is no regular file is an error. The pack appears whole
/// or not at all. Conflict when `file` exists. Blocks.
Result<void> packFiles(const QString &folder, const QByteArray &top,
                       const std::vector<QByteArray> &paths, const QString &file);

/// What a pack of unknown origin may hold.
struct UnpackLimits
{
    quint64 entries = 100'000;
    quint64 bytes = 4ULL << 30;
    /// All of it lies below one folder; without, `fits` is asked for whole paths.
    bool hasOneTop = true;
    /// Whether a path (relative, below the top folder) may be in it at all.
    std::function<bool(const QByteArray &path, bool isFolder)> fits;
};

/// Unpacks a `.tar.zst` or a `.zip` into an empty folder of ours and gives the one name at its top
/// (empty when it need not have one). Regular files and
/// folders only, every name checked, nothing overwritten, no owner, mode or attribute taken over;
/// the first entry that is not so ends it (Denied, naming it). Synced on return. What was written
/// before an error stays for the caller to remove. Blocks; flat memory.
Result<QByteArray> unpackFiles(const QString &file, const QString &into,
                               const UnpackLimits &limits);

} // namespace lb
