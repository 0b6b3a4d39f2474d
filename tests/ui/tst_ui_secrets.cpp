// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/samples.h"
#include "ui/run_wizard.h"
#include "ui/secret_dialog.h"
#include "ui/secrets_page.h"

#include <QAbstractButton>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QToolButton>

using namespace lb;

Q_DECLARE_METATYPE(lb::SecretStatus)
Q_DECLARE_METATYPE(lb::SecretHandle)

/// The secrets page, the dialog that sets one and the wizard's page, on made-up states: what each
/// state says and offers, and that a value stands nowhere but in the field that it is typed into.
class TestUiSecrets : public QObject
{
    Q_OBJECT

private:
    template <class W>
    static W *child(QWidget *root, const char *name)
    {
        auto *found = root->findChild<W *>(QLatin1String(name));
        if (!found)
            qFatal("no widget %s", name);
        return found;
    }

    static bool holds(const SecretHandle &value, const char *text)
    {
        return value && value->reveal([text](QByteArrayView bytes) { return bytes == text; });
    }

    static RunDraft *makeDraft(bool withSecrets)
    {
        Runbook runbook = samples::restoreRunbook();
        if (withSecrets)
            runbook.secrets = {{QStringLiteral("db_password"),
                                QStringLiteral("Database password"),
                                QStringLiteral("Database team"),
                                {}},
                               {QStringLiteral("sudo_password"), {}, {}, {}}};
        auto *draft =
            new RunDraft(samples::profile(QStringLiteral("shop-files")),
                         {[runbook](const QString &) -> Result<Runbook> { return runbook; },
                          [](const Plan &) { return samples::planText(); }});
        draft->setOffered(
            {{runbook.id, runbook.title, runbook.system, runbook.purpose, true, {}, {}}},
            runbook.purpose);
        draft->setPoints(samples::points(), chooseBest(samples::points(), std::nullopt));
        return draft;
    }

    /// Goes to the page after the inputs.
    static void pastInputs(RunWizard &wizard)
    {
        wizard.restart();
        for (int pages = 0; pages < 8 && wizard.currentId() <= RunWizard::Inputs; ++pages)
            wizard.next();
    }

private Q_SLOTS:
    void initTestCase()
    {
        qRegisterMetaType<SecretStatus>();
        qRegisterMetaType<SecretHandle>();
    }

    void everyStateSaysWhatToDo_data()
    {
        QTest::addColumn<QString>("state");
        QTest::addColumn<bool>("isTrouble");
        for (const char *state : {"present", "missing", "program", "unknown", "looking", "typed"})
            QTest::newRow(state) << QString::fromLatin1(state) << false;
        for (const char *state : {"asks", "locked", "absent", "denied", "frozen"})
            QTest::newRow(state) << QString::fromLatin1(state) << true;
    }

    void everyStateSaysWhatToDo()
    {
        QFETCH(QString, state);
        QFETCH(bool, isTrouble);
        SecretsPage page;
        page.setSecrets(samples::secrets(state));
        page.show();
        QCOMPARE(child<QLabel>(child<QWidget>(&page, "secretDetailState"), "stateWord")->text(),
                 secretWord(state));
        QVERIFY(!secretWord(state).isEmpty());
        QVERIFY(child<QLabel>(&page, "secretDetailAdvice")->text().size() > 20);
        auto *message = child<InlineMessage>(&page, "secretsKeychain");
        QCOMPARE(message->isVisible(), isTrouble);
        QCOMPARE(message->findChild<QPushButton *>(QStringLiteral("messageAction")) != nullptr,
                 state == QLatin1String("locked"));
        QVERIFY(child<QPushButton>(&page, "secretsSet")->isEnabled());
        QCOMPARE(child<QPushButton>(&page, "secretsLook")->isEnabled(),
                 state != QLatin1String("looking"));
        QCOMPARE(child<QPushButton>(&page, "secretsRemove")->isEnabled(),
                 state == QLatin1String("present"));
    }

