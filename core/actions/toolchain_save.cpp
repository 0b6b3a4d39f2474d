// SPDX-License-Identifier: GPL-3.0-or-later
// Saving a toolchain: what the console says of it, without its secrets, and its template.
#include "core/actions/point_session.h"
#include "core/actions/toolchain_work.h"
#include "core/actions/tree_work.h"
#include "core/archive/tree_remove.h"
#include "core/archive/worker_threads.h"
#include "core/base/atomic_file.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/model/restore_point.h"
#include "core/systems/ibm_toolchain/secret_names.h"
#include "core/systems/ibm_toolchain/template_places.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSet>

#include <atomic>
#include <cerrno>
#include <optional>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

/// Where an attempt keeps what it has read, so that the next one need not read it again. Below the
/// point's folder, and gone before that is published; without secrets from the first byte on.
class ReadFolder
{
public:
    explicit ReadFolder(const QString &pointFolder, const ToolchainCall &call)
        : m_folder(QStringLiteral("%1/reading-%2").arg(pointFolder, call.part))
    {
    }

    const QString &path() const { return m_folder; }
    QString file(const QString &name) const { return m_folder + QLatin1Char('/') + name; }
    QString pipeline(const PipelineSource &source) const
    {
        return file(QStringLiteral("pipelines/%1.yaml").arg(source.instance));
    }
    Result<void> write(const QString &name, const QByteArray &bytes) const
    {
        const QString path = file(name);
        TRY(makeFolders(QFileInfo(path).absolutePath()));
        return writeFileAtomically(path, bytes);
    }
    /// Not synced: it is written anew by the next attempt, and the archive is what is kept. With
    /// many pipelines syncs would take as long as reading them.
    Result<void> writeOnce(const QString &name, const QByteArray &bytes) const
    {
        const QString path = this->file(name);
        QDir().mkpath(QFileInfo(path).absolutePath());
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.flush())
            return failErrno(tr("%1 cannot be written").arg(path), errno);
        return {};
    }
    Result<void> remove(const std::stop_token &stop) const
    {
        return QFileInfo::exists(m_folder) ? removeTree(m_folder, {}, stop) : Result<void>();
    }

private:
    QString m_folder;
};

/// The same error, saying what is now true.
Error nothingSaved(Error error, const QString &how)
{
    return withAdvice(
        std::move(error),
        tr("Nothing was saved and nothing changed: %1. Run it again when that is mended").arg(how));
}

/// What is to be told of one pipeline's failure.
Error inPipeline(Error error, const PipelineSource &source, const ToolchainJob &job, size_t done,
                 size_t all)
{
    return nothingSaved(
        inContext(std::move(error), tr("Pipeline %1 of toolchain %2 cannot be read")
                                        .arg(source.name, job.call.toolchains.front().id)),
        tr("%1 of %2 pipelines could be read").arg(done).arg(all));
}

Result<DataValue> readPipeline(ToolchainJob &job, const PipelineSource &source,
                               const ReadFolder &folder)
{
    const QString what = tr("pipeline %1").arg(source.name);
    if (const auto kept = readWholeFile(folder.pipeline(source)))
        return readYamlData(*kept, what);
    // "/devops/pipelines/tekton/ID/yaml?env_id=REGION"
    const QString below = source.path.section(QStringLiteral("/devops/pipelines/"), 1);
    const QString doing = tr("The console does not give %1").arg(what);
    TRY_VALUE(const ToolchainReply reply,
              job.ask(QStringLiteral("pipeline"), doing,
                      {{QStringLiteral("pipeline"), below.section(QStringLiteral("/yaml?"), 0, 0)},
                       {QStringLiteral("region"), below.section(QStringLiteral("env_id="), 1)}}));
    TRY_VALUE(const DataValue read, checkPipeline(reply.body, reply.type, what));
    const DataValue stripped = pipelineWithoutSecrets(read).value;
    TRY(makeFolders(QFileInfo(folder.pipeline(source)).absolutePath()));
    TRY(writeFileAtomically(folder.pipeline(source), writeYamlData(stripped)));
    return stripped;
}

