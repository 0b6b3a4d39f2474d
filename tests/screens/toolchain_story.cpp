// SPDX-License-Identifier: GPL-3.0-or-later
// Drives the real window through the loss of a region of IBM Cloud: five toolchains added by their
// addresses, saved, their template looked at, four of them copied to another region, secrets put
// back with two missing, triggers on, off, and refused while those of the source are on. Started
// by tests/faults/test_toolchain_window.py.
#include "core/systems/ibm_toolchain/region_advice.h"
#include "tests/screens/journey.h"
#include "ui/template_dialog.h"

#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QPointer>
#include <QRadioButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QTabWidget>
#include <QTest>
#include <QTreeWidget>

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
        service().lendAdvice(QStringLiteral("ibm-toolchain"), toolchainAdvice);
    }

    void run()
    {
        addByAddresses();
        giveSecrets();
        save();
        lookAtTemplate();
        restore();
        putSecretsBack();
        switchOnWithoutSource();
        switchOff("off-1");
        switchOnBesideSource();
        switchOff("off-2");
        endWhatWaits();
    }

private:
    void addByAddresses()
    {
        button("emptyAdd")->click();
        need("the dialog", [this] { return dialog() && dialog()->isVisible(); });
        QWidget *open = dialog();
        auto *type = child<QComboBox>("systemType", open);
        type->setCurrentIndex(type->findData(QStringLiteral("ibm-toolchain")));
        shoot("system-1-empty", true, open);
        child<QLineEdit>("systemName", open)->setText(m_name);
        child<QPlainTextEdit>("input_toolchain", open)->setPlainText(m_facts.lines("toolchain"));
        for (const char *input : {"target_region", "iam_url", "console_url", "toolchain_api_url",
                                  "pipeline_api_url", "git_url", "search_url"})
            child<QLineEdit>(("input_" + QByteArray(input)).constData(), open)
                ->setText(m_facts.text(input));
        shoot("system-2-filled", true, open);
        shootEnd("systemScroll", "system-3-end", open);
        auto *save = child<QPushButton>("systemSave", open);
        need("a system that can be added", [&] { return save->isEnabled(); });
        save->click();
        need("the system", [this] { return cards().size() == 1; });
        QTest::qWait(400);
        shoot("board-1-new");
        at("added");
    }

    void look()
    {
        place(3);
        need("the secrets", [this] { return button("secretsLook")->isEnabled(); });
    }

    /// Into the keychain, by hand.
    void giveSecret(const QString &name)
    {
        QPointer<QWidget> open = openSecret(name);
        type(open, name);
        child<QPushButton>("secretSet", open)->click();
        need("the secret's end", [&] { return !open; });
    }

    /// The value of a secret, from the script's own file.
    void type(QWidget *open, const QString &name)
    {
        QFile file(m_facts.text("secrets") + QLatin1Char('/') + name);
        if (!file.open(QIODevice::ReadOnly))
            qFatal("nobody knows the secret %s", qPrintable(name));
        child<QLineEdit>("secretValue", open)->setText(QString::fromUtf8(file.readAll()));
    }

    void giveSecrets()
    {
        look();
        shoot("secrets-1-missing");
        for (const char *name : {"ibm_api_key", "git_token"})
            giveSecret(QLatin1String(name));
        need("the secrets", [this] { return button("secretsLook")->isEnabled(); });
        shoot("secrets-2-set");
    }

    void save()
    {
        board();
        press(m_name, QStringLiteral("Save now"));
        throughWizard({.name = "save",
                       .main = {RunWizard::Checks, RunWizard::Plan},
                       .acceptsWarnings = false});
        // One of the five uses a repository that is no tool of it.
        ends("the save", QStringLiteral("completed with warnings"));
        shoot("save-end", true);
        at("saved");
        board();
        auto *advice = child<QLabel>("stateWord", child<StateLabel>("cardAdvice", card(m_name)));
        if (!advice->text().contains(QStringLiteral("12 February 2027")))
            qFatal("nobody is told when the region ends: %s", qPrintable(advice->text()));
        shoot("board-2-saved", true);
        place(2);
        shoot("points", true);
    }

    void lookAtTemplate()
    {
        button("pointTemplate")->click();
        QPointer<TemplateDialog> open;
        need("the templates", [&] {
            open = window().findChild<TemplateDialog *>();
            return open && open->isVisible();
        });
        auto *tree = child<QTreeWidget>("templateFiles", open);
        if (tree->topLevelItemCount() != 5)
            qFatal("the template view does not show five toolchains");
        chooseFile(tree, QStringLiteral("harbor-ferry"), QStringLiteral("pipeline_build-web.yml"));
        shoot("template-changes", true, open);
        chooseFile(tree, QStringLiteral("lost-anchor"),
                   QStringLiteral("pipeline_anchor-build.yml"));
        auto *tabs = child<QTabWidget>("templateTabs", open);
        auto *findings = child<QTableView>("templateFindings", open);
        if (tabs->currentWidget() != findings || findings->model()->rowCount() == 0)
            qFatal("the error of lost-anchor is not shown");
        findings->selectRow(0);
        shoot("template-finding", true, open);
        open->reject();
        need("the templates' end", [&] { return !open; });
    }

    void chooseFile(QTreeWidget *tree, const QString &toolchain, const QString &file)
    {
        const auto named = [](QTreeWidgetItem *item, const QString &text) {
            return item && item->text(0) == text;
        };
        QTreeWidgetItem *part = nullptr;
        for (int i = 0; i < tree->topLevelItemCount(); ++i)
            if (named(tree->topLevelItem(i), toolchain))
                part = tree->topLevelItem(i);
        if (!part)
            qFatal("the template view has no %s", qPrintable(toolchain));
        tree->setCurrentItem(part);
        need("the template's files", [&] { return part->childCount() > 0; });
        for (int i = 0; i < part->childCount(); ++i) {
            if (named(part->child(i), file))
                return tree->setCurrentItem(part->child(i));
        }
        qFatal("%s has no %s", qPrintable(toolchain), qPrintable(file));
    }

    /// On the page of restore points: leaves out the one that no copy can be made of.
    void leaveLostAnchor()
    {
        auto *parts = child<QTreeWidget>("detailParts", wizard());
        for (int i = 0; i < parts->topLevelItemCount(); ++i)
            if (parts->topLevelItem(i)->text(0) == QStringLiteral("lost-anchor"))
                return parts->topLevelItem(i)->setCheckState(0, Qt::Unchecked);
        qFatal("the restore point has no lost-anchor");
    }

    void replaces()
    {
        for (QRadioButton *one : wizard()->findChildren<QRadioButton *>())
            if (one->text().remove(QLatin1Char('&')).startsWith(QStringLiteral("A replacement")))
                return one->setChecked(true);
        qFatal("the wizard offers no replacement");
    }

    void awaitSecrets()
    {
        auto *again = child<QPushButton>("neededAgain", wizard());
        need("the look at the secrets", [&] { return again->isEnabled(); });
    }

    void restore()
    {
        at("lost");
        board();
        press(m_name, QStringLiteral("Recover"));
        throughWizard({.name = "restore",
                       .main = {RunWizard::Target, RunWizard::Point, RunWizard::Inputs,
                                RunWizard::Checks, RunWizard::Plan, RunWizard::Go},
                       .onPage = [this](int page) {
                           if (page == RunWizard::Target)
                               replaces();
                           if (page == RunWizard::Point)
                               leaveLostAnchor();
                           if (page == RunWizard::Secrets)
                               awaitSecrets();
                           if (page == RunWizard::Checks)
                               shootEnd("checksScroll", "wizard-restore-6-checks-end", wizard());
                       }});
        // Only a part of what was saved is there again.
        ends("the restore", QStringLiteral("completed with warnings"));
        shoot("restore-end", true);
        at("restored");
        board();
        shoot("board-3-restored", true);
    }

    void putSecretsBack()
    {
        look();
        shoot("secrets-3-slots", true);
        for (const QString &name : m_facts.list("slots"))
            giveSecret(name);
        need("the secrets", [this] { return button("secretsLook")->isEnabled(); });
        const QString typed = m_facts.text("typed"), left = m_facts.text("left");
        shoot("secrets-4-two-missing", true);
        board();
        press(m_name, QStringLiteral("Save now"));
        throughWizard({.name = "secrets",
                       .runbook = QStringLiteral("ibm-toolchain.secrets"),
                       .main = {RunWizard::Secrets, RunWizard::Checks},
                       .onPage = [&](int page) {
                           if (page == RunWizard::Point)
                               leaveLostAnchor();
                           if (page == RunWizard::Secrets)
                               typeForThisRun(typed, left);
                       }});
        auto *said = child<QLabel>("messageDetail", window().findChild<NeededBox *>());
        need("the secret that is left", [&] {
            return stateWord() == QStringLiteral("waiting") &&
                   child<QLineEdit>("neededSecret")->isVisible();
        });
        if (!said->text().contains(left))
            qFatal("the run does not say which secret is missing: %s", qPrintable(said->text()));
        shoot("secrets-run-missing", true);
        child<QLineEdit>("neededNote")->setText(QStringLiteral("Its holder comes at eight"));
        choice(QStringLiteral("Skip"))->click();
        answerAll();
        ends("the secrets", QStringLiteral("completed with warnings"));
        shoot("secrets-run-end", true);
        at("secrets");
    }

    /// Both that are missing must be told, with their place; one is given, the other left.
    void typeForThisRun(const QString &typed, const QString &left)
    {
        awaitSecrets();
        for (const QString &name : {typed, left}) {
            auto *row = child(("secret_" + name.toLatin1()).constData(), wizard());
            if (child<QLabel>("stateWord", row)->text() != QStringLiteral("missing"))
                qFatal("%s is not shown as missing", qPrintable(name));
        }
        shootEnd("neededSecretsScroll", "wizard-secrets-5-two-missing", wizard(), true);
        auto *row = child(("secret_" + typed.toLatin1()).constData(), wizard());
        child<QPushButton>("neededSecretType", row)->click();
        QPointer<QWidget> open = openedSecret();
        type(open, typed);
        shoot("secret-this-run", true, open);
        child<QPushButton>("secretSet", open)->click();
        need("the secret's end", [&] { return !open; });
    }

    /// The list of what only a person can set.
    void answerAll()
    {
        auto *said = child<QLabel>("messageDetail", window().findChild<NeededBox *>());
        QString before;
        for (int question = 1;; ++question) {
            need("a question or the end", [&] {
                return isEndedWell() || stateWord() == QStringLiteral("failed") ||
                       (stateWord() == QStringLiteral("waiting") && said->text() != before &&
                        !child<QLineEdit>("neededSecret")->isVisible());
            });
            if (stateWord() != QStringLiteral("waiting"))
                return;
            before = said->text();
            if (question == 1)
                shoot("ask", true);
            choice(QStringLiteral("Done"))->click();
        }
    }

    void switchOnWithoutSource()
    {
        board();
        press(m_name, QStringLiteral("Save now"));
        throughWizard({.name = "on-lost",
                       .runbook = QStringLiteral("ibm-toolchain.triggers-on"),
                       .main = {RunWizard::Checks, RunWizard::Go},
                       .beforeChecks = [this] { giveOneReason(); },
                       .onPage =
                           [this](int page) {
                               if (page == RunWizard::Point)
                                   leaveLostAnchor();
                               if (page == RunWizard::Inputs)
                                   staysABridge();
                           },
                       .acceptsWarnings = false});
        ends("triggers on", QStringLiteral("completed with warnings"));
        shoot("on-lost-end", true);
        at("on-without-source");
    }

    /// Nothing is chosen for anybody who does not say it.
    void staysABridge()
    {
        auto *stay = child<QComboBox>("input_stay", wizard());
        if (stay->currentIndex() != -1)
            qFatal("it was chosen already for how long");
        stay->setCurrentText(QStringLiteral("bridge"));
    }

    /// The region is lost: one reason for each toolchain that cannot be looked at.
    void giveOneReason()
    {
        RunWizard *open = wizard();
        auto *again = child<QPushButton>("checksAgain", open);
        QList<QLineEdit *> reasons;
        need("the warnings", [&] {
            reasons = open->findChildren<QLineEdit *>(QStringLiteral("checkReason"));
            reasons.removeIf([](QLineEdit *one) { return one->isHidden(); });
            return again->isEnabled() && reasons.size() == 4;
        });
        reasons[1]->setText(QStringLiteral("The region is lost"));
        QPushButton *forAll = nullptr;
        for (auto *one : open->findChildren<QPushButton *>(QStringLiteral("checkSame")))
            if (!one->isHidden())
                forAll = one;
        if (!forAll)
            qFatal("each warning needs a reason of its own");
        shootEnd("checksScroll", "wizard-on-lost-6-one-reason", open, true);
        forAll->click();
        for (const QLineEdit *one : std::as_const(reasons))
            if (one->text() != QStringLiteral("The region is lost"))
                qFatal("a warning was left without its reason");
    }

    void switchOff(const char *name)
    {
        board();
        press(m_name, QStringLiteral("Save now"));
        throughWizard({.runbook = QStringLiteral("ibm-toolchain.triggers-off"),
                       .onPage =
                           [this](int page) {
                               if (page == RunWizard::Point)
                                   leaveLostAnchor();
                           },
                       .acceptsWarnings = false});
        ends("triggers off", QStringLiteral("succeeded"));
        shoot(QByteArray(name) + "-end");
        at(name);
    }

    void switchOnBesideSource()
    {
        at("back");
        board();
        press(m_name, QStringLiteral("Save now"));
        bool isRefused = false;
        throughWizard({.name = "on",
                       .runbook = QStringLiteral("ibm-toolchain.triggers-on"),
                       .beforeChecks =
                           [&] {
                               awaitGuard();
                               isRefused = true;
                           },
                       .onPage =
                           [this](int page) {
                               if (page == RunWizard::Point)
                                   leaveLostAnchor();
                               if (page == RunWizard::Inputs)
                                   staysABridge();
                           },
                       .acceptsWarnings = false});
        if (!isRefused)
            qFatal("nothing kept both from starting");
        ends("triggers on", QStringLiteral("completed with warnings"));
        shoot("on-end", true);
        at("on");
    }

    /// Refused, by name, until those of the source are off.
    void awaitGuard()
    {
        RunWizard *open = wizard();
        const auto refusal = [&]() -> QString {
            for (QLabel *evidence : open->findChildren<QLabel *>(QStringLiteral("checkEvidence")))
                if (evidence->text().contains(QStringLiteral("ci-run/on-push")))
                    return evidence->text();
            return {};
        };
        auto *again = child<QPushButton>("checksAgain", open);
        need("the guard", [&] { return !refusal().isEmpty() && again->isEnabled(); });
        if (open->draft()->obstacle().isEmpty() || open->button(QWizard::NextButton)->isEnabled())
            qFatal("the guard keeps nobody back");
        shootEnd("checksScroll", "wizard-on-6-refused", open, true);
        at("refused");
        again->click();
    }

    StoryFacts m_facts;
    QString m_name;
};

} // namespace

int main(int argc, char **argv)
{
    return tellStory<Story>(argc, argv);
}