    void everyWidgetHasAName()
    {
        SecretsPage page;
        page.setSecrets(samples::secrets(QStringLiteral("locked")));
        SecretDialog keep(samples::secrets(QStringLiteral("missing")).front(),
                          SecretDialog::Mode::Keep, nullptr);
        RunDraft *draft = makeDraft(true);
        RunWizard wizard(draft);
        pastInputs(wizard);
        draft->setSecrets(samples::secrets(QStringLiteral("missing")));
        for (QWidget *root : std::initializer_list<QWidget *>{&page, &keep, &wizard})
            for (const QWidget *widget : root->findChildren<QWidget *>()) {
                const QString parent = widget->parentWidget()->objectName();
                // Parts that Qt makes inside its own widgets.
                if (!parent.startsWith(QLatin1String("qt_")))
                    QVERIFY2(!widget->objectName().isEmpty(),
                             qPrintable(QLatin1String(widget->metaObject()->className()) +
                                        QStringLiteral(" in ") + parent));
            }
        for (const char *name : {"secretValue", "secretShow", "secretProgram"})
            QVERIFY2(!child<QWidget>(&keep, name)->accessibleName().isEmpty(), name);
        for (auto *button : wizard.findChildren<QPushButton *>(QStringLiteral("neededSecretType")))
            QVERIFY(button->accessibleName().contains(QStringLiteral("this run")));
    }

    void dataIsNeverMarkup()
    {
        std::vector<SecretStatus> rows = samples::secrets(QStringLiteral("present"));
        const QString evil = samples::hostileText();
        rows.front() = {evil, evil, evil, evil, {}, QStringLiteral("present"), {evil}};
        SecretsPage page;
        page.setSecrets(rows);
        SecretDialog dialog(rows.front(), SecretDialog::Mode::Keep, nullptr);
        for (QWidget *root : std::initializer_list<QWidget *>{&page, &dialog})
            for (const QLabel *label : root->findChildren<QLabel *>())
                if (!label->text().isEmpty()) {
                    QCOMPARE(label->textFormat(), Qt::PlainText);
                    QVERIFY(!label->text().contains(QChar(0x1b)));
                }
    }

    void anOpenPromptLeavesThePageUsable()
    {
        SecretsPage page;
        page.setSecrets(samples::secrets(kSecretLooking));
        page.show();
        page.showAsks();
        auto *message = child<InlineMessage>(&page, "secretsKeychain");
        QVERIFY(message->isVisible());
        QVERIFY(message->text().contains(QStringLiteral("asks")));
        QVERIFY(child<QPushButton>(&page, "secretsSet")->isEnabled());
        child<QTableView>(&page, "secretsTable")->selectRow(1);
        QCOMPARE(child<QLabel>(&page, "secretDetailTitle")->text(),
                 QStringLiteral("sudo_password"));
        page.setSecrets(samples::secrets(QStringLiteral("present")));
        QVERIFY2(!message->isVisible(), "it was answered");
        QCOMPARE(child<QLabel>(&page, "secretDetailTitle")->text(),
                 QStringLiteral("sudo_password"));
    }

    void removingAsksFirst()
    {
        SecretsPage page;
        page.setSecrets(samples::secrets(QStringLiteral("present")));
        page.show();
        auto *table = child<QTableView>(&page, "secretsTable");
        const auto choose = [table](const QString &name) {
            for (int row = 0; row < table->model()->rowCount(); ++row)
                if (table->model()
                        ->index(row, SecretsModel::Secret)
                        .data()
                        .toString()
                        .startsWith(name))
                    return table->selectRow(row);
            QFAIL("no such row");
        };
        QSignalSpy removed(&page, &SecretsPage::removeRequested);
        choose(QStringLiteral("Database"));
        child<QPushButton>(&page, "secretsRemove")->click();
        QCOMPARE(removed.count(), 0);
        QVERIFY(page.confirm()->isVisible());
        QVERIFY(page.confirm()->text().contains(QStringLiteral("db_password")));
        child<QPushButton>(&page, "confirmKeep")->click();
        QCOMPARE(removed.count(), 0);
        child<QPushButton>(&page, "secretsRemove")->click();
        child<QPushButton>(&page, "confirmGo")->click();
        QCOMPARE(removed.count(), 1);
        QCOMPARE(removed.takeFirst().first().value<SecretStatus>().name,
                 QStringLiteral("db_password"));
        choose(QStringLiteral("Token"));
        child<QPushButton>(&page, "secretsRemove")->click();
        QVERIFY(page.confirm()->text().contains(QStringLiteral("program")));
        choose(QStringLiteral("sudo"));
        QVERIFY2(!child<QPushButton>(&page, "secretsRemove")->isEnabled(), "there is none");
    }

