// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file_descriptor.h"

#include <QByteArray>

namespace lb {

/// A relative path whose every component is an ordinary name: not empty, not "." or "..", at most
/// 255 bytes, no NUL. "." alone is good too: the folder itself.
bool isSafePath(QByteArrayView path);

/// The folder part of a path inside a tree ("." at the top) and its last name.
QByteArrayView parentOf(QByteArrayView path);
QByteArray nameOf(QByteArrayView path);

/// Resolves folders beneath an open one, name by name and never through a link, so that nothing
/// that happens to the tree meanwhile leads outside. Remembers the last folder. One thread; does
/// not own the root.
class FolderCursor
{
public:
    explicit FolderCursor(int rootFd = -1) : m_root(rootFd) {}

    /// A descriptor that stays good until the next call, or a negative errno.
    int open(QByteArrayView folder);
    /// The same, making folders (0755) that are missing.
    int make(QByteArrayView folder) { return resolve(folder, true); }

private:
    int resolve(QByteArrayView folder, bool make);

    int m_root = -1;
    QByteArray m_path{"."};
    FileDescriptor m_fd; ///< closed: m_path is the root
};

} // namespace lb
