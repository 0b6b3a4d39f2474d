// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/point_work.h"

#include "core/actions/encrypted_part.h"
#include "core/actions/point_session.h"
#include "core/actions/reference_part.h"
#include "core/actions/saved_tree.h"
#include "core/actions/tree_work.h"
#include "core/archive/tree_diff.h"
#include "core/archive/tree_index.h"
#include "core/archive/tree_remove.h"
#include "core/archive/tree_restore.h"
#include "core/archive/tree_verify.h"
#include "core/base/atomic_file.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/format.h"
#include "core/base/json.h"

#include <QDir>
#include <QLocale>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

using Report = WorkerExecution::Report;

bool isTree(const PartRecord &part)
{
    return (part.kind == QLatin1String(kTreePart) || part.kind == QLatin1String(kToolchainPart)) &&
           !part.index.isEmpty();
}

bool opens(const PointCall &call)
{
    return call.params.value(QLatin1String("open")).toBool();
}

/// Its names cannot be seen: who asked is told so by what shows the answer.
bool isShut(const PointCall &call, const PartRecord &part)
{
    return !part.encryption.isEmpty() && !opens(call);
}

QString textParam(const PointCall &call, const char *key)
{
    return TemplateText::fromJson(call.params.value(QLatin1String(key))).literal();
}

/// Keeps the index in step. It can be rebuilt, so a failure is only told.
void remember(const ActionContext &context, const FolderStore &store, const PointId &id)
{
    if (!context.inventory)
        return;
    const auto point = store.read(id);
    const auto kept = point ? context.inventory->upsertPoint(*point)
                            : Result<void>(tl::unexpected(point.error()));
    if (!kept && context.log)
        context.log((kept.error().sentence() + QLatin1Char('\n')).toUtf8());
}

/// A key that opened a point of the store: is it the recovery key?
Result<void> tryRecoveryKey(const RestorePoint &point, const ActionContext &context,
                            const FolderStore &store, WorkerPrograms &programs,
                            const std::stop_token &stop)
{
    if (point.recoveryRecipient.isEmpty())
        return {};
    TRY_VALUE(const QStringList recipients, recipientsOfKey(programs, stop));
    if (!recipients.contains(point.recoveryRecipient))
        return {};
    TRY(keepRecoveryKey(store.folder(), point.recoveryRecipient, PointId(point.id), context.run));
    if (!context.inventory)
        return {};
    TRY_VALUE(const std::vector<RestorePoint> points, store.list());
    return context.inventory->upsertPoints(points);
}

