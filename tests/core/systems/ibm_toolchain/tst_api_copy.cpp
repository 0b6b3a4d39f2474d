// SPDX-License-Identifier: GPL-3.0-or-later
// What is in a saved Tekton toolchain beside what the public APIs are asked for.
#include "core/systems/ibm_toolchain/api_copy.h"

#include <QTest>

using namespace lb;

// Before the texts: moc takes `//` in a raw one for a comment.
class TestApiCopy : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void toolsAreInOrderAndWithoutSecrets();
    void namesAreChecked();
    void classicIsRefused();
    void pipelineNamesToolsOfTheCopy();
    void propertiesAreMapped();
    void triggersAreMapped();
    void whatIsLostIsTold();
    void manualTriggerIsAdded();
};

namespace {

DataValue yaml(const char *text)
{
    const auto read = readYamlData(text, QStringLiteral("test"));
    return read ? *read : DataValue();
}

DataValue json(const char *text)
{
    const auto read = readJsonData(text, QStringLiteral("test"));
    return read ? *read : DataValue();
}

QByteArray shown(const DataValue &value)
{
    return writeJsonData(value);
}

const char *const kAnswer = R"({"toolchain": {"toolchain_guid": "t", "name": "berths",
  "description": "Plans", "region_id": "ibm:yp:us-east", "services": [
  {"service_id": "pipeline", "instance_id": "p-1", "toolchain_binding": {"name": "ci"},
   "dashboard_url": "/devops/pipelines/tekton/p-1", "region_id": "ibm:yp:us-east",
   "parameters": {"name": "ci", "type": "tekton", "external_api_url": "****", "dashboard_url": "x"}},
  {"service_id": "draservicebroker", "instance_id": "d-1", "toolchain_binding": {"name": "dra"},
   "parameters": {}},
  {"service_id": "sonarqube", "instance_id": "s-1", "toolchain_binding": {"name": "lint"},
   "parameters": {"server_url": "https://lint.example.test", "user_password": "hush-lint"}},
  {"service_id": "slack", "instance_id": "c-1", "toolchain_binding": {"name": "chat"},
   "parameters": {"channel": "quay", "api_token": "{vault::safe.chat}"}},
  {"service_id": "hashicorpvault", "instance_id": "v-1", "toolchain_binding": {"name": "safe"},
   "parameters": {"name": "safe", "nested": {"token": "hush-deep", "kept": 1}}},
  {"service_id": "private_worker", "instance_id": "w-1",
   "parameters": {"name": "quay", "workerQueueCredentials": "hush-quay"}},
  {"service_id": "hostedgit", "instance_id": "r-1", "toolchain_binding": {"name": "src"},
   "parameters": {"repo_url": "https://us-east.git.cloud.ibm.com/ann/berths.git",
                  "repo_id": "77", "type": "clone", "api_token": ""}}]}, "services": []})";

const char *const kPipeline = R"(
private_worker: quay
futureField: {a: 1}
inputs:
- {type: git, url: "https://us-east.git.cloud.ibm.com/ann/berths.git", branch: main, path: .tekton,
   serviceInstanceId: r-1}
- {type: git, url: "https://us-east.git.cloud.ibm.com/ann/berths.git", tag: v1}
envProperties:
- {name: PLAIN, type: TEXT, value: 8080}
- {name: HUSH, type: SECURE, value: '****'}
- {name: ELSEWHERE, type: SECURE, value: "{vault::safe.key}"}
- {name: CHOICE, type: SINGLE_SELECT, enum: [a, b], default: b, locked: "true"}
- {name: REPOSITORY, type: INTEGRATION, value: r-1, path: parameters.repo_url}
- {name: NOBODY, type: INTEGRATION, value: gone}
- {name: ODD, type: COLOUR, value: red}
- {name: PLAIN, type: TEXT, value: again}
triggers:
- type: git
  name: on-push
  eventListener: push
  url: https://us-east.git.cloud.ibm.com/ann/berths.git
  pattern: release-*
  events: {push: true, pull_request: false, pull_request_closed: true}
  maxConcurrentRuns: 2
  enableEventsFromForks: true
  worker: {id: w-1, name: quay}
  tags: [x]
  colour: red
  serviceInstanceId: r-1
  properties: [{name: DEPTH, type: TEXT, value: "1"}, {name: TOKEN, type: SECURE, value: '****'}]
- {type: git, name: filtered, eventListener: cel, branch: main, filter: "true",
   url: "https://us-east.git.cloud.ibm.com/ann/berths.git"}
- {type: timer, name: nightly, eventListener: night, cron: "0 3 * * *", timezone: UTC}
- type: generic
  name: called
  eventListener: call
  webhookUrl: https://hook.example.test/hush-hook
  secret: {type: token_matches, source: header, keyName: x-port, value: '****'}
- {type: manual, name: off, eventListener: hand, disabled: true}
- {type: telepathy, name: thought, eventListener: mind}
- {type: timer, name: nightly, eventListener: night, cron: "0 4 * * *"}
)";

