// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/action_calls.h"

#include "core/model/sudo.h"
#include "core/plan/params.h"
#include "core/plan/path_scope.h"
#include "core/plan/planner.h"

#include <QRegularExpression>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

/// `command:` as a whole, from an input of type command: its words are the admin's own, so they
/// may begin with “-”.
Result<QJsonArray> wholeCommand(const Action &action, const References &references,
                                const QString &text)
{
    TRY_VALUE(const QJsonValue value,
              references.value(text, kArgument, paramPlace(action, "command")));
    const QJsonArray words = value.toArray();
    if (words.isEmpty())
        return badParam(action, "command", tr("is empty"));
    for (const QJsonValue word : words) {
        if (!word.isString() || word.toString().contains(QChar(u'\0')))
            return badParam(action, "command", tr("must be a list of texts without NUL"));
    }
    return words;
}

Result<void> setProgram(ProcessCall &call, const Action &action, const QString &program)
{
    if (program.isEmpty())
        return badParam(action, "program", tr("is empty: it does not say what to start"));
    if (program.startsWith(QLatin1Char('-')) || program.contains(QChar(u'\0')) ||
        program.contains(QLatin1Char('\n')))
        return badParam(action, "program", tr("is not the name of a program"));
    call.program = program;
    return {};
}

Result<void> setCommand(ProcessCall &call, const Action &action, const References &references)
{
    const QJsonValue command = rawParam(action, "command");
    if (command.isString()) {
        TRY_VALUE(const QJsonArray words, wholeCommand(action, references, command.toString()));
        TRY(setProgram(call, action, words.first().toString()));
        for (qsizetype i = 1; i < words.size(); ++i)
            call.arguments.emplace_back(words.at(i).toString());
        return {};
    }
    if (command.isArray()) {
        TRY_VALUE(std::vector<TemplateText> words,
                  listParam(action, "command", references, kArgument));
        if (words.empty())
            return badParam(action, "command", tr("is empty"));
        if (words.front().hasSlots())
            return badParam(
                action, "command",
                tr("begins with %1, which only the run will know; a program must stand in "
                   "the plan")
                    .arg(words.front().display()));
        TRY(setProgram(call, action, words.front().literal()));
        call.arguments.assign(words.begin() + 1, words.end());
        return {};
    }
    TRY_VALUE(const QString program, literalParam(action, "program", references));
    TRY(setProgram(call, action, program));
    TRY_VALUE(call.arguments, listParam(action, "args", references, kArgument));
    return {};
}

Result<void> setUser(ProcessCall &call, const Action &action, const References &references)
{
    TRY_VALUE(const QString user, literalParam(action, "as", references));
    const PlanInputs &in = references.inputs();
    if (user.isEmpty() || user == in.user)
        return {};
    if (!isUserName(user))
        return badParam(action, "as", tr("is not the name of a user: %1").arg(user));
    call.user = user;
    QStringList arguments;
    for (const TemplateText &argument : call.arguments)
        arguments << argument.display();
    // sudo asks nothing of root.
    call.asksPassword =
        in.user != QLatin1String("root") &&
        sudoAsks(in.sudoListing, user, in.programs.value(call.program, call.program), arguments);
    return {};
}

Result<Call> processCall(const Action &action, const References &references,
                         const CallContext &context)
{
    if (action.kind == ActionKind::Ssh) {
        TRY_VALUE(const QString host, literalParam(action, "host", references));
        return notThereYet(tr("Running a program on %1 over SSH")
                               .arg(host.isEmpty() ? tr("another machine") : host));
    }
    ProcessCall call;
    TRY(setCommand(call, action, references));
    TRY(setUser(call, action, references));
    TRY_VALUE(call.folder, pathParam(action, "folder", references));
    const QJsonObject environment = rawParam(action, "environment").toObject();
    for (auto it = environment.begin(); it != environment.end(); ++it) {
        TRY_VALUE(Sensitive value, sensitiveValue(it.value(), references, kArgument,
                                                  tr("environment variable %1").arg(it.key())));
        call.environment.emplace_back(it.key(), std::move(value));
    }
    TRY_VALUE(call.input, sensitiveValue(rawParam(action, "input"), references, kContent,
                                         paramPlace(action, "input")));
    TRY_VALUE(call.success, statusListParam(action, "success"));
    TRY_VALUE(const QString output, literalParam(action, "output", references));
    call.output = fromWord<OutputKind>(output).value_or(OutputKind::None);
    if (context.needsText && call.output == OutputKind::None)
        call.output = OutputKind::Text;
    call.startsDaemon = context.startsDaemon;
    return Call(std::move(call));
}

