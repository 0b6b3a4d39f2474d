// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/base/overloaded.h"
#include "core/base/text.h"
#include "core/model/age.h"
#include "core/model/plan.h"
#include "core/model/sudo.h"

#include <QJsonDocument>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

bool isEmpty(const Sensitive &value)
{
    const auto *text = std::get_if<TemplateText>(&value);
    return text != nullptr && text->isEmpty();
}

QString keyOf(ActionKind kind)
{
    return QString::fromLatin1(specOf(kind).key);
}

/// Lines that begin with four spaces stand as they are and are not wrapped.
QString verbatim(const QString &line)
{
    return QStringLiteral("    ") + line;
}

QString programLine(const ProcessCall &program)
{
    QStringList arguments;
    for (const TemplateText &argument : program.arguments)
        arguments << argument.display();
    return shellLine(program.program, arguments);
}

/// A value of `params` as a person reads it.
QString valueText(const QJsonValue &value)
{
    if (value.isObject() && value.toObject().contains(QLatin1String("secret")))
        return tr("secret %1").arg(value[QLatin1String("secret")].toString());
    if (value.isString() || (value.isObject() && value[QLatin1String("text")].isArray()))
        return TemplateText::fromJson(value).display();
    if (value.isArray()) {
        QStringList items;
        for (const QJsonValue item : value.toArray())
            items << valueText(item);
        return items.join(QStringLiteral(", "));
    }
    if (value.isObject())
        return QString::fromUtf8(lb::toJson(value.toObject()));
    return value.toVariant().toString();
}

QString paramsText(const QJsonObject &params)
{
    QStringList words;
    for (auto it = params.begin(); it != params.end(); ++it) {
        const QString text = valueText(it.value());
        if (!text.isEmpty())
            words << QStringLiteral("%1: %2").arg(it.key(), text);
    }
    return words.join(QStringLiteral(" · "));
}

QStringList contentLines(const Sensitive &value)
{
    if (const auto *secret = std::get_if<SecretRef>(&value))
        return {verbatim(tr("| secret %1").arg(secret->name))};
    QStringList lines;
    for (const QString &line : std::get<TemplateText>(value).display().split(QLatin1Char('\n')))
        lines << verbatim(QStringLiteral("| ") + line);
    if (lines.size() > 1 && lines.last() == verbatim(QStringLiteral("| ")))
        lines.removeLast();
    return lines;
}

QStringList describe(const ProcessCall &call)
{
    QString head = call.host.isEmpty() ? tr("Run on this machine") : tr("Run on %1").arg(call.host);
    if (!call.user.isEmpty())
        head += tr(" as %1").arg(call.user);
    if (!call.folder.isEmpty())
        head += tr(" in %1").arg(call.folder);
    QStringList lines{head};
    for (const ProcessCall &program : programsOf(call)) {
        QStringList arguments;
        for (const TemplateText &argument : program.arguments)
            arguments << argument.display();
        for (const QString &line : shellLine(program.program, arguments).split(QLatin1Char('\n')))
            lines << verbatim(line);
    }
    if (call.asksPassword)
        lines << tr("sudo reads the password from the secret %1").arg(QLatin1String(kSudoPassword));
    for (const auto &[name, value] : call.environment) {
        if (const auto *secret = std::get_if<SecretRef>(&value))
            lines << tr("with %1 from the secret %2").arg(name, secret->name);
        else
            lines
                << tr("with %1=%2").arg(name, shellQuoted(std::get<TemplateText>(value).display()));
    }
    if (!isEmpty(call.input)) {
        lines << tr("reads from its standard input:");
        lines += contentLines(call.input);
    }
    if (call.success != QList<int>{0}) {
        QStringList statuses;
        for (const int status : call.success)
            statuses << QString::number(status);
        lines << tr("exit status %1 is success").arg(statuses.join(QStringLiteral(", ")));
    }
    if (call.output != OutputKind::None)
        lines << tr("its output is kept as %1").arg(name(call.output));
    if (call.startsDaemon)
        lines << tr("what it leaves running is meant to stay");
    return lines;
}

TemplateText jsonText(const QJsonValue &value)
{
    const auto scalar = [](const QJsonValue &one) {
        const QByteArray list = QJsonDocument(QJsonArray{one}).toJson(QJsonDocument::Compact);
        return QString::fromUtf8(list.mid(1, list.size() - 2));
    };
    const QJsonObject object = value.toObject();
    TemplateText text;
    if (isTemplateJson(value)) {
        text.append(QStringLiteral("\""));
        text.append(TemplateText::fromJson(value));
        text.append(QStringLiteral("\""));
    } else if (value.isArray()) {
        QString before = QStringLiteral("[");
        for (const QJsonValue item : value.toArray()) {
            text.append(std::exchange(before, QStringLiteral(",")));
            text.append(jsonText(item));
        }
        text.append(value.toArray().isEmpty() ? QStringLiteral("[]") : QStringLiteral("]"));
    } else if (value.isObject()) {
        QString before = QStringLiteral("{");
        for (auto it = object.begin(); it != object.end(); ++it) {
            text.append(std::exchange(before, QStringLiteral(",")) + scalar(it.key()) +
                        QLatin1Char(':'));
            text.append(jsonText(it.value()));
        }
        text.append(object.isEmpty() ? QStringLiteral("{}") : QStringLiteral("}"));
    } else {
        text.append(scalar(value));
    }
    return text;
}

