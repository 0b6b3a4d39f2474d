// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/ibm_toolchain/answers.h"

#include "core/base/lossless_json.h"

#include <QRegularExpression>
#include <QUrl>
#include <QUrlQuery>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(ToolchainAnswers)

tl::unexpected<Error> incomplete(const QString &what)
{
    return fail(ErrorCode::Corrupt, tr("The answer with %1 is not complete").arg(what));
}

/// A text, or a number as it is written: ids are either.
QString anyText(const DataValue &value, const char *key)
{
    const DataValue *member = value.get(QString::fromLatin1(key));
    return member ? member->text : QString();
}

bool isYes(const DataValue &value, const char *key, bool otherwise = false)
{
    const DataValue *member = value.get(QString::fromLatin1(key));
    return member && member->kind == DataValue::Kind::Boolean ? member->boolean : otherwise;
}

QDateTime timeOf(const DataValue &value, const char *key)
{
    return QDateTime::fromString(anyText(value, key), Qt::ISODateWithMs);
}

QString nextStart(const DataValue &answer)
{
    const DataValue *next = answer.get(QStringLiteral("next"));
    if (!next)
        return {};
    const QString start = next->textOf(QStringLiteral("start"));
    return start.isEmpty() ? QUrlQuery(QUrl(next->textOf(QStringLiteral("href"))))
                                 .queryItemValue(QStringLiteral("start"), QUrl::FullyDecoded)
                           : start;
}

/// GitLab says {"message": {"path": ["has already been taken"]}}.
QString flatText(const DataValue &value)
{
    QStringList parts;
    if (value.isText() && !value.text.isEmpty())
        parts << value.text;
    for (const DataValue &item : value.items)
        parts << flatText(item);
    for (const DataValue::Member &member : value.members)
        parts << member.key + QStringLiteral(": ") + flatText(member.value);
    parts.removeAll(QString());
    return parts.join(QStringLiteral("; "));
}

QString oneLine(const QString &text)
{
    constexpr qsizetype kLongest = 300;
    const QString line = text.simplified();
    return line.size() > kLongest ? line.left(kLongest) + QChar(0x2026) : line;
}

QString errorOf(const DataValue &value)
{
    if (const DataValue *errors = value.get(QStringLiteral("errors"));
        errors && !errors->items.empty())
        return errorOf(errors->items.front());
    QString text;
    for (const char *key :
         {"errorMessage", "message", "description", "error_description", "error"}) {
        const DataValue *member = value.get(QString::fromLatin1(key));
        text = member ? flatText(*member) : QString();
        if (!text.isEmpty())
            break;
    }
    QString code = anyText(value, "errorCode");
    if (code.isEmpty())
        code = anyText(value, "code");
    if (code.isEmpty() || text.isEmpty())
        return text + code;
    return QStringLiteral("%1 (%2)").arg(text, code);
}

ToolchainTool::State stateOf(const QString &word)
{
    using State = ToolchainTool::State;
    if (word == QLatin1String("configured"))
        return State::Configured;
    if (word == QLatin1String("configuring"))
        return State::Configuring;
    if (word == QLatin1String("misconfigured"))
        return State::Misconfigured;
    return word == QLatin1String("unconfigured") ? State::Unconfigured : State::Unknown;
}

/// The list under the first of the names that holds one.
const DataValue *listOf(const DataValue &answer, std::initializer_list<const char *> names)
{
    for (const char *name : names) {
        const DataValue *list = answer.get(QString::fromLatin1(name));
        if (list && list->isList())
            return list;
    }
    return answer.isList() ? &answer : nullptr;
}

} // namespace

Result<IamToken> readIamToken(const QByteArray &json, const QDateTime &now)
{
    // The token is copied from the body into locked memory only; a DataValue would keep a copy.
    JsonCursor cursor(json);
    IamToken token;
    qint64 seconds = 0;
    QByteArray key;
    for (JsonToken at = cursor.next(); at != JsonToken::End; at = cursor.next()) {
        if (at == JsonToken::Bad)
            return tl::unexpected(cursor.problem(tr("The answer of IAM")));
        const bool isValue = cursor.depth() == 1 && !key.isEmpty();
        if (isValue && at == JsonToken::String && key == "access_token")
            token.token = std::make_shared<const SecretString>(jsonText(cursor.raw()));
        else if (isValue && at == JsonToken::Number && key == "expiration")
            token.expires = QDateTime::fromSecsSinceEpoch(cursor.raw().toByteArray().toLongLong());
        else if (isValue && at == JsonToken::Number && key == "expires_in")
            seconds = cursor.raw().toByteArray().toLongLong();
        key = at == JsonToken::Key ? jsonText(cursor.raw()) : QByteArray();
    }
    if (!token.token || token.token->isEmpty())
        return incomplete(tr("the IAM token"));
    if (!token.expires.isValid())
        token.expires = now.addSecs(seconds);
    return token;
}

