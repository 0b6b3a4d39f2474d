// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/restore_point.h"
#include "core/model/run_state.h"

#include <memory>

namespace lb {

class InventoryDatabase;

/// Which restore points, in which order. Empty fields do not filter.
struct PointFilter
{
    enum class Order
    {
        MadeAt,
        System,
        Bytes,
        Proof,
        Completeness,
        Skew
    };
    QString system, type, store;
    std::optional<Completeness> completeness;
    std::optional<ProofLevel> atLeast;
    QString text; ///< anywhere in id, system, type, store, identity or a part's title
    Order order = Order::MadeAt;
    bool ascending = false;
    int offset = 0;
    int limit = -1; ///< below 0: all
};

/// One run as lists show it: what is known without opening its folder.
struct RunSummary
{
    RunId id;
    QString runbook, title, system;
    Purpose purpose = Purpose::Assess;
    RunStateName state = RunStateName::Preparing; ///< as journalled; Interrupted is for the reader
    QDateTime startedAt, endedAt;
    bool hidden = false;
    QString restorePoint;
    std::optional<Waiting> waiting;
    ProcessIdentity runner;
    QString runnerHost;
    int openObligations = 0;

    /// `plan`: may be missing.
    static RunSummary of(const RunState &state, const Plan *plan);
    /// The fields of `runs list --json`; `runnerAlive` decides on interrupted.
    QJsonObject toJson() const;
    /// The state to show: Interrupted when it has not ended and its runner is dead.
    RunStateName shown() const;
};

/// Which runs. Newest first.
struct RunFilter
{
    QString system, runbook, restorePoint;
    std::vector<RunStateName> states; ///< empty: any
    bool withHidden = false;
    bool onlyUnended = false;
    int offset = 0;
    int limit = -1;
};

struct ObligationFilter
{
    QString system, run;
    bool openOnly = true;
};

/// The index of restore points, runs and obligations: SQLite, for lists that answer at once. Never
/// the truth: everything in it can be rebuilt from stores and run folders, and no run depends on
/// it. One object may be used from any thread (each thread gets its own connection) and any number
/// of processes write at once. Must outlive the threads that use it.
class Inventory
{
public:
    /// Opens or creates the file (0600, WAL); for reading only in a folder that cannot be written
    /// to. A damaged one or one of a newer format is moved aside to `.damaged-N` and a new one
    /// begun; needsRebuild() is then true. An error only when not even an empty one can be made.
    static Result<std::unique_ptr<Inventory>> open(const QString &path);
    ~Inventory();
    Inventory(const Inventory &) = delete;
    Inventory &operator=(const Inventory &) = delete;

    /// True until markRebuilt(): it was made new, or was set aside as damaged.
    bool needsRebuild() const;
    Result<void> markRebuilt();
    /// Where a damaged file was moved by open(); empty when nothing was.
    const QString &movedAside() const { return m_movedAside; }
    /// Forgets everything, as the first step of a rebuild.
    Result<void> clear();

    Result<void> upsertPoint(const RestorePoint &point);
    /// All at once in one transaction.
    Result<void> upsertPoints(const std::vector<RestorePoint> &points);
    /// From one store, or (empty) from all.
    Result<void> removePoint(const PointId &id, const QString &store = {});
    Result<std::vector<RestorePoint>> points(const PointFilter &filter = {}) const;
    Result<std::optional<RestorePoint>> point(const PointId &id) const;
    /// How many the filter lets through, without offset and limit.
    Result<int> countPoints(const PointFilter &filter = {}) const;

    Result<void> upsertRun(const RunSummary &run);
    Result<void> removeRun(const RunId &id);
    Result<std::vector<RunSummary>> runs(const RunFilter &filter = {}) const;
    Result<std::optional<RunSummary>> run(const RunId &id) const;

    Result<void> upsertObligation(const Obligation &obligation);
    /// Oldest first.
    Result<std::vector<Obligation>> obligations(const ObligationFilter &filter = {}) const;

    /// What a step took, for the time left of later runs. `bytes` 0: not counted in bytes.
    Result<void> recordDuration(const QString &runbook, const QString &step, qint64 bytes,
                                std::chrono::milliseconds took);
    /// What it will take, from the last runs of the same step (of any system), scaled by bytes;
    /// nothing when it never ran.
    Result<std::optional<std::chrono::milliseconds>>
    estimate(const QString &runbook, const QString &step, qint64 bytes) const;

private:
    explicit Inventory(std::unique_ptr<InventoryDatabase> database, QString movedAside);

    std::unique_ptr<InventoryDatabase> m_database;
    QString m_movedAside;
};

} // namespace lb
