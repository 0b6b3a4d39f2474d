// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/toolchain_call.h"

#include "core/base/error.h"
#include "core/base/json.h"

#include <QJsonArray>

#include <array>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

struct Word
{
    ToolchainWork work;
    const char *name;
};

constexpr std::array kWords{
    Word{ToolchainWork::Fact, "fact"},           Word{ToolchainWork::Survey, "survey"},
    Word{ToolchainWork::Check, "check"},         Word{ToolchainWork::Save, "save"},
    Word{ToolchainWork::Publish, "publish"},     Word{ToolchainWork::Create, "create"},
    Word{ToolchainWork::Build, "build"},         Word{ToolchainWork::Compare, "compare"},
    Word{ToolchainWork::Locate, "locate"},       Word{ToolchainWork::SetSecret, "set_secret"},
    Word{ToolchainWork::Triggers, "triggers"},   Word{ToolchainWork::Prove, "prove"},
    Word{ToolchainWork::Projects, "projects"},   Word{ToolchainWork::Revoke, "revoke"},
    Word{ToolchainWork::Unpublish, "unpublish"}, Word{ToolchainWork::RemoveCreated, "remove"},
};

QString idsOf(const ToolchainCall &call)
{
    QStringList ids;
    for (const ToolchainPlace &place : call.toolchains)
        ids << QStringLiteral("%1 (%2)").arg(place.id, place.region);
    return ids.join(QStringLiteral(", "));
}

QString checkTitle(const ToolchainCall &call)
{
    const QString &check = call.check;
    if (check == QLatin1String("key"))
        return tr("See that the API key is exchanged for a token at %1").arg(call.at.iam);
    if (check == QLatin1String("source"))
        return tr("See that each toolchain can be read: %1").arg(idsOf(call));
    if (check == QLatin1String("closing"))
        return tr("See how long the regions of the toolchains are still there");
    if (check == QLatin1String("unchanged"))
        return tr("See whether a toolchain has changed since restore point %1 was saved")
            .arg(call.point);
    if (check == QLatin1String("target"))
        return tr("See that %1 takes new toolchains, and that the template of part %2 can be made "
                  "there")
            .arg(call.region, call.part);
    if (check == QLatin1String("tekton"))
        return tr("See that every pipeline of part %1 is a Tekton one, and that the public APIs "
                  "can "
                  "make each of its tools")
            .arg(call.part);
    if (check == QLatin1String("instance"))
        return tr("See that there is a Continuous Delivery service in %1").arg(call.region);
    if (check == QLatin1String("name"))
        return tr("See whether %1 has a toolchain of the same name already").arg(call.region);
    if (check == QLatin1String("git"))
        return tr("See that the token is good at %1 and has every scope").arg(call.at.git);
    if (check == QLatin1String("source_seen"))
        return tr("See that the source of restore point %1 can be looked at").arg(call.point);
    if (check == QLatin1String("mirror_lag"))
        return tr("See that each mirror at %1 has the branches of its source at %2 as they are, "
                  "and "
                  "that mirroring has no error")
            .arg(call.at.git, call.at.sourceGit);
    if (check == QLatin1String("returned"))
        return tr("See that the source at %1 has every commit of its mirror at %2")
            .arg(call.at.sourceGit, call.at.git);
    if (check == QLatin1String("repositories"))
        return tr("See that each repository has its mirror at %1, and that it is not empty")
            .arg(call.at.git);
    return tr("See that no trigger of the source starts a pipeline");
}

} // namespace

const QStringList &toolchainServiceInputs()
{
    static const QStringList list{
        QStringLiteral("iam_url"),           QStringLiteral("console_url"),
        QStringLiteral("toolchain_api_url"), QStringLiteral("pipeline_api_url"),
        QStringLiteral("git_url"),           QStringLiteral("search_url"),
        QStringLiteral("services_ca")};
    return list;
}

