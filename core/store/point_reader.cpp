// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/point_reader.h"

#include "core/base/atomic_file.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/store/check_sums.h"
#include "core/store/proof_record.h"
#include "core/store/store_paths.h"

#include <QFile>

#include <cerrno>

#include <sys/stat.h>

namespace lb {

namespace {

LB_TRANSLATE(Store)

/// Ids hold the time they were made; all that is left when the manifest cannot be read.
QDateTime timeOfId(const PointId &id)
{
    QDateTime time =
        QDateTime::fromString(id.value().mid(1, 15), QStringLiteral("yyyyMMdd-HHmmss"));
    time.setTimeSpec(Qt::UTC);
    return time;
}

/// Adds the file's size to `bytes`, or says what is wrong with it.
Result<void> checkFile(const QString &folder, const QString &file, const QByteArray &sha256,
                       const QMap<QString, QByteArray> &sums, qint64 *bytes)
{
    TRY(storepaths::checkPartPath(file));
    struct stat info
    {
    };
    const QString path = folder + QLatin1Char('/') + file;
    if (::lstat(QFile::encodeName(path).constData(), &info) != 0)
        return errno == ENOENT ? fail(ErrorCode::Corrupt, tr("%1 is missing").arg(file))
                               : failErrno(tr("Cannot look at %1").arg(file), errno);
    if (!S_ISREG(info.st_mode))
        return fail(ErrorCode::Corrupt, tr("%1 is not a file").arg(file));
    if (sums.value(file) != sha256)
        return fail(ErrorCode::Corrupt, tr("SHA256SUMS and manifest disagree on %1").arg(file));
    *bytes += info.st_size;
    return {};
}

Result<void> checkParts(const RestorePoint &point, const QMap<QString, QByteArray> &sums)
{
    for (const PartRecord &part : point.parts) {
        if (part.file.isEmpty())
            continue;
        qint64 bytes = 0;
        TRY(checkFile(point.folder, part.file, part.sha256, sums, &bytes));
        if (!part.index.isEmpty())
            TRY(checkFile(point.folder, part.index, part.indexSha256, sums, &bytes));
        if (bytes != part.storedBytes)
            return fail(ErrorCode::Corrupt,
                        tr("%1 has another size than when it was made").arg(part.file));
    }
    return {};
}

Result<void> readInto(RestorePoint &point, const PointId &id)
{
    const QString system = point.system;
    const QString folder = point.folder;
    const auto file = [&](QLatin1String name) { return folder + QLatin1Char('/') + name; };
    TRY_VALUE(const QByteArray bytes, readWholeFile(file(storepaths::kManifest)));
    TRY_VALUE(const QByteArray sumsText, readWholeFile(file(storepaths::kSums)));
    TRY_VALUE(const QJsonObject object, parseJsonObject(bytes, storepaths::kManifest));
    TRY_VALUE(RestorePoint read, RestorePoint::fromManifest(object));

    const QString manifestId = read.id;
    const QString manifestSystem = read.system;
    read.folder = folder;
    read.store = point.store;
    read.system = system;
    read.id = id.value();
    point = read;

    QStringList malformed;
    const auto sums = parseSums(sumsText, &malformed);
    if (sums.value(storepaths::kManifest) != Sha256::hex(bytes))
        return fail(ErrorCode::Corrupt, tr("manifest.json is not the one that SHA256SUMS lists"));
    if (!malformed.isEmpty())
        return fail(ErrorCode::Corrupt, tr("SHA256SUMS is damaged"),
                    malformed.join(QStringLiteral(", ")));
    if (manifestId != id.value() || manifestSystem != system)
        return fail(ErrorCode::Corrupt,
                    tr("The manifest is that of %1 of system %2").arg(manifestId, manifestSystem));
    return checkParts(point, sums);
}

} // namespace

RestorePoint readPoint(const QString &systemFolder, const PointId &id, const QString &store)
{
    RestorePoint point;
    point.id = id.value();
    point.system = systemFolder.section(QLatin1Char('/'), -1);
    point.store = store;
    point.folder = storepaths::published(systemFolder, id);
    point.madeAt = timeOfId(id);
    if (const auto read = readInto(point, id); !read)
        point.problem = read.error().sentence();
    applyProofs(point, readProofs(storepaths::proofs(systemFolder, id)));
    point.isRecoveryKeyUntried =
        !point.recoveryRecipient.isEmpty() &&
        !isRecoveryKeyTried(systemFolder.section(QLatin1Char('/'), 0, -2), point.recoveryRecipient);
    return point;
}

} // namespace lb
