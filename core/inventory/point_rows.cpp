// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"
#include "core/inventory/database.h"
#include "core/inventory/inventory.h"

namespace lb {

namespace {

LB_TRANSLATE(Inventory)

/// What the store knows beside the manifest.
const QString kUntried = QStringLiteral("recovery_key_untried");

QString searchText(const RestorePoint &point)
{
    QStringList words{point.id, point.system, point.type, point.store, point.identity.text};
    for (const PartRecord &part : point.parts)
        words << part.title << part.source;
    // Newlines keep a search from matching across two of them.
    return words.join(QLatin1Char('\n')).toLower();
}

struct WhereClause
{
    QString sql;
    QVariantList values;
};

WhereClause conditionOf(const PointFilter &filter)
{
    QStringList parts{QStringLiteral("1")};
    QVariantList values;
    const auto add = [&](const QString &sql, const QVariant &value) {
        parts << sql;
        values << value;
    };
    if (!filter.system.isEmpty())
        add(QStringLiteral("system=?"), filter.system);
    if (!filter.type.isEmpty())
        add(QStringLiteral("type=?"), filter.type);
    if (!filter.store.isEmpty())
        add(QStringLiteral("store=?"), filter.store);
    if (filter.completeness)
        add(QStringLiteral("completeness=?"), int(*filter.completeness));
    if (filter.atLeast)
        add(QStringLiteral("proof>=?"), int(*filter.atLeast));
    if (!filter.text.isEmpty())
        add(QStringLiteral("instr(search, ?)"), filter.text.toLower());
    return {parts.join(QStringLiteral(" AND ")), values};
}

QString orderOf(const PointFilter &filter)
{
    QString column;
    switch (filter.order) {
    case PointFilter::Order::MadeAt:
        column = QStringLiteral("made_at");
        break;
    case PointFilter::Order::System:
        column = QStringLiteral("system");
        break;
    case PointFilter::Order::Bytes:
        column = QStringLiteral("bytes");
        break;
    case PointFilter::Order::Proof:
        column = QStringLiteral("proof");
        break;
    case PointFilter::Order::Completeness:
        column = QStringLiteral("completeness");
        break;
    case PointFilter::Order::Skew:
        column = QStringLiteral("skew");
        break;
    }
    const QString direction = filter.ascending ? QStringLiteral("ASC") : QStringLiteral("DESC");
    return filter.order == PointFilter::Order::MadeAt
               ? QStringLiteral("made_at %1, id %1").arg(direction)
               : QStringLiteral("%1 %2, made_at DESC, id DESC").arg(column, direction);
}

RestorePoint pointOf(const QSqlQuery &row)
{
    const auto object =
        parseJsonObject(row.value(0).toByteArray(), QStringLiteral("manifest.json"));
    auto read = object ? RestorePoint::fromManifest(*object) : tl::unexpected(object.error());
    RestorePoint point = read ? std::move(*read) : RestorePoint();
    point.id = row.value(1).toString();
    point.store = row.value(2).toString();
    point.system = row.value(3).toString();
    point.madeAt = timeOf(row.value(4));
    point.proof = static_cast<ProofLevel>(row.value(5).toInt());
    point.proofAt = timeOf(row.value(6));
    point.folder = row.value(7).toString();
    point.problem = row.value(8).toString();
    point.isRecoveryKeyUntried = object && object->value(kUntried).toBool();
    if (!read && point.problem.isEmpty())
        point.problem = read.error().sentence();
    return point;
}

const QString kColumns = QStringLiteral(
    "SELECT document, id, store, system, made_at, proof, proof_at, folder, problem FROM");

Result<void> insertPoint(const InventoryDatabase &database, const RestorePoint &point)
{
    TRY(database.run(
        QStringLiteral("INSERT OR REPLACE INTO points VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
        {notNull(point.id), notNull(point.store), point.system, point.type,
         milliseconds(point.madeAt), point.run, point.bytes(), qint64(point.skew().count()),
         int(point.completeness()), int(point.proof), milliseconds(point.proofAt), point.folder,
         point.problem, searchText(point)}));
    QJsonObject document = point.manifest();
    if (point.isRecoveryKeyUntried)
        document.insert(kUntried, true);
    TRY(database.run(QStringLiteral("INSERT OR REPLACE INTO manifests VALUES (?,?,?)"),
                     {notNull(point.id), notNull(point.store), toJson(document)}));
    return {};
}

} // namespace

Result<void> Inventory::upsertPoint(const RestorePoint &point)
{
    return m_database->inTransaction([&] { return insertPoint(*m_database, point); });
}

Result<void> Inventory::upsertPoints(const std::vector<RestorePoint> &points)
{
    return m_database->inTransaction([&]() -> Result<void> {
        for (const RestorePoint &point : points)
            TRY(insertPoint(*m_database, point));
        return {};
    });
}

Result<void> Inventory::removePoint(const PointId &id, const QString &store)
{
    return m_database->inTransaction([&]() -> Result<void> {
        for (const char *table : {"points", "manifests"}) {
            const QString sql =
                QStringLiteral("DELETE FROM %1 WHERE id=?").arg(QLatin1String(table));
            if (store.isEmpty())
                TRY(m_database->run(sql, {id.value()}));
            else
                TRY(m_database->run(sql + QStringLiteral(" AND store=?"), {id.value(), store}));
        }
        return {};
    });
}

Result<std::vector<RestorePoint>> Inventory::points(const PointFilter &filter) const
{
    const WhereClause condition = conditionOf(filter);
    const QString order = orderOf(filter);
    // The page is found and sorted by its ids alone; only then are its rows and manifests read.
    const QString sql =
        QStringLiteral("%1 (SELECT id, store FROM points WHERE %2 ORDER BY %3 LIMIT ? OFFSET ?) "
                       "JOIN points USING (id, store) LEFT JOIN manifests USING (id, store) "
                       "ORDER BY %3")
            .arg(kColumns, condition.sql, order);
    TRY_VALUE(QSqlQuery rows,
              m_database->run(sql, condition.values + QVariantList{filter.limit, filter.offset}));
    std::vector<RestorePoint> points;
    while (rows.next())
        points.push_back(pointOf(rows));
    TRY(m_database->atEnd(rows));
    return points;
}

Result<std::optional<RestorePoint>> Inventory::point(const PointId &id) const
{
    TRY_VALUE(QSqlQuery rows,
              m_database->run(kColumns + QStringLiteral(" points LEFT JOIN manifests "
                                                        "USING (id, store) WHERE id=? "
                                                        "ORDER BY store LIMIT 1"),
                              {id.value()}));
    std::optional<RestorePoint> point;
    if (rows.next())
        point = pointOf(rows);
    TRY(m_database->atEnd(rows));
    return point;
}

Result<int> Inventory::countPoints(const PointFilter &filter) const
{
    const WhereClause condition = conditionOf(filter);
    TRY_VALUE(QSqlQuery rows,
              m_database->run(QStringLiteral("SELECT count(*) FROM points WHERE ") + condition.sql,
                              condition.values));
    const int count = rows.next() ? rows.value(0).toInt() : 0;
    TRY(m_database->atEnd(rows));
    return count;
}

} // namespace lb
