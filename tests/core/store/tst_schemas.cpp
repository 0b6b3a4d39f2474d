// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"
#include "core/model/run_state.h"
#include "store_fixture.h"

using namespace lb;
using namespace lb::test;

/// The shipped schemas name exactly the fields that the program writes.
class TestSchemas : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void manifest()
    {
        const QJsonObject schema = schemaOf("manifest");
        const RestorePoint point = plannedPoint(newPointId(), newRunId());
        QCOMPARE(propertiesOf(schema), point.manifest().keys());
        QCOMPARE(propertiesOf(definition(schema, "part")), point.parts[0].toJson().keys());
        QCOMPARE(propertiesOf(definition(schema, "identity")), point.identity.toJson().keys());
    }

    void restorePoints()
    {
        const QJsonObject schema = schemaOf("restore-points");
        const RestorePoint point = plannedPoint(newPointId(), newRunId());
        const QJsonObject json = point.toListJson();
        const QJsonObject inSchema = definition(schema, "point");
        QCOMPARE(propertiesOf(inSchema), json.keys());
        for (const char *name : {"completeness", "proof"})
            QCOMPARE(propertiesOf(property(inSchema, name)),
                     json.value(QLatin1String(name)).toObject().keys());
        QCOMPARE(wordsIn(property(property(inSchema, "completeness"), "verdict")),
                 wordsOf<Completeness>());
        QCOMPARE(wordsIn(property(property(inSchema, "proof"), "level")), wordsOf<ProofLevel>());
    }

    void runs()
    {
        const QJsonObject schema = schemaOf("runs");
        RunView view;
        view.state.waiting = Waiting{};
        view.state.obligations.push_back({});
        view.state.checks.push_back({});
        view.runnerAlive = true;
        const QJsonObject json = view.toJson();
        QCOMPARE(propertiesOf(definition(schema, "run")), json.keys());
        const auto first = [&](const char *list) {
            return json.value(QLatin1String(list)).toArray().first().toObject().keys();
        };
        QCOMPARE(propertiesOf(definition(schema, "obligation")), first("obligations"));
        QCOMPARE(propertiesOf(definition(schema, "check")), first("checks"));
        for (const char *name : {"waiting", "runner"})
            QCOMPARE(propertiesOf(definition(schema, name)),
                     json.value(QLatin1String(name)).toObject().keys());
        QCOMPARE(propertiesOf(definition(schema, "error")), errorToJson({}).keys());
        QCOMPARE(wordsIn(property(definition(schema, "run"), "state")), wordsOf<RunStateName>());
        QCOMPARE(wordsIn(property(definition(schema, "step"), "state")), wordsOf<StepState>());
        QCOMPARE(wordsIn(property(definition(schema, "obligation"), "state")),
                 wordsOf<ObligationState>());
        QCOMPARE(wordsIn(property(definition(schema, "waiting"), "for")), wordsOf<WaitingFor>());
    }

private:
    static QJsonObject schemaOf(const char *name)
    {
        const QByteArray bytes =
            contentOf(QStringLiteral(LB_SCHEMAS "/%1.schema.json").arg(QLatin1String(name)));
        const auto schema = parseJsonObject(bytes, QLatin1String(name));
        return schema ? *schema : QJsonObject();
    }
    static QJsonObject definition(const QJsonObject &schema, const char *name)
    {
        return schema.value(QLatin1String("$defs"))
            .toObject()
            .value(QLatin1String(name))
            .toObject();
    }
    static QJsonObject property(const QJsonObject &schema, const char *name)
    {
        return schema.value(QLatin1String("properties"))
            .toObject()
            .value(QLatin1String(name))
            .toObject();
    }
    static QStringList propertiesOf(const QJsonObject &schema)
    {
        return schema.value(QLatin1String("properties")).toObject().keys();
    }
    static QStringList wordsIn(const QJsonObject &schema)
    {
        return toStringList(schema.value(QLatin1String("enum")));
    }
};

QTEST_GUILESS_MAIN(TestSchemas)
#include "tst_schemas.moc"
