// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/spill_file.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lb {

namespace {

LB_TRANSLATE(Archive)

constexpr qsizetype kBuffer = 64 * 1024;
constexpr size_t kChunk = 256 * 1024;
constexpr size_t kMemoryLimit = 12 * 1024 * 1024;

FileDescriptor openNameless()
{
    const char *const folders[] = {::getenv("TMPDIR"), "/var/tmp", "/tmp"};
    for (const char *folder : folders) {
        if (!folder)
            continue;
        FileDescriptor fd(::open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
        if (fd.isOpen())
            return fd;
    }
    return {};
}

QByteArrayView nameAt(const char *stored)
{
    return {stored + 1, qsizetype(static_cast<unsigned char>(*stored))};
}

bool lessNames(QByteArrayView a, QByteArrayView b)
{
    const int order = std::memcmp(a.data(), b.data(), size_t(std::min(a.size(), b.size())));
    return order ? order < 0 : a.size() < b.size();
}

} // namespace

Result<quint64> SpillFile::append(QByteArrayView bytes)
{
    const quint64 at = m_written + quint64(m_pending.size());
    m_pending += bytes;
    if (m_pending.size() >= kBuffer)
        TRY(flush());
    return at;
}

Result<void> SpillFile::flush()
{
    if (!m_fd.isOpen()) {
        m_fd = openNameless();
        if (!m_fd.isOpen())
            return failErrno(tr("No temporary file could be made"), errno);
    }
    for (qsizetype done = 0; done < m_pending.size();) {
        const ssize_t n = ::pwrite(m_fd.get(), m_pending.data() + done,
                                   size_t(m_pending.size() - done), off_t(m_written));
        if (n < 0 && errno != EINTR)
            return failErrno(tr("A temporary file could not be written"), errno);
        if (n > 0) {
            done += n;
            m_written += quint64(n);
        }
    }
    m_pending.clear();
    return {};
}

Result<QByteArray> SpillFile::read(quint64 at, size_t size)
{
    if (at + size > m_written)
        TRY(flush());
    QByteArray bytes(qsizetype(size), Qt::Uninitialized);
    for (size_t done = 0; done < size;) {
        const ssize_t n = ::pread(m_fd.get(), bytes.data() + done, size - done, off_t(at + done));
        if (n == 0 || (n < 0 && errno != EINTR))
            return failErrno(tr("A temporary file could not be read"), n == 0 ? EIO : errno);
        done += size_t(std::max<ssize_t>(n, 0));
    }
    return bytes;
}

struct NameList::Run
{
    quint64 at = 0;
    quint64 end = 0;
    QByteArray buffer;
    qsizetype used = 0;
    QByteArrayView name;

    /// Moves to the next name; false after the last.
    Result<bool> advance(SpillFile &file)
    {
        if (used == buffer.size() ||
            used + 1 + static_cast<unsigned char>(buffer[used]) > buffer.size()) {
            at += quint64(used);
            if (at == end)
                return false;
            TRY_VALUE(buffer, file.read(at, size_t(std::min<quint64>(kBuffer, end - at))));
            used = 0;
        }
        name = nameAt(buffer.constData() + used);
        used += 1 + name.size();
        return true;
    }
};

NameList::NameList() = default;
NameList::~NameList() = default;
NameList::NameList(NameList &&) noexcept = default;
NameList &NameList::operator=(NameList &&) noexcept = default;

Result<void> NameList::add(QByteArrayView name)
{
    if (m_chunks.size() * kChunk + m_names.size() * sizeof(char *) > kMemoryLimit)
        TRY(spillRun());
    const size_t size = 1 + size_t(name.size());
    // Small folders are the rule: the first chunk is small, so that a deep path stays cheap.
    if (m_chunks.empty() || m_chunkUsed + size > (m_chunks.size() == 1 ? 4096 : kChunk)) {
        m_chunks.push_back(
            std::make_unique_for_overwrite<char[]>(m_chunks.empty() ? 4096 : kChunk));
        m_chunkUsed = 0;
    }
    char *stored = m_chunks.back().get() + m_chunkUsed;
    *stored = char(name.size());
    std::memcpy(stored + 1, name.data(), size_t(name.size()));
    m_chunkUsed += size;
    m_names.push_back(stored);
    return {};
}

void NameList::sortMemory()
{
    std::sort(m_names.begin(), m_names.end(),
              [](const char *a, const char *b) { return lessNames(nameAt(a), nameAt(b)); });
}

Result<void> NameList::spillRun()
{
    sortMemory();
    if (!m_file)
        m_file = std::make_unique<SpillFile>();
    Run run;
    for (size_t i = 0; i < m_names.size(); ++i) {
        const QByteArrayView name = nameAt(m_names[i]);
        TRY_VALUE(const quint64 at, m_file->append(QByteArrayView(m_names[i], name.size() + 1)));
        if (i == 0)
            run.at = at;
        run.end = at + quint64(name.size()) + 1;
    }
    if (!m_names.empty())
        m_runs.push_back(std::move(run));
    m_names.clear();
    m_chunks.clear();
    m_chunkUsed = 0;
    return {};
}

Result<void> NameList::sort()
{
    if (!m_file) {
        sortMemory();
        return {};
    }
    TRY(spillRun());
    m_names.shrink_to_fit();
    std::vector<Run> live;
    for (Run &run : m_runs) {
        TRY_VALUE(const bool more, run.advance(*m_file));
        if (more)
            live.push_back(std::move(run));
    }
    m_runs = std::move(live);
    return {};
}

Result<QByteArrayView> NameList::next()
{
    if (!m_file) {
        if (m_next == m_names.size())
            return QByteArrayView();
        return nameAt(m_names[m_next++]);
    }
    if (m_runs.empty())
        return QByteArrayView();
    const auto first =
        std::min_element(m_runs.begin(), m_runs.end(),
                         [](const Run &a, const Run &b) { return lessNames(a.name, b.name); });
    m_current = first->name.toByteArray();
    TRY_VALUE(const bool more, first->advance(*m_file));
    if (!more)
        m_runs.erase(first);
    return QByteArrayView(m_current);
}

} // namespace lb
