// SPDX-License-Identifier: GPL-3.0-or-later
// Calls and steps that save and restore the indices of an Elasticsearch cluster.
#include "core/base/clock.h"
#include "core/plan/action_calls.h"
#include "core/plan/path_scope.h"
#include "core/plan/step_builder.h"

#include <QDir>
#include <QRegularExpression>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

const QString kStage = QStringLiteral("stage");
const QString kAside = QStringLiteral("aside");
const QString kSaved = QStringLiteral("saved");

/// `lifeboat-‹run›`: a name that nobody else gives to a repository.
TemplateText ownRepository(const QString &middle = {})
{
    TemplateText name(QStringLiteral("lifeboat-") + middle);
    name.append(Slot{QStringLiteral("run")});
    return name;
}

TemplateText ownSnapshot()
{
    TemplateText name;
    name.append(Slot{QStringLiteral("run")});
    return name;
}

Result<ElasticsearchServer> clusterOf(const Action &action, const References &references)
{
    static const QRegularExpression address(QStringLiteral("\\Ahttps?://[^/?#@\\\\\\s‹›]+/?\\z"),
                                            QRegularExpression::CaseInsensitiveOption);
    ElasticsearchServer at;
    TRY_VALUE(const QStringList urls, textListParam(action, "url", references, kNoOption));
    for (QString url : urls) {
        if (!address.match(url).hasMatch())
            return badParam(action, "url",
                            tr("must be like http://es1:9200, without user, password and path, and "
                               "is “%1”")
                                .arg(url));
        if (url.endsWith(QLatin1Char('/')))
            url.chop(1);
        at.urls << url;
    }
    if (at.urls.isEmpty())
        return badParam(action, "url", tr("is empty: it does not say where the cluster answers"));
    TRY_VALUE(at.ca, pathParam(action, "ca", references));
    TRY_VALUE(at.user, literalParam(action, "user", references, kNoOption));
    if (!at.user.isEmpty())
        at.password = rawParam(action, "password")[QLatin1String("secret")].toString();
    return at;
}

/// Every name means one index, or nothing may be done with it.
Result<QStringList> indexNames(const Action &action, const char *key, const References &references)
{
    TRY_VALUE(const QStringList names, textListParam(action, key, references, kNoOption));
    for (const QString &name : names) {
        if (!isIndexName(name))
            return badParam(action, key, tr("holds no name of one index: “%1”").arg(name));
    }
    return names;
}

/// The repository that a run makes in the share; what Keep keeps has one of its own.
Result<void> setRepository(ElasticsearchCall &call, const Action &action,
                           const References &references)
{
    TRY_VALUE(call.share, pathParam(action, "share", references));
    if (call.share.isEmpty())
        return badParam(action, "share", tr("is empty: the nodes need a folder they all see"));
    const bool isKept = call.work == ElasticsearchWork::Keep;
    call.repository = ownRepository(isKept ? QStringLiteral("kept-") : QString());
    call.snapshot = ownSnapshot();
    call.folder = childOf(call.share, isKept ? kAside : kStage);
    return {};
}

/// Undo of clearing: from what Keep kept in this run.
Result<ElasticsearchCall> putBackOf(const Action &action, const References &references)
{
    ElasticsearchCall call;
    call.work = ElasticsearchWork::PutBack;
    TRY_VALUE(call.at, clusterOf(action, references));
    TRY_VALUE(call.indices, indexNames(action, "indices", references));
    TRY_VALUE(call.made, indexNames(action, "made", references));
    TRY_VALUE(call.share, pathParam(action, "share", references));
    if (call.share.isEmpty())
        return badParam(action, "share", tr("is empty: the nodes need a folder they all see"));
    call.repository = ownRepository(QStringLiteral("kept-"));
    call.snapshot = ownSnapshot();
    call.folder = childOf(call.share, kAside);
    return call;
}

/// Where a run's exported documents are.
Result<TemplateText> exportFolder(const Action &action, const References &references)
{
    TRY_VALUE(const QString folder, pathParam(action, "folder", references));
    if (folder.isEmpty())
        return badParam(action, "folder", tr("is empty: the documents need a place"));
    return childOf(folder, kStage);
}

