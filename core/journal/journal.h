// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/async.h"
#include "core/journal/journal_reader.h"

#include <QObject>

#include <memory>

namespace lb {

class JournalWriter;

/// When an event goes to disk.
enum class AppendMode
{
    Now,
    /// Within some milliseconds, or with the next event that goes now: one sync for both. For what
    /// nothing waits for.
    Soon,
};

/// Appends run events durably, hash-chained. Lives in the runner's main thread; one thread of its
/// own writes and syncs, several queued events sharing one sync. Owns the file. The caller holds
/// the run's lock (RunFolder::lock). Does not store log lines.
class Journal : public QObject
{
    Q_OBJECT

public:
    /// A new, empty `journal.jsonl` and its reserve in an existing folder; file and folder synced.
    /// Conflict when there is one already.
    static Result<std::unique_ptr<Journal>> create(const QString &folder);
    /// Opens an existing journal for writing and gives what it holds. The whole chain is verified;
    /// a torn tail is set aside as `journal.torn-N` (see tornFile()). Any other bad line is Corrupt
    /// and names the line: then only readJournal() works.
    static Result<std::unique_ptr<Journal>> open(const QString &folder, JournalContent *content);
    /// Writes and syncs what is queued.
    ~Journal() override;

    /// Queues the event; seq and, when invalid, time are set here. The answer comes when it is on
    /// disk, with the event as written. After a failure every append fails with the same error
    /// until recover() succeeded: nothing is ever reported as durable that is not.
    Async<RunEvent> append(RunEvent event, AppendMode mode = AppendMode::Now);
    /// The same, and waits (about one sync). Before any effect.
    Result<RunEvent> appendSynced(RunEvent event);
    /// Waits until all that was queued is on disk, or says why it is not.
    Result<void> flush();

    /// After a failure: NoSpace → tries to get the reserve back and goes on; anything else → reads
    /// the file again, verifies it and rewrites it up to the last good sync. Blocks for that long.
    /// The failed events are not kept: append them again.
    Result<void> recover();

    /// sha256 of the last durable line; the anchor for manifest, report and inventory.
    QByteArray head() const;
    /// Sequence number of the last durable event.
    quint64 lastSeq() const;
    /// Where the torn tail went, when open() found one; else empty.
    QString tornFile() const;

Q_SIGNALS:
    /// One event is on disk; in order, queued to this object's thread. `line` is its text in the
    /// file without newline.
    void durable(const lb::RunEvent &event, const QByteArray &line);
    /// A write or sync failed: the journal stands still until recover(). When the disk is full, a
    /// `waiting_started` event (for: disk) was written from the reserve beforehand if that was
    /// possible at all.
    void stopped(const lb::Error &error);

private:
    friend class JournalWriter;
    explicit Journal(std::unique_ptr<JournalWriter> writer);

    std::unique_ptr<JournalWriter> m_writer;
    QString m_tornFile;
};

} // namespace lb
