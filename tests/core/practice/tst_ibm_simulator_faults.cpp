// SPDX-License-Identifier: GPL-3.0-or-later
// Every fault of the practice's IBM Cloud, once, by what it answers.
#include "ibm_client.h"

#include <QElapsedTimer>
#include <QTest>

using namespace lb;
using practice::ibm::inventIbmCloud;

namespace {

const QByteArray kFerry = "11111111-2222-4333-8444-555555555555";
const QByteArray kToolchain =
    "/devops/toolchains/" + kFerry + "?env_id=ibm:yp:us-east&isUIRequest=true";
const QByteArray kMergePatch = "application/merge-patch+json";

} // namespace

class TestIbmSimulatorFaults : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void everyFaultIsNamed();
    void logins();
    void tokenExpiresSoon();
    void pipelines_data();
    void pipelines();
    void toolchains();
    void slowAnswers();
    void deployments();
    void firstRuns();
    void toolStates();
    void gitRefuses();
    void gitDelaysDeletion();
    void gitCorrupts();
    void gitTokens();
    void mirrors();
    void searches();
    void changesAreNotKept();
    void triggersComeOn();
    void interfaces_data();
    void interfaces();
    void makingByApi();
    void regionIsLost();

private:
    void set(const QByteArray &name)
    {
        QVERIFY(m_ibm->setFaults('"' + name + '"'));
        m_used << QString::fromLatin1(name);
    }
    QByteArray idOf(const char *kind, const char *name) const;
    QByteArray idOfTarget(const char *kind, const char *name) const;
    qsizetype count(const char *kind) const
    {
        return m_ibm->state()[QLatin1String(kind)].toArray().size();
    }
    IbmAnswer deploy()
    {
        return m_ibm->makeTemplate(ibmTemplate()).isEmpty() ? IbmAnswer() : m_ibm->deploy();
    }

    std::unique_ptr<IbmClient> m_ibm;
    QStringList m_used;
};

void TestIbmSimulatorFaults::init()
{
    m_ibm = std::make_unique<IbmClient>(inventIbmCloud());
    m_ibm->logIn();
}

/// The first of that name, which is the source's.
QByteArray TestIbmSimulatorFaults::idOf(const char *kind, const char *name) const
{
    for (const QJsonValue one : m_ibm->state()[QLatin1String(kind)].toArray()) {
        if (one[QLatin1String("name")].toString() == QLatin1String(name))
            return one[QLatin1String("id")].toString().toUtf8();
    }
    return {};
}

/// The last of that name, which is the copy's.
QByteArray TestIbmSimulatorFaults::idOfTarget(const char *kind, const char *name) const
{
    QByteArray id;
    for (const QJsonValue one : m_ibm->state()[QLatin1String(kind)].toArray()) {
        if (one[QLatin1String("name")].toString() == QLatin1String(name))
            id = one[QLatin1String("id")].toString().toUtf8();
    }
    return id;
}

void TestIbmSimulatorFaults::everyFaultIsNamed()
{
    QVERIFY(!m_ibm->setFaults("\"none\""));
    QByteArray all;
    for (const QString &name : IbmSimulator::faultNames())
        all += (all.isEmpty() ? "\"" : ",\"") + name.toLatin1() + '"';
    QVERIFY(m_ibm->setFaults(all));
}

void TestIbmSimulatorFaults::logins()
{
    set("iam-429-first");
    const IbmAnswer first = m_ibm->iamToken();
    QCOMPARE(first.status, 429);
    QCOMPARE(first.header("Retry-After"), QByteArray("1"));
    QCOMPARE(m_ibm->iamToken().status, 200);
    set("iam-429-always");
    for (int attempt = 0; attempt < 3; ++attempt)
        QCOMPARE(m_ibm->iamToken().status, 429);
    set("iam-bad-key");
    const IbmAnswer refused = m_ibm->iamToken();
    QCOMPARE(refused.status, 400);
    QCOMPARE(refused.text("errorCode"), QStringLiteral("BXNIM0415E"));
}

void TestIbmSimulatorFaults::tokenExpiresSoon()
{
    set("token-expires-soon");
    m_ibm->logIn();
    for (int call = 0; call < 5; ++call)
        QCOMPARE(m_ibm->call("GET", kToolchain).status, 200);
    QCOMPARE(m_ibm->call("GET", kToolchain).status, 401);
    m_ibm->logIn();
    QCOMPARE(m_ibm->call("GET", kToolchain).status, 200);
}

