// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/transport/guard.h"

#include "core/transport/guard_private.h"

#include "core/base/clock.h"

#include <QFile>
#include <QSocketNotifier>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Guard)

constexpr int kGuardSocket = 3; // its number in the guard process
// The guard ends what is left within about two seconds of our closing the socket.
constexpr std::chrono::milliseconds kEndOfGuard{3000};

/// Starts the guard in a session of its own with nothing open but its socket. 0 or an errno.
int spawnGuard(pid_t &pid, const QByteArray &program, int socketFd)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    for (int fd = 0; fd < 3; ++fd)
        ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    ::posix_spawn_file_actions_adddup2(&actions, socketFd, kGuardSocket);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, kGuardSocket + 1);
    ::posix_spawn_file_actions_addchdir_np(&actions, "/");
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    QByteArray name("lifeboat-guard"), option("--guard"), number = QByteArray::number(kGuardSocket);
    char *arguments[] = {name.data(), option.data(), number.data(), nullptr};
    const int error =
        ::posix_spawn(&pid, program.constData(), &actions, &attributes, arguments, environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    return error;
}

} // namespace

Guard::Guard(QString program, QObject *parent)
    : QObject(parent), d(std::make_unique<Private>(this, std::move(program)))
{
}

Guard::~Guard()
{
    d->stop();
}

std::optional<ProcessIdentity> Guard::process() const
{
    return d->process;
}

quint64 Guard::Private::add(Client client)
{
    clients.insert(++lastId, std::move(client));
    return lastId;
}

void Guard::Private::remove(quint64 id)
{
    if (pump)
        pump->remove(id);
    clients.remove(id);
}

Result<void> Guard::Private::ensureStarted()
{
    if (socket.isOpen())
        return {};
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return failErrno(tr("Cannot make a socket for the guard process"), errno);
    FileDescriptor ours(pair[0]);
    FileDescriptor theirs(pair[1]);
    const QByteArray file =
        program.isEmpty() ? QByteArray("/proc/self/exe") : QFile::encodeName(program);
    pid_t pid = 0;
    // dup2() onto its own number would leave close-on-exec set.
    if (theirs.get() == kGuardSocket) {
        theirs = FileDescriptor(::fcntl(kGuardSocket, F_DUPFD_CLOEXEC, kGuardSocket + 1));
        if (!theirs.isOpen())
            return failErrno(tr("Cannot make a socket for the guard process"), errno);
    }
    if (const int error = spawnGuard(pid, file, theirs.get()); error != 0)
        return failErrno(tr("Cannot start the guard process %1").arg(QFile::decodeName(file)),
                         error);
    process = ProcessIdentity::of(pid).value_or(ProcessIdentity{pid, 0, currentBootId()});
    socket = std::move(ours);
    notifier = std::make_unique<QSocketNotifier>(socket.get(), QSocketNotifier::Read);
    QObject::connect(notifier.get(), &QSocketNotifier::activated, q, [this] { readReplies(); });
    return {};
}

Result<void> Guard::Private::send(const GuardRequest &request, const QList<int> &descriptors)
{
    TRY(ensureStarted());
    GuardRequest copy = request;
    iovec data{&copy, sizeof copy};
    alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (!descriptors.isEmpty()) {
        const size_t size = size_t(descriptors.size()) * sizeof(int);
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(size);
        cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(size);
        std::memcpy(CMSG_DATA(header), descriptors.constData(), size);
    }
    // The guard reads at once; only one that is stopped lets the socket fill up.
    ssize_t n = 0;
    do {
        n = ::sendmsg(socket.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return failErrno(tr("The guard process does not answer"), errno);
    return {};
}

void Guard::Private::readReplies()
{
    while (socket.isOpen()) {
        GuardReply reply;
        const ssize_t n = ::recv(socket.get(), &reply, sizeof reply, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n != ssize_t(sizeof reply)) {
            guardDied();
            return;
        }
        // A copy: the client may remove itself.
        const auto client = clients.value(reply.id);
        if (client.reply)
            client.reply(reply);
    }
}

void Guard::Private::guardDied()
{
    notifier.reset();
    socket.reset();
    const pid_t pid = process ? process->pid : 0;
    process.reset();
    if (pid > 0)
        ::waitpid(pid, nullptr, 0); // its end of the socket is closed, so it has ended
    const Error error{ErrorCode::Internal,
                      tr("The guard process ended unexpectedly"),
                      {},
                      tr("What it had started may still be running")};
    for (const quint64 id : clients.keys()) {
        const auto client = clients.value(id);
        if (client.died)
            client.died(error);
    }
    Q_EMIT q->died(error);
}

void Guard::Private::stop()
{
    notifier.reset();
    socket.reset(); // the guard ends what is left, then itself
    pump.reset();
    if (!process)
        return;
    const FileDescriptor ended(int(::syscall(SYS_pidfd_open, process->pid, 0)));
    pollfd end{ended.get(), POLLIN, 0};
    ::poll(&end, 1, int(kEndOfGuard.count()));
    ::waitpid(process->pid, nullptr, WNOHANG);
    process.reset();
}

Result<OutputPump *> Guard::Private::outputPump()
{
    if (!pump) {
        TRY_VALUE(pump, OutputPump::make());
    }
    return pump.get();
}

void Guard::Private::postClosed(quint64 id)
{
    QMetaObject::invokeMethod(
        q,
        [this, id] {
            const auto client = clients.value(id);
            if (client.closed)
                client.closed();
        },
        Qt::QueuedConnection);
}

} // namespace lb
