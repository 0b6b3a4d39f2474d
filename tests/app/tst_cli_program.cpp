// SPDX-License-Identifier: GPL-3.0-or-later
// The program as people and scripts use it: exit status, standard output, standard error. Each test
// has a home of its own.
#include "core/base/json.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace lb;

class TestCliProgram : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void wrongUse_data();
    void wrongUse();
    void emptyListsAreGood_data();
    void emptyListsAreGood();
    void practiceEndsEqual();
    void practiceSimulatorsLiveOn();
    void linesAndDocumentsFollowTheirSchemas();
    void missingAnswersWait();
    void wrongConfirmationTouchesNothing();
    void killedFollowerLeavesTheRun();
    void vendorsFilesFillASystem();

private:
    struct Ended
    {
        int status = -1;
        QByteArray out, err;
    };
    Ended cli(const QStringList &arguments);
    QJsonObject document(const QStringList &arguments);
    void addSystem(const QString &quiesce = {});

    std::unique_ptr<QTemporaryDir> m_home;
};

void TestCliProgram::init()
{
    m_home = std::make_unique<QTemporaryDir>();
    QVERIFY(m_home->isValid());
    qputenv("HOME", m_home->path().toUtf8());
    qputenv("XDG_RUNTIME_DIR", m_home->path().toUtf8());
    for (const char *variable : {"XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"})
        qunsetenv(variable);
}

void TestCliProgram::cleanup()
{
    // What still runs is ended by its own record, so that the folder can go.
    const QJsonArray runs =
        document({QStringLiteral("runs"), QStringLiteral("list"), QStringLiteral("--all")})
            .value(QLatin1String("runs"))
            .toArray();
    for (const QJsonValue run : runs) {
        const QJsonObject shown = document(
            {QStringLiteral("runs"), QStringLiteral("show"), run[QLatin1String("id")].toString()});
        if (const int pid = shown.value(QLatin1String("runner"))[QLatin1String("pid")].toInt())
            ::kill(pid, SIGKILL);
    }
    m_home.reset();
}

