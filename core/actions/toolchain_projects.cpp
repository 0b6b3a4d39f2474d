// SPDX-License-Identifier: GPL-3.0-or-later
// Temporary projects in the target region's GitLab: found and deleted again; and the token that
// opens them (sheet §5).
#include "core/actions/answer_output.h"
#include "core/actions/toolchain_work.h"

#include <QJsonDocument>
#include <QRegularExpression>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

using namespace std::chrono_literals;

/// Deleted at last, when GitLab does not do it at once.
constexpr int kLooks = 20;
/// What every list's address asks for; the most that GitLab gives at once.
constexpr int kGitPage = 100;
constexpr auto kPause = 500ms;

/// The run that a project's name says it is of; empty for another project.
QString runOf(const QString &name)
{
    static const QRegularExpression pattern(
        QStringLiteral("\\Alifeboat-(r[0-9]{8}-[0-9]{6}-[0-9a-f]{6})-"));
    return pattern.match(name).captured(1);
}

} // namespace

Result<ToolchainReply> askGit(ToolchainJob &job, const char *purpose, const QString &doing,
                              const ToolchainJob::Values &values, const ToolchainBody &body)
{
    TRY_VALUE(const ToolchainReply reply, job.send(QLatin1String(purpose), doing, values, body));
    if (!reply.isGood())
        return tl::unexpected(gitFailure(reply, doing, job));
    return reply;
}

bool isOfItsRun(const GitProject &project)
{
    const QString run = runOf(project.path.section(QLatin1Char('/'), -1));
    return !run.isEmpty() && project.description.contains(run);
}

Error gitFailure(const ToolchainReply &reply, const QString &doing, const ToolchainJob &job,
                 GitSide side)
{
    Error error = toolchainFailure(reply, doing, job.context.redactor.get());
    if (reply.status != 401 && reply.status != 403)
        return error;
    const ToolchainServices &at = job.call.at;
    error.advice =
        side == GitSide::Source
            ? tr("See that the secret %1 is a token of GitLab at %2 with the scope read_api, and "
                 "has not ended")
                  .arg(at.sourceGitToken, at.sourceGit)
            : tr("See that the secret %1 is a token of GitLab in %2 with every scope, and "
                 "has not ended")
                  .arg(at.gitToken, job.call.region);
    return error;
}

Result<std::optional<QJsonArray>> readGitList(ToolchainJob &job, const char *purpose,
                                              const QString &doing, ToolchainJob::Values values)
{
    const GitSide side =
        QByteArrayView(purpose).startsWith("source_") ? GitSide::Source : GitSide::Target;
    QJsonArray list;
    for (int page = 1;; ++page) {
        values[QStringLiteral("page")] = QString::number(page);
        TRY_VALUE(const ToolchainReply reply, job.send(QLatin1String(purpose), doing, values));
        if (reply.isMissing())
            return std::optional<QJsonArray>();
        if (!reply.isGood())
            return tl::unexpected(gitFailure(reply, doing, job, side));
        const QJsonDocument answer = QJsonDocument::fromJson(reply.body);
        if (!answer.isArray())
            return fail(ErrorCode::Corrupt, doing, tr("the answer is no list"));
        for (const QJsonValue one : answer.array())
            list.append(one);
        if (answer.array().size() < kGitPage)
            return std::optional(list);
    }
}

Result<std::optional<GitProject>> findProject(ToolchainJob &job)
{
    const QString doing = tr("Nobody knows whether %1 is there").arg(job.call.project.display());
    TRY_VALUE(const ToolchainReply who, askGit(job, "user", doing));
    const QString owner =
        QJsonDocument::fromJson(who.body).object().value(QLatin1String("username")).toString();
    const QString path = owner + QLatin1Char('/') + job.call.project.display();
    TRY_VALUE(const ToolchainReply reply,
              job.send(QStringLiteral("project"), doing, {{QStringLiteral("project"), path}}));
    if (reply.isMissing())
        return std::optional<GitProject>();
    if (!reply.isGood())
        return tl::unexpected(gitFailure(reply, doing, job));
    TRY_VALUE(const DataValue answer, readJsonData(reply.body, doing));
    TRY_VALUE(const GitProject project, readGitProject(answer));
    return std::optional(project);
}

