// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/session.h"
#include "app/cli/terminal.h"
#include "app/cli/verbs.h"
#include "core/base/json.h"
#include "core/base/process_identity.h"

#include <QJsonDocument>

#include <unistd.h>

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

/// A key or a token, not a backup: what is longer is a mistake.
constexpr qsizetype kLongest = 1024 * 1024;

/// From standard input, or asked without echo on a terminal. Never an argument: everybody on this
/// machine can read those.
Result<SecretHandle> readSecret(const QString &question)
{
    QByteArray bytes;
    if (terminal::canAsk()) {
        auto typed = terminal::askHidden(question);
        if (!typed)
            return fail(ErrorCode::Cancelled, tr("Nothing was typed; nothing was changed"));
        bytes = std::move(*typed);
    } else {
        bytes.reserve(kLongest + 1); // growing would leave copies behind
        bytes.resize(kLongest + 1);
        qsizetype size = 0;
        for (ssize_t n = 1; n > 0 && size < bytes.size(); size += qMax<ssize_t>(n, 0))
            n = ::read(STDIN_FILENO, bytes.data() + size, size_t(bytes.size() - size));
        if (size > kLongest)
            return fail(ErrorCode::BadInput, tr("That is too long for a secret"));
        while (size > 0 && (bytes.at(size - 1) == '\n' || bytes.at(size - 1) == '\r'))
            --size;
        QByteArray exact(bytes.constData(), size);
        wipe(bytes);
        bytes = std::move(exact);
    }
    if (bytes.isEmpty())
        return fail(ErrorCode::BadInput, tr("The secret is empty; nothing was changed"), {},
                    tr("Give it on standard input, or type it on a terminal"));
    return SecretHandle(std::make_shared<const SecretString>(std::move(bytes)));
}

QString stateWord(const SecretStatus &secret)
{
    if (secret.state == QLatin1String("present"))
        return tr("present");
    if (secret.state == QLatin1String("missing"))
        return tr("missing");
    if (secret.state == QLatin1String("program"))
        return tr("asked when needed", "a secret that a program prints");
    return tr("keychain %1", "its state").arg(secret.state);
}

/// A prompt of the keychain can wait for two minutes; who sits here must know for what.
void tellOfPrompts(Session &session)
{
    QObject::connect(&session.service, &Service::keychainAsks, &session.service,
                     [] { complain(tr("The keychain asks: answer its prompt on the desktop")); });
}

} // namespace

int secretsList(Session &session)
{
    tellOfPrompts(session);
    const auto found = session.await(session.service.secrets(session.arguments.word(0)));
    if (!found)
        return session.failed(found.error());
    QJsonArray list;
    Table table({{tr("SYSTEM"), true},
                 {tr("SECRET"), true},
                 {tr("STATE"), true},
                 {tr("FROM")},
                 {tr("TITLE")}});
    for (const SecretStatus &secret : *found) {
        const bool fromProgram = !secret.program.isEmpty();
        list.append(
            QJsonObject{{QStringLiteral("system"), secret.system},
                        {QStringLiteral("name"), secret.name},
                        {QStringLiteral("title"), secret.title},
                        {QStringLiteral("holder"), secret.holder},
                        {QStringLiteral("source"),
                         fromProgram ? QStringLiteral("program") : QStringLiteral("keychain")},
                        {QStringLiteral("program"), toJsonArray(secret.program)},
                        {QStringLiteral("state"), secret.state}});
        table.add({secret.system, secret.name, stateWord(secret),
                   fromProgram ? secret.program.first() : tr("keychain"),
                   secret.holder.isEmpty()
                       ? secret.title
                       : tr("%1 (%2 has it)").arg(secret.title, secret.holder)});
    }
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("secrets"), list}});
    else
        table.print(tr("No runbook of your systems needs a secret."));
    return kGood;
}

int secretsSet(Session &session)
{
    tellOfPrompts(session);
    const QString system = session.arguments.word(0);
    const QString name = session.arguments.word(1);
    if (session.arguments.has("program")) {
        const QJsonDocument words =
            QJsonDocument::fromJson(session.arguments.value("program").toUtf8());
        if (!words.isArray() || words.array().isEmpty())
            return session.failed(
                Error{ErrorCode::BadInput, tr("--program must be a JSON list of words"),
                      session.arguments.value("program"),
                      tr("For example: --program '[\"pass\", \"show\", \"shop/db\"]'")});
        const auto set =
            session.service.setSecretProgram(system, name, toStringList(words.array()));
        if (!set)
            return session.failed(set.error());
    } else {
        const auto value = readSecret(tr("%1 of %2:", "asks for a secret").arg(name, system));
        if (!value)
            return session.failed(value.error());
        const auto set = session.await(session.service.setSecret(system, name, *value));
        if (!set)
            return session.failed(set.error());
    }
    if (session.json())
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("system"), system},
                 {QStringLiteral("name"), name}});
    else
        say(session.arguments.has("program")
                ? tr("The program will be asked for %1 of %2 when it is needed.").arg(name, system)
                : tr("The keychain holds %1 of %2.").arg(name, system));
    return kGood;
}

int secretsRemove(Session &session)
{
    tellOfPrompts(session);
    const QString system = session.arguments.word(0);
    const QString name = session.arguments.word(1);
    const auto removed = session.await(session.service.removeSecret(system, name));
    if (!removed)
        return session.failed(removed.error());
    if (session.json())
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("system"), system},
                 {QStringLiteral("name"), name}});
    else
        say(tr("%1 of %2 is no longer there.").arg(name, system));
    return kGood;
}

int secretsTest(Session &session)
{
    tellOfPrompts(session);
    const auto health = session.await(session.service.testKeychain());
    if (!health)
        return session.failed(health.error());
    const bool isOpen = health->state == KeychainState::Open;
    if (session.json())
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("state"), name(health->state)},
                 {QStringLiteral("text"), health->text}});
    else
        say(isOpen ? tr("The keychain is open: a value was written, read back and deleted.")
                   : keychainError(*health).sentence());
    return isOpen ? kGood : kFailed;
}

int runsSecret(Session &session)
{
    const RunId id(session.arguments.word(0));
    RunCommand command;
    command.kind = CommandKind::Secret;
    command.secret = session.arguments.word(1);
    command.by = currentUserName();
    const auto view = session.service.run(id);
    if (!view)
        return session.failed(view.error());
    if (!view->runnerAlive)
        return session.failed(
            Error{ErrorCode::Conflict,
                  tr("Run %1 has no runner that could take it").arg(id.value()),
                  {},
                  tr("First “runs resume %1”; it asks for what it needs").arg(id.value())});
    const auto value =
        readSecret(tr("%1, for this run only:", "asks for a secret").arg(command.secret));
    if (!value)
        return session.failed(value.error());
    command.value = *value;
    if (const auto sent = session.await(session.service.command(id, command)); !sent)
        return session.failed(sent.error());
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("id"), id.value()}});
    else
        say(tr("Run %1 has it until it ends. lifeboat-cli runs show %1").arg(id.value()));
    return kGood;
}

} // namespace lb::cli