ElasticsearchCall forgetOf(const ElasticsearchCall &kept)
{
    ElasticsearchCall forget;
    forget.work = ElasticsearchWork::Forget;
    forget.at = kept.at;
    forget.repository = kept.repository;
    forget.snapshot = kept.snapshot;
    forget.folder = kept.folder;
    return forget;
}

/// What the saved part says of plugins and orchestrators, and whom to ask what they are now.
Result<void> setAlien(ElasticsearchCall &call, const Action &action, const References &references)
{
    TRY_VALUE(call.alienUrl, literalParam(action, "alien_url", references, kNoOption));
    TRY_VALUE(call.alienUser, literalParam(action, "alien_user", references, kNoOption));
    if (!call.alienUser.isEmpty())
        call.alienPassword = rawParam(action, "alien_password")[QLatin1String("secret")].toString();
    TRY_VALUE(call.part, literalParam(action, "part", references, kNoOption));
    if (const auto &point = references.inputs().point; point && !call.part.isEmpty()) {
        call.point = point->id;
        if (const PartRecord *part = point->part(call.part)) {
            call.details = part->details;
            call.bytes = part->bytes;
        }
    }
    return {};
}

Result<ElasticsearchCall> checkCall(const Action &action, const References &references)
{
    ElasticsearchCall call;
    call.work = ElasticsearchWork::Check;
    TRY_VALUE(call.at, clusterOf(action, references));
    TRY_VALUE(call.check, literalParam(action, "check", references));
    TRY_VALUE(call.extra, indexNames(action, "extra", references));
    TRY_VALUE(call.clusterName, literalParam(action, "cluster_name", references, kNoOption));
    TRY_VALUE(call.share, pathParam(action, "share", references));
    TRY_VALUE(call.dataFolder, pathParam(action, "data_folder", references));
    TRY_VALUE(call.configFolder, pathParam(action, "config_folder", references));
    TRY_VALUE(call.file, pathParam(action, "zip", references));
    TRY(setAlien(call, action, references));
    if (call.check == QLatin1String("converted")) {
        TRY_VALUE(call.folder, exportFolder(action, references));
    }
    if (call.check == QLatin1String("repository") || call.check == QLatin1String("script_files")) {
        TRY_VALUE(const QString folder, pathParam(action, "folder", references));
        if (folder.isEmpty())
            return badParam(action, "folder", tr("is empty"));
        call.folder = folder;
        TRY_VALUE(const QString snapshot, literalParam(action, "snapshot", references, kNoOption));
        call.snapshot = snapshot;
    }
    if (call.check == QLatin1String("saved_config")) {
        const auto &point = references.inputs().point;
        if (!point)
            return badParam(action, "check", tr("needs a restore point"));
        TRY_VALUE(const PartRecord *part, point->neededPart(call.part));
        if (!part->encryption.isEmpty())
            call.file = part->file;
    }
    if (call.check == QLatin1String("backup")) {
        const auto &point = references.inputs().point;
        if (!point)
            return badParam(action, "check", tr("needs a restore point"));
        call.point = point->id;
        call.details = {{QStringLiteral("made_at"), toJsonTime(point->madeAt)},
                        {QStringLiteral("proof"), name(point->proof)},
                        {QStringLiteral("is_whole"), point->isWhole()},
                        {QStringLiteral("problem"), point->problem}};
    }
    if (call.check == QLatin1String("share")) {
        if (call.share.isEmpty())
            return badParam(action, "share", tr("is empty"));
        // Here for a moment only, so that it needs no name of the run.
        call.repository = QStringLiteral("lifeboat-check");
    }
    return call;
}

} // namespace

