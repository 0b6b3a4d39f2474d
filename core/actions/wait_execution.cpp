// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/wait_execution.h"

namespace lb {

namespace {

LB_TRANSLATE(Actions)

} // namespace

WaitExecution::WaitExecution(const WaitUntilCall &call, const ActionContext &context,
                             QObject *parent)
    : Execution(parent), m_call(call), m_context(context)
{
    m_context.isQuestion = true;
    m_again.setSingleShot(true);
    connect(&m_again, &QTimer::timeout, this, &WaitExecution::ask);
    m_again.start(0);
}

void WaitExecution::cancel()
{
    m_cancelled = true;
    if (m_question) {
        m_question->cancel();
        return;
    }
    m_again.stop();
    QMetaObject::invokeMethod(
        this, [this] { Q_EMIT finished(fail(ErrorCode::Cancelled, tr("The wait was stopped"))); },
        Qt::QueuedConnection);
}

void WaitExecution::ask()
{
    ++m_asked;
    m_question = startCall(*m_call.read, m_context, this);
    connect(m_question, &Execution::finished, this, &WaitExecution::onAnswer);
    connect(m_question, &Execution::observed, this, &WaitExecution::observed);
}

void WaitExecution::onAnswer(const Result<CallOutcome> &outcome)
{
    m_question->deleteLater();
    m_question = nullptr;
    if (m_cancelled) {
        Q_EMIT finished(fail(ErrorCode::Cancelled, tr("The wait was stopped")));
        return;
    }
    // An answer that cannot be had yet is a "not yet"; what can never work is said at once.
    if (!outcome && outcome.error().code != ErrorCode::Failed &&
        outcome.error().code != ErrorCode::NotFound &&
        outcome.error().code != ErrorCode::Unreachable &&
        outcome.error().code != ErrorCode::TimedOut) {
        Q_EMIT finished(tl::unexpected(outcome.error()));
        return;
    }
    if (outcome && matches(m_call.doneWhen, outcome->answer)) {
        Q_EMIT finished(outcome);
        return;
    }
    Q_EMIT progress({0, -1, m_asked, -1});
    m_again.start(m_call.every);
}

} // namespace lb
