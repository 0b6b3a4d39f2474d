// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/ibm_toolchain/compare_copy.h"

#include <QTest>

using namespace lb;

namespace {

DataValue data(const QByteArray &json)
{
    const auto value = readJsonData(json, QStringLiteral("it"));
    return value ? *value : DataValue();
}

ToolchainTool tool(const char *type, const char *name, ToolchainTool::State state,
                   const QByteArray &parameters = "{}")
{
    return {QStringLiteral("id"), QString::fromLatin1(type), QString::fromLatin1(name), state, {},
            data(parameters)};
}

} // namespace

class TestToolchainAnswers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tokens()
    {
        const QDateTime now = QDateTime::fromSecsSinceEpoch(1'800'000'000);
        const auto token =
            readIamToken("{\"x\":{\"access_token\":\"no\"},\"access_token\":\"a.b\\u002ec\","
                         "\"token_type\":\"Bearer\",\"expires_in\":3600,\"expiration\":1800003600}",
                         now);
        QVERIFY(token);
        QVERIFY(token->token->reveal([](QByteArrayView bytes) { return bytes == "a.b.c"; }));
        QCOMPARE(token->expires, now.addSecs(3600));
        QVERIFY(!token->mustBeRenewed(now.addSecs(3299)));
        QVERIFY(token->mustBeRenewed(now.addSecs(3300)));
        const auto relative = readIamToken("{\"access_token\":\"t\",\"expires_in\":60}", now);
        QVERIFY(relative);
        QCOMPARE(relative->expires, now.addSecs(60));
        for (const char *bad :
             {"", "{}", "[]", "{\"access_token\":\"\"}", "{\"access_token\":7}", "<html>"})
            QVERIFY2(!readIamToken(bad, now), bad);
    }

    void errors_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("text");
        const auto row = [](const char *body, const char *text) {
            QTest::newRow(body) << QByteArray(body) << QString::fromLatin1(text);
        };
        row("{\"errors\":[{\"code\":\"not_found\",\"message\":\"No such "
            "toolchain\"}],\"trace\":\"1\"}",
            "No such toolchain (not_found)");
        row("{\"errorCode\":\"BXNIM0415E\",\"errorMessage\":\"Provided API key could not be "
            "found.\"}",
            "Provided API key could not be found. (BXNIM0415E)");
        row("{\"description\":\"Repository not valid\",\"details\":{},\"status\":\"error\"}",
            "Repository not valid");
        row("{\"message\":\"401 Unauthorized\"}", "401 Unauthorized");
        row("{\"message\":{\"path\":[\"has already been taken\"]}}",
            "path: has already been taken");
        row("{\"error\":\"invalid_token\",\"error_description\":\"Token was revoked.\"}",
            "Token was revoked.");
        row("{\"error\":\"insufficient_scope\"}", "insufficient_scope");
        row("user based\n rate limit", "user based rate limit");
        row("\n<!DOCTYPE html>", "a web page instead of data");
        row("", "");
        row("null", "");
        row("{\"errors\":[]}", "");
    }
    void errors()
    {
        QFETCH(QByteArray, body);
        QTEST(serviceErrorText(body), "text");
    }

    void longErrorsAreCut() { QCOMPARE(serviceErrorText(QByteArray(5000, 'x')).size(), 301); }

    void locations()
    {
        const QString id = QStringLiteral("11111111-2222-4333-8444-555555555555");
        const auto at = [](const char *text) {
            return createdToolchainId(QString::fromLatin1(text));
        };
        QCOMPARE(at("https://cloud.ibm.com/devops/toolchains/"
                    "11111111-2222-4333-8444-555555555555?env_id=ibm:yp:eu-de"),
                 id);
        QCOMPARE(at("/x/devops/toolchains/11111111-2222-4333-8444-555555555555/y"), id);
        QCOMPARE(at("/toolchains/11111111-2222-4333-8444-555555555555"), id);
        QVERIFY(at("https://iam.cloud.ibm.com/identity/authorize").isEmpty());
        QVERIFY(at("/toolchains/11111111-2222-4333-8444-5555555555556").isEmpty());
    }

    void toolPages()
    {
        const auto page =
            readToolPage(data("{\"total_count\":3,\"next\":{\"start\":\"abc\"},\"tools\":["
                              "{\"id\":\"1\",\"tool_type_id\":\"hostedgit\",\"name\":\"web\","
                              "\"state\":\"configured\",\"parameters\":{\"repo_url\":\"u\"}},"
                              "{\"id\":\"2\",\"tool_type_id\":\"slack\",\"state\":\"new\"}]}"));
        QVERIFY(page);
        QCOMPARE(page->next, QStringLiteral("abc"));
        QCOMPARE(page->tools.size(), std::size_t(2));
        QVERIFY(page->tools[0].state == ToolchainTool::State::Configured);
        QCOMPARE(page->tools[0].parameters.textOf(QStringLiteral("repo_url")), QStringLiteral("u"));
        QVERIFY(page->tools[1].state == ToolchainTool::State::Unknown);
        QCOMPARE(readToolPage(data("{\"tools\":[],\"next\":{\"href\":\"https://a.test/"
                                   "tools?limit=2&start=x%2Fy\"}}"))
                     ->next,
                 QStringLiteral("x/y"));
        QVERIFY(readToolPage(data("{\"tools\":[]}"))->next.isEmpty());
        QVERIFY(!readToolPage(data("{}")));
        QVERIFY(!readToolPage(data("{\"tools\":[{}]}")));
    }

    void otherAnswers()
    {
        const auto toolchains =
            readToolchainPage(data("{\"toolchains\":[{\"id\":\"1\",\"name\":\"x\",\"location\":"
                                   "\"eu-de\",\"created_at\":\"2026-02-01T08:00:00.5Z\"}]}"));
        QVERIFY(toolchains);
        QCOMPARE(toolchains->toolchains[0].created.toUTC().time(), QTime(8, 0, 0, 500));
        const auto triggers =
            readTriggers(data("{\"triggers\":[{\"id\":\"1\",\"name\":\"p\",\"type\":\"scm\","
                              "\"enabled\":false},{\"id\":\"2\",\"type\":\"manual\"}]}"));
        QVERIFY(triggers);
        QVERIFY(!triggers->at(0).isEnabled && triggers->at(0).isAutomatic());
        QVERIFY(triggers->at(1).isEnabled && !triggers->at(1).isAutomatic());
        const auto run = readPipelineRun(data("{\"id\":\"1\",\"status\":\"running\"}"));
        QVERIFY(run && !run->isOver());
        QVERIFY(readPipelineRun(data("{\"id\":\"1\",\"status\":\"succeeded\"}"))->isSucceeded());
        QVERIFY(!readPipelineRun(data("{}")));
        const auto project = readGitProject(
            data("{\"id\":7,\"path_with_namespace\":\"ann/"
                 "x\",\"empty_repo\":true,\"marked_for_deletion_on\":\"2026-02-03\"}"));
        QVERIFY(project && project->isEmpty && project->isMarkedForDeletion);
        QCOMPARE(project->id, QStringLiteral("7"));
        const auto token = readGitToken(data("{\"id\":1,\"scopes\":[\"read_user\"],\"expires_at\":"
                                             "\"2026-02-03\",\"revoked\":true,\"active\":true}"));
        QVERIFY(token && !token->isActive);
        QCOMPARE(token->missingScopes().size(), 4);
        QCOMPARE(token->expires, QDate(2026, 2, 3));
    }

    void copiesAreCompared()
    {
        using State = ToolchainTool::State;
        const DataValue file =
            data("{\"services\":{\"web\":{\"service_id\":\"hostedgit\"},\"chat\":{\"service_id\":"
                 "\"slack\"},"
                 "\"build\":{\"service_id\":\"pipeline\"},\"private_worker03\":{\"service_id\":"
                 "\"private_worker\"},"
                 "\"pager\":{\"service_id\":\"pagerduty\"},\"jira\":{\"service_id\":\"jira\"}}}");
        Template::SecretSlot slot;
        slot.id = QStringLiteral("chat/parameter/api_token");
        slot.service = QStringLiteral("chat");
        const CopyComparison found =
            compareCopy(file, {slot},
                        {tool("hostedgit", "web", State::Configured,
                              "{\"repo_url\":\"https://us-south.git.cloud.ibm.com/ann/web.git\"}"),
                         tool("slack", "chat", State::Misconfigured),
                         tool("pipeline", "build", State::Configuring),
                         tool("private_worker", "", State::Configured),
                         tool("jira", "jira", State::Unconfigured),
                         tool("hostedgit", "more", State::Configured)},
                        QStringLiteral("us-south"));
        QCOMPARE(found.missing, QStringList{QStringLiteral("pager")});
        QCOMPARE(found.unexpected, QStringList{QStringLiteral("hostedgit more")});
        QCOMPARE(found.needsSecret, QStringList{QStringLiteral("chat")});
        QCOMPARE(found.unconfigured, QStringList{QStringLiteral("jira")});
        QCOMPARE(found.configuring, QStringList{QStringLiteral("build")});
        QCOMPARE(found.sourceRegion, QStringList{QStringLiteral("web")});
        QVERIFY(!found.isGood());
        QVERIFY(compareCopy(data("{}"), {}, {}, {}).isGood());
    }

    void slotsAreReadBack()
    {
        Template::SecretSlot slot;
        slot.id = QStringLiteral("build/stage/A/B");
        slot.kind = Template::SecretSlot::Kind::StageProperty;
        slot.service = QStringLiteral("build");
        slot.scope = QStringLiteral("A");
        slot.name = QStringLiteral("B");
        slot.reference = QStringLiteral("{vault::x.y}");
        slot.isNeeded = false;
        const DataValue written = secretSlotsData({slot});
        const auto again = readSecretSlots(written);
        QVERIFY(again);
        QVERIFY(secretSlotsData(*again) == written);
        QVERIFY(!readSecretSlots(data("{}")));
        QCOMPARE(readSecretSlots(data("{\"format\":2,\"slots\":[]}")).error().code,
                 ErrorCode::Unsupported);
        QVERIFY(!readSecretSlots(data("{\"format\":1,\"slots\":[{\"id\":\"x\",\"kind\":\"y\"}]}")));
    }
};

QTEST_GUILESS_MAIN(TestToolchainAnswers)
#include "tst_toolchain_answers.moc"