Result<CallOutcome> verify(const PointCall &call, const ActionContext &context,
                           WorkerPrograms &programs, const Report &report, std::stop_token stop)
{
    const PointId id(textParam(call, "point"));
    TRY_VALUE(const FolderStore store, FolderStore::open(context.store, OpenStore::Existing));
    TRY_VALUE(const PointUse use, store.use(id, context.run.value()));
    TRY_VALUE(const RestorePoint point, store.read(id));

    QStringList damage;
    qint64 done = 0;
    QMap<QString, QByteArray> known; // read whole just now
    qint64 entries = 0;
    const qint64 total = point.bytes();
    for (const PartRecord &part : point.parts) {
        const bool isClear = part.encryption.isEmpty();
        if (isShut(call, part))
            continue;
        if (!referenceOf(part).isEmpty()) {
            const auto forward = [&](const CallProgress &one) {
                report({done + one.bytesDone, total, entries + one.itemsDone, -1});
            };
            TRY_VALUE(const QStringList found,
                      referenceDamage(use.folder(), part, ReferenceLook::Bytes, forward, stop));
            damage += found;
            done += part.bytes;
            entries += part.entries;
            continue;
        }
        if (!isTree(part)) {
            if (isClear)
                continue;
            const auto read = readEncrypted(programs, part, use.folder() + u'/' + part.file, stop,
                                            [](QByteArrayView) -> Result<void> { return {}; });
            // A key that does not fit says nothing about the point.
            if (!read && read.error().code != ErrorCode::Corrupt)
                return tl::unexpected(read.error());
            if (!read)
                damage << part.file + QStringLiteral(": ") + read.error().sentence();
            continue;
        }
        const auto tree = SavedTree::open(use.folder(), part, programs, stop);
        if (!tree && !isClear && tree.error().code != ErrorCode::Corrupt)
            return tl::unexpected(tree.error());
        if (!tree) {
            damage << tree.error().sentence();
            continue;
        }
        VerifyOptions options;
        options.archive = tree->archive();
        options.wholeHash = isClear; // otherwise age says whether it is what was encrypted
        const auto forward = [&](const TreeProgress &progress) {
            report({done + qint64(progress.bytesDone), total,
                    entries + qint64(progress.entriesDone), -1});
        };
        const auto found = verifyTree(options, forward, stop);
        if (!found) {
            if (found.error().code == ErrorCode::Cancelled)
                return tl::unexpected(found.error());
            damage << part.file + QStringLiteral(": ") + found.error().sentence();
            continue;
        }
        // The damaged file first: what was lost with it can be a long list.
        if (isClear && found->sha256 != part.sha256)
            damage << tr("%1 is not the file that was saved: its SHA-256 differs").arg(part.file);
        damage += found->damage.sentences(20);
        if (isClear)
            known.insert(part.file, found->sha256);
        done += part.bytes;
        entries += part.entries;
    }
    // The small files and the list itself.
    TRY_VALUE(const SumsReport sums, store.checkSums(id, {}, stop, known));
    if (!sums.isClean())
        damage << sums.summary();

    ProofRecord proof;
    proof.level = point.isEncrypted() && !opens(call) ? ProofLevel::Checksummed : ProofLevel::Read;
    proof.passed = damage.isEmpty();
    proof.at = utcNow();
    proof.run = context.run.value();
    proof.by = currentUserName() + QLatin1Char('@') + currentHostName();
    proof.detail =
        damage.isEmpty()
            ? tr("%1 in %2 entries read").arg(formatSize(total), QLocale().toString(entries))
            : damage.mid(0, 5).join(QStringLiteral("; "));
    TRY(store.addProof(id, proof));
    CallOutcome outcome;
    if (opens(call) && damage.isEmpty() && point.isEncrypted())
        TRY(tryRecoveryKey(point, context, store, programs, stop));
    remember(context, store, id);
    if (!damage.isEmpty()) {
        if (context.log) {
            for (const QString &line : std::as_const(damage))
                context.log((line + QLatin1Char('\n')).toUtf8());
        }
        return fail(ErrorCode::Corrupt, tr("Restore point %1 is damaged").arg(id.value()),
                    damage.mid(0, 10).join(QStringLiteral("; ")),
                    tr("Do not rely on it: choose another one, and save again"));
    }
    outcome.outputs = {{QStringLiteral("bytes"), total}, {QStringLiteral("entries"), entries}};
    return outcome;
}

/// A path as it is in the part's folder; bytes that are no text as base64.
void addPath(QJsonObject &line, const PartRecord &part, const QByteArray &path)
{
    const QByteArray source = part.source.toUtf8();
    const QByteArray whole = path == "." ? source : source + '/' + path;
    const QString text = QString::fromUtf8(whole);
    if (text.toUtf8() == whole)
        line.insert(QStringLiteral("path"), text);
    else
        line.insert(QStringLiteral("path_b64"), QString::fromLatin1(whole.toBase64()));
}

QJsonObject changeLine(const PartRecord &part, const char *change)
{
    return {{QStringLiteral("part"), part.id}, {QStringLiteral("change"), QLatin1String(change)}};
}

/// Counts and lines of what differs between two restore points.
struct Differences
{
    const ByteSink &log;
    qint64 added = 0, removed = 0, changed = 0;

