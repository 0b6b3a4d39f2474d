// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/index_reader.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

namespace lb {

/// One file to be read, and where its content is to go.
struct WantedEntry
{
    IndexEntry entry;
    QByteArray as; ///< path to write to; empty: not written, only verified
};

/// Takes verified content. Called by worker threads, for different files at the same time. An
/// error ends the reading.
class FrameSink
{
public:
    struct BigFile
    {
        virtual ~BigFile() = default;
    };

    virtual ~FrameSink() = default;
    /// A whole file's content (of a sparse file: its data), hash checked.
    virtual Result<void> file(const WantedEntry &wanted, const char *data, int worker) = 0;
    /// A file of several frames: begin in the caller's thread, then pieces in any order, then end
    /// with whether the whole was sound.
    virtual Result<std::unique_ptr<BigFile>> begin(const WantedEntry &wanted) = 0;
    virtual Result<void> piece(BigFile &file, quint64 offset, const char *data, size_t size) = 0;
    virtual Result<void> end(BigFile &file, bool sound) = 0;
};

struct FrameReaderOptions
{
    int workers = 2;
    bool everything = false;    ///< every frame and byte must belong to an entry
    bool wholeHash = false;     ///< SHA-256 of the part's file; only with `everything`
    std::function<void()> tick; ///< in the thread that hands in, while it waits: to show progress
};

/// Reads frames in worker threads and proves every byte of them: hash of the frame, tar headers
/// against the index, hashes of files, padding. Never unpacks more than the index declares. One
/// thread hands in entries in the index's order.
class FrameReader
{
public:
    FrameReader(const FrameReaderOptions &options, IndexReader &index, FrameSink *sink,
                std::stop_token stop);
    ~FrameReader();

    Result<void> open(const QString &part);
    Result<void> add(WantedEntry wanted);
    /// Waits for the rest. What is damaged is in damage(), not in the result.
    Result<void> finish();

    /// After finish() only.
    const NoteList &damage() const { return m_damage; }
    QByteArray sha256() const { return m_sha256; }
    quint64 bytesDone() const { return m_bytesDone; }

private:
    struct Slot;
    struct Piece;
    class OrderedHash;
    struct Big;
    struct Job;

    Result<void> flushSmall();
    Result<void> addBig(WantedEntry wanted, const FrameInfo &first, const QByteArray &header);
    Result<void> push(Job job);
    void waitUntil(std::unique_lock<std::mutex> &lock, const std::function<bool()> &done);
    Result<bool> takeFrame(quint32 number, FrameInfo &info);
    void work(int worker);
    void run(Job &job, const std::shared_ptr<Slot> &slot, ZSTD_DCtx_s *context, Sha256 &hash,
             int worker);
    void runSmall(Job &job, const char *raw, bool frameSound, Sha256 &hash, int worker);
    void runBig(Job &job, const std::shared_ptr<Slot> &slot, bool readable);
    bool checkEntry(const IndexEntry &entry, const char *raw, size_t left, size_t &used,
                    Sha256 &hash, const char **data);
    void noteDamage(const QByteArray &path, const QString &text);
    void stopWith(const Error &error);
    std::shared_ptr<Slot> takeSlot(std::unique_lock<std::mutex> &lock);

    FrameReaderOptions m_options;
    IndexReader &m_index;
    FrameSink *m_sink;
    std::stop_token m_stop;
    QString m_path;
    FileDescriptor m_fd;
    quint64 m_partBytes = 0;

    // The handing-in thread's own.
    std::unique_ptr<Job> m_small;
    quint32 m_nextFrame = 0;
    quint64 m_nextAt = 0;
    quint64 m_jobs = 0;
    QByteArray m_end; ///< what the last frame must hold

    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<Job> m_queue;
    int m_busy = 0;
    bool m_ending = false;
    std::optional<Error> m_error;
    std::vector<std::unique_ptr<Slot>> m_free;
    size_t m_slotsMade = 0;
    NoteList m_damage;
    std::atomic<quint64> m_bytesDone = 0;
    std::unique_ptr<OrderedHash> m_whole;
    QByteArray m_sha256;

    std::vector<std::jthread> m_threads; ///< last: joined before the rest goes
};

} // namespace lb