/// All of them, a few at once. The first failure ends it; what was read by then stays in the
/// folder.
Result<std::map<QString, DataValue>> readPipelines(ToolchainJob &job,
                                                   const std::vector<PipelineSource> &sources,
                                                   const ReadFolder &folder)
{
    std::vector<std::optional<Result<DataValue>>> read(sources.size());
    std::atomic_size_t next = 0, done = 0;
    std::atomic_bool isOver = false;
    {
        std::vector<std::jthread> threads;
        const int wanted = std::min<int>(kToolchainRequestsAtOnce, int(sources.size()));
        if (wanted > 0)
            startWorkers(threads, wanted, [&](int) {
                for (size_t n = next++; n < sources.size() && !isOver; n = next++) {
                    read[n] = readPipeline(job, sources[n], folder);
                    if (*read[n])
                        ++done;
                    else
                        isOver = true;
                    job.report({0, -1, qint64(done.load()), qint64(sources.size())});
                }
            });
    }
    std::map<QString, DataValue> pipelines;
    for (size_t n = 0; n < sources.size(); ++n) {
        if (read[n] && !*read[n])
            return tl::unexpected(
                inPipeline(read[n]->error(), sources[n], job, done, sources.size()));
        if (read[n])
            pipelines.emplace(sources[n].instance, std::move(**read[n]));
    }
    return pipelines;
}

/// What the keychain calls it: `harbor-ferry_build-web_stage_deploy_db_pass`. Small letters only,
/// as every name of a secret; two that differ in nothing else get a number.
QString secretName(const QString &part, const Template::SecretSlot &slot, QSet<QString> &taken)
{
    static const QRegularExpression unusual(QStringLiteral("[^a-z0-9_-]"));
    QString name = (part + QLatin1Char('/') + slot.id).toLower().replace(u'/', u'_');
    name.replace(unusual, QStringLiteral("-"));
    if (name.at(0) < u'a' || name.at(0) > u'z')
        name.prepend(QStringLiteral("t-"));
    const QString first = name;
    for (int n = 2; taken.contains(name); ++n)
        name = QStringLiteral("%1-%2").arg(first).arg(n);
    taken.insert(name);
    return name;
}

/// Public interfaces fill secrets of Tekton pipelines only (sheet §7.2, §7.3).
bool isByApi(Template::SecretSlot::Kind kind)
{
    return kind == Template::SecretSlot::Kind::TektonProperty ||
           kind == Template::SecretSlot::Kind::TriggerProperty ||
           kind == Template::SecretSlot::Kind::TriggerSecret;
}

QString slotTitle(const Template::SecretSlot &slot)
{
    return slot.scope.isEmpty()
               ? tr("%1 of %2", "%1 a secret's name, %2 a tool").arg(slot.name, slot.service)
               : tr("%1 of %2, %3", "%1 a secret's name, %2 a tool, %3 a stage or trigger")
                     .arg(slot.name, slot.service, slot.scope);
}

QJsonArray slotList(const Template &made, const QString &part)
{
    QJsonArray list;
    QSet<QString> taken;
    for (const Template::SecretSlot &slot : made.secretSlots)
        list.append(QJsonObject{{QStringLiteral("id"), slot.id},
                                {QStringLiteral("kind"), secretSlotKindName(slot.kind)},
                                {QStringLiteral("by_api"), isByApi(slot.kind)},
                                {QStringLiteral("secret"), secretName(part, slot, taken)},
                                {QStringLiteral("title"), slotTitle(slot)},
                                {QStringLiteral("service"), slot.service},
                                {QStringLiteral("type"), slot.type},
                                {QStringLiteral("scope"), slot.scope},
                                {QStringLiteral("name"), slot.name},
                                {QStringLiteral("reference"), slot.reference},
                                {QStringLiteral("needed"), slot.isNeeded}});
    return list;
}

QString severityWord(Template::Finding::Severity severity)
{
    switch (severity) {
    case Template::Finding::Severity::Note:
        return QStringLiteral("note");
    case Template::Finding::Severity::Warning:
        return QStringLiteral("warning");
    case Template::Finding::Severity::Error:
        return QStringLiteral("error");
    }
    return {};
}