    void add(const QJsonObject &line)
    {
        const QString change = line.value(QLatin1String("change")).toString();
        ++(change == QLatin1String("added")     ? added
           : change == QLatin1String("removed") ? removed
                                                : changed);
        if (log)
            log(toJson(line) + '\n');
    }
};

/// Rows are counted, not compared.
void diffDatabases(const PartRecord &before, const PartRecord &after, Differences &differences)
{
    const QJsonObject old = before.details.value(QLatin1String("rows")).toObject();
    const QJsonObject now = after.details.value(QLatin1String("rows")).toObject();
    QStringList tables = old.keys();
    for (const QString &table : now.keys()) {
        if (!old.contains(table))
            tables << table;
    }
    for (const QString &table : std::as_const(tables)) {
        if (old.value(table) == now.value(table))
            continue;
        QJsonObject line = changeLine(after, !old.contains(table)   ? "added"
                                             : !now.contains(table) ? "removed"
                                                                    : "changed");
        line.insert(QStringLiteral("table"), table);
        line.insert(QStringLiteral("rows_before"), old.value(table));
        line.insert(QStringLiteral("rows"), now.value(table));
        differences.add(line);
    }
}

/// One line a difference in the step's log: the log is what `backups diff` prints.
Result<CallOutcome> diff(const PointCall &call, const ActionContext &context,
                         WorkerPrograms &programs, std::stop_token stop)
{
    const PointId oldId(textParam(call, "point"));
    const PointId newId(textParam(call, "other"));
    TRY_VALUE(const FolderStore oldStore, FolderStore::open(context.store, OpenStore::Existing));
    TRY_VALUE(const PointUse oldUse, oldStore.use(oldId, context.run.value()));
    TRY_VALUE(const RestorePoint before, oldStore.read(oldId));
    TRY_VALUE(const FolderStore newStore,
              FolderStore::open(context.stores.empty() ? context.store : context.stores.front(),
                                OpenStore::Existing));
    TRY_VALUE(const PointUse newUse, newStore.use(newId, context.run.value()));
    TRY_VALUE(const RestorePoint after, newStore.read(newId));
    Differences differences{context.log};
    for (const PartRecord &part : before.parts) {
        if (!after.part(part.id))
            differences.add(changeLine(part, "removed"));
    }
    for (const PartRecord &part : after.parts) {
        const PartRecord *old = before.part(part.id);
        if (!old || old->kind != part.kind) {
            differences.add(changeLine(part, old ? "changed" : "added"));
        } else if (isTree(part) && isTree(*old)) {
            const auto visit = [&](const TreeDifference &one) {
                QJsonObject line = changeLine(part, !one.before  ? "added"
                                                    : !one.after ? "removed"
                                                                 : "changed");
                addPath(line, part, one.after ? one.after->path : one.before->path);
                if (one.before)
                    line.insert(QStringLiteral("size_before"), qint64(one.before->size));
                if (one.after)
                    line.insert(QStringLiteral("size"), qint64(one.after->size));
                if (!one.what.isEmpty())
                    line.insert(QStringLiteral("what"), toJsonArray(one.what));
                differences.add(line);
                return true;
            };
            if (isShut(call, *old) || isShut(call, part))
                continue;
            const auto open = [&](const QString &folder, const PartRecord &record) {
                return SavedTree::open(folder, record, programs, stop, SavedTree::Files::Index);
            };
            TRY_VALUE(const SavedTree oldTree, open(oldUse.folder(), *old));
            TRY_VALUE(const SavedTree newTree, open(newUse.folder(), part));
            TRY(diffTrees(oldTree.archive().index, newTree.archive().index, visit, stop));
        } else if (part.kind == QLatin1String(kPostgresPart)) {
            diffDatabases(*old, part, differences);
        } else if (old->sha256 != part.sha256) {
            differences.add(changeLine(part, "changed"));
        }
    }
    CallOutcome outcome;
    outcome.outputs = {{QStringLiteral("added"), differences.added},
                       {QStringLiteral("removed"), differences.removed},
                       {QStringLiteral("changed"), differences.changed}};
    return outcome;
}

