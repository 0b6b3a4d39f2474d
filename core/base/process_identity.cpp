// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/process_identity.h"

#include <QFile>
#include <QList>

#include <pwd.h>
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