/// The template for a restore into eu-de by the APIs.
Template made(const QString &suffix = {}, const char *pipeline = kPipeline)
{
    ToolchainExport source;
    source.answer = json(kAnswer);
    source.pipelines.emplace(QStringLiteral("p-1"), yaml(pipeline));
    TemplateOptions options;
    options.targetRegion = QStringLiteral("eu-de");
    options.repositoryMap = suggestRepositoryMap(source.answer, options.targetRegion);
    options.linkRepositories = true;
    options.dropEndedServices = true;
    options.nameSuffix = suffix;
    const auto written = writeTemplate(source, options);
    return written ? *written : Template();
}

ToolIds ids(const ToolchainToMake &whole)
{
    ToolIds ids{{}, sourceToolNames(json(kAnswer))};
    for (const ToolToMake &tool : whole.tools)
        ids.made[tool.name] = QStringLiteral("new-") + tool.name;
    return ids;
}

PipelineToMake pipeline(const char *text = kPipeline)
{
    const Template written = made({}, text);
    const auto whole = toolchainToMake(written);
    if (!whole)
        return {};
    const ToolToMake *tool = whole->find(QStringLiteral("ci"));
    const Template::File *file = written.file(tool->file);
    return pipelineToMake(*tool, file ? yaml(file->bytes.constData()) : DataValue(), *whole,
                          ids(*whole));
}

const TriggerToMake *trigger(const PipelineToMake &pipeline, const char *name)
{
    for (const TriggerToMake &one : pipeline.triggers) {
        if (one.name == QLatin1String(name))
            return &one;
    }
    return nullptr;
}

} // namespace

void TestApiCopy::toolsAreInOrderAndWithoutSecrets()
{
    const auto whole = toolchainToMake(made(QStringLiteral(" eu-de")));
    QVERIFY(whole);
    QCOMPARE(shown(whole->body(QStringLiteral("g"))),
             shown(json(R"({"name": "berths eu-de", "resource_group_id": "g",
                            "description": "Plans"})")));
    QStringList names;
    for (const ToolToMake &tool : whole->tools) {
        names << tool.name;
        QVERIFY(!shown(tool.body()).contains("hush-"));
    }
    QCOMPARE(names.join(QLatin1Char(' ')),
             QStringLiteral("src private_worker05 safe chat lint ci"));
    const auto body = [&](const char *name) {
        return shown(whole->find(QLatin1String(name))->body());
    };
    // Not inside of the macro: moc takes `//` in a raw text for a comment there.
    const char *const repository = R"({"tool_type_id": "hostedgit", "name": "src", "parameters":
        {"repo_url": "https://eu-de.git.cloud.ibm.com/ann/berths.git", "type": "link"}})";
    QCOMPARE(body("src"), shown(json(repository)));
    // A reference is no secret.
    QVERIFY(body("chat").contains("{vault::safe.chat}"));
    QCOMPARE(body("safe"), shown(json(R"({"tool_type_id": "hashicorpvault", "name": "safe",
        "parameters": {"name": "safe", "nested": {"kept": 1}}})")));
    QCOMPARE(body("ci"), shown(json(R"({"tool_type_id": "pipeline", "name": "ci",
        "parameters": {"name": "ci", "type": "tekton"}})")));
    QCOMPARE(whole->left.size(), 1);
    QVERIFY(whole->left.front().startsWith(QLatin1String("dra: ")));
}

void TestApiCopy::namesAreChecked()
{
    const auto refused = toolchainToMake(made(QStringLiteral(" (eu-de)")));
    QVERIFY(!refused);
    QVERIFY(refused.error().sentence().contains(QStringLiteral("berths (eu-de)")));
    QVERIFY(toolchainToMake(made(QString::fromUtf8(" Zürich"))));
    QVERIFY(!toolchainToMake(made(QString(140, QLatin1Char('x')))));
}

void TestApiCopy::classicIsRefused()
{
    auto whole = toolchainToMake(made());
    QVERIFY(whole && checkIsTekton(*whole));
    for (ToolToMake &tool : whole->tools)
        tool.parameters.remove(QStringLiteral("type"));
    const auto refused = checkIsTekton(*whole);
    QVERIFY(!refused);
    QVERIFY(refused.error().detail.startsWith(QLatin1String("ci: ")));
    QVERIFY(refused.error().advice.contains(QLatin1String("ibm-toolchain.restore")));
}

void TestApiCopy::pipelineNamesToolsOfTheCopy()
{
    const PipelineToMake made = pipeline();
    QCOMPARE(shown(made.body),
             shown(json(R"({"id": "new-ci", "worker": {"id": "new-private_worker05"}})")));
    QCOMPARE(made.definitions.size(), size_t(2));
    // Not inside of the macro: moc takes `//` in a raw text for a comment there.
    const char *const first = R"({"source": {"type": "git", "properties":
        {"url": "https://eu-de.git.cloud.ibm.com/ann/berths.git", "branch": "main",
         "path": ".tekton", "tool": {"id": "new-src"}}}})";
    QCOMPARE(shown(made.definitions[0]), shown(json(first)));
    const char *const second = R"({"source": {"type": "git", "properties":
        {"url": "https://eu-de.git.cloud.ibm.com/ann/berths.git", "tag": "v1",
         "path": ".", "tool": {"id": "new-src"}}}})";
    QCOMPARE(shown(made.definitions[1]), shown(json(second)));
    QVERIFY(definitionKey(made.definitions[0]) != definitionKey(made.definitions[1]));
}