QJsonArray findingList(const Template &made, const TemplatePlaces &places)
{
    QJsonArray list;
    for (const Template::Finding &finding : made.findings)
        list.append(QJsonObject{
            {QStringLiteral("code"), finding.code},
            {QStringLiteral("severity"), severityWord(finding.severity)},
            {QStringLiteral("file"), finding.file},
            {QStringLiteral("pointer"), finding.pointer},
            {QStringLiteral("line"), places.line(finding.file, finding.pointer)},
            {QStringLiteral("source_line"), places.sourceLine(finding.file, finding.pointer)},
            {QStringLiteral("message"), finding.message},
            {QStringLiteral("remedy"), finding.remedy}});
    return list;
}

QJsonArray changeList(const Template &made, const TemplatePlaces &places)
{
    QJsonArray list;
    for (const Template::Change &change : changesWithSecrets(made))
        list.append(QJsonObject{
            {QStringLiteral("rule"), change.rule},
            {QStringLiteral("file"), change.file},
            {QStringLiteral("pointer"), change.pointer},
            {QStringLiteral("line"), places.line(change.file, change.pointer)},
            {QStringLiteral("source_line"), places.sourceLine(change.file, change.pointer)},
            {QStringLiteral("before"), change.before},
            {QStringLiteral("after"), change.after},
            {QStringLiteral("secret"), change.isSecret}});
    return list;
}

/// Which file of the part each file of the template was made from.
QJsonArray sourceList(const TemplatePlaces &places)
{
    QJsonArray list;
    for (const TemplatePlaces::Source &source : places.sources())
        list.append(QJsonObject{{QStringLiteral("file"), source.file},
                                {QStringLiteral("source"), source.path}});
    return list;
}

/// The template as plain files, in the place of the one that an earlier save wrote there.
Result<void> writePlain(const Template &made, const QString &folder)
{
    TRY(makeFolders(folder, 0755));
    QStringList written;
    for (const Template::File &file : made.files) {
        const QString path = folder + QLatin1Char('/') + file.path;
        TRY(makeFolders(QFileInfo(path).absolutePath(), 0755));
        TRY(writeFileAtomically(path, file.bytes, 0644));
        written << QFileInfo(path).fileName();
    }
    // Of a pipeline that is not there any more: a service would read it all the same.
    const QDir below(folder + QStringLiteral("/.bluemix"));
    for (const QString &old : below.entryList({QStringLiteral("pipeline_*.yml")}, QDir::Files)) {
        if (!written.contains(old) && !QFile::remove(below.filePath(old)))
            return fail(ErrorCode::Denied, tr("%1 cannot be deleted").arg(below.filePath(old)), {},
                        tr("It is of an earlier save; delete it by hand"));
    }
    return {};
}

/// Those that no public interface runs (sheet §7.3): a person does, in the console.
QJsonArray classicPipelines(const std::vector<PipelineSource> &sources, const QString &part)
{
    QJsonArray list;
    for (const PipelineSource &source : sources) {
        if (!source.isTekton)
            list.append(QJsonObject{{QStringLiteral("id"), part + QLatin1Char('/') + source.name},
                                    {QStringLiteral("name"), source.name}});
    }
    return list;
}

/// What a restore and the lists must know of it without opening the part.
QJsonObject describe(const DataValue &answer, const ToolchainCall &call, const Template &made,
                     const std::vector<PipelineSource> &pipelines)
{
    const DataValue *toolchain = toolchainIn(answer);
    const DataValue *container = toolchain->get(QStringLiteral("container"));
    return {{QStringLiteral("id"), call.toolchains.front().id},
            {QStringLiteral("name"), toolchain->textOf(QStringLiteral("name"))},
            {QStringLiteral("region"), call.toolchains.front().region},
            {QStringLiteral("crn"), toolchain->textOf(QStringLiteral("crn"))},
            {QStringLiteral("resource_group"),
             container ? container->textOf(QStringLiteral("guid")) : QString()},
            {QStringLiteral("updated_at"), lastChange(answer)},
            {QStringLiteral("url"), call.name},
            {QStringLiteral("pipelines"), int(pipelines.size())},
            {QString::fromLatin1(kClassicPipelines), classicPipelines(pipelines, call.part)},
            {QStringLiteral("slots"), slotList(made, call.part)},
            {QStringLiteral("findings"), int(made.findings.size())}};
}

/// A finding as one sentence with its place and what to do.
QString sentence(const Template::Finding &finding)
{
    return tr("%1 (%2 %3). %4", "%1 a sentence without a full stop, %2 a file, %3 a place in it")
        .arg(finding.message, finding.file, finding.pointer, finding.remedy);
}

