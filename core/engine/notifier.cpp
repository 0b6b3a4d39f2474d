// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/notifier.h"

#include "core/actions/notify.h"
#include "core/base/clock.h"

namespace lb {

namespace {

LB_TRANSLATE(Notifier)

using namespace std::chrono_literals;

constexpr auto kEvery = 10min;

bool isForSomebody(const Waiting &waiting)
{
    return waiting.reason == WaitingFor::Person || waiting.reason == WaitingFor::Credential;
}

} // namespace

Notifier::Notifier(const RunEnvironment &environment, QObject *parent)
    : QObject(parent), m_environment(environment)
{
    connect(&m_again, &BootTimer::timeout, this, &Notifier::tell);
}

void Notifier::look()
{
    const std::optional<Waiting> &now = m_environment.state().waiting;
    if (m_environment.request().system.notify.isEmpty())
        return;
    if (!now || !isForSomebody(*now)) {
        m_told.reset();
        m_again.stop();
        return;
    }
    if (m_told && m_told->since == now->since && m_told->step == now->step)
        return;
    m_told = now;
    tell();
}

void Notifier::tell()
{
    m_again.start(kEvery);
    const RunRequest &request = m_environment.request();
    const QJsonObject facts{{QStringLiteral("format"), 1},
                            {QStringLiteral("run"), request.id.value()},
                            {QStringLiteral("runbook"), request.runbookId},
                            {QStringLiteral("system"), request.system.name},
                            {QStringLiteral("waiting"), name(m_told->reason)},
                            {QStringLiteral("step"), m_told->step},
                            {QStringLiteral("text"), m_told->text},
                            {QStringLiteral("since"), toJsonTime(m_told->since)}};
    notifySomebody(this, m_environment.guard, request.system.notify, facts,
                   [this](const Result<void> &told) { onTold(told); });
}

void Notifier::onTold(const Result<void> &told)
{
    if (told || std::exchange(m_warned, true))
        return;
    m_environment.log->commit(makeEvent(
        EventKind::WarningRaised, {}, 0,
        {{QStringLiteral("text"),
          tr("Nobody could be told that the run waits: %1").arg(told.error().sentence())}}));
}

} // namespace lb