/// `json` with its references filled; a text that is one reference keeps its value's type when that
/// is known now.
Result<QJsonValue> filledJson(const QJsonValue &raw, const Action &action,
                              const References &references)
{
    if (raw.isArray()) {
        QJsonArray filled;
        for (const QJsonValue item : raw.toArray()) {
            TRY_VALUE(const QJsonValue one, filledJson(item, action, references));
            filled.append(one);
        }
        return QJsonValue(filled);
    }
    if (raw.isObject()) {
        if (isTemplateJson(raw))
            return badParam(action, "json",
                            tr("holds an object whose only key is “text”, with a list"));
        QJsonObject filled;
        const QJsonObject object = raw.toObject();
        for (auto it = object.begin(); it != object.end(); ++it) {
            TRY_VALUE(const QJsonValue one, filledJson(it.value(), action, references));
            filled.insert(it.key(), one);
        }
        return QJsonValue(filled);
    }
    if (!raw.isString())
        return raw;
    if (const auto reference = wholeReference(raw.toString())) {
        TRY_VALUE(const Resolved resolved, references.resolve(*reference));
        if (const auto *value = std::get_if<QJsonValue>(&resolved))
            return isTemplateJson(*value) ? filledJson(*value, action, references) : *value;
    }
    TRY_VALUE(const TemplateText text, references.fill(raw.toString(), kContent));
    return text.toJson();
}

/// Who is asked stands in the plan: no slot before the path begins.
Result<void> checkUrl(const Action &action, const TemplateText &url)
{
    static const QRegularExpression pattern(
        QStringLiteral("\\Ahttps?://[^/?#@\\\\\\s‹›]+(?:[/?#]|\\z)"),
        QRegularExpression::CaseInsensitiveOption);
    const QString shown = url.display();
    if (!pattern.match(shown).hasMatch())
        return badParam(
            action, "url",
            tr("must begin with http:// or https:// and a host without user and password, "
               "and is “%1”")
                .arg(shown));
    return {};
}

/// A user without a password, a key without its certificate.
Result<void> checkPair(const Action &action, const char *one, const char *other)
{
    const bool hasOne = !isEmptyValue(rawParam(action, one));
    if (hasOne != !isEmptyValue(rawParam(action, other)))
        return badParam(action, hasOne ? one : other,
                        tr("wants “%1” beside it").arg(QLatin1String(hasOne ? other : one)));
    return {};
}

Result<Call> httpCall(const Action &action, const References &references,
                      const CallContext &context)
{
    if (!isEmptyValue(rawParam(action, "via")))
        return notThereYet(tr("A route through other machines (via)"));
    HttpCall call;
    TRY_VALUE(call.method, literalParam(action, "method", references));
    TRY_VALUE(call.url, textParam(action, "url", references, kNoOption));
    TRY(checkUrl(action, call.url));
    const QJsonObject headers = rawParam(action, "headers").toObject();
    for (auto it = headers.begin(); it != headers.end(); ++it) {
        TRY_VALUE(Sensitive value,
                  sensitiveValue(it.value(), references, kNoOption, tr("header %1").arg(it.key())));
        call.headers.emplace_back(it.key(), std::move(value));
    }
    TRY_VALUE(call.body, sensitiveValue(rawParam(action, "body"), references, kContent,
                                        paramPlace(action, "body")));
    if (const QJsonValue json = rawParam(action, "json"); !json.isUndefined()) {
        TRY_VALUE(call.json, filledJson(json, action, references));
    }
    TRY_VALUE(call.fromFile, pathParam(action, "from_file", references));
    TRY_VALUE(call.toFile, pathParam(action, "to_file", references));
    TRY_VALUE(call.ca, pathParam(action, "ca", references));
    TRY_VALUE(call.clientCertificate, pathParam(action, "client_certificate", references));
    TRY_VALUE(call.clientKey, pathParam(action, "client_key", references));
    TRY(checkPair(action, "client_certificate", "client_key"));
    TRY_VALUE(call.user, literalParam(action, "user", references, kNoOption));
    TRY(checkPair(action, "user", "password"));
    const auto secret = [&](const char *key) {
        return rawParam(action, key)[QLatin1String("secret")].toString();
    };
    call.password = secret("password");
    call.bearer = secret("bearer");
    TRY_VALUE(const QString timeout, literalParam(action, "timeout", references));
    TRY_VALUE(call.timeout, parseDuration(timeout));
    TRY_VALUE(const QString size, literalParam(action, "max_size", references));
    TRY_VALUE(call.maxSize, parseSize(size));
    TRY_VALUE(call.success, statusListParam(action, "success"));
    TRY_VALUE(const QString output, literalParam(action, "output", references));
    call.output = fromWord<OutputKind>(output).value_or(OutputKind::None);
    if (context.needsText && call.output == OutputKind::None && call.toFile.isEmpty())
        call.output = OutputKind::Text;
    return Call(std::move(call));
}

