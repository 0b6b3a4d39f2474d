// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/service/service.h"

#include <QHash>
#include <QMainWindow>
#include <QPointer>
#include <QTimer>

class QListWidget;
class QLabel;
class QPushButton;
class QSettings;
class QStackedWidget;

namespace lb {

class BoardPage;
class ConsoleController;
class Page;
class PointsPage;
class RunConsole;
class RunsPage;
class SecretsController;
class SecretsPage;

/// The window: navigation at the left, one page at the right, what is open at the bottom. All that
/// it shows is read from the facade and can be read again; closing it never touches a run.
class MainWindow : public QMainWindow
{
    Q_OBJECT
public:
    explicit MainWindow(Service *service, QWidget *parent = nullptr);
    ~MainWindow() override;

    /// Goes to the system on the board; says so when there is none of that name.
    void openSystem(const QString &name);
    void openRun(const QString &run);

protected:
    void closeEvent(QCloseEvent *event) override;

private:
    void buildNavigation();
    void buildActions();
    void buildStatus();
    void wirePages();
    void refresh();
    void refreshStatus(const std::vector<Obligation> &open, const std::vector<RunSummary> &runs);
    void followActive(const std::vector<SystemOverview> &systems);
    void showPage(int index);
    Page *currentPage() const;
    void nextPane(bool backwards);
    void findInPage();
    void newSystem();
    void editSystem(const QString &name);
    void startWizard(const QString &system, Purpose purpose, const QString &point = {},
                     const QString &runbook = {});
    void takeUp(const QString &run);
    void startBuiltIn(const QString &runbook, const QString &system, const QJsonObject &inputs);
    /// Asks on that page first when the restore point has encrypted parts.
    void verify(Page *page, const QString &system, const QString &point);
    void startPractice();
    void showProblem(const Error &error);
    void saveState();
    void restoreState();

    Service *m_service;
    std::unique_ptr<QSettings> m_settings;
    QListWidget *m_navigation;
    QStackedWidget *m_pages;
    BoardPage *m_board;
    RunsPage *m_runs;
    PointsPage *m_points;
    SecretsPage *m_secrets;
    RunConsole *m_console;
    QStackedWidget *m_runsStack;
    ConsoleController *m_controller;
    SecretsController *m_secretsController;
    QPushButton *m_undo, *m_interrupted;
    QLabel *m_quiet;
    QHash<QString, QPointer<RunFollower>> m_active;
    QTimer m_soon;
};

/// Ends the application with 0 on SIGTERM, SIGINT and SIGHUP, from the event loop (a handler may
/// do no more than write a byte). Call once, after the application was made.
void quitOnSignals();

} // namespace lb
