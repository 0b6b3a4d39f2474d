// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages.h"
#include "ui/words.h"

#include <QHash>

#include <functional>

class QGridLayout;
class QMenu;
class QProgressBar;
class QScrollArea;
class QStackedWidget;
class QToolButton;
class QVBoxLayout;

namespace lb {

/// One system on the board: verdict with cause and age, what stands, and the one thing to do.
class SystemCard : public Card
{
    Q_OBJECT
public:
    /// What the primary button does.
    enum class Act
    {
        Save,
        Recover,
        Verify,
        Resume,
        Answer,
        TakeUp,
        Open
    };

    explicit SystemCard(QWidget *parent = nullptr);
    void setSystem(const SystemOverview &overview, const QString &typeTitle);
    void setProgress(const Progress &progress);
    const SystemOverview &overview() const { return m_overview; }
    static Act actOf(const SystemOverview &overview);

Q_SIGNALS:
    void act(lb::SystemCard::Act act);
    void editRequested();
    void removeRequested();
    void pointsRequested();
    void runsRequested();

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    struct Fact
    {
        PlainLabel *caption, *value;
    };
    void showAdvice(const std::vector<Advice> &advice);
    Fact addFact(QGridLayout *grid, int column, const QString &caption, const char *name);

    SystemOverview m_overview;
    PlainLabel *m_name, *m_type, *m_cause;
    StateLabel *m_verdict;
    Badge *m_badge;
    Fact m_proven, m_newest, m_last;
    StateLabel *m_undo;
    QVBoxLayout *m_advice;
    QList<StateLabel *> m_adviceLines;
    QWidget *m_running;
    PlainLabel *m_runText;
    QProgressBar *m_progress;
    QPushButton *m_primary, *m_second;
    QToolButton *m_more;
};

/// Home: every system with its verdict; without systems the ways to begin.
class BoardPage : public Page
{
    Q_OBJECT
public:
    explicit BoardPage(QWidget *parent = nullptr);
    void setSystems(std::vector<SystemOverview> systems, const QHash<QString, QString> &typeTitles);
    void setProgress(const QString &run, const Progress &progress);
    /// Systems whose files could not be read; shown with place and reason.
    void setBroken(const std::vector<Diagnostic> &broken);
    void setPracticeRunning(bool running);
    void focusContent() override;
    void focusSystem(const QString &name);

Q_SIGNALS:
    void runRequested(const QString &system, lb::Purpose purpose);
    void verifyRequested(const QString &system, const QString &point);
    void openRunRequested(const QString &run);
    void resumeRequested(const QString &run);
    void takeUpRequested(const QString &run);
    void editRequested(const QString &system);
    void removeRequested(const QString &system);
    void pointsRequested(const QString &system);
    void runsRequested(const QString &system);
    void addRequested();
    void practiceRequested();

private:
    void carryOut(const SystemOverview &overview, SystemCard::Act act);
    QWidget *makeEmpty();
    SystemCard *makeCard();

    QStackedWidget *m_stack;
    QScrollArea *m_scroll;
    QWidget *m_list;
    QVBoxLayout *m_cards;
    std::vector<SystemCard *> m_shown;
    QPushButton *m_add;
    InlineMessage *m_broken;
    QList<QPushButton *> m_practice;
};

} // namespace lb
