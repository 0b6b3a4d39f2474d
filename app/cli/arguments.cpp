// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/arguments.h"

#include "core/base/text.h"

#include <algorithm>

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

QString quotedList(QStringList names)
{
    return names.join(QStringLiteral(", "));
}

tl::unexpected<Error> wrongUse(const QString &what, const QString &why, const QString &todo)
{
    return fail(ErrorCode::BadInput, what, why, todo);
}

tl::unexpected<Error> unknownVerb(const QString &typed)
{
    QStringList names;
    for (const VerbSpec &verb : verbTable())
        names << QString::fromLatin1(verb.name);
    names += verbGroups();
    const QString near = nearest(typed, names);
    return wrongUse(tr("There is no verb “%1”").arg(typed),
                    near.isEmpty() ? QString() : tr("did you mean “%1”?").arg(near),
                    tr("“lifeboat-cli --help” lists them"));
}

Result<const VerbSpec *> takeVerb(QStringList &words, QString *group)
{
    const QString first = words.takeFirst();
    if (const VerbSpec *verb = findVerb(first))
        return verb;
    if (!verbGroups().contains(first))
        return unknownVerb(first);
    if (words.isEmpty() || words.first().startsWith(QLatin1Char('-'))) {
        *group = first;
        return nullptr;
    }
    const QString both = first + QLatin1Char(' ') + words.takeFirst();
    if (const VerbSpec *verb = findVerb(both))
        return verb;
    return unknownVerb(both);
}

const OptionSpec *findOption(const VerbSpec &verb, const QString &name)
{
    for (const OptionSpec &option : verb.options) {
        if (name == QLatin1String(option.name))
            return &option;
    }
    return nullptr;
}

tl::unexpected<Error> unknownOption(const VerbSpec &verb, const QString &name)
{
    QStringList names{QStringLiteral("json"), QStringLiteral("help")};
    for (const OptionSpec &option : verb.options)
        names << QString::fromLatin1(option.name);
    const QString near = nearest(name, names);
    return wrongUse(tr("“%1” has no option --%2").arg(QString::fromLatin1(verb.name), name),
                    near.isEmpty() ? QString() : tr("did you mean --%1?").arg(near),
                    tr("“lifeboat-cli %1 --help” lists them").arg(QString::fromLatin1(verb.name)));
}

Result<void> checkWords(const Arguments &arguments)
{
    const VerbSpec &verb = *arguments.verb;
    qsizetype needed = 0;
    bool endless = false;
    for (const ArgumentSpec &argument : verb.arguments) {
        needed += argument.optional ? 0 : 1;
        endless = endless || argument.repeat;
    }
    if (arguments.words.size() < needed) {
        const ArgumentSpec &missing = verb.arguments[size_t(arguments.words.size())];
        return wrongUse(tr("“%1” needs %2")
                            .arg(QString::fromLatin1(verb.name), QString::fromLatin1(missing.name)),
                        {}, tr("usage: %1").arg(usageLine(verb)));
    }
    if (!endless && arguments.words.size() > qsizetype(verb.arguments.size()))
        return wrongUse(tr("“%1” does not take “%2”")
                            .arg(QString::fromLatin1(verb.name),
                                 arguments.words.at(qsizetype(verb.arguments.size()))),
                        {}, tr("usage: %1").arg(usageLine(verb)));
    return {};
}

} // namespace

Result<Arguments> parseArguments(const QStringList &given)
{
    Arguments arguments;
    QStringList words = given;
    // Before the verb only what is good for every verb can stand.
    while (!words.isEmpty() && words.first().startsWith(QLatin1Char('-'))) {
        const QString option = words.takeFirst();
        if (option == QLatin1String("--json"))
            arguments.json = true;
        else if (option == QLatin1String("--help") || option == QLatin1String("-h"))
            arguments.help = true;
        else if (option == QLatin1String("--version"))
            words.prepend(QStringLiteral("version"));
        else
            return wrongUse(tr("“%1” cannot stand before the verb").arg(option), {},
                            tr("“lifeboat-cli --help” lists the verbs"));
    }
    if (!words.isEmpty() && words.first() == QLatin1String("help")) {
        words.removeFirst();
        arguments.help = true;
    }
    if (words.isEmpty()) {
        if (arguments.help)
            return arguments;
        return wrongUse(tr("No verb was given"), {}, tr("“lifeboat-cli --help” lists them"));
    }
    TRY_VALUE(arguments.verb, takeVerb(words, &arguments.group));
    if (!arguments.verb) {
        arguments.help = arguments.help || words.contains(QStringLiteral("--help")) ||
                         words.contains(QStringLiteral("-h"));
        if (arguments.help)
            return arguments;
        QStringList verbs;
        for (const VerbSpec &verb : verbTable()) {
            const QString name = QString::fromLatin1(verb.name);
            if (name.startsWith(arguments.group + QLatin1Char(' ')))
                verbs << name.section(QLatin1Char(' '), 1);
        }
        return wrongUse(tr("“%1” needs one more word").arg(arguments.group), quotedList(verbs),
                        tr("“lifeboat-cli %1 --help” explains them").arg(arguments.group));
    }
    bool onlyWords = false;
    while (!words.isEmpty()) {
        const QString word = words.takeFirst();
        if (onlyWords || !word.startsWith(QLatin1Char('-')) || word == QLatin1String("-")) {
            arguments.words << word;
            continue;
        }
        if (word == QLatin1String("--")) {
            onlyWords = true;
            continue;
        }
        if (word == QLatin1String("--json")) {
            arguments.json = true;
            continue;
        }
        if (word == QLatin1String("--help") || word == QLatin1String("-h")) {
            arguments.help = true;
            continue;
        }
        const bool isLong = word.startsWith(QLatin1String("--"));
        const QString name = word.mid(isLong ? 2 : 1).section(QLatin1Char('='), 0, 0);
        const OptionSpec *option = isLong ? findOption(*arguments.verb, name) : nullptr;
        if (!option)
            return unknownOption(*arguments.verb, name);
        const bool hasValue = word.contains(QLatin1Char('='));
        QString value = word.section(QLatin1Char('='), 1);
        if (!option->value && hasValue)
            return wrongUse(tr("--%1 takes no value").arg(name), value, {});
        if (option->value && !hasValue) {
            if (words.isEmpty())
                return wrongUse(tr("--%1 needs %2").arg(name, QString::fromLatin1(option->value)),
                                {}, tr("usage: %1").arg(usageLine(*arguments.verb)));
            value = words.takeFirst();
        }
        QStringList &values = arguments.options[name];
        if (!values.isEmpty() && !option->repeat)
            return wrongUse(tr("--%1 was given twice").arg(name), {}, {});
        values << value;
    }
    if (!arguments.help)
        TRY(checkWords(arguments));
    return arguments;
}

Result<QMap<QString, QStringList>> keyValues(const QStringList &texts, const QString &option)
{
    QMap<QString, QStringList> map;
    for (const QString &text : texts) {
        const qsizetype equals = text.indexOf(QLatin1Char('='));
        if (equals < 1)
            return wrongUse(tr("%1 wants KEY=VALUE").arg(option), text, {});
        map[text.left(equals)] << text.mid(equals + 1);
    }
    return map;
}

} // namespace lb::cli
