// SPDX-License-Identifier: GPL-3.0-or-later
// Drives the real window with real runners in an empty home and takes a picture of every screen.
// `screens FOLDER [dark] [main]`: `main` takes only the pictures that a second look is worth
// (another palette, another scale). Wants lifeboat-cli beside itself.
#include "core/base/english_plurals.h"
#include "core/base/paths.h"
#include "resources/resources.h"
#include "tests/screens/dark_palette.h"
#include "ui/board_page.h"
#include "ui/main_window.h"
#include "ui/run_console.h"
#include "ui/run_wizard.h"

#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScreen>
#include <QStackedWidget>
#include <QTest>

using namespace lb;

namespace {

/// The whole journey; every step waits for what it shows and ends the program when it does not
/// come.
class Journey
{
public:
    Journey(QString folder, bool onlyMain)
        : m_folder(std::move(folder)),
          m_onlyMain(onlyMain),
          m_service(QCoreApplication::applicationDirPath() + QStringLiteral("/lifeboat-cli")),
          m_window(&m_service)
    {
        m_window.resize(1000, 680);
        m_window.show();
        if (!QTest::qWaitForWindowExposed(&m_window))
            qFatal("no window");
    }

    void run()
    {
        shoot("board-empty", true);
        button("emptyPractice")->click();
        need("the practice system", [this] { return stack("boardStack")->currentIndex() == 0; });
        shoot("board-new");

        button("cardPrimary")->click();
        throughWizard(QByteArray("save"));
        need("the save's end", [this] { return stateWord() == QStringLiteral("succeeded"); });
        shoot("console-done");
        makeShop();
        place(0);
        need("two systems", [this] { return cards().size() == 2; });

        press(QStringLiteral("shop"), "cardPrimary");
        throughWizard(QByteArray());
        need("output of the stopping service",
             [this] { return stateWord() == QStringLiteral("running") && logLines() > 4; });
        shoot("console-running", true);
        m_window.findChild<QPushButton *>(QStringLiteral("runCancel"))->click();
        shoot("console-cancel");
        m_window.findChild<QPushButton *>(QStringLiteral("confirmKeep"))->click();
        need("the shop's save", [this] { return stateWord() == QStringLiteral("succeeded"); });
        place(0);
        shoot("board", true);
        QDir(home()).remove(QStringLiteral("shop/orders/1.txt"));

        QFile::copy(home() + QStringLiteral("/shop-works/stop"),
                    home() + QStringLiteral("/broken"));
        press(QStringLiteral("shop"), "cardSecond", "cardPrimary", QStringLiteral("Recover"));
        throughWizard(QByteArray("restore"));
        need("the restore's end", [this] { return isEndedWell(); });
        shoot("console-restored");

        startByHand(QStringLiteral("shop.repair"));
        need("the failed repair", [this] { return stateWord() == QStringLiteral("failed"); });
        shoot("console-failed", true);
        choice(QStringLiteral("Finish"))->click();
        need("the service's start",
             [this] { return m_service.obligations(QStringLiteral("shop")).size() == 1; });
        QTest::qWait(1500);
        shoot("console-finished");

        startByHand(QStringLiteral("shop.look"));
        need("the question", [this] { return stateWord() == QStringLiteral("waiting"); });
        shoot("console-waiting", true);
        place(0);
        shoot("board-waiting");
        place(3);
        need("the secrets", [this] {
            auto *look = button("secretsLook");
            return look && look->isVisible() && look->isEnabled();
        });
        shoot("secrets", true);
        button("secretsSet")->click();
        need("the dialog of a secret", [this] { return child("secretDialog") != nullptr; });
        shoot("secret", true, child("secretDialog"));
        m_window.findChild<QDialog *>(QStringLiteral("secretDialog"))->reject();
        place(2);
        shoot("points", true);
        m_window.findChild<QPushButton *>(QStringLiteral("pointRemove"))->click();
        shoot("points-remove");
        place(1);
        back();
        shoot("runs", true);
        QTest::keyClick(&m_window, Qt::Key_N, Qt::ControlModifier);
        need("the dialog", [this] { return dialog() != nullptr; });
        shoot("system", false, dialog());
        dialog()->close();
        endWhatWaits();
    }

private:
    static QString home() { return QDir::homePath(); }

