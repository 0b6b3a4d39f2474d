// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/transport/guard_main.h"

#include "core/transport/guard_protocol.h"
#include "core/transport/process_tree.h"

#include "core/base/process_identity.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <limits>
#include <poll.h>
#include <spawn.h>
#include <string>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lb {

namespace {

// Milliseconds. What a program leaves behind gets less time than the program itself: nobody waits
// for it any more.
constexpr long long kLeftoverGrace = 500;
constexpr long long kAfterKill = 700;
constexpr long long kTick = 10;
constexpr long long kNever = std::numeric_limits<long long>::max();

long long now()
{
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1'000'000;
}

/// Counted from what was done, not from what was planned: on a machine that crawls, one look at
/// /proc can take longer than any limit, and nobody may be given up who was never told to end.
bool hasPassed(long long since, long long duration)
{
    return since != kNever && now() >= since + duration;
}

/// Clock ticks since boot, as /proc/PID/stat counts start times.
unsigned long long nowInTicks()
{
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    const auto perSecond = static_cast<unsigned long long>(::sysconf(_SC_CLK_TCK));
    return static_cast<unsigned long long>(time.tv_sec) * perSecond +
           static_cast<unsigned long long>(time.tv_nsec) * perSecond / 1'000'000'000ULL;
}

struct Child
{
    std::uint64_t id = 0;
    ProcTree tree;
    std::string endFile; ///< where its own end is put on record
    bool startsDaemon = false;
    bool reaped = false;
    bool reported = false; ///< its Exited was sent
    int status = 0;
    // While it or what it left is being ended:
    bool ending = false;
    long long killAt = kNever;
    long long killedAt = kNever; ///< when KILL was first sent; only then we may give up
    bool isDone = false;
    Signaller signaller;
};

/// When a program that may leave a daemon was running; nothing born then is taken for a leftover
/// of another step unless it says so itself.
struct DaemonTime
{
    ProcTree tree;
    unsigned long long from = 0, to = 0;
};

class GuardProcess
{
public:
    explicit GuardProcess(int socketFd) : m_socket(socketFd) {}
    int run();

private:
    void readRequests();
    void start(const GuardRequest &request, const int *descriptors);
    void terminate(const GuardRequest &request);
    void reap();
    void ended(Child &child);
    void tick();
    bool advance(Child &child);
    void endAll();

    std::vector<pid_t> orphans() const;
    ProcTable settledTable() const;
    std::vector<ProcEntry> belongingTo(const Child &child, const ProcTable &table) const;
    bool isOrphanOf(const Child &child, const ProcEntry &entry) const;
    bool isDaemon(const ProcTable &table, const ProcEntry &entry) const;
    void reply(const GuardReply &answer);

    const int m_socket;
    int m_signals = -1;
    bool m_runnerIsGone = false;
    std::vector<Child> m_children;
    std::vector<DaemonTime> m_daemons;
};

int GuardProcess::run()
{
    // Descendants that fork away become our children, so that none can escape.
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return 1;
    ::prctl(PR_SET_NAME, "lifeboat-guard");
    for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE})
        ::signal(signal, SIG_IGN);
    sigset_t childEnds;
    ::sigemptyset(&childEnds);
    ::sigaddset(&childEnds, SIGCHLD);
    ::sigprocmask(SIG_SETMASK, &childEnds, nullptr);
    m_signals = ::signalfd(-1, &childEnds, SFD_CLOEXEC | SFD_NONBLOCK);
    if (m_signals < 0)
        return 1;
    while (!m_runnerIsGone) {
        const bool ending = std::any_of(m_children.begin(), m_children.end(),
                                        [](const Child &child) { return child.ending; });
        pollfd sources[] = {{m_socket, POLLIN, 0}, {m_signals, POLLIN, 0}};
        if (::poll(sources, 2, ending ? int(kTick) : -1) < 0 && errno != EINTR)
            return 1;
        if (sources[1].revents != 0) {
            signalfd_siginfo info;
            while (::read(m_signals, &info, sizeof info) > 0) {
            }
            reap();
        }
        if (sources[0].revents != 0)
            readRequests();
        if (ending)
            tick();
    }
    endAll();
    return 0;
}

void GuardProcess::reply(const GuardReply &answer)
{
    if (::send(m_socket, &answer, sizeof answer, MSG_NOSIGNAL) < 0)
        m_runnerIsGone = true;
}

