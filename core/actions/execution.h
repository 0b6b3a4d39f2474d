// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/token_cache.h"
#include "core/base/redactor.h"
#include "core/base/secret_string.h"
#include "core/inventory/inventory.h"
#include "core/model/plan.h"
#include "core/store/folder_store.h"
#include "core/transport/local_process.h"

#include <QObject>

#include <functional>
#include <memory>

namespace lb {

class PointSession;

/// How far one call is; turned into messages by the engine.
struct CallProgress
{
    qint64 bytesDone = 0, bytesTotal = -1;
    qint64 itemsDone = 0, itemsTotal = -1;
};

/// What a call brought.
struct CallOutcome
{
    QJsonObject outputs;  ///< `text`, `lines`, `json`, `exit_status`, `status`, a part's…
    ReadAnswer answer;    ///< for done_when and probes
    QStringList warnings; ///< not empty: the step ends `warned`
};

/// A call's result as a signal can carry it (a bare Result has an operator== that Qt's meta types
/// try to use and cannot).
struct CallEnd
{
    CallEnd(Result<CallOutcome> given) : result(std::move(given)) {}
    CallEnd(tl::unexpected<Error> error) : result(std::move(error)) {}
    CallEnd(CallOutcome outcome) : result(std::move(outcome)) {}
    operator const Result<CallOutcome> &() const { return result; }

    Result<CallOutcome> result;
};

/// What an executor may use. Lives as long as the run.
struct ActionContext
{
    Guard *guard = nullptr;
    Inventory *inventory = nullptr; ///< may be missing: an index, never the truth
    RunId run;
    PointId point;              ///< the one that a save makes
    const Plan *plan = nullptr; ///< nothing before the plan is frozen
    SystemProfile system;
    StoreProfile store;
    std::vector<StoreProfile> stores; ///< InventoryRebuild: all; PointDiff: the other point's
    QString step;                     ///< id; `check:ID`, `fact:NAME` while preparing
    int attempt = 1;
    bool isQuestion = false; ///< probe, check, wait_until: any exit status is an answer
    std::chrono::milliseconds grace{10'000};
    QString endFile; ///< where the guard puts a program's own end on record
    ByteSink log;    ///< the step's complete log; any thread; may be empty while preparing
    std::shared_ptr<const Redactor> redactor; ///< of what errors quote
    std::shared_ptr<TokenCache> tokens;       ///< of this run
    QMap<QString, SecretHandle> secrets;   ///< those that the call delivers; let go with its step
    std::shared_ptr<PointSession> session; ///< of a save
    std::vector<PartRecord> parts;         ///< what earlier steps of this run saved
    QStringList limits, warnings;          ///< what they said about it
    QString journalHead;
    /// Puts an observation into the journal and returns when it is on disk. Worker threads only.
    std::function<void(const QJsonObject &)> record;
    /// A YAML document of somebody else's as JSON; for worker threads.
    std::function<Result<QJsonValue>(const QString &file)> readYaml;
    /// Observations of earlier attempts of this step (tree moves already made).
    QList<QJsonObject> observed;
};

/// One running call. Main thread; never blocks it. Signals come from the event loop, finished()
/// exactly once. Deleting it ends a program at once and asks a worker to stop.
class Execution : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;
    /// Ends it as soon as is safe; finished() follows with Cancelled or with what it did.
    virtual void cancel() = 0;

Q_SIGNALS:
    void observed(const QJsonObject &what); ///< process identity
    void progress(const lb::CallProgress &progress);
    void finished(const lb::CallEnd &end);
};

/// Starts a call that has no slots left. AskCall and ConfirmCall are the engine's: Internal.
Execution *startCall(const Call &call, const ActionContext &context, QObject *parent);

/// The marker by which a step's programs are found again: run, step and attempt.
QString stepMarker(const RunId &run, const QString &step, int attempt);

} // namespace lb
