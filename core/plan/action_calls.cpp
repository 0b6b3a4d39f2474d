// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/action_calls.h"

#include "core/model/sudo.h"
#include "core/plan/path_scope.h"
#include "core/plan/planner.h"

#include <QJsonDocument>
#include <QRegularExpression>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

constexpr int kMostStatuses = 1000;

const ParamSpec *paramSpec(const Action &action, const char *key)
{
    for (const ParamSpec &spec : specOf(action.kind).params) {
        if (QLatin1String(spec.key) == QLatin1String(key))
            return &spec;
    }
    return nullptr;
}

/// The defaults of the table, parsed once: a plan may hold ten thousand steps.
QJsonValue defaultOf(const ParamSpec &spec)
{
    static const QHash<QByteArray, QJsonValue> known = [] {
        QHash<QByteArray, QJsonValue> values;
        for (const ActionSpec &row : actionTable()) {
            for (const ParamSpec &param : row.params) {
                const QByteArray list = QByteArray("[") + param.defaultText + ']';
                values.insert(param.defaultText, QJsonDocument::fromJson(list).array().at(0));
            }
        }
        return values;
    }();
    if (*spec.defaultText == '\0')
        return QJsonValue(QJsonValue::Undefined);
    return known.value(spec.defaultText);
}

/// As written, or the default of the table.
QJsonValue rawParam(const Action &action, const char *key)
{
    const QJsonValue given = action.params.value(QLatin1String(key));
    if (!given.isUndefined() && !given.isNull())
        return given;
    const ParamSpec *spec = paramSpec(action, key);
    return spec ? defaultOf(*spec) : QJsonValue(QJsonValue::Undefined);
}

QString place(const Action &action, const char *key)
{
    return tr("“%1” of %2").arg(QLatin1String(key), QLatin1String(specOf(action.kind).key));
}

tl::unexpected<Error> wrong(const Action &action, const char *key, const QString &what)
{
    return fail(ErrorCode::BadInput, tr("%1 %2").arg(place(action, key), what));
}

tl::unexpected<Error> notThereYet(const QString &what)
{
    return fail(ErrorCode::Unsupported, tr("%1 is not there yet in this version").arg(what), {},
                tr("Nothing was changed. Do this part by hand, or use an action that runs on this "
                   "machine without a password"));
}

Result<TemplateText> textParam(const Action &action, const char *key, const References &references,
                               FillRule rule)
{
    const QJsonValue raw = rawParam(action, key);
    if (raw.isUndefined())
        return TemplateText();
    if (!raw.isString()) {
        TRY_VALUE(const QString text, plainText(raw, QLatin1String(key)));
        return TemplateText(text);
    }
    return references.fill(raw.toString(), rule);
}

/// A list's items: one text each. A whole reference in the list's place carries a list.
Result<std::vector<TemplateText>> listParam(const Action &action, const char *key,
                                            const References &references, FillRule rule)
{
    std::vector<TemplateText> items;
    const QJsonValue raw = rawParam(action, key);
    if (raw.isString()) {
        TRY_VALUE(const QJsonValue value,
                  references.value(raw.toString(), rule, place(action, key)));
        if (!value.isArray())
            return wrong(action, key, tr("wants a list"));
        const auto reference = wholeReference(raw.toString());
        for (const QJsonValue item : value.toArray()) {
            TRY_VALUE(const QString text, plainText(item, reference->text));
            TRY(checkFilled(text, reference->text, rule, true));
            items.emplace_back(text);
        }
        return items;
    }
    for (const QJsonValue item : raw.toArray()) {
        if (!item.isString()) {
            TRY_VALUE(const QString text, plainText(item, QLatin1String(key)));
            items.emplace_back(text);
            continue;
        }
        TRY_VALUE(TemplateText text, references.fill(item.toString(), rule));
        items.push_back(std::move(text));
    }
    return items;
}

Result<Sensitive> sensitiveValue(const QJsonValue &raw, const References &references, FillRule rule,
                                 const QString &what)
{
    if (raw.isObject())
        return Sensitive(SecretRef{raw[QLatin1String("secret")].toString()});
    if (raw.isUndefined())
        return Sensitive(TemplateText());
    if (!raw.isString()) {
        TRY_VALUE(const QString text, plainText(raw, what));
        return Sensitive(TemplateText(text));
    }
    TRY_VALUE(TemplateText text, references.fill(raw.toString(), rule));
    return Sensitive(std::move(text));
}

Result<QList<int>> statusListParam(const Action &action, const char *key)
{
    QList<int> statuses;
    for (const QJsonValue item : rawParam(action, key).toArray()) {
        if (item.isDouble()) {
            statuses << item.toInt();
            continue;
        }
        const QStringList ends = item.toString().split(QLatin1Char('-'));
        bool okFirst = false, okLast = false;
        const int first = ends.first().toInt(&okFirst);
        const int last = ends.last().toInt(&okLast);
        if (!okFirst || !okLast || ends.size() > 2 || last < first || last - first > kMostStatuses)
            return wrong(action, key,
                         tr("holds “%1”, which is no status and no range").arg(item.toString()));
        for (int status = first; status <= last; ++status)
            statuses << status;
    }
    return statuses;
}

