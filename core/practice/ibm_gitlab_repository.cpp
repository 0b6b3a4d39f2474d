// SPDX-License-Identifier: GPL-3.0-or-later
// What is inside of a GitLab project (systems/ibm-toolchain.md §5; GitLab documentation, "Commits
// API", "Repositories API", "Repository files API", "Branches API", "Remote mirrors API").
#include "core/practice/ibm_world.h"

#include "core/base/digest.h"

#include <QCryptographicHash>
#include <QDateTime>

namespace lb::practice::ibm {

namespace {

constexpr int kPageSize = 20;

QString sha1(const QByteArray &bytes)
{
    return QString::fromLatin1(QCryptographicHash::hash(bytes, QCryptographicHash::Sha1).toHex());
}

/// Git's own name of a file's content.
QString blobId(const QByteArray &content)
{
    return sha1("blob " + QByteArray::number(content.size()) + '\0' + content);
}

QByteArray contentOf(const QJsonObject &files, const QString &path)
{
    return QByteArray::fromBase64(files.value(path).toString().toLatin1());
}

/// True when a project of another region is mirrored to this one.
bool isMirrored(const World &world, const QJsonObject &project)
{
    for (const QJsonObject &other : world.list(kProjects)) {
        for (const QJsonValue mirror : arrayOf(other, "mirrors")) {
            const auto place = repositoryPlace(textOf(mirror.toObject(), "url"));
            if (place && place->region == textOf(project, "region") &&
                place->path == textOf(project, "path_with_namespace"))
                return true;
        }
    }
    return false;
}

/// What a mirror that lags has instead of its source's newest commit.
QString lagging(const QString &id)
{
    return sha1("parent of " + id.toLatin1());
}

QJsonObject commitOf(const World &world, const QJsonObject &project, const QJsonObject &branch)
{
    QString id = textOf(branch, "id");
    QDateTime time = QDateTime::fromString(textOf(branch, "created_at"), Qt::ISODateWithMs);
    if (world.has("mirror-lagging") && isMirrored(world, project)) {
        id = lagging(id);
        time = time.addDays(-1);
    }
    return object({{"id", id},
                   {"short_id", id.left(8)},
                   {"title", textOf(branch, "message").section(QLatin1Char('\n'), 0, 0)},
                   {"message", textOf(branch, "message")},
                   {"author_name", world.options().user},
                   {"created_at", time.toString(Qt::ISODateWithMs)},
                   {"committed_date", time.toString(Qt::ISODateWithMs)}});
}

QJsonObject shownBranch(const World &world, const QJsonObject &project, const QString &name)
{
    const bool isDefault = name == textOf(project, "default_branch");
    const QJsonObject branch = objectOf(objectOf(project, "branches"), name.toUtf8().constData());
    return object({{"name", name},
                   {"commit", commitOf(world, project, branch)},
                   {"merged", false},
                   {"protected", isDefault},
                   {"default", isDefault}});
}

tl::unexpected<Response> refuseAction(const char *message)
{
    return refuseGit(400, QString::fromLatin1(message));
}

Outcome<void> carryOut(const QJsonObject &action, QJsonObject *files)
{
    const QString kind = textOf(action, "action"), path = textOf(action, "file_path");
    const bool isThere = files->contains(path);
    if (path.isEmpty())
        return refuseAction("actions[0][file_path] is missing");
    if (kind == QLatin1String("create") && isThere)
        return refuseAction("A file with this name already exists");
    if ((kind == QLatin1String("update") || kind == QLatin1String("delete")) && !isThere)
        return refuseAction("A file with this name doesn't exist");
    if (kind == QLatin1String("delete")) {
        files->remove(path);
        return {};
    }
    if (kind != QLatin1String("create") && kind != QLatin1String("update"))
        return refuseAction("actions[0][action] does not have a valid value");
    const QByteArray content = textOf(action, "content").toUtf8();
    const bool isEncoded = textOf(action, "encoding") == QLatin1String("base64");
    files->insert(path, QString::fromLatin1(isEncoded ? content : content.toBase64()));
    return {};
}

/// As if a byte of the last file had been lost on its way.
void corrupt(QJsonObject *files)
{
    if (files->isEmpty())
        return;
    const QString last = files->keys().constLast();
    QByteArray content = contentOf(*files, last);
    content.isEmpty() ? content.append('?') : content.replace(0, 1, "?");
    files->insert(last, QString::fromLatin1(content.toBase64()));
}

/// All actions or none. The first one of an empty repository makes its branch.
Handled commit(World &world, const Call &call, QJsonObject project)
{
    if (world.has("git-commit-refused"))
        return refuseGit(403, QStringLiteral("You are not allowed to push into this branch"));
    TRY_VALUE(const QJsonObject body, jsonBody(call.request));
    const QString name = textOf(body, "branch");
    if (name.isEmpty() || textOf(body, "commit_message").isEmpty())
        return refuseAction("branch and commit_message are needed");
    QJsonObject branches = objectOf(project, "branches");
    const QString from = textOf(body, "start_branch");
    const QString base = branches.contains(name) ? name : from;
    if (!branches.isEmpty() && !branches.contains(base))
        return refuseAction("You can only create or edit files when you are on a branch");
    QJsonObject files = objectOf(branches.value(base).toObject(), "files");
    for (const QJsonValue action : arrayOf(body, "actions"))
        TRY(carryOut(action.toObject(), &files));
    if (world.has("git-commit-corrupt"))
        corrupt(&files);
    if (branches.isEmpty())
        project.insert(QStringLiteral("default_branch"), name);
    const QJsonObject before = objectOf(branches, base.toUtf8().constData());
    QJsonArray parents = arrayOf(before, "parents");
    if (!before.isEmpty())
        parents << textOf(before, "id");
    const QJsonObject branch = object({{"id", sha1(newId().toLatin1())},
                                       {"parents", parents},
                                       {"message", textOf(body, "commit_message")},
                                       {"created_at", now()},
                                       {"files", files}});
    branches.insert(name, branch);
    project.insert(QStringLiteral("branches"), branches);
    world.put(kProjects, projectId(project), project);
    return json(commitOf(world, project, branch), 201);
}

QJsonArray treeOf(const QJsonObject &files, const QString &below, bool isRecursive)
{
    QJsonArray entries;
    QSet<QString> folders;
    for (auto it = files.begin(); it != files.end(); ++it) {
        if (!below.isEmpty() && !it.key().startsWith(below + QLatin1Char('/')))
            continue;
        const qsizetype skip = below.isEmpty() ? 0 : below.size() + 1;
        qsizetype slash = it.key().indexOf(QLatin1Char('/'), skip);
        for (; slash >= 0; slash = it.key().indexOf(QLatin1Char('/'), slash + 1)) {
            const QString folder = it.key().left(slash);
            if (!folders.contains(folder))
                entries << object({{"id", sha1("tree " + folder.toUtf8())},
                                   {"name", folder.section(QLatin1Char('/'), -1)},
                                   {"type", "tree"},
                                   {"path", folder},
                                   {"mode", "040000"}});
            folders << folder;
            if (!isRecursive)
                break;
        }
        if (isRecursive || slash < 0)
            entries << object({{"id", blobId(contentOf(files, it.key()))},
                               {"name", it.key().section(QLatin1Char('/'), -1)},
                               {"type", "blob"},
                               {"path", it.key()},
                               {"mode", "100644"}});
    }
    return entries;
}

Handled file(const Call &call, const QJsonObject &files, const QString &ref)
{
    const QString path = call.at(1);
    if (!files.contains(path))
        return refuseGit(404, QStringLiteral("404 File Not Found"));
    const QByteArray content = contentOf(files, path);
    if (call.at(2) == QLatin1String("raw"))
        return Response{{200, content, "text/plain; charset=utf-8", {}}};
    return json(object({{"file_name", path.section(QLatin1Char('/'), -1)},
                        {"file_path", path},
                        {"size", content.size()},
                        {"encoding", "base64"},
                        {"content", QString::fromLatin1(content.toBase64())},
                        {"content_sha256", QString::fromLatin1(Sha256::hex(content))},
                        {"blob_id", blobId(content)},
                        {"ref", ref}}));
}

/// A branch by its name or by one of its commits.
QJsonObject branchAt(const QJsonObject &project, const QString &ref)
{
    const QJsonObject branches = objectOf(project, "branches");
    for (auto it = branches.begin(); it != branches.end(); ++it) {
        const QJsonObject branch = it.value().toObject();
        const QString id = textOf(branch, "id");
        if (it.key() == ref || id == ref || lagging(id) == ref ||
            arrayOf(branch, "parents").contains(ref))
            return branch;
    }
    return {};
}

Handled branchCalls(const World &world, const Call &call, const QJsonObject &project)
{
    const QJsonObject branches = objectOf(project, "branches");
    if (call.path.size() > 1)
        return branches.contains(call.at(1))
                   ? Handled(json(shownBranch(world, project, call.at(1))))
                   : refuseGit(404, QStringLiteral("404 Branch Not Found"));
    QJsonArray all;
    for (const QString &name : branches.keys())
        all << shownBranch(world, project, name);
    return paged(call, all);
}

QJsonObject shownMirror(const World &world, QJsonObject mirror)
{
    // Credentials come back scrubbed.
    QString url = textOf(mirror, "url");
    const qsizetype at = url.indexOf(QLatin1Char('@'));
    const qsizetype scheme = url.indexOf(QLatin1String("://"));
    if (scheme >= 0 && at > scheme)
        url = url.left(scheme + 3) + QStringLiteral("*****:*****") + url.mid(at);
    mirror.insert(QStringLiteral("url"), url);
    if (world.has("mirror-error")) {
        mirror.insert(QStringLiteral("update_status"), QStringLiteral("failed"));
        mirror.insert(QStringLiteral("last_error"),
                      QStringLiteral("remote: HTTP Basic: Access denied"));
    }
    if (world.has("mirror-error") || world.has("mirror-lagging"))
        mirror.insert(QStringLiteral("last_successful_update_at"),
                      QDateTime::currentDateTimeUtc().addDays(-1).toString(Qt::ISODateWithMs));
    return mirror;
}

QJsonObject newMirror(World &world)
{
    return object({{"id", world.nextNumber()},
                   {"enabled", false},
                   {"only_protected_branches", false},
                   {"keep_divergent_refs", false},
                   {"auth_method", "password"},
                   {"update_status", "none"},
                   {"last_error", QJsonValue::Null},
                   {"last_update_at", QJsonValue::Null},
                   {"last_successful_update_at", QJsonValue::Null}});
}

} // namespace

Handled paged(const Call &call, const QJsonArray &all)
{
    const int size = call.request.parameter("per_page", QString::number(kPageSize)).toInt();
    const int page = call.request.parameter("page", QStringLiteral("1")).toInt();
    if (size < 1 || page < 1)
        return refuseGit(400, QStringLiteral("page does not have a valid value"));
    QJsonArray shown;
    for (int at = (page - 1) * size; at < all.size() && at < page * size; ++at)
        shown << all.at(at);
    Response response = json(shown);
    const bool isLast = page * size >= all.size();
    response.answer.headers = {
        {"X-Total", QByteArray::number(all.size())},
        {"X-Page", QByteArray::number(page)},
        {"X-Per-Page", QByteArray::number(size)},
        {"X-Next-Page", isLast ? QByteArray() : QByteArray::number(page + 1)}};
    return response;
}

Handled repositoryCalls(World &world, const Call &call, const QJsonObject &project)
{
    const QString what = call.at(0);
    if (call.matches("POST", {"commits"}))
        return commit(world, call, project);
    if (!call.is("GET"))
        return notPlayed(call.request);
    if (what == QLatin1String("branches"))
        return branchCalls(world, call, project);
    const QString ref = call.request.parameter(
        what == QLatin1String("commits") ? "ref_name" : "ref", textOf(project, "default_branch"));
    const bool isOne = what == QLatin1String("commits") && call.path.size() > 1;
    const QJsonObject branch = branchAt(project, isOne ? call.at(1) : ref);
    if (branch.isEmpty())
        return refuseGit(404, isOne ? QStringLiteral("404 Commit Not Found")
                                    : QStringLiteral("404 Tree Not Found"));
    if (isOne)
        return json(commitOf(world, project, branch));
    if (what == QLatin1String("commits"))
        return paged(call, {commitOf(world, project, branch)});
    if (what == QLatin1String("tree"))
        return paged(call, treeOf(objectOf(branch, "files"), call.request.parameter("path"),
                                  call.request.parameter("recursive") == QLatin1String("true")));
    if (what == QLatin1String("files"))
        return file(call, objectOf(branch, "files"), ref);
    return notPlayed(call.request);
}

Handled mirrorCalls(World &world, const Call &call, const QJsonObject &project)
{
    QJsonArray mirrors = arrayOf(project, "mirrors");
    if (call.matches("GET", {})) {
        QJsonArray shown;
        for (const QJsonValue mirror : mirrors)
            shown << shownMirror(world, mirror.toObject());
        return paged(call, shown);
    }
    const auto keep = [&] {
        QJsonObject changed = project;
        changed.insert(QStringLiteral("mirrors"), mirrors);
        world.put(kProjects, projectId(project), changed);
    };
    if (call.matches("POST", {})) {
        TRY_VALUE(const QJsonObject body, jsonBody(call.request));
        mirrors << mergePatched(newMirror(world), body);
        keep();
        return json(shownMirror(world, mirrors.last().toObject()), 201);
    }
    int at = 0;
    while (at < mirrors.size() &&
           QString::number(mirrors.at(at).toObject().value(QLatin1String("id")).toInt()) !=
               call.at(0))
        ++at;
    if (at == mirrors.size())
        return refuseGit(404, QStringLiteral("404 Not found"));
    QJsonObject mirror = mirrors.at(at).toObject();
    if (call.matches("GET", {"*"}))
        return json(shownMirror(world, mirror));
    if (call.matches("DELETE", {"*"})) {
        mirrors.removeAt(at);
        keep();
        return noContent();
    }
    if (call.matches("PUT", {"*"})) {
        TRY_VALUE(const QJsonObject body, jsonBody(call.request));
        mirror = mergePatched(mirror, body);
    } else if (call.matches("POST", {"*", "sync"})) {
        for (const char *key : {"last_update_at", "last_successful_update_at"})
            mirror.insert(QLatin1String(key), now());
        mirror.insert(QStringLiteral("update_status"), QStringLiteral("finished"));
    } else {
        return notPlayed(call.request);
    }
    mirrors.replace(at, mirror);
    keep();
    return call.is("PUT") ? Handled(json(shownMirror(world, mirror))) : Handled(noContent());
}

} // namespace lb::practice::ibm
