// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/process_identity.h"

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"

#include <QFile>
#include <QList>

#include <algorithm>

#include <poll.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lb {

std::optional<ProcessIdentity> ProcessIdentity::of(pid_t pid)
{
    if (pid <= 0)
        return std::nullopt;
    QFile file(QStringLiteral("/proc/%1/stat").arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return std::nullopt;
    const QByteArray stat = file.readAll();
    // The second field is the program's name in brackets and may hold anything.
    const qsizetype afterName = stat.lastIndexOf(')');
    if (afterName < 0)
        return std::nullopt;
    const QList<QByteArray> fields = stat.mid(afterName + 2).split(' ');
    if (fields.size() < 20)
        return std::nullopt;
    if (fields[0] == "Z" || fields[0] == "X")
        return std::nullopt;
    return ProcessIdentity{pid, fields[19].toULongLong(), currentBootId()};
}

ProcessIdentity ProcessIdentity::self()
{
    return of(::getpid()).value_or(ProcessIdentity{::getpid(), 0, currentBootId()});
}

bool ProcessIdentity::isAlive() const
{
    const auto now = of(pid);
    return now && *now == *this;
}

bool ProcessIdentity::waitForEnd(std::chrono::milliseconds limit, const std::stop_token &stop) const
{
    const FileDescriptor fd(int(::syscall(SYS_pidfd_open, pid, 0)));
    // Opened first, compared then: the descriptor stays with the process it was opened for.
    if (!isAlive())
        return true;
    const auto until = bootTime() + limit;
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - bootTime()).count();
        pollfd end{fd.get(), POLLIN, 0};
        // Without pidfds (fd is -1 and poll() only waits): look again every 50 ms.
        const qint64 glance = fd.isOpen() ? (stop.stop_possible() ? 250 : 3600000) : 50;
        ::poll(&end, 1, int(std::clamp<qint64>(left, 0, glance)));
        if (!isAlive())
            return true;
        if (left <= 0 || stop.stop_requested())
            return false;
    }
}

QJsonObject ProcessIdentity::toJson() const
{
    return {{QStringLiteral("pid"), int(pid)},
            {QStringLiteral("start_time"), QString::number(startTime)},
            {QStringLiteral("boot_id"), bootId}};
}

ProcessIdentity ProcessIdentity::fromJson(const QJsonObject &object)
{
    return {pid_t(object.value(QLatin1String("pid")).toInt()),
            object.value(QLatin1String("start_time")).toString().toULongLong(),
            object.value(QLatin1String("boot_id")).toString()};
}

QString currentBootId()
{
    static const QString id = [] {
        QFile file(QStringLiteral("/proc/sys/kernel/random/boot_id"));
        return file.open(QIODevice::ReadOnly) ? QString::fromLatin1(file.readAll()).trimmed()
                                              : QString();
    }();
    return id;
}

QString currentHostName()
{
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 ? QString::fromLocal8Bit(name) : QString();
}

QString currentUserName()
{
    const passwd *entry = ::getpwuid(::geteuid());
    return entry ? QString::fromLocal8Bit(entry->pw_name) : QString::number(::geteuid());
}

} // namespace lb
