// SPDX-License-Identifier: GPL-3.0-or-later
// cases/golden is the example that toolchain-to-template.sh itself was run on, changed only where
// Lifeboat differs on purpose. In all cases, "hush-" begins a text that is a secret.
#include "core/systems/ibm_toolchain/secret_names.h"
#include "core/systems/ibm_toolchain/template_places.h"
#include "core/systems/ibm_toolchain/toolchain_answer.h"
#include "template_cases.h"

#include <QTest>

using namespace lb;

namespace {

Template written(const TemplateCase &one)
{
    const auto made = writeTemplate(one.source, one.options);
    return made ? *made : Template();
}

/// All that a template says, but for what it says of secrets that were there.
QByteArray everything(const Template &made)
{
    QByteArray all;
    for (const Template::File &file : made.files)
        all += file.path.toUtf8() + '\n' + file.bytes + '\n';
    return all + writeJsonData(secretSlotsData(made.secretSlots));
}

QByteArray lineOf(const QByteArray &bytes, int line)
{
    return bytes.split('\n').value(line - 1).trimmed();
}

/// The export as a save has it.
ToolchainExport stripped(ToolchainExport source)
{
    source.answer = withoutSecrets(source.answer).value;
    for (auto &[instance, pipeline] : source.pipelines)
        pipeline = pipelineWithoutSecrets(pipeline).value;
    return source;
}

QByteArray pipelineProblem(const char *bytes, const char *type = "application/x-yaml")
{
    const auto pipeline =
        checkPipeline(bytes, QString::fromLatin1(type), QStringLiteral("the pipeline ci"));
    return pipeline ? QByteArray() : pipeline.error().sentence().toUtf8();
}

} // namespace

