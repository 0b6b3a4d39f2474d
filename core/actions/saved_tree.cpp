// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/saved_tree.h"

#include "core/archive/tree_index.h"
#include "core/base/format.h"
#include "core/store/check_sums.h"

namespace lb {

namespace {

LB_TRANSLATE(Actions)

/// Clear text of one file of a tree: nobody makes a larger one, and a forged one ends here.
constexpr qint64 kMostOpened = Q_INT64_C(1024) * 1024 * 1024;

Result<MemoryFile> opened(WorkerPrograms &programs, const PartRecord &part, const QString &path,
                          const std::stop_token &stop)
{
    TRY_VALUE(MemoryFile file, MemoryFile::make());
    qint64 size = 0;
    TRY(readEncrypted(programs, part, path, stop, [&](QByteArrayView bytes) -> Result<void> {
        size += bytes.size();
        if (size > kMostOpened)
            return fail(ErrorCode::Corrupt,
                        tr("Part %1 is larger than any that is encrypted").arg(part.id),
                        tr("more than %1").arg(formatSize(kMostOpened)),
                        tr("Nothing was taken from it; choose another restore point"));
        return file.append(bytes);
    }));
    return file;
}

} // namespace

Result<SavedTree> SavedTree::open(const QString &pointFolder, const PartRecord &part,
                                  WorkerPrograms &programs, const std::stop_token &stop,
                                  Files files)
{
    const auto other = [&](const QString &detail) {
        return fail(ErrorCode::Corrupt,
                    tr("The index %1 is not the one that was saved").arg(part.index), detail,
                    tr("nothing was taken from it; choose another restore point"));
    };
    SavedTree tree;
    tree.m_archive = {pointFolder + QLatin1Char('/') + part.file,
                      pointFolder + QLatin1Char('/') + part.index};
    TRY_VALUE(const QByteArray hash, hashFile(tree.m_archive.index));
    if (hash != part.indexSha256)
        return other(tr("its SHA-256 differs"));
    if (!part.encryption.isEmpty()) {
        for (QString *path : {&tree.m_archive.index, &tree.m_archive.part}) {
            if (path == &tree.m_archive.part && files == Files::Index)
                break;
            TRY_VALUE(MemoryFile file, opened(programs, part, *path, stop));
            *path = file.path();
            tree.m_memory.push_back(std::move(file));
        }
        tree.m_archive.isInMemory = true;
    }
    TRY_VALUE(const IndexTotals totals, readTotals(tree.m_archive.index));
    if (qint64(totals.entries) != part.entries || qint64(totals.bytes) != part.bytes)
        return other(tr("it is about %1 in %2 entries, the manifest about %3 in %4")
                         .arg(formatSize(qint64(totals.bytes)))
                         .arg(totals.entries)
                         .arg(formatSize(part.bytes))
                         .arg(part.entries));
    return tree;
}

} // namespace lb