TestCliProgram::Ended TestCliProgram::cli(const QStringList &arguments)
{
    QProcess process;
    process.setStandardInputFile(QProcess::nullDevice());
    process.start(QStringLiteral(LIFEBOAT_CLI), arguments);
    if (!process.waitForFinished(120'000))
        return {};
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

QJsonObject TestCliProgram::document(const QStringList &arguments)
{
    const Ended ended = cli(QStringList(arguments) << QStringLiteral("--json"));
    return parseJsonObject(ended.out.trimmed(), arguments.join(QLatin1Char(' ')))
        .value_or(QJsonObject());
}

void TestCliProgram::addSystem(const QString &quiesce)
{
    const QString folder = m_home->filePath(QStringLiteral("data"));
    QVERIFY(QDir().mkpath(folder));
    QFile file(folder + QStringLiteral("/a"));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("one\n") == 4);
    QStringList words{
        QStringLiteral("systems"),         QStringLiteral("add"),   QStringLiteral("shop"),
        QStringLiteral("--type"),          QStringLiteral("files"), QStringLiteral("--set"),
        QStringLiteral("folder=") + folder};
    if (!quiesce.isEmpty())
        words << QStringLiteral("--set") << QStringLiteral("quiesce_command=") + quiesce
              << QStringLiteral("--set") << QStringLiteral("resume_command=[\"true\"]");
    const Ended added = cli(words);
    QVERIFY2(added.status == 0, added.err.constData());
}

void TestCliProgram::wrongUse_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QByteArray>("says");
    const auto row = [](const char *line, const char *says) {
        QTest::newRow(line) << QString::fromUtf8(line) << QByteArray(says);
    };
    row("", "No verb was given");
    row("nonsense", "no verb");
    row("run files.save", "needs --system NAME");
    row("run files.save --system nope", "There is no system");
    row("run files.sav --system shop", "files.save");
    row("run files.save --system shop --set folde=/x", "did you mean “folder”?");
    row("run files.save --system shop --max-loss soon", "--max-loss wants a time");
    row("run files.save --system shop --target moon", "--target wants");
    row("run files.save --system shop --restore-point best", "takes no restore point");
    row("run files.save --system shop --accept room", "--accept wants KEY=VALUE");
    row("run files.restore --system shop", "There is no restore point to take by default");
    row("run lifeboat.verify --system shop", "not for starting by hand");
    row("runs show r20261121-030405-a1b2c3", "There is no run");
    row("runs show ../../etc/passwd", "There is no run");
    row("runs answer r20261121-030405-a1b2c3 step perhaps", "is no answer");
    row("backups show p20261121-030405-a1b2c3", "There is no restore point");
    row("backups extract p20261121-030405-a1b2c3 a", "needs --to DIR");
    row("systems add Shop! --type files --set folder=/x", "cannot be a system's name");
    row("systems add new --type file --set folder=/x", "files");
    row("systems add new --type files", "");
    row("systems add new --type alien4cloud --from /nowhere/a.yml", "/nowhere/a.yml");
    row("systems add new --type alien4cloud --from /etc/hosts", "/etc/hosts");
    row("systems add new --from /etc/hosts", "needs the type as well");
    row("systems add new --from /etc/hosts --from /etc/hosts", "A profile's file stands alone");
    row("systems set shop .rpo=soon", ".rpo wants a time");
    row("systems set shop .rop=4h", "did you mean “.r");
    row("stores add big", "needs --folder DIR");
    row("practice run file", "did you mean “files”?");
    row("practice start files --fault busy", "it has none");
    row("practice start files --port 9200", "listens on no port");
    row("practice start alien4cloud --fault bussy", "did you mean “busy”?");
    row("practice start alien4cloud --port 80", "from 1024 to 65535");
    row("completion tcsh", "bash, zsh or fish");
}

void TestCliProgram::wrongUse()
{
    QFETCH(const QString, line);
    QFETCH(const QByteArray, says);
    addSystem();
    const Ended ended = cli(line.split(QLatin1Char(' '), Qt::SkipEmptyParts));
    QCOMPARE(ended.status, 2);
    QVERIFY2(ended.err.startsWith("lifeboat-cli: "), ended.err.constData());
    QVERIFY2(ended.err.contains(says), ended.err.constData());
    // Nothing was started.
    QVERIFY(document({QStringLiteral("runs"), QStringLiteral("list"), QStringLiteral("--all")})
                .value(QLatin1String("runs"))
                .toArray()
                .isEmpty());
}

void TestCliProgram::emptyListsAreGood_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("key");
    const auto row = [](const char *line, const char *key) {
        QTest::newRow(line) << QString::fromLatin1(line) << QString::fromLatin1(key);
    };
    row("systems list", "systems");
    row("runs list", "runs");
    row("backups list", "restore_points");
    row("obligations list", "obligations");
    row("leases list", "leases");
}

void TestCliProgram::emptyListsAreGood()
{
    QFETCH(const QString, line);
    QFETCH(const QString, key);
    const QStringList words = line.split(QLatin1Char(' '));
    const Ended plain = cli(words);
    QCOMPARE(plain.status, 0);
    QVERIFY(!plain.out.isEmpty());
    QVERIFY(plain.err.isEmpty());
    const QJsonObject listed = document(words);
    QCOMPARE(listed.value(QLatin1String("format")).toInt(), 1);
    QVERIFY(listed.value(key).isArray());
    QVERIFY(listed.value(key).toArray().isEmpty());
}

void TestCliProgram::practiceEndsEqual()
{
    const Ended run =
        cli({QStringLiteral("practice"), QStringLiteral("run"), QStringLiteral("files")});
    QVERIFY2(run.status == 0, (run.out + run.err).constData());
    const QByteArray last = run.out.trimmed().split('\n').last();
    QVERIFY2(last.startsWith("practice: equal (269 files, "), last.constData());
    const Ended stop =
        cli({QStringLiteral("practice"), QStringLiteral("stop"), QStringLiteral("files")});
    QVERIFY2(stop.status == 0, stop.err.constData());
    QVERIFY(document({QStringLiteral("systems"), QStringLiteral("list")})
                .value(QLatin1String("systems"))
                .toArray()
                .isEmpty());
    QVERIFY(document({QStringLiteral("backups"), QStringLiteral("list")})
                .value(QLatin1String("restore_points"))
                .toArray()
                .isEmpty());
}

