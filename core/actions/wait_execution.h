// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/execution.h"

#include <QTimer>

namespace lb {

/// Asks a read action again and again until the answer fits. The step's own timeout ends it.
class WaitExecution : public Execution
{
    Q_OBJECT
public:
    WaitExecution(const WaitUntilCall &call, const ActionContext &context, QObject *parent);
    void cancel() override;

private:
    void ask();
    void onAnswer(const Result<CallOutcome> &outcome);

    WaitUntilCall m_call;
    ActionContext m_context;
    QTimer m_again;
    Execution *m_question = nullptr;
    qint64 m_asked = 0;
    bool m_cancelled = false;
};

} // namespace lb
