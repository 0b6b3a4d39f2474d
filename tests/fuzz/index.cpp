// SPDX-License-Identifier: GPL-3.0-or-later
// Indexes from anywhere: as they are, and built around their lines with hashes and an archive that
// fit, so that a restore goes as far as it can. Whatever they say, nothing but files, folders and
// links comes to be, and only below the folder that was given.
#include "core/archive/frame_writer.h"
#include "core/archive/index_reader.h"
#include "core/archive/index_writer.h"
#include "core/archive/safe_folder.h"
#include "core/archive/tar_header.h"
#include "core/archive/tree_restore.h"
#include "core/archive/tree_verify.h"
#include "tests/fuzz/fuzz.h"

#include <QFile>
#include <QTemporaryDir>

#include <filesystem>

using namespace lb;
namespace fs = std::filesystem;

namespace {

constexpr quint64 kMostContent = 64 * 1024;

const QTemporaryDir &scratch()
{
    static const QTemporaryDir folder;
    return folder;
}

void write(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate) || file.write(bytes) != bytes.size())
        std::abort();
}

std::string bytesOf(const QString &path)
{
    return QFile::encodeName(path).toStdString();
}

/// Everything that reads; nothing is written.
void look(const TreeArchive &archive)
{
    IndexReader reader;
    if (!reader.open(archive.index))
        return;
    for (std::size_t block = 0; block < reader.blockCount(); ++block) {
        const auto entries = reader.entries(block);
        if (!entries)
            continue;
        for (const IndexEntry &entry : *entries) {
            QByteArray line;
            addEntryLine(line, entry);
            const auto again = parseEntryLine(QByteArrayView(line).chopped(1));
            mustHold(again && again->path == entry.path && again->target == entry.target &&
                         again->size == entry.size && again->xattrs == entry.xattrs,
                     "a line that was taken is written and read alike", line);
            (void)reader.find(entry.path);
            (void)reader.frame(entry.frame);
        }
    }
    (void)verifyTree({archive, true, 1});
}

/// Restores and extracts; the folder that holds the target must stay as it was.
void restore(const TreeArchive &archive)
{
    const QString outside = scratch().filePath(QStringLiteral("outside"));
    const QString staging = outside + QStringLiteral("/staging");
    const QString extracted = outside + QStringLiteral("/extracted");
    fs::create_directories(bytesOf(extracted));
    write(outside + QStringLiteral("/watched"), "as it was");
    RestoreOptions options;
    options.archive = archive;
    options.staging = staging;
    options.sync = false;
    options.workers = 1;
    (void)restoreTree(options);
    (void)extractPaths({archive, {"."}, extracted, false});

    std::size_t count = 0;
    for (const auto &entry : fs::directory_iterator(bytesOf(outside))) {
        const std::string name = entry.path().filename();
        mustHold(name == "staging" || name == "extracted" || name == "watched",
                 "nothing is written beside the target", name.c_str());
        ++count;
    }
    mustHold(count <= 3 && fs::file_size(bytesOf(outside) + "/watched") == 9,
             "what is beside the target stays");
    quint64 bytes = 0;
    for (const auto &entry : fs::recursive_directory_iterator(bytesOf(outside))) {
        const fs::file_type type = entry.symlink_status().type();
        mustHold(type == fs::file_type::regular || type == fs::file_type::directory ||
                     type == fs::file_type::symlink,
                 "only files, folders and links are made", entry.path().c_str());
        // An ordinary user looks into a folder only with rights; it is opened after this.
        if (type == fs::file_type::directory)
            fs::permissions(entry.path(), fs::perms::owner_all, fs::perm_options::add);
        if (type == fs::file_type::regular)
            bytes += entry.symlink_status().type() == type ? fs::hard_link_count(entry) : 0;
    }
    mustHold(bytes < 1'000'000, "a restore ends");
    fs::remove_all(bytesOf(outside));
}

