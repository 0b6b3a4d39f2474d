// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/journal/journal.h"

#include "core/base/atomic_file.h"
#include "core/journal/journal_writer.h"

#include <QFile>
#include <QFileInfo>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Journal)

Result<QByteArray> tailOf(const FileDescriptor &fd, qint64 from, qint64 size, const QString &file)
{
    QByteArray bytes(size, Qt::Uninitialized);
    qint64 done = 0;
    while (done < size) {
        const ssize_t n = ::pread(fd.get(), bytes.data() + done, size_t(size - done), from + done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failErrno(tr("Cannot read the journal %1").arg(file), errno);
        if (n == 0)
            return fail(ErrorCode::Conflict, tr("Somebody else changes the journal %1").arg(file));
        done += n;
    }
    return bytes;
}

/// Keeps what a crash left behind the last good line and takes it out of the journal. Whoever is
/// killed in between finds the same tail again.
Result<QString> setTornTailAside(const QString &folder, const FileDescriptor &fd,
                                 const JournalContent &content)
{
    const QString file = JournalWriter::journalFile(folder);
    TRY_VALUE(const QByteArray torn, tailOf(fd, content.goodBytes, content.tornBytes, file));
    QString aside;
    for (int n = 1; aside.isEmpty() || QFile::exists(aside); ++n)
        aside = folder + QStringLiteral("/journal.torn-%1").arg(n);
    TRY(writeFileAtomically(aside, torn));
    if (::ftruncate(fd.get(), content.goodBytes) != 0 || ::fsync(fd.get()) != 0)
        return failErrno(tr("Cannot cut the torn end off the journal %1").arg(file), errno);
    return aside;
}

} // namespace

Journal::Journal(std::unique_ptr<JournalWriter> writer) : m_writer(std::move(writer))
{
    const auto toMainThread = [this](auto what) {
        QMetaObject::invokeMethod(this, std::move(what), Qt::QueuedConnection);
    };
    m_writer->start({[this, toMainThread](std::vector<JournalLine> lines) {
                         toMainThread([this, lines = std::move(lines)] {
                             for (const JournalLine &line : lines)
                                 Q_EMIT durable(line.event, line.line);
                         });
                     },
                     [this, toMainThread](const Error &error) {
                         toMainThread([this, error] { Q_EMIT stopped(error); });
                     }});
}

Journal::~Journal() = default;

Result<std::unique_ptr<Journal>> Journal::create(const QString &folder)
{
    const QString file = JournalWriter::journalFile(folder);
    if (QFile::exists(file))
        return fail(ErrorCode::Conflict, tr("There is a journal in %1 already").arg(folder));
    TRY(JournalWriter::makeReserve(folder));
    FileDescriptor fd(::open(QFile::encodeName(file).constData(),
                             O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd.isOpen())
        return failErrno(tr("Cannot create the journal %1").arg(file), errno);
    if (::fsync(fd.get()) != 0)
        return failErrno(tr("Cannot sync the journal %1").arg(file), errno);
    TRY(syncFolder(folder));
    TRY(syncFolder(QFileInfo(folder).absolutePath()));
    TRY_VALUE(const JournalContent empty, readJournal(file));
    return std::unique_ptr<Journal>(
        new Journal(std::make_unique<JournalWriter>(folder, std::move(fd), empty)));
}

Result<std::unique_ptr<Journal>> Journal::open(const QString &folder, JournalContent *content)
{
    const QString file = JournalWriter::journalFile(folder);
    FileDescriptor fd(::open(QFile::encodeName(file).constData(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!fd.isOpen())
        return failErrno(tr("Cannot open the journal %1").arg(file), errno);
    TRY_VALUE(*content, readJournal(file));
    if (content->problem)
        return tl::unexpected(*content->problem);
    QString torn;
    if (content->tornBytes > 0) {
        TRY_VALUE(torn, setTornTailAside(folder, fd, *content));
    }
    // What a killed predecessor wrote last may be in the cache only; nothing may follow from a
    // line that a power loss can still take away.
    if (::fdatasync(fd.get()) != 0)
        return failErrno(tr("Cannot sync the journal %1").arg(file), errno);
    // Without the reserve a full disk is still noticed, only not written down.
    const auto reserved = JournalWriter::makeReserve(folder);
    if (!reserved && reserved.error().code != ErrorCode::NoSpace)
        return tl::unexpected(reserved.error());
    std::unique_ptr<Journal> journal(
        new Journal(std::make_unique<JournalWriter>(folder, std::move(fd), *content)));
    journal->m_tornFile = torn;
    return journal;
}

Async<RunEvent> Journal::append(RunEvent event, AppendMode mode)
{
    return m_writer->append(std::move(event), mode);
}

Result<RunEvent> Journal::appendSynced(RunEvent event)
{
    return append(std::move(event)).result();
}

Result<void> Journal::flush()
{
    return m_writer->flush();
}

Result<void> Journal::recover()
{
    return m_writer->recover();
}

QByteArray Journal::head() const
{
    return m_writer->head();
}

quint64 Journal::lastSeq() const
{
    return m_writer->lastSeq();
}

QString Journal::tornFile() const
{
    return m_tornFile;
}

} // namespace lb
