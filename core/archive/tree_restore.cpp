// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/tree_restore.h"

#include "core/archive/path_pattern.h"
#include "core/archive/progress_meter.h"
#include "core/archive/tree_writer.h"
#include "core/base/format.h"

#include <QFile>
#include <QFileInfo>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lb {

namespace {

LB_TRANSLATE(Archive)

/// Their paths are kept, for hard links to them.
constexpr quint64 kMostRefusals = 100'000;

/// Extracts a range of the index in two passes. Forward: folders are made (0700) and files are
/// handed to the reader. Backward, when all files stand: links, and the metadata of folders, each
/// after everything in it. No link exists while files are written.
class RangeExtractor
{
public:
    struct Rules
    {
        bool everything = false; ///< the whole archive into a folder of our own
        MetadataRules metadata;
        int workers = 2;
    };

    RangeExtractor(IndexReader &index, int rootFd, const Rules &rules, ProgressMeter &meter,
                   std::stop_token stop)
        : m_index(index),
          m_rules(rules),
          m_meter(meter),
          m_stop(std::move(stop)),
          m_cursor(rootFd),
          m_otherCursor(rootFd),
          m_writer(rootFd, rules.workers, rules.metadata, rules.everything),
          m_reader({rules.workers, rules.everything, false, [this] { show(); }}, index, &m_writer,
                   m_stop)
    {
        if (rules.everything) {
            m_progress.bytesTotal = index.totals().bytes;
            m_progress.entriesTotal = index.totals().entries;
        }
    }

    Result<void> open(const QString &part) { return m_reader.open(part); }

    /// First pass over one path with all below it. `links`: hard links whose first name is
    /// outside of the range are read as files of their own.
    Result<void> forward(const QByteArray &top, const std::vector<QByteArray> &tops)
    {
        Range range;
        range.top = top;
        range.firstBlock = m_index.blockOf(top);
        m_folders.clear();
        QByteArray last;
        for (size_t block = range.firstBlock; block < m_index.blockCount(); ++block) {
            TRY_VALUE(std::vector<IndexEntry> entries, m_index.entries(block));
            std::vector<bool> skipped(entries.size(), true);
            bool beyond = false;
            for (size_t i = 0; i < entries.size(); ++i) {
                IndexEntry &entry = entries[i];
                if (!isWithin(entry.path, top)) {
                    beyond = top != "." && comparePaths(entry.path, top) > 0;
                    if (beyond)
                        break;
                    continue;
                }
                ++m_found;
                if (entry.type == EntryType::File)
                    m_declared += entry.size;
                // Not at the end only: by then the disk would be full.
                if (m_found > m_index.totals().entries || m_declared > m_index.totals().bytes)
                    return fail(ErrorCode::Corrupt, tr("The index is damaged"),
                                tr("it holds more than it says"),
                                tr("what was extracted must not be used; choose another restore "
                                   "point"));
                const QString why = reasonToRefuse(entry, last, range);
                last = entry.path;
                if (!why.isEmpty()) {
                    if (++m_refusals > kMostRefusals)
                        return fail(ErrorCode::Corrupt, tr("The index is damaged"),
                                    tr("more than %n of its entries are not safe", nullptr,
                                       int(kMostRefusals)),
                                    tr("what was extracted must not be used; choose another "
                                       "restore point"));
                    m_writer.refuse(entry.path, why);
                    if (m_rules.everything) // its bytes are proven all the same
                        TRY(m_reader.add({std::move(entry), {}}));
                    continue;
                }
                TRY_VALUE(const bool ours, takeForward(std::move(entry), tops));
                skipped[i] = !ours;
                ++m_progress.entriesDone;
                show();
            }
            range.skipped.push_back(std::move(skipped));
            if (beyond)
                break;
        }
        m_ranges.push_back(std::move(range));
        return {};
    }

    /// Waits until all files stand and are proven.
    Result<void> finishFiles()
    {
        TRY(m_reader.finish());
        if (m_reader.damage().isEmpty())
            return {};
        return fail(ErrorCode::Corrupt,
                    tr("%n place(s) of the archive damaged", nullptr, int(m_reader.damage().count)),
                    m_reader.damage().sentences(20).join(QStringLiteral("; ")),
                    tr("what was extracted must not be used; choose another restore point"));
    }

