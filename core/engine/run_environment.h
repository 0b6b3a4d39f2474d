// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/execution.h"
#include "core/actions/secret_box.h"
#include "core/engine/run_log.h"
#include "core/journal/run_folder.h"
#include "core/runner/messages.h"

#include <QObject>

namespace lb {

/// What the engine needs from the folders it may not include; wired by the application.
struct RunnerHooks
{
    /// The request's runbook text, read again by the strict reader.
    std::function<Result<Runbook>(const RunRequest &)> readRunbook;
    /// Pins the identity that the admin has just let go, in the system's profile.
    std::function<Result<void>(const QString &system, const Identity &)> pinIdentity;
    /// A YAML document of another program's; any thread.
    std::function<Result<QJsonValue>(const QString &file)> readYaml;
};

/// What all parts of one run share. Main thread. Owns nothing.
struct RunEnvironment
{
    RunFolder folder{QString()};
    RunLog *log = nullptr;
    Guard *guard = nullptr;
    Inventory *inventory = nullptr; ///< may be missing
    std::shared_ptr<PointSession> session{};
    RunnerHooks hooks{};
    std::shared_ptr<Redactor> redactor{};
    std::shared_ptr<TokenCache> tokens{};
    /// Secrets for a step (empty: while preparing): at once when there are none to get. With `wait`
    /// it waits until somebody gives what is missing; `then` does not come when the run is
    /// cancelled meanwhile.
    std::function<void(const QStringList &names, const QString &step, bool wait,
                       std::function<void(const Result<Secrets> &)> then)>
        obtain{};
    std::shared_ptr<const Plan> plan;       ///< once frozen
    std::shared_ptr<const RunState> undone; ///< of an undo: the run it walks back…
    std::shared_ptr<const Plan> undonePlan; ///< … and what it had planned

    const RunState &state() const { return log->state(); }
    const RunRequest &request() const { return log->state().request; }
    /// A context for a step's attempt, with its own complete log file.
    ActionContext contextFor(const PlannedStep &step, int attempt) const;
    /// A context for reads while preparing: no log file, nothing is recorded.
    ActionContext readContext(const QString &what) const;
};

} // namespace lb
