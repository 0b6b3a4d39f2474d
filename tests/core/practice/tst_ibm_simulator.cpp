// SPDX-License-Identifier: GPL-3.0-or-later
// IBM Cloud as the practice plays it, with nothing wrong: systems/ibm-toolchain.md §11.
#include "ibm_client.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace lb;
using practice::ibm::inventIbmCloud;

namespace {

const QByteArray kFerry = "11111111-2222-4333-8444-555555555555";
const QByteArray kGroup = "0123456789abcdef0123456789abcdef";

QJsonObject found(const QJsonArray &all, const char *key, const QString &value)
{
    for (const QJsonValue one : all) {
        if (one[QLatin1String(key)].toString() == value)
            return one.toObject();
    }
    return {};
}

QByteArray named(const QByteArray &name)
{
    return "{\"name\":\"" + name + "\",\"resource_group_id\":\"" + kGroup + "\"}";
}

QByteArray idOf(const QJsonObject &object)
{
    return object[QLatin1String("id")].toString().toUtf8();
}

} // namespace

class TestIbmSimulator : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void loginAndAccount();
    void toolchainIsRead();
    void pipelinesAreRead();
    void searchFinds();
    void gitIsOfOneRegion();
    void repositoryIsFilledAndRead();
    void wholeStory();
    void deployRefuses_data();
    void deployRefuses();
    void templateRefuses_data();
    void templateRefuses();
    void deployTakesMultipart();
    void executeFalseHoldsTheFirstRun();
    void classicIsFilledByHand();
    void toolchainApiPages();
    void pipelineIsBuiltByApi();
    void apiRefuses_data();
    void apiRefuses();
    void stateSurvives();

private:
    QString deployed();

    std::unique_ptr<IbmClient> m_ibm;
};

void TestIbmSimulator::init()
{
    m_ibm = std::make_unique<IbmClient>(inventIbmCloud());
    QVERIFY(m_ibm->port() != 0);
    m_ibm->logIn();
}

void TestIbmSimulator::loginAndAccount()
{
    const IbmAnswer token = m_ibm->iamToken();
    QCOMPARE(token.status, 200);
    QCOMPARE(token.json()[QLatin1String("expires_in")].toInt(), 3600);
    QCOMPARE(m_ibm->iamToken("password").status, 400);
    const IbmAnswer details =
        m_ibm->ask("GET", "/v1/apikeys/details", {},
                   {{"Authorization", "Bearer " + token.text("access_token").toUtf8()},
                    {"IAM-ApiKey", "canary-api-key"}});
    QCOMPARE(details.text("account_id"), inventIbmCloud().account);
    QCOMPARE(m_ibm->ask("GET", "/v1/apikeys/details").status, 401);
}

void TestIbmSimulator::toolchainIsRead()
{
    const QByteArray path =
        "/devops/toolchains/" + kFerry + "?env_id=ibm%3Ayp%3Aus-east&isUIRequest=true";
    const QJsonObject answer = m_ibm->call("GET", path).json();
    const QJsonObject toolchain = answer[QLatin1String("toolchain")].toObject();
    QCOMPARE(toolchain[QLatin1String("name")].toString(), QStringLiteral("harbor-ferry"));
    const QJsonArray services = toolchain[QLatin1String("services")].toArray();
    QCOMPARE(services.size(), 7);
    QVERIFY(!services[2].toObject().contains(QLatin1String("toolchain_binding")));
    QVERIFY(services[4][QLatin1String("dashboard_url")].toString().startsWith(
        QLatin1String("/devops/pipelines/tekton/")));
    for (const QJsonValue service : services)
        QCOMPARE(service[QLatin1String("status")][QLatin1String("state")].toString(),
                 QStringLiteral("configured"));
    QVERIFY(!answer[QLatin1String("services")].toArray().isEmpty());
    QCOMPARE(m_ibm->ask("GET", path).status, 401);
    QCOMPARE(m_ibm->call("GET", "/devops/toolchains/" + kFerry + "?env_id=ibm:yp:eu-de").status,
             404);
}

