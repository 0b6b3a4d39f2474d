// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/plan.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QSet>
#include <QTest>

namespace lb {

/// Every call survives plan.json unchanged, and is told in words that can be copied.
class TestCallJson : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyCallSurvives_data();
    void everyCallSurvives();
    void everyKindOfCallIsCovered();
    void unknownCallsAreRefused_data();
    void unknownCallsAreRefused();
    void programsAreCopyable();
    void hostileTextIsShownEscaped();
    void secretsAreNames();
    void stepsSurviveWithAllTheyHave();
    void newerPlansAreRefused();
    void schemaKnowsEveryCall();

private:
    static ElasticsearchCall cluster();
    static ToolchainCall toolchain();
    static std::vector<std::pair<const char *, Call>> samples();
};

static TemplateText slotted(const char *before, const char *path, bool lines = false)
{
    TemplateText text(QString::fromUtf8(before));
    text.append(Slot{QString::fromUtf8(path), lines});
    text.append(QStringLiteral("|end"));
    return text;
}

ToolchainCall TestCallJson::toolchain()
{
    ToolchainCall call;
    call.work = ToolchainWork::Create;
    call.at = {QStringLiteral("https://iam.example.test"),
               QStringLiteral("https://console.example.test"),
               QStringLiteral("https://toolchains.example.test"),
               QStringLiteral("https://pipelines.example.test"),
               QStringLiteral("https://git.example.test"),
               QStringLiteral("https://search.example.test"),
               QStringLiteral("/etc/ca.pem"),
               QStringLiteral("ibm_api_key"),
               QStringLiteral("git_token"),
               QStringLiteral("https://git.source.example.test"),
               QStringLiteral("source_git_token")};
    call.check = QStringLiteral("target");
    call.tool = QStringLiteral("build-web");
    call.isByPerson = true;
    call.toolchains = {
        {QStringLiteral("11111111-2222-4333-8444-555555555555"), QStringLiteral("us-south")}};
    call.region = QStringLiteral("eu-de");
    call.name = QStringLiteral("harbor-ferry");
    call.group = QStringLiteral("0123");
    call.project = slotted("lifeboat-", "run");
    call.copy = slotted("", "steps.create.outputs.toolchain");
    call.branch = QStringLiteral("lifeboat");
    call.folder = QStringLiteral("/templates/harbor-ferry");
    call.part = QStringLiteral("harbor-ferry");
    call.point = QStringLiteral("p1");
    call.file = QStringLiteral("parts/harbor-ferry.tar.zst");
    call.title = QStringLiteral("Toolchain");
    call.slotId = QStringLiteral("ci-run/property/API_KEY");
    call.secret = QStringLiteral("harbor-ferry.ci-run.property.API_KEY");
    call.repositories = {QStringLiteral("https://a.example.test/x=https://b.example.test/x")};
    call.isOn = true;
    call.details = {{QStringLiteral("region"), QStringLiteral("us-south")}};
    return call;
}

ElasticsearchCall TestCallJson::cluster()
{
    ElasticsearchCall call;
    call.work = ElasticsearchWork::Restore;
    call.at = {{QStringLiteral("http://es1:9200"), QStringLiteral("http://es2:9200")},
               QStringLiteral("/etc/ca.pem"),
               QStringLiteral("saver"),
               QStringLiteral("elasticsearch_password")};
    call.check = QStringLiteral("share");
    call.indices = {QStringLiteral("csar"), QStringLiteral("user")};
    call.present = {QStringLiteral("csar")};
    call.made = {QStringLiteral("user")};
    call.extra = {QStringLiteral("premium")};
    call.repository = slotted("lifeboat-", "run");
    call.snapshot = slotted("", "run");
    call.folder = slotted("/share/.lifeboat-stage-", "run");
    call.kept = slotted("/share/.lifeboat-saved-", "run");
    call.prefix = slotted("rehearse_", "run");
    call.share = QStringLiteral("/share");
    call.part = QStringLiteral("indices");
    call.point = QStringLiteral("p2026");
    call.file = QStringLiteral("parts/indices.tar.zst");
    call.title = QStringLiteral("Title");
    call.clusterName = QStringLiteral("escluster");
    call.dataFolder = QStringLiteral("/opt/alien/data");
    call.configFolder = QStringLiteral("/opt/alien/config");
    call.alienUrl = QStringLiteral("http://alien:8088");
    call.bytes = Q_INT64_C(9007199254740993);
    call.details = {{QStringLiteral("snapshot"), QStringLiteral("r1")}};
    return call;
}

