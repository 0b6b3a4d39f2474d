// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/board_page.h"
#include "ui/main_window.h"
#include "ui/run_console.h"
#include "ui/run_wizard.h"

#include <QApplication>
#include <QJsonObject>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSet>
#include <QStackedWidget>
#include <QTableView>

#include <chrono>
#include <functional>
#include <optional>

namespace lb {

/// What a script says of the place where a story plays.
class StoryFacts
{
public:
    explicit StoryFacts(QJsonObject facts) : m_facts(std::move(facts)) {}
    QString text(const char *key) const { return m_facts.value(QLatin1String(key)).toString(); }
    QStringList list(const char *key) const;
    /// One on each line, as the window's fields for commands and lists want them.
    QString lines(const char *key) const { return list(key).join(QLatin1Char('\n')); }

private:
    QJsonObject m_facts;
};

/// The real window with real runners in an empty home, driven by its buttons, and pictures of it.
/// Every step waits for what it shows and ends the program when it does not come. Wants
/// lifeboat-cli beside the program.
class Journey
{
public:
    /// What a walk through the wizard does besides pressing Next.
    struct Walk
    {
        QByteArray name{};                    ///< of the pictures; empty: none
        QString runbook{};                    ///< chosen on the first page; empty: the one offered
        QSet<int> main{};                     ///< pages whose pictures are worth a second look
        std::function<void()> beforeChecks{}; ///< on their page, before they must be good
        std::function<void(int)> onPage{};    ///< before its picture and Next
        bool acceptsWarnings = true;          ///< else a check that warns ends the journey
    };

    /// What a program needs before its journey; its words, of which `dark` has had its effect.
    static QStringList setUp(QApplication &application);
    /// Of a story's words; also makes the folder of the pictures. Nothing when they are no good.
    static std::optional<StoryFacts> readFacts(const QStringList &words);

    /// `onlyMain`: takes only the pictures that a second look is worth.
    Journey(QString folder, bool onlyMain);
    virtual ~Journey() = default;

protected:
    static QString home();
    /// Below the home, whose folder must be there.
    static void write(const QString &name, const QByteArray &content);
    Service &service() { return m_service; }
    MainWindow &window() { return m_window; }

    void need(const char *what, const std::function<bool()> &is,
              std::chrono::seconds limit = std::chrono::minutes(1));
    void shoot(const QByteArray &name, bool main = false, QWidget *widget = nullptr);

    /// The child of the window with this name; ends the program when there is none.
    template <class W = QWidget>
    W *child(const char *name, QWidget *parent = nullptr)
    {
        auto *found = (parent ? parent : &m_window)->findChild<W *>(QLatin1String(name));
        if (!found)
            qFatal("there is no %s", name);
        return found;
    }
    QPushButton *button(const char *name) { return child<QPushButton>(name); }
    /// Of what the console offers at the end of a run or while it waits.
    QPushButton *choice(const QString &start);
    QList<SystemCard *> cards() { return m_window.findChildren<SystemCard *>(); }
    SystemCard *card(const QString &system);
    /// Presses the card's button whose text begins with the verb.
    void press(const QString &system, const QString &verb);
    void place(int index);
    void back();

    QString stateWord();
    bool isEndedWell();
    int logLines();
    RunWizard *wizard() { return m_window.findChild<RunWizard *>(); }
    QWidget *dialog() { return m_window.findChild<QWidget *>(QStringLiteral("systemDialog")); }
    void throughWizard(const Walk &walk);

    /// No runner may outlive the home that it works in.
    void endWhatWaits();

    // Of a story that a script tells together with the program (tests/faults/window.py)
    /// Lets the script look or do something.
    static void at(const char *place);
    /// The board with its cards.
    void board();
    /// Waits for the run's end, which must be this one.
    void ends(const char *what, const QString &word);
    /// The end of a form that is longer than its window.
    void shootEnd(const char *scroll, const QByteArray &name, QWidget *shown, bool main = false);
    /// Selects the secret on its page and opens the dialog that sets it.
    QWidget *openSecret(const QString &name);
    QWidget *openedSecret();

private:
    QString m_folder;
    bool m_onlyMain;
    Service m_service;
    MainWindow m_window;
};

/// The program of a story: `FOLDER FACTS [dark] [main]`. Pictures go into FOLDER; FACTS is a JSON
/// file that says where the story plays; `main` takes only the pictures that a second look is
/// worth. At each place where somebody else has to look or to do something it prints `at PLACE`
/// and waits for a line.
template <class Story>
int tellStory(int argc, char **argv)
{
    QApplication application(argc, argv);
    const QStringList words = Journey::setUp(application);
    const std::optional<StoryFacts> facts = Journey::readFacts(words);
    if (!facts)
        return 2;
    Story(words[1], *facts, words.contains(QStringLiteral("main"))).run();
    return 0;
}

} // namespace lb
