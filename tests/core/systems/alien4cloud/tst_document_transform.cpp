// SPDX-License-Identifier: GPL-3.0-or-later
// documents.ndjson has invented documents of every type of Alien4Cloud 1.1.0 and some of 1.2.0;
// documents.expected.ndjson what must become of each, made with another program and read by eye.
#include "core/systems/alien4cloud/bulk_lines.h"
#include "core/systems/alien4cloud/document_transform.h"

#include <QFile>
#include <QJsonArray>
#include <QTest>

using namespace lb;

namespace {

QList<QByteArray> linesOf(const char *file)
{
    QFile data(QStringLiteral(LB_TEST_DATA "/") + QLatin1String(file));
    if (!data.open(QIODevice::ReadOnly))
        return {};
    QList<QByteArray> lines = data.readAll().split('\n');
    lines.removeLast();
    return lines;
}

DocumentName named(const char *index, const char *type)
{
    return {index, type, "id"};
}

/// The source after the transformation; what was refused as "! detail".
QByteArray transformed(const char *index, const char *type, const QByteArray &source)
{
    const auto document = transformDocument(named(index, type), source);
    return document ? document->source : "! " + document.error().detail.toUtf8();
}

QByteArray topology(const QByteArray &source)
{
    return transformed("topology", "topology", source);
}

} // namespace

