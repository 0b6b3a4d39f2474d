// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QString>

#include <chrono>
#include <optional>
#include <stop_token>

#include <sys/types.h>

namespace lb {

/// Says which process this is, beyond its number: pid, start time in clock ticks since boot
/// (/proc/PID/stat field 22) and boot id. Numbers are used again; the three together are not.
struct ProcessIdentity
{
    pid_t pid = 0;
    quint64 startTime = 0;
    QString bootId;

    /// Reads a live process; nothing when it is gone, a zombie (Z) or dead (X).
    static std::optional<ProcessIdentity> of(pid_t pid);
    static ProcessIdentity self();

    bool isAlive() const;
    /// Waits for a process that is not our child to end. False when `limit` has passed or a stop
    /// was asked for before. Blocks.
    bool waitForEnd(std::chrono::milliseconds limit, const std::stop_token &stop = {}) const;
    QJsonObject toJson() const;
    static ProcessIdentity fromJson(const QJsonObject &object);
    friend bool operator==(const ProcessIdentity &, const ProcessIdentity &) = default;
};

QString currentBootId();
QString currentHostName();
/// The login name of the effective user, or its number.
QString currentUserName();

} // namespace lb