void TestIbmSimulatorFaults::pipelines_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("type");
    QTest::addColumn<QByteArray>("body"); // of which it begins with
    const QByteArray yaml = "application/x-yaml", html = "text/html; charset=utf-8";
    QTest::newRow("pipeline-401") << 401 << QByteArray("application/json; charset=utf-8")
                                  << QByteArray("{");
    QTest::newRow("pipeline-403-html") << 403 << html << QByteArray("<!DOCTYPE");
    QTest::newRow("pipeline-html-200") << 200 << html << QByteArray("<!DOCTYPE");
    QTest::newRow("pipeline-empty") << 200 << yaml << QByteArray();
    QTest::newRow("pipeline-null") << 200 << yaml << QByteArray("stages: null\n");
    QTest::newRow("pipeline-drip") << 200 << yaml << QByteArray("stages:\n");
}

void TestIbmSimulatorFaults::pipelines()
{
    set(QTest::currentDataTag());
    QFETCH(const QByteArray, body);
    const QByteArray path =
        "/devops/pipelines/" + idOf("pipelines", "anchor-build") + "/yaml?env_id=ibm:yp:us-east";
    QElapsedTimer time;
    time.start();
    const IbmAnswer answer = m_ibm->call("GET", path);
    QTEST(answer.status, "status");
    QTEST(answer.header("Content-Type"), "type");
    QVERIFY2(answer.body.startsWith(body), answer.body.constData());
    QCOMPARE(answer.body.isEmpty(), body.isEmpty());
    if (body == "stages:\n")
        QVERIFY(time.elapsed() > 200);
}

void TestIbmSimulatorFaults::toolchains()
{
    set("toolchain-302-login");
    const IbmAnswer login = m_ibm->call("GET", kToolchain);
    QCOMPARE(login.status, 302);
    QCOMPARE(login.header("Location"), QByteArray("/login"));
    set("toolchain-html");
    const IbmAnswer page = m_ibm->call("GET", kToolchain);
    QCOMPARE(page.status, 200);
    QVERIFY(page.body.startsWith("<!DOCTYPE"));
    set("toolchain-404");
    QCOMPARE(m_ibm->call("GET", kToolchain).status, 404);
}

void TestIbmSimulatorFaults::slowAnswers()
{
    const auto took = [&] {
        QElapsedTimer time;
        time.start();
        m_ibm->call("GET", kToolchain);
        return time.elapsed();
    };
    set("slow-answers");
    QVERIFY(took() >= 100);
    QVERIFY(m_ibm->setFaults({}, 50));
    QVERIFY(took() >= 50);
    const QJsonObject last = m_ibm->requests().last().toObject();
    QVERIFY(last[QLatin1String("end_ms")].toDouble() - last[QLatin1String("start_ms")].toDouble() >=
            49);
    QVERIFY(last[QLatin1String("headers")].toArray().contains(QStringLiteral("authorization")));
}

void TestIbmSimulatorFaults::deployments()
{
    QVERIFY(!m_ibm->makeTemplate(ibmTemplate()).isEmpty());
    set("deploy-400");
    QCOMPARE(m_ibm->deploy().status, 400);
    set("deploy-302");
    QCOMPARE(m_ibm->deploy().header("Location"), QByteArray("/login"));
    set("deploy-cut-before-creating");
    QCOMPARE(m_ibm->deploy().status, 0);
    QCOMPARE(count("toolchains"), 5);
    set("deploy-cut-after-creating");
    QCOMPARE(m_ibm->deploy().status, 0);
    QCOMPARE(count("toolchains"), 6);
    set("deploy-shows-late");
    QCOMPARE(m_ibm->deploy().status, 201);
    QCOMPARE(count("toolchains"), 7);
    const auto listed = [&] {
        return m_ibm
            ->call("GET", "/eu-de/toolchain/v2/toolchains?resource_group_id="
                          "0123456789abcdef0123456789abcdef&limit=100&name=harbor-ferry")
            .json()[QLatin1String("toolchains")]
            .toArray()
            .size();
    };
    QCOMPARE(listed(), 1);
    QCOMPARE(listed(), 1);
    QCOMPARE(listed(), 2);
}

