// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

#include <vector>

namespace lb {

/// One byte pattern of SaveOptions::exclude or listTree().
class PathPattern
{
public:
    explicit PathPattern(QByteArray pattern);
    /// Whether the pattern fits this very path (not its folders).
    bool fits(QByteArrayView path, bool isFolder) const;

private:
    QByteArray m_pattern;
    bool m_anchored = false;
    bool m_foldersOnly = false;
};

/// Any of several patterns.
class PathPatterns
{
public:
    explicit PathPatterns(const std::vector<QByteArray> &patterns);
    bool fits(QByteArrayView path, bool isFolder) const;

private:
    std::vector<PathPattern> m_patterns;
};

/// The path itself, or any folder it is in, fits.
bool fitsWithFolders(const PathPattern &pattern, QByteArrayView path, bool isFolder);

/// True when `path` is `folder` or below it; "." holds everything.
bool isWithin(QByteArrayView path, QByteArrayView folder);

} // namespace lb
