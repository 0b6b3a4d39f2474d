// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/samples.h"
#include "ui/board_page.h"
#include "ui/points_page.h"
#include "ui/run_console.h"
#include "ui/run_wizard.h"
#include "ui/runs_page.h"
#include "ui/system_dialog.h"
#include "ui/template_dialog.h"
#include "ui/wizard_pages.h"

#include <QAbstractButton>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace lb;

Q_DECLARE_METATYPE(lb::RunCommand)

/// Every screen on made-up values: names for the screen reader, plain text whatever the data says,
/// the right offer for each state, a wizard from goal to go.
class TestUiViews : public QObject
{
    Q_OBJECT

private:
    /// The text a widget shows or is read out as.
    static QString spoken(const QWidget *widget)
    {
        if (!widget->accessibleName().isEmpty())
            return widget->accessibleName();
        if (const auto *button = qobject_cast<const QAbstractButton *>(widget))
            return button->text();
        if (const auto *label = qobject_cast<const QLabel *>(widget))
            return label->text().isEmpty() ? QStringLiteral("-") : label->text();
        return {};
    }

    static QStringList unnamed(QWidget *root)
    {
        QStringList missing;
        for (QWidget *widget : root->findChildren<QWidget *>()) {
            const QString what =
                QLatin1String(widget->metaObject()->className()) + QStringLiteral(" in ") +
                (widget->parentWidget() ? widget->parentWidget()->objectName() : QString());
            // Parts that Qt makes inside its own widgets carry names beginning with qt_ or are told
            // apart by their class.
            const QString parent =
                widget->parentWidget() ? widget->parentWidget()->objectName() : QString();
            if (widget->objectName().isEmpty() && !parent.startsWith(QLatin1String("qt_")))
                missing << QStringLiteral("no objectName: ") + what;
            if (widget->focusPolicy() != Qt::NoFocus && spoken(widget).isEmpty() &&
                !widget->objectName().startsWith(QLatin1String("qt_")) &&
                !widget->objectName().endsWith(QLatin1String("Part")) &&
                !widget->inherits("QHeaderView") && !widget->inherits("QTabBar"))
                missing << QStringLiteral("no accessible name: ") + what + QLatin1Char(' ') +
                               widget->objectName();
        }
        return missing;
    }

    static QPushButton *choice(QWidget *root, const QString &startOfText)
    {
        for (QPushButton *button : root->findChildren<QPushButton *>())
            if (button->text().remove(QLatin1Char('&')).startsWith(startOfText) &&
                !button->isHidden())
                return button;
        return nullptr;
    }

    static RunDraft *makeDraft(Runbook runbook = samples::restoreRunbook())
    {
        auto *draft =
            new RunDraft(samples::profile(QStringLiteral("shop-files")),
                         {[runbook](const QString &) -> Result<Runbook> { return runbook; },
                          [](const Plan &) { return samples::planText(); }});
        draft->setOffered(
            {{runbook.id, runbook.title, QStringLiteral("files"), runbook.purpose, true, {}, {}}},
            runbook.purpose);
        draft->setPoints(samples::points(), chooseBest(samples::points(), std::nullopt));
        return draft;
    }

private Q_SLOTS:
    void initTestCase() { qRegisterMetaType<RunCommand>(); }

    void everyWidgetHasAName()
    {
        BoardPage board;
        board.setSystems(samples::board(), {});
        RunsPage runs;
        runs.setRuns(samples::runs());
        PointsPage points;
        points.setPoints(samples::points());
        RunConsole console;
        console.setRun(QStringLiteral("r"), {});
        console.setView(samples::waiting(QStringLiteral("ask")));
        SystemDialog dialog(
            {{QStringLiteral("files"), QStringLiteral("Files"), {}, samples::inputs()}}, {},
            std::nullopt, {}, nullptr);
        RunWizard wizard(makeDraft());
        QVERIFY(wizard.draft()->chooseRunbook(QStringLiteral("files.restore")));
        wizard.restart();
        TemplateDialog shown(samples::toolchainPoint(), nullptr);
        shown.setTemplate(QStringLiteral("harbor-ferry"), samples::toolchainTemplate());
        for (QWidget *root : std::initializer_list<QWidget *>{&board, &runs, &points, &console,
                                                              &dialog, &wizard, &shown}) {
            const QStringList missing = unnamed(root);
            QVERIFY2(missing.isEmpty(), qPrintable(missing.join(QLatin1Char('\n'))));
        }
    }

