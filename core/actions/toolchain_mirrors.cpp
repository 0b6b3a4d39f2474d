// SPDX-License-Identifier: GPL-3.0-or-later
// The repositories of a copy and of its source (sheet §5, "mirrors"; IBM Cloud documentation,
// "Mirroring Git repositories across regions": a mirror is written by its source and may be some
// five minutes behind; what is committed into it is overwritten).
#include "core/actions/answer_output.h"
#include "core/actions/saved_toolchain.h"

#include <QJsonObject>
#include <QUrl>

#include <map>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

const QString kRepository = QStringLiteral("repository");

/// The addresses that the tools of a template link.
QStringList repositoriesIn(const Template &made)
{
    QStringList urls;
    const Template::File *file = made.file(QStringLiteral(".bluemix/toolchain.yml"));
    const auto read = file ? readYamlData(file->bytes, file->path) : Result<DataValue>(DataValue{});
    const DataValue *services = read ? read->get(QStringLiteral("services")) : nullptr;
    for (const DataValue::Member &service :
         services ? services->members : std::vector<DataValue::Member>()) {
        const DataValue *parameters = service.value.get(QStringLiteral("parameters"));
        const QString url = parameters ? parameters->textOf(QStringLiteral("repo_url")) : QString();
        if (!url.isEmpty())
            urls << url;
    }
    return urls;
}

QString hostOf(const QString &address)
{
    return address.section(QStringLiteral("//"), 1).section(QLatin1Char('/'), 0, 0);
}

/// `group/project` of a repository in a region's GitLab; empty for one elsewhere.
QString pathAt(const QString &url, const QString &region, const QString &host)
{
    const QUrl address(url);
    const QString there = address.port() < 0
                              ? address.host()
                              : QStringLiteral("%1:%2").arg(address.host()).arg(address.port());
    if (there != QStringLiteral("%1.git.cloud.ibm.com").arg(region) && there != host)
        return {};
    QString path = address.path().mid(1);
    if (path.startsWith(region + QLatin1Char('/')))
        path = path.mid(region.size() + 1);
    if (path.endsWith(QLatin1String(".git")))
        path.chop(4);
    return path;
}

/// A repository that the toolchain was saved with, and the one that stands for it.
struct Mirrored
{
    QString from, to;             ///< addresses
    QString sourcePath, copyPath; ///< `group/project`
};

/// Those that both regions' GitLab have; others are at services that no token here opens.
Result<std::vector<Mirrored>> mirroredOf(ToolchainJob &job)
{
    TRY_VALUE(const ToolchainExport saved, readSavedToolchain(job));
    const QString region = job.call.details.value(QLatin1String("region")).toString();
    std::vector<Mirrored> list;
    for (const auto &[from, to] : mirrorsOf(saved, job.call)) {
        const Mirrored one{from, to, pathAt(from, region, hostOf(job.call.at.sourceGit)),
                           pathAt(to, job.call.region, hostOf(job.call.at.git))};
        const bool isKnown = std::any_of(list.begin(), list.end(), [&](const Mirrored &other) {
            return isSameRepository(other.from, one.from);
        });
        if (!isKnown && !one.sourcePath.isEmpty() && !one.copyPath.isEmpty())
            list.push_back(one);
    }
    return list;
}

/// Branch to the commit at its head.
Result<std::map<QString, QString>> headsOf(ToolchainJob &job, const char *purpose,
                                           const QString &url, const QString &path)
{
    const QString doing = tr("The branches of %1 cannot be listed").arg(url);
    TRY_VALUE(const auto list, readGitList(job, purpose, doing, {{kRepository, path}}));
    if (!list)
        return fail(ErrorCode::NotFound, doing,
                    tr("it is not there, or the token's user may not "
                       "see it"));
    std::map<QString, QString> heads;
    for (const QJsonValue branch : *list)
        heads[branch[QLatin1String("name")].toString()] =
            branch[QLatin1String("commit")][QLatin1String("id")].toString();
    return heads;
}

/// What keeps the source from writing its mirror, in its own words.
Result<QStringList> mirrorErrors(ToolchainJob &job, const Mirrored &one)
{
    const QString doing = tr("The mirroring of %1 cannot be looked at").arg(one.from);
    TRY_VALUE(const auto list,
              readGitList(job, "source_mirrors", doing, {{kRepository, one.sourcePath}}));
    QStringList errors;
    for (const QJsonValue mirror : list.value_or(QJsonArray())) {
        const QString error = mirror[QLatin1String("last_error")].toString();
        if (error.isEmpty() || !isSameRepository(mirror[QLatin1String("url")].toString(), one.to))
            continue;
        errors << tr("%1 cannot be mirrored: %2 (it last could %3)",
                     "%1 a repository, %2 GitLab's words, %3 a time")
                      .arg(one.from, error,
                           mirror[QLatin1String("last_successful_update_at")].toString());
    }
    return errors;
}