/// Masked where they are secrets, as they are where they point to one.
void TestIbmSimulator::pipelinesAreRead()
{
    const QJsonArray pipelines = m_ibm->state()[QLatin1String("pipelines")].toArray();
    QCOMPARE(pipelines.size(), 8);
    QByteArray all;
    for (const QJsonValue pipeline : pipelines) {
        const bool isTekton = pipeline[QLatin1String("is_tekton")].toBool();
        const QByteArray path = QByteArray("/devops/pipelines/") + (isTekton ? "tekton/" : "") +
                                idOf(pipeline.toObject()) + "/yaml?env_id=ibm:yp:us-east";
        const IbmAnswer answer = m_ibm->call("GET", path);
        QCOMPARE(answer.status, 200);
        QCOMPARE(answer.header("Content-Type"), QByteArray("application/x-yaml"));
        QVERIFY(answer.body.contains(isTekton ? "triggers:" : "stages:"));
        all += answer.body;
    }
    QVERIFY2(!all.contains("canary-"), all.constData());
    QVERIFY(all.contains("****"));
    QVERIFY(all.contains("{vault::harbour-vault.sign-key}"));
    QVERIFY(all.contains("defaultBaseImageVersion"));
}

void TestIbmSimulator::searchFinds()
{
    const auto search = [&](const QByteArray &query) {
        const QByteArray body = "{\"query\":\"" + query + "\"}";
        return m_ibm->call("POST", "/v3/resources/search", body)
            .json()[QLatin1String("items")]
            .toArray();
    };
    const QJsonArray named =
        search(R"(service_name:toolchain AND name:\"harbor-ferry\" AND doc.state:ACTIVE)");
    QCOMPARE(named.size(), 1);
    QCOMPARE(named[0][QLatin1String("doc")][QLatin1String("region_id")].toString(),
             QStringLiteral("us-east"));
    QCOMPARE(search("service_name:toolchain").size(), 5);
    QCOMPARE(search("service_name:continuous-delivery AND region:\\\"eu-de\\\" AND "
                    "doc.state:ACTIVE")
                 .size(),
             1);
    QCOMPARE(search("type:resource-group AND doc.state:ACTIVE AND (name:Default OR "
                    "doc.id:Default)")
                 .size(),
             1);
    QCOMPARE(search("type:resource-group AND (name:none OR doc.id:none)").size(), 0);
}

void TestIbmSimulator::gitIsOfOneRegion()
{
    QCOMPARE(m_ibm->git("GET", "user").text("username"), QStringLiteral("ann"));
    QCOMPARE(m_ibm->git("GET", "user", {}, "canary-git-token-us-east").status, 401);
    QCOMPARE(m_ibm->git("GET", "personal_access_tokens/self")
                 .json()[QLatin1String("scopes")]
                 .toArray()
                 .size(),
             5);
    const IbmAnswer page =
        m_ibm->ask("POST", "/eu-de/-/user_settings/personal_access_tokens?name=x&scopes=read_user");
    const QByteArray made = page.body.mid(page.body.indexOf("<code>") + 6).split('<').first();
    QCOMPARE(m_ibm->git("GET", "user", {}, made).status, 200);
    QCOMPARE(m_ibm->git("GET", "projects/ann%2Fferry-web", {}, made).status, 403);
}

