// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/encrypted_part.h"
#include "core/archive/tree_types.h"

namespace lb {

/// The files of a saved tree, ready to be read: where they lie in the restore point or, encrypted
/// ones, opened into memory for as long as this object lives.
class SavedTree
{
public:
    enum class Files
    {
        All,
        Index
    };

    /// Corrupt when the index is not the one that the manifest has: what it says about the archive
    /// is not believed then. An encrypted part is opened with the key of the context.
    static Result<SavedTree> open(const QString &pointFolder, const PartRecord &part,
                                  WorkerPrograms &programs, const std::stop_token &stop,
                                  Files files = Files::All);

    const TreeArchive &archive() const { return m_archive; }

private:
    TreeArchive m_archive;
    std::vector<MemoryFile> m_memory;
};

} // namespace lb