    void dataIsNeverMarkup()
    {
        const QString evil = samples::hostileText();
        SystemOverview overview;
        overview.profile = samples::profile(evil);
        overview.profile.type = evil;
        overview.cause = evil;
        overview.newest = samples::point(QStringLiteral("p"), 3, ProofLevel::Read);
        BoardPage board;
        board.setSystems({overview}, {});
        RunView view = samples::waiting(QStringLiteral("ask"));
        view.plan->title = view.plan->identity.text = view.state.waiting->text = evil;
        view.plan->steps[2].title = view.state.request.system.name = evil;
        RunConsole console;
        console.setRun(QStringLiteral("r"), {});
        console.setView(view);
        RestorePoint point = samples::point(evil, 2, ProofLevel::Read);
        point.problem = evil;
        PointsPage points;
        points.setPoints({point});
        int shown = 0;
        for (QWidget *root : std::initializer_list<QWidget *>{&board, &console, &points}) {
            for (QLabel *label : root->findChildren<QLabel *>()) {
                QVERIFY2(label->textFormat() == Qt::PlainText || label->text().isEmpty(),
                         qPrintable(label->objectName() + label->text()));
                for (const QChar c : label->text())
                    QVERIFY2(c.unicode() >= 0x20 || c == QLatin1Char('\n'),
                             qPrintable(label->objectName()));
                QVERIFY(!label->text().contains(QChar(0x202E)));
                shown += label->text().contains(QStringLiteral("<b>bold</b>"));
            }
            for (QWidget *widget : root->findChildren<QWidget *>())
                QVERIFY2(!widget->toolTip().contains(QStringLiteral("<b>bold")),
                         qPrintable(widget->objectName()));
        }
        QVERIFY2(shown >= 6, "the text itself must be shown, only not as markup");
    }

    void boardOffersTheOneThing_data()
    {
        QTest::addColumn<int>("row");
        QTest::addColumn<QString>("verb");
        QTest::newRow("waits for a person") << 0 << QStringLiteral("Answer…");
        QTest::newRow("running") << 1 << QStringLiteral("Watch");
        QTest::newRow("proven") << 2 << QStringLiteral("Save now");
        QTest::newRow("not proven") << 3 << QStringLiteral("Verify now");
        QTest::newRow("interrupted") << 4 << QStringLiteral("Continue…");
        QTest::newRow("never saved") << 5 << QStringLiteral("Save now");
    }

    void boardOffersTheOneThing()
    {
        QFETCH(int, row);
        QFETCH(QString, verb);
        BoardPage board;
        board.setSystems(samples::board(), {});
        const auto buttons = board.findChildren<QPushButton *>(QStringLiteral("cardPrimary"));
        QCOMPARE(buttons.size(), 6);
        QCOMPARE(buttons[row]->text(), verb);
        QVERIFY(
            buttons[row]->accessibleName().endsWith(samples::board()[size_t(row)].profile.name));
    }

    void adviceStandsOnTheCard()
    {
        BoardPage board;
        board.setSystems({samples::closing(), samples::board().back()}, {});
        board.resize(520, 800);
        board.show();
        QVERIFY(QTest::qWaitForWindowExposed(&board));
        const auto lines = board.findChildren<StateLabel *>(QStringLiteral("cardAdvice"));
        QCOMPARE(lines.size(), 2); // the other system has none
        QVERIFY(lines[0]->accessibleName().contains(QStringLiteral("jp-osa is gone")));
        QVERIFY(lines[1]->accessibleName().contains(QStringLiteral("12 February 2027")));
        // Red where it is urgent, and never cut off, however narrow the window is.
        const Tone tones[] = {Tone::Bad, Tone::Warn};
        for (int i = 0; i < 2; ++i) {
            const auto *word = lines[i]->findChild<QLabel *>(QStringLiteral("stateWord"));
            QCOMPARE(word->palette().color(QPalette::WindowText),
                     toneColor(tones[i], QApplication::palette()));
            QVERIFY(word->height() >= word->heightForWidth(word->width()));
        }
        board.setSystems({samples::board().back()}, {});
        QVERIFY(!board.findChild<StateLabel *>(QStringLiteral("cardAdvice")));
    }

    void aPointSaysWhichSecretsItNeeds()
    {
        PointsPage page;
        QSignalSpy wanted(&page, &PointsPage::secretsWanted);
        const RestorePoint point = samples::toolchainPoint();
        page.setPoints({point, samples::points().front()});
        QCOMPARE(wanted.count(), 0); // nobody looks at it yet
        page.show();
        QCOMPARE(wanted.count(), 1);
        QCOMPARE(wanted[0][0].toString(), point.id);
        auto *line = page.findChild<StateLabel *>(QStringLiteral("detailSecrets"));
        QVERIFY(line->isHidden());
        page.setSecrets(QStringLiteral("another"), samples::pointSecrets());
        QVERIFY(line->isHidden());
        page.setSecrets(point.id, samples::pointSecrets());
        QVERIFY(!line->isHidden());
        QVERIFY2(line->accessibleName().contains(
                     QStringLiteral("1 in the keychain, 1 missing, 2 by hand")),
                 qPrintable(line->accessibleName()));
        auto *notes = page.findChild<QLabel *>(QStringLiteral("detailLimits"));
        QVERIFY2(notes->text().startsWith(QStringLiteral("Secret missing: tide-tables-api-key")),
                 qPrintable(notes->text()));
        // The same list again does not ask again, and takes nothing back.
        page.setPoints({point, samples::points().front()});
        QCOMPARE(wanted.count(), 1);
        QVERIFY(!line->isHidden());
        auto *table = page.findChild<QTableView *>(QStringLiteral("pointsTable"));
        table->selectRow(1);
        QVERIFY(line->isHidden());
        QVERIFY(!notes->text().contains(QStringLiteral("Secret")));
        table->selectRow(0);
        QCOMPARE(wanted.count(), 2);
    }