void TestIbmSimulator::repositoryIsFilledAndRead()
{
    const QByteArray id = m_ibm->makeTemplate(ibmTemplate());
    QVERIFY(!id.isEmpty());
    const QByteArray repository = "projects/" + id + "/repository/";
    QCOMPARE(m_ibm->git("POST", "projects", R"({"name":"temporary"})").status, 400);
    const QJsonArray tree = m_ibm->git("GET", repository + "tree?recursive=true&ref=main").array();
    QCOMPARE(tree.size(), 4); // the folder too
    const IbmAnswer first = m_ibm->git("GET", repository + "tree?recursive=true&per_page=3");
    QCOMPARE(first.header("X-Next-Page"), QByteArray("2"));
    const IbmAnswer raw =
        m_ibm->git("GET", repository + "files/.bluemix%2Ftoolchain.yml/raw?ref=main");
    QVERIFY(raw.body.startsWith("version: 2\n"));
    QCOMPARE(m_ibm->git("GET", repository + "files/none/raw?ref=main").status, 404);
    QCOMPARE(m_ibm->git("GET", repository + "branches/main").status, 200);
    QCOMPARE(m_ibm->git("GET", repository + "branches/master").status, 404);
    const QByteArray again =
        R"({"branch":"main","commit_message":"x","actions":[{"action":"create","file_path":".bluemix/toolchain.yml","content":""}]})";
    QCOMPARE(m_ibm->git("POST", repository + "commits", again).status, 400);
    // What is mirrored has the same commit in both regions.
    const auto head = [&](const QByteArray &region) {
        return m_ibm
            ->ask("GET", '/' + region + "/api/v4/projects/ann%2Fferry-web/repository/branches/main",
                  {}, {{"PRIVATE-TOKEN", "canary-git-token-" + region}})
            .json()[QLatin1String("commit")][QLatin1String("id")]
            .toString();
    };
    QCOMPARE(head("eu-de"), head("us-east"));
    const IbmAnswer mirrors =
        m_ibm->ask("GET", "/us-east/api/v4/projects/ann%2Fferry-web/remote_mirrors", {},
                   {{"PRIVATE-TOKEN", "canary-git-token-us-east"}});
    QCOMPARE(mirrors.array().size(), 1);
    QVERIFY(!mirrors.body.contains("canary-"));
}

/// A toolchain that was just made; its id.
QString TestIbmSimulator::deployed()
{
    const IbmAnswer made = m_ibm->deploy();
    const QString place = QString::fromUtf8(made.header("Location"));
    return made.status == 201 ? place.section(QLatin1String("/toolchains/"), 1).left(36)
                              : QString();
}

void TestIbmSimulator::wholeStory()
{
    const QByteArray project = m_ibm->makeTemplate(ibmTemplate());
    const QByteArray id = deployed().toUtf8();
    QVERIFY(!id.isEmpty());
    const QByteArray api = "/eu-de/toolchain/v2/toolchains/" + id;
    QCOMPARE(m_ibm->call("GET", api).text("location"), QStringLiteral("eu-de"));
    // Configuring at first, then what lacks a secret is misconfigured.
    const auto tools = [&] {
        QJsonArray all;
        for (const char *start : {"0", "2", "4"})
            for (const QJsonValue tool : m_ibm->call("GET", api + "/tools?limit=150&start=" + start)
                                             .json()[QLatin1String("tools")]
                                             .toArray())
                all << tool;
        return all;
    };
    QCOMPARE(tools()[0][QLatin1String("state")].toString(), QStringLiteral("configuring"));
    tools();
    const QJsonArray settled = tools();
    QCOMPARE(settled.size(), 6);
    const QJsonObject chat = found(settled, "name", QStringLiteral("chat"));
    QCOMPARE(chat[QLatin1String("state")].toString(), QStringLiteral("misconfigured"));
    QCOMPARE(settled[0][QLatin1String("state")].toString(), QStringLiteral("configured"));
    const IbmAnswer told =
        m_ibm->call("PATCH", api + "/tools/" + idOf(chat),
                    R"({"parameters":{"api_token":"invented"}})", "application/merge-patch+json");
    QCOMPARE(told.text("state"), QStringLiteral("configured"));
    QVERIFY(!told.body.contains("invented"));

    const QByteArray pipeline = idOf(found(settled, "name", QStringLiteral("ci-run")));
    const QByteArray tekton = "/eu-de/pipeline/v2/tekton_pipelines/" + pipeline;
    const QJsonObject whole = m_ibm->call("GET", tekton).json();
    QCOMPARE(whole[QLatin1String("definitions")][0][QLatin1String("source")]
                  [QLatin1String("properties")][QLatin1String("url")]
                      .toString(),
             QStringLiteral("https://eu-de.git.cloud.ibm.com/ann/ci-tasks.git"));
    // The first run started by itself and fails: its secret is empty.
    const auto statusOf = [&](const QByteArray &run) {
        QString status;
        for (int look = 0; look < 3; ++look)
            status = m_ibm->call("GET", tekton + "/pipeline_runs/" + run).text("status");
        return status;
    };
    const QJsonArray runs = m_ibm->call("GET", tekton + "/pipeline_runs")
                                .json()[QLatin1String("pipeline_runs")]
                                .toArray();
    QCOMPARE(runs.size(), 1);
    QCOMPARE(statusOf(idOf(runs[0].toObject())), QStringLiteral("failed"));

    const IbmAnswer kept = m_ibm->call("PUT", tekton + "/properties/API_KEY",
                                       R"({"name":"API_KEY","type":"secure","value":"invented"})");
    QCOMPARE(kept.text("value"), QStringLiteral("****"));
    const QJsonObject onPush =
        found(whole[QLatin1String("triggers")].toArray(), "name", QStringLiteral("on-push"));
    const QByteArray trigger = tekton + "/triggers/" + idOf(onPush);
    QCOMPARE(m_ibm->call("PATCH", trigger, R"({"enabled":false})").status, 415);
    QVERIFY(m_ibm->call("GET", trigger).json()[QLatin1String("enabled")].toBool());
    QCOMPARE(m_ibm->call("PATCH", trigger, R"({"enabled":false})", "application/merge-patch+json")
                 .status,
             200);
    QVERIFY(!m_ibm->call("GET", trigger).json()[QLatin1String("enabled")].toBool(true));
    const IbmAnswer started =
        m_ibm->call("POST", tekton + "/pipeline_runs", R"({"trigger":{"name":"by-hand"}})");
    QCOMPARE(started.status, 201);
    QCOMPARE(started.text("status"), QStringLiteral("pending"));
    QCOMPARE(statusOf(started.text("id").toUtf8()), QStringLiteral("succeeded"));
    QCOMPARE(
        m_ibm->call("POST", tekton + "/pipeline_runs", R"({"trigger":{"name":"on-push"}})").status,
        400);
    const QByteArray yaml =
        m_ibm->call("GET", "/devops/pipelines/tekton/" + pipeline + "/yaml?env_id=ibm:yp:eu-de")
            .body;
    QVERIFY2(yaml.contains("disabled: true") && !yaml.contains("us-east"), yaml.constData());

    QCOMPARE(m_ibm->git("DELETE", "projects/" + project).status, 202);
    QCOMPARE(m_ibm->git("GET", "projects/" + project).status, 404);
    QCOMPARE(m_ibm->git("DELETE", "personal_access_tokens/self").status, 204);
    QCOMPARE(m_ibm->git("GET", "personal_access_tokens/self").status, 401);
    QCOMPARE(m_ibm->call("DELETE", api).status, 204);
    QCOMPARE(m_ibm->call("GET", api).status, 404);
    for (const QJsonValue request : m_ibm->requests())
        QVERIFY2(!request[QLatin1String("target")].toString().contains(QLatin1String("canary-")),
                 "a secret stands in an address");
}

