// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/tree_work.h"

#include "core/actions/point_session.h"
#include "core/actions/reference_part.h"
#include "core/actions/saved_tree.h"
#include "core/archive/tree_remove.h"
#include "core/archive/tree_restore.h"
#include "core/archive/tree_save.h"
#include "core/archive/tree_swap.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/store/check_sums.h"

#include <QDir>
#include <QFileInfo>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

/// Of content in a folder that is encrypted: configuration and keys, not data.
constexpr qint64 kMostInMemory = Q_INT64_C(512) * 1024 * 1024;

TreeProgressFn forwarded(const WorkerExecution::Report &report)
{
    return [report](const TreeProgress &progress) {
        const auto total = [](quint64 value) { return value > 0 ? qint64(value) : -1; };
        report({qint64(progress.bytesDone), total(progress.bytesTotal),
                qint64(progress.entriesDone), total(progress.entriesTotal)});
    };
}

/// At most ten in a sentence for the journal; the log has them all.
void addNotes(const NoteList &notes, const QString &what, const ByteSink &log, QStringList *out)
{
    if (notes.isEmpty())
        return;
    if (log) {
        for (const QString &sentence : notes.sentences())
            log((what + QStringLiteral(": ") + sentence + QLatin1Char('\n')).toUtf8());
        log({});
    }
    for (const QString &sentence : notes.sentences(10))
        *out << what + QStringLiteral(": ") + sentence;
    if (notes.count > 10)
        *out << tr("%1: %2 in all; the step's log names more")
                    .arg(what, QLocale().toString(notes.count));
}

PartRecord recordOf(const TreeSaveCall &call, const TreeSummary &summary)
{
    PartRecord part;
    part.id = call.part;
    part.title = call.title.isEmpty() ? call.folder : call.title;
    part.kind = QString::fromLatin1(kTreePart);
    part.format = QStringLiteral("tar.zst");
    part.bytes = qint64(summary.bytes);
    part.storedBytes = qint64(summary.storedBytes);
    part.entries = qint64(summary.entries);
    part.takenFrom = summary.takenFrom;
    part.takenTo = summary.takenTo;
    part.sha256 = summary.sha256;
    part.file = call.file;
    part.index = treeIndexFile(call.file);
    part.encryption = call.encrypted ? QString(kAge) : QString();
    part.indexSha256 = summary.indexSha256;
    part.source = call.folder;
    part.details = summary.toJson();
    if (call.encrypted)
        part.details.insert(QStringLiteral("recipients"), toJsonArray(call.recipients));
    return part;
}

/// Into memory, and from there through age into the store.
Result<TreeSummary> saveEncrypted(const TreeSaveCall &call, SaveOptions options,
                                  WorkerPrograms &programs, const TreeProgressFn &progress,
                                  const std::stop_token &stop)
{
    TRY_VALUE(const TreeCount count, countTree(options, stop));
    if (count.bytes > quint64(kMostInMemory))
        return fail(ErrorCode::Unsupported,
                    tr("%1 holds %2, too much for a part that is encrypted")
                        .arg(call.folder, formatSize(qint64(count.bytes))),
                    tr("it is packed in memory, and at most %1 are").arg(formatSize(kMostInMemory)),
                    tr("Save only what is secret in it that way, and the rest as another part"));
    const TreeArchive stored = options.archive;
    TRY_VALUE(const MemoryFile part, MemoryFile::make());
    TRY_VALUE(const MemoryFile index, MemoryFile::make());
    options.archive = {part.path(), index.path(), true};
    TRY_VALUE(TreeSummary summary, saveTree(options, progress, stop));
    const auto encrypt = [&](const MemoryFile &from, const QString &to, QByteArray *hash,
                             quint64 *size) -> Result<void> {
        TRY(programs.feed(ageEncrypt(call.recipients, TemplateText(to)), from.descriptor(), stop));
        QFile::setPermissions(to, QFile::ReadOwner | QFile::WriteOwner);
        TRY_VALUE(*hash, hashFile(to));
        *size = quint64(QFileInfo(to).size());
        return {};
    };
    TRY(encrypt(part, stored.part, &summary.sha256, &summary.storedBytes));
    TRY(encrypt(index, stored.index, &summary.indexSha256, &summary.indexBytes));
    return summary;
}

