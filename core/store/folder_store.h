// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/check_sums.h"
#include "core/store/point_use.h"
#include "core/store/point_writer.h"
#include "core/store/proof_record.h"

namespace lb {

/// What a store says about itself.
struct StoreStatus
{
    bool writable = false;
    QString notWritable;  ///< why, when it is not
    qint64 freeBytes = 0; ///< for this user
    qint64 totalBytes = 0;
};

enum class OpenStore
{
    Existing,
    OrCreate, ///< makes folder and marker where there are none
};

/// What a dead run or an interrupted removal left behind. Never shown as a restore point.
struct Leftover
{
    enum class Kind
    {
        Partial,
        Removing
    };
    Kind kind = Kind::Partial;
    QString system;
    PointId point;
    RunId run; ///< who wrote it; empty when it cannot be told
    qint64 bytes = 0;
    QString folder;
};

/// Restore points in a folder: `<store>/<system>/<point id>/`. Every call blocks on the disk; any
/// thread, any number of processes at once. Holds no open files. What is published is whole and is
/// never edited; a damaged point is listed with its `problem`, never hidden.
class FolderStore
{
public:
    /// NotFound when there is none and it must exist. A read-only one opens.
    static Result<FolderStore> open(const StoreProfile &profile, OpenStore how);

    const QString &name() const { return m_name; }
    const QString &folder() const { return m_folder; }

    /// Tries to write, sync and rename in it. Leaves nothing behind.
    Result<StoreStatus> test() const;
    Result<qint64> freeBytes() const;

    /// Begins or goes on with a point. Conflict when another run's, or when a live process is
    /// writing it.
    Result<PointWriter> beginPoint(const QString &system, const PointId &id,
                                   const RunId &run) const;

    /// All points, or those of one system, newest first.
    Result<std::vector<RestorePoint>> list(const QString &system = {}) const;
    Result<RestorePoint> read(const PointId &id) const;
    QStringList systems() const;

    /// Locks a point against removal; `who` is what a refused removal will name ("run r…").
    Result<PointUse> use(const PointId &id, const QString &who) const;
    /// Removes a point and its proofs; goes on where an interrupted removal stopped. Conflict with
    /// the users' names while it is used.
    Result<void> remove(const PointId &id) const;

    /// Compares every file with SHA256SUMS, under a use lock. Records nothing. `known`: sums of the
    /// files that were just read whole (`parts/NAME` → 64 hex digits); not read again.
    Result<SumsReport> checkSums(const PointId &id, const ByteProgress &progress = {},
                                 std::stop_token stop = {},
                                 const QMap<QString, QByteArray> &known = {}) const;
    Result<void> addProof(const PointId &id, const ProofRecord &record) const;
    std::vector<ProofRecord> proofs(const PointId &id) const;

    /// Partial points that no live process is writing, and removals that were cut short.
    std::vector<Leftover> leftovers() const;
    Result<void> removeLeftover(const Leftover &leftover) const;

private:
    FolderStore(QString name, QString folder);
    QString systemFolder(const QString &system) const;
    /// The folder of the system that holds the point (published or being removed).
    Result<QString> systemFolderOf(const PointId &id, bool alsoRemoving = false) const;

    QString m_name, m_folder;
};

} // namespace lb
