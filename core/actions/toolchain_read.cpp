// SPDX-License-Identifier: GPL-3.0-or-later
// Looking at toolchains and their services: facts, the survey, checks.
#include "core/actions/answer_output.h"
#include "core/actions/saved_toolchain.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/systems/ibm_toolchain/address.h"
#include "core/systems/ibm_toolchain/api_copy.h"
#include "core/systems/ibm_toolchain/region_advice.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QLocale>
#include <QSet>

#include <array>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

/// `a/0123…` of a CRN (sheet §2.1).
QString accountOf(const DataValue &toolchain)
{
    const QString owner = toolchain.textOf(QStringLiteral("crn")).section(QLatin1Char(':'), 6, 6);
    return owner.startsWith(QLatin1String("a/")) ? owner.mid(2) : owner;
}

/// A name as a step's key and a folder: letters, digits and dashes, and not taken yet.
QString keyFor(const QString &name, const QString &id, QSet<QString> &taken)
{
    QString key;
    for (const QChar &letter : name.toLower()) {
        const bool isPlain =
            (letter >= u'a' && letter <= u'z') || (letter >= u'0' && letter <= u'9');
        if (isPlain)
            key += letter;
        else if (!key.isEmpty() && !key.endsWith(u'-'))
            key += u'-';
    }
    key.truncate(60);
    while (key.endsWith(u'-'))
        key.chop(1);
    if (key.isEmpty() || taken.contains(key))
        key += (key.isEmpty() ? QString() : QStringLiteral("-")) + id.left(8);
    taken.insert(key);
    return key;
}

Result<DataValue> readGit(ToolchainJob &job, const char *purpose, const QString &doing)
{
    TRY_VALUE(const ToolchainReply reply, job.send(QLatin1String(purpose), doing));
    if (reply.status == 401)
        return fail(ErrorCode::Denied, doing, tr("the server answered 401"),
                    tr("The token has ended, was revoked, or is of another region: accounts and "
                       "tokens are separate in each. Make one at %1/-/user_settings/"
                       "personal_access_tokens and set it as the secret %2")
                        .arg(job.call.at.git, job.call.at.gitToken));
    if (!reply.isGood())
        return tl::unexpected(gitFailure(reply, doing, job));
    return readJsonData(reply.body, doing);
}

Result<CallOutcome> key(ToolchainJob &job)
{
    const QString doing = tr("The API key cannot be used at %1").arg(job.call.at.iam);
    TRY_VALUE(const ToolchainReply reply, job.send(QStringLiteral("account"), doing));
    // Not every stand-in has this call; that the key was exchanged says what matters.
    if (!reply.isGood() && !reply.isMissing())
        return tl::unexpected(toolchainFailure(reply, doing, job.context.redactor.get()));
    const QString account =
        QJsonDocument::fromJson(reply.body).object().value(QLatin1String("account_id")).toString();
    return account.isEmpty() ? holds(tr("exchanged for a token"))
                             : holds(tr("exchanged for a token, of account %1").arg(account));
}

/// What is to be said of each region that is being closed.
QStringList endsOf(const std::vector<ToolchainPlace> &places)
{
    QStringList ends;
    for (const ToolchainPlace &place : places)
        ends << regionEnd(toolchainRegion(place.region), QDate::currentDate());
    ends.removeAll(QString());
    ends.removeDuplicates();
    return ends;
}

Result<CallOutcome> source(ToolchainJob &job)
{
    QStringList names;
    for (const ToolchainPlace &place : job.call.toolchains) {
        TRY(checkSourceRegion(place.region));
        TRY_VALUE(const DataValue answer, readToolchain(job, place));
        TRY_VALUE(const auto pipelines, toolchainPipelines(answer));
        names << tr("%1 in %2 with %n pipeline(s)", nullptr, int(pipelines.size()))
                     .arg(toolchainIn(answer)->textOf(QStringLiteral("name")), place.region);
    }
    return holds((names + endsOf(job.call.toolchains)).join(QStringLiteral("; ")));
}

/// Before a region ends everything in it must have been saved: then its data are gone for good.
Result<CallOutcome> closing(ToolchainJob &job)
{
    const QStringList ends = endsOf(job.call.toolchains);
    if (ends.isEmpty())
        return holds(tr("no region of these is being closed"));
    return fail(
        ErrorCode::Conflict, ends.join(QStringLiteral("; ")), {},
        tr("What is removed cannot be recovered. Save now, and restore into a region that stays"));
}