std::vector<std::pair<const char *, Call>> TestCallJson::samples()
{
    ProcessCall process;
    process.program = QStringLiteral("/usr/bin/env");
    process.arguments = {QStringLiteral("a b"), TemplateText(), slotted("--x=", "run"),
                         QStringLiteral("new\nline \"quoted\" it's \x1b[1m"),
                         QStringLiteral("{{ inputs.x }}")};
    process.folder = QStringLiteral("/srv");
    process.environment = {{QStringLiteral("B"), TemplateText(QStringLiteral("1"))},
                           {QStringLiteral("A"), SecretRef{QStringLiteral("pw")}}};
    process.input = slotted("", "steps.a.outputs.text", true);
    process.user = QStringLiteral("root");
    process.success = {0, 3};
    process.output = OutputKind::Json;
    process.startsDaemon = true;
    ProcessCall remote;
    remote.program = QStringLiteral("true");
    remote.host = QStringLiteral("me@web1:22");
    remote.input = SecretRef{QStringLiteral("token")};
    remote.success = {};
    HttpCall http;
    http.method = QStringLiteral("PUT");
    http.url = slotted("https://a.example/", "steps.a.outputs.id");
    http.headers = {{QStringLiteral("X-Token"), SecretRef{QStringLiteral("token")}},
                    {QStringLiteral("Accept"), slotted("text/", "steps.a.outputs.kind")}};
    http.json = QJsonObject{
        {QStringLiteral("name"), slotted("n", "run").toJson()},
        {QStringLiteral("list"), QJsonArray{1, true, QJsonValue(), QStringLiteral("a\"b")}}};
    http.ca = QStringLiteral("/ca.pem");
    http.clientCertificate = QStringLiteral("/c.pem");
    http.clientKey = QStringLiteral("/c.key");
    http.user = QStringLiteral("saver");
    http.password = QStringLiteral("password");
    http.timeout = std::chrono::milliseconds(1500);
    http.output = OutputKind::Json;
    http.maxSize = 5;
    HttpCall plainHttp;
    plainHttp.url = QStringLiteral("http://a.example/");
    plainHttp.success = {200, 201, 404};
    Match match;
    match.contains = QStringLiteral("ready");
    const Call read =
        ReadCall{ActionKind::Path, QJsonObject{{QStringLiteral("path"), QStringLiteral("/x")}}};
    return {
        {"process", process},
        {"remote process", remote},
        {"plain process", ProcessCall{QStringLiteral("true"), {}, {}, {}, {}, {}, false, {}}},
        {"http", http},
        {"plain http", plainHttp},
        {"write file", WriteFileCall{slotted("/etc/", "run"), SecretRef{QStringLiteral("key")},
                                     04755, slotted("/etc/a-", "run")}},
        {"write empty file", WriteFileCall{QStringLiteral("/a"), TemplateText(), 0, {}}},
        {"restore file", RestoreFileCall{QStringLiteral("/a"), slotted("/b", "run")}},
        {"tree save", TreeSaveCall{QStringLiteral("/srv/ä"),
                                   {QStringLiteral("*.tmp"), QString()},
                                   QStringLiteral("p"),
                                   QStringLiteral("parts/p.tar.zst"),
                                   QStringLiteral("Title")}},
        {"tree stage",
         TreeStageCall{QStringLiteral("p"), QStringLiteral("p2026"), QStringLiteral("/srv"),
                       SwapWay::Children, slotted("/srv/", "run"), Q_INT64_C(9007199254740993), 5}},
        {"encrypted tree save", TreeSaveCall{QStringLiteral("/srv"),
                                             {},
                                             QStringLiteral("p"),
                                             QStringLiteral("parts/p.tar.zst.age"),
                                             {},
                                             true,
                                             {QStringLiteral("age1a")}}},
        {"encrypted tree stage",
         TreeStageCall{QStringLiteral("p"), QStringLiteral("p2026"), QStringLiteral("/srv"),
                       SwapWay::Exchange, slotted("/srv/", "run"), 1, 2,
                       QStringLiteral("parts/p.tar.zst.age")}},
        {"tree swap", TreeSwapCall{QStringLiteral("p"), QStringLiteral("/srv"), SwapWay::Exchange,
                                   slotted("/s", "run"), slotted("/a", "run"), false}},
        {"tree swap back",
         TreeSwapBackCall{QStringLiteral("p"), QStringLiteral("/srv"), SwapWay::Children,
                          slotted("/s", "run"), slotted("/a", "run"), true}},
        {"tree remove", TreeRemoveCall{slotted("/s", "run")}},
        {"publish",
         PublishCall{
             {{QStringLiteral("p"), QStringLiteral("P"), QStringLiteral("tree"), true, false},
              {QStringLiteral("k"), QStringLiteral("K"), QStringLiteral("file"), false, true}}}},
        {"point", PointCall{ActionKind::PointVerify,
                            QJsonObject{{QStringLiteral("point"), slotted("", "point").toJson()}}}},
        {"server", PostgresCall{PostgresWork::Swap,
                                {QStringLiteral("db.example.test"), 5433, QStringLiteral("saver"),
                                 QStringLiteral("postgres"), QStringLiteral("db_password")},
                                QStringLiteral("shop"),
                                QStringLiteral("database-shop"),
                                QStringLiteral("p2026"),
                                QStringLiteral("parts/database-shop.dump"),
                                QStringLiteral("Title"),
                                QJsonObject{{QStringLiteral("encoding"), QStringLiteral("UTF8")}},
                                slotted("shop_lifeboat_stage_", "run"),
                                slotted("shop_lifeboat_aside_", "run"),
                                true,
                                true,
                                {QStringLiteral("age1a"), QStringLiteral("age1b")}}},
        {"cluster", cluster()},
        {"toolchain", toolchain()},
        {"read", read},
        {"wait until",
         WaitUntilCall{std::make_shared<const Call>(read), match, std::chrono::milliseconds(250)}},
        {"ask", AskCall{slotted("Really ", "run"), EvidenceKind::File}},
        {"confirm", ConfirmCall{TemplateText(QStringLiteral("Yes?"))}},
    };
}