    void oneReasonForChecksOfAGroup()
    {
        const std::unique_ptr<RunDraft> draft(makeDraft());
        ChecksPage page(draft.get());
        page.initializePage();
        RunView view = samples::view(RunStateName::Ready);
        for (const char *id : {"seen[ferry]", "seen[tides]"}) {
            CheckRecord check = view.state.checks[1];
            check.id = QLatin1String(id);
            view.state.checks.push_back(check);
        }
        draft->setRun(QStringLiteral("r1"));
        draft->setView(view);
        const auto of = [&](const char *id) {
            return page.findChild<QWidget *>(QStringLiteral("check_") + QLatin1String(id));
        };
        const auto same = [&](const char *id) {
            return of(id)->findChild<QPushButton *>(QStringLiteral("checkSame"));
        };
        QVERIFY(same("room")->isHidden() && same("seen[ferry]")->isHidden());
        for (const char *id : {"room", "seen[ferry]"})
            of(id)
                ->findChild<QLineEdit *>(QStringLiteral("checkReason"))
                ->setText(QLatin1String(id));
        QVERIFY(same("room")->isHidden()); // there is one of its kind
        QVERIFY(!same("seen[ferry]")->isHidden());
        QVERIFY(!draft->obstacle().isEmpty());
        same("seen[ferry]")->click();
        QCOMPARE(draft->reason(QStringLiteral("seen[tides]")), QStringLiteral("seen[ferry]"));
        QVERIFY(same("seen[ferry]")->isHidden());
        QVERIFY(draft->obstacle().isEmpty());
    }

    void emptyBoardShowsTheWaysToBegin()
    {
        BoardPage board;
        board.show();
        auto *practice = board.findChild<QPushButton *>(QStringLiteral("emptyPractice"));
        auto *add = board.findChild<QPushButton *>(QStringLiteral("emptyAdd"));
        QVERIFY(practice->isVisible() && add->isVisible());
        QSignalSpy wanted(&board, &BoardPage::practiceRequested);
        practice->click();
        QCOMPARE(wanted.count(), 1);
        board.setSystems(samples::board(), {});
        QVERIFY(!practice->isVisible());
    }

    void formSaysWhatIsWrongUnderTheField()
    {
        InputForm form;
        form.setSpecs(samples::inputs(),
                      {{QStringLiteral("folder"),
                        QJsonArray{QStringLiteral("/srv/shop"), QStringLiteral("/etc/shop")}}});
        QVERIFY2(form.isValid(), qPrintable(form.problem()));
        QVERIFY(form.changedTexts().isEmpty());
        auto *folder = form.findChild<QPlainTextEdit *>(QStringLiteral("input_folder"));
        auto *problem = form.findChild<QLabel *>(QStringLiteral("problem_folder"));
        QVERIFY(problem->isHidden());
        folder->setPlainText(QStringLiteral("relative/folder"));
        QVERIFY(!problem->isHidden() && !problem->text().isEmpty());
        QVERIFY(!form.isValid());
        folder->setPlainText(QStringLiteral("/srv/shop\n/srv/other"));
        QVERIFY(form.isValid());
        const QStringList given = form.changedTexts().value(QStringLiteral("folder"));
        const Result<QJsonValue> value = samples::inputs()[1].parse(given);
        QVERIFY(value.has_value());
        QCOMPARE(value->toArray(),
                 (QJsonArray{QStringLiteral("/srv/shop"), QStringLiteral("/srv/other")}));
        folder->clear();
        QVERIFY2(!form.isValid(), "a needed list may not be empty");
        auto *keep = form.findChild<QLineEdit *>(QStringLiteral("input_keep"));
        QCOMPARE(keep->text(), QStringLiteral("7"));
    }

    /// A word that stands there by itself is not what somebody has chosen.
    void neededChoiceIsMadeByAPerson()
    {
        InputSpec stay;
        stay.name = QStringLiteral("stay");
        stay.type = InputType::Choice;
        stay.choices = QStringList{QStringLiteral("bridge"), QStringLiteral("for_good")};
        stay.required = true;
        InputForm form;
        form.setSpecs({stay}, {});
        auto *combo = form.findChild<QComboBox *>(QStringLiteral("input_stay"));
        QCOMPARE(combo->currentIndex(), -1);
        QVERIFY(!form.isValid());
        combo->setCurrentIndex(0);
        QVERIFY(form.isValid());
        QCOMPARE(form.changedTexts().value(QStringLiteral("stay")),
                 QStringList{QStringLiteral("bridge")});
    }

