// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/run_engine.h"

#include "core/actions/fill_call.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/engine/undo_plan.h"

#include <chrono>

namespace lb {

namespace {

LB_TRANSLATE(Engine)

using namespace std::chrono_literals;

constexpr auto kSecretAgain = 10s; ///< a keychain may be unlocked meanwhile
constexpr auto kDiskAgain = 10s;
constexpr std::chrono::milliseconds kFirstPause = 5s;
constexpr std::chrono::milliseconds kLongestPause = 1min;
constexpr std::chrono::milliseconds kNetworkLimit = 4h;
constexpr auto kNap = 5s; ///< a shorter sleep changes no network

} // namespace

RunEngine::RunEngine(RunEnvironment &environment, QObject *parent)
    : QObject(parent),
      m_environment(environment),
      m_secrets(environment.guard, environment.redactor.get())
{
    m_secrets.setSystem(state().request.system);
    m_environment.obtain = [this](const QStringList &names, const QString &step, bool wait,
                                  const std::function<void(const Result<Secrets> &)> &then) {
        obtain(names, step, wait, then);
    };
    connect(&m_secrets, &SecretBox::cannotHide, this, [this](const QString &name) {
        commit(EventKind::WarningRaised, {}, 0,
               {{QStringLiteral("text"),
                 tr("The secret %1 is too short to be told from ordinary text: it is not taken out "
                    "of logs")
                     .arg(name)}});
    });
    m_needsAgain.setInterval(kSecretAgain);
    connect(&m_needsAgain, &QTimer::timeout, this, &RunEngine::tryNeedsAgain);
    connect(&m_idle, &BootTimer::timeout, this,
            [this] { commit(EventKind::RunDrafted, {}, 0, {}, [this] { Q_EMIT over(); }); });
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

void RunEngine::waitFor(const Wait &wait)
{
    if (state().waiting) {
        m_waits.push_back(wait);
        return;
    }
    QJsonObject data{{QStringLiteral("for"), name(wait.reason)},
                     {QStringLiteral("text"), wait.text}};
    if (!wait.secret.isEmpty())
        data.insert(QStringLiteral("secret"), wait.secret);
    if (wait.since.isValid())
        data.insert(QStringLiteral("since"), toJsonTime(wait.since));
    commit(EventKind::WaitingStarted, wait.step, 0, data);
}

void RunEngine::waitForPerson(const QString &step, const QString &text)
{
    waitFor({WaitingFor::Person, step, text});
}

void RunEngine::askNextQuestion()
{
    if (m_waits.empty() || state().waiting)
        return;
    const Wait next = m_waits.front();
    m_waits.pop_front();
    waitFor(next);
}

void RunEngine::stopWaiting(WaitingFor reason, const QString &step)
{
    std::erase_if(m_waits,
                  [&](const Wait &wait) { return wait.reason == reason && wait.step == step; });
    if (state().waiting && state().waiting->reason == reason && state().waiting->step == step) {
        commit(EventKind::WaitingEnded, step);
        askNextQuestion();
    }
}

// ---- Secrets ---------------------------------------------------------------------------------

void RunEngine::obtain(const QStringList &names, const QString &step, bool wait,
                       const std::function<void(const Result<Secrets> &)> &then)
{
    if (names.isEmpty()) {
        then(Secrets());
        return;
    }
    if (wait && state().request.mode != RunMode::Check) {
        fetch({names, step, {}, then});
        return;
    }
    m_secrets.fetch(names, this,
                    [then](const Result<Secrets> &secrets, const QString &) { then(secrets); });
}

void RunEngine::fetch(const Need &need)
{
    m_secrets.fetch(
        need.names, this, [this, need](const Result<Secrets> &secrets, const QString &missing) {
            if (m_over || m_stopping)
                return;
            if (secrets) {
                stopWaiting(WaitingFor::Credential, need.step);
                need.then(secrets);
                return;
            }
            if (need.missing != missing) {
                stopWaiting(WaitingFor::Credential, need.step);
                waitFor({WaitingFor::Credential, need.step,
                         tr("The secret %1 is needed. %2. Give it to this run: lifeboat-cli runs "
                            "secret %3 %1")
                             .arg(missing, secrets.error().summary, state().request.id.value()),
                         missing});
            }
            m_needs.push_back({need.names, need.step, missing, need.then});
            m_needsAgain.start();
        });
}

void RunEngine::tryNeedsAgain()
{
    m_needsAgain.stop();
    for (const Need &need : std::exchange(m_needs, {}))
        fetch(need);
}

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
        nextSteps({*m_plan, state(), *m_table, active, mayStart, state().finallyOnly, holds});
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
        startStep(*m_table->find(id));
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
    obtain(secretNames(calls), step.id, true,
           [this, step, attempt, calls, fills](const Result<Secrets> &secrets) {
               if (!m_running.contains(step.id))
                   return; // cancelled meanwhile
               if (!secrets) {
                   failStep(step, attempt, secrets.error());
               } else if (state().pauseRequested) {
                   m_running.remove(step.id); // begins when the run goes on
                   advanceSoon();
               } else {
                   startFilled(step, attempt, calls, fills, *secrets);
               }
           });
}

void RunEngine::startFilled(const PlannedStep &step, int attempt, const std::vector<Call> &calls,
                            const QJsonObject &fills, const Secrets &secrets)
{
    if (step.obliges && attempt == 1)
        openObligation(*step.obliges, {});
    if (const auto *ask = calls.empty() ? nullptr : callAs<AskCall>(calls.front())) {
        commit(EventKind::StepIntended, step.id, attempt, {{QStringLiteral("fills"), fills}});
        waitForPerson(step.id, ask->text.literal());
        return;
    }
    const bool isConfirm = !calls.empty() && callAs<ConfirmCall>(calls.front());
    commit(EventKind::StepIntended, step.id, attempt, {{QStringLiteral("fills"), fills}},
           [this, step, attempt, calls, secrets, isConfirm] {
               if (isConfirm || calls.empty()) {
                   // Its text stood in the plan: whoever said go has said yes to it.
                   CallOutcome outcome;
                   outcome.outputs.insert(QStringLiteral("by"), state().go->by);
                   succeed(step, attempt, outcome);
                   return;
               }
               auto *run = new StepRun(
                   step, attempt, calls, secrets, m_environment,
                   [this] { return expectedIdentity(); }, this);
               m_running.insert(step.id, run);
               connect(run, &StepRun::progress, this, &RunEngine::onProgress);
               connect(run, &StepRun::finished, this,
                       [this, run](const Result<CallOutcome> &outcome) {
                           onStepFinished(run, outcome);
                       });
               if (state().cancelRequested && step.section == PlanSection::Steps)
                   run->cancel();
               // The same address may lead to another installation after a wait or a sleep.
               const bool slept = sleepTime() - std::exchange(m_knownSleep, sleepTime()) > kNap;
               run->start(slept || m_away.contains(step.id) ? ReadIdentity::Always
                                                            : ReadIdentity::IfItDestroys);
           });
}

void RunEngine::onStepFinished(StepRun *run, const Result<CallOutcome> &outcome)
{
    const PlannedStep step = run->step();
    const int attempt = run->attempt();
    run->deleteLater();
    if (outcome) {
        m_away.remove(step.id);
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
    const bool isOurs = !step.calls.empty() && !isAuthorsOwn(step.calls.front()) &&
                        !callAs<ReadCall>(step.calls.front());
    if (error.code == ErrorCode::NoSpace && isOurs) {
        waitForDisk(step, attempt, error);
        return;
    }
    // An assessment is there to tell what is away. Whoever has cancelled waits for nothing.
    const bool isAway = error.code == ErrorCode::Unreachable && !step.calls.empty() &&
                        m_plan->purpose != Purpose::Assess &&
                        !(state().cancelRequested && step.section == PlanSection::Steps) &&
                        (callAs<PostgresCall>(step.calls.front()) ||
                         callAs<ElasticsearchCall>(step.calls.front()) ||
                         callAs<ToolchainCall>(step.calls.front()));
    if (isAway && waitForNetwork(step, attempt, error))
        return;
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
    if (outcome.outputs.contains(QLatin1String("facts")))
        pinAgain();
    conclude(step);
    forgetTyped();
    advanceSoon();
}

Identity RunEngine::expectedIdentity() const
{
    Identity expected = m_plan->identity;
    // As they follow each other: the last one knows.
    for (const PlannedStep &step : m_plan->steps) {
        const StepRecord *record = state().step(step.id);
        const QJsonValue changed =
            record ? record->outputs.value(QLatin1String("facts")) : QJsonValue();
        if (!changed.isObject())
            continue;
        for (const NamedCall &fact : m_plan->facts) {
            const auto *cluster = callAs<ElasticsearchCall>(fact.call);
            if (!cluster || cluster->work != ElasticsearchWork::Id)
                continue;
            const QJsonValue now = changed[QLatin1String("elasticsearch_id")];
            if (now.isNull())
                expected.facts.remove(fact.name);
            else
                expected.facts.insert(fact.name, now);
        }
    }
    return expected;
}

void RunEngine::pinAgain()
{
    if (state().request.system.pinned.isEmpty() || m_plan->target != TargetKind::Same)
        return;
    const auto pinned = m_environment.hooks.pinIdentity(m_plan->system, expectedIdentity());
    if (!pinned)
        commit(EventKind::WarningRaised, {}, 0,
               {{QStringLiteral("text"), pinned.error().sentence()}});
}

void RunEngine::conclude(const PlannedStep &step)
{
    const QJsonObject outputs = state().step(step.id)->outputs;
    const QString point = outputs.value(QLatin1String("point")).toString();
    if (step.action == QLatin1String("publish") && state().restorePoint != point)
        commit(EventKind::PointPublished, {}, 0,
               {{QStringLiteral("point"), point}, {QStringLiteral("store"), m_plan->store.name}});
    // A folder, or what was kept on a server, with where that is.
    QJsonObject aside = outputs.value(QLatin1String("aside_kept")).toObject();
    if (const QString folder = outputs.value(QLatin1String("aside")).toString(); !folder.isEmpty())
        aside.insert(QStringLiteral("folder"), folder);
    for (const ObligationSpec &announced : m_plan->announced) {
        if (aside.isEmpty() || announced.id != QStringLiteral("aside:") + step.id)
            continue;
        const bool isKnown = std::any_of(
            state().obligations.begin(), state().obligations.end(),
            [&](const Obligation &obligation) { return obligation.id == announced.id; });
        if (isKnown)
            continue;
        QJsonObject detail = aside;
        detail.insert(QStringLiteral("bytes"), outputs.value(QLatin1String("aside_bytes")));
        detail.insert(QStringLiteral("announced"), true);
        openObligation(announced, detail);
    }
    if (step.section == PlanSection::Finally)
        closeObligationsOf(step.id);
}

void RunEngine::forgetTyped()
{
    if (!m_secrets.hasTyped())
        return;
    QSet<QString> needed;
    const auto need = [&needed](const std::vector<Call> &calls) {
        for (const QString &name : secretNames(calls))
            needed.insert(name);
    };
    bool isDone = true;
    for (const PlannedStep &step : m_plan->steps) {
        const StepRecord *record = state().step(step.id);
        const bool isOver =
            !step.skipReason.isEmpty() ||
            (record && (record->state == StepState::Succeeded ||
                        record->state == StepState::Warned || record->state == StepState::Skipped));
        if (isOver)
            continue;
        isDone = false;
        need(step.calls);
        if (step.probe)
            need({step.probe->call});
    }
    // The identity is read again before what is still to come.
    for (const NamedCall &fact : m_plan->facts) {
        if (!isDone)
            need({fact.call});
    }
    m_secrets.keepTyped(needed);
}

void RunEngine::failStep(const PlannedStep &step, int attempt, const Error &error)
{
    m_running.remove(step.id);
    m_away.remove(step.id);
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
    waitFor(
        {WaitingFor::Disk, step.id,
         tr("The disk is full: %1. Free space; the run goes on by itself").arg(error.sentence())});
    tryAgainAfter(kDiskAgain, WaitingFor::Disk, step.id);
}

bool RunEngine::waitForNetwork(const PlannedStep &step, int attempt, const Error &error)
{
    const auto limit = parseDuration(state().request.system.networkLimit).value_or(kNetworkLimit);
    if (!m_away.contains(step.id))
        m_away.insert(step.id, {utcNow(), bootTime(), kFirstPause});
    Away &away = m_away[step.id];
    if (bootTime() - away.begun >= limit)
        return false;
    m_running.insert(step.id, nullptr); // keeps its place while it waits
    commit(EventKind::StepFailed, step.id, attempt,
           {{QStringLiteral("error"), errorToJson(error)}, {QStringLiteral("retry"), true}});
    waitFor({WaitingFor::Network,
             step.id,
             tr("%1 cannot be reached: %2. The run goes on by itself when it can, for at most %3")
                 .arg(step.title, error.sentence(), formatDuration(limit)),
             {},
             away.since});
    const auto pause = away.pause;
    away.pause = std::min(2 * away.pause, kLongestPause);
    tryAgainAfter(pause, WaitingFor::Network, step.id);
    return true;
}

void RunEngine::tryAgainAfter(std::chrono::milliseconds pause, WaitingFor reason,
                              const QString &step)
{
    // Each try is an attempt of its own in the journal.
    QTimer::singleShot(pause, this, [this, reason, step] {
        if (!m_running.contains(step) || m_running.value(step) || !isAsked(step))
            return;
        stopWaiting(reason, step);
        m_running.remove(step);
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
        if (obligation.state != ObligationState::Open)
            continue;
        const ObligationSpec spec{obligation.id, obligation.title, obligation.by};
        const bool isPutRight =
            putsRight(*m_plan->step(finallyStep), spec) &&
            std::all_of(m_plan->steps.begin(), m_plan->steps.end(), [&](const PlannedStep &step) {
                const StepRecord *record = state().step(step.id);
                return !putsRight(step, spec) ||
                       (record && (record->state == StepState::Succeeded ||
                                   record->state == StepState::Warned ||
                                   record->state == StepState::Skipped));
            });
        if (isPutRight || obligation.id == finallyStep)
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
        const qint64 elapsed = record->startedAt.msecsTo(log().now());
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

} // namespace lb
