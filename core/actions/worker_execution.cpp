// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/worker_execution.h"

#include <QPointer>
#include <QThreadPool>

namespace lb {

namespace {

/// Not the global pool: archive work uses that one for its own parts, and waiting for them from
/// inside it could lock up.
QThreadPool &pool()
{
    static QThreadPool threads;
    threads.setMaxThreadCount(16);
    return threads;
}

} // namespace

WorkerExecution::WorkerExecution(Work work, QObject *parent) : Execution(parent)
{
    const std::stop_token stop = m_stop.get_token();
    // The pointer is only looked at in this object's thread: the queued call has no other context.
    const QPointer<WorkerExecution> self(this);
    QObject *const main = QCoreApplication::instance();
    const auto deliver = [self, main](auto action) {
        QMetaObject::invokeMethod(
            main,
            [self, action = std::move(action)] {
                if (self)
                    action(self.data());
            },
            Qt::QueuedConnection);
    };
    pool().start([work = std::move(work), stop, deliver] {
        const Report report = [&deliver](const CallProgress &progress) {
            deliver(
                [progress](WorkerExecution *execution) { Q_EMIT execution->progress(progress); });
        };
        const Result<CallOutcome> outcome = work(report, stop);
        deliver([outcome](WorkerExecution *execution) { Q_EMIT execution->finished(outcome); });
    });
}

WorkerExecution::~WorkerExecution()
{
    m_stop.request_stop();
}

void WorkerExecution::cancel()
{
    m_stop.request_stop();
}

void waitForWorkers()
{
    pool().waitForDone();
}

} // namespace lb
