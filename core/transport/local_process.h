// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/file_descriptor.h"
#include "core/base/process_identity.h"
#include "core/transport/guard.h"

#include <QByteArray>
#include <QObject>
#include <QStringList>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace lb {

/// Takes a program's output as it comes, called by a reader thread. An empty view means "no more
/// for the moment". Must not block for long.
using ByteSink = std::function<void(QByteArrayView bytes)>;

/// One program to run on this machine.
struct ProcessStart
{
    QString program; ///< a name to be looked up in PATH, or an absolute path
    QStringList arguments;
    QString folder; ///< working folder; empty = /
    /// Added to minimalEnvironment(); a later entry wins. Values are bytes: they may be secrets.
    std::vector<std::pair<QString, QByteArray>> environment;
    QByteArray input; ///< all of its standard input; empty = /dev/null
    /// Instead of `input` and of log and capture: ends of a pipe. Our copies are closed with this.
    std::shared_ptr<FileDescriptor> from, to;
    /// The input waits until the program has printed this to its standard error, and then begins
    /// with `answer`; after five seconds without it, it comes without the answer.
    QByteArray prompt, answer;
    bool capture = false; ///< keep standard output (at most kMaxCapture) for ProcessEnd::output
    bool startsDaemon = false; ///< what it leaves running is meant to stay, even if we die
    /// Unique to run, step and attempt. Stands in the environment of the program and all it
    /// starts (LIFEBOAT_STEP), so that they can be found again.
    QString marker;
    /// Gets `running PID START-TIME BOOT-ID` when the program runs, and its wait status (a decimal
    /// number) instead when it ends by itself, each with a newline and also when we are dead by
    /// then; empty = nowhere.
    QString endFile;
    ByteSink log; ///< gets standard output and standard error, complete, in order of arrival
};

/// How a program ended.
struct ProcessEnd
{
    std::optional<int> exitStatus; ///< it exited by itself
    std::optional<int> signal;     ///< it was ended by a signal
    /// It could not be started (NotFound, Denied…), its output was more than kMaxCapture (exit
    /// status is set as well), or the guard died.
    std::optional<Error> error;
    QByteArray output; ///< standard output, when captured
    QByteArray tail;   ///< the last 4 KiB of standard error, else of standard output: evidence
    bool terminated = false; ///< terminate() was called before it ended
    int survivors = 0;       ///< descendants that could not be ended
    std::chrono::milliseconds duration{0};
};

/// One run of one local program through the guard. Main thread; never blocks. Use once.
class LocalProcess : public QObject
{
    Q_OBJECT

public:
    static constexpr qsizetype kMaxCapture = 8 * 1024 * 1024;

    explicit LocalProcess(Guard *guard, QObject *parent = nullptr);
    /// Ends the program's whole tree at once if it still runs.
    ~LocalProcess() override;

    /// Signals follow from the event loop, never from inside this call.
    void start(ProcessStart what);
    /// TERM to the whole tree, KILL to it after `grace`; finished() comes at most 1 s later.
    void terminate(std::chrono::milliseconds grace);
    bool isRunning() const;
    std::optional<ProcessIdentity> identity() const;

Q_SIGNALS:
    void started(const lb::ProcessIdentity &process);
    /// Exactly once after start(). The program's leftover descendants are gone (unless it is
    /// declared to start a daemon) and its output is complete, or was cut 1 s after its end because
    /// something else kept the pipe open.
    void finished(const lb::ProcessEnd &end);

private:
    friend class Guard;
    class Private;
    std::unique_ptr<Private> d;
};

/// What every program gets: PATH, HOME, USER, LOGNAME, LANG, LC_ALL, TMPDIR, XDG_RUNTIME_DIR and
/// the SSH agent's address where they are set; nothing else of our own environment.
std::vector<std::pair<QString, QByteArray>> minimalEnvironment();

/// The file that would be run: a name is looked up in PATH. NotFound or Denied names it and says
/// why (missing, a folder, not executable).
Result<QString> findProgram(const QString &name);

/// Live processes that carry this marker (ProcessStart::marker). For a resumed runner whose
/// earlier runner and guard were both killed.
QList<ProcessIdentity> findStepProcesses(const QString &marker);

/// Ends a process that is not our child, and all that belongs to it: its descendants, its session,
/// and those with the same LIFEBOAT_STEP. TERM, after `grace` KILL. True when none is left; false
/// when some could not be ended. Blocks; call it in a worker thread.
bool endProcessTree(const ProcessIdentity &process, std::chrono::milliseconds grace);

} // namespace lb