void TestCallJson::everyCallSurvives_data()
{
    QTest::addColumn<int>("index");
    const auto all = samples();
    for (size_t i = 0; i < all.size(); ++i)
        QTest::newRow(all[i].first) << int(i);
}

void TestCallJson::everyCallSurvives()
{
    QFETCH(int, index);
    const Call call = samples().at(size_t(index)).second;
    const QJsonObject object = callToJson(call);
    // Through bytes, as plan.json does.
    const auto read =
        callFromJson(QJsonDocument::fromJson(QJsonDocument(object).toJson()).object());
    QVERIFY2(read.has_value(), read ? "" : qPrintable(read.error().sentence()));
    QCOMPARE(read->index(), call.index());
    QCOMPARE(callToJson(*read), object);
    QVERIFY(!describeCall(call).join(QString()).isEmpty());
    if (const auto *before = callAs<ProcessCall>(call)) {
        const auto &after = *callAs<ProcessCall>(*read);
        QCOMPARE(after.arguments, before->arguments);
        QCOMPARE(after.environment, before->environment);
        QVERIFY(after.input == before->input);
        QCOMPARE(after.success, before->success);
        QCOMPARE(after.host, before->host);
        QCOMPARE(after.user, before->user);
    }
    if (const auto *before = callAs<ElasticsearchCall>(call)) {
        const auto &after = *callAs<ElasticsearchCall>(*read);
        QCOMPARE(after.at.urls, before->at.urls);
        QCOMPARE(after.bytes, before->bytes);
        QVERIFY(after.folder == before->folder);
        QCOMPARE(requestsOf(after).size(), requestsOf(*before).size());
    }
    if (const auto *before = callAs<ToolchainCall>(call)) {
        const auto &after = *callAs<ToolchainCall>(*read);
        QVERIFY(after.at.git == before->at.git && after.at.gitToken == before->at.gitToken);
        QVERIFY(after.toolchains == before->toolchains);
        QVERIFY(after.project == before->project && after.copy == before->copy);
        QCOMPARE(requestsOf(after).size(), requestsOf(*before).size());
    }
    if (const auto *before = callAs<TreeStageCall>(call))
        QCOMPARE(callAs<TreeStageCall>(*read)->bytes, before->bytes);
}

