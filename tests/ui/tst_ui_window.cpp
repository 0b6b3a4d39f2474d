// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/paths.h"
#include "resources/resources.h"
#include "ui/board_page.h"
#include "ui/main_window.h"
#include "ui/run_console.h"
#include "ui/run_wizard.h"

#include <QAbstractButton>
#include <QDir>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace lb;

/// The real window on the real facade with real runners, in an empty home: from the empty board
/// over a save to its restore point; closing and opening again; ending by a signal.
class TestUiWindow : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<QTemporaryDir> m_home;
    QString m_programs = QCoreApplication::applicationDirPath();

    void write(const QString &name, const QByteArray &content)
    {
        QFile out(m_home->filePath(name));
        QVERIFY(out.open(QIODevice::WriteOnly));
        QCOMPARE(out.write(content), content.size());
    }

    template <class W>
    static W *child(QWidget *root, const char *name)
    {
        auto *found = root->findChild<W *>(QLatin1String(name));
        if (!found)
            qFatal("no widget %s", name);
        return found;
    }

    RunWizard *wizard(MainWindow &window)
    {
        return window.findChild<RunWizard *>(QStringLiteral("runWizard"));
    }

    /// Walks a wizard that is open to its end with everything as preset.
    void walk(RunWizard *wizard)
    {
        for (int pages = 0; pages < 8 && wizard->currentId() != RunWizard::Checks; ++pages)
            wizard->next();
        QCOMPARE(wizard->currentId(), int(RunWizard::Checks));
        QTRY_VERIFY2_WITH_TIMEOUT(wizard->button(QWizard::NextButton)->isEnabled(),
                                  qPrintable(wizard->draft()->obstacle()), 30'000);
        wizard->next();
        QVERIFY(child<QPlainTextEdit>(wizard, "planText")->toPlainText().size() > 100);
        wizard->button(QWizard::CommitButton)->click();
        QCOMPARE(wizard->currentId(), int(RunWizard::Go));
        if (wizard->draft()->view()->plan->needsConfirmation())
            child<QLineEdit>(wizard, "goTyped")
                ->setText(wizard->draft()->view()->plan->identity.text);
        QTRY_VERIFY(wizard->button(QWizard::FinishButton)->isEnabled());
        wizard->button(QWizard::FinishButton)->click();
    }

private Q_SLOTS:
    void initTestCase() { initResources(); }

    void init()
    {
        if (!QFile::exists(m_programs + QStringLiteral("/lifeboat-cli")))
            QSKIP("lifeboat-cli was not built beside the tests");
        m_home = std::make_unique<QTemporaryDir>();
        QVERIFY(m_home->isValid());
        QVERIFY(QDir(m_home->path()).mkdir(QStringLiteral("run")));
        QFile::setPermissions(m_home->filePath(QStringLiteral("run")),
                              QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        for (const char *name : {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"})
            qunsetenv(name);
        qputenv("HOME", m_home->path().toUtf8());
        qputenv("XDG_RUNTIME_DIR", m_home->filePath(QStringLiteral("run")).toUtf8());
        QVERIFY(QDir(m_home->path()).mkpath(QStringLiteral("data/deep")));
        write(QStringLiteral("data/one.txt"), "one\n");
        write(QStringLiteral("data/deep/two.txt"), QByteArray(100'000, 'x'));
    }

    void cleanup()
    {
        if (!m_home)
            return;
        // No runner may outlive the home that it works in.
        Service service(m_programs + QStringLiteral("/lifeboat-cli"));
        for (const RunSummary &run : service.runs(true)) {
            RunCommand cancel;
            cancel.kind = CommandKind::Cancel;
            service.command(RunId(run.id), cancel);
            const auto gone = [&] {
                const Result<RunView> view = service.run(RunId(run.id));
                return !view || !view->runnerAlive;
            };
            QTRY_VERIFY_WITH_TIMEOUT(gone(), 30'000);
        }
        m_home.reset();
    }

    void savesAndRestoresThroughTheWizard()
    {
        Service service(m_programs + QStringLiteral("/lifeboat-cli"));
        MainWindow window(&service);
        window.show();
        auto *stack = child<QStackedWidget>(&window, "boardStack");
        QCOMPARE(stack->currentIndex(), 1);
        QVERIFY(service.addSystem(
            QStringLiteral("docs"), QStringLiteral("files"),
            {{QStringLiteral("folder"), {m_home->filePath(QStringLiteral("data"))}}}));
        QTRY_COMPARE(stack->currentIndex(), 0);
        auto *primary = child<QPushButton>(&window, "cardPrimary");
        QCOMPARE(primary->text(), QStringLiteral("Save now"));
        primary->click();
        QTRY_VERIFY(wizard(window));
        walk(wizard(window));
        auto *console = child<RunConsole>(&window, "runConsole");
        QTRY_VERIFY(console->isVisible());
        auto *state = child<QLabel>(child<QWidget>(console, "runState"), "stateWord");
        QTRY_COMPARE_WITH_TIMEOUT(state->text(), QStringLiteral("succeeded"), 30'000);
        QTRY_COMPARE(service.points().size(), size_t(1));

        // Damage, then restore from the board.
        QVERIFY(QFile::remove(m_home->filePath(QStringLiteral("data/one.txt"))));
        child<QListWidget>(&window, "navigation")->setCurrentRow(0);
        QTRY_VERIFY(!child<QPushButton>(&window, "cardSecond")->isHidden());
        QTRY_VERIFY(!wizard(window));
        auto *second = child<QPushButton>(&window, "cardSecond");
        (second->text() == QStringLiteral("Recover…") ? second : primary)->click();
        QTRY_VERIFY(wizard(window));
        walk(wizard(window));
        QTRY_VERIFY(console->isVisible());
        QTRY_VERIFY_WITH_TIMEOUT(state->text() == QStringLiteral("succeeded") &&
                                     service.runs().front().purpose == Purpose::Restore,
                                 30'000);
        QVERIFY(QFile::exists(m_home->filePath(QStringLiteral("data/one.txt"))));
        // The old folder is kept aside: the status line says so until it is let go.
        QTRY_VERIFY(!child<QPushButton>(&window, "statusUndo")->isHidden());
        window.close();
        QVERIFY(QFile::exists(paths::stateFolder() + QStringLiteral("/window.ini")));
    }

    void goingBackLeavesNothing()
    {
        Service service(m_programs + QStringLiteral("/lifeboat-cli"));
        QVERIFY(service.addSystem(
            QStringLiteral("docs"), QStringLiteral("files"),
            {{QStringLiteral("folder"), {m_home->filePath(QStringLiteral("data"))}}}));
        MainWindow window(&service);
        window.show();
        child<QPushButton>(&window, "cardPrimary")->click();
        QTRY_VERIFY(wizard(window));
        RunWizard *open = wizard(window);
        for (int pages = 0; pages < 8 && open->currentId() != RunWizard::Checks; ++pages)
            open->next();
        QTRY_VERIFY_WITH_TIMEOUT(open->draft()->isReady(), 30'000);
        QCOMPARE(service.runs().size(), size_t(1));
        open->back();
        QTRY_VERIFY_WITH_TIMEOUT(service.runs().empty(), 15'000);
        open->next();
        QTRY_VERIFY_WITH_TIMEOUT(open->draft()->isReady(), 30'000);
        open->close();
        // Closing keeps the plan: it can be taken up from the list of runs.
        QTRY_COMPARE(service.runs().size(), size_t(1));
        QCOMPARE(service.runs().front().state, RunStateName::Ready);
    }

    void endsWithZeroOnTerm()
    {
        if (!QFile::exists(m_programs + QStringLiteral("/lifeboat")))
            QSKIP("the window was not built beside the tests");
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start(m_programs + QStringLiteral("/lifeboat"), {});
        QVERIFY(process.waitForStarted());
        // The window is up when it has made its state folder and its event loop runs; a signal that
        // comes earlier waits in the socket pair.
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(paths::stateFolder()), 10'000);
        ::kill(pid_t(process.processId()), SIGTERM);
        QVERIFY(process.waitForFinished(10'000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 0);
    }
};

QTEST_MAIN(TestUiWindow)
#include "tst_ui_window.moc"