QString serviceErrorText(const QByteArray &body)
{
    const QByteArray text = body.trimmed();
    if (text.startsWith('<'))
        return tr("a web page instead of data");
    const auto value = readJsonData(text, QStringLiteral("error"));
    if (!value)
        return oneLine(QString::fromUtf8(text));
    return oneLine(value->isMap() ? errorOf(*value) : flatText(*value));
}

QString createdToolchainId(const QString &location)
{
    static const QRegularExpression id(
        QStringLiteral("/toolchains/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
                       "(?:[/?#]|\\z)"));
    return id.match(location).captured(1).toLower();
}

Result<ToolPage> readToolPage(const DataValue &answer)
{
    const DataValue *list = listOf(answer, {"tools"});
    if (!list)
        return incomplete(tr("the tools"));
    ToolPage page;
    page.next = nextStart(answer);
    for (const DataValue &item : list->items) {
        ToolchainTool tool;
        tool.id = anyText(item, "id");
        tool.type = anyText(item, "tool_type_id");
        if (tool.id.isEmpty() || tool.type.isEmpty())
            return incomplete(tr("the tools"));
        tool.name = anyText(item, "name");
        tool.state = stateOf(anyText(item, "state"));
        if (const DataValue *referent = item.get(QStringLiteral("referent")))
            tool.page = anyText(*referent, "ui_href");
        if (const DataValue *parameters = item.get(QStringLiteral("parameters")))
            tool.parameters = *parameters;
        page.tools.push_back(std::move(tool));
    }
    return page;
}

Result<ToolchainPage> readToolchainPage(const DataValue &answer)
{
    const DataValue *list = listOf(answer, {"toolchains"});
    if (!list)
        return incomplete(tr("the toolchains"));
    ToolchainPage page;
    page.next = nextStart(answer);
    for (const DataValue &item : list->items) {
        const QString id = anyText(item, "id");
        if (id.isEmpty())
            return incomplete(tr("the toolchains"));
        page.toolchains.push_back(
            {id, anyText(item, "name"), anyText(item, "location"), timeOf(item, "created_at")});
    }
    return page;
}

Result<std::vector<TektonTrigger>> readTriggers(const DataValue &answer)
{
    const DataValue *list = listOf(answer, {"triggers"});
    if (!list)
        return incomplete(tr("the triggers"));
    std::vector<TektonTrigger> triggers;
    for (const DataValue &item : list->items) {
        const QString id = anyText(item, "id");
        if (id.isEmpty())
            return incomplete(tr("the triggers"));
        TektonTrigger trigger{id, anyText(item, "name"), anyText(item, "type"),
                              isYes(item, "enabled", true)};
        const DataValue *secret = item.get(QStringLiteral("secret"));
        const DataValue *value = secret ? secret->get(QStringLiteral("value")) : nullptr;
        trigger.lacksSecret = value && !value->isNull() && value->text.isEmpty();
        triggers.push_back(std::move(trigger));
    }
    return triggers;
}

bool PipelineRun::isOver() const
{
    static const QStringList over{QStringLiteral("succeeded"), QStringLiteral("failed"),
                                  QStringLiteral("cancelled"), QStringLiteral("error")};
    return over.contains(status);
}

Result<PipelineRun> readPipelineRun(const DataValue &answer)
{
    PipelineRun run{anyText(answer, "id"), anyText(answer, "status"), anyText(answer, "html_url")};
    if (run.id.isEmpty() || run.status.isEmpty())
        return incomplete(tr("the pipeline run"));
    return run;
}

Result<GitProject> readGitProject(const DataValue &answer)
{
    GitProject project;
    project.id = anyText(answer, "id");
    project.path = anyText(answer, "path_with_namespace");
    if (project.id.isEmpty() || project.path.isEmpty())
        return incomplete(tr("the Git project"));
    project.url = anyText(answer, "http_url_to_repo");
    project.branch = anyText(answer, "default_branch");
    project.description = anyText(answer, "description");
    project.isEmpty = isYes(answer, "empty_repo");
    // Both names are in use, by the version of GitLab.
    project.isMarkedForDeletion = !anyText(answer, "marked_for_deletion_on").isEmpty() ||
                                  !anyText(answer, "marked_for_deletion_at").isEmpty();
    return project;
}

Result<GitToken> readGitToken(const DataValue &answer)
{
    GitToken token;
    token.id = anyText(answer, "id");
    const DataValue *scopes = answer.get(QStringLiteral("scopes"));
    if (token.id.isEmpty() || !scopes || !scopes->isList())
        return incomplete(tr("the Git token"));
    for (const DataValue &scope : scopes->items)
        token.scopes << scope.text;
    token.name = anyText(answer, "name");
    token.expires = QDate::fromString(anyText(answer, "expires_at"), Qt::ISODate);
    token.isActive = isYes(answer, "active", true) && !isYes(answer, "revoked");
    return token;
}

QStringList GitToken::missingScopes() const
{
    QStringList missing{QStringLiteral("api"), QStringLiteral("read_user"),
                        QStringLiteral("read_api"), QStringLiteral("read_repository"),
                        QStringLiteral("write_repository")};
    missing.removeIf([this](const QString &scope) { return scopes.contains(scope); });
    return missing;
}

} // namespace lb
