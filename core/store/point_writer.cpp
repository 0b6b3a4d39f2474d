// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/point_writer.h"

#include "core/base/atomic_file.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/store/check_sums.h"
#include "core/store/point_reader.h"
#include "core/store/point_use.h"
#include "core/store/restore_text.h"
#include "core/store/store_paths.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QSet>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>

namespace lb {

namespace {

LB_TRANSLATE(Store)

bool isEmptyFolder(const QString &folder)
{
    return QDir(folder).isEmpty(QDir::AllEntries | QDir::Hidden | QDir::System |
                                QDir::NoDotAndDotDot);
}

/// Syncs one finished file and returns its size.
Result<qint64> syncFile(const QString &path)
{
    const QByteArray name = QFile::encodeName(path);
    const FileDescriptor fd(::open(name.constData(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat info
    {
    };
    if (!fd.isOpen() || ::fstat(fd.get(), &info) != 0)
        return failErrno(tr("Cannot open %1").arg(path), errno);
    if (!S_ISREG(info.st_mode))
        return fail(ErrorCode::Corrupt, tr("%1 is not a file").arg(path));
    if (::fsync(fd.get()) != 0) {
        const int number = errno;
        // After a failed fsync the pages count as clean: a second one would succeed with the data
        // lost. The file goes, so that no later attempt can publish it.
        ::unlink(name.constData());
        return failErrno(tr("Cannot sync %1").arg(path), number,
                         tr("The file counts as lost and was removed; its part is saved anew when "
                            "the run is resumed"));
    }
    return qint64(info.st_size);
}

Result<void> renameWithoutReplacing(const QString &from, const QString &to)
{
    const QByteArray source = QFile::encodeName(from);
    const QByteArray target = QFile::encodeName(to);
    if (::renameat2(AT_FDCWD, source.constData(), AT_FDCWD, target.constData(), RENAME_NOREPLACE) ==
        0)
        return {};
    // Some network file systems know no flags; a plain rename never replaces a folder with content.
    if (errno == EINVAL && !QFileInfo::exists(to) &&
        ::rename(source.constData(), target.constData()) == 0)
        return {};
    return failErrno(tr("Cannot rename %1 to %2").arg(from, to), errno);
}

} // namespace

RunId ownerOfPoint(const QString &folder)
{
    // Its writer's own note, or the manifest once that is written.
    for (const QString &file :
         {storepaths::owner(folder), folder + QLatin1Char('/') + storepaths::kManifest}) {
        const auto bytes = readWholeFile(file);
        const auto object = bytes ? parseJsonObject(*bytes, file) : tl::unexpected(bytes.error());
        if (object)
            return RunId(object->value(QLatin1String("run")).toString());
    }
    return {};
}

QString PointWriter::folder() const
{
    return m_published ? storepaths::published(m_systemFolder, m_id)
                       : storepaths::partial(m_systemFolder, m_id);
}

QString PointWriter::partsFolder() const
{
    return folder() + QStringLiteral("/parts");
}

Result<PointWriter> PointWriter::begin(const QString &systemFolder, const PointId &id,
                                       const RunId &run, const QString &store)
{
    PointWriter writer;
    writer.m_systemFolder = systemFolder;
    writer.m_store = store;
    writer.m_id = id;
    writer.m_run = run;
    TRY(makeFolders(systemFolder));
    TRY_VALUE(writer.m_lock, lockPointAlone(systemFolder, id));
    if (const QString final = storepaths::published(systemFolder, id); QFileInfo::exists(final)) {
        const RestorePoint point = readPoint(systemFolder, id, store);
        if (point.run != run.value())
            return fail(ErrorCode::Conflict,
                        tr("Restore point %1 of another run stands there").arg(id.value()), final,
                        tr("Nothing was changed"));
        writer.m_published = true;
        writer.m_lock.reset();
        return writer;
    }
    const QString partial = writer.folder();
    TRY(makeFolders(partial));
    // A writer killed before its note was whole has written nothing else yet.
    QFile::remove(storepaths::owner(partial) + QStringLiteral(".part"));
    if (isEmptyFolder(partial)) {
        const QJsonObject note{{QStringLiteral("format"), storepaths::kStoreFormat},
                               {QStringLiteral("run"), run.value()}};
        TRY(writeFileAtomically(storepaths::owner(partial), toJsonDocument(note)));
    } else if (const RunId owner = ownerOfPoint(partial); !(owner == run)) {
        return fail(ErrorCode::Conflict,
                    tr("A restore point %1 begun by another run stands there").arg(id.value()),
                    owner.isEmpty() ? partial : tr("run %1").arg(owner.value()),
                    tr("Nothing was changed"));
    } else {
        writer.m_continued = true;
    }
    TRY(makeFolders(writer.partsFolder()));
    return writer;
}

Result<void> PointWriter::syncParts(RestorePoint &point, QMap<QString, QByteArray> &sums) const
{
    const auto take = [&](const QString &file, QByteArray &sha256) -> Result<qint64> {
        TRY(storepaths::checkPartPath(file));
        if (sums.contains(file))
            return fail(ErrorCode::Internal, tr("Two parts name the file %1").arg(file));
        const QString path = folder() + QLatin1Char('/') + file;
        TRY_VALUE(const qint64 size, syncFile(path));
        if (sha256.isEmpty()) {
            TRY_VALUE(sha256, hashFile(path));
        }
        sums.insert(file, sha256);
        return size;
    };
    for (PartRecord &part : point.parts) {
        if (part.file.isEmpty())
            continue; // a reference: nothing of it is here
        TRY_VALUE(part.storedBytes, take(part.file, part.sha256));
        if (!part.index.isEmpty()) {
            TRY_VALUE(const qint64 size, take(part.index, part.indexSha256));
            part.storedBytes += size;
        }
    }
    return {};
}

Result<void> PointWriter::removeStrays(const QMap<QString, QByteArray> &sums) const
{
    QDirIterator files(folder(), QDir::Files | QDir::Hidden | QDir::System,
                       QDirIterator::Subdirectories);
    while (files.hasNext()) {
        const QString path = files.next();
        const QString relative = path.mid(folder().size() + 1);
        if (!sums.contains(relative) && path != storepaths::owner(folder()) &&
            relative != storepaths::kManifest && ::unlink(QFile::encodeName(path).constData()) != 0)
            return failErrno(tr("Cannot remove %1, left by an earlier attempt").arg(path), errno);
    }
    return {};
}

Result<void> PointWriter::writeDocuments(const RestorePoint &point,
                                         QMap<QString, QByteArray> sums) const
{
    const auto write = [&](QLatin1String name, const QByteArray &content) -> Result<void> {
        sums.insert(name, Sha256::hex(content));
        return writeFileAtomically(folder() + QLatin1Char('/') + name, content);
    };
    TRY(write(storepaths::kManifest, toJsonDocument(point.manifest())));
    TRY(write(storepaths::kRestoreText, restoreText(point)));
    // From here on the manifest says whose it is; the note would be a file that no sum covers.
    const QString note = storepaths::owner(folder());
    if (::unlink(QFile::encodeName(note).constData()) != 0 && errno != ENOENT)
        return failErrno(tr("Cannot remove %1").arg(note), errno);
    return writeFileAtomically(folder() + QLatin1Char('/') + storepaths::kSums, formatSums(sums));
}

Result<void> PointWriter::syncFolders() const
{
    QDirIterator folders(folder(), QDir::Dirs | QDir::NoDotAndDotDot | QDir::Hidden,
                         QDirIterator::Subdirectories);
    while (folders.hasNext())
        TRY(syncFolder(folders.next()));
    return syncFolder(folder());
}

Result<RestorePoint> PointWriter::publish(RestorePoint point)
{
    const QString final = storepaths::published(m_systemFolder, m_id);
    if (!m_published) {
        if (point.id != m_id.value() || point.run != m_run.value() ||
            !m_systemFolder.endsWith(QLatin1Char('/') + point.system))
            return fail(ErrorCode::Internal,
                        tr("The manifest is not that of restore point %1").arg(m_id.value()));
        point.store = m_store;
        point.folder = final; // RESTORE.md names it
        auto done = [&]() -> Result<void> {
            QMap<QString, QByteArray> sums;
            TRY(syncParts(point, sums));
            TRY(removeStrays(sums));
            TRY(writeDocuments(point, sums));
            TRY(syncFolders());
            TRY(renameWithoutReplacing(folder(), final));
            return {};
        }();
        if (!done) {
            if (done.error().advice.isEmpty())
                done.error().advice =
                    tr("Restore point %1 is not published, older ones are untouched; mend the "
                       "cause in store %2 and resume the run")
                        .arg(m_id.value(), m_store);
            return tl::unexpected(done.error());
        }
        m_published = true;
    }
    // Also when an earlier attempt did the rename: it may have been killed before this.
    TRY(syncFolder(m_systemFolder));
    m_lock.reset();
    const RestorePoint published = readPoint(m_systemFolder, m_id, m_store);
    if (!published.problem.isEmpty())
        return fail(ErrorCode::Corrupt,
                    tr("Restore point %1 does not read back as written").arg(m_id.value()),
                    published.problem, tr("Do not rely on it; save again"));
    return published;
}

Result<void> PointWriter::abandon()
{
    if (m_published)
        return fail(ErrorCode::Conflict,
                    tr("Restore point %1 is published already").arg(m_id.value()), {},
                    tr("Remove it as a restore point"));
    std::error_code error;
    std::filesystem::remove_all(QFile::encodeName(folder()).toStdString(), error);
    if (error)
        return failErrno(tr("Cannot remove %1").arg(folder()), error.value());
    TRY(syncFolder(m_systemFolder));
    removePointLock(m_systemFolder, m_id);
    m_lock.reset();
    return {};
}

} // namespace lb
