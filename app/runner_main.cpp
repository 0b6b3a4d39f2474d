// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/runner_main.h"

#include "app/freed_memory.h"
#include "core/base/termination.h"
#include "core/config/profile_files.h"
#include "core/config/runbook_reader.h"
#include "core/config/yaml_document.h"
#include "core/engine/runner.h"
#include "resources/resources.h"

#include <QCoreApplication>
#include <QSocketNotifier>

#include <cerrno>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace {

using namespace lb;

LB_TRANSLATE(Runner)

QByteArray readOrder()
{
    QByteArray order;
    char buffer[65536];
    for (;;) {
        const ssize_t n = ::read(STDIN_FILENO, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return order;
        order.append(buffer, n);
        if (order.endsWith('\n'))
            return order;
    }
}

void greet(const RunnerGreeting &greeting)
{
    const QByteArray line = greeting.toLine();
    qsizetype done = 0;
    while (done < line.size()) {
        const ssize_t n =
            ::write(STDOUT_FILENO, line.constData() + done, size_t(line.size() - done));
        if (n < 0 && errno != EINTR)
            break;
        done += qMax<ssize_t>(0, n);
    }
    // The front end waits for the end of the line only, but must not be kept by our descriptors.
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(null, STDIN_FILENO);
    ::dup2(null, STDOUT_FILENO);
    ::close(null);
}

RunnerHooks hooks()
{
    return {[](const RunRequest &request) -> Result<Runbook> {
                return usableRunbook(
                    readRunbook(request.runbookText, request.runbookId, request.runbookBuiltIn));
            },
            [](const QString &system, const Identity &identity) -> Result<void> {
                TRY_VALUE(SystemProfile profile, readProfile(system));
                profile.pinned = identity;
                return writeProfile(profile);
            },
            readYamlFile};
}

} // namespace

int runnerMain(int argc, char **argv)
{
    lb::overwriteFreedMemory();
    const rlimit noCore{0, 0};
    // A run may hold secrets: no core file, and no other process of the user reads its memory.
    ::setrlimit(RLIMIT_CORE, &noCore);
    ::prctl(PR_SET_DUMPABLE, 0);
    const int signalFd = terminationSignals();
    QCoreApplication app(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("lifeboat"));
    QCoreApplication::setApplicationVersion(QStringLiteral(LIFEBOAT_VERSION));
    initResources();

    RunnerGreeting greeting;
    const auto order = RunnerOrder::fromLine(readOrder());
    if (!order) {
        greeting.error = order.error();
        greet(greeting);
        return 2;
    }
    Runner runner(hooks());
    QObject::connect(&runner, &Runner::over, &app, &QCoreApplication::quit, Qt::QueuedConnection);
    QSocketNotifier termination(signalFd, QSocketNotifier::Read);
    QObject::connect(&termination, &QSocketNotifier::activated, &runner, [&runner, signalFd] {
        signalfd_siginfo info{};
        while (::read(signalFd, &info, sizeof info) == ssize_t(sizeof info)) {
        }
        runner.stopAtSafePoint();
    });
    const auto stands = runner.begin(*order);
    if (!stands) {
        greeting.error = stands.error();
        greet(greeting);
        return 1;
    }
    greet(*stands);
    return QCoreApplication::exec();
}
