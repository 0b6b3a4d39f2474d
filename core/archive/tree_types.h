// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QByteArray>
#include <QDateTime>
#include <QJsonObject>
#include <QString>

#include <functional>
#include <vector>

namespace lb {

/// How far a tree operation is. Totals are 0 where nobody knows them.
struct TreeProgress
{
    quint64 bytesDone = 0;
    quint64 bytesTotal = 0;
    quint64 entriesDone = 0;
    quint64 entriesTotal = 0;
};
/// Called at most 20 times a second (and once at the end) by one thread, the one that called the
/// operation.
using TreeProgressFn = std::function<void(const TreeProgress &)>;

/// One path inside a tree (bytes, relative, "." is the folder itself) and what there is to say.
struct PathNote
{
    QByteArray path;
    QString text; ///< translated, for people; without the path

    QString sentence() const; ///< "path: text", safe to show
};

/// Notes of one kind: counts all, keeps the first thousand.
struct NoteList
{
    static constexpr size_t kKept = 1000;

    quint64 count = 0;
    std::vector<PathNote> notes;

    void add(const QByteArray &path, const QString &text);
    void append(const NoteList &other);
    bool isEmpty() const { return count == 0; }
    QStringList sentences(int limit = int(kKept)) const;
    /// {"count":n,"notes":["path: text",…]}
    QJsonObject toJson() const;
};

/// The sizes and hashes of one archive and what was met while taking it. Bytes are of file content.
struct TreeSummary
{
    quint64 entries = 0; ///< all kinds, with the folder itself
    quint64 files = 0;
    quint64 folders = 0;
    quint64 symlinks = 0;
    quint64 hardLinks = 0; ///< further names of a file that is already in
    quint64 bytes = 0;
    quint64 storedBytes = 0;
    quint64 indexBytes = 0;
    quint64 frames = 0;
    QByteArray sha256;      ///< of the part's file, hex
    QByteArray indexSha256; ///< of the index's file, hex
    QDateTime takenFrom, takenTo;
    NoteList changed;  ///< changed, shrank or grew while being read; in the archive, marked
    NoteList vanished; ///< gone before they could be read; not in the archive
    NoteList errors;   ///< could not be read; the caller decides what that means
    NoteList limits;   ///< devices, FIFOs, sockets, other file systems, the store itself
    NoteList excluded; ///< left out by a pattern
    NoteList setId;    ///< setuid and setgid files in it: a plan shows them

    QJsonObject toJson() const;
};

/// How a folder is read that is not quite the tree it stands for. Both are names at its top.
struct TreeShape
{
    /// One of these that holds nothing but a folder of its own name is that folder: `csar/csar`.
    std::vector<QByteArray> unnested;
    /// Read from another folder where this one has none of that name.
    std::vector<QByteArray> lacking;
    QString elsewhere; ///< that folder; empty: nothing is added
};

/// Where an archive's two files are.
struct TreeArchive
{
    QString part;  ///< NAME.tar.zst
    QString index; ///< NAME.index.zst
    /// They are memory of this process, reached by a link in /proc: nothing is to be synced.
    bool isInMemory = false;
};

} // namespace lb
