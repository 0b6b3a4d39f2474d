// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/config/runbook_reader.h"

namespace lb {

/// A system type, put together from the runbooks that say `system: ID`.
struct SystemTypeInfo
{
    QString id, title, description;
    /// Inputs that a profile of this type keeps: the union of what its runbooks declare, without
    /// those that only make sense for one run (`perRunInputs`).
    std::vector<InputSpec> inputs;
};

/// The built-in runbooks and the admin's own, read when made. A file that is broken, or has the id
/// of another, is listed with its diagnostics and hides nothing else. Not thread-safe.
class RunbookLibrary
{
public:
    /// `userFolder` empty: paths::userRunbooksFolder().
    explicit RunbookLibrary(const QString &userFolder = {});

    /// Built-in ones first, then the admin's own, each by id. Hidden ones (`lifeboat.*`) included.
    const std::vector<ReadRunbook> &all() const { return m_runbooks; }
    /// The usable runbook of that id. NotFound with a suggestion; BadInput with the diagnostics.
    Result<Runbook> load(const QString &id) const;
    /// Writes a runbook's YAML to a new file, as a start for an own one. Conflict when the file
    /// exists.
    Result<void> copy(const QString &id, const QString &file) const;

    std::vector<SystemTypeInfo> types() const;
    Result<SystemTypeInfo> type(const QString &id) const;

private:
    void addFile(const QString &path, bool builtIn);

    std::vector<ReadRunbook> m_runbooks;
};

} // namespace lb