/// An archive around the lines of entries that can be taken; what cannot goes in as it is.
void around(const QByteArray &text, const TreeArchive &archive)
{
    FrameWriter frames(1);
    IndexWriter index;
    if (!frames.open(archive.part) || !index.open(archive.index))
        std::abort();
    QByteArray end;
    quint64 count = 0;
    quint64 bytes = 0;
    const QList<QByteArray> lines = text.split('\n');
    for (const QByteArray &line : lines) {
        std::optional<IndexEntry> entry = parseEntryLine(line);
        if (!entry || entry->storedSize() > kMostContent || entry->size > kMostContent)
            continue;
        const QByteArray content(qsizetype(entry->storedSize()), 'c');
        entry->frame = frames.frame();
        entry->frameOffset = quint32(frames.filled());
        if (entry->type == EntryType::File) {
            Sha256 hash;
            hash.add(content);
            entry->sha256 = hash.finish();
            bytes += entry->size;
        }
        const QByteArray header = tarHeader(*entry);
        if (end.isEmpty())
            end = header;
        ++count;
        if (!frames.write(header) || !frames.write(content) ||
            !frames.zeros(tarPadding(quint64(content.size()))) || !index.add(*entry))
            std::abort();
    }
    if (end.isEmpty())
        return;
    if (!frames.endFrame() || !frames.write(end) || !frames.zeros(kTarEnd) || !frames.finish() ||
        !index.finish(frames.frames(), {count, bytes, frames.frames().size(), frames.size()}))
        std::abort();
    look(archive);
    restore(archive);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const TreeArchive archive{scratch().filePath(QStringLiteral("a.tar.zst")),
                              scratch().filePath(QStringLiteral("a.index.zst"))};
    const QByteArray input(reinterpret_cast<const char *>(data), qsizetype(size));
    if (input.startsWith("{")) {
        around(input, archive);
    } else {
        write(archive.part, input);
        write(archive.index, input);
        look(archive);
        restore(archive);
    }
    return 0;
}

FuzzSeeds fuzzSeeds()
{
    const auto line = [](const char *path, EntryType type, const char *target, quint64 size) {
        IndexEntry entry;
        entry.path = path;
        entry.type = type;
        entry.mode = type == EntryType::Folder ? 0755 : 0644;
        entry.target = target;
        entry.size = size;
        QByteArray text;
        addEntryLine(text, entry);
        return text;
    };
    const QByteArray root = line(".", EntryType::Folder, "", 0);
    IndexEntry sparse;
    sparse.path = "s";
    sparse.size = 5000;
    sparse.sparse = true;
    sparse.extents = {{0, 10}, {4000, 10}};
    sparse.xattrs = {{"user.note", "x"}};
    QByteArray sparseLine;
    addEntryLine(sparseLine, sparse);
    FuzzSeeds seeds;
    seeds.inputs = {
        root + line("a", EntryType::File, "", 3) + line("b", EntryType::HardLink, "a", 0) +
            line("d", EntryType::Folder, "", 0) + line("d/e", EntryType::Symlink, "../..", 0) +
            line("d/f", EntryType::File, "", 0),
        root + sparseLine + line("z", EntryType::Symlink, "/", 0),
        root + line("l", EntryType::Symlink, "..", 0) + line("l/watched", EntryType::File, "", 4) +
            line("../watched", EntryType::File, "", 1),
        root + line("h", EntryType::HardLink, "../watched", 0),
    };
    // The same as files: what is before the hash is read too.
    const TreeArchive archive{scratch().filePath(QStringLiteral("seed.tar.zst")),
                              scratch().filePath(QStringLiteral("seed.index.zst"))};
    around(seeds.inputs[0], archive);
    QFile index(archive.index);
    if (index.open(QIODevice::ReadOnly))
        seeds.inputs.push_back(index.readAll());
    seeds.words = {"../",
                   "..",
                   "/",
                   ".",
                   "//",
                   "watched",
                   "staging",
                   "\"path\":\"",
                   "\"target\":\"",
                   "\"path_b64\":\"",
                   "\"type\":\"symlink\"",
                   "\"type\":\"hard_link\"",
                   "\"type\":\"file\"",
                   "\"type\":\"folder\"",
                   "\\u0000",
                   "\\u000a",
                   "\n",
                   "\"extents\":[[0,1]]",
                   "\"size\":",
                   "\"xattrs\":[",
                   "\"mode\":\"7777\"",
                   "{",
                   "}",
                   ",",
                   "]",
                   "\"frame\":",
                   "\"offset\":"};
    return seeds;
}
