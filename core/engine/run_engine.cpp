// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/run_engine.h"

#include "core/actions/fill_call.h"
#include "core/base/atomic_file.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/engine/undo_plan.h"

#include <QFileInfo>

#include <chrono>

namespace lb {

namespace {

LB_TRANSLATE(Engine)

using namespace std::chrono_literals;

constexpr auto kIdle = 30min; ///< a ready run without go becomes a draft
constexpr auto kChecksStayGood = 10min;

} // namespace

RunEngine::RunEngine(RunEnvironment &environment, QObject *parent)
    : QObject(parent), m_environment(environment)
{
    m_idle.setSingleShot(true);
    m_idle.setInterval(kIdle);
    connect(&m_idle, &QTimer::timeout, this,
            [this] { commit(EventKind::RunDrafted, {}, 0, {}, [this] { Q_EMIT over(); }); });
    connect(m_environment.log, &RunLog::wentOn, this, [this] {
        if (state().waiting && state().waiting->reason == WaitingFor::Disk &&
            state().waiting->step.isEmpty())
            commit(EventKind::WaitingEnded);
    });
}

RunEngine::~RunEngine() = default;

void RunEngine::commit(EventKind kind, const QString &step, int attempt, const QJsonObject &data,
                       std::function<void()> then)
{
    log().commit(makeEvent(kind, step, attempt, data), std::move(then));
    if (!m_table)
        return;
    if (kind == EventKind::RunReopened)
        m_table->updateAll(state());
    else if (!step.isEmpty())
        m_table->update(step, state());
    else if (state().waiting && !state().waiting->step.isEmpty())
        m_table->update(state().waiting->step, state());
}

// ---- Preparing -------------------------------------------------------------------------------

void RunEngine::prepare()
{
    auto *preparation = new Preparation(m_environment, this);
    connect(preparation, &Preparation::finished, this,
            [this, preparation](const Prepared &prepared) {
                preparation->deleteLater();
                onPrepared(prepared);
            });
    connect(preparation, &Preparation::failed, this,
            [this](const Error &error) { end(RunStateName::Failed, error); });
    preparation->start();
}

void RunEngine::onPrepared(const Prepared &prepared)
{
    m_checkedAt.start();
    if (!m_isAgain) {
        recordChecks(prepared.checks);
        freeze(prepared);
        return;
    }
    // At go, everything that was older than ten minutes was read again.
    m_isAgain = false;
    const QJsonArray changed = differences(prepared);
    recordChecks(prepared.checks);
    if (changed.isEmpty()) {
        const GoAnswer answer = *std::exchange(m_pendingGo, std::nullopt);
        if (const auto against = objection(answer))
            commit(EventKind::WarningRaised, {}, 0,
                   {{QStringLiteral("text"), against->sentence()}});
        else
            begin(answer);
        return;
    }
    m_pendingGo.reset();
    commit(EventKind::PlanVoided, {}, 0, {{QStringLiteral("differences"), changed}});
    freeze(prepared);
}

void RunEngine::recordChecks(const std::vector<CheckRecord> &checks)
{
    for (const CheckRecord &check : checks)
        commit(EventKind::CheckDone, {}, 0,
               {{QStringLiteral("check"), check.id},
                {QStringLiteral("title"), check.title},
                {QStringLiteral("verdict"), name(check.verdict)},
                {QStringLiteral("evidence"), check.evidence},
                {QStringLiteral("hint"), check.hint}});
}

QJsonArray RunEngine::differences(const Prepared &now) const
{
    QJsonArray list;
    const auto add = [&list](const QString &what, const QString &before, const QString &after) {
        list.append(QJsonObject{{QStringLiteral("what"), what},
                                {QStringLiteral("before"), before},
                                {QStringLiteral("now"), after}});
    };
    for (const CheckRecord &check : now.checks) {
        for (const CheckRecord &old : state().checks) {
            if (old.id == check.id && old.verdict != check.verdict)
                add(tr("check %1").arg(check.id), name(old.verdict), name(check.verdict));
        }
    }
    const QJsonObject before = m_plan->toJson();
    const QJsonObject after = now.plan.toJson();
    for (const QString &key : after.keys()) {
        if (before.value(key) == after.value(key))
            continue;
        const auto shortened = [](const QJsonValue &value) {
            const QByteArray text = toJson({{QStringLiteral("value"), value}});
            return QString::fromUtf8(text.left(400));
        };
        add(tr("plan: %1").arg(key), shortened(before.value(key)), shortened(after.value(key)));
    }
    return list;
}

void RunEngine::freeze(const Prepared &prepared)
{
    m_plan = prepared.plan;
    m_environment.plan = &*m_plan;
    m_table.emplace(*m_plan, state());
    if (state().request.mode == RunMode::Check) {
        bool failed = false;
        bool warned = false;
        for (const CheckRecord &check : prepared.checks) {
            failed = failed || check.verdict == CheckVerdict::Failed;
            warned = warned || check.verdict == CheckVerdict::Warned;
        }
        end(failed   ? RunStateName::Failed
            : warned ? RunStateName::Warned
                     : RunStateName::Succeeded);
        return;
    }
    const auto written = writeFileAtomically(m_environment.folder.planFile(), m_plan->bytes());
    if (!written) {
        end(RunStateName::Failed, written.error());
        return;
    }
    commit(EventKind::PlanFrozen, {}, 0,
           {{QStringLiteral("plan_sha256"), QString::fromLatin1(m_plan->sha256())}});
    commit(EventKind::RunReady, {}, 0, {}, [this] { useAdvanceGo(); });
}

void RunEngine::useAdvanceGo()
{
    const RunRequest &request = state().request;
    if (request.mode == RunMode::Plan) {
        // Nobody is there to say go soon: a draft needs no process.
        if (!request.attended)
            commit(EventKind::RunDrafted, {}, 0, {}, [this] { Q_EMIT over(); });
        else
            m_idle.start();
        return;
    }
    m_idle.start();
    const GoAnswer &given = request.go;
    GoAnswer answer = given;
    for (auto it = m_answered.begin(); it != m_answered.end(); ++it)
        answer.accept.insert(it.key(), it.value());
    const auto against = objection(answer);
    if (!against) {
        if (given.yes)
            begin(answer);
        else if (!request.attended)
            waitForPerson({}, tr("The plan is ready and waits for go"));
        return;
    }
    // A warning or a confirmation can still be answered; what failed or is wrong can not.
    if (against->code != ErrorCode::Cancelled) {
        if (request.attended && against->code != ErrorCode::BadInput)
            return; // the person sees it in front of them
        end(RunStateName::Failed, against);
        return;
    }
    if (!request.attended)
        waitForPerson({}, against->summary);
}

std::optional<Error> RunEngine::objection(const GoAnswer &answer) const
{
    if (!answer.planSha256.isEmpty() && answer.planSha256 != state().planSha256)
        return Error{ErrorCode::BadInput, tr("The plan is another one than you agreed to"),
                     tr("its hash is %1").arg(state().planSha256),
                     tr("Look at the plan again; nothing was changed")};
    if (!answer.confirm.isEmpty() && answer.confirm != m_plan->identity.text)
        return Error{
            ErrorCode::BadInput, tr("The confirmation does not name this target"),
            tr("typed “%1”, the target is “%2”").arg(answer.confirm, m_plan->identity.text),
            tr("Nothing was changed")};
    QStringList failed, warned;
    // An assessment is there to tell what is wrong; nothing of it can do harm.
    const bool onlyLooks = m_plan->purpose == Purpose::Assess;
    for (const CheckRecord &check : state().checks) {
        if (onlyLooks)
            break;
        if (check.verdict == CheckVerdict::Failed)
            failed << check.id + QStringLiteral(": ") + check.evidence;
        if (check.verdict == CheckVerdict::Warned && !answer.accept.contains(check.id))
            warned << check.id + QStringLiteral(": ") + check.evidence;
    }
    if (!failed.isEmpty())
        return Error{ErrorCode::Failed, tr("%n check(s) failed", nullptr, int(failed.size())),
                     failed.join(QStringLiteral("; ")), tr("Nothing was changed")};
    for (auto it = answer.accept.begin(); it != answer.accept.end(); ++it) {
        if (it.value().trimmed().isEmpty())
            return Error{ErrorCode::BadInput,
                         tr("Accepting %1 needs a reason").arg(it.key()),
                         {},
                         tr("Nothing was changed")};
    }
    // Cancelled marks what a person can still give.
    if (!warned.isEmpty())
        return Error{ErrorCode::Cancelled,
                     tr("%n check(s) warned and wait for a reason: %1", nullptr, int(warned.size()))
                         .arg(warned.join(QStringLiteral("; "))),
                     {},
                     tr("Accept each with --accept CHECK=REASON")};
    if (m_plan->needsConfirmation() && answer.confirm.isEmpty())
        return Error{
            ErrorCode::Cancelled,
            tr("The target must be confirmed by typing its name: %1").arg(m_plan->identity.text),
            {},
            tr("Give it with --confirm TEXT")};
    return std::nullopt;
}

Result<void> RunEngine::go(const GoAnswer &answer)
{
    if (state().state != RunStateName::Ready || m_pendingGo)
        return fail(ErrorCode::Conflict, tr("The run is not ready to go"), name(state().state));
    GoAnswer whole = answer;
    for (auto it = m_answered.begin(); it != m_answered.end(); ++it)
        whole.accept.insert(it.key(), it.value());
    if (const auto against = objection(whole)) {
        Error error = *against;
        if (error.code == ErrorCode::Cancelled)
            error.code = ErrorCode::BadInput;
        return tl::unexpected(error);
    }
    if (m_checkedAt.elapsed() > std::chrono::milliseconds(kChecksStayGood).count()) {
        m_pendingGo = whole;
        m_isAgain = true;
        prepare();
        return {};
    }
    begin(whole);
    return {};
}

void RunEngine::begin(const GoAnswer &answer)
{
    m_idle.stop();
    if (const auto mode = leaseModeOf(*m_plan)) {
        auto lease = Lease::take(state().request.id, m_plan->identity, *mode);
        if (!lease) {
            end(RunStateName::Failed, lease.error());
            return;
        }
        m_lease.emplace(std::move(*lease));
    }
    if (state().waiting)
        commit(EventKind::WaitingEnded);
    GoAnswer given = answer;
    given.planSha256 = state().planSha256;
    if (given.by.isEmpty())
        given.by = state().request.by;
    commit(EventKind::Go, {}, 0, given.toJson());
    if (m_lease)
        commit(EventKind::LeaseTaken, {}, 0,
               {{QStringLiteral("scope"), toJsonArray(m_plan->identity.scope)}});
    // The admin has just looked at this identity and said go: from now on it is the known one.
    const bool isLive = m_plan->target != TargetKind::Rehearsal && leaseModeOf(*m_plan);
    const bool isNew =
        state().request.system.pinned.isEmpty() || m_plan->target == TargetKind::Replacement;
    if (isLive && isNew && !m_plan->facts.empty() && m_plan->undoOf.isEmpty()) {
        const auto pinned = m_environment.hooks.pinIdentity(m_plan->system, m_plan->identity);
        if (!pinned)
            commit(EventKind::WarningRaised, {}, 0,
                   {{QStringLiteral("text"), pinned.error().sentence()}});
    }
    advanceSoon();
}

void RunEngine::waitForPerson(const QString &step, const QString &text)
{
    if (state().waiting) {
        m_questions.emplace_back(step, text);
        return;
    }
    commit(EventKind::WaitingStarted, step, 0,
           {{QStringLiteral("for"), name(WaitingFor::Person)}, {QStringLiteral("text"), text}});
}

void RunEngine::askNextQuestion()
{
    if (m_questions.empty() || state().waiting)
        return;
    const auto [step, text] = m_questions.front();
    m_questions.pop_front();
    waitForPerson(step, text);
}

// ---- Running ---------------------------------------------------------------------------------

void RunEngine::advanceSoon()
{
    if (std::exchange(m_advancing, true))
        return;
    QMetaObject::invokeMethod(
        this,
        [this] {
            m_advancing = false;
            advance();
        },
        Qt::QueuedConnection);
}

void RunEngine::advance()
{
    if (m_over || !m_plan || !state().go || isEnded(state().state))
        return;
    const bool mayStart = !state().pauseRequested && !m_stopping && m_unsettled.isEmpty();
    const auto holds = [this](const PlannedStep &step) {
        const auto value =
            evaluate(step.when, [this](const QString &path) { return slotJson(path, state()); });
        return value.value_or(false);
    };
    QSet<QString> active(m_unsettled);
    for (auto it = m_running.begin(); it != m_running.end(); ++it)
        active.insert(it.key());
    const Schedule next =
        nextSteps({*m_plan, state(), *m_table, active, mayStart, m_finallyOnly, holds});
    for (const auto &[step, reason] : next.skip)
        commit(EventKind::StepSkipped, step, 0, {{QStringLiteral("reason"), reason}});
    if (!next.skip.empty()) {
        advanceSoon();
        return;
    }
    if (next.phase != Schedule::Phase::Steps && !state().finishing && mayStart)
        commit(EventKind::RunFinishing);
    if (m_running.isEmpty() && m_unsettled.isEmpty()) {
        if (m_stopping) {
            m_over = true;
            Q_EMIT over();
            return;
        }
        if (state().pauseRequested && state().state != RunStateName::Paused &&
            next.phase != Schedule::Phase::Over) {
            commit(EventKind::Paused);
            return;
        }
        if (next.phase == Schedule::Phase::Over) {
            endRun();
            return;
        }
    }
    for (const QString &id : next.start)
        startStep(*m_plan->step(id));
}

void RunEngine::startStep(const PlannedStep &step)
{
    const StepRecord *before = state().step(step.id);
    const int attempt = (before ? before->attempts : 0) + 1;
    m_running.insert(step.id, nullptr);

    QJsonObject fills;
    const auto lookup = [&](const Slot &slot) -> Result<QString> {
        TRY_VALUE(const QString value, slotValue(slot, state()));
        fills.insert(slot.path, value);
        return value;
    };
    std::vector<Call> calls;
    for (const Call &call : step.calls) {
        auto filled = filledCall(call, lookup);
        if (!filled) {
            commit(EventKind::StepIntended, step.id, attempt);
            failStep(step, attempt, filled.error());
            return;
        }
        calls.push_back(std::move(*filled));
    }
    if (step.obliges && attempt == 1)
        openObligation(*step.obliges, {});

    if (const auto *ask = calls.empty() ? nullptr : std::get_if<AskCall>(&calls.front())) {
        commit(EventKind::StepIntended, step.id, attempt, {{QStringLiteral("fills"), fills}});
        waitForPerson(step.id, ask->text.literal());
        return;
    }
    const bool isConfirm = !calls.empty() && std::holds_alternative<ConfirmCall>(calls.front());
    commit(EventKind::StepIntended, step.id, attempt, {{QStringLiteral("fills"), fills}},
           [this, step, attempt, calls, isConfirm] {
               if (isConfirm || calls.empty()) {
                   // Its text stood in the plan: whoever said go has said yes to it.
                   CallOutcome outcome;
                   outcome.outputs.insert(QStringLiteral("by"), state().go->by);
                   succeed(step, attempt, outcome);
                   return;
               }
               auto *run = new StepRun(step, attempt, calls, m_environment, this);
               m_running.insert(step.id, run);
               connect(run, &StepRun::progress, this, &RunEngine::onProgress);
               connect(run, &StepRun::finished, this,
                       [this, run](const Result<CallOutcome> &outcome) {
                           onStepFinished(run, outcome);
                       });
               if (state().cancelRequested && step.section == PlanSection::Steps)
                   run->cancel();
               run->start();
           });
}

void RunEngine::onStepFinished(StepRun *run, const Result<CallOutcome> &outcome)
{
    const PlannedStep step = run->step();
    const int attempt = run->attempt();
    run->deleteLater();
    if (outcome) {
        succeed(step, attempt, *outcome);
        return;
    }
    const Error &error = outcome.error();
    if (error.code == ErrorCode::Cancelled && (state().cancelRequested || m_stopping)) {
        m_running.remove(step.id);
        commit(EventKind::StepCancelled, step.id, attempt,
               {{QStringLiteral("reason"), error.summary}});
        advanceSoon();
        return;
    }
    const bool isOurs = !step.calls.empty() &&
                        !std::holds_alternative<ProcessCall>(step.calls.front()) &&
                        !std::holds_alternative<ReadCall>(step.calls.front());
    if (error.code == ErrorCode::NoSpace && isOurs) {
        waitForDisk(step, attempt, error);
        return;
    }
    failStep(step, attempt, error);
}

void RunEngine::succeed(const PlannedStep &step, int attempt, const CallOutcome &outcome)
{
    QJsonObject data{{QStringLiteral("outputs"), outcome.outputs}};
    if (!outcome.warnings.isEmpty())
        data.insert(QStringLiteral("warnings"), toJsonArray(outcome.warnings));
    commit(outcome.warnings.isEmpty() ? EventKind::StepSucceeded : EventKind::StepWarned, step.id,
           attempt, data);
    m_running.remove(step.id);
    if (step.action == QLatin1String("publish"))
        commit(EventKind::PointPublished, {}, 0,
               {{QStringLiteral("point"), outcome.outputs.value(QLatin1String("point"))},
                {QStringLiteral("store"), m_plan->store.name}});
    const QString aside = outcome.outputs.value(QLatin1String("aside")).toString();
    if (!aside.isEmpty()) {
        for (const ObligationSpec &announced : m_plan->announced) {
            if (announced.id == QStringLiteral("aside:") + step.id)
                openObligation(announced, {{QStringLiteral("folder"), aside},
                                           {QStringLiteral("bytes"),
                                            outcome.outputs.value(QLatin1String("aside_bytes"))},
                                           {QStringLiteral("announced"), true}});
        }
    }
    if (step.section == PlanSection::Finally)
        closeObligationsOf(step.id);
    advanceSoon();
}

void RunEngine::failStep(const PlannedStep &step, int attempt, const Error &error)
{
    m_running.remove(step.id);
    const bool fits = step.retry.on.empty() ? error.code == ErrorCode::Unreachable ||
                                                  error.code == ErrorCode::TimedOut
                                            : std::find(step.retry.on.begin(), step.retry.on.end(),
                                                        error.code) != step.retry.on.end();
    const bool again = attempt <= step.retry.times && fits && !state().cancelRequested;
    commit(EventKind::StepFailed, step.id, attempt,
           {{QStringLiteral("error"), errorToJson(error)}, {QStringLiteral("retry"), again}});
    if (!again) {
        advanceSoon();
        return;
    }
    m_running.insert(step.id, nullptr); // keeps its place while it waits
    QTimer::singleShot(step.retry.wait, this, [this, id = step.id] {
        m_running.remove(id);
        advanceSoon();
    });
}

void RunEngine::waitForDisk(const PlannedStep &step, int attempt, const Error &error)
{
    m_running.insert(step.id, nullptr); // keeps its place while it waits
    commit(EventKind::StepFailed, step.id, attempt,
           {{QStringLiteral("error"), errorToJson(error)}, {QStringLiteral("retry"), true}});
    commit(EventKind::WaitingStarted, step.id, 0,
           {{QStringLiteral("for"), name(WaitingFor::Disk)},
            {QStringLiteral("text"), tr("The disk is full: %1. Free space; the run goes on by "
                                        "itself")
                                         .arg(error.sentence())}});
    // Tried again every ten seconds; each try is an attempt of its own in the journal.
    QTimer::singleShot(10s, this, [this, id = step.id] {
        if (!m_running.contains(id) || m_running.value(id))
            return;
        if (state().waiting && state().waiting->step == id) {
            commit(EventKind::WaitingEnded);
            askNextQuestion();
        }
        m_running.remove(id);
        advanceSoon();
    });
}

void RunEngine::openObligation(const ObligationSpec &spec, const QJsonObject &detail)
{
    for (const Obligation &known : state().obligations) {
        if (known.id == spec.id && known.state == ObligationState::Open)
            return;
    }
    const QString title =
        QString(spec.title).replace(QStringLiteral("‹run›"), state().request.id.value());
    commit(EventKind::ObligationOpened, {}, 0,
           {{QStringLiteral("obligation"), QJsonObject{{QStringLiteral("id"), spec.id},
                                                       {QStringLiteral("title"), title},
                                                       {QStringLiteral("by"), spec.by},
                                                       {QStringLiteral("detail"), detail}}}});
}

void RunEngine::closeObligationsOf(const QString &finallyStep)
{
    const std::vector<Obligation> known = state().obligations;
    for (const Obligation &obligation : known) {
        if (obligation.state == ObligationState::Open &&
            (obligation.by == finallyStep || obligation.id == finallyStep))
            commit(EventKind::ObligationClosed, {}, 0,
                   {{QStringLiteral("obligation"), obligation.id},
                    {QStringLiteral("by"), finallyStep}});
    }
}

void RunEngine::onProgress(const QString &step, const CallProgress &done)
{
    Progress message;
    message.step = step;
    message.bytesDone = done.bytesDone;
    message.bytesTotal = done.bytesTotal;
    message.itemsDone = done.itemsDone;
    message.itemsTotal = done.itemsTotal;
    const StepRecord *record = state().step(step);
    if (record && done.bytesTotal > 0 && done.bytesDone > 0) {
        const qint64 elapsed = record->startedAt.msecsTo(QDateTime::currentDateTimeUtc());
        message.stepRemainingMs = qint64(
            double(elapsed) * double(done.bytesTotal - done.bytesDone) / double(done.bytesDone));
    }
    if (const auto later = laterMs(step, qMax<qint64>(0, done.bytesTotal));
        later && message.stepRemainingMs >= 0)
        message.runRemainingMs = *later + message.stepRemainingMs;
    Q_EMIT progress(message);
}

std::optional<qint64> RunEngine::laterMs(const QString &current, qint64 bytes)
{
    constexpr size_t kMostSteps = 500; // beyond, asking would cost more than the answer is worth
    if (!m_environment.inventory || m_plan->steps.size() > kMostSteps)
        return std::nullopt;
    qint64 later = 0;
    for (const PlannedStep &planned : m_plan->steps) {
        const StepRecord *record = state().step(planned.id);
        if (planned.id == current || (record && isEnded(record->state)) ||
            !planned.skipReason.isEmpty())
            continue;
        if (!m_estimates.contains(planned.id)) {
            const auto past = m_environment.inventory->estimate(m_plan->runbook, planned.id, bytes);
            m_estimates.insert(planned.id, past && *past ? (*past)->count() : -1);
        }
        if (m_estimates.value(planned.id) < 0)
            return std::nullopt;
        later += m_estimates.value(planned.id);
    }
    return later;
}

// ---- Commands --------------------------------------------------------------------------------

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
    m_questions.clear();
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