/// One name a line in the step's log: the log is what `backups files` prints.
Result<CallOutcome> files(const PointCall &call, const ActionContext &context,
                          WorkerPrograms &programs, std::stop_token stop)
{
    const PointId id(textParam(call, "point"));
    const QString only = textParam(call, "part");
    const QByteArray pattern = textParam(call, "pattern").toUtf8();
    TRY_VALUE(const FolderStore store, FolderStore::open(context.store, OpenStore::Existing));
    TRY_VALUE(const PointUse use, store.use(id, context.run.value()));
    TRY_VALUE(const RestorePoint point, store.read(id));
    qint64 count = 0;
    for (const PartRecord &part : point.parts) {
        if (!isTree(part) || (!only.isEmpty() && part.id != only))
            continue;
        const auto visit = [&](const IndexEntry &entry) {
            ++count;
            QJsonObject line{{QStringLiteral("part"), part.id},
                             {QStringLiteral("size"), qint64(entry.size)},
                             {QStringLiteral("mode"), QString::number(entry.mode, 8)},
                             {QStringLiteral("mtime_ns"), QString::number(entry.mtimeNs)}};
            addPath(line, part, entry.path);
            switch (entry.type) {
            case EntryType::File:
                line.insert(QStringLiteral("type"), QStringLiteral("file"));
                line.insert(QStringLiteral("sha256"),
                            QString::fromLatin1(Sha256::toHex(entry.sha256)));
                break;
            case EntryType::Folder:
                line.insert(QStringLiteral("type"), QStringLiteral("folder"));
                break;
            case EntryType::Symlink:
                line.insert(QStringLiteral("type"), QStringLiteral("symlink"));
                break;
            case EntryType::HardLink:
                line.insert(QStringLiteral("type"), QStringLiteral("hard_link"));
                break;
            }
            if (context.log)
                context.log(toJson(line) + '\n');
            return true;
        };
        if (isShut(call, part))
            continue;
        TRY_VALUE(const SavedTree tree,
                  SavedTree::open(use.folder(), part, programs, stop, SavedTree::Files::Index));
        TRY(listTree(tree.archive().index, pattern, visit, stop));
    }
    CallOutcome outcome;
    outcome.outputs.insert(QStringLiteral("entries"), count);
    return outcome;
}

/// Paths as people see them: below the folder that was saved, absolute, or relative to the part.
std::vector<QByteArray> pathsIn(const PartRecord &part, const QStringList &wanted)
{
    std::vector<QByteArray> paths;
    const QString root = QDir::cleanPath(part.source);
    for (const QString &path : wanted) {
        const QString clean = QDir::cleanPath(path);
        if (clean == root)
            paths.push_back(".");
        else if (clean.startsWith(root + QLatin1Char('/')))
            paths.push_back(clean.mid(root.size() + 1).toUtf8());
        else if (!QDir::isAbsolutePath(clean))
            paths.push_back(clean.toUtf8());
    }
    return paths;
}

