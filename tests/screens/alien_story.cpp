// SPDX-License-Identifier: GPL-3.0-or-later
// Drives the real window through the whole story of an Alien4Cloud installation: added from the
// vendor's files, prepared, saved, verified, rehearsed, restored after a damage, migrated,
// assessed. `alien_story FOLDER FACTS [dark] [main]`: pictures go into FOLDER, FACTS is a JSON file
// that says where the installation is. At each place where somebody else has to look or to do
// something it prints `at PLACE` and waits for a line. Started by
// tests/faults/test_window_story.py.
#include "core/systems/alien4cloud/vendor_files.h"
#include "tests/screens/journey.h"

#include <QComboBox>
#include <QDialog>
#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QPointer>
#include <QRadioButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QTableView>
#include <QTest>

#include <cstdio>

using namespace lb;

namespace {

constexpr std::chrono::minutes kLongest{4};

class Story : public Journey
{
public:
    Story(QString folder, QJsonObject facts, bool onlyMain)
        : Journey(std::move(folder), onlyMain), m_facts(std::move(facts)), m_name(text("name"))
    {
        service().lendVendorFiles(QStringLiteral("alien4cloud"), alien4CloudFiles());
    }

    void run()
    {
        addFromFiles();
        giveSecrets();
        prepare();
        save();
        verify();
        rehearse();
        restore();
        migrate();
        assess();
        endWhatWaits();
    }

private:
    QString text(const char *key) const { return m_facts.value(QLatin1String(key)).toString(); }

    /// One on each line, as the window's fields for commands and lists want them.
    QString lines(const char *key) const
    {
        QStringList items;
        for (const QJsonValue item : m_facts.value(QLatin1String(key)).toArray())
            items << item.toString();
        return items.join(QLatin1Char('\n'));
    }

    void board()
    {
        place(0);
        need("the system", [this] { return cards().size() == 1 && cards().front()->isVisible(); });
    }

    /// Lets the script look or do something.
    static void at(const char *place)
    {
        std::printf("at %s\n", place);
        std::fflush(stdout);
        char answer[16];
        if (!std::fgets(answer, sizeof answer, stdin))
            qFatal("nobody answered at %s", place);
    }

    void ends(const char *what, const QString &word)
    {
        need(
            what,
            [this] {
                const QString now = stateWord();
                return isEndedWell() || now == QStringLiteral("failed") ||
                       now == QStringLiteral("cancelled");
            },
            kLongest);
        QTest::qWait(300);
        if (stateWord() == word)
            return;
        shoot("stuck", true);
        qFatal("%s: %s instead of %s", what, qPrintable(stateWord()), qPrintable(word));
    }

    /// The end of a form that is longer than its window.
    void shootEnd(const char *scroll, const QByteArray &name, QWidget *shown, bool main = false)
    {
        auto *bar = child<QScrollArea>(scroll, shown)->verticalScrollBar();
        QTest::qWait(200); // the end is known when everything has its place
        bar->setValue(bar->maximum());
        shoot(name, main, shown);
        bar->setValue(0);
    }

    void addFromFiles()
    {
        shoot("board-empty");
        button("emptyAdd")->click();
        need("the dialog", [this] { return dialog() && dialog()->isVisible(); });
        QWidget *open = dialog();
        auto *type = child<QComboBox>("systemType", open);
        type->setCurrentIndex(type->findData(QStringLiteral("alien4cloud")));
        shoot("system-1-empty", false, open);
        const QJsonArray files = m_facts.value(QLatin1String("files")).toArray();
        for (qsizetype i = 0; i < files.size(); ++i) {
            const QFileInfo file(files[i].toString());
            child<QPushButton>("systemFill", open)->click();
            QFileDialog *chooser = nullptr;
            need("the chooser of files", [&] {
                chooser = open->findChild<QFileDialog *>(QStringLiteral("systemFillDialog"));
                return chooser && chooser->isVisible();
            });
            chooser->setDirectory(file.path());
            child<QLineEdit>("fileNameEdit", chooser)->setText(file.fileName());
            if (i == 0)
                shoot("system-2-files", false, chooser);
            QMetaObject::invokeMethod(chooser, "accept");
            need("the chooser's end", [&] {
                return !open->findChild<QFileDialog *>(QStringLiteral("systemFillDialog"));
            });
            shoot("system-3-filled-" + QByteArray::number(i + 1), i == 0, open);
        }
        // What the files do not say.
        child<QLineEdit>("systemName", open)->setText(m_name);
        child<QPlainTextEdit>("input_start_command", open)->setPlainText(lines("start"));
        child<QPlainTextEdit>("input_stop_command", open)->setPlainText(lines("stop"));
        shootEnd("systemScroll", "system-4-end", open, true);
        auto *save = child<QPushButton>("systemSave", open);
        if (!save->isEnabled()) {
            shoot("stuck", true, open);
            qFatal("the system cannot be added");
        }
        save->click();
        need("the system", [this] { return cards().size() == 1; });
        QTest::qWait(400);
        shoot("board-1-new");
        at("added");
    }