void TestIbmSimulatorFaults::firstRuns()
{
    set("deploy-ignores-execute-false");
    QVERIFY(!m_ibm->makeTemplate(ibmTemplate(QStringLiteral("false"))).isEmpty());
    QCOMPARE(m_ibm->deploy().status, 201);
    QCOMPARE(count("runs"), 2);
    set("first-run-succeeds");
    const QByteArray runs = "/eu-de/pipeline/v2/tekton_pipelines/" +
                            idOfTarget("pipelines", "ci-run") + "/pipeline_runs";
    QString status;
    for (int look = 0; look < 3; ++look)
        status = m_ibm->call("GET", runs)
                     .json()[QLatin1String("pipeline_runs")][0][QLatin1String("status")]
                     .toString();
    QCOMPARE(status, QStringLiteral("succeeded"));
}

void TestIbmSimulatorFaults::toolStates()
{
    QCOMPARE(deploy().status, 201);
    const QByteArray tool = "/eu-de/toolchain/v2/toolchains/" +
                            idOfTarget("toolchains", "harbor-ferry") + "/tools/" +
                            idOfTarget("tools", "web-src");
    const auto state = [&] {
        for (int look = 0; look < 2; ++look)
            m_ibm->call("GET", tool);
        return m_ibm->call("GET", tool).text("state");
    };
    QCOMPARE(state(), QStringLiteral("configured"));
    set("tools-stay-configuring");
    QCOMPARE(state(), QStringLiteral("configuring"));
    set("tools-misconfigured");
    QCOMPARE(state(), QStringLiteral("misconfigured"));
    set("no-oauth-grant");
    QCOMPARE(state(), QStringLiteral("misconfigured"));
    const QByteArray grant = "/devops/git/api/v1/tokens?env_id=ibm:yp:eu-de&git_id=hostedgit";
    const IbmAnswer refused = m_ibm->call("GET", grant);
    QCOMPARE(refused.status, 401);
    QVERIFY(refused.text("authorizationURI").contains(QLatin1String("/eu-de/")));
    QVERIFY(m_ibm->setFaults({}));
    QVERIFY(!m_ibm->call("GET", grant).text("access_token").isEmpty());
}

void TestIbmSimulatorFaults::gitRefuses()
{
    set("git-project-name-taken");
    const IbmAnswer taken = m_ibm->git("POST", "projects", R"({"name":"free"})");
    QCOMPARE(taken.status, 400);
    QVERIFY(taken.body.contains("has already been taken"));
    set("git-commit-refused");
    QVERIFY(m_ibm->makeTemplate(ibmTemplate()).isEmpty());
    QCOMPARE(m_ibm->git("GET", "projects/ann%2Ftemporary/repository/tree").status, 404);
}

void TestIbmSimulatorFaults::gitDelaysDeletion()
{
    const QByteArray project = "projects/" + m_ibm->makeTemplate(ibmTemplate());
    set("git-delayed-deletion");
    QCOMPARE(m_ibm->git("DELETE", project).status, 202);
    QVERIFY(!m_ibm->git("GET", project).text("marked_for_deletion_on").isEmpty());
    QCOMPARE(m_ibm->git("DELETE", project).status, 400);
    QCOMPARE(m_ibm->git("DELETE", project + "?permanently_remove=true").status, 400);
    QCOMPARE(
        m_ibm->git("DELETE", project + "?permanently_remove=true&full_path=ann%2Ftemporary").status,
        202);
    QCOMPARE(m_ibm->git("GET", project).status, 404);
}

void TestIbmSimulatorFaults::gitCorrupts()
{
    set("git-commit-corrupt");
    const QJsonObject files{{QStringLiteral("a.txt"), QStringLiteral("alpha")}};
    const QByteArray project = "projects/" + m_ibm->makeTemplate(files);
    QCOMPARE(m_ibm->git("GET", project + "/repository/files/a.txt/raw?ref=main").body,
             QByteArray("?lpha"));
}

void TestIbmSimulatorFaults::gitTokens()
{
    set("git-token-lacks-scope");
    const IbmAnswer self = m_ibm->git("GET", "personal_access_tokens/self");
    QCOMPARE(self.json()[QLatin1String("scopes")].toArray().size(), 3);
    QCOMPARE(m_ibm->git("GET", "user").status, 200);
    QCOMPARE(m_ibm->git("POST", "projects", R"({"name":"x"})").text("error"),
             QStringLiteral("insufficient_scope"));
    set("git-token-expired");
    const IbmAnswer expired = m_ibm->git("GET", "user");
    QCOMPARE(expired.status, 401);
    QVERIFY(expired.body.contains("expired"));
    set("revoke-ignored");
    QCOMPARE(m_ibm->git("DELETE", "personal_access_tokens/self").status, 204);
    QCOMPARE(m_ibm->git("GET", "personal_access_tokens/self").status, 200);
}

