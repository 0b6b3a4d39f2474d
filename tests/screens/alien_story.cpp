// SPDX-License-Identifier: GPL-3.0-or-later
// Drives the real window through the whole story of an Alien4Cloud installation: added from the
// vendor's files, prepared, saved, verified, rehearsed, restored after a damage, migrated,
// assessed. Started by tests/faults/test_window_story.py.
#include "core/systems/alien4cloud/vendor_files.h"
#include "tests/screens/journey.h"

#include <QComboBox>
#include <QDialog>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QPointer>
#include <QRadioButton>
#include <QTest>

using namespace lb;

namespace {

class Story : public Journey
{
public:
    Story(QString folder, StoryFacts facts, bool onlyMain)
        : Journey(std::move(folder), onlyMain),
          m_facts(std::move(facts)),
          m_name(m_facts.text("name"))
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
    void addFromFiles()
    {
        shoot("board-empty");
        button("emptyAdd")->click();
        need("the dialog", [this] { return dialog() && dialog()->isVisible(); });
        QWidget *open = dialog();
        auto *type = child<QComboBox>("systemType", open);
        type->setCurrentIndex(type->findData(QStringLiteral("alien4cloud")));
        shoot("system-1-empty", false, open);
        const QStringList files = m_facts.list("files");
        for (qsizetype i = 0; i < files.size(); ++i) {
            const QFileInfo file(files[i]);
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
        child<QPlainTextEdit>("input_start_command", open)->setPlainText(m_facts.lines("start"));
        child<QPlainTextEdit>("input_stop_command", open)->setPlainText(m_facts.lines("stop"));
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
        QPointer<QWidget> open = openSecret(QString::fromLatin1(name));
        child<QRadioButton>("secretFromProgram", open)->click();
        child<QPlainTextEdit>("secretProgram", open)->setPlainText(m_facts.lines(name));
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
                                   input("into_folder")->setText(m_facts.text("scratch"));
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
                input(name)->setText(m_facts.text(name));
            child<QPlainTextEdit>("input_new_start_command", wizard())
                ->setPlainText(m_facts.lines("new_start_command"));
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

    StoryFacts m_facts;
    QString m_name;
};

} // namespace

int main(int argc, char **argv)
{
    return tellStory<Story>(argc, argv);
}
