// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDateTime>
#include <QString>

#include <chrono>

namespace lb {

/// Numbers for people, through QLocale. JSON never uses these.
QString formatSize(qint64 bytes);
/// "1 h 12 min", "3 min 20 s", "4.2 s", "35 ms".
QString formatDuration(std::chrono::milliseconds duration);
/// Local time with zone: "21 Nov 2026 03:04 CET".
QString formatTime(const QDateTime &time);
/// "3 minutes ago", "2 days ago" in the longest unit that fits.
QString formatAge(const QDateTime &time, const QDateTime &now);

/// Text of unknown origin made safe to show: C0/C1 controls, ANSI escapes and bidi controls become
/// visible escapes (\n and \t stay when `keepLines`).
QString displayText(const QString &text, bool keepLines = false);
/// The same for bytes that may not be UTF-8: those stand as \xNN.
QString displayBytes(const QByteArray &bytes);

} // namespace lb