    Result<void> backward()
    {
        for (auto range = m_ranges.rbegin(); range != m_ranges.rend(); ++range) {
            for (size_t i = range->skipped.size(); i-- > 0;) {
                TRY_VALUE(const std::vector<IndexEntry> entries,
                          m_index.entries(range->firstBlock + i));
                const std::vector<bool> &skipped = range->skipped[i];
                for (size_t at = std::min(entries.size(), skipped.size()); at-- > 0;) {
                    if (m_stop.stop_requested())
                        return fail(ErrorCode::Cancelled, tr("The restore was cancelled"));
                    if (!skipped[at])
                        takeBackward(entries[at]);
                }
            }
        }
        for (const IndexEntry &entry : m_lateLinks)
            makeHardLink(entry, true);
        return {};
    }

    quint64 found() const { return m_found; }
    RestoreReport report()
    {
        RestoreReport report;
        report.entries = m_progress.entriesDone;
        report.bytes = m_reader.bytesDone();
        m_writer.report(report);
        m_progress.bytesDone = report.bytes;
        m_meter.last(m_progress);
        return report;
    }

private:
    void show()
    {
        m_progress.bytesDone = m_reader.bytesDone();
        m_meter.show(m_progress);
    }

    struct Range
    {
        QByteArray top;
        size_t firstBlock = 0;
        std::vector<std::vector<bool>> skipped; ///< per block from the first on
    };

    /// Empty for an entry that may be created.
    QString reasonToRefuse(const IndexEntry &entry, const QByteArray &last, const Range &range)
    {
        if (!isSafePath(entry.path))
            return tr("its name leads out of the folder");
        if (!last.isEmpty() && comparePaths(last, entry.path) >= 0)
            return tr("it stands twice or out of order");
        while (!m_folders.empty() && !isWithin(entry.path, m_folders.back()))
            m_folders.pop_back();
        if (entry.path != range.top || m_rules.everything) {
            const bool known = entry.path == "." ||
                               (!m_folders.empty() && parentOf(entry.path) == m_folders.back());
            if (!known)
                return tr("the folder it is in is not in the archive");
        }
        if (entry.path == "." && entry.type != EntryType::Folder)
            return tr("the tree itself is not a folder");
        if (entry.type == EntryType::HardLink &&
            (!isSafePath(entry.target) || comparePaths(entry.target, entry.path) >= 0))
            return tr("it is a hard link to something that is not restored with it");
        if (entry.type == EntryType::Symlink &&
            (entry.target.isEmpty() || entry.target.contains('\0')))
            return tr("it is a link without a target");
        if (entry.type == EntryType::Folder)
            m_folders.push_back(entry.path);
        return {};
    }

    /// False when the entry stood there before or needs no second pass.
    Result<bool> takeForward(IndexEntry entry, const std::vector<QByteArray> &tops)
    {
        bool ours = true;
        switch (entry.type) {
        case EntryType::Folder: {
            TRY_VALUE(ours, makeFolder(entry.path));
            break;
        }
        case EntryType::HardLink: {
            if (m_rules.everything)
                break;
            const bool within = std::any_of(tops.begin(), tops.end(), [&](const QByteArray &top) {
                return isWithin(entry.target, top);
            });
            if (within)
                break;
            TRY_VALUE(IndexEntry first, m_index.find(entry.target));
            if (first.type != EntryType::File) {
                m_writer.refuse(
                    entry.path,
                    tr("its first name %1 is not extracted").arg(displayBytes(entry.target)));
                return false;
            }
            TRY(makeParents(entry.path));
            TRY(m_reader.add({std::move(first), entry.path}));
            return false;
        }
        case EntryType::File: {
            if (!m_rules.everything)
                TRY(makeParents(entry.path));
            QByteArray as = entry.path;
            TRY(m_reader.add({std::move(entry), std::move(as)}));
            return false;
        }
        case EntryType::Symlink:
            if (!m_rules.everything)
                TRY(makeParents(entry.path));
            break;
        }
        if (m_rules.everything)
            TRY(m_reader.add({std::move(entry), {}}));
        return ours;
    }

    Result<void> makeParents(const QByteArray &path)
    {
        const int fd = m_cursor.make(parentOf(path));
        if (fd < 0)
            return failErrno(tr("The folder of %1 could not be made").arg(displayBytes(path)), -fd);
        return {};
    }