/// The simulators outlive the command that started them, and the profile says where they are.
void TestCliProgram::practiceSimulatorsLiveOn()
{
    const QString type = QStringLiteral("alien4cloud");
    const auto practice = [&](const char *verb) {
        return cli({QStringLiteral("practice"), QString::fromLatin1(verb), type});
    };
    const auto listed = [&] {
        for (const QJsonValue row : document({QStringLiteral("practice"), QStringLiteral("list")})
                                        .value(QLatin1String("practice"))
                                        .toArray()) {
            if (row[QLatin1String("type")].toString() == type)
                return row.toObject();
        }
        return QJsonObject();
    };
    QCOMPARE(listed().value(QLatin1String("started")), QJsonValue(false));
    const Ended started = practice("start");
    QVERIFY2(started.status == 0, started.err.constData());
    QCOMPARE(listed().value(QLatin1String("running")), QJsonValue(true));
    const QJsonValue inputs =
        document({QStringLiteral("systems"), QStringLiteral("show"),
                  QStringLiteral("practice-alien4cloud")})[QLatin1String("inputs")];
    const QString home = m_home->filePath(QStringLiteral(".local/share/lifeboat/practice/")) + type;
    QCOMPARE(inputs[QLatin1String("alien_dir")].toString(), home + QStringLiteral("/data"));
    QVERIFY(inputs[QLatin1String("elasticsearch_url")][0].toString().startsWith(
        QLatin1String("http://127.0.0.1:")));
    // What the profile has as commands stops and starts Alien alone.
    const auto run = [&](const char *command) {
        QStringList words = toStringList(inputs[QLatin1String(command)]);
        return words.isEmpty() ? -1 : QProcess::execute(words.takeFirst(), words);
    };
    QCOMPARE(run("stop_command"), 0);
    QCOMPARE(listed().value(QLatin1String("running")), QJsonValue(false));
    QCOMPARE(run("start_command"), 0);
    QCOMPARE(listed().value(QLatin1String("running")), QJsonValue(true));
    const Ended damaged = practice("damage");
    QVERIFY2(damaged.status == 0, damaged.err.constData());
    QVERIFY2(damaged.out.contains("deleted the index csar"), damaged.out.constData());
    const Ended stopped = practice("stop");
    QVERIFY2(stopped.status == 0, stopped.err.constData());
    QVERIFY(!QDir(home).exists());
    QCOMPARE(listed().value(QLatin1String("started")), QJsonValue(false));
}

