// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/tree_index.h"

#include <sys/stat.h>

namespace lb {

using Xattrs = std::vector<std::pair<QByteArray, QByteArray>>;

inline qint64 toNanoseconds(const timespec &time)
{
    return qint64(time.tv_sec) * 1000000000 + time.tv_nsec;
}
timespec toTimespec(qint64 ns);

/// The extended attributes that a save takes: user.*, POSIX ACLs, security.capability, and
/// trusted.* where this process may see them. Sorted by name. Empty where there are none.
Xattrs readXattrs(int fd);
/// The same for a name that cannot be opened (a symlink); through /proc.
Xattrs readXattrsAt(int folderFd, const char *name);

/// Puts mode, owner, xattrs and time of an index entry onto an open file or folder, in the order
/// in which one does not undo the other. Whatever cannot be set goes into `problems`.
struct MetadataProblems
{
    quint64 owners = 0;
    QString other; ///< empty: none
};
struct MetadataRules
{
    bool keepSetId = true;
};
MetadataProblems applyMetadata(int fd, const IndexEntry &entry, const MetadataRules &rules);
/// Metadata of an open folder, and the same put back exactly (xattrs that are not listed go).
IndexEntry readMetadata(int fd);
MetadataProblems replaceMetadata(int fd, const IndexEntry &entry);
/// For a symlink that was just made.
MetadataProblems applyLinkMetadata(int folderFd, const char *name, const IndexEntry &entry);

} // namespace lb
