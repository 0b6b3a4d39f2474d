// SPDX-License-Identifier: GPL-3.0-or-later
#include "traced_child.h"

#include <algorithm>
#include <array>
#include <csignal>

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lb::test {

namespace {

#ifdef __x86_64__
constexpr bool kCanTrace = true;

bool isOneOf(long number, std::initializer_list<long> numbers)
{
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

bool isSync(long number)
{
    return isOneOf(number, {SYS_fsync, SYS_fdatasync});
}

bool isWrite(long number)
{
    return isOneOf(number, {SYS_write, SYS_pwrite64, SYS_writev});
}

bool changesDisk(long number)
{
    return isSync(number) || isWrite(number) ||
           isOneOf(number, {SYS_open, SYS_openat, SYS_creat, SYS_mkdir, SYS_mkdirat, SYS_rename,
                            SYS_renameat, SYS_renameat2, SYS_unlink, SYS_unlinkat, SYS_rmdir,
                            SYS_fchmod, SYS_chmod, SYS_ftruncate, SYS_link, SYS_linkat});
}

bool counts(Disturbance::Kind kind, long number)
{
    switch (kind) {
    case Disturbance::Kind::None:
    case Disturbance::Kind::Kill:
        return changesDisk(number);
    case Disturbance::Kind::FailSync:
        return isSync(number);
    case Disturbance::Kind::FailWrite:
        return isWrite(number);
    }
    return false;
}

user_regs_struct registersOf(pid_t child)
{
    user_regs_struct registers{};
    ::ptrace(PTRACE_GETREGS, child, nullptr, &registers);
    return registers;
}

/// Lets the child run to its next system call stop; false when it has ended.
bool toNextStop(pid_t child, int *status)
{
    for (int signal = 0;;) {
        ::ptrace(PTRACE_SYSCALL, child, nullptr, signal);
        if (::waitpid(child, status, 0) != child || !WIFSTOPPED(*status))
            return false;
        if (WSTOPSIG(*status) == (SIGTRAP | 0x80))
            return true;
        signal = WSTOPSIG(*status) == SIGTRAP ? 0 : WSTOPSIG(*status);
    }
}
#else
constexpr bool kCanTrace = false;
#endif

} // namespace

TracedEnd runTraced(const std::function<int()> &work, const Disturbance &disturbance)
{
    TracedEnd end;
    if (!kCanTrace)
        return end;
#ifdef __x86_64__
    const pid_t child = ::fork();
    if (child == 0) {
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0)
            ::_exit(125);
        ::raise(SIGSTOP);
        ::_exit(work());
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        return end;
    end.traced = true;
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD);
    int counted = 0;
    while (toNextStop(child, &status)) { // stopped where a call begins
        user_regs_struct registers = registersOf(child);
        const long number = long(registers.orig_rax);
        end.calls += changesDisk(number) ? 1 : 0;
        const bool here = counts(disturbance.kind, number) && ++counted == disturbance.at;
        if (here && disturbance.kind == Disturbance::Kind::Kill) {
            end.disturbed = true;
            ::kill(child, SIGKILL);
            ::waitpid(child, &status, 0);
            return end;
        }
        const bool failIt = here && disturbance.kind != Disturbance::Kind::None;
        if (failIt) { // a call that does not exist does nothing; its answer is replaced below
            registers.orig_rax = static_cast<unsigned long long>(-1);
            ::ptrace(PTRACE_SETREGS, child, nullptr, &registers);
        }
        if (!toNextStop(child, &status))
            break;
        if (failIt) {
            end.disturbed = true;
            registers = registersOf(child);
            registers.rax = static_cast<unsigned long long>(-disturbance.error);
            ::ptrace(PTRACE_SETREGS, child, nullptr, &registers);
        }
    }
    if (WIFEXITED(status))
        end.exitStatus = WEXITSTATUS(status);
    return end;
#else
    return end;
#endif
}

} // namespace lb::test
