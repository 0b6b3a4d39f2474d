// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/ask_go.h"

#include "app/cli/event_lines.h"
#include "app/cli/terminal.h"
#include "core/base/text.h"
#include "core/model/accepted_checks.h"

#include <QFileInfo>

#include <algorithm>

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

bool isYes(const std::optional<QString> &answer)
{
    return answer && (answer->toLower() == tr("y") || answer->toLower() == tr("yes"));
}

/// Ids for --accept: one for all checks of a group where several warned.
QStringList acceptedTogether(const std::vector<CheckRecord> &warned)
{
    QStringList ids;
    for (const CheckRecord &check : warned) {
        const auto ofGroup = std::count_if(warned.begin(), warned.end(),
                                           [group = checkGroup(check.id)](const CheckRecord &one) {
                                               return checkGroup(one.id) == group;
                                           });
        ids << (ofGroup > 1 ? checkGroup(check.id) : check.id);
    }
    ids.removeDuplicates();
    return ids;
}

bool isWarned(const GoNeeds &needs, const QString &id)
{
    return std::any_of(needs.warned.begin(), needs.warned.end(),
                       [&](const CheckRecord &check) { return check.id == id; });
}

/// One reason for each check, or for all of a group.
bool askReasons(const GoNeeds &needs, GoAnswer &go)
{
    for (const QString &id : acceptedTogether(needs.warned)) {
        for (const CheckRecord &check : needs.warned) {
            if (check.id != id && checkGroup(check.id) != id)
                continue;
            say(tr("Check %1 warned: %2").arg(check.id, check.evidence));
            if (!check.hint.isEmpty())
                say(QStringLiteral("  ") + check.hint);
        }
        const auto reason = terminal::ask(tr("Go in spite of it? Type why (empty: do not go):"));
        if (!reason || reason->isEmpty())
            return false;
        go.accept.insert(id, *reason);
    }
    return true;
}

bool askIdentity(const GoNeeds &needs, GoAnswer &go)
{
    for (int tries = 0; tries < 3; ++tries) {
        const auto typed =
            terminal::ask(tr("This changes %1. Type that name to confirm (empty: do not go):")
                              .arg(needs.identityText));
        if (!typed || typed->isEmpty())
            return false;
        if (*typed == needs.identityText) {
            go.confirm = *typed;
            return true;
        }
        say(tr("That is not the target's name."));
    }
    return false;
}

} // namespace

void sayPlan(Session &session, const RunView &view)
{
    if (!view.plan)
        return;
    sayLines(session.service.planText(*view.plan, qMax(40, terminal::width())));
}

std::optional<GoAnswer> askForGo(Session &session, const RunView &view, GoAnswer given)
{
    say();
    sayPlan(session, view);
    say();
    const GoNeeds needs = goNeeds(view, given);
    if (!askReasons(needs, given))
        return std::nullopt;
    if (needs.confirmation) {
        if (!askIdentity(needs, given))
            return std::nullopt;
    } else if (needs.yes && !isYes(terminal::ask(tr("Go? [y/N]")))) {
        return std::nullopt;
    }
    given.yes = true;
    return given;
}

std::optional<RunCommand> askForAnswer(const RunView &view, const Waiting &waiting)
{
    say();
    say(tr("%1 waits for you:").arg(waiting.step));
    say(QStringLiteral("  ") + waiting.text);
    RunCommand command;
    command.kind = CommandKind::Answer;
    command.step = waiting.step;
    const QChar choice =
        terminal::askLetter(tr("[d]one, [s]kip, [r]etry, s[t]op the run, or [l]ater:"),
                            QStringLiteral("dsrtl"), QLatin1Char('l'));
    switch (choice.toLatin1()) {
    case 'd':
        command.answer = AnswerKind::Done;
        break;
    case 's':
        command.answer = AnswerKind::Skip;
        break;
    case 'r':
        command.answer = AnswerKind::Retry;
        break;
    case 't':
        command.answer = AnswerKind::Stop;
        break;
    default:
        return std::nullopt;
    }
    const PlannedStep *step = view.plan ? view.plan->step(waiting.step) : nullptr;
    const AskCall *call = nullptr;
    for (const Call &planned : step ? step->calls : std::vector<Call>()) {
        if (const auto *asked = callAs<AskCall>(planned))
            call = asked;
    }
    const EvidenceKind evidence =
        call && command.answer == AnswerKind::Done ? call->evidence : EvidenceKind::None;
    if (evidence == EvidenceKind::File) {
        const auto file = terminal::ask(tr("A file that shows it:"));
        if (!file || !QFileInfo(*file).isFile()) {
            say(tr("There is no such file."));
            return std::nullopt;
        }
        command.evidence = QFileInfo(*file).absoluteFilePath();
    }
    const bool needsNote = command.answer == AnswerKind::Skip || evidence == EvidenceKind::Text;
    const auto note = terminal::ask(needsNote ? tr("Note (needed):") : tr("Note:"));
    if (needsNote && (!note || note->isEmpty()))
        return std::nullopt;
    command.note = note.value_or(QString());
    return command;
}

QString goCommand(const RunView &view)
{
    const GoNeeds needs = goNeeds(view, {});
    QString command = QStringLiteral("runs go %1 --plan-sha256 %2")
                          .arg(view.state.request.id.value(), view.state.planSha256);
    for (const QString &id : acceptedTogether(needs.warned))
        command += tr(" --accept %1=REASON", "an option").arg(id);
    if (needs.confirmation)
        command += QStringLiteral(" --confirm ") + shellQuoted(needs.identityText);
    return command;
}

QStringList missingAnswers(const RunView &view, const GoNeeds &needs)
{
    const QString id = view.state.request.id.value();
    QStringList lines;
    for (const CheckRecord &check : needs.warned)
        lines << tr("Run %1 waits: check %2 warned: %3: give --accept %2=REASON")
                     .arg(id, check.id, check.evidence);
    for (const QString &together : acceptedTogether(needs.warned)) {
        if (together == checkGroup(together) && !isWarned(needs, together))
            lines << tr("One reason for all checks %1[…]: give --accept %1=REASON").arg(together);
    }
    if (needs.confirmation)
        lines << tr("Run %1 waits: the target must be confirmed: give --confirm %2")
                     .arg(id, shellQuoted(needs.identityText));
    if (needs.yes)
        lines << tr("Run %1 waits for go: lifeboat-cli %2").arg(id, goCommand(view));
    return lines;
}

} // namespace lb::cli
