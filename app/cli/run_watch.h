// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/session.h"
#include "app/cli/terminal.h"

#include <QElapsedTimer>
#include <QTimer>

namespace lb::cli {

struct WatchOptions
{
    GoAnswer go;             ///< what was given so far
    bool sendGo = false;     ///< the runner does not have it yet
    bool untilReady = false; ///< `plan`: come back when the plan stands
    bool detach = false;
    bool quiet = false;     ///< built-in work: only problems and progress
    QString acceptWarnings; ///< not empty: the reason for going in spite of any warning
    quint64 saidSeq = 0;    ///< events up to here were said before
    quint64 afterSeq = 0;   ///< an end that stands up to here is an old one
};

/// Follows one run to its end, or to where a person is needed; asks that person when there is
/// one. Main thread; owns the program's event loop while exec() runs.
class RunWatch : public QObject
{
    Q_OBJECT
public:
    RunWatch(Session &session, const RunId &run, WatchOptions options);
    ~RunWatch() override;

    /// The exit status that the verb ends with.
    int exec();
    const RunView &view() const { return m_follower->view(); }

private:
    struct Speed
    {
        Progress last;
        QElapsedTimer since;
        qint64 bytesAtStart = 0;
    };

    void sayUnderWay();
    void onEvent(const RunEvent &event);
    void onProgress(const Progress &progress);
    void decide();
    void atReady();
    void askAndGo();
    void sendGo(GoAnswer go);
    void atWaiting();
    void askSecret(const Waiting &waiting);
    void askPerson(const Waiting &waiting);
    void onInterrupt();
    void drawProgress();
    void print(const QString &line);
    void finish(int status);
    int finishedStatus() const;
    void sendCommand(RunCommand command);

    Session &m_session;
    WatchOptions m_options;
    RunFollower *m_follower;
    QEventLoop m_loop;
    terminal::InterruptWatch m_interrupt;
    terminal::LiveLines m_live;
    QMap<QString, Speed> m_running;
    QTimer m_draw;
    int m_status = kFailed;
    quint64 m_printedSeq = 0;
    bool m_loaded = false, m_done = false, m_goSent = false, m_asking = false;
    QDateTime m_askedAbout; ///< since when the wait stands that was answered
};

/// Follows and prints; for `--json` the first and last line, too. The verb's exit status.
int followRun(Session &session, const RunId &run, WatchOptions options);

/// Follows hidden built-in work with progress only. Nothing when it went well; else the exit
/// status, after having said why.
std::optional<int> followBuiltIn(Session &session, const Result<RunId> &run);

} // namespace lb::cli
