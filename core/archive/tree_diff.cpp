// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/tree_diff.h"

#include "core/archive/index_reader.h"

namespace lb {

namespace {

LB_TRANSLATE(Archive)

/// The entries of an index one after the other, a block at a time in memory.
class EntryStream
{
public:
    Result<void> open(const QString &index)
    {
        TRY(m_reader.open(index));
        return next();
    }

    /// Nothing at the end.
    const IndexEntry *entry() const { return m_at < m_entries.size() ? &m_entries[m_at] : nullptr; }

    Result<void> next()
    {
        if (m_at < m_entries.size())
            ++m_at;
        while (m_at >= m_entries.size() && m_block < m_reader.blockCount()) {
            TRY_VALUE(m_entries, m_reader.entries(m_block++));
            m_at = 0;
        }
        return {};
    }

private:
    IndexReader m_reader;
    std::vector<IndexEntry> m_entries;
    size_t m_block = 0, m_at = 0;
};

/// Words of a closed list: they stand in the output of programs, too.
QStringList differencesOf(const IndexEntry &before, const IndexEntry &after)
{
    if (before.type != after.type)
        return {QStringLiteral("kind")};
    QStringList what;
    const bool isFile = after.type == EntryType::File;
    if (isFile && (before.size != after.size || before.sha256 != after.sha256))
        what << QStringLiteral("content");
    if (before.target != after.target)
        what << QStringLiteral("target");
    if (before.mode != after.mode)
        what << QStringLiteral("mode");
    if (before.uid != after.uid || before.gid != after.gid)
        what << QStringLiteral("owner");
    if (before.xattrs != after.xattrs)
        what << QStringLiteral("attributes");
    if (before.mtimeNs != after.mtimeNs)
        what << QStringLiteral("time");
    return what;
}

} // namespace

Result<void> diffTrees(const QString &before, const QString &after,
                       const std::function<bool(const TreeDifference &)> &visit,
                       std::stop_token stop)
{
    EntryStream old, now;
    TRY(old.open(before));
    TRY(now.open(after));
    while (old.entry() || now.entry()) {
        if (stop.stop_requested())
            return fail(ErrorCode::Cancelled, tr("The comparison was cancelled"));
        const int order = !old.entry()   ? 1
                          : !now.entry() ? -1
                                         : comparePaths(old.entry()->path, now.entry()->path);
        TreeDifference difference;
        if (order <= 0)
            difference.before = *old.entry();
        if (order >= 0)
            difference.after = *now.entry();
        if (order == 0)
            difference.what = differencesOf(*old.entry(), *now.entry());
        if ((order != 0 || !difference.what.isEmpty()) && !visit(difference))
            return {};
        if (order <= 0)
            TRY(old.next());
        if (order >= 0)
            TRY(now.next());
    }
    return {};
}

} // namespace lb