Result<Call> writeFileCall(const Action &action, const References &references)
{
    TRY(onlyThisMachine(action, references));
    WriteFileCall call;
    TRY_VALUE(call.path, textParam(action, "path", references, kArgument));
    const QString shown = call.path.display();
    if (!shown.startsWith(QLatin1Char('/')) || shown.endsWith(QLatin1Char('/')))
        return badParam(action, "path", tr("must be an absolute path of a file"));
    TRY_VALUE(call.content, sensitiveValue(rawParam(action, "content"), references, kContent,
                                           paramPlace(action, "content")));
    const QJsonValue mode = rawParam(action, "mode");
    const QString octal = mode.isDouble() ? QString::number(mode.toInteger()) : mode.toString();
    bool ok = false;
    call.mode = octal.toInt(&ok, 8);
    if (!ok || call.mode < 0 || call.mode > 07777)
        return badParam(action, "mode", tr("must be an octal file mode such as 0600"));
    if (call.path.hasSlots()) {
        call.aside = call.path;
        call.aside.append(QStringLiteral(".lifeboat-aside-"));
        call.aside.append(Slot{QStringLiteral("run")});
    } else {
        call.aside = siblingOf(call.path.literal(), QStringLiteral("aside"));
    }
    return Call(std::move(call));
}

/// One key of a read, by the key's type.
Result<QJsonValue> readParam(const Action &action, const ParamSpec &spec,
                             const References &references)
{
    const QJsonValue raw = rawParam(action, spec.key);
    const auto filledText = [&]() -> Result<QJsonValue> {
        TRY_VALUE(const TemplateText text, textParam(action, spec.key, references, kNoOption));
        return text.toJson();
    };
    switch (spec.type) {
    case ParamType::TextList:
    case ParamType::PathList: {
        TRY_VALUE(const auto items, listParam(action, spec.key, references, kNoOption));
        QJsonArray list;
        for (const TemplateText &item : items)
            list.append(item.toJson());
        return QJsonValue(list);
    }
    case ParamType::Number: {
        if (raw.isDouble())
            return raw;
        TRY_VALUE(const QString text, literalParam(action, spec.key, references));
        bool ok = false;
        const double number = text.toDouble(&ok);
        if (!ok)
            return badParam(action, spec.key, tr("is not a number: %1").arg(text));
        return QJsonValue(number);
    }
    case ParamType::Size: {
        TRY_VALUE(const QString text, literalParam(action, spec.key, references));
        TRY(parseSize(text));
        return QJsonValue(text);
    }
    case ParamType::Duration: {
        TRY_VALUE(const QString text, literalParam(action, spec.key, references));
        TRY(parseDuration(text));
        return QJsonValue(text);
    }
    case ParamType::Path: {
        TRY_VALUE(const QString path, pathParam(action, spec.key, references));
        return QJsonValue(path);
    }
    case ParamType::YesNo: {
        TRY_VALUE(const bool value, yesNoParam(action, spec.key, references));
        return QJsonValue(value);
    }
    case ParamType::Text:
        // `program` may be an input of type command: what is looked for is its first word.
        if (action.kind == ActionKind::Program && raw.isString()) {
            TRY_VALUE(const QJsonValue value,
                      references.value(raw.toString(), kArgument, paramPlace(action, spec.key)));
            return value.isArray() ? QJsonValue(value.toArray().at(0).toString()) : value;
        }
        return filledText();
    case ParamType::Host:
    case ParamType::Choice:
    case ParamType::Part:
    case ParamType::Mode:
        return filledText();
    case ParamType::Command:
    case ParamType::StatusList:
    case ParamType::Environment:
    case ParamType::Sensitive:
    case ParamType::SecretName:
    case ParamType::Json:
    case ParamType::TextMap:
    case ParamType::Match:
    case ParamType::ReadAction:
        break;
    }
    return badParam(action, spec.key, tr("cannot stand in a read"));
}