Result<Call> elasticsearchCall(const Action &action, const References &references)
{
    if (action.kind == ActionKind::Alien4CloudCheck) {
        TRY_VALUE(ElasticsearchCall call, checkCall(action, references));
        return Call(std::move(call));
    }
    if (action.kind == ActionKind::ElasticsearchExportRemove) {
        TRY_VALUE(const TemplateText folder, exportFolder(action, references));
        return Call(TreeRemoveCall{folder});
    }
    if (action.kind == ActionKind::Alien4CloudConnect) {
        ElasticsearchCall connect;
        connect.work = ElasticsearchWork::Connect;
        TRY(setAlien(connect, action, references));
        return Call(std::move(connect));
    }
    if (action.kind == ActionKind::ElasticsearchPutBack) {
        TRY_VALUE(ElasticsearchCall back, putBackOf(action, references));
        return Call(std::move(back));
    }
    ElasticsearchCall call;
    TRY_VALUE(call.at, clusterOf(action, references));
    if (action.kind == ActionKind::ElasticsearchForget) {
        call.work = ElasticsearchWork::Forget;
        TRY_VALUE(const QString run, literalParam(action, "of_run", references, kNoOption));
        TRY_VALUE(const QString folder, pathParam(action, "folder", references));
        call.repository = QStringLiteral("lifeboat-kept-") + run;
        call.snapshot = run;
        call.folder = folder;
        return Call(std::move(call));
    }
    if (action.kind == ActionKind::ElasticsearchRelease) {
        call.work = ElasticsearchWork::RemoveOwn;
        TRY(setRepository(call, action, references));
        call.prefix = rehearsalPrefix();
        return Call(std::move(call));
    }
    call.work = action.kind == ActionKind::ElasticsearchId ? ElasticsearchWork::Id
                                                           : ElasticsearchWork::Survey;
    TRY_VALUE(call.extra, indexNames(action, "extra", references));
    return Call(std::move(call));
}

Result<void> StepBuilder::addElasticsearchSave(PlannedStep &step, const StepInstance &instance,
                                               const References &references)
{
    const Action &action = instance.spec->action;
    ElasticsearchCall call;
    TRY_VALUE(call.at, clusterOf(action, references));
    if (action.kind == ActionKind::ElasticsearchDescribe) {
        call.work = ElasticsearchWork::Describe;
        TRY_VALUE(call.extra, indexNames(action, "extra", references));
        TRY_VALUE(const PartSpec part,
                  takePart(step, action, references,
                           {QString::fromLatin1(kFilePart), instance.key, call.at.text()}));
        if (part.secret)
            return fail(ErrorCode::Unsupported,
                        tr("What a cluster says about its indices is not encrypted"));
        call.part = part.id;
        call.title = part.title;
        call.file = QStringLiteral("parts/%1.json").arg(part.id);
        step.calls.emplace_back(std::move(call));
        return {};
    }
    call.work = ElasticsearchWork::Save;
    TRY_VALUE(call.indices, indexNames(action, "indices", references));
    if (call.indices.isEmpty())
        return fail(ErrorCode::NotFound, tr("There is no index to save"), {},
                    tr("Is this the cluster that Alien uses?"));
    TRY(setRepository(call, action, references));
    TRY_VALUE(const PartSpec part,
              takePart(step, action, references,
                       {QString::fromLatin1(kElasticsearchPart), instance.key, call.at.text()}));
    if (part.secret)
        return fail(ErrorCode::Unsupported,
                    tr("A snapshot is too large for a part that is encrypted in memory"));
    call.part = part.id;
    call.title = part.title;
    TRY_VALUE(const bool isCopied, yesNoParam(action, "copy", references));
    if (isCopied) {
        call.file = treePartFile(part.id);
        step.undo = {forgetOf(call)};
    } else {
        call.file = referenceFile(part.id);
        call.kept = childOf(call.share, kSaved);
        step.undo = {forgetOf(call), TreeRemoveCall{call.kept}};
    }
    step.calls.emplace_back(std::move(call));
    return {};
}

