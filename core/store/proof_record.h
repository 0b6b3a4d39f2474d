// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/model/restore_point.h"

namespace lb {

/// One proof of a restore point, or its failure. Kept beside the points, one JSON line each: a
/// published point is never edited.
struct ProofRecord
{
    ProofLevel level = ProofLevel::Checksummed; ///< what was tried
    bool passed = false;
    QDateTime at;
    QString run;    ///< which run proved it
    QString by;     ///< user@host
    QString detail; ///< what was wrong, or what was read

    QJsonObject toJson() const;
    static Result<ProofRecord> fromJson(const QJsonObject &object);
};

/// Sets `proof`, `proofAt` and, after a failure that no later proof of that level repaired,
/// `problem` of a point from its records, oldest first.
void applyProofs(RestorePoint &point, const std::vector<ProofRecord> &records);

/// Reads a proof file; a torn last line is dropped, any other unreadable line comes as a failed
/// record that says so. No file is no proof.
std::vector<ProofRecord> readProofs(const QString &path);
/// Appends one record and syncs it (and the folder, when the file is new).
Result<void> appendProof(const QString &path, const ProofRecord &record);

/// Keeps that the key of `recipient` has opened `point` of the store in `folder`. Blocks.
Result<void> keepRecoveryKey(const QString &folder, const QString &recipient, const PointId &point,
                             const RunId &run);
/// True when the key of `recipient` has opened a point of the store in `folder`.
bool isRecoveryKeyTried(const QString &folder, const QString &recipient);

} // namespace lb
