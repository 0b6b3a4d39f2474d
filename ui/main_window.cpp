// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/main_window.h"

#include "core/base/format.h"
#include "core/base/paths.h"
#include "ui/board_page.h"
#include "ui/console_controller.h"
#include "ui/draft_controller.h"
#include "ui/points_page.h"
#include "ui/run_console.h"
#include "ui/run_wizard.h"
#include "ui/runs_page.h"
#include "ui/secrets_controller.h"
#include "ui/secrets_page.h"
#include "ui/system_dialog.h"
#include "ui/template_controller.h"

#include <QAction>
#include <QApplication>
#include <QCloseEvent>
#include <QDir>
#include <QLineEdit>
#include <QListWidget>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QSocketNotifier>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QVBoxLayout>

#include <csignal>
#include <sys/socket.h>
#include <unistd.h>

namespace lb {

namespace {

enum PageIndex
{
    BoardIndex,
    RunsIndex,
    PointsIndex,
    SecretsIndex
};

/// Followed for their progress on the board; more are shown without.
constexpr int kMostFollowed = 8;

void makePrivate(const QString &folder)
{
    if (QFileInfo::exists(folder))
        return;
    QDir().mkpath(QFileInfo(QFileInfo(folder).path()).path());
    for (const QString &level : {QFileInfo(folder).path(), folder})
        QDir().mkdir(level, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
}

int signalPipe[2] = {-1, -1};

void onSignal(int)
{
    const char byte = 1;
    // Nothing can be done about a full pipe here, and then the wish is known already.
    [[maybe_unused]] const ssize_t written = ::write(signalPipe[0], &byte, 1);
}

} // namespace

void quitOnSignals()
{
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, signalPipe) != 0)
        return;
    auto *notifier = new QSocketNotifier(signalPipe[1], QSocketNotifier::Read, qApp);
    QObject::connect(notifier, &QSocketNotifier::activated, qApp, [notifier] {
        notifier->setEnabled(false);
        QApplication::closeAllWindows();
        QApplication::exit(0);
    });
    struct sigaction action = {};
    action.sa_handler = onSignal;
    action.sa_flags = SA_RESTART;
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        ::sigaction(number, &action, nullptr);
}

MainWindow::MainWindow(Service *service, QWidget *parent)
    : QMainWindow(parent),
      m_service(service),
      m_navigation(named(new QListWidget(this), "navigation", tr("Places"))),
      m_pages(named(new QStackedWidget(this), "pages")),
      m_board(new BoardPage(m_pages)),
      m_runs(new RunsPage),
      m_points(new PointsPage(m_pages)),
      m_secrets(new SecretsPage(m_pages)),
      m_console(new RunConsole),
      m_runsStack(named(new QStackedWidget(m_pages), "runsStack")),
      m_controller(new ConsoleController(service, m_console, this)),
      m_secretsController(new SecretsController(service, m_secrets, this)),
      m_undo(named(new QPushButton(this), "statusUndo")),
      m_interrupted(named(new QPushButton(this), "statusInterrupted")),
      m_quiet(named(new QLabel(this), "statusQuiet"))
{
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(tr("Lifeboat"));
    setAccessibleName(windowTitle());
    setWindowIcon(lifeboatIcon(QStringLiteral("lifeboat")));
    // Where windows stand and how wide panes are: nothing else, never a secret.
    makePrivate(paths::stateFolder());
    // Only a folder that stands can be watched: on an empty home the first system or run would
    // otherwise come unnoticed.
    for (const QString &folder : {paths::systemsFolder(), paths::runsFolder()})
        makePrivate(folder);
    m_settings = std::make_unique<QSettings>(paths::stateFolder() + QStringLiteral("/window.ini"),
                                             QSettings::IniFormat);

    m_runsStack->addWidget(m_runs);
    m_runsStack->addWidget(m_console);
    m_pages->addWidget(m_board);
    m_pages->addWidget(m_runsStack);
    m_pages->addWidget(m_points);
    m_pages->addWidget(m_secrets);

    auto *central = named(new QWidget(this), "central");
    auto *row = new QHBoxLayout(central);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    auto *side = named(new QWidget(central), "side");
    auto *places = new QVBoxLayout(side);
    places->setContentsMargins(8, 14, 4, 8);
    places->addWidget(m_navigation);
    row->addWidget(side);
    row->addWidget(m_pages, 1);
    setCentralWidget(central);
    buildNavigation();
    buildActions();
    buildStatus();
    wirePages();

    m_soon.setSingleShot(true);
    m_soon.setInterval(200);
    connect(&m_soon, &QTimer::timeout, this, &MainWindow::refresh);
    connect(m_service, &Service::changed, this, [this] {
        if (!m_soon.isActive())
            m_soon.start();
    });
    restoreState();
    refresh();
    showPage(BoardIndex);
    m_board->focusContent();
}