/// Checks, facts and the work on whole restore points: the keys, filled.
Result<QJsonObject> filledParams(const Action &action, const References &references)
{
    // The host of `reachable` is what is looked at from here, not where the look is done.
    const bool looksAtHost = action.kind == ActionKind::Reachable;
    if (!looksAtHost)
        TRY(onlyThisMachine(action, references));
    QJsonObject params;
    for (const ParamSpec &spec : specOf(action.kind).params) {
        const QLatin1String key(spec.key);
        if ((key == QLatin1String("host") && !looksAtHost) || key == QLatin1String("via"))
            continue;
        if (rawParam(action, spec.key).isUndefined())
            continue;
        TRY_VALUE(const QJsonValue value, readParam(action, spec, references));
        if (!isEmptyValue(value) || value.isBool())
            params.insert(key, value);
        else if (spec.required)
            return badParam(action, spec.key, tr("is empty"));
    }
    return params;
}

/// List, fact and check.
Result<Call> postgresRead(const Action &action, const References &references)
{
    PostgresCall call;
    TRY_VALUE(call.at, postgresServer(action, references));
    if (action.kind == ActionKind::PostgresId) {
        TRY_VALUE(const QStringList used,
                  textListParam(action, "databases", references, kNoOption));
        call.work = PostgresWork::SystemId;
        call.at.database = used.value(0);
    } else if (action.kind == ActionKind::PostgresReady) {
        TRY_VALUE(call.database, literalParam(action, "database", references, kNoOption));
        TRY_VALUE(call.part, literalParam(action, "part", references, kNoOption));
        call.work = call.part.isEmpty() ? PostgresWork::ReadySave : PostgresWork::ReadyRestore;
        if (!call.part.isEmpty()) {
            TRY_VALUE(call.point, references.literal(QStringLiteral("{{ point }}"), kNoOption,
                                                     tr("The restore point")));
        }
    }
    return Call(std::move(call));
}

Result<Call> waitCall(const Action &action, const References &references)
{
    // The nested action stands under its own key, or that under `action`.
    QJsonObject nested = action.params.value(QLatin1String("action")).toObject();
    if (nested.isEmpty()) {
        for (auto it = action.params.begin(); it != action.params.end(); ++it) {
            if (findAction(it.key()) != nullptr)
                nested.insert(it.key(), it.value());
        }
    }
    const ActionSpec *spec = nested.size() == 1 ? findAction(nested.begin().key()) : nullptr;
    if (spec == nullptr || !spec->canRead)
        return badParam(action, "action", tr("must be exactly one read action"));
    TRY_VALUE(Call read, callOf({spec->kind, nested.begin().value().toObject(), action.pointer},
                                references, {.needsText = true}));
    WaitUntilCall call;
    call.read = std::make_shared<const Call>(std::move(read));
    TRY_VALUE(
        call.doneWhen,
        filledMatch(Match::fromJson(action.params.value(QLatin1String("done_when")).toObject()),
                    references));
    TRY_VALUE(const QString every, literalParam(action, "every", references));
    TRY_VALUE(call.every, parseDuration(every));
    return Call(std::move(call));
}

Result<void> refuseSlots(const Call &call)
{
    const QSet<QString> found = slotPaths(call);
    if (found.isEmpty())
        return {};
    return fail(ErrorCode::BadInput,
                tr("It destroys, and ‹%1› would only be known while it runs").arg(*found.begin()),
                {}, tr("What is destroyed must stand in the plan"));
}

