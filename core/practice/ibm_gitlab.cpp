// SPDX-License-Identifier: GPL-3.0-or-later
// GitLab of each region: the user, tokens and projects (systems/ibm-toolchain.md §5; GitLab
// documentation, "Projects API" and "Personal access tokens API").
#include "core/practice/ibm_world.h"

#include "core/base/json.h"

#include <QDateTime>
#include <QRegularExpression>

namespace lb::practice::ibm {

namespace {

const QString kMarked = QStringLiteral("marked_for_deletion_on");

QString tokenOf(const HttpRequest &request)
{
    const QByteArray token = request.header("private-token");
    const QByteArray bearer = request.header("authorization");
    if (token.isEmpty() && bearer.startsWith("Bearer "))
        return QString::fromUtf8(bearer.mid(7));
    return QString::fromUtf8(token);
}

/// The words of a revoked or expired one differ from those of one that never was.
tl::unexpected<Response> refuseToken(const World &world, const Call &call, const QString &token)
{
    const QJsonObject known = world.find(kGitTokens, token);
    if (known.isEmpty() || textOf(known, "region") != call.region)
        return refuseGit(401, QStringLiteral("401 Unauthorized"));
    const bool isRevoked = known.value(QLatin1String("revoked")).toBool();
    return refuse(json(object({{"error", "invalid_token"},
                               {"error_description",
                                isRevoked ? "Token was revoked. You have to re-authorize from "
                                            "the user."
                                          : "Token is expired. You can either do "
                                            "re-authorization or token refresh."}}),
                       401));
}

Outcome<void> needScope(const World &world, const Call &call, const QJsonObject &token)
{
    const QStringList scopes = scopesOf(world, token);
    const bool isSelf = call.at(0) == QLatin1String("personal_access_tokens");
    const bool isReading = call.is("GET") || call.is("HEAD");
    if (isSelf || scopes.contains(QLatin1String("api")) ||
        (isReading && scopes.contains(QLatin1String("read_api"))) ||
        (isReading && call.at(0) == QLatin1String("user") &&
         scopes.contains(QLatin1String("read_user"))))
        return {};
    return refuse(json(
        object({{"error", "insufficient_scope"},
                {"error_description", "The request requires higher privileges than provided by the "
                                      "access token."},
                {"scope", isReading ? "api read_api" : "api"}}),
        403));
}

QJsonObject shownProject(const QJsonObject &project)
{
    QJsonObject shown = project;
    for (const char *inner : {"branches", "mirrors", "region", "_order"})
        shown.remove(QLatin1String(inner));
    const QString url =
        repositoryUrl(textOf(project, "region"), textOf(project, "path_with_namespace"));
    shown.insert(QStringLiteral("http_url_to_repo"), url);
    shown.insert(QStringLiteral("web_url"), url.chopped(4));
    shown.insert(QStringLiteral("empty_repo"), objectOf(project, "branches").isEmpty());
    shown.insert(QStringLiteral("marked_for_deletion_at"), project.value(kMarked));
    shown.insert(kMarked, project.value(kMarked));
    return shown;
}

Handled createProject(World &world, const Call &call)
{
    TRY_VALUE(const QJsonObject body, jsonBody(call.request));
    const QString name = textOf(body, "name");
    QString path = textOf(body, "path");
    if (path.isEmpty())
        path = name.toLower().replace(QRegularExpression(QStringLiteral("[^a-z0-9._-]+")),
                                      QStringLiteral("-"));
    if (path.isEmpty())
        return refuse(
            json(object({{"error", "name, path are missing, at least one parameter must be "
                                   "provided"}}),
                 400));
    const QString full = world.options().user + QLatin1Char('/') + path;
    if (world.has("git-project-name-taken") || !findProject(world, call.region, full).isEmpty())
        return refuseGit(400, object({{"path", QJsonArray{QStringLiteral("has already been "
                                                                         "taken")}},
                                      {"name", QJsonArray{QStringLiteral("has already been "
                                                                         "taken")}}}));
    const QString visibility = textOf(body, "visibility");
    QJsonObject project =
        object({{"id", 1000 + world.nextNumber()},
                {"region", call.region},
                {"name", name.isEmpty() ? path : name},
                {"path", path},
                {"path_with_namespace", full},
                {"description", textOf(body, "description")},
                {"visibility", visibility.isEmpty() ? QStringLiteral("private") : visibility},
                {"default_branch", "main"},
                {"created_at", now()},
                {"branches", QJsonObject()}});
    world.put(kProjects, projectId(project), project);
    return json(shownProject(project), 201);
}

/// 202 and gone; with delayed deletion marked first, and gone with the second call (§5).
Handled deleteProject(World &world, const Call &call, QJsonObject project)
{
    const QString id = projectId(project);
    const bool isMarked = project.contains(kMarked);
    const bool isFinal = call.request.parameter("permanently_remove") == QLatin1String("true");
    if (isFinal && !isMarked && world.has("git-delayed-deletion"))
        return refuseGit(400, QStringLiteral("Project must be marked for deletion first."));
    if (isFinal && call.request.parameter("full_path") != textOf(project, "path_with_namespace"))
        return refuseGit(400, QStringLiteral("`full_path` is incorrect. You must enter the "
                                             "complete path for the project."));
    if (world.has("git-delayed-deletion") && !isFinal) {
        if (isMarked)
            return refuseGit(400, QStringLiteral("Project has been already marked for deletion"));
        project.insert(kMarked, QDate::currentDate().addDays(30).toString(Qt::ISODate));
        world.put(kProjects, id, project);
    } else {
        world.drop(kProjects, id);
    }
    return json(object({{"message", "202 Accepted"}}), 202);
}

Handled tokenSelf(World &world, const Call &call, const QString &token, QJsonObject known)
{
    if (call.is("GET")) {
        return json(object({{"id", known.value(QLatin1String("_order"))},
                            {"name", textOf(known, "name")},
                            {"revoked", false},
                            {"active", true},
                            {"scopes", toJsonArray(scopesOf(world, known))},
                            {"expires_at", known.value(QLatin1String("expires_at"))}}));
    }
    if (!call.is("DELETE"))
        return notPlayed(call.request);
    if (!world.has("revoke-ignored")) {
        known.insert(QStringLiteral("revoked"), true);
        world.put(kGitTokens, token, known);
    }
    return noContent();
}

/// The user's own, whose path holds what is searched for.
Handled listProjects(const World &world, const Call &call)
{
    QJsonArray shown;
    const QString own = world.options().user + QLatin1Char('/');
    for (const QJsonObject &project : world.listBy(kProjects, "region", call.region)) {
        const QString path = textOf(project, "path_with_namespace");
        if (path.startsWith(own) && path.contains(call.request.parameter("search")))
            shown << shownProject(project);
    }
    return paged(call, shown);
}

Handled projectCalls(World &world, const Call &call)
{
    const QJsonObject project = findProject(world, call.region, call.at(1));
    if (project.isEmpty())
        return refuseGit(404, QStringLiteral("404 Project Not Found"));
    if (call.path.size() == 2 && call.is("GET"))
        return json(shownProject(project));
    if (call.path.size() == 2 && call.is("DELETE"))
        return deleteProject(world, call, project);
    Call inner = call;
    inner.path.remove(0, 3);
    if (call.at(2) == QLatin1String("repository"))
        return repositoryCalls(world, inner, project);
    if (call.at(2) == QLatin1String("remote_mirrors"))
        return mirrorCalls(world, inner, project);
    return notPlayed(call.request);
}

} // namespace

Handled gitlabCalls(World &world, const Call &call)
{
    const QString token = tokenOf(call.request);
    const QJsonObject known = findGitToken(world, call.region, token);
    if (known.isEmpty())
        return refuseToken(world, call, token);
    TRY(needScope(world, call, known));
    if (call.path == QStringList{QStringLiteral("personal_access_tokens"), QStringLiteral("self")})
        return tokenSelf(world, call, token, known);
    if (call.matches("GET", {"user"})) {
        // Accounts are separate per region (§5).
        return json(object({{"id", 100 + call.region.size()},
                            {"username", world.options().user},
                            {"name", world.options().user},
                            {"state", "active"},
                            {"email", world.options().user + QStringLiteral("@example.test")}}));
    }
    if (call.matches("POST", {"projects"}))
        return createProject(world, call);
    if (call.matches("GET", {"projects"}))
        return listProjects(world, call);
    if (call.path.size() >= 2 && call.at(0) == QLatin1String("projects"))
        return projectCalls(world, call);
    return notPlayed(call.request);
}

QString makeGitToken(World &world, const QString &region, const QString &name,
                     const QString &scopes)
{
    const QString token = QStringLiteral("canary-git-token-") + newId();
    const QString given =
        scopes.isEmpty() ? QStringLiteral("api,read_user,read_api,read_repository,write_repository")
                         : scopes;
    world.put(kGitTokens, token,
              object({{"region", region},
                      {"name", name},
                      {"scopes", toJsonArray(given.split(QLatin1Char(',')))},
                      {"expires_at", QDate::currentDate().addDays(1).toString(Qt::ISODate)},
                      {"revoked", false}}));
    return token;
}

/// Where a person makes a token: a page with a button, as no API call can (§5). The page knows
/// `name` and `scopes` from its address.
Handled gitTokenPage(World &world, const Call &call)
{
    if (call.at(0) != QLatin1String("personal_access_tokens"))
        return notPlayed(call.request);
    if (call.is("GET"))
        return html("<h1>Practice Git: add a token</h1><form method=\"post\"><button>Create "
                    "personal access token</button></form>");
    const QString name = call.request.parameter("name", QStringLiteral("lifeboat"));
    const QString token = makeGitToken(world, call.region, name, call.request.parameter("scopes"));
    return html("<h1>Your new token</h1><code>" + token.toUtf8() + "</code>");
}

} // namespace lb::practice::ibm
