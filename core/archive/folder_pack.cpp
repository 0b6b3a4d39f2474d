// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/folder_pack.h"

#include "core/archive/safe_folder.h"
#include "core/base/atomic_file.h"
#include "core/base/file_descriptor.h"
#include "core/base/format.h"

#include <QFile>
#include <QFileInfo>
#include <QScopeGuard>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace lb {

namespace {

LB_TRANSLATE(Archive)

constexpr size_t kBuffer = 256 * 1024;

struct FreeArchive
{
    void operator()(archive *a) const { archive_free(a); }
    void operator()(archive_entry *e) const { archive_entry_free(e); }
};
using Pack = std::unique_ptr<archive, FreeArchive>;
using Entry = std::unique_ptr<archive_entry, FreeArchive>;

QString reasonOf(archive *pack)
{
    return displayBytes(QByteArray(archive_error_string(pack)));
}

Error cannotWrite(const QString &file, archive *pack)
{
    if (const int number = archive_errno(pack); number > 0)
        return systemError(tr("Cannot write %1").arg(file), number);
    return {ErrorCode::Failed, tr("Cannot write %1").arg(file), reasonOf(pack), {}};
}

Result<void> addFile(archive *pack, int folder, const QByteArray &path, const QByteArray &as,
                     const QString &file)
{
    const FileDescriptor fd(
        ::openat(folder, path.constData(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    struct stat st = {};
    if (!fd.isOpen() || ::fstat(fd.get(), &st) != 0)
        return failErrno(tr("Cannot open %1").arg(displayBytes(path)), errno);
    if (!S_ISREG(st.st_mode))
        return fail(ErrorCode::Unsupported, tr("%1 is no regular file").arg(displayBytes(path)));
    const Entry entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), as.constData());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0600);
    archive_entry_set_size(entry.get(), st.st_size);
    archive_entry_set_mtime(entry.get(), st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    if (archive_write_header(pack, entry.get()) < ARCHIVE_WARN)
        return tl::unexpected(cannotWrite(file, pack));
    std::vector<char> buffer(kBuffer);
    for (qint64 left = st.st_size; left > 0;) {
        const ssize_t n =
            ::read(fd.get(), buffer.data(), size_t(qMin<qint64>(left, qint64(kBuffer))));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failErrno(tr("Cannot read %1").arg(displayBytes(path)), errno);
        if (n == 0)
            return fail(ErrorCode::Conflict,
                        tr("%1 became shorter while it was read").arg(displayBytes(path)));
        if (archive_write_data(pack, buffer.data(), size_t(n)) != n)
            return tl::unexpected(cannotWrite(file, pack));
        left -= n;
    }
    return {};
}

Result<void> writePack(const QString &folder, const QByteArray &top,
                       const std::vector<QByteArray> &paths, int out, const QString &file)
{
    const FileDescriptor root(
        ::open(QFile::encodeName(folder).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root.isOpen())
        return failErrno(tr("Cannot open the folder %1").arg(folder), errno);
    const Pack pack(archive_write_new());
    if (archive_write_set_format_pax_restricted(pack.get()) != ARCHIVE_OK ||
        archive_write_add_filter_zstd(pack.get()) != ARCHIVE_OK ||
        archive_write_open_fd(pack.get(), out) != ARCHIVE_OK)
        return tl::unexpected(cannotWrite(file, pack.get()));
    for (const QByteArray &path : paths)
        TRY(addFile(pack.get(), root.get(), path, top + '/' + path, file));
    if (archive_write_close(pack.get()) != ARCHIVE_OK)
        return tl::unexpected(cannotWrite(file, pack.get()));
    if (::fsync(out) != 0)
        return failErrno(tr("Cannot sync %1").arg(file), errno);
    return {};
}

/// One import's way through a pack; refuses at the first thing that is not as it must be.
class Unpacking
{
public:
    Unpacking(archive *pack, int root, const UnpackLimits &limits)
        : m_pack(pack), m_limits(limits), m_cursor(root)
    {
    }

    Result<void> take(archive_entry *entry)
    {
        const char *given = archive_entry_pathname(entry);
        m_name = QByteArray(given);
        const auto kind = archive_entry_filetype(entry);
        if (kind == AE_IFDIR && m_name.endsWith('/'))
            m_name.chop(1);
        if (++m_entries > m_limits.entries)
            return refuse(tr("there are more than %1 entries").arg(m_limits.entries));
        if (!given || !isSafePath(m_name) || m_name == ".")
            return refuse(tr("its name leads elsewhere"));
        if (archive_entry_hardlink(entry) || (kind != AE_IFREG && kind != AE_IFDIR))
            return refuse(tr("it is neither a file nor a folder"));
        if (!m_limits.hasOneTop) {
            if (kind == AE_IFDIR)
                return takeFolder(m_name);
            return m_limits.fits(m_name, false) ? takeFile(entry)
                                                : refuse(tr("nothing of that name belongs there"));
        }
        const qsizetype slash = m_name.indexOf('/');
        const QByteArray top = m_name.left(slash < 0 ? m_name.size() : slash);
        if (m_top.isEmpty())
            m_top = top;
        if (top != m_top)
            return refuse(tr("it is not below “%1”").arg(displayBytes(m_top)));
        if (kind == AE_IFDIR)
            return slash < 0 ? makeFolder(m_name) : takeFolder(m_name.mid(slash + 1));
        if (slash < 0 || !m_limits.fits(m_name.mid(slash + 1), false))
            return refuse(tr("nothing of that name belongs there"));
        return takeFile(entry);
    }

    const QByteArray &top() const { return m_top; }
    bool isEmpty() const { return m_entries == 0; }

private:
    Result<void> refuse(const QString &why) const
    {
        return fail(ErrorCode::Denied, tr("“%1” in it is refused").arg(displayBytes(m_name)), why,
                    tr("Nothing was taken over"));
    }

    Result<void> takeFolder(const QByteArray &below)
    {
        if (!m_limits.fits(below, true))
            return refuse(tr("nothing of that name belongs there"));
        return makeFolder(m_name);
    }

    Result<void> makeFolder(const QByteArray &path)
    {
        if (const int fd = m_cursor.make(path); fd < 0)
            return failErrno(tr("Cannot create the folder %1").arg(displayBytes(path)), -fd);
        return {};
    }

    Result<void> takeFile(archive_entry *entry)
    {
        if (archive_entry_size_is_set(entry) &&
            quint64(qMax<qint64>(0, archive_entry_size(entry))) > m_limits.bytes - m_bytes)
            return tooLarge();
        const int folder = m_cursor.make(parentOf(m_name));
        if (folder < 0)
            return failErrno(tr("Cannot create the folder of %1").arg(displayBytes(m_name)),
                             -folder);
        const FileDescriptor fd(::openat(folder, nameOf(m_name).constData(),
                                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                         0600));
        if (!fd.isOpen() && (errno == EEXIST || errno == ELOOP))
            return refuse(tr("it is in there twice"));
        if (!fd.isOpen())
            return failErrno(tr("Cannot create %1").arg(displayBytes(m_name)), errno);
        std::vector<char> buffer(kBuffer);
        for (;;) {
            const la_ssize_t n = archive_read_data(m_pack, buffer.data(), buffer.size());
            if (n < 0)
                return fail(ErrorCode::Corrupt, tr("“%1” cannot be read").arg(displayBytes(m_name)),
                            reasonOf(m_pack), tr("Nothing was taken over"));
            if (n == 0)
                return {};
            if (quint64(n) > m_limits.bytes - m_bytes)
                return tooLarge();
            m_bytes += quint64(n);
            for (la_ssize_t done = 0; done < n;) {
                const ssize_t written = ::write(fd.get(), buffer.data() + done, size_t(n - done));
                if (written < 0 && errno != EINTR)
                    return failErrno(tr("Cannot write %1").arg(displayBytes(m_name)), errno);
                done += qMax<ssize_t>(0, written);
            }
        }
    }

    Result<void> tooLarge() const
    {
        return refuse(
            tr("the whole would be larger than %1").arg(formatSize(qint64(m_limits.bytes))));
    }

    archive *m_pack;
    const UnpackLimits &m_limits;
    FolderCursor m_cursor;
    QByteArray m_name, m_top;
    quint64 m_entries = 0, m_bytes = 0;
};

} // namespace

Result<void> packFiles(const QString &folder, const QByteArray &top,
                       const std::vector<QByteArray> &paths, const QString &file)
{
    if (QFileInfo::exists(file))
        return fail(ErrorCode::Conflict, tr("%1 exists already").arg(file), {},
                    tr("Choose another name; nothing was changed"));
    const QByteArray part = QFile::encodeName(file + QStringLiteral(".part"));
    ::unlink(part.constData()); // left by a crash
    const FileDescriptor out(
        ::open(part.constData(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!out.isOpen())
        return failErrno(tr("Cannot create %1").arg(file), errno);
    auto left = qScopeGuard([&part] { ::unlink(part.constData()); });
    TRY(writePack(folder, top, paths, out.get(), file));
    if (::rename(part.constData(), QFile::encodeName(file).constData()) != 0)
        return failErrno(tr("Cannot create %1").arg(file), errno);
    left.dismiss();
    return syncFolder(QFileInfo(file).absolutePath());
}

Result<QByteArray> unpackFiles(const QString &file, const QString &into, const UnpackLimits &limits)
{
    const FileDescriptor in(
        ::open(QFile::encodeName(file).constData(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat st = {};
    if (!in.isOpen() || ::fstat(in.get(), &st) != 0)
        return failErrno(tr("Cannot open %1").arg(file), errno);
    if (!S_ISREG(st.st_mode))
        return fail(ErrorCode::BadInput, tr("%1 is no regular file").arg(file));
    const FileDescriptor root(
        ::open(QFile::encodeName(into).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root.isOpen())
        return failErrno(tr("Cannot open the folder %1").arg(into), errno);
    const Pack pack(archive_read_new());
    archive_read_support_filter_zstd(pack.get());
    archive_read_support_format_tar(pack.get());
    archive_read_support_format_zip(pack.get());
    const auto notReadable = [&] {
        return fail(ErrorCode::Corrupt, tr("%1 cannot be read as a .tar.zst or .zip").arg(file),
                    reasonOf(pack.get()), tr("Nothing was taken over"));
    };
    if (archive_read_open_fd(pack.get(), in.get(), kBuffer) != ARCHIVE_OK)
        return notReadable();
    Unpacking unpacking(pack.get(), root.get(), limits);
    for (;;) {
        archive_entry *entry = nullptr;
        const int found = archive_read_next_header(pack.get(), &entry);
        if (found == ARCHIVE_EOF)
            break;
        if (found < ARCHIVE_WARN)
            return notReadable();
        TRY(unpacking.take(entry));
    }
    if (unpacking.isEmpty())
        return fail(ErrorCode::Corrupt, tr("%1 holds nothing").arg(file));
    if (::syncfs(root.get()) != 0)
        return failErrno(tr("Cannot sync %1").arg(into), errno);
    return unpacking.top();
}

} // namespace lb