class TestToolchainTemplate : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyCase_data()
    {
        QTest::addColumn<QString>("name");
        const QStringList names = templateCaseNames();
        QVERIFY(names.size() > 40);
        for (const QString &name : names)
            QTest::newRow(qPrintable(name)) << name;
    }
    void everyCase()
    {
        QFETCH(QString, name);
        const TemplateCase one = readTemplateCase(name);
        QVERIFY2(one.problem.isEmpty(), qPrintable(one.problem));
        const auto made = writeTemplate(one.source, one.options);
        QVERIFY2(made, made ? "" : qPrintable(made.error().sentence()));
        const QStringList found = differences(one, *made);
        QVERIFY2(found.isEmpty(), qPrintable(QLatin1Char('\n') + found.join(QLatin1Char('\n'))));
    }

    void withoutSecretsTheTemplateIsTheSame_data() { everyCase_data(); }
    void withoutSecretsTheTemplateIsTheSame()
    {
        QFETCH(QString, name);
        const TemplateCase one = readTemplateCase(name);
        TemplateCase stripped = one;
        stripped.source.answer = withoutSecrets(one.source.answer).value;
        QVERIFY(!writeJsonData(stripped.source.answer).contains("hush-"));
        for (auto &[instance, pipeline] : stripped.source.pipelines)
            pipeline = pipelineWithoutSecrets(pipeline).value;
        QCOMPARE(everything(written(stripped)), everything(written(one)));
    }

    void noSecretIsSaid_data() { everyCase_data(); }
    void noSecretIsSaid()
    {
        QFETCH(QString, name);
        const Template made = written(readTemplateCase(name));
        QVERIFY(!everything(made).contains("hush-"));
        for (const Template::Change &change : made.changes)
            QVERIFY2(!(change.before + change.after).contains(QLatin1String("hush-")),
                     qPrintable(change.pointer));
        for (const Template::Finding &finding : made.findings)
            QVERIFY(!(finding.message + finding.remedy).contains(QLatin1String("hush-")));
        for (const Template::RemovedTrigger &removed : made.removed)
            QVERIFY(!writeJsonData(removed.trigger).contains("hush-"));
    }

    void theOrderOfDownloadsDoesNotMatter()
    {
        const TemplateCase one = readTemplateCase(QStringLiteral("golden"));
        TemplateCase other = one;
        other.source.pipelines.clear();
        for (auto at = one.source.pipelines.rbegin(); at != one.source.pipelines.rend(); ++at)
            other.source.pipelines[at->first] = at->second;
        QCOMPARE(everything(written(other)), everything(written(one)));
    }

    void emptiedPlacesAreNamed()
    {
        const TemplateCase one = readTemplateCase(QStringLiteral("golden"));
        const QStringList expected{
            QStringLiteral("/toolchain/services/0/parameters/api_token"),
            QStringLiteral("/toolchain/services/2/parameters/workerQueueCredentials"),
            QStringLiteral("/toolchain/services/5/parameters/api_token"),
            QStringLiteral("/toolchain/services/6/parameters/service_key")};
        QCOMPARE(withoutSecrets(one.source.answer).places, expected);
        QCOMPARE(pipelineWithoutSecrets(one.source.pipelines.at(QStringLiteral("aaaa0004"))).places,
                 QStringList({QStringLiteral("/hooks/0/url"), QStringLiteral("/properties/0/value"),
                              QStringLiteral("/stages/1/properties/0/value")}));
    }

    void readmeSaysWhereItIsFrom()
    {
        const Template made = written(readTemplateCase(QStringLiteral("golden")));
        const Template::File *readme = made.file(QStringLiteral("README.md"));
        QVERIFY(readme);
        QCOMPARE(readme->bytes,
                 QByteArray("# harbor-ferry\n\nGenerated from toolchain URL: "
                            "https://cloud.ibm.com/devops/toolchains/"
                            "11111111-2222-4333-8444-555555555555?env_id=ibm:yp:us-south\n"
                            "on 2026-02-01T08-30-05\n"));
    }

    void changesNameTheirRule()
    {
        const Template made = written(readTemplateCase(QStringLiteral("golden")));
        const auto has = [&](const char *rule, const char *pointer, const char *before,
                             const char *after) {
            return std::any_of(made.changes.begin(), made.changes.end(),
                               [&](const Template::Change &change) {
                                   return change.rule == QLatin1String(rule) &&
                                          change.pointer == QLatin1String(pointer) &&
                                          change.before == QLatin1String(before) &&
                                          change.after == QLatin1String(after);
                               });
        };
        QVERIFY(has("C5", "/stages/0/triggers/0/events", "null", "\"{\\\"push\\\":true}\""));
        QVERIFY(has("C6", "/stages/0/worker", "\"dock-runner\"", "\"${private_worker02}\""));
        QVERIFY(has("K1", "/properties/0/type", "\"TEXT\"", "\"text\""));
        QVERIFY(has("T13", "/services/build-web/parameters/external_api_url", "\"****\"", ""));
        QVERIFY(has("P9", "/properties/0/value", "", "\"\""));
    }

    void placesAreLinesOfBothSides_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("pointer");
        QTest::addColumn<QByteArray>("before");
        QTest::addColumn<QByteArray>("after");
        const auto row = [](const char *name, const char *pointer, const char *before,
                            const char *after) {
            const QString file = QStringLiteral(".bluemix/") + QLatin1String(name);
            QTest::newRow(pointer) << file << pointer << QByteArray(before) << QByteArray(after);
        };
        const char *classic = "pipeline_build-web.yml";
        row(classic, "/stages/0/worker", "worker: dock-runner", "worker: ${private_worker02}");
        row(classic, "/stages/0/triggers/0/events", "events: null", "events: '{\"push\":true}'");
        // What is there on one side only is shown by what is around it on the other.
        row(classic, "/stages/0/inputs/0/service", "- type: git", "service: web-src");
        row(classic, "/hooks", "hooks:", "defaultBaseImageVersion: latest");
        const char *tekton = "pipeline_ci-run.yml";
        row(tekton, "/properties/0/type", "type: TEXT", "type: text");
        row(tekton, "/properties", "envProperties:", "properties:");
        const char *toolchain = "toolchain.yml";
        row(toolchain, "/services/build-web/parameters/external_api_url",
            "external_api_url: '****'", "parameters:");
        row(toolchain, "/services/pager/parameters/service_key", "service_key: '(not shown)'",
            "service_key: \"\"");
        row(toolchain, "/template/required", "template:", "required:");
    }
    void placesAreLinesOfBothSides()
    {
        QFETCH(QString, file);
        QFETCH(QString, pointer);
        const TemplateCase one = readTemplateCase(QStringLiteral("golden"));
        const ToolchainExport source = stripped(one.source);
        const Template made = *writeTemplate(source);
        const TemplatePlaces places(source, made);
        const auto from =
            std::find_if(places.sources().begin(), places.sources().end(),
                         [&](const TemplatePlaces::Source &known) { return known.file == file; });
        QVERIFY(from != places.sources().end());
        QTEST(lineOf(from->bytes, places.sourceLine(file, pointer)), "before");
        QTEST(lineOf(made.file(file)->bytes, places.line(file, pointer)), "after");
    }

    void sourcesAreWithoutSecrets_data() { everyCase_data(); }
    void sourcesAreWithoutSecrets()
    {
        QFETCH(QString, name);
        const TemplateCase one = readTemplateCase(name);
        const ToolchainExport source = stripped(one.source);
        const auto made = writeTemplate(source, one.options);
        QVERIFY(made);
        const TemplatePlaces places(source, *made);
        for (const TemplatePlaces::Source &from : places.sources())
            QVERIFY(!from.bytes.contains("hush-"));
        for (const Template::Change &change : changesWithSecrets(*made)) {
            QVERIFY2(places.line(change.file, change.pointer) > 0, qPrintable(change.file));
            QVERIFY(places.sourceLine(change.file, change.pointer) > 0);
        }
        QCOMPARE(places.line(QStringLiteral("README.md"), QString()), 0);
    }

    void emptiedSecretsAreChangesToo()
    {
        const TemplateCase one = readTemplateCase(QStringLiteral("golden"));
        const Template made = *writeTemplate(stripped(one.source));
        const auto all = changesWithSecrets(made);
        const auto count = [&](const char *rule) {
            return std::count_if(all.begin(), all.end(), [&](const Template::Change &change) {
                return change.rule == QLatin1String(rule) && change.isSecret;
            });
        };
        QCOMPARE(count("P9"), 3);
        QCOMPARE(count("T12"), 4);
        QCOMPARE(changesWithSecrets(*writeTemplate(one.source)).size(), all.size());
    }

    void answersThatAreNoToolchain_data()
    {
        QTest::addColumn<QByteArray>("json");
        for (const char *json :
             {"null", "{}", "[]", "{\"toolchain\":null}", "{\"toolchain\":{\"name\":\"x\"}}",
              "{\"toolchain\":{\"name\":\"\",\"services\":[]}}",
              "{\"toolchain\":{\"name\":\"x\",\"services\":[{}]}}",
              "{\"toolchain\":{\"name\":\"x\",\"services\":[null]}}"})
            QTest::newRow(json) << QByteArray(json);
    }
    void answersThatAreNoToolchain()
    {
        QFETCH(QByteArray, json);
        ToolchainExport source;
        source.answer = *readJsonData(json, QStringLiteral("it"));
        const auto made = writeTemplate(source);
        QVERIFY(!made);
        QCOMPARE(made.error().code, ErrorCode::Corrupt);
        QVERIFY(!checkToolchainAnswer(json, QStringLiteral("application/json")));
    }

    void downloadsThatAreNoPipeline()
    {
        QVERIFY(pipelineProblem("stages: []").isEmpty());
        QVERIFY(pipelineProblem("triggers: []", "text/plain").isEmpty());
        QVERIFY(pipelineProblem("<html><body>Log in</body></html>", "text/html; charset=utf-8")
                    .contains("web page"));
        QVERIFY(pipelineProblem("\n<!DOCTYPE html>\n<p>Log in").contains("web page"));
        QVERIFY(pipelineProblem("").contains("is empty"));
        QVERIFY(pipelineProblem("\n \n").contains("is empty"));
        QVERIFY(pipelineProblem("null").contains("no pipeline"));
        QVERIFY(pipelineProblem("stages: null\nproperties: null").contains("no pipeline"));
        QVERIFY(pipelineProblem("message: Forbidden").contains("no pipeline"));
        QVERIFY(pipelineProblem("stages: [").contains("not valid YAML"));
    }

    void pipelinesAreNamedWithTheirPath()
    {
        const TemplateCase one = readTemplateCase(QStringLiteral("golden"));
        const auto pipelines = toolchainPipelines(one.source.answer);
        QVERIFY(pipelines);
        QCOMPARE(pipelines->size(), std::size_t(2));
        QCOMPARE(pipelines->at(1).name, QStringLiteral("ci-run"));
        QVERIFY(pipelines->at(1).isTekton);
        QCOMPARE(pipelines->at(0).path,
                 QStringLiteral("/devops/pipelines/aaaa0004/yaml?env_id=ibm:yp:us-south"));
    }

    void fileNamesAreSafe()
    {
        QStringList taken;
        const auto name = [&](const QString &service) { return pipelineFileName(service, taken); };
        QCOMPARE(name(QStringLiteral("build-web")), QStringLiteral("pipeline_build-web.yml"));
        for (const QString &service :
             {QStringLiteral("../../etc/passwd"), QStringLiteral(".."), QStringLiteral("a/b"),
              QStringLiteral("Build-Web"), QStringLiteral("日本"), QStringLiteral("a\nb"),
              QString(), QString(5000, QLatin1Char('x')), QStringLiteral("a b"),
              QStringLiteral("a-b"), QStringLiteral("a?b")}) {
            const QString file = name(service);
            static const QRegularExpression safe(
                QStringLiteral("\\Apipeline_[A-Za-z0-9_.-]{1,110}\\.yml\\z"));
            QVERIFY2(safe.match(file).hasMatch(), qPrintable(file));
            QVERIFY(!file.contains(QLatin1String("..")));
        }
        QCOMPARE(QSet<QString>(taken.begin(), taken.end()).size(), taken.size());
    }

    void suggestsMirrors()
    {
        const TemplateCase one = readTemplateCase(QStringLiteral("golden"));
        const auto map = suggestRepositoryMap(one.source.answer, QStringLiteral("eu-de"));
        QCOMPARE(map.size(), std::size_t(2));
        QCOMPARE(map[0].second,
                 QStringLiteral("https://eu-de.git.cloud.ibm.com/ann/ferry-web.git"));
    }
};

QTEST_GUILESS_MAIN(TestToolchainTemplate)
#include "tst_toolchain_template.moc"
