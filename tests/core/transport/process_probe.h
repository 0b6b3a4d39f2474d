// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/transport/guard_main.h"
#include "core/transport/local_process.h"

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTest>
#include <QtMath>

#include <cstdlib>
#include <cstring>

namespace lb::test {

/// Live processes that have this text as one of their arguments (and this program's name).
inline QList<pid_t> processesWithArgument(const QByteArray &argument,
                                          const QByteArray &program = {})
{
    QList<pid_t> found;
    const QStringList all = QDir(QStringLiteral("/proc")).entryList(QDir::Dirs);
    for (const QString &name : all) {
        bool isNumber = false;
        const pid_t pid = name.toInt(&isNumber);
        QFile file(QStringLiteral("/proc/%1/cmdline").arg(name));
        if (!isNumber || !file.open(QIODevice::ReadOnly))
            continue;
        const QList<QByteArray> arguments = file.readAll().split('\0');
        if (arguments.contains(argument) && (program.isEmpty() || arguments.at(0) == program) &&
            ProcessIdentity::of(pid))
            found << pid;
    }
    return found;
}

/// Waits until there are so many of them, seen twice: a process between fork and exec has the
/// arguments of its parent, and in exec none.
inline bool waitForProcesses(const QByteArray &argument, qsizetype count,
                             const QByteArray &program = {},
                             std::chrono::milliseconds limit = std::chrono::seconds(10))
{
    const QDeadlineTimer end(limit);
    for (int seen = 0; seen < 2;) {
        seen = processesWithArgument(argument, program).size() == count ? seen + 1 : 0;
        if (seen == 0 && end.hasExpired())
            return false;
        QTest::qWait(20);
    }
    return true;
}

/// A number of seconds for `sleep` that no other test uses: the process can be found by it.
inline QByteArray uniqueSeconds()
{
    static int count = 0;
    return QByteArray::number(100'000 + ::getpid()) + '.' + QByteArray::number(++count);
}

inline ProcessStart shell(const QString &script, const QStringList &arguments = {})
{
    ProcessStart what;
    what.program = QStringLiteral("sh");
    what.arguments = QStringList{QStringLiteral("-c"), script, QStringLiteral("sh")} + arguments;
    return what;
}

/// Runs to the end (waits at most 30 s).
struct Finished
{
    explicit Finished(LocalProcess &process) : spy(&process, &LocalProcess::finished) {}
    bool wait(int ms = 30'000) { return !spy.isEmpty() || spy.wait(ms); }
    ProcessEnd end() const { return spy.at(0).at(0).value<ProcessEnd>(); }
    QSignalSpy spy;
};

inline ProcessEnd run(Guard &guard, ProcessStart what)
{
    LocalProcess process(&guard);
    Finished finished(process);
    process.start(std::move(what));
    return finished.wait() ? finished.end() : ProcessEnd{};
}

/// A limit as it is promised, longer by as much as other work keeps the processors busy.
inline std::chrono::milliseconds limit(std::chrono::milliseconds promised)
{
    double load = 0;
    if (::getloadavg(&load, 1) != 1)
        return promised;
    const double waiting = load / double(::sysconf(_SC_NPROCESSORS_ONLN));
    return promised * qBound(1, qCeil(waiting), 20);
}

inline qint64 residentKiB()
{
    QFile file(QStringLiteral("/proc/self/statm"));
    return file.open(QIODevice::ReadOnly)
               ? file.readAll().split(' ').at(1).toLongLong() * (::sysconf(_SC_PAGESIZE) / 1024)
               : 0;
}

} // namespace lb::test

Q_DECLARE_METATYPE(lb::ProcessEnd)
Q_DECLARE_METATYPE(lb::ProcessIdentity)
Q_DECLARE_METATYPE(lb::Error)

/// A Qt Test program that is its own guard.
#define LB_GUARDED_TEST_MAIN(TestClass)                                                            \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        if (argc == 3 && std::strcmp(argv[1], "--guard") == 0)                                     \
            return lb::guardMain(std::atoi(argv[2]));                                              \
        QCoreApplication app(argc, argv);                                                          \
        TestClass test;                                                                            \
        return QTest::qExec(&test, argc, argv);                                                    \
    }