void TestIbmSimulator::deployRefuses_data()
{
    QTest::addColumn<QByteArray>("form");
    QTest::addColumn<QByteArray>("region");
    QTest::addColumn<int>("status");
    const QByteArray all = "&branch=main&autocreate=true";
    QTest::newRow("without autocreate")
        << IbmClient::deployForm("&branch=main") << QByteArray("eu-de") << 200;
    QTest::newRow("branch master")
        << IbmClient::deployForm("&autocreate=true") << QByteArray("eu-de") << 400;
    QTest::newRow("closing region") << IbmClient::deployForm() << QByteArray("us-east") << 400;
    QTest::newRow("region that is gone") << IbmClient::deployForm() << QByteArray("eu-es") << 400;
    QTest::newRow("another region than the template's")
        << IbmClient::deployForm() << QByteArray("eu-gb") << 400;
    QTest::newRow("unknown resource group")
        << IbmClient::deployForm(all + "&resourceGroupId=default") << QByteArray("eu-de") << 400;
    QTest::newRow("wrong Git token")
        << IbmClient::deployForm(all + "&repository_token=none") << QByteArray("eu-de") << 400;
}

void TestIbmSimulator::deployRefuses()
{
    QFETCH(const QByteArray, form);
    QFETCH(const QByteArray, region);
    QVERIFY(!m_ibm->makeTemplate(ibmTemplate()).isEmpty());
    const IbmAnswer answer = m_ibm->deploy(form, region);
    QTEST(answer.status, "status");
    if (answer.status == 400)
        QCOMPARE(answer.text("status"), QStringLiteral("error"));
    QCOMPARE(m_ibm->state()[QLatin1String("toolchains")].toArray().size(), 5);
}