void TestCallJson::everyKindOfCallIsCovered()
{
    QSet<size_t> seen;
    for (const auto &[name, call] : samples())
        seen.insert(call.index());
    QCOMPARE(size_t(seen.size()), std::variant_size_v<Call>);
}

void TestCallJson::unknownCallsAreRefused_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("no word") << QByteArray("{}");
    QTest::newRow("unknown word") << QByteArray(R"({"call": "format_disk"})");
    QTest::newRow("no program") << QByteArray(R"({"call": "run"})");
    QTest::newRow("unknown way") << QByteArray(R"({"call": "tree_swap", "way": "copy"})");
    QTest::newRow("broken inner read") << QByteArray(R"({"call": "wait_until", "read": {}})");
}

void TestCallJson::unknownCallsAreRefused()
{
    QFETCH(QByteArray, bytes);
    const auto call = callFromJson(QJsonDocument::fromJson(bytes).object());
    QVERIFY(!call.has_value());
    QCOMPARE(call.error().code, ErrorCode::Corrupt);
}

void TestCallJson::programsAreCopyable()
{
    ProcessCall call;
    call.program = QStringLiteral("tar");
    call.arguments = {TemplateText(QStringLiteral("-cf")),
                      TemplateText(QStringLiteral("it's here.tar")), slotted("x-", "run")};
    QVERIFY(describeCall(call).contains(
        QStringLiteral("    tar -cf 'it'\\''s here.tar' 'x-‹run›|end'")));
}

void TestCallJson::hostileTextIsShownEscaped()
{
    ProcessCall call;
    call.program = QStringLiteral("echo");
    call.arguments = {TemplateText(QStringLiteral("\x1b[2Jgone\u202etxt"))};
    const QString shown = describeCall(call).join(QLatin1Char('\n'));
    QVERIFY(!shown.contains(QChar(0x1b)));
    QVERIFY(!shown.contains(QChar(0x202e)));
}

void TestCallJson::secretsAreNames()
{
    ProcessCall call;
    call.program = QStringLiteral("psql");
    call.environment = {{QStringLiteral("PGPASSWORD"), SecretRef{QStringLiteral("db_password")}}};
    call.input = SecretRef{QStringLiteral("sql")};
    const QStringList lines = describeCall(call);
    QVERIFY(lines.contains(QStringLiteral("with PGPASSWORD from the secret db_password")));
    QVERIFY(lines.contains(QStringLiteral("    | secret sql")));
}

void TestCallJson::stepsSurviveWithAllTheyHave()
{
    Plan plan;
    plan.runbook = QStringLiteral("own.a");
    plan.version = QStringLiteral("1.2");
    plan.undoOf = QStringLiteral("r1");
    plan.isProtected = true;
    plan.lineOfNoReturn = 0;
    plan.secrets = {QStringLiteral("s")};
    plan.deviations = {{QStringLiteral("d"), QStringLiteral("l"), QStringLiteral("w")}};
    plan.announced = {{QStringLiteral("aside:a"), QStringLiteral("t"), QString()}};
    plan.closes = {{QStringLiteral("o"), QStringLiteral("r.b"), {QStringLiteral("i")}}};
    plan.remarks = {QStringLiteral("r")};
    PlannedStep step;
    step.id = QStringLiteral("a[x/y z]");
    step.calls = {samples().front().second};
    step.undo = {RestoreFileCall{QStringLiteral("/a"), QStringLiteral("/b")}};
    step.effect = Effect::Destroy;
    step.section = PlanSection::Finally;
    step.finallyWhen = FinallyWhen::Proven;
    step.timeout = std::chrono::milliseconds(0);
    step.grace = std::chrono::milliseconds(1);
    step.retry = {3, std::chrono::milliseconds(5), {ErrorCode::TimedOut, ErrorCode::Unreachable}};
    step.obliges = {QStringLiteral("o"), QStringLiteral("O"), QStringLiteral("by")};
    step.when = QJsonObject{
        {QStringLiteral("present"), QJsonObject{{QStringLiteral("slot"), QStringLiteral("run")}}}};
    step.skipReason = QStringLiteral("because");
    step.resume = ResumePolicy::Repeat;
    plan.steps = {step};
    plan.checks = {{QStringLiteral("c"),
                    QStringLiteral("t"),
                    QStringLiteral("h"),
                    ReadCall{ActionKind::Clock, {}},
                    {},
                    true}};
    const auto read = Plan::fromJson(QJsonDocument::fromJson(plan.bytes()).object());
    QVERIFY2(read.has_value(), read ? "" : qPrintable(read.error().sentence()));
    QCOMPARE(read->bytes(), plan.bytes());
    const PlannedStep &same = read->steps.at(0);
    QCOMPARE(same.timeout, step.timeout);
    QCOMPARE(same.grace, step.grace);
    QCOMPARE(same.retry.on, step.retry.on);
    QCOMPARE(same.retry.times, 3);
    QCOMPARE(same.finallyWhen, FinallyWhen::Proven);
    QCOMPARE(same.obliges->by, QStringLiteral("by"));
    QCOMPARE(same.when, step.when);
    QCOMPARE(read->lineOfNoReturn, 0);
    QVERIFY(read->checks.at(0).warnOnly);
    QVERIFY(read->isProtected);

    PlannedStep plain;
    plain.id = QStringLiteral("b");
    plan.steps = {plain};
    QVERIFY(!Plan::fromJson(plan.toJson())->steps.at(0).timeout.has_value());
    QVERIFY(plan.step(QStringLiteral("b")) != nullptr);
    QVERIFY(plan.step(QStringLiteral("c")) == nullptr);
}

