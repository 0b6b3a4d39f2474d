// SPDX-License-Identifier: GPL-3.0-or-later
// Preloaded into a runner: ends it with SIGKILL at an exact place of its journal, as a power cut
// or `kill -9` would. LIFEBOAT_KILL_AT=line:N cuts after the N-th line was written (not synced),
// half:N in the middle of the N-th line, sync:N after the N-th sync. Other files are not touched.
#define _GNU_SOURCE
// The shim has to define both names of pwrite; with 64-bit offsets as default, one takes the
// other's.
#undef _FILE_OFFSET_BITS
#include "descriptor_path.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int isJournal(int fd)
{
    char path[4096];
    return descriptorPath(fd, path, sizeof path) && strstr(path, "/journal.jsonl") != NULL;
}

static long wanted(const char *kind)
{
    const char *text = getenv("LIFEBOAT_KILL_AT");
    const size_t length = strlen(kind);
    if (!text || strncmp(text, kind, length) != 0 || text[length] != ':')
        return -1;
    return atol(text + length + 1);
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

typedef ssize_t (*PWrite)(int, const void *, size_t, off_t);

static ssize_t written(PWrite next, int fd, const void *data, size_t size, off_t offset)
{
    static long lines = 0;
    const long line = wanted("line"), half = wanted("half");
    if ((line < 0 && half < 0) || !isJournal(fd))
        return next(fd, data, size, offset);
    const char *bytes = data;
    size_t begin = 0;
    for (size_t i = 0; i < size; ++i) {
        if (bytes[i] != '\n')
            continue;
        ++lines;
        if (lines == line) {
            (void)next(fd, data, i + 1, offset);
            die();
        }
        if (lines == half) {
            (void)next(fd, data, begin + (i - begin) / 2, offset);
            die();
        }
        begin = i + 1;
    }
    return next(fd, data, size, offset);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    static PWrite next;
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "pwrite");
    return written(next, fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset)
{
    static PWrite next;
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "pwrite64");
    return written(next, fd, data, size, offset);
}

int fdatasync(int fd)
{
    static int (*next)(int);
    static long syncs = 0;
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "fdatasync");
    const int result = next(fd);
    if (wanted("sync") > 0 && isJournal(fd) && ++syncs == wanted("sync"))
        die();
    return result;
}