void TestApiCopy::propertiesAreMapped()
{
    QByteArray all;
    for (const DataValue &body : pipeline().properties)
        all += shown(body).simplified() + '\n';
    QByteArray wanted;
    for (const char *body :
         {R"({"name": "PLAIN", "type": "text", "value": "8080"})",
          R"({"name": "HUSH", "type": "secure", "value": ""})",
          R"({"name": "ELSEWHERE", "type": "secure", "value": "{vault::safe.key}"})",
          R"({"name": "CHOICE", "type": "single_select", "value": "b", "enum": ["a", "b"],
              "locked": true})",
          R"({"name": "REPOSITORY", "type": "integration", "value": "new-src",
              "path": "parameters.repo_url"})"})
        wanted += shown(json(body)).simplified() + '\n';
    QCOMPARE(all, wanted);
}

void TestApiCopy::triggersAreMapped()
{
    const PipelineToMake made = pipeline();
    const TriggerToMake *push = trigger(made, "on-push");
    QVERIFY(push);
    // Not inside of the macro: moc takes `//` in a raw text for a comment there.
    const char *const wanted = R"({"type": "scm", "name": "on-push",
        "event_listener": "push", "enabled": false, "tags": ["x"], "max_concurrent_runs": 2,
        "worker": {"id": "new-private_worker05"},
        "source": {"type": "git", "properties": {
            "url": "https://eu-de.git.cloud.ibm.com/ann/berths.git", "pattern": "release-*"}},
        "events": ["push", "pull_request_closed"], "enable_events_from_forks": true})";
    QCOMPARE(shown(push->body), shown(json(wanted)));
    QCOMPARE(push->properties.size(), size_t(2));
    QCOMPARE(push->properties[1].textOf(QStringLiteral("value")), QString());
    const TriggerToMake *filtered = trigger(made, "filtered");
    QVERIFY(filtered && !filtered->body.get(QStringLiteral("events")));
    QCOMPARE(filtered->body.textOf(QStringLiteral("filter")), QStringLiteral("true"));
    QCOMPARE(shown(trigger(made, "nightly")->body), shown(json(R"({"type": "timer",
        "name": "nightly", "event_listener": "night", "enabled": false, "cron": "0 3 * * *",
        "timezone": "UTC"})")));
    QCOMPARE(shown(trigger(made, "called")->body), shown(json(R"({"type": "generic",
        "name": "called", "event_listener": "call", "enabled": false,
        "secret": {"type": "token_matches", "source": "header", "key_name": "x-port"}})")));
}

void TestApiCopy::whatIsLostIsTold()
{
    const QStringList left = pipeline().left;
    const auto tells = [&](std::initializer_list<const char *> words) {
        return std::any_of(left.begin(), left.end(), [&](const QString &sentence) {
            return std::all_of(words.begin(), words.end(), [&](const char *word) {
                return sentence.contains(QLatin1String(word));
            });
        });
    };
    QVERIFY(tells({"ci", "futureField"}));
    QVERIFY(tells({"ci/ODD", "colour"}));
    QVERIFY(tells({"ci/NOBODY", "gone"}));
    QVERIFY(tells({"ci/PLAIN", "another property"}));
    QVERIFY(tells({"ci/trigger on-push", "colour"}));
    QVERIFY(tells({"ci/trigger thought", "without type"}));
    QVERIFY(tells({"ci/trigger nightly", "another trigger"}));
    QVERIFY2(left.size() == 7, qPrintable(left.join(QLatin1Char(0x0a))));
}

void TestApiCopy::manualTriggerIsAdded()
{
    // The only manual one is off.
    const PipelineToMake added = pipeline();
    QCOMPARE(added.addedTrigger, QStringLiteral("by-hand"));
    QCOMPARE(shown(added.triggers.back().body), shown(json(R"({"type": "manual",
        "name": "by-hand", "event_listener": "push", "enabled": true})")));
    const PipelineToMake taken = pipeline(
        "triggers:\n- {type: timer, name: by-hand, eventListener: l, cron: '0 0 * * *'}\n");
    QCOMPARE(taken.addedTrigger, QStringLiteral("by-hand-2"));
    const PipelineToMake there =
        pipeline("triggers:\n- {type: manual, name: go, eventListener: l}\n");
    QCOMPARE(there.addedTrigger, QString());
    QCOMPARE(there.triggers.size(), size_t(1));
    QVERIFY(pipeline("inputs: []\ntriggers: []\n").triggers.empty());
}

QTEST_GUILESS_MAIN(TestApiCopy)
#include "tst_api_copy.moc"