/// 200-299, 404: runs of statuses as ranges.
QString statusText(const QList<int> &statuses)
{
    QStringList ranges;
    for (qsizetype i = 0; i < statuses.size();) {
        qsizetype last = i;
        while (last + 1 < statuses.size() && statuses[last + 1] == statuses[last] + 1)
            ++last;
        ranges << (last == i ? QString::number(statuses[i])
                             : QStringLiteral("%1-%2").arg(statuses[i]).arg(statuses[last]));
        i = last + 1;
    }
    return ranges.join(QStringLiteral(", "));
}

QStringList httpSender(const HttpCall &call)
{
    QStringList lines;
    for (const auto &[name, value] : call.headers) {
        if (const auto *secret = std::get_if<SecretRef>(&value))
            lines << tr("with the header %1 from the secret %2").arg(name, secret->name);
        else
            lines
                << tr("with the header %1: %2").arg(name, std::get<TemplateText>(value).display());
    }
    if (!call.password.isEmpty())
        lines << tr("as %1, with the password from the secret %2").arg(call.user, call.password);
    if (!call.bearer.isEmpty())
        lines << tr("with the bearer token from the secret %1").arg(call.bearer);
    if (!call.clientCertificate.isEmpty())
        lines << tr("with the client certificate %1").arg(call.clientCertificate);
    if (!call.ca.isEmpty())
        lines << tr("trusts the certificates in %1 and no others").arg(call.ca);
    if (call.showsSecrets())
        lines << tr("not encrypted: everybody on the way can read the secrets");
    return lines;
}

QStringList describe(const HttpCall &call)
{
    QStringList lines{tr("Send one HTTP request from this machine"),
                      verbatim(call.method + QLatin1Char(' ') + call.url.display())};
    lines += httpSender(call);
    if (!isEmpty(call.body)) {
        lines << tr("sends this body:");
        lines += contentLines(call.body);
    } else if (!call.json.isUndefined()) {
        lines << tr("sends this body:")
              << verbatim(QStringLiteral("| ") + jsonBody(call).display());
    } else if (!call.fromFile.isEmpty()) {
        lines << tr("sends the file %1 as its body").arg(call.fromFile);
    }
    if (call.success != HttpCall::goodStatuses())
        lines << tr("answer %1 is success").arg(statusText(call.success));
    if (!call.toFile.isEmpty())
        lines << tr("the answer goes into %1, which must not be there yet").arg(call.toFile);
    if (call.output != OutputKind::None)
        lines << tr("its answer is kept as %1").arg(name(call.output));
    return lines << tr("each try may take %1").arg(durationWord(call.timeout));
}

QStringList describe(const WriteFileCall &call)
{
    QStringList lines{
        tr("Write the file %1 (mode %2)")
            .arg(call.path.display(), QStringLiteral("%1").arg(call.mode, 4, 8, QLatin1Char('0')))};
    lines += contentLines(call.content);
    if (!call.aside.isEmpty())
        lines << tr("The old file, if there is one, is kept as %1").arg(call.aside.display());
    return lines;
}

QString swapText(SwapWay way, const TemplateText &staging, const TemplateText &aside)
{
    switch (way) {
    case SwapWay::Exchange:
        return tr("One rename exchanges it with %1; no moment without the folder. "
                  "The old copy is kept as %2")
            .arg(staging.display(), aside.display());
    case SwapWay::Rename:
        return tr("One rename from %1; there is no folder of this name now").arg(staging.display());
    case SwapWay::Children:
        return tr("Entry by entry, each one journalled: the old ones move to %2, the new ones come "
                  "from %1. Between the first and the last move the folder is mixed")
            .arg(staging.display(), aside.display());
    }
    return {};
}

QStringList describe(const TreeSwapCall &call)
{
    if (!call.targetExists)
        return {tr("Put the restored %1 in its place").arg(call.into),
                call.way != SwapWay::Children
                    ? tr("One rename from %1; there is no folder of this name now")
                          .arg(call.staging.display())
                    : tr("Entry by entry from %1").arg(call.staging.display())};
    return {tr("Replace %1 with the restored one").arg(call.into),
            swapText(call.way, call.staging, call.aside)};
}

