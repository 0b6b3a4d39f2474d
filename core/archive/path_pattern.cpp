// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/path_pattern.h"

namespace lb {

namespace {

/// Matches one `[…]` at pattern[0]; sets its length. A bracket that never closes is a plain '['.
bool matchSet(QByteArrayView pattern, char c, qsizetype *length)
{
    qsizetype i = 1;
    const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
    if (negated)
        ++i;
    const auto byte = [](char value) { return static_cast<unsigned char>(value); };
    bool found = false;
    for (const qsizetype first = i; i < pattern.size(); ++i) {
        if (pattern[i] == ']' && i > first) {
            *length = i + 1;
            return found != negated && c != '/';
        }
        if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
            found = found || (byte(c) >= byte(pattern[i]) && byte(c) <= byte(pattern[i + 2]));
            i += 2;
        } else {
            found = found || c == pattern[i];
        }
    }
    *length = 1;
    return c == '[';
}

/// Iterative with one way back per kind of star, so that no pattern takes exponential time: a
/// later `**` makes every earlier star's choice irrelevant, a later `*` that of an earlier `*`.
bool glob(QByteArrayView pattern, QByteArrayView text)
{
    qsizetype p = 0;
    qsizetype t = 0;
    qsizetype starP = -1, starT = 0; // after the last `*`
    qsizetype deepP = -1, deepT = 0; // after the last `**`
    while (true) {
        if (p < pattern.size() && pattern[p] == '*') {
            if (p + 1 < pattern.size() && pattern[p + 1] == '*') {
                p += 2;
                // "**/x" fits "x" too.
                if (p < pattern.size() && pattern[p] == '/' && (t == 0 || text[t - 1] == '/') &&
                    glob(pattern.sliced(p + 1), text.sliced(t)))
                    return true;
                deepP = p;
                deepT = t;
                starP = -1;
            } else {
                starP = ++p;
                starT = t;
            }
            continue;
        }
        if (t == text.size()) {
            if (p == pattern.size())
                return true;
        } else if (p < pattern.size()) {
            qsizetype length = 1;
            const char c = pattern[p];
            const bool hit = c == '?'   ? text[t] != '/'
                             : c == '[' ? matchSet(pattern.sliced(p), text[t], &length)
                             : c == '\\' && p + 1 < pattern.size()
                                 ? (length = 2, pattern[p + 1] == text[t])
                                 : c == text[t];
            if (hit) {
                p += length;
                ++t;
                continue;
            }
        }
        if (starP >= 0 && starT < text.size() && text[starT] != '/') {
            p = starP;
            t = ++starT;
        } else if (deepP >= 0 && deepT < text.size()) {
            p = deepP;
            t = ++deepT;
            starP = -1;
        } else {
            return false;
        }
    }
}

} // namespace

PathPattern::PathPattern(QByteArray pattern) : m_pattern(std::move(pattern))
{
    while (m_pattern.endsWith('/')) {
        m_foldersOnly = true;
        m_pattern.chop(1);
    }
    m_anchored = m_pattern.contains('/');
    while (m_pattern.startsWith('/') || m_pattern.startsWith("./"))
        m_pattern.remove(0, m_pattern.startsWith('/') ? 1 : 2);
}

bool PathPattern::fits(QByteArrayView path, bool isFolder) const
{
    if (m_foldersOnly && !isFolder)
        return false;
    if (m_anchored)
        return glob(m_pattern, path);
    return glob(m_pattern, path.sliced(path.lastIndexOf('/') + 1));
}

PathPatterns::PathPatterns(const std::vector<QByteArray> &patterns)
{
    for (const QByteArray &pattern : patterns) {
        if (!pattern.isEmpty())
            m_patterns.emplace_back(pattern);
    }
}

bool PathPatterns::fits(QByteArrayView path, bool isFolder) const
{
    for (const PathPattern &pattern : m_patterns) {
        if (pattern.fits(path, isFolder))
            return true;
    }
    return false;
}

bool fitsWithFolders(const PathPattern &pattern, QByteArrayView path, bool isFolder)
{
    if (pattern.fits(path, isFolder))
        return true;
    for (qsizetype slash = path.lastIndexOf('/'); slash > 0;
         slash = path.first(slash).lastIndexOf('/')) {
        if (pattern.fits(path.first(slash), true))
            return true;
    }
    return false;
}

bool isWithin(QByteArrayView path, QByteArrayView folder)
{
    if (folder == ".")
        return true;
    return path.startsWith(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

} // namespace lb
