// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/execution.h"

#include <functional>
#include <stop_token>

namespace lb {

/// Runs blocking work in the actions' own thread pool. The work must look at `stop` and may call
/// `progress` at most 20 times a second. Deleting this object while the work goes on only asks it
/// to stop; what it returns then is dropped.
class WorkerExecution : public Execution
{
    Q_OBJECT
public:
    using Report = std::function<void(const CallProgress &)>;
    using Work = std::function<Result<CallOutcome>(const Report &progress, std::stop_token stop)>;

    WorkerExecution(Work work, QObject *parent);
    ~WorkerExecution() override;
    void cancel() override;

private:
    std::stop_source m_stop;
};

/// Waits until no worker is left; for the orderly end of a runner.
void waitForWorkers();

} // namespace lb