/// `command:` as a whole, from an input of type command: its words are the admin's own, so they
/// may begin with “-”.
Result<QJsonArray> wholeCommand(const Action &action, const References &references,
                                const QString &text)
{
    TRY_VALUE(const QJsonValue value, references.value(text, kArgument, place(action, "command")));
    const QJsonArray words = value.toArray();
    if (words.isEmpty())
        return wrong(action, "command", tr("is empty"));
    for (const QJsonValue word : words) {
        if (!word.isString() || word.toString().contains(QChar(u'\0')))
            return wrong(action, "command", tr("must be a list of texts without NUL"));
    }
    return words;
}

Result<void> setProgram(ProcessCall &call, const Action &action, const QString &program)
{
    if (program.isEmpty())
        return wrong(action, "program", tr("is empty: it does not say what to start"));
    if (program.startsWith(QLatin1Char('-')) || program.contains(QChar(u'\0')) ||
        program.contains(QLatin1Char('\n')))
        return wrong(action, "program", tr("is not the name of a program"));
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
            return wrong(action, "command", tr("is empty"));
        if (words.front().hasSlots())
            return wrong(action, "command",
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
        return wrong(action, "as", tr("is not the name of a user: %1").arg(user));
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
                                         place(action, "input")));
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
            return wrong(action, "json",
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
        return wrong(action, "url",
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
        return wrong(action, hasOne ? one : other,
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
                                        place(action, "body")));
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
        return wrong(action, "path", tr("must be an absolute path of a file"));
    TRY_VALUE(call.content, sensitiveValue(rawParam(action, "content"), references, kContent,
                                           place(action, "content")));
    const QJsonValue mode = rawParam(action, "mode");
    const QString octal = mode.isDouble() ? QString::number(mode.toInteger()) : mode.toString();
    bool ok = false;
    call.mode = octal.toInt(&ok, 8);
    if (!ok || call.mode < 0 || call.mode > 07777)
        return wrong(action, "mode", tr("must be an octal file mode such as 0600"));
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
            return wrong(action, spec.key, tr("is not a number: %1").arg(text));
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
    case ParamType::YesNo:
        return raw;
    case ParamType::Text:
        // `program` may be an input of type command: what is looked for is its first word.
        if (action.kind == ActionKind::Program && raw.isString()) {
            TRY_VALUE(const QJsonValue value,
                      references.value(raw.toString(), kArgument, place(action, spec.key)));
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
    return wrong(action, spec.key, tr("cannot stand in a read"));
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
            return wrong(action, spec.key, tr("is empty"));
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
        return wrong(action, "action", tr("must be exactly one read action"));
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

Result<QString> literalParam(const Action &action, const char *key, const References &references,
                             FillRule rule)
{
    const QJsonValue raw = rawParam(action, key);
    if (raw.isUndefined())
        return QString();
    if (!raw.isString())
        return plainText(raw, QLatin1String(key));
    return references.literal(raw.toString(), rule, place(action, key));
}

Result<QString> pathParam(const Action &action, const char *key, const References &references)
{
    TRY_VALUE(const QString path, literalParam(action, key, references));
    if (path.isEmpty())
        return path;
    if (!path.startsWith(QLatin1Char('/')))
        return wrong(action, key, tr("must be an absolute path, and is “%1”").arg(path));
    return cleanPath(path);
}

Result<QStringList> textListParam(const Action &action, const char *key,
                                  const References &references, FillRule rule)
{
    TRY_VALUE(const auto items, listParam(action, key, references, rule));
    QStringList texts;
    for (const TemplateText &item : items) {
        if (item.hasSlots())
            return wrong(action, key, tr("holds a value that only the run will know"));
        texts << item.literal();
    }
    return texts;
}

Result<void> onlyThisMachine(const Action &action, const References &references)
{
    if (paramSpec(action, "host") == nullptr)
        return {};
    TRY_VALUE(const QString host, literalParam(action, "host", references));
    if (!host.isEmpty())
        return notThereYet(tr("Working on another machine (%1)").arg(host));
    if (!isEmptyValue(rawParam(action, "via")))
        return notThereYet(tr("A route through other machines (via)"));
    return {};
}

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
        return wrong(action, "port", tr("is no port: %1").arg(port));
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
    case ActionKind::TreeSave:
    case ActionKind::TreeRestore:
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
            return wrong(action, "database",
                         tr("is no database that a run has made: %1").arg(name));
        call.staging = name;
        return Call(std::move(call));
    }
    case ActionKind::TreeRemove: {
        TRY_VALUE(const QString folder, pathParam(action, "folder", references));
        if (folder.isEmpty())
            return wrong(action, "folder", tr("is empty"));
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
    if (const auto *file = std::get_if<WriteFileCall>(&call))
        return {RestoreFileCall{file->path, file->aside}};
    return {};
}

QSet<QString> slotPaths(const Call &call)
{
    QSet<QString> found;
    collectSlots(callToJson(call), found);
    return found;
}

} // namespace lb