void TestIbmSimulator::templateRefuses_data()
{
    QTest::addColumn<QString>("from");
    QTest::addColumn<QString>("to");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *name, const char *from, const char *to, const char *words) {
        QTest::newRow(name) << QString::fromUtf8(from) << QString::fromUtf8(to)
                            << QString::fromUtf8(words);
    };
    row("repository of the source region", "eu-de.git", "us-east.git",
        "Repository URL is not valid");
    row("repository that is not there", "ann/ferry-web", "ann/none", "Repository URL is not valid");
    row("new where the name is taken", "type: link, repo_url", "type: new, repo_url",
        "already exists");
    row("unknown service", "service_id: slack", "service_id: draservicebroker", "not offered");
    row("required that is not there", "required: [", "required: [none, ", "none");
    row("nothing required", "required: [ci-tasks, private_worker02, web-src]", "required: []",
        "required");
    row("missing file", "$text: pipeline_build-web.yml", "$text: none.yml", "none.yml");
    row("unknown parameter", "services.private_worker02.parameters.name",
        "services.none.parameters.name", "Cannot resolve");
    row("worker that is not named", "{private_worker02: '{{", "{none: '{{", "worker");
    row("service that is not listed", "services: [ci-tasks, web-src,", "services: [web-src,",
        "ci-run");
}

void TestIbmSimulator::templateRefuses()
{
    QFETCH(const QString, from);
    QFETCH(const QString, to);
    QFETCH(const QString, words);
    QJsonObject files = ibmTemplate();
    const QString place = QStringLiteral(".bluemix/toolchain.yml");
    QString text = files[place].toString();
    QVERIFY(text.contains(from));
    files.insert(place, text.replace(from, to));
    QVERIFY(!m_ibm->makeTemplate(files).isEmpty());
    const IbmAnswer answer = m_ibm->deploy();
    QCOMPARE(answer.status, 400);
    QVERIFY2(answer.text("description").contains(words), answer.body.constData());
    QCOMPARE(m_ibm->state()[QLatin1String("toolchains")].toArray().size(), 5);
}

void TestIbmSimulator::deployTakesMultipart()
{
    QVERIFY(!m_ibm->makeTemplate(ibmTemplate()).isEmpty());
    QByteArray body;
    for (const auto &[name, value] :
         {std::pair<const char *, const char *>{"autocreate", "true"},
          {"branch", "main"},
          {"repository", "https://eu-de.git.cloud.ibm.com/ann/temporary"},
          {"repository_token", "canary-git-token-eu-de"},
          {"resourceGroupId", kGroup.constData()}})
        body += QByteArray("--border\r\nContent-Disposition: form-data; name=\"") + name +
                "\"\r\n\r\n" + value + "\r\n";
    QCOMPARE(m_ibm
                 ->call("POST", "/devops/setup/deploy?env_id=ibm:yp:eu-de", body + "--border--\r\n",
                        "multipart/form-data; boundary=\"border\"")
                 .status,
             201);
}

void TestIbmSimulator::executeFalseHoldsTheFirstRun()
{
    QVERIFY(!m_ibm->makeTemplate(ibmTemplate(QStringLiteral("false"))).isEmpty());
    QVERIFY(!deployed().isEmpty());
    QCOMPARE(m_ibm->state()[QLatin1String("runs")].toArray().size(), 0);
}

void TestIbmSimulator::classicIsFilledByHand()
{
    QVERIFY(!m_ibm->makeTemplate(ibmTemplate()).isEmpty());
    QVERIFY(!deployed().isEmpty());
    const QJsonObject state = m_ibm->state();
    const QString run = found(state[QLatin1String("runs")].toArray(), "status",
                              QStringLiteral("failed"))[QLatin1String("owner")]
                            .toString();
    QVERIFY(!run.isEmpty()); // of the classic pipeline, which lacks its secret
    const QByteArray body =
        "{\"pipeline\":\"" + run.toUtf8() + R"(","properties":{"API_KEY":"invented"}})";
    QCOMPARE(m_ibm->ask("POST", "/-/classic", body).status, 204);
    const QJsonArray properties = m_ibm->state()[QLatin1String("properties")].toArray();
    const QJsonObject filled = found(properties, "owner", run);
    QVERIFY(filled[QLatin1String("is_set")].toBool());
    QVERIFY(!filled.contains(QLatin1String("value")));
}