/// Everything as files, so that any program can read it.
Result<void> writeFiles(const ReadFolder &folder, const ToolchainExport &read, const Template &made)
{
    const TemplatePlaces places(read, made);
    TRY(folder.writeOnce(QStringLiteral("toolchain.json"), writeJsonData(read.answer)));
    for (const TemplatePlaces::Source &source : places.sources())
        TRY(folder.writeOnce(source.path, source.bytes));
    for (const Template::File &file : made.files)
        TRY(folder.writeOnce(QStringLiteral("template/") + file.path, file.bytes));
    TRY(folder.writeOnce(QStringLiteral("secrets.yaml"),
                         writeYamlData(secretSlotsData(made.secretSlots))));
    TRY(folder.writeOnce(
        QStringLiteral("findings.json"),
        toJsonDocument({{QStringLiteral("format"), 1},
                        {QStringLiteral("findings"), findingList(made, places)}})));
    return folder.writeOnce(
        QStringLiteral("changes.json"),
        toJsonDocument({{QStringLiteral("format"), 1},
                        {QStringLiteral("sources"), sourceList(places)},
                        {QStringLiteral("changes"), changeList(made, places)}}));
}

} // namespace

Result<CallOutcome> saveToolchain(ToolchainJob &job)
{
    const ToolchainCall &call = job.call;
    TRY_VALUE(const QString pointFolder, job.context.session->folder());
    const ReadFolder folder(pointFolder, call);
    const QDateTime from = utcNow();
    const auto whole = readToolchain(job, call.toolchains.front());
    if (!whole)
        return tl::unexpected(
            nothingSaved(whole.error(), tr("without its answer there is nothing to save")));
    const DataValue answer = withoutSecrets(*whole).value;
    TRY_VALUE(const std::vector<PipelineSource> sources, toolchainPipelines(answer));
    // Kept ones are of another time if the toolchain has changed since.
    const QString change = lastChange(answer);
    const auto before = readWholeFile(folder.file(QStringLiteral("of.txt")));
    if (!before || QString::fromUtf8(*before) != change) {
        TRY(folder.remove(job.stop));
        TRY(folder.write(QStringLiteral("of.txt"), change.toUtf8()));
    }
    TRY_VALUE(const auto pipelines, readPipelines(job, sources, folder));
    const ToolchainExport source{answer, pipelines, call.name, from};
    TRY_VALUE(const Template made, writeTemplate(source));
    if (!call.folder.isEmpty())
        TRY(writePlain(made, call.folder));
    TRY(writeFiles(folder, source, made));
    QFile::remove(folder.file(QStringLiteral("of.txt")));

    TreeSaveCall save;
    save.folder = folder.path();
    save.part = call.part;
    save.file = call.file;
    save.title = call.title;
    TRY_VALUE(CallOutcome outcome,
              treeSaveWork(save, job.context, job.programs)(job.report, job.stop));
    TRY(folder.remove(job.stop));
    PartRecord part = PartRecord::fromJson(outcome.outputs.value(QLatin1String("part")).toObject());
    part.kind = QString::fromLatin1(kToolchainPart);
    part.source = call.name;
    part.takenFrom = from;
    part.takenTo = utcNow();
    const QJsonObject facts = describe(answer, call, made, sources);
    for (auto it = facts.begin(); it != facts.end(); ++it)
        part.details.insert(it.key(), it.value());
    outcome.outputs.insert(QStringLiteral("part"), part.toJson());
    QStringList limits = toStringList(outcome.outputs.value(QLatin1String("limits")));
    for (const Template::Finding &finding : made.findings) {
        if (finding.severity == Template::Finding::Severity::Error)
            outcome.warnings << sentence(finding);
        else if (finding.severity == Template::Finding::Severity::Warning)
            limits << sentence(finding);
    }
    limits
        << tr("Not in part %1: logs, artifacts and run history of pipelines, secrets, what is in "
              "Key Protect, Secrets Manager or Vault, and data of DevOps Insights")
               .arg(call.part);
    outcome.outputs.insert(QStringLiteral("limits"), toJsonArray(limits));
    outcome.outputs.insert(QStringLiteral("pipelines"), int(sources.size()));
    return outcome;
}

} // namespace lb
