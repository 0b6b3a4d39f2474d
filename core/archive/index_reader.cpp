// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/index_reader.h"

#include "core/archive/index_writer.h"
#include "core/archive/path_pattern.h"
#include "core/base/format.h"

#include <QFile>
#include <QtEndian>

#include <fcntl.h>
#include <sys/stat.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lb {

namespace {

LB_TRANSLATE(Archive)

// What a block may unpack to: an index of some KiB must not take the memory of the machine.
/// 128 KiB of lines plus one line, which for a file of 65,536 extents is some MiB.
constexpr quint64 kMaxEntries = 16 * 1024 * 1024;
/// 1024 lines.
constexpr quint64 kMaxFrames = 1024 * 1024;
/// Grows with the tree: this much names some ten million entries.
constexpr quint64 kMaxList = 32 * 1024 * 1024;

/// Calls `line` for each line; false from it, or bytes after the last newline, end with false.
template <class Line>
bool eachLine(const QByteArray &text, Line line)
{
    for (qsizetype at = 0; at < text.size();) {
        const qsizetype end = text.indexOf('\n', at);
        if (end < 0 || !line(QByteArrayView(text).sliced(at, end - at)))
            return false;
        at = end + 1;
    }
    return true;
}

} // namespace

IndexReader::IndexReader() : m_context(ZSTD_createDCtx(), ZSTD_freeDCtx) {}
IndexReader::~IndexReader() = default;

tl::unexpected<Error> IndexReader::corrupt(const QString &detail) const
{
    return fail(ErrorCode::Corrupt, tr("The index %1 is damaged").arg(m_path), detail,
                tr("nothing was taken from it; use another restore point"));
}

Result<void> IndexReader::readAt(void *to, size_t size, quint64 at)
{
    for (size_t done = 0; done < size;) {
        const ssize_t n =
            ::pread(m_fd.get(), static_cast<char *>(to) + done, size - done, off_t(at + done));
        if (n < 0 && errno != EINTR)
            return failErrno(tr("The index %1 could not be read").arg(m_path), errno);
        if (n == 0)
            return corrupt(tr("it is too short"));
        done += size_t(std::max<ssize_t>(n, 0));
    }
    return {};
}

Result<void> IndexReader::open(const QString &path)
{
    m_path = path;
    m_fd = FileDescriptor(::open(QFile::encodeName(path).constData(), O_RDONLY | O_CLOEXEC));
    struct stat st = {};
    if (!m_fd.isOpen() || ::fstat(m_fd.get(), &st) != 0)
        return failErrno(tr("The index %1 could not be opened").arg(path), errno);
    m_size = quint64(st.st_size);
    if (m_size < kIndexTrailerSize)
        return corrupt(tr("it is too short"));
    char trailer[kIndexTrailerSize];
    TRY(readAt(trailer, sizeof trailer, m_size - sizeof trailer));
    if (qFromLittleEndian<quint32>(trailer) != kSkippableMagic ||
        qFromLittleEndian<quint32>(trailer + 4) != kIndexTrailerSize - 8 ||
        std::memcmp(trailer + 8, kIndexTrailerName, 8) != 0)
        return corrupt(tr("its last 64 bytes are not those of an index"));
    const auto listAt = qFromLittleEndian<quint64>(trailer + 16);
    const auto listSize = qFromLittleEndian<quint64>(trailer + 24);
    if (listAt > m_size || listSize > m_size || listAt + listSize != m_size - kIndexTrailerSize)
        return corrupt(tr("its list of blocks is not where it should be"));

    if (listSize > kMaxList)
        return corrupt(tr("list of blocks"));
    TRY_VALUE(const QByteArray list,
              lines(listAt, quint32(listSize), kMaxList, tr("list of blocks")));
    bool first = true;
    quint64 at = 0;
    const bool good = eachLine(list, [&](QByteArrayView line) {
        if (std::exchange(first, false)) {
            const std::optional<IndexTotals> totals = parseTotalsLine(line);
            m_totals = totals.value_or(IndexTotals());
            return totals.has_value();
        }
        std::optional<IndexBlock> block = parseBlockLine(line);
        if (!block || block->at != at || block->size == 0 ||
            block->ofFrames == !block->firstPath.isEmpty() ||
            (m_entryBlocks < m_blocks.size() && !block->ofFrames))
            return false;
        at += block->size;
        m_entryBlocks += block->ofFrames ? 0 : 1;
        m_blocks.push_back(std::move(*block));
        return true;
    });
    if (!good || at != listAt || m_entryBlocks == 0)
        return corrupt(tr("its list of blocks makes no sense"));
    return {};
}

Result<QByteArray> IndexReader::lines(quint64 at, quint32 size, quint64 most, const QString &what)
{
    if (at + size > m_size || size > ZSTD_compressBound(most))
        return corrupt(what);
    QByteArray packed(qsizetype(size), Qt::Uninitialized);
    TRY(readAt(packed.data(), size, at));
    const unsigned long long raw = ZSTD_getFrameContentSize(packed.constData(), size);
    if (raw > most || ZSTD_findFrameCompressedSize(packed.constData(), size) != size)
        return corrupt(what);
    QByteArray text(qsizetype(raw), Qt::Uninitialized);
    const size_t got =
        ZSTD_decompressDCtx(m_context.get(), text.data(), size_t(raw), packed.constData(), size);
    if (ZSTD_isError(got) || got != raw)
        return corrupt(what);
    return text;
}