void TestIbmSimulator::toolchainApiPages()
{
    const QByteArray list = "/us-east/toolchain/v2/toolchains";
    QCOMPARE(m_ibm->call("GET", list).status, 400);
    int seen = 0, pages = 0;
    QString start;
    do {
        const QJsonObject page =
            m_ibm
                ->call("GET", list + "?limit=100&resource_group_id=" + kGroup +
                                  (start.isEmpty() ? "" : "&start=" + start.toUtf8()))
                .json();
        seen += page[QLatin1String("toolchains")].toArray().size();
        QCOMPARE(page[QLatin1String("total_count")].toInt(), 5);
        start = page[QLatin1String("next")][QLatin1String("start")].toString();
        ++pages;
    } while (!start.isEmpty());
    QCOMPARE(seen, 5);
    QCOMPARE(pages, 3);
    QCOMPARE(m_ibm->call("POST", list, named("x")).status, 403);
}

/// Without a template, as §6.3 has it.
void TestIbmSimulator::pipelineIsBuiltByApi()
{
    const IbmAnswer toolchain =
        m_ibm->call("POST", "/eu-de/toolchain/v2/toolchains", named("built"));
    QCOMPARE(toolchain.status, 201);
    const QByteArray tools =
        "/eu-de/toolchain/v2/toolchains/" + toolchain.text("id").toUtf8() + "/tools";
    // Not inside of the macro: moc takes `//` in a raw text for a comment there.
    const QByteArray foreign =
        R"({"tool_type_id":"hostedgit","parameters":{"repo_url":"https://us-east.git.cloud.ibm.com/ann/ci-tasks.git"}})";
    QCOMPARE(m_ibm->call("POST", tools, foreign).status, 400);
    const QByteArray id =
        m_ibm
            ->call("POST", tools,
                   R"({"tool_type_id":"pipeline","name":"p","parameters":{"type":"tekton"}})")
            .text("id")
            .toUtf8();
    const QByteArray pipelines = "/eu-de/pipeline/v2/tekton_pipelines";
    const IbmAnswer made = m_ibm->call("POST", pipelines, "{\"id\":\"" + id + "\"}");
    QCOMPARE(made.status, 201);
    QCOMPARE(made.text("status"), QStringLiteral("configuring"));
    const QByteArray one = pipelines + '/' + id;
    const QByteArray definition =
        R"({"source":{"type":"git","properties":{"url":"https://eu-de.git.cloud.ibm.com/ann/ci-tasks.git","branch":"main","path":".tekton"}}})";
    QCOMPARE(m_ibm->call("POST", one + "/definitions", definition).status, 201);
    const QByteArray property = R"({"name":"K","type":"secure","value":""})";
    QCOMPARE(m_ibm->call("POST", one + "/properties", property).status, 201);
    QCOMPARE(m_ibm->call("POST", one + "/properties", property).status, 409);
    const IbmAnswer trigger = m_ibm->call(
        "POST", one + "/triggers", R"({"type":"manual","name":"by-hand","event_listener":"l"})");
    QCOMPARE(trigger.status, 201);
    const IbmAnswer run =
        m_ibm->call("POST", one + "/pipeline_runs",
                    R"({"trigger":{"name":"by-hand","secure_properties":{"K":"invented"}}})");
    QCOMPARE(run.status, 201);
    QVERIFY(!run.body.contains("invented"));
    const QByteArray place = one + "/pipeline_runs/" + run.text("id").toUtf8();
    QCOMPARE(m_ibm->call("POST", place + "/cancel", "{}").text("status"),
             QStringLiteral("cancelled"));
    QCOMPARE(m_ibm->call("POST", place + "/cancel", "{}").status, 409);
    QCOMPARE(m_ibm->call("GET", one).text("status"), QStringLiteral("configured"));
}