    void testSaysWhatItFound()
    {
        SecretsPage page;
        page.setSecrets(samples::secrets(QStringLiteral("present")));
        page.show();
        QSignalSpy tested(&page, &SecretsPage::testRequested);
        auto *test = child<QPushButton>(&page, "secretsTest");
        test->click();
        QCOMPARE(tested.count(), 1);
        page.setTesting(true);
        QVERIFY(!test->isEnabled());
        page.showTested(QStringLiteral("denied"), QStringLiteral("Access to keychain denied"));
        QVERIFY(test->isEnabled());
        QVERIFY(page.message()->text().contains(QStringLiteral("refuses")));
        QVERIFY(page.message()->accessibleDescription().contains(
            QStringLiteral("Access to keychain denied")));
        page.showTested(QStringLiteral("open"), {});
        QVERIFY(page.message()->text().contains(QStringLiteral("open")));
    }

    void aValueIsTypedUnseenAndLeavesTheField()
    {
        SecretDialog dialog(samples::secrets(QStringLiteral("missing")).front(),
                            SecretDialog::Mode::Keep, nullptr);
        dialog.show();
        QSignalSpy given(&dialog, &SecretDialog::valueGiven);
        auto *line = child<QLineEdit>(&dialog, "secretValue");
        auto *set = child<QPushButton>(&dialog, "secretSet");
        QVERIFY(!set->isEnabled());
        QVERIFY(!child<QLabel>(&dialog, "secretReason")->text().isEmpty());
        QCOMPARE(line->echoMode(), QLineEdit::Password);
        QTest::keyClicks(line, QStringLiteral("pass-word"));
        QVERIFY(!line->displayText().contains(QLatin1Char('w')));
        child<QToolButton>(&dialog, "secretShow")->click();
        QCOMPARE(line->displayText(), QStringLiteral("pass-word"));
        child<QToolButton>(&dialog, "secretShow")->click();
        QCOMPARE(line->echoMode(), QLineEdit::Password);
        const QString shared = line->text(); // the field's own buffer
        set->click();
        QCOMPARE(given.count(), 1);
        QVERIFY(holds(given.first().first().value<SecretHandle>(), "pass-word"));
        QVERIFY(line->text().isEmpty());
        QVERIFY2(!shared.contains(QStringLiteral("pass")), "it is overwritten, not only let go");
        QVERIFY2(!set->isEnabled(), "the keychain has not answered");
        dialog.showAsks();
        QVERIFY(child<InlineMessage>(&dialog, "secretMessage")
                    ->text()
                    .contains(QStringLiteral("asks")));
        dialog.showProblem({ErrorCode::Denied, QStringLiteral("The keychain is locked"), {}, {}});
        QVERIFY(dialog.isVisible());
        QTest::keyClicks(line, QStringLiteral("again"));
        QVERIFY(set->isEnabled());
    }

