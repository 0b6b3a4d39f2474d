// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/profiles.h"
#include "core/model/value_types.h"

#include <vector>

namespace lb {

/// Kinds of part: a folder, what pg_dump and pg_dumpall make, the folder of a snapshot with its
/// indices, and what a cluster says about them.
inline constexpr char kTreePart[] = "tree";
inline constexpr char kPostgresPart[] = "postgres";
inline constexpr char kGlobalsPart[] = "globals";
inline constexpr char kElasticsearchPart[] = "elasticsearch";
inline constexpr char kToolchainPart[] = "toolchain"; ///< files about one toolchain, as a tree
/// Places in toolchains that need their secret again: those that an API can fill, and the others.
inline constexpr char kSlotsByApi[] = "slots_by_api";
inline constexpr char kSlotsByHand[] = "slots_by_hand";
/// Pipelines of toolchains that no public interface runs: a person does.
inline constexpr char kClassicPipelines[] = "classic_pipelines";
inline constexpr char kFilePart[] = "file";

/// Of `parts/x.tar.zst` and of `parts/x.tar.zst.age`.
QString treeIndexFile(const QString &partFile);

/// One part of a restore point, as `backups list --json` has it.
struct PartRecord
{
    QString id;
    QString title;
    QString kind;           ///< tree, postgres, globals, file, reference, or the system's own
    QString format;         ///< `tar.zst`
    QString encryption;     ///< empty = none
    qint64 bytes = 0;       ///< of the content
    qint64 storedBytes = 0; ///< in the store
    qint64 entries = 0;
    QDateTime takenFrom, takenTo;
    QByteArray sha256; ///< of the stored file
    QString file;      ///< below the point's folder: `parts/…`
    QString index;     ///< the index's file; empty when the kind has none
    QByteArray indexSha256;
    QString source;      ///< what it was taken from: the folder
    QJsonObject details; ///< kind's own: {folder, excluded[], changed[], errors[]…}

    QJsonObject toJson() const;
    static PartRecord fromJson(const QJsonObject &object);
};

/// What one save produced: the content of `manifest.json` plus what is known about it since.
struct RestorePoint
{
    QString id;
    QString system;
    QString type;
    QDateTime madeAt;
    QString run;
    QString store;
    QString lifeboatVersion;
    QString planSha256;
    QString journalHead;
    QJsonObject tools; ///< name → version
    Identity identity;
    std::vector<PartRecord> parts;
    QStringList limits; ///< what is not in it, and why
    QStringList warnings;
    QStringList neededParts;   ///< ids that a restore needs, whether there or not
    QString recoveryRecipient; ///< that its encrypted parts are for; empty: none
    /// Nobody has shown yet that the recovery key opens what this store encrypts for it. Not
    /// written to the manifest.
    bool isRecoveryKeyUntried = false;
    ProofLevel proof = ProofLevel::Listed; ///< from the store's proof records, not the manifest
    QDateTime proofAt;
    QString folder; ///< where it is; not written
    /// Not empty: it cannot be relied on (damaged manifest, missing file, failed proof), and why.
    /// Completeness is then unknown. Not written to the manifest.
    QString problem;

    Completeness completeness() const;
    QStringList missingParts() const;
    /// What keeps it from being complete, for people.
    QStringList missing() const;
    /// All parts are there and whole: it can be restored, whoever has a key.
    bool isWhole() const;
    bool isEncrypted() const;
    /// Time between the earliest and the latest part.
    std::chrono::milliseconds skew() const;
    qint64 bytes() const;
    qint64 storedBytes() const;
    const PartRecord *part(const QString &partId) const;
    /// The same, never null. Corrupt when the point cannot be relied on, NotFound when it has
    /// other parts.
    Result<const PartRecord *> neededPart(const QString &partId) const;

    QJsonObject manifest() const; ///< format 1
    static Result<RestorePoint> fromManifest(const QJsonObject &object);
    QJsonObject toListJson() const; ///< one element of `backups list --json`
};

/// What `best` chose, or why there is no default (design §6 "Choosing").
struct BestPoint
{
    std::optional<RestorePoint> chosen;
    std::optional<RestorePoint> proven; ///< newest complete one of the highest proof
    std::optional<RestorePoint> newest; ///< newest complete one
    QString reason;                     ///< when nothing was chosen
};
/// `limit`: how much older the proven one may be (RPO or --max-loss); nothing: any age is fine.
BestPoint chooseBest(const std::vector<RestorePoint> &points,
                     std::optional<std::chrono::milliseconds> limit);

} // namespace lb
