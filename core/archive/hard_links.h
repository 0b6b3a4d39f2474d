// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/spill_file.h"

#include <sys/stat.h>

#include <unordered_map>

namespace lb {

/// Remembers the first name of each file that has several, until all of them were met. The names
/// are set aside in a file; some 50 bytes a file stay in memory.
class HardLinks
{
public:
    /// The first name of this file; empty when it was not met yet.
    Result<QByteArray> find(const struct stat &st)
    {
        const auto found = m_files.find({st.st_dev, st.st_ino});
        if (found == m_files.end())
            return QByteArray();
        const First first = found->second;
        if (--found->second.open == 0)
            m_files.erase(found);
        return m_names.read(first.at, first.length);
    }

    Result<void> remember(const struct stat &st, const QByteArray &path)
    {
        if (st.st_nlink < 2)
            return {};
        TRY_VALUE(const quint64 at, m_names.append(path));
        m_files[{st.st_dev, st.st_ino}] = {at, quint32(path.size()), quint32(st.st_nlink - 1)};
        return {};
    }

private:
    struct First
    {
        quint64 at = 0;
        quint32 length = 0;
        quint32 open = 0; ///< names not met yet
    };
    struct Key
    {
        dev_t device;
        ino_t inode;
        bool operator==(const Key &) const = default;
    };
    struct Hash
    {
        size_t operator()(const Key &key) const { return key.inode * 31 + key.device; }
    };

    std::unordered_map<Key, First, Hash> m_files;
    SpillFile m_names;
};

} // namespace lb
