// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/frame_writer.h"

#include "core/archive/worker_threads.h"

#include <QFile>

#include <fcntl.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lb {

namespace {

LB_TRANSLATE(Archive)

constexpr quint64 kPushBytes = 8 * 1024 * 1024;

} // namespace

struct FrameWriter::Slot
{
    std::unique_ptr<char[]> raw = std::make_unique_for_overwrite<char[]>(kFrameBytes);
    std::unique_ptr<char[]> packed =
        std::make_unique_for_overwrite<char[]>(ZSTD_compressBound(kFrameBytes));
    quint32 number = 0;
    FrameInfo info;
};

FrameWriter::FrameWriter(int workers)
{
    // One more than can be worked on, so that the filling thread seldom waits.
    for (int i = 0; i < workers + 2; ++i) {
        m_slots.push_back(std::make_unique<Slot>());
        m_free.push_back(m_slots.back().get());
    }
    startWorkers(m_threads, workers, [this](int) { work(); });
}

FrameWriter::~FrameWriter()
{
    const std::lock_guard lock(m_mutex);
    m_todo.clear();
    m_ending = true;
    m_workReady.notify_all();
}

Result<void> FrameWriter::open(const QString &path, bool follows)
{
    m_path = path;
    m_fd = FileDescriptor(
        ::open(QFile::encodeName(path).constData(),
               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | (follows ? 0 : O_NOFOLLOW), 0600));
    if (!m_fd.isOpen())
        return failErrno(tr("The archive %1 could not be made").arg(path), errno);
    return {};
}

void FrameWriter::work()
{
    const std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx *)> context(ZSTD_createCCtx(),
                                                                      ZSTD_freeCCtx);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, 3);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    Sha256 hash;
    std::unique_lock lock(m_mutex);
    while (true) {
        m_workReady.wait(lock, [this] { return m_ending || !m_todo.empty(); });
        if (m_todo.empty())
            return;
        Slot *slot = m_todo.front();
        m_todo.pop_front();
        lock.unlock();
        const size_t packed =
            ZSTD_compress2(context.get(), slot->packed.get(), ZSTD_compressBound(kFrameBytes),
                           slot->raw.get(), slot->info.raw);
        const bool good = !ZSTD_isError(packed);
        if (good) {
            slot->info.size = quint32(packed);
            hash.add(slot->packed.get(), packed);
            slot->info.sha256 = hash.finish();
        }
        lock.lock();
        if (!good && !m_error)
            m_error = Error{ErrorCode::Internal,
                            tr("The archive could not be compressed"),
                            QString::fromLatin1(ZSTD_getErrorName(packed)),
                            {}};
        m_done.push_back(slot);
        writeReady(lock);
    }
}

/// Writes what is next in order, if no other worker is doing so already: that one will look again.
void FrameWriter::writeReady(std::unique_lock<std::mutex> &lock)
{
    if (m_writing)
        return;
    m_writing = true;
    while (true) {
        const auto found = std::find_if(m_done.begin(), m_done.end(), [this](const Slot *slot) {
            return slot->number == m_nextToWrite;
        });
        if (found == m_done.end())
            break;
        Slot *slot = *found;
        m_done.erase(found);
        const bool skip = m_error.has_value();
        lock.unlock();
        int number = 0;
        if (!skip) {
            slot->info.at = m_size;
            m_fileHash.add(slot->packed.get(), slot->info.size);
            for (quint32 done = 0; done < slot->info.size && number == 0;) {
                const ssize_t n =
                    ::write(m_fd.get(), slot->packed.get() + done, slot->info.size - done);
                if (n < 0 && errno != EINTR)
                    number = errno;
                done += quint32(std::max<ssize_t>(n, 0));
            }
            m_size += slot->info.size;
            m_frames.push_back(slot->info);
            // The disk works while we compress: the sync at the end then has little left to do.
            if (m_size - m_pushed >= kPushBytes) {
                ::sync_file_range(m_fd.get(), off_t(m_pushed), off_t(m_size - m_pushed),
                                  SYNC_FILE_RANGE_WRITE);
                m_pushed = m_size;
            }
        }
        lock.lock();
        if (number != 0 && !m_error)
            m_error = systemError(tr("The archive %1 could not be written").arg(m_path), number);
        ++m_nextToWrite;
        m_free.push_back(slot);
        m_slotFree.notify_all();
    }
    m_writing = false;
}

Result<void> FrameWriter::failure()
{
    const std::lock_guard lock(m_mutex);
    if (m_error)
        return tl::unexpected(*m_error);
    return {};
}

Result<char *> FrameWriter::space()
{
    if (m_filled == kFrameBytes)
        TRY(endFrame());
    if (!m_current) {
        std::unique_lock lock(m_mutex);
        m_slotFree.wait(lock, [this] { return !m_free.empty(); });
        if (m_error)
            return tl::unexpected(*m_error);
        m_current = m_free.back();
        m_free.pop_back();
    }
    return m_current->raw.get() + m_filled;
}

Result<void> FrameWriter::write(QByteArrayView bytes)
{
    while (!bytes.isEmpty()) {
        TRY_VALUE(char *to, space());
        const size_t n = std::min(left(), size_t(bytes.size()));
        std::memcpy(to, bytes.data(), n);
        advance(n);
        bytes = bytes.sliced(qsizetype(n));
    }
    return {};
}

Result<void> FrameWriter::zeros(quint64 count)
{
    while (count > 0) {
        TRY_VALUE(char *to, space());
        const size_t n = size_t(std::min<quint64>(left(), count));
        std::memset(to, 0, n);
        advance(n);
        count -= n;
    }
    return {};
}

Result<void> FrameWriter::endFrame()
{
    if (m_filled == 0)
        return {};
    m_current->number = m_frame++;
    m_current->info = {};
    m_current->info.raw = quint32(m_filled);
    m_filled = 0;
    const std::lock_guard lock(m_mutex);
    m_todo.push_back(std::exchange(m_current, nullptr));
    m_workReady.notify_one();
    return {};
}

Result<void> FrameWriter::finish()
{
    TRY(endFrame());
    {
        std::unique_lock lock(m_mutex);
        m_slotFree.wait(lock, [this] { return m_nextToWrite == m_frame; });
    }
    TRY(failure());
    if (::fdatasync(m_fd.get()) != 0)
        return failErrno(tr("The archive %1 could not be synced").arg(m_path), errno);
    return {};
}

} // namespace lb
