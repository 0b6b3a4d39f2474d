// SPDX-License-Identifier: GPL-3.0-or-later
// Pages and answers in the forms of Elasticsearch 1.7.6 (its sources) and 6.8.23 (recorded), and
// made-up ones that are torn, hostile or huge.
#include "core/systems/alien4cloud/bulk_lines.h"

#include <QTest>

using namespace lb;

namespace {

// What a scan of 1.7 answers first: shards and a total, no documents.
constexpr char kFirstScanPage[] =
    R"({"_scroll_id":"c2Nhbjs1OzE6dFpM==","took":19,"timed_out":false,)"
    R"("_shards":{"total":2,"successful":2,"failed":0},)"
    R"("hits":{"total":1000,"max_score":0.0,"hits":[]}})";

// 1.7 with fields=_source,_parent,_routing,_ttl,_timestamp and version=true.
constexpr char kPage17[] =
    R"({"_scroll_id":"c2Nhbjs==","took":1,"timed_out":false,)"
    R"("_shards":{"total":2,"successful":2,"failed":0},"hits":{"total":3,"max_score":0.0,"hits":[)"
    R"({"_index":"csar","_type":"csar","_id":"ferry:1.0","_version":3,"_score":0.0,)"
    R"("_source":{"name" : "ferry","n":1.0,"big":1e400}},)"
    "{\"_index\":\"alienaudit\",\"_type\":\"audittrace\",\"_id\":\"a\\\"1\",\"_version\":1,\"_"
    "score\":0.0,"
    R"("_source":{},"fields":{"_ttl":85999,"_timestamp":1447000000000,"_routing":"r"}},)"
    R"({"_index":"deployment","_type":"event","_id":"e","_score":0.0,"sort":[0],)"
    R"("fields":{"_parent":"dep1","_routing":["dep1"],"other":[1]},"_source":{"x":[{}]}}]}})";

// 6.8.23, recorded.
constexpr char kPage68[] =
    R"({"_scroll_id":"DnF1ZXJ5VGhlbkZldGNoAgAAAAAAAAAHFjVFcjBGWDRMUXEtdHpndjAyWWpYMHcA","took":34,)"
    R"("timed_out":false,"_shards":{"total":2,"successful":2,"skipped":0,"failed":0},)"
    R"("hits":{"total":1000,"max_score":null,"hits":[{"_index":"books","_type":"doc","_id":"3",)"
    R"("_score":null,"_source":{"title":"Doc number 3","n":3,"tag":"t3"},"sort":[0]},)"
    R"({"_index":"books","_type":"doc","_id":"1","_score":null,"_routing":"x",)"
    R"("_source":{"title":"Doc number 1","n":1,"tag":"t1"},"sort":[0]}]}})";

QByteArray line(const QByteArray &id, const QByteArray &source, const QByteArray &metadata = {})
{
    return "{\"_index\":\"i\",\"_type\":\"t\",\"_id\":\"" + id + '"' + metadata + R"(,"_source":)" +
           source + '}';
}

QString whyNot(const QByteArray &page)
{
    QByteArray lines = "kept";
    const auto read = readScrollPage(page, lines);
    if (lines != "kept")
        return QStringLiteral("lines of a bad page");
    return read ? QStringLiteral("ok") : errorCodeName(read.error().code);
}

QByteArray body(int major, const QByteArray &text)
{
    BulkBodies bodies(major);
    const auto added = bodies.add(text);
    if (!added)
        return errorCodeName(added.error().code).toUtf8();
    const auto rest = bodies.takeRest();
    return rest ? rest->bytes : QByteArray();
}

QByteArray answer(const QByteArray &items, const char *errors = "true")
{
    return QByteArray(R"({"took":1,"errors":)") + errors + R"(,"items":[)" + items + "]}";
}

} // namespace

