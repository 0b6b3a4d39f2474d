// SPDX-License-Identifier: GPL-3.0-or-later
// From a request to go: preparing, freezing the plan, what stands against it, and the begin.
#include "core/engine/run_engine.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/model/accepted_checks.h"

#include <chrono>

namespace lb {

namespace {

LB_TRANSLATE(Engine)

constexpr auto kChecksStayGood = std::chrono::minutes(10);
constexpr auto kIdle = std::chrono::minutes(30); ///< a ready run without go becomes a draft

} // namespace

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
    m_checkedAt = bootTime();
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
    m_plan = std::make_shared<const Plan>(prepared.plan);
    m_environment.plan = m_plan;
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
            m_idle.start(kIdle);
        return;
    }
    m_idle.start(kIdle);
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
    if (request.attended)
        return;
    stopWaiting(WaitingFor::Person, {}); // what is missing now may be less than before
    waitForPerson({}, against->summary);
}

std::optional<Error> RunEngine::objection(const GoAnswer &given) const
{
    const GoAnswer answer = withEachAccepted(given, state().checks);
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
    if (bootTime() - m_checkedAt > kChecksStayGood) {
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
    std::erase_if(m_waits, [](const Wait &wait) { return wait.step.isEmpty(); });
    if (state().waiting)
        commit(EventKind::WaitingEnded);
    GoAnswer given = withEachAccepted(answer, state().checks);
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
    if (isLive && isNew && m_plan->pins && !m_plan->facts.empty() && m_plan->undoOf.isEmpty()) {
        const auto pinned = m_environment.hooks.pinIdentity(m_plan->system, m_plan->identity);
        if (!pinned)
            commit(EventKind::WarningRaised, {}, 0,
                   {{QStringLiteral("text"), pinned.error().sentence()}});
    }
    advanceSoon();
}

} // namespace lb