    void newSystemNeedsNameAndFolders()
    {
        SystemDialog dialog(
            {{QStringLiteral("files"), QStringLiteral("Files"), {}, samples::inputs()}}, {},
            std::nullopt, {QStringLiteral("shop")}, nullptr);
        auto *save = dialog.findChild<QPushButton *>(QStringLiteral("systemSave"));
        auto *name = dialog.findChild<QLineEdit *>(QStringLiteral("systemName"));
        auto *reason = dialog.findChild<QLabel *>(QStringLiteral("systemReason"));
        QVERIFY(!save->isEnabled());
        QVERIFY(reason->text().contains(QStringLiteral("Name")));
        name->setText(QStringLiteral("shop"));
        QVERIFY(reason->text().contains(QStringLiteral("exists already")));
        name->setText(QStringLiteral("shop2"));
        QVERIFY(reason->text().contains(QStringLiteral("Folders")));
        dialog.findChild<QPlainTextEdit *>(QStringLiteral("input_folder"))
            ->setPlainText(QStringLiteral("/srv/shop"));
        QVERIFY(save->isEnabled());
        QSignalSpy wanted(&dialog, &SystemDialog::saveRequested);
        save->click();
        QCOMPARE(wanted.count(), 1);
        dialog.showProblem({ErrorCode::Denied, QStringLiteral("Cannot write"), {}, {}});
        QVERIFY(!dialog.findChild<InlineMessage *>(QStringLiteral("systemMessage"))->isHidden());
    }

    void vendorsFilesFillTheFields()
    {
        const SystemType files{
            QStringLiteral("files"), QStringLiteral("Files"), {}, samples::inputs()};
        SystemType alien = files;
        alien.id = QStringLiteral("alien4cloud");
        alien.vendorFiles = {QStringLiteral("alien4cloud-config.yml")};
        SystemDialog dialog({files, alien}, {}, std::nullopt, {}, nullptr);
        auto *fill = dialog.findChild<QPushButton *>(QStringLiteral("systemFill"));
        auto *remarks = dialog.findChild<InlineMessage *>(QStringLiteral("systemRemarks"));
        auto *type = dialog.findChild<QComboBox *>(QStringLiteral("systemType"));
        QVERIFY(!fill->isVisibleTo(&dialog)); // the type's vendor has no files
        type->setCurrentIndex(1);
        QVERIFY(fill->isVisibleTo(&dialog));
        QVERIFY(fill->accessibleDescription().contains(QStringLiteral("alien4cloud-config.yml")));
        auto *folder = dialog.findChild<QPlainTextEdit *>(QStringLiteral("input_folder"));
        auto *keep = dialog.findChild<QLineEdit *>(QStringLiteral("input_keep"));
        keep->setText(QStringLiteral("3"));

        QSignalSpy wanted(&dialog, &SystemDialog::fillRequested);
        const auto choose = [&](const QStringList &paths) {
            fill->click();
            auto *chooser = dialog.findChild<QFileDialog *>(QStringLiteral("systemFillDialog"));
            QVERIFY(chooser);
            QCOMPARE(chooser->fileMode(), QFileDialog::ExistingFiles);
            Q_EMIT chooser->filesSelected(paths);
            delete chooser;
        };
        choose({QStringLiteral("/a.yml")});
        QCOMPARE(wanted.takeFirst().first().toStringList(), QStringList{QStringLiteral("/a.yml")});
        const QStringList hostAndKeep{QStringLiteral("host"), QStringLiteral("keep")};
        QCOMPARE(dialog.typedTexts().keys(), hostAndKeep);

        FilledInputs filled;
        filled.inputs = {{QStringLiteral("folder"),
                          QJsonArray{QStringLiteral("/srv/a"), QStringLiteral("/srv/b")}},
                         {QStringLiteral("fast"), false}};
        filled.remarks = {
            {true, QStringLiteral("It wipes its data."), {}, QStringLiteral("/a.yml")},
            {false, samples::hostileText(), {}, {}}};
        dialog.fill(filled);
        QCOMPARE(folder->toPlainText(), QStringLiteral("/srv/a\n/srv/b"));
        QCOMPARE(dialog.texts().value(QStringLiteral("fast")), QStringList{QStringLiteral("no")});
        QCOMPARE(keep->text(), QStringLiteral("3"));
        QVERIFY(!remarks->isHidden());
        QVERIFY(remarks->text().contains(QStringLiteral("look at them before you save")));
        const QString detail = remarks->accessibleDescription();
        QVERIFY2(detail.startsWith(QStringLiteral("• Warning: It wipes its data. (/a.yml)\n")),
                 qPrintable(detail));
        QVERIFY(!detail.contains(QChar(0x202E)));
        // What a file filled, the next file may fill, and what was emptied; what was typed, not.
        QCOMPARE(dialog.typedTexts().keys(), hostAndKeep);
        folder->setPlainText(QStringLiteral("/srv/c"));
        QVERIFY(dialog.typedTexts().contains(QStringLiteral("folder")));
        folder->clear();
        QCOMPARE(dialog.typedTexts().keys(), hostAndKeep);

        // A file that cannot be read is not read again with the next one.
        choose({QStringLiteral("/broken.yml")});
        dialog.showProblem({ErrorCode::BadInput, QStringLiteral("no such file"), {}, {}});
        auto *message = dialog.findChild<InlineMessage *>(QStringLiteral("systemMessage"));
        QVERIFY(!message->isHidden());
        wanted.clear();
        choose({QStringLiteral("/b.yml")});
        QCOMPARE(wanted.takeFirst().first().toStringList(),
                 (QStringList{QStringLiteral("/b.yml"), QStringLiteral("/a.yml")}));
        dialog.fill(FilledInputs());
        QVERIFY(message->isHidden());
        type->setCurrentIndex(0);
        QVERIFY(!fill->isVisibleTo(&dialog));
        QVERIFY(remarks->isHidden());
    }

