// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/journal/journal_writer.h"

#include "core/base/atomic_file.h"
#include "core/base/clock.h"
#include "core/journal/journal_format.h"
#include "core/model/value_types.h"

#include <QFile>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Journal)

constexpr auto kGather = std::chrono::milliseconds(5);
constexpr qint64 kReserveSize = 1024 * 1024;

QString reserveFile(const QString &folder)
{
    return folder + QStringLiteral("/journal.reserve");
}

Result<void> writeAt(int fd, QByteArrayView bytes, qint64 offset, const QString &file)
{
    qsizetype done = 0;
    while (done < bytes.size()) {
        const ssize_t n =
            ::pwrite(fd, bytes.data() + done, size_t(bytes.size() - done), offset + done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failErrno(tr("Cannot write the journal %1").arg(file), errno);
        done += n;
    }
    return {};
}

Result<QByteArray> readUpTo(const QString &file, qint64 size)
{
    TRY_VALUE(QByteArray content, readWholeFile(file, std::numeric_limits<qint64>::max() - 1));
    if (content.size() < size)
        return fail(ErrorCode::Corrupt, tr("The journal %1 became shorter").arg(file));
    content.truncate(size);
    return content;
}

Result<QByteArray> verifiedHead(const QByteArray &content, const QString &file)
{
    JournalChain chain;
    qsizetype from = 0;
    while (from < content.size()) {
        const qsizetype end = content.indexOf('\n', from);
        if (end < 0)
            return fail(ErrorCode::Corrupt, tr("The journal %1 is cut").arg(file));
        TRY(chain.take(QByteArrayView(content).sliced(from, end - from)));
        from = end + 1;
    }
    return chain.head();
}

} // namespace

QString JournalWriter::journalFile(const QString &folder)
{
    return folder + QStringLiteral("/journal.jsonl");
}

Result<void> JournalWriter::makeReserve(const QString &folder)
{
    const QByteArray name = QFile::encodeName(reserveFile(folder));
    const FileDescriptor fd(::open(name.constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd.isOpen())
        return failErrno(tr("Cannot create %1").arg(reserveFile(folder)), errno);
    const int error = ::posix_fallocate(fd.get(), 0, kReserveSize);
    if (error == 0)
        return {};
    ::unlink(name.constData()); // a part of the space would only be missing elsewhere
    return failErrno(tr("Cannot reserve room for the journal in %1").arg(folder), error,
                     tr("Free at least 2 MiB there"));
}

JournalWriter::JournalWriter(QString folder, FileDescriptor fd, const JournalContent &content)
    : m_folder(std::move(folder)),
      m_fd(std::move(fd)),
      m_size(content.goodBytes),
      m_head(content.head),
      m_seq(content.lastSeq())
{
}

JournalWriter::~JournalWriter()
{
    {
        const std::lock_guard lock(m_mutex);
        m_quit = true;
    }
    m_wake.notify_all();
    if (m_thread.joinable())
        m_thread.join();
    // Only a run that writes needs it; thousands of ended runs would each keep a MiB.
    ::unlink(QFile::encodeName(reserveFile(m_folder)).constData());
}

void JournalWriter::start(Listener listener)
{
    m_listener = std::move(listener);
    m_thread = std::thread([this] { run(); });
}

Async<RunEvent> JournalWriter::append(RunEvent event, AppendMode mode)
{
    if (!event.time.isValid())
        event.time = utcNow();
    Queued queued{std::move(event), {}};
    queued.promise.start();
    const auto future = queued.promise.future();
    {
        const std::lock_guard lock(m_mutex);
        m_queue.push_back(std::move(queued));
        m_urgent = m_urgent || mode == AppendMode::Now;
    }
    m_wake.notify_one();
    return future;
}

Result<void> JournalWriter::flush()
{
    std::unique_lock lock(m_mutex);
    m_urgent = true;
    m_wake.notify_one();
    m_idle.wait(lock, [this] { return m_queue.empty() && !m_busy; });
    if (m_failure)
        return tl::unexpected(*m_failure);
    return {};
}

QByteArray JournalWriter::head() const
{
    const std::lock_guard lock(m_mutex);
    return m_head;
}

quint64 JournalWriter::lastSeq() const
{
    const std::lock_guard lock(m_mutex);
    return m_seq;
}

void JournalWriter::run()
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_wake.wait(lock, [this] { return m_quit || !m_queue.empty(); });
        m_wake.wait_for(lock, kGather, [this] { return m_quit || m_urgent; });
        m_urgent = false;
        if (m_queue.empty())
            return;
        std::vector<Queued> queued = std::move(m_queue);
        m_queue.clear();
        m_busy = true;
        lock.unlock();
        writeQueued(std::move(queued));
        lock.lock();
        m_busy = false;
        m_idle.notify_all();
    }
}

JournalWriter::Group JournalWriter::newGroup() const
{
    const std::lock_guard lock(m_mutex);
    return {{}, {}, m_head, m_seq};
}

void JournalWriter::add(Group &group, RunEvent event)
{
    event.seq = ++group.seq;
    SealedLine sealed = sealLine(event, group.head);
    group.bytes += sealed.line;
    group.head = sealed.sha256;
    sealed.line.chop(1);
    group.lines.push_back({std::move(event), std::move(sealed.line)});
}