    void giveSecrets()
    {
        place(3);
        need("the secrets", [this] { return button("secretsLook")->isEnabled(); });
        shoot("secrets-1-missing");
        for (const char *name : {"age_identity", "alien_password"})
            giveSecret(name);
        need("the secrets", [this] { return button("secretsLook")->isEnabled(); });
        shoot("secrets-2-set");
    }

    void giveSecret(const char *name)
    {
        auto *table = child<QTableView>("secretsTable");
        auto *facts = child<QLabel>("secretDetailFacts");
        for (int row = 0; row < table->model()->rowCount(); ++row) {
            table->selectRow(row);
            if (facts->text().startsWith(QStringLiteral("Name: %1\n").arg(QLatin1String(name))))
                break;
        }
        if (!facts->text().contains(QLatin1String(name)))
            qFatal("no secret %s", name);
        button("secretsSet")->click();
        QPointer<QDialog> open;
        need("the dialog of a secret", [&] {
            open = window().findChild<QDialog *>(QStringLiteral("secretDialog"));
            return open && open->isVisible();
        });
        child<QRadioButton>("secretFromProgram", open)->click();
        child<QPlainTextEdit>("secretProgram", open)->setPlainText(lines(name));
        shoot(QByteArray("secret-") + name, false, open);
        child<QPushButton>("secretSet", open)->click();
        need("the secret's end", [&] { return !open; });
    }

    void prepare()
    {
        board();
        press(m_name, QStringLiteral("Save now"));
        throughWizard({.name = "prepare",
                       .runbook = QStringLiteral("alien4cloud.prepare"),
                       .acceptsWarnings = false});
        auto *box = window().findChild<NeededBox *>();
        QString before;
        for (int question = 1; question <= 3; ++question) {
            need("a question", [&] {
                return stateWord() == QStringLiteral("waiting") && !box->text().isEmpty() &&
                       box->text() != before;
            });
            before = box->text();
            QTest::qWait(300);
            shoot("prepare-" + QByteArray::number(question), question == 1);
            child<QLineEdit>("neededNote")->setText(QStringLiteral("looked at every node"));
            choice(QStringLiteral("Done"))->click();
        }
        ends("the preparation", QStringLiteral("succeeded"));
        shoot("prepare-end");
    }

    void save()
    {
        board();
        press(m_name, QStringLiteral("Save now"));
        throughWizard({.name = "save",
                       .main = {RunWizard::Checks, RunWizard::Plan},
                       .acceptsWarnings = false});
        need("the save's steps",
             [this] { return stateWord() == QStringLiteral("running") || isEndedWell(); });
        shoot("save-running");
        ends("the save", QStringLiteral("succeeded"));
        shoot("save-end", true);
        at("saved");
    }

    void verify()
    {
        board();
        shoot("board-2-saved");
        press(m_name, QStringLiteral("Verify now"));
        auto *open = child<QPushButton>("confirmGo", child("boardPage"));
        need("the question", [&] { return open->isVisible(); });
        shoot("verify-question");
        open->click();
        ends("the proof", QStringLiteral("succeeded"));
        shoot("verify-end");
        const std::vector<RestorePoint> points = service().points({m_name});
        if (points.size() != 1 || points.front().proof != ProofLevel::Read)
            qFatal("the restore point was not read in full");
        board();
        shoot("board-3-verified");
        at("verified");
    }

