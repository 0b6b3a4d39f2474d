// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/survey.h"

#include "core/actions/point_session.h"
#include "core/archive/tree_save.h"
#include "core/archive/tree_swap.h"
#include "core/base/paths.h"
#include "core/store/folder_store.h"

#include <QFile>
#include <QFileInfo>

#include <sys/stat.h>
#include <sys/statvfs.h>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

QString existingPart(QString path)
{
    while (!QFileInfo::exists(path) && path != QLatin1String("/"))
        path = QFileInfo(path).absolutePath();
    return path;
}

} // namespace

Result<RestorePoint> choosePoint(const RunRequest &request)
{
    TRY_VALUE(const FolderStore store, FolderStore::open(request.store, OpenStore::Existing));
    const QString wanted = request.restorePoint;
    if (!wanted.isEmpty() && wanted != QLatin1String("best") && wanted != QLatin1String("latest"))
        return store.read(PointId(wanted));
    TRY_VALUE(const std::vector<RestorePoint> points, store.list(request.system.name));
    if (wanted == QLatin1String("latest")) {
        for (const RestorePoint &point : points) {
            if (point.isWhole())
                return point;
        }
        return fail(ErrorCode::NotFound,
                    tr("%1 has no complete restore point").arg(request.system.name));
    }
    std::optional<std::chrono::milliseconds> limit = request.maxLoss;
    if (!limit && !request.system.rpo.isEmpty()) {
        TRY_VALUE(limit, parseDuration(request.system.rpo));
    }
    const BestPoint best = chooseBest(points, limit);
    if (!best.chosen)
        return fail(best.newest ? ErrorCode::BadInput : ErrorCode::NotFound,
                    tr("There is no restore point to take by default"), best.reason,
                    best.newest ? tr("Name one with --restore-point, or allow the loss with "
                                     "--max-loss")
                                : tr("Save first: lifeboat-cli run %1.save --system %2")
                                      .arg(request.system.type, request.system.name));
    return *best.chosen;
}

DiskRoom roomAt(const QString &path)
{
    const QByteArray name = QFile::encodeName(existingPart(path));
    struct statvfs space
    {
    };
    struct stat where
    {
    };
    if (::statvfs(name.constData(), &space) != 0 || ::stat(name.constData(), &where) != 0)
        return {};
    return {qint64(space.f_bavail) * qint64(space.f_frsize), quint64(where.st_dev)};
}

SwapFact probeTarget(const QString &into, const RunId &run)
{
    SwapFact fact;
    fact.into = into;
    fact.exists = QFileInfo::exists(into) || QFileInfo(into).isSymLink();
    const auto plan = probeSwap(into, run.value());
    if (plan)
        fact.way = plan->way;
    else
        fact.problem = plan.error().sentence();
    return fact;
}

Result<SaveSurvey> surveySave(const StoreProfile &store, const Inventory *inventory,
                              const std::vector<TreeSaveCall> &saves)
{
    TRY_VALUE(const FolderStore opened, openForSaving(store, inventory));
    SaveSurvey survey;
    TRY_VALUE(survey.storeFree, opened.freeBytes());
    for (const TreeSaveCall &save : saves) {
        SaveOptions options;
        options.folder = save.folder;
        for (const QString &pattern : save.exclude)
            options.exclude.push_back(pattern.toUtf8());
        options.skipFolders = {store.folder, paths::dataFolder()};
        // A folder that cannot be counted is named by its own check.
        if (const auto count = countTree(options))
            survey.sourceBytes += qint64(count->bytes);
    }
    return survey;
}

} // namespace lb
