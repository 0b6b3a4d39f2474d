// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/tree_writer.h"

#include "core/base/format.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lb {

namespace {

LB_TRANSLATE(Archive)

} // namespace

struct TreeFileWriter::OpenFile : BigFile
{
    FileDescriptor fd;
    IndexEntry entry;
    QByteArray as;
};

TreeFileWriter::TreeFileWriter(int rootFd, int workers, MetadataRules rules, bool strict)
    : m_beginCursor(rootFd), m_rules(rules), m_strict(strict)
{
    for (int i = 0; i < workers; ++i)
        m_cursors.emplace_back(rootFd);
}

void TreeFileWriter::note(const QByteArray &path, const MetadataProblems &problems)
{
    if (problems.owners == 0 && problems.other.isEmpty())
        return;
    const std::lock_guard lock(m_mutex);
    m_report.ownersNotSet += problems.owners;
    if (!problems.other.isEmpty())
        m_report.warnings.add(path, problems.other);
}

void TreeFileWriter::refuse(const QByteArray &path, const QString &why)
{
    const std::lock_guard lock(m_mutex);
    m_report.refused.add(path, why);
    m_refused.insert(path);
}

bool TreeFileWriter::wasRefused(const QByteArray &path)
{
    const std::lock_guard lock(m_mutex);
    return m_refused.contains(path);
}

void TreeFileWriter::report(RestoreReport &to)
{
    const std::lock_guard lock(m_mutex);
    to.refused.append(m_report.refused);
    to.warnings.append(m_report.warnings);
    to.ownersNotSet += m_report.ownersNotSet;
    if (to.ownersNotSet > 0)
        to.warnings.add(
            ".", tr("the owner of %n file(s) or folders could not be set; they belong to the "
                    "user who restored",
                    nullptr, int(std::min<quint64>(to.ownersNotSet, 1000000000))));
}

/// Nothing (a closed descriptor) when the file was refused.
Result<FileDescriptor> TreeFileWriter::create(FolderCursor &cursor, const WantedEntry &wanted)
{
    const int folder = cursor.open(parentOf(wanted.as));
    const QByteArray name = nameOf(wanted.as);
    int error = folder < 0 ? -folder : 0;
    FileDescriptor fd;
    if (error == 0) {
        fd = FileDescriptor(::openat(folder, name.constData(),
                                     O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        error = fd.isOpen() ? 0 : errno;
    }
    const bool inTheWay = error == EEXIST || error == ELOOP || error == ENOTDIR;
    if (inTheWay && !m_strict) {
        refuse(wanted.as, tr("something is there already"));
        return FileDescriptor();
    }
    if (error != 0)
        return failErrno(tr("The file %1 could not be made").arg(displayBytes(wanted.as)), error);
    return fd;
}

/// Puts stored bytes where they belong: at their offset, or into the extents of a sparse file.
Result<void> TreeFileWriter::writeData(int fd, const IndexEntry &entry, quint64 offset,
                                       const char *data, size_t size)
{
    const auto writeAll = [&](quint64 at, size_t count) -> Result<void> {
        while (count > 0) {
            const ssize_t n = ::pwrite(fd, data, count, off_t(at));
            if (n < 0 && errno == EINTR)
                continue;
            if (n < 0)
                return failErrno(
                    tr("The file %1 could not be written").arg(displayBytes(entry.path)), errno);
            data += n;
            at += quint64(n);
            count -= size_t(n);
        }
        return {};
    };
    if (!entry.sparse)
        return writeAll(offset, size);
    quint64 before = 0; // stored bytes of the extents passed
    for (const auto &[at, length] : entry.extents) {
        if (size == 0)
            break;
        if (offset < before + length) {
            const quint64 within = offset - before;
            const size_t n = size_t(std::min<quint64>(length - within, size));
            TRY(writeAll(at + within, n));
            offset += n;
            size -= n;
        }
        before += length;
    }
    return {};
}

Result<void> TreeFileWriter::file(const WantedEntry &wanted, const char *data, int worker)
{
    const IndexEntry &entry = wanted.entry;
    TRY_VALUE(const FileDescriptor fd, create(m_cursors[size_t(worker)], wanted));
    if (!fd.isOpen())
        return {};
    TRY(writeData(fd.get(), entry, 0, data, size_t(entry.storedSize())));
    if (entry.sparse && ::ftruncate(fd.get(), off_t(entry.size)) != 0)
        return failErrno(tr("The file %1 could not be written").arg(displayBytes(entry.path)),
                         errno);
    note(wanted.as, applyMetadata(fd.get(), entry, m_rules));
    return {};
}

Result<std::unique_ptr<FrameSink::BigFile>> TreeFileWriter::begin(const WantedEntry &wanted)
{
    auto file = std::make_unique<OpenFile>();
    TRY_VALUE(file->fd, create(m_beginCursor, wanted));
    if (!file->fd.isOpen())
        return std::unique_ptr<BigFile>();
    file->entry = wanted.entry;
    file->as = wanted.as;
    if (file->entry.sparse && ::ftruncate(file->fd.get(), off_t(file->entry.size)) != 0)
        return failErrno(tr("The file %1 could not be made").arg(displayBytes(wanted.as)), errno);
    return std::unique_ptr<BigFile>(std::move(file));
}

Result<void> TreeFileWriter::piece(BigFile &file, quint64 offset, const char *data, size_t size)
{
    const auto &open = static_cast<const OpenFile &>(file);
    return writeData(open.fd.get(), open.entry, offset, data, size);
}

Result<void> TreeFileWriter::end(BigFile &file, bool sound)
{
    auto &open = static_cast<OpenFile &>(file);
    if (sound)
        note(open.as, applyMetadata(open.fd.get(), open.entry, m_rules));
    open.fd.reset();
    return {};
}

} // namespace lb