MainWindow::~MainWindow() = default;

void MainWindow::buildNavigation()
{
    const QList<std::pair<QString, QString>> places{
        {QStringLiteral("board"), tr("Board")},
        {QStringLiteral("runs"), tr("Runs")},
        {QStringLiteral("points"), tr("Restore points")},
        {QStringLiteral("key"), tr("Secrets")}};
    for (const auto &[icon, text] : places)
        new QListWidgetItem(lifeboatIcon(icon), text, m_navigation);
    m_navigation->setFrameShape(QFrame::NoFrame);
    m_navigation->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Expanding);
    m_navigation->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_navigation->setSpacing(1);
    m_navigation->setIconSize(QSize(18, 18));
    m_navigation->setUniformItemSizes(true);
    for (int i = 0; i < m_navigation->count(); ++i)
        m_navigation->item(i)->setSizeHint(
            QSize(0, qMax(34, m_navigation->fontMetrics().height() + 16)));
    m_navigation->setFixedWidth(
        m_navigation->fontMetrics().horizontalAdvance(tr("Restore points")) + 80);
    m_navigation->viewport()->setObjectName(QStringLiteral("navigationView"));
    m_navigation->setBackgroundRole(QPalette::Window);
    QPalette palette = m_navigation->palette();
    palette.setColor(QPalette::Base, palette.color(QPalette::Window));
    m_navigation->setPalette(palette);
    connect(m_navigation, &QListWidget::currentRowChanged, this, &MainWindow::showPage);
    connect(m_navigation, &QListWidget::itemActivated, this, [this] {
        if (Page *page = currentPage())
            page->focusContent();
    });
}

void MainWindow::buildActions()
{
    const auto add = [this](const QString &text, const char *name, const QList<QKeySequence> &keys,
                            auto slot) {
        auto *action = new QAction(text, this);
        action->setObjectName(QLatin1String(name));
        action->setShortcuts(keys);
        connect(action, &QAction::triggered, this, slot);
        addAction(action);
    };
    for (int i = 0; i < m_navigation->count(); ++i)
        add(m_navigation->item(i)->text(), "goPlace",
            {QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_1 + i))}, [this, i] { showPage(i); });
    add(tr("Read everything again"), "refresh", QKeySequence::keyBindings(QKeySequence::Refresh),
        [this] {
            refresh();
            if (m_pages->currentIndex() == SecretsIndex)
                m_secretsController->open();
        });
    add(tr("Find"), "find", QKeySequence::keyBindings(QKeySequence::Find),
        [this] { findInPage(); });
    add(tr("New system"), "newSystem", QKeySequence::keyBindings(QKeySequence::New),
        [this] { newSystem(); });
    add(tr("Next pane"), "nextPane", {QKeySequence(Qt::Key_F6)}, [this] { nextPane(false); });
    add(tr("Previous pane"), "previousPane", {QKeySequence(Qt::SHIFT | Qt::Key_F6)},
        [this] { nextPane(true); });
    add(tr("Close"), "close", QKeySequence::keyBindings(QKeySequence::Close), [this] { close(); });
    add(tr("Quit"), "quit", {QKeySequence(Qt::CTRL | Qt::Key_Q)}, [this] { close(); });
}