SwapPlan swapPlan(const QString &into, SwapWay way, const TemplateText &staging,
                  const TemplateText &aside)
{
    return {way, {}, into, staging.literal(), aside.literal()};
}

/// The record that an earlier attempt (or the step that is being undone) journalled.
std::optional<SwapRecord> journalledSwap(const ActionContext &context)
{
    for (const QJsonObject &what : context.observed) {
        if (what.value(QLatin1String("what")).toString() != QLatin1String("swap"))
            continue;
        if (auto record = SwapRecord::fromJson(what.value(QLatin1String("swap")).toObject()))
            return *record;
    }
    return std::nullopt;
}

SwapObserver journalMoves(const ActionContext &context)
{
    return [record = context.record](const SwapMove &move) -> Result<void> {
        record({{QStringLiteral("what"), QStringLiteral("move")},
                {QStringLiteral("move"), move.toJson()}});
        return {};
    };
}

qint64 sizeOf(const QString &folder)
{
    SaveOptions options;
    options.folder = folder;
    const auto count = countTree(options);
    return count ? qint64(count->allocatedBytes) : 0;
}

} // namespace

bool isOwnFolderName(const QString &folder)
{
    const QString base = QFileInfo(QDir::cleanPath(folder)).fileName();
    return base.contains(QStringLiteral(".lifeboat-aside-")) ||
           base.startsWith(QStringLiteral(".lifeboat-stage-")) ||
           base.startsWith(QStringLiteral(".lifeboat-saved-"));
}

WorkerExecution::Work treeSaveWork(const TreeSaveCall &call, const ActionContext &context,
                                   const std::shared_ptr<WorkerPrograms> &programs)
{
    return shapedTreeSaveWork(call, {}, context, programs);
}

WorkerExecution::Work shapedTreeSaveWork(const TreeSaveCall &call, const TreeShape &shape,
                                         const ActionContext &context,
                                         const std::shared_ptr<WorkerPrograms> &programs)
{
    return [call, context, programs, shape](const WorkerExecution::Report &report,
                                            std::stop_token stop) -> Result<CallOutcome> {
        TRY_VALUE(const QString pointFolder, context.session->folder());
        SaveOptions options;
        options.folder = call.folder;
        for (const QString &pattern : call.exclude)
            options.exclude.push_back(pattern.toUtf8());
        options.skipFolders = {context.store.folder, paths::dataFolder()};
        options.countFirst = true;
        options.shape = shape;
        options.archive = {pointFolder + QLatin1Char('/') + call.file,
                           pointFolder + QLatin1Char('/') + treeIndexFile(call.file)};
        TRY_VALUE(const TreeSummary summary,
                  call.encrypted ? saveEncrypted(call, options, *programs, forwarded(report), stop)
                                 : saveTree(options, forwarded(report), stop));
        CallOutcome outcome;
        const ByteSink &log = context.log;
        addNotes(summary.changed, tr("Changed while it was read"), log, &outcome.warnings);
        addNotes(summary.vanished, tr("Vanished before it was read"), log, &outcome.warnings);
        addNotes(summary.errors, tr("Could not be read"), log, &outcome.warnings);
        QStringList limits;
        addNotes(summary.limits, tr("Not saved"), log, &limits);
        addNotes(summary.excluded, tr("Not saved"), log, &limits);
        outcome.outputs = {{QStringLiteral("part"), recordOf(call, summary).toJson()},
                           {QStringLiteral("limits"), QJsonArray::fromStringList(limits)},
                           {QStringLiteral("bytes"), qint64(summary.bytes)},
                           {QStringLiteral("entries"), qint64(summary.entries)}};
        return outcome;
    };
}