Result<void> StepBuilder::addAdoption(PlannedStep &step, const StepInstance &instance,
                                      const References &references)
{
    const Action &action = instance.spec->action;
    ElasticsearchCall call;
    QString kind = QString::fromLatin1(kTreePart);
    TRY_VALUE(const QString folder, pathParam(action, "folder", references));
    if (folder.isEmpty())
        return badParam(action, "folder", tr("is empty"));
    call.folder = folder;
    if (action.kind == ActionKind::ElasticsearchAdopt) {
        call.work = ElasticsearchWork::Adopt;
        kind = QString::fromLatin1(kElasticsearchPart);
        TRY_VALUE(call.at, clusterOf(action, references));
        TRY_VALUE(call.extra, indexNames(action, "extra", references));
        TRY_VALUE(const QString snapshot, literalParam(action, "snapshot", references, kNoOption));
        call.snapshot = snapshot;
        call.repository = ownRepository();
    } else {
        call.work = ElasticsearchWork::AdoptFiles;
        TRY_VALUE(call.dataFolder, pathParam(action, "data_folder", references));
    }
    TRY_VALUE(const PartSpec part,
              takePart(step, action, references, {kind, instance.key, folder}));
    if (part.secret)
        return fail(ErrorCode::Unsupported, tr("What is imported is not encrypted"));
    call.part = part.id;
    call.title = part.title;
    call.file = treePartFile(part.id);
    step.resume = ResumePolicy::Repeat;
    step.calls.emplace_back(std::move(call));
    return {};
}

Result<void> StepBuilder::addElasticsearchKeep(PlannedStep &step, const StepSpec &spec,
                                               const References &references)
{
    ElasticsearchCall call;
    call.work = ElasticsearchWork::Keep;
    TRY_VALUE(call.at, clusterOf(spec.action, references));
    TRY_VALUE(call.present, indexNames(spec.action, "indices", references));
    TRY(setRepository(call, spec.action, references));
    step.resume = ResumePolicy::Repeat;
    if (call.present.isEmpty()) {
        step.skipReason = tr("no index of the system is there and open: nothing could be kept");
        return {};
    }
    step.undo = {forgetOf(call)};
    m_announced.push_back(
        {QStringLiteral("aside:%1").arg(step.id),
         tr("Delete the snapshot of the old indices kept in %1").arg(call.folder.display()),
         QString()});
    step.calls = {std::move(call)};
    return {};
}

Result<void> StepBuilder::addPluginSwap(PlannedStep &step, const Action &action,
                                        const References &references)
{
    ElasticsearchCall call;
    call.work = ElasticsearchWork::SwapPlugin;
    TRY_VALUE(call.at, clusterOf(action, references));
    TRY_VALUE(call.file, pathParam(action, "zip", references));
    TRY_VALUE(call.dataFolder, pathParam(action, "data_folder", references));
    // On their file system, so that each can be exchanged by a rename.
    call.folder = childOf(QDir(call.dataFolder).filePath(QStringLiteral("work/plugins")), kAside);
    ElasticsearchCall back = call;
    back.work = ElasticsearchWork::SwapPluginBack;
    step.undo = {std::move(back)};
    step.resume = ResumePolicy::Repeat;
    m_announced.push_back(
        {QStringLiteral("aside:%1").arg(step.id),
         tr("Delete the plugin's old files kept at %1").arg(call.folder.display()), QString()});
    step.calls = {std::move(call)};
    return {};
}

Result<void> StepBuilder::addMigration(PlannedStep &step, const StepSpec &spec,
                                       const References &references)
{
    if (spec.action.kind == ActionKind::Alien4CloudPluginSwap)
        return addPluginSwap(step, spec.action, references);
    ElasticsearchCall call;
    TRY_VALUE(call.indices, indexNames(spec.action, "indices", references));
    step.resume = ResumePolicy::Repeat;
    if (call.indices.isEmpty()) {
        step.skipReason = tr("no index of the system is there and open");
        return {};
    }
    const ActionKind kind = spec.action.kind;
    if (kind != ActionKind::Alien4CloudTransform) {
        TRY_VALUE(call.at, clusterOf(spec.action, references));
    }
    if (kind == ActionKind::ElasticsearchClear) {
        call.work = ElasticsearchWork::Clear;
        TRY_VALUE(ElasticsearchCall back, putBackOf(spec.action, references));
        step.effect = Effect::Destroy;
        step.undo = {std::move(back)};
        step.calls = {std::move(call)};
        return {};
    }
    TRY_VALUE(call.folder, exportFolder(spec.action, references));
    if (kind == ActionKind::ElasticsearchExport) {
        call.work = ElasticsearchWork::Export;
        step.undo = {TreeRemoveCall{call.folder}};
    } else if (kind == ActionKind::Alien4CloudTransform) {
        call.work = ElasticsearchWork::Transform;
        step.undo = {TreeRemoveCall{call.folder}};
    } else {
        call.work = ElasticsearchWork::Import;
        step.effect = Effect::Destroy;
        // What stood there before comes back with the undo of clearing.
        ElasticsearchCall back;
        back.work = ElasticsearchWork::Clear;
        back.at = call.at;
        back.indices = call.indices;
        step.undo = {std::move(back)};
    }
    step.calls = {std::move(call)};
    return {};
}