void MainWindow::buildStatus()
{
    statusBar()->setObjectName(QStringLiteral("status"));
    statusBar()->setAccessibleName(tr("What is open"));
    statusBar()->setSizeGripEnabled(false);
    for (QPushButton *button : {m_undo, m_interrupted}) {
        button->setFlat(true);
        statusBar()->addWidget(button);
        QFont bold = button->font();
        bold.setWeight(QFont::DemiBold);
        button->setFont(bold);
    }
    m_quiet->setTextFormat(Qt::PlainText);
    m_quiet->setContentsMargins(8, 4, 8, 4);
    statusBar()->addWidget(m_quiet, 1);
    connect(m_undo, &QPushButton::clicked, this, [this] {
        m_runsStack->setCurrentWidget(m_runs);
        m_runs->setFilter(tr("still to undo"));
        showPage(RunsIndex);
    });
    connect(m_interrupted, &QPushButton::clicked, this, [this] {
        m_runsStack->setCurrentWidget(m_runs);
        m_runs->setFilter(wordOf(RunStateName::Interrupted));
        showPage(RunsIndex);
    });
}

void MainWindow::wirePages()
{
    connect(m_board, &BoardPage::addRequested, this, &MainWindow::newSystem);
    connect(m_board, &BoardPage::practiceRequested, this, &MainWindow::startPractice);
    connect(m_board, &BoardPage::editRequested, this, &MainWindow::editSystem);
    connect(m_board, &BoardPage::removeRequested, this, [this](const QString &name) {
        if (const Result<void> done = m_service->removeSystem(name); !done)
            showProblem(done.error());
        refresh();
    });
    connect(m_board, &BoardPage::runRequested, this,
            [this](const QString &system, Purpose purpose) { startWizard(system, purpose); });
    connect(m_board, &BoardPage::openRunRequested, this, &MainWindow::openRun);
    connect(m_board, &BoardPage::takeUpRequested, this, &MainWindow::takeUp);
    connect(m_board, &BoardPage::resumeRequested, this, &MainWindow::openRun);
    connect(
        m_board, &BoardPage::verifyRequested, this,
        [this](const QString &system, const QString &point) { verify(m_board, system, point); });
    connect(m_board, &BoardPage::pointsRequested, this, [this](const QString &system) {
        m_points->setFilter(system);
        showPage(PointsIndex);
    });
    connect(m_board, &BoardPage::runsRequested, this, [this](const QString &system) {
        m_runsStack->setCurrentWidget(m_runs);
        m_runs->setFilter(system);
        showPage(RunsIndex);
    });

    connect(m_runs, &RunsPage::openRequested, this, &MainWindow::openRun);
    connect(m_runs, &RunsPage::resumeRequested, this, &MainWindow::openRun);
    connect(m_runs, &RunsPage::takeUpRequested, this, &MainWindow::takeUp);
    connect(m_runs, &RunsPage::undoRequested, this, [this](const QString &run) {
        onDone(this, m_service->undo(RunId(run), {}, true), [this](const Result<RunId> &undone) {
            if (undone)
                takeUp(undone->value());
            else
                showProblem(undone.error());
        });
    });
    connect(m_runs, &RunsPage::removeRequested, this, [this](const QString &run) {
        if (const Result<void> done = m_service->removeRun(RunId(run)); !done)
            showProblem(done.error());
        refresh();
    });

    connect(m_points, &PointsPage::restoreRequested, this,
            [this](const QString &system, const QString &point) {
                startWizard(system, Purpose::Restore, point);
            });
    connect(
        m_points, &PointsPage::verifyRequested, this,
        [this](const QString &system, const QString &point) { verify(m_points, system, point); });
    connect(m_points, &PointsPage::removeRequested, this,
            [this](const QString &system, const QString &point) {
                startBuiltIn(QStringLiteral("lifeboat.remove"), system,
                             {{QStringLiteral("point"), point}});
            });

    connect(m_points, &PointsPage::templateRequested, this, [this](const QString &point) {
        if (const Result<RestorePoint> known = m_service->point(point))
            openTemplateDialog(m_service, m_settings.get(), *known, this);
        else
            showProblem(known.error());
    });

    connect(m_points, &PointsPage::secretsWanted, this, [this](const QString &point) {
        const Result<RestorePoint> known = m_service->point(point);
        if (!known)
            return;
        onDone(this, m_service->pointSecrets(*known),
               [this, point](const Result<std::vector<PointSecret>> &secrets) {
                   if (secrets)
                       m_points->setSecrets(point, *secrets);
               });
    });

    connect(m_console, &RunConsole::backRequested, this, [this] {
        m_controller->close();
        m_runsStack->setCurrentWidget(m_runs);
        m_runs->focusContent();
    });
    connect(m_controller, &ConsoleController::takeUpRequested, this, &MainWindow::takeUp);
    connect(m_controller, &ConsoleController::againRequested, this,
            [this](const QString &runbook, const QString &system) {
                startWizard(system, Purpose::Change, {}, runbook);
            });
}