    Result<bool> makeFolder(const QByteArray &path)
    {
        if (path == ".")
            return m_rules.everything;
        const QByteArray name = nameOf(path);
        const QByteArrayView parent = parentOf(path);
        const int fd = m_rules.everything ? m_cursor.open(parent) : m_cursor.make(parent);
        int error = fd < 0 ? -fd : 0;
        if (error == 0 && ::mkdirat(fd, name.constData(), 0700) != 0)
            error = errno;
        if (error == EEXIST && !m_rules.everything)
            return false; // a file below it says so if it is no folder
        if (error != 0)
            return failErrno(tr("The folder %1 could not be made").arg(displayBytes(path)), error);
        return true;
    }

    void takeBackward(const IndexEntry &entry)
    {
        switch (entry.type) {
        case EntryType::File:
            break;
        case EntryType::Folder: {
            const int fd = m_cursor.open(entry.path);
            if (fd < 0)
                m_writer.refuse(entry.path, QString::fromLocal8Bit(std::strerror(-fd)));
            else
                m_writer.note(entry.path, applyMetadata(fd, entry, m_rules.metadata));
            break;
        }
        case EntryType::Symlink: {
            const int fd = m_cursor.open(parentOf(entry.path));
            const QByteArray name = nameOf(entry.path);
            if (fd < 0 || ::symlinkat(entry.target.constData(), fd, name.constData()) != 0)
                m_writer.refuse(entry.path,
                                QString::fromLocal8Bit(std::strerror(fd < 0 ? -fd : errno)));
            else
                m_writer.note(entry.path, applyLinkMetadata(fd, name.constData(), entry));
            break;
        }
        case EntryType::HardLink:
            makeHardLink(entry, false);
            break;
        }
    }

    /// In a folder of our own everything that exists was restored in this run, so existing is
    /// proof enough; elsewhere a first name that was there before is not linked to.
    void makeHardLink(const IndexEntry &entry, bool late)
    {
        const int from = m_otherCursor.open(parentOf(entry.target));
        const int to = m_cursor.open(parentOf(entry.path));
        const QByteArray first = nameOf(entry.target);
        const QByteArray name = nameOf(entry.path);
        struct stat st = {};
        if (from < 0 || to < 0 || m_writer.wasRefused(entry.target) ||
            ::fstatat(from, first.constData(), &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !(S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))) {
            // The first name may be a link itself, which this pass makes later.
            if (late)
                m_writer.refuse(entry.path,
                                tr("it is a hard link to something that is not restored with it"));
            else
                m_lateLinks.push_back(entry);
            return;
        }
        struct stat folder = {};
        if (late)
            ::fstat(to, &folder);
        if (::linkat(from, first.constData(), to, name.constData(), 0) != 0)
            m_writer.refuse(entry.path, QString::fromLocal8Bit(std::strerror(errno)));
        else if (late) {
            const timespec times[2] = {{0, UTIME_OMIT}, folder.st_mtim};
            ::futimens(to, times);
        }
    }

