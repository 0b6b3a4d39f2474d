// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/tree_types.h"
#include "core/base/digest.h"

#include <functional>
#include <stop_token>
#include <utility>

namespace lb {

enum class EntryType
{
    File,
    Folder,
    Symlink,
    HardLink
};

/// One entry of a tree, as its line in the index has it. The tar header is a function of this
/// (tar_header.h), so an archive and its index can be compared byte for byte.
struct IndexEntry
{
    using Extent = std::pair<quint64, quint64>; ///< offset and length of data in a sparse file

    QByteArray path; ///< bytes, relative; "." is the saved folder itself
    EntryType type = EntryType::File;
    quint32 mode = 0; ///< permission bits with setuid, setgid, sticky
    quint32 uid = 0;
    quint32 gid = 0;
    quint64 size = 0;       ///< of the file's content, holes included
    qint64 mtimeNs = 0;     ///< since 1970
    QByteArray target;      ///< text of a symlink; path of the first name for a hard link
    Sha256::Bytes sha256{}; ///< of a file's content; of a sparse file's data without the holes
    bool sparse = false;
    std::vector<Extent> extents;                           ///< data of a sparse file
    std::vector<std::pair<QByteArray, QByteArray>> xattrs; ///< sorted; ACLs are system.posix_acl_*
    quint32 frame = 0;                                     ///< where the tar header begins
    quint32 frameOffset = 0; ///< … in the frame's uncompressed bytes
    bool changed = false;    ///< changed or grew while being read
    bool shrank = false;     ///< shorter than declared when read; filled up with zeros
    bool unreadable = false; ///< reading broke off; filled up with zeros

    /// Bytes of content in the archive: size, or the sum of a sparse file's extents.
    quint64 storedSize() const;
};

/// Order of entries in archive and index: by bytes, component by component, so that a folder
/// stands before its content and its content stands together.
int comparePaths(QByteArrayView a, QByteArrayView b);

/// Totals of an archive, from the index's last lines; reads only those.
struct IndexTotals
{
    quint64 entries = 0;
    quint64 bytes = 0;
    quint64 frames = 0;
    quint64 partBytes = 0;
};
Result<IndexTotals> readTotals(const QString &index);

/// Streams the entries whose path, or one of whose folders, fits `pattern` (as in
/// SaveOptions::exclude; empty: all). `visit` returns false to stop. Flat memory.
Result<void> listTree(const QString &index, const QByteArray &pattern,
                      const std::function<bool(const IndexEntry &)> &visit,
                      std::stop_token stop = {});

} // namespace lb
