// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

/// One input; returns 0. Aborts when something that must always hold does not. The shape that
/// libFuzzer calls, so that a target can be linked with it instead of fuzz_main.cpp.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

/// What fuzz_main.cpp begins with.
struct FuzzSeeds
{
    std::vector<QByteArray> inputs;
    std::vector<QByteArray> words; ///< that mean something to the reader
};
FuzzSeeds fuzzSeeds();

/// Ends the program when `holds` is false; the driver keeps the input.
inline void mustHold(bool holds, const char *what, const QByteArray &evidence = {})
{
    if (holds)
        return;
    std::fprintf(stderr, "does not hold: %s\n%s\n", what, evidence.left(4000).constData());
    std::abort();
}
