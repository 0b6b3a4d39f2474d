// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/tree_types.h"

#include <stop_token>

namespace lb {

struct VerifyOptions
{
    TreeArchive archive;
    bool wholeHash = false; ///< also deliver the SHA-256 of the part's file in the same pass
    int workers = 2;
};

struct VerifyReport
{
    NoteList damage; ///< every entry, frame or index block that is not as it was written
    quint64 entries = 0;
    quint64 bytes = 0;
    QByteArray sha256;      ///< of the part's file, hex, when asked for
    QByteArray indexSha256; ///< of the index's file, hex

    bool isSound() const { return damage.isEmpty(); }
};

/// Reads every byte of both files: frame hashes, file hashes, tar headers against the index,
/// nothing missing, nothing extra. Damage is in the report; an Error means it could not be read
/// at all (I/O, missing file, Cancelled). Blocks; flat memory.
Result<VerifyReport> verifyTree(const VerifyOptions &options, const TreeProgressFn &progress = {},
                                std::stop_token stop = {});

} // namespace lb
