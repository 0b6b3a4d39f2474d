// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/journal/journal_reader.h"

#include "core/base/file_descriptor.h"
#include "core/journal/journal_format.h"

#include <QFile>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

namespace lb {

namespace {

LB_TRANSLATE(Journal)

constexpr qsizetype kChunk = 1024 * 1024;

FileDescriptor openForReading(const QString &file)
{
    return FileDescriptor(
        ::open(QFile::encodeName(file).constData(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
}

/// Appends up to one chunk to `buffer`; 0 at the end of the file.
Result<qsizetype> readChunk(int fd, const QString &file, QByteArray &buffer)
{
    const qsizetype before = buffer.size();
    buffer.resize(before + kChunk);
    ssize_t n = 0;
    do {
        n = ::read(fd, buffer.data() + before, size_t(kChunk));
    } while (n < 0 && errno == EINTR);
    buffer.resize(before + qMax<qsizetype>(0, n));
    if (n < 0)
        return failErrno(tr("Cannot read the journal %1").arg(file), errno);
    return n;
}

/// Calls `handle(line)` for each complete line in `buffer` and removes those that it took.
template <class Handler>
Result<void> eachLine(QByteArray &buffer, qsizetype searchedUpTo, Handler handle)
{
    qsizetype from = 0;
    Result<void> result;
    while (from < buffer.size()) {
        const qsizetype search = qMax(from, searchedUpTo);
        const void *end =
            std::memchr(buffer.constData() + search, '\n', size_t(buffer.size() - search));
        if (!end)
            break;
        const qsizetype size = static_cast<const char *>(end) - buffer.constData() - from;
        result = handle(QByteArrayView(buffer.constData() + from, size));
        if (!result)
            break;
        from += size + 1;
    }
    buffer.remove(0, from);
    return result;
}

Error badLine(const QString &file, quint64 number, const Error &reason)
{
    return {ErrorCode::Corrupt, tr("Line %1 of the journal %2 is damaged").arg(number).arg(file),
            reason.detail.isEmpty() ? reason.summary
                                    : reason.summary + QStringLiteral(", ") + reason.detail,
            tr("The run can be looked at up to that line, but not continued. The file was left as "
               "it is")};
}

} // namespace

Result<JournalContent> readJournal(const QString &file)
{
    const FileDescriptor fd = openForReading(file);
    if (!fd.isOpen())
        return failErrno(tr("Cannot open the journal %1").arg(file), errno);
    JournalContent content;
    JournalChain chain;
    QByteArray buffer;
    buffer.reserve(2 * kChunk);
    for (;;) {
        const qsizetype searched = buffer.size();
        TRY_VALUE(const qsizetype n, readChunk(fd.get(), file, buffer));
        if (n == 0)
            break;
        auto taken = eachLine(buffer, searched, [&](QByteArrayView line) -> Result<void> {
            TRY_VALUE(RunEvent event, chain.take(line));
            content.goodBytes += line.size() + 1;
            content.events.push_back(std::move(event));
            return {};
        });
        if (!taken && taken.error().code == ErrorCode::Unsupported)
            return tl::unexpected(taken.error());
        if (!taken) {
            content.problem = badLine(file, chain.lastSeq() + 1, taken.error());
            break;
        }
    }
    content.head = chain.head();
    if (!content.problem)
        content.tornBytes = buffer.size();
    return content;
}

struct JournalTail::State
{
    QString file;
    quint64 afterSeq = 0;
    FileDescriptor fd;
    qint64 offset = 0; ///< bytes read so far
    QByteArray rest;   ///< a line whose end has not been read yet
    JournalChain chain;

    /// Opens the file, or opens it anew when another stands in its place or it became shorter.
    Result<bool> ready();
    void restart();
    Result<void> read(std::vector<JournalLine> &lines);
};

void JournalTail::State::restart()
{
    afterSeq = qMax(afterSeq, chain.lastSeq());
    fd.reset();
    offset = 0;
    rest.clear();
    chain = JournalChain();
}

Result<bool> JournalTail::State::ready()
{
    struct stat named
    {
    };
    struct stat opened
    {
    };
    if (::stat(QFile::encodeName(file).constData(), &named) != 0) {
        if (errno == ENOENT)
            return false;
        return failErrno(tr("Cannot look at the journal %1").arg(file), errno);
    }
    if (fd.isOpen() && (::fstat(fd.get(), &opened) != 0 || opened.st_ino != named.st_ino ||
                        opened.st_dev != named.st_dev || opened.st_size < offset))
        restart();
    if (!fd.isOpen()) {
        fd = openForReading(file);
        if (!fd.isOpen())
            return failErrno(tr("Cannot open the journal %1").arg(file), errno);
    }
    return true;
}

Result<void> JournalTail::State::read(std::vector<JournalLine> &lines)
{
    for (;;) {
        const qsizetype searched = rest.size();
        TRY_VALUE(const qsizetype n, readChunk(fd.get(), file, rest));
        if (n == 0)
            return {};
        offset += n;
        TRY(eachLine(rest, searched, [&](QByteArrayView line) -> Result<void> {
            TRY_VALUE(RunEvent event, chain.take(line));
            if (event.seq > afterSeq)
                lines.push_back({std::move(event), line.toByteArray()});
            return {};
        }));
    }
}

JournalTail::JournalTail(QString file, quint64 afterSeq) : d(std::make_unique<State>())
{
    d->file = std::move(file);
    d->afterSeq = afterSeq;
}

JournalTail::~JournalTail() = default;

Result<std::vector<JournalLine>> JournalTail::poll()
{
    std::vector<JournalLine> lines;
    TRY_VALUE(const bool ready, d->ready());
    if (!ready)
        return lines;
    auto read = d->read(lines);
    if (!read && lines.empty() && read.error().code == ErrorCode::Corrupt) {
        // A torn tail that we had begun to read may have been set aside since: once more from the
        // start before calling it damage.
        d->restart();
        TRY(d->ready());
        read = d->read(lines);
    }
    if (!read) {
        const quint64 number = d->chain.lastSeq() + 1;
        d->restart(); // the next poll comes to the same line again
        if (lines.empty() && read.error().code == ErrorCode::Corrupt)
            return tl::unexpected(badLine(d->file, number, read.error()));
        if (lines.empty())
            return tl::unexpected(read.error());
    }
    return lines;
}

} // namespace lb
