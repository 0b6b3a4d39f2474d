// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/async.h"
#include "core/base/file_descriptor.h"
#include "core/journal/journal.h"

#include <QPromise>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace lb {

/// The thread behind Journal: takes queued events, writes and syncs them in groups, and deals with
/// a disk that fails. Owns the file and the reserve.
class JournalWriter
{
public:
    struct Listener
    {
        std::function<void(std::vector<JournalLine>)> durable; ///< in the writer's thread
        std::function<void(Error)> stopped;
    };

    /// `content`: what the file holds; `fd` is open for reading and writing.
    JournalWriter(QString folder, FileDescriptor fd, const JournalContent &content);
    ~JournalWriter();
    void start(Listener listener);

    Async<RunEvent> append(RunEvent event, AppendMode mode);
    Result<void> flush();
    Result<void> recover();
    QByteArray head() const;
    quint64 lastSeq() const;

    /// The space that a full disk leaves us for saying so.
    static Result<void> makeReserve(const QString &folder);
    static QString journalFile(const QString &folder);

private:
    struct Queued
    {
        RunEvent event;
        QPromise<Result<RunEvent>> promise;
    };
    /// Lines that follow from the current head, not yet written.
    struct Group
    {
        std::vector<JournalLine> lines;
        QByteArray bytes;
        QByteArray head;
        quint64 seq = 0;
    };

    void run();
    void writeQueued(std::vector<Queued> queued);
    Group newGroup() const;
    static void add(Group &group, RunEvent event);
    /// On disk when it returns well. May add a warning to the group.
    Result<void> commit(Group &group);
    Result<void> appendToFile(const QByteArray &bytes);
    Result<void> rewrite(const QByteArray &bytes);
    void stop(const Error &error);
    void announce(Group group);
    QString journalFile() const { return journalFile(m_folder); }

    const QString m_folder;
    Listener m_listener;

    std::mutex m_fileMutex; ///< held while the file is written; guards the four below
    FileDescriptor m_fd;
    qint64 m_size = 0;           ///< up to the last good sync
    bool m_fileIsLost = false;   ///< a sync failed: what is cached is not what is on disk
    bool m_saidDiskFull = false; ///< the last event is our own waiting_started

    mutable std::mutex m_mutex; ///< guards all below
    std::condition_variable m_wake, m_idle;
    std::vector<Queued> m_queue;
    bool m_busy = false, m_quit = false;
    bool m_urgent = false; ///< somebody waits for what is queued
    std::optional<Error> m_failure;
    QByteArray m_head;
    quint64 m_seq = 0;
    std::thread m_thread;
};

} // namespace lb
