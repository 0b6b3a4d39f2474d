// SPDX-License-Identifier: GPL-3.0-or-later
// What people ask of a run while it goes on.
#include "core/engine/run_engine.h"

#include "core/base/atomic_file.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/model/accepted_checks.h"

#include <QFileInfo>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Engine)

} // namespace

Result<void> RunEngine::pause()
{
    if (!state().go || isEnded(state().state))
        return fail(ErrorCode::Conflict, tr("The run is not running"), name(state().state));
    if (!state().pauseRequested)
        commit(EventKind::PauseRequested);
    advanceSoon();
    return {};
}

Result<void> RunEngine::goOn()
{
    if (!state().pauseRequested)
        return fail(ErrorCode::Conflict, tr("The run is not paused"), name(state().state));
    commit(EventKind::Continued);
    advanceSoon();
    return {};
}

Result<void> RunEngine::cancel(const QString &by)
{
    if (isEnded(state().state))
        return fail(ErrorCode::Conflict, tr("The run has ended"), name(state().state));
    if (state().cancelRequested)
        return {};
    commit(EventKind::CancelRequested, {}, 0,
           {{QStringLiteral("by"), by}, {QStringLiteral("leaves"), cancelLeaves()}});
    if (!state().go) {
        end(RunStateName::Cancelled);
        return {};
    }
    if (state().pauseRequested)
        commit(EventKind::Continued);
    m_waits.clear();
    m_needs.clear();
    if (state().waiting)
        commit(EventKind::WaitingEnded);
    const QStringList ids = m_running.keys();
    for (const QString &id : ids) {
        const PlannedStep *step = m_plan->step(id);
        if (step->section != PlanSection::Steps)
            continue;
        if (StepRun *run = m_running.value(id)) {
            run->cancel();
        } else if (state().step(id) && state().step(id)->state != StepState::Pending) {
            m_running.remove(id);
            commit(EventKind::StepCancelled, id, state().step(id)->attempts,
                   {{QStringLiteral("reason"), tr("cancelled while it waited")}});
        } else {
            m_running.remove(id);
        }
    }
    for (const QString &id : std::as_const(m_unsettled))
        commit(EventKind::StepCancelled, id, state().step(id) ? state().step(id)->attempts : 0,
               {{QStringLiteral("reason"), tr("cancelled; it is not known whether it happened")}});
    m_unsettled.clear();
    advanceSoon();
    return {};
}

Result<void> RunEngine::answer(const RunCommand &command)
{
    QJsonObject evidence;
    if (!command.evidence.isEmpty()) {
        TRY_VALUE(const QByteArray content, readWholeFile(command.evidence));
        const QString kept = m_environment.folder.evidenceFolder() + QLatin1Char('/') +
                             QString::number(state().answers.size() + 1) + QLatin1Char('-') +
                             QFileInfo(command.evidence).fileName();
        TRY(writeFileAtomically(kept, content));
        evidence = {{QStringLiteral("file"), QFileInfo(kept).fileName()},
                    {QStringLiteral("sha256"), QString::fromLatin1(Sha256::hex(content))}};
    }
    const QJsonObject data{{QStringLiteral("answer"), name(command.answer)},
                           {QStringLiteral("by"), command.by},
                           {QStringLiteral("note"), command.note},
                           {QStringLiteral("evidence"), evidence}};

    // Before go, a step's place is taken by the id of the check that asks, or of its group.
    if (!state().go) {
        const bool isCheck =
            std::any_of(state().checks.begin(), state().checks.end(), [&](const CheckRecord &c) {
                return c.verdict == CheckVerdict::Warned &&
                       (c.id == command.step || checkGroup(c.id) == command.step);
            });
        if (!isCheck)
            return fail(ErrorCode::NotFound, tr("Nothing asks about “%1”").arg(command.step));
        if (command.note.trimmed().isEmpty())
            return fail(ErrorCode::BadInput, tr("Accepting %1 needs a reason").arg(command.step));
        m_answered.insert(command.step, command.note);
        commit(EventKind::Answered, command.step, 0, data);
        if (state().request.go.yes)
            useAdvanceGo();
        return {};
    }
    const PlannedStep *step = m_plan->step(command.step);
    if (!step || !state().waiting || state().waiting->step != command.step)
        return fail(ErrorCode::Conflict,
                    tr("The step “%1” does not wait for an answer").arg(command.step));
    // A secret or room on a disk is missing whatever anybody says.
    const bool isWord = command.answer == AnswerKind::Done || command.answer == AnswerKind::Yes;
    if (isWord && state().waiting->reason != WaitingFor::Person)
        return fail(ErrorCode::BadInput,
                    tr("The step “%1” does not wait for a person's word").arg(command.step),
                    state().waiting->text, tr("retry, skip or stop"));
    const bool unknown = m_unsettled.contains(command.step);
    const int attempt = state().step(step->id) ? state().step(step->id)->attempts : 0;
    if (command.answer == AnswerKind::Skip && command.note.trimmed().isEmpty())
        return fail(ErrorCode::BadInput, tr("Skipping a step needs a reason"), {},
                    tr("Give it with --note"));
    if (command.answer == AnswerKind::Yes && unknown)
        return fail(ErrorCode::BadInput, tr("Say whether it was done, or is to be tried again"), {},
                    tr("done, retry, skip or stop"));
    const auto *ask = step->calls.empty() ? nullptr : callAs<AskCall>(step->calls.front());
    if (ask && !unknown && command.answer == AnswerKind::Done) {
        if (ask->evidence == EvidenceKind::Text && command.note.trimmed().isEmpty())
            return fail(ErrorCode::BadInput, tr("This step asks for a written evidence"), {},
                        tr("Give it with --note"));
        if (ask->evidence == EvidenceKind::File && evidence.isEmpty())
            return fail(ErrorCode::BadInput, tr("This step asks for a file as evidence"), {},
                        tr("Give it with --evidence"));
    }
    commit(EventKind::Answered, command.step, attempt, data);
    commit(EventKind::WaitingEnded, command.step);
    askNextQuestion();
    m_unsettled.remove(command.step);
    m_running.remove(command.step);
    std::erase_if(m_needs, [&](const Need &need) { return need.step == command.step; });
    switch (command.answer) {
    case AnswerKind::Done:
    case AnswerKind::Yes: {
        CallOutcome outcome;
        outcome.outputs = {{QStringLiteral("by"), command.by},
                           {QStringLiteral("note"), command.note}};
        if (unknown)
            outcome.warnings << tr("%1: done by the word of %2").arg(step->title, command.by);
        succeed(*step, attempt, outcome);
        break;
    }
    case AnswerKind::Skip:
        commit(EventKind::StepSkipped, step->id, attempt,
               {{QStringLiteral("reason"), command.note}, {QStringLiteral("by"), command.by}});
        commit(EventKind::WarningRaised, {}, 0,
               {{QStringLiteral("text"),
                 tr("%1 was skipped by %2: %3").arg(step->title, command.by, command.note)}});
        break;
    case AnswerKind::Retry:
        startStep(*step);
        break;
    case AnswerKind::Stop:
        failStep(*step, INT_MAX,
                 Error{ErrorCode::Failed,
                       tr("%1 was stopped by %2").arg(step->title, command.by),
                       command.note,
                       {}});
        break;
    }
    advanceSoon();
    return {};
}

