// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/index_writer.h"

#include <QFile>
#include <QtEndian>

#include <fcntl.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>

namespace lb {

namespace {

LB_TRANSLATE(Archive)

constexpr size_t kFramesPerBlock = 1024;

} // namespace

IndexWriter::IndexWriter() : m_context(ZSTD_createCCtx(), ZSTD_freeCCtx)
{
    ZSTD_CCtx_setParameter(m_context.get(), ZSTD_c_compressionLevel, 3);
    ZSTD_CCtx_setParameter(m_context.get(), ZSTD_c_checksumFlag, 1);
}

IndexWriter::~IndexWriter() = default;

Result<void> IndexWriter::open(const QString &path, bool follows)
{
    m_path = path;
    m_fd = FileDescriptor(
        ::open(QFile::encodeName(path).constData(),
               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | (follows ? 0 : O_NOFOLLOW), 0600));
    if (!m_fd.isOpen())
        return failErrno(tr("The index %1 could not be made").arg(path), errno);
    m_lines = QByteArray(kIndexHead) + '\n';
    return {};
}

Result<void> IndexWriter::write(QByteArrayView bytes)
{
    for (qsizetype done = 0; done < bytes.size();) {
        const ssize_t n = ::write(m_fd.get(), bytes.data() + done, size_t(bytes.size() - done));
        if (n < 0 && errno != EINTR)
            return failErrno(tr("The index %1 could not be written").arg(m_path), errno);
        done += std::max<ssize_t>(n, 0);
    }
    m_size += quint64(bytes.size());
    m_fileHash.add(bytes);
    return {};
}

Result<void> IndexWriter::flushBlock()
{
    if (m_lines.isEmpty())
        return {};
    m_packed.resize(qsizetype(ZSTD_compressBound(size_t(m_lines.size()))));
    const size_t packed = ZSTD_compress2(m_context.get(), m_packed.data(), size_t(m_packed.size()),
                                         m_lines.constData(), size_t(m_lines.size()));
    if (ZSTD_isError(packed))
        return fail(ErrorCode::Internal, tr("The index could not be compressed"),
                    QString::fromLatin1(ZSTD_getErrorName(packed)));
    const QByteArrayView bytes(m_packed.constData(), qsizetype(packed));
    m_block.at = m_size;
    m_block.size = quint32(packed);
    m_blocks.push_back(std::exchange(m_block, {}));
    m_hash.add(bytes);
    m_lines.clear();
    return write(bytes);
}

Result<void> IndexWriter::add(const IndexEntry &entry)
{
    if (m_block.firstPath.isEmpty())
        m_block.firstPath = entry.path;
    addEntryLine(m_lines, entry);
    return m_lines.size() < kIndexBlockBytes ? Result<void>() : flushBlock();
}

Result<void> IndexWriter::finish(const std::vector<FrameInfo> &frames, const IndexTotals &totals)
{
    TRY(flushBlock());
    for (size_t i = 0; i < frames.size(); ++i) {
        if (i % kFramesPerBlock == 0) {
            TRY(flushBlock());
            m_block.ofFrames = true;
            m_block.firstFrame = quint32(i);
        }
        addFrameLine(m_lines, quint32(i), frames[i]);
    }
    TRY(flushBlock());
    addTotalsLine(m_lines, totals);
    for (const IndexBlock &block : m_blocks)
        addBlockLine(m_lines, block);
    TRY(flushBlock());

    const IndexBlock &list = m_blocks.back();
    char trailer[kIndexTrailerSize];
    qToLittleEndian(kSkippableMagic, trailer);
    qToLittleEndian(quint32(kIndexTrailerSize - 8), trailer + 4);
    std::memcpy(trailer + 8, kIndexTrailerName, 8);
    qToLittleEndian(list.at, trailer + 16);
    qToLittleEndian(quint64(list.size), trailer + 24);
    m_hash.add(trailer, 32);
    const Sha256::Bytes hash = m_hash.finish();
    std::memcpy(trailer + 32, hash.data(), hash.size());
    TRY(write(QByteArrayView(trailer, qsizetype(kIndexTrailerSize))));
    m_sha256 = m_fileHash.finishHex();
    if (::fdatasync(m_fd.get()) != 0)
        return failErrno(tr("The index %1 could not be synced").arg(m_path), errno);
    return {};
}

} // namespace lb