void collectSlots(const QJsonValue &value, QSet<QString> &found)
{
    if (value.isArray()) {
        for (const QJsonValue item : value.toArray())
            collectSlots(item, found);
    }
    const QJsonObject object = value.toObject();
    if (object.size() == 1 && object.value(QLatin1String("text")).isArray()) {
        for (const Slot &slot : TemplateText::fromJson(value).slotList())
            found.insert(slot.path);
        return;
    }
    for (const QJsonValue item : object)
        collectSlots(item, found);
}

} // namespace

Result<PostgresServer> postgresServer(const Action &action, const References &references)
{
    TRY(onlyThisMachine(action, references));
    PostgresServer at;
    TRY_VALUE(at.server, literalParam(action, "server", references, kNoOption));
    TRY_VALUE(at.user, literalParam(action, "user", references, kNoOption));
    at.database = QStringLiteral("postgres");
    if (paramSpec(action, "database") != nullptr && action.kind != ActionKind::PostgresReady &&
        action.kind != ActionKind::PostgresDump && action.kind != ActionKind::PostgresDrop) {
        TRY_VALUE(at.database, literalParam(action, "database", references, kNoOption));
    }
    TRY_VALUE(const QString port, literalParam(action, "port", references));
    bool ok = false;
    at.port = port.isEmpty() ? 5432 : port.toInt(&ok);
    if (!port.isEmpty() && (!ok || at.port < 1 || at.port > 65535))
        return badParam(action, "port", tr("is no port: %1").arg(port));
    const bool isSocket = at.server.isEmpty() || at.server.startsWith(QLatin1Char('/'));
    if (!isSocket)
        at.password = rawParam(action, "password")[QLatin1String("secret")].toString();
    return at;
}

Result<Match> filledMatch(const Match &match, const References &references)
{
    Match filled = match;
    const QString what = tr("done_when");
    const auto fillText = [&](QString &text) -> Result<void> {
        TRY_VALUE(text, references.literal(text, kContent, what));
        return {};
    };
    const auto fillValue = [&](QJsonValue &value) -> Result<void> {
        if (value.isString()) {
            TRY_VALUE(value, references.value(value.toString(), kContent, what));
        }
        return {};
    };
    if (filled.equals)
        TRY(fillValue(*filled.equals));
    if (filled.contains)
        TRY(fillText(*filled.contains));
    if (filled.json)
        TRY(fillValue(filled.json->equals));
    return filled;
}