Result<void> RunEngine::giveSecret(const QString &name, const SecretHandle &value)
{
    if (isEnded(state().state))
        return fail(ErrorCode::Conflict, tr("The run has ended"), lb::name(state().state));
    const QStringList known = m_plan ? m_plan->secrets : QStringList();
    if (m_plan && !known.contains(name))
        return fail(ErrorCode::NotFound, tr("This run needs no secret “%1”").arg(name),
                    known.isEmpty() ? QString()
                                    : tr("it needs %1").arg(known.join(QStringLiteral(", "))));
    m_secrets.put(name, value);
    tryNeedsAgain();
    // The plan stands already, with a check that missed it.
    if (state().state == RunStateName::Ready && !m_pendingGo)
        prepare();
    return {};
}

bool RunEngine::isAsked(const QString &step) const
{
    return (state().waiting && state().waiting->step == step) ||
           std::any_of(m_waits.begin(), m_waits.end(),
                       [&step](const Wait &wait) { return wait.step == step; });
}

void RunEngine::stopAtSafePoint()
{
    m_stopping = true;
    if (!state().go || isEnded(state().state)) {
        m_over = true;
        Q_EMIT over();
        return;
    }
    // What only waits needs no process: the next one finds it in the journal.
    m_unsettled.removeIf([this](const QString &id) { return isAsked(id); });
    m_running.removeIf([this](const auto &entry) {
        const StepRecord *record = state().step(entry.key());
        return !entry.value() &&
               (isAsked(entry.key()) || !record || record->state == StepState::Pending);
    });
    for (Execution *look : findChildren<Execution *>(QString(), Qt::FindDirectChildrenOnly))
        look->cancel();
    advanceSoon();
}

QString RunEngine::cancelLeaves() const
{
    if (!state().go || !m_plan)
        return tr("Nothing has been changed yet; cancelling leaves everything as it is.");
    QStringList sentences;
    const auto wasBegun = [this](const QString &id) {
        const StepRecord *record = state().step(id);
        return record && record->attempts > 0;
    };
    for (auto it = m_running.begin(); it != m_running.end(); ++it) {
        const PlannedStep *step = m_plan->step(it.key());
        if (step && step->effect != Effect::Read)
            sentences
                << tr("“%1” is under way: a program is stopped in the middle, what it changes "
                      "may be left half done.")
                       .arg(step->title);
    }
    bool changed = false;
    for (const PlannedStep &step : m_plan->steps) {
        if (!wasBegun(step.id) || step.section != PlanSection::Steps)
            continue;
        changed = changed || step.effect != Effect::Read;
        if (!step.obliges || step.obliges->by.isEmpty())
            continue;
        const auto by =
            std::find_if(m_plan->steps.begin(), m_plan->steps.end(), [&](const auto &candidate) {
                const StepRecord *record = state().step(candidate.id);
                return putsRight(candidate, *step.obliges) && !(record && isEnded(record->state));
            });
        if (by == m_plan->steps.end())
            continue;
        sentences
            << (by->finallyWhen == FinallyWhen::Always
                    ? tr("“%1” is done all the same: afterwards the service is up.").arg(by->title)
                    : tr("“%1” is not done and stays to be done: the service stays down.")
                          .arg(by->title));
    }
    if (makesPoint(m_plan->purpose))
        sentences << tr("No restore point comes of this run; older ones are untouched.");
    if (sentences.isEmpty())
        sentences << (changed ? tr("What was done so far stays; lifeboat-cli runs undo takes it "
                                   "back.")
                              : tr("Nothing has been changed so far."));
    return sentences.join(QLatin1Char(' '));
}

} // namespace lb