void GuardProcess::readRequests()
{
    for (;;) {
        GuardRequest request;
        iovec data{&request, sizeof request};
        alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))];
        msghdr message{};
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        const ssize_t n = ::recvmsg(m_socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n != ssize_t(sizeof request)) { // 0: the runner closed it or died
            m_runnerIsGone = true;
            return;
        }
        int descriptors[4] = {-1, -1, -1, -1};
        if (const cmsghdr *header = CMSG_FIRSTHDR(&message);
            header && header->cmsg_type == SCM_RIGHTS &&
            header->cmsg_len == CMSG_LEN(sizeof descriptors))
            std::memcpy(descriptors, CMSG_DATA(header), sizeof descriptors);
        if (request.kind == GuardRequest::Start)
            start(request, descriptors);
        else
            terminate(request);
        for (const int fd : descriptors) {
            if (fd >= 0)
                ::close(fd);
        }
    }
}

/// Splits the body into its texts, in place.
std::vector<char *> textsOf(std::vector<char> &body)
{
    std::vector<char *> texts;
    for (size_t at = 0; at < body.size(); at += std::strlen(&body[at]) + 1)
        texts.push_back(&body[at]);
    return texts;
}

bool readBody(int fd, std::vector<char> &body)
{
    size_t done = 0;
    while (done < body.size()) {
        const ssize_t n = ::pread(fd, body.data() + done, body.size() - done, off_t(done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += size_t(n);
    }
    return !body.empty() && body.back() == '\0';
}

/// Starts a program as leader of a session of its own, with default signals and nothing of ours
/// open. 0 or an errno.
int spawn(pid_t &pid, char *program, char *folder, const int *stdio, char **arguments,
          char **environment)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    for (int i = 0; i < 3; ++i)
        ::posix_spawn_file_actions_adddup2(&actions, stdio[i], i);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    ::posix_spawn_file_actions_addchdir_np(&actions, folder);
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setflags(&attributes,
                               POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
    const int error = ::posix_spawn(&pid, program, &actions, &attributes, arguments, environment);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    return error;
}

/// Writes one line; a file that cannot be written whole is taken away again.
void putLine(const std::string &file, const char *line, int size)
{
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (::write(fd, line, size_t(size)) != size)
        ::unlink(file.c_str());
    ::close(fd);
}

/// Says who runs, before the runner can: when it dies just then, the next one finds the program
/// here, also one that is meant to outlive us.
void recordStart(const Child &child)
{
    if (child.endFile.empty())
        return;
    char line[160];
    const std::string boot = currentBootId().toStdString();
    const int size =
        std::snprintf(line, sizeof line, "running %d %llu %s\n", int(child.tree.pid),
                      static_cast<unsigned long long>(child.tree.startTime), boot.c_str());
    putLine(child.endFile, line, size);
}

void GuardProcess::start(const GuardRequest &request, const int *descriptors)
{
    GuardReply answer;
    answer.id = request.id;
    answer.kind = GuardReply::NotStarted;
    answer.value = EINVAL;
    std::vector<char> body(request.bodySize);
    std::vector<char *> texts;
    if (descriptors[3] >= 0 && readBody(descriptors[0], body))
        texts = textsOf(body);
    if (texts.size() != 4u + request.argumentCount + request.environmentCount) {
        reply(answer);
        return;
    }
    const auto firstArgument = texts.begin() + 4;
    const auto firstVariable = firstArgument + request.argumentCount;
    std::vector<char *> arguments(firstArgument, firstVariable);
    std::vector<char *> environment(firstVariable, texts.end());
    arguments.push_back(nullptr);
    environment.push_back(nullptr);
    pid_t pid = 0;
    answer.value =
        spawn(pid, texts[0], texts[1], descriptors + 1, arguments.data(), environment.data());
    if (answer.value == 0) {
        // Not reaped yet, so the entry is there even when the program has ended already.
        const auto entry = readProcEntry(pid);
        Child child;
        child.id = request.id;
        child.tree = {pid, entry ? entry->startTime : nowInTicks(), texts[2]};
        child.endFile = texts[3];
        child.startsDaemon = request.startsDaemon != 0;
        recordStart(child);
        answer.kind = GuardReply::Started;
        answer.pid = pid;
        answer.startTime = child.tree.startTime;
        m_children.push_back(std::move(child));
    }
    // The body may hold secrets.
    ::explicit_bzero(body.data(), body.size());
    reply(answer);
}

void GuardProcess::terminate(const GuardRequest &request)
{
    for (Child &child : m_children) {
        if (child.id != request.id)
            continue;
        child.ending = true;
        child.startsDaemon = false; // whoever ends the step does not want what it started
        child.killAt = std::min(child.killAt, now() + std::max<long long>(0, request.graceMs));
    }
    tick();
}

/// A program that ended by itself is known to have ended, even if the runner dies before it hears
/// of it: the next one reads it here instead of having to guess. One small write; what a power
/// loss takes away is unknown again.
void recordEnd(const Child &child)
{
    if (child.endFile.empty())
        return;
    char line[64];
    const int size = std::snprintf(line, sizeof line, "%d\n", child.status);
    putLine(child.endFile, line, size);
}

void GuardProcess::reap()
{
    for (;;) {
        int status = 0;
        const pid_t pid = ::waitpid(-1, &status, WNOHANG);
        if (pid <= 0)
            break;
        for (Child &child : m_children) {
            if (child.tree.pid == pid && !child.reaped) {
                child.reaped = true;
                child.status = status;
                if (!child.ending)
                    recordEnd(child);
            }
        }
    }
    for (Child &child : m_children) {
        if (child.reaped && !child.ending)
            ended(child);
    }
    tick();
}

/// The program ended by itself: what of it is left?
void GuardProcess::ended(Child &child)
{
    GuardReply answer;
    answer.kind = GuardReply::Exited;
    answer.id = child.id;
    answer.value = child.status;
    answer.clean =
        child.startsDaemon || orphans().empty() || belongingTo(child, settledTable()).empty() ? 1
                                                                                              : 0;
    if (child.startsDaemon)
        m_daemons.push_back({child.tree, child.tree.startTime, nowInTicks()});
    reply(answer);
    child.reported = true;
    child.ending = true;
    child.killAt = now() + kLeftoverGrace;
    child.isDone = answer.clean != 0;
}

void GuardProcess::tick()
{
    m_children.erase(
        std::remove_if(m_children.begin(), m_children.end(),
                       [this](Child &child) { return child.ending && advance(child); }),
        m_children.end());
}

/// One more push at a tree that is to end; true when there is nothing left to do.
bool GuardProcess::advance(Child &child)
{
    if (child.isDone)
        return true;
    const std::vector<ProcEntry> left = belongingTo(child, settledTable());
    GuardReply answer;
    answer.id = child.id;
    answer.survivors = int(left.size());
    if (child.reaped && !child.reported) {
        answer.kind = GuardReply::Exited;
        answer.value = child.status;
        answer.clean = left.empty() ? 1 : 0;
        reply(answer);
        child.reported = true;
        if (left.empty())
            return true;
    }
    if (left.empty() && child.reaped) {
        answer.kind = GuardReply::Clean;
        reply(answer);
        return true;
    }
    if (hasPassed(child.killedAt, kAfterKill)) {
        answer.kind = child.reaped ? GuardReply::Clean : GuardReply::Unstoppable;
        reply(answer);
        return true;
    }
    const bool kill = now() >= child.killAt;
    child.signaller.send(left, kill ? SIGKILL : SIGTERM);
    if (kill && child.killedAt == kNever)
        child.killedAt = now();
    return false;
}

/// Children that are not programs we were asked to start: somebody forked away. One read of a
/// small file; the whole of /proc is only looked at when there are such.
std::vector<pid_t> GuardProcess::orphans() const
{
    std::vector<pid_t> found;
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/children", int(::getpid()));
    FILE *file = std::fopen(path, "re");
    if (!file)
        return found;
    int pid = 0;
    while (std::fscanf(file, "%d", &pid) == 1) {
        if (std::none_of(m_children.begin(), m_children.end(), [pid](const Child &child) {
                return child.tree.pid == pid && !child.reaped;
            }))
            found.push_back(pid);
    }
    std::fclose(file);
    return found;
}

/// /proc as it is, with all our children in it. Names are listed first and looked at then: one
/// that forks and exits in between would be missed together with its child, but that child is ours
/// then.
ProcTable GuardProcess::settledTable() const
{
    constexpr int kMostTurns = 20;
    for (int turn = 1;; ++turn) {
        ProcTable table = ProcTable::read();
        const std::vector<pid_t> ours = orphans();
        const bool complete = std::all_of(ours.begin(), ours.end(),
                                          [&](pid_t pid) { return table.find(pid) != nullptr; });
        if (complete || turn == kMostTurns)
            return table;
    }
}

std::vector<ProcEntry> GuardProcess::belongingTo(const Child &child, const ProcTable &table) const
{
    std::vector<ProcEntry> found = table.members(child.tree, ::getpid());
    if (!child.reaped)
        return found;
    for (const ProcEntry &entry : table.entries()) {
        const bool known = std::any_of(found.begin(), found.end(), [&](const ProcEntry &other) {
            return other.pid == entry.pid;
        });
        if (!known && !entry.isDead() && entry.parent == ::getpid() && isOrphanOf(child, entry))
            found.push_back(entry);
    }
    return found;
}

/// For one that forked away into a session of its own and emptied its environment: it was born
/// while `child` ran, and no other program can have started it.
bool GuardProcess::isOrphanOf(const Child &child, const ProcEntry &entry) const
{
    if (entry.startTime < child.tree.startTime)
        return false;
    // In the middle of an exec it had none when the table was read.
    if (const std::string marker = environmentOf(entry.pid, kStepVariable); !marker.empty())
        return marker == child.tree.marker;
    for (const Child &other : m_children) {
        const bool own = other.tree.pid == entry.pid || other.tree.pid == entry.session;
        const bool mayBe =
            other.id != child.id && !other.reaped && entry.startTime >= other.tree.startTime;
        if (own || mayBe)
            return false;
    }
    return std::none_of(m_daemons.begin(), m_daemons.end(), [&](const DaemonTime &daemon) {
        return entry.startTime >= daemon.from && entry.startTime <= daemon.to;
    });
}

bool GuardProcess::isDaemon(const ProcTable &table, const ProcEntry &entry) const
{
    for (const Child &child : m_children) {
        if (child.startsDaemon && (entry.pid == child.tree.pid || entry.session == child.tree.pid ||
                                   table.descendsFrom(entry, child.tree.pid)))
            return true;
    }
    const std::string marker = environmentOf(entry.pid, kStepVariable);
    return std::any_of(m_daemons.begin(), m_daemons.end(), [&](const DaemonTime &daemon) {
        return entry.session == daemon.tree.pid ||
               (marker.empty() ? entry.startTime >= daemon.from && entry.startTime <= daemon.to
                               : marker == daemon.tree.marker);
    });
}

/// The runner is gone: end all that is left, but no daemon.
void GuardProcess::endAll()
{
    reap(); // who had ended before is told apart from who is ended now
    Signaller signaller;
    const long long killAt = now() + kLeftoverGrace;
    long long killedAt = kNever;
    for (;;) {
        int status = 0;
        while (::waitpid(-1, &status, WNOHANG) > 0) {
        }
        const ProcTable table = settledTable();
        std::vector<ProcEntry> kept, left;
        for (const ProcEntry &entry : table.entries()) {
            if (entry.isDead() || !table.descendsFrom(entry, ::getpid()))
                continue;
            (isDaemon(table, entry) ? kept : left).push_back(entry);
        }
        // What a daemon has started since belongs to it, whatever its own environment says.
        left.erase(std::remove_if(left.begin(), left.end(),
                                  [&](const ProcEntry &entry) {
                                      return std::any_of(
                                          kept.begin(), kept.end(), [&](const ProcEntry &daemon) {
                                              return table.descendsFrom(entry, daemon.pid);
                                          });
                                  }),
                   left.end());
        if (left.empty() || hasPassed(killedAt, 2 * kAfterKill))
            return;
        const bool kill = now() >= killAt;
        signaller.send(left, kill ? SIGKILL : SIGTERM);
        if (kill && killedAt == kNever)
            killedAt = now();
        pollfd wake{m_signals, POLLIN, 0};
        ::poll(&wake, 1, int(kTick));
        signalfd_siginfo info;
        while (::read(m_signals, &info, sizeof info) > 0) {
        }
    }
}

} // namespace

int guardMain(int socketFd)
{
    return GuardProcess(socketFd).run();
}

} // namespace lb
