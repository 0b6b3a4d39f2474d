// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/log_view.h"
#include "ui/needed_box.h"
#include "ui/steps_model.h"

#include <functional>

class QProgressBar;
class QScrollArea;
class QSplitter;
class QTableView;
class QVBoxLayout;

namespace lb {

/// One run to watch and to steer. Holds no state of its own: everything comes from the RunView that
/// it is given, everything a person wants leaves as a signal. Closing it never touches the run.
class RunConsole : public QWidget
{
    Q_OBJECT
public:
    /// Log files of a step; of the whole run for an empty step.
    using LogFiles = std::function<QStringList(const QString &step)>;

    explicit RunConsole(QWidget *parent = nullptr);
    /// Another run: forgets what was chosen and typed.
    void setRun(const QString &run, LogFiles files);
    QString run() const { return m_run; }
    void setView(const RunView &view);
    void setProgress(const Progress &progress);
    void setCancelLeaves(const QString &sentence);
    /// A command that was refused, a runner that is gone: said above the steps.
    void showProblem(const Error &error);
    void showNote(Tone tone, const QString &text);
    QSplitter *splitter() const { return m_splitter; }
    QWidget *searchField() const { return m_log->searchField(); }
    void focusContent();
    QList<QWidget *> panes() const;
    void fitUndoList();

protected:
    void resizeEvent(QResizeEvent *event) override;

Q_SIGNALS:
    void commandIssued(const lb::RunCommand &command);
    void resumeRequested(bool finallyOnly);
    void undoRequested();
    void takeUpRequested();
    void againRequested();
    /// A page for people, as a new file.
    void reportRequested(const QString &file);
    /// `folder`: the copy that is to be deleted first; empty when there is none.
    void dischargeRequested(const QString &obligation, const QString &kept, const QString &note);
    void backRequested();

private:
    void showHead();
    void showSteps();
    void showLog();
    void showObligations();
    void showButtons();
    void chooseReportFile();
    void tick();
    void orderTabs(QWidget *first);
    QString stepToShow() const;

    QString m_run;
    LogFiles m_files;
    RunView m_view;
    Progress m_progress;
    QString m_leaves;
    QString m_shownStep;
    QStringList m_shownFiles;
    QString m_logKey;
    bool m_chosenByHand = false;

    PlainLabel *m_title, *m_subtitle, *m_times;
    Badge *m_badge;
    StateLabel *m_state;
    QProgressBar *m_bar;
    InlineMessage *m_message;
    NeededBox *m_needed;
    StepsModel *m_steps;
    QTableView *m_table;
    LogView *m_log;
    QSplitter *m_splitter;
    QScrollArea *m_undoScroll;
    QWidget *m_undoList;
    QVBoxLayout *m_undoRows;
    QString m_undoKey;
    ConfirmPanel *m_cancelPanel;
    QPushButton *m_pause, *m_cancel, *m_report, *m_copy;
    QTimer m_clock;
};

} // namespace lb
