// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace lb {

/// From now on memory of this process is overwritten when it is freed: libraries copy the secrets
/// that they are given (headers, SQL, JSON), and their copies are not ours to wipe. For a process
/// that handles secrets, at its very beginning. A program that is linked with this has free() and
/// realloc() of its own, which do as the C library's until then. Without effect under a sanitizer,
/// which has its own.
///
/// Not glibc's `malloc.perturb`: it overwrites all of what a growing block leaves of its neighbour,
/// again and again, so that one long JSON text took half a minute.
void overwriteFreedMemory();

} // namespace lb