    void answersNeedTheirReason()
    {
        RunConsole console;
        console.setRun(QStringLiteral("r"), {});
        console.setView(samples::waiting(QStringLiteral("ask")));
        QSignalSpy commands(&console, &RunConsole::commandIssued);
        auto *note = console.findChild<QLineEdit *>(QStringLiteral("neededNote"));
        choice(&console, QStringLiteral("Done"))->click();
        QCOMPARE(commands.count(), 0); // its evidence is a text
        note->setText(QStringLiteral("42 orders of today"));
        // A refresh in between must not take the text away.
        console.setView(samples::waiting(QStringLiteral("ask")));
        QCOMPARE(note->text(), QStringLiteral("42 orders of today"));
        choice(&console, QStringLiteral("Done"))->click();
        QCOMPARE(commands.count(), 1);
        const auto command = commands.takeFirst().first().value<RunCommand>();
        QCOMPARE(command.kind, CommandKind::Answer);
        QCOMPARE(command.answer, AnswerKind::Done);
        QCOMPARE(command.step, QStringLiteral("look"));
        QCOMPARE(command.note, QStringLiteral("42 orders of today"));
        note->clear();
        choice(&console, QStringLiteral("Skip"))->click();
        QCOMPARE(commands.count(), 0);
        QVERIFY(console.findChild<QLabel *>(QStringLiteral("neededProblem"))
                    ->text()
                    .contains(QStringLiteral("reason")));
    }

    void aSecretIsTypedUnseen()
    {
        RunView view = samples::waiting(QStringLiteral("run"));
        view.state.waiting->reason = WaitingFor::Credential;
        view.state.waiting->secret = QStringLiteral("db_password");
        view.state.go = GoAnswer();
        RunConsole console;
        console.setRun(QStringLiteral("r"), {});
        console.setView(view);
        QSignalSpy commands(&console, &RunConsole::commandIssued);
        auto *field = console.findChild<QLineEdit *>(QStringLiteral("neededSecret"));
        auto *note = console.findChild<QLineEdit *>(QStringLiteral("neededNote"));
        QCOMPARE(field->echoMode(), QLineEdit::Password);
        QVERIFY(field->isVisibleTo(&console));
        choice(&console, QStringLiteral("Give"))->click();
        QCOMPARE(commands.count(), 0); // nothing was typed
        field->setText(QStringLiteral("pass-word"));
        choice(&console, QStringLiteral("Give"))->click();
        QCOMPARE(commands.count(), 1);
        const auto command = commands.takeFirst().first().value<RunCommand>();
        QCOMPARE(command.kind, CommandKind::Secret);
        QCOMPARE(command.secret, QStringLiteral("db_password"));
        QVERIFY(command.value->reveal([](QByteArrayView bytes) { return bytes == "pass-word"; }));
        QVERIFY(field->text().isEmpty());
        // What is typed there is never the reason, which goes into the journal.
        field->setText(QStringLiteral("pass-word"));
        choice(&console, QStringLiteral("Skip"))->click();
        QCOMPARE(commands.count(), 0);
        note->setText(QStringLiteral("its holder is asleep"));
        choice(&console, QStringLiteral("Skip"))->click();
        const auto skip = commands.takeFirst().first().value<RunCommand>();
        QCOMPARE(skip.answer, AnswerKind::Skip);
        QCOMPARE(skip.note, QStringLiteral("its holder is asleep"));
        QVERIFY(!skip.value);
        console.setView(samples::waiting(QStringLiteral("ask")));
        QVERIFY(field->text().isEmpty());
        QVERIFY(!field->isVisibleTo(&console));
        QVERIFY(note->isVisibleTo(&console));
    }

    void failedRestoreHasThreeWays()
    {
        RunConsole console;
        console.setRun(QStringLiteral("r"), {});
        console.setView(samples::view(RunStateName::Failed));
        QSignalSpy finish(&console, &RunConsole::resumeRequested);
        QSignalSpy back(&console, &RunConsole::undoRequested);
        QVERIFY(choice(&console, QStringLiteral("Finish")));
        QVERIFY(choice(&console, QStringLiteral("Go back")));
        QVERIFY(choice(&console, QStringLiteral("Leave stopped")));
        for (QLabel *meaning : console.findChildren<QLabel *>(QStringLiteral("neededMeaning")))
            QVERIFY2(meaning->text().contains(QStringLiteral("service")),
                     "each way says whether the service is then up or down");
        choice(&console, QStringLiteral("Finish"))->click();
        QCOMPARE(finish.count(), 1);
        QCOMPARE(finish.first().first().toBool(), true);
        choice(&console, QStringLiteral("Go back"))->click();
        QCOMPARE(back.count(), 1);
        QVERIFY(console.findChild<QLabel *>(QStringLiteral("undoTitle"))
                    ->text()
                    .contains(QStringLiteral("1")));
    }

