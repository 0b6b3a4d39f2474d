// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clock.h"
#include "core/base/redactor.h"
#include "core/journal/journal.h"
#include "core/model/run_state.h"

#include <QObject>
#include <QTimer>

#include <deque>
#include <functional>

namespace lb {

/// The run's memory: journal and its fold in one place. Main thread. Every event is applied at
/// once and written in order; what must not happen before it is on disk goes into `then`. When the
/// journal stands still (disk full, I/O error) nothing is lost: it tries again every two seconds
/// and goes on where it was.
class RunLog : public QObject
{
    Q_OBJECT
public:
    /// `state`: the fold of what the journal already holds.
    RunLog(std::unique_ptr<Journal> journal, RunState state, QObject *parent = nullptr);
    ~RunLog() override;

    /// From now on no event holds one of its secrets, whoever made it.
    void setRedactor(std::shared_ptr<const Redactor> redactor) { m_redactor = std::move(redactor); }
    const RunState &state() const { return m_state; }
    /// By the clock of the events: what has passed since one of them.
    QDateTime now() const { return m_clock.now(); }
    QByteArray head() const { return m_journal->head(); }
    quint64 durableSeq() const { return m_journal->lastSeq(); }

    /// Applies and queues the event; calls `then` when it is on disk.
    void commit(RunEvent event, std::function<void()> then = {});
    /// For worker threads: returns when the event is on disk. Never from the main thread.
    void commitAndWait(RunEvent event);
    /// For the end of a process: waits until everything is on disk or cannot be written.
    Result<void> flush();

Q_SIGNALS:
    void durable(const lb::RunEvent &event, const QByteArray &line);
    void changed();

private:
    struct Pending
    {
        RunEvent event;
        std::function<void()> then;
    };
    void onDurable(const RunEvent &event, const QByteArray &line);
    void onStopped();
    void tryAgain();

    SteadyClock m_clock;
    std::shared_ptr<const Redactor> m_redactor;
    std::unique_ptr<Journal> m_journal;
    RunState m_state;
    std::deque<Pending> m_pending;
    QTimer m_retry;
    bool m_standing = false;
};

/// `event(EventKind::StepFailed, step, attempt, {…})` in one line.
RunEvent makeEvent(EventKind kind, const QString &step = {}, int attempt = 0,
                   const QJsonObject &data = {});

} // namespace lb