WorkerExecution::Work treeStageWork(const TreeStageCall &call, const ActionContext &context,
                                    const std::shared_ptr<WorkerPrograms> &programs)
{
    return [call, context, programs](const WorkerExecution::Report &report,
                                     std::stop_token stop) -> Result<CallOutcome> {
        TRY_VALUE(const FolderStore store, FolderStore::open(context.store, OpenStore::Existing));
        TRY_VALUE(const PointUse use, store.use(PointId(call.point), context.run.value()));
        TRY_VALUE(const RestorePoint point, store.read(PointId(call.point)));
        TRY_VALUE(const PartRecord *part, point.neededPart(call.part));
        const QString staging = call.staging.literal();
        // Left by an attempt that was killed: ours by its name, begun anew.
        if (isOwnFolderName(staging))
            TRY(removeTree(staging, {}, stop));
        CallOutcome outcome;
        if (!referenceOf(*part).isEmpty()) {
            TRY(copyReference(use.folder(), *part, staging, report, stop));
            outcome.outputs = {{QStringLiteral("bytes"), part->bytes},
                               {QStringLiteral("entries"), part->entries}};
            return outcome;
        }
        TRY_VALUE(const SavedTree tree, SavedTree::open(use.folder(), *part, *programs, stop));
        RestoreOptions options;
        options.archive = tree.archive();
        options.staging = staging;
        TRY_VALUE(const RestoreReport restored, restoreTree(options, forwarded(report), stop));
        addNotes(restored.refused, tr("Refused"), context.log, &outcome.warnings);
        addNotes(restored.warnings, tr("Not set"), context.log, &outcome.warnings);
        outcome.outputs = {{QStringLiteral("bytes"), qint64(restored.bytes)},
                           {QStringLiteral("entries"), qint64(restored.entries)}};
        return outcome;
    };
}

WorkerExecution::Work treeSwapWork(const TreeSwapCall &call, const ActionContext &context)
{
    return
        [call, context](const WorkerExecution::Report &, std::stop_token) -> Result<CallOutcome> {
            std::optional<SwapRecord> record = journalledSwap(context);
            if (!record) {
                const SwapPlan plan = swapPlan(call.into, call.way, call.staging, call.aside);
                TRY_VALUE(record, TreeSwap::prepare(plan));
                context.record({{QStringLiteral("what"), QStringLiteral("swap")},
                                {QStringLiteral("swap"), record->toJson()}});
            }
            TRY(TreeSwap(*record).apply(journalMoves(context)));
            CallOutcome outcome;
            outcome.outputs.insert(QStringLiteral("swap"), record->toJson());
            if (call.targetExists) {
                outcome.outputs.insert(QStringLiteral("aside"), call.aside.literal());
                outcome.outputs.insert(QStringLiteral("aside_bytes"), sizeOf(call.aside.literal()));
            }
            return outcome;
        };
}

WorkerExecution::Work treeSwapBackWork(const TreeSwapBackCall &call, const ActionContext &context)
{
    return [call, context](const WorkerExecution::Report &report,
                           std::stop_token stop) -> Result<CallOutcome> {
        const std::optional<SwapRecord> record = journalledSwap(context);
        // It is synced before the first move: without it nothing was moved.
        if (record)
            TRY(TreeSwap(*record).undo(journalMoves(context)));
        const QString staging = call.staging.literal();
        if (isOwnFolderName(staging))
            TRY(removeTree(staging, forwarded(report), stop));
        return CallOutcome{};
    };
}

WorkerExecution::Work treeRemoveWork(const TreeRemoveCall &call, const ActionContext &)
{
    return [call](const WorkerExecution::Report &report,
                  std::stop_token stop) -> Result<CallOutcome> {
        const QString folder = call.folder.literal();
        if (!isOwnFolderName(folder))
            return fail(ErrorCode::Denied, tr("%1 is not a folder that Lifeboat made").arg(folder),
                        {}, tr("Nothing was deleted"));
        TRY(removeTree(folder, forwarded(report), stop));
        return CallOutcome{};
    };
}

} // namespace lb
