// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/run_log.h"

#include <QJsonArray>
#include <QThread>

#include <future>

namespace lb {

namespace {

/// Milliseconds between the events' clock and the computer's from which on that one was set.
constexpr qint64 kJump = 2000;

QJsonValue redacted(const QJsonValue &value, const Redactor &redactor)
{
    if (value.isString())
        return redactor.redacted(value.toString());
    if (value.isArray()) {
        QJsonArray array = value.toArray();
        for (qsizetype i = 0; i < array.size(); ++i)
            array[i] = redacted(array.at(i), redactor);
        return array;
    }
    if (!value.isObject())
        return value;
    QJsonObject object = value.toObject();
    for (auto it = object.begin(); it != object.end(); ++it)
        it.value() = redacted(it.value(), redactor);
    return object;
}

} // namespace

RunLog::RunLog(std::unique_ptr<Journal> journal, RunState state, QObject *parent)
    : QObject(parent), m_journal(std::move(journal)), m_state(std::move(state))
{
    connect(m_journal.get(), &Journal::durable, this, &RunLog::onDurable);
    connect(m_journal.get(), &Journal::stopped, this, &RunLog::onStopped);
    m_retry.setInterval(2000);
    connect(&m_retry, &QTimer::timeout, this, &RunLog::tryAgain);
}

RunLog::~RunLog() = default;

void RunLog::commit(RunEvent event, std::function<void()> then)
{
    if (m_redactor && !m_redactor->isEmpty())
        event.data = redacted(event.data, *m_redactor).toObject();
    event.time = m_clock.now();
    if (const QDateTime shown = utcNow(); qAbs(shown.msecsTo(event.time)) >= kJump)
        event.data.insert(QStringLiteral("clock"), toJsonTime(shown));
    event.seq = m_state.lastSeq + 1;
    m_state.apply(event);
    const AppendMode mode = then ? AppendMode::Now : AppendMode::Soon;
    m_pending.push_back({event, std::move(then)});
    if (!m_standing)
        m_journal->append(std::move(event), mode);
    Q_EMIT changed();
}

void RunLog::commitAndWait(RunEvent event)
{
    Q_ASSERT(QThread::currentThread() != thread());
    auto written = std::make_shared<std::promise<void>>();
    QMetaObject::invokeMethod(this, [this, event = std::move(event), written]() mutable {
        commit(std::move(event), [written] { written->set_value(); });
    });
    written->get_future().wait();
}

Result<void> RunLog::flush()
{
    return m_journal->flush();
}

void RunLog::onDurable(const RunEvent &event, const QByteArray &line)
{
    Q_EMIT durable(event, line);
    // The journal may write a line of its own (disk full), which nobody here waits for.
    if (m_pending.empty() || m_pending.front().event.kind != event.kind ||
        m_pending.front().event.step != event.step) {
        m_state.apply(event);
        Q_EMIT changed();
        return;
    }
    const std::function<void()> then = std::move(m_pending.front().then);
    m_pending.pop_front();
    if (then)
        then();
}

void RunLog::onStopped()
{
    m_standing = true;
    m_retry.start();
}

void RunLog::tryAgain()
{
    if (!m_journal->recover())
        return;
    m_retry.stop();
    m_standing = false;
    for (const Pending &pending : m_pending)
        m_journal->append(pending.event);
}

RunEvent makeEvent(EventKind kind, const QString &step, int attempt, const QJsonObject &data)
{
    RunEvent event;
    event.kind = kind;
    event.step = step;
    event.attempt = attempt;
    event.data = data;
    return event;
}

} // namespace lb