Result<CallOutcome> findProjects(ToolchainJob &job)
{
    const QString doing = tr("The temporary projects at %1 cannot be listed").arg(job.call.at.git);
    TRY_VALUE(const ToolchainReply who, askGit(job, "user", doing));
    const QString owner =
        QJsonDocument::fromJson(who.body).object().value(QLatin1String("username")).toString();
    TRY_VALUE(const auto list, readGitList(job, "projects", doing, {}));
    QJsonArray projects;
    for (const QJsonValue one : list.value_or(QJsonArray())) {
        TRY_VALUE(const DataValue answer,
                  readJsonData(QJsonDocument(one.toObject()).toJson(), doing));
        TRY_VALUE(const GitProject project, readGitProject(answer));
        const QString name = project.path.section(QLatin1Char('/'), -1);
        // One that GitLab deletes by itself in some days is done with.
        if (project.path != owner + QLatin1Char('/') + name || !isOfItsRun(project) ||
            project.isMarkedForDeletion)
            continue;
        projects.append(
            QJsonObject{{QStringLiteral("name"), name}, {QStringLiteral("run"), runOf(name)}});
    }
    CallOutcome outcome;
    outcome.answer.value = QJsonObject{{QStringLiteral("projects"), projects}};
    outcome.outputs.insert(QStringLiteral("json"), outcome.answer.value);
    return outcome;
}

Result<CallOutcome> unpublishTemplate(ToolchainJob &job)
{
    const QString doing = tr("The project %1 cannot be deleted at %2")
                              .arg(job.call.project.display(), job.call.at.git);
    TRY_VALUE(auto project, findProject(job));
    if (!project)
        return CallOutcome{};
    if (!isOfItsRun(*project))
        return fail(ErrorCode::Conflict, doing, tr("it was not made by a run of Lifeboat"),
                    tr("Look at it, and delete it by hand when it is nobody's"));
    const QString id = project->id;
    TRY(askGit(job, "delete", doing, {{QStringLiteral("project"), id}}));
    for (int look = 0; look < kLooks; ++look) {
        TRY_VALUE(project, findProject(job));
        if (!project)
            return CallOutcome{};
        // Newer GitLab keeps it for some days unless it is told twice.
        if (look == 0)
            TRY(job.send(
                QStringLiteral("delete_now"), doing,
                {{QStringLiteral("project"), id}, {QStringLiteral("full path"), project->path}}));
        if (look > 0 && project->isMarkedForDeletion) {
            CallOutcome outcome;
            outcome.warnings << tr("GitLab keeps %1 for some days before it deletes it by itself")
                                    .arg(job.call.project.display());
            return outcome;
        }
        TRY(job.pause(kPause));
    }
    return fail(ErrorCode::Failed, doing, tr("it was accepted, and it is still there"),
                tr("Delete it by hand: it holds the template"));
}

Result<CallOutcome> revokeToken(ToolchainJob &job)
{
    const QString doing = tr("The token at %1 cannot be revoked").arg(job.call.at.git);
    const auto isRefused = [&]() -> Result<bool> {
        TRY_VALUE(const ToolchainReply reply, job.send(QStringLiteral("token_self"), doing));
        if (!reply.isGood() && reply.status != 401)
            return tl::unexpected(gitFailure(reply, doing, job));
        return reply.status == 401;
    };
    TRY_VALUE(bool refused, isRefused());
    if (!refused) {
        TRY_VALUE(const ToolchainReply reply, job.send(QStringLiteral("revoke"), doing));
        if (!reply.isGood() && reply.status != 401)
            return tl::unexpected(gitFailure(reply, doing, job));
        TRY_VALUE(refused, isRefused());
    }
    if (!refused)
        return fail(ErrorCode::Failed, tr("The token at %1 is still good").arg(job.call.at.git),
                    tr("it was revoked, and it still opens GitLab"),
                    tr("Revoke it by hand: %1/-/user_settings/personal_access_tokens")
                        .arg(job.call.at.git));
    return CallOutcome{};
}

} // namespace lb