void JournalWriter::writeQueued(std::vector<Queued> queued)
{
    const std::lock_guard file(m_fileMutex);
    std::optional<Error> failure;
    {
        const std::lock_guard lock(m_mutex);
        failure = m_failure;
    }
    Group group = newGroup();
    if (!failure) {
        for (const Queued &one : queued)
            add(group, one.event);
        if (const auto committed = commit(group); !committed) {
            failure = committed.error();
            stop(*failure);
        }
    }
    for (size_t i = 0; i < queued.size(); ++i) {
        queued[i].promise.addResult(failure ? Result<RunEvent>(tl::unexpected(*failure))
                                            : Result<RunEvent>(group.lines[i].event));
    }
    // Listeners first: whoever waits for the answer finds the signal already on its way.
    if (!failure)
        announce(std::move(group));
    for (Queued &one : queued)
        one.promise.finish();
}

Result<void> JournalWriter::commit(Group &group)
{
    if (m_fileIsLost) {
        TRY(rewrite(group.bytes));
    } else if (const auto appended = appendToFile(group.bytes); !appended) {
        const bool diskFull = appended.error().code == ErrorCode::NoSpace;
        if (diskFull && !m_fileIsLost)
            return appended;
        // The kernel marks pages clean after a failed write-back: syncing again would report
        // success for bytes that are not on disk. Only a new file can be trusted.
        m_fileIsLost = true;
        if (diskFull)
            return appended;
        Group told = group;
        RunEvent warning;
        warning.kind = EventKind::WarningRaised;
        warning.time = utcNow();
        warning.data = {{QStringLiteral("text"),
                         tr("The disk with the run folder reported an error (%1). The journal was "
                            "verified and written anew; check that disk")
                             .arg(appended.error().detail)}};
        add(told, std::move(warning));
        if (!rewrite(told.bytes))
            return appended;
        group = std::move(told);
    }
    const std::lock_guard lock(m_mutex);
    m_head = group.head;
    m_seq = group.seq;
    return {};
}

Result<void> JournalWriter::appendToFile(const QByteArray &bytes)
{
    auto written = writeAt(m_fd.get(), bytes, m_size, journalFile());
    if (written && ::fdatasync(m_fd.get()) != 0) {
        m_fileIsLost = true;
        written = failErrno(tr("Cannot sync the journal %1").arg(journalFile()), errno);
    }
    if (written)
        m_size += bytes.size();
    else if (::ftruncate(m_fd.get(), m_size) != 0)
        m_fileIsLost = true;
    return written;
}

Result<void> JournalWriter::rewrite(const QByteArray &bytes)
{
    TRY_VALUE(QByteArray content, readUpTo(journalFile(), m_size));
    TRY_VALUE(const QByteArray found, verifiedHead(content, journalFile()));
    if (found != head())
        return fail(ErrorCode::Corrupt,
                    tr("The journal %1 is not what was written to it").arg(journalFile()));
    content += bytes;
    TRY(writeFileAtomically(journalFile(), content));
    FileDescriptor fd(
        ::open(QFile::encodeName(journalFile()).constData(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!fd.isOpen())
        return failErrno(tr("Cannot open the journal %1").arg(journalFile()), errno);
    m_fd = std::move(fd);
    m_size = content.size();
    m_fileIsLost = false;
    return {};
}

void JournalWriter::stop(const Error &error)
{
    if (error.code == ErrorCode::NoSpace) {
        ::unlink(QFile::encodeName(reserveFile(m_folder)).constData());
        RunEvent waiting;
        waiting.kind = EventKind::WaitingStarted;
        waiting.time = utcNow();
        waiting.data = {{QStringLiteral("for"), name(WaitingFor::Disk)},
                        {QStringLiteral("text"),
                         tr("The disk with the run folder %1 is full. Free at least 2 MiB there")
                             .arg(m_folder)}};
        Group group = newGroup();
        add(group, std::move(waiting));
        m_saidDiskFull = commit(group).has_value();
        if (m_saidDiskFull)
            announce(std::move(group));
    }
    {
        const std::lock_guard lock(m_mutex);
        m_failure = error;
    }
    m_listener.stopped(error);
}

void JournalWriter::announce(Group group)
{
    m_listener.durable(std::move(group.lines));
}

Result<void> JournalWriter::recover()
{
    const std::lock_guard file(m_fileMutex);
    std::optional<Error> failure;
    {
        const std::lock_guard lock(m_mutex);
        failure = m_failure;
    }
    if (!failure)
        return {};
    if (failure->code == ErrorCode::NoSpace)
        TRY(makeReserve(m_folder));
    if (m_fileIsLost)
        TRY(rewrite({}));
    if (m_saidDiskFull) {
        RunEvent ended;
        ended.kind = EventKind::WaitingEnded;
        ended.time = utcNow();
        Group group = newGroup();
        add(group, std::move(ended));
        TRY(commit(group));
        m_saidDiskFull = false;
        announce(std::move(group));
    }
    const std::lock_guard lock(m_mutex);
    m_failure.reset();
    return {};
}

} // namespace lb
