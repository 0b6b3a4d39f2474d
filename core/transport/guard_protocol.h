// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace lb {

/// What runner and guard say to each other: one message a packet of their socket pair, both from
/// the same executable, so the layout needs no version.
struct GuardRequest
{
    enum Kind : std::uint32_t
    {
        Start,     ///< with four descriptors: body, standard input, output, error
        Terminate, ///< TERM to the tree of `id`, KILL after `graceMs`
    };
    Kind kind = Start;
    std::uint32_t startsDaemon = 0;
    std::uint64_t id = 0;
    std::int64_t graceMs = 0;
    /// The body is a memory file of texts that end in NUL: program, folder, marker, end file, then
    /// `argumentCount` arguments (the first is the program's name), then the environment.
    std::uint64_t bodySize = 0;
    std::uint32_t argumentCount = 0;
    std::uint32_t environmentCount = 0;
};

struct GuardReply
{
    enum Kind : std::uint32_t
    {
        Started,     ///< pid, startTime
        NotStarted,  ///< value = errno
        Exited,      ///< value = wait status; a Clean follows when `clean` is 0
        Clean,       ///< no descendant is left but `survivors` that could not be ended
        Unstoppable, ///< the program itself survived KILL
    };
    Kind kind = Started;
    std::int32_t value = 0;
    std::uint64_t id = 0;
    std::uint64_t startTime = 0;
    std::int32_t pid = 0;
    std::int32_t survivors = 0;
    std::uint32_t clean = 0;
};

/// Environment variable that marks what a step started.
inline constexpr char kStepVariable[] = "LIFEBOAT_STEP";

} // namespace lb
