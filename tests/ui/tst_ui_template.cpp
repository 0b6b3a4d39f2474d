// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/samples.h"
#include "ui/line_pairs.h"
#include "ui/points_page.h"
#include "ui/template_dialog.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QDir>
#include <QElapsedTimer>
#include <QGuiApplication>
#include <QPushButton>
#include <QRandomGenerator>
#include <QScrollBar>
#include <QSignalSpy>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeWidget>

using namespace lb;

/// The view of a template: which lines stand side by side, what is read of a part's files, and the
/// dialog on made-up values.
class TestUiTemplate : public QObject
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

    static QStringList letters(const char *text)
    {
        return QString::fromLatin1(text).split(QString(), Qt::SkipEmptyParts);
    }

    /// "ab|ab" per row, "-" for no line; a star where they differ.
    static QString shown(const QStringList &left, const QStringList &right)
    {
        QString rows;
        for (const LinePair &pair : pairLines(left, right))
            rows += (pair.left < 0 ? QStringLiteral("-") : left[pair.left]) +
                    (pair.right < 0 ? QStringLiteral("-") : right[pair.right]) +
                    (pair.isSame ? QStringLiteral(" ") : QStringLiteral("* "));
        return rows.trimmed();
    }

    static void write(const QString &path, const QByteArray &bytes)
    {
        QVERIFY(QDir().mkpath(QFileInfo(path).path()));
        QFile out(path);
        QVERIFY(out.open(QIODevice::WriteOnly));
        QCOMPARE(out.write(bytes), bytes.size());
    }

    static int shownRow(const ComparePane *pane) { return pane->verticalScrollBar()->value(); }

