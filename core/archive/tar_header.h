// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/tree_index.h"

namespace lb {

inline constexpr quint64 kTarBlock = 512;

/// Everything that stands in the tar before an entry's content: pax records (GNU.sparse 1.0,
/// SCHILY.acl, SCHILY.xattr, nanoseconds, long or large values), the ustar block and a sparse
/// file's map. A pure function of the entry; its bytes are part of index format 1, because verify
/// and restore compare them.
QByteArray tarHeader(const IndexEntry &entry);

/// Zero bytes after content of this size, up to the next block.
inline quint64 tarPadding(quint64 size)
{
    return (kTarBlock - size % kTarBlock) % kTarBlock;
}

/// What ends a tar: two zero blocks.
inline constexpr quint64 kTarEnd = 2 * kTarBlock;

} // namespace lb