void TestIbmSimulatorFaults::mirrors()
{
    const auto commit = [&] {
        return m_ibm->git("GET", "projects/ann%2Fferry-web/repository/commits/main").text("id");
    };
    const auto mirror = [&] {
        return m_ibm
            ->ask("GET", "/us-east/api/v4/projects/ann%2Fferry-web/remote_mirrors", {},
                  {{"PRIVATE-TOKEN", "canary-git-token-us-east"}})
            .array()[0]
            .toObject();
    };
    const QString head = commit();
    QVERIFY(mirror()[QLatin1String("last_error")].isNull());
    set("mirror-lagging");
    QVERIFY(!commit().isEmpty() && commit() != head);
    QVERIFY(mirror()[QLatin1String("last_error")].isNull());
    set("mirror-error");
    QCOMPARE(commit(), head);
    QCOMPARE(mirror()[QLatin1String("update_status")].toString(), QStringLiteral("failed"));
    QVERIFY(!mirror()[QLatin1String("last_error")].isNull());
}

void TestIbmSimulatorFaults::searches()
{
    const auto found = [&] {
        return m_ibm
            ->call("POST", "/v3/resources/search",
                   R"({"query":"service_name:toolchain AND name:\"harbor-ferry\""})")
            .json()[QLatin1String("items")]
            .toArray()
            .size();
    };
    const auto listed = [&] {
        return m_ibm
            ->call("GET", "/eu-de/toolchain/v2/toolchains?name=harbor-ferry&resource_group_id="
                          "0123456789abcdef0123456789abcdef")
            .json()[QLatin1String("total_count")]
            .toInt();
    };
    QCOMPARE(found(), 1);
    QCOMPARE(listed(), 0);
    set("duplicate-name-in-target");
    QCOMPARE(found(), 2);
    QCOMPARE(listed(), 1);
    set("search-empty");
    QCOMPARE(found(), 0);
}

void TestIbmSimulatorFaults::changesAreNotKept()
{
    QCOMPARE(deploy().status, 201);
    const QByteArray pipeline =
        "/eu-de/pipeline/v2/tekton_pipelines/" + idOfTarget("pipelines", "ci-run");
    const QByteArray trigger = pipeline + "/triggers/" + idOfTarget("triggers", "on-push");
    set("patch-ignored");
    const IbmAnswer patched = m_ibm->call("PATCH", trigger, R"({"enabled":false})", kMergePatch);
    QVERIFY(!patched.json()[QLatin1String("enabled")].toBool(true));
    QVERIFY(m_ibm->call("GET", trigger).json()[QLatin1String("enabled")].toBool());
    set("secret-not-kept");
    const QByteArray place = pipeline + "/properties/API_KEY";
    const QByteArray body = R"({"name":"API_KEY","type":"secure","value":"invented"})";
    QCOMPARE(m_ibm->call("PUT", place, body).text("value"), QStringLiteral("****"));
    QCOMPARE(m_ibm->call("GET", place).text("value"), QString());
}

void TestIbmSimulatorFaults::triggersComeOn()
{
    set("deploy-ignores-disabled");
    QJsonObject files = ibmTemplate();
    const QString file = QStringLiteral(".bluemix/pipeline_ci-run.yml");
    files.insert(file, files.value(file).toString().replace(
                           QStringLiteral("- {type: manual"),
                           QStringLiteral("- {type: generic, name: from-port, disabled: true, "
                                          "eventListener: listener-port}\n- {type: manual")));
    QVERIFY(!m_ibm->makeTemplate(files).isEmpty());
    QCOMPARE(m_ibm->deploy().status, 201);
    const QByteArray trigger = "/eu-de/pipeline/v2/tekton_pipelines/" +
                               idOfTarget("pipelines", "ci-run") + "/triggers/" +
                               idOfTarget("triggers", "from-port");
    QVERIFY(m_ibm->call("GET", trigger).json()[QLatin1String("enabled")].toBool());
}

void TestIbmSimulatorFaults::interfaces_data()
{
    QTest::addColumn<int>("status");      // 0: the connection ends without an answer
    QTest::addColumn<QByteArray>("body"); // of which it begins with
    QTest::addColumn<bool>("isDone");
    QTest::newRow("api-401") << 401 << QByteArray("{") << false;
    QTest::newRow("api-429") << 429 << QByteArray("{") << false;
    QTest::newRow("api-500") << 500 << QByteArray("{") << false;
    QTest::newRow("api-cut-before") << 0 << QByteArray() << false;
    QTest::newRow("api-cut-after") << 0 << QByteArray() << true;
    QTest::newRow("api-html") << 200 << QByteArray("<!DOCTYPE") << true;
    QTest::newRow("api-empty") << 200 << QByteArray() << true;
    QTest::newRow("api-drip") << 200 << QByteArray("{") << true;
}