    /// No runner may outlive the home that it works in.
    void endWhatWaits()
    {
        for (const RunSummary &run : m_service.runs(true)) {
            if (isEnded(run.state))
                continue;
            RunCommand cancel;
            cancel.kind = CommandKind::Cancel;
            m_service.command(RunId(run.id), cancel);
            need("the runner's end", [&] {
                const Result<RunView> view = m_service.run(RunId(run.id));
                return !view || !view->runnerAlive;
            });
        }
    }

    void need(const char *what, const std::function<bool()> &is)
    {
        if (QTest::qWaitFor(is, 60'000))
            return;
        shoot("stuck", true);
        qFatal("waited in vain for %s; state %s", what, qPrintable(stateWord()));
    }

    void shoot(const QByteArray &name, bool main = false, QWidget *widget = nullptr)
    {
        if (m_onlyMain && !main)
            return;
        QWidget *shown = widget ? widget : &m_window;
        QApplication::processEvents();
        QTest::qWait(250);
        const QPixmap picture = shown->screen()->grabWindow(shown->winId());
        if (!picture.save(m_folder + QLatin1Char('/') + QString::fromLatin1(name) +
                          QStringLiteral(".png")))
            qFatal("cannot write %s", name.constData());
    }

    QPushButton *button(const char *name)
    {
        return m_window.findChild<QPushButton *>(QLatin1String(name));
    }

    QPushButton *choice(const QString &start)
    {
        for (QPushButton *one :
             m_window.findChildren<QPushButton *>(QStringLiteral("neededChoice")))
            if (one->text().remove(QLatin1Char('&')).startsWith(start))
                return one;
        qFatal("no choice %s", qPrintable(start));
    }

    QWidget *child(const char *name) { return m_window.findChild<QWidget *>(QLatin1String(name)); }

    QStackedWidget *stack(const char *name)
    {
        return m_window.findChild<QStackedWidget *>(QLatin1String(name));
    }

    QList<SystemCard *> cards() { return m_window.findChildren<SystemCard *>(); }

    void press(const QString &system, const char *name, const char *other = nullptr,
               const QString &verb = {})
    {
        for (SystemCard *card : cards()) {
            if (card->overview().profile.name != system)
                continue;
            auto *wanted = card->findChild<QPushButton *>(QLatin1String(name));
            if (other && (wanted->isHidden() || !wanted->text().startsWith(verb)))
                wanted = card->findChild<QPushButton *>(QLatin1String(other));
            return wanted->click();
        }
        qFatal("no card of %s", qPrintable(system));
    }

    void place(int index)
    {
        m_window.findChild<QListWidget *>(QStringLiteral("navigation"))->setCurrentRow(index);
        QTest::keyClick(&m_window, Qt::Key_F5);
        QTest::qWait(400);
    }

    void back()
    {
        QMetaObject::invokeMethod(m_window.findChild<QWidget *>(QStringLiteral("runBack")),
                                  "click");
    }

    QString stateWord()
    {
        auto *console = m_window.findChild<RunConsole *>();
        auto *state = console->findChild<QWidget *>(QStringLiteral("runState"));
        return console->isVisible()
                   ? state->findChild<QLabel *>(QStringLiteral("stateWord"))->text()
                   : QString();
    }

    bool isEndedWell()
    {
        return stateWord() == QStringLiteral("succeeded") ||
               stateWord() == QStringLiteral("completed with warnings");
    }

    int logLines()
    {
        return m_window.findChild<QWidget *>(QStringLiteral("logLines"))
            ->accessibleName()
            .section(QLatin1Char(' '), 1, 1)
            .toInt();
    }

    RunWizard *wizard() { return m_window.findChild<RunWizard *>(); }
    QWidget *dialog() { return m_window.findChild<QWidget *>(QStringLiteral("systemDialog")); }

    /// Takes a picture of each page when the walk has a name.
    void throughWizard(const QByteArray &name)
    {
        need("the wizard", [this] { return wizard() && wizard()->isVisible(); });
        RunWizard *open = wizard();
        const auto page = [&](const char *what, bool main = false) {
            if (!name.isEmpty())
                shoot("wizard-" + name + "-" + what, main, open);
        };
        static constexpr const char *kNames[] = {"1-goal",    "2-target", "3-point", "4-inputs",
                                                 "5-secrets", "6-checks", "7-plan",  "8-go"};
        while (open->currentId() < RunWizard::Checks) {
            page(kNames[open->currentId()]);
            open->next();
        }
        need("the checks", [&] {
            for (QLineEdit *reason : open->findChildren<QLineEdit *>(QStringLiteral("checkReason")))
                if (!reason->isHidden() && reason->text().isEmpty())
                    reason->setText(QStringLiteral("Known and accepted"));
            return open->draft()->obstacle().isEmpty();
        });
        page(kNames[RunWizard::Checks]);
        open->next();
        page(kNames[RunWizard::Plan], name == "restore");
        open->button(QWizard::CommitButton)->click();
        if (open->draft()->view()->plan->needsConfirmation())
            open->findChild<QLineEdit *>(QStringLiteral("goTyped"))
                ->setText(open->draft()->view()->plan->identity.text);
        page(kNames[RunWizard::Go]);
        open->button(QWizard::FinishButton)->click();
        need("the run", [this] { return !wizard() && !stateWord().isEmpty(); });
    }

    /// A service with files: stopping it takes a while and prints, starting it fails while `broken`
    /// stands.
    void makeShop()
    {
        QDir(home()).mkpath(QStringLiteral("shop/orders"));
        QDir(home()).mkpath(QStringLiteral("shop-works"));
        for (int i = 0; i < 400; ++i)
            write(QStringLiteral("shop/orders/%1.txt").arg(i),
                  QByteArray(4000, char('a' + i % 26)));
        write(QStringLiteral("shop-works/stop"),
              "#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do\n"
              "  echo \"worker $i has finished its last order\"; sleep 0.15\ndone\n"
              "echo 'the shop is closed'\n");
        write(QStringLiteral("shop-works/start"), "#!/bin/sh\necho 'the shop is open'\n");
        write(QStringLiteral("shop-works/repair"),
              "#!/bin/sh\necho 'checking 400 orders'\n"
              "echo 'order 217: checksum does not match' >&2\nexit 1\n");
        for (const char *name : {"shop-works/stop", "shop-works/start", "shop-works/repair"})
            QFile::setPermissions(home() + QLatin1Char('/') + QLatin1String(name),
                                  QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        QDir().mkpath(paths::userRunbooksFolder());
        const QByteArray works = home().toUtf8() + "/shop-works";
        write(
            paths::userRunbooksFolder().mid(home().size() + 1) + QStringLiteral("/shop.yaml"),
            "lifeboat: 1\nid: shop.look\nsystem: files\npurpose: change\n"
            "title: Look at the shop after a restore\n"
            "inputs:\n  folder: {type: path, list: true, required: true, title: Folders}\n"
            "identity:\n  facts:\n    machine_id: {machine_id: {}}\n    hostname: {hostname: {}}\n"
            "  text: \"{{ system }}@{{ hostname }}\"\n  scope: \"{{ inputs.folder }}\"\n"
            "steps:\n"
            "  - id: list\n    phase: look\n    title: List the newest orders\n"
            "    run: {program: ls, args: [\"{{ inputs.folder.0 }}/orders\"]}\n    effect: read\n"
            "  - id: look\n    phase: look\n    title: Open the shop and place an order\n"
            "    ask: {text: \"Open the shop, place an order, and look whether it is in the list. "
            "What is its number?\", evidence: text}\n    effect: read\n"
            "  - id: done\n    phase: look\n    title: Count the orders\n"
            "    run: {program: ls, args: [\"{{ inputs.folder.0 }}/orders\"]}\n    effect: read\n");
        write(
            paths::userRunbooksFolder().mid(home().size() + 1) + QStringLiteral("/repair.yaml"),
            "lifeboat: 1\nid: shop.repair\nsystem: files\npurpose: repair\n"
            "title: Repair the orders\n"
            "inputs:\n  folder: {type: path, list: true, required: true, title: Folders}\n"
            "identity:\n  facts:\n    machine_id: {machine_id: {}}\n    hostname: {hostname: {}}\n"
            "  text: \"{{ system }}@{{ hostname }}\"\n  scope: \"{{ inputs.folder }}\"\n"
            "steps:\n"
            "  - id: stop\n    phase: quiesce\n    title: Close the shop\n"
            "    run: {program: \"" +
                works +
                "/stop\"}\n"
                "    undo: {run: {program: \"" +
                works +
                "/start\"}}\n    effect: change\n"
                "    obliges: {id: start, title: Open the shop again, by: start}\n"
                "  - id: repair\n    phase: repair\n    title: Repair the orders\n"
                "    run: {program: \"" +
                works +
                "/repair\"}\n    effect: change\n"
                "finally:\n"
                "  - id: start\n    when: proven\n    title: Open the shop again\n"
                "    run: {program: \"" +
                works + "/start\"}\n    effect: change\n    resume: repeat\n");
        const auto command = [](const QString &path) {
            return QStringList{QStringLiteral("[\"%1\"]").arg(path)};
        };
        const Result<void> added =
            m_service.addSystem(QStringLiteral("shop"), QStringLiteral("files"),
                                {{QStringLiteral("folder"), {home() + QStringLiteral("/shop")}},
                                 {QStringLiteral("quiesce_command"),
                                  command(home() + QStringLiteral("/shop-works/stop"))},
                                 {QStringLiteral("resume_command"),
                                  command(home() + QStringLiteral("/shop-works/start"))}},
                                {}, true);
        if (!added)
            qFatal("%s", qPrintable(added.error().sentence()));
    }

    void startByHand(const QString &runbook)
    {
        RunOrder order;
        order.mode = RunMode::Run;
        order.runbook = runbook;
        order.system = QStringLiteral("shop");
        order.go.yes = true;
        order.go.confirm = m_service.system(QStringLiteral("shop"))->pinned.text;
        order.attended = true;
        QString id, problem;
        onDone(&m_window, m_service.start(order), [&](const Result<RunId> &run) {
            id = run ? run->value() : QString();
            problem = run ? QString() : run.error().sentence();
        });
        need("the runner", [&] { return !id.isEmpty() || !problem.isEmpty(); });
        if (id.isEmpty())
            qFatal("%s", qPrintable(problem));
        m_window.openRun(id);
    }

    static void write(const QString &name, const QByteArray &content)
    {
        QFile out(home() + QLatin1Char('/') + name);
        if (!out.open(QIODevice::WriteOnly) || out.write(content) != content.size())
            qFatal("cannot write %s", qPrintable(name));
    }

    QString m_folder;
    bool m_onlyMain;
    Service m_service;
    MainWindow m_window;
};

} // namespace

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    lb::initResources();
    installEnglishPlurals(&application);
    applyLook();
    const QStringList words = application.arguments();
    if (words.size() < 2 || !QDir().mkpath(words[1]))
        return 2;
    if (words.contains(QStringLiteral("dark")))
        setDarkPalette();
    Journey(words[1], words.contains(QStringLiteral("main"))).run();
    return 0;
}