    IndexReader &m_index;
    Rules m_rules;
    ProgressMeter &m_meter;
    TreeProgress m_progress;
    std::stop_token m_stop;
    FolderCursor m_cursor;
    FolderCursor m_otherCursor; ///< second pass: folders of first names
    TreeFileWriter m_writer;
    FrameReader m_reader;
    std::vector<QByteArray> m_folders; ///< of the current path, outermost first
    std::vector<Range> m_ranges;
    std::vector<IndexEntry> m_lateLinks; ///< hard links to symlinks: seldom
    quint64 m_found = 0;
    quint64 m_declared = 0; ///< sizes of the files found
    quint64 m_refusals = 0;
};

Result<FileDescriptor> openStaging(const QString &path)
{
    const QByteArray name = QFile::encodeName(path);
    // The parent keeps its time: it may be the target itself, and undoing gives it back as it was.
    const QByteArray parent = QFile::encodeName(QFileInfo(path).absolutePath());
    struct stat before = {};
    const bool known = ::stat(parent.constData(), &before) == 0;
    const bool made = ::mkdir(name.constData(), 0700) == 0;
    if (!made && errno != EEXIST)
        return failErrno(tr("The staging folder %1 could not be made").arg(path), errno);
    if (made && known) {
        const timespec times[2] = {{0, UTIME_OMIT}, before.st_mtim};
        ::utimensat(AT_FDCWD, parent.constData(), times, 0);
    }
    FileDescriptor fd(::open(name.constData(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.isOpen())
        return failErrno(tr("The staging folder %1 could not be opened").arg(path), errno);
    DIR *dir = ::fdopendir(::dup(fd.get()));
    if (!dir)
        return failErrno(tr("The staging folder %1 could not be read").arg(path), errno);
    bool empty = true;
    while (const dirent *entry = ::readdir(dir)) {
        const QByteArrayView child(entry->d_name);
        empty = empty && (child == "." || child == "..");
    }
    ::closedir(dir);
    if (!empty)
        return fail(ErrorCode::Conflict, tr("The staging folder %1 is not empty").arg(path), {},
                    tr("remove it and try again"));
    // What a parent's default ACL would give to every new file is not what was saved.
    ::fremovexattr(fd.get(), "system.posix_acl_default");
    ::fremovexattr(fd.get(), "system.posix_acl_access");
    return fd;
}

} // namespace

Result<RestoreReport> restoreTree(const RestoreOptions &options, const TreeProgressFn &progress,
                                  std::stop_token stop)
{
    IndexReader index;
    TRY(index.open(options.archive.index));
    TRY_VALUE(const bool sound, index.checkHash());
    if (!sound)
        return fail(ErrorCode::Corrupt, tr("The index %1 is damaged").arg(options.archive.index),
                    tr("its bytes are not those that were written"),
                    tr("nothing was extracted; choose another restore point"));
    TRY_VALUE(const FileDescriptor root, openStaging(options.staging));
    ProgressMeter meter(progress);
    RangeExtractor::Rules rules;
    rules.everything = true;
    rules.metadata.keepSetId = options.keepSetId;
    rules.workers = std::max(1, options.workers);
    RangeExtractor extractor(index, root.get(), rules, meter, stop);
    TRY(extractor.open(options.archive.part));
    TRY(extractor.forward(".", {}));
    if (extractor.found() != index.totals().entries)
        return fail(ErrorCode::Corrupt, tr("The index %1 is damaged").arg(options.archive.index),
                    tr("it does not hold as many entries as it says"));
    TRY(extractor.finishFiles());
    TRY(extractor.backward());
    if (options.sync && ::syncfs(root.get()) != 0)
        return failErrno(tr("The file system of %1 could not be synced").arg(options.staging),
                         errno);
    return extractor.report();
}

Result<RestoreReport> extractPaths(const ExtractOptions &options, const TreeProgressFn &progress,
                                   std::stop_token stop)
{
    std::vector<QByteArray> tops;
    for (QByteArray path : options.paths) {
        while (path.startsWith("./") && path.size() > 2)
            path.remove(0, 2);
        while (path.endsWith('/') && path.size() > 1)
            path.chop(1);
        if (!isSafePath(path))
            return fail(ErrorCode::BadInput,
                        tr("%1 is no path inside a restore point").arg(displayBytes(path)));
        tops.push_back(path);
    }
    std::sort(tops.begin(), tops.end(),
              [](const QByteArray &a, const QByteArray &b) { return comparePaths(a, b) < 0; });
    // What another one holds already would be extracted twice.
    std::vector<QByteArray> outer;
    for (const QByteArray &top : tops) {
        if (outer.empty() || !isWithin(top, outer.back()))
            outer.push_back(top);
    }
    IndexReader index;
    TRY(index.open(options.archive.index));
    const FileDescriptor root(::open(QFile::encodeName(options.destination).constData(),
                                     O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root.isOpen())
        return failErrno(tr("The folder %1 could not be opened").arg(options.destination), errno);
    ProgressMeter meter(progress);
    RangeExtractor::Rules rules;
    rules.metadata.keepSetId = options.keepSetId;
    RangeExtractor extractor(index, root.get(), rules, meter, stop);
    TRY(extractor.open(options.archive.part));
    for (const QByteArray &top : outer) {
        const quint64 before = extractor.found();
        TRY(extractor.forward(top, outer));
        if (extractor.found() == before)
            return fail(ErrorCode::NotFound, tr("%1 is not in the archive").arg(displayBytes(top)));
    }
    TRY(extractor.finishFiles());
    TRY(extractor.backward());
    return extractor.report();
}

} // namespace lb