    void anotherRunShowsNothingOfTheOneBefore()
    {
        RunConsole console;
        console.setRun(QStringLiteral("r1"), {});
        console.setView(samples::view(RunStateName::Failed));
        auto *undo = console.findChild<QWidget *>(QStringLiteral("undoScroll"));
        QVERIFY(!undo->isHidden());
        console.setRun(QStringLiteral("r2"), {});
        console.setView(samples::view(RunStateName::Succeeded));
        QVERIFY(undo->isHidden());
        QVERIFY(!console.findChild<QWidget *>(QStringLiteral("undoRow")));
    }

    void migrationSaysWhyItEndedWithWarnings()
    {
        RunConsole console;
        console.setRun(QStringLiteral("r"), {});
        RunView view = samples::view(RunStateName::Failed);
        view.shown = RunStateName::Warned;
        console.setView(view);
        auto *box = console.findChild<NeededBox *>();
        QVERIFY(box->findChild<QLabel *>(QStringLiteral("messageDetail"))
                    ->text()
                    .contains(QStringLiteral("Start the shop again")));
    }

    void fieldsKeepTheirPlaceWhenAMessageGoes()
    {
        // Long helps that wrap, and a message that comes and goes, in a window of fixed width.
        InputSpec stop;
        stop.name = QStringLiteral("stop");
        stop.type = InputType::Command;
        stop.title = QStringLiteral("Stop");
        stop.help = QStringLiteral("It may be run twice, and it has to come back by itself, so use "
                                   "a service where the program stays in the foreground");
        InputSpec start = stop;
        start.name = QStringLiteral("start");
        stop.with = start.name;
        start.with = stop.name;
        InputForm form;
        form.setSpecs({stop, start}, {});
        form.resize(420, 600);
        form.show();
        const auto edit = [&](const char *name) {
            return form.findChild<QPlainTextEdit *>(QLatin1String(name));
        };
        edit("input_start")->setPlainText(QStringLiteral("/bin/start"));
        edit("input_stop")->setPlainText(QStringLiteral("/bin/stop"));
        form.resize(420, form.heightForWidth(420));
        QApplication::processEvents();
        for (QLabel *help : form.findChildren<QLabel *>(QStringLiteral("inputHelp"))) {
            auto *field = help->parentWidget()->findChild<QPlainTextEdit *>();
            QVERIFY2(help->geometry().top() > field->geometry().bottom(),
                     qPrintable(field->objectName()));
        }
    }

