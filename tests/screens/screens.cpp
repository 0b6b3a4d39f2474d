// SPDX-License-Identifier: GPL-3.0-or-later
// Drives the real window with real runners in an empty home and takes a picture of every screen.
// `screens FOLDER [dark] [main]`: `main` takes only the pictures that a second look is worth
// (another palette, another scale). Wants lifeboat-cli beside itself.
#include "core/base/paths.h"
#include "tests/screens/journey.h"

#include <QDialog>
#include <QDir>
#include <QFile>
#include <QTest>

using namespace lb;

namespace {

/// Every screen once.
class Tour : public Journey
{
public:
    using Journey::Journey;

    void run()
    {
        shoot("board-empty", true);
        button("emptyPractice")->click();
        need("the practice system",
             [this] { return child<QStackedWidget>("boardStack")->currentIndex() == 0; });
        shoot("board-new");

        button("cardPrimary")->click();
        throughWizard({.name = "save"});
        need("the save's end", [this] { return stateWord() == QStringLiteral("succeeded"); });
        shoot("console-done");
        makeShop();
        place(0);
        need("two systems", [this] { return cards().size() == 2; });

        press(QStringLiteral("shop"), QStringLiteral("Save now"));
        throughWizard({});
        need("output of the stopping service",
             [this] { return stateWord() == QStringLiteral("running") && logLines() > 4; });
        shoot("console-running", true);
        button("runCancel")->click();
        shoot("console-cancel");
        button("confirmKeep")->click();
        need("the shop's save", [this] { return stateWord() == QStringLiteral("succeeded"); });
        place(0);
        shoot("board", true);
        QDir(home()).remove(QStringLiteral("shop/orders/1.txt"));

        QFile::copy(home() + QStringLiteral("/shop-works/stop"),
                    home() + QStringLiteral("/broken"));
        press(QStringLiteral("shop"), QStringLiteral("Recover"));
        throughWizard({.name = "restore", .main = {RunWizard::Plan}});
        need("the restore's end", [this] { return isEndedWell(); });
        shoot("console-restored");

        startByHand(QStringLiteral("shop.repair"));
        need("the failed repair", [this] { return stateWord() == QStringLiteral("failed"); });
        shoot("console-failed", true);
        choice(QStringLiteral("Finish"))->click();
        need("the service's start",
             [this] { return service().obligations(QStringLiteral("shop")).size() == 1; });
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
        need("the dialog of a secret",
             [this] { return window().findChild<QDialog *>(QStringLiteral("secretDialog")); });
        shoot("secret", true, child("secretDialog"));
        child<QDialog>("secretDialog")->reject();
        place(2);
        shoot("points", true);
        button("pointRemove")->click();
        shoot("points-remove");
        place(1);
        back();
        shoot("runs", true);
        QTest::keyClick(&window(), Qt::Key_N, Qt::ControlModifier);
        need("the dialog", [this] { return dialog() != nullptr; });
        shoot("system", false, dialog());
        dialog()->close();
        endWhatWaits();
    }

private:
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
            service().addSystem(QStringLiteral("shop"), QStringLiteral("files"),
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
        order.go.confirm = service().system(QStringLiteral("shop"))->pinned.text;
        order.attended = true;
        QString id, problem;
        onDone(&window(), service().start(order), [&](const Result<RunId> &run) {
            id = run ? run->value() : QString();
            problem = run ? QString() : run.error().sentence();
        });
        need("the runner", [&] { return !id.isEmpty() || !problem.isEmpty(); });
        if (id.isEmpty())
            qFatal("%s", qPrintable(problem));
        window().openRun(id);
    }
};

} // namespace

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    const QStringList words = Journey::setUp(application);
    if (words.size() < 2 || !QDir().mkpath(words[1]))
        return 2;
    Tour(words[1], words.contains(QStringLiteral("main"))).run();
    return 0;
}
