// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/execution.h"

namespace lb {

/// Ends of pipes that a program gets instead of what it has otherwise: to read from, to write to.
struct ProcessPipes
{
    std::shared_ptr<FileDescriptor> from, to;
};

/// Runs one local program through the guard; before it, where sudo wants a password, sudo alone.
class ProcessExecution : public Execution
{
    Q_OBJECT
public:
    ProcessExecution(const ProcessCall &call, const ActionContext &context, QObject *parent,
                     ProcessPipes pipes = {});
    void cancel() override;

private:
    void startNext();
    Result<ProcessStart> startOf(const ProcessCall &program) const;
    void onFinished(const ProcessEnd &end);
    Result<CallOutcome> outcomeOf(const ProcessEnd &end) const;

    ProcessCall m_call;
    ActionContext m_context;
    ProcessPipes m_pipes;                ///< of the program that the step is about
    std::vector<ProcessCall> m_programs; ///< that are still to be started
    std::unique_ptr<LocalProcess> m_process;
    bool m_cancelled = false;
};

} // namespace lb