QStringList describe(const TreeSwapBackCall &call)
{
    if (!call.targetExisted)
        return {tr("Move %1 back to %2; before, there was no such folder")
                    .arg(call.into, call.staging.display())};
    return {tr("Put the old %1 back from %2").arg(call.into, call.aside.display())};
}

QStringList describe(const TreeSaveCall &call)
{
    QStringList lines{tr("Save the folder %1 as %2").arg(call.folder, call.file)};
    if (!call.exclude.isEmpty())
        lines << tr("Leave out %1").arg(call.exclude.join(QStringLiteral(", ")));
    if (call.encrypted)
        lines << tr("Archive and index are made in memory and reach the disk encrypted only:");
    for (const ProcessCall &program : programsOf(call))
        lines << verbatim(programLine(program));
    return lines;
}

QStringList describe(const TreeStageCall &call)
{
    const QString size =
        tr("%1 in %2")
            .arg(formatSize(call.bytes), tr("%n file(s) and folders", nullptr, int(call.entries)));
    QStringList lines{call.reference.isEmpty()
                          ? tr("Extract part %1 of restore point %2 to %3 and verify every byte on "
                               "the way")
                                .arg(call.part, call.point, call.staging.display())
                          : tr("Copy %4, which part %1 of restore point %2 refers to, to %3 and "
                               "verify every byte on the way")
                                .arg(call.part, call.point, call.staging.display(), call.reference),
                      call.way == SwapWay::Children
                          ? tr("%1; what is in %2 now stays untouched").arg(size, call.into)
                          : tr("%1; %2 is not touched").arg(size, call.into)};
    if (!call.file.isEmpty())
        lines << tr("Index and archive are opened into memory, with the key from the secret %1 on "
                    "standard input:")
                     .arg(kAgeIdentity);
    for (const ProcessCall &program : programsOf(call))
        lines << verbatim(programLine(program));
    return lines;
}

QStringList describe(const PublishCall &call)
{
    QStringList parts;
    for (const PartSpec &part : call.parts)
        parts << part.id;
    return {tr("Write manifest.json, SHA256SUMS and RESTORE.md of restore point ‹point›, sync "
               "everything, and make it visible by one rename"),
            tr("Parts: %1").arg(parts.join(QStringLiteral(", ")))};
}

/// How encrypted parts are opened, when they are.
QStringList opening(const PointCall &call)
{
    if (!call.params.value(QLatin1String("open")).toBool())
        return {};
    QStringList lines{tr("Open each encrypted part, with the key from the secret %1 on standard "
                         "input:")
                          .arg(kAgeIdentity),
                      verbatim(programLine(ageDecrypt(QStringLiteral("‹part›"))))};
    if (call.kind == ActionKind::PointVerify)
        lines << tr("See whether it is the recovery key:") << verbatim(programLine(ageRecipient()));
    return lines;
}

QStringList describe(const PointCall &call)
{
    const auto param = [&](const char *key) {
        return valueText(call.params.value(QLatin1String(key)));
    };
    const QString point = param("point");
    switch (call.kind) {
    case ActionKind::PointVerify:
        return QStringList{tr("Read every byte of restore point %1 back and compare its checksums")
                               .arg(point)} +
               opening(call);
    case ActionKind::PointFiles:
        return QStringList{tr("List the files in restore point %1").arg(point),
                           paramsText(call.params)} +
               opening(call);
    case ActionKind::PointDiff:
        return QStringList{tr("Compare restore point %1 with %2").arg(point, param("other"))} +
               opening(call);
    case ActionKind::PointExtract:
        return QStringList{
                   param("part").isEmpty()
                       ? tr("Take %1 out of restore point %2 and put it below %3")
                             .arg(param("paths"), point, param("to"))
                       : tr("Take %1 out of part %4 of restore point %2 and put it below %3")
                             .arg(param("paths"), point, param("to"), param("part"))} +
               opening(call);
    case ActionKind::PointRemove:
        return {tr("Remove restore point %1 from its store").arg(point)};
    case ActionKind::InventoryRebuild:
        return {tr("Read all stores and runs into the inventory again")};
    default:
        return {keyOf(call.kind), paramsText(call.params)};
    }
}

