// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/index_line.h"
#include "core/base/file_descriptor.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

namespace lb {

/// Uncompressed bytes of a full frame; no frame of format 1 is larger.
inline constexpr size_t kFrameBytes = 4 * 1024 * 1024;

/// Cuts a stream into zstd frames that stand alone, compresses them in worker threads and writes
/// them in order. One thread fills; space()/advance() let it read files straight into the frame.
class FrameWriter
{
public:
    explicit FrameWriter(int workers);
    ~FrameWriter(); ///< stops the workers; an unfinished file stays as it is

    /// `follows`: the path may be a link (TreeArchive::isInMemory).
    Result<void> open(const QString &path, bool follows = false);

    quint32 frame() const { return m_frame; } ///< number of the frame being filled
    size_t filled() const { return m_filled; }
    size_t left() const { return kFrameBytes - m_filled; }

    /// Where to put the next bytes; left() of them fit, and there is room for at least one.
    Result<char *> space();
    void advance(size_t bytes) { m_filled += bytes; }
    Result<void> write(QByteArrayView bytes);
    Result<void> zeros(quint64 count);
    Result<void> endFrame(); ///< does nothing in an empty frame

    /// Waits for all frames and syncs the file.
    Result<void> finish();

    const std::vector<FrameInfo> &frames() const { return m_frames; }
    quint64 size() const { return m_size; }
    QByteArray sha256() { return m_fileHash.finishHex(); }

private:
    struct Slot;

    void work();
    void writeReady(std::unique_lock<std::mutex> &lock);
    Result<void> failure();

    QString m_path;
    FileDescriptor m_fd;
    std::mutex m_mutex;
    std::condition_variable m_slotFree;
    std::condition_variable m_workReady;
    std::vector<std::unique_ptr<Slot>> m_slots;
    std::vector<Slot *> m_free;
    std::deque<Slot *> m_todo;
    std::vector<Slot *> m_done; ///< compressed, waiting for their turn
    quint32 m_nextToWrite = 0;
    bool m_writing = false;
    bool m_ending = false;
    std::optional<Error> m_error;

    Slot *m_current = nullptr;
    quint32 m_frame = 0;
    size_t m_filled = 0;

    std::vector<FrameInfo> m_frames; ///< the writing thread's, whichever that is
    Sha256 m_fileHash;
    quint64 m_size = 0;
    quint64 m_pushed = 0; ///< up to here the kernel was asked to begin writing

    std::vector<std::jthread> m_threads; ///< last: joined before the rest goes
};

} // namespace lb
