// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/file_descriptor.h"
#include "core/base/ids.h"
#include "core/base/process_identity.h"

#include <QList>
#include <QString>

#include <optional>
#include <vector>

namespace lb {

/// The process that holds a run folder.
struct LockOwner
{
    ProcessIdentity process;
    QString host;
    QString user;
};

/// A held run folder: a kernel lock (flock), gone when this object or its process ends.
class RunLock
{
public:
    RunLock(RunLock &&) noexcept = default;
    RunLock &operator=(RunLock &&) noexcept = default;
    RunLock(const RunLock &) = delete;
    RunLock &operator=(const RunLock &) = delete;
    /// Takes its owner's name out of the file: the process may live on without the lock.
    ~RunLock();

private:
    friend class RunFolder;
    explicit RunLock(FileDescriptor fd) : m_fd(std::move(fd)) {}
    FileDescriptor m_fd;
};

/// Where one run keeps its files; a value. Any thread.
class RunFolder
{
public:
    explicit RunFolder(QString path) : m_path(std::move(path)) {}
    /// The folder of a run in Lifeboat's data folder, whether it exists or not.
    static RunFolder of(const RunId &run);
    /// Makes the folder with `log` and `evidence`, 0700, all synced. Conflict when it exists.
    static Result<RunFolder> create(const RunId &run);
    /// Ids of all run folders, oldest first.
    static QList<RunId> list();

    const QString &path() const { return m_path; }
    RunId id() const;
    bool exists() const;
    QString planFile() const { return m_path + QStringLiteral("/plan.json"); }
    QString journalFile() const { return m_path + QStringLiteral("/journal.jsonl"); }
    QString logFolder() const { return m_path + QStringLiteral("/log"); }
    QString evidenceFolder() const { return m_path + QStringLiteral("/evidence"); }
    QString lockFile() const { return m_path + QStringLiteral("/lock"); }
    /// Says where the runner listens now: a logout can take the place away that the journal names.
    QString socketFile() const { return m_path + QStringLiteral("/socket"); }
    /// `log/STEP.ATTEMPT.log`; a step id that is no file name is changed and gets a hash, so that
    /// no two ids share a file.
    QString logFile(const QString &step, int attempt) const;
    /// Beside the log: how the attempt's program ended, as its guard saw it.
    QString endFile(const QString &step, int attempt) const;

    /// Takes the run. Conflict, naming the owner, when somebody holds it. A dead owner holds
    /// nothing.
    Result<RunLock> lock() const;
    /// Who holds it now; nothing when nobody alive does. Takes no lock.
    std::optional<LockOwner> owner() const;

    /// What belongs to the run, wherever it is: plan, journal, logs, evidence; relative paths,
    /// sorted.
    std::vector<QByteArray> records() const;
    /// Whether such a path can be a run's record, or a folder of them.
    static bool isRecord(const QByteArray &path, bool isFolder);
    /// There when the run came from elsewhere with `runs import`; says from which file and when.
    QString importFile() const { return m_path + QStringLiteral("/imported.json"); }
    bool isImported() const;
    /// Conflict for an imported run: what it says of processes, folders and databases is true of
    /// another machine, so nothing may be done by it here.
    Result<void> checkOwn() const;

    /// Deletes the folder and all in it. The caller has checked that it may (no open obligations)
    /// and holds the lock or knows that nobody does.
    Result<void> remove() const;

private:
    QString m_path;
};

} // namespace lb
