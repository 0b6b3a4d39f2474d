// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/freed_memory.h"

#ifdef __SANITIZE_ADDRESS__

void lb::overwriteFreedMemory() {}

#else

#include <cstdlib>
#include <cstring>

#include <malloc.h>

namespace {

/// Set once, before there is a second thread.
bool overwrites = false;

} // namespace

void lb::overwriteFreedMemory()
{
    overwrites = true;
}

extern "C" {

// What the C library calls its own, for whoever puts something before it (glibc manual, “Replacing
// malloc”).
void *__libc_malloc(size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

void free(void *memory) noexcept
{
    if (overwrites && memory)
        ::explicit_bzero(memory, ::malloc_usable_size(memory));
    __libc_free(memory);
}

void *realloc(void *memory, size_t size) noexcept
{
    if (!overwrites || !memory)
        return __libc_realloc(memory, size);
    if (size == 0) {
        free(memory);
        return nullptr;
    }
    // The C library would move it and leave the old bytes behind.
    const size_t old = ::malloc_usable_size(memory);
    if (size <= old && size >= old / 2) {
        ::explicit_bzero(static_cast<char *>(memory) + size, old - size);
        return memory;
    }
    void *moved = __libc_malloc(size);
    if (!moved)
        return nullptr;
    std::memcpy(moved, memory, size < old ? size : old);
    free(memory);
    return moved;
}
}

#endif