class TestDocumentTransform : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyType_data()
    {
        QTest::addColumn<QByteArray>("before");
        QTest::addColumn<QByteArray>("expected");
        const QList<QByteArray> before = linesOf("documents.ndjson");
        const QList<QByteArray> expected = linesOf("documents.expected.ndjson");
        QCOMPARE(before.size(), expected.size());
        QVERIFY(before.size() > 40);
        for (qsizetype i = 0; i < before.size(); ++i) {
            const auto line = readExportLine(before[i]);
            QVERIFY(line);
            QTest::addRow("%s %s", jsonText(line->type).constData(), jsonText(line->id).constData())
                << before[i] << expected[i];
        }
    }

    void everyType()
    {
        QFETCH(QByteArray, before);
        QFETCH(QByteArray, expected);
        ExportTransformer transformer;
        QByteArray after;
        QVERIFY(transformer.take(before, after));
        QVERIFY(after.endsWith("}\n"));
        const auto difference = jsonDifference(after, expected);
        QVERIFY2(difference, after.constData());
        QVERIFY2(!*difference, qPrintable(difference->value_or(QString())));
        const bool changes = before != expected;
        if (!changes)
            QCOMPARE(after, before + '\n'); // not a byte of what stays is touched
        const TypeReport sum = transformer.report().sum();
        QCOMPARE(sum.read, qint64(1));
        QCOMPARE(sum.changed, qint64(changes ? 1 : 0));
        QCOMPARE(sum.unchanged, qint64(changes ? 0 : 1));

        // Twice is once.
        ExportTransformer second;
        QByteArray again;
        QVERIFY(second.take(after, again));
        QCOMPARE(again, after);
        QCOMPARE(second.report().sum().changed, qint64(0));
    }

    void everyTypeOfTheSheetHasADocument()
    {
        std::map<QByteArray, int> seen;
        for (const QByteArray &text : linesOf("documents.ndjson")) {
            const auto line = readExportLine(text);
            ++seen[jsonText(line->index) + '/' + jsonText(line->type)];
        }
        for (const char *name :
             {"toscaelement/indexedtoscaelement",
              "toscaelement/indexednodetype",
              "toscaelement/indexedcapabilitytype",
              "toscaelement/indexedrelationshiptype",
              "toscaelement/indexedartifacttype",
              "toscaelement/indexedartifacttoscaelement",
              "toscaelement/indexeddatatype",
              "csar/csar",
              "csargitrepository/csargitrepository",
              "application/application",
              "applicationversion/applicationversion",
              "applicationenvironment/applicationenvironment",
              "topology/topology",
              "topologytemplate/topologytemplate",
              "topologytemplateversion/topologytemplateversion",
              "deploymenttopology/deploymenttopology",
              "deployedtopologies/deploymenttopology",
              "deployment/deployment",
              "orchestrator/orchestrator",
              "orchestratorconfiguration/orchestratorconfiguration",
              "location/location",
              "locationresourcetemplate/locationresourcetemplate",
              "plugin/plugin",
              "pluginconfiguration/pluginconfiguration",
              "metapropconfiguration/metapropconfiguration",
              "deploymentmonitorevents/abstractmonitorevent",
              "deploymentmonitorevents/paasdeploymentstatusmonitorevent",
              "deploymentmonitorevents/paasinstancestatemonitorevent",
              "deploymentmonitorevents/paasmessagemonitorevent",
              "deploymentmonitorevents/paasinstancepersistentresourcemonitorevent",
              "deploymentmonitorevents/paasworkflowstepmonitorevent",
              "deploymentmonitorevents/paasworkflowmonitorevent",
              "imagedata/imagedata",
              "alienaudit/audittrace",
              "alienaudit/auditconfiguration",
              "user/user",
              "group/group"}) {
            const QByteArrayView view(name);
            const qsizetype slash = view.indexOf('/');
            QVERIFY2(seen.count(name) == 1, name);
            QVERIFY2(transformRule(view.first(slash), view.sliced(slash + 1)) !=
                         TransformRule::Unknown,
                     name);
        }
        QCOMPARE(transformRule("topology", "deploymenttopology"), TransformRule::Unknown);
        QCOMPARE(transformRule("premium", "topology"), TransformRule::Unknown);
        // All that inherits from a TOSCA type has properties, listed or not.
        QCOMPARE(transformRule("toscaelement", "indexedinterfacetype"), TransformRule::ToscaType);
    }

    void onlyTheFormOfMapsChanges()
    {
        // Order, duplicates, numbers, escapes and the space inside values stay.
        QCOMPARE(transformed("toscaelement", "indexednodetype",
                             R"({ "b" : 1.0, "properties" : { "z\u0041" :  {"n": 1e400 , "a":[ ]},)"
                             "\n \"z\\u0041\":12345678901234567890} , \"a\":-0 }"),
                 QByteArray(R"({ "b" : 1.0, "properties" : [ {"key":"z\u0041","value":{"n": 1e400 )"
                            R"(, "a":[ ]}},)"
                            "\n {\"key\":\"z\\u0041\",\"value\":12345678901234567890}] , "
                            "\"a\":-0 }"));
        // A key that is written with escapes is the same key; a second one is transformed too.
        QCOMPARE(transformed("toscaelement", "indexednodetype",
                             R"({"propert\u0069es":{"a":1},"properties":{"b":2}})"),
                 QByteArray(R"({"propert\u0069es":[{"key":"a","value":1}],)"
                            R"("properties":[{"key":"b","value":2}]})"));
    }

    void untouchedSourcesAreTheSameBytes()
    {
        const QByteArray source = "{ \"requirements\" : {\"a\" : 1.0} ,\r\n\t\"x\":[] }";
        const auto document = transformDocument(named("csar", "csar"), source);
        QVERIFY(document);
        QVERIFY(!document->changed);
        QCOMPARE(document->source.constData(), source.constData());
        QCOMPARE(document->id, QByteArray("id"));
    }

    void removedMembers_data()
    {
        QTest::addColumn<QByteArray>("source");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](const char *source, const char *expected) {
            QTest::newRow(source) << QByteArray(source) << QByteArray(expected);
        };
        row(R"({"topologyId":1})", "{}");
        row(R"({ "topologyId" : 1 })", "{ }");
        row(R"({"topologyId":1,"a":2})", R"({"a":2})");
        row(R"({"a":2,"topologyId":1})", R"({"a":2})");
        row(R"({"a":2,"topologyId":{"x":[1]},"b":3})", R"({"a":2,"b":3})");
        row(R"({"topologyId":1,"topologyId":2,"a":3,"topologyId":4,"topologyId":5})", R"({"a":3})");
        row(R"({"topologyId":1,"topologyId":2})", "{}");
    }

    void removedMembers()
    {
        QFETCH(QByteArray, source);
        QTEST(transformed("topologytemplate", "topologytemplate", source), "expected");
    }

    void auditConfiguration()
    {
        const char *index = "alienaudit";
        const char *type = "auditconfiguration";
        QCOMPARE(transformed(index, type, "{}"), QByteArray(R"({"id":"singleton"})"));
        QCOMPARE(transformed(index, type, R"({"enabled":true})"),
                 QByteArray(R"({"enabled":true,"id":"singleton"})"));
        QCOMPARE(transformed(index, type, R"({"id":null,"auditedMethods":null})"),
                 QByteArray(R"({"id":"singleton","auditedMethods":null})"));
        const QByteArray right = R"({"id":"singleton","auditedMethods":[{"signature":"x"}]})";
        const auto document = transformDocument({index, type, "singleton"}, right);
        QVERIFY(document && !document->changed);
        const auto moved = transformDocument({index, type, "AVCo"}, right);
        QVERIFY(moved && moved->changed);
        QCOMPARE(moved->id, QByteArray("singleton"));
        QCOMPARE(moved->source, right);
    }

    void refused_data()
    {
        QTest::addColumn<QByteArray>("index");
        QTest::addColumn<QByteArray>("type");
        QTest::addColumn<QByteArray>("source");
        QTest::addColumn<QString>("detail");
        const auto row = [](const char *index, const char *type, const QByteArray &source,
                            const char *detail) {
            QTest::addRow("%s %s", type, source.left(60).constData())
                << QByteArray(index) << QByteArray(type) << source << QString::fromUtf8(detail);
        };
        const auto topologyRow = [&](const char *source, const char *detail) {
            row("topology", "topology", source, detail);
        };
        topologyRow(R"([])", "at the top: the document must be an object");
        topologyRow(R"(null)", "at the top: the document must be an object");
        topologyRow(R"({"nodeTemplates":{"A":{}}})", "at /nodeTemplates: a list must stand there");
        topologyRow(R"({"nodeTemplates":[{"A":{}}]})",
                    "at /nodeTemplates/0: the entry has no key or no value");
        topologyRow(R"({"nodeTemplates":[7]})",
                    "at /nodeTemplates/0: an entry with key and value must stand there");
        topologyRow(R"({"nodeTemplates":[{"key":"A","value":[]}]})",
                    "at /nodeTemplates/0/value: an object must stand there");
        topologyRow(
            R"({"nodeTemplates":[{"key":"A","value":{}},{"key":"B","value":{"capabilities":"x"}}]})",
            "at /nodeTemplates/1/value/capabilities: a map, or the list that it becomes, must "
            "stand there");
        topologyRow(R"({"nodeTemplates":[{"key":"A","value":{"requirements":[{"host":{}}]}}]})",
                    "at /nodeTemplates/0/value/requirements/0: the entry has no key or no value");
        topologyRow(
            R"({"nodeTemplates":[{"key":"A","value":{"relationships":{"a/b~":{"artifacts":1}}}}]})",
            "at /nodeTemplates/0/value/relationships/a~1b~0/artifacts: a map, or the list that it "
            "becomes, must stand there");
        topologyRow(R"({"nodeTemplates":[{"key":1,"value":{}}]})",
                    "at /nodeTemplates/0/key: the key must be a text");
        row("deploymenttopology", "deploymenttopology", R"({"originalNodes":[]})",
            "at /originalNodes: an object must stand there");
        row("deployedtopologies", "deploymenttopology",
            R"({"originalNodes":{"N":{"artifacts":true}}})",
            "at /originalNodes/N/artifacts: a map, or the list that it becomes, must stand there");
        row("locationresourcetemplate", "locationresourcetemplate", R"({"template":"x"})",
            "at /template: an object must stand there");
        row("metapropconfiguration", "metapropconfiguration", R"({"default":["a"]})",
            "at /default: a text, or the object that it becomes, must stand there");
        row("metapropconfiguration", "metapropconfiguration", R"({"default":{"function":"x"}})",
            "at /default: the default is an object without a value");
        row("alienaudit", "auditconfiguration",
            R"({"auditedMethods":[{"path":"a"},{"path":"a","signature":"b"}]})",
            "at /auditedMethods/1: the entry has both the old name “path” and the new one "
            "“signature”");
        row("csar", "csar", R"({"a":1)", "at the top: at byte 6: the text ends in the middle");
        row("csar", "csar", R"({"a":1}x)",
            "at the top: at byte 7: something follows after the end");
        row("csar", "csar", "", "at the top: at byte 0: the text ends in the middle");
        row("csar", "csar", "{\"a\":" + QByteArray(100'000, '[') + '}',
            "at /a: at byte 1004: it is nested deeper than 1000 levels");
        row("topology", "topology",
            R"({"nodeTemplates":[{"key":"A","value":{"capabilities":{"h":)" +
                QByteArray(100'000, '['),
            "at /nodeTemplates/0/value/capabilities/h: at byte 1053: it is nested deeper than 1000 "
            "levels");
    }

    void refused()
    {
        QFETCH(QByteArray, index);
        QFETCH(QByteArray, type);
        QFETCH(QByteArray, source);
        QFETCH(QString, detail);
        const auto document = transformDocument({index, type, "doc\x1b:1"}, source);
        QVERIFY(!document);
        QCOMPARE(document.error().code, ErrorCode::Corrupt);
        QCOMPARE(document.error().detail, detail);
        const QString name = QString::fromUtf8(index + '/' + type + "/doc");
        QVERIFY2(document.error().summary.contains(name), qPrintable(document.error().summary));
        QVERIFY(!document.error().summary.contains(QLatin1Char('\x1b')));
    }

    void everyCutIsRefused()
    {
        for (const QByteArray &text : linesOf("documents.ndjson")) {
            const auto line = readExportLine(text);
            const QByteArray source = line->source.toByteArray();
            const QByteArray index = jsonText(line->index);
            const QByteArray type = jsonText(line->type);
            for (qsizetype size = 0; size < source.size(); ++size)
                QVERIFY(!transformDocument({index, type, "id"}, source.left(size)));
        }
    }

    void manyAndLarge()
    {
        QByteArray source = R"({"nodeTemplates":[)";
        QByteArray expected = source;
        for (int i = 0; i < 20'000; ++i) {
            const QByteArray comma = i ? "," : "";
            const QByteArray name = QByteArray::number(i);
            source += comma + "{\"key\":\"N" + name + "\",\"value\":{\"capabilities\":{\"c" + name +
                      "\":{\"v\":" + name + "}}}}";
            expected += comma + "{\"key\":\"N" + name +
                        "\",\"value\":{\"capabilities\":[{\"key\":\"c" + name +
                        "\",\"value\":{\"v\":" + name + "}}]}}";
        }
        const QByteArray text = "],\"description\":\"" + QByteArray(20 << 20, 'x') + "\"}";
        QCOMPARE(topology(source + text), expected + text);
    }

    void report()
    {
        ExportTransformer transformer(2);
        QByteArray out;
        const auto take = [&](const char *index, const char *id, const char *source) {
            const QByteArray line = QByteArray("{\"_index\":\"") + index + R"(","_type":")" +
                                    index + R"(","_id":")" + id + "\",\"_source\":" + source +
                                    "}\n";
            return transformer.take(line, out).has_value();
        };
        QVERIFY(take("topology", "good", R"({"nodeTemplates":[]})"));
        QVERIFY(
            take("topology", "old", R"({"nodeTemplates":[{"key":"A","value":{"artifacts":{}}}]})"));
        for (const char *id : {"bad1", "bad2", "bad3"})
            QVERIFY(take("topology", id, R"({"nodeTemplates":1})"));
        QVERIFY(take("csar", "c", "{}"));
        QVERIFY(take("other", "o", "{}"));
        QVERIFY(!transformer.take("{\"_index\":1}", out));

        QCOMPARE(out.count('\n'), qsizetype(4)); // the bad ones are left out
        const TransformReport report = transformer.report();
        QVERIFY(!report.isClean());
        QCOMPARE(report.types.size(), std::size_t(3));
        const TypeReport &type = report.types.back();
        QCOMPARE(type.index, QStringLiteral("topology"));
        QCOMPARE(type.read, qint64(5));
        QCOMPARE(type.changed, qint64(1));
        QCOMPARE(type.unchanged, qint64(1));
        QCOMPARE(type.failed, qint64(3));
        QCOMPARE(type.examples.size(), std::size_t(2));
        QVERIFY(type.examples[1].summary.contains(QStringLiteral("bad2")));

        const QStringList lines = report.lines();
        QCOMPARE(lines.size(), qsizetype(6));
        QCOMPARE(lines[0], QStringLiteral("csar/csar: 1 read, 0 changed, 1 unchanged, 0 failed"));
        QVERIFY(lines[1].contains(QStringLiteral("left as it is")));
        QCOMPARE(lines[2],
                 QStringLiteral("topology/topology: 5 read, 1 changed, 1 unchanged, 3 failed"));
        QVERIFY(lines[3].contains(QStringLiteral("at /nodeTemplates: a list must stand there")));
        QCOMPARE(lines[5], QStringLiteral("All types: 7 read, 1 changed, 3 unchanged, 3 failed"));

        const QJsonObject json = report.toJson();
        QCOMPARE(json.value(QStringLiteral("failed")).toInt(), 3);
        const QJsonArray types = json.value(QStringLiteral("types")).toArray();
        QCOMPARE(types.size(), qsizetype(3));
        QCOMPARE(types[1].toObject().value(QStringLiteral("known")).toBool(), false);
        QCOMPARE(types[2].toObject().value(QStringLiteral("examples")).toArray().size(),
                 qsizetype(2));
    }

    void onlyOneCanBeTheSingleton()
    {
        ExportTransformer transformer;
        QByteArray out;
        for (const char *id : {"AVa", "AVb"}) {
            const QByteArray line =
                QByteArray(
                    "{\"_index\":\"alienaudit\",\"_type\":\"auditconfiguration\",\"_id\":\"") +
                id + "\",\"_version\":2,\"_source\":{}}";
            QVERIFY(transformer.take(line, out));
        }
        QCOMPARE(out, QByteArray(R"({"_index":"alienaudit","_type":"auditconfiguration",)"
                                 R"("_id":"singleton","_version":2,)"
                                 R"("_source":{"id":"singleton"}})"
                                 "\n"));
        const TransformReport report = transformer.report();
        QCOMPARE(report.sum().failed, qint64(1));
        QVERIFY(report.types.front().examples.front().summary.contains(QStringLiteral("AVb")));
    }
};

QTEST_GUILESS_MAIN(TestDocumentTransform)
#include "tst_document_transform.moc"