Result<Call> callOf(const Action &action, const References &references, const CallContext &context)
{
    switch (action.kind) {
    case ActionKind::Run:
    case ActionKind::Ssh:
    case ActionKind::Http: {
        TRY_VALUE(Call call, action.kind == ActionKind::Http
                                 ? httpCall(action, references, context)
                                 : processCall(action, references, context));
        if (context.destroys)
            TRY(refuseSlots(call));
        return call;
    }
    case ActionKind::PostgresList:
    case ActionKind::PostgresId:
    case ActionKind::PostgresReady:
        return postgresRead(action, references);
    case ActionKind::PostgresDump:
    case ActionKind::PostgresRestore:
    case ActionKind::PostgresGlobals:
    case ActionKind::Secret:
        return notThereYet(tr("Looking for a secret"));
    case ActionKind::ElasticsearchId:
    case ActionKind::ElasticsearchSurvey:
    case ActionKind::Alien4CloudCheck:
    case ActionKind::ElasticsearchRelease:
    case ActionKind::ElasticsearchForget:
    case ActionKind::ElasticsearchPutBack:
    case ActionKind::Alien4CloudConnect:
    case ActionKind::ElasticsearchExportRemove:
        return elasticsearchCall(action, references);
    case ActionKind::ToolchainFact:
    case ActionKind::ToolchainSurvey:
    case ActionKind::ToolchainCheck:
    case ActionKind::ToolchainPublish:
    case ActionKind::ToolchainCreate:
    case ActionKind::ToolchainBuild:
    case ActionKind::ToolchainCompare:
    case ActionKind::ToolchainLocate:
    case ActionKind::ToolchainSetSecret:
    case ActionKind::ToolchainTriggers:
    case ActionKind::ToolchainProve:
    case ActionKind::ToolchainProjects:
    case ActionKind::ToolchainRevoke:
    case ActionKind::ToolchainUnpublish:
        return toolchainCall(action, references);
    case ActionKind::ToolchainSave:
    case ActionKind::TreeSave:
    case ActionKind::TreeRestore:
    case ActionKind::ElasticsearchDescribe:
    case ActionKind::ElasticsearchSave:
    case ActionKind::ElasticsearchKeep:
    case ActionKind::ElasticsearchRestore:
    case ActionKind::ElasticsearchRehearse:
    case ActionKind::ElasticsearchExport:
    case ActionKind::ElasticsearchClear:
    case ActionKind::ElasticsearchImport:
    case ActionKind::ElasticsearchAdopt:
    case ActionKind::Alien4CloudAdoptFiles:
    case ActionKind::Alien4CloudTransform:
    case ActionKind::Alien4CloudPluginSwap:
        return fail(
            ErrorCode::BadInput,
            tr("%1 can only be a step of its own").arg(QLatin1String(specOf(action.kind).key)));
    case ActionKind::WriteFile:
        return writeFileCall(action, references);
    case ActionKind::WaitUntil:
        return waitCall(action, references);
    case ActionKind::Ask: {
        AskCall call;
        TRY_VALUE(call.text, textParam(action, "text", references, kContent));
        TRY_VALUE(const QString evidence, literalParam(action, "evidence", references));
        call.evidence = fromWord<EvidenceKind>(evidence).value_or(EvidenceKind::None);
        return Call(std::move(call));
    }
    case ActionKind::Confirm: {
        ConfirmCall call;
        TRY_VALUE(call.text, textParam(action, "text", references, kContent));
        return Call(std::move(call));
    }
    case ActionKind::PostgresDrop: {
        PostgresCall call;
        call.work = PostgresWork::Drop;
        TRY_VALUE(call.at, postgresServer(action, references));
        TRY_VALUE(const QString name, literalParam(action, "database", references, kNoOption));
        if (!isOwnDatabase(name))
            return badParam(action, "database",
                            tr("is no database that a run has made: %1").arg(name));
        call.staging = name;
        return Call(std::move(call));
    }
    case ActionKind::TreeRemove: {
        TRY_VALUE(const QString folder, pathParam(action, "folder", references));
        if (folder.isEmpty())
            return badParam(action, "folder", tr("is empty"));
        return Call(TreeRemoveCall{folder});
    }
    case ActionKind::PointVerify:
    case ActionKind::PointFiles:
    case ActionKind::PointDiff:
    case ActionKind::PointExtract:
    case ActionKind::PointRemove:
    case ActionKind::InventoryRebuild: {
        TRY_VALUE(const QJsonObject params, filledParams(action, references));
        return Call(PointCall{action.kind, params});
    }
    case ActionKind::DiskFree:
    case ActionKind::Program:
    case ActionKind::Reachable:
    case ActionKind::Path:
    case ActionKind::Clock:
    case ActionKind::LeaseFree:
    case ActionKind::Identity:
    case ActionKind::HostKey:
    case ActionKind::MachineId:
    case ActionKind::HostName:
    case ActionKind::FileSystem:
    case ActionKind::TreeAssess: {
        TRY_VALUE(const QJsonObject params, filledParams(action, references));
        return Call(ReadCall{action.kind, params});
    }
    }
    return fail(ErrorCode::Internal, tr("An action without a call"));
}

std::vector<Call> builtInUndo(const Call &call)
{
    if (const auto *file = callAs<WriteFileCall>(call))
        return {RestoreFileCall{file->path, file->aside}};
    const auto *toolchain = callAs<ToolchainCall>(call);
    if (toolchain &&
        (toolchain->work == ToolchainWork::Publish || toolchain->work == ToolchainWork::Create ||
         toolchain->work == ToolchainWork::Build)) {
        ToolchainCall back = *toolchain;
        back.work = toolchain->work == ToolchainWork::Publish ? ToolchainWork::Unpublish
                                                              : ToolchainWork::RemoveCreated;
        if (back.work == ToolchainWork::RemoveCreated) {
            back.at.gitToken.clear();
        } else {
            // What a step of a runbook says that deletes it: an undo knows the two for the same.
            back.branch.clear();
            back.repositories.clear();
            back.name = back.details.value(QLatin1String("name")).toString();
        }
        return {std::move(back)};
    }
    return {};
}

QSet<QString> slotPaths(const Call &call)
{
    QSet<QString> found;
    collectSlots(callToJson(call), found);
    return found;
}

} // namespace lb
