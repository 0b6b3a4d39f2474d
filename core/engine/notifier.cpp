// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/notifier.h"

#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/model/notify_target.h"
#include "core/transport/local_process.h"
#include "core/transport/webhook.h"

namespace lb {

namespace {

LB_TRANSLATE(Notifier)

using namespace std::chrono_literals;

constexpr auto kEvery = 10min;
constexpr auto kLimit = 30s;

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
    const auto target = NotifyTarget::parse(request.system.notify);
    if (!target)
        onTold(tl::unexpected(target.error()));
    else if (target->program.isEmpty())
        postJson(this, target->webhook, facts, kLimit,
                 [this](const Result<void> &told) { onTold(told); });
    else
        runProgram(target->program, facts);
}

void Notifier::runProgram(const QStringList &words, const QJsonObject &facts)
{
    auto *process = new LocalProcess(m_environment.guard, this);
    auto *limit = new QTimer(process);
    limit->setSingleShot(true);
    connect(limit, &QTimer::timeout, process, [process] { process->terminate(2s); });
    connect(process, &LocalProcess::finished, this,
            [this, process, program = words.first()](const ProcessEnd &end) {
                process->deleteLater();
                if (end.error)
                    onTold(tl::unexpected(*end.error));
                else if (end.terminated)
                    onTold(fail(ErrorCode::TimedOut,
                                tr("%1 took longer than %2").arg(program, formatDuration(kLimit))));
                else if (end.exitStatus.value_or(-1) != 0)
                    onTold(fail(ErrorCode::Failed, tr("%1 failed").arg(program),
                                displayText(QString::fromUtf8(end.tail).trimmed(), true)));
            });
    ProcessStart start;
    start.program = words.first();
    start.arguments = words.mid(1);
    start.input = toJsonDocument(facts);
    for (const char *fact : {"run", "runbook", "system", "waiting", "step", "text", "since"})
        start.environment.emplace_back(QStringLiteral("LIFEBOAT_") +
                                           QString::fromLatin1(fact).toUpper(),
                                       facts.value(QLatin1String(fact)).toString().toUtf8());
    limit->start(kLimit);
    process->start(std::move(start));
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