/// The commits at the heads of the mirror that its source does not have.
Result<QStringList> commitsToBring(ToolchainJob &job, const Mirrored &one)
{
    TRY_VALUE(const auto heads, headsOf(job, "branches", one.to, one.copyPath));
    const QString doing = tr("Nobody knows which commits %1 has").arg(one.from);
    QStringList lacking;
    for (const auto &[branch, commit] : heads) {
        TRY_VALUE(const ToolchainReply reply,
                  job.send(QStringLiteral("source_commit"), doing,
                           {{kRepository, one.sourcePath}, {QStringLiteral("commit"), commit}}));
        if (reply.isMissing())
            lacking << tr("%1 of branch %2 in %3", "%1 a commit, %3 a repository")
                           .arg(commit.left(8), branch, one.to);
        else if (!reply.isGood())
            return tl::unexpected(gitFailure(reply, doing, job, GitSide::Source));
    }
    return lacking;
}

/// How a mirror differs from its source.
Result<QStringList> differencesOf(ToolchainJob &job, const Mirrored &one)
{
    TRY_VALUE(const auto source, headsOf(job, "source_branches", one.from, one.sourcePath));
    TRY_VALUE(const auto copy, headsOf(job, "branches", one.to, one.copyPath));
    TRY_VALUE(QStringList differences, mirrorErrors(job, one));
    for (const auto &[branch, commit] : source) {
        const auto there = copy.find(branch);
        if (there == copy.end())
            differences << tr("%1 lacks branch %2").arg(one.to, branch);
        else if (there->second != commit)
            differences << tr("branch %1 of %2 is at %3, its source at %4")
                               .arg(branch, one.to, there->second.left(8), commit.left(8));
    }
    return differences;
}

using Look = Result<QStringList> (*)(ToolchainJob &, const Mirrored &);

struct Seen
{
    int repositories = 0;
    QStringList wrong;
};

Result<Seen> lookAtEach(ToolchainJob &job, Look look)
{
    TRY_VALUE(const auto repositories, mirroredOf(job));
    Seen seen{int(repositories.size()), {}};
    for (const Mirrored &one : repositories) {
        TRY_VALUE(const QStringList found, look(job, one));
        seen.wrong += found;
    }
    return seen;
}

} // namespace

Result<CallOutcome> mirrorsAreThere(ToolchainJob &job)
{
    TRY_VALUE(const ToolchainExport saved, readSavedToolchain(job));
    TRY_VALUE(const Template made, restoreTemplate(saved, job.call));
    const QString host = hostOf(job.call.at.git);
    QStringList wrong;
    int seen = 0;
    for (const QString &url : repositoriesIn(made)) {
        const QString path = pathAt(url, job.call.region, host);
        if (path.isEmpty())
            continue; // at a service that the target region's token does not open
        ++seen;
        const QString doing = tr("Nobody knows whether %1 is there").arg(url);
        const ToolchainJob::Values which{{QStringLiteral("repository"), path}};
        TRY_VALUE(const ToolchainReply there, job.send(QStringLiteral("mirror"), doing, which));
        if (there.isMissing()) {
            wrong << tr("%1 is not there").arg(url);
            continue;
        }
        if (!there.isGood())
            return tl::unexpected(gitFailure(there, doing, job));
        TRY_VALUE(const DataValue answer, readJsonData(there.body, doing));
        TRY_VALUE(const GitProject project, readGitProject(answer));
        TRY_VALUE(const ToolchainReply head, job.send(QStringLiteral("mirror_head"), doing, which));
        if (project.isEmpty || head.isMissing() || head.body.trimmed() == "[]")
            wrong << tr("%1 is empty").arg(url);
    }
    if (wrong.isEmpty())
        return holds(tr("%n mirror(s) at %1", nullptr, seen).arg(job.call.at.git));
    return fail(ErrorCode::NotFound,
                tr("%n mirror(s) not ready in %1", nullptr, int(wrong.size())).arg(job.call.region),
                listed(wrong),
                tr("Mirror them first (Settings, Repository, Mirroring repositories), or name "
                   "others in repository_map"));
}

Result<CallOutcome> mirrorsAreUpToDate(ToolchainJob &job)
{
    TRY_VALUE(const Seen seen, lookAtEach(job, differencesOf));
    if (seen.wrong.isEmpty())
        return holds(tr("%n mirror(s) as in the source", nullptr, seen.repositories));
    return fail(ErrorCode::Conflict,
                tr("Mirrors in %1 are not as their sources").arg(job.call.region),
                listed(seen.wrong),
                tr("The copy works with what the mirrors have. Mirroring may take five minutes; "
                   "look at Settings, Repository, Mirroring repositories in the source, or go on "
                   "with what is there and say so"));
}

Result<CallOutcome> sourceHasEveryCommit(ToolchainJob &job)
{
    TRY_VALUE(const Seen seen, lookAtEach(job, commitsToBring));
    if (seen.wrong.isEmpty())
        return holds(
            tr("every commit of %n mirror(s) is in its source", nullptr, seen.repositories));
    return fail(ErrorCode::Conflict,
                tr("The source of %1 lacks commits that were made in %2")
                    .arg(job.call.name, job.call.region),
                listed(seen.wrong),
                tr("Push those branches to the source first, then run this again: its pipelines "
                   "would build what is older, and its mirroring overwrites what is newer"));
}

} // namespace lb
