// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/completion.h"

#include "app/cli/arguments.h"
#include "app/cli/practice_systems.h"

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

QStringList valuesOf(Service &service, Words words, const QStringList &before)
{
    QStringList list;
    switch (words) {
    case Words::None:
    case Words::File:
        break;
    case Words::System:
        for (const SystemProfile &profile :
             service.systems().value_or(std::vector<SystemProfile>()))
            list << profile.name;
        break;
    case Words::SystemType:
        for (const SystemType &type : service.systemTypes())
            list << type.id;
        break;
    case Words::Store:
        for (const StoreProfile &store : service.stores().value_or(std::vector<StoreProfile>()))
            list << store.name;
        break;
    case Words::Runbook:
        for (const RunbookInfo &book : service.runbooks())
            list << book.id;
        break;
    case Words::Run:
        for (const RunSummary &run : service.runs())
            list << run.id;
        break;
    case Words::Obligation:
        for (const Obligation &obligation : service.obligations()) {
            if (before.contains(obligation.run))
                list << obligation.id;
        }
        break;
    case Words::Step:
        for (const QString &word : before) {
            if (const auto view = service.run(RunId(word)); isValidId(word) && view)
                list = view->state.stepOrder;
        }
        break;
    case Words::Point:
        list << QStringLiteral("best") << QStringLiteral("latest");
        for (const RestorePoint &point : service.points())
            list << point.id;
        break;
    case Words::PracticeType:
        list = practiceTypes();
        break;
    case Words::PracticeFault:
        for (const auto &practice : practiceSystems())
            list << practice->faultNames();
        break;
    case Words::Shell:
        list << QStringLiteral("bash") << QStringLiteral("zsh") << QStringLiteral("fish");
        break;
    case Words::Answer:
        list = wordsOf<AnswerKind>();
        break;
    case Words::Target:
        list = wordsOf<TargetKind>();
        break;
    }
    return list;
}

} // namespace

QStringList completionWords(Service &service, const QStringList &words)
{
    QStringList before = words;
    const QString typed = before.isEmpty() ? QString() : before.takeLast();
    before.removeAll(QStringLiteral("--json"));
    QStringList candidates;
    const VerbSpec *verb = before.isEmpty() ? nullptr : findVerb(before.at(0));
    qsizetype used = 1;
    if (!verb && before.size() >= 2) {
        verb = findVerb(before.at(0) + QLatin1Char(' ') + before.at(1));
        used = 2;
    }
    if (!verb) {
        for (const VerbSpec &known : verbTable()) {
            const QStringList parts = QString::fromLatin1(known.name).split(QLatin1Char(' '));
            if (before.isEmpty() && !candidates.contains(parts.at(0)))
                candidates << parts.at(0);
            else if (before.size() == 1 && parts.size() == 2 && parts.at(0) == before.at(0))
                candidates << parts.at(1);
        }
    } else {
        const auto option = [&](const QString &word) -> const OptionSpec * {
            for (const OptionSpec &spec : verb->options) {
                if (word == QStringLiteral("--") + QString::fromLatin1(spec.name))
                    return &spec;
            }
            return nullptr;
        };
        const OptionSpec *pending = option(before.last());
        if (pending && pending->value) {
            candidates = valuesOf(service, pending->words, before);
        } else if (typed.startsWith(QLatin1Char('-'))) {
            for (const OptionSpec &spec : verb->options)
                candidates << QStringLiteral("--") + QString::fromLatin1(spec.name);
            candidates << QStringLiteral("--json") << QStringLiteral("--help");
        } else {
            qsizetype position = 0;
            for (qsizetype i = used; i < before.size(); ++i) {
                const OptionSpec *spec = option(before.at(i));
                if (spec && spec->value)
                    ++i;
                else if (!spec)
                    ++position;
            }
            if (!verb->arguments.empty()) {
                const auto last = qsizetype(verb->arguments.size()) - 1;
                const ArgumentSpec &argument = verb->arguments[size_t(qMin(position, last))];
                if (position <= last || argument.repeat)
                    candidates = valuesOf(service, argument.words, before);
            }
        }
    }
    candidates.removeIf([&](const QString &word) { return !word.startsWith(typed); });
    return candidates;
}

Result<QString> completionScript(const QString &shell)
{
    if (shell == QLatin1String("bash"))
        return QStringLiteral(R"(# bash completion for lifeboat-cli
_lifeboat_cli()
{
    local IFS=$'\n'
    COMPREPLY=($("${COMP_WORDS[0]}" --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o bashdefault -o default -F _lifeboat_cli lifeboat-cli
)");
    if (shell == QLatin1String("zsh"))
        return QStringLiteral(R"(#compdef lifeboat-cli
_lifeboat_cli()
{
    local -a candidates
    candidates=("${(@f)$("${words[1]}" --complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    candidates=(${candidates:#})
    if (( ${#candidates} )); then
        compadd -a candidates
    else
        _files
    fi
}
compdef _lifeboat_cli lifeboat-cli
)");
    if (shell == QLatin1String("fish"))
        return QStringLiteral(R"(# fish completion for lifeboat-cli
function __lifeboat_cli_complete
    set -l words (commandline -opc)
    lifeboat-cli --complete $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c lifeboat-cli -a '(__lifeboat_cli_complete)'
)");
    return fail(ErrorCode::BadInput, tr("There is no completion for “%1”").arg(shell),
                tr("it can be bash, zsh or fish"));
}

} // namespace lb::cli