Result<CallOutcome> target(ToolchainJob &job)
{
    TRY(checkTargetRegion(job.call.region));
    const QString from = job.call.details.value(QLatin1String("region")).toString();
    if (from == job.call.region)
        return fail(ErrorCode::Conflict,
                    tr("%1 is the region that it was saved from").arg(job.call.region), {},
                    tr("Choose another one as target_region"));
    TRY_VALUE(const ToolchainExport saved, readSavedToolchain(job));
    TRY_VALUE(const Template made, restoreTemplate(saved, job.call));
    return holds(tr("%1 stays; saved from %2, with %n automatic trigger(s)", nullptr,
                    int(made.removed.size()))
                     .arg(job.call.region, from));
}

Result<CallOutcome> tekton(ToolchainJob &job)
{
    TRY_VALUE(const ToolchainExport saved, readSavedToolchain(job));
    TRY_VALUE(const Template made, restoreTemplate(saved, job.call));
    TRY_VALUE(const ToolchainToMake whole, toolchainToMake(made));
    TRY(checkIsTekton(whole));
    return holds(tr("%n tool(s), every pipeline a Tekton one", nullptr, int(whole.tools.size())));
}

Result<CallOutcome> git(ToolchainJob &job)
{
    const QString doing = tr("The token does not let anybody in at %1").arg(job.call.at.git);
    TRY_VALUE(const DataValue user, readGit(job, "user", doing));
    TRY_VALUE(const DataValue answer, readGit(job, "token_self", doing));
    TRY_VALUE(const GitToken self, readGitToken(answer));
    const QStringList missing = self.missingScopes();
    if (!missing.isEmpty())
        return fail(ErrorCode::Denied,
                    tr("The token at %1 lacks scopes: %2")
                        .arg(job.call.at.git, missing.join(QStringLiteral(", "))),
                    tr("it has %1").arg(self.scopes.join(QStringLiteral(", "))),
                    tr("Make another one with all five, and set it as the secret %1")
                        .arg(job.call.at.gitToken));
    const QString name = user.textOf(QStringLiteral("username"));
    return holds(self.expires.isValid()
                     ? tr("of %1, with every scope, until %2")
                           .arg(name, QLocale().toString(self.expires, QLocale::ShortFormat))
                     : tr("of %1, with every scope").arg(name));
}

/// Without the service nothing can be made in a region (sheet §8).
Result<CallOutcome> instance(ToolchainJob &job)
{
    const ToolchainCall &call = job.call;
    const QString doing =
        tr("Nobody knows whether %1 has a Continuous Delivery service").arg(call.region);
    TRY_VALUE(const DataValue key, askData(job, QStringLiteral("account"), doing));
    const QByteArray question =
        toJson({{QStringLiteral("query"),
                 QStringLiteral("service_name:continuous-delivery AND region:\"%1\" AND "
                                "doc.state:ACTIVE")
                     .arg(call.region)},
                {QStringLiteral("fields"), QJsonArray{QStringLiteral("doc.resource_group_id"),
                                                      QStringLiteral("doc.region_id")}}});
    ToolchainBody body{question};
    body.isRepeatable = true; // it only asks
    TRY_VALUE(const DataValue answer,
              askData(job, QStringLiteral("search"), doing,
                      {{QStringLiteral("account"), key.textOf(QStringLiteral("account_id"))}},
                      body));
    const DataValue *items = answer.get(QStringLiteral("items"));
    if (items && !items->items.empty())
        return holds(tr("there is one in %1").arg(call.region));
    return fail(ErrorCode::NotFound,
                tr("The account has no Continuous Delivery service in %1").arg(call.region), {},
                tr("Create one in the console, in the resource group of the copy. A plan Lite is "
                   "enough to begin with"));
}

/// A second one of the same name is allowed, and confuses people.
Result<CallOutcome> nameIsFree(ToolchainJob &job)
{
    TRY_VALUE(const QStringList ids, namesakes(job));
    if (ids.isEmpty())
        return holds(tr("nothing in %1 is called %2").arg(job.call.region, job.call.name));
    return fail(ErrorCode::Conflict,
                tr("%1 has a toolchain called %2 already").arg(job.call.region, job.call.name),
                listed(ids),
                tr("It stays as it is. Delete it when it is of an earlier try, or give the copy "
                   "another name with name_suffix"));
}

struct Check
{
    const char *name;
    Result<CallOutcome> (*holds)(ToolchainJob &);
};

constexpr std::array kChecks{
    Check{"key", key},
    Check{"source", source},
    Check{"closing", closing},
    Check{"unchanged", sourceIsUnchanged},
    Check{"source_seen", sourceIsSeen},
    Check{"source_quiet", sourceIsQuiet},
    Check{"instance", instance},
    Check{"target", target},
    Check{"tekton", tekton},
    Check{"git", git},
    Check{"name", nameIsFree},
    Check{"repositories", mirrorsAreThere},
    Check{"mirror_lag", mirrorsAreUpToDate},
    Check{"returned", sourceHasEveryCommit},
};

} // namespace

