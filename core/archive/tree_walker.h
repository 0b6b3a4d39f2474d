// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/spill_file.h"
#include "core/archive/tree_types.h"

#include <sys/stat.h>

#include <deque>
#include <optional>

namespace lb {

/// What the walk met. Descriptors are the walker's own and good until its next call.
struct WalkEntry
{
    QByteArray path; ///< "." for the first
    QByteArray name; ///< within folderFd
    int folderFd = -1;
    struct stat st
    {
    };
    bool otherFileSystem = false; ///< a folder that is a mount point
    int error = 0;                ///< errno: it could not be looked at (st is empty)
};

/// Walks a folder in the order of comparePaths(), by descriptors and bytes, never following a
/// link, with at most 64 descriptors open however deep it goes. One thread.
class TreeWalker
{
public:
    Result<void> open(const QString &folder, const TreeShape &shape = {});

    /// The next entry; nothing at the end. Folders come before their content; call enter() for
    /// those whose content is wanted, before the next call.
    Result<std::optional<WalkEntry>> next();
    /// Opens the folder that next() gave and lists it; errno when that fails (0: fine).
    Result<int> enter();
    /// Gives up the folder that was entered last, with what is left of it.
    void leave();
    /// Descriptor of the folder that was entered last.
    int enteredFd() const { return m_levels.back().fd.get(); }
    /// What it is: of one that was unnested, the inner one.
    const struct stat &enteredStat() const { return m_enteredStat; }
    int rootFd() const { return m_rootFd.get(); }

private:
    struct Level
    {
        FileDescriptor fd;
        NameList names;
        qsizetype pathLength = 0;
        dev_t device = 0;
        ino_t inode = 0;
        bool lost = false; ///< its descriptor could not be had again
    };

    bool isTop() const { return m_levels.size() == 1; }
    bool isLacking(const QByteArray &name) const;
    Result<int> listTop(int fd, NameList &names);

    TreeShape m_shape;
    std::vector<QByteArray> m_lacking; ///< names of m_shape that are taken from elsewhere
    FileDescriptor m_rootFd;
    FileDescriptor m_elsewhereFd;
    struct stat m_enteredStat
    {
    };
    std::deque<Level> m_levels;
    std::optional<WalkEntry> m_last;
    QByteArray m_path;
};

/// Reads one folder's names (without "." and "..") from an open descriptor, and adds `more`.
Result<int> listFolder(int fd, NameList &names, const std::vector<QByteArray> &more = {});

} // namespace lb