void MainWindow::refresh()
{
    m_soon.stop();
    QHash<QString, QString> titles;
    for (const SystemType &type : m_service->systemTypes())
        titles.insert(type.id, type.title);
    std::vector<Diagnostic> broken;
    QStringList names;
    if (const auto systems = m_service->systems(&broken))
        for (const SystemProfile &system : *systems)
            names << system.name;
    m_board->setBroken(broken);
    std::vector<SystemOverview> overview = m_service->overview();
    followActive(overview);
    m_board->setSystems(std::move(overview), titles);
    std::vector<RunSummary> runs = m_service->runs();
    refreshStatus(m_service->obligations(), runs);
    m_runs->setRuns(std::move(runs));
    m_points->setSystems(names);
    m_points->setPoints(m_service->points());
    m_secretsController->refresh();
}

void MainWindow::refreshStatus(const std::vector<Obligation> &obligations,
                               const std::vector<RunSummary> &runs)
{
    int open = 0;
    for (const Obligation &obligation : obligations)
        open += obligation.state == ObligationState::Open;
    int interrupted = 0, waiting = 0, going = 0;
    for (const RunSummary &run : runs) {
        going += run.state == RunStateName::Running || run.state == RunStateName::Finishing;
        interrupted += run.state == RunStateName::Interrupted;
        waiting += run.state == RunStateName::Waiting;
    }
    const auto show = [](QPushButton *button, int count, const QString &text) {
        button->setVisible(count > 0);
        button->setText(text);
        button->setIcon(lifeboatIcon(QStringLiteral("bad"), Tone::Bad));
        QPalette palette = button->palette();
        palette.setColor(QPalette::ButtonText, toneColor(Tone::Bad, QApplication::palette()));
        button->setPalette(palette);
    };
    show(m_undo, open, tr("Still to undo (%n)", nullptr, open));
    show(m_interrupted, interrupted, tr("%n run(s) interrupted", nullptr, interrupted));
    QStringList quiet;
    if (!open && !interrupted)
        quiet << tr("Nothing left to undo");
    if (waiting)
        quiet << tr("%n run(s) waiting", nullptr, waiting);
    if (going)
        quiet << tr("%n run(s) going on, also without this window", nullptr, going);
    m_quiet->setText(quiet.join(QStringLiteral("  ·  ")));
}

void MainWindow::followActive(const std::vector<SystemOverview> &systems)
{
    QSet<QString> wanted;
    for (const SystemOverview &system : systems)
        for (const RunSummary &run : system.activeRuns)
            if ((run.state == RunStateName::Running || run.state == RunStateName::Finishing) &&
                wanted.size() < kMostFollowed)
                wanted.insert(run.id);
    for (auto known = m_active.begin(); known != m_active.end();) {
        if (wanted.contains(known.key())) {
            ++known;
            continue;
        }
        delete known.value();
        known = m_active.erase(known);
    }
    for (const QString &id : wanted) {
        if (m_active.contains(id))
            continue;
        RunFollower *follower = m_service->follow(RunId(id), this);
        m_active.insert(id, follower);
        connect(follower, &RunFollower::progress, this,
                [this, id](const Progress &progress) { m_board->setProgress(id, progress); });
    }
}

void MainWindow::showPage(int index)
{
    if (index < 0 || index >= m_pages->count())
        return;
    const bool other = m_pages->currentIndex() != index;
    m_pages->setCurrentIndex(index);
    m_navigation->setCurrentRow(index);
    if (other && index == SecretsIndex)
        m_secretsController->open();
    if (other && !m_navigation->hasFocus()) {
        if (Page *page = currentPage())
            page->focusContent();
        else
            m_console->focusContent();
    }
}