QStringList ToolchainCall::scope() const
{
    QStringList list;
    for (const ToolchainPlace &place : toolchains)
        list << QStringLiteral("toolchain://%1/%2").arg(place.region, place.id);
    if (toolchains.empty() && !name.isEmpty())
        list << QStringLiteral("toolchain://%1/%2").arg(region, name);
    return list;
}

QJsonObject ToolchainCall::toJson() const
{
    QJsonObject object{{QStringLiteral("call"), QStringLiteral("toolchain")}};
    for (const Word &word : kWords) {
        if (word.work == work)
            object.insert(QStringLiteral("work"), QLatin1String(word.name));
    }
    const auto text = [&](const char *key, const QString &value) {
        if (!value.isEmpty())
            object.insert(QLatin1String(key), value);
    };
    text("iam", at.iam);
    text("console", at.console);
    text("toolchain_api", at.toolchain);
    text("pipeline_api", at.pipeline);
    text("git", at.git);
    text("search", at.search);
    text("ca", at.ca);
    text("api_key", at.apiKey);
    text("git_token", at.gitToken);
    text("source_git", at.sourceGit);
    text("source_git_token", at.sourceGitToken);
    text("check", check);
    QJsonArray places;
    for (const ToolchainPlace &place : toolchains)
        places.append(QJsonObject{{QStringLiteral("id"), place.id},
                                  {QStringLiteral("region"), place.region}});
    if (!places.isEmpty())
        object.insert(QStringLiteral("toolchains"), places);
    text("region", region);
    text("name", name);
    text("group", group);
    if (!project.isEmpty())
        object.insert(QStringLiteral("project"), project.toJson());
    if (!copy.isEmpty())
        object.insert(QStringLiteral("copy"), copy.toJson());
    text("branch", branch);
    text("folder", folder);
    text("part", part);
    text("point", point);
    text("file", file);
    text("title", title);
    text("slot", slotId);
    text("secret", secret);
    text("tool", tool);
    if (!repositories.isEmpty())
        object.insert(QStringLiteral("repositories"), toJsonArray(repositories));
    if (isOn)
        object.insert(QStringLiteral("on"), true);
    if (isByPerson)
        object.insert(QStringLiteral("by_person"), true);
    if (!details.isEmpty())
        object.insert(QStringLiteral("details"), details);
    return object;
}

std::optional<ToolchainCall> ToolchainCall::fromJson(const QJsonObject &object)
{
    const auto text = [&](const char *key) { return object.value(QLatin1String(key)).toString(); };
    for (const Word &word : kWords) {
        if (text("work") != QLatin1String(word.name))
            continue;
        ToolchainCall call;
        call.work = word.work;
        call.at = {text("iam"),
                   text("console"),
                   text("toolchain_api"),
                   text("pipeline_api"),
                   text("git"),
                   text("search"),
                   text("ca"),
                   text("api_key"),
                   text("git_token"),
                   text("source_git"),
                   text("source_git_token")};
        call.check = text("check");
        for (const QJsonValue place : object.value(QLatin1String("toolchains")).toArray())
            call.toolchains.push_back(
                {place[QLatin1String("id")].toString(), place[QLatin1String("region")].toString()});
        call.region = text("region");
        call.name = text("name");
        call.group = text("group");
        call.project = TemplateText::fromJson(object.value(QLatin1String("project")));
        call.copy = TemplateText::fromJson(object.value(QLatin1String("copy")));
        call.branch = text("branch");
        call.folder = text("folder");
        call.part = text("part");
        call.point = text("point");
        call.file = text("file");
        call.title = text("title");
        call.slotId = text("slot");
        call.secret = text("secret");
        call.repositories = toStringList(object.value(QLatin1String("repositories")));
        call.tool = text("tool");
        call.isOn = object.value(QLatin1String("on")).toBool();
        call.isByPerson = object.value(QLatin1String("by_person")).toBool();
        call.details = object.value(QLatin1String("details")).toObject();
        return call;
    }
    return std::nullopt;
}

