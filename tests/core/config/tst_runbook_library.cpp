// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/runbook_library.h"
#include "resources/resources.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace lb;

namespace {

void write(const QString &path, const QByteArray &content)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(content);
}

QByteArray own(const char *id, const char *system = "harbour", const char *inputs = "")
{
    return QByteArray("lifeboat: 1\nid: ") + id + "\nsystem: " + system +
           "\npurpose: save\ntitle: Mine\ndescription: About the harbour\n"
           "identity: {facts: {a: {hostname: {}}, b: {machine_id: {}}}, text: x}\n" +
           inputs +
           "parts: {p: {title: P}}\nsteps:\n  - {id: save, tree_save: {folder: /srv, part: p}}\n";
}

const ReadRunbook *find(const RunbookLibrary &library, const char *file)
{
    for (const ReadRunbook &read : library.all()) {
        if (read.runbook.file.endsWith(QLatin1String(file)))
            return &read;
    }
    return nullptr;
}

} // namespace

class TestRunbookLibrary : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { initResources(); }
    void builtInOnesHaveNoFindings();
    void savesAndRestoresHoldWhatTheyPromise();
    void ownOnesStandBesideBuiltIn();
    void brokenOnesHideNothing();
    void unknownIdSuggests();
    void copyIsAStart();
    void typesComeFromRunbooks();
};

void TestRunbookLibrary::builtInOnesHaveNoFindings()
{
    QTemporaryDir empty;
    const RunbookLibrary library(empty.path());
    QStringList ids;
    for (const ReadRunbook &read : library.all()) {
        QVERIFY2(read.diagnostics.empty(),
                 read.diagnostics.empty() ? "" : qPrintable(read.diagnostics[0].text()));
        QVERIFY(read.runbook.builtIn);
        QCOMPARE(read.runbook.hidden, read.runbook.id.startsWith(QLatin1String("lifeboat.")));
        ids << read.runbook.id;
    }
    for (const char *id :
         {"files.save", "files.restore", "files.assess", "lifeboat.verify", "lifeboat.extract",
          "lifeboat.files", "lifeboat.remove", "lifeboat.discharge", "lifeboat.inventory"})
        QVERIFY2(ids.contains(QLatin1String(id)), id);
}

void TestRunbookLibrary::savesAndRestoresHoldWhatTheyPromise()
{
    const RunbookLibrary library;
    const auto save = library.load(QStringLiteral("files.save"));
    QVERIFY(save);
    QCOMPARE(save->facts.size(), size_t(5));
    QCOMPARE(save->identityText, QStringLiteral("{{ system }}@{{ hostname }}"));
    // Whatever happens to a save, the service is started again.
    QCOMPARE(save->steps[0].id, QStringLiteral("quiesce"));
    QCOMPARE(save->steps[0].resume, ResumePolicy::Repeat);
    QCOMPARE(save->steps[0].obliges->by, QStringLiteral("resume"));
    QCOMPARE(save->finallySteps[0].finallyWhen, FinallyWhen::Always);
    QCOMPARE(save->finallySteps[0].resume, ResumePolicy::Repeat);
    QVERIFY(save->finallySteps[0].startsDaemon && save->finallySteps[0].when);
    QCOMPARE(save->input(QStringLiteral("quiesce_command"))->with,
             QStringLiteral("resume_command"));

    const auto restore = library.load(QStringLiteral("files.restore"));
    QVERIFY(restore);
    QCOMPARE(restore->finallySteps[0].finallyWhen, FinallyWhen::Proven);
    QVERIFY(restore->input(QStringLiteral("into_folder"))->perRun);
    for (const StepSpec &step : restore->steps) {
        if (step.action.kind == ActionKind::TreeRestore)
            QCOMPARE(step.forEach, QStringLiteral("point.trees"));
    }
    const auto assess = library.load(QStringLiteral("files.assess"));
    QVERIFY(assess);
    for (const StepSpec &step : assess->steps)
        QCOMPARE(step.effect, Effect::Read);
}

void TestRunbookLibrary::ownOnesStandBesideBuiltIn()
{
    QTemporaryDir folder;
    write(folder.filePath(QStringLiteral("mine.yaml")), own("harbour.save"));
    write(folder.filePath(QStringLiteral("other.yml")), own("harbour.other"));
    write(folder.filePath(QStringLiteral("notes.txt")), "not a runbook");
    const RunbookLibrary library(folder.path());
    const auto mine = library.load(QStringLiteral("harbour.save"));
    QVERIFY2(mine, mine ? "" : qPrintable(mine.error().sentence()));
    QVERIFY(!mine->builtIn);
    QVERIFY(library.load(QStringLiteral("harbour.other")));
    QVERIFY(library.load(QStringLiteral("files.save")));
    QVERIFY(!find(library, "/notes.txt"));
}

