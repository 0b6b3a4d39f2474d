// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/saved_toolchain.h"

#include "core/actions/answer_output.h"
#include "core/actions/saved_tree.h"
#include "core/archive/tree_restore.h"
#include "core/base/atomic_file.h"
#include "core/store/folder_store.h"

#include <QTemporaryDir>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

} // namespace

Result<ToolchainExport> readSavedToolchain(ToolchainJob &job)
{
    const ToolchainCall &call = job.call;
    TRY_VALUE(const FolderStore store, FolderStore::open(job.context.store, OpenStore::Existing));
    TRY_VALUE(const PointUse use, store.use(PointId(call.point), job.context.run.value()));
    TRY_VALUE(const RestorePoint point, store.read(PointId(call.point)));
    TRY_VALUE(const PartRecord *part, point.neededPart(call.part));
    TRY_VALUE(const SavedTree tree, SavedTree::open(use.folder(), *part, *job.programs, job.stop));
    // There is no secret in it.
    const QTemporaryDir scratch;
    if (!scratch.isValid())
        return fail(ErrorCode::NoSpace, tr("A folder for a moment cannot be made"),
                    scratch.errorString());
    ExtractOptions options;
    options.archive = tree.archive();
    options.paths = {"."};
    options.destination = scratch.path();
    TRY(extractPaths(options, {}, job.stop));
    ToolchainExport saved;
    TRY_VALUE(const QByteArray answer,
              readWholeFile(scratch.filePath(QStringLiteral("toolchain.json"))));
    TRY_VALUE(saved.answer, readJsonData(answer, tr("the saved answer")));
    TRY_VALUE(const auto sources, toolchainPipelines(saved.answer));
    for (const PipelineSource &source : sources) {
        const QString file =
            scratch.filePath(QStringLiteral("pipelines/%1.yaml").arg(source.instance));
        TRY_VALUE(const QByteArray bytes, readWholeFile(file));
        TRY_VALUE(DataValue pipeline, readYamlData(bytes, tr("pipeline %1").arg(source.name)));
        saved.pipelines.emplace(source.instance, std::move(pipeline));
    }
    saved.url = call.details.value(QLatin1String("url")).toString();
    saved.time = part->takenFrom;
    return saved;
}

std::vector<std::pair<QString, QString>> mirrorsOf(const ToolchainExport &saved,
                                                   const ToolchainCall &call)
{
    std::vector<std::pair<QString, QString>> mirrors;
    for (const QString &pair : call.repositories) {
        const int at = pair.indexOf(QLatin1String("=http"));
        mirrors.emplace_back(pair.left(at), pair.mid(at + 1));
    }
    for (const auto &pair : suggestRepositoryMap(saved.answer, call.region))
        mirrors.push_back(pair);
    return mirrors;
}

Result<Template> restoreTemplate(const ToolchainExport &saved, const ToolchainCall &call)
{
    TemplateOptions options;
    options.repositoryMap = mirrorsOf(saved, call);
    options.targetRegion = call.region;
    options.linkRepositories = true;
    // The public APIs make triggers that are off.
    options.quiet = call.work != ToolchainWork::Build && call.check != QLatin1String("tekton");
    options.dropEndedServices = true;
    const QString name = toolchainIn(saved.answer)->textOf(QStringLiteral("name"));
    options.nameSuffix = call.name.mid(name.size());
    TRY_VALUE(const Template made, writeTemplate(saved, options));
    QStringList errors;
    for (const Template::Finding &finding : made.findings) {
        if (finding.severity == Template::Finding::Severity::Error)
            errors
                << QStringLiteral("%1 (%2 %3)").arg(finding.message, finding.file, finding.pointer);
    }
    if (!errors.isEmpty())
        return fail(ErrorCode::BadInput, tr("No copy can be made of %1").arg(call.name),
                    listed(errors),
                    tr("Name the mirrors in repository_map, or mend the toolchain and save it "
                       "again; or leave it out, as a part of the restore point that is not chosen: "
                       "--only names the others. Nothing was made"));
    return made;
}

} // namespace lb