Result<std::optional<PlannedStep>>
StepBuilder::addElasticsearchRestore(PlannedStep &step, const StepSpec &spec,
                                     const References &references)
{
    if (!step.when.isNull() && !step.when.isUndefined())
        return fail(ErrorCode::BadInput,
                    tr("Whether it restores must be known when the plan is made: it is staged "
                       "before anything else is changed"));
    const bool isRehearsal = spec.action.kind == ActionKind::ElasticsearchRehearse;
    ElasticsearchCall call;
    TRY_VALUE(call.at, clusterOf(spec.action, references));
    TRY_VALUE(const PartRecord *part, chosenPart(step, spec.action, references));
    if (part == nullptr)
        return std::optional<PlannedStep>();
    if (part->kind != QLatin1String(kElasticsearchPart))
        return fail(ErrorCode::BadInput,
                    tr("Part “%1” holds no snapshot, it is of kind %2").arg(part->id, part->kind));
    TRY(setRepository(call, spec.action, references));
    call.work = isRehearsal ? ElasticsearchWork::Rehearse : ElasticsearchWork::Restore;
    call.part = part->id;
    call.point = m_in.point->id;
    call.bytes = part->bytes;
    call.details = part->details;
    call.snapshot = part->details.value(QLatin1String("snapshot")).toString();
    call.indices = part->details.value(QLatin1String("indices")).toObject().keys();
    for (const QString &index : std::as_const(call.indices)) {
        if (!isIndexName(index))
            return fail(ErrorCode::Corrupt,
                        tr("The restore point names an index that can be none: “%1”").arg(index));
    }
    if (isRehearsal) {
        call.prefix = rehearsalPrefix();
    } else {
        TRY_VALUE(const QStringList there, indexNames(spec.action, "present", references));
        TRY_VALUE(const QStringList closed, indexNames(spec.action, "closed", references));
        for (const QString &index : std::as_const(call.indices)) {
            if (there.contains(index))
                call.present << index;
            else if (!closed.contains(index))
                call.made << index;
        }
    }

    PlannedStep stage = step;
    stage.id = step.id + QStringLiteral("/stage");
    stage.title = tr("%1: extract into the share and verify").arg(step.title);
    stage.phase = kStage;
    stage.action = QStringLiteral("tree_stage");
    stage.effect = Effect::Change;
    stage.resume = ResumePolicy::Repeat;
    stage.probe.reset();
    stage.obliges.reset();
    stage.part = part->id;
    stage.calls = {TreeStageCall{part->id, m_in.point->id, call.share, SwapWay::Children,
                                 call.folder, part->bytes, part->entries, QString(),
                                 part->details.value(QLatin1String("reference")).toString()}};
    stage.undo = {TreeRemoveCall{call.folder}};

    step.part = part->id;
    step.resume = ResumePolicy::Repeat;
    if (isRehearsal) {
        ElasticsearchCall back = call;
        back.work = ElasticsearchWork::RemoveOwn;
        step.effect = Effect::Change;
        step.undo = {std::move(back)};
    } else {
        ElasticsearchCall back = call;
        back.work = ElasticsearchWork::RestoreBack;
        back.indices = call.present;
        back.details = {};
        back.repository = ownRepository(QStringLiteral("kept-"));
        back.snapshot = ownSnapshot();
        back.folder = childOf(call.share, kAside);
        step.effect = call.present.isEmpty() ? Effect::Change : Effect::Destroy;
        step.undo = {std::move(back)};
    }
    step.calls = {std::move(call)};
    return std::optional(std::move(stage));
}

} // namespace lb