void TestIbmSimulator::apiRefuses_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("type");
    QTest::addColumn<int>("status");
    const auto row = [](const char *name, const char *path, const char *body, int status = 400,
                        const char *type = "application/json") {
        QTest::newRow(name) << QByteArray(path) << QByteArray(body) << QByteArray(type) << status;
    };
    const char *const toolchains = "/toolchain/v2/toolchains";
    row("no group", toolchains, R"({"name":"x"})");
    row("other type", toolchains, "{}", 415, "text/plain");
    row("unknown type of tool", "TOOLS", R"({"tool_type_id":"draservicebroker","parameters":{}})");
    row("worker that is no tool", "/pipeline/v2/tekton_pipelines",
        R"({"id":"TOOL","worker":{"id":"none"}})");
    const char *const definition = R"({"source":{"type":"git","properties":{"url":"u","path":"p",)"
                                   R"("branch":"main","tool":{"id":"none"}}}})";
    row("definition of no tool", "ONE/definitions", definition);
    row("definition as a form", "ONE/definitions", definition, 415, "text/plain");
    row("property of no type", "ONE/properties", R"({"name":"X","type":"colour","value":""})");
    row("property that is there", "ONE/properties", R"({"name":"K","type":"text","value":""})",
        409);
    row("integration with no tool", "ONE/properties",
        R"({"name":"X","type":"integration","value":"none"})");
    row("choice that is none", "ONE/properties",
        R"({"name":"X","type":"single_select","value":"c","enum":["a"]})");
    row("trigger that is there", "ONE/triggers",
        R"({"type":"manual","name":"by-hand","event_listener":"l"})", 409);
    row("trigger of no repository", "ONE/triggers",
        R"({"type":"scm","name":"x","event_listener":"l","source":{"type":"git","properties":)"
        R"({"url":"u","branch":"main"}}})");
    row("timer without time", "ONE/triggers",
        R"({"type":"timer","name":"x","event_listener":"l"})");
}

void TestIbmSimulator::apiRefuses()
{
    const QByteArray toolchains = "/toolchain/v2/toolchains";
    const auto make = [&](const QByteArray &path, const QByteArray &body) {
        return m_ibm->call("POST", "/eu-de" + path, body).text("id").toUtf8();
    };
    const QByteArray tools = toolchains + '/' + make(toolchains, named("built")) + "/tools";
    const QByteArray tekton =
        R"({"tool_type_id":"pipeline","name":"p","parameters":{"type":"tekton"}})";
    const QByteArray tool = make(tools, tekton);
    const QByteArray pipelines = "/pipeline/v2/tekton_pipelines";
    const QByteArray one =
        pipelines + '/' + make(pipelines, "{\"id\":\"" + make(tools, tekton) + "\"}");
    make(one + "/properties", R"({"name":"K","type":"text","value":"v"})");
    make(one + "/triggers", R"({"type":"manual","name":"by-hand","event_listener":"l"})");
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, type);
    path.replace("TOOLS", tools).replace("ONE", one);
    const auto before = m_ibm->state();
    const IbmAnswer refused =
        m_ibm->call("POST", "/eu-de" + path, body.replace("TOOL", tool), type);
    QTEST(refused.status, "status");
    QCOMPARE(m_ibm->state(), before);
}

/// Killed and started again it knows all, the tokens too.
void TestIbmSimulator::stateSurvives()
{
    const QTemporaryDir home;
    IbmSimulator::Options options = inventIbmCloud();
    options.stateFile = home.filePath(QStringLiteral("state.json"));
    QByteArray token;
    {
        IbmClient first(options);
        token = first.iamToken().text("access_token").toUtf8();
        QVERIFY(!first.makeTemplate(ibmTemplate()).isEmpty());
    }
    options.contents = {};
    IbmClient again(options);
    QCOMPARE(again.git("GET", "projects/ann%2Ftemporary").status, 200);
    QCOMPARE(again
                 .ask("GET", "/eu-de/toolchain/v2/toolchains?resource_group_id=" + kGroup, {},
                      {{"Authorization", "Bearer " + token}})
                 .status,
             200);
    QFile file(options.stateFile);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("{") == 1);
    file.close();
    QVERIFY(!IbmSimulator(options).listen());
}

QTEST_GUILESS_MAIN(TestIbmSimulator)
#include "tst_ibm_simulator.moc"
