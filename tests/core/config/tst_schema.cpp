// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/runbook_reader.h"
#include "core/config/schema.h"
#include "core/config/yaml_document.h"
#include "resources/resources.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace lb;

namespace {

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// Prints `NAME ok` or `NAME wrong: …` for each document; exit status 7 without the module.
const char *const kValidate = R"(
import json, pathlib, sys
try:
    from jsonschema import Draft202012Validator
except ImportError:
    sys.exit(7)
schema = json.loads(pathlib.Path(sys.argv[1]).read_text())
Draft202012Validator.check_schema(schema)
for name in sys.argv[2:]:
    path = pathlib.Path(name)
    errors = list(Draft202012Validator(schema).iter_errors(json.loads(path.read_text())))
    print(path.stem, 'ok' if not errors else 'wrong: ' + errors[0].json_path + errors[0].message)
)";

} // namespace

class TestSchema : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { initResources(); }
    void committedFilesAreCurrent_data();
    void committedFilesAreCurrent();
    void validatorAgreesWithReader();
};

void TestSchema::committedFilesAreCurrent_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("schema");
    QTest::newRow("runbook") << QStringLiteral("runbook") << runbookSchema();
    QTest::newRow("system") << QStringLiteral("system") << systemSchema();
    QTest::newRow("stores") << QStringLiteral("stores") << storesSchema();
}

void TestSchema::committedFilesAreCurrent()
{
    QFETCH(const QString, name);
    QFETCH(const QByteArray, schema);
    const QString file = QStringLiteral("/%1.schema.json").arg(name);
    if (qEnvironmentVariableIsSet("LIFEBOAT_UPDATE_EXPECTED")) {
        QFile committed(QStringLiteral(LB_SCHEMAS) + file);
        QVERIFY(committed.open(QIODevice::WriteOnly));
        committed.write(schema);
    }
    QVERIFY2(contentOf(QStringLiteral(LB_SCHEMAS) + file) == schema,
             "the committed schema is stale: run this test with LIFEBOAT_UPDATE_EXPECTED=1");
    QVERIFY(contentOf(QStringLiteral(":/lifeboat/schemas") + file) == schema ||
            qEnvironmentVariableIsSet("LIFEBOAT_UPDATE_EXPECTED"));
    QVERIFY(QJsonDocument::fromJson(schema).object().value(QLatin1String("additionalProperties")) ==
            QJsonValue(false));
}

void TestSchema::validatorAgreesWithReader()
{
    QTemporaryDir folder;
    QStringList expected, arguments{QStringLiteral("-c"), QString::fromLatin1(kValidate),
                                    folder.filePath(QStringLiteral("schema"))};
    QFile schema(arguments.last());
    QVERIFY(schema.open(QIODevice::WriteOnly));
    schema.write(runbookSchema());
    schema.close();
    const auto add = [&](const QString &path, bool fits) {
        const auto document = parseYaml(contentOf(path), path);
        const QString name =
            QFileInfo(path).completeBaseName().replace(QLatin1Char('.'), QLatin1Char('-'));
        QFile file(folder.filePath(name + QStringLiteral(".json")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QJsonDocument(document.root.toJson().toObject()).toJson());
        arguments << file.fileName();
        expected << name + (fits ? QStringLiteral(" ok") : QStringLiteral(" wrong"));
    };
    for (const char *base : {LB_TEST_DATA "/good", ":/lifeboat/runbooks"}) {
        const QDir source(QString::fromLatin1(base));
        for (const QString &name : source.entryList({QStringLiteral("*.yaml")}, QDir::Files)) {
            // Hidden runbooks use actions that are not offered to admins.
            if (!name.startsWith(QLatin1String("lifeboat.")))
                add(source.filePath(name), true);
        }
    }
    for (const char *name :
         {"unknown-key",         "unknown-key-of-step", "unknown-action", "unknown-key-of-action",
          "missing-keys",        "missing-param",       "wrong-types",    "bad-words",
          "bad-names",           "newer-format",        "two-actions",    "no-action",
          "command-and-program", "done-when-empty",     "probe-broken",   "finally-when",
          "conditions",          "retry-broken",        "secret-in-argv", "list-as-arguments",
          "built-in-only",       "undo-broken",         "values-broken",  "inputs-broken",
          "fact-not-read"})
        add(QStringLiteral(LB_TEST_DATA "/broken/%1.yaml").arg(QLatin1String(name)), false);

    QProcess python;
    python.start(QStringLiteral("python3"), arguments);
    if (!python.waitForStarted() || !python.waitForFinished(60'000) || python.exitCode() == 7)
        QSKIP("python3 with the module jsonschema is not there");
    QVERIFY2(python.exitCode() == 0, python.readAllStandardError().constData());
    QStringList lines = QString::fromUtf8(python.readAllStandardOutput())
                            .split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), expected.size());
    for (qsizetype i = 0; i < lines.size(); ++i)
        QVERIFY2(lines[i].startsWith(expected[i]),
                 qPrintable(lines[i] + QStringLiteral(" / ") + expected[i]));
}

QTEST_GUILESS_MAIN(TestSchema)
#include "tst_schema.moc"
