// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/transport/process_tree.h"

#include "core/transport/guard_protocol.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace lb {

namespace {

/// A whole file below /proc/PID; at most `limit` bytes.
std::string readProcFile(pid_t pid, const char *name, size_t limit)
{
    char path[64];
    std::snprintf(path, sizeof path, "/proc/%d/%s", int(pid), name);
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return {};
    std::string content;
    char buffer[4096];
    while (content.size() < limit) {
        const ssize_t n = ::read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        content.append(buffer, size_t(n));
    }
    ::close(fd);
    return content;
}

} // namespace

std::optional<ProcEntry> readProcEntry(pid_t pid)
{
    const std::string stat = readProcFile(pid, "stat", 4096);
    // The second field is the program's name in brackets and may hold anything.
    const size_t afterName = stat.rfind(')');
    if (afterName == std::string::npos)
        return std::nullopt;
    ProcEntry entry;
    entry.pid = pid;
    int group = 0;
    const int got =
        std::sscanf(stat.c_str() + afterName + 1,
                    " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                    &entry.state, &entry.parent, &group, &entry.session, &entry.startTime);
    if (got != 5)
        return std::nullopt;
    return entry;
}

std::string environmentOf(pid_t pid, const char *variable)
{
    const std::string all = readProcFile(pid, "environ", 4 * 1024 * 1024);
    const size_t nameSize = std::strlen(variable);
    for (size_t from = 0; from < all.size();) {
        const size_t end = std::min(all.find('\0', from), all.size());
        if (end - from > nameSize && all.compare(from, nameSize, variable) == 0 &&
            all[from + nameSize] == '=')
            return all.substr(from + nameSize + 1, end - from - nameSize - 1);
        from = end + 1;
    }
    return {};
}

ProcTable ProcTable::read()
{
    ProcTable table;
    DIR *folder = ::opendir("/proc");
    if (!folder)
        return table;
    while (const dirent *item = ::readdir(folder)) {
        char *end = nullptr;
        const long pid = std::strtol(item->d_name, &end, 10);
        if (pid <= 0 || *end != '\0')
            continue;
        if (const auto entry = readProcEntry(pid_t(pid)))
            table.m_entries.push_back(*entry);
    }
    ::closedir(folder);
    std::sort(table.m_entries.begin(), table.m_entries.end(),
              [](const ProcEntry &a, const ProcEntry &b) { return a.pid < b.pid; });
    return table;
}

const ProcEntry *ProcTable::find(pid_t pid) const
{
    const auto at = std::lower_bound(m_entries.begin(), m_entries.end(), pid,
                                     [](const ProcEntry &entry, pid_t p) { return entry.pid < p; });
    return at != m_entries.end() && at->pid == pid ? &*at : nullptr;
}

bool ProcTable::descendsFrom(const ProcEntry &entry, pid_t ancestor) const
{
    // Bounded: /proc is not read at one moment, so parents could even form a circle.
    const ProcEntry *at = &entry;
    for (size_t i = 0; at && i < m_entries.size(); ++i) {
        if (at->parent == ancestor)
            return true;
        at = find(at->parent);
    }
    return false;
}

std::vector<ProcEntry> ProcTable::members(const ProcTree &tree, pid_t below) const
{
    const pid_t self = ::getpid();
    const ProcEntry *own = find(self);
    const ProcEntry *main = find(tree.pid);
    // When the number was given to another process since, its session is not ours either.
    const bool numberIsOurs = !main || main->startTime == tree.startTime;
    std::set<pid_t> seeds;
    std::vector<ProcEntry> found;
    const auto mayBelong = [&](const ProcEntry &entry) {
        return entry.pid != self && entry.pid != 1 && (below == 0 || descendsFrom(entry, below)) &&
               !(own && descendsFrom(*own, entry.pid));
    };
    for (const ProcEntry &entry : m_entries) {
        if (!mayBelong(entry))
            continue;
        const bool isMain = entry.pid == tree.pid && entry.startTime == tree.startTime;
        const bool inSession = numberIsOurs && entry.session == tree.pid;
        if (isMain || inSession ||
            (!tree.marker.empty() && !entry.isDead() &&
             environmentOf(entry.pid, kStepVariable) == tree.marker))
            seeds.insert(entry.pid);
    }
    for (const ProcEntry &entry : m_entries) {
        if (entry.isDead() || !mayBelong(entry))
            continue;
        const bool member = seeds.count(entry.pid) > 0 ||
                            std::any_of(seeds.begin(), seeds.end(),
                                        [&](pid_t seed) { return descendsFrom(entry, seed); });
        if (member)
            found.push_back(entry);
    }
    return found;
}

void Signaller::send(const std::vector<ProcEntry> &processes, int signal)
{
    for (const ProcEntry &process : processes) {
        if (!m_told.emplace(process.pid, process.startTime).second && signal != SIGKILL)
            continue;
        // The table is a moment old: the number must still be the same process.
        const auto now = readProcEntry(process.pid);
        if (now && now->startTime == process.startTime)
            ::kill(process.pid, signal);
    }
}

} // namespace lb
