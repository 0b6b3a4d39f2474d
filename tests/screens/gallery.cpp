// SPDX-License-Identifier: GPL-3.0-or-later
// Draws every screen from made-up values, in light and dark: a quick look at the layout of states
// that a real run shows only for a moment. `gallery FOLDER [dark]`; scale by QT_SCALE_FACTOR.
#include "core/base/english_plurals.h"
#include "tests/screens/dark_palette.h"
#include "tests/ui/samples.h"
#include "ui/board_page.h"
#include "ui/points_page.h"
#include "ui/run_console.h"
#include "ui/run_wizard.h"
#include "ui/runs_page.h"
#include "ui/secret_dialog.h"
#include "ui/secrets_page.h"
#include "ui/system_dialog.h"
#include "ui/template_dialog.h"

#include <QApplication>
#include <QDir>
#include <QJsonArray>
#include <QLineEdit>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryFile>
#include <QTest>

using namespace lb;

static QString folder;

static void shoot(QWidget *widget, const QString &name)
{
    widget->show();
    if (!QTest::qWaitForWindowExposed(widget))
        qFatal("no window");
    for (int i = 0; i < 5; ++i)
        QCoreApplication::processEvents();
    widget->grab().save(folder + QLatin1Char('/') + name + QStringLiteral(".png"));
}

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    installEnglishPlurals(&application);
    applyLook();
    folder = application.arguments().value(1);
    if (folder.isEmpty() || !QDir().mkpath(folder))
        return 2;
    if (application.arguments().contains(QStringLiteral("dark")))
        setDarkPalette();

    const QHash<QString, QString> titles{
        {QStringLiteral("files"), QStringLiteral("Files and database")}};
    {
        BoardPage board;
        board.resize(900, 640);
        shoot(&board, QStringLiteral("board-empty"));
        board.setSystems(samples::board(), titles);
        board.resize(900, 900);
        shoot(&board, QStringLiteral("board"));
        SystemOverview calm = samples::closing();
        calm.advice.erase(calm.advice.begin());
        calm.profile.name = QStringLiteral("ferries");
        board.setSystems({samples::closing(), calm, samples::board()[2]}, titles);
        shoot(&board, QStringLiteral("board-advice"));
        board.setSystems({calm, samples::board()[2]}, titles);
        board.resize(560, 600);
        shoot(&board, QStringLiteral("board-advice-narrow"));
    }
    {
        RunsPage runs;
        runs.resize(900, 500);
        runs.setRuns(samples::runs());
        shoot(&runs, QStringLiteral("runs"));
        PointsPage points;
        points.resize(900, 640);
        points.setSystems({QStringLiteral("shop-files")});
        points.setPoints(samples::points());
        shoot(&points, QStringLiteral("points"));
    }
    {
        SecretsPage secrets;
        secrets.resize(900, 500);
        shoot(&secrets, QStringLiteral("secrets-empty"));
        for (const char *state : {"looking", "present", "locked", "absent", "frozen"}) {
            secrets.setSecrets(samples::secrets(QString::fromLatin1(state)));
            shoot(&secrets, QStringLiteral("secrets-") + QLatin1String(state));
        }
        secrets.setSecrets(samples::secrets(kSecretLooking));
        secrets.showAsks();
        shoot(&secrets, QStringLiteral("secrets-asks"));
        const std::vector<SecretStatus> rows = samples::secrets(QStringLiteral("missing"));
        SecretDialog typed(rows.front(), SecretDialog::Mode::Keep, nullptr);
        shoot(&typed, QStringLiteral("secret-typed"));
        typed.showProblem({ErrorCode::Denied, QStringLiteral("The keychain is locked"), {}, {}});
        shoot(&typed, QStringLiteral("secret-problem"));
        SecretDialog printed(rows.back(), SecretDialog::Mode::Keep, nullptr);
        shoot(&printed, QStringLiteral("secret-program"));
        SecretDialog once(rows.front(), SecretDialog::Mode::ThisRun, nullptr);
        shoot(&once, QStringLiteral("secret-this-run"));
    }
    {
        TemplateDialog shown(samples::toolchainPoint(), nullptr);
        shoot(&shown, QStringLiteral("template-reading"));
        shown.setProblem(QStringLiteral("harbor-ferry"),
                         {ErrorCode::Unreachable, QStringLiteral("The store cannot be read"),
                          QStringLiteral("/srv/backups: No such file or directory"),
                          QStringLiteral("Mount it and try again")});
        shoot(&shown, QStringLiteral("template-problem"));
        shown.setTemplate(QStringLiteral("harbor-ferry"), samples::toolchainTemplate());
        shoot(&shown, QStringLiteral("template-findings"));
        shown.findChild<QTabWidget *>(QStringLiteral("templateTabs"))->setCurrentIndex(0);
        shown.findChild<QTableView *>(QStringLiteral("templateChanges"))->selectRow(1);
        shoot(&shown, QStringLiteral("template-changes"));
        PointsPage points;
        points.resize(900, 640);
        points.setSystems({QStringLiteral("shop-files")});
        points.setPoints({samples::toolchainPoint()});
        points.setSecrets(samples::toolchainPoint().id, samples::pointSecrets());
        shoot(&points, QStringLiteral("points-template"));
    }
    QTemporaryFile log;
    if (!log.open())
        return 1;
    for (int i = 0; i < 400; ++i)
        log.write("shop/orders/2026/11/21/order-" + QByteArray::number(i) + ".json 4821 bytes\n");
    log.flush();
    const auto console = [&](const RunView &view, const QString &name) {
        RunConsole shown;
        shown.resize(1000, 680);
        shown.setRun(view.state.request.id.value(),
                     [&](const QString &) { return QStringList{log.fileName()}; });
        shown.setView(view);
        shown.show();
        QTest::qWait(300);
        shoot(&shown, name);
    };
    console(samples::view(RunStateName::Running), QStringLiteral("console-running"));
    console(samples::waiting(QStringLiteral("ask")), QStringLiteral("console-ask"));
    console(samples::waiting(QStringLiteral("run")), QStringLiteral("console-failed-step"));
    console(samples::view(RunStateName::Failed), QStringLiteral("console-failed"));
    console(samples::view(RunStateName::Interrupted), QStringLiteral("console-interrupted"));
    console(samples::view(RunStateName::Succeeded), QStringLiteral("console-done"));
    {
        SystemType type{QStringLiteral("files"), QStringLiteral("Files and database"),
                        QStringLiteral("Any folders of this computer."), samples::inputs()};
        SystemDialog dialog({type}, {}, std::nullopt, {}, nullptr);
        shoot(&dialog, QStringLiteral("system"));
    }
    {
        SystemType type{QStringLiteral("alien4cloud"),
                        QStringLiteral("Alien4Cloud"),
                        QStringLiteral("Its indices in Elasticsearch, its files and settings."),
                        samples::inputs(),
                        {QStringLiteral("alien4cloud-config.yml"),
                         QStringLiteral("admin-tool-config.yml"),
                         QStringLiteral("elasticsearch.yml")}};
        SystemDialog dialog({type}, {}, std::nullopt, {}, nullptr);
        shoot(&dialog, QStringLiteral("system-vendor"));
        const QString file = QStringLiteral(
            "/opt/alien4cloud/alien4cloud-premium-1.1.0/config/alien4cloud-config.yml");
        dialog.fill(
            {{{QStringLiteral("host"), QStringLiteral("alien1")},
              {QStringLiteral("folder"), QJsonArray{QStringLiteral("/opt/alien4cloud/data"),
                                                    QStringLiteral("/opt/alien4cloud/config")}}},
             {{true,
               QStringLiteral("elasticSearch.resetData is true: Alien wipes its data at "
                              "its next start. Set it to false before anything else."),
               {},
               file},
              {false,
               QStringLiteral("elasticSearch.hosts names es1:9300, es2:9300, where "
                              "Elasticsearch does not speak HTTP (9300 is the usual port "
                              "of its own protocol). elasticsearch_url has port 9200 "
                              "instead: change it where HTTP listens elsewhere."),
               {},
               file},
              {false,
               QStringLiteral("alien_url is http://localhost:8088, from server.port and "
                              "the machine of Alien."),
               {},
               file}}});
        shoot(&dialog, QStringLiteral("system-vendor-filled"));
    }
    auto *draft =
        new RunDraft(samples::profile(QStringLiteral("shop-files")),
                     {[](const QString &) -> Result<Runbook> {
                          Runbook runbook = samples::restoreRunbook();
                          runbook.secrets = {{QStringLiteral("db_password"), {}, {}, {}},
                                             {QStringLiteral("sudo_password"), {}, {}, {}},
                                             {QStringLiteral("api_token"), {}, {}, {}}};
                          return runbook;
                      },
                      [](const Plan &) { return samples::planText(); }});
    draft->setOffered({{QStringLiteral("files.save"),
                        QStringLiteral("Save folders"),
                        QStringLiteral("files"),
                        Purpose::Save,
                        true,
                        {},
                        {}},
                       {QStringLiteral("files.restore"),
                        QStringLiteral("Restore folders"),
                        QStringLiteral("files"),
                        Purpose::Restore,
                        true,
                        {},
                        {}},
                       {QStringLiteral("files.assess"),
                        QStringLiteral("Could you restore tonight?"),
                        QStringLiteral("files"),
                        Purpose::Assess,
                        true,
                        {},
                        {}}},
                      Purpose::Restore);
    QObject::connect(draft, &RunDraft::secretsRequested, draft,
                     [draft] { draft->setSecrets(samples::secrets(QStringLiteral("present"))); });
    draft->setPoints(samples::points(), chooseBest(samples::points(), std::nullopt));
    auto *wizard = new RunWizard(draft);
    QObject::connect(draft, &RunDraft::prepareRequested, draft, [draft] {
        draft->setRun(QStringLiteral("r20261121-080000-000001"));
        draft->setView(samples::view(RunStateName::Ready));
    });
    wizard->restart();
    for (const char *name :
         {"wizard-1-goal", "wizard-2-target", "wizard-3-point", "wizard-4-inputs",
          "wizard-4-secrets", "wizard-5-checks", "wizard-6-plan", "wizard-7-go"}) {
        shoot(wizard, QLatin1String(name));
        if (QLatin1String(name) == QLatin1String("wizard-5-checks")) {
            if (auto *reason = wizard->findChild<QWidget *>(QStringLiteral("check_room")))
                reason->findChild<QLineEdit *>()->setText(QStringLiteral("Tested yesterday"));
        }
        wizard->next();
    }
    delete wizard;
    return 0;
}
