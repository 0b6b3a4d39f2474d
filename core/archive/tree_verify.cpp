// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/tree_verify.h"

#include "core/archive/frame_reader.h"
#include "core/archive/progress_meter.h"

#include <QFileInfo>

namespace lb {

namespace {

LB_TRANSLATE(Archive)

/// Hands every entry of the index to the reader; order and totals must hold.
Result<void> readAll(IndexReader &index, FrameReader &reader, VerifyReport &report,
                     const std::function<void()> &show)
{
    QByteArray last;
    quint64 content = 0;
    for (size_t block = 0; block < index.blockCount(); ++block) {
        TRY_VALUE(std::vector<IndexEntry> entries, index.entries(block));
        for (IndexEntry &entry : entries) {
            if (!last.isEmpty() && comparePaths(last, entry.path) >= 0)
                report.damage.add(entry.path, tr("stands twice or out of order in the index"));
            last = entry.path;
            content += entry.type == EntryType::File ? entry.size : 0;
            ++report.entries;
            if (report.entries > index.totals().entries || content > index.totals().bytes) {
                report.damage.add(entry.path, tr("is more than the totals of the index say"));
                return {};
            }
            TRY(reader.add({std::move(entry), {}}));
            show();
        }
    }
    TRY(reader.finish());
    if (report.entries != index.totals().entries || content != index.totals().bytes)
        report.damage.add(".", tr("the index does not hold what its totals say"));
    return {};
}

} // namespace

Result<VerifyReport> verifyTree(const VerifyOptions &options, const TreeProgressFn &progress,
                                std::stop_token stop)
{
    VerifyReport report;
    const QByteArray indexName = QFileInfo(options.archive.index).fileName().toUtf8();
    // A damaged index is a finding of the verification, not a failure to verify.
    const auto asDamage = [&](const Error &error) -> Result<VerifyReport> {
        if (error.code != ErrorCode::Corrupt)
            return tl::unexpected(error);
        report.damage.add(indexName, error.detail.isEmpty() ? error.summary : error.detail);
        return report;
    };
    IndexReader index;
    if (const Result<void> opened = index.open(options.archive.index); !opened)
        return asDamage(opened.error());
    const Result<bool> sound = index.checkHash(&report.indexSha256);
    if (!sound)
        return asDamage(sound.error());
    if (!*sound)
        report.damage.add(indexName, tr("its bytes are not those that were written"));

    ProgressMeter meter(progress);
    const FrameReader *active = nullptr;
    const auto now = [&] {
        return TreeProgress{.bytesDone = active ? active->bytesDone() : 0,
                            .bytesTotal = index.totals().bytes,
                            .entriesDone = report.entries,
                            .entriesTotal = index.totals().entries};
    };
    const auto show = [&] { meter.show(now()); };
    FrameReader reader({options.workers, true, options.wholeHash, show}, index, nullptr, stop);
    active = &reader;
    TRY(reader.open(options.archive.part));
    const Result<void> read = readAll(index, reader, report, show);
    if (!read) {
        if (read.error().code != ErrorCode::Corrupt)
            return tl::unexpected(read.error());
        report.damage.add(indexName, read.error().detail);
        return report;
    }
    meter.last(now());
    report.damage.append(reader.damage());
    report.bytes = reader.bytesDone();
    report.sha256 = reader.sha256();
    return report;
}

} // namespace lb