void TestRunbookLibrary::brokenOnesHideNothing()
{
    QTemporaryDir folder;
    write(folder.filePath(QStringLiteral("a.yaml")), own("files.save"));
    write(folder.filePath(QStringLiteral("b.yaml")), "\xff\xfe broken");
    write(folder.filePath(QStringLiteral("c.yaml")), own("harbour.save"));
    write(folder.filePath(QStringLiteral("d.yaml")), own("harbour.save"));
    write(folder.filePath(QStringLiteral("e.yaml")), own("lifeboat.mine"));
    const RunbookLibrary library(folder.path());
    // The built-in one is never replaced.
    QVERIFY(library.load(QStringLiteral("files.save"))->builtIn);
    const ReadRunbook *sameId = find(library, "/a.yaml");
    QVERIFY(sameId && !sameId->isUsable());
    QVERIFY(sameId->diagnostics[0].message.contains(QStringLiteral("comes with Lifeboat")));
    QCOMPARE(sameId->diagnostics[0].line, 2);
    const ReadRunbook *broken = find(library, "/b.yaml");
    QVERIFY(broken && !broken->isUsable());
    QCOMPARE(broken->runbook.id, QStringLiteral("b"));
    const ReadRunbook *twice = find(library, "/d.yaml");
    QVERIFY(twice && twice->diagnostics[0].message.contains(QStringLiteral("c.yaml already")));
    QVERIFY(!find(library, "/e.yaml")->isUsable());
    QVERIFY(library.load(QStringLiteral("harbour.save")));
    const auto refused = library.load(QStringLiteral("b"));
    QVERIFY(!refused && refused.error().code == ErrorCode::BadInput);
}

void TestRunbookLibrary::unknownIdSuggests()
{
    const RunbookLibrary library;
    const auto missing = library.load(QStringLiteral("files.sav"));
    QVERIFY(!missing);
    QCOMPARE(missing.error().code, ErrorCode::NotFound);
    QVERIFY(missing.error().advice.contains(QStringLiteral("files.save")));
}

void TestRunbookLibrary::copyIsAStart()
{
    QTemporaryDir folder;
    const RunbookLibrary library(folder.path());
    const QString file = folder.filePath(QStringLiteral("mine.yaml"));
    QVERIFY(library.copy(QStringLiteral("files.save"), file));
    QFile copied(file);
    QVERIFY(copied.open(QIODevice::ReadOnly));
    QByteArray text = copied.readAll();
    QCOMPARE(text, library.load(QStringLiteral("files.save"))->text);
    const auto again = library.copy(QStringLiteral("files.save"), file);
    QVERIFY(!again && again.error().code == ErrorCode::Conflict);
    // With another id it is an own runbook that works.
    text.replace("id: files.save", "id: files.mine");
    QVERIFY(readRunbook(text, file).isUsable());
}

void TestRunbookLibrary::typesComeFromRunbooks()
{
    QTemporaryDir folder;
    write(folder.filePath(QStringLiteral("mine.yaml")),
          own("harbour.save", "harbour", "inputs: {port: {type: number}}\n"));
    const RunbookLibrary library(folder.path());
    const auto files = library.type(QStringLiteral("files"));
    QVERIFY(files);
    QStringList names;
    for (const InputSpec &input : files->inputs)
        names << input.name;
    QCOMPARE(
        names,
        QStringList({QStringLiteral("host"), QStringLiteral("folder"), QStringLiteral("exclude"),
                     QStringLiteral("postgres_host"), QStringLiteral("postgres_port"),
                     QStringLiteral("postgres_user"), QStringLiteral("postgres_database"),
                     QStringLiteral("quiesce_command"), QStringLiteral("resume_command")}));
    const auto harbour = library.type(QStringLiteral("harbour"));
    QVERIFY(harbour);
    QCOMPARE(harbour->title, QStringLiteral("Harbour"));
    QCOMPARE(harbour->description, QStringLiteral("About the harbour"));
    QCOMPARE(harbour->inputs[0].name, QStringLiteral("port"));
    QVERIFY(!library.type(QStringLiteral("lifeboat")));
    QVERIFY(!library.type(QStringLiteral("file")));
}

QTEST_GUILESS_MAIN(TestRunbookLibrary)
#include "tst_runbook_library.moc"