void TestIbmSimulatorFaults::interfaces()
{
    const QByteArray fault = QTest::currentDataTag();
    m_used << QString::fromLatin1(fault);
    const QByteArray property = "/us-east/pipeline/v2/tekton_pipelines/" +
                                idOf("pipelines", "ci-run") + "/properties/API_KEY";
    const auto put = [&](const QByteArray &value) {
        return m_ibm->call("PUT", property,
                           R"({"name":"API_KEY","type":"secure","value":")" + value + "\"}");
    };
    const auto digest = [&] {
        QString found;
        for (const QJsonValue one : m_ibm->state()[QLatin1String("properties")].toArray()) {
            if (property.contains(one[QLatin1String("owner")].toString().toUtf8()) &&
                one[QLatin1String("name")].toString() == QLatin1String("API_KEY"))
                found = one[QLatin1String("value_sha256")].toString();
        }
        return found;
    };
    // The second one of its kind, and only that.
    QVERIFY(m_ibm->setFaults('"' + fault + '"', 0,
                             R"({"method":"PUT","path":"/properties/","skip":1,"times":1})"));
    QCOMPARE(put("first").status, 200);
    const QString before = digest();
    QVERIFY(!before.isEmpty());
    const IbmAnswer answer = put("second");
    QTEST(answer.status, "status");
    QFETCH(const QByteArray, body);
    QVERIFY2(answer.body.startsWith(body), answer.body.constData());
    QCOMPARE(answer.body.isEmpty(), body.isEmpty());
    QCOMPARE(answer.header("Retry-After"), QByteArray(fault == "api-429" ? "1" : ""));
    QFETCH(const bool, isDone);
    QCOMPARE(digest() != before, isDone);
    QCOMPARE(m_ibm->call("GET", property).status, 200);
    QCOMPARE(put("third").status, 200);
}

void TestIbmSimulatorFaults::makingByApi()
{
    const QByteArray path = "/eu-de/toolchain/v2/toolchains";
    const QByteArray body =
        R"({"name":"x","resource_group_id":"0123456789abcdef0123456789abcdef"})";
    const auto made = [&] { return m_ibm->call("POST", path, body).status; };
    const qsizetype before = count("toolchains");
    set("api-429-first");
    const IbmAnswer busy = m_ibm->call("POST", path, body);
    QCOMPARE(busy.status, 429);
    QCOMPARE(busy.header("Retry-After"), QByteArray("1"));
    QCOMPARE(made(), 201);
    set("api-500-first");
    QCOMPARE(made(), 500);
    QCOMPARE(made(), 201);
    set("api-cut-before-creating-first");
    QCOMPARE(made(), 0);
    QCOMPARE(count("toolchains"), before + 2);
    QCOMPARE(made(), 201);
    set("api-cut-after-creating");
    QCOMPARE(made(), 0);
    QCOMPARE(count("toolchains"), before + 4);
    set("api-refuses-empty-secrets");
    const QByteArray properties =
        "/us-east/pipeline/v2/tekton_pipelines/" + idOf("pipelines", "ci-run") + "/properties";
    const auto property = [&](const QByteArray &value) {
        return m_ibm
            ->call("POST", properties, R"({"name":"S","type":"secure","value":")" + value + "\"}")
            .status;
    };
    QCOMPARE(property(""), 400);
    QCOMPARE(property("invented"), 201);
}

void TestIbmSimulatorFaults::regionIsLost()
{
    set("region-lost");
    for (const QByteArray &path :
         {kToolchain, QByteArray("/us-east/api/v4/user"),
          QByteArray("/us-east/toolchain/v2/toolchains?resource_group_id=x")})
        QCOMPARE(m_ibm->call("GET", path).status, 503);
    QCOMPARE(m_ibm->git("GET", "user").status, 200);
    QCOMPARE(m_ibm->iamToken().status, 200);
    // The last test: all were shown.
    QStringList missing = IbmSimulator::faultNames();
    for (const QString &used : m_used)
        missing.removeAll(used);
    QCOMPARE(missing, QStringList());
}

QTEST_GUILESS_MAIN(TestIbmSimulatorFaults)
#include "tst_ibm_simulator_faults.moc"
