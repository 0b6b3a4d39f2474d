// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/step_run.h"

#include "core/actions/fill_call.h"
#include "core/base/format.h"
#include "core/base/json.h"

#include <QPointer>

namespace lb {

namespace {

LB_TRANSLATE(Engine)

QString factText(const QJsonValue &fact)
{
    if (fact.isArray())
        return toStringList(fact).join(QStringLiteral(", "));
    return fact.isUndefined() ? tr("not to be read") : fact.toString();
}

} // namespace

StepRun::StepRun(const PlannedStep &step, int attempt, std::vector<Call> filled,
                 const Secrets &secrets, const RunEnvironment &environment,
                 std::function<Identity()> expected, QObject *parent)
    : QObject(parent),
      m_step(step),
      m_attempt(attempt),
      m_calls(std::move(filled)),
      m_environment(environment),
      m_expected(std::move(expected)),
      m_context(environment.contextFor(step, attempt))
{
    m_context.secrets = secrets;
    connect(&m_timeout, &BootTimer::timeout, this, [this] {
        m_timedOut = true;
        if (m_execution)
            m_execution->cancel();
    });
}

void StepRun::start(ReadIdentity when)
{
    if (m_step.timeout)
        m_timeout.start(*m_step.timeout);
    // Whatever could have become another installation meanwhile is looked at again (design §3).
    if ((m_step.effect == Effect::Destroy || when == ReadIdentity::Always) &&
        !m_environment.plan->facts.empty())
        checkIdentity(0);
    else
        startCallAt(0);
}

void StepRun::checkIdentity(size_t index)
{
    const std::vector<NamedCall> &facts = m_environment.plan->facts;
    if (index == facts.size()) {
        const Identity expected = m_expected();
        const IdentityComparison compared = compareIdentity(expected, {m_factsNow, {}, {}});
        const QStringList changed = compared.differing + compared.missing;
        if (!changed.isEmpty()) {
            const QString fact = changed.front();
            end(fail(ErrorCode::Conflict,
                     tr("The target is not the installation of the plan any more"),
                     tr("%1 was %2 and is %3")
                         .arg(fact, factText(expected.facts.value(fact)),
                              factText(m_factsNow.value(fact))),
                     tr("Nothing of this step was done")));
            return;
        }
        startCallAt(0);
        return;
    }
    m_environment.obtain(secretNames({facts[index].call}), m_step.id, true,
                         [self = QPointer(this), index](const Result<Secrets> &secrets) {
                             if (!self)
                                 return;
                             if (secrets)
                                 self->readFact(index, *secrets);
                             else
                                 self->end(tl::unexpected(secrets.error()));
                         });
}

void StepRun::readFact(size_t index, const Secrets &secrets)
{
    const std::vector<NamedCall> &facts = m_environment.plan->facts;
    ActionContext context = m_environment.readContext(QStringLiteral("fact:") + facts[index].name);
    context.secrets = secrets;
    m_execution = startCall(facts[index].call, context, this);
    connect(m_execution, &Execution::finished, this,
            [this, index, name = facts[index].name](const Result<CallOutcome> &outcome) {
                m_execution->deleteLater();
                m_execution = nullptr;
                // Away is not another installation.
                if (!outcome && outcome.error().code == ErrorCode::Unreachable) {
                    end(outcome);
                    return;
                }
                if (outcome)
                    m_factsNow.insert(name, outcome->answer.value);
                checkIdentity(index + 1);
            });
}

void StepRun::startCallAt(size_t index)
{
    if (m_cancelled) {
        end(fail(ErrorCode::Cancelled, tr("Cancelled before it began")));
        return;
    }
    m_index = index;
    // The receipt: which secret went to this step, and how.
    for (const SecretUse &use : secretsOf(m_calls[index]))
        m_environment.log->commit(makeEvent(EventKind::StepObserved, m_step.id, m_attempt,
                                            {{QStringLiteral("what"), QStringLiteral("secret")},
                                             {QStringLiteral("name"), use.name},
                                             {QStringLiteral("channel"), use.channel}}));
    m_execution = startCall(m_calls[index], m_context, this);
    connect(m_execution, &Execution::observed, this, [this](const QJsonObject &what) {
        m_environment.log->commit(makeEvent(EventKind::StepObserved, m_step.id, m_attempt, what));
    });
    connect(m_execution, &Execution::progress, this,
            [this](const CallProgress &done) { Q_EMIT progress(m_step.id, done); });
    connect(m_execution, &Execution::finished, this, &StepRun::onCallFinished);
}

void StepRun::onCallFinished(const Result<CallOutcome> &outcome)
{
    m_execution->deleteLater();
    m_execution = nullptr;
    if (!outcome) {
        end(outcome);
        return;
    }
    for (auto it = outcome->outputs.begin(); it != outcome->outputs.end(); ++it)
        m_outcome.outputs.insert(it.key(), it.value());
    m_outcome.warnings += outcome->warnings;
    m_outcome.answer = outcome->answer;
    if (m_index + 1 < m_calls.size())
        startCallAt(m_index + 1);
    else
        end(m_outcome);
}

void StepRun::cancel()
{
    m_cancelled = true;
    if (!m_execution)
        return;
    const Call &call = m_calls[m_index];
    const bool mustFinish =
        callAs<TreeSwapCall>(call) || callAs<TreeSwapBackCall>(call) || callAs<PublishCall>(call);
    if (!mustFinish)
        m_execution->cancel();
}

void StepRun::end(const Result<CallOutcome> &outcome)
{
    if (std::exchange(m_ended, true))
        return;
    m_timeout.stop();
    m_context.secrets.clear();
    if (m_timedOut && !outcome && outcome.error().code == ErrorCode::Cancelled) {
        Q_EMIT finished(
            fail(ErrorCode::TimedOut,
                 tr("%1 took longer than %2").arg(m_step.title, formatDuration(*m_step.timeout))));
        return;
    }
    Q_EMIT finished(outcome);
}

} // namespace lb
