// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/runner/runner_client.h"

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"

#include <QFile>
#include <QtConcurrentRun>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(RunnerLaunch)

using namespace std::chrono_literals;

/// A runner stands within milliseconds; a machine that swaps may need longer.
constexpr auto kGreetingLimit = 60s;

struct Pipe
{
    FileDescriptor read, write;
};

Result<Pipe> makePipe()
{
    int fds[2] = {-1, -1};
    if (::pipe2(fds, O_CLOEXEC) != 0)
        return failErrno(tr("Cannot make a pipe for the runner"), errno);
    return Pipe{FileDescriptor(fds[0]), FileDescriptor(fds[1])};
}

/// The order as a file without a name: the runner reads it to its end whenever it likes, and
/// nobody has to wait or to mind SIGPIPE when it dies.
Result<FileDescriptor> orderAsFile(const QByteArray &line)
{
    FileDescriptor file(::memfd_create("lifeboat-order", MFD_CLOEXEC));
    if (!file.isOpen())
        return failErrno(tr("Cannot hand the order to a runner"), errno);
    for (qsizetype done = 0; done < line.size();) {
        const ssize_t n =
            ::pwrite(file.get(), line.constData() + done, size_t(line.size() - done), done);
        if (n < 0 && errno != EINTR)
            return failErrno(tr("Cannot hand the order to a runner"), errno);
        done += qMax<ssize_t>(n, 0);
    }
    return file;
}

/// In the forked child: only calls that are safe after fork() in a program with threads.
[[noreturn]] void becomeRunner(const char *program, char *const *arguments, int in, int out,
                               int null, int failed)
{
    // A session of its own and a parent that is gone: closing the terminal or the window does not
    // reach it, and nobody has to reap it.
    if (::setsid() < 0 || ::fork() != 0)
        ::_exit(0);
    struct sigaction plain = {};
    plain.sa_handler = SIG_DFL;
    for (const int number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD, SIGTSTP})
        ::sigaction(number, &plain, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (::dup2(in, 0) == 0 && ::dup2(out, 1) == 1 && ::dup2(null, 2) == 2 && ::chdir("/") == 0 &&
        ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
        ::execv(program, arguments);
    const int number = errno;
    [[maybe_unused]] const ssize_t told = ::write(failed, &number, sizeof number);
    ::_exit(127);
}

Result<QByteArray> readGreeting(int fd)
{
    QByteArray line;
    const auto deadline = bootTime() + kGreetingLimit;
    while (!line.contains('\n')) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - bootTime());
        if (left <= 0ms)
            return fail(ErrorCode::TimedOut, tr("The runner gave no sign of life"), {},
                        tr("Look at “runs list”: the run may have been begun"));
        pollfd waiting{fd, POLLIN, 0};
        if (::poll(&waiting, 1, int(left.count())) < 0 && errno != EINTR)
            return failErrno(tr("Cannot listen to the runner"), errno);
        if (waiting.revents == 0)
            continue;
        char buffer[4096];
        const ssize_t n = ::read(fd, buffer, sizeof buffer);
        if (n < 0 && errno != EINTR)
            return failErrno(tr("Cannot listen to the runner"), errno);
        if (n == 0)
            return fail(ErrorCode::Failed, tr("The runner ended before it stood"), {},
                        tr("Nothing outside the run's folder was changed; “doctor” may say why"));
        line.append(buffer, qMax<ssize_t>(n, 0));
    }
    return line.left(line.indexOf('\n'));
}

Result<RunnerGreeting> launch(const QString &program, const QByteArray &order)
{
    TRY_VALUE(const FileDescriptor in, orderAsFile(order));
    TRY_VALUE(Pipe out, makePipe());
    TRY_VALUE(Pipe failed, makePipe());
    const FileDescriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));

    QByteArray path = QFile::encodeName(program);
    QByteArray mode("--runner");
    char *const arguments[] = {path.data(), mode.data(), nullptr};
    const pid_t child = ::fork();
    if (child < 0)
        return failErrno(tr("Cannot start a runner"), errno);
    if (child == 0)
        becomeRunner(path.constData(), arguments, in.get(), out.write.get(), null.get(),
                     failed.write.get());
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    out.write.reset();
    failed.write.reset();

    int number = 0;
    if (::read(failed.read.get(), &number, sizeof number) == ssize_t(sizeof number))
        return failErrno(tr("Cannot start the runner %1").arg(program), number,
                         tr("Install Lifeboat's command line beside the window"));
    TRY_VALUE(const QByteArray line, readGreeting(out.read.get()));
    TRY_VALUE(const RunnerGreeting greeting, RunnerGreeting::fromLine(line));
    if (greeting.error)
        return tl::unexpected(*greeting.error);
    return greeting;
}

} // namespace

Async<RunnerGreeting> launchRunner(const QString &program, const RunnerOrder &order)
{
    return QtConcurrent::run([program, line = order.toLine()] { return launch(program, line); });
}

} // namespace lb