    // Before go, a step's place is taken by the id of the check that asks.
    if (!state().go) {
        const bool isCheck =
            std::any_of(state().checks.begin(), state().checks.end(), [&](const CheckRecord &c) {
                return c.id == command.step && c.verdict == CheckVerdict::Warned;
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
    const bool unknown = m_unsettled.contains(command.step);
    const int attempt = state().step(step->id) ? state().step(step->id)->attempts : 0;
    if (command.answer == AnswerKind::Skip && command.note.trimmed().isEmpty())
        return fail(ErrorCode::BadInput, tr("Skipping a step needs a reason"), {},
                    tr("Give it with --note"));
    if (command.answer == AnswerKind::Yes && unknown)
        return fail(ErrorCode::BadInput, tr("Say whether it was done, or is to be tried again"), {},
                    tr("done, retry, skip or stop"));
    const auto *ask = step->calls.empty() ? nullptr : std::get_if<AskCall>(&step->calls.front());
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

void RunEngine::stopAtSafePoint()
{
    m_stopping = true;
    if (!state().go || isEnded(state().state)) {
        m_over = true;
        Q_EMIT over();
        return;
    }
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
        const PlannedStep *by = m_plan->step(step.obliges->by);
        const StepRecord *closed = state().step(step.obliges->by);
        if (!by || (closed && isEnded(closed->state)))
            continue;
        sentences
            << (by->finallyWhen == FinallyWhen::Always
                    ? tr("“%1” is done all the same: afterwards the service is up.").arg(by->title)
                    : tr("“%1” is not done and stays to be done: the service stays down.")
                          .arg(by->title));
    }
    if (m_plan->purpose == Purpose::Save)
        sentences << tr("No restore point comes of this run; older ones are untouched.");
    if (sentences.isEmpty())
        sentences << (changed ? tr("What was done so far stays; lifeboat-cli runs undo takes it "
                                   "back.")
                              : tr("Nothing has been changed so far."));
    return sentences.join(QLatin1Char(' '));
}

} // namespace lb
