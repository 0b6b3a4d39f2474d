// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file_descriptor.h"
#include "core/base/ids.h"
#include "core/model/restore_point.h"

#include <QMap>

namespace lb {

/// A restore point being made: `<point>.partial`, locked against every other process while this
/// object lives, invisible to lists until publish(). Blocks; one thread at a time. Move-only.
/// Destroying it keeps the folder, so that the same run can go on later.
class PointWriter
{
public:
    PointWriter(PointWriter &&) noexcept = default;
    PointWriter &operator=(PointWriter &&) noexcept = default;

    const PointId &id() const { return m_id; }
    /// The folder while it is written, or where it was published.
    QString folder() const;
    /// Where part files are written, absolute; their records say `parts/NAME`.
    QString partsFolder() const;
    /// True when an earlier attempt had left parts here.
    bool isContinued() const { return m_continued; }
    /// True when this run had published it already: publish() then only reads it back.
    bool isPublished() const { return m_published; }

    /// Makes it visible, whole or not at all: syncs the parts, writes RESTORE.md, manifest.json and
    /// SHA256SUMS, reads them back, renames, syncs. Sets `storedBytes` of each part from the files,
    /// `sha256` where a part has none, and removes files that no part names (left by a killed
    /// attempt). Can be called again after a failure or a crash at any point.
    Result<RestorePoint> publish(RestorePoint point);
    /// Deletes what was written. Nothing of it was ever visible.
    Result<void> abandon();

    /// As FolderStore::beginPoint(), which checks the names.
    static Result<PointWriter> begin(const QString &systemFolder, const PointId &id,
                                     const RunId &run, const QString &store);

private:
    PointWriter() = default;
    /// Syncs every part file, notes sizes and sums.
    Result<void> syncParts(RestorePoint &point, QMap<QString, QByteArray> &sums) const;
    Result<void> removeStrays(const QMap<QString, QByteArray> &sums) const;
    Result<void> writeDocuments(const RestorePoint &point, QMap<QString, QByteArray> sums) const;
    Result<void> syncFolders() const;

    FileDescriptor m_lock; ///< exclusive, while it is not published
    QString m_systemFolder, m_store;
    PointId m_id;
    RunId m_run;
    bool m_continued = false, m_published = false;
};

/// The run that wrote the point in this folder, published or not; empty when nothing tells it.
RunId ownerOfPoint(const QString &folder);

} // namespace lb
