// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/paths.h"
#include "core/systems/alien4cloud/vendor_files.h"
#include "resources/resources.h"
#include "ui/board_page.h"
#include "ui/main_window.h"
#include "ui/run_console.h"
#include "ui/run_wizard.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QCryptographicHash>
#include <QDialog>
#include <QDir>
#include <QDirIterator>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBlock>
#include <QTreeWidget>

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
        for (int pages = 0; pages < 8 && wizard->currentId() != RunWizard::Checks; ++pages) {
            if (wizard->currentId() == RunWizard::Secrets)
                typeSecret(wizard);
            wizard->next();
        }
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

    /// A picture to look at, when somebody wants one.
    static void shoot(QWidget *widget, const char *name)
    {
        const QString folder = qEnvironmentVariable("LIFEBOAT_TEST_PICTURES");
        if (!folder.isEmpty())
            widget->grab().save(QStringLiteral("%1/%2.png").arg(folder, QLatin1String(name)));
    }

    /// A marked value, put together here so that the test's own file is not found by the search.
    static QString canary() { return QStringLiteral("ca") + QStringLiteral("nary-in-the-window"); }

    void typeSecret(RunWizard *wizard)
    {
        QTRY_VERIFY(wizard->findChild<QPushButton *>(QStringLiteral("neededSecretType")));
        child<QPushButton>(wizard, "neededSecretType")->click();
        auto *dialog = child<QDialog>(wizard, "secretDialog");
        child<QLineEdit>(dialog, "secretValue")->setText(canary());
        child<QPushButton>(dialog, "secretSet")->click();
        QTRY_VERIFY(!wizard->findChild<QDialog *>(QStringLiteral("secretDialog")));
    }

    QStringList filesWith(const QByteArray &bytes)
    {
        QStringList found;
        QDirIterator all(m_home->path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
        while (all.hasNext()) {
            QFile file(all.next());
            if (file.open(QIODevice::ReadOnly) && file.readAll().contains(bytes))
                found << file.fileName();
        }
        return found;
    }

    /// A runbook whose one step takes a secret on its standard input.
    void makeVault(Service &service)
    {
        QVERIFY(QDir().mkpath(paths::userRunbooksFolder()));
        QFile book(paths::userRunbooksFolder() + QStringLiteral("/vault.yaml"));
        QVERIFY(book.open(QIODevice::WriteOnly));
        book.write("lifeboat: 1\nid: vault.open\nsystem: vault\npurpose: change\n"
                   "title: Open the vault\n"
                   "inputs:\n  folder: {type: path, required: true, title: Folder}\n"
                   "secrets:\n  vault_key: {title: Key of the vault, holder: The guard}\n"
                   "identity:\n  facts:\n    machine_id: {machine_id: {}}\n"
                   "    hostname: {hostname: {}}\n  text: \"{{ system }}@{{ hostname }}\"\n"
                   "  scope: [\"{{ inputs.folder }}\"]\n"
                   "steps:\n  - id: open\n    title: Open it\n"
                   "    run: {program: sha256sum, input: {secret: vault_key}}\n"
                   "    effect: change\n    resume: repeat\n");
        book.close();
        QVERIFY(service.addSystem(
            QStringLiteral("vault"), QStringLiteral("vault"),
            {{QStringLiteral("folder"), {m_home->filePath(QStringLiteral("data"))}}}));
    }

private Q_SLOTS:
    void initTestCase()
    {
        initResources();
        // No test of this file may reach a keychain that is somebody's.
        qputenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    }

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

    void vendorsFilesFillANewSystem()
    {
        Service service(m_programs + QStringLiteral("/lifeboat-cli"));
        service.lendVendorFiles(QStringLiteral("alien4cloud"), alien4CloudFiles());
        MainWindow window(&service);
        window.show();
        child<QPushButton>(&window, "emptyAdd")->click();
        auto *dialog = child<QDialog>(&window, "systemDialog");
        auto *type = child<QComboBox>(dialog, "systemType");
        type->setCurrentIndex(type->findData(QStringLiteral("alien4cloud")));
        child<QLineEdit>(dialog, "systemName")->setText(QStringLiteral("alien"));
        const auto fillFrom = [&](const QString &name) {
            child<QPushButton>(dialog, "systemFill")->click();
            auto *chooser = child<QFileDialog>(dialog, "systemFillDialog");
            Q_EMIT chooser->filesSelected({m_home->filePath(name)});
            delete chooser;
        };
        write(QStringLiteral("data/broken.yml"), "server:\n  port: 80\n port: 90\n");
        fillFrom(QStringLiteral("data/broken.yml"));
        auto *message = child<QWidget>(dialog, "systemMessage");
        QVERIFY(message->isVisible());
        QVERIFY(message->accessibleDescription().contains(QStringLiteral("broken.yml:3:")));

        QVERIFY(QDir(m_home->path()).mkpath(QStringLiteral("a4c/config")));
        write(QStringLiteral("a4c/config/alien4cloud-config.yml"),
              "server.port: 8088\ndirectories.alien: runtime\n"
              "elasticSearch:\n  clusterName: harbour\n  client: true\n"
              "  transportClient: true\n  hosts: es1:9300\n"
              "alien_security.admin: {username: captain, password: canary}\n");
        write(QStringLiteral("data/elasticsearch.yml"), "http.port: 9210\npath.repo: /srv/share\n");
        auto *url = child<QPlainTextEdit>(dialog, "input_elasticsearch_url");
        fillFrom(QStringLiteral("a4c/config/alien4cloud-config.yml"));
        QVERIFY(!message->isVisible());
        QCOMPARE(url->toPlainText(), QStringLiteral("http://es1:9200"));
        auto *save = child<QPushButton>(dialog, "systemSave");
        QVERIFY(!save->isEnabled()); // the share is missing
        // The file before counts on: what the nodes' own file says of their port changes it.
        fillFrom(QStringLiteral("data/elasticsearch.yml"));
        QCOMPARE(url->toPlainText(), QStringLiteral("http://es1:9210"));
        QVERIFY(save->isEnabled());
        save->click();
        const auto saved = service.system(QStringLiteral("alien"));
        QVERIFY(saved);
        QCOMPARE(saved->inputs.value(QStringLiteral("alien_dir")).toString(),
                 m_home->filePath(QStringLiteral("a4c/runtime")));
        QCOMPARE(saved->inputs.value(QStringLiteral("snapshot_dir")).toString(),
                 QStringLiteral("/srv/share"));
        QCOMPARE(filesWith("canary"), QStringList(m_home->filePath(
                                          QStringLiteral("a4c/config/alien4cloud-config.yml"))));
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

    void theKeychainIsAskedFirstWhenThePageOpens()
    {
        Service service(m_programs + QStringLiteral("/lifeboat-cli"));
        makeVault(service);
        MainWindow window(&service);
        window.show();
        auto *rows = child<QTableView>(&window, "secretsTable")->model();
        QTest::keyClick(&window, Qt::Key_F5);
        QCOMPARE(rows->rowCount(), 0);
        child<QListWidget>(&window, "navigation")->setCurrentRow(3);
        QCOMPARE(rows->rowCount(), 1);
        auto *keychain = child<QWidget>(&window, "secretsKeychain");
        QTRY_VERIFY_WITH_TIMEOUT(keychain->accessibleName().contains(QStringLiteral("no keychain")),
                                 10'000);
        // A program instead, by hand: the profile names it and the page says so.
        child<QPushButton>(&window, "secretsSet")->click();
        auto *dialog = child<QDialog>(&window, "secretDialog");
        child<QLineEdit>(dialog, "secretValue")->setText(canary());
        child<QPushButton>(dialog, "secretSet")->click();
        auto *problem = child<QWidget>(dialog, "secretMessage");
        QTRY_VERIFY(problem->isVisible());
        QVERIFY2(child<QLineEdit>(dialog, "secretValue")->text().isEmpty(), "nothing stays typed");
        child<QAbstractButton>(dialog, "secretFromProgram")->click();
        child<QPlainTextEdit>(dialog, "secretProgram")->setPlainText(QStringLiteral("pass\nshow"));
        child<QPushButton>(dialog, "secretSet")->click();
        const auto program = [&] {
            return service.system(QStringLiteral("vault"))
                ->secretPrograms.value(QStringLiteral("vault_key"));
        };
        QTRY_COMPARE(program(), QStringList({QStringLiteral("pass"), QStringLiteral("show")}));
        QTRY_VERIFY(!keychain->isVisible());
        child<QPushButton>(&window, "secretsRemove")->click();
        child<QPushButton>(child<QWidget>(&window, "secretsPage"), "confirmGo")->click();
        QTRY_VERIFY(program().isEmpty());
        QCOMPARE(filesWith(canary().toUtf8()), QStringList());
        window.close();
    }

    void aSecretTypedInTheWizardStandsInNoFile()
    {
        Service service(m_programs + QStringLiteral("/lifeboat-cli"));
        makeVault(service);
        MainWindow window(&service);
        window.show();
        auto *primary = child<QPushButton>(&window, "cardPrimary");
        primary->click();
        QTRY_VERIFY(wizard(window));
        walk(wizard(window));
        auto *console = child<RunConsole>(&window, "runConsole");
        QTRY_VERIFY(console->isVisible());
        auto *state = child<QLabel>(child<QWidget>(console, "runState"), "stateWord");
        QTRY_COMPARE_WITH_TIMEOUT(state->text(), QStringLiteral("succeeded"), 30'000);
        const QStringList logs = service.logFiles(RunId(service.runs().front().id));
        QByteArray log;
        for (const QString &name : logs) {
            QFile file(name);
            QVERIFY(file.open(QIODevice::ReadOnly));
            log += file.readAll();
        }
        QVERIFY2(
            log.contains(
                QCryptographicHash::hash(canary().toUtf8(), QCryptographicHash::Sha256).toHex()),
            "the step was given it");
        QCOMPARE(filesWith(canary().toUtf8()), QStringList());
        window.close();
    }

    void showsTheTemplateOfASavedToolchain()
    {
        const auto run = [&](const QStringList &words) {
            QProcess process;
            process.start(m_programs + QStringLiteral("/lifeboat-cli"), words);
            process.waitForFinished(120'000);
            return process.exitCode();
        };
        const QString type = QStringLiteral("ibm-toolchain");
        const auto stop = qScopeGuard([&] {
            run({QStringLiteral("practice"), QStringLiteral("stop"), type});
        });
        QCOMPARE(run({QStringLiteral("practice"), QStringLiteral("start"), type}), 0);
        // One of its toolchains uses a repository that is no tool: a warning, and a finding here.
        QCOMPARE(run({QStringLiteral("run"), QStringLiteral("ibm-toolchain.save"),
                      QStringLiteral("--system"), QStringLiteral("practice-ibm-toolchain"),
                      QStringLiteral("--yes")}),
                 3);
        Service service(m_programs + QStringLiteral("/lifeboat-cli"));
        MainWindow window(&service);
        window.show();
        child<QListWidget>(&window, "navigation")->setCurrentRow(2);
        auto *button = child<QPushButton>(&window, "pointTemplate");
        QTRY_VERIFY(button->isVisible() && button->isEnabled());
        QCoreApplication::processEvents();
        shoot(&window, "template-point");
        button->click();
        auto *dialog = child<QDialog>(&window, "templateDialog");
        auto *stack = child<QStackedWidget>(dialog, "templateStack");
        auto *files = child<QTreeWidget>(dialog, "templateFiles");
        const auto isShown = [&] {
            return stack->currentWidget()->objectName() == QLatin1String("templateCompare");
        };
        QTRY_VERIFY_WITH_TIMEOUT(isShown(), 60'000);
        QCOMPARE(files->topLevelItemCount(), 5);
        for (int i = 0; i < files->topLevelItemCount(); ++i)
            if (files->topLevelItem(i)->text(0) == QLatin1String("lost-anchor"))
                files->setCurrentItem(files->topLevelItem(i));
        QTRY_VERIFY_WITH_TIMEOUT(isShown(), 60'000);
        files->setCurrentItem(files->currentItem()->parent()->child(1));
        auto *findings = child<QTableView>(dialog, "templateFindings");
        QCOMPARE(findings->model()->rowCount(), 1);
        findings->selectRow(0);
        auto *before = child<QPlainTextEdit>(dialog, "templateBefore");
        QCOMPARE(before->textCursor().block().text(), QStringLiteral("      - type: git"));
        shoot(dialog, "template-finding");
        child<QTabWidget>(dialog, "templateTabs")->setCurrentIndex(0);
        files->setCurrentItem(files->topLevelItem(0)->child(0));
        shoot(dialog, "template-toolchain");
        dialog->close();
        QTRY_VERIFY(!window.findChild<QDialog *>(QStringLiteral("templateDialog")));
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
