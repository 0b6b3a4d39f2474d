// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/restore_point.h"
#include "core/model/runbook.h"

#include <QSet>

namespace lb {

/// The parts of a restore point that a run uses, as `point.parts` lists them for for_each: id,
/// title, kind, source, base_name (unique among them), bytes, entries.
QJsonArray pointParts(const RestorePoint &point, const QStringList &only);

/// BadInput with a suggestion when `only` names what the restore point does not have.
Result<void> checkOnly(const RestorePoint &point, const QStringList &only);

/// Gives every saved part an id that is unique in the plan and safe as a file name.
class PartNames
{
public:
    explicit PartNames(const Runbook &runbook) : m_runbook(&runbook) {}

    /// `written` is what the step's `part` says; `key` its key under for_each, else empty.
    PartSpec take(const QString &written, const QString &key, const QString &source);

private:
    const Runbook *m_runbook;
    QSet<QString> m_taken;
};

/// `parts/ID.tar.zst`.
QString treePartFile(const QString &partId);
/// `parts/ID.sha256`: the list of what a part by reference refers to.
QString referenceFile(const QString &partId);

} // namespace lb