void TestCallJson::newerPlansAreRefused()
{
    QJsonObject object = Plan().toJson();
    object.insert(QStringLiteral("format"), 2);
    const auto newer = Plan::fromJson(object);
    QVERIFY(!newer.has_value());
    QCOMPARE(newer.error().code, ErrorCode::Unsupported);
    object.insert(QStringLiteral("format"), 1);
    QVERIFY(Plan::fromJson(object).has_value());
    object.insert(QStringLiteral("purpose"), QStringLiteral("party"));
    QCOMPARE(Plan::fromJson(object).error().code, ErrorCode::Corrupt);
}

void TestCallJson::schemaKnowsEveryCall()
{
    static const char *const kValidate = R"(
import json, sys
try:
    from jsonschema import Draft202012Validator
except ImportError:
    sys.exit(7)
schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
for line in sys.stdin:
    errors = list(Draft202012Validator(schema).iter_errors(json.loads(line)))
    print('ok' if not errors else 'wrong: ' + errors[0].json_path)
)";
    Plan plan;
    PlannedStep step;
    step.id = QStringLiteral("a");
    for (const auto &[name, call] : samples())
        step.calls.push_back(call);
    for (const ActionSpec &spec : actionTable()) {
        if (spec.kind == ActionKind::PostgresReady || spec.kind == ActionKind::PostgresDrop ||
            spec.kind == ActionKind::Alien4CloudCheck || spec.kind == ActionKind::ToolchainCheck ||
            spec.kind == ActionKind::ToolchainCompare ||
            spec.kind == ActionKind::ElasticsearchForget)
            continue; // calls on a server
        if (spec.isCheck || spec.kind == ActionKind::HostName ||
            spec.kind == ActionKind::MachineId || spec.kind == ActionKind::HostKey ||
            spec.kind == ActionKind::FileSystem)
            step.calls.push_back(ReadCall{spec.kind, {}});
        else if (spec.builtInOnly && spec.kind != ActionKind::TreeRemove)
            step.calls.push_back(PointCall{spec.kind, {}});
    }
    plan.steps = {step};
    QJsonObject wrong = plan.toJson();
    wrong.insert(QStringLiteral("surprise"), 1);
    const QByteArray lines = QJsonDocument(plan.toJson()).toJson(QJsonDocument::Compact) + '\n' +
                             QJsonDocument(wrong).toJson(QJsonDocument::Compact) + '\n';
    QProcess python;
    python.start(QStringLiteral("python3"), {QStringLiteral("-c"), QString::fromLatin1(kValidate),
                                             QStringLiteral(PLAN_SCHEMA)});
    if (!python.waitForStarted())
        QSKIP("python3 is not installed");
    python.write(lines);
    python.closeWriteChannel();
    QVERIFY(python.waitForFinished());
    if (python.exitCode() == 7)
        QSKIP("python3-jsonschema is not installed");
    QCOMPARE(python.readAllStandardOutput(), QByteArray("ok\nwrong: $\n"));
}

} // namespace lb

QTEST_GUILESS_MAIN(lb::TestCallJson)
#include "tst_call_json.moc"