class TestBulkLines : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void firstPageOfAScan()
    {
        QByteArray lines;
        const auto page = readScrollPage(kFirstScanPage, lines);
        QVERIFY(page);
        QCOMPARE(page->scrollId, QByteArray("c2Nhbjs1OzE6dFpM=="));
        QCOMPARE(page->documents, qint64(0));
        QCOMPARE(page->total, qint64(1000));
        QCOMPARE(page->shards, qint64(2));
        QVERIFY(page->check());
        QVERIFY(lines.isEmpty());
    }

    void pageOf17()
    {
        QByteArray lines = "before\n";
        const auto page = readScrollPage(kPage17, lines);
        QVERIFY(page);
        QCOMPARE(page->documents, qint64(3));
        QCOMPARE(
            lines,
            QByteArray("before\n"
                       R"({"_index":"csar","_type":"csar","_id":"ferry:1.0","_version":3,)"
                       R"("_source":{"name" : "ferry","n":1.0,"big":1e400}})"
                       "\n"
                       "{\"_index\":\"alienaudit\",\"_type\":\"audittrace\",\"_id\":\"a\\\"1\","
                       R"("_version":1,"_routing":"r","_timestamp":1447000000000,)"
                       R"("_ttl":85999,"_source":{}})"
                       "\n"
                       R"({"_index":"deployment","_type":"event","_id":"e","_routing":"dep1",)"
                       R"("_parent":"dep1","_source":{"x":[{}]}})"
                       "\n"));
    }

    void pageOf68()
    {
        QByteArray lines;
        const auto page = readScrollPage(kPage68, lines);
        QVERIFY(page);
        QCOMPARE(page->documents, qint64(2));
        QVERIFY(page->totalExact);
        QCOMPARE(lines, QByteArray(R"({"_index":"books","_type":"doc","_id":"3",)"
                                   R"("_source":{"title":"Doc number 3","n":3,"tag":"t3"}})"
                                   "\n"
                                   R"({"_index":"books","_type":"doc","_id":"1","_routing":"x",)"
                                   R"("_source":{"title":"Doc number 1","n":1,"tag":"t1"}})"
                                   "\n"));
    }

    void laterTotals()
    {
        QByteArray lines;
        const auto page =
            readScrollPage(R"({"hits":{"total":{"value":10000,"relation":"gte"},"hits":[)"
                           R"({"_index":"a","_id":"b","_source":{}}]},"_scroll_id":"x"})",
                           lines);
        QVERIFY(page);
        QCOMPARE(page->total, qint64(10000));
        QVERIFY(!page->totalExact);
        QCOMPARE(page->scrollId, QByteArray("x"));
        QCOMPARE(lines, QByteArray("{\"_index\":\"a\",\"_id\":\"b\",\"_source\":{}}\n"));
    }

    /// A source may have been sent with line ends: they must not end our line.
    void sourcesStayOnOneLine()
    {
        QByteArray lines;
        QVERIFY(
            readScrollPage("{\"hits\":{\"hits\":[{\"_index\":\"a\",\"_id\":\"b\",\"_source\":{\n"
                           "  \"x\" : 1,\r\n  \"y\" : \"a\\nb\"\n}\n}]}}\n",
                           lines));
        QCOMPARE(lines, QByteArray("{\"_index\":\"a\",\"_id\":\"b\",\"_source\":{   \"x\" : 1,\r   "
                                   "\"y\" : \"a\\nb\" }}\n"));
        const auto read = readExportLine(lines);
        QVERIFY(read);
        const auto difference = jsonDifference(read->source, R"({"x":1,"y":"a\nb"})");
        QVERIFY(difference && !*difference);
    }

    void missingShards()
    {
        QByteArray lines;
        const auto lost = readScrollPage(
            R"({"_scroll_id":"x","timed_out":false,"_shards":{"total":5,"successful":4,"failed":1,)"
            "\"failures\":[{\"index\":\"csar\",\"shard\":2,\"status\":500,\"reason\":\"Broken[disk]"
            "\"}]},"
            R"("hits":{"total":3,"hits":[]}})",
            lines);
        QVERIFY(lost);
        QVERIFY(!lost->check());
        QCOMPARE(lost->check().error().code, ErrorCode::Unreachable);
        QVERIFY(lost->check().error().summary.startsWith(QStringLiteral("1 of 5 shards")));
        QCOMPARE(lost->shardProblem, QStringLiteral("Broken[disk]"));

        const auto ranOut = readScrollPage(
            R"({"_shards":{"total":1,"failed":1,"failures":[{"shard":-1,"index":null,)"
            "\"reason\":{\"type\":\"search_context_missing_exception\",\"reason\":\"No search "
            "context "
            "found for id [3]\"}}]},\"hits\":{\"total\":0,\"hits\":[]}}",
            lines);
        QVERIFY(ranOut);
        QCOMPARE(ranOut->check().error().code, ErrorCode::TimedOut);
        QVERIFY(!ranOut->check().error().advice.isEmpty());

        const auto slow = readScrollPage(R"({"timed_out":true,"hits":{"hits":[]}})", lines);
        QVERIFY(slow);
        QCOMPARE(slow->check().error().code, ErrorCode::TimedOut);
    }

    void badPages_data()
    {
        QTest::addColumn<QByteArray>("page");
        QTest::addColumn<QString>("code");
        const auto row = [](const QByteArray &page, const char *code) {
            QTest::newRow(page.left(70).constData()) << page << QString::fromLatin1(code);
        };
        const auto hit = [&](const char *text, const char *code) {
            row(QByteArray(R"({"hits":{"hits":[)") + text + "]}}", code);
        };
        row("", "corrupt");
        row("<html>502</html>", "corrupt");
        row("[]", "corrupt");
        row("{}", "corrupt");
        row(R"({"_scroll_id":"x"})", "corrupt");
        row(R"({"hits":[]})", "corrupt");
        row(R"({"hits":{"hits":{}}})", "corrupt");
        row(R"({"hits":{"total":"many","hits":[]}})", "corrupt");
        row(QByteArray(kPage17) + "x", "corrupt");
        row("{\"error\":\"SearchPhaseExecutionException[no]\",\"status\":400}", "failed");
        row(R"({"error":{"type":"a","reason":"b"},"status":404})", "not_found");
        row(R"({"error":"busy","status":503})", "unreachable");
        hit("1", "corrupt");
        hit(R"({"_index":"a","_id":"b","_source":"text"})", "corrupt");
        hit(R"({"_id":"b","_source":{}})", "corrupt");
        hit(R"({"_index":"a","_source":{}})", "corrupt");
        hit(R"({"_index":"a","_id":["b"],"_source":{}})", "corrupt");
        hit(R"({"_index":"a","_id":"b","_source":{},"fields":{"_ttl":{}}})", "corrupt");
        hit(R"({"_index":"a","_id":"b","_source":{},"fields":{"_ttl":[]}})", "corrupt");
        hit(R"({"_index":"a","_id":"b","_source":{},"fields":[]})", "corrupt");
        hit(R"({"_index":"a","_type":"c","_id":"b"})", "unsupported");
        // One good hit before a bad one leaves nothing behind.
        hit(R"({"_index":"a","_id":"b","_source":{}},{"_index":"a","_id":"b"})", "unsupported");
        row("{\"hits\":{\"hits\":" + QByteArray(100'000, '['), "corrupt");
        row(R"({"hits":{"hits":[{"_index":"a","_id":"b","_source":{"x":)" +
                QByteArray(100'000, '['),
            "corrupt");
        row(QByteArray(100'000, '{'), "corrupt");
    }

    void badPages()
    {
        QFETCH(QByteArray, page);
        QTEST(whyNot(page), "code");
    }

    void everyCutOfAPageIsNoticed()
    {
        for (const QByteArray &page : {QByteArray(kPage17), QByteArray(kPage68)}) {
            for (qsizetype size = 0; size < page.size(); ++size)
                QCOMPARE(whyNot(page.left(size)), QStringLiteral("corrupt"));
        }
    }

    void exportLines()
    {
        const QByteArray text =
            line("a", R"({"x":1} )", R"(,"_version":7,"unknown":[{"_id":"no"}])");
        for (const char *end : {"", "\n", "\r\n"}) {
            const QByteArray whole = text + end;
            const auto read = readExportLine(whole);
            QVERIFY(read);
            QCOMPARE(read->index, QByteArrayView("\"i\""));
            QCOMPARE(read->type, QByteArrayView("\"t\""));
            QCOMPARE(read->id, QByteArrayView("\"a\""));
            QCOMPARE(read->version, QByteArrayView("7"));
            QCOMPARE(read->source, QByteArrayView(R"({"x":1})"));
        }
        for (const QByteArray &bad :
             {QByteArray(), QByteArray("{}"), QByteArray("x"), text.chopped(1), text.chopped(5),
              text.left(20), QByteArray(R"({"_index":"i","_id":"a"})"),
              QByteArray(R"({"_index":"i","_source":{}})"),
              QByteArray(R"({"_index":"i","_id":"a","_source":1})"),
              QByteArray(R"({"_index":"i","_id":"a","_source":{})"), QByteArray(100'000, '[')}) {
            const auto read = readExportLine(bad);
            QVERIFY2(!read, bad.left(60).constData());
            QCOMPARE(read.error().code, ErrorCode::Corrupt);
        }
    }

    void actionLines_data()
    {
        QTest::addColumn<int>("major");
        QTest::addColumn<QByteArray>("metadata");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](int major, const char *metadata, const char *expected) {
            QTest::addRow("%d %s", major, metadata)
                << major << QByteArray(metadata) << QByteArray(expected);
        };
        const char *plain = R"({"index":{"_index":"i","_type":"t","_id":"a"}})";
        for (const int major : {1, 2, 5, 6, 7})
            row(major, "", plain);
        row(8, "", R"({"index":{"_index":"i","_id":"a"}})");
        const char *routed = R"(,"_version":9,"_routing":"r","_parent":"p")";
        row(1, routed,
            R"({"index":{"_index":"i","_type":"t","_id":"a","_routing":"r","_parent":"p",)"
            R"("_version":9,"_version_type":"external_gte"}})");
        row(6, routed,
            R"({"index":{"_index":"i","_type":"t","_id":"a","routing":"r","parent":"p",)"
            R"("version":9,"version_type":"external_gte"}})");
        row(7, routed, "unsupported");
        row(8, R"(,"_version":9,"_routing":"r")",
            R"({"index":{"_index":"i","_id":"a","routing":"r","version":9,)"
            R"("version_type":"external_gte"}})");
        row(1, R"(,"_timestamp":5)",
            R"({"index":{"_index":"i","_type":"t","_id":"a","_timestamp":5}})");
        // The server would count the remaining time from the old timestamp.
        row(1, R"(,"_timestamp":5,"_ttl":1000)",
            R"({"index":{"_index":"i","_type":"t","_id":"a","_ttl":1000}})");
        row(5, R"(,"_ttl":1000)", "unsupported");
        row(6, R"(,"_timestamp":1000)", "unsupported");
    }

    void actionLines()
    {
        QFETCH(int, major);
        QFETCH(QByteArray, metadata);
        QFETCH(QByteArray, expected);
        if (expected.startsWith('{'))
            expected += "\n{\"x\":1.0}\n";
        QCOMPARE(body(major, line("a", R"({"x":1.0})", metadata)), expected);
    }

    void expiredDocumentsAreNotSent()
    {
        BulkBodies bodies(1);
        QVERIFY(bodies.add(line("a", "{}", R"(,"_ttl":-5)")));
        QVERIFY(bodies.add(line("b", "{}", R"(,"_ttl":0)")));
        QVERIFY(!bodies.takeRest());
        QVERIFY(bodies.add(line("c", "{}", R"(,"_ttl":1)")));
        QCOMPARE(bodies.expired(), qint64(2));
        QCOMPARE(bodies.documents(), qint64(1));
        QVERIFY(bodies.takeRest()->bytes.contains("\"_ttl\":1}"));
    }

    void sizesOfBodies()
    {
        BulkBodies bodies(1);
        std::vector<BulkBody> sent;
        const QByteArray source = "{\"text\":\"" + QByteArray(600, 'x') + "\"}";
        const int count = 40'000;
        for (int i = 0; i < count; ++i) {
            QVERIFY(bodies.add(line(QByteArray::number(i), source)));
            while (auto full = bodies.takeFull())
                sent.push_back(std::move(*full));
        }
        for (const BulkBody &full : sent)
            QVERIFY(full.bytes.size() >= kBulkTarget && full.bytes.size() <= kBulkMost);
        sent.push_back(*bodies.takeRest());
        QVERIFY(!bodies.takeRest());
        QVERIFY(sent.size() >= 3);
        int next = 0;
        for (const BulkBody &one : sent) {
            QVERIFY(one.bytes.endsWith("}\n"));
            const QList<QByteArray> lines = one.bytes.split('\n');
            QCOMPARE(lines.size(), 2 * one.documents() + 1);
            for (qsizetype i = 0; i < one.documents(); ++i, ++next) {
                QVERIFY(lines[2 * i].contains("\"_id\":\"" + QByteArray::number(next) + '"'));
                QCOMPARE(lines[2 * i + 1], source);
            }
        }
        QCOMPARE(next, count);
    }

    void largeDocumentsHaveBodiesOfTheirOwn()
    {
        BulkBodies bodies(1);
        const QByteArray large = "{\"text\":\"" + QByteArray(14 << 20, 'x') + "\"}";
        QVERIFY(bodies.add(line("small", R"({"a":1})")));
        QVERIFY(!bodies.takeFull());
        QVERIFY(bodies.add(line("first", "{\"text\":\"" + QByteArray(2 << 20, 'x') + "\"}")));
        QVERIFY(bodies.add(line("large", large)));
        const auto before = bodies.takeFull();
        QVERIFY(before);
        QCOMPARE(before->documents(), qsizetype(2));
        const auto own = bodies.takeFull();
        QVERIFY(own);
        QCOMPARE(own->documents(), qsizetype(1));
        QVERIFY(!bodies.takeFull() && !bodies.takeRest());

        const auto tooLarge =
            bodies.add(line("huge", "{\"text\":\"" + QByteArray(100 << 20, 'x') + "\"}"));
        QVERIFY(!tooLarge);
        QCOMPARE(tooLarge.error().code, ErrorCode::Unsupported);
        QVERIFY(tooLarge.error().summary.contains(QStringLiteral("i/t/huge")));
    }

    void bulkAnswers()
    {
        // Recorded from 1.7.6 and 6.8.23.
        const auto fine = readBulkAnswer(
            R"({"took":688,"errors":false,"items":[{"index":{"_index":"books","_type":"doc",)"
            R"("_id":"1","_version":1,"status":201}},{"index":{"_index":"books","_type":"doc",)"
            R"("_id":"2","_version":1,"result":"created","forced_refresh":true,)"
            R"("_shards":{"total":1,"successful":1,"failed":0},"_seq_no":0,"status":200}}]})",
            2);
        QVERIFY(fine);
        QCOMPARE(fine->items, qsizetype(2));
        QVERIFY(!fine->errors && fine->failures.empty() && !fine->firstFinal());
        QVERIFY(readBulkAnswer(R"({"took":0,"errors":false,"items":[]})", 0));

        const auto mixed = readBulkAnswer(
            answer(R"({"index":{"_index":"a","_type":"t","_id":"0","status":201}},)"
                   R"({"index":{"_index":"a","_type":"t","_id":"1","status":429,)"
                   "\"error\":\"EsRejectedExecutionException[queue]\"}},"
                   "{\"create\":{\"_index\":\"a\",\"_type\":\"t\",\"_id\":\"2\\\"\",\"status\":400,"
                   "\"error\":{\"type\":"
                   R"("mapper_parsing_exception","reason":"no","caused_by":{"type":"x"}}}},)"
                   R"({"index":{"_index":"a","_type":"t","_id":"3","status":503,"error":"x"}})"),
            4);
        QVERIFY(mixed);
        QCOMPARE(mixed->failures.size(), std::size_t(3));
        QCOMPARE(mixed->retryItems(), (std::vector<qsizetype>{1, 3}));
        const BulkFailure *lasting = mixed->firstFinal();
        QVERIFY(lasting);
        QCOMPARE(lasting->item, qsizetype(2));
        QCOMPARE(lasting->status, 400);
        QCOMPARE(lasting->id, QByteArray("2\""));
        QCOMPARE(lasting->reason, QStringLiteral("mapper_parsing_exception: no"));
        QCOMPARE(mixed->failures[0].reason, QStringLiteral("EsRejectedExecutionException[queue]"));
    }

    void retriedItems()
    {
        BulkBodies bodies(1);
        for (const char *id : {"a", "b", "c"})
            QVERIFY(bodies.add(line(id, "{\"of\":\"" + QByteArray(id) + "\"}")));
        const BulkBody body = *bodies.takeRest();
        QCOMPARE(body.documents(), qsizetype(3));
        const BulkBody some = body.only({0, 2});
        QCOMPARE(some.documents(), qsizetype(2));
        QCOMPARE(some.bytes, QByteArray(R"({"index":{"_index":"i","_type":"t","_id":"a"}})"
                                        "\n{\"of\":\"a\"}\n"
                                        R"({"index":{"_index":"i","_type":"t","_id":"c"}})"
                                        "\n{\"of\":\"c\"}\n"));
        QCOMPARE(body.only({0, 1, 2}).bytes, body.bytes);
        QVERIFY(body.only({}).bytes.isEmpty());
    }

    void badBulkAnswers_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("documents");
        QTest::addColumn<QString>("code");
        const auto row = [](const QByteArray &text, int documents, const char *code) {
            QTest::newRow(text.left(70).constData())
                << text << documents << QString::fromLatin1(code);
        };
        const QByteArray good = R"({"index":{"_id":"0","status":201}})";
        row("", 1, "corrupt");
        row("<html>", 1, "corrupt");
        row("{}", 1, "corrupt");
        row(R"({"took":0,"errors":false})", 1, "corrupt");
        row(answer(good, "false"), 2, "corrupt");                       // one item is missing
        row(answer(good + ',' + good, "false"), 1, "corrupt");          // one too many
        row(answer(good, "true"), 1, "corrupt");                        // which one?
        row(answer(R"({"index":{"_id":"0"}})", "false"), 1, "corrupt"); // no status is no success
        row(answer(R"({"index":{"_id":"0","status":409,"error":"x"}})", "false"), 1, "corrupt");
        row(answer("1"), 1, "corrupt");
        row(answer(R"({"index":[]})"), 1, "corrupt");
        row(answer(good, "false").chopped(1), 1, "corrupt");
        row(answer(QByteArray(100'000, '[')), 1, "corrupt");
        row("{\"error\":\"IllegalArgumentException[Malformed action]\",\"status\":400}", 1,
            "failed");
        row(R"({"error":{"type":"circuit_breaking_exception","reason":"x"},"status":503})", 1,
            "unreachable");
    }

    void badBulkAnswers()
    {
        QFETCH(QByteArray, text);
        QFETCH(int, documents);
        QFETCH(QString, code);
        const auto read = readBulkAnswer(text, documents);
        QVERIFY(!read);
        QCOMPARE(errorCodeName(read.error().code), code);
        QVERIFY(!read.error().detail.isEmpty());
    }

    /// Pages in, pages of a second server out: what arrives is what was there.
    void thereAndBack()
    {
        QByteArray lines;
        QVERIFY(readScrollPage(kPage17, lines));
        BulkBodies bodies(1);
        const QList<QByteArray> exported = lines.split('\n');
        for (qsizetype i = 0; i + 1 < exported.size(); ++i)
            QVERIFY(bodies.add(exported[i]));
        const QList<QByteArray> sent = bodies.takeRest()->bytes.split('\n');
        QCOMPARE(sent.size(), qsizetype(7));
        QCOMPARE(sent[1], QByteArray(R"({"name" : "ferry","n":1.0,"big":1e400})"));
        QCOMPARE(sent[5], QByteArray(R"({"x":[{}]})"));
    }
};

QTEST_GUILESS_MAIN(TestBulkLines)
#include "tst_bulk_lines.moc"
