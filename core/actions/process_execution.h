// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/execution.h"

namespace lb {

/// Runs one local program through the guard.
class ProcessExecution : public Execution
{
    Q_OBJECT
public:
    ProcessExecution(const ProcessCall &call, const ActionContext &context, QObject *parent);
    void cancel() override;

private:
    void onFinished(const ProcessEnd &end);
    Result<CallOutcome> outcomeOf(const ProcessEnd &end) const;

    ProcessCall m_call;
    std::chrono::milliseconds m_grace;
    LocalProcess m_process;
    bool m_isQuestion = false;
    bool m_cancelled = false;
};

} // namespace lb