Result<CallOutcome> extract(const PointCall &call, const ActionContext &context,
                            WorkerPrograms &programs, const Report &report, std::stop_token stop)
{
    const PointId id(textParam(call, "point"));
    const QString only = textParam(call, "part");
    const QStringList wanted = toStringList(call.params.value(QLatin1String("paths")));
    const QString to = textParam(call, "to");
    TRY_VALUE(const FolderStore store, FolderStore::open(context.store, OpenStore::Existing));
    TRY_VALUE(const PointUse use, store.use(id, context.run.value()));
    TRY_VALUE(const RestorePoint point, store.read(id));
    TRY(makeFolders(to, 0755));
    CallOutcome outcome;
    qint64 entries = 0;
    QStringList notFound;
    bool any = false;
    for (const PartRecord &part : point.parts) {
        if (!isTree(part) || (!only.isEmpty() && part.id != only))
            continue;
        ExtractOptions options;
        options.paths = pathsIn(part, wanted);
        options.destination = to;
        if (options.paths.empty())
            continue;
        if (isShut(call, part)) {
            notFound << tr("part %1 is encrypted, and was not opened").arg(part.id);
            continue;
        }
        TRY_VALUE(const SavedTree tree, SavedTree::open(use.folder(), part, programs, stop));
        options.archive = tree.archive();
        const auto forward = [&report](const TreeProgress &progress) {
            report({qint64(progress.bytesDone), qint64(progress.bytesTotal),
                    qint64(progress.entriesDone), qint64(progress.entriesTotal)});
        };
        const auto done = extractPaths(options, forward, stop);
        if (!done) {
            // Relative paths are tried in every part; one of them has to have it.
            if (done.error().code != ErrorCode::NotFound)
                return tl::unexpected(done.error());
            notFound << done.error().sentence();
            continue;
        }
        any = true;
        entries += qint64(done->entries);
        outcome.warnings += done->refused.sentences(10) + done->warnings.sentences(10);
    }
    if (!any)
        return fail(ErrorCode::NotFound, tr("Nothing was extracted from %1").arg(id.value()),
                    notFound.isEmpty() ? wanted.join(QStringLiteral(", "))
                                       : notFound.join(QStringLiteral("; ")),
                    tr("See what is in it: lifeboat-cli backups files %1").arg(id.value()));
    outcome.outputs.insert(QStringLiteral("entries"), entries);
    return outcome;
}

Result<CallOutcome> removePoint(const PointCall &call, const ActionContext &context,
                                const std::stop_token &stop)
{
    const PointId id(textParam(call, "point"));
    TRY_VALUE(const FolderStore store, FolderStore::open(context.store, OpenStore::Existing));
    // A damaged one says nothing of what it refers to, and goes all the same.
    const auto point = store.read(id);
    TRY(store.remove(id));
    if (context.inventory)
        (void)context.inventory->removePoint(id); // an index; rebuilt when it disagrees
    CallOutcome outcome;
    for (const PartRecord &part : point ? point->parts : std::vector<PartRecord>()) {
        const QString folder = referenceOf(part);
        if (folder.isEmpty() || !isOwnFolderName(folder))
            continue;
        if (const auto removed = removeTree(folder, {}, stop); !removed)
            outcome.warnings << tr("%1 stays, to which part %2 referred: %3")
                                    .arg(folder, part.id, removed.error().detail);
    }
    return outcome;
}

/// What the inventory knows of one store becomes exactly these points.
Result<void> replaceKnown(const QString &store, const std::vector<RestorePoint> &points,
                          Inventory &inventory)
{
    PointFilter filter;
    filter.store = store;
    TRY_VALUE(const std::vector<RestorePoint> known, inventory.points(filter));
    for (const RestorePoint &old : known) {
        const bool isThere = std::any_of(points.begin(), points.end(),
                                         [&](const RestorePoint &p) { return p.id == old.id; });
        if (!isThere)
            TRY(inventory.removePoint(PointId(old.id), store));
    }
    return inventory.upsertPoints(points);
}

/// Brings what the inventory knows of one store up to date; the number of its points.
Result<qint64> rebuildStore(const StoreProfile &profile, Inventory &inventory)
{
    std::vector<RestorePoint> points;
    // The default store begins with the first save, and is on the disk that the inventory is on: a
    // folder that is gone was deleted. Others may be on a disk that is not mounted now.
    if (profile.name != kDefaultStore || QFileInfo::exists(profile.folder)) {
        TRY_VALUE(const FolderStore store, FolderStore::open(profile, OpenStore::Existing));
        TRY_VALUE(points, store.list());
    }
    TRY(replaceKnown(profile.name, points, inventory));
    return qint64(points.size());
}

