// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/sudo.h"

#include "core/model/plan.h"

#include <QRegularExpression>

#include <fnmatch.h>

namespace lb {

namespace {

/// An action may hold another one: what wait_until reads.
void collect(const QJsonObject &params, QStringList &programs)
{
    if (!params.value(QLatin1String("as")).toString().isEmpty()) {
        const QJsonValue command = params.value(QLatin1String("command"));
        programs
            << (command.isArray() ? command[0] : params.value(QLatin1String("program"))).toString();
    }
    for (const QJsonValue value : params) {
        if (value.isObject())
            collect(value.toObject(), programs);
    }
}

/// One entry of the long listing.
struct Entry
{
    QStringList users;
    bool asks = true;
    QStringList commands;
};

bool isFor(const QStringList &users, const QString &user)
{
    return !users.contains(QLatin1Char('!') + user) &&
           (users.contains(QLatin1String("ALL")) || users.contains(user));
}

bool matches(const QString &pattern, const QString &text)
{
    return ::fnmatch(pattern.toUtf8().constData(), text.toUtf8().constData(), 0) == 0;
}

/// Whether this is a command that covers() understands: not a digest, a pattern or an alias.
bool isPlain(const QString &command)
{
    return command == QLatin1String("ALL") || command.startsWith(QLatin1Char('/')) ||
           command == QLatin1String("sudoedit") || command.startsWith(QLatin1String("sudoedit ")) ||
           command == QLatin1String("list");
}

/// `command` as sudoers has it: ALL, a path with any arguments, a path with these, or a folder.
bool covers(const QString &command, const QString &program, const QStringList &arguments)
{
    if (command == QLatin1String("ALL"))
        return true;
    const QString path = command.section(QLatin1Char(' '), 0, 0);
    const QString wanted = command.section(QLatin1Char(' '), 1);
    if (path.endsWith(QLatin1Char('/')))
        return program.section(QLatin1Char('/'), 0, -2) + QLatin1Char('/') == path;
    if (!matches(path, program))
        return false;
    if (wanted == QLatin1String("\"\""))
        return arguments.isEmpty();
    return wanted.isEmpty() || matches(wanted, arguments.join(QLatin1Char(' ')));
}

std::vector<Entry> entriesOf(const QString &listing, bool asksByDefault)
{
    std::vector<Entry> entries;
    for (const QString &line : listing.split(QLatin1Char('\n'))) {
        const QString word = line.trimmed();
        if (word.startsWith(QLatin1String("Sudoers entry")) ||
            word.startsWith(QLatin1String("LDAP Role"))) {
            entries.push_back({{}, asksByDefault, {}});
            continue;
        }
        if (entries.empty())
            continue;
        Entry &entry = entries.back();
        const QString value = word.section(QLatin1String(": "), 1);
        static const QRegularExpression comma(QStringLiteral(",\\s*"));
        if (word.startsWith(QLatin1String("RunAsUsers:")))
            entry.users = value.split(comma);
        else if (word.startsWith(QLatin1String("Options:")))
            entry.asks = value.contains(QLatin1String("!authenticate"))
                             ? false
                             : (value.contains(QLatin1String("authenticate")) || entry.asks);
        else if (line.startsWith(QLatin1Char('\t')))
            entry.commands << word;
    }
    return entries;
}

} // namespace

std::vector<ProcessCall> programsOf(const ProcessCall &call)
{
    std::vector<ProcessCall> programs;
    const QString sudo = QStringLiteral("sudo");
    if (call.asksPassword) {
        // First alone: sudo asks again for one that is wrong, and would read the program's input.
        ProcessCall password;
        password.program = sudo;
        for (const char *word : {"-S", "-k", "-p", "", "-v"})
            password.arguments.emplace_back(QLatin1String(word));
        password.input = SecretRef{QString::fromLatin1(kSudoPassword)};
        programs.push_back(std::move(password));
    }
    ProcessCall own = call;
    own.user.clear();
    if (!call.user.isEmpty()) {
        own.program = sudo;
        QStringList words = sudoOptions(call.user, call.asksPassword);
        QStringList variables;
        for (const auto &variable : call.environment)
            variables << variable.first;
        if (!variables.isEmpty())
            words << QStringLiteral("--preserve-env=") + variables.join(QLatin1Char(','));
        words << QStringLiteral("--") << call.program;
        own.arguments.assign(words.begin(), words.end());
        own.arguments.insert(own.arguments.end(), call.arguments.begin(), call.arguments.end());
    }
    programs.push_back(std::move(own));
    return programs;
}

QStringList sudoOptions(const QString &user, bool asksPassword)
{
    const QStringList how =
        asksPassword ? QStringList{QStringLiteral("-S"), QStringLiteral("-k"), QStringLiteral("-p"),
                                   QString::fromLatin1(kSudoPrompt)}
                     : QStringList(QStringLiteral("-n"));
    return how + QStringList{QStringLiteral("-u"), user};
}

QStringList programsWithUser(const Runbook &runbook)
{
    QStringList programs;
    const auto look = [&](const Action &action) { collect(action.params, programs); };
    for (const FactSpec &fact : runbook.facts)
        look(fact.action);
    for (const FactSpec &fact : runbook.discover)
        look(fact.action);
    for (const CheckSpec &check : runbook.checks)
        look(check.action);
    if (runbook.version)
        look(*runbook.version);
    for (const auto *steps : {&runbook.steps, &runbook.finallySteps}) {
        for (const StepSpec &step : *steps) {
            look(step.action);
            if (step.probe)
                look(step.probe->action);
            if (step.undo)
                look(*step.undo);
        }
    }
    programs.removeDuplicates();
    return programs;
}

bool sudoAsks(const QString &listing, const QString &user, const QString &program,
              const QStringList &arguments)
{
    if (listing.isEmpty())
        return true;
    const QString defaults = listing.section(QLatin1String("Sudoers entry"), 0, 0);
    bool asks = false; // what no entry covers is refused, with a password as well as without
    // The last entry that matches counts (sudoers(5)).
    for (const Entry &entry :
         entriesOf(listing, !defaults.contains(QLatin1String("!authenticate")))) {
        if (!isFor(entry.users, user))
            continue;
        for (const QString &command : entry.commands) {
            const bool isDenied = command.startsWith(QLatin1Char('!'));
            const QString allowed = isDenied ? command.mid(1) : command;
            if (!isPlain(allowed) || covers(allowed, program, arguments))
                asks = !isDenied && entry.asks;
        }
    }
    return asks;
}

QString sudoersLine(const QString &me, const QString &user, const QString &program,
                    const QStringList &arguments, bool keepsVariables)
{
    static const QRegularExpression special(QStringLiteral("([,:=\\\\*?\\[\\]!])"));
    QStringList words;
    for (const QString &word : QStringList(program) + arguments)
        words << QString(word).replace(special, QStringLiteral("\\\\1"));
    if (arguments.isEmpty())
        words << QStringLiteral("\"\"");
    return QStringLiteral("%1 ALL=(%2) NOPASSWD:%3 %4")
        .arg(me, user, keepsVariables ? QStringLiteral("SETENV:") : QString(),
             words.join(QLatin1Char(' ')));
}

bool isUserName(const QString &name)
{
    static const QRegularExpression plain(QStringLiteral("\\A[A-Za-z_][A-Za-z0-9_.-]*\\$?\\z"));
    return plain.match(name).hasMatch();
}

} // namespace lb
