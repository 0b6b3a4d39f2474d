// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/folder_store.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/store/point_reader.h"
#include "core/store/store_paths.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <sys/statvfs.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Store)

const QDir::Filters kFolders = QDir::Dirs | QDir::NoDotAndDotDot | QDir::Hidden | QDir::NoSymLinks;

Result<void> removeAll(const QString &folder)
{
    std::error_code error;
    std::filesystem::remove_all(QFile::encodeName(folder).toStdString(), error);
    if (error)
        return failErrno(tr("Cannot remove %1").arg(folder), error.value());
    return {};
}

qint64 bytesBelow(const QString &folder)
{
    namespace fs = std::filesystem;
    qint64 bytes = 0;
    std::error_code error;
    for (fs::recursive_directory_iterator it(QFile::encodeName(folder).toStdString(), error), end;
         !error && it != end; it.increment(error)) {
        std::error_code gone; // it may be on its way out right now
        if (it->symlink_status(gone).type() == fs::file_type::regular) {
            const auto size = it->file_size(gone);
            bytes += gone ? 0 : qint64(size);
        }
    }
    return bytes;
}

Result<struct statvfs> spaceOf(const QString &folder)
{
    struct statvfs info
    {
    };
    if (::statvfs(QFile::encodeName(folder).constData(), &info) != 0)
        return failErrno(tr("Cannot read the free space of %1").arg(folder), errno);
    return info;
}

Result<void> checkMarker(const QString &folder)
{
    const QString marker = storepaths::marker(folder);
    const auto bytes = readWholeFile(marker, 64 * 1024);
    if (!bytes && bytes.error().code == ErrorCode::NotFound)
        return fail(ErrorCode::NotFound, tr("%1 is not a store of Lifeboat").arg(folder),
                    tr("it has no file .lifeboat-store"),
                    tr("Is the disk mounted? Add it as a store if it is new"));
    if (!bytes)
        return tl::unexpected(bytes.error());
    TRY_VALUE(const QJsonObject object, parseJsonObject(*bytes, marker));
    return checkFormat(object, storepaths::kStoreFormat, tr("The store %1").arg(folder));
}

Result<void> makeMarker(const QString &folder)
{
    TRY(makeFolders(folder));
    const QJsonObject marker{{QStringLiteral("format"), storepaths::kStoreFormat}};
    return writeFileAtomically(storepaths::marker(folder), toJsonDocument(marker));
}

Result<void> tryWriting(const QString &folder)
{
    const QString from = folder + QStringLiteral("/.test-%1").arg(::getpid());
    const QString to = from + QStringLiteral(".renamed");
    TRY(makeFolders(from));
    auto tried = writeFileAtomically(from + QStringLiteral("/file"), QByteArrayLiteral("lifeboat"));
    if (tried &&
        ::rename(QFile::encodeName(from).constData(), QFile::encodeName(to).constData()) != 0)
        tried = failErrno(tr("Cannot rename in %1").arg(folder), errno);
    for (const QString &left : {from, to}) {
        if (const auto removed = removeAll(left); tried && !removed)
            tried = removed;
    }
    return tried;
}

} // namespace

FolderStore::FolderStore(QString name, QString folder)
    : m_name(std::move(name)), m_folder(std::move(folder))
{
}

Result<FolderStore> FolderStore::open(const StoreProfile &profile, OpenStore how)
{
    if (!QDir::isAbsolutePath(profile.folder))
        return fail(ErrorCode::BadInput,
                    tr("The folder of store %1 must be an absolute path").arg(profile.name),
                    profile.folder);
    const QString folder = QDir::cleanPath(profile.folder);
    auto marked = checkMarker(folder);
    if (how == OpenStore::OrCreate && !marked && marked.error().code == ErrorCode::NotFound)
        marked = makeMarker(folder);
    if (!marked)
        return tl::unexpected(marked.error());
    return FolderStore(profile.name, folder);
}

Result<StoreStatus> FolderStore::test() const
{
    TRY(checkMarker(m_folder));
    TRY_VALUE(const auto space, spaceOf(m_folder));
    StoreStatus status;
    status.freeBytes = qint64(space.f_bavail) * qint64(space.f_frsize);
    status.totalBytes = qint64(space.f_blocks) * qint64(space.f_frsize);
    const auto tried = tryWriting(m_folder);
    status.writable = tried.has_value();
    if (!tried)
        status.notWritable = tried.error().sentence();
    return status;
}

Result<qint64> FolderStore::freeBytes() const
{
    TRY_VALUE(const auto space, spaceOf(m_folder));
    return qint64(space.f_bavail) * qint64(space.f_frsize);
}

QStringList FolderStore::systems() const
{
    QStringList names = QDir(m_folder).entryList(kFolders, QDir::Name);
    names.removeIf([](const QString &name) { return !storepaths::checkSystemName(name); });
    return names;
}

QString FolderStore::systemFolder(const QString &system) const
{
    return m_folder + QLatin1Char('/') + system;
}

Result<QString> FolderStore::systemFolderOf(const PointId &id, bool alsoRemoving) const
{
    TRY(storepaths::checkPointId(id));
    for (const QString &system : systems()) {
        const QString folder = systemFolder(system);
        if (QFileInfo::exists(storepaths::published(folder, id)) ||
            (alsoRemoving && QFileInfo::exists(storepaths::removing(folder, id))))
            return folder;
    }
    return fail(ErrorCode::NotFound,
                tr("There is no restore point %1 in store %2").arg(id.value(), m_name), {},
                tr("See backups list"));
}