/// Points of stores that are no longer configured.
Result<void> forgetOtherStores(const std::vector<StoreProfile> &stores, Inventory &inventory)
{
    TRY_VALUE(const std::vector<RestorePoint> known, inventory.points());
    for (const RestorePoint &point : known) {
        const bool isConfigured =
            std::any_of(stores.begin(), stores.end(),
                        [&](const StoreProfile &store) { return store.name == point.store; });
        if (!isConfigured)
            TRY(inventory.removePoint(PointId(point.id), point.store));
    }
    return {};
}

Result<CallOutcome> rebuildInventory(const ActionContext &context)
{
    if (!context.inventory)
        return fail(ErrorCode::Failed, tr("The inventory cannot be opened"));
    CallOutcome outcome;
    qint64 points = 0;
    for (const StoreProfile &store : context.stores) {
        const auto found = rebuildStore(store, *context.inventory);
        if (found)
            points += *found;
        else // its points stay known
            outcome.warnings << tr("Store %1 was left as it was known: %2")
                                    .arg(store.name, found.error().sentence());
    }
    TRY(forgetOtherStores(context.stores, *context.inventory));
    TRY(context.inventory->markRebuilt());
    outcome.outputs.insert(QStringLiteral("points"), points);
    return outcome;
}

} // namespace

WorkerExecution::Work publishWork(const PublishCall &call, const ActionContext &context)
{
    return [call, context](const Report &, std::stop_token) -> Result<CallOutcome> {
        RestorePoint point;
        point.id = context.point.value();
        point.system = context.system.name;
        point.type = context.system.type;
        point.madeAt = utcNow();
        point.run = context.run.value();
        point.store = context.store.name;
        point.lifeboatVersion = QCoreApplication::applicationVersion();
        point.journalHead = context.journalHead;
        point.parts = context.parts;
        point.limits = context.limits;
        point.limits.removeDuplicates();
        point.warnings = context.warnings;
        if (point.isEncrypted())
            point.recoveryRecipient = context.store.recoveryRecipient;
        if (context.plan) {
            point.planSha256 = QString::fromLatin1(context.plan->sha256());
            point.identity = context.plan->identity;
        }
        for (const PartSpec &part : call.parts) {
            if (part.needed)
                point.neededParts << part.id;
        }
        TRY_VALUE(const RestorePoint published, context.session->publish(point));
        CallOutcome outcome;
        TRY_VALUE(const FolderStore store, FolderStore::open(context.store, OpenStore::Existing));
        remember(context, store, PointId(published.id));
        outcome.outputs = {{QStringLiteral("point"), published.id},
                           {QStringLiteral("folder"), published.folder},
                           {QStringLiteral("bytes"), published.bytes()},
                           {QStringLiteral("stored_bytes"), published.storedBytes()}};
        return outcome;
    };
}

WorkerExecution::Work pointWork(const PointCall &call, const ActionContext &context,
                                const std::shared_ptr<WorkerPrograms> &programs)
{
    return [call, context, programs](const Report &report,
                                     std::stop_token stop) -> Result<CallOutcome> {
        switch (call.kind) {
        case ActionKind::PointVerify:
            return verify(call, context, *programs, report, stop);
        case ActionKind::PointFiles:
            return files(call, context, *programs, stop);
        case ActionKind::PointDiff:
            return diff(call, context, *programs, stop);
        case ActionKind::PointExtract:
            return extract(call, context, *programs, report, stop);
        case ActionKind::PointRemove:
            return removePoint(call, context, stop);
        case ActionKind::InventoryRebuild:
            return rebuildInventory(context);
        default:
            return fail(ErrorCode::Internal, tr("This is no work on a restore point"));
        }
    };
}

} // namespace lb