Page *MainWindow::currentPage() const
{
    QWidget *page = m_pages->currentWidget();
    if (page == m_runsStack)
        page = m_runsStack->currentWidget();
    return qobject_cast<Page *>(page);
}

void MainWindow::nextPane(bool backwards)
{
    QList<QWidget *> panes{m_navigation};
    if (Page *page = currentPage()) {
        if (page->filterField())
            panes << page->filterField();
        panes << page;
    } else {
        panes << m_console->panes();
    }
    qsizetype now = 0;
    for (qsizetype i = 0; i < panes.size(); ++i)
        if (panes[i]->hasFocus() || (focusWidget() && panes[i]->isAncestorOf(focusWidget())))
            now = i;
    const qsizetype next = (now + (backwards ? -1 : 1) + panes.size()) % panes.size();
    if (auto *page = qobject_cast<Page *>(panes[next]))
        page->focusContent();
    else
        panes[next]->setFocus(Qt::ShortcutFocusReason);
}

void MainWindow::findInPage()
{
    QWidget *field = nullptr;
    if (Page *page = currentPage())
        field = page->filterField();
    else
        field = m_console->searchField();
    if (!field)
        return;
    field->setFocus(Qt::ShortcutFocusReason);
    if (auto *edit = qobject_cast<QLineEdit *>(field))
        edit->selectAll();
}

void MainWindow::openSystem(const QString &name)
{
    showPage(BoardIndex);
    if (const Result<SystemProfile> system = m_service->system(name); !system)
        showProblem(system.error());
    else
        m_board->focusSystem(name);
}

void MainWindow::openRun(const QString &run)
{
    m_controller->open(run);
    m_runsStack->setCurrentWidget(m_console);
    showPage(RunsIndex);
    m_console->focusContent();
}

void MainWindow::newSystem()
{
    editSystem({});
}

void MainWindow::editSystem(const QString &name)
{
    std::optional<SystemProfile> edited;
    QStringList taken;
    if (const auto systems = m_service->systems())
        for (const SystemProfile &system : *systems) {
            taken << system.name;
            if (system.name == name)
                edited = system;
        }
    std::vector<StoreProfile> stores;
    if (const auto known = m_service->stores())
        stores = *known;
    auto *dialog = new SystemDialog(m_service->systemTypes(), stores, edited, taken, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &SystemDialog::fillRequested, this, [this, dialog](const QStringList &files) {
        const auto filled = m_service->fillFromFiles(dialog->type(), files, dialog->typedTexts());
        if (!filled)
            return dialog->showProblem(filled.error());
        dialog->fill(*filled);
    });
    connect(dialog, &SystemDialog::saveRequested, this, [this, dialog, edited] {
        Result<void> done;
        if (edited) {
            QMap<QString, QStringList> set = dialog->texts();
            set.insert(QStringLiteral(".protected"),
                       {dialog->isProtected() ? QStringLiteral("yes") : QStringLiteral("no")});
            set.insert(QStringLiteral(".store"), {dialog->store()});
            done = m_service->setSystem(edited->name, set);
        } else {
            done = m_service->addSystem(dialog->name(), dialog->type(), dialog->texts(),
                                        dialog->store(), dialog->isProtected());
        }
        if (!done)
            return dialog->showProblem(done.error());
        const QString saved = dialog->name();
        dialog->accept();
        refresh();
        openSystem(saved);
    });
    dialog->open();
}

void MainWindow::startWizard(const QString &system, Purpose purpose, const QString &point,
                             const QString &runbook)
{
    const Result<SystemProfile> profile = m_service->system(system);
    if (!profile)
        return showProblem(profile.error());
    Purpose wanted = purpose;
    for (const RunbookInfo &info : m_service->runbooks())
        if (info.id == runbook)
            wanted = info.purpose;
    RunDraft *draft = DraftController::makeDraft(m_service, *profile, wanted, point);
    auto *wizard = new RunWizard(draft, this);
    connect(draft, &RunDraft::started, this, &MainWindow::openRun);
    connect(wizard, &QDialog::finished, this, &MainWindow::refresh);
    wizard->show();
}

