// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/by_hand.h"

#include "core/base/overloaded.h"
#include "core/base/text.h"

namespace lb {

namespace {

const QString kTar = QStringLiteral("tar --numeric-owner --xattrs --xattrs-include='*' --acls");

QString quoted(const TemplateText &text)
{
    return shellQuoted(text.display());
}

QString pointFolder(const Plan &plan, const QString &point)
{
    return QStringLiteral("%1/%2/%3").arg(plan.store.folder, plan.system, point);
}

/// printf takes the text as data, whatever is in it.
QString printed(const Sensitive &value)
{
    if (const auto *secret = std::get_if<SecretRef>(&value))
        return QStringLiteral("cat # type the secret %1, then Ctrl-D").arg(secret->name);
    return QStringLiteral("printf %s ") + quoted(std::get<TemplateText>(value));
}

QStringList process(const ProcessCall &planned)
{
    // A person is asked for the password by sudo itself.
    ProcessCall call = planned;
    call.asksPassword = false;
    call = programsOf(call).front();
    if (!planned.user.isEmpty())
        call.arguments.erase(call.arguments.begin()); // -n
    QStringList words;
    if (!call.environment.empty())
        words << QStringLiteral("env");
    for (const auto &[name, value] : call.environment) {
        const auto *text = std::get_if<TemplateText>(&value);
        words << (text ? shellQuoted(name + QLatin1Char('=') + text->display())
                       : QStringLiteral("%1=\"$%1\"").arg(name));
    }
    QStringList arguments;
    for (const TemplateText &argument : call.arguments)
        arguments << argument.display();
    words << shellLine(call.program, arguments);
    QString line = words.join(QLatin1Char(' '));
    const auto *input = std::get_if<TemplateText>(&call.input);
    if (input == nullptr || !input->isEmpty())
        line = printed(call.input) + QStringLiteral(" | ") + line;
    QStringList lines;
    if (!call.folder.isEmpty())
        lines << QStringLiteral("cd -- ") + shellQuoted(call.folder);
    return lines << line;
}

/// Secrets go from variables of the shell through a pipe: no argument list shows them.
QStringList http(const HttpCall &call)
{
    QStringList lines;
    const auto variable = [&lines](const QString &secret) {
        QString name = QString(secret).replace(QLatin1Char('-'), QLatin1Char('_'));
        const QString line =
            QStringLiteral("IFS= read -rs %1 # type the secret %2").arg(name, secret);
        if (!lines.contains(line))
            lines << line;
        return QStringLiteral("\"$%1\"").arg(name);
    };
    QStringList words{QStringLiteral("curl --silent --show-error --fail-with-body --globoff")};
    words << QStringLiteral("--max-time %1").arg(double(call.timeout.count()) / 1000)
          << QStringLiteral("--request ") + call.method;
    QStringList hidden;
    for (const auto &[name, value] : call.headers) {
        if (const auto *secret = std::get_if<SecretRef>(&value))
            hidden << QStringLiteral("printf '%1: %s\\n' %2").arg(name, variable(secret->name));
        else
            words << QStringLiteral("--header ") +
                         shellQuoted(name + QStringLiteral(": ") +
                                     std::get<TemplateText>(value).display());
    }
    if (!call.bearer.isEmpty())
        hidden << QStringLiteral("printf 'Authorization: Bearer %s\\n' ") + variable(call.bearer);
    if (!call.password.isEmpty())
        hidden << QStringLiteral("printf 'Authorization: Basic %s\\n' \"$(printf %s:%s %1 %2 | "
                                 "base64 -w0)\"")
                      .arg(shellQuoted(call.user), variable(call.password));
    const auto option = [&words](const char *name, const QString &value) {
        if (!value.isEmpty())
            words << QLatin1String(name) + QLatin1Char(' ') + shellQuoted(value);
    };
    option("--cacert", call.ca);
    option("--cert", call.clientCertificate);
    option("--key", call.clientKey);
    option("--output", call.toFile);
    if (const auto *secret = std::get_if<SecretRef>(&call.body))
        words << QStringLiteral("--data-binary @<(printf %s ") + variable(secret->name) +
                     QLatin1Char(')');
    else if (!call.fromFile.isEmpty())
        option("--data-binary", QLatin1Char('@') + call.fromFile);
    else if (!call.json.isUndefined())
        words << QStringLiteral("--header 'Content-Type: application/json' --data-raw ") +
                     quoted(jsonBody(call));
    else
        option("--data-raw", std::get<TemplateText>(call.body).display());
    words << quoted(call.url);
    QString line = words.join(QLatin1Char(' '));
    if (!hidden.isEmpty()) {
        line.replace(0, 4, QStringLiteral("curl --header @-"));
        line = (hidden.size() == 1
                    ? hidden.first()
                    : QStringLiteral("{ %1; }").arg(hidden.join(QStringLiteral("; ")))) +
               QStringLiteral(" | ") + line;
    }
    return lines << line;
}

QStringList swap(const QString &into, SwapWay way, const QString &fresh, const QString &old,
                 bool existed)
{
    const QString target = shellQuoted(into);
    if (way == SwapWay::Children)
        return {QStringLiteral("mkdir -m 700 -- %1").arg(old),
                QStringLiteral("find %1 -mindepth 1 -maxdepth 1 ! -name '.lifeboat-*' "
                               "-exec mv -t %2 -- {} +")
                    .arg(target, old),
                QStringLiteral("find %1 -mindepth 1 -maxdepth 1 -exec mv -t %2 -- {} +")
                    .arg(fresh, target)};
    QStringList lines;
    if (existed)
        lines << QStringLiteral("mv -T -- %1 %2").arg(target, old);
    return lines << QStringLiteral("mv -T -- %1 %2").arg(fresh, target);
}

QStringList swapBack(const TreeSwapBackCall &call)
{
    const QString target = shellQuoted(call.into);
    if (!call.targetExisted)
        return {QStringLiteral("mv -T -- %1 %2").arg(target, quoted(call.staging))};
    if (call.way == SwapWay::Exchange)
        return {QStringLiteral("mv -T -- %1 %2").arg(target, quoted(call.staging)),
                QStringLiteral("mv -T -- %1 %2").arg(quoted(call.aside), target)};
    return {QStringLiteral("mkdir -p -m 700 -- %1").arg(quoted(call.staging)),
            QStringLiteral("find %1 -mindepth 1 -maxdepth 1 ! -name '.lifeboat-*' "
                           "-exec mv -t %2 -- {} +")
                .arg(target, quoted(call.staging)),
            QStringLiteral("find %1 -mindepth 1 -maxdepth 1 -exec mv -t %2 -- {} +")
                .arg(quoted(call.aside), target)};
}

QStringList save(const TreeSaveCall &call, const Plan &plan)
{
    const QString point = pointFolder(plan, QStringLiteral("‹point›"));
    const QString file = shellQuoted(point + QLatin1Char('/') + call.file);
    QStringList words{kTar, QStringLiteral("--zstd -cf"),
                      call.encrypted ? QStringLiteral("-") : file};
    for (const QString &pattern : call.exclude)
        words << QStringLiteral("--exclude=") + shellQuoted(pattern);
    words << QStringLiteral("-C %1 .").arg(shellQuoted(call.folder));
    if (call.encrypted) {
        words << QStringLiteral("| age --encrypt");
        for (const QString &recipient : call.recipients)
            words << QStringLiteral("--recipient ") + shellQuoted(recipient);
        words << QStringLiteral("--output ") + file;
    }
    return {
        QStringLiteral("mkdir -p -m 700 -- %1").arg(shellQuoted(point + QStringLiteral("/parts"))),
        words.join(QLatin1Char(' '))};
}

QStringList stage(const TreeStageCall &call, const Plan &plan)
{
    const QString point = pointFolder(plan, call.point);
    if (!call.reference.isEmpty())
        return {
            QStringLiteral("cp -a -- %1 %2").arg(shellQuoted(call.reference), quoted(call.staging)),
            QStringLiteral("cd -- ") + quoted(call.staging),
            QStringLiteral("sha256sum -c -- %1")
                .arg(shellQuoted(point + QStringLiteral("/parts/%1.sha256").arg(call.part)))};
    return {QStringLiteral("cd -- ") + shellQuoted(point),
            QStringLiteral("sha256sum -c --ignore-missing SHA256SUMS"),
            QStringLiteral("mkdir -m 700 -- %1").arg(quoted(call.staging)),
            call.file.isEmpty()
                ? QStringLiteral("%1 --zstd -xpf %2 -C %3")
                      .arg(kTar, shellQuoted(QStringLiteral("parts/%1.tar.zst").arg(call.part)),
                           quoted(call.staging))
                : QStringLiteral("age --decrypt --identity KEYFILE %1 | %2 --zstd -xpf - -C %3")
                      .arg(shellQuoted(call.file), kTar, quoted(call.staging))};
}

QStringList point(const PointCall &call, const Plan &plan)
{
    const QString id = TemplateText::fromJson(call.params.value(QLatin1String("point"))).display();
    const QString folder = shellQuoted(pointFolder(plan, id));
    switch (call.kind) {
    case ActionKind::PointVerify:
        return {QStringLiteral("cd -- %1").arg(folder), QStringLiteral("sha256sum -c SHA256SUMS")};
    case ActionKind::PointRemove:
        return {QStringLiteral("rm -r -- %1").arg(folder)};
    default:
        return {QStringLiteral("less -- %1/RESTORE.md").arg(folder)};
    }
}

QString psqlLine(const PostgresServer &at, const QStringList &more)
{
    QStringList words;
    if (!at.server.isEmpty())
        words << QStringLiteral("--host=") + at.server;
    words << QStringLiteral("--port=%1").arg(at.port);
    if (!at.user.isEmpty())
        words << QStringLiteral("--username=") + at.user;
    words << QStringLiteral("--dbname=") + conninfo(at.database);
    return shellLine(QStringLiteral("psql"), words + more);
}

/// One session for all of them: renames belong together.
QStringList psql(const PostgresServer &at, const QStringList &statements)
{
    if (statements.isEmpty())
        return {};
    QStringList words{QStringLiteral("--set=ON_ERROR_STOP=1")};
    for (const QString &statement : statements)
        words << QStringLiteral("--command=") + statement;
    return {psqlLine(at, words)};
}

/// In order; those with ‹index› in the address for each index, those that look until it is done.
QStringList requestLines(const std::vector<PlannedRequest> &requests)
{
    QStringList lines;
    for (const PlannedRequest &request : requests) {
        for (const QString &line : http(request.call)) {
            if (!line.startsWith(QLatin1String("IFS=")) || !lines.contains(line))
                lines << line;
        }
    }
    return lines;
}

QStringList postgres(const PostgresCall &call, const Plan &plan)
{
    QStringList lines = psql(call.at, call.statements());
    const QString folder =
        pointFolder(plan, call.point.isEmpty() ? QStringLiteral("‹point›") : call.point);
    const bool readsVersion =
        call.work == PostgresWork::ReadySave || call.work == PostgresWork::ReadyRestore;
    QString piped;
    for (const ProcessCall &program :
         readsVersion ? std::vector<ProcessCall>() : programsOf(call)) {
        QStringList arguments;
        for (const TemplateText &argument : program.arguments) {
            const QString text = argument.display();
            // By hand the key is in a file, and there is no snapshot to share.
            if (text == QLatin1String("-"))
                arguments << QStringLiteral("KEYFILE");
            else if (!text.startsWith(QLatin1String("--snapshot=")))
                arguments << QString(text).replace(QStringLiteral("‹point_folder›"), folder);
        }
        piped += shellLine(program.program, arguments);
        if (program.pipes) {
            piped += QStringLiteral(" | ");
            continue;
        }
        lines << std::exchange(piped, QString());
    }
    if (!piped.isEmpty()) // what Lifeboat reads by itself
        lines << piped + psqlLine(call.at, {QStringLiteral("--file=-")});
    return lines + psql(call.at, call.closing());
}

} // namespace

QStringList byHand(const Call &anyCall, const Plan &plan)
{
    return std::visit(
        Overloaded{
            [](const ProcessCall &call) { return process(call); },
            [](const HttpCall &call) { return http(call); },
            [](const WriteFileCall &call) -> QStringList {
                const QString path = quoted(call.path);
                QStringList lines;
                if (!call.aside.isEmpty())
                    lines << QStringLiteral("cp -pT -- %1 %2").arg(path, quoted(call.aside));
                return lines << QStringLiteral("%1 > %2").arg(printed(call.content), path)
                             << QStringLiteral("chmod %1 -- %2")
                                    .arg(call.mode, 4, 8, QLatin1Char('0'))
                                    .arg(path);
            },
            [](const RestoreFileCall &call) -> QStringList {
                return {
                    QStringLiteral("mv -T -- %1 %2").arg(quoted(call.aside), quoted(call.path))};
            },
            [&](const TreeSaveCall &call) { return save(call, plan); },
            [&](const TreeStageCall &call) { return stage(call, plan); },
            [](const TreeSwapCall &call) {
                return swap(call.into, call.way, quoted(call.staging), quoted(call.aside),
                            call.targetExists);
            },
            [](const TreeSwapBackCall &call) { return swapBack(call); },
            [](const TreeRemoveCall &call) -> QStringList {
                return {QStringLiteral("rm -r --one-file-system -- %1").arg(quoted(call.folder))};
            },
            [&](const PublishCall &) -> QStringList {
                return {QStringLiteral("cd -- ") +
                            shellQuoted(pointFolder(plan, QStringLiteral("‹point›"))),
                        QStringLiteral("sha256sum -- parts/* > SHA256SUMS"),
                        QStringLiteral("sync")};
            },
            [&](const PointCall &call) { return point(call, plan); },
            [&](const PostgresCall &call) { return postgres(call, plan); },
            [](const ElasticsearchCall &call) { return requestLines(requestsOf(call)); },
            [](const ToolchainCall &call) { return requestLines(requestsOf(call)); },
            [](const ReadCall &) { return QStringList(); },
            [&](const WaitUntilCall &call) {
                return call.read ? byHand(*call.read, plan) : QStringList();
            },
            [](const AskCall &) { return QStringList(); },
            [](const ConfirmCall &) { return QStringList(); },
        },
        anyCall);
}

} // namespace lb
