// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QByteArray>
#include <QMap>
#include <QStringList>

#include <functional>
#include <stop_token>

namespace lb {

/// Bytes done and bytes in all; called from the thread that works, at most every few MiB.
using ByteProgress = std::function<void(qint64 done, qint64 total)>;

/// What comparing every file of a restore point with SHA256SUMS found. Paths are relative to the
/// point's folder.
struct SumsReport
{
    qint64 files = 0; ///< read and equal
    qint64 bytes = 0;
    QStringList mismatched; ///< content differs from its sum
    QStringList missing;    ///< listed, not there
    QStringList extra;      ///< there, not listed
    QStringList unreadable; ///< could not be read: "path: reason"
    QStringList malformed;  ///< SHA256SUMS itself is wrong: "line 3: reason"

    bool isClean() const;
    /// One sentence for people: how much was read, or every file that is wrong.
    QString summary() const;
};

/// Reads every file below `folder` and compares it with `folder`/SHA256SUMS. Blocks; any thread.
/// Damage is in the report; an error only when the folder cannot be read or `stop` was requested.
/// `known`: path → sum of files that the caller has just read whole; those are not read again.
Result<SumsReport> checkSums(const QString &folder, const ByteProgress &progress = {},
                             std::stop_token stop = {},
                             const QMap<QString, QByteArray> &known = {});

/// Path → 64 hex digits. Strict: what `sha256sum -c` would take from a file that Lifeboat wrote.
/// Lines that are wrong are added to `malformed`.
QMap<QString, QByteArray> parseSums(const QByteArray &text, QStringList *malformed);
QByteArray formatSums(const QMap<QString, QByteArray> &sums);

/// SHA-256 of a regular file (never through a link), 64 hex digits. Blocks.
Result<QByteArray> hashFile(const QString &path, const std::function<void(qint64)> &read = {},
                            std::stop_token stop = {});

} // namespace lb