void MainWindow::takeUp(const QString &run)
{
    const Result<RunView> view = m_service->run(RunId(run));
    if (!view)
        return showProblem(view.error());
    RunDraft *draft =
        DraftController::makeDraft(m_service, view->state.request.system, Purpose::Change, {});
    draft->takeUp(run, view->plan ? view->plan->secrets : QStringList());
    auto *wizard = new RunWizard(draft, this);
    connect(draft, &RunDraft::started, this, &MainWindow::openRun);
    connect(wizard, &QDialog::finished, this, &MainWindow::refresh);
    wizard->show();
}

void MainWindow::startBuiltIn(const QString &runbook, const QString &system,
                              const QJsonObject &inputs)
{
    onDone(this, m_service->startBuiltIn(runbook, system, inputs, {}),
           [this](const Result<RunId> &run) {
               if (run)
                   openRun(run->value());
               else
                   showProblem(run.error());
           });
}

void MainWindow::verify(Page *page, const QString &system, const QString &point)
{
    const auto start = [this, system, point](bool opens) {
        return [this, system, point, opens] {
            startBuiltIn(QStringLiteral("lifeboat.verify"), system,
                         {{QStringLiteral("point"), point}, {QStringLiteral("open"), opens}});
        };
    };
    const Result<RestorePoint> known = m_service->point(point);
    if (!known || !known->isEncrypted())
        return start(false)();
    // Whoever verifies may not be the one who has the key.
    ConfirmPanel *confirm = page->confirm();
    confirm->disconnect(page);
    connect(confirm, &ConfirmPanel::confirmed, page, start(true));
    connect(confirm, &ConfirmPanel::dismissed, page, start(false));
    QString detail = tr("That takes a key, as the secret age_identity. Without it checksums are "
                        "compared, and the restore point does not count as read in full.");
    if (known->isRecoveryKeyUntried)
        detail += QLatin1Char(' ') + tr("Once it should be the recovery key, which proves itself "
                                        "this way.");
    confirm->ask(Tone::Neutral, tr("Open the encrypted parts too?"), detail, {},
                 tr("Open them too"), tr("Compare checksums only"));
}

void MainWindow::startPractice()
{
    m_board->setPracticeRunning(true);
    m_board->message()->clear();
    auto *process = new QProcess(this);
    const auto ended = [this, process](bool good) {
        m_board->setPracticeRunning(false);
        if (!good)
            showProblem({ErrorCode::Failed,
                         tr("Practice could not be started"),
                         QString::fromUtf8(process->readAllStandardError()).trimmed(),
                         {}});
        process->deleteLater();
        refresh();
        if (good)
            openSystem(QStringLiteral("practice-files"));
    };
    connect(process, &QProcess::errorOccurred, this, [ended](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            ended(false);
    });
    connect(process, &QProcess::finished, this, [ended](int status, QProcess::ExitStatus how) {
        ended(how == QProcess::NormalExit && status == 0);
    });
    process->start(QApplication::applicationDirPath() + QStringLiteral("/lifeboat-cli"),
                   {QStringLiteral("practice"), QStringLiteral("start"), QStringLiteral("files")});
}

void MainWindow::showProblem(const Error &error)
{
    const QString detail = displayText(
        QStringList{error.detail, error.advice}.join(QLatin1Char('\n')).trimmed(), true);
    if (Page *page = currentPage())
        page->message()->showMessage(Tone::Bad, displayText(error.summary), detail);
    else
        m_console->showProblem(error);
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    saveState();
    QMainWindow::closeEvent(event);
    if (event->isAccepted())
        QApplication::quit();
}

void MainWindow::saveState()
{
    m_settings->setValue(QStringLiteral("window/geometry"), saveGeometry());
    m_settings->setValue(QStringLiteral("run/splitter"), m_console->splitter()->saveState());
    m_settings->setValue(QStringLiteral("points/splitter"), m_points->splitter()->saveState());
    m_settings->sync();
}

void MainWindow::restoreState()
{
    if (!restoreGeometry(m_settings->value(QStringLiteral("window/geometry")).toByteArray()))
        resize(1080, 720);
    m_console->splitter()->restoreState(
        m_settings->value(QStringLiteral("run/splitter")).toByteArray());
    m_points->splitter()->restoreState(
        m_settings->value(QStringLiteral("points/splitter")).toByteArray());
}

} // namespace lb
