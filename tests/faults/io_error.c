// SPDX-License-Identifier: GPL-3.0-or-later
// Preloaded: one call on a file below LIFEBOAT_IO_ERROR_BELOW fails with EIO, as a dying disk would
// make it. LIFEBOAT_IO_ERROR=read:N, write:N or sync:N says which, counted in each process. As with
// a real disk, the next sync of the same file says that all is well (what was lost stays lost).
#define _GNU_SOURCE
// The shim has to define both names of pread and pwrite; with 64-bit offsets one takes the other's.
#undef _FILE_OFFSET_BITS
#include "descriptor_path.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;

static int fails(const char *kind, int fd)
{
    const char *which = getenv("LIFEBOAT_IO_ERROR"), *below = getenv("LIFEBOAT_IO_ERROR_BELOW");
    const size_t length = strlen(kind);
    if (!which || !below || strncmp(which, kind, length) != 0 || which[length] != ':')
        return 0;
    char path[4096];
    if (!descriptorPath(fd, path, sizeof path) || strncmp(path, below, strlen(below)) != 0)
        return 0;
    if (++calls != atol(which + length + 1))
        return 0;
    fprintf(stderr, "EIO: %s of %s\n", kind, path);
    errno = EIO;
    return 1;
}

#define NEXT(name, type)                                                                           \
    static __typeof__(type) next;                                                                  \
    if (!next)                                                                                     \
        *(void **)&next = dlsym(RTLD_NEXT, name);

ssize_t read(int fd, void *data, size_t size)
{
    NEXT("read", ssize_t(*)(int, void *, size_t))
    return fails("read", fd) ? -1 : next(fd, data, size);
}

ssize_t pread(int fd, void *data, size_t size, off_t offset)
{
    NEXT("pread", ssize_t(*)(int, void *, size_t, off_t))
    return fails("read", fd) ? -1 : next(fd, data, size, offset);
}

ssize_t pread64(int fd, void *data, size_t size, off_t offset)
{
    NEXT("pread64", ssize_t(*)(int, void *, size_t, off_t))
    return fails("read", fd) ? -1 : next(fd, data, size, offset);
}

ssize_t write(int fd, const void *data, size_t size)
{
    NEXT("write", ssize_t(*)(int, const void *, size_t))
    return fails("write", fd) ? -1 : next(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    NEXT("pwrite", ssize_t(*)(int, const void *, size_t, off_t))
    return fails("write", fd) ? -1 : next(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset)
{
    NEXT("pwrite64", ssize_t(*)(int, const void *, size_t, off_t))
    return fails("write", fd) ? -1 : next(fd, data, size, offset);
}

int fsync(int fd)
{
    NEXT("fsync", int (*)(int))
    return fails("sync", fd) ? -1 : next(fd);
}

int fdatasync(int fd)
{
    NEXT("fdatasync", int (*)(int))
    return fails("sync", fd) ? -1 : next(fd);
}

int syncfs(int fd)
{
    NEXT("syncfs", int (*)(int))
    return fails("sync", fd) ? -1 : next(fd);
}
