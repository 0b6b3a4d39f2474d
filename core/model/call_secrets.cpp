// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/age.h"
#include "core/model/plan.h"
#include "core/model/sudo.h"

namespace lb {

std::vector<SecretUse> secretsOf(const Call &call)
{
    std::vector<SecretUse> uses;
    const auto take = [&uses](const Sensitive &value, const char *channel) {
        if (const auto *secret = std::get_if<SecretRef>(&value))
            uses.push_back({secret->name, QLatin1String(channel)});
    };
    if (const auto *process = callAs<ProcessCall>(call)) {
        for (const auto &[variable, value] : process->environment)
            take(value, "environment");
        take(process->input, "stdin");
        if (process->asksPassword)
            uses.push_back({QString::fromLatin1(kSudoPassword), QStringLiteral("stdin")});
    } else if (const auto *http = callAs<HttpCall>(call)) {
        for (const auto &[header, value] : http->headers)
            take(value, "header");
        for (const QString &name : {http->password, http->bearer}) {
            if (!name.isEmpty())
                uses.push_back({name, QStringLiteral("header")});
        }
        take(http->body, "body");
    } else if (const auto *file = callAs<WriteFileCall>(call)) {
        take(file->content, "file");
    } else if (const auto *server = callAs<PostgresCall>(call)) {
        if (!server->at.password.isEmpty())
            uses.push_back({server->at.password, QStringLiteral("environment")});
        for (const ProcessCall &program : programsOf(*server))
            take(program.input, "stdin");
    } else if (const auto *cluster = callAs<ElasticsearchCall>(call)) {
        if (!cluster->at.password.isEmpty())
            uses.push_back({cluster->at.password, QStringLiteral("header")});
        if (!cluster->alienPassword.isEmpty())
            uses.push_back({cluster->alienPassword, QStringLiteral("body")});
        if (cluster->check == QLatin1String("saved_config") && !cluster->file.isEmpty())
            uses.push_back({kAgeIdentity, QStringLiteral("stdin")});
    } else if (const auto *toolchain = callAs<ToolchainCall>(call)) {
        if (!toolchain->at.apiKey.isEmpty())
            uses.push_back({toolchain->at.apiKey, QStringLiteral("body")});
        if (!toolchain->at.gitToken.isEmpty())
            uses.push_back({toolchain->at.gitToken, toolchain->work == ToolchainWork::Create
                                                        ? QStringLiteral("body")
                                                        : QStringLiteral("header")});
        if (!toolchain->at.sourceGitToken.isEmpty())
            uses.push_back({toolchain->at.sourceGitToken, QStringLiteral("header")});
        if (!toolchain->secret.isEmpty())
            uses.push_back({toolchain->secret, QStringLiteral("body")});
    } else if (const auto *stage = callAs<TreeStageCall>(call)) {
        if (!stage->file.isEmpty())
            uses.push_back({kAgeIdentity, QStringLiteral("stdin")});
    } else if (const auto *point = callAs<PointCall>(call)) {
        if (point->params.value(QLatin1String("open")).toBool())
            uses.push_back({kAgeIdentity, QStringLiteral("stdin")});
    } else if (const auto *wait = callAs<WaitUntilCall>(call)) {
        for (const SecretUse &use : secretsOf(*wait->read))
            uses.push_back(use);
    } else if (const auto *read = callAs<ReadCall>(call);
               read && read->kind == ActionKind::Secret) {
        const QJsonValue name = read->params.value(QLatin1String("name"));
        uses.push_back({TemplateText::fromJson(name).literal(), QStringLiteral("check")});
    }
    return uses;
}

QStringList secretNames(const std::vector<Call> &calls)
{
    QStringList names;
    for (const Call &call : calls) {
        for (const SecretUse &use : secretsOf(call)) {
            if (!names.contains(use.name))
                names << use.name;
        }
    }
    return names;
}

} // namespace lb