    void rehearse()
    {
        board();
        press(m_name, QStringLiteral("Recover"));
        throughWizard({.name = "rehearse",
                       .runbook = QStringLiteral("alien4cloud.rehearse"),
                       .onPage =
                           [this](int page) {
                               if (page == RunWizard::Inputs)
                                   input("into_folder")->setText(text("scratch"));
                           },
                       .acceptsWarnings = false});
        ends("the rehearsal", QStringLiteral("succeeded"));
        shoot("rehearse-end");
        at("rehearsed");
    }

    void restore()
    {
        board();
        press(m_name, QStringLiteral("Recover"));
        throughWizard({.name = "restore",
                       .main = {RunWizard::Point, RunWizard::Plan},
                       .acceptsWarnings = false});
        need("the restore's steps",
             [this] { return stateWord() == QStringLiteral("running") || isEndedWell(); });
        shoot("restore-running");
        ends("the restore", QStringLiteral("succeeded"));
        shoot("restore-end", true);
        at("restored");
        board();
        shoot("board-4-restored", true);
    }

    QLineEdit *input(const char *name)
    {
        return child<QLineEdit>(("input_" + QByteArray(name)).constData(), wizard());
    }

    void migrate()
    {
        board();
        press(m_name, QStringLiteral("Recover"));
        const auto fill = [this](int page) {
            if (page == RunWizard::Checks)
                shootEnd("checksScroll", "wizard-migrate-6-checks-end", wizard());
            if (page != RunWizard::Inputs)
                return;
            shoot("wizard-migrate-4-inputs-empty", false, wizard());
            for (const char *name : {"export_dir", "new_program_dir", "plugin_zip"})
                input(name)->setText(text(name));
            child<QPlainTextEdit>("input_new_start_command", wizard())
                ->setPlainText(lines("new_start_command"));
            shootEnd("inputsScroll", "wizard-migrate-4-inputs-end", wizard(), true);
        };
        throughWizard({.name = "migrate",
                       .runbook = QStringLiteral("alien4cloud.migrate"),
                       .main = {RunWizard::Goal, RunWizard::Checks, RunWizard::Plan, RunWizard::Go},
                       .onPage = fill,
                       .acceptsWarnings = false});
        need("the migration's steps",
             [this] { return stateWord() == QStringLiteral("running") || isEndedWell(); });
        shoot("migrate-running");
        // What the users have to do stays open.
        ends("the migration", QStringLiteral("completed with warnings"));
        shoot("migrate-end", true);
        at("migrated");
        board();
        shoot("board-5-migrated", true);
        button("statusUndo")->click();
        QTest::qWait(400);
        shoot("undo", true);
    }

    void assess()
    {
        board();
        press(m_name, QStringLiteral("Save now"));
        throughWizard({.name = "assess",
                       .runbook = QStringLiteral("alien4cloud.assess"),
                       .main = {RunWizard::Checks}});
        // What restore and migration have kept aside is found without their journals.
        ends("the assessment", QStringLiteral("failed"));
        shoot("assess-end", true);
        auto *said = child<QLabel>("messageDetail", window().findChild<NeededBox *>());
        if (!said->text().contains(QStringLiteral(".lifeboat-aside-")))
            qFatal("the assessment does not say what stands there: %s", qPrintable(said->text()));
        if (child("undoScroll")->isVisible())
            qFatal("the assessment shows what is still to undo of another run");
        place(2);
        shoot("points", true);
        place(1);
        back();
        shoot("runs");
        at("assessed");
    }

    QJsonObject m_facts;
    QString m_name;
};

} // namespace

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    const QStringList words = Journey::setUp(application);
    QFile facts(words.value(2));
    if (words.size() < 3 || !QDir().mkpath(words[1]) || !facts.open(QIODevice::ReadOnly))
        return 2;
    Story(words[1], QJsonDocument::fromJson(facts.readAll()).object(),
          words.contains(QStringLiteral("main")))
        .run();
    return 0;
}