    void cancelSaysFirstWhatItLeaves()
    {
        RunConsole console;
        console.setRun(QStringLiteral("r1"), {});
        console.setView(samples::view(RunStateName::Running));
        console.setCancelLeaves(QStringLiteral("The staged copy is removed; the shop stays off."));
        QSignalSpy commands(&console, &RunConsole::commandIssued);
        console.findChild<QPushButton *>(QStringLiteral("runCancel"))->click();
        QCOMPARE(commands.count(), 0);
        auto *panel = console.findChild<ConfirmPanel *>(QStringLiteral("cancelPanel"));
        QVERIFY(!panel->isHidden());
        QCOMPARE(panel->accessibleDescription(),
                 QStringLiteral("The staged copy is removed; the shop stays off."));
        panel->findChild<QPushButton *>(QStringLiteral("confirmKeep"))->click();
        QVERIFY(panel->isHidden());
        console.findChild<QPushButton *>(QStringLiteral("runCancel"))->click();
        panel->findChild<QPushButton *>(QStringLiteral("confirmGo"))->click();
        QCOMPARE(commands.count(), 1);
        QCOMPARE(commands.first().first().value<RunCommand>().kind, CommandKind::Cancel);
        console.findChild<QPushButton *>(QStringLiteral("runCopy"))->click();
        QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("lifeboat-cli runs show r1"));
    }

    void anEndedRunHasAReport()
    {
        RunConsole console;
        console.setRun(QStringLiteral("r1"), {});
        auto *report = console.findChild<QPushButton *>(QStringLiteral("runReport"));
        console.setView(samples::view(RunStateName::Running));
        QVERIFY(report->isHidden());
        console.setView(samples::view(RunStateName::Succeeded));
        QVERIFY(!report->isHidden());
        QSignalSpy wanted(&console, &RunConsole::reportRequested);
        report->click();
        auto *dialog = console.findChild<QFileDialog *>(QStringLiteral("reportDialog"));
        QVERIFY(dialog);
        QVERIFY(dialog->selectedFiles().value(0).endsWith(QStringLiteral("lifeboat-r1.html")));
        const QTemporaryDir folder;
        dialog->selectFile(folder.filePath(QStringLiteral("mine.html")));
        static_cast<QDialog *>(dialog)->accept();
        QCOMPARE(wanted.count(), 1);
        QCOMPARE(wanted.first().first().toString(), folder.filePath(QStringLiteral("mine.html")));
    }

    void consoleOpensTheFailedStep()
    {
        RunConsole console;
        QStringList asked;
        console.setRun(QStringLiteral("r"), [&](const QString &step) {
            asked << step;
            return QStringList();
        });
        console.setView(samples::view(RunStateName::Running));
        QCOMPARE(asked.last(), QStringLiteral("stage"));
        console.setView(samples::view(RunStateName::Failed));
        QCOMPARE(asked.last(), QStringLiteral("swap"));
    }

    void wizardGoesFromGoalToGo()
    {
        RunDraft *draft = makeDraft();
        RunWizard wizard(draft);
        wizard.setAttribute(Qt::WA_DeleteOnClose, false);
        QSignalSpy prepared(draft, &RunDraft::prepareRequested);
        QSignalSpy discarded(draft, &RunDraft::discardRequested);
        QSignalSpy went(draft, &RunDraft::goRequested);
        wizard.show();
        const auto next = [&] { return wizard.button(QWizard::NextButton); };
        QCOMPARE(wizard.currentId(), int(RunWizard::Goal));
        QVERIFY(next()->isEnabled());
        next()->click();
        QCOMPARE(wizard.currentId(), int(RunWizard::Target));
        next()->click();
        QCOMPARE(wizard.currentId(), int(RunWizard::Point));
        QCOMPARE(draft->point(), chooseBest(samples::points(), std::nullopt).chosen->id);
        next()->click();
        QCOMPARE(wizard.currentId(), int(RunWizard::Inputs));
        QVERIFY(next()->isEnabled());
        auto *folder = wizard.findChild<QPlainTextEdit *>(QStringLiteral("input_folder"));
        folder->setPlainText(QStringLiteral("nonsense"));
        QVERIFY(!next()->isEnabled());
        QVERIFY(!wizard.currentPage()
                     ->findChild<QLabel *>(QStringLiteral("pageReason"))
                     ->text()
                     .isEmpty());
        folder->setPlainText(QStringLiteral("/srv/elsewhere"));
        next()->click();
        QCOMPARE(wizard.currentId(), int(RunWizard::Checks));
        QCOMPARE(prepared.count(), 1);
        QVERIFY(!next()->isEnabled());
        QCOMPARE(draft->order().mode, RunMode::Plan);
        QCOMPARE(draft->order().set.keys(), QStringList{QStringLiteral("folder")});

        // Back throws the draft away; forth makes a new one.
        draft->setRun(QStringLiteral("r1"));
        draft->setView(samples::view(RunStateName::Preparing));
        wizard.back();
        QCOMPARE(discarded.count(), 1);
        QCOMPARE(discarded.first().first().toString(), QStringLiteral("r1"));
        QCOMPARE(folder->toPlainText(), QStringLiteral("/srv/elsewhere"));
        next()->click();
        QCOMPARE(prepared.count(), 2);
        draft->setRun(QStringLiteral("r2"));
        draft->setView(samples::view(RunStateName::Preparing));
        QVERIFY(!next()->isEnabled());
        draft->setView(samples::view(RunStateName::Ready));
        QVERIFY2(!next()->isEnabled(), "a warning needs a reason first");
        wizard.findChild<QWidget *>(QStringLiteral("check_room"))
            ->findChild<QLineEdit *>(QStringLiteral("checkReason"))
            ->setText(QStringLiteral("measured by hand"));
        QVERIFY(next()->isEnabled());
        next()->click();
        QCOMPARE(wizard.currentId(), int(RunWizard::Plan));
        auto *text = wizard.findChild<QPlainTextEdit *>(QStringLiteral("planText"));
        QCOMPARE(text->toPlainText(), samples::planText());
        QVERIFY(text->isReadOnly());
        QVERIFY(wizard.findChild<InlineMessage *>(QStringLiteral("planNoReturn"))
                    ->text()
                    .contains(QStringLiteral("Swap /srv/shop in")));
        QVERIFY(!next()->isVisible());
        wizard.button(QWizard::CommitButton)->click();
        QCOMPARE(wizard.currentId(), int(RunWizard::Go));
        auto *finish = wizard.button(QWizard::FinishButton);
        QCOMPARE(finish->text(), QStringLiteral("Start restore"));
        QVERIFY(!finish->isEnabled());
        auto *typed = wizard.findChild<QLineEdit *>(QStringLiteral("goTyped"));
        typed->setText(QStringLiteral("shop-files@elsewhere"));
        QVERIFY(!finish->isEnabled());
        typed->setText(QStringLiteral("shop-files@harbour"));
        QVERIFY(finish->isEnabled());
        finish->click();
        QCOMPARE(went.count(), 1);
        const auto go = went.first().first().value<GoAnswer>();
        QCOMPARE(go.planSha256, samples::view(RunStateName::Ready).state.planSha256);
        QCOMPARE(go.confirm, QStringLiteral("shop-files@harbour"));
        QCOMPARE(go.accept.value(QStringLiteral("room")), QStringLiteral("measured by hand"));
        QVERIFY(wizard.isVisible());
        draft->goRefused(
            {ErrorCode::Conflict, QStringLiteral("The plan is another one now"), {}, {}});
        QVERIFY(wizard.findChild<InlineMessage *>(QStringLiteral("goMessage"))->isVisible());
        finish->click();
        QCOMPARE(went.count(), 2);
        draft->wentOff();
        QVERIFY(!wizard.isVisible());
    }

    void failedCheckBlocks()
    {
        RunDraft *draft = makeDraft();
        RunWizard wizard(draft);
        RunView view = samples::view(RunStateName::Ready);
        view.state.checks[2].verdict = CheckVerdict::Failed;
        draft->setRun(QStringLiteral("r1"));
        draft->setView(view);
        QVERIFY(draft->obstacle().contains(QStringLiteral("1 check")));
        draft->setReason(QStringLiteral("room"), QStringLiteral("fine"));
        draft->setReason(QStringLiteral("lease"), QStringLiteral("never mind"));
        QVERIFY2(!draft->obstacle().isEmpty(), "a failed check cannot be accepted");
    }

    void noDefaultPointShowsBothLosses()
    {
        auto points = samples::points();
        const BestPoint best = chooseBest(points, std::chrono::hours(1));
        QVERIFY(!best.chosen);
        RunDraft *draft = makeDraft();
        RunDraft *unsure = new RunDraft(
            samples::profile(QStringLiteral("shop-files")),
            {[](const QString &) -> Result<Runbook> { return samples::restoreRunbook(); },
             [](const Plan &) { return QString(); }});
        unsure->setOffered(draft->offered(), Purpose::Restore);
        unsure->setPoints(points, best);
        delete draft;
        RunWizard wizard(unsure);
        wizard.restart();
        wizard.next();
        wizard.next();
        QCOMPARE(wizard.currentId(), int(RunWizard::Point));
        QVERIFY(unsure->point().isEmpty());
        QVERIFY(!wizard.currentPage()->isComplete());
        const QString text = wizard.findChild<InlineMessage *>(QStringLiteral("pointMessage"))
                                 ->accessibleDescription();
        QCOMPARE(text.count(QStringLiteral("loses")), 2);
    }

    void colorsCanBeReadInLightAndDark()
    {
        QPalette light(QColor(0xef, 0xef, 0xef), QColor(0xef, 0xef, 0xef));
        light.setColor(QPalette::Base, Qt::white);
        QPalette dark(QColor(0x2b, 0x2b, 0x2e), QColor(0x2b, 0x2b, 0x2e));
        dark.setColor(QPalette::Base, QColor(0x1f, 0x1f, 0x22));
        dark.setColor(QPalette::WindowText, QColor(0xec, 0xec, 0xec));
        QVERIFY(!isDark(light) && isDark(dark));
        for (const QPalette &palette : {light, dark}) {
            for (const Tone tone : {Tone::Good, Tone::Warn, Tone::Bad, Tone::Busy}) {
                for (const QColor &ground :
                     {palette.color(QPalette::Window), palette.color(QPalette::Base),
                      toneFill(tone, palette)})
                    QVERIFY2(contrast(toneColor(tone, palette), ground) >= 4.5,
                             qPrintable(QStringLiteral("%1 on %2: %3")
                                            .arg(toneColor(tone, palette).name(), ground.name())
                                            .arg(contrast(toneColor(tone, palette), ground))));
                QVERIFY(contrast(palette.color(QPalette::WindowText), toneFill(tone, palette)) >=
                        4.5);
            }
            QVERIFY(contrast(mutedColor(palette), palette.color(QPalette::Base)) >= 4.5);
            QVERIFY(contrast(mutedColor(palette), palette.color(QPalette::Window)) >= 4.5);
        }
        QVERIFY(contrast(accentColor(), Qt::white) >= 4.5);
    }

    void tabWalksThroughTheConsole()
    {
        RunConsole console;
        console.setRun(QStringLiteral("r"), {});
        console.setView(samples::waiting(QStringLiteral("ask")));
        console.resize(1000, 700);
        console.show();
        QVERIFY(QTest::qWaitForWindowActive(&console));
        console.findChild<QWidget *>(QStringLiteral("runBack"))->setFocus();
        QStringList order;
        for (int i = 0; i < 40; ++i) {
            QWidget *at = QApplication::focusWidget();
            if (!at || order.contains(at->objectName() + spoken(at)))
                break;
            order << at->objectName() + spoken(at);
            QTest::keyClick(at, Qt::Key_Tab);
        }
        const auto place = [&](const QString &name) {
            for (qsizetype i = 0; i < order.size(); ++i)
                if (order[i].startsWith(name))
                    return i;
            return qsizetype(-1);
        };
        const QString all = order.join(QLatin1Char(' '));
        QVERIFY2(place(QStringLiteral("neededNote")) > 0, qPrintable(all));
        QVERIFY2(place(QStringLiteral("neededNote")) < place(QStringLiteral("neededChoice")),
                 qPrintable(all));
        QVERIFY2(place(QStringLiteral("neededChoice")) < place(QStringLiteral("runSteps")),
                 qPrintable(all));
        QVERIFY2(place(QStringLiteral("runSteps")) < place(QStringLiteral("logLines")),
                 qPrintable(all));
        QVERIFY2(place(QStringLiteral("logLines")) < place(QStringLiteral("runPause")),
                 qPrintable(all));
        QVERIFY2(place(QStringLiteral("runCopy")) > 0, qPrintable(all));
    }
};

QTEST_MAIN(TestUiViews)
#include "tst_ui_views.moc"
