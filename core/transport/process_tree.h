// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace lb {

/// One row of /proc. POSIX and standard library only: the guard uses it.
struct ProcEntry
{
    pid_t pid = 0, parent = 0, session = 0;
    char state = '?';
    unsigned long long startTime = 0;
    bool isDead() const { return state == 'Z' || state == 'X'; }
};

std::optional<ProcEntry> readProcEntry(pid_t pid);
/// A variable in a process's environment as it was at exec; empty when there is none or it may not
/// be read.
std::string environmentOf(pid_t pid, const char *variable);

/// What belongs to one started program.
struct ProcTree
{
    pid_t pid = 0; ///< the program itself; leader of its session
    unsigned long long startTime = 0;
    std::string marker; ///< value of LIFEBOAT_STEP; may be empty
};

/// All processes at one moment.
class ProcTable
{
public:
    static ProcTable read();

    const std::vector<ProcEntry> &entries() const { return m_entries; }
    const ProcEntry *find(pid_t pid) const;
    /// True when `ancestor` is among the parents of `entry`.
    bool descendsFrom(const ProcEntry &entry, pid_t ancestor) const;
    /// Live processes of the tree: the program, its descendants, its session, whatever carries its
    /// marker, and the descendants of those. Never this process nor its parents. With `below`, only
    /// descendants of that process are looked at.
    std::vector<ProcEntry> members(const ProcTree &tree, pid_t below = 0) const;

private:
    std::vector<ProcEntry> m_entries; ///< sorted by pid
};

/// Remembers which processes got which signal, so that each gets TERM once.
class Signaller
{
public:
    /// Sends the signal to those that did not get it yet (KILL is always sent).
    void send(const std::vector<ProcEntry> &processes, int signal);

private:
    std::set<std::pair<pid_t, unsigned long long>> m_told;
};

} // namespace lb