private Q_SLOTS:
    void equalLinesStandInOneRow_data()
    {
        QTest::addColumn<QString>("left");
        QTest::addColumn<QString>("right");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char *left, const char *right, const char *expected) {
            QTest::addRow("%s to %s", left, right) << left << right << expected;
        };
        row("", "", "");
        row("abc", "abc", "aa bb cc");
        row("", "ab", "-a* -b*");
        row("ab", "", "a-* b-*");
        row("abc", "axc", "aa bx* cc");
        row("abc", "ac", "aa b-* cc");
        row("ac", "abc", "aa -b* cc");
        row("xabc", "abcy", "x-* aa bb cc -y*");
        row("abcabba", "cbabac", "ac* b-* ca* bb aa -b* ba* ac*");
    }
    void equalLinesStandInOneRow()
    {
        QFETCH(QString, left);
        QFETCH(QString, right);
        const QStringList l = letters(qPrintable(left)), r = letters(qPrintable(right));
        if (left == QLatin1String("abcabba")) {
            // The example of the paper has several answers; all have four equal lines.
            QCOMPARE(shown(l, r).count(QLatin1Char('*')), int(pairLines(l, r).size()) - 4);
            return;
        }
        QTEST(shown(l, r), "expected");
    }

    void noLineIsLostOrTwice()
    {
        QRandomGenerator random(7);
        for (int round = 0; round < 300; ++round) {
            QStringList left, right;
            for (QStringList *side : {&left, &right}) {
                const int count = random.bounded(30);
                for (int i = 0; i < count; ++i)
                    *side << QString(QChar(u'a' + random.bounded(5)));
            }
            int l = 0, r = 0;
            for (const LinePair &pair : pairLines(left, right)) {
                if (pair.left >= 0)
                    QCOMPARE(pair.left, l++);
                if (pair.right >= 0)
                    QCOMPARE(pair.right, r++);
                QVERIFY(pair.left >= 0 || pair.right >= 0);
                if (pair.isSame)
                    QCOMPARE(left[pair.left], right[pair.right]);
            }
            QCOMPARE(l, int(left.size()));
            QCOMPARE(r, int(right.size()));
        }
    }

    void textsWithNothingInCommonTakeNoTime()
    {
        QStringList left, right;
        for (int i = 0; i < 40'000; ++i) {
            left << QStringLiteral("left %1").arg(i);
            right << QStringLiteral("right %1").arg(i);
        }
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(pairLines(left, right).size(), size_t(40'000));
        QVERIFY2(timer.elapsed() < 5000, qPrintable(QString::number(timer.elapsed())));
    }

    void partIsReadFromItsFiles()
    {
        const QTemporaryDir folder;
        const auto path = [&](const char *name) { return folder.filePath(QLatin1String(name)); };
        QCOMPARE(readToolchainTemplate(folder.path()).error().code, ErrorCode::NotFound);
        write(path("template/.bluemix/pipeline_a.yml"), "stages: []\n");
        write(path("template/.bluemix/toolchain.yml"), "version: 2\n");
        write(path("template/README.md"), "# a\n");
        // As an older Lifeboat saved it: without lines and sources.
        auto made = readToolchainTemplate(folder.path());
        QVERIFY(made);
        QCOMPARE(made->files.size(), size_t(3));
        QCOMPARE(made->files[0].path, QStringLiteral(".bluemix/toolchain.yml"));
        QVERIFY(made->files[0].source.isEmpty());

        write(path("secret"), "stolen\n");
        write(path("source/pipeline_a.yml"), "hooks: []\nstages: []\n");
        write(path("changes.json"),
              "{\"format\":1,\"sources\":["
              "{\"file\":\".bluemix/pipeline_a.yml\",\"source\":\"source/pipeline_a.yml\"},"
              "{\"file\":\".bluemix/toolchain.yml\",\"source\":\"source/../secret\"}],"
              "\"changes\":[{\"rule\":\"C1\",\"file\":\".bluemix/pipeline_a.yml\",\"pointer\":"
              "\"/hooks\",\"line\":1,\"source_line\":1,\"before\":\"hush\",\"after\":\"\","
              "\"secret\":true}]}");
        write(path("findings.json"),
              "{\"format\":1,\"findings\":[{\"code\":\"x\",\"severity\":\"error\",\"file\":"
              "\".bluemix/pipeline_a.yml\",\"pointer\":\"\",\"line\":1,\"source_line\":2,"
              "\"message\":\"m\",\"remedy\":\"r\"}]}");
        made = readToolchainTemplate(folder.path());
        QVERIFY(made);
        QVERIFY(made->files[0].source.isEmpty());
        QCOMPARE(made->files[1].source.size(), 2);
        QCOMPARE(made->changes.at(0).place.sourceLine, 1);
        QVERIFY(made->changes.at(0).before.isEmpty());
        QCOMPARE(made->findings.at(0).severity, TemplateFinding::Severity::Error);

        write(path("changes.json"), "{\"format\":2}");
        QVERIFY(!readToolchainTemplate(folder.path()));
        write(path("changes.json"), "{\"form");
        QCOMPARE(readToolchainTemplate(folder.path()).error().code, ErrorCode::Corrupt);
    }

    void everyRuleHasItsWords()
    {
        for (const TemplateChange &change : samples::toolchainTemplate().changes)
            QVERIFY(!templateRuleText(change.rule).isEmpty());
        QVERIFY(templateRuleText(QStringLiteral("Z9")).isEmpty());
    }

    void secretsAreNotShown()
    {
        TemplateChangesModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setChanges(samples::toolchainTemplate().changes);
        QCOMPARE(model.rowCount(), 4);
        const auto cell = [&](int row, int column) {
            return model.index(row, column).data().toString();
        };
        QCOMPARE(cell(0, TemplateChangesModel::Rule), QStringLiteral("C1"));
        QCOMPARE(cell(0, TemplateChangesModel::Before), QStringLiteral("not shown"));
        QCOMPARE(cell(0, TemplateChangesModel::After), QStringLiteral("left out"));
        QCOMPARE(cell(1, TemplateChangesModel::Before), QStringLiteral("nothing"));
        QCOMPARE(cell(3, TemplateChangesModel::Before), QStringLiteral("not shown"));
    }

    void worstFindingsComeFirst()
    {
        TemplateFindingsModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setFindings(samples::toolchainTemplate().findings);
        QCOMPARE(model.placeAt(0)->line, 4);
        QCOMPARE(model.placeAt(2)->line, 2);
        QVERIFY(!model.placeAt(3));
        const QString text = model.rowText(0);
        QVERIFY(text.contains(QLatin1String("error\t")));
        QVERIFY(!text.contains(QLatin1Char('\n')));
    }

    void dialogAsksForWhatItShows()
    {
        TemplateDialog dialog(samples::toolchainPoint(), nullptr);
        QSignalSpy asked(&dialog, &TemplateDialog::partRequested);
        auto *stack = child<QStackedWidget>(&dialog, "templateStack");
        auto *status = child<QLabel>(&dialog, "templateStatus");
        auto *message = child<InlineMessage>(&dialog, "templateMessage");
        dialog.show();
        QTRY_COMPARE(asked.count(), 1);
        QCOMPARE(asked[0][0].toString(), QStringLiteral("harbor-ferry"));
        QCOMPARE(stack->currentWidget(), status);

        dialog.setProblem(QStringLiteral("harbor-ferry"),
                          {ErrorCode::Failed, QStringLiteral("It <b>broke</b>"), {}, {}});
        QVERIFY(message->isVisible());
        QCOMPARE(message->text(), QStringLiteral("It <b>broke</b>"));
        child<QPushButton>(&dialog, "templateAgain")->click();
        QTRY_COMPARE(asked.count(), 2);
        QVERIFY(!message->isVisible());

        dialog.setTemplate(QStringLiteral("harbor-ferry"), samples::toolchainTemplate());
        QCOMPARE(stack->currentWidget()->objectName(), QStringLiteral("templateCompare"));
        auto *tree = child<QTreeWidget>(&dialog, "templateFiles");
        QCOMPARE(tree->currentItem()->text(0), QStringLiteral("pipeline_build-web.yml"));
        QCOMPARE(tree->currentItem()->text(1), QStringLiteral("4"));
        tree->setCurrentItem(tree->topLevelItem(1));
        QTRY_COMPARE(asked.count(), 3);
        QCOMPARE(stack->currentWidget(), status);
        // Its answer comes while another one is looked at.
        tree->setCurrentItem(tree->topLevelItem(0)->child(1));
        dialog.setTemplate(QStringLiteral("tide-tables"), samples::toolchainTemplate());
        QCOMPARE(tree->currentItem()->text(0), QStringLiteral("README.md"));
        QCOMPARE(child<QTableView>(&dialog, "templateChanges")->model()->rowCount(), 0);
    }

    void rowsLeadToTheirLines()
    {
        ToolchainTemplate made = samples::toolchainTemplate();
        // Long enough to scroll.
        for (int i = 0; i < 400; ++i) {
            made.files[0].source << QStringLiteral("line-%1: x").arg(i);
            made.files[0].text << QStringLiteral("line-%1: x").arg(i);
        }
        const int line = int(made.files[0].text.size()) - 100;
        made.changes.push_back({{made.files[0].path, QStringLiteral("/line"), line, line + 3},
                                QStringLiteral("C2"),
                                QStringLiteral("1"),
                                QStringLiteral("2"),
                                false});
        TemplateDialog dialog(samples::toolchainPoint(), nullptr);
        dialog.setTemplate(QStringLiteral("harbor-ferry"), made);
        dialog.resize(1000, 700);
        dialog.show();
        QVERIFY(QTest::qWaitForWindowExposed(&dialog));
        auto *before = child<ComparePane>(&dialog, "templateBefore");
        auto *after = child<ComparePane>(&dialog, "templateAfter");
        QCOMPARE(before->lines().size(), after->lines().size());
        auto *tabs = child<QTabWidget>(&dialog, "templateTabs");
        QCOMPARE(tabs->currentIndex(), 1); // findings come first
        tabs->setCurrentIndex(0);
        auto *changes = child<QTableView>(&dialog, "templateChanges");
        changes->selectRow(changes->model()->rowCount() - 1);
        QCOMPARE(after->currentRow(), after->rowOf(line));
        QCOMPARE(before->currentRow(), before->rowOf(line + 3));
        QVERIFY(shownRow(after) > 100);
        QCOMPARE(shownRow(before), shownRow(after));

        before->verticalScrollBar()->setValue(20);
        QCOMPARE(shownRow(after), 20);
        after->verticalScrollBar()->setValue(30);
        QCOMPARE(shownRow(before), 30);

        // A line leads back to what is said about it.
        before->setFocus();
        QTest::keyClick(before, Qt::Key_Home, Qt::ControlModifier);
        for (int i = 0; i < 6; ++i)
            QTest::keyClick(before, Qt::Key_Down);
        QCOMPARE(after->currentRow(), 6);
        QCOMPARE(tabs->currentIndex(), 1);
        QVERIFY(child<QTableView>(&dialog, "templateFindings")->currentIndex().row() == 0);
    }

    void movedLinesAreShownOnBothSides()
    {
        ToolchainTemplate made = samples::toolchainTemplate();
        TemplateFile &file = made.files[0];
        file.source.clear();
        file.text.clear();
        for (int i = 0; i < 300; ++i)
            file.text << QStringLiteral("line-%1: x").arg(i);
        file.source = QStringList{QStringLiteral("envProperties:")} + file.text;
        file.text << QStringLiteral("properties:");
        made.findings.clear();
        made.changes = {{{file.path, QStringLiteral("/properties"), 301, 1},
                         QStringLiteral("K1"),
                         QStringLiteral("\"envProperties\""),
                         QStringLiteral("\"properties\""),
                         false}};
        TemplateDialog dialog(samples::toolchainPoint(), nullptr);
        dialog.setTemplate(QStringLiteral("harbor-ferry"), made);
        dialog.show();
        QVERIFY(QTest::qWaitForWindowExposed(&dialog));
        child<QTableView>(&dialog, "templateChanges")->selectRow(0);
        auto *before = child<ComparePane>(&dialog, "templateBefore");
        auto *after = child<ComparePane>(&dialog, "templateAfter");
        QCOMPARE(shownRow(before), 0);
        QVERIFY(shownRow(after) > 200);
        QCOMPARE(before->lines()[size_t(before->currentRow())].number, 1);
        QCOMPARE(after->lines()[size_t(after->currentRow())].number, 301);
    }

    void oneSideScrollsFurtherThanTheOther()
    {
        ToolchainTemplate made = samples::toolchainTemplate();
        made.files[0].source[0] = QString(2'000'000, QLatin1Char('x'));
        TemplateDialog dialog(samples::toolchainPoint(), nullptr);
        dialog.setTemplate(QStringLiteral("harbor-ferry"), made);
        dialog.show();
        QVERIFY(QTest::qWaitForWindowExposed(&dialog));
        auto *before = child<ComparePane>(&dialog, "templateBefore");
        QVERIFY(before->toPlainText().size() < 20'000);
        QScrollBar *bar = before->horizontalScrollBar();
        bar->setValue(bar->maximum());
        QVERIFY(bar->value() > 10'000);
        QCOMPARE(bar->value(), bar->maximum());
    }

    void whatIsCopiedStandsInTheFile()
    {
        TemplateDialog dialog(samples::toolchainPoint(), nullptr);
        const ToolchainTemplate made = samples::toolchainTemplate();
        dialog.setTemplate(QStringLiteral("harbor-ferry"), made);
        auto *after = child<ComparePane>(&dialog, "templateAfter");
        after->selectAll();
        after->copy();
        QCOMPARE(QGuiApplication::clipboard()->text(), made.files[0].text.join(QLatin1Char('\n')));
        QVERIFY(after->isReadOnly());
        auto *table = child<QTableView>(&dialog, "templateFindings");
        table->selectRow(0);
        child<QAction>(&dialog, "templateFindingsCopy")->trigger();
        QVERIFY(QGuiApplication::clipboard()->text().contains(QLatin1String("is no tool")));
    }

    void keyboardReachesEverything()
    {
        TemplateDialog dialog(samples::toolchainPoint(), nullptr);
        dialog.setTemplate(QStringLiteral("harbor-ferry"), samples::toolchainTemplate());
        dialog.show();
        QVERIFY(QTest::qWaitForWindowActive(&dialog));
        auto *tree = child<QTreeWidget>(&dialog, "templateFiles");
        QTRY_VERIFY(tree->hasFocus());
        for (const char *pane : {"templateBefore", "templateAfter", "templateFindings"}) {
            QTest::keyClick(&dialog, Qt::Key_F6);
            QTRY_VERIFY2(child<QWidget>(&dialog, pane)->hasFocus(), pane);
        }
        QTest::keyClick(&dialog, Qt::Key_F6, Qt::ShiftModifier);
        QTRY_VERIFY(child<QWidget>(&dialog, "templateAfter")->hasFocus());
        QTest::keyClick(&dialog, Qt::Key_Escape);
        QTRY_VERIFY(!dialog.isVisible());
    }

    void sizeIsRemembered()
    {
        QByteArray layout;
        {
            TemplateDialog dialog(samples::toolchainPoint(), nullptr);
            dialog.resize(777, 555);
            layout = dialog.saveLayout();
        }
        TemplateDialog dialog(samples::toolchainPoint(), nullptr);
        dialog.restoreLayout({});
        dialog.restoreLayout(QByteArray("nonsense"));
        dialog.restoreLayout(layout);
        QCOMPARE(dialog.size(), QSize(777, 555));
    }

    void onlyPointsWithToolchainsOfferIt()
    {
        PointsPage page;
        QSignalSpy wanted(&page, &PointsPage::templateRequested);
        page.setSystems({QStringLiteral("shop-files")});
        page.setPoints({samples::points().front()});
        page.show();
        auto *button = child<QPushButton>(&page, "pointTemplate");
        QVERIFY(!button->isVisible());
        page.setPoints({samples::toolchainPoint()});
        QVERIFY(button->isVisible());
        QVERIFY(button->isEnabled());
        button->click();
        QCOMPARE(wanted.count(), 1);
        QCOMPARE(wanted[0][0].toString(), samples::toolchainPoint().id);
    }
};

QTEST_MAIN(TestUiTemplate)
#include "tst_ui_template.moc"
