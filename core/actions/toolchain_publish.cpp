// SPDX-License-Identifier: GPL-3.0-or-later
// A template in its temporary project in the target region's GitLab (sheet §5).
#include "core/actions/saved_toolchain.h"
#include "core/base/json.h"

namespace lb {

namespace {

LB_TRANSLATE(Actions)

/// By it the run finds again what it has made, and people see whose it is.
QString marker(const ToolchainJob &job)
{
    return tr("Made by Lifeboat in run %1, to be deleted at its end").arg(job.context.run.value());
}

Result<GitProject> makeProject(ToolchainJob &job)
{
    const QString name = job.call.project.display();
    const QString doing = tr("The project %1 cannot be made at %2").arg(name, job.call.at.git);
    const QByteArray wanted = toJson({{QStringLiteral("name"), name},
                                      {QStringLiteral("path"), name},
                                      {QStringLiteral("description"), marker(job)},
                                      {QStringLiteral("visibility"), QStringLiteral("private")},
                                      {QStringLiteral("initialize_with_readme"), false}});
    ToolchainBody body{wanted};
    body.isUnbroken = true;
    TRY_VALUE(const ToolchainReply reply, askGit(job, "make_project", doing, {}, body));
    TRY_VALUE(const DataValue answer, readJsonData(reply.body, doing));
    return readGitProject(answer);
}

/// The run's own project, made when it is not there yet.
Result<GitProject> findOrMake(ToolchainJob &job)
{
    TRY_VALUE(const auto found, findProject(job));
    if (!found)
        return makeProject(job);
    if (isOfItsRun(*found))
        return *found;
    return fail(
        ErrorCode::Conflict,
        tr("There is a project %1 at %2 already").arg(job.call.project.display(), job.call.at.git),
        tr("it was not made by this run"), tr("Delete or rename it, then resume"));
}

/// The files that the branch has; nothing when there is no branch yet.
Result<QStringList> filesThere(ToolchainJob &job, const QString &project)
{
    const QString doing = tr("The files of project %1 cannot be listed").arg(project);
    TRY_VALUE(const auto entries,
              readGitList(job, "tree", doing, {{QStringLiteral("project"), project}}));
    QStringList files;
    for (const QJsonValue entry : entries.value_or(QJsonArray())) {
        if (entry[QLatin1String("type")].toString() == QLatin1String("blob"))
            files << entry[QLatin1String("path")].toString();
    }
    files.sort();
    return files;
}

QStringList pathsOf(const Template &made)
{
    QStringList paths;
    for (const Template::File &file : made.files)
        paths << file.path;
    paths.sort();
    return paths;
}

/// By one commit, so that half a template is never there.
Result<void> fill(ToolchainJob &job, const QString &project, const Template &made)
{
    QJsonArray actions;
    for (const Template::File &file : made.files)
        actions.append(QJsonObject{{QStringLiteral("action"), QStringLiteral("create")},
                                   {QStringLiteral("file_path"), file.path},
                                   {QStringLiteral("content"), QString::fromUtf8(file.bytes)},
                                   {QStringLiteral("encoding"), QStringLiteral("text")}});
    const QString doing = tr("The template cannot be put into project %1").arg(project);
    const QByteArray commit = toJson({{QStringLiteral("branch"), job.call.branch},
                                      {QStringLiteral("commit_message"), marker(job)},
                                      {QStringLiteral("actions"), actions}});
    TRY(askGit(job, "commit", doing, {{QStringLiteral("project"), project}}, {commit}));
    return {};
}

/// What the service will read must be what was written.
Result<void> compare(ToolchainJob &job, const QString &project, const Template &made)
{
    TRY_VALUE(const QStringList there, filesThere(job, project));
    QStringList wrong;
    if (there != pathsOf(made))
        wrong << tr("it holds %1").arg(there.join(QStringLiteral(", ")));
    for (const Template::File &file : made.files) {
        if (!there.contains(file.path))
            continue;
        const QString doing = tr("%1 of project %2 cannot be read back").arg(file.path, project);
        TRY_VALUE(const ToolchainReply reply, askGit(job, "file", doing,
                                                     {{QStringLiteral("project"), project},
                                                      {QStringLiteral("file"), file.path}}));
        if (reply.body != file.bytes)
            wrong << tr("%1 is not what was written").arg(file.path);
    }
    if (wrong.isEmpty())
        return {};
    return fail(ErrorCode::Corrupt, tr("Project %1 does not hold the template").arg(project),
                wrong.join(QStringLiteral("; ")));
}

/// The template in its project, and read back.
Result<CallOutcome> putThere(ToolchainJob &job)
{
    TRY_VALUE(const ToolchainExport saved, readSavedToolchain(job));
    TRY_VALUE(const Template made, restoreTemplate(saved, job.call));
    TRY_VALUE(const GitProject project, findOrMake(job));
    const QString &id = project.id;
    job.record("project", {{QStringLiteral("id"), id}});
    TRY_VALUE(const QStringList there, filesThere(job, id));
    // An earlier attempt may have put it there; it is compared all the same.
    if (there != pathsOf(made))
        TRY(fill(job, id, made));
    TRY(compare(job, id, made));
    CallOutcome outcome;
    outcome.outputs = {{QStringLiteral("project"), id},
                       {QStringLiteral("repository"), project.url},
                       {QStringLiteral("files"), int(made.files.size())},
                       {QStringLiteral("removed_triggers"), int(made.removed.size())}};
    return outcome;
}

} // namespace

Result<CallOutcome> publishTemplate(ToolchainJob &job)
{
    auto done = putThere(job);
    if (!done)
        return tl::unexpected(withAdvice(
            done.error(), tr("No copy was made, and the run takes away at its end what it "
                             "has made; run it again when that is mended")));
    return done;
}

} // namespace lb