void TestCliProgram::linesAndDocumentsFollowTheirSchemas()
{
    QProcess python;
    python.start(QStringLiteral("/usr/bin/python3"),
                 {QStringLiteral("-c"), QStringLiteral("import jsonschema")});
    if (!python.waitForFinished() || python.exitCode() != 0)
        QSKIP("needs python3-jsonschema");
    addSystem();
    const Ended run =
        cli({QStringLiteral("run"), QStringLiteral("files.save"), QStringLiteral("--system"),
             QStringLiteral("shop"), QStringLiteral("--yes"), QStringLiteral("--json")});
    QVERIFY2(run.status == 0, run.err.constData());
    const QByteArrayList lines = run.out.trimmed().split('\n');
    const auto first = parseJsonObject(lines.first(), QStringLiteral("first"));
    QVERIFY(first);
    const QString id = first->value(QLatin1String("id")).toString();
    QFile journal(
        m_home->filePath(QStringLiteral(".local/share/lifeboat/runs/%1/journal.jsonl").arg(id)));
    QVERIFY(journal.open(QIODevice::ReadOnly));
    QCOMPARE(lines.mid(1, lines.size() - 2).join('\n') + '\n', journal.readAll());

    const auto valid = [&](const char *schema, const QByteArray &documents) {
        QProcess check;
        check.start(QStringLiteral("/usr/bin/python3"),
                    {QStringLiteral("-c"),
                     QStringLiteral("import json, sys, jsonschema\n"
                                    "schema = json.load(open(sys.argv[1]))\n"
                                    "for line in sys.stdin:\n"
                                    "    jsonschema.validate(json.loads(line), schema)\n"),
                     QStringLiteral(SCHEMAS "/") + QString::fromLatin1(schema)});
        check.write(documents);
        check.closeWriteChannel();
        const bool good = check.waitForFinished(60'000) && check.exitCode() == 0;
        if (!good)
            qWarning("%s", check.readAllStandardError().constData());
        return good;
    };
    QVERIFY(valid("run-events.schema.json", run.out));
    QVERIFY(!valid("run-events.schema.json", "{\"event\":\"nonsense\"}\n"));
    const QStringList show{QStringLiteral("runs"), QStringLiteral("show"), id,
                           QStringLiteral("--json")};
    QVERIFY(valid("runs.schema.json", cli(show).out));
    QVERIFY(
        valid("runs.schema.json",
              cli({QStringLiteral("runs"), QStringLiteral("list"), QStringLiteral("--json")}).out));
    QVERIFY(valid(
        "restore-points.schema.json",
        cli({QStringLiteral("backups"), QStringLiteral("list"), QStringLiteral("--json")}).out));
}

void TestCliProgram::missingAnswersWait()
{
    addSystem();
    const Ended waits = cli({QStringLiteral("run"), QStringLiteral("files.save"),
                             QStringLiteral("--system"), QStringLiteral("shop")});
    QCOMPARE(waits.status, 4);
    QVERIFY2(waits.err.contains("waits for go: lifeboat-cli runs go r"), waits.err.constData());
    const QJsonObject run =
        document({QStringLiteral("runs"), QStringLiteral("list")})[QLatin1String("runs")][0]
            .toObject();
    QCOMPARE(run[QLatin1String("waiting")][QLatin1String("for")].toString(),
             QStringLiteral("person"));
    const QString id = run[QLatin1String("id")].toString();
    const QString hash =
        document({QStringLiteral("runs"), QStringLiteral("show"), id})[QLatin1String("plan_sha256")]
            .toString();
    const QStringList go{QStringLiteral("runs"), QStringLiteral("go"), id,
                         QStringLiteral("--plan-sha256")};
    QCOMPARE(cli(QStringList(go) << QString(64, QLatin1Char('0'))).status, 2);
    const Ended done = cli(QStringList(go) << hash);
    QVERIFY2(done.status == 0, (done.out + done.err).constData());
    const Ended again = cli({QStringLiteral("runs"), QStringLiteral("resume"), id});
    QCOMPARE(again.status, 0);
    QVERIFY(again.out.contains("nothing was changed"));
}

void TestCliProgram::wrongConfirmationTouchesNothing()
{
    addSystem();
    const QStringList save{QStringLiteral("run"), QStringLiteral("files.save"),
                           QStringLiteral("--system"), QStringLiteral("shop"),
                           QStringLiteral("--yes")};
    const Ended wrong =
        cli(QStringList(save) << QStringLiteral("--confirm") << QStringLiteral("shop@elsewhere"));
    QCOMPARE(wrong.status, 2);
    QVERIFY2(wrong.err.contains("does not name this target"), wrong.err.constData());
    QVERIFY(document({QStringLiteral("backups"), QStringLiteral("list")})
                .value(QLatin1String("restore_points"))
                .toArray()
                .isEmpty());
}

void TestCliProgram::killedFollowerLeavesTheRun()
{
    const QString flag = m_home->filePath(QStringLiteral("go-on"));
    addSystem(
        QStringLiteral("[\"sh\",\"-c\",\"until test -e %1; do sleep 0.05; done\"]").arg(flag));
    QProcess follower;
    follower.setStandardInputFile(QProcess::nullDevice());
    follower.start(QStringLiteral(LIFEBOAT_CLI),
                   {QStringLiteral("run"), QStringLiteral("files.save"), QStringLiteral("--system"),
                    QStringLiteral("shop"), QStringLiteral("--yes")});
    QTRY_VERIFY_WITH_TIMEOUT(
        (follower.waitForReadyRead(50), follower.peek(4096).contains("quiesce")), 60'000);
    follower.kill();
    QVERIFY(follower.waitForFinished());
    QFile file(flag);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.close();
    const auto state = [&] {
        return document({QStringLiteral("runs"),
                         QStringLiteral("list")})[QLatin1String("runs")][0][QLatin1String("state")]
            .toString();
    };
    QTRY_COMPARE_WITH_TIMEOUT(state(), QStringLiteral("succeeded"), 60'000);
}

void TestCliProgram::vendorsFilesFillASystem()
{
    const auto write = [&](const QString &name, const QByteArray &text) {
        const QString path = m_home->filePath(name);
        QDir().mkpath(QFileInfo(path).path());
        QFile file(path);
        return file.open(QIODevice::WriteOnly) && file.write(text) == text.size() ? path
                                                                                  : QString();
    };
    // In the shape of what the distribution and the tool ship.
    const QString config = write(QStringLiteral("a4c/config/alien4cloud-config.yml"),
                                 "# the embedded jetty server\n"
                                 "server:\n  port: 8088\n#  ssl:\n#    key-password: ******\n"
                                 "directories:\n  alien_init: init\n  alien: runtime\n"
                                 "components.search.boost:\n  usage: 1\n"
                                 "elasticSearch:\n  clusterName: harbour\n  local: false\n"
                                 "  client: true\n  transportClient: true\n  resetData: true\n"
                                 "alien_security:\n  admin:\n    ensure: true\n"
                                 "    username: captain\n    password: canary-word\n"
                                 "ldap:\n  filter: (&(objectClass=person)(!(objectClass=thing)))\n"
                                 "audit:\n  ttl: 1d\n");
    const QString tool = write(QStringLiteral("copy-of-the-tools.yml"),
                               "elasticsearch:\n# Name of your cluster\n  cluster_name: harbour\n"
                               "  addresses: es1:9300,es2:9300\n"
                               "exporter.dir: /srv/export\nbackup.files_dir: /srv/files\n");
    const QStringList add{QStringLiteral("systems"),
                          QStringLiteral("add"),
                          QStringLiteral("alien"),
                          QStringLiteral("--type"),
                          QStringLiteral("alien4cloud"),
                          QStringLiteral("--from"),
                          config};

    // Needed inputs are missing: nothing is saved, and the remarks stand before the error.
    const Ended less = cli(add);
    QCOMPARE(less.status, 2);
    QVERIFY2(less.err.contains("lifeboat-cli: warning: elasticSearch.resetData is true") &&
                 less.err.contains("Elasticsearch: a value is needed"),
             less.err.constData());

    const QStringList whole =
        QStringList(add) << QStringLiteral("--from") << tool << QStringLiteral("--set")
                         << QStringLiteral("snapshot_dir=/srv/share") << QStringLiteral("--set")
                         << QStringLiteral("alien_url=https://alien.example.test");
    const Ended added = cli(whole);
    QVERIFY2(added.status == 0, added.err.constData());
    const QByteArray out = added.out.simplified();
    QVERIFY2(out.contains("elasticsearch_url http://es1:9200, http://es2:9200") &&
                 out.contains("alien was added"),
             added.out.constData());
    for (const char *part :
         {"warning: elasticSearch.resetData", "elasticsearch.addresses names es1:9300, es2:9300",
          "note: backup.files_dir is not used"})
        QVERIFY2(added.err.contains(part), added.err.constData());
    // What was typed is not talked about, nor any secret.
    for (const char *part : {"8088", "canary"})
        QVERIFY2(!(added.out + added.err).contains(part), added.err.constData());

    const auto inputs = [](const QJsonObject &document, const char *name) {
        return document[QLatin1String("inputs")][QLatin1String(name)];
    };
    const QJsonObject shown =
        document({QStringLiteral("systems"), QStringLiteral("show"), QStringLiteral("alien")});
    const QString home = m_home->filePath(QStringLiteral("a4c"));
    QCOMPARE(inputs(shown, "elasticsearch_url").toArray(),
             (QJsonArray{QStringLiteral("http://es1:9200"), QStringLiteral("http://es2:9200")}));
    QCOMPARE(inputs(shown, "cluster_name").toString(), QStringLiteral("harbour"));
    QCOMPARE(inputs(shown, "alien_dir").toString(), home + QStringLiteral("/runtime"));
    QCOMPARE(inputs(shown, "config_dir").toString(), home + QStringLiteral("/config"));
    QCOMPARE(inputs(shown, "snapshot_dir").toString(), QStringLiteral("/srv/share"));
    QCOMPARE(inputs(shown, "alien_url").toString(), QStringLiteral("https://alien.example.test"));
    QFile profile(m_home->filePath(QStringLiteral(".config/lifeboat/systems/alien.yaml")));
    QVERIFY(profile.open(QIODevice::ReadOnly));
    QVERIFY(!profile.readAll().contains("canary"));

    // As one document; of another machine the file's own folder says nothing.
    QStringList far = whole;
    far.replace(2, QStringLiteral("far"));
    far << QStringLiteral("--set") << QStringLiteral("host=deploy@alien1")
        << QStringLiteral("--set") << QStringLiteral("alien_dir=/srv/data")
        << QStringLiteral("--set") << QStringLiteral("config_dir=/srv/config");
    const QJsonValue filled = document(far)[QLatin1String("filled")];
    QCOMPARE(filled[QLatin1String("inputs")].toObject().keys(),
             (QStringList{QStringLiteral("alien_user"), QStringLiteral("cluster_name"),
                          QStringLiteral("elasticsearch_url")}));
    const QJsonValue remark = filled[QLatin1String("remarks")][0];
    QCOMPARE(remark[QLatin1String("level")].toString(), QStringLiteral("warning"));
    QCOMPARE(remark[QLatin1String("file")].toString(), config);

    // A profile's file is taken over as before; what is no YAML is refused with its places.
    const Ended copy =
        cli({QStringLiteral("systems"), QStringLiteral("add"), QStringLiteral("twin"),
             QStringLiteral("--type"), QStringLiteral("alien4cloud"), QStringLiteral("--from"),
             profile.fileName()});
    QVERIFY2(copy.status == 0, copy.err.constData());
    for (const auto &[text, says] :
         {std::pair<QByteArray, QByteArray>{"server:\n  port: 80\n port: 90\n", "broken.yml:3:"},
          {"a: &a [x, x]\nb: [*a, *a]\n", "An anchor (&) is not allowed"},
          {"server.port: 1\nserver.port: 2\n", "“server.port” stands here twice"},
          {"alien_security: {admin: {password: canary\n", "broken.yml:"},
          {"a: \x01\n", "control character"},
          {QByteArray(3 * 1024 * 1024, '#'), "broken.yml"},
          {"- a\n", "hold no setting of Alien4Cloud or Elasticsearch"}}) {
        const QString broken = write(QStringLiteral("broken.yml"), text);
        QStringList words = add;
        words.replace(2, QStringLiteral("broken"));
        words.replace(6, broken);
        const Ended refused = cli(words);
        QCOMPARE(refused.status, 2);
        QVERIFY2(refused.err.contains(says), refused.err.constData());
        QVERIFY(!refused.err.contains("canary"));
    }
    const QJsonArray types =
        document({QStringLiteral("systems"), QStringLiteral("types")})[QLatin1String("types")]
            .toArray();
    for (const QJsonValue type : types) {
        const bool isAlien = type[QLatin1String("id")].toString() == QLatin1String("alien4cloud");
        QCOMPARE(type[QLatin1String("vendor_files")].toArray().size(), isAlien ? 3 : 0);
    }
}

QTEST_GUILESS_MAIN(TestCliProgram)
#include "tst_cli_program.moc"