QStringList describe(const ReadCall &call)
{
    const auto param = [&](const char *key) {
        return valueText(call.params.value(QLatin1String(key)));
    };
    const QString path = param("path");
    switch (call.kind) {
    case ActionKind::DiskFree:
        return {tr("See that %1 are free at %2").arg(param("at_least"), path)};
    case ActionKind::Program:
        return {tr("See that the program %1 can be started").arg(param("program"))};
    case ActionKind::Reachable: {
        const QString host = param("host");
        return {tr("See that %1 answers on port %2")
                    .arg(host.isEmpty() ? tr("this machine") : host, param("port"))};
    }
    case ActionKind::Path:
        return {tr("See that %1 is: %2").arg(path, param("is"))};
    case ActionKind::MachineId:
        return {tr("Read /etc/machine-id")};
    case ActionKind::HostKey:
        return {tr("Read the public SSH host keys of this machine")};
    case ActionKind::HostName:
        return {tr("Read the name of this machine")};
    case ActionKind::FileSystem:
        return {tr("Read which file system %1 is on").arg(path)};
    case ActionKind::TreeAssess:
        return {
            tr("Look in and beside %1 for half-done work of earlier runs").arg(param("folders"))};
    default:
        break;
    }
    const QString params = paramsText(call.params);
    return {params.isEmpty() ? tr("Read %1").arg(keyOf(call.kind))
                             : tr("Read %1 · %2").arg(keyOf(call.kind), params)};
}

QStringList describe(const PostgresCall &call)
{
    QStringList lines = call.describe();
    for (const QString &statement : call.statements())
        lines << verbatim(statement);
    const std::vector<ProcessCall> programs = programsOf(call);
    for (const ProcessCall &program : programs) {
        QString line = programLine(program);
        if (program.pipes && &program != &programs.back())
            line += QStringLiteral(" |");
        lines << verbatim(line);
        if (const auto *key = std::get_if<SecretRef>(&program.input))
            lines << tr("with the key from the secret %1 on its standard input").arg(key->name);
    }
    for (const QString &statement : call.closing())
        lines << verbatim(statement);
    if (!call.at.password.isEmpty())
        lines << tr("with the password from the secret %1").arg(call.at.password);
    return lines;
}

/// What is sent, verbatim.
QStringList requestLines(const std::vector<PlannedRequest> &requests)
{
    QStringList lines;
    for (const PlannedRequest &request : requests) {
        lines << verbatim(request.call.method + QLatin1Char(' ') + request.call.url.display());
        if (!request.call.json.isUndefined())
            lines << verbatim(QStringLiteral("| ") + jsonBody(request.call).display());
        else if (!isEmpty(request.call.body))
            lines << verbatim(QStringLiteral("| ") +
                              std::get<TemplateText>(request.call.body).display());
    }
    return lines;
}

QStringList describe(const ElasticsearchCall &call)
{
    const std::vector<PlannedRequest> requests = requestsOf(call);
    QStringList lines = call.describe() + requestLines(requests);
    if (call.at.urls.size() > 1)
        lines << tr("or at the first of these that answers: %1")
                     .arg(call.at.urls.mid(1).join(QStringLiteral(", ")));
    if (!requests.empty())
        lines += httpSender(requests.front().call);
    return lines;
}

QStringList describe(const ToolchainCall &call)
{
    QStringList lines = call.describe() + requestLines(requestsOf(call));
    if (!call.at.apiKey.isEmpty())
        lines << tr("with a token that the secret %1 is exchanged for").arg(call.at.apiKey);
    if (!call.at.gitToken.isEmpty())
        lines << tr("with the secret %1 at %2").arg(call.at.gitToken, call.at.git);
    if (!call.at.sourceGitToken.isEmpty())
        lines << tr("with the secret %1 at %2").arg(call.at.sourceGitToken, call.at.sourceGit);
    return lines;
}

QStringList describe(const WaitUntilCall &call)
{
    QStringList lines{
        tr("Every %1, until: %2").arg(durationWord(call.every), call.doneWhen.display())};
    if (call.read)
        lines += describeCall(*call.read);
    return lines;
}

QStringList describe(const AskCall &call)
{
    QStringList lines{tr("Wait for a person: %1").arg(call.text.display())};
    if (call.evidence != EvidenceKind::None)
        lines << tr("The answer needs evidence: %1").arg(name(call.evidence));
    return lines;
}

} // namespace

TemplateText jsonBody(const HttpCall &call)
{
    return jsonText(call.json);
}

QStringList describeCall(const Call &anyCall)
{
    QStringList lines = std::visit(
        Overloaded{
            [](const RestoreFileCall &call) -> QStringList {
                return {tr("Put the old file %1 back from %2, or remove it if there was none")
                            .arg(call.path.display(), call.aside.display())};
            },
            [](const TreeRemoveCall &call) -> QStringList {
                return {tr("Delete the folder %1").arg(call.folder.display())};
            },
            [](const ConfirmCall &call) -> QStringList {
                return {tr("Confirmed at go: %1").arg(call.text.display())};
            },
            [](const auto &call) { return describe(call); },
        },
        anyCall);
    for (QString &line : lines)
        line = displayText(line, line.startsWith(verbatim({})));
    return lines;
}

} // namespace lb
