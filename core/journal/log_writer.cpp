// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/journal/log_writer.h"

#include <QFile>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Journal)

constexpr qsizetype kBufferSize = 64 * 1024;

} // namespace

Result<std::unique_ptr<LogWriter>> LogWriter::open(const QString &file, LogFilter filter)
{
    FileDescriptor fd(::open(QFile::encodeName(file).constData(),
                             O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    struct stat info
    {
    };
    if (!fd.isOpen() || ::fstat(fd.get(), &info) != 0)
        return failErrno(tr("Cannot open the log file %1").arg(file), errno);
    return std::unique_ptr<LogWriter>(
        new LogWriter(std::move(fd), file, std::move(filter), info.st_size));
}

LogWriter::LogWriter(FileDescriptor fd, QString file, LogFilter filter, qint64 size)
    : m_fd(std::move(fd)), m_file(std::move(file)), m_filter(std::move(filter)), m_size(size)
{
}

LogWriter::~LogWriter()
{
    static_cast<void>(close()); // whoever wants to know has called it before
}

void LogWriter::write(QByteArrayView bytes)
{
    const std::lock_guard lock(m_mutex);
    if (bytes.isEmpty())
        writeOut();
    else if (m_filter)
        put(m_filter(bytes, false));
    else
        put(bytes);
}

void LogWriter::flush()
{
    const std::lock_guard lock(m_mutex);
    writeOut();
}

Result<void> LogWriter::close()
{
    const std::lock_guard lock(m_mutex);
    if (m_fd.isOpen()) {
        if (m_filter)
            put(m_filter({}, true));
        writeOut();
        m_fd.reset();
    }
    if (m_problem)
        return tl::unexpected(*m_problem);
    return {};
}

std::optional<Error> LogWriter::problem() const
{
    const std::lock_guard lock(m_mutex);
    return m_problem;
}

qint64 LogWriter::size() const
{
    const std::lock_guard lock(m_mutex);
    return m_size;
}

void LogWriter::put(QByteArrayView bytes)
{
    if (m_buffer.size() + bytes.size() <= kBufferSize) {
        m_buffer.append(bytes);
        return;
    }
    writeOut();
    if (bytes.size() <= kBufferSize)
        m_buffer.append(bytes);
    else
        writeRaw(bytes);
}

void LogWriter::writeOut()
{
    if (m_buffer.isEmpty())
        return;
    writeRaw(m_buffer);
    m_buffer.resize(0); // keeps its memory
}

void LogWriter::writeRaw(QByteArrayView bytes)
{
    if (m_lost > 0) {
        const QByteArray gap =
            tr("\n[Lifeboat: %n byte(s) of output are missing here: the disk was full]\n", nullptr,
               int(qMin<qint64>(m_lost, INT_MAX)))
                .toUtf8();
        const qsizetype written = writeSome(gap);
        if (written < gap.size()) {
            // Not even room for the remark: no piece of it stays, and the gap goes on.
            if (written > 0 && ::ftruncate(m_fd.get(), m_size) != 0)
                m_size += written;
            m_lost += bytes.size();
            return;
        }
        m_size += written;
        m_lost = 0;
    }
    const qsizetype written = writeSome(bytes);
    m_size += written;
    m_lost = bytes.size() - written;
}

/// As many bytes as there is room for.
qsizetype LogWriter::writeSome(QByteArrayView bytes)
{
    qsizetype done = 0;
    while (done < bytes.size()) {
        const ssize_t n = ::write(m_fd.get(), bytes.data() + done, size_t(bytes.size() - done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            if (!m_problem)
                m_problem = systemError(tr("The log file %1 is not complete").arg(m_file), errno,
                                        tr("The step itself is not affected"));
            break;
        }
        done += n;
    }
    return done;
}

} // namespace lb