Result<CallOutcome> readToolchainFact(ToolchainJob &job)
{
    const ToolchainCall &call = job.call;
    if (call.check == QLatin1String("git_user")) {
        const QString doing = tr("Nobody knows whose the token is at %1").arg(call.at.git);
        TRY_VALUE(const DataValue user, readGit(job, "user", doing));
        const DataValue *id = user.get(QStringLiteral("id"));
        return readOutcome(QStringLiteral("%1@%2").arg(
            id ? id->text : QString(), call.at.git.section(QStringLiteral("//"), 1)));
    }
    if (call.check == QLatin1String("account") || call.check == QLatin1String("user")) {
        const QString doing = tr("Nobody knows whose the API key is at %1").arg(call.at.iam);
        TRY_VALUE(const ToolchainReply reply, job.ask(QStringLiteral("account"), doing));
        TRY_VALUE(const QJsonObject details, parseJsonObject(reply.body, tr("IAM's answer")));
        const bool isUser = call.check == QLatin1String("user");
        const QString who =
            details.value(isUser ? QLatin1String("iam_id") : QLatin1String("account_id"))
                .toString();
        if (who.isEmpty())
            return fail(ErrorCode::Corrupt, doing,
                        isUser ? tr("the answer names no user")
                               : tr("the answer names no account"));
        return readOutcome(who);
    }
    const bool isOwner = call.check == QLatin1String("owner");
    QStringList where;
    if (call.toolchains.empty()) {
        // A region that answers for this user.
        const QString doing = tr("Nobody answers for toolchains in %1").arg(call.region);
        TRY_VALUE(const DataValue answer, askData(job, QStringLiteral("toolchains"), doing,
                                                  {{QStringLiteral("name"), QString()},
                                                   {QStringLiteral("start"), QString()}}));
        const DataValue *list = answer.get(QStringLiteral("toolchains"));
        for (const DataValue &one : list ? list->items : std::vector<DataValue>())
            where << (isOwner ? accountOf(one) : call.region);
        if (!isOwner)
            where << call.region;
    }
    // What the console says, not what the address says.
    for (const ToolchainPlace &place : call.toolchains) {
        TRY_VALUE(const DataValue answer, readToolchain(job, place));
        where << (isOwner ? accountOf(*toolchainIn(answer)) : regionOf(answer));
    }
    where.removeAll(QString());
    if (where.isEmpty())
        return fail(ErrorCode::NotFound, tr("No toolchain says whose it is"));
    where.removeDuplicates();
    where.sort();
    return readOutcome(where.join(QLatin1Char(' ')));
}

QString lastChange(const DataValue &answer)
{
    const DataValue *toolchain = toolchainIn(answer);
    QString newest = toolchain->textOf(QStringLiteral("updated_at"));
    const DataValue *tools = toolchain->get(QStringLiteral("services"));
    for (const DataValue &tool : tools ? tools->items : std::vector<DataValue>())
        newest = std::max(newest, tool.textOf(QStringLiteral("updated_at")));
    return newest;
}

Result<CallOutcome> surveyToolchains(ToolchainJob &job)
{
    QJsonArray list;
    QSet<QString> taken;
    for (const ToolchainPlace &place : job.call.toolchains) {
        TRY(checkSourceRegion(place.region));
        TRY_VALUE(const DataValue answer, readToolchain(job, place));
        TRY_VALUE(const auto pipelines, toolchainPipelines(answer));
        const DataValue *toolchain = toolchainIn(answer);
        const QString name = toolchain->textOf(QStringLiteral("name"));
        list.append(QJsonObject{
            {QStringLiteral("id"), place.id},
            {QStringLiteral("key"), keyFor(name, place.id, taken)},
            {QStringLiteral("name"), name},
            {QStringLiteral("region"), place.region},
            {QStringLiteral("address"), QStringLiteral("https://cloud.ibm.com/devops/toolchains/%1"
                                                       "?env_id=%2")
                                            .arg(place.id, place.environment())},
            {QStringLiteral("pipelines"), int(pipelines.size())},
            {QStringLiteral("updated_at"), lastChange(answer)}});
    }
    CallOutcome outcome;
    outcome.answer.value = QJsonObject{{QStringLiteral("toolchains"), list}};
    outcome.outputs.insert(QStringLiteral("json"), outcome.answer.value);
    return outcome;
}

Result<CallOutcome> checkToolchain(ToolchainJob &job)
{
    for (const Check &check : kChecks) {
        if (job.call.check == QLatin1String(check.name))
            return check.holds(job);
    }
    return fail(ErrorCode::Internal, tr("There is no check “%1”").arg(job.call.check));
}

} // namespace lb
