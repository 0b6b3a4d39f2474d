// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/secret_string.h"

#include <cstring>
#include <new>

#include <sys/mman.h>
#include <unistd.h>

namespace lb {

namespace {

/// Whole pages: both locking and leaving out of core files work on these.
size_t pagesFor(size_t size)
{
    const auto page = size_t(::sysconf(_SC_PAGESIZE));
    return (size + page - 1) / page * page;
}

} // namespace

void wipe(char *data, size_t size)
{
    if (size > 0)
        ::explicit_bzero(data, size);
}

void wipe(QByteArray &bytes)
{
    // Not data(): that would make a copy of a shared buffer and overwrite the copy.
    // A literal's bytes are nobody's to write.
    if (!bytes.isEmpty() && bytes.data_ptr().isMutable())
        wipe(const_cast<char *>(bytes.constData()), size_t(bytes.size()));
    bytes.clear();
}

SecretString::SecretString(QByteArray &&bytes) : m_size(size_t(bytes.size()))
{
    if (m_size == 0)
        return;
    const size_t room = pagesFor(m_size);
    void *place = ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED)
        throw std::bad_alloc();
    // Both may be refused by a limit of the user's; the secret is still overwritten at the end.
    (void)::mlock(place, room);
    (void)::madvise(place, room, MADV_DONTDUMP);
    m_data = static_cast<char *>(place);
    std::memcpy(m_data, bytes.constData(), m_size);
    wipe(bytes);
}

SecretString::~SecretString()
{
    if (!m_data)
        return;
    wipe(m_data, m_size);
    ::munmap(m_data, pagesFor(m_size));
}

} // namespace lb
