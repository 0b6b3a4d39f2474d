// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/frame_reader.h"

#include "core/archive/frame_writer.h"
#include "core/archive/tar_header.h"
#include "core/archive/worker_threads.h"

#include <QFile>

#include <fcntl.h>
#include <sys/stat.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

namespace lb {

namespace {

LB_TRANSLATE(Archive)

constexpr size_t kQueue = 3;

bool isZero(const char *data, size_t size)
{
    return size == 0 || (data[0] == 0 && std::memcmp(data, data + 1, size - 1) == 0);
}

} // namespace

struct FrameReader::Slot
{
    std::unique_ptr<char[]> packed =
        std::make_unique_for_overwrite<char[]>(ZSTD_compressBound(kFrameBytes));
    std::unique_ptr<char[]> raw = std::make_unique_for_overwrite<char[]>(kFrameBytes);
};

struct FrameReader::Piece
{
    std::shared_ptr<Slot> slot; ///< keeps the bytes
    const char *data = nullptr;
    size_t size = 0;
};

/// A hash over pieces that arrive in any order. Whoever brings the next one hashes what is there.
class FrameReader::OrderedHash
{
public:
    /// True for the caller that has hashed piece number `last`.
    bool add(quint64 number, Piece piece, quint64 last)
    {
        std::unique_lock lock(m_mutex);
        m_waiting.emplace(number, std::move(piece));
        if (m_busy)
            return false;
        m_busy = true;
        bool ended = false;
        for (auto next = m_waiting.begin(); next != m_waiting.end() && next->first == m_next;
             next = m_waiting.begin()) {
            const Piece current = std::move(next->second);
            m_waiting.erase(next);
            lock.unlock();
            m_hash.add(current.data, current.size);
            lock.lock();
            ended = m_next++ == last;
        }
        m_busy = false;
        return ended;
    }
    Sha256::Bytes finish() { return m_hash.finish(); }

private:
    std::mutex m_mutex;
    std::map<quint64, Piece> m_waiting;
    Sha256 m_hash;
    quint64 m_next = 0;
    bool m_busy = false;
};

struct FrameReader::Big
{
    WantedEntry wanted;
    QByteArray header;
    quint64 stored = 0;
    quint64 last = 0; ///< number of the last piece
    OrderedHash hash;
    std::atomic<bool> sound = true;
    std::unique_ptr<FrameSink::BigFile> file;
};

struct FrameReader::Job
{
    quint64 number = 0;
    quint32 frame = 0;
    FrameInfo info;
    std::vector<WantedEntry> entries;
    std::shared_ptr<Big> big;
    quint64 bigPiece = 0;
    quint64 bigOffset = 0; ///< of this frame in header + content + padding
    bool isEnd = false;    ///< the last frame: the root once more and the end of the tar
};

FrameReader::FrameReader(const FrameReaderOptions &options, IndexReader &index, FrameSink *sink,
                         std::stop_token stop)
    : m_options(options), m_index(index), m_sink(sink), m_stop(std::move(stop))
{
    if (m_options.wholeHash)
        m_whole = std::make_unique<OrderedHash>();
    startWorkers(m_threads, options.workers, [this](int worker) { work(worker); });
}

FrameReader::~FrameReader()
{
    std::deque<Job> left; // goes after the lock: its jobs may hold buffers that lock on return
    const std::lock_guard lock(m_mutex);
    left.swap(m_queue);
    m_ending = true;
    m_changed.notify_all();
}

Result<void> FrameReader::open(const QString &part)
{
    m_path = part;
    m_fd = FileDescriptor(::open(QFile::encodeName(part).constData(), O_RDONLY | O_CLOEXEC));
    struct stat st = {};
    if (!m_fd.isOpen() || ::fstat(m_fd.get(), &st) != 0)
        return failErrno(tr("The archive %1 could not be opened").arg(part), errno);
    m_partBytes = quint64(st.st_size);
    if (m_options.everything) {
        ::posix_fadvise(m_fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
        if (m_partBytes != m_index.totals().partBytes)
            noteDamage(".", tr("the archive has %1 bytes, %2 were written")
                                .arg(m_partBytes)
                                .arg(m_index.totals().partBytes));
    }
    return {};
}

void FrameReader::noteDamage(const QByteArray &path, const QString &text)
{
    const std::lock_guard lock(m_mutex);
    m_damage.add(path, text);
}

void FrameReader::stopWith(const Error &error)
{
    const std::lock_guard lock(m_mutex);
    if (!m_error)
        m_error = error;
    m_changed.notify_all();
}

/// Looks up a frame and, when everything is to be read, checks that frames follow each other
/// without a gap. False: damage was noted.
Result<bool> FrameReader::takeFrame(quint32 number, FrameInfo &info)
{
    TRY_VALUE(info, m_index.frame(number));
    bool good =
        info.raw > 0 && info.raw <= kFrameBytes && info.size <= ZSTD_compressBound(kFrameBytes);
    if (m_options.everything)
        good = good && number == m_nextFrame && info.at == m_nextAt;
    m_nextFrame = number + 1;
    m_nextAt = info.at + info.size;
    if (!good)
        noteDamage(".", tr("frame %1 does not follow the one before it").arg(number));
    return good;
}

Result<void> FrameReader::add(WantedEntry wanted)
{
    if (m_stop.stop_requested())
        return fail(ErrorCode::Cancelled, tr("Reading the archive was cancelled"));
    const IndexEntry &entry = wanted.entry;
    if (m_end.isEmpty())
        m_end = tarHeader(entry) + QByteArray(qsizetype(kTarEnd), '\0');
    if (m_small && m_small->frame == entry.frame) {
        m_small->entries.push_back(std::move(wanted));
        return {};
    }
    TRY(flushSmall());
    FrameInfo info;
    TRY_VALUE(const bool good, takeFrame(entry.frame, info));
    if (!good) {
        noteDamage(entry.path, tr("its frame %1 cannot be read").arg(entry.frame));
        return {};
    }
    const quint64 stored = entry.storedSize();
    if (entry.frameOffset == 0 && stored > info.raw / 2) {
        const QByteArray header = tarHeader(entry);
        if (quint64(header.size()) + stored + tarPadding(stored) > info.raw)
            return addBig(std::move(wanted), info, header);
    }
    m_small = std::make_unique<Job>();
    m_small->frame = entry.frame;
    m_small->info = info;
    m_small->entries.push_back(std::move(wanted));
    return {};
}

Result<void> FrameReader::flushSmall()
{
    if (!m_small)
        return {};
    const std::unique_ptr<Job> job = std::move(m_small);
    return push(std::move(*job));
}

Result<void> FrameReader::addBig(WantedEntry wanted, const FrameInfo &first,
                                 const QByteArray &header)
{
    const auto big = std::make_shared<Big>();
    big->wanted = std::move(wanted);
    big->header = header;
    big->stored = big->wanted.entry.storedSize();
    const quint64 whole = quint64(header.size()) + big->stored + tarPadding(big->stored);

    // How many frames it has must be known before the first one is read, and their sum must be
    // the file's: a hostile size ends here.
    std::vector<FrameInfo> frames{first};
    quint64 sum = first.raw;
    bool good = quint64(header.size()) <= first.raw;
    const quint64 limit = m_index.totals().frames;
    while (good && sum < whole) {
        const quint64 number = big->wanted.entry.frame + frames.size();
        FrameInfo info;
        if (number >= limit) {
            good = false;
            break;
        }
        TRY_VALUE(good, takeFrame(quint32(number), info));
        sum += info.raw;
        frames.push_back(info);
    }
    if (!good || sum != whole) {
        noteDamage(big->wanted.entry.path, tr("its size does not fit the frames it is in"));
        return {};
    }
    big->last = frames.size() - 1;
    if (m_sink && !big->wanted.as.isEmpty()) {
        TRY_VALUE(big->file, m_sink->begin(big->wanted));
    }
    quint64 offset = 0;
    for (size_t i = 0; i < frames.size(); ++i) {
        if (m_stop.stop_requested())
            return fail(ErrorCode::Cancelled, tr("Reading the archive was cancelled"));
        Job job;
        job.frame = quint32(big->wanted.entry.frame + i);
        job.info = frames[i];
        job.big = big;
        job.bigPiece = i;
        job.bigOffset = offset;
        offset += frames[i].raw;
        TRY(push(std::move(job)));
    }
    return {};
}

void FrameReader::waitUntil(std::unique_lock<std::mutex> &lock, const std::function<bool()> &done)
{
    using namespace std::chrono_literals;
    bool isDone = done();
    while (!isDone) {
        if (m_options.tick) {
            lock.unlock();
            m_options.tick();
            lock.lock();
        }
        isDone = m_changed.wait_for(lock, 100ms, done);
    }
}

Result<void> FrameReader::push(Job job)
{
    job.number = m_jobs++;
    std::unique_lock lock(m_mutex);
    waitUntil(lock, [this] { return m_error || m_queue.size() < kQueue; });
    if (m_error)
        return tl::unexpected(*m_error);
    m_queue.push_back(std::move(job));
    m_changed.notify_all();
    return {};
}

Result<void> FrameReader::finish()
{
    TRY(flushSmall());
    if (m_options.everything) {
        const quint64 frames = m_index.totals().frames;
        if (m_nextFrame + 1 != frames) {
            noteDamage(".", tr("%1 of %2 frames belong to entries").arg(m_nextFrame).arg(frames));
        } else {
            Job job;
            job.frame = m_nextFrame;
            job.isEnd = true;
            TRY_VALUE(const bool good, takeFrame(m_nextFrame, job.info));
            if (good)
                TRY(push(std::move(job)));
            if (m_nextAt != m_partBytes)
                noteDamage(".", tr("there is something after the last frame"));
        }
    }
    std::unique_lock lock(m_mutex);
    waitUntil(lock, [this] { return m_error || (m_queue.empty() && m_busy == 0); });
    if (m_error)
        return tl::unexpected(*m_error);
    if (m_whole)
        m_sha256 = Sha256::toHex(m_whole->finish());
    return {};
}

/// Waits for a free pair of buffers. As many as workers plus two: pieces of a big file that came
/// before their turn hold theirs, and the one whose turn it is always has one already.
std::shared_ptr<FrameReader::Slot> FrameReader::takeSlot(std::unique_lock<std::mutex> &lock)
{
    m_changed.wait(
        lock, [this] { return m_ending || !m_free.empty() || m_slotsMade < m_threads.size() + 2; });
    std::unique_ptr<Slot> slot;
    if (!m_free.empty()) {
        slot = std::move(m_free.back());
        m_free.pop_back();
    } else {
        ++m_slotsMade;
        slot = std::make_unique<Slot>();
    }
    // Without memory for its count the buffers go back at once, which takes the lock.
    lock.unlock();
    std::shared_ptr<Slot> taken(slot.release(), [this](Slot *used) {
        const std::lock_guard guard(m_mutex);
        m_free.emplace_back(used);
        m_changed.notify_all();
    });
    lock.lock();
    return taken;
}

void FrameReader::work(int worker)
{
    const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx *)> context(ZSTD_createDCtx(),
                                                                      ZSTD_freeDCtx);
    Sha256 hash;
    std::unique_lock lock(m_mutex);
    while (true) {
        m_changed.wait(lock, [this] { return m_ending || !m_queue.empty(); });
        if (m_queue.empty())
            return;
        // The buffers first, the job after: so the earliest job never waits for buffers that
        // later ones hold.
        std::shared_ptr<Slot> slot = takeSlot(lock);
        if (!m_queue.empty()) {
            Job job = std::move(m_queue.front());
            m_queue.pop_front();
            const bool skip = m_error.has_value();
            ++m_busy;
            m_changed.notify_all();
            lock.unlock();
            if (!skip)
                run(job, slot, context.get(), hash, worker);
            job = {};
            slot.reset();
            lock.lock();
            --m_busy;
            m_changed.notify_all();
        } else {
            lock.unlock();
            slot.reset();
            lock.lock();
        }
    }
}

void FrameReader::run(Job &job, const std::shared_ptr<Slot> &slot, ZSTD_DCtx *context, Sha256 &hash,
                      int worker)
{
    size_t got = 0;
    while (got < job.info.size) {
        const ssize_t n = ::pread(m_fd.get(), slot->packed.get() + got, job.info.size - got,
                                  off_t(job.info.at + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            stopWith(systemError(tr("The archive %1 could not be read").arg(m_path), errno));
            return;
        }
        if (n == 0)
            break;
        got += size_t(n);
    }
    if (m_whole)
        m_whole->add(job.number, {slot, slot->packed.get(), got}, 0);
    hash.add(slot->packed.get(), got);
    const bool frameSound = hash.finish() == job.info.sha256;
    const size_t raw =
        ZSTD_decompressDCtx(context, slot->raw.get(), job.info.raw, slot->packed.get(), got);
    const bool readable = !ZSTD_isError(raw) && raw == job.info.raw;
    if (job.isEnd) {
        if (!frameSound || !readable || QByteArrayView(slot->raw.get(), qsizetype(raw)) != m_end)
            noteDamage(".", tr("the end of the archive is damaged"));
        return;
    }
    if (job.big) {
        if (!frameSound || !readable)
            noteDamage(job.big->wanted.entry.path, tr("frame %1 of it is damaged").arg(job.frame));
        runBig(job, slot, frameSound && readable);
    } else if (!readable) {
        for (const WantedEntry &wanted : job.entries)
            noteDamage(wanted.entry.path, tr("lost with damaged frame %1").arg(job.frame));
    } else {
        runSmall(job, slot->raw.get(), frameSound, hash, worker);
    }
}

/// Compares one entry's header, content and padding at `raw` with its line in the index.
bool FrameReader::checkEntry(const IndexEntry &entry, const char *raw, size_t left, size_t &used,
                             Sha256 &hash, const char **data)
{
    const QByteArray header = tarHeader(entry);
    const size_t headerSize = size_t(header.size());
    const quint64 stored = entry.storedSize();
    const quint64 whole = headerSize + stored + tarPadding(stored);
    if (whole > left || std::memcmp(raw, header.constData(), headerSize) != 0)
        return false;
    used = size_t(whole);
    *data = raw + headerSize;
    if (entry.type != EntryType::File)
        return true;
    hash.add(*data, size_t(stored));
    return hash.finish() == entry.sha256 && isZero(*data + stored, size_t(tarPadding(stored)));
}

void FrameReader::runSmall(Job &job, const char *raw, bool frameSound, Sha256 &hash, int worker)
{
    size_t at = 0;
    bool named = false;
    for (const WantedEntry &wanted : job.entries) {
        const IndexEntry &entry = wanted.entry;
        size_t used = 0;
        const char *data = nullptr;
        const bool placed =
            entry.frameOffset < job.info.raw && (!m_options.everything || entry.frameOffset == at);
        if (!placed || !checkEntry(entry, raw + entry.frameOffset, job.info.raw - entry.frameOffset,
                                   used, hash, &data)) {
            noteDamage(entry.path,
                       tr("is not in the archive as the index has it (frame %1)").arg(job.frame));
            named = true;
            // Its length is not to be trusted; the next one says itself where it begins.
            at = &wanted == &job.entries.back() ? job.info.raw : (&wanted + 1)->entry.frameOffset;
            continue;
        }
        at = entry.frameOffset + used;
        m_bytesDone += entry.storedSize();
        if (entry.type == EntryType::File && m_sink && !wanted.as.isEmpty()) {
            const Result<void> taken = m_sink->file(wanted, data, worker);
            if (!taken)
                return stopWith(taken.error());
        }
    }
    if (m_options.everything && at != job.info.raw)
        noteDamage(
            job.entries.back().entry.path,
            tr("is followed by something the index does not have (frame %1)").arg(job.frame));
    else if (!frameSound && !named)
        noteDamage(job.entries.front().entry.path,
                   tr("frame %1, where it begins, is damaged").arg(job.frame));
}

void FrameReader::runBig(Job &job, const std::shared_ptr<Slot> &slot, bool readable)
{
    Big &big = *job.big;
    Piece piece;
    piece.slot = slot;
    if (readable) {
        const char *raw = slot->raw.get();
        const quint64 begin = job.bigOffset;
        const quint64 end = begin + job.info.raw;
        const quint64 dataBegin = quint64(big.header.size());
        const quint64 dataEnd = dataBegin + big.stored;
        bool good =
            begin != 0 || std::memcmp(raw, big.header.constData(), size_t(big.header.size())) == 0;
        const quint64 from = std::max(begin, dataBegin);
        const quint64 to = std::max(from, std::min(end, dataEnd));
        good = good && isZero(raw + (to - begin), size_t(end - to));
        if (!good)
            noteDamage(big.wanted.entry.path, tr("is not in the archive as the index has it"));
        big.sound = big.sound && good;
        piece.data = raw + (from - begin);
        piece.size = size_t(to - from);
        m_bytesDone += piece.size;
        if (big.file && piece.size > 0) {
            const Result<void> taken =
                m_sink->piece(*big.file, from - dataBegin, piece.data, piece.size);
            if (!taken)
                return stopWith(taken.error());
        }
    } else {
        big.sound = false;
    }
    if (!big.hash.add(job.bigPiece, std::move(piece), big.last))
        return;
    const bool wasSound = big.sound;
    const bool sound = big.hash.finish() == big.wanted.entry.sha256 && wasSound;
    if (!sound && wasSound)
        noteDamage(big.wanted.entry.path, tr("its content is not what was saved"));
    if (big.file) {
        const Result<void> taken = m_sink->end(*big.file, sound);
        if (!taken)
            stopWith(taken.error());
    }
}

} // namespace lb
