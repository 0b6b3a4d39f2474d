// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/screens/journey.h"

#include "core/base/english_plurals.h"
#include "resources/resources.h"
#include "tests/screens/dark_palette.h"

#include <QDialog>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLabel>
#include <QScreen>
#include <QScrollArea>
#include <QScrollBar>
#include <QTest>

#include <cstdio>

namespace lb {

namespace {

constexpr std::chrono::minutes kLongestRun{4};

} // namespace

QStringList Journey::setUp(QApplication &application)
{
    initResources();
    installEnglishPlurals(&application);
    applyLook();
    const QStringList words = QApplication::arguments();
    if (words.contains(QStringLiteral("dark")))
        setDarkPalette();
    return words;
}

std::optional<StoryFacts> Journey::readFacts(const QStringList &words)
{
    QFile facts(words.value(2));
    if (words.size() < 3 || !QDir().mkpath(words[1]) || !facts.open(QIODevice::ReadOnly))
        return std::nullopt;
    return StoryFacts(QJsonDocument::fromJson(facts.readAll()).object());
}

Journey::Journey(QString folder, bool onlyMain)
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

QString Journey::home()
{
    return QDir::homePath();
}

void Journey::write(const QString &name, const QByteArray &content)
{
    QFile out(home() + QLatin1Char('/') + name);
    if (!out.open(QIODevice::WriteOnly) || out.write(content) != content.size())
        qFatal("cannot write %s", qPrintable(name));
}

void Journey::need(const char *what, const std::function<bool()> &is, std::chrono::seconds limit)
{
    if (QTest::qWaitFor(is, int(std::chrono::milliseconds(limit).count())))
        return;
    shoot("stuck", true);
    if (QWidget *open = wizard())
        shoot("stuck-wizard", true, open);
    qFatal("waited in vain for %s; state %s", what, qPrintable(stateWord()));
}

void Journey::shoot(const QByteArray &name, bool main, QWidget *widget)
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

QPushButton *Journey::choice(const QString &start)
{
    for (QPushButton *one : m_window.findChildren<QPushButton *>(QStringLiteral("neededChoice")))
        if (one->text().remove(QLatin1Char('&')).startsWith(start))
            return one;
    qFatal("no choice %s", qPrintable(start));
}

SystemCard *Journey::card(const QString &system)
{
    for (SystemCard *one : cards())
        if (one->overview().profile.name == system)
            return one;
    qFatal("no card of %s", qPrintable(system));
}

void Journey::press(const QString &system, const QString &verb)
{
    QWidget *shown = card(system);
    for (const char *name : {"cardPrimary", "cardSecond"}) {
        auto *one = child<QPushButton>(name, shown);
        if (!one->isHidden() && one->text().startsWith(verb))
            return one->click();
    }
    qFatal("%s does not offer %s", qPrintable(system), qPrintable(verb));
}

void Journey::place(int index)
{
    child<QListWidget>("navigation")->setCurrentRow(index);
    QTest::keyClick(&m_window, Qt::Key_F5);
    QTest::qWait(400);
}

void Journey::back()
{
    QMetaObject::invokeMethod(child("runBack"), "click");
}

QString Journey::stateWord()
{
    auto *console = m_window.findChild<RunConsole *>();
    return console->isVisible() ? child<QLabel>("stateWord", child("runState", console))->text()
                                : QString();
}

bool Journey::isEndedWell()
{
    return stateWord() == QStringLiteral("succeeded") ||
           stateWord() == QStringLiteral("completed with warnings");
}

int Journey::logLines()
{
    return child("logLines")->accessibleName().section(QLatin1Char(' '), 1, 1).toInt();
}

void Journey::throughWizard(const Walk &walk)
{
    need("the wizard", [this] { return wizard() && wizard()->isVisible(); });
    RunWizard *open = wizard();
    const auto page = [&] {
        static constexpr const char *kNames[] = {"1-goal",    "2-target", "3-point", "4-inputs",
                                                 "5-secrets", "6-checks", "7-plan",  "8-go"};
        const int id = open->currentId();
        if (walk.onPage)
            walk.onPage(id);
        if (!walk.name.isEmpty())
            shoot("wizard-" + walk.name + "-" + kNames[id], walk.main.contains(id), open);
    };
    if (!walk.runbook.isEmpty()) {
        auto *list = child<QListWidget>("goalList", open);
        for (int row = 0; row < list->count(); ++row)
            if (list->item(row)->data(Qt::UserRole).toString() == walk.runbook)
                list->setCurrentRow(row);
        if (list->currentItem()->data(Qt::UserRole).toString() != walk.runbook)
            qFatal("the wizard does not offer %s", qPrintable(walk.runbook));
    }
    while (open->currentId() < RunWizard::Checks) {
        page();
        need("Next", [&] { return open->button(QWizard::NextButton)->isEnabled(); });
        open->next();
    }
    if (walk.beforeChecks)
        walk.beforeChecks();
    need("the checks", [&] {
        for (QLineEdit *reason : open->findChildren<QLineEdit *>(QStringLiteral("checkReason")))
            if (walk.acceptsWarnings && !reason->isHidden() && reason->text().isEmpty())
                reason->setText(QStringLiteral("Known and accepted"));
        return open->draft()->obstacle().isEmpty();
    });
    page();
    open->next();
    page();
    open->button(QWizard::CommitButton)->click();
    if (open->draft()->view()->plan->needsConfirmation())
        child<QLineEdit>("goTyped", open)->setText(open->draft()->view()->plan->identity.text);
    page();
    open->button(QWizard::FinishButton)->click();
    need("the run", [this] { return !wizard() && !stateWord().isEmpty(); });
}

void Journey::endWhatWaits()
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

void Journey::at(const char *place)
{
    std::printf("at %s\n", place);
    std::fflush(stdout);
    char answer[16];
    if (!std::fgets(answer, sizeof answer, stdin))
        qFatal("nobody answered at %s", place);
}

void Journey::board()
{
    place(0);
    need("the system", [this] { return cards().size() == 1 && cards().front()->isVisible(); });
}

void Journey::ends(const char *what, const QString &word)
{
    need(
        what,
        [this] {
            const QString now = stateWord();
            return isEndedWell() || now == QStringLiteral("failed") ||
                   now == QStringLiteral("cancelled");
        },
        kLongestRun);
    QTest::qWait(300);
    if (stateWord() == word)
        return;
    shoot("stuck", true);
    qFatal("%s: %s instead of %s", what, qPrintable(stateWord()), qPrintable(word));
}

void Journey::shootEnd(const char *scroll, const QByteArray &name, QWidget *shown, bool main)
{
    auto *bar = child<QScrollArea>(scroll, shown)->verticalScrollBar();
    QTest::qWait(200); // the end is known when everything has its place
    bar->setValue(bar->maximum());
    shoot(name, main, shown);
    bar->setValue(0);
}

QWidget *Journey::openSecret(const QString &name)
{
    auto *table = child<QTableView>("secretsTable");
    auto *facts = child<QLabel>("secretDetailFacts");
    const QString line = QStringLiteral("Name: %1\n").arg(name);
    for (int row = 0; row < table->model()->rowCount(); ++row) {
        table->selectRow(row);
        if (facts->text().startsWith(line))
            break;
    }
    if (!facts->text().startsWith(line))
        qFatal("no secret %s", qPrintable(name));
    button("secretsSet")->click();
    return openedSecret();
}

QWidget *Journey::openedSecret()
{
    QWidget *open = nullptr;
    need("the dialog of a secret", [&] {
        open = m_window.findChild<QDialog *>(QStringLiteral("secretDialog"));
        return open && open->isVisible();
    });
    return open;
}

QStringList StoryFacts::list(const char *key) const
{
    QStringList items;
    for (const QJsonValue item : m_facts.value(QLatin1String(key)).toArray())
        items << item.toString();
    return items;
}

} // namespace lb