QStringList ToolchainCall::describe() const
{
    switch (work) {
    case ToolchainWork::Fact:
        if (check == QLatin1String("account"))
            return {tr("Read whose account the API key is of, at %1").arg(at.iam)};
        if (check == QLatin1String("user"))
            return {tr("Read which user the API key is of, at %1").arg(at.iam)};
        if (check == QLatin1String("git_user"))
            return {tr("Read whose the token is at %1").arg(at.git)};
        if (check == QLatin1String("owner"))
            return {tr("Read which account the toolchains are of, as their service says it")};
        return {toolchains.empty()
                    ? tr("See that %1 answers for toolchains").arg(region)
                    : tr("Read in which region each toolchain is: %1").arg(idsOf(*this))};
    case ToolchainWork::Survey:
        return {tr("Read what the toolchains are called and when they changed last: %1")
                    .arg(idsOf(*this))};
    case ToolchainWork::Check:
        return {checkTitle(*this)};
    case ToolchainWork::Save: {
        QStringList lines{
            tr("Read toolchain %1 and each of its pipelines, at most six requests at once")
                .arg(idsOf(*this)),
            tr("Write its template, take every secret out of what was read, and save both as %1")
                .arg(file)};
        if (!folder.isEmpty())
            lines << tr("Write the template into %1 too").arg(folder);
        return lines;
    }
    case ToolchainWork::Publish:
        return {tr("Make the private project %1 at %2").arg(project.display(), at.git),
                tr("Put the template of part %1 into it by one commit on branch %2, without what "
                   "would start by itself, and read it back and compare")
                    .arg(part, branch)};
    case ToolchainWork::Create:
        if (isByPerson)
            return {tr("Find toolchain %1 in %2, that somebody has had made in the browser, and "
                       "wait until its tools are set up")
                        .arg(name, region),
                    tr("Switch off triggers that are on, end runs that begin by themselves")};
        return {tr("Have toolchain %1 made in %2 from %3, and wait until its tools are set up")
                    .arg(name, region, project.display()),
                tr("When the answer is lost, look for it by its name before anything is made a "
                   "second time; switch off triggers that are on, end runs that begin by "
                   "themselves")};
    case ToolchainWork::Build:
        return {tr("Make toolchain %1 in %2 by the public APIs: its tools, then each Tekton "
                   "pipeline with its definitions, properties and triggers; secrets are left out, "
                   "and only manual triggers are on")
                    .arg(name, region),
                tr("Look for each piece by its name before it is made, and again when an answer is "
                   "lost: nothing is made twice")};
    case ToolchainWork::Compare:
        return {tr("Compare the tools and pipelines of the copy with the template of part %1")
                    .arg(part)};
    case ToolchainWork::Locate:
        return {tr("Find the page of %1 in the copy %2").arg(tool, name)};
    case ToolchainWork::SetSecret:
        return {tr("Put the secret %1 into %2 of the copy %3, and see that it is set")
                    .arg(secret, slotId, name)};
    case ToolchainWork::Triggers:
        if (!toolchains.empty())
            return {isOn ? tr("Switch on the triggers of %1 that were on when it was saved, and "
                              "see that they are")
                               .arg(idsOf(*this))
                         : tr("Switch off every trigger of %1 that starts a pipeline by itself, "
                              "and see that they are off")
                               .arg(idsOf(*this))};
        return {isOn ? tr("Switch on the triggers that were on before, and see that they are")
                     : tr("Switch off every trigger that starts a pipeline by itself, and see that "
                          "they are off")};
    case ToolchainWork::Prove:
        return {tr("Run every Tekton pipeline by its manual trigger and wait until it has "
                   "succeeded")};
    case ToolchainWork::Projects:
        return {
            tr("List the temporary projects that runs of Lifeboat have left at %1").arg(at.git)};
    case ToolchainWork::Revoke:
        return {tr("Revoke the token at %1, and see that it is refused").arg(at.git)};
    case ToolchainWork::Unpublish:
        return {tr("Delete the project %1 at %2, and see that it is gone")
                    .arg(project.display(), at.git)};
    case ToolchainWork::RemoveCreated:
        return {tr("Delete the toolchain that this run has made in %1").arg(region)};
    }
    return {};
}

} // namespace lb