Result<bool> IndexReader::checkHash(QByteArray *fileSha256)
{
    Sha256 content;
    Sha256 file;
    QByteArray buffer(256 * 1024, Qt::Uninitialized);
    Sha256::Bytes expected{};
    const quint64 hashed = m_size - expected.size();
    for (quint64 at = 0; at < m_size;) {
        const size_t n = size_t(std::min<quint64>(quint64(buffer.size()), m_size - at));
        TRY(readAt(buffer.data(), n, at));
        if (fileSha256)
            file.add(buffer.constData(), n);
        if (at < hashed)
            content.add(buffer.constData(), size_t(std::min<quint64>(n, hashed - at)));
        at += n;
    }
    TRY(readAt(expected.data(), expected.size(), hashed));
    if (fileSha256)
        *fileSha256 = file.finishHex();
    return content.finish() == expected;
}

size_t IndexReader::blockOf(QByteArrayView path) const
{
    const auto end = m_blocks.begin() + std::ptrdiff_t(m_entryBlocks);
    const auto after = std::upper_bound(m_blocks.begin(), end, path,
                                        [](QByteArrayView wanted, const IndexBlock &block) {
                                            return comparePaths(wanted, block.firstPath) < 0;
                                        });
    return after == m_blocks.begin() ? 0 : size_t(after - m_blocks.begin()) - 1;
}

Result<std::vector<IndexEntry>> IndexReader::entries(size_t block)
{
    const IndexBlock &place = m_blocks[block];
    const QString what = tr("block of entries from %1 on").arg(displayBytes(place.firstPath));
    TRY_VALUE(const QByteArray text, lines(place.at, place.size, kMaxEntries, what));
    if (text.lastIndexOf('\n', text.size() - 2) >= kIndexBlockBytes)
        return corrupt(tr("%1 is too long").arg(what));
    std::vector<IndexEntry> list;
    bool head = block == 0;
    QByteArray badLine;
    const bool good = eachLine(text, [&](QByteArrayView line) {
        if (std::exchange(head, false))
            return line == kIndexHead;
        std::optional<IndexEntry> entry = parseEntryLine(line);
        if (!entry) {
            badLine = line.first(std::min<qsizetype>(line.size(), 200)).toByteArray();
            return false;
        }
        list.push_back(std::move(*entry));
        return true;
    });
    if (!good)
        return corrupt(tr("not a line that this version can take: %1").arg(displayBytes(badLine)));
    return list;
}

Result<FrameInfo> IndexReader::frame(quint32 number)
{
    const auto begin = m_blocks.begin() + std::ptrdiff_t(m_entryBlocks);
    const auto after = std::upper_bound(
        begin, m_blocks.end(), number,
        [](quint32 wanted, const IndexBlock &block) { return wanted < block.firstFrame; });
    const QString what = tr("there is no line for frame %1").arg(number);
    if (after == begin)
        return corrupt(what);
    const size_t block = size_t(after - m_blocks.begin()) - 1;
    const IndexBlock &place = m_blocks[block];
    if (block != m_frameBlock) {
        TRY_VALUE(const QByteArray text,
                  lines(place.at, place.size, kMaxFrames, tr("block of frames")));
        m_frames.clear();
        const bool good = eachLine(text, [&](QByteArrayView line) {
            const auto frame = parseFrameLine(line);
            if (!frame || frame->first != place.firstFrame + m_frames.size())
                return false;
            m_frames.push_back(frame->second);
            return true;
        });
        if (!good)
            return corrupt(tr("block of frames"));
        m_frameBlock = block;
    }
    if (number - place.firstFrame >= m_frames.size())
        return corrupt(what);
    return m_frames[number - place.firstFrame];
}

Result<IndexEntry> IndexReader::find(QByteArrayView path)
{
    TRY_VALUE(const std::vector<IndexEntry> list, entries(blockOf(path)));
    const auto found = std::find_if(list.begin(), list.end(),
                                    [&](const IndexEntry &entry) { return entry.path == path; });
    if (found == list.end())
        return fail(ErrorCode::NotFound,
                    tr("%1 is not in the archive").arg(displayBytes(path.toByteArray())));
    return *found;
}

Result<IndexTotals> readTotals(const QString &index)
{
    IndexReader reader;
    TRY(reader.open(index));
    return reader.totals();
}

Result<void> listTree(const QString &index, const QByteArray &pattern,
                      const std::function<bool(const IndexEntry &)> &visit, std::stop_token stop)
{
    IndexReader reader;
    TRY(reader.open(index));
    const PathPattern wanted(pattern);
    for (size_t block = 0; block < reader.blockCount(); ++block) {
        if (stop.stop_requested())
            return fail(ErrorCode::Cancelled, tr("Listing was cancelled"));
        TRY_VALUE(const std::vector<IndexEntry> list, reader.entries(block));
        for (const IndexEntry &entry : list) {
            const bool isFolder = entry.type == EntryType::Folder;
            if ((pattern.isEmpty() || fitsWithFolders(wanted, entry.path, isFolder)) &&
                !visit(entry))
                return {};
        }
    }
    return {};
}

} // namespace lb
