// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/tree_types.h"

#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/json.h"

namespace lb {

QString PathNote::sentence() const
{
    return displayBytes(path) + QStringLiteral(": ") + text;
}

void NoteList::add(const QByteArray &path, const QString &text)
{
    ++count;
    if (notes.size() < kKept)
        notes.push_back({path, text});
}

void NoteList::append(const NoteList &other)
{
    for (const PathNote &note : other.notes)
        add(note.path, note.text);
    count += other.count - other.notes.size();
}

QStringList NoteList::sentences(int limit) const
{
    QStringList list;
    for (const PathNote &note : notes) {
        if (list.size() >= limit)
            break;
        list << note.sentence();
    }
    return list;
}

QJsonObject NoteList::toJson() const
{
    return {{QStringLiteral("count"), qint64(count)},
            {QStringLiteral("notes"), toJsonArray(sentences())}};
}

QJsonObject TreeSummary::toJson() const
{
    QJsonObject object{{QStringLiteral("entries"), qint64(entries)},
                       {QStringLiteral("files"), qint64(files)},
                       {QStringLiteral("folders"), qint64(folders)},
                       {QStringLiteral("symlinks"), qint64(symlinks)},
                       {QStringLiteral("hard_links"), qint64(hardLinks)},
                       {QStringLiteral("bytes"), qint64(bytes)},
                       {QStringLiteral("stored_bytes"), qint64(storedBytes)},
                       {QStringLiteral("index_bytes"), qint64(indexBytes)},
                       {QStringLiteral("frames"), qint64(frames)},
                       {QStringLiteral("sha256"), QString::fromLatin1(sha256)},
                       {QStringLiteral("index_sha256"), QString::fromLatin1(indexSha256)},
                       {QStringLiteral("taken_from"), toJsonTime(takenFrom)},
                       {QStringLiteral("taken_to"), toJsonTime(takenTo)}};
    const std::pair<QString, const NoteList *> lists[] = {
        {QStringLiteral("changed"), &changed},   {QStringLiteral("vanished"), &vanished},
        {QStringLiteral("errors"), &errors},     {QStringLiteral("limits"), &limits},
        {QStringLiteral("excluded"), &excluded}, {QStringLiteral("set_id"), &setId}};
    for (const auto &[name, list] : lists) {
        if (!list->isEmpty())
            object.insert(name, list->toJson());
    }
    return object;
}

} // namespace lb