Result<PointWriter> FolderStore::beginPoint(const QString &system, const PointId &id,
                                            const RunId &run) const
{
    TRY(storepaths::checkSystemName(system));
    TRY(storepaths::checkPointId(id));
    TRY(checkMarker(m_folder)); // a disk that is not mounted must not be filled beneath
    return PointWriter::begin(systemFolder(system), id, run, m_name);
}

Result<std::vector<RestorePoint>> FolderStore::list(const QString &system) const
{
    TRY(checkMarker(m_folder));
    if (!system.isEmpty())
        TRY(storepaths::checkSystemName(system));
    std::vector<RestorePoint> points;
    for (const QString &name : system.isEmpty() ? systems() : QStringList{system}) {
        const QString folder = systemFolder(name);
        for (const QString &entry : QDir(folder).entryList(kFolders, QDir::Unsorted)) {
            if (!storepaths::checkPointId(PointId(entry)))
                continue; // partial, being removed, or not ours
            RestorePoint point = readPoint(folder, PointId(entry), m_name);
            // Gone while it was read: removed, not damaged.
            if (point.problem.isEmpty() || QFileInfo::exists(point.folder))
                points.push_back(std::move(point));
        }
    }
    std::sort(points.begin(), points.end(), [](const RestorePoint &a, const RestorePoint &b) {
        return a.madeAt != b.madeAt ? a.madeAt > b.madeAt : a.id > b.id;
    });
    return points;
}

Result<RestorePoint> FolderStore::read(const PointId &id) const
{
    TRY_VALUE(const QString folder, systemFolderOf(id));
    return readPoint(folder, id, m_name);
}

Result<PointUse> FolderStore::use(const PointId &id, const QString &who) const
{
    TRY_VALUE(const QString folder, systemFolderOf(id));
    return PointUse::take(folder, id, who);
}

Result<void> FolderStore::remove(const PointId &id) const
{
    TRY_VALUE(const QString folder, systemFolderOf(id, true));
    TRY_VALUE(const FileDescriptor lock, lockPointAlone(folder, id));
    const QString point = storepaths::published(folder, id);
    const QString removing = storepaths::removing(folder, id);
    // First the name, so that no list ever shows half of it.
    if (QFileInfo::exists(point)) {
        if (::rename(QFile::encodeName(point).constData(),
                     QFile::encodeName(removing).constData()) != 0)
            return failErrno(tr("Cannot remove restore point %1").arg(id.value()), errno,
                             tr("It is still there, whole"));
        TRY(syncFolder(folder));
    }
    QFile::remove(storepaths::proofs(folder, id));
    TRY(removeAll(removing));
    removePointLock(folder, id);
    return syncFolder(folder);
}

Result<SumsReport> FolderStore::checkSums(const PointId &id, const ByteProgress &progress,
                                          std::stop_token stop,
                                          const QMap<QString, QByteArray> &known) const
{
    TRY_VALUE(const PointUse inUse, use(id, tr("a check of the sums")));
    return lb::checkSums(inUse.folder(), progress, std::move(stop), known);
}

Result<void> FolderStore::addProof(const PointId &id, const ProofRecord &record) const
{
    TRY_VALUE(const QString folder, systemFolderOf(id));
    return appendProof(storepaths::proofs(folder, id), record);
}

std::vector<ProofRecord> FolderStore::proofs(const PointId &id) const
{
    const auto folder = systemFolderOf(id);
    return folder ? readProofs(storepaths::proofs(*folder, id)) : std::vector<ProofRecord>();
}

std::vector<Leftover> FolderStore::leftovers() const
{
    std::vector<Leftover> found;
    for (const QString &system : systems()) {
        const QString folder = systemFolder(system);
        for (const QString &entry : QDir(folder).entryList(kFolders, QDir::Name)) {
            Leftover left;
            left.system = system;
            left.folder = folder + QLatin1Char('/') + entry;
            left.kind = entry.endsWith(QLatin1String(".partial")) ? Leftover::Kind::Partial
                                                                  : Leftover::Kind::Removing;
            left.point = left.kind == Leftover::Kind::Partial
                             ? PointId(entry.chopped(8))
                             : PointId(entry.section(QStringLiteral(".removing-"), 1));
            if (!storepaths::checkPointId(left.point) || isPointLocked(folder, left.point))
                continue;
            left.run = ownerOfPoint(left.folder);
            left.bytes = bytesBelow(left.folder);
            found.push_back(left);
        }
    }
    return found;
}

Result<void> FolderStore::removeLeftover(const Leftover &leftover) const
{
    TRY(storepaths::checkSystemName(leftover.system));
    TRY(storepaths::checkPointId(leftover.point));
    const QString folder = systemFolder(leftover.system);
    TRY_VALUE(const FileDescriptor lock, lockPointAlone(folder, leftover.point));
    const bool isPartial = leftover.kind == Leftover::Kind::Partial;
    TRY(removeAll(isPartial ? storepaths::partial(folder, leftover.point)
                            : storepaths::removing(folder, leftover.point)));
    if (!QFileInfo::exists(storepaths::published(folder, leftover.point)))
        removePointLock(folder, leftover.point);
    return syncFolder(folder);
}

} // namespace lb