    void aProgramIsAListOfWords()
    {
        const std::vector<SecretStatus> rows = samples::secrets(QStringLiteral("present"));
        SecretDialog dialog(rows.front(), SecretDialog::Mode::Keep, nullptr);
        dialog.show();
        QSignalSpy given(&dialog, &SecretDialog::programGiven);
        child<QRadioButton>(&dialog, "secretFromProgram")->click();
        auto *words = child<QPlainTextEdit>(&dialog, "secretProgram");
        QVERIFY(words->isVisible() && !child<QWidget>(&dialog, "secretField")->isVisible());
        auto *set = child<QPushButton>(&dialog, "secretSet");
        QVERIFY(!set->isEnabled());
        words->setPlainText(QStringLiteral("pass\nshow\nshop/data base\n"));
        set->click();
        QCOMPARE(given.count(), 1);
        QCOMPARE(given.first().first().toStringList(),
                 QStringList({QStringLiteral("pass"), QStringLiteral("show"),
                              QStringLiteral("shop/data base")}));
        // One that has a program begins with it.
        SecretDialog other(rows.back(), SecretDialog::Mode::Keep, nullptr);
        QVERIFY(child<QRadioButton>(&other, "secretFromProgram")->isChecked());
        QVERIFY(child<QPlainTextEdit>(&other, "secretProgram")
                    ->toPlainText()
                    .startsWith(QStringLiteral("pass\nshow\n")));
    }

    void theWizardAsksOnlyWhereSecretsAreNeeded()
    {
        RunWizard without(makeDraft(false));
        pastInputs(without);
        QCOMPARE(without.currentId(), int(RunWizard::Checks));
        RunWizard with(makeDraft(true));
        pastInputs(with);
        QCOMPARE(with.currentId(), int(RunWizard::Secrets));
    }

    void theWizardShowsAndTakesThem()
    {
        RunDraft *draft = makeDraft(true);
        RunWizard wizard(draft);
        QSignalSpy looked(draft, &RunDraft::secretsRequested);
        QSignalSpy edit(draft, &RunDraft::secretEditRequested);
        wizard.show();
        pastInputs(wizard);
        QCOMPARE(looked.count(), 1);
        draft->setSecrets(samples::secrets(QStringLiteral("locked")));
        QCOMPARE(draft->secrets().size(), size_t(2)); // the third is of another runbook
        QVERIFY(child<InlineMessage>(&wizard, "neededKeychain")
                    ->text()
                    .contains(QStringLiteral("locked")));
        auto *row = child<QWidget>(&wizard, "secret_db_password");
        child<QPushButton>(row, "neededSecretType")->click();
        QCOMPARE(edit.count(), 1);
        QCOMPARE(edit.first().first().value<SecretStatus>().name, QStringLiteral("db_password"));
        QCOMPARE(edit.first().last().toBool(), true);
        draft->typeSecret(QStringLiteral("db_password"),
                          std::make_shared<const SecretString>(QByteArray("pass-word")));
        QCOMPARE(child<QLabel>(row, "stateWord")->text(), secretWord(kSecretTyped));
        // A second look does not forget it, and it goes with the run.
        draft->setSecrets(samples::secrets(QStringLiteral("present")));
        QCOMPARE(child<QLabel>(row, "stateWord")->text(), secretWord(kSecretTyped));
        QVERIFY(holds(draft->typedSecrets().value(QStringLiteral("db_password")), "pass-word"));
        draft->setKeychainAsks();
        QVERIFY(child<InlineMessage>(&wizard, "neededKeychain")
                    ->text()
                    .contains(QStringLiteral("asks")));
        QVERIFY(wizard.button(QWizard::NextButton)->isEnabled());
    }

    void aRunTakenUpBeginsWithItsSecretsAndIsKept()
    {
        RunDraft *draft = makeDraft(true);
        draft->takeUp(QStringLiteral("r1"), {QStringLiteral("db_password")});
        RunWizard wizard(draft);
        QSignalSpy discarded(draft, &RunDraft::discardRequested);
        wizard.show();
        wizard.restart();
        QCOMPARE(wizard.currentId(), int(RunWizard::Secrets));
        draft->setSecrets(samples::secrets(QStringLiteral("missing")));
        QCOMPARE(draft->secrets().size(), size_t(1));
        wizard.next();
        QCOMPARE(wizard.currentId(), int(RunWizard::Checks));
        wizard.back();
        QCOMPARE(discarded.count(), 0);
    }
};

QTEST_MAIN(TestUiSecrets)
#include "tst_ui_secrets.moc"
